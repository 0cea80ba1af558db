"""What may come in: plain files of a bearable size that are what their names say."""

from __future__ import annotations

import re
from pathlib import Path

from pipeline.errors import MissingInput
from pipeline.origins import not_a_file
from pipeline.sources.faults import refuse

MAX_BYTES = 1024**3
MOST_COLUMNS = 5_000
_SIGNATURES = (
    (b"PK\x03\x04", "a zip archive or workbook"),
    (b"\xd0\xcf\x11\xe0", "an old Excel (.xls) workbook"),
    (b"\x1f\x8b", "a gzip file"),
    (b"SQLite format 3", "a GeoPackage or SQLite file"),
    (b"PAR1", "a Parquet file"),
    (b"%PDF", "a PDF"),
    (b"\x89PNG", "a picture"),
)


def check_path(path: Path, subject: str) -> None:
    """Refuse what is no plain local file: GDAL's virtual paths and URLs, links out, files too large."""
    if re.search(r"/vsi|^[A-Za-z]{2,}:/|<", str(path)) or re.match(r"[A-Za-z]{2,}:", path.name):
        raise refuse(
            subject,
            "E-PATH",
            "the name is a virtual path or an address, not a file",
            str(path),
            "Put the file into the study's raw folder and name it alone.",
        )
    if ".." in path.parts:
        raise refuse(
            subject,
            "E-PATH",
            "the name leaves the study's raw folder",
            path.name,
            "Put the file into the study's raw folder and name it alone.",
        )
    check_file(path, subject)
    if not path.is_file():
        raise MissingInput(f"{subject}: {path} is not there. Put it there or run `python -m pipeline fetch`.")
    size = path.stat().st_size
    if size == 0:
        raise refuse(subject, "E-EMPTY", "the file is empty", path.name, "Fetch it again.")
    if size > MAX_BYTES:
        raise refuse(
            subject,
            "E-SIZE",
            f"{size:,} bytes are more than the limit of {MAX_BYTES:,}",
            path.name,
            "Cut it to the study's district first.",
        )


def check_file(path: Path, subject: str) -> None:
    """Refuse what stands in a file's place and is none, and a link that leaves the file's folder.

    The folder itself may be a link: where a district keeps its files is its own affair.
    """
    if found := not_a_file(path):
        raise refuse(subject, "E-NOT-A-FILE", f"it is {found}", path.name, "Put the file itself in its place.")
    if path.is_symlink() and not path.resolve().is_relative_to(path.parent.resolve()):
        raise refuse(
            subject,
            "E-PATH",
            "the file is a link that leaves the study's raw folder",
            path.name,
            "Put the file itself there (or make the whole folder a link).",
        )


def check_width(header: list[str], subject: str) -> None:
    """Refuse a table with more columns than any agency publishes: it is read in minutes, if at all."""
    if len(header) > MOST_COLUMNS:
        raise refuse(
            subject,
            "E-SIZE",
            f"it has {len(header):,} columns, which is more than {MOST_COLUMNS:,}",
            f"column 1 ({header[0]!r})",
            "Check `delimiter` and `header_row`, or keep only the columns that are used.",
        )


def sniff(head: bytes) -> str:
    """What the first bytes say a file is, or "".

    >>> sniff(b"<!DOCTYPE html>"), sniff(b"id,name")
    ('a web page or XML (an error page?)', '')
    """
    for signature, kind in _SIGNATURES:
        if head.startswith(signature):
            return kind
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        return "a web page or XML (an error page?)"
    return "JSON (an error message?)" if start.startswith((b"{", b"[{", b"[[")) else ""
