"""A district's own files: tables and shapes mapped to ours by the study alone.

Two readers need no code for a new district: ``table`` for delimited text, workbooks, JSON and
Parquet, and ``shapes`` for layers of polygons or points. Their words are those of
``pipeline.sources.mapping``; ``docs/studies.md`` is the guide.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from pipeline.errors import ConfigError
from pipeline.origins import SourceEntry
from pipeline.sources import Folder, Source, options
from pipeline.sources.conversion import map_values
from pipeline.sources.files import read_parquet_rows, read_rows
from pipeline.sources.geofiles import open_shapes
from pipeline.sources.lookup import look_up
from pipeline.sources.mapping import VALUE_OPTIONS, Mapped, check_words, filter_rows, melt, require_columns, theirs_of
from pipeline.sources.places import SHAPE_OPTIONS, place_points, place_rows
from pipeline.sources.plausible import add_faults
from pipeline.sources.reduction import reduce_rows
from pipeline.sources.values import subject_of
from pipeline.tables import BY_TABLE, INPUTS

if TYPE_CHECKING:
    import geopandas as gpd

_FILE_OPTIONS: dict[str, Any] = {
    "delimiter": None,
    "encoding": "utf-8",
    "sheet": None,
    "header_row": 1,
    "skip_footer": 0,
    "ends_with_newline": True,
    "accept_garbled": False,
}
_SIDECARS = frozenset({".dbf", ".shx", ".prj", ".cpg", ".sbn", ".sbx", ".xml", ".qpj", ".qmd"})
# What stands inside an option that is a mapping: its words, those that are needed first.
_INNER: dict[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "unpivot": (("into", "value", "columns"), ()),
    "span": (("column",), ("codes", "repair_dates")),
    "point": (("longitude", "latitude"), ("crs", "absent")),
    "lookup": (
        ("file", "match"),
        ("columns", "delimiter", "encoding", "sheet", "header_row", "layer", "crs", "pad", "known_as"),
    ),
}


def read_table(entry: SourceEntry, folder: Folder) -> pd.DataFrame:
    """Rows of a district's table as the input table it feeds.

    Every file of the entry is read with the same mapping. Points come from ``point`` (columns
    of coordinates) or from a ``lookup`` file of shapes; a school without coordinates stays in
    the table without a place, counted in the ledger.

    Raises
    ------
    ConfigError
        If the mapping speaks of columns that do not exist or leaves a required one unfilled.
    SourceError
        With every fault of a file: unknown codes, unreadable numbers, damaged ids, doubled keys.
    """
    table = BY_TABLE[entry.feeds]
    chosen = _choose(entry, **_FILE_OPTIONS, **VALUE_OPTIONS, point=None, outside="refuse")
    if chosen["outside"] == "drop":
        raise ConfigError(
            f"source {entry.id}: `outside: drop` is for shapes; for a table write keep, or leave the rows out with `drop`."
        )
    check_words(entry, table, chosen, has_shapes=bool(chosen["lookup"]))
    parts = []
    for path in _data_files(entry, folder, chosen):
        subject = subject_of(entry, path.name)
        rows = _open_table(path, entry, chosen, folder)
        rows = look_up(rows, entry, chosen, folder, subject)
        point = chosen["point"] or {}
        require_columns(
            rows, [*theirs_of(entry, chosen), *(point[c] for c in ("longitude", "latitude") if c in point)], subject
        )
        work = Mapped(
            entry,
            table,
            chosen,
            subject,
            melt(filter_rows(rows, entry, subject, folder.ledger), chosen["unpivot"]),
            folder.ledger,
        )
        out = map_values(work)
        add_faults(table.name, out, work.faults)
        if table.is_spatial:
            places = work.rows["geometry"] if "geometry" in work.rows.columns else None
            out["geometry"] = (
                places if places is not None else place_points(work, chosen["point"], chosen["outside"], folder)
            )
        out = reduce_rows(work, out)
        work.faults.raise_if_any(subject)
        parts.append(out)
    return _together(parts, table.is_spatial, folder)


def read_shapes(entry: SourceEntry, folder: Folder) -> gpd.GeoDataFrame:
    """Features of a district's layer as the input table it feeds, valid and in the study's CRS.

    Rows are chosen by ``keep`` and ``drop`` before shapes are looked at, so that a known bad
    feature can be left out. Several rows with one zone id are parts of that zone.

    Raises
    ------
    ConfigError, SourceError
        As for ``read_table``, and for shapes that cannot be trusted.
    """
    table = BY_TABLE[entry.feeds]
    chosen = _choose(entry, **SHAPE_OPTIONS, **VALUE_OPTIONS)
    check_words(entry, table, chosen, has_shapes=True)
    parts = []
    for path in _data_files(entry, folder, chosen):
        subject = subject_of(entry, path.name)
        frame, declared, mixed = open_shapes(path, subject, chosen["layer"])
        require_columns(frame, [c for c in theirs_of(entry, chosen) if not _comes_by_lookup(c, chosen)], subject)
        rows = filter_rows(frame, _without_lookup(entry, chosen), subject, folder.ledger)
        rows = place_rows(rows, declared, entry, table, chosen, subject, folder)
        rows = look_up(rows, entry, chosen, folder, subject)
        work = Mapped(entry, table, chosen, subject, melt(rows, chosen["unpivot"]), folder.ledger, mixed=mixed)
        out = map_values(work)
        add_faults(table.name, out, work.faults)
        if table.is_spatial:
            out["geometry"] = work.rows["geometry"]
        out = reduce_rows(work, out)
        work.faults.raise_if_any(subject)
        parts.append(out)
    return _together(parts, table.is_spatial, folder)


def _choose(entry: SourceEntry, **defaults: Any) -> dict[str, Any]:
    chosen = options(entry, **defaults)
    wrong = []
    for name, (needed, further) in _INNER.items():
        value = chosen.get(name)
        if value is None:
            continue
        if not isinstance(value, Mapping):
            wrong.append(f"`{name}` must be a mapping with {', '.join(needed)}")
            continue
        unknown, lacking = sorted(map(str, set(value) - {*needed, *further})), [w for w in needed if w not in value]
        wrong += (
            [f"`{name}` has no word {', '.join(unknown)} (it has {', '.join((*needed, *further))})"] if unknown else []
        )
        wrong += [f"`{name}` needs {', '.join(lacking)}"] if lacking else []
    for name, default in defaults.items():
        kind = dict if isinstance(default, dict) else (list, tuple) if isinstance(default, tuple) else None
        if kind and not isinstance(chosen[name], kind):
            wrong.append(f"`{name}` must be a {'mapping' if kind is dict else 'list'}, not {chosen[name]!r}")
    for name, allowed in (
        ("outside", ("refuse", "drop", "keep")),
        ("shapes", ("polygons", "points")),
        ("point_on", ("representative",)),
    ):
        if chosen.get(name) is not None and chosen[name] not in allowed:
            wrong.append(f"`{name}` must be one of {', '.join(allowed)}, not {chosen[name]!r}")
    if wrong:
        raise ConfigError(f"source {entry.id}:" + "".join(f"\n  - {w}" for w in wrong))
    return chosen


def _data_files(entry: SourceEntry, folder: Folder, chosen: Mapping[str, Any]) -> list[Path]:
    """Files with rows: not the sidecars of a shapefile, nor the file that is looked up."""
    looked_up = (chosen["lookup"] or {}).get("file")
    files = [
        folder.path / f.name
        for f in entry.files
        if Path(f.name).suffix.lower() not in _SIDECARS and f.name != looked_up
    ]
    if looked_up is not None and looked_up not in [f.name for f in entry.files]:
        raise ConfigError(f"source {entry.id}: `lookup` names {looked_up}, which is not among its `files`.")
    if not files:
        raise ConfigError(f"source {entry.id}: `files` names no file with rows.")
    return files


def _open_table(path: Path, entry: SourceEntry, chosen: Mapping[str, Any], folder: Folder) -> pd.DataFrame:
    if path.suffix.lower() == ".parquet":
        names = [c for c in theirs_of(entry, chosen) if not _comes_by_lookup(c, chosen)]
        names += [chosen["point"][c] for c in ("longitude", "latitude")] if chosen["point"] else []
        names += list(chosen["lookup"]["match"]) if chosen["lookup"] else []
        from pipeline.sources.geofiles import text_column

        rows = (
            read_parquet_rows(path, list(dict.fromkeys(names)), entry_id=entry.id)
            .reset_index(drop=True)
            .apply(text_column)
        )
        rows["__row__"] = range(1, len(rows) + 1)
        return rows
    file = {name: chosen[name] for name in _FILE_OPTIONS}
    file["delimiter"] = file["delimiter"] or ("\t" if ".tsv" in path.name.lower() else ",")
    return read_rows(path, entry_id=entry.id, ledger=folder.ledger, **file)


def _comes_by_lookup(column: str, chosen: Mapping[str, Any]) -> bool:
    return bool(chosen["lookup"]) and column in chosen["lookup"].get("columns", {})


def _without_lookup(entry: SourceEntry, chosen: Mapping[str, Any]) -> SourceEntry:
    late = sorted(c for c in (*entry.keep, *entry.drop) if _comes_by_lookup(c, chosen))
    if late:
        raise ConfigError(
            f"source {entry.id}: `keep` and `drop` come before `lookup` in shapes; {', '.join(late)} is not there yet."
        )
    return entry


def _together(parts: list[pd.DataFrame], is_spatial: bool, folder: Folder) -> Any:
    # rows keep their number in the file, for the messages of the contract check
    frame = pd.concat(parts, ignore_index=True) if len(parts) > 1 else parts[0].reset_index(drop=True)
    if not is_spatial:
        return frame
    import geopandas as gpd

    shapes = gpd.GeoSeries(list(frame["geometry"]), index=frame.index, crs=folder.crs)
    return gpd.GeoDataFrame(frame.drop(columns="geometry"), geometry=shapes)


SOURCES: tuple[Source, ...] = (
    Source(
        "table",
        tuple(t.name for t in INPUTS),
        "A district's own table: .csv .tsv .txt .xlsx .json .parquet, mapped by the study",
        read_table,
    ),
    Source(
        "shapes",
        tuple(t.name for t in INPUTS),
        "A district's own layer: GeoPackage, GeoJSON, shapefile, GeoParquet, mapped by the study",
        read_shapes,
    ),
)
