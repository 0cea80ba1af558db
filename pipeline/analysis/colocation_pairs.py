"""Every school that asks beside every site that is offered: the rule that bars the pair, or what it costs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.exclusions import excluded_pairs
from pipeline.analysis.seekers import BAND_PUPILS, SERVES
from pipeline.columns import BY_NAME
from pipeline.numerals import count_of, listed, number

PARTS = ("travel", "grade", "load", "move")
COSTS = [f"{part}_cost" for part in PARTS]
# Hard rules in the order in which a pair is told the first it breaks.
RULES = tuple(rule for rule in BY_NAME["pair_rule"].values if rule != "allowed")
COLUMNS = [
    *("school_id", "site_id", "pair_rule", "needed_seats", "needed_rooms", "surplus_rooms", "community_m"),
    *("community_basis", "travel_m", *COSTS, "total_cost", "reason"),
]
_NUMBERS = ("needed_seats", "needed_rooms", "surplus_rooms", "community_m", "travel_m", *COSTS, "total_cost")
_LEVEL_WORDS = ("elementary", "middle", "high")
BASES = {
    "homes": "from where its pupils live",
    "target": "from the community it wants to serve",
    "present_place": "from its place now",
    "not_known": "from a place not known",
}


def candidate_pairs(
    seeking: pd.DataFrame,
    offered: pd.DataFrame,
    travel: pd.DataFrame,
    exclusions: pd.DataFrame,
    *,
    travel_m: float,
    levels_apart: int,
    smallest_school: float,
    school_sites: pd.DataFrame | None = None,
) -> pd.DataFrame:
    """All pairs with each hard rule answered and each part of the cost between 0 and 1.

    The parts:

    - *travel*: distance from the community served to the site over the longest allowed;
    - *grade*: how many levels the school's pupils are from the nearest one the host teaches, on average, over two;
    - *load*: pupils of host and school over the capacity by the definition that gives fewest; without
      it, rooms taken over rooms free;
    - *move*: distance from the school's place now to the site over the longest allowed, which a school whose place is not
      known is taken to move; a program that has none yet moves nothing. A host's own programs
      are moved by no pair: only rooms that it has free are given.

    Parameters
    ----------
    seeking, offered, travel, exclusions : DataFrame
        `seekers.seekers`, `hosts.hosts`, `community_travel.community_travel` and table ``site_exclusions``.
    travel_m : float
        Longest distance from the community served.
    levels_apart : int
        0: school and host teach a level in common; 1: or neighboring levels.
    smallest_school : float
        Pupils that a school must have to ask.
    school_sites : DataFrame, optional
        Table of this name: no school is paired with the site it is at.

    Returns
    -------
    DataFrame
        One row per pair, in the order of ids: what both bring, a flag for each of `RULES` that bars
        it, and the four costs (empty where the number behind them is not known).

    Examples
    --------
    >>> level = {"serves_elementary": True, "serves_middle": False, "serves_high": False}
    >>> seeking = pd.DataFrame({"school_id": ["a"], "elementary_pupils": 100.0, "middle_pupils": 0.0, "high_pupils": 0.0,
    ...     "needed_seats": 100.0, "needed_rooms": 4.0, "is_school": True, **level})
    >>> offered = pd.DataFrame({"site_id": ["1"], "surplus_rooms": 6.0, "host_pupils": 300.0, "host_capacity_seats": 500.0, **level})
    >>> trips = pd.DataFrame({"school_id": ["a"], "site_id": ["1"], "community_m": 2000.0, "move_m": 1000.0, "community_basis": "homes"})
    >>> none = pd.DataFrame(columns=["site_id", "school_id", "reason", "documented_in", "documented_on"], dtype="str")
    >>> found = candidate_pairs(seeking, offered, trips, none, travel_m=8000.0, levels_apart=0, smallest_school=80.0)
    >>> found[["travel_cost", "grade_cost", "load_cost", "move_cost"]].iloc[0].tolist()
    [0.25, 0.0, 0.8, 0.125]
    """
    pairs = seeking.merge(offered, how="cross", suffixes=("", "_host"))
    pairs = pairs.merge(travel, on=["school_id", "site_id"], how="left", validate="one_to_one")
    pairs = pairs.sort_values(["school_id", "site_id"], kind="stable").reset_index(drop=True)
    taught = pairs[SERVES].to_numpy(dtype=bool)
    hosted = pairs[[f"{serves}_host" for serves in SERVES]].to_numpy(dtype=bool)
    apart = _levels_apart(hosted)
    nearest = np.where(taught, apart, np.inf).min(axis=1, initial=np.inf)
    pairs["exclusion"] = excluded_pairs(pairs[["school_id", "site_id"]], exclusions)
    pairs["excluded"] = pairs["exclusion"].notna()
    pairs["own_site"] = _is_there(pairs, school_sites)
    pairs["below_threshold"] = pairs["needed_seats"] < smallest_school
    pairs["other_grades"] = ~(nearest <= levels_apart)
    pairs["levels_apart"] = nearest
    pairs["place_not_known"] = pairs["community_m"].isna()
    pairs["too_far"] = pairs["community_m"] > travel_m
    pairs["rooms_not_known"] = pairs["surplus_rooms"].isna()
    pairs["too_few_rooms"] = pairs["needed_rooms"] > pairs["surplus_rooms"]
    pupils = pairs[BAND_PUPILS].to_numpy(dtype="float64")
    reach = np.where(np.isinf(apart), 2.0, apart)
    weighted = pupils[:, 0] * reach[:, 0] + pupils[:, 1] * reach[:, 1] + pupils[:, 2] * reach[:, 2]
    total = pupils[:, 0] + pupils[:, 1] + pupils[:, 2]
    pairs["travel_cost"] = (pairs["community_m"] / travel_m).clip(upper=1.0)
    pairs["grade_cost"] = np.divide(weighted, 2 * total, out=np.zeros(len(pairs)), where=total > 0)
    after = (pairs["host_pupils"] + pairs["needed_seats"]) / pairs["host_capacity_seats"]
    taken = pairs["needed_rooms"] / pairs["surplus_rooms"].where(pairs["surplus_rooms"] > 0)
    pairs["utilization_after_ratio"] = after
    pairs["load_cost"] = after.fillna(taken).clip(upper=1.0)
    # a program that has no place yet moves nothing; of a school whose place is not known the move is taken for the longest
    unknown = pairs["is_school"].map({True: travel_m, False: 0.0}).astype("float64")
    pairs["move_cost"] = (pairs["move_m"].fillna(unknown) / travel_m).clip(upper=1.0)
    return pairs


def _is_there(pairs: pd.DataFrame, school_sites: pd.DataFrame | None) -> np.ndarray:
    """Pairs of a school and the site it is at now."""
    if school_sites is None:
        return np.zeros(len(pairs), dtype=bool)
    there: np.ndarray = pairs.set_index(["school_id", "site_id"]).index.isin(
        pd.MultiIndex.from_frame(school_sites[["school_id", "site_id"]])
    )
    return there


def _levels_apart(hosted: np.ndarray) -> np.ndarray:
    """How many levels each level is from the nearest one the host teaches (pair x level)."""
    steps = np.abs(np.subtract.outer(np.arange(hosted.shape[1]), np.arange(hosted.shape[1]))).astype("float64")
    apart: np.ndarray = np.where(hosted[:, None, :], steps[None, :, :], np.inf).min(axis=2, initial=np.inf)
    return apart


def is_allowed(pairs: pd.DataFrame, but: Sequence[str] = ()) -> np.ndarray:
    """Pairs that no rule bars, or none besides those named in ``but``."""
    barred = np.zeros(len(pairs), dtype=bool)
    for rule in RULES:
        if rule not in but:
            barred |= pairs[rule].to_numpy(dtype=bool)
    return ~barred


def total_cost(pairs: pd.DataFrame, weights: Mapping[str, float]) -> np.ndarray:
    """The parts' weighted mean, 0 best and 1 worst; weights need not add up to one."""
    total = np.zeros(len(pairs))
    whole = 0.0
    for part in PARTS:
        total = total + weights[part] * pairs[f"{part}_cost"].to_numpy(dtype="float64")
        whole += weights[part]
    mean: np.ndarray = total / whole
    return mean


