"""Stage packet: the committee's packet, and the published tables as files to take along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.atlas.exports import PUBLISHED
from pipeline.atlas.spec import About, Rules
from pipeline.atlas.take import FILES, take
from pipeline.config import Study
from pipeline.lineage import FILLS, credits
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Write the packet, the workbook, the GeoPackage and the open data from the public tables alone."""
    about = About(
        title=study.study.title,
        fall_year=study.study.fall_year,
        now=study.vintages.now,
        before=study.vintages.before,
        note=study.study.note,
        prepared_by=study.atlas.prepared_by,
        smallest_cell=study.publish.smallest_cell,
        sources=credits(FILLS.values(), study.raw),
        rules=Rules(
            top_share=study.need.top_share,
            certain_share=study.need.certain_share,
            possible_share=study.need.possible_share,
            smallest_inside_share=study.neighborhoods.smallest_inside_share,
            growth_band=study.growth.age_band,
            bands=study.bands.model_dump(),
        ),
    )
    return dict(take(tables, about))


STAGE = Stage(
    name="packet",
    summary="The committee's packet (HTML, PDF), workbook, GeoPackage, open data and data dictionary, from the public tables",
    reads=tuple(table.name for table in PUBLISHED),
    writes=(),
    sections=("study", "raw", "neighborhoods", "vintages", "bands", "need", "growth", "publish", "atlas"),
    run=run,
    files=FILES,
)
