"""Siting: which available sites lie nearest to the children who lack quality seats."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.ledger import Ledger

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
        Table ``crosswalk``; rows from 'zone <level> <fall>' to 'neighborhood' are used.
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
    >>> weights = pd.DataFrame({"source_layer": "zone middle 2024", "source_id": "z", "target_layer": "neighborhood", "target_id": ["n", "m"], "weight": [0.7, 0.3]})
    >>> members = pd.DataFrame({"level": [], "zone_id": [], "neighborhood_id": []}, dtype="str")
    >>> unmet_by_neighborhood(gap, weights, members, fall_year=2024, ledger=Ledger())["unmet_seats"].tolist()
    [30.0, 70.0]
    """
    wanting = gap[gap["unmet_seats"] > 0][["level", "zone_id", "unmet_seats"]]
    wanting = wanting.assign(source_layer="zone " + wanting["level"] + f" {fall_year}")
    weights = crosswalk[crosswalk["target_layer"] == "neighborhood"].rename(
        columns={"source_id": "zone_id", "target_id": "neighborhood_id"}
    )
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
    total, inside = float(wanting["unmet_seats"].sum()), float(table["unmet_seats"].sum())
    if len(wanting):
        ledger.balance("unmet seats by neighborhood", total=total, inside=inside, outside=total - inside, unit="seats")
    return table


def siting_options(
    unmet: pd.DataFrame,
    surplus: pd.DataFrame,
    sites: pd.DataFrame,
    reach: pd.DataFrame,
    *,
    reach_m: Mapping[str, float],
    options: int,
) -> pd.DataFrame:
    """Offered sites by how many unmet quality seats lie within reach of each.

    Each site is looked at by itself: two sites near each other cover the same children.

    Parameters
    ----------
    unmet : DataFrame
        `unmet_by_neighborhood`.
    surplus, sites : DataFrame
        Tables ``surplus_sites`` and ``site_facts``.
    reach : DataFrame
        Table ``reach``; trips from neighborhoods to sites are used.
    reach_m : mapping
        Longest trip by level, metres.
    options : int
        Sites listed.

    Returns
    -------
    DataFrame
        Table ``siting_options``: sites with some demand within reach, the best first; ties by
        the distance that its seats' children travel in the mean, then by id.

    References
    ----------
    Church and ReVelle (1974), Papers of the Regional Science Association 32 (coverage of
    demand within a distance).

    Examples
    --------
    >>> unmet = pd.DataFrame({"neighborhood_id": ["n", "m"], "level": "high", "unmet_seats": [70.0, 30.0]})
    >>> surplus = pd.DataFrame({"site_id": ["1", "2"], "surplus_status": "offered", "surplus_seats": [200.0, None]})
    >>> sites = pd.DataFrame({"site_id": ["1", "2"], "site_status": ["open", "closed"]})
    >>> trips = pd.DataFrame({"origin_layer": "neighborhood", "origin_id": ["m", "n", "m"], "destination_kind": "site", "destination_id": ["1", "2", "2"], "distance_m": 900.0})
    >>> siting_options(unmet, surplus, sites, trips, reach_m={"high": 1000.0}, options=5)[["site_id", "option_rank", "covered_seats"]].to_numpy().tolist()
    [['2', 1.0, 100.0], ['1', 2.0, 30.0]]
    """
    offered = surplus[surplus["surplus_status"] == "offered"].merge(
        sites[["site_id", "site_status"]], on="site_id", validate="one_to_one"
    )
    trips = reach[(reach["origin_layer"] == "neighborhood") & (reach["destination_kind"] == "site")]
    trips = trips.rename(columns={"origin_id": "neighborhood_id", "destination_id": "site_id"})[
        ["neighborhood_id", "site_id", "distance_m"]
    ]
    within = trips[trips["site_id"].isin(offered["site_id"])].merge(
        unmet, on="neighborhood_id", how="inner", validate="many_to_many"
    )
    within = within[within["distance_m"] <= within["level"].map(dict(reach_m)).astype("float64")]
    within = within.assign(seat_m=within["unmet_seats"] * within["distance_m"])
    sums = within.groupby("site_id")[["unmet_seats", "seat_m"]].sum()
    sums = sums[sums["unmet_seats"] > 0]
    levels = within.groupby(["site_id", "level"])["unmet_seats"].sum()
    ranked = sums.assign(mean_m=sums["seat_m"] / sums["unmet_seats"]).reset_index()
    ranked = ranked.sort_values(
        ["unmet_seats", "mean_m", "site_id"], ascending=[False, True, True], kind="stable"
    ).head(options)
    ranked = ranked.merge(offered, on="site_id", how="left", validate="one_to_one")
    ranked["option_rank"] = [float(n) for n in range(1, len(ranked) + 1)]
    ranked["covered_seats"] = ranked["unmet_seats"]
    ranked["reason"] = pd.Series(
        [_reason(row, levels[row.site_id], reach_m) for row in ranked.itertuples()], dtype="str", index=ranked.index
    )
    return ranked[COLUMNS]


def _reason(site: object, levels: pd.Series, reach_m: Mapping[str, float]) -> str:
    by_level = ", ".join(
        f"{level} {seats:,.0f} within {reach_m[level] / 1000:g} km" for level, seats in levels.items() if seats > 0
    )
    free = site.surplus_seats  # type: ignore[attr-defined]  # a row of the ranked sites
    room = "its free seats are not known" if pd.isna(free) else f"{free:,.0f} seats free"
    kind = site.site_status  # type: ignore[attr-defined]
    return (
        f"{site.covered_seats:,.0f} unmet quality seats within reach ({by_level}), {site.mean_m / 1000:,.1f} km away in the mean; "  # type: ignore[attr-defined]
        f"{kind} site, {room}."
    )


def record_missing(gap: pd.DataFrame, surplus: pd.DataFrame, ledger: Ledger) -> None:
    """Say what siting and co-location lack."""
    if not (gap["unmet_seats"] > 0).any():
        ledger.missing_input(
            "unmet quality seats", "no zone is known to lack quality seats: no siting options are computed"
        )
    if not (surplus["surplus_status"] == "offered").any():
        ledger.missing_input(
            "offered sites", "no site is offered: schools that look for space stay unmatched and no site is ranked"
        )
