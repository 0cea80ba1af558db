"""Stage profiles: who lives in the district and in each zone and neighborhood, as counts with margins."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.analysis.profiles import balance_layers, district_profile, neighborhood_profile, zone_profile
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Carry census counts to zones, neighborhoods and the district; refuse if too many children are in no zone."""
    ledger = Ledger()
    areas, crosswalk = tables["census_areas"], tables["crosswalk"]
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
        "district_profile": district_profile(areas, crosswalk),
        "ledger_profiles": ledger.frame(),
    }


STAGE = Stage(
    name="profiles",
    summary="Counts and margins of each zone, neighborhood and the district, for each vintage",
    reads=("census_areas", "crosswalk", "zones", "neighborhood_names"),
    writes=("zone_profile", "neighborhood_profile", "district_profile", "ledger_profiles"),
    sections=("geography", "zones"),
    run=run,
)
