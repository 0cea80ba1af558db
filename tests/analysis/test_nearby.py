"""What lies near each place: by hand, and against loops over everything."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely

from pipeline.analysis.nearby import nearby
from pipeline.errors import ContractError
from pipeline.tables import BY_TABLE, check

CRS = "EPSG:3310"


def frame(key: str, shapes: list[Any]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({key: [f"{n:02d}" for n in range(len(shapes))]}, geometry=shapes, crs=CRS)


def test_every_pair_within_the_limit_is_that_of_a_loop() -> None:
    rng = np.random.default_rng(3)
    areas = frame(
        "area_id", [shapely.Point(x, y).buffer(r, 2) for x, y, r in rng.uniform(0, 1000, (25, 3)) * (1, 1, 0.2)]
    )
    points = frame("destination_id", [shapely.Point(x, y) for x, y in rng.uniform(-200, 1200, (60, 2))])
    points.loc[[4, 9], "geometry"] = None
    areas.loc[7, "geometry"] = None
    found = check(BY_TABLE["nearby"], nearby({"neighborhood": areas}, {"school": points}, limit_m=300.0))
    every = {
        (area.area_id, spot.destination_id): area.geometry.distance(spot.geometry)
        for area in areas.itertuples()
        for spot in points.itertuples()
        if area.geometry is not None and spot.geometry is not None and area.geometry.distance(spot.geometry) <= 300
    }
    assert {(row.origin_id, row.destination_id): row.straight_m for row in found.itertuples()} == every
    assert found["straight_m"].eq(0).any() and len(found) > 100


def test_a_site_is_not_beside_itself_but_beside_the_school_that_stands_on_it() -> None:
    sites = frame("area_id", [shapely.Point(0, 0), shapely.Point(30, 40)])
    ends = sites.rename(columns={"area_id": "destination_id"})
    found = nearby({"site": sites}, {"school": ends, "site": ends}, limit_m=50.0)
    assert found[["origin_id", "destination_kind", "destination_id", "straight_m"]].to_numpy().tolist() == [
        ["00", "school", "00", 0.0],
        ["00", "school", "01", 50.0],
        ["00", "site", "01", 50.0],
        ["01", "school", "00", 50.0],
        ["01", "school", "01", 0.0],
        ["01", "site", "00", 50.0],
    ]


def test_without_places_the_table_is_empty_and_degrees_are_refused() -> None:
    areas, points = frame("area_id", [shapely.box(0, 0, 1, 1)]), frame("destination_id", [])
    assert check(BY_TABLE["nearby"], nearby({"neighborhood": areas}, {"school": points}, limit_m=9.0)).empty
    with pytest.raises(ContractError, match="it is in degrees"):
        nearby({"neighborhood": areas.to_crs(4326)}, {"school": points.to_crs(4326)}, limit_m=9.0)
