"""Trips from neighborhoods to schools and sites: distance and minutes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from pipeline.analysis.geometry import placed, require_equal_area

if TYPE_CHECKING:
    import geopandas as gpd

COLUMNS = ["origin_layer", "origin_id", "destination_kind", "destination_id", "distance_m", "minutes"]


def populated_centres(areas: gpd.GeoDataFrame, items: gpd.GeoDataFrame) -> np.ndarray:
    """Where the middle resident of each area lives: the population-weighted centre.

    Parameters
    ----------
    areas : GeoDataFrame
        Polygons, in an equal-area CRS.
    items : GeoDataFrame
        Blocks or lots with ``population`` (may be empty); an item counts at a point inside it.

    Returns
    -------
    array (areas, 2)
        Coordinates in metres; a point inside the area where nobody is known to live in it.
    """
    require_equal_area(areas, items)
    shapes = areas.geometry.to_numpy()
    centres: np.ndarray = shapely.get_coordinates(shapely.point_on_surface(shapes))
    points = shapely.point_on_surface(items.geometry.to_numpy())
    area = placed(points, shapes)[0]
    people = items["population"].to_numpy(dtype="float64")
    used = (area >= 0) & (people > 0)
    total = np.bincount(area[used], weights=people[used], minlength=len(shapes))
    at = shapely.get_coordinates(points)
    for axis in (0, 1):
        sums = (
            np.bincount(area[used], weights=people[used] * at[used, axis], minlength=len(shapes))
            if used.any()
            else total
        )
        centres[total > 0, axis] = sums[total > 0] / total[total > 0]
    return centres


def reach(
    areas: gpd.GeoDataFrame,
    items: gpd.GeoDataFrame,
    destinations: Mapping[str, gpd.GeoDataFrame],
    *,
    layer: str,
    limit_m: float,
    detour_factor: float,
    metres_per_minute: float,
) -> pd.DataFrame:
    """Each area with every destination that can be reached from its populated centre.

    Parameters
    ----------
    areas : GeoDataFrame
        Origins: ``area_id`` and polygons.
    items : GeoDataFrame
        Blocks or lots with ``population``, see `populated_centres`.
    destinations : mapping
        Kind ('school', 'site') to points with ``destination_id``; rows without a point are
        left out (whoever made them has recorded why).
    layer : str
        Name of the origins' layer.
    limit_m, detour_factor, metres_per_minute : float
        Longest trip in metres of road, road metres per straight metre, travel speed.

    Returns
    -------
    DataFrame
        Table ``reach``, sorted by origin, kind and destination.

    Notes
    -----
    Distance is the straight line times ``detour_factor``: it knows no river and no motorway.
    """
    if areas.empty:
        return pd.DataFrame(
            {name: pd.Series(dtype="float64" if name in ("distance_m", "minutes") else "str") for name in COLUMNS}
        )
    areas = areas.sort_values("area_id", kind="stable").reset_index(drop=True)
    centres = populated_centres(areas, items)
    parts = []
    for kind, places in sorted(destinations.items()):
        require_equal_area(areas, places)
        there = places[places.geometry.notna() & ~places.geometry.is_empty].sort_values("destination_id", kind="stable")
        at = shapely.get_coordinates(there.geometry.to_numpy())
        metres = np.hypot(*(centres[:, None, axis] - at[None, :, axis] for axis in (0, 1))) * detour_factor
        origin, destination = np.nonzero(metres <= limit_m)
        distance = metres[origin, destination]
        parts.append(
            pd.DataFrame(
                {
                    "origin_layer": layer,
                    "origin_id": areas["area_id"].to_numpy()[origin],
                    "destination_kind": kind,
                    "destination_id": there["destination_id"].to_numpy()[destination],
                    "distance_m": distance,
                    "minutes": distance / metres_per_minute,
                },
                columns=COLUMNS,
            )
        )
    return pd.concat(parts, ignore_index=True).sort_values(COLUMNS[:4], ignore_index=True)


def destinations(schools: gpd.GeoDataFrame, sites: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """What a trip can end at: open schools that have a place, and all sites."""
    open_schools = schools[(schools["school_status"] == "open") & (schools["location_status"] == "located")]
    return {
        "school": open_schools.rename(columns={"school_id": "destination_id"}),
        "site": sites.rename(columns={"site_id": "destination_id"}),
    }


def inhabited_places(blocks: gpd.GeoDataFrame, lots: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """The finest people are known at: blocks, or else the lots of the latest vintage."""
    if len(blocks):
        return blocks
    return lots[lots["vintage"] == max(lots["vintage"].unique(), default="")]
