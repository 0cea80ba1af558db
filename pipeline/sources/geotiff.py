"""One band of people from a GeoTIFF: the cells in the study's box, if they can be trusted."""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.crs import crs_name
from pipeline.sources import Folder
from pipeline.sources.faults import Faults, refuse
from pipeline.sources.intake import check_path

_LARGEST = 4_000_000  # cells of a window: about 2,000 x 2,000 at 100 m
# A file of a megabyte may unpack to one block of gigabytes; WorldPop's blocks are rows or tiles.
_LARGEST_BLOCK = 256 * 1024**2
_MOST = 1e6  # people in a cell of one hectare
# Codes for no data that agencies use, which as people of a hectare nobody has met.
_CODES = (9999, 32767, 65535, 99999, 999999)
_LEAST_BOX = 0.99


@dataclass(frozen=True)
class Window:
    """Where a raster lies, in degrees, and the first row and column that were read of it."""

    west: float
    north: float
    cell_width: float
    cell_height: float
    rows: int
    columns: int
    first_row: int
    first_column: int

    def is_like(self, other: Window) -> bool:
        """Whether the cells of two rasters are the same, to a thousandth of a cell."""
        apart = max(abs(self.west - other.west), abs(self.north - other.north))
        stretched = abs(self.cell_width - other.cell_width) * self.columns
        stretched += abs(self.cell_height - other.cell_height) * self.rows
        return (self.rows, self.columns) == (other.rows, other.columns) and apart + stretched < self.cell_width / 1000


