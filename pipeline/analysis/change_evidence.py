"""Which changes to believe where many areas are compared: alone, as a cluster, or with their neighbors."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.age_bands import band_counts
from pipeline.analysis.area_groups import group_counts
from pipeline.analysis.clusters import SMALLEST, benjamini_hochberg, hot_spots, two_sided_probability
from pipeline.analysis.uncertainty import difference_z

KEY = ["layer", "area_id", "age_band", "vintage_from", "vintage_to"]


def change_evidence(
    change: pd.DataFrame, adjacency: pd.DataFrame, *, layer: str, rate: float, together: pd.DataFrame
) -> pd.DataFrame:
    """Which areas changed beyond chance, by three tests that share one false-discovery rate.

    An area is believed where its own change is significant, where it lies in a cluster of rises (or falls) by
    Gi* of the changes' z-scores, or where it and its neighbors changed together; in each the area itself must have
    changed in that direction. Each test keeps an equal part of ``rate``, so that of all areas believed at most that share is
    expected to be false: false ones over all believed is at most the sum of the three such shares. Scores, not
    counts, are clustered: else large areas would be hot.

    Parameters
    ----------
    change : DataFrame
        Table ``school_age_change`` without these columns. Areas whose reliability is not known are not tested.
    adjacency : DataFrame
        Table ``adjacency``.
    layer : str
        The layer that is tested; areas of others are ``not_tested``.
    rate : float
        False-discovery rate among the areas of one age band and pair of vintages.
    together : DataFrame
        The key of ``change`` and ``together_z`` (`together_scores`).

    Returns
    -------
    DataFrame
        ``change`` with ``change_spot_z``, ``change_spot_class``, ``together_z`` and ``pocket_evidence``: the first
        test that believes the area (change, cluster, together), ``none``, or ``not_tested``.

    References
    ----------
    Benjamini and Hochberg (1995), J. R. Statist. Soc. B 57. Ord and Getis (1995), Geographical Analysis 27(4).
    Caldas de Castro and Singer (2006), Geographical Analysis 38(2).

    Examples
    --------
    >>> change = pd.DataFrame({"layer": "n", "area_id": ["a", "b"], "age_band": "5-17", "vintage_from": "2018", "vintage_to": "2023",
    ...     "children_change": [30.0, 9.0], "change_z": [3.0, 1.5], "reliability_class": "medium"})
    >>> borders = pd.DataFrame({"layer": "n", "area_id": ["a", "b"], "neighbor_id": ["b", "a"]})
    >>> both = change[["layer", "area_id", "age_band", "vintage_from", "vintage_to"]].assign(together_z=3.2)
    >>> change_evidence(change, borders, layer="n", rate=0.1, together=both)["pocket_evidence"].tolist()
    ['change', 'together']
    """
    borders = adjacency.loc[adjacency["layer"] == layer, ["area_id", "neighbor_id"]]
    # a table without rows has these columns already
    change = change.drop(
        columns=["change_spot_z", "change_spot_class", "together_z", "pocket_evidence"], errors="ignore"
    )
    table = change.merge(together[[*KEY, "together_z"]], on=KEY, how="left", validate="1:1")
    table = table.assign(change_spot_z=np.nan, change_spot_class="not_tested", pocket_evidence="not_tested")
    tested = table["change_z"].where((table["layer"] == layer) & (table["reliability_class"] != "not_known"))
    table["together_z"] = table["together_z"].astype("float64").where(tested.notna())
    for _, rows in table[table["layer"] == layer].groupby(["age_band", "vintage_from", "vintage_to"], sort=True):
        z = tested.loc[rows.index].set_axis(rows["area_id"].to_numpy())
        sign = np.sign(rows["children_change"].to_numpy(dtype="float64"))
        each = rate / (2 if z.notna().sum() < SMALLEST else 3)
        spots = hot_spots(z, borders, rate=each)
        both = rows["together_z"].to_numpy(dtype="float64")
        way = np.select([spots["hot_spot_class"] == "hot", spots["hot_spot_class"] == "cold"], [1.0, -1.0], 0.0)
        found = {
            "change": benjamini_hochberg(two_sided_probability(z.to_numpy()), each),
            "cluster": (way == sign) & (way != 0),
            "together": benjamini_hochberg(two_sided_probability(both), each) & (np.sign(both) == sign),
        }
        named = np.select(list(found.values()), list(found), "none")
        is_tested = z.notna().to_numpy()
        table.loc[rows.index, "change_spot_z"] = spots["hot_spot_z"].to_numpy()
        table.loc[rows.index, "change_spot_class"] = np.where(is_tested, spots["hot_spot_class"], "not_tested")
        table.loc[rows.index, "pocket_evidence"] = np.where(is_tested, named, "not_tested")
    return table


def together_scores(
    change: pd.DataFrame,
    adjacency: pd.DataFrame,
    areas: pd.DataFrame,
    crosswalk: pd.DataFrame,
    *,
    layer: str,
    factors: dict[str, float],
) -> pd.DataFrame:
    """Change of each area and its neighbors taken as one, over its standard error.

    The margin is that of the survey areas behind them (`group_counts`), each counted once.

    Parameters
    ----------
    change : DataFrame
        Table ``school_age_change``; areas without a test are no one's neighbors.
    adjacency, areas, crosswalk : DataFrame
        Tables ``adjacency``, ``area_facts`` and ``crosswalk``.
    layer : str
        Layer of the areas.
    factors : dict
        Control factors by vintage.

    Returns
    -------
    DataFrame
        The key of ``change`` and ``together_z``; missing where a part of the sum or its margin is.
    """
    rows = change[
        (change["layer"] == layer) & change["change_z"].notna() & (change["reliability_class"] != "not_known")
    ]
    borders = adjacency.loc[adjacency["layer"] == layer, ["area_id", "neighbor_id"]]
    parts = []
    for (before, now), pair in rows.groupby(["vintage_from", "vintage_to"], sort=True):
        ids = pd.Index(pair["area_id"]).unique()
        near = borders[borders["area_id"].isin(ids) & borders["neighbor_id"].isin(ids)]
        members = pd.DataFrame(
            {"group_id": [*ids, *near["area_id"]], "area_id": [*ids, *near["neighbor_id"]]}
        ).drop_duplicates()
        counts = group_counts(areas, crosswalk, members, layer=layer, vintages=[str(before), str(now)])
        for band, of_band in pair.groupby("age_band", sort=True):
            sides = [side(counts, vintage, str(band), factors, of_band["area_id"]) for vintage in (before, now)]
            z = difference_z(*(s[c] for s in sides for c in ("children", "children_moe")))
            parts.append(of_band[KEY].assign(together_z=z))
    return (
        pd.concat(parts, ignore_index=True)
        if parts
        else change[KEY].head(0).assign(together_z=pd.Series(dtype="float64"))
    )


def side(counts: pd.DataFrame, vintage: str, band: str, factors: dict[str, float], ids: pd.Series) -> pd.DataFrame:
    """Children of a band in one vintage of some groups, in the order of ``ids``, scaled to the control total."""
    rows = counts[counts["vintage"] == vintage].set_index("group_id")
    return (band_counts(rows, band) * factors.get(vintage, 1.0)).reindex(ids.to_numpy())
