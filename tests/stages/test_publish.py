"""Publish is the only door: no small pupil count passes it, in whatever table it hides."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from pipeline import config, stages
from pipeline.columns import parted
from tests.guards.dvc_yaml import ROOT
from tests.stages import bare

SMALLEST = 11
FEW = 7.0


@pytest.fixture(scope="module")
def inputs(millbrook: Callable[[str], Any]) -> dict[str, Any]:
    return {name: millbrook(name) for name in stages.find("publish").reads}


@pytest.fixture(scope="module")
def planted(inputs: dict[str, Any]) -> tuple[dict[str, Any], str, str, str]:
    """Millbrook with a school of seven pupils, a site they use alone and a zone in which seven live."""
    tables = dict(inputs)
    now = config.load(ROOT / "params.yaml").study.fall_year
    groups = tables["enrollment_groups"]
    school = groups.loc[(groups["fall_year"] == now) & (groups["student_group"] == "all"), "school_id"].iloc[5]
    here = (groups["school_id"] == school) & (groups["student_group"] == "all")
    tables["enrollment_groups"] = groups.assign(
        **{column: groups[column].mask(here, FEW) for column in ("pupils", "pupils_low", "pupils_high")}
    )
    use = tables["utilization"]
    site = use["site_id"].iloc[0]
    at_site = use["site_id"] == site
    tables["utilization"] = use.assign(
        pupils=use["pupils"].mask(at_site, FEW),
        utilization_ratio=use["utilization_ratio"].mask(at_site, FEW / use["capacity_seats"]),
        surplus_seats=use["surplus_seats"].mask(at_site, use["capacity_seats"] - FEW),
    )
    gap = tables["service_gap"]
    zone = gap["zone_id"].iloc[0]
    tables["service_gap"] = gap.assign(resident_pupils=gap["resident_pupils"].mask(gap["zone_id"] == zone, FEW))
    return tables, school, site, zone


def publish(tables: dict[str, Any]) -> dict[str, Any]:
    stage = stages.find("publish")
    return stage.run(config.only(config.load(ROOT / "params.yaml"), stage.name, stage.sections), tables)


def small(values: pd.Series) -> pd.Series:
    return (values > 0.5) & (values < SMALLEST)


def leaks(out: dict[str, Any]) -> dict[str, int]:
    """Small pupil counts in the published tables, shown or to be computed from what is shown."""

    def number(text: pd.Series) -> pd.Series:
        return pd.to_numeric(text.mask(text.isin(["*", ""])))

    use, zones = out["public_utilization"], out["public_zones"]
    return {
        "enrollment": int(small(number(out["public_enrollment"]["value_text"])).sum()),
        "schools": int(small(number(out["public_schools"]["value_text"])).sum()),
        "outlook": int(small(out["public_outlook"]["pupils_projected"]).sum()),
        "outlook by residence": int(small(out["public_outlook"]["pupils_by_residence"]).sum()),
        "outlook by grade": int(small(out["public_outlook_grades"]["pupils_projected"]).sum()),
        "the state's projection": int(small(out["public_state_projection"]["pupils_projected"]).sum()),
        "pupils of homes": int(
            small(
                out["public_state_projection"]["pupils_with_homes"] - out["public_state_projection"]["pupils_projected"]
            ).sum()
        ),
        "zones": int(small(zones["resident_pupils"]).sum()),
        "zones, seats and gap": int(small(zones["quality_seats"] + zones["service_gap_seats"]).sum()),
        "zones, seats": int(small(zones["quality_seats"]).sum() - (zones["quality_seats"] == 10).sum()),
        "utilization": int(small(use["utilization_ratio"] * use["capacity_seats"]).sum()),
        "surplus": int(small(use["capacity_seats"] - use["surplus_seats"]).sum()),
        "matches": int(small(out["public_matches"]["needed_seats"]).sum()),
        "siting": int(small(out["public_siting"]["covered_seats"]).sum()),
        # in tens, so that ten stands for ten to nineteen
        "flows": int((out["public_flows"]["pupils"] < 10).sum()),
        "sectors": int((out["public_sectors"]["pupils"] < 10).sum()),
    }


def test_millbrook_publishes_no_small_count(inputs: dict[str, Any]) -> None:
    assert {name: count for name, count in leaks(publish(inputs)).items() if count} == {}


def test_planted_small_counts_do_not_pass(planted: tuple[dict[str, Any], str, str, str]) -> None:
    tables, school, site, zone = planted
    out = publish(tables)
    assert {name: count for name, count in leaks(out).items() if count} == {}
    rows = out["public_enrollment"].set_index("school_id")
    assert set(rows.loc[[school], "value_text"]) == {"*"}
    assert out["public_utilization"].set_index("site_id").loc[[site], "utilization_ratio"].isna().all()
    assert out["public_zones"].set_index("zone_id").loc[[zone], "resident_pupils"].isna().all()
    assert out["disclosure"]["primary_hidden_cells"].sum() > 0


def test_a_hidden_school_is_hidden_in_every_year_and_scenario(planted: tuple[dict[str, Any], str, str, str]) -> None:
    tables, school, _, zone = planted
    out = publish(tables)
    outlook, scenarios, changes = (out[f"public_{name}"] for name in ("outlook", "scenarios", "outlook_change"))
    hidden = set(outlook.loc[outlook["value_text"] == "*", "unit_id"])
    assert school in hidden and any(unit.endswith(f" {zone}") for unit in hidden)
    assert (outlook["unit_id"].isin(hidden) == (outlook["value_text"] == "*")).all()
    assert scenarios["scenario"].nunique() == 5
    assert (scenarios["unit_id"].isin(hidden) == scenarios["pupils_projected"].isna()).all()
    assert hidden.isdisjoint(changes["unit_id"])
    assert sum(unit.isdigit() for unit in hidden) >= 2  # the district's total would give one alone away


def test_a_hidden_school_or_zone_is_in_no_flow_and_no_recommendation(
    planted: tuple[dict[str, Any], str, str, str],
) -> None:
    tables, school, _, zone = planted
    out = publish(tables)
    flows = out["public_flows"]
    assert len(flows) and school not in set(flows["school_id"]) and zone not in set(flows["zone_id"])
    homes = out["public_sectors"].query("counted_by == 'residence'")
    assert homes.loc[homes["area_id"] == zone, "pupils"].isna().all() and homes["pupils"].notna().any()
    dark = out["public_zones"]
    dark = dark[dark["resident_pupils"].isna()]
    told = set(out["public_recommendations"].query("subject_kind == 'zone'")["subject_id"])
    assert told and told.isdisjoint(dark["level"] + " " + dark["zone_id"])
    # nor is a number that the earlier release told of them compared
    changes = out["public_changes"]
    assert set(changes["release_id"]) == {"2023-24"}
    assert set(changes.query("subject_kind == 'zone'")["subject_id"]).isdisjoint(dark["zone_id"])


def test_the_check_for_leaks_finds_one(planted: tuple[dict[str, Any], str, str, str]) -> None:
    tables, school, _, _ = planted
    out = publish(tables)
    shown = out["public_enrollment"]
    out["public_enrollment"] = shown.assign(value_text=shown["value_text"].mask(shown["school_id"] == school, "7"))
    assert leaks(out)["enrollment"] > 0
    out["public_flows"] = out["public_flows"].assign(pupils=7.0)
    assert leaks(out)["flows"] == len(out["public_flows"])


def test_a_hidden_school_takes_another_with_it_every_year(planted: tuple[dict[str, Any], str, str, str]) -> None:
    hidden = publish(planted[0])["public_enrollment"].query("value_text == '*'")
    assert (hidden.groupby("fall_year").size() >= 2).all()


def test_groups_of_pupils_are_published_of_the_whole_district_alone_and_in_tens(inputs: dict[str, Any]) -> None:
    out = publish(inputs)
    assert all("pupils_tested" not in frame.columns for name, frame in out.items() if name.startswith("public"))
    with_groups = [name for name, frame in out.items() if "student_group" in frame.columns]
    assert with_groups == ["public_quality_seats", "public_quality_change"]
    assert set(out["public_quality_change"]["student_group"]) == {"all"}
    groups = out["public_quality_seats"].query("student_group != 'all'")
    assert len(groups) and set(groups["layer"]) == {"district"}
    counts = groups[["pupils", "quality_pupils"]].to_numpy()
    assert (counts % 10 == 0).all() and (counts[:, 0] >= counts[:, 1]).all()


def test_both_ways_of_counting_citywide_schools_tell_nothing_of_few_pupils(inputs: dict[str, Any]) -> None:
    told = publish(inputs)["public_gap_variants"].set_index(["variant", "level", "zone_id"])["quality_seats"]
    study, out = told.loc["study"], told.loc["citywide_out"]
    gap = inputs["service_gap"].set_index(["level", "zone_id"])
    few = ((gap["citywide_pupils"] > 0) & (gap["citywide_pupils"] < SMALLEST)).reindex(study.index)
    assert few.sum() > 5
    assert (study[few] == out[few]).all() and (study > out).any()


def test_pupils_in_quality_seats_are_told_by_what_is_published(inputs: dict[str, Any]) -> None:
    """No sum can give away a hidden school: it is made of the counts and classes that everyone can read."""
    out = publish(inputs)
    counts, classes = out["public_enrollment"], out["public_quality_years"]
    number = pd.to_numeric(counts["value_text"], errors="coerce")
    private = inputs["school_facts"].query("sector == 'private'")["school_id"]
    rows = counts.assign(pupils=number)[~counts["school_id"].isin(private)]
    rated = rows.merge(classes, on=["school_id", "fall_year"], how="inner")
    good = rated[rated["is_quality"]].groupby("fall_year")["pupils"].sum()
    told = out["public_quality_seats"].query("layer == 'district' and run_by == 'all' and student_group == 'all'")
    told = told[told["fall_year"] == told["results_fall"]].set_index("fall_year")["quality_pupils"]
    assert len(told) == 3 and (told == good.reindex(told.index)).all()
    planted = dict(inputs)
    smallest = counts.assign(pupils=number).query("fall_year == 2023").nsmallest(1, "pupils")["school_id"].iloc[0]
    groups = planted["enrollment_groups"]
    here = (groups["school_id"] == smallest) & (groups["student_group"] == "all")
    by_count = []
    for few in (3.0, 9.0):
        columns = {column: groups[column].mask(here, few) for column in ("pupils", "pupils_low", "pupils_high")}
        shown = publish({**planted, "enrollment_groups": groups.assign(**columns)})
        by_count.append(
            (
                shown["public_quality_seats"].query("student_group == 'all' and layer == 'district'"),
                shown["public_quality_change"],
            )
        )
    for three, nine in zip(*by_count, strict=True):
        pd.testing.assert_frame_equal(three, nine)


def test_a_study_without_inputs_publishes_empty_tables() -> None:
    out = bare.run("publish")
    assert {name for name, frame in out.items() if len(frame)} == {"disclosure", "public_lines"}
    assert not out["public_lines"]["is_told"].any()


def test_every_number_of_a_line_is_one_of_the_published_tables(inputs: dict[str, Any]) -> None:
    out = publish(inputs)
    said = out["public_lines"].set_index("topic")
    assert said["is_told"].all() and list(said.index) == ["need", "why", "choice", "gap", "access"]
    places, zones = out["public_neighborhoods"], out["public_zones"]
    high = places[places["need_class"] == "high"].sort_values("need_rank")
    children, every = high["children_0_17"].sum(), places["children_0_17"].sum()
    assert said.loc["need", "statement"].startswith(f"{len(high)} of {len(places)} neighborhoods are high need: ")
    assert all(name in said.loc["need", "statement"] for name in high["name"])
    assert (
        f"home to {children:,.0f} of all {every:,.0f} children ({children / every:.0%})"
        in said.loc["need", "statement"]
    )
    first = places.set_index("need_rank").loc[1]
    assert f"{first['name']} ranks first ({first['need_rank_low']:.0f} to {first['need_rank_high']:.0f} over all draws)" in said.loc["why", "statement"]  # fmt: skip
    parts = out["public_contributions"].query("neighborhood_id == @first.neighborhood_id")
    heaviest = parts.sort_values(["contribution_index", "indicator"], ascending=[False, True]).head(3)
    assert f"These add {' + '.join(f'{x:g}' for x in heaviest['contribution_index'])} to its index of {first['need_index']:g}" in said.loc["why", "evidence"]  # fmt: skip
    assert all(f"({share:.0%}" in said.loc["why", "statement"] for share in heaviest["indicator_share"])
    moves = out["public_sensitivity"].query("moved == 'ranks'").set_index("factor")["total_index"]
    assert f"a part in {moves.max():.0%} of their movement" in said.loc["choice", "statement"]
    unmet = zones.groupby("level")["unmet_seats"].agg(["sum", "max"])
    level = unmet["sum"].idxmax()
    assert f"In {level} school {unmet.loc[level, 'sum']:,.0f} resident pupils" in said.loc["gap", "statement"]
    assert f"{unmet.loc[level, 'max']:,.0f} of them in " in said.loc["gap", "statement"]


def test_a_zone_that_a_release_has_hidden_is_in_no_line(
    inputs: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    worst = publish(inputs)["public_zones"].sort_values("unmet_seats").iloc[-1]
    hidden = {"zone": {(worst["level"], worst["zone_id"], "2024")}, "school": set()}
    monkeypatch.setattr("pipeline.stages.publish.hidden_then", lambda told, kind: hidden[kind])
    out = publish(inputs)
    zones = out["public_zones"]
    unmet = zones.groupby("level")["unmet_seats"].agg(["sum", "max"])
    level = unmet["sum"].idxmax()
    named = zones.loc[zones["level"].eq(level) & zones["unmet_seats"].eq(unmet.loc[level, "max"]), "name"].iloc[0]
    said = out["public_lines"].set_index("topic").loc["gap", "statement"]
    assert zones["resident_pupils"].isna().any() and worst["name"] not in said
    assert f"In {level} school {unmet.loc[level, 'sum']:,.0f} resident pupils" in said
    assert f"{unmet.loc[level, 'max']:,.0f} of them in {named}." in said


def test_published_scores_of_need_are_the_sums_of_published_parts(inputs: dict[str, Any]) -> None:
    out = publish(inputs)
    sums = out["public_contributions"].groupby("neighborhood_id")["contribution_index"].sum()
    index = out["public_neighborhoods"].set_index("neighborhood_id")["need_index"].dropna()
    assert len(index) == 40 and (sums.loc[index.index] == index).all() and (index % 1 == 0).all()
    key = ["neighborhood_id", "family", "norm"]
    scores = out["public_families"].set_index(key)["family_score"]
    added = out["public_family_contributions"].groupby(key)["contribution_index"].sum()
    assert len(scores) == 40 * 4 * 2 and (added - scores).abs().max() < 1e-9
    assert (inputs["need_families"].set_index(key)["family_score"] - scores).abs().max() <= 0.5


def test_growth_is_told_of_every_area_and_pockets_rest_on_what_is_told(inputs: dict[str, Any]) -> None:
    out = publish(inputs)
    pockets, growth = out["public_pockets"], out["public_growth"]
    assert set(pockets["pocket_kind"]) == {"growing", "shrinking"}
    assert (pockets["areas_changed"] + pockets["areas_clustered"] + pockets["areas_together"]).equals(pockets["pocket_areas"])  # fmt: skip
    assert (pockets[["seats_change", "seats_change_low", "seats_change_high"]] % 10 == 0).all(axis=None)
    believed = growth.query("layer == 'neighborhood' and age_band == '5-17' and pocket_evidence != 'none'")
    assert {area for ids in pockets["area_ids"] for area in parted(ids)} <= set(believed["area_id"])
    crossed = out["public_growth_need"].set_index("neighborhood_id")
    assert all((crossed.loc[parted(ids), "pocket_id"] == pocket).all() for pocket, ids in zip(pockets["pocket_id"], pockets["area_ids"], strict=True))  # fmt: skip
    assert crossed["need_class"].equals(out["public_neighborhoods"].set_index("neighborhood_id")["need_class"])
    outlook = out["public_population"]
    assert {"neighborhood", "zone elementary 2024", "district"} <= set(outlook["layer"]) and set(outlook["year"]) == {2026, 2031}  # fmt: skip
    # the later vintage of the outlook is that of the change, scaled alike
    assert outlook["children_to"].notna().all() and set(outlook["vintage_to"]) == {"2019-2023"}
    moves, parts = out["public_migration"], out["public_drivers"]
    assert len(moves.query("layer == 'neighborhood' and age_band == '5-17'")) == len(parts.query("layer == 'neighborhood'"))  # fmt: skip
