"""Ranks of many long rows at once, compiled: for states and countries (`ranks.lowest_ranks` does for a district).

A row is sorted by the bits of its numbers, eleven at a time, so that the work grows with the
number of values and not faster. The ranks are those of `ranks.lowest_ranks` for numbers of single
precision. The code leaves Python's lock: callers run it on several blocks at once.

References
----------
Knuth (1998), The Art of Computer Programming 3, section 5.2.5 (radix list sorting).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.analysis.compiling import compiled

_BITS = 11
_STEPS = 1 << _BITS


def lowest_ranks(values: npt.NDArray[Any]) -> npt.NDArray[np.float32]:
    """How many values of the same row are smaller: equal values share the smallest rank.

    Parameters
    ----------
    values
        Numbers, taken in single precision; rows run along the last axis. Empty ones sort last.

    >>> lowest_ranks(np.array([10.0, 30.0, 20.0, 20.0])).tolist()
    [0.0, 3.0, 1.0, 1.0]
    """
    if not values.size:
        return np.empty(values.shape, dtype="float32")
    # zero added, so that a negative zero is a zero like any other
    rows = np.ascontiguousarray(values, dtype="float32").reshape(-1, values.shape[-1]) + np.float32(0)
    ranks = np.empty(rows.shape, dtype="float32")
    _rank_rows(rows.view(np.uint32), ranks)
    return ranks.reshape(values.shape)


@compiled()
def _rank_rows(bits: Any, ranks: Any) -> None:
    n = bits.shape[1]
    keys, order = np.empty(n, np.uint32), np.empty(n, np.int32)
    next_keys, next_order = np.empty(n, np.uint32), np.empty(n, np.int32)
    start = np.empty(_STEPS + 1, np.int32)
    for row in range(bits.shape[0]):
        _rank_row(bits[row], ranks[row], keys, order, next_keys, next_order, start)


@compiled()
def _rank_row(bits: Any, ranks: Any, keys: Any, order: Any, next_keys: Any, next_order: Any, start: Any) -> None:
    n = len(bits)
    for i in range(n):
        # negative numbers have the sign bit set and run backwards: turn them so that bits sort as numbers do
        keys[i] = bits[i] ^ np.uint32(0xFFFFFFFF) if bits[i] >> np.uint32(31) else bits[i] | np.uint32(0x80000000)
        order[i] = i
    for shift in range(0, 32, _BITS):
        start[:] = 0
        for i in range(n):
            start[((keys[i] >> np.uint32(shift)) & np.uint32(_STEPS - 1)) + 1] += 1
        for step in range(_STEPS):
            start[step + 1] += start[step]
        for i in range(n):
            step = (keys[i] >> np.uint32(shift)) & np.uint32(_STEPS - 1)
            next_keys[start[step]], next_order[start[step]] = keys[i], order[i]
            start[step] += 1
        keys, next_keys = next_keys, keys
        order, next_order = next_order, order
    first = 0
    for place in range(n):
        if keys[place] != keys[first]:
            first = place
        ranks[order[place]] = first
