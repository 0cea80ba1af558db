"""Raw files to rows of text, refusing what cannot be trusted; nothing is guessed from the data.

Delimited text, workbooks, JSON and Parquet are read here; shapes in ``geofiles``, ids and
numbers in ``values``, both offered from this module too. Every refusal names the file, the
row and the remedy.
"""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.ledger import Ledger
from pipeline.sources.delimited import read_delimited
from pipeline.sources.faults import Faults, refuse
from pipeline.sources.geofiles import read_shapes_file
from pipeline.sources.intake import check_path, check_width, sniff
from pipeline.sources.values import clean_text, parse_number, places, subject_of, text_id

_INVISIBLE = re.compile("[\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\u00ad\ufeff]")
_TEXT = (".csv", ".tsv", ".txt", ".dat", ".gz")


def read_rows(
    path: Path,
    *,
    entry_id: str,
    delimiter: str = ",",
    encoding: str = "utf-8",
    sheet: str | None = None,
    header_row: int = 1,
    skip_footer: int = 0,
    ends_with_newline: bool = True,
    accept_garbled: bool = False,
    ledger: Ledger | None = None,
) -> pd.DataFrame:
    r"""Rows of a text file, workbook or JSON answer as text, with their row numbers.

    Delimited text (``.csv .tsv .txt .dat``, also ``.gz``), ``.xlsx`` and ``.json`` (an array of
    arrays whose first is the header, or an array of objects) are told by suffix. All cells are
    text, an empty one is ""; blanks around a cell and line breaks in it are taken away, NBSP and
    zero-width characters too (recorded in ``ledger``). Rows without any content are left out.

    Parameters
    ----------
    path, entry_id
        The file, and the id of its source for messages.
    delimiter, encoding
        Of delimited text. ``latin-1`` is read as cp1252, as browsers do.
    sheet
        Of a workbook; must be named where it has several visible sheets.
    header_row
        Row of the column names, 1-based; rows above are titles.
    skip_footer
        Rows at the end that are notes.
    ends_with_newline
        False accepts a file whose last line has no end, which is otherwise taken for cut short.
    accept_garbled
        True accepts letters that were garbled before the file came here; noted in ``ledger``.

    Returns
    -------
    pandas.DataFrame
        One column of text for each of the file's, and ``__row__``: the 1-based row in the file.

    Raises
    ------
    SourceError
        For a wrong encoding, rows of another length than the header, a file cut short, a web
        page or archive instead of the table, formulas without a value, and the like.
    MissingInput
        If the file is not there.

    Examples
    --------
    >>> from pathlib import Path; import tempfile
    >>> path = Path(tempfile.mkdtemp()) / "schools.csv"
    >>> _ = path.write_text("id,name\n0012,Oak\n", encoding="utf-8")
    >>> read_rows(path, entry_id="schools").to_dict("records")
    [{'id': '0012', 'name': 'Oak', '__row__': 2}]
    """
    subject = f"{path.name} (source {entry_id})"
    check_path(path, subject)
    suffix = path.suffix.lower()
    if suffix in (".xlsx", ".xlsm", ".xls"):
        from pipeline.sources.workbooks import read_sheet

        header, rows, first = read_sheet(path, subject, sheet, header_row, skip_footer, ledger)
        frame = pd.DataFrame(rows, columns=pd.Index(range(len(header))), dtype="str")
        numbers = pd.Series(range(first, first + len(frame)))
    elif suffix == ".json":
        header, frame, numbers = _read_json(path, subject)
    elif suffix in _TEXT:
        header, frame, numbers = read_delimited(
            path,
            subject,
            delimiter=delimiter,
            encoding=encoding,
            header_row=header_row,
            skip_footer=skip_footer,
            ends_with_newline=ends_with_newline,
            accept_garbled=accept_garbled,
            ledger=ledger,
        )
    else:
        raise refuse(
            subject,
            "E-FORMAT",
            f"a table cannot be read from {suffix or 'a file without suffix'}",
            path.name,
            "Save it as .csv, .xlsx, .json or .parquet.",
        )
    frame.columns = pd.Index(_header(header, subject))
    return _clean(frame, numbers, subject, ledger)


