"""From census areas to zones by way of blocks, where a block's number says which area it lies in.

The weights are those of a district (`best_evidence.weights_by_carrier`); only the way to them is
shorter. Nothing needs to be looked up on the map but which blocks and zones meet, so that a
state of a hundred and fifty thousand blocks takes seconds.
"""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import numpy as np
import pandas as pd
import shapely

from pipeline.analysis.areas import inhabited_measure
from pipeline.analysis.best_evidence import counts_of, weights_by_carrier
from pipeline.analysis.crosswalk import require_no_overlap
from pipeline.analysis.evidence import Evidence, by_ground, by_items
from pipeline.analysis.ladder import block_amounts
from pipeline.analysis.overlaps import pieces_of
from pipeline.analysis.pieces import remainders, unfilled
from pipeline.analysis.rings import Rings
from pipeline.columns import BY_NAME
from pipeline.errors import ContractError, Fault
from pipeline.ledger import Ledger
from pipeline.numerals import number

# How many digits of a block's number are the number of its area.
PREFIX = MappingProxyType({"block_group": 12, "tract": 11})
# Evidence of where an area's people live, best first.
EVIDENCE = ("children_by_block", "people_by_block", "homes_by_block", "area")


def block_shares(
    pairs: tuple[np.ndarray, np.ndarray, np.ndarray], outlines: Rings, grounds: Rings, names: pd.Series, layer: str
) -> Evidence:
    """Share of each block's ground in each zone of one layer, and in none of them.

    Parameters
    ----------
    pairs : (source, target, common_m2)
        Pairs of block and zone (positions) and their common ground (`common_area.common_areas`), sorted by block.
    outlines, grounds : Rings
        Shapes of the blocks and of the zones in one equal-area CRS, in metres.
    names : Series
        Numbers of the blocks.
    layer : str
        What the zones are called in a message.

    Returns
    -------
    Evidence
        A block that lies in one zone but for the rounding of coordinates has a weight of exactly 1. What lies
        beyond is cut out anew by shapely: it does not follow from the pairs, and so finds out if one is lost.

    Raises
    ------
    ContractError
        If zones overlap: naming the first block that two of them claim.
    """
    whole, outside_m2 = outlines.areas(), np.zeros(len(outlines))
    pieces = pieces_of(*pairs, whole)
    short, left_m2 = unfilled(pieces, whole)
    outside_m2[short] = shapely.area(remainders(outlines.take(short).shapes(), grounds.shapes(), left_m2))
    found = by_ground(pieces, whole, outside_m2, (len(outlines), len(grounds)))
    return replace(found, weights=require_no_overlap(found.weights, names.to_numpy(), layer))


def block_crosswalk(
    blocks: pd.DataFrame,
    ground: Evidence,
    areas: pd.DataFrame,
    zones: pd.DataFrame,
    *,
    source_layer: str,
    target_layer: str,
    ledger: Ledger,
) -> pd.DataFrame:
    """Weights from one layer of census areas to one layer of zones.

    Each count travels by where those it counts live by block (`ladder.ladder`), and by ground
    where nobody is counted.

    Parameters
    ----------
    blocks : DataFrame
        ``block_geoid``, ``area_m2``, ``population``, ``homes``, ``children_0_17`` and the children of each age;
        what is not known is missing.
    ground : Evidence (blocks, zones)
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
    >>> from pipeline.columns import CHILD_COUNTS
    >>> from scipy import sparse
    >>> blocks = pd.DataFrame({"block_geoid": ["060010001001000", "060010001001001"], "area_m2": [10.0, 10.0],
    ...                        "children_0_17": [30.0, 10.0], "population": [90.0, 90.0]})
    >>> blocks = blocks.reindex(columns=[*blocks, "homes", *CHILD_COUNTS])
    >>> half = Evidence(sparse.csr_array(np.array([[1.0], [0.5]])), np.array([10.0, 10.0]), np.array([0.0, 0.5]))  # of the second block, half lies in the zone
    >>> areas = pd.DataFrame({"area_geoid": ["060010001001"], "children_0_17": [44.0], "population": [180.0]})
    >>> rows = block_crosswalk(blocks, half, areas, pd.DataFrame({"zone_id": ["z"]}), ledger=Ledger(),
    ...                        source_layer="block_group 2019-2023", target_layer="zone high 2024")
    >>> rows[["carrier", "weight", "method"]].to_dict("records")
    [{'carrier': 'children', 'weight': 0.875, 'method': 'children_by_block'}, {'carrier': 'people', 'weight': 0.75, 'method': 'people_by_block'}]
    """
    area_of = _area_of(blocks, areas, source_layer)
    facts = counts_of(areas.rename(columns={"area_geoid": "source_id"}))
    amounts = {**block_amounts(blocks), "area": blocks["area_m2"].to_numpy(dtype="float64")}
    known = {
        kind: by_items(amount, area_of, ground.weights, ground.beyond, len(areas)) for kind, amount in amounts.items()
    }
    nobody = np.zeros(len(areas), dtype=bool)
    targets = zones.rename(columns={"zone_id": "area_id"})
    layers = (source_layer, target_layer)
    rows, weights = weights_by_carrier(facts, targets, known, nobody, EVIDENCE, layers, Ledger())
    if measure := inhabited_measure(facts):
        carrier = str(BY_NAME[measure].carrier)
        value, beyond = facts[measure].to_numpy(dtype="float64"), weights[carrier].beyond
        arriving = rows[rows["carrier"] == carrier]
        counted = pd.Series(value, index=facts["source_id"]).reindex(arriving["source_id"]).to_numpy()
        ledger.balance(
            " to ".join(layers),
            total=float(np.nansum(value)),
            inside=float(np.nansum(arriving["weight"].to_numpy() * counted)),
            outside=float(np.nansum(value * beyond)),
            unit=measure,
        )
    return rows


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
        what = (
            f"block lies in no {level} of the list: its {number(stray['children_0_17'].sum())} children would be lost"
        )
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
        what = f"{level} has no block: its {number(bare['children_0_17'].sum())} children would have no place"
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
