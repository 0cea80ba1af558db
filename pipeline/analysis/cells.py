"""Which part of each raster cell lies in each zone: exact shares, without cutting a shape.

Each edge of an outline is split where it crosses the lines of the grid. What remains lies in one
cell and adds two numbers to it: the ground to its right within the cell, and its height, which
carries on to every cell further right. A running sum along the row is then the exact share of each
cell. Only cells on an outline are written down; the run of cells between two of them is wholly
inside, and one line says so.
"""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import shapely

from pipeline.analysis.grids import Grid
from pipeline.analysis.outlines import Floats, Integers, by_column, by_row, edges_of, rounding_of, vertices_of

# Vertices that are worked on at once: temporary arrays stay in the processor's cache.
CHUNK = 1 << 17
# From so many vertices on, compiled code pays: it is read from its cache in about a second.
COMPILED_VERTICES = 1_000_000
# It needs memory for all cells of a zone's bounds: zones wider than this many cells are left to numpy.
MOST_TRACED = 2_000
_NONE = np.empty(0, dtype="int64")
_NOTHING = _NONE, _NONE, np.empty(0), _NONE, _NONE, _NONE


@dataclass(frozen=True)
class Cells:
    """Cells of a grid by zone: those on an outline with their share, and runs of whole ones.

    ``zone``, ``cell`` and ``share`` have one entry for each cell on the outline of a zone;
    ``run_zone``, ``run_start`` and ``run_stop`` one for each run of cells wholly inside (the stop
    is the first cell after it). Cells are numbered row by row from the north-west. ``zone_cells``
    is the whole size of each zone, in cells; ``is_within`` says that none of it lies off the grid.
    """

    zone: Integers
    cell: Integers
    share: Floats
    run_zone: Integers
    run_start: Integers
    run_stop: Integers
    zone_cells: Floats
    is_within: npt.NDArray[np.bool_]


def cells_of(polygons: npt.NDArray[Any], grid: Grid) -> Cells:
    """Find the cells of each polygon and the share of each that lies in it.

    Parameters
    ----------
    polygons : array of polygons and multipolygons
        Valid, in the grid's own CRS; of any orientation; missing and empty ones have no cells. They may
        reach past any edge of the grid, or lie beside it.
    grid : Grid
        Where the cells lie.

    References
    ----------
    Levien (font-rs) and Baston (exactextract): signed area and cover of an outline's pieces.

    Examples
    --------
    >>> grid = Grid(0, 3, 1, 1, rows=3, columns=3, crs="EPSG:3310")
    >>> found = cells_of(np.array([shapely.box(0.5, 0, 3, 3)]), grid)
    >>> found.cell.tolist(), found.share.tolist()
    ([0, 3, 6], [0.5, 0.5, 0.5])
    >>> found.run_start.tolist(), found.run_stop.tolist()
    ([1, 4, 7], [3, 6, 9])
    """
    shapes, owner = _grounds(polygons)
    bounds = shapely.bounds(shapes)
    batches = []
    ends = np.cumsum(shapely.get_num_coordinates(shapes))
    first = 0
    while first < len(shapes):
        # whole polygons, so that rows come out whole; several of one zone stay together
        last = int(np.searchsorted(ends, (ends[first - 1] if first else 0) + CHUNK, side="right"))
        last = int(np.searchsorted(owner, owner[max(last, first + 1) - 1], side="right"))
        batches.append(slice(first, last))
        first = last
    with ThreadPoolExecutor() as pool:
        size = np.hypot(*(bounds[:, 2:] - bounds[:, :2]).T).max(initial=0.0)
        is_small = size < MOST_TRACED * max(grid.cell_width, grid.cell_height)
        find = _traced if len(batches) and ends[-1] >= COMPILED_VERTICES and is_small else _found
        found = [_NOTHING, *pool.map(lambda batch: find(shapes[batch], owner[batch], grid), batches)]
    area = shapely.area(shapes) / (grid.cell_width * grid.cell_height)
    zone_cells = np.asarray(np.bincount(owner, weights=area, minlength=len(polygons)), dtype="float64")
    west, south, east, north = grid.bounds
    beyond = (bounds[:, 0] < west) | (bounds[:, 1] < south) | (bounds[:, 2] > east) | (bounds[:, 3] > north)
    is_within = np.bincount(owner[beyond], minlength=len(polygons)) == 0
    zone, cell, share, run_zone, run_start, run_stop = (np.concatenate(part) for part in zip(*found, strict=True))
    order, run_start = _in_order(run_start)
    return Cells(zone, cell, share, run_zone[order], run_start, run_stop[order], zone_cells, is_within)


