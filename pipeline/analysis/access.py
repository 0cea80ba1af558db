"""What access to quality seats says of neighborhoods, zones and groups of people."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.ledger import Ledger
from pipeline.numerals import number, trimmed

# Groups counted by neighborhood, who are taken to live there as its children do; of each line the first that is counted.
GROUPS = (
    ("children_in_poverty", "people_in_poverty", "people_below_200_poverty"),
    ("limited_english_households", "people_limited_english"),
    ("single_parent_families", "single_parent_households"),
    ("homes_without_vehicle",),
)
CHILDREN = "children"


def access_methods(access: pd.DataFrame, poor_ratio: float) -> pd.DataFrame:
    """Access by neighborhood, level and method: all its children's seats over its children.

    Parameters
    ----------
    access
        `place_access`.
    poor_ratio
        Below this share of the district's mean access is poor.

    Returns
    -------
    pandas.DataFrame
        The table ``access_methods``. Where no child lives, the mean over the places. Access is
        poor where children live and it is below ``poor_ratio`` of the mean; where that mean is
        zero no neighborhood is worse off than another.

    >>> access = pd.DataFrame({"neighborhood_id": "n", "level": "high", "access_method": "2sfca", "children": [30.0, 10.0],
    ...     "access_ratio": [1.0, 0.2], "relative_access_ratio": [0.5, 0.1]})
    >>> access_methods(access, 0.5)[["access_ratio", "relative_access_ratio", "is_poor_access"]].round(3).to_numpy().tolist()
    [[0.8, 0.4, True]]
    """
    key = ["neighborhood_id", "level", "access_method"]
    columns = ["access_ratio", "relative_access_ratio"]
    if access.empty:
        return pd.DataFrame(columns=[*key, *columns, "is_poor_access"])
    lived = access.assign(**{name: access[name] * access["children"] for name in columns})
    grouped, plain = lived.groupby(key, sort=True), access.groupby(key, sort=True)
    children = grouped["children"].sum()
    table = pd.DataFrame(
        {
            name: (grouped[name].sum(min_count=1) / children.where(children > 0)).fillna(plain[name].mean())
            for name in columns
        }
    )
    is_poor = table["relative_access_ratio"].lt(poor_ratio) & children.gt(0)
    return table.assign(is_poor_access=is_poor).reset_index()


def reached_by_zone(access: pd.DataFrame, places: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Seats that the children of each zone reach: ``level zone_id reached_seats``; they add up to those reached.

    ``access`` holds one method. Seats reached from places in no zone are recorded.
    """
    if access.empty:
        return pd.DataFrame(columns=["level", "zone_id", "reached_seats"])
    parts = []
    for level, rows in access.groupby("level", sort=True):
        zone = places[f"{level}_zone_id"].to_numpy()[rows["place"].to_numpy()]
        seats = rows["access_ratio"] * rows["children"]
        parts.append(pd.DataFrame({"level": level, "zone_id": zone, "reached_seats": seats}))
    rows = pd.concat(parts, ignore_index=True)
    for level, seats in rows.groupby("level", sort=True):
        total, outside = (
            float(seats["reached_seats"].sum()),
            float(seats.loc[seats["zone_id"].isna(), "reached_seats"].sum()),
        )
        if total > 0:
            ledger.balance(
                f"quality seats reached, {level}",
                total=total,
                inside=float(seats.loc[seats["zone_id"].notna(), "reached_seats"].sum()),
                outside=outside,
                unit="seats",
                reason="reached from places in no zone" if outside > 0 else "",
            )
    known = rows.dropna(subset="zone_id").astype({"zone_id": "str"})
    return known.groupby(["level", "zone_id"], as_index=False, sort=True)["reached_seats"].sum()


