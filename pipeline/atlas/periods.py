"""Which rows of a published table are of now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pipeline.atlas.spec import About

if TYPE_CHECKING:
    import pandas as pd


def latest(long: pd.DataFrame, about: About) -> pd.DataFrame:
    """Rows of the school year now, or of the two vintages that the study compares."""
    if "fall_year" in long:
        # rows of the school year now; a table that begins later or ends earlier gives its nearest year
        past = long.loc[long["fall_year"] <= about.fall_year, "fall_year"]
        year = past.max() if len(past) else long["fall_year"].min()
        return long[long["fall_year"] == year]
    wanted = long[(long["vintage_to"] == about.now) & (long["vintage_from"] == about.before)]
    if wanted.empty and len(long):
        first, last = max(
            zip(long["vintage_from"], long["vintage_to"], strict=True), key=lambda pair: (pair[1], pair[0])
        )
        wanted = long[(long["vintage_from"] == first) & (long["vintage_to"] == last)]
    return wanted
