"""Outlook by residence: pupils to expect in each zone, wherever they enroll."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.cohorts import COHORTS
from pipeline.analysis.enrollment import middle
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
    *,
    fall_year: int,
    ledger: Ledger,
) -> Expected:
    """Expected resident pupils of each zone: schools' pupils shared out as they lived at the last count of flows.

    Where a zone's residents make up a share of a school's pupils at a level, they are taken to
    keep it. Where the flows hold more pupils than the school has, the zones share those it has,
    and the excess is recorded. Suppressed flows count with the middle of what they can be; half
    the width of that, and the zone's share of what is open at the school, stay as uncertainty.
    Pupils of new homes are added to the zone they are built in.

    Parameters
    ----------
    schools : Expected
        `expected_schools` without housing.
    housing : DataFrame
        Pupils of new homes by zone, grade and year ahead (`housing.zone_housing`).
    flows : DataFrame
        Table ``flows``; the latest fall up to ``fall_year`` counts.
    bands : mapping
        Grades of each level.
    fall_year : int
        The study's fall.
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
    past = flows[flows["fall_year"] <= fall_year]
    if past.empty:
        ledger.missing_input(
            f"flows (where pupils live and which school they attend) up to fall {fall_year}",
            "no outlook by zone is computed; a district has it from its pupils' addresses",
        )
        return none
    last = _living(past[past["fall_year"] == past["fall_year"].max()], ledger)
    flow_year = int(past["fall_year"].max())
    row = pd.Index(schools.ids).get_indexer(last["school_id"])
    enrolled = _enrolled(found, schools.ids, flow_year, bands, ledger)
    level = np.array([list(bands).index(name) for name in last["level"]], dtype=int)
    of = np.where(row >= 0, enrolled[row, level], 0.0)
    joined = (row >= 0) & (of > 0)
    excess = _excess(last[joined], of[joined], ledger)
    reason = f"pupils of the flows of {flow_year} at schools with an outlook at that level"
    ledger.match(
        "flows",
        total=float(last["living"].sum()),
        matched=float(last["living"][joined].sum()) - excess,
        unit="pupils",
        reason=reason,
    )
    last, row, of = last[joined], row[joined], of[joined]
    of = np.maximum(of, last.groupby(["school_id", "level"])["living"].transform("sum").to_numpy())
    share, open_share = last["living"].to_numpy() / of, last["half_width"].to_numpy() / of
    names = (last["level"] + " " + last["zone_id"]).to_numpy(dtype=object)
    ids, group = np.unique(names, return_inverse=True)
    served = np.array([[grade in bands[name] for grade in GRADES] for name in bands])[
        [list(bands).index(n) for n in last["level"]]
    ]
    now, pupils = np.zeros((len(ids), len(GRADES))), np.zeros((len(ids), len(GRADES), horizon))
    half_width, there = np.zeros(len(ids)), np.where(served, schools.now[row], 0.0)
    np.add.at(now, group, share[:, None] * there)
    np.add.at(half_width, group, open_share * there.sum(axis=1) + share * schools.half_width[row])
    np.add.at(pupils, group, share[:, None, None] * np.where(served[:, :, None], schools.pupils[row], 0.0))
    extra = _zone_housing(housing, ids, horizon)
    method = np.where(
        (extra > 0).any(axis=(1, 2)), COHORTS + ", flows held" + WITH_HOUSING, COHORTS + ", flows held"
    ).astype(object)
    return Expected("zone", ids, now, pupils + extra, half_width, method)


def _living(flows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Flows with ``living``, the number or the middle of what it can be, and half the width of that."""
    hidden = flows["pupils"].isna()
    half_width = ((flows["pupils_high"] - flows["pupils_low"]) / 2).where(hidden, 0.0)
    table = flows.assign(living=middle(flows), half_width=half_width).astype({"living": "float64"})
    unknown = table["living"].isna()
    if unknown.any():
        ledger.absence("flows", "neither a number nor an interval: not in the outlook", count=float(unknown.sum()))
    return table[~unknown]


def _excess(flows: pd.DataFrame, enrolled: Array, ledger: Ledger) -> float:
    """Pupils of the flows beyond those the schools have at the level, all schools together; recorded."""
    table = flows.assign(enrolled=enrolled).groupby(["school_id", "level"])
    over = (table["living"].sum() - table["enrolled"].first()).clip(lower=0.0)
    excess = float(over.sum())
    if excess > 0:
        ledger.loss(
            "flows",
            "more pupils of a level live in the zones than their school has: the zones share those it has",
            count=excess,
            unit="pupils",
            item=" ".join(over.index[over > 0][0]),
        )
    return excess


def _enrolled(found: Rolls, ids: Array, year: int, bands: Mapping[str, tuple[str, ...]], ledger: Ledger) -> Array:
    """Pupils of each school by level in the year of the flows, or the nearest known; zero where it is not known."""
    at = min(max(found.at(year), 0), len(found.years) - 1)
    if int(found.years[at]) != year:
        ledger.note(
            "flows",
            f"there is no enrollment of fall {year}: the flows are taken as shares of the pupils of fall {int(found.years[at])}",
        )
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
