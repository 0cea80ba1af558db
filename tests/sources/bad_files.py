"""Builders of small raw files, sound ones and damaged ones, for a study near Millbrook."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pipeline.ledger import Ledger
from pipeline.origins import RawFile, SourceEntry
from pipeline.sources import Folder
from pipeline.sources.registry import gather

CRS = "EPSG:3310"
BOX = (-122.3, 40.05, -122.1, 40.2)


def folder(path: Path) -> Folder:
    return Folder(path, CRS, BOX, Ledger())


def entry(feeds: str, reader: str, *files: str, **words: Any) -> SourceEntry:
    about = {
        "producer": "Millbrook Unified",
        "title": "a file",
        "url": "https://example.org/file",
        "licence": "CC0-1.0",
        "vintage": "2024-25",
        "accessed": "2024-09-01",
    }
    return SourceEntry.model_validate(
        {
            "id": "raw",
            "feeds": feeds,
            "reader": reader,
            "files": tuple(RawFile(name=f) for f in files),
            **about,
            **words,
        }
    )


def square(west: float = -122.2, south: float = 40.1, size: float = 0.01) -> list[list[float]]:
    east, north = west + size, south + size
    return [[west, south], [east, south], [east, north], [west, north], [west, south]]


def polygon(*rings: list[list[float]]) -> dict[str, Any]:
    return {"type": "Polygon", "coordinates": list(rings)}


def feature(shape: dict[str, Any] | None, **properties: Any) -> dict[str, Any]:
    return {"type": "Feature", "properties": properties, "geometry": shape}


def geojson(path: Path, *features: dict[str, Any], **more: Any) -> Path:
    path.write_text(json.dumps({"type": "FeatureCollection", **more, "features": list(features)}), encoding="utf-8")
    return path


def read_zones(where: Folder, name: str = "zones.geojson", *, files: tuple[str, ...] = (), **words: Any) -> Any:
    """The zones of a layer whose attribute ``id`` is the zone."""
    mapping = {"columns": {"zone_id": "id"}, "constants": {"level": "elementary", "fall_year": 2024}, **words}
    return gather([entry("zone_shapes", "shapes", name, *files, **mapping)], "zone_shapes", where)


def read_births(where: Folder, text: str | bytes, name: str = "births.csv", **words: Any) -> Any:
    """Births by tract from a table with the columns ``tract``, ``year`` and ``births``."""
    (where.path / name).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    mapping = {"columns": {"area_id": "tract", "year": "year", "births": "births"}, **words}
    return gather([entry("birth_counts", "table", name, **mapping)], "birth_counts", where)


def read_pupils(where: Folder, text: str | bytes, name: str = "pupils.csv", **words: Any) -> Any:
    """Pupils by school and grade from a table with ``school``, ``year``, ``grade`` and ``pupils``."""
    (where.path / name).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    mapping = {
        "columns": {"school_id": "school", "fall_year": "year", "grade": "grade", "pupils": "pupils"},
        "constants": {"student_group": "all"},
        **words,
    }
    return gather([entry("grade_counts", "table", name, **mapping)], "grade_counts", where)


def read_schools(where: Folder, text: str | bytes, name: str = "schools.csv", **words: Any) -> Any:
    """A directory from a table with ``id``, ``name``, ``x`` and ``y``."""
    (where.path / name).write_bytes(text if isinstance(text, bytes) else text.encode("utf-8"))
    mapping = {
        "columns": {"school_id": "id", "name": "name"},
        "constants": {
            "sector": "district",
            "school_status": "open",
            "is_virtual": False,
            "is_place": True,
            "is_citywide": False,
        },
        "options": {"point": {"longitude": "x", "latitude": "y"}},
    }
    options = {**mapping["options"], **words.pop("options", {})}
    return gather([entry("directory", "table", name, **{**mapping, **words, "options": options})], "directory", where)


def lines(where: Folder, kind: str) -> list[str]:
    """Ledger lines of one kind, as text."""
    frame = where.ledger.frame()
    return [f"{r.subject_name}: {r.reason} {r.item} {r.total}" for r in frame[frame["entry"] == kind].itertuples()]
