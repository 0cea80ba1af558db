"""Cohort survival: how many pupils each school will have, grade by grade."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from pipeline.columns import GRADES

KG = GRADES.index("KG")
CHAIN = tuple(range(KG + 1, GRADES.index("12") + 1))  # 01 to 12: each comes out of the grade below
SMALLEST_COHORT = 10.0  # a ratio of fewer pupils says more about chance than about survival
ENTRY_RATIO = 2.0  # where more than half of a grade are new pupils, the grade below does not explain it
BIRTH_LAG = 5

Array = np.ndarray
Method = Callable[..., Array]


def steps(years: Array, base: int, *, survival_years: int, leave_out: tuple[int, ...]) -> Array:
    """Positions ``t`` of the latest year-to-year steps (t to t+1) to average, none touching a fall left out.

    >>> steps(np.arange(2017, 2025), 7, survival_years=3, leave_out=(2020,)).tolist()
    [4, 5, 6]
    >>> steps(np.arange(2017, 2022), 4, survival_years=3, leave_out=(2020,)).tolist()
    [0, 1]
    """
    usable = [t for t in range(base) if not {int(years[t]), int(years[t + 1])} & set(leave_out)]
    return np.array(usable[-survival_years:], dtype=int)


def _mean(values: Array, valid: Array) -> Array:
    """Mean over the last axis of the valid values; NaN without any."""
    count = valid.sum(axis=-1)
    total = np.where(valid, values, 0.0).sum(axis=-1)
    return np.asarray(np.divide(total, count, out=np.full(total.shape, np.nan), where=count > 0))


def no_change(pupils: Array, years: Array, base: int, horizon: int, **_: object) -> Array:
    """Every grade stays as it is: the first naive forecast.

    >>> no_change(np.array([[[4.0, 6.0]]]), np.array([2023, 2024]), 1, 2).tolist()
    [[[6.0, 6.0]]]
    """
    return np.repeat(pupils[:, :, base, None], horizon, axis=2)


def last_change(pupils: Array, years: Array, base: int, horizon: int, **_: object) -> Array:
    """Every grade changes each year as it did last year, never below zero: the second naive forecast.

    >>> last_change(np.array([[[4.0, 6.0]]]), np.array([2023, 2024]), 1, 2).tolist()
    [[[8.0, 10.0]]]
    """
    now = pupils[:, :, base]
    change = now - pupils[:, :, base - 1] if base else np.zeros_like(now)
    change = np.where(np.isnan(change), 0.0, change)
    return np.maximum(now[:, :, None] + change[:, :, None] * np.arange(1, horizon + 1), 0.0)


def cohort_survival(
    pupils: Array,
    years: Array,
    base: int,
    horizon: int,
    *,
    survival_years: int = 4,
    leave_out: tuple[int, ...] = (),
    births: Mapping[int, float] | None = None,
) -> Array:
    """Each cohort moves up a grade and keeps the share of its pupils that it kept in recent years.

    Rules, in the order in which they apply to a school's grade:

    1. A grade without pupils at the last count stays empty: no school is taken to add grades.
    2. Grades 01-12 take the mean ratio of the school's recent steps (pupils this year over those
       of the grade below last year). Steps from fewer than 10 pupils do not count; a school
       without a usable step (a new one) takes the ratio of the district's schools together.
    3. Where the grade below has fewer than 10 pupils or the ratio is above 2, the grade is an
       entry: it keeps its mean share of the district's pupils in the grade below.
    4. Kindergarten keeps its mean share of the births five years earlier, where births are
       known; else the mean of its recent counts.
    5. Transitional kindergarten, prekindergarten and ungraded pupils stay at the last count.

    Parameters
    ----------
    pupils : array, school x grade x fall
        See `rolls`; NaN where a school did not report.
    years : array
        The falls, without gaps.
    base : int
        Position of the last fall that may be looked at.
    horizon : int
        Years ahead.
    survival_years : int
        Year-to-year steps averaged.
    leave_out : tuple of int
        Falls whose change is not taken for a trend; steps into and out of them do not count.
    births : mapping
        Births in the district by calendar year.

    Returns
    -------
    array, school x grade x year ahead
        NaN for a school that did not report the last fall.

    References
    ----------
    California Code of Regulations, title 2, section 1859.42 (cohort survival in school
    facility planning, where ratios are changes); Pullum, Graham and Herting (1986), How to
    Forecast Public School Enrollments, American Demographics.

    Examples
    --------
    >>> pupils = np.zeros((1, len(GRADES), 3))
    >>> pupils[0, KG], pupils[0, KG + 1] = [20.0, 40.0, 30.0], [30.0, 18.0, 36.0]
    >>> cohort_survival(pupils, np.array([2022, 2023, 2024]), 2, 1)[0, [KG, KG + 1], 0].tolist()
    [35.0, 27.0]
    """
    now = pupils[:, :, base]
    moved = steps(years, base, survival_years=survival_years, leave_out=leave_out)
    before, after = pupils[:, :-1, :][:, :, moved], pupils[:, 1:, :][:, :, moved + 1]
    both = ~np.isnan(before) & ~np.isnan(after)
    own = _mean(
        np.divide(after, before, out=np.zeros_like(after), where=both & (before > 0)),
        both & (before >= SMALLEST_COHORT),
    )
    ratio = np.where(np.isnan(own), _together(before, after, both), own)

    district = np.nansum(pupils, axis=0)
    below = district[:-1, :][:, moved]
    with np.errstate(invalid="ignore"):
        came = both & (after > 0) & (below > 0)
    share = _mean(np.divide(after, below, out=np.zeros_like(after), where=came), came)
    small = now[:, :-1] < SMALLEST_COHORT
    entry = (small | (ratio > ENTRY_RATIO)) & ~np.isnan(share)
    ratio = np.where(np.isnan(ratio), 1.0, ratio)

    kindergarten = _kindergarten(pupils, years, base, horizon, moved, births)
    serves = now > 0
    state, total = now, district[:, base]
    projected = np.empty((*now.shape, horizon))
    for step in range(horizon):
        following = now.copy()
        following[:, KG] = kindergarten[:, step]
        for grade in CHAIN:
            up = np.where(
                entry[:, grade - 1], share[:, grade - 1] * total[grade - 1], ratio[:, grade - 1] * state[:, grade - 1]
            )
            following[:, grade] = np.where(small[:, grade - 1] & ~entry[:, grade - 1], now[:, grade], up)
        state = np.where(serves, following, np.where(np.isnan(now), np.nan, 0.0))
        total = np.nansum(state, axis=0)
        projected[:, :, step] = state
    return projected


def _together(before: Array, after: Array, both: Array) -> Array:
    """Ratio of all schools that kept the grade, by grade."""
    kept = both & (np.nan_to_num(after) > 0)
    came, went = np.where(kept, after, 0.0).sum(axis=(0, 2)), np.where(kept, before, 0.0).sum(axis=(0, 2))
    ratios: Array = np.divide(came, went, out=np.full(came.shape, np.nan), where=went > 0)
    return ratios


def _kindergarten(
    pupils: Array, years: Array, base: int, horizon: int, moved: Array, births: Mapping[int, float] | None
) -> Array:
    """Kindergarten of the years ahead, school x year."""
    counts = pupils[:, KG, :][:, np.unique(np.append(moved + 1, base))]
    falls = years[np.unique(np.append(moved + 1, base))]
    recent = _mean(counts, ~np.isnan(counts) & (counts > 0))
    held = np.repeat(recent[:, None], horizon, axis=1)
    if not births:
        return held
    born = np.array([births.get(int(y) - BIRTH_LAG, np.nan) for y in falls])
    coming = np.array([births.get(int(years[base]) + h - BIRTH_LAG, np.nan) for h in range(1, horizon + 1)])
    valid = ~np.isnan(counts) & (counts > 0) & (born > 0)
    share = _mean(np.divide(counts, born, out=np.zeros_like(counts), where=valid), valid)
    by_births = share[:, None] * coming
    return np.where(np.isnan(by_births), held, by_births)


def controlled(schools: Array, district: Array) -> Array:
    """Schools scaled, grade by grade and year by year, to what is expected of the district.

    The district's own cohorts do not see pupils change schools, so that they err less; what
    the schools together have too much or too little is spread over them in proportion.

    >>> controlled(np.array([[[30.0]], [[10.0]]]), np.array([[44.0]])).ravel().tolist()
    [33.0, 11.0]
    """
    together = np.nansum(schools, axis=0)
    return np.asarray(schools * np.divide(district, together, out=np.ones_like(together), where=together > 0))


def forecast(method: str, pupils: Array, years: Array, base: int, horizon: int, **settings: Any) -> tuple[Array, Array]:
    """Expected pupils of each school and of the district, by one of ``METHODS``.

    The district (all schools together, those that have closed since included) is forecast as
    one; cohort survival then holds the schools to it (`controlled`).

    Returns
    -------
    schools : array, school x grade x year ahead
    district : array, grade x year ahead

    >>> pupils = np.zeros((1, len(GRADES), 2))
    >>> pupils[0, KG] = [20.0, 40.0]
    >>> schools, district = forecast("last year's change", pupils, np.array([2023, 2024]), 1, 1)
    >>> float(schools[0, KG, 0]), float(district[KG, 0])
    (60.0, 60.0)
    """
    together = np.nansum(pupils[:, :, : base + 1], axis=0, keepdims=True)
    schools, district = (
        METHODS[method](counts, years, base, horizon, **settings) for counts in (pupils[:, :, : base + 1], together)
    )
    return (controlled(schools, district[0]) if method == COHORTS else schools), district[0]


COHORTS = "mean cohort survival"
METHODS: Mapping[str, Method] = {COHORTS: cohort_survival, "no change": no_change, "last year's change": last_change}
