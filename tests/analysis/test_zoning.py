"""Parts, overlaps, slivers and gaps of zones, on graph paper."""

from __future__ import annotations

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.zoning import cut_overlaps, dissolve_parts, gaps
from pipeline.errors import ContractError
from tests.analysis.ground import shapes, square


def cut(zones, sliver_m2=500.0, overlap_share=0.001):  # type: ignore[no-untyped-def]
    return cut_overlaps(zones, key="area_id", sliver_m2=sliver_m2, overlap_share=overlap_share)


def test_a_sliver_goes_to_the_lower_id_and_is_recorded() -> None:
    """b reaches 0.3 m into a: 300 m2 on a common border of 1 km."""
    zones, repairs = cut(shapes(["b", "a"], [square(999.7, 0, 1000.3, 1000), square(0, 0)]))
    assert zones["area_id"].tolist() == ["a", "b"]
    assert zones.geometry.area.tolist() == pytest.approx([1e6, 1e6])
    row = repairs.iloc[0]
    assert (row["repair"], row["kept_id"], row["changed_id"]) == ("sliver", "a", "b")
    assert row["area_m2"] == pytest.approx(300)


def test_a_disputed_strip_within_tolerance_is_told_from_a_sliver() -> None:
    zones, repairs = cut(shapes(["a", "b"], [square(0, 0, 1001, 1000), square(1000, 0)]), overlap_share=0.002)
    assert repairs["repair"].tolist() == ["disputed strip"]
    assert zones.geometry.area.tolist() == pytest.approx([1_001_000, 999_000])


def test_overlaps_above_tolerance_are_refused_and_every_pair_is_listed() -> None:
    """a, b and c are 1 km wide and 800 m apart: two pairs overlap by a fifth."""
    layer = shapes(["a", "b", "c"], [square(0, 0), square(800, 0), square(1600, 0)])
    with pytest.raises(ContractError) as refusal:
        cut(layer)
    message = str(refusal.value)
    assert "[E-ZONE-OVERLAP]" in message and "2 times" in message
    assert "a and b: 200,000 m2, 20.0% of the smaller" in message
    assert "b and c: 200,000 m2" in message
    assert "geography.overlap_share" in message


def test_a_tiny_zone_is_never_cut_away_as_a_sliver() -> None:
    """A 20 x 20 m zone inside another is smaller than a sliver, but it is a zone."""
    with pytest.raises(ContractError, match=r"100\.0% of the smaller"):
        cut(shapes(["a", "b"], [square(0, 0), square(10, 10, 20)]))


def test_three_zones_that_claim_one_place_leave_it_to_one() -> None:
    layer = shapes(["c", "a", "b"], [square(0, 0, 1010, 10), square(1000, 0, 1000, 10), square(995, 0, 15, 500)])
    zones, repairs = cut(layer, overlap_share=0.05)
    assert len(repairs) == 3
    assert zones.geometry.area.sum() == pytest.approx(shapely.union_all(layer.geometry.to_numpy()).area)


def test_repair_is_idempotent_and_holes_stay_holes() -> None:
    ring = square(0, 0, 3000).difference(square(1000, 1000))
    layer = shapes(["a", "b"], [ring, square(999.9, 1000, 1000.1, 1000)])
    once, _ = cut(layer)
    twice, repairs = cut(once)
    assert repairs.empty
    assert shapely.equals_identical(once.geometry.to_numpy(), twice.geometry.to_numpy()).all()
    assert shapely.get_num_interior_rings(once.geometry.to_numpy()).tolist() == [1, 0]


def test_a_row_that_stands_twice_is_refused_not_counted_once() -> None:
    layer = shapes(["a", "b", "b"], [square(0, 0), square(1000, 0), square(1000, 0)])
    with pytest.raises(ContractError, match=r"E-KEY-DUP.*the same shape stands twice under one area_id.*area_id=b"):
        dissolve_parts(layer, "area_id", [])


@given(st.permutations(range(4)))
@settings(max_examples=10, deadline=None)
def test_the_order_of_rows_changes_no_vertex(order: list[int]) -> None:
    polygons = [square(0, 0, 1000.2), square(1000, 0, 1000.1), square(0, 1000, 1000.3), square(1000, 1000)]
    ids = ["a", "b", "c", "d"]
    first, _ = cut(shapes(ids, polygons))
    second, _ = cut(shapes([ids[i] for i in order], [polygons[i] for i in order]))
    assert shapely.equals_identical(first.geometry.to_numpy(), second.geometry.to_numpy()).all()


def test_parts_of_a_zone_are_joined_and_attributes_are_not_added_up() -> None:
    parts = shapes(["z", "z", "y"], [square(0, 0), square(2000, 0), square(5000, 0)], name=["Zed", "Zed", "Why"])
    whole, repairs = dissolve_parts(parts, "area_id", ["name"])
    assert whole[["area_id", "name"]].values.tolist() == [["y", "Why"], ["z", "Zed"]]
    assert whole.geometry.area.tolist() == [1e6, 2e6]
    assert repairs.empty


def test_parts_that_overlap_are_counted_once_and_recorded() -> None:
    whole, repairs = dissolve_parts(shapes(["z", "z"], [square(0, 0), square(500, 0)]), "area_id", [])
    assert whole.geometry.area.tolist() == [1.5e6]
    assert repairs["area_m2"].tolist() == [5e5]


def test_parts_that_disagree_are_refused_with_their_values() -> None:
    parts = shapes(["z", "z"], [square(0, 0), square(2000, 0)], school_id=["s1", "s2"])
    with pytest.raises(ContractError, match=r"differ in school_id.*area_id=z: 's1', 's2'"):
        dissolve_parts(parts, "area_id", ["school_id"])


def test_gaps_are_measured_and_not_closed() -> None:
    zones = shapes(["a", "b"], [square(0, 0, 990, 1000), square(1000, 0)])
    assert gaps(zones, square(0, 0, 2000, 1000)).tolist() == pytest.approx([10_000])
    assert gaps(zones).tolist() == []
    assert zones.geometry.area.sum() == 1_990_000
