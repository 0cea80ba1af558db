"""Stage outlook: pupils to expect at each school, in each zone and in the district."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pipeline.analysis.backtest import metric
from pipeline.analysis.changes import Event
from pipeline.analysis.outlook import WRITES, outlook
from pipeline.analysis.outlook_inputs import READS, Choices
from pipeline.config import SchoolEvent, Study
from pipeline.ledger import Ledger
from pipeline.rules.enrollment import enrollment_rules
from pipeline.stages import Stage

METRIC = "data/processed/backtest.json"


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Project enrollment and test the method on hidden years."""
    ledger = Ledger()
    written = outlook(tables, choices_of(study), ledger)
    if study.outlook.state_rules:
        rules = enrollment_rules(study.outlook.state_rules).state_projection
        ledger.note("state_projection", f"as by {rules.source}; not confirmed: {'; '.join(rules.not_confirmed)}")
    tested = json.dumps(metric(written["backtest"]), indent=1, sort_keys=True) + "\n"
    return {**written, METRIC: tested, "ledger_outlook": ledger.frame()}


def choices_of(study: Study) -> Choices:
    """What the study decides about its outlook, the state's rules looked up."""
    settings = study.outlook
    rules = enrollment_rules(settings.state_rules) if settings.state_rules else None
    now = study.study.fall_year
    months: dict[int, int] = {}
    if rules:
        admitted = rules.transitional_kindergarten
        months = {fall: admitted.admitted(fall) for fall in range(min(admitted.months), now + settings.years + 1)}
    return Choices(
        bands=study.bands.model_dump(),
        district_id=study.study.district_id,
        fall_year=now,
        years=settings.years,
        first_year=settings.first_year,
        survival_years=settings.survival_years,
        leave_out=settings.leave_out,
        method=settings.method,
        pupils_per_home=settings.pupils_per_home,
        definitions={entry.grade: entry.until for entry in settings.definitions},
        events=tuple(event_of(event) for event in settings.events),
        cutoff_month=rules.kindergarten.cutoff_month if rules else settings.cutoff_month,
        tk_months=months,
        state_weights=rules.state_projection.weights if rules else (),
        state_years=rules.state_projection.years if rules else 5,
    )


def event_of(event: SchoolEvent, declared_in: str = "outlook.events") -> Event:
    """An event of the study, as numbers."""
    return Event(
        event.kind,
        event.school_id,
        event.fall_year,
        event.grades,
        event.pupils_to,
        event.pupils_from,
        event.source,
        declared_in,
    )


STAGE = Stage(
    name="outlook",
    summary="Enrollment outlook by cohort survival, with intervals from a back-test on hidden years",
    reads=READS,
    writes=(*WRITES, "ledger_outlook"),
    files=(METRIC,),
    sections=("study", "bands", "outlook"),
    run=run,
)
