"""Files of shapes to valid, flat shapes in the study's CRS, or a refusal that names the feature.

Only GeoJSON, TopoJSON, GeoPackage, shapefiles (also zipped) and GeoParquet are read, and only
where the first bytes agree with the suffix: GDAL would otherwise follow a virtual file to any
place on the disk or the network.
"""

from __future__ import annotations

import os
import tempfile
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.ledger import Ledger
from pipeline.sources.faults import Faults, refuse
from pipeline.sources.intake import check_path
from pipeline.sources.placing import place_shapes, source_crs
from pipeline.sources.sidecars import check_container
from pipeline.sources.values import clean_text

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd
    import pyproj

# Before GDAL is loaded: no virtual formats, no network.
os.environ.setdefault("OGR_SKIP", "OGR_VRT")
os.environ.setdefault("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", "none")

# What GDAL says of files that are sound for our purpose: feature numbers are not used here, nor are measures.
_HARMLESS = ("Several features with id", "Measured (M)")


def read_shapes_file(
    path: Path,
    *,
    entry_id: str,
    layer: str | None = None,
    crs: str | None = None,
    target_crs: str,
    box: tuple[float, float, float, float],
    id_column: str | None = None,
    accept: tuple[str, ...] = (),
    outside: str = "refuse",
    ledger: Ledger | None = None,
) -> gpd.GeoDataFrame:
    """Features of a file of shapes: flat, valid, in the study's CRS, with attributes as text.

    Parameters
    ----------
    path, entry_id
        The file, and the id of its source for messages.
    layer
        Must be named where the file has several.
    crs
        CRS of a file that declares none; a file that declares another is refused.
    target_crs, box
        The study's CRS, and its box in degrees, which the features must lie near (25 km).
    id_column
        Attribute that names a feature in messages.
    accept
        Values of ``id_column`` whose shape may be repaired though its area changes.
    outside
        What to do with single features far from the box: ``refuse``, ``drop`` (recorded) or ``keep``.
    ledger
        Where repairs and dropped features are recorded.

    Returns
    -------
    geopandas.GeoDataFrame
        Attributes as text (empty is ""), ``geometry`` in ``target_crs``, ``__row__`` (1-based
        position in the file) and ``__repair__`` (what was done to the shape, or "").
        ``attrs["mixed"]`` names attributes that hold numbers in some features and text in others.

    Raises
    ------
    SourceError
        For a missing or wrong CRS, swapped axes, missing or disagreeing sidecar files, empty or
        unreadable shapes, rings whose repair would change an area by more than 0.1%.
    MissingInput
        If the file is not there.
    """
    subject = f"{path.name} (source {entry_id})"
    frame, declared, mixed = open_shapes(path, subject, layer)
    source = source_crs(frame, declared, crs, target_crs, box, subject)
    names = feature_names(frame, id_column)
    accepted = frame[id_column].isin(accept).to_numpy() if id_column in frame.columns else None
    out = place_shapes(
        frame, source, names, subject, target_crs=target_crs, box=box, accepted=accepted, outside=outside, ledger=ledger
    )
    out.attrs["mixed"] = mixed
    return out


def open_shapes(
    path: Path, subject: str, layer: str | None
) -> tuple[gpd.GeoDataFrame, pyproj.CRS | None, dict[str, str]]:
    """Features as they are in the file, the CRS it declares and its attributes of mixed types.

    The features have no CRS yet, attributes as text, and ``__row__``.

    Raises
    ------
    SourceError
        If the file is not what its suffix says, is damaged, or its layer is not named.
    """
    check_path(path, subject)
    suffix = path.suffix.lower()
    if suffix == ".zip":
        from pipeline.sources.archives import unpack

        with tempfile.TemporaryDirectory() as folder:
            inside = [
                p
                for p in unpack(path, Path(folder), subject)
                if p.suffix.lower() in (".shp", ".gpkg", ".geojson", ".json")
            ]
            chosen = [p for p in inside if layer in (None, p.stem)]
            if len(chosen) != 1:
                found = ", ".join(p.name for p in inside) or "none"
                raise refuse(
                    subject,
                    "E-LAYER",
                    f"the archive holds {len(inside)} files of shapes",
                    found,
                    "Name one with the option `layer` (its name without suffix).",
                )
            return _read(chosen[0], subject, layer if chosen[0].suffix.lower() == ".gpkg" else None)
    return _read(path, subject, layer)


