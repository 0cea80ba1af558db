"""Every table: its name, grain, key and columns, and the check that holds it to them.

`?` after a column says that it may be empty. `geometry_types` names the shapes a table may
hold. Tables marked `stage=""` are the tidy shapes that sources must deliver.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pipeline.columns import BY_NAME, CENSUS_COUNTS, KINDS
from pipeline.crs import unfit_crs
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

# What sources deliver: one canonical shape for each kind of raw file.
INPUTS: tuple[Table, ...] = (
    _t("area_shapes", "", "census area x vintage", "area_level vintage area_geoid", "area_level vintage area_geoid name? land_m2? water_m2?", POLYGONS),
    _t("area_counts", "", "census area x vintage", "area_level vintage area_geoid", f"area_level vintage area_geoid {_COUNTS}"),
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
    _t("flow_counts", "", "zone x school x fall_year", "level zone_id school_id fall_year", f"level zone_id school_id fall_year {_PUPILS}"),
    _t("site_list", "", "site", "site_id", "site_id name site_status is_district_owned address? building_m2? land_m2? year_built? condition_class condition_index? given_capacity_seats?", POINTS),
    _t("room_counts", "", "site x room type x portable", "site_id room_type is_portable", "site_id room_type is_portable rooms"),
    _t("site_schools", "", "school at site", "school_id", "school_id site_id"),
    _t("project_list", "", "housing project", "project_id", "project_id name home_type planned_homes first_year last_year", POINTS),
)  # fmt: skip

TABLES: tuple[Table, ...] = (
    _t("census_areas", "census", "census area x vintage", "area_level vintage area_geoid", f"area_level vintage area_geoid name? land_m2? water_m2? {_COUNTS}", POLYGONS),
    _t("area_facts", "census", "census area x vintage, without its shape", "area_level vintage area_geoid", f"area_level vintage area_geoid name? land_m2? water_m2? {_COUNTS}"),
    _t("area_brackets", "census", "census area x vintage x bracket", "area_level vintage area_geoid measure bracket", _BRACKETS),
    _t("census_blocks", "census", "census block", "block_geoid", "block_geoid vintage population homes? children_0_4? children_5_9? children_10_14? children_15_17? children_0_17? land_m2?", POLYGONS),
    _t("vintage_crosswalk", "census", "area of one census x area of another", "source_layer source_id target_layer target_id", "source_layer source_id target_layer target_id weight method"),
    _t("residential_lots", "census", "residential lot x vintage", "vintage lot_id", "vintage lot_id population homes?", POINTS),
    _t("uninhabited_ground", "census", "piece of ground on which nobody lives", "ground_id", "ground_id ground_use name?", POLYGONS),
    _t("raster_grids", "census", "vintage of a population raster", "vintage", f"vintage {_GRID}"),
    _t("raster_cells", "census", "raster cell x vintage", "vintage cell_row cell_column", f"vintage cell_row cell_column {_CELL_COUNTS}"),
    _t("births", "census", "year x area", "year area_id", "year area_id births"),
    _t("zones", "boundaries", "zone x level x school year", "level fall_year zone_id", "level fall_year zone_id name? school_id? is_approximate", POLYGONS),
    _t("neighborhoods", "boundaries", "neighborhood", "neighborhood_id", "neighborhood_id name is_approximate", POLYGONS),
    _t("neighborhood_names", "boundaries", "neighborhood, without its shape", "neighborhood_id", "neighborhood_id name is_approximate"),
    _t("zone_names", "boundaries", "zone in force, without its shape", "level fall_year zone_id", "level fall_year zone_id name? school_id? is_approximate"),
    _t("district", "boundaries", "district (one row)", "district_id", "district_id name", POLYGONS),
    _t("schools", "schools", "school", "school_id", "school_id name sector school_status grade_low? grade_high? is_virtual is_place is_citywide nces_id? site_id? opened_fall? closed_fall? location_status", POINTS),
    _t("school_facts", "schools", "school, without its place on the map", "school_id", "school_id name sector school_status grade_low? grade_high? is_virtual is_place is_citywide site_id? opened_fall? closed_fall? location_status serves_elementary serves_middle serves_high"),
    _t("enrollment", "schools", "school x fall_year x grade x group", "school_id fall_year grade student_group", f"school_id fall_year grade student_group {_PUPILS}"),
    _t("enrollment_groups", "schools", "school x fall_year x group, all grades", "school_id fall_year student_group", f"school_id fall_year student_group {_PUPILS}"),
    _t("performance", "schools", "school x fall_year x subject, all grades", "school_id fall_year subject", "school_id fall_year subject pupils_tested? pupils_meeting? points_share? value_status"),
    _t("flows", "schools", "zone of residence x school x fall_year", "level zone_id school_id fall_year", f"level zone_id school_id fall_year {_PUPILS}"),
    _t("sites", "facilities", "site", "site_id", "site_id name site_status is_district_owned address? building_m2? land_m2? year_built? condition_class condition_index? given_capacity_seats?", POINTS),
    _t("site_facts", "facilities", "site, without its place on the map", "site_id", "site_id name site_status is_district_owned address? building_m2? land_m2? year_built? condition_class condition_index? given_capacity_seats?"),
    _t("rooms", "facilities", "site x room type x portable", "site_id room_type is_portable", "site_id room_type is_portable rooms"),
    _t("school_sites", "facilities", "school at its site", "school_id", "school_id site_id"),
    _t("housing_projects", "facilities", "housing project", "project_id", "project_id name home_type planned_homes first_year last_year", POINTS),
    _t("project_facts", "facilities", "housing project, without its place on the map", "project_id", "project_id name home_type planned_homes first_year last_year"),
    _t("crosswalk", "relations", "source area x target area x carrier", "source_layer source_id target_layer target_id carrier", "source_layer source_id target_layer target_id carrier weight method"),
    _t("interpolation_error", "relations", "source layer x target area x count", "source_layer target_layer target_id measure", "source_layer target_layer target_id measure allocated_count? allocated_count_moe? method methods next_count? next_method lowest_count? lowest_method highest_count? highest_method spread_ratio?"),
    _t("adjacency", "relations", "area x neighbor", "layer area_id neighbor_id", "layer area_id neighbor_id shared_m"),
    _t("reach", "relations", "origin x destination within the study's limit", "origin_layer origin_id destination_kind destination_id", "origin_layer origin_id destination_kind destination_id distance_m minutes"),
    _t("membership", "relations", "school x level", "school_id level", "school_id level zone_id? neighborhood_id? match border_distance_m?"),
    _t("site_places", "relations", "site", "site_id", "site_id neighborhood_id? zone_id?"),
    _t("project_places", "relations", "housing project x level", "project_id level", "project_id level zone_id? neighborhood_id?"),
    _t("school_site_distance", "relations", "school x site within the study's limit", "school_id site_id", "school_id site_id distance_m"),
    _t("raster_counts", "relations", "area x raster x measure", "layer area_id vintage measure", "layer area_id vintage measure raster_count coverage_share"),
    _t("zone_profile", "profiles", "zone x vintage", "level fall_year zone_id vintage", f"level fall_year zone_id vintage is_approximate method {_COUNTS}"),
    _t("neighborhood_profile", "profiles", "neighborhood x vintage", "neighborhood_id vintage", f"neighborhood_id vintage is_approximate method {_COUNTS}"),
    _t("district_profile", "profiles", "district x vintage", "district_id vintage", f"district_id vintage method {_COUNTS}"),
    _t("median_incomes", "profiles", "area of a layer x vintage", "layer area_id vintage", "layer area_id vintage households? households_moe? median_income_usd? median_income_usd_moe? is_bottom_coded is_top_coded reliability_class"),
    _t("school_quality", "quality", "school with a place, latest year", "school_id", "school_id fall_year? pupils_tested? status_share? status_low_share? status_high_share? shrunk_share? growth_change? growth_change_moe? quality_class quality_probability_share? is_quality target_share? path_status"),
    _t("need", "need", "neighborhood", "neighborhood_id", "neighborhood_id vintage need_index? need_rank? need_rank_low? need_rank_high? high_need_probability_share? need_class hot_spot_z? hot_spot_class reliability_class"),
    _t("need_contributions", "need", "neighborhood x indicator", "neighborhood_id indicator", "neighborhood_id indicator indicator_share? indicator_share_moe? percentile_share? indicator_weight contribution_index?"),
    _t("school_age_change", "growth", "area x age band x pair of vintages", "layer area_id age_band vintage_from vintage_to", "layer area_id age_band vintage_from vintage_to children_from? children_from_moe? children_to? children_to_moe? children_change? children_change_moe? change_z? is_significant reliability_class"),
    _t("growth_pockets", "growth", "pocket", "pocket_id", "pocket_id pocket_kind pocket_areas area_ids age_band vintage_from vintage_to children_from children_to children_change children_change_moe reliability_class"),
    _t("population_outlook", "growth", "neighborhood x age band x year", "neighborhood_id age_band year", "neighborhood_id age_band year children_projected children_projected_low? children_projected_high? method"),
    _t("enrollment_outlook", "outlook", "school, zone or district x fall_year x grade", "unit_kind unit_id fall_year grade", "unit_kind unit_id fall_year grade pupils_projected pupils_projected_low? pupils_projected_high? method"),
    _t("outlook_totals", "outlook", "school, zone or district x fall_year, all grades", "unit_kind unit_id fall_year", "unit_kind unit_id fall_year pupils_projected pupils_projected_low? pupils_projected_high? method"),
    _t("backtest", "outlook", "method x horizon x size class", "method horizon_years size_class", "method horizon_years size_class cases mean_absolute_error_share mean_error_change error_q10_change error_q90_change"),
    _t("school_pupils", "utilization", "school that takes seats in a building, latest count", "school_id", "school_id pupils?"),
    _t("utilization", "utilization", "site x definition x fall_year", "site_id capacity_definition fall_year", "site_id capacity_definition fall_year capacity_seats pupils? utilization_ratio? utilization_low_ratio? utilization_high_ratio? surplus_seats?"),
    _t("surplus_sites", "utilization", "site", "site_id", "site_id surplus_status definitions_under definitions_known surplus_seats? surplus_rooms? reason"),
    _t("service_gap", "seats", "zone x grade band", "level zone_id", "level zone_id is_approximate resident_pupils? resident_pupils_low? resident_pupils_high? quality_seats? citywide_seats? citywide_pupils? service_level_ratio? service_gap_seats? unmet_seats? service_gap_rank? reliability_class method"),
    _t("seat_access", "seats", "neighborhood x grade band", "neighborhood_id level", "neighborhood_id level access_ratio? relative_access_ratio? is_poor_access"),
    _t("colocation_matches", "matches", "school looking for a place", "school_id", "school_id match_status site_id? matched_school_id? needed_seats surplus_seats? travel_m? reason"),
    _t("siting_options", "matches", "candidate site", "site_id", "site_id option_rank covered_seats? reason"),
    _t("recommendations", "recommendations", "recommendation", "recommendation_id", "recommendation_id rule_id subject_kind subject_id statement evidence reliability_class counter_evidence"),
    _t("public_neighborhoods", "publish", "neighborhood", "neighborhood_id", "neighborhood_id name is_approximate vintage need_index? need_rank? need_rank_low? need_rank_high? high_need_probability_share? need_class hot_spot_class reliability_class children_0_17? children_0_17_moe?", POLYGONS),
    _t("public_contributions", "publish", "neighborhood x indicator", "neighborhood_id indicator", "neighborhood_id indicator indicator_share? indicator_share_moe? percentile_share? indicator_weight contribution_index?"),
    _t("public_growth", "publish", "area x age band x pair of vintages", "layer area_id age_band vintage_from vintage_to", "layer area_id age_band vintage_from vintage_to children_from? children_from_moe? children_to? children_to_moe? children_change? children_change_moe? is_significant reliability_class"),
    _t("public_incomes", "publish", "area x vintage", "layer area_id vintage", "layer area_id vintage households? median_income_usd? median_income_usd_moe? is_bottom_coded is_top_coded reliability_class"),
    _t("public_interpolation", "publish", "area x count, latest vintage", "layer area_id measure", "layer area_id measure allocated_count? allocated_count_moe? method methods next_count? next_method lowest_count? lowest_method highest_count? highest_method spread_ratio?"),
    _t("public_pockets", "publish", "pocket", "pocket_id", "pocket_id pocket_kind pocket_areas area_ids age_band vintage_from vintage_to children_from children_to children_change children_change_moe reliability_class"),
    _t("public_zones", "publish", "zone", "level zone_id", "level fall_year zone_id name? is_approximate resident_pupils? quality_seats? service_level_ratio? service_gap_seats? unmet_seats? service_gap_rank? method", POLYGONS),
    _t("public_access", "publish", "neighborhood x grade band", "neighborhood_id level", "neighborhood_id level relative_access_ratio? is_poor_access"),
    _t("public_schools", "publish", "school", "school_id", "school_id name sector school_status grade_low? grade_high? is_virtual location_status fall_year? value_text value_status quality_class is_quality path_status", POINTS),
    _t("public_enrollment", "publish", "school x fall_year", "school_id fall_year", "school_id fall_year value_text value_status"),
    _t("public_outlook", "publish", "unit x fall_year", "unit_kind unit_id fall_year", "unit_kind unit_id fall_year value_text pupils_projected? pupils_projected_low? pupils_projected_high? method"),
    _t("public_backtest", "publish", "method x horizon x size class", "method horizon_years size_class", "method horizon_years size_class cases mean_absolute_error_share mean_error_change"),
    _t("public_sites", "publish", "site", "site_id", "site_id name site_status condition_class surplus_status definitions_under definitions_known surplus_seats? surplus_rooms? reason", POINTS),
    _t("public_utilization", "publish", "site x definition x fall_year", "site_id capacity_definition fall_year", "site_id capacity_definition fall_year capacity_seats utilization_ratio? utilization_low_ratio? utilization_high_ratio? surplus_seats?"),
    _t("public_matches", "publish", "school looking for a place", "school_id", "school_id match_status site_id? matched_school_id? needed_seats? travel_m? reason"),
    _t("public_siting", "publish", "candidate site", "site_id", "site_id option_rank covered_seats? reason"),
    _t("public_recommendations", "publish", "recommendation", "recommendation_id", "recommendation_id rule_id subject_kind subject_id statement evidence reliability_class counter_evidence"),
    _t("public_missing", "publish", "thing the study lacks or a reader must know", "line", "line stage entry subject_name reason"),
    _t("disclosure", "publish", "published table", "public_table", "public_table shown_cells primary_hidden_cells complementary_hidden_cells reason"),
    *(
        _t(f"ledger_{stage}", stage, "ledger line", "line", _LEDGER)
        for stage in ("census", "boundaries", "schools", "facilities", "relations", "profiles", "quality", "need", "growth", "outlook", "seats", "utilization", "matches", "recommendations", "publish")
    ),
)  # fmt: skip

BY_TABLE = {table.name: table for table in (*INPUTS, *TABLES)}


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


def check(table: Table, frame: pd.DataFrame, subject: str = "") -> pd.DataFrame:
    """Hold a frame to a table's contract; return it in contract order, typed and sorted by key.

    Nulls are refused where the column is not marked ``?``; keys must be unique; text columns
    must be text; counts and margins must not be negative; shares lie in 0-1; categories hold
    their declared values; shapes must be valid, present and in a projected CRS.

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
            faults.extend(_column_faults(table, frame, column))
    if table.is_spatial:
        faults.extend(_geometry_faults(table, frame))
    if table.key and not faults:
        doubled = frame.duplicated(list(table.key), keep=False)
        if doubled.any():
            faults.append(
                Fault(
                    "E-KEY-DUP",
                    f"rows share the key ({', '.join(table.key)})",
                    int(doubled.sum()),
                    _where(table, frame, doubled),
                    "Give each row its own key, or drop the copies.",
                )
            )
    if faults:
        raise ContractError(name, faults)
    by = list(table.key) or [c for c in table.names if c != "geometry"]
    return frame.sort_values(by, kind="stable").reset_index(drop=True)


