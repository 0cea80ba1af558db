"""A CRS is named in a message by its code and name, however long its definition."""

from __future__ import annotations

import json

import geopandas as gpd
import pyproj
import pytest
import rasterio
import shapely

from pipeline.analysis.geometry import require_equal_area
from pipeline.analysis.grids import Grid
from pipeline.crs import MOST_LETTERS, crs_name
from pipeline.errors import ContractError
from pipeline.tables import BY_TABLE, check, empty


def own(name: str) -> pyproj.CRS:
    """A system of somebody's own in degrees, as QGIS writes them: `str()` of it is its whole PROJJSON."""
    about = pyproj.CRS("EPSG:4326").to_json_dict()
    del about["id"]
    made = pyproj.CRS.from_json(json.dumps({**about, "name": name}))
    assert len(str(made)) > 500
    return made


@pytest.mark.parametrize("long", [own("x" * 500), rasterio.crs.CRS.from_wkt(own("x" * 500).to_wkt()), "no CRS " * 50])
def test_no_name_is_longer_than_the_most(long: object) -> None:
    assert len(crs_name(long)) == MOST_LETTERS
    assert crs_name(long).endswith("...")


def test_systems_of_both_libraries_are_named_alike() -> None:
    for crs in (pyproj.CRS("EPSG:5070"), rasterio.crs.CRS.from_epsg(5070), "EPSG:5070"):
        assert crs_name(crs) == "EPSG:5070 (NAD83 / Conus Albers)"


def test_messages_name_a_system_and_do_not_print_it() -> None:
    shape = gpd.GeoSeries([shapely.box(0, 0, 1, 1)], crs=own("our degrees"))
    with pytest.raises(ContractError) as of_layer:
        require_equal_area(gpd.GeoDataFrame(geometry=shape))
    with pytest.raises(ContractError) as of_raster:
        Grid(0, 2, 1, 1, rows=2, columns=2, crs="EPSG:3310").require_same_crs(shape)
    with pytest.raises(ContractError) as of_table:
        check(BY_TABLE["district"], gpd.GeoDataFrame(empty("district", "EPSG:5070"), crs="EPSG:5070").to_crs(shape.crs))
    for refused in (of_layer, of_raster, of_table):
        assert "first: our degrees)" in str(refused.value)
        assert "{" not in str(refused.value)
