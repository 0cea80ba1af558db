"""Declared changes: pupils moved and none made or lost, steps left out, undeclared ones listed."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.history import of_baltimore
from pipeline.analysis.changes import Event, after_moves, closures, moves, touched, with_openings
from pipeline.analysis.cohorts import forecast
from pipeline.analysis.observed_changes import school_changes
from pipeline.analysis.progression import Settings
from pipeline.analysis.rolls import Rolls
from pipeline.columns import GRADES
from pipeline.config import SchoolEvent
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check
from tests.analysis.test_cohorts import loose

COHORTS = "mean cohort survival"
IDS = np.array(["a", "b", "c", "n"], dtype=object)
KG, FIRST = GRADES.index("KG"), GRADES.index("01")
EVENTS = (
    Event("closes", "a", 2026, pupils_to={"b": 0.6, "c": 0.4}),
    Event("opens", "n", 2025, grades=("KG", "01"), pupils_from={"b": 0.3}),
    Event("boundary", "c", 2027, grades=("KG",), pupils_to={"b": 0.25}),
    Event("closes", "c", 2028),
)


def test_a_closing_school_gives_its_pupils_away_and_an_opening_one_takes_its_share() -> None:
    state = np.zeros((4, len(GRADES)))
    state[:3, KG], state[:3, FIRST] = [10.0, 100.0, 50.0], [20.0, 80.0, 40.0]
    moved = moves(EVENTS, IDS, 2024)
    assert moved is not None
    assert moved(state, 2025)[:, KG].tolist() == [10.0, 70.0, 50.0, 30.0]
    # in the order of their falls: n takes 30 of b, then a gives 6 to b and 4 to c
    assert moved(state, 2026)[:, KG].tolist() == pytest.approx([0.0, 76.0, 54.0, 30.0])
    assert moved(state, 2027)[:, KG].tolist() == pytest.approx([0.0, 76 + 13.5, 40.5, 30.0])
    assert moved(state, 2027)[:, FIRST].tolist() == pytest.approx([0.0, 80 * 0.7 + 12, 48.0, 24.0])
    # c names nobody: those left share its pupils as they share the grade, the closed school among them not
    last = moved(state, 2028)[:, KG]
    assert last[[0, 2]].tolist() == [0.0, 0.0]
    assert last[1] / last[3] == pytest.approx(89.5 / 30.0)
    assert moves(EVENTS, IDS, 2028) is None


def test_events_of_one_fall_take_their_shares_of_what_was_there_before_it() -> None:
    """Whatever the schools are called: two that swap half of their pupils have as many as before."""
    state = np.zeros((2, len(GRADES)))
    state[:, KG] = 150.0
    swap = [Event("boundary", one, 2026, pupils_to={other: 0.5}) for one, other in (("a", "b"), ("b", "a"))]
    moved = moves(swap, IDS[:2], 2024)
    assert moved is not None
    assert moved(state, 2026)[:, KG].tolist() == [150.0, 150.0]
    state = np.zeros((4, len(GRADES)))
    state[:, KG] = [100.0, 100.0, 100.0, 0.0]
    both = (Event("closes", "a", 2026), Event("closes", "b", 2026), Event("opens", "n", 2026, pupils_from={"a": 0.5}))
    moved = moves(both, IDS, 2024)
    assert moved is not None  # n takes 50 of a; 50 and 100 go to c and n as 100 to 50
    assert moved(state, 2026)[:, KG].tolist() == pytest.approx([0.0, 0.0, 200.0, 100.0])


@pytest.mark.parametrize(
    ("events", "message"),
    [
        (
            [("closes", "b", 2026, {"a": 1.0}), ("closes", "a", 2026, {"c": 1.0})],
            "sends pupils to 'a', which is closed from fall 2026",
        ),
        (
            [("closes", "a", 2026, {"c": 1.0}), ("boundary", "b", 2027, {"a": 0.1})],
            "sends pupils to 'a', which is closed from fall 2026",
        ),
        (
            [("closes", "a", 2026, {"c": 1.0}), ("boundary", "a", 2026, {"b": 0.1})],
            "give away 110% of the pupils of 'a'",
        ),
    ],
)
def test_events_that_would_lose_pupils_are_refused(events: list[Any], message: str) -> None:
    with pytest.raises(ConfigError, match=message):
        moves([Event(*some, pupils_to=to) for *some, to in events], IDS, 2024)
    closes_later = [
        Event("boundary", "b", 2026, pupils_to={"a": 0.1}),
        Event("closes", "a", 2027, pupils_to={"c": 1.0}),
    ]
    assert moves(closes_later, IDS, 2024) is not None


@given(st.lists(st.integers(0, 300), min_size=8, max_size=8), st.sampled_from(range(2025, 2031)))
def test_no_pupil_is_made_or_lost(counts: list[int], fall: int) -> None:
    state = np.zeros((4, len(GRADES)))
    state[:, KG : FIRST + 1] = np.array(counts, dtype="float64").reshape(4, 2)
    moved = moves(EVENTS, IDS, 2024)
    assert moved is not None
    after = moved(state, fall)
    np.testing.assert_allclose(after.sum(axis=0), state.sum(axis=0), rtol=0, atol=1e-9)
    assert (after >= 0).all()


def history(falls: int = 6) -> Rolls:
    rng = np.random.default_rng(3)
    pupils = np.zeros((3, len(GRADES), falls))
    pupils[:, KG : KG + 6] = rng.integers(30, 90, size=(3, 6, falls))
    years = np.arange(2025 - falls, 2025)
    return Rolls(np.array(["a", "b", "c"], dtype=object), years, pupils, np.zeros((3, falls)))


def test_the_districts_outlook_is_the_same_with_and_without_changes() -> None:
    found = with_openings(history(), EVENTS, 2024)
    assert found.schools.tolist() == ["a", "b", "c", "n"]
    before, district = forecast(COHORTS, found.pupils, found.years, 5, 6, Settings())
    after = after_moves(before, np.arange(2025, 2031), moves(EVENTS, found.schools, 2024))
    np.testing.assert_allclose(after.sum(axis=0), district, rtol=0, atol=1e-9)
    np.testing.assert_allclose(after.sum(axis=0), before.sum(axis=0), rtol=0, atol=1e-9)
    assert after[0, :, 1:].sum() == 0.0  # closed from 2026 on
    assert before[3].sum() == 0.0
    assert after[3, KG : FIRST + 1].min() > 0
    np.testing.assert_array_equal(after[2, :, 0], before[2, :, 0])  # nothing concerns c in 2025


def test_a_declared_step_is_left_out_of_the_schools_it_concerns_and_of_no_other() -> None:
    found = history()
    found.pupils[0, :, 4:] /= 2  # half of a went to b
    found.pupils[1, :, 4:] += found.pupils[0, :, 4:]
    event = Event("boundary", "a", 2023, pupils_to={"b": 0.5})
    declared = touched([event], found.schools, found.years)
    assert declared.sum() == 2
    # before schools are held to the district, which moves all of them alike
    without, with_it = (loose(found.pupils, 1, Settings(declared=some), COHORTS) for some in (None, declared))
    assert not np.allclose(without[0], with_it[0])
    assert not np.allclose(without[1], with_it[1])
    np.testing.assert_array_equal(without[2], with_it[2])


def test_changes_seen_in_the_counts_are_listed_and_told_apart_from_declared_ones() -> None:
    found = history()
    found.pupils[0, :, :2] = np.nan  # a opens in 2021
    found.pupils[1, :, 5:] = np.nan  # b closes in 2024
    found.pupils[2, KG + 6, 3:] = 40.0  # c gains grade 06 in 2022
    found.pupils[2, GRADES.index("TK"), 4:] = 9.0  # and kindergarten lets go of its transitional year in 2023
    ledger = Ledger()
    opened = Event("opens", "a", 2021, source="the board")
    later = Event("closes", "c", 2027, source="the board")
    table = check(BY_TABLE["school_changes"], school_changes(found, [opened, later], {"KG": 2022}, ledger))
    rows = table[["school_id", "fall_year", "change_kind", "grade_codes", "is_declared"]].to_numpy().tolist()
    assert rows == [
        ["a", 2021, "opened", "", True],
        ["b", 2024, "closed", "", False],
        ["c", 2022, "grades_gained", "06", False],
        ["c", 2027, "closed", "", True],
    ]
    line = ledger.frame().iloc[0]
    assert "2 changes of schools" in line["reason"]
    assert line["item"] == "b closed 2024"


def test_baltimores_changes_of_twenty_three_falls_are_listed(shared_data: Callable[[str], Path]) -> None:
    found = of_baltimore(shared_data("baltimore"))
    table = check(BY_TABLE["school_changes"], school_changes(found, [], {}, Ledger()))
    kinds = table["change_kind"].value_counts()
    assert (kinds["closed"], kinds["opened"]) == (94, 64)
    assert table[table["change_kind"].str.startswith("grades_")]["school_id"].nunique() == 177
    assert not table["is_declared"].any()


def test_closures_of_the_directory_count_unless_an_event_says_more() -> None:
    schools = pd.DataFrame({"school_id": ["a", "b", "c"], "closed_fall": pd.array([2026, 2020, None], dtype="Int64")})
    assert [(e.school_id, e.fall_year) for e in closures(schools, [], 2024)] == [("a", 2026)]
    assert closures(schools, [Event("closes", "a", 2026, pupils_to={"c": 1.0})], 2024) == []


def test_an_event_of_an_unknown_school_is_refused_by_name() -> None:
    with pytest.raises(ConfigError, match="'closes' of fall 2026 names school 'x'"):
        with_openings(history(), [Event("closes", "a", 2026, pupils_to={"x": 1.0})], 2024)


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"kind": "closes", "pupils_to": {"b": 0.7}}, "a closing school gives all"),
        ({"kind": "boundary", "pupils_to": {"b": 0.7, "c": 0.7}}, "no school gives more"),
        ({"kind": "boundary", "pupils_to": {"a": 0.7}}, "cannot give pupils to itself"),
        ({"kind": "opens", "pupils_to": {"b": 0.7}}, "opens takes pupils_from"),
        ({"kind": "closes", "pupils_from": {"b": 0.7}}, "closes takes pupils_to"),
        ({"kind": "regrades", "pupils_to": {"b": 0.7}}, "regrades names its grades"),
    ],
)
def test_an_event_that_cannot_be_is_refused(values: dict[str, object], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        SchoolEvent.model_validate({"school_id": "a", "fall_year": 2026, "source": "x", **values})
