"""Responses to a request for proposals: which can be considered, and what each part of the rubric finds."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.proposal_rooms import levels_asked, suits
from pipeline.columns import GRADES, LEVELS, OFFERED_STATUSES
from pipeline.errors import ContractError, Fault
from pipeline.ledger import Ledger
from pipeline.numerals import count_of, number, percent

PARTS = ("quality_record", "match_with_need", "grades", "enrollment_in_hand", "use_of_space")
RECORD = {"strong": 1.0, "middle": 0.5, "weak": 0.0}
# What a spreadsheet takes for a formula where a name should stand.
_FORMULA = tuple("=+-@\uff1d\uff0b\uff0d\uff20")
Bands = Mapping[str, tuple[str, ...]]


def check_proposals(proposals: pd.DataFrame, subject: str = "the proposals") -> None:
    """Refuse proposals that are no proposals: names that are formulas, grades that run backwards.

    Proposals are written by strangers and opened in spreadsheets: a name that one would run is not
    quoted and passed on, as a district's own is, but refused.

    Parameters
    ----------
    proposals : DataFrame
        Input table ``proposal_list``.
    subject : str
        File that messages name.

    Raises
    ------
    ContractError
        With all such rows of the file in one message.
    """
    order = {grade: place for place, grade in enumerate(GRADES)}
    formula = proposals["name"].str.lstrip().str.startswith(_FORMULA)
    backwards = proposals["grade_low"].map(order) > proposals["grade_high"].map(order)
    faults = [
        Fault(code, what, int(bad.sum()), f"proposal {proposals.loc[bad, 'proposal_id'].iloc[0]}", remedy)
        for code, bad, what, remedy in (
            ("E-FORMULA", formula, "the proposer's name is what a spreadsheet takes for a formula", "Ask the proposer for a name, and write it without the sign."),
            ("E-GRADES-REVERSED", backwards, "grade_low lies above grade_high", "Exchange the two, or ask the proposer."),
        )
        if bad.any()
    ]  # fmt: skip
    if faults:
        raise ContractError(subject, faults)


def eligible(
    proposals: pd.DataFrame,
    inventory: pd.DataFrame,
    needed: pd.Series,
    taught: Mapping[str, set[str]],
    *,
    bands: Bands,
    levels_apart: int,
) -> pd.Series:
    """Why a proposal cannot be considered, in a sentence; empty where it can.

    The hard rules are those by which schools are matched to sites: the site is listed, has the rooms that are asked
    for and those that the proposer's pupils need, and teaches a level of theirs.

    Parameters
    ----------
    proposals, inventory : DataFrame
        Tables ``proposals`` and ``rfp_inventory``.
    needed : Series
        `proposal_rooms.proposal_rooms`: rooms that the pupils of each proposal need.
    taught : mapping
        By site: levels taught there; a site without schools is not named.
    bands : mapping
        Grades of each level.
    levels_apart : int
        How many levels host and guest may be apart (the study's ``matches.levels_apart``).

    Examples
    --------
    >>> asked = {"proposal_id": ["p", "q", "r", "s"], "site_id": ["1", "1", "9", "1"], "rooms_asked": [6.0, 12.0, 3.0, 6.0]}
    >>> proposals = pd.DataFrame({**asked, "grade_low": "KG", "grade_high": "01", "enrollment_in_hand": [140.0, 140.0, 70.0, 201.0]})
    >>> inventory = pd.DataFrame({"site_id": ["1"], "rfp_status": ["listed"], "surplus_rooms": [8.0]})
    >>> eligible(proposals, inventory, pd.Series([6.0, 6.0, 3.0, 9.0]), {}, bands={"elementary": ("KG", "01")}, levels_apart=0).tolist()
    ['', 'It asks for 12 rooms, and the site has 8 to offer.', 'The site is in no inventory.', 'Its 201 pupils would need 9 rooms, and the site has 8 to offer.']
    """
    sites = inventory.set_index("site_id")
    texts = []
    for row, rooms_needed in zip(proposals.itertuples(), needed, strict=True):
        if row.site_id not in sites.index:
            texts.append("The site is in no inventory.")
            continue
        status, rooms = sites.loc[row.site_id, ["rfp_status", "surplus_rooms"]]
        levels = levels_asked(str(row.grade_low), str(row.grade_high), bands)
        here = taught.get(str(row.site_id))
        if status not in OFFERED_STATUSES:
            texts.append("The site is not on the list.")
        elif not suits(levels, here, levels_apart):
            texts.append(
                f"Other grades: the school at the site teaches {' and '.join(sorted(here or (), key=LEVELS.index))} grades."
            )
        elif row.rooms_asked > rooms:
            texts.append(
                f"It asks for {count_of(row.rooms_asked, 'room', 'rooms')}, and the site has {number(rooms)} to offer."
            )
        elif rooms_needed > rooms:
            texts.append(
                f"Its {number(row.enrollment_in_hand)} pupils would need {number(rooms_needed)} rooms, and the site has {number(rooms)} to offer."
            )
        else:
            texts.append("")
    return pd.Series(texts, index=proposals.index, dtype="str")


def score_parts(
    proposals: pd.DataFrame,
    inventory: pd.DataFrame,
    quality: pd.DataFrame,
    access: pd.DataFrame,
    taught: Mapping[str, set[str]],
    space: pd.DataFrame,
    *,
    bands: Bands,
    without_record: float,
) -> pd.DataFrame:
    """What each part of the rubric finds in each proposal, from 0 to 1, with the numbers it rests on.

    - *quality record*: 1 where the proposer's school is strong, a half where average, none where weak; a proposer
      without a rated school takes the study's number.
    - *match with need*: how far access to quality seats lies below twice the district's mean, in the site's
      neighborhood, averaged over the grades it would teach.
    - *grades*: share of these grades that are of a level taught at the site; all at an empty site.
    - *enrollment in hand*: pupils it can name over the seats of the rooms asked, at the pupils per room of their grades;
      where they are more than the seats, the seats over the pupils.
    - *use of space*: rooms asked over rooms to offer.

    A part that cannot be known is empty, and its weight goes to the others.

    Parameters
    ----------
    proposals : DataFrame
        Table ``proposals``; those that can be considered.
    inventory, quality, access : DataFrame
        Tables ``rfp_inventory``, ``school_quality`` and ``seat_access``.
    taught : mapping
        By site: levels taught there; a site without schools is not named.
    space : DataFrame
        `proposal_rooms.proposal_rooms` of these proposals.
    bands : mapping
        Grades of each level.
    without_record : float
        Part for a proposer without a rated school.

    Returns
    -------
    DataFrame
        ``proposal_id rubric_part part_share evidence``.
    """
    sites = inventory.set_index("site_id")
    classes = quality.set_index("school_id")["quality_class"]
    near = access.set_index(["neighborhood_id", "level"])["relative_access_ratio"]
    rows = []
    for row in proposals.join(space).sort_values("proposal_id", kind="stable").itertuples():
        site = sites.loc[row.site_id]
        levels = levels_asked(str(row.grade_low), str(row.grade_high), bands)
        found = {
            "quality_record": _record(classes.get(row.school_id), without_record),
            "match_with_need": _need(levels, str(site["neighborhood_id"]), near),
            "grades": _grades(levels, taught.get(str(row.site_id))),
            "enrollment_in_hand": _in_hand(
                row.enrollment_in_hand, row.rooms_asked * row.pupils_per_room, row.rooms_asked, row.needed_rooms
            ),
            "use_of_space": _space(float(row.rooms_asked), float(site["surplus_rooms"])),
        }
        rows += [(row.proposal_id, part, *found[part]) for part in PARTS]
    table = pd.DataFrame(rows, columns=["proposal_id", "rubric_part", "part_share", "evidence"])
    return table.astype({"proposal_id": "str", "rubric_part": "str", "part_share": "float64", "evidence": "str"})


def _record(known: object, without: float) -> tuple[float, str]:
    if known in RECORD:
        return RECORD[str(known)], f"its school is rated {known}"
    return without, "no rated school"


def _need(levels: list[str], neighborhood: str, near: pd.Series) -> tuple[float, str]:
    ratios = [float(near.get((neighborhood, level), np.nan)) for level in levels]
    known = [min(max(1.0 - ratio / 2.0, 0.0), 1.0) for ratio in ratios if ratio == ratio]
    if not known:
        return np.nan, "access to quality seats is not known here"
    mean = sum(ratio for ratio in ratios if ratio == ratio) / len(known)
    return sum(known) / len(
        known
    ), f"access to quality seats is {percent(mean)} of the district's mean, over its grades"


def _grades(levels: list[str], taught: set[str] | None) -> tuple[float, str]:
    if not taught:
        return 1.0, "no school is at the site"
    fitting = sum(level in taught for level in levels)
    return fitting / len(levels) if levels else np.nan, f"{fitting} of {len(levels)} grades are of a level taught there"


def _in_hand(pupils: float, seats: float, asked: float, needed: float) -> tuple[float, str]:
    if pupils != pupils:
        return 0.0, "no enrollment in hand is stated"
    if not seats > 0:
        return np.nan, "the seats of the rooms asked are not known"
    more = f"; they would need {number(needed)} rooms" if needed > asked else ""
    return min(pupils / seats, seats / max(pupils, 1.0)), f"{number(pupils)} pupils for {number(seats)} seats{more}"


def _space(asked: float, offered: float) -> tuple[float, str]:
    if not offered > 0:
        return np.nan, "the rooms to offer are not known"
    return asked / offered, f"{number(asked)} of {number(offered)} rooms"


def record(proposals: pd.DataFrame, why: pd.Series, ledger: Ledger) -> None:
    """Count the proposals that cannot be considered, by their first id."""
    refused = why != ""
    if refused.any():
        ledger.loss(
            "rfp_scores",
            "proposals that cannot be considered: their site is not listed, teaches other grades, or has fewer rooms than they ask for or their pupils need",
            count=float(refused.sum()),
            unit="proposals",
            item=str(proposals.loc[refused, "proposal_id"].sort_values().iloc[0]),
        )
