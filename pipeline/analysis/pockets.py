"""Growth pockets: adjoining areas in which the number of children changes together."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from pipeline.analysis.uncertainty import reliability_class


def growth_pockets(
    change: pd.DataFrame,
    adjacency: pd.DataFrame,
    *,
    layer: str,
    now: str,
    age_band: str,
    smallest: float,
    high_cv: float,
    medium_cv: float,
) -> pd.DataFrame:
    """Adjoining areas whose school-age children significantly rise (or fall) together.

    Areas with a significant change in the same direction that share a border form one pocket,
    if together they gained (or lost) at least ``smallest`` children. Its margin is the root of
    the sum of the squared margins of its areas.

    Parameters
    ----------
    change : DataFrame
        Table ``school_age_change``.
    adjacency : DataFrame
        Table ``adjacency``: ``layer area_id neighbor_id``.
    layer, now, age_band : str
        What to look at; of several comparisons the one that ends with the vintage ``now``.
    smallest : float
        Children more (or fewer) a pocket must have.

    Returns
    -------
    DataFrame
        Table ``growth_pockets``, the largest first within its kind: ``growing-01``, ...

    Examples
    --------
    >>> change = pd.DataFrame({"layer": "n", "area_id": ["a", "b", "c"], "age_band": "5-17", "vintage_from": "2018", "vintage_to": "2023",
    ...     "children_from": 100.0, "children_to": [130.0, 140.0, 150.0], "children_change": [30.0, 40.0, 50.0],
    ...     "children_change_moe": [6.0, 8.0, 9.0], "is_significant": True})
    >>> borders = pd.DataFrame({"layer": "n", "area_id": ["a", "b"], "neighbor_id": ["b", "a"]})
    >>> pockets = growth_pockets(change, borders, layer="n", now="2023", age_band="5-17", smallest=25.0, high_cv=0.12, medium_cv=0.4)
    >>> pockets[["pocket_id", "area_ids", "children_change", "children_change_moe"]].to_dict("records")[0]
    {'pocket_id': 'growing-01', 'area_ids': 'a b', 'children_change': 70.0, 'children_change_moe': 10.0}
    """
    borders = adjacency[adjacency["layer"] == layer]
    rows: list[dict[str, Any]] = []
    for kind, sign in (("growing", 1.0), ("shrinking", -1.0)):
        picked = (
            change["is_significant"]
            & (change["layer"] == layer)
            & (change["age_band"] == age_band)
            & (change["vintage_to"] == now)
            & (change["children_change"] * sign > 0)
        )
        areas = change[picked].sort_values("area_id", kind="stable").reset_index(drop=True)
        areas = areas.assign(pocket=_components(areas["area_id"], borders))
        found = [_pocket(group, kind) for _, group in areas.groupby("pocket", sort=True)]
        kept = sorted(
            (p for p in found if p["children_change"] * sign >= smallest),
            key=lambda p: (-p["children_change"] * sign, p["area_ids"]),
        )
        rows += [{"pocket_id": f"{kind}-{number:02d}", **pocket} for number, pocket in enumerate(kept, start=1)]
    columns = [
        "pocket_id", "pocket_kind", "pocket_areas", "area_ids", "age_band", "vintage_from", "vintage_to",
        "children_from", "children_to", "children_change", "children_change_moe",
    ]  # fmt: skip
    pockets = pd.DataFrame(rows, columns=columns)
    numbers = ["pocket_areas", *columns[7:]]
    pockets = pockets.astype({c: "float64" if c in numbers else "str" for c in columns})
    pockets["reliability_class"] = reliability_class(
        pockets["children_change"], pockets["children_change_moe"], high_cv=high_cv, medium_cv=medium_cv
    )
    return pockets


def _components(areas: pd.Series, borders: pd.DataFrame) -> np.ndarray:
    """Number of the connected group of each area; areas are sorted by id."""
    ids = pd.Index(areas)
    left, right = ids.get_indexer(borders["area_id"]), ids.get_indexer(borders["neighbor_id"])
    both = (left >= 0) & (right >= 0)
    graph = coo_matrix((np.ones(both.sum()), (left[both], right[both])), shape=(len(ids), len(ids)))
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return labels


def _pocket(areas: pd.DataFrame, kind: str) -> dict[str, Any]:
    first = areas.iloc[0]
    sums = {c: float(areas[c].sum()) for c in ("children_from", "children_to", "children_change")}
    return {
        "pocket_kind": kind,
        "pocket_areas": float(len(areas)),
        "area_ids": " ".join(areas["area_id"]),
        **{c: first[c] for c in ("age_band", "vintage_from", "vintage_to")},
        **sums,
        "children_change_moe": float(np.sqrt((areas["children_change_moe"] ** 2).sum())),
    }
