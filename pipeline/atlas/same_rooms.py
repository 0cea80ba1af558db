"""Where else the rooms of a listed site are counted: they can be given once."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.atlas.siting_frames import APART
from pipeline.atlas.words import count_of, listed, say
from pipeline.columns import SITING_MODELS

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
    matches = tables["public_matches"]
    rows = matches[matches["match_status"] == "matched"].sort_values("name", kind="stable")
    guests = [
        row["name"]
        + ("" if row["needed_rooms"] != row["needed_rooms"] else f" ({count_of(row['needed_rooms'], 'room', 'rooms')})")
        for row in rows.to_dict("records")
        if site_id in (row["site_id"], *_words(row["further_site_ids"]))
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
        if str(zone_id) in _words(ids)
    ]
    if names:
        found.append(f"the seats of its schools count in full for {listed(sorted(set(names)))}")
    return f"{'; '.join(found)}. The rooms can be given once." if found else ""


def _named(site_id: str, tables: Tables) -> list[str]:
    """Which of Siting's plans that count no empty seats name a site, and whether it is weighed by itself."""
    plans = tables["public_siting_plans"]
    own = {str(model) for model, ids in zip(plans["siting_model"], plans["site_ids"], strict=True) if site_id in ids.split(APART)}  # fmt: skip
    named = [say("siting_model", model) for model in SITING_MODELS if model in own and not model.endswith("with_room")]
    return [*named, *(["Each site by itself"] if (tables["public_siting"]["site_id"] == site_id).any() else [])]


def promised(tables: Tables) -> str:
    """One sentence on the list as a whole: how many of its rooms the sheets Sharing and Siting use too."""
    sites = tables["public_rfp"]
    here = sites[sites["rfp_status"] == "listed"]
    matches = tables["public_matches"]
    taken = matches[(matches["match_status"] == "matched") & matches["site_id"].isin(here["site_id"])]
    plans = tables["public_siting_choices"]
    planned = plans[plans["siting_model"].str.endswith("with_room") & plans["site_id"].isin(here["site_id"])]
    found = []
    if len(taken):
        rooms = taken["needed_rooms"].dropna().sum()
        found.append(f"Sharing buildings ({count_of(rooms, 'room', 'rooms')} at {count_of(taken['site_id'].nunique(), 'site', 'sites')})")  # fmt: skip
    if len(planned):
        found.append(f"Siting ({count_of(planned['site_id'].nunique(), 'site', 'sites')})")
    sheets = "the sheet" if len(found) == 1 else "the sheets"
    return f" The same rooms are used on {sheets} {listed(found)}: they can be given once." if found else ""


def _words(text: object) -> list[str]:
    return text.split() if isinstance(text, str) else []
