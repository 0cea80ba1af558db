"""Forecasts from every past fall with the later ones hidden: what a back-test counts."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import reduce
from typing import TypeVar

import numpy as np

from pipeline.analysis.cohorts import by_fall, control_factor, district_projector, entry_totals
from pipeline.analysis.entry import TK
from pipeline.analysis.gaps import carried, gaps
from pipeline.analysis.methods import METHODS
from pipeline.analysis.progression import KG, Settings
from pipeline.analysis.projection import Projector, whole_of
from pipeline.analysis.tallies import Counter, Tally

Array = np.ndarray
T = TypeVar("T")

HORIZONS = (1, 3, 5, 10)
SHORTEST = 2  # falls a forecast must be able to look at
CHUNK = 1000  # schools projected at a time: their arrays stay in the processor's cache


def starts(years: Array, leave_out: tuple[int, ...]) -> list[tuple[int, tuple[int, ...]]]:
    """Falls to forecast from, with the years ahead that can be held against what happened.

    >>> starts(np.arange(2019, 2025), (2020,))
    [(2, (1, 3)), (3, (1,)), (4, (1,))]
    """
    found = []
    for base in range(SHORTEST - 1, len(years) - 1):
        ahead = tuple(h for h in HORIZONS if base + h < len(years) and int(years[base + h]) not in leave_out)
        if ahead and int(years[base]) not in leave_out:
            found.append((base, ahead))
    return found


def tally(pupils: Array, years: Array, settings: Settings, *, workers: int = 1) -> Tally:
    """Errors of every method from every feasible start, 1, 3, 5 and 10 years ahead.

    Parameters
    ----------
    pupils, years
        See `rolls`.
    settings : Settings
        A school that was there and did not report a fall (`gaps.gaps`) is left out of the district's forecast of it, too.
    workers : int
        Threads. The schools are projected in chunks and their sums added in the order of the chunks,
        so that the result does not depend on it.
    """
    methods = tuple(METHODS)
    tested = starts(years, settings.leave_out)
    counter_pairs = np.array([(int(years[b]), h) for b, ahead in tested for h in ahead], dtype=int).reshape(-1, 2)
    if not tested:
        return Counter(methods, counter_pairs).tally()
    known = np.ascontiguousarray(np.moveaxis(pupils, 2, 0))
    missing = gaps(pupils, settings.present)
    begun = by_fall(carried(pupils, missing))
    reported = np.nansum(known, axis=1)
    whole, counts = district_projector(known, years, settings)
    totals = [entry_totals(whole, base, max(ahead)) for base, ahead in tested]
    district = [whole.projected(base, ahead, methods, None)[:, :, 0] for base, ahead in tested]

    slices = [slice(first, first + CHUNK) for first in range(0, known.shape[1], CHUNK)]
    parts = [(known[:, part], _of(settings, part)) for part in slices]
    shared, step = whole_of(parts, years, counts)
    projectors = [
        Projector(p, years, s, t, shared, carried=begun[:, part])
        for (p, s), t, part in zip(parts, step, slices, strict=True)
    ]
    held = len(projectors) == 1

    def project(of: Projector) -> Iterator[Array]:
        for (base, ahead), total in zip(tested, totals, strict=True):
            yield of.projected(base, ahead, methods, total)

    def together(of: Projector) -> tuple[list[Array], list[Array], list[Array]]:
        found, silent, kept = [], [], []
        for (base, ahead), schools in zip(tested, project(of), strict=True):
            found.append(schools.sum(axis=2))
            untold = [of.unreported(base + h) for h in ahead]
            silent.append(np.stack([some[:, gone].sum(axis=1) for some, gone in zip(schools, untold, strict=True)]))
            if held:
                kept.append(schools)
        return found, silent, kept

    first = list(_in_order(together, projectors, workers))
    sums, silent = ([reduce(np.add, b) for b in zip(*(f[side] for f in first), strict=True)] for side in (0, 1))
    loose = np.array([not METHODS[name].controlled for name in methods])
    factors = [
        np.where(loose[:, None], 1.0, control_factor(have, want)) for have, want in zip(sums, district, strict=True)
    ]

    # what a school that did not report a fall would have is in neither the forecast nor what happened
    district = [np.maximum(want - gone * by, 0.0) for want, gone, by in zip(district, silent, factors, strict=True)]

    def count(of: Projector) -> Counter:
        counter, pair = Counter(methods, counter_pairs), 0
        found = iter(first[0][2]) if held else project(of)
        for (base, ahead), schools, factor, whole_of_base in zip(tested, found, factors, district, strict=True):
            for place, years_ahead in enumerate(ahead):
                expected = schools[place] * factor[place][:, None]
                then = as_counted(of.pupils[base + years_ahead], int(years[base]), settings)
                counter.schools(pair, expected, then, of.pupils[base])
                if of is projectors[0]:
                    then = as_counted(reported[base + years_ahead], int(years[base]), settings)
                    counter.district(pair, whole_of_base[place], then, counts[base])
                pair += 1
        return counter

    return reduce(Counter.__add__, _in_order(count, projectors, workers)).tally()


def as_counted(happened: Array, start: int, settings: Settings) -> Array:
    """A later fall (any x grade) as it would have been counted at the start: with transitional kindergarten in kindergarten.

    What was forecast from counts of one kind cannot be held against counts of another.

    >>> then = np.zeros(16)
    >>> then[TK], then[KG] = 30.0, 60.0
    >>> [as_counted(then, start, Settings(mixed={"KG": 2022}))[[TK, KG]].tolist() for start in (2022, 2023)]
    [[0.0, 90.0], [30.0, 60.0]]
    """
    if start > settings.mixed.get("KG", start - 1):
        return happened
    then = happened.copy()
    then[..., KG] += then[..., TK]
    then[..., TK] *= 0  # unknown stays unknown
    return then


def _of(settings: Settings, part: slice) -> Settings:
    return settings if settings.declared is None else replace(settings, declared=settings.declared[part])


def _in_order(run: Callable[[Projector], T], items: Sequence[Projector], workers: int) -> Iterator[T]:
    if workers == 1 or len(items) == 1:
        yield from map(run, items)
        return
    with ThreadPoolExecutor(workers) as pool:
        yield from pool.map(run, items)
