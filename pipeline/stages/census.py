"""Stage census: areas, households by income, blocks, lots, raster cells and births, as their publishers give them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.analysis.areas import census_areas
from pipeline.analysis.boundaries import without_shapes
from pipeline.analysis.carried import carried_counts
from pipeline.analysis.incomes import area_brackets
from pipeline.analysis.plausible_births import check_births
from pipeline.analysis.rasters import raster_tables
from pipeline.analysis.sound_counts import require_parts
from pipeline.analysis.sound_people import require_people
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.sources import Folder
from pipeline.sources.registry import gather
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Read the census room, carry counts over that lack shapes of their own, and join shapes to counts."""
    ledger = Ledger()
    place = study.geography
    folder = Folder(Path("data/raw") / study.study.name / "census", place.crs, place.box, ledger)
    entries = study.raw.census
    blocks = gather(entries, "block_shapes", folder)
    shapes, counts = gather(entries, "area_shapes", folder), gather(entries, "area_counts", folder)
    require_people(blocks, ledger)
    require_parts(counts, ledger)
    shapes, counts, vintage_crosswalk = carried_counts(
        shapes,
        counts,
        gather(entries, "area_relations", folder),
        gather(entries, "block_relations", folder),
        blocks,
        evidence=study.allocation.evidence,
        ledger=ledger,
    )
    areas = census_areas(shapes, counts, blocks, ledger)
    births = check_births(gather(entries, "birth_counts", folder), areas, study.study.fall_year, ledger)
    norms = gather(entries, "norm_area_counts", folder)
    require_parts(norms, ledger, of="the state (norm_area_counts)")
    return {
        "census_areas": areas,
        "area_facts": without_shapes(areas),
        "norm_counts": norms,
        "area_brackets": area_brackets(gather(entries, "bracket_counts", folder), areas, ledger),
        "vintage_crosswalk": vintage_crosswalk,
        "census_blocks": blocks,
        "residential_lots": gather(entries, "lot_points", folder),
        "uninhabited_ground": gather(entries, "uninhabited_shapes", folder),
        **raster_tables(gather(entries, "cell_counts", folder)),
        "births": births,
        "ledger_census": ledger.frame(),
    }


STAGE = Stage(
    name="census",
    summary="Census areas with counts and margins, households by income, blocks, lots, population raster and births",
    reads=(),
    writes=(
        "census_areas",
        "area_facts",
        "norm_counts",
        "area_brackets",
        "vintage_crosswalk",
        "census_blocks",
        "residential_lots",
        "uninhabited_ground",
        "raster_grids",
        "raster_cells",
        "births",
        "ledger_census",
    ),
    sections=("study", "geography", "allocation", "raw.census"),
    run=run,
    rooms=("census",),
)
