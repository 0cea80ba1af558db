"""How children (and adults, people, homes) of each census area spread over zones and neighborhoods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from pipeline.analysis.areas import inhabited_measure
from pipeline.analysis.crosswalk import CROSSWALK_COLUMNS, allocate, require_no_overlap, scaled, with_sum_of_ages
from pipeline.analysis.evidence import Evidence, by_point, inside
from pipeline.analysis.known_places import KnownPlaces, ladder
from pipeline.analysis.overlaps import NOISE_SHARE
from pipeline.analysis.spread import MEASURES, SPREAD_COLUMNS, spread_of
from pipeline.columns import BY_NAME, CARRIERS, CENSUS_COUNTS
from pipeline.ledger import Ledger

if TYPE_CHECKING:
    import geopandas as gpd

# Evidence found wherever this share of a layer's people live knows its inhabited places ...
KNOWN_SHARE = 0.99
# ... and where no more than this share of it lies, nobody lives: ten in a million.
NOBODY_SHARE = 1e-5
_GROUND = ("habitable_area", "area")


@dataclass(frozen=True)
class Chosen:
    """Weights of one carrier by the best evidence of each source, the name of it, and what share lies elsewhere."""

    weights: sparse.csr_array
    method: np.ndarray
    beyond: np.ndarray


def all_crosswalks(
    sources: Mapping[str, gpd.GeoDataFrame],
    targets: Mapping[str, gpd.GeoDataFrame],
    places: KnownPlaces,
    *,
    evidence: Sequence[str],
    ledger: Ledger,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Weights from census areas to every layer, and from each layer of zones to neighborhoods.

    The latter say how a zone's children spread over neighborhoods, so that what is known of
    zones (seats they lack) can be brought down to where the children live. Parameters and
    results as in `crosswalk_table`.
    """
    zones = {
        layer: frame.rename(columns={"area_id": "source_id"}).assign(land_m2=np.nan)
        for layer, frame in targets.items()
        if layer.startswith("zone ")
    }
    return crosswalk_table({**sources, **zones}, targets, places, evidence=evidence, ledger=ledger)


