"""Sites and rooms, and the room to offer that is planted in them."""

from __future__ import annotations

from pathlib import Path

import openpyxl
import pandas as pd
import pytest

from pipeline.town.facilities import Facilities
from pipeline.town.facts import truth
from pipeline.town.write import town

RAW = Path(__file__).resolve().parents[2] / "data/raw/millbrook/facilities"


@pytest.fixture(scope="module")
def built() -> Facilities:
    facilities = town().facilities
    assert facilities is not None
    return facilities


@pytest.fixture(scope="module")
def use(built: Facilities) -> pd.Series:
    schools = town().schools
    assert schools is not None
    now = dict(zip(schools.table["school_id"], schools.pupils[:, -1].sum(axis=1), strict=True))
    used = built.site_schools.assign(pupils=built.site_schools["school"].map(now)).groupby("site")["pupils"].sum()
    sites = built.sites.set_index("site")
    return (used / sites["capacity"]).reindex(sites.index)


def test_planted_sites_are_half_empty_and_all_others_nearly_full(built: Facilities, use: pd.Series) -> None:
    planted = [site for site in built.surplus if site in use.dropna().index]
    assert len(planted) == 4
    assert use[planted].max() < 0.5
    assert use.dropna().drop(planted).min() > 0.75
    assert use.max() <= 1.0


def test_three_sites_are_closed_and_the_leased_one_has_nothing_to_offer(built: Facilities) -> None:
    closed = built.sites[built.sites["status"] != "Open"].set_index("site")
    assert sorted(closed["status"]) == ["Closed", "Leased", "Surplus"]
    assert {site for site in built.surplus if site in closed.index} == set(closed.index[closed["status"] != "Leased"])


def test_rooms_hold_the_capacity(built: Facilities) -> None:
    rooms = built.rooms[built.rooms["use"] == "CR"].groupby("site")["rooms"].sum()
    open_sites = built.sites[built.sites["status"] == "Open"].set_index("site")
    seats = rooms[open_sites.index] * 26
    assert ((seats / open_sites["capacity"] > 0.9) & (seats / open_sites["capacity"] < 1.5)).all()


def test_two_schools_share_one_site(built: Facilities) -> None:
    at = built.site_schools.groupby("site")["school"].apply(list)
    shared = at[at.str.len() > 1]
    assert len(shared) == 1
    schools = town().schools
    assert schools is not None
    sector = schools.table.set_index("school_id")["sector"]
    assert sorted(sector[shared.iloc[0]]) == ["charter", "district"]


def test_each_host_has_the_seats_its_charter_needs(built: Facilities, use: pd.Series) -> None:
    hosts = truth().best_hosts
    assert len(hosts) >= 3
    schools = town().schools
    assert schools is not None
    now = dict(zip(schools.table["school_id"], schools.pupils[:, -1].sum(axis=1), strict=True))
    capacity = built.sites.set_index("site")["capacity"]
    for charter, site in hosts.items():
        assert site in built.surplus
        assert capacity[site] * (1 - use.fillna(0)[site]) >= now[charter]


def test_the_workbook_has_two_title_rows_and_sites_that_were_not_assessed() -> None:
    sheet = openpyxl.load_workbook(RAW / "facilities_inventory_2024.xlsx")["Inventory"]
    rows = list(sheet.iter_rows(values_only=True))
    assert rows[0][0] == "Millbrook Unified School District"
    assert rows[2][:2] == ("Site No.", "Site Name")
    condition = rows[2].index("Condition")
    assert {"Good", "Fair", "Poor", "Not assessed"} <= {row[condition] for row in rows[3:]}


def test_most_homes_are_planned_at_the_growing_edge(built: Facilities) -> None:
    made = town()
    edge = made.people.centres[made.people.is_growing]
    homes = built.projects
    near = [((edge - (x, y)) ** 2).sum(axis=1).min() ** 0.5 < 900 for x, y in zip(homes["x"], homes["y"], strict=True)]
    assert homes.loc[near, "homes"].sum() > 0.6 * homes["homes"].sum()
