"""Who needs a seat: children by level, and public-school pupils by zone of residence."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.enrollment import middle, sum_of_parts
from pipeline.analysis.schools import Bands
from pipeline.analysis.uncertainty import moe_of_weighted_sum, reliability_class
from pipeline.columns import CHILD_COUNTS, LEVELS, PER_CHILD
from pipeline.ledger import Ledger
from pipeline.numerals import number

# Age at which pupils of a grade start the school year; TK is the year before kindergarten.
AGE_OF_GRADE = {"PK": 3, "TK": 4, "KG": 5, **{f"{grade:02d}": grade + 5 for grade in range(1, 13)}}
# First and last age of each census band.
_AGES = {"children_0_4": (0, 4), "children_5_9": (5, 9), "children_10_14": (10, 14), "children_15_17": (15, 17)}
PUBLIC = ("district", "charter")
_RESIDENTS = ["resident_pupils", "resident_pupils_low", "resident_pupils_high"]
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
        ``key``, the census age bands, ``children_0_17`` and ``population``, one row per area;
        with the margins of the children, where they are known.
    key
        Column that names the area.
    bands
        level: grades.

    Returns
    -------
    pandas.DataFrame
        ``key``, ``level``, ``children``, ``children_moe``, ``children_basis``. The basis is ``children of these
        ages`` (empty where a band that is needed is not known); for a level of which no area
        has the bands ``children under 18``, of whom each year of age is taken to be an
        eighteenth; where not even they are known ``people``, whose number says where children
        may live but not how many, and which therefore have no margin. Bases are never mixed
        within a level.

    >>> profile = pd.DataFrame({"neighborhood_id": ["a"], "children_0_4": [None], "children_5_9": [50.0], "children_10_14": [50.0], "children_15_17": [30.0], "children_0_17": [180.0], "population": [900.0]})
    >>> table = children_by_level(profile, "neighborhood_id", {"elementary": ("TK",), "middle": ("06", "07", "08"), "high": ("10",)})
    >>> table[["children", "children_basis"]].to_numpy().tolist()
    [[10.0, 'children under 18'], [30.0, 'children of these ages'], [10.0, 'children of these ages']]
    """
    wanted = [*CHILD_COUNTS, "children_0_17", "population"]
    numbers = profile[wanted].astype("float64")
    margins = profile.reindex(columns=[f"{name}_moe" for name in wanted]).astype("float64").set_axis(wanted, axis=1)
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
        share_of_age = np.array([weights[band] for band in needed])
        moes = {
            AGES: moe_of_weighted_sum(share_of_age, numbers[needed], margins[needed]),
            UNDER_18: margins["children_0_17"] * years / 18,
            PEOPLE: np.nan,
        }
        basis = next((name for name, children in bases.items() if children.notna().any()), AGES)
        found = {"level": level, "children": bases[basis], "children_moe": moes[basis], "children_basis": basis}
        parts.append(pd.DataFrame({key: profile[key], **found}))
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
    return children[["neighborhood_id", "level", "children"]]


