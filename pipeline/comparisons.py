"""A study's areas held against a file of its publisher, one by one, with the difference explained."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from pipeline.errors import ConfigError
from pipeline.origins import ROOMS, SourceEntry

if TYPE_CHECKING:
    import geopandas as gpd

    from pipeline.config import Against, Expected, Study

_SHAPES = (".shp", ".geojson", ".gpkg", ".json", ".topojson")


def compare(expected: Expected, study: Study, home: Path, read: Callable[[str], Any]) -> tuple[bool, str]:
    """Whether the areas of a finished study agree with a publisher's file, and a line that says how far.

    Parameters
    ----------
    expected : Expected
        With ``against``: the file, its columns, how far an area may differ and why it does.
    study : Study
        Its sources, CRS and box.
    home : Path
        The workspace in which the study ran; the file lies in its ``data/raw``.
    read : callable
        Gives a processed table by its name, with its shapes.

    Returns
    -------
    agrees, line
        Agree means: the same areas, totals within ``tolerance`` and no area off by more than
        ``largest``. An area that only one side has counts with its whole number.

    Raises
    ------
    ConfigError
        If a column is not there.
    """
    against = expected.against
    if against is None:
        raise ConfigError(f"expected {expected.what!r} names no file to compare with.")
    room, entry = next(
        (room, entry) for room in ROOMS for entry in getattr(study.raw, room) if entry.id == against.source
    )
    path = home / "data/raw" / study.study.name / room / entry.files[0].name
    if not path.is_file() and not entry.required:
        return True, f"{expected.what}: not compared, for {path.name} is not there"
    file = _file(path, entry, against, study)
    ours, theirs = _sides(expected, against, file, read)
    both = pd.DataFrame({"ours": ours, "theirs": theirs}).fillna(0.0).sort_index()
    return verdict(expected.what, both, expected.source, against.because, expected.tolerance, against.largest)


def verdict(
    what: str, both: pd.DataFrame, source: str, because: str, tolerance: float, largest: float
) -> tuple[bool, str]:
    """Whether two numbers of each area agree, and the line that is printed.

    ``both`` has one row per area, with ``ours`` and ``theirs``.

    >>> both = pd.DataFrame({"ours": [98.0, 52.0], "theirs": [100.0, 50.0]}, index=["a", "b"])
    >>> verdict("pupils", both, "the district's file", "Blocks are split here.", 0.5, 2.0)
    (True, "pupils: 2 areas, 150 here and 150 in the district's file; the largest difference is 2.0, in a (98 and 100), the middle one 2.0. Blocks are split here.")
    """
    if both.empty:
        return False, f"{what}: there is no area to compare with {source}"
    apart = (both["ours"] - both["theirs"]).abs()
    first = str(apart.idxmax())
    here, there = (float(both[side].sum()) for side in ("ours", "theirs"))
    at = both.loc[first]
    line = (
        f"{what}: {len(both):,} areas, {here:,.0f} here and {there:,.0f} in {source}; the largest difference is {apart.max():,.1f}, "
        f"in {first} ({at['ours']:,.0f} and {at['theirs']:,.0f}), the middle one {apart.median():,.1f}. {because}"
    )
    beyond = int((apart > largest).sum())
    if beyond:
        return False, f"{line} But {beyond} differ by more than {largest:,.1f}, and that is not explained"
    if abs(here - there) > tolerance:
        return False, f"{line} But the totals differ by more than {tolerance:,.1f}, and that is not explained"
    return True, line


def _file(path: Path, entry: SourceEntry, against: Against, study: Study) -> Any:
    """The rows of the file that count, with shapes in the study's CRS where it has any."""
    from pipeline.sources.files import read_rows, read_shapes_file

    if path.suffix.lower() in _SHAPES:
        place = study.geography
        crs = entry.options.get("crs")
        rows: Any = read_shapes_file(
            path, entry_id=entry.id, crs=crs, target_crs=place.crs, box=place.box, outside="keep"
        )
    else:
        rows = read_rows(path, entry_id=entry.id)
    needed = {against.value, *against.keep, *filter(None, [against.key])}
    if lacking := sorted(needed - set(rows.columns)):
        raise ConfigError(f"expected against {against.source}: {path.name} has no column {', '.join(lacking)}.")
    for column, value in against.keep.items():
        rows = rows[rows[column] == value]
    return rows.assign(**{against.value: pd.to_numeric(rows[against.value])}).reset_index(drop=True)


def _sides(expected: Expected, against: Against, file: Any, read: Callable[[str], Any]) -> tuple[pd.Series, pd.Series]:
    """Number of each area by its id: ours and theirs."""
    from pipeline.analysis.geometry import placed

    rows = _chosen(read(expected.table), expected, must=True)
    if against.key is not None:
        theirs = file.groupby(against.key)[against.value].sum()
    else:
        areas = _chosen(read(str(against.within)), expected, must=False)
        position = placed(file.geometry.representative_point().to_numpy(), areas.geometry.to_numpy())[0]
        inside = position >= 0
        names = areas[str(expected.by)].to_numpy()[position[inside]]
        theirs = file[against.value][inside].groupby(names).sum()
    if against.ours == "raster":
        return _of_raster(file, str(against.key), read("raster_grids"), rows, str(expected.sum)), theirs
    if against.ours == "split":
        return _split(file, against.value, rows, str(expected.by)), theirs
    return rows.groupby(str(expected.by))[str(expected.sum)].sum(), theirs


def _chosen(rows: Any, expected: Expected, *, must: bool) -> Any:
    """Rows with the values of ``where``; a table of areas is asked for those columns it has."""
    lacking = sorted({*expected.where, *filter(None, [expected.by])} - set(rows.columns))
    if must and lacking:
        raise ConfigError(f"expected {expected.what!r}: {expected.table} has no column {', '.join(lacking)}.")
    for column, value in expected.where.items():
        if column in rows.columns:
            rows = rows[(rows[column] == value).fillna(False).astype(bool)]
    return rows.reset_index(drop=True)


def _of_raster(file: gpd.GeoDataFrame, key: str, grids: pd.DataFrame, cells: pd.DataFrame, measure: str) -> pd.Series:
    """Sum of a raster over each of the file's shapes, cells by their share."""
    from pipeline.analysis.coverage import raster_sums
    from pipeline.analysis.grids import on_grid
    from pipeline.analysis.rasters import bands_of

    sums = np.zeros(len(file))
    for _, grid, bands in bands_of(grids, cells):
        sums += raster_sums(on_grid(file.geometry, grid), grid, bands[measure][None])[0][:, 0]
    return pd.Series(sums, index=file[key].to_numpy()).groupby(level=0).sum()


def _split(file: gpd.GeoDataFrame, value: str, areas: gpd.GeoDataFrame, by: str) -> pd.Series:
    """The file's numbers in each area: a shape that crosses a border gives each side its share of ground."""
    from pipeline.analysis.overlaps import overlaps

    pieces = overlaps(file, areas)
    part = pieces["area_share"].to_numpy() * file[value].to_numpy(dtype="float64")[pieces["source"]]
    sums = np.bincount(pieces["target"], weights=part, minlength=len(areas))
    return pd.Series(sums, index=areas[by].to_numpy()).groupby(level=0).sum()
