"""Siting: which available sites lie nearest to the children who lack quality seats."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.disclosure import in_tens
from pipeline.ledger import Ledger
from pipeline.numerals import number, trimmed

COLUMNS = ["site_id", "option_rank", "covered_seats", "reason"]


def unmet_by_neighborhood(
    gap: pd.DataFrame, crosswalk: pd.DataFrame, membership: pd.DataFrame, *, fall_year: int, ledger: Ledger
) -> pd.DataFrame:
    """Unmet quality seats of each zone, brought down to neighborhoods by where its children live.

    Where the crosswalk does not say how a zone's children spread over neighborhoods, they are
    spread evenly over the neighborhoods of the schools that belong to the zone, which the
    ledger notes; what has no neighborhood is recorded as outside.

    Parameters
    ----------
    gap : DataFrame
        Table ``service_gap``.
    crosswalk : DataFrame
        Table ``crosswalk``; children's rows from 'zone <level> <fall>' to 'neighborhood' are used.
    membership : DataFrame
        Table ``membership``.
    fall_year : int
        School year of the zones in force.

    Returns
    -------
    DataFrame
        ``neighborhood_id level unmet_seats``.

    Examples
    --------
    >>> gap = pd.DataFrame({"level": ["middle"], "zone_id": ["z"], "unmet_seats": [100.0]})
    >>> weights = pd.DataFrame({"source_layer": "zone middle 2024", "source_id": "z", "target_layer": "neighborhood", "target_id": ["n", "m"], "carrier": "children", "weight": [0.7, 0.3]})
    >>> members = pd.DataFrame({"level": [], "zone_id": [], "neighborhood_id": []}, dtype="str")
    >>> unmet_by_neighborhood(gap, weights, members, fall_year=2024, ledger=Ledger())["unmet_seats"].tolist()
    [30.0, 70.0]
    """
    wanting = gap[gap["unmet_seats"] > 0][["level", "zone_id", "unmet_seats"]]
    wanting = wanting.assign(source_layer="zone " + wanting["level"] + f" {fall_year}")
    of_children = (crosswalk["target_layer"] == "neighborhood") & (crosswalk["carrier"] == "children")
    weights = crosswalk[of_children].rename(columns={"source_id": "zone_id", "target_id": "neighborhood_id"})
    found = wanting.merge(
        weights[["source_layer", "zone_id", "neighborhood_id", "weight"]],
        on=["source_layer", "zone_id"],
        how="left",
        validate="one_to_many",
    )
    known = found.dropna(subset=["neighborhood_id"])
    spread = found[found["neighborhood_id"].isna()].drop(columns=["neighborhood_id", "weight"])
    places = membership[["level", "zone_id", "neighborhood_id"]].dropna().drop_duplicates()
    evenly = spread.merge(places, on=["level", "zone_id"], how="inner", validate="one_to_many")
    evenly["weight"] = 1.0 / evenly.groupby(["level", "zone_id"])["neighborhood_id"].transform("size")
    if len(evenly):
        zones = evenly[["level", "zone_id"]].drop_duplicates()
        ledger.note(
            "siting_options",
            f"{len(zones)} zones: unmet seats spread evenly over the neighborhoods of their schools, for want of a crosswalk",
        )
    parts = pd.concat([known, evenly], ignore_index=True)
    parts["unmet_seats"] = parts["unmet_seats"] * parts["weight"]
    table = parts.groupby(["neighborhood_id", "level"], as_index=False, sort=True)["unmet_seats"].sum()
    if len(wanting):
        # the share of each zone's children that the crosswalk places; without one, all or none
        share = weights.groupby(["source_layer", "zone_id"])["weight"].sum()
        spread_zones = pd.MultiIndex.from_frame(places[["level", "zone_id"]])
        reached = share.reindex(pd.MultiIndex.from_frame(wanting[["source_layer", "zone_id"]])).to_numpy()
        evenly_reached = pd.MultiIndex.from_frame(wanting[["level", "zone_id"]]).isin(spread_zones)
        beyond = 1.0 - np.where(np.isnan(reached), evenly_reached, reached)
        ledger.balance(
            "unmet seats by neighborhood",
            total=float(wanting["unmet_seats"].sum()),
            inside=float(table["unmet_seats"].sum()),
            outside=float((wanting["unmet_seats"] * beyond).sum()),
            unit="seats",
        )
    return table


def siting_options(
    unmet: pd.DataFrame,
    hosts: pd.DataFrame,
    sites: pd.DataFrame,
    reach: pd.DataFrame,
    *,
    reach_m: Mapping[str, float],
    options: int,
) -> pd.DataFrame:
    """Offered sites by how many missing quality seats each could hold.

    A site counts the missing seats within reach of the levels it can serve: those taught there
    now, or every level where it stands empty. Where its free seats are known it cannot hold
    more than those; where they are not, what it could hold is not known. Seats
    are told in tens, cut down. Each site is looked at by itself: two sites near each other count the same
    children.

    Parameters
    ----------
    unmet : DataFrame
        `unmet_by_neighborhood`.
    hosts : DataFrame
        Offered sites (`hosts.hosts`): ``site_id``, ``surplus_seats`` (may be empty) and
        ``serves_<level>`` for each level of ``reach_m``.
    sites : DataFrame
        Table ``site_facts``.
    reach : DataFrame
        Table ``reach``; trips from neighborhoods to sites are used.
    reach_m : mapping
        Longest trip by level, metres.
    options : int
        Sites listed.

    Returns
    -------
    DataFrame
        Table ``siting_options``: sites with some demand within reach, the best first, those whose
        free seats are not known after the others; ties by the distance that the children within
        reach live away in the mean, then by id. A site without a free seat is no option.

    References
    ----------
    Church and ReVelle (1974), Papers of the Regional Science Association 32 (coverage of
    demand within a distance); Current and Storbeck (1988), Environment and Planning B 15
    (coverage limited by capacity).

    Examples
    --------
    >>> unmet = pd.DataFrame({"neighborhood_id": ["n", "m", "n"], "level": ["high", "high", "middle"], "unmet_seats": [70.0, 30.0, 500.0]})
    >>> hosts = pd.DataFrame({"site_id": ["1", "2"], "surplus_seats": [200.0, 80.0], "serves_middle": False, "serves_high": True})
    >>> sites = pd.DataFrame({"site_id": ["1", "2"], "site_status": "open"})
    >>> trips = pd.DataFrame({"origin_layer": "neighborhood", "origin_id": ["m", "n", "m"], "destination_kind": "site", "destination_id": ["1", "2", "2"], "distance_m": 900.0})
    >>> found = siting_options(unmet, hosts, sites, trips, reach_m={"middle": 1000.0, "high": 1000.0}, options=5)
    >>> found[["site_id", "option_rank", "covered_seats"]].to_numpy().tolist()
    [['2', 1.0, 80.0], ['1', 2.0, 30.0]]
    >>> found["reason"].iloc[0]
    'Missing quality seats within reach: high 100 within 1 km, 0.9 km away in the mean. The open site has 80 seats free: it could hold 80 of the 100.'
    """
    trips = reach[(reach["origin_layer"] == "neighborhood") & (reach["destination_kind"] == "site")]
    trips = trips.rename(columns={"origin_id": "neighborhood_id", "destination_id": "site_id"})[
        ["neighborhood_id", "site_id", "distance_m"]
    ]
    suited = pd.concat(
        [hosts.loc[hosts[f"serves_{level}"].astype(bool), ["site_id"]].assign(level=level) for level in reach_m]
        or [hosts[["site_id"]].iloc[:0].assign(level="")],
        ignore_index=True,
    )
    within = trips.merge(unmet, on="neighborhood_id", how="inner", validate="many_to_many").merge(
        suited, on=["site_id", "level"], how="inner", validate="many_to_one"
    )
    within = within[within["distance_m"] <= within["level"].map(dict(reach_m)).astype("float64")]
    within = within.assign(seat_m=within["unmet_seats"] * within["distance_m"])
    sums = within.groupby("site_id")[["unmet_seats", "seat_m"]].sum()
    # seats are told in tens, as the zones they come from are
    levels = in_tens(within.groupby(["site_id", "level"])["unmet_seats"].sum().round(6))
    ranked = sums.assign(
        mean_m=sums["seat_m"] / sums["unmet_seats"], unmet_seats=levels.groupby("site_id").sum()
    ).reset_index()
    ranked = ranked.merge(hosts[["site_id", "surplus_seats"]], on="site_id", how="left", validate="one_to_one").merge(
        sites[["site_id", "site_status"]], on="site_id", how="left", validate="one_to_one"
    )
    free = ranked["surplus_seats"].astype("float64")
    # sites of unknown size are put in order by the demand, but what they could hold is not known
    ranked = ranked.assign(most_seats=ranked["unmet_seats"].clip(upper=free.fillna(np.inf)), is_open_ended=free.isna())
    ranked = ranked[ranked["most_seats"] > 0].sort_values(
        ["is_open_ended", "most_seats", "mean_m", "site_id"], ascending=[True, False, True, True], kind="stable"
    )
    ranked = ranked.head(options).reset_index(drop=True)
    ranked["option_rank"] = [float(n) for n in range(1, len(ranked) + 1)]
    ranked["covered_seats"] = ranked["most_seats"].mask(ranked["is_open_ended"])
    ranked["reason"] = pd.Series(
        [_reason(row, levels[row.site_id], reach_m) for row in ranked.itertuples()], dtype="str", index=ranked.index
    )
    return ranked[COLUMNS]


def _reason(site: Any, levels: pd.Series, reach_m: Mapping[str, float]) -> str:
    by_level = ", ".join(
        f"{level} {number(levels[level])} within {trimmed(reach_m[level] / 1000)} km"
        for level in reach_m
        if level in levels.index and levels[level] > 0
    )
    start = f"Missing quality seats within reach: {by_level}, {number(site.mean_m / 1000, 1)} km away in the mean. "
    if pd.isna(site.surplus_seats):
        return f"{start}How many the {site.site_status} site could hold is not known."
    return (
        f"{start}The {site.site_status} site has {number(site.surplus_seats)} seats free: "
        f"it could hold {number(site.covered_seats)} of the {number(site.unmet_seats)}."
    )


def record_unmet(gap: pd.DataFrame, ledger: Ledger) -> None:
    """Say that no zone is known to lack quality seats, if so."""
    if not (gap["unmet_seats"] > 0).any():
        ledger.missing_input(
            "unmet quality seats", "no zone is known to lack quality seats: no siting options are computed"
        )


def record_offered(surplus: pd.DataFrame, ledger: Ledger) -> None:
    """Say that no site is offered, if so: siting and co-location both lack it."""
    if not (surplus["surplus_status"] == "offered").any():
        ledger.missing_input(
            "offered sites", "no site is offered: schools that look for space stay unmatched and no site is ranked"
        )
