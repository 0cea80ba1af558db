"""The data dictionary: every column of every table, defined once.

A column's *kind* says what may be done with it. Counts and their margins travel
(`analysis.crosswalk.allocate` takes nothing else); shares, ratios, indices and ranks are
computed where they arrive and are never summed, averaged or interpolated.
"""

from __future__ import annotations

from dataclasses import dataclass

KINDS = {
    "key": "str",
    "category": "str",
    "text": "str",
    "year": "int64",
    "position": "int64",
    "count": "float64",
    "margin": "float64",
    "change": "float64",
    "share": "float64",
    "ratio": "float64",
    "index": "float64",
    "rank": "float64",
    "measure": "float64",
    "flag": "bool",
    "geometry": "geometry",
}


@dataclass(frozen=True)
class Column:
    """One column: its kind, unit and meaning.

    ``over`` names the count it is a share of, ``carrier`` whose whereabouts it travels by.
    """

    name: str
    kind: str
    meaning: str
    unit: str = ""
    over: str | None = None
    values: tuple[str, ...] = ()
    pattern: str | None = None
    carrier: str | None = None


GRADES = ("PK", "TK", "KG", *(f"{g:02d}" for g in range(1, 13)), "UG")
LEVELS = ("elementary", "middle", "high")
SECTORS = ("district", "charter", "private")
STUDENT_GROUPS = (
    "all",
    "low_income",
    "english_learner",
    "disability",
    "homeless",
    "foster",
    "migrant",
    "unduplicated",
    "asian",
    "black",
    "filipino",
    "hispanic",
    "native_american",
    "pacific_islander",
    "two_or_more",
    "white",
    "race_not_reported",
)
ABSENCE = ("reported", "suppressed", "not_reported", "not_applicable", "unreliable")
RELIABILITY = ("high", "medium", "low", "not_known")
HIDDEN = "*"

# Whose whereabouts within a census area decide where a count goes: children of an age are not
# spread like adults, nor homes like people.
CARRIERS = (
    "children_0_4",
    "children_5_9",
    "children_10_14",
    "children_15_17",
    "children",
    "adults",
    "people",
    "homes",
)

# Census counts: each has a margin of error beside it (`<count>_moe`), a 90% one. Beside the meaning:
# the count it is a part of, and who carries it.
_CENSUS_COUNTS = (
    ("population", "People living in the area", "population", "people"),
    ("children_0_4", "Children under 5", "population", "children_0_4"),
    ("children_5_9", "Children aged 5 to 9", "population", "children_5_9"),
    ("children_10_14", "Children aged 10 to 14", "population", "children_10_14"),
    ("children_15_17", "Children aged 15 to 17", "population", "children_15_17"),
    ("children_0_17", "Children under 18", "population", "children"),
    ("poverty_universe", "People whose poverty status is known", "population", "people"),
    ("people_in_poverty", "People below 100% of the poverty line", "poverty_universe", "people"),
    ("people_below_200_poverty", "People below 200% of the poverty line", "poverty_universe", "people"),
    ("child_poverty_universe", "Children whose poverty status is known", "children_0_17", "children"),
    ("children_in_poverty", "Children below 100% of the poverty line", "child_poverty_universe", "children"),
    ("households", "Households", "households", "homes"),
    (
        "limited_english_households",
        "Households with no one 14 or older speaking English very well",
        "households",
        "homes",
    ),
    ("people_5_plus", "People aged 5 and over", "population", "people"),
    ("people_limited_english", "People aged 5 and over who speak English less than well", "people_5_plus", "people"),
    ("adults_25_plus", "Adults aged 25 and over", "population", "adults"),
    ("adults_without_diploma", "Adults aged 25 and over without a high-school diploma", "adults_25_plus", "adults"),
    ("families_with_children", "Families with own children under 18", "families_with_children", "children"),
    ("single_parent_families", "Single-parent families with children under 18", "families_with_children", "children"),
    ("single_parent_households", "Single-parent households with children under 18", "households", "homes"),
    ("occupied_homes", "Occupied homes", "occupied_homes", "homes"),
    ("homes_without_vehicle", "Occupied homes without a vehicle", "occupied_homes", "homes"),
    ("renter_homes", "Homes lived in by renters", "occupied_homes", "homes"),
    ("crowded_homes", "Occupied homes with more people than rooms", "occupied_homes", "homes"),
    ("homes", "Homes, occupied or vacant", "homes", "homes"),
    ("labor_force", "People aged 16 and over in the labor force", "population", "adults"),
    ("unemployed_people", "People aged 16 and over in the labor force without work", "labor_force", "adults"),
    ("civilians", "Civilians not living in institutions", "population", "people"),
    ("people_with_disability", "Civilians not living in institutions who have a disability", "civilians", "people"),
)
CENSUS_COUNTS = tuple(name for name, *_ in _CENSUS_COUNTS)
CHILD_COUNTS = ("children_0_4", "children_5_9", "children_10_14", "children_15_17")

