"""Rows of the sheet of siting: plans with the names of their sites, zones with those of their places."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import pandas as pd

from pipeline.atlas.spec import About
from pipeline.atlas.words import grade, say
from pipeline.columns import GRADES, LEVELS, SITING_MODELS, parted
from pipeline.numerals import count_of, listed, number, of_tens

Tables = Mapping[str, "pd.DataFrame"]
Names = Mapping[str, Mapping[str, str]]

# Ways to ask in which no site serves more than its empty seats.
WITH_ROOM = ("coverage_with_room", "travel_with_room")
ALL_GRADES = "All grades"
# Stands beside a neighborhood in which the levels together miss more pupils than it has children.
MORE_THAN_CHILDREN = (
    "More pupils are missing here than children are counted: zones and neighborhood are counted by different figures"
)
# What the row of all grades of a zone shows in place of a grade's numbers.
SUMS = {"zone_pupils": "all_pupils", "zone_seats": "all_seats", "seated_pupils": "all_seated_pupils", "short_seats": "all_short_seats", "firm_short_seats": "all_firm_short_seats"}  # fmt: skip
# Columns made here, beside those of the published tables.
MADE = ("left_before_seats", "left_after_seats", "site_names", "zone_names", "cut_names", "grade_name", "school_names", "offer_names", "seated_seats", "near_seats", "more_seats", "plan_text", "missing_caution")  # fmt: skip


def _called(ids: pd.Series, names: Mapping[str, str]) -> list[str]:
    return [", ".join(names.get(one, one) for one in parted(each)) for each in ids]


def plans(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Every plan with the names of its sites, seats served apart from children who only live near a school: by level, way to ask and number of sites."""
    frame = tables["public_siting_plans"]
    with_room, is_travel = frame["siting_model"].isin(WITH_ROOM), frame["siting_model"].eq("travel")
    frame = frame.assign(
        # a seat there is, and a school that may be full, are two things; travel by itself counts neither
        seated_seats=frame["served_seats"].where(with_room),
        near_seats=frame["served_seats"].mask(with_room | is_travel),
        more_seats=frame["added_seats"].mask(is_travel),
        site_names=_called(frame["site_ids"], names["site"]),
        level_place=frame["level"].map(LEVELS.index).astype("float64"),
        model_place=frame["siting_model"].map(SITING_MODELS.index).astype("float64"),
    )
    return frame.sort_values(["level_place", "model_place", "new_sites"], kind="stable")


def zones(tables: Tables, names: Names, about: About) -> pd.DataFrame:
    """Every common enrollment zone by grade and in all grades, with the names of its zones and of the places of the proof."""
    frame = tables["public_enrollment_zones"]
    frame = frame.assign(place=frame["grade"].map(GRADES.index).astype("float64"))
    every = frame.drop_duplicates("enrollment_zone").assign(place=float(len(GRADES)), grade=ALL_GRADES)
    every = every.assign(
        **{name: every[total] for name, total in SUMS.items()}, cut_neighborhood_ids="", cut_school_ids=""
    )
    every["finding"] = [_sum_finding(short, "") for short in every["all_short_seats"]]
    every["zone_offered_seats"] = float("nan")
    every["offer_finding"] = [
        _sum_finding(firm, "Without the rooms on offer, ") if ids and firm != short else ""
        for ids, firm, short in zip(
            every["offered_site_ids"], every["all_firm_short_seats"], every["all_short_seats"], strict=True
        )
    ]
    frame = pd.concat([frame, every], ignore_index=True).sort_values(["enrollment_zone", "place"], kind="stable")
    called = [
        ", ".join(names["zone"].get(f"{level} {zone}", zone).removesuffix(f" ({level})") for zone in parted(ids))
        for level, ids in zip(frame["level"], frame["zone_ids"], strict=True)
    ]
    return frame.assign(
        zone_names=called,
        grade_name=[ALL_GRADES if one == ALL_GRADES else grade(one) for one in frame["grade"]],
        offer_names=_called(frame["offered_site_ids"], names["site"]),
        cut_names=_called(frame["cut_neighborhood_ids"], names["neighborhood"]),
        school_names=_called(frame["cut_school_ids"], names["school"]),
    )


def _sum_finding(short: float, start: str) -> str:
    if short != short:
        return "Not shown: few pupils." if not start else ""
    if not short:
        return ""
    said = f"{of_tens(short)} children are left without a seat."
    return f"{start}{said}"


def largest_plans(plans: pd.DataFrame, names: Mapping[str, str]) -> dict[str, str]:
    """How many and which new sites the largest plan of each level has, whose seats are counted as served.

    >>> plans = pd.DataFrame({"level": "high", "siting_model": "coverage_with_room", "new_sites": [1.0, 2.0], "site_ids": ["a", "a; b"], "served_seats": 9.0})
    >>> largest_plans(plans, {"a": "Ash", "b": "Oak"})
    {'high': '2 sites: Ash and Oak'}
    """
    asked = plans[plans["siting_model"].eq(WITH_ROOM[0]) & plans["served_seats"].notna() & plans["new_sites"].gt(0)]
    last = asked.sort_values("new_sites").drop_duplicates("level", keep="last")
    called = [[names.get(one, one) for one in parted(ids)] for ids in last["site_ids"]]
    return {
        level: f"{count_of(len(sites), 'site', 'sites')}: {listed(sites, 20)}"
        for level, sites in zip(last["level"], called, strict=True)
    }


def with_what_is_left(places: pd.DataFrame, plans: pd.DataFrame, names: Mapping[str, str]) -> pd.DataFrame:
    """Seats still missing in each neighborhood, before and with the new sites, level by level, and which sites these are."""
    told = largest_plans(plans, names)
    missing = places[[name for name in places if name.startswith("unmet_seats|")]].sum(axis=1)
    over = missing > places["children_0_17"] + places["children_0_17_moe"].fillna(0.0)
    places["missing_caution"] = over.map({True: MORE_THAN_CHILDREN, False: None})
    for level in LEVELS:
        if f"unmet_seats|{level}" in places:
            # the published table names the neighborhoods with missing seats only
            none = places[f"unmet_seats|{level}"].isna()
            hidden = places.loc[~none, f"served_after_seats|{level}"].isna().all()
            for name in ("unmet", "served_before", *(() if hidden else ("served_after",))):
                places[f"{name}_seats|{level}"] = places[f"{name}_seats|{level}"].mask(none, 0.0)
            missing = places[f"unmet_seats|{level}"]
            places[f"left_before_seats|{level}"] = missing - places[f"served_before_seats|{level}"]
            places[f"left_after_seats|{level}"] = missing - places[f"served_after_seats|{level}"]
            places[f"plan_text|{level}"] = told.get(level)
    return places


def room(site: Mapping[str, object]) -> str:
    """What a site that can be offered has, for its label on the map.

    >>> room({"site_status": "closed", "surplus_seats": 255.0})
    'Closed, 255 empty seats'
    """
    seats = site["surplus_seats"]
    told = f"{number(seats)} empty seats" if isinstance(seats, float) and seats == seats else "empty seats not known"
    return f"{say('site_status', str(site['site_status']))}, {told}"


# How the rows of a further table are made, by its key.
FRAMES: Mapping[str, Callable[[Tables, Names, About], pd.DataFrame]] = {
    "siting_plans": plans,
    "enrollment_zones": zones,
}
