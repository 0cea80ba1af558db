"""Sums of rasters over zones by exact shares: what covers, what has no data, and what must add up."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis import coverage as module
from pipeline.analysis.coverage import CellCoverage, has_data, raster_sums
from pipeline.analysis.grids import Grid
from tests.analysis.ground import CRS, square

GRID = Grid(0.0, 4000.0, 100.0, 100.0, rows=40, columns=40, crs=CRS)


def layer(*polygons: Any) -> gpd.GeoSeries:
    return gpd.GeoSeries(list(polygons), crs=CRS)


def tiles(seed: int, reach: float = 600.0) -> gpd.GeoSeries:
    """Zones that cover the raster and reach past every edge of it."""
    cloud = shapely.multipoints(np.random.default_rng(seed).uniform(-reach, 4000 + reach, (25, 2)))
    box = square(-reach, -reach, 4000 + 2 * reach)
    return layer(*shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(cloud, extend_to=box)), box))


def test_R06_a_cell_on_a_border_is_shared_and_none_is_lost_to_a_small_area() -> None:
    """Four cells of 8; the area is a quarter of one of them, and touches no cell centre."""
    grid = Grid(0, 200, 100, 100, rows=2, columns=2, crs=CRS)
    sums, covered = raster_sums(layer(square(0, 0, 50)), grid, np.full((1, 2, 2), 8))
    assert (sums.tolist(), covered.tolist()) == ([[2.0]], [1.0])


def test_R05_cells_without_data_are_no_zeros_and_lower_the_coverage() -> None:
    grid = Grid(0, 100, 100, 100, rows=1, columns=2, crs=CRS)
    area = layer(square(0, 0, 200, 100), square(0, 0, 100), square(100, 0, 100))
    for bands, nodata in (
        (np.array([[[8.0, np.nan]]]), None),
        (np.array([[[8.0, -99999.0]]]), -99999.0),
        (np.array([[[8, 255]]], dtype="uint8"), 255),
        (np.ma.masked_equal([[[8, 3]]], 3), None),
    ):
        sums, covered = raster_sums(area, grid, bands, nodata=nodata)
        assert sums.ravel().tolist() == [8, 8, 0] and covered.tolist() == [0.5, 1, 0]


def test_R05_an_area_outside_the_raster_or_without_ground_is_not_covered() -> None:
    sums, covered = raster_sums(layer(square(5000, 0), shapely.Polygon()), GRID, np.ones((2, 40, 40)))
    assert sums.tolist() == [[0, 0]] * 2 and covered.tolist() == [0, 0]


@pytest.mark.parametrize("past", [1e-4, 1.0, 500.0])
def test_R05_only_what_is_wholly_covered_has_a_coverage_of_1(past: float) -> None:
    """A zone of odd corners inside the raster, and the same pushed over its east edge by a tenth of a millimetre."""
    inside = shapely.Polygon([(3000.1, 777.7), (4000, 1999.3), (3111.3, 3333.3)])
    over = shapely.Polygon([(3000.1, 777.7), (4000 + past, 1999.3), (3111.3, 3333.3)])
    covered = raster_sums(layer(inside, over), GRID, np.ones((1, 40, 40)))[1]
    assert covered[0] == 1.0 and covered[1] < 1.0
    assert 1 - covered[1] == pytest.approx(over.difference(square(0, 0, 4000)).area / over.area, rel=1e-3, abs=1e-11)


def test_bands_of_any_kind_of_number_are_added_in_double_precision() -> None:
    """A sum of float32 in float32 would lose the small numbers beside the large."""
    values = np.full((3, 40, 40), 0.1, dtype="float32")
    values[:, 0, 0] = 2.0**24
    sums, _ = raster_sums(layer(square(0, 0, 4000)), GRID, values)
    assert sums[0] == pytest.approx(values[0].astype("float64").sum(), rel=1e-15)
    whole = CellCoverage.of(layer(square(0, 0, 4000)), GRID).sums(np.full((1, 40, 40), 200, dtype="uint8"))
    assert whole.tolist() == [[200 * 1600]]


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_law_R07_zones_and_the_ground_outside_add_up_to_the_raster(seed: int) -> None:
    generator = np.random.default_rng(seed)
    values = generator.exponential(10, (2, 40, 40))
    values[:, generator.random((40, 40)) < 0.1] = np.nan
    zones = tiles(seed).iloc[: generator.integers(1, 25)]
    coverage = CellCoverage.of(zones, GRID)
    outside = np.nansum(values * (1 - coverage.cell_shares()), axis=(1, 2))
    assert coverage.sums(values).sum(axis=0) + outside == pytest.approx(np.nansum(values, axis=(1, 2)), rel=1e-9)
    assert coverage.cell_shares().max() <= 1 + 1e-9


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_law_the_matrix_says_the_same(seed: int) -> None:
    values = np.random.default_rng(seed).exponential(10, (3, 40, 40)).astype("float32")
    coverage = CellCoverage.of(tiles(seed), GRID)
    matrix = coverage.matrix()
    assert matrix @ values.reshape(3, -1).T.astype("float64") == pytest.approx(coverage.sums(values), rel=1e-12)
    assert matrix.sum(axis=0).reshape(40, 40) == pytest.approx(coverage.cell_shares(), abs=1e-12)


@given(st.integers(0, 2**32), st.floats(0.1, 50))
@settings(max_examples=200, deadline=None)
def test_law_sums_are_additive_scale_with_counts_and_follow_their_zone(seed: int, factor: float) -> None:
    generator = np.random.default_rng(seed)
    values = generator.exponential(10, (1, 40, 40))
    zones = tiles(seed)
    sums, covered = raster_sums(zones, GRID, values)
    order = generator.permutation(len(zones))
    again, covered_again = raster_sums(zones.iloc[order], GRID, values * factor)
    assert again == pytest.approx(sums[order] * factor, rel=1e-12)
    assert covered_again == pytest.approx(covered[order], abs=1e-12)
    pair = layer(shapely.MultiPolygon([zones.iloc[0], shapely.box(9e4, 9e4, 9.1e4, 9.1e4)]), zones.iloc[1])
    both = layer(shapely.union_all(zones.iloc[:2].to_numpy()))
    assert raster_sums(pair, GRID, values)[0].sum() == pytest.approx(raster_sums(both, GRID, values)[0].sum(), rel=1e-9)


def test_blocks_of_rows_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    values = np.random.default_rng(5).exponential(10, (1, 40, 40))
    coverage = CellCoverage.of(tiles(5), GRID)
    whole = coverage.sums(values)
    for size in (1, 90, 1600):
        monkeypatch.setattr(module, "BLOCK", size)
        assert coverage.sums(values) == pytest.approx(whole, rel=1e-14)


def test_overlapping_zones_each_have_their_own() -> None:
    """Zones of three school levels lie on one another: a cell counts in each."""
    zones = layer(square(0, 0, 4000), square(150, 150, 3000), square(150, 150, 3000))
    sums = raster_sums(zones, GRID, np.ones((1, 40, 40)))[0][:, 0]
    assert sums == pytest.approx([1600, 900, 900])


def test_what_has_data() -> None:
    assert has_data(np.array([1, 0, 255], dtype="uint8"), 255).tolist() == [True, True, False]
    assert has_data(np.ma.masked_greater([1.0, 9.0, np.nan], 5)).tolist() == [True, False, False]


@pytest.mark.parametrize("seed", range(5))
def test_oracle_exactextract(seed: int) -> None:
    """Zones that share borders, a hole, two parts, and one that reaches past each edge of the raster."""
    exactextract = pytest.importorskip("exactextract")
    from exactextract.raster import NumPyRasterSource

    values = np.random.default_rng(seed).uniform(0, 9, (40, 40))
    ring = shapely.difference(square(333, 444, 2000), square(777, 888, 500))
    parts = shapely.MultiPolygon([square(1, 2, 30), square(3456, 77, 400)])
    zones = gpd.GeoSeries([*tiles(seed), ring, parts, shapely.Point(0, 0).buffer(1234)], crs=CRS)
    source = NumPyRasterSource(values, xmin=0, ymin=0, xmax=4000, ymax=4000, srs_wkt=zones.crs.to_wkt())
    theirs = exactextract.exact_extract(source, zones.to_frame("geometry"), ["sum"], output="pandas")["sum"]
    ours = raster_sums(zones, GRID, values[None])[0][:, 0]
    # exactextract keeps shares as 32-bit floats; of a zone smaller than a cell that is all there is
    assert ours == pytest.approx(theirs.to_numpy(), rel=1e-7, abs=1e-7 * values.max())
