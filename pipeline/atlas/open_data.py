"""The published tables as open data: CSV and GeoJSON files with a Frictionless Data Package, in one archive.

References
----------
Frictionless Data Package and Table Schema (v1), RFC 4180 (CSV), RFC 7946 (GeoJSON).
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import shapely

from pipeline.atlas.escape import cell, plain
from pipeline.atlas.exports import CSV_RULE, LAYERS, POCKETS, PUBLISHED, dictionary
from pipeline.atlas.shapes import outlined
from pipeline.atlas.spec import About
from pipeline.columns import BY_NAME, Column
from pipeline.tables import BY_TABLE, Table

TYPES = {"year": "integer", "position": "integer", "flag": "boolean"}  # of Table Schema; others by TEXTS or numbers
TEXTS = ("key", "category", "text")
DATE = (1980, 1, 1, 0, 0, 0)  # of every file in the archive
FINE = 1e-7  # degrees: a centimetre


def archive(tables: Mapping[str, Any], about: About) -> bytes:
    """All files in a zip with ``datapackage.json`` first; the same bytes for the same tables.

    Parameters
    ----------
    tables : the published tables by name; any of them may be empty.
    about : title, school year and sources of the study.
    """
    files = {f"data/{table.name}.csv": as_csv(table, tables[table.name]).encode() for table in PUBLISHED}
    for layer, name in (*LAYERS.items(), (POCKETS, "public_pockets")):
        frame = outlined(tables[name], tables["public_neighborhoods"]) if layer == POCKETS else tables[name]
        files[f"data/{layer}.geojson"] = as_geojson(BY_TABLE[name], frame).encode()
    files["data_dictionary.csv"] = dictionary().encode()
    package = json.dumps(described(files, about), ensure_ascii=False, indent=1) + "\n"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as into:
        for name, content in {"datapackage.json": package.encode(), **files}.items():
            entry = zipfile.ZipInfo(name, DATE)
            entry.compress_type = zipfile.ZIP_DEFLATED
            entry.external_attr = 0o644 << 16
            into.writestr(entry, content)
    return out.getvalue()


def as_csv(table: Table, frame: Any) -> str:
    """A table without its shapes: UTF-8, commas, a point before decimals, true and false, empty where not known.

    A text that a spreadsheet would take for a formula has an apostrophe before it (`escape.cell`).
    """
    names = [name for name in table.names if name != "geometry"]
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(names)
    writer.writerows(zip(*(_cells(BY_NAME[name], frame[name]) for name in names), strict=True))
    return out.getvalue()


def _cells(column: Column, values: Any) -> Iterator[str]:
    known = values.notna().tolist()
    for value, is_known in zip(values.tolist(), known, strict=True):
        yield _cell(column, value) if is_known else ""


def _cell(column: Column, value: Any) -> str:
    if column.kind in TEXTS:
        return cell(value)
    if column.kind == "flag":
        return "true" if value else "false"
    return repr(int(value)) if column.kind in TYPES or float(value).is_integer() else repr(float(value))


def as_geojson(table: Table, frame: Any) -> str:
    """A layer in degrees (WGS 84) with all its columns; rings turn as RFC 7946 asks, places to a centimetre."""
    shapes = frame.geometry.to_crs(4326).to_numpy()
    there = ~shapely.is_missing(shapes)
    fine = shapely.set_precision(shapes, FINE, mode="pointwise")
    fits = there & shapely.is_valid(fine) & ~shapely.is_empty(fine)
    fine = np.where(fits | ~there, fine, shapes)
    fine = np.where(there, shapely.orient_polygons(fine), fine)
    texts = shapely.to_geojson(fine)
    names = [name for name in table.names if name != "geometry"]
    columns = [_values(BY_NAME[name], frame[name]) for name in names]
    features = [
        f'{{"type":"Feature","properties":{json.dumps(dict(zip(names, row, strict=True)), ensure_ascii=False, separators=(",", ":"))},"geometry":{text or "null"}}}'
        for row, text in zip(zip(*columns, strict=True), texts, strict=True)
    ]
    return '{"type":"FeatureCollection","features":[\n' + ",\n".join(features) + "\n]}\n"


def _values(column: Column, values: Any) -> list[Any]:
    known = values.notna().tolist()
    return [_value(column, value) if is_known else None for value, is_known in zip(values.tolist(), known, strict=True)]


def _value(column: Column, value: Any) -> Any:
    if column.kind in TEXTS:
        return plain(value)
    return bool(value) if column.kind == "flag" else int(value) if column.kind in TYPES else float(value)


def described(files: Mapping[str, bytes], about: About) -> dict[str, Any]:
    """The content of ``datapackage.json``: every file with its size, hash and, of tables, the schema."""
    resources = []
    for name, content in files.items():
        stem, ending = name.removeprefix("data/").rsplit(".", 1)
        told: dict[str, Any] = {"name": stem.replace("_", "-").lower(), "path": name}
        if ending == "geojson":
            source = LAYERS.get(stem, "public_pockets")
            told |= {
                "name": f"{stem}-geojson",
                "title": f"{stem.capitalize()}, with shapes",
                "description": f"One feature for each {BY_TABLE[source].grain}; longitude and latitude in WGS 84. Columns as in {source}.",
                "format": "geojson",
                "mediatype": "application/geo+json",
            }
        elif stem in BY_TABLE:
            told |= _tabular(BY_TABLE[stem])
        else:
            told |= {"title": "Data dictionary", "description": "Every column of every table", "format": "csv", "mediatype": "text/csv"}  # fmt: skip
        told |= {"encoding": "utf-8", "bytes": len(content), "hash": f"sha256:{hashlib.sha256(content).hexdigest()}"}
        resources.append(told)
    return {
        "profile": "data-package",
        "name": "schoolshed",
        "title": plain(about.title),
        "description": f"Published tables of the school year that began in fall {about.fall_year}. {CSV_RULE}",
        "sources": [
            {"title": plain(f"{producer}: {title}, {vintage} ({licence})"), **({"path": url} if url.startswith("https://") else {})}
            for producer, title, vintage, licence, url in about.sources
        ],
        "resources": resources,
    }  # fmt: skip


def _tabular(table: Table) -> dict[str, Any]:
    return {
        "profile": "tabular-data-resource",
        "title": table.name.removeprefix("public_").replace("_", " ").capitalize(),
        "description": f"One row for each {table.grain}",
        "format": "csv",
        "mediatype": "text/csv",
        "dialect": {"delimiter": ",", "lineTerminator": "\r\n", "quoteChar": '"', "doubleQuote": True, "header": True},
        "schema": {
            "fields": [_field(BY_NAME[name], name in table.required) for name in table.names if name != "geometry"],
            "missingValues": [""],
            "primaryKey": list(table.key),
        },
    }


def _field(column: Column, is_required: bool) -> dict[str, Any]:
    kind = "string" if column.kind in TEXTS else TYPES.get(column.kind, "number")
    told: dict[str, Any] = {"name": column.name, "type": kind, "description": column.meaning, "kind": column.kind}
    if column.unit:
        told["unit"] = column.unit
    if column.over:
        told["share_of"] = column.over
    if kind == "boolean":
        told |= {"trueValues": ["true"], "falseValues": ["false"]}
    constraints: dict[str, Any] = {"required": True} if is_required and kind != "string" else {}
    if column.values:
        constraints["enum"] = list(column.values)
    if constraints:
        told["constraints"] = constraints
    return told
