"""Trips from where people live to schools and sites."""

from __future__ import annotations

import pytest
import shapely

from pipeline.analysis.reach import destinations, inhabited_places, populated_centres, reach
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.ground import CRS, blocks, shapes, square, table

TOWN = shapes(["a", "b"], [square(0, 0), square(1000, 0)])


def test_the_centre_lies_where_people_live() -> None:
    """Area a: 30 people in the west, 10 in the east; area b: nobody."""
    parts = blocks(
        [square(0, 0, 500, 1000), square(500, 0, 500, 1000), square(1000, 0)], children=[0, 0, 0], people=[30, 10, 0]
    )
    centres = populated_centres(TOWN, parts)
    assert centres[0].tolist() == [375, 500]
    assert TOWN.geometry.iloc[1].contains(shapely.Point(centres[1]))


def test_trips_are_straight_lines_times_the_detour_and_end_at_the_limit() -> None:
    places = {
        "school": shapes(
            ["far", "near", "none"], [shapely.Point(500, 9000), shapely.Point(500, 800), None], key="destination_id"
        )
    }
    found = reach(
        TOWN.iloc[:1],
        empty("census_blocks", CRS),
        places,
        layer="neighborhood",
        limit_m=5000,
        detour_factor=1.5,
        metres_per_minute=300,
    )
    found = check(BY_TABLE["reach"], found)
    assert found["destination_id"].tolist() == ["near"]
    assert found["distance_m"].tolist() == pytest.approx([450])
    assert found["minutes"].tolist() == pytest.approx([1.5])


def test_only_open_located_schools_are_destinations() -> None:
    frame = table(
        "schools",
        school_id=["a", "b", "c"],
        school_status=["open", "closed", "open"],
        location_status=["located", "located", "virtual"],
        geometry=[shapely.Point(0, 0)] * 2 + [None],
    )
    found = destinations(frame, empty("sites", CRS))
    assert found["school"]["destination_id"].tolist() == ["a"] and found["site"].empty


def test_lots_serve_where_there_are_no_blocks_and_only_the_latest() -> None:
    lots = table(
        "residential_lots",
        vintage=["2011", "2023"],
        lot_id=["x", "x"],
        population=[1.0, 2.0],
        geometry=[shapely.Point(0, 0)] * 2,
    )
    assert inhabited_places(empty("census_blocks", CRS), lots)["population"].tolist() == [2.0]
    parts = blocks([square(0, 0)], [1])
    assert inhabited_places(parts, lots) is parts


def test_without_neighborhoods_there_are_no_trips() -> None:
    found = reach(
        TOWN.iloc[:0],
        empty("census_blocks", CRS),
        {},
        layer="neighborhood",
        limit_m=1,
        detour_factor=1,
        metres_per_minute=1,
    )
    assert check(BY_TABLE["reach"], found).empty
