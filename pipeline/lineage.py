"""Which sources a table descends from: what each kind of source fills, and what is made from what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.origins import ROOMS, Raw, SourceEntry

# The table that each kind of source fills (`pipeline.tables.INPUTS` to `TABLES`).
FILLS = {
    "area_shapes": "census_areas",
    "area_counts": "census_areas",
    "bracket_counts": "area_brackets",
    "area_relations": "vintage_crosswalk",
    "block_relations": "vintage_crosswalk",
    "block_shapes": "census_blocks",
    "uninhabited_shapes": "uninhabited_ground",
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


# What each table is made from, finer than the reads of its stage (which a test holds it to).
# What only selects rows or names them is not named.
MADE_FROM = {
    "area_facts": "census_areas",
    "census_areas": "vintage_crosswalk",
    "vintage_crosswalk": "census_blocks",
    "zones": "census_areas schools",
    "zone_names": "zones",
    "neighborhoods": "census_areas",
    "neighborhood_names": "neighborhoods",
    "district": "census_areas",
    "school_facts": "schools enrollment",
    "enrollment_groups": "enrollment",
    "sites": "schools school_sites",
    "site_facts": "sites",
    "school_sites": "schools",
    "project_facts": "housing_projects",
    "crosswalk": "census_areas census_blocks residential_lots uninhabited_ground raster_grids raster_cells zones neighborhoods district",
    "interpolation_error": "crosswalk",
    "adjacency": "zones neighborhoods district",
    "reach": "neighborhoods census_blocks residential_lots schools sites",
    "school_site_distance": "schools sites",
    "membership": "schools school_facts zones neighborhoods",
    "site_places": "sites zones neighborhoods",
    "project_places": "housing_projects zones neighborhoods",
    "raster_grids": "raster_cells",
    "raster_counts": "raster_grids raster_cells zones neighborhoods district",
    "zone_profile": "census_areas crosswalk zones",
    "neighborhood_profile": "census_areas crosswalk neighborhood_names",
    "district_profile": "census_areas crosswalk",
    "median_incomes": "area_brackets census_areas crosswalk",
    "school_quality": "performance school_facts",
    "need": "neighborhood_profile school_quality school_facts adjacency reach",
    "need_contributions": "need",
    "school_age_change": "neighborhood_profile zone_profile district_profile area_facts",
    "growth_pockets": "school_age_change adjacency",
    "population_outlook": "neighborhood_profile",
    "enrollment_outlook": "enrollment enrollment_groups school_facts births project_facts project_places membership flows",
    "outlook_totals": "enrollment_outlook",
    "backtest": "enrollment enrollment_groups school_facts births",
    "school_pupils": "enrollment enrollment_groups school_facts",
    "utilization": "site_facts rooms school_sites school_pupils outlook_totals enrollment_outlook",
    "surplus_sites": "utilization",
    "service_gap": "zone_profile flows school_facts enrollment utilization school_quality school_sites membership",
    "seat_access": "neighborhood_profile enrollment school_facts utilization school_quality school_sites reach",
    "colocation_matches": "surplus_sites site_facts school_sites school_facts school_site_distance school_pupils",
    "siting_options": "service_gap crosswalk membership surplus_sites site_facts reach",
    "recommendations": "need seat_access neighborhood_names zone_names service_gap growth_pockets surplus_sites site_facts colocation_matches school_facts",
    "public_enrollment": "enrollment_groups",
    "public_schools": "schools school_quality public_enrollment",
    "public_outlook": "outlook_totals public_enrollment",
    "public_backtest": "backtest",
    "public_neighborhoods": "neighborhoods need neighborhood_profile",
    "public_contributions": "need_contributions",
    "public_growth": "school_age_change",
    "public_incomes": "median_incomes",
    "public_interpolation": "interpolation_error",
    "public_pockets": "growth_pockets",
    "public_zones": "zones service_gap",
    "public_access": "seat_access",
    "public_sites": "sites surplus_sites public_utilization",
    "public_utilization": "utilization school_sites public_enrollment",
    "public_matches": "colocation_matches",
    "public_siting": "siting_options",
    "public_recommendations": "recommendations",
    # what the ledgers of all stages say
    "public_missing": " ".join(sorted(set(FILLS.values()))),
    "disclosure": "public_missing",
}


def ancestors(names: Iterable[str], made_from: Mapping[str, str] = MADE_FROM) -> set[str]:
    """All tables that some tables are made from, however far back, and these themselves.

    >>> sorted(ancestors(["zone_profile"], {"crosswalk": "zones", "zone_profile": "crosswalk census_areas"}))
    ['census_areas', 'crosswalk', 'zone_profile', 'zones']
    """
    found = set(names)
    ahead = sorted(found)
    while ahead:
        new = set(made_from.get(ahead.pop(), "").split()) - found
        found |= new
        ahead.extend(new)
    return found


def sources_of(names: Iterable[str], raw: Raw) -> tuple[SourceEntry, ...]:
    """The study's sources that some tables descend from, in the order of the study.

    This is what the credits below a map must name: no more, so that nobody is credited with
    numbers that are not theirs, and no fewer.
    """
    tables = ancestors(names)
    return tuple(entry for room in ROOMS for entry in getattr(raw, room) if FILLS.get(entry.feeds) in tables)


def credits(names: Iterable[str], raw: Raw) -> tuple[tuple[str, str, str, str, str], ...]:
    """Producer, title, vintage, licence and address of each source that some tables descend from."""
    return tuple((e.producer, e.title, e.vintage, e.licence, e.url) for e in sources_of(names, raw))
