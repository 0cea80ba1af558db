"""Intervals around what is expected, from the errors that were made on hidden years."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analysis.backtest import Tested
from pipeline.analysis.calibration import widths
from pipeline.analysis.tallies import GROUPS, grade_class, school_class
from pipeline.columns import GRADES

Array = np.ndarray
BORROWED = "borrowed_from_schools"
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
    units: tuple[Expected, ...], tested: Tested, *, first_fall: int
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables ``enrollment_outlook`` (by grade) and ``outlook_totals``, with 80% intervals from the back-test.

    An interval reaches as far up and down, as a factor, as four of five forecasts by the method
    were off on units of that size and that horizon in the latest falls (`calibration.widths`),
    and is widened by what suppressed cells leave open today; it always holds the forecast. Of the
    half width of a school's suppressed cells each grade gets the part of its pupils. Errors of a
    single grade are larger than those of a total, so the ends of grades do not sum to those of
    the total. Zones, whose forecasts were never tested, take the intervals of schools of their size.
    ``interval_basis`` says whose errors it rests on.

    Parameters
    ----------
    units : tuple of Expected
    tested : Tested
        From `backtest`.
    first_fall : int
        Fall of the first year ahead.
    """
    by_grade, totals = [], []
    of_groups = _factors(tested, max(unit.pupils.shape[2] for unit in units))
    for unit in units:
        horizon = unit.pupils.shape[2]
        falls = np.arange(first_fall, first_fall + horizon)
        sums, now = unit.pupils.sum(axis=1), unit.now.sum(axis=1)
        of_district = unit.kind == "district"
        group = np.full(len(unit.ids), "district", dtype=object) if of_district else school_class(now)
        factor, basis = _of(of_groups, np.repeat(group[:, None], horizon, axis=1))
        basis = _of_kind(unit.kind, basis)
        totals.append(_frame(unit, falls, sums, *_bounds(sums, factor, unit.half_width[:, None]), basis))
        of_grade = np.full(unit.pupils.shape, "district_grade") if of_district else grade_class(unit.pupils)
        factor, basis = _of(of_groups, of_grade)
        basis = _of_kind(unit.kind, basis)
        part = np.divide(unit.now, now[:, None], out=np.zeros_like(unit.now), where=now[:, None] > 0)
        ends = _bounds(unit.pupils, factor, (part * unit.half_width[:, None])[:, :, None])
        by_grade.append(_grade_frame(unit, falls, *ends, basis))
    return pd.concat(by_grade, ignore_index=True), pd.concat(totals, ignore_index=True)


def _factors(tested: Tested, horizon: int) -> tuple[Array, Array]:
    """Factor of the interval and what it rests on, group of ``GROUPS`` x year ahead."""
    width, borrowed = widths(tested.tally, tested.last_fall, tuple(range(1, horizon + 1)))
    own = width[tested.tally.methods.index(tested.method)]
    tried = tested.tally.pairs[:, 1].max(initial=0)
    basis = np.where(borrowed, "other_sizes", "own_size").astype(object)
    basis[:, np.arange(1, horizon + 1) > tried] = "beyond_tested"
    basis[np.isnan(own)] = "untested"
    return np.exp(own), basis


def _of(of_groups: tuple[Array, Array], group: Array) -> tuple[Array, Array]:
    """Both by the names of ``group``, whose last axis is the year ahead."""
    at = pd.Index(list(GROUPS)).get_indexer(group.ravel()).reshape(group.shape)
    ahead = np.broadcast_to(np.arange(group.shape[-1]), group.shape)
    return of_groups[0][at, ahead], of_groups[1][at, ahead]


def _of_kind(kind: str, basis: Array) -> Array:
    """Zones are tested nowhere: whatever stands for them are errors of schools."""
    return np.where(basis == "untested", basis, BORROWED).astype(object) if kind == "zone" else basis


def _bounds(value: Array, factor: Array, more: Array | float) -> tuple[Array, Array]:
    return np.maximum(value / factor - more, 0.0), value * factor + more


def _frame(unit: Expected, falls: Array, value: Array, low: Array, high: Array, basis: Array) -> pd.DataFrame:
    count, horizon = value.shape
    frame = pd.DataFrame(
        {"unit_kind": unit.kind, "unit_id": np.repeat(unit.ids, horizon), "fall_year": np.tile(falls, count)}
    )
    for name, numbers in zip(_NUMBERS, (value, low, high), strict=True):
        frame[name] = numbers.ravel()
    return frame.assign(method=np.repeat(unit.method, horizon), interval_basis=basis.ravel())


def _grade_frame(unit: Expected, falls: Array, low: Array, high: Array, basis: Array) -> pd.DataFrame:
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
    return frame.assign(method=np.repeat(unit.method[row], horizon), interval_basis=basis[row, grade].ravel())
