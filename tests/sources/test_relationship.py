"""Relationship files in the Bureau's layouts: what is read, and what is refused."""

from __future__ import annotations

from collections.abc import Iterable
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
    """One row of the tract file; `tracts` fills in the ground of the whole areas."""
    return ["1", now, "Tract", 0, 0, "G5020", "S", "2", then, "Tract", 0, 0, "G5020", "S", land, water]


def whole(rows: Iterable[list[object]]) -> list[list[object]]:
    """The same rows, with land and water of each area the sum of its parts; a part that is no number counts nothing."""
    rows = [list(row) for row in rows]
    for ident in (1, 8):
        for ground, of_part in ((ident + 2, 14), (ident + 3, 15)):
            for row in rows:
                row[ground] = sum(r[of_part] for r in rows if r[ident] == row[ident] and isinstance(r[of_part], int))
                row[ground] = abs(row[ground]) if row[ident] else ""
    return rows


def tracts(path: Path, *rows: list[object], whole: Any = whole, encoding: str = "utf-8-sig", **options: Any) -> Any:
    write(path / "tab20.txt", TRACTS, whole(rows), "|", encoding)
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
    write(tmp_path / "tab20.txt", header, whole([part("060670001011", "060670001001", 5)]), "|")
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


def test_whatever_is_tied_to_the_study_by_ground_is_kept_with_all_its_parts(tmp_path: Path) -> None:
    """2010: A in the study, B, C, D, Z; 2020: A took a piece of B, whose rest went to C with a piece of D.

    Without C's share of D, all of C (2020) would seem to lie in B (2010), and its children would be carried there.
    """
    a, b, c, d, z = "06067000100", "06061000200", "06061000300", "06017000400", "06017000900"
    chain = [part(a, a, 60), part(a, b, 5), part(c, b, 15), part(c, d, 80), part(d, d, 9), part(c, "", 0, 7)]
    found, ledger = tracts(tmp_path, part(z, z, 60), *chain, part("", z, 0, 2), geoid_prefixes=["06067"])
    pairs = found[["area_geoid_to", "area_geoid_from"]].to_numpy().tolist()
    assert sorted(pairs) == sorted([[a, a], [a, b], [c, b], [c, d], [d, d]])
    assert ledger[["reason", "total"]].to_numpy().tolist() == [
        ["other counties than the study's", 1.0],
        ["parts that lie in no area of the other census", 1.0],
    ]


def altered(change: dict[int, int], county: int = 300) -> tuple[list[list[object]], Any]:
    """A county of tracts that stayed as they were; the ground of some parts is altered after the wholes were told."""
    rows = [part(f"06067{n:06d}", f"06067{n:06d}", 10_000, 500) for n in range(county)]

    def spoil(given: Iterable[list[object]]) -> list[list[object]]:
        told = whole(given)
        for row, by in change.items():
            told[row][14] += by  # type: ignore[operator]
        return told

    return rows, spoil


@pytest.mark.parametrize("by", [-200, 200], ids=["less", "more"])
def test_parts_that_do_not_add_up_to_their_areas_are_refused_or_counted(tmp_path: Path, by: int) -> None:
    rows, spoil = altered({7: by, 8: by})
    with pytest.raises(SourceError) as refused:
        tracts(tmp_path, *rows, whole=spoil)
    for year in ("2010", "2020"):
        assert f"E-PARTS] parts of an area of {year} do not add up to its ground (AREALAND_TRACT_{year[2:]}, " in str(
            refused.value
        )
    assert f"2 times; first: 06067000007: parts of {10_500 + by:,} m2, area of 10,500 m2" in str(refused.value)
    rows, spoil = altered({7: by})  # one in 300
    assert told_of(tmp_path, rows, spoil) == [
        (
            "the parts of 1 of 300 areas of 2010 do not add up to their ground, by up to 1.90% of it",
            "06067000007",
        ),
        (
            "the parts of 1 of 300 areas of 2020 do not add up to their ground, by up to 1.90% of it",
            "06067000007",
        ),
    ]
    rows, spoil = altered(dict.fromkeys(range(100), by // 20))  # a thousandth of their ground
    assert [what[:33] for what, _ in told_of(tmp_path, rows, spoil)] == ["the parts of 100 of 300 areas of "] * 2
    rows, spoil = altered(dict.fromkeys(range(300), by // 200))  # whole square metres
    assert told_of(tmp_path, rows, spoil) == []


def told_of(path: Path, rows: list[list[object]], spoil: Any) -> list[tuple[str, str]]:
    """Notes of the ledger on a file that is read all the same."""
    notes = tracts(path, *rows, whole=spoil)[1].query("entry == 'note'")
    return [(reason, item[:11]) for reason, item in notes[["reason", "item"]].to_numpy().tolist()]


def test_a_row_that_is_missing_is_found_by_the_ground_of_its_area(tmp_path: Path) -> None:
    """A tract of 2010 was divided; without one half, all of its children would go to the other."""
    rows = [part("06067000101", "06067000100", 40), part("06067000102", "06067000100", 60)]
    with pytest.raises(SourceError, match=r"E-PARTS.*once; first: 06067000100: parts of 40 m2, area of 100 m2"):
        tracts(tmp_path, *rows, whole=lambda given: whole(given)[:1])


def test_parts_of_tracts_of_2000_and_of_blocks_are_held_to_their_areas(tmp_path: Path) -> None:
    (tmp_path / "us2010trf.txt").write_text(ALABAMA.replace(",9845776,9809944,", ",845776,809944,") + "\n")
    with pytest.raises(SourceError, match=r"(?s)E-PARTS\].* of 2000 .*\(AREA00\) .*E-PARTS\].* of 2010 .*\(AREA10\)"):
        read_relationship_2000(entry("census_relationship_2000", "area_relations", "us2010trf.txt"), folder(tmp_path))
    row = ["06", "067", "000100", "1000", "", 9, 0, "p", "06", "067", "000101", "1003", "", 700, 0, "", 6, 1]
    write(tmp_path / "tab.txt", BLOCKS, [row], "|")
    with pytest.raises(
        SourceError, match=r"area of 2020 .*AREALAND_2020.*060670001011003: parts of 7 m2, area of 700 m2"
    ):
        read_block_relationship(entry("census_block_relationship", "block_relations", "tab.txt"), folder(tmp_path))


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
    with pytest.raises(SourceError, match=r"no column 'GEOID_TRACT_10', 'GEOID_TRACT_20', .*OID_BLKGRP_20"):
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
        ["06", "067", "000100", "1000", "", 9, 0, "p", "06", "067", "000101", "1003", "", 8, 0, "", 6, 1],
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
