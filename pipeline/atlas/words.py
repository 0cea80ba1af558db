"""The words of the maps: how published codes, years and numbers are written for a reader."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping

from pipeline.columns import BY_NAME
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
    "reliability_class": {"high": "Reliable", "medium": "Use with care", "low": "Unreliable", "not_known": "Not known"},
    "level": {"elementary": "Elementary school", "middle": "Middle school", "high": "High school"},
    "sector": {"district": "District", "charter": "Charter", "private": "Private"},
    "school_status": {"open": "Open", "closed": "Closed", "planned": "Planned"},
    "quality_class": {"strong": "Strong", "middle": "Average", "weak": "Weak", "not_rated": "Not rated"},
    "path_status": {"on_track": "On track", "behind": "Behind", "not_known": "Not known"},
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
    },
    "pocket_kind": {"growing": "Growing", "shrinking": "Shrinking"},
    "match_status": {"matched": "Place found", "unmatched": "No place found"},
    "unit_kind": {"district": "District", "zone": "Zone", "school": "School"},
    "size_class": {
        "under_200": "under 200 pupils",
        "200_to_499": "200 to 499 pupils",
        "500_and_over": "500 pupils and over",
        "district": "whole district",
        "school_grade": "one grade of a school",
        "district_grade": "one grade of the district",
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
        "below_standard": "Pupils below standard in the nearest schools",
    },
    "measure": {"children_0_17": "Children under 18", "population": "People"},
    "subject": {"ela": "English", "math": "mathematics", "science": "science"},
    "public_table": {
        "public_access": "Access to quality seats",
        "public_backtest": "How good such forecasts were in the past",
        "public_contributions": "Indicators of the need index",
        "public_enrollment": "Pupils by school and year",
        "public_growth": "Change in the number of children",
        "public_incomes": "Median household incomes",
        "public_interpolation": "Counts by other ways of placing people",
        "public_matches": "Schools looking for a place",
        "public_missing": "What is missing",
        "public_neighborhoods": "Neighborhoods",
        "public_outlook": "Pupils expected",
        "public_pockets": "Pockets of change",
        "public_recommendations": "Recommendations",
        "public_schools": "Schools",
        "public_sites": "School sites",
        "public_siting": "Sites for new quality seats",
        "public_utilization": "How full the sites are",
        "public_zones": "Attendance zones",
    },
    "yes_no": {"True": "Yes", "False": "No"},
}
RULES = {
    "N-01": ("High need, poor access", "A neighborhood of high need, with figures that carry it, where access to quality seats is below half of the district's mean."),
    "Z-01": ("Largest gaps", "The zones of each level that lack the most quality seats; zones drawn by the nearest school are left out."),
    "G-01": ("Growth", "A pocket of neighborhoods where the number of children grew beyond chance."),
    "G-02": ("Decline", "A pocket of neighborhoods where the number of children fell beyond chance."),
    "F-01": ("Room to offer", "A site that is underutilized, today and by the outlook, or stands empty."),
    "F-02": ("Sharing a site", "A school that looks for a place and a site with room for it within its travel distance."),
}  # fmt: skip
GRADES = {"PK": "pre-K", "TK": "TK", "KG": "K"}


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
    if column == "age_band":
        return code.replace("-", " to ")
    if column == "level":
        return f"{code} school"
    return LABELS.get(column, {}).get(code) or sentence(code)


def measure(subjects: tuple[str, ...]) -> str:
    """What a school's result is a share of.

    >>> measure(("ela", "math")), measure(("rating",))
    ("pupils meeting the state's standard in English and mathematics", "points of the state's rating")
    """
    if any(subject not in LABELS["subject"] for subject in subjects):
        return "points of the state's rating"
    tested = f" in {listed([LABELS['subject'][subject] for subject in subjects])}" if subjects else ""
    return f"pupils meeting the state's standard{tested}"


def part_of(share: float) -> str:
    """A share as a part, in one word where there is one.

    >>> part_of(0.2), part_of(0.15)
    ('fifth', '15%')
    """
    return {0.5: "half", 0.25: "quarter", 0.2: "fifth", 0.1: "tenth"}.get(share, percent(share))


def school_year(fall_year: int) -> str:
    """A school year by its two calendar years.

    >>> school_year(2024)
    '2024-25'
    """
    return f"{fall_year}-{(fall_year + 1) % 100:02d}"


def number(value: float, digits: int = 0) -> str:
    """A number with thousands separators; a half is rounded up, as in the pages.

    >>> number(12345.5), number(-0.2), number(0.25, 1)
    ('12,346', '0', '0.3')
    """
    scale = 10.0**digits
    rounded = math.copysign(math.floor(abs(value) * scale + 0.5 + 1e-9), value) / scale
    return f"{rounded + 0.0 if rounded else 0.0:,.{digits}f}"


def percent(value: float) -> str:
    """A share as percent.

    >>> percent(0.344)
    '34%'
    """
    return f"{number(100 * value)}%"


def count_of(amount: float, one: str, many: str) -> str:
    """An amount with its noun.

    >>> count_of(1, "site", "sites"), count_of(12, "site", "sites"), count_of(0, "site", "sites")
    ('1 site', '12 sites', 'no sites')
    """
    return f"{number(amount) if amount else 'no'} {one if amount == 1 else many}"


def listed(items: list[str], most: int = 4) -> str:
    """Names in a row, the rest counted.

    >>> listed(["Ash", "Birch"]), listed(["A", "B", "C", "D", "E", "F"])
    ('Ash and Birch', 'A, B, C, D and 2 others')
    """
    if len(items) > most + 1:
        return f"{', '.join(items[:most])} and {len(items) - most} others"
    return items[0] if len(items) == 1 else f"{', '.join(items[:-1])} and {items[-1]}" if items else "none"
