"""The words of the maps: how published codes, years and numbers are written for a reader."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

from pipeline.columns import BY_NAME, PER_CHILD
from pipeline.numerals import count_of, listed, number, percent
from pipeline.tables import BY_TABLE

LABELS: dict[str, dict[str, str]] = {
    "need_class": {
        "high": "High need",
        "possible": "Possibly high need",
        "not_high": "Not high",
        "not_ranked": "Not ranked",
    },
    "hot_spot_class": {
        "hot": "Cluster of high need",
        "cold": "Cluster of low need",
        "none": "No cluster",
        "too_few_to_test": "Too few areas to test",
    },
    "factor": {
        "margins": "Margins of error of the survey",
        "weights": "Weights of the indicators",
        "normalisation": "How indicators are put on one scale",
        "aggregation": "How domains are combined",
        "left_out": "Leaving one indicator out",
        "placing": "How counts are placed in neighborhoods",
    },
    "topic": {
        "need": "Need",
        "why": "Why",
        "choice": "What moves ranks",
        "gap": "Seats missing",
        "access": "Access",
        "quality": "Quality seats",
        "growth": "Growth",
    },
    "moved": {"ranks": "All ranks together", "mean_shift": "Mean shift from the published ranks"},
    "placing": {"second": "By the second best evidence", "area": "By area"},
    "hot_spot_draws_class": {
        "hot": "Among neighbors of high need",
        "cold": "Among neighbors of low need",
        "none": "No cluster",
        "too_few_to_test": "Too few areas to test",
        "not_drawn": "Not tested by draws",
    },
    "moran_class": {
        "high_high": "High among high",
        "low_low": "Low among low",
        "high_low": "High among low",
        "low_high": "Low among high",
        "none": "Neither cluster nor outlier",
        "too_few_to_test": "Too few areas to test",
    },
    "tested_by": {"draws": "By draws", "closed_form": "In closed form", "not_tested": "Not tested"},
    "reliability_class": {"high": "Reliable", "medium": "Use with care", "low": "Unreliable", "not_known": "Not known"},
    "level": {"elementary": "Elementary school", "middle": "Middle school", "high": "High school"},
    "siting_model": {
        "coverage_with_room": "Most seats, with room",
        "coverage": "Most children near a quality school",
        "travel": "Least travel",
        "travel_with_room": "Least travel, with room",
        "fewest": "Fewest sites near to all who can be reached",
    },
    "sector": {"district": "District", "charter": "Charter", "private": "Private"},
    "school_status": {"open": "Open", "closed": "Closed", "planned": "Planned"},
    "quality_class": {"strong": "Strong", "middle": "Average", "weak": "Weak", "not_rated": "Not rated"},
    "path_status": {
        "on_track": "On track",
        "not_sure": "Too close to call",
        "behind": "Behind",
        "not_known": "Not known",
    },
    "growth_class": {"rising": "Rising", "steady": "Steady", "falling": "Falling", "not_known": "Not known"},
    "status_level": {
        "very_low": "Very low",
        "low": "Low",
        "medium": "Medium",
        "high": "High",
        "very_high": "Very high",
        "not_known": "Not known",
    },
    "change_level": {
        "declined_significantly": "Declined significantly",
        "declined": "Declined",
        "maintained": "Maintained",
        "increased": "Increased",
        "increased_significantly": "Increased significantly",
        "not_known": "Not known",
    },
    "color": {
        "red": "Red",
        "orange": "Orange",
        "yellow": "Yellow",
        "green": "Green",
        "blue": "Blue",
        "none": "No color",
    },
    "growth_method": {
        "cohort": "Pupils followed from grade to grade",
        "status_change": "Whole school, year to year",
        "none": "Not known",
    },
    "student_group": {
        "all": "All pupils",
        "low_income": "Low-income pupils",
        "english_learner": "English learners",
        "disability": "Pupils with a disability",
        "homeless": "Homeless pupils",
        "foster": "Foster pupils",
        "migrant": "Migrant pupils",
        "unduplicated": "Low-income, English-learner or foster pupils",
        "asian": "Asian",
        "black": "Black",
        "filipino": "Filipino",
        "hispanic": "Hispanic",
        "native_american": "Native American",
        "pacific_islander": "Pacific Islander",
        "two_or_more": "Two or more races",
        "white": "White",
        "race_not_reported": "Race not reported",
    },
    "location_status": {
        "located": "On the map",
        "virtual": "Teaches online",
        "not_a_place": "Not a place",
        "no_coordinates": "No coordinates",
        "outside_district": "Outside the district",
    },
    "site_status": {
        "open": "Open",
        "closed": "Closed",
        "surplus": "Surplus",
        "swing": "Swing space",
        "leased": "Leased",
    },
    "condition_class": {
        "good": "Good",
        "fair": "Fair",
        "poor": "Poor",
        "very_poor": "Very poor",
        "not_known": "Not known",
    },
    "surplus_status": {
        "offered": "Can be offered",
        "watch": "Watch",
        "not_offered": "In use",
        "not_known": "Not known",
    },
    "capacity_definition": {
        "given": "capacity as given",
        "state_loading": "the state's pupils per room",
        "functional": "functional capacity",
        "target": "target class sizes",
        "ideal_homeroom": "ideal homerooms",
    },
    "room_type": {
        "classroom": "Classroom",
        "special_day": "Special-day class",
        "special_day_severe": "Special-day class, severe",
        "preschool": "Preschool",
        "specialised": "Laboratory or shop",
        "shared": "Library, hall and the like",
        "other": "Other",
    },
    "lease_limit": {
        "host_needs_rooms": "The host may need the rooms",
        "end_of_outlook": "The outlook reaches no further",
        "no_host": "No host",
        "not_offered": "Not offered",
        "not_known": "Not known",
    },
    "proposal_status": {"scored": "Scored", "not_eligible": "Not considered"},
    "rubric_part": {
        "quality_record": "Quality record",
        "match_with_need": "Match with need",
        "grades": "Grades",
        "enrollment_in_hand": "Enrollment in hand",
        "use_of_space": "Use of space",
    },
    "rfp_status": {
        "listed": "Listed",
        "one_definition": "One definition known",
        "not_listed": "Not listed",
        "not_known": "Not known",
    },
    "horizon_status": {
        "still_under": "Still underutilized",
        "may_fill_up": "May fill up",
        "empty": "Stands empty",
        "not_under": "In use",
        "not_judged": "Not judged",
        "not_known": "Not known",
    },
    "confidence_class": {"high": "High", "medium": "Medium", "low": "Low", "not_known": "Not known"},
    "capacity_status": {
        "known": "Known",
        "not_given": "Not given",
        "no_rooms_known": "No rooms known",
        "other_grades": "Not for these grades",
    },
    "pocket_kind": {"growing": "Growing", "shrinking": "Shrinking"},
    "band_basis": {"published": "As published", "even_spread": "Spread evenly within a published band"},
    "change_spot_class": {
        "hot": "Cluster of rises",
        "cold": "Cluster of falls",
        "none": "No cluster",
        "too_few_to_test": "Too few areas to test",
        "not_tested": "Not tested",
    },
    "pocket_evidence": {
        "change": "Changed beyond chance",
        "cluster": "In a cluster of changes",
        "together": "Changed beyond chance with its neighbors",
        "none": "May be chance",
        "not_tested": "Not tested",
    },
    "driver": {
        "births": "Larger or smaller cohorts growing up",
        "housing": "New or lost homes",
        "moving": "Families moving",
        "mixed": "Several things together",
        "not_known": "Cannot be told",
    },
    "change_class": {
        "growing": "Growing, by itself or with its pocket",
        "shrinking": "Shrinking, by itself or with its pocket",
        "not_beyond_chance": "No change beyond chance",
        "not_known": "Not tested",
    },
    "cross_class": {
        "both_high": "Growing, and high need",
        "growth_only": "Growing",
        "need_only": "High need",
        "high_untested": "High need, growth not tested",
        "neither": "Neither growing nor of high need",
        "not_high_untested": "Not of high need, growth not tested",
        "not_known": "Not known",
    },
    "error_basis": {
        "back_test": "Tested on earlier years",
        "stated": "Stated, not tested",
        "none": "No interval",
    },
    "method": {
        "cohort change": "By its own cohorts",
        "cohort change, capped": "By its own cohorts, held to a cap",
        "synthetic": "More by the district's cohorts than by its own",
        "ratio of the district": "By the district's cohorts",
        "child-woman ratio": "By women of childbearing age",
        "held at the latest count": "As many as now",
        "sum of its age bands": "Sum of its age groups",
    },
    "pair_rule": {
        "allowed": "Possible",
        "excluded": "Site excluded",
        "own_site": "Its own site",
        "below_threshold": "School too small to ask",
        "other_grades": "Other grades",
        "place_not_known": "Place not known",
        "too_far": "Too far",
        "rooms_not_known": "Rooms not known",
        "too_few_rooms": "Too few rooms",
    },
    "worksheet_status": {
        "computed": "Filled in",
        "below_threshold": "Below the law's threshold",
        "no_comparison_school": "No comparison school",
        "rooms_not_known": "Rooms not known",
        "pupils_not_known": "Pupils not known",
    },
    "match_status": {"matched": "Place found", "unmatched": "No place found"},
    "unit_kind": {"district": "District", "zone": "Zone", "school": "School", "level": "Level"},
    "size_class": {
        "under_200": "under 200 pupils",
        "200_to_499": "200 to 499 pupils",
        "500_and_over": "500 pupils and over",
        "200_and_over": "200 pupils and over",
        "same_grades": "200 pupils and over, same grades then and later",
        "district": "whole district",
        "school_grade": "one grade of a school",
        "grade_under_25": "one grade of a school, under 25 pupils",
        "grade_25_to_99": "one grade of a school, 25 to 99 pupils",
        "grade_100_and_over": "one grade of a school, 100 pupils and over",
        "district_grade": "one grade of the district",
    },
    "outlook_evidence": {
        "beyond_chance": "A change: zero lies outside its interval",
        "may_be_none": "May be no change: zero lies within its interval",
        "beyond_tested": "Further ahead than was tested",
        "borrowed": "Zero lies outside an interval borrowed from schools",
        "untested": "Could not be tested",
    },
    "rule": {
        "own_ratio": "By its own ratio",
        "district_ratio": "By the ratio of the district's schools",
        "entry_share": "By its share of the district's grade below",
        "births": "By births",
        "births_ahead": "By births expected",
        "young_children": "By children under five",
        "recent_counts": "Mean of recent counts",
        "phase_in": "By the birthdays that the law admits",
        "held": "As at the last count",
        "last_change": "The latest change goes on",
        "empty_grade": "No pupils at the last count",
        "moved_in": "By a declared change alone",
        "with_the_district": "As the district's cohort",
    },
    "caution": {
        "new_school": "too new for a ratio of its own",
        "suppressed_cell": "rests on a hidden count",
        "carried_count": "starts from an earlier year's count",
        "pandemic_base": "starts from a year of the pandemic",
        "definition_break": "kindergarten was counted otherwise before",
        "declared_change": "a declared change concerns it",
        "untested": "too few years to test it",
    },
    "change_kind": {
        "opened": "Opened",
        "closed": "Closed",
        "grades_gained": "Grades added",
        "grades_lost": "Grades given up",
        "boundary": "Zone changed",
    },
    "scenario": {
        "as_planned": "As planned",
        "no_new_homes": "No new homes",
        "lower_capture": "Fewer pupils at their zone's school",
        "higher_capture": "More pupils at their zone's school",
        "new_school": "A new school",
    },
    "interval_basis": {
        "own_size": "errors of forecasts of this size",
        "other_sizes": "errors of forecasts of other sizes",
        "beyond_tested": "errors grown beyond the years that could be tested",
        "borrowed_from_schools": "errors of forecasts of schools, not of zones",
        "untested": "nothing that could be tested",
    },
    "entry": {
        "missing_input": "Not available",
        "note": "To know",
        "loss": "Left out",
        "absence": "Empty",
        "repair": "Repaired",
        "match": "Joined",
        "balance": "Balance",
    },
    "value_status": {
        "reported": "Reported",
        "suppressed": "Not shown",
        "not_reported": "Not reported",
        "not_applicable": "Not applicable",
        "unreliable": "Unreliable",
    },
    "indicator": {
        "child_poverty": "Children in poverty",
        "child_poverty_200": "Children below twice the poverty line",
        "poverty": "People in poverty",
        "poverty_200": "People below twice the poverty line",
        "limited_english": "Households with limited English",
        "limited_english_people": "People with limited English",
        "no_diploma": "Adults without a diploma",
        "single_parent": "Single-parent families",
        "single_parent_households": "Single-parent households",
        "no_vehicle": "Homes without a vehicle",
        "renters": "Homes lived in by renters",
        "crowding": "Crowded homes",
        "disability": "People with a disability",
        "unemployment": "Unemployment",
        "young_children": "Children under 5",
        "below_standard": "Pupils below standard",
        "low_growth": "Pupils at schools of low growth",
        "chronic_absence": "Pupils chronically absent",
        "unduplicated": "Low-income, English-learner or foster pupils",
        "mobility": "Pupils who change school during the year",
        "poor_access": "Children without a quality seat in reach",
    },
    "family": {
        "percentile": "Mean of ranks",
        "standardised": "Mean of standard deviations",
        "exponential": "Exponential scale of ranked domains",
        "geometric": "Geometric mean of domains",
    },
    "norm": {"local": "Among the neighborhoods", "statewide": "Among the areas of the state"},
    "subject": {
        "ela": "English",
        "math": "mathematics",
        "science": "science",
        "graduation": "graduation",
        "attendance": "attendance",
        "stability": "staying at the school all year",
        "rating": "the state's rating",
    },
    # what a state's table of colors measures: of attendance, those who are absent
    "color_subject": {
        "ela": "English",
        "math": "mathematics",
        "attendance": "chronic absence",
        "graduation": "graduation",
    },
    "measure": {
        "children_0_17": "Children under 18",
        "population": "People",
        "children": "Children of these ages",
        "children_in_poverty": "Children in poverty",
        "limited_english_households": "Households with limited English",
        "single_parent_families": "Single-parent families",
        "homes_without_vehicle": "Homes without a vehicle",
        "people_in_poverty": "People in poverty",
        "people_below_200_poverty": "People below twice the poverty line",
        "people_limited_english": "People with limited English",
        "single_parent_households": "Single-parent households",
    },
    "variant": {
        "study": "As in the study",
        "contained": "Every school where it stands",
        "citywide_out": "Without seats of city-wide schools",
        "by_access": "Seats that the zone's children reach",
        "in_five_years": "Against the pupils expected in five years",
    },
    "run_by": {
        "all": "All public schools",
        "district": "District",
        "charter": "Charter",
        "private": "Private",
        "not_known": "Not known: in no directory",
    },
    "fact": {
        "need_rank": "Need rank",
        "children_0_17": "Children under 18",
        "relative_access_ratio": "Access to quality seats, against the mean",
        "resident_pupils": "Resident pupils",
        "unmet_seats": "Seats missing",
        "district_pupils": "Pupils at district schools",
        "charter_pupils": "Pupils at charter schools",
        "quality_share": "Share of pupils in quality seats",
        "listed_sites": "Sites listed for a request for proposals",
        "pupils": "Pupils",
    },
    "change_evidence": {
        "same": "The same",
        "beyond": "Beyond its margins",
        "within": "Within its margins: may be chance",
        "no_margin": "It has no margin",
        "overlapping": "Surveys that share years: cannot be told",
        "not_comparable": "Made in two ways: not comparable",
    },
    "changed_by": {
        "nothing": "Nothing",
        "data": "Newer data",
        "method": "Another method",
        "both": "Newer data and another method",
        "not_known": "Not on record: corrected files, perhaps",
    },
    "counted_by": {"school": "At the schools of the area", "residence": "Where they live"},
    "access_method": {
        "2sfca": "All schools within reach alike",
        "e2sfca": "Nearer schools more, by thirds of the reach",
        "gaussian": "Nearer schools more, smoothly",
    },
    "public_table": {
        "public_capacity": "Capacity by every definition",
        "public_rfp_scores": "Responses to the request for proposals",
        "public_rfp_score_parts": "What each score is made of",
        "public_rooms": "Rooms of the sites",
        "public_rfp": "Sites for a request for proposals",
        "public_access": "Access to quality seats",
        "public_nearby": "What lies near",
        "public_neighborhood_zones": "The zones of each neighborhood",
        "public_access_groups": "Access to quality seats by group",
        "public_access_methods": "Access to quality seats by three methods",
        "public_backtest": "How good such forecasts were in the past",
        "public_colors": "Colors of schools by a state's tables",
        "public_contributions": "Indicators of the need index",
        "public_families": "The need index of four kinds",
        "public_family_contributions": "What makes the index of each kind",
        "public_sensitivity": "Which choice moves ranks most",
        "public_clusters": "Clusters and outliers",
        "public_lines": "Lines for the committee",
        "public_cut_sweep": "The gap as the quality cut moves",
        "public_enrollment": "Pupils by school and year",
        "public_sectors": "Pupils by who runs their school",
        "public_flows": "Where the pupils of each zone go",
        "public_gap_variants": "The gap counted in other ways",
        "public_growth": "Change in the number of children",
        "public_incomes": "Median household incomes",
        "public_interpolation": "Counts by other ways of placing people",
        "public_matches": "Schools looking for a place",
        "public_pairs": "Every school beside every site",
        "public_room_values": "Hosts before and after, and what a room is worth",
        "public_prop39": "Worksheet of Proposition 39",
        "public_prop39_calendar": "Days of a request under Proposition 39",
        "public_missing": "What is missing",
        "public_changes": "What changed since the last release",
        "public_neighborhoods": "Neighborhoods",
        "public_outlook": "Pupils expected",
        "public_outlook_change": "Pupils expected, more or fewer than now",
        "public_outlook_grades": "Pupils expected by grade",
        "public_scenarios": "What if: scenarios of the outlook",
        "public_capture": "Pupils at their zone's own school",
        "public_school_changes": "Changes of schools",
        "public_state_projection": "The state's own projection",
        "public_pockets": "Pockets of change",
        "public_drivers": "What drives the change",
        "public_migration": "Families moving, by age",
        "public_growth_need": "Growth and need",
        "public_population": "Children expected",
        "public_quality_change": "Why pupils in quality seats became more or fewer",
        "public_quality_seats": "Pupils in quality seats",
        "public_quality_years": "Classes of schools by year",
        "public_recommendations": "Recommendations",
        "public_schools": "Schools",
        "public_sites": "School sites",
        "public_siting": "Sites for new quality seats",
        "public_siting_plans": "What each further site adds",
        "public_siting_choices": "Sites of the best plans",
        "public_siting_coverage": "Missing seats before and after",
        "public_enrollment_zones": "Common enrollment zones",
        "public_targets": "Five-year paths",
        "public_utilization": "How full the sites are",
        "public_zones": "Attendance zones",
    },
    "yes_no": {"True": "Yes", "False": "No"},
}
RULES = {
    "N-01": ("High need, poor access", "A neighborhood of high need, with figures that carry it, where access to quality seats is far below the district's mean."),
    "Z-01": ("Largest gaps", "The zones of each level that lack the most quality seats; zones drawn by the nearest school are left out."),
    "G-01": ("Growth", "A pocket of neighborhoods where the number of children grew beyond chance."),
    "G-02": ("Decline", "A pocket of neighborhoods where the number of children fell beyond chance."),
    "G-03": ("Growth and high need", "A neighborhood of high need where the number of children grew beyond chance."),
    "F-01": ("Room to offer", "A site that is underutilized, today and by the outlook, or stands empty."),
    "F-02": ("Sharing a site", "A school that looks for a place and a site with room for it within its travel distance."),
    "F-03": ("Rooms to count first", "Sites listed as ready whose room is not known well enough to advise on."),
    "Q-01": ("Weak year after year", "A school that is weak in each of the last years with results and whose pupils do not gain more than others."),
    "Q-02": ("Strong, with pupils like those in need", "A school that is strong in each of the last years with results and has at least the district's share of low-income pupils."),
}  # fmt: skip
# What the draws vary, within a sentence.
VARIED = {
    "margins": "the survey's margins of error",
    "weights": "the weights of the indicators",
    "normalisation": "the scale they are put on",
    "aggregation": "the mean that combines domains",
    "left_out": "one indicator left out",
    "placing": "how people are placed within census areas",
}
GRADES = {"PK": "pre-K", "TK": "TK", "KG": "K"}


# a pocket's change is as reliable as any other number: one set of words
LABELS["pocket_reliability_class"] = LABELS["reliability_class"]


def sentence(code: str) -> str:
    """A code as words with a capital letter.

    >>> sentence("children_in_poverty")
    'Children in poverty'
    """
    words = code.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def say(column: str, code: object) -> str:
    """What a published code is called.

    >>> say("need_class", "possible"), say("is_approximate", True), say("method", "nearest_site")
    ('Possibly high need', 'Yes', 'Nearest site')
    """
    if column.startswith(("is_", "has_")):
        return LABELS["yes_no"][str(bool(code))]
    if column == "method" and "; seats: " in str(code):
        return _counted_by(str(code))
    return LABELS.get(column, {}).get(str(code)) or sentence(str(code))


def sure(reliability_class: object) -> str:
    """How far a statement carries, beside it.

    >>> sure("high"), sure("not_known")
    ('Reliable', 'Reliability not known')
    """
    return "Reliability not known" if reliability_class == "not_known" else say("reliability_class", reliability_class)


def is_estimated(methods: Iterable[str]) -> bool:
    """Whether the residents of some zones are not counted but estimated from children.

    >>> is_estimated(["residents counted; seats: given"]), is_estimated(["children under 18 x pupils per child; seats: none"])
    (False, True)
    """
    return any(PER_CHILD in method for method in methods)


def _counted_by(method: str) -> str:
    """How residents and seats of a zone were counted.

    >>> _counted_by("residents counted; seats: enrolled and given")
    'Residents counted; seats by pupils enrolled and capacity as given'
    """
    residents, _, seats = method.partition("; seats: ")
    names = LABELS["capacity_definition"] | {"enrolled": "pupils enrolled"}
    ways = re.split(r", | and ", seats)
    by = "no quality seats" if seats == "none" else f"seats by {listed([names.get(way, way) for way in ways])}"
    return f"{sentence(residents.replace(' x ', ' times '))}; {by}"


def rule(rule_id: str) -> str:
    """A rule of the recommendations by its number and name.

    >>> rule("G-01"), rule("X-09")
    ('Rule G-01, growth', 'Rule X-09')
    """
    return f"Rule {rule_id}, {RULES[rule_id][0].lower()}" if rule_id in RULES else f"Rule {rule_id}"


def kilometres(metres: float) -> str:
    """A limit, with a digit after the point where it is no whole number.

    >>> kilometres(3000.0), kilometres(2500.0)
    ('3 km', '2.5 km')
    """
    return f"{number(metres / 1000, 0 if metres % 1000 == 0 else 1)} km"


def grade(code: str) -> str:
    """A grade as schools write it.

    >>> grade("KG"), grade("05"), grade("12")
    ('K', '5', '12')
    """
    return GRADES.get(code) or code.lstrip("0") or code


_ID = re.compile(r"\b\w{7,}\b")
_CODE = re.compile(r"(?<![\w./-])(?:(?:indicator )?[a-z]+(?:_[a-z0-9]+)+|ela|state loading)(?![\w-]|\.\w)")


def told(text: str, names: Mapping[str, str] | None = None) -> str:
    """A sentence of the record without code words: columns, tables, indicators and ids with a name become words.

    >>> told("indicator child_poverty: children_in_poverty over child_poverty_universe")
    'children in poverty: children in poverty over child poverty universe'
    >>> told("acsdt5y2023_b01001.dat has no ela")
    'acsdt5y2023_b01001.dat has no English'
    >>> told("19647330121103 shares its zone", {"19647330121103": "Oak Academy"})
    'Oak Academy shares its zone'
    """
    named = _ID.sub(lambda found: names.get(found.group(), found.group()), text) if names else text
    return _CODE.sub(_word, named)


def _word(found: re.Match[str]) -> str:
    code = found.group().removeprefix("indicator ").replace("state loading", "state_loading")
    if code == "ela":
        return LABELS["subject"]["ela"]
    for column in ("indicator", "public_table", "capacity_definition"):
        if code in LABELS[column]:
            return LABELS[column][code][:1].lower() + LABELS[column][code][1:]
    return (
        code.replace("_", " ") if code in BY_NAME or code in BY_TABLE or not re.search(r"\d", code) else found.group()
    )


def each_label(column: str, code: str) -> str:
    """What stands in a layer's name for one age band, level, indicator or capacity definition.

    >>> each_label("age_band", "5-17"), each_label("level", "middle")
    ('5 to 17', 'middle school')
    """
    if column in ("age_band", "moved_band", "basis"):
        return code.replace("-", " to ")
    if column == "outlook":
        band, _, year = code.partition(" ")
        return f"{band.replace('-', ' to ')} in {year}"
    if column == "level":
        return f"{code} school"
    if column == "horizon_years":
        return f"in {count_of(float(code), 'year', 'years')}"
    return LABELS.get(column, {}).get(code) or sentence(code)


def measure(subjects: tuple[str, ...]) -> str:
    """What a school's result is a share of.

    >>> measure(("ela", "math")), measure(("rating",))
    ("pupils meeting the state's standard in English and mathematics", "points of the state's rating")
    """
    if "rating" in subjects or any(subject not in LABELS["subject"] for subject in subjects):
        return "points of the state's rating"
    tested = f" in {listed([LABELS['subject'][subject] for subject in subjects])}" if subjects else ""
    return f"pupils meeting the state's standard{tested}"


def at_least(cut: float | Mapping[str, float], result: str) -> str:
    """The fixed cut of a study in words, one for all levels or one by level.

    >>> at_least(0.5, "pupils"), at_least({"high": 0.4}, "pupils")
    ('at least 50% of pupils', 'at least 40% (high schools) of pupils, at other levels the top quarter')
    """
    if not isinstance(cut, Mapping):
        return f"at least {percent(cut)} of {result}"
    parts = [f"{percent(cut[level])} ({level} schools)" for level in BY_NAME["level"].values if level in cut]
    others = ", at other levels the top quarter" if len(parts) < len(BY_NAME["level"].values) else ""
    return f"at least {listed(parts)} of {result}{others}"


def part_of(share: float) -> str:
    """A share as a part, in one word where there is one.

    >>> part_of(0.2), part_of(0.15)
    ('fifth', '15%')
    """
    return {0.5: "half", 0.25: "quarter", 0.2: "fifth", 0.1: "tenth"}.get(share, percent(share))


def tenths(value: float) -> str:
    """A probability that is published to the nearest tenth.

    >>> tenths(0.95), tenths(0.05), tenths(0.9)
    ('over 95%', 'under 5%', '90%')
    """
    if value >= 0.95:
        return "over 95%"
    return "under 5%" if value <= 0.05 else percent(value)
