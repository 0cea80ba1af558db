"""Stage publish: the only door to what the public sees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline import releases
from pipeline.analysis import publication as public
from pipeline.analysis import (
    publication_backtest,
    publication_colocation,
    publication_flows,
    publication_growth,
    publication_nearby,
    publication_outlook,
    publication_pupils,
    publication_quality,
    publication_rfp,
    publication_seats,
)
from pipeline.analysis import publication_need as public_need
from pipeline.analysis import publication_siting as public_siting
from pipeline.analysis.committee_lines import committee_lines
from pipeline.analysis.disclosure import Published
from pipeline.analysis.hidden_outlook import hidden_units
from pipeline.analysis.releases import hidden_then
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import INGEST_TO_ADVICE, Stage

LEDGERS = tuple(f"ledger_{stage}" for stage in INGEST_TO_ADVICE)
ROOMS = "seats and rooms of buildings, no pupil counts"
LINES = "made of published numbers alone"
CHANGES = "what schools and grades there are, no pupil counts"


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Turn results into public tables, and report what was hidden."""
    smallest = float(study.publish.smallest_cell)
    now, zone_year = study.study.fall_year, study.zones.fall_year
    told_before = releases.read(study.study.name, now)
    quiet_schools, quiet_zones = (hidden_then(told_before, kind) for kind in ("school", "zone"))
    shown = {"public_enrollment": public.enrollment(tables["enrollment_groups"], smallest, before=quiet_schools)}
    known = shown["public_enrollment"][0]
    guarded = public.guarded_sites(tables["utilization"], tables["school_sites"], known, now, smallest)
    coarse = public.few_in_a_grade(tables["enrollment"], tables["school_sites"], now, smallest)
    shown |= {
        "public_schools": public.schools(tables["schools"], tables["school_quality"], known, now, smallest),
        "public_backtest": publication_backtest.backtest(tables["backtest"], tables["enrollment_groups"], known),
        **need_side(study, tables),
        **publication_growth.growth_side(tables, now=study.vintages.now, rate=study.growth.alpha),
        "public_incomes": public.incomes(tables["median_incomes"]),
        "public_interpolation": public.interpolation(tables["interpolation_error"], study.vintages.now, zone_year),
        "public_zones": public.zones(
            tables["zones"], tables["service_gap"], zone_year, smallest, pupils_fall=now, before=quiet_zones
        ),
        "public_access": public.as_is(
            "public_access", tables["seat_access"], public.ACCESS, "ratios of seats to children"
        ),
        "public_sites": public.sites(tables["sites"], tables["surplus_sites"], guarded, coarse),
        "public_utilization": public.utilization(tables["utilization"], guarded, coarse),
        **publication_colocation.sharing(tables, guarded, known, now, smallest),
        "public_capacity": public.capacity(tables["capacity_definitions"], guarded, coarse),
        "public_siting": public.siting(tables["siting_options"], guarded, smallest),
        **_siting(tables, guarded, smallest),
        "public_missing": public.missing({name: tables[name] for name in LEDGERS}),
    }
    shown["public_rooms"] = public.as_is("public_rooms", tables["rooms"], list(tables["rooms"].columns), ROOMS)
    shown["public_rfp"] = publication_rfp.inventory(
        tables["rfp_inventory"], tables["sites"], shown["public_zones"][0], guarded, coarse
    )
    shown["public_rfp_scores"], shown["public_rfp_score_parts"] = publication_rfp.scores(
        tables["rfp_scores"],
        tables["rfp_score_parts"],
        tables["school_quality"],
        shown["public_schools"][0],
        guarded,
        smallest,
    )
    shown["public_nearby"] = publication_nearby.nearby(
        tables["nearby"], shown["public_schools"][0], shown["public_rfp"][0], tables["school_facts"]
    )
    shown["public_neighborhood_zones"] = publication_nearby.neighborhood_zones(tables["block_places"])
    quiet = publication_colocation.quiet_schools(shown["public_matches"][0])
    quiet |= publication_colocation.quiet_schools(shown["public_prop39"][0])
    shown["public_recommendations"] = public.recommendations(
        tables["recommendations"], guarded, quiet, shown["public_zones"][0]
    )
    shown |= _outlook(study, tables, known, shown["public_zones"][0], smallest)
    shown |= _quality(study, tables, known, shown["public_zones"][0], smallest)
    shown |= _flows(study, tables, known, shown["public_zones"][0], smallest)
    shown["public_lines"] = _lines(study, tables, shown["public_zones"][0], shown["public_cut_sweep"][0])
    told = {name: frame for name, (frame, _) in shown.items()}
    shown["public_changes"] = public.changes(told, told_before, fall_year=now, district_id=study.study.district_id)
    disclosure = public.report([line for _, line in shown.values()])
    ledger = Ledger()
    for table, cells in public.hidden_cells(disclosure):
        ledger.absence(table, "hidden: few pupils stand behind the number", count=cells)
    return {
        **{name: frame for name, (frame, _) in shown.items()},
        "disclosure": disclosure,
        "ledger_publish": ledger.frame(),
    }


