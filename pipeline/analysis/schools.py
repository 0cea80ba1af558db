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
# With this share of its pupils in a level a school serves it, whatever span the directory gives.
SMALLEST_SERVED_SHARE = 0.1

REASONS = {
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


def in_buildings(schools: pd.DataFrame, sector: str) -> pd.DataFrame:
    """Open schools of a sector that teach in a building: rows of table ``school_facts``.

    >>> schools = pd.DataFrame({"school_id": ["a", "b"], "sector": "charter", "school_status": "open", "is_place": True, "is_virtual": [False, True]})
    >>> in_buildings(schools, "charter")["school_id"].tolist()
    ['a']
    """
    return schools[
        (schools["sector"] == sector)
        & (schools["school_status"] == "open")
        & schools["is_place"].astype(bool)
        & ~schools["is_virtual"].astype(bool)
    ]


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

    A school serves a level if its grade span shares a grade with the level's band, or if a tenth
    of its pupils of its latest year are in the band (a span in a directory may be out of date; a
    few pupils out of grade make no middle school of a high school). Where the directory gives
    no span, all grades in which it has had pupils count. Zones, seats, results and matches all
    go by these flags.

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
    there = there[there["fall_year"].eq(latest)]
    level_of = {grade: level for level in LEVELS for grade in bands[level]}
    at_level = there.groupby(["school_id", there["grade"].map(level_of)])["pupils"].transform("sum")
    many = at_level >= SMALLEST_SERVED_SHARE * there.groupby("school_id")["pupils"].transform("sum").where(at_level > 0)
    taught, much = (rows.groupby("school_id")["grade"].agg(frozenset).to_dict() for rows in (there, there[many]))
    spans = {
        school: frozenset(grades_between(low, high))
        for school, low, high in zip(facts["school_id"], facts["grade_low"], facts["grade_high"], strict=True)
    }
    served = [span | (much if span else taught).get(school, frozenset()) for school, span in spans.items()]
    for level in LEVELS:
        facts[f"serves_{level}"] = [not grades.isdisjoint(bands[level]) for grades in served]
    return facts


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
            f"{REASONS[str(status)]}: {names}{' ...' if len(rows) > 5 else ''}",
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


def trips_to_known(trips: pd.DataFrame, directory: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Supplied travel times to schools that the directory lists; those to others are recorded.

    >>> trips = pd.DataFrame({"travel_mode": "bus", "origin_id": "n", "destination_id": ["a", "x"], "minutes": [7.0, 9.0]})
    >>> trips_to_known(trips, pd.DataFrame({"school_id": ["a"]}), Ledger())["destination_id"].tolist()
    ['a']
    """
    is_known = trips["destination_id"].isin(directory["school_id"])
    if not is_known.all():
        first = str(trips.loc[~is_known, "destination_id"].min())
        ledger.loss(
            "travel times",
            "to schools that the directory does not list",
            count=float((~is_known).sum()),
            unit="trips",
            item=first,
        )
    return trips[is_known].reset_index(drop=True)
