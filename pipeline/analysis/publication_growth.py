"""The published tables of growth: change, pockets, what drives them, families moving, growth and need, outlook.

All but the seats are census figures, which the Census Bureau has protected already. Seats come of pupils: the
share of children whom public schools teach is told in whole percent and seats in tens, so that the pupils of few
schools cannot be worked out from them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from scipy.special import ndtr

from pipeline.analysis.clusters import benjamini_hochberg
from pipeline.analysis.disclosure import Published, to_nearest
from pipeline.analysis.publication import as_is
from pipeline.columns import parted
from pipeline.tables import BY_TABLE

CENSUS = "census figures, already protected by the Census Bureau"
# By which test an area of a pocket is believed, and where the areas are counted.
EVIDENCE = {"change": "areas_changed", "cluster": "areas_clustered", "together": "areas_together"}
_SEATS = ["seats_change", "seats_change_low", "seats_change_high"]
_PAIR = ["vintage_from", "vintage_to"]


def growth_side(tables: Mapping[str, Any], *, now: str, rate: float) -> dict[str, Published]:
    """Every published table of growth with its line of the disclosure report.

    Parameters
    ----------
    tables : mapping
        The tables of stages ``growth`` and ``recommendations`` by name.
    now : str
        The later vintage of the study, whose children the outlook starts from.
    rate : float
        Share of false discoveries that the study puts up with.
    """
    change = tables["school_age_change"]
    return {
        "public_growth": _plain("public_growth", change),
        "public_pockets": pockets(tables["growth_pockets"], change),
        "public_drivers": _plain("public_drivers", tables["change_drivers"]),
        "public_migration": migration(tables["net_migration"], rate),
        "public_growth_need": _plain("public_growth_need", tables["growth_need"]),
        "public_population": population(tables["population_outlook"], change, now),
    }


def _plain(name: str, table: pd.DataFrame, reason: str = CENSUS) -> Published:
    return as_is(name, table, BY_TABLE[name].names, reason)


def pockets(found: pd.DataFrame, change: pd.DataFrame) -> Published:
    """Pockets of every pair of vintages, with the tests that their areas are believed by; seats in tens.

    Parameters
    ----------
    found, change : DataFrame
        The tables ``growth_pockets`` and ``school_age_change``.

    Returns
    -------
    tuple
        Table ``public_pockets`` and its line of the report. Seats are of 90% intervals, told to the nearest ten;
        ``public_share`` to the nearest hundredth.
    """
    key = ["area_id", "age_band", *_PAIR]
    evidence = change.loc[change["layer"] == "neighborhood", [*key, "pocket_evidence"]]
    members = found.assign(area_id=found["area_ids"].map(parted)).explode("area_id")
    members = members.merge(evidence, on=key, how="left", validate="m:1")
    counts = {
        column: found["pocket_id"].map(members["pocket_evidence"].eq(test).groupby(members["pocket_id"]).sum())
        for test, column in EVIDENCE.items()
    }
    told = {column: to_nearest(found[column], 10.0) for column in _SEATS}
    shown = found.assign(
        **{column: count.astype("float64") for column, count in counts.items()},
        **told,
        public_share=to_nearest(found["public_share"], 0.01),
    )
    return _plain("public_pockets", shown, f"{CENSUS}; seats in tens, the share of public schools in whole percent")


def migration(table: pd.DataFrame, rate: float) -> Published:
    """Net migration by age, and which of it is beyond chance after correcting for the areas compared.

    Parameters
    ----------
    table : DataFrame
        The table ``net_migration``.
    rate : float
        Share of false discoveries put up with, in each layer, age band and pair of vintages.

    Examples
    --------
    >>> rows = pd.DataFrame({"layer": "neighborhood", "area_id": ["a", "b"], "age_band": "5-9", "vintage_from": "2014-2018",
    ...     "vintage_to": "2019-2023", "ages": "5-9", "migrants_change": [90.0, 20.0], "migrants_change_moe": [30.0, 30.0],
    ...     "migrants_z": [4.9, 1.1], "band_basis": "published", "reliability_class": ["high", "low"]})
    >>> migration(rows, 0.1)[0]["is_significant"].tolist()
    [True, False]
    """
    chance = 2.0 * ndtr(-table["migrants_z"].abs().to_numpy(dtype="float64"))
    believed = np.zeros(len(table), dtype=bool)
    for rows in table.groupby(["layer", "age_band", *_PAIR], sort=True).indices.values():
        believed[rows] = benjamini_hochberg(chance[rows], rate)
    return _plain("public_migration", table.assign(is_significant=believed))


def population(outlook: pd.DataFrame, change: pd.DataFrame, now: str) -> Published:
    """Children expected by area, age band and year, beside those of the later vintage.

    Parameters
    ----------
    outlook, change : DataFrame
        The tables ``population_outlook`` and ``school_age_change``.
    now : str
        The vintage that the outlook starts from.

    Returns
    -------
    tuple
        Table ``public_population`` and its line of the report; ``is_beyond_interval`` where the number of the
        later vintage lies outside the 80% interval: without an interval it does not.
    """
    key = ["layer", "area_id", "age_band"]
    base = change.loc[change["vintage_to"] == now, [*key, "vintage_to", "children_to"]]
    rows = outlook.merge(base.drop_duplicates(key), on=key, how="left", validate="m:1")
    outside = (rows["children_to"] < rows["children_projected_low"]) | (
        rows["children_to"] > rows["children_projected_high"]
    )
    return _plain(
        "public_population",
        rows.assign(
            children_projected_change=rows["children_projected"] - rows["children_to"], is_beyond_interval=outside
        ),
    )
