"""Outlines traced along sides are what merging the cells one by one gives."""

from __future__ import annotations

import numpy as np
import pytest
import shapely

from pipeline.town.areas import neighbors
from pipeline.town.ground import Ground, ground
from pipeline.town.outlines import Sides, outlines


def drawn(picture: str, bends: int = 0) -> dict[int, shapely.Geometry]:
    """Shapes of a picture of digits; each digit is a square cell, a point is none."""
    lines = picture.split()
    rows, columns = len(lines), len(lines[0])
    nodes = np.array([[x, y] for y in range(rows + 1) for x in range(columns + 1)], dtype=float)
    label, corners = [], []
    for y, line in enumerate(reversed(lines)):
        for x, sign in enumerate(line):
            first = y * (columns + 1) + x
            corners.append([first, first + 1, first + columns + 2, first + columns + 1])
            label.append(-1 if sign == "." else int(sign))
    cells = np.array(corners)
    found, shapes = outlines(Sides.of(cells, nodes), np.array(label), neighbors(cells), bends)
    return dict(zip(found.tolist(), shapes, strict=True))


def test_two_areas_share_their_border() -> None:
    areas = drawn("""
        001
        011""")
    assert areas[0].equals(shapely.box(0, 1, 2, 2).union(shapely.box(0, 0, 1, 1)))
    assert areas[1].equals(shapely.box(0, 0, 3, 2).difference(areas[0]))
    assert shapely.get_num_coordinates(areas[0]) == 9  # a corner of every cell passed, and the first again


def test_an_island_is_a_hole_of_what_lies_around_it() -> None:
    areas = drawn("""
        000
        010
        000""")
    assert areas[0].equals(shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2)))
    assert len(areas[0].interiors) == 1


def test_a_hole_that_touches_the_shell_in_a_corner_stays_a_hole() -> None:
    # the area of 0 meets itself where 1 and 2 meet: in one corner
    areas = drawn("""
        002
        010
        000""")
    assert all(shape.is_valid for shape in areas.values())
    assert areas[0].equals(shapely.box(0, 0, 3, 3) - shapely.box(1, 1, 2, 2) - shapely.box(2, 2, 3, 3))
    assert len(areas[0].interiors) == 1


def test_an_area_in_two_pieces_is_a_multipolygon_and_none_is_left_out() -> None:
    areas = drawn("""
        0.0
        ..1""")
    assert sorted(areas) == [0, 1]
    assert areas[0].equals(shapely.union(shapely.box(0, 1, 1, 2), shapely.box(2, 1, 3, 2)))


@pytest.fixture(scope="module")
def land() -> Ground:
    return ground(700, np.random.default_rng(5))


@pytest.mark.parametrize("by", ["block", "bank", "park"])
def test_outlines_are_the_union_of_their_cells(land: Ground, by: str) -> None:
    label = {"block": land.block, "bank": 1 * land.is_east, "park": np.where(land.is_park, 0, -1)}[by]
    found, shapes = outlines(Sides.of(land.corners, land.nodes_m), label, land.pairs)
    assert found.tolist() == np.unique(label[label >= 0]).tolist()
    assert shapely.is_valid(shapes).all()
    rings = land.nodes_m[land.corners]
    cells = np.array([shapely.Polygon(ring[:3] if (ring[2] == ring[3]).all() else ring) for ring in rings])
    for number, shape in zip(found[::7], shapes[::7], strict=True):
        merged = shapely.coverage_union_all(cells[label == number])
        assert shapely.symmetric_difference(shape, merged).area <= 1e-9 * merged.area
        assert shape.area == pytest.approx(merged.area, rel=1e-12)


def test_bends_are_the_same_on_both_sides(land: Ground) -> None:
    sides = Sides.of(land.corners, np.round(land.nodes_m, 2))
    straight, bent = (outlines(sides, land.block, land.pairs, bends)[1] for bends in (0, 3))
    assert shapely.is_valid(bent).all()
    assert shapely.coverage_is_valid(bent)
    closing = 1  # the first vertex again
    assert (shapely.get_num_coordinates(bent) - closing).tolist() == (
        4 * (shapely.get_num_coordinates(straight) - closing)
    ).tolist()
    assert not shapely.equals_exact(straight, bent, tolerance=0.5).any()
    assert np.abs(shapely.area(bent) / shapely.area(straight) - 1).max() < 0.1
