"""What lies near each place, in a straight line: relations measure it, and later stages choose by key."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import pandas as pd
import shapely

from pipeline.analysis.geometry import require_equal_area

if TYPE_CHECKING:
    import geopandas as gpd

COLUMNS = ["origin_layer", "origin_id", "destination_kind", "destination_id", "straight_m"]


def nearby(
    origins: Mapping[str, gpd.GeoDataFrame], destinations: Mapping[str, gpd.GeoDataFrame], *, limit_m: float
) -> pd.DataFrame:
    """Every place with each school and site that lies within a limit of it, in a straight line.

    Parameters
    ----------
    origins : mapping
        Layer ('neighborhood', 'site') to shapes with ``area_id``: distances are from the edge of an area, 0 within it.
    destinations : mapping
        Kind ('school', 'site') to points with ``destination_id``.
    limit_m : float
        Longest line listed, in metres.

    Returns
    -------
    DataFrame
        Table ``nearby``, sorted by its key. Rows without a shape are left out (whoever made them has recorded why),
        and so is a site beside itself.

    Raises
    ------
    ContractError
        If they are not in one equal-area CRS.

    Examples
    --------
    >>> import geopandas as gpd
    >>> town = gpd.GeoDataFrame({"area_id": ["n1"]}, geometry=[shapely.box(0, 0, 10, 10)], crs="EPSG:3310")
    >>> schools = gpd.GeoDataFrame({"destination_id": ["in", "by", "far"]}, geometry=gpd.points_from_xy([5, 13, 99], [5, 14, 0]), crs="EPSG:3310")
    >>> nearby({"neighborhood": town}, {"school": schools}, limit_m=50.0)[["destination_id", "straight_m"]].to_dict("records")
    [{'destination_id': 'by', 'straight_m': 5.0}, {'destination_id': 'in', 'straight_m': 0.0}]
    """
    parts = [_pairs(layer, places, kind, ends, limit_m) for layer, places in origins.items() for kind, ends in destinations.items()]  # fmt: skip
    return pd.concat(parts, ignore_index=True).sort_values(COLUMNS[:4], ignore_index=True)


def _pairs(layer: str, places: gpd.GeoDataFrame, kind: str, ends: gpd.GeoDataFrame, limit_m: float) -> pd.DataFrame:
    require_equal_area(places, ends)
    grounds, spots = places.geometry.to_numpy(), ends.geometry.to_numpy()
    start, end = shapely.STRtree(spots).query(grounds, predicate="dwithin", distance=limit_m)
    found = pd.DataFrame(
        {
            "origin_layer": pd.Series(layer, index=range(len(start)), dtype="str"),
            "origin_id": places["area_id"].to_numpy()[start],
            "destination_kind": pd.Series(kind, index=range(len(start)), dtype="str"),
            "destination_id": ends["destination_id"].to_numpy()[end],
            "straight_m": shapely.distance(grounds[start], spots[end]),
        },
        columns=COLUMNS,
    ).astype({"origin_id": "str", "destination_id": "str"})
    return found[found["origin_id"].ne(found["destination_id"]) | (layer != kind)]
