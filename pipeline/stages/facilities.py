"""Stage facilities: sites, their rooms, the schools at them, and housing projects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.analysis import inventory
from pipeline.analysis.boundaries import without_shapes
from pipeline.analysis.plausible_sites import check_school_sites, check_sites
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.sources import Folder
from pipeline.sources.registry import gather
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Read the facilities room and tie rooms and schools to sites."""
    ledger = Ledger()
    place = study.geography
    folder = Folder(Path("data/raw") / study.study.name / "facilities", place.crs, place.box, ledger)
    listed, rooms, declared, projects = (
        gather(study.raw.facilities, feeds, folder)
        for feeds in ("site_list", "room_counts", "site_schools", "project_list")
    )
    at = inventory.school_sites(declared, tables["schools"], listed, ledger)
    inventory.record_missing(ledger, sites=listed, room_counts=rooms, schools_at_sites=at, housing_projects=projects)
    inventory.record_unplaced(projects, ledger)
    check_sites(listed, study.study.fall_year, ledger)
    check_school_sites(at, tables["schools"], listed, ledger)
    sites = inventory.placed_sites(listed, at, tables["schools"], ledger)
    return {
        "sites": sites,
        "site_facts": without_shapes(sites),
        "rooms": inventory.rooms_of_sites(rooms, listed, ledger),
        "school_sites": at,
        "housing_projects": projects,
        "project_facts": without_shapes(projects),
        "ledger_facilities": ledger.frame(),
    }


STAGE = Stage(
    name="facilities",
    summary="Sites with rooms, condition and given capacity, schools at sites, housing projects",
    reads=("schools",),
    writes=("sites", "site_facts", "rooms", "school_sites", "housing_projects", "project_facts", "ledger_facilities"),
    sections=("study", "geography", "raw.facilities"),
    run=run,
    rooms=("facilities",),
)
