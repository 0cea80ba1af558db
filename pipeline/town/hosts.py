"""The best way to house Millbrook's charters in its empty rooms, found by trying every one."""

from __future__ import annotations

from itertools import product

import numpy as np
import pandas as pd

from pipeline.town.areas import Floats, tally
from pipeline.town.choice import GRADES, LEVEL_OF
from pipeline.town.facilities import LOADING, Facilities
from pipeline.town.ground import Ground
from pipeline.town.people import People
from pipeline.town.schools import Schools
from pipeline.town.zones import Zones

LAST_ELEMENTARY = "06"  # the state's line between 25 and 27 pupils to a room
SCHEDULED = 0.85  # of the day, a room in which pupils change with each period
SPECIAL_DAY = 13  # pupils to a special-day room
ROAD = 1.3  # road metres to a metre in a straight line
FARTHEST_M = 8000.0
# What the parts of a pair's cost weigh, as studies/millbrook.yaml has it; a seat is worth this many full costs.
WEIGHTS = {"travel": 0.5, "grade": 0.2, "load": 0.2, "move": 0.1}
SEAT_VALUE = 10.0


def best_hosts(ground: Ground, people: People, drawn: Zones, schools: Schools, built: Facilities) -> dict[str, str]:
    """Charter without a district site: its site in the matching worth most by the town's own rules.

    Charters and hosts teach a level in common, or the site is empty; the rooms fit beside each other in
    permanent rooms that are free today. Of the town's true numbers, not of its files: homes are those of the pupils
    expected. What is left out has no site in that matching.
    """
    table = schools.table
    asking = np.flatnonzero((table["sector"] == "charter") & ~table["school_id"].isin(built.site_schools["school"]))
    sites = built.sites[built.sites["planted"].to_numpy() & ~built.sites["status"].eq("Leased").to_numpy()]
    needed = [_rooms(schools, int(school)) for school in asking]
    free = _free(schools, built, sites)
    levels = [_levels_at(schools, built, site) for site in sites["site"]]
    choices = [
        [-1]
        + [
            s
            for s in range(len(sites))
            if needed[c] <= free[s] and (not levels[s] or levels[s] & _levels_of(schools, int(school)))
        ]
        for c, school in enumerate(asking)
    ]
    pupils = [int(schools.pupils[school, -1].sum()) for school in asking]
    cost = _costs(ground, people, drawn, schools, built, asking, sites)
    best, chosen = -1.0, (-1,) * len(asking)
    for choice in product(*choices):
        held = np.zeros(len(sites))
        for c, s in enumerate(choice):
            if s >= 0:
                held[s] += needed[c]
        worth = sum(pupils[c] * (SEAT_VALUE - cost[c, s]) for c, s in enumerate(choice) if s >= 0)
        if worth > best and (held <= free).all():
            best, chosen = worth, choice
    ids, places = table["school_id"].to_numpy(), sites["site"].to_numpy()
    return {str(ids[school]): str(places[s]) for school, s in zip(asking, chosen, strict=True) if s >= 0}


def _rooms(schools: Schools, school: int) -> int:
    """Rooms its pupils need: whole rooms for each level."""
    rooms = dict.fromkeys(("elementary", "middle", "high"), 0.0)
    for g, grade in enumerate(GRADES):
        level, is_lower = LEVEL_OF[grade], g <= GRADES.index(LAST_ELEMENTARY)
        loading = LOADING["elementary" if is_lower else "high"] * (1.0 if level == "elementary" else SCHEDULED)
        rooms[level] += float(schools.pupils[school, -1, g]) / loading
    return sum(int(np.ceil(count - 1e-9)) for count in rooms.values())


def _levels_of(schools: Schools, school: int) -> set[str]:
    return {LEVEL_OF[grade] for g, grade in enumerate(GRADES) if schools.pupils[school, -1, g] > 0}


