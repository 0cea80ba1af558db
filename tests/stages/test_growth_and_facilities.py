"""The stages facilities, growth, outlook, utilization, matches and siting: without data, and on Millbrook against its truth."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import config, stages
from pipeline.columns import parted
from pipeline.origins import Raw
from pipeline.tables import BY_TABLE, check, empty

ROOT = Path(__file__).resolve().parents[2]
OURS = ("facilities", "growth", "outlook", "utilization", "rfp", "matches", "siting")
Read = Callable[[str], Any]


@pytest.mark.parametrize("name", OURS)
def test_a_study_without_data_gives_empty_tables_and_says_what_is_missing(name: str) -> None:
    stage = stages.find(name)
    study = config.load(ROOT / "studies/millbrook.yaml").model_copy(update={"raw": Raw()})
    tables = {table: empty(table, study.geography.crs) for table in stage.reads}
    outputs = stage.run(config.only(study, name, stage.sections), tables)
    assert set(outputs) == {*stage.writes, *stage.files}
    for table in stage.writes:
        rows = check(BY_TABLE[table], outputs[table])
        if table.startswith("ledger_"):
            assert (rows["entry"] == "missing_input").any()
        else:
            assert rows.empty


@pytest.mark.parametrize("name", OURS[1:])
def test_stages_of_tables_load_no_shapes(name: str) -> None:
    heavy = "{'geopandas', 'shapely', 'rasterio', 'folium', 'scipy.stats'}"
    script = f"import sys, pipeline.stages.{name}; print(sorted({heavy} & set(sys.modules)))"
    result = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert result.stdout.strip() == "[]"


def test_millbrooks_growing_pockets_are_among_those_planted(millbrook: Read) -> None:
    from pipeline.town import truth

    planted = truth()
    pockets = millbrook("growth_pockets")
    found = {
        kind: {a for ids in pockets.loc[pockets["pocket_kind"] == kind, "area_ids"] for a in parted(ids)}
        for kind in ("growing", "shrinking")
    }
    assert found["growing"]
    assert found["growing"] <= set(planted.growing)
    assert found["shrinking"] <= set(planted.shrinking)


def test_millbrooks_change_holds_the_true_change_as_often_as_a_90_percent_margin_should(millbrook: Read) -> None:
    from pipeline.town import truth

    true = truth().neighborhood_children.assign(
        children=lambda f: f[["children_5_9", "children_10_14", "children_15_17"]].sum(axis=1)
    )
    wide = true.pivot_table(index="neighborhood_id", columns="vintage", values="children")
    real = wide["2019-2023"] - wide["2014-2018"]
    table = millbrook("school_age_change").query("layer == 'neighborhood' and age_band == '5-17'").set_index("area_id")
    inside = (table["children_change"] - real.reindex(table.index)).abs() <= table["children_change_moe"]
    assert len(table) >= 30
    assert inside.mean() >= 0.75


def test_millbrooks_sites_with_room_are_found_and_no_other(millbrook: Read) -> None:
    from pipeline.town import truth

    surplus, sites = millbrook("surplus_sites"), millbrook("site_facts").set_index("site_id")
    offered = set(surplus.loc[surplus["surplus_status"] == "offered", "site_id"])
    leased = set(sites.index[sites["site_status"] == "leased"])
    assert offered == set(truth().surplus_sites) - leased
    assert set(surplus["site_id"]) == set(sites.index)
    assert (surplus["reason"].str.len() > 20).all()


def test_millbrooks_inventory_lists_the_planted_sites_and_gives_every_other_a_reason(millbrook: Read) -> None:
    from pipeline.town import truth

    table = millbrook("rfp_inventory").set_index("site_id")
    leased = set(table.index[table["site_status"] == "leased"])
    assert set(table.index[table["rfp_status"] == "listed"]) == set(truth().surplus_sites) - leased
    assert (table.loc[sorted(leased), "surplus_case"] == "leased").all()
    assert (table["reason"].str.len() > 20).all()
    stays = table[(table["rfp_status"] == "listed") & (table["lease_limit"] != "no_host")]
    assert (stays["longest_lease_years"] >= 5).all()
    assert (stays["surplus_rooms"] <= stays["surplus_rooms_horizon"]).all()


def test_millbrooks_capacity_by_five_definitions_names_rooms_and_sources(millbrook: Read) -> None:
    table = millbrook("capacity_definitions")
    known = table[table["capacity_status"] == "known"]
    assert set(known["capacity_definition"]) == {"given", "state_loading", "functional", "target", "ideal_homeroom"}
    assert len(table) == 5 * len(millbrook("site_facts"))
    by_rooms = known[known["capacity_definition"] != "given"]
    inventoried = millbrook("rooms").groupby("site_id")["rooms"].sum()
    assert (by_rooms["rooms_counted"] <= by_rooms["site_id"].map(inventoried)).all()
    high = table[table["capacity_status"] == "other_grades"]
    assert set(high["capacity_definition"]) == {"ideal_homeroom"}
    assert table["capacity_source"].str.len().gt(20).all()


def test_millbrooks_utilization_is_pupils_over_seats_with_two_schools_of_a_building_summed_once(
    millbrook: Read,
) -> None:
    table, at = millbrook("utilization"), millbrook("school_sites")
    known = table.dropna(subset=["utilization_ratio"])
    np.testing.assert_allclose(known["utilization_ratio"], known["pupils"] / known["capacity_seats"])
    np.testing.assert_allclose(known["surplus_seats"], (known["capacity_seats"] - known["pupils"]).clip(lower=0))
    counts = at["site_id"].value_counts()
    shared = counts.index[counts > 1][0]
    groups = (
        millbrook("enrollment_groups")
        .query("student_group == 'all' and fall_year == 2024")
        .set_index("school_id")["pupils"]
    )
    now = table.query("site_id == @shared and fall_year == 2024 and capacity_definition == 'given'")["pupils"].item()
    assert now == pytest.approx(groups.reindex(at.loc[at["site_id"] == shared, "school_id"]).sum())


def test_millbrooks_matches_fit_and_every_asking_school_has_an_answer(millbrook: Read) -> None:
    matches, surplus = millbrook("colocation_matches"), millbrook("surplus_sites").set_index("site_id")
    matched = matches[matches["match_status"] == "matched"]
    assert len(matched)
    load = matched.groupby("site_id")["needed_rooms"].sum()
    assert (load <= surplus.loc[load.index, "surplus_rooms"]).all()
    assert (matches["solver_gap"] == 0).all()
    assert (surplus.loc[load.index, "surplus_status"] == "offered").all()
    assert (matches["reason"].str.len() > 20).all()
    distance = millbrook("school_site_distance").set_index(["school_id", "site_id"])["distance_m"]
    for row in matched.itertuples():
        assert distance[row.school_id, row.site_id] == pytest.approx(row.travel_m)
    pairs = millbrook("colocation_pairs")
    offered = surplus.index[surplus["surplus_status"] == "offered"]
    assert len(pairs) == len(matches) * len(offered)
    # each rule bars every school of its kind alike, whoever runs it: nothing here reads the sector
    assert set(pairs.loc[pairs["pair_rule"] == "allowed", "total_cost"].between(0, 1)) == {True}


def test_millbrooks_schools_add_up_to_its_district(millbrook: Read) -> None:
    totals = millbrook("outlook_totals")
    sums = totals.pivot_table(index="fall_year", columns="unit_kind", values="pupils_projected", aggfunc="sum")
    # the district also counts pupils of codes that are no place, such as the district office
    assert (sums["school"] <= sums["district"] * (1 + 1e-9)).all()
    assert (sums["school"] >= sums["district"] * 0.99).all()
    assert (totals["pupils_projected_low"] <= totals["pupils_projected"]).all()
    assert len(totals["fall_year"].unique()) == 10
    assert {"school", "zone", "district"} == set(totals["unit_kind"])


def test_millbrooks_unmet_seats_go_where_a_zones_children_live(millbrook: Read) -> None:
    weights = millbrook("crosswalk").query("target_layer == 'neighborhood'")
    zones = weights[weights["source_layer"].str.startswith("zone ")]
    gap = millbrook("service_gap")
    assert {f"zone {level} 2024" for level in gap["level"]} <= set(zones["source_layer"])
    assert (zones.groupby(["source_layer", "source_id"])["weight"].sum() <= 1 + 1e-9).all()
    ledger = millbrook("ledger_siting")
    assert not ledger["reason"].str.contains("for want of a crosswalk").any()
    options = millbrook("siting_options").sort_values("option_rank")
    assert options["covered_seats"].is_monotonic_decreasing
    assert pd.Index(options["site_id"]).is_unique
