"""Stage atlas: the published tables as maps."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pipeline.analysis.indicators import INDICATORS
from pipeline.atlas.book import FILES, bind
from pipeline.atlas.exports import PUBLISHED
from pipeline.atlas.sheets import SHEETS
from pipeline.config import Study
from pipeline.lineage import credits
from pipeline.stages import Stage
from pipeline.stages.about import SECTIONS, about


def run(study: Study, tables: Mapping[str, Any]) -> dict[str, Any]:
    """Draw every sheet of the atlas, each with the sources its tables descend from."""
    of_sheets = replace(
        about(study),
        origins={table.name: credits((table.name,), study.raw) for table in PUBLISHED},
        counts={each.name: (each.numerator, each.universe) for each in INDICATORS},
        credits={sheet.key: credits(sheet.tables, study.raw) for sheet in SHEETS},
    )
    return dict(bind(tables, of_sheets))


STAGE = Stage(
    name="atlas",
    summary="The maps, and a packet for each listed site, from the public tables alone",
    reads=tuple(table.name for table in PUBLISHED),
    writes=(),
    sections=SECTIONS,
    run=run,
    files=FILES,
)
