"""Growth of schools: the same pupils from grade to grade, or the whole school from year to year.

Nothing here reads who runs a school: the sector is not among the columns in.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.status import Z90, share_variance
from pipeline.columns import GRADES

# A step that fewer schools take says nothing of one of them against the others.
FEWEST_AT_STEP = 3
POOL = "all"  # schools of all levels together
_STEP = ["subject", "fall_year", "grade"]
_NEXT = {grade: GRADES[at + 1] for at, grade in enumerate(GRADES[:-2])}  # UG follows none


def cohort_links(cells: pd.DataFrame) -> pd.DataFrame:
    """Pairs of cells that are the same pupils a year on: one school, one subject, the next grade, the next fall.

    Parameters
    ----------
    cells
        ``school_id subject fall_year grade share pupils`` with any index of its own.

    Returns
    -------
    pandas.DataFrame
        ``school_id subject fall_year grade`` of the earlier cell, ``before`` and ``after`` (labels of
        the two cells), ``gain`` and ``weight`` (n n' / (n + n')). Steps of a subject, fall and grade
        that fewer than three schools take are left out.

    >>> cells = pd.DataFrame({"school_id": [*"aabbcc"], "subject": "ela", "fall_year": [2021, 2022] * 3, "grade": ["03", "04"] * 3, "share": [0.4, 0.5] * 3, "pupils": 20.0})
    >>> cohort_links(cells)[["school_id", "before", "after", "weight"]].to_numpy().tolist()[0]
    ['a', 0, 1, 10.0]
    """
    later = cells.assign(cell=cells.index)
    earlier = later.assign(next_grade=later["grade"].map(_NEXT), next_fall=later["fall_year"] + 1)
    links = earlier.merge(
        later,
        left_on=["school_id", "subject", "next_fall", "next_grade"],
        right_on=["school_id", "subject", "fall_year", "grade"],
        suffixes=("", "_after"),
        validate="1:1",
    )
    links["gain"] = links["share_after"] - links["share"]
    links["weight"] = links["pupils"] * links["pupils_after"] / (links["pupils"] + links["pupils_after"])
    links = links[links.groupby(_STEP)["school_id"].transform("size") >= FEWEST_AT_STEP]
    links = links.rename(columns={"cell": "before", "cell_after": "after"})
    return links[["school_id", *_STEP, "before", "after", "gain", "weight"]].reset_index(drop=True)


def cohort_growth(grades: pd.DataFrame, subjects: tuple[str, ...]) -> pd.DataFrame:
    """What the pupils of each school gained in a year over what all pupils gained at the same steps.

    From one spring to the next the pupils of a grade sit the test of the next grade, at the same
    school. Their gain in the share meeting the standard, less the gain of all schools' pupils at
    that step (weighted by pupils, whoever runs the school), is free of harder and easier grades
    and years. A school's growth is the mean of its steps, weighted by pupils, then of its subjects.

    Parameters
    ----------
    grades
        The table ``performance_grades``; hidden cells take no part.
    subjects
        Subjects of the study.

    Returns
    -------
    pandas.DataFrame
        By ``school_id``: ``growth_change`` (share a year), ``growth_error`` (its standard error) and
        ``links`` (pairs of cells it rests on). Schools without two grades in a row are not in it.

    Notes
    -----
    Growth is a linear form of the cells' shares, in which a cell that ends one step and begins the
    next enters once, and the mean of a step holds the school itself: its variance is the exact sum
    of squared coefficients times p (1 - p) / n. The two years' pupils are taken as different pupils,
    and the subjects' errors as one error, as the same pupils sit them: both make it larger.

    References
    ----------
    Reardon (2019), "Educational opportunity in early and middle childhood", RSF 5(2): growth as the
    change of a cohort's mean from grade to grade.
    """
    shown = grades["value_status"].eq("reported") & (grades["pupils_tested"] > 0) & grades["pupils_meeting"].notna()
    cells = grades[shown & grades["subject"].isin(subjects) & grades["grade"].isin(list(_NEXT))]
    cells = cells.sort_values(["subject", "school_id", "fall_year", "grade"]).reset_index(drop=True)
    cells["pupils"] = cells["pupils_tested"].astype("float64")
    cells["share"] = (cells["pupils_meeting"] / cells["pupils"]).astype("float64")
    parts = []
    for subject, rows in cells.groupby("subject", sort=True):
        rows = rows.reset_index(drop=True)
        links = cohort_links(rows)
        if len(links):
            parts.append(_against_the_steps(rows, links).assign(subject=subject))
    if not parts:
        columns = {"growth_change": "float64", "growth_error": "float64", "links": "int64"}
        return pd.DataFrame({c: pd.Series(dtype=t) for c, t in columns.items()}).rename_axis("school_id")
    by_school = pd.concat(parts).groupby("school_id", sort=True)
    return pd.DataFrame(
        {
            "growth_change": by_school["growth_change"].mean(),
            "growth_error": by_school["growth_error"].mean(),
            "links": by_school["links"].sum().astype("int64"),
        }
    )


def _against_the_steps(cells: pd.DataFrame, links: pd.DataFrame) -> pd.DataFrame:
    """Growth of each school in one subject and its standard error, from the cells' coefficients."""
    from scipy import sparse

    school, ids = pd.factorize(links["school_id"], sort=True)
    step = links.groupby(_STEP, sort=True).ngroup().to_numpy()
    weight, at = links["weight"].to_numpy(), np.arange(len(links))
    of_school, of_step = (
        sparse.csr_array((weight / np.bincount(group, weight)[group], (group, at))) for group in (school, step)
    )
    ends, signs = np.concatenate([links["after"], links["before"]]), np.repeat([1.0, -1.0], len(links))
    gain = sparse.csr_array((signs, (np.concatenate([at, at]), ends)), shape=(len(links), len(cells)))
    # how much of a school's weight lies on each step
    on_step = sparse.csr_array((of_school.tocoo().data, (school, step[of_school.tocoo().coords[1]])))
    own, mean = of_school @ gain, of_step @ gain
    change = own @ cells["share"].to_numpy() - on_step @ (mean @ cells["share"].to_numpy())
    variance = share_variance(cells["share"], cells["pupils"]).to_numpy()
    # var(own - step mean) = own^2 v - 2 own v mean' + mean v mean', without a dense school x cell table
    between = (mean.multiply(variance) @ mean.T).toarray()
    crossed = (on_step.multiply(own.multiply(variance) @ mean.T)).sum(axis=1)
    shares = on_step.toarray()
    spread = own.multiply(own) @ variance - 2 * crossed + ((on_step @ between) * shares).sum(axis=1)
    return pd.DataFrame(
        {"growth_change": change, "growth_error": np.sqrt(spread), "links": np.bincount(school)},
        index=pd.Index(ids, name="school_id"),
    )


