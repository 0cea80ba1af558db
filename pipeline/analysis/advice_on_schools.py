"""Rules Q-01 and Q-02: schools that are weak year after year, and strong ones that could be repeated where need is high."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.cut_points import lowest_level
from pipeline.analysis.publication_quality import quality_years as told_years
from pipeline.analysis.publication_quality import told_quality
from pipeline.analysis.recommendations import Advice, Names, least_sure, sentences
from pipeline.numerals import count_of, listed, number, percent, school_year

YEARS = 3  # the latest falls with results that are looked at ...
FEWEST_YEARS = 2  # ... and how many there must be to say year after year
MOST = 10  # schools of each level that are named; the evidence says how many there are
STEP = 0.05  # chances are told in tenths: the true one lies within half a tenth
BAND = 0.1  # a school's share of low-income pupils is told in bands of ten points ...
FEWEST_IN_BAND = 41.0  # ... from so many pupils on (NCES 2011-603)
GROWTH = {
    "falling": "its pupils gain less than the district's",
    "steady": "its pupils gain neither clearly more nor clearly less than the district's",
    "rising": "its pupils gain more than the district's",
}


def _steadfast(
    quality: pd.DataFrame,
    years: pd.DataFrame,
    facts: pd.DataFrame,
    places: pd.DataFrame,
    need: pd.DataFrame,
    *,
    kind: str,
    smallest: float,
) -> pd.DataFrame:
    """Open schools of one class in each of the last falls, as it may be told, with level and need of where they lie.

    Returns ``school_id class_probability_share growth_class path_status falls level need_rank is_citywide``.
    """
    told, _ = told_quality(quality, smallest)
    by_year, _ = told_years(years, smallest)
    latest = by_year.sort_values("fall_year").groupby("school_id").tail(YEARS)
    runs = (
        latest.assign(is_kind=latest["quality_class"].eq(kind))
        .groupby("school_id")
        .agg(
            falls=("fall_year", list), count=("fall_year", "size"), last=("fall_year", "max"), always=("is_kind", "all")
        )
    )
    kept = runs["count"].ge(FEWEST_YEARS) & runs["always"].astype(bool)
    kept &= runs["last"].eq(by_year["fall_year"].max())
    open_now = facts.loc[facts["school_status"].eq("open"), ["school_id", "is_citywide"]].assign(
        level=lowest_level(facts).to_numpy()[facts["school_status"].eq("open").to_numpy()]
    )
    where = places.drop_duplicates("school_id")[["school_id", "neighborhood_id"]]
    ranks = where.merge(need[["neighborhood_id", "need_rank"]], on="neighborhood_id", how="left", validate="m:1")
    found = (
        told[told["quality_class"].eq(kind)]
        .merge(runs.loc[kept, ["falls"]].reset_index(), on="school_id", validate="1:1")
        .merge(open_now, on="school_id", validate="1:1")
    )
    return found.merge(ranks, on="school_id", how="left", validate="1:1")


def _first(found: pd.DataFrame, by: list[str], certain: float) -> pd.DataFrame:
    """The first schools of each level, the sure ones before the others, with their place and how many are sure."""
    found = found.assign(is_sure=found["class_probability_share"] >= certain)
    keys = ["is_sure", *by]
    ordered = found.sort_values([*keys, "need_rank", "school_id"], ascending=[*(False for _ in keys), True, True])
    by_level = ordered.groupby("level")
    ordered = ordered.assign(place=by_level.cumcount() + 1, found=by_level["is_sure"].transform("sum"))
    return ordered[(ordered["place"] <= MOST) | ~ordered["is_sure"]].sort_values(["level", "place"])


def persistently_weak(
    quality: pd.DataFrame,
    years: pd.DataFrame,
    facts: pd.DataFrame,
    places: pd.DataFrame,
    need: pd.DataFrame,
    names: Names,
    *,
    fall_year: int,
    smallest: float,
    certain: float,
    is_quarter: bool,
) -> list[Advice]:
    """Rule Q-01: look into schools that are weak year after year and whose pupils do not gain more than others.

    Weak in each of the last three falls with results (two, where there are no more), by the latest
    fall's cut; growth falling or steady. Where growth is not known nothing is said, nor where the
    chance of being weak now is less than ``certain``. High only where growth is falling.

    Parameters
    ----------
    quality, years
        The tables ``school_quality`` and ``quality_years``; what is told of them is what is published.
    facts, places, need
        The tables ``school_facts``, ``membership`` and ``need``; within a level, schools where need is highest come first.
    fall_year
        The study's, for how old the results are.
    certain
        Chance from which a class is sure.
    is_quarter
        The weak are the lowest quarter of their level, so that there are always some.
    """
    found = _steadfast(quality, years, facts, places, need, kind="weak", smallest=smallest)
    found = found[found["growth_class"].isin(["falling", "steady"])]
    found = found.assign(is_falling=found["growth_class"].eq("falling"))
    return [
        Advice(
            "Q-01",
            "school",
            r.school_id,
            f"Look into {names.get(r.school_id, r.school_id)} as a candidate for transformation: its results are weak year after year, and {GROWTH[r.growth_class]}.",
            "class_probability_share",
            r.class_probability_share,
            *_tenth(r.class_probability_share),
            certain,
            f"{_run('Weak', r.falls)}, by the latest cut; {_chance(r.class_probability_share, 'weak', certain)}; growth {r.growth_class}. "
            f"{_placed(r, 'weak')}",
            least_sure(_sure(r), "high" if r.is_falling else "medium"),
            sentences(
                "Weak means the lowest quarter of its level: some school always is."
                if is_quarter
                else "Weak is measured against the study's own cut.",
                "It is on its five-year path." if r.path_status == "on_track" else "",
                "Results follow what pupils bring from home as well as what the school does.",
                "Three years are no long record." if len(r.falls) >= YEARS else "Two years are a short record.",
                _aged(r.falls, fall_year),
            ),
        )
        for r in _first(found, ["is_falling", "class_probability_share"], certain).itertuples()
    ]


def replicable(
    quality: pd.DataFrame,
    years: pd.DataFrame,
    facts: pd.DataFrame,
    places: pd.DataFrame,
    need: pd.DataFrame,
    groups: pd.DataFrame,
    names: Names,
    *,
    fall_year: int,
    smallest: float,
    certain: float,
) -> list[Advice]:
    """Rule Q-02: ask strong schools whose pupils are like those of needy neighborhoods to grow or to be repeated.

    Strong in each of the last falls with results, growth not falling, and at least the district's
    share of low-income pupils. A school's share is told in a band of ten points, where enough
    pupils are of low income and enough are not; where that cannot be told nothing is said.

    Parameters
    ----------
    groups
        The table ``enrollment_groups``.
    """
    found = _steadfast(quality, years, facts, places, need, kind="strong", smallest=smallest)
    found = found[found["growth_class"].isin(["rising", "steady"])]
    shares, district = _low_income(groups, facts, fall_year, smallest)
    found = found.merge(shares, on="school_id", validate="1:1")
    found = found[found["low_income_share"] >= district]
    found = found.assign(
        is_rising=found["growth_class"].eq("rising"),
        band=np.floor(found["low_income_share"] / BAND + 1e-9) * BAND,
    )
    return [
        Advice(
            "Q-02",
            "school",
            r.school_id,
            f"Ask {names.get(r.school_id, r.school_id)} whether it could grow or be repeated where need is high: it is strong year after year, with as many low-income pupils as the district or more.",
            "class_probability_share",
            r.class_probability_share,
            *_tenth(r.class_probability_share),
            certain,
            f"{_run('Strong', r.falls)}, by the latest cut; {_chance(r.class_probability_share, 'strong', certain)}; growth "
            f"{r.growth_class}. Between {percent(r.band)} and {percent(min(1.0, r.band + BAND))} of its pupils are of low income, "
            f"{percent(district)} in the district's schools. {_placed(r, 'strong')}",
            least_sure(_sure(r), "high" if len(r.falls) >= YEARS else "medium"),
            sentences(
                "Families choose it from the whole district, and those who choose may differ in more than income."
                if r.is_citywide
                else "",
                f"That {GROWTH['steady']} speaks for its level of results, not for its gains."
                if r.growth_class == "steady"
                else "",
                _aged(r.falls, fall_year),
                "What makes it strong, and whether its staff would go along, is not in the data.",
            ),
        )
        for r in _first(found, ["is_rising", "class_probability_share", "band"], certain).itertuples()
    ]


def _low_income(
    groups: pd.DataFrame, facts: pd.DataFrame, fall_year: int, smallest: float
) -> tuple[pd.DataFrame, float]:
    """Each school's share of low-income pupils where it may be told in a band, and the share of all public schools.

    Of open schools, all in one fall, so that like is held against like: the latest up to ``fall_year`` in which any
    of them reported both counts. A school that did not report them in that fall has no share.

    >>> facts = pd.DataFrame({"school_id": ["a", "b", "old"], "sector": "district", "school_status": ["open", "open", "closed"]})
    >>> counts = [("a", 2024, 100.0, 50.0), ("b", 2023, 100.0, 90.0), ("old", 2024, 900.0, 850.0)]
    >>> groups = pd.DataFrame(
    ...     [(i, fall, group, count, "reported") for i, fall, *both in counts for group, count in zip(("all", "low_income"), both)],
    ...     columns=["school_id", "fall_year", "student_group", "pupils", "value_status"],
    ... )
    >>> shares, district = _low_income(groups, facts, 2024, 11)
    >>> shares.values.tolist(), district
    ([['a', 0.5]], 0.5)
    """
    public = facts.loc[facts["sector"].ne("private") & facts["school_status"].eq("open"), "school_id"]
    rows = groups[
        groups["school_id"].isin(public) & groups["fall_year"].le(fall_year) & groups["value_status"].eq("reported")
    ]
    wide = rows[rows["student_group"].isin(["all", "low_income"])].pivot_table(
        index=["school_id", "fall_year"], columns="student_group", values="pupils", aggfunc="first"
    )
    wide = wide.reindex(columns=["all", "low_income"]).dropna()
    wide = wide[wide["all"] > 0].reset_index()
    wide = wide[wide["fall_year"].eq(wide["fall_year"].max())]
    if wide.empty:
        return pd.DataFrame({"school_id": pd.Series(dtype="str"), "low_income_share": pd.Series(dtype="float64")}), 1.0
    district = float(wide["low_income"].sum() / wide["all"].sum())
    rest = wide["all"] - wide["low_income"]
    told = (wide["all"] >= FEWEST_IN_BAND) & (wide["low_income"] >= smallest) & (rest >= smallest)
    shares = wide.assign(low_income_share=wide["low_income"] / wide["all"])[told]
    return shares[["school_id", "low_income_share"]].reset_index(drop=True), district


def _aged(falls: list[int], fall_year: int) -> str:
    """That results are old; those of the year before are the latest that can be had in most falls.

    >>> _aged([2015, 2016], 2020)
    'The latest results are 4 years older than the study.'
    """
    years = fall_year - max(falls)
    return f"The latest results are {years} years older than the study." if years > 1 else ""


def _sure(row: object) -> str:
    """High where the chance of the class is as large as asked, else low; not known where it cannot be told."""
    if (chance := float(getattr(row, "class_probability_share", float("nan")))) != chance:
        return "not_known"
    return "high" if getattr(row, "is_sure", False) else "low"


def _run(word: str, falls: list[int]) -> str:
    years = listed([school_year(int(fall)) for fall in sorted(falls)], most=5)
    return f"{word} in each of the last {count_of(len(falls), 'year', 'years')} with results ({years})"


def _tenth(chance: float) -> tuple[float, float]:
    """Where a chance lies that is told in tenths.

    >>> _tenth(0.9), _tenth(0.95)
    ((0.85, 0.95), (0.95, 1.0))
    """
    if chance != chance:
        return chance, chance
    low = chance if chance > 0.94 else chance - STEP
    return round(low, 2), round(min(1.0, chance + STEP), 2)


def _chance(chance: float, kind: str, certain: float) -> str:
    if chance != chance:
        return f"how sure it is that it is {kind} is not told"
    low, high = _tenth(chance)
    told = f"more than {percent(low)}" if high == 1 else f"{percent(low)} to {percent(high)}"
    return f"the chance that it is {kind} now is {told} (at least {percent(certain)} is asked)"


def _placed(row: object, kind: str) -> str:
    place, found, level = (getattr(row, name) for name in ("place", "found", "level"))
    return (
        f"Place {number(place)} of {number(found)} such {level} schools."
        if found > 1
        else f"The only such {level} school."
    )
