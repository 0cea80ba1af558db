"""One file of the table-based summary file of the American Community Survey as numbers by area.

The bulk files need no key: one pipe-delimited text for each table and year, such as
``acsdt5y2023-b01001.dat``, with ``GEO_ID`` and for each line of the table an estimate (``_E001``)
and a 90% margin of error (``_M001``).
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pandas as pd

from pipeline.origins import SourceEntry
from pipeline.sources import Folder
from pipeline.sources.acs_checks import LEAVES, check_sums
from pipeline.sources.acs_codes import BOUNDS, figures
from pipeline.sources.faults import Faults
from pipeline.sources.files import read_rows
from pipeline.sources.values import places, subject_of

SUMMARY_LEVELS = {"150": "block_group", "140": "tract"}
# Why an estimate is missing, for the ledger.
WHY = {
    "unreliable": "too few sample cases for an estimate",
    "not_applicable": "the Bureau marks the cell as not applicable",
    "not_reported": "the cell is empty",
    "no_row": "the table has no row for the area (many tables stop at the tract)",
}
# Lines that are read of a table, given its name and the columns of its file.
Needed = Callable[[str, pd.Index], list[int]]


@dataclass(frozen=True)
class Lines:
    """One table: estimates, margins and the reason of each estimate that is missing, by GEO_ID."""

    estimates: pd.DataFrame
    margins: pd.DataFrame
    reasons: pd.DataFrame


def read_tables(entry: SourceEntry, folder: Folder, chosen: dict[str, Any], needed: Needed) -> dict[str, Lines]:
    """Every table of a source by its name, limited to the study's levels and counties.

    Raises
    ------
    SourceError
        With all faults of a file: no ``GEO_ID``, lines missing, cells that are no numbers, negative
        numbers that are none of the Bureau's codes, areas or tables that stand twice, lines that do
        not add up to the total.
    """
    tables: dict[str, Lines] = {}
    for position, file in enumerate(entry.files):
        rows = read_rows(folder.file(entry, position), entry_id=entry.id, delimiter="|")
        name, lines = _table(rows, entry, file.name, folder, chosen, needed)
        if name in tables:
            faults = Faults()
            faults.add(
                "E-TABLE-TWICE",
                "two files hold the same table",
                [f"{file.name} ({name})"],
                "List each table once per source; give each vintage its own source.",
            )
            faults.raise_if_any(subject_of(entry, file.name))
        tables[name] = lines
    return tables


def areas_of(tables: dict[str, Lines], vintage: str) -> pd.DataFrame:
    """All areas of some tables: ``geo_id area_level area_geoid vintage``, sorted by id."""
    frame = pd.DataFrame({"geo_id": sorted(set().union(*(lines.estimates.index for lines in tables.values())))})
    frame["area_level"] = frame["geo_id"].str[:3].map(SUMMARY_LEVELS).astype("str")
    frame["area_geoid"] = frame["geo_id"].str.split("US").str[1]
    frame["vintage"] = vintage
    return frame


def _table(
    rows: pd.DataFrame, entry: SourceEntry, file: str, folder: Folder, chosen: dict[str, Any], needed_of: Needed
) -> tuple[str, Lines]:
    """One file as numbers, its rows limited to the study's levels and counties."""
    faults, subject = Faults(), subject_of(entry, file)
    heads = [re.fullmatch(r"([BC]\d{5}[A-Z]{0,3})_E\d{3}", column) for column in rows.columns]
    names = sorted({head[1] for head in heads if head})
    if "GEO_ID" not in rows.columns or len(names) != 1:
        first = ", ".join(map(str, rows.columns[:4]))
        faults.add(
            "E-HEADER",
            "the header must be GEO_ID and the lines of one table (B01001_E001, B01001_M001 ...)",
            [f"row 1 ({first})"],
            "Fetch acsdt5yYYYY-TABLE.dat of the table-based summary file again.",
        )
        faults.raise_if_any(subject)
    name = names[0]
    needed = needed_of(name, rows.columns)
    if not needed:
        faults.add(
            "E-TABLE",
            f"nothing is read from table {name} for {entry.feeds}",
            ["row 1"],
            "Take the file out of this source; B19001 (household income) feeds bracket_counts, other tables area_counts.",
        )
        faults.raise_if_any(subject)
    columns = [f"{name}_{part}{line:03d}" for line in needed for part in "EM"]
    lacking = [column for column in columns if column not in rows.columns]
    faults.add(
        "E-COLUMNS",
        f"lines of the table are missing: {', '.join(lacking[:8])}",
        lacking,
        "Fetch the whole table; the summary file has every line.",
    )
    faults.raise_if_any(subject)
    known = rows["GEO_ID"].str.fullmatch(r"\d{7}US\d*|\d{3}[0-9A-Z]{4}US[0-9A-Z]*")
    faults.add(
        "E-GEO-ID",
        "GEO_ID must look like 1400000US06067000100",
        places(~known, rows["GEO_ID"], "GEO_ID", rows["__row__"]),
        "Keep the column as text.",
    )
    level = rows["GEO_ID"].str[:3].map(SUMMARY_LEVELS)
    inside = level.isin(list(chosen["area_levels"]))
    other = int((~inside & known).sum())
    if other:
        folder.ledger.loss(
            file,
            "rows of summary levels that are not used (counties, places, the nation ...)",
            count=other,
            unit="rows",
        )
    prefixes = tuple(str(prefix) for prefix in chosen["geoid_prefixes"])
    if prefixes:
        near = rows["GEO_ID"].str.split("US").str[-1].str.startswith(prefixes)
        folder.ledger.loss(file, "areas of other counties", count=int((inside & ~near).sum()), unit="rows")
        inside &= near
    rows = rows[inside & known].reset_index(drop=True)
    geoid = rows["GEO_ID"].str.split("US").str[-1]
    length = rows["GEO_ID"].str[:3].map({"150": 12, "140": 11})
    faults.add(
        "E-ID-LENGTH",
        "the part of GEO_ID behind US has the wrong length",
        places(geoid.str.len() != length, rows["GEO_ID"], "GEO_ID", rows["__row__"]),
        "A block group has 12 digits, a tract 11: restore lost zeros from the publisher's file.",
    )
    doubled = rows["GEO_ID"].duplicated(keep=False)
    faults.add(
        "E-KEY-DUP",
        "GEO_ID stands twice",
        places(doubled, rows["GEO_ID"], "GEO_ID", rows["__row__"]),
        "Do not append files of several years or states that overlap.",
    )
    if not len(rows) and not faults:
        faults.add(
            "E-EMPTY",
            "the file has no row for the study's areas",
            ["row 2"],
            "Check area_levels and geoid_prefixes of the source.",
        )
    estimates, reasons = figures(
        rows[[f"{name}_E{line:03d}" for line in needed]], "estimate", entry=entry, rows=rows["__row__"], faults=faults
    )
    margins, kinds = figures(
        rows[[f"{name}_M{line:03d}" for line in needed]], "margin", entry=entry, rows=rows["__row__"], faults=faults
    )
    for column in estimates.columns[reasons.isin(list(BOUNDS.values())).any()]:
        faults.add(
            "E-OPEN-ENDED",
            f"{column} is a bound and no count",
            places(reasons[column].isin(list(BOUNDS.values())), rows[column], column, rows["__row__"]),
            "Tables of medians cannot be read: medians are rebuilt from counts by bracket (B19001).",
        )
    faults.raise_if_any(subject)
    controlled = int((kinds == "controlled").to_numpy().sum())
    if controlled:
        folder.ledger.note(
            f"margins of {file}",
            f"{controlled:,} estimates are controlled to official figures: their margin is zero, not unknown",
        )
    if name in LEAVES:
        lines = [line for line in (1, *LEAVES[name]) if f"{name}_E{line:03d}" in rows.columns]
        cells = rows[[f"{name}_E{line:03d}" for line in lines]]
        every, _ = figures(cells, "estimate", entry=entry, rows=rows["__row__"], faults=faults)
        faults.raise_if_any(subject)
        check_sums(name, every.set_axis(lines, axis=1), rows["GEO_ID"], subject, folder).raise_if_any(subject)
    index = pd.Index(rows["GEO_ID"].tolist())
    return name, Lines(*(part.set_axis(index).set_axis(needed, axis=1) for part in (estimates, margins, reasons)))
