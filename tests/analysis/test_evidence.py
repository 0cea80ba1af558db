"""Kinds of evidence: where within a census area people live."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from scipy import sparse

from pipeline.analysis import evidence
from pipeline.analysis.ladder import ladder
from pipeline.analysis.overlaps import area_weights, overlaps
from pipeline.analysis.pieces import ground_outside
from pipeline.columns import CARRIERS
from tests.analysis.ground import shapes, square


def test_what_the_targets_leave_of_the_evidence_is_counted_from_the_items() -> None:
    # 10 + 30 children in source 0, of which three quarters of the 30 lie in no target; none are known in source 1
    shares = area_weights(pd.DataFrame({"source": [0, 1], "target": [0, 0], "area_share": [1.0, 0.25]}), (4, 1))
    found = evidence.by_items(
        np.array([10.0, 30.0, np.nan, 5.0]), np.array([0, 0, 1, -1]), shares, np.array([0, 0.75, 1, 1]), 2
    )
    assert found.beyond.tolist() == pytest.approx([22.5 / 40, np.nan], nan_ok=True)


def test_evidence_shares_each_source_by_its_own_items() -> None:
    # items 0-2 belong to source 0 (10 + 30 + 0), item 3 to source 1 (no children), item 4 to none
    shares = area_weights(
        pd.DataFrame({"source": [0, 1, 1, 3, 4], "target": [0, 0, 1, 1, 1], "area_share": [1.0, 0.5, 0.5, 1.0, 1.0]}),
        (5, 2),
    )
    found = evidence.by_items(
        np.array([10.0, 30.0, np.nan, 0.0, 99.0]), np.array([0, 0, 0, 1, -1]), shares, np.zeros(5), 2
    )
    assert found.held.tolist() == [40, 0]
    assert found.weights.toarray().tolist() == [[25 / 40, 15 / 40], [0, 0]]


def test_nobody_lives_in_the_lake() -> None:
    """A lake covers half of the tract and all but 250 m of zone w: a third of the habitable ground is there.

    +----+----+    0-500 lake, of which zone w (0-750) keeps 250 m of land and zone e (750-1000) has 250 m
    |lake| w|e|
    +----+----+
    """
    tract = shapes(["a"], [square(0, 0)])
    zones = shapes(["w", "e"], [square(0, 0, 750, 1000), square(750, 0, 250, 1000)])
    lake = shapes(["l"], [square(0, 0, 500, 1000)])
    empty = evidence.EmptyGround(overlaps(lake, zones), np.array([5e5]), np.zeros(1))
    found = evidence.by_habitable_ground(overlaps(tract, zones), np.array([1e6]), np.zeros(1), empty, (1, 2))
    assert found.weights.toarray().tolist() == [pytest.approx([0.5, 0.5])]
    assert found.held.tolist() == [5e5] and found.beyond.tolist() == [0.0]


def test_a_source_that_is_all_lake_has_no_habitable_ground() -> None:
    tract = shapes(["a"], [square(0, 0)])
    whole = overlaps(tract, tract)
    empty = evidence.EmptyGround(whole, np.array([1e6]), np.zeros(1))
    found = evidence.by_habitable_ground(whole, np.array([1e6]), np.zeros(1), empty, (1, 1))
    assert found.held.tolist() == [0] and found.weights.toarray().tolist() == [[0.0]]


def test_points_and_ground_say_what_lies_beyond() -> None:
    towns = shapes(["a", "b"], [square(0, 0), square(5000, 0)])
    zone = shapes(["z"], [square(0, 0, 600, 1000)])
    pieces = overlaps(towns, zone)
    outside_m2 = ground_outside(towns, zone, pieces).area.to_numpy()
    ground = evidence.by_ground(pieces, shapely.area(towns.geometry.to_numpy()), outside_m2, (2, 1))
    assert ground.weights.toarray().tolist() == [[pytest.approx(0.6)], [0.0]]
    assert ground.beyond.tolist() == pytest.approx([0.4, 1.0])
    point = evidence.by_point(evidence.points_of(towns.geometry.to_numpy()), zone.geometry.to_numpy())
    assert point.weights.toarray().tolist() == [[1.0], [0.0]] and point.beyond.tolist() == [0.0, 1.0]
    assert evidence.inside(pieces, (2, 1)).held.tolist() == [0, 0]


ROWS = st.lists(st.tuples(st.integers(0, 2), st.floats(0, 50), st.floats(0, 1)), min_size=1, max_size=15)


@given(ROWS)
def test_law_weights_and_what_lies_beyond_make_the_whole(rows: list[tuple[int, float, float]]) -> None:
    source, amount, share = (np.array(column) for column in zip(*rows, strict=True))
    found = evidence.by_items(amount, source, sparse.csr_array(share[:, None]), 1 - share, 3)
    has = found.held > 1e-6
    assert (found.weights.toarray()[:, 0] + found.beyond)[has] == pytest.approx(np.ones(has.sum()), abs=1e-9)
    scaled = evidence.by_items(7.0 * amount, source, sparse.csr_array(share[:, None]), 1 - share, 3)
    assert scaled.weights.toarray()[has] == pytest.approx(found.weights.toarray()[has], abs=1e-12)


ORDER = ("children_by_block", "people_by_block", "people_by_lot", "homes_by_block", "homes_by_lot", "people_by_raster", "habitable_area", "area")  # fmt: skip


def test_the_counted_themselves_come_before_those_who_stand_in_for_them() -> None:
    assert ladder("children_15_17", ORDER)[:3] == ["children_15_17_by_block", "children_by_block", "people_by_block"]
    assert "children_15_17_by_raster" in ladder("children_15_17", ORDER)
    assert ladder("people", ORDER)[:2] == ["people_by_block", "people_by_lot"]
    assert ladder("adults", ORDER)[:2] == ["adults_by_block", "people_by_block"]
    assert ladder("homes", ORDER)[:3] == ["homes_by_block", "homes_by_lot", "people_by_block"]
    # adults are people less children: without a word on children nothing is known of them
    assert ladder("adults", ("people_by_block",)) == ["people_by_block", "area"]


@pytest.mark.parametrize("carrier", CARRIERS)
def test_every_ladder_ends_on_the_ground(carrier: str) -> None:
    assert ladder(carrier, ())[-1] == "area" and ladder(carrier, ORDER)[-1] == "area"
    assert len(set(ladder(carrier, ORDER))) == len(ladder(carrier, ORDER))