def _read_json(path: Path, subject: str) -> tuple[list[str], pd.DataFrame, pd.Series]:
    def no_constant(name: str) -> None:
        raise ValueError(f"{name} is no JSON number")

    try:
        content = json.loads(
            path.read_bytes().decode("utf-8-sig"), parse_constant=no_constant, parse_float=str, parse_int=str
        )
    except (ValueError, RecursionError) as error:
        raise refuse(
            subject,
            "E-JSON",
            "the file is not JSON",
            str(error)[:120],
            "Fetch it again; it may be cut short or an error page.",
        ) from error
    if isinstance(content, list) and content and all(isinstance(r, dict) for r in content):
        content = [_flat(record) for record in content]
        header = list(dict.fromkeys(name for record in content for name in record))
        content = [header, *([record.get(name) for name in header] for record in content)]
    if not isinstance(content, list) or not content or not all(isinstance(r, list) for r in content):
        raise refuse(
            subject,
            "E-JSON",
            "the file is not an array of rows",
            str(content)[:120],
            "Fetch it again; services answer errors as JSON too.",
        )
    header = [_json_cell(c) for c in content[0]]
    check_width(header, subject)
    faults = Faults()
    faults.add(
        "E-FIELDS",
        f"rows have another number of fields than the header ({len(header)})",
        [n for n, r in enumerate(content, 1) if len(r) != len(header)],
        "Fetch it again.",
    )
    faults.raise_if_any(subject)
    frame = pd.DataFrame(
        [[_json_cell(c) for c in r] for r in content[1:]], columns=pd.Index(range(len(header))), dtype="str"
    )
    return header, frame, pd.Series(range(2, len(content) + 1))


def _flat(record: dict[str, Any], before: str = "") -> dict[str, Any]:
    """An object without objects in it: ``{"demo": {"year": 1}}`` is ``{"demo.year": 1}``."""
    flat: dict[str, Any] = {}
    for name, value in record.items():
        flat.update(_flat(value, f"{before}{name}.") if isinstance(value, dict) else {f"{before}{name}": value})
    return flat


def _json_cell(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else str(value)


def _header(cells: list[str], subject: str) -> list[str]:
    check_width(cells, subject)
    names = [" ".join(clean_text(c).split()) or f"column {i}" for i, c in enumerate(cells, 1)]
    faults = Faults()
    faults.add(
        "E-HEADER",
        "two columns have one name",
        [n for i, n in enumerate(names) if n in names[:i]],
        "Rename one in a copy of the file, or check `header_row`.",
    )
    faults.raise_if_any(subject)
    return names


def _clean(frame: pd.DataFrame, numbers: pd.Series, subject: str, ledger: Ledger | None) -> pd.DataFrame:
    hidden = 0
    for name in frame.columns:
        values = frame[name].fillna("")
        # most columns hold plain characters only: one look at all of them is enough
        letters = "".join(values)
        if not (letters.isascii() and letters.isprintable()):
            special = values.str.contains(r"[^\x20-\x7e]", regex=True)
            strange = values.str.contains(_INVISIBLE.pattern, regex=True)
            hidden += int(strange.sum())
            values = values.where(~special, values[special].map(clean_text).reindex(values.index))
        frame[name] = values.str.strip() if " " in letters or not letters.isprintable() else values
    if hidden and ledger is not None:
        ledger.repair(
            subject,
            "invisible characters (non-breaking or zero-width blanks) taken out of cells",
            before=hidden,
            after=0,
            unit="cells",
        )
    frame["__row__"] = numbers.to_numpy()
    blank = (frame.drop(columns="__row__") == "").all(axis=1)
    return frame[~blank].reset_index(drop=True)


def read_parquet_rows(path: Path, columns: list[str], *, entry_id: str = "") -> pd.DataFrame:
    """Columns of a Parquet file with their own types; checksums of its pages are verified.

    Raises
    ------
    SourceError
        If the file is damaged or a column is not in it.
    """
    import pyarrow
    import pyarrow.parquet as parquet

    subject = f"{path.name} (source {entry_id})"
    check_path(path, subject)
    try:
        file = parquet.ParquetFile(path, page_checksum_verification=True)
        lacking = [c for c in columns if c not in file.schema_arrow.names]
        if lacking:
            has = ", ".join(file.schema_arrow.names[:30])
            raise refuse(
                subject,
                "E-COLUMNS",
                f"the file has no column {', '.join(lacking)}",
                f"it has {has}",
                "Correct `columns` of the source.",
            )
        return file.read(columns=columns or None).to_pandas()
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError, OSError) as error:
        raise refuse(
            subject, "E-PARQUET", "the Parquet file is damaged", str(error)[:160], "Fetch it again."
        ) from error


__all__ = [
    "Faults",
    "check_path",
    "clean_text",
    "parse_number",
    "places",
    "read_parquet_rows",
    "read_rows",
    "read_shapes_file",
    "refuse",
    "sniff",
    "subject_of",
    "text_id",
]
