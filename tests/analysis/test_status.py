"""Status of schools: intervals, shrinkage and growth."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from pipeline.analysis.status import growth, prior, probability_above, shrink, status_by_year, wilson_interval


def test_growth_and_its_margin_by_hand() -> None:
    #  120 pupils: 48 then 66 meet: +0.15; half a pupil added on both sides of each: 48.5 and 66.5 of 121
    status = pd.DataFrame(
        {
            "school_id": "a",
            "fall_year": [2021, 2023],
            "subjects": "ela",
            "status_share": [0.4, 0.55],
            "pupils_tested": 120.0,
        }
    )
    row = growth(status, 2021, 2023).loc["a"]
    assert row["growth_change"] == pytest.approx(0.15)
    p, q = 48.5 / 121, 66.5 / 121
    assert row["growth_variance"] == pytest.approx(p * (1 - p) / 120 + q * (1 - q) / 120)
    assert (row["base_share"], row["pupils_tested"]) == (0.4, 120)
    other = status.assign(subjects=["ela", "ela math"])
    assert growth(other, 2021, 2023).empty
    assert growth(status, 2023, 2023).empty


def test_the_mean_of_two_subjects_is_not_weighted_by_who_sat_them() -> None:
    rows = pd.DataFrame(
        {
            "school_id": "a",
            "fall_year": 2023,
            "subject": ["ela", "math"],
            "pupils_tested": [100.0, 50.0],
            "pupils_meeting": [50.0, 45.0],
            "points_share": np.nan,
            "value_status": "reported",
        }
    )
    row = status_by_year(rows, ("ela", "math")).iloc[0]
    assert row["status_share"] == pytest.approx(0.7) and row["pupils_tested"] == 75
    assert status_by_year(rows, ("math",)).iloc[0]["status_share"] == pytest.approx(0.9)


@given(st.integers(1, 500), st.floats(0, 1))
def test_wilson_is_where_the_score_test_just_rejects(n: int, share: float) -> None:
    p, size = pd.Series([share]), pd.Series([float(n)])
    low, high = (side.iloc[0] for side in wilson_interval(p, size))
    assert 0 <= low <= share + 1e-12 and share - 1e-12 <= high <= 1
    for end in (low, high):
        if 1e-6 < end < 1 - 1e-6:
            assert abs(share - end) / np.sqrt(end * (1 - end) / n) == pytest.approx(1.645, rel=1e-6)


@given(st.lists(st.tuples(st.floats(0, 1), st.integers(1, 400)), min_size=3, max_size=20))
def test_shrinking_draws_every_school_towards_the_mean_and_never_past_it(schools: list[tuple[float, int]]) -> None:
    share = pd.Series([round(p * n) / n for p, n in schools])
    n = pd.Series([float(n) for _, n in schools])
    a, b = prior(share, n)
    mean = a / (a + b)
    shrunk = shrink(share, n, pd.Series("high", index=share.index))["shrunk_share"]
    low, high = np.minimum(share, mean), np.maximum(share, mean)
    assert ((shrunk >= low - 1e-9) & (shrunk <= high + 1e-9)).all()
    assert a > 0 and b > 0


def test_the_prior_finds_the_spread_that_made_the_schools() -> None:
    rng = np.random.default_rng(8)
    n = rng.integers(30, 200, 3000).astype(float)
    share = rng.binomial(n.astype(int), rng.beta(6, 4, 3000)) / n
    a, b = prior(pd.Series(share), pd.Series(n))
    assert a == pytest.approx(6, rel=0.15) and b == pytest.approx(4, rel=0.15)


def test_schools_that_differ_by_chance_only_are_drawn_together() -> None:
    rng = np.random.default_rng(9)
    n = pd.Series(np.full(400, 50.0))
    share = pd.Series(rng.binomial(50, 0.5, 400) / 50)
    shrunk = shrink(share, n, pd.Series("high", index=n.index))["shrunk_share"]
    assert shrunk.std() < share.std() / 4
    even = pd.Series([0.5] * 38 + [0.48, 0.52])
    assert shrink(even, n.iloc[:40], pd.Series("high", index=even.index))["shrunk_share"].std() < 1e-4


def test_probability_above_is_the_beta_distributions() -> None:
    a, b = pd.Series([3.0, 40.0]), pd.Series([5.0, 20.0])
    np.testing.assert_allclose(probability_above(a, b, 0.6), stats.beta.sf(0.6, a, b))
