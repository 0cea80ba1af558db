"""Percentile ranks by SVI's rules."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.ranks import descending_rank, percentile_rank


@given(st.lists(st.one_of(st.none(), st.integers(0, 8)), min_size=1, max_size=15))
def test_percentile_rank_is_one_less_the_smallest_rank_over_n_less_one(values: list[int | None]) -> None:
    known = [v for v in values if v is not None]
    ranks = percentile_rank(np.array([np.nan if v is None else float(v) for v in values]))
    for value, rank in zip(values, ranks, strict=True):
        if value is None:
            assert np.isnan(rank)
        else:
            assert rank == pytest.approx(sum(other < value for other in known) / max(len(known) - 1, 1))


@given(st.lists(st.one_of(st.just(np.nan), st.integers(-50, 50).map(lambda n: n / 10)), min_size=1, max_size=15))
def test_descending_rank_equals_pandas_and_does_not_see_the_rounding_of_sums(values: list[float]) -> None:
    expected = pd.Series(values, dtype="float64").rank(method="min", ascending=False)
    np.testing.assert_array_equal(descending_rank(np.array(values)), expected)
    summed = np.array(values) + np.where(np.arange(len(values)) % 2, 4e-16, 0.0)
    np.testing.assert_array_equal(descending_rank(summed), expected)


def test_ranks_of_many_draws_at_once_are_those_of_each_draw() -> None:
    values = np.random.default_rng(2).integers(0, 4, (7, 9)).astype(float)
    np.testing.assert_array_equal(percentile_rank(values), [percentile_rank(row) for row in values])
