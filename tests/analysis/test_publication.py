"""What the public sees: no small count, nor anything it could be computed from."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point, box

from pipeline.analysis import publication as public
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
            "quality_class": "strong",
            "is_quality": True,
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
    assert table["value_text"].tolist() == ["*", "400"]


def test_the_outlook_of_a_hidden_school_is_hidden_too() -> None:
    totals = pd.DataFrame(
        {
            "unit_kind": ["school", "school", "district"],
            "unit_id": ["1", "2", "d"],
            "fall_year": 2025,
            "pupils_projected": [14.0, 300.0, 900.0],
            "pupils_projected_low": [10.0, 280.0, 880.0],
            "pupils_projected_high": [20.0, 320.0, 930.0],
            "method": "mean survival",
        }
    )
    now = pd.DataFrame(
        {
            "school_id": ["1", "2"],
            "fall_year": 2024,
            "value_text": ["*", "310"],
            "value_status": ["suppressed", "reported"],
        }
    )
    table, line = public.outlook(totals, now, 11)
    assert table["value_text"].tolist() == ["*", "300", "900"]
    assert table["pupils_projected_high"].isna().tolist() == [True, False, False]
    assert line["primary_hidden_cells"] == 1


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
    table, _ = public.utilization(use, guarded)
    assert table["utilization_ratio"].isna().tolist() == [True, False, True]
    assert table["surplus_seats"].isna().tolist() == [True, False, True]
    assert "pupils" not in table


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
            "surplus_seats": [92.0, 40.0],
            "surplus_rooms": [3.0, 1.0],
            "reason": ["8% full", "60% full"],
        }
    )
    table, line = public.sites(shapes, surplus, {"1"})
    assert table["reason"].tolist() == ["Not shown: few pupils.", "60% full", "No capacity is known for this site."]
    assert table["surplus_seats"].isna().tolist() == [True, False, True]
    assert line["primary_hidden_cells"] == 1


def test_evidence_on_a_site_with_few_pupils_is_not_shown() -> None:
    table = pd.DataFrame(
        {
            "subject_kind": ["site", "site", "zone"],
            "subject_id": ["1", "2", "1"],
            "evidence": ["8% full", "60% full", "400 pupils"],
        }
    )
    shown, _ = public.recommendations(table, {"1"})
    assert shown["evidence"].tolist() == ["Not shown: few pupils.", "60% full", "400 pupils"]


def test_a_hidden_number_is_not_told_by_its_reason() -> None:
    table = pd.DataFrame(
        {
            "school_id": ["1", "2"],
            "match_status": "matched",
            "site_id": "s",
            "matched_school_id": None,
            "needed_seats": [7.0, 120.0],
            "travel_m": 10.0,
            "reason": ["7 of 90 free seats", "120 of 200 free seats"],
        }
    )
    shown, _ = public.matches(table, set(), 11)
    assert shown["reason"].tolist() == ["Not shown: few pupils.", "120 of 200 free seats"]
    assert public.matches(table, {"s"}, 11)[0]["reason"].tolist() == ["Not shown: few pupils."] * 2
    options = pd.DataFrame({"site_id": ["s"], "option_rank": [1.0], "covered_seats": [9.0], "reason": ["covers 9"]})
    assert public.siting(options, set(), 11)[0]["reason"].tolist() == ["Not shown: few pupils."]


def test_shares_of_pupils_are_told_in_steps_without_a_margin() -> None:
    parts = pd.DataFrame(
        {
            "neighborhood_id": ["a", "a"],
            "indicator": ["below_standard", "poverty"],
            "indicator_share": [0.437, 0.213],
            "indicator_share_moe": [0.05, 0.04],
        }
    )
    shown, _ = public.contributions(parts)
    assert shown["indicator_share"].tolist() == [0.45, 0.213]
    assert shown["indicator_share_moe"].isna().tolist() == [True, False]


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
