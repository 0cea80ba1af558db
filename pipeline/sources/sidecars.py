"""Files of shapes as containers: what their bytes say, and whether all their parts are there."""

from __future__ import annotations

import struct
from pathlib import Path

from pipeline.sources.faults import Faults, refuse
from pipeline.sources.intake import check_file, sniff


def check_container(path: Path, suffix: str, subject: str) -> None:
    """Refuse a file of shapes whose first bytes or parts are not those of its suffix.

    A shapefile must have its parts, of one export and not cut short; a GeoPackage must be sound
    by SQLite's own check.

    Raises
    ------
    SourceError
        Saying what the file is, or which part is missing or cut short.
    """
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
        raise refuse(
            subject,
            "E-FORMAT",
            f"shapes are not read from {suffix or 'a file without suffix'}",
            path.name,
            "Save it as GeoPackage, GeoJSON, GeoParquet or shapefile.",
        )
    if not good:
        raise refuse(
            subject,
            "E-NOT-SHAPES",
            f"the file is {sniff(head) or 'something else'}, not what its suffix {suffix} says",
            repr(head[:40]),
            "Fetch it again from its publisher.",
        )
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
    lacking = [s for s in (".shx", ".dbf") if s not in sides]
    if lacking:
        raise refuse(
            subject,
            "E-SIDECAR",
            f"the shapefile lacks {' and '.join(lacking)}",
            path.stem + lacking[0],
            "Put all of .shp, .shx, .dbf and .prj into the folder, and list them under `files`.",
        )
    for side in sides.values():
        check_file(side, subject)
    faults = Faults()
    sizes = {}
    for suffix, file in ((".shp", path), (".shx", sides[".shx"])):
        with file.open("rb") as handle:
            head = handle.read(100)
        sizes[suffix] = file.stat().st_size
        said = struct.unpack(">i", head[24:28])[0] * 2 if len(head) == 100 else -1
        if said != sizes[suffix]:
            faults.add(
                "E-SHP-LENGTH",
                f"{suffix} is cut short or altered",
                [f"{sizes[suffix]:,} bytes, its header says {said:,}"],
                "Fetch the shapefile again.",
            )
    with sides[".dbf"].open("rb") as handle:
        head = handle.read(32)
    records, start, width = struct.unpack("<IHH", head[4:12]) if len(head) == 32 else (-1, 0, 0)
    if sides[".dbf"].stat().st_size < start + records * width:
        faults.add(
            "E-SHP-LENGTH",
            ".dbf is cut short",
            [f"{sides['.dbf'].stat().st_size:,} bytes of {start + records * width:,}"],
            "Fetch the shapefile again.",
        )
    shapes = (sizes[".shx"] - 100) // 8
    if shapes != records:
        faults.add(
            "E-SHP-RECORDS",
            "shapes and attributes are not of one export",
            [f"{shapes:,} shapes (.shx), {records:,} rows (.dbf)"],
            "Fetch all parts of the shapefile again, together.",
        )
    faults.raise_if_any(subject)
