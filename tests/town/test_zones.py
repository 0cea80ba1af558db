"""Zone files with the faults of real ones, and no others."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path

import geopandas as gpd
import pytest
import shapely

from pipeline import config
from pipeline.town.facts import truth
from pipeline.town.write import town

ROOT = Path(__file__).resolve().parents[2]
BOUNDARIES = ROOT / "data/raw/millbrook/boundaries"


def read(name: str) -> gpd.GeoDataFrame:
    return gpd.read_file(BOUNDARIES / name)


@pytest.fixture(scope="module")
def elementary() -> gpd.GeoDataFrame:
    return read("attendance_zones_2024_25_elementary.shp")


@pytest.fixture(scope="module")
def dissolved(elementary: gpd.GeoDataFrame) -> gpd.GeoSeries:
    frame = elementary.to_crs("EPSG:3310")
    frame["geometry"] = shapely.force_2d(frame.geometry.to_numpy())
    return frame.dissolve("ZONE_NO").geometry


def test_zones_have_heights_feet_and_one_zone_in_two_rows(elementary: gpd.GeoDataFrame) -> None:
    assert elementary.has_z.all()
    assert elementary.crs.to_epsg() == 2225
    assert elementary["ZONE_NO"].duplicated().sum() == 1
    assert elementary.geometry.is_valid.all()


def test_one_overlap_is_disputed_but_under_tolerance_and_the_rest_are_slivers(dissolved: gpd.GeoSeries) -> None:
    geography = config.load(ROOT / "studies/millbrook.yaml").geography
    shared = {(a, b): dissolved[a].intersection(dissolved[b]).area for a, b in combinations(dissolved.index, 2)}
    disputed = {pair: area for pair, area in shared.items() if area > geography.sliver_m2}
    assert len(disputed) == 1
    (first, second), area = next(iter(disputed.items()))
    assert area < geography.overlap_share * min(dissolved[first].area, dissolved[second].area)
    assert sum(1 < area <= geography.sliver_m2 for area in shared.values()) >= 3


def test_one_block_is_a_gap_and_the_park_lies_in_no_zone(dissolved: gpd.GeoSeries) -> None:
    district = read("tl_2023_06_unsd.shp").to_crs("EPSG:3310").geometry.iloc[0]
    holes = [part for part in shapely.get_parts(district.difference(dissolved.union_all())) if part.area > 500]
    assert len(holes) == 2
    park, gap = sorted((part.area for part in holes), reverse=True)
    assert park > 500_000
    assert 2_000 < gap < 60_000
    assert town().people.people[2021][town().ground.is_park].sum() == 0


def test_levels_and_last_year() -> None:
    assert [len(read(f"attendance_zones_2024_25_{level}.shp")) for level in ("elementary", "middle", "high")] == [
        24,
        5,
        3,
    ]
    before = read("attendance_zones_2023_24_elementary.shp").to_crs("EPSG:3310").set_index("ZONE_NO").geometry.area
    now = read("attendance_zones_2024_25_elementary.shp").to_crs("EPSG:3310").dissolve("ZONE_NO").geometry.area
    assert now["123"] > 1.2 * before["123"]  # the newest school's zone was widened
    assert ((now / before - 1).abs() < 0.01).sum() >= 15


def test_zones_mostly_follow_blocks_but_some_cut_across() -> None:
    made = town()
    dry = ~made.ground.is_water
    zone, block = made.zones.elementary[dry], made.ground.block[dry]
    cut = [b for b in range(made.ground.blocks) if len(set(zone[block == b]) - {-1}) > 1]
    assert 1 <= len(cut) <= 6


def test_forty_neighborhoods_enough_to_test_for_clusters() -> None:
    frame = read("neighborhoods.geojson")
    assert len(frame) >= 35
    assert frame["nbhd_id"].is_unique
    assert frame["nbhd_name"].is_unique
    assert frame.geometry.is_valid.all()


def test_zone_totals_leave_out_only_the_park_and_the_gap() -> None:
    known = truth()
    now = known.zone_children.query("vintage == '2019-2023' and fall_year == 2024")
    inside = town().people.people[2021][town().ground.in_district].sum()
    for level, total in now.groupby("level")["population"].sum().items():
        assert total == pytest.approx(inside, rel=0.002), level
