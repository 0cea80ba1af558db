"""The stages schools, quality, need and seats: with nothing, with little, and on the demo town."""

from __future__ import annotations

import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from benchmarks.margins import true_counts
from pipeline import config, stages
from pipeline.errors import ConfigError
from pipeline.tables import BY_TABLE, check, empty

ROOT = Path(__file__).resolve().parents[2]
NAMES = ("schools", "quality", "seats", "need")
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
        "capacity": {"rules": ["california 2024"]},
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
    by_grade = pd.DataFrame(
        {
            "school_id": ids * 4,
            "fall_year": [2023] * 10 + [2024] * 10,
            "subject": "ela",
            "grade": (["03"] * 5 + ["04"] * 5) * 2,
            "pupils_tested": 50.0,
            "pupils_meeting": [10.0, 17, 25, 32, 40] * 3 + [12.0, 15, 30, 32, 45],
            "mean_score": [2380.0, 2400, 2440, 2470, 2500] * 2 + [2385.0, 2400, 2450, 2460, 2520] * 2,
            "value_status": "reported",
        }
    )
    pupils = {"pupils": 60.0, "pupils_low": 60.0, "pupils_high": 60.0, "value_status": "reported"}
    enrollment = pd.DataFrame({"school_id": ids, "fall_year": 2024, "grade": "KG", "student_group": "all", **pupils})
    counts = {c: 100.0 for c in BY_TABLE["zone_profile"].names if c.startswith(("children", "child_", "population"))}
    base = {"vintage": NOW, "is_approximate": False, "method": "children_by_block", **counts}
    zone = pd.DataFrame({"level": ["elementary"], "fall_year": 2024, "zone_id": "z", **base})
    neighborhoods = pd.DataFrame({"neighborhood_id": ["n1", "n2"], **base}).assign(
        children_in_poverty=[10.0, 60.0], inside_share=1.0
    )
    return {
        "school_facts": facts,
        "performance": results,
        "performance_grades": by_grade,
        "enrollment": enrollment,
        "zone_profile": filled("zone_profile", zone),
        "neighborhood_profile": filled("neighborhood_profile", neighborhoods),
        "membership": pd.DataFrame({"school_id": ids, "level": "elementary", "zone_id": "z", "neighborhood_id": "n1", "match": "inside", "border_distance_m": 100.0}),
        "block_places": filled("block_places", pd.DataFrame({"place_kind": "neighborhood", "place_id": ["n1", "n2"], "neighborhood_id": ["n1", "n2"], "elementary_zone_id": "z", "east_m": [0.0, 3000.0], "north_m": 0.0})),
        "school_places": pd.DataFrame({"school_id": ids, "east_m": [3000.0, 100, 200, 300, 400], "north_m": 0.0, "high_zone_id": None}),
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
        tables["seat_access"] = run("seats", tables)["seat_access"]
    weights = {"child_poverty": 1.0, "below_standard": 1.0, "low_growth": 1.0, "poor_access": 1.0}
    settings = study(need={"weights": weights, "draws": 100}, quality={"colors": "california_dashboard 2023"})
    for name in ("quality", "seats", "need"):
        for table, frame in run(name, first, settings).items():
            pd.testing.assert_frame_equal(frame, run(name, second, settings)[table])
    parts = run("need", first, settings)["need_contributions"]
    assert set(parts["indicator"]) == set(weights) and parts["indicator_share"].notna().all()
    rated = run("quality", first, settings)
    assert rated["school_quality"]["growth_method"].eq("cohort").all()
    assert len(rated["school_colors"]) == 5 and rated["school_colors"]["color"].ne("none").all()


def test_pupils_count_where_they_live_if_that_is_known() -> None:
    tables = tiny()
    tables["school_quality"] = run("quality", tables)["school_quality"]
    near = run("need", tables)["need_contributions"].set_index(["indicator", "neighborhood_id"])["indicator_share"]
    # all pupils of the zone, which lies in both neighborhoods alike, attend the best school
    tables["flows"] = pd.DataFrame({"level": ["elementary"], "zone_id": "z", "school_id": "s4", "fall_year": 2024, "pupils": 60.0, "pupils_low": 60.0, "pupils_high": 60.0, "value_status": "reported"})  # fmt: skip
    way = {"source_layer": "zone elementary 2024", "source_id": "z", "target_layer": "neighborhood", "carrier": "children", "method": "m"}  # fmt: skip
    tables["crosswalk"] = pd.DataFrame({**way, "target_id": ["n1", "n2"], "weight": 0.5})
    home = run("need", tables)["need_contributions"].set_index(["indicator", "neighborhood_id"])["indicator_share"]
    assert home["below_standard"].to_dict() == pytest.approx({"n1": 0.2, "n2": 0.2})
    assert near["below_standard"].to_dict() == pytest.approx({"n1": (0.8 + 0.65 + 0.5) / 3, "n2": 0.8})


@pytest.mark.parametrize("family", ["percentile", "standardised", "exponential", "geometric"])
def test_need_goes_by_the_family_of_the_study_and_shows_all_four(family: str) -> None:
    tables = tiny()
    tables["school_quality"] = run("quality", tables)["school_quality"]
    own = study(need={"weights": {"child_poverty": 1.0, "below_standard": 1.0}, "draws": 100, "family": family})
    outputs = run("need", tables, own)
    need, all_four = outputs["need"], outputs["need_families"]
    assert set(all_four["family"]) == {"percentile", "standardised", "exponential", "geometric"}
    mine = all_four[all_four["family"].eq(family) & all_four["norm"].eq("local")]
    assert mine["family_score"].tolist() == need["need_index"].tolist()
    assert mine["family_rank"].tolist() == need["need_rank"].tolist()
    parts = outputs["family_contributions"].groupby(["neighborhood_id", "family", "norm"])["contribution_index"].sum()
    assert parts.tolist() == pytest.approx(all_four.set_index(["neighborhood_id", "family", "norm"])["family_score"].loc[parts.index].tolist(), abs=1e-12)  # fmt: skip


def test_the_year_of_a_color_table_must_be_known() -> None:
    with pytest.raises(
        ConfigError, match=r"no colors of 2024: they are not entered\. There are those of 2018, 2019, 2023"
    ):
        run("quality", tiny(), study(quality={"colors": "california_dashboard 2024"}))


def test_millbrook_has_growth_colors_and_targets(millbrook: Callable[[str], Any]) -> None:
    quality, facts = (
        millbrook("school_quality").set_index("school_id"),
        millbrook("school_facts").set_index("school_id"),
    )
    rated = quality["status_share"].notna()
    only_high = facts["serves_high"] & ~facts["serves_elementary"] & ~facts["serves_middle"]
    assert quality.loc[rated & ~only_high.reindex(quality.index), "growth_method"].eq("cohort").mean() > 0.9
    assert quality.loc[only_high.reindex(quality.index) & rated, "growth_method"].eq("status_change").all()
    # no school of the town grows by more than chance: in truth they differ by a point and a half a year at most
    assert quality.loc[rated, "growth_class"].eq("steady").all()
    assert (quality["growth_change"].abs() <= 2.5 * quality["growth_change_moe"])[rated].all()
    targets = millbrook("quality_targets")
    assert set(targets["unit_kind"]) == {"school", "level", "district"}
    assert targets.loc[~targets["is_interim"], "target_share"].round(9).eq(0.8).all()
    now = targets.query("fall_year == 2023 and unit_kind == 'school'")
    assert set(now["path_status"]) == {"behind", "not_sure"}
    years = millbrook("quality_years")
    assert sorted(years["fall_year"].unique()) == [2021, 2022, 2023]
    colors = millbrook("school_colors")
    assert set(colors["subject"]) == {"ela", "math", "attendance"} and colors["color"].nunique() >= 5
    results = millbrook("performance")
    for subject in ("attendance", "stability"):
        rows = results[results["subject"].eq(subject)]
        share = rows["pupils_meeting"] / rows["pupils_tested"]
        assert len(rows) == 120 and share.between(0.4, 1).all() and share.nunique() > 60


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


def test_millbrook_stands_by_four_families_side_by_side(millbrook: Callable[[str], Any], truth: Any) -> None:
    table, parts = millbrook("need_families"), millbrook("family_contributions")
    key = ["neighborhood_id", "family", "norm"]
    sums = parts.groupby(key)["contribution_index"].sum(min_count=1)
    pd.testing.assert_series_equal(sums, table.set_index(key)["family_score"].loc[sums.index], check_names=False, atol=1e-12, rtol=0)  # fmt: skip
    planted = set(truth.neediest)
    for (_, norm), rows in table.groupby(["family", "norm"]):
        best = set(rows.nsmallest(len(planted), "family_rank")["neighborhood_id"])
        assert len(best & planted) >= (len(planted) if norm == "local" else len(planted) - 1)
        assert rows.loc[rows["neighborhood_id"].isin(planted), "family_level"].min() >= 4
    need = millbrook("need").set_index("neighborhood_id")["need_index"]
    local = table.query("family == 'percentile' and norm == 'local'").set_index("neighborhood_id")["family_score"]
    pd.testing.assert_series_equal(need, local, check_names=False)
    lines = millbrook("ledger_need")
    homes = lines[lines["subject_name"].str.startswith("pupils by home")]
    assert len(homes) == 3 and (homes["inside"] > 0.99 * homes["total"]).all()


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


def test_with_the_margins_tripled_no_more_are_called_high_fewer_the_more_is_asked_and_none_wrongly(
    millbrook: Callable[[str], Any], truth: Any, settings: config.Study
) -> None:
    tables = {name: millbrook(name) for name in stages.find("need").reads}
    # the same people counted by a survey of a ninth of the size, however they are placed; and schools likewise
    quality = tables["school_quality"]
    low, high = (3 * (quality[f"status_{end}_share"] - quality["status_share"]) for end in ("low", "high"))
    vaguer = {
        name: tables[name].assign(**{c: tables[name][c] * 3 for c in tables[name].columns if c.endswith("_moe")})
        for name in ("neighborhood_profile", "neighborhood_placings")
    }
    vaguer["school_quality"] = quality.assign(
        status_low_share=(quality["status_share"] + low).clip(lower=0),
        status_high_share=(quality["status_share"] + high).clip(upper=1),
    )
    usual = run("need", tables, settings)["need"].set_index("neighborhood_id")
    vague = run("need", {**tables, **vaguer}, settings)["need"].set_index("neighborhood_id")
    pd.testing.assert_series_equal(usual["need_index"], vague["need_index"])
    called = {
        name: set(table.index[table["need_class"].eq("high")]) for name, table in (("usual", usual), ("vague", vague))
    }
    # the planted stand so far apart that none is lost at the study's own share: their certainty is less all the same
    assert called["vague"] <= called["usual"]
    chances = [table.loc[list(truth.neediest), "high_need_probability_share"] for table in (usual, vague)]
    assert (chances[1] < chances[0]).all()
    for asked in (0.95, 0.99):
        assert (vague["high_need_probability_share"] >= asked).sum() < (
            usual["high_need_probability_share"] >= asked
        ).sum()
    fifth = set(truth.deprivation.nlargest(math.ceil(settings.need.top_share * len(usual))).index)
    assert called["vague"] <= set(truth.neediest) <= fifth
    # what is called high is so as often as the study asks that it be
    assert len(called["usual"] - fifth) <= (1 - settings.need.certain_share) * len(called["usual"])
    assert called["usual"] <= set(truth.deprivation.nlargest(len(usual) // 4).index)
    width = [(table["need_rank_high"] - table["need_rank_low"]).mean() for table in (usual, vague)]
    assert width[1] > 1.5 * width[0]
    assert vague["need_class"].eq("possible").sum() > usual["need_class"].eq("possible").sum()


def surveyed(table: Any, true: Any, vintage: str, times: float, seed: int) -> Any:
    """The table as another survey of the town would have it: margins so many times as wide, and errors to match."""
    rng = np.random.default_rng(seed)
    places = sorted(table["neighborhood_id"].unique())
    errors = pd.DataFrame({name: rng.standard_normal(len(places)) for name in true}, index=places)
    vintages = table.get("vintage", vintage)
    at = pd.MultiIndex.from_frame(table[["neighborhood_id"]].assign(vintage=vintages))
    columns = {}
    for name in true.columns.intersection(table.columns):
        margin = times * table[f"{name}_moe"].astype("float64")
        error = errors[name].reindex(table["neighborhood_id"]).to_numpy() * margin / 1.645
        told = (true[name].reindex(at).to_numpy() + error).clip(lower=0)
        columns |= {name: told.where(told.notna(), table[name]), f"{name}_moe": margin}
    return table.assign(**columns)


def test_over_many_surveys_of_the_town_fewer_are_called_high_when_margins_are_tripled(
    millbrook: Callable[[str], Any], truth: Any, settings: config.Study
) -> None:
    tables = {name: millbrook(name) for name in stages.find("need").reads}
    true = true_counts().query("layer == 'neighborhood'").drop(columns="layer")
    true = true.rename(columns={"area_id": "neighborhood_id"}).set_index(["neighborhood_id", "vintage"])
    quick = settings.model_copy(update={"need": settings.need.model_copy(update={"draws": 400, "cluster_draws": 0})})
    now = settings.vintages.now
    called: dict[int, list[set[str]]] = {1: [], 3: []}
    for seed in range(6):
        for times, sets in called.items():
            again = {name: surveyed(tables[name], true, now, times, seed) for name in ("neighborhood_profile", "neighborhood_placings")}  # fmt: skip
            need = run("need", {**tables, **again}, quick)["need"]
            sets.append(set(need.loc[need["need_class"].eq("high"), "neighborhood_id"]))
    number = {times: sum(map(len, sets)) for times, sets in called.items()}
    assert 0 < number[3] < number[1]
    # what is called high is so as often as the study asks that it be
    fifth = set(truth.deprivation.nlargest(math.ceil(settings.need.top_share * 40)).index)
    for times, sets in called.items():
        assert sum(len(found - fifth) for found in sets) <= (1 - settings.need.certain_share) * number[times]


def test_pairwise_tests_in_closed_form_bear_out_the_draws_of_margins(
    millbrook: Callable[[str], Any], settings: config.Study
) -> None:
    alone = settings.model_copy(update={"need": settings.need.model_copy(update={"vary": ("margins",)})})
    need = run("need", {name: millbrook(name) for name in stages.find("need").reads}, alone)["need"]
    ranked = need[need["need_rank_low"].notna()]
    inside = (ranked["need_rank_low"] >= ranked["need_rank_pairwise_low"]) & (
        ranked["need_rank_high"] <= ranked["need_rank_pairwise_high"]
    )
    assert inside.mean() >= 0.9  # a test of a pair is the more cautious: it asks for 90% of every single pair
    width = ranked["need_rank_pairwise_high"] - ranked["need_rank_pairwise_low"]
    assert width.mean() < 2 * (ranked["need_rank_high"] - ranked["need_rank_low"]).mean()


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


def test_millbrooks_clusters_agree_with_its_hot_spots_and_stand_among_like_neighbors(
    millbrook: Callable[[str], Any], truth: Any
) -> None:
    need, clusters = millbrook("need").set_index("neighborhood_id"), millbrook("need_clusters")
    index = clusters[clusters["cluster_measure"].eq("need_index")].set_index("neighborhood_id").loc[need.index]
    for column in ("hot_spot_z", "hot_spot_class"):
        pd.testing.assert_series_equal(index[column], need[column])
    assert set(clusters["cluster_measure"]) == {"need_index", *millbrook("need_contributions")["indicator"]}
    assert clusters["tested_by"].eq("draws").all()
    high = index.index[index["moran_class"].eq("high_high")]
    assert len(high) >= 4 and set(high) <= set(index.index[index["hot_spot_class"].eq("hot")])
    assert (truth.deprivation.loc[list(high)] > truth.deprivation.median()).all()
