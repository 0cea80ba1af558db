"""Population outlook: children by age band five and ten years on, by cohort change (Hamilton-Perry)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.analysis.age_bands import AGES
from pipeline.analysis.cohort_ratios import Births, Children, Ratio, cohort_ratios
from pipeline.analysis.migration import cohort, years_between
from pipeline.analysis.uncertainty import years_of
from pipeline.numerals import trimmed

# Widths and steps for which five-year bands can still be followed.
FEWEST_YEARS, MOST_YEARS = 3, 10
HORIZONS = (5, 10)
HELD, SUMMED, BY_WOMEN = "held at the latest count", "sum of its age bands", "child-woman ratio"


def step_reason(before: str | None, now: str) -> str:
    """Why cohort-change ratios cannot be had from two vintages; empty when they can.

    >>> step_reason("2014-2018", "2019-2023"), step_reason("2012-2016", "2019-2023")
    ('', '')
    >>> step_reason("2011", "2023")
    'the middles of 2011 and 2023 lie 12 years apart; five-year age bands can be followed over 3 to 10 years'
    """
    if before is None:
        return "the study names no earlier vintage (vintages.before)"
    years = years_between(before, now)
    if FEWEST_YEARS <= years <= MOST_YEARS:
        return ""
    return (
        f"the middles of {before} and {now} lie {trimmed(years)} years apart; five-year age bands can be followed over "
        f"{FEWEST_YEARS} to {MOST_YEARS} years"
    )


def advanced(
    children: Children, today: Children, ratios: Mapping[str, Ratio | None], years: float, births: Births | None = None
) -> Children:
    """Children one step of ``years`` on: each band from the ages it grows out of, held to the projection of all areas.

    Who is not yet born stays at today's number of the same ages; where women are known, children under 5 are as many per
    woman as today (``births``).
    """
    counts, errors = np.empty_like(children.counts), np.empty_like(children.errors)
    for at, (band, ages) in enumerate(AGES.items()):
        ratio = ratios[band]
        born = cohort(*ages, years)
        value, deviation = np.zeros(len(counts)), np.zeros(len(counts))
        if ratio is not None and born is not None:
            base, base_error = children.of(born[0] - years, born[1] - years)
            value, deviation = base * ratio.own, np.hypot(base * ratio.error, ratio.own * base_error)
            known = ~np.isnan(value)  # the control is of the areas that have a number, not of their neighbors
            total = value[known].sum()
            scale = base[known].sum() * ratio.district / total if total > 0 else 1.0
            value, deviation = value * scale, deviation * scale
        first = born[0] if born else ages[1]
        if first > ages[0]:
            held, held_error = today.of(ages[0], first)
            factor = births if births is not None and ages[0] == 0 else Births(np.ones(1), np.zeros(1))
            value = value + held * factor.factor
            deviation = np.hypot(np.hypot(deviation, held_error * factor.factor), held * factor.error)
        counts[:, at], errors[:, at] = value, deviation
    return Children(counts, errors)


def projected(
    then: Children,
    today: Children,
    *,
    years: float,
    horizons: Sequence[float],
    smallest: float,
    largest: float,
    totals: Mapping[float, float] | None = None,
    births: Births | None = None,
) -> tuple[dict[float, Children], dict[str, Ratio | None]]:
    """Children at each horizon, in years from the later vintage, and the ratios they rest on.

    Steps are as long as the vintages lie apart; between steps the way is taken as straight. All bands are then scaled
    so that the children of the areas of which all bands are known add up to ``totals`` of that horizon, or else to
    the straight line through the totals of the two vintages.

    References
    ----------
    Baker, Swanson and Tayman (2020), Population Research and Policy Review (control to linear totals lowers error
    and upward bias for census tracts).

    Examples
    --------
    >>> then = Children(np.array([[50.0, 50.0, 50.0, 30.0]]), np.zeros((1, 4)))
    >>> today = Children(np.array([[60.0, 55.0, 50.0, 30.0]]), np.zeros((1, 4)))
    >>> ahead, _ = projected(then, today, years=5, horizons=[5], smallest=0.9, largest=1.3, totals={5: 211.0})
    >>> ahead[5].counts.round(6).tolist()  # 60, 60 x 1.1, 55 x 1, 50 x 0.6: 211 in all
    [[60.0, 66.0, 55.0, 30.0]]
    """
    ratios = cohort_ratios(then, today, years, smallest, largest)
    steps = [today]
    while years * (len(steps) - 1) < max(horizons):
        steps.append(advanced(steps[-1], today, ratios, years, births))
    whole = ~np.isnan(then.counts).any(axis=1) & ~np.isnan(today.counts).any(axis=1)
    before, now = then.counts[whole].sum(), today.counts[whole].sum()
    found = {}
    for horizon in horizons:
        at = min(int(horizon // years), len(steps) - 2)
        part = horizon / years - at
        counts = (1 - part) * steps[at].counts + part * steps[at + 1].counts
        errors = (1 - part) * steps[at].errors + part * steps[at + 1].errors
        line = max(now + (now - before) * horizon / years, 0.0)
        total = line if totals is None or horizon not in totals else totals[horizon]
        sum_ = counts[whole].sum()
        scale = total / sum_ if sum_ > 0 else 1.0
        found[horizon] = Children(counts * scale, errors * scale)
    return found, ratios


def middle_year(vintage: str) -> int:
    """Middle of a period, the earlier of two.

    >>> middle_year("2019-2023")
    2021
    """
    return int(sum(years_of(vintage)) // 2)
