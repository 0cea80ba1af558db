"""Cohort survival against a loop written from the rules, and its edge cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from pipeline.analysis import cohorts
from pipeline.columns import GRADES

G = {name: position for position, name in enumerate(GRADES)}
YEARS = np.arange(2019, 2025)


def school(**grades: list[float]) -> np.ndarray:
    """One school: grade (as g01, kg) -> pupils by fall."""
    pupils = np.zeros((1, len(GRADES), len(next(iter(grades.values())))))
    for name, counts in grades.items():
        pupils[0, G[name.upper().removeprefix("G")]] = counts
    return pupils


def ahead(pupils: np.ndarray, grade: str, horizon: int = 1, **other: object) -> list[float]:
    years = np.arange(2025 - pupils.shape[2], 2025)
    return cohorts.cohort_survival(pupils, years, len(years) - 1, horizon, **other)[0, G[grade]].tolist()


def test_a_grade_keeps_the_mean_share_of_the_grade_below() -> None:
    pupils = school(g01=[100.0, 80.0, 90.0], g02=[50.0, 90.0, 60.0])
    # 90/100 and 60/80, mean 0.825
    assert ahead(pupils, "02") == pytest.approx([0.825 * 90])


def test_only_the_latest_steps_are_averaged() -> None:
    pupils = school(g01=[100.0, 80.0, 90.0], g02=[50.0, 90.0, 60.0])
    assert ahead(pupils, "02", survival_years=1) == pytest.approx([0.75 * 90])


def test_steps_into_and_out_of_a_fall_left_out_do_not_count() -> None:
    # fall 2023 is a shock: half the pupils are away
    pupils = school(g01=[100.0, 100.0, 50.0, 100.0], g02=[90.0, 90.0, 45.0, 90.0])
    assert ahead(pupils, "02", leave_out=(2023,)) == pytest.approx([90.0])
    assert ahead(pupils, "02") != pytest.approx([90.0])


def test_kindergarten_follows_births_where_they_are_known() -> None:
    pupils = school(kg=[70.0, 50.0, 40.0], g01=[40.0, 40.0, 40.0])
    births = {2017: 1400.0, 2018: 1000.0, 2019: 800.0, 2020: 600.0}  # falls 2022 to 2025
    assert ahead(pupils, "KG", births=births) == pytest.approx([30.0])
    assert ahead(pupils, "KG") == pytest.approx([45.0])
    # the second year has no births: back to the mean
    assert ahead(pupils, "KG", horizon=2, births=births) == pytest.approx([30.0, 45.0])


def test_transitional_kindergarten_is_its_own_grade_and_stays() -> None:
    pupils = school(tk=[10.0, 10.0, 20.0], kg=[70.0, 50.0, 40.0])
    assert ahead(pupils, "TK", horizon=2) == [20.0, 20.0]
    assert ahead(pupils, "KG") == pytest.approx([45.0])


def test_an_entry_grade_keeps_its_share_of_the_districts_grade_below() -> None:
    feeder = school(g05=[100.0, 120.0, 90.0])
    middle = school(g06=[70.0, 50.0, 60.0], g07=[70.0, 70.0, 50.0])
    pupils = np.concatenate([middle, feeder])
    # 50/100 and 60/120: half of the district's fifth grade
    assert ahead(pupils, "06") == pytest.approx([45.0])


def test_a_grade_where_most_pupils_are_new_is_an_entry_though_the_school_has_the_grade_below() -> None:
    feeder = school(g08=[200.0, 200.0, 100.0])
    high = school(g08=[20.0, 20.0, 20.0], g09=[100.0, 110.0, 110.0])
    pupils = np.concatenate([high, feeder])
    assert ahead(pupils, "09") == pytest.approx([0.5 * 120])  # 110 of 220 each year; next year 120 in grade 8


def test_a_grade_without_pupils_stays_empty_and_the_top_grade_leaves() -> None:
    pupils = school(g05=[60.0, 60.0, 60.0], g06=[0.0, 0.0, 0.0])
    assert ahead(pupils, "06", horizon=3) == [0.0, 0.0, 0.0]
    # a school that closed its sixth grade last year does not open it again
    pupils = school(g05=[60.0, 60.0, 60.0], g06=[60.0, 60.0, 0.0])
    assert ahead(pupils, "06") == [0.0]


def test_a_new_school_takes_the_ratio_of_the_others() -> None:
    old = school(g01=[100.0, 100.0], g02=[80.0, 80.0])
    new = school(g01=[np.nan, 50.0], g02=[np.nan, 30.0])
    new[:, :, 0] = np.nan
    pupils = np.concatenate([new, old])
    assert ahead(pupils, "02") == pytest.approx([0.8 * 50])


def test_a_school_that_did_not_report_the_last_fall_has_no_forecast() -> None:
    gone = school(g01=[100.0, 100.0])
    gone[:, :, 1] = np.nan
    here = school(g01=[100.0, 100.0])
    found = cohorts.cohort_survival(np.concatenate([gone, here]), YEARS[-2:], 1, 2)
    assert np.isnan(found[0]).all()
    assert not np.isnan(found[1]).any()


def test_schools_are_held_to_the_district() -> None:
    rng = np.random.default_rng(7)
    pupils = np.zeros((30, len(GRADES), 6))
    pupils[:, G["KG"] : G["05"] + 1] = rng.integers(20, 90, size=(30, 6, 6))
    schools, district = cohorts.forecast(cohorts.COHORTS, pupils, YEARS, 5, 3)
    np.testing.assert_allclose(schools.sum(axis=0), district)


COUNTS = arrays(np.float64, (3, len(GRADES), 5), elements=st.integers(0, 120).map(float))


@settings(max_examples=40, deadline=None)
@given(COUNTS)
def test_later_falls_are_never_looked_at(pupils: np.ndarray) -> None:
    for method in cohorts.METHODS:
        seen, _ = cohorts.forecast(method, pupils, YEARS, 3, 1)
        changed = pupils.copy()
        changed[:, :, 4] = 999.0
        hidden, _ = cohorts.forecast(method, changed, YEARS, 3, 1)
        np.testing.assert_array_equal(seen, hidden)
        assert (seen >= 0).all()


@settings(max_examples=40, deadline=None)
@given(COUNTS)
def test_ratios_agree_with_a_plain_loop(pupils: np.ndarray) -> None:
    base, moved = 4, [0, 1, 2, 3]
    found = cohorts.cohort_survival(pupils, YEARS, base, 1)
    for s in range(3):
        for g in cohorts.CHAIN:
            ratios = [pupils[s, g, t + 1] / pupils[s, g - 1, t] for t in moved if pupils[s, g - 1, t] >= 10]
            if pupils[s, g, base] > 0 and pupils[s, g - 1, base] >= 10 and ratios and np.mean(ratios) <= 2:
                assert found[s, g, 0] == pytest.approx(np.mean(ratios) * pupils[s, g - 1, base])
            if pupils[s, g, base] == 0:
                assert found[s, g, 0] == 0
