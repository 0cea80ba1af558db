"""Stage scenarios: the outlook under each of the study's scenarios, one item of a matrix at a time."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.outlook_inputs import READS
from pipeline.analysis.scenarios import WhatIf, method_in_force, scenario
from pipeline.columns import SCENARIOS
from pipeline.config import Scenario, Study
from pipeline.stages import Stage
from pipeline.stages.outlook import choices_of, event_of
from pipeline.tables import empty


def run(study: Study, tables: Mapping[str, Any], item: str) -> dict[str, Any]:
    """Project one scenario; one that the study does not describe is empty, the plan itself always there."""
    described = {"as_planned": Scenario(), **study.scenarios}
    name = f"scenario_{item}"
    if item not in described:
        return {name: empty(name, "")}
    wanted = described[item]
    events = tuple(event_of(event, f"scenarios.{item}.events") for event in wanted.events)
    what_if = WhatIf(wanted.homes != "none", wanted.capture_change, events)
    choices = choices_of(study)
    method = method_in_force(tables["backtest"], choices.method)
    return {name: scenario(item, tables, choices, what_if, tables["outlook_totals"], method)}


STAGE = Stage(
    name="scenarios",
    summary="Enrollment outlook under other circumstances: homes not built, other shares at zones' own schools, a new school",
    reads=(*READS, "outlook_totals", "backtest"),
    writes=tuple(f"scenario_{slot}" for slot in SCENARIOS),
    sections=("study", "bands", "outlook", "scenarios"),
    run=run,
    matrix=SCENARIOS,
)
