"""Stage rfp: the inventory of sites for a request for proposals, and the scores of what came in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.analysis import proposals, proposers, rfp, rfp_scores
from pipeline.analysis.proposal_rooms import proposal_rooms
from pipeline.analysis.rfp_confidence import confidence, constraints
from pipeline.analysis.rolls import rolls
from pipeline.analysis.room_need import loading_of
from pipeline.analysis.utilization import horizon_year
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.rules.capacity import capacity_rules
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Say of every site whether it is listed, how sure that is, and what a proposer must know of it."""
    ledger = Ledger()
    now, limits, scoring = study.study.fall_year, study.utilization, study.rfp
    asked = tables["proposals"]
    sites, surplus, at = tables["site_facts"], tables["surplus_sites"], tables["school_sites"]
    use = tables["utilization"]
    judged = use[use["capacity_definition"].isin(limits.judged_by)]
    here = rfp.open_schools_at(at, tables["school_facts"])
    inventory = rfp.rfp_inventory(
        sites,
        surplus,
        rfp.definitions_under(judged, fall_year=now, under_ratio=limits.under_ratio),
        confidence(
            surplus,
            judged,
            fall_year=now,
            horizon=horizon_year(tables["outlook_totals"], limits.years_ahead),
            under_ratio=limits.under_ratio,
        ),
        constraints(sites, here, tables["rooms"], tables["site_places"]),
        here,
        rfp.surroundings(
            tables["site_places"],
            tables["need"],
            tables["service_gap"],
            tables["growth_pockets"],
            tables["seat_access"],
            tables["reach"],
            levels=study.zones.levels,
            reach_m=study.seats.elementary_reach_m,
        ),
        rfp.lease_offers(
            surplus,
            use,
            fall_year=now,
            judged_by=limits.judged_by,
            under_ratio=limits.under_ratio,
            smallest_rooms=limits.surplus_rooms,
        ),
    )
    rfp.record(inventory, ledger)
    bands = study.bands.model_dump()
    taught = rfp.levels_taught(at, tables["school_facts"])
    # what is filled and what is left open of the rolls stands in the ledger of stage utilization
    found = rolls(tables["enrollment"], tables["enrollment_groups"], first_year=None, last_year=now, ledger=Ledger())
    space = proposal_rooms(asked, found, loading_of(capacity_rules(study.capacity.rules), bands))
    needed = space["needed_rooms"]
    why = proposals.eligible(asked, inventory, needed, taught, bands=bands, levels_apart=study.matches.levels_apart)
    proposals.record(asked, why, ledger)
    proposers.record(asked, tables["school_facts"], ledger)
    why = proposers.unknown_schools(asked, tables["school_facts"], why)
    parts = rfp_scores.weighted(
        proposals.score_parts(
            asked[why == ""],
            inventory,
            tables["school_quality"],
            tables["seat_access"],
            taught,
            space[why == ""],
            bands=bands,
            without_record=scoring.without_record,
        ),
        scoring.rubric,
    )
    scores = rfp_scores.rfp_scores(
        asked,
        why,
        needed,
        parts,
        scoring.rubric,
        np.random.default_rng(scoring.seed),
        draws=scoring.draws,
        concentration=scoring.weight_concentration,
    )
    return {
        "rfp_inventory": inventory,
        "rfp_scores": proposers.with_names(scores, tables["school_facts"]),
        "rfp_score_parts": parts,
        "ledger_rfp": ledger.frame(),
    }


STAGE = Stage(
    name="rfp",
    summary="Inventory of sites for a request for proposals, each with its reason and confidence, and scores of proposals",
    reads=(
        "site_facts",
        "rooms",
        "school_sites",
        "school_facts",
        "school_quality",
        "enrollment",
        "enrollment_groups",
        "proposals",
        "site_places",
        "surplus_sites",
        "utilization",
        "outlook_totals",
        "need",
        "service_gap",
        "growth_pockets",
        "seat_access",
        "reach",
    ),
    writes=("rfp_inventory", "rfp_scores", "rfp_score_parts", "ledger_rfp"),
    sections=("study", "bands", "zones", "seats", "capacity", "utilization", "rfp", "matches"),
    run=run,
)
