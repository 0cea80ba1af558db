"""WorldPop rasters: people by cell of 3 arc-seconds, in all or by age and sex."""

from __future__ import annotations

import re

import numpy as np
import pandas as pd

from pipeline.errors import ConfigError
from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.faults import refuse
from pipeline.sources.geotiff import Window, read_window
from pipeline.sources.values import subject_of

# WorldPop's first age of a band: infants (0) and 1-4 together are the children under 5.
_AGES = {"0": "children_0_4", "1": "children_0_4", "5": "children_5_9", "10": "children_10_14"}
_COLUMNS = ("population", "children_0_4", "children_5_9", "children_10_14")


def read_worldpop(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """Cells of population rasters by row and column, and the grid they lie on.

    Grain: raster cell x vintage (``cell_counts``). All rasters of the source lie on one grid; those
    of one column are summed (girls and boys, infants and ages 1-4). WorldPop's file names say what a
    raster holds (``usa_f_5_2020.tif`` girls of 5-9, ``usa_ppp_2020.tif`` all people); the option
    ``columns`` (file name: ``population``, ``children_0_4``, ``children_5_9``, ``children_10_14`` or
    ``none``) says it for others. Rows and columns are those of the whole raster, from 0, and the grid is
    in its own CRS: cells are never reprojected or resampled. Only cells that touch the study's box and
    have data are kept; one with nobody is zero, one without data is empty or not there.

    Raises
    ------
    SourceError
        For a raster without or with another CRS than EPSG:4326, turned or south-up, of several bands,
        scaled, of densities, in blocks too large to unpack, on another grid than the first; with
        values that are negative, impossibly large, not numbers or a known missing-value code that is
        not declared; cut short or damaged; beside the study's box, or larger than 4 million cells in
        it; and if the rasters of children hold as many as that of all people.
    ConfigError
        If it cannot be told what a raster holds.

    References
    ----------
    WorldPop (www.worldpop.org), Global High Resolution Population Denominators; CC BY 4.0.
    """
    chosen = options(entry, columns={}, vintage=entry.vintage)
    holds = {file.name: _column(entry, file.name, chosen["columns"]) for file in entry.files}
    first: Window | None = None
    sums: dict[str, np.ndarray] = {}
    for position, file in enumerate(entry.files):
        if holds[file.name] == "none":
            folder.ledger.note(file.name, "this band of ages is not used")
            continue
        values, window = read_window(folder.file(entry, position), subject_of(entry, file.name), folder)
        if first is not None and not window.is_like(first):
            raise refuse(
                subject_of(entry, file.name),
                "E-GRID",
                "the raster lies on another grid than the first",
                f"{window.rows} x {window.columns} cells at {window.west:g}, {window.north:g}",
                "Use rasters of one release and one country.",
            )
        first = first or window
        column = holds[file.name]
        sums[column] = sums[column] + values if column in sums else values
    if first is None:
        raise ConfigError(
            f"source {entry.id}: none of its rasters holds a column that is used ({', '.join(_COLUMNS)})."
        )
    _require_children_among_people(sums, entry)
    rows, columns = np.nonzero(~np.isnan(np.stack(list(sums.values()))).all(axis=0))
    frame = pd.DataFrame(
        {
            "vintage": str(chosen["vintage"]),
            "cell_row": rows + first.first_row,
            "cell_column": columns + first.first_column,
            "grid_west": first.west,
            "grid_north": first.north,
            "cell_width": first.cell_width,
            "cell_height": first.cell_height,
            "grid_rows": first.rows,
            "grid_columns": first.columns,
            "grid_crs": "EPSG:4326",
        }
    )
    for column in _COLUMNS:
        frame[column] = sums[column][rows, columns] if column in sums else np.nan
        if column in sums:
            folder.ledger.note(
                f"{column} in the cells of {entry.id}",
                f"{np.nansum(sums[column]):,.0f} people in the cells of the study's box",
            )
    return frame


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


def _column(entry: SourceEntry, name: str, given: dict[str, str]) -> str:
    """What a raster holds, from the option or WorldPop's file name."""
    if re.search(r"_pd_", name.lower()) and name not in given:
        raise ConfigError(
            f"source {entry.id}: {name} is a raster of density, people per km2; use the raster of counts (ppp)."
        )
    match = re.search(r"_[fmt]_(\d{1,2})_\d{4}", name.lower())
    column = given.get(name) or (
        "population" if "_ppp_" in name.lower() else _AGES.get(match[1], "none") if match else None
    )
    if column not in (*_COLUMNS, "none"):
        known = ", ".join((*_COLUMNS, "none"))
        raise ConfigError(f"source {entry.id}: say in the option columns what {name} holds ({known}).")
    return column


SOURCES: tuple[Source, ...] = (
    Source(
        "worldpop",
        ("cell_counts",),
        "WorldPop GeoTIFFs of 3 arc-seconds ('100 m') in EPSG:4326 (iso_ppp_YYYY.tif, iso_{f,m}_{age}_YYYY.tif)",
        read_worldpop,
    ),
)
