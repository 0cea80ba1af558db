"""New homes and their pupils as arrays: what is built, who moves in and up, what the trend holds already."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.progression import KG, SMALLEST_COHORT
from pipeline.columns import GRADES


def homes_by_fall(projects: pd.DataFrame, falls: np.ndarray) -> np.ndarray:
    """Homes of each project that are new since the fall before the first one named.

    A project is built in equal parts over its years; those of a year count from its fall.

    >>> projects = pd.DataFrame({"planned_homes": [100.0], "first_year": [2024], "last_year": [2027]})
    >>> homes_by_fall(projects, np.array([2025, 2026, 2027, 2028])).tolist()
    [[25.0, 50.0, 75.0, 75.0]]
    """
    first, last = projects["first_year"].to_numpy(), projects["last_year"].to_numpy()
    years = np.append(falls[0] - 1, falls)
    built = np.clip((years[None, :] - first[:, None] + 1) / (last - first + 1)[:, None], 0.0, 1.0)
    homes: np.ndarray = projects["planned_homes"].to_numpy(dtype="float64")[:, None] * (built[:, 1:] - built[:, :1])
    return homes


def yielded(projects: pd.DataFrame, pupils_per_home: Mapping[str, float], falls: np.ndarray) -> np.ndarray:
    """Pupils of all the new homes of each project, project x fall: homes times the yield of their type; none without one."""
    factor = projects["home_type"].map(pupils_per_home).astype("float64").fillna(0.0).to_numpy()
    pupils: np.ndarray = homes_by_fall(projects, falls) * factor[:, None]
    return pupils


def advanced(now: np.ndarray, horizon: int) -> np.ndarray:
    """Pupils moved up a grade a year without gain or loss, unit x grade x year ahead.

    Grades that nobody moves up into stay: kindergarten and what lies before it, and each grade above
    one of fewer than 10 pupils.

    Parameters
    ----------
    now : array, unit x grade

    >>> now = np.zeros((1, len(GRADES)))
    >>> now[0, KG : KG + 3] = [30.0, 20.0, 25.0]
    >>> advanced(now, 2)[0, KG : KG + 4].tolist()
    [[30.0, 30.0], [30.0, 30.0], [20.0, 30.0], [25.0, 20.0]]
    """
    below = np.concatenate([np.zeros_like(now[:, :1]), now[:, :-1]], axis=1)
    chain = (np.arange(len(GRADES)) > KG) & (np.arange(len(GRADES)) <= GRADES.index("12"))
    is_fed = chain & (below >= SMALLEST_COHORT)
    ahead, state = np.empty((*now.shape, horizon)), now
    for year in range(horizon):
        state = np.where(is_fed, np.concatenate([state[:, :1], state[:, :-1]], axis=1), now)
        ahead[:, :, year] = state
    return ahead


def beyond_trend(now: np.ndarray, expected: np.ndarray, housing: np.ndarray) -> np.ndarray:
    """Pupils of new homes beyond the growth that the projection holds already, unit x grade x year.

    What the projection has beyond the current pupils moved up (`advanced`), never below zero, is
    growth that may well be of the same homes: only the rest is added.

    References
    ----------
    California Code of Regulations, title 2, section 1859.42.1(a)(2) and (6), which takes five times
    the first year's growth; here the growth of each year is what its cohorts have gained by then.

    >>> now, housing = np.zeros((1, len(GRADES))), np.zeros((1, len(GRADES), 1))
    >>> now[0, KG], housing[0, KG] = 10.0, 3.0
    >>> beyond_trend(now, advanced(now, 1) + 2.0, housing)[0, KG].tolist()
    [1.0]
    """
    growth = np.maximum(expected - advanced(now, housing.shape[2]), 0.0)
    return np.asarray(np.nan_to_num(np.maximum(housing - growth, 0.0)))


def pupils_of_homes(arrived: np.ndarray, grades_now: np.ndarray) -> np.ndarray:
    """Pupils in new homes by grade and year: each year's arrivals by the district's grades, then moving up.

    The children of the homes enter kindergarten year after year, as many as the homes hold at once;
    those in higher grades arrived there or came up from the grade below; the last grade that the
    district has leaves.

    Parameters
    ----------
    arrived : array, project x year
        Pupils of all homes built by then.
    grades_now : array
        The district's pupils by grade.

    Returns
    -------
    array, project x grade x year

    References
    ----------
    California Code of Regulations, title 2, section 1859.42.1(a)(3)-(5): shares by grade are those
    of the current enrollment moved up one year.

    >>> now = np.zeros(len(GRADES))
    >>> now[KG : KG + 3] = [50.0, 100.0, 50.0]
    >>> pupils_of_homes(np.array([[4.0, 8.0, 8.0]]), now)[0, KG : KG + 3].tolist()
    [[1.0, 2.0, 2.0], [1.0, 2.0, 2.0], [2.0, 3.0, 2.0]]
    """
    taught = np.array([grade not in ("PK", "TK", "UG") for grade in GRADES]) & (grades_now > 0)
    twelfth = GRADES.index("12")
    moved_up = grades_now.astype("float64")
    moved_up[KG + 1 : twelfth + 1] = grades_now[KG:twelfth]
    moved_up = np.where(taught, moved_up, 0.0)
    share = moved_up / moved_up.sum() if moved_up.sum() > 0 else moved_up
    found = np.zeros((len(arrived), len(GRADES), arrived.shape[1]))
    new = np.diff(arrived, axis=1, prepend=0.0)
    for year in range(arrived.shape[1]):
        if year:
            found[:, KG + 1 : twelfth + 1, year] = found[:, KG:twelfth, year - 1] * taught[KG + 1 : twelfth + 1]
        found[:, :, year] += new[:, year, None] * share
        found[:, KG, year] = arrived[:, year] * share[KG]
    return found
