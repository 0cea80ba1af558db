"""Where a neighborhood lies: the outlines that both packets draw, in whole tenths of a point."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pipeline.atlas.borders import main_box
from pipeline.atlas.shapes import outline

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt

WIDTH, HEIGHT = 190.0, 130.0  # points
MOST = 300  # outlines of neighborhoods behind the one that is meant; beyond it only the border of all
SMALL = 5.0  # points: what is smaller gets a ring around it
COLOR, LINE, GROUND, RING = "#253494", "#8d96a0", "#f3f5f7", "#a6611a"
Rings = list["npt.NDArray[np.int64]"]


@dataclass(frozen=True)
class Outlines:
    """The rings of every neighborhood and of what stands behind it, y upwards, in tenths of a point."""

    behind: Rings
    areas: list[Rings]

    def mark(self, place: int) -> tuple[int, int] | None:
        """Where a ring must point out a neighborhood too small to be seen, if it is."""
        rings = self.areas[place]
        if not rings:
            return None
        corners = np.concatenate(rings)
        low, high = corners.min(axis=0), corners.max(axis=0)
        if (high - low).max() >= 10 * SMALL:
            return None
        return int((low[0] + high[0]) // 2), int((low[1] + high[1]) // 2)


def outlines(areas: gpd.GeoDataFrame) -> Outlines:
    """Neighborhoods as they are drawn on a page: fitted into the frame, with no more corners than can be seen.

    >>> import geopandas as gpd
    >>> drawn = outlines(gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 100, 100)], crs="EPSG:3310"))
    >>> drawn.areas[0][0].tolist()
    [[1600, 0], [1600, 1300], [300, 1300], [300, 0], [1600, 0]]
    """
    shapes = areas.geometry.to_numpy()
    there = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    if not there.any():
        return Outlines([], [[] for _ in shapes])
    west, south, east, north = main_box(shapes[there])
    scale = 10 * min(WIDTH / max(east - west, 1.0), HEIGHT / max(north - south, 1.0))
    shift = np.array([(10 * WIDTH - (east - west) * scale) / 2, (10 * HEIGHT - (north - south) * scale) / 2])
    smaller = shapes.copy()
    smaller[there] = shapely.coverage_simplify(shapes[there], 6 / scale)
    smaller = np.where(there & shapely.is_empty(smaller), shapes, smaller)

    def rings(shape: Any) -> Rings:
        if shape is None or shape.is_empty:
            return []
        found = [ring for part in shapely.get_parts(shape) if part.geom_type == "Polygon" for ring in (part.exterior, *part.interiors)]  # fmt: skip
        placed = [
            np.rint((shapely.get_coordinates(ring) - (west, south)) * scale + shift).astype(np.int64) for ring in found
        ]
        kept = [_without_repeats(ring) for ring in placed]
        return [ring for ring in kept if len(ring) > 3] or kept[:1]

    drawn = [rings(shape) for shape in smaller]
    if len(shapes) <= MOST:
        return Outlines([ring for each in drawn for ring in each], drawn)
    fits = bool(shapely.coverage_is_valid(shapes[there]))
    border = outline(areas[there], is_coverage=fits).geometry.iloc[0].simplify(6 / scale)
    return Outlines(rings(border), drawn)


def _without_repeats(ring: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    keep = np.append(True, (np.diff(ring, axis=0) != 0).any(axis=1))
    kept: npt.NDArray[np.int64] = ring[keep]
    return kept