def _where(table: Table, frame: pd.DataFrame, mask: pd.Series) -> str:
    row = frame.loc[mask].iloc[0]
    place = ", ".join(f"{k}={_plain(row[k])}" for k in (table.key or table.names[:3]))
    return f"row {int(mask.to_numpy().argmax()) + 1}, {place}"


def _plain(value: Any) -> Any:
    """A number as people write it: -7, and neither -7.0 nor np.float64(-7.0)."""
    value = value.item() if hasattr(value, "item") else value
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _column_faults(table: Table, frame: pd.DataFrame, name: str) -> list[Fault]:
    import pandas as pd

    column = BY_NAME[name]
    dtype = KINDS[column.kind]
    values = frame[name]
    if dtype == "str":
        is_text = pd.Series([isinstance(value, str) for value in values], index=values.index, dtype="bool")
        not_text = values.notna() & ~is_text
        if not_text.any():
            first = f"{_where(table, frame, not_text)}: {values[not_text].iloc[0]!r}"
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
            f"{_where(table, frame, mask)}: {_plain(frame.loc[mask, name].iloc[0])!r}",
            remedy,
        )
        for code, what, mask, remedy in bad
        if pd.Series(mask).any()
    ]


def _geometry_faults(table: Table, frame: pd.DataFrame) -> list[Fault]:
    import numpy as np
    import pandas as pd
    import shapely

    crs = getattr(frame, "crs", None)
    if unfit := unfit_crs(crs):
        what = f"shapes must be in the study's equal-area CRS: {unfit}"
        return [Fault("E-CRS", what, 1, str(crs), "Reproject in the source; areas in degrees are wrong.")]
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
        Fault(code, what, int(mask.sum()), _where(table, frame, pd.Series(mask, index=frame.index)), remedy)
        for code, what, mask, remedy in checks
        if mask.any()
    ]
