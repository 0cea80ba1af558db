"""Schools and sites within reach, against every pair looked at one by one."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely import Point

from pipeline.analysis.travel import near_pairs
from pipeline.tables import BY_TABLE, check


def points(key: str, places: list[Point | None]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({key: [f"{key[:2]}{n:03d}" for n in range(len(places))]}, geometry=places, crs=3310)


def test_pairs_agree_with_a_plain_loop() -> None:
    rng = np.random.default_rng(3)
    schools = points("school_id", [Point(*xy) for xy in rng.uniform(0, 5000, (40, 2))])
    sites = points("site_id", [Point(*xy) for xy in rng.uniform(0, 5000, (30, 2))])
    found = check(BY_TABLE["school_site_distance"], near_pairs(schools, sites, limit_m=1500.0, detour_factor=1.3))
    expected = {
        (a.school_id, b.site_id): a.geometry.distance(b.geometry) * 1.3
        for a in schools.itertuples()
        for b in sites.itertuples()
        if a.geometry.distance(b.geometry) * 1.3 <= 1500
    }
    assert len(expected) > 20
    assert dict(
        zip(zip(found["school_id"], found["site_id"], strict=True), found["distance_m"], strict=True)
    ) == pytest.approx(expected)


def test_a_school_at_the_site_is_listed_at_distance_zero_and_one_without_a_point_is_not() -> None:
    found = near_pairs(
        points("school_id", [Point(0, 0), None]),
        points("site_id", [Point(0, 0), Point()]),
        limit_m=100.0,
        detour_factor=1.3,
    )
    assert found.to_numpy().tolist() == [["sc000", "si000", 0.0]]


def test_no_sites_give_no_pairs() -> None:
    found = near_pairs(points("school_id", [Point(0, 0)]), points("site_id", []), limit_m=100.0, detour_factor=1.3)
    assert check(BY_TABLE["school_site_distance"], found).empty


def test_two_reference_systems_are_refused() -> None:
    with pytest.raises(ValueError, match="bring both to the study's CRS"):
        near_pairs(
            points("school_id", [Point(0, 0)]),
            points("site_id", [Point(0, 0)]).to_crs(5070),
            limit_m=1.0,
            detour_factor=1.0,
        )
