"""Files of shapes to valid, flat shapes in the study's CRS, or a refusal that names the feature.

Only GeoJSON, TopoJSON, GeoPackage, shapefiles (also zipped) and GeoParquet are read, and only
where the first bytes agree with the suffix: GDAL would otherwise follow a virtual file to any
place on the disk or the network.
"""

from __future__ import annotations

import os
import struct
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.ledger import Ledger
from pipeline.sources.faults import Faults, refuse
from pipeline.sources.intake import check_path, sniff
from pipeline.sources.values import clean_text

if TYPE_CHECKING:
    import geopandas as gpd
    import numpy as np
    import pandas as pd
    import pyproj

# Before GDAL is loaded: no virtual formats, no network.
os.environ.setdefault("OGR_SKIP", "OGR_VRT")
os.environ.setdefault("CPL_VSIL_CURL_ALLOWED_EXTENSIONS", "none")

NEAR_DEGREES = 0.25  # about 25 km: how far from the study's box data may lie
AREA_CHANGE = 0.001  # a repair that changes an area by more is refused
_CANDIDATES = ("EPSG:4326", "EPSG:4269", "EPSG:3857", "EPSG:3310", "EPSG:5070", "EPSG:2226", "EPSG:2229", "EPSG:2248", "EPSG:2263", "EPSG:2804", "EPSG:26910", "EPSG:26911", "EPSG:26918")
_SIDECARS = (".shx", ".dbf", ".prj")


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
    check_path(path, subject)
    suffix = path.suffix.lower()
    if suffix == ".zip":
        from pipeline.sources.archives import unpack

        with tempfile.TemporaryDirectory() as folder:
            inside = [p for p in unpack(path, Path(folder), subject) if p.suffix.lower() in (".shp", ".gpkg", ".geojson", ".json")]
            chosen = [p for p in inside if layer in (None, p.stem)]
            if len(chosen) != 1:
                found = ", ".join(p.name for p in inside) or "none"
                raise refuse(subject, "E-LAYER", f"the archive holds {len(inside)} files of shapes", found, "Name one with the option `layer` (its name without suffix).")
            frame, declared, mixed = _read(chosen[0], subject, layer if chosen[0].suffix.lower() == ".gpkg" else None)
    else:
        frame, declared, mixed = _read(path, subject, layer)
    source = _source_crs(frame, declared, crs, target_crs, box, subject)
    names = _feature_names(frame, id_column)
    _refuse_broken(frame, names, subject)
    _refuse_misplaced(frame, source, names, subject, box)
    accepted = frame[id_column].isin(accept).to_numpy() if id_column in frame.columns else frame["__row__"].isin([]).to_numpy()
    frame["geometry"], frame["__repair__"] = _repair(frame["geometry"].to_numpy(), names, accepted, subject)
    out = _reproject(frame, source, target_crs, names, accepted, subject)
    out = _near_box(out, source, names, subject, box, outside, ledger)
    out.attrs["mixed"] = mixed
    if ledger is not None:
        for row, repair in zip(out["__row__"], out["__repair__"], strict=True):
            if repair:
                ledger.repair(subject, repair, item=names[row - 1], unit="shapes")
    return out


def _read(path: Path, subject: str, layer: str | None) -> tuple[gpd.GeoDataFrame, pyproj.CRS | None, dict[str, str]]:
    """The features as they are, the CRS the file declares, and attributes of mixed types."""
    suffix = path.suffix.lower()
    _check_signature(path, suffix, subject)
    if suffix == ".parquet":
        return (*_read_geoparquet(path, subject), {})
    import geopandas as gpd
    import pandas as pd
    import pyogrio
    import pyproj
    import shapely

    try:
        layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
        if layer is None and len(layers) != 1:
            raise refuse(subject, "E-LAYER", f"the file has {len(layers)} layers of shapes", ", ".join(layers) or "none", "Name one with the option `layer`.")
        if layer is not None and layer not in layers:
            raise refuse(subject, "E-LAYER", f"there is no layer {layer!r}", f"it has {', '.join(layers)}", "Correct the option `layer`.")
        meta, _, wkb, fields = pyogrio.raw.read(path, layer=layer or layers[0])
    except (pyogrio.errors.DataSourceError, pyogrio.errors.FeatureError, pyogrio.errors.GeometryError) as error:
        raise refuse(subject, "E-SHAPES-UNREADABLE", "the file cannot be read", str(error)[:200], "Fetch it again; it may be cut short or damaged.") from error
    columns = {str(name): _text_column(pd.Series(values)) for name, values in zip(meta["fields"], fields, strict=True)}
    present = [w is not None for w in wkb]
    shapes = shapely.from_wkb(wkb, on_invalid="ignore")
    frame: Any = pd.DataFrame(columns) if columns else pd.DataFrame(index=range(len(shapes)))
    frame["__row__"] = range(1, len(shapes) + 1)
    unreadable = [f"row {n}" for n, (was, shape) in enumerate(zip(present, shapes, strict=True), 1) if was and shape is None]
    faults = Faults()
    faults.add("E-GEOM-UNREADABLE", "the bytes of a shape cannot be read", unreadable, "Export the layer again.")
    faults.raise_if_any(subject)
    declared = pyproj.CRS.from_user_input(meta["crs"]) if meta["crs"] else None
    return gpd.GeoDataFrame(frame, geometry=shapes), declared, _mixed(path) if suffix in (".geojson", ".json") else {}


