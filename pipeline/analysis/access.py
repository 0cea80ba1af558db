"""Access to quality seats, competition for them counted (floating catchments)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.ledger import Ledger

# Below this share of the district's mean, access is called poor.
POOR_RATIO = 0.5


def floating_catchment(children: pd.Series, seats: pd.Series, trips: pd.DataFrame, *, reach_m: float) -> pd.Series:
    """Seats within reach per child, when every seat is shared by all children who can reach it.

    Two-step floating catchment: each school's seats are divided by the children within reach
    of it; each neighborhood adds up these ratios over the schools within its reach.

    Parameters
    ----------
    children
        Children by origin (index: origin id). Zero is a number; an unknown count must be
        dropped by the caller, with a record.
    seats
        Seats by destination (index: destination id).
    trips
        ``origin_id``, ``destination_id``, ``distance_m``; pairs that are not listed are out
        of reach. Pairs of unknown origins or destinations are ignored.
    reach_m
        Longest trip in metres; a trip of exactly this length is within reach.

    Returns
    -------
    pandas.Series
        ``access_ratio`` by origin, in seats per child. Zero where no school is within reach.
        The children's sum of it is the number of seats that at least one child can reach.

    References
    ----------
    Luo & Wang (2003), Environment and Planning B 30(6).

    Examples
    --------
    >>> children = pd.Series({"north": 100.0, "south": 50.0})
    >>> trips = pd.DataFrame({"origin_id": ["north", "south"], "destination_id": ["s1", "s1"], "distance_m": [400.0, 900.0]})
    >>> floating_catchment(children, pd.Series({"s1": 75.0}), trips, reach_m=1000).to_dict()
    {'north': 0.5, 'south': 0.5}
    >>> floating_catchment(children, pd.Series({"s1": 75.0}), trips, reach_m=500).to_dict()
    {'north': 0.75, 'south': 0.0}
    """
    origin = children.index.get_indexer(pd.Index(trips["origin_id"]))
    destination = seats.index.get_indexer(pd.Index(trips["destination_id"]))
    within = (origin >= 0) & (destination >= 0) & (trips["distance_m"].to_numpy() <= reach_m)
    origin, destination = origin[within], destination[within]
    demand, supply = children.to_numpy(dtype="float64"), seats.to_numpy(dtype="float64")
    competing = np.bincount(destination, weights=demand[origin], minlength=len(supply))
    per_child = np.divide(supply, competing, out=np.zeros(len(supply)), where=competing > 0)
    ratio = np.bincount(origin, weights=per_child[destination], minlength=len(demand))
    return pd.Series(ratio, index=children.index, name="access_ratio", dtype="float64")


def relative_access(access: pd.Series, children: pd.Series) -> pd.Series:
    """Access over the mean access of the district's children; empty where no child has any.

    >>> relative_access(pd.Series({"a": 0.6, "b": 0.2}), pd.Series({"a": 50.0, "b": 150.0})).round(2).to_dict()
    {'a': 2.0, 'b': 0.67}
    """
    total = float(children.sum())
    mean = float((access * children).sum()) / total if total > 0 else 0.0
    return access / mean if mean > 0 else pd.Series(np.nan, index=access.index, dtype="float64")


def seat_access(
    children: pd.DataFrame, seats: pd.DataFrame, trips: pd.DataFrame, reach_m: Mapping[str, float]
) -> pd.DataFrame:
    """Access to quality seats by neighborhood and level.

    Parameters
    ----------
    children
        ``neighborhood_id``, ``level``, ``children``; rows with an unknown count are left out.
    seats
        ``school_id``, ``level``, ``quality_seats``.
    trips
        ``origin_id`` (neighborhood), ``destination_id`` (school), ``distance_m``.
    reach_m
        level: longest trip in metres, for each level to be measured. A level of these without
        any quality seat has access zero; levels that are not rated are not to be among them.

    Returns
    -------
    pandas.DataFrame
        The table ``seat_access``. Access is poor where children live and it is below half of
        the mean. Where that mean is zero no neighborhood is worse off than another: relative
        access is empty and none is called poor (`record_access` says why).

    >>> seat_access(
    ...     pd.DataFrame({"neighborhood_id": ["a", "b"], "level": "high", "children": [50.0, 50.0]}),
    ...     pd.DataFrame({"school_id": ["s"], "level": ["high"], "quality_seats": [40.0]}),
    ...     pd.DataFrame({"origin_id": ["a"], "destination_id": ["s"], "distance_m": [10.0]}),
    ...     {"high": 100.0},
    ... )[["neighborhood_id", "access_ratio", "is_poor_access"]].to_dict("list")
    {'neighborhood_id': ['a', 'b'], 'access_ratio': [0.8, 0.0], 'is_poor_access': [False, True]}
    """
    parts: list[pd.DataFrame] = []
    for level, limit in reach_m.items():
        here = children[children["level"].eq(level) & children["children"].notna()]
        offered = seats[seats["level"].eq(level) & seats["quality_seats"].notna()]
        if here.empty:
            continue
        demand = here.set_index("neighborhood_id")["children"].sort_index()
        supply = offered.set_index("school_id")["quality_seats"].sort_index()
        ratio = floating_catchment(demand, supply, trips, reach_m=limit)
        relative = relative_access(ratio, demand)
        parts.append(
            pd.DataFrame(
                {
                    "neighborhood_id": demand.index.astype("str"),
                    "level": level,
                    "access_ratio": ratio.to_numpy(),
                    "relative_access_ratio": relative.to_numpy(),
                    "is_poor_access": ((relative < POOR_RATIO) & (demand > 0)).to_numpy(),
                }
            )
        )
    columns = ["neighborhood_id", "level", "access_ratio", "relative_access_ratio", "is_poor_access"]
    return pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=columns)


def trips_to_schools(reach: pd.DataFrame) -> pd.DataFrame:
    """Trips from neighborhoods to schools, of all trips in the table ``reach``."""
    wanted = reach["origin_layer"].eq("neighborhood") & reach["destination_kind"].eq("school")
    return reach.loc[wanted, ["origin_id", "destination_id", "distance_m"]].reset_index(drop=True)


def record_access(access: pd.DataFrame, children: pd.DataFrame, seats: pd.DataFrame, ledger: Ledger) -> None:
    """Record, by level, how many children live where access is below half of the district's mean.

    Where the mean is zero, it is recorded whether there is no quality seat or none within reach.
    """
    counts = access.merge(children, on=["neighborhood_id", "level"], validate="1:1")
    for level, rows in counts.groupby("level", sort=True):
        total, poor = float(rows["children"].sum()), float(rows.loc[rows["is_poor_access"], "children"].sum())
        none = float(rows.loc[rows["access_ratio"].eq(0), "children"].sum())
        text = f"{poor:,.0f} of {total:,.0f} children live where access is poor (below half of the mean), {none:,.0f} of them where no quality seat is within reach"
        if rows["relative_access_ratio"].isna().all():
            where = "within reach of any child" if seats["level"].eq(level).any() else "anywhere"
            text = f"no quality seat of this level {where}: the mean access of {total:,.0f} children is zero, and no neighborhood is set against it"
        ledger.note(f"access to quality seats, {level}", text)
