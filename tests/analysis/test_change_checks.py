"""Declared changes that contradict the counts are refused by name, and those that agree with them pass."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.changes import Event
from pipeline.errors import ConfigError
from tests.analysis.test_outlook import STEADY, enrollment, facts, run

GONE = {grade: [50.0] * 4 + [np.nan] * 4 for grade in STEADY}  # closed after fall 2020


def totals_of(*events: Event, **other: Any) -> Any:
    """The outlook of schools a, b and c, which stay, and of one that closed in 2021."""
    counts = enrollment({"a": STEADY, "b": STEADY, "c": STEADY, "gone": GONE})
    return run(counts, other.pop("schools", facts("a", "b", "c", "gone")), events=events, **other)[1]


def test_a_past_closure_of_a_school_with_pupils_is_refused_and_a_true_one_is_not() -> None:
    true = Event("closes", "gone", 2021, pupils_to={"a": 1.0})
    assert set(totals_of(true)["unit_id"]) == {"a", "b", "c", "d"}
    wrong = Event("closes", "b", 2021, pupils_to={"a": 1.0})
    message = r"^outlook\.events: 1 closures .* 'b' closes in fall 2021, but has 150 pupils in fall 2024"
    with pytest.raises(ConfigError, match=message):
        totals_of(true, wrong)


def test_a_coming_opening_of_a_school_with_pupils_is_refused() -> None:
    wrong = Event("opens", "b", 2026, pupils_from={"a": 0.3})
    message = r"^outlook\.events: 1 openings .* 'b' opens in fall 2026, but has 150 pupils in fall 2024.*'regrades'"
    with pytest.raises(ConfigError, match=message):
        totals_of(wrong)
    true = Event("opens", "n", 2026, pupils_from={"a": 0.3})
    assert totals_of(true).query("unit_id == 'n'")["fall_year"].min() == 2026


def test_a_past_opening_makes_no_school_out_of_a_typing_error() -> None:
    with pytest.raises(ConfigError, match=r"'opens' of fall 2020 names school 'gnoe', .* in no fall up to 2024"):
        totals_of(Event("opens", "gnoe", 2020, pupils_from={"a": 0.3}))
    assert "n" not in set(totals_of(Event("opens", "a", 2020, pupils_from={"b": 0.3}))["unit_id"])


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (Event("closes", "a", 2026, pupils_to={"gone": 1.0}), "sends pupils to 'gone', which has no pupils in fall 2024"),
        (Event("closes", "a", 2026, pupils_to={"code": 1.0}), "sends pupils to 'code', which is no place"),
        (Event("closes", "a", 2026, pupils_to={"n": 1.0}), "sends pupils to 'n', which opens in fall 2027"),
        (Event("boundary", "gone", 2026, pupils_to={"a": 0.2}), "takes pupils from 'gone', which has no pupils"),
        (Event("opens", "m", 2026, pupils_from={"code": 0.2}), "takes pupils from 'code', which is no place"),
        (Event("closes", "gone", 2026), "closes 'gone', which has no pupils in fall 2024"),
        (Event("closes", "a", 2028, pupils_to={"b": 1.0}), r"'b', which is closed from fall 2027 on by the directory of schools"),
    ],
)  # fmt: skip
def test_no_pupils_go_to_or_come_from_a_school_that_is_not_there(event: Event, message: str) -> None:
    counts = enrollment({"a": STEADY, "b": STEADY, "code": STEADY, "c": STEADY, "gone": GONE})
    schools = facts("a", "b", "code", "c", "gone").assign(is_place=[True, True, False, True, True])
    schools["closed_fall"] = pd.array([None, 2027, None, None, 2021], dtype="Int64")
    opens = Event("opens", "n", 2027, pupils_from={"c": 0.3})
    with pytest.raises(ConfigError, match=message):
        run(counts, schools, events=(opens, event))
    later = Event("closes", "a", 2027, pupils_to={"n": 0.5, "c": 0.5})
    assert "a" not in set(run(counts, schools, events=(opens, later))[1].query("fall_year == 2027")["unit_id"])


@pytest.mark.parametrize(
    ("event", "message"),
    [
        (Event("boundary", "a", 2026, ("07", "08"), {"b": 0.2}), "of grades 07, 08 moves nobody: 'a' has no pupils"),
        (Event("opens", "n", 2026, ("07",), {}, {"a": 0.2}), "of grade 07 moves nobody: 'a' has no pupils"),
        (Event("closes", "k", 2026, (), {"a": 1.0}), "would send pupils of grade 03 to 'a', which has no such grade"),
    ],
)
def test_no_pupils_move_in_grades_that_the_giver_or_the_taker_does_not_have(event: Event, message: str) -> None:
    counts = enrollment({"a": STEADY, "b": STEADY, "k": {**STEADY, "03": [50.0] * 8, "TK": [9.0] * 8}})
    with pytest.raises(ConfigError, match=message):
        run(counts, facts("a", "b", "k"), events=(event,))
    gained = Event("regrades", "a", 2026, ("03",), {}, {"k": 0.5})
    assert len(run(counts, facts("a", "b", "k"), events=(gained, Event("closes", "k", 2027, (), {"a": 1.0})))[1])


@pytest.mark.parametrize(
    ("until", "message"),
    [
        (2010, r"until 2010 lies outside the falls of the enrollment \(2017 to 2024\)"),
        (2030, "until 2030 lies outside the falls"),
        (2024, "until 2024, but that has pupils of its own in 2 falls up to then, 20 in fall 2023 first"),
    ],
)
def test_a_definition_that_the_counts_contradict_is_refused(until: int, message: str) -> None:
    mixed = {**STEADY, "TK": [np.nan] * 6 + [20.0, 22.0]}
    with pytest.raises(ConfigError, match=message):
        run(enrollment({"a": mixed}), facts("a"), definitions={"KG": until})
    assert len(run(enrollment({"a": mixed}), facts("a"), definitions={"KG": 2022})[0])
    # where the last count itself is of the old kind, nothing contradicts it
    assert len(run(enrollment({"a": STEADY}), facts("a"), definitions={"KG": 2024})[0])


def test_falls_left_out_by_the_setting_are_not_called_missing() -> None:
    counts = enrollment({"a": STEADY})
    by_grade, _, _, ledger = run(counts, facts("a"), leave_out=(2018, 2020, 2022, 2024))
    assert by_grade.empty
    lines = ledger.frame()
    said = lines[
        lines["reason"].str.contains("outlook.leave_out (2018, 2020, 2022, 2024) excludes every step", regex=False)
    ]
    assert said["entry"].tolist() == ["note"]
    assert "enrollment by grade of two falls in a row" not in set(lines["subject_name"])
    _, _, _, ledger = run(counts[counts["fall_year"] == 2024], facts("a"), leave_out=(2024,))
    assert "enrollment by grade of two falls in a row" in set(ledger.frame()["subject_name"])
