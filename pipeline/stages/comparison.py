"""Stage comparison: all scenarios side by side."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.scenarios import compared
from pipeline.columns import SCENARIOS
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Set every scenario beside the plan."""
    ledger = Ledger()
    side_by_side = compared({slot: tables[f"scenario_{slot}"] for slot in SCENARIOS}, ledger)
    return {"scenario_outlook": side_by_side, "ledger_comparison": ledger.frame()}


STAGE = Stage(
    name="comparison",
    summary="All scenarios side by side, each with its change against the plan",
    reads=tuple(f"scenario_{slot}" for slot in SCENARIOS),
    writes=("scenario_outlook", "ledger_comparison"),
    sections=("study",),
    run=run,
)
