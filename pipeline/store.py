"""The only door to data/processed and maps/: checks, sorts, writes each file whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from pipeline.crs import crs_name
from pipeline.errors import MissingInput, PipelineError, refusal_of
from pipeline.held import looks_held
from pipeline.origins import not_a_file
from pipeline.tables import BY_TABLE, Table, check

if TYPE_CHECKING:
    import pandas as pd

PROCESSED = Path("data/processed")


def path_of(name: str) -> Path:
    """Where a table or file lives: ``need`` -> data/processed/need.parquet, ``maps/need.html`` as it is."""
    if name in BY_TABLE:
        return PROCESSED / f"{name}.parquet"
    parts = PurePosixPath(name).parts
    if (parts[:1] != ("maps",) and parts[:2] != ("data", "processed")) or ".." in parts:
        raise PipelineError(f"{name!r} is neither a table nor a file under maps/ or data/processed/.")
    return Path(*parts)


def read(name: str, columns: list[str] | None = None, *, crs: str = "") -> Any:
    """Read a table: a GeoDataFrame where it has shapes (and ``geometry`` is asked for).

    A whole table is held to its contract, and to ``crs`` where one is given: what was changed on disk is refused.

    Raises
    ------
    MissingInput
        If the table has not been made yet.
    ContractError
        If it breaks its contract: names the file and every fault.
    PipelineError
        If its file is damaged or may not be read.
    """
    table, path = BY_TABLE[name], path_of(name)
    again = f"Run `dvc repro {table.stage}` again."
    try:
        if found := not_a_file(path):
            raise PipelineError(f"{path} is {found}, not a file: move it away. {again}")
        if not path.is_file():
            raise MissingInput(f"{path} is not there yet: run `dvc repro {table.stage}` first.")
        frame = _read_table(path, columns, is_spatial=table.is_spatial and (columns is None or "geometry" in columns))
    except OSError as error:
        raise PipelineError(f"{refusal_of(error, f'{path} cannot be read')} {again}") from error
    except ValueError as error:  # ArrowInvalid is one
        raise PipelineError(
            f"{path} is damaged or of another version ({str(error).splitlines()[0]}). Delete it. {again}"
        ) from error
    return frame if columns is not None else _held(table, frame, path, crs)


def _read_table(path: Path, columns: list[str] | None, *, is_spatial: bool) -> Any:
    if is_spatial:
        import geopandas

        return geopandas.read_parquet(path, columns=columns)
    import pandas as pd

    return pd.read_parquet(path, columns=columns)


def _held(table: Table, frame: Any, path: Path, crs: str) -> Any:
    """The frame, once it is sure that it is what was written."""
    subject = f"{path} (changed since it was written: delete it and run `dvc repro {table.stage}` again)"
    if not looks_held(table, frame):
        frame = check(table, frame, subject)
    if crs and table.is_spatial and frame.crs != crs:
        raise PipelineError(f"{subject} is in {crs_name(frame.crs)}, the study is in {crs_name(crs)}.")
    return frame


def write(outputs: Mapping[str, Any], *, crs: str) -> None:
    """Check every output, then write each file whole.

    Tables are held to their contract first, so that a refused one leaves nothing behind. Each
    file is written beside its place and flushed to disk; only when all are there is each moved
    over its place, in one step. A stage whose parent died (a killed ``dvc repro``) discards its
    work instead. Killed between two moves, it leaves some files new and others old, each of them
    whole, and drafts beside them: a second run puts both right.

    Raises
    ------
    ContractError
        If a table breaks its contract.
    PipelineError
        If a file cannot be written: names it and says what to do.
    """
    checked = {name: check(BY_TABLE[name], value) if name in BY_TABLE else value for name, value in outputs.items()}
    parent = os.getppid()
    pending: list[tuple[Path, Path]] = []
    place = PROCESSED
    try:
        for name, value in checked.items():
            place = path_of(name)
            draft = _draft_of(name)
            place.parent.mkdir(parents=True, exist_ok=True)
            pending.append((draft, place))
            _write_draft(draft, name, value, crs)
        if os.getppid() != parent:
            raise PipelineError("The run that started this stage has ended: its results are discarded.")
        for draft, place in pending:
            draft.replace(place)
    except OSError as error:
        raise PipelineError(refusal_of(error, f"{place} cannot be written")) from error
    finally:
        for draft, _ in pending:
            draft.unlink(missing_ok=True)


def discard_drafts(names: Iterable[str]) -> None:
    """Remove what a killed run of a stage left beside the places of its outputs."""
    for name in names:
        _draft_of(name).unlink(missing_ok=True)


def _draft_of(name: str) -> Path:
    place = path_of(name)
    return place.with_name(f".draft-{place.name}")


def _write_draft(draft: Path, name: str, value: Any, crs: str) -> None:
    if name in BY_TABLE:
        _write_table(draft, BY_TABLE[name], value, crs)
    else:
        draft.write_bytes(value.encode("utf-8") if isinstance(value, str) else value)
    with draft.open("rb") as file:
        os.fsync(file.fileno())


def _write_table(draft: Path, table: Table, frame: pd.DataFrame, crs: str) -> None:
    import pyarrow.parquet as parquet

    if table.is_spatial:
        geo: Any = frame
        if geo.crs != crs:
            raise PipelineError(
                f"table {table.name} is in {crs_name(geo.crs)}, the study is in {crs_name(crs)}: reproject it where it is made."
            )
        geo.to_parquet(draft, index=False, compression="zstd", write_covering_bbox=True)
    else:
        frame.to_parquet(draft, index=False, compression="zstd")
    rows = parquet.read_metadata(draft).num_rows
    if rows != len(frame):
        raise PipelineError(f"{draft}: {rows} of {len(frame)} rows arrived on disk. Is the disk full?")
