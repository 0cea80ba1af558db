"""One module per DVC stage: a short declaration of what it reads, writes and calls."""

from __future__ import annotations

import importlib
from collections.abc import Callable
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
    "growth",
    "outlook",
    "scenarios",
    "comparison",
    "utilization",
    "seats",
    "need",
    "rfp",
    "matches",
    "siting",
    "recommendations",
    "publish",
    "atlas",
    "packet",
    "ledger",
)

# Stages whose ledgers publish gathers; what scenarios leave out, comparison says.
INGEST_TO_ADVICE = tuple(name for name in NAMES[: NAMES.index("publish")] if name != "scenarios")


@dataclass(frozen=True)
class Stage:
    """What one DVC stage is: tables in, tables and files out, settings used, and its function.

    ``run(study, tables)`` returns one value for each name in ``writes`` (a frame) and
    ``files`` (text or bytes). ``rooms`` names the raw folders an ingest stage reads,
    ``folders`` those of the workspace itself. A stage with a
    ``matrix`` runs once for each of its items, as ``run(study, tables, item)``, and writes that item's
    table alone: ``writes`` has one for each, in the same order.
    """

    name: str
    summary: str
    reads: tuple[str, ...]
    writes: tuple[str, ...]
    sections: tuple[str, ...]
    run: Callable[..., dict[str, Any]]
    files: tuple[str, ...] = ()
    rooms: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()
    matrix: tuple[str, ...] = ()

    def written(self, item: str) -> tuple[str, ...]:
        """Tables that one run writes."""
        return (self.writes[self.matrix.index(item)],) if self.matrix else self.writes


def find(name: str) -> Stage:
    """Import one stage, and only what it uses."""
    stage: Stage = importlib.import_module(f"pipeline.stages.{name}").STAGE
    return stage


def execute(stage: Stage, item: str = "") -> None:
    """Run one stage in the current workspace; of a stage with a matrix, the item named or each in turn."""
    for each in [item] if item or not stage.matrix else stage.matrix:
        _execute(stage, each)


def _execute(stage: Stage, item: str) -> None:
    promised = {*stage.written(item), *stage.files}
    store.discard_drafts(tuple(sorted(promised)))
    study = config.load()
    tables = {table: store.read(table, crs=study.geography.crs) for table in stage.reads}
    arguments = (config.only(study, stage.name, stage.sections), tables, *([item] if item else []))
    outputs = stage.run(*arguments)
    if set(outputs) != promised:
        raise RuntimeError(f"stage {stage.name} promised {sorted(promised)} and returned {sorted(outputs)}")
    store.write(outputs, crs=study.geography.crs)
