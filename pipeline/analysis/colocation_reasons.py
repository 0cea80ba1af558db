"""Why a school has no site: the rule that binds, and the smallest changes that would give it one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analysis.colocation_pairs import BASES, RULES, is_allowed
from pipeline.numerals import count_of, number

# What binds where a site would do by every rule and is given to others.
TAKEN = "given_to_others"
NO_SITE = "no_site_offered"
# Over more sites than these a school is not thought of.
MOST_SITES = 3


@dataclass(frozen=True)
class Change:
    """One change of one number that seats a school beside all who are seated now."""

    rule: str
    site_id: str
    amount: float
    text: str


def binding_rule(mine: pd.DataFrame) -> str:
    """The rule that leaves a school without a site: among its nearest misses the one most sites fail by.

    Of all rules the last in their order that is the first to bar some site: a site that
    passes grades and distance and fails only by rooms is a nearer miss than one too far away.

    Parameters
    ----------
    mine : DataFrame
        The school's rows of `colocation_pairs.candidate_pairs`.

    Examples
    --------
    >>> rows = pd.DataFrame({rule: [False, False] for rule in RULES}).assign(too_far=[True, False], too_few_rooms=[True, True])
    >>> binding_rule(rows)
    'too_few_rooms'
    """
    if mine.empty:
        return NO_SITE
    barred = mine[list(RULES)].to_numpy(dtype=bool)
    if not barred.any(axis=1).all():
        return TAKEN
    return RULES[int(barred.argmax(axis=1).max())]


def changes(mine: pd.DataFrame, left: pd.Series, names: Mapping[str, str], *, travel_m: float) -> list[Change]:
    """For each rule that can be relaxed: the smallest change by which some site takes the school, no one else moved.

    Rooms: fewest more at one site beside those that the matching leaves it; in words also fewest more at a
    site that it would have to itself. Distance: the shortest
    limit at which a site with the rooms lies within. Grades: the nearest levels that would have to share a
    building, where the site with least cost has the rooms.

    Parameters
    ----------
    mine : DataFrame
        The school's rows of `colocation_pairs.candidate_pairs`, with ``total_cost``.
    left : Series
        Rooms that the matching leaves at each site.
    names : mapping
        Names of sites.
    """
    rows = mine.assign(left=mine["site_id"].map(left))
    enough = rows["needed_rooms"].to_numpy() <= rows["left"].to_numpy()
    found = []
    by_rooms = rows[is_allowed(rows, ("too_few_rooms",))].dropna(subset=["left"])
    if len(by_rooms):
        short = by_rooms.assign(short=by_rooms["needed_rooms"] - by_rooms["left"])
        row = short.sort_values(["short", "total_cost", "site_id"], kind="stable").iloc[0]
        alone = by_rooms.assign(short=by_rooms["needed_rooms"] - by_rooms["surplus_rooms"])
        other = alone.sort_values(["short", "total_cost", "site_id"], kind="stable").iloc[0]
        text = _rooms(row, names)
        if 0 < other["short"] < row["short"]:
            text = f"{_rooms(other, names)} if nobody else came there, or {text} beside all who are placed"
        found.append(Change("too_few_rooms", row["site_id"], float(row["short"]), text))
    by_distance = rows[is_allowed(rows, ("too_far", "too_few_rooms")) & enough]
    if len(by_distance):
        row = by_distance.sort_values(["community_m", "site_id"], kind="stable").iloc[0]
        # up to the next 100 m, so that the limit as told is long enough
        limit = float(np.ceil(row["community_m"] / 100.0) * 100.0)
        if limit > travel_m:
            text = f"a travel limit of {number(limit / 1000, 1)} km ({_name(row, names)})"
            found.append(Change("too_far", row["site_id"], limit, text))
    by_grades = rows[
        is_allowed(rows, ("other_grades", "too_few_rooms")) & enough & rows["other_grades"].to_numpy(dtype=bool)
    ]
    if len(by_grades):
        row = by_grades.sort_values(["levels_apart", "total_cost", "site_id"], kind="stable").iloc[0]
        text = f"sharing a building with a school of other grades ({_name(row, names)})"
        found.append(Change("other_grades", row["site_id"], float(row["levels_apart"]), text))
    return found


def unmatched_reason(
    mine: pd.DataFrame,
    rule: str,
    found: list[Change],
    takers: list[str],
    names: Mapping[str, str],
    *,
    travel_m: float,
    smallest_school: float,
) -> str:
    """The binding rule in a sentence, and what would have to change."""
    remedy = f" It would fit with {_or([change.text for change in found])}." if found else ""
    if rule == NO_SITE:
        return "No site is offered."
    first = mine.iloc[0]
    if rule == "below_threshold":
        return f"{number(first['needed_seats'])} pupils; the study asks for {number(smallest_school)}."
    if rule == "excluded":
        why = first["exclusion"]
        return f"Every offered site is excluded, the first ({_name(first, names)}): {why}."
    if rule == "own_site":
        return f"It is at the only site that is not excluded ({_name(mine[mine['own_site']].iloc[0], names)})."
    if rule == "other_grades":
        return f"No offered site teaches a level that the school teaches.{remedy}"
    if rule == "place_not_known":
        return "The distance to no offered site of its grades is known."
    within = f"within {number(travel_m / 1000, 1)} km {BASES[str(first['community_basis'])]}"
    near = mine[is_allowed(mine, ("too_few_rooms", "rooms_not_known"))]
    unknown = int(near["rooms_not_known"].sum())
    besides = f" ({unknown} more, but their free rooms are not known)" if unknown else ""
    if rule == "too_far":
        return f"No offered site of its grades lies {within}.{remedy}"
    if rule == "rooms_not_known":
        return f"Of the offered sites of its grades {within} the free rooms are not known.{remedy}"
    if rule == "too_few_rooms":
        most = near["surplus_rooms"].max()
        return f"It needs {count_of(first['needed_rooms'], 'room', 'rooms')}; the largest suitable site {within} has {number(most)}{besides}.{remedy}"
    fit = ", ".join(_name(row, names) for _, row in mine[is_allowed(mine)].iterrows())
    return f"The sites that would fit ({fit}) seat more pupils, or the same at less cost, when given to {', '.join(takers)}.{remedy}"


def over_several(mine: pd.DataFrame, left: pd.Series, names: Mapping[str, str], *, most_sites: int) -> str:
    """What more sites than the study gives one school would do for a school without a place: up to three, those with most rooms left.

    Parameters
    ----------
    mine : DataFrame
        The school's rows of `colocation_pairs.candidate_pairs`.
    left : Series
        Rooms that the matching leaves at each site.
    names : mapping
        Names of sites.
    most_sites : int
        Sites that the study gives one school.

    Returns
    -------
    str
        A sentence after a space; empty where rooms are not what the school lacks.

    Examples
    --------
    >>> rows = pd.DataFrame({rule: [False, False] for rule in RULES}).assign(site_id=["1", "2"], needed_rooms=9.0, too_few_rooms=True)
    >>> over_several(rows, pd.Series({"1": 7.0, "2": 5.0}), {"1": "Oak"}, most_sites=1)
    ' Over 2 sites it would fit beside all who are placed: 7 rooms at Oak, 2 rooms at 2.'
    """
    fit = mine[is_allowed(mine, ("too_few_rooms",))] if len(mine) else mine
    rooms = fit.assign(left=fit["site_id"].map(left).astype("float64")).dropna(subset=["left"]) if len(fit) else fit
    if rooms.empty or most_sites >= MOST_SITES:
        return ""
    rooms = rooms[rooms["left"] >= 1].sort_values(["left", "site_id"], ascending=[False, True], kind="stable")
    rooms = rooms.head(MOST_SITES)
    needed, reached = float(mine["needed_rooms"].iloc[0]), rooms["left"].cumsum()
    if len(rooms) < 2:
        return ""
    count = int((reached < needed).sum()) + 1
    if count > len(rooms):
        return f" Even {len(rooms)} sites together have only {count_of(reached.iloc[-1], 'room', 'rooms', '0')} left for it."
    given = rooms["left"].clip(upper=needed - (reached - rooms["left"])).head(count)
    told = [
        f"{count_of(room, 'room', 'rooms')} at {names.get(site, site)}"
        for room, site in zip(given, rooms["site_id"], strict=False)
    ]
    return f" Over {count} sites it would fit beside all who are placed: {', '.join(told)}."


def _rooms(row: pd.Series, names: Mapping[str, str]) -> str:
    about = "about " if row["is_rooms_derived"] else ""
    return f"{about}{count_of(row['short'], 'more room', 'more rooms')} at {_name(row, names)}"


def _name(row: pd.Series, names: Mapping[str, str]) -> str:
    return names.get(row["site_id"], row["site_id"])


def _or(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} or {words[-1]}"
