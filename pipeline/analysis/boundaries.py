"""The study's outlines: district, attendance zones and neighborhoods, each place at most once."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from pipeline.analysis.geometry import common_ground, polygons_of
from pipeline.analysis.nearest import ZONE_COLUMNS, nearest_school_zones
from pipeline.analysis.zoning import cut_overlaps, dissolve_parts, gaps
from pipeline.errors import ContractError, Fault
from pipeline.numerals import chance, number, percent, trimmed
from pipeline.tables import empty

if TYPE_CHECKING:
    from pipeline.ledger import Ledger

# Repairs below this are counted together, not listed one by one.
LISTED_M2 = 1.0
# A census area with less of its ground in the district meets it through drawing alone;
# one with less than this outside lies in it whole.
EDGE_SHARE = 0.005


def district_outline(
    shapes: gpd.GeoDataFrame,
    stand_ins: Mapping[str, gpd.GeoDataFrame],
    *,
    district_id: str,
    title: str,
    ledger: Ledger,
) -> gpd.GeoDataFrame:
    """The district as one row.

    Rows of other districts in the file are left out. Where the study has no outline, the union of
    the first layer of ``stand_ins`` that has shapes stands for it, and a note says so.

    Raises
    ------
    ContractError
        If the file has districts, but not the study's; lists those it has.
    """
    if len(shapes):
        own = shapes[shapes["district_id"] == district_id]
        if own.empty:
            others = sorted(set(shapes["district_id"]))
            what = f"district {district_id} is not in the file"
            remedy = "Set study.district_id to one of its ids, or map the file's id column."
            raise ContractError(
                "the district's outline", [Fault("E-DISTRICT", what, len(others), ", ".join(others[:5]), remedy)]
            )
        outline, repairs = dissolve_parts(own, "district_id", ["name"])
        _record("district", repairs, ledger)
        return outline
    for name, frame in stand_ins.items():
        if len(frame):
            ledger.note("district", f"no outline is given: the union of the {name} stands for it", item=district_id)
            union = polygons_of(shapely.union_all(frame.geometry.to_numpy()))
            return gpd.GeoDataFrame({"district_id": [district_id], "name": [title]}, geometry=[union], crs=frame.crs)
    ledger.missing_input(
        "district",
        "no outline, so nothing is counted by place; Census TIGER/Line (UNSD, ELSD, SCSD) has one for each district",
    )
    return gpd.GeoDataFrame(empty("district", str(shapes.crs)))


def published_zones(
    shapes: gpd.GeoDataFrame, *, sliver_m2: float, overlap_share: float, ledger: Ledger
) -> gpd.GeoDataFrame:
    """Attendance zones as published: one row per zone, level and school year, no place twice.

    Parts of a zone are joined, overlaps within tolerance go to the lower id (see
    `zoning.cut_overlaps`); every repair is in the ledger.
    """
    layers = [gpd.GeoDataFrame(empty("zones", str(shapes.crs)))]
    for (level, fall_year), part in shapes.groupby(["level", "fall_year"], sort=True):
        name = f"zone {level} {fall_year}"
        whole, joined = dissolve_parts(part, "zone_id", ["name", "school_id"])
        clean, cut = cut_overlaps(whole, key="zone_id", sliver_m2=sliver_m2, overlap_share=overlap_share)
        _record(name, joined, ledger)
        _record(name, cut, ledger)
        layers.append(clean.assign(level=level, fall_year=fall_year, is_approximate=False)[ZONE_COLUMNS])
    return _stacked(layers)


def published_neighborhoods(
    shapes: gpd.GeoDataFrame, *, sliver_m2: float, overlap_share: float, ledger: Ledger
) -> gpd.GeoDataFrame:
    """Neighborhoods as published, repaired as zones are; one without a name goes by its id.

    They keep their whole ground; `outlines` finds what share of it lies in the district.
    """
    if shapes.empty:
        return gpd.GeoDataFrame(empty("neighborhoods", str(shapes.crs)))
    whole, joined = dissolve_parts(shapes, "neighborhood_id", ["name"])
    clean, cut = cut_overlaps(whole, key="neighborhood_id", sliver_m2=sliver_m2, overlap_share=overlap_share)
    _record("neighborhood", joined, ledger)
    _record("neighborhood", cut, ledger)
    name = clean["name"].where(clean["name"].notna(), clean["neighborhood_id"])
    for shared in sorted(name[name.duplicated()].unique()):
        ids = ", ".join(clean.loc[name == shared, "neighborhood_id"])
        ledger.note("neighborhood", f"several are called {shared}: tell them by their ids", item=ids)
    columns = ["neighborhood_id", "name", "is_approximate", "inside_share", "geometry"]
    return clean.assign(name=name, is_approximate=False, inside_share=1.0)[columns]


def census_neighborhoods(
    areas: gpd.GeoDataFrame, district: gpd.GeoDataFrame, *, area_level: str, vintage: str, ledger: Ledger
) -> gpd.GeoDataFrame:
    """Census areas as neighborhoods: the part of each that lies in the district.

    An area that lies in it but for the difference of two drawings (0.5% of its ground) stays
    whole; one that meets it by no more than that is left out, with a ledger line.

    Parameters
    ----------
    areas : GeoDataFrame
        Table ``census_areas``.
    area_level, vintage : str
        Which areas; an empty vintage means the latest there is.
    """
    of_level = areas[areas["area_level"] == area_level]
    vintage = vintage or max(of_level["vintage"], default="")
    own = of_level[of_level["vintage"] == vintage].sort_values("area_geoid", kind="stable")
    if own.empty or district.empty:
        what = f"no {area_level} shapes of {vintage or 'any vintage'}" if len(district) else "no district outline"
        ledger.missing_input("neighborhoods", f"{what}, so there is no need index; Census TIGER/Line has the shapes")
        return gpd.GeoDataFrame(empty("neighborhoods", str(areas.crs)))
    shapes = own.geometry.to_numpy()
    outline = district.geometry.to_numpy()[0]
    meeting = np.sort(shapely.STRtree(shapes).query(outline, predicate="intersects"))
    own, shapes = own.iloc[meeting], shapes[meeting]
    inside, share = part_inside(shapes, outline)
    slight = share < EDGE_SHARE
    if slight.any():
        first = own["area_geoid"].to_numpy()[slight][0]
        ledger.loss(
            "neighborhoods",
            f"areas of which less than {percent(EDGE_SHARE, 1)} lies in the district",
            count=int(slight.sum()),
            unit="areas",
            item=first,
        )
    parts = np.array([polygons_of(shape) for shape in np.where(share == 1, shapes, inside)[~slight]], dtype=object)
    own, share = own[~slight], share[~slight]
    clipped = share < 1
    if clipped.any():
        reason = f"{int(clipped.sum())} of {len(own)} reach beyond the district: the part inside it is the neighborhood, which is approximate"
        least = own["area_geoid"].to_numpy()[share.argmin()]
        ledger.note("neighborhoods", reason, item=f"least: {chance(share.min())} of {least}")
    table = pd.DataFrame(
        {
            "neighborhood_id": own["area_geoid"].to_numpy(),
            "name": area_names(own["area_geoid"], own["name"]).to_numpy(),
            "is_approximate": clipped,
            "inside_share": share,
        }
    )
    return gpd.GeoDataFrame(table, geometry=parts, crs=areas.crs)


def part_inside(shapes: np.ndarray, outline: shapely.Geometry) -> tuple[np.ndarray, np.ndarray]:
    """The part of each polygon inside an outline, and its share; 1 where only two drawings of one line differ.

    >>> part_inside(np.array([shapely.box(0, 0, 4, 1), shapely.box(-0.001, 0, 1, 1)]), shapely.box(0, 0, 1, 1))[1].tolist()
    [0.25, 1.0]
    """
    inside = common_ground(shapes, np.repeat(outline, len(shapes)))
    share = shapely.area(inside) / shapely.area(shapes)
    return inside, np.where(share > 1 - EDGE_SHARE, 1.0, share)


def area_names(geoids: pd.Series, names: pd.Series) -> pd.Series:
    """What each census area is called: its published name, or what people call a tract by.

    A name that several areas share ("Block Group 1") says nothing and is passed over. A tract has
    its number as the Census Bureau prints it: without leading zeros, and with the suffix unless that
    is 00. The county's digits are added where two counties use a number. Other areas keep their id.

    >>> geoids = pd.Series(["06037209103", "06037980000", "060372091032", "06059980000", "BK0101"])
    >>> area_names(geoids, pd.Series([None, None, None, None, "Greenpoint"])).tolist()
    ['Tract 2091.03', 'Tract 9800, county 037', 'Block group 2, tract 2091.03', 'Tract 9800, county 059', 'Greenpoint']
    """
    said = names.where(~names.duplicated(keep=False))
    parts = geoids.str.extract(r"^\d{2}(?P<county>\d{3})(?P<tract>\d{4})(?P<suffix>\d{2})(?P<group>\d?)$").astype("str")
    number = parts["tract"].str.lstrip("0") + ("." + parts["suffix"]).where(parts["suffix"] != "00", "")
    group = "Block group " + parts["group"] + ", tract " + number
    census = group.where(parts["group"] != "", "Tract " + number)
    census = census.where(~census.duplicated(keep=False), census + ", county " + parts["county"])
    return said.where(said.notna(), census.where(census.notna(), geoids))


def outlines(
    zone_shapes: gpd.GeoDataFrame,
    neighborhood_shapes: gpd.GeoDataFrame,
    district_shapes: gpd.GeoDataFrame,
    census_areas: gpd.GeoDataFrame,
    directory: gpd.GeoDataFrame,
    *,
    zones_kind: str,
    fall_year: int,
    levels: Sequence[str],
    bands: Mapping[str, Sequence[str]],
    neighborhoods_kind: str,
    area_level: str,
    vintage: str,
    district_id: str,
    title: str,
    sliver_m2: float,
    overlap_share: float,
    ledger: Ledger,
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Zones, neighborhoods and district of a study, from what it has.

    Parameters
    ----------
    zone_shapes, neighborhood_shapes, district_shapes, directory : GeoDataFrame
        Input tables of these names, in the study's CRS; may be empty.
    census_areas : GeoDataFrame
        Table of this name, for neighborhoods that are census areas.
    zones_kind : str
        "published", "nearest_school" (the district split by nearest school) or "none".
    neighborhoods_kind : str
        "published" or "census_areas" (``area_level`` and ``vintage`` say which).

    Returns
    -------
    zones, neighborhoods, district : GeoDataFrame
        Tables of these names; what is lacking is empty, with a ``missing_input`` line.
    """
    zone_shapes = zone_shapes if zones_kind == "published" else zone_shapes.iloc[:0]
    neighborhood_shapes = neighborhood_shapes if neighborhoods_kind == "published" else neighborhood_shapes.iloc[:0]
    zones = published_zones(zone_shapes, sliver_m2=sliver_m2, overlap_share=overlap_share, ledger=ledger)
    neighborhoods = published_neighborhoods(
        neighborhood_shapes, sliver_m2=sliver_m2, overlap_share=overlap_share, ledger=ledger
    )
    stand_ins = {"neighborhoods": neighborhoods, "zones": zones}
    district = district_outline(district_shapes, stand_ins, district_id=district_id, title=title, ledger=ledger)
    if len(neighborhoods) and len(district):
        share = part_inside(neighborhoods.geometry.to_numpy(), district.geometry.to_numpy()[0])[1]
        neighborhoods = neighborhoods.assign(inside_share=share)
    if neighborhoods_kind == "census_areas":
        neighborhoods = census_neighborhoods(
            census_areas, district, area_level=area_level, vintage=vintage, ledger=ledger
        )
    elif neighborhoods.empty:
        ledger.missing_input(
            "neighborhoods",
            "no neighborhoods are given, so there is no need index; census areas can serve (neighborhoods.kind)",
        )
    if zones_kind == "nearest_school" and len(district):
        nearest, notes = nearest_school_zones(directory, district, fall_year=fall_year, levels=levels, bands=bands)
        zones = _stacked([zones, nearest])
        reason = "no attendance zones are published: each place counts to its nearest school of the level, which is approximate"
        ledger.note("zones", reason, item=f"{len(nearest)} zones")
        for note in notes:
            ledger.note("zones", note)
    _say_what_lacks(zones, fall_year, levels, zones_kind, ledger)
    _record_gaps(zones, district, sliver_m2, ledger)
    return zones, neighborhoods, district


