"""Stage recommendations: rules over the results, with their numbers and counter-evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis import recommendations as rules
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Apply every rule; each line carries its reliability."""
    ledger = Ledger()
    sites = rules.names_by_id(tables["site_facts"], "site_id")
    schools = rules.names_by_id(tables["school_facts"], "school_id")
    neighborhoods = rules.names_by_id(tables["neighborhood_names"], "neighborhood_id")
    found = rules.table(
        rules.high_need_poor_access(tables["need"], tables["seat_access"], neighborhoods),
        rules.largest_gaps(
            tables["service_gap"],
            rules.names_by_id(tables["zone_names"], "level", "zone_id"),
            seats=study.growth.smallest_seats,
            most=3,
            smallest=float(study.publish.smallest_cell),
        ),
        rules.growing_pockets(tables["growth_pockets"], neighborhoods),
        rules.offered_sites(tables["surplus_sites"], sites),
        rules.co_locations(tables["colocation_matches"], sites, schools),
    )
    for rule, number in rules.count_by_rule(found):
        ledger.note("recommendations", f"rule {rule}: {number} recommendations", item=rule)
    return {"recommendations": found, "ledger_recommendations": ledger.frame()}


STAGE = Stage(
    name="recommendations",
    summary="Rules over the results: each recommendation with its numbers, reliability and counter-evidence",
    reads=(
        "need",
        "seat_access",
        "neighborhood_names",
        "zone_names",
        "service_gap",
        "growth_pockets",
        "surplus_sites",
        "site_facts",
        "colocation_matches",
        "school_facts",
    ),
    writes=("recommendations", "ledger_recommendations"),
    sections=("growth", "publish"),
    run=run,
)
