"""Assignments that are worth the same told apart by the order of consumers and sites."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

# Two assignments are worth the same where they differ by less than this share of the dearest pair: sums in another order.
EQUAL = 1e-12


def first_by_id(consumer: Ints, site: Ints, size: Floats, value: Floats, room: Floats, taken: Flags) -> Flags:
    """The assignment brought forward by id, worth the same: by moves to earlier sites and by exchanges with later ones.

    Examples
    --------
    Two consumers to whom both sites are the same stand the wrong way round.

    >>> who, where, wrong = np.array([0, 0, 1, 1]), np.array([0, 1, 0, 1]), np.array([False, True, True, False])
    >>> first_by_id(who, where, np.ones(4), np.ones(4), np.ones(2), wrong).tolist()
    [True, False, False, True]
    """
    pair_of = {(int(c), int(s)): n for n, (c, s) in enumerate(zip(consumer, site, strict=True))}
    mine: dict[int, list[int]] = {}
    for (who, _), pair in sorted(pair_of.items()):
        mine.setdefault(who, []).append(pair)
    at = {int(consumer[pair]): int(pair) for pair in np.flatnonzero(taken)}
    held = np.bincount(site[taken], size[taken], len(room))
    there: dict[int, set[int]] = {}
    for who, pair in at.items():
        there.setdefault(int(site[pair]), set()).add(who)
    near = EQUAL * max(float(np.abs(value).max(initial=0.0)), 1.0)

    def put(who: int, pair: int | None) -> None:
        old = at.pop(who, None)
        if old is not None:
            held[site[old]] -= size[old]
            there[int(site[old])].remove(who)
        if pair is not None:
            at[who] = pair
            held[site[pair]] += size[pair]
            there.setdefault(int(site[pair]), set()).add(who)

    def brought_forward(who: int) -> bool:
        now = at.get(who)
        worth = 0.0 if now is None else value[now]
        for pair in mine[who]:
            here = int(site[pair])
            if value[pair] <= 0 or (now is not None and here >= site[now]):
                continue
            if abs(value[pair] - worth) <= near and held[here] + size[pair] <= room[here]:
                put(who, pair)
                return True
            for other in sorted(there.get(here, ())):
                theirs = at[other]
                back = None if now is None else pair_of.get((other, int(site[now])))
                if other < who or (now is not None and (back is None or value[back] <= 0)):
                    continue
                gain = value[pair] - worth + (0.0 if back is None else value[back]) - value[theirs]
                fits = held[here] - size[theirs] + size[pair] <= room[here]
                if now is not None and back is not None:
                    fits &= held[site[now]] - size[now] + size[back] <= room[site[now]]
                if fits and abs(gain) <= near:
                    put(other, None)
                    put(who, pair)
                    put(other, back) if back is not None else None
                    return True
        return False

    # each step brings a consumer forward and moves only later ones back: it ends
    while any(brought_forward(who) for who in sorted(mine)):
        pass
    found = np.zeros(len(value), dtype=bool)
    found[sorted(at.values())] = True
    return found
