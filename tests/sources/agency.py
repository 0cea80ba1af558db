"""What tests of agency readers share: a source entry, a folder and files in the official layouts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.ledger import Ledger
from pipeline.origins import RawFile, SourceEntry
from pipeline.sources import Folder
from pipeline.tables import BY_TABLE, check

SACRAMENTO = (-121.6, 38.4, -121.3, 38.7)


def entry(
    reader: str, feeds: str, *names: str, vintage: str = "", options: Mapping[str, Any] | None = None, **more: Any
) -> SourceEntry:
    """A source entry with only what a reader looks at."""
    files = tuple(RawFile(name=name) for name in names)
    return SourceEntry(
        id="tried",
        feeds=feeds,
        reader=reader,
        files=files,
        producer="",
        title="",
        url="",
        licence="",
        vintage=vintage,
        accessed="",
        options=dict(options or {}),
        **more,
    )


def folder(path: Path, crs: str = "EPSG:3310", box: tuple[float, float, float, float] = SACRAMENTO) -> Folder:
    """A room's folder with its own ledger."""
    return Folder(path, crs, box, Ledger())


def write(
    path: Path, header: Iterable[str], rows: Iterable[Iterable[object]], delimiter: str = ",", encoding: str = "utf-8"
) -> Path:
    """A delimited text file."""
    lines = [delimiter.join(str(cell) for cell in row) for row in [list(header), *rows]]
    path.write_text("\n".join(lines) + "\n", encoding=encoding)
    return path


def held(feeds: str, frame: pd.DataFrame) -> pd.DataFrame:
    """The frame held to the contract of the input table it feeds, as `registry.gather` does."""
    frame = frame.copy()
    for name in BY_TABLE[feeds].names:
        if name not in frame.columns and name not in BY_TABLE[feeds].required:
            frame[name] = None
    return check(BY_TABLE[feeds], frame, "tried")


def lines(where: Folder, kind: str) -> pd.DataFrame:
    """Ledger lines of one kind."""
    frame = where.ledger.frame()
    return frame[frame["entry"] == kind]
