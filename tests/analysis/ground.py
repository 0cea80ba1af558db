"""Small towns drawn by hand: squares on graph paper, and tables around them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.tables import BY_TABLE, empty

CRS = "EPSG:3310"


def square(x: float, y: float, width: float = 1000.0, height: float | None = None) -> shapely.Polygon:
    """A rectangle by its south-west corner."""
    return shapely.box(x, y, x + width, y + (width if height is None else height))


def grid(columns: int, rows: int, size: float = 1000.0) -> list[shapely.Polygon]:
    """Squares, column by column from the south-west."""
    return [square(i * size, j * size, size) for i in range(columns) for j in range(rows)]


def shapes(
    ids: Sequence[str], polygons: Sequence[Any], key: str = "area_id", crs: str = CRS, **columns: Any
) -> gpd.GeoDataFrame:
    """A layer of shapes with ids."""
    return gpd.GeoDataFrame({key: list(ids), **columns}, geometry=list(polygons), crs=crs)


def table(_table: str, /, **columns: Any) -> Any:
    """A table of the pipeline with the columns given; all others are empty."""
    polygons = columns.pop("geometry", None)
    blank = empty(_table, CRS)
    rows = len(next(iter(columns.values())))
    frame = pd.DataFrame(
        {
            column: list(columns[column]) if column in columns else blank[column].reindex(range(rows))
            for column in BY_TABLE[_table].names
            if column != "geometry"
        }
    )
    if polygons is None:
        return frame
    return gpd.GeoDataFrame(frame, geometry=list(polygons), crs=CRS)


def areas(
    polygons: Sequence[Any],
    children: Sequence[float],
    moe: Sequence[float] | None = None,
    vintage: str = "2019-2023",
    level: str = "tract",
) -> gpd.GeoDataFrame:
    """Census areas a0, a1 ... with children (population twice as many) and margins."""
    number = len(polygons)
    return table(
        "census_areas",
        area_level=[level] * number,
        vintage=[vintage] * number,
        area_geoid=[f"a{i}" for i in range(number)],
        population=2.0 * np.asarray(children, dtype=float),
        children_0_17=children,
        children_0_17_moe=[12.0] * number if moe is None else moe,
        geometry=polygons,
    )


def blocks(
    polygons: Sequence[Any], children: Sequence[float], people: Sequence[float] | None = None
) -> gpd.GeoDataFrame:
    """Census blocks of 2020."""
    number = len(polygons)
    return table(
        "census_blocks",
        block_geoid=[f"{i:015d}" for i in range(number)],
        vintage=["2020"] * number,
        population=children if people is None else people,
        children_0_17=children,
        homes=[1.0] * number,
        geometry=polygons,
    )
