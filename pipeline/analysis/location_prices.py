"""Which sites can still be in a best plan: a bound by prices and a good plan by exchange rule out the others."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.optimize import linprog
from scipy.sparse import csr_array

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Steps of the prices; more tighten the bound a little.
STEPS = 250
# A step that brings nothing for so many turns is halved.
PATIENCE = 8
# A plan is looked for every so many steps, first when prices say a little.
TURNS, FIRST_TURN = 25, 5
# Cells of the table of costs up to which a good plan is improved by exchange.
MOST_CELLS = 20_000_000
# Prices and plans are sums of many numbers: what is nearer than this share counts as equal.
ROUNDING = 1e-9
SOLVED = 1e-6


class Screening(NamedTuple):
    """``cost`` of the plan ``chosen``, the ``bound`` that no plan goes below, and sites that may and must be in a better one."""

    chosen: Flags
    cost: float
    bound: float
    may: Flags
    must: Flags


def screen(
    client: Ints,
    site: Ints,
    cost: Floats,
    nowhere: Floats,
    *,
    fixed: Flags,
    candidate: Flags,
    count: int,
    weight: Floats | None = None,
    room: Floats | None = None,
) -> Screening:
    """Rule out, and rule in, sites of a plan in which each client goes to its cheapest chosen site, or nowhere.

    The rule that a client goes to one place is given a price; what is left falls apart by site, and its value
    bounds every plan. A site whose entry would lift that bound above a plan already in hand is in no better plan.

    Parameters
    ----------
    client, site, cost : arrays
        One entry for each pair: what it costs in all if all people of the client go there.
    nowhere : float array
        For each client, what it costs not to go anywhere.
    fixed, candidate : bool array
        For each site: it is open anyway; it may be chosen.
    count : int
        Sites to choose beside the fixed ones.
    weight, room : float arrays, optional
        People of each client and room of each site: then a client may be divided among sites and nowhere.

    References
    ----------
    Cornuejols, Fisher and Nemhauser (1977), Management Science 23 (bound by prices, sites ruled out); Teitz and Bart (1968),
    Operations Research 16 (exchange).

    Examples
    --------
    >>> found = screen(np.array([0, 1, 1]), np.array([0, 1, 2]), np.array([1.0, 2.0, 9.0]), np.array([50.0, 50.0]), fixed=np.zeros(3, bool), candidate=np.ones(3, bool), count=2)
    >>> found.chosen.tolist(), found.cost, found.may.tolist()
    ([True, True, False], 3.0, [True, True, False])
    """
    sites, clients = len(fixed), len(nowhere)
    free: Ints = np.flatnonzero(candidate & ~fixed)
    table = np.tile(nowhere[:, None], sites) if room is None and clients * sites <= MOST_CELLS else None
    if table is not None:
        table[client, site] = np.minimum(cost, nowhere[client])
    price: Floats = nowhere * 0.5
    best_price: Floats = nowhere
    bound, best_cost, best_set = -np.inf, np.inf, fixed.copy()
    saving: Floats = np.zeros(sites)
    step, idle = 1.0, 0
    for turn in range(STEPS):
        reduced = np.minimum(cost - price[client], 0.0)
        share = np.ones(len(site)) if weight is None or room is None else _filled(site, reduced, weight[client], room)
        at = np.bincount(site, reduced * share, minlength=sites).astype(np.float64)
        cheapest: Ints = free[np.argsort(at[free], kind="stable")[:count]]
        chosen = fixed.copy()
        chosen[cheapest] = True
        low = float(price.sum() + at[chosen].sum())
        if low > bound + ROUNDING * abs(bound if np.isfinite(bound) else 0.0):
            bound, saving, best_price, idle = low, at, price, 0
        else:
            idle += 1
            if idle >= PATIENCE:
                step, idle, price = step / 2, 0, best_price
        if turn == 0 or turn % TURNS == FIRST_TURN:
            # the first sites are no better than a guess, from which an exchange has far to go
            chosen = chosen if table is None or turn == 0 else _exchanged(table, nowhere, chosen, fixed, candidate)
            if weight is None or room is None:
                worth = _cost_of(client, site, cost, nowhere, chosen)
            else:
                worth = _cost_with_room(client, site, cost, nowhere, chosen, weight, room)
            if worth < best_cost:
                best_cost, best_set = worth, chosen
        if best_cost - bound <= ROUNDING * max(abs(best_cost), 1.0) or step < 1e-4:
            break
        # pairs the prices would use: at an open site, cheaper than the client's price
        is_open = fixed.copy()
        is_open[cheapest] = True
        taken = is_open[site] & (cost < price[client])
        slope = 1.0 - np.bincount(client[taken], share[taken], minlength=clients)
        length = float((slope**2).sum())
        if length == 0:
            break
        price = np.clip(price + step * (1.02 * best_cost - low) / length * slope, 0.0, nowhere)
    bound = max(bound, float(_least(client, cost, nowhere).sum()))
    # with room the cost is a solver's, not a sum
    slack = best_cost - bound + (ROUNDING if room is None else SOLVED) * max(abs(best_cost), 1.0)
    may, must = fixed | candidate, fixed.copy()
    if 0 < count < len(free):
        ordered = np.sort(saving[free])
        last_in, first_out = ordered[count - 1], ordered[count]
        may[free] = saving[free] - last_in <= slack
        must[free] = first_out - saving[free] > slack
    elif count == len(free):
        must[free] = True
    else:
        may[free] = False
    may |= best_set
    must &= best_set
    return Screening(best_set, best_cost, min(bound + ROUNDING * max(abs(best_cost), 1.0), best_cost), may, must)


def _cost_of(client: Ints, site: Ints, cost: Floats, nowhere: Floats, chosen: Flags) -> float:
    at = chosen[site]
    return float(_least(client[at], cost[at], nowhere).sum())


def _filled(site: Ints, reduced: Floats, people: Floats, room: Floats) -> Floats:
    """Share of each pair that its site takes where it takes those that save most per person, up to its room."""
    each = np.divide(reduced, people, out=np.zeros(len(site)), where=people > 0)
    order = np.lexsort((each, site))
    before = np.cumsum(people[order]) - people[order]
    first = np.flatnonzero(np.diff(site[order], prepend=-1))
    before -= np.repeat(before[first], np.diff(np.append(first, len(site))))
    share = np.ones(len(site))
    held = np.divide(room[site[order]] - before, people[order], out=np.ones(len(site)), where=people[order] > 0)
    share[order] = np.clip(held, 0.0, 1.0)
    return share


def _cost_with_room(
    client: Ints, site: Ints, cost: Floats, nowhere: Floats, chosen: Flags, weight: Floats, room: Floats
) -> float:
    at = np.flatnonzero(chosen[site] & (cost < nowhere[client]))
    if not len(at):
        return float(nowhere.sum())
    each, clients = np.arange(len(at)), len(nowhere)
    rows = np.concatenate([client[at], clients + site[at]])
    entries = np.concatenate([np.ones(len(at)), weight[client[at]]])
    matrix = csr_array((entries, (rows, np.concatenate([each, each]))), shape=(clients + len(room), len(at)))
    limits = np.concatenate([np.ones(clients), room])
    solved = linprog(cost[at] - nowhere[client[at]], A_ub=matrix, b_ub=limits, bounds=(0, None), method="highs")
    return float(nowhere.sum() + solved.fun)


def _least(client: Ints, cost: Floats, nowhere: Floats) -> Floats:
    least = nowhere.copy()
    np.minimum.at(least, client, cost)
    return least


def _exchanged(table: Floats, nowhere: Floats, chosen: Flags, fixed: Flags, candidate: Flags) -> Flags:
    """Exchange one chosen site for another as long as that saves something: always the exchange that saves most."""
    clients, chosen = np.arange(len(table)), chosen.copy()
    while True:
        out, into = np.flatnonzero(chosen & ~fixed), np.flatnonzero(candidate & ~chosen)
        if not len(out) or not len(into):
            return chosen
        # nowhere is one more site, always open
        held = np.flatnonzero(chosen)
        near = np.concatenate([table[:, held], nowhere[:, None]], axis=1)
        at = near.argmin(axis=1)
        first = near[clients, at]
        near[clients, at] = np.inf
        second = near.min(axis=1)
        loss = np.bincount(at, second - first, minlength=len(held) + 1)
        there = table[:, into]
        gain = np.maximum(first[:, None] - there, 0.0).sum(axis=0)
        # who loses the site that goes may take the one that comes instead of the second best
        spared = np.maximum(second[:, None] - np.maximum(there, first[:, None]), 0.0)
        by_site = np.zeros((len(held) + 1, len(into)))
        order = np.argsort(at, kind="stable")
        starts = np.flatnonzero(np.diff(at[order], prepend=-1))
        by_site[at[order][starts]] = np.add.reduceat(spared[order], starts, axis=0)
        rows = np.searchsorted(held, out)
        saved = gain[None, :] - loss[rows][:, None] + by_site[rows]
        best = int(saved.argmax())
        if saved.flat[best] <= ROUNDING * max(float(first.sum()), 1.0):
            return chosen
        goes, comes = divmod(best, len(into))
        chosen[out[goes]], chosen[into[comes]] = False, True
