"""Schools and their pupils: who is placed, which levels they serve, and whether totals agree."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.columns import GRADES, LEVELS
from pipeline.ledger import Ledger

Bands = Mapping[str, Sequence[str]]

# Degrees around the study's box within which a school is taken to be near; about 25 km.
NEAR_DEGREES = 0.25

_PUPIL_COLUMNS = ["pupils", "pupils_low", "pupils_high", "value_status"]
_REASONS = {
    "virtual": "virtual: teaches online",
    "not_a_place": "codes that are no place (district office, nonpublic)",
    "no_coordinates": "the directory gives no coordinates",
    "outside_district": "the school lies far outside the study's box",
    "not_in_directory": "the directory does not list the school",
}


_WITHOUT = {
    "directory": ("school directory", "no school is placed: no quality seats, gaps or matches", "the state's directory of public schools and the NCES school survey"),
    "grades": ("enrollment by grade", "no cohort survival, no split of seats by level", "the state's enrollment files by school and grade"),
    "groups": ("enrollment by group", "totals are sums of the grades; no shares of student groups", "the state's enrollment files by student group"),
    "results": ("school results", "no school is rated: no quality seats, service gap or access", "the state's assessment research files"),
    "flows": ("where pupils live and attend", "demand is estimated from children by age, seats of citywide schools are left out", "the district's counts of pupils by zone of residence and school"),
}  # fmt: skip


def record_missing(inputs: Mapping[str, pd.DataFrame], ledger: Ledger) -> None:
    """Name each input the study has no rows for, what is not computed for want of it and who has it.

    >>> ledger = Ledger()
    >>> record_missing({"flows": pd.DataFrame()}, ledger)
    >>> ledger.frame()["subject_name"].tolist()
    ['where pupils live and attend']
    """
    for name, frame in inputs.items():
        if frame.empty:
            subject, lost, source = _WITHOUT[name]
            ledger.missing_input(subject, f"The study has none: {lost}. To be had from {source}.")


def location_status(directory: Any, box: tuple[float, float, float, float]) -> pd.Series:
    """Say of each school whether it can be put on a map, and if not why.

    Parameters
    ----------
    directory
        GeoDataFrame with ``is_virtual``, ``is_place`` and points in any CRS (empty allowed).
    box
        West, south, east, north of the study in degrees. Whether a school lies inside the
        district itself is found in the stage ``relations``.

    Returns
    -------
    pandas.Series
        ``located``, ``virtual``, ``not_a_place``, ``no_coordinates`` or ``outside_district``.
    """
    points = directory.geometry.to_crs(4326)
    empty = (points.isna() | points.is_empty).to_numpy()
    west, south, east, north = box
    x, y = points.x.to_numpy(), points.y.to_numpy()
    near = (
        (x >= west - NEAR_DEGREES)
        & (x <= east + NEAR_DEGREES)
        & (y >= south - NEAR_DEGREES)
        & (y <= north + NEAR_DEGREES)
    )
    status = np.select(
        [~directory["is_place"].to_numpy(dtype=bool), directory["is_virtual"].to_numpy(dtype=bool), empty, ~near],
        ["not_a_place", "virtual", "no_coordinates", "outside_district"],
        "located",
    )
    return pd.Series(status, index=directory.index, dtype="str")


def grades_between(low: object, high: object) -> tuple[str, ...]:
    """The grades of a span, in order of age; none where an end is unknown or ungraded.

    >>> grades_between("KG", "02"), grades_between("09", None), grades_between("UG", "UG")
    (('KG', '01', '02'), (), ())
    """
    ordered = GRADES[:-1]  # UG has no place in the order
    if low not in ordered or high not in ordered:
        return ()
    return ordered[ordered.index(str(low)) : ordered.index(str(high)) + 1]


def school_facts(schools: pd.DataFrame, enrollment: pd.DataFrame, bands: Bands) -> pd.DataFrame:
    """What is known of each school but its shape: the table ``school_facts``.

    A school serves a level if its grade span shares a grade with the level's band. Where the
    directory gives no span, the grades in which it has had pupils in its latest year count.

    >>> schools = pd.DataFrame({"school_id": ["a", "b"], "grade_low": ["KG", None], "grade_high": ["08", None]})
    >>> counts = pd.DataFrame({"school_id": ["b"], "fall_year": [2024], "grade": ["09"], "student_group": ["all"], "pupils": [5.0], "pupils_high": [5.0]})
    >>> facts = school_facts(schools, counts, {"elementary": ("KG", "01"), "middle": ("07", "08"), "high": ("09",)})
    >>> facts[["serves_elementary", "serves_middle", "serves_high"]].to_numpy().tolist()
    [[True, True, False], [False, False, True]]
    """
    facts = pd.DataFrame(schools.drop(columns=["geometry", "nces_id"], errors="ignore"))
    there = enrollment[
        enrollment["student_group"].eq("all") & (enrollment["pupils_high"].fillna(enrollment["pupils"]) > 0)
    ]
    latest = there.groupby("school_id")["fall_year"].transform("max")
    taught = there[there["fall_year"].eq(latest)].groupby("school_id")["grade"].agg(frozenset).to_dict()
    served = [
        frozenset(grades_between(low, high)) or taught.get(school, frozenset())
        for school, low, high in zip(facts["school_id"], facts["grade_low"], facts["grade_high"], strict=True)
    ]
    for level in LEVELS:
        facts[f"serves_{level}"] = [not grades.isdisjoint(bands[level]) for grades in served]
    return facts


def sum_of_parts(parts: pd.DataFrame, by: list[str]) -> pd.DataFrame:
    """Add up pupil counts, of which some may be hidden: the sum is then an interval.

    Parameters
    ----------
    parts
        ``by`` columns and ``pupils``, ``pupils_low``, ``pupils_high``, ``value_status``.
        Parts that are not applicable are no parts. A reported part without bounds is exact.
    by
        Columns of the sums.

    Returns
    -------
    pandas.DataFrame
        ``by`` and the four columns. Where all parts are reported the sum is; with a hidden part
        ``pupils`` is empty and the bounds hold what is known (the upper one only if every
        hidden part has one); with a part not reported the upper bound is empty.

    >>> cells = pd.DataFrame({"school_id": ["a", "a"], "pupils": [20.0, None], "pupils_low": [20.0, 1.0], "pupils_high": [20.0, 10.0], "value_status": ["reported", "suppressed"]})
    >>> sum_of_parts(cells, ["school_id"]).to_dict("records")
    [{'school_id': 'a', 'pupils': nan, 'pupils_low': 21.0, 'pupils_high': 30.0, 'value_status': 'suppressed'}]
    """
    parts = parts[parts["value_status"].ne("not_applicable")]
    reported = parts["value_status"].eq("reported")
    work = parts[by].assign(
        known=parts["pupils"].where(reported),
        low=parts["pupils"].where(reported, parts["pupils_low"].fillna(0.0)),  # a count is at least 0
        high=parts["pupils"].where(reported, parts["pupils_high"]),
        is_hidden=parts["value_status"].eq("suppressed"),
        is_reported=reported,
    )
    grouped = work.groupby(by, sort=True)
    every = grouped["is_reported"].all()
    sums = pd.DataFrame(
        {
            "pupils": grouped["known"].sum(min_count=1).where(every),
            "pupils_low": grouped["low"].sum(min_count=1),
            "pupils_high": grouped["high"].sum(min_count=1).where(grouped["high"].count() == grouped.size()),
        }
    )
    some_hidden = grouped["is_hidden"].any()
    only_hidden = (work["is_hidden"] | work["is_reported"]).groupby([work[c] for c in by]).all()
    status = np.select([every, some_hidden & only_hidden], ["reported", "suppressed"], "not_reported")
    return sums.assign(value_status=pd.Series(status, index=sums.index, dtype="str")).reset_index()


def enrollment_groups(group_counts: pd.DataFrame, grade_counts: pd.DataFrame) -> pd.DataFrame:
    """Pupils by school, year and group over all grades: published totals, else sums of the grades.

    Returns the table ``enrollment_groups``; a published total always stands, even where the
    grades add up to something else (`check_grade_sums` records that).

    >>> grades = pd.DataFrame({"school_id": "a", "fall_year": 2024, "grade": ["KG", "01"], "student_group": "all", "pupils": [20.0, 22.0], "pupils_low": [20.0, 22.0], "pupils_high": [20.0, 22.0], "value_status": "reported"})
    >>> enrollment_groups(grades.drop(columns="grade").iloc[:0], grades)[["student_group", "pupils"]].to_dict("records")
    [{'student_group': 'all', 'pupils': 42.0}]
    """
    key = ["school_id", "fall_year", "student_group"]
    sums = sum_of_parts(grade_counts, key)
    published = pd.MultiIndex.from_frame(group_counts[key])
    made = sums[~pd.MultiIndex.from_frame(sums[key]).isin(published)]
    return pd.concat([part for part in (group_counts, made) if len(part)] or [group_counts], ignore_index=True)


def check_grade_sums(group_counts: pd.DataFrame, grade_counts: pd.DataFrame, ledger: Ledger) -> None:
    """Record for how many school-years the grades add up to the published total of all pupils.

    A total agrees if it lies within the bounds of the grades' sum. School-years without both
    are not compared. Nothing is changed: the published total is what is used.
    """
    key = ["school_id", "fall_year"]
    totals = group_counts[group_counts["student_group"].eq("all") & group_counts["value_status"].eq("reported")]
    sums = sum_of_parts(grade_counts[grade_counts["student_group"].eq("all")], key)
    both = totals[[*key, "pupils"]].merge(sums, on=key, validate="1:1", suffixes=("", "_grades")).sort_values(key)
    if both.empty:
        return
    agrees = (both["pupils_low"] <= both["pupils"]) & ~(both["pupils_high"] < both["pupils"])
    differing = both[~agrees]
    first = ""
    if len(differing):
        row = differing.iloc[0]
        first = f"first that differs: school {row['school_id']} in {row['fall_year']}, published {row['pupils']:,.0f}, grades add up to {row['pupils_low']:,.0f}; the published total is used"
    ledger.match(
        "grades add up to the published total",
        total=len(both),
        matched=int(agrees.sum()),
        unit="school-years",
        reason=first,
    )


def in_directory(counts: pd.DataFrame, schools: pd.DataFrame, name: str, ledger: Ledger) -> pd.DataFrame:
    """Keep the rows of schools that the directory lists; record how many schools were found."""
    listed = counts["school_id"].isin(schools["school_id"])
    ids = counts["school_id"].drop_duplicates()
    unknown = sorted(ids[~ids.isin(schools["school_id"])])
    if len(ids):
        reason = (
            f"not in the directory: {', '.join(unknown[:5])}{' ...' if len(unknown) > 5 else ''}" if unknown else ""
        )
        ledger.match(
            f"schools of {name} in the directory",
            total=len(ids),
            matched=len(ids) - len(unknown),
            unit="schools",
            reason=reason,
        )
    return counts[listed].reset_index(drop=True)


def balance_pupils(groups: pd.DataFrame, schools: pd.DataFrame, ledger: Ledger) -> None:
    """Record, by year, the pupils of all rows: those in schools on the map and those that are not.

    ``groups`` is `enrollment_groups` before `in_directory`, so that pupils of schools that the
    directory does not list are counted too. Hidden totals are no numbers: their rows are
    counted apart, as absent.
    """
    everyone = groups[groups["student_group"].eq("all")]
    placed = everyone.merge(
        schools[["school_id", "location_status", "sector"]], on="school_id", how="left", validate="m:1"
    )
    where = placed["location_status"].fillna("not_in_directory")
    for year, rows in placed.groupby(placed["fall_year"], sort=True):
        pupils = rows["pupils"]
        at = where.loc[rows.index]
        total, inside = float(pupils.sum()), float(pupils[at.eq("located")].sum())
        parts = [
            f"{pupils[at.eq(reason)].sum():,.0f} in {int(at.eq(reason).sum())} ({text})"
            for reason, text in _REASONS.items()
            if at.eq(reason).any()
        ]
        here = rows[at.eq("located") & (pupils.isna() | (pupils > 0))]
        charters, private = (int(here["sector"].eq(sector).sum()) for sector in ("charter", "private"))
        text = f"{len(here)} schools with a place ({charters} charters, {private} private)" + (
            f"; not placed: {'; '.join(parts)}" if parts else ""
        )
        ledger.balance(
            f"pupils {year}", total=total, inside=inside, unlocated=total - inside, unit="pupils", reason=text
        )


def record_schools(schools: pd.DataFrame, ledger: Ledger) -> None:
    """Record how many schools were placed, and of the others the number and names for each reason."""
    if schools.empty:
        return
    located = schools["location_status"].eq("located")
    ledger.match("schools placed on the map", total=len(schools), matched=int(located.sum()), unit="schools")
    for status, rows in schools[~located].groupby("location_status", sort=True):
        names = ", ".join(f"{n} ({i})" for n, i in zip(rows["name"].iloc[:5], rows["school_id"].iloc[:5], strict=True))
        ledger.absence(
            "place of the school",
            f"{_REASONS[str(status)]}: {names}{' ...' if len(rows) > 5 else ''}",
            count=len(rows),
            unit="schools",
        )
    backwards = schools[(schools["closed_fall"] <= schools["opened_fall"]).fillna(False)]
    for school in backwards["school_id"]:
        ledger.note(
            "school years",
            "closed before its first school year by the directory; both years are kept as given",
            item=school,
        )


def record_absences(counts: pd.DataFrame, name: str, ledger: Ledger) -> None:
    """Count the cells that hold no number, by reason."""
    absent = counts[counts["value_status"].ne("reported")]
    for status, rows in absent.groupby("value_status", sort=True):
        first, last = rows["fall_year"].min(), rows["fall_year"].max()
        when = f"fall {first}" if first == last else f"falls {first} to {last}"
        ledger.absence(name, f"{status}, {when}", count=len(rows))


def record_years(counts: pd.DataFrame, name: str, now: int, ledger: Ledger) -> None:
    """Record school years that are missing between the first and the last, or lie after the study's."""
    years = sorted(int(year) for year in counts["fall_year"].unique())
    gaps = sorted(set(range(years[0], years[-1] + 1)) - set(years)) if years else []
    later = [year for year in years if year > now]
    if gaps:
        ledger.absence(
            f"{name}: school years", f"no file for the falls {', '.join(map(str, gaps))}", count=len(gaps), unit="years"
        )
    if later:
        ledger.note(
            f"{name}: school years",
            f"falls after the study's {now} are kept for comparison and not used as the present: {', '.join(map(str, later))}",
        )
    if years and now not in years:
        ledger.note(
            f"{name}: school years",
            f"nothing for the study's fall {now}; the latest before it is used: {max((y for y in years if y < now), default=years[0])}",
        )


