"""Whether a proposer is the school whose id it gives: an id of no school, and a school of another name."""

from __future__ import annotations

import re

import pandas as pd

from pipeline.ledger import Ledger


def unknown_schools(proposals: pd.DataFrame, schools: pd.DataFrame, why: pd.Series) -> pd.Series:
    """Why a proposal cannot be considered, an id that is no school's among the reasons.

    Whoever has a school gives its id, whoever has none gives none: an id that nobody has
    would pass for a school without a record, and score above a weak one.

    Parameters
    ----------
    proposals : DataFrame
        Table ``proposals``.
    schools : DataFrame
        Table ``school_facts``. Codes for accounts, such as a district office, are no schools.
    why : Series
        `proposals.eligible`, in the order of ``proposals``.

    Examples
    --------
    >>> proposals = pd.DataFrame({"school_id": ["a", "9", None, "9"]})
    >>> why = pd.Series(["", "", "", "The site is not on the list."])
    >>> unknown_schools(proposals, pd.DataFrame({"school_id": ["a"], "is_place": True, "is_virtual": False}), why).tolist()
    ['', 'Its school_id 9 is no school of the directory.', '', 'The site is not on the list.']
    """
    stray = _stray(proposals, schools) & why.eq("")
    told = "Its school_id " + proposals["school_id"].astype("str") + " is no school of the directory."
    return why.mask(stray, told).astype("str")


def other_names(proposals: pd.DataFrame, schools: pd.DataFrame) -> pd.Series:
    """What the directory calls the school whose id a proposal gives, where that is not the proposer's name.

    Names agree if one holds the other, letter by letter: a branch may be named after its school.

    Examples
    --------
    >>> proposals = pd.DataFrame({"school_id": ["a", "a", "b", None], "name": ["Oak Street (planned)", "OAK", "Oak", "New"]})
    >>> other_names(proposals, pd.DataFrame({"school_id": ["a", "b"], "name": ["Oak Street", "Cedar Grove"]})).tolist()
    ['', '', 'Cedar Grove', '']
    """
    listed = proposals["school_id"].map(schools.set_index("school_id")["name"]).astype("str").fillna("")
    own, theirs = ([re.sub(r"\W+", "", name.casefold()) for name in names] for names in (proposals["name"], listed))
    agree = [not there or here in there or there in here for here, there in zip(own, theirs, strict=True)]
    return listed.mask(pd.Series(agree, index=proposals.index, dtype=bool), "")


def with_names(scores: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Table ``rfp_scores`` whose reason tells the school that the directory names otherwise than the proposal."""
    named = other_names(scores, schools)
    told = " The directory calls the school of this school_id " + named + "."
    return scores.assign(reason=scores["reason"].where(named.eq(""), scores["reason"] + told))


def record(proposals: pd.DataFrame, schools: pd.DataFrame, ledger: Ledger) -> None:
    """Count proposals whose school_id is no school's, and those of a school with another name, by their first id."""
    rows = proposals.sort_values("proposal_id", kind="stable")
    stray = rows[_stray(rows, schools)]
    if len(stray):
        ledger.loss(
            "rfp_scores",
            "proposals that cannot be considered: their school_id is no school of the directory. Correct it, or leave it empty where the proposer has no school",
            count=float(len(stray)),
            unit="proposals",
            item=str(stray["proposal_id"].iloc[0]),
        )
    named = other_names(rows, schools)
    if named.ne("").any():
        first = rows[named.ne("")].iloc[0]
        ledger.note(
            "proposers",
            f"{int(named.ne('').sum())} give the id of a school that the directory calls otherwise: ask whose record it is; "
            f"first: {first['name']} gives {first['school_id']}, {named[named.ne('')].iloc[0]}",
            item=str(first["proposal_id"]),
        )


def _stray(proposals: pd.DataFrame, schools: pd.DataFrame) -> pd.Series:
    taught = schools.loc[schools["is_place"].astype(bool) | schools["is_virtual"].astype(bool), "school_id"]
    return proposals["school_id"].notna() & ~proposals["school_id"].isin(taught)
