"""Rule N-01: quality seats for neighborhoods of high need with poor access to them."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.ranks import top_count
from pipeline.analysis.recommendations import Advice, Names, by_chance, least_sure, sentences
from pipeline.columns import LEVELS
from pipeline.numerals import chance, listed, number, percent


def high_need_poor_access(
    need: pd.DataFrame,
    access: pd.DataFrame,
    methods: pd.DataFrame,
    families: pd.DataFrame,
    names: Names,
    *,
    poor_ratio: float,
    certain: float,
    top: float,
    family: str,
    norm: str,
    age: str = "",
) -> list[Advice]:
    """Rule N-01: bring quality seats to a neighborhood of high need with poor access to them.

    Said only of neighborhoods whose need class is "high": at least ``certain`` of the draws put
    them among the neediest ``top``. Levels whose access could not be computed are left out. As
    sure as the neighborhood's figures, and as the ways to weigh distance agree on one of its levels.

    Parameters
    ----------
    need, access, methods, families
        The tables ``need``, ``seat_access``, ``access_methods`` and ``need_families``; the last two for what
        speaks against it.
    poor_ratio
        Access is poor below this share of the district's mean.
    age
        That the survey is old (`recommendations.survey_age`).
    """
    known = access[access["is_poor_access"] & access["relative_access_ratio"].notna()]
    chosen = need[need["need_class"].eq("high") & need["neighborhood_id"].isin(known["neighborhood_id"])]
    ranked = int(need["need_rank"].notna().sum())
    last = top_count(top, ranked)
    told = []
    for r in chosen.sort_values(["need_rank", "neighborhood_id"]).itertuples():
        rows = known[known["neighborhood_id"] == r.neighborhood_id].sort_values("level", key=_order)
        levels = list(rows["level"])
        poor = listed([f"{percent(each.relative_access_ratio)} in {each.level}" for each in rows.itertuples()])
        agreeing, against = _ways(methods[methods["neighborhood_id"] == r.neighborhood_id], levels)
        told.append(
            Advice(
                "N-01",
                "neighborhood",
                r.neighborhood_id,
                f"Bring quality seats within reach of {names.get(r.neighborhood_id, r.neighborhood_id)}: need is high and access to "
                f"quality seats is poor in {listed(levels)} school.",
                "need_rank",
                r.need_rank,
                r.need_rank_low,
                r.need_rank_high,
                float(last),
                f"Need rank {number(r.need_rank)} ({number(r.need_rank_low)} to {number(r.need_rank_high)}) of {number(ranked)}; among the "
                f"neediest {percent(top)} in {chance(r.high_need_probability_share)} of all draws (at least {percent(certain)} are "
                f"asked). Access, against the district's mean: {poor} school (poor below {percent(poor_ratio)}).",
                least_sure(
                    r.reliability_class, agreeing, by_chance(float(r.high_need_probability_share), certain=certain)
                ),
                sentences(
                    age,
                    against,
                    _other_indices(families[families["neighborhood_id"] == r.neighborhood_id], last, family, norm),
                    "Access counts distance and seats, not programs or safety on the way; the rank rests on the study's weights.",
                ),
            )
        )
    return told


def _order(levels: pd.Series) -> pd.Series:
    return levels.map(LEVELS.index)


def _ways(methods: pd.DataFrame, levels: list[str]) -> tuple[str, str]:
    """How sure it is that access is poor: high where all ways agree on a level, low where most ways deny every level."""
    known = methods[methods["relative_access_ratio"].notna()]
    agree = {level: rows["is_poor_access"].astype("bool") for level, rows in known.groupby("level") if level in levels}
    split = [
        f"{int(each.sum())} of {len(each)} in {level} school"
        for level, each in sorted(agree.items(), key=lambda pair: LEVELS.index(str(pair[0])))
        if not each.all()
    ]
    against = f"Not all ways to weigh distance call access poor: {', '.join(split)}." if split else ""
    shares = [float(each.mean()) for each in agree.values()]
    best = max(shares, default=float("nan"))
    return ("high" if best == 1 else "medium" if best > 0.5 or best != best else "low"), against


def _other_indices(families: pd.DataFrame, last: int, family: str, norm: str) -> str:
    """By how many of the other indices it is not among the neediest."""
    others = families[families["norm"].eq(norm) & families["family"].ne(family) & families["family_rank"].notna()]
    out = int((others["family_rank"] > last).sum())
    return f"By {out} of {len(others)} other indices it is not among the neediest." if out else ""
