"""How much a zone's count depends on the way it was carried there, apart from sampling error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy import sparse

from pipeline.analysis.crosswalk import scaled
from pipeline.analysis.evidence import Evidence
from pipeline.columns import BY_NAME

# The counts that are compared: those that maps and recommendations rest on.
MEASURES = ("population", "children_0_4", "children_5_9", "children_10_14", "children_15_17", "children_0_17")
SPREAD_COLUMNS = [
    "source_layer", "target_layer", "target_id", "measure", "allocated_count", "allocated_count_moe", "method", "methods",
    "next_count", "next_method", "lowest_count", "lowest_method", "highest_count", "highest_method", "spread_ratio",
]  # fmt: skip


def spread_of(
    source: pd.DataFrame,
    carrier: str,
    arrived: pd.DataFrame,
    target_ids: Sequence[str],
    steps: Sequence[str],
    known: Mapping[str, Evidence],
    chosen: sparse.csr_array,
) -> pd.DataFrame:
    """Each target's count by every way of carrying it that there is evidence for, from least to most.

    Besides the steps of the study's order, whole sources are given to the target that holds their
    middle ("centre"), which is what is done without any overlay. Where a way says nothing of a source,
    the source is carried as in the crosswalk.

    Parameters
    ----------
    source : DataFrame
        Census areas with counts.
    carrier : str
        Carrier of the weights; its counts among `MEASURES` are compared.
    arrived : DataFrame
        ``target_id`` and these counts with their margins, as carried by the crosswalk (`crosswalk.allocate`, `crosswalk.with_sum_of_ages`).
    target_ids : sequence of str
        Ids of the targets, in the order of the columns of all weights.
    steps, known, chosen
        Order of evidence, all evidence by kind, and the weights of the crosswalk.

    Returns
    -------
    DataFrame
        Table ``interpolation_error`` without its layers. A way is compared only for targets of which it says
        something: where a census area lies wholly in one target, nothing needs to be said. ``method`` is
        the best evidence that speaks of a target's divided census areas, ``next_count`` what the second
        best gives. The spread says how far all ways lie apart, crude ones too: it is no bound, the truth
        may lie outside.

    References
    ----------
    Schroeder (2007), Target-density weighting interpolation and uncertainty evaluation for temporal
    analysis of census data, Geographical Analysis 39: disagreement between weightings as a sign of error.
    """
    measures = [name for name in MEASURES if BY_NAME[name].carrier == carrier and name in arrived]
    kinds = [step for step in steps if step in known] + ["centre"]
    ways = [_way(kind, known, chosen) for kind in kinds]
    position = pd.Index(target_ids).get_indexer(arrived["target_id"])
    named = np.array([*kinds, ""], dtype=object)
    speaks = np.stack([way.speaks[position] for way in ways])
    best = _first(speaks)
    after = speaks & (np.arange(len(kinds))[:, None] > best)
    nobody = len(kinds)  # the place of the empty name
    best_name, next_kind = (
        np.where(speaks.any(axis=0), best, nobody),
        np.where(after.any(axis=0), _first(after), nobody),
    )
    parts = []
    for name in measures:
        value = np.nan_to_num(source[name].to_numpy(dtype="float64"))
        carried = arrived[name].to_numpy(dtype="float64")
        margin = arrived[f"{name}_moe"] if f"{name}_moe" in arrived else np.full(len(arrived), np.nan)
        # of all children, who are the sum of their ages, the ways differ as by one set of weights
        shift = carried - (value @ chosen)[position]
        counts = np.stack([np.maximum((value @ way.weights)[position] + shift, 0.0) for way in ways])
        counts = np.where(speaks, counts, np.nan)
        low, high = np.fmin.reduce(counts, axis=0), np.fmax.reduce(counts, axis=0)
        spread = np.divide(high - low, carried, out=np.full(len(carried), np.nan), where=carried > 0)
        picked = np.vstack([counts, np.full(len(carried), np.nan)])
        part = {
            "target_id": arrived["target_id"].to_numpy(),
            "measure": name,
            "allocated_count": carried,
            "allocated_count_moe": np.asarray(margin, dtype="float64"),
            "method": named[best_name],
            "methods": speaks.sum(axis=0).astype("float64"),
            "next_count": picked[next_kind, np.arange(len(carried))],
            "next_method": named[next_kind],
            "lowest_count": low,
            "lowest_method": named[_named(counts == low, nobody)],
            "highest_count": high,
            "highest_method": named[_named(counts == high, nobody)],
            "spread_ratio": spread,
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SPREAD_COLUMNS[2:])


class _Way(NamedTuple):
    """Weights of one way, and of which targets it says anything that is not said by the lines alone."""

    weights: sparse.csr_array
    speaks: np.ndarray


def _way(kind: str, known: Mapping[str, Evidence], chosen: sparse.csr_array) -> _Way:
    """One way, and the crosswalk's where it says nothing or the source lies in one target anyway."""
    evidence = known["representative_point" if kind == "centre" else kind]
    says = (evidence.held > 0) | (kind == "centre")
    says &= ~(known["inside"].held > 0)
    weights = sparse.csr_array(scaled(evidence.weights, says) + scaled(chosen, ~says))
    reached = sparse.csr_array(scaled(evidence.weights, says) + scaled(chosen, says))
    return _Way(weights, np.asarray(reached.sum(axis=0)).ravel() > 0)


def _first(is_it: np.ndarray) -> np.ndarray:
    return np.asarray(is_it.argmax(axis=0))


def _named(is_it: np.ndarray, nobody: int) -> np.ndarray:
    return np.where(is_it.any(axis=0), _first(is_it), nobody)
