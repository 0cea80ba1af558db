"""Intervals from the errors that were made, and how often such intervals held what happened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from pipeline.analysis.tallies import CLASSES, GROUPS, WIDTH, Tally

Array = np.ndarray

SHARE = 0.8  # of what happens, to lie within the interval
FALLS = 8  # latest falls whose errors count: a time of closures says little of one without
SMALLEST_CASES = 10  # fewer errors say nothing about the tails
STAND_INS: Mapping[str, tuple[str, ...]] = {  # whose errors count where a group has too few; theirs are larger
    "district": ("district_grade",),
    "500_and_over": ("200_to_499", "under_200", "school_grade"),
    "200_to_499": ("under_200", "school_grade"),
    "under_200": ("school_grade",),
    "grade_100_and_over": ("school_grade",),
    "grade_25_to_99": ("school_grade",),
    "grade_under_25": ("school_grade",),
}
INTERVALS = tuple(name for name in GROUPS if name in STAND_INS or name == "district_grade")


def widths(tally: Tally, until: int, horizons: Sequence[int]) -> tuple[Array, Array]:
    """Half the width of 80% intervals of log(actual / forecast), and what it rests on.

    An error of a shorter horizon counts as one that has grown with the root of the years; those
    of the latest 8 falls up to ``until`` are put in order, and the one of rank ``0.8 (n + 1)``
    is the width: where errors to come are like these, four of five lie within. Up and down
    count alike, since what drove past errors one way may not come again.

    Parameters
    ----------
    tally : Tally
    until : int
        Latest fall that may be looked at.
    horizons : sequence of int
        Years ahead.

    Returns
    -------
    widths : array, method x group of ``GROUPS`` x horizon
        NaN where there are fewer than 10 errors, of the group and of all ``STAND_INS``.
    borrowed : array of bool, group x horizon
        Whether the errors are those of a stand-in.

    References
    ----------
    Vovk, Gammerman and Shafer (2005), Algorithmic Learning in a Random World (conformal
    prediction); Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and Local
    Population Projections, ch. 13 (errors by size and horizon).
    """
    target = tally.pairs.sum(axis=1)
    recent = (target <= until) & (target > until - FALLS)
    tried = sorted({int(h) for h in tally.pairs[recent, 1]})
    shape = (len(tally.methods), len(GROUPS))
    reached = {
        h: tally.counts[:, recent & (tally.pairs[:, 1] == h)].sum(axis=1, dtype=np.int32).cumsum(axis=2) for h in tried
    }
    found = np.full((*shape, len(horizons)), np.nan)
    for place, horizon in enumerate(horizons):
        below = np.zeros((*shape, CLASSES + 1), dtype=np.int64)
        for h in tried:
            if h < horizon:
                below += reached[h][:, :, (np.arange(CLASSES + 1) / np.sqrt(horizon / h) + 1e-9).astype(int)]
            elif h == horizon:
                below += reached[h]
        number = sum((reached[h][:, :, -1] for h in tried if h <= horizon), np.zeros(shape, dtype=np.int64))
        rank = np.ceil((number + 1) * SHARE)
        width = np.minimum((below < rank[:, :, None]).sum(axis=2), CLASSES)
        found[:, :, place] = np.where(number >= SMALLEST_CASES, width * WIDTH, np.nan)
    return _stood_in(found)


def _stood_in(found: Array) -> tuple[Array, Array]:
    names, filled = list(GROUPS), found.copy()
    borrowed = np.zeros(found.shape[1:], dtype=bool)
    for name, others in STAND_INS.items():
        own = names.index(name)
        for other in others:
            short = np.isnan(filled[:, own])
            filled[:, own] = np.where(short, found[:, names.index(other)], filled[:, own])
            borrowed[own] |= (short & ~np.isnan(filled[:, own])).any(axis=0)
    return filled, borrowed


def held(tally: Tally) -> tuple[Array, Array]:
    """Cases that lay within the interval their method would have had then, and cases that had one.

    Each start's intervals are fitted on what had happened by then. Groups of several classes
    are the sum of these, each with its own interval; groups without an interval have no cases.

    Returns
    -------
    held, tried : array, method x pair x group
    """
    names = list(GROUPS)
    inside, tried = np.zeros(tally.sums.shape[:3]), np.zeros(tally.sums.shape[:3])
    for start in np.unique(tally.pairs[:, 0]):
        horizons = sorted({int(h) for h in tally.pairs[tally.pairs[:, 0] == start, 1]})
        width, _ = widths(tally, int(start), horizons)
        for pair in np.flatnonzero(tally.pairs[:, 0] == start):
            own = width[:, :, horizons.index(int(tally.pairs[pair, 1]))]
            reached = tally.counts[:, pair].cumsum(axis=2)
            place = np.nan_to_num(np.round(own / WIDTH)).astype(int)
            got = np.take_along_axis(reached, place[:, :, None], axis=2)[:, :, 0]
            inside[:, pair] = np.where(np.isnan(own), 0, got)
            tried[:, pair] = np.where(np.isnan(own), 0, reached[:, :, -1])
    for name, parts in GROUPS.items():
        of = [names.index(part) for part in parts]
        for array in (inside, tried):
            array[:, :, names.index(name)] = array[:, :, of].sum(axis=2) if set(parts) <= set(INTERVALS) else 0
    return inside, tried
