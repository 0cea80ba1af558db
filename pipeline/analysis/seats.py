"""Service gap: pupils who live in a zone against the quality seats in it, by level."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd

from pipeline.analysis.schools import Bands, middle, pupils_by_level
from pipeline.columns import CHILD_COUNTS, LEVELS
from pipeline.ledger import Ledger

# Age at which pupils of a grade start the school year; TK is the year before kindergarten.
AGE_OF_GRADE = {"PK": 3, "TK": 4, "KG": 5, **{f"{grade:02d}": grade + 5 for grade in range(1, 13)}}
# First and last age of each census band.
_AGES = {"children_0_4": (0, 4), "children_5_9": (5, 9), "children_10_14": (10, 14), "children_15_17": (15, 17)}
# Which capacity is taken where a site has several: the publisher's own before a computed one.
CAPACITY_ORDER = ("given", "state_loading", "functional")
PUBLIC = ("district", "charter")

_GAP = ["level", "zone_id", "is_approximate", "resident_pupils", "quality_seats", "service_level_ratio", "service_gap_seats", "unmet_seats", "service_gap_rank", "method"]  # fmt: skip


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
    """Children of the ages of each level, by area.

    Parameters
    ----------
    profile
        ``key`` and the census age bands, one row per area.
    key
        Column that names the area.
    bands
        level: grades.

    Returns
    -------
    pandas.DataFrame
        ``key``, ``level``, ``children``; empty where a band that is needed is not known.

    >>> profile = pd.DataFrame({"neighborhood_id": ["a"], "children_0_4": [None], "children_5_9": [50.0], "children_10_14": [50.0], "children_15_17": [30.0]})
    >>> children_by_level(profile, "neighborhood_id", {"elementary": ("KG", "05"), "middle": ("06", "07", "08"), "high": ("10",)})["children"].tolist()
    [20.0, 30.0, 10.0]
    """
    parts = []
    for level in LEVELS:
        weights = band_age_weights(tuple(bands[level]))
        needed = [band for band in CHILD_COUNTS if weights[band] > 0]
        children = sum(
            (weights[band] * profile[band].astype("float64") for band in needed),
            start=pd.Series(0.0, index=profile.index),
        )
        parts.append(pd.DataFrame({key: profile[key], "level": level, "children": children}))
    return pd.concat(parts, ignore_index=True)


def site_capacity(utilization: pd.DataFrame, now: int) -> pd.DataFrame:
    """Capacity of each site: the publisher's where given, else by state loading, else functional.

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

    A site's capacity is shared among its schools and their levels by pupils enrolled. Where a
    site's capacity or a school's site is not known, the pupils enrolled stand in for seats.

    Returns
    -------
    pandas.DataFrame
        ``school_id``, ``level``, ``pupils``, ``seats`` and ``seats_method`` (``given``,
        ``state_loading``, ``functional`` or ``enrolled``). A school without enrollment by
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
    pupils = pupils.merge(site_of, on="school_id", how="left", validate="m:1")
    # schools without a site each stand alone
    at_site = pupils.groupby("site_id")["pupils"].transform(lambda part: part.sum(skipna=False))
    capacity = pupils.merge(site_capacity(utilization, now), on="site_id", how="left", validate="m:1")
    # Nobody enrolled yet (a school that opens) gives no share: unknown, not zero.
    share = pupils["pupils"] / at_site.where(at_site > 0)
    from_site = capacity["capacity_seats"] * share
    seats = capacity.assign(
        seats=from_site.fillna(pupils["pupils"]),
        seats_method=capacity["capacity_definition"].where(from_site.notna(), "enrolled").astype("str"),
    )
    chosen = seats["level"].isin(LEVELS) & seats["school_id"].isin(open_public["school_id"]) & (seats["seats"] > 0)
    return seats.loc[chosen, ["school_id", "level", "pupils", "seats", "seats_method"]].reset_index(drop=True)


