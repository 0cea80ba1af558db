"""Who needs a seat: children by level, and public-school pupils by zone of residence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.enrollment import middle
from pipeline.analysis.schools import Bands
from pipeline.columns import CHILD_COUNTS, LEVELS
from pipeline.ledger import Ledger

# Age at which pupils of a grade start the school year; TK is the year before kindergarten.
AGE_OF_GRADE = {"PK": 3, "TK": 4, "KG": 5, **{f"{grade:02d}": grade + 5 for grade in range(1, 13)}}
# First and last age of each census band.
_AGES = {"children_0_4": (0, 4), "children_5_9": (5, 9), "children_10_14": (10, 14), "children_15_17": (15, 17)}
PUBLIC = ("district", "charter")
# What children are counted by, best first.
AGES, UNDER_18, PEOPLE = "children of these ages", "children under 18", "people"


def band_age_weights(grades: tuple[str, ...]) -> dict[str, float]:
    """Which share of each census age band is of the ages of these grades.

    Children are taken to be spread evenly over the years of a band.

    >>> band_age_weights(("KG", "01", "02", "03", "04", "05"))
    {'children_0_4': 0.0, 'children_5_9': 1.0, 'children_10_14': 0.2, 'children_15_17': 0.0}
    """
    ages = {AGE_OF_GRADE[grade] for grade in grades if grade in AGE_OF_GRADE}
    return {
        band: sum(first <= age <= last for age in ages) / (last - first + 1) for band, (first, last) in _AGES.items()
    }


def children_by_level(profile: pd.DataFrame, key: str, bands: Bands) -> pd.DataFrame:
    """Children of the ages of each level, by area, or the best stand-in that the study has.

    Parameters
    ----------
    profile
        ``key``, the census age bands, ``children_0_17`` and ``population``, one row per area.
    key
        Column that names the area.
    bands
        level: grades.

    Returns
    -------
    pandas.DataFrame
        ``key``, ``level``, ``children``, ``children_basis``. The basis is ``children of these
        ages`` (empty where a band that is needed is not known); for a level of which no area
        has the bands ``children under 18``, of whom each year of age is taken to be an
        eighteenth; where not even they are known ``people``, whose number says where children
        may live but not how many. Bases are never mixed within a level.

    >>> profile = pd.DataFrame({"neighborhood_id": ["a"], "children_0_4": [None], "children_5_9": [50.0], "children_10_14": [50.0], "children_15_17": [30.0], "children_0_17": [180.0], "population": [900.0]})
    >>> table = children_by_level(profile, "neighborhood_id", {"elementary": ("TK",), "middle": ("06", "07", "08"), "high": ("10",)})
    >>> table[["children", "children_basis"]].to_numpy().tolist()
    [[10.0, 'children under 18'], [30.0, 'children of these ages'], [10.0, 'children of these ages']]
    """
    numbers = profile.drop(columns=key).astype("float64", errors="ignore")
    parts = []
    for level in LEVELS:
        weights = band_age_weights(tuple(bands[level]))
        needed = [band for band in CHILD_COUNTS if weights[band] > 0]
        years = sum(weights[band] * (_AGES[band][1] - _AGES[band][0] + 1) for band in needed)
        bases = {
            AGES: sum((weights[band] * numbers[band] for band in needed), start=pd.Series(0.0, index=profile.index)),
            UNDER_18: numbers["children_0_17"] * years / 18,
            PEOPLE: numbers["population"],
        }
        basis = next((name for name, children in bases.items() if children.notna().any()), AGES)
        parts.append(
            pd.DataFrame({key: profile[key], "level": level, "children": bases[basis], "children_basis": basis})
        )
    return pd.concat(parts, ignore_index=True)


def zones_in_force(zone_profile: pd.DataFrame, *, fall_year: int, vintage: str, ledger: Ledger) -> pd.DataFrame:
    """The zones of the school year in force with the counts of the present vintage."""
    rows = zone_profile[zone_profile["fall_year"].eq(fall_year) & zone_profile["vintage"].eq(vintage)]
    if rows.empty:
        ledger.missing_input(
            f"zones of fall {fall_year} with counts of {vintage}",
            "No attendance zone with census counts: no service gap. Zones are had from the district or NCES SABS, counts from the American Community Survey.",
        )
    return rows.sort_values(["level", "zone_id"]).reset_index(drop=True)


def neighborhood_children(
    profile: pd.DataFrame, vintage: str, seats: pd.DataFrame, bands: Bands, ledger: Ledger
) -> pd.DataFrame:
    """Children of the ages of each level by neighborhood: ``neighborhood_id level children``.

    Where only people are counted, they are scaled to the pupils of the level (``seats``, as
    `resident_pupils` takes them). Stand-ins and unknown counts are recorded.
    """
    rows = profile[profile["vintage"].eq(vintage)].sort_values("neighborhood_id").reset_index(drop=True)
    children = children_by_level(rows, "neighborhood_id", bands)
    if rows.empty:
        ledger.missing_input(
            f"children by neighborhood {vintage}",
            "No census counts by neighborhood: no access to seats. To be had from the American Community Survey.",
        )
    pupils = seats.groupby("level")["pupils"].sum(min_count=1) / children.groupby("level")["children"].sum(min_count=1)
    ratio = children["level"].map(pupils).astype("float64")
    is_people = children["children_basis"].eq(PEOPLE)
    children["children"] = children["children"].mask(is_people, children["children"] * ratio)
    for level, part in children.groupby("level", sort=True):
        basis, unknown = part["children_basis"].iloc[0], int(part["children"].isna().sum())
        if basis != AGES:
            ledger.note(f"children of {level} ages", f"not known by age: {basis} stand in for them")
        if unknown:
            ledger.absence(
                f"children of {level} ages",
                "not known: no access is computed there",
                count=unknown,
                unit="neighborhoods",
            )
    return children.drop(columns="children_basis")


def resident_pupils(
    zones: pd.DataFrame,
    flows: pd.DataFrame,
    facts: pd.DataFrame,
    seats: pd.DataFrame,
    bands: Bands,
    now: int,
    ledger: Ledger,
) -> pd.DataFrame:
    """Public-school pupils living in each zone, counted where flows are given, estimated elsewhere.

    Parameters
    ----------
    zones
        Rows of ``zone_profile`` of one school year and vintage.
    flows, facts
        The tables ``flows`` and ``school_facts``; pupils of private schools are no demand.
    seats
        ``school_id level pupils`` of the public schools (`seats.school_seats`), to whose sum by
        level the children are scaled.
    bands, now
        level: grades, and the study's fall.

    Returns
    -------
    pandas.DataFrame
        ``level``, ``zone_id``, ``resident_pupils``, ``demand_method``. A level with flows is
        ``residents counted``; of any other the children of its ages are taken, times the
        public schools' pupils per child of the level, so that they add up to the pupils.
    """
    lives = residents_counted(zones, flows, facts, now, ledger)
    estimated = residents_estimated(zones, seats, bands)
    # In a level with flows a zone that is not listed sends no pupil: that is a count of zero.
    is_counted = zones["level"].isin(lives.index.get_level_values("level")).to_numpy()
    key = pd.MultiIndex.from_frame(zones[["level", "zone_id"]])
    listed = lives.reindex(key).to_numpy()
    counted = np.where(key.isin(lives.index), listed, 0.0)
    for level, rows in estimated[~is_counted].groupby("level", sort=True):
        per_child, basis = rows["pupils_per_child"].iloc[0], rows["children_basis"].iloc[0]
        text = f"{basis} times {per_child:.3f} public-school pupils per child (no flows are given)"
        ledger.note(
            f"resident pupils, {level}",
            text
            if rows["resident_pupils"].notna().any()
            else "not known: no flows are given, and children or pupils of the level are not known",
        )
    return zones[["level", "zone_id"]].assign(
        resident_pupils=np.where(is_counted, counted, estimated["resident_pupils"]),
        demand_method=np.where(is_counted, "residents counted", estimated["children_basis"] + " x pupils per child"),
    )


def residents_counted(
    zones: pd.DataFrame, flows: pd.DataFrame, facts: pd.DataFrame, now: int, ledger: Ledger
) -> pd.Series:
    """Public-school pupils by ``level`` and ``zone_id`` of residence, in the latest year up to ``now``.

    A hidden cell enters with the middle of its interval, and the interval is recorded; a sum
    with a cell of which no bound is known is empty. Pupils who live in no zone are recorded.
    """
    public = facts.loc[facts["sector"].isin(PUBLIC), "school_id"]
    lived = flows[flows["school_id"].isin(public) & (flows["fall_year"] <= now)]
    lived = lived[lived["fall_year"].eq(lived["fall_year"].max())]
    hidden = lived[lived["pupils"].isna()]
    if len(hidden):
        low, high = hidden["pupils_low"].sum(), hidden["pupils_high"].sum()
        ledger.note(
            "resident pupils",
            f"{len(hidden)} hidden cells of the flows enter with the middle of their interval, together {low:,.0f} to {high:,.0f} pupils",
        )
    lived = lived.assign(pupils=middle(lived))
    _balance(lived, zones, ledger)
    return lived.groupby(["level", "zone_id"])["pupils"].agg(lambda part: part.sum(skipna=False))


def residents_estimated(zones: pd.DataFrame, seats: pd.DataFrame, bands: Bands) -> pd.DataFrame:
    """Children of each zone's level, scaled by level to the pupils of the public schools.

    Returns one row per row of ``zones``: ``level children_basis pupils_per_child resident_pupils``.
    """
    numbered = zones.drop(columns="level").assign(row=range(len(zones)))
    every = children_by_level(numbered, "row", bands)
    own = every[every["level"].to_numpy() == zones["level"].to_numpy()[every["row"]]].sort_values("row")
    own = own.reset_index(drop=True)
    enrolled = seats.groupby("level")["pupils"].sum(min_count=1)
    per_child = enrolled / own.groupby("level")["children"].sum(min_count=1)
    ratio = own["level"].map(per_child).astype("float64")
    return own.assign(pupils_per_child=ratio, resident_pupils=own["children"] * ratio)


def _balance(lived: pd.DataFrame, zones: pd.DataFrame, ledger: Ledger) -> None:
    """Record, by level, the pupils of the flows who live in a zone of the study and those who do not."""
    is_zone = pd.MultiIndex.from_frame(lived[["level", "zone_id"]]).isin(
        pd.MultiIndex.from_frame(zones[["level", "zone_id"]])
    )
    for level, rows in lived.assign(is_zone=is_zone).groupby("level", sort=True):
        total, inside = float(rows["pupils"].sum()), float(rows.loc[rows["is_zone"], "pupils"].sum())
        ledger.balance(
            f"public-school pupils by zone of residence, {level}",
            total=total,
            inside=inside,
            outside=total - inside,
            unit="pupils",
            reason="" if rows["is_zone"].all() else "outside live in none of the zones in force",
        )
