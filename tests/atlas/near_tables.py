"""What lies near each place of the hexagon town, measured pair by pair; its children live evenly."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import shapely

from pipeline.columns import GRADES


def near_tables(tables: dict[str, Any], bands: Any) -> dict[str, pd.DataFrame]:
    areas, zones, schools, sites = (tables[f"public_{name}"] for name in ("neighborhoods", "zones", "schools", "sites"))
    grounds = areas.geometry.to_numpy()
    parts = [
        {"neighborhood_id": areas["neighborhood_id"].iloc[place], "level": zone.level, "zone_id": zone.zone_id, "zone_share": part}
        for zone in zones.itertuples()
        for place, part in enumerate(shapely.area(shapely.intersection(grounds, zone.geometry)) / shapely.area(grounds))
        if part >= 0.1
    ]  # fmt: skip
    there = schools[~schools["is_virtual"] & schools.geometry.notna()]
    good = there[there["is_quality"] & there["school_status"].eq("open")]
    offered = tables["public_rfp"].query("rfp_status in ['listed', 'one_definition']")["site_id"]
    rows: list[dict[str, Any]] = []
    for kind, places, key, most in (
        *((f"quality_{level}", good[[bool(_taught(s) & set(band)) for s in good.itertuples()]], "school_id", 2) for level, band in bands.items()),
        ("school", there, "school_id", 99),
        ("room", sites[sites["site_id"].isin(offered)], "site_id", 3),
    ):  # fmt: skip
        rows += _nearest("neighborhood", areas["neighborhood_id"], grounds, kind, places, key, most)
    rows += _nearest("site", sites["site_id"], sites.geometry.to_numpy(), "open_school", there[there["school_status"] == "open"], "school_id", 6)  # fmt: skip
    near = pd.DataFrame(rows).query("near_kind != 'school' or straight_m <= 3000")
    return {"public_neighborhood_zones": pd.DataFrame(parts), "public_nearby": near}


def _taught(school: Any) -> set[str]:
    return set(GRADES[GRADES.index(school.grade_low) : GRADES.index(school.grade_high) + 1])


def _nearest(layer: str, ids: Any, shapes: Any, kind: str, places: Any, key: str, most: int) -> list[dict[str, Any]]:
    lines = shapely.distance(shapes[:, None], places.geometry.to_numpy()[None, :])
    found = []
    for own, far in zip(ids, lines, strict=True):
        first = np.lexsort((places[key].to_numpy(), far))[:most]
        found += [
            {"origin_layer": layer, "origin_id": own, "near_kind": kind, "destination_id": places[key].iloc[place], "straight_m": far[place]}
            for place in first
        ]  # fmt: skip
    return found
