"""Every crosswalk of a study, each source by the best evidence there is of where its people live."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from pipeline.analysis.areas import inhabited_measure
from pipeline.analysis.crosswalk import (
    CROSSWALK_COLUMNS,
    NOISE_SHARE,
    area_weights,
    evidence_beyond,
    evidence_weights,
    overlaps,
    require_no_overlap,
)
from pipeline.analysis.geometry import placed
from pipeline.analysis.uncertainty import years_of

if TYPE_CHECKING:
    import geopandas as gpd

    from pipeline.ledger import Ledger

# The amount each kind of evidence is measured in.
BLOCK_AMOUNTS = {"children_by_block": "children_0_17", "people_by_block": "population", "homes_by_block": "homes"}
LOT_AMOUNTS = {"people_by_lot": "population"}
# Blocks that cover less of a source's land than this say nothing about the rest of it.
COMPLETE_SHARE = 0.9
# Evidence found wherever this share of a layer's people live knows its inhabited places ...
KNOWN_SHARE = 0.99
# ... and where no more than this share of it lies, nobody lives: ten in a million.
NOBODY_SHARE = 1e-5


def all_crosswalks(
    sources: Mapping[str, gpd.GeoDataFrame],
    targets: Mapping[str, gpd.GeoDataFrame],
    blocks: gpd.GeoDataFrame,
    lots: gpd.GeoDataFrame,
    *,
    evidence: Sequence[str],
    ledger: Ledger,
) -> pd.DataFrame:
    """Weights from census areas to every layer, and from each layer of zones to neighborhoods.

    The latter say how a zone's children spread over neighborhoods, so that what is known of
    zones (seats they lack) can be brought down to where the children live. Parameters and
    result as in `crosswalk_table`.
    """
    zones = {
        layer: frame.rename(columns={"area_id": "source_id"}).assign(land_m2=np.nan)
        for layer, frame in targets.items()
        if layer.startswith("zone ")
    }
    return crosswalk_table({**sources, **zones}, targets, blocks, lots, evidence=evidence, ledger=ledger)


def crosswalk_table(
    sources: Mapping[str, gpd.GeoDataFrame],
    targets: Mapping[str, gpd.GeoDataFrame],
    blocks: gpd.GeoDataFrame,
    lots: gpd.GeoDataFrame,
    *,
    evidence: Sequence[str],
    ledger: Ledger,
) -> pd.DataFrame:
    """Weights from every layer of census areas to every layer of zones.

    For each source the best evidence that says anything about it is used, in the study's
    order, and area last. A source that lies wholly in one target has weight 1 by geometry
    alone ("inside"). Blocks that cross a zone line are split by area; a block belongs to the
    source that holds its representative point. Blocks that cover less than 90% of a
    source's land cannot stand for the whole of it and are passed over for that source. People
    of a source without land go where its representative point lies. A source without a published
    count in which nobody lives by the evidence (a park) has no weight: its own count stays
    unknown, but leaves no other unknown.

    Parameters
    ----------
    sources : mapping
        Layer to census areas with ``source_id``, counts and polygons (`areas.source_layers`).
    targets : mapping
        Layer to shapes with ``area_id`` (`areas.target_layers`).
    blocks, lots : GeoDataFrame
        Tables ``census_blocks`` and ``residential_lots``; may be empty.
    evidence : sequence of str
        Kinds of evidence, best first.
    ledger : Ledger
        Takes a balance of children for each pair of layers, and what evidence was used.

    Returns
    -------
    DataFrame
        Table ``crosswalk``: positive weights only, sorted.

    Raises
    ------
    ContractError
        If targets of one layer overlap.
    """
    block_shares = {
        layer: area_weights(overlaps(blocks, frame), (len(blocks), len(frame))) for layer, frame in targets.items()
    }
    lot_points, block_points = lots.geometry.to_numpy(), shapely.point_on_surface(blocks.geometry.to_numpy())
    lot_tree, block_tree = shapely.STRtree(lot_points), shapely.STRtree(block_points)
    lot_shares = {layer: _points_in(lot_points, frame, lot_tree) for layer, frame in targets.items()}
    if sources and targets and blocks.empty and lots.empty:
        reason = "neither blocks nor lots are given: children are spread evenly over the ground of their census area"
        ledger.missing_input("crosswalk", f"{reason}; Census TIGER/Line has blocks with people (tabblock20)")
    same = _Seen()
    parts = []
    for source_layer, source in sources.items():
        block_of = same.once(source, "blocks", partial(_positions, block_points, block_tree))
        lot_of = same.once(source, "lots", partial(_positions, lot_points, lot_tree))
        covered = _covered(source, blocks, block_of)
        of_vintage = _nearest_vintage(lots["vintage"], source_layer)
        # a layer of zones is brought down to neighborhoods only
        reached = {"neighborhood"} & set(targets) if source_layer in targets else targets
        for target_layer in reached:
            target = targets[target_layer]
            pieces = same.once(source, target_layer, partial(overlaps, targets=target))
            by_area = require_no_overlap(
                area_weights(pieces, (len(source), len(target))), source["source_id"], target_layer
            )
            # of each kind: weights, and what it holds in each source (missing where it cannot tell)
            known: dict[str, tuple[sparse.csr_array, np.ndarray]] = {}
            beyond = {"inside": np.zeros(len(source)), "area": 1.0 - _by_source(pieces, len(source))}
            for kind in evidence:
                if kind in BLOCK_AMOUNTS:
                    amounts = blocks[BLOCK_AMOUNTS[kind]].to_numpy(dtype="float64")
                    shares = block_shares[target_layer]
                    weights, totals = evidence_weights(amounts, block_of, shares, len(source))
                    known[kind] = weights, np.where(covered, totals, np.nan)
                    beyond[kind] = evidence_beyond(amounts, block_of, shares, len(source))
                elif kind in LOT_AMOUNTS:
                    amounts = np.where(of_vintage, lots[LOT_AMOUNTS[kind]].to_numpy(dtype="float64"), np.nan)
                    shares = lot_shares[target_layer]
                    weights, totals = evidence_weights(amounts, lot_of, shares, len(source))
                    known[kind] = weights, totals
                    beyond[kind] = evidence_beyond(amounts, lot_of, shares, len(source))
            weights, method = _chosen(source, target, pieces, by_area, known)
            weights = require_no_overlap(weights, source["source_id"], target_layer)
            nobody = _uninhabited(source, {kind: totals for kind, (_, totals) in known.items()})
            weights = _without(weights, nobody, source, f"{source_layer} to {target_layer}", ledger)
            rows = weight_rows(weights, method, source, target, source_layer, target_layer)
            parts.append(rows)
            elsewhere = _elsewhere(method, beyond, source, target)
            _balance(rows, elsewhere, method, ~nobody, source, f"{source_layer} to {target_layer}", ledger)
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=CROSSWALK_COLUMNS)
    return table.sort_values(CROSSWALK_COLUMNS[:4], ignore_index=True)


def _chosen(
    source: gpd.GeoDataFrame,
    target: gpd.GeoDataFrame,
    pieces: pd.DataFrame,
    by_area: sparse.csr_array,
    known: Mapping[str, tuple[sparse.csr_array, np.ndarray]],
) -> tuple[sparse.csr_array, np.ndarray]:
    """Weights by the best evidence of each source, and its name."""
    shape = (len(source), len(target))
    method = np.full(len(source), "", dtype=object)
    whole = pieces[pieces["is_inside"]]
    rows = {"inside": sparse.csr_array((whole["area_share"], (whole["source"], whole["target"])), shape=shape)}
    method[whole["source"]] = "inside"
    for kind, (weights, totals) in known.items():
        rows[kind] = weights
        method[(method == "") & (totals > 0)] = kind
    dry = (shapely.area(source.geometry.to_numpy()) == 0) | (source["land_m2"] == 0).to_numpy()
    rows["representative_point"] = _points_in(shapely.point_on_surface(source.geometry.to_numpy()), target)
    method[(method == "") & dry] = "representative_point"
    rows["area"] = by_area
    method[method == ""] = "area"
    chosen = sum(sparse.diags_array((method == kind).astype("float64")) @ weights for kind, weights in rows.items())
    return sparse.csr_array(chosen), method


def _uninhabited(source: gpd.GeoDataFrame, totals: Mapping[str, np.ndarray]) -> np.ndarray:
    """Sources without a published count in which nobody lives, by all evidence that knows the layer's people.

    ``totals`` has what each kind of evidence holds in each source; missing where it cannot tell.
    """
    measure = inhabited_measure(source)
    nobody = np.zeros(len(source), dtype=bool)
    if measure is None or not source[measure].sum() > 0:
        return nobody
    people = source[measure]
    said = [
        amount <= NOBODY_SHARE * np.nansum(amount)
        for amount in totals.values()
        if people[amount > 0].sum() >= KNOWN_SHARE * people.sum()
    ]
    unpublished = source[[measure, "population"]].isna().all(axis=1).to_numpy()
    return unpublished & np.all(said, axis=0) if said else nobody


def _without(
    weights: sparse.csr_array, nobody: np.ndarray, source: gpd.GeoDataFrame, subject: str, ledger: Ledger
) -> sparse.csr_array:
    """Weights of the inhabited sources; those that had any and are left out are a ledger line."""
    left_out = nobody & (np.asarray(weights.sum(axis=1)).ravel() > 0)
    if left_out.any():
        reason = "areas without a published count that hold nobody by lots or blocks: taken as uninhabited"
        first = str(source["source_id"].to_numpy()[left_out][0])
        ledger.absence(subject, reason, count=int(left_out.sum()), unit="areas", item=first)
    return sparse.csr_array(sparse.diags_array((~left_out).astype("float64")) @ weights)


class _Seen:
    """Remembers what was measured on shapes, for vintages that are published on the same areas."""

    def __init__(self) -> None:
        self._known: list[tuple[Any, str, Any]] = []

    def once(self, frame: gpd.GeoDataFrame, what: str, measure: Callable[[gpd.GeoDataFrame], Any]) -> Any:
        """The result of ``measure(frame)``, taken from memory where the same shapes were measured."""
        shapes = frame.geometry.to_numpy()
        for known, name, result in self._known:
            if name == what and len(known) == len(shapes) and shapely.equals_identical(known, shapes).all():
                return result
        result = measure(frame)
        self._known.append((shapes, what, result))
        return result


def _positions(points: np.ndarray, tree: shapely.STRtree, frame: gpd.GeoDataFrame) -> np.ndarray:
    return placed(points, frame.geometry.to_numpy(), tree)[0]


def _by_source(pieces: pd.DataFrame, sources: int) -> np.ndarray:
    return np.bincount(pieces["source"], weights=pieces["area_share"], minlength=sources)


def _points_in(points: np.ndarray, target: gpd.GeoDataFrame, tree: shapely.STRtree | None = None) -> sparse.csr_array:
    position = placed(points, target.geometry.to_numpy(), tree)[0]
    found = np.flatnonzero(position >= 0)
    return sparse.csr_array((np.ones(len(found)), (found, position[found])), shape=(len(points), len(target)))


def _covered(source: gpd.GeoDataFrame, blocks: gpd.GeoDataFrame, block_of: np.ndarray) -> np.ndarray:
    """Whether the blocks cover (nearly) all of a source's ground, or of its land."""
    used = block_of >= 0
    ground, land = shapely.area(blocks.geometry.to_numpy()), blocks["land_m2"].to_numpy(dtype="float64")
    of_ground, of_land = (np.bincount(block_of[used], weights=m2[used], minlength=len(source)) for m2 in (ground, land))
    whole, dry = shapely.area(source.geometry.to_numpy()), source["land_m2"].to_numpy(dtype="float64")
    # files of blocks may leave out the water, so either will do; unknown land compares as false
    return np.asarray((of_ground >= COMPLETE_SHARE * whole) | (of_land >= COMPLETE_SHARE * dry))


