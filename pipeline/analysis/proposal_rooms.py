"""Rooms that a proposal's pupils need, by their grades: as schools that look for a place are counted."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.rolls import Rolls
from pipeline.analysis.room_need import Loading, rooms_of_grades
from pipeline.columns import GRADES, LEVELS

Bands = Mapping[str, tuple[str, ...]]


def proposal_rooms(proposals: pd.DataFrame, found: Rolls, loading: Loading) -> pd.DataFrame:
    """Rooms that the pupils a proposer can name would need, and how many of them a room takes.

    They are spread over the grades asked for as the proposer's school has them on its roll, evenly where it has none
    there. Rooms are whole for each level, as in `room_need.rooms_of_grades`.

    Parameters
    ----------
    proposals : DataFrame
        Table ``proposals``.
    found : Rolls
        Enrollment, the last fall of which counts (`rolls.rolls`).
    loading : Loading
        Pupils per room.

    Returns
    -------
    DataFrame
        In the order of ``proposals``: ``needed_rooms`` (empty where no enrollment is stated) and ``pupils_per_room`` (a
        room's pupils, averaged over the grades).

    Examples
    --------
    >>> bands = {"elementary": ("KG", "01"), "middle": ("06",), "high": ("09",)}
    >>> loading = Loading({"KG": 25.0, "01": 25.0, "06": 25.0, "09": 27.0}, 1.0, 0.8, bands)
    >>> nobody = Rolls(np.array([]), np.array([]), np.empty((0, len(GRADES), 0)), np.empty((0, 0)))
    >>> asked = pd.DataFrame({"proposal_id": ["p"], "school_id": [None], "grade_low": ["KG"], "grade_high": ["01"], "enrollment_in_hand": [60.0]})
    >>> proposal_rooms(asked, nobody, loading).to_numpy().tolist()
    [[3.0, 25.0]]
    """
    last = found.pupils[:, :, -1] if len(found.years) else np.empty((0, len(GRADES)))
    rolls = dict(zip(found.schools, last, strict=True)) if len(last) else {}
    counts = np.zeros((len(proposals), len(GRADES)))
    per_room = np.full(len(proposals), np.nan)
    for place, row in enumerate(proposals.itertuples()):
        asked = np.zeros(len(GRADES))
        asked[GRADES.index(str(row.grade_low)) : GRADES.index(str(row.grade_high)) + 1] = 1.0
        known = np.nan_to_num(rolls.get(row.school_id, np.zeros(len(GRADES)))) * asked
        share = known / known.sum() if known.sum() > 0 else asked / asked.sum()
        counts[place] = share * row.enrollment_in_hand
        part = sum(share[n] / loading.of_grade(grade) for n, grade in enumerate(GRADES) if share[n] > 0)
        per_room[place] = 1.0 / part
    stated = proposals["enrollment_in_hand"].notna().to_numpy()
    rooms = rooms_of_grades(np.nan_to_num(counts), loading)
    return pd.DataFrame(
        {"needed_rooms": np.where(stated, rooms, np.nan), "pupils_per_room": per_room}, index=proposals.index
    )


def levels_asked(low: str, high: str, bands: Bands) -> list[str]:
    """The level of each grade from the first to the last; grades of no level are left out.

    >>> levels_asked("01", "06", {"elementary": ("KG", "01"), "middle": ("06",), "high": ("09",)})
    ['elementary', 'middle']
    """
    level_of = {grade: level for level, grades in bands.items() for grade in grades}
    return [level_of[grade] for grade in GRADES[GRADES.index(low) : GRADES.index(high) + 1] if grade in level_of]


def suits(levels: list[str], taught: set[str] | None, levels_apart: int) -> bool:
    """Whether a level asked for is taught at the site, or so many levels away; an empty site suits every one.

    >>> suits(["middle"], {"elementary"}, 0), suits(["middle"], {"elementary"}, 1), suits(["middle"], None, 0)
    (False, True, True)
    """
    if not taught or not levels:
        return True
    place = {level: number for number, level in enumerate(LEVELS)}
    return min(abs(place[mine] - place[theirs]) for mine in levels for theirs in taught) <= levels_apart
