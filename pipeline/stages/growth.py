"""Stage growth: where the number of school-age children changes, why, and what to expect."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.change_evidence import change_evidence, together_scores
from pipeline.analysis.growth import changes, compared_layers, mostly_outside
from pipeline.analysis.moves import moves
from pipeline.analysis.pockets import growth_pockets
from pipeline.analysis.population_outlook import outlook_or_reason
from pipeline.analysis.public_share import public_shares
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage

LAYER = "neighborhood"


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Compare vintages, gather pockets with what drives them, and look five and ten years on."""
    ledger = Ledger()
    vintages, growth, classes = study.vintages, study.growth, study.reliability
    before, now = vintages.before, vintages.now
    deaths = growth.survival.deaths if growth.survival else ()
    hoods, zones, district, areas = (
        tables[name] for name in ("neighborhood_profile", "zone_profile", "district_profile", "area_facts")
    )
    adjacency, crosswalk = tables["adjacency"], tables["crosswalk"]
    layers = compared_layers(
        hoods, zones, district, areas, control=vintages.control, control_count=vintages.control_count, ledger=ledger
    )
    scaled = {layer.name: layer.factors for layer in layers}
    change = changes(
        layers,
        before=before,
        now=now,
        alpha=growth.alpha,
        high_cv=classes.high_cv,
        medium_cv=classes.medium_cv,
        ledger=ledger,
        untested=mostly_outside(hoods, study.neighborhoods.smallest_inside_share),
    )
    together = together_scores(change, adjacency, areas, crosswalk, layer=LAYER, factors=scaled[LAYER])
    change = change_evidence(change, adjacency, layer=LAYER, rate=growth.alpha, together=together)
    migration, drivers = moves(
        layers,
        change,
        before=before,
        now=now,
        deaths=deaths,
        high_cv=classes.high_cv,
        medium_cv=classes.medium_cv,
        ledger=ledger,
    )
    pockets = growth_pockets(
        change,
        adjacency,
        areas,
        crosswalk,
        layer=LAYER,
        age_band=growth.age_band,
        smallest=growth.smallest_seats,
        factors=scaled[LAYER],
        public=public_shares(
            tables["enrollment"],
            tables["school_facts"],
            district,
            set(change["vintage_to"]),
            scaled.get("district", {}),
            ledger,
        ),
        deaths=deaths,
        high_cv=classes.high_cv,
        medium_cv=classes.medium_cv,
    )
    outlook = outlook_or_reason(
        layers,
        before=before,
        now=now,
        smallest_ratio=growth.smallest_ratio,
        largest_ratio=growth.largest_ratio,
        method_error_share=growth.method_error_share,
        control_projection=growth.control_projection,
        ledger=ledger,
    )
    return {
        "school_age_change": change,
        "growth_pockets": pockets,
        "change_drivers": drivers,
        "net_migration": migration,
        "population_outlook": outlook,
        "ledger_growth": ledger.frame(),
    }


STAGE = Stage(
    name="growth",
    summary="Change of school-age children between vintages, growth pockets and what drives them, population outlook",
    reads=(
        "neighborhood_profile",
        "zone_profile",
        "district_profile",
        "area_facts",
        "adjacency",
        "crosswalk",
        "enrollment",
        "school_facts",
    ),
    writes=(
        "school_age_change",
        "growth_pockets",
        "change_drivers",
        "net_migration",
        "population_outlook",
        "ledger_growth",
    ),
    sections=("neighborhoods", "vintages", "reliability", "growth"),
    run=run,
)
