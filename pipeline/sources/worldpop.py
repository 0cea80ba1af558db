"""WorldPop rasters: people by cell of about 100 m, in all or by age and sex."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.errors import ConfigError
from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.faults import Faults, refuse
from pipeline.sources.intake import check_path
from pipeline.sources.values import subject_of

if TYPE_CHECKING:
    import geopandas as gpd

# WorldPop's first age of a band: infants (0) and 1-4 together are the children under 5.
_AGES = {"0": "children_0_4", "1": "children_0_4", "5": "children_5_9", "10": "children_10_14"}
_COLUMNS = ("population", "children_0_4", "children_5_9", "children_10_14")
_LARGEST = 4_000_000  # cells of a window: about 2,000 x 2,000 at 100 m


def read_worldpop(entry: SourceEntry, folder: Folder) -> gpd.GeoDataFrame:
    """Cells with people, as boxes in the study's CRS.

    Grain: raster cell x vintage (``cell_counts``). All rasters of the source lie on one grid; those
    of one column are summed (girls and boys, infants and ages 1-4). WorldPop's file names say what a
    raster holds (``usa_f_5_2020.tif`` girls of 5-9, ``usa_ppp_2020.tif`` all people); the option
    ``columns`` (file name: ``population``, ``children_0_4``, ``children_5_9``, ``children_10_14`` or
    ``none``) says it for others. Only cells that touch the study's box and hold anybody are kept.
    ``cell_id`` is row and column of the whole raster, from 0. A cell without data is empty, not zero.

    Raises
    ------
    SourceError
        For a raster without or with another CRS than EPSG:4326, turned or south-up, of several bands,
        on another grid than the first, with negative or impossibly large values (a missing-value code
        that is not declared), beside the study's box, or larger than 4 million cells in it; and if the
        rasters of children hold as many as that of all people.
    ConfigError
        If it cannot be told what a raster holds.

    References
    ----------
    WorldPop (www.worldpop.org), Global High Resolution Population Denominators; CC BY 4.0.
    """
    import geopandas as gpd
    import shapely

    chosen = options(entry, columns={}, vintage=entry.vintage)
    holds = {file.name: _column(entry, file.name, chosen["columns"]) for file in entry.files}
    first: _Grid | None = None
    sums: dict[str, np.ndarray] = {}
    for position, file in enumerate(entry.files):
        if holds[file.name] == "none":
            folder.ledger.note(file.name, "this band of ages is not used")
            continue
        values, grid = _window(entry, folder, position)
        if first is not None and grid != first:
            raise refuse(
                subject_of(entry, file.name),
                "E-GRID",
                "the raster lies on another grid than the first",
                f"{grid.shape} cells at {grid.corner}",
                "Use rasters of one release and one country.",
            )
        first = grid
        column = holds[file.name]
        sums[column] = sums[column] + values if column in sums else values
    if first is None:
        raise ConfigError(
            f"source {entry.id}: none of its rasters holds a column that is used ({', '.join(_COLUMNS)})."
        )
    _require_children_among_people(sums, entry)
    stack = np.stack(list(sums.values()))
    rows, columns = np.nonzero((np.nan_to_num(stack, nan=0.0) > 0).any(axis=0))
    west, north = first.corner
    step_x, step_y = first.step
    left, top = west + columns * step_x, north - rows * step_y
    boxes = shapely.box(left, top - step_y, left + step_x, top)
    frame = pd.DataFrame(
        {
            "vintage": str(chosen["vintage"]),
            "cell_id": [f"{r} {c}" for r, c in zip(rows + first.first[0], columns + first.first[1], strict=True)],
        }
    )
    for column in _COLUMNS:
        frame[column] = sums[column][rows, columns] if column in sums else np.nan
        if column in sums:
            folder.ledger.note(
                f"{column} in the cells of {entry.id}",
                f"{np.nansum(sums[column]):,.0f} people in the cells of the study's box",
            )
    return gpd.GeoDataFrame(frame, geometry=boxes, crs="EPSG:4326").to_crs(folder.crs)


def _require_children_among_people(sums: dict[str, np.ndarray], entry: SourceEntry) -> None:
    """Refuse rasters that were mixed up: children are a part of the people."""
    bands = {column: float(np.nansum(values)) for column, values in sums.items() if column != "population"}
    people = float(np.nansum(sums["population"])) if "population" in sums else np.inf
    if bands and sum(bands.values()) >= people > 0:
        largest = max(bands, key=lambda column: bands[column])
        raise refuse(
            subject_of(entry),
            "E-CHILDREN-EXCEED",
            f"the rasters hold {sum(bands.values()):,.0f} children but {people:,.0f} people in all",
            f"{largest}: {bands[largest]:,.0f}",
            "Rasters were mixed up: fetch them again, or correct the option `columns`.",
        )


@dataclass(frozen=True)
class _Grid:
    """Where a window's cells lie: corner and step in degrees, shape, and its first row and column."""

    corner: tuple[float, float]
    step: tuple[float, float]
    shape: tuple[int, int]
    first: tuple[int, int]


