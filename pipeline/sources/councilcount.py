"""New York City Council's ACS estimates on constant areas (data files of the councilcount package).

Codes of the census profiles shift from release to release, so columns are found through each
year's data dictionary by what they describe.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.errors import ConfigError
from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.acs_codes import sum_of_lines
from pipeline.sources.faults import Faults
from pipeline.sources.files import read_rows
from pipeline.sources.values import parse_number, places, subject_of

# our count: descriptions whose estimates add up to it
_COUNTS: dict[str, tuple[str, ...]] = {
    "population": ("Total population",),
    "children_0_4": ("Under 5 years",),
    "children_5_9": ("5 to 9 years",),
    "children_10_14": ("10 to 14 years",),
    "poverty_universe": ("Population for whom poverty status is determined",),
    "people_in_poverty": ("Below 100 percent of the poverty level",),
    "households": ("Total households",),
    "occupied_homes": ("Total households",),
    "homes_without_vehicle": ("No vehicle available for household",),
    "people_5_plus": ("Population 5 years and over",),
    "people_limited_english": ('Speak English less than "very well"',),
    "adults_25_plus": ("Population 25 years and over",),
    "adults_without_diploma": ("Less than 9th grade", "9th to 12th grade, no diploma"),
    "labor_force": ("In the labor force",),
    "unemployed_people": ("Unemployed",),
    "civilians": ("Civilian noninstitutionalized population",),
    "people_with_disability": ("With a disability",),
}
_UNDER_18, _ADULTS, _TEENS = "Under 18 years", "18 years and over", "15 to 19 years"
_IDS = {"neighborhood": "nta_code", "school_district": "schooldist"}
_VINTAGES = {"2011": "2007-2011", "2016": "2012-2016", "2023": "2019-2023"}


def read_councilcount(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """Counts with margins by neighborhood or community school district of New York City.

    Grain: area x vintage (``area_counts``). Files: ``nta-geographies_YYYY.csv`` (or
    ``schooldist-geographies_YYYY.csv``) and ``data_dictionary_YYYY.csv``. Options: ``area_level``
    (``neighborhood`` or ``school_district``), ``vintage`` (by default from the file's year) and ``id_column``.

    Children under 18 are the population less adults where the release does not print them, and
    those aged 15 to 17 what remains of them without the younger bands. A difference of nested counts
    has no published margin: the margin of the band 15 to 19 stands for its part 15 to 17. Where
    rounding leaves less than nothing the cell is empty. An estimate without a margin keeps an empty one.

    The 2023 school districts add up to the 2020 census, the neighborhoods do not: compare vintages
    through ``vintages.control`` of the study. The sum of the population is in the ledger.

    Raises
    ------
    SourceError
        With all faults: descriptions that are missing or mean two different columns, cells that are no
        numbers, areas that stand twice.

    References
    ----------
    New York City Council Data Team, councilcount (MIT licence): ACS five-year estimates 2011, 2016, 2023.
    U.S. Census Bureau, Understanding and Using ACS Data (2020), chapter 8.
    """
    chosen = options(entry, area_level="", vintage=None, id_column=None)
    level = str(chosen["area_level"])
    if level not in _IDS:
        raise ConfigError(
            f"source {entry.id}: option area_level must be neighborhood or school_district, not {level!r}."
        )
    dictionary = next((f.name for f in entry.files if f.name.startswith("data_dictionary")), None)
    areas = next((f.name for f in entry.files if "-geographies_" in f.name), None)
    if dictionary is None or areas is None:
        raise ConfigError(f"source {entry.id}: list both {{area}}-geographies_YYYY.csv and data_dictionary_YYYY.csv.")
    year = areas.rsplit("_", 1)[1][:4]
    vintage = str(chosen["vintage"] or _VINTAGES.get(year, entry.vintage))
    codes = _codes(entry, folder, dictionary)
    rows = read_rows(folder.path / areas, entry_id=entry.id)
    faults, subject = Faults(), subject_of(entry, areas)
    if not dictionary.endswith(f"{year}.csv"):
        faults.add(
            "E-VINTAGE",
            "dictionary and estimates are of different years",
            [f"{dictionary}, {areas}"],
            "Use the dictionary of the same year: codes shift between releases.",
        )
    identifier = str(chosen["id_column"] or _IDS[level])
    lacking = [column for column in (identifier, *(c for c in codes.values())) if column not in rows.columns]
    faults.add(
        "E-COLUMNS", f"columns are missing: {', '.join(lacking[:6])}", lacking, "Use the dictionary of the same year."
    )
    faults.raise_if_any(subject)
    ids = rows[identifier]
    faults.add(
        "E-KEY-DUP",
        f"{identifier} stands twice or is empty",
        places(ids.duplicated(keep=False) | (ids == ""), ids, identifier, rows["__row__"]),
        "Get the file again.",
    )
    found = {text: _cells(rows, code, entry, faults) for text, code in codes.items()}
    faults.raise_if_any(subject)
    out = pd.DataFrame({"area_level": level, "vintage": vintage, "area_geoid": ids})
    for count, texts in _COUNTS.items():
        if all(text in found for text in texts):
            out[count], out[f"{count}_moe"] = _sum([found[text] for text in texts])
        else:
            folder.ledger.note(f"{count} {vintage}", f"not in the {year} release")
    _children(out, found, folder, vintage)
    folder.ledger.note(
        f"population of {areas}",
        f"{out['population'].sum():,.0f} people in {len(out)} areas; releases are scaled to different totals",
    )
    for count in [c for c in out.columns if f"{c}_moe" in out.columns]:
        unknown = int((out[count].notna() & out[f"{count}_moe"].isna()).sum())
        if unknown:
            folder.ledger.absence(f"{count}_moe {vintage}", "no margin is published", count=unknown, unit="areas")
    folder.ledger.note(f"people_limited_english {vintage}", 'counts people who speak English less than "very well"')
    return out


def _codes(entry: SourceEntry, folder: Folder, name: str) -> dict[str, str]:
    """The estimate column of each description that is used, from the year's dictionary."""
    rows = read_rows(folder.path / name, entry_id=entry.id)
    faults, subject = Faults(), subject_of(entry, name)
    lacking = [column for column in ("estimate_var_code", "estimate_description") if column not in rows.columns]
    faults.add("E-COLUMNS", f"columns are missing: {', '.join(lacking)}", lacking, "Use data_dictionary_YYYY.csv.")
    faults.raise_if_any(subject)
    rows = rows[rows["estimate_var_code"].str.endswith("E")].sort_values("estimate_var_code", kind="stable")
    wanted = {text for texts in _COUNTS.values() for text in texts} | {_UNDER_18, _ADULTS, _TEENS}
    rows = rows[rows["estimate_description"].isin(wanted)]
    # detail tables and profiles may print one figure twice: the detail table sorts first
    codes = rows.drop_duplicates("estimate_description").set_index("estimate_description")["estimate_var_code"]
    must = [
        text
        for text in ("Total population", "Under 5 years", "5 to 9 years", "10 to 14 years")
        if text not in codes.index
    ]
    faults.add(
        "E-DESCRIPTION",
        f"the dictionary does not describe {', '.join(must)}",
        must,
        "Is this the dictionary of the councilcount release?",
    )
    faults.raise_if_any(subject)
    return {str(text): str(code) for text, code in codes.items()}


def _cells(rows: pd.DataFrame, code: str, entry: SourceEntry, faults: Faults) -> tuple[pd.Series, pd.Series]:
    values = []
    for column in (code, f"{code[:-1]}M"):
        cells = rows[column] if column in rows.columns else pd.Series("", index=rows.index)
        numbers = parse_number(cells, entry=entry, what=column, absent={}, rows=rows["__row__"], faults=faults)[
            0
        ].astype("float64")
        faults.add(
            "E-NEGATIVE",
            f"{column} is negative",
            places(numbers < 0, cells, column, rows["__row__"]),
            "Look the code up and report it.",
        )
        values.append(numbers)
    return values[0], values[1]


def _sum(parts: list[tuple[pd.Series, pd.Series]]) -> tuple[pd.Series, pd.Series]:
    """Sum of estimates and its margin; a single one stays as it is."""
    if len(parts) == 1:
        return parts[0]
    estimates, margins = (np.column_stack(columns) for columns in zip(*parts, strict=True))
    total, margin = sum_of_lines(estimates, margins)
    index = parts[0][0].index
    return pd.Series(total, index=index), pd.Series(margin, index=index)


def _children(out: pd.DataFrame, found: dict[str, tuple[pd.Series, pd.Series]], folder: Folder, vintage: str) -> None:
    """Adds children under 18 and those aged 15 to 17, by difference where they are not printed."""
    bands = [(out[c], out[f"{c}_moe"]) for c in ("children_0_4", "children_5_9", "children_10_14")]
    teens_margin = found[_TEENS][1] if _TEENS in found else pd.Series(np.nan, index=out.index)
    if _UNDER_18 in found:
        young, young_margin = found[_UNDER_18]
    elif _ADULTS in found:
        young = out["population"] - found[_ADULTS][0]
        folder.ledger.note(
            f"children_0_17 {vintage}",
            "population less adults; its margin is that of the bands under 5, 5-9, 10-14 and 15-19 together",
        )
        young_margin = (
            _sum([*bands, (found[_TEENS][0], teens_margin)])[1]
            if _TEENS in found
            else pd.Series(np.nan, index=out.index)
        )
    else:
        folder.ledger.note(f"children_0_17 {vintage}", "neither children nor adults are in the release")
        return
    older = young - sum(estimate for estimate, _ in bands)
    short = (young < 0) | (older < 0)
    if short.any():
        folder.ledger.absence(
            f"children_15_17 {vintage}",
            "the younger bands are more than all children (estimates of separate tables)",
            count=int(short.sum()),
            unit="areas",
        )
    out["children_0_17"], out["children_0_17_moe"] = young.mask(young < 0), young_margin.mask(young < 0)
    out["children_15_17"], out["children_15_17_moe"] = older.mask(short), teens_margin.mask(short)
    folder.ledger.note(
        f"children_15_17 {vintage}",
        "children under 18 less the younger bands; the margin of the band 15-19 stands for it",
    )


SOURCES: tuple[Source, ...] = (
    Source(
        "councilcount",
        ("area_counts",),
        "NYC Council ACS estimates: {nta,schooldist}-geographies_YYYY.csv with data_dictionary_YYYY.csv",
        read_councilcount,
    ),
)
