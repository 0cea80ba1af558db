"""The lines that a committee would quote from a study, written with the numbers as they are published."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from pipeline.analysis.lines_of_need import choice, need, why
from pipeline.analysis.lines_of_schools import access, gap, growth, quality
from pipeline.analysis.quotes import Line
from pipeline.analysis.told_need import told_contributions, told_need

COLUMNS = ["line", "topic", "is_told", "statement", "evidence", "reliability_class"]
MOST = 5


def table(lines: Iterable[Line]) -> pd.DataFrame:
    """The table ``public_lines``: the first five that can be said; where there are fewer, why each other cannot.

    >>> table([Line("need", "None is high need.", "40 ranked."), Line("gap", reason="No zones.")])[["topic", "is_told", "statement"]].values.tolist()
    [['need', True, 'None is high need.'], ['gap', False, 'No zones.']]
    """
    given = list(lines)
    told = [line for line in given if line.statement][:MOST]
    untold = [line for line in given if not line.statement] if len(told) < MOST else []
    rows = [
        (
            place,
            line.topic,
            bool(line.statement),
            line.statement or line.reason,
            line.evidence or None,
            line.reliability,
        )
        for place, line in enumerate([*told, *untold], start=1)
    ]
    return pd.DataFrame(rows, columns=COLUMNS).astype({"line": "int64", "is_told": "bool"})


def committee_lines(
    tables: Mapping[str, pd.DataFrame],
    *,
    vintage: str,
    before: str | None,
    family: str,
    certain_share: float,
    possible_share: float,
    top_share: float,
    medium_cv: float,
) -> pd.DataFrame:
    """The table ``public_lines``: need, why, what moves the ranks, gap, access, quality seats, growth.

    "High need" is said only of neighborhoods of that class, which takes ``certain_share`` of the
    draws. Numbers whose reliability is low are never what a line rests on: neighborhoods,
    indicators and zones of that kind are counted, not quoted.

    Parameters
    ----------
    tables
        ``need need_contributions rank_sensitivity neighborhoods neighborhood_profile service_gap
        public_zones access_groups quality_enrollment school_age_change public_cut_sweep``.
    vintage, before
        The survey periods that are called now and before.
    family
        The index family of the study.
    certain_share, possible_share, top_share, medium_cv
        The study's thresholds.
    """
    names = dict(zip(tables["neighborhoods"]["neighborhood_id"], tables["neighborhoods"]["name"], strict=True))
    ranked = told_need(tables["need"], tables["need_contributions"], family)
    ranked = ranked[ranked["need_rank"].notna()].sort_values(["need_rank", "neighborhood_id"])
    profile = tables["neighborhood_profile"]
    children = profile[profile["vintage"] == vintage].set_index("neighborhood_id")["children_0_17"]
    return table(
        (
            need(ranked, children, names, certain=certain_share, possible=possible_share, top=top_share),
            why(ranked, told_contributions(tables["need_contributions"], family), names, medium_cv=medium_cv),
            choice(tables["rank_sensitivity"], has_margins=bool(ranked["need_rank_low"].notna().any())),
            gap(tables["service_gap"], tables["public_zones"], tables["public_cut_sweep"]),
            access(tables["access_groups"], tables["service_gap"]),
            quality(tables["quality_enrollment"]),
            growth(tables["school_age_change"], vintage, before),
        )
    )
