"""Every table: its name, grain, key and columns, and the check that holds it to them.

`?` after a column says that it may be empty. `geometry_types` names the shapes a table may
hold. Tables marked `stage=""` are the tidy shapes that sources must deliver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.columns import APART, BY_NAME, CENSUS_COUNTS, KINDS, SCENARIOS
from pipeline.crs import crs_name, unfit_crs
from pipeline.errors import ContractError, Fault

if TYPE_CHECKING:
    import pandas as pd

POLYGONS = ("Polygon", "MultiPolygon")
POINTS = ("Point",)


@dataclass(frozen=True)
class Table:
    """A table: what one row is, what identifies it and what it holds."""

    name: str
    stage: str
    grain: str
    key: tuple[str, ...]
    columns: tuple[str, ...]
    geometry_types: tuple[str, ...] = ()

    @property
    def names(self) -> list[str]:
        """Columns in order, without the mark for optional ones."""
        return [column.rstrip("?") for column in self.columns]

    @property
    def required(self) -> set[str]:
        """Columns that must not be empty."""
        return {column for column in self.columns if not column.endswith("?")}

    @property
    def is_spatial(self) -> bool:
        """Whether the table holds shapes."""
        return bool(self.geometry_types)


def _t(name: str, stage: str, grain: str, key: str, columns: str, geometry: tuple[str, ...] = ()) -> Table:
    extra = ("geometry" if geometry == POLYGONS else "geometry?",) if geometry else ()
    return Table(name, stage, grain, tuple(key.split()), tuple(columns.split()) + extra, geometry)


_COUNTS = " ".join(f"{count}? {count}_moe?" for count in CENSUS_COUNTS)
_BRACKETS = (
    "area_level vintage area_geoid measure bracket bracket_low_usd? bracket_high_usd? households? households_moe?"
)
_LEDGER = "line entry subject_name item reason total? inside? outside? unlocated? unit_name"
_GRID = "grid_west grid_north cell_width cell_height grid_rows grid_columns grid_crs"
_CELL_COUNTS = "population? children_0_4? children_5_9? children_10_14?"
_PUPILS = "pupils? pupils_low? pupils_high? value_status"
_DRIVERS = (
    "births_change? births_change_moe? housing_change? housing_change_moe? moving_change? moving_change_moe? driver"
)

# What sources deliver: one canonical shape for each kind of raw file.
INPUTS: tuple[Table, ...] = (
    _t("area_shapes", "", "census area x vintage", "area_level vintage area_geoid", "area_level vintage area_geoid name? land_m2? water_m2?", POLYGONS),
    _t("area_counts", "", "census area x vintage", "area_level vintage area_geoid", f"area_level vintage area_geoid {_COUNTS}"),
    _t("norm_area_counts", "", "area of the state x vintage", "area_level vintage area_geoid", f"area_level vintage area_geoid {_COUNTS}"),
    _t("bracket_counts", "", "census area x vintage x bracket", "area_level vintage area_geoid measure bracket", _BRACKETS),
    _t("block_shapes", "", "census block", "block_geoid", "block_geoid vintage population homes? children_0_4? children_5_9? children_10_14? children_15_17? children_0_17? land_m2?", POLYGONS),
    _t("uninhabited_shapes", "", "piece of ground on which nobody lives", "ground_id", "ground_id ground_use name?", POLYGONS),
    _t("area_relations", "", "part of a census area in an area of another census", "area_level geography_from area_geoid_from geography_to area_geoid_to", "area_level geography_from area_geoid_from geography_to area_geoid_to land_m2 water_m2 population? homes?"),
    _t("block_relations", "", "part of a census block in a block of another census", "geography_from block_geoid_from geography_to block_geoid_to", "geography_from block_geoid_from geography_to block_geoid_to land_m2 water_m2"),
    _t("lot_points", "", "residential lot x vintage", "vintage lot_id", "vintage lot_id population homes?", POINTS),
    _t("cell_counts", "", "raster cell x vintage", "vintage cell_row cell_column", f"vintage cell_row cell_column {_GRID} {_CELL_COUNTS}"),
    _t("birth_counts", "", "year x area", "year area_id", "year area_id births"),
    _t("zone_shapes", "", "zone part", "", "level fall_year zone_id name? school_id?", POLYGONS),
    _t("neighborhood_shapes", "", "neighborhood part", "", "neighborhood_id name?", POLYGONS),
    _t("district_shapes", "", "district part", "", "district_id name", POLYGONS),
    _t("directory", "", "school", "school_id", "school_id name sector school_status grade_low? grade_high? is_virtual is_place is_citywide nces_id? site_id? opened_fall? closed_fall?", POINTS),
    _t("grade_counts", "", "school x fall_year x grade x group", "school_id fall_year grade student_group", f"school_id fall_year grade student_group {_PUPILS}"),
    _t("group_counts", "", "school x fall_year x group", "school_id fall_year student_group", f"school_id fall_year student_group {_PUPILS}"),
    _t("results", "", "school x fall_year x subject", "school_id fall_year subject", "school_id fall_year subject pupils_tested? pupils_meeting? points_share? value_status"),
    _t("grade_results", "", "school x fall_year x subject x grade", "school_id fall_year subject grade", "school_id fall_year subject grade pupils_tested? pupils_meeting? mean_score? value_status"),
    _t("flow_counts", "", "zone x school x fall_year", "level zone_id school_id fall_year", f"level zone_id school_id fall_year {_PUPILS}"),
    _t("travel_times", "", "origin x school x way of travel", "travel_mode origin_id destination_id", "travel_mode origin_id destination_id minutes"),
    _t("site_list", "", "site", "site_id", "site_id name site_status is_district_owned address? building_m2? land_m2? year_built? condition_class condition_index? given_capacity_seats?", POINTS),
    _t("room_counts", "", "site x room type x portable", "site_id room_type is_portable", "site_id room_type is_portable rooms"),
    _t("site_schools", "", "school at site", "school_id", "school_id site_id"),
    _t("space_requests", "", "school or program that asks for space", "school_id", "school_id name? elementary_pupils? middle_pupils? high_pupils? needed_rooms? community_ids?"),
    _t("site_exclusions", "", "documented exclusion of a site", "", "site_id school_id? reason documented_in documented_on"),
    _t("proposal_list", "", "proposal", "proposal_id", "proposal_id site_id name school_id? grade_low grade_high enrollment_in_hand? rooms_asked"),
    _t("project_list", "", "housing project", "project_id", "project_id name home_type planned_homes first_year last_year", POINTS),
)  # fmt: skip

TABLES: tuple[Table, ...] = (
    _t("census_areas", "census", "census area x vintage", "area_level vintage area_geoid", f"area_level vintage area_geoid name? land_m2? water_m2? {_COUNTS}", POLYGONS),
    _t("area_facts", "census", "census area x vintage, without its shape", "area_level vintage area_geoid", f"area_level vintage area_geoid name? land_m2? water_m2? {_COUNTS}"),
    _t("norm_counts", "census", "area of the state x vintage, without its shape", "area_level vintage area_geoid", f"area_level vintage area_geoid {_COUNTS}"),
    _t("area_brackets", "census", "census area x vintage x bracket", "area_level vintage area_geoid measure bracket", _BRACKETS),
    _t("census_blocks", "census", "census block", "block_geoid", "block_geoid vintage population homes? children_0_4? children_5_9? children_10_14? children_15_17? children_0_17? land_m2?", POLYGONS),
    _t("vintage_crosswalk", "census", "area of one census x area of another", "source_layer source_id target_layer target_id", "source_layer source_id target_layer target_id weight method"),
    _t("residential_lots", "census", "residential lot x vintage", "vintage lot_id", "vintage lot_id population homes?", POINTS),
    _t("uninhabited_ground", "census", "piece of ground on which nobody lives", "ground_id", "ground_id ground_use name?", POLYGONS),
    _t("raster_grids", "census", "vintage of a population raster", "vintage", f"vintage {_GRID}"),
    _t("raster_cells", "census", "raster cell x vintage", "vintage cell_row cell_column", f"vintage cell_row cell_column {_CELL_COUNTS}"),
    _t("births", "census", "year x area", "year area_id", "year area_id births"),
    _t("zones", "boundaries", "zone x level x school year", "level fall_year zone_id", "level fall_year zone_id name? school_id? is_approximate", POLYGONS),
    _t("neighborhoods", "boundaries", "neighborhood", "neighborhood_id", "neighborhood_id name is_approximate inside_share", POLYGONS),
    _t("neighborhood_names", "boundaries", "neighborhood, without its shape", "neighborhood_id", "neighborhood_id name is_approximate inside_share"),
    _t("zone_names", "boundaries", "zone in force, without its shape", "level fall_year zone_id", "level fall_year zone_id name? school_id? is_approximate"),
    _t("district", "boundaries", "district (one row)", "district_id", "district_id name", POLYGONS),
    _t("schools", "schools", "school", "school_id", "school_id name sector school_status grade_low? grade_high? is_virtual is_place is_citywide nces_id? site_id? opened_fall? closed_fall? location_status", POINTS),
    _t("school_facts", "schools", "school, without its place on the map", "school_id", "school_id name sector school_status grade_low? grade_high? is_virtual is_place is_citywide site_id? opened_fall? closed_fall? location_status serves_elementary serves_middle serves_high"),
    _t("enrollment", "schools", "school x fall_year x grade x group", "school_id fall_year grade student_group", f"school_id fall_year grade student_group {_PUPILS}"),
    _t("enrollment_groups", "schools", "school x fall_year x group, all grades", "school_id fall_year student_group", f"school_id fall_year student_group {_PUPILS}"),
    _t("performance", "schools", "school x fall_year x subject, all grades", "school_id fall_year subject", "school_id fall_year subject pupils_tested? pupils_meeting? points_share? value_status"),
    _t("performance_grades", "schools", "school x fall_year x subject x grade", "school_id fall_year subject grade", "school_id fall_year subject grade pupils_tested? pupils_meeting? mean_score? value_status"),
    _t("flows", "schools", "zone of residence x school x fall_year", "level zone_id school_id fall_year", f"level zone_id school_id fall_year {_PUPILS}"),
    _t("travel_minutes", "schools", "origin x school x way of travel, as supplied", "travel_mode origin_id destination_id", "travel_mode origin_id destination_id minutes"),
    _t("sites", "facilities", "site", "site_id", "site_id name site_status is_district_owned address? building_m2? land_m2? year_built? condition_class condition_index? given_capacity_seats?", POINTS),
    _t("site_facts", "facilities", "site, without its place on the map", "site_id", "site_id name site_status is_district_owned address? building_m2? land_m2? year_built? condition_class condition_index? given_capacity_seats?"),
    _t("rooms", "facilities", "site x room type x portable", "site_id room_type is_portable", "site_id room_type is_portable rooms"),
    _t("school_sites", "facilities", "school at its site", "school_id", "school_id site_id"),
    _t("space_requests", "facilities", "school or program that asks for space", "school_id", "school_id name? elementary_pupils? middle_pupils? high_pupils? needed_rooms? community_ids?"),
    _t("site_exclusions", "facilities", "documented exclusion of a site", "", "site_id school_id? reason documented_in documented_on"),
    _t("proposals", "facilities", "proposal", "proposal_id", "proposal_id site_id name school_id? grade_low grade_high enrollment_in_hand? rooms_asked"),
    _t("housing_projects", "facilities", "housing project", "project_id", "project_id name home_type planned_homes first_year last_year", POINTS),
    _t("project_facts", "facilities", "housing project, without its place on the map", "project_id", "project_id name home_type planned_homes first_year last_year"),
    _t("crosswalk", "relations", "source area x target area x carrier", "source_layer source_id target_layer target_id carrier", "source_layer source_id target_layer target_id carrier weight method"),
    _t("placing_crosswalk", "relations", "other way of placing x source area x neighborhood x carrier", "placing source_layer source_id target_layer target_id carrier", "placing source_layer source_id target_layer target_id carrier weight method"),
    _t("interpolation_error", "relations", "source layer x target area x count", "source_layer target_layer target_id measure", "source_layer target_layer target_id measure allocated_count? allocated_count_moe? method methods next_count? next_method lowest_count? lowest_method highest_count? highest_method spread_ratio?"),
    _t("adjacency", "relations", "area x neighbor", "layer area_id neighbor_id", "layer area_id neighbor_id shared_m"),
    _t("reach", "relations", "origin x destination within the study's limit", "origin_layer origin_id destination_kind destination_id", "origin_layer origin_id destination_kind destination_id distance_m minutes"),
    _t("nearby", "relations", "place x school or site near it, in a straight line", "origin_layer origin_id destination_kind destination_id", "origin_layer origin_id destination_kind destination_id straight_m"),
    _t("membership", "relations", "school x level", "school_id level", "school_id level zone_id? neighborhood_id? match border_distance_m?"),
    _t("site_places", "relations", "site", "site_id", "site_id neighborhood_id? zone_id? east_m? north_m?"),
    _t("project_places", "relations", "housing project x level", "project_id level", "project_id level zone_id? neighborhood_id?"),
    _t("school_site_distance", "relations", "school x site within the study's limit", "school_id site_id", "school_id site_id distance_m"),
    _t("block_places", "relations", "place where people are known to live", "place_kind place_id", "place_kind place_id neighborhood_id elementary_zone_id? middle_zone_id? high_zone_id? east_m north_m population? children_0_4? children_5_9? children_10_14? children_15_17? children_0_17?"),
    _t("school_places", "relations", "open school with a place", "school_id", "school_id east_m north_m high_zone_id?"),
    _t("raster_counts", "relations", "area x raster x measure", "layer area_id vintage measure", "layer area_id vintage measure raster_count coverage_share"),
    _t("zone_profile", "profiles", "zone x vintage", "level fall_year zone_id vintage", f"level fall_year zone_id vintage is_approximate method {_COUNTS}"),
    _t("neighborhood_profile", "profiles", "neighborhood x vintage", "neighborhood_id vintage", f"neighborhood_id vintage is_approximate inside_share method {_COUNTS}"),
    _t("neighborhood_placings", "profiles", "neighborhood x other way of placing", "neighborhood_id placing", f"neighborhood_id placing {_COUNTS}"),
    _t("district_profile", "profiles", "district x vintage", "district_id vintage", f"district_id vintage method {_COUNTS}"),
    _t("median_incomes", "profiles", "area of a layer x vintage", "layer area_id vintage", "layer area_id name vintage dollars_year households? households_moe? median_income_usd? median_income_usd_moe? is_bottom_coded is_top_coded reliability_class"),
    _t("school_quality", "quality", "school with a place, latest year", "school_id", "school_id fall_year? pupils_tested? status_share? status_low_share? status_high_share? shrunk_share? growth_change? growth_change_moe? growth_shrunk_change? growth_class growth_method quality_class quality_probability_share? strong_probability_share? middle_probability_share? weak_probability_share? is_quality target_share? path_status"),
    _t("quality_years", "quality", "school with a result x fall_year, by the latest cut", "school_id fall_year", "school_id fall_year pupils_tested? status_share shrunk_share quality_class quality_probability_share? is_quality"),
    _t("school_colors", "quality", "school x subject, latest year, by a state's color table", "school_id subject", "school_id subject fall_year color_rule pupils_tested color_status_index? color_change_index? status_level change_level color"),
    _t("quality_targets", "quality", "school, level or district x fall_year of the path", "unit_kind unit_id fall_year", "unit_kind unit_id fall_year base_share target_share status_share? on_track_probability_share? path_status is_interim"),
    _t("need", "need", "neighborhood", "neighborhood_id", "neighborhood_id vintage need_index? need_rank? need_rank_low? need_rank_high? need_rank_median? need_rank_shift? need_rank_pairwise_low? need_rank_pairwise_high? high_need_probability_share? need_class hot_spot_z? hot_spot_class reliability_class"),
    _t("rank_sensitivity", "need", "factor x what is moved", "moved factor", "moved factor first_order_index first_order_low first_order_high total_index total_low total_high"),
    _t("need_contributions", "need", "neighborhood x indicator", "neighborhood_id indicator", "neighborhood_id indicator indicator_share? indicator_share_moe? percentile_share? indicator_weight contribution_index?"),
    _t("need_families", "need", "neighborhood x index family x norm", "neighborhood_id family norm", "neighborhood_id family norm family_score? family_rank? family_percentile? family_level?"),
    _t("family_contributions", "need", "neighborhood x index family x norm x indicator", "neighborhood_id family norm indicator", "neighborhood_id family norm indicator percentile_share? contribution_index?"),
    _t("need_clusters", "need", "neighborhood x measure", "neighborhood_id cluster_measure", "neighborhood_id cluster_measure smoothed_share? hot_spot_z? hot_spot_class hot_spot_probability_share? hot_spot_draws_class moran_index? moran_z? moran_probability_share? moran_class tested_by"),
    _t("school_age_change", "growth", "area x age band x pair of vintages", "layer area_id age_band vintage_from vintage_to", "layer area_id age_band vintage_from vintage_to children_from? children_from_moe? children_to? children_to_moe? children_change? children_change_moe? change_z? is_significant reliability_class band_basis change_spot_z? change_spot_class together_z? pocket_evidence"),
    _t("growth_pockets", "growth", "pocket", "pocket_id", f"pocket_id pocket_kind pocket_areas area_ids age_band vintage_from vintage_to children_from children_from_moe? children_to children_to_moe? children_to_low? children_to_high? children_change children_change_moe? public_share? seats_change? seats_change_low? seats_change_high? ages {_DRIVERS} reliability_class"),
    _t("change_drivers", "growth", "area x pair of vintages", "layer area_id vintage_from vintage_to", f"layer area_id vintage_from vintage_to ages {_DRIVERS}"),
    _t("net_migration", "growth", "area x age band x pair of vintages", "layer area_id age_band vintage_from vintage_to", "layer area_id age_band vintage_from vintage_to ages migrants_change migrants_change_moe? migrants_z? band_basis reliability_class"),
    _t("population_outlook", "growth", "area x age band x year", "layer area_id age_band year", "layer area_id age_band year children_projected children_projected_low? children_projected_high? method error_basis"),
    _t("enrollment_outlook", "outlook", "school, zone or district x fall_year x grade", "unit_kind unit_id fall_year grade", "unit_kind unit_id fall_year grade pupils_projected pupils_projected_low? pupils_projected_high? method interval_basis rule caution?"),
    _t("outlook_totals", "outlook", "school, zone or district x fall_year, all grades", "unit_kind unit_id fall_year", "unit_kind unit_id fall_year pupils_projected pupils_projected_low? pupils_projected_high? method interval_basis caution? pupils_by_residence?"),
    _t("backtest", "outlook", "method x horizon x size class", "method horizon_years size_class", "method horizon_years size_class first_start last_start cases left_cases mean_absolute_error_share mean_error_change weighted_error_share median_error_share against_no_change_ratio? against_last_change_ratio? interval_share? interval_cases is_chosen is_judged"),
    _t("school_changes", "outlook", "change of a school", "school_id fall_year change_kind", "school_id fall_year change_kind grade_codes is_declared reason"),
    _t("state_projection", "outlook", "district by grade x fall_year, as the state's form has it", "fall_year grade", "fall_year grade pupils_projected pupils_of_homes? pupils_with_homes?"),
    _t("capture_ratios", "outlook", "zone, latest fall of flows", "level zone_id", "level zone_id fall_year resident_pupils home_pupils? capture_ratio? capture_low_ratio? capture_high_ratio?"),
    *(
        _t(f"scenario_{slot}", "scenarios", "school, zone or district x fall_year, all grades", "unit_kind unit_id fall_year", "unit_kind unit_id fall_year pupils_projected pupils_projected_low? pupils_projected_high? method")
        for slot in SCENARIOS
    ),
    _t("scenario_outlook", "comparison", "scenario x school, zone or district x fall_year", "scenario unit_kind unit_id fall_year", "scenario unit_kind unit_id fall_year pupils_projected pupils_projected_low? pupils_projected_high? pupils_projected_change?"),
    _t("school_pupils", "utilization", "school that takes seats in a building, latest count", "school_id", "school_id pupils?"),
    _t("utilization", "utilization", "site x definition x fall_year", "site_id capacity_definition fall_year", "site_id capacity_definition fall_year capacity_seats pupils? utilization_ratio? utilization_low_ratio? utilization_high_ratio? surplus_seats? surplus_rooms? surplus_rooms_low? surplus_rooms_high?"),
    _t("capacity_definitions", "utilization", "site x definition", "site_id capacity_definition", "site_id capacity_definition capacity_seats? rooms_counted? pupils_per_room? capacity_status capacity_source"),
    _t("surplus_sites", "utilization", "site", "site_id", "site_id surplus_status definitions_under definitions_known surplus_seats? surplus_rooms? reason surplus_case surplus_rooms_now? surplus_rooms_horizon? rooms_needed_back_year? longest_lease_years? lease_limit"),
    _t("service_gap", "seats", "zone x grade band", "level zone_id", "level zone_id is_approximate resident_pupils? resident_pupils_low? resident_pupils_high? quality_seats? citywide_seats? citywide_pupils? service_level_ratio? service_gap_seats? unmet_seats? service_gap_rank? reliability_class method"),
    _t("seat_access", "seats", "neighborhood x grade band", "neighborhood_id level", "neighborhood_id level access_ratio? relative_access_ratio? is_poor_access"),
    _t("service_gap_variants", "seats", "zone x grade band x way of counting", "level zone_id variant", "level zone_id variant fall_year resident_pupils? resident_pupils_low? resident_pupils_high? quality_seats? service_gap_seats? unmet_seats? service_gap_rank? method"),
    _t("cut_sweep", "seats", "grade band x quality cut", "level cut_change", "level cut_change cut_share? quality_schools quality_seats unmet_seats? zones_without_seats rank_shift?"),
    _t("quality_enrollment", "seats", "school year x operator x group x area", "fall_year run_by student_group layer area_id", "fall_year results_fall run_by student_group layer area_id pupils? pupils_low? pupils_high? quality_pupils? quality_pupils_low? quality_pupils_high? unrated_pupils?"),
    _t("quality_change", "seats", "pair of school years x operator x group x area", "fall_from fall_to run_by student_group layer area_id", "fall_from fall_to run_by student_group layer area_id pupils_change improved_change grown_change opened_change closed_change rated_change"),
    _t("access_methods", "seats", "neighborhood x grade band x method", "neighborhood_id level access_method", "neighborhood_id level access_method access_ratio? relative_access_ratio? is_poor_access"),
    _t("access_groups", "seats", "grade band x group of people", "level measure", "level measure group_count mean_relative_access_ratio? poor_share?"),
    _t("colocation_pairs", "matches", "school looking for a place x offered site", "school_id site_id", "school_id site_id pair_rule needed_seats needed_rooms surplus_rooms? community_m? community_basis travel_m? travel_cost? grade_cost load_cost? move_cost total_cost? reason"),
    _t("colocation_matches", "matches", "school looking for a place", "school_id", "school_id name match_status site_id? further_site_ids? matched_school_id? needed_seats needed_rooms rooms_basis surplus_seats? surplus_rooms? community_m? community_basis? travel_m? total_cost? utilization_ratio? utilization_after_ratio? second_site_id? second_cost_change? pair_share? binding_rule? missing_rooms? solver_gap rooms_needed_back_year? longest_lease_years? is_taken_to_ask reason"),
    _t("room_values", "matches", "offered site", "site_id", "site_id zone_id? placed_rooms rooms_left? utilization_ratio? utilization_after_ratio? room_price room_gain room_pupils_change rooms_to_next? next_school_id?"),
    _t("prop39", "matches", "charter school, for the fall after the study's", "school_id", "school_id fall_year worksheet_status in_district_pupils? pupils_basis in_district_ada? ada_basis comparison_basis comparison_area_id? comparison_school_ids comparison_schools left_out_schools comparison_ada? comparison_classrooms? comparison_specialised_rooms? comparison_shared_rooms? ada_per_classroom_ratio? offered_classrooms? offered_specialised_rooms? offered_shared_rooms? elementary_in_district_ada? middle_in_district_ada? high_in_district_ada? elementary_ada_per_classroom_ratio? middle_ada_per_classroom_ratio? high_ada_per_classroom_ratio? reason"),
    _t("prop39_calendar", "matches", "step of a request", "step", "step date_text event"),
    _t("rfp_inventory", "rfp", "site", "site_id", "site_id rfp_status surplus_case reason definitions_under definitions_known definition_codes horizon_status confidence_class confidence_rule constraint_notes schools_here surplus_seats? surplus_rooms? surplus_rooms_now? surplus_rooms_horizon? rooms_needed_back_year? longest_lease_years? lease_limit lease_offer? site_status condition_class condition_index? building_m2? land_m2? year_built? neighborhood_id? need_rank? need_rank_low? need_rank_high? need_class? gap_level? zone_id? unmet_seats? service_gap_rank? pocket_id? pocket_kind? pocket_distance_m? pocket_reliability_class? relative_access_ratio? poor_access_levels?"),
    _t("rfp_scores", "rfp", "proposal", "proposal_id", "proposal_id site_id name school_id? grade_low grade_high enrollment_in_hand? rooms_asked needed_rooms? proposal_status score_index? score_rank? score_rank_low? score_rank_high? first_share? reason"),
    _t("rfp_score_parts", "rfp", "proposal x part of the rubric", "proposal_id rubric_part", "proposal_id rubric_part part_share? part_weight part_points? evidence"),
    _t("siting_options", "siting", "candidate site", "site_id", "site_id option_rank covered_seats? reason"),
    _t("siting_plans", "siting", "level x way to ask x number of new sites", "level siting_model new_sites", "level siting_model new_sites site_ids wanting_seats served_seats added_seats? mean_travel_m? is_nested optimum_gap_share finding"),
    _t("siting_choices", "siting", "plan x new site", "level siting_model new_sites site_id", "level siting_model new_sites site_id held_seats"),
    _t("siting_coverage", "siting", "neighborhood x level with missing seats", "level neighborhood_id", "level neighborhood_id unmet_seats served_before_seats served_after_seats new_sites"),
    _t("enrollment_zones", "siting", "common enrollment zone x grade", "enrollment_zone level grade", "enrollment_zone level grade zone_ids zone_pupils zone_seats seated_pupils short_seats zone_offered_seats firm_short_seats offered_site_ids least_limit_m? cut_neighborhood_ids cut_school_ids cut_pupils? cut_seats? finding offer_finding all_pupils all_seats all_seated_pupils all_short_seats all_firm_short_seats"),
    _t("recommendations", "recommendations", "recommendation", "recommendation_id", "recommendation_id rule_id subject_kind subject_id statement rule_measure rule_value? rule_value_low? rule_value_high? rule_threshold? evidence reliability_class counter_evidence"),
    _t("growth_need", "recommendations", "neighborhood", "neighborhood_id", "neighborhood_id vintage_from vintage_to age_band children_change? children_change_moe? change_class need_class need_rank? pocket_id? cross_class reliability_class"),
    _t("public_neighborhoods", "publish", "neighborhood", "neighborhood_id", "neighborhood_id name is_approximate inside_share vintage need_index? need_rank? need_rank_low? need_rank_high? need_rank_median? need_rank_shift? need_rank_pairwise_low? need_rank_pairwise_high? high_need_probability_share? need_class hot_spot_class moran_class reliability_class children_0_17? children_0_17_moe?", POLYGONS),
    _t("public_contributions", "publish", "neighborhood x indicator", "neighborhood_id indicator", "neighborhood_id indicator indicator_share? indicator_share_moe? indicator_count? indicator_count_moe? universe_count? universe_count_moe? percentile_share? indicator_weight contribution_index?"),
    _t("public_families", "publish", "neighborhood x index family x norm", "neighborhood_id family norm", "neighborhood_id family norm family_score? family_rank? family_percentile? family_level?"),
    _t("public_family_contributions", "publish", "neighborhood x index family x norm x indicator", "neighborhood_id family norm indicator", "neighborhood_id family norm indicator contribution_index"),
    _t("public_sensitivity", "publish", "factor x what is moved", "moved factor", "moved factor first_order_index first_order_low first_order_high total_index total_low total_high"),
    _t("public_clusters", "publish", "neighborhood x measure", "neighborhood_id cluster_measure", "neighborhood_id cluster_measure smoothed_share? hot_spot_class hot_spot_draws_class moran_class tested_by"),
    _t("public_growth", "publish", "area x age band x pair of vintages", "layer area_id age_band vintage_from vintage_to", "layer area_id age_band vintage_from vintage_to children_from? children_from_moe? children_to? children_to_moe? children_change? children_change_moe? is_significant reliability_class band_basis pocket_evidence"),
    _t("public_incomes", "publish", "area x vintage", "layer area_id vintage", "layer area_id name vintage dollars_year households? median_income_usd? median_income_usd_moe? is_bottom_coded is_top_coded reliability_class"),
    _t("public_interpolation", "publish", "area x count, latest vintage", "layer area_id measure", "layer area_id measure allocated_count? allocated_count_moe? method methods next_count? next_method lowest_count? lowest_method highest_count? highest_method spread_ratio?"),
    _t("public_pockets", "publish", "pocket", "pocket_id", f"pocket_id pocket_kind pocket_areas area_ids areas_changed areas_clustered areas_together age_band vintage_from vintage_to children_from children_from_moe? children_to children_to_moe? children_to_low? children_to_high? children_change children_change_moe? public_share? seats_change? seats_change_low? seats_change_high? ages {_DRIVERS} reliability_class"),
    _t("public_drivers", "publish", "area x pair of vintages", "layer area_id vintage_from vintage_to", f"layer area_id vintage_from vintage_to ages {_DRIVERS}"),
    _t("public_migration", "publish", "area x age band x pair of vintages", "layer area_id age_band vintage_from vintage_to", "layer area_id age_band vintage_from vintage_to ages migrants_change migrants_change_moe? is_significant band_basis reliability_class"),
    _t("public_growth_need", "publish", "neighborhood", "neighborhood_id", "neighborhood_id vintage_from vintage_to age_band children_change? children_change_moe? change_class need_class need_rank? pocket_id? cross_class reliability_class"),
    _t("public_population", "publish", "area x age band x year", "layer area_id age_band year", "layer area_id age_band year vintage_to? children_to? children_projected children_projected_low? children_projected_high? children_projected_change? is_beyond_interval method error_basis"),
    _t("public_zones", "publish", "zone", "level zone_id", "level fall_year zone_id name? is_approximate resident_pupils? quality_seats? service_level_ratio? service_gap_seats? unmet_seats? service_gap_rank? method", POLYGONS),
    _t("public_nearby", "publish", "place x what is looked for x school or site near it", "origin_layer origin_id near_kind destination_id", "origin_layer origin_id near_kind destination_id straight_m"),
    _t("public_neighborhood_zones", "publish", "neighborhood x zone of a tenth or more of its children", "neighborhood_id level zone_id", "neighborhood_id level zone_id zone_share"),
    _t("public_access", "publish", "neighborhood x grade band", "neighborhood_id level", "neighborhood_id level relative_access_ratio? is_poor_access"),
    _t("public_schools", "publish", "school", "school_id", "school_id name sector school_status grade_low? grade_high? is_virtual location_status fall_year? value_text value_status quality_class class_probability_share? is_quality growth_class path_status", POINTS),
    _t("public_quality_years", "publish", "school with a result x fall_year", "school_id fall_year", "school_id fall_year quality_class is_quality"),
    _t("public_targets", "publish", "school, level or district x fall_year of the path", "unit_kind unit_id fall_year", "unit_kind unit_id fall_year base_share? target_share? status_share? on_track_probability_share? path_status is_interim"),
    _t("public_colors", "publish", "school x subject, latest year", "school_id subject", "school_id subject fall_year color_rule status_level change_level color"),
    _t("public_gap_variants", "publish", "zone x grade band x way of counting", "level zone_id variant", "level zone_id variant fall_year resident_pupils? resident_pupils_low? resident_pupils_high? quality_seats? service_gap_seats? unmet_seats? service_gap_rank? method"),
    _t("public_cut_sweep", "publish", "grade band x quality cut", "level cut_change", "level cut_change cut_share? quality_schools? quality_seats? unmet_seats? rank_shift?"),
    _t("public_quality_seats", "publish", "school year x operator x group x area", "fall_year run_by student_group layer area_id", "fall_year results_fall run_by student_group layer area_id pupils quality_pupils unrated_pupils?"),
    _t("public_quality_change", "publish", "pair of school years x operator", "fall_from fall_to run_by student_group layer area_id", "fall_from fall_to run_by student_group layer area_id pupils_change improved_change grown_change opened_change closed_change rated_change"),
    _t("public_access_methods", "publish", "neighborhood x grade band x method", "neighborhood_id level access_method", "neighborhood_id level access_method relative_access_ratio? is_poor_access"),
    _t("public_access_groups", "publish", "grade band x group of people", "level measure", "level measure group_count mean_relative_access_ratio? poor_share?"),
    _t("public_enrollment", "publish", "school x fall_year", "school_id fall_year", "school_id fall_year value_text value_status"),
    _t("public_sectors", "publish", "way of counting x area x fall_year x operator", "counted_by layer area_id fall_year run_by", "counted_by layer area_id fall_year run_by pupils? sector_share? told_schools? hidden_schools? value_status"),
    _t("public_flows", "publish", "zone of residence x school x fall_year, where it may be told", "level zone_id school_id fall_year", "level zone_id school_id fall_year run_by is_home pupils"),
    _t("public_outlook", "publish", "unit x fall_year", "unit_kind unit_id fall_year", "unit_kind unit_id fall_year value_text pupils_projected? pupils_projected_low? pupils_projected_high? pupils_by_residence? method interval_basis rules? caution?"),
    _t("public_outlook_change", "publish", "school or zone x years ahead", "unit_kind unit_id horizon_years", "unit_kind unit_id horizon_years fall_year pupils pupils_projected expected_change expected_change_low? expected_change_high? outlook_evidence"),
    _t("public_outlook_grades", "publish", "district by grade x fall_year", "fall_year grade", "fall_year grade value_text pupils_projected? pupils_projected_low? pupils_projected_high? method interval_basis rule caution?"),
    _t("public_state_projection", "publish", "district by grade x fall_year, as the state's form has it", "fall_year grade", "fall_year grade pupils_projected? pupils_of_homes? pupils_with_homes?"),
    _t("public_scenarios", "publish", "scenario x school, zone or district x fall_year", "scenario unit_kind unit_id fall_year", "scenario unit_kind unit_id fall_year pupils_projected? pupils_projected_low? pupils_projected_high? pupils_projected_change?"),
    _t("public_capture", "publish", "zone, latest fall of flows", "level zone_id", "level zone_id fall_year capture_ratio?"),
    _t("public_school_changes", "publish", "change of a school", "school_id fall_year change_kind", "school_id fall_year change_kind grade_codes is_declared reason"),
    _t("public_backtest", "publish", "method x horizon x size class", "method horizon_years size_class", "method horizon_years size_class first_start last_start cases left_cases mean_absolute_error_share? mean_error_change? weighted_error_share? median_error_share? against_no_change_ratio? against_last_change_ratio? interval_share? interval_cases is_chosen is_judged"),
    _t("public_sites", "publish", "site", "site_id", "site_id name site_status condition_class surplus_status definitions_under? definitions_known surplus_seats? surplus_rooms? reason", POINTS),
    _t("public_utilization", "publish", "site x definition x fall_year", "site_id capacity_definition fall_year", "site_id capacity_definition fall_year capacity_seats? utilization_ratio? utilization_low_ratio? utilization_high_ratio? surplus_seats? surplus_rooms? surplus_rooms_low? surplus_rooms_high?"),
    _t("public_matches", "publish", "school looking for a place", "school_id", "school_id name match_status site_id? further_site_ids? matched_school_id? needed_seats? needed_rooms? rooms_basis surplus_rooms? community_m? community_basis? travel_m? total_cost? utilization_ratio? utilization_after_ratio? second_site_id? second_cost_change? pair_share? binding_rule? missing_rooms? solver_gap rooms_needed_back_year? longest_lease_years? is_taken_to_ask reason"),
    _t("public_pairs", "publish", "school looking for a place x offered site", "school_id site_id", "school_id name site_id pair_rule community_m? community_basis travel_cost? grade_cost? load_cost? move_cost total_cost? reason"),
    _t("public_room_values", "publish", "offered site", "site_id", "site_id zone_id? placed_rooms? rooms_left? utilization_ratio? utilization_after_ratio? room_price? room_gain? room_pupils_change? rooms_to_next? next_school_id?"),
    _t("public_prop39", "publish", "charter school, for the fall after the study's", "school_id", "school_id fall_year worksheet_status pupils_basis in_district_ada? ada_basis comparison_basis comparison_area_id? comparison_school_ids comparison_schools left_out_schools comparison_ada? comparison_classrooms? comparison_specialised_rooms? comparison_shared_rooms? ada_per_classroom_ratio? offered_classrooms? offered_specialised_rooms? offered_shared_rooms? elementary_in_district_ada? middle_in_district_ada? high_in_district_ada? elementary_ada_per_classroom_ratio? middle_ada_per_classroom_ratio? high_ada_per_classroom_ratio? reason"),
    _t("public_prop39_calendar", "publish", "step of a request", "step", "step date_text event"),
    _t("public_capacity", "publish", "site x definition", "site_id capacity_definition", "site_id capacity_definition capacity_seats? rooms_counted? capacity_status capacity_source"),
    _t("public_rooms", "publish", "site x room type x portable", "site_id room_type is_portable", "site_id room_type is_portable rooms"),
    _t("public_rfp", "publish", "site", "site_id", "site_id name? address? rfp_status surplus_case reason definitions_under? definitions_known definition_codes horizon_status confidence_class confidence_rule constraint_notes schools_here surplus_seats? surplus_rooms? surplus_rooms_now? surplus_rooms_horizon? rooms_needed_back_year? longest_lease_years? lease_limit lease_offer? site_status condition_class condition_index? building_m2? land_m2? year_built? neighborhood_id? need_rank? need_rank_low? need_rank_high? need_class? gap_level? zone_id? unmet_seats? service_gap_rank? pocket_id? pocket_kind? pocket_distance_m? pocket_reliability_class? relative_access_ratio? poor_access_levels?"),
    _t("public_rfp_scores", "publish", "proposal", "proposal_id", "proposal_id site_id name grade_low grade_high rooms_asked needed_rooms? proposal_status score_index? score_rank? score_rank_low? score_rank_high? first_share? reason"),
    _t("public_rfp_score_parts", "publish", "proposal x part of the rubric", "proposal_id rubric_part", "proposal_id rubric_part part_share? part_weight? part_points? evidence"),
    _t("public_siting", "publish", "candidate site", "site_id", "site_id option_rank covered_seats? reason"),
    _t("public_siting_plans", "publish", "level x way to ask x number of new sites", "level siting_model new_sites", "level siting_model new_sites site_ids wanting_seats served_seats? added_seats? mean_travel_m? is_nested optimum_gap_share finding"),
    _t("public_siting_choices", "publish", "plan x new site", "level siting_model new_sites site_id", "level siting_model new_sites site_id held_seats?"),
    _t("public_siting_coverage", "publish", "neighborhood x level with missing seats", "level neighborhood_id", "level neighborhood_id unmet_seats served_before_seats served_after_seats? new_sites"),
    _t("public_enrollment_zones", "publish", "common enrollment zone x grade", "enrollment_zone level grade", "enrollment_zone level grade zone_ids zone_pupils? zone_seats seated_pupils? short_seats? zone_offered_seats? firm_short_seats? offered_site_ids cut_neighborhood_ids cut_school_ids finding offer_finding all_pupils? all_seats all_seated_pupils? all_short_seats? all_firm_short_seats?"),
    _t("public_recommendations", "publish", "recommendation", "recommendation_id", "recommendation_id rule_id subject_kind subject_id statement rule_measure rule_value? rule_value_low? rule_value_high? rule_threshold? evidence reliability_class counter_evidence"),
    _t("public_lines", "publish", "line for the committee", "line", "line topic is_told statement evidence? reliability_class"),
    _t("public_changes", "publish", "subject x level x fact, since the last release", "subject_kind subject_id fact_level fact", "release_id subject_kind subject_id fact_level fact period_from period_to value_from value_to value_change value_low_from? value_low_to? value_high_from? value_high_to? change_evidence changed_by"),
    _t("public_missing", "publish", "thing the study lacks or a reader must know", "line", "line stage entry subject_name reason"),
    _t("disclosure", "publish", "published table", "public_table", "public_table shown_cells primary_hidden_cells complementary_hidden_cells reason"),
    *(
        _t(f"ledger_{stage}", stage, "ledger line", "line", _LEDGER)
        for stage in ("census", "boundaries", "schools", "facilities", "relations", "profiles", "quality", "need", "growth", "outlook", "comparison", "seats", "utilization", "rfp", "matches", "siting", "recommendations", "publish")
    ),
)  # fmt: skip

# What a release keeps of the published tables, in releases/.
FROZEN: tuple[Table, ...] = (
    _t("release_facts", "", "release x subject x level x fact x period", "release_id subject_kind subject_id fact_level fact period", "release_id release_number fall_year method_number subject_kind subject_id fact_level fact period fact_value? fact_value_low? fact_value_high? value_status made_by?"),
)  # fmt: skip

BY_TABLE = {table.name: table for table in (*INPUTS, *TABLES, *FROZEN)}


def empty(name: str, crs: str) -> pd.DataFrame:
    """A table without rows, for what a study has no data for; shapes are in ``crs``."""
    import pandas as pd

    table = BY_TABLE[name]
    types = {c: KINDS[BY_NAME[c].kind] for c in table.names if c != "geometry"}
    frame = pd.DataFrame(
        {c: pd.Series(dtype="Int64" if t == "int64" and c not in table.required else t) for c, t in types.items()}
    )
    if not table.is_spatial:
        return frame
    import geopandas

    return geopandas.GeoDataFrame(frame, geometry=geopandas.GeoSeries([], crs=crs), crs=crs)


LONGEST_NAME = 200


LONGEST_TEXT = 2_000


def check(table: Table, frame: pd.DataFrame, subject: str = "", rows: pd.Series | None = None) -> pd.DataFrame:
    """Hold a frame to a table's contract; return it in contract order, typed and sorted by key.

    Nulls are refused where the column is not marked ``?``; keys must be unique; text columns
    must be text, names and the texts of inputs no longer than a page has room for, and ids of inputs without what
    stands between several ids; counts and margins must not be
    negative; shares lie in 0-1; categories hold their declared values; shapes must be valid,
    present and in a projected CRS. ``rows`` are those of the file a frame was read from: messages name them.

    Raises
    ------
    ContractError
        With every fault of the frame in one message.
    """
    faults: list[Fault] = []
    name = subject or f"table {table.name}"
    extra = [c for c in frame.columns if c not in table.names]
    lacking = [c for c in table.names if c not in frame.columns]
    for columns, what, remedy in (
        (extra, "column is not in the contract", "Drop it or declare it in pipeline/tables.py."),
        (lacking, "column is missing", "Deliver it; an optional one may be all empty."),
    ):
        if columns:
            faults.append(
                Fault("E-COLUMNS", f"{what}: {', '.join(map(str, columns))}", len(columns), str(columns[0]), remedy)
            )
    if faults:
        raise ContractError(name, faults)
    frame = frame[table.names].copy()
    for column in table.names:
        if column != "geometry":
            faults.extend(_column_faults(table, frame, column, rows))
    if table.is_spatial:
        faults.extend(geometry_faults(table, frame, rows))
    if table.key and not faults:
        doubled = frame.duplicated(list(table.key), keep=False)
        if doubled.any():
            faults.append(
                Fault(
                    "E-KEY-DUP",
                    f"rows share the key ({', '.join(table.key)})",
                    int(doubled.sum()),
                    _where(table, frame, doubled, rows),
                    "Give each row its own key, or drop the copies.",
                )
            )
    if faults:
        raise ContractError(name, faults)
    by = list(table.key) or [c for c in table.names if c != "geometry"]
    return frame.sort_values(by, kind="stable").reset_index(drop=True)


def _where(table: Table, frame: pd.DataFrame, mask: pd.Series, rows: pd.Series | None) -> str:
    at = int(mask.to_numpy().argmax())
    row, number = frame.iloc[at], at + 1 if rows is None else int(rows.iloc[at])
    place = ", ".join(f"{k}={_plain(row[k])}" for k in (table.key or table.names[:3]))
    return f"row {number}, {place}"


def _plain(value: Any) -> Any:
    """A number as people write it: -7, and neither -7.0 nor np.float64(-7.0)."""
    value = value.item() if hasattr(value, "item") else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _column_faults(table: Table, frame: pd.DataFrame, name: str, rows: pd.Series | None) -> list[Fault]:
    import pandas as pd

    column = BY_NAME[name]
    dtype = KINDS[column.kind]
    values = frame[name]
    if dtype == "str":
        is_text = pd.Series([isinstance(value, str) for value in values], index=values.index, dtype="bool")
        not_text = values.notna() & ~is_text
        if not_text.any():
            first = f"{_where(table, frame, not_text, rows)}: {values[not_text].iloc[0]!r}"
            return [
                Fault(
                    "E-NOT-TEXT",
                    f"{name} must be text",
                    int(not_text.sum()),
                    first,
                    "Read ids and labels as text, so that leading zeros stay.",
                )
            ]
        frame[name] = values.astype("str")
    else:
        if column.kind == "year" and name not in table.required:
            dtype = "Int64"
        try:
            frame[name] = values.astype("bool" if dtype == "bool" and values.notna().all() else dtype)
        except (TypeError, ValueError) as error:
            return [
                Fault(
                    "E-NOT-NUMBER",
                    f"{name} must be {dtype}",
                    1,
                    str(error),
                    "Parse it in the source, with a rule for each code that is not a number.",
                )
            ]
    values = frame[name]
    missing = values.isna()
    bad: list[tuple[str, str, pd.Series, str]] = []
    if name in table.required:
        bad.append(("E-NULL", f"{name} must not be empty", missing, "Fill it or drop the row with a ledger line."))
    if column.values:
        allowed = ", ".join(column.values)
        bad.append(
            (
                "E-CATEGORY",
                f"{name} must be one of {allowed}",
                ~missing & ~values.isin(column.values),
                "Map the code in the study or the source.",
            )
        )
    if name == "name":
        bad.append(
            (
                "E-TEXT-LONG",
                f"a name must have at most {LONGEST_NAME} letters",
                values.str.len().gt(LONGEST_NAME),
                "Shorten it in the file: no page, packet or workbook has room for more.",
            )
        )
    elif column.kind == "text" and not table.stage:
        bad.append(
            (
                "E-TEXT-LONG",
                f"{name} must have at most {LONGEST_TEXT:,} letters",
                values.str.len().gt(LONGEST_TEXT),
                "Shorten it in the file: no page, packet or workbook has room for more.",
            )
        )
    if column.kind == "key" and not table.stage and not column.pattern:
        bad.append(
            (
                "E-ID-APART",
                f"{name} must not hold {APART!r}",
                values.str.contains(APART, regex=False).eq(True),
                "It stands between ids where several share a cell: write the id in another way.",
            )
        )
    if column.pattern:
        bad.append(
            (
                "E-PATTERN",
                f"{name} must look like {column.pattern}",
                ~missing & ~values.astype("str").str.fullmatch(column.pattern),
                "Check the column for lost zeros or other ids.",
            )
        )
    if column.kind in ("count", "margin", "ratio"):
        bad.append(
            (
                "E-NEGATIVE",
                f"{name} must not be negative",
                (values < 0).fillna(False),
                "A negative count is a missing-value code or a typo: declare it, or correct it.",
            )
        )
    if column.kind == "share":
        bad.append(
            (
                "E-SHARE",
                f"{name} must lie between 0 and 1",
                ((values < 0) | (values > 1 + 1e-9)).fillna(False),
                "Percent must be divided by 100.",
            )
        )
    if dtype == "float64":
        infinite = values.isin([float("inf"), float("-inf")])
        bad.append(("E-INFINITE", f"{name} must be finite", infinite, "A rate over nothing is empty, not infinite."))
    return [
        Fault(
            code,
            what,
            int(mask.sum()),
            f"{_where(table, frame, mask, rows)}: {_plain(frame.loc[mask, name].iloc[0])!r}",
            remedy,
        )
        for code, what, mask, remedy in bad
        if pd.Series(mask).any()
    ]


def geometry_faults(table: Table, frame: pd.DataFrame, rows: pd.Series | None = None) -> list[Fault]:
    """What is wrong with the shapes of a table and their CRS."""
    import numpy as np
    import pandas as pd
    import shapely

    crs = getattr(frame, "crs", None)
    if unfit := unfit_crs(crs):
        what = f"shapes must be in the study's equal-area CRS: {unfit}"
        return [Fault("E-CRS", what, 1, crs_name(crs), "Reproject in the source; areas in degrees are wrong.")]
    shapes = frame["geometry"]
    # to_numpy: a null shape is neither valid nor empty, so each test says what it means
    values = shapes.to_numpy()
    missing = shapely.is_missing(values) | shapely.is_empty(values)
    checks = [
        (
            "E-GEOM-INVALID",
            "shape is not valid",
            ~missing & ~shapely.is_valid(values),
            "Repair it in the source, with a record.",
        )
    ]
    if "geometry" in table.required:
        checks.append(
            ("E-GEOM-EMPTY", "shape is missing or empty", missing, "Find the shape or drop the row with a ledger line.")
        )
    kinds = shapes.geom_type.to_numpy()
    checks.append(
        (
            "E-GEOM-TYPE",
            f"shape must be {' or '.join(table.geometry_types)}",
            ~missing & ~np.isin(kinds.astype(object), table.geometry_types),
            "Take the polygons (or points) out of it.",
        )
    )
    return [
        Fault(code, what, int(mask.sum()), _where(table, frame, pd.Series(mask, index=frame.index), rows), remedy)
        for code, what, mask, remedy in checks
        if mask.any()
    ]