def quality_seats(seats: pd.DataFrame, quality: pd.DataFrame) -> pd.DataFrame:
    """Seats of the schools that count as quality schools: ``school_id level quality_seats seats_method``."""
    good = seats[seats["school_id"].isin(quality.loc[quality["is_quality"], "school_id"])]
    return good.rename(columns={"seats": "quality_seats"}).drop(columns="pupils").reset_index(drop=True)


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
        As `school_seats`: the pupils of public schools by level, to which children are scaled.
    bands, now
        level: grades, and the study's fall.

    Returns
    -------
    pandas.DataFrame
        ``level``, ``zone_id``, ``resident_pupils``, ``demand_method``. A level with flows is
        ``counted`` (a hidden cell enters with the middle of its interval); any other is
        ``children of these ages``, times the public schools' pupils per child of the level.
    """
    public = facts.loc[facts["sector"].isin(PUBLIC), "school_id"]
    lived = flows[flows["school_id"].isin(public) & (flows["fall_year"] <= now)]
    lived = lived[lived["fall_year"].eq(lived["fall_year"].max())]
    hidden = lived["pupils"].isna()
    if hidden.any():
        low, high = lived.loc[hidden, "pupils_low"].sum(), lived.loc[hidden, "pupils_high"].sum()
        ledger.note(
            "resident pupils",
            f"{int(hidden.sum())} hidden cells of the flows enter with the middle of their interval, together {low:,.0f} to {high:,.0f} pupils",
        )
    lived = lived.assign(pupils=middle(lived))
    _balance_residents(lived, zones, ledger)
    counted = lived.groupby(["level", "zone_id"])["pupils"].agg(lambda part: part.sum(skipna=False))
    children = children_by_level(zones.drop(columns="level").assign(row=range(len(zones))), "row", bands)
    own = children[children["level"].to_numpy() == zones["level"].to_numpy()[children["row"]]]
    demand = zones[["level", "zone_id"]].assign(
        children=own.set_index("row")["children"].reindex(range(len(zones))).to_numpy()
    )
    enrolled = seats.groupby("level")["pupils"].sum(min_count=1)
    per_child = enrolled / demand.groupby("level")["children"].sum(min_count=1)
    estimate = demand["children"] * demand["level"].map(per_child).astype("float64")
    key = pd.MultiIndex.from_frame(demand[["level", "zone_id"]])
    # In a level with flows a zone that is not listed sends no pupil: that is a count of zero.
    is_counted = demand["level"].isin(counted.index.get_level_values("level"))
    from_flows = counted.reindex(key).to_numpy()
    listed = key.isin(counted.index)
    lives = np.where(is_counted, np.where(listed, from_flows, 0.0), estimate.astype("float64"))
    for level in LEVELS:
        if (
            level in set(demand["level"])
            and not is_counted[demand["level"].eq(level)].any()
            and level in per_child.index
        ):
            ledger.note(
                f"resident pupils, {level}",
                f"children of these ages times {per_child[level]:.3f} public-school pupils per child (no flows given)",
            )
    return demand[["level", "zone_id"]].assign(
        resident_pupils=lives,
        demand_method=np.where(is_counted, "residents counted", "children of these ages x pupils per child"),
    )


def _balance_residents(lived: pd.DataFrame, zones: pd.DataFrame, ledger: Ledger) -> None:
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


def seats_by_zone(
    good: pd.DataFrame,
    zones: pd.DataFrame,
    facts: pd.DataFrame,
    membership: pd.DataFrame,
    flows: pd.DataFrame,
    now: int,
    ledger: Ledger,
) -> pd.DataFrame:
    """Quality seats of each zone: ``level zone_id quality_seats seats_method``.

    A school's seats count in the zone it lies in. A citywide school's seats go to the zones
    where its pupils live, as far as flows tell; else they are kept out, and recorded. Seats of
    schools in no zone are recorded too.
    """
    citywide = facts.loc[facts["is_citywide"], "school_id"]
    is_citywide = good["school_id"].isin(citywide)
    placed = good[~is_citywide].merge(
        membership[["school_id", "level", "zone_id"]], on=["school_id", "level"], how="left", validate="1:1"
    )
    lived = flows[flows["school_id"].isin(citywide) & (flows["fall_year"] <= now)]
    lived = lived[lived["fall_year"].eq(lived["fall_year"].max())]
    lived = lived.assign(pupils=middle(lived))[["level", "zone_id", "school_id", "pupils"]]
    spread = good[is_citywide].merge(lived, on=["school_id", "level"], how="left", validate="1:m")
    share = spread["pupils"] / spread.groupby(["school_id", "level"])["pupils"].transform("sum")
    spread = spread.assign(
        quality_seats=(spread["quality_seats"] * share).where(share.notna(), spread["quality_seats"]),
        zone_id=spread["zone_id"].where(share.notna()),
    )
    everything = pd.concat(
        [part for part in (placed, spread.drop(columns="pupils")) if len(part)] or [placed], ignore_index=True
    )
    nowhere = ~pd.MultiIndex.from_frame(everything[["level", "zone_id"]]).isin(
        pd.MultiIndex.from_frame(zones[["level", "zone_id"]])
    )
    for level, rows in everything.groupby("level", sort=True):
        outside = rows[nowhere[rows.index.to_numpy()]]
        roving = sorted(outside.loc[outside["school_id"].isin(citywide), "school_id"].unique())
        reason = f"; citywide schools without flows: {', '.join(roving)}" if roving else ""
        total, lost = float(rows["quality_seats"].sum()), float(outside["quality_seats"].sum())
        ledger.balance(
            f"quality seats, {level}",
            total=total,
            inside=total - lost,
            outside=lost,
            unit="seats",
            reason=f"outside are seats of schools in no zone{reason}" if lost > 0 else "",
        )
    inside = everything[~nowhere]
    grouped = inside.groupby(["level", "zone_id"], sort=True)
    return pd.DataFrame(
        {
            "quality_seats": grouped["quality_seats"].sum(),
            "seats_method": grouped["seats_method"].agg(lambda names: " and ".join(sorted(set(names)))),
        }
    ).reset_index()


def service_gap(
    zones: pd.DataFrame, demand: pd.DataFrame, supply: pd.DataFrame, *, rated: Sequence[str]
) -> pd.DataFrame:
    """Pupils living in each zone less the quality seats in it; surpluses never offset deficits.

    Parameters
    ----------
    zones
        ``level zone_id is_approximate``.
    demand
        ``level zone_id resident_pupils demand_method``.
    supply
        ``level zone_id quality_seats seats_method``; a zone that is not there has no seats.
    rated
        Levels with rated schools (`rated_levels`); of the others seats are not known rather
        than zero.

    Returns
    -------
    pandas.DataFrame
        The table ``service_gap``. ``service_gap_rank`` 1 is the largest gap of its level.

    References
    ----------
    IFF (2012), Quality Schools: Every Child, Every School, Every Neighborhood; IFF (2013), The
    Shared Challenge of Quality Schools.

    >>> zones = pd.DataFrame({"level": "high", "zone_id": ["a", "b"], "is_approximate": False})
    >>> demand = zones[["level", "zone_id"]].assign(resident_pupils=[100.0, 50.0], demand_method="residents counted")
    >>> supply = pd.DataFrame({"level": ["high"], "zone_id": ["b"], "quality_seats": [80.0], "seats_method": ["given"]})
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
            f"{rows['resident_pupils'].sum():,.0f} resident pupils, {rows['quality_seats'].sum():,.0f} quality seats, {unmet:,.0f} unmet; {spare:,.0f} spare seats elsewhere are not set against them",
        )
    if len(gap) and gap["is_approximate"].any():
        ledger.note(
            "service gap",
            "zones are approximate: drawn by the nearest school, because the district publishes none for this study",
        )


