"""School quality: status, growth and class, by the same rules for every school.

Nothing here reads who runs a school: the sector is not among the columns in.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.columns import LEVELS
from pipeline.ledger import Ledger

# 90% two-sided normal quantile, as in the Census Bureau's margins.
Z90 = 1.645
# Fewer rated schools than this have no quarters.
SMALLEST_FOR_QUARTERS = 4
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


def probability_above(a: pd.Series, b: pd.Series, cut: float) -> pd.Series:
    """Probability that a share believed to be Beta(a, b) lies above ``cut``.

    >>> probability_above(pd.Series([10.0]), pd.Series([10.0]), 0.5).round(3).tolist()
    [0.5]
    """
    from scipy.special import betaincc

    return pd.Series(betaincc(a.to_numpy(), b.to_numpy(), cut), index=a.index, dtype="float64")


def cut_points(shrunk: pd.Series, cut_share: float | None, weak_share: float | None) -> tuple[float, float]:
    """The status from which a school is strong, and below which it is weak.

    Where the study fixes none, the upper and lower quarter of the district's rated schools,
    all sectors together. Both are empty (nan) where there are too few schools for quarters
    or all are alike.

    References
    ----------
    IFF (2012), "Quality Schools: Every Child, Every School, Every Neighborhood": tiers are
    quartiles of the schools studied.

    >>> cut_points(pd.Series([0.1, 0.2, 0.3, 0.4, 0.5]), None, None), cut_points(pd.Series([0.1]), 0.6, 0.3)
    ((0.4, 0.2), (0.6, 0.3))
    """
    known = shrunk.dropna()
    quarters = (float("nan"), float("nan"))
    if len(known) >= SMALLEST_FOR_QUARTERS and known.max() - known.min() > 1e-9:
        # half-way between two schools, so that neither stands on the line
        quarters = (
            float(known.quantile(0.75, interpolation="midpoint")),
            float(known.quantile(0.25, interpolation="midpoint")),
        )
    return quarters[0] if cut_share is None else cut_share, quarters[1] if weak_share is None else weak_share


def quality_classes(believed: pd.DataFrame, cut: float, weak: float) -> pd.Series:
    """Class of each school: what is more likely than not.

    Strong where the school's true status is more likely above the cut than not, weak where it
    is more likely below the lower cut; schools without a number of pupils by their share
    itself. Without a cut, or without a status, a school is not rated.

    >>> believed = pd.DataFrame({"shrunk_share": [0.7, 0.5, 0.3, None], "a": [70.0, None, None, None], "b": [30.0, None, None, None]})
    >>> quality_classes(believed, 0.6, 0.4).tolist()
    ['strong', 'middle', 'weak', 'not_rated']
    """
    shrunk, counted = believed["shrunk_share"], believed["a"].notna()
    is_above, is_not_weak = (
        (probability_above(believed["a"], believed["b"], line) >= 0.5).where(counted, shrunk >= line)
        for line in (cut, weak)
    )
    is_below = ~is_not_weak & ~np.isnan(weak)
    classes = np.select([shrunk.isna() | np.isnan(cut), is_above, is_below], ["not_rated", "strong", "weak"], "middle")
    return pd.Series(classes, index=believed.index, dtype="str")


def lowest_level(facts: pd.DataFrame) -> pd.Series:
    """The lowest level a school serves, or ``all`` where none is known: whom it is compared with.

    >>> lowest_level(pd.DataFrame({"serves_elementary": [False, False], "serves_middle": [True, False], "serves_high": [True, False]})).tolist()
    ['middle', 'all']
    """
    return pd.Series(
        np.select([facts[f"serves_{level}"] for level in LEVELS], LEVELS, "all"), index=facts.index, dtype="str"
    )


def growth(status: pd.DataFrame, first: int, latest: int) -> pd.DataFrame:
    """Change of each school's status from the first to the latest year of the window, with its margin.

    Only schools with the same subjects in both years are compared. The margin treats the
    pupils of the two years as different pupils. Indexed by ``school_id``.

    >>> rows = pd.DataFrame({"school_id": "a", "fall_year": [2021, 2023], "subjects": "ela", "status_share": [0.4, 0.5], "pupils_tested": [100.0, 100.0]})
    >>> growth(rows, 2021, 2023).round(3).to_dict("records")
    [{'base_share': 0.4, 'growth_change': 0.1, 'growth_change_moe': 0.115}]
    """
    before, after = (status[status["fall_year"].eq(year)].set_index("school_id") for year in (first, latest))
    both = before.join(after, how="inner", suffixes=("_before", ""), validate="1:1").astype({"subjects": "str"})
    same = both["subjects"].eq(both["subjects_before"]) & (first < latest)
    both = both[same]
    variance = sum(
        (
            both[f"status_share{end}"] * (1 - both[f"status_share{end}"]) / both[f"pupils_tested{end}"]
            for end in ("_before", "")
        ),
        start=pd.Series(0.0, index=both.index),
    )
    return pd.DataFrame(
        {
            "base_share": both["status_share_before"],
            "growth_change": both["status_share"] - both["status_share_before"],
            "growth_change_moe": Z90 * np.sqrt(variance),
        }
    )


def path_target(base: pd.Series, *, years: int, target_share: float, target_years: int) -> pd.Series:
    """Where a straight five-year path from the base to the target stands after ``years`` years.

    A school that began above the target is asked to stay at or above the target.

    >>> path_target(pd.Series([0.3, 0.9]), years=2, target_share=0.8, target_years=5).round(2).tolist()
    [0.5, 0.8]
    """
    walked = min(years / target_years, 1.0)
    return (base + (target_share - base) * walked).mask(base >= target_share, target_share)


def school_quality(
    results: pd.DataFrame,
    facts: pd.DataFrame,
    ledger: Ledger,
    *,
    now: int,
    subjects: tuple[str, ...],
    cut_share: float | None,
    weak_share: float | None,
    probability_share: float,
    target_share: float,
    target_years: int,
) -> pd.DataFrame:
    """Rate each school with a place: status, growth, class, quality seats or not, and its path.

    Parameters
    ----------
    results
        The table ``performance``.
    facts
        The table ``school_facts``; closed schools and codes that are no place are not rated.
    ledger
        Takes the cut points, the schools rated and not, and what is missing.
    now
        The study's fall; the latest fall with results up to it is rated.
    subjects, cut_share, weak_share, probability_share, target_share, target_years
        The section ``quality`` of the study.

    Returns
    -------
    pandas.DataFrame
        The table ``school_quality``. A school whose results are hidden or missing is
        ``not_rated`` and its numbers are empty: it is neither weak nor strong. Where pupils
        are not counted (points only), the class stands on the points alone and the interval,
        the probability and the margin are empty.
    """
    schools = (
        facts[facts["is_place"] & facts["school_status"].ne("closed")].sort_values("school_id").reset_index(drop=True)
    )
    status = status_by_year(results[results["fall_year"] <= now], subjects)
    status = status[status["school_id"].isin(schools["school_id"])]
    if status.empty:
        ledger.missing_input(
            "school results",
            f"No school has results in {' or '.join(subjects)} up to {now}: no school is rated, so no quality seats, service gap or access. To be had from the state's assessment research files.",
        )
    latest = int(status["fall_year"].max()) if len(status) else now
    years = status.loc[status["fall_year"] >= latest - target_years, "fall_year"]
    first = int(years.min()) if len(years) else latest
    rated = schools[["school_id"]].merge(
        status[status["fall_year"].eq(latest)], on="school_id", how="left", validate="1:1"
    )
    change = growth(status, first, latest).reindex(rated["school_id"]).reset_index(drop=True)
    low, high = wilson_interval(rated["status_share"], rated["pupils_tested"])
    believed = shrink(rated["status_share"], rated["pupils_tested"], lowest_level(schools))
    cut, weak = cut_points(believed["shrunk_share"], cut_share, weak_share)
    probability = probability_above(believed["a"], believed["b"], cut)
    classes = quality_classes(believed, cut, weak)
    target = path_target(
        change["base_share"], years=latest - first, target_share=target_share, target_years=target_years
    )
    on_path = np.select([target.isna(), rated["status_share"] >= target], ["not_known", "on_track"], "behind")
    _record(rated, classes, results, latest, first, cut, weak, ledger)
    return pd.DataFrame(
        {
            "school_id": rated["school_id"],
            "fall_year": rated["fall_year"].astype("Int64"),
            "pupils_tested": rated["pupils_tested"],
            "status_share": rated["status_share"],
            "status_low_share": low,
            "status_high_share": high,
            "shrunk_share": believed["shrunk_share"],
            "growth_change": change["growth_change"],
            "growth_change_moe": change["growth_change_moe"],
            "quality_class": classes,
            "quality_probability_share": probability,
            "is_quality": (probability >= probability_share).where(probability.notna(), classes.eq("strong")),
            "target_share": target,
            "path_status": pd.Series(on_path, dtype="str"),
        }
    )


def _record(
    rated: pd.DataFrame,
    classes: pd.Series,
    results: pd.DataFrame,
    latest: int,
    first: int,
    cut: float,
    weak: float,
    ledger: Ledger,
) -> None:
    """Say how many schools were rated, why others were not, and by which cut points."""
    unrated = rated.loc[rated["status_share"].isna(), "school_id"]
    hidden = results.loc[results["fall_year"].eq(latest) & results["value_status"].eq("suppressed"), "school_id"]
    suppressed = int(unrated.isin(hidden).sum())
    if len(rated):
        ledger.match(
            f"schools with a place that have results for fall {latest}",
            total=len(rated),
            matched=len(rated) - len(unrated),
            unit="schools",
        )
    if suppressed:
        ledger.absence(
            "school results",
            f"suppressed in fall {latest}: too few pupils to publish; not rated",
            count=suppressed,
            unit="schools",
        )
    if len(unrated) > suppressed:
        ledger.absence(
            "school results",
            f"not reported for fall {latest}; not rated",
            count=len(unrated) - suppressed,
            unit="schools",
        )
    if classes.eq("not_rated").all() and rated["status_share"].notna().any():
        ledger.note(
            "quality cut",
            f"fewer than {SMALLEST_FOR_QUARTERS} rated schools, or all alike: no quarters, so no class. Set quality.cut_share and quality.weak_share.",
        )
    elif not np.isnan(cut):
        ledger.note(
            "quality cut",
            f"strong from {cut:.3f}, weak below {weak:.3f}; growth and paths count from fall {first} to fall {latest}",
        )
    if first == latest:
        ledger.missing_input(
            "earlier school results",
            "Only one fall of results: no growth and no path status. To be had from the state's earlier assessment files.",
        )
