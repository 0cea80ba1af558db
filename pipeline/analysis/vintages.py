"""Areas of two censuses: how counts on the areas of one come to stand on the areas of the other.

Tracts and block groups are drawn anew every ten years, and many keep their id: an id alone does
not say that the ground is the same. Counts of two censuses meet through a crosswalk only, made
from the Bureau's relationship files and weighted by where people live.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.columns import census_of

# The count of a block that each kind of evidence is measured in.
BLOCK_COUNTS = {"children_by_block": "children_0_17", "people_by_block": "population", "homes_by_block": "homes"}
# Digits of a block's id that are its tract and its block group.
_DIGITS = {"tract": 11, "block_group": 12}
_SIDES = ("source_id", "target_id")
# All counts of an area travel alike: the relationship files do not tell children from adults.
COLUMNS = ["source_layer", "source_id", "target_layer", "target_id", "weight", "method"]


def vintage_crosswalk(
    relations: pd.DataFrame,
    block_relations: pd.DataFrame,
    blocks: pd.DataFrame,
    *,
    level: str,
    source: str,
    target: str,
    evidence: Sequence[str],
) -> pd.DataFrame:
    """Weights from the areas of one census to those of another, each source by the best evidence there is.

    A source that lies in one target only goes there whole ("inside"). Otherwise its weights are
    the shares of its

    1. children, people or homes by block ("relationship_by_blocks"): counts of blocks, brought to
       the parts by the block relationship file, or, where there is none and the blocks are those
       of the target census, counts of whole targets, spread over their land (a tract that was only
       divided since is then divided as its people are);
    2. people, then homes, that the relationship file itself counts in each part
       ("relationship_by_people", "relationship_by_homes");
    3. land, or water where a source has no land ("relationship_by_land").

    Evidence is used for a source if it is known for all of its parts and not zero.

    Parameters
    ----------
    relations, block_relations : DataFrame
        Input tables ``area_relations`` and ``block_relations``; either may be empty. They hold good in
        both directions.
    blocks : DataFrame
        Table ``census_blocks`` of one vintage, or empty; its shapes are not used.
    level : str
        'tract' or 'block_group'.
    source, target : str
        Censuses, such as '2010' and '2020'.
    evidence : sequence of str
        Kinds of evidence of the study, best first; those of blocks are used.

    Returns
    -------
    DataFrame
        Columns of ``vintage_crosswalk``: layers are named '<level> <census>'; the weights of a source
        add to 1; positive weights only, sorted.

    References
    ----------
    Schroeder (2007), Target-density weighting interpolation and uncertainty evaluation for temporal
    analysis of census data, Geographical Analysis 39(3). U.S. Census Bureau, Relationship Files.

    Examples
    --------
    >>> from pipeline.tables import empty
    >>> divided = {"area_level": "tract", "geography_from": "2010", "area_geoid_from": "a", "geography_to": "2020"}
    >>> relations = pd.DataFrame([{**divided, "area_geoid_to": "a1", "land_m2": 30.0, "water_m2": 0.0, "population": 90.0, "homes": None},
    ...                           {**divided, "area_geoid_to": "a2", "land_m2": 70.0, "water_m2": 9.0, "population": 10.0, "homes": None}])
    >>> none = empty("block_relations", ""), pd.DataFrame({"block_geoid": [], "vintage": []})
    >>> found = vintage_crosswalk(relations, *none, level="tract", source="2010", target="2020", evidence=())
    >>> found[["target_id", "weight", "method"]].to_dict("split")["data"]
    [['a1', 0.9, 'relationship_by_people'], ['a2', 0.1, 'relationship_by_people']]
    """
    parts = _parts(relations, block_relations, level, source, target)
    shares = [_shares_whole(parts)]
    for kind in evidence:
        if kind in BLOCK_COUNTS and len(blocks):
            amounts = _by_blocks(parts, block_relations, blocks, BLOCK_COUNTS[kind], level, source, target)
            shares.append((_share(parts, amounts), "relationship_by_blocks"))
    shares += [(_share(parts, parts[name]), f"relationship_by_{word}") for name, word in _OF_FILE]
    shares += [(_share(parts, parts[name]), "relationship_by_land") for name in ("land_m2", "water_m2")]
    shares.append((_share(parts, pd.Series(1.0, index=parts.index)), "relationship_by_land"))
    weight, method = np.full(len(parts), np.nan), np.full(len(parts), "", dtype=object)
    for share, name in shares:
        chosen = np.isnan(weight) & ~np.isnan(share)
        weight[chosen], method[chosen] = share[chosen], name
    table = parts[list(_SIDES)].assign(
        source_layer=f"{level} {source}", target_layer=f"{level} {target}", weight=weight, method=method.astype(str)
    )
    return table.loc[table["weight"] > 0, COLUMNS].sort_values(COLUMNS[:4], ignore_index=True)


_OF_FILE = (("population", "people"), ("homes", "homes"))


def relations_between(relations: pd.DataFrame, source: str, target: str) -> pd.DataFrame:
    """Rows of relations that hold between two censuses, turned so that they lead from source to target.

    Works for ``area_relations`` and ``block_relations``; ``source_id`` and ``target_id`` are added.
    """
    key = "area_geoid" if "area_geoid_from" in relations else "block_geoid"
    found = []
    for one, other in ((source, target), (target, source)):
        rows = relations[(relations["geography_from"] == one) & (relations["geography_to"] == other)]
        ends = ("from", "to") if one == source else ("to", "from")
        found.append(rows.assign(**{side: rows[f"{key}_{end}"] for side, end in zip(_SIDES, ends, strict=True)}))
    return pd.concat([rows for rows in found if len(rows)] or found[:1], ignore_index=True)


def _parts(
    relations: pd.DataFrame, block_relations: pd.DataFrame, level: str, source: str, target: str
) -> pd.DataFrame:
    """Parts of sources in targets with their ground, from the file of the level or, without one, from blocks."""
    own = relations_between(relations[relations["area_level"] == level], source, target)
    if own.empty:
        own = _of_areas(relations_between(block_relations, source, target), level)
        own = own.groupby(list(_SIDES), as_index=False)[["land_m2", "water_m2"]].sum()
    return own.reindex(columns=[*_SIDES, "land_m2", "water_m2", "population", "homes"]).sort_values(
        list(_SIDES), ignore_index=True
    )


def _of_areas(pairs: pd.DataFrame, level: str) -> pd.DataFrame:
    """Pairs of blocks as pairs of the areas they are part of; the blocks' own ids stay beside them."""
    return pairs.assign(
        source_block=pairs["source_id"],
        target_block=pairs["target_id"],
        **{side: pairs[side].str[: _DIGITS[level]] for side in _SIDES},
    )


