"""School quality: classes, quality seats and five-year paths, by the same rules for every school.

Nothing here reads who runs a school: the sector is not among the columns in.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.status import growth, probability_above, shrink, status_by_year, wilson_interval
from pipeline.columns import LEVELS
from pipeline.ledger import Ledger

# Fewer rated schools than this have no quarters.
SMALLEST_FOR_QUARTERS = 4
POOL = "all"  # schools of all levels together


def quarters(shrunk: pd.Series) -> tuple[float, float]:
    """The upper and the lower quarter of some schools' status; empty (nan) of too few, or where all are alike.

    >>> quarters(pd.Series([0.1, 0.2, 0.3, 0.4, 0.5])), quarters(pd.Series([0.1]))
    ((0.4, 0.2), (nan, nan))
    """
    known = shrunk.dropna()
    if len(known) < SMALLEST_FOR_QUARTERS or known.max() - known.min() <= 1e-9:
        return float("nan"), float("nan")
    # half-way between two schools, so that neither stands on the line
    upper, lower = (float(known.quantile(share, interpolation="midpoint")) for share in (0.75, 0.25))
    return upper, lower


def cut_points(shrunk: pd.Series, level: pd.Series, cut_share: float | None, weak_share: float | None) -> pd.DataFrame:
    """The status from which each school is strong, and below which it is weak.

    Where the study fixes none, the upper and lower quarter of the district's rated schools of
    the same level (`lowest_level`), all sectors together, as schools are drawn towards the mean
    of their level. A level without quarters of its own takes those of all schools.

    Returns
    -------
    pandas.DataFrame
        By school ``cut``, ``weak`` (empty where there are no quarters) and ``cut_of``: the
        level they are of, or ``all``.

    References
    ----------
    IFF (2012), "Quality Schools: Every Child, Every School, Every Neighborhood": tiers are
    quartiles of all schools studied, levels together. Here each level has its own: high
    schools sit another test in another year of life, and under one cut a whole level can be
    without a quality seat, or hold nearly all of them, for that reason alone.

    >>> cut_points(pd.Series([0.1, 0.2, 0.3, 0.4, 0.9]), pd.Series(["middle"] * 4 + ["high"]), None, 0.2).round(2).to_numpy().tolist()[3:]
    [[0.35, 0.2, 'middle'], [0.4, 0.2, 'all']]
    """
    own = {name: quarters(rows) for name, rows in shrunk.groupby(level)}
    has_own = level.map({name: not np.isnan(upper) for name, (upper, _) in own.items()}).astype(bool)
    cut_of = level.where(has_own, POOL).astype("str")
    found = own | {POOL: quarters(shrunk)}
    upper, lower = (cut_of.map({name: pair[end] for name, pair in found.items()}).astype("float64") for end in (0, 1))
    return pd.DataFrame(
        {
            "cut": upper if cut_share is None else cut_share,
            "weak": lower if weak_share is None else weak_share,
            "cut_of": cut_of,
        }
    )


def quality_classes(believed: pd.DataFrame, cut: pd.Series | float, weak: pd.Series | float) -> pd.Series:
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
        np.select([facts[f"serves_{level}"] for level in LEVELS], LEVELS, POOL), index=facts.index, dtype="str"
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
    level = lowest_level(schools)
    believed = shrink(rated["status_share"], rated["pupils_tested"], level)
    cuts = cut_points(believed["shrunk_share"], level, cut_share, weak_share)
    probability = probability_above(believed["a"], believed["b"], cuts["cut"])
    classes = quality_classes(believed, cuts["cut"], cuts["weak"])
    target = path_target(
        change["base_share"], years=latest - first, target_share=target_share, target_years=target_years
    )
    on_path = np.select([target.isna(), rated["status_share"] >= target], ["not_known", "on_track"], "behind")
    _record(rated, results, latest, first, ledger)
    _record_cuts(level[rated["status_share"].notna()], cuts, cut_share is None or weak_share is None, ledger)
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
    results: pd.DataFrame,
    latest: int,
    first: int,
    ledger: Ledger,
) -> None:
    """Say how many schools were rated, why others were not, and from when growth counts."""
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
    if first == latest:
        ledger.missing_input(
            "earlier school results",
            "Only one fall of results: no growth and no path status. To be had from the state's earlier assessment files.",
        )
    elif len(rated):
        ledger.note("school results", f"growth and paths count from fall {first} to fall {latest}")


def _record_cuts(level: pd.Series, cuts: pd.DataFrame, by_quarters: bool, ledger: Ledger) -> None:
    """Say, for each level with rated schools, by which cut points they are classed, and whose quarters these are."""
    for name, rows in cuts.loc[level.index].groupby(level, sort=True):
        cut, weak, cut_of = rows["cut"].iloc[0], rows["weak"].iloc[0], rows["cut_of"].iloc[0]
        whose = "of the study"
        if by_quarters:
            whose = f"quarters of its {len(rows)} rated schools"
        if by_quarters and cut_of == POOL:
            whose = f"quarters of all rated schools, since its {len(rows)} are fewer than {SMALLEST_FOR_QUARTERS} or all alike"
        text = f"strong from {cut:.3f}, weak below {weak:.3f}: {whose}"
        if np.isnan(cut):
            text = f"fewer than {SMALLEST_FOR_QUARTERS} rated schools, or all alike: no quarters, so no class. Set quality.cut_share and quality.weak_share."
        ledger.note(f"quality cut, {name}", text)