def _lines(study: Study, tables: Mapping[str, Any], zones: Any, cut_sweep: Any) -> Published:
    """The lines to quote: what they say of zones and moved cuts is what the tables of these tell."""
    need = study.need
    lines = committee_lines(
        {**tables, "public_zones": zones, "public_cut_sweep": cut_sweep},
        vintage=study.vintages.now,
        before=study.vintages.before,
        family=need.family,
        certain_share=need.certain_share,
        possible_share=need.possible_share,
        top_share=need.top_share,
        medium_cv=study.reliability.medium_cv,
    )
    return public.as_is("public_lines", lines, list(lines.columns), LINES)


def _flows(study: Study, tables: Mapping[str, Any], known: Any, zones: Any, smallest: float) -> dict[str, Published]:
    """Who runs the schools that pupils attend, and where those of each zone go."""
    facts, now, zones_fall = tables["school_facts"], study.study.fall_year, study.zones.fall_year
    return {
        "public_sectors": publication_flows.sectors(
            known,
            facts,
            tables["membership"],
            tables["flows"],
            zones,
            district_id=study.study.district_id,
            fall_year=now,
            zones_fall=zones_fall,
            smallest=smallest,
        ),
        "public_flows": publication_flows.flows(
            tables["flows"],
            facts,
            tables["zones"],
            zones,
            known,
            fall_year=now,
            zones_fall=zones_fall,
            smallest=smallest,
        ),
    }


def _siting(tables: Mapping[str, Any], guarded: set[str], smallest: float) -> dict[str, Published]:
    """What is told of siting: plans, their sites, neighborhoods before and after, common enrollment zones."""
    surplus = tables["surplus_sites"]
    offered = set(surplus.loc[surplus["surplus_status"] == "offered", "site_id"])
    plans = public_siting.plans(tables["siting_plans"], guarded, offered)
    return {
        "public_siting_plans": plans,
        "public_siting_choices": public_siting.choices(tables["siting_choices"], guarded),
        "public_siting_coverage": public_siting.coverage(tables["siting_coverage"], plans[0]),
        "public_enrollment_zones": public_siting.zones(tables["enrollment_zones"], guarded, smallest),
    }


def need_side(study: Study, tables: Mapping[str, Any]) -> dict[str, Published]:
    """What is told of need: the index and its parts, how sure it is, other indices, clusters."""
    family, parts = study.need.family, tables["need_contributions"]
    by_family, family_parts = public_need.families(tables["need_families"], tables["family_contributions"], parts)
    profile, now = tables["neighborhood_profile"], study.vintages.now
    return {
        "public_neighborhoods": public_need.neighborhoods(
            tables["neighborhoods"],
            tables["need"],
            profile,
            now,
            parts=parts,
            clusters=tables["need_clusters"],
            family=family,
        ),
        "public_contributions": public_need.contributions(parts, family, profile[profile["vintage"] == now]),
        "public_families": by_family,
        "public_family_contributions": family_parts,
        "public_sensitivity": public_need.sensitivity(tables["rank_sensitivity"]),
        "public_clusters": public_need.clusters(tables["need_clusters"]),
    }


def _outlook(study: Study, tables: Mapping[str, Any], known: Any, zones: Any, smallest: float) -> dict[str, Published]:
    """Pupils expected by unit, grade and scenario, with one set of hidden units, and what they rest on."""
    totals, by_grade = tables["outlook_totals"], tables["enrollment_outlook"]
    hidden = hidden_units(totals, tables["scenario_outlook"], known, zones, smallest)
    by_year, form = publication_outlook.grades(by_grade, tables["state_projection"], study.bands.model_dump(), smallest)
    moved = tables["school_changes"]
    return {
        "public_outlook": publication_outlook.outlook(totals, by_grade, hidden, smallest),
        "public_outlook_change": publication_outlook.changes(totals, hidden, known, zones),
        "public_outlook_grades": by_year,
        "public_state_projection": form,
        "public_scenarios": publication_outlook.scenarios(tables["scenario_outlook"], hidden),
        "public_capture": publication_outlook.capture(tables["capture_ratios"], zones, smallest),
        "public_school_changes": public.as_is("public_school_changes", moved, list(moved.columns), CHANGES),
    }


