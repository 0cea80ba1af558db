"""Delimited text, strictly: one encoding, one number of fields, an end."""

from __future__ import annotations

import csv
import io
import json
import re
import zlib
from pathlib import Path

import pandas as pd

from pipeline.ledger import Ledger
from pipeline.sources.faults import Faults, refuse
from pipeline.sources.intake import MAX_BYTES, check_width, sniff

GZIP_RATIO = 200
_MOJIBAKE = re.compile("\u00c3[\u0080-\u00bf]|\u00e2\u20ac|\u00c2[\u0080-\u00bf]|\ufffd")


def read_delimited(
    path: Path,
    subject: str,
    *,
    delimiter: str,
    encoding: str,
    header_row: int,
    skip_footer: int,
    ends_with_newline: bool,
    accept_garbled: bool,
    ledger: Ledger | None,
) -> tuple[list[str], pd.DataFrame, pd.Series]:
    """Header, rows of text and their numbers; the words are those of ``files.read_rows``.

    Raises
    ------
    SourceError
        For a wrong encoding or delimiter, quotes that do not match, rows of another length than
        the header, a file cut short or that is no text at all.
    """
    text = _decode(_bytes(path, subject), encoding, subject, accept_garbled)
    if accept_garbled and ledger is not None and (found := len(_MOJIBAKE.findall(text))):
        ledger.note(subject, f"{found} garbled letters are kept as they are", item=_near(text, _MOJIBAKE))
    return _split(text, subject, delimiter, header_row, skip_footer, ends_with_newline)


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
            raise refuse(
                subject,
                "E-ZIP-BOMB",
                f"it unpacks to more than {limit:,} bytes",
                f"{len(data):,} bytes packed",
                "Do not use this file; get it from its publisher.",
            )
        if not unpacker.eof:
            raise refuse(
                subject, "E-CUT-SHORT", "the compressed file ends too early", f"{len(data):,} bytes", "Fetch it again."
            )
        data = text
    kind = sniff(data[:512])
    if kind:
        raise refuse(
            subject,
            "E-NOT-A-TABLE",
            f"the file is {kind}, not delimited text",
            repr(data[:40]),
            "Fetch it again, or give it the suffix of what it is.",
        )
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
        raise refuse(
            subject,
            "E-ENCODING",
            f"the file is not {encoding}",
            f"row {row}: {data[max(error.start - 15, 0) : error.start + 5]!r}",
            remedy,
        ) from error
    except LookupError as error:
        raise refuse(subject, "E-ENCODING", f"there is no encoding {encoding!r}", encoding, remedy) from error
    if single and not data.isascii() and _is_utf8(data):
        raise refuse(
            subject,
            "E-ENCODING",
            f"the file is UTF-8, not {encoding}: letters would be garbled",
            _near(text, _MOJIBAKE),
            remedy,
        )
    if "\0" in text:
        raise refuse(
            subject,
            "E-NUL",
            "the file holds NUL bytes",
            f"row {text[: text.index(chr(0))].count(chr(10)) + 1}",
            "Fetch it again; it is damaged or UTF-16 without a mark.",
        )
    if not accept_garbled and not data.isascii() and _MOJIBAKE.search(text):
        raise refuse(
            subject,
            "E-MOJIBAKE",
            "letters are garbled: the file was saved in one encoding and read in another before it came here",
            _near(text, _MOJIBAKE),
            "Get it again from its publisher; if the names do not matter, set the option `accept_garbled: true`.",
        )
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


def _split(
    text: str, subject: str, delimiter: str, header_row: int, skip_footer: int, ends: bool
) -> tuple[list[str], pd.DataFrame, pd.Series]:
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if ends and not text.endswith("\n"):
        rest = text[text.rfind("\n") + 1 :][:60]
        raise refuse(
            subject,
            "E-CUT-SHORT",
            "the last line has no end: the file may be cut short",
            repr(rest),
            "Fetch it again; if it is whole, set the option `ends_with_newline: false`.",
        )
    lines = text.split("\n")
    if lines[-1] == "":
        lines.pop()
    # only commas are always quoted by the rule; the agencies' tabs and carets mostly are not
    quoted = '"' in text and (
        delimiter == "," or any(line.startswith('"') or f'{delimiter}"' in line for line in lines)
    )
    fields, ends_at = (
        _count_quoted(text, delimiter, subject)
        if quoted
        else ([line.count(delimiter) + 1 if line else 0 for line in lines], None)
    )
    if len(fields) < header_row:
        raise refuse(
            subject,
            "E-NO-ROWS",
            f"there is no header in row {header_row}",
            f"{len(fields)} rows",
            "Check `header_row`.",
        )
    last = len(fields) - skip_footer
    above, below = (header_row, last) if ends_at is None else (ends_at[header_row - 1], ends_at[last - 1])
    start = header_row - 1 if ends_at is None else (ends_at[header_row - 2] if header_row > 1 else 0)
    title = "\n".join(lines[start:above])
    header = next(csv.reader(io.StringIO(title, newline=""), delimiter=delimiter)) if quoted else title.split(delimiter)
    if len(header) == 1:
        other = next((d for d in ("\t", ";", "|", "^", ",") if d in header[0]), None)
        if other:
            raise refuse(
                subject,
                "E-DELIMITER",
                f"the header is one field; {other!r} looks like the delimiter",
                header[0][:60],
                f"Set the option `delimiter: {json.dumps(other)}`.",
            )
    check_width(header, subject)
    faults = Faults()
    wrong = [
        f"row {n} has {k}" for n, k in enumerate(fields[header_row:last], header_row + 1) if k not in (0, len(header))
    ]
    faults.add(
        "E-FIELDS",
        f"rows have another number of fields than the header ({len(header)})",
        wrong,
        "Correct the quotes or delimiters of these rows; notes below the table are left out with `skip_footer`.",
    )
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
        raise refuse(
            subject,
            "E-FIELDS",
            "the rows cannot be told apart",
            f"{len(numbers):,} by their line ends, {len(frame):,} by their fields",
            "Check the quotes of the file.",
        )
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
        raise refuse(
            subject,
            "E-QUOTES",
            f"the quotes do not match ({error})",
            f"row {len(fields) + 1} (line {reader.line_num})",
            "Correct the quotes of this row; a quote inside a field is doubled.",
        ) from error
    return fields, ends_at
