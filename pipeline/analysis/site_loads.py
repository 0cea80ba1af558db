"""Which consumers fit together at a site: whole loads, found at prices and listed as far as they are near the best.

A choice of whole loads is bounded far better than one of pairs, and at good prices few loads are left to choose from.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# A load this near the limit, as a share of the largest worth, is within it: sums in another order.
ROUNDING = 1e-12


class Loads(NamedTuple):
    """``site`` of each load; and, entry by entry, the ``load`` that has the ``pair``."""

    site: Ints
    load: Ints
    pair: Ints


class Table(NamedTuple):
    """The pairs of each site one below the other, and what can still be had from each row on.

    ``pair``, ``worth`` and ``size`` are (rows, sites), where a site has fewer pairs ``pair`` is -1;
    ``best`` is (rows + 1, sites, most room + 1): the most that pairs from this row on are worth in so much room.
    """

    pair: Ints
    worth: Floats
    size: Ints
    room: Ints
    best: Floats


def tabled(site: Ints, worth: Floats, size: Ints, room: Ints) -> Table:
    """The best load of every site and every smaller room, by dynamic programming over the pairs.

    Parameters
    ----------
    site, worth, size : arrays
        One entry for each pair: where, what it is worth there (may be negative) and the rooms it takes, whole.
    room : int array
        Rooms of each site, whole.

    References
    ----------
    Martello and Toth (1990), Knapsack Problems, chapter 2.

    Examples
    --------
    >>> table = tabled(np.array([0, 0, 0]), np.array([2.0, 3.0, 4.0]), np.array([2, 3, 4]), np.array([5]))
    >>> table.best[0].tolist()
    [[0.0, 0.0, 2.0, 3.0, 4.0, 5.0]]
    """
    order = np.argsort(site, kind="stable")
    column = site[order]
    row = np.arange(len(order)) - np.searchsorted(column, column)
    rows, sites, most = int(row.max(initial=-1)) + 1, len(room), int(room.max(initial=0))
    pair = np.full((rows, sites), -1, dtype=np.int64)
    # where a site has no pair left, one that fits nowhere
    each_worth, each_size = np.zeros((rows, sites)), np.full((rows, sites), most + 1, dtype=np.int64)
    pair[row, column], each_worth[row, column], each_size[row, column] = order, worth[order], size[order]
    best = np.zeros((rows + 1, sites, most + 1))
    rooms = np.arange(most + 1)
    for k in range(rows - 1, -1, -1):
        left = rooms - each_size[k][:, None]
        taken = np.take_along_axis(best[k + 1], np.maximum(left, 0), axis=1) + each_worth[k][:, None]
        best[k] = np.where((left >= 0) & (taken > best[k + 1]), taken, best[k + 1])
    return Table(pair, each_worth, each_size, room, best)


def best_loads(table: Table) -> tuple[Floats, Ints]:
    """What the best load of each site is worth, and the pairs of all of them.

    Examples
    --------
    >>> worth, pairs = best_loads(tabled(np.array([0, 0, 0]), np.array([2.0, 3.0, 4.0]), np.array([2, 3, 4]), np.array([5])))
    >>> worth.tolist(), pairs.tolist()
    ([5.0], [0, 1])
    """
    sites = np.arange(len(table.room))
    left, chosen = table.room.copy(), []
    for k in range(len(table.pair)):
        taken = table.best[k][sites, left] > table.best[k + 1][sites, left]
        chosen.append(table.pair[k][taken])
        left = left - np.where(taken, table.size[k], 0)
    return table.best[0][sites, table.room], np.concatenate([np.zeros(0, dtype=np.int64), *chosen])


def loads_within(table: Table, slack: float, most: int) -> Loads | None:
    """Every load of a site that is worth at most ``slack`` less than its best, the empty one left out; None if there are more than ``most``.

    Parameters
    ----------
    table : Table
        By `tabled`.
    slack : float
        How much less than the best load of its site; infinity lists all.
    most : int
        Loads beyond which they are not listed.

    References
    ----------
    Savelsbergh (1997), Operations Research 45 (assignment as a choice of whole loads); Baldacci, Christofides and
    Mingozzi (2008), Mathematical Programming 115 (all columns within the gap listed).

    Examples
    --------
    >>> table = tabled(np.array([0, 0, 0]), np.array([2.0, 3.0, 4.0]), np.array([2, 3, 4]), np.array([5]))
    >>> [loads_within(table, slack, 10).pair.tolist() for slack in (0.0, 1.0)]
    [[0, 1], [0, 1, 2]]
    >>> len(loads_within(table, np.inf, 10).site)
    4
    """
    sites = len(table.room)
    reached = table.best[0][np.arange(sites), table.room]
    needed = reached - slack - ROUNDING * max(float(np.abs(table.worth).max(initial=0.0)), 1.0)
    # loads in the making: of each the site, rooms left, worth so far and its pairs
    site, left, held = np.arange(sites), table.room.copy(), np.zeros(sites)
    members, count = np.full((sites, 1), -1, dtype=np.int64), np.zeros(sites, dtype=np.int64)
    for k in range(len(table.pair)):
        skipped = held + table.best[k + 1][site, left] >= needed[site]
        fits = np.flatnonzero((table.pair[k][site] >= 0) & (table.size[k][site] <= left))
        after = left[fits] - table.size[k][site[fits]]
        with_it = held[fits] + table.worth[k][site[fits]]
        good = with_it + table.best[k + 1][site[fits], after] >= needed[site[fits]]
        taken = fits[good]
        # each of them is a part of a load that will be listed, or of the empty one of its site
        if int(skipped.sum()) + len(taken) > most + sites:
            return None
        larger = members[taken]
        if len(taken) and count[taken].max() == members.shape[1]:
            members, larger = (np.pad(each, ((0, 0), (0, 1)), constant_values=-1) for each in (members, larger))
        larger[np.arange(len(taken)), count[taken]] = table.pair[k][site[taken]]
        members = np.concatenate([members[skipped], larger])
        count = np.concatenate([count[skipped], count[taken] + 1])
        left = np.concatenate([left[skipped], after[good]])
        held = np.concatenate([held[skipped], with_it[good]])
        site = np.concatenate([site[skipped], site[taken]])
    used = count > 0  # without the empty load
    site, members = site[used], members[used]
    if len(site) > most:
        return None
    load, place = np.nonzero(members >= 0)
    return Loads(site, load.astype(np.int64), members[load, place])