def colocation_pairs(pairs: pd.DataFrame, cost: np.ndarray, *, travel_m: float, smallest_school: float) -> pd.DataFrame:
    """Table ``colocation_pairs``: each pair allowed, or the first rule that bars it, with its costs and a sentence."""
    rule = np.select([pairs[rule].to_numpy(dtype=bool) for rule in RULES], RULES, "allowed")
    table = pairs.assign(
        pair_rule=pd.Series(rule, index=pairs.index, dtype="str"), travel_m=pairs["move_m"], total_cost=cost
    )
    table["reason"] = [_reason(row, travel_m, smallest_school) for row in table.itertuples()]
    return table[COLUMNS].astype({c: "float64" if c in _NUMBERS else "str" for c in COLUMNS})


def _reason(pair: Any, travel_m: float, smallest_school: float) -> str:
    p = pair._asdict()
    rule = p["pair_rule"]
    if rule == "excluded":
        return f"The site is excluded: {p['exclusion']}."
    if rule == "own_site":
        return "The school is at this site already."
    if rule == "below_threshold":
        return f"{number(p['needed_seats'])} pupils; the study asks for {number(smallest_school)}."
    if rule == "other_grades":
        taught = [w for w in _LEVEL_WORDS if p[f"serves_{w}"]]
        there = [w for w in _LEVEL_WORDS if p[f"serves_{w}_host"]]
        return f"The school teaches {listed(taught, none='no known')} grades, the host {listed(there, none='no known')} grades."
    if rule == "place_not_known":
        return "The distance is not known: the site, or the community the school serves, has no place on the map."
    far = f"{number(p['community_m'] / 1000, 1)} km {BASES[p['community_basis']]}"
    if rule == "too_far":
        return f"{far}; the study allows {number(travel_m / 1000, 1)} km."
    if rule == "rooms_not_known":
        return "The free rooms of the site are not known."
    about = "about " if p["is_rooms_derived"] else ""
    if rule == "too_few_rooms":
        return (
            f"It needs {count_of(p['needed_rooms'], 'room', 'rooms')}; {about}{number(p['surplus_rooms'])} stay free."
        )
    # that of grades in tenths, as it is published: few pupils of a level cannot be read off it
    parts = ", ".join(f"{part} {number(p[f'{part}_cost'], 1 if part == 'grade' else 2)}" for part in PARTS)
    return f"{number(p['needed_rooms'])} of {about}{number(p['surplus_rooms'])} free rooms, {far}; costs from 0 to 1: {parts}."
