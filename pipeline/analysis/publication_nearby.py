"""What the public is told to lie in and around a place: zones by where children live, and what is nearest."""

from __future__ import annotations

from collections.abc import Collection

import numpy as np
import pandas as pd

from pipeline.analysis.disclosure import Published
from pipeline.analysis.publication import as_is
from pipeline.columns import LEVELS, NEAR_M, OFFERED_STATUSES

NEARBY = ["origin_layer", "origin_id", "near_kind", "destination_id", "straight_m"]
QUALITY_SCHOOLS, ROOMS, OPEN_SCHOOLS = 2, 3, 6  # of those as near as any: of a level, and of a neighborhood; of a site
SMALLEST_PART = 0.1  # of a neighborhood's children: a zone in which fewer live is not named
PLACES = "where places lie, no pupil counts"
CENSUS = "census counts of places, no pupil counts"


def nearby(pairs: pd.DataFrame, schools: pd.DataFrame, rfp: pd.DataFrame, facts: pd.DataFrame) -> Published:
    """The nearest quality schools of each level, schools and rooms of each neighborhood, and open schools of each site.

    Parameters
    ----------
    pairs : DataFrame
        Table ``nearby``; nothing farther than its limit is found.
    schools, rfp : DataFrame
        ``public_schools`` and ``public_rfp``: only what is told of a school or a site decides.
    facts : DataFrame
        Table ``school_facts``, for the levels that each school serves.

    Returns
    -------
    Published
        Table ``public_nearby``: places equally far in order of their ids. Virtual schools are nowhere.
    """
    there = schools[~schools["is_virtual"].astype(bool)]
    is_open = there["school_status"] == "open"
    good = set(there.loc[is_open & there["is_quality"].astype(bool), "school_id"])
    offered = set(rfp.loc[rfp["rfp_status"].isin(OFFERED_STATUSES), "site_id"])
    of_areas, of_sites = (pairs[pairs["origin_layer"] == layer] for layer in ("neighborhood", "site"))
    to_schools = of_areas[of_areas["destination_kind"] == "school"]
    parts = [
        *(
            _nearest(to_schools, good.intersection(serving), QUALITY_SCHOOLS).assign(near_kind=f"quality_{level}")
            for level, serving in ((level, facts.loc[facts[f"serves_{level}"], "school_id"]) for level in LEVELS)
        ),
        to_schools[to_schools["straight_m"].le(NEAR_M) & to_schools["destination_id"].isin(there["school_id"])].assign(
            near_kind="school"
        ),
        _nearest(of_areas[of_areas["destination_kind"] == "site"], offered, ROOMS).assign(near_kind="room"),
        _nearest(
            of_sites[of_sites["destination_kind"] == "school"], set(there.loc[is_open, "school_id"]), OPEN_SCHOOLS
        ).assign(near_kind="open_school"),
    ]
    found = pd.concat(parts, ignore_index=True).astype({"near_kind": "str"})
    return as_is("public_nearby", found.sort_values(NEARBY[:4], ignore_index=True), NEARBY, PLACES)


def _nearest(pairs: pd.DataFrame, wanted: Collection[str], most: int) -> pd.DataFrame:
    rows = pairs[pairs["destination_id"].isin(wanted)]
    return rows.sort_values(["origin_id", "straight_m", "destination_id"]).groupby("origin_id", sort=False).head(most)


def neighborhood_zones(places: pd.DataFrame) -> Published:
    """The zones of each level in which a tenth or more of a neighborhood's children live.

    Where a neighborhood's places do not count children its people stand for them, and where nobody is counted at all
    each place counts alike. Shares of a level add up to one less what lives in no zone, or in those left out.

    Parameters
    ----------
    places : DataFrame
        Table ``block_places``.

    Returns
    -------
    Published
        Table ``public_neighborhood_zones``.

    Examples
    --------
    >>> places = pd.DataFrame({"neighborhood_id": "n1", "elementary_zone_id": ["a", "a", "b", None], "middle_zone_id": "m",
    ...     "high_zone_id": None, "children_0_17": [40.0, 30.0, 25.0, 5.0], "population": 100.0})
    >>> neighborhood_zones(places)[0][["level", "zone_id", "zone_share"]].to_numpy().tolist()
    [['elementary', 'a', 0.7], ['elementary', 'b', 0.25], ['middle', 'm', 1.0]]
    """
    by = places["neighborhood_id"]
    children, people = (places[name].fillna(0.0) for name in ("children_0_17", "population"))
    weight = np.select([children.groupby(by).transform("sum") > 0, people.groupby(by).transform("sum") > 0], [children, people], 1.0)  # fmt: skip
    told = places[["neighborhood_id"]].assign(weight=weight)
    told["weight"] /= told.groupby("neighborhood_id")["weight"].transform("sum")
    parts = [
        told.assign(level=level, zone_id=places[f"{level}_zone_id"])
        .dropna(subset="zone_id")
        .groupby(["neighborhood_id", "level", "zone_id"], as_index=False)["weight"]
        .sum()
        for level in LEVELS
    ]
    found = pd.concat(parts, ignore_index=True).rename(columns={"weight": "zone_share"})
    found = found[found["zone_share"] >= SMALLEST_PART].astype({"level": "str", "zone_id": "str"})
    columns = ["neighborhood_id", "level", "zone_id", "zone_share"]
    return as_is("public_neighborhood_zones", found.sort_values(columns[:3], ignore_index=True), columns, CENSUS)
