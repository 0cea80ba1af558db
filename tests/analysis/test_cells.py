"""Shares of raster cells in zones: hand-drawn cases, laws, and two oracles."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as arrays

from pipeline.analysis import cells
from pipeline.analysis.cells import Cells, cells_of
from pipeline.analysis.grids import Grid

GRID = Grid(0.0, 6.0, 1.0, 1.0, rows=6, columns=8, crs="EPSG:3310")


def shares(found: Cells, grid: Grid = GRID) -> np.ndarray:
    """Written out: zones x rows x columns."""
    full = np.zeros((len(found.zone_cells), grid.rows * grid.columns))
    np.add.at(full, (found.zone, found.cell), found.share)
    for zone, start, stop in zip(found.run_zone, found.run_start, found.run_stop, strict=True):
        full[zone, start:stop] += 1
    return full.reshape(-1, grid.rows, grid.columns)


def of(*shapes: Any, grid: Grid = GRID) -> np.ndarray:
    return shares(cells_of(np.array(shapes, dtype=object), grid), grid)


def by_cutting(shapes: Sequence[Any], grid: Grid = GRID) -> np.ndarray:
    """The naive loop: each cell as a polygon, cut by each shape."""
    row, column = np.mgrid[: grid.rows, : grid.columns]
    west, north = grid.west + column * grid.cell_width, grid.north - row * grid.cell_height
    boxes = shapely.box(west, north - grid.cell_height, west + grid.cell_width, north)
    ground = [shapely.area(shapely.intersection(boxes, shape)) for shape in shapes]
    return np.array(ground) / (grid.cell_width * grid.cell_height)


def star(values: np.ndarray, x: float, y: float) -> Any:
    """A polygon around a point; its radii are the values."""
    angle = np.linspace(0, 2 * np.pi, len(values), endpoint=False)
    return shapely.Polygon(np.c_[x + values * np.cos(angle), y + values * np.sin(angle)])


stars = st.builds(
    star,
    arrays.arrays("float64", st.integers(3, 12), elements=st.floats(0.05, 5)),
    st.floats(-3, 11),
    st.floats(-3, 9),
)
# whole and half numbers: vertices on the lines of the grid and edges along them
on_lines = arrays.arrays("int64", st.tuples(st.integers(3, 8), st.just(2)), elements=st.integers(-3, 19)).map(
    lambda at: shapely.make_valid(shapely.Polygon(at / 2), method="structure")
)
shapes_of_any_kind = st.one_of(
    stars,
    on_lines,
    st.builds(lambda a, b: shapely.make_valid(shapely.union(a, b)), stars, stars),
    st.builds(lambda a, b: shapely.make_valid(shapely.difference(a, b)), stars, stars),
)


def test_a_zone_drawn_by_hand() -> None:
    """The zone is the ground below a slope.

    +---+---+---+---+       a slope from the corner of row 0 to the corner of row 2:
    |\\  |   |   |   |       cells on it are half, cells below it whole
    | \\ |   |   |   |
    +---+---+---+---+
    |###|\\  |   |   |
    |###| \\ |   |   |
    +---+---+---+---+
    """
    grid = Grid(0, 2, 1, 1, rows=2, columns=4, crs="EPSG:3310")
    found = of(shapely.Polygon([(0, 0), (0, 2), (2, 0)]), grid=grid)
    assert found.tolist() == [[[0.5, 0, 0, 0], [1, 0.5, 0, 0]]]


def test_inside_a_zone_one_line_stands_for_a_run_of_cells() -> None:
    found = cells_of(np.array([shapely.box(0.5, 0.5, 7.5, 5.5)]), GRID)
    assert len(found.cell) == 24 - 4 + 4  # the outline: 8 + 8 + 4 + 4
    assert found.run_start.tolist() == [9, 17, 25, 33] and found.run_stop.tolist() == [15, 23, 31, 39]
    assert shares(found).sum() == pytest.approx(7 * 5)


def test_a_zone_smaller_than_a_cell_and_one_along_the_lines() -> None:
    small, whole = of(shapely.box(2.25, 3.25, 2.5, 3.5), shapely.box(2, 2, 4, 5))
    assert small[2, 2] == 1 / 16 and small.sum() == 1 / 16
    assert whole[1:4, 2:4].tolist() == [[1, 1]] * 3 and whole.sum() == 6


def test_a_level_edge_inside_a_row_makes_its_cells_partial() -> None:
    """Between two upright edges nothing but a level edge crosses the cells."""
    assert of(shapely.box(-5, 2.25, 20, 4))[0].sum(axis=1).tolist() == [0, 0, 8, 6, 0, 0]


@pytest.mark.parametrize(
    ("west", "south", "east", "north"),
    [(-9, 1, 2.5, 4), (6.5, 1, 30, 4), (2, 4.5, 5, 90), (2, -70, 5, 1.5), (-9, -9, 90, 90)],
    ids=["west", "east", "north", "south", "all"],
)
def test_zones_past_any_edge_of_the_raster(west: float, south: float, east: float, north: float) -> None:
    zone = shapely.box(west, south, east, north)
    assert of(zone) == pytest.approx(by_cutting([zone]), abs=1e-12)
    assert not cells_of(np.array([zone]), GRID).is_within[0]


@pytest.mark.parametrize("x, y", [(-20, 2), (20, 2), (2, 20), (2, -20), (-1, 2), (8, 2), (2, 6), (2, -1)])
def test_zones_beside_the_raster_have_no_cells(x: float, y: float) -> None:
    found = cells_of(np.array([shapely.box(x, y, x + 1, y + 1)]), GRID)
    assert len(found.cell) == len(found.run_start) == 0 and found.zone_cells.tolist() == [1]


def test_holes_and_parts_in_holes() -> None:
    ring = shapely.Polygon(
        shapely.box(0.5, 0.5, 7.5, 5.5).exterior.coords, [shapely.box(2, 1.5, 6, 4.5).exterior.coords]
    )
    island = shapely.box(3, 2, 5, 4)
    zone = shapely.MultiPolygon([ring, island])
    assert of(zone) == pytest.approx(by_cutting([zone]), abs=1e-12)
    assert of(zone).sum() == pytest.approx(35 - 12 + 4)


def test_what_is_no_ground_has_no_cells() -> None:
    nothing = [None, shapely.Polygon(), shapely.Point(1, 1), shapely.MultiLineString([[(0, 0), (3, 3)]])]
    mixed = shapely.GeometryCollection(
        [shapely.LineString([(0, 0), (8, 6)]), shapely.MultiPolygon([shapely.box(1, 1, 2, 2)])]
    )
    found = of(*nothing, mixed)
    assert found.sum(axis=(1, 2)).tolist() == [0, 0, 0, 0, 1]
    assert len(cells_of(np.array([], dtype=object), GRID).zone_cells) == 0


@given(st.lists(shapes_of_any_kind, min_size=1, max_size=4))
@settings(max_examples=300, deadline=None)
def test_oracle_cutting_each_cell(drawn: list[Any]) -> None:
    assert of(*drawn) == pytest.approx(by_cutting(drawn), abs=1e-12)


# a west of 1e-309 is no place, and GEOS loses what it cuts there
corner = st.floats(-5, 9, allow_subnormal=False)


@given(stars, st.floats(1e-3, 3), st.floats(1e-3, 3), corner, corner)
@settings(max_examples=200, deadline=None)
def test_oracle_cutting_cells_of_any_size(zone: Any, width: float, height: float, west: float, north: float) -> None:
    grid = Grid(west, north, width, height, rows=7, columns=5, crs="EPSG:3310")
    assert of(zone, grid=grid) == pytest.approx(by_cutting([zone], grid), abs=1e-10)


@given(st.lists(shapes_of_any_kind, min_size=2, max_size=5), st.randoms())
@settings(max_examples=200, deadline=None)
def test_law_order_direction_and_spare_vertices_change_nothing(drawn: list[Any], random: Any) -> None:
    plain = of(*drawn)
    order = random.sample(range(len(drawn)), len(drawn))
    assert of(*[drawn[n] for n in order]).tolist() == plain[order].tolist()
    assert of(*shapely.reverse(drawn)) == pytest.approx(plain, abs=1e-12)
    assert of(*shapely.segmentize(drawn, 0.3)) == pytest.approx(plain, abs=1e-12)
    assert of(*shapely.force_3d(drawn, 7.0)).tolist() == plain.tolist()


@given(stars, stars)
@settings(max_examples=200, deadline=None)
def test_law_a_part_and_a_hole_add_and_take_away(one: Any, other: Any) -> None:
    one, other = shapely.make_valid(one), shapely.make_valid(other)
    together, common = shapely.union(one, other), shapely.intersection(one, other)
    less = shapely.difference(one, other)
    a, b, both, shared, rest = of(one, other, together, common, less)
    assert a + b == pytest.approx(both + shared, abs=1e-12)
    assert a == pytest.approx(rest + shared, abs=1e-12)


@given(st.integers(0, 2**32))
@settings(max_examples=200, deadline=None)
def test_law_zones_that_tile_the_ground_tile_each_cell(seed: int) -> None:
    cloud = shapely.MultiPoint(np.random.default_rng(seed).uniform(-2, 9, (12, 2)))
    tiles = shapely.get_parts(shapely.voronoi_polygons(cloud, extend_to=shapely.box(-9, -9, 20, 20)))
    assert of(*tiles).sum(axis=0) == pytest.approx(np.ones((6, 8)), abs=1e-11)


def test_batches_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn = [star(np.random.default_rng(n).uniform(0.3, 4, 9), n % 8, n % 6) for n in range(30)]
    drawn[3] = shapely.MultiPolygon([shapely.box(0, 0, 1, 1), shapely.box(2, 2, 3.5, 3)])
    plain = of(*drawn)
    monkeypatch.setattr(cells, "CHUNK", 20)
    assert of(*drawn).tolist() == plain.tolist()


def test_a_raster_of_a_continent_has_the_same_cells() -> None:
    """Its keys leave no room to pack positions below them, so that they are sorted another way."""
    drawn = np.array([star(np.random.default_rng(n).uniform(0.3, 4, 9), n % 8, n % 6) for n in range(60)])
    wide = Grid(0.0, 6.0, 1.0, 1.0, rows=2**25, columns=2**25, crs="EPSG:3310")
    found, plain = cells_of(drawn, wide), cells_of(drawn, GRID)
    row, column = np.divmod(found.cell, wide.columns)
    near = (row < 6) & (column < 8) & (found.share > 1e-5)
    here = plain.share > 1e-5
    assert found.zone[near].tolist() == plain.zone[here].tolist()
    assert (row * 8 + column)[near].tolist() == plain.cell[here].tolist()
    assert found.share[near] == pytest.approx(plain.share[here], abs=1e-6)


def test_cells_inside_are_exactly_whole() -> None:
    """A circle of many odd vertices: what lies inside is 1, not nearly 1."""
    zone = shapely.Point(4.0123, 3.0456).buffer(2.9, quad_segs=500)
    inside = shapely.contains(zone, shapely.box(3, 2, 5, 4))
    assert inside and of(zone)[0, 2:4, 3:5].tolist() == [[1, 1], [1, 1]]


@given(st.lists(shapes_of_any_kind, min_size=1, max_size=5))
@settings(max_examples=300, deadline=None)
def test_oracle_compiled_code_finds_the_same_cells(drawn: list[Any]) -> None:
    plain = of(*drawn)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(cells, "COMPILED_VERTICES", 0)
        assert of(*drawn) == pytest.approx(plain, abs=1e-12)
        assert (of(*drawn) == 1.0).sum() == (plain == 1.0).sum()
