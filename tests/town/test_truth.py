"""The pipeline is held to the truth: it sees only the files, the town knows what is so."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import config
from pipeline.columns import parted
from pipeline.town import hosts, truth
from pipeline.town.facts import Truth

ROOT = Path(__file__).resolve().parents[2]
Read = Callable[[str], Any]
Z90 = 1.645


@pytest.fixture(scope="module")
def known() -> Truth:
    return truth()


def scores(estimated: pd.DataFrame, true: pd.DataFrame, on: list[str], count: str) -> pd.Series:
    """Errors in standard errors, where there is an estimate with a margin."""
    both = estimated.merge(true[[*on, count]], on=on, suffixes=("", "_true"), validate="one_to_one")
    both = both[both[count].notna() & (both[f"{count}_moe"] > 0)]
    assert len(both) > 20
    return (both[count] - both[f"{count}_true"]) / (both[f"{count}_moe"] / Z90)


@pytest.mark.parametrize(
    "count",
    [
        "population",
        "children_5_9",
        "children_in_poverty",
        "limited_english_households",
        "adults_without_diploma",
        "renter_homes",
        "single_parent_families",
    ],
)
def test_census_tables_read_the_truth_within_their_margins(millbrook: Read, known: Truth, count: str) -> None:
    z = scores(millbrook("census_areas"), known.area_counts, ["area_level", "vintage", "area_geoid"], count)
    assert (z.abs() < Z90).mean() > 0.80
    assert abs(z.mean()) < 0.35


def test_zone_profiles_find_the_children_of_each_zone(millbrook: Read, known: Truth) -> None:
    on = ["level", "fall_year", "zone_id", "vintage"]
    for count in ("population", "children_5_9", "children_10_14"):
        z = scores(millbrook("zone_profile"), known.zone_children, on, count)
        assert (z.abs() < Z90).mean() > 0.80, count
        both = millbrook("zone_profile").merge(
            known.zone_children, on=on, suffixes=("", "_true"), validate="one_to_one"
        )
        assert both[count].sum() == pytest.approx(both[f"{count}_true"].sum(), rel=0.03)


def test_block_weights_beat_area_weights(millbrook: Read, known: Truth) -> None:
    """Children by block put fewer children into the wrong zone than land area would."""
    areas = millbrook("census_areas").query("area_level == 'block_group' and vintage == '2019-2023'")
    zones = millbrook("zones").query("level == 'elementary' and fall_year == 2024")[["zone_id", "geometry"]]
    pieces = areas[["area_geoid", "children_5_9", "geometry"]].overlay(zones, how="intersection")
    share = pieces.area / pieces["area_geoid"].map(areas.set_index("area_geoid").area)
    by_area = (pieces["children_5_9"] * share).groupby(pieces["zone_id"]).sum()
    profile = millbrook("zone_profile").query("level == 'elementary' and fall_year == 2024 and vintage == '2019-2023'")
    by_block = profile.set_index("zone_id")["children_5_9"]
    true = known.zone_children.query(
        "level == 'elementary' and fall_year == 2024 and vintage == '2019-2023'"
    ).set_index("zone_id")["children_5_9"]
    assert (by_block - true).abs().sum() < 0.85 * (by_area - true).abs().sum()


def test_the_neediest_neighborhoods_are_found(millbrook: Read, known: Truth) -> None:
    need = millbrook("need").set_index("neighborhood_id")
    assert len(known.neediest) >= 5
    assert set(known.neediest) <= set(need.index[need["need_rank"] <= len(known.neediest) + 2])
    assert need["need_index"].corr(known.deprivation.reindex(need.index), method="spearman") > 0.85
    inside = (
        known.deprivation.rank(ascending=False)
        .reindex(need.index)
        .between(need["need_rank_low"] - 4, need["need_rank_high"] + 4)
    )
    assert inside.mean() > 0.8


def test_growth_pockets_lie_where_children_really_grow(millbrook: Read, known: Truth) -> None:
    pockets = millbrook("growth_pockets").query("age_band == '5-17'")
    growing = {a for ids in pockets.loc[pockets["pocket_kind"] == "growing", "area_ids"] for a in parted(ids)}
    shrinking = {a for ids in pockets.loc[pockets["pocket_kind"] == "shrinking", "area_ids"] for a in parted(ids)}
    assert growing
    assert growing <= set(known.growing)
    assert len(growing) >= len(known.growing) / 2
    assert not shrinking & set(known.growing)


def test_the_planted_sites_and_no_others_are_offered(millbrook: Read, known: Truth) -> None:
    surplus = millbrook("surplus_sites").set_index("site_id")["surplus_status"]
    assert set(surplus.index[surplus == "offered"]) == set(known.surplus_sites)


def test_the_planted_best_matching_is_found_exactly(millbrook: Read, known: Truth) -> None:
    """The town tries every way with its true pupils, rooms and homes; the study sees files, careful rooms and weights."""
    matches = millbrook("colocation_matches")
    found = matches[matches["match_status"] == "matched"].set_index("school_id")["site_id"]
    assert len(known.best_hosts) >= 3
    assert found.to_dict() == known.best_hosts
    study = config.load(ROOT / "studies/millbrook.yaml").matches
    assert (study.weights.model_dump(), study.seat_value, study.travel_m) == (
        hosts.WEIGHTS,
        hosts.SEAT_VALUE,
        hosts.FARTHEST_M,
    )


def test_school_quality_follows_the_true_share(millbrook: Read, known: Truth) -> None:
    true = known.quality.query("year == 2024").groupby("school_id")["meeting_share"].mean()
    rated = millbrook("school_quality").dropna(subset=["status_share"]).set_index("school_id")
    assert len(rated) > 30
    assert rated["status_share"].corr(true.reindex(rated.index)) > 0.95
    strong = set(rated.index[rated["quality_class"] == "strong"])
    weak = set(rated.index[rated["quality_class"] == "weak"])
    assert true.reindex(sorted(strong)).min() > true.reindex(sorted(weak)).max()


def test_the_raster_sums_to_about_the_people(millbrook: Read, known: Truth) -> None:
    raster = (
        millbrook("raster_counts")
        .query("layer == 'neighborhood' and measure == 'population'")
        .set_index("area_id")["raster_count"]
    )
    people = known.neighborhood_children.query("vintage == '2019-2023'").set_index("neighborhood_id")["population"]
    assert raster.sum() == pytest.approx(people.sum(), rel=0.05)
    assert np.corrcoef(raster.reindex(people.index), people)[0, 1] > 0.9
