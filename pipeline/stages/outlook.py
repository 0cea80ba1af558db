"""Stage outlook: pupils to expect at each school, in each zone and in the district."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.outlook import outlook
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Project enrollment and test the method on hidden years."""
    ledger = Ledger()
    settings = study.outlook
    by_grade, totals, tested = outlook(
        tables["enrollment"],
        tables["enrollment_groups"],
        tables["school_facts"],
        births=tables["births"],
        projects=tables["project_facts"],
        places=tables["project_places"],
        membership=tables["membership"],
        flows=tables["flows"],
        bands=study.bands.model_dump(),
        pupils_per_home=settings.pupils_per_home,
        district_id=study.study.district_id,
        fall_year=study.study.fall_year,
        years=settings.years,
        first_year=settings.first_year,
        survival_years=settings.survival_years,
        leave_out=settings.leave_out,
        ledger=ledger,
    )
    return {
        "enrollment_outlook": by_grade,
        "outlook_totals": totals,
        "backtest": tested,
        "ledger_outlook": ledger.frame(),
    }


STAGE = Stage(
    name="outlook",
    summary="Enrollment outlook by cohort survival, with intervals from a back-test on hidden years",
    reads=(
        "enrollment",
        "enrollment_groups",
        "school_facts",
        "births",
        "project_facts",
        "project_places",
        "membership",
        "flows",
    ),
    writes=("enrollment_outlook", "outlook_totals", "backtest", "ledger_outlook"),
    sections=("study", "bands", "outlook"),
    run=run,
)
