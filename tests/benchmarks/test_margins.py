"""How often a margin holds the truth: what docs/margins.md says is what is counted."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from benchmarks.margins import as_table, coverage, true_counts

DOC = (Path(__file__).resolve().parent.parent.parent / "docs/margins.md").read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def scores(millbrook: Callable[[str], Any]) -> pd.DataFrame:
    return coverage(millbrook)


def test_the_table_of_the_guide_is_the_one_that_is_counted(scores: pd.DataFrame) -> None:
    assert as_table(scores) in DOC


def test_nine_of_ten_intervals_hold_the_truth(scores: pd.DataFrame) -> None:
    """Each count within what 80 draws of 0.9 allow (three standard errors are 0.10), and all of them together."""
    held = scores["held_share_neighborhoods"]
    assert held.between(0.8, 1.0).all() and 0.88 <= held.mean() <= 0.94
    assert scores["bias_share_neighborhoods"].abs().max() < 0.06


def test_what_all_together_are_off_by_is_chance(millbrook: Callable[[str], Any]) -> None:
    true = true_counts().query("layer == 'neighborhood'").drop(columns=["layer", "area_id"]).groupby("vintage").sum()
    district = millbrook("district_profile").set_index("vintage").loc[true.index]
    held = [
        abs(district.loc[vintage, name] - true.loc[vintage, name]) <= district.loc[vintage, f"{name}_moe"]
        for name in true
        for vintage in true.index
    ]
    assert f"hold the truth in {sum(held)} of {len(held)} cases" in DOC


def test_margins_that_are_too_small_are_found_out(millbrook: Callable[[str], Any]) -> None:
    def halved(name: str) -> pd.DataFrame:
        table = millbrook(name)
        return table.assign(**{column: table[column] / 2 for column in table if column.endswith("_moe")})

    assert coverage(halved)["held_share_neighborhoods"].mean() < 0.75
