"""Shapes that libraries swallow: each is refused by name, or repaired with a record (hazards G01-G28)."""

from __future__ import annotations

import json
import re
import sqlite3
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import pytest
import shapely

from pipeline.errors import FaultyInput, SourceError
from tests.sources.bad_files import (
    CRS,
    entry,
    feature,
    folder,
    geojson,
    lines,
    polygon,
    read_schools,
    read_zones,
    square,
)

SQUARE = polygon(square())
EAST = polygon(square(-122.19))
# Two equal lobes: the rings' signed areas cancel, so that the library's area is 0.
#   3---2
#    \ /
#     X      crossing at (-122.195, 40.105)
#    / \
#   1---4
BOW_TIE = polygon([[-122.2, 40.1], [-122.19, 40.11], [-122.2, 40.11], [-122.19, 40.1], [-122.2, 40.1]])
# A square whose border runs into itself along a hair of no area: repaired without changing anything.
SPIKED = polygon(
    [
        [-122.2, 40.1],
        [-122.19, 40.1],
        [-122.19, 40.11],
        [-122.18, 40.11],
        [-122.19, 40.11],
        [-122.2, 40.11],
        [-122.2, 40.1],
    ]
)


def test_G01_bow_tie_zone_is_refused_with_its_id_and_the_place(tmp_path: Path) -> None:
    where = folder(tmp_path)
    geojson(tmp_path / "zones.geojson", feature(SQUARE, id="ok"), feature(BOW_TIE, id="Z7"))
    with pytest.raises(SourceError) as caught:
        read_zones(where)
    message = str(caught.value)
    assert "zones.geojson (source raw)" in message
    assert "row 2 (id=Z7)" in message
    assert "-122.195" in message
    assert "accept_repair" in message


def test_G01_bow_tie_accepted_by_id_is_repaired_and_recorded(tmp_path: Path) -> None:
    where = folder(tmp_path)
    geojson(tmp_path / "zones.geojson", feature(SQUARE, id="ok"), feature(BOW_TIE, id="Z7"))
    zones = read_zones(where, options={"accept_repair": ["Z7"]})
    bow = zones.set_index("zone_id").area
    # each lobe is a quarter of the square around it
    assert bow["Z7"] == pytest.approx(bow["ok"] / 2, rel=1e-3)
    repair = lines(where, "repair")
    assert len(repair) == 1
    assert "row 2 (id=Z7)" in repair[0]
    assert "before" in repair[0]
    assert "after" in repair[0]


def test_G01_harmless_self_touch_is_repaired_with_a_record(tmp_path: Path) -> None:
    where = folder(tmp_path)
    geojson(tmp_path / "zones.geojson", feature(SPIKED, id="Z1"), feature(polygon(square(-122.25)), id="Z2"))
    zones = read_zones(where).set_index("zone_id")
    assert zones.area["Z1"] == pytest.approx(zones.area["Z2"], rel=1e-4)
    assert any("row 1 (id=Z1)" in line for line in lines(where, "repair"))


def test_G02_repair_keeps_both_lobes_where_a_zero_buffer_loses_one(tmp_path: Path) -> None:
    crossing = shapely.geometry.shape(BOW_TIE)
    assert crossing.buffer(0).area < 0.6 * shapely.make_valid(crossing, method="structure").area
    geojson(tmp_path / "zones.geojson", feature(BOW_TIE, id="Z7"))
    zones = read_zones(folder(tmp_path), options={"accept_repair": ["Z7"]})
    assert len(shapely.get_parts(zones.geometry.iloc[0])) == 2


@pytest.mark.parametrize(
    "banned", [r"\.buffer\(\s*0\s*\)", r"\.crs\s*=[^=]", r"read_pickle|pickle\.load|\beval\(|UnsafeLoader|np\.load\("]
)
def test_G02_C05_S09_no_source_uses_what_loses_shapes_guesses_crs_or_runs_data(banned: str) -> None:
    files = sorted(Path("pipeline").rglob("*.py"))
    assert len(files) > 20
    assert not [f"{f}: {m.group()}" for f in files for m in re.finditer(banned, f.read_text(encoding="utf-8"))]