def _levels_at(schools: Schools, built: Facilities, site: str) -> set[str]:
    """Levels taught at a site; none where it stands empty."""
    here = built.site_schools.loc[built.site_schools["site"] == site, "school"]
    rows = np.flatnonzero(schools.table["school_id"].isin(here))
    return set().union(*(_levels_of(schools, int(row)) for row in rows))


def _seats(built: Facilities, sites: pd.DataFrame) -> Floats:
    """Seats of each site: as given or by its permanent rooms, whichever are fewer."""
    rooms = built.rooms[built.rooms["portable"] == "N"]
    count = rooms.pivot_table(index="site", columns="use", values="rooms", aggfunc="sum", fill_value=0)
    count = count.reindex(sites["site"])
    permanent = count["CR"] * LOADING["elementary"] + count["SDC"] * SPECIAL_DAY
    return np.asarray(np.minimum(sites["capacity"].to_numpy(dtype=float), permanent.to_numpy(dtype=float)))


def _used(schools: Schools, built: Facilities, sites: pd.DataFrame) -> Floats:
    """Pupils at each site."""
    now = dict(zip(schools.table["school_id"], schools.pupils[:, -1].sum(axis=1), strict=True))
    placed = built.site_schools
    used = placed.assign(pupils=placed["school"].map(now)).groupby("site")["pupils"].sum()
    return np.asarray(sites["site"].map(used).fillna(0.0), dtype=float)


def _free(schools: Schools, built: Facilities, sites: pd.DataFrame) -> Floats:
    """Whole rooms of 25 seats that nobody sits in."""
    return np.asarray(np.floor((_seats(built, sites) - _used(schools, built, sites)) / LOADING["elementary"]))


def _costs(
    ground: Ground,
    people: People,
    drawn: Zones,
    schools: Schools,
    built: Facilities,
    asking: np.ndarray,
    sites: pd.DataFrame,
) -> Floats:
    """Cost of each charter at each site, 0 best and 1 worst."""
    order = ("elementary", "middle", "high")
    far = _far_from_homes(ground, people, drawn, schools, asking, sites)
    cost = np.zeros((len(asking), len(sites)))
    seats, used = _seats(built, sites), _used(schools, built, sites)
    for c, school in enumerate(asking):
        own = schools.pupils[school, -1]
        at = schools.table.iloc[school]
        for s, site in enumerate(sites.itertuples()):
            there = _levels_at(schools, built, str(site.site)) or set(order)
            apart = sum(
                float(own[g]) * min(abs(order.index(LEVEL_OF[grade]) - order.index(level)) for level in there)
                for g, grade in enumerate(GRADES)
            )
            parts = {
                "travel": ROAD * far[c, s] / FARTHEST_M,
                "grade": apart / (2 * float(own.sum())),
                "load": (used[s] + float(own.sum())) / seats[s],
                "move": ROAD * float(np.hypot(site.x - at["x"], site.y - at["y"])) / FARTHEST_M,
            }
            cost[c, s] = sum(weight * min(parts[part], 1.0) for part, weight in WEIGHTS.items())
    return cost


def _far_from_homes(
    ground: Ground, people: People, drawn: Zones, schools: Schools, asking: np.ndarray, sites: pd.DataFrame
) -> Floats:
    """Mean distance from the homes of each charter's expected pupils to each site, by the children of their zones."""
    zone, kids = drawn.elementary, people.at_age(8, 2022)
    inside = zone >= 0
    number = int(zone.max()) + 1
    there = tally(zone[inside], kids[inside], number)
    trips = np.column_stack(
        [
            tally(zone[inside], (kids * np.hypot(ground.x - x, ground.y - y))[inside], number) / there
            for x, y in zip(sites["x"], sites["y"], strict=True)
        ]
    )
    weight = schools.expected[:, asking, :].sum(axis=2).T
    return np.asarray((weight[:, :, None] * trips[None, :, :]).sum(axis=1) / weight.sum(axis=1)[:, None])
