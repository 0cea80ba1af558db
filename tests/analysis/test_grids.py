"""Grids that are refused, and layers brought onto them."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipeline.analysis.coverage import raster_sums
from pipeline.analysis.grids import Grid, on_grid
from pipeline.errors import ContractError

DEGREES = Grid(-121.0, 38.0, 1 / 1200, 1 / 1200, rows=240, columns=360, crs="EPSG:4326")


@pytest.mark.parametrize(
    "transform",
    [(100, 0, 0, 0, 100, 0), (100, 5, 0, -5, -100, 0), (-100, 0, 0, 0, -100, 0), (1, 0, 0, 0, 1, 0)],
    ids=["south_up", "turned", "east_to_west", "identity"],
)
def test_R09_a_raster_that_is_not_north_up_is_refused(transform: tuple[float, ...]) -> None:
    with pytest.raises(ContractError, match=r"(?s)E-TURNED.*north-up and not turned.*publisher"):
        Grid.from_transform(transform, 2, 2, "EPSG:5070")


@pytest.mark.parametrize(
    ("width", "height", "rows", "columns"), [(0, 1, 2, 2), (1, -1, 2, 2), (1, 1, 0, 2), (1, 1, 2, 0)]
)
def test_a_grid_without_cells_is_refused(width: float, height: float, rows: int, columns: int) -> None:
    with pytest.raises(ContractError, match=r"(?s)E-GRID.*a grid must have cells"):
        Grid(0, 0, width, height, rows, columns, "EPSG:4326")


def test_a_north_up_raster_is_taken_as_it_lies() -> None:
    grid = Grid.from_transform((0.5, 0, -121, 0, -0.25, 38, 0, 0, 1), 4, 2, "EPSG:4326")
    assert grid == Grid(-121, 38, 0.5, 0.25, 4, 2, "EPSG:4326")
    assert grid.window(1, 1, 2, 1).bounds == (-120.5, 37.25, -120.0, 37.75)


@pytest.mark.parametrize("crs", ["EPSG:3310", "EPSG:4269", None])
def test_R04_shapes_of_another_system_are_refused(crs: str | None) -> None:
    zone = gpd.GeoSeries([shapely.box(-121, 37.9, -120.9, 38)], crs=crs)
    with pytest.raises(ContractError, match=r"(?s)E-CRS.*the raster in EPSG:4326.*on_grid"):
        raster_sums(zone, DEGREES, np.ones((1, 240, 360)))


def test_shapes_without_a_system_cannot_be_brought_onto_a_raster() -> None:
    with pytest.raises(ContractError, match=r"(?s)E-CRS.*no declared system"):
        on_grid(gpd.GeoSeries([shapely.box(0, 0, 1, 1)]), DEGREES)


def test_axis_order_is_no_other_system() -> None:
    zone = gpd.GeoSeries([shapely.box(-121, 37.9, -120.9, 38)], crs="OGC:CRS84")
    assert on_grid(zone, DEGREES) is zone
    assert raster_sums(zone, DEGREES, np.ones((1, 240, 360)))[0][0, 0] == pytest.approx(120 * 120)


def test_straight_borders_stay_where_they_are_on_the_ground() -> None:
    """Two zones of 18 km share a border that is straight in metres: brought over with few vertices it bows."""
    middle = gpd.GeoSeries(gpd.points_from_xy([-120.85], [37.9]), crs="EPSG:4326").to_crs("EPSG:3310").iloc[0]
    x, y = middle.x, middle.y
    zones = gpd.GeoSeries(
        [shapely.box(x - 9e3, y - 4e3, x + 9e3, y), shapely.box(x - 9e3, y, x + 9e3, y + 4e3)], crs="EPSG:3310"
    )
    people = np.ones((1, DEGREES.rows, DEGREES.columns))
    placed = raster_sums(on_grid(zones, DEGREES), DEGREES, people)[0][:, 0]
    finest = raster_sums(zones.segmentize(5).to_crs("EPSG:4326"), DEGREES, people)[0][:, 0]
    bowed = raster_sums(zones.to_crs("EPSG:4326"), DEGREES, people)[0][:, 0]
    assert placed == pytest.approx(finest, rel=1e-6)
    # the control: without more vertices the border moves by a hundred times as much
    assert np.abs(bowed - finest).max() > 100 * np.abs(placed - finest).max()
    assert on_grid(zones, DEGREES).count_coordinates().min() > 44_000 / 93


def test_feet_and_degrees_are_brought_over_as_finely() -> None:
    zone = gpd.GeoSeries([shapely.box(-120.99, 37.85, -120.9, 37.95)], crs="EPSG:4269")
    feet = zone.segmentize(1e-4).to_crs("EPSG:2227")
    for layer in (zone, feet):
        placed = on_grid(layer, DEGREES)
        ring = shapely.get_coordinates(placed.iloc[0])
        assert np.abs(np.diff(ring, axis=0)).max() < 1.3 * DEGREES.cell_width
