"""Seats of schools, quality seats of zones, and the service gap by level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.analysis.demand import PUBLIC
from pipeline.analysis.enrollment import pupils_by_level
from pipeline.analysis.schools import Bands
from pipeline.columns import GRADES, LEVELS
from pipeline.ledger import Ledger
from pipeline.numerals import number

# Which capacity is taken where a site has several: the publisher's own before a computed one.
CAPACITY_ORDER = ("given", "state_loading", "functional", "target", "ideal_homeroom")
PRESCHOOL = GRADES[0]

_GAP = ["level", "zone_id", "is_approximate", "resident_pupils", "resident_pupils_low", "resident_pupils_high", "quality_seats", "citywide_seats", "citywide_pupils", "service_level_ratio", "service_gap_seats", "unmet_seats", "service_gap_rank", "reliability_class", "method"]  # fmt: skip


def site_capacity(utilization: pd.DataFrame, now: int) -> pd.DataFrame:
    """Capacity of each site: the publisher's where given, else by state loading, functional, target or homerooms.

    Of each definition the latest year up to ``now`` counts. Returns ``site_id``,
    ``capacity_seats`` and ``capacity_definition``.

    >>> rows = pd.DataFrame({"site_id": "s", "capacity_definition": ["functional", "given"], "fall_year": 2024, "capacity_seats": [380.0, 400.0]})
    >>> site_capacity(rows, 2024)["capacity_seats"].tolist()
    [400.0]
    """
    known = utilization[(utilization["fall_year"] <= now) & utilization["capacity_seats"].notna()]
    order = known["capacity_definition"].map({name: place for place, name in enumerate(CAPACITY_ORDER)})
    latest = known.assign(order=order).sort_values(["site_id", "order", "fall_year"], ascending=[True, True, False])
    return latest.drop_duplicates("site_id")[["site_id", "capacity_seats", "capacity_definition"]].reset_index(
        drop=True
    )


def school_seats(
    enrollment: pd.DataFrame,
    facts: pd.DataFrame,
    school_sites: pd.DataFrame,
    utilization: pd.DataFrame,
    bands: Bands,
    now: int,
) -> pd.DataFrame:
    """Seats of each open public school by level.

    A site's capacity is shared among its schools and their levels by pupils enrolled, except
    that a capacity counted from rooms has no seat for preschool, as in `utilization`: preschool
    pupils take none of it, and in a level whose band has them their number stands in for their
    seats. Where a site's capacity or a school's site is not known, the pupils enrolled stand in
    for seats.

    Returns
    -------
    pandas.DataFrame
        ``school_id``, ``level``, ``pupils``, ``seats`` and ``seats_method`` (``given``,
        ``state_loading``, ``functional``, ``target``, ``ideal_homeroom`` or ``enrolled``). A school without enrollment by
        grade has no row: its seats are not known; nor has a level without a pupil.

    References
    ----------
    IFF (2012), Quality Schools: capacity by grade is split by enrollment where only the
    building's capacity exists.
    """
    open_public = facts[facts["school_status"].eq("open") & facts["sector"].isin(PUBLIC) & facts["is_place"]]
    pupils = pupils_by_level(enrollment, bands, now)
    here = facts[["school_id", "site_id"]].merge(
        school_sites, on="school_id", how="left", suffixes=("_listed", ""), validate="1:1"
    )
    site_of = here.assign(site_id=here["site_id"].fillna(here["site_id_listed"]))[["school_id", "site_id"]]
    preschool = pupils_by_level(enrollment[enrollment["grade"].eq(PRESCHOOL)], bands, now)
    pupils = pupils.merge(site_of, on="school_id", how="left", validate="m:1").merge(
        preschool.rename(columns={"pupils": "preschool"}),
        on=["school_id", "fall_year", "level"],
        how="left",
        validate="1:1",
    )
    # schools without a site each stand alone
    capacity = pupils.merge(site_capacity(utilization, now), on="site_id", how="left", validate="m:1")
    beside = capacity["preschool"].where(
        capacity["preschool"].notna() & capacity["capacity_definition"].ne("given"), 0.0
    )
    seated = capacity["pupils"] - beside
    at_site = seated.groupby(capacity["site_id"]).transform(lambda part: part.sum(skipna=False))
    # Nobody enrolled yet (a school that opens) gives no share: unknown, not zero.
    from_site = capacity["capacity_seats"] * seated / at_site.where(at_site > 0) + beside
    seats = capacity.assign(
        seats=from_site.fillna(capacity["pupils"]),
        seats_method=capacity["capacity_definition"].where(from_site.notna(), "enrolled").astype("str"),
    )
    chosen = seats["level"].isin(LEVELS) & seats["school_id"].isin(open_public["school_id"]) & (seats["seats"] > 0)
    return seats.loc[chosen, ["school_id", "level", "pupils", "seats", "seats_method"]].reset_index(drop=True)


def quality_seats(seats: pd.DataFrame, quality: pd.DataFrame) -> pd.DataFrame:
    """Seats of the schools that count as quality schools: ``school_id level quality_seats seats_method``."""
    good = seats[seats["school_id"].isin(quality.loc[quality["is_quality"], "school_id"])]
    return good.rename(columns={"seats": "quality_seats"}).drop(columns="pupils").reset_index(drop=True)


def service_gap(
    zones: pd.DataFrame, demand: pd.DataFrame, supply: pd.DataFrame, *, rated: Sequence[str]
) -> pd.DataFrame:
    """Pupils living in each zone less the quality seats in it; surpluses never offset deficits.

    Parameters
    ----------
    zones
        ``level zone_id is_approximate``.
    demand
        `demand.resident_pupils`: the pupils, their interval, reliability and method.
    supply
        `zone_seats.seats_by_zone`; a zone that is not there has no seats.
    rated
        Levels with rated schools (`rated_levels`); of the others seats are not known rather
        than zero.

    Returns
    -------
    pandas.DataFrame
        The table ``service_gap``. ``service_gap_rank`` 1 is the largest gap of its level. The
        interval and ``reliability_class`` are those of the resident pupils; which schools are
        quality schools is as sure as ``school_quality`` says.

    References
    ----------
    IFF (2012), Quality Schools: Every Child, Every School, Every Neighborhood; IFF (2013), The
    Shared Challenge of Quality Schools.

    >>> zones = pd.DataFrame({"level": "high", "zone_id": ["a", "b"], "is_approximate": False})
    >>> demand = zones[["level", "zone_id"]].assign(resident_pupils=[100.0, 50.0], resident_pupils_low=[96.0, 50.0],
    ...     resident_pupils_high=[104.0, 50.0], reliability_class="high", demand_method="residents counted")
    >>> supply = pd.DataFrame({"level": ["high"], "zone_id": ["b"], "quality_seats": [80.0], "citywide_seats": [0.0], "citywide_pupils": [0.0], "seats_method": ["given"]})
    >>> gap = service_gap(zones, demand, supply, rated=["high"])
    >>> gap[["service_gap_seats", "unmet_seats", "service_gap_rank"]].to_dict("list")
    {'service_gap_seats': [100.0, -30.0], 'unmet_seats': [100.0, 0.0], 'service_gap_rank': [1.0, 2.0]}
    """
    key = ["level", "zone_id"]
    table = (
        zones[[*key, "is_approximate"]]
        .merge(demand, on=key, validate="1:1")
        .merge(supply, on=key, how="left", validate="1:1")
    )
    is_rated = table["level"].isin(rated)
    seats = table["quality_seats"].fillna(0.0).where(is_rated).astype("float64")
    pupils = table["resident_pupils"]
    gap = pupils - seats
    found = table["seats_method"].fillna("none").where(is_rated, "not known").astype("str")
    table = table.assign(
        quality_seats=seats,
        # a zone without seats got none from citywide schools
        citywide_seats=table["citywide_seats"].fillna(0.0),
        citywide_pupils=table["citywide_pupils"].fillna(0.0),
        service_level_ratio=seats / pupils.where(pupils > 0),
        service_gap_seats=gap,
        unmet_seats=gap.clip(lower=0),
        method=table["demand_method"].astype("str") + "; seats: " + found,
    )
    table["service_gap_rank"] = table.groupby("level")["service_gap_seats"].rank(method="min", ascending=False)
    return table[_GAP]


def record_gap(gap: pd.DataFrame, ledger: Ledger) -> None:
    """Record, by level, pupils, seats and the unmet seats, and that zones are approximate."""
    for level, rows in gap[gap["service_gap_seats"].notna()].groupby("level", sort=True):
        unmet, spare = rows["unmet_seats"].sum(), (-rows["service_gap_seats"]).clip(lower=0).sum()
        ledger.note(
            f"service gap, {level}",
            f"{number(rows['resident_pupils'].sum())} resident pupils, {number(rows['quality_seats'].sum())} quality seats, {number(unmet)} unmet; {number(spare)} spare seats elsewhere are not set against them",
        )
    if len(gap) and gap["is_approximate"].any():
        ledger.note(
            "service gap",
            f"{int(gap['is_approximate'].sum())} zones are approximate: drawn by the nearest school, because none are published, or most of their children were placed by plain area",
        )


def record_capacity(offered: pd.DataFrame, ledger: Ledger) -> None:
    """Record by which definition the seats of schools are known."""
    for method, rows in offered.groupby("seats_method", sort=True):
        what = (
            "no capacity is known: pupils enrolled stand in for seats"
            if method == "enrolled"
            else f"capacity of the site ({method}), shared by pupils enrolled"
        )
        ledger.note(
            "seats of schools", f"{rows['school_id'].nunique()} schools, {number(rows['seats'].sum())} seats: {what}"
        )


def rated_levels(offered: pd.DataFrame, quality: pd.DataFrame, ledger: Ledger) -> tuple[str, ...]:
    """Levels with a rated school whose seats are known; of the others quality seats are not known.

    >>> offered = pd.DataFrame({"school_id": ["a", "b"], "level": ["high", "middle"]})
    >>> rated_levels(offered, pd.DataFrame({"school_id": ["a"], "quality_class": ["weak"]}), Ledger())
    ('high',)
    """
    rated = quality.loc[quality["quality_class"].ne("not_rated"), "school_id"]
    found = offered.assign(is_rated=offered["school_id"].isin(rated)).groupby("level")["is_rated"].sum()
    levels = tuple(level for level in LEVELS if found.get(level, 0) > 0)
    if not levels:
        ledger.missing_input(
            "rated schools",
            "No rated school has known seats: quality seats, gap and access are not known. School results are had from the state's assessment research files.",
        )
    for level in sorted(set(found.index) - set(levels)):
        ledger.absence(
            f"quality seats, {level}",
            "no school of the level is rated: not known",
            count=int(offered["level"].eq(level).sum()),
            unit="schools",
        )
    return levels


def reach_by_level(levels: Sequence[str], settings: Mapping[str, Any], unit: str = "m") -> dict[str, float]:
    """Longest trip to a school of each of these levels, from the section ``seats`` of the study, in ``m`` or ``minutes``.

    >>> reach_by_level(["middle"], {"elementary_reach_m": 2400.0, "middle_reach_m": 5000.0, "high_reach_m": 8000.0})
    {'middle': 5000.0}
    """
    return {level: float(settings[f"{level}_reach_{unit}"]) for level in levels}
