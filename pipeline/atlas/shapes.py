"""Shapes as compact GeoJSON: simplified as a coverage, so that shared borders stay shared."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt
    import pandas as pd

DETAIL = 1500  # a border may move by this part of the study's extent: less than a pixel on a screen


def simplify(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Polygons with fewer vertices; neighbors that shared a border still share it.

    Where two areas overlap or leave a gap already, each of their borders is simplified by
    itself, within the same distance; an area that would be lost or bent into itself is kept.
    """
    shapes = frame.geometry.to_numpy()
    if not len(shapes):
        return frame
    west, south, east, north = _main_box(shapes)
    smaller = shapely.coverage_simplify(shapes, max(east - west, north - south) / DETAIL)
    usable = shapely.is_valid(smaller) & ~shapely.is_empty(smaller)
    return frame.set_geometry(np.where(usable, smaller, shapes))


def outline(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The border around all areas, without the holes and specks that slivers between them leave."""
    shapes = frame.geometry.to_numpy()
    parts = shapely.get_parts(shapely.union_all(shapes))
    west, south, east, north = _main_box(shapes)
    speck = (max(east - west, north - south) / 150) ** 2
    rings = [
        shapely.Polygon(part.exterior, [hole for hole in part.interiors if shapely.Polygon(hole).area >= speck])
        for part in parts
    ]
    return type(frame)(geometry=[shapely.MultiPolygon(rings)], crs=frame.crs)


def geojson(frame: gpd.GeoDataFrame) -> dict[str, Any]:
    """A FeatureCollection in degrees with five decimals (one metre); a feature's id is its row."""
    import json

    shapes = frame.geometry.to_crs(4326).to_numpy()
    fine = shapely.set_precision(shapes, 1e-5, mode="pointwise")
    texts = shapely.to_geojson(np.where(shapely.is_empty(fine), shapes, fine))
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "id": row, "properties": {}, "geometry": json.loads(text) if text else None}
            for row, text in enumerate(texts)
        ],
    }


def bounds(frames: list[gpd.GeoDataFrame]) -> list[list[float]] | None:
    """South-west and north-east corner, in degrees, of what a map shows first."""
    boxes = [_main_box(frame.geometry.to_crs(4326).to_numpy()) for frame in frames if frame.geometry.notna().any()]
    if not boxes:
        return None
    corners: npt.NDArray[np.float64] = np.array(boxes)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return [[round(float(low[1]), 5), round(float(low[0]), 5)], [round(float(high[3]), 5), round(float(high[2]), 5)]]


