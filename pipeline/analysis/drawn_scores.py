"""The index of many draws at once, each with weights, a scale and a kind of mean of its own.

The formulas are those of `families`; here they are laid out for speed: single precision, what is
not known held as 0 with no weight, sums in the order of the indicators, so that they are the same on every machine.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from pipeline.analysis.families import Reference, Scale, domain_means, normalise

Singles = npt.NDArray[Any]  # of single precision
Flags = npt.NDArray[np.bool_]
Integers = npt.NDArray[np.int64]
Ranker = Callable[[npt.NDArray[Any]], Singles]

# Ways to put indicators on one scale, and to take the mean of domains; choices are numbers of these.
SCALES: tuple[Scale, ...] = ("percentile", "standardised", "minmax")
MEANS = ("arithmetic", "geometric", "exponential")
_BEND = 23.0
# Means that differ by less are equal but for rounding.
_TIE = np.float32(1e-6)


@dataclass(frozen=True)
class Frame:
    """What is the same in every draw.

    Parameters
    ----------
    present : array of bool (indicators, areas)
        Values that are known: these are ranked, and give mean, deviation, least and most.
    counted : array of bool (indicators, areas)
        Those of ranked areas: these have a weight.
    domain : tuple of str
        Domain of each indicator.
    winsor_sd : float
        Standardised values are held within so many standard deviations.
    ranker : function
        `ranks.lowest_ranks`, or the compiled `rank_kernel.lowest_ranks`.
    state : Reference, optional
        Areas that all values are held against, in place of the drawn ones themselves. They are
        not drawn; their domains are ranked by the study's own weights.
    """

    present: Flags
    counted: Flags
    domain: tuple[str, ...]
    winsor_sd: float
    ranker: Ranker
    state: Reference | None = None

    @cached_property
    def sizes(self) -> Singles:
        """How many values each indicator has, at least 1."""
        return np.asarray(np.maximum(self.present.sum(axis=1), 1).astype("float32")[:, None])

    @cached_property
    def ranked(self) -> Flags:
        """Areas that have a rank."""
        return np.asarray(self.counted.any(axis=0))

    @cached_property
    def ladders(self) -> list[Singles]:
        """The state's known values of each indicator, from least to most."""
        if self.state is None:
            return []
        return [np.sort(row[np.isfinite(row)]) for row in self.state.values.astype("float32")]

    @cached_property
    def moments(self) -> tuple[Singles, Singles]:
        """Mean and deviation over the state of each indicator."""
        known = [row if len(row) else np.zeros(1, dtype="float32") for row in self.ladders]
        mean, deviation = (np.array([of(row) for row in known], dtype="float32")[:, None] for of in (np.mean, np.std))
        return mean, deviation

    @cached_property
    def domain_ladders(self) -> list[list[Singles]]:
        """The state's means of each domain on each scale, from least to most."""
        found: list[list[Singles]] = []
        for scale in SCALES:
            if self.state is not None:
                normal = normalise(self.state.values, scale, winsor_sd=self.winsor_sd)
                means = domain_means(normal, self.state.weights, self.domain)[0].astype("float32")
                found.append([np.sort(row[np.isfinite(row)]) for row in means])
        return found

    @cached_property
    def is_full(self) -> bool:
        """Whether every value is known."""
        return bool(self.present.all())

    @cached_property
    def rows_of_domains(self) -> list[list[int]]:
        """Indicators of each domain, domains in the order of their first."""
        return [[k for k, one in enumerate(self.domain) if one == name] for name in dict.fromkeys(self.domain)]


def normalised(values: Singles, scale: Integers, frame: Frame) -> Singles:
    """Draws x indicators x areas on the scale of each draw; what is not known is 0.

    Parameters
    ----------
    values : array of float32 (draws, indicators, areas)
        Drawn shares, 0 where not known.
    scale : array of int (draws)
        Positions in `SCALES`.
    frame : Frame
        What is known, and how to rank.
    """
    result = np.empty(values.shape, dtype="float32")
    for number, put in enumerate((_percentile, _standardised, _minmax)):
        rows = np.flatnonzero(scale == number)
        if len(rows):
            found = put(values[rows], frame)
            result[rows] = found if frame.is_full else np.where(frame.present, found, np.float32(0))
    return result


def scores(normal: Singles, scale: Integers, mean: Integers, weights: npt.NDArray[Any], frame: Frame) -> Singles:
    """Draws x areas: numbers that stand in the order of the index of each draw, -inf where an area is not ranked.

    Parameters
    ----------
    normal : array of float32 (draws, indicators, areas)
        From `normalised`, with the same ``scale``.
    mean : array of int (draws)
        Positions in `MEANS`.
    weights : array (draws, indicators)
        Each above 0; they need not sum to 1.
    frame : Frame
        What is known, and to which domain an indicator belongs.

    Returns
    -------
    array of float32
        Of the geometric mean its logarithm, of the others the mean.
    """
    result = np.empty((len(normal), normal.shape[-1]), dtype="float32")
    weights = weights.astype("float32")
    for number, bend in enumerate((None, _logarithm, _exponential)):
        rows = np.flatnonzero(mean == number)
        if not len(rows):
            continue
        if bend is None:
            total, weight = _weighted(normal, weights, range(len(frame.domain)), rows, frame)
        else:
            total, weight = np.zeros((2, len(rows), normal.shape[-1]), dtype="float32")
            for domain, of_domain in enumerate(frame.rows_of_domains):
                part, held = _weighted(normal, weights, of_domain, rows, frame)
                average = part / np.where(held > 0, held, np.float32(1))
                total += held * bend(average, held > 0, scale[rows], frame, domain)
                weight += held
        result[rows] = total / np.where(weight > 0, weight, np.float32(1))
    result[:, ~frame.ranked] = -np.inf
    return result