def _read_geoparquet(path: Path, subject: str) -> tuple[gpd.GeoDataFrame, pyproj.CRS | None]:
    import geopandas as gpd
    import pyarrow
    import pyarrow.parquet as parquet

    try:
        # reads every page with its checksum before geopandas does
        parquet.ParquetFile(path, page_checksum_verification=True).read()
        read = gpd.read_parquet(path)
    except (pyarrow.ArrowInvalid, OSError, ValueError) as error:
        raise refuse(subject, "E-PARQUET", "the GeoParquet file is damaged or holds no shapes", str(error)[:160], "Fetch it again.") from error
    crs = read.crs
    shapes = read.geometry.to_numpy()
    frame = read.drop(columns=read.geometry.name).apply(_text_column)
    frame["__row__"] = range(1, len(frame) + 1)
    return gpd.GeoDataFrame(frame, geometry=shapes), crs


def _check_signature(path: Path, suffix: str, subject: str) -> None:
    with path.open("rb") as file:
        head = file.read(512)
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if suffix in (".geojson", ".json", ".topojson"):
        good = start.startswith(b"{")
    elif suffix == ".gpkg":
        good = head.startswith(b"SQLite format 3")
        if good:
            _check_geopackage(path, subject)
    elif suffix == ".shp":
        good = head.startswith(b"\x00\x00\x27\x0a")
    elif suffix == ".parquet":
        good = head.startswith(b"PAR1")
    else:
        raise refuse(subject, "E-FORMAT", f"shapes are not read from {suffix or 'a file without suffix'}", path.name, "Save it as GeoPackage, GeoJSON, GeoParquet or shapefile.")
    if not good:
        raise refuse(subject, "E-NOT-SHAPES", f"the file is {sniff(head) or 'something else'}, not what its suffix {suffix} says", repr(head[:40]), "Fetch it again from its publisher.")
    if suffix == ".shp":
        _check_shapefile(path, subject)


def _check_geopackage(path: Path, subject: str) -> None:
    import sqlite3

    try:
        with sqlite3.connect(f"file:{path.resolve()}?mode=ro&immutable=1", uri=True) as database:
            state = database.execute("PRAGMA integrity_check").fetchone()[0]
        database.close()
    except sqlite3.DatabaseError as error:
        state = str(error)
    if state != "ok":
        raise refuse(subject, "E-GPKG", "the GeoPackage is damaged", str(state)[:160], "Fetch it again.")


def _check_shapefile(path: Path, subject: str) -> None:
    """Sidecars are there, and shp, shx and dbf speak of equally many records and their own lengths."""
    sides = {p.suffix.lower(): p for p in path.parent.glob(f"{path.stem}.*")}
    lacking = [s for s in _SIDECARS[:2] if s not in sides]
    if lacking:
        raise refuse(subject, "E-SIDECAR", f"the shapefile lacks {' and '.join(lacking)}", path.stem + lacking[0], "Put all of .shp, .shx, .dbf and .prj into the folder, and list them under `files`.")
    faults = Faults()
    sizes = {}
    for suffix, file in ((".shp", path), (".shx", sides[".shx"])):
        with file.open("rb") as handle:
            head = handle.read(100)
        sizes[suffix] = file.stat().st_size
        said = struct.unpack(">i", head[24:28])[0] * 2 if len(head) == 100 else -1
        if said != sizes[suffix]:
            faults.add("E-SHP-LENGTH", f"{suffix} is cut short or altered", [f"{sizes[suffix]:,} bytes, its header says {said:,}"], "Fetch the shapefile again.")
    with sides[".dbf"].open("rb") as handle:
        head = handle.read(32)
    records, start, width = struct.unpack("<IHH", head[4:12]) if len(head) == 32 else (-1, 0, 0)
    if sides[".dbf"].stat().st_size < start + records * width:
        faults.add("E-SHP-LENGTH", ".dbf is cut short", [f"{sides['.dbf'].stat().st_size:,} bytes of {start + records * width:,}"], "Fetch the shapefile again.")
    shapes = (sizes[".shx"] - 100) // 8
    if shapes != records:
        faults.add("E-SHP-RECORDS", "shapes and attributes are not of one export", [f"{shapes:,} shapes (.shx), {records:,} rows (.dbf)"], "Fetch all parts of the shapefile again, together.")
    faults.raise_if_any(subject)


