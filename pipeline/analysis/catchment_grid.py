"""What lies within reach of many points, added up over a grid: compiled, and no pair is ever stored."""

from __future__ import annotations

from threading import Lock
from typing import TYPE_CHECKING

import numba
import numpy as np
import numpy.typing as npt

from pipeline.analysis.compiling import compiled

if TYPE_CHECKING:
    from pipeline.analysis.catchments import Decay

Floats = npt.NDArray[np.float64]
# A reach that is short beside the extent must not make a grid of more cells than this.
MOST_CELLS = 4_000_000
_ONE_AT_A_TIME = Lock()


def two_steps(homes: Floats, demand: Floats, schools: Floats, supply: Floats, decay: Decay) -> Floats:
    """Both steps of a floating catchment, as `catchments.catchment` describes them.

    Memory grows with the points, not with the pairs. Each sum is taken in the order of the grid,
    whatever the number of threads.

    Parameters
    ----------
    homes, schools : arrays (n, 2), (m, 2)
        Metres, at least one each and without missing values.
    demand, supply : arrays (n,), (m,)
        Children and seats.

    Returns
    -------
    array (n,)

    Examples
    --------
    >>> from pipeline.analysis.catchments import within
    >>> line = np.array([[0.0, 0.0], [10.0, 0.0], [30.0, 0.0]])
    >>> two_steps(line, np.array([1.0, 2.0, 4.0]), line, np.array([6.0, 3.0, 8.0]), within(10.0)).tolist()
    [3.0, 3.0, 2.0]
    """
    low = np.minimum(homes.min(axis=0), schools.min(axis=0))
    extent = np.maximum(homes.max(axis=0), schools.max(axis=0)) - low
    # who is within reach is in the same cell or one beside it; a trip of exactly the reach may be rounded up
    side = max(decay.reach * (1 + 1e-9), float(extent.max()) / np.sqrt(MOST_CELLS))
    columns, rows = (int(n) + 1 for n in extent // side)
    # one of numba's ways to share work among threads breaks when two threads ask at once
    with _ONE_AT_A_TIME:
        home = _sorted(homes, demand, low[0], low[1], side, columns, rows)
        school = _sorted(schools, supply, low[0], low[1], side, columns, rows)
        how = (columns, rows, np.array(decay.limits) ** 2, -np.diff([*decay.weights, 0.0]), decay.spread)
        reaching = _gathered(*home[:5], *school[:2], school[4], *how)
        share = np.divide(school[2], reaching, out=np.zeros(len(supply)), where=reaching > 0)
        access = np.empty(len(demand))
        access[home[3]] = _gathered(*school[:2], share, *school[3:5], *home[:2], home[4], *how)
    return access


@compiled()
def _sorted(points, amounts, west, south, side, columns, rows):  # type: ignore[no-untyped-def]
    """Points and amounts in the order of the cells, that order, and first point of each cell."""
    n = len(points)
    cell, start = np.empty(n, np.int64), np.zeros(columns * rows + 1, np.int64)
    for i in range(n):
        c, r = int((points[i, 0] - west) / side), int((points[i, 1] - south) / side)
        cell[i] = min(r, rows - 1) * columns + min(c, columns - 1)
        start[cell[i] + 1] += 1
    for k in range(columns * rows):
        start[k + 1] += start[k]
    place, order = start[:-1].copy(), np.empty(n, np.int64)
    x, y, held = np.empty(n), np.empty(n), np.empty(n)
    for i in range(n):
        p = place[cell[i]]
        place[cell[i]] += 1
        order[p], x[p], y[p], held[p] = i, points[i, 0], points[i, 1], amounts[i]
    return x, y, held, order, start


@compiled(parallel=True)
def _gathered(  # type: ignore[no-untyped-def]
    x, y, amounts, order, start, at_x, at_y, at_start, columns, rows, limits, drops, spread
):
    """Amounts within reach of each place, weighed by the trip; both in the order of the cells.

    A weight is the sum of the ``drops`` at all limits that a trip stays within.
    """
    found = np.zeros(len(at_x))
    for row in numba.prange(rows):
        for column in range(columns):
            begin, end = at_start[row * columns + column], at_start[row * columns + column + 1]
            if begin == end:
                continue
            left, right = max(column - 1, 0), min(column + 1, columns - 1)
            for r in range(max(row - 1, 0), min(row + 1, rows - 1) + 1):
                # the places of a cell are taken together, so that each sum keeps its order
                for p in range(start[r * columns + left], start[r * columns + right + 1]):
                    if spread > 0.0:
                        for i in range(begin, end):
                            across, up = x[p] - at_x[i], y[p] - at_y[i]
                            square = across * across + up * up
                            if square <= limits[-1]:
                                found[i] += amounts[p] * np.exp(-0.5 * square / (spread * spread))
                        continue
                    here_x, here_y = x[p], y[p]
                    for k in range(len(limits)):
                        amount, limit = drops[k] * amounts[p], limits[k]
                        for i in range(begin, end):
                            across, up = here_x - at_x[i], here_y - at_y[i]
                            # no branch: whether a place is near cannot be guessed
                            found[i] += amount if across * across + up * up <= limit else 0.0
    return found
