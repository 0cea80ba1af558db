"""What docs/need.md says of Millbrook is what the pipeline finds there."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

from pipeline.columns import BY_NAME

GUIDE = re.sub(r"\s+", " ", (Path(__file__).resolve().parents[2] / "docs/need.md").read_text(encoding="utf-8"))


def test_the_guide_has_the_ranges_and_classes_of_millbrook(millbrook: Callable[[str], Any]) -> None:
    need = millbrook("need")
    classes = need["need_class"].value_counts()
    assert (
        f"Of Millbrook's {len(need)} neighborhoods {classes['high']} are high and {classes['possible']} possible"
        in GUIDE
    )
    width = (need["need_rank_high"] - need["need_rank_low"]).median()
    assert f"a range is {width:.0f} places wide in the middle, and a rank moves by {need['need_rank_shift'].mean():.1f} places" in GUIDE  # fmt: skip
    pairs = (need["need_rank_pairwise_high"] - need["need_rank_pairwise_low"]).median()
    assert f"in Millbrook {pairs:.0f} places in the middle" in GUIDE and pairs > width


def test_the_guide_says_what_moves_millbrooks_ranks(millbrook: Callable[[str], Any]) -> None:
    part = millbrook("rank_sensitivity").query("moved == 'ranks'").set_index("factor")["total_index"]
    said = (
        f"the margins of error have a part in {part['margins']:.0%} of the movement and the weights in {part['weights']:.0%}; "
        f"how domains are combined has one in {part['aggregation']:.0%}, the scale in {part['normalisation']:.0%}, leaving one "
        f"indicator out in {part['left_out']:.0%} and the placing of people in {part['placing']:.0%}."
    )
    assert said in GUIDE
    assert part.idxmax() == "margins" and part.drop("margins").idxmax() == "weights"


def test_the_guide_compares_the_four_indices(millbrook: Callable[[str], Any]) -> None:
    families = millbrook("need_families")
    local = families[families["norm"] == "local"].pivot(index="neighborhood_id", columns="family", values="family_rank")  # fmt: skip
    assert list(local.columns) == sorted(BY_NAME["family"].values)
    assert len({frozenset(local.index[local[family] <= 5]) for family in local}) == 1
    most = local.sub(local["percentile"], axis=0).abs().max().max()
    assert f"no rank differs from the mean of ranks by more than {most:.0f} places" in GUIDE
    note = millbrook("ledger_need").query("subject_name == 'need index held against the state'")["reason"].iloc[0]
    assert "75% of the index by weight remain" in GUIDE and "75% of the index by weight" in note


def test_the_guide_counts_millbrooks_clusters(millbrook: Callable[[str], Any]) -> None:
    found = millbrook("need_clusters").query("cluster_measure == 'need_index'")
    spots, outliers = found["hot_spot_class"].value_counts(), found["moran_class"].value_counts()
    assert f"{spots['hot']} are in a cluster of high need, {spots['cold']} in one of low need" in GUIDE
    assert (
        f"{outliers['high_high']} are high among high, {outliers['low_low']} low among low, and none is an outlier"
        in GUIDE
    )
    assert not {"high_low", "low_high"} & set(outliers.index)
