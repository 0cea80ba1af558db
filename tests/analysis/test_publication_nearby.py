"""What is told to lie near: chosen by what is published, at most so many, equally far by id; zones by children."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.publication_nearby import nearby, neighborhood_zones
from pipeline.tables import BY_TABLE, check

LINES = {
    "a": 100.0,
    "b": 50.0,
    "c": 50.0,
    "d": 0.0,
    "shut": 2999.0,
    "far": 3001.0,
    "web": 10.0,
    "s1": 900.0,
    "s2": 80.0,
}


def test_the_nearest_are_chosen_by_what_is_told_of_them() -> None:
    """b and c are equally far; d is nearest but its class is not told; shut is closed, but is told of within 3 km."""
    schools = pd.DataFrame({"school_id": ["a", "b", "c", "d", "shut", "far", "web"]}).assign(
        school_status=["open"] * 4 + ["closed", "open", "open"], is_virtual=[False] * 6 + [True], is_quality=[True, True, True, False, True, True, True],
    )  # fmt: skip
    facts = schools[["school_id"]].assign(serves_elementary=True, serves_middle=schools["school_id"] == "far", serves_high=False)  # fmt: skip
    rfp = pd.DataFrame({"site_id": ["s1", "s2"], "rfp_status": ["one_definition", "not_listed"]})
    pairs = pd.DataFrame(
        [("neighborhood", "n1", "site" if end.startswith("s") and end != "shut" else "school", end, far) for end, far in LINES.items()]
        + [("site", "s1", "school", end, far) for end, far in LINES.items() if end[0] != "s" or end == "shut"],
        columns=["origin_layer", "origin_id", "destination_kind", "destination_id", "straight_m"],
    )  # fmt: skip
    found = check(BY_TABLE["public_nearby"], nearby(pairs, schools, rfp, facts)[0])
    told = {key: list(rows["destination_id"]) for key, rows in found.groupby(["origin_id", "near_kind"])}
    assert told == {
        ("n1", "quality_elementary"): ["b", "c"],
        ("n1", "quality_middle"): ["far"],
        ("n1", "school"): ["a", "b", "c", "d", "shut"],
        ("n1", "room"): ["s1"],
        ("s1", "open_school"): ["a", "b", "c", "d", "far"],
    }


def test_zones_are_told_by_children_else_by_people_else_by_places() -> None:
    places = pd.DataFrame(
        [
            ("n1", "a", 90.0, 10.0),
            ("n1", "b", 10.0, 90.0),
            ("n1", "c", 0.0, 900.0),  # nobody's child: not named
            ("n2", "a", None, 30.0),
            ("n2", "b", None, 10.0),
            ("n3", "b", None, None),
            ("n4", None, 5.0, 5.0),
        ],
        columns=["neighborhood_id", "elementary_zone_id", "children_0_17", "population"],
    ).assign(middle_zone_id=None, high_zone_id=None)
    found = check(BY_TABLE["public_neighborhood_zones"], neighborhood_zones(places)[0])
    assert found[["neighborhood_id", "zone_id", "zone_share"]].to_numpy().tolist() == [
        ["n1", "a", 0.9],
        ["n1", "b", 0.1],
        ["n2", "a", 0.75],
        ["n2", "b", 0.25],
        ["n3", "b", 1.0],
    ]