def _text_column(values: pd.Series) -> pd.Series:
    """Attributes as text: whole numbers without a point, dates as ISO, empty as ""."""

    def text(value: Any) -> str:
        if value is None or value != value:  # None, NaN, NaT
            return ""
        if isinstance(value, float):
            return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)
        return str(value)

    cells = [text(value) for value in values.tolist()]
    import pandas as pd

    return pd.Series([c.strip() if c.isascii() and c.isprintable() else clean_text(c) for c in cells], index=values.index, dtype="str")


def _mixed(path: Path) -> dict[str, str]:
    """Properties that are a number in one feature and text in another: '0601' and 601 differ."""
    import json

    content = json.loads(path.read_bytes().decode("utf-8-sig"))
    kinds: dict[str, dict[str, int]] = {}
    for row, feature in enumerate(content.get("features") or (), 1):
        for name, value in (feature.get("properties") or {}).items():
            kind = "text" if isinstance(value, str) else "number" if isinstance(value, int | float) and not isinstance(value, bool) else ""
            if kind:
                kinds.setdefault(name, {}).setdefault(kind, row)
    return {name: f"row {k['number']} is a number, row {k['text']} is text" for name, k in kinds.items() if len(k) == 2}


def _feature_names(frame: gpd.GeoDataFrame, id_column: str | None) -> list[str]:
    if id_column is None or id_column not in frame.columns:
        return [f"row {n}" for n in frame["__row__"]]
    return [f"row {n} ({id_column}={v})" for n, v in zip(frame["__row__"], frame[id_column], strict=True)]


def _bounds(frame: gpd.GeoDataFrame) -> np.ndarray:
    import numpy as np

    bounds = frame.geometry.bounds.to_numpy()
    fine = bounds[np.isfinite(bounds).all(axis=1)]
    return np.array([*fine[:, :2].min(axis=0), *fine[:, 2:].max(axis=0)]) if len(fine) else np.full(4, np.nan)


def _source_crs(frame: gpd.GeoDataFrame, declared: pyproj.CRS | None, given: str | None, target: str, box: tuple[float, float, float, float], subject: str) -> pyproj.CRS:
    import pyproj

    if declared is not None and given is not None and not declared.equals(pyproj.CRS.from_user_input(given), ignore_axis_order=True):
        raise refuse(subject, "E-CRS-TWICE", "the file declares its CRS, and the option `crs` another", f"{declared.name}, {given}", "Take the option away; where the file is wrong, correct the file.")
    if declared is not None:
        return declared
    if given is not None:
        try:
            return pyproj.CRS.from_user_input(given)
        except pyproj.exceptions.CRSError as error:
            raise refuse(subject, "E-CRS-UNKNOWN", f"there is no CRS {given!r}", str(error)[:120], "Write an EPSG code, such as EPSG:4269.") from error
    fitting = ", ".join(c for c in dict.fromkeys((*_CANDIDATES, target)) if _fits(_bounds(frame), c, box)) or "none of the usual ones"
    raise refuse(subject, "E-CRS-MISSING", "the file does not say its CRS (no .prj)", f"its coordinates would fit {fitting}", "Ask the publisher, then set the option `crs: EPSG:...`.")


def _fits(bounds: np.ndarray, crs: str, box: tuple[float, float, float, float]) -> bool:
    """Whether the middle of the bounds, read in that CRS, lies in the study's box."""
    import numpy as np
    import pyproj

    if not np.isfinite(bounds).all():
        return False
    x, y = (bounds[0] + bounds[2]) / 2, (bounds[1] + bounds[3]) / 2
    lon, lat = pyproj.Transformer.from_crs(crs, "EPSG:4326", always_xy=True).transform(x, y)
    west, south, east, north = box
    return bool(west - NEAR_DEGREES <= lon <= east + NEAR_DEGREES and south - NEAR_DEGREES <= lat <= north + NEAR_DEGREES)


