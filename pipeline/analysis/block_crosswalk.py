"""From census areas to zones by way of blocks, where a block's number says which area it lies in.

The weights are those of a district (`crosswalk.evidence_weights`); only the way to them is
shorter. Nothing needs to be looked up on the map but which blocks and zones meet, so that a
state of a hundred and fifty thousand blocks takes seconds.
"""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pandas as pd
from scipy import sparse

from pipeline.analysis.areas import inhabited_measure
from pipeline.analysis.crosswalk import NOISE_SHARE, evidence_beyond, evidence_weights, require_no_overlap
from pipeline.analysis.relations import weight_rows
from pipeline.errors import ContractError, Fault
from pipeline.ledger import Ledger

# How many digits of a block's number are the number of its area.
PREFIX = MappingProxyType({"block_group": 12, "tract": 11})
# Evidence of where an area's people live, best first, and the column of blocks that holds it.
EVIDENCE = MappingProxyType({"children_by_block": "children_0_17", "people_by_block": "population", "area": "area_m2"})


def block_shares(
    source: np.ndarray, target: np.ndarray, common_m2: np.ndarray, blocks: pd.DataFrame, zones: int, layer: str
) -> sparse.csr_array:
    """Share of each block's ground in each zone of one layer.

    Parameters
    ----------
    source, target, common_m2 : arrays
        Pairs of block and zone (positions) and their common ground (`common_area.common_areas`).
    blocks : DataFrame
        ``block_geoid`` and ``area_m2``.
    zones : int
        Number of zones.
    layer : str
        What the zones are called in a message.

    Returns
    -------
    sparse array (blocks, zones)
        A block that lies in one zone but for the rounding of coordinates has a share of exactly 1.

    Raises
    ------
    ContractError
        If zones overlap: naming the first block that two of them claim.
    """
    share = common_m2 / blocks["area_m2"].to_numpy()[source]
    share[np.abs(share - 1.0) <= NOISE_SHARE] = 1.0
    real = share > NOISE_SHARE
    shares = sparse.csr_array((share[real], (source[real], target[real])), shape=(len(blocks), zones))
    return require_no_overlap(shares, blocks["block_geoid"].to_numpy(), layer)


def block_crosswalk(
    blocks: pd.DataFrame,
    shares: sparse.csr_array,
    areas: pd.DataFrame,
    zones: pd.DataFrame,
    *,
    source_layer: str,
    target_layer: str,
    ledger: Ledger,
) -> pd.DataFrame:
    """Weights from one layer of census areas to one layer of zones.

    Each area's people are placed by where its children live by block, where there are none by its people,
    and where nobody is counted by ground.

    Parameters
    ----------
    blocks : DataFrame
        ``block_geoid``, ``children_0_17``, ``population``, ``area_m2``.
    shares : sparse array (blocks, zones)
        From `block_shares`.
    areas : DataFrame
        ``area_geoid`` and counts of the areas.
    zones : DataFrame
        ``zone_id`` of the zones, in the order of the shares.
    source_layer, target_layer : str
        Such as 'block_group 2019-2023' and 'zone elementary 2024'; the first word of the former
        says how many digits of a block's number are its area's.
    ledger : Ledger
        Takes the balance of children: those of the areas, those that arrive, those outside.

    Returns
    -------
    DataFrame
        Rows of table ``crosswalk``.

    Raises
    ------
    ContractError
        If a block's area is not listed, or an area with people has no block.
    LedgerError
        If a child is lost on the way.

    Examples
    --------
    >>> blocks = pd.DataFrame({"block_geoid": ["060010001001000", "060010001001001"], "area_m2": [10.0, 10.0],
    ...                        "children_0_17": [30.0, 10.0], "population": [90.0, 90.0]})
    >>> half = sparse.csr_array(np.array([[1.0], [0.5]]))  # of the second block, half lies in the zone
    >>> areas = pd.DataFrame({"area_geoid": ["060010001001"], "children_0_17": [44.0], "population": [180.0]})
    >>> rows = block_crosswalk(blocks, half, areas, pd.DataFrame({"zone_id": ["z"]}), ledger=Ledger(),
    ...                        source_layer="block_group 2019-2023", target_layer="zone high 2024")
    >>> rows[["source_id", "target_id", "weight", "method"]].to_dict("records")
    [{'source_id': '060010001001', 'target_id': 'z', 'weight': 0.875, 'method': 'children_by_block'}]
    """
    area_of = _area_of(blocks, areas, source_layer)
    sources = areas.rename(columns={"area_geoid": "source_id"})
    method = np.full(len(areas), "", dtype=object)
    weights, elsewhere = sparse.csr_array((len(areas), shares.shape[1])), np.zeros(len(areas))
    for kind, column in EVIDENCE.items():
        amounts = blocks[column].to_numpy(dtype="float64")
        by_kind, totals = evidence_weights(amounts, area_of, shares, len(areas))
        chosen = (method == "") & (totals > 0)
        method[chosen] = kind
        weights = weights + sparse.diags_array(chosen.astype("float64")) @ by_kind
        elsewhere[chosen] = evidence_beyond(amounts, area_of, shares, len(areas))[chosen]
    weights = require_no_overlap(sparse.csr_array(weights), areas["area_geoid"].to_numpy(), target_layer)
    targets = zones.rename(columns={"zone_id": "area_id"})
    rows = weight_rows(weights, method, sources, targets, source_layer, target_layer)
    _balance(rows, np.maximum(elsewhere, 0.0), method, sources, f"{source_layer} to {target_layer}", ledger)
    return rows


