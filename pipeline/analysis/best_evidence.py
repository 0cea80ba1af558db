"""The best evidence of each census area, and the rows of the crosswalk that it gives."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd
from scipy import sparse

from pipeline.analysis.areas import inhabited_measure
from pipeline.analysis.crosswalk import CROSSWALK_COLUMNS, require_no_overlap, scaled
from pipeline.analysis.evidence import Evidence
from pipeline.analysis.ladder import BY_GROUND, ladder
from pipeline.analysis.overlaps import NOISE_SHARE
from pipeline.columns import BY_NAME, CARRIERS, CENSUS_COUNTS
from pipeline.ledger import Ledger


@dataclass(frozen=True)
class Chosen:
    """Weights of one carrier by the best evidence of each source, the name of it, and what share lies elsewhere."""

    weights: sparse.csr_array
    method: np.ndarray
    beyond: np.ndarray


def weights_by_carrier(
    facts: pd.DataFrame,
    target: pd.DataFrame,
    known: Mapping[str, Evidence],
    nobody: np.ndarray,
    evidence: Sequence[str],
    layers: tuple[str, str],
    ledger: Ledger,
    *,
    skipped: int = 0,
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
    skipped : int
        So many of the best kinds of evidence are left out, of those that are known (0 or 1).

    Returns
    -------
    rows, weights
        Rows of table ``crosswalk``, and by carrier what they were made from.
    """
    main, subject = _main_carrier(facts), " to ".join(layers)
    parts, weights = [], {}
    for carrier in _carriers(facts):
        steps = [step for step in ladder(carrier, evidence) if step in known]
        # with its best step left out, a carrier goes by the second best; area always stays
        steps = steps[:1] if skipped and steps[0] == "area" else steps[skipped:]
        chosen = _chosen(steps, known, facts["source_id"], layers[1])
        book = ledger if carrier == main else Ledger()
        chosen = replace(chosen, weights=_without(chosen.weights, nobody, facts, subject, book))
        rows = _rows(chosen.weights, chosen.method, facts, target).assign(carrier=carrier)
        _balance(rows, chosen, ~nobody, facts, carrier, subject, book)
        parts.append(rows.assign(source_layer=layers[0], target_layer=layers[1])[CROSSWALK_COLUMNS])
        weights[carrier] = chosen
    return pd.concat(parts, ignore_index=True), weights


def counts_of(source: pd.DataFrame) -> pd.DataFrame:
    """Ids of a layer with those of its counts (and margins) that hold anything."""
    counted = [name for name in CENSUS_COUNTS if name in source and source[name].notna().any()]
    margins = [f"{name}_moe" for name in counted if f"{name}_moe" in source]
    return pd.DataFrame(source[["source_id", *counted, *margins]])


def _carriers(source: pd.DataFrame) -> list[str]:
    """Carriers of the counts that a layer has; a layer without counts (zones) is spread by its children."""
    counted = {BY_NAME[name].carrier for name in CENSUS_COUNTS if name in source}
    return [carrier for carrier in CARRIERS if carrier in (counted or {"children"})]


def _main_carrier(source: pd.DataFrame) -> str:
    """The carrier that the ledger speaks of: children where they are counted."""
    measure = inhabited_measure(source)
    return "children" if measure is None else str(BY_NAME[measure].carrier)


def _chosen(steps: Sequence[str], known: Mapping[str, Evidence], names: Sequence[str], layer: str) -> Chosen:
    """Weights by the best evidence of each source."""
    own = [step for step in steps if step.startswith("children_")]
    stand_ins = [step for step in steps if step not in own and step not in BY_GROUND]
    by_ground = [step for step in steps if step in BY_GROUND]
    # what census areas say of a zone's children is said by children, and comes before people and homes
    order = ["inside", *own, "census_areas", *stand_ins, "representative_point", *by_ground]
    order = [step for step in order if step in known]
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
