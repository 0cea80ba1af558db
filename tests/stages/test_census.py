"""Stage census, on Millbrook and on nothing."""

from __future__ import annotations

from typing import Any

from tests.stages import bare


def test_millbrooks_areas_have_counts_in_both_vintages(millbrook: Any) -> None:
    areas = millbrook("census_areas")
    rows = areas.groupby(["area_level", "vintage"])["children_0_17"].agg(["size", "count"])
    for level in ("block_group", "tract"):
        for vintage in ("2014-2018", "2019-2023"):
            size, count = rows.loc[(level, vintage)]
            assert size == count > 0


def test_tracts_and_block_groups_of_a_vintage_count_the_same_children(millbrook: Any) -> None:
    areas = millbrook("census_areas").query("vintage == '2019-2023'")
    sums = areas.groupby("area_level")["children_0_17"].sum()
    assert sums["block_group"] == sums["tract"]


def test_what_only_tracts_publish_is_missing_and_not_zero_for_block_groups(millbrook: Any) -> None:
    areas = millbrook("census_areas").query("vintage == '2019-2023'").set_index("area_level")
    assert areas.loc["block_group", "people_with_disability"].isna().all()
    assert areas.loc["tract", "people_with_disability"].notna().all()


def test_every_shape_is_matched_or_a_line_of_the_ledger(millbrook: Any) -> None:
    ledger = millbrook("ledger_census")
    matches = ledger[ledger["subject_name"].str.fullmatch(r"shapes of .* with counts")]
    assert matches["total"].sum() == len(millbrook("census_areas"))


def test_block_groups_added_up_from_blocks_hold_the_blocks_people(millbrook: Any) -> None:
    decennial = millbrook("census_areas").query("vintage == '2020'")
    assert decennial["population"].sum() == millbrook("census_blocks")["population"].sum()
    assert decennial["population_moe"].isna().all()


def test_a_study_without_a_census_still_runs() -> None:
    tables = bare.run("census")
    assert all(frame.empty for name, frame in tables.items() if name != "ledger_census")
    assert bare.missing(tables["ledger_census"]) == ["census areas"]
