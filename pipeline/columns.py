"""The data dictionary: every column of every table, defined once.

A column's *kind* says what may be done with it. Counts and their margins travel
(`analysis.crosswalk.allocate` takes nothing else); shares, ratios, indices and ranks are
computed where they arrive and are never summed, averaged or interpolated.
"""

from __future__ import annotations

from collections.abc import Iterable
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
# Sites that are on offer: their places on the list for a request for proposals, in the order to name them.
OFFERED_STATUSES = ("listed", "one_definition")  # of a site that can be listed for a request for proposals, or nearly
SCENARIOS = ("as_planned", "no_new_homes", "lower_capture", "higher_capture", "new_school")
SITING_MODELS = ("coverage_with_room", "coverage", "travel", "travel_with_room", "fewest")
JUDGED_HORIZONS = (1, 3, 5)  # years ahead whose errors choose the method of an outlook
ACCESS_METHODS = ("2sfca", "e2sfca", "gaussian")
ABSENCE = ("reported", "suppressed", "not_reported", "not_applicable", "unreliable")
RELIABILITY = ("high", "medium", "low", "not_known")
HIDDEN = "*"
# Finest first: a count is taken from the first kind of area that publishes it.
AREA_LEVELS = ("block_group", "tract", "neighborhood", "school_district")
# Stands in the method of a gap whose residents are not counted but estimated from children.
PER_CHILD = "x pupils per child"
GAP_NOW = ("study", "contained", "citywide_out", "by_access")  # ways to count today's gap
NEAR_M = 3000.0  # from the edge of a neighborhood: schools within this are told to be near it
# What stands between ids in one cell: ids may hold blanks, and inputs with an id that holds this are refused.
APART = "; "


def joined(ids: Iterable[str]) -> str:
    """Several ids in one cell, as every column ``*_ids`` has them.

    >>> joined(["Canton", "Upper Fells Point"]), joined([])
    ('Canton; Upper Fells Point', '')
    """
    return APART.join(ids)


def parted(cell: object) -> list[str]:
    """The ids of a cell; none where it is empty or missing.

    >>> parted("Canton; Upper Fells Point"), parted(""), parted(None)
    (['Canton', 'Upper Fells Point'], [], [])
    """
    return cell.split(APART) if isinstance(cell, str) and cell else []


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
    ("women_10_39", "Girls and women aged 10 to 39", "population", "adults"),
    ("women_15_44", "Women aged 15 to 44", "population", "adults"),
    ("poverty_universe", "People whose poverty status is known", "population", "people"),
    ("people_in_poverty", "People below 100% of the poverty line", "poverty_universe", "people"),
    ("people_below_200_poverty", "People below 200% of the poverty line", "poverty_universe", "people"),
    ("child_poverty_universe", "Children whose poverty status is known", "children_0_17", "children"),
    ("children_in_poverty", "Children below 100% of the poverty line", "child_poverty_universe", "children"),
    ("children_below_200_poverty", "Children below 200% of the poverty line", "child_poverty_universe", "children"),
    (
        "households",
        "Households; in profiles the total of the table of languages (C16002), in tables of incomes the sum of the "
        "brackets (B19001): the Bureau's totals are the same; those of the fictional Millbrook differ by 1 to 2%",
        "households",
        "homes",
    ),
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


def _unit(name: str) -> str:
    """What a census count counts, which its name says: ``renter_homes`` counts homes."""
    units = {"households": "households", "homes": "homes", "families": "families", "child": "children"}
    return next((unit for word, unit in units.items() if word in name), "people")


CHILD_COUNTS = ("children_0_4", "children_5_9", "children_10_14", "children_15_17")