def _nearest_vintage(vintages: pd.Series, layer: str) -> np.ndarray:
    """Lots of the vintage that ends closest to the layer's; the earlier of two equally close."""
    end = years_of(layer)[1]
    ends = {vintage: years_of(vintage)[1] for vintage in sorted(vintages.unique())}
    best = min(ends, key=lambda vintage: (abs(ends[vintage] - end), ends[vintage]), default="")
    return np.asarray(vintages == best, dtype=bool)


def weight_rows(
    weights: sparse.csr_array,
    method: np.ndarray,
    source: pd.DataFrame,
    target: pd.DataFrame,
    source_layer: str,
    target_layer: str,
) -> pd.DataFrame:
    """Positive weights as rows of table ``crosswalk``; ``source`` and ``target`` name the areas (``source_id``, ``area_id``)."""
    entries = weights.tocoo()
    row, column = entries.coords
    positive = entries.data > 0
    row, column = row[positive], column[positive]
    return pd.DataFrame(
        {
            "source_layer": source_layer,
            "source_id": source["source_id"].to_numpy()[row],
            "target_layer": target_layer,
            "target_id": target["area_id"].to_numpy()[column],
            "weight": np.minimum(entries.data[positive], 1.0),
            "method": method[row].astype(str),
        }
    )


