"""Growth pockets: adjoining areas in which the number of children changes together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from pipeline.analysis.area_groups import group_counts
from pipeline.analysis.change_evidence import side
from pipeline.analysis.drivers import MEASURES, change_drivers
from pipeline.analysis.uncertainty import moe_of_difference, moe_of_product, reliability_class, years_of
from pipeline.columns import joined

EVIDENCE = ("change", "cluster", "together")
SCHOOL_BANDS = ("5-9", "10-13", "14-17", "5-17")
_COLUMNS = [
    "pocket_id", "pocket_kind", "pocket_areas", "area_ids", "age_band", "vintage_from", "vintage_to",
    "children_from", "children_from_moe", "children_to", "children_to_moe", "children_to_low", "children_to_high",
    "children_change", "children_change_moe", "public_share", "seats_change", "seats_change_low", "seats_change_high",
    "ages", *MEASURES, "driver", "reliability_class",
]  # fmt: skip
_TEXTS = ("pocket_id", "pocket_kind", "area_ids", "age_band", "vintage_from", "vintage_to", "ages", "driver", "reliability_class")  # fmt: skip


def growth_pockets(
    change: pd.DataFrame,
    adjacency: pd.DataFrame,
    areas: pd.DataFrame,
    crosswalk: pd.DataFrame,
    *,
    layer: str,
    age_band: str,
    smallest: float,
    factors: Mapping[str, float],
    public: Mapping[str, tuple[float, float]],
    deaths: Sequence[float],
    high_cv: float,
    medium_cv: float,
) -> pd.DataFrame:
    """Adjoining areas whose children rise (or fall) together beyond chance, for every pair of vintages.

    Areas with evidence of a change in the same direction that share a border form one pocket, if together they
    gained (or lost) at least ``smallest`` seats, and more than the 90% margin of their change: what neighbors outside
    of it lent to the evidence does not count. Its margins are those of the survey areas behind it, each counted
    once (`group_counts`); seats are children times the share of them that public schools teach.

    Parameters
    ----------
    change : DataFrame
        Table ``school_age_change`` with ``pocket_evidence``.
    adjacency, areas, crosswalk : DataFrame
        Tables ``adjacency``, ``area_facts`` and ``crosswalk``.
    layer, age_band : str
        What to look at.
    smallest : float
        Seats more (or fewer) a pocket must have; children where seats are not known.
    factors : mapping
        Control factors by vintage.
    public : mapping
        Share of children in public schools and its margin by vintage (`public_share.public_shares`). Bands with
        children under 5 have no seats.
    deaths : sequence of float
        Deaths by age (`migration.survival`).
    high_cv, medium_cv : float
        Bounds of the reliability classes.

    Returns
    -------
    DataFrame
        Table ``growth_pockets``, the latest pair first, in it the growing ones, the largest first: ``2023-growing-01``, ...
        Intervals are 90% ones.

    Examples
    --------
    >>> from pipeline.tables import empty
    >>> none = [empty(name, "") for name in ("school_age_change", "adjacency", "area_facts", "crosswalk")]
    >>> growth_pockets(*none, layer="neighborhood", age_band="5-17", smallest=25.0, factors={}, public={}, deaths=[], high_cv=0.12,
    ...                medium_cv=0.4).empty  # where nothing was compared there is no pocket
    True
    """
    rows = change[(change["layer"] == layer) & (change["age_band"] == age_band)]
    members = pocket_members(rows, adjacency, layer=layer)
    found = []
    for (before, now, kind), of_kind in members.groupby(["vintage_from", "vintage_to", "pocket_kind"], sort=True):
        sign = 1.0 if kind == "growing" else -1.0
        counts = group_counts(areas, crosswalk, of_kind[["group_id", "area_id"]], layer=layer, vintages=[before, now])
        of_pair = rows[(rows["vintage_from"] == before) & (rows["vintage_to"] == now)]
        placed = of_kind[["area_id", "group_id"]].merge(of_pair, on="area_id", validate="1:1")
        table = _with_seats(_counted(placed, counts, factors, high_cv, medium_cv), public)
        large = table["seats_change"].fillna(table["children_change"]) * sign >= smallest
        table = table[large & ~(table["children_change"].abs() <= table["children_change_moe"])]
        table = table.assign(pocket_kind=kind, size=-table["children_change"] * sign)
        table = table.sort_values(["size", "area_ids"], ignore_index=True)
        table["pocket_id"] = [f"{years_of(now)[1]}-{kind}-{n:02d}" for n in range(1, len(table) + 1)]
        why = change_drivers(
            counts, layer="pocket", area="group_id", before=before, now=now, factors=factors, deaths=deaths,
            high_cv=high_cv, medium_cv=medium_cv,
        ).rename(columns={"area_id": "group_id"})  # fmt: skip
        table = table.merge(why[["group_id", "ages", *MEASURES, "driver"]], on="group_id", how="left", validate="1:1")
        found.append(table.assign(driver=table["driver"].fillna("not_known"), ages=table["ages"].fillna("")))
    # the latest pair first, in it the growing ones
    found.sort(key=lambda table: max(table["vintage_to"], default=""), reverse=True)
    pockets = pd.concat(found, ignore_index=True)[_COLUMNS] if found else pd.DataFrame(columns=_COLUMNS)
    return pockets.astype({c: "str" if c in _TEXTS else "float64" for c in _COLUMNS})


def pocket_members(change: pd.DataFrame, adjacency: pd.DataFrame, *, layer: str) -> pd.DataFrame:
    """Which areas make a pocket: those with evidence of a change in the same direction that share a border.

    Parameters
    ----------
    change : DataFrame
        Rows of one layer and age band of table ``school_age_change``.
    adjacency : DataFrame
        Table ``adjacency``.
    layer : str
        The layer.

    Returns
    -------
    DataFrame
        ``vintage_from vintage_to pocket_kind group_id area_id``, sorted; groups are numbered within pair and kind.

    Examples
    --------
    >>> change = pd.DataFrame({"area_id": ["a", "b", "c"], "vintage_from": "2018", "vintage_to": "2023", "children_change": [9.0, 8.0, 7.0],
    ...                        "pocket_evidence": "change"})
    >>> borders = pd.DataFrame({"layer": "n", "area_id": ["a", "b"], "neighbor_id": ["b", "a"]})
    >>> pocket_members(change, borders, layer="n")[["pocket_kind", "group_id", "area_id"]].to_numpy().tolist()
    [['growing', '000000', 'a'], ['growing', '000000', 'b'], ['growing', '000001', 'c']]
    """
    columns = ["vintage_from", "vintage_to", "pocket_kind", "group_id", "area_id"]
    borders = adjacency[adjacency["layer"] == layer]
    rows = change[change["pocket_evidence"].isin(EVIDENCE) & (change["children_change"] != 0)]
    kind = np.where(rows["children_change"] > 0, "growing", "shrinking")
    rows = rows.assign(pocket_kind=kind).sort_values(["vintage_from", "vintage_to", "pocket_kind", "area_id"])
    parts = [
        group.assign(group_id=[f"{label:06d}" for label in _components(group["area_id"], borders)])
        for _, group in rows.groupby(["vintage_from", "vintage_to", "pocket_kind"], sort=True)
    ]
    return pd.concat(parts, ignore_index=True)[columns] if parts else pd.DataFrame(columns=columns, dtype="str")


def _components(areas: pd.Series, borders: pd.DataFrame) -> np.ndarray:
    """Number of the connected group of each area; areas are sorted by id."""
    ids = pd.Index(areas)
    left, right = ids.get_indexer(borders["area_id"]), ids.get_indexer(borders["neighbor_id"])
    both = (left >= 0) & (right >= 0)
    graph = coo_matrix((np.ones(both.sum()), (left[both], right[both])), shape=(len(ids), len(ids)))
    labels: np.ndarray = connected_components(graph, directed=False)[1]
    return labels


def _counted(
    members: pd.DataFrame, counts: pd.DataFrame, factors: Mapping[str, float], high_cv: float, medium_cv: float
) -> pd.DataFrame:
    """One row per pocket: sums of its areas, with the margins of the pocket as one area."""
    groups = members.groupby("group_id", sort=True)
    band, before, now = (members[c].iloc[0] for c in ("age_band", "vintage_from", "vintage_to"))
    table = groups[["children_from", "children_to", "children_change"]].sum().reset_index()
    table["area_ids"] = groups["area_id"].agg(joined).to_numpy()
    table["pocket_areas"] = groups.size().to_numpy(dtype="float64")
    table = table.assign(age_band=band, vintage_from=before, vintage_to=now)
    for name, vintage in (("from", before), ("to", now)):
        margin = side(counts, vintage, band, dict(factors), table["group_id"])["children_moe"]
        table[f"children_{name}_moe"] = margin.to_numpy()
    table["children_to_low"] = (table["children_to"] - table["children_to_moe"]).clip(lower=0)
    table["children_to_high"] = table["children_to"] + table["children_to_moe"]
    table["children_change_moe"] = moe_of_difference(table["children_from_moe"], table["children_to_moe"])
    table["reliability_class"] = reliability_class(
        table["children_change"], table["children_change_moe"], high_cv=high_cv, medium_cv=medium_cv
    )
    return table


def _with_seats(table: pd.DataFrame, public: Mapping[str, tuple[float, float]]) -> pd.DataFrame:
    """Seats that the change of children asks for, with the interval of children and share together."""
    share, share_moe = public.get(table["vintage_to"].iloc[0], (np.nan, np.nan))
    if table["age_band"].iloc[0] not in SCHOOL_BANDS:
        share = np.nan
    seats = table["children_change"] * share
    margin = moe_of_product(table["children_change"], table["children_change_moe"], share, share_moe)
    return table.assign(
        public_share=share, seats_change=seats, seats_change_low=seats - margin, seats_change_high=seats + margin
    )
