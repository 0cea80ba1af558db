"""What a packet says in words: where a site is, its terms, its building and what lies around it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from pipeline.atlas.same_rooms import elsewhere
from pipeline.atlas.spec import About
from pipeline.atlas.tested import held, tested_years
from pipeline.atlas.words import say
from pipeline.numerals import count_of, number, percent, school_year

Tables = Mapping[str, Any]
Rows = list[tuple[str, ...]]


def _known(value: Any, one: str = "", many: str = "") -> str:
    if value is None or value != value:
        return "not known, or not shown"
    return count_of(float(value), one, many) if one else number(float(value))


def address(row: Any, tables: Tables) -> str:
    """Where the site is, as one writes it: street, neighborhood and zone, as far as they are known."""
    zones = tables["public_zones"]
    zone = zones.loc[(zones["level"] == row.gap_level) & (zones["zone_id"] == row.zone_id), "name"].dropna()
    areas = tables["public_neighborhoods"]
    area = areas.loc[areas["neighborhood_id"] == row.neighborhood_id, "name"].dropna()
    return "; ".join(
        [
            row.address if isinstance(row.address, str) and row.address else "Street address not in the inventory",
            *(f"neighborhood {name}" for name in area),
            *(f"{row.gap_level} zone {name}" for name in zone),
        ]
    )


def terms(row: Any, tables: Tables, about: About) -> Rows:
    """What is offered, for how long, how sure that is, and who else counts the same rooms."""
    import pandas as pd

    back, years = row.rooms_needed_back_year, row.longest_lease_years
    ends = {
        "host_needs_rooms": "fewer than all of them stay free then, at the upper end of the forecast",
        "end_of_outlook": "the outlook reaches no further; the school does not need the rooms before",
        "no_host": "no school is at the site that would need the rooms; how long is the district's to say",
    }
    offer = row.lease_offer if isinstance(row.lease_offer, str) and row.lease_offer else ""
    sure = f"{say('confidence_class', row.confidence_class).lower()}: {row.confidence_rule.rstrip('.')}. Certainty of the count, not fitness of the building"
    return [
        ("Rooms to offer", f"{_known(row.surplus_rooms, 'room', 'rooms')}, {_known(row.surplus_seats, 'seat', 'seats')}"),
        ("Rooms free", f"{_known(row.surplus_rooms_now)} today, {_known(row.surplus_rooms_horizon)} after {number(about.rules.years_ahead)} years"),
        ("Longest lease", "for the district to set: no school is there" if row.lease_limit == "no_host" else offer or _known(years, "school year", "school years")),
        ("Host may first need a room back", school_year(int(back)) if not pd.isna(back) else "not within the outlook" if row.lease_limit in ("end_of_outlook", "no_host") else "not known, or not shown"),
        ("What ends it", ends.get(str(row.lease_limit), "not known")),
        ("How sure", f"{sure}.{_beyond(row, offer, tables, about)}"),
        ("In the way", str(row.constraint_notes) or "nothing known"),
        ("Also counted elsewhere", elsewhere(str(row.site_id), row.zone_id, row.gap_level, tables) or "on no other sheet"),
    ]  # fmt: skip


def _beyond(row: Any, offer: str, tables: Tables, about: About) -> str:
    """What was tested of the forecast on which the lease rests: how far ahead, and how often it held."""
    if row.lease_limit not in ("host_needs_rooms", "end_of_outlook"):
        return ""
    use = tables["public_utilization"]
    now = use[(use["site_id"] == row.site_id) & (use["fall_year"] == about.fall_year)].dropna(
        subset=["utilization_ratio"]
    )
    # one school alone has the interval of its size; what is hidden of the site is hidden here too
    pupils = float((now["utilization_ratio"] * now["capacity_seats"]).max()) if len(now) and row.schools_here == 1 else float("nan")  # fmt: skip
    years = tested_years(tables)
    said = []
    longest = max((int(n) for n in re.findall(r" for (\d+)", offer)), default=0)
    if years is None:
        said.append("the forecast was not tested on past years")
    elif longest > years:
        said.append(
            f"the forecast was tested {count_of(years, 'year', 'years')} ahead and no further: a longer lease rests on intervals nobody has tried"
        )
    if tried := held(tables, pupils):
        said.append(tried)
    text = "; ".join(said)
    return f" {text[:1].upper()}{text[1:]}." if text else ""


def building(row: Any) -> Rows:
    """The building as the inventory gives it."""
    import pandas as pd

    return [
        ("Use", say("site_status", row.site_status)),
        ("Schools at the site", number(row.schools_here)),
        ("Condition", say("condition_class", row.condition_class) + ("" if pd.isna(row.condition_index) else f" (index {number(row.condition_index, 2)})")),
        ("Building", "not known" if pd.isna(row.building_m2) else f"{number(row.building_m2)} m\u00b2"),
        ("Land", "not known" if pd.isna(row.land_m2) else f"{number(row.land_m2)} m\u00b2"),
        ("Built", "not known" if pd.isna(row.year_built) else str(int(row.year_built))),
    ]  # fmt: skip


def around(row: Any) -> Rows:
    """Need, missing seats, access and growth where the site stands."""
    import pandas as pd

    span = "" if pd.isna(row.need_rank_low) else f" ({number(row.need_rank_low)} to {number(row.need_rank_high)})"
    rank = "not known" if pd.isna(row.need_rank) else f"{number(row.need_rank)}{span}; 1 is the neediest"  # fmt: skip
    missing = "not known, or not shown" if pd.isna(row.unmet_seats) else f"{number(row.unmet_seats)} in its {row.gap_level} zone"  # fmt: skip
    access = "not known" if pd.isna(row.relative_access_ratio) else f"{percent(row.relative_access_ratio)} of the district's mean, where it is lowest"  # fmt: skip
    growth = "no pocket of change near" if pd.isna(row.pocket_kind) else f"{say('pocket_kind', row.pocket_kind).lower()} pocket, {number(row.pocket_distance_m / 1000, 1)} km away; reliability {say('reliability_class', row.pocket_reliability_class).lower()}"  # fmt: skip
    return [("Need rank", rank), ("Quality seats missing", missing), ("Access to quality seats", access), ("Growth", growth)]  # fmt: skip
