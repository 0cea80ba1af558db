"""Siting: against every choice of sites there is, against spopt, and its proofs."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations

import numpy as np
import pulp
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog
from spopt.locate import LSCP, MCLP, PMedian

from pipeline.analysis.location import NoPlan, Plan, Question, fewest_sites, least_travel, most_covered
from pipeline.analysis.location_prices import screen

CLIENTS, SITES = 5, 4
QUIET = pulp.PULP_CBC_CMD(msg=False)


def whole(
    weight: list[float], table: np.ndarray, fixed: list[bool], candidate: list[bool], room: object = None
) -> Question:
    clients, sites = table.shape
    client, site = np.divmod(np.arange(clients * sites), sites)
    held = None if room is None else np.array(room, dtype=float)
    return Question(
        np.array(weight, float), client, site, table.ravel().astype(float), np.array(fixed), np.array(candidate), held
    )


def near(question: Question, limit: float) -> Question:
    at = question.distance <= limit
    return replace(question, client=question.client[at], site=question.site[at], distance=question.distance[at])


@st.composite
def questions(draw: st.DrawFn, *, rooms: bool = False) -> tuple[Question, int]:
    numbers = lambda high, count: draw(st.lists(st.integers(0, high), min_size=count, max_size=count))  # noqa: E731
    flags = lambda: draw(st.lists(st.booleans(), min_size=SITES, max_size=SITES))  # noqa: E731
    table = np.array(numbers(9, CLIENTS * SITES)).reshape(CLIENTS, SITES)
    found = whole(numbers(9, CLIENTS), table, flags(), flags(), numbers(20, SITES) if rooms else None)
    return found, draw(st.integers(0, int((found.candidate & ~found.fixed).sum())))


def choices(question: Question, count: int) -> list[np.ndarray]:
    free = np.flatnonzero(question.candidate & ~question.fixed)
    found = []
    for some in combinations(free, count):
        chosen = question.fixed.copy()
        chosen[list(some)] = True
        found.append(chosen)
    return found


def flow(question: Question, chosen: np.ndarray, cost: np.ndarray) -> tuple[float, float]:
    """People who find a seat at the chosen sites, and the least cost if all must; by linear programming."""
    at = np.flatnonzero(chosen[question.site])
    rows = np.zeros((CLIENTS + SITES, len(at)))
    rows[question.client[at], np.arange(len(at))] = 1
    rows[CLIENTS + question.site[at], np.arange(len(at))] = 1
    room = np.full(SITES, 1e9) if question.room is None else question.room
    limits = np.concatenate([question.weight, room])
    if not len(at):
        return 0.0, np.inf if question.weight.sum() else 0.0
    most = -linprog(-np.ones(len(at)), A_ub=rows, b_ub=limits).fun
    if most < question.weight.sum() - 1e-7:
        return most, np.inf
    least = linprog(cost[at], A_ub=rows[CLIENTS:], b_ub=room, A_eq=rows[:CLIENTS], b_eq=question.weight)
    return most, least.fun if least.status == 0 else np.inf


def keeps_the_rules(question: Question, plan: Plan, count: int) -> bool:
    used = np.bincount(question.site, plan.served, minlength=SITES)
    room = np.full(SITES, np.inf) if question.room is None else question.room
    return bool(
        plan.chosen[question.fixed].all()
        and (plan.chosen & ~question.fixed).sum() == count
        and not (plan.chosen & ~question.fixed & ~question.candidate).any()
        and (plan.served[~plan.chosen[question.site]] == 0).all()
        and (np.bincount(question.client, plan.served, minlength=CLIENTS) <= question.weight + 1e-6).all()
        and (used <= room + 1e-6).all()
    )


@pytest.mark.parametrize("rooms", [False, True], ids=["endless", "with room"])
@settings(max_examples=60)
@given(data=st.data())
def test_coverage_is_the_best_of_all_choices(rooms: bool, data: st.DataObject) -> None:
    everything, count = data.draw(questions(rooms=rooms))
    question = near(everything, 4.0)
    plan = most_covered(question, count)
    best = max(flow(question, chosen, question.distance)[0] for chosen in choices(question, count))
    assert keeps_the_rules(question, plan, count)
    assert (
        plan.covered == pytest.approx(best) and plan.served.sum() == pytest.approx(best, rel=1e-6) and plan.gap <= 1e-6
    )
    assert plan.bound >= plan.objective


@pytest.mark.parametrize("rooms", [False, True], ids=["endless", "with room"])
@settings(max_examples=60)
@given(data=st.data())
def test_travel_is_the_least_of_all_choices_however_few_pairs_are_looked_at_first(
    rooms: bool, data: st.DataObject
) -> None:
    question, count = data.draw(questions(rooms=rooms))
    best = min(flow(question, chosen, question.distance)[1] for chosen in choices(question, count))
    nearest = data.draw(st.integers(1, 4))
    if not np.isfinite(best) or not (question.fixed.any() or count):
        return
    plan = least_travel(question, count, nearest=nearest)
    assert keeps_the_rules(question, plan, count)
    assert plan.objective == pytest.approx(best) and plan.gap <= 1e-6
    assert plan.covered == pytest.approx(question.weight.sum())


@given(questions(), st.integers(0, 9))
@settings(max_examples=60)
def test_the_fewest_sites_reach_everyone_and_one_fewer_does_not(case: tuple[Question, int], limit: int) -> None:
    question = replace(near(case[0], float(limit)), weight=case[0].weight + 1.0)
    total = question.weight.sum()
    enough = [
        count
        for count in range(SITES + 1)
        for chosen in choices(question, count)
        if flow(question, chosen, question.distance)[0] >= total - 1e-7
    ]
    if enough:
        assert fewest_sites(question).objective == min(enough)
    else:
        with pytest.raises(NoPlan):
            fewest_sites(question)


@given(questions())
@settings(max_examples=60)
def test_of_equally_good_choices_the_first_in_order_is_taken_on_request(case: tuple[Question, int]) -> None:
    question, count = near(case[0], 4.0), case[1]
    plan = most_covered(question, count, by_order=True)
    best = most_covered(question, count).covered
    assert plan.covered == pytest.approx(best)
    places = lambda chosen: (np.flatnonzero(chosen & ~question.fixed) + 1).sum()  # noqa: E731
    equal = [c for c in choices(question, count) if flow(question, c, question.distance)[0] >= best - 1e-7]
    assert places(plan.chosen) == min(map(places, equal))


def sparse(seed: int) -> Question:
    """Few sites within anyone's reach, and clients of 0 to 1000 people."""
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 30, (CLIENTS, SITES)).astype(float)
    everywhere = whole(list(rng.choice([0.0, 1.0, 30.0, 1000.0], CLIENTS)), table, [False] * SITES, [True] * SITES)
    at = rng.random(CLIENTS * SITES) < 0.6
    return replace(everywhere, client=everywhere.client[at], site=everywhere.site[at], distance=everywhere.distance[at])


