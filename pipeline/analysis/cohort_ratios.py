"""Cohort-change ratios: how the children of one age became those of another, by area."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analysis.age_bands import AGES, LIMITS, spread
from pipeline.analysis.migration import cohort
from pipeline.analysis.uncertainty import Z90

Floats = npt.NDArray[np.float64]
OWN, CAPPED, SYNTHETIC, BORROWED = "cohort change", "cohort change, capped", "synthetic", "ratio of the district"


@dataclass(frozen=True)
class Children:
    """Children of some areas by published band: area x band, and their standard errors."""

    counts: Floats
    errors: Floats

    def of(self, low: float, high: float) -> tuple[Floats, Floats]:
        """Children of some ages and the standard error, spread evenly within the bands."""
        shares = np.array([spread(low, high).get(band, 0.0) for band in AGES])
        used = shares > 0
        total = (self.counts[:, used] * shares[used]).sum(axis=1)
        return total, np.sqrt(((self.errors[:, used] * shares[used]) ** 2).sum(axis=1))

    def of_band(self, band: str) -> tuple[Floats, Floats]:
        """Children of one of the bands that are shown, and the standard error."""
        return self.of(*LIMITS[band])


@dataclass(frozen=True)
class Ratio:
    """Cohort-change ratio of a band: by area, its standard error, the rule that gave it, and that of all areas."""

    own: Floats
    error: Floats
    method: npt.NDArray[np.object_]
    district: float


@dataclass(frozen=True)
class Births:
    """By what the children under 5 of each area grow with the number of women, and the standard error."""

    factor: Floats
    error: Floats


def children_of(profile: pd.DataFrame, area: str, vintage: str, ids: pd.Index, factor: float) -> Children:
    """Counts of a vintage by published band, in the order of ``ids``, scaled to the control total."""
    rows = profile[profile["vintage"] == vintage].set_index(area).reindex(ids)
    counts = rows[list(AGES)].to_numpy(dtype="float64") * factor
    return Children(counts, rows[[f"{band}_moe" for band in AGES]].to_numpy(dtype="float64") * factor / Z90)


def cohort_ratios(
    then: Children, today: Children, years: float, smallest: float, largest: float
) -> dict[str, Ratio | None]:
    """Cohort-change ratio of each published band; None where none of its children were born ``years`` ago.

    A ratio is the children of a band now over those of the ages they had then: survival and migration together. In small
    cells it is mostly noise, so it is drawn (empirical Bayes) to a synthetic one: the ratio of all areas in that band, times how
    the area's cohorts of all ages did beside those of all areas, itself drawn to 1. Both are drawn the more, the
    wider the margin is beside the spread between areas. Ratios are then held to the caps. ``method`` says
    ``synthetic`` where the synthetic ratio has more than half of the weight.

    Parameters
    ----------
    then, today : Children
        The same areas in two vintages.
    years : float
        Years between them.
    smallest, largest : float
        Caps of a five-year ratio; of other steps they are taken to the power of years over five.

    References
    ----------
    Hamilton and Perry (1962), Social Forces 41. Swanson, Schlottmann and Schmidt (2010), Population Research and
    Policy Review 29 (caps). Tayman and Swanson (2017), Population Research and Policy Review 36 (synthetic ratios).
    Morris (1983), J. Amer. Statist. Assoc. 78 (empirical Bayes).

    Examples
    --------
    >>> then, today = Children(np.full((2, 4), 100.0), np.zeros((2, 4))), Children(np.array([[100.0, 150, 110, 60], [100.0, 90, 110, 60]]), np.zeros((2, 4)))
    >>> ratio = cohort_ratios(then, today, 5, 0.9, 1.3)["children_5_9"]
    >>> ratio.own.tolist(), ratio.method.tolist(), ratio.district
    ([1.3, 0.9], ['cohort change, capped', 'cohort change'], 1.2)
    """
    low, high = smallest ** (years / 5), largest ** (years / 5)
    every = cohort(0, 18, years)
    if every is None:
        return dict.fromkeys(AGES)
    base, base_error = then.of(every[0] - years, every[1] - years)
    result, result_error = today.of(*every)
    raw, noise, all_ages, _ = _raw(base, base_error, result, result_error)
    keep, _ = _drawn(raw, noise, np.full(len(raw), all_ages), base)
    beside = np.where(np.isnan(raw), 1.0, keep * raw / all_ages + 1 - keep) if all_ages > 0 else np.ones(len(raw))
    beside_error = np.nan_to_num(np.sqrt(keep * noise)) / max(all_ages, 1e-12)
    found: dict[str, Ratio | None] = {}
    for band, ages in AGES.items():
        born = cohort(*ages, years)
        if born is None:
            found[band] = None
            continue
        base, base_error = then.of(born[0] - years, born[1] - years)
        result, result_error = today.of(*born)
        raw, noise, pooled, shared = _raw(base, base_error, result, result_error)
        district = float(np.clip(pooled, low, high))
        synthetic = district * beside
        keep, between = _drawn(raw, noise, synthetic, base)
        own = ~np.isnan(raw)
        drawn = np.where(own, keep * np.nan_to_num(raw) + (1 - keep) * synthetic, synthetic)
        ratio = np.clip(drawn, low, high)
        # of a ratio that is drawn to another, the other's own error is left
        left = (1 - keep) ** 2 * ((district * beside_error) ** 2 + shared)
        error = np.where(own, np.sqrt(keep * np.nan_to_num(noise) + left), np.sqrt(between + left))
        error = np.where(own & np.isnan(noise), np.nan, error)
        method = np.select([~own, ratio != drawn, keep < 0.5], [BORROWED, CAPPED, SYNTHETIC], OWN).astype(object)
        # a ratio cannot be more uncertain than the width of the band it is held to
        found[band] = Ratio(ratio, np.minimum(error, (high - low) / 2), method, district)
    return found


def births_of(women: Mapping[str, tuple[Floats, Floats]], years: float) -> Births | None:
    """How the number of women aged 15 to 44 will change in five years: children under 5 follow, as many per woman as now.

    The women of then are those aged 10 to 39 now, times what became of those of that age five years ago in all areas
    together. Each area's factor is drawn to that of all areas as ratios are (`cohort_ratios`). Beyond the first step
    women are held.

    Parameters
    ----------
    women : mapping
        ``then 10-39``, ``now 10-39`` and ``now 15-44``: counts by area and standard errors.
    years : float
        Years between the vintages.

    Returns
    -------
    Births or None
        None where women are not known, or where the step is not five years.

    References
    ----------
    Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and Local Population Projections, ch. 7
    (child-woman ratio in the Hamilton-Perry method).

    >>> exact = np.zeros(2)
    >>> girls = {"then 10-39": (np.array([90.0, 110.0]), exact), "now 10-39": (np.array([110.0, 100.0]), exact), "now 15-44": (np.array([100.0, 100.0]), exact)}
    >>> births_of(girls, 5).factor.tolist()
    [1.1, 1.0]
    """
    known = ~np.isnan(np.stack([counts for counts, _ in women.values()])).any(axis=0)
    then, now, mothers = (women[k][0][known].sum() for k in ("then 10-39", "now 10-39", "now 15-44"))
    if years != 5 or not min(then, now, mothers) > 0:
        return None
    became = mothers / then
    base, base_error = women["now 15-44"]
    raw, noise, district, shared = _raw(
        base, base_error, women["now 10-39"][0] * became, women["now 10-39"][1] * became
    )
    keep, between = _drawn(raw, noise, np.full(len(raw), district), base)
    factor = np.where(np.isnan(raw), district, keep * np.nan_to_num(raw) + (1 - keep) * district)
    error = np.sqrt(np.where(np.isnan(raw), between, keep * np.nan_to_num(noise)) + (1 - keep) ** 2 * shared)
    return Births(factor, error)


def _raw(base: Floats, base_error: Floats, result: Floats, result_error: Floats) -> tuple[Floats, Floats, float, float]:
    """Ratio of each area and its variance, missing where there is nothing to divide by; ratio of all areas and its variance."""
    known = ~np.isnan(base) & ~np.isnan(result)
    own, total = known & (base > 0), base[known].sum()
    blank = np.full(len(base), np.nan)
    raw = np.divide(result, base, out=blank.copy(), where=own)
    noise = np.divide(result_error**2 + (raw * base_error) ** 2, base**2, out=blank.copy(), where=own)
    if not total > 0:
        return raw, noise, 1.0, 0.0
    ratio = float(result[known].sum() / total)
    shared = np.nansum(result_error[known] ** 2) + ratio**2 * np.nansum(base_error[known] ** 2)
    return raw, noise, ratio, float(shared / total**2)


def _drawn(raw: Floats, noise: Floats, target: Floats, base: Floats) -> tuple[Floats, float]:
    """Weight that each area's own ratio keeps beside its target, and the variance between areas (never below zero)."""
    sure = ~np.isnan(raw) & ~np.isnan(noise)
    weight = base[sure] / max(base[sure].sum(), 1e-12)
    between = max(0.0, float((weight * ((raw[sure] - target[sure]) ** 2 - noise[sure])).sum()))
    # without a margin, or with one of zero, a ratio is taken as it is
    keep = np.divide(between, between + noise, out=np.ones(len(raw)), where=np.nan_to_num(noise) > 0)
    return np.where(np.isnan(raw), 0.0, keep), between
