"""The answer of the sheet of sharing buildings, and how it is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.spec import About
from pipeline.atlas.words import kilometres
from pipeline.numerals import count_of, listed, number, percent

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
Reading = tuple[tuple[str, str], ...]
_PARTS = {"travel": "distance", "grade": "grades", "load": "load", "move": "move"}


def answer(tables: Tables, about: About) -> str:
    """How many schools find a place, and where."""
    found = tables["public_matches"]
    hosts = int((tables["public_sites"]["surplus_status"] == "offered").sum())
    if found.empty:
        return f"No school of this study is known to look for a place; {count_of(hosts, 'site', 'sites')} could be offered."
    placed = found[found["match_status"] == "matched"]
    sites = tables["public_sites"].set_index("site_id")["name"]
    told = [
        f"{row.name_} at {sites.get(row.site_id, row.site_id)}"
        for row in placed.rename(columns={"name": "name_"}).itertuples()
    ]
    which = f": {listed(told)}" if told else ""
    who, basis = seeking(tables)
    if not hosts:
        return f"None of {who} finds one: no site is on offer.{basis}"
    amount = f"{number(len(placed)) if len(placed) else 'none'} {'finds' if len(placed) < 2 else 'find'} one"
    at_once = " at the same time" if len(placed) > 1 else ""
    offer = "at the one site" if hosts == 1 else f"among the {number(hosts)} sites"
    return f"Of {who}, {amount}{at_once} {offer} on offer{which}.{basis}"


def seeking(tables: Tables) -> tuple[str, str]:
    """Who looks for a place, and that nobody is known to have asked, where the study has no list of requests.

    >>> import pandas as pd
    >>> seeking({"public_matches": pd.DataFrame({"is_taken_to_ask": [True, True]})})
    ('2 charter schools taken to ask for a place', ' The study has no list of requests.')
    """
    taken = tables["public_matches"]["is_taken_to_ask"].astype("bool")
    if taken.any():
        who = count_of(len(taken), "charter school", "charter schools")
        return f"{who} taken to ask for a place", " The study has no list of requests."
    return f"{count_of(len(taken), 'school', 'schools')} looking for a place", ""


def more(tables: Tables, about: About) -> tuple[str, ...]:
    """How many pairs are possible, what keeps schools out, which is nearest to a place, what the law asks, and whose rooms these are."""
    found, pairs = tables["public_matches"], tables["public_pairs"]
    if found.empty:
        return ()
    sites = tables["public_sites"].set_index("site_id")["name"]
    allowed = int((pairs["pair_rule"] == "allowed").sum())
    possible = (
        f"{number(allowed) if allowed else 'None'} of {count_of(len(pairs), 'pair', 'pairs')} of a school and a site {'is' if allowed < 2 else 'are'} possible."
        if len(pairs)
        else ""
    )
    # where nothing is on offer the answer says so
    left = found[(found["match_status"] == "unmatched") & found["binding_rule"].ne("no_site_offered")]
    rules = left["binding_rule"].value_counts().sort_index(kind="stable")
    why = listed([f"{_RULES[str(rule)]} ({number(count)})" for rule, count in rules.items()])
    second = (
        f"{count_of(len(left), 'school finds', 'schools find')} none; what stands in the way: {why}."
        if len(left)
        else ""
    )
    nearest = _nearest(tables, sites) if len(left) else ""
    return tuple(text for text in (possible, second, nearest, _law(tables), _same_rooms(tables)) if text)


def _law(tables: Tables) -> str:
    """What the worksheets ask beside what is on offer, and which placed schools get fewer rooms than theirs says."""
    sheet = tables["public_prop39"].dropna(subset=["offered_classrooms"])
    sites = tables["public_sites"]
    offered = sites.loc[sites["surplus_status"] == "offered", "surplus_rooms"].dropna()
    if sheet.empty or offered.empty:
        return ""
    owed = sheet.set_index("school_id")["offered_classrooms"]
    said = (
        f"By the worksheets of Proposition 39, {count_of(len(sheet), 'charter school', 'charter schools')} could ask for "
        f"{count_of(int(owed.sum()), 'classroom', 'classrooms')}; all sites on offer have {count_of(int(offered.sum()), 'room', 'rooms')}."
    )
    found = tables["public_matches"]
    placed = found[(found["match_status"] == "matched") & found["school_id"].isin(owed.index)]
    placed = placed.dropna(subset=["needed_rooms"]).assign(owed=lambda f: f["school_id"].map(owed))
    if placed.empty:
        return said
    short = placed[placed["needed_rooms"] < placed["owed"]].sort_values("name", kind="stable")
    of = f"{number(len(placed))} placed {'school' if len(placed) == 1 else 'schools'} with a worksheet"
    if short.empty:
        return f"{said} None of the {of} gets fewer rooms than it says."
    each = [
        f"{name} {number(given)} of {number(due)}"
        for name, given, due in zip(short["name"], short["needed_rooms"], short["owed"], strict=True)
    ]
    return f"{said} Of the {of}, {number(len(short))} {'gets' if len(short) == 1 else 'get'} fewer rooms than it says: {listed(each)}."


def _same_rooms(tables: Tables) -> str:
    """Where else in the atlas the rooms given here are counted."""
    if not (tables["public_sites"]["surplus_status"] == "offered").any():
        return ""
    return "The same rooms stand on the sheet of the request for proposals and, as seats, on that of siting: each counts them whole, and they can be given once."


def _nearest(tables: Tables, sites: pd.Series) -> str:
    """The school that fewest more rooms at one site would give a place, if that is told."""
    values = tables["public_room_values"].dropna(subset=["rooms_to_next", "next_school_id"])
    if values.empty:
        return ""
    row = values.sort_values(["rooms_to_next", "site_id"], kind="stable").iloc[0]
    names = tables["public_matches"].set_index("school_id")["name"]
    rooms = count_of(int(row["rooms_to_next"]), "more room", "more rooms")
    return f"Nearest to a place is {names[row['next_school_id']]}: {rooms} at {sites.get(row['site_id'], row['site_id'])} would take it."


_RULES = {
    "excluded": "documented exclusions",
    "own_site": "no site but its own",
    "below_threshold": "too few pupils to ask",
    "other_grades": "no host of its grades",
    "place_not_known": "places not known",
    "too_far": "distance",
    "rooms_not_known": "rooms not counted",
    "too_few_rooms": "too few rooms at any one site",
    "given_to_others": "sites better used by others",
    "no_site_offered": "no site on offer",
}


def reading(tables: Tables, about: About) -> Reading:
    """What makes a pair possible, what it costs, and what the worksheet is."""
    rules = about.rules
    whole = sum(rules.match_weights.values()) or 1.0
    weights = listed([f"{_PARTS[part]} {percent(weight / whole)}" for part, weight in rules.match_weights.items()])
    law = (
        (
            (
                "Proposition 39",
                "What the law of the state would ask of the district for each charter school: as many classrooms per average daily attendance as its comparison schools have, whether staffed or not, and other space in the same proportion; each level of the school by the schools that teach it. Special-day rooms count as classrooms: if they should not, fewer are owed. A worksheet to begin with, not a legal opinion; where rooms stand empty, the law gives more rooms than the loading would. The charge is pro rata of the district's facilities costs, which are not in the files.",
            ),
        )
        if len(tables["public_prop39"])
        else ()
    )
    return (
        (
            "Possible pair",
            f"Host and school teach grades of one level, the rooms needed stay free, the site lies within {kilometres(rules.match_travel_m)} of the community served, the school is large enough to ask, and no documented exclusion of this very site stands against it. Who runs a school counts for nothing here.",
        ),
        (
            "Cost",
            f"Of a pair, from 0 to 1: {weights}. How far the homes of its pupils are counts most, not how far the school moves.",
        ),
        (
            "Matching",
            "Of all ways to give out the rooms that which seats most pupils and, with as many seated, costs least; proven best, not found by trying. A school without a place is told which rule binds and the smallest change that would give it one.",
        ),
        (
            "Years of lease",
            "Of the rooms taken at a site, by all its guests together: the school years in which so many stay free at the upper end of the host's forecast. Fewer rooms stay free longer, so a lease of all that a site has free may be shorter. How far ahead such forecasts were ever tested, the sheet of how wrong they may be says.",
        ),
        (
            "More rooms",
            "One room alone often seats no further school; then its worth is 0, and the table says how many more would. What a room is worth if schools could be split prices the rooms as such: there every school may take a part of its rooms wherever the other rules allow.",
        ),
        (
            "Holds in",
            f"The weights are a judgment. They are drawn {number(rules.match_draws)} times about those of the study; a pair that is made in nearly all draws does not hang on them.",
        ),
        (
            "",
            "Shared halls, entrances, bell times and consent of both schools are not in the data: a pair is where to begin to talk.",
        ),
        *law,
    )
