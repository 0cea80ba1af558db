"""Boxes, outlines and small pictures of what is drawn."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pipeline.atlas.borders import main_box
from pipeline.columns import parted

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy.typing as npt
    import pandas as pd

COARSE = 1.0  # pixels by which a border of a picture may move
MANY = 250  # areas from which on a picture joins those of one colour


def outline(frame: gpd.GeoDataFrame, *, is_coverage: bool = False) -> gpd.GeoDataFrame:
    """The border around all areas, without the holes and specks that slivers between them leave.

    Of areas known to be a coverage it is found much sooner.
    """
    shapes = frame.geometry.to_numpy()
    shapes = shapes[~shapely.is_missing(shapes)]
    parts = shapely.get_parts(shapely.coverage_union_all(shapes) if is_coverage else shapely.union_all(shapes))
    west, south, east, north = main_box(shapes)
    speck = (max(east - west, north - south) / 150) ** 2
    rings = [
        shapely.Polygon(part.exterior, [hole for hole in part.interiors if shapely.Polygon(hole).area >= speck])
        for part in parts
    ]
    return type(frame)(geometry=[shapely.MultiPolygon(rings)], crs=frame.crs)


def bounds(frames: list[gpd.GeoDataFrame]) -> list[list[float]] | None:
    """South-west and north-east corner, in degrees, of what a map shows first."""
    boxes = [main_box(frame.geometry.to_crs(4326).to_numpy()) for frame in frames if frame.geometry.notna().any()]
    if not boxes:
        return None
    corners: npt.NDArray[np.float64] = np.array(boxes)
    low, high = corners.min(axis=0), corners.max(axis=0)
    return [[round(float(low[1]), 5), round(float(low[0]), 5)], [round(float(high[3]), 5), round(float(high[2]), 5)]]


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
    drawn = frame.geometry.to_crs(4326).to_numpy()
    if backdrop is not None and len(backdrop):
        drawn = np.concatenate([backdrop.geometry.to_crs(4326).to_numpy(), drawn])
        colors = ["#fbfcfd"] * len(backdrop) + colors
    there = ~(shapely.is_missing(drawn) | shapely.is_empty(drawn))
    drawn, colors = drawn[there], [color for color, shown in zip(colors, there, strict=True) if shown]
    if not len(drawn):
        return ""
    box = main_box(drawn)
    wide = np.cos(np.radians((box[1] + box[3]) / 2))  # a degree of longitude against one of latitude
    extent = max((box[2] - box[0]) * wide, 1e-5), max(box[3] - box[1], 1e-5)
    scale = min((width - 10) / extent[0], (height - 10) / extent[1])
    left, top = (width - extent[0] * scale) / 2, (height - extent[1] * scale) / 2
    flat = shapely.transform(
        drawn,
        lambda xy: np.column_stack(
            [(xy[:, 0] - box[0]) * wide * scale + left, height - top - (xy[:, 1] - box[1]) * scale]
        ),
    )
    marks = _marks(flat, colors)
    # what lies outside the box is clipped by the drawing's edge
    return f'<svg viewBox="0 0 {width} {height}" aria-hidden="true" focusable="false">{patterns}<g stroke="#4a5a6a" stroke-width="{0.5 if len(drawn) < 250 else 0.15}" stroke-linejoin="round">{marks}</g></svg>'


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


def _marks(shapes: Any, colors: list[str]) -> str:
    """Circles of points and paths of areas; very many areas of one colour are drawn as one."""
    areas = np.isin(shapely.get_type_id(shapes), (3, 6))
    points = "".join(
        f'<circle cx="{shape.x:.1f}" cy="{shape.y:.1f}" r="5" fill="{color}"/>'
        for shape, color, is_area in zip(shapes, colors, areas, strict=True)
        if not is_area
    )
    own = [color for color, is_area in zip(colors, areas, strict=True) if is_area]
    coarse = shapely.coverage_simplify(shapes[areas], COARSE) if areas.any() else shapes[areas]
    coarse = np.where(shapely.is_empty(coarse), shapes[areas], coarse)
    if len(own) > MANY:
        kinds = sorted(set(own))
        merged = [_joined(coarse[np.array([color == kind for color in own])]) for kind in kinds]
        coarse, own = np.array(merged, dtype=object), kinds
    return "".join(_path(shape, color) for shape, color in zip(coarse, own, strict=True)) + points


def _joined(shapes: Any) -> Any:
    """Areas of one colour as one; of those that fit each other it is found much sooner."""
    if shapely.coverage_is_valid(shapes):
        return shapely.coverage_union_all(shapes)
    return shapely.union_all(shapes, grid_size=0.1)


def _path(shape: Any, color: str) -> str:
    """An area as steps of half a pixel from vertex to vertex; what is smaller than that is left out."""
    path = ""
    for part in shapely.get_parts(shape):
        for ring in (part.exterior, *part.interiors) if part.geom_type == "Polygon" else ():
            steps = np.rint(shapely.get_coordinates(ring) * 2).astype("int64")
            moves = np.diff(steps, axis=0)
            moves = moves[(moves != 0).any(axis=1)][:-1]
            if len(moves) > 1:
                path += f"M{_pairs(steps[:1])}l{_pairs(moves)}z"
    return f'<path transform="scale(.5)" d="{path}" fill="{color}" fill-rule="evenodd"/>' if path else ""


def _pairs(moves: Any) -> str:
    # a minus sign parts two numbers as well as a blank
    return " ".join(f"{x} {y}" for x, y in moves.tolist()).replace(" -", "-")


def outlined(pockets: pd.DataFrame, areas: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Pockets with the outline of their neighborhoods; one of which none has a shape has none.

    Parameters
    ----------
    pockets : table ``public_pockets``.
    areas : table ``public_neighborhoods``, whose CRS the outlines are in.
    """
    small = dict(zip(areas["neighborhood_id"], areas.geometry, strict=True))
    members = [[small[i] for i in parted(ids) if i in small] for ids in pockets["area_ids"]]
    outlines = [shapely.union_all(each) if each else None for each in members]
    shown = pockets.reset_index(drop=True)
    return type(areas)(shown, geometry=type(areas.geometry)(outlines, crs=areas.crs), crs=areas.crs)
