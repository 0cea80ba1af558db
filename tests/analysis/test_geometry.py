"""Systems that can be measured in, sound overlays, and points in areas."""

from __future__ import annotations

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.geometry import (
    common_ground,
    common_m2,
    less,
    placed,
    polygons_of,
    require_equal_area,
    subdivided,
)
from pipeline.errors import ContractError
from tests.analysis.ground import grid, shapes, square


@pytest.mark.parametrize(
    ("crs", "words"),
    [
        (None, "no CRS"),
        ("EPSG:4326", "degrees"),
        ("EPSG:3857", "does not keep areas"),
        ("EPSG:2229", "foot, not in metres"),
        ("EPSG:26910", "does not keep areas"),
    ],
)
def test_systems_that_cannot_be_measured_in_are_refused(crs: str | None, words: str) -> None:
    with pytest.raises(ContractError, match=words):
        require_equal_area(shapes(["a"], [square(0, 0)], crs=crs))  # type: ignore[arg-type]


@pytest.mark.parametrize("crs", ["EPSG:3310", "EPSG:5070", "ESRI:102003", "EPSG:6933", "EPSG:3035"])
def test_equal_area_systems_are_accepted(crs: str) -> None:
    require_equal_area(shapes(["a"], [square(0, 0)], crs=crs))


def test_a_point_on_a_border_is_in_the_first_area_and_a_hole_in_none() -> None:
    squares = np.array(grid(2, 2))
    points = shapely.points([[1000, 500], [1000, 1000], [500, 500], [-1, 0], [np.nan, 0]])
    position, is_shared = placed(np.append(points, None), squares)
    assert position.tolist() == [0, 0, 0, -1, -1, -1]
    assert is_shared.tolist() == [True, True, False, False, False, False]


@given(st.lists(st.tuples(st.integers(-2, 12), st.integers(-2, 12)), min_size=1, max_size=40))
@settings(max_examples=50, deadline=None)
def test_each_point_lies_in_one_area_or_outside_all(points: list[tuple[int, int]]) -> None:
    squares = np.array(grid(5, 5, 2))
    cloud = shapely.points(points)
    position, is_shared = placed(cloud, squares)
    naive = [[i for i, area in enumerate(squares) if area.covers(point)] for point in cloud]
    assert position.tolist() == [min(found, default=-1) for found in naive]
    assert is_shared.tolist() == [len(found) > 1 for found in naive]


def test_pieces_of_a_large_shape_add_up_to_it() -> None:
    turns = np.linspace(0, 2 * np.pi, 2000, endpoint=False)
    radius = 1000 + 300 * np.sin(17 * turns)
    star = shapely.Polygon(
        np.column_stack([radius * np.cos(turns), radius * np.sin(turns)]),
        [np.array(square(-50, -50, 100).exterior.coords)],
    )
    parent, pieces = subdivided(np.array([star, square(0, 0)]), 64)
    assert shapely.get_num_coordinates(pieces).max() <= 64
    assert np.bincount(parent, weights=shapely.area(pieces)) == pytest.approx([star.area, 1e6], rel=1e-12)


def test_common_ground_agrees_with_the_overlay_where_that_is_sound() -> None:
    generator = np.random.default_rng(3)
    first = shapely.buffer(shapely.points(generator.uniform(0, 100, (50, 2))), 20)
    second = shapely.buffer(shapely.points(generator.uniform(0, 100, (50, 2))), 30)
    assert shapely.area(common_ground(first, second)) == pytest.approx(
        shapely.area(shapely.intersection(first, second)), abs=1e-9
    )


def test_rings_without_ground_are_dropped() -> None:
    needle = shapely.Polygon([(0, 0), (100, 0), (100, 1e-9)])
    assert polygons_of(shapely.MultiPolygon([square(0, 200), needle])).equals(square(0, 200))
    assert polygons_of(shapely.GeometryCollection([square(0, 0), shapely.LineString([(0, 0), (5, 5)])])).area == 1e6


def test_what_is_left_and_what_is_common_make_the_whole_in_a_turned_town() -> None:
    """Squares cut off a strip at every angle: the two shapes share two borders each time."""
    for angle in range(360):
        strip, corner = (
            shapely.affinity.rotate(box, angle + 0.30859375, origin=(0, 0))
            for box in (square(100, 0, 2900, 3000), square(2000, 2000))
        )
        common = common_ground(np.array([corner]), np.array([strip]))[0]
        assert common.area == pytest.approx(1e6, rel=1e-9)
        assert less(strip, corner).area == pytest.approx(7.7e6, rel=1e-9)


def test_long_outlines_are_cut_before_the_overlay_and_nothing_is_lost() -> None:
    turns = np.linspace(0, 2 * np.pi, 3000, endpoint=False)
    radius = 1000 + 300 * np.sin(17 * turns)
    star = shapely.Polygon(np.column_stack([radius * np.cos(turns), radius * np.sin(turns)]))
    squares = np.array([square(x, y, 400) for x in range(-1400, 1400, 400) for y in range(-1400, 1400, 400)])
    stars = np.repeat(star, len(squares))
    expected = shapely.area(shapely.intersection(stars, squares))
    assert common_m2(stars, squares) == pytest.approx(expected, abs=1e-6)
    assert common_m2(squares, stars) == pytest.approx(expected, abs=1e-6)
    assert common_m2(squares, stars).sum() == pytest.approx(star.area, rel=1e-9)
