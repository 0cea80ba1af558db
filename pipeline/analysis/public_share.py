"""How many of the resident children need a seat in a public school."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pandas as pd

from pipeline.analysis.age_bands import band_counts
from pipeline.analysis.demand import PUBLIC
from pipeline.analysis.enrollment import middle
from pipeline.analysis.uncertainty import moe_of_ratio, years_of
from pipeline.columns import GRADES
from pipeline.ledger import Ledger
from pipeline.numerals import number, percent

# Grades of the ages 5 to 17: pupils of preschool are younger.
SCHOOL_GRADES = tuple(grade for grade in GRADES if grade not in ("PK", "TK"))


def public_shares(
    enrollment: pd.DataFrame,
    schools: pd.DataFrame,
    district: pd.DataFrame,
    vintages: Iterable[str],
    factors: Mapping[str, float],
    ledger: Ledger,
) -> dict[str, tuple[float, float]]:
    """Public-school pupils over resident children of school age, with its 90% margin, by vintage.

    Pupils of the district's and charter schools, kindergarten to grade 12, in the mean of the school years that began
    within the vintage's years; children of the district aged 5 to 17, whose margin is the share's. A share beyond 1,
    where more pupils come from outside than go elsewhere, is taken as 1. Vintages without pupils are not in the result.

    Parameters
    ----------
    enrollment, schools, district : DataFrame
        Tables ``enrollment``, ``school_facts`` and ``district_profile``.
    vintages : iterable of str
        Vintages to look at.
    factors : mapping
        Control factors of the district by vintage.
    ledger : Ledger
        Takes a line for each share.
    """
    public = set(schools.loc[schools["sector"].isin(PUBLIC), "school_id"])
    rows = enrollment[(enrollment["student_group"] == "all") & enrollment["grade"].isin(SCHOOL_GRADES)]
    rows = rows[rows["school_id"].isin(public)]
    pupils = middle(rows).groupby(rows["fall_year"]).sum(min_count=1)
    shares = {}
    for vintage in sorted(set(vintages)):
        first, last = years_of(vintage)
        of_years = pupils[(pupils.index >= first) & (pupils.index <= last)].dropna()
        own = district[district["vintage"] == vintage]
        children = band_counts(own, "5-17").sum(min_count=1) * factors.get(vintage, 1.0)
        if of_years.empty or not children["children"] > 0:
            continue
        mean = float(of_years.mean())
        margin = float(moe_of_ratio(mean, 0.0, children["children"], children["children_moe"]))
        shares[vintage] = (min(mean / float(children["children"]), 1.0), margin)
        ledger.note(
            f"seats of children, {vintage}",
            f"{percent(shares[vintage][0], 1)} of children aged 5 to 17 need a public seat: {number(mean)} pupils in the falls "
            f"{of_years.index.min()} to {of_years.index.max()} over {number(children['children'])} children",
        )
    return shares
