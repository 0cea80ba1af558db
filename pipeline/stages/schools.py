"""Schools of all sectors, their pupils, results and where their pupils live."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.analysis import enrollment, plausible, schools
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.sources import Folder
from pipeline.sources.registry import gather
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Read the study's school files, hold them to the directory and record what does not agree."""
    ledger = Ledger()
    folder = Folder(Path("data/raw") / study.study.name / "schools", study.geography.crs, study.geography.box, ledger)
    directory, grades, groups, results, by_grade, flows = (
        gather(study.raw.schools, feeds, folder)
        for feeds in ("directory", "grade_counts", "group_counts", "results", "grade_results", "flow_counts")
    )
    travel = gather(study.raw.schools, "travel_times", folder)
    inputs = {"directory": directory, "grades": grades, "groups": groups, "results": results, "flows": flows}
    schools.record_missing(inputs, ledger)
    placed = directory.assign(location_status=schools.location_status(directory, study.geography.box))
    schools.record_schools(placed, ledger)
    plausible.record_openings(placed, study.study.fall_year, ledger)

    enrollment.check_grade_sums(groups, grades, ledger)
    totals = enrollment.enrollment_groups(groups, grades)
    plausible.check_years(totals, flows, study.study.fall_year, ledger)
    enrollment.balance_pupils(totals, placed, ledger)
    enrollment.record_years(totals, "enrollment", study.study.fall_year, ledger)
    for name, counts in (
        ("enrollment by grade", grades),
        ("enrollment by group", totals),
        ("results", results),
        ("results by grade", by_grade),
        ("flows", flows),
    ):
        enrollment.record_unlisted(counts, placed, name, ledger)
        enrollment.record_absences(counts, name, ledger)
    enrollment.record_lost_flows(flows, placed, ledger)
    return {
        "schools": placed,
        "school_facts": schools.school_facts(placed, grades, study.bands.model_dump()),
        "enrollment": grades,
        "enrollment_groups": totals,
        "performance": enrollment.in_directory(results, placed),
        "performance_grades": enrollment.in_directory(by_grade, placed),
        "flows": enrollment.in_directory(flows, placed),
        "travel_minutes": schools.trips_to_known(travel, placed, ledger),
        "ledger_schools": ledger.frame(),
    }


STAGE = Stage(
    name="schools",
    summary="Schools of all sectors with their pupils by grade and group, results and flows",
    reads=(),
    writes=(
        *("schools", "school_facts", "enrollment", "enrollment_groups", "performance", "performance_grades"),
        *("flows", "travel_minutes", "ledger_schools"),
    ),
    sections=("study", "geography", "raw.schools", "bands"),
    run=run,
    rooms=("schools",),
)
