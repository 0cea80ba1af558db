"""Declared changes of schools held against each other and against their scenario, before any count is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from pipeline.columns import GRADES

_ROUNDING = 1e-9


class SchoolEvent(Protocol):
    """What is read of an event of the study (`config.SchoolEvent`)."""

    @property
    def kind(self) -> str:
        """Opens, closes, boundary or regrades."""

    @property
    def school_id(self) -> str:
        """The school it is an event of."""

    @property
    def fall_year(self) -> int:
        """First fall in which it holds."""

    @property
    def grades(self) -> tuple[str, ...]:
        """Grades it concerns; none: all."""

    @property
    def pupils_to(self) -> Mapping[str, float]:
        """Shares that other schools take."""

    @property
    def pupils_from(self) -> Mapping[str, float]:
        """Shares that other schools give."""


def contradiction(events: Sequence[SchoolEvent]) -> str:
    """What two of the events say against each other; empty where they agree.

    An event that stands twice, a second closure of the same grades, an opening of a school that has closed, and
    shares of one school that sum to more than 1 in a fall and grade contradict each other.
    """
    by_fall = sorted(events, key=lambda e: e.fall_year)
    for later, event in enumerate(by_fall):
        for earlier in (e for e in by_fall[:later] if e.school_id == event.school_id):
            both = f"{_named(earlier)} and {_named(event)}"
            common = [g for g in GRADES if g in _grades(earlier) and g in _grades(event)]
            same = earlier.kind == event.kind and earlier.fall_year == event.fall_year
            if same and _grades(earlier) == _grades(event):
                return f"{both} are the same; write all shares into one event"
            if earlier.kind == event.kind == "closes" and common:
                return f"{both} close the same grades ({common[0]} first); keep the one that holds"
            kinds = {earlier.kind: earlier, event.kind: event}
            if set(kinds) == {"opens", "closes"} and kinds["closes"].fall_year <= kinds["opens"].fall_year:
                return f"{both} open a school that has closed; give the school that opens an id of its own, or correct the falls"
    return _given_twice(by_fall)


def without_effect(events: Sequence[SchoolEvent], now: int, years: int) -> str:
    """What the first event that can change nothing lacks; empty where each can.

    ``now`` is the fall of the study, ``years`` how many falls the outlook has after it.
    """
    faults = []
    for event in events:
        if event.fall_year > now + years:
            faults.append(
                f"{_named(event)} lies beyond the last fall of the outlook ({now + years}, by outlook.years): leave it out, or correct its fall"
            )
        elif event.kind == "opens" and event.fall_year > now and not event.pupils_from:
            faults.append(
                f"{_named(event)} brings it no pupils: name in pupils_from the schools that they come from, with their shares"
            )
    return f"{faults[0]} ({len(faults)} such events)" if faults else ""


class Scenario(Protocol):
    """What is read of a scenario of the study (`config.Scenario`)."""

    @property
    def homes(self) -> str:
        """As planned, or none."""

    @property
    def capture_change(self) -> float:
        """Change of the share of a zone's pupils who go to its own school."""

    @property
    def events(self) -> Sequence[SchoolEvent]:
        """Changes of schools beside the declared ones."""


def not_its_name(slot: str, scenario: Scenario, now: int, years: int) -> str:
    """What a scenario changes other than its slot says, or does not change; empty where they agree."""
    change = scenario.capture_change
    opening = any(e.kind == "opens" and now < e.fall_year <= now + years for e in scenario.events)
    wanted = {
        "as_planned": (True, "is the outlook itself: it changes nothing"),
        "no_new_homes": (scenario.homes == "none", "has no homes: write `homes: none`"),
        "lower_capture": (change < 0, f"has a capture_change below 0, not {change:g}"),
        "higher_capture": (change > 0, f"has a capture_change above 0, not {change:g}"),
        "new_school": (opening, f"opens a school in a fall from {now + 1} to {now + years}, by an event of kind opens"),
    }
    holds, says = wanted[slot]
    if not holds:
        return says
    others = {
        "homes": scenario.homes != "as_planned" and slot != "no_new_homes",
        "capture_change": change != 0 and slot not in ("lower_capture", "higher_capture"),
        "events": bool(scenario.events) and slot != "new_school",
    }
    if beside := [name for name, changed in others.items() if changed]:
        if slot == "as_planned":
            return f"{says}, and here {' and '.join(beside)} are changed"
        return f"changes one thing, so that its difference from the plan can be read: leave out {' and '.join(beside)}"
    return ""


def _given_twice(events: Sequence[SchoolEvent]) -> str:
    given: dict[tuple[int, str, str], float] = {}
    for event in events:
        parts = [(event.school_id, share) for share in event.pupils_to.values()] + list(event.pupils_from.items())
        for giver, share in parts:
            for grade in _grades(event):
                key = (event.fall_year, giver, grade)
                given[key] = given.get(key, 0.0) + share
    over = [key for key, share in given.items() if share > 1 + _ROUNDING]
    if not over:
        return ""
    fall, giver, grade = over[0]
    return (
        f"the events of fall {fall} give away {given[over[0]]:.0%} of the pupils of {giver!r} in grade {grade}, the first of {len(over)} such "
        "grades. Shares are of the pupils before any event of the fall: lower them to 1 together"
    )


def _grades(event: SchoolEvent) -> tuple[str, ...]:
    return tuple(g for g in GRADES if g in event.grades) or GRADES


def _named(event: SchoolEvent) -> str:
    return f"'{event.kind}' of {event.school_id!r} in fall {event.fall_year}"
