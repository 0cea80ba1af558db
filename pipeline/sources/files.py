"""Raw files to rows of text, refusing what cannot be trusted; nothing is guessed from the data.

Delimited text, workbooks, JSON and Parquet are read here; shapes in ``geofiles``, ids and
numbers in ``values``, both offered from this module too. Every refusal names the file, the
row and the remedy.
"""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from pathlib import Path
from typing import Any

import pandas as pd

from pipeline.ledger import Ledger
from pipeline.sources.faults import Faults, refuse
from pipeline.sources.geofiles import read_shapes_file
from pipeline.sources.intake import MAX_BYTES, check_path, sniff
from pipeline.sources.values import clean_text, parse_number, places, subject_of, text_id

GZIP_RATIO = 200
_INVISIBLE = re.compile("[\u00a0\u1680\u2000-\u200f\u2028-\u202f\u205f-\u2064\u3000\u00ad\ufeff]")
_MOJIBAKE = re.compile("\u00c3[\u0080-\u00bf]|\u00e2\u20ac|\u00c2[\u0080-\u00bf]|\ufffd")
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
        text = _decode(_bytes(path, subject), encoding, subject, accept_garbled)
        if accept_garbled and ledger is not None and (found := len(_MOJIBAKE.findall(text))):
            ledger.note(subject, f"{found} garbled letters are kept as they are", item=_near(text, _MOJIBAKE))
        header, frame, numbers = _split(text, subject, delimiter, header_row, skip_footer, ends_with_newline)
    else:
        raise refuse(subject, "E-FORMAT", f"a table cannot be read from {suffix or 'a file without suffix'}", path.name, "Save it as .csv, .xlsx, .json or .parquet.")
    frame.columns = pd.Index(_header(header, subject))
    return _clean(frame, numbers, subject, ledger)


def _bytes(path: Path, subject: str) -> bytes:
    data = path.read_bytes()
    if path.suffix.lower() == ".gz":
        unpacker = zlib.decompressobj(wbits=31)
        limit = min(MAX_BYTES, max(GZIP_RATIO * len(data), 1024**2))
        try:
            text = unpacker.decompress(data, limit)
        except zlib.error as error:
            raise refuse(subject, "E-GZIP", "the compressed file is damaged", str(error), "Fetch it again.") from error
        if unpacker.unconsumed_tail:
            raise refuse(subject, "E-ZIP-BOMB", f"it unpacks to more than {limit:,} bytes", f"{len(data):,} bytes packed", "Do not use this file; get it from its publisher.")
        if not unpacker.eof:
            raise refuse(subject, "E-CUT-SHORT", "the compressed file ends too early", f"{len(data):,} bytes", "Fetch it again.")
        data = text
    kind = sniff(data[:512])
    if kind:
        raise refuse(subject, "E-NOT-A-TABLE", f"the file is {kind}, not delimited text", repr(data[:40]), "Fetch it again, or give it the suffix of what it is.")
    return data


