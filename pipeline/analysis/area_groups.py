"""Counts of several areas as one, with the margin that the survey's own areas give."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy import sparse

from pipeline.analysis.crosswalk import allocate
from pipeline.columns import BY_NAME, CHILD_COUNTS

# What is asked of a group: children by age, and the homes that may explain their change.
COUNTS = (*CHILD_COUNTS, "children_0_17", "occupied_homes")


def group_counts(
    areas: pd.DataFrame, crosswalk: pd.DataFrame, members: pd.DataFrame, *, layer: str, vintages: Sequence[str]
) -> pd.DataFrame:
    """Children and homes of groups of areas by vintage, each group taken as one area.

    Areas that share a survey area do not err independently: the root of their summed squared margins is
    not the margin of their sum. Here the weights of a group's areas are added up first, so that each survey area
    enters once. A group may share areas with another.

    Parameters
    ----------
    areas : DataFrame
        Table ``area_facts``.
    crosswalk : DataFrame
        Table ``crosswalk``.
    members : DataFrame
        ``group_id`` and ``area_id`` (areas of the layer), each pair once.
    layer : str
        Target layer of the crosswalk.
    vintages : sequence of str
        Vintages to count.

    Returns
    -------
    DataFrame
        ``group_id vintage`` and ``children_*``, ``occupied_homes`` with 90% margins, sorted; missing where the finest
        census areas that publish a count lack it. A vintage that no census area carries has no rows.

    References
    ----------
    U.S. Census Bureau (2018), ACS General Handbook, ch. 8.

    Examples
    --------
    >>> links = pd.DataFrame({"source_layer": "tract 2020", "source_id": "1", "target_layer": "n", "target_id": ["a", "b"],
    ...                       "carrier": "children_5_9", "weight": [0.5, 0.5]})
    >>> facts = pd.DataFrame({"area_level": ["tract"], "vintage": ["2020"], "area_geoid": ["1"], "population": [90.0],
    ...                       "children_5_9": [40.0], "children_5_9_moe": [10.0]}).reindex(columns=["area_level", "vintage", "area_geoid",
    ...                       "population", *(c for count in COUNTS for c in (count, f"{count}_moe"))])
    >>> both = pd.DataFrame({"group_id": "g", "area_id": ["a", "b"]})
    >>> found = group_counts(facts, links, both, layer="n", vintages=["2020"])
    >>> found[["group_id", "children_5_9", "children_5_9_moe"]].to_dict("records")  # not 10 times the root of a half
    [{'group_id': 'g', 'children_5_9': 40.0, 'children_5_9_moe': 10.0}]
    """
    columns = ["group_id", "vintage", *(name for count in COUNTS for name in (count, f"{count}_moe"))]
    carried = {BY_NAME[count].carrier for count in COUNTS}
    links = crosswalk[(crosswalk["target_layer"] == layer) & crosswalk["carrier"].isin(carried)]
    # sorted, so that sums are taken in the same order however the rows come
    targets, groups = (pd.Index(np.unique(members[name].to_numpy(dtype=object))) for name in ("area_id", "group_id"))
    of_group = _matrix(members["area_id"], members["group_id"], np.ones(len(members)), targets, groups)
    parts = []
    for vintage in vintages:
        found: list[pd.DataFrame] = []
        taken: set[str] = set()
        for level in BY_NAME["area_level"].values:
            own = links[(links["source_layer"] == f"{level} {vintage}") & links["target_id"].isin(targets)]
            source = areas[(areas["area_level"] == level) & (areas["vintage"] == vintage)]
            source = source[source["area_geoid"].isin(own["source_id"])].rename(columns={"area_geoid": "source_id"})
            there = set(own["carrier"])
            counts = [c for c in COUNTS if c not in taken and BY_NAME[c].carrier in there and source[c].notna().any()]
            if counts:
                found.append(allocate(_together(own, of_group, targets, groups), source, counts).set_index("target_id"))
                taken.update(counts)
        if found:
            part = pd.concat(found, axis=1).rename_axis("group_id").reset_index()
            parts.append(part.assign(vintage=vintage).reindex(columns=columns))
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _together(links: pd.DataFrame, of_group: sparse.csr_array, targets: pd.Index, groups: pd.Index) -> pd.DataFrame:
    """Weights from survey areas to groups: those to a group's areas, added up."""
    parts = []
    for carrier, own in links.groupby("carrier", sort=True):
        sources = pd.Index(np.unique(own["source_id"].to_numpy(dtype=object)))
        weights = _matrix(own["source_id"], own["target_id"], own["weight"].to_numpy(), sources, targets) @ of_group
        source, group = weights.nonzero()
        parts.append(
            pd.DataFrame(
                {
                    "source_id": sources[source],
                    "target_id": groups[group],
                    "weight": weights[source, group],
                    "carrier": carrier,
                }
            )
        )
    return pd.concat(parts, ignore_index=True)


def _matrix(
    rows: pd.Series, columns: pd.Series, values: np.ndarray, row: pd.Index, column: pd.Index
) -> sparse.csr_array:
    places = (row.get_indexer(pd.Index(rows)), column.get_indexer(pd.Index(columns)))
    return sparse.csr_array(sparse.coo_array((values, places), shape=(len(row), len(column))))
