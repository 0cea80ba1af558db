"""Capture: how many of a zone's pupils go to its own school, and what another share would do."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.enrollment import middle
from pipeline.analysis.residents import Links
from pipeline.ledger import Ledger
from pipeline.tables import empty

Array = np.ndarray


def capture_ratios(
    flows: pd.DataFrame, homes: pd.DataFrame, public: frozenset[str], *, fall_year: int, ledger: Ledger
) -> pd.DataFrame:
    """Table ``capture_ratios``: of the public-school pupils of each zone, those at its own school.

    Parameters
    ----------
    flows : DataFrame
        Table ``flows``; the latest fall up to ``fall_year`` counts.
    homes : DataFrame
        ``level zone_id school_id`` of the schools that zones are assigned to. A zone without one
        has no ratio.
    public : frozenset of str
        Schools that count.

    Returns
    -------
    DataFrame
        Suppressed flows count with the middle of what they can be; the ends of the ratio have them
        as much against it and as much for it as they can be.
    """
    past = flows[(flows["fall_year"] <= fall_year) & flows["school_id"].isin(public)]
    past = past[past["fall_year"] == past["fall_year"].max()]
    if past.empty:
        return empty("capture_ratios", "")
    known = past.assign(living=middle(past))
    known = known.assign(
        least=known["pupils_low"].where(known["pupils"].isna(), known["pupils"]),
        most=known["pupils_high"].where(known["pupils"].isna(), known["pupils"]),
    ).dropna(subset=["living"])
    own = pd.MultiIndex.from_frame(homes[["level", "zone_id", "school_id"]])
    known["is_home"] = pd.MultiIndex.from_frame(known[["level", "zone_id", "school_id"]]).isin(own)
    key = ["level", "zone_id"]
    numbers = ["living", "least", "most"]
    every = known.groupby(key)[numbers].sum()
    home = known[known["is_home"]].groupby(key)[numbers].sum().reindex(every.index).fillna(0.0)
    other = every - home
    has_home = every.index.isin(pd.MultiIndex.from_frame(homes[key]))
    table = pd.DataFrame({"fall_year": int(known["fall_year"].iloc[0]), "resident_pupils": every["living"]})
    table["home_pupils"] = home["living"].where(has_home)
    for name, at_home, away in (
        ("capture_ratio", "living", "living"),
        ("capture_low_ratio", "least", "most"),
        ("capture_high_ratio", "most", "least"),
    ):
        whole = home[at_home] + other[away]
        table[name] = (home[at_home] / whole).where(has_home & (whole > 0))
    if not has_home.all():
        ledger.loss(
            "capture_ratios",
            "zones that are assigned to no school: they have no capture ratio",
            count=float((~has_home).sum()),
            unit="zones",
            item=" ".join(every.index[~has_home][0]),
        )
    return table.reset_index().astype({"level": "str", "zone_id": "str"})


def recaptured(schools: Array, links: Links, residents: Array, change: float) -> Array:
    """Schools' pupils if the share of each zone's pupils at its own school were another.

    What the zones' residents would give or take (the live-attend matrix with the other share) is
    taken out of the schools in proportion to what they have, so that none falls below zero, and given
    to the others of the same zone as they share its pupils now. No pupil is made or lost.

    Parameters
    ----------
    schools : array, school x grade x year ahead
    links : Links
    residents : array, zone x grade x year ahead
        `residents.resident_cohorts`.
    change : float
        Added to the share, which stays between 0 and 1. Zones all of whose pupils are at their own
        school send nobody away, since nobody shows where they would go; likewise the other way round.

    Returns
    -------
    array, school x grade x year ahead
    """
    shares = links.shares
    home = np.zeros(links.grades.shape)
    np.add.at(home, links.zone, np.where(links.is_home[:, None], shares, 0.0))
    fixed = (home <= 0) | (home >= 1)
    wanted = np.where(fixed, home, np.clip(home + change, 0.0, 1.0))
    of_home = np.divide(wanted, home, out=np.ones_like(home), where=home > 0)
    of_other = np.divide(1 - wanted, 1 - home, out=np.ones_like(home), where=home < 1)
    factor = np.where(links.is_home[:, None], of_home[links.zone], of_other[links.zone])
    moved = (shares * (factor - 1))[:, :, None] * residents[links.zone]
    leaving, coming = np.maximum(-moved, 0.0), np.maximum(moved, 0.0)
    # no more can leave a school than it is expected to have
    asked = np.zeros_like(schools)
    np.add.at(asked, links.school, leaving)
    possible = np.divide(np.minimum(schools, asked), asked, out=np.ones_like(asked), where=asked > 0)
    leaving = leaving * possible[links.school]
    given, wished = np.zeros((*home.shape, schools.shape[2])), np.zeros((*home.shape, schools.shape[2]))
    np.add.at(given, links.zone, leaving)
    np.add.at(wished, links.zone, coming)
    part = np.divide(given, wished, out=np.zeros_like(given), where=wished > 0)
    found = schools.copy()
    np.add.at(found, links.school, coming * part[links.zone] - leaving)
    return np.asarray(np.maximum(found, 0.0))
