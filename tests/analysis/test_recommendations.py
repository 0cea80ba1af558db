"""Rules: each prints its numbers; none speaks from unreliable or approximate ones."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis import recommendations as rules

NEED = pd.DataFrame(
    {
        "neighborhood_id": ["a", "b", "c"],
        "need_rank": [1.0, 2.0, 3.0],
        "need_rank_low": [1.0, 1.0, 2.0],
        "need_rank_high": [2.0, 4.0, 5.0],
        "high_need_probability_share": [0.97, 0.9, 0.5],
        "need_class": ["high", "high", "possible"],
        "reliability_class": ["high", "low", "high"],
    }
)
ACCESS = pd.DataFrame(
    {
        "neighborhood_id": ["a", "a", "a", "b", "c"],
        "level": ["middle", "high", "elementary", "high", "high"],
        "relative_access_ratio": [0.1, None, 0.2, 0.3, 0.0],  # for high school at "a" nothing could be computed
        "is_poor_access": [True, True, True, True, True],
    }
)
GAP = pd.DataFrame(
    {
        "level": ["elementary"] * 4,
        "zone_id": ["1", "2", "3", "4"],
        "unmet_seats": [300.0, 200.0, 10.0, 400.0],
        "resident_pupils": [500.0, 400.0, 300.0, 600.0],
        "quality_seats": [200.0, 200.0, 290.0, 200.0],
        "citywide_seats": 0.0,
        "citywide_pupils": 0.0,
        "service_gap_rank": [2.0, 3.0, 4.0, 1.0],
        "is_approximate": [False, False, False, True],
        "method": ["flows"] * 4,
    }
)


def test_high_need_needs_certainty_reliability_and_poor_access() -> None:
    rows = rules.high_need_poor_access(NEED, ACCESS, {"a": "Old Mill"}, poor_ratio=0.5)
    assert [row["subject_id"] for row in rows] == ["a"]
    assert "Old Mill" in rows[0]["statement"] and "poor in elementary and middle school." in rows[0]["statement"]
    assert "rank 1 (1 to 2)" in rows[0]["evidence"] and "97% of all draws" in rows[0]["evidence"]


def test_gaps_leave_out_small_and_approximate_ones() -> None:
    rows = rules.largest_gaps(GAP, {}, seats=25, most=3, smallest=11)
    assert [row["subject_id"] for row in rows] == ["elementary 1", "elementary 2"]
    assert "300 more resident pupils than quality seats" in rows[0]["statement"]


def test_pockets_of_low_reliability_say_nothing() -> None:
    pockets = pd.DataFrame(
        {
            "pocket_id": ["p1", "p2"],
            "pocket_kind": ["growing", "shrinking"],
            "pocket_areas": [2.0, 1.0],
            "area_ids": ["n1 n2", "n9"],
            "age_band": ["5-17"] * 2,
            "vintage_from": ["2014-2018"] * 2,
            "vintage_to": ["2019-2023"] * 2,
            "children_from": [100.0, 300.0],
            "children_to": [260.0, 200.0],
            "children_change": [160.0, -100.0],
            "children_change_moe": [60.0, 95.0],
            "reliability_class": ["medium", "low"],
        }
    )
    rows = rules.growing_pockets(pockets, {"n1": "Mill End"})
    assert [row["rule_id"] for row in rows] == ["G-01"]
    assert (
        rows[0]["statement"]
        == "Plan seats in Mill End and n2, unless schools have been opened or closed for it: +160 children aged 5-17."
    )


def test_ids_are_unique_even_for_the_same_subject() -> None:
    row = rules.largest_gaps(GAP, {}, seats=25, most=1 + 1, smallest=11)[0]
    table = rules.table([row, row])
    assert table["recommendation_id"].is_unique
    assert rules.count_by_rule(table) == [("Z-01", 2)]


def test_no_rules_no_recommendations() -> None:
    assert rules.table([], []).empty


def test_growth_and_need_is_said_where_both_are_high_and_figures_carry_it() -> None:
    crossed = pd.DataFrame(
        {
            "neighborhood_id": ["n1", "n2", "n3", "n4"],
            "vintage_from": "2014-2018",
            "vintage_to": "2019-2023",
            "age_band": "5-17",
            "children_change": [160.0, 90.0, 120.0, 4.0],
            "children_change_moe": [60.0, 85.0, 50.0, 70.0],
            "need_rank": [3.0, 2.0, 30.0, 1.0],
            "cross_class": ["both_high", "both_high", "growth_only", "need_only"],
            "reliability_class": ["medium", "low", "high", "low"],
        }
    )
    rows = rules.growth_and_need(crossed, {"n1": "Old Mill"})
    assert [row["recommendation_id"] for row in rows] == ["G-03 n1"]
    assert (
        rows[0]["statement"]
        == "Plan quality seats in Old Mill: need is high and the number of children grows, by 160 aged 5-17."
    )
    assert "Need rank 3" in rows[0]["evidence"] and "\u00b160 (90%)" in rows[0]["evidence"]


def test_a_site_is_recommended_as_surely_as_the_inventory_is_of_its_room() -> None:
    inventory = pd.DataFrame(
        {
            "site_id": ["1", "2", "3"],
            "rfp_status": ["listed", "listed", "not_listed"],
            "surplus_case": ["surplus", "empty_site", "in_use"],
            "reason": "9 rooms free.",
            "confidence_class": ["high", "medium", "high"],
            "confidence_rule": ["nothing speaks against the count", "its capacity is known by one definition only", ""],
            "constraint_notes": ["", "building in very poor condition", ""],
        }
    )
    used, empty = rules.offered_sites(inventory, {"1": "Mill Street", "2": "Depot"})
    assert (used["reliability_class"], empty["reliability_class"]) == ("high", "medium")
    assert used["statement"] == "Consider Mill Street for the request for proposals: it has room."
    assert "not of the building" in used["counter_evidence"] and "plans of the host school" in used["counter_evidence"]
    assert "host" not in empty["counter_evidence"]
    assert "very poor condition" in empty["counter_evidence"] and "by one definition only" in empty["counter_evidence"]


def test_sharing_names_what_the_matching_weighs() -> None:
    matches = pd.DataFrame(
        {"school_id": ["a"], "site_id": ["1"], "match_status": ["matched"], "reason": ["6 of 7 rooms"]}
    )
    against = rules.co_locations(matches, {}, {})[0]["counter_evidence"]
    assert against.startswith("The match counts rooms and weighs distance, grades, load and move;")
