"""One sheet of a workbook as rows of text, never one picked silently."""

from __future__ import annotations

import datetime
import re
import warnings
import zipfile
from pathlib import Path
from typing import Any

from pipeline.ledger import Ledger
from pipeline.sources.archives import check_archive
from pipeline.sources.faults import Faults, refuse

# Excel keeps 15 digits; a longer number has lost its last ones.
_DIGITS = 10**15
# Cells of a sheet, and those a program has written for nothing but a format: more are read in minutes.
MOST_CELLS = 1_000_000
_WRITTEN = re.compile(rb"<(?:\w+:)?(?:c|row)[ />]")


def read_sheet(
    path: Path, subject: str, sheet: str | None, header_row: int, skip_footer: int, ledger: Ledger | None
) -> tuple[list[str], list[list[str]], int]:
    """Header, rows and the number of the first row of one sheet.

    Raises
    ------
    SourceError
        If the file is no .xlsx, a sheet is not named where there are several or is too large, a
        formula has no stored value, or a cell holds an error.
    """
    head = path.read_bytes()[:8]
    if not head.startswith(b"PK\x03\x04"):
        what = (
            "an old .xls workbook"
            if head.startswith(b"\xd0\xcf\x11\xe0")
            else "a web page or XML"
            if head.lstrip()[:1] == b"<"
            else "not a workbook"
        )
        raise refuse(
            subject,
            "E-NOT-A-WORKBOOK",
            f"the file is {what}",
            repr(head),
            "Open it in a spreadsheet program and save it as .xlsx.",
        )
    with check_archive(path, subject, nested=True) as archive:
        declared = [
            m.filename
            for m in archive.infolist()
            if m.filename.endswith((".xml", ".rels")) and b"<!" in archive.read(m)[:4096].replace(b"<!--", b"")
        ]
        _check_written(archive, subject)
    if declared:
        raise refuse(
            subject,
            "E-XML",
            "the workbook declares entities, which spreadsheet programs never do",
            declared[0],
            "Do not use this file; get it from its publisher.",
        )
    import openpyxl

    with warnings.catch_warnings():
        # openpyxl warns of print settings and the like, which are no matter here
        warnings.simplefilter("ignore", UserWarning)
        try:
            values, formulas = (openpyxl.load_workbook(path, data_only=only) for only in (True, False))
        except (KeyError, ValueError, SyntaxError, OSError) as error:
            raise refuse(
                subject,
                "E-NOT-A-WORKBOOK",
                "the workbook cannot be opened",
                str(error)[:160],
                "Save it again as .xlsx.",
            ) from error
    name = _choose(values, subject, sheet)
    grid, source = values[name], formulas[name]
    faults = Faults()
    rows: list[list[str]] = []
    unsaved, errors, long = [], [], []
    last_row, last_column = _extent(source, subject)
    bounds = {"max_row": last_row, "max_col": last_column}
    for shown, written in zip(grid.iter_rows(**bounds), source.iter_rows(**bounds), strict=True):
        for cell, formula in zip(shown, written, strict=True):
            if formula.data_type == "f" and cell.value is None:
                unsaved.append(f"{name}!{cell.coordinate} ({str(formula.value)[:30]})")
            elif cell.data_type == "e":
                errors.append(f"{name}!{cell.coordinate} ({cell.value})")
            elif isinstance(cell.value, int | float) and abs(cell.value) >= _DIGITS:
                long.append(f"{name}!{cell.coordinate} ({cell.value})")
        rows.append([_text(cell.value) for cell in shown])
    faults.add(
        "E-FORMULA",
        "a formula has no stored value",
        unsaved,
        "Open the workbook in a spreadsheet program and save it, so that values are stored.",
    )
    faults.add("E-CELL-ERROR", "a cell holds an error", errors, "Correct the formula, or clear the cell.")
    faults.add(
        "E-ID-EXCEL",
        "a number has more digits than a spreadsheet keeps",
        long,
        "Get the file again from its publisher with ids as text.",
    )
    faults.raise_if_any(subject)
    hidden = [n for n, d in grid.row_dimensions.items() if d.hidden and header_row < n <= last_row - skip_footer]
    if hidden and ledger is not None:
        ledger.note(
            subject, f"{len(hidden)} hidden rows of sheet {name} are read like the others", item=f"row {min(hidden)}"
        )
    if len(rows) < header_row:
        raise refuse(
            subject,
            "E-NO-ROWS",
            f"sheet {name} has no header in row {header_row}",
            f"{len(rows)} rows",
            "Check `header_row` and `sheet`.",
        )
    header = rows[header_row - 1]
    while header and not header[-1] and not any(r[len(header) - 1] for r in rows[header_row:]):
        header = header[:-1]
    width = len(header)
    return header, [r[:width] for r in rows[header_row : len(rows) - skip_footer or None]], header_row + 1


def _check_written(archive: zipfile.ZipFile, subject: str) -> None:
    """Refuse a sheet whose cells, empty ones with a format too, are too many to be read in a bearable time."""
    for member in archive.infolist():
        # four bytes are the shortest cell: most sheets need no count
        if member.filename.startswith("xl/worksheets/") and member.file_size > 4 * MOST_CELLS:
            written = sum(1 for _ in _WRITTEN.finditer(archive.read(member)))
            if written > MOST_CELLS:
                raise refuse(
                    subject,
                    "E-SIZE",
                    f"a sheet has {written:,} rows and cells, formatted ones among them, which is more than {MOST_CELLS:,}",
                    member.filename,
                    "Delete the empty rows and columns around the table, or save the sheet as .csv.",
                )


def _extent(sheet: Any, subject: str) -> tuple[int, int]:
    """The last row and the last column in which anything but blanks stands.

    Raises
    ------
    SourceError
        If a stray cell far from the table makes the sheet too large: names it.
    """
    # openpyxl keeps only the cells of the file, and would make all between them
    full = [place for place, cell in sheet._cells.items() if cell.value is not None and str(cell.value).strip()]
    row, column = (max((place[i] for place in full), default=1) for i in (0, 1))
    if row * column > MOST_CELLS:
        far = sheet.cell(*max(full, key=lambda place: (place[0] * place[1], place)))
        raise refuse(
            subject,
            "E-SIZE",
            f"sheet {sheet.title} reaches over {row:,} rows and {column:,} columns, which is more than {MOST_CELLS:,} cells",
            f"{sheet.title}!{far.coordinate}",
            "Clear the stray cells around the table, or save the sheet as .csv.",
        )
    return row, column


def _choose(book: Any, subject: str, sheet: str | None) -> str:
    seen = [s.title for s in book.worksheets if s.sheet_state == "visible"]
    every = [s.title for s in book.worksheets]
    if sheet is not None:
        if sheet not in every:
            raise refuse(
                subject,
                "E-SHEET",
                f"there is no sheet {sheet!r}",
                f"it has {', '.join(every)}",
                "Correct the option `sheet`.",
            )
        return sheet
    if len(seen) != 1 or len(every) != 1:
        hidden = ", ".join(sorted(set(every) - set(seen)))
        raise refuse(
            subject,
            "E-SHEET",
            "the workbook has several sheets",
            ", ".join(every) + (f" (hidden: {hidden})" if hidden else ""),
            "Name one with the option `sheet`.",
        )
    return str(seen[0])


def _text(value: Any) -> str:
    """A cell as text: whole numbers without a point, dates as ISO.

    >>> _text(12.0), _text(0.5), _text(datetime.datetime(2024, 6, 8)), _text(None)
    ('12', '0.5', '2024-06-08', '')
    """
    if value is None:
        return ""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(sep=" ")
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)
