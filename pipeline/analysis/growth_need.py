"""Growth crossed with need: where both are high."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.columns import parted

_COLUMNS = [
    "neighborhood_id", "vintage_from", "vintage_to", "age_band", "children_change", "children_change_moe", "change_class",
    "need_class", "need_rank", "pocket_id", "cross_class", "reliability_class",
]  # fmt: skip


def growth_need(
    change: pd.DataFrame, pockets: pd.DataFrame, need: pd.DataFrame, *, now: str, before: str | None, age_band: str
) -> pd.DataFrame:
    """Each neighborhood's change beyond chance beside its need.

    A neighborhood grows (or shrinks) if it lies in a pocket, or if its own change is significant; its need is high
    where the index says so with certainty (``need_class`` high: *possible* is not enough). Where its change could not
    be tested the cross tells its need alone; where it is not ranked the cross is not known.

    Parameters
    ----------
    change, pockets, need : DataFrame
        Tables ``school_age_change``, ``growth_pockets`` and ``need``.
    now, before : str
        The study's vintages.
    age_band : str
        The study's band.

    Returns
    -------
    DataFrame
        Table ``growth_need``: neighborhoods that have a change or a place in ``need`` and the former.

    Examples
    --------
    >>> change = pd.DataFrame({"layer": "neighborhood", "area_id": ["a", "b"], "age_band": "5-17", "vintage_from": "2018", "vintage_to": "2023",
    ...     "children_change": [30.0, 9.0], "children_change_moe": 10.0, "change_z": [4.9, 1.5], "is_significant": [True, False],
    ...     "pocket_evidence": "none", "reliability_class": "medium"})
    >>> need = pd.DataFrame({"neighborhood_id": ["a", "b"], "need_class": ["high", "high"], "need_rank": [1.0, 2.0]})
    >>> pockets = pd.DataFrame(columns=["pocket_id", "pocket_kind", "area_ids", "age_band", "vintage_to"])
    >>> growth_need(change, pockets, need, now="2023", before="2018", age_band="5-17")["cross_class"].tolist()
    ['both_high', 'need_only']
    """
    rows = change[
        (change["layer"] == "neighborhood") & (change["age_band"] == age_band)
        & (change["vintage_to"] == now) & (change["vintage_from"] == (before or ""))
    ].rename(columns={"area_id": "neighborhood_id"})  # fmt: skip
    mine = pockets[(pockets["vintage_to"] == now) & (pockets["age_band"] == age_band)]
    places = [(area, p.pocket_id, p.pocket_kind) for p in mine.itertuples() for area in parted(p.area_ids)]
    where = pd.DataFrame(places, columns=["neighborhood_id", "pocket_id", "pocket_kind"], dtype="str")
    table = rows.merge(where, on="neighborhood_id", how="left", validate="1:1")
    ranks = need[["neighborhood_id", "need_class", "need_rank"]]
    table = table.merge(ranks, on="neighborhood_id", how="left", validate="1:1")
    table["need_class"] = table["need_class"].fillna("not_ranked")
    beyond = table["pocket_kind"].notna() | table["is_significant"]
    tested = table["change_z"].notna() & (table["reliability_class"] != "not_known")
    rises = table["children_change"] > 0
    table["change_class"] = np.select(
        [~tested, beyond & rises, beyond & ~rises], ["not_known", "growing", "shrinking"], "not_beyond_chance"
    )
    grows, needs = table["change_class"] == "growing", table["need_class"] == "high"
    ranked, untested = table["need_class"] != "not_ranked", table["change_class"] == "not_known"
    table["cross_class"] = np.select(
        [~ranked, untested & needs, untested, grows & needs, grows, needs],
        ["not_known", "high_untested", "not_high_untested", "both_high", "growth_only", "need_only"],
        "neither",
    )
    return table.sort_values("neighborhood_id", ignore_index=True)[_COLUMNS]
