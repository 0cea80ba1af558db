"""Enrollment as one array, school x grade x fall, with suppressed cells filled by a stated rule."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.columns import GRADES
from pipeline.ledger import Ledger

_CLOSED_FORM = 1e-9


@dataclass(frozen=True)
class Rolls:
    """Pupils by school, grade and fall.

    ``pupils`` has the axes of ``schools``, ``GRADES`` and ``years`` (every year from the first to
    the last). A school that reported a fall has a number in each grade, zero where it has none;
    one that did not is NaN throughout. ``half_width`` is half the width of the interval in which
    the school's total lies (suppressed cells), by school and fall; ``cell_half_width`` the same of
    each grade, zero where the number is known or follows from the total. ``unusable`` marks the falls
    (school x fall) in which a school stands in the files without counts by grade that can be used.
    """

    schools: np.ndarray
    years: np.ndarray
    pupils: np.ndarray
    half_width: np.ndarray
    cell_half_width: np.ndarray | None = None
    unusable: np.ndarray | None = None

    @property
    def totals(self) -> np.ndarray:
        """Pupils of all grades, school x fall; NaN where the school did not report."""
        sums: np.ndarray = self.pupils.sum(axis=1)
        return sums

    def of(self, kept: np.ndarray) -> Rolls:
        """The rolls of some schools: positions, or a flag for each school."""
        cells, unusable = (None if part is None else part[kept] for part in (self.cell_half_width, self.unusable))
        return Rolls(self.schools[kept], self.years, self.pupils[kept], self.half_width[kept], cells, unusable)

    def at(self, year: int) -> int:
        """Position of a fall."""
        return int(year - self.years[0])


def rolls(
    enrollment: pd.DataFrame, totals: pd.DataFrame, *, first_year: int | None, last_year: int, ledger: Ledger
) -> Rolls:
    """Lay the enrollment of all pupils out as an array and fill suppressed cells.

    A suppressed cell takes its share of what the school's published total leaves after the known
    grades, held to what it can be; without a total it takes the middle of what it can be, and
    half the width is kept as uncertainty. A school-year with a cell that is neither a number nor
    an interval is left out, and so is one with a total but no grades: the ledger counts both.

    Parameters
    ----------
    enrollment, totals : DataFrame
        Tables ``enrollment`` and ``enrollment_groups``.
    first_year : int or None
        Earliest fall used; None takes all.
    last_year : int
        Latest fall used.

    Examples
    --------
    >>> cells = pd.DataFrame({"school_id": "s", "fall_year": 2024, "grade": ["KG", "01"], "student_group": "all",
    ...     "pupils": [30.0, None], "pupils_low": [30.0, 1.0], "pupils_high": [30.0, 9.0], "value_status": ["reported", "suppressed"]})
    >>> totals = pd.DataFrame({"school_id": ["s"], "fall_year": 2024, "student_group": "all", "pupils": [34.0]})
    >>> found = rolls(cells, totals, first_year=None, last_year=2024, ledger=Ledger())
    >>> float(found.totals[0, 0]), float(found.half_width[0, 0])
    (34.0, 0.0)
    """
    cells = _span(enrollment[enrollment["student_group"] == "all"], first_year, last_year)
    sums = _span(totals[totals["student_group"] == "all"], first_year, last_year)
    if cells.empty:
        return Rolls(np.empty(0, dtype=object), np.empty(0, dtype=int), np.empty((0, len(GRADES), 0)), np.empty((0, 0)))
    schools = np.array(sorted(cells["school_id"].unique()), dtype=object)
    years = np.arange(cells["fall_year"].min(), cells["fall_year"].max() + 1)
    shape = (len(schools), len(GRADES), len(years))
    at = (
        pd.Index(schools).get_indexer(cells["school_id"]),
        pd.Index(GRADES).get_indexer(cells["grade"]),
        (cells["fall_year"] - years[0]).to_numpy(),
    )
    known, low, high = np.zeros(shape), np.zeros(shape), np.zeros(shape)
    there, hidden, unknown = (np.zeros(shape, dtype=bool) for _ in range(3))
    pupils, least, most = (cells[c].to_numpy(dtype="float64") for c in ("pupils", "pupils_low", "pupils_high"))
    none = (cells["value_status"] == "not_applicable").to_numpy()
    there[at] = True
    known[at] = np.where(np.isnan(pupils), 0.0, pupils)
    bounded = np.isnan(pupils) & ~np.isnan(least) & ~np.isnan(most)
    hidden[at] = bounded
    low[at], high[at] = np.where(bounded, least, 0.0), np.where(bounded, most, 0.0)
    unknown[at] = np.isnan(pupils) & ~bounded & ~none

    published = np.full((len(schools), len(years)), np.nan)
    row = pd.Index(schools).get_indexer(sums["school_id"])
    inside = (row >= 0) & sums["fall_year"].between(years[0], years[-1]).to_numpy()
    published[row[inside], (sums["fall_year"] - years[0]).to_numpy()[inside]] = sums["pupils"].to_numpy(
        dtype="float64"
    )[inside]

    filled, half_width = _fill(known, hidden, low, high, published)
    reported: np.ndarray = np.any(there, axis=1) & ~np.any(unknown, axis=1)
    filled = np.where(reported[:, None, :], filled, np.nan)
    _record(hidden, reported, there, published, sums, schools, ledger)
    unusable: np.ndarray = ~reported & (there.any(axis=1) | (np.nan_to_num(published) > 0))
    follows = (hidden.sum(axis=1) == 1) & (half_width == 0)
    cells = np.where(hidden & ~follows[:, None, :], (high - low) / 2, 0.0)
    return Rolls(schools, years, filled, np.where(reported, half_width, np.nan), cells, unusable)


def _span(frame: pd.DataFrame, first_year: int | None, last_year: int) -> pd.DataFrame:
    return frame[(frame["fall_year"] <= last_year) & (frame["fall_year"] >= (first_year or 0))]


def _fill(
    known: np.ndarray, hidden: np.ndarray, low: np.ndarray, high: np.ndarray, published: np.ndarray
) -> tuple[np.ndarray, np.ndarray]:
    """Suppressed cells between their bounds so that they sum to what the total leaves, and what stays uncertain."""
    left = published - known.sum(axis=1)
    room, floor = (high - low).sum(axis=1), low.sum(axis=1)
    share = np.divide(left - floor, room, out=np.full(left.shape, 0.5), where=(room > 0) & ~np.isnan(left))
    share = np.clip(share, 0.0, 1.0)
    filled = np.where(hidden, low + (high - low) * share[:, None, :], known)
    agrees = np.abs(published - filled.sum(axis=1)) <= _CLOSED_FORM * np.maximum(np.abs(published), 1.0)
    return filled, np.where(agrees, 0.0, room / 2)


def _record(
    hidden: np.ndarray,
    reported: np.ndarray,
    there: np.ndarray,
    published: np.ndarray,
    sums: pd.DataFrame,
    schools: np.ndarray,
    ledger: Ledger,
) -> None:
    with_total = int((hidden & ~np.isnan(published)[:, None, :]).sum())
    without = int(hidden.sum()) - with_total
    if with_total:
        ledger.absence("enrollment", "suppressed grades filled from the school's total", count=with_total)
    if without:
        ledger.absence(
            "enrollment",
            "suppressed grades without a total: the middle of what they can be, half the width kept",
            count=without,
        )
    dropped = int((there.any(axis=1) & ~reported).sum())
    if dropped:
        ledger.loss(
            "enrollment",
            "a grade is neither a number nor an interval: the school's fall is not counted by grade",
            count=dropped,
            unit="school falls",
        )
    strangers = int((~sums["school_id"].isin(schools) & sums["pupils"].notna()).sum())
    if strangers:
        ledger.loss(
            "enrollment",
            "a total but no grades: not counted by grade, so that the school has no outlook",
            count=strangers,
            unit="school falls",
        )
