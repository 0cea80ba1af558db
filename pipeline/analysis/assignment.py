"""Who gets which room: consumers assigned to sites for the greatest value, with a bound that proves how good that is."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from pipeline.analysis import assignment_loads as by_loads
from pipeline.analysis import assignment_pairs as by_pairs
from pipeline.analysis.assignment_pairs import Choice, Pairs

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Assignment:
    """Which pairs are taken, what they are worth, and what no assignment can exceed.

    ``gap`` is ``(bound - objective) / objective``: 0 is a proof that nothing better exists, and infinity
    says that nothing was found where the bound leaves something to find.
    """

    taken: Flags
    objective: float
    bound: float
    gap: float


def assign(consumer: Ints, site: Ints, value: Floats, size: Floats, room: Floats, *, gap: float = 0.0) -> Assignment:
    """Each consumer to one site at most, no site over its rooms, for the greatest sum of values.

    Maximises ``sum value x`` subject to ``sum over sites x <= 1`` for each consumer, ``sum size x <= room`` for
    each site, ``x`` whole. Where the sets of consumers that fit at a site can be listed, whole loads of sites are chosen: all of them
    in a small problem, in a large one those that are near the best at prices of consumers, as far as the
    proof needs. Where they are too many, rooms are plenty, and pairs are chosen. Either search stops
    after a number of branches, the same on every machine: ``gap`` is then what is left unproven.

    Parameters
    ----------
    consumer, site : int array
        One entry for each pair that may be: who (0, 1, ...) and where (an index of ``room``). A pair stands once.
    value : float array
        What taking the pair is worth. A pair worth nothing or less is never taken.
    size : float array
        Rooms the consumer takes at that site: whole, not negative.
    room : float array
        Rooms of each site; a part of a room is no room.
    gap : float
        Stop as soon as the answer is proven to be within this share of the best; 0 is the best itself.

    Returns
    -------
    Assignment
        ``taken`` has one entry for each pair, in the order given. The answer does not depend on that order:
        pairs are sorted first, and the solver takes no other decision by chance.

    Raises
    ------
    ValueError
        If the arrays do not fit together, a number is not finite, a size is negative or not whole, or a pair stands twice.

    References
    ----------
    Ross and Soland (1975), Mathematical Programming 8 (generalised assignment); Savelsbergh (1997), Operations
    Research 45 (by whole loads).

    Examples
    --------
    Two schools look for rooms. The first would be a little better off at the site that alone has room for the second.

    >>> found = assign(np.array([0, 0, 1]), np.array([0, 1, 0]), np.array([9.0, 8.0, 7.0]), np.array([4.0, 4.0, 6.0]), np.array([8.0, 5.0]))
    >>> found.taken.tolist(), found.objective, found.gap
    ([False, True, True], 15.0, 0.0)
    """
    _refuse(consumer, site, value, size, room)
    rooms = np.floor(np.maximum(room, 0.0)).astype(np.int64)
    possible = np.flatnonzero((value > 0) & (size <= rooms[site]))
    order = possible[np.lexsort((site[possible], consumer[possible]))]
    taken = np.zeros(len(consumer), dtype=bool)
    if not len(order):
        return Assignment(taken, 0.0, 0.0, 0.0)
    # consumers without a pair need no row
    who = np.unique(consumer[order], return_inverse=True)[1].astype(np.int64)
    pairs = Pairs(who, site[order].astype(np.int64), value[order], size[order].astype(np.int64), rooms)
    found = _best(pairs, gap)
    taken[order[found.pairs]] = True
    bound = max(found.bound, found.worth)
    if bound == found.worth:
        return Assignment(taken, found.worth, bound, 0.0)
    return Assignment(
        taken, found.worth, bound, (bound - found.worth) / found.worth if found.worth > 0 else float(np.inf)
    )


def _best(pairs: Pairs, gap: float) -> Choice:
    if (every := by_loads.of_all(pairs, gap)) is not None:
        return every
    relaxed = by_pairs.relaxed(pairs)
    near = by_loads.of_near(pairs, relaxed.paid, gap)
    return by_pairs.best(pairs, relaxed, gap) if near is None else near._replace(bound=min(near.bound, relaxed.bound))


def _refuse(consumer: Ints, site: Ints, value: Floats, size: Floats, room: Floats) -> None:
    if not len(consumer) == len(site) == len(value) == len(size):
        raise ValueError("consumer, site, value and size need one entry for each pair")
    for name, numbers in (("value", value), ("size", size), ("room", room)):
        if wrong := np.flatnonzero(~np.isfinite(numbers)).tolist():
            raise ValueError(f"{name} is not a number in {len(wrong)} places, first at {wrong[0]}")
    if wrong := np.flatnonzero(size < 0).tolist():
        raise ValueError(f"size is negative in {len(wrong)} places, first at {wrong[0]}")
    if wrong := np.flatnonzero(size != np.floor(size)).tolist():
        raise ValueError(f"size is no whole number of rooms in {len(wrong)} places, first at {wrong[0]}")
    if wrong := np.flatnonzero((site < 0) | (site >= len(room))).tolist():
        raise ValueError(f"site is none of the {len(room)} in {len(wrong)} places, first at {wrong[0]}")
    order = np.lexsort((site, consumer))
    twice = (np.diff(consumer[order]) == 0) & (np.diff(site[order]) == 0)
    if twice.any():
        first = order[int(np.flatnonzero(twice)[0])]
        raise ValueError(
            f"{int(twice.sum())} pairs stand twice, first: consumer {consumer[first]} at site {site[first]}"
        )
