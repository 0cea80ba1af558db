"""The stages schools, quality, need and seats: with nothing, with little, and on the demo town."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline import config, stages
from pipeline.errors import ConfigError
from pipeline.tables import BY_TABLE, check, empty

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("schools", "quality", "need", "seats")
NOW = "2019-2023"


def study(**changes: Any) -> config.Study:
    values: dict[str, Any] = {
        "study": {"name": "tiny", "title": "Tiny", "district_id": "1", "fall_year": 2024},
        "geography": {"crs": "EPSG:3310", "box": [-122.3, 40.0, -122.1, 40.2]},
        "raw": {},
        "zones": {"fall_year": 2024},
        "neighborhoods": {},
        "vintages": {"now": NOW},
        "need": {"weights": {"child_poverty": 1.0, "below_standard": 1.0}, "draws": 100},
        "capacity": {
            "source": "s",
            "effective": "2024-07-01",
            "elementary_loading": 25.0,
            "secondary_loading": 27.0,
            "special_day_loading": 13.0,
            "use_ratio": 0.85,
        },
    }
    return config.Study.model_validate({**values, **changes})


def run(name: str, tables: dict[str, Any], settings: config.Study | None = None) -> dict[str, pd.DataFrame]:
    stage = stages.find(name)
    given = {table: tables.get(table, empty(table, "EPSG:3310")) for table in stage.reads}
    outputs = stage.run(config.only(settings or study(), name, stage.sections), given)
    assert set(outputs) == {*stage.writes, *stage.files}
    return {table: check(BY_TABLE[table], frame) for table, frame in outputs.items()}


@pytest.mark.parametrize("name", NAMES)
def test_a_study_without_any_data_runs_and_says_what_is_missing(name: str) -> None:
    outputs = run(name, {})
    for table, frame in outputs.items():
        if not table.startswith("ledger_"):
            assert frame.empty, table
    lines = outputs[f"ledger_{name}"]
    missing = lines[lines["entry"].eq("missing_input")]
    assert len(missing) > 0
    assert missing["reason"].str.contains("To be had from|is had from|are had from", regex=True).all()


def test_need_refuses_a_weight_for_an_indicator_that_is_not_there() -> None:
    with pytest.raises(ConfigError, match=r"no indicator wealth\. Known: child_poverty"):
        run("need", {}, study(need={"weights": {"wealth": 1.0}}))


def tiny() -> dict[str, pd.DataFrame]:
    """Two neighborhoods, one zone of one level, five schools with results."""
    ids = [f"s{i}" for i in range(5)]
    flags = {
        "is_virtual": False,
        "is_place": True,
        "is_citywide": False,
        "serves_elementary": True,
        "serves_middle": False,
        "serves_high": False,
    }
    facts = pd.DataFrame(
        {
            "school_id": ids,
            "name": ids,
            "sector": ["district", "district", "district", "charter", "charter"],
            "school_status": "open",
            "location_status": "located",
            **flags,
        }
    )
    facts = facts.assign(grade_low="KG", grade_high="05", site_id=None, opened_fall=None, closed_fall=None)
    results = pd.DataFrame(
        {
            "school_id": ids * 2,
            "fall_year": [2023] * 5 + [2024] * 5,
            "subject": "ela",
            "pupils_tested": 100.0,
            "pupils_meeting": [20.0, 35, 50, 65, 80] * 2,
            "points_share": None,
            "value_status": "reported",
        }
    )
    pupils = {"pupils": 60.0, "pupils_low": 60.0, "pupils_high": 60.0, "value_status": "reported"}
    enrollment = pd.DataFrame({"school_id": ids, "fall_year": 2024, "grade": "KG", "student_group": "all", **pupils})
    counts = {c: 100.0 for c in BY_TABLE["zone_profile"].names if c.startswith(("children", "child_", "population"))}
    base = {"vintage": NOW, "is_approximate": False, "method": "children_by_block", **counts}
    zone = pd.DataFrame({"level": ["elementary"], "fall_year": 2024, "zone_id": "z", **base})
    neighborhoods = pd.DataFrame({"neighborhood_id": ["n1", "n2"], **base}).assign(children_in_poverty=[10.0, 60.0])
    return {
        "school_facts": facts,
        "performance": results,
        "enrollment": enrollment,
        "zone_profile": filled("zone_profile", zone),
        "neighborhood_profile": filled("neighborhood_profile", neighborhoods),
        "membership": pd.DataFrame({"school_id": ids, "level": "elementary", "zone_id": "z", "neighborhood_id": "n1", "match": "inside", "border_distance_m": 100.0}),
        "reach": pd.DataFrame({"origin_layer": "neighborhood", "origin_id": ["n1"] * 5 + ["n2"], "destination_kind": "school", "destination_id": [*ids, "s0"], "distance_m": [500.0, 600, 700, 800, 900, 100], "minutes": 2.0}),
    }  # fmt: skip


def filled(table: str, frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reindex(columns=BY_TABLE[table].names)


def test_the_three_stages_hand_their_tables_on() -> None:
    tables = tiny()
    tables["school_quality"] = run("quality", tables)["school_quality"]
    assert tables["school_quality"]["is_quality"].tolist() == [False, False, False, True, True]
    need = run("need", tables)
    assert need["need"].set_index("neighborhood_id")["need_rank"].to_dict() == {"n1": 2, "n2": 1}
    parts = need["need_contributions"].groupby("neighborhood_id")["contribution_index"].sum()
    assert parts.to_dict() == need["need"].set_index("neighborhood_id")["need_index"].to_dict()
    seats = run("seats", tables)
    gap = seats["service_gap"].iloc[0]
    assert (gap["resident_pupils"], gap["quality_seats"], gap["unmet_seats"]) == (300, 120, 180)
    assert gap["method"] == "children of these ages x pupils per child; seats: enrolled"
    assert (gap["citywide_pupils"], gap["reliability_class"]) == (0, "low")  # margins as large as the counts
    assert seats["seat_access"].set_index("neighborhood_id")["is_poor_access"].to_dict() == {"n1": False, "n2": True}


def test_swapping_the_sector_of_every_school_changes_no_number() -> None:
    first, second = tiny(), tiny()
    second["school_facts"]["sector"] = first["school_facts"]["sector"].map(
        {"district": "charter", "charter": "district"}
    )
    for tables in (first, second):
        tables["school_quality"] = run("quality", tables)["school_quality"]
    for name in ("quality", "need", "seats"):
        for table, frame in run(name, first).items():
            pd.testing.assert_frame_equal(frame, run(name, second)[table])


def test_two_runs_give_the_same_tables() -> None:
    tables = tiny()
    tables["school_quality"] = run("quality", tables)["school_quality"]
    for name in ("need", "seats"):
        for table, frame in run(name, tables).items():
            pd.testing.assert_frame_equal(frame, run(name, tables)[table])


def test_millbrook_keeps_every_pupil(millbrook: Callable[[str], Any]) -> None:
    lines = millbrook("ledger_schools")
    balance = lines[lines["entry"].eq("balance")]
    assert len(balance) >= 8
    assert (balance["inside"] + balance["unlocated"] == balance["total"]).all()
    facts = millbrook("school_facts")
    assert set(facts["sector"]) == {"district", "charter", "private"}
    assert facts["location_status"].eq("virtual").any()
    for table in ("performance", "flows"):
        rows = millbrook(table)
        assert len(rows) and set(rows["school_id"]) <= set(facts["school_id"])
    latest = balance.set_index("subject_name").loc["pupils 2024"]
    groups = millbrook("enrollment_groups").query("student_group == 'all' and fall_year == 2024")
    assert groups["pupils"].sum() == latest["total"]


def test_millbrook_contributions_sum_to_the_index(millbrook: Callable[[str], Any]) -> None:
    need, parts = millbrook("need").set_index("neighborhood_id"), millbrook("need_contributions")
    sums = parts.groupby("neighborhood_id")["contribution_index"].sum(min_count=1)
    ranked = need["need_index"].notna()
    assert ranked.sum() >= 20
    pd.testing.assert_series_equal(sums[ranked], need["need_index"][ranked], check_names=False)


def test_millbrook_has_a_gap_for_every_zone_and_access_for_every_neighborhood(millbrook: Callable[[str], Any]) -> None:
    gap, zones = millbrook("service_gap"), millbrook("zone_names")
    assert set(zip(gap["level"], gap["zone_id"], strict=True)) <= set(
        zip(zones["level"], zones["zone_id"], strict=True)
    )
    assert set(gap["level"]) == {"elementary", "middle", "high"}
    assert gap["unmet_seats"].sum() > max(gap["service_gap_seats"].sum(), 0)
    assert (gap.groupby("level")["quality_seats"].sum() > 0).all()  # each level has quarters of its own
    assert (gap["resident_pupils_low"] <= gap["resident_pupils"]).all() and gap["reliability_class"].eq("high").all()
    assert (gap["citywide_pupils"] <= gap["resident_pupils"]).all() and gap["citywide_pupils"].sum() > 100
    access = millbrook("seat_access")
    assert len(set(access.groupby("level").size())) == 1
    assert 0 < access["is_poor_access"].mean() < 1


@pytest.fixture(scope="module")
def truth() -> Any:
    from pipeline import town

    return town.truth()


@pytest.fixture(scope="module")
def settings() -> config.Study:
    return config.load(ROOT / "studies/millbrook.yaml")


def test_millbrooks_planted_neediest_neighborhoods_are_found(millbrook: Callable[[str], Any], truth: Any) -> None:
    need = millbrook("need").set_index("neighborhood_id")
    planted = list(truth.neediest)
    assert len(planted) >= 4
    assert set(need["need_rank"].nsmallest(len(planted)).index) == set(planted)
    assert need.loc[planted, "need_class"].eq("high").all()
    assert need.loc[planted, "hot_spot_class"].eq("hot").sum() >= len(planted) - 1
    assert need["need_index"].corr(truth.deprivation, method="spearman") > 0.9


def test_with_the_margins_tripled_fewer_are_called_high_and_none_wrongly(
    millbrook: Callable[[str], Any], truth: Any, settings: config.Study
) -> None:
    tables = {name: millbrook(name) for name in stages.find("need").reads}
    profile = tables["neighborhood_profile"]
    tripled = profile.assign(**{c: profile[c] * 3 for c in profile.columns if c.endswith("_moe")})
    usual = run("need", tables, settings)["need"].set_index("neighborhood_id")
    vague = run("need", {**tables, "neighborhood_profile": tripled}, settings)["need"].set_index("neighborhood_id")
    pd.testing.assert_series_equal(usual["need_index"], vague["need_index"])
    called = {
        name: set(table.index[table["need_class"].eq("high")]) for name, table in (("usual", usual), ("vague", vague))
    }
    assert 0 < len(called["vague"]) <= len(called["usual"])
    assert called["vague"] <= set(truth.neediest)
    assert called["usual"] <= set(truth.deprivation.nlargest(len(usual) // 4).index)
    width = [(table["need_rank_high"] - table["need_rank_low"]).mean() for table in (usual, vague)]
    assert width[1] > 1.5 * width[0]
    assert vague["need_class"].eq("possible").sum() > usual["need_class"].eq("possible").sum()


def test_most_intervals_hold_the_true_status_of_millbrooks_schools(millbrook: Callable[[str], Any], truth: Any) -> None:
    latest = truth.quality[truth.quality["year"].eq(truth.quality["year"].max())]
    true = latest.groupby("school_id")["meeting_share"].mean().rename("true_share")
    rated = millbrook("school_quality").set_index("school_id").join(true, how="inner").dropna(subset="status_share")
    assert len(rated) >= 30
    held = rated["true_share"].between(rated["status_low_share"], rated["status_high_share"])
    assert held.mean() >= 0.8
    assert rated["shrunk_share"].corr(rated["true_share"]) > 0.9
    of_class = rated.groupby("quality_class")["true_share"].median()
    assert of_class["strong"] > of_class["middle"] > of_class["weak"]
