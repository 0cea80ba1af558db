"""What can be read and cannot be true: parts of a pupil, a million rooms, more passing than tested.

A contract (`pipeline.tables`) knows the kind of a number; here stands what such a number can
be at all. A limit is set so far off that no true file meets it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.sources.faults import Faults
from pipeline.tables import BY_TABLE

# The largest school on one ground has fewer than 10,000 pupils, the largest online school of a
# state some 30,000 in thirteen grades.
MOST_IN_GRADE = 20_000.0
MOST_IN_SCHOOL = 50_000.0
# School years of the oldest machine-readable files begin in 1981; no file is of the next century.
FIRST_FALL, LAST_FALL = 1980, 2100
# The oldest school building in use in the country was built in the 1750s.
FIRST_BUILT = 1750
# Repair at five times the price of a new building is a percentage without its sign.
WORST_CONDITION = 5.0
MOST_ROOMS = 1_000.0
# No pupil travels ten hours to school.
MOST_MINUTES = 600.0
# The largest class that any state allows in one room is below this; so is a hall shared by two.
MOST_IN_ROOM = 60.0
# Project lists that planners keep go back to the building boom after the war.
FIRST_PROJECT = 1950
# The largest place that is planned as one project in the state has some 21,000 homes.
MOST_HOMES = 25_000.0

# What is counted one by one; a part of one is a share, a mean or a shifted column.
WHOLE: Mapping[str, tuple[str, ...]] = {
    "grade_counts": ("pupils",),
    "group_counts": ("pupils",),
    "flow_counts": ("pupils",),
    "results": ("pupils_tested", "pupils_meeting"),
    "grade_results": ("pupils_tested", "pupils_meeting"),
    "room_counts": ("rooms",),
    "birth_counts": ("births",),
    "proposal_list": ("rooms_asked", "enrollment_in_hand"),
    "space_requests": ("elementary_pupils", "middle_pupils", "high_pupils", "needed_rooms"),
    "project_list": ("planned_homes",),
    "cell_counts": ("cell_row", "cell_column", "grid_rows", "grid_columns"),
}
ROUNDING = 1e-6


@dataclass(frozen=True)
class Limit:
    """Least and most a column can be, and what to do about a value beyond."""

    column: str
    least: float
    most: float
    remedy: str


_SHIFTED = "A column has shifted or an id stands in it: compare the row with the publisher's file."
_PUPILS = (
    "A column has shifted, or it is a district's row among schools: leave it out with `drop`, or get the file again."
)
_FALL = Limit("fall_year", FIRST_FALL, LAST_FALL, "Correct the year, or say which year a label means (`year_of`).")
LIMITS: Mapping[str, tuple[Limit, ...]] = {
    "grade_counts": (Limit("pupils", 0, MOST_IN_GRADE, _PUPILS), _FALL),
    "group_counts": (Limit("pupils", 0, MOST_IN_SCHOOL, _PUPILS), _FALL),
    "flow_counts": (Limit("pupils", 0, MOST_IN_SCHOOL, _PUPILS), _FALL),
    "results": (Limit("pupils_tested", 0, MOST_IN_SCHOOL, _PUPILS), _FALL),
    "travel_times": (Limit("minutes", 0, MOST_MINUTES, "Times in seconds become minutes by `scale: {minutes: 0.0166667}`."),),
    "grade_results": (Limit("pupils_tested", 0, MOST_IN_GRADE, _PUPILS), _FALL),
    "zone_shapes": (_FALL,),
    "room_counts": (Limit("rooms", 0, MOST_ROOMS, _SHIFTED),),
    "site_list": (
        Limit("condition_index", 0, WORST_CONDITION, "If the file gives percent, declare `scale: {condition_index: 0.01}`."),
        Limit("given_capacity_seats", 0, MOST_IN_GRADE, _SHIFTED),
        Limit("year_built", FIRST_BUILT, LAST_FALL, "Declare the code for an unknown year under `absent`, or correct it."),
    ),
    "proposal_list": (
        Limit("rooms_asked", 1, MOST_ROOMS, _SHIFTED),
        Limit("enrollment_in_hand", 0, MOST_IN_GRADE, _SHIFTED),
    ),
    "space_requests": (
        Limit("elementary_pupils", 0, MOST_IN_GRADE, _SHIFTED),
        Limit("middle_pupils", 0, MOST_IN_GRADE, _SHIFTED),
        Limit("high_pupils", 0, MOST_IN_GRADE, _SHIFTED),
        Limit("needed_rooms", 1, MOST_ROOMS, "Leave it empty where the rooms are to follow from the pupils, or correct it."),
    ),
    "project_list": (
        Limit("planned_homes", 0, MOST_HOMES, "A column has shifted or an id stands in it: map the column of the homes of one project, or correct the row."),
        Limit("first_year", FIRST_PROJECT, LAST_FALL, "Correct the year; an index or a two-digit year is none."),
        Limit("last_year", FIRST_PROJECT, LAST_FALL, "Correct the year; an index or a two-digit year is none."),
    ),
}  # fmt: skip
_MEETING = (
    "pupils_meeting", "pupils_tested", "E-MORE-THAN-ALL", "more pupils meet the standard than were tested",
    "The columns may be exchanged or one has shifted: map pupils_tested to all pupils with a result.",
)  # fmt: skip
# table: (what must not exceed, what), and what is then wrong
_ORDERED: Mapping[str, tuple[str, str, str, str, str]] = {
    "results": _MEETING,
    "grade_results": _MEETING,
    "project_list": (
        "first_year", "last_year", "E-YEARS-REVERSED", "the project is finished before it begins",
        "Exchange first_year and last_year under `columns`, or correct the row.",
    ),
}  # fmt: skip


def add_faults(name: str, frame: pd.DataFrame, faults: Faults) -> None:
    """Add what cannot be true of an input table to the faults of its file.

    Parameters
    ----------
    name
        Input table (``pipeline.tables.INPUTS``).
    frame
        Its rows. With a column ``__row__`` faults name the row of the file, else the key. Empty
        numbers are no fault; bounds of suppressed numbers (``pupils_low``) may be halves.
    faults
        Where they are added: ``E-NOT-WHOLE``, ``E-IMPLAUSIBLE``, ``E-MORE-THAN-ALL``,
        ``E-YEARS-REVERSED``.

    Examples
    --------
    >>> faults = Faults()
    >>> add_faults("room_counts", pd.DataFrame({"__row__": [2, 3], "site_id": "7", "rooms": [12.7, 4.0]}), faults)
    >>> faults.raise_if_any("rooms.csv")
    Traceback (most recent call last):
    ...
    pipeline.errors.SourceError: rooms.csv cannot be used:
      - [E-NOT-WHOLE] rooms must be a whole number, for it is counted (once; first: row 2 (rooms=12.7)). Shares, means and ratios are no counts: map the column of the counts, or leave the row out with `drop`.
    """
    for column in WHOLE.get(name, ()):
        if column in frame.columns:
            values = frame[column].astype("float64")
            faults.add(
                "E-NOT-WHOLE",
                f"{column} must be a whole number, for it is counted",
                _where(name, frame, (values - values.round()).abs() > ROUNDING, column),
                "Shares, means and ratios are no counts: map the column of the counts, or leave the row out with `drop`.",
            )
    for limit in LIMITS.get(name, ()):
        if limit.column in frame.columns:
            values = frame[limit.column].astype("float64")
            faults.add(
                "E-IMPLAUSIBLE",
                f"{limit.column} must lie between {limit.least:.0f} and {limit.most:.0f}",
                # a negative count is the contract's to refuse
                _where(name, frame, ((values < limit.least) & (values >= 0)) | (values > limit.most), limit.column),
                limit.remedy,
            )
    if name == "space_requests":
        _add_crowded(name, frame, faults)
    if name in _ORDERED:
        less, more, code, what, remedy = _ORDERED[name]
        if {less, more} <= set(frame.columns):
            wrong = frame[less].astype("float64") > frame[more].astype("float64")
            faults.add(code, what, _where(name, frame, wrong, less, more), remedy)


def _add_crowded(name: str, frame: pd.DataFrame, faults: Faults) -> None:
    """Add requests of which more pupils than any class holds would sit in each room."""
    pupils = frame[[c for c in frame.columns if c.endswith("_pupils")]].astype("float64").sum(axis=1)
    told = frame.assign(pupils=pupils)
    if "needed_rooms" in frame.columns:
        faults.add(
            "E-IMPLAUSIBLE",
            f"a request gives more than {MOST_IN_ROOM:.0f} pupils to each room it needs",
            _where(
                name, told, pupils > MOST_IN_ROOM * frame["needed_rooms"].astype("float64"), "pupils", "needed_rooms"
            ),
            "Correct the pupils or the rooms, or leave needed_rooms empty: they follow from the pupils then.",
        )


def _where(name: str, frame: pd.DataFrame, wrong: pd.Series, *columns: str) -> list[str]:
    """Rows and values of what is wrong: ``row 7 (rooms=12.7)`` or ``site_id=7, rooms=12.7``."""
    found = []
    key = [k for k in BY_TABLE[name].key if k in frame.columns]
    for row in frame[wrong].to_dict("records"):
        told = ", ".join(f"{c}={row[c]:.15g}" for c in columns)
        named = ", ".join(f"{k}={row[k]}" for k in key if k not in columns)
        found.append(f"row {row['__row__']} ({told})" if "__row__" in row else f"{named}, {told}")
    return found
