"""Edges of outlines, split where they cross the lines of a grid, so that each piece lies in one cell."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely

from pipeline.analysis.grids import Grid

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]


class Edges(NamedTuple):
    """Edges from their upper to their lower end, in cells from the north-west corner of a grid.

    ``line`` is the zone, and once they are split at the rows zone and row in one number; ``sign`` is
    positive where the ground lies to the right, whichever way an outline is drawn; ``u`` runs
    across and ``v`` down.
    """

    line: Integers
    sign: Floats
    u0: Floats
    v0: Floats
    u1: Floats
    v1: Floats


class Pieces(NamedTuple):
    """Pieces of edges that each lie in one cell: where, the ground to their right in it, and their height."""

    line: Integers
    column: Floats
    ground: Floats
    height: Floats


def edges_of(shapes: npt.NDArray[Any], zone: Integers, grid: Grid) -> Edges:
    """Edges of polygons (no collections) that cross a row of the grid; each polygon is of a zone."""
    across, down, ring_start, ring_sign, polygon_start = vertices_of(shapes, grid)
    length = np.diff(ring_start)
    sign = np.repeat(ring_sign, length)[:-1]
    line = np.repeat(np.repeat(zone, np.diff(polygon_start)), length)[:-1]
    # from the last vertex of a ring there is no way on to the next ring: it stays where it is
    last = ring_start[1:-1] - 1
    next_across, next_down = across[1:].copy(), down[1:].copy()
    next_across[last], next_down[last] = across[last], down[last]
    across, down = across[:-1], down[:-1]
    falls = down < next_down
    edges = Edges(
        line,
        np.where(falls, -sign, sign),
        np.where(falls, across, next_across),
        np.minimum(down, next_down),
        np.where(falls, next_across, across),
        np.maximum(down, next_down),
    )
    is_on_grid = (edges.v1 > 0) & (edges.v0 < grid.rows)
    return edges if is_on_grid.all() else Edges._make(part[is_on_grid] for part in edges)


def vertices_of(shapes: npt.NDArray[Any], grid: Grid) -> tuple[Floats, Floats, Integers, Floats, Integers]:
    """Vertices of polygons in columns and rows of the grid, where rings begin and what their turning counts, and where polygons begin."""
    _, points, (ring_start, polygon_start) = shapely.to_ragged_array(shapes, include_z=False)
    across = (points[:, 0] - grid.west) / grid.cell_width
    down = (grid.north - points[:, 1]) / grid.cell_height
    role = np.full(len(ring_start) - 1, -1.0)
    role[polygon_start[:-1]] = 1.0
    return across, _exact(down, grid), ring_start, role * _turns(across, down, ring_start), polygon_start


def _turns(across: Floats, down: Floats, ring_start: Integers) -> Floats:
    """1 or -1 for each ring, by the way it is drawn; measured from its first vertex, so that no digits are lost."""
    length = np.diff(ring_start)
    x = across - np.repeat(across[ring_start[:-1]], length)
    y = down - np.repeat(down[ring_start[:-1]], length)
    # the last vertex of a ring is its first: zero, so what reaches into the next ring is zero too
    cross = np.zeros(len(x))
    cross[:-1] = x[:-1] * y[1:] - x[1:] * y[:-1]
    return np.sign(np.add.reduceat(cross, ring_start[:-1]))


def rounding_of(grid: Grid) -> float:
    """The number that heights are added to and taken from, so that they are multiples of one small step (`_exact`)."""
    return float(1.5 * 2.0 ** (np.ceil(np.log2(grid.rows + 1)) + 1))


def _exact(down: Floats, grid: Grid) -> Floats:
    """Heights rounded as finely as at the lower edge of the grid, where numbers are largest.

    Sums of such heights are exact whatever their order: an outline that comes back to its
    beginning adds up to nothing in every row, and cells inside to one, not to nearly one.
    """
    large = rounding_of(grid)
    return np.asarray((down + large) - large)


def _further(parts: Floats) -> tuple[Integers, Integers]:
    """Of things to be split into parts: which thing, and the how-manieth part, for all parts but the first."""
    further = parts.astype("int64") - 1
    thing = np.flatnonzero(further > 0)
    further = further[thing]
    begins = np.cumsum(further) - further
    return np.repeat(thing, further), np.arange(further.sum()) - np.repeat(begins, further) + 1


def by_row(edges: Edges, grid: Grid) -> Edges:
    """Split edges at the rows of the grid; ``line`` becomes zone x rows + row."""
    zone, sign, u0, v0, u1, v1 = edges
    row = np.floor(np.maximum(v0, 0.0))
    edge, part = _further(np.ceil(np.minimum(v1, grid.rows)) - row)
    row = np.append(row, row[edge] + part)
    zone = np.append(zone, zone[edge])
    sign, u0, v0, u1, v1 = (np.append(whole, whole[edge]) for whole in (sign, u0, v0, u1, v1))
    top, bottom = np.maximum(v0, row), np.minimum(v1, row + 1)
    # a level edge has no height, but the cells below it are not whole
    slope = (u1 - u0) / np.where(v1 > v0, v1 - v0, 1.0)
    at_top = u0 + (top - v0) * slope
    at_bottom = np.where(bottom == v1, u1, u0 + (bottom - v0) * slope)
    return Edges(zone * grid.rows + row.astype("int64"), sign, at_top, top, at_bottom, bottom)


def by_column(edges: Edges, grid: Grid) -> Pieces:
    """Split edges that lie in one row each at the columns of the grid.

    Column -1 is all that lies west of the grid, and the one after the last all that lies east.
    """
    line, sign, u0, v0, u1, v1 = edges
    runs_right = u0 <= u1
    left, right = np.minimum(u0, u1), np.maximum(u0, u1)
    at_left, at_right = np.where(runs_right, v0, v1), np.where(runs_right, v1, v0)
    fall = (at_right - at_left) / np.where(right > left, right - left, 1.0)
    column = np.clip(np.floor(left), -1, grid.columns)
    last = np.maximum(np.clip(np.ceil(right) - 1, -1, grid.columns), column)
    piece, part = _further(last - column + 1)
    start = column[piece] + part
    # neighbors are split at one height, rounded like the vertices: together they are the whole edge
    at_start = np.append(at_left, _exact(at_left[piece] + (start - left[piece]) * fall[piece], grid))
    column, start = np.append(column, start), np.append(left, start)
    line = np.append(line, line[piece])
    sign, left, right, last, at_left, at_right, fall = (
        np.append(whole, whole[piece]) for whole in (sign, left, right, last, at_left, at_right, fall)
    )
    is_last = column == last
    stop = np.where(is_last, right, column + 1)
    at_stop = np.where(is_last, at_right, _exact(at_left + (stop - left) * fall, grid))
    height = sign * np.abs(at_stop - at_start)
    return Pieces(line, column, height * (column + 1 - (start + stop) / 2), height)
