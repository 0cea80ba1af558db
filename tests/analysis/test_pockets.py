"""Growth pockets on a hand-drawn town.

a - b   c          a, b, d grow and touch; c grows alone and little;
|       |          e shrinks
d   e - f
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.pockets import growth_pockets
from pipeline.tables import BY_TABLE, check, empty

SETTINGS = {"layer": "neighborhood", "now": "2019-2023", "age_band": "5-17", "high_cv": 0.12, "medium_cv": 0.4}
PAIRS = [("a", "b"), ("a", "d"), ("d", "e"), ("c", "f"), ("e", "f")]


def adjacency() -> pd.DataFrame:
    both = PAIRS + [(right, left) for left, right in PAIRS]
    return pd.DataFrame(both, columns=["area_id", "neighbor_id"]).assign(layer="neighborhood")


def change(values: dict[str, tuple[float, bool]]) -> pd.DataFrame:
    frame = pd.DataFrame(
        {
            "area_id": list(values),
            "children_change": [v[0] for v in values.values()],
            "is_significant": [v[1] for v in values.values()],
        }
    )
    return frame.assign(
        layer="neighborhood", age_band="5-17", vintage_from="2014-2018", vintage_to="2019-2023", children_from=100.0,
        children_to=lambda f: 100.0 + f["children_change"], children_change_moe=6.0,
    )  # fmt: skip


TOWN = {
    "a": (30.0, True),
    "b": (20.0, True),
    "d": (15.0, True),
    "c": (12.0, True),
    "e": (-40.0, True),
    "f": (60.0, False),
}


def test_touching_areas_join_and_small_or_unsure_ones_do_not_count() -> None:
    found = growth_pockets(change(TOWN), adjacency(), smallest=25.0, **SETTINGS)
    check(BY_TABLE["growth_pockets"], found)
    assert found[["pocket_id", "area_ids", "children_change"]].to_numpy().tolist() == [
        ["growing-01", "a b d", 65.0],
        ["shrinking-01", "e", -40.0],
    ]
    assert found["children_change_moe"].tolist() == pytest.approx([np.sqrt(3 * 36), 6.0])
    assert found["children_to"].tolist() == [365.0, 60.0]


def test_areas_that_do_not_touch_are_two_pockets_numbered_by_size() -> None:
    found = growth_pockets(change({**TOWN, "c": (80.0, True)}), adjacency(), smallest=25.0, **SETTINGS)
    assert found.loc[found["pocket_kind"] == "growing", ["pocket_id", "area_ids"]].to_numpy().tolist() == [
        ["growing-01", "c"],
        ["growing-02", "a b d"],
    ]


def test_order_of_rows_does_not_matter() -> None:
    table, borders = change(TOWN), adjacency()
    found = growth_pockets(table, borders, smallest=10.0, **SETTINGS)
    shuffled = growth_pockets(table.iloc[::-1], borders.iloc[::-1], smallest=10.0, **SETTINGS)
    pd.testing.assert_frame_equal(found, shuffled)
    assert len(found) == 3


def test_nothing_significant_gives_no_pocket() -> None:
    found = growth_pockets(change({"a": (90.0, False)}), adjacency(), smallest=1.0, **SETTINGS)
    assert check(BY_TABLE["growth_pockets"], found).empty
    assert growth_pockets(empty("school_age_change", ""), empty("adjacency", ""), smallest=1.0, **SETTINGS).empty


def test_of_several_comparisons_the_one_up_to_now_counts() -> None:
    older = change(TOWN).assign(vintage_from="2009-2013", vintage_to="2014-2018")
    both = pd.concat([older, change({"c": (80.0, True)})], ignore_index=True)
    found = growth_pockets(both, adjacency(), smallest=25.0, **SETTINGS)
    assert found[["area_ids", "vintage_to"]].to_numpy().tolist() == [["c", "2019-2023"]]
