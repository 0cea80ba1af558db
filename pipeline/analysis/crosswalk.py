"""How counts travel from census areas to zones: multiply by a table of weights, and add.

Three separate things, each of which can be looked at and replaced: overlaps (which areas meet, and
in how many square metres; `overlaps.overlaps`), weights (the share of a source's children that
lies in a target; `evidence`) and `allocate`.

The denominator of a weight is always the source's own whole. The weights of a source add to
1 where the targets cover it and to less where they do not: children outside stay outside.
Targets that overlap are an error and are never normalised away.

References
----------
maup (MGGG Redistricting Lab) for the three separate things.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from scipy import sparse

from pipeline.columns import BY_NAME, CHILD_COUNTS
from pipeline.errors import ContractError, Fault
from pipeline.numerals import number

# By so much may weights of one source exceed 1 through rounding before it is called an overlap.
ROUNDING = 1e-6
# Sources without a count that bring no more than this share of a target's weights are passed over.
SLIGHT_SHARE = 0.001
CROSSWALK_COLUMNS = ["source_layer", "source_id", "target_layer", "target_id", "carrier", "weight", "method"]


def scaled(weights: sparse.csr_array, factors: np.ndarray) -> sparse.csr_array:
    """Each row of the weights times its factor; a factor of 0 empties the row.

    >>> scaled(sparse.csr_array([[1.0, 2.0], [3.0, 0.0]]), np.array([0.5, 0.0])).toarray().tolist()
    [[0.5, 1.0], [0.0, 0.0]]
    """
    data = weights.data * np.repeat(factors, np.diff(weights.indptr))
    return sparse.csr_array((data, weights.indices, weights.indptr), shape=weights.shape)


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
        excess = sums[over[0]] - 1.0
        first = f"{names[over[0]]}: its weights add to {number(sums[over[0]], 4 if excess > 1e-3 else 8)}"
        what = "areas would be counted more than once, because the targets overlap"
        raise ContractError(
            f"layer {layer}",
            [Fault("E-WEIGHTS", what, len(over), first, "Clear the overlaps first; they are never averaged away.")],
        )
    return scaled(weights, 1.0 / np.maximum(sums, 1.0))


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
        ``source_id``, ``target_id``, ``weight`` of one source layer and one target layer. Where it has
        ``carrier``, each count travels by the weights of its own carrier (`columns.CARRIERS`).
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
        likewise. A target in no row of the crosswalk is absent; one that no weight of a count's carrier
        reaches has none of it, with an unknown margin.

    Raises
    ------
    ContractError
        If a column is not a count, ids are doubled, or the crosswalk has no weights for a count's carrier.

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
    carriers = {name: BY_NAME[name].carrier if "carrier" in crosswalk else None for name in columns}
    parts = []
    for carrier in dict.fromkeys(carriers.values()):
        links = crosswalk if carrier is None else crosswalk[crosswalk["carrier"] == carrier]
        if links.empty and len(crosswalk):
            what = f"there are no weights for {carrier}"
            fault = Fault("E-CARRIER", what, 1, str(crosswalk["carrier"].iloc[0]), "Run stage relations again.")
            raise ContractError("crosswalk", [fault])
        parts.append(_arrived(links, table, [name for name in columns if carriers[name] == carrier], people))
    target_ids = np.unique(crosswalk["target_id"].to_numpy(dtype=object).astype(str))
    together = (
        pd.concat([part.reindex(target_ids) for part in parts], axis=1) if parts else pd.DataFrame(index=target_ids)
    )
    for part in parts:
        absent = ~together.index.isin(part.index)
        together.loc[absent, [name for name in part.columns if not name.endswith("_moe")]] = 0.0
    names = [name for count in columns for name in (count, f"{count}_moe") if name in together]
    return together[names].rename_axis("target_id").reset_index()


def with_sum_of_ages(part: pd.DataFrame) -> pd.DataFrame:
    """All children as the sum of their ages, if every age has arrived everywhere.

    Half of a layer by ages and half by all children would count some twice and others not at all.
    """
    names = [*CHILD_COUNTS, "children_0_17"]
    if not set(names) <= set(part.columns) or part[names].isna().to_numpy().any():
        return part
    return part.assign(children_0_17=part[list(CHILD_COUNTS)].sum(axis=1))


def _arrived(crosswalk: pd.DataFrame, table: pd.DataFrame, columns: Sequence[str], people: str) -> pd.DataFrame:
    """Counts and margins that travel by one carrier, by target."""
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
    result: dict[str, Any] = {}
    for name in columns:
        value = table[name].to_numpy(dtype="float64")[position]
        lacking = takes_part & np.isnan(value)
        is_slight = np.bincount(row[lacking], weights=weight[lacking], minlength=len(target_ids)) <= slight
        counts = takes_part & ~(lacking & is_slight[row])
        result[name] = _sum(row, weight * value, counts | ~np.isnan(value), len(target_ids))
        if f"{name}_moe" in table:
            moe = table[f"{name}_moe"].to_numpy(dtype="float64")[position]
            result[f"{name}_moe"] = _margin(row, weight, value, moe, counts, len(target_ids))
    return pd.DataFrame(result, index=target_ids)


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
