"""What each further site would add: missing quality seats served by the best so many sites, and by which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import pandas as pd

from pipeline.analysis.disclosure import in_tens
from pipeline.analysis.infeasible import at_most, explain, seats_short
from pipeline.analysis.location import Floats, NoPlan, Plan, Question, fewest_sites, least_travel, most_covered
from pipeline.columns import joined
from pipeline.ledger import Ledger
from pipeline.numerals import number, trimmed

PLAN = ["level", "siting_model", "new_sites", "site_ids", "wanting_seats", "served_seats", "added_seats", "mean_travel_m", "is_nested", "optimum_gap_share", "finding"]  # fmt: skip
CHOICE = ["level", "siting_model", "new_sites", "site_id", "held_seats"]
# Plans that differ by less than this share do the same.
ROUNDING = 1e-6
# Begins the sentence on what even every site on offer leaves unserved.
EVEN_ALL = "Even with all"
COVERAGE = ["level", "neighborhood_id", "unmet_seats", "served_before_seats", "served_after_seats", "new_sites"]


def existing_room(
    offered: pd.DataFrame, quality: pd.DataFrame, gap: pd.DataFrame, membership: pd.DataFrame
) -> pd.DataFrame:
    """Seats that existing quality schools could give to children of other zones.

    A zone's missing seats are counted after its own quality seats, so a school can serve more children
    only where its zone has more quality seats than pupils: no more than its own empty seats, and together
    no more than the zone's surplus, which schools share by their empty seats.

    Parameters
    ----------
    offered : DataFrame
        `seats.school_seats`.
    quality, gap, membership : DataFrame
        Tables ``school_quality``, ``service_gap`` and ``membership``.

    Returns
    -------
    DataFrame
        ``school_id level room_seats`` of every quality school; 0 where nothing is left.

    Examples
    --------
    >>> offered = pd.DataFrame({"school_id": ["a", "b"], "level": "high", "pupils": [80.0, 90.0], "seats": [100.0, 100.0], "seats_method": "given"})
    >>> quality = pd.DataFrame({"school_id": ["a", "b"], "is_quality": True})
    >>> gap = pd.DataFrame({"level": ["high"], "zone_id": ["z"], "service_gap_seats": [-15.0]})
    >>> members = pd.DataFrame({"school_id": ["a", "b"], "level": "high", "zone_id": "z"})
    >>> existing_room(offered, quality, gap, members)["room_seats"].tolist()
    [10.0, 5.0]
    """
    good = offered[offered["school_id"].isin(quality.loc[quality["is_quality"], "school_id"])]
    placed = good.merge(
        membership[["school_id", "level", "zone_id"]], on=["school_id", "level"], how="left", validate="one_to_one"
    ).merge(gap[["level", "zone_id", "service_gap_seats"]], on=["level", "zone_id"], how="left", validate="many_to_one")
    free = (placed["seats"] - placed["pupils"]).clip(lower=0).fillna(0.0)
    over = (-placed["service_gap_seats"]).clip(lower=0).fillna(0.0)
    together = free.groupby([placed["level"], placed["zone_id"]]).transform("sum")
    shared = (over * free / together.where(together > 0)).fillna(0.0)
    placed["room_seats"] = np.minimum(free, shared)
    return placed[["school_id", "level", "room_seats"]].sort_values(["level", "school_id"]).reset_index(drop=True)


def question_of(
    level: str, unmet: pd.DataFrame, hosts: pd.DataFrame, existing: pd.DataFrame, reach: pd.DataFrame
) -> tuple[Question, list[str], list[str]]:
    """Neighborhoods, sites and schools of one level as numbers; ids of neighborhoods and of places beside them.

    Existing quality schools come first and are fixed; offered sites that can serve the level follow, in the
    order of their ids. A site of unknown size holds nobody for sure: it is a candidate only where room is not asked for.
    """
    wanting = unmet[(unmet["level"] == level) & (unmet["unmet_seats"] > 0)].sort_values("neighborhood_id")
    schools = existing[existing["level"] == level].sort_values("school_id")
    sites = hosts[hosts[f"serves_{level}"].astype(bool)].sort_values("site_id")
    origins, places = wanting["neighborhood_id"].tolist(), [*schools["school_id"], *sites["site_id"]]
    trips = reach[reach["origin_layer"].eq("neighborhood") & reach["origin_id"].isin(origins)]
    is_school = trips["destination_kind"].eq("school") & trips["destination_id"].isin(schools["school_id"])
    is_site = trips["destination_kind"].eq("site") & trips["destination_id"].isin(sites["site_id"])
    where = pd.Series(np.arange(len(places)), index=pd.Index(places, dtype="str"))
    who = pd.Series(np.arange(len(origins)), index=pd.Index(origins, dtype="str"))
    trips = trips[is_school | is_site]
    fixed = np.arange(len(places)) < len(schools)
    room = np.concatenate([schools["room_seats"].to_numpy(float), sites["surplus_seats"].fillna(0.0).to_numpy(float)])
    client = trips["origin_id"].map(who).to_numpy(np.int64)
    site = trips["destination_id"].map(where).to_numpy(np.int64)
    order = np.lexsort((site, client))
    return (
        Question(
            wanting["unmet_seats"].to_numpy(float),
            client[order],
            site[order],
            trips["distance_m"].to_numpy(float)[order],
            fixed,
            ~fixed,
            np.floor(room + 1e-9),
        ),
        origins,
        places,
    )


def siting_plans(
    unmet: pd.DataFrame,
    hosts: pd.DataFrame,
    existing: pd.DataFrame,
    reach: pd.DataFrame,
    *,
    reach_m: Mapping[str, float],
    most_sites: int,
    beyond_m: float,
    ledger: Ledger,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """The best plans of none, one, two and more new sites of each level, by five ways to ask.

    ``coverage_with_room``: most missing seats served within reach, no site over its empty seats; ``coverage``:
    most children with a quality school within reach, full or not; ``travel`` and ``travel_with_room``: least travel in
    all; ``fewest``: as few sites as bring a quality school within reach of everyone who can be reached at all. Each is solved by itself:
    the best two sites need not contain the best one, and ``is_nested`` says whether they do.

    Parameters
    ----------
    unmet : DataFrame
        `siting.unmet_by_neighborhood`.
    hosts : DataFrame
        Offered sites (`hosts.hosts`).
    existing : DataFrame
        `existing_room`: fixed in every plan.
    reach : DataFrame
        Table ``reach``.
    reach_m : mapping
        Longest trip by level, metres.
    most_sites : int
        New sites up to which plans are made.
    beyond_m : float
        Metres counted for a child without a school when plans are compared: the longest trip listed. ``mean_travel_m``
        is over those who are served, without it.

    Returns
    -------
    tuple of DataFrame
        Tables ``siting_plans``, ``siting_choices`` and ``siting_coverage``. Seats are told in tens.

    References
    ----------
    Church and ReVelle (1974); Current and Storbeck (1988); ReVelle and Swain (1970); Toregas and others (1971),
    as in `location`.

    Examples
    --------
    >>> unmet = pd.DataFrame({"neighborhood_id": ["m", "n"], "level": "high", "unmet_seats": [70.0, 40.0]})
    >>> hosts = pd.DataFrame({"site_id": ["1", "2"], "surplus_seats": [60.0, 200.0], "serves_high": True})
    >>> trips = pd.DataFrame({"origin_layer": "neighborhood", "origin_id": ["m", "n"], "destination_kind": "site", "destination_id": ["1", "2"], "distance_m": 900.0})
    >>> none = pd.DataFrame({"school_id": [], "level": [], "room_seats": []}).astype({"school_id": "str", "level": "str"})
    >>> plans, choices, coverage = siting_plans(unmet, hosts, none, trips, reach_m={"high": 1000.0}, most_sites=2, beyond_m=8000.0, ledger=Ledger())
    >>> plans.loc[plans["siting_model"] == "coverage_with_room", ["new_sites", "site_ids", "served_seats", "added_seats"]].to_numpy().tolist()
    [[0.0, '', 0.0, nan], [1.0, '1', 60.0, 60.0], [2.0, '1; 2', 100.0, 40.0]]
    >>> plans.loc[plans["siting_model"] == "coverage_with_room", "finding"].iloc[-1]
    'Even with all 2 sites that have room, some 10 seats within 1 km would be missing.'
    """
    plans, choices, coverage = [], [], []
    unsized = int((hosts["surplus_seats"].isna()).sum())
    if unsized:
        ledger.note(
            "siting_plans",
            f"{unsized} of {len(hosts)} offered sites have no known number of empty seats: they are in no plan with room",
        )
    for level, limit in reach_m.items():
        question, origins, places = question_of(level, unmet, hosts, existing, reach)
        if not len(question.weight):
            continue
        near = at_most(question, limit)
        sized = near.candidate & (near.room > 0) if near.room is not None else near.candidate
        endless = replace(near, room=None)
        asked = {
            "coverage_with_room": (replace(near, candidate=sized), None),
            "coverage": (endless, None),
            "travel": (replace(question, room=None), beyond_m),
            "travel_with_room": (replace(question, candidate=sized), beyond_m),
        }
        for model, (each, beyond) in asked.items():
            found = _up_to(most_sites, each, beyond)
            plans += _lines(level, model, found, each, places)
            if model == "coverage_with_room":
                plans[-1][-1] = f"{plans[-1][-1]} {_short_of_all(each, limit)}".strip()
            choices += _choices(level, model, found, each, places)
            if model == "coverage_with_room":
                coverage.append(_coverage(level, found, each, origins))
        plans.append(_fewest(level, endless, replace(question, room=None), places, limit, most_sites))
    return (
        pd.DataFrame(plans, columns=PLAN).astype({"site_ids": "str", "finding": "str"}),
        pd.DataFrame(choices, columns=CHOICE),
        pd.concat(coverage, ignore_index=True) if coverage else pd.DataFrame(columns=COVERAGE),
    )


def _up_to(most_sites: int, question: Question, beyond: float | None) -> list[Plan]:
    """Best plans of none, one and more sites, up to the first that is no better than one fewer.

    After it none is better: a site that adds nothing to a best plan adds nothing to any larger one. Where seats are
    counted, no neighborhood loses one that it has without any new site.
    """
    found: list[Plan] = []
    today: Floats | None = None
    for count in range(min(most_sites, int(question.candidate.sum())) + 1):
        if beyond is None:
            plan = most_covered(question, count, by_order=True, kept=today)
            if today is None:
                today = np.bincount(question.client, plan.served, minlength=len(question.weight)).astype(np.float64)
        else:
            plan = least_travel(question, count, nearest=len(question.fixed), beyond=beyond, by_order=True)
        found.append(plan)
        if count and _is_idle(found[-2], plan):
            break
    return found


def _short_of_all(question: Question, limit: float) -> str:
    """How many seats are missing even with every site on offer: no number of these sites seats the others."""
    short = seats_short(question)
    if not short > ROUNDING:
        return ""
    sites = int(question.candidate.sum())
    return f"{EVEN_ALL} {sites} sites that have room, some {number(_tens(short))} seats within {trimmed(limit / 1000)} km would be missing."


def _is_idle(before: Plan, plan: Plan) -> bool:
    return abs(plan.objective - before.objective) <= ROUNDING * max(abs(plan.objective), 1.0)


def _tens(number: float) -> float:
    return float(in_tens(pd.Series([round(number, 6)])).iloc[0])


def _mean_travel(plan: Plan, question: Question) -> float:
    """Metres of the mean trip of those whom the plan serves: whoever is left without a school has no trip."""
    people = float(plan.served.sum())
    return float((plan.served * question.distance).sum()) / people if people > 0 else float(np.nan)


def _lines(level: str, model: str, found: list[Plan], question: Question, places: list[str]) -> list[list[object]]:
    total = float(question.weight.sum())
    lines: list[list[object]] = []
    for count, plan in enumerate(found):
        new = plan.chosen & ~question.fixed
        before = found[count - 1] if count else None
        travel = _mean_travel(plan, question) if model.startswith("travel") else np.nan
        served = _tens(plan.covered)
        added = np.nan if before is None else served - _tens(before.covered)
        nested = before is None or bool(plan.chosen[before.chosen].all())
        ids = joined(places[i] for i in np.flatnonzero(new))
        if before is not None and _is_idle(before, plan):
            finding = "No further site adds anything."
        else:
            finding = "" if nested else "The best sites of this number are not those of one fewer and another."
        lines.append(
            [level, model, float(count), ids, _tens(total), served, added, travel, nested, round(plan.gap, 9), finding]
        )
    return lines


def _choices(level: str, model: str, found: list[Plan], question: Question, places: list[str]) -> list[list[object]]:
    lines: list[list[object]] = []
    for count, plan in enumerate(found):
        held = np.bincount(question.site, plan.served, minlength=len(places))
        for at in np.flatnonzero(plan.chosen & ~question.fixed):
            lines.append([level, model, float(count), places[at], _tens(float(held[at]))])
    return lines


def _coverage(level: str, found: list[Plan], question: Question, origins: list[str]) -> pd.DataFrame:
    """Seats of each neighborhood served before and after the plan of most sites."""
    clients = len(origins)
    before, after = (np.bincount(question.client, plan.served, minlength=clients) for plan in (found[0], found[-1]))
    table = pd.DataFrame({"level": level, "neighborhood_id": origins, "unmet_seats": question.weight})
    table["served_before_seats"], table["served_after_seats"] = before, after
    for column in ("unmet_seats", "served_before_seats", "served_after_seats"):
        table[column] = in_tens(table[column].round(6))
    table["new_sites"] = float(len(found) - 1)
    return table[COVERAGE]


def _fewest(
    level: str, near: Question, everywhere: Question, places: list[str], limit: float, most_sites: int
) -> list[object]:
    """The line of the smallest number of sites for everyone; where there is none, for all who can be reached, and what would do for the others."""
    total, finding = float(near.weight.sum()), ""
    try:
        plan = fewest_sites(near, by_order=True)
    except NoPlan:
        every = int((near.candidate & ~near.fixed).sum())
        within = np.isin(np.arange(len(near.weight)), near.client[(near.fixed | near.candidate)[near.site]])
        reachable = replace(near, weight=np.where(within, near.weight, 0.0))
        plan = fewest_sites(reachable, by_order=True)
        far = int((~within & (near.weight > 0)).sum())
        why = " ".join(line.sentence for line in explain(everywhere, limit_m=limit, count=min(most_sites, every)))
        finding = (
            f"The smallest number that reaches all who can be reached within {trimmed(limit / 1000)} km. "
            f"{far} neighborhood{' is' if far == 1 else 's are'} out of reach even of all {every} sites. {why}"
        )
    new = plan.chosen & ~near.fixed
    ids = joined(places[i] for i in np.flatnonzero(new))
    served = _tens(plan.covered)
    return [
        level,
        "fewest",
        float(new.sum()),
        ids,
        _tens(total),
        served,
        np.nan,
        np.nan,
        True,
        round(plan.gap, 9),
        finding,
    ]
