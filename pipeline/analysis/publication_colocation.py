"""What is told of sharing buildings: pairs, matches, hosts and the worksheet, without small or hidden counts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from pipeline.analysis.disclosure import Published, blank, in_tens, is_small
from pipeline.analysis.disclosure import report_line as _line
from pipeline.analysis.prop39 import LEVEL_ADA, LEVEL_RATIO
from pipeline.analysis.publication import GUARDED_SITES, NOT_SHOWN
from pipeline.columns import HIDDEN, LEVELS, parted
from pipeline.numerals import number

PAIRS = [
    *("school_id", "name", "site_id", "pair_rule", "community_m", "community_basis"),
    *("travel_cost", "grade_cost", "load_cost", "move_cost", "total_cost", "reason"),
]
# What follows from the pupils of the school that asks, and what from how full the site is.
_OF_PUPILS = [
    "needed_seats",
    "needed_rooms",
    "missing_rooms",
    "total_cost",
    "second_cost_change",
    "utilization_after_ratio",
]
_OF_SITE = [
    "rooms_needed_back_year",
    "longest_lease_years",
    "surplus_rooms",
    "utilization_ratio",
    "utilization_after_ratio",
    "total_cost",
    "second_cost_change",
]
_RULES_OF_ROOMS = ("too_few_rooms", "given_to_others")
COMPARISON = [
    *("comparison_ada", "comparison_classrooms", "comparison_specialised_rooms", "comparison_shared_rooms"),
    *LEVEL_RATIO,
    *("ada_per_classroom_ratio", "offered_classrooms", "offered_specialised_rooms", "offered_shared_rooms"),
]
FEW = "schools with few or hidden pupils"


def sharing(
    tables: Mapping[str, Any], guarded: set[str], known: pd.DataFrame, fall_year: int, smallest: float
) -> dict[str, Published]:
    """Everything that is told of who could share a building with whom.

    Parameters
    ----------
    tables : mapping
        Results of stage matches, and ``school_sites``.
    guarded : set
        Sites whose fullness would give away a hidden count (`publication.guarded_sites`).
    known : DataFrame
        Published enrollment (``public_enrollment``).
    fall_year : int
        The study's fall.
    smallest : float
        Counts below it are hidden.
    """
    latest = known[known["fall_year"] <= fall_year].sort_values("fall_year", kind="stable")
    latest = latest.drop_duplicates("school_id", keep="last")
    hidden = set(latest.loc[latest["value_text"] == HIDDEN, "school_id"])
    names = tables["colocation_matches"].set_index("school_id")["name"]
    calendar = tables["prop39_calendar"]
    told = "days of the law, no pupil counts"
    return {
        "public_matches": matches(tables["colocation_matches"], tables["colocation_pairs"], guarded, hidden, smallest),
        "public_pairs": pairs(tables["colocation_pairs"], names, guarded, hidden, smallest),
        "public_room_values": room_values(tables["room_values"], tables["colocation_pairs"], guarded, hidden, smallest),
        "public_prop39": prop39(tables["prop39"], guarded, tables["school_sites"], hidden, smallest),
        "public_prop39_calendar": (calendar, _line("public_prop39_calendar", int(calendar.size), reason=told)),
    }


def matches(
    table: pd.DataFrame, offered: pd.DataFrame, guarded: set[str], hidden: set[str], smallest: float
) -> Published:
    """Who goes where; nothing tells the pupils of a hidden school, or how full a guarded site is."""
    few = is_small(table["needed_seats"], smallest) | table["school_id"].isin(hidden)
    at = pd.Series(
        [
            bool(guarded & {first, second, *parted(further)})
            for first, second, further in zip(
                table["site_id"], table["second_site_id"], table["further_site_ids"], strict=True
            )
        ],
        index=table.index,
        dtype="bool",
    )
    # what binds a school that found none may be how full a guarded site is, or the rooms that a hidden school was given
    takes_rooms = bool((few & table["match_status"].eq("matched")).any())
    named = table["binding_rule"].isin(_RULES_OF_ROOMS) & (bool(guarded & set(offered["site_id"])) or takes_rooms)
    quiet = few | at | named
    public = blank(blank(table, few, _OF_PUPILS), at, _OF_SITE)
    public = blank(public, named, ["missing_rooms"]).assign(reason=table["reason"].mask(quiet, NOT_SHOWN))
    public = public.assign(
        # homes of few pupils cannot be read off a distance in tenths of a kilometre
        community_m=100 * (public["community_m"] / 100).round(),
        total_cost=public["total_cost"].round(2),
        second_cost_change=public["second_cost_change"].round(2),
        utilization_after_ratio=public["utilization_after_ratio"].round(3),
    ).drop(columns="surplus_seats")
    reason = f"{FEW} (1 to {number(smallest - 1)}), and {GUARDED_SITES}"
    return public, _line("public_matches", int((~quiet).sum()), int(quiet.sum()), 0, reason)


def quiet_schools(told: pd.DataFrame) -> set[str]:
    """Schools whose match is told without its reason: nothing else may tell it either."""
    return set(told.loc[told["reason"] == NOT_SHOWN, "school_id"])


def pairs(table: pd.DataFrame, names: pd.Series, guarded: set[str], hidden: set[str], smallest: float) -> Published:
    """Every pair with its rule or its costs, these in hundredths and that of grades in tenths."""
    few = is_small(table["needed_seats"], smallest) | table["school_id"].isin(hidden)
    quiet = few | table["site_id"].isin(guarded)
    public = blank(table, quiet, ["load_cost", "total_cost"])
    public = blank(public, few, ["grade_cost"])
    public = public.assign(
        name=table["school_id"].map(names).fillna(table["school_id"]).astype("str"),
        community_m=100 * (table["community_m"] / 100).round(),
        reason=table["reason"].mask(quiet, NOT_SHOWN),
        grade_cost=public["grade_cost"].round(1),
        **{c: public[c].round(2) for c in ("travel_cost", "load_cost", "move_cost", "total_cost")},
    )
    reason = f"{FEW}, and {GUARDED_SITES}"
    return public[PAIRS], _line("public_pairs", int((~quiet).sum()), int(quiet.sum()), 0, reason)


def room_values(
    table: pd.DataFrame, asked: pd.DataFrame, guarded: set[str], hidden: set[str], smallest: float
) -> Published:
    """Hosts before and after, and what a room more is worth; if a school with hidden pupils asks, not in pupils."""
    few = set(asked.loc[is_small(asked["needed_seats"], smallest), "school_id"]) | (hidden & set(asked["school_id"]))
    closed = table["site_id"].isin(guarded)
    # a school that asks and is hidden may stand behind any of these
    some = pd.Series(bool(few), index=table.index)
    public = blank(table, closed, ["placed_rooms", "rooms_left", "utilization_ratio", "utilization_after_ratio"])
    public = blank(public, some, ["placed_rooms", "rooms_left", "utilization_after_ratio"])
    public = blank(
        public, some | closed, ["room_price", "room_gain", "room_pupils_change", "rooms_to_next", "next_school_id"]
    )
    public = public.assign(
        room_price=public["room_price"].round(), room_gain=public["room_gain"].round(),
        utilization_ratio=public["utilization_ratio"].round(3), utilization_after_ratio=public["utilization_after_ratio"].round(3),
    )  # fmt: skip
    quiet = some | closed
    reason = f"{GUARDED_SITES}; all, where a school with few or hidden pupils asks"
    return public, _line("public_room_values", int((~quiet).sum()), int(quiet.sum()), 0, reason)


def prop39(
    table: pd.DataFrame, guarded: set[str], school_sites: pd.DataFrame, hidden: set[str], smallest: float
) -> Published:
    """The worksheet with the school's ADA in tens: the number of its pupils is public, that of those who live outside may be small."""
    few = is_small(table["in_district_ada"], smallest) | table["school_id"].isin(hidden)
    # with few pupils of one level, the total would tell them beside the other levels
    thin = few | table[LEVEL_ADA].apply(is_small, smallest=smallest).any(axis=1)
    secret = hidden | set(school_sites.loc[school_sites["site_id"].isin(guarded), "school_id"])
    group = pd.Series([bool(secret & set(parted(ids))) for ids in table["comparison_school_ids"]], index=table.index)
    public = blank(table.drop(columns="in_district_pupils"), few, ["in_district_ada", *COMPARISON[-3:]])
    public = blank(blank(public, group, COMPARISON), thin, LEVEL_ADA)
    public = public.assign(**{ada: in_tens(public[ada]) for ada in ("in_district_ada", *LEVEL_ADA)})
    public["comparison_ada"] = public["comparison_ada"].round()
    for ratio in ("ada_per_classroom_ratio", *LEVEL_RATIO):
        public[ratio] = public[ratio].round(2)
    quiet = few | group
    public["reason"] = [
        NOT_SHOWN if is_quiet else _told(row) for row, is_quiet in zip(public.itertuples(), quiet, strict=True)
    ]
    reason = f"{FEW}, and comparison groups with one; the school's own ADA in tens"
    return public, _line("public_prop39", int((~quiet).sum()), int(quiet.sum()), 0, reason)