_GEOID = r"[0-9A-Za-z]+"
_PAIR_RULES = (  # in the order in which a pair is told the first it breaks
    *("excluded", "own_site", "below_threshold", "other_grades"),
    *("place_not_known", "too_far", "rooms_not_known", "too_few_rooms"),
)
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
    C(
        "is_approximate",
        "flag",
        "A stand-in: a zone drawn by nearest school because none is published; a neighborhood that is the part of a census area "
        "inside the district; either, where more than half of its children (or people) were placed by plain area",
    ),
    C(
        "inside_share",
        "share",
        "Share of the neighborhood's ground (of a census area: of the whole area's) in the district",
    ),
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
        values=("ela", "math", "science", "graduation", "attendance", "stability", "rating"),
    ),
    C("pupils_tested", "count", "Pupils with a result", "pupils"),
    C("pupils_meeting", "count", "Pupils meeting the standard", "pupils"),
    C("points_share", "share", "Share of the points a state rating can award"),
    C("mean_score", "measure", "Mean scale score of the pupils with a result", "scale points"),
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
        values=("classroom", "special_day", "special_day_severe", "preschool", "specialised", "shared", "other"),
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
    C("bracket", "position", "Number of the bracket, 1 the lowest"),
    C("bracket_low_usd", "measure", "Income from which the bracket counts; empty: open below", "usd"),
    C("bracket_high_usd", "measure", "Income at which the next bracket begins; empty: open above", "usd"),
    C(
        "median_income_usd",
        "measure",
        "Median household income, rebuilt from households by bracket, in dollars of dollars_year; published to the nearest 100",
        "usd",
    ),
    C(
        "median_income_usd_moe",
        "margin",
        "90% margin of the median, in the same dollars; published rounded up to 100; empty where it reaches into an open bracket",
        "usd",
    ),
    C("dollars_year", "year", "Year whose dollars the amounts are in: the last of the survey's period"),
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
    C(
        "placing",
        "category",
        "Other way of placing counts: by the second best evidence, or by area",
        values=("second", "area"),
    ),
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
    C("travel_mode", "category", "How one travels: on foot, by bus, by car"),
    C(
        "place_kind",
        "category",
        "What kind of place people are known to live in",
        values=("block", "lot", "neighborhood"),
    ),
    C("place_id", "key", "Block, lot (the first of a square of lots) or neighborhood"),
    C("elementary_zone_id", "key", "Elementary zone in force that it lies in"),
    C("middle_zone_id", "key", "Middle-school zone in force that it lies in"),
    C("high_zone_id", "key", "High-school zone in force that it lies in"),
    C("east_m", "measure", "Coordinate to the east, in the study's CRS", "m"),
    C("north_m", "measure", "Coordinate to the north, in the study's CRS", "m"),
    C("destination_kind", "category", "What the trip ends at", values=("school", "site")),
    C("destination_id", "key", "School or site the trip ends at"),
    C("distance_m", "measure", "Distance, straight line times the study's detour factor", "m"),
    C(
        "straight_m",
        "measure",
        "Straight line to a school or site: from the edge of a neighborhood, 0 within it, or from a site",
        "m",
    ),
    C(
        "near_kind",
        "category",
        "What was looked for: quality schools of a level, schools open or not, open schools, or sites that can be listed",
        values=("quality_elementary", "quality_middle", "quality_high", "school", "open_school", "room"),
    ),
    C(
        "zone_share",
        "share",
        "Part of the neighborhood's children who live in the zone; of its people where places do not count children, of its places where they count nobody",
    ),
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
        "Gain in the share meeting the standard, a year, over the gain of all schools: of the same pupils from grade to grade, or of the whole school",
        "share",
    ),
    C("growth_change_moe", "margin", "90% margin of the growth", "share"),
    C("growth_shrunk_change", "change", "Growth drawn towards none, the more the less sure it is", "share"),
    C("growth_class", "category", "Class of the growth", values=("rising", "steady", "falling", "not_known")),
    C(
        "growth_method",
        "category",
        "What the growth is of: pupils followed from grade to grade, or the whole school",
        values=("cohort", "status_change", "none"),
    ),
    C("quality_class", "category", "Class of the school", values=("strong", "middle", "weak", "not_rated")),
    C("quality_probability_share", "share", "Probability that the school's true status is above the quality cut"),
    C("strong_probability_share", "share", "Probability that the school's true status is above the quality cut"),
    C("middle_probability_share", "share", "Probability that it lies between the two cuts"),
    C("weak_probability_share", "share", "Probability that it is below the lower cut"),
    C(
        "class_probability_share",
        "share",
        "Probability that the school's true status is of its class, to a tenth; 0.05 stands for less and 0.95 for more",
    ),
    C("is_quality", "flag", "Counts as offering quality seats"),
    C("base_share", "share", "Status in the first year of the path"),
    C("target_share", "share", "Where the five-year path wants the status this year"),
    C(
        "on_track_probability_share",
        "share",
        "Probability that the true status keeps to the path, by the errors of this year's and the first year's results",
    ),
    C(
        "path_status",
        "category",
        "On the five-year path; not sure where the error leaves it open",
        values=("on_track", "not_sure", "behind", "not_known"),
    ),
    C("is_interim", "flag", "A benchmark on the way, before the last year of the path"),
    C("color_rule", "category", "Grid of a state's color table that classes the school"),
    C("color_status_index", "index", "Figure of the status: percent, or points from the standard, to one decimal"),
    C("color_change_index", "index", "Change of the figure since the year before, to one decimal"),
    C(
        "status_level",
        "category",
        "Level of the status by a state's table",
        values=("very_low", "low", "medium", "high", "very_high", "not_known"),
    ),
    C(
        "change_level",
        "category",
        "Level of the change by a state's table",
        values=(
            "declined_significantly",
            "declined",
            "maintained",
            "increased",
            "increased_significantly",
            "not_known",
        ),
    ),
    C(
        "color",
        "category",
        "Color of status and change by a state's table",
        values=("red", "orange", "yellow", "green", "blue", "none"),
    ),
    C("indicator", "category", "Indicator of the need index"),
    C("indicator_share", "share", "Value of the indicator"),
    C("indicator_share_moe", "margin", "90% margin of the indicator", "share"),
    C(
        "indicator_count",
        "count",
        "Those whom a census indicator counts, whole; empty of pupils, and where whole numbers do not give the share to a point",
    ),
    C("indicator_count_moe", "margin", "90% margin of those whom the indicator counts, whole"),
    C("universe_count", "count", "Those of whom the indicator is a share, whole"),
    C("universe_count_moe", "margin", "90% margin of those of whom the indicator is a share, whole"),
    C(
        "percentile_share",
        "share",
        "Percentile rank of the indicator among neighborhoods, or among the areas of the state",
    ),
    C("indicator_weight", "ratio", "Weight of the indicator in the index; weights sum to 1"),
    C("contribution_index", "index", "What the indicator adds to the need index; contributions sum to it"),
    C(
        "family",
        "category",
        "Kind of need index",
        values=("percentile", "standardised", "exponential", "geometric"),
    ),
    C("norm", "category", "What values are held against", values=("local", "statewide")),
    C("family_score", "index", "Score by this kind of index, high is needier: 0-100, or standard deviations"),
    C("family_rank", "rank", "Rank by this kind of index, 1 is the neediest"),
    C("family_percentile", "rank", "Percentile by children: 100 holds the hundredth of them who live in most need"),
    C("family_level", "rank", "Level by children: each of 1 to 5 holds a fifth of them, 5 is the neediest"),
    C("need_index", "index", "Need index of the study's kind, high is needier: 0-100, or standard deviations"),
    C("need_rank", "rank", "1 is the neediest neighborhood"),
    C(
        "need_rank_low",
        "rank",
        "5th percentile of the rank over all draws: of margins and of the choices that are varied",
    ),
    C(
        "need_rank_high",
        "rank",
        "95th percentile of the rank over all draws: of margins and of the choices that are varied",
    ),
    C(
        "high_need_probability_share",
        "share",
        "Share of draws in which it is among the neediest (the study's top share)",
    ),
    C("need_rank_median", "rank", "Middle of its ranks over all draws"),
    C(
        "need_rank_shift",
        "index",
        "Places by which its rank in a draw differs from the published rank, on average",
        "places",
    ),
    C("need_rank_pairwise_low", "rank", "Best rank it may have by tests of pairs within the margins alone"),
    C("need_rank_pairwise_high", "rank", "Worst rank it may have by tests of pairs within the margins alone"),
    C(
        "moved",
        "category",
        "What is moved: all ranks together, or their mean shift from the published ones",
        values=("ranks", "mean_shift"),
    ),
    C(
        "factor",
        "category",
        "What is varied in the draws",
        values=("margins", "weights", "normalisation", "aggregation", "left_out", "placing"),
    ),
    C(
        "first_order_index",
        "index",
        "Share of the variance that the factor makes alone; an estimate, so it may be below 0",
    ),
    C("first_order_low", "index", "Lower end of the 90% interval of the first-order index"),
    C("first_order_high", "index", "Upper end of the 90% interval of the first-order index"),
    C("total_index", "index", "Share of the variance in which the factor has a part, alone or with others"),
    C("total_low", "index", "Lower end of the 90% interval of the total index"),
    C("total_high", "index", "Upper end of the 90% interval of the total index"),
    C("need_class", "category", "What may be said of it", values=("high", "possible", "not_high", "not_ranked")),
    C(
        "hot_spot_z",
        "index",
        "Gi*: how far the mean of the area and its neighbors lies from that of all, in standard errors",
    ),
    C(
        "hot_spot_class",
        "category",
        "Cluster after false-discovery correction",
        values=("hot", "cold", "none", "too_few_to_test"),
    ),
    C("cluster_measure", "category", "What is tested: need_index, or an indicator"),
    C("smoothed_share", "share", "Rate drawn towards that of all, the more the fewer were asked"),
    C("hot_spot_probability_share", "share", "Probability by draws of such neighbors by chance, two-sided"),
    C(
        "hot_spot_draws_class",
        "category",
        "Cluster of neighbors by draws, the area itself held as it is, after false-discovery correction",
        values=("hot", "cold", "none", "too_few_to_test", "not_drawn"),
    ),
    C("moran_index", "index", "Local Moran: the area's value times its neighbors' mean, both standardised"),
    C("moran_z", "index", "Local Moran over its standard error, from its mean by chance"),
    C("moran_probability_share", "share", "Probability of such a local Moran by chance, two-sided"),
    C(
        "moran_class",
        "category",
        "The area's own value and its neighbors', where they hang together after false-discovery correction",
        values=("high_high", "low_low", "high_low", "low_high", "none", "too_few_to_test"),
    ),
    C(
        "tested_by",
        "category",
        "Where the probabilities of local Moran come from",
        values=("draws", "closed_form", "not_tested"),
    ),
    # growth and outlook
    C("age_band", "category", "Age band", values=("0-4", "5-9", "10-13", "14-17", "5-17", "0-17")),
    C(
        "band_basis",
        "category",
        "Whether the band is published, or children are taken to be spread evenly within the band that is",
        values=("published", "even_spread"),
    ),
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
    C("area_ids", "text", "Ids of its areas, separated by semicolons"),
    C("areas_changed", "count", "Of its areas, those whose own change is beyond chance", "areas"),
    C("areas_clustered", "count", "Of its areas, those known by the cluster of changes they lie in", "areas"),
    C("areas_together", "count", "Of its areas, those that changed beyond chance with their neighbors", "areas"),
    C(
        "change_spot_z",
        "index",
        "Gi* of the changes' z-scores: how far those of the area and its neighbors lie from all",
    ),
    C(
        "change_spot_class",
        "category",
        "Cluster of rises (hot) or falls (cold) after false-discovery correction",
        values=("hot", "cold", "none", "too_few_to_test", "not_tested"),
    ),
    C("together_z", "index", "Change of the area and its neighbors as one, over its standard error"),
    C(
        "pocket_evidence",
        "category",
        "The first test that finds a change beyond chance: of the area, of its cluster, of it and its neighbors as one",
        values=("change", "cluster", "together", "none", "not_tested"),
    ),
    C("children_to_low", "count", "Lower end of the 90% interval of the children", "children"),
    C("children_to_high", "count", "Upper end of the 90% interval of the children", "children"),
    C("public_share", "share", "Share of the district's children of school age that public schools teach"),
    C("seats_change", "change", "Seats that the change of children asks for (or frees)", "seats"),
    C("seats_change_low", "change", "Lower end of the 90% interval", "seats"),
    C("seats_change_high", "change", "Upper end of the 90% interval", "seats"),
    C("ages", "text", "First and last age of the children told of: those that both vintages saw"),
    C("births_change", "change", "Children more, as larger cohorts grew into school age than out of it", "children"),
    C("births_change_moe", "margin", "90% margin", "children"),
    C(
        "housing_change",
        "change",
        "Children more with the change of occupied homes, as many per home as before",
        "children",
    ),
    C("housing_change_moe", "margin", "90% margin", "children"),
    C("moving_change", "change", "Children more by other moves", "children"),
    C("moving_change_moe", "margin", "90% margin", "children"),
    C(
        "driver",
        "category",
        "What drives the change: the largest part, if it makes half of it and is not unreliable",
        values=("births", "housing", "moving", "mixed", "not_known"),
    ),
    C(
        "error_basis",
        "category",
        "Where the method's part of the interval comes from: a back-test on earlier vintages, or as the study states it",
        values=("back_test", "stated", "none"),
    ),
    C("migrants_change", "change", "Children who moved in less those who moved out, between the vintages", "children"),
    C("migrants_change_moe", "margin", "90% margin", "children"),
    C("migrants_z", "index", "Net migration over its standard error"),
    C(
        "change_class",
        "category",
        "Direction of the change of school-age children",
        values=("growing", "shrinking", "not_beyond_chance", "not_known"),
    ),
    C(
        "cross_class",
        "category",
        "Growth beyond chance crossed with high need",
        values=("both_high", "growth_only", "need_only", "high_untested", "neither", "not_high_untested", "not_known"),
    ),
    C("children_projected", "count", "Children expected", "children"),
    C("children_projected_low", "count", "Lower end of the 80% interval", "children"),
    C("children_projected_high", "count", "Upper end of the 80% interval", "children"),
    C("children_projected_change", "change", "Children expected less those of the later vintage", "children"),
    C("is_beyond_interval", "flag", "Whether the number of the later vintage lies outside the 80% interval"),
    C("unit_kind", "category", "What the row is for", values=("school", "zone", "level", "district")),
    C("unit_id", "key", "School, '<level> <zone>', level or district"),
    C("pupils_projected", "count", "Pupils expected", "pupils"),
    C("pupils_projected_low", "count", "Lower end of the 80% interval", "pupils"),
    C("pupils_projected_high", "count", "Upper end of the 80% interval", "pupils"),
    C(
        "pupils_by_residence",
        "count",
        "Pupils expected at the school if they come as the cohorts of their zones' residents; untested",
        "pupils",
    ),
    C(
        "rule",
        "category",
        "How the number was found (docs/outlook.md, Rules)",
        values=(
            *("own_ratio", "district_ratio", "entry_share", "births", "births_ahead", "young_children"),
            *("recent_counts", "phase_in", "held", "last_change", "empty_grade", "moved_in", "with_the_district"),
        ),
    ),
    C(
        "caution",
        "text",
        "What speaks against leaning on the number, words separated by spaces: new_school, carried_count, suppressed_cell, pandemic_base, "
        "definition_break, declared_change, untested (docs/outlook.md, Rules)",
    ),
    C(
        "change_kind",
        "category",
        "What changed at the school",
        values=("opened", "closed", "grades_gained", "grades_lost", "boundary"),
    ),
    C("grade_codes", "text", "Grades concerned, separated by spaces; none: all, or not told"),
    C("is_declared", "flag", "Declared in the study (outlook.events)"),
    C("pupils_of_homes", "count", "Pupils of new homes beyond those the projection holds", "pupils"),
    C("pupils_with_homes", "count", "Pupils projected with those of new homes", "pupils"),
    C("home_pupils", "count", "Resident pupils at the school the zone is assigned to", "pupils"),
    C("capture_ratio", "ratio", "Resident public-school pupils at the zone's own school, over all of them"),
    C("capture_low_ratio", "ratio", "Least it can be, by the bounds of hidden cells"),
    C("capture_high_ratio", "ratio", "Most it can be"),
    C("scenario", "category", "What is changed against the plan", values=SCENARIOS),
    C("pupils_projected_change", "change", "Pupils expected, more or fewer than as planned", "pupils"),
    C("rules", "text", "How the numbers of the unit's grades were found, words separated by spaces (column rule)"),
    C("expected_change", "change", "Pupils expected, more or fewer than now", "pupils"),
    C("expected_change_low", "change", "Lower end of the 80% interval", "pupils"),
    C("expected_change_high", "change", "Upper end of the 80% interval", "pupils"),
    C(
        "outlook_evidence",
        "category",
        "Whether the 80% interval of the change holds none, and whether forecasts so far ahead, or of such a unit, were tested",
        values=("beyond_chance", "may_be_none", "beyond_tested", "borrowed", "untested"),
    ),
    C("horizon_years", "year", "Years ahead"),
    C(
        "size_class",
        "category",
        "Size of the school; or the district; or one grade of a school or of the district",
        values=(
            "under_200",
            "200_to_499",
            "500_and_over",
            "200_and_over",
            "same_grades",
            "district",
            "school_grade",
            "grade_under_25",
            "grade_25_to_99",
            "grade_100_and_over",
            "district_grade",
        ),
    ),
    C("first_start", "year", "Earliest fall forecast from"),
    C("last_start", "year", "Latest fall forecast from"),
    C("cases", "count", "Forecasts tried", "forecasts"),
    C("left_cases", "count", "Schools of the start that were gone by the later fall: no cases", "schools"),
    C("mean_absolute_error_share", "ratio", "Mean absolute error over what happened"),
    C("mean_error_change", "change", "Mean signed error over what happened: bias", "share"),
    C("weighted_error_share", "ratio", "Pupils that forecasts were off by, over the pupils there were"),
    C("median_error_share", "ratio", "Median of |log(actual / forecast)|, rounded up to 0.002"),
    C("against_no_change_ratio", "ratio", "Mean absolute error over that of 'no change'"),
    C("against_last_change_ratio", "ratio", "Mean absolute error over that of 'last year's change'"),
    C("interval_share", "share", "Share of forecasts whose 80% interval, fitted on earlier falls, held what happened"),
    C("interval_cases", "count", "Forecasts that had an interval then", "forecasts"),
    C("is_chosen", "flag", "Whether the study forecasts by it"),
    C("is_taken_to_ask", "flag", "A charter school taken to ask for a place: the study has no list of requests"),
    C("is_judged", "flag", "Whether the study's method was chosen by errors so far ahead of units of this size"),
    C(
        "interval_basis",
        "category",
        "Whose errors the interval rests on: of units of its size, of other sizes, grown with the root of the years beyond the longest tested, of schools for a zone, or none",
        values=("own_size", "other_sizes", "beyond_tested", "borrowed_from_schools", "untested"),
    ),
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
    C("access_ratio", "ratio", "Quality seats within reach per child, competition counted (floating catchment)"),
    C("relative_access_ratio", "ratio", "Access over the district's child-weighted mean"),
    C(
        "is_poor_access",
        "flag",
        "Children live there, and access is below the study's share (half) of the district's mean",
    ),
    C(
        "variant",
        "category",
        "How the gap is counted: as in the study, or otherwise",
        values=(*GAP_NOW, "in_five_years"),
    ),
    C("cut_change", "change", "By how much the quality cut is moved from the study's", "share"),
    C("cut_share", "share", "The quality cut: status from which a school is strong"),
    C("quality_schools", "count", "Schools with quality seats", "schools"),
    C("zones_without_seats", "count", "Zones without a quality seat", "zones"),
    C("rank_shift", "measure", "Places a zone moves on average from its place at the study's cut", "places"),
    C(
        "run_by",
        "category",
        "Schools of all operators together, or those of one; not_known: a school that no directory lists",
        values=("all", *SECTORS, "not_known"),
    ),
    C(
        "counted_by",
        "category",
        "Whether pupils are counted at the schools of an area, or where they live",
        values=("school", "residence"),
    ),
    C(
        "sector_share",
        "share",
        "Part in the pupils that are told of district and charter schools, in whole percent",
        over="pupils",
    ),
    C("told_schools", "count", "Schools whose count is in the sum", "schools"),
    C("hidden_schools", "count", "Schools whose count is not shown: they are missing from the sum", "schools"),
    C("is_home", "flag", "The school is the zone's own"),
    C("results_fall", "year", "School year by whose results the schools are rated"),
    C("quality_pupils", "count", "Pupils in quality schools", "pupils"),
    C("quality_pupils_low", "count", "Least they can be (suppressed cells are intervals)", "pupils"),
    C("quality_pupils_high", "count", "Most they can be", "pupils"),
    C("unrated_pupils", "count", "Pupils in schools that are not rated: in no quality seat that is known of", "pupils"),
    C("fall_from", "year", "Earlier school year of a comparison"),
    C("fall_to", "year", "Later school year of a comparison"),
    C("pupils_change", "change", "Pupils in quality seats, more or fewer", "pupils"),
    C("improved_change", "change", "Of it, because schools became or ceased to be quality schools", "pupils"),
    C("grown_change", "change", "Of it, because quality schools grew or shrank", "pupils"),
    C("opened_change", "change", "Of it, in schools that opened", "pupils"),
    C("closed_change", "change", "Of it, in schools that closed", "pupils"),
    C("rated_change", "change", "Of it, in schools rated in only one of the years", "pupils"),
    C("access_method", "category", "How a trip counts by its length", values=ACCESS_METHODS),
    C("group_count", "count", "Children, families or homes of the group"),
    C("mean_relative_access_ratio", "ratio", "Mean of the group's access over the mean of the district's children"),
    C("poor_share", "share", "Share of the group living where access is poor", over="group_count"),
    C(
        "capacity_definition",
        "category",
        "How capacity is counted",
        values=("given", "state_loading", "functional", "target", "ideal_homeroom"),
    ),
    C("rooms_counted", "count", "Rooms that the definition counts", "rooms"),
    C("pupils_per_room", "ratio", "Pupils for each room of the site, by the grades taught there", "pupils"),
    C(
        "capacity_status",
        "category",
        "Whether the capacity is known, and if not, why",
        values=("known", "not_given", "no_rooms_known", "other_grades"),
    ),
    C("capacity_source", "text", "Where the capacity or its rule comes from, and of when"),
    C("capacity_seats", "count", "Capacity", "seats"),
    C("utilization_ratio", "ratio", "Pupils over capacity"),
    C("surplus_seats", "count", "Seats without a pupil; never below zero, never netted", "seats"),
    C("utilization_low_ratio", "ratio", "Lower end of the 80% interval"),
    C("utilization_high_ratio", "ratio", "Upper end of the 80% interval"),
    C("surplus_rooms", "count", "Rooms the surplus seats free at the definition's pupils per room", "rooms"),
    C("surplus_rooms_low", "count", "Lower end of the 80% interval", "rooms"),
    C("surplus_rooms_high", "count", "Upper end of the 80% interval", "rooms"),
    C("surplus_rooms_now", "count", "Rooms free today, the fewest by any definition that says underutilized", "rooms"),
    C(
        "surplus_rooms_horizon",
        "count",
        "Rooms still free at the study's horizon at the upper end of the forecast, the fewest by any such definition",
        "rooms",
    ),
    C(
        "rooms_needed_back_year",
        "year",
        "First school year in which the host may need the rooms back, at the upper end of the forecast; empty: not within the outlook, or no host",
    ),
    C("longest_lease_years", "count", "School years from the next one before the rooms may be needed back", "years"),
    C(
        "lease_offer",
        "text",
        "What can be offered: all rooms, and each smaller number that stays free longer; empty where no year is known",
    ),
    C(
        "lease_limit",
        "category",
        "What ends the longest lease",
        values=("host_needs_rooms", "end_of_outlook", "no_host", "not_offered", "not_known"),
    ),
    C(
        "surplus_case",
        "category",
        "The rule that decided",
        values=(
            "surplus",
            "empty_site",
            "not_owned",
            "leased",
            "swing",
            "no_numbers",
            "in_use",
            "definitions_disagree",
            "no_outlook",
            "may_fill_up",
            "few_rooms",
            "one_definition",
        ),
    ),
    C(
        "surplus_status",
        "category",
        "Whether the site can be put into an RFP",
        values=("offered", "watch", "not_offered", "not_known"),
    ),
    C("definitions_under", "count", "Capacity definitions by which the site is underutilized", "definitions"),
    C("definitions_known", "count", "Capacity definitions that could be computed", "definitions"),
    C("reason", "text", "Why, in a sentence"),
    C(
        "rfp_status",
        "category",
        "Place on the list for a request for proposals",
        values=(*OFFERED_STATUSES, "not_listed", "not_known"),
    ),
    C("definition_codes", "text", "Capacity definitions by which the site is underutilized today, or none"),
    C(
        "horizon_status",
        "category",
        "Whether the site is still underutilized at the study's horizon, at the upper end of the forecast",
        values=("still_under", "may_fill_up", "empty", "not_under", "not_judged", "not_known"),
    ),
    C("confidence_class", "category", "How sure the verdict is", values=RELIABILITY),
    C("confidence_rule", "text", "What speaks against the verdict, or that nothing does"),
    C("constraint_notes", "text", "What stands in the way of using the site"),
    C("schools_here", "count", "Schools at the site", "schools"),
    C("gap_level", "category", "Level of the zone whose missing seats are named", values=LEVELS),
    C("pocket_distance_m", "measure", "Distance to the nearest neighborhood of the pocket; 0 inside it", "m"),
    C("pocket_reliability_class", "category", "Reliability of the pocket's change", values=RELIABILITY),
    C("poor_access_levels", "text", "Levels at which access to quality seats is poor in the neighborhood"),
    C("proposal_id", "key", "A response to a request for proposals"),
    C("enrollment_in_hand", "count", "Pupils a proposer can name", "pupils"),
    C("rooms_asked", "count", "Rooms a proposer asks for", "rooms"),
    C(
        "proposal_status",
        "category",
        "Whether the proposal could be considered",
        values=("scored", "not_eligible"),
    ),
    C("score_index", "index", "Sum of the points of all parts, out of 100"),
    C("score_rank", "rank", "Place among the proposals for the site; 1 is the highest score"),
    C("score_rank_low", "rank", "Best place in nine of ten draws of the weights"),
    C("score_rank_high", "rank", "Worst place in nine of ten draws of the weights"),
    C("first_share", "share", "Share of drawn weights by which the proposal is first for its site"),
    C(
        "rubric_part",
        "category",
        "Part of the rubric",
        values=("quality_record", "match_with_need", "grades", "enrollment_in_hand", "use_of_space"),
    ),
    C("part_share", "share", "What the part finds, from 0 to 1; empty: not known, and its weight goes to the others"),
    C("part_weight", "share", "Weight of the part in this proposal's score"),
    C("part_points", "index", "Points of the part; all parts add up to the score"),
    C("match_status", "category", "Outcome of matching", values=("matched", "unmatched")),
    C("needed_seats", "count", "Seats the school needs", "seats"),
    C("matched_school_id", "key", "Host school at the site, if any"),
    C("travel_m", "measure", "Distance from where the school is now to the site", "m"),
    C("elementary_pupils", "count", "Pupils of the elementary band", "pupils"),
    C("middle_pupils", "count", "Pupils of the middle band", "pupils"),
    C("high_pupils", "count", "Pupils of the high band", "pupils"),
    C("needed_rooms", "count", "Rooms the school needs, by the study's pupils per room", "rooms"),
    C(
        "rooms_basis",
        "category",
        "What the rooms needed follow from: as declared, pupils by grade, by level, or a total alone",
        values=("declared", "grades", "levels", "total"),
    ),
    C("community_ids", "text", "Ids of the neighborhoods the school wants to serve, separated by semicolons"),
    C("documented_in", "text", "Document that an exclusion stands in"),
    C("documented_on", "text", "Its date, such as 2024-05-01", pattern=r"\d{4}-\d{2}-\d{2}"),
    C(
        "pair_rule",
        "category",
        "Whether the pair is allowed, or the first rule that bars it",
        values=("allowed", *_PAIR_RULES),
    ),
    C(
        "community_m",
        "measure",
        "Distance from the community the school serves to the site, a mean over its pupils",
        "m",
    ),
    C(
        "community_basis",
        "category",
        "Whose distance it is: of its pupils' homes, of the community it wants to serve, or of its place now",
        values=("homes", "target", "present_place", "not_known"),
    ),
    C("travel_cost", "index", "Distance from the community served over the longest allowed, at most 1"),
    C(
        "grade_cost",
        "index",
        "How far the pupils' levels are from those the host teaches: 0 shared, 1 two levels apart",
    ),
    C(
        "load_cost",
        "index",
        "Pupils of host and school over the smallest capacity, at most 1; where none is known, rooms taken over rooms free",
    ),
    C("move_cost", "index", "Distance from the school's place now over the longest allowed, at most 1"),
    C("total_cost", "index", "The parts' weighted mean: 0 best, 1 worst"),
    C("further_site_ids", "text", "Ids of further sites, separated by semicolons, where no single one has the rooms"),
    C("utilization_after_ratio", "ratio", "Pupils of host and school over the host's capacity"),
    C("second_site_id", "key", "Site the school would get if its own were barred and all others placed anew"),
    C("second_cost_change", "change", "Cost at the second site less that at the first"),
    C("pair_share", "share", "Share of draws of the weights in which the pair is made"),
    C(
        "binding_rule",
        "category",
        "Rule that leaves the school without a site",
        values=(*_PAIR_RULES, "given_to_others", "no_site_offered"),
    ),
    C(
        "missing_rooms",
        "count",
        "Fewest more rooms at one site with which the school would fit, no one else moved",
        "rooms",
    ),
    C("solver_gap", "ratio", "How far the matching may be from the best there is; 0 is proven best"),
    C("placed_rooms", "count", "Free rooms that the matching gives", "rooms"),
    C("rooms_left", "count", "Free rooms that the matching leaves", "rooms"),
    C(
        "room_price",
        "index",
        "What one more room is worth if any school could take a part of its rooms, in pupils at full cost",
    ),
    C(
        "room_gain",
        "index",
        "What the matching gains by one more room at the site, solved anew; in pupils at full cost",
    ),
    C("room_pupils_change", "change", "Pupils seated, more or fewer, with one more room at the site", "pupils"),
    C("rooms_to_next", "count", "Fewest more rooms at the site that would take a school without a place", "rooms"),
    C("next_school_id", "key", "The school that so many more rooms would take, no one else moved"),
    C(
        "worksheet_status",
        "category",
        "Whether the worksheet could be filled in, and if not why",
        values=("computed", "below_threshold", "no_comparison_school", "rooms_not_known", "pupils_not_known"),
    ),
    C("in_district_pupils", "count", "Pupils of the charter school who live in the district", "pupils"),
    C(
        "pupils_basis",
        "category",
        "Counted by where they live, or all pupils taken as the district's",
        values=("homes", "all_pupils"),
    ),
    C("in_district_ada", "count", "Average daily attendance of in-district pupils expected; published in tens", "ADA"),
    C(
        "ada_basis",
        "category",
        "Pupils times the study's attendance, or pupils standing for it",
        values=("attendance", "enrollment"),
    ),
    C(
        "comparison_basis",
        "category",
        "Why these schools are compared: they lie in the high-school area where most pupils live, where the school is, or in the district",
        values=("homes", "present_place", "district"),
    ),
    C("comparison_area_id", "key", "High-school attendance area of the comparison group"),
    C("comparison_school_ids", "text", "Ids of the schools of the comparison group, separated by semicolons"),
    C("comparison_schools", "count", "Schools of the comparison group whose pupils and rooms are known", "schools"),
    C("left_out_schools", "count", "Schools of the comparison group left out because these are not known", "schools"),
    C("comparison_ada", "count", "Their average daily attendance expected", "ADA"),
    C("comparison_classrooms", "count", "Their classrooms, special-day rooms and portables among them", "rooms"),
    C("comparison_specialised_rooms", "count", "Their laboratories, shops and other specialised rooms", "rooms"),
    C("comparison_shared_rooms", "count", "Their libraries, halls and other shared rooms", "rooms"),
    C("ada_per_classroom_ratio", "ratio", "ADA per classroom by which its rooms follow: that of its levels together"),
    C("elementary_in_district_ada", "count", "Of it in elementary grades; published in tens", "ADA"),
    C("middle_in_district_ada", "count", "Of it in middle grades; published in tens", "ADA"),
    C("high_in_district_ada", "count", "Of it in high grades; published in tens", "ADA"),
    C(
        "elementary_ada_per_classroom_ratio",
        "ratio",
        "ADA per classroom of the schools that measure its elementary grades",
    ),
    C("middle_ada_per_classroom_ratio", "ratio", "ADA per classroom of the schools that measure its middle grades"),
    C("high_ada_per_classroom_ratio", "ratio", "ADA per classroom of the schools that measure its high grades"),
    C("offered_classrooms", "count", "Classrooms the district would offer, rounded up", "rooms"),
    C(
        "offered_specialised_rooms",
        "count",
        "Specialised rooms in the same proportion, in tenths: a part of the day in a room",
        "rooms",
    ),
    C("offered_shared_rooms", "count", "Shared rooms in the same proportion, in tenths", "rooms"),
    C("step", "position", "Step of a request, 1 the first"),
    C("date_text", "text", "Day by which it is due", pattern=r"\d{4}-\d{2}-\d{2}"),
    C("event", "text", "What is due"),
    C("option_rank", "rank", "1 is the best option"),
    C(
        "covered_seats",
        "count",
        "Missing quality seats within reach of the site, of the levels it can serve, up to its free seats; empty where those are not known",
        "seats",
    ),
    C(
        "siting_model",
        "category",
        "What the best sites are to do: serve most missing seats with their room, bring a school near to most, shorten travel, or as few as bring one near to all",
        values=SITING_MODELS,
    ),
    C("new_sites", "count", "New sites of the plan, beside the quality schools there are", "sites"),
    C("site_ids", "text", "Ids of the plan's new sites, separated by semicolons"),
    C("wanting_seats", "count", "Missing quality seats that the plan is asked to serve", "seats"),
    C(
        "served_seats",
        "count",
        "Missing quality seats that the plan serves, in tens; by nearness alone, however full the schools are, where the way to ask takes no account of room",
        "seats",
    ),
    C("added_seats", "change", "Seats served more than by the best plan of one site fewer", "seats"),
    C(
        "mean_travel_m",
        "measure",
        "Mean distance to the quality school of the plan, over the children whom it serves; those without a school are left out",
        "m",
    ),
    C("is_nested", "flag", "The sites are those of the best plan of one fewer, and another"),
    C(
        "optimum_gap_share",
        "ratio",
        "How much better a plan could still be at most, over what this one does: 0 is proven best",
    ),
    C("held_seats", "count", "Missing quality seats the site serves in the plan, in tens", "seats"),
    C(
        "served_before_seats",
        "count",
        "Missing seats that quality schools of other zones within reach have room for",
        "seats",
    ),
    C("served_after_seats", "count", "The same with the plan's new sites", "seats"),
    C("enrollment_zone", "key", "Name of a common enrollment zone: several attendance zones taken together"),
    C("zone_ids", "text", "Ids of its attendance zones, separated by semicolons"),
    C("zone_pupils", "count", "Resident pupils of the grade", "pupils"),
    C("zone_seats", "count", "Seats of the grade in the district's schools within it", "seats"),
    C("seated_pupils", "count", "Most pupils who can be seated within the travel limit", "pupils"),
    C("short_seats", "count", "Pupils who cannot", "pupils"),
    C("zone_offered_seats", "count", "Seats of the grade in rooms that are on offer", "seats"),
    C("firm_short_seats", "count", "Pupils who cannot once the rooms on offer are given away", "pupils"),
    C("offered_site_ids", "text", "Ids of the sites with rooms on offer, separated by semicolons"),
    C(
        "least_limit_m",
        "measure",
        "Shortest travel limit that seats every child of the grade; empty where none does, or all are seated",
        "m",
    ),
    C("all_pupils", "count", "Resident pupils of all grades together", "pupils"),
    C("all_seats", "count", "Seats of all grades together", "seats"),
    C("all_seated_pupils", "count", "Pupils of all grades who can be seated", "pupils"),
    C("all_short_seats", "count", "Pupils of all grades who cannot", "pupils"),
    C(
        "all_firm_short_seats",
        "count",
        "Pupils of all grades who cannot once the rooms on offer are given away",
        "pupils",
    ),
    C("offer_finding", "text", "What follows where the rooms on offer are given away; empty where nothing changes"),
    C(
        "cut_neighborhood_ids",
        "text",
        "Ids of neighborhoods, separated by semicolons, whose children prove it: they reach no other schools than those of the proof",
    ),
    C(
        "cut_school_ids",
        "text",
        "Ids of the schools of the proof, separated by semicolons; every seat of them is needed",
    ),
    C("cut_pupils", "count", "Children of the proof", "pupils"),
    C("cut_seats", "count", "Seats of the proof", "seats"),
    C("finding", "text", "What follows, in a sentence; empty where there is nothing to add"),
    C("rule_id", "category", "Rule that produced the recommendation"),
    C("subject_kind", "category", "What it is about", values=("neighborhood", "zone", "site", "school", "district")),
    C("subject_id", "key", "Id of what it is about"),
    C("statement", "text", "The recommendation, with its numbers"),
    C(
        "rule_measure",
        "category",
        "Column whose number the recommendation rests on",
        values=("need_rank", "unmet_seats", "children_change", "surplus_rooms", "class_probability_share"),
    ),
    C(
        "rule_value",
        "measure",
        "The number it rests on, in the unit of that column; empty where not known or not shown",
    ),
    C("rule_value_low", "measure", "Low end of its interval: by margins, draws, ways of counting, or years"),
    C("rule_value_high", "measure", "High end of its interval"),
    C("rule_threshold", "measure", "What the rule asks of the number: ranks up to it, other numbers from it on"),
    C("evidence", "text", "Numbers, intervals and thresholds behind it"),
    C("counter_evidence", "text", "What speaks against it"),
    C(
        "topic",
        "category",
        "What the line is about",
        values=("need", "why", "choice", "gap", "access", "quality", "growth"),
    ),
    C("is_told", "flag", "The study can say it; if not, the statement is the reason"),
    # releases, and what changed since the last
    C("release_id", "key", "Name of the release"),
    C("release_number", "position", "Its place in the order in which releases were made"),
    C("method_number", "position", "By which way of making the facts it was made, counted from 1"),
    C("fact_level", "category", "Level of schools; all where the fact is of none", values=("all", *LEVELS)),
    C(
        "fact",
        "category",
        "Which number of a release",
        values=(
            *("need_rank", "children_0_17", "relative_access_ratio", "resident_pupils", "unmet_seats"),
            *("district_pupils", "charter_pupils", "quality_share", "listed_sites", "pupils"),
        ),
    ),
    C("period", "text", "What it is of: a fall, or a survey's vintage"),
    C("fact_value", "measure", "The number, in the unit of the fact; empty where it was hidden"),
    C("fact_value_low", "measure", "Low end of its interval"),
    C("fact_value_high", "measure", "High end of its interval"),
    C("made_by", "text", "How it was counted, where studies differ in that"),
    C("period_from", "text", "What the earlier number is of"),
    C("period_to", "text", "What the number of now is of"),
    C("value_from", "measure", "The number of the earlier release"),
    C("value_to", "measure", "The number of now"),
    C("value_change", "change", "The number of now less the earlier one"),
    C("value_low_from", "measure", "Low end of the earlier number's interval"),
    C("value_low_to", "measure", "Low end of the interval of now"),
    C("value_high_from", "measure", "High end of the earlier number's interval"),
    C("value_high_to", "measure", "High end of the interval of now"),
    C(
        "change_evidence",
        "category",
        "Whether the number moved: not, beyond its margins or within them, without a margin, by surveys that share years, or made in two ways",
        values=("same", "beyond", "within", "no_margin", "overlapping", "not_comparable"),
    ),
    C(
        "changed_by",
        "category",
        "What made the difference: newer data, another method, both, or nothing that is on record",
        values=("nothing", "data", "method", "both", "not_known"),
    ),
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
        C(name, "count", meaning, unit=_unit(name), over=over, carrier=carrier)
        for name, meaning, over, carrier in _CENSUS_COUNTS
    ),
    *(
        C(f"{name}_moe", "margin", f"90% margin of error: {meaning[0].lower()}{meaning[1:].split(';')[0]}", _unit(name))
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
