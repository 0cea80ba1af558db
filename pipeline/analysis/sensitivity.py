"""Which choice moves a result most: first-order and total indices of sensitivity, with intervals."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

# Nine times in ten the index lies within the interval, as with the margins of the census.
INTERVAL = (0.05, 0.95)
_REPEATS = 500


@dataclass(frozen=True)
class Moves:
    """What one pair of draws and their mixtures say of the variance: one number for each pair.

    Parameters
    ----------
    variance : array (pairs)
        Mean of the squares of both draws' results, each from a fixed centre.
    first, total : arrays (factors, pairs)
        ``f(B) * (f(AB) - f(A))`` with ``f`` from the same centre, and ``(f(A) - f(AB)) ** 2 / 2``.
        ``AB`` is draw A with one factor taken from draw B.
    """

    variance: Floats
    first: Floats
    total: Floats


@dataclass(frozen=True)
class Indices:
    """Indices of each factor with the ends of their 90% intervals, all arrays (factors)."""

    first: Floats
    first_low: Floats
    first_high: Floats
    total: Floats
    total_low: Floats
    total_high: Floats


def moves_of(a: Floats, b: Floats, mixed: Floats, centre: Floats | float) -> Moves:
    """Moves of a result that is a number, or of one that is a list of numbers (ranks of all areas).

    Of a list the squares and products are averaged over its numbers: the indices then say what
    share of the summed variance of all numbers a factor has.

    Parameters
    ----------
    a, b : arrays (pairs) or (pairs, numbers)
        Results of draws A and B.
    mixed : array (factors, pairs) or (factors, pairs, numbers)
        Results of draw A with one factor taken from draw B.
    centre : float or array (numbers)
        About the mean of the results; the nearer, the less noise.

    References
    ----------
    Saltelli, Annoni, Azzini, Campolongo, Ratto, Tarantola (2010), Variance based sensitivity
    analysis of model output, Computer Physics Communications 181: estimators (b) of the first
    order and (f, by Jansen) of the total effect. Gamboa, Janon, Klein, Lagnoux (2014), Sensitivity
    analysis for multidimensional and functional outputs, Electronic Journal of Statistics 8.
    """
    from_a, from_b = a - centre, b - centre
    moved = mixed - a
    return Moves(_mean((from_a**2 + from_b**2) / 2, 1), _mean(from_b * moved, 2), _mean(moved**2 / 2, 2))


def indices(moves: Moves, rng: np.random.Generator) -> Indices:
    """First-order and total indices, with intervals by drawing the pairs again (bootstrap).

    Where nothing moves at all (no variance) every index is 0: there is nothing to explain.
    Estimates are not cut off: a small one may be slightly negative, and the first-order indices
    of few pairs may add to more than 1.

    Parameters
    ----------
    moves : Moves
        From pairs with independent draws.
    rng : Generator
        Seeded; draws the pairs of the bootstrap.

    >>> pairs = np.random.default_rng(1).standard_normal((2, 4000))
    >>> moves = moves_of(pairs[0], pairs[1], np.stack([pairs[1], pairs[0]]), 0.0)
    >>> found = indices(moves, np.random.default_rng(2))
    >>> found.first.round(1).tolist(), found.total.round(1).tolist()  # the first factor is all there is
    ([1.0, 0.0], [1.0, 0.0])
    """
    from scipy import sparse

    pairs = len(moves.variance)
    times = rng.multinomial(pairs, np.full(pairs, 1 / max(pairs, 1)), size=_REPEATS) / max(pairs, 1)
    # sparse products add in the order of the pairs; a dense one's order is up to the machine and its threads
    drawn = sparse.csr_array(times)
    again = drawn @ moves.variance
    first, total = (
        _over(moves.first.mean(axis=1), moves.variance.mean()),
        _over(moves.total.mean(axis=1), moves.variance.mean()),
    )
    first_low, first_high = np.quantile(_over((drawn @ moves.first.T).T, again), INTERVAL, axis=1)
    total_low, total_high = np.quantile(_over((drawn @ moves.total.T).T, again), INTERVAL, axis=1)
    return Indices(first, first_low, first_high, total, total_low, total_high)


def rank_shift(ranks: npt.NDArray[np.floating], reference: npt.NDArray[np.floating]) -> Floats:
    """By how many places the ranks of a draw differ from the published ones, on average over areas.

    Parameters
    ----------
    ranks : array (..., areas)
        Ranks of each draw; empty where an area is not ranked.
    reference : array (areas)
        The published ranks.

    References
    ----------
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 7, formula 38.

    >>> rank_shift(np.array([[1.0, 2, 3], [3, 2, 1]]), np.array([1.0, 2, 3])).round(2).tolist()
    [0.0, 1.33]
    """
    known = np.isfinite(reference)
    if not known.any():
        return np.zeros(ranks.shape[:-1])
    return np.asarray(np.abs(ranks[..., known] - reference[known]).mean(axis=-1, dtype="float64"))


def _mean(values: Floats, dimensions: int) -> Floats:
    """Mean over the numbers of a result, where it has more than one."""
    return np.asarray(values.mean(axis=-1) if values.ndim > dimensions else values, dtype="float64")


def _over(part: Floats, whole: Floats | np.floating) -> Floats:
    """Parts of the variance; none where there is no variance."""
    whole = np.broadcast_to(np.asarray(whole, dtype="float64"), part.shape)
    return np.divide(part, whole, out=np.zeros(part.shape), where=whole > 0)
