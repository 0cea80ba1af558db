"""How sure the ranks of need are: over draws of all that might have been otherwise, and what of it matters."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analysis.drawn_scores import Frame
from pipeline.analysis.draws import FACTORS, Drawn, Spread, choices, draw_ranks
from pipeline.analysis.families import RECIPES, Family, Reference, area_weights
from pipeline.analysis.indicator_values import census_shares
from pipeline.analysis.indicators import need_signed
from pipeline.analysis.need_families import Measured, wide
from pipeline.analysis.pairwise import composite, pairwise_interval
from pipeline.analysis.ranks import lowest_ranks
from pipeline.analysis.sensitivity import Moves, indices
from pipeline.analysis.uncertainty import Z90

Floats = npt.NDArray[np.float64]

SENSITIVITY = ["moved", "factor", "first_order_index", "first_order_low", "first_order_high", "total_index", "total_low", "total_high"]  # fmt: skip
# From so many drawn shares on, ranks are found by compiled code; a district starts faster without.
_MANY = 50_000_000


@dataclass(frozen=True)
class Varied:
    """What is varied, and how far (the study's settings of the need index).

    ``family`` gives the scale and mean that stay where they are not varied; ``concentration``
    and ``leave_out_share`` are explained at `draws.choices`.
    """

    draws: int
    family: Family
    winsor_sd: float
    concentration: float
    leave_out_share: float
    vary: tuple[str, ...] = FACTORS


def certainty(
    shares: Floats,
    margins: Floats,
    weights: Floats,
    domain: Sequence[str],
    reference: Floats,
    rng: np.random.Generator,
    varied: Varied,
    *,
    top: int,
    state: Reference | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Draw the ranks again under all that is varied.

    Parameters
    ----------
    shares, margins : arrays (placings, indicators, areas)
        Shares and their 90% margins by each way of placing counts, the study's own first; empty
        where not known. What another way lacks is taken from the first.
    weights : array (indicators)
        The study's weights; they sum to 1.
    domain : sequence of str
        Domain of each indicator.
    reference : array (areas)
        The published ranks; empty where an area is not ranked.
    rng : Generator
        Seeded.
    varied : Varied
        What, and how far. Placing is left out where there is one way only.
    top : int
        How many areas are called the neediest.
    state : Reference, optional
        Areas that the published index is held against; only indicators that they have are counted.

    Returns
    -------
    ranks : DataFrame
        One row for each area in the order given: median rank, 5th and 95th percentile, mean
        shift from the published rank, probability of being among the top, and the interval of
        pairwise tests (`pairwise`), which knows of margins alone. Empty where not ranked.
    sensitivity : DataFrame
        Table ``rank_sensitivity``: for each factor its share of what moves the ranks of all
        areas together, and of what moves their mean shift. Empty without areas or factors.
    """
    if state is not None:
        shares = np.where(np.isfinite(state.values).any(axis=1, keepdims=True), shares, np.nan)
    of_areas = area_weights(shares[0], weights)
    frame = Frame(
        np.isfinite(shares[0]), np.isfinite(of_areas), tuple(domain), varied.winsor_sd, _ranker(shares, varied), state
    )
    vary = [f for f in FACTORS if f in varied.vary and (f != "placing" or len(shares) > 1)]
    if not frame.ranked.any():
        return _rank_columns(
            np.full((1, shares.shape[2]), np.nan), reference, top, shares, margins, of_areas
        ), _no_rows()
    scale, mean = RECIPES[varied.family]
    first, second = (
        choices(
            -(-varied.draws // 2),
            rng,
            weights=weights.tolist(),
            scale=scale,
            mean=mean,
            vary=vary,
            concentration=varied.concentration,
            leave_out_share=varied.leave_out_share,
            placings=len(shares),
        )
        for _ in range(2)
    )
    drawn = draw_ranks(_spread(shares, margins), frame, first, second, reference, vary, rng)
    columns = _rank_columns(drawn.ranks[: varied.draws], reference, top, shares, margins, of_areas)
    return columns, _sensitivity(drawn, vary, rng)


def by_placing(told: Measured, placings: pd.DataFrame) -> tuple[Floats, Floats]:
    """Shares, high meaning needier, and margins by each way of placing counts: the study's own first.

    Parameters
    ----------
    told : Measured
        The study's own.
    placings : DataFrame
        Table ``neighborhood_placings``; it knows nothing of schools, whose shares stay empty there.

    Returns
    -------
    arrays (placings, indicators, areas)
    """
    shares, margins = [told.needy], [told.margins]
    for _, profile in placings.groupby("placing", sort=True):
        values = census_shares(profile)
        shares.append(need_signed(wide(values, told.ids, told.names, "indicator_share"), told.names))
        margins.append(wide(values, told.ids, told.names, "indicator_share_moe"))
    return np.stack(shares), np.stack(margins)


def _ranker(shares: Floats, varied: Varied) -> Any:
    if varied.draws * shares[0].size < _MANY:
        return lowest_ranks
    from pipeline.analysis import rank_kernel  # the compiler takes a second to load

    return rank_kernel.lowest_ranks


def _spread(shares: Floats, margins: Floats) -> Spread:
    """Shares and errors in single precision; what another way of placing lacks is the first's."""
    lacks = ~np.isfinite(shares)
    filled, errors = np.where(lacks, shares[:1], shares), np.where(lacks, margins[:1], margins)
    unknown = ~np.isfinite(shares[0])
    return Spread(
        np.where(unknown, 0.0, filled).astype("float32"),
        np.where(unknown, 0.0, np.nan_to_num(errors / Z90)).astype("float32"),
    )


def _rank_columns(
    ranks: npt.NDArray[Any], reference: Floats, top: int, shares: Floats, margins: Floats, of_areas: Floats
) -> pd.DataFrame:
    low, middle, high = np.quantile(ranks, [0.05, 0.5, 0.95], axis=0, method="nearest")
    score, se = composite(shares[0], margins[0], of_areas)
    pairwise_low, pairwise_high = pairwise_interval(score, se, Z90)
    ranked = np.isfinite(reference)
    return pd.DataFrame(
        {
            "need_rank_low": low,
            "need_rank_high": high,
            "need_rank_median": middle,
            "need_rank_shift": np.abs(ranks - reference).mean(axis=0, dtype="float64"),
            "need_rank_pairwise_low": pairwise_low,
            "need_rank_pairwise_high": pairwise_high,
            "high_need_probability_share": np.where(ranked, (ranks <= top).mean(axis=0, dtype="float64"), np.nan),
        }
    )


def _sensitivity(drawn: Drawn, vary: Sequence[str], rng: np.random.Generator) -> pd.DataFrame:
    parts = []
    moved: dict[str, Moves] = {"ranks": drawn.of_ranks, "mean_shift": drawn.of_shift}
    for name, moves in moved.items():
        found = indices(moves, rng)
        columns = (found.first, found.first_low, found.first_high, found.total, found.total_low, found.total_high)
        parts.append(pd.DataFrame({"moved": name, "factor": vary, **dict(zip(SENSITIVITY[2:], columns, strict=True))}))
    return pd.concat(parts, ignore_index=True) if vary else _no_rows()


def _no_rows() -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series(dtype="str" if name in SENSITIVITY[:2] else "float64") for name in SENSITIVITY}
    )