def test_G07_doubled_key_of_an_area_is_refused_with_rows(tmp_path: Path) -> None:
    geojson(tmp_path / "blocks.geojson", *(feature(s, id="060999001001001", pop=5) for s in (SQUARE, EAST)))
    with pytest.raises(
        SourceError, match=r"(?s)blocks\.geojson.*E-KEY-DUP.*row 1 \(block_geoid=060999001001001\).*repeats"
    ):
        _blocks(tmp_path)


def test_G07_identical_copies_are_left_out_with_a_record(tmp_path: Path) -> None:
    geojson(tmp_path / "blocks.geojson", *(feature(SQUARE, id="060999001001001", pop=5) for _ in range(2)))
    where, blocks = _blocks(tmp_path, options={"repeats": "copies"})
    assert blocks["population"].tolist() == [5.0]
    assert any("copies of rows left out" in line for line in lines(where, "loss"))


def test_G08_parts_of_one_block_that_differ_in_people_are_refused(tmp_path: Path) -> None:
    geojson(
        tmp_path / "blocks.geojson",
        feature(SQUARE, id="060999001001001", pop=5),
        feature(EAST, id="060999001001001", pop=6),
    )
    with pytest.raises(SourceError, match=r"(?s)E-PARTS.*differ in .*population.*row 1"):
        _blocks(tmp_path, options={"repeats": "parts"})


def test_G08_parts_of_one_block_are_put_together_without_doubling_people(tmp_path: Path) -> None:
    geojson(
        tmp_path / "blocks.geojson",
        feature(SQUARE, id="060999001001001", pop=5),
        feature(EAST, id="060999001001001", pop=5),
    )
    where, blocks = _blocks(tmp_path, options={"repeats": "parts"})
    assert blocks["population"].tolist() == [5.0]
    # width of 0.02 degrees at 40.1 north is about 1,700 m, height of 0.01 degrees 1,110 m
    assert blocks.area.iloc[0] == pytest.approx(1_700 * 1_110, rel=0.02)
    assert any("parts of one area put together" in line for line in lines(where, "repair"))


def test_G09_multipolygon_with_overlapping_parts_is_refused_with_its_id(tmp_path: Path) -> None:
    overlapping = {"type": "MultiPolygon", "coordinates": [[square()], [square(-122.195)]]}
    geojson(tmp_path / "zones.geojson", feature(overlapping, id="Z9"))
    with pytest.raises(SourceError, match=r"(?s)E-GEOM-INVALID.*row 1 \(id=Z9\).*Self-intersection"):
        read_zones(folder(tmp_path))


def test_G10_heights_are_taken_away_and_noted_once(tmp_path: Path) -> None:
    where = folder(tmp_path)
    high = [[x, y, 120.0] for x, y in square()]
    geojson(tmp_path / "zones.geojson", *(feature(polygon(high), id=i) for i in "abc"), feature(EAST, id="d"))
    zones = read_zones(where)
    assert not zones.has_z.any()
    assert lines(where, "repair") == ["zones.geojson (source raw): heights taken away  3.0"]


def test_G10_measures_are_taken_away(tmp_path: Path) -> None:
    shape = shapely.from_wkt("POLYGON ZM ((-122.2 40.1 1 7, -122.19 40.1 1 7, -122.19 40.11 1 7, -122.2 40.1 1 7))")
    pyogrio.raw.write(
        tmp_path / "zones.gpkg",
        np.array([shapely.to_wkb(shape, flavor="iso")], dtype=object),
        [np.array(["a"], dtype=object)],
        ["id"],
        geometry_type="Unknown",
        crs="EPSG:4326",
        driver="GPKG",
        layer="zones",
    )
    where = folder(tmp_path)
    zones = read_zones(where, "zones.gpkg")
    assert shapely.get_coordinate_dimension(zones.geometry.iloc[0]) == 2
    assert any("heights taken away" in line for line in lines(where, "repair"))