def without_shapes(frame: gpd.GeoDataFrame, **only: object) -> pd.DataFrame:
    """The rows where each named column has its value, as a plain table."""
    for column, value in only.items():
        frame = frame[frame[column] == value]
    return pd.DataFrame(frame.drop(columns="geometry"))


def _stacked(layers: Sequence[gpd.GeoDataFrame]) -> gpd.GeoDataFrame:
    """Layers below one another; those without rows only lend their columns."""
    filled = [layer for layer in layers if len(layer)]
    if not filled:
        return layers[0]
    return gpd.GeoDataFrame(pd.concat(filled, ignore_index=True), geometry="geometry", crs=layers[0].crs)


def _record(layer: str, repairs: pd.DataFrame, ledger: Ledger) -> None:
    """One ledger line per repair of a square metre or more, one for all smaller."""
    words = {
        "sliver": "sliver of overlap with {other}: given to {kept}",
        "disputed strip": "disputed strip, also in {other} ({share:.2%} of the smaller): given to {kept}",
        "parts overlap": "parts of {kept} overlap: counted once",
    }
    listed = repairs["area_m2"] >= LISTED_M2
    for row in repairs[listed].itertuples():
        reason = words[row.repair].format(other=row.kept_id, kept=row.kept_id, share=row.overlap_share)
        ledger.repair(layer, reason, item=str(row.changed_id), before=row.area_m2, after=0.0, unit="m2")
    small = repairs[~listed]
    if len(small):
        ledger.repair(
            layer,
            f"{len(small)} slivers under {trimmed(LISTED_M2)} m2: given to the lower id",
            before=float(small["area_m2"].sum()),
            after=0.0,
            unit="m2",
        )