def _decode(data: bytes, encoding: str, subject: str, accept_garbled: bool = False) -> str:
    remedy = "Declare the `encoding` of the source (utf-8, cp1252, utf-16)."
    wanted = encoding.lower().replace("_", "-")
    if data.startswith((b"\xff\xfe", b"\xfe\xff")) and not wanted.startswith("utf-16"):
        raise refuse(subject, "E-ENCODING", "the file is UTF-16", "byte 1", remedy)
    single = wanted in ("latin-1", "latin1", "iso-8859-1", "cp1252", "windows-1252")
    try:
        text = data.decode("cp1252" if single else "utf-8-sig" if wanted in ("utf-8", "utf8") else encoding)
    except UnicodeDecodeError as error:
        row = data[: error.start].count(b"\n") + 1
        raise refuse(subject, "E-ENCODING", f"the file is not {encoding}", f"row {row}: {data[max(error.start - 15, 0) : error.start + 5]!r}", remedy) from error
    except LookupError as error:
        raise refuse(subject, "E-ENCODING", f"there is no encoding {encoding!r}", encoding, remedy) from error
    if single and not data.isascii() and _is_utf8(data):
        raise refuse(subject, "E-ENCODING", f"the file is UTF-8, not {encoding}: letters would be garbled", _near(text, _MOJIBAKE), remedy)
    if "\0" in text:
        raise refuse(subject, "E-NUL", "the file holds NUL bytes", f"row {text[: text.index(chr(0))].count(chr(10)) + 1}", "Fetch it again; it is damaged or UTF-16 without a mark.")
    if not accept_garbled and not data.isascii() and _MOJIBAKE.search(text):
        raise refuse(subject, "E-MOJIBAKE", "letters are garbled: the file was saved in one encoding and read in another before it came here", _near(text, _MOJIBAKE), "Get it again from its publisher; if the names do not matter, set the option `accept_garbled: true`.")
    return text


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _near(text: str, pattern: re.Pattern[str]) -> str:
    found = pattern.search(text)
    at = found.start() if found else 0
    return f"row {text[:at].count(chr(10)) + 1}: {text[max(at - 12, 0) : at + 8]!r}"


def _split(text: str, subject: str, delimiter: str, header_row: int, skip_footer: int, ends: bool) -> tuple[list[str], pd.DataFrame, pd.Series]:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if ends and not text.endswith("\n"):
        rest = text[text.rfind("\n") + 1 :][:60]
        raise refuse(subject, "E-CUT-SHORT", "the last line has no end: the file may be cut short", repr(rest), "Fetch it again; if it is whole, set the option `ends_with_newline: false`.")
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    # only commas are always quoted by the rule; the agencies' tabs and carets mostly are not
    quoted = '"' in text and (delimiter == "," or any(line.startswith('"') or f'{delimiter}"' in line for line in lines))
    fields, ends_at = _count_quoted(text, delimiter, subject) if quoted else ([line.count(delimiter) + 1 if line else 0 for line in lines], None)
    if len(fields) < header_row:
        raise refuse(subject, "E-NO-ROWS", f"there is no header in row {header_row}", f"{len(fields)} rows", "Check `header_row`.")
    last = len(fields) - skip_footer
    above, below = (header_row, last) if ends_at is None else (ends_at[header_row - 1], ends_at[last - 1])
    start = header_row - 1 if ends_at is None else (ends_at[header_row - 2] if header_row > 1 else 0)
    title = "\n".join(lines[start:above])
    header = next(csv.reader(io.StringIO(title, newline=""), delimiter=delimiter)) if quoted else title.split(delimiter)
    if len(header) == 1:
        other = next((d for d in ("\t", ";", "|", "^", ",") if d in header[0]), None)
        if other:
            raise refuse(subject, "E-DELIMITER", f"the header is one field; {other!r} looks like the delimiter", header[0][:60], f"Set the option `delimiter: {json.dumps(other)}`.")
    faults = Faults()
    wrong = [f"row {n} has {k}" for n, k in enumerate(fields[header_row:last], header_row + 1) if k not in (0, len(header))]
    faults.add("E-FIELDS", f"rows have another number of fields than the header ({len(header)})", wrong, "Correct the quotes or delimiters of these rows; notes below the table are left out with `skip_footer`.")
    faults.raise_if_any(subject)
    numbers = pd.Series([n for n, k in enumerate(fields[header_row:last], header_row + 1) if k], dtype="int64")
    if not len(numbers):
        return header, pd.DataFrame({i: pd.Series(dtype="str") for i in range(len(header))}), numbers
    frame = pd.read_csv(
        io.StringIO("\n".join(lines[above:below]) + "\n"),
        sep=delimiter,
        header=None,
        names=list(range(len(header))),
        index_col=False,
        dtype="str",
        keep_default_na=False,
        na_filter=False,
        quoting=csv.QUOTE_MINIMAL if quoted else csv.QUOTE_NONE,
        skip_blank_lines=len(header) > 1,
    )
    if len(header) == 1:
        frame = frame[frame[0] != ""].reset_index(drop=True)
    if len(frame) != len(numbers):
        raise refuse(subject, "E-FIELDS", "the rows cannot be told apart", f"{len(numbers):,} by their line ends, {len(frame):,} by their fields", "Check the quotes of the file.")
    return header, frame, numbers