def _quality(study: Study, tables: Mapping[str, Any], known: Any, zones: Any, smallest: float) -> dict[str, Any]:
    """Ratings, colors and paths of schools, pupils in quality seats, the gap and access counted in several ways."""
    facts, rules = tables["school_facts"], study.quality
    years = publication_quality.quality_years(tables["quality_years"], smallest)
    places, groups = publication_pupils.published_pupils(
        known, facts, tables["membership"], study.study.district_id, study.study.fall_year
    )
    return {
        "public_quality_years": years,
        "public_targets": publication_quality.targets(
            tables["quality_targets"],
            tables["quality_years"],
            facts,
            smallest,
            target_share=rules.target_share,
            target_years=rules.target_years,
            path=rules.path,
        ),
        "public_colors": publication_quality.colors(tables["school_colors"], smallest),
        "public_gap_variants": publication_seats.gap_variants(
            tables["service_gap_variants"], tables["service_gap"], zones, smallest
        ),
        "public_cut_sweep": publication_seats.cut_sweep(
            tables["cut_sweep"], tables["school_quality"], facts, tables["service_gap"]
        ),
        "public_quality_seats": publication_pupils.quality_seats(
            places, years[0], tables["quality_enrollment"], zones, smallest
        ),
        "public_quality_change": publication_pupils.quality_reasons(places, groups, facts, years[0]),
        "public_access_methods": publication_seats.access_methods(tables["access_methods"]),
        "public_access_groups": publication_seats.access_groups(tables["access_groups"]),
    }


STAGE = Stage(
    name="publish",
    summary="The only door to what the public sees: small pupil counts are hidden, and what would give them away",
    reads=(
        "enrollment",
        "enrollment_groups",
        "flows",
        "schools",
        "school_quality",
        "school_facts",
        "membership",
        "nearby",
        "block_places",
        "quality_years",
        "quality_targets",
        "school_colors",
        "service_gap_variants",
        "cut_sweep",
        "quality_enrollment",
        "access_methods",
        "access_groups",
        "outlook_totals",
        "enrollment_outlook",
        "scenario_outlook",
        "state_projection",
        "capture_ratios",
        "school_changes",
        "backtest",
        "neighborhoods",
        "need",
        "need_contributions",
        "need_families",
        "family_contributions",
        "need_clusters",
        "rank_sensitivity",
        "neighborhood_profile",
        "school_age_change",
        "growth_pockets",
        "change_drivers",
        "net_migration",
        "growth_need",
        "population_outlook",
        "median_incomes",
        "interpolation_error",
        "zones",
        "service_gap",
        "seat_access",
        "sites",
        "school_sites",
        "surplus_sites",
        "utilization",
        "capacity_definitions",
        "rooms",
        "rfp_inventory",
        "rfp_scores",
        "rfp_score_parts",
        "colocation_pairs",
        "colocation_matches",
        "room_values",
        "prop39",
        "prop39_calendar",
        "siting_options",
        "siting_plans",
        "siting_choices",
        "siting_coverage",
        "enrollment_zones",
        "recommendations",
        *LEDGERS,
    ),
    writes=(
        "public_enrollment",
        "public_schools",
        "public_quality_years",
        "public_targets",
        "public_colors",
        "public_gap_variants",
        "public_cut_sweep",
        "public_quality_seats",
        "public_quality_change",
        "public_access_methods",
        "public_access_groups",
        "public_sectors",
        "public_flows",
        "public_outlook",
        "public_outlook_change",
        "public_outlook_grades",
        "public_state_projection",
        "public_scenarios",
        "public_capture",
        "public_school_changes",
        "public_backtest",
        "public_neighborhoods",
        "public_contributions",
        "public_families",
        "public_family_contributions",
        "public_sensitivity",
        "public_clusters",
        "public_growth",
        "public_incomes",
        "public_interpolation",
        "public_pockets",
        "public_drivers",
        "public_migration",
        "public_growth_need",
        "public_population",
        "public_zones",
        "public_nearby",
        "public_neighborhood_zones",
        "public_access",
        "public_sites",
        "public_utilization",
        "public_capacity",
        "public_rooms",
        "public_rfp",
        "public_rfp_scores",
        "public_rfp_score_parts",
        "public_matches",
        "public_pairs",
        "public_room_values",
        "public_prop39",
        "public_prop39_calendar",
        "public_siting",
        "public_siting_plans",
        "public_siting_choices",
        "public_siting_coverage",
        "public_enrollment_zones",
        "public_recommendations",
        "public_lines",
        "public_changes",
        "public_missing",
        "disclosure",
        "ledger_publish",
    ),
    sections=("study", "vintages", "reliability", "bands", "zones", "need", "growth", "quality", "publish"),
    run=run,
    folders=("releases",),
)