def _main_box(shapes: Any) -> npt.NDArray[np.float64]:
    """The box of all parts but a far-off few: an island out at sea must not shrink the city to a dot.

    Up to one part in fifty is left out of the box, where that makes it smaller by a third.
    """
    boxes = shapely.bounds(shapely.get_parts(shapes))
    boxes = boxes[np.isfinite(boxes).all(axis=1)]
    whole = np.concatenate([boxes[:, :2].min(axis=0), boxes[:, 2:].max(axis=0)])
    centre = np.median(boxes.reshape(-1, 2, 2).mean(axis=1), axis=0)
    away = np.abs(boxes.reshape(-1, 2, 2) - centre).max(axis=(1, 2))
    near = boxes[np.argsort(away, kind="stable")[: len(boxes) - len(boxes) // 50]]
    reach = 0.25 * (near[:, 2:].max(axis=0) - near[:, :2].min(axis=0))
    around = (boxes[:, :2] <= near[:, 2:].max(axis=0) + reach) & (boxes[:, 2:] >= near[:, :2].min(axis=0) - reach)
    near = boxes[around.all(axis=1)]
    main = np.concatenate([near[:, :2].min(axis=0), near[:, 2:].max(axis=0)])
    shrinks = max(main[2] - main[0], main[3] - main[1]) < 0.67 * max(whole[2] - whole[0], whole[3] - whole[1])
    return main if shrinks else whole


def picture(
    frame: gpd.GeoDataFrame,
    colors: list[str],
    backdrop: gpd.GeoDataFrame | None = None,
    *,
    hatched: list[bool] | None = None,
    key: str = "picture",
    width: int = 300,
    height: int = 190,
) -> str:
    """A small drawing (SVG) of areas or points filled with their colours, for the first page.

    Places of ``hatched`` are hatched as on their sheet; ``key`` tells the drawings of a page apart.
    """
    colors, patterns = _hatches(colors, hatched or [False] * len(colors), key)
    shapes = frame.geometry.to_numpy()
    if backdrop is not None and len(backdrop):
        shapes, colors = np.concatenate([backdrop.geometry.to_numpy(), shapes]), ["#fbfcfd"] * len(backdrop) + colors
    shapes, colors = (
        shapes[~shapely.is_missing(shapes)],
        [c for c, shape in zip(colors, shapes, strict=True) if shape is not None],
    )
    if not len(shapes):
        return ""
    box = _main_box(shapes)
    extent = max(box[2] - box[0], 1.0), max(box[3] - box[1], 1.0)
    scale = min((width - 10) / extent[0], (height - 10) / extent[1])
    left, top = (width - extent[0] * scale) / 2, (height - extent[1] * scale) / 2
    coarse, areas = shapes.copy(), np.isin(shapely.get_type_id(shapes), (3, 6))
    if areas.any():
        smaller = shapely.coverage_simplify(shapes[areas], 0.7 / scale)
        coarse[areas] = np.where(shapely.is_empty(smaller), shapes[areas], smaller)
    drawn = shapely.transform(
        coarse,
        lambda xy: np.column_stack([(xy[:, 0] - box[0]) * scale + left, height - top - (xy[:, 1] - box[1]) * scale]),
    )
    marks = "".join(_mark(shape, color) for shape, color in zip(drawn, colors, strict=True))
    # what lies outside the box is clipped by the drawing's edge
    return f'<svg viewBox="0 0 {width} {height}" aria-hidden="true" focusable="false">{patterns}<g stroke="#4a5a6a" stroke-width="{0.5 if len(shapes) < 250 else 0.15}" stroke-linejoin="round">{marks}</g></svg>'


def _hatches(colors: list[str], hatched: list[bool], key: str) -> tuple[list[str], str]:
    """The fills of the places, hatched where it says so, and the patterns they need."""
    kinds = sorted({color for color, flag in zip(colors, hatched, strict=True) if flag})
    names = {color: f"{key}-{place}" for place, color in enumerate(kinds)}
    fills = [f"url(#{names[color]})" if flag else color for color, flag in zip(colors, hatched, strict=True)]
    patterns = "".join(
        f'<pattern id="{name}" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">'
        f'<rect width="4" height="4" fill="{color}"/><rect width="1.2" height="4" fill="{_stripe(color)}"/></pattern>'
        for color, name in names.items()
    )
    return fills, f"<defs>{patterns}</defs>" if patterns else ""


def _stripe(color: str) -> str:
    red, green, blue = (int(color[i : i + 2], 16) for i in (1, 3, 5))
    return "#ffffff" if 0.3 * red + 0.59 * green + 0.11 * blue < 160 else "#7b8894"


def _mark(shape: Any, color: str) -> str:
    if shape.geom_type == "Point":
        return f'<circle cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="5" fill="{color}"/>'
    rings = [ring for part in shapely.get_parts(shape) for ring in (part.exterior, *part.interiors)]
    path = "".join("M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in shapely.get_coordinates(ring)) + "Z" for ring in rings)
    return f'<path d="{path}" fill="{color}" fill-rule="evenodd"/>'


def outlined(pockets: pd.DataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pockets with the outline of their neighborhoods; one of which none has a shape has none.

    Parameters
    ----------
    pockets : table ``public_pockets``.
    areas : table ``public_neighborhoods``, whose CRS the outlines are in.
    """
    small = dict(zip(areas["neighborhood_id"], areas.geometry, strict=True))
    members = [[small[i] for i in ids.split() if i in small] for ids in pockets["area_ids"]]
    outlines = [shapely.union_all(each) if each else None for each in members]
    shown = pockets.reset_index(drop=True)
    return type(areas)(shown, geometry=type(areas.geometry)(outlines, crs=areas.crs), crs=areas.crs)
