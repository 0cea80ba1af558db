"""Demand by hand: children by level, pupils counted where they live or estimated."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.demand import (
    band_age_weights,
    children_by_level,
    neighborhood_children,
    zones_in_force,
)
from pipeline.analysis.demand import resident_pupils as residents
from pipeline.ledger import Ledger

BANDS = {
    "elementary": ("TK", "KG", "01", "02", "03", "04", "05"),
    "middle": ("06", "07", "08"),
    "high": ("09", "10", "11", "12"),
}
OFFERED = pd.DataFrame(
    {"school_id": ["a", "b", "w", "c"], "level": ["elementary"] * 3 + ["high"], "pupils": [200.0, 100.0, 80.0, 150.0]}
)


def facts() -> pd.DataFrame:
    return pd.DataFrame(
        {"school_id": ["a", "b", "c", "p", "w"], "sector": ["district", "charter", "charter", "private", "district"]}
    )


def flows(*rows: tuple[str, str, str, float | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["level", "zone_id", "school_id", "pupils"]).astype(
        {"pupils": "float64", "level": "str", "zone_id": "str", "school_id": "str"}
    )
    status = np.where(frame["pupils"].isna(), "suppressed", "reported")
    return frame.assign(
        fall_year=2024,
        pupils_low=frame["pupils"].fillna(1.0),
        pupils_high=frame["pupils"].fillna(9.0),
        value_status=status,
    )


def resident_pupils(*given: Any) -> pd.DataFrame:
    return residents(*given, high_cv=0.12, medium_cv=0.4)


def zones() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "level": ["elementary", "elementary", "high"],
            "fall_year": 2024,
            "zone_id": ["north", "south", "all"],
            "vintage": "2019-2023",
            "is_approximate": False,
            "children_0_4": [50.0, 100.0, 150.0],
            "children_5_9": [100.0, 200.0, 300.0],
            "children_10_14": [100.0, 200.0, 300.0],
            "children_15_17": [60.0, 90.0, 150.0],
            "children_0_17": [310.0, 590.0, 900.0],
            "population": [1000.0, 3000.0, 4000.0],
        }
    )


def test_the_ages_of_each_level() -> None:
    #  TK 4, KG 5 ... 05 10 | 06 11 - 08 13 | 09 14 - 12 17
    assert band_age_weights(BANDS["elementary"]) == {
        "children_0_4": 0.2,
        "children_5_9": 1.0,
        "children_10_14": 0.2,
        "children_15_17": 0.0,
    }
    assert band_age_weights(BANDS["middle"])["children_10_14"] == pytest.approx(0.6)
    assert band_age_weights(BANDS["high"]) == {
        "children_0_4": 0.0,
        "children_5_9": 0.0,
        "children_10_14": 0.2,
        "children_15_17": 1.0,
    }


def test_the_three_levels_together_are_the_children_from_4_to_17() -> None:
    table = children_by_level(zones(), "zone_id", BANDS)
    assert table["children"].sum() == pytest.approx(
        (zones()["children_0_4"] / 5 + zones()[["children_5_9", "children_10_14", "children_15_17"]].sum(axis=1)).sum()
    )


def test_residents_are_counted_where_flows_are_given_and_estimated_elsewhere() -> None:
    lived = flows(
        ("elementary", "north", "a", 90),
        ("elementary", "north", "c", 10),
        ("elementary", "north", "p", 50),
        ("elementary", "north", "w", None),
    )
    ledger = Ledger()
    table = resident_pupils(zones(), lived, facts(), OFFERED, BANDS, 2024, ledger).set_index("zone_id")
    assert table["resident_pupils"].to_dict() == {"north": 105.0, "south": 0.0, "all": 150.0}
    assert table.loc["north", "demand_method"] == "residents counted"
    assert table.loc["all", "demand_method"].startswith("children of these ages")
    assert "together 1 to 9 pupils" in ledger.frame()["reason"].iloc[0]


def test_estimated_residents_add_up_to_the_pupils_of_public_schools() -> None:
    ledger = Ledger()
    table = resident_pupils(zones(), flows(), facts(), OFFERED, BANDS, 2024, ledger)
    by_level = table.groupby("level")["resident_pupils"].sum()
    assert by_level["elementary"] == pytest.approx(200 + 100 + 80)
    north, south = table["resident_pupils"].iloc[:2]
    assert south == pytest.approx(2 * north)


def test_pupils_who_live_in_no_zone_are_in_the_ledger() -> None:
    ledger = Ledger()
    resident_pupils(
        zones(),
        flows(("elementary", "north", "a", 90), ("elementary", "elsewhere", "a", 12)),
        facts(),
        OFFERED,
        BANDS,
        2024,
        ledger,
    )
    line = ledger.frame().query("entry == 'balance'").iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == (102, 90, 12)


def test_only_the_zones_and_counts_of_the_study_are_used() -> None:
    several = pd.concat([zones(), zones().assign(fall_year=2023), zones().assign(vintage="2014-2018")])
    ledger = Ledger()
    assert len(zones_in_force(several, fall_year=2024, vintage="2019-2023", ledger=ledger)) == 3
    assert ledger.frame().empty
    assert zones_in_force(several, fall_year=2022, vintage="2019-2023", ledger=ledger).empty
    assert ledger.frame()["entry"].tolist() == ["missing_input"]


def test_unknown_children_of_a_neighborhood_are_recorded_not_counted_as_none() -> None:
    profile = zones().drop(columns=["level", "zone_id"]).assign(neighborhood_id=["x", "y", "z"])
    profile.loc[1, "children_15_17"] = np.nan
    ledger = Ledger()
    children = neighborhood_children(profile, "2019-2023", OFFERED, BANDS, ledger)
    unknown = children[children["children"].isna()]
    assert unknown[["neighborhood_id", "level"]].to_numpy().tolist() == [["y", "high"]]
    assert ledger.frame()[["entry", "total"]].to_numpy().tolist() == [["absence", 1.0]]


def test_where_only_children_under_18_are_known_they_stand_in_and_it_is_said() -> None:
    zone = zones().assign(children_0_17=[180.0, 360.0, 540.0])
    zone[["children_0_4", "children_5_9", "children_10_14", "children_15_17"]] = np.nan
    children = children_by_level(zone, "zone_id", BANDS).set_index(["zone_id", "level"])
    assert children.loc[("north", "elementary"), "children"] == pytest.approx(70)  # seven years of age of 18
    assert children.loc[("north", "middle"), "children"] == pytest.approx(30)
    assert children.loc[("north", "high"), "children"] == pytest.approx(40)
    ledger = Ledger()
    table = resident_pupils(zone, flows(), facts(), OFFERED, BANDS, 2024, ledger)
    assert table["demand_method"].eq("children under 18 x pupils per child").all()
    assert table.groupby("level")["resident_pupils"].sum().round(6).to_dict() == {"elementary": 380, "high": 150}
    assert ledger.frame()["reason"].str.startswith("children under 18 times").all()


def test_bands_of_some_areas_are_not_mixed_with_children_under_18_of_others() -> None:
    zone = zones().assign(children_0_17=300.0)
    zone.loc[0, "children_5_9"] = np.nan
    children = children_by_level(zone, "zone_id", BANDS)
    elementary = children[children["level"].eq("elementary")]
    assert elementary["children"].isna().tolist() == [True, False, False]
    assert elementary["children_basis"].eq("children of these ages").all()


def test_where_only_people_are_known_they_say_where_and_the_schools_how_many() -> None:
    zone = zones().assign(children_5_9=np.nan, children_10_14=np.nan, children_0_17=np.nan)
    table = resident_pupils(zone, flows(), facts(), OFFERED, BANDS, 2024, Ledger())
    assert table["demand_method"].eq("people x pupils per child").all()
    assert table["resident_pupils"].tolist() == [95.0, 285.0, 150.0]  # 380 as 1,000 to 3,000
    profile = zone.drop(columns=["level", "zone_id"]).assign(neighborhood_id=["x", "y", "z"])
    ledger = Ledger()
    children = neighborhood_children(profile, "2019-2023", OFFERED, BANDS, ledger)
    by_level = children.groupby("level")["children"].sum(min_count=1)
    assert by_level["elementary"] == pytest.approx(380) and np.isnan(by_level["middle"])
    assert ledger.frame()["reason"].str.contains("people stand in").sum() == 3


def test_without_flows_children_and_people_residents_are_not_known() -> None:
    zone = zones().assign(children_5_9=np.nan, children_10_14=np.nan, children_0_17=np.nan, population=np.nan)
    ledger = Ledger()
    table = resident_pupils(zone, flows(), facts(), OFFERED, BANDS, 2024, ledger)
    assert table["resident_pupils"].isna().all()
    assert ledger.frame()["reason"].str.startswith("not known").all()


def test_hidden_cells_leave_an_interval_and_its_width_says_how_sure_the_count_is() -> None:
    #  north 90 + (1 to 9);  south a single hidden cell;  all: whole counts;  a zone that is not listed sends nobody
    lived = flows(
        ("elementary", "north", "a", 90), ("elementary", "north", "w", None), ("elementary", "south", "a", None), ("high", "all", "c", 70)
    )  # fmt: skip
    table = resident_pupils(zones(), lived, facts(), OFFERED, BANDS, 2024, Ledger()).set_index("zone_id")
    assert table["resident_pupils_low"].to_dict() == {"north": 91, "south": 1, "all": 70}
    assert table["resident_pupils"].to_dict() == {"north": 95, "south": 5, "all": 70}
    assert table["resident_pupils_high"].to_dict() == {"north": 99, "south": 9, "all": 70}
    assert table["reliability_class"].to_dict() == {"north": "high", "south": "low", "all": "high"}
    alone = resident_pupils(zones(), lived.iloc[:1], facts(), OFFERED, BANDS, 2024, Ledger()).set_index("zone_id")
    assert alone.loc["south", ["resident_pupils_high", "reliability_class"]].tolist() == [0, "high"]


def test_a_cell_without_a_bound_leaves_the_count_and_its_upper_end_unknown() -> None:
    lived = flows(("elementary", "north", "a", 90), ("elementary", "north", "w", None))
    lived.loc[1, ["pupils_low", "pupils_high"]] = np.nan
    north = resident_pupils(zones(), lived, facts(), OFFERED, BANDS, 2024, Ledger()).set_index("zone_id").loc["north"]
    assert north["resident_pupils_low"] == 90
    assert np.isnan(north["resident_pupils"]) and np.isnan(north["resident_pupils_high"])
    assert north["reliability_class"] == "not_known"


def test_an_estimate_has_the_margin_of_its_children() -> None:
    #  north: 10 + 100 + 20 children of 390 -> 380 pupils; margin of 0.2 x 50 and 60 and 0.2 x 40 children
    margins = {
        "children_0_4_moe": 50.0,
        "children_5_9_moe": 60.0,
        "children_10_14_moe": 40.0,
        "children_15_17_moe": 30.0,
    }
    table = resident_pupils(zones().assign(**margins), flows(), facts(), OFFERED, BANDS, 2024, Ledger())
    north, half = table.iloc[0], np.sqrt(10**2 + 60**2 + 8**2) * 380 / 390
    assert north["resident_pupils_high"] - north["resident_pupils"] == pytest.approx(half)
    assert north["resident_pupils"] - north["resident_pupils_low"] == pytest.approx(half)
    assert north["reliability_class"] == "medium"  # 61 of 130 over 1.645: 29%
    vague = zones().assign(**dict.fromkeys(margins, 900.0))
    table = resident_pupils(vague, flows(), facts(), OFFERED, BANDS, 2024, Ledger())
    assert table["resident_pupils_low"].iloc[0] == 0 and table["reliability_class"].iloc[0] == "low"
    bare = resident_pupils(zones(), flows(), facts(), OFFERED, BANDS, 2024, Ledger())
    assert bare["resident_pupils_low"].isna().all() and bare["reliability_class"].eq("not_known").all()


def test_people_in_place_of_children_are_not_given_a_margin() -> None:
    zone = zones().assign(children_5_9=np.nan, children_10_14=np.nan, children_0_17=np.nan, population_moe=20.0)
    table = resident_pupils(zone, flows(), facts(), OFFERED, BANDS, 2024, Ledger())
    assert table["resident_pupils"].notna().all() and table["resident_pupils_high"].isna().all()
    assert table["reliability_class"].eq("not_known").all()
