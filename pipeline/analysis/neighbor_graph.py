"""Which areas are neighbors, as arrays: built once, asked by every local statistic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt
import pandas as pd

if TYPE_CHECKING:
    from scipy.sparse import csr_array

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
# Values that differ by less than this, beside their mean or 1, differ by rounding.
ROUNDING = 1e-12
# From this many areas on, sums are those of a sparse matrix: the same, bit for bit.
MANY = 5_000


@dataclass(frozen=True)
class Graph:
    """Neighbors of each area, by position: those of area i are ``neighbor[start[i]:start[i + 1]]``, in order."""

    start: Integers
    neighbor: Integers

    def __len__(self) -> int:
        """Areas."""
        return len(self.start) - 1

    @cached_property
    def degree(self) -> Integers:
        """How many neighbors each area has."""
        return np.diff(self.start)

    @cached_property
    def focal(self) -> Integers:
        """The area that each entry of ``neighbor`` is a neighbor of."""
        return np.repeat(np.arange(len(self)), self.degree)

    @cached_property
    def matrix(self) -> csr_array:
        """The same as a sparse matrix of ones, which adds up faster and takes longer to import."""
        from scipy.sparse import csr_array

        ones, size = np.ones(len(self.neighbor)), (len(self), len(self))
        # half as wide positions are read in half the time
        return csr_array((ones, self.neighbor.astype("int32"), self.start.astype("int32")), shape=size)

    @cached_property
    def star_spread(self) -> Floats:
        """By chance, standard deviation of an area's and its neighbors' standardised sum; empty where it borders all."""
        weight, n = 1.0 + self.degree, len(self)
        spread: Floats = np.sqrt(weight * (n - weight) / max(n - 1, 1))
        spread[spread == 0.0] = np.nan
        return spread

    def sums(self, values: Floats) -> Floats:
        """Sum of the neighbors' values; 0 for an area without neighbors.

        >>> Graph(np.array([0, 1, 3, 4, 4]), np.array([1, 0, 2, 1])).sums(np.array([1.0, 10.0, 100.0, 7.0])).tolist()
        [10.0, 101.0, 10.0, 0.0]
        """
        if not len(self.neighbor):
            return np.zeros(len(self))
        if len(self) > MANY:
            return np.asarray(self.matrix @ values)
        nearby = np.bincount(self.focal, weights=values[self.neighbor], minlength=len(self))
        return nearby.astype("float64", copy=False)


def graph_of(ids: pd.Index, adjacency: pd.DataFrame) -> Graph:
    """The graph of some areas: borders to any other area, to itself, and those listed twice are left out.

    Parameters
    ----------
    ids
        Areas, each once; the graph counts them in this order.
    adjacency
        ``area_id``, ``neighbor_id``, each pair in both directions.

    >>> borders = pd.DataFrame({"area_id": ["b", "a", "b", "x"], "neighbor_id": ["a", "b", "b", "a"]})
    >>> graph_of(pd.Index(["a", "b", "c"]), borders)
    Graph(start=array([0, 1, 2, 2]), neighbor=array([1, 0]))
    """
    focal = ids.get_indexer(pd.Index(adjacency["area_id"])).astype("int64")
    neighbor = ids.get_indexer(pd.Index(adjacency["neighbor_id"])).astype("int64")
    inside = (focal >= 0) & (neighbor >= 0) & (focal != neighbor)
    pair = np.unique(focal[inside] * len(ids) + neighbor[inside])
    focal, neighbor = np.divmod(pair, max(len(ids), 1))
    return Graph(np.searchsorted(focal, np.arange(len(ids) + 1)), neighbor)


def standard(values: Floats) -> Floats | None:
    """Values from their mean in standard deviations (of the population); None where all are the same.

    >>> standard(np.array([1.0, 3.0])).tolist(), standard(np.array([0.3, 0.1 + 0.2]))
    ([-1.0, 1.0], None)
    """
    if not len(values):
        return None
    # identical values leave only rounding noise, which must not be taken for a pattern
    mean, spread = values.mean(), float(values.std())
    if spread <= ROUNDING * max(abs(mean), 1.0):
        return None
    scores: Floats = (values - mean) / spread
    return scores