def best_travel(question: Question, count: int) -> tuple[float, list[np.ndarray]]:
    """The least travel in which everyone is served, and all choices that come to it; endless where there is none."""
    table = np.full((CLIENTS, SITES), np.inf)
    table[question.client, question.site] = question.distance
    table[question.weight == 0] = 0.0
    costs = {}
    for at, chosen in enumerate(choices(question, count)):
        costs[at] = float((np.where(chosen, table, np.inf).min(axis=1) * np.maximum(question.weight, 1e-300)).sum())
    least = min(costs.values())
    return least, [c for at, c in enumerate(choices(question, count)) if costs[at] <= least + 1e-6]


@pytest.mark.parametrize("seed", range(40))
def test_travel_of_few_pairs_and_uneven_weights_finds_the_plan_there_is_or_says_there_is_none(seed: int) -> None:
    question = sparse(seed)
    least, equal = best_travel(question, 2)
    if not np.isfinite(least):
        with pytest.raises(NoPlan):
            least_travel(question, 2)
        return
    assert least_travel(question, 2).objective == pytest.approx(least, abs=1e-6)
    plan = least_travel(question, 2, by_order=True)
    assert plan.objective == pytest.approx(least, abs=1e-6) and plan.gap <= 1e-6
    places = lambda chosen: (np.flatnonzero(chosen) + 1).sum()  # noqa: E731
    assert places(plan.chosen) == min(map(places, equal))


