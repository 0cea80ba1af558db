"""Percentile ranks by SVI's rules, and what margins do to them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.ranks import descending_rank, index_contributions, percentile_rank, rank_draws, row_weights


@given(st.lists(st.one_of(st.none(), st.integers(0, 8)), min_size=1, max_size=15))
def test_percentile_rank_is_one_less_the_smallest_rank_over_n_less_one(values: list[int | None]) -> None:
    known = [v for v in values if v is not None]
    ranks = percentile_rank(np.array([np.nan if v is None else float(v) for v in values]))
    for value, rank in zip(values, ranks, strict=True):
        if value is None:
            assert np.isnan(rank)
        else:
            assert rank == pytest.approx(sum(other < value for other in known) / max(len(known) - 1, 1))


@given(st.lists(st.one_of(st.just(np.nan), st.floats(-5, 5)), min_size=1, max_size=15))
def test_descending_rank_equals_pandas(values: list[float]) -> None:
    expected = pd.Series(values, dtype="float64").rank(method="min", ascending=False)
    np.testing.assert_array_equal(descending_rank(np.array(values)), expected)


def test_ranks_of_many_draws_at_once_are_those_of_each_draw() -> None:
    values = np.random.default_rng(2).integers(0, 4, (7, 9)).astype(float)
    np.testing.assert_array_equal(percentile_rank(values), [percentile_rank(row) for row in values])


def test_the_index_of_three_neighborhoods_by_hand() -> None:
    #            poverty  rank   no_diploma rank     index (0.75, 0.25)
    #   a          0.10   0        0.30     1        25
    #   b          0.20   0.5      0.10     0        37.5      ties take the smallest rank
    #   c          0.30   1        0.10     0        75
    shares = np.array([[0.1, 0.3], [0.2, 0.1], [0.3, 0.1]])
    weights = row_weights(shares, np.array([0.75, 0.25]))
    assert index_contributions(shares, weights).tolist() == [[0, 25], [37.5, 0], [75, 0]]


def test_draws_agree_with_the_analytic_probability_for_two_neighborhoods() -> None:
    #  a and b differ by 0.1; each has a standard error of 0.1: P(b above a) = Phi(0.1 / 0.1414) = 0.760
    shares, margins = np.array([[0.4], [0.5]]), np.full((2, 1), 0.1645)
    ranks = rank_draws(shares, margins, np.ones((2, 1)), draws=20_000, rng=np.random.default_rng(4))
    assert (ranks[:, 1] == 1).mean() == pytest.approx(0.760, abs=0.01)


def test_a_drawn_share_stays_between_none_and_all() -> None:
    #  both shares are near zero: about half of their draws are cut off at 0 and tie at rank 2 of 3
    shares, margins = np.array([[0.001], [0.001], [0.9]]), np.array([[0.5], [0.5], [0.01]])
    ranks = rank_draws(shares, margins, np.ones((3, 1)), draws=4000, rng=np.random.default_rng(6))
    both_none = (ranks[:, 0] == 2) & (ranks[:, 1] == 2)
    assert both_none.mean() == pytest.approx(0.25, abs=0.03)
