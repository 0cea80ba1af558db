"""Zones by nearest school, where none are published."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.nearest import levels_drawn, nearest_school_zones
from pipeline.tables import BY_TABLE, check
from tests.analysis.ground import shapes, square, table

BANDS = {
    "elementary": ("TK", "KG", "01", "02", "03", "04", "05"),
    "middle": ("06", "07", "08"),
    "high": ("09", "10", "11", "12"),
}
DISTRICT = shapes(["d"], [square(0, 0, 4000, 1000)], key="district_id", name=["D"])


def directory(points: list[Any], **changes: Any) -> gpd.GeoDataFrame:
    number = len(points)
    columns: dict[str, Any] = {
        "school_id": [f"s{i}" for i in range(number)],
        "name": [f"School {i}" for i in range(number)],
        "sector": ["district"] * number,
        "school_status": ["open"] * number,
        "grade_low": ["KG"] * number,
        "grade_high": ["05"] * number,
        "is_virtual": [False] * number,
        "is_place": [True] * number,
        "is_citywide": [False] * number,
    }
    return table("directory", **{**columns, **changes}, geometry=points)


def zones(schools: gpd.GeoDataFrame, levels: tuple[str, ...] = ("elementary",)) -> tuple[gpd.GeoDataFrame, list[str]]:
    return nearest_school_zones(schools, DISTRICT, fall_year=2024, levels=levels, bands=BANDS)


def test_two_schools_split_the_district_in_the_middle() -> None:
    """Schools at 1 km and 3 km: the border is at 2 km.

    +-------+-------+
    |   0   |   1   |
    +-------+-------+
    """
    found, notes = zones(directory([shapely.Point(1000, 500), shapely.Point(3000, 500)]))
    assert found["zone_id"].tolist() == ["s0", "s1"]
    assert found.geometry.bounds[["minx", "maxx"]].values.tolist() == [[0, 2000], [2000, 4000]]
    assert found["is_approximate"].all() and notes == []
    check(BY_TABLE["zones"], found)


def test_schools_at_one_place_share_the_zone_of_the_lower_id() -> None:
    at = [shapely.Point(1000, 500), shapely.Point(3000, 500), shapely.Point(1000.2, 500)]
    found, notes = zones(directory(at))
    assert found["zone_id"].tolist() == ["s0", "s1"]
    assert notes == ["s2 stands at the place of s0 and shares its elementary zone"]


@pytest.mark.parametrize(
    "change",
    [
        {"sector": ["district", "private"]},
        {"school_status": ["open", "closed"]},
        {"is_virtual": [False, True]},
        {"is_place": [True, False]},
        {"is_citywide": [False, True]},
        {"grade_low": ["KG", "09"], "grade_high": ["05", "12"]},
    ],
)
def test_only_open_neighborhood_schools_of_the_level_with_a_place_count(change: dict[str, Any]) -> None:
    found, _ = zones(directory([shapely.Point(1000, 500), shapely.Point(3000, 500)], **change))
    assert found["zone_id"].tolist() == ["s0"]
    assert found.geometry.area.sum() == pytest.approx(4e6)


def test_a_public_school_with_a_neighborhood_draws_a_zone_whoever_runs_it() -> None:
    points = [shapely.Point(1000, 500), shapely.Point(3000, 500)]
    found, _ = zones(directory(points, sector=["district", "charter"]))
    swapped, _ = zones(directory(points, sector=["charter", "district"]))
    assert found["zone_id"].tolist() == ["s0", "s1"]
    assert found.equals(swapped)


def test_a_school_outside_the_district_or_without_a_point_has_no_zone() -> None:
    found, _ = zones(directory([shapely.Point(1000, 500), shapely.Point(9000, 500), None]))
    assert found["zone_id"].tolist() == ["s0"]


def test_a_level_without_a_school_is_said_to_have_no_zones() -> None:
    found, notes = zones(directory([shapely.Point(1000, 500)]), levels=("elementary", "high"))
    assert set(found["level"]) == {"elementary"}
    assert notes == ["no open neighborhood school with a place serves the high level: it has no zones"]


@given(st.sets(st.tuples(st.integers(1, 39), st.integers(1, 9)), min_size=1, max_size=12).map(sorted), st.randoms())
@settings(max_examples=25, deadline=None)
def test_law_zones_cover_the_district_once_and_each_place_goes_to_its_nearest_school(
    at: list[tuple[int, int]], random: Any
) -> None:
    schools = directory([shapely.Point(100 * x, 100 * y) for x, y in at])
    found, _ = zones(schools)
    assert found.geometry.area.sum() == pytest.approx(4e6, rel=1e-9)
    for _ in range(10):
        place = shapely.Point(random.uniform(0, 4000), random.uniform(0, 1000))
        nearest = np.argmin(shapely.distance(place, schools.geometry.to_numpy()))
        own = found[found["zone_id"] == f"s{nearest}"].geometry.iloc[0]
        assert own.distance(place) < 1e-6
    shuffled, _ = zones(schools.sample(frac=1, random_state=1))
    assert shapely.equals(found.geometry.to_numpy(), shuffled.geometry.to_numpy()).all()


def test_grades_are_compared_by_their_order_and_not_as_text() -> None:
    assert levels_drawn("09", "12", BANDS) == ("high",)
    assert levels_drawn("PK", "PK", BANDS) == ()
    assert levels_drawn("04", "05", BANDS) == ()
    assert levels_drawn("KG", "12", BANDS) == ("elementary", "middle", "high")
    assert levels_drawn(None, "05", BANDS) == ()
    assert levels_drawn(float("nan"), "05", BANDS) == ()  # type: ignore[arg-type]
