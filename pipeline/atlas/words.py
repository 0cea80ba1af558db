"""The words of the maps: how published codes, years and numbers are written for a reader."""

from __future__ import annotations

import math

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
    "level": {"elementary": "Elementary", "middle": "Middle", "high": "High school"},
    "sector": {"district": "District", "charter": "Charter", "private": "Private"},
    "school_status": {"open": "Open", "closed": "Closed", "planned": "Planned"},
    "quality_class": {"strong": "Strong", "middle": "Middle", "weak": "Weak", "not_rated": "Not rated"},
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
        "state_loading": "state loading",
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
    "yes_no": {"True": "Yes", "False": "No"},
}


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
    return LABELS.get(column, {}).get(str(code)) or sentence(str(code))


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
