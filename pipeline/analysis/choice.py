"""Choosing a method by its own history, and what such a choice would have been worth."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from pipeline.analysis.tallies import GROUPS, Tally
from pipeline.columns import JUDGED_HORIZONS

Array = np.ndarray

NAIVE = ("no change", "last year's change")
DEFAULT = "pooled cohort survival"  # where the history is too short to choose
AUTO = "auto"
JUDGED = ("district_grade", "under_200", "200_to_499", "500_and_over", "school_grade")  # what an outlook prints
SMALLEST_CASES = 10
SMALLEST_FALLS = 3  # later falls a horizon must have been tried on
_TINY = 1e-9


def relative_errors(tally: Tally, until: int) -> Array:
    """Mean absolute error over that of the better naive forecast, method x ``JUDGED`` x ``JUDGED_HORIZONS``.

    Only what had happened by fall ``until`` counts. NaN where fewer than 10 cases or fewer than 3
    later falls were to be had.
    """
    groups = [list(GROUPS).index(name) for name in JUDGED]
    naive = [tally.methods.index(name) for name in NAIVE]
    found = np.full((len(tally.methods), len(JUDGED), len(JUDGED_HORIZONS)), np.nan)
    for place, horizon in enumerate(JUDGED_HORIZONS):
        known = (tally.pairs[:, 1] == horizon) & (tally.pairs.sum(axis=1) <= until)
        sums = tally.sums[:, known][:, :, groups]
        cases, off = sums[..., 0].sum(axis=1), sums[..., 1].sum(axis=1)
        falls = (sums[0, :, :, 0] > 0).sum(axis=0)
        enough = (cases >= SMALLEST_CASES).all(axis=0) & (falls >= SMALLEST_FALLS)
        error = off / np.maximum(cases, 1.0) + _TINY
        found[:, enough, place] = (error / error[naive].min(axis=0))[:, enough]
    return found


def best_methods(tally: Tally, until: int) -> Mapping[str, str]:
    """For each group of ``JUDGED``, and for all of them together (``all``), the method that erred least.

    The errors of horizons 1, 3 and 5 count alike, each over that of the better of the two naive
    forecasts; of methods that are equal the simpler one is taken. A group whose history is too
    short for any horizon gets ``DEFAULT``.

    Examples
    --------
    >>> from pipeline.analysis.hidden_years import tally
    >>> from pipeline.analysis.progression import Settings
    >>> steady = tally(np.full((12, 16, 9), 30.0), np.arange(2016, 2025), Settings())
    >>> best_methods(steady, 2024)["all"], best_methods(steady, 2018)["all"]
    ('no change', 'pooled cohort survival')
    """
    relative = relative_errors(tally, until)
    chosen = {name: _least(tally, relative[:, place]) for place, name in enumerate(JUDGED)}
    return {**chosen, "all": _least(tally, relative)}


def judged_by(tally: Tally, until: int) -> set[tuple[str, int]]:
    """Group and horizon of the errors that a choice at fall ``until`` goes by: those of too few cases or falls are left out.

    Examples
    --------
    >>> from pipeline.analysis.hidden_years import tally
    >>> from pipeline.analysis.progression import Settings
    >>> steady = tally(np.full((12, 16, 6), 30.0), np.arange(2019, 2025), Settings())
    >>> sorted({horizon for _, horizon in judged_by(steady, 2024)})
    [1]
    """
    known = ~np.isnan(relative_errors(tally, until)).any(axis=0)
    return {(JUDGED[group], JUDGED_HORIZONS[place]) for group, place in np.argwhere(known)}


def _least(tally: Tally, relative: Array) -> str:
    flat = relative.reshape(len(tally.methods), -1)
    known = ~np.isnan(flat).any(axis=0)
    if not known.any():
        return DEFAULT
    return tally.methods[int(np.argmin(flat[:, known].mean(axis=1).round(9)))]


def chosen_then(tally: Tally, named: str = AUTO) -> Array:
    """Position of the method that the study would have used at each pair's start, by what it knew then.

    A study that names its method would have used it always.
    """
    if named != AUTO:
        return np.full(len(tally.pairs), tally.methods.index(named))
    by_start = {int(start): best_methods(tally, int(start))["all"] for start in np.unique(tally.pairs[:, 0])}
    return np.array([tally.methods.index(by_start[int(start)]) for start in tally.pairs[:, 0]], dtype=int)
