"""The demo town's files, read by the same readers as a real district's, agree with each other."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline import config
from pipeline.ledger import Ledger
from pipeline.sources import Folder
from pipeline.sources.registry import gather
from pipeline.sources.states.cde_layout import NO_PLACE
from tests.conftest import ROOT


@pytest.fixture(scope="module")
def study() -> config.Study:
    return config.load(ROOT / "studies/millbrook.yaml")


def read(study: config.Study, room: str, feeds: str) -> tuple[pd.DataFrame, pd.DataFrame]:
    folder = Folder(Path(ROOT / "data/raw/millbrook") / room, study.geography.crs, study.geography.box, Ledger())
    return gather(getattr(study.raw, room), feeds, folder), folder.ledger.frame()


def test_block_groups_add_up_to_tracts_and_every_count_has_its_shape(study: config.Study) -> None:
    counts, _ = read(study, "census", "area_counts")
    shapes, _ = read(study, "census", "area_shapes")
    key = ["area_level", "vintage", "area_geoid"]
    assert set(map(tuple, counts[key].to_numpy())) == set(map(tuple, shapes[key].to_numpy()))
    for _, areas in counts.groupby("vintage"):
        sums = areas.groupby("area_level")[["population", "children_0_17", "occupied_homes"]].sum()
        assert (sums.loc["block_group"] == sums.loc["tract"]).all()
    bands = counts[["children_0_4", "children_5_9", "children_10_14", "children_15_17"]].sum(axis=1)
    assert (bands == counts["children_0_17"]).all()


def test_every_child_of_the_block_file_has_a_block(study: config.Study) -> None:
    blocks, ledger = read(study, "census", "block_shapes")
    balance = ledger[ledger["entry"] == "balance"].iloc[0]
    assert balance["unlocated"] == 0 and balance["inside"] == blocks["children_0_17"].sum() > 10_000
    assert (blocks["children_0_17"] <= blocks["population"]).all()


def test_rosters_agree_with_the_districts_own_rows_and_the_directory(study: config.Study) -> None:
    grades, ledger = read(study, "schools", "grade_counts")
    matches = ledger[(ledger["entry"] == "match") & ledger["subject_name"].str.startswith("pupils of district")]
    assert len(matches) == 2 and (matches["total"] == matches["inside"]).all()
    falls = sorted(grades["fall_year"].unique())
    assert len(falls) == 8 and falls == list(range(falls[0], falls[0] + 8))
    groups, _ = read(study, "schools", "group_counts")
    public = groups[groups["student_group"] == "all"].groupby("fall_year")["pupils"].sum()
    directory, _ = read(study, "schools", "directory")
    # the district office and the nonpublic schools are codes with pupils, and no place
    strangers = set(grades["school_id"]) - set(directory.loc[directory["is_place"], "school_id"])
    assert {code[7:] for code in strangers} <= set(NO_PLACE)
    private = directory[directory["sector"] == "private"]["school_id"]
    assert (
        groups[(groups["student_group"] == "all") & ~groups["school_id"].isin(private)]
        .groupby("fall_year")["pupils"]
        .sum()
        == grades.groupby("fall_year")["pupils"].sum()
    ).all()
    assert len(private) >= 3 and len(public) == 8
    results, _ = read(study, "schools", "results")
    assert set(results["school_id"]) <= set(directory["school_id"]) and results["fall_year"].nunique() == 3
    by_grade, _ = read(study, "schools", "grade_results")
    assert set(by_grade["grade"]) == {"03", "04", "05", "06", "07", "08", "11"}
    key = ["school_id", "fall_year", "subject"]
    shown = by_grade[
        by_grade.groupby(key)["pupils_meeting"].transform("count") == by_grade.groupby(key)["grade"].transform("size")
    ]
    sums = shown.groupby(key)[["pupils_tested", "pupils_meeting"]].sum()
    whole = results.set_index(key).loc[sums.index, ["pupils_tested", "pupils_meeting"]]
    assert len(sums) > 150 and (sums == whole).all(axis=None)
