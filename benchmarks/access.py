"""Floating catchments of very many places: ours against access, from points to seats per child."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from importlib.metadata import version

import numpy as np
import pandas as pd
from access import Access, weights
from scipy.spatial import cKDTree

from benchmarks.harness import Result, in_turns, result
from pipeline.analysis.catchments import Decay, catchment, within

HOMES, SCHOOLS, REACH_M, TURNS = 85_000, 100_000, 5_000.0, 5
# About 29 schools lie within reach of a home, and as many homes again of a school.
SIDE_M = 520_000.0
MOST_ERROR = 1e-9

Points = tuple[np.ndarray, np.ndarray]


def scattered(count: int, side: float, seed: int) -> Points:
    """Places in a square and what they hold."""
    rng = np.random.default_rng(seed)
    return rng.random((count, 2)) * side, rng.gamma(1.0, 40.0, count)


def by_access(
    homes: Points, schools: Points, reach: float, weigh: Callable[[float], float] | None = None
) -> np.ndarray:
    """Seats per child by access, the table of distances it needs included; a home that reaches no school has 0.

    The table is scipy's: access itself would join all homes with all schools before it measures them.
    """
    pairs = cKDTree(homes[0]).sparse_distance_matrix(cKDTree(schools[0]), reach, output_type="ndarray")
    trips = pd.DataFrame({"origin": pairs["i"], "dest": pairs["j"], "metres": pairs["v"]})
    here, there = (pd.DataFrame({"place": np.arange(len(held)), "held": held}) for _, held in (homes, schools))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = Access(
            demand_df=here, demand_index="place", demand_value="held",
            supply_df=there, supply_index="place", supply_value="held",
            cost_df=trips, cost_origin="origin", cost_dest="dest", cost_name="metres",
        )  # fmt: skip
        ratio = found.two_stage_fca("form", cost="metres", max_cost=reach, weight_fn=weigh)
    return ratio.iloc[:, 0].reindex(here["place"]).fillna(0.0).to_numpy()


def weigher(decay: Decay) -> Callable[[float], float]:
    """The decay as a function of access's own."""
    if decay.spread > 0:
        return weights.gaussian(decay.spread)
    return weights.step_fn(dict(zip(decay.limits, decay.weights, strict=True)))


def error_of(ours: np.ndarray, theirs: np.ndarray) -> float:
    """Greatest difference, relative to the mean."""
    return float(np.max(np.abs(ours - theirs)) / theirs.mean())


def catchments(small: bool) -> list[Result]:
    """Time and error of the two-step floating catchment (every trip within 5 km alike).

    Both begin with coordinates and counts as arrays. The compiler is warm.
    """
    share = 0.02 if small else 1.0
    side = SIDE_M * np.sqrt(share)
    homes, schools = scattered(int(HOMES * share), side, 1), scattered(int(SCHOOLS * share), side, 2)
    decay = within(REACH_M)
    catchment(*homes, *schools, decay)  # the compiler's seconds come once in the life of a checkout
    spent, found = in_turns(
        {"ours": lambda: catchment(*homes, *schools, decay), "access": lambda: by_access(homes, schools, REACH_M)},
        1 if small else TURNS,
    )
    size = f"{len(homes[1]):,} homes, {len(schools[1]):,} schools, within {REACH_M / 1000:g} km"
    return [
        result(
            "access: 2SFCA, points to seats per child", size, spent["ours"], "access", version("access"), spent["access"],
            target=10.0, max_error=error_of(found["ours"], found["access"]), most_error=MOST_ERROR,
        )
    ]  # fmt: skip
