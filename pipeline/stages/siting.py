"""Stage siting: where new quality seats would serve most children, and whether zones together can seat all of theirs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis import enrollment_zones, hosts, seats, siting, siting_plans
from pipeline.analysis.rolls import rolls
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Bring missing quality seats down to neighborhoods, find the best sites, and check the declared unions of zones."""
    ledger = Ledger()
    now, bands, fall_year = study.study.fall_year, study.bands.model_dump(), study.zones.fall_year
    gap, surplus, reach, facts = tables["service_gap"], tables["surplus_sites"], tables["reach"], tables["school_facts"]
    crosswalk, membership, enrollment = tables["crosswalk"], tables["membership"], tables["enrollment"]
    reach_m = seats.reach_by_level(study.zones.levels, study.seats.model_dump())
    pupils = tables["school_pupils"].set_index("school_id")["pupils"]
    offered_sites = hosts.hosts(surplus, tables["school_sites"], facts, pupils)
    unmet = siting.unmet_by_neighborhood(gap, crosswalk, membership, fall_year=fall_year, ledger=ledger)
    options = siting.siting_options(
        unmet, offered_sites, tables["site_facts"], reach, reach_m=reach_m, options=study.matches.options
    )
    siting.record_unmet(gap, ledger)
    siting.record_offered(surplus, ledger)
    offered = seats.school_seats(enrollment, facts, tables["school_sites"], tables["utilization"], bands, now)
    plans, choices, coverage = siting_plans.siting_plans(
        unmet,
        offered_sites,
        siting_plans.existing_room(offered, tables["school_quality"], gap, membership),
        reach,
        reach_m=reach_m,
        most_sites=study.siting.most_sites,
        beyond_m=study.geography.reach_m,
        ledger=ledger,
    )
    # what is filled and what is left open of the rolls stands in the ledger of stage utilization
    grades = enrollment_zones.latest_grades(
        rolls(enrollment, tables["enrollment_groups"], first_year=None, last_year=now, ledger=Ledger())
    )
    firm = enrollment_zones.without_offer(offered, tables["school_sites"], surplus)
    by_grade, firm_by_grade = (
        enrollment_zones.seats_by_grade(enrollment_zones.of_the_district(each, facts), grades, bands)
        for each in (offered, firm)
    )
    zones = enrollment_zones.enrollment_zones(
        [zone.model_dump() for zone in study.siting.enrollment_zones],
        enrollment_zones.pupils_by_grade(gap, tables["flows"], grades, bands, now),
        enrollment_zones.beside_firm(by_grade, firm_by_grade, firm),
        crosswalk,
        membership,
        reach,
        reach_m=reach_m,
        fall_year=fall_year,
        ledger=ledger,
    )
    return {
        "siting_options": options,
        "siting_plans": plans,
        "siting_choices": choices,
        "siting_coverage": coverage,
        "enrollment_zones": zones,
        "ledger_siting": ledger.frame(),
    }


STAGE = Stage(
    name="siting",
    summary="Sites for new quality seats, what each further one adds, and common enrollment zones with their proof",
    reads=(
        "surplus_sites",
        "site_facts",
        "school_sites",
        "school_facts",
        "school_pupils",
        "school_quality",
        "enrollment",
        "enrollment_groups",
        "flows",
        "utilization",
        "service_gap",
        "crosswalk",
        "membership",
        "reach",
    ),
    writes=("siting_options", "siting_plans", "siting_choices", "siting_coverage", "enrollment_zones", "ledger_siting"),
    sections=("study", "geography", "zones", "bands", "seats", "matches", "siting"),
    run=run,
)
