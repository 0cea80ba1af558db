"""Sites, rooms, building condition, closed sites and housing projects of Millbrook."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.town import files, names
from pipeline.town.directory import address, lonlat
from pipeline.town.ground import Ground
from pipeline.town.people import People
from pipeline.town.schools import SHARED_ZONE, Schools
from pipeline.town.zones import neighborhood_names

LOADING = {"elementary": 25, "middle": 27, "high": 27}
SURPLUS_SCHOOLS = 4  # elementary schools built for more children than are left
SITE = ["site", "name", "status", "owner", "capacity", "building_m2", "land_m2", "built", "fci", "x", "y", "planted"]
HOME_TYPES = ("SFD", "TH", "MF", "AFF")


@dataclass(frozen=True)
class Facilities:
    """Sites with their capacity and rooms, which school is where, and what is being built."""

    sites: pd.DataFrame
    rooms: pd.DataFrame
    site_schools: pd.DataFrame
    projects: pd.DataFrame
    surplus: tuple[str, ...]  # planted: site ids with room to offer


def facilities(ground: Ground, people: People, schools: Schools, rng: np.random.Generator) -> Facilities:
    """Build the schools, leave room in a few of them and plan homes at the growing edge."""
    table = schools.table
    own = np.flatnonzero((table["sector"] == "district") & (table["closed"] == 0) & ~table["is_virtual"])
    emptying = _emptying(table, people, schools)
    rows, rooms = [], []
    for number, school in enumerate(own):
        row = table.iloc[school]
        pupils = int(schools.pupils[school, -1].sum())
        peak = int(schools.pupils[school].sum(axis=1).max())
        guest = 0
        planted = row["name"] in emptying
        if row["level"] == "elementary" and row["zone"] == SHARED_ZONE:
            # shares its site with a charter
            guest = int(schools.pupils[(table["name"] == names.CHARTERS[1][0]).to_numpy(), -1].sum())
        wanted = (
            (pupils / rng.uniform(0.37, 0.44))
            if planted
            else max((pupils + guest) / rng.uniform(0.86, 0.97), peak * 0.93 + guest)
        )
        loading = LOADING[row["level"]]
        classrooms = int(np.ceil(wanted / loading))
        portable = round(classrooms * (0.08 if planted or row["opened"] > 2010 else rng.uniform(0.1, 0.3)))
        site = f"S{101 + number}"
        special = 1 + int(pupils > 350)
        rooms += [
            (site, "CR", "N", classrooms - portable),
            (site, "SDC", "N", special),
            (site, "LIB/MPR", "N", 2 + (row["level"] != "elementary")),
        ]
        rooms += [(site, "CR", "Y", portable)] if portable else []
        rooms += [
            (
                site,
                "LAB",
                "N",
                max(1, round(classrooms * {"elementary": 0.05, "middle": 0.18, "high": 0.22}[row["level"]])),
            )
        ]
        rooms += [(site, "PK", "N", 1)] if row["level"] == "elementary" and number % 3 == 0 else []
        built = max(row["opened"], 1931)
        index = float(np.clip(0.62 * (2024 - built) / 75 + rng.normal(0, 0.07), 0.02, 0.85))
        area = int(round(wanted * {"elementary": 7.4, "middle": 9.6, "high": 11.5}[row["level"]], -1))
        rows.append(
            [
                site,
                f"{row['name'].replace(' (closed)', '')} campus",
                "Open",
                "MUSD",
                int(round(wanted / 5) * 5),
                area,
                round(area * 5.1),
                built,
                round(index, 3),
                row["x"],
                row["y"],
                planted,
            ]
        )
    sites = pd.DataFrame(
        rows,
        columns=SITE,
    )
    sites.loc[3::9, "fci"] = np.nan  # not assessed
    sites = pd.concat([sites, _closed(ground, people, table, rng)], ignore_index=True)
    placed = pd.DataFrame(
        {"school": table["school_id"].iloc[own].to_numpy(), "site": sites["site"].iloc[: len(own)].to_numpy()}
    )
    shared = table.index[table["level"].eq("elementary") & table["zone"].eq(SHARED_ZONE)][0]
    guest_row = {
        "school": table.loc[table["name"] == names.CHARTERS[1][0], "school_id"].iloc[0],
        "site": sites["site"].iloc[int(np.flatnonzero(own == shared)[0])],
    }
    placed = pd.concat([placed, pd.DataFrame([guest_row])], ignore_index=True)
    rooms_table = pd.DataFrame([*rooms, *_closed_rooms(sites)], columns=["site", "use", "portable", "rooms"])
    surplus = tuple(sites.loc[sites["planted"], "site"])
    return Facilities(sites, rooms_table, placed, _projects(ground, people, rng), surplus)


def _emptying(table: pd.DataFrame, people: People, schools: Schools) -> set[str]:
    """Elementary schools of old neighborhoods that have lost most since the autumn of 2018, none next to another."""
    zoned = table[
        table["level"].eq("elementary") & table["zone"].ge(0) & table["zone"].ne(SHARED_ZONE) & table["opened"].lt(2000)
    ]
    totals = schools.pupils.sum(axis=2)
    nearest = [
        int(np.argmin(np.hypot(people.centres[:, 0] - x, people.centres[:, 1] - y)))
        for x, y in zip(zoned["x"], zoned["y"], strict=True)
    ]
    change = (
        totals[zoned.index, -1] / np.maximum(totals[zoned.index, 1], 1)
        + np.where(people.is_growing[nearest], 9, 0)
        - 0.1 * people.is_shrinking[nearest]
    )
    chosen: list[int] = []
    for row in zoned.index[np.argsort(change, kind="stable")]:
        far = np.hypot(table.loc[chosen, "x"] - table.loc[row, "x"], table.loc[chosen, "y"] - table.loc[row, "y"])
        if len(chosen) < SURPLUS_SCHOOLS and not (far < 1100).any():
            chosen.append(row)
    return set(table.loc[chosen, "name"])


def _closed(ground: Ground, people: People, table: pd.DataFrame, rng: np.random.Generator) -> pd.DataFrame:
    depot = table[table["closed"] > 0].iloc[0]
    old = people.centres[people.is_shrinking]
    needy = people.centres[people.is_needy]
    spots = [
        (depot["x"], depot["y"]),
        tuple(old[np.argmin(old[:, 0])] + 90),
        tuple(needy[np.argmin(needy[:, 1])] + 120),
    ]
    titles = [f"{names.CLOSED_ELEMENTARY} Elementary campus", *names.CLOSED_SITES]
    rows = []  # the leased one has no room to offer
    for number, ((x, y), title) in enumerate(zip(spots, titles, strict=True)):
        nearest = np.argmin(np.where(ground.is_water | ground.is_park, np.inf, np.hypot(ground.x - x, ground.y - y)))
        capacity = (310, 380, 265)[number]
        rows.append([f"S{901 + number}", title, ("Closed", "Leased", "Surplus")[number], "MUSD", capacity, capacity * 7, capacity * 46, (1931, 1957, 1949)[number],
                     round(float((0.58, 0.47, 0.74)[number] + rng.normal(0, 0.01)), 3), ground.x[nearest], ground.y[nearest], number != 1])  # fmt: skip
    return pd.DataFrame(
        rows,
        columns=SITE,
    )


def _closed_rooms(sites: pd.DataFrame) -> list[tuple[str, str, str, int]]:
    closed = sites[sites["site"].str.startswith("S9")]
    return [
        (site, "CR", "N", round(capacity / 25))
        for site, capacity in zip(closed["site"], closed["capacity"], strict=True)
    ]


def _projects(ground: Ground, people: People, rng: np.random.Generator) -> pd.DataFrame:
    edge = np.flatnonzero(people.is_growing)
    centre = np.flatnonzero(people.is_shrinking)
    rows = []
    listed = neighborhood_names(people)
    for number, home in enumerate([*np.resize(edge, 10), *centre[:3]]):
        kind = HOME_TYPES[int(rng.integers(0, 3))] if number < 10 else ("MF", "AFF", "MF")[number - 10]
        x, y = people.centres[home] + rng.normal(0, 220, 2)
        cell = int(
            np.argmin(
                np.where(
                    ground.is_water | ground.is_park | ~ground.in_district, np.inf, np.hypot(ground.x - x, ground.y - y)
                )
            )
        )
        first = int(2024 + rng.integers(0, 4))
        homes = int(rng.integers(40, 210)) if kind != "AFF" else 64
        title = f"{listed[home]} {('Phase', 'Village', 'Commons', 'Place')[number % 4]} {1 + number // 4}"
        rows.append(
            [
                f"TR-{2023 + number % 3}-{14 + 3 * number:03d}",
                title,
                kind,
                homes,
                first,
                first + 1 + homes // 80,
                ground.x[cell],
                ground.y[cell],
            ]
        )
    return pd.DataFrame(rows, columns=["project", "name", "kind", "homes", "first", "last", "x", "y"])


def write_facilities(built: Facilities, folder: files.Out) -> None:
    """The inventory workbook, room counts, closed sites, who is where, and housing projects."""
    sites = built.sites.copy()
    longitude, latitude = lonlat(sites["x"], sites["y"])
    condition = np.select(
        [sites["fci"].isna(), sites["fci"] < 0.2, sites["fci"] < 0.45, sites["fci"] < 0.65],
        ["Not assessed", "Good", "Fair", "Poor"],
        "Very poor",
    )
    frame = pd.DataFrame(
        {
            "Site No.": sites["site"],
            "Site Name": sites["name"],
            "Street Address": [address(11 + 3 * n) for n in range(len(sites))],
            "Use": sites["status"],
            "Owner": sites["owner"],
            "Capacity (seats)": sites["capacity"],
            "Building Area (sq ft)": (sites["building_m2"] / 0.09290304).round(-2).astype(int),
            "Site Area (acres)": (sites["land_m2"] / 4046.8564224).round(1),
            "Year Built": sites["built"],
            "FCI": sites["fci"],
            "Condition": condition,
            "Latitude": latitude,
            "Longitude": longitude,
        }
    )
    is_open = (sites["status"] == "Open").to_numpy()
    titles = [
        "Millbrook Unified School District",
        "Facilities inventory as of July 1, 2024 (permanent and portable classrooms)",
    ]
    folder.workbook("facilities_inventory_2024.xlsx", "Inventory", titles, frame[is_open])
    folder.text("closed_sites.csv", frame[~is_open].assign(FCI=lambda f: f["FCI"].map("{:.3f}".format)))
    folder.text(
        "room_inventory_2024.csv",
        built.rooms.rename(columns={"site": "SITE_NO", "use": "ROOM_USE", "portable": "PORTABLE", "rooms": "COUNT"}),
    )
    folder.text("site_schools.csv", built.site_schools.rename(columns={"school": "CDS_CODE", "site": "SITE_NO"}))
    projects = built.projects
    longitude, latitude = lonlat(projects["x"], projects["y"])
    folder.text("housing_projects.csv", pd.DataFrame(
        {"TRACT_MAP": projects["project"], "PROJECT": projects["name"], "TYPE": projects["kind"], "UNITS": projects["homes"], "FIRST_OCCUPANCY": projects["first"],
         "BUILDOUT": projects["last"], "LON": longitude, "LAT": latitude}))  # fmt: skip
