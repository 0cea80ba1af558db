"""What the pages may say of a study besides its tables, taken from its settings once for all stages that write pages."""

from __future__ import annotations

from pipeline.atlas.spec import About, Rules
from pipeline.columns import LEVELS
from pipeline.config import Study
from pipeline.lineage import FILLS, credits

# The settings it is made of, in their order in a study.
SECTIONS = (
    *(
        "study",
        "geography",
        "raw",
        "neighborhoods",
        "bands",
        "vintages",
        "reliability",
        "need",
        "quality",
        "growth",
        "scenarios",
    ),
    *("seats", "utilization", "matches", "publish", "atlas"),
)


def about(study: Study) -> About:
    """What every page may say of the study; no setting that `Rules` knows is left at its default."""
    unit = "minutes" if study.seats.travel_mode else "m"
    return About(
        title=study.study.title,
        fall_year=study.study.fall_year,
        now=study.vintages.now,
        before=study.vintages.before,
        note=study.study.note,
        prepared_by=study.atlas.prepared_by,
        tiles=study.atlas.tiles,
        tiles_credit=study.atlas.tiles_credit,
        smallest_cell=study.publish.smallest_cell,
        medium_cv=study.reliability.medium_cv,
        sources=credits(FILLS.values(), study.raw),
        rules=Rules(
            family=study.need.family,
            norm=study.need.norm,
            draws=study.need.draws,
            top_share=study.need.top_share,
            certain_share=study.need.certain_share,
            possible_share=study.need.possible_share,
            smallest_inside_share=study.neighborhoods.smallest_inside_share,
            smallest_population=study.need.smallest_population,
            smallest_children=study.need.smallest_children,
            growth_alpha=study.growth.alpha,
            smallest_seats=study.growth.smallest_seats,
            growth_band=study.growth.age_band,
            subjects=study.quality.subjects,
            cut_share=study.quality.cut_share,
            probability_share=study.quality.probability_share,
            target_share=study.quality.target_share,
            target_years=study.quality.target_years,
            path=study.quality.path,
            path_share=study.quality.path_share,
            growth_margin_share=study.quality.growth_margin_share,
            colors=study.quality.colors or "",
            poor_ratio=study.seats.poor_ratio,
            access_method=study.seats.access_method,
            access_reach={level: float(getattr(study.seats, f"{level}_reach_{unit}")) for level in LEVELS},
            access_unit=unit,
            under_ratio=study.utilization.under_ratio,
            definitions=study.utilization.definitions,
            surplus_rooms=study.utilization.surplus_rooms,
            years_ahead=study.utilization.years_ahead,
            judged_by=study.utilization.judged_by,
            reach_m=study.geography.reach_m,
            match_travel_m=study.matches.travel_m,
            match_draws=study.matches.draws,
            match_weights=study.matches.weights.model_dump(),
            bands=study.bands.model_dump(),
            scenarios={slot: described.note for slot, described in study.scenarios.items()},
        ),
    )
