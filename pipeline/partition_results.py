"""What is computed from a partition, written whole or not at all."""

from __future__ import annotations

import os
import uuid
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import PipelineError

if TYPE_CHECKING:
    import pandas as pd

PROFILE, LEDGER = "zone_profile.parquet", "ledger.parquet"


def write_results(out: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write all tables by their file's name, then move each over its place in order, so that the last stands for all.

    Each draft has a name of its own: where a task is done twice at a time, neither touches the
    other's. What a killed run left is removed by the next run of the country (`sweep`). Each page
    carries a checksum, which a reader may verify.

    Raises
    ------
    PipelineError
        If fewer rows arrive on disk than there are.
    """
    from pyarrow import parquet

    pending = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            draft = out / f".draft-{uuid.uuid4().hex}-{name}"
            pending.append((draft, out / name))
            table.to_parquet(draft, index=False, compression="zstd", write_page_checksum=True)
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            rows = parquet.read_metadata(draft).num_rows
            if rows != len(table):
                raise PipelineError(f"{draft}: {rows} of {len(table)} rows arrived on disk. Is the disk full?")
        for draft, place in pending:
            draft.replace(place)
    finally:
        for draft, _ in pending:
            draft.unlink(missing_ok=True)


def sweep(out: Path) -> None:
    """Remove the drafts that a killed run left; call it before a run, never during one."""
    for draft in out.glob(".draft-*"):
        draft.unlink(missing_ok=True)
