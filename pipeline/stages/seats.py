"""Where quality seats are short, who can reach one, and what these answers hang on."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis import (
    access,
    access_places,
    demand,
    gap_variants,
    plausible,
    quality_enrollment,
    seats,
    sweep,
    zone_seats,
)
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Set the pupils of each zone against its quality seats, and measure access to them."""
    ledger = Ledger()
    now, bands, vintage = study.study.fall_year, study.bands.model_dump(), study.vintages.now
    facts, flows, quality = tables["school_facts"], tables["flows"], tables["school_quality"]
    membership = tables["membership"]
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
        zone_seats.seats_by_zone(good, zones, facts, membership, flows, now, ledger),
        rated=rated,
    )
    seats.record_gap(gap, ledger)
    children = demand.neighborhood_children(tables["neighborhood_profile"], vintage, offered, bands, ledger)
    reached, of_study = _access(study, tables, rated, good, children, ledger)
    variants = gap_variants.gap_variants(
        gap,
        zone_seats.placed_seats(good, facts, membership, flows, now),
        membership,
        access.reached_by_zone(of_study, tables["block_places"], ledger),
        gap_variants.pupils_ahead(
            gap, tables["outlook_totals"], tables["enrollment_outlook"], tables["enrollment"], facts, bands, now, ledger
        ),
        rated=rated,
        now=now,
    )
    gap_variants.record_variants(variants, ledger)
    return {
        "service_gap": gap,
        "service_gap_variants": variants,
        "cut_sweep": _sweep(study, tables, offered, gap, rated, ledger),
        **reached,
        **_enrollment(study, tables, ledger),
        "ledger_seats": ledger.frame(),
    }


def _access(
    study: Study, tables: Mapping[str, Any], rated: tuple[str, ...], good: Any, children: Any, ledger: Ledger
) -> tuple[dict[str, Any], Any]:
    """Tables of access, and access from every place by the study's method."""
    settings = study.seats
    minutes = tables["travel_minutes"]
    minutes = minutes[minutes["travel_mode"].eq(settings.travel_mode)]
    unit = "minutes" if len(minutes) else "m"
    access.record_travel(minutes, settings.travel_mode, ledger)
    travel = access_places.Travel(
        seats.reach_by_level(rated, settings.model_dump(), unit),
        settings.zone_weights,
        study.geography.detour_factor,
        minutes,
    )
    places = tables["block_places"]
    living = access_places.children_at(places, children, bands=study.bands.model_dump())
    at_places = access_places.place_access(living, places, good, tables["school_places"], travel)
    methods = access.access_methods(at_places, settings.poor_ratio)
    of_study = at_places[at_places["access_method"].eq(settings.access_method)].reset_index(drop=True)
    reached = methods[methods["access_method"].eq(settings.access_method)].drop(columns="access_method")
    access.record_access(of_study, good, settings.poor_ratio, ledger)
    access.record_methods(methods, ledger)
    profile = tables["neighborhood_profile"]
    groups = access.access_groups(of_study, profile[profile["vintage"].eq(study.vintages.now)], settings.poor_ratio)  # fmt: skip
    return {"seat_access": reached, "access_methods": methods, "access_groups": groups}, of_study


def _sweep(
    study: Study, tables: Mapping[str, Any], offered: Any, gap: Any, rated: tuple[str, ...], ledger: Ledger
) -> Any:
    """The table ``cut_sweep``."""
    facts, changes = tables["school_facts"], tuple(sorted({*study.seats.cut_changes, 0.0}))
    above = sweep.schools_above(
        tables["school_quality"],
        facts,
        changes,
        cut_share=study.quality.cut_share,
        weak_share=study.quality.weak_share,
        probability_share=study.quality.probability_share,
    )
    every = offered.rename(columns={"seats": "quality_seats"}).drop(columns="pupils")
    placed = zone_seats.placed_seats(every, facts, tables["membership"], tables["flows"], study.study.fall_year)
    table = sweep.cut_sweep(above, placed, gap, changes, rated=rated)
    sweep.record_sweep(table, ledger)
    return table


def _enrollment(study: Study, tables: Mapping[str, Any], ledger: Ledger) -> dict[str, Any]:
    """The tables ``quality_enrollment`` and ``quality_change``."""
    facts, groups, quality = tables["school_facts"], tables["enrollment_groups"], tables["quality_years"]
    pupils = quality_enrollment.attended(
        groups,
        tables["flows"],
        facts,
        tables["membership"],
        district_id=study.study.district_id,
        zones_fall=study.zones.fall_year,
        now=study.study.fall_year,
    )
    table = quality_enrollment.quality_enrollment(pupils, quality)
    change = quality_enrollment.quality_change(pupils, groups, facts, quality, ledger)
    quality_enrollment.record_quality_enrollment(table, change, ledger)
    return {"quality_enrollment": table, "quality_change": change}


STAGE = Stage(
    name="seats",
    summary="Service gap of every zone and level counted in five ways, access to quality seats, and pupils in them",
    reads=(
        "school_facts",
        "enrollment",
        "enrollment_groups",
        "flows",
        "travel_minutes",
        "school_quality",
        "quality_years",
        "membership",
        "zone_profile",
        "neighborhood_profile",
        "block_places",
        "school_places",
        "outlook_totals",
        "enrollment_outlook",
        "utilization",
        "school_sites",
    ),
    writes=(
        "service_gap",
        "service_gap_variants",
        "cut_sweep",
        "seat_access",
        "access_methods",
        "access_groups",
        "quality_enrollment",
        "quality_change",
        "ledger_seats",
    ),
    sections=("study", "geography", "zones", "bands", "vintages", "reliability", "quality", "seats"),
    run=run,
)
