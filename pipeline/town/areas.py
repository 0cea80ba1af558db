"""Areas out of cells: who borders whom, growing regions from seeds, and keeping areas in one piece."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


def neighbors(corners: Ints) -> Ints:
    """Pairs of cells that share a side; each pair stands once, the lower number first."""
    _, cell, same = _sides(corners)
    return np.column_stack([cell[:-1][same], cell[1:][same]]).astype(np.int64)


def borders(corners: Ints, label: Ints) -> Ints:
    """Sides (pairs of corners) between areas and along the outer edge."""
    side, cell, same = _sides(corners)
    twin = np.r_[same, False] | np.r_[False, same]
    seam = np.r_[same & (label[cell[:-1]] != label[cell[1:]]), False]
    return np.asarray(side[~twin | seam])


def _sides(corners: Ints) -> tuple[Ints, Ints, Flags]:
    """Sides of all cells in order, the cell of each, and whether the next one is the same side."""
    following = np.roll(corners, -1, axis=1)
    low, high = np.minimum(corners, following).ravel(), np.maximum(corners, following).ravel()
    cell = np.repeat(np.arange(len(corners)), 4)
    real = low != high  # a triangle repeats its last corner
    low, high, cell = low[real], high[real], cell[real]
    # cells are in order already: one key and a stable sort leave those of a side in theirs
    order = np.argsort(low * (high.max() + 1) + high, kind="stable")
    low, high, cell = low[order], high[order], cell[order]
    same = (low[1:] == low[:-1]) & (high[1:] == high[:-1])
    return np.column_stack([low, high]), cell, same


def tally(label: Ints, values: npt.ArrayLike, number: int) -> Floats:
    """Sum of values by label, for labels 0 to ``number`` - 1.

    >>> tally(np.array([0, 2, 2]), np.array([1.0, 2.0, 3.0]), 4).tolist()
    [1.0, 0.0, 5.0, 0.0]
    """
    return np.asarray(np.bincount(label, np.asarray(values, dtype=float), minlength=number), dtype=float)


def regions(places: Floats, seed: Flags, side: Ints, rng: np.random.Generator) -> Ints:
    """Give each place the nearest seed on its own side; a side without a seed gets one."""
    barrier = side * 1e6
    for missing in np.setdiff1d(side, side[seed]):
        seed = seed.copy()
        seed[np.flatnonzero(side == missing)[0]] = True
    jitter = rng.normal(0, 18, places.shape)
    points = np.column_stack([places + jitter, barrier])
    return np.asarray(cKDTree(points[seed]).query(points)[1], dtype=np.int64)


def pieces(label: Ints, pairs: Ints) -> Ints:
    """Number the connected pieces of the labelled areas."""
    same = label[pairs[:, 0]] == label[pairs[:, 1]]
    a, b = pairs[same].T
    graph = coo_matrix((np.ones(len(a)), (a, b)), shape=(len(label), len(label)))
    return np.asarray(connected_components(graph, directed=False)[1], dtype=np.int64)


def mend(label: Ints, pairs: Ints, forget: Flags | None = None, wall: Ints | None = None) -> Ints:
    """Leave each area in one piece: smaller pieces join the neighbor with the most common sides.

    ``forget`` marks places that are to join whatever lies beside them. Where ``wall`` is given,
    a place only joins an area on its own side of it, as long as there is one.
    """
    label = label.copy()
    if forget is not None:
        label[forget] = -1
    piece = pieces(label, pairs)
    count = np.bincount(piece)
    first = np.unique(piece, return_index=True)[1]
    owner = label[first]
    largest = np.zeros(len(count), dtype=bool)
    order = np.lexsort((np.arange(len(count)), -count, owner))
    lead = order[np.r_[True, owner[order][1:] != owner[order][:-1]]]
    largest[lead] = True
    largest[owner == -1] = False
    loose = ~largest[piece]
    for _ in range(200):
        if not loose.any():
            break
        label = _adopt(label, loose, pairs, wall)
        loose &= label < 0
        if wall is not None and loose.any() and not _touches(loose, pairs, wall):
            wall = None
    return label


def _adopt(label: Ints, loose: Flags, pairs: Ints, wall: Ints | None) -> Ints:
    label = np.where(loose, -1, label)
    both = np.concatenate([pairs, pairs[:, ::-1]])
    if wall is not None:
        both = both[wall[both[:, 0]] == wall[both[:, 1]]]
    use = loose[both[:, 0]] & ~loose[both[:, 1]]
    here, there = both[use, 0], label[both[use, 1]]
    key, votes = np.unique(np.column_stack([here, there]), axis=0, return_counts=True)
    order = np.lexsort((key[:, 1], -votes, key[:, 0]))
    key = key[order]
    lead = np.r_[True, key[1:, 0] != key[:-1, 0]] if len(key) else np.zeros(0, dtype=bool)
    label[key[lead, 0]] = key[lead, 1]
    return label


def _touches(loose: Flags, pairs: Ints, wall: Ints) -> bool:
    a, b = pairs.T
    return bool(((loose[a] != loose[b]) & (wall[a] == wall[b])).any())


def districts(
    places: Floats, weight: Floats, number: int, rng: np.random.Generator, rounds: int = 60
) -> tuple[Ints, Floats]:
    """Divide places into ``number`` compact areas of roughly equal weight (Lloyd's method).

    Returns the area of each place and the areas' centres. Places without weight join the
    nearest area.
    """
    share = weight / weight.sum()
    centres = places[rng.choice(len(places), number, replace=False, p=share)]
    price = np.zeros(number)
    area = np.zeros(len(places), dtype=np.int64)
    extent = places[:, :2].max(axis=0) - places[:, :2].min(axis=0)
    spread = float(np.sqrt(extent.prod() / number))
    best, kept = np.inf, centres
    for turn in range(rounds):
        lifted = np.column_stack([places, np.zeros(len(places))])
        height = np.sqrt(np.maximum(price - price.min(), 0))
        drawn = cKDTree(np.column_stack([centres, height])).query(lifted)[1].astype(np.int64)
        mass = tally(drawn, share, number)
        uneven = mass.std() + (mass == 0).any()
        safe = np.where(mass > 0, mass, 1)
        moved = (
            np.column_stack([tally(drawn, share * places[:, k], number) for k in range(places.shape[1])])
            / safe[:, None]
        )
        centres = np.where((mass > 0)[:, None], moved, centres)
        if uneven < best or turn < 4:
            best, area, kept = uneven, drawn, centres
        if turn > 4:
            # heavy areas pay: their border moves towards their centre
            price = price + 0.05 * spread**2 * np.clip(mass * number - 1, -0.6, 0.6)
    return area, kept
