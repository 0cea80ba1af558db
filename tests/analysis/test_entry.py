"""Kindergarten by births with a September cut-off, by the census, by recent counts; transitional kindergarten's phase-in."""

from __future__ import annotations

import numpy as np
import pytest

from pipeline.analysis.entry import TK, admitted_births, births_known, entry_bases, entry_grades, of_age, young_children
from pipeline.analysis.progression import KG, Settings
from pipeline.columns import GRADES
from pipeline.rules.enrollment import enrollment_rules
from pipeline.town.schools import TK_SHARE

YEARS = np.arange(2020, 2025)
MOVED = np.array([2, 3])  # into 2023 and 2024, out of 2022


def counts(**grades: list[float]) -> np.ndarray:
    pupils = np.zeros((1, len(GRADES), len(YEARS)))
    for name, values in grades.items():
        pupils[0, GRADES.index(name.upper())] = values
    return pupils


def coming(pupils: np.ndarray, grade: int, horizon: int, **settings: object) -> list[float]:
    return entry_grades(pupils, YEARS, 4, horizon, MOVED, Settings(**settings))[grade][0].tolist()  # type: ignore[arg-type]


def test_kindergartners_are_born_from_september_to_august() -> None:
    births = {2018: 1200.0, 2019: 600.0}
    # September to December of 2018, January to August of 2019
    assert of_age(births, 2024, 9) == pytest.approx(4 / 12 * 1200 + 8 / 12 * 600)
    assert np.isnan(of_age(births, 2025, 9))


def test_kindergarten_keeps_its_share_of_the_births_of_its_cohort() -> None:
    births = {2016: 900.0, 2017: 900.0, 2018: 900.0, 2019: 900.0, 2020: 600.0, 2021: 600.0}
    # the cohorts of 2023 and 2024 are 900; 45 of 900 are 5 in a hundred; 2025: a third of 900 and two thirds of 600
    found = coming(counts(kg=[0, 0, 0, 36.0, 54.0]), KG, 2, births=births, cutoff_month=9)
    assert found == pytest.approx([0.05 * 700, 0.05 * 600])


def test_births_not_yet_counted_are_the_mean_of_the_last_three() -> None:
    births = dict.fromkeys(range(2015, 2022), 1000.0) | {2022: 700.0, 2023: 800.0, 2024: 600.0, 2025: 9999.0}
    ahead = births_known(births, 2024, 2030)
    assert [ahead[y] for y in (2024, 2025, 2030)] == [600.0, 700.0, 700.0]
    found = coming(counts(kg=[50.0] * 5), KG, 10, births=births, cutoff_month=9)
    assert found[-1] == pytest.approx(0.05 * 700)
    bases = entry_bases(YEARS, 4, 10, MOVED, Settings(births=births, cutoff_month=9))
    assert bases == (*["births"] * 5, *["births_ahead"] * 5)


def test_births_of_years_after_the_base_are_never_looked_at() -> None:
    births = dict.fromkeys(range(2014, 2025), 1000.0)
    changed = births | {2023: 1.0, 2024: 1.0}
    pupils = counts(kg=[50.0] * 5)
    some, other = (
        entry_grades(pupils, YEARS, 2, 8, np.array([0, 1]), Settings(births=b, cutoff_month=9))[KG]
        for b in (births, changed)
    )
    np.testing.assert_array_equal(some, other)


def test_a_hidden_year_knows_births_and_periods_as_late_as_the_latest_fall_does() -> None:
    pupils = counts(kg=[50.0] * 5)

    def from_2022(**settings: object) -> list[float]:
        return entry_grades(pupils, YEARS, 2, 8, np.array([0, 1]), Settings(**settings))[KG][0].tolist()  # type: ignore[arg-type]

    births = dict.fromkeys(range(2014, 2022), 1000.0)
    late = {"births": births | {2022: 1.0}, "cutoff_month": 9}
    assert from_2022(**late) != from_2022(births=births, cutoff_month=9)
    assert from_2022(**late, births_lag=1) == from_2022(births=births, cutoff_month=9)
    periods = ((2019, 2017.0, 500.0), (2022, 2020.0, 400.0))
    assert from_2022(young=periods, young_lag=1) == from_2022(young=periods[:1]) != from_2022(young=periods)


