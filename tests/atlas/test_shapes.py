from __future__ import annotations

import json

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipeline.atlas import shapes
from tests.atlas.published import CRS, hexagons


def _wiggly() -> gpd.GeoDataFrame:
    """Hexagons whose borders have a vertex every 2 m, pushed aside by a fixed wave: still a coverage."""
    dense = shapely.segmentize(np.array(hexagons(4, 3)), 2.0)
    return gpd.GeoDataFrame(geometry=shapely.transform(dense, lambda xy: xy + 0.8 * np.sin(xy[:, ::-1] / 7)), crs=CRS)


def test_neighbors_still_share_their_borders_when_simplified() -> None:
    frame = _wiggly()
    assert shapely.coverage_is_valid(frame.geometry.to_numpy())
    small = shapes.simplify(frame)
    assert shapely.coverage_is_valid(small.geometry.to_numpy())
    before, after = (shapely.get_num_coordinates(f.geometry.to_numpy()).sum() for f in (frame, small))
    assert after < before / 8
    assert small.area.sum() == pytest.approx(frame.area.sum(), rel=0.002)


def test_overlapping_zones_are_drawn_as_they_are() -> None:
    frame = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 10, 10), shapely.box(5, 0, 15, 10)], crs=CRS)
    assert shapes.simplify(frame).equals(frame)
    assert shapes.outline(frame).area.iloc[0] == pytest.approx(150)


def test_geojson_is_in_degrees_with_five_decimals_and_rows_for_ids() -> None:
    frame = gpd.GeoDataFrame(geometry=[*hexagons(2, 2), None], crs=CRS)
    data = shapes.geojson(frame)
    assert [feature["id"] for feature in data["features"]] == [0, 1, 2, 3, 4]
    assert data["features"][4]["geometry"] is None
    ring = np.array(data["features"][0]["geometry"]["coordinates"][0])
    assert (ring[:, 0] < -122).all() and (ring[:, 0] > -123).all() and (ring[:, 1] > 39).all()
    assert np.allclose(ring, np.round(ring, 5), atol=1e-12)
    assert max(len(number.split(".")[1]) for number in json.dumps(ring.ravel().tolist()).strip("[]").split(", ")) <= 5


def test_bounds_hold_all_shapes() -> None:
    frame = gpd.GeoDataFrame(geometry=hexagons(), crs=CRS)
    (south, west), (north, east) = shapes.bounds([frame])
    box = frame.to_crs(4326).total_bounds
    assert (west, south, east, north) == pytest.approx(box, abs=1e-5)
    assert shapes.bounds([gpd.GeoDataFrame(geometry=[None], crs=CRS)]) is None


def test_picture_has_a_mark_for_each_place() -> None:
    frame = gpd.GeoDataFrame(geometry=hexagons(3, 2), crs=CRS)
    drawn = shapes.picture(frame, ["#253494"] * 6)
    assert drawn.count("<path") == 6 and drawn.count("#253494") == 6


def test_a_far_island_does_not_shrink_the_city() -> None:
    city = hexagons(10, 10)
    island = shapely.box(-190000, 100000, -188000, 101000)
    frame = gpd.GeoDataFrame(geometry=[*city, island], crs=CRS)
    assert shapes.bounds([frame]) == shapes.bounds([gpd.GeoDataFrame(geometry=city, crs=CRS)])
    # where each shape is one of few, all are shown
    few = gpd.GeoDataFrame(geometry=[*city[:20], island], crs=CRS)
    assert shapes.bounds([few])[0][0] == pytest.approx(few.to_crs(4326).total_bounds[1], abs=1e-5)
