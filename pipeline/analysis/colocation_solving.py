"""Who goes where: solved exactly, with the second best, the value of a room and how firm each pair is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy.optimize import linprog
from scipy.sparse import coo_array, vstack

from pipeline.analysis.assignment import Assignment, assign
from pipeline.analysis.assignment_order import first_by_id
from pipeline.analysis.colocation_pairs import PARTS, total_cost

# How near the best the matching of each draw is proven to be.
DRAW_GAP = 1e-5


@dataclass(frozen=True)
class Problem:
    """Allowed pairs as arrays: consumer, site and pupils of each, rooms each takes, rooms of each site."""

    consumer: np.ndarray
    site: np.ndarray
    size: np.ndarray
    room: np.ndarray
    pupils: np.ndarray


def problem(pairs: pd.DataFrame, allowed: np.ndarray, sites: pd.Index) -> Problem:
    """The allowed pairs of `colocation_pairs.candidate_pairs` as a problem over all offered sites."""
    chosen = pairs[allowed]
    consumer = chosen["school_id"].astype("category").cat.codes.to_numpy().astype("int64")
    room = pairs.drop_duplicates("site_id").set_index("site_id")["surplus_rooms"].reindex(sites).fillna(0.0)
    return Problem(
        consumer,
        sites.get_indexer(chosen["site_id"]).astype("int64"),
        chosen["needed_rooms"].to_numpy(dtype="float64"),
        room.to_numpy(dtype="float64"),
        chosen["needed_seats"].to_numpy(dtype="float64"),
    )


def values(asked: Problem, cost: np.ndarray, seat_value: float) -> np.ndarray:
    """What each pair is worth, in pupils at full cost: pupils times what a seat is worth less the pair's cost."""
    worth: np.ndarray = asked.pupils * (seat_value - cost)
    return worth


def solve(asked: Problem, value: np.ndarray) -> Assignment:
    """The matching worth most: each consumer to one site or none, no site given more rooms than it has.

    The search stops after a number of branches, the same everywhere; ``gap`` says what is then left unproven.
    Of matchings that are worth the same, one in which no school can move to an earlier site by id, trade sites with a
    later school for one, or take the place of a later school.

    Parameters
    ----------
    asked : Problem
        The allowed pairs.
    value : array
        What each pair is worth.
    """
    found = assign(asked.consumer, asked.site, value, asked.size, asked.room)
    taken = first_by_id(asked.consumer, asked.site, asked.size, value, asked.room, found.taken)
    worth = float(value[taken].sum())
    return replace(found, taken=taken, objective=worth, bound=max(found.bound, worth), gap=round(found.gap, 9))


def solve_each(
    asked: Problem, values_of: list[np.ndarray], rooms_of: list[np.ndarray], *, gap: float = 0.0
) -> list[np.ndarray]:
    """Which pairs are taken, by each of several values of the pairs and rooms of the sites.

    Where everyone's own best pair fits, nothing can be better. The others are solved one by one, each to its own gap.
    """
    taken: list[np.ndarray] = []
    for value, room in zip(values_of, rooms_of, strict=True):
        wished = _wishes(asked, value, room)
        if wished is None:
            found = assign(asked.consumer, asked.site, value, asked.size, room, gap=gap).taken
            wished = first_by_id(asked.consumer, asked.site, asked.size, value, room, found)
        taken.append(wished)
    return taken


def _wishes(asked: Problem, worth: np.ndarray, room: np.ndarray) -> np.ndarray | None:
    """Each consumer's own best pair, if all of them fit together: nothing can be worth more. None where they do not."""
    possible = np.flatnonzero((worth > 0) & (asked.size <= room[asked.site]))
    order = possible[np.lexsort((asked.site[possible], -worth[possible], asked.consumer[possible]))]
    first = order[np.flatnonzero(np.diff(asked.consumer[order], prepend=-1))]
    held = np.bincount(asked.site[first], asked.size[first], len(room))
    if (held > room).any():
        return None
    taken = np.zeros(len(worth), dtype=bool)
    taken[first] = True
    return taken


