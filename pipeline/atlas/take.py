"""All files to print or to take along, from the published tables: the committee's packet, workbook, layers, open data."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pipeline.atlas import committee, committee_page, committee_pdf, exports, open_data
from pipeline.atlas.catalogue import LANGUAGES
from pipeline.atlas.committee_map import outlines
from pipeline.atlas.committee_parts import short
from pipeline.atlas.escape import plain
from pipeline.atlas.retold import catalogue, retell, retold_packet
from pipeline.atlas.spec import About

FILES = (
    "maps/packet.html",
    "maps/packet.pdf",
    *(f"maps/{language}/packet.{kind}" for language in LANGUAGES for kind in ("html", "pdf")),
    "maps/schoolshed.xlsx",
    "maps/schoolshed.gpkg",
    "maps/schoolshed_data.zip",
    "maps/data_dictionary.csv",
)


def take(tables: Mapping[str, Any], about: About) -> dict[str, str | bytes]:
    """Write every file; the same files for every study, and the same bytes for the same tables.

    Parameters
    ----------
    tables : the published tables and ``disclosure`` by name; any of them may be empty.
    about : what may be said of the study besides.
    """
    packet = committee.packet(tables, about)
    drawn = outlines(packet.areas)
    files: dict[str, str | bytes] = {
        "maps/packet.html": committee_page.page(packet, drawn),
        "maps/packet.pdf": committee_pdf.pdf(packet, drawn, plain(about.prepared_by)),
    }
    for language in LANGUAGES:
        told = catalogue(language, tables, about)
        told = told.keeping(map(short, told.names))
        other = retold_packet(packet, told)
        page = retell(committee_page.page(packet, drawn, other), told, language)
        files[f"maps/{language}/packet.html"] = page
        files[f"maps/{language}/packet.pdf"] = committee_pdf.pdf(
            other, drawn, plain(about.prepared_by), told.tell, f"{language}-US"
        )
    return files | {
        "maps/schoolshed.xlsx": exports.workbook(tables, about),
        "maps/schoolshed.gpkg": exports.geopackage(tables),
        "maps/schoolshed_data.zip": open_data.archive(tables, about),
        "maps/data_dictionary.csv": exports.dictionary(),
    }