def access_groups(access: pd.DataFrame, profile: pd.DataFrame, poor_ratio: float) -> pd.DataFrame:
    """Of the children and of groups of people, how many live where access is poor.

    Parameters
    ----------
    access
        `place_access` of one method.
    profile
        Rows of ``neighborhood_profile`` of one vintage: ``neighborhood_id`` and the counts of ``GROUPS``.
    poor_ratio
        Below this share of the district's mean access is poor.

    Returns
    -------
    pandas.DataFrame
        The table ``access_groups``: ``level measure group_count mean_relative_access_ratio
        poor_share``. ``children`` are those of the level's ages. A group is spread within its
        neighborhood as the children of the level are, so that what the places of a
        neighborhood differ in is the children's, not the group's own. Groups that no
        neighborhood counts have no row; where the mean access is zero nothing is said.

    >>> access = pd.DataFrame({"neighborhood_id": ["n", "m"], "level": "high", "children": [30.0, 10.0], "relative_access_ratio": [1.3, 0.1]})
    >>> profile = pd.DataFrame({"neighborhood_id": ["n", "m"], "children_in_poverty": [1.0, 9.0]})
    >>> access_groups(access, profile, 0.5)[["measure", "poor_share"]].to_numpy().tolist()
    [['children', 0.25], ['children_in_poverty', 0.9]]
    """
    columns = ["level", "measure", "group_count", "mean_relative_access_ratio", "poor_share"]
    rows = []
    counts = profile.set_index("neighborhood_id").dropna(axis=1, how="all")
    named = [next((name for name in line if name in counts), "") for line in GROUPS]
    named = [name for name in named if name]
    for level, here in access.groupby("level", sort=True):
        children = here["children"]
        own = children.groupby(here["neighborhood_id"]).transform("sum")
        share = children / own.where(own > 0)
        relative, is_known = here["relative_access_ratio"], here["relative_access_ratio"].notna().all()
        groups = {CHILDREN: children} | {name: here["neighborhood_id"].map(counts[name]) * share for name in named}
        for name, people in groups.items():
            total = float(people.sum())
            if total > 0:
                mean, poor = (
                    float((people * relative).sum()) / total,
                    float(people[relative < poor_ratio].sum()) / total,
                )
                rows.append((level, name, total, *((mean, poor) if is_known else (np.nan, np.nan))))
    return pd.DataFrame(rows, columns=columns)


def record_travel(minutes: pd.DataFrame, travel_mode: str, ledger: Ledger) -> None:
    """Record whether travel times or distances are used, and that a mode without times has none."""
    if len(minutes):
        ledger.note(
            "access to quality seats",
            f"by supplied travel times ({travel_mode}), {number(len(minutes))} trips; a pair that is not listed is out of reach",
        )
    elif travel_mode:
        ledger.missing_input(
            f"travel times ({travel_mode})",
            "No travel times of this mode: distances are used. To be had from a route planner, as a table of origin_id, destination_id and minutes.",
        )


def record_access(access: pd.DataFrame, seats: pd.DataFrame, poor_ratio: float, ledger: Ledger) -> None:
    """Record, by level, how many children live where access is far below the district's mean.

    ``access`` is `access_places.place_access` of the study's method. Where the mean is zero, it
    is recorded whether there is no quality seat or none within reach.
    """
    for level, rows in access.groupby("level", sort=True):
        children = rows["children"]
        total, poor = float(children.sum()), float(children[rows["relative_access_ratio"] < poor_ratio].sum())
        none = float(children[rows["access_ratio"].eq(0)].sum())
        text = f"{number(poor)} of {number(total)} children live where access is poor (below {trimmed(poor_ratio)} of the mean), {number(none)} of them where no quality seat is within reach"
        if rows["relative_access_ratio"].isna().all():
            where = "within reach of any child" if seats["level"].eq(level).any() else "anywhere"
            text = f"no quality seat of this level {where}: the mean access of {number(total)} children is zero, and no neighborhood is set against it"
        ledger.note(f"access to quality seats, {level}", text)


def record_methods(methods: pd.DataFrame, ledger: Ledger) -> None:
    """Record, by level, in how many neighborhoods access is poor by each method, and by all of them."""
    for level, rows in methods.groupby("level", sort=True):
        poor = rows.groupby("access_method")["is_poor_access"].sum()
        by_all = int(rows.groupby("neighborhood_id")["is_poor_access"].all().sum())
        named = ", ".join(f"{number(count)} by {name}" for name, count in poor.items())
        ledger.note(
            f"access by three methods, {level}",
            f"poor in {named} and {number(by_all)} by all, of {number(rows['neighborhood_id'].nunique())} neighborhoods",
        )
