"""Pupils in quality seats: by who runs the school, by group and by area, year by year, and why it changed."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd

from pipeline.analysis.enrollment import middle, sum_of_parts
from pipeline.ledger import Ledger
from pipeline.numerals import number, signed

ALL = "all"
UNIT = ["run_by", "student_group", "layer", "area_id"]
PARTS = ["improved_change", "grown_change", "opened_change", "closed_change", "rated_change"]
_PUPILS = ["pupils", "pupils_low", "pupils_high", "value_status"]


def attended(
    groups: pd.DataFrame,
    flows: pd.DataFrame,
    facts: pd.DataFrame,
    membership: pd.DataFrame,
    *,
    district_id: str,
    zones_fall: int,
    now: int,
) -> pd.DataFrame:
    """Pupils of each public school once for every area they are counted in.

    The district has all of them; a neighborhood those of the schools that lie in it; a zone
    those who live in it, where the flows tell (all groups together).

    Returns ``layer area_id school_id sector student_group fall_year`` and the pupils.
    """
    sector = facts[["school_id", "sector"]]
    public = groups[groups["fall_year"] <= now].merge(sector, on="school_id", how="left", validate="m:1")
    # a school that no directory lists is one of the district's old ones: it counts, by no operator
    public = public[public["sector"].ne("private")]
    lies = membership.drop_duplicates("school_id")[["school_id", "neighborhood_id"]].dropna()
    lives = flows[flows["fall_year"] <= now].merge(sector, on="school_id", how="left", validate="m:1")
    lives = lives[lives["sector"].ne("private")]
    parts = [
        public.assign(layer="district", area_id=district_id),
        public.merge(lies, on="school_id", how="inner", validate="m:1")
        .rename(columns={"neighborhood_id": "area_id"})
        .assign(layer="neighborhood"),
        lives.rename(columns={"zone_id": "area_id"}).assign(
            layer="zone " + lives["level"].astype("str") + f" {zones_fall}", student_group=ALL
        ),
    ]
    columns = ["layer", "area_id", "school_id", "sector", "student_group", "fall_year", *_PUPILS]
    table = pd.concat([part[columns] for part in parts if len(part)] or [parts[0][columns]], ignore_index=True)
    return table[table["value_status"].ne("not_applicable")].reset_index(drop=True)


def _by_operator(rows: pd.DataFrame) -> pd.DataFrame:
    """Each row twice: with all schools, and with those that are run alike."""
    alike = rows[rows["sector"].notna()]
    return pd.concat([rows.assign(run_by=ALL), alike.assign(run_by=alike["sector"])], ignore_index=True)


def quality_enrollment(pupils: pd.DataFrame, quality: pd.DataFrame) -> pd.DataFrame:
    """Pupils in quality seats by year, operator, group and area, hidden counts as intervals.

    Parameters
    ----------
    pupils
        `attended`.
    quality
        ``school_id fall_year quality_class is_quality`` for each fall with results.

    Returns
    -------
    pandas.DataFrame
        The table ``quality_enrollment``. A fall without results of its own is set against the
        latest before it (``results_fall``); falls before the first results have no row.
        ``unrated_pupils`` attend schools that are not rated: they are in no quality seat that
        is known of, and may be in one.

    >>> pupils = pd.DataFrame({"layer": "district", "area_id": "1", "school_id": ["a", "b"], "sector": ["district", "charter"], "student_group": "all",
    ...     "fall_year": 2024, "pupils": [30.0, None], "pupils_low": [30.0, 1.0], "pupils_high": [30.0, 10.0], "value_status": ["reported", "suppressed"]})
    >>> quality = pd.DataFrame({"school_id": ["a", "b"], "fall_year": 2023, "quality_class": "strong", "is_quality": True})
    >>> quality_enrollment(pupils, quality).set_index("run_by")[["quality_pupils", "quality_pupils_low", "quality_pupils_high"]].to_dict("list")
    {'quality_pupils': [nan, nan, 30.0], 'quality_pupils_low': [31.0, 1.0, 30.0], 'quality_pupils_high': [40.0, 10.0, 30.0]}
    """
    key = ["fall_year", "results_fall", *UNIT]
    rows = _by_operator(_with_quality(pupils, quality))
    every = sum_of_parts(rows, key).drop(columns="value_status").set_index(key)
    good = sum_of_parts(rows[rows["is_quality"]], key).set_index(key).reindex(every.index)
    unrated = sum_of_parts(rows[~rows["is_rated"]], key).set_index(key).reindex(every.index)
    # no such school: none is in one, which is known
    has_good, has_unrated = good["value_status"].notna(), unrated["value_status"].notna()
    table = every.assign(
        quality_pupils=good["pupils"].where(has_good, 0.0),
        quality_pupils_low=good["pupils_low"].where(has_good, 0.0),
        quality_pupils_high=good["pupils_high"].where(has_good, 0.0),
        unrated_pupils=middle(unrated).where(has_unrated, 0.0),
    )
    return table.reset_index()


def _with_quality(pupils: pd.DataFrame, quality: pd.DataFrame) -> pd.DataFrame:
    """Pupils with the rating of their school by the latest results up to the fall."""
    falls = np.sort(quality["fall_year"].dropna().unique()).astype("int64")
    at = np.searchsorted(falls, pupils["fall_year"].to_numpy(dtype="int64"), side="right") - 1
    rows = pupils[at >= 0].assign(results_fall=falls[at[at >= 0]] if len(falls) else 0)
    is_rated = quality["quality_class"].ne("not_rated")
    rated = quality.loc[is_rated, ["school_id", "fall_year", "is_quality"]].astype({"fall_year": "int64"})
    rows = rows.merge(
        rated.rename(columns={"fall_year": "results_fall"}),
        on=["school_id", "results_fall"],
        how="left",
        validate="m:1",
    )
    return rows.assign(is_rated=rows["is_quality"].notna(), is_quality=rows["is_quality"].eq(True))


def quality_change(
    pupils: pd.DataFrame, groups: pd.DataFrame, facts: pd.DataFrame, quality: pd.DataFrame, ledger: Ledger
) -> pd.DataFrame:
    """Why the pupils in quality seats became more or fewer between two falls with results.

    Exact: with q whether a school is a quality school and E its pupils, before and after ('),
    a school open in both falls adds (q'-q)(E+E')/2 for having improved (or declined) and
    (E'-E)(q+q')/2 for having grown (or shrunk); one that opened adds q'E', one that closed
    takes qE. A school open in both but rated in only one fall adds q'E'-qE to a part of its
    own (``rated_change``): it is not known whether it improved.

    Parameters
    ----------
    pupils
        `attended`. Hidden counts enter with the middle of their interval.
    groups, facts
        The tables ``enrollment_groups`` and ``school_facts``: a school without any pupil of a
        fall was not open then, unless the directory says that it was; then its pupils are not
        known, and it is left out and recorded.
    quality
        As for `quality_enrollment`; changes are taken from each fall with results to the next,
        and from the first to the last.

    Returns
    -------
    pandas.DataFrame
        The table ``quality_change``. A group that is not published in both falls has no row.
    """
    falls = [int(fall) for fall in np.sort(quality["fall_year"].dropna().unique())]
    pairs = list(pairwise(falls)) + ([(falls[0], falls[-1])] if len(falls) > 2 else [])
    parts = [
        _change(pupils, groups, facts, quality, first, last, ledger, is_told=place < len(falls) - 1)
        for place, (first, last) in enumerate(pairs)
    ]
    columns = ["fall_from", "fall_to", *UNIT, "pupils_change", *PARTS]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns)


def _change(
    pupils: pd.DataFrame,
    groups: pd.DataFrame,
    facts: pd.DataFrame,
    quality: pd.DataFrame,
    first: int,
    last: int,
    ledger: Ledger,
    *,
    is_told: bool,
) -> pd.DataFrame:
    unit = ["layer", "area_id", "student_group", "school_id", "sector"]
    ends = {}
    for name, fall in (("before", first), ("after", last)):
        rows = pupils[pupils["fall_year"].eq(fall)]
        ends[name] = rows[unit].assign(**{name: middle(rows).fillna(np.inf)})  # inf: there, and not known
    listed = [set(zip(rows["layer"], rows["student_group"], strict=True)) for rows in ends.values()]
    both = ends["before"].merge(ends["after"], on=unit, how="outer", validate="1:1")
    is_told_twice = [pair in listed[0] & listed[1] for pair in zip(both["layer"], both["student_group"], strict=True)]
    both = both[np.array(is_told_twice, dtype=bool)].reset_index(drop=True)
    said = facts.set_index("school_id")
    opened, closed = (both["school_id"].map(said[name]).astype("Float64") for name in ("opened_fall", "closed_fall"))
    is_shut = both["school_id"].map(said["school_status"]).eq("closed")
    was_open = (opened <= first).fillna(False).astype("bool")  # a school without a date may have opened since
    is_open = ~(closed <= last).fillna(is_shut).astype("bool")
    for name, fall, says_open in (("before", first, was_open), ("after", last, is_open)):
        ids = groups.loc[groups["fall_year"].eq(fall) & groups["value_status"].ne("not_applicable"), "school_id"]
        absent, taught = both[name].isna(), both["school_id"].isin(ids)
        both[f"open_{name}"] = taught | ~absent
        # a school that is open has no pupil of a group that it does not list
        both[name] = both[name].mask(absent, 0.0).mask(absent & ~taught & says_open, np.inf)
    known = np.isfinite(both["before"]) & np.isfinite(both["after"])
    unknown = both.loc[~known & both["layer"].eq("district") & both["student_group"].eq(ALL), "school_id"]
    if is_told and len(unknown):
        ledger.absence(
            f"pupils in quality seats, fall {first} to {last}",
            f"the pupils of a school are not known in one of the falls, first {unknown.min()}: it is in no part of the change",
            count=unknown.nunique(),
            unit="schools",
        )
    rows = _split(both[known].reset_index(drop=True), quality, first, last)
    sums = _by_operator(rows).groupby(UNIT, sort=True)[["pupils_change", *PARTS]].sum().reset_index()
    return sums.assign(fall_from=first, fall_to=last)


def _split(rows: pd.DataFrame, quality: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """The parts of each school's change, of which one or two are not zero."""
    rated = quality[quality["quality_class"].ne("not_rated")]
    was, now = (
        rows["school_id"].map(rated[rated["fall_year"].eq(fall)].set_index("school_id")["is_quality"]).astype("float64")
        for fall in (first, last)
    )
    e, f = rows["before"], rows["after"]
    q, r = was.fillna(0.0), now.fillna(0.0)
    opened, closed = ~rows["open_before"] & rows["open_after"], rows["open_before"] & ~rows["open_after"]
    stays = rows["open_before"] & rows["open_after"]
    newly = stays & (was.isna() != now.isna())
    steady = stays & ~newly
    return rows.assign(
        pupils_change=r * f - q * e,
        improved_change=((r - q) * (e + f) / 2).where(steady, 0.0),
        grown_change=((f - e) * (q + r) / 2).where(steady, 0.0),
        opened_change=(r * f).where(opened, 0.0),
        closed_change=(-q * e).where(closed, 0.0),
        rated_change=(r * f - q * e).where(newly, 0.0),
    )


def record_quality_enrollment(table: pd.DataFrame, change: pd.DataFrame, ledger: Ledger) -> None:
    """Record the district's share of pupils in quality seats by fall, and the parts of its last change."""
    whole = table[table["layer"].eq("district") & table["run_by"].eq(ALL) & table["student_group"].eq(ALL)]
    for row in whole.itertuples():
        held = "" if row.fall_year == row.results_fall else f", by the results of fall {row.results_fall}"
        ledger.note(
            f"pupils in quality seats, fall {row.fall_year}",
            f"{_range(row.quality_pupils_low, row.quality_pupils_high)} of {_range(row.pupils_low, row.pupils_high)} pupils{held}; {number(row.unrated_pupils)} attend schools that are not rated",
        )
    if change.empty:
        ledger.note(
            "pupils in quality seats", "results of one fall only: it is not known how their number changed, or why"
        )
        return
    of_all = change[change["layer"].eq("district") & change["run_by"].eq(ALL) & change["student_group"].eq(ALL)]
    for row in of_all.itertuples():
        ledger.note(
            f"pupils in quality seats, fall {row.fall_from} to {row.fall_to}",
            f"{signed(row.pupils_change)}: schools that improved or declined {signed(row.improved_change)}, that grew or shrank {signed(row.grown_change)}, opened {signed(row.opened_change)}, closed {signed(row.closed_change)}, rated in one fall only {signed(row.rated_change)}",
        )


def _range(low: float, high: float) -> str:
    """A number, or its bounds where some of it is hidden.

    >>> _range(3.0, 3.0), _range(3.0, 1200.0), _range(3.0, float("nan"))
    ('3', '3 to 1,200', 'at least 3')
    """
    if np.isnan(high):
        return f"at least {number(low)}"
    return number(low) if low == high else f"{number(low)} to {number(high)}"
