"""Margins of error, against hand sums, published examples and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import uncertainty as u
from pipeline.errors import ContractError

COUNTS = st.floats(0, 1e6)
MARGINS = st.floats(0, 1e5)


def test_a_sum_by_hand_with_the_zero_estimate_rule() -> None:
    # 3-4-5 triangle; then three zero estimates of which only the 12 counts: 5-12-13
    assert u.moe_of_sum([10, 20], [3, 4]) == 5
    assert u.moe_of_sum([10, 0, 0, 0], [5, 12, 12, 7]) == 13


def test_a_sum_of_columns_gives_one_margin_per_row() -> None:
    margins = u.moe_of_sum([[10, 20], [0, 0]], [[3, 4], [12, 9]])
    assert margins.tolist() == [5, 12]


# ACS General Handbook 2018, ch. 8: never-married women (tables 8.1 to 8.4) and men (8.5) of Fairfax
# County, Arlington County and Alexandria, Virginia.
WOMEN = ([135_173, 43_104, 24_842], [3_860, 2_642, 1_957])
ALL_WOMEN = ([466_037, 97_360, 67_101], [391, 572, 459])
MEN = ([156_720, 44_613, 25_507], [4_222, 2_819, 2_259])


def test_the_handbooks_aggregated_count_with_its_margin_error_and_cv() -> None:
    assert sum(WOMEN[0]) == 203_119
    margin = u.moe_of_sum(*WOMEN)
    assert round(float(margin)) == 5_070
    assert round(float(u.standard_error(margin))) == 3_082
    assert round(float(u.coefficient_of_variation(203_119, margin)), 3) == 0.015
    assert round(float(u.moe_of_sum(*ALL_WOMEN))) == 831
    assert int(u.moe_of_sum(*MEN)) == 5_556  # cut off, not rounded, in the handbook


def test_the_handbooks_derived_figures_to_the_digit() -> None:
    assert round(float(u.moe_of_proportion(203_119, 5_070, 630_498, 831)), 3) == 0.008
    assert round(float(u.moe_of_ratio(226_840, 5_556, 203_119, 5_070)), 3) == 0.039
    # owner-occupied homes times the share of them that are detached houses
    assert round(float(u.moe_of_product(74_506_512, 228_238, 0.824, 0.001))) == 202_289
    # never-married women of Fairfax County two periods apart: +3.1% +- 4.2
    assert round(float(u.moe_of_percent_change(135_173, 3_860, 139_301, 4_047)), 3) == 0.042


def test_the_bureaus_other_examples() -> None:
    # four counts of a small area, three of them zero (Using ACS Estimates and Margin of Error, 2018)
    assert float(u.moe_of_sum([0, 0, 0, 41], [22, 22, 29, 37])) == pytest.approx(47.0106, abs=1e-4)
    # children under 5 of both sexes, United States
    assert float(u.moe_of_sum([10_154_024, 9_712_936], [3_778, 3_911])) == pytest.approx(5_437.7574, abs=1e-4)
    assert u.moe_of_proportion(4_634, 989, 31_713, 601) == pytest.approx(0.0311, abs=1e-4)


def test_a_missing_part_makes_the_margin_missing_unless_its_weight_is_zero() -> None:
    assert np.isnan(u.moe_of_sum([10, np.nan], [3, 4]))
    assert np.isnan(u.moe_of_sum([10, 20], [3, np.nan]))
    assert u.moe_of_weighted_sum([1, 0], [10, np.nan], [3, np.nan]) == 3


@given(st.lists(st.tuples(COUNTS, MARGINS), min_size=1, max_size=8))
def test_a_sum_is_never_surer_than_its_surest_large_part_nor_worse_than_all(parts: list[tuple[float, float]]) -> None:
    estimates, moes = (np.array(column) for column in zip(*parts, strict=True))
    margin = float(u.moe_of_sum(estimates, moes))
    assert margin <= np.sqrt((moes**2).sum()) * (1 + 1e-12) + 1e-12
    assert margin >= moes.max() * (1 - 1e-12) - 1e-12


@given(st.lists(st.tuples(COUNTS, MARGINS), min_size=2, max_size=8), st.randoms())
def test_the_order_of_the_parts_does_not_matter(parts: list[tuple[float, float]], random: object) -> None:
    shuffled = list(parts)
    random.shuffle(shuffled)  # type: ignore[attr-defined]  # hypothesis gives a random.Random
    first, second = (u.moe_of_sum(*map(list, zip(*p, strict=True))) for p in (parts, shuffled))
    assert first == pytest.approx(second, rel=1e-12)


@given(st.lists(st.tuples(COUNTS, MARGINS), min_size=1, max_size=8), st.floats(0.01, 100))
def test_in_thousands_or_in_ones_a_margin_is_the_same(parts: list[tuple[float, float]], unit: float) -> None:
    estimates, moes = (np.array(column) for column in zip(*parts, strict=True))
    assert u.moe_of_sum(estimates * unit, moes * unit) == pytest.approx(u.moe_of_sum(estimates, moes) * unit, rel=1e-9)
    assert u.moe_of_weighted_sum(unit, estimates, moes) == pytest.approx(u.moe_of_sum(estimates, moes) * unit, rel=1e-9)


@given(st.floats(1, 1e6), MARGINS, st.floats(1, 1e6), MARGINS, st.floats(0.01, 100))
def test_shares_ratios_and_changes_have_no_unit(x: float, x_moe: float, y: float, y_moe: float, unit: float) -> None:
    for formula in (u.moe_of_ratio, u.moe_of_percent_change):
        assert formula(x * unit, x_moe * unit, y * unit, y_moe * unit) == pytest.approx(
            float(formula(x, x_moe, y, y_moe)), rel=1e-6, abs=1e-9
        )
    assert u.difference_z(x * unit, x_moe * unit, y * unit, y_moe * unit) == pytest.approx(
        float(u.difference_z(x, x_moe, y, y_moe)), rel=1e-6, abs=1e-6, nan_ok=True
    )


@given(COUNTS, MARGINS)
def test_the_sum_of_one_is_itself(estimate: float, moe: float) -> None:
    assert float(u.moe_of_sum([estimate], [moe])) == pytest.approx(moe, rel=1e-12)
    assert float(u.moe_of_product(estimate, moe, 1.0, 0.0)) == pytest.approx(moe, rel=1e-12)
    assert float(u.moe_of_ratio(estimate, moe, 1.0, 0.0)) == pytest.approx(moe, rel=1e-12)


def test_of_weighted_zeros_the_largest_weighted_margin_counts() -> None:
    # 12 x 0.5 is more than 9 x 0.6: 6 and 8 make 10
    assert u.moe_of_weighted_sum([1, 0.5, 0.6], [10, 0, 0], [8, 12, 9]) == 10
    # an unknown margin of a zero is unknown, and a controlled zero adds nothing
    assert np.isnan(u.moe_of_weighted_sum([1, 0.5, 0.6], [10, 0, 0], [8, 12, np.nan]))
    assert u.moe_of_sum([10, 0], [8, 0]) == 8


def test_a_missing_number_makes_every_derived_margin_missing() -> None:
    for formula in (u.moe_of_proportion, u.moe_of_ratio, u.moe_of_product, u.moe_of_percent_change, u.difference_z):
        for at in range(4):
            numbers = [40.0, 5.0, 100.0, 8.0]
            numbers[at] = np.nan
            assert np.isnan(formula(*numbers)), (formula.__name__, at)
    assert np.isnan(u.moe_of_difference(np.nan, 3))
    assert not u.is_significant_change(100, np.nan, 500, 1)


def test_the_margin_of_a_sum_covers_the_truth_nine_times_in_ten() -> None:
    """Poisson samples of one in eight, weights 8, the margin of each part from its own count."""
    generator = np.random.default_rng(5)
    truth = np.array([900.0, 400.0, 250.0, 1500.0])
    asked = generator.poisson(truth / 8, size=(20_000, 4))
    estimates, moes = asked * 8.0, u.Z90 * 8.0 * np.sqrt(asked)
    total = estimates.sum(axis=1)
    assert (np.abs(total - truth.sum()) <= u.moe_of_sum(estimates, moes)).mean() == pytest.approx(0.90, abs=0.01)
    share, part = total, estimates[:, 0]
    margin = u.moe_of_proportion(part, moes[:, 0], share, u.moe_of_sum(estimates, moes))
    covered = np.abs(part / share - truth[0] / truth.sum()) <= margin
    assert covered.mean() == pytest.approx(0.90, abs=0.02)


@pytest.mark.parametrize(("level", "expected"), [(90, 3778.0), (95, 4501.4468), (99, 5916.1872)])
def test_a_margin_at_each_level_of_the_bureau(level: int, expected: float) -> None:
    assert float(u.at_confidence(3778, level)) == pytest.approx(expected, abs=1e-4)
    # and it holds as many draws as it says
    draws = np.random.default_rng(3).normal(0, 1000 / u.Z90, 100_000)
    assert (np.abs(draws) <= u.at_confidence(1000, level)).mean() == pytest.approx(level / 100, abs=0.005)


def test_other_levels_of_confidence_are_refused() -> None:
    for level in (0.9, 80, 100):
        with pytest.raises(ContractError, match=rf"E-CONFIDENCE.*first: {level}.*90, 95 or 99"):
            u.at_confidence(10, level)  # type: ignore[arg-type]  # what a reader may try


def test_a_proportion_falls_back_to_the_ratio_where_the_root_would_be_negative() -> None:
    # 95 of 100 with margins 10 and 30: 10^2 - 0.95^2 * 30^2 < 0
    assert u.moe_of_proportion(95, 10, 100, 30) == u.moe_of_ratio(95, 10, 100, 30)
    assert u.moe_of_proportion(100, 10, 100, 30) == pytest.approx(0.1)
    assert np.isnan(u.moe_of_proportion(0, 10, 0, 30))


def test_the_margin_of_a_ratio_agrees_with_simulation() -> None:
    generator = np.random.default_rng(7)
    a = generator.normal(500, 20 / u.Z90, 200_000)
    b = generator.normal(1000, 40 / u.Z90, 200_000)
    assert float(u.moe_of_ratio(500, 20, 1000, 40)) == pytest.approx(u.Z90 * (a / b).std(), rel=0.02)
    assert float(u.moe_of_product(500, 20, 1000, 40)) == pytest.approx(u.Z90 * (a * b).std(), rel=0.02)
    assert float(u.moe_of_percent_change(1000, 40, 500, 20)) == pytest.approx(u.Z90 * ((a - b) / b).std(), rel=0.02)


def test_reliability_follows_the_studys_cuts() -> None:
    moe = np.array([0.11, 0.13, 0.39, 0.41]) * u.Z90 * 100
    assert u.reliability_class([100] * 4, moe).tolist() == ["high", "medium", "medium", "low"]
    assert u.reliability_class([100] * 4, moe, high_cv=0.15, medium_cv=0.3).tolist() == ["high", "high", "low", "low"]
    assert u.reliability_class([0, 5, np.nan], [12, np.nan, 1]).tolist() == ["low", "not_known", "not_known"]


def test_a_controlled_estimate_is_surer_than_all_and_an_unknown_one_is_not_known() -> None:
    assert u.coefficient_of_variation([500, 0, 0, 500], [0, 0, 12, np.nan]).tolist()[:3] == [0, 0, 1]
    assert u.reliability_class([500, 0, 0, 500], [0, 0, 12, np.nan]).tolist() == ["high", "high", "low", "not_known"]


def test_a_difference_is_tested_against_its_standard_error() -> None:
    assert u.difference_z(100, 30, 150, 40) == pytest.approx(1.645)
    assert u.difference_z(150, 30, 100, 40) == pytest.approx(-1.645)
    assert np.isnan(u.difference_z(100, 0, 150, 0))


def test_a_change_is_significant_at_the_level_that_is_asked_for() -> None:
    # a standard error of 50 / 1.645 = 30.4: 55 is 1.81 of them, 65 is 2.14, 80 is 2.63
    later = [149, 155, 165, 180, 20]
    for level, expected in ((90, [0, 1, 1, 1, 1]), (95, [0, 0, 1, 1, 1]), (99, [0, 0, 0, 1, 1])):
        found = u.is_significant_change(100, 30, later, 40, level=level)
        assert found.tolist() == [bool(flag) for flag in expected], level
    assert u.is_significant_change([100, 100], 0, [100, 101], 0).tolist() == [False, True]  # both controlled


def test_periods_that_share_years_are_tested_with_a_smaller_error() -> None:
    shared = u.shared_years_share("2018-2022", "2019-2023")
    assert shared == 0.8  # 4 of 5 years
    assert float(u.difference_z(100, 30, 150, 40, shared_years_share=shared)) == pytest.approx(1.645 / np.sqrt(0.2))
    assert not u.is_significant_change(100, 30, 130, 40)
    assert u.is_significant_change(100, 30, 130, 40, shared_years_share=shared)


def test_the_factor_of_overlapping_periods_agrees_with_simulation() -> None:
    """Two means of five years that have four years in common differ by one year in and one year out."""
    years = np.random.default_rng(9).normal(100, 10, size=(200_000, 6))
    first, second = years[:, :5].mean(axis=1), years[:, 1:].mean(axis=1)
    independent = np.hypot(first.std(), second.std())
    assert (second - first).std() == pytest.approx(independent * np.sqrt(1 - 0.8), rel=0.01)


@given(st.integers(1990, 2050), st.integers(1, 9), st.integers(0, 9))
def test_the_share_of_common_years_does_not_ask_which_comes_first(start: int, length: int, later: int) -> None:
    one, other = (f"{year}-{year + length - 1}" for year in (start, start + later))
    assert u.shared_years_share(one, other) == u.shared_years_share(other, one) == max(0, length - later) / length


def test_periods_of_different_length_and_a_period_with_itself_are_refused() -> None:
    with pytest.raises(ContractError, match=r"E-PERIODS.*2019 and 2019-2023"):
        u.shared_years_share("2019", "2019-2023")
    with pytest.raises(ContractError, match=r"E-SHARED-YEARS.*first: 1.0"):
        u.difference_z(1, 1, 2, 1, shared_years_share=u.shared_years_share("2019-2023", "2019-2023"))


@pytest.mark.parametrize(
    ("before", "now", "why"),
    [
        ("2014-2018", "2019-2023", ""),
        ("2016-2020", "2019-2023", "the periods 2016-2020 and 2019-2023 share the years 2019-2020"),
        ("2020", "2020", "share the years 2020-2020"),
        ("2019-2023", "2014-2018", "2019-2023 is not earlier than 2014-2018"),
        (None, "2019-2023", "names no earlier vintage"),
    ],
)
def test_periods_that_share_years_are_not_compared(before: str | None, now: str, why: str) -> None:
    found = u.overlap_reason(before, now)
    assert why in found
    assert bool(found) is bool(why)
