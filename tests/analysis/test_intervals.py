"""Intervals: what they rest on, and what widens them."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.backtest import Tested as BackTest
from pipeline.analysis.calibration import widths
from pipeline.analysis.intervals import Expected, with_intervals
from pipeline.analysis.tallies import GROUPS, Counter
from pipeline.columns import GRADES

ENDS = ["pupils_projected_low", "pupils_projected_high"]


def tried(off: float, *, grades: int = 1, schools: int = 12, horizon: int = 1, starts: int = 1) -> BackTest:
    """Forecasts of 120 pupils in so many grades, half of the schools off by a factor up, half of them down."""
    pairs = np.array([[2023 - horizon - n, horizon] for n in range(starts)])
    counter = Counter(("m",), pairs)
    happened = np.zeros((schools, len(GRADES)))
    happened[:, 2 : 2 + grades] = 120.0 / grades
    factor = np.where(np.arange(schools) % 2, off, 1 / off)[:, None]
    for pair in range(starts):
        counter.schools(pair, (happened * factor)[None], happened, happened)
    return BackTest(pd.DataFrame(), counter.tally(), "m", 2024)


def unit(grades: int = 2, horizon: int = 1, half_width: float = 0.0, kind: str = "school") -> Expected:
    pupils = np.zeros((1, len(GRADES), horizon))
    pupils[0, 2 : 2 + grades] = 100.0 / grades
    name = np.array(["a"], dtype=object)
    return Expected(kind, name, pupils[:, :, 0], pupils, np.array([half_width]), name)


def test_an_interval_is_the_forecast_over_and_times_the_errors_seen() -> None:
    by_grade, totals = with_intervals((unit(),), tried(np.exp(0.2), grades=4), first_fall=2025)
    factor = np.exp(0.2)
    assert totals[ENDS].to_numpy().tolist() == [[pytest.approx(100 / factor), pytest.approx(100 * factor)]]
    assert by_grade[ENDS].to_numpy().tolist() == [[pytest.approx(50 / factor), pytest.approx(50 * factor)]] * 2
    assert totals["interval_basis"].tolist() == ["own_size"]


def test_suppressed_cells_widen_a_total_and_each_grade_by_its_part() -> None:
    by_grade, totals = with_intervals((unit(half_width=3.0),), tried(1.0, grades=4), first_fall=2025)
    assert totals[ENDS].to_numpy().tolist() == [[pytest.approx(97.0), pytest.approx(103.0)]]
    assert by_grade[ENDS].to_numpy().tolist() == [[pytest.approx(48.5), pytest.approx(51.5)]] * 2


def test_errors_of_other_horizons_grow_with_the_root_of_the_years() -> None:
    _, totals = with_intervals((unit(horizon=4),), tried(np.exp(0.2)), first_fall=2025)
    width = np.log(totals["pupils_projected_high"] / 100)
    assert width.tolist() == pytest.approx([0.2, 0.2 * 2**0.5, 0.2 * 3**0.5, 0.4], abs=0.003)
    assert totals["interval_basis"].tolist() == ["own_size"] + ["beyond_tested"] * 3


def test_zones_were_never_tested_and_say_that_they_borrow_from_schools() -> None:
    by_grade, totals = with_intervals((unit(kind="zone", horizon=4),), tried(np.exp(0.2), grades=4), first_fall=2025)
    for table in (by_grade, totals):
        assert set(table["interval_basis"]) == {"borrowed_from_schools"}
        assert (table["pupils_projected_high"] > table["pupils_projected"]).all()


def test_a_size_without_enough_cases_borrows_from_others_and_says_so() -> None:
    few = tried(np.exp(0.2), schools=9)
    _, totals = with_intervals((unit(),), few, first_fall=2025)
    assert totals["interval_basis"].tolist() == ["untested"]
    assert totals[ENDS].isna().all(axis=None)
    large = Expected(
        "school",
        np.array(["a"], dtype=object),
        *[9 * unit().pupils[:, :, 0], 9 * unit().pupils],
        np.zeros(1),
        np.array(["a"], dtype=object),
    )
    _, totals = with_intervals((large,), tried(np.exp(0.2)), first_fall=2025)
    assert totals["interval_basis"].tolist() == ["other_sizes"]
    assert totals["pupils_projected_high"].tolist() == pytest.approx([900 * np.exp(0.2)])


def test_the_width_is_the_error_of_the_rank_that_four_of_five_do_not_exceed() -> None:
    """Ranks of errors to come are as likely as those seen: of 19 the sixteenth, ceil(0.8 x 20)."""
    counter = Counter(("m",), np.array([[2022, 1]]))
    happened = np.zeros((19, len(GRADES)))
    happened[:, 2] = 100.0
    errors = np.random.default_rng(1).permutation(np.arange(1, 20) * 0.01)
    counter.schools(0, (happened * np.exp(errors)[:, None])[None], happened, happened)
    width, _ = widths(counter.tally(), 2024, (1,))
    assert width[0, list(GROUPS).index("under_200"), 0] == pytest.approx(0.16)


def test_only_the_latest_eight_falls_count() -> None:
    pairs = np.array([[2010, 1], [2022, 1]])
    counter = Counter(("m",), pairs)
    happened = np.zeros((12, len(GRADES)))
    happened[:, 2] = 100.0
    counter.schools(0, (happened * np.exp(0.9))[None], happened, happened)
    counter.schools(1, (happened * np.exp(0.1))[None], happened, happened)
    place = list(GROUPS).index("under_200")
    for until, expected in ((2024, 0.1), (2012, 0.9)):
        assert widths(counter.tally(), until, (1,))[0][0, place, 0] == pytest.approx(expected, abs=1e-9)
