"""Which zone and neighborhood schools, sites and housing projects lie in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from pipeline.analysis.geometry import placed, require_equal_area
from pipeline.columns import LEVELS
from pipeline.numerals import number

if TYPE_CHECKING:
    import geopandas as gpd

    from pipeline.ledger import Ledger

NEAR_BORDER_M = 5.0  # a school this near a border may stand on the other side in the next file
_ON_BORDER_M = 1e-3
_MEMBERSHIP = ["school_id", "level", "zone_id", "neighborhood_id", "match", "border_distance_m"]


def containing(points: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, key: str) -> pd.Series:
    """Id of the area each point lies in; the lowest id on a border, missing where none."""
    require_equal_area(points, areas)
    areas = areas.sort_values(key, kind="stable")
    position, _ = placed(points.geometry.to_numpy(), areas.geometry.to_numpy())
    return _ids_at(areas[key], position, points.index)


def _ids_at(ids: pd.Series, position: np.ndarray, index: pd.Index) -> pd.Series:
    """Ids by position; missing where it is -1."""
    found = ids.reset_index(drop=True).reindex(np.where(position >= 0, position, len(ids)))
    return pd.Series(found.to_numpy(dtype=object), index=index, dtype="str")


def membership(
    schools: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    neighborhoods: gpd.GeoDataFrame,
    *,
    facts: pd.DataFrame,
    fall_year: int,
    ledger: Ledger,
) -> pd.DataFrame:
    """Each school's zone at each level it serves, and its neighborhood.

    A zone that names the school is its zone, wherever the school stands ("assigned").
    Otherwise it is the zone the school stands in; on a common border the zone of the lower
    id ("on_border"), so that a school is in one zone, never in none or two. A school in no
    zone is "outside", with its distance to the nearest; one without a place "not_located".

    Parameters
    ----------
    schools, zones, neighborhoods : GeoDataFrame
        The tables of these names, in one equal-area CRS.
    facts : DataFrame
        Table ``school_facts``: which levels each school serves, as everywhere else.
    fall_year : int
        School year of the zones in force.
    ledger : Ledger
        Takes the balance per level, schools near a border and schools of no level.

    Returns
    -------
    DataFrame
        Table ``membership``. ``border_distance_m`` is the distance to the border of its zone
        (of the nearest zone where outside), missing where not located or without zones.
    """
    schools = schools.sort_values("school_id", kind="stable").reset_index(drop=True)
    located = (schools["location_status"] == "located") & schools.geometry.notna()
    schools = schools.set_geometry(schools.geometry.where(located))
    schools["neighborhood_id"] = containing(schools, neighborhoods, "neighborhood_id")
    serves = facts.set_index("school_id").loc[schools["school_id"], [f"serves_{level}" for level in LEVELS]]
    served = serves.to_numpy(dtype=bool)
    without = int((~served.any(axis=1)).sum())
    if without:
        first = schools.loc[~served.any(axis=1), "school_id"].iloc[0]
        ledger.loss(
            "schools by level",
            "their grades are not known or belong to no level",
            count=without,
            unit="schools",
            item=first,
        )
    parts = []
    for level, is_served in zip(LEVELS, served.T, strict=True):
        of_level = schools[is_served].reset_index(drop=True)
        in_force = zones[(zones["level"] == level) & (zones["fall_year"] == fall_year)].sort_values(
            "zone_id", kind="stable"
        )
        found = _zone_of(of_level, in_force.reset_index(drop=True))
        parts.append(of_level[["school_id", "neighborhood_id"]].assign(level=level).join(found)[_MEMBERSHIP])
        _record(found, of_level, level, len(in_force), ledger)
    return pd.concat(parts, ignore_index=True).sort_values(["school_id", "level"], ignore_index=True)


def _zone_of(schools: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> pd.DataFrame:
    points, shapes = schools.geometry.to_numpy(), zones.geometry.to_numpy()
    is_located = ~(shapely.is_missing(points) | shapely.is_empty(points))
    position, is_shared = placed(points, shapes)
    match = np.where(position >= 0, "inside", "outside").astype(object)
    distance = np.full(len(schools), np.nan)
    if len(zones):
        nearest = position.copy()
        away = is_located & (position < 0)
        nearest[away] = shapely.STRtree(shapes).nearest(points[away])
        # a school named by several zones: the one it stands in, otherwise the lowest id
        named = zones.groupby("school_id").indices
        for row, school in enumerate(schools["school_id"]):
            naming = named.get(school, ())
            if len(naming):
                position[row] = nearest[row] = position[row] if position[row] in naming else naming[0]
                match[row] = "assigned"
        measured = is_located & (nearest >= 0)
        distance[measured] = shapely.distance(points[measured], shapely.boundary(shapes[nearest[measured]]))
        on_border = (match == "inside") & (is_shared | (distance < _ON_BORDER_M))
        match[on_border] = "on_border"
    match[~is_located & (match != "assigned")] = "not_located"
    zone_ids = _ids_at(zones["zone_id"], position, schools.index)
    return pd.DataFrame({"zone_id": zone_ids, "match": match, "border_distance_m": distance})


def _record(found: pd.DataFrame, schools: gpd.GeoDataFrame, level: str, zones: int, ledger: Ledger) -> None:
    counts = found["match"].value_counts()
    inside = int(counts.reindex(["assigned", "inside", "on_border"]).sum())
    ledger.balance(
        f"schools in {level} zones",
        total=len(schools),
        inside=inside,
        outside=int(counts.get("outside", 0)),
        unlocated=int(counts.get("not_located", 0)),
        unit="schools",
        reason="" if zones else f"the study has no {level} zones",
    )
    near = found["match"].isin(["inside", "on_border"]) & (found["border_distance_m"] < NEAR_BORDER_M)
    for row in found.index[near]:
        metres = found.loc[row, "border_distance_m"]
        reason = f"stands {number(metres, 1)} m from the border of {level} zone {found.loc[row, 'zone_id']}: its zone depends on the drawing"
        ledger.note(f"schools in {level} zones", reason, item=schools.loc[row, "school_id"])


def site_places(
    sites: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    neighborhoods: gpd.GeoDataFrame,
    *,
    fall_year: int,
    levels: Sequence[str],
) -> pd.DataFrame:
    """Each site's neighborhood, its zone of the lowest level the study has zones for, and where it is in metres."""
    places = sites.sort_values("site_id", kind="stable").reset_index(drop=True)
    there = (~(places.geometry.isna() | places.geometry.is_empty)).to_numpy()
    at = np.full((len(places), 2), np.nan)
    at[there] = shapely.get_coordinates(places.geometry.to_numpy()[there])
    level = min(set(levels) & set(zones["level"]), key=list(levels).index, default="")
    in_force = zones[(zones["level"] == level) & (zones["fall_year"] == fall_year)]
    return pd.DataFrame(
        {
            "site_id": places["site_id"],
            "neighborhood_id": containing(places, neighborhoods, "neighborhood_id"),
            "zone_id": containing(places, in_force, "zone_id"),
            "east_m": at[:, 0],
            "north_m": at[:, 1],
        }
    )


def project_places(
    projects: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    neighborhoods: gpd.GeoDataFrame,
    *,
    fall_year: int,
    levels: Sequence[str],
) -> pd.DataFrame:
    """Each housing project's neighborhood and its zone of every level."""
    places = projects.sort_values("project_id", kind="stable").reset_index(drop=True)
    home = containing(places, neighborhoods, "neighborhood_id")
    parts = [
        pd.DataFrame(
            {
                "project_id": places["project_id"],
                "level": pd.Series(level, index=places.index, dtype="str"),
                "zone_id": containing(
                    places, zones[(zones["level"] == level) & (zones["fall_year"] == fall_year)], "zone_id"
                ),
                "neighborhood_id": home,
            }
        )
        for level in levels
    ]
    return pd.concat(parts, ignore_index=True).sort_values(["project_id", "level"], ignore_index=True)
