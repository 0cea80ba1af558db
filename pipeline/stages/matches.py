"""Stage matches: who could use surplus space."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis import colocation_pairs, community_travel, hosts, lease, matching, prop39, seekers
from pipeline.analysis.exclusions import record_exclusions, refuse_class_by_name
from pipeline.analysis.prop39_pupils import charter_pupils
from pipeline.analysis.recommendations import names_by_id
from pipeline.analysis.rolls import Rolls, rolls
from pipeline.analysis.room_need import Loading, loading_of
from pipeline.analysis.schools import in_buildings
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.rules.capacity import capacity_rules
from pipeline.rules.facilities import facility_rules
from pipeline.stages import Stage
from pipeline.tables import empty


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Match schools that look for space to surplus sites."""
    ledger = Ledger()
    surplus, school_sites, schools = tables["surplus_sites"], tables["school_sites"], tables["school_facts"]
    pupils = tables["school_pupils"].set_index("school_id")["pupils"]
    offered = hosts.hosts(
        *(surplus, school_sites, schools, pupils, tables["rooms"], tables["utilization"]),
        fall_year=study.study.fall_year,
        judged_by=study.utilization.judged_by,
    )
    # what is filled and what is left open of the rolls stands in the ledger of stage utilization
    found = rolls(
        tables["enrollment"],
        tables["enrollment_groups"],
        first_year=None,
        last_year=study.study.fall_year,
        ledger=Ledger(),
    )
    loading = loading_of(capacity_rules(study.capacity.rules), study.bands.model_dump())
    need = seekers.pupils_at_schools(found, pupils, schools, loading)
    return {
        **_colocation(study, tables, offered, need, loading, ledger),
        **_worksheet(study, tables, found, pupils, need, ledger),
        "ledger_matches": ledger.frame(),
    }


def _colocation(
    study: Study, tables: Mapping[str, Any], offered: pd.DataFrame, need: pd.DataFrame, loading: Loading, ledger: Ledger
) -> dict[str, Any]:
    """Who asks, every pair with the rule that bars it or its cost, and the matching worth most."""
    settings, now = study.matches, study.study.fall_year
    sites, schools = tables["site_facts"], tables["school_facts"]
    asking = seekers.seekers(schools, tables["school_sites"], sites, need, tables["space_requests"], loading, ledger)
    seekers.record_communities(asking, tables["block_places"]["neighborhood_id"], ledger)
    refuse_class_by_name(tables["site_exclusions"], asking)
    record_exclusions(tables["site_exclusions"], asking, offered, ledger)
    travel = community_travel.community_travel(
        *(asking, offered),
        flows=tables["flows"],
        block_places=tables["block_places"],
        school_places=tables["school_places"],
        site_places=tables["site_places"],
        fall_year=now,
        detour_factor=study.geography.detour_factor,
    )
    limits = {"travel_m": settings.travel_m, "smallest_school": settings.smallest_school}
    pairs = colocation_pairs.candidate_pairs(
        *(asking, offered, travel, tables["site_exclusions"]),
        levels_apart=settings.levels_apart,
        school_sites=tables["school_sites"],
        **limits,
    )
    weights = settings.weights.model_dump()
    matches, values = matching.colocation_matches(
        *(asking, pairs),
        weights=weights,
        seat_value=settings.seat_value,
        most_sites=settings.most_sites,
        draws=settings.draws,
        concentration=settings.weight_concentration,
        rng=np.random.default_rng(settings.seed),
        schools=names_by_id(schools, "school_id") | dict(zip(asking["school_id"], asking["name"], strict=True)),
        sites=names_by_id(sites, "site_id"),
        free=lease.free_rooms(
            tables["utilization"],
            fall_year=now,
            judged_by=study.utilization.judged_by,
            under_ratio=study.utilization.under_ratio,
        ),
        fall_year=now,
        **limits,
    )
    matching.record(matches, tables["surplus_sites"], ledger)
    zones = tables["site_places"][["site_id", "zone_id"]]
    return {
        "colocation_pairs": colocation_pairs.colocation_pairs(
            pairs, colocation_pairs.total_cost(pairs, weights), **limits
        ),
        # without a list of requests nobody is known to ask
        "colocation_matches": matches.assign(is_taken_to_ask=tables["space_requests"].empty),
        "room_values": values.merge(zones, on="site_id", how="left", validate="one_to_one"),
    }


def _worksheet(
    study: Study, tables: Mapping[str, Any], found: Rolls, pupils: pd.Series, need: pd.DataFrame, ledger: Ledger
) -> dict[str, Any]:
    """What the state's law says a district owes each charter school, where the study names the state's rules."""
    now, schools = study.study.fall_year, tables["school_facts"]
    charters = in_buildings(schools, "charter")
    if not study.matches.state_rules or charters.empty:
        return {name: empty(name, "") for name in ("prop39", "prop39_calendar")}
    law = facility_rules(study.matches.state_rules).proposition_39
    law.require(now)
    homes, places = tables["block_places"], tables["school_places"]
    pupils, ahead = (
        prop39.without_preschool(count, found)
        for count in (pupils, prop39.projected_pupils(tables["outlook_totals"], now + 1))
    )
    worksheet = prop39.prop39(
        *(charters, charter_pupils(charters, pupils, tables["flows"], homes, places, fall_year=now, levels=need)),
        *(schools, places.set_index("school_id")["high_zone_id"], pupils, ahead),
        prop39.space_of_schools(tables["rooms"], tables["school_sites"], pupils, schools),
        prop39.Law(law.smallest_ada_source, law.smallest_ada),
        fall_year=now + 1,
        attendance_ratio=study.matches.attendance_ratio,
    )
    prop39.record(worksheet, law.not_confirmed, ledger)
    return {"prop39": worksheet, "prop39_calendar": pd.DataFrame(law.days(now))}


STAGE = Stage(
    name="matches",
    summary="Co-location matches, each with its reason",
    reads=(
        "surplus_sites",
        "site_facts",
        "school_sites",
        "school_facts",
        "school_pupils",
        "rooms",
        "utilization",
        "enrollment",
        "enrollment_groups",
        "outlook_totals",
        "flows",
        "block_places",
        "school_places",
        "site_places",
        "space_requests",
        "site_exclusions",
    ),
    writes=(
        "colocation_pairs",
        "colocation_matches",
        "room_values",
        "prop39",
        "prop39_calendar",
        "ledger_matches",
    ),
    sections=("study", "geography", "bands", "capacity", "utilization", "matches"),
    run=run,
)
