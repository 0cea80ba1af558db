"""How far ahead the outlook of schools was tried, and how often its intervals held there."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.atlas.outlook_answers import size_words
from pipeline.atlas.outlook_frames import AS_CHOSEN
from pipeline.numerals import chance, count_of, number

LARGE = 200.0


def tested_years(tables: Mapping[str, Any]) -> int | None:
    """The most years ahead that the back-test reached; None where nothing was tested.

    >>> import pandas as pd
    >>> tested_years({"public_backtest": pd.DataFrame({"horizon_years": [1, 5, 3]})})
    5
    """
    rows = tables["public_backtest"]
    return int(rows["horizon_years"].max()) if len(rows) else None


def held(tables: Mapping[str, Any], pupils: float) -> str:
    """How often the 80% intervals of schools of a size held what happened, the longest time ahead; empty where not known.

    Parameters
    ----------
    tables : mapping
        ``public_backtest``.
    pupils : float
        Pupils of the school today; NaN where they are not told.
    """
    rows = tables["public_backtest"]
    size = "200_and_over" if pupils >= LARGE else "under_200"
    rows = rows[
        (rows["method"] == AS_CHOSEN) & (rows["size_class"] == size) & (rows["horizon_years"] == tested_years(tables))
    ]
    rows = rows[rows["interval_share"].notna() & rows["interval_cases"].gt(0)]
    if pupils != pupils or rows.empty:
        return ""
    row = rows.iloc[0]
    return (
        f"in tests on past years intervals of {size_words(size)} held in {chance(row['interval_share'])} of "
        f"{number(row['interval_cases'])} cases {count_of(row['horizon_years'], 'year', 'years')} ahead, where 80% should"
    )
