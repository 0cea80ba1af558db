"""Who goes where: against every matching tried one by one."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import colocation_solving as solving
from pipeline.analysis.colocation_pairs import is_allowed, total_cost
from tests.analysis.colocation import WEIGHTS, asking, offering, pairs_of, random_case, trips

VALUE = 10.0


def posed(pairs: pd.DataFrame) -> tuple[solving.Problem, np.ndarray, pd.DataFrame]:
    allowed = is_allowed(pairs)
    asked = solving.problem(pairs, allowed, pd.Index(sorted(pairs["site_id"].unique())))
    return (
        asked,
        solving.values(asked, total_cost(pairs, WEIGHTS)[allowed], VALUE),
        pairs[allowed].reset_index(drop=True),
    )


def best_by_trying(asked: solving.Problem, value: np.ndarray, room: np.ndarray, barred: int = -1) -> float:
    mine = [[None, *np.flatnonzero(asked.consumer == c)] for c in range(asked.consumer.max(initial=-1) + 1)]
    best = 0.0
    for choice in itertools.product(*mine):
        taken = [p for p in choice if p is not None]
        held = np.bincount(asked.site[taken], asked.size[taken], len(room)) if taken else np.zeros(len(room))
        if (held <= room + 1e-9).all() and barred not in taken:
            best = max(best, float(value[taken].sum()))
    return best


@pytest.mark.parametrize("seed", range(12))
def test_the_matching_is_the_best_of_all_and_so_are_the_second_and_that_with_one_more_room(seed: int) -> None:
    asked, value, _ = posed(random_case(seed))
    best = solving.solve(asked, value)
    assert best.gap <= 1e-6
    assert best.objective == pytest.approx(best_by_trying(asked, value, asked.room))
    assert best.bound >= best.objective - 1e-3
    held = np.bincount(asked.site[best.taken], asked.size[best.taken], len(asked.room))
    assert (held <= asked.room).all()
    assert np.bincount(asked.consumer[best.taken]).max(initial=0) <= 1
    for pair, other in solving.second_best(asked, value, best).items():
        again = best_by_trying(asked, value, asked.room, barred=pair)
        without = np.where(np.arange(len(value)) == pair, 0.0, value)
        found = solving.solve_each(asked, [without], [asked.room])[0]
        assert value[found].sum() == pytest.approx(again)
        assert other is None or (asked.consumer[other] == asked.consumer[pair] and other != pair)
    gain, _ = solving.room_values(asked, value, best.objective, float(asked.pupils[best.taken].sum()))
    for site in range(len(asked.room)):
        more = asked.room + (np.arange(len(asked.room)) == site)
        assert gain[site] == pytest.approx(best_by_trying(asked, value, more) - best.objective, abs=1e-4)


def test_one_more_room_can_be_worth_a_school_where_the_dual_sees_a_part_of_it() -> None:
    # 4 + 4 rooms asked, 7 free: the relaxed problem splits a school, the exact one leaves it out
    pairs = pairs_of(asking({"a": 4.0, "b": 4.0}), offering({"s": 7.0}), trips({"a": {"s": 0.0}, "b": {"s": 0.0}}))
    asked, value, _ = posed(pairs)
    best = solving.solve(asked, value)
    gain, pupils = solving.room_values(asked, value, best.objective, float(asked.pupils[best.taken].sum()))
    assert pupils.tolist() == [100.0]
    assert gain[0] == pytest.approx(value[0])
    assert solving.room_prices(asked, value)[0] == pytest.approx(value[0] / 4)


def test_a_room_is_worth_what_it_gains_where_a_dual_price_would_say_more() -> None:
    """Two schools and two sites that fit them exactly: any of many prices solves the dual, and a room more gains little."""
    pairs = pairs_of(
        asking({"a": 4.0, "b": 4.0}), offering({"s": 4.0, "t": 4.0}), trips({"a": {"s": 0.0, "t": 2000.0}, "b": {"s": 0.0, "t": 2000.0}})
    )  # fmt: skip
    asked, value, _ = posed(pairs)
    relaxed, duals = solving._relaxed(asked, value, asked.room)
    found = solving.room_prices(asked, value)
    gains = [solving._relaxed(asked, value, asked.room + np.array(more))[0] - relaxed for more in ([1, 0], [0, 1])]
    assert found.tolist() == pytest.approx(gains)
    assert (found <= duals + 1e-6).all() and (found < duals - 1.0).any()


def test_each_of_several_problems_has_its_own_best_answer() -> None:
    asked, value, _ = posed(random_case(3, schools=6))
    rng = np.random.default_rng(0)
    worth = [value * rng.uniform(0.5, 1.5, len(value)) for _ in range(23)]
    together = solving.solve_each(asked, worth, [asked.room] * 23)
    assert len(together) == 23
    for each, taken in zip(worth, together, strict=True):
        assert each[taken].sum() == pytest.approx(best_by_trying(asked, each, asked.room))


def test_ties_go_to_the_first_site_by_id() -> None:
    pairs = pairs_of(asking({"a": 4.0}), offering({"s2": 5.0, "s1": 5.0}), trips({"a": {"s1": 9.0, "s2": 9.0}}))
    asked, value, chosen = posed(pairs)
    assert chosen[solving.solve(asked, value).taken]["site_id"].tolist() == ["s1"]


def test_of_very_many_pairs_the_last_wins_the_room_it_is_worth_more_in() -> None:
    # two schools want the one room of the first site; the last of 100,000 pairs is worth a little more
    consumer = np.concatenate([[0], np.repeat(np.arange(1, 501), 199), [501]])
    site = np.concatenate([[0], np.tile(np.arange(1, 200), 500), [0]])
    size = np.concatenate([[1.0], np.full(500 * 199, 99.0), [1.0]])
    asked = solving.Problem(consumer, site, size, np.ones(200), np.full(len(site), 100.0))
    value = solving.values(asked, np.where(np.arange(len(site)) == 0, 0.3005, 0.3), VALUE)
    best = solving.solve(asked, value)
    assert np.flatnonzero(best.taken).tolist() == [len(site) - 1]
    assert best.objective == value[-1] and best.gap == 0.0
    again = solving.solve_each(asked, [value], [asked.room])[0]
    assert np.flatnonzero(again).tolist() == [len(site) - 1]


@pytest.mark.parametrize("seed", range(8))
def test_of_equal_matchings_no_school_could_have_an_earlier_site(seed: int) -> None:
    rng = np.random.default_rng(seed)
    consumer, site = np.divmod(np.arange(16), 4)
    asked = solving.Problem(consumer, site, np.ones(16), rng.integers(1, 3, 4).astype(float), np.full(16, 100.0))
    value = solving.values(asked, rng.integers(0, 2, 16) / 10.0, VALUE)
    taken = solving.solve(asked, value).taken
    mine = {int(c): int(s) for c, s in zip(consumer[taken], site[taken], strict=True)}
    worth = lambda places: sum(value[4 * c + s] for c, s in places.items())  # noqa: E731
    for moved in itertools.product(range(4), repeat=4):
        other = dict(enumerate(moved))
        changed = [c for c in range(4) if other[c] != mine[c]]
        if len(changed) in (1, 2) and (np.bincount(moved, minlength=4) <= asked.room).all():
            is_trade = len(changed) == 1 or {other[c] for c in changed} == {mine[c] for c in changed}
            if is_trade and worth(other) == pytest.approx(worth(mine), abs=1e-9):
                assert other[changed[0]] > mine[changed[0]]


def test_a_draw_is_as_good_as_its_own_gap_says() -> None:
    # a small problem beside one worth a thousand times as much keeps its own best
    asked, value, _ = posed(random_case(3, schools=6))
    small, _ = solving.solve_each(asked, [value, value * 1000.0], [asked.room] * 2, gap=solving.DRAW_GAP)
    assert value[small].sum() >= best_by_trying(asked, value, asked.room) * (1 - solving.DRAW_GAP)


def test_a_pair_without_a_rival_is_made_under_all_weights_and_equal_draws_give_equal_shares() -> None:
    far = trips({"a": {"s1": 100.0, "s2": 1000.0}, "b": {"s1": 100.0, "s2": 9000.0}})
    pairs = pairs_of(asking({"a": 4.0, "b": 4.0}), offering({"s1": 9.0, "s2": 9.0}), far)
    asked, _, chosen = posed(pairs)
    draw = {"seat_value": VALUE, "draws": 40, "concentration": 20.0}
    shares = solving.stability(asked, chosen, WEIGHTS, **draw, rng=np.random.default_rng(1))
    again = solving.stability(asked, chosen, WEIGHTS, **draw, rng=np.random.default_rng(1))
    by_pair = dict(zip(zip(chosen["school_id"], chosen["site_id"], strict=True), shares, strict=True))
    assert by_pair["b", "s1"] == 1.0
    assert by_pair["a", "s1"] + by_pair["a", "s2"] == 1.0
    assert (shares == again).all()


def test_a_weight_of_none_stays_none_in_every_draw() -> None:
    far = trips({"a": {"s1": 100.0, "s2": 7000.0}})
    sites = offering({"s1": 5.0, "s2": 5.0}).assign(host_pupils=[800.0, 0.0])
    asked, _, chosen = posed(pairs_of(asking({"a": 4.0}), sites, far))
    only_load = {"travel": 0.0, "grade": 0.0, "load": 1.0, "move": 0.0}
    shares = solving.stability(
        asked, chosen, only_load, seat_value=VALUE, draws=20, concentration=20.0, rng=np.random.default_rng(0)
    )
    assert shares.tolist() == [0.0, 1.0]
