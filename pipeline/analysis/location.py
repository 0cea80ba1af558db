"""Where sites serve most children: coverage, travel and the fewest sites, each solved exactly with a bound beside it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array

from pipeline.analysis.location_prices import ROUNDING, Screening, screen

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Two plans are equally good where they differ by less than this share; the solver's own accuracy is about that.
TOLERANCE = 1e-7


class NoPlan(ValueError):
    """No plan obeys the rules given; `infeasible.explain` says which binds."""


@dataclass(frozen=True)
class Question:
    """Clients, sites, and who could go where.

    Attributes
    ----------
    weight : float array
        People of each client (a neighborhood, a block); people count, not places.
    client, site, distance : arrays
        One entry for each pair that may be; metres. Pairs that are too far apart are left out.
    fixed : bool array
        For each site: it exists and stays. Fixed sites are not among those counted.
    candidate : bool array
        For each site: it may be chosen.
    room : float array, optional
        People each site can hold; without it sites hold everyone. With it people of one client may go to several sites.
    """

    weight: Floats
    client: Ints
    site: Ints
    distance: Floats
    fixed: Flags
    candidate: Flags
    room: Floats | None = None


@dataclass(frozen=True)
class Plan:
    """Sites chosen, who goes where, and how good that is.

    ``served`` has the people of each pair. ``objective`` is people covered (coverage), metres of all people
    together (travel) or sites (fewest); ``bound`` is what no plan can better, and ``gap`` their difference as
    a share of the objective: 0 is a proof. ``rounds`` says how often pairs had to be added until the proof held.
    """

    chosen: Flags
    served: Floats
    covered: float
    objective: float
    bound: float
    gap: float
    rounds: int = 1


def most_covered(question: Question, count: int, *, by_order: bool = False, kept: Floats | None = None) -> Plan:
    """The sites, so many beside those that exist, which together can serve most people.

    Where sites hold only so many, those who live nearest are served first: of all ways to serve as many,
    the one with the least travel, and of trips that are equally long (to a metre) those of the first client
    to the first site.

    Parameters
    ----------
    question : Question
        Only pairs within the travel limit.
    count : int
        Sites to choose, beside the fixed ones.
    by_order : bool
        Of equally good choices take that with the smallest sum of places in the order given; otherwise the
        solver's, which is the same on every run.
    kept : float array, optional
        People of each client who keep a seat, nearer ones or not: those whom fewer sites of the same question
        serve. It costs nobody a seat, since whoever can be seated by fewer sites can be seated together with
        as many others as there is room for; it can only lengthen the way. Plays a part where sites have room.

    Raises
    ------
    NoPlan
        If there are fewer candidates than sites to choose, or ``kept`` cannot be served at all.

    References
    ----------
    Church and ReVelle (1974), Papers of the Regional Science Association 32; with room: Current and
    Storbeck (1988), Environment and Planning B 15.

    Examples
    --------
    Three neighborhoods in a row and two sites: the second reaches two of them.

    >>> row = Question(np.array([30.0, 40.0, 50.0]), np.array([0, 1, 2]), np.array([0, 1, 1]), np.array([500.0, 900.0, 400.0]), np.zeros(2, bool), np.ones(2, bool))
    >>> plan = most_covered(row, 1)
    >>> plan.chosen.tolist(), plan.covered, plan.gap
    ([False, True], 90.0, 0.0)
    >>> from dataclasses import replace
    >>> most_covered(replace(row, room=np.array([60.0, 60.0])), 2).covered
    90.0
    """
    sites, pairs, clients = len(question.fixed), len(question.client), len(question.weight)
    if question.room is None:
        # columns: sites, then clients: a client is covered if a site that reaches it is chosen
        each = np.arange(clients)
        rows = np.concatenate([each, question.client])
        columns = np.concatenate([sites + each, question.site])
        entries = np.concatenate([np.ones(clients), -np.ones(pairs)])
        cost = np.concatenate([np.zeros(sites), -question.weight])
        model = _Model(cost, entries, rows, columns, np.zeros(clients), np.ones(clients))
        # leaving a client out costs its people, serving it nothing
        served_free = np.zeros(pairs)
        model.screened = _screened(question, count, question.client, question.site, served_free, question.weight)
    else:
        each = np.arange(pairs)
        # people of a pair; of a client; at a site; and no one at a site that is not chosen
        people = question.weight[question.client]
        rows = np.concatenate([question.client, clients + question.site, clients + np.arange(sites)])
        columns = np.concatenate([sites + each, sites + each, np.arange(sites)])
        entries = np.concatenate([np.ones(2 * pairs), -question.room])
        rows = np.concatenate([rows, clients + sites + each, clients + sites + each])
        columns = np.concatenate([columns, sites + each, question.site])
        entries = np.concatenate([entries, np.ones(pairs), -people])
        limits = np.concatenate([question.weight, np.zeros(sites + pairs)])
        cost = np.concatenate([np.zeros(sites), -np.ones(pairs)])
        model = _Model(cost, entries, rows, columns, limits, people)
    solved = model.solve(question, count, by_order=by_order)
    chosen = solved.x[:sites] > 0.5
    if question.room is None:
        served = _at_nearest(question, chosen)
    else:
        served = _nearest_first(question, chosen, -float(solved.fun), kept)
    # what is served nearest first may be less by a hair than what can be
    covered = float(served.sum()) if question.room is None else 0.0 - float(solved.fun)
    bound = max(-model.limit, covered)
    return Plan(chosen, served, covered, covered, bound, _gap(covered, bound))


def least_travel(
    question: Question, count: int, *, nearest: int | None = None, beyond: float | None = None, by_order: bool = False
) -> Plan:
    """The sites, so many beside those that exist, from which people live least far away in all.

    Each client may first go to its nearest few sites only, or to a place of nowhere as far away as the nearest
    site left out. No plan can cost less than the best of these; where it sends no one to nowhere, it is
    itself the best of all plans. Otherwise the clients it sends there are given more sites, until none is left: the proof
    that nothing better exists is part of the answer.

    Parameters
    ----------
    question : Question
        All pairs that may be; people of a client without a pair go nowhere.
    count : int
        Sites to choose, beside the fixed ones.
    nearest : int, optional
        Sites of each client looked at first; without it, some more than a plan would need if sites lay evenly.
    beyond : float, optional
        Metres counted for whoever is left without a site; without it everyone must be served.
    by_order : bool
        As in `most_covered`.

    Raises
    ------
    NoPlan
        If there are too few candidates, or, without ``beyond``, not everyone can be served.

    References
    ----------
    Hakimi (1964), Operations Research 12; ReVelle and Swain (1970), Geographical Analysis 2.

    Examples
    --------
    >>> row = Question(np.array([30.0, 10.0]), np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([100.0, 900.0, 800.0, 200.0]), np.zeros(2, bool), np.ones(2, bool))
    >>> plan = least_travel(row, 1)
    >>> plan.chosen.tolist(), plan.objective / 40, plan.gap
    ([True, False], 275.0, 0.0)
    """
    sites, clients = len(question.fixed), len(question.weight)
    # a client without people need not go anywhere
    usable = (question.fixed | question.candidate)[question.site] & (question.weight > 0)[question.client]
    order = np.lexsort((question.site, question.distance, question.client))
    order = order[usable[order]]
    held = np.bincount(question.client[order], minlength=clients)
    starts = np.concatenate([[0], np.cumsum(held)[:-1]])
    place = np.arange(len(order)) - starts[question.client[order]]
    chosen_count = max(int(question.fixed.sum()) + count, 1)
    first = nearest or int(np.ceil(2.0 * sites / chosen_count)) + 2
    looked_at = np.minimum(np.full(clients, first), held)
    rounds = 0
    while True:
        rounds += 1
        within = order[place < looked_at[question.client[order]]]
        # what the nearest site left out would cost; where none is, what it costs to go nowhere
        more = looked_at < held
        nowhere = np.where(question.weight > 0, np.inf if beyond is None else beyond, 0.0)
        nowhere[more] = np.minimum(question.distance[order[(starts + looked_at)[more]]], nowhere[more])
        model = _travel(question, within, nowhere)
        if question.room is None or np.isfinite(nowhere).all():
            people = question.weight[question.client[within]]
            # what has no end is, for each client whatever its people, dearer than any plan
            dear = 2.0 * float(question.weight.sum()) * float(question.distance.max(initial=0.0)) + 1.0
            ends = np.isfinite(nowhere)
            left_out = np.where(ends, question.weight * np.where(ends, nowhere, 0.0), dear)
            metres = people * question.distance[within]
            model.screened = _screened(
                question, count, question.client[within], question.site[within], metres, left_out
            )
        solved = model.solve(question, count, by_order=by_order)
        share = solved.x[sites + len(within) :]
        lost = (share > 1e-6) & more & (nowhere < (np.inf if beyond is None else beyond))
        if not lost.any():
            break
        looked_at[lost] = np.minimum(2 * looked_at[lost], held[lost])
    chosen = solved.x[:sites] > 0.5
    served = np.zeros(len(question.client))
    if question.room is None:
        served = _at_nearest(question, chosen, beyond)
    else:
        served[within] = question.weight[question.client[within]] * np.clip(
            solved.x[sites : sites + len(within)], 0.0, 1.0
        )
    left = np.clip(question.weight - np.bincount(question.client, served, minlength=clients), 0.0, None)
    metres = float((served * question.distance).sum() + (0.0 if beyond is None else (left * beyond).sum()))
    bound = min(model.limit, metres)
    return Plan(chosen, served, float(served.sum()), metres, bound, _gap(metres, bound), rounds)


def fewest_sites(question: Question, *, by_order: bool = False) -> Plan:
    """The smallest number of sites, beside those that exist, within reach of everyone.

    With ``room`` everyone must also find a seat.

    Raises
    ------
    NoPlan
        If not even all candidates together reach everyone.

    References
    ----------
    Toregas, Swain, ReVelle and Bergman (1971), Operations Research 19.

    Examples
    --------
    >>> row = Question(np.ones(3), np.array([0, 1, 1, 2]), np.array([0, 0, 1, 2]), np.ones(4), np.zeros(3, bool), np.ones(3, bool))
    >>> fewest_sites(row).chosen.tolist()
    [True, False, True]
    """
    sites, pairs, clients = len(question.fixed), len(question.client), len(question.weight)
    share = question.weight > 0
    cost = np.concatenate([np.ones(sites) * ~question.fixed, np.zeros(0 if question.room is None else pairs)])
    if question.room is None:
        model = _Model(cost, -np.ones(pairs), question.client, question.site, -share.astype(float), np.zeros(0))
    else:
        each = np.arange(pairs)
        rows = np.concatenate([question.client, clients + question.site, clients + np.arange(sites)])
        columns = np.concatenate([sites + each, sites + each, np.arange(sites)])
        entries = np.concatenate([-np.ones(pairs), np.ones(pairs), -question.room])
        people = question.weight[question.client]
        rows = np.concatenate([rows, clients + sites + each, clients + sites + each])
        columns = np.concatenate([columns, sites + each, question.site])
        entries = np.concatenate([entries, np.ones(pairs), -people])
        model = _Model(
            cost, entries, rows, columns, np.concatenate([-question.weight, np.zeros(sites + pairs)]), people
        )
    solved = model.solve(question, None, by_order=by_order)
    chosen = solved.x[:sites] > 0.5
    served = _at_nearest(question, chosen) if question.room is None else np.clip(solved.x[sites:], 0.0, None)
    needed = float((chosen & ~question.fixed).sum())
    bound = min(float(np.ceil(model.limit - 1e-6)), needed)
    return Plan(chosen, served, float(served.sum()), needed, bound, _gap(needed, bound))


def _travel(question: Question, within: Ints, nowhere: Floats) -> _Model:
    """Travel over some of the pairs: columns are sites, shares of clients at sites, shares of clients nowhere."""
    sites, clients, pairs = len(question.fixed), len(question.weight), len(within)
    each, who, where = np.arange(pairs), question.client[within], question.site[within]
    # everyone goes somewhere (two rows, one for each side); nowhere is closed where it is endless
    may = np.isfinite(nowhere)
    out = sites + pairs + np.arange(clients)
    rows = [who, np.arange(clients), clients + each, clients + each]
    columns = [sites + each, out, sites + each, where]
    entries = [-np.ones(pairs), -np.ones(clients), np.ones(pairs), -np.ones(pairs)]
    limits = [-np.ones(clients), np.zeros(pairs)]
    if question.room is not None:
        rows += [clients + pairs + where, clients + pairs + np.arange(sites)]
        columns += [sites + each, np.arange(sites)]
        entries += [question.weight[who], -question.room]
        limits += [np.zeros(sites)]
    metres = question.weight[who] * question.distance[within]
    cost = np.concatenate([np.zeros(sites), metres, question.weight * np.where(may, nowhere, 0.0)])
    upper = np.concatenate([np.ones(pairs), may.astype(float)])
    return _Model(
        cost, np.concatenate(entries), np.concatenate(rows), np.concatenate(columns), np.concatenate(limits), upper
    )


class _Model:
    """Minimise ``cost x`` under ``A x <= limits``; the first columns are the sites, the rest runs from 0 to ``upper``."""

    def __init__(self, cost: Floats, entries: Floats, rows: Ints, columns: Ints, limits: Floats, upper: Floats) -> None:
        self.cost, self.limits, self.upper = cost, limits, upper
        self.matrix = csr_array((entries, (rows, columns)), shape=(len(limits), len(cost)))
        self.limit = -np.inf
        self.screened: Screening | None = None

    def solve(self, question: Question, count: int | None, *, by_order: bool) -> Any:
        """Solve to the end; ``count`` sites beside the fixed ones, or as many as it takes."""
        sites = len(question.fixed)
        may = question.fixed | question.candidate
        free = may & ~question.fixed
        if count is not None and count > free.sum():
            raise NoPlan(f"{count} sites are to be chosen and there are {int(free.sum())} candidates")
        low = np.concatenate([question.fixed.astype(float), np.zeros(len(self.upper))])
        high = np.concatenate([may.astype(float), self.upper])
        if self.screened is not None:
            low[:sites], high[:sites] = self.screened.must, self.screened.may
            if self.screened.bound >= self.screened.cost and not by_order:
                low[:sites], high[:sites] = self.screened.chosen, self.screened.chosen
        rules = [LinearConstraint(self.matrix, -np.inf, self.limits)]
        if count is not None:
            columns = np.flatnonzero(free)
            row = csr_array((np.ones(len(columns)), (np.zeros(len(columns), int), columns)), shape=(1, len(self.cost)))
            rules.append(LinearConstraint(row, count, count))
        whole = np.concatenate([np.ones(sites), np.zeros(len(self.upper))])
        solved = _exactly(self.cost, whole, low, high, rules)
        self.limit = float(solved.mip_dual_bound if solved.mip_dual_bound is not None else solved.fun)
        if by_order and count not in (0, int(free.sum())):
            worth = csr_array(self.cost[None, :])
            rules.append(LinearConstraint(worth, -np.inf, solved.fun + TOLERANCE * max(abs(solved.fun), 1.0)))
            places = np.concatenate([np.arange(1.0, sites + 1) * free, np.zeros(len(self.upper))])
            first = _exactly(places, whole, low, high, rules)
            at = first.x[:sites] > 0.5
            if (at != (solved.x[:sites] > 0.5)).any():
                # where people go is decided once more, with the sites fixed
                low[:sites], high[:sites] = at, at
                solved = _exactly(self.cost, whole, low, high, rules[:-1])
        return solved


def _screened(
    question: Question, count: int, client: Ints, site: Ints, cost: Floats, nowhere: Floats
) -> Screening | None:
    """Sites that can be in a best plan; nothing is ruled out where the rules cannot be kept at all."""
    if count > (question.candidate & ~question.fixed).sum():
        return None
    at = (question.fixed | question.candidate)[site]
    return screen(
        client[at],
        site[at],
        cost[at],
        nowhere,
        fixed=question.fixed,
        candidate=question.candidate,
        count=count,
        weight=None if question.room is None else question.weight,
        room=question.room,
    )


def _exactly(cost: Floats, whole: Floats, low: Floats, high: Floats, rules: list[LinearConstraint]) -> Any:
    solved = milp(cost, integrality=whole, bounds=Bounds(low, high), constraints=rules, options={"mip_rel_gap": 0.0})
    if solved.x is None:
        raise NoPlan(f"no plan obeys the rules: {solved.message}")
    return solved


def _at_nearest(question: Question, chosen: Flags, beyond: float | None = None) -> Floats:
    """All people of each client at its nearest chosen site, the first of equally near ones."""
    open_pairs = np.flatnonzero(chosen[question.site] & (True if beyond is None else question.distance < beyond))
    order = open_pairs[
        np.lexsort((question.site[open_pairs], question.distance[open_pairs], question.client[open_pairs]))
    ]
    first = order[np.diff(question.client[order], prepend=-1) != 0]
    served = np.zeros(len(question.client))
    served[first] = question.weight[question.client[first]]
    return served


def _nearest_first(question: Question, chosen: Flags, people: float, kept: Floats | None) -> Floats:
    """So many people at the chosen sites, ``kept`` among them, with the least travel in all, no site over its room."""
    open_pairs = np.flatnonzero(chosen[question.site])
    served = np.zeros(len(question.client))
    if question.room is None or not len(open_pairs):
        return served
    clients, sites, count = len(question.weight), len(question.room), len(open_pairs)
    who, where = question.client[open_pairs], question.site[open_pairs]
    each, ones = np.arange(count), np.ones(count)
    rows = np.concatenate([who, clients + where, np.full(count, clients + sites), clients + sites + 1 + who])
    matrix = csr_array(
        (np.concatenate([ones, ones, -ones, -ones]), (rows, np.concatenate([each] * 4))),
        shape=(2 * clients + sites + 1, count),
    )
    # a hair less than found, so that rounding does not make it impossible
    least = np.zeros(clients) if kept is None else kept * (1 - ROUNDING)
    limits = np.concatenate([question.weight, question.room, [-people * (1 - ROUNDING)], -least])
    # less than a metre in all, and smallest where first goes to first and second to second
    in_order = (sites + 1.0) * who + (clients + 1.0) * where - who * where
    solved = _exactly(
        question.distance[open_pairs] + in_order / ((sites + 1.0) * (clients + 1.0)),
        np.zeros(count),
        np.zeros(count),
        question.weight[who],
        [LinearConstraint(matrix, -np.inf, limits)],
    )
    served[open_pairs] = np.clip(solved.x, 0.0, None)
    return served


def _gap(objective: float, bound: float) -> float:
    return abs(objective - bound) / abs(objective) if objective else (0.0 if bound == objective else float(np.inf))
