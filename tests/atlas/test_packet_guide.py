"""docs/packet.md says which files there are and from which tables a page comes."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.analysis import publication_nearby
from pipeline.atlas import committee, committee_parts
from pipeline.atlas.committee_pdf import SIZES
from pipeline.atlas.take import FILES
from pipeline.columns import NEAR_M
from tests.atlas.published import ABOUT, town

GUIDE = (Path(__file__).resolve().parents[2] / "docs/packet.md").read_text(encoding="utf-8")


def test_the_files_of_the_guide_are_those_of_the_stage() -> None:
    assert re.findall(r"^\| `(maps/\S+)`", GUIDE, re.M) == list(FILES)


def test_the_guide_names_every_part_of_a_page_and_the_tables_it_comes_from() -> None:
    tables = town()
    leaf = committee.packet(tables, ABOUT).leaves[1]
    release = f" {tables['public_changes']['release_id'].iloc[0]}"
    heads = [
        *(figure.head.partition(",")[0].partition(":")[0] for figure in leaf.figures),
        leaf.why.head.partition(":")[0] if leaf.why else "",
        *(grid.head for grid in leaf.grids),
        *(lines.head.removesuffix(release) for lines in leaf.lines),
    ]
    listed = re.findall(r"^\| ([A-Z][^|`]+) \| (`public_[^|]+) \|", GUIDE, re.M)
    assert [head for head, _ in listed] == heads
    named = set(re.findall(r"public_\w+", " ".join(tables for _, tables in listed)))
    assert named == set(committee.TABLES) - {"public_lines", "public_missing"}


def test_the_numbers_of_the_guide_are_those_of_the_code() -> None:
    assert f"within {NEAR_M / 1000:.0f} km" in GUIDE and f"letters of {SIZES[-1]:.0f} points" in GUIDE
    assert (committee_parts.ZONES_OF_A_LEVEL, publication_nearby.QUALITY_SCHOOLS) == (2, 2)
    assert (publication_nearby.ROOMS, committee_parts.INDICATORS, publication_nearby.SMALLEST_PART) == (3, 6, 0.1)
