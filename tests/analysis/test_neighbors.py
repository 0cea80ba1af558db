"""Which areas share a border."""

from __future__ import annotations

import pytest
import shapely

from pipeline.analysis.neighbors import adjacency, adjacency_table
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check
from tests.analysis.ground import grid, shapes, square


def pairs_of(areas):  # type: ignore[no-untyped-def]
    pairs, islands = adjacency(areas)
    return {(row.area_id, row.neighbor_id): row.shared_m for row in pairs.itertuples()}, islands


def test_squares_share_edges_and_not_corners() -> None:
    """A 2 x 2 town: each square has two neighbors, none across the corner.

    b d
    a c
    """
    pairs, islands = pairs_of(shapes("abcd", grid(2, 2)))
    assert sorted(pairs) == [
        ("a", "b"),
        ("a", "c"),
        ("b", "a"),
        ("b", "d"),
        ("c", "a"),
        ("c", "d"),
        ("d", "b"),
        ("d", "c"),
    ]
    assert set(pairs.values()) == {1000.0}
    assert islands == []


@pytest.mark.parametrize("shift", [0.5, -0.5])
def test_a_border_drawn_twice_is_still_a_border(shift: float) -> None:
    """A gap (or overlap) of half a metre between the two drawings."""
    pairs, _ = pairs_of(shapes("ab", [square(0, 0), square(1000 + shift, 0)]))
    assert pairs["a", "b"] == pairs["b", "a"] == pytest.approx(1000, abs=10)


def test_areas_across_a_road_are_not_neighbors_and_islands_are_named() -> None:
    pairs, islands = pairs_of(shapes("abc", [square(0, 0), square(1000, 0), square(2030, 0)]))
    assert sorted(pairs) == [("a", "b"), ("b", "a")]
    assert islands == ["c"]


def test_an_area_inside_another_borders_on_it() -> None:
    ring = square(0, 0, 3000).difference(square(1000, 1000))
    pairs, _ = pairs_of(shapes("ab", [ring, square(1000, 1000)]))
    assert pairs["a", "b"] == 4000


def test_contiguity_agrees_with_libpysal() -> None:
    graph = pytest.importorskip("libpysal.graph")
    areas = shapes(
        [f"a{i:02d}" for i in range(20)],
        [shapely.transform(box, lambda at: at @ [[1, 0.2], [-0.1, 1]]) for box in grid(5, 4)],
    )
    theirs = graph.Graph.build_contiguity(areas.set_index("area_id"), rook=True).adjacency
    pairs, _ = pairs_of(areas)
    assert sorted(pairs) == sorted(theirs.index.tolist())


def test_borders_and_islands_by_layer() -> None:
    ledger = Ledger()
    layers = {
        "district": shapes("d", [square(0, 0)]),
        "zone high 2024": shapes("abc", [square(0, 0), square(1000, 0), square(5000, 0)]),
    }
    found = check(BY_TABLE["adjacency"], adjacency_table(layers, ledger))
    assert set(found["layer"]) == {"zone high 2024"} and len(found) == 2
    assert ledger.frame()["item"].tolist() == ["c"]
