"""Stage matches: who could use surplus space, and which sites lie near unmet need."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis import matching, siting
from pipeline.analysis.recommendations import names_by_id
from pipeline.analysis.seats import reach_by_level
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Match schools that look for space to surplus sites, and rank sites by unmet seats in reach."""
    ledger = Ledger()
    settings = study.matches
    sites, school_sites, schools = tables["site_facts"], tables["school_sites"], tables["school_facts"]
    surplus, gap = tables["surplus_sites"], tables["service_gap"]
    pupils = tables["school_pupils"].set_index("school_id")["pupils"]
    hosts = matching.hosts(surplus, school_sites, schools, pupils)
    matches = matching.colocation_matches(
        matching.seekers(schools, school_sites, sites, pupils, smallest_school=settings.smallest_school),
        hosts,
        tables["school_site_distance"],
        travel_m=settings.travel_m,
        schools=names_by_id(schools, "school_id"),
        sites=names_by_id(sites, "site_id"),
    )
    unmet = siting.unmet_by_neighborhood(
        gap, tables["crosswalk"], tables["membership"], fall_year=study.zones.fall_year, ledger=ledger
    )
    options = siting.siting_options(
        unmet,
        hosts,
        sites,
        tables["reach"],
        reach_m=reach_by_level(study.zones.levels, **study.seats.model_dump()),
        options=settings.options,
    )
    siting.record_missing(gap, surplus, ledger)
    matching.record(matches, ledger)
    return {"colocation_matches": matches, "siting_options": options, "ledger_matches": ledger.frame()}


STAGE = Stage(
    name="matches",
    summary="Co-location matches and siting options, each with its reason",
    reads=(
        "surplus_sites",
        "site_facts",
        "school_sites",
        "school_facts",
        "school_site_distance",
        "school_pupils",
        "service_gap",
        "crosswalk",
        "membership",
        "reach",
    ),
    writes=("colocation_matches", "siting_options", "ledger_matches"),
    sections=("zones", "seats", "matches"),
    run=run,
)
