"""Millbrook's survey drawn again forty times: planted pockets are found, false ones at the chosen rate.

``python -m benchmarks pockets`` does the same 200 times.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd
import pytest

from benchmarks import pockets
from pipeline.columns import parted

Read = Callable[[str], Any]
SEEDS = 40


@pytest.fixture(scope="module")
def found(millbrook: Read) -> tuple[pockets.Ground, pd.DataFrame, pd.DataFrame]:
    ground, steady = pockets.of_millbrook(millbrook), pockets.of_millbrook(millbrook, is_steady=True)
    return ground, pockets.by_seed(ground, range(SEEDS)), pockets.by_seed(steady, range(SEEDS))


def test_planted_pockets_are_found_and_false_ones_at_most_at_the_rate(
    found: tuple[pockets.Ground, pd.DataFrame, pd.DataFrame],
) -> None:
    ground, seeds, steady = found
    shown = pockets.summary(ground, seeds, steady)
    assert len(seeds) == len(steady) == SEEDS
    assert pockets.fault_of(shown, SEEDS) == ""
    # the edge of six neighborhoods is to be told, the lone one is not: its survey areas reach beyond it
    assert [len(planted) for planted in ground.planted] == [6, 1]
    assert shown["planted_1 z"] >= pockets.LEAST_Z > shown["planted_2 z"]


def test_sums_by_matrices_find_what_the_stage_finds(found: tuple[pockets.Ground, pd.DataFrame, pd.DataFrame]) -> None:
    ground, seeds, _ = found
    for row in seeds.head(2).itertuples():
        stage = pockets.found_pockets(ground, row.seed)
        assert (len(stage), stage["pocket_areas"].sum()) == (row.pockets, row.areas)
        grown = {a for ids in stage.loc[stage["pocket_kind"] == "growing", "area_ids"] for a in parted(ids)}
        assert grown & set().union(*ground.planted) == row.growing


def test_a_sample_has_the_margins_of_the_survey_and_its_own_chance(
    found: tuple[pockets.Ground, pd.DataFrame, pd.DataFrame],
) -> None:
    ground = found[0]
    first, again, other = (pockets.drawn_areas(ground, seed) for seed in (0, 0, 1))
    pd.testing.assert_frame_equal(first, again)
    assert not first["children_5_9"].equals(other["children_5_9"])
    true = pd.concat([pd.Series(bands["children_5_9"]) for bands in ground.children.values()], ignore_index=True)
    held = ((first["children_5_9"] - true).abs() <= first["children_5_9_moe"]).mean()
    assert 0.8 <= held <= 1


@pytest.mark.parametrize(
    ("name", "share", "fault"),
    [
        ("planted_1 found_share", 0.94, "planted_1 found_share in 94.0% of seeds"),
        ("false_pocket_share", 0.11, "false_pocket_share 11.0%"),
        ("steady_share", 0.2, "a pocket in 20.0% of steady towns"),
        ("planted_1 found_share", 1.0, ""),
    ],
)
def test_what_falls_short_is_named(name: str, share: float, fault: str) -> None:
    good = {
        "planted_1 z": 9.0,
        "planted_1 found_share": 0.99,
        "planted_2 z": 1.0,
        "planted_2 found_share": 0.1,
        "false_pocket_share": 0.02,
        "false_area_share": 0.05,
        "steady_share": 0.1,
    }
    assert pockets.fault_of({**good, name: share}, 200) == fault
