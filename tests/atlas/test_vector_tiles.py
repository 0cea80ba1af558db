"""Very many areas as vector tiles: read back by GDAL, every area whole and where it was; few areas as before."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from pipeline.atlas import payload
from pipeline.atlas.borders import assert_coverage
from pipeline.atlas.drawings import draw
from pipeline.atlas.page import sheet_page
from pipeline.atlas.render import asset
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.vector_tiles import EXTENT, MOST_SHAPES, PIXELS, WIDEST, ZOOMS, archive, blocks, number_of
from tests.atlas.blocks import written
from tests.atlas.published import ABOUT, CRS, hexagons, town

NEED = next(sheet for sheet in SHEETS if sheet.key == "need")
WORLD_M = 2 * 20037508.342789244  # side of the Web Mercator world


def _frame(shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(geometry=list(shapes), crs=CRS)


def _wiggly(columns: int = 12, rows: int = 9) -> gpd.GeoDataFrame:
    """Hexagons whose borders have a vertex every 10 m, pushed aside by a fixed wave; one of them has a hole, filled by another."""
    shapes = np.array(hexagons(columns, rows))
    inner = shapely.buffer(shapely.centroid(shapes[7]), 150)
    shapes = np.append(shapes, inner)
    shapes[7] = shapely.difference(shapes[7], inner)
    dense = shapely.segmentize(shapes, 10.0)
    return _frame(shapely.transform(dense, lambda xy: xy + 25 * np.sin(xy[:, ::-1] / 90)))


def _zooms(data: bytes) -> range:
    return range(data[100], data[101] + 1)


def _read(data: bytes, zoom: int, folder: Path) -> gpd.GeoDataFrame:
    """The features of a zoom as GDAL reads them, one for each tile they stand in."""
    path = folder / "areas.pmtiles"
    path.write_bytes(data)
    return pyogrio.read_dataframe(path, layer="areas", ZOOM_LEVEL=zoom, CLIP=False)


def _units(frame: gpd.GeoDataFrame, zoom: int) -> Any:
    """Shapes in whole units of the tiles of a zoom."""
    scale = EXTENT * 2**zoom / WORLD_M
    return shapely.transform(frame.geometry.to_numpy(), lambda xy: np.rint((xy + WORLD_M / 2) * scale))


def test_every_area_is_read_back_at_every_zoom_by_the_number_of_its_row(tmp_path: Path) -> None:
    frame = _wiggly()
    data = archive(frame)
    assert len(_zooms(data)) == ZOOMS
    for zoom in _zooms(data):
        read = _read(data, zoom, tmp_path)
        assert sorted(set(read["mvt_id"])) == list(range(len(frame))), zoom


def test_an_area_is_whole_in_every_tile_and_fits_its_neighbors(tmp_path: Path) -> None:
    data = archive(_wiggly())
    for zoom in _zooms(data):
        read = _read(data, zoom, tmp_path).assign(units=lambda rows, z=zoom: _units(rows, z))
        shapes = read.groupby("mvt_id")["units"].agg(list)
        assert all(shapely.equals(first, other) for own in shapes for first, other in pairwise(own)), zoom
        assert_coverage(np.array([own[0] for own in shapes], dtype=object))
    assert shapes.str.len().max() > 1, "no area lies in two tiles: the test shows nothing"


def test_borders_move_by_less_than_a_pixel(tmp_path: Path) -> None:
    frame = _wiggly()
    data, before = archive(frame), 0
    for zoom in _zooms(data):
        read = _read(data, zoom, tmp_path).drop_duplicates("mvt_id").sort_values("mvt_id")
        exact = frame.to_crs(3857).geometry.to_numpy()
        moved = shapely.hausdorff_distance(shapely.boundary(exact), shapely.boundary(read.geometry.to_numpy()))
        assert moved.max() < WORLD_M / PIXELS / 2**zoom, zoom
        more = int(shapely.get_num_coordinates(read.geometry.to_numpy()).sum())
        assert more > before, "a closer look shows no more"
        before = more
    assert before < shapely.get_num_coordinates(exact).sum()


def test_two_runs_give_the_same_bytes_and_rows_without_shape_have_no_feature(tmp_path: Path) -> None:
    frame = _wiggly()
    frame.loc[3, "geometry"] = None
    frame.loc[5, "geometry"] = shapely.Polygon()
    data = archive(frame)
    assert data == archive(frame)
    for zoom in _zooms(data):
        assert sorted(set(_read(data, zoom, tmp_path)["mvt_id"])) == sorted(set(range(len(frame))) - {3, 5})


def test_areas_that_overlap_by_nature_are_told_to_and_stay_whole(tmp_path: Path) -> None:
    squares = [shapely.box(x, 0, x + 2000, 2000) for x in range(0, 30_000, 1000)]
    data = archive(_frame(squares))
    assert b'"overlaps":true' in data and b'"overlaps":false' in archive(_wiggly())
    read = _read(data, data[101], tmp_path).drop_duplicates("mvt_id").sort_values("mvt_id").to_crs(CRS)
    assert read.area.to_numpy() == pytest.approx(np.full(30, 4e6), rel=0.01)


def test_an_island_far_out_does_not_make_the_directory_too_long(tmp_path: Path) -> None:
    frame = _frame([*hexagons(12, 9), shapely.box(2_000_000, 230_000, 2_400_000, 600_000)])
    data = archive(frame)
    for zoom in _zooms(data):
        assert sorted(set(_read(data, zoom, tmp_path)["mvt_id"])) == list(range(len(frame)))
    assert int.from_bytes(data[72:80], "little") <= WIDEST**2 * 4 / 3


def test_tiles_are_numbered_along_one_curve() -> None:
    numbers = {number_of(zoom, x, y): (zoom, x, y) for zoom in range(6) for x in range(2**zoom) for y in range(2**zoom)}
    assert sorted(numbers) == list(range(len(numbers)))
    for (zoom, x, y), (further, right, down) in pairwise(numbers[i] for i in sorted(numbers)):
        assert zoom < further or abs(x - right) + abs(y - down) == 1
    # as the specification's own example has it
    assert number_of(12, 3423, 1763) == 19078479


def _places(areas: int) -> dict[str, Any]:
    columns = -(-areas // 50)
    tables = town(columns=columns, rows=50)
    return tables | {"public_neighborhoods": tables["public_neighborhoods"].head(areas)}


@pytest.mark.parametrize(("areas", "are_tiles"), [(MOST_SHAPES, False), (MOST_SHAPES + 1, True)])
def test_more_than_five_thousand_areas_become_tiles_by_themselves(areas: int, are_tiles: bool) -> None:
    tables = _places(areas)
    drawn, drawings = draw(tables)
    drawing = drawings["public_neighborhoods", ""]
    assert len(drawing.ids) == areas and bool(drawing.archive) == are_tiles
    assert drawing.layer["areas"] != are_tiles, "tiles leave only corners in the data block"
    assert not any(drawing.archive for key, drawing in drawings.items() if key[0] == "public_zones")
    text = sheet_page(NEED, SHEETS, ABOUT, "", payload.build(NEED, drawn, ABOUT, drawings), (), [])
    assert ("application/vnd.pmtiles" in text) == are_tiles and (asset("vector_tiles.js") in text) == are_tiles
    assert len(written(text)["shapes"]["neighborhoods"]["features"]) == areas
    # a sheet whose areas were not drawn before does likewise
    alone = payload.build(NEED, drawn, ABOUT)
    assert bool(alone.get("archives")) == are_tiles


def test_an_archive_of_two_sets_stands_once() -> None:
    one, other = b"\x01\x02", b"\x03"
    text = blocks({"neighborhoods": one, "backdrop": one, "zones": other})
    assert text.count("<script") == 2 and 'data-areas="neighborhoods backdrop"' in text and ">AQI=<" in text
    assert blocks({}) == ""
