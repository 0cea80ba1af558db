"""Stage profiles: who lives in the district and in each zone and neighborhood, as counts with margins,
and the medians that are rebuilt from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.incomes import area_names, median_incomes
from pipeline.analysis.profiles import (
    balance_layers,
    district_profile,
    neighborhood_placings,
    neighborhood_profile,
    zone_profile,
)
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Carry census counts to zones, neighborhoods and the district; refuse if too many children are in no zone."""
    ledger = Ledger()
    areas, crosswalk, sure = tables["census_areas"], tables["crosswalk"], study.reliability
    balance_layers(
        areas,
        crosswalk,
        fall_year=study.zones.fall_year,
        outside_share=study.geography.outside_share,
        ledger=ledger,
    )
    return {
        "zone_profile": zone_profile(areas, crosswalk, tables["zones"], ledger),
        "neighborhood_profile": neighborhood_profile(areas, crosswalk, tables["neighborhood_names"], ledger),
        "neighborhood_placings": neighborhood_placings(areas, tables["placing_crosswalk"]),
        "district_profile": district_profile(areas, crosswalk),
        "median_incomes": median_incomes(
            tables["area_brackets"],
            areas,
            crosswalk,
            area_names(tables["zones"], tables["neighborhood_names"], tables["district"]),
            design_factor=sure.design_factor,
            sample_share=sure.sample_share,
            high_cv=sure.high_cv,
            medium_cv=sure.medium_cv,
            ledger=ledger,
        ),
        "ledger_profiles": ledger.frame(),
    }


STAGE = Stage(
    name="profiles",
    summary="Counts and margins of each zone, neighborhood and the district, and median incomes, for each vintage",
    reads=(
        "census_areas",
        "area_brackets",
        "crosswalk",
        "placing_crosswalk",
        "zones",
        "neighborhood_names",
        "district",
    ),
    writes=(
        "zone_profile",
        "neighborhood_profile",
        "neighborhood_placings",
        "district_profile",
        "median_incomes",
        "ledger_profiles",
    ),
    sections=("geography", "zones", "reliability"),
    run=run,
)
