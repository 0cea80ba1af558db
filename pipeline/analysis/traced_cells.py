"""Cells of a grid by zone for layers of very many vertices: `cells` compiled, with the same results.

Each zone is traced into two small arrays over its bounds (ground and height of the pieces of its
outline in each cell), and a running sum over the cells that it touches in each row turns them into shares. The code is compiled
when it is first called and read from numba's cache later; it leaves Python's lock, so that batches
of zones run on all cores.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.analysis.compiling import compiled

Integers = npt.NDArray[np.int64]
Found = tuple[Integers, Integers, npt.NDArray[np.float64], Integers, Integers, Integers]


def traced(
    across: Any, down: Any, ring_start: Any, ring_sign: Any, zone_rings: Any, rows: int, columns: int, large: float
) -> Found:
    """Cells and runs of some zones, numbered from 0, in the order of `cells.Cells`.

    Parameters
    ----------
    across, down : arrays (vertices)
        In columns and rows of the grid, from its north-west corner; heights rounded by ``large``
        (`outlines.rounding_of`).
    ring_start, ring_sign : arrays (rings)
        First vertex of each ring (and one more), and what its turning counts.
    zone_rings : array (zones + 1)
        First ring of each zone.
    """
    found: Found = _traced(across, down, ring_start, ring_sign, zone_rings, rows, columns, large)
    return found


@compiled()
def _traced(across, down, ring_start, ring_sign, zone_rings, rows, columns, large):  # type: ignore[no-untyped-def]
    room = 2 * len(across) + 64
    zone, cell, share = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room)
    run_zone, run_start, run_stop = np.empty(room, np.int64), np.empty(room, np.int64), np.empty(room, np.int64)
    n = m = 0
    ground, height = np.zeros((1, 1)), np.zeros((1, 1))
    touched, count = np.empty((1, 1), np.int64), np.zeros(1, np.int64)
    for z in range(len(zone_rings) - 1):
        begin, end = ring_start[zone_rings[z]], ring_start[zone_rings[z + 1]]
        if begin == end:
            continue
        top = max(int(np.floor(down[begin:end].min())), 0)
        bottom = min(int(np.ceil(down[begin:end].max())), rows)
        left = max(int(np.floor(across[begin:end].min())), 0)
        right = min(int(np.ceil(across[begin:end].max())), columns)
        if top >= bottom or left >= right:
            continue
        if ground.shape[0] < bottom - top or ground.shape[1] < right - left + 1:
            shape = (max(bottom - top, ground.shape[0]), max(right - left + 1, ground.shape[1]))
            ground, height = np.zeros(shape), np.zeros(shape)
            # no number stands for a cell that no piece has touched
            ground[:, :] = np.nan
            touched, count = np.empty(shape, np.int64), np.zeros(shape[0], np.int64)
        for ring in range(zone_rings[z], zone_rings[z + 1]):
            for v in range(ring_start[ring], ring_start[ring + 1] - 1):
                u0, v0, u1, v1, sign = across[v], down[v], across[v + 1], down[v + 1], -ring_sign[ring]
                if v0 > v1:
                    u0, v0, u1, v1, sign = u1, v1, u0, v0, -sign
                if v0 < v1 and v1 > top and v0 < bottom:
                    _edge(u0, v0, u1, v1, sign, top, bottom, left, right, large, ground, height, touched, count)
        # as many as can come: every cell of the bounds
        if n + (bottom - top) * (right - left) > len(cell):
            room = 2 * len(cell) + (bottom - top) * (right - left)
            zone, cell, share = _longer(zone, room), _longer(cell, room), _longer(share, room)
        if m + (bottom - top) * (right - left) > len(run_zone):
            room = 2 * len(run_zone) + (bottom - top) * (right - left)
            run_zone, run_start, run_stop = _longer(run_zone, room), _longer(run_start, room), _longer(run_stop, room)
        for row in range(bottom - top):
            whole = 0.0
            done = 0
            base = (top + row) * columns + left
            own = touched[row, : count[row]]
            own.sort()
            count[row] = 0
            for k in range(len(own) + 1):
                column = own[k] if k < len(own) else right - left
                if column > done and whole == 1.0:
                    run_zone[m], run_start[m], run_stop[m] = z, base + done, base + min(column, right - left)
                    m += 1
                elif whole > 0.0:
                    # heights are exact: where the running sum is not 1, a level edge runs through
                    for level in range(done, min(column, right - left)):
                        zone[n], cell[n], share[n] = z, base + level, min(whole, 1.0)
                        n += 1
                if k == len(own):
                    break
                part = min(max(whole + ground[row, column], 0.0), 1.0)
                if part > 0.0 and column < right - left:
                    zone[n], cell[n], share[n] = z, base + column, part
                    n += 1
                whole += height[row, column]
                ground[row, column] = np.nan
                done = column + 1
    return (
        zone[:n].copy(), cell[:n].copy(), share[:n].copy(),
        run_zone[:m].copy(), run_start[:m].copy(), run_stop[:m].copy(),
    )  # fmt: skip


@compiled()
def _longer(values, room):  # type: ignore[no-untyped-def]
    longer = np.empty(room, values.dtype)
    longer[: len(values)] = values
    return longer


@compiled()
def _add(row, column, ground_added, h, ground, height, touched, count):  # type: ignore[no-untyped-def]
    if np.isnan(ground[row, column]):
        ground[row, column] = 0.0
        height[row, column] = 0.0
        touched[row, count[row]] = column
        count[row] += 1
    ground[row, column] += ground_added
    height[row, column] += h


@compiled()
def _edge(u0, v0, u1, v1, sign, top, bottom, left, right, large, ground, height, touched, count):  # type: ignore[no-untyped-def]
    """Add one edge, which falls from v0 to v1, to the cells it crosses."""
    first, column = int(np.floor(v0)), int(np.floor(u0))
    if v1 <= first + 1 and column <= u1 <= column + 1 and top <= first and left <= column < right:
        # most edges are short and lie in one cell
        h = sign * (v1 - v0)
        _add(first - top, column - left, h * (column + 1 - 0.5 * (u0 + u1)), h, ground, height, touched, count)
        return
    slope = (u1 - u0) / (v1 - v0)
    for row in range(max(first, top), min(int(np.ceil(v1)), bottom)):
        a, b = max(v0, float(row)), min(v1, float(row + 1))
        xa = u0 + (a - v0) * slope
        xb = u1 if b == v1 else u0 + (b - v0) * slope
        ya, yb = a, b
        if xa > xb:
            xa, ya, xb, yb = xb, yb, xa, ya
        fall = (yb - ya) / (xb - xa) if xb > xa else 0.0
        column = min(max(int(np.floor(xa)), left - 1), right)
        last = max(min(int(np.ceil(xb)) - 1, right), column)
        x, y = xa, ya
        while True:
            is_last = column >= last
            stop = xb if is_last else float(column + 1)
            at = yb if is_last else ((ya + (stop - xa) * fall) + large) - large
            h = sign * abs(at - y)
            if column < left:
                # west of the zone's part of the grid: all cells of the row have it whole
                _add(row - top, 0, h, h, ground, height, touched, count)
            else:
                added = h * (column + 1 - 0.5 * (x + stop))
                _add(row - top, column - left, added, h, ground, height, touched, count)
            if is_last:
                break
            column += 1
            x, y = stop, at
