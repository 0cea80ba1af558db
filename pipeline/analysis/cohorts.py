"""Cohort survival: how many pupils each school will have, grade by grade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from pipeline.analysis.gaps import carried, gaps
from pipeline.analysis.methods import METHODS, SUMMARIES, Method
from pipeline.analysis.progression import KG, PRIORS, SMALLEST_COHORT, Settings, steps, steps_of
from pipeline.analysis.projection import CHAIN, Projector, Whole, whole_of

__all__ = ["CHAIN", "KG", "METHODS", "SMALLEST_COHORT", "Method", "Settings", "controlled", "forecast", "steps"]

Array = np.ndarray


def forecast(
    method: str, pupils: Array, years: Array, base: int, horizon: int, settings: Settings
) -> tuple[Array, Array]:
    """Expected pupils of each school and of the district, by one of ``METHODS``.

    Rules of cohort survival, in the order in which they apply to a school's grade:

    1. A grade without pupils at the last count stays empty: no school is taken to add grades. What
       a declared change gives it comes afterwards (`changes.moves`).
    2. Grades 01-12 take the ratio of the school's recent steps (pupils this year over those of the
       grade below last year), summed up as the method says (`progression.own_ratio`). Steps from
       fewer than 10 pupils, into a declared change or out of mixed counts do not count; a school
       without a usable step (a new one) takes the ratio of the district's schools together, and
       without that keeps its cohort as it is.
    3. Where the grade below has fewer than 10 pupils or the ratio is above 2, the grade is an
       entry: it keeps its mean share of the district's expected pupils in the grade below.
       Without a share it stays at the last count.
    4. Kindergarten and what else has a rule of its own come from `entry.entry_grades`.
    5. Other grades (prekindergarten, ungraded) stay at the last count.

    The district (all schools together, those that have closed since included) is forecast as one.
    ``shrunk`` draws each school's ratio to the district's by so many pupils as would have been off
    least on the steps before (`progression.prior_errors`). A method that is ``controlled`` holds
    the schools to the district (`controlled`).

    Parameters
    ----------
    method : str
        A name of ``METHODS``.
    pupils : array, school x grade x fall
        See `rolls`; NaN where a school did not report. Falls after ``base`` are not looked at.
    years : array
        The falls, without gaps.
    base : int
        Position of the last fall that may be looked at.
    horizon : int
        Years ahead.
    settings : Settings

    Returns
    -------
    schools : array, school x grade x year ahead
        NaN for a school that is not there in the last fall; one that is and did not report it starts from its latest count.
    district : array, grade x year ahead

    References
    ----------
    California Code of Regulations, title 2, section 1859.42 (cohort survival in school facility
    planning, where ratios are changes); Pullum, Graham and Herting (1986), How to Forecast Public
    School Enrollments, American Demographics; Green and Armstrong (2015), Simple versus Complex
    Forecasting, Journal of Business Research 68 (combining with no change).

    Examples
    --------
    >>> pupils = np.zeros((1, 16, 3))
    >>> pupils[0, KG], pupils[0, KG + 1] = [20.0, 40.0, 30.0], [30.0, 18.0, 36.0]
    >>> schools, district = forecast("mean cohort survival", pupils, np.array([2022, 2023, 2024]), 2, 1, Settings())
    >>> schools[0, [KG, KG + 1], 0].tolist(), district[KG + 1].tolist()
    ([35.0, 27.0], [27.0])
    """
    return forecasts([method], pupils, years, base, horizon, settings)[method]


def forecasts(
    methods: Sequence[str], pupils: Array, years: Array, base: int, horizon: int, settings: Settings
) -> dict[str, tuple[Array, Array]]:
    """`forecast` by several methods, which share most of the work."""
    drawn = any(METHODS[name].summary == "shrunk" for name in methods)
    of_schools, whole = projectors(pupils[:, :, : base + 1], years[: base + 1], settings, drawn=drawn)
    ahead = tuple(range(1, horizon + 1))
    district = whole.projected(base, ahead, methods, None)[:, :, 0]
    schools = of_schools.projected(base, ahead, methods, entry_totals(whole, base, horizon))
    schools[:, :, np.isnan(of_schools.begins(base)).any(axis=1)] = np.nan
    found = {}
    for place, name in enumerate(methods):
        own, all_of = np.moveaxis(schools[:, place], 0, 2), district[:, place].T
        found[name] = (controlled(own, all_of) if METHODS[name].controlled else own, all_of)
    return found


def projectors(pupils: Array, years: Array, settings: Settings, *, drawn: bool) -> tuple[Projector, Projector]:
    """The schools and the district as one; ``drawn`` where a method draws schools to the district."""
    known = np.moveaxis(pupils, 2, 0)
    if settings.declared is not None:
        settings = replace(settings, declared=settings.declared[:, : len(known)])
    whole, totals = district_projector(known, years, settings)
    shared, (step,) = whole_of([(known, settings)], years, totals, priors=drawn)
    begun = by_fall(carried(pupils, gaps(pupils, settings.present)))
    return Projector(known, years, settings, step, shared, carried=begun), whole


def district_projector(known: Array, years: Array, settings: Settings) -> tuple[Projector, Array]:
    """The district as one school without declared changes, and its counts (fall x grade).

    A school that was there and did not report a fall (`gaps.gaps`) is in neither side of the steps
    into and out of it, and counts with its latest numbers where a forecast begins.
    """
    by_school = np.moveaxis(known, 0, 2)
    missing = gaps(by_school, settings.present)
    counts = np.nansum(by_fall(carried(by_school, missing)), axis=1)
    out = (missing[:, :-1] | missing[:, 1:]).T[:, :, None]
    then, later = (np.where(out, 0.0, np.nan_to_num(side)).sum(axis=1) for side in (known[:-1], known[1:]))
    alone = replace(settings, declared=None)
    step = steps_of(then[:, None], later[:, None], then)
    shared = Whole(counts, step.kept_before, step.kept_after, np.zeros((len(then), len(PRIORS))))
    return Projector(counts[:, None], years, alone, step, shared, is_district=True), counts


def by_fall(pupils: Array) -> Array:
    """School x grade x fall as fall x school x grade."""
    return np.ascontiguousarray(np.moveaxis(pupils, 2, 0))


def entry_totals(district: Projector, base: int, horizon: int) -> Array:
    """The district's pupils that entries are a share of: year from the base's x summary x grade."""
    now = np.repeat(np.nan_to_num(district.pupils[base])[None], len(SUMMARIES), axis=0)[None, :, 0]
    return np.concatenate([now, district.survival(base, horizon, SUMMARIES, None)[:, :, 0]])


def controlled(schools: Array, district: Array) -> Array:
    """Schools scaled, grade by grade and year by year, to what is expected of the district.

    The district's own cohorts do not see pupils change schools, so that they err less; what
    the schools together have too much or too little is spread over them in proportion.

    >>> controlled(np.array([[[30.0]], [[10.0]]]), np.array([[44.0]])).ravel().tolist()
    [33.0, 11.0]
    """
    return np.asarray(schools * control_factor(np.nansum(schools, axis=0), district))


def control_factor(together: Array, district: Array) -> Array:
    """What the schools' pupils are multiplied with to sum to the district's; 1 where they have none."""
    return np.asarray(np.divide(district, together, out=np.ones_like(together), where=together > 0))
