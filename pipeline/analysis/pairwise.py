"""How far ranks can be told apart by tests of pairs: intervals in closed form, beside those of the draws."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from pipeline.analysis.uncertainty import Z90

Floats = npt.NDArray[np.float64]
# Pairs looked at together: keeps memory flat for any number of areas.
_BLOCK_CELLS = 2_000_000


def composite(shares: Floats, margins: Floats, weights: Floats) -> tuple[Floats, Floats]:
    """Weighted sum of standardised shares, and its standard error: linear, so known in closed form.

    Each share counts in standard deviations over the areas; one that is the same everywhere tells
    nothing and adds nothing. Means and deviations are taken as fixed, errors as independent.

    Parameters
    ----------
    shares, margins : arrays (indicators, areas)
        Shares, high is needier, empty where not known, and their 90% margins; an unknown margin counts as none.
    weights : array (indicators, areas)
        As `families.area_weights` gives them.

    Returns
    -------
    (score, se) : arrays (areas)
        Empty where an area is not ranked.

    >>> score, se = composite(np.array([[0.1, 0.3]]), np.array([[0.0, 0.1645]]), np.ones((1, 2)))
    >>> score.round(3).tolist(), se.round(3).tolist()
    ([-1.0, 1.0], [0.0, 1.0])
    """
    used = np.isfinite(weights) & np.isfinite(shares)
    counted = np.maximum(used.sum(axis=1, keepdims=True), 1)
    from_mean = np.where(used, shares - np.where(used, shares, 0.0).sum(axis=1, keepdims=True) / counted, 0.0)
    deviation = np.sqrt((from_mean**2).sum(axis=1, keepdims=True) / counted)
    pull = np.where(used, weights, 0.0) * np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation > 1e-12)
    ranked = used.any(axis=0)
    error = pull * np.nan_to_num(margins) / Z90
    score, se = (pull * from_mean).sum(axis=0), np.sqrt((error**2).sum(axis=0))
    return np.where(ranked, score, np.nan), np.where(ranked, se, np.nan)


def pairwise_interval(score: Floats, se: Floats, z: float) -> tuple[Floats, Floats]:
    """Lowest and highest rank an area may have, by testing it against each of the others.

    Ranks run from 1, the highest score. Everyone who is significantly higher stands above the
    area, everyone who is significantly lower below it; all others may stand on either side.

    Parameters
    ----------
    score, se : arrays (areas)
        Scores and their standard errors; empty ones are not ranked.
    z : float
        Two scores are told apart where they differ by more than so many standard errors of the
        difference: 1.645 for a 90% test of each pair by itself. Scores without any
        error are told apart by any difference.

    Returns
    -------
    (low, high) : arrays (areas)
        Empty where an area is not ranked.

    References
    ----------
    Klein, Wright, Wieczorek (2020), A joint confidence region for an overall ranking of
    populations, Journal of the Royal Statistical Society C 69(3).

    >>> low, high = pairwise_interval(np.array([9.0, 5.0, 4.9]), np.array([0.1, 0.1, 0.1]), 1.645)
    >>> low.tolist(), high.tolist()
    ([1.0, 2.0, 2.0], [1.0, 3.0, 3.0])
    """
    known = np.flatnonzero(np.isfinite(score))
    x, variance = score[known], se[known] ** 2
    low, high = np.full(len(score), np.nan), np.full(len(score), np.nan)
    block = max(1, _BLOCK_CELLS // max(len(known), 1))
    for start in range(0, len(known), block):
        rows = slice(start, start + block)
        above = x[None, :] - x[rows, None]
        least = z * np.sqrt(variance[rows, None] + variance[None, :])
        low[known[rows]] = 1 + (above > least).sum(axis=1)
        high[known[rows]] = len(known) - (-above > least).sum(axis=1)
    return low, high
