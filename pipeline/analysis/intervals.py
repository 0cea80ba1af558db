"""Intervals around what is expected, from the errors that were made on hidden years."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analysis.backtest import interval_factors, size_class
from pipeline.analysis.cohorts import COHORTS
from pipeline.columns import GRADES

Array = np.ndarray
_NUMBERS = ["pupils_projected", "pupils_projected_low", "pupils_projected_high"]


@dataclass(frozen=True)
class Expected:
    """What is expected of units of one kind: ``pupils`` is unit x grade x year ahead."""

    kind: str
    ids: Array
    now: Array
    pupils: Array
    half_width: Array
    method: Array


def with_intervals(
    units: tuple[Expected, ...], tested: pd.DataFrame, *, first_fall: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables ``enrollment_outlook`` (by grade) and ``outlook_totals``, with 80% intervals from the back-test.

    An interval is the forecast times one plus the 10th and 90th percentile of the errors that
    the method made on units of that size and that horizon, widened by what suppressed cells
    leave open today; it always holds the forecast. Errors of a single grade are larger than
    those of a total, so the ends of grades do not sum to the ends of the total.

    Parameters
    ----------
    units : tuple of Expected
    tested : DataFrame
        Table ``backtest``.
    first_fall : int
        Fall of the first year ahead.
    """
    by_grade, totals = [], []
    for unit in units:
        horizon = unit.pupils.shape[2]
        falls = np.arange(first_fall, first_fall + horizon)
        sums, now = unit.pupils.sum(axis=1), unit.now.sum(axis=1)
        group = np.full(len(unit.ids), "district", dtype=object) if unit.kind == "district" else size_class(now)
        low, high = _ends(tested, group, horizon)
        totals.append(_frame(unit, falls, sums, *_bounds(sums, low, high, unit.half_width[:, None])))
        grade_group = np.full(
            len(unit.ids), "district_grade" if unit.kind == "district" else "school_grade", dtype=object
        )
        low, high = _ends(tested, grade_group, horizon)
        ends = _bounds(unit.pupils, low[:, None, :], high[:, None, :], 0.0)
        by_grade.append(_grade_frame(unit, falls, *ends))
    return pd.concat(by_grade, ignore_index=True), pd.concat(totals, ignore_index=True)


def _ends(tested: pd.DataFrame, group: Array, horizon: int) -> tuple[Array, Array]:
    names, row = np.unique(group.astype(str), return_inverse=True)
    if not len(names):
        return np.empty((0, horizon)), np.empty((0, horizon))
    ends = [interval_factors(tested, COHORTS, name, horizon) for name in names]
    return np.array([low for low, _ in ends])[row], np.array([high for _, high in ends])[row]


def _bounds(value: Array, low: Array, high: Array, more: Array | float) -> tuple[Array, Array]:
    lower, upper = value * (1 + np.minimum(low, 0.0)) - more, value * (1 + np.maximum(high, 0.0)) + more
    return np.maximum(lower, 0.0), upper


def _frame(unit: Expected, falls: Array, value: Array, low: Array, high: Array) -> pd.DataFrame:
    count, horizon = value.shape
    frame = pd.DataFrame(
        {"unit_kind": unit.kind, "unit_id": np.repeat(unit.ids, horizon), "fall_year": np.tile(falls, count)}
    )
    for name, numbers in zip(_NUMBERS, (value, low, high), strict=True):
        frame[name] = numbers.ravel()
    return frame.assign(method=np.repeat(unit.method, horizon))


def _grade_frame(unit: Expected, falls: Array, low: Array, high: Array) -> pd.DataFrame:
    """Rows of the grades that a unit has now or is expected to have."""
    served = (unit.now > 0) | (unit.pupils > 0).any(axis=2)
    row, grade = np.nonzero(served)
    horizon = len(falls)
    frame = pd.DataFrame(
        {
            "unit_kind": unit.kind,
            "unit_id": np.repeat(unit.ids[row], horizon),
            "fall_year": np.tile(falls, len(row)),
            "grade": np.repeat(np.array(GRADES, dtype=object)[grade], horizon),
        }
    )
    for name, numbers in zip(_NUMBERS, (unit.pupils, low, high), strict=True):
        frame[name] = numbers[row, grade].ravel()
    return frame.assign(method=np.repeat(unit.method[row], horizon))