def test_children_under_five_stand_in_for_births() -> None:
    young = ((2018, 2016.0, 5000.0), (2023, 2021.0, 4000.0))
    assert young_children(young, np.array([2019, 2021, 2024, 2030]), 2024).tolist() == [1000.0, 920.0, 800.0, 800.0]
    assert young_children(young, np.array([2030]), 2022).tolist() == [1000.0]  # the later period was not there yet
    assert np.isnan(young_children(young, np.array([2030]), 2017)).all()
    # cohorts of 2022 to 2024 are 880, 840 and 800; counts are a tenth of them
    found = coming(counts(kg=[0.0, 0.0, 0.0, 84.0, 80.0]), KG, 2, young=young)
    assert found == pytest.approx([80.0, 80.0])
    assert entry_bases(YEARS, 4, 1, MOVED, Settings(young=young)) == ("young_children",)


def test_without_births_and_census_kindergarten_is_the_mean_of_its_recent_counts() -> None:
    assert coming(counts(kg=[9.0, 9.0, 9.0, 40.0, 60.0]), KG, 2) == pytest.approx([50.0, 50.0])
    assert entry_bases(YEARS, 4, 2, MOVED, Settings()) == ("recent_counts",) * 2


def test_counts_that_held_another_grade_say_nothing_of_kindergarten() -> None:
    pupils = counts(kg=[90.0, 90.0, 90.0, 90.0, 60.0])
    assert coming(pupils, KG, 1) == pytest.approx([75.0])
    assert coming(pupils, KG, 1, mixed={"KG": 2023}) == pytest.approx([60.0])
    # before the change all counts are of one kind, and count
    found = entry_grades(pupils, YEARS, 3, 1, np.array([1, 2]), Settings(mixed={"KG": 2023}))
    assert found[KG][0].tolist() == pytest.approx([90.0])


def test_counts_before_a_declared_change_of_the_school_do_not_count() -> None:
    declared = np.zeros((1, 5), dtype=bool)
    declared[0, 4] = True
    assert coming(counts(kg=[90.0, 90.0, 90.0, 90.0, 60.0]), KG, 1, declared=declared) == pytest.approx([60.0])


def test_transitional_kindergarten_grows_with_the_birthdays_it_must_admit() -> None:
    months = {2023: 7, 2024: 9, 2025: 12, 2026: 12}
    # no births: months alone. 70 of seven months, 90 of nine: ten a month
    assert coming(counts(tk=[0, 0, 0, 70.0, 90.0]), TK, 2, tk_months=months) == pytest.approx([120.0, 120.0])
    births = dict.fromkeys(range(2016, 2025), 1200.0)
    by_births = coming(counts(tk=[0, 0, 0, 70.0, 90.0]), TK, 2, tk_months=months, births=births, cutoff_month=9)
    assert by_births == pytest.approx([120.0, 120.0])
    # three months after the cut-off lie in one calendar year, of nine five lie in the next
    assert admitted_births({2019: 1200.0, 2020: 2400.0}, 2024, 9, 9) == pytest.approx(4 / 12 * 1200 + 5 / 12 * 2400)
    assert TK not in entry_grades(counts(tk=[10.0] * 5), YEARS, 4, 1, MOVED, Settings())


def test_take_up_of_the_town_is_even_over_the_months_of_the_law() -> None:
    """The town widens transitional kindergarten as the law does: take-up by month differs by less than a tenth."""
    admitted = enrollment_rules("california").transitional_kindergarten.admitted
    taken = [TK_SHARE[fall] / admitted(fall) for fall in (2022, 2023, 2024)]
    assert max(taken) / min(taken) < 1.1
