"""Which sources a table descends from: what each kind of source fills, and what is made from what."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from pipeline.columns import SCENARIOS
from pipeline.origins import ROOMS, Raw, SourceEntry

# The table that each kind of source fills (`pipeline.tables.INPUTS` to `TABLES`).
FILLS = {
    "area_shapes": "census_areas",
    "area_counts": "census_areas",
    "norm_area_counts": "norm_counts",
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
    "grade_results": "performance_grades",
    "flow_counts": "flows",
    "travel_times": "travel_minutes",
    "site_list": "sites",
    "room_counts": "rooms",
    "site_schools": "school_sites",
    "project_list": "housing_projects",
    "space_requests": "space_requests",
    "site_exclusions": "site_exclusions",
    "proposal_list": "proposals",
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
    "placing_crosswalk": "crosswalk",
    "interpolation_error": "crosswalk",
    "adjacency": "zones neighborhoods district",
    "reach": "neighborhoods census_blocks residential_lots schools sites",
    "nearby": "neighborhoods schools sites",
    "block_places": "census_blocks residential_lots neighborhoods zones",
    "school_places": "schools zones",
    "school_site_distance": "schools sites",
    "membership": "schools school_facts zones neighborhoods",
    "site_places": "sites zones neighborhoods",
    "project_places": "housing_projects zones neighborhoods",
    "raster_grids": "raster_cells",
    "raster_counts": "raster_grids raster_cells zones neighborhoods district",
    "zone_profile": "census_areas crosswalk zones",
    "neighborhood_profile": "census_areas crosswalk neighborhood_names",
    "neighborhood_placings": "census_areas placing_crosswalk",
    "district_profile": "census_areas crosswalk",
    "median_incomes": "area_brackets census_areas crosswalk district",
    "school_quality": "performance performance_grades school_facts",
    "quality_years": "performance school_facts",
    "quality_targets": "performance school_facts",
    "school_colors": "performance performance_grades school_facts",
    "rank_sensitivity": "need",
    "need": "neighborhood_profile neighborhood_placings school_quality performance enrollment_groups school_facts flows crosswalk adjacency reach seat_access norm_counts",
    "need_contributions": "need",
    "need_families": "need",
    "family_contributions": "need",
    "need_clusters": "need need_contributions neighborhood_profile adjacency",
    "school_age_change": "neighborhood_profile zone_profile district_profile area_facts adjacency crosswalk",
    "growth_pockets": "school_age_change adjacency area_facts crosswalk enrollment school_facts district_profile",
    "change_drivers": "neighborhood_profile zone_profile district_profile",
    "net_migration": "neighborhood_profile zone_profile district_profile",
    "population_outlook": "neighborhood_profile zone_profile district_profile",
    "enrollment_outlook": "enrollment enrollment_groups school_facts births district_profile project_facts project_places membership flows",
    "outlook_totals": "enrollment_outlook",
    "backtest": "enrollment enrollment_groups school_facts births district_profile",
    "school_changes": "enrollment school_facts",
    "state_projection": "enrollment project_facts",
    "capture_ratios": "flows membership",
    **{
        f"scenario_{slot}": "enrollment enrollment_groups school_facts births district_profile project_facts project_places membership flows outlook_totals backtest"
        for slot in SCENARIOS
    },
    "scenario_outlook": " ".join(f"scenario_{slot}" for slot in SCENARIOS),
    "school_pupils": "enrollment enrollment_groups school_facts",
    "capacity_definitions": "site_facts rooms school_pupils school_sites",
    "utilization": "capacity_definitions site_facts school_sites school_pupils outlook_totals enrollment_outlook",
    "surplus_sites": "utilization",
    "service_gap": "zone_profile flows school_facts enrollment utilization school_quality school_sites membership",
    "service_gap_variants": "service_gap access_methods enrollment_outlook outlook_totals enrollment membership",
    "cut_sweep": "service_gap school_quality school_facts",
    "quality_enrollment": "enrollment_groups flows school_facts membership quality_years",
    "quality_change": "quality_enrollment",
    "access_methods": "neighborhood_profile enrollment school_facts utilization school_quality school_sites block_places school_places travel_minutes",
    "seat_access": "access_methods",
    "access_groups": "access_methods",
    "colocation_pairs": "surplus_sites utilization site_facts rooms school_sites school_facts school_pupils enrollment enrollment_groups flows block_places school_places site_places space_requests site_exclusions",
    "colocation_matches": "colocation_pairs",
    "room_values": "colocation_pairs site_places",
    "prop39": "school_facts school_pupils enrollment enrollment_groups outlook_totals flows block_places school_places rooms school_sites",
    "prop39_calendar": "prop39",
    "rfp_inventory": "surplus_sites utilization outlook_totals site_facts rooms school_sites site_places need service_gap growth_pockets seat_access reach",
    "rfp_scores": "proposals rfp_inventory rfp_score_parts enrollment enrollment_groups school_facts",
    "rfp_score_parts": "proposals rfp_inventory school_quality seat_access school_facts enrollment enrollment_groups",
    "siting_options": "service_gap crosswalk membership surplus_sites site_facts school_pupils reach",
    "siting_plans": "siting_options enrollment school_facts school_sites utilization school_quality",
    "siting_choices": "siting_plans",
    "siting_coverage": "siting_plans",
    "enrollment_zones": "surplus_sites service_gap flows enrollment enrollment_groups school_facts school_sites utilization crosswalk membership reach",
    "recommendations": "need seat_access neighborhood_names zone_names service_gap growth_pockets school_age_change rfp_inventory site_facts colocation_matches school_facts service_gap_variants cut_sweep access_methods need_families prop39 school_quality quality_years membership enrollment_groups backtest school_pupils school_sites rfp_scores",
    "growth_need": "school_age_change growth_pockets need",
    "public_enrollment": "enrollment_groups",
    "public_schools": "schools school_quality public_enrollment",
    "public_quality_years": "quality_years",
    "public_targets": "quality_targets quality_years school_facts",
    "public_colors": "school_colors",
    "public_gap_variants": "service_gap_variants service_gap public_zones",
    "public_cut_sweep": "cut_sweep school_quality school_facts service_gap",
    "public_quality_seats": "quality_enrollment public_enrollment public_quality_years school_facts membership public_zones",
    "public_quality_change": "public_enrollment public_quality_years school_facts membership",
    "public_access_methods": "access_methods",
    "public_access_groups": "access_groups",
    "public_sectors": "public_enrollment school_facts membership flows public_zones",
    "public_flows": "flows school_facts zones public_zones public_enrollment",
    "public_outlook": "outlook_totals enrollment_outlook scenario_outlook public_enrollment public_zones",
    "public_outlook_change": "public_outlook public_enrollment public_zones",
    "public_outlook_grades": "enrollment_outlook state_projection",
    "public_state_projection": "enrollment_outlook state_projection",
    "public_scenarios": "scenario_outlook public_outlook",
    "public_capture": "capture_ratios public_zones",
    "public_school_changes": "school_changes",
    "public_backtest": "backtest enrollment_groups public_enrollment",
    "public_neighborhoods": "neighborhoods need neighborhood_profile need_contributions need_clusters",
    "public_contributions": "need_contributions neighborhood_profile",
    "public_families": "need_families family_contributions need_contributions",
    "public_family_contributions": "family_contributions need_contributions",
    "public_sensitivity": "rank_sensitivity",
    "public_clusters": "need_clusters",
    "public_growth": "school_age_change",
    "public_incomes": "median_incomes",
    "public_interpolation": "interpolation_error",
    "public_pockets": "growth_pockets school_age_change",
    "public_drivers": "change_drivers",
    "public_migration": "net_migration",
    "public_growth_need": "growth_need",
    "public_population": "population_outlook school_age_change",
    "public_zones": "zones service_gap",
    "public_nearby": "nearby public_schools public_rfp school_facts",
    "public_neighborhood_zones": "block_places",
    "public_access": "seat_access",
    "public_sites": "sites surplus_sites public_utilization",
    "public_utilization": "utilization school_sites public_enrollment",
    "public_matches": "colocation_matches colocation_pairs public_enrollment",
    "public_pairs": "colocation_pairs public_enrollment",
    "public_room_values": "room_values colocation_pairs public_enrollment",
    "public_prop39": "prop39 school_sites public_enrollment",
    "public_prop39_calendar": "prop39_calendar",
    "public_capacity": "capacity_definitions",
    "public_rooms": "rooms",
    "public_rfp": "rfp_inventory sites public_zones public_enrollment",
    "public_rfp_scores": "rfp_scores public_schools public_enrollment",
    "public_rfp_score_parts": "rfp_score_parts public_schools public_enrollment",
    "public_siting": "siting_options",
    "public_siting_plans": "siting_plans",
    "public_siting_choices": "siting_choices",
    "public_siting_coverage": "siting_coverage",
    "public_enrollment_zones": "enrollment_zones",
    "public_recommendations": "recommendations",
    "public_lines": "need need_contributions rank_sensitivity neighborhoods neighborhood_profile service_gap public_zones access_groups quality_enrollment school_age_change public_cut_sweep",
    # what the ledgers of all stages say
    "public_changes": "public_neighborhoods public_access public_zones public_sectors public_quality_seats public_rfp public_enrollment",
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
