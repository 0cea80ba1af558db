"""Pupils: sums with hidden parts, totals held together, and what is said of the rest."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.enrollment import (
    balance_pupils,
    check_grade_sums,
    enrollment_groups,
    in_directory,
    middle,
    pupils_by_level,
    record_absences,
    record_lost_flows,
    record_unlisted,
    record_years,
    sum_of_parts,
)
from pipeline.errors import LedgerError
from pipeline.ledger import Ledger

BANDS = {
    "elementary": ("TK", "KG", "01", "02", "03", "04", "05"),
    "middle": ("06", "07", "08"),
    "high": ("09", "10", "11", "12"),
}


def cells(*rows: tuple[str, int, str, float | None, str]) -> pd.DataFrame:
    """school, year, grade, pupils, status; hidden cells are 1 to 10."""
    frame = pd.DataFrame(rows, columns=["school_id", "fall_year", "grade", "pupils", "value_status"])
    hidden = frame["value_status"].eq("suppressed")
    return frame.assign(
        student_group="all",
        pupils=frame["pupils"].astype("float64"),
        pupils_low=frame["pupils"].astype("float64").mask(hidden, 1.0),
        pupils_high=frame["pupils"].astype("float64").mask(hidden, 10.0),
    )


def totals(*rows: tuple[str, int, float | None, str]) -> pd.DataFrame:
    return cells(*((s, y, "UG", p, v) for s, y, p, v in rows)).drop(columns="grade")


def schools() -> pd.DataFrame:
    """a is on the map, b teaches online, c is the district office, d has no coordinates."""
    rows = [
        ("a", "district", "located"),
        ("b", "charter", "virtual"),
        ("c", "district", "not_a_place"),
        ("d", "charter", "no_coordinates"),
    ]
    return pd.DataFrame(rows, columns=["school_id", "sector", "location_status"])


@given(
    st.lists(
        st.tuples(st.integers(0, 40), st.sampled_from(["reported", "suppressed", "not_reported", "not_applicable"])),
        min_size=1,
        max_size=8,
    )
)
def test_the_true_sum_lies_within_the_bounds(parts: list[tuple[int, str]]) -> None:
    truth = sum(n for n, status in parts if status != "not_applicable")
    frame = pd.DataFrame(
        {
            "school_id": "a",
            "pupils": [float(n) if s == "reported" else np.nan for n, s in parts],
            "pupils_low": [max(n - 3.0, 0) if s == "suppressed" else np.nan for n, s in parts],
            "pupils_high": [n + 3.0 if s == "suppressed" else np.nan for n, s in parts],
            "value_status": [s for _, s in parts],
        }
    )
    total = sum_of_parts(frame, ["school_id"])
    if all(status == "not_applicable" for _, status in parts):
        assert total.empty
        return
    row = total.iloc[0]
    assert row["pupils_low"] <= truth
    assert np.isnan(row["pupils_high"]) or truth <= row["pupils_high"]
    statuses = {s for _, s in parts} - {"not_applicable"}
    if statuses == {"reported"}:
        assert row["pupils"] == truth and row["value_status"] == "reported"
    else:
        assert np.isnan(row["pupils"])
        assert row["value_status"] == ("not_reported" if "not_reported" in statuses else "suppressed")
        assert np.isnan(row["pupils_high"]) == ("not_reported" in statuses)


def test_a_hidden_cell_widens_a_total_and_is_never_zero() -> None:
    table = enrollment_groups(totals(), cells(("a", 2024, "KG", 20, "reported"), ("a", 2024, "01", None, "suppressed")))
    row = table.iloc[0]
    assert np.isnan(row["pupils"])
    assert (row["pupils_low"], row["pupils_high"], row["value_status"]) == (21, 30, "suppressed")


def test_a_published_total_stands_and_the_difference_is_recorded() -> None:
    grades = cells(
        ("a", 2023, "KG", 20, "reported"), ("a", 2023, "01", 22, "reported"),
        ("a", 2024, "KG", 20, "reported"), ("a", 2024, "01", None, "suppressed"),
        ("b", 2024, "KG", 7, "reported"),
    )  # fmt: skip
    published = totals(("a", 2023, 43, "reported"), ("a", 2024, 27, "reported"))
    table = enrollment_groups(published, grades).set_index(["school_id", "fall_year"])["pupils"]
    assert table.to_dict() == {("a", 2023): 43.0, ("a", 2024): 27.0, ("b", 2024): 7.0}
    ledger = Ledger()
    check_grade_sums(published, grades, ledger)
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == (2, 1, 1)
    assert "school a in 2023, published 43, grades add up to 42" in line["reason"]


def test_mutation_pupils_without_a_known_reason_are_refused() -> None:
    """d stands under a word that no reason explains: its 5 pupils are nowhere."""
    listed = schools().assign(location_status=["located", "virtual", "not_a_place", "somewhere"])
    with pytest.raises(LedgerError, match=r"pupils 2024: 105\.0+ pupils went in.*5\.0+ are lost"):
        balance_pupils(totals(("a", 2024, 100, "reported"), ("d", 2024, 5, "reported")), listed, Ledger())


def test_pupils_of_all_rows_are_accounted_for_by_year() -> None:
    #  in 2024: 100 at a place, 40 online, 7 at the district office, 3 in a school nobody lists
    groups = totals(
        ("a", 2024, 100, "reported"),
        ("b", 2024, 40, "reported"),
        ("c", 2024, 7, "reported"),
        ("x", 2024, 3, "reported"),
        ("a", 2023, 90, "reported"),
        ("d", 2023, None, "suppressed"),
    )
    ledger = Ledger()
    balance_pupils(groups, schools(), ledger)
    lines = ledger.frame().set_index("subject_name")
    assert lines.loc["pupils 2024", ["total", "inside", "unlocated"]].tolist() == [150, 100, 50]
    assert lines.loc["pupils 2023", ["total", "inside", "unlocated"]].tolist() == [90, 90, 0]
    reason = lines.loc["pupils 2024", "reason"]
    assert "1 schools (0 charters, 0 private) on the map" in reason
    in_schools = lines.loc["pupils 2024 in schools of the directory"]
    assert in_schools[["total", "inside"]].tolist() == [150, 140]
    assert "in 2 schools (1 charters, 0 private)" in in_schools["reason"]
    assert "pupils 2023 in schools of the directory" not in lines.index
    for part in ("40 in 1 (virtual", "7 in 1 (codes that are no place", "3 in 1 (the directory does not list"):
        assert part in reason
    record_absences(groups, "enrollment", ledger)
    assert ledger.frame().iloc[-1][["subject_name", "reason", "total"]].tolist() == [
        "enrollment",
        "suppressed, fall 2023",
        1,
    ]


def test_schools_that_the_directory_does_not_list_are_named() -> None:
    ledger = Ledger()
    counts = totals(("a", 2024, 1, "reported"), ("zz", 2024, 2, "reported"))
    record_unlisted(counts, schools(), "enrollment", ledger)
    line = ledger.frame().iloc[0]
    assert line["outside"] == 1 and "zz" in line["reason"]
    assert in_directory(counts, schools())["school_id"].tolist() == ["a"]


def test_flows_to_unlisted_schools_are_a_loss_of_pupils() -> None:
    ledger = Ledger()
    record_lost_flows(pd.DataFrame({"school_id": ["a", "zz"], "pupils": [5.0, 7.0]}), schools(), ledger)
    assert ledger.frame()[["entry", "total"]].to_numpy().tolist() == [["loss", 7.0]]


def test_missing_and_future_years_are_recorded() -> None:
    ledger = Ledger()
    record_years(pd.DataFrame({"fall_year": [2019, 2021, 2025]}), "enrollment", 2024, ledger)
    reasons = " | ".join(ledger.frame()["reason"])
    assert "2020, 2022, 2023, 2024" in reasons
    assert "kept for comparison and not used as the present: 2025" in reasons
    assert "the latest before it is used: 2021" in reasons
    quiet = Ledger()
    record_years(pd.DataFrame({"fall_year": [2023, 2024]}), "enrollment", 2024, quiet)
    assert quiet.frame().empty


def test_pupils_by_level_add_up_to_all_pupils_of_the_latest_year() -> None:
    counts = cells(
        ("a", 2024, "KG", 10, "reported"),
        ("a", 2024, "06", 20, "reported"),
        ("a", 2024, "PK", 5, "reported"),
        ("a", 2024, "09", None, "suppressed"),
        ("a", 2025, "KG", 99, "reported"),
    )
    table = pupils_by_level(counts, BANDS, 2024).set_index("level")["pupils"]
    assert table.to_dict() == {"elementary": 10.0, "high": 5.5, "middle": 20.0, "other": 5.0}
    assert pupils_by_level(counts.iloc[:0], BANDS, 2024).empty


def test_the_middle_of_unknown_bounds_is_unknown() -> None:
    assert middle(pd.DataFrame({"pupils": [np.nan], "pupils_low": [3.0], "pupils_high": [np.nan]})).isna().all()
    assert middle(totals(("a", 2024, None, "suppressed"))).tolist() == [pytest.approx(5.5)]
