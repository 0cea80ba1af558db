"""Which pupil counts may be shown: small ones are hidden, and so are those that would give them away."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipeline.columns import HIDDEN

Published = tuple[pd.DataFrame, dict[str, Any]]


def report_line(
    table: str, shown: int, primary: int = 0, complementary: int = 0, reason: str = "no pupil counts"
) -> dict[str, Any]:
    """A published table's line of the disclosure report: cells shown and hidden, and by which rule.

    >>> report_line("public_schools", 40, 2)["primary_hidden_cells"]
    2.0
    """
    return {
        "public_table": table,
        "shown_cells": float(shown),
        "primary_hidden_cells": float(primary),
        "complementary_hidden_cells": float(complementary),
        "reason": reason,
    }


def is_small(counts: pd.Series, smallest: float) -> pd.Series:
    """Say which counts stand for so few pupils that they must not be shown.

    Zero may be shown: it stands for nobody. A missing count is not small, it is missing.

    Parameters
    ----------
    counts : pupils, any grain.
    smallest : the least count that may be shown.

    Returns
    -------
    Boolean series aligned to ``counts``.

    References
    ----------
    NCES 2011-603, Statistical Methods for Protecting Personally Identifiable Information in
    Aggregate Reporting: minimum group size.

    Examples
    --------
    >>> is_small(pd.Series([0.0, 4.0, 11.0, float("nan")]), 11).tolist()
    [False, True, False, False]
    """
    return (counts > 0) & (counts < smallest)


def complements(counts: pd.Series, hidden: pd.Series, groups: pd.Series, smallest: float, cells: int = 2) -> pd.Series:
    """Say which further counts to hide so that a group's total does not give a hidden one away.

    Within a group whose total can be known, hidden counts are recoverable when there is only
    one of them or when together they stand for fewer than ``smallest`` pupils. The smallest
    shown counts above zero (ties: first row) are then hidden as well. A zero never serves. Where the
    total is told in tens and so are the counts, one hidden count (``cells``) is enough.

    Returns
    -------
    Boolean series: the complementary cells alone, without those already ``hidden``.

    References
    ----------
    Cox (1980), Suppression Methodology and Statistical Disclosure Control, JASA 75(370).

    Examples
    --------
    >>> counts = pd.Series([4.0, 30.0, 20.0, 50.0])
    >>> complements(counts, counts < 11, pd.Series(["a"] * 4), 11).tolist()
    [False, False, True, False]
    """
    extra = pd.Series(False, index=counts.index)
    for _, rows in counts.groupby(groups, sort=True).groups.items():
        inside = counts.loc[rows]
        secret = hidden.loc[rows].to_numpy()
        if not secret.any():
            continue
        usable = inside[~secret & (inside > 0).to_numpy()].sort_values(kind="stable")
        total, number = float(np.nansum(inside[secret])), int(secret.sum())
        for row, value in usable.items():
            if number >= cells and total >= smallest:
                break
            extra.loc[row] = True
            total, number = total + float(value), number + 1
    return extra


def exposed(counts: pd.Series, hidden: pd.Series, groups: pd.Series, smallest: float) -> int:
    """How many groups could not be protected: what is hidden in them is one count, or few pupils.

    Examples
    --------
    >>> counts = pd.Series([4.0, 0.0])
    >>> exposed(counts, pd.Series([True, False]), pd.Series(["a", "a"]), 11)
    1
    """
    secret = counts.where(hidden).groupby(groups).agg(["count", "sum"])
    return int(((secret["count"] > 0) & ((secret["count"] < 2) | (secret["sum"] < smallest))).sum())


def as_text(counts: pd.Series, hidden: pd.Series) -> pd.Series:
    """Write counts as they are published: whole numbers, ``*`` where hidden, empty where missing.

    Examples
    --------
    >>> as_text(pd.Series([1234.0, 4.0, float("nan")]), pd.Series([False, True, False])).tolist()
    ['1234', '*', '']
    """
    text = counts.map(lambda value: "" if pd.isna(value) else f"{round(value):d}").astype("str")
    return text.mask(hidden, HIDDEN)


def blank(frame: pd.DataFrame, hidden: pd.Series, columns: list[str]) -> pd.DataFrame:
    """Empty the columns from which a hidden count could be computed, in the hidden rows."""
    return frame.assign(**{column: frame[column].mask(hidden) for column in columns})


def in_tens(counts: pd.Series) -> pd.Series:
    """Counts cut down to tens, never up: what a few pupils add to a number cannot be read off it.

    Examples
    --------
    >>> in_tens(pd.Series([1.0, 19.9, 405.0])).tolist()
    [0.0, 10.0, 400.0]
    """
    return counts // 10 * 10


def to_nearest(values: pd.Series, unit: float) -> pd.Series:
    """Values to the nearest unit, halves away from zero.

    >>> to_nearest(pd.Series([744.0, -15.0, float("nan")]), 10.0).tolist()
    [740.0, -20.0, nan]
    """
    whole = np.floor(values.abs() / unit + 0.5 + 1e-9) * unit
    return (np.sign(values) * whole).round(9) + 0.0


def told_seats(gap: pd.DataFrame, smallest: float) -> pd.Series:
    """Quality seats of zones as they are told in public.

    Seats of citywide schools are counted where their pupils live. Where fewer than ``smallest``
    of these live in a zone, they are left out; all are cut down to tens.

    Examples
    --------
    >>> gap = pd.DataFrame({"quality_seats": [104.0, 90.0], "citywide_seats": [4.0, 20.0], "citywide_pupils": [4.0, 19.0]})
    >>> told_seats(gap, 11).tolist()
    [100.0, 90.0]
    """
    few = is_small(gap["citywide_pupils"], smallest)
    return in_tens(gap["quality_seats"] - gap["citywide_seats"].where(few, 0.0))
