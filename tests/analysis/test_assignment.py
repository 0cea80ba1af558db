"""Who gets which room: against every assignment there is, and against the order of the rows."""

from __future__ import annotations

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import assignment_loads, assignment_pairs
from pipeline.analysis.assignment import Assignment, assign
from pipeline.analysis.site_loads import best_loads, loads_within, tabled

SITES = 3


@st.composite
def cases(draw: st.DrawFn) -> tuple[np.ndarray, ...]:
    consumers = draw(st.integers(1, 5))
    pairs = [(c, s) for c in range(consumers) for s in range(SITES) if draw(st.booleans())]
    count = len(pairs)
    value = draw(st.lists(st.integers(-2, 9), min_size=count, max_size=count))
    size = draw(st.lists(st.integers(0, 6), min_size=count, max_size=count))
    room = draw(st.lists(st.integers(0, 9), min_size=SITES, max_size=SITES))
    who, where = (np.array([pair[i] for pair in pairs], dtype=np.int64) for i in (0, 1))
    return who, where, np.array(value, dtype=float), np.array(size, dtype=float), np.array(room, dtype=float)


def best(consumer: np.ndarray, site: np.ndarray, value: np.ndarray, size: np.ndarray, room: np.ndarray) -> float:
    """The best of all assignments, looked at one by one."""
    found = 0.0
    choices = [[-1, *np.flatnonzero(consumer == c)] for c in np.unique(consumer)]
    for choice in product(*choices):
        taken = np.array([i for i in choice if i >= 0], dtype=np.int64)
        if (np.bincount(site[taken], size[taken], minlength=SITES) <= room).all():
            found = max(found, float(value[taken].sum()))
    return found


def is_allowed(found: Assignment, consumer: np.ndarray, site: np.ndarray, size: np.ndarray, room: np.ndarray) -> bool:
    once = np.unique(consumer[found.taken], return_counts=True)[1]
    used = np.bincount(site[found.taken], size[found.taken], minlength=len(room))
    return bool((once <= 1).all() and (used <= room).all())


@given(cases())
def test_the_answer_is_the_best_of_all_and_proven(case: tuple[np.ndarray, ...]) -> None:
    consumer, site, value, size, room = case
    found = assign(*case)
    assert is_allowed(found, consumer, site, size, room)
    assert found.objective == pytest.approx(best(*case)) and found.objective == value[found.taken].sum()
    assert found.objective <= found.bound <= found.objective * (1 + found.gap) + 1e-9
    assert found.gap <= 1e-6


@given(cases(), st.randoms(use_true_random=False))
def test_the_answer_does_not_depend_on_the_order_of_the_pairs(case: tuple[np.ndarray, ...], chance: object) -> None:
    consumer, site, value, size, room = case
    order = np.array(sorted(range(len(consumer)), key=lambda _: chance.random()), dtype=np.int64)  # type: ignore[attr-defined]
    mixed = assign(consumer[order], site[order], value[order], size[order], room)
    assert (mixed.taken == assign(*case).taken[order]).all()


def many(consumers: int, sites: int, seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    here, there = rng.random((consumers, 2)), rng.random((sites, 2))
    needed, room = rng.integers(1, 7, consumers).astype(float), rng.integers(3, 16, sites).astype(float)
    who, where = np.divmod(np.arange(consumers * sites), sites)
    away = np.hypot(*(here[who] - there[where]).T)
    return who, where, needed[who] * (1 - away / 1.5), needed[who], room


def test_pairs_beyond_the_first_looked_at_are_found_by_their_price() -> None:
    consumer, site, value, _, _ = many(60, 40, 1)
    # everyone likes the same ten sites best, which have room for one each: most must go elsewhere
    value, size = np.where(site < 10, value + 20.0, value), np.ones(len(site))
    room = np.where(np.arange(40) < 10, 1.0, 3.0)
    found = assign(consumer, site, value, size, room)
    assert found.gap <= 1e-6 and (site[found.taken] >= 10).sum() == 50
    assert is_allowed(found, consumer, site, size, room)


def test_an_answer_within_the_gap_asked_for_is_proven_so() -> None:
    consumer, site, value, size, room = many(60, 30, 2)
    loose, exact = (assign(consumer, site, value, size, room, gap=gap) for gap in (0.02, 0.0))
    assert loose.gap <= 0.02 and loose.objective <= exact.objective <= loose.bound * (1 + 1e-9)


def scarce(consumers: int, sites: int, seed: int) -> tuple[np.ndarray, ...]:
    """Far fewer rooms than are needed, and consumers of 4 to 11 rooms that leave some over everywhere."""
    rng = np.random.default_rng(seed)
    who, where = np.divmod(np.arange(consumers * sites), sites)
    needed = rng.integers(4, 12, consumers).astype(float)
    room = rng.integers(4, 20, sites).astype(float)
    return who, where, needed[who] * (9 + rng.random(len(who))), needed[who], room


def none_listed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assignment_loads, "of_all", lambda pairs, gap: None)


def only_pairs(monkeypatch: pytest.MonkeyPatch) -> None:
    none_listed(monkeypatch)
    monkeypatch.setattr(assignment_loads, "of_near", lambda pairs, first, gap: None)