def ranks(scored: Singles, frame: Frame) -> Singles:
    """Rank of each area in each draw, 1 for the highest score; empty where an area is not ranked."""
    found = frame.ranker(-scored) + np.float32(1)
    found[:, ~frame.ranked] = np.nan
    return found


def _weighted(
    normal: Singles, weights: Singles, indicators: Any, rows: Integers, frame: Frame
) -> tuple[Singles, Singles]:
    """Weighted sum of some indicators and the sum of their weights, added in their order."""
    total, held = np.zeros((2, len(rows), normal.shape[-1]), dtype="float32")
    for k in indicators:
        weight = weights[rows, k, None]
        total += weight * (normal[rows, k] if frame.counted[k].all() else normal[rows, k] * frame.counted[k])
        held += weight * frame.counted[k]
    return total, held


def _percentile(values: Singles, frame: Frame) -> Singles:
    if frame.state is not None:
        found = np.zeros(values.shape, dtype="float32")
        for k, ladder in enumerate(frame.ladders):
            if len(ladder) > 1:
                found[:, k] = np.minimum(np.searchsorted(ladder, values[:, k]), len(ladder) - 1) / (len(ladder) - 1)
        return found
    known = values if frame.is_full else np.where(frame.present, values, np.float32(np.inf))
    return np.asarray(frame.ranker(known) / np.maximum(frame.sizes - 1, np.float32(1)))


def _standardised(values: Singles, frame: Frame) -> Singles:
    if frame.state is not None:
        mean, deviation = frame.moments
        scale = np.divide(1, deviation, out=np.zeros_like(deviation), where=deviation > 0)
        return np.asarray(np.clip((values - mean) * scale, -frame.winsor_sd, frame.winsor_sd, dtype="float32"))
    least, most = _ends(values, frame)
    from_mean = values - values.sum(axis=-1, keepdims=True) / frame.sizes
    if not frame.is_full:
        from_mean *= frame.present
    deviation = np.sqrt((from_mean**2).sum(axis=-1, keepdims=True) / frame.sizes)
    from_mean *= np.divide(1, deviation, out=np.zeros_like(deviation), where=(most > least) & (deviation > 0))
    return np.asarray(np.clip(from_mean, -frame.winsor_sd, frame.winsor_sd, out=from_mean))


def _minmax(values: Singles, frame: Frame) -> Singles:
    least, most = _ends(values, frame)
    if frame.state is not None:
        values = np.clip(values, least, most)
    return np.asarray((values - least) * np.divide(1, most - least, out=np.zeros_like(most), where=most > least))


def _ends(values: Singles, frame: Frame) -> tuple[Singles, Singles]:
    if frame.state is not None:
        ends = np.array([(row[0], row[-1]) if len(row) else (0, 0) for row in frame.ladders], dtype="float32")
        return ends[:, :1], ends[:, 1:]
    if frame.is_full:
        return values.min(axis=-1, keepdims=True), values.max(axis=-1, keepdims=True)
    least = np.where(frame.present, values, np.float32(np.inf)).min(axis=-1, keepdims=True)
    most = np.where(frame.present, values, np.float32(-np.inf)).max(axis=-1, keepdims=True)
    return least, most


def _logarithm(average: Singles, has: Flags, scale: Integers, frame: Frame, domain: int) -> Singles:
    """Logarithm of a domain's mean, which is held to 0 to 1 and at least half a place of the ladder."""
    from_sd = (scale == SCALES.index("standardised"))[:, None]
    share = np.where(from_sd, (average + frame.winsor_sd) / (2 * frame.winsor_sd), average)
    areas = int(frame.ranked.sum()) if frame.state is None else frame.state.values.shape[1]
    least = 1 / (2 * max(areas, 1))
    return np.log(np.maximum(share, least), dtype="float32")


def _exponential(average: Singles, has: Flags, scale: Integers, frame: Frame, domain: int) -> Singles:
    """Rank of a domain's mean among the areas that have it, bent so that the neediest tenth takes half of the scale."""
    if frame.state is not None:
        bent = np.zeros(average.shape, dtype="float32")
        for number in np.unique(scale):
            ladder, rows = frame.domain_ladders[number][domain], scale == number
            size = max(len(ladder), 1)
            share = (np.minimum(np.searchsorted(ladder, average[rows] - _TIE), size - 1) + 1) / size
            bent[rows] = -_BEND * np.log1p(-share * -np.expm1(-100 / _BEND))
        return bent
    size = max(int(has[0].sum()), 1)
    share = np.minimum(np.arange(1, average.shape[-1] + 1), size) / size
    ladder = (-_BEND * np.log1p(-share * -np.expm1(-100 / _BEND))).astype("float32")
    even = np.round(average / _TIE) if has.all() else np.where(has, np.round(average / _TIE), np.float32(np.inf))
    places = frame.ranker(even)
    return np.asarray(ladder[places.astype("int64")])
