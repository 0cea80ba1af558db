"""Where else the rooms of a listed site are counted: they can be given once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.atlas.words import say
from pipeline.columns import SITING_MODELS, parted
from pipeline.numerals import count_of, listed

Tables = Mapping[str, Any]


def elsewhere(site_id: str, zone_id: object, gap_level: object, tables: Tables) -> str:
    """One sentence: which other sheets use the rooms or seats of a site; empty where none does.

    Parameters
    ----------
    site_id : str
        A site of ``public_rfp``.
    zone_id, gap_level : str or missing
        The zone it stands in, and of which level.
    tables : mapping
        ``public_matches``, ``public_siting_choices``, ``public_siting_plans``, ``public_siting`` and
        ``public_enrollment_zones``.
    """
    found = []
    guests = [
        name + ("" if rooms != rooms else f" ({count_of(rooms, 'room', 'rooms')})")
        for name, rooms, sites in _guests(tables)
        if site_id in sites
    ]
    if guests:
        found.append(f"Sharing buildings gives them to {listed(guests)}")
    plans = tables["public_siting_choices"]
    plans = plans[(plans["site_id"] == site_id) & plans["siting_model"].str.endswith("with_room")]
    levels = [level for level in ("elementary", "middle", "high") if (plans["level"] == level).any()]
    if levels:
        once = " pupils (the same seats, for one level only)" if len(levels) > 1 else " pupils"
        found.append(f"Siting puts a new school there for {listed(levels)}{once}")
    if under := _named(site_id, tables):
        found.append(f"Siting {'also ' if levels else ''}names it under {listed(under)}")
    zones = tables["public_enrollment_zones"]
    zones = zones[zones["level"] == gap_level]
    names = [
        str(name)
        for name, ids in zip(zones["enrollment_zone"], zones["zone_ids"], strict=True)
        if str(zone_id) in parted(ids)
    ]
    if names:
        found.append(f"the seats of its schools count in full for {listed(sorted(set(names)))}")
    return f"{'; '.join(found)}. The rooms can be given once." if found else ""


def _named(site_id: str, tables: Tables) -> list[str]:
    """Which of Siting's plans that count no empty seats name a site, and whether it is weighed by itself."""
    plans = tables["public_siting_plans"]
    own = {str(model) for model, ids in zip(plans["siting_model"], plans["site_ids"], strict=True) if site_id in parted(ids)}  # fmt: skip
    named = [say("siting_model", model) for model in SITING_MODELS if model in own and not model.endswith("with_room")]
    return [*named, *(["Each site by itself"] if (tables["public_siting"]["site_id"] == site_id).any() else [])]


def promised(tables: Tables) -> str:
    """One sentence on the list as a whole: how many of its rooms the sheets Sharing and Siting use too.

    Rooms that are hidden, and those of a guest that has some of them at a site off the list, are not in the sum: it is
    then called the least there are, or left out where nothing is in it.
    """
    sites = tables["public_rfp"]
    here = set(sites.loc[sites["rfp_status"] == "listed", "site_id"])
    guests = [(rooms, used) for _, rooms, used in _guests(tables) if here & used]
    plans = tables["public_siting_choices"]
    planned = plans[plans["siting_model"].str.endswith("with_room") & plans["site_id"].isin(here)]
    found = []
    if guests:
        summed = [rooms for rooms, used in guests if rooms == rooms and used <= here]
        least = "at least " if len(summed) < len(guests) else ""
        amount = f"{least}{count_of(sum(summed), 'room', 'rooms')} at " if summed else ""
        shared = here & set().union(*(used for _, used in guests))
        found.append(f"Sharing buildings ({amount}{count_of(len(shared), 'site', 'sites')})")
    if len(planned):
        found.append(f"Siting ({count_of(planned['site_id'].nunique(), 'site', 'sites')})")
    sheets = "the sheet" if len(found) == 1 else "the sheets"
    return f" The same rooms are used on {sheets} {listed(found)}: they can be given once." if found else ""


def _guests(tables: Tables) -> list[tuple[str, float, set[str]]]:
    """Schools that are given room, by name: how many rooms (NaN where hidden), and the sites, first and further."""
    matches = tables["public_matches"]
    rows = matches[matches["match_status"] == "matched"].sort_values("name", kind="stable")
    return [
        (row["name"], float(row["needed_rooms"]), {row["site_id"], *parted(row["further_site_ids"])})
        for row in rows.to_dict("records")
    ]
