"""Four index families by hand, their laws, and parts that sum to the score."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.analysis.families import (
    FAMILIES,
    RECIPES,
    Family,
    Reference,
    area_weights,
    child_levels,
    combine,
    contributions,
    domain_means,
    normalise,
    unit,
)
from pipeline.analysis.ranks import descending_rank, percentile_rank

DOMAINS = ("income", "income", "home", "school")
SHARES = arrays.arrays(np.float64, st.tuples(st.just(4), st.integers(1, 12)), elements=st.sampled_from([0, 0.1, 0.25, 0.3, 0.8, 1]))  # fmt: skip
WEIGHTS = st.lists(st.sampled_from([0.1, 0.5, 1.0, 2.0]), min_size=4, max_size=4).map(lambda w: np.array(w) / sum(w))


def score(values: np.ndarray, weights: np.ndarray, family: Family, reference: Reference | None = None) -> np.ndarray:
    scale, how = RECIPES[family]
    normal = normalise(values, scale, None if reference is None else reference.values)
    among = reference and Reference(normalise(reference.values, scale), reference.weights)
    return combine(normal, weights, DOMAINS, how, among) * (100 if family == "percentile" else 1)


def holes(values: np.ndarray, seed: int) -> np.ndarray:
    return np.where(np.random.default_rng(seed).random(values.shape) < 0.2, np.nan, values)


def test_the_exponential_scale_has_its_published_constants() -> None:
    #  ten areas in one domain: R = 0.1 ... 1; half of the scale belongs to the neediest tenth
    ten = combine(normalise(np.arange(10.0)[None], "percentile"), np.ones((1, 10)), ["income"], "exponential")
    assert ten[9] == pytest.approx(100) and ten[8] == pytest.approx(50.4, abs=0.05)
    assert ten[4] == pytest.approx(15.6, abs=0.05) and (np.diff(ten) > 0).all()


def test_a_good_domain_does_not_cancel_a_bad_one_in_the_exponential_family() -> None:
    #  of ten areas, one is neediest in one domain and least needy in the other, one is in the middle of both
    normal = normalise(np.array([[9, 4, 0, 1, 2, 3, 5, 6, 7, 8], [0, 4, 9, 1, 2, 3, 5, 6, 7, 8]], dtype=float), "percentile")  # fmt: skip
    half = np.full(normal.shape, 0.5)
    extreme, middle = combine(normal, half, ["a", "b"], "exponential")[:2]
    assert extreme > 50 > middle
    assert combine(normal, half, ["a", "b"], "arithmetic")[0] == pytest.approx(0.5)


def test_the_geometric_family_by_hand() -> None:
    #  three areas, ranks 0, 1/2, 1; e = 1/6.  (1/2, 1) with weights 1/4 and 3/4: G = 0.5 ** 0.25
    values = np.array([[0.1, 0.2, 0.3], [0.1, 0.3, 0.3], [0.2, 0.2, 0.2], [0.5, 0.5, 0.5]])[:2]
    weights = np.array([[0.25] * 3, [0.75] * 3])
    normal = normalise(values, "percentile")
    assert normal.tolist() == [[0, 0.5, 1], [0, 0.5, 0.5]]
    expected = [100 * (g - 1 / 6) / (5 / 6) for g in (1 / 6, 0.5, 0.5**0.75)]
    np.testing.assert_allclose(combine(normal, weights, ["a", "b"], "geometric"), expected, rtol=1e-12, atol=1e-12)
    #  one domain: its plain mean is all there is, and no rank of 0 drags it down to the floor
    np.testing.assert_allclose(
        combine(normal, weights, ["a", "a"], "geometric")[2], 100 * (0.625 - 1 / 6) / (5 / 6), rtol=1e-12
    )


def test_the_standardised_family_by_hand() -> None:
    #  1, 2, 3 have mean 2 and standard deviation sqrt(2/3); ten zeros and a one: z of the one is sqrt(10) = 3.16, held at 3
    assert normalise(np.array([[1.0, 2, 3]]), "standardised")[0, 2] == pytest.approx(np.sqrt(1.5))
    odd = normalise(np.array([[0.0] * 10 + [1.0]]), "standardised")[0]
    assert odd[10] == 3 and odd[0] == pytest.approx(-1 / np.sqrt(10))
    assert normalise(np.array([[0.0] * 10 + [1.0]]), "standardised", winsor_sd=5)[0, 10] == pytest.approx(np.sqrt(10))
    assert unit(odd)[10] == 1 and normalise(np.array([[1.0, 4, 3]]), "minmax").round(3).tolist() == [[0, 1, 0.667]]


def test_an_indicator_that_is_the_same_everywhere_adds_nothing_and_empties_nothing() -> None:
    values = np.array([[0.3, 0.3, 0.3], [0.1, 0.2, np.nan]])
    for how in ("percentile", "standardised", "minmax"):
        normal = normalise(values, how)
        assert normal[0].tolist() == [0, 0, 0] and np.isnan(normal[1, 2]) and np.isfinite(normal[1, :2]).all()


def test_held_against_the_state_each_area_stands_where_the_state_puts_it() -> None:
    state = np.array([[0.0, 0.1, 0.2, 0.3, 0.4]])
    town = np.array([[-0.1, 0.1, 0.15, 0.9]])
    assert normalise(town, "percentile", state).tolist() == [[0, 0.25, 0.5, 1]]
    np.testing.assert_allclose(normalise(town, "standardised", state)[0, 1], (0.1 - 0.2) / np.sqrt(0.02))
    assert normalise(town, "minmax", state)[0].round(3).tolist() == [0, 0.25, 0.375, 1]
    assert np.isnan(normalise(town, "percentile", np.full((1, 3), np.nan))).all()
    assert np.isnan(normalise(town, "standardised", np.full((1, 3), np.nan))).all()


@given(SHARES, WEIGHTS, st.integers(0, 5))
def test_held_against_themselves_areas_score_as_they_do_alone(values: np.ndarray, weights: np.ndarray, seed: int) -> None:  # fmt: skip
    values = holes(values, seed)
    held = area_weights(values, weights)
    for family in FAMILIES:
        alone = score(values, held, family)
        ranked = np.isfinite(alone)
        own = Reference(values[:, ranked], held[:, ranked])
        if ranked.all():  # else ranks are taken among all areas that have the indicator
            np.testing.assert_allclose(score(values, held, family, own), alone, rtol=1e-12, atol=1e-12)


@given(SHARES, WEIGHTS, st.integers(0, 5), st.booleans())
def test_contributions_sum_to_the_score(values: np.ndarray, weights: np.ndarray, seed: int, is_statewide: bool) -> None:
    values = holes(values, seed)
    held = area_weights(values, weights)
    state = np.random.default_rng(seed).random((4, 30))
    reference = Reference(state, area_weights(state, weights)) if is_statewide else None
    for family in FAMILIES:
        parts = contributions(values, held, DOMAINS, family, reference)
        expected = score(values, held, family, reference)
        assert (np.isfinite(parts).any(axis=0) == np.isfinite(expected)).all()
        np.testing.assert_allclose(np.nansum(parts, axis=0), np.nan_to_num(expected), rtol=0, atol=1e-12)


@given(SHARES, WEIGHTS)
def test_without_gaps_the_percentile_family_is_the_index_of_the_ranks(values: np.ndarray, weights: np.ndarray) -> None:
    held = area_weights(values, weights)
    np.testing.assert_allclose(held, np.tile((weights / weights.sum())[:, None], values.shape[1]), rtol=1e-12)
    np.testing.assert_array_equal(
        contributions(values, held, DOMAINS, "percentile"), 100 * held * percentile_rank(values)
    )


def test_the_index_of_three_neighborhoods_by_hand() -> None:
    #            poverty  rank   no_diploma rank     index (0.75, 0.25)
    #   a          0.10   0        0.30     1        25
    #   b          0.20   0.5      0.10     0        37.5      ties take the smallest rank
    #   c          0.30   1        0.10     0        75
    values = np.array([[0.1, 0.2, 0.3], [0.3, 0.1, 0.1]])
    held = area_weights(values, np.array([0.75, 0.25]))
    assert contributions(values, held, ("income", "schooling"), "percentile").T.tolist() == [
        [0, 25],
        [37.5, 0],
        [75, 0],
    ]


@given(SHARES, WEIGHTS, st.integers(0, 3), st.integers(0, 11))
def test_raising_a_share_never_lowers_the_score(values: np.ndarray, weights: np.ndarray, k: int, at: int) -> None:
    at %= values.shape[1]
    higher = values.copy()
    higher[k, at] = min(1.0, higher[k, at] + 0.3)
    held = area_weights(values, weights)
    for family in FAMILIES:
        # a bigger outlier also widens the standard deviation, by which other indicators are not touched
        before, after = score(values, held, family)[at], score(higher, held, family)[at]
        assert after >= before - 1e-9


@given(SHARES, WEIGHTS, st.sampled_from([0.125, 3.0, 1000.0]))
def test_no_family_knows_in_what_units_an_indicator_is_counted(values: np.ndarray, weights: np.ndarray, unit_of: float) -> None:  # fmt: skip
    held = area_weights(values, weights)
    for family in FAMILIES:
        np.testing.assert_allclose(score(unit_of * values, held, family), score(values, held, family), atol=1e-9)


@given(SHARES, WEIGHTS, st.integers(0, 5))
def test_the_order_of_areas_and_of_indicators_does_not_matter(values: np.ndarray, weights: np.ndarray, seed: int) -> None:  # fmt: skip
    values = holes(values, seed)
    areas = np.random.default_rng(seed).permutation(values.shape[1])
    held = area_weights(values, weights)
    for family in FAMILIES:
        there = contributions(values, held, DOMAINS, family)
        back = contributions(values[::-1, areas], held[::-1, areas], DOMAINS[::-1], family)
        np.testing.assert_allclose(back[::-1], there[:, areas], atol=1e-9)


@pytest.mark.parametrize("seed", range(20))
def test_ranks_do_not_hang_on_the_order_in_which_a_domain_is_summed(seed: int) -> None:
    rng = np.random.default_rng(seed)
    values, weights = rng.random((7, 40)), rng.integers(1, 5, 7) / 10
    domain, order = np.array(["income"] * 3 + ["school"] * 3 + ["home"]), rng.permutation(7)
    for family in FAMILIES:
        one, other = (
            descending_rank(contributions(values[rows], area_weights(values[rows], weights[rows]), list(domain[rows]), family).sum(axis=0))
            for rows in (np.arange(7), order)
        )  # fmt: skip
        np.testing.assert_array_equal(one, other)


@given(SHARES, WEIGHTS)
def test_a_geometric_mean_lies_below_the_plain_one(values: np.ndarray, weights: np.ndarray) -> None:
    held, normal = area_weights(values, weights), normalise(values, "percentile")
    least = 1 / (2 * values.shape[1])
    means, domain_weights = domain_means(normal, held, DOMAINS)
    floored = (domain_weights * np.maximum(means, least)).sum(axis=0)
    assert (combine(normal, held, DOMAINS, "geometric") <= 100 * (floored - least) / (1 - least) + 1e-9).all()


@given(SHARES)
def test_twice_the_same_areas_have_the_same_standardised_values(values: np.ndarray) -> None:
    twice = normalise(np.concatenate([values, values], axis=1), "standardised")
    np.testing.assert_allclose(twice[:, : values.shape[1]], normalise(values, "standardised"), atol=1e-12)


def test_draws_at_once_are_those_of_each_draw() -> None:
    rng = np.random.default_rng(3)
    values, weights = holes(rng.random((6, 4, 9)).round(1), 1), rng.dirichlet(np.ones(4), 6)
    held = area_weights(values, weights)
    for family in FAMILIES:
        each = [score(values[i], area_weights(values[i], weights[i]), family) for i in range(6)]
        np.testing.assert_array_equal(score(values, held, family), each)
    np.testing.assert_array_equal(normalise(values, "minmax"), [normalise(one, "minmax") for one in values])


def test_an_area_without_half_of_the_index_has_no_score() -> None:
    values = np.array([[np.nan, 0.2, 0.4], [np.nan, 0.1, 0.4], [0.5, 0.1, np.nan], [0.5, np.nan, 0.1]])
    held = area_weights(values, np.array([0.3, 0.3, 0.2, 0.2]))
    assert np.isnan(held[:, 0]).all() and np.nansum(held[:, 1:], axis=0) == pytest.approx([1, 1])
    for family in FAMILIES:
        assert np.isnan(score(values, held, family)).tolist() == [True, False, False]
        assert np.isnan(contributions(values, held, DOMAINS, family)[:, 0]).all()


def test_a_fifth_of_the_children_lives_in_each_level() -> None:
    percentile, level = child_levels(np.arange(10.0), np.full(10, 50.0))
    assert level.tolist() == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert percentile.tolist() == [5, 15, 25, 35, 45, 55, 65, 75, 85, 95]
    #  one large area holds most children: it is in the middle, whatever number of small ones there are
    assert child_levels(np.array([3.0, 1, 2, 9]), np.array([900.0, 10, 10, 80]))[1].tolist() == [3, 1, 1, 5]
    assert child_levels(np.array([2.0, 2.0, 1.0]), np.array([10.0, 30.0, 0.0]))[1].tolist() == [3, 3, 1]
    assert np.isnan(child_levels(np.array([1.0, 2.0]), np.array([0.0, np.nan]))[0]).all()
