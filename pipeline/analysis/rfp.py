"""The inventory for a request for proposals: every site, whether it is listed, why, and what a proposer must know."""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

from pipeline.analysis.lease import free_rooms
from pipeline.analysis.lease_steps import lease_steps, lease_words
from pipeline.columns import LEVELS, OFFERED_STATUSES, parted
from pipeline.ledger import Ledger

STATUS = {
    "surplus": "listed",
    "empty_site": "listed",
    "one_definition": "one_definition",
    "no_numbers": "not_known",
}
HORIZON = {
    "surplus": "still_under",
    "one_definition": "still_under",
    "few_rooms": "still_under",
    "may_fill_up": "may_fill_up",
    "empty_site": "empty",
    "in_use": "not_under",
    "no_numbers": "not_known",
    "no_outlook": "not_known",
    "not_owned": "not_judged",
    "leased": "not_judged",
    "swing": "not_judged",
    "definitions_disagree": "not_judged",
}
COLUMNS = [
    "site_id", "rfp_status", "surplus_case", "reason", "definitions_under", "definitions_known", "definition_codes",
    "horizon_status", "confidence_class", "confidence_rule", "constraint_notes", "schools_here",
    "surplus_seats", "surplus_rooms", "surplus_rooms_now", "surplus_rooms_horizon", "rooms_needed_back_year",
    "longest_lease_years", "lease_limit", "lease_offer", "site_status", "condition_class", "condition_index", "building_m2", "land_m2",
    "year_built", "neighborhood_id", "need_rank", "need_rank_low", "need_rank_high", "need_class", "gap_level",
    "zone_id", "unmet_seats", "service_gap_rank", "pocket_id", "pocket_kind", "pocket_distance_m",
    "pocket_reliability_class",
    "relative_access_ratio", "poor_access_levels",
]  # fmt: skip
_FROM_SURPLUS = [
    *("surplus_case", "reason", "definitions_under", "definitions_known", "surplus_seats", "surplus_rooms"),
    *("surplus_rooms_now", "surplus_rooms_horizon", "rooms_needed_back_year", "longest_lease_years", "lease_limit"),
]
_FROM_SITES = ["site_status", "condition_class", "condition_index", "building_m2", "land_m2", "year_built"]


def rfp_inventory(
    sites: pd.DataFrame,
    surplus: pd.DataFrame,
    under: pd.Series,
    confidence: pd.DataFrame,
    constraints: pd.Series,
    schools_here: pd.Series,
    surroundings: pd.DataFrame,
    offers: pd.Series,
) -> pd.DataFrame:
    """Every site of the district with its place on the list, or the reason why it is not on it.

    *Listed*: underutilized by as many definitions as the study asks for, still so at the horizon at the upper end of the
    forecast, with rooms enough; and closed and surplus sites that stand empty. *One definition*: the same, but fewer
    definitions can be computed than must agree; listed apart. *Not listed*: everything else that is
    known. *Not known*: neither pupils nor a capacity.

    Parameters
    ----------
    sites : DataFrame
        Table ``site_facts``.
    surplus : DataFrame
        Table ``surplus_sites``.
    under : Series
        By site: the definitions that say underutilized (`definitions_under`).
    confidence : DataFrame
        `rfp_confidence.confidence`.
    constraints : Series
        `rfp_confidence.constraints`, in the order of ``sites``.
    schools_here : Series
        By site: `open_schools_at`.
    surroundings : DataFrame
        By site: `surroundings`.
    offers : Series
        By site: `lease_offers`.

    Returns
    -------
    DataFrame
        Table ``rfp_inventory``.
    """
    table = sites[["site_id", *_FROM_SITES]].assign(constraint_notes=constraints)
    for other in (surplus[["site_id", *_FROM_SURPLUS]], confidence, surroundings):
        table = table.merge(other, on="site_id", how="left", validate="one_to_one")
    table["rfp_status"] = table["surplus_case"].map(STATUS).fillna("not_listed").astype("str")
    table["horizon_status"] = table["surplus_case"].map(HORIZON).astype("str")
    table["definition_codes"] = table["site_id"].map(under).astype("str").fillna("none")
    table["lease_offer"] = table["site_id"].map(offers).astype("str").where(table["rfp_status"].isin(OFFERED_STATUSES))
    table["schools_here"] = table["site_id"].map(schools_here).fillna(0.0).astype("float64")
    return table[COLUMNS].sort_values("site_id", kind="stable").reset_index(drop=True)