def pupils_by_level(enrollment: pd.DataFrame, bands: Bands, now: int) -> pd.DataFrame:
    """Pupils of each school in the grades of each level, in the latest year up to ``now``.

    Returns ``school_id``, ``level`` (elementary, middle, high or ``other`` for grades of no
    band), ``fall_year`` and ``pupils``. A sum with hidden parts is the middle of its interval;
    where it has no upper bound it is empty.

    >>> counts = pd.DataFrame({"school_id": "a", "fall_year": [2023, 2024, 2024], "grade": ["KG", "KG", "06"], "student_group": "all", "pupils": [9.0, 20.0, 30.0], "pupils_low": None, "pupils_high": None, "value_status": "reported"})
    >>> pupils_by_level(counts, {"elementary": ("KG",), "middle": ("06",), "high": ()}, 2024).to_dict("records")
    [{'school_id': 'a', 'fall_year': 2024, 'level': 'elementary', 'pupils': 20.0}, {'school_id': 'a', 'fall_year': 2024, 'level': 'middle', 'pupils': 30.0}]
    """
    level_of = {grade: level for level in LEVELS for grade in bands[level]}
    rows = enrollment[enrollment["student_group"].eq("all") & (enrollment["fall_year"] <= now)]
    rows = rows[rows["fall_year"].eq(rows["fall_year"].max())]
    rows = rows.assign(level=rows["grade"].map(level_of).fillna("other").astype("str"))
    sums = sum_of_parts(rows, ["school_id", "fall_year", "level"])
    sums["pupils"] = middle(sums)
    return sums[["school_id", "fall_year", "level", "pupils"]]


def middle(counts: pd.DataFrame) -> pd.Series:
    """The number where it is known, else the middle of its bounds, else nothing.

    >>> middle(pd.DataFrame({"pupils": [5.0, None, None], "pupils_low": [5.0, 1.0, 0.0], "pupils_high": [5.0, 10.0, None]})).tolist()
    [5.0, 5.5, nan]
    """
    return counts["pupils"].fillna((counts["pupils_low"] + counts["pupils_high"]) / 2)
