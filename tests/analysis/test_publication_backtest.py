"""The back-test told in public: no error of a single school, alone or by the difference of two rows."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.publication_backtest import AGAINST, SHARES, backtest
from pipeline.tables import BY_TABLE, check

METHODS = ("no change", "pooled cohort survival")


def tried(cases: dict[str, float]) -> pd.DataFrame:
    rows = [
        {"method": method, "horizon_years": 3, "size_class": size, "cases": number}
        for method in METHODS
        for size, number in cases.items()
    ]
    frame = pd.DataFrame(rows).assign(
        first_start=2015, last_start=2020, left_cases=0.0, is_chosen=False, is_judged=False
    )
    return frame.assign(
        **dict.fromkeys(SHARES, 0.08765), **dict.fromkeys(AGAINST, 0.8765), interval_share=0.8, interval_cases=20.0
    )


def groups(pupils: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame({"school_id": list(pupils), "fall_year": 2022, "student_group": "all"}).assign(
        pupils=list(pupils.values()), pupils_high=np.nan
    )


def told(cases: dict[str, float], pupils: dict[str, float], hidden: tuple[str, ...] = ()) -> pd.DataFrame:
    known = pd.DataFrame({"school_id": list(pupils), "fall_year": 2022})
    known["value_text"] = ["*" if school in hidden else "300" for school in pupils]
    table, _ = backtest(tried(cases), groups(pupils), known)
    check(BY_TABLE["public_backtest"], table)
    shown = table.set_index(["method", "size_class"])
    assert shown[SHARES].isna().eq(shown[SHARES[0]].isna(), axis=0).all(axis=None)
    return shown


def shown(table: pd.DataFrame) -> set[str]:
    by_size = table["mean_absolute_error_share"].notna().groupby("size_class").nunique()
    assert (by_size == 1).all()  # the same rows for every method
    return set(table[table["mean_absolute_error_share"].notna()].index.get_level_values("size_class"))


SIZED = {"a": 300.0, "b": 420.0}


def test_errors_of_few_cases_are_not_told_nor_do_they_follow_from_the_larger_class() -> None:
    cases = {"200_to_499": 16.0, "500_and_over": 4.0, "200_and_over": 20.0, "district": 1.0}
    assert shown(told(cases, SIZED)) == {"200_and_over", "district"}
    assert shown(told({**cases, "500_and_over": 12.0, "200_and_over": 28.0}, SIZED)) == set(cases)
    grades = {"grade_under_25": 5.0, "grade_25_to_99": 40.0, "grade_100_and_over": 90.0, "school_grade": 135.0}
    assert shown(told(grades, SIZED)) == {"grade_100_and_over", "school_grade"}


def test_schools_that_kept_their_grades_do_not_tell_of_the_few_that_did_not() -> None:
    assert shown(told({"200_and_over": 50.0, "same_grades": 44.0}, SIZED)) == {"200_and_over"}
    assert shown(told({"200_and_over": 50.0, "same_grades": 50.0}, SIZED)) == {"200_and_over", "same_grades"}


def test_a_class_with_a_hidden_school_is_told_in_whole_percents_over_many_cases() -> None:
    pupils = {**SIZED, "c": 8.0}
    table = told({"under_200": 40.0, "200_to_499": 40.0}, pupils, hidden=("c",))
    assert table.loc[("no change", "under_200"), SHARES].tolist() == [0.09] * 4
    assert table.loc[("no change", "200_to_499"), SHARES].tolist() == [0.088] * 4
    assert table.loc[("no change", "under_200"), AGAINST].tolist() == [0.9] * 2
    assert shown(told({"under_200": 20.0, "200_to_499": 20.0}, pupils, hidden=("c",))) == {"200_to_499"}


def test_a_large_school_hidden_beside_a_small_one_makes_its_class_coarse_too() -> None:
    table = told({"200_and_over": 40.0, "200_to_499": 40.0}, {**SIZED, "c": 8.0}, hidden=("a", "c"))
    assert (table["mean_absolute_error_share"] == 0.09).all()


def test_the_number_of_cases_is_told_in_any_case() -> None:
    table = told({"under_200": 3.0}, SIZED)
    assert table["cases"].tolist() == [3.0, 3.0] and table["mean_absolute_error_share"].isna().all()
