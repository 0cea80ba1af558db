"""An assignment as a choice of whole loads: consumers are priced until the loads that are best at those prices clash least."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_array

from pipeline.analysis.assignment_pairs import Choice, Pairs, searched
from pipeline.analysis.site_loads import Loads, best_loads, loads_within, tabled

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Loads up to which they are listed.
MOST_LOADS = 10_000
# How near the best of its site a load is to be at first, as a share of the bound, and how much wider it is looked the next time.
FIRST_SLACK = 1e-5
WIDER = 4
# Rounds of prices, and how many without a better bound halve the step.
ROUNDS = 200
PATIENCE = 8
# Steps aim at a bound lower by this share.
AIM = 1e-3
# A bound that falls by less than this share of it in a round is not better.
BETTER = 1e-7
# Prices are kept on a grid of this share of the largest value, so that the last bits of a sum, which differ from machine to machine, decide nothing.
GRID = 1e-7


class Priced(NamedTuple):
    """A price of each consumer, what the loads of sites come to at those prices, and the bound they prove."""

    price: Floats
    bound: float


def prices(pairs: Pairs, first: Floats) -> Priced:
    """Prices of consumers at which no assignment can exceed a bound, by steps against the clash of the best loads.

    For any prices, an assignment is worth at most the sum of prices and of what the best load of each site is worth beyond
    them. A consumer who stands in several best loads becomes dearer, one who stands in none cheaper.

    Parameters
    ----------
    first : float array
        Prices to begin with, one for each consumer.

    References
    ----------
    Fisher (1981), Management Science 27 (Lagrangian relaxation); Held, Wolfe and Crowder (1974), Mathematical
    Programming 6 (steps and when to halve them).

    Examples
    --------
    Two consumers want the one room: a price of the worse one's worth parts them.

    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([5.0, 3.0]), np.array([1, 1]), np.array([1]))
    >>> prices(pairs, np.zeros(2)).bound
    5.0
    """
    consumer, site, value, size, room = pairs
    grid = GRID * float(value.max())
    price, best, direction = np.round(first / grid) * grid, Priced(first, float("inf")), np.zeros(len(first))
    step, waited = 1.0, 0
    for _ in range(ROUNDS):
        worth = value - price[consumer]
        useful = _undominated(site, worth, size, room)
        gained, chosen = best_loads(tabled(site[useful], worth[useful], size[useful], room))
        bound = float(price.sum() + gained.sum())
        if not bound >= best.bound * (1 - BETTER):
            best, waited = Priced(price, bound), 0
        else:
            waited += 1
        if waited == PATIENCE:
            step, waited, price = step / 2, 0, best.price
        clash = 1.0 - np.bincount(consumer[useful][chosen], minlength=len(price))
        if not clash[price > 0].any() and not (clash < 0).any():
            # everyone with a price stands in one load: the loads are an assignment, and the bound its worth
            return Priced(price, bound)
        direction = 0.5 * direction + clash
        length = step * (bound - best.bound * (1 - AIM)) / max(float((direction**2).sum()), 1.0)
        price = np.maximum(np.round((price - length * direction) / grid) * grid, 0.0)
    return best


def _undominated(site: Ints, worth: Floats, size: Ints, room: Ints) -> Ints:
    """Pairs that can be in a best load: worth something, and among as many of their size at their site as fit there."""
    useful = np.flatnonzero(worth > 0)
    kind = site[useful] * (int(size.max()) + 1) + size[useful]
    # by site and size, the best first: worth is between 0 and 1 of the largest
    by_worth = np.argsort(kind - worth[useful] / (2 * worth.max()), kind="stable")
    order, kind = useful[by_worth], kind[by_worth]
    place = np.arange(len(order)) - np.searchsorted(kind, kind)
    return np.sort(order[place * size[order] + size[order] <= room[site[order]]])


def of_all(pairs: Pairs, gap: float) -> Choice | None:
    """The best choice among all loads of all sites; None if they are too many to list.

    Examples
    --------
    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([4.0, 4.0]), np.array([2, 2]), np.array([3]))
    >>> of_all(pairs, 0.0).worth
    4.0
    """
    # every pair is a load by itself
    if len(pairs.site) > MOST_LOADS:
        return None
    listed = loads_within(tabled(pairs.site, pairs.value, pairs.size, pairs.room), np.inf, MOST_LOADS)
    return None if listed is None else _chosen(pairs, listed, gap)


def of_near(pairs: Pairs, first: Floats, gap: float) -> Choice | None:
    """The best choice of loads that are near the best of their site at prices of consumers, as many as the proof needs and can be listed.

    An assignment with any other load is worth less than the bound of the prices by more than the ``slack``: so the
    choice among those within it, and that bound less the slack, are proof for all. None if even the nearest are too many.

    Parameters
    ----------
    first : float array
        Prices to begin with, one for each consumer.

    References
    ----------
    Baldacci, Christofides and Mingozzi (2008), Mathematical Programming 115 (all columns within the gap listed).

    Examples
    --------
    >>> pairs = Pairs(np.array([0, 1]), np.array([0, 0]), np.array([5.0, 4.0]), np.array([2, 2]), np.array([3]))
    >>> of_near(pairs, np.zeros(2), 0.0)
    Choice(pairs=array([0]), worth=5.0, bound=5.0)
    """
    priced = prices(pairs, first)
    worth = pairs.value - priced.price[pairs.consumer]
    best: Choice | None = None
    slack = FIRST_SLACK * priced.bound
    while True:
        # a load with a pair that costs more than the slack is so much worse than the same load without it
        near = np.flatnonzero(worth >= -slack)
        table = tabled(pairs.site[near], worth[near], pairs.size[near], pairs.room)
        listed = loads_within(table, slack, MOST_LOADS)
        if listed is None:
            return best
        found = _chosen(pairs, listed._replace(pair=near[listed.pair]), gap)
        bound = max(found.bound, priced.bound - slack)
        if best is not None:
            found = max(best, found, key=lambda choice: choice.worth)
            bound = min(best.bound, bound)
        best = Choice(found.pairs, found.worth, max(bound, found.worth))
        wanted = priced.bound - found.worth
        if best.bound - best.worth <= gap * best.worth or slack >= wanted:
            return best
        slack = min(slack * WIDER, wanted)


def _chosen(pairs: Pairs, listed: Loads, gap: float) -> Choice:
    """The best choice among loads: a consumer in one load at most, a site with one load at most."""
    count = len(listed.site)
    if not count:
        return Choice(listed.pair, 0.0, 0.0)
    value = np.bincount(listed.load, pairs.value[listed.pair], minlength=count).astype(np.float64)
    rows = np.concatenate([pairs.consumer[listed.pair], pairs.consumers + listed.site])
    columns = np.concatenate([listed.load, np.arange(count)])
    limits = np.ones(pairs.consumers + len(pairs.room))
    matrix = csr_array((np.ones(len(rows)), (rows, columns)), shape=(len(limits), count))
    taken, limit = searched(value, matrix, limits, gap)
    chosen = np.sort(listed.pair[taken[listed.load]])
    worth = float(pairs.value[chosen].sum())
    return Choice(chosen, worth, max(limit, worth))
