"""California's own projection: cohorts by average yearly change, and the supplement for new homes."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.gaps import carried, gaps
from pipeline.analysis.rolls import Rolls
from pipeline.columns import GRADES
from pipeline.ledger import Ledger
from pipeline.tables import empty

Array = np.ndarray
FORM_GRADES = GRADES[GRADES.index("KG") : GRADES.index("12") + 1]


def form_counts(pupils: Array) -> Array:
    """The district's pupils by the grades of the form: kindergarten with its transitional year, then 01 to 12.

    Parameters
    ----------
    pupils : array, school x grade x fall
        See `rolls`; a school that did not report counts nothing.

    Returns
    -------
    array, 13 x fall

    References
    ----------
    California Education Code 48000: transitional kindergarten is the first year of a two-year
    kindergarten program.

    >>> pupils = np.zeros((2, len(GRADES), 1))
    >>> pupils[0, 1], pupils[1, 2] = 8.0, 20.0
    >>> form_counts(pupils)[:2, 0].tolist()
    [28.0, 0.0]
    """
    district = np.nansum(pupils, axis=0)
    first = GRADES.index("KG")
    counts = district[first : first + len(FORM_GRADES)].copy()
    counts[0] += district[GRADES.index("TK")]
    return np.asarray(counts)


def average_change(counts: Array, weights: tuple[float, ...]) -> Array:
    """Weighted yearly change of each grade out of the grade below; of kindergarten, in itself.

    With the usual weights it is ``(1 c1 + 2 c2 + 3 c3) / 6``, the latest change ``c3`` counting most.

    Parameters
    ----------
    counts : array, grade x fall
        One fall more than there are weights, the current one last.
    weights : tuple of float
        Oldest first.

    >>> average_change(np.array([[100.0, 94.0], [90.0, 97.0]]), (1.0,)).tolist()
    [-6.0, -3.0]
    """
    into = np.concatenate([counts[:1, 1:] - counts[:1, :-1], counts[1:, 1:] - counts[:-1, :-1]])
    return np.asarray((into * weights).sum(axis=1) / sum(weights))


def cohort_projection(counts: Array, weights: tuple[float, ...], years: int) -> Array:
    """Pupils of each grade in the years ahead: those of the grade below a year before, plus the average change.

    No grade falls below zero, and one that the district does not have stays empty.

    Returns
    -------
    array, grade x year ahead

    References
    ----------
    California Code of Regulations, title 2, section 1859.42; Form SAB 50-01.
    """
    change, state = average_change(counts, weights), counts[:, -1]
    ahead = np.empty((len(counts), years))
    for year in range(years):
        state = np.where(counts[:, -1] > 0, np.maximum(_advanced(state) + change, 0.0), 0.0)
        ahead[:, year] = state
    return ahead


def housing_supplement(current: Array, first_year: Array, pupils_of_homes: float) -> Array:
    """Pupils of new homes that the fifth-year projection does not hold yet, by grade.

    Step by step: (1) the current enrollment moves up a grade unchanged, kindergarten stays;
    (2) what the first-year projection has beyond it, never below zero; (3) its shares by grade;
    (4, 5) the pupils of the new homes by these shares; (6) less five times (2), never below zero.

    References
    ----------
    California Code of Regulations, title 2, section 1859.42.1(a)(1)-(7).

    >>> housing_supplement(np.array([50.0, 50.0]), np.array([52.0, 40.0]), 30.0).tolist()
    [5.0, 15.0]
    """
    advanced = np.where(current > 0, _advanced(current), 0.0)
    beyond = np.maximum(first_year - advanced, 0.0)
    total = advanced.sum()
    share = advanced / total if total > 0 else np.zeros_like(advanced)
    return np.asarray(np.maximum(pupils_of_homes * share - 5 * beyond, 0.0))


def _advanced(state: Array) -> Array:
    return np.concatenate([state[:1], state[:-1]])


def state_projection(
    found: Rolls, *, pupils_of_homes: float, weights: tuple[float, ...], years: int, ledger: Ledger
) -> pd.DataFrame:
    """Table ``state_projection``: the district by grade and fall as the state's form has it.

    The form takes the falls as they were counted: no fall is left out. Special-day pupils,
    whom it projects apart, are in the counts of their grades; ungraded pupils and
    prekindergarten are not in it.

    Parameters
    ----------
    found : Rolls
        Public schools.
    pupils_of_homes : float
        Pupils of all homes planned up to the last year: homes times yield.
    weights, years
        `rules.enrollment.StateProjection`.
    """
    needed = len(weights) + 1
    if len(found.years) < needed:
        falls = ", ".join(str(int(y)) for y in found.years) or "none"
        ledger.missing_input(
            "enrollment by grade of the current and three earlier falls",
            f"falls known: {falls}; the state's projection takes {needed} in a row. Earlier years are to be had from the state's education department.",
        )
        return empty("state_projection", "")
    counts = form_counts(carried(found.pupils, gaps(found.pupils, found.unusable))[:, :, -needed:])
    ahead = cohort_projection(counts, weights, years)
    supplement = housing_supplement(counts[:, -1], ahead[:, 0], pupils_of_homes)
    falls = found.years[-1] + 1 + np.arange(years)
    table = pd.DataFrame({"fall_year": np.repeat(falls, len(FORM_GRADES)), "grade": list(FORM_GRADES) * years})
    is_last = table["fall_year"] == falls[-1]
    table["pupils_projected"] = ahead.T.ravel()
    table["pupils_of_homes"] = pd.Series(np.tile(supplement, years)).where(is_last)
    table["pupils_with_homes"] = (table["pupils_projected"] + table["pupils_of_homes"]).where(is_last)
    return table
