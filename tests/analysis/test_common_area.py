"""Common ground without geometries: hand-drawn cases, laws, and GEOS as the oracle."""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.layers import coverage
from pipeline.analysis.common_area import common_areas
from pipeline.analysis.overlaps import overlaps, pieces_of
from pipeline.analysis.rings import Rings
from tests.analysis.ground import grid, shapes, square

Polygons = Any
# the compiler is asked once for the whole module
FEW = settings(max_examples=200, deadline=None)


def matrix(sources: Polygons, targets: Polygons) -> np.ndarray:
    """Common m2 of every source with every target."""
    source, target, common = common_areas(Rings.of(np.array(sources)), Rings.of(np.array(targets)))
    out = np.zeros((len(sources), len(targets)))
    out[source, target] = common
    return out


def geos(sources: Polygons, targets: Polygons) -> np.ndarray:
    return np.array([[s.intersection(t).area for t in targets] for s in sources])


def test_a_square_half_in_a_zone_with_a_hole() -> None:
    """The zone has the right half of the square, less a hole of 2 x 2.

    +----+----+
    |    | zz |     z: zone; o: its hole
    |    | oo |
    +----+----+
    """
    zone = square(5, 0, 9, 10).difference(square(6, 2, 2))
    assert matrix([square(0, 0, 10)], [zone]).tolist() == [[46.0]]


@pytest.mark.parametrize(
    ("source", "target", "common"),
    [
        (square(0, 0, 10), square(0, 0, 10), 100.0),  # the same
        (square(0, 0, 10), square(-5, -5, 50), 100.0),  # wholly inside
        (square(-5, -5, 50), square(0, 0, 10), 100.0),  # the other way round
        (square(0, 0, 10), square(10, 0, 10), None),  # a common border is no ground
        (square(0, 0, 10), square(10, 10, 10), None),  # nor is a corner
        (square(0, 0, 10), square(2, 10, 3, 5), None),  # nor a neighbor above
        (square(0, 0, 10), square(-100, 4, 300, 2), 20.0),  # a strip right through
        (square(0, 0, 10), square(4, -100, 2, 300), 20.0),  # and the other way
        (shapely.Polygon([(0, 0), (10, 0), (0, 10)]), shapely.Polygon([(10, 10), (10, 0), (0, 10)]), None),
        (shapely.Polygon([(0, 0), (10, 0), (0, 10)]), shapely.Polygon([(0, 0), (10, 0), (10, 10)]), 25.0),
        (square(0, 0, 10), square(-5, -5, 50).difference(square(-1, -1, 20)), None),  # in the hole
        (square(0, 0, 10), square(-5, -5, 50).difference(square(0, 0, 10)), None),  # it is the hole
    ],
)
def test_hand_drawn(source: Any, target: Any, common: float | None) -> None:
    assert matrix([source], [target]).tolist() == [[pytest.approx(common or 0.0, abs=1e-12)]]


def test_neighbors_that_touch_share_no_pair() -> None:
    squares = Rings.of(np.array(grid(3, 3), dtype=object))
    source, target, common = common_areas(squares, squares)
    assert source.tolist() == target.tolist() == list(range(9)) and common.tolist() == [1e6] * 9


def test_islands_far_apart_are_one_target() -> None:
    """Two islands and a lagoon: the square between them has nothing, each of the outer ones a quarter."""
    islands = shapely.MultiPolygon([square(0, 0, 5), square(25, 0, 5)])
    found = matrix([square(0, 0, 10), square(10, 0, 10), square(20, 0, 10)], [islands])
    assert found.tolist() == [[25.0], [0.0], [25.0]]


def test_overlapping_targets_each_have_their_own() -> None:
    assert matrix([square(0, 0, 10)], [square(0, 0, 6, 10), square(4, 0, 6, 10)]).tolist() == [[60.0, 60.0]]


def test_no_shapes_share_nothing() -> None:
    nothing, town = Rings.of(np.array([], dtype=object)), Rings.of(np.array([square(0, 0)]))
    for pair in ((nothing, town), (town, nothing), (nothing, nothing)):
        assert [len(part) for part in common_areas(*pair)] == [0, 0, 0]


# Laws: star-shaped polygons with random corners, moved far from the origin and turned.


def stars(seed: int, number: int, corners: int) -> list[Any]:
    draw = np.random.default_rng(seed)
    angle = np.sort(draw.uniform(0, 2 * np.pi, (number, corners)), axis=1)
    reach = draw.uniform(200, 1500, (number, corners))
    middle = draw.uniform(0, 5000, (number, 1, 2))
    corner = middle + reach[..., None] * np.stack([np.cos(angle), np.sin(angle)], axis=2)
    made = shapely.make_valid(shapely.polygons(corner), method="structure", keep_collapsed=False)
    return [shape for shape in made if shape.area > 1.0]


SEEDS = st.tuples(st.integers(0, 10_000), st.integers(4, 40), st.integers(4, 200))


@given(SEEDS)
@FEW
def test_oracle_every_pair_agrees_with_geos_to_1e_9_of_the_source(drawn: tuple[int, int, int]) -> None:
    seed, few, many = drawn
    sources, targets = stars(seed, 6, few), stars(seed + 1, 3, many)
    share = (matrix(sources, targets) - geos(sources, targets)) / shapely.area(sources)[:, None]
    assert np.abs(share).max() < 1e-9


