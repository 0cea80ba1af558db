"""How children (and adults, people, homes) of each census area spread over zones and neighborhoods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from pipeline.analysis.areas import inhabited_measure
from pipeline.analysis.best_evidence import counts_of, weights_by_carrier
from pipeline.analysis.crosswalk import CROSSWALK_COLUMNS, allocate, require_no_overlap, scaled, with_sum_of_ages
from pipeline.analysis.evidence import Evidence, by_point, inside
from pipeline.analysis.known_places import KnownPlaces
from pipeline.analysis.ladder import BY_GROUND, ladder
from pipeline.analysis.pieces import ground_across
from pipeline.analysis.spread import MEASURES, SPREAD_COLUMNS, spread_of
from pipeline.columns import AREA_LEVELS
from pipeline.ledger import Ledger

if TYPE_CHECKING:
    import geopandas as gpd

# Evidence found wherever this share of a layer's people live knows its inhabited places ...
KNOWN_SHARE = 0.99
# ... and where no more than this share of it lies, nobody lives: ten in a million.
NOBODY_SHARE = 1e-5


def all_crosswalks(
    sources: Mapping[str, gpd.GeoDataFrame],
    targets: Mapping[str, gpd.GeoDataFrame],
    places: KnownPlaces,
    *,
    evidence: Sequence[str],
    now: str,
    ledger: Ledger,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Weights from census areas to every layer, and from each layer of zones to neighborhoods.

    The latter say how a zone's children spread over neighborhoods, so that what is known of
    zones (seats they lack) can be brought down to where the children live. ``now`` is the vintage
    of the census areas whose children say so where blocks and lots do not. Other parameters and
    results as in `crosswalk_table`.
    """
    zones = {
        layer: frame.rename(columns={"area_id": "source_id"}).assign(land_m2=np.nan)
        for layer, frame in targets.items()
        if layer.startswith("zone ")
    }
    return crosswalk_table(
        {**sources, **zones}, targets, places, evidence=evidence, counted=_finest(sources, now), ledger=ledger
    )


def _finest(sources: Mapping[str, gpd.GeoDataFrame], vintage: str) -> tuple[str, gpd.GeoDataFrame] | None:
    """The finest census areas of a vintage that count children, or else people."""
    there = [(name, sources[name]) for level in AREA_LEVELS if (name := f"{level} {vintage}") in sources]
    for count in ("children_0_17", "population"):
        for name, areas in there:
            if areas[count].notna().any():
                return name, areas
    return None


