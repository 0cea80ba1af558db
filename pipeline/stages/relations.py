"""Stage relations: the only one in which shapes meet shapes; all later stages join by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.areas import source_layers, target_layers
from pipeline.analysis.block_places import block_places, school_places
from pipeline.analysis.known_places import KnownPlaces
from pipeline.analysis.membership import membership, project_places, site_places
from pipeline.analysis.nearby import nearby
from pipeline.analysis.neighbors import adjacency_table
from pipeline.analysis.placings import placing_crosswalk
from pipeline.analysis.plausible import record_zone_schools
from pipeline.analysis.rasters import bands_of, raster_counts
from pipeline.analysis.reach import destinations, inhabited_places, reach
from pipeline.analysis.relations import all_crosswalks
from pipeline.analysis.sound_rasters import fit_rasters
from pipeline.analysis.sound_shapes import require_cover
from pipeline.analysis.travel import near_pairs
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Relate census areas, zones, neighborhoods, schools, sites and rasters to each other."""
    ledger = Ledger()
    place = study.geography
    zones, neighborhoods = tables["zones"], tables["neighborhoods"]
    blocks, lots = tables["census_blocks"], tables["residential_lots"]
    layers = target_layers(neighborhoods, tables["district"], zones)
    ends = destinations(tables["schools"], tables["sites"])
    fall_year, levels = study.zones.fall_year, study.zones.levels
    require_cover(tables["census_areas"], tables["district"], blocks, ledger)
    record_zone_schools(zones, tables["schools"], fall_year, ledger)
    places = KnownPlaces(
        blocks,
        lots,
        tables["uninhabited_ground"],
        fit_rasters(bands_of(tables["raster_grids"], tables["raster_cells"]), tables["census_areas"], ledger),
        split_blocks=study.allocation.blocks == "split",
    )
    sources, evidence = source_layers(tables["census_areas"]), study.allocation.evidence
    crosswalk, interpolation_error = all_crosswalks(
        sources, layers, places, evidence=evidence, now=study.vintages.now, ledger=ledger
    )
    return {
        "crosswalk": crosswalk,
        "placing_crosswalk": placing_crosswalk(
            sources, layers, places, vintage=study.vintages.now, evidence=evidence, ledger=ledger
        ),
        "interpolation_error": interpolation_error,
        "adjacency": adjacency_table(layers, ledger),
        "reach": reach(
            neighborhoods.rename(columns={"neighborhood_id": "area_id"}),
            inhabited_places(blocks, lots),
            ends,
            layer="neighborhood",
            limit_m=place.reach_m,
            detour_factor=place.detour_factor,
            metres_per_minute=place.metres_per_minute,
        ),
        "nearby": nearby(
            {
                "neighborhood": neighborhoods.rename(columns={"neighborhood_id": "area_id"}),
                "site": tables["sites"].rename(columns={"site_id": "area_id"}),
            },
            {
                "school": tables["schools"].rename(columns={"school_id": "destination_id"}),
                "site": tables["sites"].rename(columns={"site_id": "destination_id"}),
            },
            limit_m=place.reach_m,
        ),
        "school_site_distance": near_pairs(
            tables["schools"], tables["sites"], limit_m=place.reach_m, detour_factor=place.detour_factor
        ),
        "membership": membership(
            tables["schools"],
            zones,
            neighborhoods,
            facts=tables["school_facts"],
            fall_year=fall_year,
            ledger=ledger,
        ),
        "site_places": site_places(tables["sites"], zones, neighborhoods, fall_year=fall_year, levels=levels),
        "project_places": project_places(
            tables["housing_projects"], zones, neighborhoods, fall_year=fall_year, levels=levels
        ),
        "block_places": block_places(blocks, lots, neighborhoods, zones, fall_year=fall_year, ledger=ledger),
        "school_places": school_places(tables["schools"], zones, fall_year=fall_year),
        "raster_counts": raster_counts(tables["raster_grids"], tables["raster_cells"], layers, ledger),
        "ledger_relations": ledger.frame(),
    }


STAGE = Stage(
    name="relations",
    summary="Crosswalks, borders, distances and which zone each school lies in",
    reads=(
        "census_areas",
        "census_blocks",
        "residential_lots",
        "uninhabited_ground",
        "raster_grids",
        "raster_cells",
        "zones",
        "neighborhoods",
        "district",
        "schools",
        "school_facts",
        "sites",
        "housing_projects",
    ),
    writes=(
        "crosswalk",
        "placing_crosswalk",
        "interpolation_error",
        "adjacency",
        "reach",
        "nearby",
        "school_site_distance",
        "membership",
        "site_places",
        "project_places",
        "block_places",
        "school_places",
        "raster_counts",
        "ledger_relations",
    ),
    sections=("geography", "zones", "vintages", "allocation"),
    run=run,
)
