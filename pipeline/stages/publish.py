"""Stage publish: the only door to what the public sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis import publication as public
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import INGEST_TO_ADVICE, Stage

LEDGERS = tuple(f"ledger_{stage}" for stage in INGEST_TO_ADVICE)
CENSUS = "census figures, already protected by the Census Bureau"


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Turn results into public tables, and report what was hidden."""
    smallest = float(study.publish.smallest_cell)
    now, zone_year = study.study.fall_year, study.zones.fall_year
    shown = {"public_enrollment": public.enrollment(tables["enrollment_groups"], smallest)}
    known = shown["public_enrollment"][0]
    guarded = public.guarded_sites(tables["utilization"], tables["school_sites"], known, now, smallest)
    shown |= {
        "public_schools": public.schools(tables["schools"], tables["school_quality"], known, now, smallest),
        "public_outlook": public.outlook(tables["outlook_totals"], known, smallest),
        "public_backtest": public.as_is(
            "public_backtest", tables["backtest"], public.BACKTEST, "errors over many schools"
        ),
        "public_neighborhoods": public.neighborhoods(
            tables["neighborhoods"], tables["need"], tables["neighborhood_profile"], study.vintages.now
        ),
        "public_contributions": public.contributions(tables["need_contributions"]),
        "public_growth": public.as_is("public_growth", tables["school_age_change"], public.GROWTH, CENSUS),
        "public_incomes": public.as_is("public_incomes", tables["median_incomes"], public.INCOMES, CENSUS),
        "public_interpolation": public.interpolation(tables["interpolation_error"], study.vintages.now, zone_year),
        "public_pockets": public.as_is("public_pockets", tables["growth_pockets"], public.POCKETS, CENSUS),
        "public_zones": public.zones(tables["zones"], tables["service_gap"], zone_year, smallest),
        "public_access": public.as_is(
            "public_access", tables["seat_access"], public.ACCESS, "ratios of seats to children"
        ),
        "public_sites": public.sites(tables["sites"], tables["surplus_sites"], guarded),
        "public_utilization": public.utilization(tables["utilization"], guarded),
        "public_matches": public.matches(tables["colocation_matches"], guarded, smallest),
        "public_siting": public.siting(tables["siting_options"], guarded, smallest),
        "public_recommendations": public.recommendations(tables["recommendations"], guarded),
        "public_missing": public.missing({name: tables[name] for name in LEDGERS}),
    }
    disclosure = public.report([line for _, line in shown.values()])
    ledger = Ledger()
    for table, cells in public.hidden_cells(disclosure):
        ledger.absence(table, "hidden: few pupils stand behind the number", count=cells)
    return {
        **{name: frame for name, (frame, _) in shown.items()},
        "disclosure": disclosure,
        "ledger_publish": ledger.frame(),
    }


STAGE = Stage(
    name="publish",
    summary="The only door to what the public sees: small pupil counts are hidden, and what would give them away",
    reads=(
        "enrollment_groups",
        "schools",
        "school_quality",
        "outlook_totals",
        "backtest",
        "neighborhoods",
        "need",
        "need_contributions",
        "neighborhood_profile",
        "school_age_change",
        "growth_pockets",
        "median_incomes",
        "interpolation_error",
        "zones",
        "service_gap",
        "seat_access",
        "sites",
        "school_sites",
        "surplus_sites",
        "utilization",
        "colocation_matches",
        "siting_options",
        "recommendations",
        *LEDGERS,
    ),
    writes=(
        "public_enrollment",
        "public_schools",
        "public_outlook",
        "public_backtest",
        "public_neighborhoods",
        "public_contributions",
        "public_growth",
        "public_incomes",
        "public_interpolation",
        "public_pockets",
        "public_zones",
        "public_access",
        "public_sites",
        "public_utilization",
        "public_matches",
        "public_siting",
        "public_recommendations",
        "public_missing",
        "disclosure",
        "ledger_publish",
    ),
    sections=("study", "vintages", "zones", "publish"),
    run=run,
)
