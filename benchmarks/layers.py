"""Layers of polygons to measure with: clustered towns, shared borders that wind."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import shapely

SIDE_M = 100_000.0


def coverage(number: int, vertices: int, seed: int, side_m: float = SIDE_M) -> npt.NDArray[np.object_]:
    """About ``number`` polygons of about ``vertices`` vertices that cover a square without gap or overlap.

    They are the cells of a Voronoi diagram of points that crowd in towns, small there and large between
    them. Each border between two cells is one winding line with fixed ends, the same for both.
    """
    rng = np.random.default_rng(seed)
    towns = rng.uniform(0, side_m, (max(number // 150, 3), 2))
    crowd = towns[rng.integers(0, len(towns), 3 * number // 4)]
    near = crowd + rng.normal(0, side_m / 25, crowd.shape)
    points = np.vstack([near, rng.uniform(0, side_m, (number - len(near), 2))])
    points = points[((points > 0) & (points < side_m)).all(axis=1)]
    square = shapely.box(0, 0, side_m, side_m)
    cells = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=square))
    cells = shapely.intersection(cells, square)
    cells = cells[shapely.area(cells) > 1.0]
    swing = 0.09
    for _ in range(6):
        wound = _wound(cells, max(vertices // 6, 1), swing, seed, side_m)
        if shapely.is_valid(wound).all():
            return wound
        swing *= 0.6
    return _wound(cells, max(vertices // 6, 1), 0.0, seed, side_m)


def _wound(
    cells: npt.NDArray[np.object_], steps: int, swing: float, seed: int, side_m: float
) -> npt.NDArray[np.object_]:
    """Cells with every straight border between two corners drawn as a winding line of so many steps."""
    coordinates, ring = shapely.get_coordinates(shapely.get_exterior_ring(cells), return_index=True)
    first = np.flatnonzero(ring[1:] == ring[:-1])
    start, end = coordinates[first], coordinates[first + 1]
    # both neighbors draw a border from its lower left end
    turned = (start[:, 0] > end[:, 0]) | ((start[:, 0] == end[:, 0]) & (start[:, 1] > end[:, 1]))
    low, high = np.where(turned[:, None], end, start), np.where(turned[:, None], start, end)
    on_edge = ((low == high) & ((low <= 0) | (low >= side_m))).any(axis=1)
    step = np.arange(steps)
    t = np.where(turned[:, None], steps - step, step) / steps
    phase = (low.sum(axis=1) * 0.37 + seed) % (2 * np.pi)
    bend = np.sin(np.pi * t) * (
        np.sin(4 * np.pi * t + phase[:, None]) + 0.4 * np.sin(14 * np.pi * t) + 0.2 * np.sin(46 * np.pi * t)
    )
    bend = np.where(on_edge[:, None], 0.0, swing * bend)
    across = (high - low)[:, ::-1] * [-1.0, 1.0]
    x, y = (low[:, [k]] + t * (high - low)[:, [k]] + bend * across[:, [k]] for k in (0, 1))
    rings = shapely.linearrings(np.column_stack([x.ravel(), y.ravel()]), indices=np.repeat(ring[first], steps))
    return np.asarray(shapely.polygons(rings))
