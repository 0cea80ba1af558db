"""Percentile ranks, and what they add up to."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# A neighborhood is ranked if it has at least this share of the index by weight.
SMALLEST_KNOWN_WEIGHT = 0.5


def percentile_rank(values: Floats) -> Floats:
    """Percentile rank along the last axis: (rank - 1) / (N - 1), ties taking the smallest rank.

    Empty values are not ranked and do not count in N. A value without any other to compare
    with has rank 0.

    References
    ----------
    CDC/ATSDR Social Vulnerability Index, documentation 2018 and later; Flanagan et al. (2011).

    >>> percentile_rank(np.array([10.0, 30.0, 20.0, 20.0, np.nan])).round(3).tolist()
    [0.0, 1.0, 0.333, 0.333, nan]
    """
    values = np.asarray(values, dtype="float64")
    known = np.isfinite(values)
    others = np.maximum(known.sum(axis=-1, keepdims=True) - 1, 1)
    return np.where(known, lowest_ranks(values).astype("float64") / others, np.nan)


def lowest_ranks(values: Floats) -> npt.NDArray[np.float32]:
    """How many values of the same row are smaller: equal values share the smallest rank.

    Parameters
    ----------
    values
        Any numbers; rows run along the last axis. Empty ones sort last, each with a rank of its own.

    Returns
    -------
    array of float32
        Whole numbers from 0; exact up to 16 million values in a row.

    >>> lowest_ranks(np.array([10.0, 30.0, 20.0, 20.0])).tolist()
    [0.0, 3.0, 1.0, 1.0]
    """
    n = values.shape[-1]
    if not values.size:
        return np.empty(values.shape, dtype="float32")
    rows = np.ascontiguousarray(values).reshape(-1, n)
    order = np.argsort(rows, axis=-1)  # equal values take the same rank, in whatever order they come
    order += np.arange(0, rows.size, n)[:, None]
    ordered = rows.ravel().take(order)
    is_tied = ordered[:, 1:] == ordered[:, :-1]
    place = np.broadcast_to(np.arange(n, dtype="float32"), rows.shape)
    if is_tied.any():
        place = place.copy()
        place[:, 1:][is_tied] = 0.0
        np.maximum.accumulate(place, axis=-1, out=place)
    ranks = np.empty(rows.size, dtype="float32")
    ranks[order.ravel()] = place.ravel()
    return ranks.reshape(values.shape)


def descending_rank(values: Floats) -> Floats:
    """Rank along the last axis, 1 for the largest; ties take the smallest rank, empty ones none.

    >>> descending_rank(np.array([0.3, 9.0, 9.0, 0.1 + 0.2, np.nan])).tolist()
    [3.0, 1.0, 1.0, 3.0, nan]
    """
    return np.where(np.isfinite(values), lowest_ranks(-alike(values)).astype("float64") + 1, np.nan)


def top_count(share: float, ranked: int) -> int:
    """How many of the ranked are the top ``share`` of them: a started one counts, so that there is one at least.

    >>> top_count(0.2, 40), top_count(0.2, 41), top_count(0.2, 3), top_count(0.2, 0)
    (8, 9, 1, 0)
    """
    return math.ceil(share * ranked - 1e-9)  # 0.07 x 100 is a hair above 7


def alike(values: Floats) -> Floats:
    """Values by which to rank: what differs by the rounding of sums alone is equal."""
    return np.round(values, 9)


def row_sums(contributions: Floats) -> Floats:
    """Row sums; empty where a row has nothing at all."""
    some = np.isfinite(contributions).any(axis=-1)
    return np.where(some, np.nansum(contributions, axis=-1), np.nan)