def _grounds(polygons: npt.NDArray[Any]) -> tuple[npt.NDArray[Any], Integers]:
    """The polygons in some shapes and whose they are; lines and points an overlay may leave are no ground."""
    shapes, owner = np.asarray(polygons, dtype=object), np.arange(len(polygons))
    while (shapely.get_type_id(shapes) > 3).any():
        shapes, part = shapely.get_parts(shapes, return_index=True)
        owner = owner[part]
    is_ground = (shapely.get_type_id(shapes) == 3) & ~shapely.is_empty(shapes)
    return shapes[is_ground], owner[is_ground]


def _found(shapes: npt.NDArray[Any], owner: Integers, grid: Grid) -> tuple[Any, ...]:
    """Cells and runs of a batch of polygons, in the order of `Cells`."""
    pieces = by_column(by_row(edges_of(shapes, owner - owner[0], grid), grid), grid)
    if not len(pieces.line):
        return _NOTHING
    width = grid.columns + 2
    order, key = _in_order(pieces.line * width + (pieces.column + 1).astype("int64"))
    ends = np.flatnonzero(np.append(key[1:] != key[:-1], True))
    number = np.repeat(np.arange(len(ends)), np.diff(ends, prepend=-1))
    ground = np.bincount(number, weights=pieces.ground[order])
    after = np.cumsum(pieces.height[order])[ends]
    share = np.clip(np.append(0.0, after[:-1]) + ground, 0.0, 1.0)
    line, column = np.divmod(key[ends], width)
    zone, row = np.divmod(line, grid.rows)
    zone, start = zone + owner[0], row * grid.columns - 1
    cell = start + column
    is_cell = (share > 0) & (column > 0) & (column <= grid.columns)
    before = np.flatnonzero((after[:-1] > 0.5) & (np.diff(cell) > 1))
    return zone[is_cell], cell[is_cell], share[is_cell], zone[before], cell[before] + 1, cell[before + 1]


def _traced(shapes: npt.NDArray[Any], owner: Integers, grid: Grid) -> tuple[Any, ...]:
    """The same as `_found`, by compiled code."""
    from pipeline.analysis.traced_cells import traced

    across, down, ring_start, ring_sign, polygon_start = vertices_of(shapes, grid)
    zones = owner[-1] - owner[0] + 1
    first_of_zone = np.searchsorted(owner - owner[0], np.arange(zones + 1))
    rings = polygon_start[first_of_zone]
    zone, cell, share, run_zone, start, stop = traced(
        across, down, ring_start, ring_sign, rings, grid.rows, grid.columns, rounding_of(grid)
    )
    return zone + owner[0], cell, share, run_zone + owner[0], start, stop


def _in_order(key: Integers) -> tuple[Integers, Integers]:
    """Order and sorted keys; equal keys stay as they were, so that sums do not depend on the sort.

    Where there is room the position is packed below the key and the numbers are sorted themselves,
    which is several times faster than sorting positions.
    """
    bits = len(key).bit_length()
    if int(key.max(initial=0)).bit_length() + bits > 63:
        order = np.argsort(key, kind="stable")
        return order, key[order]
    packed = np.sort((key << bits) | np.arange(len(key)))
    return packed & ((1 << bits) - 1), packed >> bits