def lease_offers(
    surplus: pd.DataFrame,
    utilization: pd.DataFrame,
    *,
    fall_year: int,
    judged_by: Sequence[str],
    under_ratio: float,
    smallest_rooms: float,
) -> pd.Series:
    """By site: all its rooms and for how long, and each smaller number that stays free longer, in words.

    Parameters
    ----------
    surplus, utilization : DataFrame
        Tables ``surplus_sites`` and ``utilization``.
    fall_year : int
        The fall taken as today.
    judged_by : sequence of str
        Definitions that decide.
    under_ratio, smallest_rooms : float
        The study's threshold, and the fewest rooms a school can use.

    Returns
    -------
    Series
        A text by ``site_id``; sites whose rooms or years are not known, and those without a host, are not named.

    Examples
    --------
    >>> surplus = pd.DataFrame({"site_id": ["1"], "surplus_rooms": [9.0], "lease_limit": ["host_needs_rooms"]})
    >>> use = pd.DataFrame({"site_id": "1", "capacity_definition": "given", "fall_year": [2024, 2025, 2026], "capacity_seats": 500.0, "pupils": 250.0,
    ...     "utilization_ratio": 0.5, "utilization_high_ratio": [None, 0.5, 0.6], "surplus_rooms": 9.6, "surplus_rooms_low": [None, 9.1, 8.7]})
    >>> lease_offers(surplus, use, fall_year=2024, judged_by=("given",), under_ratio=0.75, smallest_rooms=6.0).to_dict()
    {'1': '9 rooms for 1 year, or 8 for 2'}
    """
    free = free_rooms(utilization, fall_year=fall_year, judged_by=judged_by, under_ratio=under_ratio)
    known = surplus[
        surplus["lease_limit"].isin(["host_needs_rooms", "end_of_outlook"]) & surplus["surplus_rooms"].ge(1)
    ]
    texts = {
        str(row.site_id): lease_words(
            lease_steps(free[row.site_id], row.surplus_rooms, smallest_rooms=smallest_rooms, fall_year=fall_year)
        )
        for row in known.itertuples()
        if row.site_id in free
    }
    return pd.Series({site: text for site, text in texts.items() if text}, dtype="str")


def definitions_under(utilization: pd.DataFrame, *, fall_year: int, under_ratio: float) -> pd.Series:
    """By site: the definitions by which it is underutilized today, with a space between.

    >>> use = pd.DataFrame({"site_id": "1", "capacity_definition": ["given", "functional"], "fall_year": 2024, "utilization_ratio": [0.7, 0.6]})
    >>> definitions_under(use, fall_year=2024, under_ratio=0.75).to_dict()
    {'1': 'functional given'}
    """
    now = utilization[(utilization["fall_year"] == fall_year) & (utilization["utilization_ratio"] < under_ratio)]
    now = now.sort_values(["site_id", "capacity_definition"], kind="stable")
    return now.groupby("site_id")["capacity_definition"].agg(" ".join)


