"""Relationship files in the Bureau's layouts: what is read, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import ConfigError, SourceError
from pipeline.sources.registry import find
from pipeline.sources.relationship import read_block_relationship, read_relationship, read_relationship_2000
from tests.sources.agency import entry, folder, held, write

TRACTS = [
    "OID_TRACT_20",
    "GEOID_TRACT_20",
    "NAMELSAD_TRACT_20",
    "AREALAND_TRACT_20",
    "AREAWATER_TRACT_20",
    "MTFCC_TRACT_20",
    "FUNCSTAT_TRACT_20",
    "OID_TRACT_10",
    "GEOID_TRACT_10",
    "NAMELSAD_TRACT_10",
    "AREALAND_TRACT_10",
    "AREAWATER_TRACT_10",
    "MTFCC_TRACT_10",
    "FUNCSTAT_TRACT_10",
    "AREALAND_PART",
    "AREAWATER_PART",
]
BLOCKS = [
    "STATE_2010",
    "COUNTY_2010",
    "TRACT_2010",
    "BLK_2010",
    "BLKSF_2010",
    "AREALAND_2010",
    "AREAWATER_2010",
    "BLOCK_PART_FLAG_O",
    "STATE_2020",
    "COUNTY_2020",
    "TRACT_2020",
    "BLK_2020",
    "BLKSF_2020",
    "AREALAND_2020",
    "AREAWATER_2020",
    "BLOCK_PART_FLAG_R",
    "AREALAND_INT",
    "AREAWATER_INT",
]
# a row of the nation's file: a tract of Alabama, nearly all of which kept its ground
ALABAMA = "01,001,020100,01001020100,1913,753,P,9846943,9810183,01,001,020100,01001020100,1912,752,P,9846256,9809944,9845776,9809944,99.99,100.00,100.00,100.00,1912,99.95,100.00,752,99.87,100.00"


def part(now: str, then: str, land: object, water: object = 0) -> list[object]:
    """One row of the tract file."""
    return ["1", now, "Tract", 100, 0, "G5020", "S", "2", then, "Tract", 100, 0, "G5020", "S", land, water]


def tracts(path: Path, *rows: list[object], encoding: str = "utf-8-sig", **options: Any) -> Any:
    write(path / "tab20.txt", TRACTS, rows, "|", encoding)
    source = entry("census_relationship", "area_relations", "tab20.txt", options={"area_level": "tract", **options})
    room = folder(path)
    return held("area_relations", read_relationship(source, room)), room.ledger.frame()


def test_parts_are_read_with_leading_zeros_and_past_a_byte_order_mark(tmp_path: Path) -> None:
    found, _ = tracts(tmp_path, part("06067000101", "06067000100", 40, 2), part("06067000102", "06067000100", 60))
    assert found["area_geoid_from"].tolist() == ["06067000100"] * 2
    assert found[["area_geoid_to", "land_m2", "water_m2"]].to_numpy().tolist() == [
        ["06067000101", 40.0, 2.0],
        ["06067000102", 60.0, 0.0],
    ]
    assert found[["area_level", "geography_from", "geography_to"]].drop_duplicates().to_numpy().tolist() == [
        ["tract", "2010", "2020"]
    ]


def test_block_groups_have_twelve_digits_and_columns_of_their_own(tmp_path: Path) -> None:
    header = [name.replace("TRACT", "BLKGRP") for name in TRACTS]
    write(tmp_path / "tab20.txt", header, [part("060670001011", "060670001001", 5)], "|")
    source = entry("census_relationship", "area_relations", "tab20.txt", options={"area_level": "block_group"})
    found = held("area_relations", read_relationship(source, folder(tmp_path)))
    assert found[["area_level", "area_geoid_to"]].to_numpy().tolist() == [["block_group", "060670001011"]]


def test_counties_are_kept_with_all_parts_of_the_areas_that_reach_beyond(tmp_path: Path) -> None:
    """Tract 1 of county 067 gave a part to county 061, in whose tract lies ground of its own as well."""
    found, ledger = tracts(
        tmp_path,
        part("06067000100", "06067000100", 60),
        part("06061000900", "06067000100", 40),
        part("06061000900", "06061000900", 10),
        part("06061000800", "06061000800", 10),
        geoid_prefixes=["06067"],
    )
    assert sorted(found["area_geoid_from"] + ">" + found["area_geoid_to"]) == [
        "06061000900>06061000900",
        "06067000100>06061000900",
        "06067000100>06067000100",
    ]
    assert ledger[["reason", "total"]].to_numpy().tolist() == [["other counties than the study's", 1.0]]


def test_parts_of_one_census_only_are_a_loss(tmp_path: Path) -> None:
    found, ledger = tracts(tmp_path, part("06067000100", "06067000100", 60), part("06067990000", "", 0, 9))
    assert len(found) == 1
    assert ledger["reason"].tolist() == ["parts that lie in no area of the other census"]


@pytest.mark.parametrize(
    ("rows", "says"),
    [
        ([part("6067000100", "06067000100", 5)], r"E-ID-LENGTH\] GEOID_TRACT_20 must have 11 digits"),
        ([part("060670001001", "06067000100", 5)], r"must have 11 digits .*row 2 \(GEOID_TRACT_20='060670001001'\)"),
        ([part("06067000100", "06067000100", 5)] * 2, r"E-KEY-DUP\] a pair of areas stands twice \(2 times"),
        ([part("06067000100", "06067000100", "")], r"E-NEGATIVE\] AREALAND_PART must be given"),
        ([part("06067000100", "06067000100", -5)], r"E-NEGATIVE\] AREALAND_PART .* row 2"),
        ([part("06067000100", "06067000100", "5 km2")], r"E-NOT-NUMBER\] AREALAND_PART is neither"),
    ],
    ids=["lost zero", "block group", "doubled", "empty", "negative", "unit"],
)
def test_what_cannot_be_trusted_is_refused(tmp_path: Path, rows: list[list[object]], says: str) -> None:
    with pytest.raises(SourceError, match=says):
        tracts(tmp_path, *rows)


def test_a_file_of_another_level_or_pair_of_censuses_is_refused_by_its_columns(tmp_path: Path) -> None:
    write(tmp_path / "tab20.txt", [name.replace("TRACT", "BLKGRP") for name in TRACTS], [part("1", "1", 5)], "|")
    source = entry("census_relationship", "area_relations", "tab20.txt", options={"area_level": "tract"})
    with pytest.raises(SourceError, match=r"no column 'GEOID_TRACT_10', 'GEOID_TRACT_20' .*OID_BLKGRP_20"):
        read_relationship(source, folder(tmp_path))
    with pytest.raises(ConfigError, match="area_level must be block_group or tract"):
        read_relationship(entry("census_relationship", "area_relations", "tab20.txt"), folder(tmp_path))


def test_the_file_of_2000_has_no_header_and_its_own_people_and_homes(tmp_path: Path) -> None:
    (tmp_path / "us2010trf.txt").write_text(ALABAMA + "\n" + ALABAMA.replace("0201", "0202") + "\n")
    source = entry("census_relationship_2000", "area_relations", "us2010trf.txt")
    found = held("area_relations", read_relationship_2000(source, folder(tmp_path)))
    first = found.iloc[0]
    assert first[["area_geoid_from", "area_geoid_to"]].tolist() == ["01001020100", "01001020100"]
    assert first[["geography_from", "geography_to"]].tolist() == ["2000", "2010"]
    assert first[["land_m2", "water_m2", "population", "homes"]].tolist() == [9809944, 9845776 - 9809944, 1912, 752]
    assert len(found) == 2


def test_a_header_or_fewer_fields_are_no_file_of_2000(tmp_path: Path) -> None:
    source = entry("census_relationship_2000", "area_relations", "us2010trf.txt")
    for text in ("STATE00,COUNTY00\n01,001\n", ",".join(["STATE00"] * 30) + "\n" + ALABAMA + "\n"):
        (tmp_path / "us2010trf.txt").write_text(text)
        with pytest.raises(SourceError, match=r"E-COLUMNS\] the file must have 30 fields and no header"):
            read_relationship_2000(source, folder(tmp_path))
    (tmp_path / "us2010trf.txt").write_text(f"{ALABAMA}\n{ALABAMA}\n")
    with pytest.raises(SourceError, match=r"E-KEY-DUP.*row 1 "):
        read_relationship_2000(source, folder(tmp_path))


def test_blocks_are_joined_from_their_parts_and_neighboring_states_left_out(tmp_path: Path) -> None:
    rows = [
        ["06", "067", "000100", "1000", "", 9, 0, "p", "06", "067", "000101", "1003", "", 7, 0, "", 6, 1],
        ["32", "031", "000100", "1000", "", 9, 0, "p", "32", "031", "000101", "1003", "", 7, 0, "", 6, 1],
    ]
    write(tmp_path / "tab.txt", BLOCKS, rows, "|")
    source = entry("census_block_relationship", "block_relations", "tab.txt", options={"geoid_prefixes": ["06"]})
    found = held("block_relations", read_block_relationship(source, folder(tmp_path)))
    assert found.to_dict("records") == [
        {
            "geography_from": "2010",
            "block_geoid_from": "060670001001000",
            "geography_to": "2020",
            "block_geoid_to": "060670001011003",
            "land_m2": 6.0,
            "water_m2": 1.0,
        }
    ]
    rows[0][1], rows[0][4] = "67", "A"
    write(tmp_path / "tab.txt", BLOCKS, rows, "|")
    with pytest.raises(SourceError, match=r"(?s)COUNTY_2010 must have 3 digits.*BLKSF_2010 must be empty"):
        read_block_relationship(source, folder(tmp_path))


@pytest.mark.parametrize(
    ("reader", "feeds"),
    [
        ("census_relationship", "area_relations"),
        ("census_relationship_2000", "area_relations"),
        ("census_block_relationship", "block_relations"),
    ],
)
def test_readers_are_registered(reader: str, feeds: str) -> None:
    assert find(entry(reader, feeds, "x")).reader == reader
