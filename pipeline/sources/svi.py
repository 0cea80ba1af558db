"""CDC/ATSDR Social Vulnerability Index 2018: its counts with margins."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.acs_codes import SVI_MISSING
from pipeline.sources.faults import Faults
from pipeline.sources.files import read_rows
from pipeline.sources.values import parse_number, places, subject_of, text_id

# our count: SVI's estimate (E_) and margin (M_)
_COUNTS = {
    "population": "TOTPOP",
    "homes": "HU",
    "households": "HH",
    "occupied_homes": "HH",
    "children_0_17": "AGE17",
    "people_in_poverty": "POV",
    "people_limited_english": "LIMENG",
    "adults_without_diploma": "NOHSDP",
    "unemployed_people": "UNEMP",
    "single_parent_households": "SNGPNT",
    "homes_without_vehicle": "NOVEH",
    "crowded_homes": "CROWD",
    "people_with_disability": "DISABL",
}
# Universes SVI does not print: our universe, and the variable whose E_ over EP_ is it.
_UNIVERSES = {
    "poverty_universe": "POV",
    "people_5_plus": "LIMENG",
    "adults_25_plus": "NOHSDP",
    "labor_force": "UNEMP",
    "civilians": "DISABL",
}


def read_svi2018(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """Counts of the 2018 Social Vulnerability Index by tract, with their 90% margins.

    Grain: tract x vintage (``area_counts``, ``norm_area_counts``), ACS 2014-2018 on 2010 tracts. Options: ``county``
    (code of five digits or a list of them; others are left out) and ``vintage``. -999 is missing. Households equal occupied homes, as the
    Bureau defines them. People with limited English speak it less than "well".

    SVI prints no universe for poverty, language, schooling, work and disability, but the percentage
    (EP_) over it: the universe is E / EP, at most the population. EP is rounded to a tenth of a
    percent, so the universe may be off, the share is not. Where E and EP are 0 any universe gives
    the published share, and the population stands in. Recovered universes have no margin. All of
    this is in the ledger.

    Raises
    ------
    SourceError
        With all faults: columns missing, damaged tract numbers, other negative numbers.

    References
    ----------
    CDC/ATSDR, Social Vulnerability Index 2018 documentation (2022): variables and their ACS tables.
    """
    chosen = options(entry, county=[], vintage="2014-2018")
    rows, faults, subject = _rows(entry, folder, chosen["county"])
    # a study may read the file twice: for its own county, and for all the state that it is held against
    period = f"{chosen['vintage']}{', the state' if entry.feeds == 'norm_area_counts' else ''}"
    numbers: dict[str, pd.Series] = {}
    needed = dict.fromkeys([*_COUNTS.values(), *_UNIVERSES.values()])
    for column in [f"{part}_{name}" for name in needed for part in ("E", "M")] + [
        f"EP_{name}" for name in _UNIVERSES.values()
    ]:
        numbers[column] = _number(rows, column, entry, faults)
    faults.raise_if_any(subject)
    out = pd.DataFrame({"area_level": "tract", "vintage": str(chosen["vintage"]), "area_geoid": rows["FIPS"]})
    for count, name in _COUNTS.items():
        out[count], out[f"{count}_moe"] = numbers[f"E_{name}"], numbers[f"M_{name}"]
        absent = int(out[count].isna().sum())
        if absent:
            folder.ledger.absence(f"{count} {period}", "SVI marks the tract as -999", count=absent, unit="areas")
    for universe, name in _UNIVERSES.items():
        out[universe], stood_in = _universe(numbers[f"E_{name}"], numbers[f"EP_{name}"], out["population"])
        folder.ledger.note(
            f"{universe} {period}",
            f"recovered from SVI's published percentage (E_{name} over EP_{name}), without a margin",
        )
        if stood_in:
            folder.ledger.repair(
                f"{universe} {period}",
                "the published share is 0, so the population stands in for its universe",
                before=0,
                after=stood_in,
                unit="areas",
            )
        absent = int(out[universe].isna().sum())
        if absent:
            folder.ledger.absence(
                f"{universe} {period}",
                "SVI publishes no percentage for the tract",
                count=absent,
                unit="areas",
            )
    return out


def _universe(estimate: pd.Series, percent: pd.Series, population: pd.Series) -> tuple[pd.Series, int]:
    """The universe behind a published percentage, and for how many areas the population stands in."""
    recovered = (estimate / percent.where(percent > 0) * 100).round()
    universe = np.minimum(np.maximum(recovered, estimate), population)
    zero = (estimate == 0) & ((percent == 0) | (population == 0))
    return universe.mask(zero, population), int((zero & (population > 0)).sum())


def _rows(entry: SourceEntry, folder: Folder, county: str | list[str]) -> tuple[pd.DataFrame, Faults, str]:
    rows = read_rows(folder.file(entry), entry_id=entry.id)
    faults, subject = Faults(), subject_of(entry)
    needed = [
        "FIPS",
        "STCNTY",
        *(f"E_{name}" for name in _COUNTS.values()),
        *(f"EP_{name}" for name in _UNIVERSES.values()),
    ]
    lacking = [column for column in needed if column not in rows.columns]
    faults.add(
        "E-COLUMNS",
        f"columns are missing: {', '.join(lacking)}",
        lacking,
        "Fetch the tract file SVI2018 of the state or the United States.",
    )
    faults.raise_if_any(subject)
    rows["FIPS"] = text_id(rows["FIPS"], length=11, what="FIPS", rows=rows["__row__"], faults=faults)
    faults.add(
        "E-KEY-DUP",
        "FIPS stands twice",
        places(rows["FIPS"].duplicated(keep=False), rows["FIPS"], "FIPS", rows["__row__"]),
        "Do not append files that overlap.",
    )
    if county:
        wanted = [county] if isinstance(county, str) else [str(code) for code in county]
        own = rows["STCNTY"].isin(wanted)
        absent = [code for code in wanted if code not in set(rows["STCNTY"])]
        faults.add(
            "E-COUNTY",
            "the file has no tract of the county",
            absent,
            "Give the option `county` as quoted five-digit codes: '06067'.",
        )
        if (~own).any():
            folder.ledger.loss(entry.files[0].name, "tracts of other counties", count=int((~own).sum()), unit="rows")
        rows = rows[own].reset_index(drop=True)
    faults.raise_if_any(subject)
    return rows, faults, subject


def _number(rows: pd.DataFrame, column: str, entry: SourceEntry, faults: Faults) -> pd.Series:
    if column not in rows.columns:
        return pd.Series(np.nan, index=rows.index)
    values, _ = parse_number(
        rows[column],
        entry=entry,
        what=column,
        absent={"not_reported": SVI_MISSING},
        rows=rows["__row__"],
        faults=faults,
    )
    numbers = values.astype("float64")
    faults.add(
        "E-NEGATIVE",
        f"{column} is negative and not -999",
        places(numbers < 0, rows[column], column, rows["__row__"]),
        "Look the code up in the documentation.",
    )
    return numbers


SOURCES: tuple[Source, ...] = (
    Source(
        "svi2018",
        ("area_counts", "norm_area_counts"),
        "CDC/ATSDR SVI 2018 by tract (E_, M_, EP_ columns)",
        read_svi2018,
    ),
)