@pytest.mark.parametrize("seed", range(3))
def test_all_loads_near_loads_and_pairs_have_the_same_best(seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    case = scarce(7, 4, seed)
    found = [assign(*case)]
    for change in (none_listed, only_pairs):
        change(monkeypatch)
        found.append(assign(*case))
    assert [each.objective for each in found] == pytest.approx([found[0].objective] * 3)
    assert max(each.gap for each in found) <= 1e-6


@given(case=cases())
def test_loads_near_the_best_at_their_prices_hold_the_best_of_all(case: tuple[np.ndarray, ...]) -> None:
    with pytest.MonkeyPatch.context() as changed:
        none_listed(changed)
        found = assign(*case)
    assert is_allowed(found, case[0], case[1], case[3], case[4])
    assert found.objective == pytest.approx(best(*case)) and found.gap <= 1e-6


def test_more_than_can_be_listed_is_still_proven(monkeypatch: pytest.MonkeyPatch) -> None:
    case = many(60, 30, 2)
    monkeypatch.setattr(assignment_loads, "MOST_LOADS", 2_000)
    found = assign(*case, gap=1e-4)
    assert found.gap <= 1e-4 and is_allowed(found, case[0], case[1], case[3], case[4])
    only_pairs(monkeypatch)
    by_pairs = assign(*case)
    assert found.objective <= by_pairs.bound * (1 + 1e-9) and by_pairs.objective <= found.bound * (1 + 1e-9)


def test_where_rooms_are_scarce_the_proof_needs_few_branches(monkeypatch: pytest.MonkeyPatch) -> None:
    case = scarce(12, 6, 0)
    monkeypatch.setattr(assignment_pairs, "MOST_NODES", 20)
    whole = assign(*case)
    assert whole.gap <= 1e-9
    only_pairs(monkeypatch)
    stopped = assign(*case)
    # stopped, it still says how far the best may be
    assert stopped.gap > 1e-6 and stopped.bound >= whole.objective
    assert is_allowed(stopped, case[0], case[1], case[3], case[4])


def test_no_bound_of_prices_is_below_the_best_or_above_that_of_the_relaxation() -> None:
    nearer = []
    for seed in range(5):
        consumer, site, value, size, room = scarce(7, 4, seed)
        fits = size <= room[site]
        pairs = assignment_pairs.Pairs(
            consumer[fits], site[fits], value[fits], size[fits].astype(int), room.astype(int)
        )
        bound = assignment_loads.prices(pairs, np.zeros(7)).bound
        exact = assign(consumer, site, value, size, room).objective
        relaxed = assignment_pairs.relaxed(pairs).bound
        assert exact <= bound * (1 + 1e-9) and bound <= relaxed * (1 + 1e-6)
        nearer.append(bound < relaxed * (1 - 1e-6))
    assert any(nearer)


@given(case=cases(), slack=st.integers(0, 6))
def test_every_load_within_the_slack_is_listed_and_no_other(case: tuple[np.ndarray, ...], slack: int) -> None:
    _, site, worth, size, room = case
    rooms = room.astype(int)
    table = tabled(site, worth, size.astype(int), rooms)
    wanted: set[tuple[int, ...]] = set()
    for where in range(SITES):
        mine = np.flatnonzero(site == where)
        every = [np.array(each, dtype=int) for n in range(len(mine) + 1) for each in combinations(mine, n)]
        fitting = [each for each in every if size[each].sum() <= rooms[where]]
        most = max(worth[each].sum() for each in fitting)
        assert table.best[0][where, rooms[where]] == most
        wanted |= {tuple(each) for each in fitting if len(each) and worth[each].sum() >= most - slack}
    listed = loads_within(table, slack, 10_000)
    assert listed is not None
    found = [tuple(sorted(listed.pair[listed.load == load].tolist())) for load in range(len(listed.site))]
    assert set(found) == wanted and len(found) == len(wanted)
    assert (listed.site[listed.load] == site[listed.pair]).all()
    if wanted:
        assert loads_within(table, slack, len(wanted) - 1) is None
    reached, chosen = best_loads(table)
    assert reached.sum() == worth[chosen].sum()


def test_nothing_to_assign_is_proven_at_once() -> None:
    none = np.array([], dtype=np.int64)
    assert assign(none, none, none * 1.0, none * 1.0, np.array([3.0])).objective == 0.0
    one = np.array([0])
    worthless = assign(one, one, np.array([0.0]), np.array([1.0]), np.array([3.0]))
    assert worthless.taken.tolist() == [False] and worthless.gap == 0.0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"value": [1.0, np.nan]}, "value is not a number in 1 places, first at 1"),
        ({"size": [-1.0, 1.0]}, "size is negative in 1 places, first at 0"),
        ({"size": [1.0, 0.5]}, "size is no whole number of rooms in 1 places, first at 1"),
        ({"site": [0, 2]}, "site is none of the 2 in 1 places, first at 1"),
        ({"site": [1, 1]}, "1 pairs stand twice, first: consumer 0 at site 1"),
        ({"value": [1.0]}, "one entry for each pair"),
    ],
)
def test_what_does_not_fit_together_is_refused(change: dict[str, list[float]], message: str) -> None:
    given = {"consumer": [0, 0], "site": [0, 1], "value": [1.0, 2.0], "size": [1.0, 1.0], "room": [1.0, 1.0]} | change
    with pytest.raises(ValueError, match=message):
        assign(**{name: np.array(numbers) for name, numbers in given.items()})
