"""What is told of siting: nothing from which the pupils of a small school could be worked out."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.publication_siting import choices, coverage, plans, zones
from pipeline.tables import BY_TABLE, check

PLAN = {
    "level": "middle",
    "siting_model": "coverage_with_room",
    "wanting_seats": 500.0,
    "mean_travel_m": None,
    "is_nested": True,
    "optimum_gap_share": 0.0,
    "finding": "",
}
PLANS = pd.DataFrame(
    [
        {**PLAN, "new_sites": 0.0, "site_ids": "", "served_seats": 20.0, "added_seats": None},
        {**PLAN, "new_sites": 1.0, "site_ids": "a", "served_seats": 100.0, "added_seats": 80.0},
        {**PLAN, "new_sites": 2.0, "site_ids": "b b; c", "served_seats": 190.0, "added_seats": 90.0},
        {
            **PLAN,
            "siting_model": "coverage",
            "new_sites": 1.0,
            "site_ids": "a",
            "served_seats": 300.0,
            "added_seats": 300.0,
        },
    ]
).astype({"mean_travel_m": "float64", "added_seats": "float64"})
COVERAGE = pd.DataFrame(
    {
        "level": ["middle", "high"],
        "neighborhood_id": "n",
        "unmet_seats": 90.0,
        "served_before_seats": 0.0,
        "served_after_seats": 80.0,
        "new_sites": 2.0,
    }
)


def test_without_guarded_sites_all_is_told() -> None:
    public, line = plans(PLANS, set(), {"a", "c"})
    check(BY_TABLE["public_siting_plans"], public)
    pd.testing.assert_frame_equal(public, PLANS)
    assert (line["shown_cells"], line["primary_hidden_cells"]) == (4.0, 0.0)


def test_a_plan_cut_by_the_room_of_a_guarded_site_is_hidden_and_what_the_next_adds() -> None:
    public, line = plans(PLANS, {"a"}, {"a", "c"})
    assert public["served_seats"].isna().tolist() == [False, True, False, False]
    # 190 less the 90 added would give it away
    assert public["added_seats"].isna().tolist() == [True, True, True, False]
    # by nearness alone the site's room plays no part
    assert public["served_seats"].iloc[3] == 300.0 and line["primary_hidden_cells"] == 2.0


def test_what_all_sites_leave_is_told_where_no_guarded_one_is_among_them() -> None:
    text = "No further site adds anything. Even with all 3 sites that have room, some 300 seats within 2 km would be missing."
    table = PLANS.assign(finding=["", "", text, ""])
    assert plans(table, {"x"}, {"a", "c"})[0]["finding"].iloc[2] == text
    assert plans(table, {"d"}, {"a", "c", "d"})[0]["finding"].iloc[2] == "No further site adds anything."


def test_neighborhoods_after_a_hidden_plan_are_hidden_too() -> None:
    told = plans(PLANS, {"c"}, {"a", "c"})[0]
    public, line = coverage(COVERAGE, told)
    check(BY_TABLE["public_siting_coverage"], public)
    assert public["served_after_seats"].isna().tolist() == [True, False] and line["primary_hidden_cells"] == 1.0


def test_what_a_guarded_site_holds_is_hidden_where_room_counts() -> None:
    table = pd.DataFrame(
        {
            "level": "middle",
            "siting_model": ["coverage_with_room", "coverage"],
            "new_sites": 1.0,
            "site_id": "a",
            "held_seats": 80.0,
        }
    )
    public, _ = choices(table, {"a"})
    check(BY_TABLE["public_siting_choices"], public)
    assert public["held_seats"].isna().tolist() == [True, False]


def test_grades_of_few_pupils_are_hidden_and_the_others_told_in_tens() -> None:
    row = {
        "enrollment_zone": "z",
        "level": "high",
        "zone_ids": "1",
        "cut_neighborhood_ids": "n",
        "cut_school_ids": "s",
        "zone_offered_seats": 31.0,
        "firm_short_seats": 25.0,
        "offered_site_ids": "a",
        "least_limit_m": 2612.0,
        "all_pupils": 137.0,
        "all_seats": 158.0,
        "all_seated_pupils": 118.0,
        "all_short_seats": 19.0,
        "all_firm_short_seats": 38.0,
        "offer_finding": "Some.",
        "cut_pupils": 9.0,
        "cut_seats": 4.0,
        "finding": "9 children.",
    }
    table = pd.DataFrame(
        [
            {**row, "grade": "09", "zone_pupils": 9.0, "zone_seats": 44.0, "seated_pupils": 4.0, "short_seats": 5.0},
            {
                **row,
                "grade": "10",
                "zone_pupils": 128.0,
                "zone_seats": 114.0,
                "seated_pupils": 114.0,
                "short_seats": 14.0,
            },
        ]
    )
    public, line = zones(table, set(), 11.0)
    check(BY_TABLE["public_enrollment_zones"], public)
    assert public.iloc[0][["zone_pupils", "seated_pupils", "short_seats"]].isna().all()
    assert public.iloc[0]["finding"] == "Not shown: few pupils." and public.iloc[0]["cut_school_ids"] == ""
    assert public.iloc[1][["zone_pupils", "zone_seats", "seated_pupils", "short_seats"]].tolist() == [
        120.0,
        110.0,
        110.0,
        10.0,
    ]
    # the sum of both less the one that is told would give the other away
    assert public[["all_pupils", "all_short_seats", "all_firm_short_seats"]].isna().all(axis=None)
    assert public["offer_finding"].tolist() == ["", "Some."] and "least_limit_m" not in public
    # what is left without the rooms on offer tells how few pupils a guarded site has
    guarded = zones(table, {"a"}, 11.0)[0]
    assert guarded[["zone_offered_seats", "firm_short_seats", "all_firm_short_seats"]].isna().all(axis=None)
    assert guarded["offer_finding"].tolist() == ["", ""]
    assert line["primary_hidden_cells"] == 1.0
