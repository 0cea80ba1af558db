"""The need index: percentile ranks, weighted, with the certainty of every rank."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analysis.clusters import hot_spots
from pipeline.analysis.ranks import (
    SMALLEST_KNOWN_WEIGHT,
    Floats,
    descending_rank,
    index_contributions,
    percentile_rank,
    rank_draws,
    row_sums,
    row_weights,
)
from pipeline.analysis.uncertainty import reliability_class
from pipeline.ledger import Ledger

_CONTRIBUTIONS = ["neighborhood_id", "indicator", "indicator_share", "indicator_share_moe", "percentile_share", "indicator_weight", "contribution_index"]  # fmt: skip


def need_classes(
    probability: pd.Series, *, is_certain: pd.Series, certain_share: float, possible_share: float
) -> pd.Series:
    """What may be said of a neighborhood, by the probability that it is among the neediest.

    Where margins are not known (``is_certain`` false) the probability means nothing, and no
    more than ``possible`` is said.

    >>> known = pd.Series([True, True, True, True, False])
    >>> need_classes(pd.Series([0.9, 0.5, 0.1, None, 1.0]), is_certain=known, certain_share=0.8, possible_share=0.2).tolist()
    ['high', 'possible', 'not_high', 'not_ranked', 'possible']
    """
    classes = np.select(
        [probability.isna(), (probability >= certain_share) & is_certain, probability >= possible_share],
        ["not_ranked", "high", "possible"],
        "not_high",
    )
    return pd.Series(classes, index=probability.index, dtype="str")


def index_reliability(
    shares: Floats, margins: Floats, weights: Floats, *, high_cv: float, medium_cv: float
) -> npt.NDArray[np.object_]:
    """Reliability of a neighborhood's figures: the class of the weighted mean of its shares.

    One indicator of unknown margin makes the whole not known; a neighborhood that is not
    ranked is not known either.
    """
    used = np.isfinite(weights)
    mean = row_sums(np.where(used, weights * shares, np.nan))
    squares = np.where(used, (weights * margins) ** 2, 0.0).sum(axis=1)
    return reliability_class(mean, np.sqrt(squares), high_cv=high_cv, medium_cv=medium_cv)


def need(
    profile: pd.DataFrame,
    values: pd.DataFrame,
    adjacency: pd.DataFrame,
    ledger: Ledger,
    rng: np.random.Generator,
    *,
    vintage: str,
    weights: Mapping[str, float],
    draws: int,
    top_share: float,
    certain_share: float,
    possible_share: float,
    hot_spot_alpha: float,
    smallest_population: float,
    high_cv: float,
    medium_cv: float,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Rank the neighborhoods by need, say how sure each rank is and what it is made of.

    Margins are those of the census and of the schools' results: the weights by which counts
    came from census areas to neighborhoods are taken as exact, in the draws as in the hot
    spots (Gi* and its false-discovery correction).

    Parameters
    ----------
    profile
        ``neighborhood_profile`` of one vintage: ``neighborhood_id`` and ``population``.
        Neighborhoods with fewer people than ``smallest_population`` (or none) are taken out
        before anything is ranked; one of unknown population stays in.
    values
        ``neighborhood_id indicator indicator_share indicator_share_moe``.
    adjacency
        ``area_id neighbor_id`` of the neighborhoods, both directions.
    ledger
        Takes how many are ranked, and why others are not.
    rng
        Seeded generator of the draws.
    weights
        indicator: weight; they sum to 1 (`indicators.usable_weights`).

    Returns
    -------
    tuple of pandas.DataFrame
        The tables ``need`` and ``need_contributions``. The contributions of a neighborhood
        sum to its index. ``need_class`` is ``high`` only where at least ``certain_share`` of
        the draws put it among the top ``top_share``, and margins are known of at least half
        of the index by weight.
    """
    areas = profile.sort_values("neighborhood_id").reset_index(drop=True)
    ids = pd.Index(areas["neighborhood_id"].astype("str"))
    names = list(weights)
    small = (areas["population"] < max(smallest_population, 1e-9)).to_numpy()
    wide = {column: _wide(values, ids, names, column) for column in ("indicator_share", "indicator_share_moe")}
    shares = np.where(small[:, None], np.nan, wide["indicator_share"])
    margins = wide["indicator_share_moe"]
    by_row = row_weights(shares, np.array([weights[name] for name in names], dtype="float64"))
    contributions = index_contributions(shares, by_row)
    index = pd.Series(row_sums(contributions), index=ids)
    ranked = index.notna()
    top = math.ceil(top_share * int(ranked.sum()) - 1e-9)
    ranks = rank_draws(shares, margins, by_row, draws=draws, rng=rng)
    low, high = np.quantile(ranks, [0.05, 0.95], axis=0, method="nearest") if len(ids) else (np.empty(0), np.empty(0))
    probability = pd.Series((ranks <= top).mean(axis=0, dtype="float64"), index=ids).where(ranked)
    has_margin = np.nansum(np.where(np.isfinite(margins), by_row, np.nan), axis=1) >= SMALLEST_KNOWN_WEIGHT - 1e-12
    classes = need_classes(
        probability,
        is_certain=pd.Series(has_margin, index=ids),
        certain_share=certain_share,
        possible_share=possible_share,
    )
    spots = hot_spots(index, adjacency, rate=hot_spot_alpha)
    _record(areas["population"], small, ranked, index, ledger)
    _record_margins(has_margin & ranked.to_numpy(), ranked, ledger)
    table = pd.DataFrame(
        {
            "neighborhood_id": ids,
            "vintage": vintage,
            "need_index": index.to_numpy(),
            "need_rank": descending_rank(index.to_numpy()),
            # without margins the draws stand still: an interval of no width would be false certainty
            "need_rank_low": np.where(has_margin, low, np.nan),
            "need_rank_high": np.where(has_margin, high, np.nan),
            "high_need_probability_share": probability.where(has_margin).to_numpy(),
            "need_class": classes.to_numpy(),
            "hot_spot_z": spots["hot_spot_z"].to_numpy(),
            "hot_spot_class": spots["hot_spot_class"].to_numpy(),
            "reliability_class": index_reliability(shares, margins, by_row, high_cv=high_cv, medium_cv=medium_cv),
        }
    )
    parts = pd.DataFrame(
        {
            "neighborhood_id": np.repeat(ids.to_numpy(), len(names)),
            "indicator": np.tile(np.array(names, dtype=object), len(ids)),
            "indicator_share": wide["indicator_share"].ravel(),
            "indicator_share_moe": margins.ravel(),
            "percentile_share": percentile_rank(shares.T).T.ravel(),
            "indicator_weight": by_row.ravel(),
            "contribution_index": contributions.ravel(),
        },
        columns=_CONTRIBUTIONS,
    )
    # An indicator that a neighborhood lacks, or all of one that is not ranked, has weight 0.
    return table, parts.assign(indicator_weight=parts["indicator_weight"].where(parts["indicator_weight"].notna(), 0.0))


