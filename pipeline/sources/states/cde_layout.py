"""How the California Department of Education (CDE) writes its files: headers, codes and years."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import pandas as pd

from pipeline.errors import ConfigError, SourceError
from pipeline.ledger import Ledger
from pipeline.origins import SourceEntry
from pipeline.sources import Folder
from pipeline.sources.faults import Faults
from pipeline.sources.files import read_rows
from pipeline.sources.values import places, subject_of, text_id

# Codes under which pupils are counted without a school that has a place.
NO_PLACE = ("0000000", "0000001")
_CODES = {"county": 2, "district": 5, "school": 7}


def read_cde_rows(
    entry: SourceEntry,
    folder: Folder,
    name: str,
    aliases: Mapping[str, tuple[str, ...]],
    required: tuple[str, ...],
    delimiters: str = "\t;",
) -> pd.DataFrame:
    """Rows of a CDE text file (or a comma-separated conversion of one) under our column names.

    Headers are matched without regard to case, blanks and underscores, since the department
    changes them from release to release. ``aliases`` gives for each of our names the spellings
    that stand for it. Text is UTF-8 in newer files and Latin-1 in older ones.

    Raises
    ------
    SourceError
        If a required column is missing or two columns stand for one.
    """
    subject = subject_of(entry, name)
    path = folder.path / name
    try:
        size = path.stat() if path.is_file() else None
        stamp = (size.st_size, size.st_mtime_ns) if size else (0, 0)
        rows, notes = _rows(path, stamp, "," if ".csv" in name.lower() else delimiters)
    except SourceError as error:
        raise SourceError(subject, error.faults) from error
    for reason, cells in notes:
        folder.ledger.repair(subject, reason, before=cells, after=0, unit="cells")
    plain = {column: re.sub(r"[^a-z0-9]", "", column.lower()) for column in rows.columns if column != "__row__"}
    names = {alias: ours for ours, spellings in aliases.items() for alias in spellings}
    chosen = {column: names[head] for column, head in plain.items() if head in names}
    faults = Faults()
    twice = [ours for ours in dict.fromkeys(chosen.values()) if list(chosen.values()).count(ours) > 1]
    faults.add(
        "E-HEADER",
        "two columns stand for one",
        [", ".join(c for c, o in chosen.items() if o == ours) for ours in twice],
        "Delete one in a copy of the file.",
    )
    lacking = [aliases[ours][0] for ours in required if ours not in chosen.values()]
    heads = ", ".join(str(column) for column in list(rows.columns)[:6])
    faults.add(
        "E-COLUMNS",
        f"columns are missing: {', '.join(lacking)}",
        [f"row 1 ({heads} ...)" for _ in lacking],
        "Is this the file the reader is for? See the layouts in docs/studies.md.",
    )
    faults.raise_if_any(subject)
    return rows.rename(columns=chosen)[[*dict.fromkeys(chosen.values()), "__row__"]]


# A statewide file is read for several tables and districts of one study: read it once.
@lru_cache(maxsize=2)
def _rows(path: Path, _stamp: tuple[int, int], delimiters: str) -> tuple[pd.DataFrame, tuple[tuple[str, float], ...]]:
    """Rows of a file as they are, and the repairs of its cells; ``_stamp`` tells one version from another."""
    tries = [(delimiter, encoding) for delimiter in delimiters for encoding in ("utf-8", "latin-1")]
    for delimiter, encoding in tries:
        ledger = Ledger()
        try:
            rows = read_rows(path, entry_id="", delimiter=delimiter, encoding=encoding, ledger=ledger)
        except SourceError as error:
            # only these two say that another try may succeed; the last try's message stands
            if (delimiter, encoding) == tries[-1] or error.faults[0].code not in ("E-DELIMITER", "E-ENCODING"):
                raise
        else:
            return rows, tuple(ledger.frame()[["reason", "total"]].itertuples(index=False, name=None))
    raise AssertionError("there is always a last try")


def record_loss(folder: Folder, name: str, reason: str, lost: pd.Series, unit: str = "rows") -> None:
    """A ledger line for the rows left out of a file, where there are any."""
    if lost.any():
        folder.ledger.loss(name, reason, count=int(lost.sum()), unit=unit)


def district_of(entry: SourceEntry, district: object) -> str:
    """The 7 digits of a district's code, from the reader's option.

    Raises
    ------
    ConfigError
        If the option is missing or is not 7 digits.
    """
    code = str(district)
    if not re.fullmatch(r"\d{7}", code):
        raise ConfigError(
            f"source {entry.id}: option district must be the 7 digits of the county-district code, quoted ('3467439'), not {code!r}."
        )
    return code


def cds_codes(rows: pd.DataFrame, faults: Faults) -> pd.Series:
    """The 14-digit CDS code of each row, from one column or from its three parts."""
    if "cds" in rows.columns:
        return text_id(rows["cds"], length=14, what="CDS code", rows=rows["__row__"], faults=faults)
    parts = []
    for part, length in _CODES.items():
        code = rows[part].str.zfill(length)
        bad = ~code.str.fullmatch(rf"\d{{{length}}}|0*NA")
        faults.add(
            "E-ID-LENGTH",
            f"{part} code must have {length} digits",
            places(bad, rows[part], part, rows["__row__"]),
            "Get the file again and keep its codes as text.",
        )
        parts.append(code)
    return parts[0] + parts[1] + parts[2]


def fall_years(labels: pd.Series, rows: pd.Series, faults: Faults) -> pd.Series:
    """The calendar year of the autumn of '2024-25', '2024-2025' or '8182'.

    Examples
    --------
    >>> fall_years(pd.Series(["2024-25", "8182"]), pd.Series([2, 3]), Faults()).tolist()
    [2024, 1981]
    """
    known = {label: _fall(label) for label in labels.unique()}
    falls = labels.map(known)
    faults.add(
        "E-YEAR",
        "school year must look like 2024-25",
        places(falls.isna(), labels, "year", rows),
        "Correct the label: it names two years that follow each other.",
    )
    return falls.fillna(0).astype("int64")


def _fall(label: str) -> int | None:
    match = re.fullmatch(r"(\d{4})-(\d{2}|\d{4})", label) or re.fullmatch(r"(\d{2})(\d{2})", label)
    if not match:
        return None
    first = int(match[1]) if len(match[1]) == 4 else 1900 + int(match[1])
    return first if (first + 1) % 100 == int(match[2]) % 100 else None
