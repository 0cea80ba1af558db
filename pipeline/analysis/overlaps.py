"""Which areas of two layers meet, and on how much ground."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse

from pipeline.analysis.geometry import NOISE_M2, common_m2, require_equal_area

if TYPE_CHECKING:
    import geopandas as gpd

# From so many pairs of neighbors on, compiled code pays: it is read from its cache in about a
# second, in which shapely overlays some ten thousand pairs. A district has a few thousand.
COMPILED_PAIRS = 20_000
# Outlines of more vertices than this (shorelines) are cut into pieces before they are overlaid.
QUICK_OUTLINE = 2_000
# Pieces below this share of their source are the rounding of coordinates.
NOISE_SHARE = 1e-9
Shapes = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def overlaps(sources: gpd.GeoDataFrame, targets: gpd.GeoDataFrame) -> pd.DataFrame:
    """Which areas of two layers meet, and on how much ground.

    Small layers are overlaid by shapely, large ones by compiled code that builds no geometry
    (`common_area.common_areas`); both agree to 1e-9 of a source's area.

    Parameters
    ----------
    sources, targets : GeoDataFrame
        Valid polygons in one equal-area CRS; ids do not matter here.

    Returns
    -------
    DataFrame
        One row per pair that shares ground: ``source`` and ``target`` (positions),
        ``area_m2`` of the common piece, ``area_share`` of the source's whole area, and
        ``is_inside`` (the whole source lies in the target; its share is then exactly 1).
        Sorted by source, then target. A share below 1e-9 is the rounding of coordinates: it makes no pair
        and goes to the source's largest piece, so that nothing is lost.

    Raises
    ------
    ContractError
        If the CRS differ or do not keep areas.

    Examples
    --------
    >>> import geopandas as gpd
    >>> squares = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)], crs="EPSG:3310")
    >>> zone = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1500, 1000)], crs="EPSG:3310")
    >>> overlaps(squares, zone)[["source", "target", "area_share"]].to_dict("list")
    {'source': [0, 1], 'target': [0, 0], 'area_share': [1.0, 0.5]}
    """
    require_equal_area(sources, targets)
    source_shapes, target_shapes = sources.geometry.to_numpy(), targets.geometry.to_numpy()
    whole = shapely.area(source_shapes)
    tree = shapely.STRtree(source_shapes)
    if tree.query(target_shapes).shape[1] >= COMPILED_PAIRS:
        from pipeline.analysis.common_area import common_areas
        from pipeline.analysis.rings import Rings

        return pieces_of(*common_areas(Rings.of(source_shapes), Rings.of(target_shapes)), whole)
    return pieces_of(*_by_shapely(source_shapes, target_shapes, whole, tree), whole)


def pieces_of(source: Integers, target: Integers, common: Floats, whole: Floats) -> pd.DataFrame:
    """The pairs as a table, with the share of each source (see `overlaps`); ``whole`` are the sources' areas in m2."""
    ground = whole[source]
    share = np.divide(common, ground, out=np.zeros(len(common)), where=ground > 0)
    inside = share >= 1.0 - NOISE_SHARE
    share[inside] = 1.0
    found = share > NOISE_SHARE
    if not found.all():
        noise = np.bincount(source[~found], weights=share[~found], minlength=len(whole))
        order = np.lexsort((-share, source))
        largest = order[np.r_[True, source[order][1:] != source[order][:-1]]]
        largest = largest[found[largest] & ~inside[largest]]
        share[largest] += noise[source[largest]]
    columns = {"source": source, "target": target, "area_m2": common, "area_share": share, "is_inside": inside}
    return pd.DataFrame({name: values[found] for name, values in columns.items()})


def area_weights(pieces: pd.DataFrame, shape: tuple[int, int]) -> sparse.csr_array:
    """Weights by ground: the share of the source's area that lies in the target.

    Right only where people are spread evenly. ``shape`` is (sources, targets).
    """
    return sparse.csr_array((pieces["area_share"], (pieces["source"], pieces["target"])), shape=shape)


def _by_shapely(
    sources: Shapes, targets: Shapes, whole: Floats, tree: shapely.STRtree
) -> tuple[Integers, Integers, Floats]:
    """Pairs that meet and their common ground, each held against the whole of its source.

    Where the pieces of a source add up to it, all of them are right. Where they do not (the
    targets end, or an overlay failed without an error), each is found again and held
    against its own complement (`geometry.common_m2`).
    """
    # The larger shapes ask the tree of the many: each of them is prepared once.
    target, source = tree.query(targets, predicate="intersects")
    order = np.lexsort((target, source))
    source, target = source[order], target[order]
    shapely.prepare(targets)
    common = np.where(shapely.covers(targets[target], sources[source]), whole[source], np.nan)
    crossing = np.isnan(common)
    is_long = np.maximum(shapely.get_num_coordinates(sources)[source], shapely.get_num_coordinates(targets)[target])
    quick = crossing & (is_long <= QUICK_OUTLINE)
    common[quick] = shapely.area(shapely.intersection(sources[source[quick]], targets[target[quick]]))
    long = crossing & ~quick
    common[long] = common_m2(sources[source[long]], targets[target[long]])
    sums = np.bincount(source, weights=common, minlength=len(sources))
    adds_up = np.abs(sums - whole) <= NOISE_SHARE * whole + NOISE_M2
    doubtful = quick & ~adds_up[source]
    common[doubtful] = common_m2(sources[source[doubtful]], targets[target[doubtful]])
    return source, target, common
