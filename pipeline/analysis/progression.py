"""Year-to-year steps of enrollment and the ratios they give: what the forecasts learn from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from pipeline.columns import GRADES

Array = np.ndarray
KG = GRADES.index("KG")
SMALLEST_COHORT = 10.0  # a ratio of fewer pupils says more about chance than about survival
ENTRY_RATIO = 2.0  # where more than half of a grade are new pupils, the grade below does not explain it
PRIORS = (0.0, 50.0, 200.0, 1000.0)  # pupils of the district that a school's own ratio is set against
UNTRIED_PRIOR = 200.0


@dataclass(frozen=True)
class Settings:
    """What a study decides about its enrollment outlook, as numbers.

    Attributes
    ----------
    survival_years : int
        Year-to-year steps a ratio is made of.
    leave_out : tuple of int
        Falls whose change is not taken for a trend; steps into and out of them do not count.
    births : mapping
        Births in the district by calendar year; may be empty.
    cutoff_month : int or None
        Children who are five by the first day of this month enter kindergarten; None: in the calendar year they turn five.
    young : tuple of (last year of the period, its middle, children under five)
        Census periods, for where births are not known.
    tk_months : mapping
        Fall -> months of birthdays that transitional kindergarten must admit; empty: the grade is held.
    births_lag, young_lag : int
        Years by which the latest births, and the end of the latest census period, lie before the latest fall.
        A forecast from a hidden fall knows none that were later: the history is tried with what is to hand today.
    mixed : mapping
        Grade -> last fall in which its counts held pupils of another grade too (kindergarten with
        transitional kindergarten inside): steps out of it and its own counts up to that fall do not count.
    declared : array, school x fall, or None
        Falls into which a declared change (opening, closure, other grades, other lines) leads: the
        step into them says nothing of a school's own survival.
    present : array, school x fall, or None
        Falls in which a school was there without usable counts (`gaps.gaps`).
    """

    survival_years: int = 4
    leave_out: tuple[int, ...] = ()
    births: Mapping[int, float] = field(default_factory=dict)
    cutoff_month: int | None = None
    young: tuple[tuple[int, float, float], ...] = ()
    tk_months: Mapping[int, int] = field(default_factory=dict)
    births_lag: int = 0
    young_lag: int = 0
    mixed: Mapping[str, int] = field(default_factory=dict)
    declared: Array | None = None
    present: Array | None = None

    def steps(self, years: Array, base: int) -> Array:
        """Positions of the year-to-year steps that a forecast from ``base`` learns from (`steps`)."""
        return steps(years, base, survival_years=self.survival_years, leave_out=self.leave_out)


def steps(years: Array, base: int, *, survival_years: int, leave_out: tuple[int, ...]) -> Array:
    """Positions ``t`` of the latest year-to-year steps (t to t+1) to average, none touching a fall left out.

    >>> steps(np.arange(2017, 2025), 7, survival_years=3, leave_out=(2020,)).tolist()
    [4, 5, 6]
    >>> steps(np.arange(2017, 2022), 4, survival_years=3, leave_out=(2020,)).tolist()
    [0, 1]
    """
    usable = [t for t in range(base) if not {int(years[t]), int(years[t + 1])} & set(leave_out)]
    return np.array(usable[-survival_years:], dtype=int)


def mean_of(values: Array, valid: Array) -> Array:
    """Mean over the last axis of the valid values; NaN without any.

    >>> mean_of(np.array([[1.0, 3.0, 9.0]]), np.array([[True, True, False]])).tolist()
    [2.0]
    """
    count = valid.sum(axis=-1)
    total = np.where(valid, values, 0.0).sum(axis=-1)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


@dataclass(frozen=True)
class YearSteps:
    """Every year-to-year step of every school and grade; arrays are step x school x grade below.

    ``before`` and ``after`` are zero where the step is not ``valid`` for a ratio of the school's
    own; ``share`` is the school's part of the district's grade below, zero where it did not ``come``.
    ``kept_before`` and ``kept_after`` (step x grade below) are sums of the schools that kept the grade.
    """

    before: Array
    after: Array
    ratio: Array
    valid: Array
    share: Array
    came: Array
    kept_before: Array
    kept_after: Array


def year_steps(pupils: Array, years: Array, district: Array, settings: Settings) -> YearSteps:
    """What each step says of each school.

    Parameters
    ----------
    pupils : array, fall x school x grade
        NaN where a school did not report. ``settings.declared`` is of these schools.
    district : array, fall x grade
        Pupils of all schools, of which those of ``pupils`` may be a part.
    """
    declared = None if settings.declared is None else settings.declared.T[1:]
    return steps_of(pupils[:-1], pupils[1:], district[:-1], declared)


def steps_of(then: Array, later: Array, district: Array, declared: Array | None = None) -> YearSteps:
    """`year_steps` of counts before and after each step, step x school x grade; ``declared`` is step x school."""
    before, after = then[:, :, :-1], later[:, :, 1:]
    both = ~np.isnan(before) & ~np.isnan(after)
    if declared is not None:
        both &= ~declared[:, :, None]
    valid = both & (np.nan_to_num(before) >= SMALLEST_COHORT)
    with np.errstate(invalid="ignore", divide="ignore"):
        came = both & (after > 0) & (district[:, None, :-1] > 0)
        ratio = np.where(valid, after / before, 0.0)
        share = np.where(came, after / district[:, None, :-1], 0.0)
        kept = both & (after > 0)
    return YearSteps(
        np.where(valid, before, 0.0),
        np.where(valid, after, 0.0),
        ratio,
        valid,
        share,
        came,
        np.where(kept, before, 0.0).sum(axis=1),
        np.where(kept, after, 0.0).sum(axis=1),
    )


def without_mixed(step: YearSteps, years: Array, mixed: Mapping[str, int]) -> YearSteps:
    """The steps without those out of counts that held another grade's pupils.

    For forecasts from later falls alone: up to then all counts are of one kind.

    Parameters
    ----------
    years : array
        The falls of the counts.
    mixed : mapping
        `Settings.mixed`.
    """
    gone = np.zeros(step.kept_before.shape, dtype=bool)
    for grade, last in mixed.items():
        gone[years[: len(gone)] <= last, GRADES.index(grade)] = True
    cut = {name: np.where(gone, 0, getattr(step, name)) for name in ("kept_before", "kept_after")}
    each = gone[:, None, :]
    cut |= {name: np.where(each, 0, getattr(step, name)) for name in ("before", "after", "ratio", "share")}
    return YearSteps(**cut, valid=step.valid & ~each, came=step.came & ~each)


def district_ratio(kept_before: Array, kept_after: Array, moved: Array, *, recent: bool) -> Array:
    """Ratio of all schools that kept the grade, by grade below; NaN without a step."""
    weight = np.arange(1.0, len(moved) + 1) if recent else np.ones(len(moved))
    return _over(_weighted(weight, kept_after[moved]), _weighted(weight, kept_before[moved]))


def own_ratio(summary: str, step: YearSteps, moved: Array) -> Array:
    """Ratio of each school and grade from its own steps, by a way of summing them up; NaN without a step.

    ``mean`` and ``median`` are of the steps' ratios, ``pooled`` is pupils after over pupils before,
    ``recent`` is pooled with the weights 1, 2, 3, ... from the oldest step to the latest.

    >>> counts = np.array([[[100.0, 0.0]], [[50.0, 90.0]], [[50.0, 60.0]]])
    >>> step = year_steps(counts, np.array([2022, 2023, 2024]), counts[:, 0], Settings())
    >>> [float(own_ratio(s, step, np.array([0, 1]))[0, 0].round(4)) for s in ("mean", "pooled", "median", "recent")]
    [1.05, 1.0, 1.05, 1.05]
    """
    if summary == "mean":
        return _over(step.ratio[moved].sum(axis=0), step.valid[moved].sum(axis=0))
    if summary == "median":
        return _median(step.ratio[moved], step.valid[moved])
    weight = np.arange(1.0, len(moved) + 1) if summary == "recent" else np.ones(len(moved))
    return _over(_weighted(weight, step.after[moved]), _weighted(weight, step.before[moved]))


def shrunk(own: Array, pupils: Array, district: Array, prior: float) -> Array:
    """Ratios of schools drawn towards the district's, the more the fewer pupils they rest on.

    ``(n own + m district) / (n + m)``, where ``n`` counts the pupils of the school's steps and
    ``m`` is ``prior``; a school without steps takes the district's.

    >>> shrunk(np.array([[1.2], [np.nan]]), np.array([[300.0], [0.0]]), np.array([0.9]), 100.0).round(3).tolist()
    [[1.125], [0.9]]
    """
    weight = pupils / np.maximum(pupils + prior, 1.0)
    return np.where(np.isnan(own), district, np.where(np.isnan(district), own, weight * own + (1 - weight) * district))


def prior_errors(step: YearSteps, moved: Array, base: int, of_all: Array) -> Array:
    """How far each of ``PRIORS`` is off at the step after ``base``: pupils, summed over schools and grades 01-12.

    ``of_all`` is the recent-weighted ratio of the district's schools (`district_ratio`).
    """
    own, count = own_ratio("recent", step, moved), step.before[moved].sum(axis=0)
    before, after = step.before[base], step.after[base]
    counted = step.valid[base] & (after > 0) & (np.arange(before.shape[1]) >= KG) & ~np.isnan(of_all)
    found = []
    for prior in PRIORS:
        ratio = shrunk(own, count, of_all, prior)
        found.append(np.where(counted & (ratio <= ENTRY_RATIO), np.abs(ratio * before - after), 0.0).sum())
    return np.array(found)


def best_prior(errors: Array) -> float:
    """The prior that was off least so far, by errors of steps x ``PRIORS``; 200 pupils where none could be tried."""
    total = errors.sum(axis=0)
    return PRIORS[int(np.argmin(total))] if total.any() else UNTRIED_PRIOR


def _weighted(weight: Array, values: Array) -> Array:
    total = np.zeros(values.shape[1:])
    for factor, value in zip(weight, values, strict=True):
        total += factor * value
    return total


def _over(above: Array, below: Array) -> Array:
    return np.asarray(np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0))


def _median(values: Array, valid: Array) -> Array:
    """Median over the first axis of the valid values; NaN without any."""
    if not len(values):
        return np.full(values.shape[1:], np.nan)
    ordered = np.sort(np.where(valid, values, np.inf), axis=0)
    count = valid.sum(axis=0)
    pick = [np.take_along_axis(ordered, np.maximum(k, 0)[None], axis=0)[0] for k in ((count - 1) // 2, count // 2)]
    return np.where(count > 0, (pick[0] + pick[1]) / 2, np.nan)
