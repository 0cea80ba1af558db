"""The ground behind the pairs of two layers: what they share, and what of the sources lies in none of the targets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipeline.analysis.crosswalk import ROUNDING
from pipeline.analysis.geometry import GRID_M, NOISE_M2, common_ground, polygons_of
from pipeline.analysis.overlaps import NOISE_SHARE

if TYPE_CHECKING:
    import geopandas as gpd

Shapes = npt.NDArray[Any]
Integers = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]


def ground_outside(source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, pieces: pd.DataFrame) -> gpd.GeoSeries:
    """Ground of each source that lies in none of the targets, cut out anew and not by subtraction of areas.

    Held against the pieces it finds out whether one of them is lost: nothing here is taken from
    them but which sources they fill wholly.

    Parameters
    ----------
    source, target : GeoDataFrame
        Valid polygons in one equal-area CRS.
    pieces : DataFrame
        Their pairs (`overlaps.overlaps`).

    Returns
    -------
    GeoSeries
        One shape per source; empty where its pieces fill it.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from pipeline.analysis.overlaps import overlaps
    >>> town = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1000, 1000)], crs="EPSG:3310")
    >>> zone = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 250, 2000)], crs="EPSG:3310")
    >>> ground_outside(town, zone, overlaps(town, zone)).area.tolist()
    [750000.0]
    """
    import geopandas as gpd

    mine, others = source.geometry.to_numpy(), target.geometry.to_numpy()
    short, left_m2 = unfilled(pieces, shapely.area(mine))
    outside = np.full(len(mine), shapely.Polygon(), dtype=object)
    outside[short] = remainders(mine[short], others, left_m2)
    return gpd.GeoSeries(outside, crs=source.crs)


def unfilled(pieces: pd.DataFrame, whole: Floats) -> tuple[Integers, Floats]:
    """Sources that their pieces do not fill, and how many m2 are left; ``whole`` are the areas of all of them.

    >>> unfilled(pd.DataFrame({"source": [0, 1], "area_m2": [10.0, 4.0]}), np.array([10.0, 10.0, 5.0]))
    (array([1, 2]), array([6., 5.]))
    """
    left = whole - np.bincount(pieces["source"], weights=pieces["area_m2"], minlength=len(whole))
    short = np.flatnonzero(left > NOISE_SHARE * whole + NOISE_M2)
    return short, np.asarray(left[short])


def remainders(shapes: Shapes, others: Shapes, left_m2: Floats) -> Shapes:
    """Each shape less all others; overlaid again, on a grid of a micrometre, where not ``left_m2`` are left.

    >>> left = remainders(np.array([shapely.box(0, 0, 4, 1)]), np.array([shapely.box(0, 0, 1, 1)]), np.array([3.0]))
    >>> left[0].bounds
    (1.0, 0.0, 4.0, 1.0)
    """
    rest = _less(shapes, others)
    wrong = np.abs(shapely.area(rest) - left_m2) > ROUNDING * shapely.area(shapes) + NOISE_M2
    rest[wrong] = _less(shapes[wrong], others, GRID_M)
    return rest


def ground_across(source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, pieces: pd.DataFrame) -> gpd.GeoSeries:
    """Common ground of those pairs in which the source does not lie wholly in the target, in their order."""
    import geopandas as gpd

    crossing = pieces[~pieces["is_inside"]]
    mine = source.geometry.to_numpy()[crossing["source"]]
    other = target.geometry.to_numpy()[crossing["target"]]
    common = shapely.intersection(mine, other)
    # how much ground each has is known: what the fast overlay gets wrong is found again
    wrong = np.abs(shapely.area(common) - crossing["area_m2"]) > NOISE_SHARE * shapely.area(mine) + NOISE_M2
    common[wrong] = common_ground(mine[wrong], other[wrong])
    return gpd.GeoSeries(_polygons(common), crs=source.crs)


def ground_within(ground: gpd.GeoDataFrame, source: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, Integers]:
    """Pieces of ground within each source, none of them twice, and the position of the source each lies in."""
    import geopandas as gpd

    # parks and lakes of two files overlap: together they are counted once
    merged = shapely.get_parts(shapely.union_all(ground.geometry.to_numpy()))
    shapes = source.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(merged, predicate="intersects")
    common, part_of = shapely.get_parts(shapely.intersection(merged[first], shapes[second]), return_index=True)
    is_ground = shapely.area(common) > 0
    return gpd.GeoDataFrame(geometry=common[is_ground], crs=source.crs), second[part_of[is_ground]]


def _less(shapes: Shapes, others: Shapes, grid_m: float | None = None) -> Shapes:
    """Each shape less all others that it meets: of all shapes the first neighbor, then the second, and so on."""
    rest = shapes.copy()
    shape, other = shapely.STRtree(others).query(shapes)
    order = np.lexsort((other, shape))
    shape, other = shape[order], other[order]
    turn = np.arange(len(shape)) - np.searchsorted(shape, shape)
    for k in range(turn.max(initial=-1) + 1):
        mine = shape[turn == k]
        rest[mine] = _polygons(shapely.difference(rest[mine], others[other[turn == k]], grid_size=grid_m))
    return rest


def _polygons(shapes: Shapes) -> Shapes:
    """What of overlaid shapes has ground."""
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    shapes[mixed] = [polygons_of(shape) for shape in shapes[mixed]]
    shapes[shapely.get_dimensions(shapes) < 2] = shapely.Polygon()
    return shapes