def _elsewhere(
    method: np.ndarray, beyond: Mapping[str, np.ndarray], source: gpd.GeoDataFrame, target: gpd.GeoDataFrame
) -> np.ndarray:
    """Share of each source that is in no target, by the evidence itself and not by what its weights leave over."""
    share = np.zeros(len(source))
    for kind, left in beyond.items():
        share[method == kind] = left[method == kind]
    dry = method == "representative_point"
    points = shapely.point_on_surface(source.geometry.to_numpy()[dry])
    share[dry] = placed(points, target.geometry.to_numpy())[0] < 0
    # pieces may add to a trifle more than their source
    return np.maximum(share, 0.0)


def _balance(
    rows: pd.DataFrame,
    elsewhere: np.ndarray,
    method: np.ndarray,
    is_weighted: np.ndarray,
    source: gpd.GeoDataFrame,
    subject: str,
    ledger: Ledger,
) -> None:
    """What of the children of all sources that touch the target arrived in it.

    Three counts, none of them made from the others: the sources' own, what the rows of the
    crosswalk deliver, and what lies elsewhere by the evidence.
    """
    touching = is_weighted & (elsewhere < 1.0 - NOISE_SHARE)
    kinds, numbers = np.unique(method[touching].astype(str), return_counts=True)
    used = ", ".join(f"{number} by {kind}" for kind, number in zip(kinds, numbers, strict=True))
    measure = inhabited_measure(source)
    if measure is None:
        ledger.note(subject, f"areas weighted: {used}; no children or people are counted in this layer")
        return
    value = source.set_index("source_id")[measure].astype("float64")
    known = touching & value.notna().to_numpy()
    missing = int((touching & ~known).sum())
    if missing:
        ledger.absence(subject, f"areas without a published {measure}", count=missing, unit="areas")
    ledger.balance(
        subject,
        total=float(value[known].sum()),
        inside=float((rows["weight"] * value.reindex(rows["source_id"]).to_numpy()).sum()),
        outside=float((value[known] * elsewhere[known]).sum()),
        unit=measure,
        reason=f"areas weighted: {used}",
    )