@pytest.mark.parametrize("shape", [None, {"type": "Polygon", "coordinates": []}], ids=["none", "empty"])
def test_G11_zone_without_a_shape_is_refused_with_its_id(tmp_path: Path, shape: dict | None) -> None:
    geojson(tmp_path / "zones.geojson", feature(SQUARE, id="ok"), feature(shape, id="Z2"))
    with pytest.raises(SourceError, match=r"(?s)zones\.geojson.*E-GEOM-EMPTY.*row 2 \(id=Z2\).*`drop`"):
        read_zones(folder(tmp_path))


def test_G11_zone_without_a_shape_can_be_left_out_by_its_id(tmp_path: Path) -> None:
    where = folder(tmp_path)
    geojson(tmp_path / "zones.geojson", feature(SQUARE, id="ok"), feature(None, id="Z2"))
    assert read_zones(where, drop={"id": ("Z2",)})["zone_id"].tolist() == ["ok"]
    assert any("Z2 1" in line for line in lines(where, "loss"))


def test_G12_layer_without_features_is_refused(tmp_path: Path) -> None:
    geojson(tmp_path / "zones.geojson")
    with pytest.raises(SourceError, match=r"(?s)zones\.geojson.*(E-NO-ROWS|E-COLUMNS)"):
        read_zones(folder(tmp_path))


def test_G12_filter_that_leaves_no_zone_is_refused(tmp_path: Path) -> None:
    geojson(tmp_path / "zones.geojson", feature(SQUARE, id="a"))
    with pytest.raises(SourceError, match=r"(?s)E-NO-ROWS.*`keep` and `drop` leave no row"):
        read_zones(folder(tmp_path), keep={"id": ("b",)})


@pytest.mark.parametrize(
    ("cell", "says"),
    [("nan", "E-NOT-NUMBER"), ("inf", "E-NOT-NUMBER"), ("No Data", "E-NOT-NUMBER"), ("", "E-COORD")],
    ids=["nan", "inf", "no_data", "half_blank"],
)
def test_G16_school_with_unreadable_coordinates_is_refused_with_its_row(tmp_path: Path, cell: str, says: str) -> None:
    text = f"id,name,x,y\n1,Oak,-122.2,40.1\n2,Elm,{cell},40.1\n"
    with pytest.raises(SourceError, match=rf"(?s)schools\.csv.*{says}.*row 3"):
        read_schools(folder(tmp_path), text)


def test_G16_schools_without_coordinates_stay_in_the_table_and_are_counted(tmp_path: Path) -> None:
    where = folder(tmp_path)
    text = "id,name,x,y\n1,Oak,-122.2,40.1\n2,Online,,\n3,Elm,No Data,No Data\n"
    schools = read_schools(where, text, options={"point": {"longitude": "x", "latitude": "y", "absent": ["No Data"]}})
    assert schools["school_id"].tolist() == ["1", "2", "3"]
    assert schools.geometry.notna().tolist() == [True, False, False]
    assert lines(where, "absence") == ["schools.csv (source raw): rows without coordinates: kept without a place  2.0"]


