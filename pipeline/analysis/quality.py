"""School quality: status, growth, classes and quality seats, by the same rules for every school.

Nothing here reads who runs a school: the sector is not among the columns in.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analysis.cohort_growth import cohort_growth, growth_of_schools
from pipeline.analysis.cut_points import (
    Cut,
    class_probabilities,
    cut_points,
    lowest_level,
    quality_classes,
    record_cuts,
    require_ordered,
)
from pipeline.analysis.status import growth, shrink, status_by_year, wilson_interval
from pipeline.ledger import Ledger
from pipeline.numerals import number


@dataclass(frozen=True)
class Window:
    """What quality is judged by: the schools, their status by year, and the years that count.

    ``schools`` are the places (``school_id level is_open``), by id; ``status`` is of these, up to
    the study's fall (``school_id fall_year subjects status_share pupils_tested``); ``first`` and
    ``latest`` are the falls that growth and paths count from and to.
    """

    schools: pd.DataFrame
    status: pd.DataFrame
    first: int
    latest: int


def window(
    results: pd.DataFrame,
    facts: pd.DataFrame,
    ledger: Ledger,
    *,
    now: int,
    subjects: tuple[str, ...],
    target_years: int,
) -> Window:
    """Take the results that count for the schools that are places.

    Parameters
    ----------
    results
        The table ``performance``.
    facts
        The table ``school_facts``; codes that are no place are left out.
    ledger
        Takes that there are no results.
    now
        The study's fall; the latest fall with results of an open school up to it counts as the present.
    subjects, target_years
        The section ``quality`` of the study.
    """
    places = facts[facts["is_place"]].sort_values("school_id").reset_index(drop=True)
    schools = pd.DataFrame(
        {
            "school_id": places["school_id"],
            "level": lowest_level(places),
            "is_open": places["school_status"].ne("closed"),
        }
    )
    status = status_by_year(results[results["fall_year"] <= now], subjects)
    status = status[status["school_id"].isin(schools["school_id"])].reset_index(drop=True)
    present = status[status["school_id"].isin(schools.loc[schools["is_open"], "school_id"])]
    if present.empty:
        ledger.missing_input(
            "school results",
            f"No school has results in {' or '.join(subjects)} up to {now}: no school is rated, so no quality seats, service gap or access. To be had from the state's assessment research files.",
        )
        return Window(schools, status.iloc[:0], now, now)
    latest = int(present["fall_year"].max())
    first = int(present.loc[present["fall_year"] >= latest - target_years, "fall_year"].min())
    return Window(schools, status, first, latest)


def school_quality(
    seen: Window,
    results: pd.DataFrame,
    grades: pd.DataFrame,
    targets: pd.DataFrame,
    ledger: Ledger,
    *,
    subjects: tuple[str, ...],
    cut_share: Cut,
    weak_share: Cut,
    probability_share: float,
    growth_margin_share: float,
) -> pd.DataFrame:
    """Rate each open school: status, growth, class, quality seats or not, and its path.

    Parameters
    ----------
    seen
        From `window`; closed schools are not rated.
    results, grades
        The tables ``performance`` and ``performance_grades``.
    targets
        The table ``quality_targets``: its rows of schools at the latest fall are their paths.
    ledger
        Takes the cut points, the schools rated and not, what growth rests on and what is missing.
    subjects, cut_share, weak_share, probability_share, growth_margin_share
        The section ``quality`` of the study.

    Returns
    -------
    pandas.DataFrame
        The table ``school_quality``. A school whose results are hidden or missing is
        ``not_rated`` and its numbers are empty: it is neither weak nor strong. Where pupils
        are not counted (points only), the class stands on the points alone and the interval,
        the probabilities and the margin are empty.
    """
    first, latest = seen.first, seen.latest
    schools = seen.schools[seen.schools["is_open"]].reset_index(drop=True)
    now = seen.status[seen.status["fall_year"].eq(latest)]
    rated = schools[["school_id"]].merge(now, on="school_id", how="left", validate="1:1")
    low, high = wilson_interval(rated["status_share"], rated["pupils_tested"])
    believed = shrink(rated["status_share"], rated["pupils_tested"], schools["level"])
    cuts = cut_points(believed["shrunk_share"], schools["level"], cut_share, weak_share)
    require_ordered(schools["level"][rated["status_share"].notna()], cuts, weak_share)
    chances = class_probabilities(believed, cuts)
    classes = quality_classes(believed, cuts["cut"], cuts["weak"])
    probability = chances["strong_probability_share"]
    counted = grades["fall_year"].between(first, latest) & grades["school_id"].isin(schools["school_id"])
    grown = growth_of_schools(
        schools,
        cohort_growth(grades[counted], subjects),
        growth(seen.status[seen.status["school_id"].isin(schools["school_id"])], first, latest),
        years=latest - first,
        margin=growth_margin_share,
    )
    paths = targets[targets["unit_kind"].eq("school") & targets["fall_year"].eq(latest)].set_index("unit_id")
    paths = paths.reindex(schools["school_id"]).reset_index(drop=True)
    _record(rated, results, seen, ledger)
    _record_growth(grown, seen, grades, ledger)
    record_cuts(schools["level"][rated["status_share"].notna()], cuts, cut_share, weak_share, ledger)
    return pd.DataFrame(
        {
            "school_id": schools["school_id"],
            "fall_year": rated["fall_year"].astype("Int64"),
            "pupils_tested": rated["pupils_tested"],
            "status_share": rated["status_share"],
            "status_low_share": low,
            "status_high_share": high,
            "shrunk_share": believed["shrunk_share"],
            **{name: grown[name] for name in grown.columns},
            "quality_class": classes,
            "quality_probability_share": probability,
            **{name: chances[name] for name in chances.columns},
            "is_quality": _is_quality(probability, classes, probability_share),
            "target_share": paths["target_share"],
            "path_status": paths["path_status"].fillna("not_known").astype("str"),
        }
    )


def quality_years(seen: Window, *, cut_share: Cut, weak_share: Cut, probability_share: float) -> pd.DataFrame:
    """Class of every school in every fall with results, all by the latest fall's cut points.

    Quarters of each year would hold a quarter of the schools every year, whatever they did: the
    cut of the latest fall (of the open schools, each level its own) is carried back, so that a
    change is the schools' and not the line's. Each fall's schools are drawn towards that fall's mean.

    Parameters
    ----------
    seen
        From `window`; schools closed since count in the years in which they have results.
    cut_share, weak_share, probability_share
        The section ``quality`` of the study.

    Returns
    -------
    pandas.DataFrame
        The table ``quality_years``: no row where a school has no result that may be shown. In the
        latest fall the rows of open schools are those of ``school_quality``.
    """
    rows = seen.status.merge(seen.schools, on="school_id", how="left", validate="m:1")
    rows = rows.sort_values(["fall_year", "school_id"]).reset_index(drop=True)
    is_present = rows["fall_year"].eq(seen.latest) & rows["is_open"]
    believed = pd.DataFrame({c: pd.Series(np.nan, index=rows.index) for c in ("shrunk_share", "a", "b")})
    # last the present's schools without those closed since, as they are rated
    for members in (*(rows["fall_year"].eq(fall) for fall in sorted(rows["fall_year"].unique())), is_present):
        part = rows[members]
        believed.loc[members] = shrink(part["status_share"], part["pupils_tested"], part["level"])
    present = rows[is_present]
    cuts = cut_points(
        believed.loc[present.index, "shrunk_share"], present["level"], cut_share, weak_share, classed=rows["level"]
    )
    classes = quality_classes(believed, cuts["cut"], cuts["weak"])
    probability = class_probabilities(believed, cuts)["strong_probability_share"]
    return pd.DataFrame(
        {
            **{name: rows[name] for name in ("school_id", "fall_year", "pupils_tested", "status_share")},
            "shrunk_share": believed["shrunk_share"],
            "quality_class": classes,
            "quality_probability_share": probability,
            "is_quality": _is_quality(probability, classes, probability_share),
        }
    )


def _is_quality(probability: pd.Series, classes: pd.Series, least: float) -> pd.Series:
    """Whether the probability of being strong suffices; without one, whether the class says so."""
    return (probability >= least).where(probability.notna(), classes.eq("strong")).astype("bool")


def _record(
    rated: pd.DataFrame,
    results: pd.DataFrame,
    seen: Window,
    ledger: Ledger,
) -> None:
    """Say how many schools were rated, why others were not, and from when paths count."""
    first, latest = seen.first, seen.latest
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
            "Only one fall of results: no change and no path status. To be had from the state's earlier assessment files.",
        )
    elif len(rated):
        ledger.note("school results", f"changes and paths count from fall {first} to fall {latest}")


def _record_growth(grown: pd.DataFrame, seen: Window, grades: pd.DataFrame, ledger: Ledger) -> None:
    """Say by which method schools' growth was found, and what is missing for the better one."""
    methods = grown["growth_method"].value_counts()
    if len(seen.status) and grades.empty:
        ledger.missing_input(
            "school results by grade",
            "The study has none: growth is the change of the whole school's status, of other pupils each year, and not that of the same pupils. To be had from the state's assessment research files.",
        )
    if methods.drop("none", errors="ignore").sum():
        told = {"cohort": "from pupils followed from grade to grade", "status_change": "from the whole school's status"}
        parts = [f"{number(methods[name])} {text}" for name, text in told.items() if name in methods]
        ledger.note(
            "growth",
            f"over that of all schools, a year: {'; '.join(parts)}; {number(methods.get('none', 0))} schools not known",
        )
