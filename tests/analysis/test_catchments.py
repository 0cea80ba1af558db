"""Floating catchments against a dictionary by hand, on both ways of computing them, and their laws."""

from __future__ import annotations

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import csr_array

from pipeline.analysis import catchments
from pipeline.analysis.catchment_grid import two_steps
from pipeline.analysis.catchments import STEEP, Decay, catchment, catchment_by_times, gaussian, thirds, within, zones

Town = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]
DECAYS = {
    "2SFCA": within(900.0),
    "E2SFCA": thirds(900.0),
    "E2SFCA, slow": zones((200.0, 500.0, 900.0), (1.0, 0.68, 0.22)),
    "Gaussian": gaussian(900.0),
}
every_decay = pytest.mark.parametrize("decay", DECAYS.values(), ids=DECAYS.keys())


def weight(decay: Decay, cost: float) -> float:
    """By the words of the definition, without an array."""
    if cost > decay.reach:
        return 0.0
    if decay.spread > 0:
        return math.exp(-(cost**2) / (2 * decay.spread**2))
    return next(w for limit, w in zip(decay.limits, decay.weights, strict=True) if cost <= limit)


def by_hand(costs: dict[tuple[int, int], float], demand: np.ndarray, supply: np.ndarray, decay: Decay) -> list[float]:
    weights = {pair: weight(decay, cost) for pair, cost in costs.items()}
    rivals = {
        j: sum(demand[i] * w for (i, school), w in weights.items() if school == j and w > 0) for j in range(len(supply))
    }
    return [
        sum(w * supply[j] / rivals[j] for (home, j), w in weights.items() if home == i and rivals[j] > 0)
        for i in range(len(demand))
    ]


def distances(town: Town) -> dict[tuple[int, int], float]:
    homes, _, schools, _ = town
    return {(i, j): math.hypot(*(homes[i] - schools[j])) for i in range(len(homes)) for j in range(len(schools))}


@st.composite
def towns(draw: st.DrawFn) -> Town:
    """Points on whole tens of metres, so that trips of exactly a limit occur and are exact."""
    place = st.tuples(*[st.integers(-150, 150).map(lambda n: 10.0 * n)] * 2)
    amount = st.one_of(st.just(0.0), st.floats(0.5, 1000))
    homes = draw(st.lists(place, min_size=1, max_size=12))
    schools = draw(st.lists(place, min_size=1, max_size=8))
    demand = [draw(amount) for _ in homes]
    supply = [draw(amount) for _ in schools]
    return np.array(homes), np.array(demand), np.array(schools), np.array(supply)


def large(homes: int = 4_000, schools: int = 900) -> Town:
    rng = np.random.default_rng(7)
    side = 12_000.0
    return (
        rng.random((homes, 2)) * side + [1e6, -2e6],
        rng.gamma(1.0, 30.0, homes),
        rng.random((schools, 2)) * side + [1e6, -2e6],
        rng.gamma(1.0, 200.0, schools),
    )


@every_decay
@given(town=towns())
@settings(max_examples=25, deadline=None)
def test_access_equals_the_two_steps_by_hand(town: Town, decay: Decay) -> None:
    expected = by_hand(distances(town), town[1], town[3], decay)
    np.testing.assert_allclose(catchment(*town, decay), expected, rtol=1e-9, atol=1e-12)


@every_decay
@given(town=towns())
@settings(max_examples=25, deadline=None)
def test_the_compiled_grid_equals_the_two_steps_by_hand(town: Town, decay: Decay) -> None:
    homes, demand, schools, supply = town
    expected = by_hand(distances(town), demand, supply, decay)
    np.testing.assert_allclose(two_steps(homes, demand, schools, supply, decay), expected, rtol=1e-9, atol=1e-12)


@every_decay
@given(town=towns())
@settings(max_examples=25, deadline=None)
def test_children_times_access_is_the_seats_that_a_child_can_reach(town: Town, decay: Decay) -> None:
    homes, demand, schools, supply = town
    reachable = {j for (i, j), d in distances(town).items() if d <= decay.reach and demand[i] > 0}
    kept = float(demand @ catchment(homes, demand, schools, supply, decay))
    assert kept == pytest.approx(sum(supply[j] for j in reachable), rel=1e-9, abs=1e-9)


