"""Outlook by residence: pupils to expect in each zone, wherever they enroll."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.cohorts import COHORTS
from pipeline.analysis.housing import WITH_HOUSING
from pipeline.analysis.intervals import Expected
from pipeline.analysis.rolls import Rolls
from pipeline.columns import GRADES
from pipeline.ledger import Ledger

Array = np.ndarray


def expected_zones(
    found: Rolls,
    schools: Expected,
    housing: pd.DataFrame,
    flows: pd.DataFrame,
    bands: Mapping[str, tuple[str, ...]],
    ledger: Ledger,
) -> Expected:
    """Expected resident pupils of each zone: schools' pupils shared out as they lived at the last count of flows.

    Where a zone's residents make up a share of a school's pupils at a level, they are taken to
    keep it. Suppressed flows count with the middle of what they can be. Pupils of new homes are
    added to the zone they are built in.

    Parameters
    ----------
    schools : Expected
        `expected_schools` without housing.
    housing : DataFrame
        Pupils of new homes by zone, grade and year ahead (`housing.zone_housing`).
    flows : DataFrame
        Table ``flows``.
    bands : mapping
        Grades of each level.
    """
    horizon = schools.pupils.shape[2]
    none = Expected(
        "zone",
        np.empty(0, dtype=object),
        np.empty((0, len(GRADES))),
        np.empty((0, len(GRADES), horizon)),
        np.empty(0),
        np.empty(0, dtype=object),
    )
    if flows.empty:
        ledger.missing_input(
            "flows (where pupils live and which school they attend)",
            "no outlook by zone is computed; a district has it from its pupils' addresses",
        )
        return none
    last = flows[flows["fall_year"] == flows["fall_year"].max()]
    middle = (last["pupils_low"] + last["pupils_high"]) / 2
    last = last.assign(living=last["pupils"].where(last["pupils"].notna(), middle)).dropna(subset=["living"])
    row = pd.Index(schools.ids).get_indexer(last["school_id"])
    flow_year = int(last["fall_year"].iloc[0]) if len(last) else 0
    enrolled = _enrolled(found, schools.ids, flow_year, bands)
    level = [list(bands).index(name) for name in last["level"]]
    of = np.where(row >= 0, enrolled[row, level], 0.0)
    joined = (row >= 0) & (of > 0)
    reason = f"pupils of the flows of {flow_year} at schools with an outlook at that level"
    ledger.match(
        "flows",
        total=float(last["living"].sum()),
        matched=float(last["living"][joined].sum()),
        unit="pupils",
        reason=reason,
    )
    last, row, of = last[joined], row[joined], of[joined]
    share = last["living"].to_numpy(dtype="float64") / np.maximum(of, last["living"].to_numpy(dtype="float64"))
    names = (last["level"] + " " + last["zone_id"]).to_numpy(dtype=object)
    ids, group = np.unique(names, return_inverse=True)
    served = np.array([[grade in bands[name] for grade in GRADES] for name in bands])[
        [list(bands).index(n) for n in last["level"]]
    ]
    now, pupils = np.zeros((len(ids), len(GRADES))), np.zeros((len(ids), len(GRADES), horizon))
    np.add.at(now, group, share[:, None] * np.where(served, schools.now[row], 0.0))
    np.add.at(pupils, group, share[:, None, None] * np.where(served[:, :, None], schools.pupils[row], 0.0))
    extra = _zone_housing(housing, ids, horizon)
    method = np.where(
        (extra > 0).any(axis=(1, 2)), COHORTS + ", flows held" + WITH_HOUSING, COHORTS + ", flows held"
    ).astype(object)
    return Expected("zone", ids, now, pupils + extra, np.zeros(len(ids)), method)


def _enrolled(found: Rolls, ids: Array, year: int, bands: Mapping[str, tuple[str, ...]]) -> Array:
    """Pupils of each school by level in the year of the flows; zero where it is not known."""
    at = min(max(found.at(year), 0), len(found.years) - 1)
    counts = np.nan_to_num(found.pupils[pd.Index(found.schools).get_indexer(ids), :, at])
    levels = [counts[:, [GRADES.index(g) for g in grades]].sum(axis=1) for grades in bands.values()]
    return np.column_stack(levels)


def _zone_housing(housing: pd.DataFrame, ids: Array, horizon: int) -> Array:
    extra = np.zeros((len(ids), len(GRADES), horizon))
    at = pd.Index(ids).get_indexer(housing["level"] + " " + housing["zone_id"])
    known = at >= 0
    grade = pd.Index(GRADES).get_indexer(housing["grade"])
    np.add.at(
        extra, (at[known], grade[known], housing["ahead"].to_numpy()[known] - 1), housing["pupils"].to_numpy()[known]
    )
    return extra
