"""Every layout the pipeline reads, and the one way a study's entries become an input table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.crs import unfit_crs
from pipeline.errors import ConfigError, MissingInput
from pipeline.origins import SourceEntry
from pipeline.sources import (
    Folder,
    Source,
    acs,
    acs_brackets,
    calenviroscreen,
    councilcount,
    district,
    nces,
    relationship,
    svi,
    tiger,
    worldpop,
)
from pipeline.sources.faults import Faults, refuse
from pipeline.sources.intake import check_file
from pipeline.sources.placing import NEAR_DEGREES
from pipeline.sources.plausible import add_faults
from pipeline.sources.states import california
from pipeline.sources.values import subject_of
from pipeline.tables import BY_TABLE, Table, check, empty

SOURCES: tuple[Source, ...] = (
    *acs.SOURCES,
    *acs_brackets.SOURCES,
    *tiger.SOURCES,
    *relationship.SOURCES,
    *svi.SOURCES,
    *calenviroscreen.SOURCES,
    *councilcount.SOURCES,
    *worldpop.SOURCES,
    *nces.SOURCES,
    *california.SOURCES,
    *district.SOURCES,
)


def find(entry: SourceEntry) -> Source:
    """The reader of an entry.

    Raises
    ------
    ConfigError
        If there is no such reader, or it does not fill that table.
    """
    named = [source for source in SOURCES if source.reader == entry.reader]
    if not named:
        known = ", ".join(sorted({source.reader for source in SOURCES}))
        raise ConfigError(f"source {entry.id}: there is no reader {entry.reader!r}. There are: {known}.")
    for source in named:
        if entry.feeds in source.feeds:
            return source
    fills = ", ".join(sorted({table for source in named for table in source.feeds}))
    raise ConfigError(f"source {entry.id}: reader {entry.reader} does not fill {entry.feeds}; it fills {fills}.")


def gather(entries: Iterable[SourceEntry], feeds: str, folder: Folder) -> pd.DataFrame:
    """Read all of a study's sources for one input table, held to its contract.

    Each file is compared with its pinned hash, read, and checked by itself, so that a fault
    names the file; then keys are checked across files. An optional source whose files are not
    there leaves a ``missing_input`` line; without any source the table is empty.

    Parameters
    ----------
    entries
        Sources of one room of the study, for any table.
    feeds
        Input table (``pipeline.tables.INPUTS``).
    folder
        Where the room's files lie, and the study's CRS, box and ledger.

    Returns
    -------
    pandas.DataFrame
        The input table with all its columns (a GeoDataFrame in ``folder.crs`` where it has
        shapes), sorted by key.

    Raises
    ------
    MissingInput
        If a required file is absent: says where to put it and where to get it.
    SourceError
        If a file is none, differs from its pinned hash or breaks its layout.
    ConfigError
        If the study's CRS does not keep areas or is of elsewhere, or a source is misnamed.
    ContractError
        If what a file delivers breaks the table's contract.
    """
    table = BY_TABLE[feeds]
    if table.is_spatial:
        _refuse_unfit_crs(folder.crs, folder.box)
    there = [entry for entry in entries if entry.feeds == feeds and _is_there(entry, folder)]
    _refuse_copies(there, folder)
    read = [(entry, _read(entry, table, folder)) for entry in there]
    if not read:
        return empty(feeds, folder.crs)
    _refuse_shared_keys(table, read)
    frames = [frame for _, frame in read if len(frame)] or [read[0][1]]
    if len(frames) == 1:
        return frames[0]
    together = pd.concat(frames, ignore_index=True)
    return check(table, together, f"{feeds} of {', '.join(subject_of(entry) for entry, _ in read)}")


@cache
def _refuse_unfit_crs(name: str, box: tuple[float, float, float, float]) -> None:
    """Refuse a study whose CRS does not keep areas, or is of elsewhere, before any file is read."""
    import pyproj

    try:
        crs = pyproj.CRS.from_user_input(name)
        unfit = unfit_crs(crs) or _elsewhere(crs.area_of_use, box)
    except pyproj.exceptions.CRSError:
        unfit = "there is no such CRS"
    if unfit:
        raise ConfigError(
            f"geography.crs is {name}: {unfit}. Areas are compared, so name an equal-area CRS in metres: "
            "EPSG:3310 for California, EPSG:5070 for the lower 48 states, ESRI:102008 for North America."
        )


def _elsewhere(area: Any, box: tuple[float, float, float, float]) -> str:
    """Why a CRS does not fit a box: its area of use does not contain it (give or take 25 km); else empty."""
    if area is None:
        return ""
    west, south, east, north = box
    # an area across the 180th meridian has its west east of its east
    width, start = (area.east - area.west) % 360 or 360, (west + NEAR_DEGREES - area.west) % 360 - NEAR_DEGREES
    if (
        start + east - west <= width + NEAR_DEGREES
        and area.south - NEAR_DEGREES <= south
        and north <= area.north + NEAR_DEGREES
    ):
        return ""
    return f"it is made for {area.name}, and geography.box {list(box)} lies elsewhere"


def _is_there(entry: SourceEntry, folder: Folder) -> bool:
    for file in entry.files:
        check_file(folder.path / file.name, subject_of(entry, file.name))
    absent = [file.name for file in entry.files if not (folder.path / file.name).is_file()]
    if not absent:
        return True
    where = f"{entry.producer}: {entry.title} ({entry.vintage}), {entry.url}"
    if entry.required:
        raise MissingInput(
            f"source {entry.id}: {', '.join(absent)} is not there. Put it into {folder.path}/ or run `python -m pipeline fetch`. It is published by {where}."
        )
    folder.ledger.missing_input(
        subject_of(entry),
        f"{', '.join(absent)} is not there, so {entry.feeds} lacks it. To be had from {where}; put it into {folder.path}/ or run `python -m pipeline fetch`.",
    )
    return False


# What goes with a shapefile is often the same for several: a CRS, an encoding, an index.
_SIDECARS = frozenset({".shx", ".dbf", ".prj", ".cpg", ".sbn", ".sbx", ".xml", ".qix", ".qpj", ".qmd"})


def _refuse_copies(entries: list[SourceEntry], folder: Folder) -> None:
    """One file under two names: last year's map as this year's, or one table as two vintages.

    Entries may name the same file, as when one map of areas serves several vintages: that is said
    by the study and not an accident.
    """
    owners: dict[str, list[SourceEntry]] = {}
    for entry in entries:
        for file in entry.files:
            if Path(file.name).suffix.lower() not in _SIDECARS:
                owners.setdefault(file.name, []).append(entry)
    sizes: dict[int, list[str]] = {}
    for name in owners:
        sizes.setdefault((folder.path / name).stat().st_size, []).append(name)
    for names in sizes.values():
        seen: dict[str, str] = {}
        for name in names if len(names) > 1 else ():
            first = seen.setdefault(_sha256(folder.path / name), name)
            if first != name:
                raise refuse(
                    f"{subject_of(owners[first][0], first)} and {subject_of(owners[name][0], name)}",
                    "E-SAME-FILE",
                    "two files are the same, byte by byte, but stand for different things",
                    f"{first} ({owners[first][0].vintage}), {name} ({owners[name][0].vintage})",
                    "Fetch the one that was overwritten again; if one file truly serves for both, name that file in both sources.",
                )


def _read(entry: SourceEntry, table: Table, folder: Folder) -> pd.DataFrame:
    for file in entry.files:
        if file.sha256 is not None:
            found = _sha256(folder.path / file.name)
            if found != file.sha256:
                raise refuse(
                    subject_of(entry, file.name),
                    "E-HASH",
                    "the file is not the one the study was made with",
                    f"sha256 {found}, pinned {file.sha256}",
                    "Fetch it again; if the publisher has changed it, check it and pin the new hash.",
                )
    frame = find(entry).read(entry, folder)
    for name in table.names:
        if name not in frame.columns and name not in table.required and name != "geometry":
            frame[name] = empty(table.name, folder.crs)[name].reindex(frame.index)
    if table.is_spatial:
        frame = _placed(frame, folder)
    rows = frame.get("__row__")
    held = check(table, frame[[c for c in frame.columns if c != "__row__"]], subject_of(entry), rows)
    faults = Faults()
    add_faults(table.name, held, faults)
    faults.raise_if_any(subject_of(entry))
    return held


def _placed(frame: pd.DataFrame, folder: Folder) -> pd.DataFrame:
    """The frame with a geometry column in the study's CRS, empty where a table has no places."""
    import geopandas

    if isinstance(frame, geopandas.GeoDataFrame) and "geometry" in frame.columns:
        return frame
    shapes = geopandas.GeoSeries(
        frame["geometry"] if "geometry" in frame.columns else [None] * len(frame), index=frame.index, crs=folder.crs
    )
    return geopandas.GeoDataFrame(frame.drop(columns="geometry", errors="ignore"), geometry=shapes)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _refuse_shared_keys(table: Table, read: list[tuple[SourceEntry, pd.DataFrame]]) -> None:
    """Two files may not hold the same key: which of them is right cannot be told."""
    if not table.key:
        return
    keys = [frame[list(table.key)].assign(__source__=n) for n, (_, frame) in enumerate(read)]
    every = pd.concat(keys, ignore_index=True)
    doubled = every[every.duplicated(list(table.key), keep=False)].sort_values(
        [*table.key, "__source__"], kind="stable"
    )
    if len(doubled):
        first = doubled.iloc[0]
        sources = [subject_of(read[int(n)][0]) for n in sorted(doubled["__source__"].unique())]
        example = ", ".join(f"{k}={first[k]}" for k in table.key)
        pairs = len(doubled.drop_duplicates(list(table.key)))
        raise refuse(
            " and ".join(sources),
            "E-KEY-DUP",
            f"{pairs:,} keys ({', '.join(table.key)}) stand in more than one file",
            example,
            "Keep each row in one file, with `keep` or `drop`.",
        )
