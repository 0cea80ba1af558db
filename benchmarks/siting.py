"""Siting and assignment of 500 clients and 200 sites: ours against spopt with CBC, and the time to a proof."""

from __future__ import annotations

from functools import partial
from importlib.metadata import version
from typing import Any, NamedTuple

import numpy as np
import pulp
from spopt.locate import MCLP, PMedian

from benchmarks.harness import Result, in_turns, result, within
from pipeline.analysis.assignment import assign
from pipeline.analysis.location import Plan, Question, least_travel, most_covered

CLIENTS, SITES, CHOSEN, TURNS = 500, 200, 20, 3
SIDE_M, REACH_M = 20_000.0, 1_500.0
ASSIGNMENT_GAP, ASSIGNMENT_S = 1e-4, 5.0
# The rooms of all sites divided by so much: plenty, hardly enough, and too few.
ROOM_PARTS = (1, 2, 3)
# Optima are sums of the same numbers in another order.
MOST_ERROR = 1e-9


class Places(NamedTuple):
    """People at scattered places, sites, and metres between them as a table."""

    weight: np.ndarray
    metres: np.ndarray

    def question(self, reach: float = np.inf) -> Question:
        clients, sites = self.metres.shape
        client, site = np.divmod(np.arange(clients * sites), sites)
        near = self.metres.ravel() <= reach
        no, yes = np.zeros(sites, dtype=bool), np.ones(sites, dtype=bool)
        return Question(self.weight, client[near], site[near], self.metres.ravel()[near], no, yes)


def scattered(clients: int, sites: int, seed: int) -> Places:
    rng = np.random.default_rng(seed)
    here, there = rng.random((clients, 2)) * SIDE_M, rng.random((sites, 2)) * SIDE_M
    metres = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    return Places(rng.integers(5, 200, clients).astype(float), metres)


def by_spopt(model: Any) -> float:
    """Build and solve with CBC, as spopt does it."""
    return float(model().solve(pulp.PULP_CBC_CMD(msg=False)).problem.objective.value())


def seekers(consumers: int, sites: int, seed: int) -> tuple[np.ndarray, ...]:
    """Schools that need 1 to 6 rooms and sites with 5 to 40, the farther apart the less they suit."""
    rng = np.random.default_rng(seed)
    here, there = rng.random((consumers, 2)), rng.random((sites, 2))
    needed, room = rng.integers(1, 7, consumers).astype(float), rng.integers(5, 41, sites).astype(float)
    who, where = np.divmod(np.arange(consumers * sites), sites)
    away = np.hypot(*(here[who] - there[where]).T)
    return who, where, needed[who] * (1 - away / 1.5), needed[who], room


def siting(small: bool) -> list[Result]:
    """Coverage and travel against spopt with CBC, both from the table of distances; and assignments with more and fewer rooms, by the clock."""
    clients, sites, chosen = (60, 25, 5) if small else (CLIENTS, SITES, CHOSEN)
    reach = 3 * REACH_M if small else REACH_M
    places = scattered(clients, sites, 1)
    size = f"{clients} x {sites}, {chosen} sites"
    cases: dict[str, tuple[float, Any, Any]] = {
        "siting: maximal coverage": (
            20.0,
            lambda: most_covered(places.question(reach), chosen),
            lambda: by_spopt(
                lambda: MCLP.from_cost_matrix(places.metres, places.weight, reach, p_facilities=chosen, name="coverage")
            ),
        ),
        "siting: p-median, with certificate": (
            30.0,
            lambda: least_travel(places.question(), chosen),
            lambda: by_spopt(
                lambda: PMedian.from_cost_matrix(places.metres, places.weight, p_facilities=chosen, name="median")
            ),
        ),
    }
    found = []
    for name, (target, ours, theirs) in cases.items():
        spent, returned = in_turns({"ours": ours, "spopt": theirs}, 1 if small else TURNS)
        plan: Plan = returned["ours"]
        print(f"{name}: {plan.objective:,.1f}, bound {plan.bound:,.1f}, gap {plan.gap:.1e}, rounds {plan.rounds}")
        wrong = max(abs(plan.objective / returned["spopt"] - 1), plan.gap)
        found.append(
            result(
                name, size, spent["ours"], "spopt with CBC", version("spopt"), spent["spopt"],
                target=target, max_error=wrong, most_error=MOST_ERROR,
            )
        )  # fmt: skip
    for part in ROOM_PARTS:
        who, where, value, needed, room = seekers(clients, sites, 1)
        room = np.ceil(room / part)
        ratio = room.sum() / needed[::sites].sum()
        asked = (who, where, value, needed, room)
        ours = partial(assign, *asked, gap=ASSIGNMENT_GAP)
        spent, returned = in_turns({"ours": ours}, 1 if small else TURNS)
        matched = returned["ours"]
        print(f"siting: assignment: {matched.objective:,.3f}, bound {matched.bound:,.3f}, gap {matched.gap:.1e}")
        found.append(
            within(
                "siting: assignment, proven", f"{clients} x {sites}, {len(who):,} pairs, rooms/needed {ratio:.2f}",
                spent["ours"], ASSIGNMENT_S, max_error=matched.gap, most_error=ASSIGNMENT_GAP,
            )
        )  # fmt: skip
    return found
