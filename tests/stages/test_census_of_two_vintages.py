"""Millbrook without the shapes of 2018: its children of 2014-2018 on the block groups of 2020, against the truth."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline import config, stages
from pipeline.errors import FaultyInput
from pipeline.origins import SourceEntry
from pipeline.town import truth
from tests.stages import bare

BANDS = ["children_0_4", "children_5_9", "children_10_14", "children_15_17"]


def census_without(*ids: str, **vintages: str) -> dict[str, Any]:
    """Run the stage on Millbrook's files, without some of its sources or with another vintage said of them."""
    study = config.load(bare.ROOT / "studies/millbrook.yaml")

    def said(entry: SourceEntry) -> SourceEntry:
        return entry.model_copy(update={"vintage": vintages[entry.id]}) if entry.id in vintages else entry

    entries = tuple(said(entry) for entry in study.raw.census if entry.id not in {*ids, "worldpop_2020"})
    study = study.model_copy(update={"raw": study.raw.model_copy(update={"census": entries})})
    declared = stages.find("census")
    return declared.run(config.only(study, "census", declared.sections), {})


@pytest.fixture(scope="module")
def without_shapes() -> dict[str, Any]:
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(bare.ROOT)
        return census_without("block_groups_2018", "tracts_2018")


def test_T19_no_child_of_2014_to_2018_is_lost_on_the_block_groups_of_2020(without_shapes: Any, millbrook: Any) -> None:
    own = millbrook("area_facts").query("area_level == 'block_group' and vintage == '2014-2018'")
    facts = without_shapes["area_facts"].query("area_level == 'block_group'")
    found, later = facts.query("vintage == '2014-2018'"), facts.query("vintage == '2019-2023'")
    assert sorted(found["area_geoid"]) == sorted(later["area_geoid"])
    children = own["children_0_17"].sum()
    assert found["children_0_17"].sum() == pytest.approx(children, abs=1e-6)
    # joined by id, eight children in a hundred are in neither, and a town that grows seems to shrink
    joined = own.merge(later, on="area_geoid", suffixes=("", "_later"), validate="1:1")
    assert joined["children_0_17"].sum() < 0.93 * children
    by_id = joined["children_0_17_later"].sum() / joined["children_0_17"].sum() - 1
    assert by_id < -0.05 and later["children_0_17"].sum() / found["children_0_17"].sum() - 1 > 0.015
    ledger = without_shapes["ledger_census"].set_index("subject_name")
    balance = ledger.loc["block_group 2014-2018 to the areas of 2020"]
    assert balance["inside"] == pytest.approx(children, abs=1e-6) and balance["outside"] == 0
    assert "3 relationship_by_blocks" in ledger.loc["shapes of block_group 2014-2018", "reason"]


def test_the_carried_children_are_where_they_truly_were(without_shapes: Any) -> None:
    """Three block groups were divided. Their halves are weighted by the children of the blocks of 2020.

    069990005001: |  .27 of the land  |           .73          |, and half of the children in each
    """
    blocks = truth().children_by_block.query("vintage == '2014-2018'")
    true = blocks[BANDS].sum(axis=1).groupby(blocks["block_geoid"].str[:12]).sum()
    areas = without_shapes["area_facts"].query("area_level == 'block_group' and vintage == '2014-2018'")
    areas = areas.set_index("area_geoid")
    within = (areas["children_0_17"] - true.reindex(areas.index)).abs() <= areas["children_0_17_moe"]
    crosswalk = without_shapes["vintage_crosswalk"].query("source_layer == 'block_group 2010'")
    halves = crosswalk[crosswalk["method"] == "relationship_by_blocks"]
    assert len(halves) == 6 and len(areas) == 61
    # the margins are the survey's own: nine in ten hold the truth
    assert within.drop(halves["target_id"]).mean() >= 0.9
    share = halves["target_id"].map(true)
    share /= share.groupby(halves["source_id"]).transform("sum")
    land = areas.loc[halves["target_id"], "land_m2"].set_axis(halves.index)
    land /= land.groupby(halves["source_id"]).transform("sum")
    wrong_by_blocks, wrong_by_land = ((guess - share).abs() for guess in (halves["weight"], land))
    assert wrong_by_blocks.max() < 0.06 and wrong_by_blocks.sum() < 0.2 * wrong_by_land.sum()


def test_relations_serve_where_shapes_are_there_and_change_no_number(millbrook: Any) -> None:
    crosswalk = millbrook("vintage_crosswalk")
    assert set(crosswalk["source_layer"]) == {"block_group 2010", "tract 2010"}
    own = millbrook("area_facts").query("area_level == 'tract' and vintage == '2014-2018'")
    moved = crosswalk.query("source_layer == 'tract 2010'")
    assert sorted(own["area_geoid"]) == sorted(moved["source_id"].unique())
    lines = millbrook("ledger_census")["subject_name"]
    assert not lines.str.contains("to the areas of 2020").any()
    assert lines.str.fullmatch("shapes of tract 2014-2018 in the relationship file of 2010").sum() == 1


MIXED: dict[str, tuple[Callable[[], Any], str]] = {
    "areas of 2020 for figures of 2018": (
        lambda: census_without("block_groups_2018", block_groups_2023="2014-2018"),
        r"E-GEOGRAPHY\] the areas are those of the census of 2020, but figures of 2014-2018 are published on those of 2010 .*tl_2023_06_bg.shp.*relationship file",
    ),
    "figures of 2018 for those of 2023": (
        lambda: census_without("acs_2023", "block_group_relations", "tract_relations", acs_2018="2019-2023"),
        r"E-GEOGRAPHY\] shapes and counts of block_group 2019-2023 are of two censuses",
    ),
    "figures of 2018 for those of 2023, with the file": (
        lambda: census_without("acs_2023", acs_2018="2019-2023"),
        r"E-GEOGRAPHY\] only \d+ of 58 counts of block_group 2019-2023 are areas of 2020 by the relationship file",
    ),
}


@pytest.mark.parametrize("case", MIXED)
def test_areas_of_one_census_under_counts_of_the_other_are_refused(case: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bare.ROOT)
    run, says = MIXED[case]
    with pytest.raises(FaultyInput, match=f"(?s){says}"):
        run()


def test_a_relationship_file_of_another_county_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shutil.copytree(bare.ROOT / "data/raw/millbrook", tmp_path / "data/raw/millbrook")
    for name in ("blkgrp20_blkgrp10", "tract20_tract10"):
        path = tmp_path / f"data/raw/millbrook/census/tab20_{name}_st06.txt"
        path.write_text(path.read_text(encoding="utf-8-sig").replace("|06999", "|06998"))
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FaultyInput, match=r"E-ELSEWHERE.*block groups of 2010 and 2020 has no county in common"):
        census_without("block_groups_2018", "tracts_2018")


def test_counts_without_shapes_or_a_file_are_a_loss(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(bare.ROOT)
    tables = census_without("block_groups_2018", "tracts_2018", "block_group_relations", "tract_relations")
    lines: pd.DataFrame = tables["ledger_census"].set_index("subject_name")
    line = lines.loc["counts of tract 2014-2018"]
    assert line["entry"] == "loss" and "no relationship file to areas that are drawn" in line["reason"]
    assert set(tables["area_facts"]["vintage"]) == {"2019-2023", "2020"}
