"""Suppressed cells: filled from the total, from the middle, or not at all."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.rolls import rolls
from pipeline.columns import GRADES
from pipeline.ledger import Ledger

HIDDEN = (None, 1.0, 9.0, "suppressed")


def cells(*rows: tuple[str, int, str, float | None, float | None, float | None, str]) -> pd.DataFrame:
    columns = ["school_id", "fall_year", "grade", "pupils", "pupils_low", "pupils_high", "value_status"]
    frame = pd.DataFrame(list(rows), columns=columns).assign(student_group="all")
    return frame.astype({"pupils": "float64", "pupils_low": "float64", "pupils_high": "float64"})


def known(pupils: float) -> tuple[float, float, float, str]:
    return (pupils, pupils, pupils, "reported")


def totals(*rows: tuple[str, int, float]) -> pd.DataFrame:
    return (
        pd.DataFrame(list(rows), columns=["school_id", "fall_year", "pupils"])
        .astype({"fall_year": "int64", "pupils": "float64"})
        .assign(student_group="all")
    )


def grade(found: object, name: str) -> float:
    return float(found.pupils[0, GRADES.index(name), 0])


def test_two_hidden_grades_share_what_the_total_leaves() -> None:
    ledger = Ledger()
    found = rolls(
        cells(("s", 2024, "01", *known(40.0)), ("s", 2024, "02", *HIDDEN), ("s", 2024, "03", *HIDDEN)),
        totals(("s", 2024, 52.0)),
        first_year=None,
        last_year=2024,
        ledger=ledger,
    )
    assert (grade(found, "02"), grade(found, "03")) == (6.0, 6.0)
    assert found.half_width[0, 0] == 0.0
    assert "filled from the school's total" in ledger.frame()["reason"].item()


def test_without_a_total_the_middle_stands_in_and_the_half_width_is_kept() -> None:
    found = rolls(
        cells(("s", 2024, "01", *known(40.0)), ("s", 2024, "02", *HIDDEN)),
        totals(),
        first_year=None,
        last_year=2024,
        ledger=Ledger(),
    )
    assert grade(found, "02") == 5.0
    assert found.half_width[0, 0] == 4.0


def test_a_total_that_cannot_be_met_leaves_the_cell_at_its_bound_and_uncertain() -> None:
    found = rolls(
        cells(("s", 2024, "01", *known(40.0)), ("s", 2024, "02", *HIDDEN)),
        totals(("s", 2024, 90.0)),
        first_year=None,
        last_year=2024,
        ledger=Ledger(),
    )
    assert grade(found, "02") == 9.0
    assert found.half_width[0, 0] == 4.0


def test_a_grade_without_a_row_is_zero_where_the_school_reported_and_unknown_where_not() -> None:
    found = rolls(
        cells(("s", 2022, "01", *known(40.0)), ("s", 2024, "01", *known(44.0))),
        totals(),
        first_year=None,
        last_year=2024,
        ledger=Ledger(),
    )
    assert found.years.tolist() == [2022, 2023, 2024]
    assert grade(found, "05") == 0.0
    assert np.isnan(found.pupils[0, :, 1]).all()


def test_a_cell_that_nobody_reported_makes_the_schools_fall_unusable_and_is_counted() -> None:
    ledger = Ledger()
    found = rolls(
        cells(("s", 2024, "01", *known(40.0)), ("s", 2024, "02", None, None, None, "not_reported")),
        totals(),
        first_year=None,
        last_year=2024,
        ledger=ledger,
    )
    assert np.isnan(found.totals[0, 0])
    assert ledger.frame().set_index("entry").loc["loss", "total"] == 1.0


def test_falls_outside_the_asked_span_are_not_read() -> None:
    rows = cells(*(("s", y, "01", *known(float(y))) for y in range(2018, 2026)))
    found = rolls(rows, totals(), first_year=2020, last_year=2024, ledger=Ledger())
    assert found.totals[0].tolist() == pytest.approx([2020.0, 2021.0, 2022.0, 2023.0, 2024.0])