def status_growth(change: pd.DataFrame, level: pd.Series, years: int) -> pd.DataFrame:
    """Yearly change of each school's status over that of all schools of its level, for want of grades.

    Parameters
    ----------
    change
        By school ``growth_change`` over ``years``, ``growth_variance`` and ``pupils_tested``; empty where
        there is none.
    level
        Level of each school; a level with fewer than three known changes takes those of all schools.
    years
        Years between the first and the latest result.

    Returns
    -------
    pandas.DataFrame
        ``growth_change`` (share a year) and ``growth_error``, on the index in.

    >>> change = pd.DataFrame({"growth_change": [0.2, 0.0, 0.1], "growth_variance": [0.01] * 3, "pupils_tested": 50.0})
    >>> status_growth(change, pd.Series(["high"] * 3), 2).round(3).to_numpy().tolist()
    [[0.05, 0.041], [-0.05, 0.041], [0.0, 0.041]]
    """
    known = change["growth_change"].notna() & (change["pupils_tested"] > 0)
    sizes = level[known].groupby(level[known]).transform("size").reindex(level.index)
    pool = level.where(sizes >= FEWEST_AT_STEP, POOL)
    out = pd.DataFrame({"growth_change": np.nan, "growth_error": np.nan}, index=change.index)
    for name in sorted(pool[known].unique()):
        basis = known if name == POOL else known & pool.eq(name)
        members = known & pool.eq(name)
        if basis.sum() < FEWEST_AT_STEP:
            continue
        weight = change["pupils_tested"].where(basis) / change.loc[basis, "pupils_tested"].sum()
        mean = float((weight * change["growth_change"]).sum())
        shared = float((weight**2 * change["growth_variance"]).sum())
        spread = change["growth_variance"] * (1 - 2 * weight) + shared
        out.loc[members, "growth_change"] = (change["growth_change"] - mean) / years
        out.loc[members, "growth_error"] = np.sqrt(spread) / years
    return out


