from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from pipeline.atlas import shapes
from pipeline.columns import joined
from tests.atlas.published import CRS, hexagons


def test_bounds_hold_all_shapes() -> None:
    frame = gpd.GeoDataFrame(geometry=hexagons(), crs=CRS)
    (south, west), (north, east) = shapes.bounds([frame])
    box = frame.to_crs(4326).total_bounds
    assert (west, south, east, north) == pytest.approx(box, abs=1e-5)
    assert shapes.bounds([gpd.GeoDataFrame(geometry=[None], crs=CRS)]) is None


def test_a_pocket_is_the_outline_of_its_areas_whatever_their_ids() -> None:
    ids = ["Upper Fells Point", "Canton"]
    areas = gpd.GeoDataFrame({"neighborhood_id": ids}, geometry=hexagons(2, 1), crs=CRS)
    (drawn,) = shapes.outlined(pd.DataFrame({"area_ids": [joined(ids)]}), areas).geometry
    assert drawn.area == pytest.approx(areas.area.sum())


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


def test_very_many_areas_are_drawn_as_one_for_each_colour_whether_they_fit_or_overlap() -> None:
    colors = ["#253494", "#ffffcc"] * 200
    fitting = gpd.GeoDataFrame(geometry=hexagons(20, 20), crs=CRS)
    assert shapely.coverage_is_valid(fitting.geometry.to_numpy())
    overlapping = fitting.set_geometry(fitting.geometry.buffer(100, join_style="mitre"))
    assert not shapely.coverage_is_valid(overlapping.geometry.to_numpy())
    for frame in (fitting, overlapping):
        drawn = shapes.picture(frame, colors)
        assert drawn.count("<path") == 2 and drawn.count("#253494") == drawn.count("#ffffcc") == 1
    whole = shapes.picture(fitting, ["#253494"] * 400)
    assert whole.count("z") == whole.count("M") == 1  # one outline, and no border left within it


@pytest.mark.parametrize("distance", [0, 100])
def test_the_joined_areas_are_the_ground_of_all(distance: float) -> None:
    ground = shapely.buffer(hexagons(6, 6), distance, join_style="mitre") if distance else hexagons(6, 6)
    joined = shapes._joined(ground)
    assert shapely.area(shapely.symmetric_difference(joined, shapely.union_all(ground))) < 1e-3 * shapely.area(joined)
