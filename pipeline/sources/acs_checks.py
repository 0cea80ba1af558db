"""Tables of the American Community Survey held against themselves and one another."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.origins import SourceEntry
from pipeline.sources import Folder
from pipeline.sources.faults import Faults
from pipeline.sources.values import subject_of

# Lines of a table that add up to its first: the ages of both sexes, the brackets of household income.
LEAVES = {"B01001": (*range(3, 26), *range(27, 50)), "B19001": tuple(range(2, 18))}
LEAST_AREAS, FULL_AREAS = 0.95, 0.995
_SLACK, _MOST_OFF = 0.05, 0.05


def check_sums(name: str, estimates: pd.DataFrame, geo_ids: pd.Series, subject: str, folder: Folder) -> Faults:
    """Faults of a table whose lines do not add up to its total.

    Rounding leaves at most one. An area that is off by more is a line of the ledger; where
    more than 5% of the areas are off by more than 5%, lines are of another place or year.

    Parameters
    ----------
    name
        Table, such as ``B01001``.
    estimates
        Areas x lines, the columns being the numbers of the lines; NaN where there is no estimate.
    geo_ids
        ``GEO_ID`` of each row.
    """
    faults = Faults()
    lines = list(LEAVES.get(name, ()))
    if not lines or not {1, *lines} <= set(estimates.columns) or estimates.empty:
        return faults
    total = estimates[1].to_numpy(dtype="float64")
    off = np.abs(estimates[lines].to_numpy(dtype="float64").sum(axis=1) - total)
    wrong = off > 1.0
    gross = wrong & (off > _SLACK * np.maximum(total, 1.0))
    told = [
        f"{geo_id}: {name}_E001 is {whole:,.0f}, its lines differ by {by:,.0f}"
        for geo_id, whole, by in zip(geo_ids[wrong], total[wrong], off[wrong], strict=True)
    ]
    if gross.sum() > _MOST_OFF * len(total):
        faults.add(
            "E-TABLE-SUM",
            f"the lines of {name} do not add up to its total",
            told,
            "Columns were changed or taken from another file: fetch the table again.",
        )
    elif told:
        folder.ledger.note(
            subject, f"the lines of {name} do not add up to its total in {len(told)} areas", item=told[0]
        )
    return faults


def require_same_areas(tables: Mapping[str, pd.Index], level: pd.Series, entry: SourceEntry, folder: Folder) -> None:
    """Refuse a table that has other areas than the other tables of its release.

    Parameters
    ----------
    tables
        ``GEO_ID`` of each table's rows.
    level
        Kind of area of every ``GEO_ID`` of the source. A table that lacks a kind altogether (many stop
        at the tract) is as published.

    Raises
    ------
    SourceError
        For each table with fewer than 95% of the areas of a kind; fewer than 99.5% are noted.
    """
    faults = Faults()
    for kind, every in level.groupby(level, sort=True):
        own = {name: every.index.intersection(areas) for name, areas in sorted(tables.items())}
        own = {name: areas for name, areas in own.items() if len(areas)}
        times = pd.Series(0, index=every.index)
        for areas in own.values():
            times[areas] += 1
        # areas of another year stand in the odd table alone and are not asked of the others
        common = every.index[2 * times >= len(own)]
        for name, areas in own.items():
            lacking = common.difference(areas)
            there = len(common) - len(lacking)
            what = f"table {name} has {there:,} of the {len(common):,} areas ({kind}) that most tables have"
            if there < LEAST_AREAS * len(common):
                remedy = "It is cut short, or of another year than the others: fetch all tables of one release."
                faults.add("E-TABLE-AREAS", what, [f"{len(lacking):,} are lacking, the first {lacking.min()}"], remedy)
            elif there < FULL_AREAS * len(common):
                folder.ledger.note(subject_of(entry, name), what, item=str(lacking.min()))
    faults.raise_if_any(subject_of(entry))