def surroundings(
    places: pd.DataFrame,
    need: pd.DataFrame,
    gap: pd.DataFrame,
    pockets: pd.DataFrame,
    access: pd.DataFrame,
    reach: pd.DataFrame,
    *,
    levels: Sequence[str],
    reach_m: float,
) -> pd.DataFrame:
    """What is known of the neighborhood and zone a site stands in: need, missing quality seats, growth and access.

    Missing seats are those of the zone of the lowest level; access is the lowest over the levels, in the neighborhood.
    Growth is that of the pocket it stands in, or of the nearest one within reach.

    Parameters
    ----------
    places : DataFrame
        Table ``site_places``.
    need, gap, pockets, access : DataFrame
        Tables ``need``, ``service_gap``, ``growth_pockets`` and ``seat_access``.
    reach : DataFrame
        Table ``reach``: distances from neighborhoods to sites.
    levels : sequence of str
        The study's levels, lowest first.
    reach_m : float
        How far a pocket of growth may lie to be near.

    Returns
    -------
    DataFrame
        By ``site_id``, empty where the site stands in no neighborhood, zone or pocket.

    Examples
    --------
    >>> places = pd.DataFrame({"site_id": ["1"], "neighborhood_id": ["n"], "zone_id": ["z"]})
    >>> need = pd.DataFrame({"neighborhood_id": ["n"], "need_rank": [2.0], "need_rank_low": [1.0], "need_rank_high": [4.0], "need_class": ["high"]})
    >>> gap = pd.DataFrame({"level": ["elementary"], "zone_id": ["z"], "unmet_seats": [120.0], "service_gap_rank": [3.0]})
    >>> pockets = pd.DataFrame({"pocket_id": ["p"], "pocket_kind": ["growing"], "area_ids": ["m; n"], "age_band": ["5-17"], "vintage_to": ["2019-2023"], "reliability_class": ["medium"]})
    >>> access = pd.DataFrame({"neighborhood_id": ["n", "n"], "level": ["elementary", "high"], "relative_access_ratio": [0.3, 1.1], "is_poor_access": [True, False]})
    >>> reach = pd.DataFrame({"origin_layer": ["neighborhood"], "origin_id": ["m"], "destination_kind": ["site"], "destination_id": ["1"], "distance_m": [900.0]})
    >>> found = surroundings(places, need, gap, pockets, access, reach, levels=("elementary", "high"), reach_m=2400.0)
    >>> found[["unmet_seats", "pocket_id", "pocket_distance_m", "relative_access_ratio", "poor_access_levels"]].to_numpy().tolist()
    [[120.0, 'p', 0.0, 0.3, 'elementary']]
    """
    level = next((each for each in levels if (gap["level"] == each).any()), "")
    here = gap.loc[gap["level"] == level, ["zone_id", "unmet_seats", "service_gap_rank"]]
    named = need[["neighborhood_id", "need_rank", "need_rank_low", "need_rank_high", "need_class"]]
    table = places[["site_id", "neighborhood_id", "zone_id"]].merge(
        named, on="neighborhood_id", how="left", validate="many_to_one"
    )
    table = table.merge(here, on="zone_id", how="left", validate="many_to_one")
    table["gap_level"] = pd.Series(level or None, index=table.index, dtype="str").where(table["zone_id"].notna())
    near = _pockets_near(_pockets_by_area(pockets), table, reach, reach_m)
    table = table.merge(near, on="site_id", how="left", validate="one_to_one")
    lowest = access.groupby("neighborhood_id")["relative_access_ratio"].min()
    poor = access[access["is_poor_access"].astype(bool)].sort_values(
        "level", key=lambda names: names.map({name: place for place, name in enumerate(levels)}), kind="stable"
    )
    table["relative_access_ratio"] = table["neighborhood_id"].map(lowest).astype("float64")
    table["poor_access_levels"] = (
        table["neighborhood_id"].map(poor.groupby("neighborhood_id", sort=True)["level"].agg(" ".join)).astype("str")
    )
    return table


