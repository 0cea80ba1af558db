"""How often chance gives an area neighbors as high, or as low, as those it has.

One table of draws serves all areas. An area's k neighbors are the first k of a draw, so the sums that
k drawn areas give are the same for all areas with k neighbors, and are sorted once. Only where a draw
holds the area itself is the sum another one: there another area takes its place, and the few counts
that this changes are changed. So the counts are those of drawing for each area by itself, without doing so.
"""

from __future__ import annotations

import numpy as np

from pipeline.analysis.neighbor_graph import Floats, Graph, Integers

# Values are rounded to this part of a standard deviation: sums of them are exact, so that draws of the
# same values in another order are equal to what is observed, not a rounding error above or below it.
STEPS = 2.0**32
# A draw of k of n repeats none with a chance of about exp(-k²/2n); below 5% all are shuffled instead, in blocks.
MOST_REPEATS, BLOCK = 6, 2_000_000


def draw_table(n: int, k: int, draws: int, rng: np.random.Generator) -> Integers:
    """Draws x k places of 0 .. n - 2, each draw without repetition and in random order.

    >>> table = draw_table(6, 5, 3, np.random.default_rng(1))
    >>> np.sort(table, axis=1).tolist()
    [[0, 1, 2, 3, 4], [0, 1, 2, 3, 4], [0, 1, 2, 3, 4]]
    """
    if k * k > MOST_REPEATS * n:
        rows = max(BLOCK // n, 1)
        sizes = [min(rows, draws - done) for done in range(0, draws, rows)]
        blocks = [rng.permuted(np.tile(np.arange(n - 1), (size, 1)), axis=1)[:, :k] for size in sizes]
        return np.concatenate(blocks)
    table = rng.integers(0, n - 1, (draws, k))
    repeats = np.arange(draws)
    while len(repeats):
        ordered = np.sort(table[repeats], axis=1)
        repeats = repeats[(ordered[:, 1:] == ordered[:, :-1]).any(axis=1)]
        table[repeats] = rng.integers(0, n - 1, (len(repeats), k))
    return table


def neighbor_probability(scores: Floats, graph: Graph, table: Integers) -> Floats:
    """Two-sided probability that the neighbors' values add up to what they do, by chance.

    The area stays, its neighbors are drawn from all others. Given the area, Gi* rises with this
    sum, and local Moran rises with it or falls; so the probability is that of either statistic.

    Parameters
    ----------
    scores : array (n,)
        Values in standard deviations from their mean (`local_moran.standard`).
    graph : Graph
        Of the same areas.
    table : array (draws, at least the most neighbors)
        From `draw_table`. Areas share it: their probabilities hang together, as esda's do.

    Returns
    -------
    array (n,)
        Twice the smaller of the two shares of draws that lie at least as high, and as low; what is
        observed counts as one draw of each. At most 1; empty without neighbors.

    >>> ring = Graph(np.array([0, 2, 4, 6, 8]), np.array([1, 3, 0, 2, 1, 3, 0, 2]))
    >>> scores = np.array([1.0, 1.0, -1.0, -1.0])
    >>> neighbor_probability(scores, ring, draw_table(4, 2, 99, np.random.default_rng(2))).min() > 0.5
    np.True_
    """
    n, draws = len(scores), len(table)
    exact = np.round(scores * STEPS)
    observed, degree = graph.sums(exact), graph.degree
    sums = np.cumsum(exact[table], axis=1)
    above, below = np.zeros(n, dtype="int64"), np.zeros(n, dtype="int64")
    for k in np.unique(degree[degree > 0]):
        some = np.flatnonzero(degree == k)
        ordered = np.sort(sums[:, k - 1])
        above[some] = draws - np.searchsorted(ordered, observed[some], side="left")
        below[some] = np.searchsorted(ordered, observed[some], side="right")
    draw, place = np.nonzero(np.arange(table.shape[1]) < degree[table])
    itself = table[draw, place]  # the last area is in no draw, and takes its place
    drawn = sums[draw, degree[itself] - 1]
    instead = drawn - exact[itself] + exact[n - 1]
    wanted = observed[itself]
    np.add.at(above, itself, (instead >= wanted).astype("int64") - (drawn >= wanted))
    np.add.at(below, itself, (instead <= wanted).astype("int64") - (drawn <= wanted))
    share = np.minimum(2.0 * (np.minimum(above, below) + 1) / (draws + 1), 1.0)
    return np.where(degree > 0, share, np.nan)