@pytest.mark.parametrize("seed", range(30))
def test_travel_with_room_and_people_left_out_is_the_least_of_all_choices(seed: int) -> None:
    rng = np.random.default_rng(seed)
    table = rng.integers(0, 30, (CLIENTS, SITES)).astype(float)
    fixed = [True, False, False, False]
    question = whole(list(rng.integers(0, 50, CLIENTS)), table, fixed, [True] * 4, rng.integers(0, 90, SITES))
    # whoever finds no seat saves nothing against the 20 counted for nowhere
    costs = []
    for chosen in choices(question, 2):
        at = np.flatnonzero(chosen[question.site])
        rows = np.zeros((CLIENTS + SITES, len(at)))
        rows[question.client[at], np.arange(len(at))] = 1
        rows[CLIENTS + question.site[at], np.arange(len(at))] = 1
        limits = np.concatenate([question.weight, question.room])
        costs.append(20.0 * question.weight.sum() + linprog(question.distance[at] - 20.0, A_ub=rows, b_ub=limits).fun)
    for order in (False, True):
        plan = least_travel(question, 2, beyond=20.0, by_order=order)
        assert plan.objective == pytest.approx(min(costs)) and plan.gap <= 1e-6


def test_most_sites_with_room_are_ruled_out_before_the_search() -> None:
    rng = np.random.default_rng(0)
    here, there = rng.random((60, 2)) * 9.0, rng.random((40, 2)) * 9.0
    client, site = np.divmod(np.arange(60 * 40), 40)
    weight, fixed = rng.integers(1, 99, 60).astype(float), np.arange(40) < 10
    metres = np.hypot(*(here[client] - there[site]).T)
    room = rng.integers(50, 300, 40).astype(float)
    found = screen(
        *(client, site, weight[client] * metres, weight * 8.0),
        **{"fixed": fixed, "candidate": ~fixed, "count": 1, "weight": weight, "room": room},
    )
    plan = least_travel(Question(weight, client, site, metres, fixed, ~fixed, room), 1, beyond=8.0)
    assert found.bound <= plan.objective * (1 + 1e-6) and plan.objective <= found.cost * (1 + 1e-6)
    assert found.may[plan.chosen].all() and (found.may & ~fixed).sum() <= 10


def test_everyone_is_served_however_few_they_are() -> None:
    # site 1 is best for the many and out of reach of the one
    question = replace(
        whole([1.0, 1000.0], np.zeros((2, 2)), [False] * 2, [True] * 2),
        client=np.array([0, 1, 1]),
        site=np.array([0, 0, 1]),
        distance=np.array([100.0, 100.0, 0.0]),
    )
    plan = least_travel(question, 1)
    assert plan.chosen.tolist() == [True, False] and plan.objective == 100_100.0


def test_a_remote_client_is_given_more_sites_until_the_proof_holds() -> None:
    # everyone but one lives by site 3; the nearest sites of the remote client are never worth opening
    table = np.array([[1.0, 2.0, 3.0, 50.0], [90.0, 91.0, 92.0, 1.0], [90.0, 91.0, 92.0, 2.0]])
    question = whole([1.0, 100.0, 100.0], table, [False] * 4, [True] * 4)
    plan = least_travel(question, 1, nearest=1)
    assert plan.chosen.tolist() == [False, False, False, True] and plan.objective == 350.0
    assert plan.rounds > 1 and plan.gap == 0.0


def test_whoever_has_no_site_near_counts_with_the_distance_given() -> None:
    question = whole([10.0, 1.0], np.array([[1.0, 9.0], [8.0, 9.0]]), [False, False], [True, True])
    plan = least_travel(near(question, 5.0), 1, beyond=5.0)
    assert plan.objective == 15.0 and plan.covered == 10.0
    with pytest.raises(NoPlan):
        least_travel(near(question, 5.0), 1)


def test_seats_go_to_those_who_live_nearest() -> None:
    question = whole([50.0, 50.0], np.array([[900.0], [100.0]]), [False], [True], room=[60.0])
    assert most_covered(question, 1).served.tolist() == pytest.approx([10.0, 50.0], abs=1e-4)


