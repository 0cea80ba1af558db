"""Where quality seats are short, and who can reach one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis import access, demand, plausible, seats
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Set the pupils of each zone against its quality seats, and measure access to them."""
    ledger = Ledger()
    now, bands, vintage = study.study.fall_year, study.bands.model_dump(), study.vintages.now
    facts, flows, quality = tables["school_facts"], tables["flows"], tables["school_quality"]
    zones = demand.zones_in_force(
        tables["zone_profile"], fall_year=study.zones.fall_year, vintage=vintage, ledger=ledger
    )
    plausible.check_flow_zones(flows, zones, now, ledger)
    offered = seats.school_seats(tables["enrollment"], facts, tables["school_sites"], tables["utilization"], bands, now)
    seats.record_capacity(offered, ledger)
    rated, good = seats.rated_levels(offered, quality, ledger), seats.quality_seats(offered, quality)
    gap = seats.service_gap(
        zones,
        demand.resident_pupils(
            zones,
            flows,
            facts,
            offered,
            bands,
            now,
            ledger,
            high_cv=study.reliability.high_cv,
            medium_cv=study.reliability.medium_cv,
        ),
        seats.seats_by_zone(good, zones, facts, tables["membership"], flows, now, ledger),
        rated=rated,
    )
    seats.record_gap(gap, ledger)
    children = demand.neighborhood_children(tables["neighborhood_profile"], vintage, offered, bands, ledger)
    reach = seats.reach_by_level(rated, **study.seats.model_dump())
    reached = access.seat_access(children, good, access.trips_to_schools(tables["reach"]), reach)
    access.record_access(reached, children, good, ledger)
    return {"service_gap": gap, "seat_access": reached, "ledger_seats": ledger.frame()}


STAGE = Stage(
    name="seats",
    summary="Service gap of every zone and level, and access of neighborhoods to quality seats",
    reads=(
        "school_facts",
        "enrollment",
        "flows",
        "school_quality",
        "membership",
        "zone_profile",
        "neighborhood_profile",
        "reach",
        "utilization",
        "school_sites",
    ),
    writes=("service_gap", "seat_access", "ledger_seats"),
    sections=("study", "zones", "bands", "vintages", "reliability", "seats"),
    run=run,
)
