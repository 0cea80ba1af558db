"""Cells to values: strict numbers with a reason for each that is not there, and ids that stay text."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.columns import joined
from pipeline.origins import SourceEntry
from pipeline.sources.faults import Faults

_NUMBER = re.compile(r"[-+]?(\d{1,3}(,\d{3})+|\d+)?(\.\d*)?([eE][-+]?\d+)?", re.ASCII)
_SCIENTIFIC = r"[-+]?\d+([.,]\d+)?[eE][-+]?\d+"
_DECIMAL = r"\d+\.0+"
LONGEST_ID = 64
_GUID = r"\{[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}\}"


def subject_of(entry: SourceEntry, name: str | None = None) -> str:
    """How messages name a file: ``zones.gpkg (source zones_2024)``."""
    return f"{name or entry.files[0].name} (source {entry.id})"


def clean_text(text: str) -> str:
    """NFC, without invisible characters or line breaks, without blanks at the ends.

    >>> clean_text("Oak\\u00a0Park\\u200b \\r\\n School ")
    'Oak Park School'
    """
    shown = "".join(
        " " if unicodedata.category(c) == "Zs" else c
        for c in unicodedata.normalize("NFC", text)
        if unicodedata.category(c) != "Cf"
    )
    return re.sub(r" *[\r\n]+ *", " ", shown).strip()


def places(bad: pd.Series, values: pd.Series, what: str, rows: pd.Series | None) -> list[str]:
    """Where bad cells stand: ``row 7 (pupils='x')``."""
    numbers = rows[bad] if rows is not None else bad.index[bad]
    return [f"row {row} ({what}={value!r})" for row, value in zip(numbers, values[bad], strict=True)]


def several_ids(cells: pd.Series) -> pd.Series:
    """Ids of a file's cells, parted at semicolons or, where a cell has none, at blanks, as our tables join them.

    >>> several_ids(pd.Series(["N1 N2", "Upper Fells Point; Canton", "Upper Fells Point;", ""])).tolist()
    ['N1; N2', 'Upper Fells Point; Canton', 'Upper Fells Point', '']
    """
    parts = (cell.split(";") if ";" in cell else cell.split() for cell in cells)
    return pd.Series([joined(filter(None, map(str.strip, each))) for each in parts], index=cells.index, dtype="str")


def parse_number(
    series: pd.Series,
    *,
    entry: SourceEntry,
    what: str,
    absent: Mapping[str, tuple[str, ...]] | None = None,
    rows: pd.Series | None = None,
    faults: Faults | None = None,
) -> tuple[pd.Series, pd.Series]:
    """Numbers of a text column, and for each cell whether it is there and if not why.

    Thousands commas and a percent sign are understood (45.6% is 0.456). Tokens of ``absent``
    (by default the entry's) give their reason; an empty cell that no reason claims is
    ``not_reported``. Zero stays zero. Anything else is a fault that lists every such cell.

    Parameters
    ----------
    series
        Text cells; empty is "".
    entry, what
        The source and the column, for messages.
    absent
        reason: tokens, such as ``{"suppressed": ("*", "<11")}``.
    rows
        Row of each cell in the file, for messages; by default the index.
    faults
        Where to put what cannot be read; by default it is raised here.

    Returns
    -------
    values, status
        ``Float64`` with NA where absent, and ``reported`` or the reason.

    Raises
    ------
    SourceError
        If a cell is neither a number nor a declared token.

    Examples
    --------
    >>> from pipeline.origins import RawFile
    >>> entry = SourceEntry(id="enr", feeds="grade_counts", reader="table", files=(RawFile(name="enr.csv"),), producer="", title="",
    ...     url="", licence="", vintage="", accessed="", absent={"suppressed": ("*",)})
    >>> values, status = parse_number(pd.Series(["1,234", "*", "0", ""]), entry=entry, what="pupils")
    >>> values.tolist(), status.tolist()
    ([1234.0, <NA>, 0.0, <NA>], ['reported', 'suppressed', 'reported', 'not_reported'])
    """
    cells = series.astype("str").fillna("").str.strip()
    reasons = {
        token.strip(): reason
        for reason, tokens in (entry.absent if absent is None else absent).items()
        for token in tokens
    }
    # plain numbers at once; what is left repeats few distinct cells, and each is read once
    plain = (cells.str.fullmatch(r"-?[0-9]+(\.[0-9]+)?") & ~cells.isin(list(reasons))).to_numpy(dtype=bool)
    known: dict[str, float | None] = {}
    states: dict[str, str] = {}
    for cell in cells[~plain].unique():
        if cell in reasons or cell == "":
            known[cell], states[cell] = None, reasons.get(cell, "not_reported")
            continue
        body = cell[:-1].rstrip() if cell.endswith("%") else cell
        if body and _NUMBER.fullmatch(body) and any(c.isdigit() for c in re.split("[eE]", body)[0]):
            known[cell], states[cell] = float(body.replace(",", "")) / (100 if cell.endswith("%") else 1), "reported"
    unread = ~cells.isin(list(known)) & ~plain
    own = faults if faults is not None else Faults()
    if unread.any():
        listed = ", ".join(repr(token) for token in sorted(cells[unread].unique())[:12])
        own.add(
            "E-NOT-NUMBER",
            f"{what} is neither a number nor a declared token: {listed}",
            places(unread, cells, what, rows),
            "Declare the token under `absent` of the source (suppressed, not_reported or not_applicable), or correct the cell.",
        )
        if faults is None:
            own.raise_if_any(subject_of(entry))
    numbers = np.full(len(cells), np.nan)
    numbers[plain] = cells[plain].to_numpy(dtype=object).astype("float64")
    numbers[~plain] = [np.nan if (n := known.get(cell)) is None else n for cell in cells[~plain]]
    status = np.full(len(cells), "reported", dtype=object)
    status[~plain] = [states.get(cell, "not_reported") for cell in cells[~plain]]
    values = pd.Series(numbers, index=cells.index).astype("Float64")
    return values, pd.Series(status, index=cells.index, dtype="str")


def text_id(
    series: pd.Series,
    *,
    length: int | None = None,
    what: str,
    pad: bool = False,
    subject: str = "",
    rows: pd.Series | None = None,
    faults: Faults | None = None,
) -> pd.Series:
    """Ids as text, refusing those a spreadsheet has damaged.

    ``6.73439E+12`` has lost its digits for good; ``412.0`` was a number once; ``{'a': 1}`` never
    was an id (a GUID in braces is one). Where ``length``
    is given, every id must have it; with ``pad`` an id of digits that is one short gets back
    its leading zero (states 01-09), which the caller records.

    Raises
    ------
    SourceError
        Naming the rows, the damage and the remedy.

    Examples
    --------
    >>> text_id(pd.Series(["6067000100"]), length=11, what="tract", pad=True).tolist()
    ['06067000100']
    """
    ids = series.astype("str").fillna("").str.strip()
    own = faults if faults is not None else Faults()
    scientific, decimal = ids.str.fullmatch(_SCIENTIFIC), ids.str.fullmatch(_DECIMAL)
    own.add(
        "E-ID-EXCEL",
        f"{what} was turned into a number by a spreadsheet; its digits are lost",
        places(scientific, ids, what, rows),
        "Get the file again from its publisher and open it with that column as text.",
    )
    own.add(
        "E-ID-DECIMAL",
        f"{what} was turned into a decimal number",
        places(decimal, ids, what, rows),
        "Save the column as text, or declare the repair `whole: [column]`.",
    )
    strange = ids.str.contains(r"[<>{}\x00-\x1f\x7f]") & ~ids.str.fullmatch(_GUID) | (ids.str.len() > LONGEST_ID)
    own.add(
        "E-ID-STRANGE",
        f"{what} must be at most {LONGEST_ID} printable characters without < > {{ }}",
        places(strange, ids, what, rows),
        "A value like this is markup or a record, not an id: map the column that holds the id.",
    )
    if length is not None:
        if pad:
            ids = ids.where(~((ids.str.len() == length - 1) & ids.str.fullmatch(r"\d+")), "0" + ids)
        wrong = (ids != "") & (ids.str.len() != length) & ~scientific & ~decimal
        own.add(
            "E-ID-LENGTH",
            f"{what} must have {length} characters",
            places(wrong, ids, what, rows),
            "Restore lost leading zeros (`pad` does it where it is unambiguous) or check the column.",
        )
    if faults is None:
        own.raise_if_any(subject or what)
    return ids
