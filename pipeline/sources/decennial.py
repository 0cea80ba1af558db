"""Decennial census counts by block: the Census Data API's JSON of table P12 (sex by age)."""

from __future__ import annotations

import re

import numpy as np
import numpy.typing as npt
import pandas as pd

from pipeline.origins import SourceEntry
from pipeline.sources import Folder
from pipeline.sources.faults import Faults
from pipeline.sources.files import read_rows
from pipeline.sources.values import parse_number, places, subject_of

# Boys and girls of each age.
_AGES = {"children_0_4": (3, 27), "children_5_9": (4, 28), "children_10_14": (5, 29), "children_15_17": (6, 30)}
_PEOPLE = 1
_PARTS = {"state": 2, "county": 3, "tract": 6, "block": 4}


def children_by_block(entry: SourceEntry, folder: Folder, name: str) -> pd.DataFrame:
    """Children by age and block (15 digits) from an answer of the Census Data API for table P12.

    Columns ``children_0_4``, ``children_5_9``, ``children_10_14``, ``children_15_17`` and their sum ``children_0_17``.
    The file is an array of arrays whose first row is the header: ``P12_003N`` (2020) or ``P012003``
    (2010) and ``state``, ``county``, ``tract``, ``block``. The 2020 counts of single blocks carry
    noise that the Bureau added against disclosure: they serve as weights, never as figures to show.

    Raises
    ------
    SourceError
        If lines of the table or parts of the block's number are missing, a block stands twice, a number is
        negative or not finite, or a block has more children than its people in line 1 of the table.

    References
    ----------
    U.S. Census Bureau, 2020 Census Demographic and Housing Characteristics File, table P12.
    """
    rows = read_rows(folder.path / name, entry_id=entry.id)
    faults, subject = Faults(), subject_of(entry, name)
    found = {int(match[1]): column for column in rows.columns if (match := re.fullmatch(r"P0?12_?(\d{3})N?", column))}
    lines = sorted([_PEOPLE, *(line for pair in _AGES.values() for line in pair)])
    lacking = [f"P12_{line:03d}N" for line in lines if line not in found]
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
    counts = pd.DataFrame(index=pd.Index(block.tolist(), name="block_geoid"))
    for age, pair in _AGES.items():
        counts[age] = sum(_line(rows, found[line], entry, faults) for line in pair)
    people = _line(rows, found[_PEOPLE], entry, faults)
    faults.raise_if_any(subject)
    children = counts.sum(axis=1).to_numpy()
    more = [
        f"row {rows['__row__'].iloc[n]}, block {block.iloc[n]}: {children[n]:g} children, {found[_PEOPLE]} {people[n]:g}"
        for n in np.flatnonzero(children > people)
    ]
    faults.add(
        "E-MORE-THAN-ALL",
        "a block has more children than people of all ages in the same table",
        more,
        "Lines of the table have been exchanged or altered: ask the Data API for it again.",
    )
    faults.raise_if_any(subject)
    return counts.assign(children_0_17=children)


def _line(rows: pd.DataFrame, column: str, entry: SourceEntry, faults: Faults) -> npt.NDArray[np.float64]:
    """One line of the table as counts."""
    values, _ = parse_number(rows[column], entry=entry, what=column, absent={}, rows=rows["__row__"], faults=faults)
    numbers = values.astype("float64")
    faults.add(
        "E-INFINITE",
        f"{column} must be a finite number",
        places(np.isinf(numbers), rows[column], column, rows["__row__"]),
        "A count has a few digits: fetch the file again.",
    )
    faults.add(
        "E-NEGATIVE",
        f"{column} must not be negative",
        places(numbers < 0, rows[column], column, rows["__row__"]),
        "Look the code up and report it.",
    )
    return np.asarray(numbers, dtype="float64")