def zones_in_force(zone_profile: pd.DataFrame, *, fall_year: int, vintage: str, ledger: Ledger) -> pd.DataFrame:
    """The zones of the school year in force with the counts of the present vintage."""
    rows = zone_profile[zone_profile["fall_year"].eq(fall_year) & zone_profile["vintage"].eq(vintage)]
    if rows.empty:
        ledger.missing_input(
            f"zones of fall {fall_year} with counts of {vintage}",
            "No attendance zone with census counts: no service gap. Zones are had from the district or NCES SABS, counts from the American Community Survey.",
        )
    return rows.sort_values(["level", "zone_id"]).reset_index(drop=True)


def neighborhood_children(profile: pd.DataFrame, vintage: str, bands: Bands, ledger: Ledger) -> pd.DataFrame:
    """Children of the ages of each level by neighborhood; unknown counts are recorded."""
    rows = profile[profile["vintage"].eq(vintage)].sort_values("neighborhood_id").reset_index(drop=True)
    children = children_by_level(rows, "neighborhood_id", bands)
    unknown = children[children["children"].isna()]
    if rows.empty:
        ledger.missing_input(
            f"children by neighborhood {vintage}",
            "No census counts by neighborhood: no access to seats. To be had from the American Community Survey.",
        )
    for level, lacking in unknown.groupby("level", sort=True):
        ledger.absence(
            f"children of {level} ages",
            "an age band is not known: no access is computed there",
            count=len(lacking),
            unit="neighborhoods",
        )
    return children


def record_capacity(offered: pd.DataFrame, ledger: Ledger) -> None:
    """Record by which definition the seats of schools are known."""
    for method, rows in offered.groupby("seats_method", sort=True):
        what = (
            "no capacity is known: pupils enrolled stand in for seats"
            if method == "enrolled"
            else f"capacity of the site ({method}), shared by pupils enrolled"
        )
        ledger.note(
            "seats of schools", f"{rows['school_id'].nunique()} schools, {rows['seats'].sum():,.0f} seats: {what}"
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


def reach_by_level(
    levels: Sequence[str], *, elementary_reach_m: float, middle_reach_m: float, high_reach_m: float
) -> dict[str, float]:
    """Longest trip to a school of each of these levels, from the section ``seats`` of the study.

    >>> reach_by_level(["middle"], elementary_reach_m=2400.0, middle_reach_m=5000.0, high_reach_m=8000.0)
    {'middle': 5000.0}
    """
    limits = {"elementary": elementary_reach_m, "middle": middle_reach_m, "high": high_reach_m}
    return {level: limits[level] for level in levels}
