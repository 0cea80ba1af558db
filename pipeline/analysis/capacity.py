"""Pupils of schools and sites, and the grades they are in: what a capacity is set against."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.rolls import rolls
from pipeline.columns import GRADES
from pipeline.ledger import Ledger

_PRESCHOOL = GRADES.index("PK")
# Grades by which rooms are loaded.
TAUGHT = tuple(grade for grade in GRADES if grade not in ("PK", "UG"))


def pupils_now(
    enrollment: pd.DataFrame,
    totals: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    fall_year: int,
    bands: Mapping[str, tuple[str, ...]],
    ledger: Ledger,
) -> pd.DataFrame:
    """Pupils of each school at the latest count, once per school.

    Suppressed grades are filled as in `rolls`; where the grades are not known the published
    total counts. Schools that are closed or planned have none. Online schools take no seats
    in a building and are left out.

    Parameters
    ----------
    enrollment, totals, schools : DataFrame
        Tables ``enrollment``, ``enrollment_groups`` and ``school_facts``.
    fall_year : int
        The study's fall; the latest fall up to it that has pupils is used.
    bands : mapping
        Grades of each level.

    Returns
    -------
    DataFrame
        By ``school_id``: ``pupils`` (NaN: open, but not known), ``half_width`` of what
        suppression leaves open, ``preschool_share`` of the pupils, ``elementary_pupils`` and
        ``secondary_pupils`` (by the bands), and ``grade_<grade>`` for each grade that rooms are
        loaded by (the sixth grade of a middle school is secondary by the bands and can be
        elementary by a rule).
    """
    whole = totals[(totals["student_group"] == "all") & (totals["fall_year"] <= fall_year)]
    latest = max(
        [int(f["fall_year"].max()) for f in (whole, enrollment[enrollment["fall_year"] <= fall_year]) if len(f)],
        default=fall_year,
    )
    if latest < fall_year:
        ledger.note(
            "utilization",
            f"the latest enrollment is of fall {latest}, not {fall_year}: its pupils are taken as today's",
        )
    found = rolls(enrollment, totals, first_year=latest, last_year=latest, ledger=ledger)
    counts = found.pupils[:, :, 0] if len(found.years) else np.empty((0, len(GRADES)))
    elementary = np.array([grade in bands["elementary"] for grade in GRADES])
    secondary = np.array([grade in (*bands["middle"], *bands["high"]) for grade in GRADES])
    sums = counts.sum(axis=1)
    by_grade = pd.DataFrame(
        {
            "pupils": sums,
            "half_width": found.half_width[:, 0] if len(found.years) else np.empty(0),
            "preschool_share": np.divide(counts[:, _PRESCHOOL], sums, out=np.zeros_like(sums), where=sums > 0),
            "elementary_pupils": counts[:, elementary].sum(axis=1),
            "secondary_pupils": counts[:, secondary].sum(axis=1),
            **{f"grade_{grade}": counts[:, GRADES.index(grade)] for grade in TAUGHT},
        },
        index=pd.Index(found.schools, name="school_id"),
    )
    seated = schools[~schools["is_virtual"].astype(bool)].set_index("school_id")
    table = by_grade.reindex(seated.index)
    published = whole[whole["fall_year"] == latest].set_index("school_id")["pupils"].reindex(seated.index)
    table["pupils"] = table["pupils"].fillna(published)
    table.loc[(seated["school_status"] != "open") & table["pupils"].isna(), "pupils"] = 0.0
    # a school without grades on its roll has its published total, or is closed: both are known exactly
    table["half_width"] = table["half_width"].where(table["half_width"].notna() | table["pupils"].isna(), 0.0)
    table["preschool_share"] = table["preschool_share"].fillna(0.0)
    return table


def site_use(school_sites: pd.DataFrame, pupils: pd.DataFrame, sites: pd.DataFrame) -> pd.DataFrame:
    """Pupils at each site: all schools of the building together, each once.

    A closed or surplus site without schools has none; any other site without schools is not
    known. One school whose pupils are not known makes the site's unknown.

    Returns
    -------
    DataFrame
        By ``site_id``: ``pupils``, ``pupils_without_preschool``, ``half_width``,
        ``elementary_share`` (by the bands) and ``grade_<grade>_share`` of those whom rooms are
        loaded by, NaN where nobody is taught.

    Examples
    --------
    >>> at = pd.DataFrame({"school_id": ["a", "b"], "site_id": ["1", "1"]})
    >>> pupils = pd.DataFrame({"pupils": [300.0, 100.0], "half_width": 0.0, "preschool_share": [0.1, 0.0],
    ...     "elementary_pupils": [270.0, 0.0], "secondary_pupils": [0.0, 90.0], "grade_05": [270.0, 0.0],
    ...     "grade_06": [0.0, 90.0]}, index=pd.Index(["a", "b"], name="school_id"))
    >>> sites = pd.DataFrame({"site_id": ["1", "2", "3"], "site_status": ["open", "surplus", "open"]})
    >>> use = site_use(at, pupils, sites)
    >>> use["pupils"].tolist(), use["grade_06_share"].tolist()
    ([400.0, 0.0, nan], [0.25, nan, nan])
    """
    here = school_sites.merge(pupils, left_on="school_id", right_index=True, how="inner", validate="one_to_one")
    here["pupils_without_preschool"] = here["pupils"] * (1 - here["preschool_share"])
    groups = here.groupby("site_id")
    grades = [column for column in pupils.columns if column.startswith("grade_")]
    sums = groups[["elementary_pupils", "secondary_pupils", *grades]].sum()
    use = pd.DataFrame(
        {c: groups[c].agg(lambda part: part.sum(skipna=False)) for c in ("pupils", "pupils_without_preschool")}
    )
    use["half_width"] = groups["half_width"].sum()
    taught = sums["elementary_pupils"] + sums["secondary_pupils"]
    use["elementary_share"] = (sums["elementary_pupils"] / taught).where(taught > 0)
    loaded = sum((sums[grade] for grade in grades), start=taught * 0.0)
    for grade in grades:
        use[f"{grade}_share"] = (sums[grade] / loaded).where(loaded > 0)
    use = use.reindex(sites["site_id"])
    empty = sites["site_status"].isin(["closed", "surplus"]).to_numpy() & ~use.index.isin(here["site_id"])
    use.loc[empty, ["pupils", "pupils_without_preschool", "half_width"]] = 0.0
    return use
