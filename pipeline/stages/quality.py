"""How good each school is, how it changes, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.colors import school_colors
from pipeline.analysis.quality import quality_years, school_quality, window
from pipeline.analysis.targets import quality_targets, unit_status
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.rules import color_table
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Rate every school with a place by the same rules, whoever runs it."""
    ledger = Ledger()
    rules, results = study.quality, tables["performance"]
    palette = color_table(rules.colors) if rules.colors else None
    seen = window(
        results,
        tables["school_facts"],
        ledger,
        now=study.study.fall_year,
        subjects=rules.subjects,
        target_years=rules.target_years,
    )
    cuts = rules.model_dump(include={"cut_share", "weak_share", "probability_share"})
    is_open = seen.schools["is_open"]
    units = unit_status(seen.status, seen.schools[is_open], study.study.district_id)
    paths = rules.model_dump(include={"target_share", "target_years", "path", "path_share"})
    targets = quality_targets(units, first=seen.first, latest=seen.latest, **paths)
    rated = school_quality(
        seen,
        results,
        tables["performance_grades"],
        targets,
        ledger,
        subjects=rules.subjects,
        growth_margin_share=rules.growth_margin_share,
        **cuts,
    )
    return {
        "school_quality": rated,
        "quality_years": quality_years(seen, **cuts),
        "quality_targets": targets,
        "school_colors": school_colors(
            results, tables["performance_grades"], tables["school_facts"], palette, study.study.fall_year, ledger
        ),
        "ledger_quality": ledger.frame(),
    }


STAGE = Stage(
    name="quality",
    summary="Status, growth and class of every school, small schools shrunk, with five-year paths",
    reads=("performance", "performance_grades", "school_facts"),
    writes=("school_quality", "quality_years", "quality_targets", "school_colors", "ledger_quality"),
    sections=("study", "quality"),
    run=run,
)
