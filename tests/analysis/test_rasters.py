"""Tables of raster cells: their grids, their sums over layers, and balances that can fail."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
import shapely

from pipeline.analysis import rasters
from pipeline.analysis.rasters import bands_of, raster_counts, raster_tables
from pipeline.errors import ContractError, LedgerError
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.ground import CRS, shapes, square, table

GRID = {
    "grid_west": 0.0, "grid_north": 1000.0, "cell_width": 500.0, "cell_height": 500.0,
    "grid_rows": 2, "grid_columns": 3, "grid_crs": CRS,
}  # fmt: skip


def counts(cells: list[tuple[int, int, float]], vintage: str = "2020", **grid: Any) -> pd.DataFrame:
    """Input table: cells of 500 m by row and column, with people."""
    found = table(
        "cell_counts",
        vintage=[vintage] * len(cells),
        cell_row=[row for row, _, _ in cells],
        cell_column=[column for _, column, _ in cells],
        population=[people for _, _, people in cells],
        **{name: [value] * len(cells) for name, value in {**GRID, **grid}.items()},
    )
    return check(BY_TABLE["cell_counts"], found)


def tables(*given: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    made = raster_tables(pd.concat(given, ignore_index=True))
    return tuple(check(BY_TABLE[name], made[name]) for name in ("raster_grids", "raster_cells"))  # type: ignore[return-value]  # two


LAYERS = {"zone": shapes(["w", "e"], [square(0, 0, 500, 1000), square(500, 0, 500, 1000)])}
TOWN = [(0, 0, 1.0), (0, 1, 2.0), (1, 0, 4.0), (1, 1, 8.0)]


def test_the_grid_of_a_vintage_is_told_once_and_cells_are_no_shapes() -> None:
    grids, cells = tables(counts(TOWN), counts([(0, 0, 5.0)], "2015", grid_west=7.0))
    assert grids[["vintage", "grid_west", "grid_rows"]].values.tolist() == [["2015", 7.0, 2], ["2020", 0.0, 2]]
    assert len(cells) == 5 and "geometry" not in cells.columns


def test_one_vintage_on_two_grids_and_cells_off_the_grid_are_refused_together() -> None:
    with pytest.raises(
        ContractError, match=r"(?s)E-GRID.*vintage 2020, corner 9, 1000.*release.*E-OFF-GRID.*row 2, column 1"
    ):
        tables(counts(TOWN), counts([(2, 1, 1.0)], grid_west=9.0))


def test_each_layer_is_counted_and_balanced() -> None:
    """Rows from the north: 1 2 over 4 8; the west has 1 + 4, the east 2 + 8."""
    ledger = Ledger()
    found = check(BY_TABLE["raster_counts"], raster_counts(*tables(counts(TOWN)), LAYERS, ledger))
    assert found[["area_id", "raster_count", "coverage_share"]].values.tolist() == [["e", 10, 1], ["w", 5, 1]]
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == (15, 15, 0)
    assert len(ledger.frame()) == 1


def test_areas_without_data_are_noted_with_the_least() -> None:
    """The east lacks its northern cell; a cell that holds zero is data."""
    ledger = Ledger()
    found = raster_counts(*tables(counts([(0, 0, 0.0), (1, 0, 4.0), (1, 1, 8.0)])), LAYERS, ledger)
    assert found["coverage_share"].tolist() == [0.5, 1.0]
    note = ledger.frame().query("entry == 'note'").iloc[0]
    assert (note["item"], note["reason"]) == ("e: 50.0%", "1 of 2 areas have data for less than 99% of their cells")


def test_measures_and_vintages_without_values_are_left_out() -> None:
    grids, cells = tables(counts(TOWN), counts([(0, 0, np.nan)], "2015"))
    assert [(vintage, list(bands)) for vintage, _, bands in bands_of(grids, cells)] == [("2020", ["population"])]
    nothing = raster_counts(empty("raster_grids", CRS), empty("raster_cells", CRS), LAYERS, Ledger())
    assert nothing.empty and list(nothing.columns) == BY_TABLE["raster_counts"].names


def test_each_measure_has_its_own_coverage() -> None:
    given = counts(TOWN).assign(children_5_9=[1.0, np.nan, 1.0, 1.0])
    found = raster_counts(*tables(given), LAYERS, Ledger()).set_index(["measure", "area_id"])["coverage_share"]
    assert found["children_5_9"].to_dict() == {"e": 0.5, "w": 1.0} and found["population"].to_dict() == {
        "e": 1.0,
        "w": 1.0,
    }


def test_R08_counts_in_degrees_are_summed_where_they_lie_and_not_resampled() -> None:
    """A zone around all cells holds all people, whatever the study's system makes of their shape."""
    given = counts(
        TOWN, grid_west=-121.0, grid_north=38.0, cell_width=1 / 1200, cell_height=1 / 1200, grid_crs="EPSG:4326"
    )
    outline = shapes(["a"], [shapely.box(-121.01, 37.99, -120.99, 38.01)], crs="EPSG:4326").to_crs(CRS)
    assert raster_counts(*tables(given), {"zone": outline}, Ledger())["raster_count"].tolist() == [
        pytest.approx(15.0, abs=1e-12)
    ]


@pytest.mark.parametrize(
    "mutant",
    [
        lambda sums: sums.iloc[1:],
        lambda sums: sums.assign(raster_count=sums["raster_count"] / 2),
    ],
)
def test_mutation_a_lost_area_or_a_wrong_sum_is_refused(mutant: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """One cell of three lies in w, one in e and one in neither."""
    given = tables(counts([(1, 0, 1.0), (1, 1, 2.0), (1, 2, 4.0)]))
    layers = {"zone": shapes(["w", "e"], [square(0, 0, 500), square(500, 0, 500)])}
    ledger = Ledger()
    raster_counts(*given, layers, ledger)
    assert ledger.frame()[["total", "inside", "outside"]].values.tolist() == [[7, 3, 4]]
    honest = rasters._added_up
    monkeypatch.setattr(rasters, "_added_up", lambda *given: mutant(honest(*given)))
    with pytest.raises(LedgerError, match="raster 2020 to zone: population"):
        raster_counts(*given, layers, Ledger())
