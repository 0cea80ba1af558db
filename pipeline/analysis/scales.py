"""Indicators on one scale: percentile ranks, standard deviations, or from the least to the most."""

from __future__ import annotations

from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline.analysis.ranks import SMALLEST_KNOWN_WEIGHT, percentile_rank

Floats = npt.NDArray[np.float64]
Scale = Literal["percentile", "standardised", "minmax"]

WINSOR_SD = 3.0


def area_weights(values: Floats, weights: Floats) -> Floats:
    """Weights of the indicators in each area, scaled to 1 over those it has.

    Parameters
    ----------
    values
        Indicators x areas on the last two axes; empty where not known.
    weights
        One for each indicator, or draws x indicators; they sum to 1.

    Returns
    -------
    numpy.ndarray
        As ``values``. An area that has less than half of the index by weight has none.

    >>> area_weights(np.array([[0.1, np.nan], [0.2, 0.3]]), np.array([0.6, 0.4])).tolist()
    [[0.6, nan], [0.4, nan]]
    """
    known = np.where(np.isfinite(values), np.asarray(weights)[..., None], np.nan)
    total = np.nansum(known, axis=-2, keepdims=True)
    return np.where(total >= SMALLEST_KNOWN_WEIGHT - 1e-12, known / np.where(total > 0, total, 1.0), np.nan)


def normalise(values: Floats, how: Scale, reference: Floats | None = None, *, winsor_sd: float = WINSOR_SD) -> Floats:
    """Each indicator on a scale that others can be added to; high stays needier.

    Parameters
    ----------
    values
        Indicators x areas on the last two axes, draws before them; empty where not known.
    how
        ``percentile``: (rank - 1) / (N - 1), ties taking the smallest rank. ``standardised``:
        distance from the mean in standard deviations (of all areas, not of a sample), held
        within ``winsor_sd``. ``minmax``: from the least (0) to the most (1).
    reference
        Indicators x other areas that give ranks, mean, least and most in place of the areas
        themselves; what lies beyond them is taken as 0 or 1.

    Returns
    -------
    numpy.ndarray
        As ``values``. An indicator that is the same everywhere is 0 everywhere; one without
        any value in the reference is empty.

    References
    ----------
    Flanagan et al. (2011), JHSEM 8(1); Noelke et al. (2024), Child Opportunity Index 3.0.

    >>> normalise(np.array([[1.0, 2.0, 3.0]]), "standardised").round(3).tolist()
    [[-1.225, 0.0, 1.225]]
    >>> normalise(np.array([[1.0, 2.0, 9.0]]), "percentile", np.array([[0.0, 1.0, 2.0, 3.0, 4.0]])).tolist()
    [[0.25, 0.5, 1.0]]
    """
    values = np.asarray(values, dtype="float64")
    if how == "percentile":
        if reference is None:
            return percentile_rank(values)
        steps: Floats = np.maximum(np.isfinite(reference).sum(axis=-1, keepdims=True) - 1.0, 1.0)
        return places(values, reference) / steps
    frame = values if reference is None else reference
    known = np.isfinite(frame)
    size = known.sum(axis=-1, keepdims=True)
    least = np.where(known, frame, np.inf).min(axis=-1, keepdims=True, initial=np.inf)
    most = np.where(known, frame, -np.inf).max(axis=-1, keepdims=True, initial=-np.inf)
    varies = most > least
    middle, spread = least, np.where(varies, most - least, 1.0)
    if how == "standardised":
        middle = np.where(known, frame, 0.0).sum(axis=-1, keepdims=True) / np.maximum(size, 1)
        squares = np.where(known, frame - middle, 0.0) ** 2
        spread = np.sqrt(squares.sum(axis=-1, keepdims=True) / np.maximum(size, 1))
    low, high = (-winsor_sd, winsor_sd) if how == "standardised" else (0.0, 1.0)
    with np.errstate(invalid="ignore"):
        scaled = np.clip((values - middle) / np.where(varies, spread, 1.0), low, high)
    flat: Floats = np.where(np.isfinite(values) & ~varies, 0.0, scaled)
    return np.where(size > 0, flat, np.nan)


def unit(standardised: Floats, winsor_sd: float = WINSOR_SD) -> Floats:
    """Standardised values on 0 to 1, as a geometric mean needs them.

    >>> unit(np.array([-3.0, 0.0, 3.0])).tolist()
    [0.0, 0.5, 1.0]
    """
    return (standardised + winsor_sd) / (2 * winsor_sd)


def places(values: Floats, reference: Floats) -> Floats:
    """How many values of a reference are smaller, at most all but one of them.

    Parameters
    ----------
    values
        Indicators x areas on the last two axes; empty stays empty.
    reference
        Indicators x other areas. An indicator without a value there has no places.

    >>> places(np.array([[1.5, 9.0]]), np.array([[3.0, 1.0, 2.0]])).tolist()
    [[1.0, 2.0]]
    """
    found = np.full(values.shape, np.nan)
    for k in range(values.shape[-2]):
        ladder = np.sort(reference[k][np.isfinite(reference[k])])
        row = values[..., k, :]
        if len(ladder):
            smaller = np.minimum(np.searchsorted(ladder, row, side="left"), len(ladder) - 1)
            found[..., k, :] = np.where(np.isfinite(row), smaller, np.nan)
    return found


def child_levels(scores: Floats, children: Floats) -> tuple[Floats, Floats]:
    """Percentile (1 to 100) and level (1 to 5, 5 the neediest) by children, not by areas.

    A fifth of the children lives in each level, as nearly as areas allow: an area stands where
    the middle one of its children stands; areas of one score stand together. Without any
    children all are empty.

    References
    ----------
    Noelke et al. (2024), Child Opportunity Index 3.0 technical documentation: groups that hold
    1% and 20% of the children each.

    >>> child_levels(np.array([5.0, 1.0, 3.0, np.nan]), np.array([100.0, 300.0, 100.0, 50.0]))[1].tolist()
    [5.0, 2.0, 4.0, nan]
    """
    known = np.isfinite(scores)
    weight = np.where(known & np.isfinite(children), children, 0.0)
    total = weight.sum()
    if total <= 0:
        return np.full(scores.shape, np.nan), np.full(scores.shape, np.nan)
    _, group = np.unique(np.where(known, scores, np.inf), return_inverse=True)
    held = np.bincount(group, weights=weight)
    middle = ((np.cumsum(held) - held / 2) / total)[group]
    percentile, level = (np.clip(np.ceil(steps * middle - 1e-9), 1, steps) for steps in (100, 5))
    return np.where(known, percentile, np.nan), np.where(known, level, np.nan)
