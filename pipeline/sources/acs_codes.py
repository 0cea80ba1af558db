"""What the Census Bureau writes in a table of the American Community Survey where there is no plain number.

Numbers such as -666666666 are not estimates: each stands for one reason. Bulk files and the API
have the numbers since the releases of 2016, spreadsheets from data.census.gov have the signs.

References
----------
U.S. Census Bureau, Notes on ACS Estimate and Annotation Values (census.gov/data/developers,
data sets, ACS), read 2026-11-25: codes and signs. ACS 2016 Summary File Technical
Documentation, section 4.2, for the dot of the older sequence-based files.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from pipeline.origins import SourceEntry
from pipeline.sources.faults import Faults
from pipeline.sources.values import parse_number, places

Part = Literal["estimate", "margin"]


@dataclass(frozen=True)
class Annotation:
    """One code: where it stands, as a number and as a sign, what becomes of the cell and why.

    ``status`` is ``controlled`` where the estimate is fixed to an official figure: its margin is
    zero, which is not the same as a margin that is not known.
    """

    part: Part
    code: float | None
    sign: str
    status: str
    meaning: str


ANNOTATIONS: tuple[Annotation, ...] = (
    Annotation("estimate", -666666666.0, "-", "unreliable", "too few sample cases for an estimate"),
    Annotation("estimate", -999999999.0, "N", "unreliable", "too few sample cases in the area to show it"),
    Annotation("estimate", -888888888.0, "(X)", "not_applicable", "not applicable or not available"),
    Annotation("estimate", None, ".", "unreliable", "too few sample cases (files before 2016)"),
    Annotation("margin", -222222222.0, "**", "unreliable", "too few sample cases for a margin"),
    Annotation("margin", -333333333.0, "***", "open_ended", "the median lies in an open-ended interval"),
    Annotation("margin", -555555555.0, "*****", "controlled", "the estimate is controlled: no sampling error"),
    Annotation("margin", -888888888.0, "(X)", "not_applicable", "not applicable or not available"),
    Annotation("margin", -999999999.0, "N", "unreliable", "too few sample cases in the area to show it"),
    Annotation("margin", None, ".", "unreliable", "no margin, or that of an open-ended median (files before 2016)"),
)
# A median outside the table's intervals is only bounded: "250,000+" is at least that, "2,500-" at most.
BOUNDS = {"+": "at_least", "-": "at_most"}
_EMPTY = ("", "null")
# The Social Vulnerability Index replaces all of these by one code of its own.
SVI_MISSING = ("-999", "-999.0", "")


def figures(
    cells: pd.DataFrame, part: Part, *, entry: SourceEntry, rows: pd.Series, faults: Faults
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Numbers of estimate or margin columns, and for each what it is.

    Parameters
    ----------
    cells
        Text cells, one column for each line of a table.
    part
        Whether the columns hold estimates or margins: the codes differ.
    entry, rows, faults
        The source, the row of each cell in the file, and where to put what cannot be read.

    Returns
    -------
    values, status : DataFrame
        NaN where there is no number, and ``reported``, ``unreliable``, ``not_applicable``,
        ``not_reported``, ``open_ended``, ``controlled`` (a margin of zero) or, with the bound as
        its number, ``at_least`` or ``at_most``. A negative number that is no code, or the code of
        the other part, is a fault.

    Examples
    --------
    >>> from pipeline.origins import RawFile
    >>> entry = SourceEntry(id="acs", feeds="area_counts", reader="acs_summary_file", files=(RawFile(name="a.dat"),), producer="", title="",
    ...     url="", licence="", vintage="", accessed="")
    >>> cells = pd.DataFrame({"B19013_E001": ["52000", "-666666666", "250,000+", "(X)"]})
    >>> values, status = figures(cells, "estimate", entry=entry, rows=pd.Series([2, 3, 4, 5]), faults=Faults())
    >>> values["B19013_E001"].tolist(), status["B19013_E001"].tolist()
    ([52000.0, nan, 250000.0, nan], ['reported', 'unreliable', 'at_least', 'not_applicable'])
    """
    known = [annotation for annotation in ANNOTATIONS if annotation.part == part]
    text = pd.Series(cells.to_numpy(dtype=object).ravel()).astype("str").str.strip()
    bound = text.str.extract(r"^[0-9][0-9,]*([+-])$", expand=False)
    is_bound = bound.notna()
    text = text.mask(is_bound, text.str[:-1])
    absent = {"not_reported": _EMPTY}
    for annotation in known:
        absent[annotation.status] = (*absent.get(annotation.status, ()), annotation.sign)
    trial = Faults()
    numbers, reasons = parse_number(text, entry=entry, what=str(cells.columns[0]), absent=absent, faults=trial)
    if trial:  # once more by column, so that messages name it
        for at, column in enumerate(cells.columns):
            own = text.iloc[at :: cells.shape[1]].set_axis(cells.index)
            parse_number(own, entry=entry, what=column, absent=absent, rows=rows, faults=faults)
    values = numbers.to_numpy(dtype="float64", na_value=np.nan)
    status = reasons.to_numpy(dtype=object)
    status[is_bound.to_numpy()] = bound[is_bound].map(BOUNDS).to_numpy()
    for annotation in known:
        if annotation.code is not None:
            status[values == annotation.code] = annotation.status
            values[values == annotation.code] = np.nan
    values[status == "controlled"] = 0.0
    shape = {"index": cells.index, "columns": cells.columns}
    table = pd.DataFrame(values.reshape(cells.shape), **shape)
    for column in table.columns[(table < 0).any()]:
        faults.add(
            "E-NEGATIVE",
            f"{column} is negative and no code of the Bureau for {'an' if part == 'estimate' else 'a'} {part}",
            places(table[column] < 0, cells[column], column, rows),
            "Look the code up in the release notes of the year and report it.",
        )
    return table, pd.DataFrame(status.reshape(cells.shape), **shape)


def sum_of_lines(estimates: np.ndarray, margins: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Sum of lines of a table (areas x lines) and its margin of error.

    The margin of a sum is the root of the summed squares. Of the lines that are zero only the one
    with the largest margin counts, since the margins of zeros do not add up: they say how many
    people a sample of this size could have missed. A sum is NaN where a line is.

    References
    ----------
    U.S. Census Bureau, Understanding and Using ACS Data (2020), chapter 8: margins of aggregated
    counts and the rule for zero estimates.

    Examples
    --------
    >>> total, margin = sum_of_lines(np.array([[30.0, 0.0, 0.0]]), np.array([[4.0, 3.0, 2.0]]))
    >>> total.tolist(), margin.tolist()
    ([30.0], [5.0])
    """
    total = estimates.sum(axis=1)
    zero = estimates == 0
    squares = np.where(zero, 0.0, margins**2).sum(axis=1)
    # NaN must come through the maximum: an unknown margin of a zero is unknown
    largest = np.where(zero, margins, 0.0).max(axis=1) if estimates.shape[1] else np.zeros(len(estimates))
    margin = np.where(np.isnan(total), np.nan, np.sqrt(squares + largest**2))
    return total, margin
