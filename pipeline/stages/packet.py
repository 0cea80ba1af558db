"""Stage packet: the committee's packet, and the published tables as files to take along."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.atlas.exports import PUBLISHED
from pipeline.atlas.take import FILES, take
from pipeline.config import Study
from pipeline.stages import Stage
from pipeline.stages.about import SECTIONS, about


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Write the packet, the workbook, the GeoPackage and the open data from the public tables alone."""
    return dict(take(tables, about(study)))


STAGE = Stage(
    name="packet",
    summary="The committee's packet (HTML, PDF), workbook, GeoPackage, open data and data dictionary, from the public tables",
    reads=tuple(table.name for table in PUBLISHED),
    writes=(),
    sections=SECTIONS,
    run=run,
    files=FILES,
)
