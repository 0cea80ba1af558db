"""Rooms that pupils need: by the pupils per room of their grades, whole rooms for each level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from pipeline.analysis.room_rules import RoomRule
from pipeline.columns import GRADES, LEVELS


@dataclass(frozen=True)
class Loading:
    """Pupils that a room takes of each grade and level.

    Parameters
    ----------
    pupils_per_room : mapping
        By grade; a grade that the rule does not speak of takes the lowest number.
    elementary_share, secondary_share : float
        Share of the day in which a room is used: pupils of the middle and high bands change rooms with each period.
    bands : mapping
        Grades of each level.
    """

    pupils_per_room: Mapping[str, float]
    elementary_share: float
    secondary_share: float
    bands: Mapping[str, tuple[str, ...]]

    def of_grade(self, grade: str) -> float:
        """Pupils a room takes of a grade."""
        in_secondary_band = any(grade in self.bands[level] for level in ("middle", "high"))
        full = self.pupils_per_room.get(grade, min(self.pupils_per_room.values()))
        return full * (self.secondary_share if in_secondary_band else self.elementary_share)

    def of_level(self, level: str) -> float:
        """Pupils a room takes of a level whose grades are not known: of its grades the fewest."""
        return min(self.of_grade(grade) for grade in self.bands[level])


def loading_of(rules: Sequence[RoomRule], bands: Mapping[str, tuple[str, ...]]) -> Loading:
    """The pupils per room by which schools that look for space are counted: functional where the study has it, else its first rule.

    Examples
    --------
    >>> state = RoomRule("state_loading", "law", {"KG": 25.0}, {}, False)
    >>> used = RoomRule("functional", "law", {"KG": 25.0, "09": 27.0}, {}, True, secondary_share=0.8)
    >>> loading = loading_of([state, used], {"elementary": ("KG",), "middle": (), "high": ("09",)})
    >>> loading.of_grade("KG"), loading.of_grade("09")
    (25.0, 21.6)
    """
    rule = next((rule for rule in rules if rule.definition == "functional"), rules[0])
    return Loading(rule.pupils_per_room, rule.elementary_share, rule.secondary_share, bands)


def rooms_of_grades(pupils: np.ndarray, loading: Loading) -> np.ndarray:
    """Rooms needed by pupils of known grades: whole rooms for each level, then the sum.

    Pupils of no band (ungraded, and preschool where the bands leave it out) are counted with the
    lowest level that has pupils of the same school, the elementary where none has.

    Parameters
    ----------
    pupils : array
        Pupils, school x ``GRADES``.

    Examples
    --------
    >>> bands = {"elementary": ("KG", "01"), "middle": ("06", "07"), "high": ("09",)}
    >>> loading = Loading({"KG": 25.0, "01": 25.0, "06": 25.0, "07": 27.0, "09": 27.0}, 1.0, 0.8, bands)
    >>> counts = np.zeros((1, len(GRADES)))
    >>> counts[0, [GRADES.index(g) for g in ("KG", "01", "06", "07")]] = 26.0, 25.0, 20.0, 21.6
    >>> rooms_of_grades(counts, loading).tolist()  # 51/25 = 2.04 and 20/20 + 21.6/21.6 = 2
    [5.0]
    """
    levels = pupils_of_levels(pupils, loading.bands)
    rooms = np.zeros(len(pupils))
    for position, level in enumerate(LEVELS):
        here = np.zeros(len(pupils))
        known = np.zeros(len(pupils))
        for grade in loading.bands[level]:
            count = pupils[:, GRADES.index(grade)]
            here += count / loading.of_grade(grade)
            known += count
        here += (levels[:, position] - known) / loading.of_level(level)
        rooms += whole(here)
    return rooms


def pupils_of_levels(pupils: np.ndarray, bands: Mapping[str, tuple[str, ...]]) -> np.ndarray:
    """Pupils by level (school x elementary, middle, high); those of no band with the lowest level the school has."""
    columns = [[GRADES.index(grade) for grade in bands[level]] for level in LEVELS]
    counts = np.stack([pupils[:, found].sum(axis=1) for found in columns], axis=1)
    rest = pupils.sum(axis=1) - counts.sum(axis=1)
    lowest: np.ndarray = np.argmax(counts > 0, axis=1)
    counts[np.arange(len(counts)), lowest] += np.maximum(rest, 0.0)
    return counts


def rooms_of_levels(pupils: np.ndarray, loading: Loading) -> np.ndarray:
    """Rooms needed by pupils of known levels (school x elementary, middle, high) and unknown grades: the most they may be."""
    rooms = np.zeros(len(pupils))
    for position, level in enumerate(LEVELS):
        rooms += whole(pupils[:, position] / loading.of_level(level))
    return rooms


def whole(rooms: np.ndarray) -> np.ndarray:
    """Rooms rounded up; what exceeds a whole number by rounding alone is that number."""
    up: np.ndarray = np.ceil(rooms - 1e-9)
    return up + 0.0  # -0.0 is no number of rooms
