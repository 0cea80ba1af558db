"""Every method of the outlook against a loop written from the rules, its laws and its edge cases."""

from __future__ import annotations

from typing import Any, get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from benchmarks.plain_outlook import plain_forecast
from pipeline.analysis import cohorts
from pipeline.analysis.progression import Settings, best_prior, district_ratio, own_ratio, prior_errors, year_steps
from pipeline.analysis.projection import Projector, whole_of
from pipeline.columns import GRADES
from pipeline.config import OutlookMethod

G = {name: position for position, name in enumerate(GRADES)}
YEARS = np.arange(2019, 2025)
MEAN = "mean cohort survival"
SURVIVAL = [name for name, method in cohorts.METHODS.items() if method.survival]


def school(**grades: list[float]) -> np.ndarray:
    """One school: grade (as g01, kg) -> pupils by fall."""
    pupils = np.zeros((1, len(GRADES), len(next(iter(grades.values())))))
    for name, counts in grades.items():
        pupils[0, G[name.upper().removeprefix("G")]] = counts
    return pupils


def loose(pupils: np.ndarray, horizon: int, settings: Settings, method: str = MEAN) -> np.ndarray:
    """Schools before they are held to the district, school x grade x year ahead."""
    years = np.arange(2025 - pupils.shape[2], 2025)
    known = np.moveaxis(pupils, 2, 0)
    base = len(years) - 1
    district, counts = cohorts.district_projector(known, years, settings)
    whole, (step,) = whole_of([(known, settings)], years, counts)
    of = Projector(known, years, settings, step, whole)
    totals = cohorts.entry_totals(district, base, horizon)
    found = np.moveaxis(of.projected(base, tuple(range(1, horizon + 1)), [method], totals)[:, 0], 0, 2)
    return np.where(np.isnan(pupils[:, :, base, None]), np.nan, found)


def ahead(pupils: np.ndarray, grade: str, horizon: int = 1, method: str = MEAN, **other: Any) -> list[float]:
    return loose(pupils, horizon, Settings(**other), method)[0, G[grade]].tolist()


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
    # births of the second year are not counted yet: the mean of the last three, 800
    assert ahead(pupils, "KG", horizon=2, births=births) == pytest.approx([30.0, 40.0])


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
    found = loose(np.concatenate([gone, here]), 2, Settings())
    assert np.isnan(found[0]).all()
    assert not np.isnan(found[1]).any()


@pytest.mark.parametrize("method", list(cohorts.METHODS))
@pytest.mark.parametrize("fall", [3, 5])
def test_a_fall_that_a_school_did_not_report_is_no_closure(method: str, fall: int) -> None:
    """An inner one, or the last one of a school that stands in its files: the others and the district stay as they are."""
    pupils = np.concatenate([school(kg=[30.0] * 6, g01=[30.0] * 6, g02=[30.0] * 6)] * 3)
    present = np.zeros((3, 6), dtype=bool)
    present[2, fall] = True
    pupils[2, :, fall] = np.nan
    schools, district = cohorts.forecast(method, pupils, YEARS, 5, 4, Settings(present=present))
    np.testing.assert_allclose(schools.sum(axis=1), 90.0, rtol=1e-12)
    np.testing.assert_allclose(district.sum(axis=0), 270.0, rtol=1e-12)


def test_last_years_change_is_that_of_the_latest_step_that_counts() -> None:
    trend = "last year's change"
    pupils = school(g01=[100.0, 110.0, 50.0, 100.0])  # 2021 to 2024
    assert ahead(pupils, "01", horizon=2, method=trend) == [150.0, 200.0]
    assert ahead(pupils, "01", horizon=2, method=trend, leave_out=(2023,)) == [110.0, 120.0]
    declared = np.array([[False, False, True, True]])
    assert ahead(pupils, "01", method=trend, declared=declared) == [110.0]
    assert ahead(pupils[:, :, 2:], "01", method=trend, leave_out=(2023,)) == [100.0]  # no step at all
    split = school(kg=[130.0, 130.0, 130.0, 100.0], tk=[0.0, 0.0, 0.0, 30.0], g01=[90.0, 90.0, 90.0, 95.0])
    found = [ahead(split, grade, method=trend, mixed={"KG": 2023})[0] for grade in ("TK", "KG", "01")]
    assert found == [30.0, 100.0, 100.0]


