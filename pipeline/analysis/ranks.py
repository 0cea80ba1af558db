"""Percentile ranks, what they add up to, and how far they move within the margins of error."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.analysis.uncertainty import Z90

Floats = npt.NDArray[np.float64]

# A neighborhood is ranked if it has at least this share of the index by weight.
SMALLEST_KNOWN_WEIGHT = 0.5
# Cells of one block of draws: keeps memory flat for any number of areas.
_BLOCK_CELLS = 2_000_000


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
    return np.where(known, _lowest_rank(values) / others, np.nan)


def _lowest_rank(values: Floats) -> Floats:
    """How many values of the same row are smaller; empty ones sort last."""
    order = np.argsort(values, axis=-1)  # equal values take the same rank, in whatever order they come
    ordered = np.take_along_axis(values, order, axis=-1)
    place = np.broadcast_to(np.arange(values.shape[-1]), values.shape)
    starts = np.ones(values.shape, dtype=bool)
    starts[..., 1:] = ordered[..., 1:] != ordered[..., :-1]
    first = np.maximum.accumulate(np.where(starts, place, 0), axis=-1)
    ranks = np.empty(values.shape)
    np.put_along_axis(ranks, order, first.astype("float64"), axis=-1)
    return ranks


def descending_rank(values: Floats) -> Floats:
    """Rank along the last axis, 1 for the largest; ties take the smallest rank, empty ones none.

    >>> descending_rank(np.array([5.0, 9.0, 9.0, np.nan])).tolist()
    [3.0, 1.0, 1.0, nan]
    """
    return np.where(np.isfinite(values), _lowest_rank(-values) + 1, np.nan)


def row_weights(shares: Floats, weights: Floats) -> Floats:
    """Weights of the indicators for each neighborhood, scaled to 1 over those it has.

    A neighborhood that has less than half of the index by weight gets none: it is not ranked.

    >>> row_weights(np.array([[0.1, 0.2], [np.nan, 0.3], [0.2, np.nan]]), np.array([0.6, 0.4])).tolist()
    [[0.6, 0.4], [nan, nan], [1.0, nan]]
    """
    known = np.where(np.isfinite(shares), weights, np.nan)
    total = np.nansum(known, axis=1, keepdims=True)
    return np.where(total >= SMALLEST_KNOWN_WEIGHT - 1e-12, known / np.where(total > 0, total, 1.0), np.nan)


def index_contributions(shares: Floats, weights: Floats) -> Floats:
    """What each indicator adds to the need index of each neighborhood; rows sum to the index.

    Parameters
    ----------
    shares
        Neighborhoods x indicators; high is needier; empty where not known.
    weights
        As `row_weights` gives them.
    """
    return 100 * weights * percentile_rank(shares.T).T


def row_sums(contributions: Floats) -> Floats:
    """Row sums; empty where a row has nothing at all."""
    some = np.isfinite(contributions).any(axis=-1)
    return np.where(some, np.nansum(contributions, axis=-1), np.nan)


def rank_draws(
    shares: Floats, margins: Floats, weights: Floats, *, draws: int, rng: np.random.Generator
) -> npt.NDArray[np.float32]:
    """Ranks of the neighborhoods if the census had asked other people: draws x neighborhoods.

    Each share is drawn from a normal distribution around its estimate with the standard error
    of its margin, kept within 0 and 1; an unknown margin leaves the share as it is. Errors of
    different shares are taken to be independent.

    References
    ----------
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 7.
    """
    areas, indicators = shares.shape
    error = np.nan_to_num(margins / Z90)
    ranks = np.empty((draws, areas), dtype="float32")
    block = max(1, _BLOCK_CELLS // max(areas, 1))
    for start in range(0, draws, block):
        size = min(block, draws - start)
        index = np.zeros((size, areas))
        for k in range(indicators):
            drawn = shares[:, k] + error[:, k] * rng.standard_normal((size, areas))
            part = weights[:, k] * percentile_rank(np.clip(drawn, 0, 1))
            index += np.nan_to_num(part)
        index[:, ~np.isfinite(weights).any(axis=1)] = np.nan
        ranks[start : start + size] = descending_rank(index)
    return ranks
