"""Co-location: schools that look for space matched to surplus sites, exactly, with a reason for each."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis import colocation_solving as solving
from pipeline.analysis.colocation_leases import leases
from pipeline.analysis.colocation_pairs import BASES, is_allowed, total_cost
from pipeline.analysis.colocation_reasons import Change, binding_rule, changes, over_several, unmatched_reason
from pipeline.analysis.colocation_rooms import room_values, rooms_left
from pipeline.columns import joined
from pipeline.ledger import Ledger
from pipeline.numerals import count_of, number

COLUMNS = [
    *("school_id", "name", "match_status", "site_id", "further_site_ids", "matched_school_id", "needed_seats"),
    *("needed_rooms", "rooms_basis", "surplus_seats", "surplus_rooms", "community_m", "community_basis", "travel_m"),
    *("total_cost", "utilization_ratio", "utilization_after_ratio", "second_site_id", "second_cost_change"),
    *("pair_share", "binding_rule", "missing_rooms", "solver_gap"),
    *("rooms_needed_back_year", "longest_lease_years", "reason"),
]
_NUMBERS = (
    *("needed_seats", "needed_rooms", "surplus_seats", "surplus_rooms", "community_m", "travel_m", "total_cost"),
    *("utilization_ratio", "utilization_after_ratio", "second_cost_change", "pair_share", "missing_rooms"),
    *("solver_gap", "rooms_needed_back_year", "longest_lease_years"),
)
_KEPT = [
    *("school_id", "name", "site_id", "matched_school_id", "needed_seats", "needed_rooms", "rooms_basis"),
    *("surplus_seats", "surplus_rooms", "community_m", "community_basis", "total_cost", "utilization_after_ratio"),
]
_PART = ["school_id", "site_id", "needed_rooms", "needed_seats"]


def colocation_matches(
    seeking: pd.DataFrame,
    pairs: pd.DataFrame,
    *,
    weights: Mapping[str, float],
    seat_value: float,
    travel_m: float,
    smallest_school: float,
    most_sites: int,
    draws: int,
    concentration: float,
    rng: np.random.Generator,
    schools: Mapping[str, str] = {},
    sites: Mapping[str, str] = {},
    free: Mapping[str, Mapping[int, float]] = {},
    fall_year: int = 0,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """The matching worth most, with a reason for each school, and what one more room is worth at each site.

    Each school goes to one site or none; the rooms of the schools at a site are free there, and no
    hard rule bars the pair. Solved exactly::

        max sum_c sum_s x_cs n_c (v - cost_cs)

    with ``n_c`` its pupils and ``v`` what a seat is worth in full costs: far above 1, to seat pupils
    comes first and cost decides where. Ties go by id.

    Where the study allows several sites for one school, those that no single site can take are given rooms that
    are left over: the fewest sites, then the least cost, the largest school first.

    Parameters
    ----------
    seeking : DataFrame
        `seekers.seekers`.
    pairs : DataFrame
        `colocation_pairs.candidate_pairs`.
    weights : mapping
        Of the parts of the cost.
    draws, concentration : int, float
        How many weights are drawn for ``pair_share``, and how closely they keep to the study's.
    schools, sites : mapping
        Names by id, for the reasons; what has none goes by its id.
    free, fall_year : mapping, int
        Rooms that stay free at each site, by fall (`lease.free_rooms`), and the fall taken as today: how
        long the rooms that are taken stay free.

    Returns
    -------
    DataFrame, DataFrame
        Tables ``colocation_matches`` (one row per seeking school) and ``room_values`` (one per offered
        site, without its zone).
    """
    cost = total_cost(pairs, weights)
    pairs = pairs.assign(total_cost=cost)
    allowed = is_allowed(pairs)
    ids = pd.Index(sorted(pairs["site_id"].unique()), name="site_id")
    asked = solving.problem(pairs, allowed, ids)
    chosen = pairs[allowed].reset_index(drop=True)
    value = solving.values(asked, cost[allowed], seat_value)
    best = solving.solve(asked, value)
    second = solving.second_best(asked, value, best)
    shares = solving.stability(
        asked, chosen, weights, seat_value=seat_value, draws=draws, concentration=concentration, rng=rng
    )
    places = chosen[best.taken]
    parts = [places[_PART].assign(given=places["needed_rooms"])]
    left = rooms_left(pairs, parts[0])
    rows: dict[str, dict[str, object]] = {}
    for pair in np.flatnonzero(best.taken):
        other = second[int(pair)]
        row = _matched(chosen.iloc[pair], schools)
        if other is not None:
            row |= {
                "second_site_id": chosen["site_id"][other],
                "second_cost_change": chosen["total_cost"][other] - chosen["total_cost"][pair],
            }
        rows[str(chosen["school_id"][pair])] = row | {"pair_share": shares[pair]}
    waiting = seeking[~seeking["school_id"].isin(rows)].sort_values(
        ["needed_rooms", "school_id"], ascending=[False, True], kind="stable"
    )
    by_school = dict(tuple(pairs.groupby("school_id", sort=True)))
    if most_sites > 1:
        for school in waiting["school_id"]:
            mine = by_school.get(school, pairs.iloc[:0])
            split = _split(mine, left, most_sites)
            if split is not None:
                rows[school] = _split_row(split, schools, sites)
                parts.append(split[[*_PART, "given"]])
                left = left.sub(split.set_index("site_id")["given"], fill_value=0.0)
    for school in waiting.loc[~waiting["school_id"].isin(rows)].itertuples():
        mine = by_school.get(school.school_id, pairs.iloc[:0])
        rule = binding_rule(mine)
        ways = changes(mine, left, sites, travel_m=travel_m) if rule != "below_threshold" else []
        fit = mine.loc[is_allowed(mine), "site_id"]
        takers = [schools.get(t, t) for t in places.loc[places["site_id"].isin(fit), "school_id"].sort_values()]
        reason = unmatched_reason(mine, rule, ways, takers, sites, travel_m=travel_m, smallest_school=smallest_school)
        reason += over_several(mine, left, sites, most_sites=most_sites)
        rows[str(school.school_id)] = _unmatched(school, rule, ways, reason)
    given = pd.concat(parts, ignore_index=True)
    # pupils of a school over several sites by its rooms there
    given["pupils"] = given["needed_seats"] * (given["given"] / given["needed_rooms"])
    table = _with_leases(
        pd.DataFrame([rows[school] for school in sorted(rows)], columns=COLUMNS), given, pairs, free, fall_year
    )
    table["solver_gap"] = best.gap
    matches = table.astype({c: "float64" if c in _NUMBERS else "str" for c in COLUMNS})
    matches["rooms_needed_back_year"] = matches["rooms_needed_back_year"].astype("Int64")
    return matches, room_values(asked, best, pairs, given, seat_value=seat_value)


def _with_leases(
    table: pd.DataFrame,
    given: pd.DataFrame,
    pairs: pd.DataFrame,
    free: Mapping[str, Mapping[int, float]],
    fall_year: int,
) -> pd.DataFrame:
    """Years of lease of those who were given rooms, and the sentence on it behind their reason."""
    hosted = set(pairs.loc[~pairs["is_empty"].astype(bool), "site_id"])
    found = leases(given, {site: rooms for site, rooms in free.items() if site in hosted}, fall_year=fall_year)
    for column in ("rooms_needed_back_year", "longest_lease_years"):
        table[column] = table["school_id"].map(found[column]).astype("float64")
    table["reason"] += (" " + table["school_id"].map(found["lease_text"]).astype("str")).fillna("")
    return table


def _matched(pair: pd.Series, schools: Mapping[str, str]) -> dict[str, object]:
    host = pair["matched_school_id"]
    beside = f"beside {schools.get(host, host)}" if isinstance(host, str) else "at an empty site"
    about = "about " if pair["is_rooms_derived"] else ""
    return {
        **{c: pair[c] for c in _KEPT},
        "match_status": "matched",
        "travel_m": pair["move_m"],
        "utilization_ratio": pair["host_pupils"] / pair["host_capacity_seats"],
        "reason": f"{number(pair['needed_rooms'])} of {about}{number(pair['surplus_rooms'])} free rooms, {beside}, "
        f"{number(pair['community_m'] / 1000, 1)} km {BASES[pair['community_basis']]}.",
    }


def _split(mine: pd.DataFrame, left: pd.Series, most_sites: int) -> pd.DataFrame | None:
    """The fewest sites whose rooms left over take a school that no single offered site can; of these the cheapest."""
    if mine.empty or is_allowed(mine).any():
        return None
    fit = mine[is_allowed(mine, ("too_few_rooms",))].assign(left=lambda f: f["site_id"].map(left))
    fit = fit[fit["left"] >= 1].sort_values("site_id", kind="stable").reset_index(drop=True)
    needed = float(mine["needed_rooms"].iloc[0])
    rooms, cost = fit["left"].to_numpy(), fit["total_cost"].to_numpy()
    for count in range(2, min(most_sites, len(fit)) + 1):
        ways = [w for w in combinations(range(len(fit)), count) if sum(rooms[i] for i in w) >= needed]
        if ways:
            best = min(ways, key=lambda w: (sum(cost[i] for i in w), w))
            # the largest part first; each site is given what the others leave to be seated
            part = fit.loc[list(best)].sort_values(["left", "site_id"], ascending=[False, True], kind="stable")
            before = part["left"].cumsum() - part["left"]
            return part.assign(given=np.minimum(part["left"], needed - before))
    return None


def _split_row(split: pd.DataFrame, schools: Mapping[str, str], sites: Mapping[str, str]) -> dict[str, object]:
    first = split.iloc[0]
    shares = split["given"] / split["given"].sum()
    told = ", ".join(
        f"{count_of(r.given, 'room', 'rooms')} at {sites.get(r.site_id, r.site_id)}" for r in split.itertuples()
    )
    return {
        **_matched(first, schools),
        "further_site_ids": joined(split["site_id"].iloc[1:]),
        "total_cost": float((shares * split["total_cost"]).sum()),
        "community_m": float((shares * split["community_m"]).sum()),
        "utilization_after_ratio": np.nan,
        "reason": f"No single site has {number(first['needed_rooms'])} rooms: {told}.",
    }


def _unmatched(school: Any, rule: str, ways: list[Change], reason: str) -> dict[str, object]:
    s = school._asdict()
    rooms = [way.amount for way in ways if way.rule == "too_few_rooms"]
    return {
        **{c: s[c] for c in ("school_id", "name", "needed_seats", "needed_rooms", "rooms_basis")},
        "match_status": "unmatched",
        "binding_rule": rule,
        "missing_rooms": rooms[0] if rooms else np.nan,
        "reason": reason,
    }


def record(matches: pd.DataFrame, surplus: pd.DataFrame, ledger: Ledger) -> None:
    """How many of the pupils whose schools look for space were given one, and that nothing better was missed."""
    if not (surplus["surplus_status"] == "offered").any():
        ledger.missing_input("sites to share", "no site is offered: schools that look for space stay unmatched")
    if matches.empty:
        ledger.note("colocation_matches", "no charter school with a place of its own looks for space")
        return
    seated = matches.loc[matches["match_status"] == "matched", "needed_seats"].sum()
    reason = "pupils of schools that look for space and were matched to a site"
    ledger.match(
        "colocation_matches",
        total=float(matches["needed_seats"].sum()),
        matched=float(seated),
        unit="pupils",
        reason=reason,
    )
    ledger.note("colocation_matches", f"solved exactly: gap {matches['solver_gap'].iloc[0]:.1e}")
