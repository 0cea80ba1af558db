"""Where within a census area people live: one function for each kind of evidence, all with one result.

Each kind says what share of a source lies in each target (weights), how much it knows of the source
(held) and what share of that lies in none of the targets (beyond). Weights and the rest are found apart from
each other, the rest on ground that is cut out anew (`pieces.ground_outside`): the balance of children, which
holds one against the other, finds a pair that is lost anywhere between the overlay and the table.

References
----------
Goodchild, Lam (1980), Areal interpolation: a variant of the traditional spatial problem,
Geo-Processing 1 (plain area). Eicher, Brewer (2001), Dasymetric mapping and areal interpolation, Cartography and
GIS 28(2); Mennis (2003), Generating surface models of population using dasymetric mapping, The
Professional Geographer 55(1) (where people are known not to live). Wright (1936), A method of mapping
densities of population, Geographical Review 26(1).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy import sparse

from pipeline.analysis.crosswalk import ROUNDING, scaled
from pipeline.analysis.geometry import placed
from pipeline.analysis.overlaps import area_weights

Floats = npt.NDArray[np.floating[Any]]
Integers = npt.NDArray[np.int64]


@dataclass(frozen=True)
class Evidence:
    """What one kind of evidence says of every source.

    Parameters
    ----------
    weights : sparse array (sources, targets)
        Share of the source's children (people, homes, ground) that lies in the target.
    held : array (sources)
        How much evidence the source has; zero or missing: another kind is needed.
    beyond : array (sources)
        Share of it that lies in none of the targets; missing where there is none.
    """

    weights: sparse.csr_array
    held: Floats
    beyond: Floats


@dataclass(frozen=True)
class EmptyGround:
    """Where in the sources nobody lives, in square metres: by pair, in each source, and in none of the targets."""

    pieces: pd.DataFrame  # source, target, area_m2
    source_m2: Floats
    outside_m2: Floats


def by_items(amounts: Floats, source_of: Integers, shares: sparse.csr_array, outside: Floats, sources: int) -> Evidence:
    """Weights by smaller places of which it is known how many live there: census blocks, or residential lots.

    Parameters
    ----------
    amounts : array (items)
        Children, people or homes of each block or lot; missing counts as no evidence.
    source_of : array (items)
        Position of the source each item belongs to, -1 for none.
    shares : sparse array (items, targets)
        Share of each item in each target: of a block by its area (`overlaps`), of a lot 0 or 1.
    outside : array (items)
        Share of each item in none of the targets.
    sources : int
        Number of sources.

    Examples
    --------
    Two blocks of one block group hold 30 and 10 children; the second lies half in the zone:

    >>> found = by_items(np.array([30.0, 10.0]), np.array([0, 0]),
    ...                  sparse.csr_array([[1.0], [0.5]]), np.array([0.0, 0.5]), 1)
    >>> found.weights.toarray().tolist(), found.held.tolist(), found.beyond.tolist()
    ([[0.875]], [40.0], [0.125])
    """
    value = np.where(np.isnan(amounts), 0.0, amounts)
    used = (source_of >= 0) & (value > 0)
    held = np.asarray(np.bincount(source_of[used], weights=value[used], minlength=sources), dtype="float64")
    belongs = sparse.csr_array((value[used], (source_of[used], np.flatnonzero(used))), shape=(sources, len(value)))
    weights = scaled(sparse.csr_array(belongs @ shares), _inverse(held))
    left = np.bincount(source_of[used], weights=(value * outside)[used], minlength=sources)
    beyond = np.asarray(left, dtype="float64")
    return Evidence(weights, held, _share(beyond, held))


def by_raster(
    pieces: pd.DataFrame, on_pieces: Floats, in_sources: Floats, on_outside: Floats, targets: int
) -> Evidence:
    """Weights by the people (or children of an age) whom a raster counts on each piece of ground.

    Parameters
    ----------
    pieces : DataFrame
        ``source`` and ``target`` of each pair that shares ground (`overlaps.overlaps`).
    on_pieces : array (pieces)
        Sum of the raster over the common ground of each pair, by exact cell fractions.
    in_sources : array (sources)
        Its sum over each whole source.
    on_outside : array (sources)
        Its sum over the ground of each source that lies in none of the targets.
    targets : int
        Number of targets.

    Examples
    --------
    Of 8 people in a tract 6 live in the zone:

    >>> found = by_raster(pd.DataFrame({"source": [0], "target": [0]}), np.array([6.0]), np.array([8.0]), np.array([2.0]), 1)
    >>> found.weights.toarray().tolist(), found.beyond.tolist()
    ([[0.75]], [0.25])
    """
    sources = len(in_sources)
    source, target = pieces["source"].to_numpy(), pieces["target"].to_numpy()
    # whole and pieces are drawn on the grid by borders of their own, which differ by a hundred-thousandth
    together = np.bincount(source, weights=on_pieces, minlength=sources) + on_outside
    held = np.where(np.abs(together - in_sources) <= 1e-4 * in_sources, together, np.maximum(in_sources, 0.0))
    amounts = sparse.csr_array((np.where(held[source] > 0, on_pieces, 0.0), (source, target)), shape=(sources, targets))
    return Evidence(scaled(amounts, _inverse(held)), held, _share(on_outside, held))


def by_habitable_ground(
    pieces: pd.DataFrame, source_m2: Floats, outside_m2: Floats, empty: EmptyGround, shape: tuple[int, int]
) -> Evidence:
    """Weights by the ground that is not known to be uninhabited (water, parks, industry).

    Parameters
    ----------
    pieces : DataFrame
        ``source``, ``target`` and ``area_m2`` of each pair (`overlaps.overlaps`).
    source_m2, outside_m2 : arrays (sources)
        Area of each source, and of what lies in none of the targets.
    empty : EmptyGround
        The same of their uninhabited parts.
    shape : (int, int)
        Numbers of sources and targets.

    Examples
    --------
    A lake fills half of a tract, all of it in the zone that takes three quarters of the tract's ground:

    >>> whole = pd.DataFrame({"source": [0, 0], "target": [0, 1], "area_m2": [75.0, 25.0]})
    >>> lake = pd.DataFrame({"source": [0], "target": [0], "area_m2": [50.0]})
    >>> empty = EmptyGround(lake, np.array([50.0]), np.array([0.0]))
    >>> by_habitable_ground(whole, np.array([100.0]), np.array([0.0]), empty, (1, 2)).weights.toarray().tolist()
    [[0.5, 0.5]]
    """
    # ground that is all but used up is none: what remains is the rounding of two borders
    held = np.where(source_m2 - empty.source_m2 > 1e-6 * source_m2, source_m2 - empty.source_m2, 0.0)
    ground, bare = (
        sparse.csr_array((part["area_m2"], (part["source"], part["target"])), shape=shape)
        for part in (pieces, empty.pieces)
    )
    habitable = sparse.csr_array(ground - bare)
    habitable.data = np.maximum(habitable.data, 0.0)
    weights = scaled(habitable, _inverse(held))
    beyond = _share(np.maximum(outside_m2 - empty.outside_m2, 0.0), held)
    return Evidence(weights, held, _agreed(beyond, weights))


def by_ground(pieces: pd.DataFrame, source_m2: Floats, outside_m2: Floats, shape: tuple[int, int]) -> Evidence:
    """Weights by plain ground: right only where people are spread evenly."""
    weights = area_weights(pieces, shape)
    beyond = np.where(source_m2 > 0, np.nan_to_num(_share(outside_m2, source_m2)), 1.0)
    return Evidence(weights, source_m2, _agreed(beyond, weights))


def by_point(points: npt.NDArray[Any], targets: npt.NDArray[Any]) -> Evidence:
    """The whole source to the target in which its representative point lies; water with houseboats has no other."""
    position = placed(points, targets)[0]
    found = np.flatnonzero(position >= 0)
    weights = sparse.csr_array((np.ones(len(found)), (found, position[found])), shape=(len(points), len(targets)))
    return Evidence(weights, np.ones(len(points)), (position < 0).astype("float64"))


def inside(pieces: pd.DataFrame, shape: tuple[int, int]) -> Evidence:
    """Sources that lie wholly in one target: weight 1 by geometry alone."""
    whole = pieces[pieces["is_inside"]]
    held = np.zeros(shape[0])
    held[whole["source"]] = 1.0
    return Evidence(area_weights(whole, shape), held, np.zeros(shape[0]))


def points_of(shapes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """A point within each shape."""
    return np.asarray(shapely.point_on_surface(shapes), dtype=object)


def _inverse(held: npt.NDArray[Any]) -> Floats:
    return np.asarray(np.divide(1.0, held, out=np.zeros(len(held)), where=held > 0))


def _agreed(beyond: Floats, weights: sparse.csr_array) -> Floats:
    """What lies beyond, to the last digit as the weights leave it where both agree but for the rounding of borders."""
    rest = 1.0 - np.asarray(weights.sum(axis=1)).ravel()
    return np.where(np.abs(beyond - rest) <= ROUNDING, np.maximum(rest, 0.0), beyond)


def _share(part: Floats, whole: Floats) -> Floats:
    return np.asarray(np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0))
