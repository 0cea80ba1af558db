"""Rates of small areas, allowing for how little a small universe tells (empirical Bayes)."""

from __future__ import annotations

import numpy as np

from pipeline.analysis.neighbor_graph import Floats


def pooled(count: Floats, universe: Floats) -> tuple[float, float]:
    """Rate of all areas together, and how much the areas' true rates differ (a variance, at least 0).

    The second is the rates' variance less what counts of such size show by chance; chance alone
    may show more than there is, and then it is 0.

    >>> pooled(np.array([5.0, 5.0]), np.array([100.0, 100.0]))
    (0.05, 0.0)
    """
    mean = float(count.sum() / universe.sum())
    found = float((universe * (count / universe - mean) ** 2).sum() / universe.sum())
    return mean, max(found - mean / float(universe.mean()), 0.0)


def empirical_bayes_rate(count: Floats, universe: Floats) -> Floats:
    """Each rate drawn towards the rate of all, the more the smaller its universe.

    Parameters
    ----------
    count, universe : arrays (n,)
        Without missing values; universes above 0. Counts of a survey are to be those it asked
        itself, not those it stands for: chance works on them.

    References
    ----------
    Marshall (1991), Applied Statistics 40(2), global form. The variance is not let fall below 0
    (`esda.smoothing.Empirical_Bayes` lets it, and then draws rates away from the mean).

    >>> empirical_bayes_rate(np.array([10.0, 400.0, 5.0]), np.array([20.0, 1000.0, 100.0])).round(3).tolist()
    [0.414, 0.399, 0.142]
    """
    if not len(count):
        return np.empty(0)
    mean, spread = pooled(count, universe)
    if spread == 0.0:
        return np.full(len(count), mean)
    weight = spread / (spread + mean / universe)
    rate: Floats = weight * count / universe + (1 - weight) * mean
    return rate


def standardised_rate(count: Floats, universe: Floats) -> Floats:
    """Each rate's distance from the rate of all, over what its universe lets expect.

    Parameters
    ----------
    count, universe : arrays (n,)
        As for `empirical_bayes_rate`; the total of the counts above 0.

    References
    ----------
    Assunção & Reis (1999), Statistics in Medicine 18(16): the values to give to Moran's I where
    universes differ.

    >>> standardised_rate(np.array([30.0, 25.0, 15.0]), np.array([100.0, 100.0, 90.0])).round(2).tolist()
    [1.1, 0.16, -1.34]
    """
    if not len(count):
        return np.empty(0)
    mean, spread = pooled(count, universe)
    if mean == 0.0:
        return np.zeros(len(count))
    rate: Floats = (count / universe - mean) / np.sqrt(spread + mean / universe)
    return rate
