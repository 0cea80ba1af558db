"""The need index: percentile ranks, weighted, with the certainty of every rank."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.analysis.certainty import Varied, by_placing, certainty
from pipeline.analysis.clusters import hot_spots
from pipeline.analysis.families import Family, Reference, normalise
from pipeline.analysis.need_families import Measured, scored
from pipeline.analysis.ranks import SMALLEST_KNOWN_WEIGHT, Floats, descending_rank, row_sums, top_count
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
    told: Measured,
    adjacency: pd.DataFrame,
    ledger: Ledger,
    rng: np.random.Generator,
    *,
    placings: pd.DataFrame,
    varied: Varied,
    vintage: str,
    family: Family,
    reference: Reference | None,
    winsor_sd: float,
    top_share: float,
    certain_share: float,
    possible_share: float,
    hot_spot_alpha: float,
    high_cv: float,
    medium_cv: float,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Rank the neighborhoods by need, say how sure each rank is and what it is made of.

    Certainty is over draws of all that ``varied`` names (`certainty`). The hot spots (Gi* and
    its false-discovery correction) take the published index as exact.

    Parameters
    ----------
    told
        Values and weights of the indicators (`need_families.measured`). Neighborhoods of few
        people, and those mostly outside the district, are taken out before anything is ranked.
    adjacency
        ``area_id neighbor_id`` of the neighborhoods, both directions.
    ledger
        Takes how many are ranked, and why others are not.
    rng
        Seeded generator of the draws.
    placings
        The table ``neighborhood_placings``: counts as other evidence would have placed them.
    varied
        What the draws vary, and how far.
    family, reference, winsor_sd
        The index family of the study, the areas its values are held against (empty: each
        other), and how many standard deviations a standardised value may be from the mean.

    Returns
    -------
    tuple of pandas.DataFrame
        The tables ``need``, ``need_contributions`` and ``rank_sensitivity``. The contributions of a neighborhood
        sum to its index. ``need_class`` is ``high`` only where at least ``certain_share`` of
        the draws put it among the top ``top_share``, and margins are known of at least half
        of the index by weight. ``reliability_class`` of an approximate neighborhood is at most
        ``medium``: its margins do not tell how well people were placed.
    """
    ids = told.ids
    weights, adds = scored(told, family, reference, winsor_sd=winsor_sd)
    by_row, shares, margins = weights.T, told.needy.T, told.margins.T
    index = pd.Series(row_sums(adds.T), index=ids)
    ranked = index.notna()
    top = top_count(top_share, int(ranked.sum()))
    drawn, sensitivity = certainty(
        *by_placing(told, placings),
        told.weights,
        told.domains,
        descending_rank(index.to_numpy()),
        rng,
        varied,
        top=top,
        state=reference,
    )
    probability = pd.Series(drawn.pop("high_need_probability_share").to_numpy(), index=ids)
    has_margin = np.nansum(np.where(np.isfinite(margins), by_row, np.nan), axis=1) >= SMALLEST_KNOWN_WEIGHT - 1e-12
    classes = need_classes(
        probability,
        is_certain=pd.Series(has_margin, index=ids),
        certain_share=certain_share,
        possible_share=possible_share,
    )
    reliability = index_reliability(shares, margins, by_row, high_cv=high_cv, medium_cv=medium_cv)
    spots = hot_spots(index, adjacency, rate=hot_spot_alpha)
    _record(told, ranked, index, ledger)
    _record_margins(has_margin & ranked.to_numpy(), ranked, ledger)
    table = pd.DataFrame(
        {
            "neighborhood_id": ids,
            "vintage": vintage,
            "need_index": index.to_numpy(),
            "need_rank": descending_rank(index.to_numpy()),
            # without margins the draws stand still: an interval of no width would be false certainty
            **drawn.mask(~np.broadcast_to(has_margin[:, None], drawn.shape)),
            "high_need_probability_share": probability.where(has_margin).to_numpy(),
            "need_class": classes.to_numpy(),
            "hot_spot_z": spots["hot_spot_z"].to_numpy(),
            "hot_spot_class": spots["hot_spot_class"].to_numpy(),
            "reliability_class": np.where(told.is_approximate & (reliability == "high"), "medium", reliability),
        }
    )
    return table, _contributions(told, weights, adds, reference), sensitivity


def _contributions(told: Measured, weights: Floats, adds: Floats, reference: Reference | None) -> pd.DataFrame:
    """What the index is made of; shares stand as published, though few of a thing may mean more need."""
    ranks = normalise(told.needy, "percentile", None if reference is None else reference.values)
    return pd.DataFrame(
        {
            "neighborhood_id": np.repeat(told.ids.to_numpy(), len(told.names)),
            "indicator": np.tile(np.array(told.names, dtype=object), len(told.ids)),
            "indicator_share": told.shares.T.ravel(),
            "indicator_share_moe": told.margins.T.ravel(),
            "percentile_share": ranks.T.ravel(),
            # An indicator that a neighborhood lacks, or all of one that is not ranked, has weight 0.
            "indicator_weight": np.nan_to_num(weights.T.ravel()),
            "contribution_index": adds.T.ravel(),
        },
        columns=_CONTRIBUTIONS,
    )


def of_layer(adjacency: pd.DataFrame, layer: str) -> pd.DataFrame:
    """Borders between the areas of one layer.

    >>> of_layer(pd.DataFrame({"layer": ["neighborhood", "district"], "area_id": ["a", "b"]}), "neighborhood")["area_id"].tolist()
    ['a']
    """
    return adjacency[adjacency["layer"].eq(layer)]


def _record(told: Measured, ranked: pd.Series, index: pd.Series, ledger: Ledger) -> None:
    population, small, outside = told.population, told.is_small, told.is_outside
    if not len(population):
        return
    people = population.fillna(0.0)
    ledger.match("neighborhoods ranked by need", total=len(ranked), matched=int(ranked.sum()), unit="neighborhoods")
    if small.any():
        ledger.loss(
            "neighborhoods not ranked",
            "fewer people or children than the study's smallest_population and smallest_children",
            count=float(people[small].sum()),
            unit="people",
        )
    if outside.any():
        ledger.loss(
            "neighborhoods not ranked",
            "less of their ground in the district than the study's smallest_inside_share",
            count=float(people[outside].sum()),
            unit="people",
            item=", ".join(index.index[outside][:5]),
        )
    lacking = ~ranked.to_numpy() & ~small & ~outside
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
