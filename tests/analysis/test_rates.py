"""Empirical-Bayes rates against esda and by hand."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.rates import empirical_bayes_rate, pooled, standardised_rate


def counts(seed: int = 3, n: int = 60) -> tuple[np.ndarray, np.ndarray]:
    """Rates that differ more than chance, over universes from 20 to 4,000."""
    rng = np.random.default_rng(seed)
    universe = np.exp(rng.uniform(3, 8.3, n)).round()
    return rng.binomial(universe.astype(int), rng.beta(2, 8, n)).astype(float), universe


def test_rates_equal_esda() -> None:
    smoothing = pytest.importorskip("esda.smoothing")
    count, universe = counts()
    assert pooled(count, universe)[1] > 0
    theirs = smoothing.Empirical_Bayes(count, universe).r.ravel()
    np.testing.assert_allclose(empirical_bayes_rate(count, universe), theirs, rtol=1e-12)
    theirs = smoothing.assuncao_rate(count, universe)
    np.testing.assert_allclose(standardised_rate(count, universe), theirs, rtol=1e-10, atol=1e-12)


def test_three_areas_by_hand() -> None:
    #  rates 0.5, 0.1, 0.2; all together 35 of 200: m = 0.175
    #  sum b (r - m)^2 = 50 * 0.105625 + 50 * 0.005625 + 100 * 0.000625 = 5.625; / 200 = 0.028125
    #  less m / mean(b) = 0.175 / (200 / 3) = 0.002625: s2 = 0.0255
    count, universe = np.array([25.0, 5.0, 20.0]), np.array([50.0, 50.0, 100.0])
    count[2] = 5.0
    mean, spread = pooled(count, universe)
    assert mean == pytest.approx(0.175)
    expected = (50 * (0.5 - 0.175) ** 2 + 50 * (0.1 - 0.175) ** 2 + 100 * (0.05 - 0.175) ** 2) / 200 - 0.002625
    assert spread == pytest.approx(expected)
    weight = expected / (expected + 0.175 / 50)
    assert empirical_bayes_rate(count, universe)[0] == pytest.approx(weight * 0.5 + (1 - weight) * 0.175)


def test_differences_that_chance_explains_leave_one_rate() -> None:
    count, universe = np.array([5.0, 6.0, 4.0, 5.0]), np.full(4, 50.0)
    assert pooled(count, universe)[1] == 0.0
    np.testing.assert_allclose(empirical_bayes_rate(count, universe), 0.1)
    assert np.isfinite(standardised_rate(count, universe)).all()


def test_nothing_counted_anywhere_is_a_rate_of_zero() -> None:
    none, universe = np.zeros(3), np.array([10.0, 20.0, 30.0])
    assert empirical_bayes_rate(none, universe).tolist() == [0.0, 0.0, 0.0]
    assert standardised_rate(none, universe).tolist() == [0.0, 0.0, 0.0]


@given(st.integers(0, 10_000))
def test_a_smoothed_rate_lies_between_the_rate_and_that_of_all_and_small_universes_move_most(seed: int) -> None:
    count, universe = counts(seed, 12)
    mean, spread = pooled(count, universe)
    rate, smoothed = count / universe, empirical_bayes_rate(count, universe)
    low, high = np.minimum(rate, mean), np.maximum(rate, mean)
    assert ((smoothed >= low - 1e-12) & (smoothed <= high + 1e-12)).all()
    away = np.abs(rate - mean) > 1e-9
    kept = np.abs(smoothed - mean)[away] / np.abs(rate - mean)[away]
    order = np.argsort(universe[away], kind="stable")
    assert (np.diff(kept[order]) >= -1e-9).all()
    assert spread >= 0
