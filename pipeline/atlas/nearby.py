"""What lies in and around each area, from the published shapes alone: zones it lies in, nearest points."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

SMALLEST_PART = 0.1  # of an area's ground: a zone that holds less of it is not named


def zones_of(areas: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> list[list[int]]:
    """Places, in ``zones``, of the zones that hold a tenth or more of each area's ground; the largest part first.

    Zones of several levels may be mixed. An area without a shape lies in none.

    >>> import geopandas as gpd, shapely
    >>> areas = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10)], crs="EPSG:3310")
    >>> zones = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 3, 10), shapely.box(3, 0, 9.5, 10), shapely.box(9.5, 0, 20, 10)], crs="EPSG:3310")
    >>> zones_of(areas, zones)
    [[1, 0]]
    """
    grounds, shapes = areas.geometry.to_numpy(), zones.geometry.to_numpy()
    found: list[list[int]] = [[] for _ in grounds]
    if not len(grounds) or not len(shapes):
        return found
    left, right = shapely.STRtree(shapes).query(grounds, predicate="intersects")
    parts = shapely.area(shapely.intersection(grounds[left], shapes[right]))
    held = parts >= SMALLEST_PART * shapely.area(grounds[left])
    order = np.lexsort((right, -parts, left))
    for place in order[held[order] & (parts[order] > 0)]:
        found[int(left[place])].append(int(right[place]))
    return found


def nearest(areas: gpd.GeoDataFrame, points: gpd.GeoDataFrame, most: int) -> list[list[tuple[int, float]]]:
    """Places, in ``points``, of the points nearest to each area, with the metres in a straight line to its edge.

    A point inside an area is at 0 m. Of points equally far the earlier is taken. Points without a place, and areas
    without a shape, have none.

    >>> import geopandas as gpd, shapely
    >>> areas = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10)], crs="EPSG:3310")
    >>> nearest(areas, gpd.GeoDataFrame(geometry=[shapely.Point(40, 5), None, shapely.Point(5, 5), shapely.Point(13, 14)], crs="EPSG:3310"), 2)
    [[(2, 0.0), (3, 5.0)]]
    """
    grounds, spots = areas.geometry.to_numpy(), points.geometry.to_numpy()
    known = np.flatnonzero(~(shapely.is_missing(spots) | shapely.is_empty(spots)))
    found: list[list[tuple[int, float]]] = [[] for _ in grounds]
    if not len(known):
        return found
    at = shapely.get_coordinates(spots[known])
    for row, ground in enumerate(grounds):
        if ground is None or ground.is_empty:
            continue
        close = _candidates(ground, at, most)
        far = shapely.distance(ground, spots[known[close]])
        first = np.lexsort((known[close], far))[:most]
        found[row] = [(int(known[close[i]]), float(far[i])) for i in first]
    return found


def _candidates(ground: shapely.Geometry, at: npt.NDArray[np.float64], most: int) -> npt.NDArray[np.intp]:
    """Points that may be among the nearest: no farther from its box than the last of them can be from the area."""
    west, south, east, north = ground.bounds
    gap = np.hypot(
        np.maximum(np.maximum(west - at[:, 0], at[:, 0] - east), 0),
        np.maximum(np.maximum(south - at[:, 1], at[:, 1] - north), 0),
    )
    inside = ground.representative_point()
    reach = np.hypot(at[:, 0] - inside.x, at[:, 1] - inside.y)
    limit = np.partition(reach, most - 1)[most - 1] if len(reach) > most else np.inf
    return np.flatnonzero(gap <= limit)