def second_best(asked: Problem, value: np.ndarray, best: Assignment) -> dict[int, int | None]:
    """For each pair taken: the pair its consumer would get if that one were barred, all others placed anew; None: no other."""
    pairs = [int(pair) for pair in np.flatnonzero(best.taken)]
    # a pair worth nothing is never taken
    barred = [np.where(np.arange(len(value)) == pair, 0.0, value) for pair in pairs]
    found: dict[int, int | None] = {}
    for pair, taken in zip(pairs, solve_each(asked, barred, [asked.room] * len(pairs)), strict=True):
        mine = np.flatnonzero(taken & (asked.consumer == asked.consumer[pair]))
        found[pair] = int(mine[0]) if len(mine) else None
    return found


def room_prices(asked: Problem, value: np.ndarray) -> np.ndarray:
    """What one more room at each site is worth by the relaxed problem, in which a school may be split: solved anew.

    A dual price bounds it from above and says no more where several solve the dual; where it is nothing, so is the worth.
    """
    worth, duals = _relaxed(asked, value, asked.room)
    prices = np.zeros(len(asked.room))
    for site in np.flatnonzero(duals > 1e-6):
        more = asked.room + (np.arange(len(asked.room)) == site)
        # rounded: less than a millionth of a pupil is the solver's
        prices[site] = max(round(_relaxed(asked, value, more)[0] - worth, 6), 0.0)
    return prices


def _relaxed(asked: Problem, value: np.ndarray, room: np.ndarray) -> tuple[float, np.ndarray]:
    """Worth of the best matching whose schools may be split, and a dual price of each site's rooms."""
    if not len(value):
        return 0.0, np.zeros(len(room))
    count, most = len(value), int(asked.consumer.max()) + 1
    once = coo_array((np.ones(count), (asked.consumer, np.arange(count))), shape=(most, count))
    held = coo_array((asked.size, (asked.site, np.arange(count))), shape=(len(room), count))
    limits = np.concatenate([np.ones(most), room])
    found = linprog(-value, A_ub=vstack([once, held]).tocsr(), b_ub=limits, bounds=(0, None), method="highs")
    if found.status != 0:
        raise RuntimeError(f"the relaxed matching was not solved: {found.message}")
    return -float(found.fun), np.asarray(-found.ineqlin.marginals[-len(room) :])


def room_values(asked: Problem, value: np.ndarray, objective: float, seated: float) -> tuple[np.ndarray, np.ndarray]:
    """What the whole matching gains by one more room at each site, and how many pupils more are seated: solved anew.

    Parameters
    ----------
    asked : Problem
        All pairs that more rooms would allow, those that need more than a site has among them.
    value : array
        What each pair is worth.
    objective, seated : float
        Of the best matching as it is: its worth and its pupils.
    """
    gain, pupils = np.zeros(len(asked.room)), np.zeros(len(asked.room))
    sites = [int(site) for site in np.unique(asked.site)]
    rooms = [asked.room + (np.arange(len(asked.room)) == site) for site in sites]
    for site, taken in zip(sites, solve_each(asked, [value] * len(sites), rooms), strict=True):
        gain[site] = max(round(float(value[taken].sum()) - objective, 6), 0.0)
        pupils[site] = float(asked.pupils[taken].sum()) - seated
    return gain, pupils


def stability(
    asked: Problem,
    pairs: pd.DataFrame,
    weights: Mapping[str, float],
    *,
    seat_value: float,
    draws: int,
    concentration: float,
    rng: np.random.Generator,
) -> np.ndarray:
    """Share of weight draws in which each allowed pair is taken.

    Parameters
    ----------
    pairs : DataFrame
        The allowed pairs, in the order of the problem.
    weights : mapping
        The study's weights; drawn from a Dirichlet distribution about them.
    concentration : float
        How closely the draws keep to them.

    Returns
    -------
    array
        By pair, 0 to 1.
    """
    whole = sum(weights[part] for part in PARTS)
    alpha = np.array([weights[part] / whole * concentration for part in PARTS])
    used = alpha > 0
    worth = []
    for draw in rng.dirichlet(alpha[used], draws):
        full = np.zeros(len(PARTS))
        full[used] = draw
        worth.append(values(asked, total_cost(pairs, dict(zip(PARTS, full, strict=True))), seat_value))
    taken = np.zeros(len(pairs))
    for each in solve_each(asked, worth, [asked.room] * draws, gap=DRAW_GAP):
        taken += each
    return taken / draws