def _balance(
    rows: pd.DataFrame, elsewhere: np.ndarray, method: np.ndarray, sources: pd.DataFrame, subject: str, ledger: Ledger
) -> None:
    """Children of all areas, those that the weights deliver, and those outside by the blocks themselves."""
    measure = inhabited_measure(sources)
    kinds, numbers = np.unique(method.astype(str), return_counts=True)
    used = ", ".join(f"{number} by {kind}" for kind, number in zip(kinds, numbers, strict=True))
    if measure is None:
        ledger.note(subject, f"areas weighted: {used}; no children or people are counted in this layer")
        return
    value = sources[measure].to_numpy(dtype="float64")
    known = ~np.isnan(value)
    if not known.all():
        ledger.absence(subject, f"areas without a published {measure}", count=int((~known).sum()), unit="areas")
    arriving = pd.Series(value, index=sources["source_id"]).reindex(rows["source_id"]).to_numpy()
    ledger.balance(
        subject,
        total=float(value[known].sum()),
        inside=float(np.nansum(rows["weight"].to_numpy() * arriving)),
        outside=float((value[known] * elsewhere[known]).sum()),
        unit=measure,
        reason=f"areas weighted: {used}",
    )


def _area_of(blocks: pd.DataFrame, areas: pd.DataFrame, layer: str) -> np.ndarray:
    """Position of the area of each block; every block has one, and every area with people has a block."""
    level = layer.split()[0]
    if level not in PREFIX:
        fault = Fault(
            "E-LEVEL",
            f"{level} is no level that the number of a block names",
            len(areas),
            layer,
            f"Give {' or '.join(PREFIX)}s.",
        )
        raise ContractError("census areas", [fault])
    area_of = pd.Index(areas["area_geoid"]).get_indexer(blocks["block_geoid"].str[: PREFIX[level]])
    stray = blocks.loc[area_of < 0, ["block_geoid", "children_0_17"]]
    bare = areas.loc[np.bincount(area_of[area_of >= 0], minlength=len(areas)) == 0]
    bare = bare[~((bare["population"] == 0) & (bare["children_0_17"] == 0))]
    faults = []
    if len(stray):
        what = f"block lies in no {level} of the list: its {stray['children_0_17'].sum():,.0f} children would be lost"
        faults.append(
            Fault(
                "E-KEY-MISSING",
                what,
                len(stray),
                stray["block_geoid"].iloc[0],
                "Give blocks and areas of one census and one state.",
            )
        )
    if len(bare):
        what = f"{level} has no block: its {bare['children_0_17'].sum():,.0f} children would have no place"
        faults.append(
            Fault(
                "E-KEY-MISSING",
                what,
                len(bare),
                bare["area_geoid"].iloc[0],
                "Give blocks and areas of one census and one state.",
            )
        )
    if faults:
        raise ContractError(f"layer {layer}", faults)
    return np.asarray(area_of)
