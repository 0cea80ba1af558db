"""Who gets which room: consumers assigned to sites for the greatest value, with a bound that proves how good that is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, linprog, milp
from scipy.sparse import csr_array

from pipeline.analysis.site_loads import loads

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Pairs of each consumer that are looked at first; what could still be better is added by its price.
FIRST_PAIRS = 10
# How near the best the first answer is to come: its worth rules out pairs, the rest is searched to the end.
FIRST_GAP = 1e-4
# Loads of sites up to which whole loads are chosen instead of pairs.
MOST_LOADS = 20_000
# Branches of a search after which the best found stands with its gap; a count and not a time, so that every machine stops at the same.
MOST_NODES = 200
# Prices are right to about this share of the largest value.
TOLERANCE = 1e-9


@dataclass(frozen=True)
class Assignment:
    """Which pairs are taken, what they are worth, and what no assignment can exceed.

    ``gap`` is ``(bound - objective) / objective``: 0 is a proof that nothing better exists, and infinity
    says that nothing was found where the bound leaves something to find.
    """

    taken: Flags
    objective: float
    bound: float
    gap: float


class _Pairs(NamedTuple):
    """Pairs that can be taken at all, in the order of consumer and site."""

    consumer: Ints
    site: Ints
    value: Floats
    size: Floats
    room: Floats


def assign(
    consumer: Ints,
    site: Ints,
    value: Floats,
    size: Floats,
    room: Floats,
    *,
    gap: float = 0.0,
    seconds: float | None = None,
) -> Assignment:
    """Each consumer to one site at most, no site over its room, for the greatest sum of values.

    Maximises ``sum value x`` subject to ``sum over sites x <= 1`` for each consumer, ``sum size x <= room`` for
    each site, ``x`` whole. The relaxation is solved first, on the best pairs of each consumer and on those
    whose price says that they could improve it. Its prices bound every assignment, and rule out pairs
    that cannot be in a better one than that already found; what remains is solved exactly, by whole loads of sites where
    they can be listed. The search stops after ``MOST_NODES`` branches: ``gap`` is then what is left unproven.

    Parameters
    ----------
    consumer, site : int array
        One entry for each pair that may be: who (0, 1, ...) and where (an index of ``room``). A pair stands once.
    value : float array
        What taking the pair is worth. A pair worth nothing or less is never taken.
    size : float array
        Room the consumer takes at that site, not negative.
    room : float array
        Room of each site.
    gap : float
        Stop as soon as the answer is proven to be within this share of the best; 0 is the best itself.
    seconds : float, optional
        Longest search of each of the two integer problems; with it, the answer may depend on the machine.

    Returns
    -------
    Assignment
        ``taken`` has one entry for each pair, in the order given. The answer does not depend on that order:
        pairs are sorted first, and the solver takes no other decision by chance.

    Raises
    ------
    ValueError
        If the arrays do not fit together, a number is not finite, a size is negative or a pair stands twice.

    References
    ----------
    Ross and Soland (1975), Mathematical Programming 8 (generalised assignment); Dantzig, Fulkerson and
    Johnson (1954), Operations Research 2 (pairs ruled out by their reduced cost).

    Examples
    --------
    Two schools look for rooms. The first would be a little better off at the site that alone has room for the second.

    >>> found = assign(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([9.0, 8.0, 7.0]), np.array([4.0, 4.0, 6.0]), np.array([8.0, 5.0]))
    >>> found.taken.tolist(), found.objective, found.gap
    ([False, True, True], 15.0, 0.0)
    """
    _refuse(consumer, site, value, size, room)
    possible = np.flatnonzero((value > 0) & (size <= room[site]))
    order = possible[np.lexsort((site[possible], consumer[possible]))]
    taken = np.zeros(len(consumer), dtype=bool)
    if not len(order):
        return Assignment(taken, 0.0, 0.0, 0.0)
    # consumers without a pair need no row
    who = np.unique(consumer[order], return_inverse=True)[1].astype(np.int64)
    pairs = _Pairs(who, site[order].astype(np.int64), value[order], size[order], room)
    looked_at, prices, bound = _relaxed(pairs)
    whole = len(looked_at) == len(order)
    chosen, found, limit = _best_of(pairs, looked_at, gap=gap if whole else max(gap, FIRST_GAP), seconds=seconds)
    if whole:
        bound = min(bound, max(limit, found))
    elif bound - found > gap * found:
        # with any other pair an assignment is worth less than what is found
        still_open = np.flatnonzero(prices >= found - bound - TOLERANCE * pairs.value.max())
        again, worth, limit = _best_of(pairs, still_open, gap=gap, seconds=seconds)
        if worth > found:
            chosen, found = again, worth
        bound = min(bound, max(limit, found))
    taken[order[chosen]] = True
    bound = max(bound, found)
    if bound == found:
        return Assignment(taken, found, bound, 0.0)
    return Assignment(taken, found, bound, (bound - found) / found if found > 0 else float(np.inf))


def _refuse(consumer: Ints, site: Ints, value: Floats, size: Floats, room: Floats) -> None:
    if not len(consumer) == len(site) == len(value) == len(size):
        raise ValueError("consumer, site, value and size need one entry for each pair")
    for name, numbers in (("value", value), ("size", size), ("room", room)):
        if wrong := np.flatnonzero(~np.isfinite(numbers)).tolist():
            raise ValueError(f"{name} is not a number in {len(wrong)} places, first at {wrong[0]}")
    if wrong := np.flatnonzero(size < 0).tolist():
        raise ValueError(f"size is negative in {len(wrong)} places, first at {wrong[0]}")
    if wrong := np.flatnonzero((site < 0) | (site >= len(room))).tolist():
        raise ValueError(f"site is none of the {len(room)} in {len(wrong)} places, first at {wrong[0]}")
    order = np.lexsort((site, consumer))
    twice = (np.diff(consumer[order]) == 0) & (np.diff(site[order]) == 0)
    if twice.any():
        first = order[int(np.flatnonzero(twice)[0])]
        raise ValueError(
            f"{int(twice.sum())} pairs stand twice, first: consumer {consumer[first]} at site {site[first]}"
        )


def _rows(pairs: _Pairs, columns: Ints) -> tuple[csr_array, Floats]:
    """One row for each consumer, then one for each site, over the pairs asked for; and their limits."""
    consumers, count = int(pairs.consumer[-1]) + 1, len(columns)
    each = np.arange(count)
    entries = np.concatenate([np.ones(count), pairs.size[columns]])
    rows = np.concatenate([pairs.consumer[columns], consumers + pairs.site[columns]])
    shape = (consumers + len(pairs.room), count)
    matrix = csr_array((entries, (rows, np.concatenate([each, each]))), shape=shape)
    return matrix, np.concatenate([np.ones(consumers), pairs.room])


def _relaxed(pairs: _Pairs) -> tuple[Ints, Floats, float]:
    """The relaxation over all pairs: those it looked at, the price of each pair, and the bound."""
    starts = np.flatnonzero(np.diff(pairs.consumer, prepend=-1))
    best_first = np.lexsort((pairs.site, -pairs.value, pairs.consumer))
    place = np.empty(len(best_first), dtype=np.int64)
    place[best_first] = np.arange(len(best_first)) - starts[pairs.consumer[best_first]]
    looked_at = place < FIRST_PAIRS
    while True:
        columns = np.flatnonzero(looked_at)
        matrix, limits = _rows(pairs, columns)
        solved = linprog(-pairs.value[columns], A_ub=matrix, b_ub=limits, bounds=(0, None), method="highs")
        rooms = np.maximum(-solved.ineqlin.marginals[int(pairs.consumer[-1]) + 1 :], 0.0)
        # for any prices of rooms this much cannot be exceeded, whatever the solver's accuracy
        worth = pairs.value - pairs.size * rooms[pairs.site]
        left = np.maximum(np.maximum.reduceat(worth, starts), 0.0)
        prices = worth - left[pairs.consumer]
        # a pair that its consumer would prefer at these prices, and that was not looked at, may improve the relaxation
        paid = np.maximum(-solved.ineqlin.marginals[: int(pairs.consumer[-1]) + 1], 0.0)
        better = ~looked_at & (worth - paid[pairs.consumer] > TOLERANCE * pairs.value.max())
        if not better.any():
            return columns, prices, float((rooms * pairs.room).sum() + left.sum())
        looked_at |= better


def _best_of(pairs: _Pairs, columns: Ints, *, gap: float, seconds: float | None) -> tuple[Ints, float, float]:
    """Best assignment among the pairs asked for: which, its worth, and what the solver proves they cannot exceed."""
    listed = loads(pairs.site[columns], pairs.size[columns], pairs.room, MOST_LOADS)
    if listed is None:
        matrix, limits = _rows(pairs, columns)
        value: Floats = pairs.value[columns]
    else:
        # a consumer in one load at most, a site with one load at most
        consumers, count = int(pairs.consumer[-1]) + 1, len(listed.site)
        value = np.bincount(listed.load, pairs.value[columns][listed.pair], minlength=count).astype(np.float64)
        rows = np.concatenate([pairs.consumer[columns][listed.pair], consumers + listed.site])
        where = (rows, np.concatenate([listed.load, np.arange(count)]))
        limits = np.ones(consumers + len(pairs.room), dtype=np.float64)
        matrix = csr_array((np.ones(len(rows)), where), shape=(len(limits), count))
    solved = milp(
        -value,
        integrality=np.ones(len(value)),
        bounds=Bounds(0, 1),
        constraints=LinearConstraint(matrix, -np.inf, limits),
        options={"mip_rel_gap": gap, "node_limit": MOST_NODES} | ({} if seconds is None else {"time_limit": seconds}),
    )
    limit = float(np.inf) if solved.mip_dual_bound is None else -float(solved.mip_dual_bound)
    if solved.x is None:
        return columns[:0], 0.0, limit
    taken = solved.x > 0.5
    chosen = columns[taken] if listed is None else np.sort(columns[listed.pair[taken[listed.load]]])
    return chosen, float(pairs.value[chosen].sum()), limit
