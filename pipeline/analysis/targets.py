"""Five-year targets: a benchmark for each year, and whether results keep to it for all their error.

Nothing here reads who runs a school: the sector is not among the columns in.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.cut_points import POOL
from pipeline.analysis.status import share_variance

_UNIT = ["unit_kind", "unit_id"]


def path_target(
    base: pd.Series, *, years: pd.Series | int, target_share: float, target_years: int, path: str = "to_the_target"
) -> pd.Series:
    """Where a straight path from the base stands after ``years`` years.

    The path ends after ``target_years`` at the target, or half-way to it (``half_the_gap``). Who
    began above the target is asked to stay at or above it.

    >>> path_target(pd.Series([0.3, 0.9]), years=2, target_share=0.8, target_years=5).round(2).tolist()
    [0.5, 0.8]
    >>> path_target(pd.Series([0.3]), years=5, target_share=0.8, target_years=5, path="half_the_gap").round(2).tolist()
    [0.55]
    """
    goal = 0.5 if path == "half_the_gap" else 1.0
    walked = np.minimum(years / target_years, 1.0) * goal
    return (base + (target_share - base) * walked).mask(base >= target_share, target_share)


def unit_status(status: pd.DataFrame, schools: pd.DataFrame, district_id: str) -> pd.DataFrame:
    """Status by year of each school, of each level and of the district.

    Parameters
    ----------
    status
        From `pipeline.analysis.status.status_by_year`: ``school_id fall_year subjects status_share
        pupils_tested``.
    schools
        ``school_id`` and ``level`` (`lowest_level`); schools of no known level count for the district.
    district_id
        Id of the district's own rows.

    Returns
    -------
    pandas.DataFrame
        ``unit_kind unit_id fall_year subjects status_share pupils_tested``. Levels and district are
        the pupils' mean over the schools whose pupils are counted; they rest on the schools there
        are in each year.
    """
    rows = status.merge(schools[["school_id", "level"]], on="school_id", how="inner", validate="m:1")
    counted = rows[rows["pupils_tested"].notna()]
    counted = counted.assign(meeting=counted["status_share"] * counted["pupils_tested"])
    parts = [rows.assign(unit_kind="school", unit_id=rows["school_id"])]
    for kind, members in (
        ("level", counted[counted["level"].ne(POOL)].assign(unit_id=counted["level"])),
        ("district", counted.assign(unit_id=district_id)),
    ):
        sums = members.groupby(["unit_id", "fall_year"], sort=True)[["pupils_tested", "meeting"]].sum().reset_index()
        share = (sums["meeting"] / sums["pupils_tested"]).clip(0, 1)
        parts.append(sums.assign(unit_kind=kind, subjects="", status_share=share))
    columns = [*_UNIT, "fall_year", "subjects", "status_share", "pupils_tested"]
    return pd.concat([part[columns] for part in parts], ignore_index=True)


def quality_targets(
    units: pd.DataFrame,
    *,
    first: int,
    latest: int,
    target_share: float,
    target_years: int,
    path: str,
    path_share: float,
) -> pd.DataFrame:
    """Benchmark of every year of each unit's path, and whether its results keep to it.

    A result is compared with its benchmark by a normal test that allows for the error of the
    result and of the base from which the benchmark is drawn: on track, or behind, is said where
    its probability is at least ``path_share``; else the two are too close to call.

    Parameters
    ----------
    units
        From `unit_status`, up to the latest fall.
    first, latest
        Falls of the base and of the latest results.
    target_share, target_years, path, path_share
        The section ``quality`` of the study.

    Returns
    -------
    pandas.DataFrame
        The table ``quality_targets``: units with a result in ``first``, falls ``first`` to ``first +
        target_years``. Years without a result, or with other subjects than the base, are
        ``not_known``; so is the base itself, and what rests on points without pupils.

    References
    ----------
    Elementary and Secondary Education Act, 1111(c)(4)(A): long-term goals with measurements of interim
    progress, stated by baseline and end year.

    >>> units = pd.DataFrame({"unit_kind": "school", "unit_id": "a", "fall_year": [2021, 2022], "subjects": "ela", "status_share": [0.3, 0.6], "pupils_tested": 200.0})
    >>> rows = quality_targets(units, first=2021, latest=2022, target_share=0.8, target_years=5, path="to_the_target", path_share=0.8)
    >>> rows[["fall_year", "target_share", "path_status"]].round(2).to_numpy().tolist()[:2]
    [[2021, 0.3, 'not_known'], [2022, 0.4, 'on_track']]
    """
    base = units[units["fall_year"].eq(first)].rename(
        columns={"status_share": "base_share", "pupils_tested": "base_pupils", "subjects": "base_subjects"}
    )
    falls = pd.DataFrame({"fall_year": range(first, first + target_years + 1)})
    rows = base.drop(columns="fall_year").merge(falls, how="cross")
    results = units[units["fall_year"].between(first, latest)]
    rows = rows.merge(results, on=[*_UNIT, "fall_year"], how="left", validate="1:1")
    years = rows["fall_year"] - first
    walk = {"target_share": target_share, "target_years": target_years, "path": path}
    rows["target_share"] = path_target(rows["base_share"], years=years, **walk)  # type: ignore[arg-type]
    is_same = rows["subjects"].eq(rows["base_subjects"]) & (years > 0)
    # above the target the benchmark is the target, which has no error
    moves = (1 - path_target(pd.Series(0.0, index=rows.index), years=years, **walk) / target_share).where(  # type: ignore[arg-type]
        rows["base_share"] < target_share, 0.0
    )
    error = np.sqrt(
        share_variance(rows["status_share"], rows["pupils_tested"])
        + moves**2 * share_variance(rows["base_share"], rows["base_pupils"])
    )
    probability = _normal((rows["status_share"] - rows["target_share"]) / error).where(is_same)
    rows["on_track_probability_share"] = probability
    known = [probability.isna(), probability >= path_share, probability <= 1 - path_share]
    rows["path_status"] = pd.Series(
        np.select(known, ["not_known", "on_track", "behind"], "not_sure"), index=rows.index, dtype="str"
    )
    rows["is_interim"] = rows["fall_year"] < first + target_years
    names = ("base_share", "target_share", "status_share", "on_track_probability_share", "path_status", "is_interim")
    return rows[[*_UNIT, "fall_year", *names]]


def _normal(z: pd.Series) -> pd.Series:
    from scipy.special import ndtr

    return pd.Series(ndtr(z.to_numpy(dtype="float64")), index=z.index)
