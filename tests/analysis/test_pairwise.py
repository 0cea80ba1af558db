"""Rank intervals by tests of pairs, and the composite they test."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import pairwise
from pipeline.analysis.pairwise import composite, pairwise_interval
from pipeline.analysis.ranks import descending_rank

SCORES = st.lists(st.tuples(st.floats(-3, 3), st.floats(0.01, 2)), min_size=1, max_size=20)


@pytest.mark.parametrize(("gap", "is_told"), [(0.231, False), (0.234, True)])
def test_two_areas_are_told_apart_by_the_z_test(gap: float, is_told: bool) -> None:
    #  the difference has a standard error of 0.1 x sqrt 2 = 0.1414, times 1.645 = 0.2326
    low, high = pairwise_interval(np.array([0.0, gap]), np.array([0.1, 0.1]), 1.645)
    assert (low.tolist(), high.tolist()) == (([2, 1], [2, 1]) if is_told else ([1, 1], [2, 2]))


def test_without_error_the_interval_is_the_rank_and_ties_share_theirs() -> None:
    score = np.array([4.0, 7.0, 7.0, np.nan, 1.0])
    low, high = pairwise_interval(score, np.zeros(5), 1.645)
    np.testing.assert_array_equal(low, [3, 1, 1, np.nan, 4])
    np.testing.assert_array_equal(high, [3, 2, 2, np.nan, 4])


@given(SCORES)
def test_the_interval_holds_the_rank_and_widens_with_z(rows: list[tuple[float, float]]) -> None:
    score, se = np.array(rows).T
    rank = descending_rank(score)
    before = (rank, rank)
    for z in (1.0, 1.645, 3.0):
        low, high = pairwise_interval(score, se, z)
        assert (low >= 1).all() and (high <= len(rows)).all()
        assert (low <= before[0]).all() and (high >= before[1]).all()
        before = (low, high)


@given(SCORES)
def test_more_error_everywhere_never_narrows_an_interval(rows: list[tuple[float, float]]) -> None:
    score, se = np.array(rows).T
    narrow, wide = (pairwise_interval(score, se * times, 1.645) for times in (1, 2))
    assert (wide[0] <= narrow[0]).all() and (wide[1] >= narrow[1]).all()


def test_blocks_of_pairs_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(3)
    score, se = rng.normal(size=50), rng.uniform(0.1, 0.5, 50)
    whole = pairwise_interval(score, se, 1.645)
    monkeypatch.setattr(pairwise, "_BLOCK_CELLS", 120)
    np.testing.assert_array_equal(whole, pairwise_interval(score, se, 1.645))


def test_simultaneous_intervals_hold_all_true_ranks_at_once_at_least_as_often_as_promised() -> None:
    rng, true, se = np.random.default_rng(8), np.linspace(0, 1, 12), np.full(12, 0.15)
    rank, z, held, single = descending_rank(true), NormalDist().inv_cdf(1 - 0.1 / (2 * 11)), [], []  # Bonferroni
    for _ in range(300):
        score = true + se * rng.standard_normal(12)
        for kept, by in ((held, z), (single, 1.645)):
            low, high = pairwise_interval(score, se, by)
            kept.append(((low <= rank) & (rank <= high))[5])
    assert np.mean(held) >= 0.9
    assert np.mean(held) > np.mean(single)


def test_the_composite_has_the_error_that_drawing_it_has() -> None:
    rng = np.random.default_rng(2)
    shares, margins = rng.uniform(0.2, 0.6, (3, 8)), rng.uniform(0.01, 0.1, (3, 8))
    margins[1, 4] = np.nan  # an unknown margin counts as none
    weights = np.repeat(np.array([[0.5], [0.3], [0.2]]), 8, axis=1)
    score, se = composite(shares, margins, weights)
    drawn = shares + np.nan_to_num(margins) / 1.645 * rng.standard_normal((40_000, 3, 8))
    deviation, mean = shares.std(axis=1, keepdims=True), shares.mean(axis=1, keepdims=True)
    again = (weights * (drawn - mean) / deviation).sum(axis=1)
    np.testing.assert_allclose(again.mean(axis=0), score, atol=0.02)
    np.testing.assert_allclose(again.std(axis=0), se, rtol=0.02)


def test_an_area_without_weights_has_no_score_and_one_value_everywhere_adds_nothing() -> None:
    shares = np.array([[0.1, 0.2, 0.3], [0.5, 0.5, 0.5]])
    weights = np.array([[0.5, 0.5, np.nan], [0.5, 0.5, np.nan]])
    score, se = composite(shares, np.full((2, 3), 0.1), weights)
    assert np.isnan(score[2]) and np.isnan(se[2])
    only, _ = composite(shares[:1], np.full((1, 3), 0.1), weights[:1])
    np.testing.assert_allclose(score[:2], only[:2])
