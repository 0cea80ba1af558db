"""Every rule and caution of the outlook: each in a case of its own, all told in docs/outlook.md."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.changes import Event
from pipeline.analysis.outlook_rules import CAUTIONS
from pipeline.columns import BY_NAME
from tests.analysis.test_outlook import MEMBERS, STEADY, enrollment, facts, flows_of, run, written

DOCS = Path(__file__).resolve().parents[2] / "docs/outlook.md"
NAN = [float("nan")]


def rules(table: pd.DataFrame, unit: str) -> dict[str, str]:
    """Rule by grade in the first year ahead."""
    rows = table[(table["unit_id"] == unit) & (table["fall_year"] == table["fall_year"].min())]
    return dict(zip(rows["grade"], rows["rule"], strict=True))


def cautions(table: pd.DataFrame, unit: str, fall: int = 2025) -> set[str]:
    rows = table[(table["unit_id"] == unit) & (table["fall_year"] == fall)]
    return set(" ".join(rows["caution"].dropna()).split())


def test_the_documents_tell_every_rule_and_every_caution_and_no_other() -> None:
    section = DOCS.read_text(encoding="utf-8").split("## Rules\n", 1)[1].split("\n## ", 1)[0]
    told = re.findall(r"^- `(\w+)`:", section, flags=re.M)
    assert told == [*BY_NAME["rule"].values, *CAUTIONS]
    assert set(re.findall(r"\b\w+_\w+\b", BY_NAME["caution"].meaning)) <= set(CAUTIONS)
    assert all(word in BY_NAME["caution"].meaning for word in CAUTIONS)


def test_own_ratio_and_recent_counts() -> None:
    by_grade, totals, _, _ = run(enrollment({"a": STEADY, "b": STEADY}), facts("a", "b"))
    assert rules(by_grade, "a") == {"KG": "recent_counts", "01": "own_ratio", "02": "own_ratio"}
    assert rules(by_grade, "d") == {"KG": "recent_counts", "01": "own_ratio", "02": "own_ratio"}
    assert cautions(by_grade, "a") == cautions(totals, "a") == cautions(totals, "d") == set()


def test_births_and_births_ahead() -> None:
    births = pd.DataFrame({"year": range(2010, 2025), "area_id": "t", "births": 500.0})
    by_grade, _, _, _ = run(enrollment({"a": STEADY}), facts("a"), births=births, years=6)
    rows = by_grade[(by_grade["unit_id"] == "a") & (by_grade["grade"] == "KG")].set_index("fall_year")["rule"]
    assert rows[2029] == "births"
    assert rows[2030] == "births_ahead"
    assert by_grade["pupils_projected"].round(6).unique().tolist() == [50.0]


def test_births_of_years_that_no_kindergarten_needs_are_told_as_missing() -> None:
    def missing(*years: int) -> list[str]:
        births = pd.DataFrame({"year": years, "area_id": "t", "births": 500.0})
        by_grade, _, _, ledger = run(enrollment({"a": STEADY}), facts("a"), births=births)
        lines = ledger.frame()
        said = lines[(lines["entry"] == "missing_input") & (lines["subject_name"] == "births")]["reason"].tolist()
        assert by_grade["rule"].eq("births").any() != bool(said)
        return said

    told = missing(2001, 2002)
    assert (
        len(told) == 1 and "known of 2001, 2002 alone" in told[0] and "the mean of the last births counted" in told[0]
    )
    gap = missing(2014, 2024)
    assert len(gap) == 1 and "the mean of its recent counts" in gap[0] and "years from 2017 on" in gap[0]
    assert missing(*range(2010, 2025)) == []


def test_young_children() -> None:
    profile = pd.DataFrame({"district_id": "d", "vintage": "2019-2023", "method": "m", "children_0_4": [900.0]})
    by_grade, _, _, _ = run(enrollment({"a": STEADY}), facts("a"), district_profile=profile)
    assert rules(by_grade, "a")["KG"] == "young_children"


def test_phase_in_and_held() -> None:
    counts = enrollment({"a": {**STEADY, "TK": [0.0] * 6 + [70.0, 90.0], "UG": [3.0] * 8}})
    months = {2022: 5, 2023: 7, 2024: 9} | dict.fromkeys(range(2025, 2035), 12)
    by_grade, _, _, _ = run(counts, facts("a"), tk_months=months)
    assert rules(by_grade, "a")["TK"] == "phase_in"
    then = by_grade[(by_grade["unit_id"] == "a") & (by_grade["grade"] == "TK")].set_index("fall_year")
    assert then.loc[2026, "pupils_projected"] == pytest.approx(120.0)
    assert rules(by_grade, "a")["UG"] == "held"
    without, _, _, _ = run(counts, facts("a"))
    assert rules(without, "a")["TK"] == "held"


def test_entry_share() -> None:
    middle = {"03": [40.0] * 8, "04": [40.0] * 8}
    by_grade, _, _, _ = run(enrollment({"a": STEADY, "m": middle}), facts("a", "m"))
    assert rules(by_grade, "m") == {"03": "entry_share", "04": "own_ratio"}


def test_a_grade_that_pupils_mostly_enter_from_elsewhere_is_an_entry_though_the_grade_below_is_large() -> None:
    upper = {"03": [15.0] * 8, "04": [45.0] * 8}
    feeder = {"03": [400.0] * 8, "04": [380.0] * 8}
    by_grade, _, _, _ = run(enrollment({"u": upper, "f": feeder}), facts("u", "f"))
    assert rules(by_grade, "u")["04"] == "entry_share"
    assert rules(by_grade, "f")["04"] == "own_ratio"


@pytest.mark.parametrize(
    ("method", "of_school", "of_district"),
    [
        ("no change", "held", "held"),
        ("last year's change", "last_change", "last_change"),
        ("last count held to the district's cohorts", "held", "own_ratio"),
        ("half-way from shrunk survival to no change", "own_ratio", "own_ratio"),
    ],
)
def test_the_rule_is_that_of_the_method(method: str, of_school: str, of_district: str) -> None:
    by_grade, _, _, _ = run(enrollment({"a": STEADY, "b": STEADY}), facts("a", "b"), method=method)
    assert (rules(by_grade, "a")["01"], rules(by_grade, "d")["01"]) == (of_school, of_district)
    for unit, rule in (("a", of_school), ("d", of_district)):
        assert rules(by_grade, unit)["KG"] == ("recent_counts" if rule == "own_ratio" else rule)


def test_a_school_that_opened_last_year_takes_the_districts_ratios_and_is_marked() -> None:
    new = {g: NAN * 7 + [40.0] for g in STEADY}
    by_grade, totals, _, _ = run(enrollment({"old": STEADY, "new": new}), facts("old", "new"))
    assert rules(by_grade, "new")["01"] == "district_ratio"
    assert cautions(totals, "new") == {"new_school"}
    assert cautions(totals, "old") == set()


def test_a_grade_with_zero_pupils_stands_in_the_table_with_zero() -> None:
    emptied = {**STEADY, "02": [50.0] * 7 + [0.0]}
    by_grade, totals, _, _ = run(enrollment({"a": STEADY, "e": emptied}), facts("a", "e"))
    rows = by_grade[(by_grade["unit_id"] == "e") & (by_grade["grade"] == "02")]
    assert rows["rule"].unique().tolist() == ["empty_grade"]
    assert rows[["pupils_projected", "pupils_projected_high"]].to_numpy().max() == 0.0
    assert len(rows) == 5
    assert totals[totals["unit_id"] == "e"]["pupils_projected"].max() < 120


def test_a_suppressed_cell_is_marked_and_widens_its_grade() -> None:
    counts = enrollment({"a": STEADY, "b": STEADY})
    cell = (counts["school_id"] == "a") & (counts["fall_year"] == 2024) & (counts["grade"] == "02")
    counts.loc[cell, ["pupils", "pupils_low", "pupils_high", "value_status"]] = [np.nan, 46.0, 54.0, "suppressed"]
    by_grade, totals, _, _ = run(counts, facts("a", "b"))
    row = by_grade[(by_grade["unit_id"] == "a") & (by_grade["grade"] == "02") & (by_grade["fall_year"] == 2025)]
    plain = by_grade[(by_grade["unit_id"] == "b") & (by_grade["grade"] == "02") & (by_grade["fall_year"] == 2025)]
    width = row["pupils_projected_high"].item() - row["pupils_projected"].item()
    assert width == pytest.approx(4.0 + plain["pupils_projected_high"].item() - plain["pupils_projected"].item())
    assert row["caution"].item() == "suppressed_cell"
    assert cautions(totals, "a") == {"suppressed_cell"}
    assert cautions(totals, "b") == set()


def test_a_school_whose_last_fall_cannot_be_used_starts_from_its_latest_count() -> None:
    counts = enrollment({"a": STEADY, "b": STEADY})
    cell = (counts["school_id"] == "b") & (counts["fall_year"] == 2024) & (counts["grade"] == "02")
    counts.loc[cell, ["pupils", "pupils_low", "pupils_high", "value_status"]] = [np.nan, np.nan, np.nan, "suppressed"]
    written_, ledger = written(counts, facts("a", "b"), method="recent-weighted cohort survival")
    totals = written_["outlook_totals"]
    sums = totals.groupby("unit_id")["pupils_projected"]
    assert {unit: set(some.round(6)) for unit, some in sums} == {"a": {150.0}, "b": {150.0}, "d": {300.0}}
    assert totals["pupils_projected_low"].notna().all()
    assert (cautions(totals, "b"), cautions(totals, "a")) == ({"carried_count"}, set())
    assert written_["school_changes"].empty
    reasons = " ".join(ledger.frame()["reason"])
    assert "1 schools have no usable counts by grade in fall 2024" in reasons
    assert "schools without pupils" not in reasons


def test_a_pandemic_fall_as_the_last_one_is_marked_everywhere() -> None:
    _, totals, _, _ = run(enrollment({"a": STEADY}), facts("a"), leave_out=(2024,))
    assert cautions(totals, "a") >= {"pandemic_base"}
    assert cautions(totals, "d") >= {"pandemic_base"}
    _, totals, _, _ = run(enrollment({"a": STEADY}), facts("a"), leave_out=(2020,))
    assert cautions(totals, "a") == set()


MIXED = {"TK": [0.0] * 6 + [20.0, 20.0], "KG": [70.0] * 6 + [50.0, 50.0], "01": [50.0] * 8, "02": [50.0] * 8}


def test_kindergarten_that_held_another_grade_is_no_trend() -> None:
    """50 of 70 move up while kindergarten holds 20 of the year below; afterwards 50 of 50 do."""
    by_grade, _, _, ledger = run(enrollment({"a": MIXED}), facts("a"), definitions={"KG": 2022})
    then = by_grade[(by_grade["unit_id"] == "a") & (by_grade["fall_year"] == 2026)].set_index("grade")
    assert then.loc[["KG", "01", "02"], "pupils_projected"].tolist() == pytest.approx([50.0] * 3)
    assert then.loc["KG", "caution"] == then.loc["01", "caution"] == "definition_break"
    assert then["caution"].isna().loc["02"]
    assert "transitional kindergarten is counted apart" not in " ".join(ledger.frame()["reason"])


def test_a_break_that_nobody_declared_is_seen_and_treated_alike() -> None:
    counts = enrollment({"a": MIXED})
    declared, _, _, _ = run(counts, facts("a"), definitions={"KG": 2022})
    seen, _, _, ledger = run(counts, facts("a"))
    pd.testing.assert_frame_equal(seen, declared)
    assert "counted apart from fall 2023 on, and kindergarten falls by 20" in " ".join(ledger.frame()["reason"])
    # a transitional kindergarten that takes nobody out of kindergarten is a new grade, no other definition
    added = {**MIXED, "KG": [50.0] * 8}
    _, _, _, ledger = run(enrollment({"a": added}), facts("a"))
    assert "counted apart" not in " ".join(ledger.frame()["reason"])


def test_a_declared_change_marks_the_schools_it_concerns_from_its_fall_on() -> None:
    shut = Event("closes", "a", 2027, pupils_to={"b": 1.0})
    counts = enrollment({"a": STEADY, "b": STEADY, "c": STEADY})
    by_grade, totals, _, _ = run(counts, facts("a", "b", "c"), events=(shut,))
    assert [cautions(totals, "b", fall) for fall in (2026, 2027)] == [set(), {"declared_change"}]
    assert cautions(by_grade, "c", 2027) == set()
    sums = totals.set_index(["unit_id", "fall_year"])["pupils_projected"]
    assert sums["b", 2026] == pytest.approx(150.0)
    assert sums["b", 2027] == pytest.approx(300.0)
    assert "a" not in set(totals[totals["fall_year"] >= 2027]["unit_id"])
    assert sums["d", 2027] == pytest.approx(450.0)


def test_a_new_school_takes_the_pupils_that_are_moved_into_it() -> None:
    opens = Event("opens", "n", 2026, grades=("KG", "01"), pupils_from={"a": 0.4})
    by_grade, totals, _, _ = run(enrollment({"a": STEADY}), facts("a"), events=(opens,))
    rows = by_grade[by_grade["unit_id"] == "n"]
    assert rows["fall_year"].min() == 2026
    assert set(rows["rule"]) == {"moved_in"}
    sums = totals.set_index(["unit_id", "fall_year"])["pupils_projected"]
    assert (sums["n", 2026], sums["a", 2026], sums["d", 2026]) == pytest.approx((40.0, 110.0, 150.0))


def test_too_short_a_history_is_marked_untested() -> None:
    counts = enrollment({"a": STEADY})
    by_grade, totals, _, _ = run(counts[counts["fall_year"] > 2022], facts("a"))
    assert cautions(totals, "a") == cautions(by_grade, "a") == cautions(totals, "d") == {"untested"}


def test_zones_go_with_the_district() -> None:
    flows = flows_of(("z", "a", 60.0, 60.0, 60.0))
    by_grade, totals, _, _ = run(enrollment({"a": STEADY}), facts("a"), flows=flows, membership=MEMBERS)
    assert set(by_grade[by_grade["unit_kind"] == "zone"]["rule"]) == {"with_the_district"}
    schools = totals[totals["unit_kind"] == "school"]
    assert schools["pupils_by_residence"].tolist() == pytest.approx(schools["pupils_projected"].tolist())
    assert totals[totals["unit_kind"] != "school"]["pupils_by_residence"].isna().all()