def _refuse_broken(frame: gpd.GeoDataFrame, names: list[str], subject: str) -> None:
    import numpy as np
    import shapely

    values = frame.geometry.to_numpy()
    if not len(values):
        raise refuse(subject, "E-NO-ROWS", "the file holds no features", "0 rows", "Check the layer and the export.")
    missing = shapely.is_missing(values) | shapely.is_empty(values)
    coordinates, index = shapely.get_coordinates(values, return_index=True)
    broken = np.zeros(len(values), dtype=bool)
    broken[index[~np.isfinite(coordinates).all(axis=1)]] = True
    faults = Faults()
    faults.add("E-GEOM-EMPTY", "a feature has no shape", [names[i] for i in np.flatnonzero(missing)], "Draw the shape, or leave the row out with `drop`.")
    faults.add("E-COORD-NAN", "a shape has a coordinate that is no number", [names[i] for i in np.flatnonzero(broken)], "Correct the shape.")
    faults.raise_if_any(subject)


def _refuse_misplaced(frame: gpd.GeoDataFrame, crs: pyproj.CRS, names: list[str], subject: str, box: tuple[float, float, float, float]) -> None:
    import numpy as np

    faults = Faults()
    bounds = frame.geometry.bounds.to_numpy()
    null = (np.abs(bounds) < 1e-6).all(axis=1)
    faults.add("E-NULL-ISLAND", "a shape lies at 0, 0, which stands for no coordinates", [names[i] for i in np.flatnonzero(null)], "Locate it, or leave its coordinates empty.")
    if crs.is_geographic:
        west, south, east, north = (bounds[:, i] for i in range(4))
        beyond = ((np.abs(bounds[:, [0, 2]]) > 180.0001).any(axis=1) | (np.abs(bounds[:, [1, 3]]) > 90.0001).any(axis=1)) & ~null
        near = _overlaps(np.stack([south, west, north, east], axis=1), box)
        swapped = near & ~_overlaps(bounds, box)
        if beyond.any() and not swapped.any():
            candidates = ", ".join(c for c in _CANDIDATES if _fits(_bounds(frame), c, box)) or "a projected one"
            faults.add("E-CRS-WRONG", f"coordinates are no degrees, though the file says {crs.name}", [names[i] for i in np.flatnonzero(beyond)], f"The coordinates would fit {candidates}: export the file with its true CRS.")
        faults.add("E-AXES-SWAPPED", "longitude and latitude are swapped", [f"{names[i]}: x {west[i]:.4f}, y {south[i]:.4f}" for i in np.flatnonzero(swapped)], "Export the file with longitude first: swapped, it would lie in the study's box.")
        wide = (east - west > 180) & ~beyond
        faults.add("E-ANTIMERIDIAN", "a shape is wider than half the globe: it crosses the 180th meridian", [names[i] for i in np.flatnonzero(wide)], "Cut it at the meridian.")
    faults.raise_if_any(subject)


def _overlaps(bounds: np.ndarray, box: tuple[float, float, float, float]) -> np.ndarray:
    west, south, east, north = box
    d = NEAR_DEGREES
    return (bounds[:, 0] <= east + d) & (bounds[:, 2] >= west - d) & (bounds[:, 1] <= north + d) & (bounds[:, 3] >= south - d)


def _repair(values: np.ndarray, names: list[str], accepted: np.ndarray, subject: str) -> tuple[np.ndarray, list[str]]:
    """Flat, valid shapes and what was done; refuses where an area would change by more than 0.1%."""
    import numpy as np
    import shapely

    notes = [""] * len(values)
    flat = shapely.has_z(values) | _has_m(values)
    for i in np.flatnonzero(flat):
        notes[i] = "heights taken away"
    values = shapely.force_2d(values)
    faults = Faults()
    refused = []
    for i in np.flatnonzero(~shapely.is_valid(values) | (shapely.get_type_id(values) == 7)):
        before, reason = values[i], shapely.is_valid_reason(values[i])
        made = _polygons(shapely.make_valid(before, method="structure", keep_collapsed=False)) if before.area or "oint" not in before.geom_type else before
        change = abs(made.area - before.area)
        if made.is_empty or (change > AREA_CHANGE * max(made.area, before.area) and not accepted[i]):
            refused.append(f"{names[i]}: {reason}; its area would change from {abs(before.area):,.6g} to {made.area:,.6g}")
            continue
        values[i] = made
        kind = "polygons taken out of a collection" if before.geom_type == "GeometryCollection" else f"invalid ring repaired ({reason})"
        notes[i] = "; ".join(filter(None, [notes[i], f"{kind}, area {abs(before.area):.6g} before, {made.area:.6g} after"]))
    faults.add("E-GEOM-INVALID", "a shape is not valid and cannot be repaired without changing it", refused, "Correct the shape at that place: a ring must not cross itself, parts must not overlap. If the repaired shape is right, name its id under the option `accept_repair`.")
    faults.raise_if_any(subject)
    return values, notes


