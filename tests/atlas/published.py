r"""A small published town, drawn as hexagons: what the stage `publish` hands to the atlas.

     __    __
    /  \__/  \   8 columns x 5 rows of hexagons, 900 m wide, in EPSG:3310;
    \__/  \__/   the last one is without figures, three are unreliable.
    /  \__/  \
"""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.atlas.exports import PUBLISHED
from pipeline.atlas.spec import About, Rules
from pipeline.tables import BY_TABLE, check, empty

CRS = "EPSG:3310"
ABOUT = About(
    title="Hexham Unified",
    fall_year=2024,
    now="2019-2023",
    before="2014-2018",
    smallest_cell=11,
    rules=Rules(
        subjects=("ela", "math"),
        bands={
            "elementary": ("TK", "KG", "01", "02", "03", "04", "05"),
            "middle": ("06", "07", "08"),
            "high": ("09", "10", "11", "12"),
        },
    ),
    sources=(
        (
            "U.S. Census Bureau",
            "American Community Survey",
            "2019-2023",
            "Public domain",
            "https://www.census.gov/programs-surveys/acs",
        ),
    ),
)
INDICATORS = {"child_poverty": 0.4, "no_diploma": 0.25, "limited_english": 0.2, "no_vehicle": 0.15}
STREETS = [
    "Alder",
    "Ash",
    "Aspen",
    "Bay",
    "Beech",
    "Birch",
    "Cedar",
    "Cherry",
    "Cypress",
    "Dogwood",
    "Elder",
    "Elm",
    "Fir",
    "Hawthorn",
    "Hazel",
    "Hickory",
    "Holly",
    "Juniper",
    "Larch",
    "Laurel",
    "Linden",
    "Locust",
    "Maple",
    "Madrone",
    "Manzanita",
    "Mulberry",
    "Myrtle",
    "Oak",
    "Olive",
    "Pear",
    "Pecan",
    "Pine",
    "Plum",
    "Poplar",
    "Redwood",
    "Sequoia",
    "Spruce",
    "Sycamore",
    "Walnut",
    "Willow",
]


def hexagons(columns: int = 8, rows: int = 5, size: float = 520.0) -> list[Any]:
    """Hexagons whose shared corners are the same to the bit."""
    corners = [(1.0, 0), (0.5, 1), (-0.5, 1), (-1.0, 0), (-0.5, -1), (0.5, -1)]
    high = round(size * 0.866)
    centres = [(1.5 * size * c, high * (2 * r + c % 2)) for c in range(columns) for r in range(rows)]
    return [shapely.Polygon([(-190000 + x + size * a, 230000 + y + high * b) for a, b in corners]) for x, y in centres]


