"""Polygons as flat arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.rings import Rings
from pipeline.errors import ContractError
from tests.analysis.ground import square

RING = square(0, 0, 10).difference(square(2, 2, 3)).difference(square(6, 6, 1))
ISLANDS = shapely.MultiPolygon([square(20, 0, 5), square(30, 5, 4).difference(square(31, 6, 1))])
TOWN = np.array([RING, ISLANDS, square(-9, -9, 2)], dtype=object)


def test_a_layer_of_holes_and_islands() -> None:
    """A square with two holes, two islands of which one has a hole, and a plain square."""
    rings = Rings.of(TOWN)
    assert (len(rings), rings.parts) == (3, 4)
    assert rings.shape_of_part.tolist() == [0, 1, 1, 2]
    assert rings.areas().tolist() == pytest.approx(shapely.area(TOWN).tolist(), rel=1e-12)
    assert rings.bounds().tolist() == shapely.bounds(TOWN).tolist()
    assert rings.part_bounds()[1:3].tolist() == [[20, 0, 25, 5], [30, 5, 34, 9]]
    assert shapely.equals(rings.shapes(), TOWN).all()


@given(st.permutations(range(3)))
def test_law_taking_shapes_keeps_them(order: list[int]) -> None:
    taken = Rings.of(TOWN).take(np.array(order))
    assert shapely.equals(taken.shapes(), TOWN[list(order)]).all()
    assert taken.bounds().tolist() == shapely.bounds(TOWN[list(order)]).tolist()


def test_a_mask_takes_as_positions_do() -> None:
    assert shapely.equals(Rings.of(TOWN).take(np.array([False, True, False])).shapes(), TOWN[[1]]).all()


@pytest.mark.parametrize("turn", [shapely.reverse, shapely.normalize, shapely.force_3d])
def test_neither_the_turn_of_rings_nor_heights_matter(turn: Any) -> None:
    assert Rings.of(turn(TOWN)).areas().tolist() == pytest.approx(shapely.area(TOWN).tolist(), rel=1e-12)


def test_small_shapes_far_from_the_origin_keep_their_digits() -> None:
    far = shapely.transform(TOWN, lambda xy: xy + np.array([2_345_678.9, -1_234_567.8]))
    assert Rings.of(far).areas().tolist() == pytest.approx(shapely.area(TOWN).tolist(), rel=1e-7)


def test_no_shapes_are_no_rings() -> None:
    nothing = Rings.of(np.array([], dtype=object))
    assert len(nothing) == 0 and nothing.areas().tolist() == [] and nothing.bounds().shape == (0, 4)
    assert Rings.of(TOWN).take(np.array([], dtype="int64")).shapes().tolist() == []


@pytest.mark.parametrize("bad", [None, shapely.Point(0, 0), shapely.LineString([(0, 0), (1, 1)])])
def test_what_is_no_polygon_is_refused_by_its_position(bad: Any) -> None:
    with pytest.raises(ContractError, match=r"E-GEOM-TYPE\].*first: position 1"):
        Rings.of(np.array([RING, bad], dtype=object))


def test_an_empty_shape_is_refused_and_not_taken_for_its_neighbor() -> None:
    for place in range(3):
        shapes = np.array([RING, ISLANDS, RING], dtype=object)
        shapes[place] = shapely.Polygon()
        with pytest.raises(ContractError, match=rf"missing, empty or no polygon.*first: position {place}"):
            Rings.of(shapes)
