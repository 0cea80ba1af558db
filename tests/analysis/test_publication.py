"""What the public sees: no small count, nor anything it could be computed from."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, box

from pipeline.analysis import publication as public
from pipeline.columns import BY_NAME
from pipeline.tables import BY_TABLE, check

CRS = "EPSG:3310"


def test_a_zone_with_few_pupils_shows_no_number_at_all() -> None:
    shapes = gpd.GeoDataFrame(
        {
            "level": "middle",
            "fall_year": [2024] * 3,
            "zone_id": ["1", "2", "3"],
            "name": ["A", "B", "C"],
            "school_id": None,
            "is_approximate": False,
        },
        geometry=[box(i, 0, i + 1, 1) for i in range(3)],
        crs=CRS,
    )
    gap = pd.DataFrame(
        {
            "level": "middle",
            "zone_id": ["1", "2", "3"],
            "is_approximate": False,
            "resident_pupils": [500.0, 4.0, 80.0],
            "quality_seats": [100.0, 0.0, 90.0],
            "citywide_seats": 0.0,
            "citywide_pupils": 0.0,
            "service_level_ratio": [0.2, 0.0, 1.125],
            "service_gap_seats": [400.0, 4.0, -10.0],
            "unmet_seats": [400.0, 4.0, 0.0],
            "service_gap_rank": [1.0, 2.0, 3.0],
            "method": "flows",
        }
    )
    table, line = public.zones(shapes, gap, 2024, 11)
    checked = check(BY_TABLE["public_zones"], table)
    numbers = [
        "resident_pupils",
        "quality_seats",
        "service_level_ratio",
        "service_gap_seats",
        "unmet_seats",
        "service_gap_rank",
    ]
    assert checked.loc[checked["zone_id"].isin(["2", "3"]), numbers].isna().all(axis=None)
    assert checked.loc[checked["zone_id"] == "1", "unmet_seats"].tolist() == [400.0]
    assert (line["primary_hidden_cells"], line["complementary_hidden_cells"]) == (1, 1)


def test_last_years_zones_are_not_published() -> None:
    shapes = gpd.GeoDataFrame(
        {
            "level": "middle",
            "fall_year": [2023, 2024],
            "zone_id": ["1", "1"],
            "name": None,
            "school_id": None,
            "is_approximate": False,
        },
        geometry=[box(0, 0, 1, 1)] * 2,
        crs=CRS,
    )
    columns = BY_TABLE["service_gap"].names
    table, _ = public.zones(shapes, pd.DataFrame(columns=columns), 2024, 11)
    assert table["fall_year"].tolist() == [2024]


def test_a_class_resting_on_few_tested_pupils_is_not_shown() -> None:
    directory = gpd.GeoDataFrame(
        {
            "school_id": ["1", "2"],
            "name": ["Alder", "Birch"],
            "sector": "district",
            "school_status": "open",
            "grade_low": "KG",
            "grade_high": "05",
            "is_virtual": False,
            "location_status": "located",
        },
        geometry=[Point(0, 0), Point(1, 1)],
        crs=CRS,
    )
    quality = pd.DataFrame(
        {
            "school_id": ["1", "2"],
            "pupils_tested": [7.0, 200.0],
            "status_share": 0.6,
            "quality_class": "strong",
            "strong_probability_share": 0.87,
            "middle_probability_share": 0.12,
            "weak_probability_share": 0.01,
            "is_quality": True,
            "growth_class": "rising",
            "path_status": "on_track",
        }
    )
    enrollment = pd.DataFrame(
        {
            "school_id": ["1", "2"],
            "fall_year": 2024,
            "value_text": ["*", "400"],
            "value_status": ["suppressed", "reported"],
        }
    )
    table, _ = public.schools(directory, quality, enrollment, 2024, 11)
    assert table["quality_class"].tolist() == ["not_rated", "strong"]
    assert table["is_quality"].tolist() == [False, True]
    assert table["growth_class"].tolist() == ["not_known", "rising"]
    assert table["class_probability_share"].tolist()[1] == 0.9 and pd.isna(table["class_probability_share"].iloc[0])
    assert table["value_text"].tolist() == ["*", "400"]


def test_utilization_gives_away_neither_a_small_site_nor_a_hidden_school() -> None:
    use = pd.DataFrame(
        {
            "site_id": ["1", "2", "3"],
            "capacity_definition": "given",
            "fall_year": 2024,
            "capacity_seats": [100.0, 100.0, 200.0],
            "pupils": [9.0, 80.0, 140.0],
            "utilization_ratio": [0.09, 0.8, 0.7],
            "utilization_low_ratio": np.nan,
            "utilization_high_ratio": np.nan,
            "surplus_seats": [91.0, 20.0, 60.0],
            "surplus_rooms": [3.6, 0.8, 2.4],
            "surplus_rooms_low": [3.2, 0.4, 2.0],
            "surplus_rooms_high": [4.0, 1.2, 2.8],
        }
    )
    # at site 3 a school of 132 shares with one whose count is hidden: 140 - 132 would tell it
    schools = pd.DataFrame({"school_id": ["a", "b", "c", "d"], "site_id": ["1", "2", "3", "3"]})
    enrollment = pd.DataFrame(
        {
            "school_id": ["a", "b", "c", "d"],
            "fall_year": 2024,
            "value_text": ["9", "80", "132", "*"],
            "value_status": "reported",
        }
    )
    guarded = public.guarded_sites(use, schools, enrollment, 2024, 11)
    assert guarded == {"1", "3"}
    use = use.assign(surplus_rooms=3.66)
    table, _ = public.utilization(use, guarded, set())
    assert table["utilization_ratio"].isna().tolist() == [True, False, True]
    # rooms are seats over pupils per room: they tell the pupils as the seats do
    for number in ("surplus_seats", "surplus_rooms", "surplus_rooms_low", "surplus_rooms_high"):
        assert table[number].isna().tolist() == [True, False, True]
    assert "pupils" not in table
    assert table["surplus_rooms"].tolist() == [
        pytest.approx(np.nan, nan_ok=True),
        3.6,
        pytest.approx(np.nan, nan_ok=True),
    ]
    # what a school's latest roll hides is hidden where that roll is older than the study too
    assert public.guarded_sites(use, schools, enrollment, 2025, 11) == {"1", "3"}


def test_seats_by_rule_tell_no_share_of_a_few_pupils() -> None:
    """Seats by rule are a number for each grade: told exactly they are the share of the upper grades."""
    rows = [(site, way, 187.3, 14.035) for site in ("1", "2", "3") for way in ("given", "target")]
    found = pd.DataFrame(rows, columns=["site_id", "capacity_definition", "capacity_seats", "rooms_counted"])
    found = found.assign(capacity_status="known", capacity_source="law")
    table, _ = public.capacity(found, {"1"}, {"2"})
    told = table.set_index(["site_id", "capacity_definition"])
    assert told["capacity_seats"].to_dict() == {
        ("1", "given"): 187.0, ("1", "target"): pytest.approx(np.nan, nan_ok=True), ("2", "given"): 187.0, ("2", "target"): 180.0,
        ("3", "given"): 187.0, ("3", "target"): 187.0,
    }  # fmt: skip
    assert told["rooms_counted"].dropna().eq(14.0).all() and told["rooms_counted"].isna().sum() == 1
    use = found.assign(fall_year=2024, utilization_ratio=0.953846, utilization_low_ratio=0.9, utilization_high_ratio=0.98, surplus_seats=8.6, surplus_rooms=0.38, surplus_rooms_low=0.1, surplus_rooms_high=0.5)  # fmt: skip
    table, _ = public.utilization(use.assign(pupils=1.0), {"1"}, {"2"})
    of_two = table[(table["site_id"] == "2") & (table["capacity_definition"] == "target")].iloc[0]
    assert of_two[["capacity_seats", "utilization_ratio", "surplus_seats", "surplus_rooms"]].tolist() == [
        180.0,
        0.95,
        0.0,
        0.3,
    ]
    assert (
        table.loc[(table["site_id"] == "1") & (table["capacity_definition"] == "target"), "capacity_seats"].isna().all()
    )


def test_only_missing_inputs_and_notes_on_boundaries_leave_the_ledger() -> None:
    ledger = pd.DataFrame(
        {
            "entry": ["missing_input", "note", "loss"],
            "subject_name": ["births", "school 7", "x"],
            "reason": ["no births file", "3 pupils", "y"],
        }
    )
    table, _ = public.missing(
        {"ledger_census": ledger, "ledger_schools": ledger.iloc[:0], "ledger_boundaries": ledger.iloc[1:2]}
    )
    assert table[["line", "stage", "subject_name"]].to_numpy().tolist() == [
        [1, "census", "births"],
        [2, "boundaries", "school 7"],
    ]


def test_seats_are_told_in_tens_and_the_gap_follows_from_them() -> None:
    shapes = gpd.GeoDataFrame(
        {"level": "middle", "fall_year": 2024, "zone_id": ["1", "2"], "name": None, "is_approximate": False},
        geometry=[box(i, 0, i + 1, 1) for i in range(2)],
        crs=CRS,
    )
    gap = pd.DataFrame(
        {
            "level": "middle",
            "zone_id": ["1", "2"],
            "is_approximate": False,
            "resident_pupils": [419.0, 260.0],
            "quality_seats": [14.0, 31.0],
            "citywide_seats": [14.0, 1.0],
            "citywide_pupils": [14.0, 1.0],
            "service_level_ratio": [14 / 419, 1 / 260],
            "service_gap_seats": [405.0, 229.0],
            "unmet_seats": [405.0, 229.0],
            "service_gap_rank": [1.0, 2.0],
            "method": "flows",
        }
    )
    table, _ = public.zones(shapes, gap, 2024, 11)
    assert table["quality_seats"].tolist() == [10.0, 30.0]
    assert table["service_gap_seats"].tolist() == [409.0, 230.0]
    assert (table["resident_pupils"] - table["quality_seats"]).equals(table["service_gap_seats"])
    assert table["service_level_ratio"].tolist() == [0.02, 0.12]


def test_a_site_with_few_pupils_does_not_say_how_full_it_is() -> None:
    shapes = gpd.GeoDataFrame(
        {"site_id": ["1", "2", "3"], "name": ["A", "B", "C"], "site_status": "open", "condition_class": "good"},
        geometry=[Point(i, 0) for i in range(3)],
        crs=CRS,
    )
    surplus = pd.DataFrame(
        {
            "site_id": ["1", "2"],
            "surplus_status": "offered",
            "definitions_under": 2.0,
            "definitions_known": 3.0,
            "surplus_seats": [92.0, 46.0],
            "surplus_rooms": [3.0, 1.0],
            "reason": ["8% full", "60% full"],
        }
    )
    table, line = public.sites(shapes, surplus, {"1"}, {"2"})
    assert table["reason"].tolist() == ["Not shown: few pupils.", "60% full", "No capacity is known for this site."]
    assert table["surplus_seats"].isna().tolist() == [True, False, True]
    assert line["primary_hidden_cells"] == 1
    assert table["surplus_seats"].iloc[1] == 40.0  # a grade of few pupils: in tens


def test_evidence_on_a_site_with_few_pupils_is_not_shown() -> None:
    table = pd.DataFrame(
        {
            "subject_kind": ["site", "site", "zone", "school", "school"],
            "subject_id": ["1", "2", "1", "c", "d"],
            "evidence": ["8% full", "60% full", "400 pupils", "2 of 3 rooms", "4 of 9 rooms"],
            "counter_evidence": ["a definition lies near", "one too", "", "a room less", ""],
            "rule_id": ["F-01", "F-01", "Z-01", "F-02", "F-02"],
            "rule_value": [8.0, 9.0, 400.0, 7.0, 9.0],
            "rule_value_low": [7.0, 9.0, 310.0, 7.0, 8.0],
            "rule_value_high": [8.0, 9.0, 420.0, 7.0, 9.0],
            "rule_threshold": [6.0, 6.0, 25.0, 6.0, 4.0],
        }
    )
    zones = pd.DataFrame({"level": "middle", "zone_id": ["1", "2"], "resident_pupils": [500.0, None]})
    shown, _ = public.recommendations(table, {"1"}, {"c"}, zones)
    untold = "Not shown: few pupils."
    assert shown["evidence"].tolist() == [untold, "60% full", "400 pupils", untold, "4 of 9 rooms"]
    assert shown["counter_evidence"].tolist() == [untold, "one too", "", untold, ""]
    numbers = shown[["rule_value", "rule_value_low", "rule_value_high", "rule_threshold"]]
    assert numbers.isna().all(axis=1).tolist() == [True, False, False, True, False]
    assert numbers.notna().all(axis=1).tolist() == [False, True, True, False, True]
    # what is said of a school's results is no number of its match
    rated, _ = public.recommendations(
        table.assign(rule_id="Q-01", subject_kind="school", subject_id="c"), set(), {"c"}, zones
    )
    assert rated["evidence"].tolist() == table["evidence"].tolist() and rated["rule_value"].notna().all()
    # of a zone whose residents are hidden nothing is said at all
    of_zones = table.assign(subject_kind="zone", subject_id=["middle 1", "middle 2", "high 2", "middle 1", "middle 2"])
    said, line = public.recommendations(of_zones, set(), set(), zones)
    assert said["subject_id"].tolist() == ["middle 1", "high 2", "middle 1"] and line["primary_hidden_cells"] == 2


def test_a_hidden_number_is_not_told_by_its_reason() -> None:
    options = pd.DataFrame({"site_id": ["s"], "option_rank": [1.0], "covered_seats": [9.0], "reason": ["covers 9"]})
    assert public.siting(options, set(), 11)[0]["reason"].tolist() == ["Not shown: few pupils."]


def test_the_spread_of_ways_is_published_for_now_and_the_finest_areas() -> None:
    """Of two vintages, two levels of census areas, two school years and two counts one line remains."""
    rows = [
        ("block_group 2019-2023", "zone middle 2024", "children_0_17", 40.0),
        ("tract 2019-2023", "zone middle 2024", "children_0_17", 41.0),
        ("block_group 2014-2018", "zone middle 2024", "children_0_17", 42.0),
        ("block_group 2019-2023", "zone middle 2023", "children_0_17", 43.0),
        ("block_group 2019-2023", "zone middle 2024", "population", 44.0),
        ("block_group 2019-2023", "district", "children_0_17", 45.0),
    ]
    columns = ["source_layer", "target_layer", "measure", "allocated_count"]
    spread = pd.DataFrame(rows, columns=columns).assign(target_id="1", methods=3.0)
    found, _ = public.interpolation(spread, "2019-2023", 2024)
    assert found[["layer", "area_id", "allocated_count"]].to_numpy().tolist() == [["zone middle 2024", "1", 40.0]]
    people, _ = public.interpolation(spread[spread["measure"] == "population"], "2019-2023", 2024)
    assert people["allocated_count"].tolist() == [44.0]
    assert public.interpolation(spread.assign(methods=0.0), "2019-2023", 2024)[0].empty
    nothing, _ = public.interpolation(spread.iloc[:0], "2019-2023", 2024)
    assert nothing.empty


def test_incomes_are_told_in_round_dollars_with_the_names_of_places() -> None:
    """A margin is never made smaller by rounding: 31 dollars are told as 100, not as 0."""
    medians = pd.DataFrame(
        {
            "layer": "neighborhood",
            "area_id": ["a", "b"],
            "name": ["Alder", "Birch"],
            "vintage": "2019-2023",
            "dollars_year": 2023,
            "households": [812.4, 90.5],
            "households_moe": [50.2, 20.1],
            "median_income_usd": [61_234.56, 200_000.0],
            "median_income_usd_moe": [31.0, np.nan],
            "is_bottom_coded": False,
            "is_top_coded": [False, True],
            "reliability_class": ["high", "not_known"],
        }
    )
    shown, line = public.incomes(medians)
    shown = check(BY_TABLE["public_incomes"], shown)
    assert shown["name"].tolist() == ["Alder", "Birch"] and shown["dollars_year"].tolist() == [2023, 2023]
    assert shown["median_income_usd"].tolist() == [61_200, 200_000] and shown["households"].tolist() == [812, 90]
    assert shown["median_income_usd_moe"].iloc[0] == 100 and np.isnan(shown["median_income_usd_moe"].iloc[1])
    assert line["shown_cells"] > 0


def test_the_dictionary_says_what_counts_count_and_which_dollars() -> None:
    units = {name: BY_NAME[name].unit for name in ("households", "renter_homes_moe", "children_5_9", "population")}
    assert units == {
        "households": "households",
        "renter_homes_moe": "homes",
        "children_5_9": "children",
        "population": "people",
    }
    assert "dollars_year" in BY_NAME["median_income_usd"].meaning
    assert "B19001" in BY_NAME["households"].meaning
