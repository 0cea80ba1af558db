"""Four ways to make one index of many indicators, and what each indicator adds to each of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt

from pipeline.analysis.ranks import alike, percentile_rank
from pipeline.analysis.scales import WINSOR_SD, Floats, Scale, area_weights, child_levels, normalise, places, unit

Mean = Literal["arithmetic", "exponential", "geometric"]
Family = Literal["percentile", "standardised", "exponential", "geometric"]

__all__ = ["FAMILIES", "RECIPES", "Family", "Mean", "Reference", "Scale", "area_weights", "child_levels", "combine", "contributions", "domain_means", "normalise", "unit"]  # fmt: skip

FAMILIES: tuple[Family, ...] = ("percentile", "standardised", "exponential", "geometric")
# How a family puts its indicators on one scale, and how it takes the mean of its domains.
RECIPES: dict[Family, tuple[Scale, Mean]] = {
    "percentile": ("percentile", "arithmetic"),
    "standardised": ("standardised", "arithmetic"),
    "exponential": ("percentile", "exponential"),
    "geometric": ("percentile", "geometric"),
}
# The Scottish and English indices' constant: about one area in ten scores above 50.
_BEND = 23.0


@dataclass(frozen=True)
class Reference:
    """Areas that others are held against, such as all tracts of the state: indicators x areas."""

    values: Floats
    weights: Floats


def domain_means(normal: Floats, weights: Floats, domain: Sequence[str]) -> tuple[Floats, Floats]:
    """Weighted mean of the indicators of each domain, and the weight of the domain.

    Domains stand in the order of their first indicator; a domain of which an area has nothing
    is empty there, with weight 0.

    >>> means, weights = domain_means(np.array([[0.2], [0.4], [1.0]]), np.array([[0.25], [0.25], [0.5]]), ["income", "income", "home"])
    >>> means.round(3).tolist(), weights.tolist()
    ([[0.3], [1.0]], [[0.5], [0.5]])
    """
    held = np.where(np.isfinite(normal) & np.isfinite(weights), weights, 0.0)
    parts = held * np.where(held > 0, normal, 0.0)
    rows = [[k for k, one in enumerate(domain) if one == name] for name in dict.fromkeys(domain)]
    shape = (*parts.shape[:-2], len(rows), parts.shape[-1])
    total, weight = np.zeros(shape), np.zeros(shape)
    for d, of_domain in enumerate(rows):
        for k in of_domain:
            total[..., d, :] += parts[..., k, :]
            weight[..., d, :] += held[..., k, :]
    with np.errstate(invalid="ignore", divide="ignore"):
        return np.where(weight > 0, total / weight, np.nan), weight


def combine(
    normal: Floats, weights: Floats, domain: Sequence[str], how: Mean, reference: Reference | None = None
) -> Floats:
    """One score for each area: the mean, of the kind asked for, of its domains.

    Indicators of one domain stand in for each other, so that within it the mean is always the
    plain one. A domain weighs what its indicators weigh.

    Parameters
    ----------
    normal
        Indicators x areas on the last two axes, as `normalise` gives them; the geometric mean
        takes values from 0 to 1.
    weights
        As `area_weights` gives them.
    domain
        Domain of each indicator.
    how
        ``arithmetic``: in the units of ``normal``. ``exponential``: each domain is ranked,
        R = rank / N with 1 for the neediest, and bent so that the neediest tenth takes half of
        the scale, X = -23 ln(1 - R (1 - exp(-100 / 23))); the mean is 0 to 100.
        ``geometric``: no domain below e = 1 / 2N, and the mean from e to 1 is 0 to 100.
    reference
        Normalised values and weights of the areas that domains are ranked among and counted
        by (N), if not the areas themselves.

    Returns
    -------
    numpy.ndarray
        Areas on the last axis; empty where an area has no weights.

    References
    ----------
    Noble et al. (2003), Scottish Indices of Deprivation 2003, appendix 5 (exponential);
    OECD/JRC (2008), Handbook on Constructing Composite Indicators, step 6 (geometric).

    >>> normal, weights = np.array([[0.25, 1.0], [1.0, 1.0]]), np.full((2, 2), 0.5)
    >>> combine(normal, weights, ["income", "home"], "arithmetic").tolist()
    [0.625, 1.0]
    >>> combine(normal, weights, ["income", "home"], "geometric").round(1).tolist()
    [33.3, 100.0]
    """
    ranked = _ranked(normal, weights)
    parts = _domain_parts(normal, weights, domain, how, reference)[0]
    total = parts.sum(axis=-2)
    if how == "geometric":
        least = _least(ranked, reference)
        total = 100 * (np.exp(total) - least) / (1 - least)
    return np.where(ranked, total, np.nan)


def contributions(
    values: Floats,
    weights: Floats,
    domain: Sequence[str],
    family: Family,
    reference: Reference | None = None,
    *,
    winsor_sd: float = WINSOR_SD,
) -> Floats:
    """What each indicator adds to the score of each area; the parts sum to the score exactly.

    Parameters
    ----------
    values
        Indicators x areas, high is needier; empty where not known.
    weights, domain
        As `combine` takes them.
    reference
        Values (as published, not normalised) and weights of the areas of another norm.

    Returns
    -------
    numpy.ndarray
        Indicators x areas, 0 to 100 points in all (standardised: standard deviations, which
        may be negative). The exponential and geometric scores are no sums: a domain's part
        of the geometric mean is its logarithmic-mean share, which leaves no residue, and
        within a domain the part is shared by weight times rank (by weight, where all are 0).

    References
    ----------
    Ang (2004), Decomposition analysis for policymaking in energy, Energy Policy 32(9).

    >>> shares, weights = np.array([[0.1, 0.2, 0.3], [0.5, 0.4, 0.6]]), np.full((2, 3), 0.5)
    >>> contributions(shares, weights, ["income", "home"], "percentile").tolist()
    [[0.0, 25.0, 50.0], [25.0, 0.0, 50.0]]
    """
    scale, how = RECIPES[family]
    frame = None if reference is None else reference.values
    normal = normalise(values, scale, frame, winsor_sd=winsor_sd)
    if how == "arithmetic":
        return (100 if scale == "percentile" else 1) * weights * normal
    among = None if reference is None else Reference(normalise(reference.values, scale), reference.weights)
    of_domains, domain_weights = _domain_parts(normal, weights, domain, how, among)
    known = np.isfinite(weights) & np.isfinite(normal)
    if how == "geometric":
        least = _least(_ranked(normal, weights), among)
        rise = of_domains - np.where(domain_weights > 0, domain_weights, 0.0) * np.log(least)
        above = rise.sum(axis=-2)
        mean = np.where(above > 1e-12, least * np.expm1(above) / np.where(above > 1e-12, above, 1.0), least)
        of_domains = 100 / (1 - least) * mean * rise
    held = np.where(known, weights, 0.0)
    pull = held * np.where(known, normal, 0.0)
    shared = np.full(values.shape, np.nan)
    for d, name in enumerate(dict.fromkeys(domain)):
        rows = [k for k, one in enumerate(domain) if one == name]
        some = pull[rows].sum(axis=0) > 0
        split = np.where(some, pull[rows], held[rows])
        whole = split.sum(axis=0)
        shared[rows] = of_domains[d] * split / np.where(whole > 0, whole, 1.0)
    return np.where(known, shared, np.nan)


def _domain_parts(
    normal: Floats, weights: Floats, domain: Sequence[str], how: Mean, reference: Reference | None
) -> tuple[Floats, Floats]:
    """What each domain adds to the mean (of logarithms, if geometric), and its weight."""
    means, domain_weights = domain_means(normal, weights, domain)
    if how == "exponential":
        among = None if reference is None else domain_means(reference.values, reference.weights, domain)[0]
        bent = _exponential(means, among)
    elif how == "geometric":
        bent = np.log(np.maximum(means, _least(_ranked(normal, weights), reference)[..., None, :]))
    else:
        bent = means
    return np.where(domain_weights > 0, domain_weights * bent, 0.0), domain_weights


def _exponential(means: Floats, reference: Floats | None) -> Floats:
    if reference is None:
        size = np.isfinite(means).sum(axis=-1, keepdims=True)
        smaller = np.rint(percentile_rank(alike(means)) * np.maximum(size - 1, 1))
    else:
        size, smaller = np.isfinite(reference).sum(axis=-1, keepdims=True), places(alike(means), alike(reference))
    share = (smaller + 1) / np.maximum(size, 1)
    bent: Floats = -_BEND * np.log1p(share * np.expm1(-100 / _BEND))
    return bent


def _ranked(normal: Floats, weights: Floats) -> npt.NDArray[np.bool_]:
    ranked: npt.NDArray[np.bool_] = np.asarray((np.isfinite(weights) & np.isfinite(normal)).any(axis=-2))
    return ranked


def _least(ranked: npt.NDArray[np.bool_], reference: Reference | None) -> Floats:
    """The floor of a domain in a geometric mean: half a place of the ladder."""
    size = ranked.sum(axis=-1, keepdims=True) if reference is None else np.array([reference.values.shape[-1]])
    least: Floats = 1 / (2.0 * np.maximum(size, 1))
    return least
