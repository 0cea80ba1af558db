"""Medians rebuilt from counts by bracket, with their margins.

A median cannot be averaged, added or interpolated between areas. What can travel is the number of
households in each bracket of income; where they have arrived the median is found again.

References
----------
U.S. Census Bureau, American Community Survey 2010, Subject Definitions, "Median income" and "Derived
measures": medians of income are found by linear interpolation within the interval that holds them
(no longer by Pareto's), and a median in an open interval is given as its bound. The Bureau's own
intervals are narrower than those of its tables, so a rebuilt median is not to the dollar the published one.
U.S. Census Bureau, PUMS Accuracy of the Data (2013-2017), "Standard errors of medians": design
factor, and the interval found from the standard error of 50 percent (after Woodruff 1952, J. Amer.
Statist. Assoc. 47).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from pipeline.analysis.uncertainty import Z90, Floats, Numbers, moe_of_weighted_sum, standard_error
from pipeline.errors import ContractError, Fault
from pipeline.numerals import trimmed

Flags = npt.NDArray[np.bool_]


class Medians(NamedTuple):
    """Medians of some areas: value and 90% margin, and whether the value is only a bound."""

    median: Floats
    moe: Floats
    is_bottom_coded: Flags
    is_top_coded: Flags


def median_from_brackets(
    counts: Numbers,
    lower: Numbers,
    upper: Numbers,
    *,
    moes: Numbers = None,
    design_factor: float | None = None,
    sample_share: float = 0.125,
) -> Medians:
    """Median of each area from its counts by bracket, by linear interpolation, with a 90% margin.

    The margin is half of the way between the values below which 50% less and plus one standard error
    lie, times 1.645. That standard error comes from the Bureau's design factor if one is given,
    and otherwise from the margins of the brackets, taken as independent.

    Parameters
    ----------
    counts : array (areas, brackets)
        Households (or people) of each bracket, from the lowest; one dimension is one area.
    lower, upper : array (brackets)
        Bounds; each bracket ends where the next begins. NaN where the first is open below and the last
        above.
    moes : array (areas, brackets), optional
        90% margins of the counts.
    design_factor : float, optional
        By how much the standard error exceeds that of a simple random sample; the Bureau publishes it
        by state and subject.
    sample_share : float
        Share of all households that were asked: about 2.5% in each year of the survey.

    Returns
    -------
    Medians
        One entry per area. A median in an open bracket is its bound, flagged, without a margin. Missing
        where a count is missing or nobody is counted; the margin also where the interval reaches into
        an open bracket or neither margins nor a design factor are given.

    Raises
    ------
    ContractError
        If brackets overlap, leave gaps or do not fit the counts, if a count is negative, or the sample
        share is not between 0 and 1.

    Examples
    --------
    >>> found = median_from_brackets([[20.0, 40.0, 40.0], [0.0, 10.0, 90.0]], [np.nan, 10e3, 20e3], [10e3, 20e3, np.nan], design_factor=1.5)
    >>> found.median.tolist(), found.is_top_coded.tolist()
    ([17500.0, 20000.0], [False, True])
    """
    values = np.atleast_2d(np.asarray(counts, dtype="float64"))
    low, high = np.asarray(lower, dtype="float64"), np.asarray(upper, dtype="float64")
    _require_brackets(values, low, high, sample_share)
    total = values.sum(axis=1)
    half = np.full(len(values), 0.5)
    median, at = _value_at(values, low, high, half)
    if design_factor is not None:
        # 50% x 50% over the number asked, less what a sample of the whole would not err
        variance = np.divide((1 / sample_share - 1) * 0.25, total, out=np.full_like(total, np.nan), where=total > 0)
        error = design_factor * np.sqrt(variance)
    elif moes is not None:
        below = _share_below(values, low, high, median, at)
        margin = moe_of_weighted_sum(below - 0.5, values, np.atleast_2d(np.asarray(moes, dtype="float64")))
        error = np.divide(standard_error(margin), total, out=np.full_like(total, np.nan), where=total > 0)
    else:
        error = np.full_like(total, np.nan)
    ends = [_value_at(values, low, high, half + side * error)[0] for side in (-1.0, 1.0)]
    known = total > 0
    is_bottom = known & (at == 0) & bool(np.isnan(low[0]))
    is_top = known & (at == values.shape[1] - 1) & bool(np.isnan(high[-1]))
    median = np.where(is_bottom, high[0], np.where(is_top, low[-1], median))
    moe = np.where(is_bottom | is_top, np.nan, Z90 * (ends[1] - ends[0]) / 2)
    return Medians(median, moe, is_bottom, is_top)


def _value_at(values: Floats, low: Floats, high: Floats, share: Floats) -> tuple[Floats, npt.NDArray[np.int64]]:
    """Value below which a share of each area lies, and its bracket; missing in an open one or beyond all."""
    sums = values.cumsum(axis=1)
    wanted = share * sums[:, -1]
    at = np.minimum((sums < wanted[:, None]).sum(axis=1), values.shape[1] - 1)
    rows = np.arange(len(values))
    inside = values[rows, at]
    part = np.divide(wanted - (sums[rows, at] - inside), inside, out=np.full_like(wanted, np.nan), where=inside > 0)
    found = low[at] + part * (high[at] - low[at])
    return np.where((share > 0) & (share < 1), found, np.nan), at


def _share_below(values: Floats, low: Floats, high: Floats, median: Floats, at: npt.NDArray[np.int64]) -> Floats:
    """Share of each bracket that lies below the median of its area."""
    number = np.arange(values.shape[1])
    below = np.where(number < at[:, None], 1.0, 0.0)
    part = (median - low[at]) / (high[at] - low[at])
    return np.where(number == at[:, None], part[:, None], below)


def _require_brackets(values: Floats, low: Floats, high: Floats, sample_share: float) -> None:
    wrong = ""
    if low.shape != high.shape or low.ndim != 1 or values.shape[1] != len(low):
        wrong = f"{values.shape[1]} counts per area, {low.size} lower and {high.size} upper bounds"
    elif not (np.array_equal(low[1:], high[:-1]) and (np.diff(low[1:]) > 0).all() and not (low >= high).any()):
        wrong = f"bounds from {low.tolist()} to {high.tolist()}"
    elif (values < 0).any():
        wrong = f"a count of {trimmed(np.nanmin(values))}"
    elif not 0 < sample_share < 1:
        wrong = f"a sample share of {trimmed(sample_share)}"
    if wrong:
        what = "brackets must adjoin, rise, fit the counts and hold no negative ones, of a sample between 0 and 1"
        raise ContractError("counts by bracket", [Fault("E-BRACKETS", what, 1, wrong, "Give every bracket in order.")])
