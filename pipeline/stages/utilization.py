"""Stage utilization: capacity by several definitions, how full each site is, and surplus space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis import capacity, utilization
from pipeline.analysis.room_rules import capacity_definitions
from pipeline.analysis.surplus import surplus_sites
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.rules.capacity import capacity_rules, require_enough
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Count the seats of each site, set its pupils against them and say what can be offered."""
    ledger = Ledger()
    now, limits = study.study.fall_year, study.utilization
    rules = capacity_rules(study.capacity.rules)
    require_enough(rules, limits.judged_by, limits.definitions)
    sites, school_sites = tables["site_facts"], tables["school_sites"]
    pupils = capacity.pupils_now(
        tables["enrollment"],
        tables["enrollment_groups"],
        tables["school_facts"],
        fall_year=now,
        bands=study.bands.model_dump(),
        ledger=ledger,
    )
    use = capacity.site_use(school_sites, pupils, sites)
    seats = capacity_definitions(sites, tables["rooms"], use, rules, given_source=study.capacity.given_source)
    totals, grades = tables["outlook_totals"], tables["enrollment_outlook"]
    ahead = utilization.use_ahead(school_sites, totals, grades, use, pupils)
    full = utilization.utilization(seats, utilization.years_of_use(utilization.use_now(use, now), ahead))
    surplus = surplus_sites(
        sites,
        full,
        fall_year=now,
        horizon=utilization.horizon_year(totals, limits.years_ahead),
        judged_by=limits.judged_by,
        under_ratio=limits.under_ratio,
        definitions=limits.definitions,
        smallest_rooms=limits.surplus_rooms,
    )
    utilization.record(sites, school_sites, pupils, seats, surplus, ledger)
    for rule in rules:
        ledger.note("capacity", f"{rule.definition}: {rule.source}")
    return {
        "school_pupils": pupils[["pupils"]].reset_index(),
        "capacity_definitions": seats,
        "utilization": full,
        "surplus_sites": surplus,
        "ledger_utilization": ledger.frame(),
    }


STAGE = Stage(
    name="utilization",
    summary="Capacity of sites by definition, utilization now and ahead, surplus sites with reasons",
    reads=(
        "site_facts",
        "rooms",
        "school_sites",
        "school_facts",
        "enrollment",
        "enrollment_groups",
        "outlook_totals",
        "enrollment_outlook",
    ),
    writes=("school_pupils", "capacity_definitions", "utilization", "surplus_sites", "ledger_utilization"),
    sections=("study", "bands", "capacity", "utilization"),
    run=run,
)
