"""Margins of error, against hand sums, published examples and simulation."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import uncertainty as u

COUNTS = st.floats(0, 1e6)
MARGINS = st.floats(0, 1e5)


def test_a_sum_by_hand_with_the_zero_estimate_rule() -> None:
    # 3-4-5 triangle; then three zero estimates of which only the 12 counts: 5-12-13
    assert u.moe_of_sum([10, 20], [3, 4]) == 5
    assert u.moe_of_sum([10, 0, 0, 0], [5, 12, 12, 7]) == 13


def test_a_sum_of_columns_gives_one_margin_per_row() -> None:
    margins = u.moe_of_sum([[10, 20], [0, 0]], [[3, 4], [12, 9]])
    assert margins.tolist() == [5, 12]


def test_the_handbooks_worked_examples() -> None:
    # ACS General Handbook 2018, ch. 8: never-married women by age, and their share of all women
    total = u.moe_of_sum([135_173, 43_104, 24_842], [3_860, 2_642, 1_957])
    assert total == pytest.approx(5_070, abs=1)
    share = u.moe_of_proportion(4_634, 989, 31_713, 601)
    assert share == pytest.approx(0.0311, abs=1e-4)
    ratio = u.moe_of_ratio(226_840, 5_556, 203_119, 5_070)
    assert ratio == pytest.approx(0.039, abs=1e-3)


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


def test_a_difference_is_tested_against_its_standard_error() -> None:
    assert u.difference_z(100, 30, 150, 40) == pytest.approx(1.645)
    assert u.difference_z(150, 30, 100, 40) == pytest.approx(-1.645)
    assert np.isnan(u.difference_z(100, 0, 150, 0))


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
