"""Pupils of new homes, by zone, school, grade and year."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.new_homes import pupils_of_homes, yielded
from pipeline.columns import GRADES
from pipeline.ledger import Ledger

WITH_HOUSING = " and housing"  # what the method of a forecast says when new homes were added
_COLUMNS = ["level", "zone_id", "grade", "ahead", "pupils"]
MATCHES = ("assigned", "inside", "on_border")  # the zone's own school first


def zone_housing(
    projects: pd.DataFrame,
    places: pd.DataFrame,
    *,
    pupils_per_home: Mapping[str, float],
    grades_now: np.ndarray,
    bands: Mapping[str, tuple[str, ...]],
    falls: np.ndarray,
    ledger: Ledger,
) -> pd.DataFrame:
    """Pupils of new homes by the zone they are built in, grade and year ahead.

    A project's pupils are its new homes times the yield of their type; they are spread over
    kindergarten to grade 12 and move up (`pupils_of_homes`). Without declared yields nothing is added.

    Parameters
    ----------
    projects, places : DataFrame
        Tables ``project_facts`` and ``project_places``.
    pupils_per_home : mapping
        Pupils of all grades per new home, by home type.
    grades_now : array
        The district's pupils by grade of ``GRADES``.
    bands : mapping
        Grades of each level.
    falls : array
        Falls ahead.

    Returns
    -------
    DataFrame
        ``level zone_id grade ahead pupils``; ``ahead`` counts from 1.
    """
    none = pd.DataFrame(
        {
            c: pd.Series(dtype="str" if c in ("level", "zone_id", "grade") else "int64" if c == "ahead" else "float64")
            for c in _COLUMNS
        }
    )
    known = projects[projects["home_type"].isin(list(pupils_per_home))].reset_index(drop=True)
    if len(projects) > len(known):
        what = "housing projects of a type without a declared yield (outlook.pupils_per_home): not in the outlook"
        ledger.loss("housing_projects", what, count=float(len(projects) - len(known)), unit="projects")
    if known.empty:
        return none
    pupils = pupils_of_homes(yielded(known, pupils_per_home, falls), grades_now)
    placed = (
        known[["project_id"]]
        .reset_index(names="project")
        .merge(places, on="project_id", how="left", validate="one_to_many")
    )
    lost = placed[placed["zone_id"].isna()]
    if len(lost):
        what = "places of housing projects in no zone of a level: their pupils are not in the outlook"
        ledger.loss(
            "housing_projects",
            what,
            count=float(len(lost)),
            unit="project levels",
            item=str(lost["project_id"].iloc[0]),
        )
    placed = placed.dropna(subset=["zone_id"])
    rows = [
        {
            "level": r.level,
            "zone_id": r.zone_id,
            "grade": grade,
            "ahead": ahead + 1,
            "pupils": pupils[r.project, GRADES.index(grade), ahead],
        }
        for r in placed.itertuples()
        for grade in bands.get(r.level, ())
        for ahead in range(len(falls))
        if pupils[r.project, GRADES.index(grade), ahead] > 0
    ]
    if not rows:
        return none
    return pd.DataFrame(rows).groupby(_COLUMNS[:4], as_index=False, sort=True)["pupils"].sum()


def school_housing(
    zones: pd.DataFrame,
    membership: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    ids: np.ndarray,
    now: np.ndarray,
    horizon: int,
    ledger: Ledger,
) -> np.ndarray:
    """The zones' pupils of new homes at the zones' schools, school x grade x year ahead.

    They go to the school the zone is assigned to; where none is named, to the public schools
    inside it that take pupils from a neighborhood and have the grade, whoever runs them, in
    proportion to their pupils.

    Parameters
    ----------
    zones : DataFrame
        `zone_housing`.
    membership, schools : DataFrame
        Tables ``membership`` and ``school_facts``.
    ids, now : array
        Schools of the rolls, and their pupils by grade at the last count.
    """
    added = np.zeros((len(ids), len(GRADES), horizon))
    if zones.empty:
        return added
    own = schools.loc[(schools["sector"] != "private") & ~schools["is_citywide"], "school_id"]
    members = membership[membership["school_id"].isin(own) & membership["match"].isin(MATCHES)].dropna(
        subset=["zone_id"]
    )
    row = pd.Index(ids).get_indexer(members["school_id"])
    members = members.assign(row=row, order=members["match"].map(MATCHES.index))[row >= 0]
    nowhere = 0.0
    for (level, zone_id), group in zones.groupby(["level", "zone_id"], sort=True):
        inside = members[(members["level"] == level) & (members["zone_id"] == zone_id)]
        inside = inside[inside["order"] == inside["order"].min()]
        rows, grade = inside["row"].to_numpy(), pd.Index(GRADES).get_indexer(group["grade"])
        here = np.nan_to_num(now[rows][:, grade])
        part = np.divide(here, here.sum(axis=0), out=np.zeros_like(here), where=here.sum(axis=0) > 0)
        pupils = part * group["pupils"].to_numpy()
        np.add.at(added, (rows[:, None], grade[None, :], (group["ahead"].to_numpy() - 1)[None, :]), pupils)
        nowhere += float(group.loc[here.sum(axis=0) == 0, "pupils"].sum())
    total, placed = float(zones["pupils"].sum()), float(added.sum())
    reason = "pupil-years of new homes at a school of their zone that has the grade"
    ledger.balance(
        "pupils of new homes", total=total, inside=placed, unlocated=nowhere, unit="pupil-years", reason=reason
    )
    return added
