"""Documented exclusions of sites: of a site, or of one school at a site, never of a class of schools."""

from __future__ import annotations

import re

import pandas as pd

from pipeline.columns import LEVELS, SECTORS
from pipeline.errors import ContractError, Fault
from pipeline.ledger import Ledger

# Words that stand for many schools or sites at once where one must be named, in singular.
_KINDS = {*SECTORS, *LEVELS, "non-district"}
_AROUND = {"all", "any", "every", "each", "no", "the", "other", "new", "a", "school", "site", "co-location", "*"}
_NO_CLASS = re.compile(
    rf"\b(?:no|not for|never|without|against|ban|keep out)\s+(?:\w+\s+){{0,2}}(?:{'|'.join(s for s in SECTORS if s != 'district')})s?\b",
    re.I,
)
# A document may be dated in the school year's second half.
_YEARS_AHEAD = 1


def check_exclusions(
    exclusions: pd.DataFrame,
    sites: pd.DataFrame,
    known: set[str] | None = None,
    *,
    now: int | None = None,
    subject: str = "site_exclusions",
) -> None:
    """Refuse exclusions that name a class of schools or all sites, name what nobody knows, or are not documented.

    Parameters
    ----------
    exclusions : DataFrame
        Input table ``site_exclusions``: a site, the school it is closed to (empty: to every one
        that asks), the reason, the document and its date.
    sites : DataFrame
        ``site_id`` of the inventory.
    known : set of str, optional
        Schools of the directory and those that ask; without it schools are not looked up.
    now : int, optional
        The study's fall: documents are not of years to come.
    subject : str
        File that messages name.

    Raises
    ------
    ContractError
        With every fault in one message.

    Examples
    --------
    >>> sites = pd.DataFrame({"site_id": ["S1"]})
    >>> rows = pd.DataFrame({"site_id": ["S1"], "school_id": ["charter"], "reason": ["policy"], "documented_in": ["memo"], "documented_on": ["2024-05-01"]})
    >>> check_exclusions(rows, sites)
    Traceback (most recent call last):
    ...
    pipeline.errors.ContractError: site_exclusions cannot be used:
      - [E-EXCLUDED-CLASS] an exclusion names a class of schools or all sites (once; first: site S1, school 'charter': policy). Name the site and, where it is closed to one school only, that school by its id; whoever may not use a site is excluded from that site for a documented reason, never for what kind of school it is.
    """
    faults = []
    named = exclusions["school_id"].fillna("")
    to_all = named.str.strip().eq("") & exclusions["reason"].str.contains(_NO_CLASS)
    pairs = zip(named, exclusions["site_id"], strict=True)
    blanket = pd.Series([_is_class(a) or _is_class(b) for a, b in pairs], exclusions.index, dtype=bool) | to_all
    unknown = ~blanket & ~exclusions["site_id"].isin(sites["site_id"])
    stranger = ~blanket & named.ne("") & ~named.isin(named if known is None else known)
    dates = pd.to_datetime(exclusions["documented_on"], format="%Y-%m-%d", errors="coerce")
    undated = dates.isna() | (dates.dt.year > (9999 if now is None else now + _YEARS_AHEAD))
    twice = exclusions.duplicated(["site_id", "school_id"], keep="first")
    silent = exclusions["reason"].str.strip().eq("") | exclusions["documented_in"].str.strip().eq("")
    for rows, code, what, remedy in (
        (
            blanket,
            "E-EXCLUDED-CLASS",
            "an exclusion names a class of schools or all sites",
            "Name the site and, where it is closed to one school only, that school by its id; whoever may not use a site is "
            "excluded from that site for a documented reason, never for what kind of school it is.",
        ),
        (
            unknown,
            "E-EXCLUDED-SITE",
            "an exclusion is of a site that is in no inventory",
            "Write the id of the inventory.",
        ),
        (
            stranger,
            "E-EXCLUDED-SCHOOL",
            "an exclusion is of a school that neither the directory nor a request for space has",
            "Write the school's id of the directory, or the one under which it asks.",
        ),
        (
            undated,
            "E-EXCLUDED-DATE",
            "documented_on is no day of the calendar, or one of years to come",
            "Write the date of the document, such as 2024-05-01.",
        ),
        (
            twice,
            "E-KEY-DUP",
            "a site is excluded twice, for the same school or for all",
            "Leave the line that counts, with both reasons if there are two.",
        ),
        (
            silent,
            "E-EXCLUDED-WHY",
            "an exclusion has no reason, or no document that it stands in",
            "Give both, or take the line out: an exclusion that cannot be looked up cannot be defended.",
        ),
    ):
        if rows.any():
            first = exclusions[rows].iloc[0]
            whom = f", school {first['school_id']!r}" if isinstance(first["school_id"], str) else ""
            text = f"site {first['site_id']}{whom}: {first['reason']}"
            text += f", {first['documented_on']}" if code == "E-EXCLUDED-DATE" else ""
            faults.append(Fault(code, what, int(rows.sum()), text, remedy))
    if faults:
        raise ContractError(subject, faults)


