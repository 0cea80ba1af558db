"""What is told of sharing buildings gives no small or hidden count away."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import publication_colocation as public
from pipeline.analysis.colocation_pairs import colocation_pairs, total_cost
from pipeline.analysis.matching import colocation_matches
from pipeline.tables import BY_TABLE, check
from tests.analysis.colocation import LIMITS, WEIGHTS, asking, offering, pairs_of, trips

NOT_SHOWN = "Not shown: few pupils."


@pytest.fixture
def results() -> dict[str, pd.DataFrame]:
    schools = asking({"a": 4.0, "b": 6.0, "big": 20.0})
    far = trips({s: {"s1": 1234.0, "s2": 4567.0} for s in schools["school_id"]})
    raw = pairs_of(schools, offering({"s1": 5.0, "s2": 7.0}), far)
    found, values = colocation_matches(
        schools, raw, weights=WEIGHTS, seat_value=10.0, most_sites=1, draws=10, concentration=20.0, rng=np.random.default_rng(0), **LIMITS
    )  # fmt: skip
    sheet = pd.DataFrame(
        {"school_id": ["a", "b"], "fall_year": 2025, "worksheet_status": ["computed", "below_threshold"], "in_district_pupils": [104.0, 60.0],
         "pupils_basis": "homes", "in_district_ada": [97.3, 55.0], "ada_basis": "attendance", "comparison_basis": "homes", "comparison_area_id": "401",
         "comparison_school_ids": "d1; d2", "comparison_schools": 2.0, "left_out_schools": 0.0, "comparison_ada": 468.4, "comparison_classrooms": 24.0,
         "comparison_specialised_rooms": 1.0, "comparison_shared_rooms": 2.0, "ada_per_classroom_ratio": [19.5, None], "offered_classrooms": [5.0, None],
         "offered_specialised_rooms": [0.2, None], "offered_shared_rooms": [0.4, None], "reason": "97.3 in-district ADA",
         "elementary_in_district_ada": [97.3, 55.0], "middle_in_district_ada": None, "high_in_district_ada": None,
         "elementary_ada_per_classroom_ratio": [19.5, None], "middle_ada_per_classroom_ratio": None, "high_ada_per_classroom_ratio": None}
    )  # fmt: skip
    sheet = sheet.astype({column: "float64" for column in sheet if column.startswith(("middle_", "high_"))})
    return {
        "colocation_pairs": colocation_pairs(raw, total_cost(raw, WEIGHTS), **LIMITS),
        "colocation_matches": found.assign(is_taken_to_ask=True),
        "room_values": values.assign(zone_id="z"),
        "prop39": sheet,
        "prop39_calendar": pd.DataFrame({"step": [1], "date_text": ["2024-11-01"], "event": ["ask"]}),
        "school_sites": pd.DataFrame({"school_id": ["d1", "d2"], "site_id": ["s1", "s9"]}),
    }


def told(results: dict[str, pd.DataFrame], guarded: set[str] = set(), **shown: str) -> dict[str, pd.DataFrame]:  # noqa: B006
    texts = {"a": "100", "b": "150", "big": "500", "d1": "300", "d2": "200"} | shown
    known = pd.DataFrame({"school_id": list(texts), "fall_year": 2024, "value_text": list(texts.values())})
    made = public.sharing(results, guarded, known, 2024, 11.0)
    assert all(line["reason"] for _, line in made.values())
    return {name: check(BY_TABLE[name], frame) for name, (frame, _) in made.items()}


def test_everything_is_told_where_nothing_is_hidden(results: dict[str, pd.DataFrame]) -> None:
    out = told(results)
    found = out["public_matches"].set_index("school_id")
    assert found.loc["a", ["site_id", "needed_rooms", "community_m"]].tolist() == ["s1", 4.0, 1200.0]
    assert found.loc["big", "missing_rooms"] == 19.0
    assert out["public_room_values"]["placed_rooms"].tolist() == [4.0, 6.0]
    # 250 of 1000 seats before; 100 and 150 pupils come
    assert out["public_room_values"]["utilization_after_ratio"].tolist() == [0.35, 0.4]


def test_a_school_whose_pupils_are_hidden_tells_none_of_its_numbers(results: dict[str, pd.DataFrame]) -> None:
    out = told(results, a="*")
    row = out["public_matches"].set_index("school_id").loc["a"]
    assert row[["needed_seats", "needed_rooms", "total_cost", "utilization_after_ratio"]].isna().all()
    assert row["reason"] == NOT_SHOWN
    # what the school without a place lacks beside all who are placed would tell the rooms that a was given
    left = out["public_matches"].set_index("school_id").loc["big"]
    assert np.isnan(left["missing_rooms"]) and left["reason"] == NOT_SHOWN
    assert public.quiet_schools(out["public_matches"]) == {"a", "big"}
    own = out["public_pairs"][out["public_pairs"]["school_id"] == "a"]
    assert own[["load_cost", "total_cost", "grade_cost"]].isna().all().all()
    assert (own["reason"] == NOT_SHOWN).all()
    values = out["public_room_values"]
    assert values[["placed_rooms", "rooms_left", "utilization_after_ratio", "room_gain"]].isna().all().all()
    sheet = out["public_prop39"].set_index("school_id")
    assert sheet.loc["a", ["in_district_ada", "offered_classrooms"]].isna().all()


def test_a_guarded_site_tells_not_how_full_it_is(results: dict[str, pd.DataFrame]) -> None:
    out = told(results, guarded={"s1"})
    found = out["public_matches"].set_index("school_id")
    assert found.loc["a", ["surplus_rooms", "utilization_ratio", "utilization_after_ratio"]].isna().all()
    assert found.loc["a", "reason"] == found.loc["big", "reason"] == NOT_SHOWN
    assert np.isnan(found.loc["big", "missing_rooms"])
    assert (
        out["public_room_values"]
        .set_index("site_id")
        .loc["s1", ["rooms_left", "utilization_ratio", "room_price"]]
        .isna()
        .all()
    )
    # d1 stands on s1
    assert (
        out["public_prop39"][["comparison_ada", "comparison_classrooms", "ada_per_classroom_ratio"]].isna().all().all()
    )


def test_a_school_over_several_sites_tells_nothing_where_any_of_them_is_guarded() -> None:
    schools, sites = asking({"big": 12.0}), offering({"Old Mill": 7.0, "Oak School": 3.0, "Elm School": 2.0})
    raw = pairs_of(schools, sites, trips({"big": dict.fromkeys(sites["site_id"], 100.0)}))
    found, _ = colocation_matches(
        schools, raw, weights=WEIGHTS, seat_value=10.0, most_sites=3, draws=10, concentration=20.0, rng=np.random.default_rng(0), **LIMITS
    )  # fmt: skip
    asked = colocation_pairs(raw, total_cost(raw, WEIGHTS), **LIMITS)
    open_, _ = public.matches(found, asked, set(), set(), 11.0)
    assert "2 rooms at Elm School" in open_["reason"].item() and public.quiet_schools(open_) == set()
    for site in sites["site_id"]:
        quiet, line = public.matches(found, asked, {site}, set(), 11.0)
        row = quiet.iloc[0]
        assert row["reason"] == NOT_SHOWN and public.quiet_schools(quiet) == {"big"}
        assert row[["total_cost", "longest_lease_years", "surplus_rooms"]].isna().all()
        assert line["primary_hidden_cells"] == 1.0


def test_a_hidden_school_with_blanks_in_its_id_hides_its_comparison_group(results: dict[str, pd.DataFrame]) -> None:
    named = results["prop39"].assign(comparison_school_ids="Oak School; Elm School")
    shown = {"Oak School": "300", "Elm School": "200"}
    assert told({**results, "prop39": named}, **shown)["public_prop39"]["comparison_ada"].notna().all()
    out = told({**results, "prop39": named}, **{**shown, "Oak School": "*"})
    assert out["public_prop39"][["comparison_ada", "comparison_classrooms"]].isna().all().all()


def test_the_published_working_holds_the_classrooms_that_it_leads_to_and_few_of_a_level_are_not_told(
    results: dict[str, pd.DataFrame],
) -> None:
    two = results["prop39"].assign(
        elementary_in_district_ada=[72.0, 55.0],
        middle_in_district_ada=[25.3, None],
        middle_ada_per_classroom_ratio=[12.0, None],
        offered_classrooms=[6.0, None],
    )
    row = told({**results, "prop39": two})["public_prop39"].set_index("school_id").loc["a"]
    assert row["reason"].startswith(
        "Between 70 and 80 elementary ADA / 19.50 ADA per classroom + between 20 and 30 middle ADA / 12.00 ADA per classroom = "
        "5.3 to 6.6; by the exact ADA 6 classrooms, rounded up."
    )
    thin = two.assign(elementary_in_district_ada=[89.0, 55.0], middle_in_district_ada=[8.3, None])
    row = told({**results, "prop39": thin})["public_prop39"].set_index("school_id").loc["a"]
    assert row[["elementary_in_district_ada", "middle_in_district_ada"]].isna().all()
    assert "middle" not in row["reason"]


def test_the_sentence_of_a_pair_is_no_finer_than_its_columns() -> None:
    # 25 of 185 pupils a level apart: 0.068, of which the column shows a tenth
    schools = asking({"a": 8.0}, pupils=185.0).assign(elementary_pupils=160.0, middle_pupils=25.0)
    raw = pairs_of(schools, offering({"s1": 9.0}), trips({"a": {"s1": 1000.0}}))
    told, _ = public.pairs(
        colocation_pairs(raw, total_cost(raw, WEIGHTS), **LIMITS), pd.Series({"a": "A"}), set(), set(), 11.0
    )
    assert told["grade_cost"].item() == 0.1
    assert "grade 0.1, load" in told["reason"].item()


def test_who_lives_outside_the_district_cannot_be_computed_from_the_worksheet(results: dict[str, pd.DataFrame]) -> None:
    sheet = told(results)["public_prop39"].set_index("school_id")
    assert "in_district_pupils" not in sheet
    assert sheet["in_district_ada"].tolist() == [90.0, 50.0]
    assert sheet.loc["a", "reason"] == (
        "Between 90 and 100 ADA / 19.50 ADA per classroom = 4.6 to 5.1; by the exact ADA 5 classrooms, rounded up. "
        "2 comparison schools: 468 ADA, 24 classrooms."
    )
    assert sheet.loc["b", "reason"] == "Fewer than the law's least number of in-district ADA."
