"""Decennial census counts by block: the Census Data API's JSON of table P12 (sex by age)."""

from __future__ import annotations

import re

import pandas as pd

from pipeline.origins import SourceEntry
from pipeline.sources import Folder
from pipeline.sources.faults import Faults
from pipeline.sources.files import read_rows
from pipeline.sources.values import parse_number, places, subject_of

# Boys and girls under 5, 5-9, 10-14 and 15-17.
_CHILDREN = (3, 4, 5, 6, 27, 28, 29, 30)
_PARTS = {"state": 2, "county": 3, "tract": 6, "block": 4}


def children_by_block(entry: SourceEntry, folder: Folder, name: str) -> pd.Series:
    """Children under 18 by block (15 digits) from an answer of the Census Data API for table P12.

    The file is an array of arrays whose first row is the header: ``P12_003N`` (2020) or ``P012003``
    (2010) and ``state``, ``county``, ``tract``, ``block``. The 2020 counts of single blocks carry
    noise that the Bureau added against disclosure: they serve as weights, never as figures to show.

    Raises
    ------
    SourceError
        If lines of the table or parts of the block's number are missing, or a block stands twice.

    References
    ----------
    U.S. Census Bureau, 2020 Census Demographic and Housing Characteristics File, table P12.
    """
    rows = read_rows(folder.path / name, entry_id=entry.id)
    faults, subject = Faults(), subject_of(entry, name)
    found = {int(match[1]): column for column in rows.columns if (match := re.fullmatch(r"P0?12_?(\d{3})N?", column))}
    lacking = [f"P12_{line:03d}N" for line in _CHILDREN if line not in found]
    lacking += [part for part in _PARTS if part not in rows.columns]
    faults.add(
        "E-COLUMNS",
        f"the answer lacks {', '.join(lacking)}",
        lacking,
        "Ask the Data API for group(P12) at block level, with state, county and tract in the address.",
    )
    faults.raise_if_any(subject)
    for part, length in _PARTS.items():
        faults.add(
            "E-ID-LENGTH",
            f"{part} must have {length} digits",
            places(~rows[part].str.fullmatch(rf"\d{{{length}}}"), rows[part], part, rows["__row__"]),
            "Keep the codes as text.",
        )
    block = rows["state"] + rows["county"] + rows["tract"] + rows["block"]
    faults.add(
        "E-KEY-DUP",
        "block stands twice",
        places(block.duplicated(keep=False), block, "block", rows["__row__"]),
        "Do not append answers that overlap.",
    )
    total = pd.Series(0.0, index=rows.index)
    for line in _CHILDREN:
        values, _ = parse_number(
            rows[found[line]], entry=entry, what=found[line], absent={}, rows=rows["__row__"], faults=faults
        )
        numbers = values.astype("float64")
        faults.add(
            "E-NEGATIVE",
            f"{found[line]} must not be negative",
            places(numbers < 0, rows[found[line]], found[line], rows["__row__"]),
            "Look the code up and report it.",
        )
        total += numbers
    faults.raise_if_any(subject)
    return pd.Series(total.to_numpy(), index=pd.Index(block.tolist(), name="block_geoid"), name="children_0_17")