@every_decay
def test_large_inputs_take_the_grid_and_agree_with_all_pairs(decay: Decay, monkeypatch: pytest.MonkeyPatch) -> None:
    town = large()
    assert len(town[1]) * len(town[3]) > catchments.MOST_PAIRS
    by_grid = catchment(*town, decay)
    monkeypatch.setattr(catchments, "MOST_PAIRS", 10**9)
    np.testing.assert_allclose(by_grid, catchment(*town, decay), rtol=1e-12, atol=1e-15)
    assert town[1] @ by_grid == pytest.approx(town[3].sum(), rel=1e-9)


@every_decay
def test_the_order_of_places_and_the_unit_of_length_do_not_matter(decay: Decay) -> None:
    homes, demand, schools, supply = large()
    access = catchment(homes, demand, schools, supply, decay)
    rng = np.random.default_rng(3)
    i, j = rng.permutation(len(demand)), rng.permutation(len(supply))
    np.testing.assert_allclose(catchment(homes[i], demand[i], schools[j], supply[j], decay), access[i], rtol=1e-9)
    feet = 1 / 0.3048
    in_feet = Decay(tuple(limit * feet for limit in decay.limits), decay.weights, decay.spread * feet)
    np.testing.assert_allclose(catchment(homes * feet, demand, schools * feet, supply, in_feet), access, rtol=1e-9)


def test_a_grid_may_be_far_wider_than_the_reach() -> None:
    #  two homes 1,000 km apart, each with a school 3 m away; a cell of the reach would make 10^11 of them
    homes, schools = np.array([[0.0, 0.0], [1e6, 1e6]]), np.array([[3.0, 0.0], [1e6, 1e6 - 3.0]])
    access = two_steps(homes, np.array([2.0, 4.0]), schools, np.array([1.0, 1.0]), within(3.0))
    assert access.tolist() == [0.5, 0.25]


def test_a_detour_is_a_longer_trip() -> None:
    homes, schools = np.array([[0.0, 0.0]]), np.array([[800.0, 0.0]])
    one = np.array([10.0])
    assert catchment(homes, one, schools, one, within(1000.0), detour_factor=1.25).tolist() == [1.0]
    assert catchment(homes, one, schools, one, within(1000.0), detour_factor=1.3).tolist() == [0.0]


def times(costs: dict[tuple[int, int], float], homes: int, schools: int) -> csr_array:
    pairs = sorted(costs)
    start = np.searchsorted([i for i, _ in pairs], range(homes + 1))
    where = np.array([j for _, j in pairs], dtype="int64")
    return csr_array((np.array([costs[pair] for pair in pairs], dtype="float64"), where, start), shape=(homes, schools))


@every_decay
@given(town=towns(), draw=st.data())
@settings(max_examples=25, deadline=None)
def test_supplied_trips_equal_the_two_steps_by_hand_and_keep_every_seat(
    town: Town, decay: Decay, draw: st.DataObject
) -> None:
    _, demand, _, supply = town
    pairs = [(i, j) for i in range(len(demand)) for j in range(len(supply)) if draw.draw(st.booleans())]
    costs = {pair: draw.draw(st.sampled_from([0.0, 200.0, 300.0, 450.5, 900.0, 900.5])) for pair in pairs}
    access = catchment_by_times(times(costs, len(demand), len(supply)), demand, supply, decay)
    np.testing.assert_allclose(access, by_hand(costs, demand, supply, decay), rtol=1e-9, atol=1e-12)
    reachable = {j for (i, j), cost in costs.items() if cost <= decay.reach and demand[i] > 0}
    assert demand @ access == pytest.approx(sum(supply[j] for j in reachable), rel=1e-9, abs=1e-9)


@every_decay
def test_trips_as_long_as_the_straight_lines_give_the_same(decay: Decay) -> None:
    town = large(300, 40)
    by_times = catchment_by_times(times(distances(town), 300, 40), town[1], town[3], decay)
    np.testing.assert_allclose(by_times, catchment(*town, decay), rtol=1e-9)


