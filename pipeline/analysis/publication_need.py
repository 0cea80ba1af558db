"""The published tables of need: index, contributions, families, clusters and what moves the ranks.

Scores and shares are told as `told_need` has them. Of clusters only the classes are told: from the
statistics of all areas and their borders the shares of pupils could be solved for.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.analysis.disclosure import Published
from pipeline.analysis.publication import as_is
from pipeline.analysis.told_counts import COUNTS, told_counts
from pipeline.analysis.told_need import in_unit, of_pupils, told_contributions, told_need, told_parts, unit_of

_PROTECTED = "census figures, already protected; index in whole points"
_NEIGHBORHOODS = [
    *("neighborhood_id", "name", "is_approximate", "inside_share", "vintage", "need_index", "need_rank"),
    *("need_rank_low", "need_rank_high", "need_rank_median", "need_rank_shift"),
    *("need_rank_pairwise_low", "need_rank_pairwise_high", "high_need_probability_share", "need_class"),
    *("hot_spot_class", "moran_class", "reliability_class", "children_0_17", "children_0_17_moe", "geometry"),
]
_CLUSTERS = ["neighborhood_id", "cluster_measure", "smoothed_share", "hot_spot_class", "hot_spot_draws_class", "moran_class", "tested_by"]  # fmt: skip
_SENSITIVITY = ["first_order_index", "first_order_low", "first_order_high", "total_index", "total_low", "total_high"]


def contributions(parts: pd.DataFrame, family: str, profile: pd.DataFrame) -> Published:
    """What makes each neighborhood's index, in whole points that add up to the published index.

    ``profile`` has the counts behind the shares of the census (``neighborhood_profile`` of one vintage).
    """
    shown = told_contributions(parts, family).join(told_counts(parts, profile))
    reason = "shares of areas with their census counts; shares of pupils in steps of five points without counts, contributions in whole points"
    columns = [*parts.columns, *COUNTS]
    return _counted("indicator_share", *as_is("public_contributions", shown, columns, reason))


def _counted(column: str, shown: pd.DataFrame, line: dict[str, Any]) -> Published:
    """What is told in the disclosure report: how many cells of the column that matters are shown."""
    return shown, {**line, "shown_cells": float(shown[column].notna().sum())}


def neighborhoods(
    shapes: pd.DataFrame,
    need: pd.DataFrame,
    profile: pd.DataFrame,
    vintage: str,
    *,
    parts: pd.DataFrame,
    clusters: pd.DataFrame,
    family: str,
) -> Published:
    """Neighborhoods with their need index, how sure their rank is, their clusters and their children.

    Parameters
    ----------
    shapes, need, profile, parts, clusters
        The tables ``neighborhoods``, ``need``, ``neighborhood_profile``, ``need_contributions`` and ``need_clusters``.
    vintage
        Whose children are shown.
    family
        The index family of the study, which gives the index its unit.
    """
    counted = ["neighborhood_id", "is_approximate", "children_0_17", "children_0_17_moe"]
    children = profile.loc[profile["vintage"] == vintage, counted].rename(columns={"is_approximate": "is_counted_so"})
    outliers = clusters.loc[clusters["cluster_measure"] == "need_index", ["neighborhood_id", "moran_class"]]
    public = shapes
    for table in (told_need(need, parts, family), outliers, children):
        public = public.merge(table, on="neighborhood_id", how="left", validate="1:1")
    public = public.assign(
        is_approximate=public["is_approximate"] | public["is_counted_so"].eq(True),
        vintage=public["vintage"].fillna(vintage),
        need_class=public["need_class"].fillna("not_ranked"),
        hot_spot_class=public["hot_spot_class"].fillna("too_few_to_test"),
        moran_class=public["moran_class"].fillna("too_few_to_test"),
        reliability_class=public["reliability_class"].fillna("not_known"),
    )
    return _counted("need_index", *as_is("public_neighborhoods", public, _NEIGHBORHOODS, _PROTECTED))


def families(scores: pd.DataFrame, parts: pd.DataFrame, own_parts: pd.DataFrame) -> tuple[Published, Published]:
    """Tables ``public_families`` and ``public_family_contributions``: every family and norm in its own unit.

    Parameters
    ----------
    scores, parts, own_parts
        The tables ``need_families``, ``family_contributions`` and ``need_contributions``, which has the shares.
    """
    shares = own_parts[["neighborhood_id", "indicator", "indicator_share", "indicator_weight"]]
    known = parts[parts["contribution_index"].notna()].merge(
        shares, on=["neighborhood_id", "indicator"], how="left", validate="m:1"
    )
    score_rows, part_rows = [], []
    for (family, _norm), rows in known.groupby(["family", "norm"], sort=True):
        unit = unit_of(rows, str(family))
        own = scores[(scores["family"] == family) & (scores["norm"] == _norm)]
        score_rows.append(
            own.assign(
                family_score=in_unit(own["family_score"], unit),
                family_percentile=in_unit(own["family_percentile"], 1.0),
            )
        )
        part_rows.append(told_parts(rows, unit, ["neighborhood_id"]))
    shown = pd.concat(score_rows, ignore_index=True) if score_rows else scores.iloc[:0]
    columns = ["neighborhood_id", "family", "norm", "indicator", "contribution_index"]
    adds = pd.concat(part_rows, ignore_index=True)[columns] if part_rows else parts.iloc[:0][columns]
    reason = "scores and their parts in whole points, or in 0.05 of a standard deviation; coarser where a share of pupils weighs much"
    return (
        _counted("family_score", *as_is("public_families", shown, list(scores.columns), reason)),
        _counted("contribution_index", *as_is("public_family_contributions", adds, columns, reason)),
    )


def sensitivity(table: pd.DataFrame) -> Published:
    """Which choice moves the ranks: shares of the variance, in whole hundredths."""
    shown = table.assign(**{column: table[column].round(2) for column in _SENSITIVITY})
    return _counted("total_index", *as_is("public_sensitivity", shown, list(table.columns), "of all ranks together"))


def clusters(table: pd.DataFrame) -> Published:
    """Clusters and outliers by their classes; smoothed rates are of census counts alone."""
    shown = table.assign(smoothed_share=table["smoothed_share"].mask(of_pupils(table["cluster_measure"])))
    reason = "classes; statistics that shares of pupils could be solved from are not shown"
    return _counted("hot_spot_class", *as_is("public_clusters", shown, _CLUSTERS, reason))
