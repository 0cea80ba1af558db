"""One module per DVC stage: a short declaration of what it reads, writes and calls."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipeline import config, store

# Reading order; dvc.yaml follows it.
NAMES = (
    "census",
    "boundaries",
    "schools",
    "facilities",
    "relations",
    "profiles",
    "quality",
    "need",
    "growth",
    "outlook",
    "utilization",
    "seats",
    "matches",
    "recommendations",
    "publish",
    "atlas",
    "ledger",
)

# Stages whose ledgers publish gathers.
INGEST_TO_ADVICE = NAMES[: NAMES.index("publish")]


@dataclass(frozen=True)
class Stage:
    """What one DVC stage is: tables in, tables and files out, settings used, and its function.

    ``run(study, tables)`` returns one value for each name in ``writes`` (a frame) and
    ``files`` (text or bytes). ``rooms`` names the raw folders an ingest stage reads.
    """

    name: str
    summary: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    sections: tuple[str, ...]
    run: Callable[[config.Study, Mapping[str, Any]], dict[str, Any]]
    files: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()


def find(name: str) -> Stage:
    """Import one stage, and only what it uses."""
    stage: Stage = importlib.import_module(f"pipeline.stages.{name}").STAGE
    return stage


def execute(stage: Stage) -> None:
    """Run one stage in the current workspace."""
    store.discard_drafts((*stage.writes, *stage.files))
    study = config.load()
    tables = {table: store.read(table) for table in stage.reads}
    outputs = stage.run(config.only(study, stage.name, stage.sections), tables)
    promised = {*stage.writes, *stage.files}
    if set(outputs) != promised:
        raise RuntimeError(f"stage {stage.name} promised {sorted(promised)} and returned {sorted(outputs)}")
    store.write(outputs, crs=study.geography.crs)
