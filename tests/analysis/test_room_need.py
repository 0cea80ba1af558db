"""Rooms that pupils need, by grade and level."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.room_need import Loading, pupils_of_levels, rooms_of_grades, rooms_of_levels
from pipeline.columns import GRADES

BANDS = {
    "elementary": ("TK", "KG", "01", "02", "03", "04", "05"),
    "middle": ("06", "07", "08"),
    "high": ("09", "10", "11", "12"),
}
PER_ROOM = {g: 25.0 if g in (*BANDS["elementary"], "06") else 27.0 for grades in BANDS.values() for g in grades}
LOADING = Loading(PER_ROOM, 1.0, 0.85, BANDS)


def roll(**grades: float) -> np.ndarray:
    counts = np.zeros((1, len(GRADES)))
    for grade, pupils in grades.items():
        counts[0, GRADES.index(grade.removeprefix("g"))] = pupils
    return counts


def test_each_level_has_whole_rooms_and_secondary_rooms_are_not_scheduled_all_day() -> None:
    # 51 / 25 = 2.04 -> 3; sixth 20 / (25 x 0.85) + seventh 20 / (27 x 0.85) = 0.94 + 0.87 = 1.81 -> 2
    assert rooms_of_grades(roll(gKG=26.0, g01=25.0, g06=20.0, g07=20.0), LOADING).tolist() == [5.0]


def test_pupils_of_no_band_sit_with_the_lowest_level_of_their_school() -> None:
    assert pupils_of_levels(roll(gUG=10.0, g07=20.0), BANDS).tolist() == [[0.0, 30.0, 0.0]]
    assert pupils_of_levels(roll(gPK=10.0), BANDS).tolist() == [[10.0, 0.0, 0.0]]


@given(st.lists(st.integers(0, 200), min_size=len(GRADES), max_size=len(GRADES)))
def test_rooms_hold_the_pupils_and_none_stands_empty(counts: list[int]) -> None:
    pupils = np.array([counts], dtype=float)
    rooms = rooms_of_grades(pupils, LOADING)[0]
    # the naive loop: every pupil takes its part of a room
    each = 0.0
    for level, grades in BANDS.items():
        parts = sum(counts[GRADES.index(g)] / LOADING.of_grade(g) for g in grades)
        others = pupils_of_levels(pupils, BANDS)[0][list(BANDS).index(level)] - sum(
            counts[GRADES.index(g)] for g in grades
        )
        each += math.ceil(parts + others / LOADING.of_level(level) - 1e-9)
    assert rooms == each
    assert rooms <= rooms_of_levels(pupils_of_levels(pupils, BANDS), LOADING)[0]
