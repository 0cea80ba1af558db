"""Margins of error: the formulas of the Census Bureau's handbook, on whole columns at once.

All margins are 90% ones, as the American Community Survey publishes them; `at_confidence` turns
them into those of another level. A missing estimate or margin gives a missing result. A margin
of zero is that of a controlled estimate: fixed to an official figure, it has no sampling error.
Every function takes numbers, arrays or columns and returns numpy arrays in the same order (a
plain number for plain numbers).

The formulas take the estimates as independent. Where a table's parts vary together the true
margin is larger or smaller; only the Bureau's replicate tables could tell.

References
----------
U.S. Census Bureau (2018), Understanding and Using American Community Survey Data: What All
Data Users Need to Know, chapter 7, "Understanding error and determining statistical
significance", and chapter 8, "Calculating measures of error for derived estimates".
"""

from __future__ import annotations

import re
from types import MappingProxyType
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.errors import ContractError, Fault

Z90 = 1.645  # the Bureau's factor between a standard error and a 90% margin
# Margin over standard error by confidence level, in percent (handbook, chapter 7).
CONFIDENCE = MappingProxyType({90: Z90, 95: 1.960, 99: 2.576})
Numbers = Any  # a number, list, array or column
Floats = npt.NDArray[np.float64]


def standard_error(moe: Numbers) -> Floats:
    """Standard error of an estimate: its 90% margin over 1.645.

    >>> float(standard_error(16.45))
    10.0
    """
    return np.asarray(_floats(moe) / Z90)


def confidence_factor(level: int) -> float:
    """Margin over standard error at a confidence level of 90, 95 or 99 percent.

    Raises
    ------
    ContractError
        If the level is another one.

    >>> confidence_factor(95)
    1.96
    """
    if level not in CONFIDENCE:
        remedy = "Name 90, 95 or 99 (percent): the Bureau publishes its factors for these."
        raise ContractError(
            "confidence level", [Fault("E-CONFIDENCE", "there is no such level", 1, f"{level}", remedy)]
        )
    return CONFIDENCE[level]


def at_confidence(moe: Numbers, level: int) -> Floats:
    """Margin at 90, 95 or 99% confidence, from the published 90% one.

    Raises
    ------
    ContractError
        If the level is another one.

    >>> round(float(at_confidence(3778.0, 95)))
    4501
    """
    return np.asarray(standard_error(moe) * confidence_factor(level))


def moe_of_sum(estimates: Numbers, moes: Numbers) -> Floats:
    """Margin of a sum of estimates: the root of the summed squares of their margins.

    Of the parts whose estimate is zero only the largest margin counts: their margins are not
    independent, and adding all of them would swamp the sum.

    Parameters
    ----------
    estimates, moes : array of shape (..., parts)
        The parts along the last axis; two dimensions give one margin per row.

    Returns
    -------
    array of shape (...)
        90% margin of the sum. Missing where any part or its margin is missing.

    Examples
    --------
    >>> float(moe_of_sum([100.0, 200.0], [30.0, 40.0]))
    50.0
    >>> float(moe_of_sum([100.0, 0.0, 0.0], [5.0, 12.0, 9.0]))
    13.0
    """
    return moe_of_weighted_sum(1.0, estimates, moes)


def moe_of_weighted_sum(weights: Numbers, estimates: Numbers, moes: Numbers) -> Floats:
    """Margin of a weighted sum of estimates, such as the shares of areas that lie in a zone.

    The weights are taken as exact; the zero-estimate rule of `moe_of_sum` holds. A part of
    weight zero takes no part, so its estimate and margin may be missing.

    >>> float(moe_of_weighted_sum([1.0, 0.5], [100.0, 200.0], [30.0, 80.0]))
    50.0
    """
    estimate, moe = np.broadcast_arrays(np.atleast_1d(_floats(estimates)), np.atleast_1d(_floats(moes)))
    weight = np.broadcast_to(np.abs(_floats(weights)), estimate.shape)
    part = np.where(weight == 0, 0.0, weight * np.where(np.isnan(estimate), np.nan, moe))
    zero = (estimate == 0) | (weight == 0)
    squares = np.where(zero, 0.0, part**2).sum(axis=-1)
    largest = np.where(zero, part, 0.0).max(axis=-1, initial=0.0)
    return np.asarray(np.sqrt(squares + largest**2))


def moe_of_proportion(
    numerator: Numbers, numerator_moe: Numbers, denominator: Numbers, denominator_moe: Numbers
) -> Floats:
    """Margin of a proportion whose numerator is part of its denominator.

    Where the number under the root is negative the formula of the ratio is used, as the
    handbook says. A proportion of exactly 1 has the margin of its numerator over the
    denominator. A denominator of zero gives a missing margin.

    >>> round(float(moe_of_proportion(40.0, 20.0, 100.0, 30.0)), 4)
    0.16
    >>> round(float(moe_of_proportion(90.0, 20.0, 100.0, 30.0)), 4)
    0.336
    """
    x, x_moe, y, y_moe = _same(numerator, numerator_moe, denominator, denominator_moe)
    share = _over(x, y)
    radicand = x_moe**2 - share**2 * y_moe**2
    radicand = np.where(radicand < 0, x_moe**2 + share**2 * y_moe**2, radicand)
    return np.asarray(_over(np.where(share == 1, x_moe, np.sqrt(radicand)), y))