@pytest.mark.parametrize("method", list(cohorts.METHODS))
def test_declared_changes_after_the_base_are_not_looked_at(method: str) -> None:
    declared = np.zeros((12, 6), dtype=bool)
    declared[[0, 4], [2, 5]] = True
    seen = cohorts.forecast(method, town()[:, :, :5], YEARS[:5], 4, 3, Settings(declared=declared[:, :5]))
    hidden = cohorts.forecast(method, town(), YEARS, 4, 3, Settings(declared=declared))
    for ours, plain in zip(hidden, seen, strict=True):
        np.testing.assert_array_equal(ours, plain)


def town(schools: int = 12, falls: int = 6, seed: int = 7) -> np.ndarray:
    """Schools of kindergarten to grade 5 and of grades 6 to 8, some of them small, new or gone."""
    rng = np.random.default_rng(seed)
    pupils = np.zeros((schools, len(GRADES), falls))
    size = rng.uniform(0.1, 1.5, schools)[:, None, None]
    half = schools // 2
    pupils[:half, G["KG"] : G["05"] + 1] = rng.poisson(40 * size[:half], (half, 6, falls))
    pupils[half:, G["06"] : G["08"] + 1] = rng.poisson(60 * size[half:], (schools - half, 3, falls))
    pupils[1, :, : falls // 2] = np.nan
    pupils[2, :, -1] = np.nan
    pupils[3, :, 1] = np.nan
    return pupils


@pytest.mark.parametrize("method", list(cohorts.METHODS))
@pytest.mark.parametrize("leave_out", [(), (2021,)])
def test_every_method_agrees_with_a_plain_loop(method: str, leave_out: tuple[int, ...]) -> None:
    rng = np.random.default_rng(3)
    ragged = rng.integers(0, 60, size=(6, len(GRADES), 6)) * (rng.random((6, len(GRADES), 1)) > 0.2)
    for pupils in (town(), np.where(rng.random((6, 1, 6)) < 0.1, np.nan, ragged)):
        found = cohorts.forecast(method, pupils, YEARS, 5, 4, Settings(leave_out=leave_out))
        for ours, plain in zip(found, plain_forecast(method, pupils, YEARS, 5, 4, 4, leave_out), strict=True):
            np.testing.assert_allclose(ours, plain, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("method", [name for name, method in cohorts.METHODS.items() if method.controlled])
def test_schools_are_held_to_the_district(method: str) -> None:
    schools, district = cohorts.forecast(method, town(), YEARS, 5, 3, Settings())
    here = np.nansum(schools, axis=0)
    np.testing.assert_allclose(here[here > 0], district[here > 0], rtol=1e-12)


def test_ratios_are_summed_up_as_the_methods_say() -> None:
    pupils = school(g01=[100.0, 50.0, 80.0, 60.0], g02=[0.0, 50.0, 60.0, 88.0])
    # 50/100, 60/50, 88/80 of 60 pupils
    expected = {"mean": (0.5 + 1.2 + 1.1) / 3, "median": 1.1, "pooled": 198 / 230, "recent": 434 / 440}
    for summary, ratio in expected.items():
        name = {"recent": "recent-weighted"}.get(summary, summary) + " cohort survival"
        assert ahead(pupils, "02", method=name) == pytest.approx([60 * ratio])
    own = 60 * 434 / 440
    assert ahead(pupils, "02", method="half-way from shrunk survival to no change") == pytest.approx([(own + 88) / 2])


def test_a_small_school_is_drawn_to_the_district_further_than_a_large_one() -> None:
    small = school(g01=[12.0, 12.0, 12.0], g02=[0.0, 18.0, 18.0])
    large = school(g01=[900.0, 900.0, 900.0], g02=[0.0, 720.0, 720.0])
    pupils = np.concatenate([small, large])
    own, drawn = (
        loose(pupils, 1, Settings(), f"{name} cohort survival")[:, G["02"], 0] / [12.0, 900.0]
        for name in ("recent-weighted", "shrunk")
    )
    assert own.tolist() == pytest.approx([1.5, 0.8])
    # the only earlier step is met best without the district: what is known of the past decides
    assert drawn.tolist() == pytest.approx([1.5, 0.8])
    # without an earlier step 200 pupils of the district are set against a school's 12 and 900
    pupils = pupils[:, :, 1:]
    drawn = loose(pupils, 1, Settings(), "shrunk cohort survival")[:, G["02"], 0] / [12.0, 900.0]
    whole = 738 / 912
    assert drawn.tolist() == pytest.approx([(12 * 1.5 + 200 * whole) / 212, (900 * 0.8 + 200 * whole) / 1100])


def test_the_prior_is_the_one_that_was_off_least() -> None:
    rng = np.random.default_rng(5)
    pupils = np.moveaxis(np.zeros((40, len(GRADES), 6)), 2, 0)
    pupils[:, :, G["01"]] = 15.0
    pupils[:, :, G["02"]] = rng.binomial(15, 0.5, (6, 40))  # all schools alike: what differs is chance
    step = year_steps(pupils, YEARS, pupils.sum(axis=1), Settings())
    moved = np.array([0, 1, 2, 3])
    errors = prior_errors(step, moved, 4, district_ratio(step.kept_before, step.kept_after, moved, recent=True))
    assert best_prior(errors[None]) == 1000.0
    assert np.isnan(own_ratio("mean", step, np.array([], dtype=int))).all()


def test_steps_out_of_mixed_counts_and_into_declared_changes_do_not_count() -> None:
    pupils = school(kg=[100.0, 100.0, 60.0, 60.0], g01=[50.0, 54.0, 54.0, 54.0])
    assert ahead(pupils, "01", mixed={"KG": 2022}) == pytest.approx([0.9 * 60])
    assert ahead(pupils, "01") == pytest.approx([60 * (0.54 + 0.54 + 0.9) / 3])
    # a closure sent thirty second-graders here in 2023
    pupils = school(g01=[100.0, 100.0, 100.0, 100.0], g02=[90.0, 90.0, 120.0, 90.0])
    declared = np.array([[False, False, True, False]])
    assert ahead(pupils, "02", declared=declared) == pytest.approx([90.0])
    assert ahead(pupils, "02") == pytest.approx([100.0])


@pytest.mark.parametrize("method", list(cohorts.METHODS))
def test_a_steady_district_stays_as_it_is(method: str) -> None:
    pupils = school(kg=[30.0] * 6, g01=[28.0] * 6, g02=[27.0] * 6)
    schools, district = cohorts.forecast(method, pupils, YEARS, 5, 10, Settings())
    np.testing.assert_allclose(schools[0], np.repeat(pupils[0, :, -1:], 10, axis=1), rtol=1e-12)
    np.testing.assert_allclose(district, schools[0], rtol=1e-12)


@pytest.mark.parametrize("method", list(cohorts.METHODS))
def test_schools_may_stand_in_any_order(method: str) -> None:
    pupils, order = town(), np.random.default_rng(2).permutation(12)
    schools, district = cohorts.forecast(method, pupils, YEARS, 5, 4, Settings())
    again, same = cohorts.forecast(method, pupils[order], YEARS, 5, 4, Settings())
    np.testing.assert_allclose(again, schools[order], rtol=1e-12)
    np.testing.assert_allclose(same, district, rtol=1e-12)


@pytest.mark.parametrize("method", [m for m in cohorts.METHODS if cohorts.METHODS[m].summary != "shrunk"])
def test_twice_the_pupils_are_forecast_twice(method: str) -> None:
    """Where no grade is under ten: that bound, and the pupils the district is set against, do not scale."""
    pupils = 12 + town() * (town() >= 0)
    pupils = np.where(np.nan_to_num(town()) == 0, town(), pupils)
    pupils[:, G["TK"]] = 0
    schools, district = cohorts.forecast(method, pupils, YEARS, 5, 4, Settings())
    doubled, double = cohorts.forecast(method, 2 * pupils, YEARS, 5, 4, Settings())
    np.testing.assert_allclose(doubled, 2 * schools, rtol=1e-12)
    np.testing.assert_allclose(double, 2 * district, rtol=1e-12)


COUNTS = arrays(np.float64, (3, len(GRADES), 5), elements=st.integers(0, 120).map(float))


@settings(max_examples=25, deadline=None)
@given(COUNTS)
def test_later_falls_are_never_looked_at(pupils: np.ndarray) -> None:
    for method in cohorts.METHODS:
        seen, _ = cohorts.forecast(method, pupils, YEARS, 3, 1, Settings())
        changed = pupils.copy()
        changed[:, :, 4] = 999.0
        hidden, _ = cohorts.forecast(method, changed, YEARS, 3, 1, Settings())
        np.testing.assert_array_equal(seen, hidden)
        assert (seen >= 0).all()


def test_the_studys_names_of_methods_are_the_engines() -> None:
    assert set(get_args(OutlookMethod)) == {"auto", *cohorts.METHODS}