def _read(path: Path, subject: str, layer: str | None) -> tuple[gpd.GeoDataFrame, pyproj.CRS | None, dict[str, str]]:
    """The features as they are, the CRS the file declares, and attributes of mixed types."""
    suffix = path.suffix.lower()
    check_container(path, suffix, subject)
    if suffix == ".parquet":
        return (*_read_geoparquet(path, subject), {})
    import geopandas as gpd
    import pandas as pd
    import pyogrio
    import pyproj
    import shapely

    mixed = _look_through(path, subject) if suffix in (".geojson", ".json") else {}
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        try:
            layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
            if layer is None and len(layers) != 1:
                raise refuse(
                    subject,
                    "E-LAYER",
                    f"the file has {len(layers)} layers of shapes",
                    ", ".join(layers) or "none",
                    "Name one with the option `layer`.",
                )
            if layer is not None and layer not in layers:
                raise refuse(
                    subject,
                    "E-LAYER",
                    f"there is no layer {layer!r}",
                    f"it has {', '.join(layers)}",
                    "Correct the option `layer`.",
                )
            meta, _, wkb, fields = pyogrio.raw.read(path, layer=layer or layers[0])
        except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, pyogrio.errors.GeometryError) as error:
            raise refuse(
                subject,
                "E-SHAPES-UNREADABLE",
                "the file cannot be read",
                str(error)[:200],
                "Fetch it again; it may be cut short or damaged.",
            ) from error
    warned = [
        str(w.message)
        for w in told
        if issubclass(w.category, RuntimeWarning) and not str(w.message).startswith(_HARMLESS)
    ]
    if warned:
        raise refuse(
            subject,
            "E-SHAPES-WARNING",
            "the file can only be read by guessing",
            warned[0][:200],
            "Export the layer again.",
        )
    columns = {str(name): text_column(pd.Series(values)) for name, values in zip(meta["fields"], fields, strict=True)}
    present = [w is not None for w in wkb]
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    frame: Any = pd.DataFrame(columns) if columns else pd.DataFrame(index=range(len(shapes)))
    frame["__row__"] = range(1, len(shapes) + 1)
    unreadable = [
        f"row {n}" for n, (was, shape) in enumerate(zip(present, shapes, strict=True), 1) if was and shape is None
    ]
    faults = Faults()
    faults.add("E-GEOM-UNREADABLE", "the bytes of a shape cannot be read", unreadable, "Export the layer again.")
    faults.raise_if_any(subject)
    declared = pyproj.CRS.from_user_input(meta["crs"]) if meta["crs"] else None
    return gpd.GeoDataFrame(frame, geometry=shapes), declared, mixed


def _read_geoparquet(path: Path, subject: str) -> tuple[gpd.GeoDataFrame, pyproj.CRS | None]:
    import geopandas as gpd
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        # reads every page with its checksum before geopandas does
        parquet.ParquetFile(path, page_checksum_verification=True).read()
        read = gpd.read_parquet(path)
    except (pyarrow.ArrowInvalid, OSError, ValueError) as error:
        raise refuse(
            subject,
            "E-PARQUET",
            "the GeoParquet file is damaged or holds no shapes",
            str(error)[:160],
            "Fetch it again.",
        ) from error
    crs = read.crs
    shapes = read.geometry.to_numpy()
    frame = read.drop(columns=read.geometry.name).apply(text_column)
    frame["__row__"] = range(1, len(frame) + 1)
    return gpd.GeoDataFrame(frame, geometry=shapes), crs


def text_column(values: pd.Series) -> pd.Series:
    """Attributes as text: whole numbers without a point, dates as ISO, empty as "".

    >>> import pandas as pd
    >>> text_column(pd.Series([7.0, None, 0.5])).tolist(), text_column(pd.Series([" Oak ", None])).tolist()
    (['7', '', '0.5'], ['Oak', ''])
    """
    import pandas as pd

    if values.dtype.kind == "i":
        return values.astype("str")
    if values.dtype.kind == "f":
        # through 64 bits, so that a number of 32 bits keeps the digits it has
        return pd.Series([_number_text(v) for v in values.astype("float64").tolist()], index=values.index, dtype="str")
    cells = values.astype("object").map(lambda v: "" if v is None or v != v else v if isinstance(v, str) else str(v))
    cells = cells.astype("str")
    special = cells.str.contains(r"[^\x20-\x7e]", regex=True)
    if special.any():
        cells = cells.where(~special, cells[special].map(clean_text).reindex(cells.index))
    return cells.str.strip()


def _number_text(value: float) -> str:
    if value != value:  # NaN
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _look_through(path: Path, subject: str) -> dict[str, str]:
    """Properties that are a number in one feature and text in another ('0601' and 601 differ).

    Rings that do not close are refused here: GDAL closes them, or drops a hole, with no more
    than a warning that names no feature.
    """
    import json

    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except (ValueError, RecursionError) as error:
        raise refuse(
            subject, "E-JSON", "the file is not GeoJSON", str(error)[:120], "Fetch it again; it may be cut short."
        ) from error
    kinds: dict[str, dict[str, int]] = {}
    open_rings = []
    for row, feature in enumerate(content.get("features") or (), 1):
        open_rings += [row] * (not all(_is_closed(ring) for ring in _rings(feature.get("geometry"))))
        for name, value in (feature.get("properties") or {}).items():
            kind = (
                "text"
                if isinstance(value, str)
                else "number"
                if isinstance(value, int | float) and not isinstance(value, bool)
                else ""
            )
            if kind:
                kinds.setdefault(name, {}).setdefault(kind, row)
    faults = Faults()
    faults.add(
        "E-GEOM-RING",
        "a ring does not end where it begins, or has fewer than four corners",
        open_rings,
        "Close the ring; the file may be cut short.",
    )
    faults.raise_if_any(subject)
    return {name: f"row {k['number']} is a number, row {k['text']} is text" for name, k in kinds.items() if len(k) == 2}


def _rings(shape: Any) -> list[Any]:
    kind, parts = (shape or {}).get("type"), (shape or {}).get("coordinates") or []
    if kind == "GeometryCollection":
        return [ring for part in shape.get("geometries") or () for ring in _rings(part)]
    return parts if kind == "Polygon" else [ring for part in parts for ring in part] if kind == "MultiPolygon" else []


def _is_closed(ring: list[Any]) -> bool:
    return len(ring) >= 4 and ring[0][:2] == ring[-1][:2]


def feature_names(frame: gpd.GeoDataFrame, id_column: str | None) -> list[str]:
    """How messages name each feature: its row, and its id where there is one."""
    if id_column is None or id_column not in frame.columns:
        return [f"row {n}" for n in frame["__row__"]]
    return [f"row {n} ({id_column}={v})" for n, v in zip(frame["__row__"], frame[id_column], strict=True)]
