"""Stage atlas: the published tables as maps, workbook, GeoPackage and data dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.atlas.book import FILES, bind
from pipeline.atlas.exports import PUBLISHED
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.spec import About, Rules
from pipeline.config import Study
from pipeline.lineage import FILLS, credits
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Draw every sheet of the atlas, each with the sources its tables descend from."""
    about = About(
        title=study.study.title,
        fall_year=study.study.fall_year,
        now=study.vintages.now,
        before=study.vintages.before,
        note=study.study.note,
        prepared_by=study.atlas.prepared_by,
        smallest_cell=study.publish.smallest_cell,
        medium_cv=study.reliability.medium_cv,
        sources=credits(FILLS.values(), study.raw),
        rules=Rules(
            top_share=study.need.top_share,
            certain_share=study.need.certain_share,
            possible_share=study.need.possible_share,
            growth_alpha=study.growth.alpha,
            subjects=study.quality.subjects,
            cut_share=study.quality.cut_share,
            probability_share=study.quality.probability_share,
            target_share=study.quality.target_share,
            target_years=study.quality.target_years,
            under_ratio=study.utilization.under_ratio,
            definitions=study.utilization.definitions,
            surplus_rooms=study.utilization.surplus_rooms,
            bands=study.bands.model_dump(),
        ),
        credits={sheet.key: credits(sheet.tables, study.raw) for sheet in SHEETS},
    )
    return dict(bind(tables, about))


STAGE = Stage(
    name="atlas",
    summary="The maps, the workbook, the GeoPackage and the data dictionary, from the public tables alone",
    reads=tuple(table.name for table in PUBLISHED),
    writes=(),
    sections=(
        *("study", "raw", "vintages", "bands", "reliability", "need", "growth", "quality", "utilization"),
        *("publish", "atlas"),
    ),
    run=run,
    files=FILES,
)