def shrink_growth(change: pd.Series, error: pd.Series) -> pd.Series:
    """Draw growth towards none above the district's, the more the less sure it is.

    The spread between schools is what remains of the observed squares after the errors; where
    nothing remains, no school is taken to differ.

    References
    ----------
    DerSimonian and Laird (1986), Controlled Clinical Trials 7(3): moments, here about a known mean of 0.

    >>> shrink_growth(pd.Series([0.1, -0.1, 0.1, None]), pd.Series([0.05, 0.05, 0.5, None])).round(3).tolist()
    [0.071, -0.071, 0.002, nan]
    """
    weight = 1 / error**2
    known = change.notna() & weight.notna()
    total = float(weight[known].sum())
    excess = float((weight * change**2)[known].sum()) - int(known.sum())
    between = max(excess / total, 0.0) if total > 0 else 0.0
    return change * between / (between + error**2) + 0.0  # no negative zero


def growth_of_schools(
    schools: pd.DataFrame, cohort: pd.DataFrame, change: pd.DataFrame, *, years: int, margin: float
) -> pd.DataFrame:
    """Growth of each school by the best that is known of it, and its class.

    Parameters
    ----------
    schools
        ``school_id`` and ``level``.
    cohort
        From `cohort_growth`: used wherever a school has it.
    change
        Indexed by ``school_id``: ``growth_change growth_variance pupils_tested`` over ``years``.
    years
        Years that ``change`` spans; 0 where there is one year only.
    margin
        From this shrunk growth a school is rising, below its negative falling.

    Returns
    -------
    pandas.DataFrame
        In the order of ``schools``: ``growth_change growth_change_moe growth_shrunk_change growth_class
        growth_method``.
    """
    ids = schools["school_id"]
    followed = cohort.reindex(ids).reset_index(drop=True)
    whole = change.reindex(ids).reset_index(drop=True)
    by_status = status_growth(whole, schools["level"].reset_index(drop=True), max(years, 1))
    has_cohort, has_status = followed["growth_change"].notna(), by_status["growth_change"].notna()
    method = np.select([has_cohort, has_status & (years > 0)], ["cohort", "status_change"], "none")
    out = pd.DataFrame({"growth_method": pd.Series(method, dtype="str")})
    for name in ("growth_change", "growth_error"):
        out[name] = followed[name].fillna(by_status[name]).where(out["growth_method"].ne("none"))
    # the two methods' errors differ in kind, so each has a spread of its own
    shrunk = [shrink_growth(r["growth_change"], r["growth_error"]) for _, r in out.groupby("growth_method", sort=True)]
    out["growth_shrunk_change"] = pd.concat(shrunk).reindex(out.index) if shrunk else np.nan
    drawn = out["growth_shrunk_change"]
    classes = np.select([drawn.isna(), drawn >= margin, drawn <= -margin], ["not_known", "rising", "falling"], "steady")
    out["growth_class"] = pd.Series(classes, dtype="str")
    out["growth_change_moe"] = Z90 * out["growth_error"]
    return out[["growth_change", "growth_change_moe", "growth_shrunk_change", "growth_class", "growth_method"]]
