"""Zones where none are published: the district split by nearest school of each level."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.analysis.geometry import common_ground, placed, polygons_of, require_equal_area
from pipeline.columns import GRADES

ZONE_COLUMNS = ["level", "fall_year", "zone_id", "name", "school_id", "is_approximate", "geometry"]


def levels_drawn(grade_low: str | None, grade_high: str | None, bands: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Levels of which a school draws a zone where none is published: those of whose grades it teaches half.

    It may serve more (`schools.school_facts`): the sixth grade of a K-6 school lies in the zone
    of the nearest middle school, since few pupils of that zone could go on there.

    Grades are compared by their order, not as text. A school whose grades are not known
    draws none.

    >>> bands = {"elementary": ("TK", "KG", "01", "02", "03", "04", "05"), "middle": ("06", "07", "08"), "high": ("09", "10", "11", "12")}
    >>> levels_drawn("KG", "08", bands), levels_drawn("KG", "06", bands), levels_drawn("07", "12", bands)
    (('elementary', 'middle'), ('elementary',), ('middle', 'high'))
    """
    if grade_low not in GRADES or grade_high not in GRADES:
        return ()
    low, high = GRADES.index(grade_low), GRADES.index(grade_high)
    taught = set(GRADES[low : high + 1])
    return tuple(level for level, grades in bands.items() if 2 * len(taught & set(grades)) >= len(grades))


def nearest_school_zones(
    schools: gpd.GeoDataFrame,
    district: gpd.GeoDataFrame,
    *,
    fall_year: int,
    levels: Sequence[str],
    bands: Mapping[str, Sequence[str]],
) -> tuple[gpd.GeoDataFrame, list[str]]:
    """Attendance zones of a district that publishes none: each place goes to its nearest school.

    Per level, the Voronoi polygons of its neighborhood schools, clipped to the district.
    Only open public schools with a place that take pupils from a neighborhood count, whoever
    runs them: no private school, no virtual or citywide one (as most charters are), none
    outside the district. Schools within a
    metre of each other share the zone of the lower id. Straight lines know no river and no
    railway: the zones are marked ``is_approximate`` and must be called so wherever used.

    Parameters
    ----------
    schools : GeoDataFrame
        Input table ``directory`` (points, the study's CRS).
    district : GeoDataFrame
        One polygon or more; their union is split.
    fall_year : int
        School year the zones stand for.
    levels, bands
        Levels wanted, and the grades of each level.

    Returns
    -------
    zones, notes : GeoDataFrame, list of str
        Columns of table ``zones``; ``zone_id`` is the school's id. One sentence for each
        level without a school and each place shared by two.

    References
    ----------
    Okabe, Boots, Sugihara, Chiu (2000), Spatial Tessellations, 2nd ed., ch. 2.
    """
    require_equal_area(district, schools)
    outline = polygons_of(shapely.union_all(district.geometry.to_numpy()))
    points = schools.geometry.to_numpy()
    inside = placed(points, np.array([outline]))[0] == 0
    usable = (
        inside
        & schools["is_place"].to_numpy(dtype=bool)
        & ~schools["is_virtual"].to_numpy(dtype=bool)
        & ~schools["is_citywide"].to_numpy(dtype=bool)
        & (schools["sector"] != "private").to_numpy()
        & (schools["school_status"] == "open").to_numpy()
    )
    own = schools[usable].sort_values("school_id", kind="stable").reset_index(drop=True)
    served = [levels_drawn(low, high, bands) for low, high in zip(own["grade_low"], own["grade_high"], strict=True)]
    notes: list[str] = []
    layers = []
    for level in levels:
        of_level = own[np.array([level in levels_of for levels_of in served], dtype=bool)]
        if of_level.empty:
            notes.append(f"no open neighborhood school with a place serves the {level} level: it has no zones")
            continue
        at = pd.Series(
            list(zip(of_level.geometry.x.round(), of_level.geometry.y.round(), strict=True)), index=of_level.index
        )
        first = ~at.duplicated()
        for double in of_level.index[~first]:
            host = of_level.loc[(at == at[double]) & first, "school_id"].iloc[0]
            notes.append(
                f"{of_level.loc[double, 'school_id']} stands at the place of {host} and shares its {level} zone"
            )
        of_level = of_level[first].reset_index(drop=True)
        cells = _cells(of_level.geometry.to_numpy(), outline)
        layers.append(
            pd.DataFrame(
                {
                    "level": level,
                    "fall_year": fall_year,
                    "zone_id": of_level["school_id"],
                    "name": "Nearest to " + of_level["name"],
                    "school_id": of_level["school_id"],
                    "is_approximate": True,
                    "geometry": cells,
                }
            )
        )
    table = pd.concat(layers, ignore_index=True) if layers else pd.DataFrame(columns=ZONE_COLUMNS)
    return gpd.GeoDataFrame(table, geometry="geometry", crs=district.crs), notes


def _cells(points: np.ndarray, outline: shapely.Geometry) -> np.ndarray:
    """One polygon per point, in the order of the points: the part of the outline nearest to it."""
    if len(points) == 1:
        return np.array([outline], dtype=object)
    diagram = shapely.get_parts(shapely.voronoi_polygons(shapely.multipoints(points), extend_to=outline))
    # The diagram's order is its own: each cell is found by the point it holds.
    cell_of = placed(points, diagram)[0]
    return np.array(
        [polygons_of(cell) for cell in common_ground(diagram[cell_of], np.repeat(outline, len(points)))], dtype=object
    )
