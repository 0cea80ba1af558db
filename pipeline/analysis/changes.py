"""Declared openings, closures, other grades and other lines: which pupils they move, which steps they touch."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby

import numpy as np
import pandas as pd

from pipeline.analysis.rolls import Rolls
from pipeline.columns import GRADES
from pipeline.errors import ConfigError
from pipeline.numerals import percent

Array = np.ndarray
Moves = Callable[[Array, int], Array]
KINDS = {"opens": "opened", "closes": "closed", "boundary": "boundary", "regrades": "grades_gained"}
DIRECTORY = "the directory of schools (closed_fall)"
_NOBODY = 1e-9  # what shares that sum to 1 leave behind is rounding


@dataclass(frozen=True)
class Event:
    """A declared change of a school.

    ``pupils_to`` names the schools that take a share of this school's pupils, ``pupils_from`` those
    that give it a share of theirs, in ``grades`` (none named: all), from ``fall_year`` on. ``declared_in``
    is where it was declared, for messages.
    """

    kind: str
    school_id: str
    fall_year: int
    grades: tuple[str, ...] = ()
    pupils_to: Mapping[str, float] = field(default_factory=dict)
    pupils_from: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    declared_in: str = "outlook.events"

    @property
    def change_kind(self) -> str:
        """What the school's counts show of it."""
        return "grades_lost" if self.kind == "regrades" and self.pupils_to else KINDS[self.kind]

    @property
    def transfers(self) -> list[tuple[str, str, float]]:
        """(from, to, share) of each part that moves."""
        out = [(self.school_id, school, share) for school, share in self.pupils_to.items()]
        return out + [(school, self.school_id, share) for school, share in self.pupils_from.items()]


def closures(schools: pd.DataFrame, events: Sequence[Event], after: int) -> list[Event]:
    """Closures that the directory announces and no event declares; their pupils go to all schools of the grade."""
    declared = {event.school_id for event in events if event.kind == "closes"}
    ahead = schools[(schools["closed_fall"] > after).fillna(False) & ~schools["school_id"].isin(declared)]
    return [
        Event("closes", str(row.school_id), int(row.closed_fall), source="the directory", declared_in=DIRECTORY)
        for row in ahead.sort_values("school_id").itertuples()
    ]


def with_openings(found: Rolls, events: Sequence[Event], last: int) -> Rolls:
    """The rolls with an empty row for each school that an event opens after fall ``last``.

    Raises
    ------
    ConfigError
        If an event names a school that is neither in the enrollment nor opened by a later event.
    """
    opened = sorted({e.school_id for e in events if e.kind == "opens" and e.fall_year > last} - set(found.schools))
    known = {*found.schools, *opened}
    for event in events:
        named = [event.school_id, *event.pupils_to, *event.pupils_from]
        if strangers := [school for school in named if school not in known]:
            raise ConfigError(
                f"{event.declared_in}: the event '{event.kind}' of fall {event.fall_year} names school {strangers[0]!r}, which has "
                f"enrollment by grade in no fall up to {last}. Write the id as it stands in the enrollment, or declare its opening "
                f"(in a fall after {last})."
            )
    if not opened:
        return found
    pupils = np.full((len(opened), *found.pupils.shape[1:]), np.nan)
    pupils[:, :, -1] = 0.0
    half_width = np.where(np.isnan(pupils[:, 0, :]), np.nan, 0.0)
    ids = np.concatenate([found.schools, np.array(opened, dtype=object)])
    order = np.argsort(ids.astype(str), kind="stable")
    cells = found.cell_half_width
    return Rolls(
        ids[order],
        found.years,
        np.concatenate([found.pupils, pupils])[order],
        np.concatenate([found.half_width, half_width])[order],
        None if cells is None else np.concatenate([cells, np.zeros_like(pupils)])[order],
        None if found.unusable is None else np.concatenate([found.unusable, np.zeros(half_width.shape, bool)])[order],
    )