def _say_what_lacks(zones: gpd.GeoDataFrame, fall_year: int, levels: Sequence[str], kind: str, ledger: Ledger) -> None:
    in_force = set(zones.loc[zones["fall_year"] == fall_year, "level"])
    for level in [level for level in levels if level not in in_force]:
        where = (
            "the study has none (zones.kind: none)"
            if kind == "none"
            else "ask the district, or set zones.kind to nearest_school"
        )
        ledger.missing_input(
            f"{level} zones {fall_year}",
            f"no {level} zones for the school year {fall_year}, so nothing is said by {level} zone; {where}",
        )


def _record_gaps(zones: gpd.GeoDataFrame, district: gpd.GeoDataFrame, sliver_m2: float, ledger: Ledger) -> None:
    """How much of the district lies in no zone: gaps stay, whoever lives there is outside."""
    outline = district.geometry.to_numpy()[0] if len(district) else None
    for (level, fall_year), part in zones.groupby(["level", "fall_year"], sort=True):
        areas = gaps(part, outline)
        large, small = areas[areas > sliver_m2], areas[areas <= sliver_m2]
        for found, what in (
            (large, f"places of more than {trimmed(sliver_m2)} m2 in no zone"),
            (small, "slivers in no zone"),
        ):
            if len(found):
                ledger.loss(
                    f"zone {level} {fall_year}",
                    f"{len(found)} {what}: they stay outside",
                    count=float(found.sum()),
                    unit="m2",
                    item=f"largest {number(found[0])} m2",
                )
