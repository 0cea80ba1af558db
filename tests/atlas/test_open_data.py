"""CSV and GeoJSON give back the published tables, and datapackage.json describes the very bytes."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
import zipfile
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from pipeline.atlas import open_data
from pipeline.atlas.exports import LAYERS, POCKETS, PUBLISHED
from pipeline.columns import BY_NAME
from pipeline.tables import BY_TABLE
from tests.atlas.payloads import PAYLOADS
from tests.atlas.published import ABOUT, CRS, nothing, town


@pytest.fixture(scope="module")
def parts(taken: dict[str, Any]) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(taken["maps/schoolshed_data.zip"])) as files:
        assert files.testzip() is None
        return {name: files.read(name) for name in files.namelist()}


def rows_of(content: bytes) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(content.decode("utf-8"), newline="")))


def test_every_table_and_layer_is_there(parts: dict[str, bytes]) -> None:
    tables = {f"data/{table.name}.csv" for table in PUBLISHED}
    layers = {f"data/{layer}.geojson" for layer in (*LAYERS, POCKETS)}
    assert set(parts) == {"datapackage.json", "data_dictionary.csv"} | tables | layers
    assert next(iter(parts)) == "datapackage.json" and len(tables) > 50


def test_csv_files_hold_the_published_tables_to_the_last_digit(parts: dict[str, bytes], tables: dict[str, Any]) -> None:
    compared = 0
    for table in PUBLISHED:
        back = rows_of(parts[f"data/{table.name}.csv"])
        assert len(back) == len(tables[table.name])
        for name in [name for name in table.names if name != "geometry"]:
            kind = BY_NAME[name].kind
            for row, value in zip(back, tables[table.name][name].tolist(), strict=True):
                written = row[name]
                compared += 1
                if pd.isna(value):
                    assert written == ""
                elif kind in ("key", "category", "text"):
                    assert written.removeprefix("'") == value if written.startswith("'") else written == value
                elif kind == "flag":
                    assert written == ("true" if value else "false")
                else:
                    assert float(written) == value, (table.name, name)
                    assert kind not in ("year", "position") or written.isdigit()
    assert compared > 10_000


def test_no_cell_of_data_begins_as_a_formula() -> None:
    for payload in [PAYLOADS[13], "=1+1", "+1", "@SUM(A1)", "\t=1", " =2", "\uff1dA1", "-cmd"]:
        content = open_data.archive(town([payload], payload), ABOUT)
        with zipfile.ZipFile(io.BytesIO(content)) as files:
            for table in PUBLISHED:
                for row in rows_of(files.read(f"data/{table.name}.csv")):
                    for name, written in row.items():
                        if BY_NAME[name].kind in ("key", "category", "text"):
                            assert not re.match(r"[\s\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]", written), (
                                table.name,
                                name,
                            )
                        else:
                            assert re.fullmatch(r"|true|false|-?\d+(\.\d+)?(e-?\d+)?", written)


def test_geojson_gives_back_shapes_and_numbers(parts: dict[str, bytes], tables: dict[str, Any]) -> None:
    for layer, name in LAYERS.items():
        back = gpd.read_file(io.BytesIO(parts[f"data/{layer}.geojson"]))
        there = tables[name]
        assert len(back) == len(there) and back.crs == "EPSG:4326"
        for column in BY_TABLE[name].key:
            assert back[column].astype(str).tolist() == there[column].tolist()
        moved = back.geometry.to_crs(CRS)
        apart = [a.hausdorff_distance(b) for a, b in zip(moved, there.geometry, strict=True) if b is not None]
        assert apart and max(apart) < 0.05  # metres
        assert [shape is None for shape in back.geometry] == [shape is None for shape in there.geometry]
        features = json.loads(parts[f"data/{layer}.geojson"])["features"]
        for feature, (_, row) in zip(features, there.iterrows(), strict=True):
            for column, value in feature["properties"].items():
                assert pd.isna(row[column]) if value is None else row[column] == value, (layer, column)


def test_rings_turn_as_the_standard_asks_and_neighbors_keep_their_corners(parts: dict[str, bytes]) -> None:
    back = gpd.read_file(io.BytesIO(parts["data/neighborhoods.geojson"]))
    rings = [part.exterior for shape in back.geometry for part in shapely.get_parts(shape)]
    assert all(ring.is_ccw for ring in rings)
    corners = {tuple(corner) for ring in rings for corner in ring.coords}
    assert len(corners) < 0.6 * sum(len(ring.coords) - 1 for ring in rings)


def test_the_package_describes_the_very_bytes(parts: dict[str, bytes]) -> None:
    package = json.loads(parts["datapackage.json"])
    assert {one["path"] for one in package["resources"]} == set(parts) - {"datapackage.json"}
    names = [one["name"] for one in package["resources"]]
    assert len(set(names)) == len(names) and all(re.fullmatch(r"[a-z0-9._-]+", name) for name in names)
    for one in package["resources"]:
        content = parts[one["path"]]
        assert one["bytes"] == len(content) and one["hash"] == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert package["sources"][0]["path"] == "https://www.census.gov/programs-surveys/acs"
    assert "apostrophe" in package["description"]


def test_every_value_is_of_its_declared_type_and_every_column_is_explained(parts: dict[str, bytes]) -> None:
    package = json.loads(parts["datapackage.json"])
    tables = [one for one in package["resources"] if one.get("profile") == "tabular-data-resource"]
    assert [one["path"][5:-4] for one in tables] == [table.name for table in PUBLISHED]
    shapes = {"string": r".+", "boolean": r"true|false", "integer": r"-?\d+", "number": r"-?\d+(\.\d+)?(e-?\d+)?"}
    for one in tables:
        schema, rows = one["schema"], rows_of(parts[one["path"]])
        assert schema["primaryKey"] == list(BY_TABLE[one["path"][5:-4]].key)
        keys = [tuple(row[name] for name in schema["primaryKey"]) for row in rows]
        assert len(set(keys)) == len(keys)
        for field in schema["fields"]:
            column = BY_NAME[field["name"]]
            assert field["description"] == column.meaning and field.get("unit", "") == column.unit
            limits = field.get("constraints", {})
            for row in rows:
                written = row[field["name"]]
                if written == "":
                    assert not limits.get("required")
                    continue
                assert re.fullmatch(shapes[field["type"]], written, re.S), (one["path"], field["name"], written)
                assert written in limits.get("enum", [written])


def test_a_study_without_figures_has_the_same_files() -> None:
    with zipfile.ZipFile(io.BytesIO(open_data.archive(nothing(), ABOUT))) as files:
        assert len(files.namelist()) == len(PUBLISHED) + len(LAYERS) + 3
        assert json.loads(files.read("data/zones.geojson"))["features"] == []
