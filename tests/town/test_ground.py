"""The ground: one coverage of cells from which every area is made."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipeline.town.ground import CRS, Ground, cell_polygons, shapes
from pipeline.town.write import Town, town


@pytest.fixture(scope="module")
def made() -> Town:
    return town()


@pytest.fixture(scope="module")
def land(made: Town) -> Ground:
    return made.ground


def test_cells_are_valid_and_cover_the_town_without_overlap(land: Ground) -> None:
    cells = cell_polygons(land, np.arange(len(land.x)))
    assert shapely.is_valid(cells).all()
    assert shapely.coverage_is_valid(cells)


def test_areas_are_those_of_the_drawn_shapes(land: Ground) -> None:
    drawn = gpd.GeoSeries(cell_polygons(land, np.arange(len(land.x))), crs="EPSG:4269").to_crs(CRS).area
    assert drawn.sum() == pytest.approx(land.area_m2.sum(), rel=1e-4)


def test_blocks_are_single_polygons_and_keep_to_one_side_of_the_rail(land: Ground) -> None:
    number, polygons = shapes(land, land.block)
    assert number.tolist() == list(range(land.blocks))
    assert {polygon.geom_type for polygon in polygons} == {"Polygon"}
    dry = ~land.is_water
    for side in (land.is_south, land.in_district, land.is_park):
        ones = np.bincount(land.block[dry], side[dry], minlength=land.blocks)
        alls = np.bincount(land.block[dry], minlength=land.blocks)
        assert ((ones == 0) | (ones == alls)).all()


def test_the_river_has_blocks_of_its_own_in_town_and_lies_within_blocks_outside_it(land: Ground) -> None:
    wet = np.bincount(land.block, land.is_water)
    cells = np.bincount(land.block)
    assert ((wet == cells) & (wet > 0)).sum() >= 2
    assert ((wet > 0) & (wet < cells)).sum() >= 2


def test_the_old_centre_has_smaller_blocks_than_the_edge(land: Ground) -> None:
    size = np.bincount(land.block, land.area_m2)[land.block]
    centre = np.hypot(land.u - 0.08, land.v + 0.02)
    assert np.median(size[centre < 0.15]) * 3 < np.median(size[(centre > 0.6) & land.in_district])


def test_census_areas_nest(made: Town) -> None:
    blocks, groups = made.census.block_geoid, made.census.group_geoid
    assert len(set(blocks)) == made.ground.blocks
    assert all(len(geoid) == 15 and geoid.isdigit() for geoid in blocks)
    assert all(block.startswith(group) for block, group in zip(blocks, groups, strict=True))
    assert 55 <= len(set(groups)) <= 66
    assert 18 <= len({group[:11] for group in groups}) <= 24


def test_areas_at_the_growing_edge_were_divided_between_the_vintages(made: Town) -> None:
    then, now = made.census.old_group_geoid, made.census.group_geoid
    assert len(set(then)) < len(set(now))
    assert {g[:11] for g in now} - {g[:11] for g in then}  # tracts with new numbers
    # 2020 areas lie within 2010 ones: no block group of 2020 has blocks in two of 2010
    assert all(len(set(then[now == group])) == 1 for group in set(now))


def test_some_areas_reach_over_the_district_s_border(made: Town) -> None:
    inside = made.ground.in_district
    group = made.census.group_geoid[made.ground.block]
    straddling = [g for g in set(group) if 0 < inside[group == g].mean() < 1]
    assert len(straddling) >= 3
