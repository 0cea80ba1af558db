"""Back-test: errors by hand, intervals, and Baltimore's twenty-three falls."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.backtest import backtest, interval_factors
from pipeline.analysis.cohorts import COHORTS
from pipeline.analysis.rolls import rolls
from pipeline.columns import GRADES
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check

KG = GRADES.index("KG")


def one_school(counts: list[float]) -> tuple[np.ndarray, np.ndarray]:
    pupils = np.zeros((1, len(GRADES), len(counts)))
    pupils[0, KG] = counts
    return pupils, np.arange(2025 - len(counts), 2025)


def row(table: pd.DataFrame, method: str, horizon: int, group: str) -> pd.Series:
    return table.set_index(["method", "horizon_years", "size_class"]).loc[(method, horizon, group)]


def test_errors_of_no_change_by_hand() -> None:
    found = backtest(*one_school([300.0, 300.0, 330.0, 297.0]))
    check(BY_TABLE["backtest"], found)
    naive = row(found, "no change", 1, "200_to_499")
    assert naive["cases"] == 2  # from the second fall, and from the third
    assert naive["mean_absolute_error_share"] == pytest.approx((30 / 330 + 33 / 297) / 2)
    assert naive["mean_error_change"] == pytest.approx((-30 / 330 + 33 / 297) / 2)
    assert naive["error_q90_change"] == pytest.approx(np.quantile([30 / 300, -33 / 330], 0.9))


def test_a_steady_school_is_forecast_without_error_by_every_method() -> None:
    found = backtest(*one_school([300.0] * 8))
    assert set(found["horizon_years"]) == {1, 3, 5}
    assert found["mean_absolute_error_share"].max() == pytest.approx(0.0, abs=1e-12)


def test_falls_left_out_are_neither_start_nor_target() -> None:
    counts = [300.0, 300.0, 300.0, 100.0, 300.0, 300.0]
    found = backtest(*one_school(counts), leave_out=(2022,))
    assert row(found, "no change", 1, "200_to_499")["mean_absolute_error_share"] == 0.0
    assert row(backtest(*one_school(counts)), "no change", 1, "200_to_499")["mean_absolute_error_share"] > 0


def test_a_school_that_closes_is_no_case_for_schools_but_its_pupils_count_in_the_district() -> None:
    stays, years = one_school([300.0] * 4)
    closes, _ = one_school([300.0] * 4)
    closes[:, :, 3] = np.nan
    found = backtest(np.concatenate([stays, closes]), years)
    assert row(found, "no change", 1, "200_to_499")["cases"] == 3  # two schools once, one school once
    assert row(found, "no change", 1, "district")["mean_absolute_error_share"] == pytest.approx((0 + 1) / 2)


def test_two_falls_are_too_few_to_test() -> None:
    assert check(BY_TABLE["backtest"], backtest(*one_school([300.0, 310.0]))).empty


def test_errors_beyond_the_last_tested_horizon_grow_with_its_root() -> None:
    table = pd.DataFrame(
        {
            "method": "m",
            "horizon_years": [1],
            "size_class": "g",
            "cases": 10.0,
            "error_q10_change": [-0.1],
            "error_q90_change": [0.2],
        }
    )
    low, high = interval_factors(table, "m", "g", 4)
    assert low.tolist() == pytest.approx([-0.1, -0.1 * np.sqrt(2), -0.1 * np.sqrt(3), -0.2])
    assert high[-1] == pytest.approx(0.4)
    assert np.isnan(interval_factors(table, "m", "other", 2)[0]).all()


@pytest.fixture(scope="module")
def baltimore_counts() -> Callable[[Path], tuple[pd.DataFrame, pd.DataFrame]]:
    def read(folder: Path) -> tuple[pd.DataFrame, pd.DataFrame]:
        raw = pd.read_csv(folder / "bcpss_enrollment.csv", dtype="str")
        raw = raw[(raw["race"] == "All") & (raw["school_number"] != "0")]
        counts = pd.DataFrame(
            {
                "school_id": raw["school_number"],
                "fall_year": raw["year"].astype("int64") - 1,
                "student_group": "all",
                "grade": raw["grade"]
                .replace({"PK": "PK", "K": "KG"})
                .where(raw["grade"].isin(["PK", "K"]), raw["grade"].str.zfill(2)),
                "pupils": raw["enrolled_count"].astype("float64"),
            }
        )
        totals = counts[raw["grade"].isna()].drop_duplicates(["school_id", "fall_year"])
        grades = counts[raw["grade"].notna()].drop_duplicates(["school_id", "fall_year", "grade"])
        hidden = grades["pupils"].isna()
        grades = grades.assign(
            pupils_low=grades["pupils"].mask(hidden, 1.0),
            pupils_high=grades["pupils"].mask(hidden, 9.0),
            value_status=np.where(hidden, "suppressed", "reported"),
        )
        return grades, totals

    return read


def test_baltimore_is_forecast_better_than_by_no_change_and_last_years_change(
    shared_data: Callable[[str], Path], baltimore_counts: Callable[[Path], tuple[pd.DataFrame, pd.DataFrame]]
) -> None:
    found = rolls(*baltimore_counts(shared_data("baltimore")), first_year=None, last_year=2024, ledger=Ledger())
    assert len(found.years) == 23
    assert np.nansum(found.totals[:, -1]) == pytest.approx(76_807, abs=200)
    table = check(BY_TABLE["backtest"], backtest(found.pupils, found.years))
    errors = table.set_index(["size_class", "horizon_years", "method"])["mean_absolute_error_share"]
    for group in ("district_grade", "school_grade", "500_and_over"):
        for horizon in (1, 3, 5):
            ours, naive, trend = (errors[group, horizon, m] for m in (COHORTS, "no change", "last year's change"))
            assert ours < naive, (group, horizon)
            assert ours < trend, (group, horizon)
    assert errors["district", 1, COHORTS] < 0.02
    # what is not better is known and shown: small schools, and the total of a shrinking city
    assert errors["under_200", 1, COHORTS] > errors["under_200", 1, "no change"]
    width = table[table["method"] == COHORTS].set_index(["size_class", "horizon_years"])
    spread = width["error_q90_change"] - width["error_q10_change"]
    assert spread["200_to_499", 1] < spread["200_to_499", 3] < spread["200_to_499", 5]
