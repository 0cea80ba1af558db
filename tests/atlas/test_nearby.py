"""Zones that hold a part of an area, and the nearest points: by hand, and against loops over everything."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import shapely

from pipeline.atlas.nearby import nearest, zones_of
from tests.atlas.published import CRS


def frame(shapes: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=shapes, crs=CRS)


def test_zones_that_hold_a_tenth_of_the_ground_come_the_largest_first() -> None:
    #  +--+-----+-+
    #  |1 |  0  |2|   zone 1 holds 3 tenths, zone 0 six and a half, zone 2 half a tenth: it is not named
    #  +--+-----+-+
    area = frame([shapely.box(0, 0, 10, 10), shapely.box(50, 0, 60, 10), None])
    zones = frame([shapely.box(3, 0, 9.5, 10), shapely.box(-5, 0, 3, 10), shapely.box(9.5, 0, 20, 10)])
    assert zones_of(area, zones) == [[0, 1], [], []]
    assert zones_of(area, zones.iloc[:0]) == [[], [], []]


def test_an_area_that_only_touches_a_zone_does_not_lie_in_it() -> None:
    assert zones_of(frame([shapely.box(0, 0, 1, 1)]), frame([shapely.box(1, 0, 2, 1)])) == [[]]


def test_the_nearest_are_those_of_a_loop_over_all_points() -> None:
    rng = np.random.default_rng(3)
    areas = frame([shapely.Point(x, y).buffer(r, 2) for x, y, r in rng.uniform(0, 1000, (25, 3)) * (1, 1, 0.2)])
    points = frame([shapely.Point(x, y) for x, y in rng.uniform(-200, 1200, (60, 2))])
    points.loc[[4, 9], "geometry"] = None
    found = nearest(areas, points, 5)
    for area, mine in zip(areas.geometry, found, strict=True):
        every = sorted((area.distance(spot), n) for n, spot in enumerate(points.geometry) if spot is not None)
        assert mine == [(n, far) for far, n in every[:5]]
    assert any(far == 0.0 for mine in found for _, far in mine)


def test_points_as_far_as_another_come_in_their_order_and_few_points_are_all_given() -> None:
    area = frame([shapely.box(0, 0, 10, 10)])
    assert nearest(area, frame([shapely.Point(15, 5), shapely.Point(-5, 5)]), 4) == [[(0, 5.0), (1, 5.0)]]
    assert nearest(area, frame([None]), 4) == nearest(frame([None]), frame([shapely.Point(0, 0)]), 4) == [[]]
