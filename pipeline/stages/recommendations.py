"""Stage recommendations: rules over the results, with their numbers and counter-evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis import recommendations as rules
from pipeline.analysis.committee_lines import committee_lines
from pipeline.analysis.growth_need import growth_need
from pipeline.analysis.publication_seats import cut_sweep
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Apply every rule; each line carries its reliability."""
    ledger = Ledger()
    sites = rules.names_by_id(tables["site_facts"], "site_id")
    schools = rules.names_by_id(tables["school_facts"], "school_id")
    neighborhoods = rules.names_by_id(tables["neighborhood_names"], "neighborhood_id")
    pockets = tables["growth_pockets"]
    pockets = pockets[pockets["vintage_to"] == study.vintages.now]
    crossed = growth_need(
        tables["school_age_change"],
        pockets,
        tables["need"],
        now=study.vintages.now,
        before=study.vintages.before,
        age_band=study.growth.age_band,
    )
    found = rules.table(
        rules.high_need_poor_access(
            tables["need"], tables["seat_access"], neighborhoods, poor_ratio=study.seats.poor_ratio
        ),
        rules.largest_gaps(
            tables["service_gap"],
            rules.names_by_id(tables["zone_names"], "level", "zone_id"),
            seats=study.growth.smallest_seats,
            most=3,
            smallest=float(study.publish.smallest_cell),
        ),
        rules.growing_pockets(pockets, neighborhoods),
        rules.growth_and_need(crossed, neighborhoods),
        rules.offered_sites(tables["rfp_inventory"], sites),
        rules.co_locations(tables["colocation_matches"], sites, schools),
    )
    for rule, number in rules.count_by_rule(found):
        ledger.note("recommendations", f"rule {rule}: {number} recommendations", item=rule)
    told_sweep, _ = cut_sweep(
        tables["cut_sweep"], tables["school_quality"], tables["school_facts"], tables["service_gap"]
    )
    lines = committee_lines(
        {**tables, "public_cut_sweep": told_sweep},
        vintage=study.vintages.now,
        before=study.vintages.before,
        family=study.need.family,
        certain_share=study.need.certain_share,
        possible_share=study.need.possible_share,
        top_share=study.need.top_share,
        medium_cv=study.reliability.medium_cv,
        smallest=float(study.publish.smallest_cell),
    )
    return {
        "recommendations": found,
        "growth_need": crossed,
        "committee_lines": lines,
        "ledger_recommendations": ledger.frame(),
    }


STAGE = Stage(
    name="recommendations",
    summary="Rules over the results: each recommendation with its numbers, reliability and counter-evidence; growth crossed with need; the lines to quote",
    reads=(
        "need",
        "seat_access",
        "neighborhood_names",
        "zone_names",
        "service_gap",
        "growth_pockets",
        "rfp_inventory",
        "site_facts",
        "colocation_matches",
        "school_facts",
        "need_contributions",
        "rank_sensitivity",
        "neighborhood_profile",
        "access_groups",
        "cut_sweep",
        "school_quality",
        "quality_enrollment",
        "school_age_change",
    ),
    writes=("recommendations", "growth_need", "committee_lines", "ledger_recommendations"),
    sections=("vintages", "reliability", "need", "growth", "publish", "seats"),
    run=run,
)
