"""Which areas share a border, and how much of it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from pipeline.analysis.geometry import require_equal_area

if TYPE_CHECKING:
    import geopandas as gpd

    from pipeline.ledger import Ledger


def adjacency(
    areas: gpd.GeoDataFrame, *, smallest_m: float = 30.0, tolerance_m: float = 5.0
) -> tuple[pd.DataFrame, list[str]]:
    """Pairs of areas that share a border (rook's contiguity: a corner is not enough).

    Borders drawn twice rarely agree to the millimetre. Where two areas have no exact common
    line, the part of one border that runs within ``tolerance_m`` of the other area is
    their common border, less the bend at its two ends.

    Parameters
    ----------
    areas : GeoDataFrame
        ``area_id`` and polygons of one layer, in an equal-area CRS.
    smallest_m : float
        Shortest common border, in metres.
    tolerance_m : float
        Width of gap or overlap bridged, in metres.

    Returns
    -------
    pairs, islands : DataFrame, list of str
        ``area_id``, ``neighbor_id``, ``shared_m``, each pair in both directions, sorted; and
        the areas without any neighbor.

    Examples
    --------
    >>> import geopandas as gpd
    >>> squares = gpd.GeoDataFrame({"area_id": ["a", "b", "c"]}, geometry=[shapely.box(0, 0, 100, 100), shapely.box(100, 0, 200, 100), shapely.box(200, 100, 300, 200)], crs="EPSG:3310")
    >>> pairs, islands = adjacency(squares)
    >>> pairs.to_dict("records"), islands
    ([{'area_id': 'a', 'neighbor_id': 'b', 'shared_m': 100.0}, {'area_id': 'b', 'neighbor_id': 'a', 'shared_m': 100.0}], ['c'])
    """
    require_equal_area(areas)
    areas = areas.sort_values("area_id", kind="stable")
    shapes, ids = areas.geometry.to_numpy(), areas["area_id"].to_numpy(dtype=object)
    first, second = shapely.STRtree(shapes).query(shapes, predicate="dwithin", distance=tolerance_m)
    first, second = first[first < second], second[first < second]
    borders = shapely.boundary(shapes)
    shared = shapely.length(shapely.intersection(borders[first], borders[second]))
    unsure = np.flatnonzero(shared < smallest_m)
    near = shapely.buffer(shapes[second[unsure]], tolerance_m)
    shared[unsure] = np.maximum(
        shapely.length(shapely.intersection(borders[first[unsure]], near)) - 2 * tolerance_m, shared[unsure]
    )
    keep = shared >= smallest_m
    first, second, shared = first[keep], second[keep], shared[keep]
    pairs = pd.DataFrame(
        {
            "area_id": np.r_[ids[first], ids[second]],
            "neighbor_id": np.r_[ids[second], ids[first]],
            "shared_m": np.r_[shared, shared],
        }
    ).sort_values(["area_id", "neighbor_id"], ignore_index=True)
    return pairs, sorted(set(ids) - set(pairs["area_id"]))


def adjacency_table(targets: Mapping[str, gpd.GeoDataFrame], ledger: Ledger) -> pd.DataFrame:
    """Table ``adjacency`` for every layer but the district; islands become notes."""
    parts = []
    for layer, frame in targets.items():
        if layer == "district":
            continue
        pairs, islands = adjacency(frame)
        parts.append(pairs.assign(layer=layer))
        for island in islands[:1]:
            reason = "areas without a neighbor: they are compared with none" if len(islands) > 1 else "has no neighbor"
            ledger.note(f"adjacency of {layer}", f"{len(islands)} {reason}", item=str(island))
    columns = ["layer", "area_id", "neighbor_id", "shared_m"]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)
