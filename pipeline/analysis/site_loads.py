"""Which consumers fit together at a site: all loads listed, since a choice of whole loads is bounded far better than one of pairs."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]

# Rooms are sums of a few numbers: over by less than this is rounding.
ROUNDING = 1e-9


class Loads(NamedTuple):
    """``site`` of each load; and, entry by entry, the ``load`` that has the ``pair``."""

    site: Ints
    load: Ints
    pair: Ints


def loads(site: Ints, size: Floats, room: Floats, most: int) -> Loads | None:
    """Every set of pairs of one site that fits there, the empty one left out; None if there are more than ``most``.

    Parameters
    ----------
    site, size : arrays
        One entry for each pair: where, and the room it takes there.
    room : float array
        Room of each site.
    most : int
        Loads beyond which they are not listed.

    References
    ----------
    Savelsbergh (1997), Operations Research 45 (assignment as a choice of whole loads).

    Examples
    --------
    >>> found = loads(np.array([0, 0, 0]), np.array([2.0, 3.0, 4.0]), np.array([5.0]), 10)
    >>> found.load.tolist(), found.pair.tolist()
    ([0, 1, 2, 3, 3], [0, 1, 2, 0, 1])
    """
    sites, load, pair = [], [], []
    listed = 0
    for where in np.unique(site):
        mine = np.flatnonzero(site == where)
        limit = room[where] + ROUNDING
        members, held = np.zeros((1, 0), dtype=np.int64), np.zeros(1)
        while len(members):
            last = members[:, -1] if members.shape[1] else np.full(1, -1)
            fits = (np.arange(len(mine)) > last[:, None]) & (held[:, None] + size[mine] <= limit)
            if listed + int(fits.sum()) > most:
                return None
            old, new = np.nonzero(fits)
            members, held = np.column_stack([members[old], new]), held[old] + size[mine[new]]
            if len(members):
                sites.append(np.full(len(members), where))
                load.append(np.repeat(listed + np.arange(len(members)), members.shape[1]))
                pair.append(mine[members.ravel()])
            listed += len(members)
    if not listed:
        none = np.zeros(0, dtype=np.int64)
        return Loads(none, none, none)
    return Loads(*(np.concatenate(each).astype(np.int64) for each in (sites, load, pair)))
