"""A study that has nothing but its name: every stage must still write its tables."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from pipeline import config
from pipeline.origins import Raw
from pipeline.stages import find
from pipeline.tables import BY_TABLE, check, empty

ROOT = Path(__file__).resolve().parents[2]


def study(**sections: Any) -> config.Study:
    """Millbrook's settings without any of its sources."""
    return config.load(ROOT / "studies/millbrook.yaml").model_copy(update={"raw": Raw(), **sections})


def run(stage: str, tables: dict[str, Any] | None = None, **sections: Any) -> dict[str, Any]:
    """Run one stage as the pipeline does, without files; tables not given are empty."""
    declared, whole = find(stage), study(**sections)
    given = {name: empty(name, whole.geography.crs) for name in declared.reads} | (tables or {})
    outputs = declared.run(config.only(whole, stage, declared.sections), given)
    assert set(outputs) == {*declared.writes, *declared.files}
    return {name: check(BY_TABLE[name], frame) for name, frame in outputs.items()}


def missing(ledger: Any) -> list[str]:
    """Subjects of the ledger's missing_input lines."""
    return sorted(ledger.loc[ledger["entry"] == "missing_input", "subject_name"])


def balanced(ledger: Any, subjects: Iterable[str]) -> None:
    """Each subject has a balance line that adds up."""
    lines = ledger[ledger["entry"] == "balance"].set_index("subject_name")
    for subject in subjects:
        line = lines.loc[subject]
        parts = line["inside"] + line["outside"] + line["unlocated"]
        assert abs(parts - line["total"]) <= 1e-9 * max(line["total"], 1.0)
