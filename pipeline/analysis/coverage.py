"""Raster cells added up over areas, by the exact share of each cell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipeline.analysis.geometry import require_equal_area, subdivided

if TYPE_CHECKING:
    import geopandas as gpd

    from pipeline.ledger import Ledger

_Pieces = tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.float64], npt.NDArray[np.float64]]
MEASURES = ("population", "children_0_4", "children_5_9", "children_10_14")


def raster_sums(cells: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, measures: Sequence[str]) -> pd.DataFrame:
    """Sum of a raster of counts over each area, and how much of the area it covers.

    A cell that crosses a border gives each side the share of its ground that lies there, so
    the areas add up to the raster where they cover it. No cell is lost to a small area, and
    none is counted twice (a rule by cell centres does both).

    Parameters
    ----------
    cells : GeoDataFrame
        One box per cell, in the same equal-area CRS as the areas, with one column of counts
        per measure; missing means no data.
    areas : GeoDataFrame
        ``area_id`` and polygons.
    measures : sequence of str
        Columns of ``cells`` to add up; those without any value are left out.

    Returns
    -------
    DataFrame
        ``area_id``, ``measure``, ``raster_count``, ``coverage_share``: one row per area and
        measure, sorted. ``coverage_share`` is the share of the area under cells with data;
        where it is below 1 the sum says nothing about the rest.

    References
    ----------
    Baston (exactextract): coverage fractions instead of cell centres.

    Examples
    --------
    >>> import geopandas as gpd
    >>> cells = gpd.GeoDataFrame({"population": [8.0, 4.0]}, geometry=[shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100)], crs="EPSG:3310")
    >>> area = gpd.GeoDataFrame({"area_id": ["a"]}, geometry=[shapely.box(50, 0, 250, 100)], crs="EPSG:3310")
    >>> raster_sums(cells, area, ["population"]).to_dict("records")
    [{'area_id': 'a', 'measure': 'population', 'raster_count': 8.0, 'coverage_share': 0.75}]
    """
    require_equal_area(cells, areas)
    areas = areas.sort_values("area_id", kind="stable")
    return _added_up(cells, areas, measures, _pieces(cells.geometry.to_numpy(), areas.geometry.to_numpy()))


def _added_up(
    cells: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, measures: Sequence[str], pieces: _Pieces
) -> pd.DataFrame:
    area, cell, piece_m2, cell_share = pieces
    shapes = areas.geometry.to_numpy()
    parts = []
    for measure in measures:
        if cells[measure].isna().all():
            continue
        value = cells[measure].to_numpy(dtype="float64")[cell]
        known = ~np.isnan(value)
        sums = np.bincount(area[known], weights=(value * cell_share)[known], minlength=len(areas))
        covered = np.bincount(area[known], weights=piece_m2[known], minlength=len(areas)) / shapely.area(shapes)
        # rounding of the pieces' edges must not make a covered area more than covered
        parts.append(
            pd.DataFrame(
                {
                    "area_id": areas["area_id"].to_numpy(),
                    "measure": measure,
                    "raster_count": sums,
                    "coverage_share": np.minimum(covered, 1.0),
                }
            )
        )
    columns = ["area_id", "measure", "raster_count", "coverage_share"]
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return table.sort_values(["area_id", "measure"], ignore_index=True)


def raster_counts(cells: gpd.GeoDataFrame, targets: Mapping[str, gpd.GeoDataFrame], ledger: Ledger) -> pd.DataFrame:
    """Table ``raster_counts``: each raster added up over each layer, with a balance of its people."""
    columns = ["layer", "area_id", "vintage", "measure", "raster_count", "coverage_share"]
    parts = []
    for vintage, of_vintage in cells.groupby("vintage", sort=True):
        for layer, frame in targets.items():
            require_equal_area(of_vintage, frame)
            areas = frame.sort_values("area_id", kind="stable")
            pieces = _pieces(of_vintage.geometry.to_numpy(), areas.geometry.to_numpy())
            sums = _added_up(of_vintage, areas, MEASURES, pieces)
            covered = np.bincount(pieces[1], weights=pieces[3], minlength=len(of_vintage))
            parts.append(sums.assign(layer=layer, vintage=vintage)[columns])
            for measure, total in sums.groupby("measure")["raster_count"].sum().items():
                whole, beyond = (
                    float(part.sum()) for part in (of_vintage[measure], of_vintage[measure] * (1.0 - covered))
                )
                reason = "cells reach beyond the layer" if total < whole else ""
                ledger.balance(
                    f"raster {vintage} to {layer}: {measure}",
                    total=whole,
                    inside=total,
                    outside=beyond,
                    unit="people",
                    reason=reason,
                )
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _pieces(cells: npt.NDArray[np.object_], shapes: npt.NDArray[np.object_]) -> _Pieces:
    """Area, cell, common ground in m2 and its share of the cell, for each pair that meets.

    Large areas are cut into simple pieces first, so that a cell on a border is compared with
    the few vertices near it and not with the thousands of a shoreline.
    """
    parent, pieces = subdivided(shapes, 64)
    tree = shapely.STRtree(cells)
    piece, cell = tree.query(pieces, predicate="intersects")
    shapely.prepare(pieces)
    inside = shapely.contains_properly(pieces[piece], cells[cell])
    whole = shapely.area(cells)[cell]
    ground = whole.copy()
    ground[~inside] = shapely.area(shapely.intersection(pieces[piece[~inside]], cells[cell[~inside]]))
    keep = ground > 0
    order = np.lexsort((piece[keep], cell[keep], parent[piece[keep]]))
    area, cell, ground, whole = (column[keep][order] for column in (parent[piece], cell, ground, whole))
    return area, cell, ground, ground / whole