def of_layer(adjacency: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Borders between the areas of one layer.

    >>> of_layer(pd.DataFrame({"layer": ["neighborhood", "district"], "area_id": ["a", "b"]}), "neighborhood")["area_id"].tolist()
    ['a']
    """
    return adjacency[adjacency["layer"].eq(layer)]


def _wide(values: pd.DataFrame, ids: pd.Index, names: list[str], column: str) -> Floats:
    """Neighborhoods x indicators."""
    cells = values.set_index(["neighborhood_id", "indicator"])[column]
    wanted = pd.MultiIndex.from_product([ids, pd.Index(names, dtype="str")])
    wide: Floats = cells.reindex(wanted).to_numpy(dtype="float64").reshape(len(ids), len(names))
    return wide


def _record(
    population: pd.Series, small: npt.NDArray[np.bool_], ranked: pd.Series, index: pd.Series, ledger: Ledger
) -> None:
    if not len(population):
        return
    people = population.fillna(0.0)
    ledger.match("neighborhoods ranked by need", total=len(ranked), matched=int(ranked.sum()), unit="neighborhoods")
    if small.any():
        ledger.loss(
            "neighborhoods not ranked",
            "fewer people than the study's smallest_population",
            count=float(people[small].sum()),
            unit="people",
        )
    lacking = ~ranked.to_numpy() & ~small
    if lacking.any():
        first = ", ".join(index.index[lacking][:5])
        ledger.loss(
            "neighborhoods not ranked",
            f"less than half of the index is known there (by weight): {first}",
            count=float(people[lacking].sum()),
            unit="people",
        )
    if population.isna().any():
        ledger.absence(
            "population",
            "not known; the neighborhood is ranked all the same",
            count=int(population.isna().sum()),
            unit="neighborhoods",
        )


def _record_margins(has_margin: npt.NDArray[np.bool_], ranked: pd.Series, ledger: Ledger) -> None:
    without = int((ranked.to_numpy() & ~has_margin).sum())
    if without:
        ledger.absence(
            "margins of the need index",
            "not known for half of the index or more: no neighborhood is called 'high', at most 'possible'",
            count=without,
            unit="neighborhoods",
        )
