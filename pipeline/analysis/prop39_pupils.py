"""Where the pupils of charter schools live: how many in the district, and in which high school's area most of them."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.enrollment import latest_flows
from pipeline.analysis.pupil_homes import SMALLEST_KNOWN_PUPILS
from pipeline.columns import LEVELS

LEVEL_PUPILS = [f"{level}_pupils" for level in LEVELS]
COLUMNS = [
    *("in_district_pupils", "pupils_basis", "comparison_area_id", "area_share", "comparison_basis"),
    *LEVEL_PUPILS,
]


def charter_pupils(
    charters: pd.DataFrame,
    pupils: pd.Series,
    flows: pd.DataFrame,
    block_places: pd.DataFrame,
    school_places: pd.DataFrame,
    *,
    fall_year: int,
    levels: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """In-district pupils of each charter school, and the high-school attendance area where most of them live.

    Pupils counted by zone of residence live in the district. Those of an elementary or middle zone
    are spread over high-school areas as the zone's children are. Where residence is not
    counted, or of fewer than half of a school's pupils, all pupils are taken as the district's, and the area is the one the school lies in;
    where the study has no high-school areas, the whole district is compared.

    Parameters
    ----------
    charters : DataFrame
        ``school_id``.
    pupils : Series
        Pupils by school.
    flows, block_places, school_places : DataFrame
        Tables of these names.
    fall_year : int
        Latest fall of the flows used.
    levels : DataFrame, optional
        Pupils by school and level (`seekers.pupils_at_schools`), for schools whose pupils are not counted by residence.

    Returns
    -------
    DataFrame
        By ``school_id``: ``in_district_pupils``, ``pupils_basis`` (``homes`` or ``all_pupils``),
        ``comparison_area_id``, ``area_share`` (of the in-district pupils), ``comparison_basis``:
        ``homes``, ``present_place`` or ``district``, and the in-district pupils of each level (empty where not known).
    """
    lived = latest_flows(flows, fall_year)
    lived = lived[(lived["pupils"] > 0) & lived["school_id"].isin(charters["school_id"])]
    weight = block_places["children_0_17"].fillna(block_places["population"]).fillna(1.0)
    areas = {level: _areas_of_zones(block_places.assign(weight=weight), level) for level in LEVELS}
    stands_in = school_places.set_index("school_id")["high_zone_id"].dropna()
    rows = {}
    for school in sorted(charters["school_id"]):
        own = lived[lived["school_id"] == school].sort_values(["level", "zone_id"], kind="stable")
        counted = float(own["pupils"].sum())
        if counted < SMALLEST_KNOWN_PUPILS * pupils.get(school, 0.0):
            own, counted = own.iloc[:0], 0.0
        area, share, basis = _area_of_homes(own, areas)
        if not area and school in stands_in.index:
            area, share, basis = str(stands_in[school]), np.nan, "present_place"
        by_level = own.groupby("level")["pupils"].sum().reindex(LEVELS, fill_value=0.0).to_list()
        if not counted > 0:
            listed = levels is not None and school in levels.index
            by_level = levels.loc[school, LEVEL_PUPILS].to_list() if listed else [np.nan] * len(LEVELS)  # type: ignore[union-attr]
        rows[school] = {
            "in_district_pupils": counted if counted > 0 else pupils.get(school, np.nan),
            "pupils_basis": "homes" if counted > 0 else "all_pupils",
            "comparison_area_id": area or np.nan,
            "area_share": share,
            "comparison_basis": basis if area else "district",
            **dict(zip(LEVEL_PUPILS, by_level, strict=True)),
        }
    table = pd.DataFrame.from_dict(rows, orient="index", columns=COLUMNS)
    kinds = dict.fromkeys(["in_district_pupils", "area_share", *LEVEL_PUPILS], "float64")
    return table.astype({c: kinds.get(c, "str") for c in COLUMNS}).rename_axis("school_id")


def _areas_of_zones(places: pd.DataFrame, level: str) -> dict[str, pd.Series]:
    """For each zone of a level: the share of its children in each high-school area."""
    zone, area = f"{level}_zone_id", "high_zone_id"
    known = places.dropna(subset=[area] if zone == area else [zone, area])
    if zone == area:
        return {str(name): pd.Series({str(name): 1.0}) for name in sorted(known[area].unique())}
    sums = known.groupby([zone, area], sort=True)["weight"].sum()
    return {
        str(name): part.droplevel(0) / part.sum() for name, part in sums.groupby(level=0, sort=True) if part.sum() > 0
    }


def _area_of_homes(own: pd.DataFrame, areas: dict[str, dict[str, pd.Series]]) -> tuple[str, float, str]:
    found: dict[str, float] = {}
    for row in own.itertuples():
        for area, share in areas[row.level].get(row.zone_id, pd.Series(dtype="float64")).items():
            found[str(area)] = found.get(str(area), 0.0) + row.pupils * share
    if not found:
        return "", np.nan, ""
    # the first by id where two areas have equally many
    most = max(sorted(found), key=lambda area: found[area])
    return most, found[most] / sum(found.values()), "homes"
