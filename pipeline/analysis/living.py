"""Flows of pupils as numbers: hidden ones by what they can be, held against what the schools have."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.enrollment import middle
from pipeline.analysis.rolls import Rolls
from pipeline.columns import GRADES
from pipeline.ledger import Ledger

Array = np.ndarray


def living(flows: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Flows with ``living``, the number or the middle of what it can be, and half the width of that."""
    hidden = flows["pupils"].isna()
    half_width = ((flows["pupils_high"] - flows["pupils_low"]) / 2).where(hidden, 0.0)
    table = flows.assign(living=middle(flows), half_width=half_width).astype({"living": "float64"})
    unknown = table["living"].isna()
    if unknown.any():
        ledger.absence("flows", "neither a number nor an interval: not in the outlook", count=float(unknown.sum()))
    return table[~unknown]


def excess_of(flows: pd.DataFrame, enrolled: Array, ledger: Ledger) -> float:
    """Pupils of the flows beyond those the schools have at the level, all schools together; recorded."""
    table = flows.assign(enrolled=enrolled).groupby(["school_id", "level"])
    over = (table["living"].sum() - table["enrolled"].first()).clip(lower=0.0)
    excess = float(over.sum())
    if excess > 0:
        ledger.loss(
            "flows",
            "more pupils of a level live in the zones than their school has: the zones share those it has",
            count=excess,
            unit="pupils",
            item=" ".join(over.index[over > 0][0]),
        )
    return excess


def enrolled_at(found: Rolls, ids: Array, year: int, bands: Mapping[str, tuple[str, ...]], ledger: Ledger) -> Array:
    """Pupils of each school by level in the year of the flows, or the nearest known; zero where it is not known."""
    at = min(max(found.at(year), 0), len(found.years) - 1)
    if int(found.years[at]) != year:
        ledger.note(
            "flows",
            f"there is no enrollment of fall {year}: the flows are taken as shares of the pupils of fall {int(found.years[at])}",
        )
    counts = np.nan_to_num(found.pupils[pd.Index(found.schools).get_indexer(ids), :, at])
    levels = [counts[:, [GRADES.index(g) for g in grades]].sum(axis=1) for grades in bands.values()]
    return np.column_stack(levels)
