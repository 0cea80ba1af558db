"""Which schools the children of a neighborhood attend: by counted homes, or the nearest where none are counted.

Nothing here reads who runs a school.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.demand import AGES, UNDER_18, children_by_level
from pipeline.analysis.enrollment import latest_flows
from pipeline.analysis.schools import Bands
from pipeline.columns import LEVELS
from pipeline.ledger import Ledger

# TCAC averages over the three nearest schools; fewer would hang on one school's luck.
NEAREST_SCHOOLS = 3
# A level speaks for a neighborhood if at least this share of its pupils attends a school with a value.
SMALLEST_KNOWN_PUPILS = 0.5

_HOMES = ["neighborhood_id", "level", "school_id", "pupils"]


def pupils_by_home(
    flows: pd.DataFrame, crosswalk: pd.DataFrame, *, zones_fall: int, now: int, ledger: Ledger
) -> pd.DataFrame:
    """Pupils by neighborhood of residence, level and school, in the latest year of the flows up to ``now``.

    The pupils of a zone are taken to live in its neighborhoods as its children do: whom a zone
    sends to which school is counted, in which part of the zone they live is not.

    Parameters
    ----------
    flows
        The table ``flows``. A hidden cell enters with the middle of its interval; one of which
        no bound is known is left out, with a record.
    crosswalk
        The table ``crosswalk``; rows from the zones of ``zones_fall`` to neighborhoods are used.

    Returns
    -------
    pandas.DataFrame
        ``neighborhood_id level school_id pupils``; no row of a level without flows. What lies
        outside all neighborhoods, or in a zone without a place, is in the ledger.
    """
    lived = latest_flows(flows, now)
    unknown = lived["pupils"].isna()
    if unknown.any():
        ledger.absence("pupils by home", "flows of which not even bounds are known", count=int(unknown.sum()))
    lived = lived[~unknown]
    ways = crosswalk[crosswalk["target_layer"].eq("neighborhood") & crosswalk["carrier"].eq("children")]
    parts = []
    for level, pupils in lived.groupby("level", sort=True):
        way = ways.loc[ways["source_layer"].eq(f"zone {level} {zones_fall}"), ["source_id", "target_id", "weight"]]
        sent = pupils.merge(way, left_on="zone_id", right_on="source_id", validate="m:m")
        sent["pupils"] *= sent["weight"]
        arrives = way.groupby("source_id")["weight"].sum()
        placed = pupils["zone_id"].isin(arrives.index)
        beyond = 1 - pupils.loc[placed, "zone_id"].map(arrives).astype("float64")
        ledger.balance(
            f"pupils by home, {level}",
            total=float(pupils["pupils"].sum()),
            inside=float(sent["pupils"].sum()),
            outside=float((pupils.loc[placed, "pupils"] * beyond).sum()),
            unlocated=float(pupils.loc[~placed, "pupils"].sum()),
            unit="pupils",
            reason="outside live in no neighborhood; without a place are those of no zone in force",
        )
        parts.append(sent.rename(columns={"target_id": "neighborhood_id"})[_HOMES])
    if not parts:
        return pd.DataFrame(columns=_HOMES).astype({"pupils": "float64"})
    return pd.concat(parts).groupby(_HOMES[:3], sort=True)["pupils"].sum().reset_index()


def level_weights(profile: pd.DataFrame, bands: Bands) -> pd.DataFrame:
    """What each level weighs in a neighborhood: its children of these ages.

    Returns ``neighborhood_id level children``. Where the ages are not known for all levels, or
    for none of the neighborhood's, the number of grades stands in.
    """
    children = children_by_level(profile, "neighborhood_id", bands)[
        ["neighborhood_id", "level", "children", "children_basis"]
    ]
    grades = children["level"].map({level: float(len(bands[level])) for level in LEVELS}).astype("float64")
    whole = children["children"].groupby(children["neighborhood_id"]).transform(lambda part: part.sum(skipna=False))
    counted = (
        (whole > 0) & (len(set(children["children_basis"])) == 1) & children["children_basis"].isin((AGES, UNDER_18))
    )
    return children[["neighborhood_id", "level"]].assign(children=children["children"].where(counted, grades))


def nearest_schools(known: pd.DataFrame, reach: pd.DataFrame, facts: pd.DataFrame, levels: list[str]) -> pd.DataFrame:
    """The three nearest schools with a value, of each level of ``levels``, as if all pupils attended them.

    As `pupils_by_home`; ``pupils`` are those of the school (``known``), equal where one of the
    three has no number. Virtual schools have no place and take no part.

    References
    ----------
    California TCAC/HCD opportunity maps, education domain: enrollment-weighted average of the
    three schools nearest to the tract's centre.
    """
    if not levels:
        return pd.DataFrame(columns=_HOMES).astype({"pupils": "float64"})
    trips = reach[reach["origin_layer"].eq("neighborhood") & reach["destination_kind"].eq("school")]
    trips = trips[["origin_id", "destination_id", "distance_m"]].set_axis(
        ["neighborhood_id", "school_id", "distance_m"], axis=1
    )
    serves = facts[["school_id", *(f"serves_{level}" for level in LEVELS)]]
    rated = known[["school_id", "pupils"]].merge(serves, on="school_id", validate="1:1")
    near = trips.merge(rated, on="school_id", validate="m:1")
    near = near.sort_values(["neighborhood_id", "distance_m", "school_id"])
    chosen = [
        near[near[f"serves_{level}"].astype(bool)].groupby("neighborhood_id").head(NEAREST_SCHOOLS).assign(level=level)
        for level in levels
    ]
    rows = pd.concat(chosen, ignore_index=True)
    counted = rows["pupils"].notna().groupby([rows["neighborhood_id"], rows["level"]]).transform("all").astype(bool)
    return rows.assign(pupils=rows["pupils"].where(counted, 1.0).astype("float64"))[_HOMES]


def by_home(
    known: pd.DataFrame, homes: pd.DataFrame, reach: pd.DataFrame, facts: pd.DataFrame, levels: pd.DataFrame
) -> pd.DataFrame:
    """Mean of the schools' shares over the pupils of each neighborhood.

    Parameters
    ----------
    known
        ``school_id share share_moe pupils``, one row for each school with a value.
    homes
        As `pupils_by_home`. A level of which it has nothing takes the three nearest schools.
    reach, facts
        The tables ``reach`` and ``school_facts``.
    levels
        As `level_weights`.

    Returns
    -------
    pandas.DataFrame
        ``neighborhood_id indicator_share indicator_share_moe``. A level counts where at least
        half of its pupils attend a school with a value; a neighborhood without such a level has
        no row. One school's error is one error, in however many levels it stands; one unknown
        margin makes that of the neighborhood unknown. How many pupils go where is taken as exact.
    """
    if known.empty:
        return pd.DataFrame(columns=["neighborhood_id", "indicator_share", "indicator_share_moe"])
    others = [level for level in LEVELS if level not in set(homes["level"])]
    total = homes.groupby(["neighborhood_id", "level"])["pupils"].sum().rename("whole").reset_index()
    near = nearest_schools(known, reach, facts, others)
    rows = pd.concat([part for part in (homes, near) if len(part)] or [homes], ignore_index=True)
    rows = rows.merge(known.drop(columns="pupils"), on="school_id", validate="m:1")
    key = ["neighborhood_id", "level"]
    rows["seen"] = rows.groupby(key)["pupils"].transform("sum")
    rows = rows.merge(total, on=key, how="left", validate="m:1").merge(levels, on=key, validate="m:1")
    enough = (rows["seen"] > 0) & ~(rows["seen"] < SMALLEST_KNOWN_PUPILS * rows["whole"] - 1e-9)
    rows = rows[enough & (rows["children"] > 0)]
    weight = rows["children"] * rows["pupils"] / rows["seen"]
    rows = rows.assign(weight=weight, part=weight * rows["share"], error=weight * rows["share_moe"])
    school = rows.groupby(["neighborhood_id", "school_id"])[["weight", "part", "error"]].sum(min_count=1)
    sums = school.groupby("neighborhood_id")[["weight", "part"]].sum()
    squares = (school["error"] ** 2).groupby("neighborhood_id").agg(lambda part: part.sum(skipna=False))
    return pd.DataFrame(
        {
            "neighborhood_id": sums.index.astype("str"),
            "indicator_share": (sums["part"] / sums["weight"]).clip(0, 1).to_numpy(),
            "indicator_share_moe": np.asarray(np.sqrt(squares.astype("float64")) / sums["weight"]),
        }
    )