def moe_of_ratio(numerator: Numbers, numerator_moe: Numbers, denominator: Numbers, denominator_moe: Numbers) -> Floats:
    """Margin of a ratio of two estimates, neither of which is part of the other.

    >>> round(float(moe_of_ratio(50.0, 30.0, 100.0, 80.0)), 4)
    0.5
    """
    x, x_moe, y, y_moe = _same(numerator, numerator_moe, denominator, denominator_moe)
    ratio = _over(x, y)
    return np.asarray(_over(np.sqrt(x_moe**2 + ratio**2 * y_moe**2), np.abs(y)))


def moe_of_product(a: Numbers, a_moe: Numbers, b: Numbers, b_moe: Numbers) -> Floats:
    """Margin of a product of two estimates.

    >>> float(moe_of_product(10.0, 3.0, 2.0, 0.8))
    10.0
    """
    first, first_moe, second, second_moe = _same(a, a_moe, b, b_moe)
    return np.asarray(np.sqrt(first**2 * second_moe**2 + second**2 * first_moe**2))


def moe_of_difference(a_moe: Numbers, b_moe: Numbers) -> Floats:
    """Margin of a difference of two independent estimates.

    >>> float(moe_of_difference(30.0, 40.0))
    50.0
    """
    return np.asarray(np.hypot(_floats(a_moe), _floats(b_moe)))


def moe_of_percent_change(earlier: Numbers, earlier_moe: Numbers, later: Numbers, later_moe: Numbers) -> Floats:
    """Margin of (later - earlier) / earlier, as a share of the earlier: that of the ratio later / earlier.

    Taking 1 from a ratio does not change its margin. Both margins count, that of the earlier
    estimate times the ratio. Times 100 it is in percentage points. The two estimates must not
    share interviews; an earlier estimate of zero gives a missing margin.

    >>> round(float(moe_of_percent_change(100.0, 10.0, 150.0, 20.0)), 4)
    0.25
    """
    return moe_of_ratio(later, later_moe, earlier, earlier_moe)


def coefficient_of_variation(estimate: Numbers, moe: Numbers) -> Floats:
    """Standard error over the estimate, as a fraction; 1 for an estimate of zero, by convention.

    A controlled estimate (margin zero) has none to vary by: 0, be it itself zero or not.

    >>> coefficient_of_variation([100.0, 0.0, 0.0], [16.45, 12.0, 0.0]).round(3).tolist()
    [0.1, 1.0, 0.0]
    """
    value, margin = _same(estimate, moe)
    known = ~np.isnan(value) & ~np.isnan(margin)
    cv = np.where(value == 0, np.where(margin == 0, 0.0, 1.0), _over(margin / Z90, np.abs(value)))
    return np.asarray(np.where(known, cv, np.nan))


def reliability_class(
    estimate: Numbers, moe: Numbers, *, high_cv: float = 0.12, medium_cv: float = 0.40
) -> npt.NDArray[np.object_]:
    """Class of an estimate by its coefficient of variation: high, medium, low or not_known.

    The Census Bureau sets no rule; the cuts are the study's (12% and 40% are in wide use).

    >>> reliability_class([1000.0, 100.0, 10.0, None], [16.45, 32.9, 32.9, 5.0]).tolist()
    ['high', 'medium', 'low', 'not_known']
    """
    cv = coefficient_of_variation(estimate, moe)
    classes = np.select([np.isnan(cv), cv <= high_cv, cv <= medium_cv], ["not_known", "high", "medium"], "low")
    return classes.astype(object)


def difference_z(
    earlier: Numbers, earlier_moe: Numbers, later: Numbers, later_moe: Numbers, *, shared_years_share: float = 0.0
) -> Floats:
    """Change over its standard error; beyond 1.645 either way it is significant at 90%.

    Missing where both margins are zero: such counts differ or not, there is nothing to test.

    Parameters
    ----------
    earlier, earlier_moe, later, later_moe
        Two estimates and their 90% margins.
    shared_years_share
        Share of the years that the two periods have in common (`shared_years_share`). Shared
        interviews vary both estimates alike, so the standard error of the difference is smaller:
        times the root of 1 - share.

    Raises
    ------
    ContractError
        If the share is not in 0 to 1: of a period with itself there is no change to test.

    References
    ----------
    U.S. Census Bureau, Instructions for Applying Statistical Testing to American Community Survey
    Data (2013): multiyear periods that overlap. The Bureau advises against such comparisons.

    >>> round(float(difference_z(100.0, 30.0, 150.0, 40.0)), 3)
    1.645
    >>> round(float(difference_z(100.0, 30.0, 150.0, 40.0, shared_years_share=0.75)), 3)
    3.29
    """
    if not 0 <= shared_years_share < 1:
        remedy = "Take it from `shared_years_share` of two different periods."
        what = "the share of common years must be at least 0 and below 1"
        raise ContractError("test of a change", [Fault("E-SHARED-YEARS", what, 1, f"{shared_years_share}", remedy)])
    x, x_moe, y, y_moe = _same(earlier, earlier_moe, later, later_moe)
    return np.asarray(_over(y - x, np.hypot(x_moe, y_moe) / Z90 * np.sqrt(1 - shared_years_share)))


