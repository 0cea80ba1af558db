"""Stage seats on the demo town: the answers counted otherwise agree with the answer where they must."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import config
from pipeline.analysis.quality_enrollment import PARTS
from pipeline.columns import ACCESS_METHODS
from tests.stages.test_school_stages import run

ROOT = Path(__file__).resolve().parents[2]
Read = Callable[[str], Any]
KEY = ["level", "zone_id"]


def test_the_studys_variant_is_the_service_gap(millbrook: Read) -> None:
    gap, variants = millbrook("service_gap").set_index(KEY), millbrook("service_gap_variants")
    own = variants[variants["variant"].eq("study")].set_index(KEY)
    columns = ["resident_pupils", "quality_seats", "service_gap_seats", "unmet_seats", "service_gap_rank", "method"]
    pd.testing.assert_frame_equal(own[columns].sort_index(), gap[columns].sort_index())


def test_every_zone_is_counted_in_five_ways_and_seats_are_only_moved(millbrook: Read) -> None:
    variants = millbrook("service_gap_variants")
    assert variants.groupby(KEY).size().eq(5).all()
    seats = variants.pivot_table(index="level", columns="variant", values="quality_seats", aggfunc="sum")
    citywide = millbrook("service_gap").groupby("level")["citywide_seats"].sum()
    np.testing.assert_allclose(seats["contained"], seats["study"])
    np.testing.assert_allclose(seats["by_access"], seats["study"])  # every quality school is reached by some child
    np.testing.assert_allclose(seats["study"] - seats["citywide_out"], citywide)
    assert citywide.sum() > 100
    ahead = variants[variants["variant"].eq("in_five_years")].set_index(KEY)
    outlook = millbrook("outlook_totals").query("unit_kind == 'zone' and fall_year == 2029").set_index("unit_id")
    expected = outlook["pupils_projected"].reindex(ahead.index.map(" ".join)).to_numpy()
    np.testing.assert_allclose(ahead["resident_pupils"], expected)


def test_the_sweep_agrees_with_the_gap_at_the_studys_cut_and_seats_never_rise_with_it(millbrook: Read) -> None:
    sweep, gap = millbrook("cut_sweep"), millbrook("service_gap")
    own = sweep[sweep["cut_change"].eq(0)].set_index("level")
    sums = gap.groupby("level")[["quality_seats", "unmet_seats"]].sum()
    pd.testing.assert_frame_equal(own[["quality_seats", "unmet_seats"]], sums, check_exact=True)
    assert own["rank_shift"].eq(0).all()
    for _, rows in sweep.groupby("level"):
        assert rows["cut_share"].is_monotonic_increasing
        assert rows["quality_seats"].is_monotonic_decreasing and rows["quality_schools"].is_monotonic_decreasing
        assert rows["unmet_seats"].is_monotonic_increasing
        assert rows["quality_seats"].iloc[0] > rows["quality_seats"].iloc[-1]


def test_the_change_in_quality_seats_is_the_difference_of_the_years_and_the_sum_of_its_parts(millbrook: Read) -> None:
    table, change = millbrook("quality_enrollment"), millbrook("quality_change")
    unit = ["run_by", "student_group", "layer", "area_id"]
    assert np.allclose(change[PARTS].sum(axis=1), change["pupils_change"], rtol=0, atol=1e-9)
    assert set(map(tuple, change[["fall_from", "fall_to"]].drop_duplicates().to_numpy())) == {
        (2021, 2022),
        (2022, 2023),
        (2021, 2023),
    }
    pupils = table.set_index(["fall_year", *unit])["quality_pupils"]
    whole = change[change["layer"].eq("district") & change["student_group"].eq("all")]
    assert set(whole["run_by"]) == {"all", "district", "charter"}
    for row in whole.itertuples():
        ends = [
            pupils[(fall, row.run_by, row.student_group, row.layer, row.area_id)]
            for fall in (row.fall_from, row.fall_to)
        ]
        assert row.pupils_change == pytest.approx(ends[1] - ends[0])


def test_operators_and_neighborhoods_add_up_to_the_district(millbrook: Read) -> None:
    table = millbrook("quality_enrollment")
    whole = table[table["student_group"].eq("all") & table["layer"].eq("district")]
    for name in ("pupils", "quality_pupils"):
        wide = whole.pivot_table(index="fall_year", columns="run_by", values=name)
        np.testing.assert_allclose(wide["district"] + wide["charter"], wide["all"])
    lies = table[table["layer"].eq("neighborhood") & table["run_by"].eq("all") & table["student_group"].eq("all")]
    seats = lies.groupby("fall_year")["quality_pupils"].sum()
    every = whole[whole["run_by"].eq("all")].set_index("fall_year")["quality_pupils"]
    np.testing.assert_allclose(seats, every)
    zones = table[table["layer"].str.startswith("zone ") & table["run_by"].eq("all")]
    assert set(zones["fall_year"]) == {2024}
    assert zones["quality_pupils"].sum() <= every[2024]


def test_access_is_of_blocks_by_three_methods_and_that_of_the_study_is_the_one_used(millbrook: Read) -> None:
    methods, access = millbrook("access_methods"), millbrook("seat_access")
    assert methods.groupby(["neighborhood_id", "level"])["access_method"].agg(set).eq(set(ACCESS_METHODS)).all()
    own = methods[methods["access_method"].eq("2sfca")].drop(columns="access_method").reset_index(drop=True)
    pd.testing.assert_frame_equal(own, access)
    places = millbrook("block_places")
    assert places["place_kind"].eq("block").all() and len(places) > 20 * len(access["neighborhood_id"].unique())
    blocks = millbrook("census_blocks")
    assert places["population"].sum() == pytest.approx(blocks["population"].sum(), rel=0.02)
    assert set(millbrook("school_places")["school_id"]) <= set(millbrook("school_facts")["school_id"])


def test_poor_children_have_less_access_than_the_district(millbrook: Read) -> None:
    groups = millbrook("access_groups").set_index(["level", "measure"])
    assert groups.loc[("elementary", "children"), "mean_relative_access_ratio"] == pytest.approx(1)
    poor, every = groups.loc[("elementary", "children_in_poverty")], groups.loc[("elementary", "children")]
    assert poor["poor_share"] > every["poor_share"] > 0 and poor["mean_relative_access_ratio"] < 1


@pytest.mark.parametrize("method", ACCESS_METHODS)
def test_the_method_of_the_study_decides_which_access_is_mapped(millbrook: Read, method: str) -> None:
    settings = config.load(ROOT / "studies/millbrook.yaml")
    chosen = settings.model_copy(update={"seats": settings.seats.model_copy(update={"access_method": method})})
    from pipeline import stages

    tables = {name: millbrook(name) for name in stages.find("seats").reads}
    outputs = run("seats", tables, chosen)
    rows = outputs["access_methods"]
    own = rows[rows["access_method"].eq(method)].drop(columns="access_method").reset_index(drop=True)
    pd.testing.assert_frame_equal(outputs["seat_access"], own)


def test_travel_times_that_equal_distances_give_the_same_access(millbrook: Read) -> None:
    """Minutes at a constant speed over the same roads: only the unit differs."""
    from pipeline import stages

    settings = config.load(ROOT / "studies/millbrook.yaml")
    reach = {
        f"{level}_reach_minutes": getattr(settings.seats, f"{level}_reach_m") / 400
        for level in ("elementary", "middle", "high")
    }
    timed = settings.model_copy(update={"seats": settings.seats.model_copy(update={"travel_mode": "car", **reach})})
    tables = {name: millbrook(name) for name in stages.find("seats").reads}
    homes, schools = tables["block_places"], tables["school_places"]
    metres = np.hypot(*(homes[axis].to_numpy()[:, None] - schools[axis].to_numpy() for axis in ("east_m", "north_m")))
    origin, end = np.nonzero(metres >= 0)
    minutes = pd.DataFrame(
        {
            "travel_mode": "car",
            "origin_id": homes["place_id"].to_numpy()[origin],
            "destination_id": schools["school_id"].to_numpy()[end],
            "minutes": metres.ravel() * settings.geography.detour_factor / 400,
        }
    )
    by_road, by_time = run("seats", tables, settings), run("seats", {**tables, "travel_minutes": minutes}, timed)
    pd.testing.assert_frame_equal(by_road["access_methods"], by_time["access_methods"])
    notes = by_time["ledger_seats"]
    assert notes["reason"].str.contains("by supplied travel times").any()
