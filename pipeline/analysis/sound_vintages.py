"""Whether counts, shapes and school districts of a vintage are of the census they are taken for."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pandas as pd
import shapely

from pipeline.analysis.sound_counts import FULL_MATCH
from pipeline.columns import census_of
from pipeline.errors import ContractError, Fault

if TYPE_CHECKING:
    import geopandas as gpd

    from pipeline.ledger import Ledger

# Kinds of areas that are drawn anew with every census.
LEVELS = ("tract", "block_group")
# Borders drawn with more or less detail differ by less than this share of a district's ground.
SAME_GROUND_SHARE = 0.01
_RELATION = "the Census Bureau's relationship file (reader census_relationship or census_block_relationship)"


def require_same_census(shapes: pd.DataFrame, counts: pd.DataFrame) -> None:
    """Refuse counts on the areas of one census beside shapes of another, which share most of their ids.

    The sign of it: a shape has no counts and counts have no shape, and both are parts of one tract
    number (0012.00 was divided into 0012.01 and 0012.02). Joined by id, the children of such areas
    would be lost. Where ids stayed the same and borders moved, ids cannot tell.

    Parameters
    ----------
    shapes, counts : DataFrame
        Input tables ``area_shapes`` and ``area_counts``.

    Raises
    ------
    ContractError
        Naming, for each level and vintage, the first such pair.

    References
    ----------
    U.S. Census Bureau, 2020 Census Tract Relationship Files; 2022 change to county-equivalents in
    Connecticut.
    """
    faults = []
    for (level, vintage), drawn in shapes.groupby(["area_level", "vintage"], sort=True):
        counted = counts[(counts["area_level"] == level) & (counts["vintage"] == vintage)]
        if level not in LEVELS or counted.empty:
            continue
        shapeless = counted.loc[~counted["area_geoid"].isin(drawn["area_geoid"]), "area_geoid"].sort_values()
        uncounted = drawn.loc[~drawn["area_geoid"].isin(counted["area_geoid"]), "area_geoid"].sort_values()
        pairs = uncounted[uncounted.str[:9].isin(shapeless.str[:9])]
        if pairs.empty:
            continue
        first = str(pairs.iloc[0])
        beside = shapeless[shapeless.str[:9] == first[:9]].iloc[0]
        census = census_of(str(vintage))
        moved = (
            " Connecticut's counties became planning regions in 2022, and all ids changed with them."
            if first.startswith("09")
            else ""
        )
        faults.append(
            Fault(
                "E-GEOGRAPHY",
                f"shapes and counts of {level} {vintage} are of two censuses",
                len(pairs),
                f"shape {first} has no counts, counts of {beside} have no shape",
                f"Figures of {vintage} are published on the areas of {census}: fetch shapes of that census, or give the shapes "
                f"under the vintage they belong to and add {_RELATION}, so that the counts are carried over.{moved}",
            )
        )
    if faults:
        raise ContractError("the census areas", faults)


def require_same_ground(shapes: gpd.GeoDataFrame) -> None:
    """Refuse school districts whose border moved between vintages: their children are compared by id.

    Raises
    ------
    ContractError
        If more than 1% of a district's ground in two vintages is in one of them only: names the first.
    """
    districts = shapes[shapes["area_level"] == "school_district"].sort_values(["area_geoid", "vintage"])
    moved = []
    for district, rows in districts.groupby("area_geoid", sort=True):
        outlines, vintages = rows.geometry.to_numpy(), rows["vintage"].tolist()
        for outline, vintage in zip(outlines[1:], vintages[1:], strict=True):
            if shapely.equals_identical(outlines[0], outline):
                continue
            apart = shapely.area(shapely.symmetric_difference(outlines[0], outline))
            share = apart / shapely.area(shapely.union(outlines[0], outline))
            if share > SAME_GROUND_SHARE:
                moved.append(f"area_geoid={district}: {share:.1%} of its ground in {vintages[0]} and {vintage}")
    if moved:
        what = "school districts are not the same ground in all vintages, so that a change of children may be one of borders"
        remedy = "Give the vintages of one map only, or leave the district's other vintages out with `drop`."
        raise ContractError("the school districts", [Fault("E-GROUND", what, len(moved), moved[0], remedy)])


def require_near(
    relations: pd.DataFrame, block_relations: pd.DataFrame, shapes: pd.DataFrame, counts: pd.DataFrame
) -> None:
    """Refuse a relationship file of another place: none of its counties, of either census, is one of the study's.

    Parameters
    ----------
    relations, block_relations, shapes, counts : DataFrame
        Input tables ``area_relations``, ``block_relations``, ``area_shapes`` and ``area_counts``. A study without tracts
        and block groups has nothing to compare.

    Raises
    ------
    ContractError
        Naming each such file by its level and censuses, with an area of the file and one of the study.
    """
    own = pd.concat([frame.loc[frame["area_level"].isin(LEVELS), "area_geoid"] for frame in (shapes, counts)])
    if own.empty:
        return
    faults = []
    files = pd.concat(
        [
            relations.rename(columns={"area_geoid_from": "one", "area_geoid_to": "other"}),
            block_relations.rename(columns={"block_geoid_from": "one", "block_geoid_to": "other"}).assign(
                area_level="block"
            ),
        ],
        ignore_index=True,
    )
    for (level, earlier, later), rows in files.groupby(["area_level", "geography_from", "geography_to"], sort=True):
        ids = pd.concat([rows["one"], rows["other"]])
        if ids.str[:5].isin(set(own.str[:5])).any():
            continue
        what = f"the relationship file of {str(level).replace('_', ' ')}s of {earlier} and {later} has no county in common with the study"
        first = f"{ids.min()} in the file, {own.min()} in the study"
        faults.append(
            Fault(
                "E-ELSEWHERE",
                what,
                len(rows),
                first,
                "Fetch the file of the study's own state. (Connecticut's ids changed in 2022.)",
            )
        )
    if faults:
        raise ContractError("the relationship files", faults)


def require_listed(ids: pd.Series, listed: pd.Series, subject: str, census: str, ledger: Ledger) -> None:
    """Refuse areas of which less than 99.5% are in the relationship file, in the counties it has.

    Parameters
    ----------
    ids, listed : Series
        Ids of the areas, and those of the file on the side of ``census``.
    subject, census : str
        What the ids are of, and the census by whose areas their vintage is published.
    ledger : Ledger
        Takes the match.

    Raises
    ------
    ContractError
        With how many are not there, and the first.
    """
    near = ids[ids.str[:5].isin(set(listed.str[:5]))].sort_values()
    found = near.isin(set(listed))
    if near.empty:
        return
    ledger.match(
        f"{subject} in the relationship file of {census}", total=len(near), matched=int(found.sum()), unit="areas"
    )
    if found.mean() < FULL_MATCH:
        what = f"only {int(found.sum()):,} of {len(near):,} {subject} are areas of {census} by the relationship file"
        remedy = (
            "They are of another census than their vintage says, or the file is of other counties: give them the vintage they "
            "belong to, or fetch the whole state's file. (Connecticut's ids changed in 2022.)"
        )
        first = f"area_geoid={near[~found].iloc[0]}"
        raise ContractError("the census areas", [Fault("E-GEOGRAPHY", what, int((~found).sum()), first, remedy)])
