"""Scores of proposals as sums of their parts, and how far the order hangs on the weights."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.proposals import PARTS
from pipeline.numerals import number

TAIL = 0.05  # the rank interval holds nine draws of ten


def weighted(parts: pd.DataFrame, rubric: Mapping[str, float]) -> pd.DataFrame:
    """Each part with its weight and points, which add up to the score out of 100.

    Weights are divided by their sum over the parts that are known of a proposal.

    Parameters
    ----------
    parts : DataFrame
        `proposals.score_parts`.
    rubric : mapping
        Weight of each part; one that is not named weighs nothing.

    Examples
    --------
    >>> parts = pd.DataFrame({"proposal_id": "p", "rubric_part": ["grades", "use_of_space"], "part_share": [1.0, 0.5], "evidence": ""})
    >>> weighted(parts, {"grades": 3.0, "use_of_space": 1.0})[["part_weight", "part_points"]].to_numpy().tolist()
    [[0.75, 75.0], [0.25, 12.5]]
    """
    weight = (
        parts["rubric_part"].map(dict(rubric)).astype("float64").fillna(0.0).where(parts["part_share"].notna(), 0.0)
    )
    total = weight.groupby(parts["proposal_id"]).transform("sum")
    share = (weight / total.where(total > 0)).fillna(0.0)
    return parts.assign(part_weight=share, part_points=(100 * share * parts["part_share"]))


def rfp_scores(
    proposals: pd.DataFrame,
    why: pd.Series,
    needed: pd.Series,
    parts: pd.DataFrame,
    rubric: Mapping[str, float],
    rng: np.random.Generator,
    *,
    draws: int,
    concentration: float,
) -> pd.DataFrame:
    """Score and rank of each proposal among those for its site, with the share of drawn weights in which it is first.

    Weights are drawn from a Dirichlet distribution about the study's; proposals with the same score
    are ordered by id.

    Parameters
    ----------
    proposals : DataFrame
        Table ``proposals``.
    why : Series
        `proposals.eligible`, in the order of ``proposals``.
    needed : Series
        Rooms that the pupils of each need (`proposal_rooms.proposal_rooms`), in the same order. One that needs more
        than it asks for is scored, and its reason says so.
    parts : DataFrame
        `weighted`, of those that can be considered.
    rubric : mapping
        Weight of each part.
    rng : numpy.random.Generator
        Source of the draws.
    draws : int
        How many sets of weights.
    concentration : float
        How closely they keep to the study's.

    Returns
    -------
    DataFrame
        Table ``rfp_scores``.

    References
    ----------
    OECD and JRC (2008), Handbook on Constructing Composite Indicators, step 7 (weights drawn anew).
    """
    short = needed > proposals["rooms_asked"]
    told = [
        f"Scored, but its {number(pupils)} pupils would need {number(rooms)} rooms and it asks for {number(asked)}."
        if is_short
        else "Scored by the study's rubric."
        for pupils, rooms, asked, is_short in zip(
            proposals["enrollment_in_hand"], needed, proposals["rooms_asked"], short, strict=True
        )
    ]
    table = proposals.assign(
        proposal_status=np.where(why == "", "scored", "not_eligible"),
        needed_rooms=needed.astype("float64"),
        reason=why.mask(why == "", pd.Series(told, index=why.index, dtype="str")),
    ).sort_values("proposal_id", kind="stable")
    points = parts.groupby("proposal_id", sort=True)["part_points"].sum()
    table["score_index"] = table["proposal_id"].map(points).astype("float64")
    wide = parts.pivot(index="proposal_id", columns="rubric_part", values="part_share").reindex(columns=list(PARTS))  # noqa: PD010
    used = [part for part in PARTS if rubric.get(part, 0.0) > 0]
    total = sum(rubric[part] for part in used)
    drawn = rng.dirichlet([concentration * rubric[part] / total for part in used], draws)
    numbers = {name: pd.Series(np.nan, index=table.index) for name in ("score_rank", "score_rank_low", "score_rank_high", "first_share")}  # fmt: skip
    for _, group in table[table["proposal_status"] == "scored"].groupby("site_id"):
        rank, ranks = _ranks(group["score_index"].to_numpy()[None, :]), _ranks(_drawn(wide.loc[group["proposal_id"], used], drawn))  # fmt: skip
        numbers["score_rank"][group.index] = rank[0]
        numbers["score_rank_low"][group.index] = np.quantile(ranks, TAIL, axis=0, method="inverted_cdf")
        numbers["score_rank_high"][group.index] = np.quantile(ranks, 1 - TAIL, axis=0, method="inverted_cdf")
        numbers["first_share"][group.index] = (ranks == 1).mean(axis=0)
    return table.assign(**numbers).reset_index(drop=True)


def _drawn(parts: pd.DataFrame, weights: np.ndarray) -> np.ndarray:
    """Scores by draw and proposal, added up part by part, so that they are the same on every machine."""
    shares = parts.to_numpy(dtype=float)
    known = ~np.isnan(shares)
    score, total = np.zeros((len(weights), len(shares))), np.zeros((len(weights), len(shares)))
    for place in range(shares.shape[1]):
        score += weights[:, place, None] * np.where(known[:, place], shares[:, place], 0.0)
        total += weights[:, place, None] * known[:, place]
    return np.divide(score, total, out=np.zeros_like(score), where=total > 0)


def _ranks(scores: np.ndarray) -> np.ndarray:
    """Rank of each column in each row, 1 the highest; of equal scores (to 1e-9) the first column goes first."""
    order = np.argsort(-np.round(scores, 9), axis=1, kind="stable")
    ranks = np.empty(scores.shape)
    np.put_along_axis(ranks, order, np.arange(1.0, scores.shape[1] + 1)[None, :], axis=1)
    return ranks