def test_more_sites_than_candidates_are_refused() -> None:
    question = whole([1.0], np.array([[1.0, 1.0]]), [True, False], [True, True])
    with pytest.raises(NoPlan, match="2 sites are to be chosen and there are 1 candidates"):
        most_covered(question, 2)


@pytest.mark.parametrize("seed", range(4))
def test_optima_are_those_of_spopt(seed: int) -> None:
    rng = np.random.default_rng(seed)
    here, there = rng.random((40, 2)), rng.random((15, 2))
    weight = rng.integers(1, 100, 40).astype(float)
    table = np.hypot(*(here[:, None] - there[None]).transpose(2, 0, 1))
    question = whole(list(weight), table, [False] * 15, [True] * 15)
    theirs = MCLP.from_cost_matrix(table, weight, 0.25, p_facilities=4).solve(QUIET)
    assert most_covered(near(question, 0.25), 4).objective == pytest.approx(theirs.problem.objective.value())
    median = PMedian.from_cost_matrix(table, weight, p_facilities=4).solve(QUIET)
    assert least_travel(question, 4).objective == pytest.approx(median.problem.objective.value())
    reach = float(table.min(axis=1).max()) + 0.05
    fewest = LSCP.from_cost_matrix(table, reach).solve(QUIET)
    assert fewest_sites(near(question, reach)).objective == fewest.problem.objective.value()


def test_an_existing_site_is_fixed_as_spopt_has_it() -> None:
    rng = np.random.default_rng(9)
    table, weight = rng.random((30, 10)), rng.integers(1, 50, 30).astype(float)
    kept = np.array([1, 0, 0, 0, 0, 0, 1, 0, 0, 0])
    theirs = MCLP.from_cost_matrix(table, weight, 0.1, p_facilities=4, predefined_facilities_arr=kept).solve(QUIET)
    question = whole(list(weight), table, list(kept == 1), [True] * 10)
    assert most_covered(near(question, 0.1), 2).objective == pytest.approx(theirs.problem.objective.value())


def test_who_has_a_seat_keeps_it_though_others_live_nearer() -> None:
    # both clients want the one site; the first lives nearer
    question = replace(whole([50.0, 50.0], np.array([[100.0], [900.0]]), [False], [True]), room=np.array([60.0]))
    assert most_covered(question, 1).served.tolist() == pytest.approx([50.0, 10.0], abs=1e-4)
    kept = most_covered(question, 1, kept=np.array([0.0, 50.0]))
    assert kept.served.tolist() == pytest.approx([10.0, 50.0], abs=1e-4) and kept.covered == 60.0


def test_of_equally_long_trips_those_of_the_first_client_to_the_first_site_are_made() -> None:
    table = np.full((3, 2), 400.0)
    question = replace(whole([30.0, 30.0, 30.0], table, [True, True], [False, False]), room=np.array([30.0, 30.0]))
    served = most_covered(question, 0).served.reshape(3, 2)
    assert served == pytest.approx(np.array([[30.0, 0.0], [0.0, 30.0], [0.0, 0.0]]), abs=1e-4)


@pytest.mark.parametrize("seed", range(6))
def test_more_sites_take_no_seat_from_a_place_that_has_it(seed: int) -> None:
    rng = np.random.default_rng(seed)
    # distances in hundreds of metres, so that many are equal
    table = rng.integers(1, 6, (12, 6)) * 100.0
    fixed = [True, True, False, False, False, False]
    room = rng.integers(5, 40, 6).astype(float)
    every = whole(list(rng.integers(1, 30, 12).astype(float)), table, fixed, [not each for each in fixed])
    question = replace(near(every, 300.0), room=room)
    before = most_covered(question, 0, by_order=True)
    today = np.bincount(question.client, before.served, minlength=12)
    for count in (1, 2, 3):
        plan = most_covered(question, count, by_order=True, kept=today)
        after = np.bincount(question.client, plan.served, minlength=12)
        assert (after >= today - 1e-4).all()
        assert after.sum() == pytest.approx(most_covered(question, count).covered, abs=1e-4)
        assert (np.bincount(question.site, plan.served, minlength=6) <= room + 1e-6).all()
