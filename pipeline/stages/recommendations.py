"""Stage recommendations: rules over the results, with their numbers and counter-evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis import recommendations as base
from pipeline.analysis.advice_on_growth import growing_pockets, growth_and_need
from pipeline.analysis.advice_on_need import high_need_poor_access
from pipeline.analysis.advice_on_rooms import co_locations, offered_sites, poorly_held, unmeasured_sites
from pipeline.analysis.advice_on_schools import persistently_weak, replicable
from pipeline.analysis.advice_on_seats import largest_gaps
from pipeline.analysis.growth_need import growth_need
from pipeline.analysis.publication import enrollment
from pipeline.analysis.publication_backtest import backtest
from pipeline.analysis.publication_gap import told_gap
from pipeline.analysis.publication_quality import told_quality
from pipeline.analysis.publication_seats import cut_sweep, gap_variants
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Apply every rule; what rests on an unreliable number stays out and is counted in the ledger."""
    ledger = Ledger()
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
    told_sweep, _ = cut_sweep(
        tables["cut_sweep"], tables["school_quality"], tables["school_facts"], tables["service_gap"]
    )
    found = (
        *_of_places(study, tables, pockets, crossed, told_sweep),
        *_of_rooms(study, tables),
        *_of_schools(study, tables),
    )
    advice = base.table(*found)
    for rule, number in base.count_by_rule(advice):
        ledger.note("recommendations", f"rule {rule}: {number} recommendations", item=rule)
    for rule, number in base.held_back(*found):
        ledger.absence(
            "recommendations",
            f"rule {rule}: held back, because the number each rests on is unreliable or not known",
            count=number,
            unit="recommendations",
        )
    return {
        "recommendations": advice,
        "growth_need": crossed,
        "ledger_recommendations": ledger.frame(),
    }


def _of_places(study: Study, tables: Mapping[str, Any], pockets: Any, crossed: Any, sweep: Any) -> tuple[Any, ...]:
    """Rules about neighborhoods and zones."""
    neighborhoods = base.names_by_id(tables["neighborhood_names"], "neighborhood_id")
    smallest, seats = float(study.publish.smallest_cell), study.growth.smallest_seats
    age = base.survey_age(study.vintages.now, study.study.fall_year)
    told, *_ = told_gap(tables["service_gap"], smallest)
    variants, _ = gap_variants(tables["service_gap_variants"], tables["service_gap"], told, smallest)
    return (
        high_need_poor_access(
            tables["need"],
            tables["seat_access"],
            tables["access_methods"],
            tables["need_families"],
            neighborhoods,
            poor_ratio=study.seats.poor_ratio,
            certain=study.need.certain_share,
            top=study.need.top_share,
            family=study.need.family,
            norm=study.need.norm,
            age=age,
        ),
        largest_gaps(
            tables["service_gap"],
            told,
            variants,
            sweep,
            base.names_by_id(tables["zone_names"], "level", "zone_id"),
            seats=seats,
            age=age,
        ),
        growing_pockets(pockets, neighborhoods, smallest=seats),
        growth_and_need(crossed, neighborhoods, smallest=seats),
    )


def _of_rooms(study: Study, tables: Mapping[str, Any]) -> tuple[Any, ...]:
    """Rules about sites, and schools that look for one."""
    sites = base.names_by_id(tables["site_facts"], "site_id")
    inventory, rooms = tables["rfp_inventory"], study.utilization.surplus_rooms
    smallest = float(study.publish.smallest_cell)
    groups = tables["enrollment_groups"]
    shown, _ = enrollment(groups, smallest)
    told_test, _ = backtest(tables["backtest"], groups, shown)
    hosts = tables["school_sites"].merge(tables["school_pupils"], on="school_id", how="left", validate="m:1")
    tested = poorly_held(inventory, hosts, told_test)
    rated, _ = told_quality(tables["school_quality"], smallest)
    return (
        offered_sites(inventory, sites, rooms=rooms, tested=tested),
        unmeasured_sites(inventory, sites, district_id=study.study.district_id, rooms=rooms),
        co_locations(
            tables["colocation_matches"],
            inventory,
            tables["prop39"],
            sites,
            base.names_by_id(tables["school_facts"], "school_id"),
            certain=study.need.certain_share,
            tested=tested,
            weak=set(rated.loc[rated["quality_class"] == "weak", "school_id"]),
            responses=tables["rfp_scores"],
        ),
    )


def _of_schools(study: Study, tables: Mapping[str, Any]) -> tuple[Any, ...]:
    """Rules about the results of schools."""
    asked: dict[str, Any] = {
        "quality": tables["school_quality"],
        "years": tables["quality_years"],
        "facts": tables["school_facts"],
        "places": tables["membership"],
        "need": tables["need"],
        "names": base.names_by_id(tables["school_facts"], "school_id"),
        "fall_year": study.study.fall_year,
        "smallest": float(study.publish.smallest_cell),
        "certain": study.need.certain_share,
    }
    return (
        persistently_weak(**asked, is_quarter=study.quality.weak_share is None),
        replicable(**asked, groups=tables["enrollment_groups"]),
    )


STAGE = Stage(
    name="recommendations",
    summary="Rules over the results: each recommendation with its numbers, reliability and counter-evidence; growth crossed with need",
    reads=(
        "need",
        "seat_access",
        "neighborhood_names",
        "zone_names",
        "service_gap",
        "growth_pockets",
        "rfp_inventory",
        "rfp_scores",
        "backtest",
        "school_sites",
        "school_pupils",
        "site_facts",
        "colocation_matches",
        "school_facts",
        "cut_sweep",
        "school_quality",
        "school_age_change",
        "service_gap_variants",
        "access_methods",
        "need_families",
        "prop39",
        "quality_years",
        "membership",
        "enrollment_groups",
    ),
    writes=("recommendations", "growth_need", "ledger_recommendations"),
    sections=("study", "vintages", "need", "growth", "quality", "utilization", "publish", "seats"),
    run=run,
)
