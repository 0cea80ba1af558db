"""Layers of zones: parts joined, overlaps cut, gaps measured, so that each place counts once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from pipeline.analysis.geometry import NOISE_M2, common_ground, less, polygons_of, require_equal_area
from pipeline.errors import ContractError, Fault
from pipeline.numerals import number, percent

if TYPE_CHECKING:
    import geopandas as gpd

REPAIR_COLUMNS = ["repair", "kept_id", "changed_id", "area_m2", "overlap_share"]


def dissolve_parts(frame: gpd.GeoDataFrame, key: str, attributes: list[str]) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """One shape per id, out of files that give a zone in several rows.

    Parameters
    ----------
    frame : GeoDataFrame
        Parts: ``key``, ``attributes`` and polygons.
    key : str
        Column that says which parts belong together.
    attributes : list of str
        Columns that must agree within an id; they are never added up.

    Returns
    -------
    shapes, repairs : GeoDataFrame, DataFrame
        One row per id, sorted by id; and a line for each id that was joined from parts which
        overlap (``repair`` = "parts overlap"): what lay there twice is counted once.

    Raises
    ------
    ContractError
        If parts of one id disagree in an attribute, or the same part stands twice; lists how many
        ids, and the first.
    """
    frame = frame.sort_values(key, kind="stable").reset_index(drop=True)
    sizes = frame.groupby(key, sort=True)[key].transform("size")
    several = frame[sizes > 1]
    faults = []
    for attribute in attributes:
        differing = several.groupby(key)[attribute].nunique(dropna=False)
        differing = differing[differing > 1]
        if len(differing):
            values = several.loc[several[key] == differing.index[0], attribute].map(repr).unique()
            first = f"{key}={differing.index[0]}: {', '.join(values[:3])}"
            remedy = "Give the parts one value, or ids of their own."
            faults.append(Fault("E-PARTS", f"parts of one {key} differ in {attribute}", len(differing), first, remedy))
    doubled_ids = [
        name
        for name, parts in several.groupby(key, sort=True)
        if pd.Series(shapely.to_wkb(parts.geometry.to_numpy())).duplicated().any()
    ]
    if doubled_ids:
        what, first = f"the same shape stands twice under one {key}", f"{key}={doubled_ids[0]}"
        faults.append(
            Fault(
                "E-KEY-DUP",
                what,
                len(doubled_ids),
                first,
                "Leave the copies out: a zone is given once, or in parts that differ.",
            )
        )
    if faults:
        raise ContractError("a layer of zones", faults)
    whole = frame.drop_duplicates(key)[[key, *attributes, "geometry"]].set_index(key)
    repairs = []
    for name, parts in several.groupby(key, sort=True):
        shapes = parts.geometry.to_numpy()
        union = polygons_of(shapely.union_all(shapes))
        doubled = float(shapely.area(shapes).sum() - union.area)
        if doubled > NOISE_M2:
            repairs.append(("parts overlap", name, name, doubled, doubled / union.area))
        whole.loc[name, "geometry"] = union
    return whole.reset_index(), pd.DataFrame(repairs, columns=REPAIR_COLUMNS)


def cut_overlaps(
    zones: gpd.GeoDataFrame, *, key: str, sliver_m2: float, overlap_share: float
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Make one layer of zones cover each place at most once, and say what was changed.

    An overlap smaller than ``sliver_m2`` is a sliver of drawing; a larger one that is at most
    ``overlap_share`` of the smaller zone is a disputed strip. Both go to the zone with the
    lower id, whole, and each is one row of the repairs. Anything larger is refused: then
    the file is wrong, or zones of different levels lie in one layer. Nothing is moved or
    snapped; gaps stay gaps (see `gaps`) and holes stay holes.

    Parameters
    ----------
    zones : GeoDataFrame
        One row per ``key``, in an equal-area CRS.
    sliver_m2 : float
        Largest sliver, in square metres. A sliver never takes half of a zone.
    overlap_share : float
        Largest disputed strip, as a share of the smaller zone.

    Returns
    -------
    zones, repairs : GeoDataFrame, DataFrame
        The same zones, sorted by id; and ``repair`` (sliver or disputed strip), ``kept_id``,
        ``changed_id``, ``area_m2``, ``overlap_share``.

    Raises
    ------
    ContractError
        Listing every pair of zones with its overlap.
    """
    require_equal_area(zones)
    zones = zones.sort_values(key, kind="stable").reset_index(drop=True)
    shapes = zones.geometry.to_numpy().copy()
    ids = zones[key].to_numpy()
    low, high = shapely.STRtree(shapes).query(shapes, predicate="intersects")
    order = np.lexsort((high, low))
    low, high = low[order], high[order]
    low, high = low[low < high], high[low < high]
    overlap = shapely.area(common_ground(shapes[low], shapes[high]))
    share = overlap / np.minimum(shapely.area(shapes[low]), shapely.area(shapes[high]))
    found = pd.DataFrame({"low": low, "high": high, "area_m2": overlap, "overlap_share": share})
    found = found[found["area_m2"] > NOISE_M2]
    sliver = (found["area_m2"] <= sliver_m2) & (found["overlap_share"] < 0.5)
    refused = found[~sliver & (found["overlap_share"] > overlap_share)].sort_values(
        "area_m2", ascending=False, kind="stable"
    )
    if len(refused):
        pairs = [
            f"{ids[row.low]} and {ids[row.high]}: {number(row.area_m2)} m2, {percent(row.overlap_share, 1)} of the smaller"
            for row in refused.itertuples()
        ]
        what = f"zones overlap by more than {number(sliver_m2)} m2 and {percent(overlap_share, 2)} of the smaller"
        remedy = (
            "Correct the file, split levels into layers, or raise geography.overlap_share. All pairs: "
            + "; ".join(pairs)
        )
        raise ContractError("a layer of zones", [Fault("E-ZONE-OVERLAP", what, len(pairs), pairs[0], remedy)])
    for row in found.itertuples():
        shapes[row.high] = less(shapes[row.high], shapes[row.low])
    repairs = pd.DataFrame(
        {
            "repair": np.where(sliver, "sliver", "disputed strip").astype(object),
            "kept_id": ids[found["low"]],
            "changed_id": ids[found["high"]],
            "area_m2": found["area_m2"].to_numpy(),
            "overlap_share": found["overlap_share"].to_numpy(),
        },
        columns=REPAIR_COLUMNS,
    )
    return zones.set_geometry(shapes, crs=zones.crs), repairs


def gaps(zones: gpd.GeoDataFrame, outline: Any = None) -> npt.NDArray[np.float64]:
    """Areas of the places that no zone covers, largest first, in square metres.

    With an ``outline`` (the district) these are its parts outside every zone; without one,
    the holes between the zones. Gaps are reported, never closed: who lives there is for the
    district to say.

    >>> import geopandas as gpd
    >>> ring = shapely.box(0, 0, 30, 30).difference(shapely.box(10, 10, 20, 20))
    >>> gaps(gpd.GeoDataFrame(geometry=[ring], crs="EPSG:3310")).tolist()
    [100.0]
    """
    union = shapely.union_all(zones.geometry.to_numpy())
    if outline is None:
        rings = [ring for part in shapely.get_parts(union) for ring in part.interiors]
        holes = shapely.polygons(rings) if rings else np.array([], dtype=object)
    else:
        holes = shapely.get_parts(shapely.difference(outline, union))
    areas = np.sort(shapely.area(holes))[::-1]
    return np.asarray(areas[areas > NOISE_M2], dtype="float64")
