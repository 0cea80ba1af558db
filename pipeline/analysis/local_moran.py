"""Local Moran: whether an area is like its neighbors (a cluster) or unlike them (an outlier)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.analysis.neighbor_graph import Floats, Graph, standard


@dataclass(frozen=True)
class LocalMoran:
    """By area: the statistic, its mean and variance by chance, its z-score; and both sides of the comparison."""

    index: Floats
    expected: Floats
    variance: Floats
    z: Floats
    own: Floats
    lag: Floats


def local_moran(values: Floats, graph: Graph) -> LocalMoran:
    """Local Moran with row-standardised weights, in closed form.

    The statistic is the area's value times the mean of its neighbors', both in standard
    deviations from the mean of all. Mean and variance are those over all ways to lay the other
    areas' values about it, its own staying where it is.

    Parameters
    ----------
    values : array (n,)
        Without missing values.
    graph : Graph
        Of the same areas in the same order.

    Returns
    -------
    LocalMoran
        All empty (NaN) where the values are all the same or fewer than three; for an area without
        neighbors too. ``index`` is scaled by (n - 1)/n, as in esda; ``expected``, ``variance`` and ``z``
        are of the statistic before that, as are esda's EIc and VIc.

    References
    ----------
    Anselin (1995), Geographical Analysis 27(2); Sokal, Oden & Thomson (1998), Geographical
    Analysis 30(4), equations A7 and A8.

    Examples
    --------
    >>> ring = Graph(np.array([0, 2, 4, 6, 8]), np.array([1, 3, 0, 2, 1, 3, 0, 2]))
    >>> local_moran(np.array([9.0, 1.0, 9.0, 1.0]), ring).index.tolist()
    [-0.75, -0.75, -0.75, -0.75]
    """
    n, own = len(values), standard(values)
    if own is None or n < 3:
        nothing = np.full(n, np.nan)
        return LocalMoran(nothing, nothing, nothing, nothing, nothing, nothing)
    degree = np.where(graph.degree > 0, graph.degree, np.nan)
    lag = graph.sums(own) / degree
    product = own * lag
    expected = np.where(degree > 0, -(own**2) / (n - 1), np.nan)  # the weights of a row sum to 1
    variance = own**2 * (n / (n - 2)) * (1 / degree - 1 / (n - 1)) * (1 - own**2 / (n - 1))
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.where(variance > 0, (product - expected) / np.sqrt(variance), np.nan)
    return LocalMoran(product * (n - 1) / n, expected, variance, z, own, lag)