def _pockets_by_area(pockets: pd.DataFrame) -> pd.DataFrame:
    """Neighborhoods of the latest pockets, with each pocket's kind and reliability."""
    latest = pockets[pockets["vintage_to"] == pockets["vintage_to"].max()] if len(pockets) else pockets
    rows = [
        (area, pocket.pocket_id, pocket.pocket_kind, pocket.reliability_class)
        for pocket in latest.itertuples()
        for area in parted(pocket.area_ids)
    ]
    names = ["neighborhood_id", "pocket_id", "pocket_kind", "pocket_reliability_class"]
    return pd.DataFrame(rows, columns=names).astype("str")


def _pockets_near(areas: pd.DataFrame, places: pd.DataFrame, reach: pd.DataFrame, reach_m: float) -> pd.DataFrame:
    """For each site the pocket it stands in (at no distance), or the nearest within reach; ties by kind and id."""
    to_site = reach[(reach["origin_layer"] == "neighborhood") & (reach["destination_kind"] == "site")]
    to_site = to_site[to_site["distance_m"] <= reach_m].rename(
        columns={"origin_id": "neighborhood_id", "destination_id": "site_id", "distance_m": "pocket_distance_m"}
    )
    own = places[["site_id", "neighborhood_id"]].dropna().assign(pocket_distance_m=0.0)
    both = pd.concat([own, to_site[["site_id", "neighborhood_id", "pocket_distance_m"]]], ignore_index=True)
    found = both.merge(areas, on="neighborhood_id", how="inner", validate="many_to_many")
    found = found.sort_values(["site_id", "pocket_distance_m", "pocket_kind", "pocket_id"], kind="stable")
    return found.drop_duplicates("site_id").drop(columns="neighborhood_id")


def open_schools_at(at: pd.DataFrame, schools: pd.DataFrame) -> pd.Series:
    """By site: how many open schools it has.

    >>> at = pd.DataFrame({"school_id": ["a", "b"], "site_id": "1"})
    >>> open_schools_at(at, pd.DataFrame({"school_id": ["a", "b"], "school_status": ["open", "closed"]})).to_dict()
    {'1': 1.0}
    """
    is_open = schools.loc[schools["school_status"] == "open", "school_id"]
    return at[at["school_id"].isin(is_open)].groupby("site_id").size().astype("float64")


def levels_taught(at: pd.DataFrame, schools: pd.DataFrame) -> dict[str, set[str]]:
    """By site: the levels that its open schools teach.

    >>> at = pd.DataFrame({"school_id": ["a"], "site_id": ["1"]})
    >>> schools = pd.DataFrame({"school_id": ["a"], "school_status": ["open"], "serves_elementary": [True], "serves_middle": [False], "serves_high": [False]})
    >>> levels_taught(at, schools)
    {'1': {'elementary'}}
    """
    here = at[["school_id", "site_id"]].merge(
        schools.drop(columns="site_id", errors="ignore"), on="school_id", how="inner", validate="one_to_one"
    )
    here = here[here["school_status"] == "open"]
    found: dict[str, set[str]] = {}
    for level in LEVELS:
        for site in here.loc[here[f"serves_{level}"].astype(bool), "site_id"]:
            found.setdefault(str(site), set()).add(level)
    return found


def record(inventory: pd.DataFrame, ledger: Ledger) -> None:
    """Count the sites by their place on the list, and say what the inventory lacks."""
    if inventory.empty:
        ledger.missing_input(
            "sites",
            "no inventory for a request for proposals; a list of buildings is to be had from the district's facilities office",
        )
    counts = inventory.groupby(["rfp_status", "surplus_case"]).size()
    for (status, case), number in counts.items():
        ledger.note("rfp_inventory", f"{number} sites: {status} ({case})")
    unplaced = inventory.loc[inventory["neighborhood_id"].isna(), "site_id"]
    if len(unplaced):
        ledger.absence(
            "rfp_inventory",
            "sites in no neighborhood of the study: their need, access and growth are not known",
            count=float(len(unplaced)),
            unit="sites",
            item=str(unplaced.iloc[0]),
        )
