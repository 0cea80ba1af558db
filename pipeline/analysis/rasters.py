"""Tables of raster cells: where their grids lie, and what they add up to over each layer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analysis.coverage import CellCoverage
from pipeline.analysis.grids import Grid, on_grid
from pipeline.errors import ContractError, Fault
from pipeline.tables import BY_TABLE

if TYPE_CHECKING:
    import geopandas as gpd

    from pipeline.ledger import Ledger

MEASURES = ("population", "children_0_4", "children_5_9", "children_10_14")
# Below this share of an area under data, a reader of its sum must know.
LEAST_COVERED = 0.99


def raster_tables(cell_counts: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Tables ``raster_grids`` (a row per vintage) and ``raster_cells`` from what sources deliver.

    Parameters
    ----------
    cell_counts : DataFrame
        Input table of this name: each cell comes with the grid it lies on.

    Raises
    ------
    ContractError
        If cells of one vintage lie on different grids, or a cell off its grid.
    """
    grids, cells = BY_TABLE["raster_grids"].names, BY_TABLE["raster_cells"].names
    found = cell_counts[grids].drop_duplicates(ignore_index=True)
    faults = []
    doubled = found[found.duplicated("vintage")]
    if len(doubled):
        first = doubled.iloc[0]
        what = "rasters of one vintage lie on different grids"
        place = f"vintage {first['vintage']}, corner {first['grid_west']:g}, {first['grid_north']:g}"
        remedy = "Use rasters of one release, or give the other its own vintage."
        faults.append(Fault("E-GRID", what, len(doubled), place, remedy))
    beyond = ~cell_counts["cell_row"].between(0, cell_counts["grid_rows"] - 1)
    beyond |= ~cell_counts["cell_column"].between(0, cell_counts["grid_columns"] - 1)
    if beyond.any():
        first = cell_counts[beyond].iloc[0]
        what = "a cell lies off its grid"
        place = f"vintage {first['vintage']}, row {first['cell_row']}, column {first['cell_column']}"
        remedy = "Rows and columns are counted from 0 at the north-west corner of the grid."
        faults.append(Fault("E-OFF-GRID", what, int(beyond.sum()), place, remedy))
    if faults:
        raise ContractError("the population rasters", faults)
    return {"raster_grids": found, "raster_cells": cell_counts[cells]}


def raster_counts(
    grids: pd.DataFrame, cells: pd.DataFrame, targets: Mapping[str, gpd.GeoDataFrame], ledger: Ledger
) -> pd.DataFrame:
    """Table ``raster_counts``: each raster added up over each layer, with a balance of its people.

    Cells are rectangles in the raster's own CRS (degrees), so areas are brought there, and cells
    are never made into shapes. A measure a raster does not hold is left out.

    Parameters
    ----------
    grids, cells : DataFrame
        Tables ``raster_grids`` and ``raster_cells``; a cell that is not there has no data.
    targets : mapping of str to GeoDataFrame
        Layers with ``area_id``, as `areas.target_layers` gives them.

    Returns
    -------
    DataFrame
        ``coverage_share`` is the share of the area's cells with data; where it is below 1
        the count says nothing about the rest. Layers with areas below 99% are noted.
    """
    columns = BY_TABLE["raster_counts"].names
    parts = []
    for vintage, grid, bands in bands_of(grids, cells):
        for layer, frame in targets.items():
            areas = frame.sort_values("area_id", kind="stable")
            coverage = CellCoverage.of(on_grid(areas.geometry, grid), grid)
            outside = 1.0 - coverage.cell_shares()
            sums = _added_up(coverage, bands, areas["area_id"].to_numpy())
            parts.append(sums.assign(layer=layer, vintage=vintage)[columns])
            for measure, band in bands.items():
                whole, beyond = float(np.nansum(band)), float(np.nansum(band * outside))
                total = float(sums.loc[sums["measure"] == measure, "raster_count"].sum())
                reason = "cells reach beyond the layer" if total < whole else ""
                ledger.balance(
                    f"raster {vintage} to {layer}: {measure}",
                    total=whole,
                    inside=total,
                    outside=beyond,
                    unit="people",
                    reason=reason,
                )
            bare = sums[sums["coverage_share"] < LEAST_COVERED]
            if len(bare):
                least = bare.loc[bare["coverage_share"].idxmin()]
                ledger.note(
                    f"raster {vintage} to {layer}",
                    f"{bare['area_id'].nunique()} of {len(areas)} areas have data for less than {LEAST_COVERED:.0%} of their cells",
                    item=f"{least['area_id']}: {least['coverage_share']:.1%}",
                )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _added_up(
    coverage: CellCoverage, bands: Mapping[str, npt.NDArray[np.float64]], ids: npt.NDArray[np.object_]
) -> pd.DataFrame:
    """Sum and coverage of each measure over each area, sorted by area."""
    stack = np.stack(list(bands.values()))
    shares = np.stack([coverage.covered_share(~np.isnan(band)) for band in stack], axis=1)
    return pd.DataFrame(
        {
            "area_id": np.repeat(ids, len(bands)),
            "measure": np.tile(list(bands), len(ids)),
            "raster_count": coverage.sums(stack).ravel(),
            "coverage_share": shares.ravel(),
        }
    ).sort_values(["area_id", "measure"], ignore_index=True)


def bands_of(grids: pd.DataFrame, cells: pd.DataFrame) -> list[tuple[str, Grid, dict[str, npt.NDArray[np.float64]]]]:
    """Each vintage with the part of its grid that has cells, and its measures as arrays; NaN is no data.

    Examples
    --------
    >>> grids = pd.DataFrame({"vintage": ["2020"], "grid_west": [0.0], "grid_north": [9.0], "cell_width": [1.0],
    ...     "cell_height": [1.0], "grid_rows": [9], "grid_columns": [9], "grid_crs": ["EPSG:4326"]})
    >>> cells = pd.DataFrame({"vintage": ["2020"] * 2, "cell_row": [3, 4], "cell_column": [5, 5], "population": [7.0, 8.0]})
    >>> [(_, grid, bands)] = bands_of(grids, cells.reindex(columns=BY_TABLE["raster_cells"].names))
    >>> grid.bounds, bands["population"].tolist(), list(bands)
    ((5.0, 4.0, 6.0, 6.0), [[7.0], [8.0]], ['population'])
    """
    found = []
    for row in grids.sort_values("vintage", kind="stable").itertuples(index=False):
        here = cells[cells["vintage"] == row.vintage]
        if here.empty:
            continue
        whole = Grid(
            row.grid_west,
            row.grid_north,
            row.cell_width,
            row.cell_height,
            row.grid_rows,
            row.grid_columns,
            row.grid_crs,
        )
        down, across = here["cell_row"].to_numpy(), here["cell_column"].to_numpy()
        top, left = int(down.min()), int(across.min())
        grid = whole.window(top, left, int(down.max()) - top + 1, int(across.max()) - left + 1)
        bands = {}
        for measure in MEASURES:
            if here[measure].notna().any():
                bands[measure] = np.full((grid.rows, grid.columns), np.nan)
                bands[measure][down - top, across - left] = here[measure].to_numpy(dtype="float64")
        if bands:
            found.append((str(row.vintage), grid, bands))
    return found
