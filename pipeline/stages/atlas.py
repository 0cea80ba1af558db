"""Stage atlas: the published tables as maps, workbook, GeoPackage and data dictionary."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.atlas.book import FILES, bind
from pipeline.atlas.exports import PUBLISHED
from pipeline.atlas.spec import about
from pipeline.config import Study
from pipeline.stages import Stage


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Draw every sheet of the atlas."""
    return dict(bind(tables, about(study)))


STAGE = Stage(
    name="atlas",
    summary="draw the maps and write the workbook, the GeoPackage and the data dictionary",
    reads=tuple(table.name for table in PUBLISHED),
    writes=(),
    sections=("study", "raw", "vintages", "reliability", "publish", "atlas"),
    run=run,
    files=FILES,
)
