"""American Community Survey five-year tables (table-based summary file): counts with their margins."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.columns import CENSUS_COUNTS
from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.acs_checks import require_same_areas
from pipeline.sources.acs_codes import sum_of_lines
from pipeline.sources.acs_tables import WHY, Lines, areas_of, read_tables

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
    "women_10_39": (("B01001", tuple(range(29, 38))),),
    "women_15_44": (("B01001", tuple(range(30, 39))),),
    "poverty_universe": (("B17001", (1,)), ("C17002", (1,))),
    "people_in_poverty": (("B17001", (2,)), ("C17002", (2, 3))),
    "people_below_200_poverty": (("C17002", (2, 3, 4, 5, 6, 7)),),
    "child_poverty_universe": (("B17001", (*_POOR_CHILDREN, *_OTHER_CHILDREN)),),
    "children_in_poverty": (("B17001", _POOR_CHILDREN),),
    # under 6, 6 to 11 and 12 to 17: the eight lines of each below twice the poverty line
    "children_below_200_poverty": (("B17024", (*range(3, 11), *range(16, 24), *range(29, 37))),),
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
    U.S. Census Bureau, Using the ACS Table-Based Summary File (2023): layout; codes in `acs_codes`.
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
    tables = read_tables(entry, folder, chosen, _needed)
    frame = areas_of(tables, str(chosen["vintage"]))
    areas = frame["geo_id"].tolist()
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
                    f"{count} {chosen['vintage']}", WHY[str(reason)], count=len(cells), unit="areas", item=str(level)
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
            reason=WHY["no_row"],
        )
    return frame.drop(columns="geo_id")


def _needed(name: str, columns: pd.Index) -> list[int]:
    """Lines of a table that some count is made of."""
    needed = sorted(
        {line for alternatives in CELLS.values() for table, lines in alternatives if table == name for line in lines}
    )
    short = _SHORT_TABLES.get(name)
    if short and f"{name}_E{short + 1:03d}" not in columns:
        needed = [line for line in needed if line <= short]
    return needed


def _count(tables: dict[str, Lines], count: str, areas: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
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


SOURCES: tuple[Source, ...] = (
    Source(
        "acs_summary_file",
        ("area_counts", "norm_area_counts"),
        "acsdt5yYYYY-<table>.dat of the ACS table-based summary file, one file per table",
        read_acs_summary_file,
    ),
)
