"""California: the readers of its Department of Education (CDE), one module per kind of file."""

from __future__ import annotations

from pipeline.sources import Source
from pipeline.sources.states import cde_directory, cde_pupils, cde_results

SOURCES: tuple[Source, ...] = (*cde_directory.SOURCES, *cde_pupils.SOURCES, *cde_results.SOURCES)
