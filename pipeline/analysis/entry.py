"""Grades that no grade below explains: kindergarten and transitional kindergarten of the years ahead."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np

from pipeline.analysis.progression import KG, Settings, mean_of
from pipeline.columns import GRADES

Array = np.ndarray
TK = GRADES.index("TK")
AGE = 5  # in kindergarten
RECENT = 3  # years of births that stand for those not yet counted


def entry_grades(
    pupils: Array, years: Array, base: int, horizon: int, moved: Array, settings: Settings
) -> Mapping[int, Array]:
    """Grades expected by their own rule: position in ``GRADES`` -> school x year ahead.

    Grades that stand neither here nor among those that come out of the grade below stay at the last count.

    Parameters
    ----------
    pupils, years, base, horizon
        See `cohorts.forecast`; falls after ``base`` may not be looked at.
    moved : array
        Positions of the steps that count (`progression.steps`).
    settings : Settings
    """
    at = _counted(years, base, moved, settings.mixed.get("KG"))
    falls, ahead, known = years[at], years[base] + np.arange(1, horizon + 1), int(years[base])
    counts = np.where(_since_declared(settings.declared, len(pupils), base)[:, None, at], pupils[:, :, at], np.nan)
    found = {KG: _of_cohorts(counts[:, KG], *_kindergartners(falls, ahead, known, settings))}
    if settings.tk_months:
        found[TK] = _of_cohorts(counts[:, TK], *_admitted(falls, ahead, known, settings))
    return found


def entry_bases(years: Array, base: int, horizon: int, moved: Array, settings: Settings) -> tuple[str, ...]:
    """What kindergarten of each year ahead rests on: a value of the column ``rule``.

    >>> entry_bases(np.arange(2020, 2025), 4, 7, np.array([2, 3]), Settings(births=dict.fromkeys(range(2015, 2025), 9.0)))
    ('births', 'births', 'births', 'births', 'births', 'births_ahead', 'births_ahead')
    """
    at = _counted(years, base, moved, settings.mixed.get("KG"))
    ahead = years[base] + np.arange(1, horizon + 1)
    (then, coming), (_, young) = _kindergartners(years[at], ahead, int(years[base]), settings)
    latest = max((y for y in settings.births if y <= int(years[base]) - settings.births_lag), default=0)
    names = np.where(np.isnan(young), "recent_counts", "young_children").astype(object)
    by_births = ~np.isnan(coming) & ~np.isnan(then).all()
    return tuple(np.where(by_births, np.where(ahead - AGE > latest, "births_ahead", "births"), names))


def _counted(years: Array, base: int, moved: Array, mixed_until: int | None) -> Array:
    """Positions of the falls whose counts say something of entry: those after a change of what the grade holds."""
    at = np.unique(np.append(moved + 1, base))
    if mixed_until is not None and int(years[base]) > mixed_until:
        at = at[years[at] > mixed_until]
    return np.asarray(at)


def _since_declared(declared: Array | None, schools: int, base: int) -> Array:
    """School x fall: whether no declared change lies between that fall and the base."""
    if declared is None or len(declared) != schools:  # the district as one has no changes of schools
        return np.ones((schools, base + 1), dtype=bool)
    later = np.cumsum(declared[:, base:0:-1], axis=1)[:, ::-1] > 0
    return np.asarray(~np.concatenate([later, np.zeros((schools, 1), dtype=bool)], axis=1))


def _of_cohorts(counts: Array, *cohorts: tuple[Array, Array]) -> Array:
    """Counts ahead, school x year: the mean share of the first cohorts that are known, else the mean count."""
    positive = ~np.isnan(counts) & (counts > 0)
    recent = mean_of(counts, positive)
    found = np.full((len(counts), len(cohorts[0][1])), np.nan)
    for then, coming in cohorts:
        valid = positive & (then > 0)
        share = mean_of(np.divide(counts, then, out=np.zeros_like(counts), where=valid), valid)
        found = np.where(np.isnan(found), share[:, None] * coming, found)
    return np.where(np.isnan(found), recent[:, None], found)


def _kindergartners(falls: Array, ahead: Array, known: int, settings: Settings) -> list[tuple[Array, Array]]:
    """Children of kindergarten age in the falls counted and in those ahead: by births, by the census."""
    births, young, cutoff = _to_hand(settings, known, int(ahead[-1]))
    by_births = tuple(np.array([of_age(births, int(f), cutoff) for f in some]) for some in (falls, ahead))
    by_census = tuple(young(some) for some in (falls, ahead))
    return [(by_births[0], by_births[1]), (by_census[0], by_census[1])]


def _admitted(falls: Array, ahead: Array, known: int, settings: Settings) -> list[tuple[Array, Array]]:
    """Children whom transitional kindergarten must take: by births, by the census, by months of birthdays alone."""
    births, young, cutoff = _to_hand(settings, known, int(ahead[-1]))
    months = [np.array([settings.tk_months.get(int(f), np.nan) for f in some]) for some in (falls, ahead)]
    by_births = [
        np.array([admitted_births(births, int(f), m, cutoff) for f, m in zip(some, of, strict=True)])
        for some, of in zip((falls, ahead), months, strict=True)
    ]
    by_census = [young(some + 1) * of / 12 for some, of in zip((falls, ahead), months, strict=True)]
    return [(by_births[0], by_births[1]), (by_census[0], by_census[1]), (months[0] / 12, months[1] / 12)]


def _to_hand(
    settings: Settings, fall: int, until: int
) -> tuple[Mapping[int, float], Callable[[Array], Array], int | None]:
    """Births and young children as a forecast from a fall knows them, and the cut-off."""
    births = births_known(settings.births, fall - settings.births_lag, until)
    return births, lambda falls: young_children(settings.young, falls, fall - settings.young_lag), settings.cutoff_month


def births_known(births: Mapping[int, float], known: int, until: int) -> Mapping[int, float]:
    """Births of the years up to ``known``; later ones are the mean of the last three known.

    >>> births_known({2020: 90.0, 2021: 120.0, 2022: 60.0, 2023: 999.0}, 2022, 2024)
    {2020: 90.0, 2021: 120.0, 2022: 60.0, 2023: 90.0, 2024: 90.0}
    """
    seen = {year: births[year] for year in sorted(births) if year <= known}
    if not seen:
        return {}
    recent = list(seen.values())[-RECENT:]
    mean = sum(recent) / len(recent)
    return {**seen, **dict.fromkeys(range(max(seen) + 1, until + 1), mean)}


def of_age(births: Mapping[int, float], fall: int, cutoff_month: int | None, age: int = AGE) -> float:
    """Births of the children who are ``age`` by the cut-off of a fall; NaN where a year is not known.

    With a cut-off in September, kindergartners were born from September six years before to August
    five years before: four twelfths of the one calendar year and eight of the other. Without a
    cut-off, the calendar year counts.

    >>> births = {2018: 120.0, 2019: 240.0}
    >>> of_age(births, 2024, 9), of_age(births, 2024, None)
    (200.0, 240.0)
    """
    this = births.get(fall - age, np.nan)
    if cutoff_month is None:
        return this
    early = (cutoff_month - 1) / 12
    return early * this + (1 - early) * births.get(fall - age - 1, np.nan)


def admitted_births(births: Mapping[int, float], fall: int, months: float, cutoff_month: int | None) -> float:
    """Births of the children whom transitional kindergarten must take: so many months after the cut-off.

    >>> births = {2019: 120.0, 2020: 240.0}
    >>> admitted_births(births, 2024, 3, 9), admitted_births(births, 2024, 9, 9)
    (30.0, 140.0)
    """
    if cutoff_month is None:
        return months / 12 * births.get(fall - AGE + 1, np.nan)
    first = min(months, 13 - cutoff_month)
    later = (months - first) * births.get(fall - AGE + 1, np.nan) if months > first else 0.0
    return (first * births.get(fall - AGE, np.nan) + later) / 12


def young_children(young: tuple[tuple[int, float, float], ...], falls: Array, known: int) -> Array:
    """Children of kindergarten age by fall, from children under five of census periods known by then.

    The middle child under five of a period enters kindergarten three years after its middle; between
    the periods the number of children of one age is taken to change evenly, beyond them it stays.

    Parameters
    ----------
    young : tuple of (last year of the period, its middle, children under five)
    falls : array
    known : int
        Periods that end later are not looked at.

    >>> young_children(((2018, 2016.0, 500.0), (2023, 2021.0, 400.0)), np.array([2019, 2024, 2030]), 2024).tolist()
    [100.0, 80.0, 80.0]
    """
    periods = sorted((middle + 3, children / 5) for last, middle, children in young if last <= known)
    if not periods:
        return np.full(len(falls), np.nan)
    when, size = (np.array(side) for side in zip(*periods, strict=True))
    return np.asarray(np.interp(falls, when, size))
