"""Which neighborhoods need better schools most, why, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.analysis import indicator_values, need_families, pupil_homes, school_indicators
from pipeline.analysis import need as analysis
from pipeline.analysis.certainty import Varied
from pipeline.analysis.need_clusters import need_clusters
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Weigh the study's indicators, rank the neighborhoods and draw the ranks again under all that might have been otherwise."""
    ledger = Ledger()
    settings, now, fall = study.need, study.vintages.now, study.study.fall_year
    profile = indicator_values.of_vintage(tables["neighborhood_profile"], now, ledger)
    values = indicator_values.together(
        indicator_values.census_values(profile, ledger),
        school_indicators.school_values(
            pupil_homes.pupils_by_home(
                tables["flows"], tables["crosswalk"], zones_fall=study.zones.fall_year, now=fall, ledger=ledger
            ),
            tables["reach"],
            tables["school_facts"],
            pupil_homes.level_weights(profile, study.bands.model_dump()),
            ledger,
            quality=tables["school_quality"],
            performance=tables["performance"],
            groups=tables["enrollment_groups"],
            access=tables["seat_access"],
            now=fall,
        ),
    )
    smallest = {
        "smallest_population": settings.smallest_population,
        "smallest_children": settings.smallest_children,
    }
    told = need_families.measured(
        profile,
        values,
        indicator_values.usable_weights(values, settings.weights, ledger),
        **smallest,
        smallest_inside_share=study.neighborhoods.smallest_inside_share,
    )
    areas = indicator_values.of_state(tables["norm_counts"], now, ledger)
    state = need_families.state_reference(areas, told, ledger, **smallest)
    families, parts = need_families.need_families(told, state, ledger, winsor_sd=settings.winsor_sd)
    need, contributions, sensitivity = analysis.need(
        told,
        analysis.of_layer(tables["adjacency"], "neighborhood"),
        ledger,
        np.random.default_rng(settings.seed),
        placings=tables["neighborhood_placings"],
        varied=Varied(
            draws=settings.draws,
            family=settings.family,
            winsor_sd=settings.winsor_sd,
            concentration=settings.weight_concentration,
            leave_out_share=settings.leave_out_share,
            vary=settings.vary,
        ),
        vintage=now,
        family=settings.family,
        reference=need_families.of_norm(settings.norm, state, now),
        winsor_sd=settings.winsor_sd,
        top_share=settings.top_share,
        certain_share=settings.certain_share,
        possible_share=settings.possible_share,
        hot_spot_alpha=settings.hot_spot_alpha,
        high_cv=study.reliability.high_cv,
        medium_cv=study.reliability.medium_cv,
    )
    return {
        "need": need,
        "need_contributions": contributions,
        "rank_sensitivity": sensitivity,
        "need_families": families,
        "family_contributions": parts,
        "need_clusters": clustered(study, need, contributions, profile, tables["adjacency"], ledger),
        "ledger_need": ledger.frame(),
    }


def clustered(study: Study, need: Any, contributions: Any, profile: Any, adjacency: Any, ledger: Ledger) -> Any:
    """Clusters and outliers of the index and its indicators, by the study's settings."""
    return need_clusters(
        need,
        contributions,
        profile,
        analysis.of_layer(adjacency, "neighborhood"),
        ledger,
        rate=study.need.hot_spot_alpha,
        draws=study.need.cluster_draws,
        seed=study.need.seed,
        sample_share=study.reliability.sample_share,
    )


STAGE = Stage(
    name="need",
    summary="Need index of the neighborhoods with rank intervals, contributions and hot spots",
    reads=(
        "neighborhood_profile",
        "neighborhood_placings",
        "school_quality",
        "performance",
        "enrollment_groups",
        "school_facts",
        "flows",
        "crosswalk",
        "adjacency",
        "reach",
        "seat_access",
        "norm_counts",
    ),
    writes=(
        "need",
        "need_contributions",
        "rank_sensitivity",
        "need_families",
        "family_contributions",
        "need_clusters",
        "ledger_need",
    ),
    sections=("study", "zones", "neighborhoods", "bands", "vintages", "reliability", "need"),
    run=run,
)
