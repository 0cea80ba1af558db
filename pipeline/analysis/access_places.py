"""Access to quality seats from the places where children live, competition counted, by three methods."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from pipeline.analysis.catchments import Decay, catchment, catchment_by_times, gaussian, thirds, within
from pipeline.analysis.demand import children_by_level
from pipeline.analysis.schools import Bands
from pipeline.columns import ACCESS_METHODS

if TYPE_CHECKING:
    from scipy.sparse import csr_array


@dataclass(frozen=True)
class Travel:
    """How far a school may be: metres of road, or minutes where the study has travel times.

    ``reach`` is by level, in the unit that is used; ``zone_weights`` those of the three thirds
    of the reach (E2SFCA); ``minutes`` the table ``travel_times`` of one mode, or empty.
    """

    reach: Mapping[str, float]
    zone_weights: tuple[float, float, float]
    detour_factor: float
    minutes: pd.DataFrame

    @property
    def is_timed(self) -> bool:
        """Whether travel times are used instead of distances."""
        return len(self.minutes) > 0


def decay_of(method: str, reach: float, zone_weights: tuple[float, ...]) -> Decay:
    """How much a school counts by its distance, up to the reach: the three methods' only difference.

    References
    ----------
    Luo & Wang (2003), Environment and Planning B 30(6): every school within reach counts
    alike. Luo & Qi (2009), Health & Place 15(4): by thirds of the reach. Dai (2010), Health &
    Place 16(5): a Gaussian; its width here is half of the reach, where it stands at 0.14.

    >>> decay_of("e2sfca", 3000.0, (1.0, 0.42, 0.09)).limits
    (1000.0, 2000.0, 3000.0)
    """
    if method == "2sfca":
        return within(reach)
    return thirds(reach, zone_weights) if method == "e2sfca" else gaussian(reach)


def children_at(places: pd.DataFrame, children: pd.DataFrame, bands: Bands) -> pd.DataFrame:
    """Children of each level at each place; those of a neighborhood add up to its own.

    Within a neighborhood they are spread as the places' own children of these ages; where some place
    does not know them, or all count none, as its people; and where these are not known evenly.

    Parameters
    ----------
    places
        The table ``block_places``.
    children
        ``neighborhood_id level children`` (`demand.neighborhood_children`); a neighborhood of
        which they are not known has no row in the answer.
    bands
        level: grades.

    Returns
    -------
    pandas.DataFrame
        ``place`` (the row in ``places``), ``neighborhood_id level children``.

    >>> places = pd.DataFrame({"neighborhood_id": ["n", "n"], "population": [30.0, 10.0], "children_0_4": None, "children_5_9": None,
    ...     "children_10_14": None, "children_15_17": None, "children_0_17": None})
    >>> children = pd.DataFrame({"neighborhood_id": ["n"], "level": ["high"], "children": [20.0]})
    >>> children_at(places, children, {"elementary": (), "middle": (), "high": ("09",)})["children"].tolist()
    [15.0, 5.0]
    """
    numbered = places.reset_index(drop=True).rename_axis("place").reset_index()
    weights = children_by_level(numbered, "place", bands)[["place", "level", "children"]]
    table = weights.rename(columns={"children": "of_age"}).merge(
        numbered[["place", "neighborhood_id", "population"]], on="place", validate="m:1"
    )
    by = [table["neighborhood_id"], table["level"]]
    share = pd.Series(np.nan, index=table.index)
    for part in (table["of_age"], table["population"], pd.Series(1.0, index=table.index)):
        # a place of which nothing is known is not one without children: then all go by the next
        total = part.groupby(by).transform("sum").where(part.notna().groupby(by).transform("all"))
        share = share.fillna(part / total.where(total > 0))
    known = children[children["children"].notna()]
    table = table.assign(share=share).merge(known, on=["neighborhood_id", "level"], how="inner", validate="m:1")
    table = table.assign(children=table["share"] * table["children"])
    columns = ["place", "neighborhood_id", "level", "children"]
    return table[columns].sort_values(["level", "place"], ignore_index=True)


def place_access(
    living: pd.DataFrame,
    places: pd.DataFrame,
    good: pd.DataFrame,
    school_places: pd.DataFrame,
    travel: Travel,
    methods: Sequence[str] = ACCESS_METHODS,
) -> pd.DataFrame:
    """Seats within reach per child at every place, by level and method, every seat shared by all who reach it.

    Parameters
    ----------
    living
        `children_at`.
    places, school_places
        The tables ``block_places`` and ``school_places``.
    good
        ``school_id level quality_seats``; a school that stands nowhere is reached by nobody.
    travel
        The reach by level: a level that it does not name is not measured.
    methods
        Of ``2sfca``, ``e2sfca``, ``gaussian``.

    Returns
    -------
    pandas.DataFrame
        ``living`` with ``access_method``, ``access_ratio`` (zero where nothing is within reach)
        and ``relative_access_ratio``, over the mean of the district's children (empty where
        that is zero). Children times access add up to the seats that a child can reach.
    """
    at = places[["east_m", "north_m"]].to_numpy(dtype="float64")
    parts: list[pd.DataFrame] = []
    for level, reach in travel.reach.items():
        here = living[living["level"].eq(level)]
        offered = good[good["level"].eq(level) & good["quality_seats"].notna()].sort_values("school_id")
        offered = offered.merge(school_places, on="school_id", how="inner", validate="1:1")
        demand, supply = here["children"].to_numpy(dtype="float64"), offered["quality_seats"].to_numpy(dtype="float64")
        if here.empty:
            continue
        homes, there = at[here["place"].to_numpy()], offered[["east_m", "north_m"]].to_numpy(dtype="float64")
        trips = _trips(here, places, offered["school_id"], travel.minutes) if travel.is_timed else None
        for method in methods:
            decay = decay_of(method, reach, travel.zone_weights)
            ratio = (
                catchment(homes, demand, there, supply, decay, detour_factor=travel.detour_factor)
                if trips is None
                else catchment_by_times(trips, demand, supply, decay)
            )
            total = demand.sum()
            mean = float((ratio * demand).sum() / total) if total > 0 else 0.0
            relative = ratio / mean if mean > 0 else np.full(len(ratio), np.nan)
            parts.append(here.assign(access_method=method, access_ratio=ratio, relative_access_ratio=relative))
    columns = [*living.columns, "access_method", "access_ratio", "relative_access_ratio"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def _trips(here: pd.DataFrame, places: pd.DataFrame, school_ids: pd.Series, minutes: pd.DataFrame) -> csr_array:
    """Minutes of each trip that is listed, place by school; a pair that is not listed is out of reach.

    Times are given from places, or from neighborhoods: then all their places take them, but for trips of their own.
    """
    from scipy.sparse import csr_array

    of_place = places.iloc[here["place"].to_numpy()]
    rows = pd.concat(
        pd.DataFrame({"origin": range(len(here)), "origin_id": of_place[column].to_numpy(), "is_own": is_own})
        for column, is_own in (("place_id", True), ("neighborhood_id", False))
    )
    ends = pd.DataFrame({"destination": range(len(school_ids)), "destination_id": school_ids.to_numpy()})
    trips = rows.merge(minutes[["origin_id", "destination_id", "minutes"]], on="origin_id").merge(
        ends, on="destination_id", validate="m:1"
    )
    trips = trips.sort_values(["origin", "destination", "is_own"]).drop_duplicates(
        ["origin", "destination"], keep="last"
    )
    at = (trips["origin"].to_numpy(), trips["destination"].to_numpy())
    return csr_array((trips["minutes"].to_numpy(dtype="float64"), at), shape=(len(here), len(ends)))
