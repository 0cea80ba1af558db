"""Rows of relationship files: which of them a study needs, and whether the parts of an area make up the whole."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy import sparse
from scipy.sparse import csgraph

from pipeline.ledger import Ledger
from pipeline.origins import SourceEntry
from pipeline.sources.faults import Faults
from pipeline.sources.values import parse_number, places, subject_of

# Parts may miss the ground of their area by this share of it (slivers along a state's border) ...
MOST_APART = 0.01
# ... and by more than that in this share of the areas: more of them are a file that was cut or altered.
MOST_ASTRAY = 0.005


@dataclass(frozen=True)
class Side:
    """One census in a relationship file: its name, the column of its ids and those that add up to an area's ground."""

    census: str
    geoid: str
    ground: tuple[str, ...]


def connected(rows: pd.DataFrame, one: str, other: str, prefixes: Sequence[str]) -> pd.Series:
    """Which rows hold an area of the study's counties, or one that shares ground with such an area, and so on.

    An area is of use with all its parts only, or its weights would not add to 1, and so is each area it shares
    ground with: the search ends where a set of areas of the one census covers the same ground as a set of the other.

    Parameters
    ----------
    rows : DataFrame
        Parts; ``one`` and ``other`` are the columns of their ids. An empty id (ground that lies in no area of that
        census) connects nothing.
    prefixes : sequence of str
        States or counties of the study; none: all rows.

    Examples
    --------
    In a study of county 067 its tract B keeps C with it, and C keeps D:

    >>> rows = pd.DataFrame({"now": ["06067B", "06061D", "06061D", "06061E"], "then": ["06061C", "06061C", "06061F", ""]})
    >>> connected(rows, "now", "then", ["06067"]).tolist()
    [True, True, True, False]
    """
    wanted = tuple(str(prefix) for prefix in prefixes)
    if not wanted:
        return pd.Series(True, index=rows.index)
    (first, names), (second, others) = pd.factorize(rows[one]), pd.factorize(rows[other])
    second = second + len(names)
    both = (rows[one] != "") & (rows[other] != "")
    size = len(names) + len(others)
    graph = sparse.csr_array((np.ones(both.sum()), (first[both], second[both])), shape=(size, size))
    component = csgraph.connected_components(graph, directed=False)[1]
    of_row = component[np.where(rows[one] != "", first, second)]
    own = rows[one].str.startswith(wanted) | rows[other].str.startswith(wanted)
    return pd.Series(np.isin(of_row, of_row[own]), index=rows.index)


def kept(
    rows: pd.DataFrame, sides: Sequence[Side], prefixes: Sequence[str], subject: str, ledger: Ledger
) -> pd.DataFrame:
    """Rows that the study needs (`connected`), those of one side included; the rest is a ledger line."""
    one, other = (side.geoid for side in sides)
    near = connected(rows, one, other, prefixes)
    left_out = int((~near & (rows[one] != "") & (rows[other] != "")).sum())
    if left_out:
        ledger.loss(subject, "other counties than the study's", count=left_out, unit="rows")
    return rows[near].reset_index(drop=True)


def two_sided(rows: pd.DataFrame, sides: Sequence[Side], subject: str, ledger: Ledger) -> pd.DataFrame:
    """Rows with an area on either side; what lies in one census's areas only is a ledger line."""
    alone = (rows[[side.geoid for side in sides]] == "").any(axis=1)
    if alone.any():
        ledger.loss(subject, "parts that lie in no area of the other census", count=int(alone.sum()), unit="rows")
    return rows[~alone].reset_index(drop=True)


def require_whole(
    rows: pd.DataFrame, sides: Sequence[Side], part_m2: pd.Series, entry: SourceEntry, faults: Faults, ledger: Ledger
) -> None:
    """Hold the parts of each area to the ground that the file itself gives for it, on both sides.

    Land and water are held together: where a shore has moved between the censuses, a piece may be
    counted as the one in an area and as the other in its parts. Numbers are whole square metres, so that a
    part may be off by one. Areas that are further off are noted, with how many and the first.

    Parameters
    ----------
    rows : DataFrame
        All parts of each area, those that lie in no area of the other census included.
    sides : sequence of Side
        The two censuses.
    part_m2 : Series
        Ground of each part, land and water, in m2.
    faults : Faults
        Takes E-PARTS, where the parts of more than 0.5% of a side's areas miss the area by more than 1%.
    """
    subject = subject_of(entry)
    for side in sides:
        # the other census's columns are empty where a part lies in no area of it
        of_side = rows[rows[side.geoid] != ""]
        whole = sum(number(of_side, column, entry, faults) for column in side.ground)
        groups = pd.DataFrame({"part": part_m2[of_side.index], "whole": whole}).groupby(of_side[side.geoid])
        found, given, parts = groups["part"].sum(), groups["whole"].max(), groups.size()
        apart = (found - given).abs()
        off = apart[apart > parts + 1]
        if off.empty:
            continue
        share = off / given[off.index].where(given > 0)
        told = [f"{geoid}: parts of {found[geoid]:,.0f} m2, area of {given[geoid]:,.0f} m2" for geoid in off.index]
        gross = [line for line, far in zip(told, ~(share <= MOST_APART), strict=True) if far]
        if len(gross) > MOST_ASTRAY * len(given):
            faults.add(
                "E-PARTS",
                f"parts of an area of {side.census} do not add up to its ground ({', '.join(side.ground)})",
                gross,
                "Rows are missing, doubled or altered: fetch the whole file of the state again.",
            )
        else:
            what = f"the parts of {len(off):,} of {len(given):,} areas of {side.census} do not add up to their ground, by up to {share.max():.2%} of it"
            ledger.note(subject, what, item=(gross or told)[0])


def require_ids(rows: pd.DataFrame, lengths: dict[str, int], faults: Faults) -> None:
    """Add ids of another length to the faults."""
    for column, length in lengths.items():
        faults.add(
            "E-ID-LENGTH",
            f"{column} must have {length} digits",
            places(~rows[column].str.fullmatch(rf"[0-9]{{{length}}}"), rows[column], column, rows["__row__"]),
            "Keep the codes as text, with their leading zeros; check area_level.",
        )


def require_pairs(rows: pd.DataFrame, sides: Sequence[Side], faults: Faults) -> None:
    """Add pairs of areas that stand twice to the faults."""
    then, now = (rows[side.geoid] for side in sides)
    pair = then + " in " + now
    faults.add(
        "E-KEY-DUP",
        "a pair of areas stands twice",
        places(pair.duplicated(keep=False), pair, "pair", rows["__row__"]),
        "Do not append files that overlap: a state's file is in the nation's.",
    )


def number(rows: pd.DataFrame, column: str, entry: SourceEntry, faults: Faults) -> pd.Series:
    """A column of areas (m2) or counts; what is empty, negative or no number is added to the faults."""
    values, _ = parse_number(rows[column], entry=entry, what=column, absent={}, rows=rows["__row__"], faults=faults)
    numbers = values.astype("float64")
    faults.add(
        "E-NEGATIVE",
        f"{column} must be given and not negative",
        places((numbers < 0) | (rows[column] == ""), rows[column], column, rows["__row__"]),
        "Fetch the file again; areas are whole square metres.",
    )
    return numbers
