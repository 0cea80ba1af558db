"""Where children live and where schools stand, as numbers: the last step in which shapes are used for access."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely

from pipeline.analysis.geometry import require_equal_area
from pipeline.analysis.membership import containing
from pipeline.analysis.reach import inhabited_places
from pipeline.columns import LEVELS

if TYPE_CHECKING:
    import geopandas as gpd

    from pipeline.ledger import Ledger

# Lots are gathered in squares of this side, since a city has a million of them.
LOT_SQUARE_M = 200.0
_CHILDREN = ["children_0_4", "children_5_9", "children_10_14", "children_15_17", "children_0_17"]
_ZONES = [f"{level}_zone_id" for level in LEVELS]
COLUMNS = ["place_kind", "place_id", "neighborhood_id", *_ZONES, "east_m", "north_m", "population", *_CHILDREN]


def block_places(
    blocks: gpd.GeoDataFrame,
    lots: gpd.GeoDataFrame,
    neighborhoods: gpd.GeoDataFrame,
    zones: gpd.GeoDataFrame,
    *,
    fall_year: int,
    ledger: Ledger,
) -> pd.DataFrame:
    """The finest places in which people are known to live, with the neighborhood and zones they lie in.

    Census blocks, or else residential lots, those of one neighborhood and one zone of each
    level gathered in squares of 200 m; a neighborhood without either is one place, at a point
    inside it. A block is taken to lie where a point inside it does.

    Parameters
    ----------
    blocks, lots, neighborhoods, zones : GeoDataFrame
        The tables ``census_blocks``, ``residential_lots``, ``neighborhoods`` and ``zones``,
        in one equal-area CRS.
    fall_year : int
        School year of the zones in force.
    ledger : Ledger
        Takes the balance of people: those in no neighborhood have no place here.

    Returns
    -------
    DataFrame
        Table ``block_places``: coordinates in metres of the study's CRS; children are empty
        where the places do not count them, people where only the neighborhood is known.
    """
    require_equal_area(neighborhoods, blocks, lots, zones)
    items = inhabited_places(blocks, lots)
    kind = "block" if len(blocks) else "lot"
    items = items[items["population"].gt(0)].reset_index(drop=True)
    items = items.set_geometry(shapely.point_on_surface(items.geometry.to_numpy()), crs=items.crs)
    found = _lying_in(items, neighborhoods, zones, fall_year)
    found["place_id"] = found["block_geoid" if kind == "block" else "lot_id"].astype("str")
    known = found["neighborhood_id"].notna()
    if len(found):
        people = found["population"]
        ledger.balance(
            f"people by {kind} in a neighborhood, for access",
            total=float(people.sum()),
            inside=float(people[known].sum()),
            outside=float(people[~known].sum()),
            unit="people",
        )
    found = _gathered(found[known]) if kind == "lot" else found[known]
    bare = neighborhoods[~neighborhoods["neighborhood_id"].isin(found["neighborhood_id"])].reset_index(drop=True)
    centres = bare[["neighborhood_id", "geometry"]].set_geometry(
        shapely.point_on_surface(bare.geometry.to_numpy()), crs=neighborhoods.crs
    )
    alone = _lying_in(centres, centres.iloc[:0], zones, fall_year).assign(
        neighborhood_id=bare["neighborhood_id"], place_id=bare["neighborhood_id"], place_kind="neighborhood"
    )
    parts = [part.reindex(columns=COLUMNS) for part in (found.assign(place_kind=kind), alone) if len(part)]
    table = pd.concat(parts, ignore_index=True) if parts else alone.reindex(columns=COLUMNS)
    return table.sort_values(["place_kind", "place_id"], ignore_index=True)


def _lying_in(
    points: gpd.GeoDataFrame, neighborhoods: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, fall_year: int
) -> pd.DataFrame:
    at = shapely.get_coordinates(points.geometry.to_numpy())
    table = pd.DataFrame(points.drop(columns="geometry")).assign(east_m=at[:, 0], north_m=at[:, 1])
    table["neighborhood_id"] = containing(points, neighborhoods, "neighborhood_id")
    for level, column in zip(LEVELS, _ZONES, strict=True):
        in_force = zones[zones["level"].eq(level) & zones["fall_year"].eq(fall_year)]
        table[column] = containing(points, in_force, "zone_id")
    return table


def _gathered(lots: pd.DataFrame) -> pd.DataFrame:
    """Lots of one neighborhood, of the same zones and in one square as one place, where their middle resident lives."""
    square = [(np.floor(lots[axis] / LOT_SQUARE_M)).rename(f"{axis}_square") for axis in ("east_m", "north_m")]
    by = [lots["neighborhood_id"], *(lots[zone] for zone in _ZONES), *square]
    moments = lots.assign(**{axis: lots[axis] * lots["population"] for axis in ("east_m", "north_m")})
    grouped = moments.groupby(by, dropna=False, sort=True)
    sums = grouped[["east_m", "north_m", "population"]].sum()
    sums = sums.assign(**{axis: sums[axis] / sums["population"] for axis in ("east_m", "north_m")})
    return sums.assign(place_id=grouped["place_id"].min()).reset_index()


def school_places(schools: gpd.GeoDataFrame, zones: gpd.GeoDataFrame, *, fall_year: int) -> pd.DataFrame:
    """Where the open schools with a place stand: ``school_id east_m north_m``, in metres of the study's CRS, and ``high_zone_id``.

    The high-school zone a school stands in, whatever it teaches; empty where the study has none there in ``fall_year``.

    Examples
    --------
    >>> import geopandas as gpd
    >>> schools = gpd.GeoDataFrame({"school_id": ["a", "b"], "school_status": "open", "location_status": ["located", "virtual"]},
    ...     geometry=[shapely.Point(3, 4), None], crs="EPSG:3310")
    >>> zones = gpd.GeoDataFrame({"level": ["high"], "fall_year": [2024], "zone_id": ["401"]}, geometry=[shapely.box(0, 0, 5, 5)], crs="EPSG:3310")
    >>> school_places(schools, zones, fall_year=2024).to_dict("records")
    [{'school_id': 'a', 'east_m': 3.0, 'north_m': 4.0, 'high_zone_id': '401'}]
    """
    open_schools = schools[(schools["school_status"] == "open") & (schools["location_status"] == "located")]
    at = shapely.get_coordinates(open_schools.geometry.to_numpy())
    in_force = zones[(zones["level"] == "high") & (zones["fall_year"] == fall_year)]
    return pd.DataFrame(
        {
            "school_id": open_schools["school_id"].to_numpy(),
            "east_m": at[:, 0],
            "north_m": at[:, 1],
            "high_zone_id": containing(open_schools, in_force, "zone_id").to_numpy(),
        }
    ).sort_values("school_id", ignore_index=True)
