"""Stage utilization: capacity by several definitions, how full each site is, and surplus space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis import capacity, utilization
from pipeline.analysis.surplus import surplus_sites
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Count the seats of each site, set its pupils against them and say what can be offered."""
    ledger = Ledger()
    now, rules, limits = study.study.fall_year, study.capacity, study.utilization
    sites, school_sites = tables["site_facts"], tables["school_sites"]
    pupils = capacity.pupils_now(
        tables["enrollment"],
        tables["enrollment_groups"],
        tables["school_facts"],
        fall_year=now,
        bands=study.bands.model_dump(),
        last_elementary_grade=rules.last_elementary_grade,
        ledger=ledger,
    )
    use = capacity.site_use(school_sites, pupils, sites)
    loading = capacity.room_loading(
        use,
        elementary_loading=rules.elementary_loading,
        secondary_loading=rules.secondary_loading,
        use_ratio=rules.use_ratio,
    )
    seats = capacity.capacities(
        sites,
        tables["rooms"],
        loading,
        use["elementary_share"],
        special_day_loading=rules.special_day_loading,
        counts_portables=rules.counts_portables,
    )
    ahead = utilization.use_ahead(school_sites, tables["outlook_totals"], tables["enrollment_outlook"], use, pupils)
    full = utilization.utilization(seats, utilization.years_of_use(utilization.use_now(use, now), ahead))
    surplus = surplus_sites(
        sites,
        full,
        loading,
        fall_year=now,
        under_ratio=limits.under_ratio,
        definitions=limits.definitions,
        smallest_rooms=limits.surplus_rooms,
    )
    utilization.record(sites, school_sites, pupils, seats, surplus, ledger)
    ledger.note("capacity", f"loadings: {rules.source}, {rules.effective}")
    return {
        "school_pupils": pupils[["pupils"]].reset_index(),
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
    writes=("school_pupils", "utilization", "surplus_sites", "ledger_utilization"),
    sections=("study", "bands", "capacity", "utilization"),
    run=run,
)
