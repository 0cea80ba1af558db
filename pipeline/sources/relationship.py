"""Relationship files of the Census Bureau: which areas of one census share ground with which of another."""

from __future__ import annotations

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.delimited import read_delimited
from pipeline.sources.faults import Faults, refuse
from pipeline.sources.files import read_rows
from pipeline.sources.intake import check_path
from pipeline.sources.mapping import require_columns
from pipeline.sources.relationship_parts import Side, kept, number, require_ids, require_pairs, require_whole, two_sided
from pipeline.sources.values import places, subject_of

_WORDS = {"tract": "TRACT", "block_group": "BLKGRP"}
_LENGTH = {"tract": 11, "block_group": 12}
_BLOCK_PARTS = {"STATE": 2, "COUNTY": 3, "TRACT": 6, "BLK": 4}
# The file of 2010 has no header; the Bureau publishes the names apart.
_OF_2000 = (
    "STATE00", "COUNTY00", "TRACT00", "GEOID00", "POP00", "HU00", "PART00", "AREA00", "AREALAND00",
    "STATE10", "COUNTY10", "TRACT10", "GEOID10", "POP10", "HU10", "PART10", "AREA10", "AREALAND10",
    "AREAPT", "AREALANDPT", "AREAPCT00PT", "AREALANDPCT00PT", "AREAPCT10PT", "AREALANDPCT10PT",
    "POP10PT", "POPPCT00", "POPPCT10", "HU10PT", "HUPCT00", "HUPCT10",
)  # fmt: skip