def test_G17_school_at_null_island_is_refused_with_its_id(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-NULL-ISLAND.*row 3 \(school_id=2\).*leave its coordinates empty"):
        read_schools(folder(tmp_path), "id,name,x,y\n1,Oak,-122.2,40.1\n2,Elm,0,0\n")


def test_G17_null_island_declared_as_absent_is_no_place(tmp_path: Path) -> None:
    schools = read_schools(
        folder(tmp_path),
        "id,name,x,y\n1,Oak,-122.2,40.1\n2,Elm,0,0.0\n",
        options={"point": {"longitude": "x", "latitude": "y", "absent": ["0"]}},
    )
    assert schools.geometry.notna().tolist() == [True, False]


def test_G17_swapped_longitude_and_latitude_of_zones_is_refused_with_the_remedy(tmp_path: Path) -> None:
    swapped = [[y, x] for x, y in square()]
    geojson(tmp_path / "zones.geojson", feature(polygon(swapped), id="Z1"))
    with pytest.raises(SourceError, match=r"(?s)E-AXES-SWAPPED.*row 1 \(id=Z1\).*longitude first"):
        read_zones(folder(tmp_path))


def test_G17_swapped_columns_of_coordinates_are_refused_with_the_remedy(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)E-AXES-SWAPPED.*row 2 \(school_id=1\)"):
        read_schools(folder(tmp_path), "id,name,x,y\n1,Oak,40.1,-122.2\n")


def test_G18_zone_across_the_antimeridian_is_refused(tmp_path: Path) -> None:
    around = polygon([[-179.9, 40.1], [179.9, 40.1], [179.9, 40.2], [-179.9, 40.2], [-179.9, 40.1]])
    geojson(tmp_path / "zones.geojson", feature(around, id="Z1"))
    with pytest.raises(SourceError, match=r"(?s)E-ANTIMERIDIAN.*180th meridian.*row 1 \(id=Z1\)"):
        read_zones(folder(tmp_path))


def test_G19_ring_that_is_not_closed_is_refused_with_its_row(tmp_path: Path) -> None:
    hole = square(-122.198, 40.102, 0.002)[:-1]
    geojson(
        tmp_path / "zones.geojson",
        feature(EAST, id="ok"),
        feature(polygon(square()[:-1]), id="open"),
        feature(polygon(square(), hole), id="hole"),
    )
    with pytest.raises(SourceError, match=r"(?s)zones\.geojson.*E-GEOM-RING.*2 times; first: row 2\)"):
        read_zones(folder(tmp_path))


def test_G19_zone_collapsed_to_a_line_is_refused_with_its_id(tmp_path: Path) -> None:
    flat = polygon([[-122.2, 40.1], [-122.19, 40.1], [-122.2, 40.1], [-122.2, 40.1]])
    geojson(tmp_path / "zones.geojson", feature(SQUARE, id="ok"), feature(flat, id="Z2"))
    with pytest.raises(SourceError, match=r"(?s)E-GEOM-INVALID.*row 2 \(id=Z2\)"):
        read_zones(folder(tmp_path))


def test_G19_truncated_bytes_of_a_shape_are_refused_with_their_row(tmp_path: Path) -> None:
    gpd.GeoDataFrame(
        {"id": ["a", "b"]}, geometry=[shapely.geometry.shape(s) for s in (SQUARE, EAST)], crs="EPSG:4326"
    ).to_file(tmp_path / "zones.gpkg", layer="zones")
    with sqlite3.connect(tmp_path / "zones.gpkg") as database:
        database.create_function("ST_IsEmpty", 1, lambda _: 0)
        for name in ("ST_MinX", "ST_MaxX", "ST_MinY", "ST_MaxY"):
            database.create_function(name, 1, lambda _: 0.0)
        blob = database.execute("select geom from zones where id = 'b'").fetchone()[0]
        database.execute("update zones set geom = ? where id = 'b'", (blob[:-20],))
    with pytest.raises(SourceError, match=r"(?s)zones\.gpkg.*row 2"):
        read_zones(folder(tmp_path), "zones.gpkg")


def test_G20_collection_gives_its_polygons_with_a_record(tmp_path: Path) -> None:
    where = folder(tmp_path)
    mixed = {
        "type": "GeometryCollection",
        "geometries": [
            SQUARE,
            {"type": "LineString", "coordinates": [[-122.2, 40.1], [-122.1, 40.1]]},
            {"type": "Point", "coordinates": [-122.2, 40.1]},
        ],
    }
    geojson(tmp_path / "zones.geojson", feature(mixed, id="Z1"))
    zones = read_zones(where)
    assert zones.geom_type.tolist() == ["Polygon"]
    assert any(
        "polygons taken out of a collection" in line and "row 1 (id=Z1)" in line for line in lines(where, "repair")
    )


def test_G20_labels_among_zones_are_refused_and_named(tmp_path: Path) -> None:
    geojson(
        tmp_path / "zones.geojson",
        feature(SQUARE, id="Z1"),
        feature({"type": "Point", "coordinates": [-122.2, 40.1]}, id="Z1"),
    )
    with pytest.raises(SourceError, match=r"(?s)E-GEOM-TYPE.*row 2 \(id=Z1\): Point.*shapes: polygons"):
        read_zones(folder(tmp_path))


def test_G20_labels_among_zones_are_left_out_where_the_study_says_so(tmp_path: Path) -> None:
    where = folder(tmp_path)
    geojson(
        tmp_path / "zones.geojson",
        feature(SQUARE, id="Z1"),
        feature({"type": "Point", "coordinates": [-122.2, 40.1]}, id="Z1"),
    )
    assert len(read_zones(where, options={"shapes": "polygons"})) == 1
    assert any("1 Point" in line for line in lines(where, "loss"))


def test_G21_many_crossing_rings_come_in_one_message(tmp_path: Path) -> None:
    rng = np.random.default_rng(7)
    rings = [np.column_stack([-122.2 + rng.random(12) / 100, 40.1 + rng.random(12) / 100]).tolist() for _ in range(200)]
    geojson(tmp_path / "zones.geojson", *(feature(polygon([*r, r[0]]), id=f"Z{i}") for i, r in enumerate(rings)))
    with pytest.raises(SourceError) as caught:
        read_zones(folder(tmp_path))
    (fault,) = caught.value.faults
    assert fault.code == "E-GEOM-INVALID"
    assert fault.count > 190


def test_G26_reading_changes_no_vertex_of_a_valid_zone(tmp_path: Path) -> None:
    ring = [[-122.2, 40.1], [-122.195, 40.1000001], [-122.19, 40.1], [-122.19, 40.11], [-122.2, 40.11], [-122.2, 40.1]]
    geojson(tmp_path / "zones.geojson", feature(polygon(ring), id="Z1"))
    zones = read_zones(folder(tmp_path))
    assert shapely.get_num_coordinates(zones.geometry.iloc[0]) == len(ring)
    back = shapely.get_coordinates(zones.to_crs("EPSG:4326").geometry.iloc[0])
    assert {tuple(c) for c in np.round(back, 7)} == {tuple(np.round(c, 7)) for c in ring}


def test_G28_redundant_vertices_and_turned_rings_give_the_same_area(tmp_path: Path) -> None:
    plain = square()
    dense = np.array(shapely.get_coordinates(shapely.segmentize(shapely.Polygon(plain), 0.001))).tolist()
    geojson(
        tmp_path / "zones.geojson",
        feature(polygon(plain), id="plain"),
        feature(polygon(plain[::-1]), id="turned"),
        feature(polygon(plain[2:-1] + plain[:3]), id="started"),
        feature(polygon(dense), id="dense"),
    )
    areas = read_zones(folder(tmp_path)).set_index("zone_id").area
    assert areas["turned"] == pytest.approx(areas["plain"], rel=1e-12)
    assert areas["started"] == pytest.approx(areas["plain"], rel=1e-12)
    assert areas["dense"] == pytest.approx(areas["plain"], rel=1e-6)


def _blocks(path: Path, **words: object) -> tuple:
    from pipeline.sources.registry import gather

    where = folder(path)
    mapping = {"columns": {"block_geoid": "id", "population": "pop"}, "constants": {"vintage": "2020"}, **words}
    return where, gather([entry("block_shapes", "shapes", "blocks.geojson", **mapping)], "block_shapes", where)


def test_all_faults_of_one_file_come_in_one_message(tmp_path: Path) -> None:
    content = [feature(SQUARE, id="a", level="ES"), feature(EAST, id="", level="XX"), feature(EAST, id="c", level="YY")]
    (tmp_path / "zones.geojson").write_text(
        json.dumps({"type": "FeatureCollection", "features": content}), encoding="utf-8"
    )
    with pytest.raises(FaultyInput) as caught:
        read_zones(
            folder(tmp_path),
            columns={"zone_id": "id", "level": "level"},
            constants={"fall_year": 2024},
            codes={"level": {"ES": "elementary"}},
        )
    assert {f.code for f in caught.value.faults} == {"E-CODE", "E-EMPTY-CELL"}
    assert "'XX', 'YY'" in str(caught.value)


def test_shapes_arrive_in_the_study_crs(tmp_path: Path) -> None:
    geojson(tmp_path / "zones.geojson", feature(SQUARE, id="a"))
    assert read_zones(folder(tmp_path)).crs == CRS