def is_significant_change(
    earlier: Numbers,
    earlier_moe: Numbers,
    later: Numbers,
    later_moe: Numbers,
    *,
    level: int = 90,
    shared_years_share: float = 0.0,
) -> npt.NDArray[np.bool_]:
    """Whether two estimates differ by more than sampling explains, at 90, 95 or 99% confidence.

    For one comparison that was asked beforehand. Of many areas tested at 90%, one in ten differs
    by chance: `growth` corrects for that. False where a margin is missing; where both are zero
    (controlled), true if the estimates differ.

    Parameters and what is raised as in `difference_z` and `confidence_factor`.

    >>> is_significant_change(100.0, 30.0, [150.0, 152.0], 40.0).tolist()
    [False, True]
    >>> bool(is_significant_change(100.0, 30.0, 152.0, 40.0, level=95))
    False
    """
    z = difference_z(earlier, earlier_moe, later, later_moe, shared_years_share=shared_years_share)
    x, x_moe, y, y_moe = _same(earlier, earlier_moe, later, later_moe)
    exact = (x_moe == 0) & (y_moe == 0) & ~np.isnan(x) & ~np.isnan(y)
    return np.asarray(np.where(exact, x != y, np.abs(z) > confidence_factor(level)), dtype=bool)


def years_of(period: str) -> tuple[int, int]:
    """First and last year of a period, or of any name that holds one.

    >>> years_of("2019-2023"), years_of("zone elementary 2024")
    ((2019, 2023), (2024, 2024))
    """
    years = [int(year) for year in re.findall(r"\d{4}", period)]
    return years[0], years[-1]


def shared_years_share(first: str, second: str) -> float:
    """Share of a period's years that another period of the same length has too, for `difference_z`.

    Raises
    ------
    ContractError
        If the periods are not equally long: the Bureau gives no such factor for them.

    >>> shared_years_share("2018-2022", "2019-2023"), shared_years_share("2014-2018", "2019-2023")
    (0.8, 0.0)
    """
    (start, end), (other_start, other_end) = years_of(first), years_of(second)
    length = end - start + 1
    if other_end - other_start + 1 != length:
        what = "two periods must be of the same length to be compared"
        remedy = "Compare five-year figures with five-year figures."
        raise ContractError("test of a change", [Fault("E-PERIODS", what, 1, f"{first} and {second}", remedy)])
    return max(0, min(end, other_end) - max(start, other_start) + 1) / length


def overlap_reason(before: str | None, now: str) -> str:
    """Why two periods cannot be compared; empty when they can.

    Two five-year periods that share years share interviews, so that their difference has
    another margin than the formula gives. They are refused; whoever must compare them all the same
    can test one difference with `is_significant_change` and `shared_years_share`.

    References
    ----------
    U.S. Census Bureau (2018), Understanding and Using American Community Survey Data, ch. 4:
    compare periods that do not overlap.

    >>> overlap_reason("2014-2018", "2019-2023")
    ''
    >>> overlap_reason("2016-2020", "2019-2023")
    'the periods 2016-2020 and 2019-2023 share the years 2019-2020'
    """
    if before is None:
        return "the study names no earlier vintage (vintages.before)"
    first, last = years_of(before)
    start, end = years_of(now)
    shared = (max(first, start), min(last, end))
    if shared[0] <= shared[1]:
        return f"the periods {before} and {now} share the years {shared[0]}-{shared[1]}"
    return "" if last < start else f"the period {before} is not earlier than {now}"


def _floats(values: Numbers) -> Floats:
    return np.asarray(values, dtype="float64")


def _same(*values: Numbers) -> tuple[Floats, ...]:
    return tuple(np.broadcast_arrays(*(_floats(value) for value in values)))


def _over(numerator: Floats, denominator: Floats) -> Floats:
    """Division that leaves a hole, not an infinity, where there is nothing to divide by."""
    empty = np.full(np.broadcast(numerator, denominator).shape, np.nan)
    return np.asarray(np.divide(numerator, denominator, out=empty, where=denominator != 0))
