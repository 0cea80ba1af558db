"""Medians from brackets: by hand, against published and simulated ones, and what must hold for all."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from pipeline.analysis.medians import Medians, median_from_brackets
from pipeline.analysis.uncertainty import Z90
from pipeline.errors import ContractError

OPEN = float("nan")
INCOME = np.array([10, 15, 20, 25, 30, 35, 40, 45, 50, 60, 75, 100, 125, 150, 200]) * 1e3
LOW, HIGH = np.array([OPEN, *INCOME]), np.array([*INCOME, OPEN])
COUNTS = st.lists(st.integers(0, 500), min_size=16, max_size=16).map(lambda c: np.array(c, dtype="float64"))


def closed(counts: object, **how: object) -> Medians:
    """Brackets of ten: 0-10, 10-20 ..."""
    ends = np.arange(len(np.atleast_2d(counts)[0]) + 1) * 10.0  # type: ignore[arg-type]  # lists here
    return median_from_brackets(counts, ends[:-1], ends[1:], **how)  # type: ignore[arg-type]


def test_a_median_by_hand() -> None:
    """0 |--20--| 10 |----40----| 20 |----40----| 30: the 50th of 100 is 30/40 into the second bracket."""
    assert closed([20, 40, 40]).median.tolist() == [17.5]


def test_its_margin_by_hand_from_a_design_factor() -> None:
    """100 households, one in five asked, factor 1: the standard error of 50% is sqrt(4 x .25 / 100) = 10%.

    40% lie below 10 + 20/40 x 10 = 15, and 60% below 20: half of 5, times 1.645.
    """
    found = closed([20, 40, 40], design_factor=1.0, sample_share=0.2)
    assert found.moe.tolist() == pytest.approx([Z90 * 2.5])
    assert closed([20, 40, 40], design_factor=0.5, sample_share=0.2).moe.tolist() == pytest.approx([Z90 * 1.25])


def test_its_margin_by_hand_from_those_of_the_brackets() -> None:
    """Two brackets of 50, each with a standard error of 10: the share below the border errs by 0.5 x 14.1 / 100 = 7.07%."""
    found = closed([50, 50], moes=[10 * Z90, 10 * Z90])
    # 42.93% and 57.07% lie below 8.586 and 11.414
    assert found.median.tolist() == [10.0]
    assert found.moe.tolist() == pytest.approx([Z90 * 10 * np.sqrt(0.02)])


def test_los_angeles_county_agrees_with_another_implementation_of_the_bureaus_method() -> None:
    """Table B19001, 2009-2013; census-data-aggregator says 56,363.59 +- 161.97 (its bracket ends at 59,999)."""
    counts = [209050, 190300, 173380, 167740, 154347, 155834, 143103, 140946, 126807, 241482, 303887, 384881, 268689,
              169129, 189195, 211613]  # fmt: skip
    found = median_from_brackets(counts, LOW, HIGH, design_factor=1.0, sample_share=0.125)
    assert found.median[0] == pytest.approx(56_363.59, abs=1)
    assert found.moe[0] == pytest.approx(161.97, abs=0.01)


def test_a_median_in_an_open_bracket_is_a_bound_and_typed() -> None:
    counts = np.zeros((4, 16))
    counts[0, 15] = counts[1, 0] = counts[2, 5] = 100
    found = median_from_brackets(counts, LOW, HIGH, moes=np.full((4, 16), 12.0))
    assert found.median[:3].tolist() == [200_000, 10_000, 32_500] and np.isnan(found.median[3])
    assert found.is_top_coded.tolist() == [True, False, False, False]
    assert found.is_bottom_coded.tolist() == [False, True, False, False]
    assert np.isnan(found.moe[[0, 1, 3]]).all() and found.moe[2] > 0


def test_a_margin_that_reaches_into_an_open_bracket_is_not_known() -> None:
    counts = np.zeros(16)
    counts[[13, 14, 15]] = 10, 45, 45
    found = median_from_brackets(counts, LOW, HIGH, design_factor=1.5)
    assert found.median[0] < 200_000 and not found.is_top_coded[0]
    assert np.isnan(found.moe[0])
    assert np.isfinite(median_from_brackets(counts * 1e4, LOW, HIGH, design_factor=1.5).moe[0])


def test_so_few_households_that_everyone_lies_within_the_error_have_no_margin() -> None:
    """One in eight of 3 was asked: 50% is known to +- 76% only, and there is no 126th percent."""
    found = closed([1, 1, 1], design_factor=1.0)
    assert found.median.tolist() == [15.0] and np.isnan(found.moe[0])


def test_what_is_not_known_stays_unknown() -> None:
    found = closed([[20, np.nan, 40], [20, 40, 40], [0, 0, 0]], moes=[[1, 1, 1], [1, np.nan, 1], [1, 1, 1]])
    assert np.isnan(found.median).tolist() == [True, False, True]
    assert np.isnan(found.moe).all()
    assert not (found.is_top_coded | found.is_bottom_coded).any()
    assert np.isnan(closed([20, 40, 40]).moe[0])  # neither margins nor a factor


@pytest.mark.parametrize(
    ("counts", "low", "high", "share", "says"),
    [
        ([1, 2], [0, 10], [10, 20, 30], 0.1, "2 lower and 3 upper"),
        ([1, 2], [0, 11], [10, 20], 0.1, r"bounds from \[0.0, 11.0\]"),
        ([1, 2], [10, 0], [0, 20], 0.1, "bounds from"),
        ([1, -2], [0, 10], [10, 20], 0.1, "a count of -2"),
        ([1, 2], [0, 10], [10, 20], 12.5, "a sample share of 12.5"),
    ],
)
def test_brackets_that_are_none_are_refused(counts: list, low: list, high: list, share: float, says: str) -> None:  # type: ignore[type-arg]
    with pytest.raises(ContractError, match=rf"E-BRACKETS.*{says}"):
        median_from_brackets(counts, low, high, design_factor=1.0, sample_share=share)


@given(COUNTS, st.floats(0.01, 100))
def test_dollars_of_another_year_scale_the_median_and_its_margin(counts: np.ndarray, factor: float) -> None:
    first = median_from_brackets(counts, LOW, HIGH, design_factor=1.3)
    second = median_from_brackets(counts, LOW * factor, HIGH * factor, design_factor=1.3)
    assert second.median == pytest.approx(first.median * factor, rel=1e-9, nan_ok=True)
    assert second.moe == pytest.approx(first.moe * factor, rel=1e-6, abs=1e-6 * factor, nan_ok=True)


@given(COUNTS)
def test_four_times_the_households_halve_the_margin_of_50_percent(counts: np.ndarray) -> None:
    """In one wide bracket the interval is linear in the standard error: 1/sqrt(n)."""
    total = float(counts.sum())
    assume(total >= 50)
    one, four = (median_from_brackets([n], [0.0], [1.0], design_factor=1.0) for n in (total, 4 * total))
    assert four.moe[0] == pytest.approx(one.moe[0] / 2)
    assert four.median[0] == pytest.approx(0.5)


@given(COUNTS, st.integers(1, 14), st.floats(0.05, 0.95))
def test_a_bracket_cut_in_two_where_people_are_spread_evenly_changes_nothing(
    counts: np.ndarray, at: int, cut: float
) -> None:
    assume(counts.sum() > 0)
    middle = LOW[at] + cut * (HIGH[at] - LOW[at])
    finer = np.concatenate([counts[:at], [counts[at] * cut, counts[at] * (1 - cut)], counts[at + 1 :]])
    low, high = np.insert(LOW, at + 1, middle), np.insert(HIGH, at, middle)
    coarse = median_from_brackets(counts, LOW, HIGH, design_factor=1.2)
    fine = median_from_brackets(finer, low, high, design_factor=1.2)
    # where exactly half lie below an empty bracket any value in it is a median
    assume(not np.isclose(counts.cumsum() / counts.sum(), 0.5, rtol=1e-9).any())
    assert fine.median == pytest.approx(coarse.median, rel=1e-9, nan_ok=True)


@given(COUNTS, st.integers(0, 14), st.integers(1, 15))
def test_a_household_that_earns_more_never_lowers_the_median(counts: np.ndarray, at: int, up: int) -> None:
    assume(counts[at] >= 1)
    richer = counts.copy()
    richer[at] -= 1
    richer[min(at + up, 15)] += 1
    before, after = (median_from_brackets(c, LOW, HIGH).median[0] for c in (counts, richer))
    assert after >= before - 1e-6


@given(st.lists(COUNTS, min_size=2, max_size=5))
def test_areas_do_not_know_of_each_other(areas: list[np.ndarray]) -> None:
    together = median_from_brackets(np.stack(areas), LOW, HIGH, design_factor=1.5)
    for at, counts in enumerate(areas):
        alone = median_from_brackets(counts, LOW, HIGH, design_factor=1.5)
        for one, all_of_them in zip(alone, together, strict=True):
            assert np.array_equal(one[0], all_of_them[at], equal_nan=one.dtype == "float64")


@given(st.lists(COUNTS, min_size=2, max_size=4))
def test_the_median_of_a_union_lies_between_those_of_its_parts(areas: list[np.ndarray]) -> None:
    assume(all(counts.sum() > 0 for counts in areas))
    parts = [median_from_brackets(counts, LOW, HIGH).median[0] for counts in areas]
    whole = median_from_brackets(np.sum(areas, axis=0), LOW, HIGH).median[0]
    assert whole >= min(parts) - 1e-6
    # half below an empty bracket: the lower end is taken, so that only the lower bound is strict
    assume(not any(np.isclose(c.cumsum() / c.sum(), 0.5, rtol=1e-9).any() for c in areas))
    assert whole <= max(parts) + 1e-6


@pytest.mark.parametrize("method", ["design factor", "margins"])
def test_the_margin_holds_the_true_median_in_nine_of_ten_surveys(method: str) -> None:
    """Households with lognormal incomes, one in eight asked by chance, 2,000 surveys."""
    generator = np.random.default_rng(11)
    shares = np.diff(_below(np.array([0.0, *INCOME, np.inf])))
    share, people, surveys = 0.125, 4_000, 2_000
    asked = generator.multinomial(round(people * share), shares, size=surveys)
    counts = asked / share
    # each bracket's own margin, as a survey would publish it
    moes = Z90 * np.sqrt(np.maximum(asked, 1) * (1 - asked / asked.sum(axis=1, keepdims=True))) / share
    how = (
        {"design_factor": 1 / np.sqrt(1 - share), "sample_share": share}
        if method == "design factor"
        else {"moes": moes}
    )
    found = median_from_brackets(counts, LOW, HIGH, **how)  # type: ignore[arg-type]
    truth = median_from_brackets(shares, LOW, HIGH).median[0]
    covered = np.abs(found.median - truth) <= found.moe
    assert covered.mean() == pytest.approx(0.90, abs=0.03)


def _below(income: np.ndarray) -> np.ndarray:
    from scipy.special import ndtr

    with np.errstate(divide="ignore"):
        return np.asarray(ndtr((np.log(income) - np.log(70_000)) / 0.8))
