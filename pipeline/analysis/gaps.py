"""Falls that a school did not report, told from openings and closures, and what stands for them."""

from __future__ import annotations

import numpy as np

Array = np.ndarray


def gaps(pupils: Array, present: Array | None = None) -> Array:
    """School x fall: whether a school that was there has no usable counts.

    It reported an earlier fall, and either reports a later one again or stands in the files of the
    fall without usable counts (``present``). A school without an earlier report opens, one without a later report is closed.

    Parameters
    ----------
    pupils : array, school x grade x fall
        NaN where a school did not report.
    present : array, school x fall, or None
        `rolls.Rolls.unusable`.

    >>> nan = np.nan
    >>> gaps(np.array([[[nan, 5.0, nan, 4.0, nan]]])).tolist()
    [[False, False, True, False, False]]
    >>> gaps(np.array([[[nan, 5.0, 4.0, nan]]]), np.array([[True, False, False, True]])).tolist()
    [[False, False, False, True]]
    """
    reported = ~np.isnan(pupils).any(axis=1)
    there = reported if present is None else reported | present[:, : reported.shape[1]]
    before = np.logical_or.accumulate(reported, axis=1)
    later = np.logical_or.accumulate(there[:, ::-1], axis=1)[:, ::-1]
    return np.asarray(~reported & before & later)


def carried(pupils: Array, missing: Array) -> Array:
    """The counts, in each fall of ``missing`` (school x fall) those of the latest fall that the school reported.

    >>> carried(np.array([[[5.0, np.nan, np.nan, 4.0]]]), np.array([[False, True, True, False]])).tolist()
    [[[5.0, 5.0, 5.0, 4.0]]]
    """
    found = pupils.copy()
    for school, fall in zip(*np.nonzero(missing), strict=True):  # falls of a school in their order
        found[school, :, fall] = found[school, :, fall - 1]
    return found


def district_counts(pupils: Array, present: Array | None = None) -> Array:
    """Pupils of all schools, grade x fall, unreported falls carried from the latest count."""
    return np.asarray(np.nansum(carried(pupils, gaps(pupils, present)), axis=0))
