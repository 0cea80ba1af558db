"""Sites, rooms and schools that do or do not point at each other."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import Point

from pipeline.analysis import inventory
from pipeline.ledger import Ledger
from pipeline.tables import empty


def schools() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"school_id": ["a", "b", "c"], "site_id": [None, "2", "9"]}, geometry=[None, Point(5, 5), Point(6, 6)], crs=3310
    )


def sites() -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"site_id": ["1", "2", "3"]}, geometry=[Point(1, 1), None, Point()], crs=3310)


def test_the_files_come_before_the_directory() -> None:
    declared = pd.DataFrame({"school_id": ["b"], "site_id": ["1"]})
    found = inventory.school_sites(declared, schools(), sites(), Ledger())
    assert found.to_numpy().tolist() == [["b", "1"]]  # not 2 as in the directory; c is at a site nobody lists


def test_schools_and_sites_that_do_not_exist_are_left_out_and_named() -> None:
    ledger = Ledger()
    declared = pd.DataFrame({"school_id": ["a", "ghost"], "site_id": ["77", "1"]})
    found = inventory.school_sites(declared, schools(), sites(), ledger)
    assert found.to_numpy().tolist() == [["b", "2"]]
    losses = ledger.frame().query("entry == 'loss'")
    # c is at 9 by the directory alone: it counts among the schools whose site is in no inventory
    assert losses[["item", "total"]].to_numpy().tolist() == [["a at 77", 2.0], ["ghost at 1", 1.0]]
    match = ledger.frame().query("entry == 'match'").iloc[0]
    assert (match["total"], match["inside"]) == (4.0, 1.0)


def test_a_site_without_coordinates_takes_those_of_its_school_and_the_other_is_counted() -> None:
    ledger = Ledger()
    placed = inventory.placed_sites(sites(), pd.DataFrame({"school_id": ["b"], "site_id": ["2"]}), schools(), ledger)
    assert placed.set_index("site_id").geometry["2"] == Point(5, 5)
    assert placed.set_index("site_id").geometry["1"] == Point(1, 1)
    assert placed.crs == sites().crs
    lines = ledger.frame().set_index("entry")
    assert lines.loc["repair", "item"] == "2"
    assert lines.loc["absence", ["item", "total"]].tolist() == ["3", 1.0]


def test_rooms_of_strangers_are_balanced_as_outside() -> None:
    ledger = Ledger()
    rooms = pd.DataFrame({"site_id": ["1", "8"], "room_type": "classroom", "is_portable": False, "rooms": [10.0, 4.0]})
    assert inventory.rooms_of_sites(rooms, sites(), ledger)["site_id"].tolist() == ["1"]
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == (14.0, 10.0, 4.0)
    assert "8" in line["reason"]


@pytest.mark.parametrize("name", ["sites", "room_counts", "schools_at_sites", "housing_projects"])
def test_each_missing_input_says_what_is_lost_and_where_it_is_to_be_had(name: str) -> None:
    ledger = Ledger()
    inventory.record_missing(ledger, **{name: empty("rooms", "")})
    line = ledger.frame().iloc[0]
    assert line["entry"] == "missing_input"
    assert "to be had from" in line["reason"]


def test_a_project_without_a_place_is_counted() -> None:
    ledger = Ledger()
    inventory.record_unplaced(
        gpd.GeoDataFrame({"project_id": ["p", "q"]}, geometry=[Point(0, 0), None], crs=3310), ledger
    )
    assert ledger.frame()[["item", "total"]].to_numpy().tolist() == [["q", 1.0]]
