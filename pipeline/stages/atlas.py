"""Stage atlas: the published tables as maps, workbook, GeoPackage and data dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.atlas.book import FILES, bind
from pipeline.atlas.exports import PUBLISHED
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.spec import About
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
        credits={sheet.key: credits(sheet.tables, study.raw) for sheet in SHEETS},
    )
    return dict(bind(tables, about))


STAGE = Stage(
    name="atlas",
    summary="The maps, the workbook, the GeoPackage and the data dictionary, from the public tables alone",
    reads=tuple(table.name for table in PUBLISHED),
    writes=(),
    sections=("study", "raw", "vintages", "reliability", "publish", "atlas"),
    run=run,
    files=FILES,
)
