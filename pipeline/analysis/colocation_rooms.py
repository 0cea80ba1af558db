"""Rooms of the hosts beside the matching: what it gives, what it leaves, and what more rooms would be worth."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis import colocation_solving as solving
from pipeline.analysis.assignment import Assignment
from pipeline.analysis.colocation_pairs import is_allowed


def rooms_left(pairs: pd.DataFrame, parts: pd.DataFrame) -> pd.Series:
    """Free rooms of each site that nobody is given, by site."""
    free = pairs.drop_duplicates("site_id").set_index("site_id")["surplus_rooms"].sort_index()
    return free.sub(parts.groupby("site_id")["given"].sum(), fill_value=0.0)


def room_values(
    asked: solving.Problem,
    best: Assignment,
    pairs: pd.DataFrame,
    parts: pd.DataFrame,
    *,
    seat_value: float,
) -> pd.DataFrame:
    """Table ``room_values`` without its zone: each offered site before and after, and what more rooms are worth there.

    One more room is valued twice: by the whole matching solved anew (often 0, where one room alone seats nobody), and by
    a relaxation solved anew, in which any school that passes all other rules may take a part of its rooms,
    those that no site has the rooms for among them. Beside it stands how many more rooms would take the next school.

    Parameters
    ----------
    asked, best
        The problem that was solved, and the matching.
    pairs : DataFrame
        `colocation_pairs.candidate_pairs` with ``total_cost``.
    parts : DataFrame
        ``school_id``, ``site_id``, ``given`` (rooms) and ``pupils`` of who was placed.
    seat_value : float
        What a seat is worth in full costs.
    """
    sites = pd.Index(sorted(pairs["site_id"].unique()), name="site_id")
    left = rooms_left(pairs, parts)
    but_for_rooms = is_allowed(pairs, ("too_few_rooms",)) & pairs["surplus_rooms"].notna().to_numpy()
    split = solving.problem(pairs, but_for_rooms, sites)
    worth = solving.values(split, pairs.loc[but_for_rooms, "total_cost"].to_numpy(dtype="float64"), seat_value)
    gain, pupils = solving.room_values(split, worth, best.objective, float(asked.pupils[best.taken].sum()))
    table = pd.DataFrame(
        {
            "site_id": sites.astype("str"),
            "rooms_left": left.reindex(sites).to_numpy(dtype="float64"),
            "room_price": solving.room_prices(split, worth),
            "room_gain": gain,
            "room_pupils_change": pupils,
        }
    )
    following = next_school(pairs, parts["school_id"], left)
    table = table.merge(following, on="site_id", how="left", validate="one_to_one")
    return table.merge(_use_of_hosts(pairs, parts), on="site_id", how="left", validate="one_to_one")


def next_school(pairs: pd.DataFrame, placed: pd.Series, left: pd.Series) -> pd.DataFrame:
    """For each site the school without a place that fewest more rooms there would seat, beside all who are placed.

    Of schools that lack as many rooms, the one with most pupils, then the first by id.

    Parameters
    ----------
    pairs : DataFrame
        `colocation_pairs.candidate_pairs`.
    placed : Series
        Schools that have a place.
    left : Series
        Rooms that the matching leaves at each site.

    Returns
    -------
    DataFrame
        ``site_id``, ``next_school_id`` and ``rooms_to_next``: sites where some school would do but for rooms.
    """
    waiting = pairs[is_allowed(pairs, ("too_few_rooms",)) & ~pairs["school_id"].isin(placed).to_numpy()]
    short = waiting.assign(rooms_to_next=waiting["needed_rooms"] - waiting["site_id"].map(left).astype("float64"))
    short = short.dropna(subset=["rooms_to_next"]).sort_values(
        ["site_id", "rooms_to_next", "needed_seats", "school_id"], ascending=[True, True, False, True], kind="stable"
    )
    first = short.drop_duplicates("site_id").rename(columns={"school_id": "next_school_id"})
    kinds = {"site_id": "str", "next_school_id": "str", "rooms_to_next": "float64"}
    return first[list(kinds)].astype(kinds).reset_index(drop=True)


def _use_of_hosts(pairs: pd.DataFrame, parts: pd.DataFrame) -> pd.DataFrame:
    """How full each offered site is now and with the schools placed there."""
    given = parts.groupby("site_id", sort=True)[["given", "pupils"]].sum()
    hosts = pairs.drop_duplicates("site_id")[["site_id", "host_pupils", "host_capacity_seats"]]
    hosts = hosts.sort_values("site_id", kind="stable").reset_index(drop=True)
    rooms, pupils = (hosts["site_id"].map(given[c]).astype("float64").fillna(0.0) for c in ("given", "pupils"))
    return pd.DataFrame(
        {
            "site_id": hosts["site_id"].astype("str"),
            "placed_rooms": rooms,
            "utilization_ratio": hosts["host_pupils"] / hosts["host_capacity_seats"],
            "utilization_after_ratio": (hosts["host_pupils"] + pupils) / hosts["host_capacity_seats"],
        }
    )
