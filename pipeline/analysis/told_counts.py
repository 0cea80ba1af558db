"""The counts behind a share of the need index, where they may be told: of the census alone."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.disclosure import to_nearest
from pipeline.analysis.indicators import BY_INDICATOR

COUNTS = ("indicator_count", "indicator_count_moe", "universe_count", "universe_count_moe")
POINT = 0.01  # of a share


def told_counts(parts: pd.DataFrame, profile: pd.DataFrame) -> pd.DataFrame:
    """Numerator and universe of each indicator of a neighborhood with their margins, as whole numbers.

    Counts of the census are protected by the Bureau. Of pupils no count is told: the share is told in steps, so
    that the pupils below standard cannot be found out. Nor are counts that do not give their share to a point: a few
    people, of whom parts were carried, or more than their universe (two samples err apart).

    Parameters
    ----------
    parts
        The table ``need_contributions``.
    profile
        Rows of ``neighborhood_profile`` of the vintage that the shares are of.

    Returns
    -------
    pandas.DataFrame
        The columns `COUNTS`, in the order of ``parts``.

    >>> parts = pd.DataFrame({"neighborhood_id": "n1", "indicator": ["poverty", "below_standard"], "indicator_share": [0.25, 0.5]})
    >>> profile = pd.DataFrame({"neighborhood_id": ["n1"], "people_in_poverty": [20.1], "people_in_poverty_moe": [8.0], "poverty_universe": [80.4], "poverty_universe_moe": [9.6]})
    >>> told_counts(parts, profile).to_numpy().tolist()
    [[20.0, 8.0, 80.0, 10.0], [nan, nan, nan, nan]]
    """
    known = profile.set_index("neighborhood_id")
    told = pd.DataFrame(np.nan, index=parts.index, columns=list(COUNTS))
    for name, rows in parts[parts["indicator_share"].notna()].groupby("indicator", sort=True):
        indicator = BY_INDICATOR[str(name)]
        counts = [indicator.numerator, f"{indicator.numerator}_moe", indicator.universe, f"{indicator.universe}_moe"]
        if indicator.source != "census" or not set(counts) <= set(known.columns):
            continue
        own = known.loc[rows["neighborhood_id"], counts].set_axis(rows.index)
        whole = np.column_stack([to_nearest(own[count], 1.0) for count in counts])
        with np.errstate(invalid="ignore", divide="ignore"):
            fits = np.abs(whole[:, 0] / whole[:, 2] - rows["indicator_share"].to_numpy()) <= POINT
        told.loc[rows.index[fits]] = whole[fits]
    return told