def crosswalk_table(
    sources: Mapping[str, gpd.GeoDataFrame],
    targets: Mapping[str, gpd.GeoDataFrame],
    places: KnownPlaces,
    *,
    evidence: Sequence[str],
    ledger: Ledger,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Weights from every layer of census areas to every layer of zones, and how much depends on the way they were found.

    For each source and carrier the best evidence that says anything about it is used, in the
    order of `known_places.ladder`, and area last. A source that lies wholly in one target has weight 1 by
    geometry alone ("inside"). Blocks that cross a zone line are split by area unless the study says
    otherwise; a block belongs to the source that holds its representative point. Blocks that cover less than 90%
    of a source's land cannot stand for the whole of it and are passed over for that source. People
    of a source without land go where its representative point lies. A source without a published
    count in which nobody lives by the evidence (a park) has no weight: its own count stays
    unknown, but leaves no other unknown.

    Parameters
    ----------
    sources : mapping
        Layer to census areas with ``source_id``, ``land_m2``, counts and polygons (`areas.source_layers`).
    targets : mapping
        Layer to shapes with ``area_id`` (`areas.target_layers`).
    places : KnownPlaces
        Blocks, lots and uninhabited ground.
    evidence : sequence of str
        Kinds of evidence, best first.
    ledger : Ledger
        Takes a balance of children for each pair of layers, and what evidence was used.

    Returns
    -------
    crosswalk, interpolation_error : DataFrame
        The tables of these names; positive weights only, sorted.

    Raises
    ------
    ContractError
        If targets of one layer overlap.
    LedgerError
        If what arrives and what lies elsewhere is not what the sources have, for any carrier.
    """
    if sources and targets and places.is_empty:
        reason = "neither blocks nor lots are given: children are spread evenly over the ground of their census area"
        ledger.missing_input("crosswalk", f"{reason}; Census TIGER/Line has blocks with people (tabblock20)")
    parts, spreads = [], []
    for source_layer, source in sources.items():
        facts = counts_of(source)
        # a layer of zones is brought down to neighborhoods only
        reached = {"neighborhood"} & set(targets) if source_layer in targets else targets
        for target_layer in reached:
            target = targets[target_layer]
            known = places.evidence(source, target, source_layer, target_layer)
            require_no_overlap(known["area"].weights, source["source_id"], target_layer)
            nobody = _uninhabited(source, known)
            known["inside"] = inside(places.pieces(source, target, target_layer), (len(source), len(target)))
            known["representative_point"] = _dry_points(source, target, places.middles(source))
            rows, weights = weights_by_carrier(
                facts, target, known, nobody, evidence, (source_layer, target_layer), ledger
            )
            parts.append(rows)
            arrived = with_sum_of_ages(allocate(rows, facts, [name for name in MEASURES if name in facts]))
            for carrier, chosen in weights.items():
                spread = spread_of(
                    facts, carrier, arrived, target["area_id"], ladder(carrier, evidence), known, chosen.weights
                )
                spreads.append(spread.assign(source_layer=source_layer, target_layer=target_layer)[SPREAD_COLUMNS])
    return _together(parts, CROSSWALK_COLUMNS, 5), _together(spreads, SPREAD_COLUMNS, 4)


def weights_by_carrier(
    facts: pd.DataFrame,
    target: pd.DataFrame,
    known: Mapping[str, Evidence],
    nobody: np.ndarray,
    evidence: Sequence[str],
    layers: tuple[str, str],
    ledger: Ledger,
) -> tuple[pd.DataFrame, dict[str, Chosen]]:
    """Weights from one layer of sources to one of targets, for each carrier of the counts they have.

    Parameters
    ----------
    facts, target : DataFrame
        Sources (`counts_of`) and targets (``area_id``).
    known : mapping
        Evidence by its kind; 'area' is among them.
    nobody : array of bool (sources)
        Sources that are left out, as nobody lives there.
    evidence : sequence of str
        Kinds of evidence, best first.
    layers : (str, str)
        Names of the source and target layers.
    ledger : Ledger
        Takes the balance of the main carrier; all others are held to theirs as well.

    Returns
    -------
    rows, weights
        Rows of table ``crosswalk``, and by carrier what they were made from.
    """
    main, subject = _main_carrier(facts), " to ".join(layers)
    parts, weights = [], {}
    for carrier in _carriers(facts):
        chosen = _chosen(ladder(carrier, evidence), known, facts["source_id"], layers[1])
        book = ledger if carrier == main else Ledger()
        chosen = replace(chosen, weights=_without(chosen.weights, nobody, facts, subject, book))
        rows = _rows(chosen.weights, chosen.method, facts, target).assign(carrier=carrier)
        _balance(rows, chosen, ~nobody, facts, carrier, subject, book)
        parts.append(rows.assign(source_layer=layers[0], target_layer=layers[1])[CROSSWALK_COLUMNS])
        weights[carrier] = chosen
    return pd.concat(parts, ignore_index=True), weights


def _together(parts: Sequence[pd.DataFrame], columns: list[str], keys: int) -> pd.DataFrame:
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return table.sort_values(columns[:keys], ignore_index=True)


def _carriers(source: pd.DataFrame) -> list[str]:
    """Carriers of the counts that a layer has; a layer without counts (zones) is spread by its children."""
    counted = {BY_NAME[name].carrier for name in CENSUS_COUNTS if name in source}
    return [carrier for carrier in CARRIERS if carrier in (counted or {"children"})]


def counts_of(source: pd.DataFrame) -> pd.DataFrame:
    """Ids of a layer with those of its counts (and margins) that hold anything."""
    counted = [name for name in CENSUS_COUNTS if name in source and source[name].notna().any()]
    margins = [f"{name}_moe" for name in counted if f"{name}_moe" in source]
    return pd.DataFrame(source[["source_id", *counted, *margins]])


def _main_carrier(source: pd.DataFrame) -> str:
    """The carrier that the ledger speaks of: children where they are counted."""
    measure = inhabited_measure(source)
    return "children" if measure is None else str(BY_NAME[measure].carrier)


def _dry_points(source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, middles: np.ndarray) -> Evidence:
    """Of sources without land (people live afloat) the target that holds their representative point."""
    dry = (shapely.area(source.geometry.to_numpy()) == 0) | (source["land_m2"] == 0).to_numpy()
    found = by_point(middles, target.geometry.to_numpy())
    return Evidence(found.weights, dry.astype("float64"), found.beyond)


def _chosen(steps: Sequence[str], known: Mapping[str, Evidence], names: Sequence[str], layer: str) -> Chosen:
    """Weights by the best evidence of each source."""
    by_count = [step for step in steps if step not in _GROUND]
    by_ground = [step for step in steps if step in _GROUND]
    order = [step for step in ("inside", *by_count, "representative_point", *by_ground) if step in known]
    method = np.full(len(names), "", dtype=object)
    beyond = np.zeros(len(names))
    weights = sparse.csr_array(known["area"].weights.shape)
    for step in order:
        evidence = known[step]
        new = (method == "") & ((evidence.held > 0) | (step == "area"))
        method[new] = step
        beyond[new] = evidence.beyond[new]
        weights = weights + scaled(evidence.weights, new)
    # pieces may add to a trifle more than their source
    return Chosen(require_no_overlap(sparse.csr_array(weights), names, layer), method, np.maximum(beyond, 0.0))


def _uninhabited(source: gpd.GeoDataFrame, known: Mapping[str, Evidence]) -> np.ndarray:
    """Sources without a published count in which nobody lives, by all evidence that knows the layer's people."""
    measure = inhabited_measure(source)
    nobody = np.zeros(len(source), dtype=bool)
    if measure is None or not source[measure].sum() > 0:
        return nobody
    people = source[measure]
    said = [
        evidence.held <= NOBODY_SHARE * np.nansum(evidence.held)
        for kind, evidence in known.items()
        if kind not in _GROUND and people[evidence.held > 0].sum() >= KNOWN_SHARE * people.sum()
    ]
    unpublished = source[[measure, "population"]].isna().all(axis=1).to_numpy()
    return unpublished & np.all(said, axis=0) if said else nobody


def _without(
    weights: sparse.csr_array, nobody: np.ndarray, source: pd.DataFrame, subject: str, ledger: Ledger
) -> sparse.csr_array:
    """Weights of the inhabited sources; those that had any and are left out are a ledger line."""
    left_out = nobody & (np.asarray(weights.sum(axis=1)).ravel() > 0)
    if left_out.any():
        reason = "areas without a published count that hold nobody by lots or blocks: taken as uninhabited"
        first = str(source["source_id"].to_numpy()[left_out][0])
        ledger.absence(subject, reason, count=int(left_out.sum()), unit="areas", item=first)
    return scaled(weights, ~left_out)


def _rows(weights: sparse.csr_array, method: np.ndarray, source: pd.DataFrame, target: pd.DataFrame) -> pd.DataFrame:
    entries = weights.tocoo()
    row, column = entries.coords
    positive = entries.data > 0
    row, column = row[positive], column[positive]
    return pd.DataFrame(
        {
            "source_id": source["source_id"].to_numpy()[row],
            "target_id": target["area_id"].to_numpy()[column],
            "weight": np.minimum(entries.data[positive], 1.0),
            "method": method[row].astype(str),
        }
    )


def _balance(
    rows: pd.DataFrame,
    chosen: Chosen,
    is_weighted: np.ndarray,
    source: pd.DataFrame,
    carrier: str,
    subject: str,
    ledger: Ledger,
) -> None:
    """What of the counts of all sources that touch the target arrived in it, for each count of the carrier.

    Three sums: the sources' own, what the rows of the crosswalk deliver, and what lies elsewhere by the
    evidence. A row or a weight that is lost on the way from the overlaps to the table is found out.
    """
    touching = is_weighted & (chosen.beyond < 1.0 - NOISE_SHARE)
    kinds, numbers = np.unique(chosen.method[touching].astype(str), return_counts=True)
    used = ", ".join(f"{number} by {kind}" for kind, number in zip(kinds, numbers, strict=True))
    main = inhabited_measure(source)
    if main is None:
        ledger.note(subject, f"areas weighted: {used}; no children or people are counted in this layer")
        return
    delivered = np.bincount(
        pd.Index(source["source_id"]).get_indexer(rows["source_id"]), weights=rows["weight"], minlength=len(source)
    )
    for measure in (n for n in CENSUS_COUNTS if BY_NAME[n].carrier == carrier and n in source):
        value = source[measure].to_numpy(dtype="float64")
        book = ledger if measure == main else Ledger()
        known = touching & ~np.isnan(value)
        missing = int((touching & ~known).sum())
        if missing:
            book.absence(subject, f"areas without a published {measure}", count=missing, unit="areas")
        book.balance(
            subject,
            total=float(value[known].sum()),
            inside=float(np.nansum(delivered * value)),
            outside=float((value[known] * chosen.beyond[known]).sum()),
            unit=measure,
            reason=f"areas weighted: {used}",
        )
