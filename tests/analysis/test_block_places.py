"""Blocks, lots and neighborhoods as places with coordinates."""

from __future__ import annotations

from typing import Any

import shapely

from pipeline.analysis.block_places import block_places, school_places
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check
from tests.analysis.ground import shapes, square, table

NEIGHBORHOODS = shapes(
    ["n", "m"], [square(0, 0, 1000, 1000), square(1000, 0, 1000, 1000)], key="neighborhood_id", name=["N", "M"]
).assign(is_approximate=False)
ZONES = shapes(["x"], [square(0, 0, 1500, 1000)], key="zone_id").assign(level="high", fall_year=2024)


def blocks(*rows: tuple[float, float]) -> Any:
    """Squares of 100 m from this coordinate to the east, with these people."""
    ids = [f"{i:015d}" for i in range(len(rows))]
    return table(
        "census_blocks",
        block_geoid=ids,
        vintage=["2020"] * len(rows),
        population=[people for _, people in rows],
        children_5_9=[people / 10 for _, people in rows],
        geometry=[square(east, 100, 100, 100) for east, _ in rows],
    )


def lots(*rows: tuple[float, float]) -> Any:
    return table(
        "residential_lots",
        vintage=["2023"] * len(rows),
        lot_id=[f"l{i}" for i in range(len(rows))],
        population=[people for _, people in rows],
        geometry=[shapely.Point(east, 100) for east, _ in rows],
    )


def places(some_blocks: Any, some_lots: Any, ledger: Ledger | None = None) -> Any:
    found = block_places(some_blocks, some_lots, NEIGHBORHOODS, ZONES, fall_year=2024, ledger=ledger or Ledger())
    return check(BY_TABLE["block_places"], found)


def test_a_block_lies_in_a_neighborhood_and_a_zone_and_one_outside_is_recorded() -> None:
    #  people: 30 in n, 50 in m (in zone x), 7 outside every neighborhood; an empty block is no place
    ledger = Ledger()
    found = places(blocks((0, 30), (1100, 50), (5000, 7), (300, 0)), lots(), ledger)
    assert found["place_id"].tolist() == ["000000000000000", "000000000000001"]
    assert found[["neighborhood_id", "high_zone_id", "population", "children_5_9"]].to_numpy().tolist() == [
        ["n", "x", 30, 3],
        ["m", "x", 50, 5],
    ]
    assert found["east_m"].between([0, 1100], [100, 1200]).all() and found["middle_zone_id"].isna().all()
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == (87, 80, 7)


def test_a_neighborhood_without_people_by_block_is_one_place() -> None:
    found = places(blocks((0, 30)), lots())
    alone = found[found["place_kind"].eq("neighborhood")].iloc[0]
    assert (alone["place_id"], alone["neighborhood_id"]) == ("m", "m") and 1000 < alone["east_m"] < 2000


def test_lots_of_one_square_are_one_place_where_their_middle_resident_lives() -> None:
    #  10 and 30 people 100 m apart in one square of 200 m; 5 in the next; 1 in the other neighborhood
    found = places(blocks(), lots((20, 10), (120, 30), (220, 5), (1010, 1)))
    assert found[["place_id", "east_m", "population"]].to_numpy().tolist() == [
        ["l0", 95.0, 40.0],
        ["l2", 220.0, 5.0],
        ["l3", 1010.0, 1.0],
    ]
    assert found["place_kind"].eq("lot").all() and found["children_5_9"].isna().all()


def test_with_nothing_known_every_neighborhood_is_a_place_and_without_neighborhoods_there_is_none() -> None:
    assert places(blocks(), lots())["place_id"].tolist() == ["m", "n"]
    none = block_places(blocks((0, 3)), lots(), NEIGHBORHOODS.iloc[:0], ZONES, fall_year=2024, ledger=Ledger())
    assert check(BY_TABLE["block_places"], none).empty


def test_closed_and_virtual_schools_stand_nowhere() -> None:
    schools = table(
        "schools",
        school_id=["b", "a", "c", "v"],
        school_status=["open", "open", "closed", "open"],
        location_status=["located", "located", "located", "virtual"],
        geometry=[shapely.Point(1, 2), shapely.Point(3, 4), shapely.Point(5, 6), None],
    )
    high = ZONES.iloc[:1].assign(level="high", fall_year=2024, zone_id="401")
    high = high.set_geometry([shapely.box(0, 0, 2.5, 9)], crs=schools.crs)
    found = school_places(schools, high, fall_year=2024)
    assert found.drop(columns="high_zone_id").to_numpy().tolist() == [["a", 3.0, 4.0], ["b", 1.0, 2.0]]
    # the zone of the level it stands in, of the fall in force
    assert found["high_zone_id"].isna().tolist() == [True, False]
    assert school_places(schools, high, fall_year=2023)["high_zone_id"].isna().all()
