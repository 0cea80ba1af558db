"""American Community Survey table B19001: households by bracket of income, from which medians are rebuilt."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.acs_tables import WHY, areas_of, read_tables

TABLE = "B19001"
# Bounds of lines 2 to 17; the lowest bracket is open below (losses are incomes), the highest above.
BOUNDS_USD = (10_000, 15_000, 20_000, 25_000, 30_000, 35_000, 40_000, 45_000, 50_000, 60_000, 75_000, 100_000,
              125_000, 150_000, 200_000)  # fmt: skip
LINES = tuple(range(2, len(BOUNDS_USD) + 3))


def read_income_brackets(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """Households by bracket of income, by block group and tract, each with its 90% margin.

    Grain: census area x vintage x bracket (``bracket_counts``), with ``measure`` 'household_income'.
    Options as in `acs.read_acs_summary_file`. Incomes are in dollars of the last year of the period.
    A bracket whose estimate is missing is empty in all brackets of the area alike, as the Bureau
    publishes a table whole or not at all; the ledger says why.

    Raises
    ------
    SourceError
        With all faults of a file, as for counts; also a table other than B19001, or brackets that
        do not add up to the households.

    References
    ----------
    U.S. Census Bureau, American Community Survey, table B19001: household income in the past 12 months.

    Examples
    --------
    >>> from pathlib import Path
    >>> from pipeline import config
    >>> from pipeline.ledger import Ledger
    >>> study = config.load(Path("studies/millbrook.yaml"))
    >>> source = next(s for s in study.raw.census if s.feeds == "bracket_counts")
    >>> room = Folder(Path("data/raw/millbrook/census"), study.geography.crs, study.geography.box, Ledger())
    >>> read_income_brackets(source, room)[["bracket", "bracket_low_usd", "bracket_high_usd"]].drop_duplicates().iloc[[0, 1, -1]].values.tolist()
    [[1.0, nan, 10000.0], [2.0, 10000.0, 15000.0], [16.0, 200000.0, nan]]
    """
    chosen = options(entry, vintage=entry.vintage, area_levels=["block_group", "tract"], geoid_prefixes=[])
    tables = read_tables(entry, folder, chosen, lambda name, columns: list(LINES) if name == TABLE else [])
    lines = tables[TABLE]
    areas = areas_of(tables, str(chosen["vintage"]))
    order = areas["geo_id"].tolist()
    estimates, margins, reasons = (part.loc[order] for part in (lines.estimates, lines.margins, lines.reasons))
    lacking = estimates.isna().any(axis=1).to_numpy()
    why = reasons.mask(reasons == "reported").bfill(axis=1).iloc[:, 0]
    for (level, reason), cells in areas[lacking].groupby(["area_level", why[lacking].to_numpy()]):
        folder.ledger.absence(
            f"household income {chosen['vintage']}", WHY[str(reason)], count=len(cells), unit="areas", item=str(level)
        )
    count = len(LINES)
    keys = areas.loc[areas.index.repeat(count), ["area_level", "vintage", "area_geoid"]].reset_index(drop=True)
    bounds = np.array([np.nan, *BOUNDS_USD, np.nan])
    return keys.assign(
        measure="household_income",
        bracket=np.tile(np.arange(1, count + 1), len(areas)),
        bracket_low_usd=np.tile(bounds[:-1], len(areas)),
        bracket_high_usd=np.tile(bounds[1:], len(areas)),
        households=np.where(lacking[:, None], np.nan, estimates.to_numpy()).ravel(),
        households_moe=np.where(lacking[:, None], np.nan, margins.to_numpy()).ravel(),
    )


SOURCES: tuple[Source, ...] = (
    Source(
        "acs_summary_file",
        ("bracket_counts",),
        "acsdt5yYYYY-b19001.dat of the ACS table-based summary file",
        read_income_brackets,
    ),
)
