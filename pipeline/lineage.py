"""Which sources a table descends from: followed through what the stages read and write."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Protocol

from pipeline.origins import ROOMS, Raw, SourceEntry

# The table that each kind of source fills (`pipeline.tables.INPUTS` to `TABLES`).
FILLS = {
    "area_shapes": "census_areas",
    "area_counts": "census_areas",
    "block_shapes": "census_blocks",
    "lot_points": "residential_lots",
    "cell_counts": "raster_cells",
    "birth_counts": "births",
    "zone_shapes": "zones",
    "neighborhood_shapes": "neighborhoods",
    "district_shapes": "district",
    "directory": "schools",
    "grade_counts": "enrollment",
    "group_counts": "enrollment_groups",
    "results": "performance",
    "flow_counts": "flows",
    "site_list": "sites",
    "room_counts": "rooms",
    "site_schools": "school_sites",
    "project_list": "housing_projects",
}


class Step(Protocol):
    """What must be known of a stage: the tables it reads and what it writes."""

    @property
    def reads(self) -> tuple[str, ...]:
        """Tables it reads."""

    @property
    def writes(self) -> tuple[str, ...]:
        """Tables it writes."""

    @property
    def files(self) -> tuple[str, ...]:
        """Files it writes."""


def ancestors(name: str, steps: Iterable[Step]) -> set[str]:
    """All tables that a table (or map file) is made from, however far back; not itself.

    A name that no step writes has no ancestors.

    >>> from types import SimpleNamespace as Step
    >>> steps = [
    ...     Step(reads=("zones",), writes=("crosswalk",), files=()),
    ...     Step(reads=("crosswalk", "census_areas"), writes=("zone_profile",), files=()),
    ... ]
    >>> sorted(ancestors("zone_profile", steps))
    ['census_areas', 'crosswalk', 'zones']
    """
    made_from = {output: step.reads for step in steps for output in (*step.writes, *step.files)}
    found: set[str] = set()
    ahead = [name]
    while ahead:
        new = set(made_from.get(ahead.pop(), ())) - found
        found |= new
        ahead.extend(new)
    return found - {name}


def sources_of(name: str, steps: Iterable[Step], raw: Raw) -> tuple[SourceEntry, ...]:
    """The study's sources that a table or map descends from, in the order of the study.

    This is what the credits below a map must name: no more, so that nobody is credited with
    numbers that are not theirs, and no fewer.
    """
    tables = {name, *ancestors(name, steps)}
    return tuple(entry for room in ROOMS for entry in getattr(raw, room) if FILLS.get(entry.feeds) in tables)
