"""How much a zone's count depends on the way it was carried there: interpolation error, apart from sampling error."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from pipeline.analysis.crosswalk import scaled
from pipeline.analysis.evidence import Evidence
from pipeline.columns import BY_NAME

# The counts that are compared: those that maps and recommendations rest on.
MEASURES = ("population", "children_0_4", "children_5_9", "children_10_14", "children_15_17", "children_0_17")
SPREAD_COLUMNS = [
    "source_layer", "target_layer", "target_id", "measure", "allocated_count", "allocated_count_moe", "methods",
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
        ``target_id`` and these counts with their margins, as carried by the crosswalk (`crosswalk.allocate`).
    target_ids : sequence of str
        Ids of the targets, in the order of the columns of all weights.
    steps, known, chosen
        Order of evidence, all evidence by kind, and the weights of the crosswalk.

    Returns
    -------
    DataFrame
        Table ``interpolation_error`` without its layers. ``next_count`` is what the second best evidence
        gives: its distance from the count is what a planner may take for the error of the first. The
        whole spread says how far all ways lie apart, crude ones too; where all of them agree, the
        zone's line runs along the census areas'.

    References
    ----------
    Schroeder (2007), Target-density weighting interpolation and uncertainty evaluation for temporal
    analysis of census data, Geographical Analysis 39: disagreement between weightings as a sign of error.
    """
    measures = [name for name in MEASURES if BY_NAME[name].carrier == carrier and name in arrived]
    kinds = [step for step in steps if step in known] + ["centre"]
    ways = [_weights(kind, known, chosen) for kind in kinds]
    position = pd.Index(target_ids).get_indexer(arrived["target_id"])
    parts = []
    for name in measures:
        value = np.nan_to_num(source[name].to_numpy(dtype="float64"))
        counts = np.stack([(value @ way)[position] for way in ways])
        carried = arrived[name].to_numpy(dtype="float64")
        margin = arrived[f"{name}_moe"] if f"{name}_moe" in arrived else np.full(len(arrived), np.nan)
        # counts of another way are comparable where the crosswalk's own is known
        counts = np.where(np.isnan(carried), np.nan, counts)
        low, high = counts.min(axis=0), counts.max(axis=0)
        named = np.array(kinds, dtype=object)
        spread = np.divide(high - low, carried, out=np.full(len(carried), np.nan), where=carried > 0)
        part = {
            "target_id": arrived["target_id"].to_numpy(),
            "measure": name,
            "allocated_count": carried,
            "allocated_count_moe": np.asarray(margin, dtype="float64"),
            "methods": float(len(kinds)),
            "next_count": counts[1],
            "next_method": kinds[1],
            "lowest_count": low,
            "lowest_method": named[_first(counts == low)],
            "highest_count": high,
            "highest_method": named[_first(counts == high)],
            "spread_ratio": spread,
        }
        parts.append(pd.DataFrame(part))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=SPREAD_COLUMNS[2:])


def _weights(kind: str, known: Mapping[str, Evidence], chosen: sparse.csr_array) -> sparse.csr_array:
    """Weights of one way, and of the crosswalk where it says nothing or the source lies in one target anyway."""
    evidence = known["representative_point" if kind == "centre" else kind]
    says = (evidence.held > 0) | (kind == "centre")
    says &= ~(known["inside"].held > 0)
    return sparse.csr_array(scaled(evidence.weights, says) + scaled(chosen, ~says))


def _first(is_it: np.ndarray) -> np.ndarray:
    return np.asarray(is_it.argmax(axis=0))
