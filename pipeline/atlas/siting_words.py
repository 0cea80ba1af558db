"""The answer of the sheet of siting, and how it is to be read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from pipeline.atlas.frames import names_of
from pipeline.atlas.spec import About
from pipeline.columns import LEVELS, parted
from pipeline.numerals import count_of, listed, number, of_tens

if TYPE_CHECKING:
    import pandas as pd

Tables = Mapping[str, "pd.DataFrame"]
# Seats are told in tens: a site with fewer by less than this could be the better one.
TOLD_APART = 10.0
# The sheet of seats adds up its zones, each from seats in tens, which comes to more.
SUM_IN_TENS = " (the district's sum in tens)"


def answer(tables: Tables, about: About) -> str:
    """Which site would serve most of the missing seats of each level."""
    plans, names = tables["public_siting_plans"], names_of(tables)["site"]
    asked = _asked(plans)
    told: list[str] = []
    none: list[str] = []
    named: list[str] = []
    for level in [level for level in LEVELS if level in set(asked["level"])]:
        of_level = asked[asked["level"].eq(level)].sort_values("new_sites")
        first = of_level[of_level["new_sites"].eq(1)]
        if first.empty or not first["added_seats"].iloc[0] > 0:
            none.append(level)
            continue
        named.append(first["site_ids"].iloc[0])
        site = names.get(named[-1], named[-1])
        told.append(
            f"{'of ' if told else 'Of '}{number(first['wanting_seats'].iloc[0])} missing {level} school seats{'' if told else SUM_IN_TENS}, {site} would serve {number(first['added_seats'].iloc[0])} more than today"
        )
        if near := _nearly(level, named[-1], tables, names):
            told.append(f"{listed(near)} would serve nearly as many {level} school seats")
    if not told and not none:
        return "No missing quality seats and no site to offer are known together, so that no plan could be made."
    if not told:
        return f"No new site is known to serve missing {listed(none, 3)} school seats."
    rest = [f"no new site is known to serve missing {listed(none, 3)} school seats"] if none else []
    return f"{'; '.join([*told, *rest, *_same_seats(named, tables)])}."


def _nearly(level: str, best: str, tables: Tables, names: Mapping[str, str]) -> list[str]:
    """Other sites of the level's plans whose seats, in tens as they are told, differ from the best one's by no more than ten."""
    choices, held = tables["public_siting_choices"], tables["public_siting"].set_index("site_id")["covered_seats"]
    own = choices[choices["level"].eq(level) & choices["siting_model"].eq("coverage_with_room")]
    return [
        names.get(site, site)
        for site in sorted(set(own["site_id"]) - {best})
        if held.get(site, float("nan")) >= held.get(best, float("nan")) - TOLD_APART
    ]


def _same_seats(named: list[str], tables: Tables) -> list[str]:
    """That a site which is best at several levels has its empty seats only once."""
    seats, names = tables["public_sites"].set_index("site_id")["surplus_seats"], names_of(tables)["site"]
    told = []
    for site in dict.fromkeys(site for site in named if named.count(site) > 1):
        known = seats.get(site, float("nan"))
        amount = f"{number(known)} empty seats" if known == known else "empty seats"
        told.append(f"the {amount} of {names.get(site, site)} are counted at each level, and can serve one only")
    return told


def _asked(plans: pd.DataFrame) -> pd.DataFrame:
    return plans[plans["siting_model"].eq("coverage_with_room") & plans["served_seats"].notna()]


def more(tables: Tables, about: About) -> tuple[str, ...]:
    """What the best sites of the largest plan serve together, which stand in several plans, and which zones are short."""
    asked, names = _asked(tables["public_siting_plans"]), names_of(tables)["site"]
    lines = []
    for level in [level for level in LEVELS if level in set(asked["level"])]:
        of_level = asked[asked["level"].eq(level)].sort_values("new_sites")
        first, last = of_level[of_level["new_sites"].eq(1)], of_level.iloc[-1]
        if len(first) and first["added_seats"].iloc[0] > 0 and last["new_sites"] > 1:
            lines.append(
                f"With the best {number(last['new_sites'])} sites together, {level} school seats served rise from {number(of_level['served_seats'].iloc[0])} to {number(last['served_seats'])}."
            )
    return (*lines, *_counted_once(asked, names), *_zones(tables["public_enrollment_zones"]))


def _counted_once(asked: pd.DataFrame, names: Mapping[str, str]) -> list[str]:
    """Sites that stand in the plans of several levels: their empty seats serve one only, and are offered to others too."""
    levels: dict[str, set[str]] = {}
    for level, ids in zip(asked["level"], asked["site_ids"], strict=True):
        for site in parted(ids):
            levels.setdefault(site, set()).add(level)
    if not levels:
        return []
    several = [names.get(site, site) for site in sorted(levels) if len(levels[site]) > 1]
    lines = []
    if several:
        lines.append(f"What {listed(several)} would serve of several levels are the same seats, for one level only.")
    return [*lines, "The sheets Sharing buildings and Request for proposals offer the same rooms for other uses."]


def _zones(zones: pd.DataFrame) -> list[str]:
    """Which common enrollment zones cannot seat every child, how many are left, and which could not without the rooms on offer."""
    if zones.empty:
        return []
    every = count_of(zones["enrollment_zone"].nunique(), "common enrollment zone", "common enrollment zones")
    lacking = zones[zones["finding"].ne(SEATED) & zones["short_seats"].notna()].drop_duplicates("enrollment_zone")
    if lacking.empty:
        lines = [
            f"Every child of {every} can be seated{', as far as grades are shown' if zones['short_seats'].isna().any() else ''}."
        ]
    else:
        short = [_left(*row) for row in lacking[["enrollment_zone", "all_short_seats", "all_pupils"]].to_numpy()]
        lines = [f"Of {every}, {number(len(short))} cannot seat every child: {listed(short)}."]
    firm = zones[zones["offer_finding"].ne("")].drop_duplicates("enrollment_zone")
    if len(firm):
        told = [_left(*row) for row in firm[["enrollment_zone", "all_firm_short_seats", "all_pupils"]].to_numpy()]
        lines.append(f"Without the rooms on offer, these could not seat every child: {listed(told)}.")
    return lines


def _left(name: str, short: float, pupils: float) -> str:
    return name if short != short else f"{name} ({of_tens(short)} of some {number(pupils)} left)"


SEATED = "Every child can be seated within the travel limit."


def reading(tables: Tables, about: About) -> tuple[tuple[str, str], ...]:
    """What a plan, its proof and a common enrollment zone are."""
    return (
        (
            "Missing seats",
            "Resident pupils without a seat in a quality school of their zone, brought down to neighborhoods by where its children live. Children are counted, not places.",
        ),
        (
            "Served already",
            "Quality schools of other zones within reach have empty seats that their own zone does not need. They are used in every plan, and no neighborhood loses a seat served today. Seats go to those who live nearest; of trips equally long, to the first by id.",
        ),
        (
            "Best plans",
            "For each number of new sites the plan is sought anew among all choices, and proven: nothing serves more. The best two sites need not contain the best one; the table says where they do not.",
        ),
        (
            "Ways to ask",
            "With room: no site serves more than its empty seats. Near a school: children with some quality school within reach, full or not. Travel: the way of all together, the longest trip listed counted where there is none; the mean shown is of those served. Fewest: the smallest number of sites that brings a quality school near to all who can be reached; it says who cannot.",
        ),
        (
            "One site, several levels",
            "Each level is asked by itself. A building that stands in the plans of several levels has its seats only once. The same empty seats may go to a school that shares the building (sheet Sharing buildings) or be leased (sheet Request for proposals): these are other uses, not further seats.",
        ),
        (
            "Other totals elsewhere",
            "Numbers are told in tens, cut down, each by itself. The answer cuts the sum of the district once, the map and its table each neighborhood, which together come to less, missing and served alike. Overview and Seats take seats in tens from the pupils of each zone, which comes to more, since fewer seats leave more missing. All rest on the same counts.",
        ),
        (
            "Site of unknown size",
            "It holds nobody for sure: where room counts it is in no plan.",
        ),
        (
            "Common enrollment zone",
            "Several attendance zones whose children are promised a seat together, in the district's schools within it. Children of a grade are seated as many as can be, each within the travel limit. If some are left, the table names the children who prove it: they reach no schools but those named, and these have too few seats. Seats are those of the capacity the district gives; sites for new seats are counted by the strictest definition, which has fewer. Without the rooms on offer: the same once the seats that the district offers to others are given away. Pupils from elsewhere who hold a seat there now are not counted against it.",
        ),
    )