def moves(events: Sequence[Event], ids: Array, after: int) -> Moves | None:
    """Where pupils go to school after the events later than ``after``: ``moves(state, fall) -> state``.

    ``state`` (school x grade) is what each school would have in that fall without any of them, so
    that an event is told by its fall and its shares alone: from its fall on it moves its share of
    what the giving school would have. Events of one fall all take their shares of what was there before that
    fall, in whatever order they stand. No pupil is made or lost. A school that closes without naming where its
    pupils go gives what it has left to all others that have the grade, in proportion to their pupils there.

    Raises
    ------
    ConfigError
        Where events of one fall give away more than a school has, or pupils go to a school that is closed by then.

    Examples
    --------

    >>> shut = Event("closes", "a", 2026, pupils_to={"b": 1.0})
    >>> state = np.zeros((2, len(GRADES)))
    >>> state[:, 4] = [30.0, 50.0]
    >>> moves([shut], np.array(["a", "b"]), 2024)(state, 2026)[:, 4].tolist()
    [0.0, 80.0]
    """
    ahead = sorted((e for e in events if e.fall_year > after), key=lambda e: (e.fall_year, e.school_id, e.kind))
    if not ahead:
        return None
    place = {str(school): row for row, school in enumerate(ids)}
    _refuse(ahead)

    def moved(state: Array, fall: int) -> Array:
        closed: list[int] = []
        for _, some in groupby((e for e in ahead if e.fall_year <= fall), key=lambda e: e.fall_year):
            of_fall = list(some)
            before, state = np.nan_to_num(state), state.copy()
            for event in of_fall:
                grades = _grades(event)
                for giver, taker, share in event.transfers:
                    part = share * before[place[giver]][grades]
                    state[place[giver], grades] -= part
                    state[place[taker], grades] = np.nan_to_num(state[place[taker], grades]) + part
            closing = [event for event in of_fall if event.kind == "closes"]
            closed += [place[event.school_id] for event in closing]
            state = _spread(state, [(place[e.school_id], _grades(e)) for e in closing if not e.pupils_to], closed)
        return np.where(np.abs(state) < _NOBODY, 0.0, state)

    return moved


def _grades(event: Event) -> list[int]:
    return [GRADES.index(g) for g in event.grades] or list(range(len(GRADES)))


def _refuse(ahead: Sequence[Event]) -> None:
    """Raise where events of one fall give away more than a school has, or send pupils into a closed school."""
    given: dict[tuple[int, str, int], float] = {}
    shut = {(e.school_id, g): e for e in reversed(ahead) if e.kind == "closes" for g in _grades(e)}
    for event in ahead:
        for giver, taker, share in event.transfers:
            for grade in _grades(event):
                closing = shut.get((taker, grade))
                if closing is not None and closing.fall_year <= event.fall_year:
                    by = "" if closing.declared_in == event.declared_in else f" by {closing.declared_in}"
                    raise ConfigError(
                        f"{event.declared_in}: the event '{event.kind}' of {event.school_id!r} in fall {event.fall_year} sends pupils to "
                        f"{taker!r}, which is closed from fall {closing.fall_year} on{by}. Name the schools where they go in the end."
                    )
                key = (event.fall_year, giver, grade)
                given[key] = given.get(key, 0.0) + share
                if given[key] > 1 + _NOBODY:
                    raise ConfigError(
                        f"{event.declared_in}: the events of fall {event.fall_year} give away {percent(given[key])} of the pupils of {giver!r} in grade "
                        f"{GRADES[grade]}. Shares are of the pupils before any event of the fall: they may sum to 1 at most."
                    )


def after_moves(pupils: Array, falls: Array, moved: Moves | None) -> Array:
    """Pupils of the years ahead, school x grade x year, where the changes send them."""
    if moved is None:
        return pupils
    return np.stack([moved(pupils[:, :, year], int(fall)) for year, fall in enumerate(falls)], axis=2)


def _spread(state: Array, givers: list[tuple[int, list[int]]], closed: list[int]) -> Array:
    """The pupils of closing schools at all others that have the grade; where none has it, they stay."""
    if not givers:
        return state
    others = np.nan_to_num(state)
    others[closed] = 0.0
    total = others.sum(axis=0)
    found = state.copy()
    for giver, grades in givers:
        goes = np.where(total[grades] > 0, np.nan_to_num(state[giver, grades]), 0.0)
        part = np.divide(
            others[:, grades], total[grades], out=np.zeros((len(state), len(grades))), where=total[grades] > 0
        )
        found[:, grades] = np.where(part * goes > 0, np.nan_to_num(found[:, grades]) + part * goes, found[:, grades])
        found[giver, grades] = np.nan_to_num(found[giver, grades]) - goes
    return found


def touched(events: Sequence[Event], ids: Array, years: Array) -> Array:
    """School x fall: whether a declared event leads into it, for the school and for those it gives to or takes from.

    >>> touched([Event("opens", "b", 2023, pupils_from={"a": 0.3})], np.array(["a", "b", "c"]), np.array([2022, 2023])).tolist()
    [[False, True], [False, True], [False, False]]
    """
    found = np.zeros((len(ids), len(years)), dtype=bool)
    for event in events:
        named = [event.school_id, *event.pupils_to, *event.pupils_from]
        found |= np.isin(ids.astype(str), named)[:, None] & (years == event.fall_year)[None, :]
    return found
