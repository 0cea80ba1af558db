"""Status of schools: the share of pupils meeting the standard, its interval, shrinkage and change.

Nothing here reads who runs a school: the sector is not among the columns in.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

# 90% two-sided normal quantile, as in the Census Bureau's margins.
Z90 = 1.645
# Prior strength where schools of a level do not differ more than chance lets them.
STRONGEST_PRIOR = 1e6


def status_by_year(results: pd.DataFrame, subjects: tuple[str, ...]) -> pd.DataFrame:
    """Share of pupils meeting the standard by school and year, the mean of the subjects.

    Parameters
    ----------
    results
        The table ``performance``: ``school_id fall_year subject pupils_tested pupils_meeting
        points_share value_status``. A subject counts by ``pupils_meeting / pupils_tested``, or
        by ``points_share`` where the publisher gives points only.
    subjects
        Subjects of the study. A school that has only some of them is rated by those.

    Returns
    -------
    pandas.DataFrame
        ``school_id fall_year subjects status_share pupils_tested``. ``pupils_tested`` is the
        mean over the subjects, since the same pupils sit them all; empty where only points
        are known. Hidden and missing results give no row.

    >>> rows = pd.DataFrame({"school_id": "a", "fall_year": 2023, "subject": ["ela", "math"], "pupils_tested": [50.0, 50.0], "pupils_meeting": [30.0, 20.0], "points_share": None, "value_status": "reported"})
    >>> status_by_year(rows, ("ela", "math"))[["status_share", "pupils_tested"]].to_dict("records")
    [{'status_share': 0.5, 'pupils_tested': 50.0}]
    """
    rows = results[results["subject"].isin(subjects) & results["value_status"].eq("reported")]
    tested = rows["pupils_tested"].where(rows["pupils_tested"] > 0)
    share = (rows["pupils_meeting"] / tested).fillna(rows["points_share"]).astype("float64")
    rows = rows.assign(share=share, pupils_tested=tested.astype("float64"))[share.notna()]
    grouped = rows.sort_values("subject").groupby(["school_id", "fall_year"], sort=True)
    return pd.DataFrame(
        {
            "subjects": grouped["subject"].agg(" ".join).astype("str"),
            "status_share": grouped["share"].mean().astype("float64"),
            "pupils_tested": grouped["pupils_tested"].mean().astype("float64"),
        }
    ).reset_index()


def wilson_interval(share: pd.Series, n: pd.Series, z: float = Z90) -> tuple[pd.Series, pd.Series]:
    """Interval of a share observed on ``n`` pupils; stays within 0 and 1 and is not empty at the ends.

    References
    ----------
    Wilson (1927), JASA 22(158).

    >>> low, high = wilson_interval(pd.Series([0.5, 1.0]), pd.Series([100.0, 10.0]))
    >>> low.round(3).tolist(), high.round(3).tolist()
    ([0.419, 0.787], [0.581, 1.0])
    """
    below = 1 + z**2 / n
    center = (share + z**2 / (2 * n)) / below
    half = z * np.sqrt(share * (1 - share) / n + z**2 / (4 * n**2)) / below
    return (center - half).clip(0, 1), (center + half).clip(0, 1)


def share_variance(share: pd.Series, n: pd.Series) -> pd.Series:
    """Variance of a share observed on ``n`` pupils, half a pupil added on both sides.

    Without that, a grade in which none or all meet the standard would pass for certain.

    >>> share_variance(pd.Series([0.5, 1.0]), pd.Series([99.0, 9.0])).round(5).tolist()
    [0.00253, 0.00528]
    """
    smoothed = (share * n + 0.5) / (n + 1)
    return smoothed * (1 - smoothed) / n


def prior(share: pd.Series, n: pd.Series) -> tuple[float, float]:
    """What is known of a level's schools before looking at one: beta parameters by moments.

    The mean is the pupils' mean; the spread between schools is what remains of the observed
    spread after the chance of small numbers. Where nothing remains, all schools are taken to
    be alike.

    References
    ----------
    Marshall (1991), Applied Statistics 40(2), for the moments; beta-binomial model.

    >>> a, b = prior(pd.Series([0.2, 0.8, 0.5]), pd.Series([100.0, 100.0, 100.0]))
    >>> round(a / (a + b), 3), a + b < 10
    (0.5, True)
    """
    total = float(n.sum())
    mean = float((share * n).sum()) / total
    mean = min(max(mean, 0.5 / (total + 1)), 1 - 0.5 / (total + 1))  # all or none meeting: keep a proper prior
    freedom = total - float((n**2).sum()) / total
    excess = float((n * (share - mean) ** 2).sum()) - (len(n) - 1) * mean * (1 - mean)
    between = max(excess / freedom, 0.0) if freedom > 0 else 0.0
    most = mean * (1 - mean)
    strength = min(max(most / between - 1, 1.0), STRONGEST_PRIOR) if between > 0 else STRONGEST_PRIOR
    return mean * strength, (1 - mean) * strength


def shrink(share: pd.Series, n: pd.Series, group: pd.Series) -> pd.DataFrame:
    """Draw each school's status towards the mean of its group, the more the fewer were tested.

    Returns ``shrunk_share`` and the beta parameters ``a`` and ``b`` of what is then believed.
    Schools without a number of pupils keep their status. A group of fewer than three schools
    takes the prior of all schools.

    >>> believed = shrink(pd.Series([0.9, 0.5, 0.4, 0.6]), pd.Series([5.0, 200.0, 200.0, 200.0]), pd.Series(["high"] * 4))
    >>> bool(believed["shrunk_share"].iloc[0] < 0.75), bool(abs(believed["shrunk_share"].iloc[1] - 0.5) < 0.01)
    (True, True)
    """
    believed = pd.DataFrame({"shrunk_share": share, "a": np.nan, "b": np.nan}, index=share.index, dtype="float64")
    counted = share.notna() & n.notna()
    sizes = group[counted].groupby(group[counted]).transform("size").reindex(group.index)
    pool = group.where(sizes >= 3, "all")
    for name in sorted(pool[counted].unique()):
        members = counted & pool.eq(name)
        basis = counted if name == "all" else members
        a, b = prior(share[basis], n[basis])
        believed.loc[members, "a"] = a + share[members] * n[members]
        believed.loc[members, "b"] = b + (1 - share[members]) * n[members]
    believed.loc[counted, "shrunk_share"] = believed["a"] / (believed["a"] + believed["b"])
    return believed


def probability_above(a: pd.Series, b: pd.Series, cut: pd.Series | float) -> pd.Series:
    """Probability that a share believed to be Beta(a, b) lies above ``cut``.

    >>> probability_above(pd.Series([10.0]), pd.Series([10.0]), 0.5).round(3).tolist()
    [0.5]
    """
    from scipy.special import betaincc

    return pd.Series(betaincc(a.to_numpy(), b.to_numpy(), np.asarray(cut)), index=a.index, dtype="float64")


def growth(status: pd.DataFrame, first: int, latest: int) -> pd.DataFrame:
    """Change of each school's status from the first to the latest year of the window, with its variance.

    Only schools with the same subjects in both years are compared. The variance treats the
    pupils of the two years as different pupils. Indexed by ``school_id``; ``pupils_tested`` are
    those of the latest year.

    >>> rows = pd.DataFrame({"school_id": "a", "fall_year": [2021, 2023], "subjects": "ela", "status_share": [0.4, 0.5], "pupils_tested": [100.0, 100.0]})
    >>> growth(rows, 2021, 2023).round(4).to_dict("records")
    [{'base_share': 0.4, 'growth_change': 0.1, 'growth_variance': 0.0049, 'pupils_tested': 100.0}]
    """
    before, after = (status[status["fall_year"].eq(year)].set_index("school_id") for year in (first, latest))
    both = before.join(after, how="inner", suffixes=("_before", ""), validate="1:1").astype({"subjects": "str"})
    both = both[both["subjects"].eq(both["subjects_before"]) & (first < latest)]
    return pd.DataFrame(
        {
            "base_share": both["status_share_before"],
            "growth_change": both["status_share"] - both["status_share_before"],
            "growth_variance": share_variance(both["status_share_before"], both["pupils_tested_before"])
            + share_variance(both["status_share"], both["pupils_tested"]),
            "pupils_tested": both["pupils_tested"],
        }
    )
