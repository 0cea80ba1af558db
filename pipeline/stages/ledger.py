"""Stage ledger: quality.json, everything lost, repaired, suppressed or unreliable."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.quality_report import report
from pipeline.config import Study
from pipeline.stages import INGEST_TO_ADVICE, Stage

LEDGERS = tuple(f"ledger_{stage}" for stage in (*INGEST_TO_ADVICE, "publish"))
RATED = ("need", "school_age_change", "growth_pockets", "recommendations")
QUALITY = "data/processed/quality.json"


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Gather every ledger into one report."""
    ledgers = {name: tables[name] for name in LEDGERS}
    return {QUALITY: report(ledgers, tables["disclosure"], {name: tables[name] for name in RATED})}


STAGE = Stage(
    name="ledger",
    summary="quality.json: everything that was lost, repaired, suppressed, missing or unreliable",
    reads=(*LEDGERS, "disclosure", *RATED),
    writes=(),
    files=(QUALITY,),
    sections=("study",),
    run=run,
)
