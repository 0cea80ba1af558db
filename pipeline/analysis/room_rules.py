"""Capacity of sites by several definitions side by side, each with the rooms it counts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

BY_GRADE, SECONDARY = "by_grade", "secondary"
COLUMNS = [
    "site_id", "capacity_definition", "capacity_seats", "rooms_counted", "pupils_per_room", "capacity_status",
    "capacity_source",
]  # fmt: skip


@dataclass(frozen=True)
class RoomRule:
    """One way to count capacity from rooms.

    ``rooms`` says of each type that counts how: ``by_grade`` (the pupils per room of the grades taught),
    ``secondary`` (the same, for the share of secondary pupils) or a number of pupils. Both shares are of the
    day in which a room is used. With ``homeroom_share``, so many of the rooms, in whole rooms, are homerooms and
    the others seat nobody.
    """

    definition: str
    source: str
    pupils_per_room: Mapping[str, float]
    rooms: Mapping[str, str | float]
    counts_portables: bool
    elementary_share: float = 1.0
    secondary_share: float = 1.0
    homeroom_share: float | None = None


def pupils_per_room(use: pd.DataFrame, rule: RoomRule) -> pd.DataFrame:
    """Pupils that one classroom of each site seats by a rule, from the grades taught there.

    Where nobody is taught the lowest number counts. A site that teaches a grade the rule does not speak of
    has none.

    Parameters
    ----------
    use : DataFrame
        `capacity.site_use`: ``elementary_share`` by level and ``grade_<grade>_share``, NaN where nobody is taught.
    rule : RoomRule
        The way to count.

    Returns
    -------
    DataFrame
        By site: ``full`` (a room in use all day), ``scheduled`` (share of the day) and ``net``, pupils for each
        room of the site that is given away.

    Examples
    --------
    >>> use = pd.DataFrame({"elementary_share": [1.0, 0.0, None], "grade_05_share": [1.0, 0.0, None], "grade_06_share": [0.0, 0.5, None],
    ...     "grade_07_share": [0.0, 0.5, None]}, index=["K-5", "6-7", "closed"])
    >>> rule = RoomRule("functional", "law", {"05": 25.0, "06": 25.0, "07": 27.0}, {"classroom": "by_grade"}, True, secondary_share=0.8)
    >>> pupils_per_room(use, rule)["net"].tolist()
    [25.0, 20.8, 20.0]
    """
    grades = [column for column in use.columns if column.startswith("grade_")]
    shares = use[grades].rename(columns=lambda column: column.split("_")[1])
    full = pd.Series(0.0, index=use.index)
    unknown = pd.Series(0.0, index=use.index)
    for grade in shares.columns:
        part = shares[grade].fillna(0.0)
        full += part * rule.pupils_per_room.get(grade, 0.0)
        unknown += 0.0 if grade in rule.pupils_per_room else part
    idle = shares.isna().all(axis=1) if grades else pd.Series(True, index=use.index)
    full = full.mask(idle, min(rule.pupils_per_room.values())).mask(unknown > 0)
    elementary = use["elementary_share"]
    scheduled = elementary * rule.elementary_share + (1 - elementary) * rule.secondary_share
    scheduled = scheduled.fillna(min(rule.elementary_share, rule.secondary_share))
    return pd.DataFrame({"full": full, "scheduled": scheduled, "net": full * scheduled * (rule.homeroom_share or 1.0)})


def capacity_definitions(
    sites: pd.DataFrame, rooms: pd.DataFrame, use: pd.DataFrame, rules: Sequence[RoomRule], *, given_source: str
) -> pd.DataFrame:
    """Seats of each site by every definition, with the rooms it counts and where the rule comes from.

    A site without any room in the inventory has no capacity by rooms: not known, and not zero. Nor has one that
    teaches grades the rule does not speak of. Rooms that a rule does not name seat nobody.

    Parameters
    ----------
    sites, rooms : DataFrame
        Tables ``site_facts`` and ``rooms``.
    use : DataFrame
        `capacity.site_use`.
    rules : sequence of RoomRule
        The ways to count from rooms. The first one's pupils per room stand in for those of a given capacity.
    given_source : str
        What the given capacity is.

    Returns
    -------
    DataFrame
        Table ``capacity_definitions``: a row for every site and definition; ``capacity_status`` says why there
        are no seats.

    References
    ----------
    Each rule names its own (``pipeline/rules/policy/capacity``).

    Examples
    --------
    >>> sites = pd.DataFrame({"site_id": ["1"], "given_capacity_seats": [None]})
    >>> rooms = pd.DataFrame({"site_id": "1", "room_type": ["classroom", "classroom", "preschool"], "is_portable": [False, True, False], "rooms": [10.0, 2.0, 1.0]})
    >>> use = pd.DataFrame({"elementary_share": [1.0], "grade_KG_share": [1.0]}, index=["1"])
    >>> rule = RoomRule("state_loading", "law", {"KG": 25.0}, {"classroom": "by_grade"}, counts_portables=False)
    >>> capacity_definitions(sites, rooms, use, [rule], given_source="district")[["capacity_definition", "capacity_seats", "rooms_counted", "capacity_status"]].to_numpy().tolist()
    [['given', nan, nan, 'not_given'], ['state_loading', 250.0, 10.0, 'known']]
    """
    use = use.reindex(sites["site_id"])
    stands_in = pupils_per_room(use, rules[0])["net"]
    given = sites.set_index("site_id")["given_capacity_seats"].astype("float64")
    frames = [
        pd.DataFrame(
            {
                "site_id": given.index,
                "capacity_definition": "given",
                "capacity_seats": given.to_numpy(),
                "rooms_counted": np.nan,
                # a rule that does not speak of the grades taught leaves the lowest number
                "pupils_per_room": stands_in.fillna(min(rules[0].pupils_per_room.values())).to_numpy(),
                "capacity_status": np.where(given.isna(), "not_given", "known"),
                "capacity_source": given_source,
            }
        ),
        *(_by_rooms(sites, rooms, use, rule) for rule in rules),
    ]
    table = pd.concat(frames, ignore_index=True)[COLUMNS]
    return table.sort_values(["site_id", "capacity_definition"], kind="stable").reset_index(drop=True)


def _by_rooms(sites: pd.DataFrame, rooms: pd.DataFrame, use: pd.DataFrame, rule: RoomRule) -> pd.DataFrame:
    each = pupils_per_room(use, rule)
    counted = rooms[rooms["room_type"].isin(list(rule.rooms))]
    if not rule.counts_portables:
        counted = counted[~counted["is_portable"].astype(bool)]
    numbers = _rooms_by_type(counted, sites, list(rule.rooms))
    secondary = 1 - use["elementary_share"].fillna(1.0)
    # homerooms are a share of all rooms loaded by grade, in whole rooms; rooms of a fixed number stand beside them
    by_grade, fixed, number = (pd.Series(0.0, index=use.index) for _ in range(3))
    for kind, how in rule.rooms.items():
        here = numbers[kind] * secondary if how == SECONDARY else numbers[kind]
        number += here
        if isinstance(how, str):
            by_grade += here
        else:
            fixed += here * how
    if rule.homeroom_share:
        by_grade = np.floor(rule.homeroom_share * by_grade + 1e-9)
    seats = by_grade * each["full"] + fixed
    has_rooms = use.index.isin(rooms["site_id"])
    seats = (seats * each["scheduled"]).where(has_rooms & each["full"].notna())
    status = np.where(seats.notna(), "known", np.where(has_rooms, "other_grades", "no_rooms_known"))
    return pd.DataFrame(
        {
            "site_id": use.index,
            "capacity_definition": rule.definition,
            "capacity_seats": seats.to_numpy(),
            "rooms_counted": number.where(has_rooms).to_numpy(),
            "pupils_per_room": each["net"].to_numpy(),
            "capacity_status": status,
            "capacity_source": rule.source,
        }
    )


def _rooms_by_type(rooms: pd.DataFrame, sites: pd.DataFrame, types: list[str]) -> pd.DataFrame:
    """Rooms by site and type; a site with an inventory and no such room has zero."""
    table = rooms.pivot_table(index="site_id", columns="room_type", values="rooms", aggfunc="sum", fill_value=0.0)
    return table.reindex(index=sites["site_id"], columns=types, fill_value=0.0).astype("float64")
