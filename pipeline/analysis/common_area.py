"""Common ground of many polygons with many others, in square metres, without building a geometry.

The share of a point set that two polygons have in common is a double sum over their edges. Let
an edge count +1 or -1 for every point below it, by its direction: summed over the edges of a
polygon this is 1 inside and 0 outside. The common area of two polygons is then the sum over all
pairs of edges of the area below both, with the product of their signs. No crossing point decides
anything, so borders that coincide, or nearly do, are no special case and cannot fail.

Each pair is first reduced to the box that both share: edges beside or below it vanish, and a run of edges
above it becomes one flat edge. Bounds of short stretches of each outline (16 edges) are kept, so
that this looks at the edges nearby and not at all of them. Parts of multipolygons are
indexed by themselves: islands far apart do not meet everything between them.

The code is compiled by numba when it is first called (about ten seconds, once) and read from its
cache later (about one second). It runs on all cores, without Python's lock, and each pair is
summed in one fixed order: the number of threads does not change a bit of the result.

References
----------
The double sum over signed trapezoids: Franklin (1987), Polygon properties calculated from the
vertex neighborhoods, Proc. 3rd Annual Symposium on Computational Geometry; JTS has a like idea by
edge topology (OverlayArea), which fails where vertices coincide.
"""

from __future__ import annotations

from threading import Lock

import numba
import numpy as np
import numpy.typing as npt
import shapely

from pipeline.analysis.compiling import compiled
from pipeline.analysis.rings import Floats, Integers, Rings

# Edges in a stretch of outline whose bounds are kept, and pairs that one task of a thread takes.
STRETCH = 16
BATCH = 256
_ONE_AT_A_TIME = Lock()


def common_areas(sources: Rings, targets: Rings) -> tuple[Integers, Integers, Floats]:
    """Which polygons of two layers have ground in common, and how much.

    Parameters
    ----------
    sources, targets : Rings
        Valid polygons in one equal-area CRS (metres). Neither needs to cover the other, and
        polygons of one layer may overlap: each pair stands for itself.

    Returns
    -------
    source, target, common_m2 : arrays
        One entry for each pair whose bounds overlap and that shares a positive area, sorted by
        source, then target. Areas are exact up to rounding: about 1e-12 of the source's area.

    Examples
    --------
    >>> squares = Rings.of(np.array([shapely.box(0, 0, 10, 10), shapely.box(10, 0, 20, 10)]))
    >>> zone = Rings.of(np.array([shapely.box(5, 5, 15, 20).difference(shapely.box(6, 6, 7, 7))]))
    >>> [part.tolist() for part in common_areas(squares, zone)]
    [[0, 1], [0, 0], [24.0, 25.0]]
    """
    source_bounds, target_bounds = sources.part_bounds(), targets.part_bounds()
    # the larger shapes ask the tree of the many
    tree = shapely.STRtree(shapely.box(*source_bounds.T))
    target, source = tree.query(shapely.box(*target_bounds.T))
    # neighbors in a tree leaf stay together: their outlines are in the cache
    # one of numba's ways to share work among threads breaks when two threads ask at once
    with _ONE_AT_A_TIME:
        common = _common_of_parts(*_outline(sources), source_bounds, *_outline(targets), target_bounds, source, target)
    source, target = sources.shape_of_part[source], targets.shape_of_part[target]
    order = np.lexsort((common, target, source))
    source, target, common = source[order], target[order], common[order]
    first = np.flatnonzero(np.r_[True, (source[1:] != source[:-1]) | (target[1:] != target[:-1])][: len(source)])
    if not len(first):
        return source, target, common
    sums = np.add.reduceat(common, first)
    found = sums > 0
    return source[first][found], target[first][found], sums[found]