def _count_quoted(text: str, delimiter: str, subject: str) -> tuple[list[int], list[int]]:
    """Fields of each record, and the line each ends at (a quoted cell may hold line breaks)."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    fields, ends_at = [], []
    try:
        for record in reader:
            fields.append(len(record))
            ends_at.append(reader.line_num)
    except csv.Error as error:
        raise refuse(subject, "E-QUOTES", f"the quotes do not match ({error})", f"row {len(fields) + 1} (line {reader.line_num})", "Correct the quotes of this row; a quote inside a field is doubled.") from error
    return fields, ends_at


def _read_json(path: Path, subject: str) -> tuple[list[str], pd.DataFrame, pd.Series]:
    def no_constant(name: str) -> None:
        raise ValueError(f"{name} is no JSON number")

    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"), parse_constant=no_constant, parse_float=str, parse_int=str)
    except (ValueError, RecursionError) as error:
        raise refuse(subject, "E-JSON", "the file is not JSON", str(error)[:120], "Fetch it again; it may be cut short or an error page.") from error
    if isinstance(content, list) and content and all(isinstance(r, dict) for r in content):
        content = [_flat(record) for record in content]
        header = list(dict.fromkeys(name for record in content for name in record))
        content = [header, *([record.get(name) for name in header] for record in content)]
    if not isinstance(content, list) or not content or not all(isinstance(r, list) for r in content):
        raise refuse(subject, "E-JSON", "the file is not an array of rows", str(content)[:120], "Fetch it again; services answer errors as JSON too.")
    header = [_json_cell(c) for c in content[0]]
    faults = Faults()
    faults.add("E-FIELDS", f"rows have another number of fields than the header ({len(header)})", [n for n, r in enumerate(content, 1) if len(r) != len(header)], "Fetch it again.")
    faults.raise_if_any(subject)
    frame = pd.DataFrame([[_json_cell(c) for c in r] for r in content[1:]], columns=pd.Index(range(len(header))), dtype="str")
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
    names = [" ".join(clean_text(c).split()) or f"column {i}" for i, c in enumerate(cells, 1)]
    faults = Faults()
    faults.add("E-HEADER", "two columns have one name", [n for i, n in enumerate(names) if n in names[:i]], "Rename one in a copy of the file, or check `header_row`.")
    faults.raise_if_any(subject)
    return names


def _clean(frame: pd.DataFrame, numbers: pd.Series, subject: str, ledger: Ledger | None) -> pd.DataFrame:
    hidden = 0
    for name in frame.columns:
        values = frame[name].fillna("")
        special = values.str.contains(r"[^\x20-\x7e]", regex=True)
        if special.any():
            strange = values.str.contains(_INVISIBLE.pattern, regex=True)
            hidden += int(strange.sum())
            values = values.where(~special, values[special].map(clean_text).reindex(values.index))
        frame[name] = values.str.strip()
    if hidden and ledger is not None:
        ledger.repair(subject, "invisible characters (non-breaking or zero-width blanks) taken out of cells", before=hidden, after=0, unit="cells")
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
            raise refuse(subject, "E-COLUMNS", f"the file has no column {', '.join(lacking)}", f"it has {has}", "Correct `columns` of the source.")
        return file.read(columns=columns or None).to_pandas()
    except (pyarrow.ArrowInvalid, pyarrow.ArrowNotImplementedError, OSError) as error:
        raise refuse(subject, "E-PARQUET", "the Parquet file is damaged", str(error)[:160], "Fetch it again.") from error


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
