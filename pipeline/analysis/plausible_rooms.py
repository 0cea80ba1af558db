"""Rooms and seats that their building cannot have: of other sites, smaller than any room, none where pupils sit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd

from pipeline.analysis.plausible import MOST_LOST_SHARE, first_of
from pipeline.errors import ContractError, Fault
from pipeline.ledger import Ledger

if TYPE_CHECKING:
    import geopandas as gpd

# A classroom has some 60 to 90 m2, a room of four pupils and a teacher no less than 10; with halls and offices
# a building has 100 m2 and more to a room, and even an old one with small rooms more than 40.
SMALLEST_ROOM_M2 = 10.0
TIGHT_ROOM_M2 = 40.0
# Given seats over rooms: a site of special-day rooms has six, none has a hall's seats in every room.
FEWEST_SEATS, MOST_SEATS = 4.0, 60.0


def check_rooms_found(rooms: pd.DataFrame, sites: pd.DataFrame) -> None:
    """Refuse rooms of which most are at sites that no inventory has.

    Parameters
    ----------
    rooms, sites
        Input tables ``room_counts`` and ``site_list``.

    Raises
    ------
    ContractError
        If more than half of the rooms are elsewhere.

    Examples
    --------
    >>> check_rooms_found(pd.DataFrame({"site_id": ["X1", "S2"], "rooms": [20.0, 9.0]}), pd.DataFrame({"site_id": ["S1", "S2"]}))
    Traceback (most recent call last):
    ...
    pipeline.errors.ContractError: room_counts cannot be used:
      - [E-ROOMS-ELSEWHERE] 20 of 29 rooms are at sites that are in no inventory (once; first: site X1; sites of the inventory: S1, S2). Write the ids as the inventory does (`codes`, `pad` or `prefix` of the source), or give the inventory that these rooms are of.
    """
    strange = rooms[~rooms["site_id"].isin(sites["site_id"])].sort_values("site_id", kind="stable")
    lost, total = float(strange["rooms"].sum()), float(rooms["rooms"].sum())
    if sites.empty or not lost > MOST_LOST_SHARE * total:
        return
    fault = Fault(
        "E-ROOMS-ELSEWHERE",
        f"{lost:,.0f} of {total:,.0f} rooms are at sites that are in no inventory",
        int(strange["site_id"].nunique()),
        f"site {strange['site_id'].iloc[0]}; sites of the inventory: {first_of(sorted(sites['site_id']))}",
        "Write the ids as the inventory does (`codes`, `pad` or `prefix` of the source), or give the inventory that these rooms are of.",
    )
    raise ContractError("room_counts", [fault])


def check_room_sizes(rooms: pd.DataFrame, sites: pd.DataFrame, ledger: Ledger) -> None:
    """Refuse more rooms than a building has floor for; note tight ones, and given seats that do not go with the rooms.

    Rooms of every kind but ``other`` count; portables stand beside the building, so that its floor is
    held against permanent rooms alone.

    Raises
    ------
    ContractError
        If a building has less than 10 m2 to each of its permanent rooms.
    """
    used = rooms[rooms["room_type"] != "other"]
    inside = used[~used["is_portable"].astype(bool)].groupby("site_id")["rooms"].sum()
    facts = sites.sort_values("site_id", kind="stable").set_index("site_id")
    floor, permanent = facts["building_m2"].astype("float64"), inside.reindex(facts.index)
    each = (floor / permanent).where((permanent > 0) & (floor > 0)).dropna()
    packed, tight = each[each < SMALLEST_ROOM_M2], each[each < TIGHT_ROOM_M2]
    if len(packed):
        site = packed.index[0]
        fault = Fault(
            "E-ROOMS-TOO-MANY",
            f"a building has less than {SMALLEST_ROOM_M2:.0f} m2 to each of its permanent rooms",
            len(packed),
            f"site {site}: {permanent[site]:,.0f} rooms in building_m2 {floor[site]:,.0f}",
            "Correct the rooms or the floor area of the site; if the area is in another unit, declare `scale: {building_m2: ...}`.",
        )
        raise ContractError("room_counts", [fault])
    if len(tight):
        first = f"{permanent[tight.index[0]]:,.0f} rooms in {floor[tight.index[0]]:,.0f} m2"
        told = f"{len(tight)} buildings have less than {TIGHT_ROOM_M2:.0f} m2 to each of their permanent rooms; first: {first}"
        ledger.note("floor areas", told, item=str(tight.index[0]))
    seats, every = facts["given_capacity_seats"].astype("float64"), used.groupby("site_id")["rooms"].sum()
    by_room = (seats / every.reindex(facts.index)).where((seats > 0) & every.reindex(facts.index).gt(0)).dropna()
    odd = by_room[(by_room < FEWEST_SEATS) | (by_room > MOST_SEATS)]
    if len(odd):
        ledger.note(
            "given capacities",
            f"{len(odd)} sites are given fewer than {FEWEST_SEATS:.0f} or more than {MOST_SEATS:.0f} seats to a room; "
            f"first: {seats[odd.index[0]]:,.0f} seats in {every[odd.index[0]]:,.0f} rooms",
            item=str(odd.index[0]),
        )


def record_closed_in_use(sites: pd.DataFrame, at: pd.DataFrame, schools: pd.DataFrame, ledger: Ledger) -> None:
    """Note sites that the inventory calls closed or surplus and where a school is open; they count as in use.

    Parameters
    ----------
    sites, at, schools
        Tables ``sites``, ``school_sites`` and ``schools``.

    Examples
    --------
    >>> sites = pd.DataFrame({"site_id": ["1", "2"], "site_status": ["closed", "open"]})
    >>> at = pd.DataFrame({"school_id": ["a", "b"], "site_id": ["1", "2"]})
    >>> ledger = Ledger()
    >>> record_closed_in_use(sites, at, pd.DataFrame({"school_id": ["a", "b"], "school_status": "open"}), ledger)
    >>> ledger.frame()[["item", "reason"]].to_numpy().tolist()
    [['1', '1 sites are closed or surplus by the inventory and a school is open there: they count as in use; first: school a at 1']]
    """
    left = sites.loc[sites["site_status"].isin(["closed", "surplus"]), "site_id"]
    used = _in_use(at, schools)
    used = used[used["site_id"].isin(left)]
    if len(used):
        ledger.note(
            "sites",
            f"{used['site_id'].nunique()} sites are closed or surplus by the inventory and a school is open there: they count as in use; "
            f"first: school {used['school_id'].iloc[0]} at {used['site_id'].iloc[0]}",
            item=str(used["site_id"].iloc[0]),
        )


def seats_given(sites: gpd.GeoDataFrame, at: pd.DataFrame, schools: pd.DataFrame, ledger: Ledger) -> gpd.GeoDataFrame:
    """Sites whose given capacity of 0 is taken as not given where a school is open: nobody sits in no seats."""
    none = sites["given_capacity_seats"].eq(0) & sites["site_id"].isin(_in_use(at, schools)["site_id"])
    none = none.fillna(False).astype(bool)
    if none.any():
        ledger.absence(
            "given capacities",
            "0 seats are given to a site where a school is open: taken as not given",
            count=float(none.sum()),
            unit="sites",
            item=str(sites.loc[none, "site_id"].min()),
        )
    return sites.assign(given_capacity_seats=sites["given_capacity_seats"].mask(none))


def _in_use(at: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    taught = schools.loc[schools["school_status"] == "open", "school_id"]
    return at[at["school_id"].isin(taught)].sort_values(["site_id", "school_id"], kind="stable")
