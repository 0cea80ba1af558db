"""Drawn borders: a coverage on the grid, what was closed is counted, and text gives back every vertex."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.atlas import compact
from pipeline.atlas.book import bind
from pipeline.atlas.borders import GRID, as_drawn, assert_coverage, on_grid
from pipeline.atlas.drawings import draw
from pipeline.atlas.sheets import SHEETS
from tests.atlas.blocks import block, features
from tests.atlas.published import ABOUT, CRS, hexagons, town


def _frame(shapes: Any) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"name": [str(i) for i in range(len(shapes))]}, geometry=list(shapes), crs=CRS)


def _wiggly() -> gpd.GeoDataFrame:
    """Hexagons whose borders have a vertex every 2 m, pushed aside by a fixed wave: still a coverage."""
    dense = shapely.segmentize(np.array(hexagons(4, 3)), 2.0)
    return _frame(shapely.transform(dense, lambda xy: xy + 0.8 * np.sin(xy[:, ::-1] / 7)))


def _polygons(layer: dict[str, Any]) -> Any:
    read = [f["geometry"] and shapely.geometry.shape(f["geometry"]) for f in features(layer)["features"]]
    return np.array(read, dtype=object)


def test_neighbors_still_share_their_borders_when_simplified() -> None:
    frame = _wiggly()
    drawn, closed = as_drawn(frame)
    assert_coverage(drawn.geometry.to_numpy())
    assert (closed.areas, closed.unclean, closed.gaps, closed.words(("area", "areas"))) == (12, 0, 0, "")
    before, after = (shapely.get_num_coordinates(f.geometry.to_numpy()).sum() for f in (frame, drawn))
    assert after < before / 8
    assert drawn.to_crs(CRS).area.sum() == pytest.approx(frame.area.sum(), rel=0.002)
    assert list(drawn.columns) == list(frame.columns)


def test_a_narrow_gap_and_a_careless_overlap_are_closed_and_told() -> None:
    r"""Two squares of 1 km leave 0.4 m between them but meet at both ends; a third laps over the second by 0.3 m.

     ________ _________ ________
    |        )(        |        |
    |________)(________|________|
    """
    left = shapely.Polygon([(0, 0), (1000, 0), (1000, 200), (999.6, 500), (1000, 800), (1000, 1000), (0, 1000)])
    frame = _frame([left, shapely.box(1000, 0, 2000, 1000), shapely.box(1999.7, 0, 3000, 1000)])
    assert not shapely.coverage_is_valid(frame.geometry.to_numpy())
    drawn, closed = as_drawn(frame)
    assert_coverage(drawn.geometry.to_numpy())
    assert closed.is_coverage and closed.unclean == 3 and closed.gaps == 1 and closed.lost == 0
    assert (
        "The borders of 3 of 3 zones run over a neighbor\u2019s or beside it as published. "
        "For drawing they were joined, and 1 gap no wider than 2 m closed." in closed.words(("zone", "zones"))
    )
    whole = drawn.geometry.union_all()
    assert whole.geom_type == "Polygon" and not whole.interiors


def test_a_wide_gap_is_ground_without_a_zone_and_stays() -> None:
    ring = shapely.box(0, 0, 3000, 3000) - shapely.box(1000, 1000, 2000, 2000)
    halves = [ring & shapely.box(0, 0, 1500, 3000), ring & shapely.box(1500, 0, 3000, 3000)]
    drawn, closed = as_drawn(_frame(halves))
    assert len(drawn.geometry.union_all().interiors) == 1 and closed.gaps == 0


def test_zones_that_overlap_are_told_so_and_drawn_one_by_one() -> None:
    frame = _frame([shapely.box(0, 0, 1000, 1000), shapely.box(500, 0, 1500, 1000)])
    drawn, closed = as_drawn(frame)
    assert not closed.is_coverage and closed.overlap_share == pytest.approx(1 / 3)
    assert "These 2 zones overlap as published (33.3% of their ground" in closed.words(("zone", "zones"))
    assert drawn.to_crs(CRS).area.tolist() == pytest.approx(frame.area.tolist(), rel=0.005)


def test_a_border_that_rounding_would_fold_is_noded_anew() -> None:
    """A spike thinner than a step of the grid folds when its vertices are rounded one by one."""
    spike = shapely.Polygon([(0, 0), (9, 0), (9, 4.3), (20, 4.35), (9, 4.4), (9, 9), (0, 9)])
    beside = shapely.box(0, 0, 30, 9) - spike
    degrees = np.array([spike, beside], dtype=object)
    degrees = shapely.transform(degrees, lambda xy: xy / GRID)
    rounded = shapely.transform(degrees, lambda xy: np.rint(xy * GRID))
    assert not (shapely.is_valid(rounded).all() and shapely.coverage_is_valid(rounded))
    fine = on_grid(degrees)
    assert_coverage(fine)
    steps = shapely.get_coordinates(fine) * GRID
    assert np.allclose(steps, np.rint(steps), atol=1e-6)
    assert (shapely.area(fine) * GRID**2).tolist() == pytest.approx([81, 189], abs=3)


def test_shapes_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match="2 drawn areas do not fit their neighbors, the first along"):
        assert_coverage(np.array([shapely.box(0, 0, 2, 2), shapely.box(1, 0, 3, 2)]))
    with pytest.raises(ValueError, match="1 drawn areas are invalid, the first by Self-intersection"):
        assert_coverage(np.array([shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])]))


def test_text_gives_back_every_vertex() -> None:
    holed = shapely.box(-122.5, 38.1, -122.4, 38.2) - shapely.box(-122.48, 38.12, -122.45, 38.15)
    several = shapely.MultiPolygon([shapely.box(-122.3, 38.1, -122.29, 38.2), shapely.box(-122.2, 38.1, -122.1, 38.2)])
    layer = compact.layer(np.array([holed, None, several, shapely.Polygon()], dtype=object))
    read = _polygons(layer)
    assert read[1] is None and read[3] is None
    for shape, again in ((holed, read[0]), (several, read[2])):
        assert again.equals(shape) or again.symmetric_difference(shape).area < 1e-12
    mixed = compact.layer(np.array([shapely.Point(-122.41234, 38.1), shapely.LineString([(-122, 38), (-121.99, 38.5)])]))  # fmt: skip
    point, line = (feature["geometry"] for feature in features(mixed)["features"])
    assert point == {"type": "Point", "coordinates": [-122.41234, 38.1]}
    assert line == {"type": "LineString", "coordinates": [[-122.0, 38.0], [-121.99, 38.5]]}
    assert features(compact.layer(np.array([None], dtype=object)))["features"][0]["geometry"] is None


@settings(max_examples=60, deadline=None)
@given(st.lists(st.lists(st.tuples(st.integers(-(2**25), 2**25), st.integers(-(2**24), 2**24)), min_size=2, max_size=9), min_size=1, max_size=6))  # fmt: skip
def test_lines_of_any_length_come_back(lines: list[list[tuple[int, int]]]) -> None:
    shapes = np.array([shapely.LineString(line) for line in lines], dtype=object)
    layer = compact.layer(shapely.transform(shapes, lambda xy: xy / GRID))
    for line, feature in zip(lines, features(layer)["features"], strict=True):
        read = np.rint(np.array(feature["geometry"]["coordinates"]) * GRID).astype(int)
        assert read.tolist() == [list(vertex) for vertex in line]


@given(st.lists(st.one_of(st.none(), st.integers(-5, 5), st.floats(0, 1), st.text(max_size=3)), max_size=80))
def test_columns_come_back_value_for_value(column: list[Any]) -> None:
    packed = compact.values(column)
    read = packed if isinstance(packed, list) else [packed["of"][compact.LETTERS.index(c)] for c in packed["at"]]
    assert read == column


@pytest.mark.parametrize("sheet", [sheet for sheet in SHEETS if sheet.places], ids=lambda sheet: sheet.key)
def test_areas_of_the_finished_sheets_are_coverages(millbrook_workspace: Path, sheet: Any) -> None:
    """Read from the file: what the browser draws is valid, and neighbors share their borders vertex for vertex."""
    page = block((millbrook_workspace / f"maps/{sheet.key}.html").read_text(encoding="utf-8"))
    sets = [page["shapes"][places.key] for places in sheet.places if not places.base and places.key in page["shapes"]]
    sets += [page["backdrop"]] if "backdrop" in page else []
    assert sets
    for drawn in sets:
        shapes = np.array([shapely.geometry.shape(f["geometry"]) for f in drawn["features"]], dtype=object)
        assert len(shapes) > 2
        # as whole numbers of the grid: no rounding hides a gap
        assert_coverage(shapely.transform(shapes, lambda xy: np.rint(xy * GRID)))


def test_what_was_closed_stands_on_the_sheets_that_show_it_and_on_that_of_the_data() -> None:
    tables = town()
    zones = tables["public_zones"]
    low = zones.index[zones["level"] == "elementary"]
    pushed = zones.geometry.copy()
    pushed.loc[low[0]] = pushed.loc[low[0]].buffer(2.0)
    files = bind({**tables, "public_zones": zones.set_geometry(pushed)}, ABOUT)
    for name in ("seats", "outlook", "quality_of_data"):
        assert "<strong>Borders of elementary school zones as drawn</strong>: The borders of" in files[f"maps/{name}.html"], name  # fmt: skip
    assert "as drawn</strong>" not in files["maps/facilities.html"]
    assert "as drawn</strong>" not in bind(tables, ABOUT)["maps/seats.html"]


def test_a_study_without_areas_has_no_drawing() -> None:
    tables = town()
    none = {name: tables[name].iloc[:0] for name in ("public_neighborhoods", "public_zones")}
    assert draw({**tables, **none})[1] == {}