_GEOID = r"[0-9A-Za-z]+"
C = Column
COLUMNS: tuple[Column, ...] = (
    # places and organisations
    C("district_id", "key", "The school district", pattern=_GEOID),
    C("zone_id", "key", "Attendance zone, unique within level and school year"),
    C("neighborhood_id", "key", "Neighborhood: the unit of the need index"),
    C("school_id", "key", "A school: an organisation (CDS, NCES or the district's own number)"),
    C("site_id", "key", "A site: a place with one or more buildings"),
    C("area_geoid", "key", "Census area (block group 12, tract 11 characters, or the publisher's id)", pattern=_GEOID),
    C("block_geoid", "key", "Census block, 15 digits", pattern=r"\d{15}"),
    C("lot_id", "key", "Residential lot"),
    C("cell_row", "position", "Row of a raster cell in its grid, from 0 in the north"),
    C("cell_column", "position", "Column of a raster cell in its grid, from 0 in the west"),
    C("project_id", "key", "Housing project"),
    C("pocket_id", "key", "Growth pocket: adjoining areas that change together"),
    C("recommendation_id", "key", "Recommendation"),
    C("nces_id", "key", "National school id, 12 digits", pattern=r"\d{12}"),
    C("name", "text", "Name, as its publisher writes it"),
    C("address", "text", "Street address"),
    C("geometry", "geometry", "Shape in the study's equal-area CRS"),
    C("level", "category", "School level a zone serves", values=LEVELS),
    C(
        "area_level",
        "category",
        "Kind of census area",
        values=("block_group", "tract", "neighborhood", "school_district"),
    ),
    C("layer", "category", "Layer of shapes: 'neighborhood', 'district', 'zone <level> <fall year>'"),
    C("area_id", "key", "Area of the layer named beside it"),
    C("neighbor_id", "key", "Area of the same layer that shares a border"),
    C("vintage", "category", "Period of a census figure, such as 2019-2023", pattern=r"\d{4}(-\d{4})?"),
    C("vintage_from", "category", "Earlier vintage of a comparison", pattern=r"\d{4}(-\d{4})?"),
    C("vintage_to", "category", "Later vintage of a comparison", pattern=r"\d{4}(-\d{4})?"),
    C("geography_from", "category", "Census whose areas the counts are on: 2000, 2010 or 2020", pattern=r"\d{4}"),
    C("geography_to", "category", "Census whose areas they are brought to", pattern=r"\d{4}"),
    C("area_geoid_from", "key", "Census area of the one census", pattern=_GEOID),
    C("area_geoid_to", "key", "Census area of the other census that shares ground with it", pattern=_GEOID),
    C("block_geoid_from", "key", "Census block of the one census, 15 digits", pattern=r"\d{15}"),
    C("block_geoid_to", "key", "Census block of the other census that shares ground with it", pattern=r"\d{15}"),
    C("fall_year", "year", "School year, by the calendar year of its autumn"),
    C("is_approximate", "flag", "The zone is drawn by nearest school because none is published"),
    C("land_m2", "measure", "Land area", "m2"),
    C("water_m2", "measure", "Water area", "m2"),
    # schools and pupils
    C("sector", "category", "Who runs the school", values=SECTORS),
    C("school_status", "category", "Whether the school takes pupils", values=("open", "closed", "planned")),
    C("grade", "category", "Grade; PK, TK, KG, 01-12, UG ungraded", values=GRADES),
    C("grade_low", "category", "Lowest grade served", values=GRADES),
    C("grade_high", "category", "Highest grade served", values=GRADES),
    C("is_virtual", "flag", "Teaches online: has no place"),
    C("is_place", "flag", "A school with a place, not an accounting code such as a district office"),
    C("is_citywide", "flag", "Takes pupils from the whole district, no zone of its own"),
    C("serves_elementary", "flag", "Has a grade of the elementary band in its span, or a tenth of its pupils there"),
    C("serves_middle", "flag", "Has a grade of the middle band in its span, or a tenth of its pupils there"),
    C("serves_high", "flag", "Has a grade of the high band in its span, or a tenth of its pupils there"),
    C("opened_fall", "year", "First school year"),
    C("closed_fall", "year", "First school year without pupils"),
    C(
        "location_status",
        "category",
        "How the school was placed",
        values=("located", "virtual", "not_a_place", "no_coordinates", "outside_district"),
    ),
    C("student_group", "category", "Group of pupils", values=STUDENT_GROUPS),
    C("value_status", "category", "Whether the number is there, and if not why", values=ABSENCE),
    C("pupils", "count", "Pupils on roll on the count day", "pupils"),
    C("pupils_low", "count", "Least the number of pupils can be (suppressed cells are intervals)", "pupils"),
    C("pupils_high", "count", "Most the number of pupils can be", "pupils"),
    C(
        "subject",
        "category",
        "What was measured",
        values=("ela", "math", "science", "graduation", "attendance", "rating"),
    ),
    C("pupils_tested", "count", "Pupils with a result", "pupils"),
    C("pupils_meeting", "count", "Pupils meeting the standard", "pupils"),
    C("points_share", "share", "Share of the points a state rating can award"),
    # facilities
    C("site_status", "category", "Use of the site", values=("open", "closed", "surplus", "swing", "leased")),
    C("is_district_owned", "flag", "The district owns the site"),
    C("building_m2", "measure", "Floor area", "m2"),
    C("year_built", "year", "Year the main building was built"),
    C("condition_class", "category", "Building condition", values=("good", "fair", "poor", "very_poor", "not_known")),
    C("condition_index", "index", "Facility condition index: repair cost over replacement cost, 0 best"),
    C("given_capacity_seats", "count", "Capacity as the district or state gives it", "seats"),
    C(
        "room_type",
        "category",
        "Use of a room",
        values=("classroom", "special_day", "preschool", "specialised", "shared", "other"),
    ),
    C("is_portable", "flag", "In a portable building"),
    C("rooms", "count", "Rooms", "rooms"),
    C(
        "home_type",
        "category",
        "Kind of home",
        values=("single_family", "attached", "apartment", "affordable_apartment", "other"),
    ),
    C("planned_homes", "count", "Homes planned", "homes"),
    C("first_year", "year", "Calendar year"),
    C("last_year", "year", "Calendar year"),
    C("births", "count", "Live births to residents", "births"),
    C("year", "year", "Calendar year"),
    C("bracket", "year", "Number of the bracket, 1 the lowest"),
    C("bracket_low_usd", "measure", "Income from which the bracket counts; empty: open below", "usd"),
    C("bracket_high_usd", "measure", "Income at which the next bracket begins; empty: open above", "usd"),
    C("median_income_usd", "measure", "Median household income, rebuilt from households by bracket", "usd"),
    C(
        "median_income_usd_moe",
        "margin",
        "90% margin of the median; empty where it reaches into an open bracket",
        "usd",
    ),
    C("is_bottom_coded", "flag", "The median lies in the lowest, open bracket: it is at most the number given"),
    C("is_top_coded", "flag", "The median lies in the highest, open bracket: it is at least the number given"),
    # relations
    C("source_layer", "category", "Layer the counts come from: '<area_level> <vintage>'"),
    C("source_id", "key", "Area the counts come from"),
    C("target_layer", "category", "Layer the counts go to"),
    C("target_id", "key", "Area the counts go to"),
    C("weight", "share", "Share of the source's children (people, area) that lies in the target"),
    C("carrier", "category", "Whose whereabouts the weight is of: counts of these travel by it", values=CARRIERS),
    C("method", "category", "How it was found"),
    C("allocated_count", "count", "The count as it was carried, by the best evidence", "people"),
    C("allocated_count_moe", "margin", "90% margin of the survey it comes from: sampling error alone", "people"),
    C("methods", "measure", "Ways to carry the count that say anything of the area", "methods"),
    C("next_count", "count", "The count as the second best evidence would carry it", "people"),
    C("next_method", "category", "The second best evidence"),
    C("lowest_count", "count", "Least that any of them gives", "people"),
    C("lowest_method", "category", "The way that gives least"),
    C("highest_count", "count", "Most that any of them gives", "people"),
    C("highest_method", "category", "The way that gives most"),
    C(
        "spread_ratio",
        "ratio",
        "Most less least, over the count as carried: how far the ways differ, crude ones too; no bound, the truth may lie outside",
    ),
    C("ground_id", "key", "Piece of ground on which nobody lives"),
    C(
        "ground_use",
        "category",
        "Why nobody lives there",
        values=("water", "park", "industry", "transport", "other"),
    ),
    C("shared_m", "measure", "Length of the common border", "m"),
    C("origin_layer", "category", "Layer of the origin"),
    C("origin_id", "key", "Where the trip starts"),
    C("destination_kind", "category", "What the trip ends at", values=("school", "site")),
    C("destination_id", "key", "School or site the trip ends at"),
    C("distance_m", "measure", "Distance, straight line times the study's detour factor", "m"),
    C("minutes", "measure", "Travel time at the study's speed", "minutes"),
    C("border_distance_m", "measure", "Distance from the school to the nearest border of its zone", "m"),
    C(
        "match",
        "category",
        "How school and zone were matched",
        values=("assigned", "inside", "on_border", "outside", "not_located"),
    ),
    C("measure", "category", "Which number"),
    C("grid_west", "measure", "West edge of a raster's grid", "units of grid_crs"),
    C("grid_north", "measure", "North edge of a raster's grid", "units of grid_crs"),
    C("cell_width", "measure", "Width of a raster's cells", "units of grid_crs"),
    C("cell_height", "measure", "Height of a raster's cells", "units of grid_crs"),
    C("grid_rows", "position", "Rows of a raster's grid", "rows"),
    C("grid_columns", "position", "Columns of a raster's grid", "columns"),
    C("grid_crs", "text", "Coordinate system a raster's cells are rectangles in, such as EPSG:4326"),
    C("raster_count", "count", "Sum of the raster's cells over the area, by exact cell fractions"),
    C("coverage_share", "share", "Share of the area that the source covers"),
    # quality and need
    C("status_share", "share", "Share of pupils meeting the standard, mean of the subjects", over="pupils_tested"),
    C("status_low_share", "share", "Lower end of the 90% interval of the status"),
    C("status_high_share", "share", "Upper end of the 90% interval of the status"),
    C("shrunk_share", "share", "Status drawn towards the level's mean, the more the fewer pupils were tested"),
    C(
        "growth_change",
        "change",
        "Change of the share meeting the standard since the first year of the window",
        "share",
    ),
    C("growth_change_moe", "margin", "90% margin of the growth", "share"),
    C("quality_class", "category", "Class of the school", values=("strong", "middle", "weak", "not_rated")),
    C("quality_probability_share", "share", "Probability that the school's true status is above the quality cut"),
    C("is_quality", "flag", "Counts as offering quality seats"),
    C("target_share", "share", "Where the five-year path wants the status this year"),
    C("path_status", "category", "On the five-year path", values=("on_track", "behind", "not_known")),
    C("indicator", "category", "Indicator of the need index"),
    C("indicator_share", "share", "Value of the indicator"),
    C("indicator_share_moe", "margin", "90% margin of the indicator", "share"),
    C("percentile_share", "share", "Percentile rank of the indicator among neighborhoods"),
    C("indicator_weight", "ratio", "Weight of the indicator in the index; weights sum to 1"),
    C("contribution_index", "index", "What the indicator adds to the need index; contributions sum to it"),
    C("need_index", "index", "Need index, 0-100, high is needier"),
    C("need_rank", "rank", "1 is the neediest neighborhood"),
    C("need_rank_low", "rank", "5th percentile of the rank over draws within the margins"),
    C("need_rank_high", "rank", "95th percentile of the rank over draws within the margins"),
    C("high_need_probability_share", "share", "Share of draws in which it is in the top fifth"),
    C("need_class", "category", "What may be said of it", values=("high", "possible", "not_high", "not_ranked")),
    C("hot_spot_z", "index", "Gi* of the need index"),
    C(
        "hot_spot_class",
        "category",
        "Cluster after false-discovery correction",
        values=("hot", "cold", "none", "too_few_to_test"),
    ),
    # growth and outlook
    C("age_band", "category", "Age band", values=("0-4", "5-9", "10-14", "15-17", "5-17", "0-17")),
    C("children_from", "count", "Children in the earlier vintage", "children"),
    C("children_from_moe", "margin", "90% margin", "children"),
    C("children_to", "count", "Children in the later vintage", "children"),
    C("children_to_moe", "margin", "90% margin", "children"),
    C("children_change", "change", "Children more (or fewer) in the later vintage", "children"),
    C("children_change_moe", "margin", "90% margin of the change", "children"),
    C("change_z", "index", "Change over its standard error"),
    C("is_significant", "flag", "Significant at 90% after false-discovery correction"),
    C("reliability_class", "category", "By coefficient of variation, the study's classes", values=RELIABILITY),
    C("pocket_kind", "category", "Direction of change", values=("growing", "shrinking")),
    C("pocket_areas", "count", "Areas in the pocket", "areas"),
    C("area_ids", "text", "Ids of its areas, separated by spaces"),
    C("children_projected", "count", "Children expected", "children"),
    C("children_projected_low", "count", "Lower end of the 80% interval", "children"),
    C("children_projected_high", "count", "Upper end of the 80% interval", "children"),
    C("unit_kind", "category", "What the outlook is for", values=("school", "zone", "district")),
    C("unit_id", "key", "School, '<level> <zone>' or district"),
    C("pupils_projected", "count", "Pupils expected", "pupils"),
    C("pupils_projected_low", "count", "Lower end of the 80% interval", "pupils"),
    C("pupils_projected_high", "count", "Upper end of the 80% interval", "pupils"),
    C("horizon_years", "year", "Years ahead"),
    C(
        "size_class",
        "category",
        "Size of the school; or the district; or one grade of a school or of the district",
        values=("under_200", "200_to_499", "500_and_over", "district", "school_grade", "district_grade"),
    ),
    C("cases", "count", "Forecasts tried", "forecasts"),
    C("mean_absolute_error_share", "ratio", "Mean absolute error over what happened"),
    C("mean_error_change", "change", "Mean signed error over what happened: bias", "share"),
    C("error_q10_change", "change", "10th percentile of (actual - forecast) / forecast", "share"),
    C("error_q90_change", "change", "90th percentile of (actual - forecast) / forecast", "share"),
    # seats, utilization, matches
    C("resident_pupils", "count", "Public-school pupils living in the zone", "pupils"),
    C("resident_pupils_low", "count", "Lower end: bounds of hidden cells, or the 90% margin of an estimate", "pupils"),
    C("resident_pupils_high", "count", "Upper end: bounds of hidden cells, or the 90% margin of an estimate", "pupils"),
    C("quality_seats", "count", "Seats in quality schools", "seats"),
    C(
        "citywide_seats",
        "count",
        "Quality seats of citywide schools counted in the zone by where their pupils live",
        "seats",
    ),
    C("citywide_pupils", "count", "Pupils by whose homes seats of citywide schools were counted in the zone", "pupils"),
    C("service_level_ratio", "ratio", "Quality seats per resident pupil"),
    C("service_gap_seats", "change", "Resident pupils less quality seats; negative is a surplus", "seats"),
    C("unmet_seats", "count", "The gap where it is positive, zero otherwise: surpluses never net deficits", "seats"),
    C("service_gap_rank", "rank", "1 is the largest gap of its level"),
    C("access_ratio", "ratio", "Quality seats within reach per child, competition counted (2SFCA)"),
    C("relative_access_ratio", "ratio", "Access over the district's child-weighted mean"),
    C("is_poor_access", "flag", "Children live there, and access is below half of the district's mean"),
    C("capacity_definition", "category", "How capacity is counted", values=("given", "state_loading", "functional")),
    C("capacity_seats", "count", "Capacity", "seats"),
    C("utilization_ratio", "ratio", "Pupils over capacity"),
    C("surplus_seats", "count", "Seats without a pupil; never below zero, never netted", "seats"),
    C("utilization_low_ratio", "ratio", "Lower end of the 80% interval"),
    C("utilization_high_ratio", "ratio", "Upper end of the 80% interval"),
    C("surplus_rooms", "count", "Rooms the surplus seats free at the study's loading", "rooms"),
    C(
        "surplus_status",
        "category",
        "Whether the site can be put into an RFP",
        values=("offered", "watch", "not_offered", "not_known"),
    ),
    C("definitions_under", "count", "Capacity definitions by which the site is underutilized", "definitions"),
    C("definitions_known", "count", "Capacity definitions that could be computed", "definitions"),
    C("reason", "text", "Why, in a sentence"),
    C("match_status", "category", "Outcome of matching", values=("matched", "unmatched")),
    C("needed_seats", "count", "Seats the school needs", "seats"),
    C("matched_school_id", "key", "Host school at the site, if any"),
    C("travel_m", "measure", "Distance from the school to the site", "m"),
    C("option_rank", "rank", "1 is the best option"),
    C(
        "covered_seats",
        "count",
        "Missing quality seats within reach of the site, of the levels it can serve, up to its free seats; empty where those are not known",
        "seats",
    ),
    C("rule_id", "category", "Rule that produced the recommendation"),
    C("subject_kind", "category", "What it is about", values=("neighborhood", "zone", "site", "school", "district")),
    C("subject_id", "key", "Id of what it is about"),
    C("statement", "text", "The recommendation, with its numbers"),
    C("evidence", "text", "Numbers, intervals and thresholds behind it"),
    C("counter_evidence", "text", "What speaks against it"),
    # disclosure and ledger
    C("public_table", "category", "Published table"),
    C("shown_cells", "count", "Cells shown", "cells"),
    C("primary_hidden_cells", "count", "Cells hidden because few pupils stand behind them", "cells"),
    C("complementary_hidden_cells", "count", "Cells hidden so that the first cannot be computed back", "cells"),
    C("value_text", "text", "Published value; '*' is not shown"),
    C(
        "entry",
        "category",
        "Kind of ledger line",
        values=("balance", "loss", "repair", "absence", "match", "note", "missing_input"),
    ),
    C("stage", "category", "Stage that wrote the line"),
    C("subject_name", "text", "File, table or measure the line is about"),
    C("item", "text", "Row or id; empty when the line counts many"),
    C("total", "count", "What went in"),
    C("inside", "count", "What arrived"),
    C("outside", "count", "What lies outside the district or zones"),
    C("unlocated", "count", "What has no place"),
    C("unit_name", "text", "Unit of the counts: children, pupils, schools, rows, m2"),
    C("line", "year", "Number of the line within its stage"),
    *(
        C(name, "count", meaning, unit="people", over=over, carrier=carrier)
        for name, meaning, over, carrier in _CENSUS_COUNTS
    ),
    *(
        C(f"{name}_moe", "margin", f"90% margin of error: {meaning[0].lower()}{meaning[1:]}")
        for name, meaning, *_ in _CENSUS_COUNTS
    ),
)

BY_NAME = {column.name: column for column in COLUMNS}


def kind(name: str) -> str:
    """The kind of a column.

    >>> kind("children_5_9"), kind("weight")
    ('count', 'share')
    """
    return BY_NAME[name].kind


def census_of(vintage: str) -> str:
    """The census by whose areas the figures of a period are published: that of the decade it ends in.

    Five-year estimates that end in 2010-2019 are on the tracts and block groups of 2010, those that
    end in 2020 or later on the areas of 2020. (Connecticut changed its counties, and with them the
    ids of all its areas, once more in 2022.)

    References
    ----------
    U.S. Census Bureau, ACS Geography Boundaries by Year.

    >>> census_of("2014-2018"), census_of("2016-2020"), census_of("2020")
    ('2010', '2020', '2020')
    """
    return f"{vintage[-4:-1]}0"
