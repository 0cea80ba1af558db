"""Distances between places, for tables that never see a shape again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy.spatial import cKDTree

if TYPE_CHECKING:
    import geopandas as gpd


def near_pairs(
    schools: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, limit_m: float, detour_factor: float
) -> pd.DataFrame:
    """Every school with each site that can be reached from it within the limit.

    Parameters
    ----------
    schools, sites : GeoDataFrame
        Points with ``school_id`` and ``site_id``, in the same projected CRS (metres). Rows
        without a point are left out: whoever made them has recorded why.
    limit_m : float
        Longest trip listed, in metres of road.
    detour_factor : float
        Road metres per metre in a straight line.

    Returns
    -------
    DataFrame
        Table ``school_site_distance``: one row per pair, ``distance_m`` in road metres,
        sorted by school and site.

    Raises
    ------
    ValueError
        If the two are not in the same CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> schools = gpd.GeoDataFrame({"school_id": ["a"]}, geometry=gpd.points_from_xy([0.0], [0.0]), crs=3310)
    >>> sites = gpd.GeoDataFrame({"site_id": ["near", "far"]}, geometry=gpd.points_from_xy([300.0, 9000.0], [400.0, 0.0]), crs=3310)
    >>> near_pairs(schools, sites, limit_m=2000.0, detour_factor=1.2).to_dict("records")
    [{'school_id': 'a', 'site_id': 'near', 'distance_m': 600.0}]
    """
    if schools.crs != sites.crs:
        raise ValueError(f"schools are in {schools.crs}, sites in {sites.crs}: bring both to the study's CRS first")
    school_ids, school_points = _points(schools, "school_id")
    site_ids, site_points = _points(sites, "site_id")
    if not len(school_ids) or not len(site_ids):
        return pd.DataFrame(
            {
                "school_id": pd.Series(dtype="str"),
                "site_id": pd.Series(dtype="str"),
                "distance_m": pd.Series(dtype="float64"),
            }
        )
    near = cKDTree(school_points).sparse_distance_matrix(
        cKDTree(site_points), limit_m / detour_factor, output_type="ndarray"
    )
    pairs = pd.DataFrame(
        {
            "school_id": school_ids[near["i"]],
            "site_id": site_ids[near["j"]],
            "distance_m": near["v"] * detour_factor,
        }
    )
    return pairs.sort_values(["school_id", "site_id"], kind="stable").reset_index(drop=True)


def _points(places: gpd.GeoDataFrame, key: str) -> tuple[np.ndarray, np.ndarray]:
    shapes = places.geometry.to_numpy()
    placed = ~(shapely.is_missing(shapes) | shapely.is_empty(shapes))
    return places[key].to_numpy(dtype=object)[placed], shapely.get_coordinates(shapes[placed])
