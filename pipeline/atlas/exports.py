"""Files to take along: workbook, GeoPackage and data dictionary of the published tables."""

from __future__ import annotations

import csv
import datetime
import io
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipeline.atlas.escape import cell, plain
from pipeline.atlas.shapes import outlined
from pipeline.atlas.spec import About
from pipeline.atlas.styles import add_styles
from pipeline.atlas.words import sentence
from pipeline.columns import BY_NAME
from pipeline.errors import PipelineError
from pipeline.numerals import number, school_year
from pipeline.tables import BY_TABLE, POINTS, TABLES, Table

PUBLISHED = tuple(table for table in TABLES if table.stage == "publish" and not table.name.startswith("ledger_"))
LAYERS = {
    "neighborhoods": "public_neighborhoods",
    "zones": "public_zones",
    "schools": "public_schools",
    "sites": "public_sites",
}
POCKETS = "pockets"  # a layer drawn of its neighborhoods
# files carry one fixed date, so that the same tables give the same bytes
FIXED = datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC)


CSV_RULE = (
    "In CSV files a text that a spreadsheet would take for a formula has an apostrophe before it; numbers have a point "
    "before decimals, flags are true or false, and what is not known is empty."
)
WRITTEN = {
    "text": "text; an apostrophe stands before what would be a formula",
    "flag": "true or false",
    "number": "number, empty where not known",
    "geometry": "not in CSV: shapes are in the GeoJSON files and the GeoPackage",
}


def dictionary() -> str:
    """Every column of every published table: kind, unit, meaning, values, and how CSV files write it."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(
        ["table", "one_row_is", "column", "meaning", "kind", "unit", "share_of", "values", "may_be_empty", "in_csv"]
    )
    for table in PUBLISHED:
        for name in table.names:
            column = BY_NAME[name]
            row = (
                table.name,
                table.grain,
                name,
                column.meaning,
                column.kind,
                column.unit,
                column.over or "",
                " ".join(column.values),
                "no" if name in table.required else "yes",
                WRITTEN[
                    "text"
                    if column.kind in ("key", "category", "text")
                    else column.kind
                    if column.kind in WRITTEN
                    else "number"
                ],
            )
            writer.writerow([cell(text) for text in row])
    return out.getvalue()


def workbook(tables: Mapping[str, Any], about: About) -> bytes:
    """The published tables as an .xlsx: ids as text, no formula and no link from data, notes first."""
    import xlsxwriter

    out = io.BytesIO()
    book = xlsxwriter.Workbook(
        out,
        {
            "in_memory": True,
            "strings_to_formulas": False,
            "strings_to_urls": False,
            "strings_to_numbers": False,
            "nan_inf_to_errors": False,
        },
    )
    book.set_properties({"title": plain(about.title), "created": FIXED.replace(tzinfo=None)})
    bold = book.add_format({"bold": True, "bg_color": "#e8eef4", "bottom": 1})
    text = book.add_format({"num_format": "@"})
    wrap = book.add_format({"text_wrap": True, "valign": "top"})
    notes = book.add_worksheet("notes")
    notes.set_column(0, 0, 26, wrap)
    notes.set_column(1, 1, 110, wrap)
    for row, (head, line) in enumerate(_notes(about)):
        notes.write_string(row, 0, plain(head), bold if not row else wrap)
        notes.write_string(row, 1, plain(line), bold if not row else wrap)
    for table in PUBLISHED:
        _worksheet(book, table, tables[table.name], bold, text)
    book.close()
    return out.getvalue()


def _worksheet(book: Any, table: Table, frame: Any, bold: Any, text: Any) -> None:
    page = book.add_worksheet(table.name.removeprefix("public_")[:31])
    names = [name for name in table.names if name != "geometry"]
    for place, name in enumerate(names):
        column = BY_NAME[name]
        is_text = column.kind in ("key", "category", "text")
        page.set_column(place, place, min(max(len(name) + 2, 12), 34), text if is_text else None)
        page.write_string(0, place, name, bold)
        page.write_comment(
            0, place, f"{column.meaning}{f' ({column.unit})' if column.unit else ''}", {"visible": False}
        )
        known = frame[name].notna().tolist()
        for row, value in enumerate(frame[name].tolist(), start=1):
            if not known[row - 1] or value == "":
                continue
            if is_text:
                refused = page.write_string(row, place, str(value), text)
            elif column.kind == "flag":
                refused = page.write_boolean(row, place, bool(value))
            else:
                refused = page.write_number(row, place, float(value))
            if refused:  # a workbook would be written all the same, with the text cut or the row left out
                raise PipelineError(
                    f"table {table.name}, row {row}, {name}: a sheet has no room for it ({number(len(str(value)))} letters; "
                    "32,767 in a cell and 1,048,576 rows are the most). Shorten it in the file it comes from."
                )
    page.freeze_panes(1, 1)
    page.autofilter(0, 0, max(len(frame), 1), len(names) - 1)


def _notes(about: About) -> list[tuple[str, str]]:
    lines = [
        ("Study", about.title),
        ("School year", school_year(about.fall_year)),
        (
            "Census figures",
            f"{about.now}{f' and {about.before}' if about.before else ''}; columns ending in _moe are 90% margins of error",
        ),
        ("Shares and ratios", "0.25 stands for 25%"),
        ("Empty cells", "are not known; zero is written as 0"),
        (
            "*",
            f"not shown: fewer than {about.smallest_cell} pupils stand behind it, or another hidden number could be computed from it"
            if about.smallest_cell
            else "not shown",
        ),
        ("Ids", "are text: leading zeros belong to them"),
    ]
    lines += [(sentence(table.name.removeprefix("public_")), f"one row for each {table.grain}") for table in PUBLISHED]
    lines += [
        (f"Source: {producer}", f"{title}, {vintage}. Licence: {licence}. {url}")
        for producer, title, vintage, licence, url in about.sources
    ]
    return lines


def geopackage(tables: Mapping[str, Any]) -> bytes:
    """Neighborhoods, zones, schools, sites and pockets of change with their shapes in the study's CRS, and their styles."""
    import pyogrio

    pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": FIXED.strftime("%Y-%m-%dT%H:%M:%S.000Z")})
    try:
        with tempfile.TemporaryDirectory() as folder:
            place = Path(folder) / "schoolshed.gpkg"
            for layer, name in (*LAYERS.items(), (POCKETS, "public_pockets")):
                kind = "Point" if BY_TABLE[name].geometry_types == POINTS else "MultiPolygon"
                drawn = tables[name]
                if layer == POCKETS:
                    drawn = outlined(drawn, tables["public_neighborhoods"])
                # what the contract does not name is not published
                drawn = drawn[[column for column in drawn.columns if column in {*BY_TABLE[name].names, "geometry"}]]
                pyogrio.write_dataframe(
                    drawn,
                    place,
                    layer=layer,
                    driver="GPKG",
                    geometry_type=kind,
                    promote_to_multi=kind == "MultiPolygon",
                    append=place.exists(),
                )
            add_styles(place, FIXED.strftime("%Y-%m-%dT%H:%M:%S.000Z"))
            return place.read_bytes()
    finally:
        pyogrio.set_gdal_config_options({"OGR_CURRENT_DATE": None})
