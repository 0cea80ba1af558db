"""How good each school is, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.quality import school_quality
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Rate every school with a place by the same rules, whoever runs it."""
    ledger = Ledger()
    rated = school_quality(
        tables["performance"], tables["school_facts"], ledger, now=study.study.fall_year, **study.quality.model_dump()
    )
    return {"school_quality": rated, "ledger_quality": ledger.frame()}


STAGE = Stage(
    name="quality",
    summary="Status, growth and class of every school, small schools shrunk, with five-year paths",
    reads=("performance", "school_facts"),
    writes=("school_quality", "ledger_quality"),
    sections=("study", "quality"),
    run=run,
)