def read_window(path: Path, subject: str, folder: Folder) -> tuple[np.ndarray, Window]:
    """The cells of a raster that touch the study's box; NaN where the raster has no data.

    Raises
    ------
    SourceError
        If it is no north-up GeoTIFF of one band of counts in EPSG:4326, is damaged, holds what are no
        counts of people, or is too large.
    """
    import rasterio
    from rasterio.errors import RasterioError, RasterioIOError
    from rasterio.windows import Window as Box

    check_path(path, subject)
    with path.open("rb") as file:
        if file.read(4) not in (b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"):
            raise refuse(
                subject,
                "E-NOT-A-RASTER",
                "the file is no GeoTIFF",
                path.name,
                "Fetch it again; it may be an error page.",
            )
    try:
        with rasterio.open(path, driver="GTiff") as raster:
            _check_layout(raster, subject)
            west, south, east, north = folder.box
            t = raster.transform
            c0, c1 = int(np.floor((west - t.c) / t.a)), int(np.ceil((east - t.c) / t.a))
            r0, r1 = int(np.floor((north - t.f) / t.e)), int(np.ceil((south - t.f) / t.e))
            c0, c1, r0, r1 = max(c0, 0), min(c1, raster.width), max(r0, 0), min(r1, raster.height)
            if c0 >= c1 or r0 >= r1:
                raise refuse(
                    subject,
                    "E-BESIDE",
                    "the raster does not touch the study's box",
                    str(tuple(round(b, 3) for b in raster.bounds)),
                    "Fetch the raster of the study's country, or check geography.box.",
                )
            if (c1 - c0) * (r1 - r0) > _LARGEST:
                raise refuse(
                    subject,
                    "E-SIZE",
                    f"the study's box has more than {_LARGEST:,} cells",
                    f"{r1 - r0:,} x {c1 - c0:,}",
                    "Make the box smaller or use the raster of 1 km.",
                )
            band = raster.read(1, window=Box(c0, r0, c1 - c0, r1 - r0), masked=True)
            _note_layout(raster, folder, path.name)
            window = Window(t.c, t.f, t.a, -t.e, raster.height, raster.width, r0, c0)
    except (RasterioError, RasterioIOError) as error:
        raise refuse(
            subject,
            "E-RASTER",
            "the raster cannot be read",
            _reason(error),
            "Fetch it again; it may be cut short or damaged.",
        ) from error
    _check_values(band, subject, r0, c0)
    return band.astype("float64").filled(np.nan), window


def _reason(error: Exception) -> str:
    """What GDAL says of a file; rasterio keeps the sentence that helps as the cause of one that does not."""
    return str(error.__cause__ or error)[:160]


def _check_values(band: np.ma.MaskedArray, subject: str, first_row: int, first_column: int) -> None:
    """Refuse cells that are no counts of people."""
    values = np.ma.getdata(band)
    there = ~np.ma.getmaskarray(band)
    remedy = "If it is a missing-value code, declare it as the raster's nodata value; if not, get the file again."

    def places(wrong: np.ndarray) -> list[str]:
        return [
            f"row {r + first_row}, column {c + first_column}: {values[r, c]:g}" for r, c in np.argwhere(wrong & there)
        ]

    largest = [np.iinfo(values.dtype).max] if values.dtype.kind in "iu" else []
    is_code = np.isin(values, np.array([*_CODES, *largest], dtype="float64"))
    faults = Faults()
    faults.add("E-NOT-A-NUMBER", "a cell holds no number", places(np.isnan(values)), remedy)
    faults.add("E-NEGATIVE", "a cell is negative", places(values < 0), remedy)
    faults.add("E-SENTINEL", "a cell holds more than a million people", places((values > _MOST) & ~is_code), remedy)
    faults.add("E-SENTINEL", "a cell holds a number that stands for no data elsewhere", places(is_code), remedy)
    faults.raise_if_any(subject)


def _note_layout(raster: Any, folder: Folder, name: str) -> None:
    """Say what a reader of the sums must know: zeros without data, and a box that is not covered."""
    if raster.nodata == 0:
        folder.ledger.note(name, "the raster declares 0 as its nodata value: cells with nobody count as without data")
    west, south, east, north = folder.box
    box, bounds = (east - west) * (north - south), raster.bounds
    wide = min(east, bounds.right) - max(west, bounds.left)
    high = min(north, bounds.top) - max(south, bounds.bottom)
    if wide * high < _LEAST_BOX * box:
        folder.ledger.note(name, f"the raster lies under {wide * high / box:.0%} of the study's box")


def _check_layout(raster: Any, subject: str) -> None:
    t = raster.transform
    faults = Faults()
    crs = raster.crs
    faults.add(
        "E-CRS-MISSING" if crs is None else "E-CRS-WRONG",
        "WorldPop rasters are in EPSG:4326",
        [] if crs is not None and crs.to_epsg() == 4326 else [crs_name(crs)],
        "Get the file from WorldPop: reprojected cells are no longer counts.",
    )
    faults.add(
        "E-TURNED",
        "the raster must be north-up and not turned",
        [] if t.b == 0 and t.d == 0 and t.e < 0 < t.a else [f"{t.a:g} {t.b:g} {t.d:g} {t.e:g}"],
        "Get the file from WorldPop.",
    )
    faults.add(
        "E-BANDS",
        "the raster must have one band",
        [] if raster.count == 1 else [f"it has {raster.count}"],
        "Split it into one file for each band.",
    )
    faults.add(
        "E-SCALED",
        "values must be people, not scaled numbers",
        []
        if set(raster.scales) == {1.0} and set(raster.offsets) == {0.0}
        else [f"scale {raster.scales[0]:g}, offset {raster.offsets[0]:g}"],
        "Get the file from WorldPop.",
    )
    unit = raster.units[0] or ""
    faults.add(
        "E-DENSITY",
        "cells must hold counts of people, not densities",
        [f"unit {unit}"] if re.search(r"/|\bper\b|-[12]\b", unit) else [],
        "Use the raster of counts (ppp), not of density (pd).",
    )
    block_bytes = [
        rows * columns * np.dtype(kind).itemsize
        for (rows, columns), kind in zip(raster.block_shapes, raster.dtypes, strict=True)
    ]
    faults.add(
        "E-SIZE",
        f"a block of the raster unpacks to more than {_LARGEST_BLOCK:,} bytes",
        [f"{size:,} bytes" for size in block_bytes if size > _LARGEST_BLOCK],
        "Get the file from WorldPop, or store it in tiles.",
    )
    faults.raise_if_any(subject)