def _outline(rings: Rings) -> tuple[npt.NDArray[np.generic], ...]:
    """Edges of all parts as arrays of vertices, with the stretches that divide them.

    Returns x and y of the vertices, and for each stretch its first vertex, its last one, its
    sign and bounds; and for each part its first stretch.
    """
    edges = np.diff(rings.ring_offsets) - 1
    pieces = -(-edges // STRETCH)
    ring = np.repeat(np.arange(len(edges)), pieces)
    before = np.concatenate([[0], np.cumsum(pieces)]).astype("int64")
    nth = np.arange(before[-1]) - before[ring]
    begin = rings.ring_offsets[ring] + nth * STRETCH
    end = np.minimum(begin + STRETCH, rings.ring_offsets[ring + 1] - 1)
    sign = rings.ring_signs[ring].astype("float64")
    bounds = np.empty((len(begin), 4))
    if len(begin):
        _stretch_bounds(rings.x, rings.y, begin, end, bounds)
    return rings.x, rings.y, begin, end, sign, bounds, before[rings.part_offsets]


@compiled(parallel=True)
def _stretch_bounds(x, y, begin, end, bounds):  # type: ignore[no-untyped-def]
    for k in numba.prange(len(begin)):
        west = east = x[begin[k]]
        south = north = y[begin[k]]
        for v in range(begin[k] + 1, end[k] + 1):
            west, east = min(west, x[v]), max(east, x[v])
            south, north = min(south, y[v]), max(north, y[v])
        bounds[k, 0], bounds[k, 1], bounds[k, 2], bounds[k, 3] = west, south, east, north


@compiled()
def _reduced(x, y, begin, end, sign, bounds, first, last, west, south, east, north, out):  # type: ignore[no-untyped-def]
    """Edges of one part within a box, from left to right: x, y, x, y from the box's corner, and sign.

    What lies above the box is a flat edge along its top; what lies below or beside it is left out.
    """
    count = 0
    top = north - south
    flat_from = flat_to = west  # a run along the top that is not yet written
    flat_sign = 0.0
    for k in range(first, last):
        if bounds[k, 2] <= west or bounds[k, 0] >= east or bounds[k, 3] <= south:
            continue
        a, b = begin[k], end[k]
        if bounds[k, 1] >= north:
            p = min(max(x[a], west), east)
            q = min(max(x[b], west), east)
            if flat_sign == sign[k] and flat_to == p:
                flat_to = q
            else:
                count = _flat(flat_from, flat_to, flat_sign, west, top, out, count)
                flat_from, flat_to, flat_sign = p, q, sign[k]
            continue
        for v in range(a, b):
            x0, y0, x1, y1 = x[v], y[v], x[v + 1], y[v + 1]
            s = -sign[k]
            if x0 > x1:
                x0, y0, x1, y1, s = x1, y1, x0, y0, -s
            if x0 >= east or x1 <= west or x0 == x1 or (y0 <= south and y1 <= south):
                continue
            if y0 >= north and y1 >= north:
                p = min(max(x[v], west), east)
                q = min(max(x[v + 1], west), east)
                if flat_sign == sign[k] and flat_to == p:
                    flat_to = q
                else:
                    count = _flat(flat_from, flat_to, flat_sign, west, top, out, count)
                    flat_from, flat_to, flat_sign = p, q, sign[k]
                continue
            slope = (y1 - y0) / (x1 - x0)
            if x0 < west:
                y0, x0 = y0 + slope * (west - x0), west
            if x1 > east:
                y1, x1 = y1 - slope * (x1 - east), east
            x0, x1, y0, y1 = x0 - west, x1 - west, y0 - south, y1 - south
            # the part below the box adds nothing; the part above it is flat
            if y0 < 0.0:
                if y1 <= 0.0:
                    continue
                x0, y0 = min(x1, x0 + (x1 - x0) * (-y0 / (y1 - y0))), 0.0
            elif y1 < 0.0:
                if y0 <= 0.0:
                    continue
                x1, y1 = max(x0, x0 + (x1 - x0) * (y0 / (y0 - y1))), 0.0
            if y0 > top and y1 > top:
                count = _edge(x0, top, x1, top, s, out, count)
            elif y0 > top:
                cut = x0 + (x1 - x0) * ((y0 - top) / (y0 - y1))
                count = _edge(x0, top, cut, top, s, out, count)
                count = _edge(cut, top, x1, y1, s, out, count)
            elif y1 > top:
                cut = x0 + (x1 - x0) * ((top - y0) / (y1 - y0))
                count = _edge(x0, y0, cut, top, s, out, count)
                count = _edge(cut, top, x1, top, s, out, count)
            else:
                count = _edge(x0, y0, x1, y1, s, out, count)
    return _flat(flat_from, flat_to, flat_sign, west, top, out, count)


@compiled(inline="always")
def _edge(x0, y0, x1, y1, s, out, count):  # type: ignore[no-untyped-def]
    if x1 <= x0:
        return count
    out[count, 0], out[count, 1], out[count, 2], out[count, 3], out[count, 4] = x0, y0, x1, y1, s
    return count + 1


@compiled(inline="always")
def _flat(x0, x1, sign, west, top, out, count):  # type: ignore[no-untyped-def]
    if x0 < x1:
        return _edge(x0 - west, top, x1 - west, top, -sign, out, count)
    return _edge(x1 - west, top, x0 - west, top, sign, out, count)


@compiled()
def _double_sum(first, n, second, m):  # type: ignore[no-untyped-def]
    """Sum over pairs of edges of the area below both, times both signs."""
    total = 0.0
    for i in range(n):
        ax0, ay0, ax1, ay1, a_sign = first[i, 0], first[i, 1], first[i, 2], first[i, 3], first[i, 4]
        a_slope = (ay1 - ay0) / (ax1 - ax0)
        part = 0.0
        for j in range(m):
            u, v = max(ax0, second[j, 0]), min(ax1, second[j, 2])
            if u >= v:
                continue
            b_slope = second[j, 5]
            au, av = ay0 + a_slope * (u - ax0), ay1 + a_slope * (v - ax1)
            bu, bv = second[j, 1] + b_slope * (u - second[j, 0]), second[j, 3] + b_slope * (v - second[j, 2])
            du, dv = bu - au, bv - av
            if du >= 0.0 and dv >= 0.0:
                area = (au + av) * (v - u)
            elif du <= 0.0 and dv <= 0.0:
                area = (bu + bv) * (v - u)
            else:
                t = du / (du - dv)
                middle = au + t * (av - au)
                low_u, low_v = min(au, bu), min(av, bv)
                area = ((low_u + middle) * t + (middle + low_v) * (1.0 - t)) * (v - u)
            part += second[j, 4] * area
        total += a_sign * part
    return 0.5 * total


@compiled(parallel=True)
def _common_of_parts(  # type: ignore[no-untyped-def]
    sx, sy, s_begin, s_end, s_sign, s_stretch, s_first, s_bounds,
    tx, ty, t_begin, t_end, t_sign, t_stretch, t_first, t_bounds,
    source, target,
):  # fmt: skip
    common = np.zeros(len(source))
    for batch in numba.prange((len(source) + BATCH - 1) // BATCH):
        room = 64
        for k in range(batch * BATCH, min((batch + 1) * BATCH, len(source))):
            s, t = source[k], target[k]
            # an edge that crosses both bounds of the box becomes three, and a stretch adds a flat one
            room = max(room, 4 * STRETCH * (s_first[s + 1] - s_first[s]), 4 * STRETCH * (t_first[t + 1] - t_first[t]))
        first, second = np.empty((room, 6)), np.empty((room, 6))
        for k in range(batch * BATCH, min((batch + 1) * BATCH, len(source))):
            s, t = source[k], target[k]
            west, south = max(s_bounds[s, 0], t_bounds[t, 0]), max(s_bounds[s, 1], t_bounds[t, 1])
            east, north = min(s_bounds[s, 2], t_bounds[t, 2]), min(s_bounds[s, 3], t_bounds[t, 3])
            if west >= east or south >= north:
                continue
            m = _reduced(
                tx, ty, t_begin, t_end, t_sign, t_stretch, t_first[t], t_first[t + 1], west, south, east, north, second
            )
            if m == 0:
                continue
            n = _reduced(
                sx, sy, s_begin, s_end, s_sign, s_stretch, s_first[s], s_first[s + 1], west, south, east, north, first
            )
            for j in range(m):
                second[j, 5] = (second[j, 3] - second[j, 1]) / (second[j, 2] - second[j, 0])
            common[k] = _double_sum(first, n, second, m)
    return common
