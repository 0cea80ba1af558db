"""Stage boundaries: district, attendance zones and neighborhoods, each place at most once."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.analysis.areas import target_layers
from pipeline.analysis.boundaries import outlines, without_shapes
from pipeline.analysis.sound_shapes import require_box, require_inside, require_levels
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.sources import Folder
from pipeline.sources.registry import gather
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Read the boundaries room; the directory of schools serves nearest-school zones only."""
    ledger = Ledger()
    place = study.geography
    raw = Path("data/raw") / study.study.name
    folder = Folder(raw / "boundaries", place.crs, place.box, ledger)
    schools = Folder(raw / "schools", place.crs, place.box, Ledger())  # its faults are recorded by stage schools
    directory = gather(study.raw.schools, "directory", schools)
    bands = study.bands.model_dump()
    zones, neighborhoods, district = outlines(
        gather(study.raw.boundaries, "zone_shapes", folder),
        gather(study.raw.boundaries, "neighborhood_shapes", folder),
        gather(study.raw.boundaries, "district_shapes", folder),
        tables["census_areas"],
        directory,
        zones_kind=study.zones.kind,
        fall_year=study.zones.fall_year,
        levels=study.zones.levels,
        bands=bands,
        neighborhoods_kind=study.neighborhoods.kind,
        area_level=study.neighborhoods.area_level,
        vintage=study.neighborhoods.vintage,
        district_id=study.study.district_id,
        title=study.study.title,
        sliver_m2=place.sliver_m2,
        overlap_share=place.overlap_share,
        ledger=ledger,
    )
    require_box(district, place.box, ledger)
    require_inside(target_layers(neighborhoods, district, zones), district, ledger)
    require_levels(zones, directory, bands=bands, fall_year=study.zones.fall_year, ledger=ledger)
    return {
        "zones": zones,
        "zone_names": without_shapes(zones, fall_year=study.zones.fall_year),
        "neighborhoods": neighborhoods,
        "neighborhood_names": without_shapes(neighborhoods),
        "district": district,
        "ledger_boundaries": ledger.frame(),
    }


STAGE = Stage(
    name="boundaries",
    summary="District, attendance zones and neighborhoods; overlaps, slivers and gaps recorded",
    reads=("census_areas",),
    writes=("zones", "zone_names", "neighborhoods", "neighborhood_names", "district", "ledger_boundaries"),
    sections=("study", "geography", "zones", "bands", "neighborhoods", "raw.boundaries", "raw.schools"),
    run=run,
    rooms=("boundaries", "schools"),
)
