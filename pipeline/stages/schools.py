"""Schools of all sectors, their pupils, results and where their pupils live."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.analysis import schools as analysis
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.sources import Folder
from pipeline.sources.registry import gather
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Read the study's school files, hold them to the directory and record what does not agree."""
    ledger = Ledger()
    folder = Folder(Path("data/raw") / study.study.name / "schools", study.geography.crs, study.geography.box, ledger)
    directory, grades, groups, results, flows = (
        gather(study.raw.schools, feeds, folder)
        for feeds in ("directory", "grade_counts", "group_counts", "results", "flow_counts")
    )
    inputs = {"directory": directory, "grades": grades, "groups": groups, "results": results, "flows": flows}
    analysis.record_missing(inputs, ledger)
    schools = directory.assign(location_status=analysis.location_status(directory, study.geography.box))
    analysis.record_schools(schools, ledger)

    analysis.check_grade_sums(groups, grades, ledger)
    all_groups = analysis.enrollment_groups(groups, grades)
    analysis.balance_pupils(all_groups, schools, ledger)
    analysis.record_years(all_groups, "enrollment", study.study.fall_year, ledger)

    enrollment = analysis.in_directory(grades, schools, "enrollment by grade", ledger)
    enrollment_groups = analysis.in_directory(all_groups, schools, "enrollment by group", ledger)
    performance = analysis.in_directory(results, schools, "results", ledger)
    known_flows = analysis.in_directory(flows, schools, "flows", ledger)
    for name, counts in (
        ("enrollment by grade", enrollment),
        ("enrollment by group", enrollment_groups),
        ("results", performance),
        ("flows", known_flows),
    ):
        analysis.record_absences(counts, name, ledger)
    return {
        "schools": schools,
        "school_facts": analysis.school_facts(schools, enrollment, study.bands.model_dump()),
        "enrollment": enrollment,
        "enrollment_groups": enrollment_groups,
        "performance": performance,
        "flows": known_flows,
        "ledger_schools": ledger.frame(),
    }


STAGE = Stage(
    name="schools",
    summary="Schools of all sectors with their pupils by grade and group, results and flows",
    reads=(),
    writes=("schools", "school_facts", "enrollment", "enrollment_groups", "performance", "flows", "ledger_schools"),
    sections=("study", "geography", "raw.schools", "bands"),
    run=run,
    rooms=("schools",),
)
