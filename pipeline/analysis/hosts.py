"""Sites that can take in others: what rooms they have free, who is there and what is taught there."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.columns import LEVELS


def hosts(
    surplus: pd.DataFrame,
    school_sites: pd.DataFrame,
    schools: pd.DataFrame,
    pupils: pd.Series,
    rooms: pd.DataFrame | None = None,
    utilization: pd.DataFrame | None = None,
    *,
    fall_year: int = 0,
    judged_by: Sequence[str] = (),
) -> pd.DataFrame:
    """Offered sites, their free rooms and seats, the largest school at each, and the levels taught there.

    An empty site suits every level. A site whose free rooms are not known stays in the list, so
    that a school near it can be told; it is matched with nobody. Where the inventory has no rooms
    of a site, its rooms are its free seats by the pupils per room (``is_rooms_derived``).

    Parameters
    ----------
    surplus, school_sites, schools : DataFrame
        Tables ``surplus_sites``, ``school_sites`` and ``school_facts``.
    pupils : Series
        Pupils by school.
    rooms, utilization : DataFrame
        Tables of these names: who has counted rooms, and how full each site is in ``fall_year`` by
        that definition of ``judged_by`` that gives fewest seats (``host_pupils``, ``host_capacity_seats``).
    """
    offered = surplus[surplus["surplus_status"] == "offered"]
    here = school_sites.merge(schools, on="school_id", how="inner", suffixes=("", "_listed"), validate="one_to_one")
    here = here[(here["school_status"] == "open") & here["site_id"].isin(offered["site_id"])]
    here = here.assign(pupils=here["school_id"].map(pupils)).sort_values(
        ["site_id", "pupils", "school_id"], ascending=[True, False, True], kind="stable"
    )
    largest = here.drop_duplicates("site_id").set_index("site_id")["school_id"]
    offered = offered.sort_values("site_id", kind="stable").reset_index(drop=True)
    table = offered[["site_id", "surplus_seats", "surplus_rooms"]]
    table["matched_school_id"] = table["site_id"].map(largest).astype("str")
    for level in LEVELS:
        taught = here.loc[here[f"serves_{level}"].astype(bool), "site_id"]
        table[f"serves_{level}"] = table["site_id"].isin(taught) | ~table["site_id"].isin(here["site_id"])
    table["is_rooms_derived"] = True if rooms is None else ~table["site_id"].isin(rooms["site_id"])
    table["is_empty"] = ~table["site_id"].isin(here["site_id"])
    return _with_use(table, utilization, fall_year, judged_by)


def _with_use(
    table: pd.DataFrame, utilization: pd.DataFrame | None, fall_year: int, judged_by: Sequence[str]
) -> pd.DataFrame:
    if utilization is None:
        return table.assign(host_pupils=np.nan, host_capacity_seats=np.nan)
    now = utilization[(utilization["fall_year"] == fall_year) & (utilization["capacity_seats"] > 0)]
    now = now[now["capacity_definition"].isin(judged_by)]
    fullest = (
        now.sort_values(["site_id", "capacity_seats", "capacity_definition"], kind="stable")
        .drop_duplicates("site_id")
        .set_index("site_id")
    )
    return table.assign(
        host_pupils=table["site_id"].map(fullest["pupils"]).astype("float64"),
        host_capacity_seats=table["site_id"].map(fullest["capacity_seats"]).astype("float64"),
    )
