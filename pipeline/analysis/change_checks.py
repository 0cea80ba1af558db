"""Declared changes held against the counts: what the enrollment says cannot be is refused."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from pipeline.analysis.changes import Event
from pipeline.columns import GRADES
from pipeline.errors import ConfigError
from pipeline.numerals import number

Array = np.ndarray


GOES_ALONG = {"PK", "TK", "UG"}  # programs of a school, which move with their pupils


def refuse_against_counts(
    events: Sequence[Event], ids: Array, now: Array, last: int, codes: frozenset[str] = frozenset()
) -> None:
    """Raise where declared changes contradict the counts of the last fall.

    Parameters
    ----------
    events : sequence of Event
    ids : array of str
    now : array
        School x grade, pupils of the last fall; NaN for schools that have none.
    last : int
        The last fall of the enrollment.
    codes : frozenset of str
        Accounting codes that are no place.

    Raises
    ------
    ConfigError
        If a school closed by ``last`` has pupils then, or one that opens later has; if a later change sends
        pupils to a school that is not there by then, takes some from one that is not, or moves grades that
        the giver does not have or the taker would not.

    Examples
    --------
    >>> gone = Event("closes", "a", 2021, pupils_to={"b": 1.0})
    >>> refuse_against_counts([gone], np.array(["a"]), np.full((1, len(GRADES)), np.nan), 2024)
    """
    pupils = dict(zip(ids.astype(str), np.nansum(now, axis=1), strict=True))
    there = [event for event in events if pupils.get(event.school_id, 0.0) > 0]
    alive = [e for e in there if e.kind == "closes" and not e.grades and e.fall_year <= last]
    if alive:
        first = alive[0]
        raise ConfigError(
            f"{first.declared_in}: {len(alive)} closures are of schools that still have pupils; the first: {first.school_id!r} closes "
            f"in fall {first.fall_year}, but has {number(pupils[first.school_id])} pupils in fall {last}. Correct the fall or the id."
        )
    early = [e for e in there if e.kind == "opens" and e.fall_year > last]
    if early:
        first = early[0]
        raise ConfigError(
            f"{first.declared_in}: {len(early)} openings are of schools that have pupils already; the first: {first.school_id!r} opens "
            f"in fall {first.fall_year}, but has {number(pupils[first.school_id])} pupils in fall {last}. Correct the fall or the id, or "
            "declare grades that are added as 'regrades'."
        )
    _refuse_absent(events, pupils, last, codes)
    _refuse_grades(events, {str(i): row for i, row in zip(ids, np.nan_to_num(now), strict=True)}, last)


def _refuse_absent(events: Sequence[Event], pupils: dict[str, float], last: int, codes: frozenset[str]) -> None:
    """Raise where a later change concerns a school without pupils that no event has opened by then."""
    opened = {e.school_id: e.fall_year for e in events if e.kind == "opens" and e.fall_year > last}

    def absent(school: str, fall: int) -> str:
        if school in codes:
            return "is no place but an accounting code"
        if opened.get(school, fall) > fall:
            return f"opens in fall {opened[school]}"
        return "" if school in opened or pupils.get(school, 0.0) > 0 else f"has no pupils in fall {last}"

    faults = []
    for event in (e for e in events if e.fall_year > last):
        parts = [("sends pupils to", taker) for _, taker, _ in event.transfers]
        parts += [("takes pupils from", giver) for giver, _, _ in event.transfers]
        parts += [("closes", event.school_id)] if event.kind == "closes" and not event.pupils_to else []
        faults += [
            (event, f"{does} {school!r}, which {why}")
            for does, school in parts
            if (why := absent(school, event.fall_year))
        ]
    if faults:
        event, what = faults[0]
        raise ConfigError(
            f"{event.declared_in}: {len(faults)} parts of events concern schools that are not there by then; the first: the event "
            f"'{event.kind}' of {event.school_id!r} in fall {event.fall_year} {what}. Correct the id or the fall, or declare its opening."
        )


def _refuse_grades(events: Sequence[Event], counts: dict[str, Array], last: int) -> None:
    """Raise where a later change moves grades that nobody has at the giver, or that the taker does not hold."""
    ahead = sorted((e for e in events if e.fall_year > last), key=lambda e: e.fall_year)
    has = {school: {g for g, n in zip(GRADES, row, strict=True) if n > 0} for school, row in counts.items()}
    gains = [e for e in ahead if e.kind == "opens" or (e.kind == "regrades" and e.pupils_from)]
    for event in ahead:
        held = {school: set(grades) for school, grades in has.items()}
        for gain in (e for e in gains if e.fall_year <= event.fall_year):
            held.setdefault(gain.school_id, set()).update(gain.grades or GRADES)
        for giver, taker, _ in event.transfers:
            moved = held.get(giver, set()) & set(event.grades or GRADES)
            head = f"{event.declared_in}: the event '{event.kind}' of {event.school_id!r} in fall {event.fall_year}"
            if not moved:
                raise ConfigError(
                    f"{head} of {_named(event.grades)} moves nobody: {giver!r} has no pupils there. Name grades that it has."
                )
            if lacking := [g for g in GRADES if g in moved - held.get(taker, set()) - GOES_ALONG]:
                raise ConfigError(
                    f"{head} would send pupils of {_named(lacking)} to {taker!r}, which has no such grade. Name the grades that move "
                    "(one event for each group of grades), or declare the grade that it gains as 'regrades'."
                )


def _named(grades: Sequence[str]) -> str:
    return f"grade{'s' if len(grades) > 1 else ''} {', '.join(grades)}" if grades else "all grades"
