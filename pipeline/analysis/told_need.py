"""Need in the form it may be told in: shares of pupils in steps, scores in units that their parts add up to.

The shares of pupils among the indicators are told in steps of five points and without a margin. An
index whose parts were told in full would give them away again, so scores and their parts are whole
points that still add up (`in_units`).
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analysis.indicators import BY_INDICATOR

Floats = npt.NDArray[np.float64]

STEP = 0.05  # of shares of pupils, and of scores in standard deviations


def of_pupils(indicators: pd.Series) -> pd.Series:
    """Which indicators are shares of pupils, whose counts are not to be found out.

    >>> of_pupils(pd.Series(["below_standard", "poverty", "poor_access"])).tolist()
    [True, False, False]
    """
    return indicators.isin([name for name, one in BY_INDICATOR.items() if one.source == "pupils"])


def in_units(parts: Floats, unit: float) -> Floats:
    """Parts as multiples of a unit that add up to the sum of the parts, rounded to that unit.

    Each part is cut down to its multiple; what the rounded sum is short of goes to the largest
    remainders, of equal ones to the first. No part is off by a unit or more.

    Parameters
    ----------
    parts : array (areas, parts)
        Empty parts stay empty and count nothing.
    unit : float

    Returns
    -------
    array (areas, parts)

    References
    ----------
    Balinski & Young (1982), Fair Representation: Hamilton's method of largest remainders.

    >>> in_units(np.array([[3.4, 3.4, 3.4]]), 1.0).tolist(), in_units(np.array([[-0.12, 0.31]]), 0.05).tolist()
    ([[4.0, 3.0, 3.0]], [[-0.1, 0.3]])
    """
    wholes = parts / unit
    down = np.floor(wholes + 1e-9)
    left = np.where(np.isfinite(wholes), wholes - down, -1.0)
    sums = np.nansum(wholes, axis=1, keepdims=True)
    short = np.floor(sums + 0.5 + 1e-9) - np.nansum(down, axis=1, keepdims=True)
    place = np.argsort(np.argsort(-np.round(left, 9), axis=1, kind="stable"), axis=1, kind="stable")
    told: Floats = np.round((down + (place < short)) * unit, 9) + 0.0
    return told


def unit_of(parts: pd.DataFrame, family: str) -> float:
    """The unit in which scores and their parts may be told: none by which a share of pupils is known to less than five points.

    Parameters
    ----------
    parts
        ``indicator indicator_share indicator_weight contribution_index``. On a scale of 0 to 100
        five points of a rank are five hundredths of the part's weight, at least a point; in standard
        deviations five points of a share are as much as the part moves by them, at least 0.05.

    >>> parts = pd.DataFrame({"indicator": "below_standard", "indicator_share": [0.2, 0.6], "indicator_weight": 0.5, "contribution_index": [0.0, 50.0]})
    >>> unit_of(parts, "percentile"), unit_of(parts.assign(contribution_index=[-0.5, 0.5]), "standardised")
    (3.0, 0.15)
    """
    pupils = parts[of_pupils(parts["indicator"]) & parts["contribution_index"].notna()]
    if family != "standardised":
        heaviest = pupils["indicator_weight"].max() if len(pupils) else 0.0
        return float(max(1, math.ceil(100 * STEP * heaviest - 1e-9)))
    spread = pupils.groupby("indicator")[["indicator_share", "contribution_index"]].std(ddof=0)
    moved = (spread["contribution_index"] / spread["indicator_share"].where(spread["indicator_share"] > 0)).max()
    return round(STEP * max(1, math.ceil(moved - 1e-9)) if moved == moved else STEP, 9)


def told_contributions(parts: pd.DataFrame, family: str) -> pd.DataFrame:
    """The table ``need_contributions`` as it is told: whole points that add up to the published index.

    Shares of pupils, and their percentiles, are told in steps of five points, without a margin.
    """
    pupils = of_pupils(parts["indicator"])
    return told_parts(parts, unit_of(parts, family), ["neighborhood_id"]).assign(
        indicator_share=parts["indicator_share"].mask(pupils, _in_steps(parts["indicator_share"])),
        indicator_share_moe=parts["indicator_share_moe"].mask(pupils),
        percentile_share=parts["percentile_share"].mask(pupils, _in_steps(parts["percentile_share"])),
    )


def _in_steps(shares: pd.Series) -> pd.Series:
    return ((shares / STEP).round() * STEP).round(9)


def told_parts(parts: pd.DataFrame, unit: float, by: list[str]) -> pd.DataFrame:
    """Contributions in units, area by area; the parts of an area are in any order and number."""
    if parts.empty:
        return parts
    rows = parts.groupby(by, sort=False).ngroup().to_numpy()
    columns = parts.groupby(by, sort=False).cumcount().to_numpy()
    wide = np.full((rows.max() + 1, columns.max() + 1), np.nan)
    wide[rows, columns] = parts["contribution_index"].to_numpy(dtype="float64")
    return parts.assign(contribution_index=in_units(wide, unit)[rows, columns])


def told_need(need: pd.DataFrame, parts: pd.DataFrame, family: str) -> pd.DataFrame:
    """The table ``need`` with its index and the mean shift of its ranks as they are told."""
    unit = unit_of(parts, family)
    return need.assign(
        need_index=in_unit(need["need_index"], unit), need_rank_shift=in_unit(need["need_rank_shift"], 0.1)
    )


def in_unit(values: pd.Series, unit: float) -> pd.Series:
    """Values to the nearest unit, halves up as on the pages."""
    return (np.floor(values / unit + 0.5 + 1e-9) * unit).round(9) + 0.0