@given(SEEDS, st.floats(-3e6, 3e6), st.floats(-3e6, 3e6), st.floats(0, 360))
@FEW
def test_law_place_turn_order_and_vertices_change_nothing(
    drawn: tuple[int, int, int], x: float, y: float, angle: float
) -> None:
    seed, few, many = drawn
    sources, targets = stars(seed, 5, few), stars(seed + 1, 3, many)
    plain = matrix(sources, targets)
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    moved = [[shapely.transform(s, lambda xy: xy @ turn + [x, y]) for s in layer] for layer in (sources, targets)]
    scale = 1e-9 * shapely.area(sources)[:, None] + 1e-2 * (abs(x) + abs(y)) * 1e-6
    assert (np.abs(matrix(*moved) - plain) <= scale).all()
    redrawn = [[shapely.reverse(shapely.segmentize(s, 77.0)) for s in layer] for layer in (sources, targets)]
    assert matrix(*redrawn) == pytest.approx(plain, abs=1e-5)
    assert matrix(sources[::-1], targets) == pytest.approx(plain[::-1], abs=1e-7)
    assert matrix(targets, sources) == pytest.approx(plain.T, abs=1e-5)


@given(st.integers(0, 10_000), st.integers(20, 400))
@settings(max_examples=25, deadline=None)
def test_law_a_coverage_takes_all_of_every_source(seed: int, vertices: int) -> None:
    sources, targets = coverage(60, 30, seed, 10_000.0), coverage(9, vertices, seed + 1, 10_000.0)
    sums = matrix(sources, targets).sum(axis=1) / shapely.area(sources)
    assert np.abs(sums - 1.0).max() < 1e-12


def test_zones_made_of_the_sources_themselves_coincide_everywhere() -> None:
    cells = coverage(120, 40, 3, 10_000.0)
    zone_of = np.arange(len(cells)) % 7
    zones = [shapely.coverage_union_all(cells[zone_of == z]) for z in range(7)]
    expected = np.where(zone_of[:, None] == np.arange(7), shapely.area(cells)[:, None], 0.0)
    assert (np.abs(matrix(cells, zones) - expected) / shapely.area(cells)[:, None]).max() < 1e-12


@pytest.mark.parametrize("shift", [1e-9, 1e-6, 1e-3])
def test_borders_that_nearly_coincide_are_no_special_case(shift: float) -> None:
    cells = coverage(60, 40, 5, 10_000.0)
    moved = shapely.transform(cells, lambda xy: xy + shift)
    share = (matrix(cells, moved) - geos(cells, moved)) / shapely.area(cells)[:, None]
    assert np.abs(share).max() < 1e-9


def test_the_square_that_geos_loses_in_a_strip_is_whole() -> None:
    """See test_crosswalk: GEOS 3.14 returns two points for a square inside a turned strip."""
    turned = [
        shapely.transform(s, lambda xy: xy @ [[0.6, 0.8], [-0.8, 0.6]])
        for s in (square(0, 0), square(-900, 0, 3000, 1000))
    ]
    assert matrix(turned[:1], turned[1:]).tolist() == [[pytest.approx(1e6, rel=1e-12)]]


@pytest.mark.parametrize("threads", [1, 2])
def test_the_number_of_threads_changes_no_bit(threads: int) -> None:
    sources, targets = Rings.of(coverage(900, 40, 8)), Rings.of(coverage(90, 200, 9))
    before = numba.get_num_threads()
    whole = common_areas(sources, targets)
    numba.set_num_threads(min(threads, before))
    try:
        again = common_areas(sources, targets)
    finally:
        numba.set_num_threads(before)
    assert all(np.array_equal(one, two) for one, two in zip(whole, again, strict=True))


def test_large_layers_are_compiled_and_small_ones_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    sources, targets = (shapes([str(i) for i in range(len(c))], c) for c in (coverage(300, 40, 1), coverage(30, 80, 2)))
    by_shapely = overlaps(sources, targets)
    monkeypatch.setattr("pipeline.analysis.overlaps.COMPILED_PAIRS", 1)
    compiled = overlaps(sources, targets)
    assert compiled[["source", "target", "is_inside"]].equals(by_shapely[["source", "target", "is_inside"]])
    assert np.abs(compiled["area_share"] - by_shapely["area_share"]).max() < 1e-9


def test_slivers_of_rounding_make_no_pair_and_lose_no_child() -> None:
    """A zone line runs a ten-billionth of the square within its border; the far zone has the other nine tenths.

    What is too little to be a pair goes to the largest piece.
    """
    source, target = np.array([0, 0, 0, 1]), np.array([0, 1, 2, 0])
    pieces = pieces_of(source, target, np.array([0.4, 0.6 - 1e-10, 1e-10, 1e-10]), np.array([1.0, 1.0]))
    assert pieces[["source", "target"]].to_numpy().tolist() == [[0, 0], [0, 1]]
    assert pieces["area_share"].tolist() == [0.4, pytest.approx(0.6, abs=1e-16)]


def test_a_district_waits_for_no_compiler(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pipeline.analysis.common_area", None)
    town = shapes([str(i) for i in range(9)], grid(3, 3))
    assert len(overlaps(town, town)) == 9