def test_the_way_there_counts_where_the_way_back_is_longer() -> None:
    # Three places, each with people and doctors (pysal/access#18): from 3 to 1 and 2 it is 20 minutes, back 60.
    people, doctors = np.array([100.0, 50.0, 10.0]), np.array([1.0, 1.0, 100.0])
    one_way = {
        (0, 2): 60,
        (1, 2): 60,
        (2, 0): 20,
        (2, 1): 20,
        (0, 1): 120,
        (1, 0): 120,
        (0, 0): 1,
        (1, 1): 1,
        (2, 2): 1,
    }
    access = catchment_by_times(times(one_way, 3, 3), people, doctors, within(30.0))
    #  doctors at 1 serve places 1 and 3, at 2 places 2 and 3, at 3 place 3 alone
    np.testing.assert_allclose(access, [1 / 110, 1 / 60, 1 / 110 + 1 / 60 + 10], rtol=1e-12)
    both_ways = {pair: max(cost, one_way[pair[::-1]]) for pair, cost in one_way.items()}
    np.testing.assert_allclose(
        catchment_by_times(times(both_ways, 3, 3), people, doctors, within(30.0)), [0.01, 0.02, 10.0], rtol=1e-12
    )


def test_no_school_and_no_home_are_no_access() -> None:
    none, place = np.empty((0, 2)), np.array([[0.0, 0.0]])
    assert catchment(place, np.array([3.0]), none, np.empty(0), within(1.0)).tolist() == [0.0]
    assert catchment(none, np.empty(0), place, np.array([3.0]), within(1.0)).tolist() == []
    assert catchment(place, np.array([0.0]), place, np.array([3.0]), within(1.0)).tolist() == [0.0]


def test_what_is_not_known_is_refused_and_the_first_is_named() -> None:
    place = np.zeros((2, 2))
    with pytest.raises(ValueError, match="demand: 1 of 2 are unknown, infinite or negative; the first is number 1"):
        catchment(place, np.array([1.0, np.nan]), place, np.ones(2), within(1.0))
    with pytest.raises(ValueError, match="points of supply: 1 of 2 are unknown"):
        catchment(place, np.ones(2), np.array([[0.0, np.nan], [0.0, 0.0]]), np.ones(2), within(1.0))
    with pytest.raises(ValueError, match="demand: 2 points for 3 counts"):
        catchment(place, np.ones(3), place, np.ones(2), within(1.0))
    twice = csr_array((np.array([5.0, 7.0]), np.array([0, 0]), np.array([0, 2])), shape=(1, 1))
    with pytest.raises(ValueError, match=r"1 trips are given twice; the first is from place 0 to school 0"):
        catchment_by_times(twice, np.ones(1), np.ones(1), within(10.0))
    with pytest.raises(ValueError, match="trips: 1 of 1 are unknown or negative"):
        catchment_by_times(times({(0, 0): -1.0}, 1, 1), np.ones(1), np.ones(1), within(10.0))
    with pytest.raises(ValueError, match="trips are given for 1 places and 1 schools, counts for 2 and 1"):
        catchment_by_times(times({(0, 0): 1.0}, 1, 1), np.ones(2), np.ones(1), within(10.0))


@pytest.mark.parametrize(
    ("limits", "weights", "spread"),
    [((), (), 0.0), ((0.0,), (1.0,), 0.0), ((2.0, 1.0), (1.0, 0.5), 0.0), ((1.0,), STEEP, 0.0), ((1.0,), (-1.0,), 0.0), ((1.0, 2.0), (0.5, 1.0), 0.0), ((math.nan,), (1.0,), 0.0)],
)  # fmt: skip
def test_what_is_no_decay_is_refused(limits: tuple[float, ...], weights: tuple[float, ...], spread: float) -> None:
    with pytest.raises(ValueError, match="a decay needs limits that rise"):
        Decay(limits, weights, spread)
    with pytest.raises(ValueError, match="spread of a Gaussian must be above 0"):
        gaussian(5.0, 0.0)


def test_a_district_imports_no_compiler() -> None:
    code = "import sys, numpy as np; from pipeline.analysis.catchments import catchment, within; p = np.zeros((9, 2)); catchment(p, np.ones(9), p, np.ones(9), within(1.0)); sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
