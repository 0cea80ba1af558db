"""Children by block from the Data API's table P12, in the names of 2010 and 2020."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.sources.decennial import children_by_block
from tests.sources.agency import entry, folder

CHILD_LINES = (3, 4, 5, 6, 27, 28, 29, 30)


def answer(path: Path, pattern: str, *blocks: tuple[str, dict[int, object]]) -> None:
    """Every line of P12 is 100 unless given; a count of children that took another line would show."""
    header = [*(pattern.format(n) for n in range(1, 50)), "state", "county", "tract", "block"]
    rows = [
        [*(given.get(n, "0" if n in CHILD_LINES else "100") for n in range(1, 50)), b[:2], b[2:5], b[5:11], b[11:]]
        for b, given in blocks
    ]
    (path / "p12.json").write_text(json.dumps([header, *rows]))


@pytest.mark.parametrize("pattern", ["P12_{:03d}N", "P012{:03d}"])
def test_boys_and_girls_are_added_for_each_age(tmp_path: Path, pattern: str) -> None:
    answer(
        tmp_path,
        pattern,
        ("060670001001000", {1: "255", **{line: str(2**n) for n, line in enumerate(CHILD_LINES)}}),
        ("060670001001001", {}),
    )
    children = children_by_block(entry("tiger_blocks", "block_shapes", "p12.json"), folder(tmp_path), "p12.json")
    # a line of 2 to the power of its place tells which lines went where
    assert children.loc["060670001001000"].to_dict() == {
        "children_0_4": 1 + 16,
        "children_5_9": 2 + 32,
        "children_10_14": 4 + 64,
        "children_15_17": 8 + 128,
        "children_0_17": 255,
    }
    assert children.loc["060670001001001"].tolist() == [0.0] * 5


def test_codes_that_lost_a_zero_and_negative_numbers_are_refused_together(tmp_path: Path) -> None:
    answer(tmp_path, "P12_{:03d}N", ("060670001001000", {3: "-4"}), ("060670001001001", {5: "many"}))
    text = (tmp_path / "p12.json").read_text()
    (tmp_path / "p12.json").write_text(text.replace('"067", "000100", "1001"', '"67", "000100", "1001"'))
    with pytest.raises(SourceError) as refused:
        children_by_block(entry("tiger_blocks", "block_shapes", "p12.json"), folder(tmp_path), "p12.json")
    assert {fault.code for fault in refused.value.faults} == {"E-ID-LENGTH", "E-NEGATIVE", "E-NOT-NUMBER"}
    assert "row 3 (county='67')" in str(refused.value)


def test_more_children_than_the_table_has_people_are_refused(tmp_path: Path) -> None:
    answer(tmp_path, "P12_{:03d}N", ("060670001001000", {1: "12", 3: "10", 29: "3"}), ("060670001001001", {1: "0"}))
    with pytest.raises(
        SourceError, match=r"E-MORE-THAN-ALL.*once; first: row 2, block 060670001001000: 13 children, P12_001N 12"
    ):
        children_by_block(entry("tiger_blocks", "block_shapes", "p12.json"), folder(tmp_path), "p12.json")


@pytest.mark.parametrize("endless", ["1e400", "9" * 400])
def test_a_number_without_end_is_refused_by_its_line(tmp_path: Path, endless: str) -> None:
    answer(tmp_path, "P12_{:03d}N", ("060670001001000", {28: endless}), ("060670001001001", {}))
    with pytest.raises(SourceError, match=r"E-INFINITE\] P12_028N must be a finite number \(once; first: row 2"):
        children_by_block(entry("tiger_blocks", "block_shapes", "p12.json"), folder(tmp_path), "p12.json")


def test_a_table_without_its_total_is_not_the_table(tmp_path: Path) -> None:
    answer(tmp_path, "P12_{:03d}N", ("060670001001000", {}))
    (tmp_path / "p12.json").write_text((tmp_path / "p12.json").read_text().replace("P12_001N", "NAME"))
    with pytest.raises(SourceError, match=r"E-COLUMNS\] the answer lacks P12_001N"):
        children_by_block(entry("tiger_blocks", "block_shapes", "p12.json"), folder(tmp_path), "p12.json")
