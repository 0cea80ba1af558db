"""The ground behind the pairs: what lies outside is cut out anew, and makes the whole with the pieces."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.overlaps import overlaps
from pipeline.analysis.pieces import ground_across, ground_outside, ground_within
from tests.analysis.ground import grid, shapes, square

CORNER = st.tuples(st.integers(-1500, 2500), st.integers(-1500, 2500), st.integers(50, 2000), st.integers(50, 2000))


@settings(deadline=None, max_examples=60)
@given(st.lists(CORNER, max_size=5))
def test_law_pieces_and_what_lies_outside_make_the_whole(corners: list[tuple[int, int, int, int]]) -> None:
    """Squares of 1 km, of which one has a hole, and up to five rectangles that do not overlap."""
    others, taken = [], shapely.Polygon()
    for x, y, width, height in corners:
        rest = shapely.difference(square(x, y, width, height), taken)
        if rest.area > 1:
            others.append(rest)
            taken = shapely.union(taken, rest)
    holed = shapely.difference(square(0, 0), square(300, 300, 200, 200))
    sources = shapes(["a", "b"], [holed, square(1000, 0)])
    targets = shapes([f"z{i}" for i in range(len(others))], others)
    pieces = overlaps(sources, targets)
    outside = ground_outside(sources, targets, pieces)
    inside = np.bincount(pieces["source"], weights=pieces["area_m2"], minlength=2)
    assert inside + outside.area.to_numpy() == pytest.approx(sources.area.to_numpy(), rel=1e-9)
    across = ground_across(sources, targets, pieces)
    assert across.area.to_numpy() == pytest.approx(pieces.loc[~pieces["is_inside"], "area_m2"].to_numpy(), rel=1e-9)


def test_a_lost_piece_does_not_become_ground_outside() -> None:
    sources, targets = (
        shapes(["a"], [square(0, 0)]),
        shapes(["w", "e"], [square(0, 0, 400, 1000), square(400, 0, 300, 1000)]),
    )
    pieces = overlaps(sources, targets)
    assert ground_outside(sources, targets, pieces.iloc[1:]).area.tolist() == pytest.approx([300_000])


def test_where_shapes_only_touch_nothing_but_polygons_is_left() -> None:
    """A zone that touches the tract in a line and a point, and one that takes two opposite corners of it.

    A difference that leaves a line beside a polygon would be refused by the next.
    """
    corners = shapely.MultiPolygon([square(0, 0, 100, 100), square(900, 900, 100, 100)])
    touching = shapely.MultiPolygon([square(1000, 0), square(-1000, 1000)])
    sources, targets = shapes(["a"], [square(0, 0)]), shapes(["c", "t"], [corners, touching])
    outside = ground_outside(sources, targets, overlaps(sources, targets))
    assert set(outside.geom_type) <= {"Polygon", "MultiPolygon"} and outside.area.tolist() == [980_000]


def test_ground_of_two_files_is_counted_once() -> None:
    parks = shapes(["p", "q"], [square(0, 0, 600, 1000), square(400, 0, 800, 1000)])
    parts, part_of = ground_within(parks, shapes(["a", "b"], grid(2, 1)))
    found = pd.Series(parts.area.to_numpy()).groupby(part_of).sum()
    assert found.sum() == pytest.approx(1.2e6) and len(found) == 2
