"""Stage facilities: sites, their rooms, the schools at them, and housing projects."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.analysis import inventory
from pipeline.analysis.boundaries import without_shapes
from pipeline.analysis.exclusions import check_exclusions
from pipeline.analysis.plausible_rooms import check_room_sizes, check_rooms_found, record_closed_in_use, seats_given
from pipeline.analysis.plausible_sites import check_school_sites, check_sites
from pipeline.analysis.proposals import check_proposals
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.sources import Folder
from pipeline.sources.registry import gather
from pipeline.sources.values import subject_of
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
    requests, exclusions = (
        gather(study.raw.facilities, feeds, folder) for feeds in ("space_requests", "site_exclusions")
    )
    known = {*tables["schools"]["school_id"], *requests["school_id"]}
    check_exclusions(exclusions, listed, known, now=study.study.fall_year, subject=_files_of(study, "site_exclusions"))
    inventory.record_missing(ledger, sites=listed, room_counts=rooms, schools_at_sites=at, housing_projects=projects)
    proposals = gather(study.raw.facilities, "proposal_list", folder)
    check_proposals(proposals, _files_of(study, "proposal_list"))
    inventory.record_unplaced(projects, ledger)
    check_sites(listed, study.study.fall_year, ledger)
    check_school_sites(at, tables["schools"], listed, ledger)
    check_rooms_found(rooms, listed)
    check_room_sizes(rooms, listed, ledger)
    record_closed_in_use(listed, at, tables["schools"], ledger)
    listed = seats_given(listed, at, tables["schools"], ledger)
    sites = inventory.placed_sites(listed, at, tables["schools"], ledger)
    return {
        "sites": sites,
        "site_facts": without_shapes(sites),
        "rooms": inventory.rooms_of_sites(rooms, listed, ledger),
        "school_sites": at,
        "space_requests": requests,
        "site_exclusions": exclusions,
        "proposals": proposals,
        "housing_projects": projects,
        "project_facts": without_shapes(projects),
        "ledger_facilities": ledger.frame(),
    }


def _files_of(study: Study, feeds: str) -> str:
    """The files that fill an input table, as messages name them."""
    return " and ".join(subject_of(entry) for entry in study.raw.facilities if entry.feeds == feeds) or feeds


STAGE = Stage(
    name="facilities",
    summary="Sites with rooms, condition and given capacity, schools at sites, housing projects",
    reads=("schools",),
    writes=(
        "sites",
        "site_facts",
        "rooms",
        "school_sites",
        "space_requests",
        "site_exclusions",
        "proposals",
        "housing_projects",
        "project_facts",
        "ledger_facilities",
    ),
    sections=("study", "geography", "raw.facilities"),
    run=run,
    rooms=("facilities",),
)