def read_relationship(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """How the tracts or block groups of 2010 and 2020 overlap, in square metres of land and water.

    Grain: part of an area of 2010 in an area of 2020 (``area_relations``). Layout:
    ``tab20_tract20_tract10_st06.txt`` or ``tab20_blkgrp20_blkgrp10_st06.txt``, delimited by ``|``, UTF-8 (a
    byte-order mark is passed over), header ``OID_TRACT_20|GEOID_TRACT_20|...|AREALAND_PART|AREAWATER_PART``
    (``BLKGRP`` for block groups). Options: ``area_level`` (``tract`` or ``block_group``),
    ``geoid_prefixes`` (states or counties to keep, with all areas their ground is tied to). Names of columns are those of the Bureau's
    record layout; no file of a real state was at hand when this was written.

    Raises
    ------
    SourceError
        For columns that are not there (a file of another level or pair of censuses), ids of another
        length, a pair that stands twice, areas that are no numbers, and parts that do not add up to the
        areas of either census (`relationship_parts.require_whole`).

    References
    ----------
    U.S. Census Bureau, 2020 Comparability Relationship File Record Layouts.
    """
    chosen = options(entry, area_level="", geoid_prefixes=[])
    level = str(chosen["area_level"])
    if level not in _WORDS:
        raise ConfigError(f"source {entry.id}: option area_level must be block_group or tract, not {level!r}.")
    subject, faults = subject_of(entry), Faults()
    rows = read_rows(folder.file(entry), entry_id=entry.id, delimiter="|", ledger=folder.ledger)
    ends = [f"{_WORDS[level]}_{year}" for year in ("10", "20")]
    sides = [Side(f"20{end[-2:]}", f"GEOID_{end}", (f"AREALAND_{end}", f"AREAWATER_{end}")) for end in ends]
    then, now = (side.geoid for side in sides)
    require_columns(rows, [then, now, "AREALAND_PART", "AREAWATER_PART", *sides[0].ground, *sides[1].ground], subject)
    parts = kept(rows, sides, chosen["geoid_prefixes"], subject, folder.ledger)
    parts["land_m2"] = number(parts, "AREALAND_PART", entry, faults)
    parts["water_m2"] = number(parts, "AREAWATER_PART", entry, faults)
    # what lies in one census's areas only (water off the coast, islands) has an empty side
    rows = two_sided(parts, sides, subject, folder.ledger)
    require_ids(rows, {then: _LENGTH[level], now: _LENGTH[level]}, faults)
    require_pairs(rows, sides, faults)
    faults.raise_if_any(subject)
    require_whole(parts, sides, parts["land_m2"] + parts["water_m2"], entry, faults, folder.ledger)
    faults.raise_if_any(subject)
    frame = _relations(level, "2010", rows[then], "2020", rows[now])
    return frame.assign(land_m2=rows["land_m2"], water_m2=rows["water_m2"])


def read_relationship_2000(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """How the tracts of 2000 and 2010 overlap, with the people and homes of 2010 in each part.

    Grain: part of a tract of 2000 in a tract of 2010 (``area_relations``). Layout: ``us2010trf.txt`` or
    a state's file, comma-delimited, 30 fields, without a header; the names are those of
    ``trfheader.txt`` (one of them is misspelt there). A row of Alabama in this layout was seen.
    Option: ``geoid_prefixes``.

    Raises
    ------
    SourceError
        For rows of another length, a header, ids of another length, pairs that stand twice, areas or
        counts that are no numbers, and parts that do not add up to their tracts.

    References
    ----------
    U.S. Census Bureau, 2010 Census Tract Relationship Files, record layout.
    """
    chosen = options(entry, geoid_prefixes=[])
    path, subject, faults = folder.file(entry), subject_of(entry), Faults()
    check_path(path, subject)
    first, rows, numbers = read_delimited(
        path, subject, delimiter=",", encoding="utf-8", header_row=1, skip_footer=0,
        ends_with_newline=True, accept_garbled=False, ledger=folder.ledger,
    )  # fmt: skip
    if len(first) != len(_OF_2000) or not first[0].isdigit():
        raise refuse(
            subject,
            "E-COLUMNS",
            f"the file must have {len(_OF_2000)} fields and no header",
            f"row 1 has {len(first)}: {','.join(first)[:60]}",
            "Fetch us2010trf.txt (or a state's file of the same layout) again.",
        )
    names = pd.Index(_OF_2000)
    rows = pd.concat([pd.DataFrame([first], columns=names), rows.set_axis(names, axis=1)], ignore_index=True)
    rows["__row__"] = [1, *numbers]
    sides = [Side("2000", "GEOID00", ("AREA00",)), Side("2010", "GEOID10", ("AREA10",))]
    parts = kept(rows, sides, chosen["geoid_prefixes"], subject, folder.ledger)
    ground = number(parts, "AREAPT", entry, faults)
    parts["land_m2"] = number(parts, "AREALANDPT", entry, faults)
    parts["water_m2"] = (ground - parts["land_m2"]).clip(lower=0.0)
    parts["population"], parts["homes"] = (number(parts, name, entry, faults) for name in ("POP10PT", "HU10PT"))
    rows = two_sided(parts, sides, subject, folder.ledger)
    require_ids(rows, {"GEOID00": 11, "GEOID10": 11}, faults)
    require_pairs(rows, sides, faults)
    faults.raise_if_any(subject)
    require_whole(parts, sides, ground, entry, faults, folder.ledger)
    faults.raise_if_any(subject)
    frame = _relations("tract", "2000", rows["GEOID00"], "2010", rows["GEOID10"])
    return frame.join(rows[["land_m2", "water_m2", "population", "homes"]])


def read_block_relationship(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """How the census blocks of 2010 and 2020 overlap, in square metres of land and water.

    Grain: part of a block of 2010 in a block of 2020 (``block_relations``). Layout:
    ``tab2010_tab2020_st06_ca.txt`` out of ``TAB2010_TAB2020_ST06.zip``, delimited by ``|``, header
    ``STATE_2010|COUNTY_2010|TRACT_2010|BLK_2010|...|AREALAND_INT|AREAWATER_INT``; rows of neighboring
    states are left to their own files. Option: ``geoid_prefixes``. The names were seen in the Bureau's
    record layout and in rows that others quote from the files.

    Raises
    ------
    SourceError
        As `read_relationship`; a block suffix (parts of a block) is refused, for tabulated counts
        have none.

    References
    ----------
    U.S. Census Bureau, 2020 Comparability Relationship File Record Layouts.
    """
    chosen = options(entry, geoid_prefixes=[])
    subject, faults = subject_of(entry), Faults()
    rows = read_rows(folder.file(entry), entry_id=entry.id, delimiter="|", ledger=folder.ledger)
    digits = {f"{part}_{year}": length for year in (2010, 2020) for part, length in _BLOCK_PARTS.items()}
    sides = [Side(year, f"block {year}", (f"AREALAND_{year}", f"AREAWATER_{year}")) for year in ("2010", "2020")]
    grounds = [column for side in sides for column in side.ground]
    require_columns(rows, [*digits, *grounds, "AREALAND_INT", "AREAWATER_INT"], subject)
    for side in sides:
        rows[side.geoid] = rows[[f"{part}_{side.census}" for part in _BLOCK_PARTS]].agg("".join, axis=1)
    parts = kept(rows, sides, chosen["geoid_prefixes"], subject, folder.ledger)
    parts["land_m2"] = number(parts, "AREALAND_INT", entry, faults)
    parts["water_m2"] = number(parts, "AREAWATER_INT", entry, faults)
    rows = two_sided(parts, sides, subject, folder.ledger)
    require_ids(rows, digits, faults)
    for suffix in ("BLKSF_2010", "BLKSF_2020"):
        if suffix in rows.columns:
            faults.add(
                "E-BLOCK-SUFFIX",
                f"{suffix} must be empty",
                places(rows[suffix] != "", rows[suffix], suffix, rows["__row__"]),
                "Tabulation blocks have no suffix: fetch the file of tabulation blocks.",
            )
    require_pairs(rows, sides, faults)
    faults.raise_if_any(subject)
    require_whole(parts, sides, parts["land_m2"] + parts["water_m2"], entry, faults, folder.ledger)
    faults.raise_if_any(subject)
    ids = {"block_geoid_from": rows["block 2010"], "block_geoid_to": rows["block 2020"]}
    frame = pd.DataFrame({"geography_from": "2010", "geography_to": "2020", **ids})
    return frame.assign(land_m2=rows["land_m2"], water_m2=rows["water_m2"])


def _relations(level: str, before: str, then: pd.Series, after: str, now: pd.Series) -> pd.DataFrame:
    ends = {"geography_from": before, "area_geoid_from": then, "geography_to": after, "area_geoid_to": now}
    return pd.DataFrame({"area_level": level, **ends})


SOURCES: tuple[Source, ...] = (
    Source(
        "census_relationship",
        ("area_relations",),
        "Relationship file of 2020 and 2010 tracts or block groups (tab20_tract20_tract10_stSS, tab20_blkgrp20_blkgrp10_stSS)",
        read_relationship,
    ),
    Source(
        "census_relationship_2000",
        ("area_relations",),
        "Relationship file of 2000 and 2010 tracts (us2010trf)",
        read_relationship_2000,
    ),
    Source(
        "census_block_relationship",
        ("block_relations",),
        "Relationship file of 2010 and 2020 blocks (tab2010_tab2020_stSS_XX)",
        read_block_relationship,
    ),
)
