"""GeoParquet with GeoArrow coordinates: layers too large to build a geometry for each shape.

A layer is sorted along a Hilbert curve and written in row groups with a bounding box for each
row, so that a part of it is read without the rest. Its coordinates are plain arrays of numbers
in the file and go straight into `Rings`; any reader of GeoParquet 1.1 opens it (geopandas, QGIS, DuckDB).
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.analysis.rings import Rings
from pipeline.errors import MissingInput, PipelineError, refusal_of

if TYPE_CHECKING:
    import geopandas as gpd

ROWS_PER_GROUP = 5000
_NESTING = {"polygon": 1, "multipolygon": 2}


def write_layer(path: Path, frame: gpd.GeoDataFrame) -> None:
    """Write polygons with their attributes, whole or not at all; the same frame gives the same bytes.

    Rows are put in the order of a Hilbert curve through their bounds (rows at one place keep the order they have).

    Raises
    ------
    PipelineError
        If the layer is empty or the file cannot be written.
    """
    if frame.empty:
        raise PipelineError(f"{path} is not written: the layer has no shape.")
    ordered = frame.iloc[np.argsort(frame.hilbert_distance().to_numpy(), kind="stable")]
    draft = path.with_name(f".draft-{path.name}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            ordered.to_parquet(
                draft,
                index=False,
                compression="zstd",
                geometry_encoding="geoarrow",
                schema_version="1.1.0",
                write_covering_bbox=True,
                row_group_size=ROWS_PER_GROUP,
                write_page_checksum=True,
                # coordinates hardly repeat: a dictionary of them costs time and saves nothing
                use_dictionary=[name for name in frame.columns if name != frame.geometry.name],
            )
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            draft.replace(path)
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        raise PipelineError(refusal_of(error, f"{path} cannot be written")) from error


def read_rings(
    path: Path, columns: Sequence[str] = (), box: tuple[float, float, float, float] | None = None
) -> tuple[Rings, pd.DataFrame, Any]:
    """Polygons of a layer as flat arrays, some of its attributes, and its CRS; no geometry is built.

    Parameters
    ----------
    path : Path
        File written by `write_layer`, or any GeoParquet whose polygons have GeoArrow coordinates.
    columns : sequence of str
        Attributes to read.
    box : tuple, optional
        West, south, east, north in the layer's CRS: only rows whose bounds meet it are read.

    Returns
    -------
    rings, attributes, crs
        In the order of the file; ``crs`` is a ``pyproj.CRS``, or None where the file has none.

    Raises
    ------
    MissingInput
        If there is no such file.
    PipelineError
        If it is damaged (a page that does not agree with its checksum, where it has one), holds no polygons, keeps them in another encoding, or has rows without a
        shape or coordinates that are no numbers.
    """
    import pyarrow
    import pyproj
    from pyarrow import parquet

    try:
        about, name = _about(parquet.read_schema(path), path)
        meets = _meets(box, about, path) if box is not None else None
        table = parquet.read_table(
            path, columns=[*columns, name], filters=meets, memory_map=True, page_checksum_verification=True
        )
    except FileNotFoundError as error:
        raise MissingInput(f"{path} is not there.") from error
    except (OSError, ValueError, pyarrow.ArrowException) as error:
        raise PipelineError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    shapes = table.column(name).combine_chunks()
    rings = _rings(shapes, _NESTING[about["encoding"]])
    lengths = (np.diff(offsets).min(initial=1) for offsets in (rings.shape_offsets, rings.part_offsets))
    if shapes.null_count or min(lengths) < 1:
        raise PipelineError(f"{path} has rows without a shape: find their shapes or drop them with a record.")
    if not (np.isfinite(rings.x).all() and np.isfinite(rings.y).all()):
        raise PipelineError(f"{path} has coordinates that are no numbers: repair its shapes first.")
    crs = about.get("crs", "OGC:CRS84")  # what GeoParquet means where none is named
    attributes = table.select(list(columns)).to_pandas()
    return rings, attributes, None if crs is None else pyproj.CRS.from_user_input(crs)


def _about(schema: Any, path: Path) -> tuple[dict[str, Any], str]:
    """What the file says of its geometry column, and the column's name."""
    geo = json.loads((schema.metadata or {}).get(b"geo", b"{}"))
    name = geo.get("primary_column", "geometry")
    about = geo.get("columns", {}).get(name, {})
    if about.get("encoding") not in _NESTING:
        said = f"{name} in the encoding {about['encoding']}" if "encoding" in about else "no geometry"
        raise PipelineError(f"{path} holds {said}, not polygons with GeoArrow coordinates: write it with write_layer.")
    return about, name


def _meets(box: tuple[float, float, float, float], about: dict[str, Any], path: Path) -> Any:
    """Rows whose bounds meet a box."""
    from pyarrow import compute

    covering = about.get("covering", {}).get("bbox")
    if covering is None:
        raise PipelineError(f"{path} has no bounding boxes, so no part of it can be read: write it with write_layer.")
    west, south, east, north = box
    field = {side: compute.field(*covering[side]) for side in covering}
    return (field["xmin"] <= east) & (field["xmax"] >= west) & (field["ymin"] <= north) & (field["ymax"] >= south)


def _rings(shapes: Any, nesting: int) -> Rings:
    """Offsets and coordinates of a GeoArrow array, counted from 0."""
    offsets = []
    for _ in range(nesting + 1):
        level = np.asarray(shapes.offsets, dtype="int64")
        # the array may be a slice of a longer one: `flatten` takes only what belongs to it
        offsets.append(level - level[0])
        shapes = shapes.flatten()
    x, y = (np.asarray(shapes.field(axis), dtype="float64") for axis in ("x", "y"))
    if nesting == 1:
        offsets = [np.arange(len(offsets[0])), *offsets]
    return Rings(x, y, offsets[2], offsets[1], offsets[0])