def town(names: list[str] | None = None, text: str = "", columns: int = 8, rows: int = 5) -> dict[str, Any]:
    """All published tables of the hexagon town; ``names`` replaces the names, ``text`` the sentences."""
    rng = np.random.default_rng(7)
    hexes = hexagons(columns, rows)
    n = len(hexes)
    ids = [f"n{i:02d}" for i in range(n)]
    call = names or [f"{STREETS[i % 40]} {'Hill' if i % 3 else 'Grove'}" for i in range(n)]
    call = [call[i % len(call)] for i in range(n)]
    say = text or "Six of eight rooms stand empty by two ways of counting."
    share = np.clip(rng.normal(0.25, 0.12, (n, len(INDICATORS))) + np.linspace(0.2, 0, n)[:, None], 0.01, 0.9)
    percentile = pd.DataFrame(share).rank(pct=True).to_numpy()
    adds = 100 * percentile * np.array(list(INDICATORS.values()))
    need = adds.sum(axis=1)
    rank = pd.Series(need).rank(ascending=False).to_numpy()
    chance = np.clip((12 - rank) / 10 + 0.35, 0, 1)
    known = np.arange(n) < n - 1
    children = rng.integers(80, 900, n).astype(float)
    tables: dict[str, Any] = {table.name: empty(table.name, CRS) for table in PUBLISHED}
    tables["public_neighborhoods"] = gpd.GeoDataFrame(
        {
            "neighborhood_id": ids,
            "name": call,
            "is_approximate": False,
            "vintage": "2019-2023",
            "need_index": np.where(known, need, np.nan),
            "need_rank": np.where(known, rank, np.nan),
            "need_rank_low": np.where(known, np.maximum(rank - 4, 1), np.nan),
            "need_rank_high": np.where(known, np.minimum(rank + 5, n), np.nan),
            "high_need_probability_share": np.where(known, chance, np.nan),
            "need_class": np.where(
                ~known, "not_ranked", np.select([chance >= 0.8, chance >= 0.2], ["high", "possible"], "not_high")
            ),
            "hot_spot_class": np.select([rank <= 5, rank > 36], ["hot", "cold"], "none"),
            "reliability_class": np.where(
                ~known,
                "not_known",
                np.where(np.arange(n) % 13 == 5, "low", np.where(np.arange(n) % 3 == 0, "high", "medium")),
            ),
            "children_0_17": np.where(known, children, np.nan),
            "children_0_17_moe": np.where(known, np.round(children * 0.2), np.nan),
        },
        geometry=hexes,
        crs=CRS,
    )
    tables["public_contributions"] = pd.DataFrame(
        [
            {
                "neighborhood_id": ids[i],
                "indicator": name,
                "indicator_share": share[i, k],
                "indicator_share_moe": 0.06 + 0.01 * k,
                "percentile_share": percentile[i, k],
                "indicator_weight": weight,
                "contribution_index": adds[i, k],
            }
            for i in range(n - 1)
            for k, (name, weight) in enumerate(INDICATORS.items())
        ]
    )
    change = np.round(rng.normal(0, 40, n) + np.linspace(-60, 120, n))
    tables["public_growth"] = pd.DataFrame(
        [
            {
                "layer": layer,
                "area_id": area,
                "age_band": band,
                "vintage_from": "2014-2018",
                "vintage_to": "2019-2023",
                "children_from": before,
                "children_from_moe": 50.0,
                "children_to": before + step,
                "children_to_moe": 55.0,
                "children_change": step,
                "children_change_moe": 74.0,
                "is_significant": bool(abs(step) > 74),
                "reliability_class": "medium",
            }
            for band, part in (("5-17", 1.0), ("0-4", 0.4))
            for layer, area, before, step in [
                *(("neighborhood", i, 400.0, round(part * c)) for i, c in zip(ids, change, strict=True)),
                ("district", "9999999", 16000.0, round(part * change.sum())),
            ]
        ]
    )
    tables["public_incomes"] = pd.DataFrame(
        {
            "layer": "neighborhood",
            "area_id": ids[:2],
            "vintage": "2019-2023",
            "households": [900.0, 400.0],
            "median_income_usd": [54_000.0, 200_000.0],
            "median_income_usd_moe": [6_000.0, np.nan],
            "is_bottom_coded": False,
            "is_top_coded": [False, True],
            "reliability_class": ["high", "not_known"],
        }
    )
    tables["public_interpolation"] = pd.DataFrame(
        {
            "layer": ["neighborhood", "neighborhood"],
            "area_id": ids[:2],
            "measure": "children_0_17",
            "allocated_count": [410.0, 380.0],
            "allocated_count_moe": [50.0, 55.0],
            "method": "children_by_block",
            "methods": 4.0,
            "next_count": [400.0, 260.0],
            "next_method": "people_by_block",
            "lowest_count": [390.0, 240.0],
            "lowest_method": "area",
            "highest_count": [500.0, 380.0],
            "highest_method": ["centre", "children_by_block"],
            "spread_ratio": [0.27, 0.37],
        }
    )
    tables["public_pockets"] = pd.DataFrame(
        [
            {
                "pocket_id": "p1",
                "pocket_kind": "growing",
                "pocket_areas": 3.0,
                "area_ids": "n35 n36 n37",
                "age_band": "5-17",
                "vintage_from": "2014-2018",
                "vintage_to": "2019-2023",
                "children_from": 1200.0,
                "children_to": 1530.0,
                "children_change": 330.0,
                "children_change_moe": 120.0,
                "reliability_class": "high",
            }
        ]
    )
    zones = []
    for level, cut in (("elementary", 8), ("middle", 4), ("high", 2)):
        for z in range(cut):
            members = [hexes[i] for i in range(n) if i * cut // n == z]
            residents, good = float(400 + 60 * z), float(150 + 45 * (z * 5 % 7))
            zones.append(
                {
                    "level": level,
                    "zone_id": f"{level[0]}{z}",
                    "fall_year": 2024,
                    "name": call[z * 3],
                    "is_approximate": level == "high",
                    "resident_pupils": residents,
                    "quality_seats": good,
                    "service_level_ratio": good / residents,
                    "service_gap_seats": residents - good,
                    "unmet_seats": max(residents - good, 0.0),
                    "service_gap_rank": float(z + 1),
                    "method": "flows",
                    "geometry": shapely.union_all(members),
                }
            )
    tables["public_zones"] = gpd.GeoDataFrame(zones, crs=CRS)
    tables["public_access"] = pd.DataFrame(
        [
            {"neighborhood_id": i, "level": level, "relative_access_ratio": r, "is_poor_access": bool(r < 0.5)}
            for level in ("elementary", "middle")
            for i, r in zip(ids, rng.gamma(4, 0.25, n), strict=True)
        ]
    )
    classes = ["strong", "middle", "weak", "not_rated"]
    tables["public_schools"] = gpd.GeoDataFrame(
        {
            "school_id": [f"{9999999000000 + i:013d}" for i in range(16)],
            "name": [(names or [f"{s} School" for s in STREETS])[i % (len(names) if names else 40)] for i in range(16)],
            "sector": ["district", "district", "charter", "private"] * 4,
            "school_status": ["open"] * 14 + ["closed", "open"],
            "grade_low": ["KG", "06", "09", None] * 4,
            "grade_high": ["05", "08", "12", None] * 4,
            "is_virtual": [False] * 15 + [True],
            "location_status": ["located"] * 15 + ["virtual"],
            "fall_year": pd.array([2024] * 15 + [None], dtype="Int64"),
            "value_text": ["412", "*", "1,530", "88"] * 4,
            "value_status": ["reported", "suppressed", "reported", "reported"] * 4,
            "quality_class": classes * 4,
            "is_quality": [c == "strong" for c in classes] * 4,
            "path_status": ["on_track", "behind", "behind", "not_known"] * 4,
        },
        geometry=[hexes[i * 2].centroid for i in range(15)] + [None],
        crs=CRS,
    )
    tables["public_outlook"] = pd.DataFrame(
        [
            {
                "unit_kind": kind,
                "unit_id": unit,
                "fall_year": 2024 + year,
                "value_text": f"{size + 40 * year:,}",
                "pupils_projected": size + 40.0 * year,
                "pupils_projected_low": size - 200.0,
                "pupils_projected_high": size + 300.0,
                "method": "cohort_survival",
            }
            for kind, unit, size in (("district", "9999999", 14000), ("zone", "elementary e1", 500))
            for year in range(1, 6)
        ]
    )
    tables["public_backtest"] = pd.DataFrame(
        [
            {
                "method": "cohort_survival",
                "horizon_years": h,
                "size_class": s,
                "cases": 30.0,
                "mean_absolute_error_share": 0.02 * h,
                "mean_error_change": -0.004 * h,
            }
            for h in (1, 3, 5)
            for s in ("under_200", "district")
        ]
    )
    tables["public_sites"] = gpd.GeoDataFrame(
        {
            "site_id": [f"s{i:02d}" for i in range(14)],
            "name": [
                (names or [f"{s} Campus" for s in STREETS[5:]])[i % (len(names) if names else 35)] for i in range(14)
            ],
            "site_status": ["open"] * 12 + ["closed", "swing"],
            "condition_class": ["good", "fair", "poor", "very_poor", "not_known"] * 2 + ["fair"] * 4,
            "surplus_status": [
                "offered",
                "not_offered",
                "watch",
                "not_offered",
                "not_known",
                "not_offered",
                "not_offered",
            ]
            * 2,
            "definitions_under": [3.0, 0, 1, 0, 0, 0, 0] * 2,
            "definitions_known": [3.0, 3, 3, 3, 0, 3, 3] * 2,
            "surplus_seats": [220.0, 10, 90, 0, np.nan, 30, 55] * 2,
            "surplus_rooms": [8.0, 0, 3, 0, np.nan, 1, 2] * 2,
            "reason": [say] * 14,
        },
        geometry=[hexes[i * 2 + 1].centroid for i in range(14)],
        crs=CRS,
    )
    tables["public_utilization"] = pd.DataFrame(
        [
            {
                "site_id": f"s{i:02d}",
                "capacity_definition": d,
                "fall_year": 2024 + y,
                "capacity_seats": 500.0 + 20 * i,
                "utilization_ratio": u + 0.02 * y,
                "utilization_low_ratio": np.nan,
                "utilization_high_ratio": np.nan,
                "surplus_seats": 100.0,
            }
            for i, u in enumerate([0.5, 0.95, 0.74, 1.04, 0.88, 0.9, 0.8] * 2)
            for d in ("given", "functional")
            for y in range(3)
            if i % 7 != 4
        ]
    )
    tables["public_matches"] = pd.DataFrame(
        [
            {
                "school_id": "9999999000002",
                "match_status": "matched",
                "site_id": "s00",
                "matched_school_id": None,
                "needed_seats": 180.0,
                "travel_m": 2345.0,
                "reason": say,
            },
            {
                "school_id": "9999999000006",
                "match_status": "unmatched",
                "site_id": None,
                "matched_school_id": None,
                "needed_seats": 400.0,
                "travel_m": np.nan,
                "reason": say,
            },
        ]
    )
    tables["public_siting"] = pd.DataFrame(
        [{"site_id": "s00", "option_rank": 1.0, "covered_seats": 310.0, "reason": say}]
    )
    tables["public_recommendations"] = pd.DataFrame(
        [
            {
                "recommendation_id": "r1",
                "rule_id": "R1",
                "subject_kind": "neighborhood",
                "subject_id": "n00",
                "statement": text or "Look for a site for quality seats near Alder Grove.",
                "evidence": text or "Need rank 1 to 5; 310 seats missing within reach.",
                "reliability_class": "medium",
                "counter_evidence": text or "Two quality schools lie just outside the reach.",
            }
        ]
    )
    tables["public_missing"] = pd.DataFrame(
        [
            {
                "line": 1,
                "stage": "census",
                "entry": "missing_input",
                "subject_name": names[0] if names else "births",
                "reason": text
                or "No births by tract: children under 5 are not carried forward. The county health office publishes them.",
            },
            {"line": 2, "stage": "facilities", "entry": "note", "subject_name": "site s04", "reason": say},
        ]
    )
    tables["disclosure"] = pd.DataFrame(
        [
            {
                "public_table": "public_schools",
                "shown_cells": 12.0,
                "primary_hidden_cells": 3.0,
                "complementary_hidden_cells": 1.0,
                "reason": "Fewer than 11 pupils.",
            }
        ]
    )
    return {name: check(BY_TABLE[name], frame) for name, frame in tables.items()}


def nothing() -> dict[str, Any]:
    """The published tables of a study that has no inputs at all."""
    return {table.name: check(table, empty(table.name, CRS)) for table in PUBLISHED}
