"""An assignment as a choice of pairs, and what its relaxation, in which a consumer may be split, says of prices and bound."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Pairs of each consumer that are looked at first; what could still be better is added by its price.
FIRST_PAIRS = 10
# How near the best the first answer is to come: its worth rules out pairs, the rest is searched to the end.
FIRST_GAP = 1e-4
# Branches of a search after which the best found stands with its gap; a count and not a time, so that every machine stops at the same.
MOST_NODES = 200
# Prices are right to about this share of the largest value.
TOLERANCE = 1e-9


class Pairs(NamedTuple):
    """Pairs that can be taken at all, in the order of consumer and site; rooms are whole."""

    consumer: Ints
    site: Ints
    value: Floats
    size: Ints
    room: Ints

    @property
    def consumers(self) -> int:
        """How many consumers there are."""
        return int(self.consumer[-1]) + 1


class Choice(NamedTuple):
    """Pairs that are taken, what they are worth, and what no choice can exceed."""

    pairs: Ints
    worth: float
    bound: float


class Relaxed(NamedTuple):
    """Which pairs the relaxation looked at, what each pair is worth beyond all prices, what consumers pay, and the bound."""

    looked_at: Ints
    beyond: Floats
    paid: Floats
    bound: float


def relaxed(pairs: Pairs) -> Relaxed:
    """The relaxation over all pairs, solved on the best of each consumer and on those whose price says that they could improve it.

    Examples
    --------
    A site of three rooms, two consumers of two: the relaxation gives half of one.

    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([4.0, 4.0]), np.array([2, 2]), np.array([3]))
    >>> relaxed(pairs).bound
    6.0
    """
    starts = np.flatnonzero(np.diff(pairs.consumer, prepend=-1))
    best_first = np.lexsort((pairs.site, -pairs.value, pairs.consumer))
    place = np.empty(len(best_first), dtype=np.int64)
    place[best_first] = np.arange(len(best_first)) - starts[pairs.consumer[best_first]]
    looked_at = place < FIRST_PAIRS
    while True:
        columns = np.flatnonzero(looked_at)
        matrix, limits = _rows(pairs, columns)
        solved = linprog(-pairs.value[columns], A_ub=matrix, b_ub=limits, bounds=(0, None), method="highs")
        duals = np.maximum(-solved.ineqlin.marginals, 0.0)
        paid, rooms = duals[: pairs.consumers], duals[pairs.consumers :]
        # for any prices of rooms this much cannot be exceeded, whatever the solver's accuracy
        worth = pairs.value - pairs.size * rooms[pairs.site]
        left = np.maximum(np.maximum.reduceat(worth, starts), 0.0)
        # a pair that its consumer would prefer at these prices, and that was not looked at, may improve the relaxation
        better = ~looked_at & (worth - paid[pairs.consumer] > TOLERANCE * pairs.value.max())
        if not better.any():
            bound = float((rooms * pairs.room).sum() + left.sum())
            return Relaxed(columns, worth - left[pairs.consumer], paid, bound)
        looked_at |= better


def best(pairs: Pairs, relaxation: Relaxed, gap: float) -> Choice:
    """The best choice of pairs: of those the relaxation looked at, then of all whose price leaves them open.

    References
    ----------
    Dantzig, Fulkerson and Johnson (1954), Operations Research 2 (pairs ruled out by their reduced cost).

    Examples
    --------
    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([4.0, 4.0]), np.array([2, 2]), np.array([3]))
    >>> best(pairs, relaxed(pairs), 0.0).worth
    4.0
    """
    whole = len(relaxation.looked_at) == len(pairs.site)
    chosen, found, limit = _searched(pairs, relaxation.looked_at, gap if whole else max(gap, FIRST_GAP))
    bound = relaxation.bound
    if whole:
        bound = min(bound, max(limit, found))
    elif bound - found > gap * found:
        # with any other pair an assignment is worth less than what is found
        still_open = np.flatnonzero(relaxation.beyond >= found - bound - TOLERANCE * pairs.value.max())
        again, worth, limit = _searched(pairs, still_open, gap)
        if worth > found:
            chosen, found = again, worth
        bound = min(bound, max(limit, found))
    return Choice(chosen, found, bound)


def _rows(pairs: Pairs, columns: Ints) -> tuple[csr_array, Floats]:
    """One row for each consumer, then one for each site, over the pairs asked for; and their limits."""
    count = len(columns)
    each = np.arange(count)
    entries = np.concatenate([np.ones(count), pairs.size[columns]])
    rows = np.concatenate([pairs.consumer[columns], pairs.consumers + pairs.site[columns]])
    shape = (pairs.consumers + len(pairs.room), count)
    matrix = csr_array((entries, (rows, np.concatenate([each, each]))), shape=shape)
    return matrix, np.concatenate([np.ones(pairs.consumers), pairs.room])


def _searched(pairs: Pairs, columns: Ints, gap: float) -> Choice:
    taken, limit = searched(pairs.value[columns], *_rows(pairs, columns), gap)
    chosen = columns[taken]
    return Choice(chosen, float(pairs.value[chosen].sum()), limit)


def searched(value: Floats, matrix: csr_array, limits: Floats, gap: float) -> tuple[npt.NDArray[np.bool_], float]:
    """Which columns are taken for the greatest value within the limits, and what the solver proves they cannot exceed."""
    solved = milp(
        -value,
        integrality=np.ones(len(value)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, -np.inf, limits),
        options={"mip_rel_gap": gap, "node_limit": MOST_NODES},
    )
    limit = float(np.inf) if solved.mip_dual_bound is None else -float(solved.mip_dual_bound)
    taken = np.zeros(len(value), dtype=bool) if solved.x is None else solved.x > 0.5
    return taken, limit
