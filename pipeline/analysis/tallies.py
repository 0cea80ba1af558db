"""Errors of forecasts counted by size of error, so that those of many schools can be added in any order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

Array = np.ndarray

WIDTH = 0.002  # of a class of |log(actual / forecast)|; what is read from the counts is rounded up to it
CLASSES = 1000  # the last holds every error of a factor of exp(2) and more
SCHOOL_SIZES = (200.0, 500.0)
GRADE_SIZES = (25.0, 100.0)
_CELLS = (
    "under_200", "200_to_499", "500_and_over", "same_grades", "grade_under_25", "grade_25_to_99", "grade_100_and_over",
    "district", "district_grade",
)  # fmt: skip
GROUPS: Mapping[str, tuple[str, ...]] = {  # name of a group in the tables -> what is counted apart
    "under_200": ("under_200",),
    "200_to_499": ("200_to_499",),
    "500_and_over": ("500_and_over",),
    "200_and_over": ("200_to_499", "500_and_over"),
    "same_grades": ("same_grades",),
    "district": ("district",),
    "district_grade": ("district_grade",),
    "school_grade": ("grade_under_25", "grade_25_to_99", "grade_100_and_over"),
    "grade_under_25": ("grade_under_25",),
    "grade_25_to_99": ("grade_25_to_99",),
    "grade_100_and_over": ("grade_100_and_over",),
}
BY_FORECAST = ("grade_under_25", "grade_25_to_99", "grade_100_and_over")  # sizes are those of the forecast
SUMS = ("cases", "absolute_share", "signed_share", "absolute", "actual")


def school_class(pupils: Array) -> Array:
    """Size class of a school by its pupils.

    >>> school_class(np.array([12.0, 200.0, 800.0])).tolist()
    ['under_200', '200_to_499', '500_and_over']
    """
    return _named(SCHOOL_SIZES, ("under_200", "200_to_499", "500_and_over"), pupils)


def grade_class(pupils: Array) -> Array:
    """Size class of a grade of a school by its pupils.

    >>> grade_class(np.array([12.0, 25.0, 180.0])).tolist()
    ['grade_under_25', 'grade_25_to_99', 'grade_100_and_over']
    """
    return _named(GRADE_SIZES, ("grade_under_25", "grade_25_to_99", "grade_100_and_over"), pupils)


def _named(bounds: tuple[float, ...], names: tuple[str, ...], pupils: Array) -> Array:
    named: Array = np.array(names, dtype=object)[np.searchsorted(bounds, np.nan_to_num(pupils), side="right")]
    return named


@dataclass(frozen=True)
class Tally:
    """Errors by method, pair of start and horizon, and group.

    Attributes
    ----------
    methods : tuple of str
    pairs : array, pair x 2
        Start (fall) and horizon (years).
    sums : array, method x pair x group x ``SUMS``
        Cases; their absolute and signed errors over what happened; pupils off, and pupils there.
    counts : array, method x pair x group x class
        Cases by class of |log(actual / forecast)|: class c holds errors above (c - 1) x ``WIDTH`` up
        to c x ``WIDTH``.
    left : array, pair x group
        Schools of the start that did not report the later fall: no cases.
    """

    methods: tuple[str, ...]
    pairs: Array
    sums: Array
    counts: Array
    left: Array


class Counter:
    """Counts cases into a `Tally`, pair by pair."""

    def __init__(self, methods: tuple[str, ...], pairs: Array) -> None:
        shape = (len(methods), len(pairs), len(_CELLS))
        self._sums, self._counts = np.zeros((*shape, len(SUMS))), np.zeros((*shape, CLASSES + 1), dtype=np.int32)
        self._left = np.zeros((len(pairs), len(_CELLS)), dtype=np.int64)
        self._methods, self._pairs = methods, pairs

    def schools(self, pair: int, expected: Array, happened: Array, start: Array) -> None:
        """Count schools and their grades.

        Parameters
        ----------
        expected : array, method x school x grade
        happened, start : array, school x grade
            The later fall and the start; NaN where a school did not report.
        """
        began = ~np.isnan(start).any(axis=1)
        there = began & ~np.isnan(happened).any(axis=1)
        self._left[pair, :3] += np.bincount(_place(SCHOOL_SIZES, start[began & ~there].sum(axis=1)), minlength=3)
        expected, happened, start = expected[:, there], happened[there], start[there]
        size, total, actual = start.sum(axis=1), expected.sum(axis=2), happened.sum(axis=1)
        self._count(pair, total, actual, size, _place(SCHOOL_SIZES, size))
        same = ((start > 0) == (happened > 0)).all(axis=1) & (size >= SCHOOL_SIZES[0])
        self._count(pair, total[:, same], actual[same], size[same], np.full(int(same.sum()), 3))
        cell = np.flatnonzero((happened > 0) & (start > 0))
        grades = expected.reshape(len(expected), -1)[:, cell]
        self._count(pair, grades, happened.ravel()[cell], start.ravel()[cell], 4 + _place(GRADE_SIZES, grades))

    def district(self, pair: int, expected: Array, happened: Array, start: Array) -> None:
        """Count the district's total and its grades (``expected`` is method x grade)."""
        self._count(
            pair, expected.sum(axis=1)[:, None], happened.sum(keepdims=True), start.sum(keepdims=True), np.array([7])
        )
        self._count(pair, expected, happened, start, np.full(len(happened), 8))

    def _count(self, pair: int, expected: Array, happened: Array, start: Array, cell: Array) -> None:
        """Cases have pupils at the start and later: the same of every method.

        Grades that opened or closed are not errors of a rate. A forecast of nobody is off by all, and in the last class.
        """
        both = np.broadcast_to((start > 0) & (happened > 0), expected.shape)
        which = (np.arange(len(expected))[:, None] * len(_CELLS) + cell)[both]
        forecast, actual = expected[both], np.broadcast_to(happened, expected.shape)[both]
        with np.errstate(divide="ignore"):
            error = np.ceil(np.abs(np.log(actual / forecast)) / WIDTH - 1e-9)
        shape = self._sums[:, pair].shape[:2]
        number = shape[0] * shape[1]
        found = np.bincount(
            which * (CLASSES + 1) + np.minimum(error, CLASSES).astype(np.int64), minlength=number * (CLASSES + 1)
        )
        self._counts[:, pair] += found.reshape(*shape, CLASSES + 1).astype(np.int32)
        off = np.abs(actual - forecast)
        for place, weight in enumerate((None, off / actual, (forecast - actual) / actual, off, actual)):
            self._sums[:, pair, :, place] += np.bincount(which, weight, minlength=number).reshape(shape)

    def __add__(self, other: Counter) -> Counter:
        """This counter, with the cases of the other counted too."""
        self._sums += other._sums
        self._counts += other._counts
        self._left += other._left
        return self

    def tally(self) -> Tally:
        """What was counted, by the groups of ``GROUPS``."""
        sums, counts, left = (
            np.zeros((*array.shape[:axis], len(GROUPS), *array.shape[axis + 1 :]), dtype=array.dtype)
            for array, axis in ((self._sums, 2), (self._counts, 2), (self._left, 1))
        )
        for place, cells in enumerate(GROUPS.values()):
            for cell in map(_CELLS.index, cells):
                sums[:, :, place] += self._sums[:, :, cell]
                counts[:, :, place] += self._counts[:, :, cell]
                left[:, place] += self._left[:, cell]
        return Tally(self._methods, self._pairs, sums, counts, left)


def _place(bounds: tuple[float, ...], pupils: Array) -> Array:
    """Position of the class, as ``np.searchsorted`` has it and several times faster for two bounds."""
    place = np.zeros(pupils.shape, dtype=np.int64)
    for bound in bounds:
        place += pupils >= bound
    return place
