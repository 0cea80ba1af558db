"""Outlines of areas made of cells, traced along their sides instead of merged shape by shape.

A town of a hundred thousand blocks has half a million cells. Each side of a cell that has the
same area on both sides is within it; the rest, walked from corner to corner with the area to
the left, are its outlines.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from pipeline.town.areas import Flags, Floats, Ints, pieces

# A side bends away from its straight line by no more than this share of its length.
BEND_SHARE = 0.012


@dataclass(frozen=True)
class Sides:
    """Sides of all cells, each in the direction its cell lies to the left of."""

    start: Ints  # node
    end: Ints  # node
    cell: Ints
    across: Ints  # cell on the other side, -1 for none
    nodes: Floats  # node x (x, y)

    @classmethod
    def of(cls, corners: Ints, nodes: Floats) -> Sides:
        """Find the sides of cells (cell x 4 nodes, counter-clockwise; a triangle repeats one)."""
        start, end = corners.ravel(), np.roll(corners, -1, axis=1).ravel()
        cell = np.repeat(np.arange(len(corners)), 4)
        real = start != end
        start, end, cell = start[real], end[real], cell[real]
        key = np.minimum(start, end) * len(nodes) + np.maximum(start, end)
        order = np.argsort(key, kind="stable")
        twin = key[order][1:] == key[order][:-1]
        first, second = order[:-1][twin], order[1:][twin]
        across = np.full(len(start), -1)
        across[first], across[second] = cell[second], cell[first]
        return cls(start, end, cell, across, nodes)


def outlines(sides: Sides, label: Ints, pairs: Ints, bends: int = 0) -> tuple[Ints, npt.NDArray[np.object_]]:
    """Shapes of the labels from 0 up that occur, as `ground.shapes` dissolves them.

    Parameters
    ----------
    sides : Sides
        Of all cells.
    label : array (cells)
        Area of each cell, -1 for none.
    pairs : array
        Neighboring cells, two columns.
    bends : int
        Vertices to draw each side with, between its corners: roads bend. Both neighbors draw
        the same ones.

    Returns
    -------
    labels, shapes : arrays
        Polygons; multipolygons if an area is in several pieces.
    """
    piece = pieces(label, pairs)
    other = np.where(sides.across >= 0, piece[sides.across], -1)
    used = np.flatnonzero((label[sides.cell] >= 0) & (other != piece[sides.cell]))
    start, end, owner = sides.start[used], sides.end[used], piece[sides.cell[used]]
    following = _following(start, end, owner, sides.nodes)
    ring = connected_components(coo_matrix((np.ones(len(used)), (np.arange(len(used)), following))))[1]
    first = np.unique(ring, return_index=True)[1]
    place = _place_in_ring(following, first)
    x, y = (sides.nodes[:, k] - sides.nodes[0, k] for k in (0, 1))
    turn = np.bincount(ring, x[start] * y[end] - x[end] * y[start])
    is_hole = turn < 0
    if (np.bincount(owner[first], ~is_hole)[np.unique(owner)] != 1).any():
        raise RuntimeError("an area in one piece has not one shell: its cells do not turn the same way")
    of_piece = label[np.unique(piece, return_index=True)[1]]
    order = np.lexsort((first, is_hole, owner[first], of_piece[owner[first]]))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    walk = np.lexsort((place, rank[ring]))
    coordinates, ring_offsets = _closed(_drawn(sides.nodes, start[walk], end[walk], bends), ring[walk], order, bends)
    part_of_ring = owner[first][order]
    begins = np.flatnonzero(np.r_[True, part_of_ring[1:] != part_of_ring[:-1]])
    part_offsets = np.append(begins, len(order))
    labels, starts = np.unique(of_piece[part_of_ring[begins]], return_index=True)
    kind, offsets = shapely.GeometryType.POLYGON, [ring_offsets, part_offsets]
    if len(labels) < len(begins):
        kind, offsets = shapely.GeometryType.MULTIPOLYGON, [*offsets, np.append(starts, len(begins))]
    return labels, np.asarray(shapely.from_ragged_array(kind, coordinates, tuple(offsets)), dtype=object)


def _following(start: Ints, end: Ints, owner: Ints, nodes: Floats) -> Ints:
    """The side that goes on from the end of each; where an area touches itself, the one most to the right."""
    key = owner * len(nodes) + start
    order = np.argsort(key, kind="stable")
    asked = owner * len(nodes) + end
    low, high = (np.searchsorted(key[order], asked, side=side) for side in ("left", "right"))
    chosen = order[low]
    touching = np.flatnonzero(high - low > 1)
    heading = nodes[end[touching]] - nodes[start[touching]]
    best = np.full(len(touching), np.inf)
    for nth in range(int((high - low).max(initial=0))):
        there = nth < (high - low)[touching]
        candidate = order[np.minimum(low[touching] + nth, len(order) - 1)]
        onward = nodes[end[candidate]] - nodes[start[candidate]]
        cross = heading[:, 0] * onward[:, 1] - heading[:, 1] * onward[:, 0]
        angle = np.arctan2(cross, (heading * onward).sum(axis=1))
        better: Flags = there & (angle < best)
        chosen[touching[better]], best[better] = candidate[better], angle[better]
    return np.asarray(chosen)


def _place_in_ring(following: Ints, first: Ints) -> Ints:
    """How many sides lie between the first of its ring and each side (each step doubles the reach)."""
    before = np.empty(len(following), dtype=np.int64)
    before[following] = np.arange(len(following))
    before[first] = first
    place = np.ones(len(following), dtype=np.int64)
    place[first] = 0
    while True:
        further = before[before]
        if (further == before).all():
            return place
        place += place[before]
        before = further


def _drawn(nodes: Floats, start: Ints, end: Ints, bends: int) -> Floats:
    """Vertices of each side from its start to before its end: side x (1 + bends) x (x, y)."""
    turned = (start > end)[:, None]
    low, high = nodes[np.minimum(start, end)], nodes[np.maximum(start, end)]
    along = np.arange(bends + 1) / (bends + 1)
    t = np.where(turned, 1.0 - along, along)
    phase = ((np.minimum(start, end) * 2654435761 + np.maximum(start, end) * 40503) % 6283 / 1000.0)[:, None]
    away = BEND_SHARE * np.sin(np.pi * t) * np.sin(2 * np.pi * t + phase)
    run, rise = (high - low)[:, :1], (high - low)[:, 1:]
    x = low[:, :1] + t * run - away * rise
    y = low[:, 1:] + t * rise + away * run
    drawn = np.round(np.stack([x, y], axis=2), 2)
    drawn[:, 0] = nodes[start]
    return drawn


def _closed(drawn: Floats, ring: Ints, order: Ints, bends: int) -> tuple[Floats, Ints]:
    """Vertices of rings one after the other, the first of each repeated at its end, and where each begins."""
    lengths = np.bincount(ring)[order] * (bends + 1)
    offsets = np.concatenate([[0], np.cumsum(lengths + 1)])
    vertices = drawn.reshape(-1, 2)
    position = np.arange(len(vertices)) + np.repeat(np.arange(len(lengths)), lengths)
    coordinates = np.empty((int(offsets[-1]), 2))
    coordinates[position] = vertices
    coordinates[offsets[1:] - 1] = coordinates[offsets[:-1]]
    return coordinates, offsets