def _by_blocks(
    parts: pd.DataFrame,
    block_relations: pd.DataFrame,
    blocks: pd.DataFrame,
    column: str,
    level: str,
    source: str,
    target: str,
) -> pd.Series:
    """A count of blocks in each part; missing where a block of it has none, or no block is known."""
    census = census_of(str(blocks["vintage"].iloc[0]))
    count = blocks.set_index("block_geoid")[column].astype("float64")
    pairs = _of_areas(relations_between(block_relations, source, target), level)
    if len(pairs) and census in (source, target):
        block = pairs["source_block" if census == source else "target_block"]
        pairs["amount"] = block.map(count) * _spread(block, pairs)
        known = _sums(pairs["amount"], [pairs[side] for side in _SIDES]).rename("amount")
        return parts.merge(known.reset_index(), on=list(_SIDES), how="left", validate="1:1")["amount"]
    if census == target:
        areas = _sums(count, count.index.str[: _DIGITS[level]])
        return parts["target_id"].map(areas) * _spread(parts["target_id"], parts)
    return pd.Series(np.nan, index=parts.index)


def _sums(amounts: pd.Series, by: Any) -> pd.Series:
    """Sum by group; missing where a part of it is."""
    return amounts.groupby(by).sum().where(~amounts.isna().groupby(by).any())


def _spread(area: pd.Series, pairs: pd.DataFrame) -> pd.Series:
    """Share of each area in each of its pairs, by land; by water or evenly where it has no land."""
    share = pd.Series(np.nan, index=pairs.index)
    for ground in (pairs["land_m2"], pairs["water_m2"], pd.Series(1.0, index=pairs.index)):
        whole = ground.groupby(area).transform("sum")
        share = share.where(share.notna() | (whole <= 0), ground / whole.where(whole > 0))
    return share


def _share(parts: pd.DataFrame, amounts: pd.Series) -> Any:
    """Share of the source's amount in each part; missing where one of its parts is unknown, or all are zero."""
    amounts = amounts.astype("float64")
    by_source = amounts.groupby(parts["source_id"])
    total = by_source.transform("sum")
    is_known = ~amounts.isna().groupby(parts["source_id"]).transform("any") & (total > 0)
    return (amounts / total).where(is_known).to_numpy()


def _shares_whole(parts: pd.DataFrame) -> tuple[Any, str]:
    """1 for the only part of a source, missing for the others."""
    alone = parts.groupby("source_id")["target_id"].transform("size") == 1
    return np.where(alone, 1.0, np.nan), "inside"
