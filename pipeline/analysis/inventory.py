"""The facilities room: sites with a place, rooms and schools of sites that exist."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from pipeline.ledger import Ledger

if TYPE_CHECKING:
    import geopandas as gpd

_WANTED = {
    "sites": "no capacity, utilization or surplus space is computed; an inventory of buildings is to be had from the district's facilities office",
    "room counts": "capacity by state loading and functional capacity are not computed; room inventories are to be had from the district's facilities office",
    "schools at sites": "no school is tied to a building, so utilization is not computed; to be had from the district's facilities office",
    "housing projects": "pupils of new homes are not in the outlook; project lists are to be had from the planning departments of city and county",
}


def record_missing(ledger: Ledger, **tables: pd.DataFrame) -> None:
    """Write a line for each input of the room that the study has no rows of (names with _ for blanks)."""
    for name, frame in tables.items():
        if frame.empty:
            subject = name.replace("_", " ")
            ledger.missing_input(subject, f"the study has none: {_WANTED[subject]}")


def school_sites(declared: pd.DataFrame, schools: pd.DataFrame, sites: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """At which site each school is: as the facilities files say, else as the directory says.

    A row whose site is in no inventory, or whose school is in no directory, is left out and
    recorded with its first id.

    Parameters
    ----------
    declared : DataFrame
        Input table ``site_schools``.
    schools : DataFrame
        Table ``schools``: its ``site_id`` stands in where the files do not name a school.
    sites : DataFrame
        Input table ``site_list``.

    Returns
    -------
    DataFrame
        Table ``school_sites``.

    Examples
    --------
    >>> declared = pd.DataFrame({"school_id": ["a", "b"], "site_id": ["1", "9"]})
    >>> schools = pd.DataFrame({"school_id": ["a", "b", "c"], "site_id": [None, None, "2"]})
    >>> ledger = Ledger()
    >>> school_sites(declared, schools, pd.DataFrame({"site_id": ["1", "2"]}), ledger).to_dict("records")
    [{'school_id': 'a', 'site_id': '1'}, {'school_id': 'c', 'site_id': '2'}]
    >>> ledger.frame()["item"].tolist()
    ['b at 9', '']
    """
    listed = schools.loc[
        schools["site_id"].notna() & ~schools["school_id"].isin(declared["school_id"]), ["school_id", "site_id"]
    ]
    rows = pd.concat([declared[["school_id", "site_id"]], listed], ignore_index=True)
    rows = rows.sort_values("school_id", kind="stable").reset_index(drop=True)
    at_unknown = ~rows["site_id"].isin(sites["site_id"])
    unknown = ~rows["school_id"].isin(schools["school_id"]) & ~at_unknown
    for left, why in (
        (at_unknown, "schools at a site that is in no inventory"),
        (unknown, "schools at a site that are in no directory"),
    ):
        if left.any():
            first = rows[left].iloc[0]
            ledger.loss(
                "school_sites",
                why,
                count=float(left.sum()),
                unit="schools",
                item=f"{first['school_id']} at {first['site_id']}",
            )
    kept = rows[~at_unknown & ~unknown].reset_index(drop=True)
    if len(rows):
        ledger.match(
            "school_sites",
            total=float(len(rows)),
            matched=float(len(kept)),
            unit="schools",
            reason="schools tied to a site of the inventory",
        )
    return kept


def placed_sites(
    sites: gpd.GeoDataFrame, at: pd.DataFrame, schools: gpd.GeoDataFrame, ledger: Ledger
) -> gpd.GeoDataFrame:
    """Sites with a point; one without takes that of a school at it, which is recorded.

    Of several schools at a site the first by id that has a point gives it. Sites that have no
    point then are kept, counted and cannot be reached.

    Parameters
    ----------
    sites : GeoDataFrame
        Input table ``site_list``.
    at : DataFrame
        Table ``school_sites``.
    schools : GeoDataFrame
        Table ``schools``.
    """
    points = schools.loc[~_nowhere(schools), ["school_id", "geometry"]]
    borrowed = at.merge(pd.DataFrame(points), on="school_id", how="inner", validate="one_to_one").sort_values(
        "school_id", kind="stable"
    )
    by_site = borrowed.drop_duplicates("site_id").set_index("site_id")["geometry"]
    lacking = _nowhere(sites)
    shapes = sites.geometry.to_numpy(dtype=object).copy()
    found = by_site.reindex(sites["site_id"]).to_numpy(dtype=object)
    given = lacking & pd.notna(found)
    shapes[given] = found[given]
    for site_id in sites.loc[given, "site_id"].sort_values():
        ledger.repair(
            "sites",
            "no coordinates in the inventory: placed at a school that is there",
            item=str(site_id),
            unit="sites",
        )
    nowhere = lacking & ~given
    if nowhere.any():
        first = str(sites.loc[nowhere, "site_id"].sort_values().iloc[0])
        ledger.absence(
            "sites",
            "no coordinates, and no school there has any: not on the map, not within reach",
            count=float(nowhere.sum()),
            unit="sites",
            item=first,
        )
    return sites.set_geometry(type(sites.geometry)(shapes, index=sites.index, crs=sites.crs))


def rooms_of_sites(rooms: pd.DataFrame, sites: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Rooms of sites in the inventory; those of other sites are left out and recorded.

    >>> rooms = pd.DataFrame({"site_id": ["1", "7"], "room_type": "classroom", "is_portable": False, "rooms": [12.0, 3.0]})
    >>> ledger = Ledger()
    >>> rooms_of_sites(rooms, pd.DataFrame({"site_id": ["1"]}), ledger)["rooms"].tolist()
    [12.0]
    >>> ledger.frame()[["total", "inside", "outside"]].to_numpy().tolist()
    [[15.0, 12.0, 3.0]]
    """
    known = rooms["site_id"].isin(sites["site_id"])
    kept = rooms[known].reset_index(drop=True)
    if len(rooms):
        total, inside, outside = (float(part["rooms"].sum()) for part in (rooms, kept, rooms[~known]))
        strangers = ", ".join(sorted(rooms.loc[~known, "site_id"].unique())[:3])
        reason = f"rooms of sites in no inventory: {strangers}" if strangers else ""
        ledger.balance("rooms", total=total, inside=inside, outside=outside, unit="rooms", reason=reason)
    return kept


def _nowhere(places: gpd.GeoDataFrame) -> np.ndarray:
    shapes = places.geometry.to_numpy()
    nowhere: np.ndarray = shapely.is_missing(shapes) | shapely.is_empty(shapes)
    return nowhere


def record_unplaced(projects: gpd.GeoDataFrame, ledger: Ledger) -> None:
    """Count housing projects without coordinates: they lie in no zone."""
    lacking = _nowhere(projects)
    if lacking.any():
        first = str(projects.loc[lacking, "project_id"].sort_values().iloc[0])
        ledger.absence(
            "housing_projects",
            "no coordinates: their pupils are not in the outlook",
            count=float(lacking.sum()),
            unit="projects",
            item=first,
        )