def _column(entry: SourceEntry, name: str, given: dict[str, str]) -> str:
    """What a raster holds, from the option or WorldPop's file name."""
    match = re.search(r"_[fmt]_(\d{1,2})_\d{4}", name.lower())
    column = given.get(name) or (
        "population" if "_ppp_" in name.lower() else _AGES.get(match[1], "none") if match else None
    )
    if column not in (*_COLUMNS, "none"):
        known = ", ".join((*_COLUMNS, "none"))
        raise ConfigError(f"source {entry.id}: say in the option columns what {name} holds ({known}).")
    return column


def _window(entry: SourceEntry, folder: Folder, position: int) -> tuple[np.ndarray, _Grid]:
    """The cells of one raster that touch the study's box; NaN where the raster has no data."""
    import rasterio
    from rasterio.errors import RasterioError, RasterioIOError
    from rasterio.windows import Window

    path = folder.file(entry, position)
    subject = subject_of(entry, path.name)
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
            band = raster.read(1, window=Window(c0, r0, c1 - c0, r1 - r0), masked=True)
    except (RasterioError, RasterioIOError) as error:
        raise refuse(
            subject, "E-RASTER", "the raster cannot be read", str(error)[:160], "Fetch it again; it may be cut short."
        ) from error
    values = band.astype("float64").filled(np.nan)
    faults = Faults()
    far = np.argwhere(values > 1e6)
    low = np.argwhere(values < 0)
    remedy = "If it is a missing-value code, declare it as the raster's nodata value; if not, get the file again."
    faults.add(
        "E-NEGATIVE", "a cell is negative", [f"row {r + r0}, column {c + c0}: {values[r, c]:g}" for r, c in low], remedy
    )
    faults.add(
        "E-SENTINEL",
        "a cell holds more than a million people",
        [f"row {r + r0}, column {c + c0}: {values[r, c]:g}" for r, c in far],
        remedy,
    )
    faults.raise_if_any(subject)
    return values, _Grid(
        (round(t.c + c0 * t.a, 9), round(t.f + r0 * t.e, 9)),
        (round(t.a, 12), round(-t.e, 12)),
        (r1 - r0, c1 - c0),
        (r0, c0),
    )


def _check_layout(raster: Any, subject: str) -> None:
    t = raster.transform
    faults = Faults()
    crs = raster.crs
    faults.add(
        "E-CRS-MISSING" if crs is None else "E-CRS-WRONG",
        "WorldPop rasters are in EPSG:4326",
        [] if crs is not None and crs.to_epsg() == 4326 else [str(crs)],
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
    faults.raise_if_any(subject)


SOURCES: tuple[Source, ...] = (
    Source(
        "worldpop",
        ("cell_counts",),
        "WorldPop GeoTIFFs of 100 m in EPSG:4326 (iso_ppp_YYYY.tif, iso_{f,m}_{age}_YYYY.tif)",
        read_worldpop,
    ),
)
