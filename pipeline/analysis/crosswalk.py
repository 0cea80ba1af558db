"""How counts travel from census areas to zones: which pieces meet, what share, and the sum.

Three separate things, each of which can be looked at and replaced: `overlaps` (which areas
meet, and in how many square metres), weights (the share of a source's children that lies in
a target; `area_weights`, `evidence_weights`) and `allocate` (multiply and add).

The denominator of a weight is always the source's own whole. The weights of a source add to
1 where the targets cover it and to less where they do not: children outside stay outside.
Targets that overlap are an error and are never normalised away.

References
----------
Goodchild, Lam (1980), Areal interpolation: a variant of the traditional spatial problem,
Geo-Processing 1. Eicher, Brewer (2001), Dasymetric mapping and areal interpolation,
Cartography and GIS 28(2). maup (MGGG Redistricting Lab) for the three separate things.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from pipeline.analysis.geometry import common_m2, require_equal_area
from pipeline.columns import BY_NAME
from pipeline.errors import ContractError, Fault

if TYPE_CHECKING:
    import geopandas as gpd

# Pieces below this share of their source are the rounding of coordinates.
NOISE_SHARE = 1e-9
# By so much may weights of one source exceed 1 through rounding before it is called an overlap.
ROUNDING = 1e-6
# Sources without a count that bring no more than this share of a target's weights are passed over.
SLIGHT_SHARE = 0.001
CROSSWALK_COLUMNS = ["source_layer", "source_id", "target_layer", "target_id", "weight", "method"]


def overlaps(sources: gpd.GeoDataFrame, targets: gpd.GeoDataFrame) -> pd.DataFrame:
    """Which areas of two layers meet, and on how much ground.

    Parameters
    ----------
    sources, targets : GeoDataFrame
        Polygons in one equal-area CRS; ids do not matter here.

    Returns
    -------
    DataFrame
        One row per pair that shares ground: ``source`` and ``target`` (positions),
        ``area_m2`` of the common piece, ``area_share`` of the source's whole area, and
        ``is_inside`` (the whole source lies in the target; its share is then exactly 1).
        Sorted by source, then target.

    Raises
    ------
    ContractError
        If the CRS differ or do not keep areas.

    Examples
    --------
    >>> import geopandas as gpd
    >>> squares = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1000, 1000), shapely.box(1000, 0, 2000, 1000)], crs="EPSG:3310")
    >>> zone = gpd.GeoDataFrame(geometry=[shapely.box(0, 0, 1500, 1000)], crs="EPSG:3310")
    >>> overlaps(squares, zone)[["source", "target", "area_share"]].to_dict("list")
    {'source': [0, 1], 'target': [0, 0], 'area_share': [1.0, 0.5]}
    """
    require_equal_area(sources, targets)
    source_shapes, target_shapes = sources.geometry.to_numpy(), targets.geometry.to_numpy()
    # The larger shapes ask the tree of the many: each of them is prepared once.
    target, source = shapely.STRtree(source_shapes).query(target_shapes, predicate="intersects")
    order = np.lexsort((target, source))
    source, target = source[order], target[order]
    shapely.prepare(target_shapes)
    inside = shapely.covers(target_shapes[target], source_shapes[source])
    whole = shapely.area(source_shapes)[source]
    area = whole.copy()
    crossing = ~inside
    area[crossing] = common_m2(source_shapes[source[crossing]], target_shapes[target[crossing]])
    share = np.divide(area, whole, out=np.zeros(len(area)), where=whole > 0)
    share[inside] = 1.0
    pieces = pd.DataFrame(
        {"source": source, "target": target, "area_m2": area, "area_share": share, "is_inside": inside}
    )
    return pieces[pieces["area_share"] > NOISE_SHARE].reset_index(drop=True)


def area_weights(pieces: pd.DataFrame, shape: tuple[int, int]) -> sparse.csr_array:
    """Weights by ground: the share of the source's area that lies in the target.

    Right only where people are spread evenly. ``shape`` is (sources, targets).
    """
    return sparse.csr_array((pieces["area_share"], (pieces["source"], pieces["target"])), shape=shape)


def evidence_weights(
    amounts: np.ndarray, source_of: np.ndarray, shares: sparse.csr_array, sources: int
) -> tuple[sparse.csr_array, np.ndarray]:
    """Weights by smaller pieces of evidence, such as the children of each block.

    Parameters
    ----------
    amounts : array (items)
        Children, people or homes of each block or lot; missing counts as no evidence.
    source_of : array (items)
        Position of the source each item belongs to, -1 for none.
    shares : sparse array (items, targets)
        Share of each item in each target: of a block by its area, of a lot 0 or 1.
    sources : int
        Number of sources.

    Returns
    -------
    weights, totals : sparse array (sources, targets), array (sources)
        Weights, and what evidence each source has; where it is 0 the row is empty and
        another kind of evidence is needed.
    """
    value = np.where(np.isnan(amounts), 0.0, amounts)
    used = (source_of >= 0) & (value > 0)
    totals = np.bincount(source_of[used], weights=value[used], minlength=sources)
    belongs = sparse.csr_array((value[used], (source_of[used], np.flatnonzero(used))), shape=(sources, len(value)))
    inverse = np.divide(1.0, totals, out=np.zeros(sources), where=totals > 0)
    return sparse.csr_array(sparse.diags_array(inverse) @ (belongs @ shares)), totals


def evidence_beyond(amounts: np.ndarray, source_of: np.ndarray, shares: sparse.csr_array, sources: int) -> np.ndarray:
    """Share of each source's evidence that lies in none of the targets; missing where it has none.

    Parameters as in `evidence_weights`. Counted from what the targets leave of each item, so
    that the weights can be held against it.
    """
    used = (source_of >= 0) & (amounts > 0)
    left = amounts * (1.0 - np.asarray(shares.sum(axis=1)).ravel())
    beyond, whole = (np.bincount(source_of[used], weights=part[used], minlength=sources) for part in (left, amounts))
    share: np.ndarray = np.divide(beyond, whole, out=np.full(sources, np.nan), where=whole > 0)
    return share


def require_no_overlap(weights: sparse.csr_array, names: Sequence[str], layer: str) -> sparse.csr_array:
    """Weights that add to at most 1 for each source; floating-point excess is taken back.

    Raises
    ------
    ContractError
        If the targets overlap: naming the first source that would be counted more than once.
    """
    sums = np.asarray(weights.sum(axis=1)).ravel()
    over = np.flatnonzero(sums > 1 + ROUNDING)
    if len(over):
        first = f"{names[over[0]]}: its weights add to {sums[over[0]]:.4f}"
        what = "areas would be counted more than once, because the targets overlap"
        raise ContractError(
            f"layer {layer}",
            [Fault("E-WEIGHTS", what, len(over), first, "Clear the overlaps first; they are never averaged away.")],
        )
    return sparse.csr_array(sparse.diags_array(1.0 / np.maximum(sums, 1.0)) @ weights)


def allocate(
    crosswalk: pd.DataFrame, table: pd.DataFrame, columns: Sequence[str], *, people: str = "population"
) -> pd.DataFrame:
    """Counts of the targets: weights times the sources' counts, with their margins.

    Takes counts only. A share, a median or an index cannot travel: compute it from counts
    that have arrived. The margin of each count (`<count>_moe`, where the table has it)
    travels along: root of the sum of (weight x margin) squared, in which of the sources
    with an estimate of zero only the largest counts.

    Parameters
    ----------
    crosswalk : DataFrame
        ``source_id``, ``target_id``, ``weight`` of one source layer and one target layer.
    table : DataFrame
        One row per ``source_id`` with the counts and margins.
    columns : sequence of str
        Counts to carry.
    people : str
        Count that says whether a source is inhabited.

    Returns
    -------
    DataFrame
        ``target_id``, the counts and their margins; one row per target in the crosswalk, sorted.
        A target's count is missing where a source with a weight lacks it, unless nobody
        lives in that source, or all such sources together bring no more than 0.1% of the
        target's weights (a sliver along a border does not empty a neighborhood); its margin
        likewise. A target in no row of the crosswalk is absent.

    Raises
    ------
    ContractError
        If a column is not a count, or ids are doubled.

    References
    ----------
    U.S. Census Bureau (2018), ACS General Handbook, ch. 8.

    Examples
    --------
    >>> crosswalk = pd.DataFrame({"source_id": ["a", "b"], "target_id": ["z", "z"], "weight": [1.0, 0.5]})
    >>> table = pd.DataFrame({"source_id": ["a", "b"], "children_0_17": [100.0, 40.0], "children_0_17_moe": [30.0, 80.0]})
    >>> allocate(crosswalk, table, ["children_0_17"]).to_dict("records")
    [{'target_id': 'z', 'children_0_17': 120.0, 'children_0_17_moe': 50.0}]
    >>> allocate(crosswalk, table.assign(indicator_share=0.2), ["indicator_share"])
    Traceback (most recent call last):
    ...
    pipeline.errors.ContractError: columns to allocate cannot be used:
      - [E-KIND] indicator_share is of kind share, not count (once; first: indicator_share). Carry its counts and divide on arrival.
    """
    wrong = [name for name in columns if name not in BY_NAME or BY_NAME[name].kind != "count"]
    if wrong:
        kinds = {name: BY_NAME[name].kind if name in BY_NAME else "unknown" for name in wrong}
        what = ", ".join(f"{name} is of kind {kind}" for name, kind in kinds.items())
        remedy = "Carry its counts and divide on arrival."
        fault = Fault("E-KIND", f"{what}, not count", len(wrong), wrong[0], remedy)
        raise ContractError("columns to allocate", [fault])
    if table["source_id"].duplicated().any():
        first = table.loc[table["source_id"].duplicated(), "source_id"].iloc[0]
        raise ContractError(
            "table to allocate", [Fault("E-KEY-DUP", "a source stands twice", 1, first, "Give each area one row.")]
        )
    target_ids, row = np.unique(crosswalk["target_id"].to_numpy(dtype=object).astype(str), return_inverse=True)
    position = pd.Index(table["source_id"]).get_indexer(crosswalk["source_id"])
    if (position < 0).any():
        first = crosswalk.loc[position < 0, "source_id"].iloc[0]
        raise ContractError(
            "crosswalk",
            [
                Fault(
                    "E-KEY-MISSING",
                    "a source is not in the table",
                    int((position < 0).sum()),
                    first,
                    "Give both from the same census areas.",
                )
            ],
        )
    weight = crosswalk["weight"].to_numpy(dtype="float64")
    # fixed order of summation: the same bytes however the rows come
    order = np.lexsort((table["source_id"].to_numpy(dtype=object).astype(str)[position], row))
    row, position, weight = row[order], position[order], weight[order]
    empty = (table[people] == 0).to_numpy() if people in table else np.zeros(len(table), dtype=bool)
    takes_part = (weight > 0) & ~empty[position]
    slight = SLIGHT_SHARE * np.bincount(row, weights=weight, minlength=len(target_ids))
    result: dict[str, Any] = {"target_id": target_ids}
    for name in columns:
        value = table[name].to_numpy(dtype="float64")[position]
        lacking = takes_part & np.isnan(value)
        is_slight = np.bincount(row[lacking], weights=weight[lacking], minlength=len(target_ids)) <= slight
        counts = takes_part & ~(lacking & is_slight[row])
        result[name] = _sum(row, weight * value, counts | ~np.isnan(value), len(target_ids))
        if f"{name}_moe" in table:
            moe = table[f"{name}_moe"].to_numpy(dtype="float64")[position]
            result[f"{name}_moe"] = _margin(row, weight, value, moe, counts, len(target_ids))
    return pd.DataFrame(result)


def _sum(row: np.ndarray, part: np.ndarray, counts: np.ndarray, targets: int) -> np.ndarray:
    """Sum per target; a missing part that counts makes it missing."""
    return np.bincount(row[counts], weights=part[counts], minlength=targets)


def _margin(
    row: np.ndarray, weight: np.ndarray, value: np.ndarray, moe: np.ndarray, takes_part: np.ndarray, targets: int
) -> np.ndarray:
    part = weight * np.where(np.isnan(value), np.nan, moe)
    counts = takes_part | ~np.isnan(part)
    zero = value == 0
    squares = _sum(row, part**2, counts & ~zero, targets)
    largest = np.zeros(targets)
    with np.errstate(invalid="ignore"):  # a missing margin stays missing, without a warning
        np.maximum.at(largest, row[counts & zero], part[counts & zero])
    return np.sqrt(squares + largest**2)
