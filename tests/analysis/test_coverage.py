"""Raster cells over areas, by exact shares."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis import coverage
from pipeline.analysis.coverage import raster_counts, raster_sums
from pipeline.errors import LedgerError
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check
from tests.analysis.ground import CRS, grid, shapes, square, table


def raster(values: np.ndarray, size: float = 100.0) -> gpd.GeoDataFrame:
    """North-up raster: row 0 is the northernmost."""
    rows, columns = values.shape
    boxes = [
        shapely.box(c * size, (rows - 1 - r) * size, (c + 1) * size, (rows - r) * size)
        for r in range(rows)
        for c in range(columns)
    ]
    return gpd.GeoDataFrame({"population": values.ravel()}, geometry=boxes, crs=CRS)


def test_a_cell_on_a_border_is_shared_and_none_is_lost_to_a_small_area() -> None:
    """Four cells of 8; the area is a quarter of one of them, and touches no cell centre."""
    found = raster_sums(raster(np.full((2, 2), 8.0)), shapes(["a"], [square(0, 0, 50)]), ["population"])
    assert found[["raster_count", "coverage_share"]].values.tolist() == [[2.0, 1.0]]


def test_cells_without_data_are_no_zeros_and_lower_the_coverage() -> None:
    values = np.array([[8.0, np.nan]])
    found = raster_sums(raster(values), shapes(["a"], [square(0, 0, 200, 100)]), ["population"])
    assert found[["raster_count", "coverage_share"]].values.tolist() == [[8.0, 0.5]]


def test_an_area_outside_the_raster_has_no_coverage() -> None:
    found = raster_sums(raster(np.ones((2, 2))), shapes(["far"], [square(5000, 0)]), ["population"])
    assert found[["raster_count", "coverage_share"]].values.tolist() == [[0.0, 0.0]]


def test_a_measure_without_any_value_is_left_out() -> None:
    cells = raster(np.ones((1, 1))).assign(children_0_4=np.nan)
    assert raster_sums(cells, shapes(["a"], [square(0, 0)]), ["population", "children_0_4"])["measure"].tolist() == [
        "population"
    ]


@given(st.lists(st.floats(0, 50), min_size=100, max_size=100), st.floats(0.1, 99), st.floats(0.1, 99))
@settings(max_examples=25, deadline=None)
def test_law_areas_that_cover_the_raster_add_up_to_it(values: list[float], x: float, y: float) -> None:
    cells = raster(np.array(values).reshape(10, 10))
    areas = shapes(
        [f"a{i:02d}" for i in range(36)], [shapely.transform(box, lambda at: at * 0.2 - [x, y]) for box in grid(6, 6)]
    )
    found = raster_sums(cells, areas, ["population"])
    assert found["raster_count"].sum() == pytest.approx(sum(values), rel=1e-9, abs=1e-9)


def test_oracle_exactextract() -> None:
    exactextract = pytest.importorskip("exactextract")
    from exactextract.raster import NumPyRasterSource

    generator = np.random.default_rng(11)
    values = generator.uniform(0, 9, (40, 40))
    cloud = shapely.multipoints(generator.uniform(0, 4000, (25, 2)))
    cells = shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(cloud)), square(-500, -500, 5000))
    areas = shapes([f"a{i:02d}" for i in range(len(cells))], cells)
    source = NumPyRasterSource(values, xmin=0, ymin=0, xmax=4000, ymax=4000, srs_wkt=areas.crs.to_wkt())
    theirs = exactextract.exact_extract(source, areas, ["sum"], include_cols=["area_id"], output="pandas")
    ours = raster_sums(raster(values), areas, ["population"])
    assert ours["raster_count"].to_numpy() == pytest.approx(theirs.sort_values("area_id")["sum"].to_numpy(), rel=1e-6)


def test_the_raster_is_balanced_against_each_layer() -> None:
    cells = table(
        "raster_cells",
        vintage=["2020"] * 4,
        cell_id=["0 0", "0 1", "1 0", "1 1"],
        population=[1.0, 2.0, 4.0, 8.0],
        geometry=grid(2, 2, 500),
    )
    ledger = Ledger()
    layers = {"zone": shapes(["w", "e"], [square(0, 0, 500, 1000), square(500, 0, 500, 1000)])}
    found = check(BY_TABLE["raster_counts"], raster_counts(cells, layers, ledger))
    assert found["raster_count"].tolist() == [12.0, 3.0]
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == (15, 15, 0)


@pytest.mark.parametrize(
    "mutant",
    [
        lambda sums: sums.iloc[1:],
        lambda sums: sums.assign(raster_count=sums["raster_count"] / 2),
    ],
)
def test_mutation_a_lost_area_or_a_wrong_sum_is_refused(mutant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cell of three lies in w, one in e and one in neither."""
    cells = table(
        "raster_cells",
        vintage=["2020"] * 3,
        cell_id=["0", "1", "2"],
        population=[1.0, 2.0, 4.0],
        geometry=grid(3, 1, 500),
    )
    layers = {"zone": shapes(["w", "e"], [square(0, 0, 500), square(500, 0, 500)])}
    ledger = Ledger()
    raster_counts(cells, layers, ledger)
    assert ledger.frame()[["total", "inside", "outside"]].values.tolist() == [[7, 3, 4]]
    honest = coverage._added_up
    monkeypatch.setattr(coverage, "_added_up", lambda *given: mutant(honest(*given)))
    with pytest.raises(LedgerError, match="raster 2020 to zone: population"):
        raster_counts(cells, layers, Ledger())
