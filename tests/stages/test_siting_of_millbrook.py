"""Stage siting on the demo town: plans that follow from the tables, and enrollment zones with both answers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from pipeline import config
from pipeline.columns import SITING_MODELS
from pipeline.studies import SCRATCH
from tests.conftest import ROOT

Read = Callable[[str], Any]


def test_every_level_is_asked_in_every_way_and_proven(millbrook: Read) -> None:
    plans = millbrook("siting_plans")
    assert set(plans["siting_model"]) == set(SITING_MODELS)
    assert set(plans["level"]) == {"elementary", "middle", "high"}
    assert (plans["optimum_gap_share"] <= 1e-6).all()
    wanting = millbrook("service_gap").groupby("level")["unmet_seats"].sum()
    assert (plans["wanting_seats"] <= plans["level"].map(wanting)).all()
    assert (plans["wanting_seats"] > plans["level"].map(wanting) - 20).all()
    assert (plans["served_seats"] <= plans["wanting_seats"]).all()


def test_more_sites_never_serve_fewer_nor_lengthen_the_way_nor_take_a_seat_served_today(millbrook: Read) -> None:
    plans = millbrook("siting_plans").sort_values("new_sites")
    for (_, model), part in plans[plans["siting_model"] != "fewest"].groupby(["level", "siting_model"]):
        assert (np.diff(part["served_seats"]) >= 0).all()
        if model == "travel":
            assert (np.diff(part["mean_travel_m"]) <= 1e-6).all()
    coverage = millbrook("siting_coverage")
    assert (coverage["served_after_seats"] >= coverage["served_before_seats"]).all()


def test_a_mean_distance_is_of_those_served_and_no_longer_than_the_list_of_trips(millbrook: Read) -> None:
    plans = millbrook("siting_plans").query("siting_model == 'travel_with_room'")
    # most find no seat: with them the mean would be near the longest trip listed, 8 km
    assert plans["mean_travel_m"].max() < 6000 and plans["mean_travel_m"].min() > 0


def test_the_fewest_sites_reach_as_many_as_all_of_them_and_one_fewer_does_not(millbrook: Read) -> None:
    plans = millbrook("siting_plans")
    for level, fewest in plans.query("siting_model == 'fewest'").groupby("level"):
        near = plans[(plans["level"] == level) & (plans["siting_model"] == "coverage")].set_index("new_sites")
        count = fewest["new_sites"].item()
        assert fewest["served_seats"].item() == near["served_seats"].max() == near.loc[count, "served_seats"]
        assert (near.loc[near.index < count, "served_seats"] < fewest["served_seats"].item()).all()


def test_no_site_holds_more_than_its_empty_seats(millbrook: Read) -> None:
    choices = millbrook("siting_choices")
    with_room = choices[choices["siting_model"].isin(["coverage_with_room", "travel_with_room"])]
    room = millbrook("surplus_sites").set_index("site_id")["surplus_seats"]
    assert len(with_room) and (with_room["held_seats"] <= with_room["site_id"].map(room)).all()
    offered = millbrook("surplus_sites").query("surplus_status == 'offered'")["site_id"]
    assert set(choices["site_id"]) <= set(offered)


def test_neighborhoods_add_up_to_the_plan_but_for_the_tens(millbrook: Read) -> None:
    plans = millbrook("siting_plans").query("siting_model == 'coverage_with_room'")
    after = millbrook("siting_coverage").groupby("level")["served_after_seats"].agg(["sum", "size"])
    largest = plans.sort_values("new_sites").drop_duplicates("level", keep="last").set_index("level")["served_seats"]
    for level, line in after.iterrows():
        assert line["sum"] <= largest[level] + 10 and largest[level] <= line["sum"] + 10 * line["size"]


def assert_no_more_missing_than_children(coverage: Any, profile: Any) -> None:
    missing = coverage.groupby("neighborhood_id")["unmet_seats"].sum()
    children = profile.set_index("neighborhood_id")
    most = children["children_0_17"] + children["children_0_17_moe"].fillna(0.0)
    over = missing[missing > most.reindex(missing.index)]
    assert over.empty, over


def test_no_neighborhood_has_more_missing_pupils_than_children(millbrook: Read) -> None:
    profile = millbrook("neighborhood_profile").query("vintage == '2019-2023'")
    assert_no_more_missing_than_children(millbrook("siting_coverage"), profile)


@pytest.mark.parametrize("name", ["sacramento", "santa_rosa", "baltimore", "los_angeles", "new_york"])
def test_no_neighborhood_of_a_real_study_has_more_missing_pupils_than_children(name: str) -> None:
    import pandas as pd

    folder = SCRATCH / name / "data/processed"
    if not (folder / "siting_coverage.parquet").exists():
        pytest.skip(f"the study {name} has not been run here")
    now = config.load(ROOT / f"studies/{name}.yaml").vintages.now
    profile = pd.read_parquet(folder / "neighborhood_profile.parquet")
    own = profile[profile["vintage"] == now]
    assert_no_more_missing_than_children(pd.read_parquet(folder / "siting_coverage.parquet"), own)


def test_two_zones_together_seat_all_where_one_alone_could_not_and_two_full_ones_do_not(millbrook: Read) -> None:
    zones = (
        millbrook("enrollment_zones").groupby("enrollment_zone")[["zone_pupils", "seated_pupils", "short_seats"]].sum()
    )
    west, inner = zones.loc["West elementary zone"], zones.loc["Inner elementary zone"]
    assert west["short_seats"] == 0 and west["seated_pupils"] == west["zone_pupils"]
    assert inner["short_seats"] > 100
    residents = millbrook("service_gap").query("level == 'elementary' and zone_id in ['111', '116']")["resident_pupils"]
    # Mulberry's seats are offered to others too: without them no grade has a seat for everyone
    of_west = millbrook("enrollment_zones").query("enrollment_zone == 'West elementary zone'")
    assert (of_west["firm_short_seats"] > 0).all() and set(of_west["offered_site_ids"]) == {"S116"}
    assert of_west["all_firm_short_seats"].iloc[0] == of_west["firm_short_seats"].sum()
    offered = millbrook("surplus_sites").set_index("site_id").loc["S116", "surplus_seats"]
    assert offered <= of_west["zone_offered_seats"].sum() < offered + 1
    assert west["zone_pupils"] == pytest.approx(residents.sum())


def test_the_proof_adds_up_in_every_grade(millbrook: Read) -> None:
    short = millbrook("enrollment_zones").query("short_seats > 0")
    assert len(short) == 7
    np.testing.assert_array_equal(short["cut_pupils"] - short["cut_seats"], short["short_seats"])
