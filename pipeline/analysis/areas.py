"""Census areas: shapes joined to counts, and the layers that counts travel between."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.analysis.geometry import polygons_of
from pipeline.analysis.sound_counts import require_match
from pipeline.analysis.sound_vintages import require_same_census, require_same_ground
from pipeline.columns import CENSUS_COUNTS
from pipeline.tables import BY_TABLE

if TYPE_CHECKING:
    from pipeline.ledger import Ledger

KEY = ["area_level", "vintage", "area_geoid"]
COUNT_COLUMNS = [column for count in CENSUS_COUNTS for column in (count, f"{count}_moe")]


def census_areas(
    shapes: gpd.GeoDataFrame, counts: pd.DataFrame, blocks: gpd.GeoDataFrame, ledger: Ledger
) -> gpd.GeoDataFrame:
    """Census areas with their counts: one row per area and vintage.

    Shapes and counts are joined one to one by level, vintage and id. A shape without counts
    stays, with its counts missing; counts without a shape (the rest of the state, mostly) have
    no place and are left out. Both are recorded. Where a vintage has blocks but no counts
    of larger areas, block groups are added up from the blocks (see `areas_from_blocks`).

    Parameters
    ----------
    shapes, counts, blocks
        Input tables ``area_shapes``, ``area_counts`` and ``block_shapes``.
    ledger : Ledger
        Takes one match line per level and vintage, and a loss line for shapes without counts.

    Returns
    -------
    GeoDataFrame
        Table ``census_areas``; counts and margins as published, missing where they are not.

    Raises
    ------
    ContractError
        If shapes and counts of a level and vintage are not of the same areas (see
        `sound_vintages.require_same_census` and `sound_counts.require_match`), or a school district
        is not the same ground in all its vintages.
    """
    require_same_census(shapes, counts)
    require_same_ground(shapes)
    require_match(shapes, counts, ledger)
    added = areas_from_blocks(shapes, counts, blocks, ledger)
    new = added.set_index(KEY).index.difference(shapes.set_index(KEY).index)
    fresh = added[added.set_index(KEY).index.isin(new)]
    shapes = gpd.GeoDataFrame(
        pd.concat(
            [frame for frame in (shapes, fresh[list(shapes.columns)]) if len(frame)] or [shapes], ignore_index=True
        ),
        geometry="geometry",
        crs=shapes.crs,
    )
    tables = [frame for frame in (counts, added[[*KEY, *COUNT_COLUMNS]]) if len(frame)]
    counts = pd.concat(tables, ignore_index=True) if tables else counts
    joined = shapes.merge(counts, on=KEY, how="left", validate="1:1", indicator="found")
    has_counts = joined.pop("found") == "both"
    for (level, vintage), rows in shapes.groupby(["area_level", "vintage"], sort=True).groups.items():
        of_layer = counts[(counts["area_level"] == level) & (counts["vintage"] == vintage)]
        matched = int(has_counts[rows].sum())
        name = f"{level} {vintage}"
        ledger.match(f"shapes of {name} with counts", total=len(rows), matched=matched, unit="areas")
        if len(of_layer):
            reason = "counts without a shape near the study lie outside it"
            ledger.match(
                f"counts of {name} with a shape", total=len(of_layer), matched=matched, unit="areas", reason=reason
            )
        if len(of_layer) and matched < len(rows):
            first = joined.loc[rows].loc[~has_counts[rows], "area_geoid"].min()
            ledger.loss(
                f"shapes of {name}",
                "no counts are published for the area: they stay missing",
                count=len(rows) - matched,
                unit="areas",
                item=first,
            )
    shapeless = (
        counts.groupby(["area_level", "vintage"])
        .size()
        .drop(shapes.groupby(["area_level", "vintage"]).size().index, errors="ignore")
    )
    if not has_counts.any():
        reason = "no census counts with shapes, so nothing is said about who lives where"
        ledger.missing_input(
            "census areas", f"{reason}; the American Community Survey (data.census.gov) and TIGER/Line have both"
        )
    for (level, vintage), number in shapeless.items():
        ledger.loss(
            f"counts of {level} {vintage}",
            "there are no shapes of this level and vintage, and no relationship file to areas that are drawn",
            count=number,
            unit="areas",
        )
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=shapes.crs)[BY_TABLE["census_areas"].names]


def areas_from_blocks(
    shapes: gpd.GeoDataFrame, counts: pd.DataFrame, blocks: gpd.GeoDataFrame, ledger: Ledger
) -> gpd.GeoDataFrame:
    """Block groups added up from their blocks, for a vintage that publishes blocks only.

    The first 12 digits of a block's id are its block group. Population, homes and children
    are full counts of the decennial census: they have no sampling margin, and the noise
    that protects privacy is not published per block group, so their margins stay missing.
    """
    parts = []
    for vintage in sorted(set(blocks["vintage"]) - set(counts["vintage"])):
        own = blocks[blocks["vintage"] == vintage].sort_values("block_geoid")
        group = own["block_geoid"].str[:12]
        numbers = own.assign(area_geoid=group)
        totals = numbers.groupby("area_geoid", sort=True)[["population", "homes", "children_0_17", "land_m2"]].agg(
            lambda column: column.sum(skipna=False)
        )
        there = shapes[(shapes["vintage"] == vintage) & (shapes["area_level"] == "block_group")].set_index("area_geoid")
        outlines = [
            there.loc[name, "geometry"]
            if name in there.index
            else polygons_of(shapely.union_all(own.geometry.to_numpy()[rows]))
            for name, rows in sorted(group.reset_index(drop=True).groupby(group.to_numpy()).indices.items())
        ]
        parts.append(totals.reset_index().assign(area_level="block_group", vintage=vintage, geometry=outlines))
        is_empty = group.map(totals["population"]).isna()
        ledger.balance(
            f"people of the blocks of {vintage}",
            total=float(own["population"].sum()),
            inside=float(totals["population"].sum()),
            unlocated=float(own.loc[is_empty, "population"].sum()),
            unit="people",
            reason="block groups added up from their blocks",
        )
    table = (
        pd.concat(parts, ignore_index=True)
        if parts
        else pd.DataFrame({"area_level": [], "vintage": [], "area_geoid": [], "geometry": []})
    )
    for column in ("name", "land_m2", "water_m2", *COUNT_COLUMNS):
        if column not in table:
            table[column] = np.nan if column != "name" else pd.Series(index=table.index, dtype="str")
    return gpd.GeoDataFrame(table, geometry="geometry", crs=blocks.crs)


def source_layers(areas: gpd.GeoDataFrame) -> dict[str, gpd.GeoDataFrame]:
    """Census areas by layer '<area_level> <vintage>', with ``source_id``, in order of their ids."""
    return {
        f"{level} {vintage}": part.sort_values("area_geoid", kind="stable")
        .rename(columns={"area_geoid": "source_id"})
        .reset_index(drop=True)
        for (level, vintage), part in areas.groupby(["area_level", "vintage"], sort=True)
    }


def target_layers(
    neighborhoods: gpd.GeoDataFrame, district: gpd.GeoDataFrame, zones: gpd.GeoDataFrame
) -> dict[str, gpd.GeoDataFrame]:
    """Shapes that counts travel to, by layer name, with ``area_id``, in order of their ids.

    The layers are 'neighborhood', 'district' and 'zone <level> <fall_year>'.
    """
    layers: dict[str, gpd.GeoDataFrame] = {}
    for layer, frame, key in (
        ("neighborhood", neighborhoods, "neighborhood_id"),
        ("district", district, "district_id"),
    ):
        if len(frame):
            layers[layer] = frame
            layers[layer] = frame.rename(columns={key: "area_id"})
    for (level, fall_year), part in zones.groupby(["level", "fall_year"], sort=True):
        layers[f"zone {level} {fall_year}"] = part.rename(columns={"zone_id": "area_id"})
    return {
        layer: frame[["area_id", "geometry"]].sort_values("area_id", kind="stable").reset_index(drop=True)
        for layer, frame in layers.items()
    }


def inhabited_measure(table: Mapping[str, pd.Series] | pd.DataFrame) -> str | None:
    """The count that balances are kept in: children where they are known, otherwise people."""
    for name in ("children_0_17", "population"):
        if name in table and table[name].notna().any():
            return name
    return None
