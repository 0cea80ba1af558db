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

AGREES, EXPLAINED, DIFFERS, ABSENT = "agrees", "differs as explained", "differs", "not compared"
# One rule for every study, in shares, so that no bound is cut to what was found. Two numbers are the same where they
# are a hundred-thousandth apart: rounding leaves less, and half a person in a zone of thousands is more.
SAME_SHARE = 1e-5
# A reason such as "blocks are split here, and whole there" speaks of the edges of areas. It is believed as long as only
# edges differ: a hundredth of all in another area is an eighth of the survey's own margin for a neighborhood's
# people, and a wrong crosswalk moves more, even between a few zones of one size. The cells of a raster are as large
# as city blocks and cut by every border: there it is a twentieth.
MOVED_SHARE = {"table": 0.01, "split": 0.01, "raster": 0.05}
# Edges move people from one area to the next, so that totals stay, and are the smaller part of an area.
TOTAL_SHARE, AREA_SHARE = 0.01, 0.5
_SHAPES = (".shp", ".geojson", ".gpkg", ".json", ".topojson")


def compare(expected: Expected, study: Study, home: Path, read: Callable[[str], Any]) -> tuple[str, str]:
    """Whether the areas of a finished study agree with a publisher's file, and a line that says how far.

    Parameters
    ----------
    expected : Expected
        With ``against``: the file, its columns, and why areas may differ.
    study : Study
        Its sources, CRS and box.
    home : Path
        The workspace in which the study ran; the file lies in its ``data/raw``.
    read : callable
        Gives a processed table by its name, with its shapes.

    Returns
    -------
    verdict, line
        As `verdict` says, or "not compared" where an optional file is not there.

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
        return ABSENT, f"{expected.what}: {path.name} is not there"
    file = _file(path, entry, against, study)
    ours, theirs = _sides(expected, against, file, read)
    both = pd.DataFrame({"ours": ours, "theirs": theirs}).fillna(0.0).sort_index()
    return verdict(expected.what, both, expected.source, against.because, MOVED_SHARE[against.ours])


def verdict(
    what: str, both: pd.DataFrame, source: str, because: str, moved_share: float = MOVED_SHARE["table"]
) -> tuple[str, str]:
    """Whether two numbers of each area agree, differ as explained or differ, and the line that is printed.

    Parameters
    ----------
    what, source : str
        What is compared, and with whose numbers.
    both : DataFrame
        One row per area, with ``ours`` and ``theirs``; an area that one side lacks has 0 there.
    because : str
        Why they may differ; empty: for no reason.
    moved_share : float
        Share of all that may stand in another area for this reason (`MOVED_SHARE`).

    Returns
    -------
    verdict, line
        "agrees" where no area is off by more than `SAME_SHARE`; "differs as explained" where there is a reason,
        at most ``moved_share`` of all stands in another area, totals are at most `TOTAL_SHARE` apart and no area is
        off by more than `AREA_SHARE`; otherwise "differs". An area is off by a share of its number, or of the
        mean area's where that is larger.

    Examples
    --------
    >>> both = pd.DataFrame({"ours": [99.0, 51.0], "theirs": [100.0, 50.0]}, index=["a", "b"])
    >>> verdict("pupils", both, "the district's file", "Blocks are split here.")
    ('differs as explained', "pupils: 2 areas, 150 here and 150 in the district's file; the largest difference is 1.0, in a (99 and 100), the middle one 1.0; 0.7% of all stand in another area. Blocks are split here.")
    >>> verdict("pupils", both, "the district's file", "")[0]
    'differs'
    """
    if both.empty:
        return DIFFERS, f"{what}: there is no area to compare with {source}"
    apart = (both["ours"] - both["theirs"]).abs()
    first = apart.idxmax()
    here, there = (float(both[side].sum()) for side in ("ours", "theirs"))
    scale = both["theirs"].clip(lower=float(both["theirs"].mean()))
    moved = float(apart.sum()) / 2
    at = both.loc[first]
    line = (
        f"{what}: {len(both):,} areas, {here:,.0f} here and {there:,.0f} in {source}; the largest difference is {apart.max():,.1f}, "
        f"in {first} ({at['ours']:,.0f} and {at['theirs']:,.0f}), the middle one {apart.median():,.1f}"
    )
    if there > 0:
        line += f"; {moved / there:.1%} of all stand in another area"
    if not (apart > SAME_SHARE * scale).any():
        return AGREES, line
    line += f". {because}" if because else ""
    off = int((apart > AREA_SHARE * scale).sum())
    faults = {
        "no reason is given": not because,
        f"more than {moved_share:.0%} of all stand in another area": moved > moved_share * there,
        f"the totals are more than {TOTAL_SHARE:.0%} apart": abs(here - there) > TOTAL_SHARE * there,
        f"areas are off by more than {AREA_SHARE:.0%} ({off} of them)": off > 0,
    }
    if found := [fault for fault, is_so in faults.items() if is_so]:
        return DIFFERS, f"{line} But {' and '.join(found)}: that is not explained"
    return EXPLAINED, line


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