def _has_m(values: np.ndarray) -> np.ndarray:
    import shapely

    return shapely.has_m(values) if hasattr(shapely, "has_m") and shapely.geos_version >= (3, 12, 0) else shapely.has_z(values)


def _polygons(shape: Any) -> Any:
    """The polygons of a shape as one; points and lines left over from a repair are dropped."""
    import shapely

    parts = shapely.get_parts(shape)
    nested = [p for part in parts for p in (shapely.get_parts(part) if part.geom_type.startswith(("Multi", "Geometry")) else [part])]
    rings = [p for p in nested if p.geom_type == "Polygon"]
    if not rings:
        return shape
    whole = rings[0] if len(rings) == 1 else shapely.MultiPolygon(rings)
    return whole if whole.is_valid else shapely.union_all(rings)


def _reproject(frame: gpd.GeoDataFrame, source: pyproj.CRS, target: str, names: list[str], accepted: np.ndarray, subject: str) -> gpd.GeoDataFrame:
    import numpy as np
    import shapely
    from pyproj.transformer import TransformerGroup

    if "1927" in source.to_wkt() and not TransformerGroup(source, target).best_available:
        raise refuse(subject, "E-CRS-GRID", f"{source.name} is on the datum of 1927, and its grids are not installed: places could be 10-20 m off", source.name, "Get the file in NAD83 or WGS84, or install the PROJ grids.")
    out = frame.set_crs(source).to_crs(target)
    values = out.geometry.to_numpy()
    coordinates, index = shapely.get_coordinates(values, return_index=True)
    lost = np.unique(index[~np.isfinite(coordinates).all(axis=1)])
    if len(lost):
        raise refuse(subject, "E-CRS-WRONG", f"coordinates do not lie where {source.name} is used", names[lost[0]], "The file says a wrong CRS: export it again with its true one.")
    shapes, notes = _repair(values, names, accepted, subject)
    repaired = [i for i, note in enumerate(notes) if note]
    if repaired:
        import geopandas as gpd

        out["geometry"] = gpd.GeoSeries(shapes, index=out.index, crs=target)
        out["__repair__"] = [a if not b else "; ".join(filter(None, [a, b])) for a, b in zip(out["__repair__"], notes, strict=True)]
    return out


def _near_box(frame: gpd.GeoDataFrame, source: pyproj.CRS, names: list[str], subject: str, box: tuple[float, float, float, float], outside: str, ledger: Ledger | None) -> gpd.GeoDataFrame:
    import numpy as np

    degrees = frame.geometry.to_crs("EPSG:4326")
    near = _overlaps(degrees.bounds.to_numpy(), box)
    if not near.any():
        b = _bounds(degrees.to_frame("geometry"))
        where = f"west {b[0]:.3f}, south {b[1]:.3f}, east {b[2]:.3f}, north {b[3]:.3f}"
        raise refuse(subject, "E-CRS-WRONG", f"nothing in the file lies near the study's box ({', '.join(map(str, box))})", where, f"Check the CRS (the file says {source.name}), the file, and geography.box of the study.")
    far = np.flatnonzero(~near)
    if len(far) and outside == "refuse":
        faults = Faults()
        centre = degrees.iloc[far].bounds
        faults.add("E-FAR-AWAY", "a shape lies more than 25 km from the study's box", [f"{names[i]} at {x:.4f}, {y:.4f}" for i, x, y in zip(far, centre["minx"], centre["miny"], strict=True)], "Correct it; if the file covers more than the district, set the option `outside: drop`.")
        faults.raise_if_any(subject)
    if len(far) and outside == "drop":
        if ledger is not None:
            ledger.loss(subject, "shapes more than 25 km from the study's box left out", count=len(far), unit="shapes", item=names[far[0]])
        return frame[near].reset_index(drop=True)
    return frame
