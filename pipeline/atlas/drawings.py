"""The areas of a study drawn once, for all sheets: borders on the pages' grid, as text, with their outline."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import shapely

from pipeline.atlas import compact, shapes, vector_tiles
from pipeline.atlas.borders import Closed, as_drawn

Key = tuple[str, str]  # table and level
Drawings = Mapping[Key, "Drawing"]


@dataclass(frozen=True)
class Drawing:
    """A set of areas as the pages hold it: ``ids`` in the order of the layer's features.

    Of very many areas the layer has only corners, and their borders are vector tiles in an ``archive``.
    """

    ids: tuple[str, ...]
    layer: Mapping[str, Any]
    outline: Mapping[str, Any]
    closed: Closed
    archive: bytes = b""


def draw(tables: Mapping[str, Any]) -> tuple[dict[str, Any], dict[Key, Drawing]]:
    """The tables with their areas as drawn (in degrees), and each set of areas as text.

    Neighborhoods are one set; zones are one for each level, for a home lies in a zone of each.
    """
    places, zones = tables["public_neighborhoods"], tables["public_zones"]
    found: dict[Key, Drawing] = {}
    out = dict(tables)
    if len(places):
        out["public_neighborhoods"], found["public_neighborhoods", ""] = _set(places, "neighborhood_id")
    if len(zones):
        import geopandas
        import pandas as pd

        parts = []
        for level, rows in zones.groupby("level", sort=True):
            drawn, found["public_zones", str(level)] = _set(rows, "zone_id")
            parts.append(drawn)
        out["public_zones"] = geopandas.GeoDataFrame(pd.concat(parts).loc[zones.index], crs=4326)
    return out, found


def _set(frame: Any, key: str) -> tuple[Any, Drawing]:
    drawn, closed = as_drawn(frame)
    rows = drawn.sort_values(key, kind="stable")
    outline = compact.layer(shapes.outline(rows, is_coverage=closed.is_coverage).geometry.to_numpy())
    layer, archive = layer_of(rows, frame.sort_values(key, kind="stable"))
    return drawn, Drawing(tuple(rows[key]), layer, outline, closed, archive)


def layer_of(drawn: Any, detailed: Any) -> tuple[Mapping[str, Any], bytes]:
    """Shapes as text; of very many areas only their corners, and their borders, from shapes in detail, as an archive."""
    shown = drawn.geometry.to_crs(4326).to_numpy()
    if len(shown) <= vector_tiles.MOST_SHAPES or shapely.get_dimensions(shown).max() < 2:
        return compact.layer(shown), b""
    return compact.layer(vector_tiles.corners(shown)), vector_tiles.archive(detailed)


def closed_words(drawings: Drawings, keys: set[Key]) -> list[tuple[str, str, str]]:
    """What was closed in the sets of areas of a sheet, as lines of its record of what a reader must know."""
    lines = []
    for key in sorted(keys & set(drawings)):
        nouns = (f"{key[1]} school zone", f"{key[1]} school zones") if key[1] else ("neighborhood", "neighborhoods")
        words = drawings[key].closed.words(nouns)
        if words:
            lines.append(("note", f"Borders of {nouns[1]} as drawn", words))
    return lines
