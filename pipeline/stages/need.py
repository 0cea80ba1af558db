"""Which neighborhoods need better schools most, why, and how sure that is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from pipeline.analysis import indicators
from pipeline.analysis import need as analysis
from pipeline.config import Study
from pipeline.ledger import Ledger
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Weigh the study's indicators, rank the neighborhoods and draw the ranks again within the margins."""
    ledger = Ledger()
    settings, now = study.need, study.vintages.now
    profile = indicators.of_vintage(tables["neighborhood_profile"], now, ledger)
    values = indicators.indicator_values(
        profile, tables["reach"], tables["school_quality"], tables["school_facts"], ledger
    )
    need, contributions = analysis.need(
        profile,
        values,
        analysis.of_layer(tables["adjacency"], "neighborhood"),
        ledger,
        np.random.default_rng(settings.seed),
        vintage=now,
        weights=indicators.usable_weights(values, settings.weights, ledger),
        draws=settings.draws,
        top_share=settings.top_share,
        certain_share=settings.certain_share,
        possible_share=settings.possible_share,
        hot_spot_alpha=settings.hot_spot_alpha,
        smallest_population=settings.smallest_population,
        high_cv=study.reliability.high_cv,
        medium_cv=study.reliability.medium_cv,
    )
    return {"need": need, "need_contributions": contributions, "ledger_need": ledger.frame()}


STAGE = Stage(
    name="need",
    summary="Need index of the neighborhoods with rank intervals, contributions and hot spots",
    reads=("neighborhood_profile", "school_quality", "school_facts", "adjacency", "reach"),
    writes=("need", "need_contributions", "ledger_need"),
    sections=("vintages", "reliability", "need"),
    run=run,
)
