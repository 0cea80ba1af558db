"""Methods of forecasting enrollment: what each is made of."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class Method:
    """A way to forecast.

    Attributes
    ----------
    summary : str
        How ratios are summed up: ``mean``, ``pooled``, ``median``, ``recent`` or ``shrunk``; empty
        for the naive forecasts.
    survival : float
        Weight of cohort survival in the schools' forecast; the rest is no change.
    survival_of_district : float
        The same in the district's.
    trend : bool
        Last year's change goes on.
    controlled : bool
        Schools are held to the district's forecast, grade by grade (`cohorts.controlled`).
    """

    summary: str = ""
    survival: float = 1.0
    survival_of_district: float = 1.0
    trend: bool = False
    controlled: bool = True


METHODS: Mapping[str, Method] = {  # the simplest first
    "no change": Method(survival=0.0, survival_of_district=0.0, controlled=False),
    "last year's change": Method(survival=0.0, survival_of_district=0.0, trend=True, controlled=False),
    "pooled cohort survival": Method("pooled"),
    "mean cohort survival": Method("mean"),
    "median cohort survival": Method("median"),
    "recent-weighted cohort survival": Method("recent"),
    "shrunk cohort survival": Method("shrunk"),
    "last count held to the district's cohorts": Method("recent", survival=0.0),
    "half-way from shrunk survival to no change": Method("shrunk", survival=0.5, survival_of_district=0.5),
}
SUMMARIES = ("pooled", "mean", "median", "recent", "shrunk")