def resident_pupils(
    zones: pd.DataFrame,
    flows: pd.DataFrame,
    facts: pd.DataFrame,
    seats: pd.DataFrame,
    bands: Bands,
    now: int,
    ledger: Ledger,
    *,
    high_cv: float,
    medium_cv: float,
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
    high_cv, medium_cv
        The section ``reliability`` of the study.

    Returns
    -------
    pandas.DataFrame
        ``level``, ``zone_id``, ``resident_pupils``, ``resident_pupils_low``,
        ``resident_pupils_high``, ``reliability_class``, ``demand_method``. A level with flows is
        ``residents counted``, between the bounds of its hidden cells; of any other the children
        of its ages are taken, times the public schools' pupils per child of the level, so that
        they add up to the pupils, and the interval is the 90% margin of the children (that of
        the ratio is not counted). People who stand in for children have no margin: neither
        interval nor reliability is known. Half the width of an interval is taken for the margin
        by which reliability is classed; a whole count is high.
    """
    lives = residents_counted(zones, flows, facts, now, ledger)
    estimated = residents_estimated(zones, seats, bands)
    is_counted = zones["level"].isin(lives.index.get_level_values("level")).to_numpy()
    key = pd.MultiIndex.from_frame(zones[["level", "zone_id"]])
    # In a level with flows a zone that is not listed sends no pupil: that is a count of zero.
    counted = np.where(key.isin(lives.index)[:, None], lives.reindex(key), 0.0)
    pupils, low, high = np.where(is_counted[:, None], counted, estimated[_RESIDENTS]).T
    classes = reliability_class(pupils, (high - low) / 2, high_cv=high_cv, medium_cv=medium_cv)
    for level, rows in estimated[~is_counted].groupby("level", sort=True):
        per_child, basis = rows["pupils_per_child"].iloc[0], rows["children_basis"].iloc[0]
        text = f"{basis} times {number(per_child, 3)} public-school pupils per child (no flows are given)"
        ledger.note(
            f"resident pupils, {level}",
            text
            if rows["resident_pupils"].notna().any()
            else "not known: no flows are given, and children or pupils of the level are not known",
        )
    return zones[["level", "zone_id"]].assign(
        resident_pupils=pupils,
        resident_pupils_low=low,
        resident_pupils_high=high,
        reliability_class=np.where(is_counted & (low == high), "high", classes),
        demand_method=np.where(is_counted, "residents counted", estimated["children_basis"] + f" {PER_CHILD}"),
    )


def residents_counted(
    zones: pd.DataFrame, flows: pd.DataFrame, facts: pd.DataFrame, now: int, ledger: Ledger
) -> pd.DataFrame:
    """Public-school pupils by ``level`` and ``zone_id`` of residence, in the latest year up to ``now``.

    Indexed by both; columns ``resident_pupils resident_pupils_low resident_pupils_high``. A
    hidden cell enters with the middle of its interval, and the interval is recorded; a sum with
    a cell of which no bound is known is empty. Pupils who live in no zone are recorded.
    """
    public = facts.loc[facts["sector"].isin(PUBLIC), "school_id"]
    lived = flows[flows["school_id"].isin(public) & (flows["fall_year"] <= now)]
    lived = lived[lived["fall_year"].eq(lived["fall_year"].max())]
    hidden = lived[lived["pupils"].isna()]
    if len(hidden):
        low, high = hidden["pupils_low"].sum(), hidden["pupils_high"].sum()
        ledger.note(
            "resident pupils",
            f"{len(hidden)} hidden cells of the flows enter with the middle of their interval, together {number(low)} to {number(high)} pupils",
        )
    bounds = sum_of_parts(lived, ["level", "zone_id"]).set_index(["level", "zone_id"])
    lived = lived.assign(pupils=middle(lived))
    sums = lived.groupby(["level", "zone_id"])["pupils"].agg(lambda part: part.sum(skipna=False)).to_frame()
    _balance(lived, sums["pupils"], zones, ledger)
    return sums.join(bounds[["pupils_low", "pupils_high"]], validate="1:1").set_axis(_RESIDENTS, axis=1)


def residents_estimated(zones: pd.DataFrame, seats: pd.DataFrame, bands: Bands) -> pd.DataFrame:
    """Children of each zone's level, scaled by level to the pupils of the public schools.

    Returns one row per row of ``zones``: ``level children_basis pupils_per_child`` and the pupils
    with their interval, by the 90% margin of the children.
    """
    numbered = zones.drop(columns="level").assign(row=range(len(zones)))
    every = children_by_level(numbered, "row", bands)
    own = every[every["level"].to_numpy() == zones["level"].to_numpy()[every["row"]]].sort_values("row")
    own = own.reset_index(drop=True)
    enrolled = seats.groupby("level")["pupils"].sum(min_count=1)
    per_child = enrolled / own.groupby("level")["children"].sum(min_count=1)
    ratio = own["level"].map(per_child).astype("float64")
    low, high = (own["children"] - own["children_moe"]).clip(lower=0), own["children"] + own["children_moe"]
    numbers = dict(zip(_RESIDENTS, (own["children"] * ratio, low * ratio, high * ratio), strict=True))
    return own.assign(pupils_per_child=ratio, **numbers)


def _balance(lived: pd.DataFrame, sums: pd.Series, zones: pd.DataFrame, ledger: Ledger) -> None:
    """Record, by level, the pupils of the flows who live in a zone of the study and those who do not.

    Inside are the sums the zones get. A zone with a cell of which nothing is known gets none:
    the pupils of its other cells have no place.
    """
    lives, in_force = (pd.MultiIndex.from_frame(frame[["level", "zone_id"]]) for frame in (lived, zones))
    delivered, empty = sums[sums.index.isin(in_force)], sums.index[sums.isna() & sums.index.isin(in_force)]
    for level, rows in lived.assign(is_zone=lives.isin(in_force), is_empty=lives.isin(empty)).groupby("level"):
        ledger.balance(
            f"public-school pupils by zone of residence, {level}",
            total=float(rows["pupils"].sum()),
            inside=float(delivered[delivered.index.get_level_values("level") == level].sum()),
            outside=float(rows.loc[~rows["is_zone"], "pupils"].sum()),
            unlocated=float(rows.loc[rows["is_empty"], "pupils"].sum()),
            unit="pupils",
            reason="" if rows["is_zone"].all() else "outside live in none of the zones in force",
        )