def crosswalk_table(
    sources: Mapping[str, gpd.GeoDataFrame],
    targets: Mapping[str, gpd.GeoDataFrame],
    places: KnownPlaces,
    *,
    evidence: Sequence[str],
    ledger: Ledger,
    counted: tuple[str, gpd.GeoDataFrame] | None = None,
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Weights from every layer of census areas to every layer of zones, and how much depends on the way they were found.

    For each source and carrier the best evidence that says anything about it is used, in the
    order of `ladder.ladder`, and area last. A source that lies wholly in one target has weight 1 by
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
    counted : (layer, GeoDataFrame), optional
        Census areas whose children say where those of a layer without counts (zones) live, where no finer children do.

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
            known, nobody = evidence_of(source, target, places, (source_layer, target_layer), ledger)
            if counted and source_layer in targets and not _counts_children(known, evidence):
                known["census_areas"] = by_census_areas(source, target, places, counted, evidence)
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


def evidence_of(
    source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, places: KnownPlaces, layers: tuple[str, str], ledger: Ledger
) -> tuple[dict[str, Evidence], np.ndarray]:
    """All evidence of a pair of layers by its kind, lines and middles among them, and sources in which nobody lives.

    Raises
    ------
    ContractError
        If targets overlap.
    """
    known = places.evidence(source, target, layers[0])
    require_no_overlap(known["area"].weights, source["source_id"], layers[1])
    nobody = _uninhabited(source, known)
    _note_people_on_empty_ground(source, known, places, " to ".join(layers), ledger)
    known["inside"] = inside(places.pieces(source, target), (len(source), len(target)))
    known["representative_point"] = _dry_points(source, target, places.middles(source))
    return known, nobody


def _counts_children(known: Mapping[str, Evidence], evidence: Sequence[str]) -> bool:
    """Whether children are counted within every zone that neighborhoods divide, so that none needs its census areas."""
    steps = [step for step in ladder("children", evidence) if step in known and step.startswith("children_")]
    return bool(np.any([known[step].held > 0 for step in ("inside", *steps)], axis=0).all())


def by_census_areas(
    source: gpd.GeoDataFrame,
    target: gpd.GeoDataFrame,
    places: KnownPlaces,
    counted: tuple[str, gpd.GeoDataFrame],
    evidence: Sequence[str],
) -> Evidence:
    """Weights of zones by the children of the census areas, carried to the ground that a zone and a neighborhood share.

    Zones and neighborhoods get their children from these areas by the same evidence, so that the children of a zone's
    parts are those of its neighborhoods there: people alone would put them into old people's homes, ground into fields.
    """
    layer, areas = counted
    pairs, outside = places.pieces(source, target), places.outside(source, target)
    whole = pairs["is_inside"].to_numpy()
    grounds = source.geometry.to_numpy()[pairs["source"]]
    grounds[~whole] = ground_across(source, target, pairs).to_numpy()
    shapes = np.concatenate([grounds, outside.to_numpy()])
    zone = np.concatenate([pairs["source"].to_numpy(), np.arange(len(source))])
    there = np.flatnonzero(~shapely.is_empty(shapes))
    # a frame like the others that children are carried to: each part has its place for a name
    parts = target.iloc[:0].reindex(range(len(there))).assign(area_id=[str(n) for n in there], geometry=shapes[there])
    known, nobody = evidence_of(areas, parts, places, (layer, "parts of zones"), Ledger())
    facts = counts_of(areas)
    rows, _ = weights_by_carrier(facts, parts, known, nobody, evidence, (layer, "parts of zones"), Ledger())
    measure = inhabited_measure(facts) or "population"
    carried = allocate(rows, facts, [measure]).set_index("target_id")[measure]
    amounts = carried.reindex([str(n) for n in range(len(shapes))]).fillna(0.0).to_numpy()
    held = np.asarray(np.bincount(zone, weights=amounts, minlength=len(source)), dtype="float64")
    shared = sparse.csr_array(
        (amounts[: len(pairs)], (pairs["source"], pairs["target"])), shape=(len(source), len(target))
    )
    inverse = np.divide(1.0, held, out=np.zeros(len(held)), where=held > 0)
    return Evidence(scaled(shared, inverse), held, amounts[len(pairs) :] * inverse)


def _together(parts: Sequence[pd.DataFrame], columns: list[str], keys: int) -> pd.DataFrame:
    table = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)
    return table.sort_values(columns[:keys], ignore_index=True)


def _dry_points(source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, middles: np.ndarray) -> Evidence:
    """Of sources without land (people live afloat) the target that holds their representative point."""
    dry = (shapely.area(source.geometry.to_numpy()) == 0) | (source["land_m2"] == 0).to_numpy()
    found = by_point(middles, target.geometry.to_numpy())
    return Evidence(found.weights, dry.astype("float64"), found.beyond)


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
        if kind not in BY_GROUND and people[evidence.held > 0].sum() >= KNOWN_SHARE * people.sum()
    ]
    unpublished = source[[measure, "population"]].isna().all(axis=1).to_numpy()
    return unpublished & np.all(said, axis=0) if said else nobody


def _note_people_on_empty_ground(
    source: gpd.GeoDataFrame, known: Mapping[str, Evidence], places: KnownPlaces, subject: str, ledger: Ledger
) -> None:
    """Say which sources have people and no ground that is not uninhabited: one of the two files errs."""
    measure = inhabited_measure(source)
    if places.uninhabited.empty or measure is None:
        return
    # evidence that says nothing of any source is not among the known
    habitable = known["habitable_area"].held if "habitable_area" in known else np.zeros(len(source))
    wrong = (source[measure] > 0).to_numpy() & (known["area"].held > 0) & ~(habitable > 0)
    if wrong.any():
        first = str(source["source_id"].to_numpy()[wrong][0])
        reason = "areas with people, all of whose ground is given as uninhabited: that is not believed"
        ledger.absence(subject, reason, count=int(wrong.sum()), unit="areas", item=first)