def _is_class(text: str) -> bool:
    """Whether a name says nothing but a kind of school or site: ``all charter schools``."""
    words = [word if word in ("a", "*") else word.removesuffix("s") for word in text.lower().split()]
    return words not in ([], ["a"]) and all(word in _KINDS | _AROUND for word in words)


def refuse_class_by_name(exclusions: pd.DataFrame, asking: pd.DataFrame) -> None:
    """Refuse a site that is closed to every school that asks, each by name: that is a class in disguise.

    Raises
    ------
    ContractError
        If at least two schools ask and all are listed one by one at a site that is not itself excluded.
    """
    ids = set(asking["school_id"])
    by_name = exclusions[exclusions["school_id"].isin(ids)]
    whole = set(exclusions.loc[exclusions["school_id"].isna(), "site_id"])
    closed = by_name.groupby("site_id")["school_id"].nunique()
    closed = closed[(closed == len(ids)) & ~closed.index.isin(whole)]
    if len(ids) < 2 or closed.empty:
        return
    site = str(closed.index[0])
    fault = Fault(
        "E-EXCLUDED-ALL",
        f"a site is closed to all {len(ids)} schools that ask, one by one",
        len(closed),
        f"site {site}",
        "If the site cannot be shared, exclude the site (leave school_id empty) and say why; if it can, exclude only those whom the reason concerns.",
    )
    raise ContractError("site_exclusions", [fault])


def record_exclusions(exclusions: pd.DataFrame, asking: pd.DataFrame, offered: pd.DataFrame, ledger: Ledger) -> None:
    """Tell of exclusions that bar no pair: their site is not offered, or the school they name does not ask."""
    idle = ~exclusions["site_id"].isin(offered["site_id"]) | (
        exclusions["school_id"].notna() & ~exclusions["school_id"].isin(asking["school_id"])
    )
    if len(exclusions):
        ledger.match(
            "site_exclusions",
            total=float(len(exclusions)),
            matched=float((~idle).sum()),
            unit="exclusions",
            reason="exclusions that bar a pair; of the others the site is not offered, or the school does not ask",
        )


def excluded_pairs(pairs: pd.DataFrame, exclusions: pd.DataFrame) -> pd.Series:
    """Why each pair is excluded, with the document and its date; empty where it is not.

    Parameters
    ----------
    pairs : DataFrame
        ``school_id site_id``.
    """
    why = (
        exclusions["reason"].str.strip().str.removesuffix(".")
        + " ("
        + exclusions["documented_in"]
        + ", "
        + exclusions["documented_on"]
        + ")"
    )
    table = exclusions.assign(why=why).sort_values(["site_id", "documented_on", "why"], kind="stable")
    whole = table[table["school_id"].isna()].drop_duplicates("site_id").set_index("site_id")["why"]
    single = table[table["school_id"].notna()].drop_duplicates(["school_id", "site_id"])
    named = pairs.merge(
        single[["school_id", "site_id", "why"]], on=["school_id", "site_id"], how="left", validate="one_to_one"
    )
    of_site = pairs["site_id"].map(whole).astype("str").to_numpy()
    return pd.Series(named["why"].astype("str").to_numpy(), index=pairs.index).fillna(
        pd.Series(of_site, index=pairs.index)
    )