def _told(row: Any) -> str:
    """The working in round numbers."""
    if row.worksheet_status == "below_threshold":
        return "Fewer than the law's least number of in-district ADA."
    if row.worksheet_status == "no_comparison_school":
        return "No district school of its levels lies in the area."
    if row.worksheet_status == "rooms_not_known":
        return f"None of its {number(row.left_out_schools)} comparison schools has pupils and rooms on file."
    if row.worksheet_status == "pupils_not_known":
        return "Its pupils are not known."
    without = (
        f"; {number(row.left_out_schools)} more without pupils or rooms on file are left out"
        if row.left_out_schools
        else ""
    )
    schools = "school" if row.comparison_schools == 1 else "schools"
    levels = [
        (f" {level}", getattr(row, f"{level}_in_district_ada"), getattr(row, f"{level}_ada_per_classroom_ratio"))
        for level in LEVELS
        if getattr(row, f"{level}_in_district_ada") >= 0
    ]
    if len(levels) < 2:
        levels = [("", row.in_district_ada, row.ada_per_classroom_ratio)]
    # the ADA is told in tens: what follows from it is told as what it may be
    low, high = (sum((ada + more) / ratio for _, ada, ratio in levels) for more in (0, 10))
    working = " + ".join(
        f"between {number(ada)} and {number(ada + 10)}{name} ADA / {number(ratio, 2)} ADA per classroom"
        for name, ada, ratio in levels
    )
    return (
        f"{working[0].upper()}{working[1:]} = {number(low, 1)} to {number(high, 1)}; by the exact ADA {number(row.offered_classrooms)} classrooms, "
        f"rounded up. {number(row.comparison_schools)} comparison {schools}: {number(row.comparison_ada)} ADA, "
        f"{number(row.comparison_classrooms)} classrooms{without}."
    )
