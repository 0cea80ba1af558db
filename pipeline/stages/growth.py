"""Stage growth: where the number of school-age children changes, and what to expect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.growth import changes
from pipeline.analysis.pockets import growth_pockets
from pipeline.analysis.population import outlook_or_reason
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Compare two vintages, gather pockets and look five and ten years on."""
    ledger = Ledger()
    vintages, classes, growth = study.vintages, study.reliability, study.growth
    change = changes(
        tables["neighborhood_profile"],
        tables["zone_profile"],
        tables["district_profile"],
        tables["area_facts"],
        before=vintages.before,
        now=vintages.now,
        control=vintages.control,
        control_count=vintages.control_count,
        alpha=growth.alpha,
        high_cv=classes.high_cv,
        medium_cv=classes.medium_cv,
        ledger=ledger,
    )
    pockets = growth_pockets(
        change,
        tables["adjacency"],
        layer="neighborhood",
        now=vintages.now,
        age_band=growth.age_band,
        smallest=growth.smallest_seats,
        high_cv=classes.high_cv,
        medium_cv=classes.medium_cv,
    )
    outlook = outlook_or_reason(
        tables["neighborhood_profile"],
        before=vintages.before,
        now=vintages.now,
        control=vintages.control,
        control_count=vintages.control_count,
        smallest_ratio=growth.smallest_ratio,
        largest_ratio=growth.largest_ratio,
        ledger=ledger,
    )
    return {
        "school_age_change": change,
        "growth_pockets": pockets,
        "population_outlook": outlook,
        "ledger_growth": ledger.frame(),
    }


STAGE = Stage(
    name="growth",
    summary="Change of school-age children between two vintages, growth pockets, population outlook",
    reads=("neighborhood_profile", "zone_profile", "district_profile", "area_facts", "adjacency"),
    writes=("school_age_change", "growth_pockets", "population_outlook", "ledger_growth"),
    sections=("vintages", "reliability", "growth"),
    run=run,
)
