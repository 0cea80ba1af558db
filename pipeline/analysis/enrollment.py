"""Pupils by school, year, grade and group: sums with hidden parts, and whether totals agree."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.schools import REASONS, Bands
from pipeline.columns import LEVELS
from pipeline.ledger import Ledger
from pipeline.numerals import number


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
        first = f"first that differs: school {row['school_id']} in {row['fall_year']}, published {number(row['pupils'])}, grades add up to {number(row['pupils_low'])}; the published total is used"
    ledger.match(
        "grades add up to the published total",
        total=len(both),
        matched=int(agrees.sum()),
        unit="school-years",
        reason=first,
    )


def record_unlisted(counts: pd.DataFrame, schools: pd.DataFrame, name: str, ledger: Ledger) -> None:
    """Record how many schools with counts the directory lists, and name the first that it does not.

    Pupils of schools that no directory lists (closed long ago, or opened since) stay in the
    enrollment tables, so that the district's history is whole; they are on no map.
    """
    ids = counts["school_id"].drop_duplicates()
    unknown = sorted(ids[~ids.isin(schools["school_id"])])
    if len(ids):
        first = f"not in the directory: {', '.join(unknown[:5])}{' ...' if len(unknown) > 5 else ''}" if unknown else ""
        ledger.match(
            f"schools of {name} in the directory",
            total=len(ids),
            matched=len(ids) - len(unknown),
            unit="schools",
            reason=first,
        )


def in_directory(counts: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """The rows of schools that the directory lists (`record_unlisted` says which it does not).

    >>> in_directory(pd.DataFrame({"school_id": ["a", "x"]}), pd.DataFrame({"school_id": ["a"]}))["school_id"].tolist()
    ['a']
    """
    return counts[counts["school_id"].isin(schools["school_id"])].reset_index(drop=True)


def record_lost_flows(flows: pd.DataFrame, schools: pd.DataFrame, ledger: Ledger) -> None:
    """Record the pupils of the flows who attend a school that the directory does not list."""
    lost = flows[~flows["school_id"].isin(schools["school_id"])]
    if len(lost):
        ledger.loss(
            "flows",
            "pupils at schools that the directory does not list",
            count=float(lost["pupils"].sum()),
            unit="pupils",
        )


def balance_pupils(groups: pd.DataFrame, schools: pd.DataFrame, ledger: Ledger) -> None:
    """Record, by year, the pupils of all rows: those in schools on the map and those that are not.

    Pupils of schools that the directory does not list are among those not placed. Hidden totals
    are no numbers: their rows are counted apart, as absent.
    """
    everyone = groups[groups["student_group"].eq("all")]
    placed = everyone.merge(
        schools[["school_id", "location_status", "sector"]], on="school_id", how="left", validate="m:1"
    )
    where = placed["location_status"].fillna("not_in_directory")
    totals = everyone.groupby("fall_year")["pupils"].sum()
    for year, rows in placed.groupby(placed["fall_year"], sort=True):
        pupils = rows["pupils"]
        at = where.loc[rows.index]
        total, inside = float(totals[year]), float(pupils[at.eq("located")].sum())
        parts = [
            f"{number(pupils[at.eq(reason)].sum())} in {int(at.eq(reason).sum())} ({text})"
            for reason, text in REASONS.items()
            if at.eq(reason).any()
        ]
        on_map = _schools(rows[at.eq("located")])
        text = f"{on_map} on the map" + (f"; not placed: {'; '.join(parts)}" if parts else "")
        unlocated = sum(float(pupils[at.eq(reason)].sum()) for reason in REASONS)
        ledger.balance(f"pupils {year}", total=total, inside=inside, unlocated=unlocated, unit="pupils", reason=text)
        is_school = ~at.isin(["not_a_place", "not_in_directory"])
        if not is_school.all():
            ledger.match(
                f"pupils {year} in schools of the directory",
                total=total,
                matched=float(pupils[is_school].sum()),
                unit="pupils",
                reason=f"in {_schools(rows[is_school])}; the others under codes that are no place or not listed",
            )


def _schools(rows: pd.DataFrame) -> str:
    """How many schools have pupils, and how many of them are charters and private ones."""
    here = rows[rows["pupils"].isna() | (rows["pupils"] > 0)]
    charters, private = (int(here["sector"].eq(sector).sum()) for sector in ("charter", "private"))
    return f"{number(len(here))} schools ({number(charters)} charters, {number(private)} private)"


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


def latest_flows(flows: pd.DataFrame, now: int) -> pd.DataFrame:
    """Pupils by zone of residence and school in the latest year of the flows up to ``now``.

    Returns ``level zone_id school_id pupils``: a hidden cell has the middle of its interval, and no number where no bound is known.

    >>> flows = pd.DataFrame({"level": "high", "zone_id": "z", "school_id": "s", "fall_year": [2022, 2023], "pupils": [9.0, None], "pupils_low": [9.0, 1.0], "pupils_high": [9.0, 9.0]})
    >>> latest_flows(flows, 2024)["pupils"].tolist()
    [5.0]
    """
    lived = flows[flows["fall_year"] <= now]
    lived = lived[lived["fall_year"].eq(lived["fall_year"].max())]
    return lived[["level", "zone_id", "school_id"]].assign(pupils=middle(lived).astype("float64"))
