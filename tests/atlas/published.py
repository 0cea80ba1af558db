r"""A small published town, drawn as hexagons: what the stage `publish` hands to the atlas.

     __    __
    /  \__/  \   8 columns x 5 rows of hexagons, 900 m wide, in EPSG:3310;
    \__/  \__/   the last one is without figures, three are unreliable.
    /  \__/  \
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.analysis.told_need import in_units
from pipeline.atlas.exports import PUBLISHED
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.spec import About, Rules
from pipeline.columns import parted
from pipeline.tables import BY_TABLE, check, empty
from tests.atlas.enrollment_tables import enrollment_tables
from tests.atlas.near_tables import near_tables
from tests.atlas.outlook_tables import outlook_tables

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
    adds = in_units(100 * percentile * np.array(list(INDICATORS.values())), 1.0)
    need = adds.sum(axis=1)
    rank = pd.Series(need).rank(ascending=False, method="first").to_numpy()
    chance = np.clip((12 - rank) / 10 + 0.35, 0, 1)
    known = np.arange(n) < n - 1
    children = rng.integers(80, 900, n).astype(float)
    tables: dict[str, Any] = {table.name: empty(table.name, CRS) for table in PUBLISHED}
    tables["public_neighborhoods"] = gpd.GeoDataFrame(
        {
            "neighborhood_id": ids,
            "name": call,
            "is_approximate": False,
            "inside_share": 1.0,
            "vintage": "2019-2023",
            "need_index": np.where(known, need, np.nan),
            "need_rank": np.where(known, rank, np.nan),
            "need_rank_low": np.where(known, np.maximum(rank - 4, 1), np.nan),
            "need_rank_high": np.where(known, np.minimum(rank + 5, n), np.nan),
            "need_rank_median": np.where(known, rank, np.nan),
            "need_rank_shift": np.where(known, 1.4, np.nan),
            "need_rank_pairwise_low": np.where(known, np.maximum(rank - 3, 1), np.nan),
            "need_rank_pairwise_high": np.where(known, np.minimum(rank + 3, n), np.nan),
            "high_need_probability_share": np.where(known, chance, np.nan),
            "need_class": np.where(
                ~known, "not_ranked", np.select([chance >= 0.8, chance >= 0.2], ["high", "possible"], "not_high")
            ),
            "hot_spot_class": np.select([rank <= 5, rank > 36], ["hot", "cold"], "none"),
            "moran_class": np.select([rank <= 3, rank == 4, rank > 37], ["high_high", "high_low", "low_low"], "none"),
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
                "indicator_count": float(round(share[i, k] * (500 + 13 * i + 40 * k))),
                "indicator_count_moe": 30.0 + i + k,
                "universe_count": 500.0 + 13 * i + 40 * k,
                "universe_count_moe": 60.0 + i,
                "percentile_share": percentile[i, k],
                "indicator_weight": weight,
                "contribution_index": adds[i, k],
            }
            for i in range(n - 1)
            for k, (name, weight) in enumerate(INDICATORS.items())
        ]
    )
    tables |= of_need(ids[:-1], need[:-1], rank[:-1], adds[:-1], text)
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
                "band_basis": "published",
                "pocket_evidence": "change" if abs(step) > 74 and layer == "neighborhood" else "none",
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
            "name": call[:2],
            "vintage": "2019-2023",
            "dollars_year": 2023,
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
            "class_probability_share": [0.95, 0.6, 0.7, np.nan] * 4,
            "growth_class": ["rising", "steady", "falling", "not_known"] * 4,
            "path_status": ["on_track", "behind", "behind", "not_known"] * 4,
        },
        geometry=[hexes[i * 2].centroid for i in range(15)] + [None],
        crs=CRS,
    )
    tables |= growing(ids, change, tables)
    tables |= ratings(tables["public_schools"]["school_id"].tolist()) | counts(tables["public_zones"], ids)
    tables |= outlook_tables(tables["public_zones"], tables["public_schools"]["school_id"].tolist())
    tables |= enrollment_tables(tables["public_zones"], ids, tables["public_schools"]["school_id"].tolist())
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
                "surplus_rooms": 4.0,
                "surplus_rooms_low": np.nan,
                "surplus_rooms_high": np.nan,
            }
            for i, u in enumerate([0.5, 0.95, 0.74, 1.04, 0.88, 0.9, 0.8] * 2)
            for d in ("given", "functional")
            for y in range(3)
            if i % 7 != 4
        ]
    )
    tables["public_capacity"] = pd.DataFrame(
        [
            {
                "site_id": f"s{i:02d}",
                "capacity_definition": d,
                "capacity_seats": 500.0 + 20 * i if i % 7 != 4 else np.nan,
                "rooms_counted": np.nan if d == "given" else 22.0,
                "capacity_status": "known" if i % 7 != 4 else ("not_given" if d == "given" else "no_rooms_known"),
                "capacity_source": say,
            }
            for i in range(14)
            for d in ("given", "functional")
        ]
    )
    tables["public_rooms"] = pd.DataFrame(
        [{"site_id": f"s{i:02d}", "room_type": kind, "is_portable": False, "rooms": 9.0} for i in range(12) for kind in ("classroom", "shared")]
    )  # fmt: skip
    tables |= responses(say, (names or ["Harbor Collective"])[0])
    tables["public_rfp"] = listing(tables["public_sites"], ids, say)
    tables |= of_sharing(say)
    tables["public_siting"] = pd.DataFrame(
        [{"site_id": "s00", "option_rank": 1.0, "covered_seats": 310.0, "reason": say}]
    )
    plan = {
        "level": "elementary",
        "siting_model": "coverage_with_room",
        "wanting_seats": 700.0,
        "mean_travel_m": np.nan,
        "is_nested": True,
        "optimum_gap_share": 0.0,
        "finding": "",
    }
    tables["public_siting_plans"] = pd.DataFrame(
        [
            {**plan, "new_sites": 0.0, "site_ids": "", "served_seats": 40.0, "added_seats": np.nan},
            {**plan, "new_sites": 1.0, "site_ids": "s00", "served_seats": 250.0, "added_seats": 210.0},
            {
                **plan,
                "new_sites": 2.0,
                "site_ids": "s00; s07",
                "served_seats": 430.0,
                "added_seats": 180.0,
                "finding": say,
            },
        ]
    )
    tables["public_siting_choices"] = pd.DataFrame(
        [
            {
                "level": "elementary",
                "siting_model": "coverage_with_room",
                "new_sites": 1.0,
                "site_id": "s00",
                "held_seats": 210.0,
            }
        ]
    )
    tables["public_siting_coverage"] = pd.DataFrame(
        {
            "level": "elementary",
            "neighborhood_id": [f"n{i:02d}" for i in range(10)],
            "unmet_seats": 70.0,
            "served_before_seats": [40.0] + [0.0] * 9,
            "served_after_seats": [40.0] + [70.0] * 5 + [40.0] + [0.0] * 3,
            "new_sites": 2.0,
        }
    )
    tables["public_enrollment_zones"] = pd.DataFrame(
        [
            {
                "enrollment_zone": "North zone",
                "level": "middle",
                "grade": "07",
                "zone_ids": "z1",
                "zone_pupils": 120.0,
                "zone_seats": 100.0,
                "seated_pupils": 100.0,
                "short_seats": 20.0,
                "zone_offered_seats": 30.0,
                "firm_short_seats": 50.0,
                "offered_site_ids": "s00",
                "all_pupils": 120.0,
                "all_seats": 100.0,
                "all_seated_pupils": 100.0,
                "all_short_seats": 20.0,
                "all_firm_short_seats": 50.0,
                "offer_finding": say,
                "cut_neighborhood_ids": "n00; n01",
                "cut_school_ids": "9999999000002",
                "finding": say,
            }
        ]
    )
    tables["public_recommendations"] = pd.DataFrame(
        [
            {
                "recommendation_id": "r1",
                "rule_id": "R1",
                "subject_kind": "neighborhood",
                "subject_id": "n00",
                "statement": text or "Look for a site for quality seats near Alder Grove.",
                "rule_measure": "need_rank",
                "rule_value": 2.0,
                "rule_value_low": 1.0,
                "rule_value_high": 5.0,
                "rule_threshold": 8.0,
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
    tables |= near_tables(tables, ABOUT.rules.bands)
    return {name: check(BY_TABLE[name], frame) for name, frame in tables.items()}


def of_sharing(say: str) -> dict[str, Any]:
    """The tables of the sheet of sharing buildings: one school placed, one not."""
    nothing = {"further_site_ids": None, "matched_school_id": None, "second_site_id": None, "community_basis": "homes"}
    placed = {
        **nothing, "school_id": "9999999000002", "name": "Aspen School", "match_status": "matched", "site_id": "s00", "second_site_id": "s07",
        "needed_seats": 180.0, "needed_rooms": 8.0, "surplus_rooms": 8.0, "community_m": 1800.0, "travel_m": 2345.0, "total_cost": 0.31,
        "utilization_ratio": 0.5, "utilization_after_ratio": 0.86, "second_cost_change": 0.02, "pair_share": 0.93,
    }  # fmt: skip
    waiting = {
        **nothing, "school_id": "9999999000006", "name": "Cedar School", "match_status": "unmatched", "site_id": None, "needed_seats": 400.0,
        "needed_rooms": 16.0, "binding_rule": "too_few_rooms", "missing_rooms": 8.0,
    }  # fmt: skip
    matches = pd.DataFrame([placed, waiting]).assign(
        rooms_basis="grades", solver_gap=0.0, is_taken_to_ask=False, reason=say
    )
    pairs = pd.DataFrame(
        [(row["school_id"], row["name"], site) for row in (placed, waiting) for site in ("s00", "s07")],
        columns=["school_id", "name", "site_id"],
    ).assign(
        pair_rule=["allowed", "allowed", "too_few_rooms", "too_few_rooms"], community_m=1800.0, community_basis="homes",
        travel_cost=0.2, grade_cost=0.0, load_cost=0.8, move_cost=0.3, total_cost=[0.31, 0.33, 0.5, 0.6], reason=say,
    )  # fmt: skip
    values = pd.DataFrame(
        {"site_id": ["s00", "s07"], "zone_id": None, "placed_rooms": [8.0, 0.0], "rooms_left": [0.0, 8.0]}
    )
    values = values.assign(
        utilization_ratio=0.5,
        utilization_after_ratio=[0.86, 0.5],
        room_price=[90.0, 0.0],
        room_gain=0.0,
        room_pupils_change=0.0,
        rooms_to_next=[None, 8.0],
        next_school_id=[None, "9999999000006"],
    )
    sheet = pd.DataFrame(
        {"school_id": ["9999999000002", "9999999000006"], "fall_year": 2025, "worksheet_status": ["computed", "rooms_not_known"], "pupils_basis": "homes",
         "in_district_ada": [160.0, 380.0], "ada_basis": "enrollment", "comparison_basis": "homes", "comparison_area_id": "h0", "comparison_school_ids": "",
         "comparison_schools": [3.0, 0.0], "left_out_schools": [0.0, 2.0], "comparison_ada": [900.0, None], "comparison_classrooms": [45.0, None],
         "comparison_specialised_rooms": [3.0, None], "comparison_shared_rooms": [5.0, None], "ada_per_classroom_ratio": [20.0, None],
         "offered_classrooms": [9.0, None], "offered_specialised_rooms": [0.6, None], "offered_shared_rooms": [0.9, None],
         "elementary_in_district_ada": [160.0, 380.0], "middle_in_district_ada": None, "high_in_district_ada": None,
         "elementary_ada_per_classroom_ratio": [20.0, None], "middle_ada_per_classroom_ratio": None, "high_ada_per_classroom_ratio": None,
         "reason": say}
    )  # fmt: skip
    numbers = [column for column in sheet if column.startswith(("middle_", "high_"))]
    sheet[numbers] = sheet[numbers].astype("float64")
    return {
        "public_matches": matches.reindex(columns=BY_TABLE["public_matches"].names),
        "public_pairs": pairs,
        "public_room_values": values,
        "public_prop39": sheet,
        "public_prop39_calendar": pd.DataFrame({"step": [1], "date_text": ["2024-11-01"], "event": [say]}),
    }


def responses(say: str, name: str) -> dict[str, Any]:
    """Two responses for one site and one that could not be considered."""
    asked = {
        "name": name,
        "grade_low": "KG",
        "grade_high": "05",
        "rooms_asked": 6.0,
        "needed_rooms": 7.0,
        "reason": say,
    }
    scored = {
        "score_index": 61.5,
        "score_rank": 1.0,
        "score_rank_low": 1.0,
        "score_rank_high": 2.0,
        "first_share": 0.63,
    }
    rows = [
        {"proposal_id": "P-1", "site_id": "s00", "proposal_status": "scored", **asked, **scored},
        {"proposal_id": "P-2", "site_id": "s00", "proposal_status": "scored", **asked, **scored, "score_rank": 2.0},
        {"proposal_id": "P-3", "site_id": "s01", "proposal_status": "not_eligible", **asked, **dict.fromkeys(scored, np.nan)},
    ]  # fmt: skip
    parts = [
        {"proposal_id": p, "rubric_part": part, "part_share": 0.5, "part_weight": 0.5, "part_points": 25.0, "evidence": say}
        for p in ("P-1", "P-2")
        for part in ("grades", "use_of_space")
    ]  # fmt: skip
    return {"public_rfp_scores": pd.DataFrame(rows), "public_rfp_score_parts": pd.DataFrame(parts)}


def listing(sites: Any, ids: list[str], say: str) -> pd.DataFrame:
    """The inventory for a request for proposals, of the sites there are."""
    number = len(sites)
    case = {"offered": "surplus", "watch": "one_definition", "not_offered": "in_use", "not_known": "no_numbers"}
    status = {
        "surplus": "listed",
        "one_definition": "one_definition",
        "in_use": "not_listed",
        "no_numbers": "not_known",
    }
    cases = sites["surplus_status"].map(case)
    columns = ["site_id", "name", "site_status", "condition_class", "definitions_under", "definitions_known"]
    numbers = {"surplus_seats": 220.0, "surplus_rooms": 8.0, "surplus_rooms_now": 9.0, "surplus_rooms_horizon": 8.0}
    return pd.DataFrame(sites[[*columns, "reason"]]).assign(
        **numbers,
        rfp_status=cases.map(status),
        surplus_case=cases,
        definition_codes="functional given",
        horizon_status="still_under",
        confidence_class="medium",
        confidence_rule=say,
        constraint_notes=say,
        schools_here=1.0,
        rooms_needed_back_year=pd.array([2031, None] * (number // 2), dtype="Int64"),
        longest_lease_years=[6.0, 10.0] * (number // 2),
        address="12 Mill Street",
        lease_offer=["8 rooms for 6 years, or 7 for 10", "8 rooms for 10 years"] * (number // 2),
        lease_limit=["host_needs_rooms", "end_of_outlook"] * (number // 2),
        condition_index=0.3,
        building_m2=3100.0,
        land_m2=12000.0,
        year_built=pd.array([1958] * number, dtype="Int64"),
        neighborhood_id=[ids[i * 2 + 1] for i in range(number)],
        need_rank=3.0,
        need_rank_low=1.0,
        need_rank_high=8.0,
        need_class="high",
        gap_level="elementary",
        zone_id="z0",
        unmet_seats=120.0,
        service_gap_rank=2.0,
        pocket_id="p1",
        pocket_kind="growing",
        pocket_distance_m=0.0,
        pocket_reliability_class="medium",
        relative_access_ratio=0.4,
        poor_access_levels="elementary",
    )


def of_need(ids: list[str], need: Any, rank: Any, adds: Any, text: str) -> dict[str, Any]:
    """The tables of the sheet Need: other families and the state, what moves ranks, clusters, lines to quote."""
    kinds = [(family, norm) for norm in ("local", "statewide") for family in ("percentile", "standardised")]
    families = pd.concat(
        pd.DataFrame(
            {
                "neighborhood_id": ids,
                "family": family,
                "norm": norm,
                "family_score": need if family == "percentile" else np.round(need / 20 - 2.5, 2),
                "family_rank": rank if norm == "local" else np.roll(rank, 1),
                "family_percentile": 50.0,
                "family_level": 3.0,
            }
        )
        for family, norm in kinds
    )
    parts = pd.DataFrame(
        [
            {"neighborhood_id": place, "family": "percentile", "norm": "local", "indicator": name, "contribution_index": add}
            for place, row in zip(ids, adds, strict=True)
            for name, add in zip(INDICATORS, row, strict=True)
        ]
    )  # fmt: skip
    moves = pd.DataFrame(
        [
            {
                "moved": moved,
                "factor": factor,
                "first_order_index": total / 3,
                "first_order_low": total / 3 - 0.02,
                "first_order_high": total / 3 + 0.02,
                "total_index": total,
                "total_low": total - 0.03,
                "total_high": total + 0.03,
            }
            for moved in ("ranks", "mean_shift")
            for factor, total in (("left_out", 0.05), ("margins", 0.62), ("weights", 0.38))
        ]
    )
    clusters = pd.DataFrame(
        {
            "neighborhood_id": ids,
            "cluster_measure": "need_index",
            "smoothed_share": np.nan,
            "hot_spot_class": np.where(rank <= 5, "hot", "none"),
            "hot_spot_draws_class": "none",
            "moran_class": np.where(rank <= 3, "high_high", "none"),
            "tested_by": "draws",
        }
    )
    lines = pd.DataFrame(
        [
            {"line": 1, "topic": "need", "is_told": True, "statement": text or "Alder Grove and Ash Hill are high need.", "evidence": text or "In 80% of the draws.", "reliability_class": "medium"},
            {"line": 2, "topic": "choice", "is_told": True, "statement": text or "Ranks move most with the survey's margins of error, which have a part in 62% of their movement.", "evidence": text or "The weights have a part in 38%.", "reliability_class": "medium"},
            {"line": 3, "topic": "growth", "is_told": False, "statement": text or "The number of children did not change beyond chance.", "evidence": None, "reliability_class": "not_known"},
        ]
    )  # fmt: skip
    return {
        "public_families": families,
        "public_family_contributions": parts,
        "public_sensitivity": moves,
        "public_clusters": clusters,
        "public_lines": lines,
    }


def growing(ids: list[str], change: Any, tables: dict[str, Any]) -> dict[str, Any]:
    """Two pockets of now and one of before, what drives them, families moving, growth and need, children expected."""
    now, before = ("2014-2018", "2019-2023"), ("2009-2013", "2014-2018")
    parts = {"births_change": 60.0, "births_change_moe": 50.0, "housing_change": 200.0, "housing_change_moe": 90.0}
    parts |= {"moving_change": 70.0, "moving_change_moe": 110.0}
    pockets = [
        {"pocket_id": name, "pocket_kind": kind, "pocket_areas": float(len(parted(members))), "area_ids": members}
        | {"areas_changed": by, "areas_clustered": 0.0, "areas_together": len(parted(members)) - by, "age_band": "5-17"}
        | {"vintage_from": pair[0], "vintage_to": pair[1], "children_from": 1200.0, "children_from_moe": 90.0}
        | {"children_to": 1200 + step, "children_to_moe": 95.0, "children_to_low": 1105 + step}
        | {"children_to_high": 1295 + step, "children_change": step, "children_change_moe": 120.0, "public_share": 0.9}
        | {"seats_change": 10 * (9 * step // 100), "seats_change_low": 10 * (9 * (step - 120) // 100)}
        | {
            "seats_change_high": 10 * (9 * (step + 120) // 100),
            "ages": "5-17",
            "driver": why,
            "reliability_class": sure,
        }
        | {key: value * step / 330 if not key.endswith("moe") else value for key, value in parts.items()}
        for name, kind, members, by, pair, step, why, sure in (
            ("p1", "growing", "n35; n36; n37", 2.0, now, 330.0, "housing", "high"),
            ("p2", "shrinking", "n00; n01", 1.0, now, -200.0, "moving", "medium"),
            ("p0", "growing", "n10", 1.0, before, 150.0, "not_known", "medium"),
        )
    ]
    areas = [*(("neighborhood", i) for i in ids), ("district", "9999999")]
    pair = {"vintage_from": now[0], "vintage_to": now[1]}
    need = dict(zip(ids, tables["public_neighborhoods"]["need_class"], strict=True))
    rank = dict(zip(ids, tables["public_neighborhoods"]["need_rank"], strict=True))
    pocket = ("n35", "n36", "n37")
    neediest = [i for i in ids if need[i] == "high"][:2]
    grows = {i: i in (*pocket, *neediest) for i in ids}
    cross = {(True, True): "both_high", (True, False): "growth_only", (False, True): "need_only"}
    return {
        "public_pockets": pd.DataFrame(pockets),
        "public_drivers": pd.DataFrame(
            [
                {"layer": layer, "area_id": i, **pair, "ages": "5-17", **parts}
                | {"driver": "housing" if i == "n36" else "not_known"}
                for layer, i in areas
            ]
        ),
        "public_migration": pd.DataFrame(
            [
                {"layer": layer, "area_id": i, "age_band": band, **pair, "ages": band}
                | {"migrants_change": 40.0 * (place % 3 - 1), "migrants_change_moe": 25.0}
                | {"is_significant": place % 6 == 2, "band_basis": "published", "reliability_class": "low"}
                for place, (layer, i) in enumerate(areas)
                for band in ("5-17", "5-9")
            ]
        ),
        "public_growth_need": pd.DataFrame(
            [
                {
                    "neighborhood_id": i,
                    **pair,
                    "age_band": "5-17",
                    "children_change": abs(step) + 80 if grows[i] else step,
                    "children_change_moe": 74.0,
                }
                | {"change_class": "growing" if grows[i] else "not_beyond_chance", "need_class": need[i]}
                | {"need_rank": rank[i], "pocket_id": "p1" if i in pocket else None}
                | {"cross_class": cross.get((grows[i], need[i] == "high"), "neither")}
                | {"reliability_class": "low" if i == "n35" else "medium"}
                for i, step in zip(ids, change, strict=True)
            ]
        ),
        "public_population": pd.DataFrame(
            [
                {"layer": layer, "area_id": i, "age_band": band, "year": year, "vintage_to": now[1]}
                | {"children_to": base, "children_projected": base + more, "children_projected_low": base + more - 50}
                | {"children_projected_high": base + more + 50, "children_projected_change": more}
                | {"is_beyond_interval": abs(more) > 50, "method": "synthetic", "error_basis": "stated"}
                for place, (layer, i) in enumerate(areas)
                for band in ("5-17", "0-4")
                for year, base, more in ((2026, 400.0, 5.0 * (place % 9 - 4)), (2031, 400.0, 18.0 * (place % 9 - 4)))
            ]
        ),
    }


def ratings(ids: list[str]) -> dict[str, Any]:
    """Classes by year, paths and colors of the schools, and pupils in quality seats."""
    units = [*(("school", i) for i in ids[:8]), ("level", "elementary"), ("district", "9999999")]
    paths = [
        {"unit_kind": kind, "unit_id": unit, "fall_year": 2021 + k, "base_share": 0.4, "target_share": 0.4 + 0.08 * k}
        | {"status_share": 0.45 if 0 < k < 3 else np.nan, "on_track_probability_share": 0.3 if 0 < k < 3 else np.nan}
        | {"path_status": "not_sure" if 0 < k < 3 else "not_known", "is_interim": k < 5}
        for kind, unit in units
        for k in range(6)
    ]
    colors = [
        {"school_id": i, "subject": subject, "fall_year": 2023, "color_rule": f"{subject}_rule", "status_level": "high"}
        | {"change_level": "increased", "color": ["red", "orange", "yellow", "green", "blue", "none"][place % 6]}
        for place, i in enumerate(ids[:12])
        for subject in ("ela", "math")
    ]
    seats = [
        {"fall_year": fall, "results_fall": fall, "run_by": by, "student_group": group, "layer": layer, "area_id": area}
        | {"pupils": pupils, "quality_pupils": part * pupils, "unrated_pupils": np.nan}
        for fall, part in ((2022, 0.3), (2023, 0.4))
        for by, group, layer, area, pupils in (
            ("all", "all", "district", "9999999", 12000.0),
            ("district", "all", "district", "9999999", 10000.0),
            ("charter", "all", "district", "9999999", 2000.0),
            ("all", "low_income", "district", "9999999", 5000.0),
            ("all", "foster", "district", "9999999", 120.0),
            ("all", "all", "neighborhood", "n00", 400.0),
            ("all", "all", "zone elementary 2024", "e1", 450.0),
        )
    ]
    change = {"fall_from": 2022, "fall_to": 2023, "student_group": "all", "layer": "district", "area_id": "9999999"}
    parts = {
        "improved_change": 900.0,
        "grown_change": 200.0,
        "opened_change": 150.0,
        "closed_change": -50.0,
        "rated_change": 0.0,
    }
    return {
        "public_quality_years": pd.DataFrame(
            {"school_id": ids[:8], "fall_year": 2023, "quality_class": "strong", "is_quality": True}
        ),
        "public_targets": pd.DataFrame(paths),
        "public_colors": pd.DataFrame(colors),
        "public_quality_seats": pd.DataFrame(seats),
        "public_quality_change": pd.DataFrame(
            [change | {"run_by": by, "pupils_change": 1200.0} | parts for by in ("all", "district")]
        ),
    }


def counts(zones: Any, ids: list[str]) -> dict[str, Any]:
    """The gap counted otherwise, the cut moved, and access by all methods and by group."""
    more = {"study": 0.0, "contained": 20.0, "citywide_out": 40.0, "by_access": -30.0, "in_five_years": 60.0}
    variants = [
        {
            "level": zone["level"],
            "zone_id": zone["zone_id"],
            "variant": name,
            "fall_year": 2024,
            "resident_pupils": zone["resident_pupils"],
        }
        | {"resident_pupils_low": np.nan, "resident_pupils_high": np.nan, "quality_seats": zone["quality_seats"]}
        | {
            "service_gap_seats": zone["service_gap_seats"] + add,
            "unmet_seats": max(zone["service_gap_seats"] + add, 0.0),
        }
        | {"service_gap_rank": zone["service_gap_rank"] + (add > 0), "method": "flows"}
        for zone in zones.to_dict("records")
        for name, add in more.items()
    ]
    sweep = [
        {"level": level, "cut_change": 0.05 * step, "cut_share": 0.5 + 0.05 * step, "quality_schools": 12.0 - 4 * step}
        | {"quality_seats": 3000.0 - 900 * step, "unmet_seats": 2000.0 + 800 * step, "rank_shift": 0.5 * abs(step)}
        for level in ("elementary", "middle")
        for step in (-2, -1, 0, 1)
    ]
    swept = pd.DataFrame(sweep)
    swept.loc[
        swept["cut_change"] < -0.07, ["cut_share", "quality_schools", "quality_seats", "unmet_seats", "rank_shift"]
    ] = np.nan
    methods = [
        {"neighborhood_id": i, "level": "elementary", "access_method": method, "relative_access_ratio": 1.0}
        | {"is_poor_access": place % 8 < poor}
        for place, i in enumerate(ids)
        for method, poor in (("2sfca", 2), ("e2sfca", 4), ("gaussian", 3))
    ]
    groups = [
        ("children", 5200.0, 1.0, 0.2),
        ("children_in_poverty", 1400.0, 0.7, 0.45),
        ("homes_without_vehicle", 900.0, 0.95, 0.21),
    ]
    names = ["measure", "group_count", "mean_relative_access_ratio", "poor_share"]
    return {
        "public_gap_variants": pd.DataFrame(variants),
        "public_cut_sweep": swept,
        "public_access_methods": pd.DataFrame(methods),
        "public_access_groups": pd.DataFrame(groups, columns=names).assign(level="elementary"),
    }


def nothing() -> dict[str, Any]:
    """The published tables of a study that has no inputs at all."""
    return {table.name: check(table, empty(table.name, CRS)) for table in PUBLISHED}


def whole(key: str, tables: Any, about: About = ABOUT) -> str:
    """All that a sheet says of itself: the answer, and what is folded up below it."""
    sheet = next(sheet for sheet in SHEETS if sheet.key == key)
    return " ".join([sheet.answer(tables, about), *(sheet.more(tables, about) if sheet.more else ())])


def told(page: str) -> str:
    """The same of a finished page."""
    found = re.search(r'<p class="answer">(.*?)</p>(<details class="further">.*?</details>)?', page, re.S)
    assert found
    items = re.findall("<li>(.*?)</li>", found.group(2) or "")
    return unescape(" ".join([found.group(1), *items]))
