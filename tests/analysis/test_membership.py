"""Schools, sites and projects in zones and neighborhoods."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from pipeline.analysis.membership import membership, project_places, site_places
from pipeline.analysis.schools import school_facts
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.ground import CRS, shapes, square, table

BANDS = {
    "elementary": ("KG", "01", "02", "03", "04", "05"),
    "middle": ("06", "07", "08"),
    "high": ("09", "10", "11", "12"),
}
ZONES = table(
    "zones",
    level=["elementary", "elementary", "high", "elementary"],
    fall_year=[2024, 2024, 2024, 2023],
    zone_id=["e1", "e2", "h1", "old"],
    school_id=["s9", None, None, None],
    is_approximate=[False] * 4,
    geometry=[square(0, 0), square(1000, 0), square(0, 0, 2000, 1000), square(0, 0, 2000, 1000)],
)
NEIGHBORHOODS = shapes(["n1"], [square(0, 0, 1500, 1000)], key="neighborhood_id", name=["N"], is_approximate=[False])


def schools(points: list[Any], **changes: Any) -> gpd.GeoDataFrame:
    number = len(points)
    columns: dict[str, Any] = {
        "school_id": [f"s{i}" for i in range(number)],
        "name": ["S"] * number,
        "sector": ["district"] * number,
        "school_status": ["open"] * number,
        "grade_low": ["KG"] * number,
        "grade_high": ["05"] * number,
        "is_virtual": [False] * number,
        "is_place": [True] * number,
        "is_citywide": [False] * number,
        "location_status": ["located"] * number,
    }
    return table("schools", **{**columns, **changes}, geometry=points)


def members(frame: gpd.GeoDataFrame, zones: gpd.GeoDataFrame = ZONES) -> tuple[pd.DataFrame, Ledger]:
    ledger = Ledger()
    facts = school_facts(frame, empty("enrollment", CRS), BANDS)
    found = membership(frame, zones, NEIGHBORHOODS, facts=facts, fall_year=2024, ledger=ledger)
    return check(BY_TABLE["membership"], found).set_index(["school_id", "level"]), ledger


def test_inside_on_a_border_outside_and_not_located() -> None:
    """
    +-----+-----+
    |  0  1  2  |      3 (400 m away)      4: no place
    +-----+-----+
      e1    e2
    """
    found, ledger = members(
        schools(
            [
                shapely.Point(500, 500),
                shapely.Point(1000, 500),
                shapely.Point(1700, 500),
                shapely.Point(2400, 500),
                None,
            ],
            location_status=["located"] * 4 + ["virtual"],
        )
    )
    assert found["match"].tolist() == ["inside", "on_border", "inside", "outside", "not_located"]
    assert found["zone_id"].fillna("-").tolist() == ["e1", "e1", "e2", "-", "-"]
    assert found["neighborhood_id"].fillna("-").tolist() == ["n1", "n1", "-", "-", "-"]
    assert found["border_distance_m"].fillna(-1).tolist() == [500, 0, 300, 400, -1]
    line = ledger.frame().set_index("subject_name").loc["schools in elementary zones"].iloc[0]
    assert (line["total"], line["inside"], line["outside"], line["unlocated"]) == (5, 3, 1, 1)


def test_a_zone_that_names_a_school_is_its_zone_wherever_it_stands() -> None:
    found, _ = members(schools([shapely.Point(1700, 500)], school_id=["s9"]))
    assert found.iloc[0][["zone_id", "match"]].tolist() == ["e1", "assigned"]


def test_a_k12_school_is_in_one_zone_of_each_level_it_serves() -> None:
    found, _ = members(schools([shapely.Point(500, 500)], grade_high=["12"]))
    assert found["zone_id"].fillna("-").tolist() == ["e1", "h1", "-"]  # the study has no middle zones


def test_the_sixth_grade_of_a_k6_school_is_in_the_middle_zone_it_stands_in() -> None:
    """
    +-----------+
    |     m1    |   the school stands here: its sixth graders' seats meet the sixth graders of m1
    +-----------+
    """
    middle_zone = ZONES.iloc[[2]].assign(level="middle", zone_id="m1")
    found, ledger = members(schools([shapely.Point(500, 500)], grade_high=["06"]), pd.concat([ZONES, middle_zone]))
    assert found["zone_id"].to_dict() == {("s0", "elementary"): "e1", ("s0", "middle"): "m1"}
    line = ledger.frame().set_index("subject_name").loc["schools in middle zones"]
    assert (line["total"], line["inside"], line["outside"]) == (1, 1, 0)


def test_a_school_five_metres_from_a_border_is_noted() -> None:
    _, ledger = members(schools([shapely.Point(997, 500)]))
    note = ledger.frame().query("entry == 'note'").iloc[0]
    assert note["item"] == "s0" and "3.0 m from the border of elementary zone e1" in note["reason"]


def test_a_school_of_unknown_grades_is_a_loss_by_name() -> None:
    found, ledger = members(schools([shapely.Point(5, 5)], grade_low=[None], grade_high=[None]))
    assert found.empty
    assert ledger.frame().iloc[0][["entry", "item", "total"]].tolist() == ["loss", "s0", 1]


def test_without_zones_every_school_is_outside_and_the_ledger_says_why() -> None:
    found, ledger = members(schools([shapely.Point(500, 500)]), empty("zones", CRS))
    assert found["match"].tolist() == ["outside"] and found["border_distance_m"].isna().all()
    assert "the study has no elementary zones" in ledger.frame()["reason"].tolist()


def test_every_school_is_counted_once_per_level(random_points: gpd.GeoDataFrame) -> None:
    found, ledger = members(random_points)
    assert len(found) == len(random_points)
    counted = ledger.frame().query("entry == 'balance' and subject_name == 'schools in elementary zones'").iloc[0]
    assert counted["inside"] + counted["outside"] + counted["unlocated"] == len(random_points)


@pytest.fixture
def random_points() -> gpd.GeoDataFrame:
    """Points on a lattice: many of them on borders and corners."""
    return schools([shapely.Point(250.0 * x, 250.0 * y) for x in range(-1, 10) for y in range(-1, 6)])


def test_sites_and_projects_find_their_neighborhood_and_zones() -> None:
    sites = table(
        "sites",
        site_id=["p1", "p2"],
        name=["P", "Q"],
        site_status=["open"] * 2,
        is_district_owned=[True] * 2,
        condition_class=["good"] * 2,
        geometry=[shapely.Point(1200, 5), None],
    )
    found = check(
        BY_TABLE["site_places"], site_places(sites, ZONES, NEIGHBORHOODS, fall_year=2024, levels=("elementary", "high"))
    )
    assert found.astype("object").fillna("-").values.tolist() == [
        ["p1", "n1", "e2", 1200.0, 5.0],
        ["p2", "-", "-", "-", "-"],
    ]
    projects = table(
        "housing_projects",
        project_id=["h"],
        name=["H"],
        home_type=["apartment"],
        planned_homes=[9.0],
        first_year=[2024],
        last_year=[2025],
        geometry=[shapely.Point(10, 10)],
    )
    found = check(
        BY_TABLE["project_places"],
        project_places(projects, ZONES, NEIGHBORHOODS, fall_year=2024, levels=("elementary", "high")),
    )
    assert found.values.tolist() == [["h", "elementary", "e1", "n1"], ["h", "high", "h1", "n1"]]
