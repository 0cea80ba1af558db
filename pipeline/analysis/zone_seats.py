"""Seats of zones: each school's where it lies, those of city-wide schools where their pupils live."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.enrollment import middle
from pipeline.ledger import Ledger

KEY = ["level", "zone_id"]


def placed_seats(
    good: pd.DataFrame,
    facts: pd.DataFrame,
    membership: pd.DataFrame,
    flows: pd.DataFrame,
    now: int,
) -> pd.DataFrame:
    """Each school's seats by the zone they count in; the seats of a school add up to its own.

    A school's seats count in the zone it lies in. A citywide school's seats go to the zones
    where its pupils live, in proportion to the cells of the flows that hold a number or its
    bounds. Rows of one school depend on no other school.

    Parameters
    ----------
    good
        ``school_id level quality_seats seats_method``.
    facts, membership, flows
        The tables ``school_facts``, ``membership`` and ``flows``.
    now
        The study's fall; the latest flows up to it count.

    Returns
    -------
    pandas.DataFrame
        The columns of ``good`` with ``zone_id`` (empty where the school lies in no zone, or is
        citywide and has no such cell: it keeps its seats whole), ``citywide_seats`` and
        ``citywide_pupils``, which are 0 for a school that is not citywide.

    >>> good = pd.DataFrame({"school_id": ["a", "w"], "level": "high", "quality_seats": [90.0, 40.0], "seats_method": "given"})
    >>> facts = pd.DataFrame({"school_id": ["a", "w"], "is_citywide": [False, True]})
    >>> lies = pd.DataFrame({"school_id": ["a", "w"], "level": "high", "zone_id": ["east", "east"]})
    >>> lives = pd.DataFrame({"level": "high", "zone_id": ["east", "west"], "school_id": "w", "fall_year": 2024,
    ...     "pupils": [10.0, 30.0], "pupils_low": [10.0, 30.0], "pupils_high": [10.0, 30.0]})
    >>> placed_seats(good, facts, lies, lives, 2024)[["zone_id", "quality_seats", "citywide_seats"]].to_numpy().tolist()
    [['east', 90.0, 0.0], ['east', 10.0, 10.0], ['west', 30.0, 30.0]]
    """
    citywide = facts.loc[facts["is_citywide"], "school_id"]
    is_citywide = good["school_id"].isin(citywide)
    placed = good[~is_citywide].merge(
        membership[["school_id", "level", "zone_id"]], on=["school_id", "level"], how="left", validate="1:1"
    )
    lived = citywide_pupils(citywide, flows, now)
    spread = good[is_citywide].merge(
        lived[lived["citywide_pupils"] > 0], on=["school_id", "level"], how="left", validate="1:m"
    )
    # a school without any cell has one row, of no zone, and keeps its seats whole
    share = spread["citywide_pupils"] / spread.groupby(["school_id", "level"])["citywide_pupils"].transform("sum")
    spread = spread.assign(quality_seats=(spread["quality_seats"] * share).fillna(spread["quality_seats"]))
    spread = spread.assign(citywide_seats=spread["quality_seats"])
    return pd.concat(
        [part for part in (placed.assign(citywide_seats=0.0, citywide_pupils=0.0), spread) if len(part)] or [spread],
        ignore_index=True,
    )


def citywide_pupils(citywide: pd.Series, flows: pd.DataFrame, now: int) -> pd.DataFrame:
    """Pupils of citywide schools by zone of residence, at the latest count up to ``now``.

    Returns ``level zone_id school_id citywide_pupils``: the number, or the middle of its bounds.
    """
    lived = flows[flows["school_id"].isin(citywide) & (flows["fall_year"] <= now)]
    lived = lived[lived["fall_year"].eq(lived["fall_year"].max())]
    return lived.assign(citywide_pupils=middle(lived))[["level", "zone_id", "school_id", "citywide_pupils"]]


def is_in_zone(placed: pd.DataFrame, zones: pd.DataFrame) -> pd.Series:
    """Whether each row of `placed_seats` counts in one of these zones."""
    known = pd.MultiIndex.from_frame(placed[KEY]).isin(pd.MultiIndex.from_frame(zones[KEY]))
    return pd.Series(known, index=placed.index, dtype="bool")


def sum_by_zone(inside: pd.DataFrame) -> pd.DataFrame:
    """Seats of each zone: ``level zone_id quality_seats citywide_seats citywide_pupils seats_method``."""
    grouped = inside.groupby(KEY, sort=True)
    return pd.DataFrame(
        {
            "quality_seats": grouped["quality_seats"].sum(),
            "citywide_seats": grouped["citywide_seats"].sum(),
            "citywide_pupils": grouped["citywide_pupils"].sum(),
            "seats_method": grouped["seats_method"].agg(lambda names: " and ".join(sorted(set(names)))),
        }
    ).reset_index()


def seats_by_zone(
    good: pd.DataFrame,
    zones: pd.DataFrame,
    facts: pd.DataFrame,
    membership: pd.DataFrame,
    flows: pd.DataFrame,
    now: int,
    ledger: Ledger,
) -> pd.DataFrame:
    """Quality seats of each zone (`sum_by_zone` of `placed_seats`); what is in no zone is recorded.

    ``citywide_seats`` are those of citywide schools and ``citywide_pupils`` the pupils by whose
    homes they were spread, 0 where none. Recorded, once and by reason, are the seats that no
    zone gets: of citywide schools without flows, of schools in no zone, and of pupils in grades
    of a level that their school does not serve.
    """
    citywide = facts.loc[facts["is_citywide"], "school_id"]
    lived = citywide_pupils(citywide, flows, now)
    unbounded = int(lived.loc[lived["school_id"].isin(good["school_id"]), "citywide_pupils"].isna().sum())
    if unbounded:
        ledger.absence(
            "flows to citywide schools",
            "without a bound: seats are spread over the school's other cells",
            count=unbounded,
        )
    everything = placed_seats(good, facts, membership, flows, now)
    nowhere = ~is_in_zone(everything, zones)
    supply = sum_by_zone(everything[~nowhere])
    unplaced = everything[nowhere]
    served = pd.MultiIndex.from_frame(membership[["school_id", "level"]])
    for level, seats in good.groupby("level", sort=True)["quality_seats"].sum().items():
        outside = unplaced[unplaced["level"] == level]
        is_roving = outside["school_id"].isin(citywide)
        is_stray = ~is_roving & ~pd.MultiIndex.from_frame(outside[["school_id", "level"]]).isin(served)
        roving, stray = (", ".join(sorted(outside.loc[part, "school_id"].unique())) for part in (is_roving, is_stray))
        reasons = {
            "seats of schools in no zone": bool((~is_roving & ~is_stray).any()),
            f"citywide schools without flows: {roving}": bool(roving),
            f"a few pupils out of grade in schools that do not serve the level: {stray}": bool(stray),
        }
        lost = float(outside["quality_seats"].sum())
        ledger.balance(
            f"quality seats, {level}",
            total=float(seats),
            inside=float(supply.loc[supply["level"] == level, "quality_seats"].sum()),
            outside=lost,
            unit="seats",
            reason="; ".join(reason for reason, is_there in reasons.items() if is_there and lost > 0),
        )
    return supply
