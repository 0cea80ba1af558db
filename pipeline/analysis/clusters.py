"""Hot and cold spots: where high (or low) values lie together more than chance would have it."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analysis.neighbor_graph import Floats, Graph, graph_of, standard

# Below this many areas a local statistic has too little to compare with.
SMALLEST = 30


def gi_star(values: pd.Series, adjacency: pd.DataFrame) -> pd.Series:
    """How far the mean of each area and its neighbors lies from the mean of all areas (Gi*).

    Closed form with binary weights, the area itself included. Positive where high values
    lie together, negative where low ones do.

    Parameters
    ----------
    values
        One value per area, indexed by area id. Areas without a value are left out, as
        neighbors too.
    adjacency
        Columns ``area_id`` and ``neighbor_id``, each pair in both directions.

    Returns
    -------
    pandas.Series
        z-scores, indexed as ``values``; empty where there is no value, where all values are
        the same, or where an area borders all the others.

    References
    ----------
    Ord & Getis (1995), "Local spatial autocorrelation statistics", Geographical Analysis 27(4).

    Examples
    --------
    >>> values = pd.Series([9.0, 8.0, 1.0, 1.0], index=list("abcd"))
    >>> pairs = pd.DataFrame({"area_id": list("abbccd"), "neighbor_id": list("bacbdc")})
    >>> gi_star(values, pairs).round(2).to_dict()
    {'a': 1.72, 'b': 1.0, 'c': -1.13, 'd': -1.72}
    """
    known = values.dropna().astype("float64")
    result = pd.Series(np.nan, index=values.index, dtype="float64")
    result.loc[known.index] = gi_star_scores(known.to_numpy(), graph_of(known.index, adjacency))
    return result


def gi_star_scores(values: Floats, graph: Graph) -> Floats:
    """As `gi_star`, of the values of a graph's areas, none of them missing.

    >>> gi_star_scores(np.array([9.0, 8.0, 1.0]), Graph(np.array([0, 1, 2, 2]), np.array([1, 0]))).round(2).tolist()
    [1.4, 1.4, -1.4]
    """
    n, scores = len(values), standard(values)
    if scores is None or n < 2:
        return np.full(n, np.nan)
    z: Floats = (scores + graph.sums(scores)) / graph.star_spread  # binary weights
    return z


def two_sided_probability(z: Floats) -> Floats:
    """Probability of a z-score at least this far from zero, in either direction, by chance.

    >>> two_sided_probability(np.array([0.0, 1.96, -1.96])).round(3).tolist()
    [1.0, 0.05, 0.05]
    """
    from scipy.special import erfc

    probability: Floats = erfc(np.abs(np.asarray(z, dtype="float64")) / np.sqrt(2.0))
    return probability


def benjamini_hochberg(probability: Floats, rate: float) -> npt.NDArray[np.bool_]:
    """Which of many tests to believe, so that at most ``rate`` of those believed are false.

    Missing probabilities are no tests: they do not count and are not believed. The correction
    is no better than the tests: what they take as exact (a crosswalk's weights) stays exact.

    References
    ----------
    Benjamini & Hochberg (1995), JRSS B 57(1); for local spatial statistics Caldas de Castro
    & Singer (2006), Geographical Analysis 38(2).

    >>> benjamini_hochberg(np.array([0.001, 0.04, 0.03, 0.9]), 0.1).tolist()
    [True, True, True, False]
    """
    probability = np.asarray(probability, dtype="float64")
    believed = np.zeros(len(probability), dtype=bool)
    tested = np.flatnonzero(~np.isnan(probability))
    ordered = np.sort(probability[tested])
    passes = np.flatnonzero(ordered <= rate * np.arange(1, len(ordered) + 1) / max(len(ordered), 1))
    if len(passes):
        believed[tested] = probability[tested] <= ordered[passes[-1]]
    return believed


def hot_spots(values: pd.Series, adjacency: pd.DataFrame, *, rate: float, smallest: int = SMALLEST) -> pd.DataFrame:
    """Which areas lie in clusters of high or low values, after false-discovery correction.

    Values are taken as they are: neither their margins nor the weights by which counts came to
    the areas (a crosswalk's) are allowed for.

    Parameters
    ----------
    values
        One value per area, indexed by area id; empty where the area is not ranked.
    adjacency
        ``area_id``, ``neighbor_id``, both directions.
    rate
        Share of false discoveries that is put up with.
    smallest
        With fewer areas than this nothing is tested.

    Returns
    -------
    pandas.DataFrame
        ``hot_spot_z`` and ``hot_spot_class`` (hot, cold, none, too_few_to_test), indexed as
        ``values``. Areas without a value are ``none``, without a z.

    >>> few = hot_spots(pd.Series([1.0, 2.0], index=["a", "b"]), pd.DataFrame({"area_id": ["a"], "neighbor_id": ["b"]}), rate=0.1)
    >>> few["hot_spot_class"].tolist()
    ['too_few_to_test', 'too_few_to_test']
    """
    if values.notna().sum() < smallest:
        return pd.DataFrame({"hot_spot_z": np.nan, "hot_spot_class": "too_few_to_test"}, index=values.index)
    z = gi_star(values, adjacency)
    believed = benjamini_hochberg(two_sided_probability(z.to_numpy()), rate)
    classes = np.select([believed & (z > 0), believed & (z < 0)], ["hot", "cold"], "none")
    return pd.DataFrame({"hot_spot_z": z, "hot_spot_class": pd.Series(classes, index=values.index, dtype="str")})
