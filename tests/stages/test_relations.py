"""Stage relations: what is carried, and what stays outside."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from tests.stages import bare


def test_weights_of_a_source_add_to_at_most_1(millbrook: Any) -> None:
    crosswalk = millbrook("crosswalk")
    sums = crosswalk.groupby(["source_layer", "source_id", "target_layer", "carrier"])["weight"].sum()
    assert sums.max() <= 1 + 1e-9


def test_children_by_block_decide_and_the_park_falls_back_to_area(millbrook: Any) -> None:
    methods = millbrook("crosswalk").groupby("source_layer")["method"].agg(set)
    assert {"children_by_block", "inside"} <= methods["block_group 2019-2023"]


def test_every_balance_of_the_ledger_adds_up(millbrook: Any) -> None:
    ledger = millbrook("ledger_relations")
    subjects = ledger.query("entry == 'balance'")["subject_name"].tolist()
    assert "block_group 2019-2023 to zone high 2024" in subjects
    bare.balanced(ledger, subjects)


def test_the_raster_and_the_blocks_count_the_same_town(millbrook: Any) -> None:
    raster = millbrook("raster_counts").query("layer == 'district' and measure == 'population'")["raster_count"].sum()
    assert raster == pytest.approx(millbrook("census_blocks")["population"].sum(), rel=0.02)


def test_each_school_is_in_one_zone_of_each_level_or_says_why_not(millbrook: Any) -> None:
    members = millbrook("membership")
    placed = members["match"].isin(["assigned", "inside", "on_border"])
    assert (members["zone_id"].notna() == placed).all()
    schools = millbrook("schools").set_index("school_id")["location_status"]
    absent = members["school_id"].map(schools) != "located"
    assert (members.loc[absent, "match"].isin(["not_located", "assigned"])).all()


def test_no_trip_is_longer_than_the_study_allows(millbrook: Any) -> None:
    reach = millbrook("reach")
    assert reach["distance_m"].max() <= 8000
    assert np.allclose(reach["minutes"], reach["distance_m"] / 400)


def test_neighbors_are_mutual(millbrook: Any) -> None:
    adjacency = millbrook("adjacency")
    pairs = set(zip(adjacency["layer"], adjacency["area_id"], adjacency["neighbor_id"], strict=True))
    assert pairs and pairs == {(layer, b, a) for layer, a, b in pairs}


def test_a_study_with_nothing_still_writes_every_relation() -> None:
    tables = bare.run("relations")
    assert all(frame.empty for name, frame in tables.items() if name != "ledger_relations")
