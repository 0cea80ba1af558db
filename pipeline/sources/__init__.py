"""Raw files to tidy input tables: one module per published product.

A *reader* takes one source entry of the study and the folder its files lie in, and returns
the input table that the entry feeds (`pipeline.tables.INPUTS`). ``SOURCES`` lists them all.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.ledger import Ledger
from pipeline.origins import SourceEntry


@dataclass(frozen=True)
class Folder:
    """Where the files of one room lie, and what every reader must know about the study."""

    path: Path
    crs: str
    box: tuple[float, float, float, float]
    ledger: Ledger

    def file(self, entry: SourceEntry, position: int = 0) -> Path:
        """Path of one of the entry's files."""
        return self.path / entry.files[position].name


@dataclass(frozen=True)
class Source:
    """A layout we can read: the ``reader`` name a study uses, what it feeds and the function."""

    reader: str
    feeds: tuple[str, ...]
    layout: str
    read: Callable[[SourceEntry, Folder], pd.DataFrame]


def options(entry: SourceEntry, **defaults: Any) -> dict[str, Any]:
    """The entry's options over a reader's defaults; a name the reader does not know is refused.

    Raises
    ------
    ConfigError
        Naming the source, the unknown option and those that exist.
    """
    from pipeline.errors import ConfigError

    unknown = sorted(set(entry.options) - set(defaults))
    if unknown:
        known = ", ".join(sorted(defaults)) or "none"
        strange = ", ".join(unknown)
        raise ConfigError(f"source {entry.id}: reader {entry.reader} has no option {strange} (it has: {known}).")
    return {**defaults, **entry.options}


__all__ = ["Folder", "Ledger", "Sequence", "Source", "options"]
