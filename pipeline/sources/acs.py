"""American Community Survey five-year tables (table-based summary file): counts with their margins.

The bulk files need no key: one pipe-delimited text for each table and year, such as
``acsdt5y2023-b01001.dat``, with ``GEO_ID`` and for each line of the table an estimate (``_E001``)
and a 90% margin of error (``_M001``).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.columns import CENSUS_COUNTS
from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.acs_checks import LEAVES, check_sums, require_same_areas
from pipeline.sources.faults import Faults
from pipeline.sources.files import read_rows
from pipeline.sources.values import parse_number, places, subject_of

# What the Bureau writes where there is no number. A margin of a controlled estimate is zero:
# the estimate is fixed to the official population figure and has no sampling error.
NO_ESTIMATE = {-666666666.0: "unreliable", -999999999.0: "unreliable", -888888888.0: "not_applicable"}
NO_MARGIN = (-222222222.0, -333333333.0, -666666666.0, -888888888.0, -999999999.0)
CONTROLLED = -555555555.0
SUMMARY_LEVELS = {"150": "block_group", "140": "tract"}
_WHY = {
    "unreliable": "too few sample cases for an estimate",
    "not_applicable": "the Bureau marks the cell as not applicable",
    "not_reported": "the cell is empty",
    "no_row": "the table has no row for the area (many tables stop at the tract)",
}

_YOUNG = (3, 4, 5, 6, 27, 28, 29, 30)
_POOR_CHILDREN = (*range(4, 10), *range(18, 24))
_OTHER_CHILDREN = (*range(33, 39), *range(47, 53))
_LIMITED = tuple(range(4, 38, 3))
_SINGLE = (10, 16)

# Which lines of which table add up to a count; where two tables can say it, the first that does.
CELLS: dict[str, tuple[tuple[str, tuple[int, ...]], ...]] = {
    "population": (("B01001", (1,)), ("B01003", (1,))),
    "children_0_4": (("B01001", (3, 27)),),
    "children_5_9": (("B01001", (4, 28)),),
    "children_10_14": (("B01001", (5, 29)),),
    "children_15_17": (("B01001", (6, 30)),),
    "children_0_17": (("B01001", _YOUNG),),
    "poverty_universe": (("B17001", (1,)), ("C17002", (1,))),
    "people_in_poverty": (("B17001", (2,)), ("C17002", (2, 3))),
    "people_below_200_poverty": (("C17002", (2, 3, 4, 5, 6, 7)),),
    "child_poverty_universe": (("B17001", (*_POOR_CHILDREN, *_OTHER_CHILDREN)),),
    "children_in_poverty": (("B17001", _POOR_CHILDREN),),
    "households": (("B16002", (1,)), ("C16002", (1,)), ("B08201", (1,)), ("B25003", (1,))),
    "limited_english_households": (("B16002", _LIMITED), ("C16002", (4, 7, 10, 13))),
    "people_5_plus": (("B16005", (1,)),),
    "people_limited_english": (("B16005", (7, 8, 12, 13, 17, 18, 22, 23, 29, 30, 34, 35, 39, 40, 44, 45)),),
    "adults_25_plus": (("B15003", (1,)),),
    "adults_without_diploma": (("B15003", tuple(range(2, 17))),),
    "families_with_children": (("B11003", (3, *_SINGLE)),),
    "single_parent_families": (("B11003", _SINGLE),),
    "single_parent_households": (("B11003", _SINGLE),),
    "occupied_homes": (("B25003", (1,)), ("B25044", (1,)), ("B08201", (1,))),
    "homes_without_vehicle": (("B08201", (2,)), ("B25044", (3, 10))),
    "renter_homes": (("B25003", (3,)),),
    "crowded_homes": (("B25014", (5, 6, 7, 11, 12, 13)),),
    "homes": (("B25001", (1,)), ("B25002", (1,))),
    "labor_force": (("B23025", (3,)),),
    "unemployed_people": (("B23025", (5,)),),
    "civilians": (("B18101", (1,)),),
    "people_with_disability": (("B18101", (4, 7, 10, 13, 16, 19, 23, 26, 29, 32, 35, 38)),),
}  # fmt: skip
# Before 2016 the household-language table had four groups of languages, since then twelve.
_SHORT_TABLES = {"B16002": 14}


@dataclass(frozen=True)
class _Lines:
    """One table: estimates, margins and the reason of each estimate that is missing, by GEO_ID."""

    estimates: pd.DataFrame
    margins: pd.DataFrame
    reasons: pd.DataFrame


def read_acs_summary_file(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """Counts of the American Community Survey by block group and tract, each with its 90% margin.

    Grain: census area x vintage (``area_counts``). Options: ``vintage`` (by default the source's),
    ``area_levels`` (by default block groups and tracts) and ``geoid_prefixes`` (counties to keep out
    of a nationwide file). A count is the sum of lines of one table; it is empty where a line is, and
    its margin is empty where a line's margin is not known. Zero stays zero, with its margin.

    Raises
    ------
    SourceError
        With all faults of a file: no ``GEO_ID``, lines missing, cells that are no numbers, negative
        numbers that are none of the Bureau's codes, areas that stand twice, ages that do not add up to
        the people, a table of other areas than the rest.

    References
    ----------
    U.S. Census Bureau, Using the ACS Table-Based Summary File (2023): layout and codes.
    U.S. Census Bureau, Understanding and Using ACS Data: What All Data Users Need to Know (2020),
    chapters 7 and 8: margins of sums. B23025 line 3 (civilian labor force) is the base of the
    unemployment rate. B16005 counts people who speak English "not well" or "not at all".

    Examples
    --------
    >>> from pathlib import Path
    >>> from pipeline import config
    >>> from pipeline.ledger import Ledger
    >>> study = config.load(Path("studies/millbrook.yaml"))
    >>> source = next(s for s in study.raw.census if s.reader == "acs_summary_file")
    >>> room = Folder(Path("data/raw/millbrook/census"), study.geography.crs, study.geography.box, Ledger())
    >>> people = read_acs_summary_file(source, room).groupby("area_level")["population"].sum()
    >>> bool(people["block_group"] == people["tract"])
    True
    """
    chosen = options(entry, vintage=entry.vintage, area_levels=["block_group", "tract"], geoid_prefixes=[])
    tables: dict[str, _Lines] = {}
    for position, file in enumerate(entry.files):
        rows = read_rows(folder.file(entry, position), entry_id=entry.id, delimiter="|")
        name, lines = _table(rows, entry, file.name, folder, chosen)
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
    areas = sorted(set().union(*(lines.estimates.index for lines in tables.values())))
    frame = pd.DataFrame({"geo_id": areas})
    frame["area_level"] = frame["geo_id"].str[:3].map(SUMMARY_LEVELS).astype("str")
    frame["area_geoid"] = frame["geo_id"].str.split("US").str[1]
    frame["vintage"] = str(chosen["vintage"])
    require_same_areas(
        {name: lines.estimates.index for name, lines in tables.items()},
        frame.set_index("geo_id")["area_level"],
        entry,
        folder,
    )
    for count in CENSUS_COUNTS:
        values, margins, reasons = _count(tables, count, areas)
        frame[count], frame[f"{count}_moe"] = values, margins
        if any(table in tables for table, _ in CELLS.get(count, ())):
            for (level, reason), cells in pd.DataFrame({"level": frame["area_level"], "reason": reasons})[
                np.isnan(values)
            ].groupby(["level", "reason"]):
                folder.ledger.absence(
                    f"{count} {chosen['vintage']}", _WHY[str(reason)], count=len(cells), unit="areas", item=str(level)
                )
            unknown = int((np.isnan(margins) & ~np.isnan(values)).sum())
            if unknown:
                folder.ledger.absence(
                    f"{count}_moe {chosen['vintage']}",
                    "the margin of a part is not computable",
                    count=unknown,
                    unit="areas",
                )
    for name, lines in sorted(tables.items()):
        folder.ledger.match(
            f"areas of {entry.id} in table {name}",
            total=len(areas),
            matched=len(lines.estimates),
            unit="areas",
            reason=_WHY["no_row"],
        )
    return frame.drop(columns="geo_id")


def sum_of_lines(estimates: np.ndarray, margins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum of lines of a table (areas x lines) and its margin of error.

    The margin of a sum is the root of the summed squares. Of the lines that are zero only the one
    with the largest margin counts, since the margins of zeros do not add up: they say how many
    people a sample of this size could have missed. A sum is NaN where a line is.

    References
    ----------
    U.S. Census Bureau, Understanding and Using ACS Data (2020), chapter 8: margins of aggregated
    counts and the rule for zero estimates.

    Examples
    --------
    >>> total, margin = sum_of_lines(np.array([[30.0, 0.0, 0.0]]), np.array([[4.0, 3.0, 2.0]]))
    >>> total.tolist(), margin.tolist()
    ([30.0], [5.0])
    """
    total = estimates.sum(axis=1)
    zero = estimates == 0
    squares = np.where(zero, 0.0, margins**2).sum(axis=1)
    # NaN must come through the maximum: an unknown margin of a zero is unknown
    largest = np.where(zero, margins, 0.0).max(axis=1) if estimates.shape[1] else np.zeros(len(estimates))
    margin = np.where(np.isnan(total), np.nan, np.sqrt(squares + largest**2))
    return total, margin


def _count(tables: dict[str, _Lines], count: str, areas: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """One count of all areas: value, margin and, where empty, why."""
    values = np.full(len(areas), np.nan)
    margins = np.full(len(areas), np.nan)
    reasons = np.full(len(areas), "no_row", dtype=object)
    for table, numbers in CELLS.get(count, ()):
        if table not in tables:
            continue
        lines = tables[table]
        columns = [number for number in numbers if number in lines.estimates.columns]
        estimates = lines.estimates[columns].reindex(areas).to_numpy()
        total, margin = sum_of_lines(estimates, lines.margins[columns].reindex(areas).to_numpy())
        why = lines.reasons[columns].reindex(areas, fill_value="no_row")
        worst = why.mask(why == "reported").bfill(axis=1).iloc[:, 0].fillna("no_row").to_numpy()
        fresh = np.isnan(values) & ~np.isnan(total)
        reasons = np.where(np.isnan(values) & (reasons == "no_row"), worst, reasons)
        values, margins = np.where(fresh, total, values), np.where(fresh, margin, margins)
    return values, margins, reasons


def _table(
    rows: pd.DataFrame, entry: SourceEntry, file: str, folder: Folder, chosen: dict[str, Any]
) -> tuple[str, _Lines]:
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
    needed = sorted(
        {line for alternatives in CELLS.values() for table, lines in alternatives if table == name for line in lines}
    )
    short = _SHORT_TABLES.get(name)
    if short and f"{name}_E{short + 1:03d}" not in rows.columns:
        needed = [line for line in needed if line <= short]
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
    estimates = _numbers(rows, [f"{name}_E{line:03d}" for line in needed], entry, faults)
    margins = _numbers(rows, [f"{name}_M{line:03d}" for line in needed], entry, faults)
    reasons = (
        estimates.replace(NO_ESTIMATE)
        .where(estimates.isin(list(NO_ESTIMATE)), "reported")
        .mask(estimates.isna(), "not_reported")
    )
    estimates = estimates.mask(estimates.isin(list(NO_ESTIMATE)))
    margins = margins.mask(margins == CONTROLLED, 0.0).mask(margins.isin(list(NO_MARGIN)))
    for part in (estimates, margins):
        for column in part.columns[(part < 0).any()]:
            bad = part[column] < 0
            faults.add(
                "E-NEGATIVE",
                f"{column} is negative and no code of the Bureau",
                places(bad, rows[column], column, rows["__row__"]),
                "Look the code up in the release notes of the year and report it.",
            )
    faults.raise_if_any(subject)
    if name in LEAVES:
        lines = [line for line in (1, *LEAVES[name]) if f"{name}_E{line:03d}" in rows.columns]
        every = _numbers(rows, [f"{name}_E{line:03d}" for line in lines], entry, faults).set_axis(lines, axis=1)
        faults.raise_if_any(subject)
        every = every.mask(every.isin(list(NO_ESTIMATE)))
        check_sums(name, every, rows["GEO_ID"], subject, folder).raise_if_any(subject)
    index = pd.Index(rows["GEO_ID"].tolist())
    return name, _Lines(*(part.set_axis(index).set_axis(needed, axis=1) for part in (estimates, margins, reasons)))


def _numbers(rows: pd.DataFrame, columns: list[str], entry: SourceEntry, faults: Faults) -> pd.DataFrame:
    """Columns as numbers, NaN where empty; codes of the Bureau stay for the caller."""
    absent = {"not_reported": ("", "null", ".")}
    cells = rows[columns]
    trial = Faults()
    values, _ = parse_number(
        pd.Series(cells.to_numpy().ravel()), entry=entry, what=columns[0], absent=absent, faults=trial
    )
    if trial:  # once more by column, so that messages name it
        for column in columns:
            parse_number(cells[column], entry=entry, what=column, absent=absent, rows=rows["__row__"], faults=faults)
    return pd.DataFrame(
        values.to_numpy(dtype="float64", na_value=np.nan).reshape(cells.shape), columns=columns, index=rows.index
    )


SOURCES: tuple[Source, ...] = (
    Source(
        "acs_summary_file",
        ("area_counts",),
        "acsdt5yYYYY-<table>.dat of the ACS table-based summary file, one file per table",
        read_acs_summary_file,
    ),
)
