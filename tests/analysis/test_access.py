"""Floating catchments against a dictionary by hand, and the law that no seat is made or lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.access import floating_catchment, record_access, relative_access, seat_access, trips_to_schools
from pipeline.ledger import Ledger


@st.composite
def towns(draw: st.DrawFn) -> tuple[pd.Series, pd.Series, pd.DataFrame, float]:
    origins = [f"n{i}" for i in range(draw(st.integers(1, 6)))]
    schools = [f"s{i}" for i in range(draw(st.integers(1, 5)))]
    amount = st.one_of(st.just(0.0), st.floats(0.5, 1000))
    children = pd.Series([draw(amount) for _ in origins], index=origins)
    seats = pd.Series([draw(amount) for _ in schools], index=schools)
    trips = [(o, s, draw(st.floats(0, 2000))) for o in origins for s in schools if draw(st.booleans())]
    return (
        children,
        seats,
        pd.DataFrame(trips, columns=["origin_id", "destination_id", "distance_m"]),
        draw(st.floats(0, 2000)),
    )


@given(towns())
@settings(max_examples=200)
def test_children_times_access_is_the_seats_that_a_child_can_reach(
    town: tuple[pd.Series, pd.Series, pd.DataFrame, float],
) -> None:
    children, seats, trips, reach = town
    access = floating_catchment(children, seats, trips, reach_m=reach)
    near = trips[trips["distance_m"] <= reach]
    claimed = {s for o, s in zip(near["origin_id"], near["destination_id"], strict=True) if children[o] > 0}
    assert (children * access).sum() == pytest.approx(sum(seats[s] for s in claimed), rel=1e-9, abs=1e-9)


@given(towns())
def test_access_equals_the_two_steps_by_hand(town: tuple[pd.Series, pd.Series, pd.DataFrame, float]) -> None:
    children, seats, trips, reach = town
    near = [(o, s) for o, s, d in trips.itertuples(index=False) if d <= reach]
    demand = {s: sum(children[o] for o, t in near if t == s) for s in seats.index}
    expected = {o: sum(seats[s] / demand[s] for q, s in near if q == o and demand[s] > 0) for o in children.index}
    result = floating_catchment(children, seats, trips, reach_m=reach)
    np.testing.assert_allclose(result, [expected[o] for o in children.index], rtol=1e-9)


def test_three_places_in_a_row() -> None:
    #   west ---900--- SCHOOL ---900--- east          far (2,500)
    #   100             90 seats        200           50 children
    children = pd.Series({"east": 200.0, "far": 50.0, "west": 100.0})
    trips = pd.DataFrame(
        {"origin_id": ["west", "east", "far"], "destination_id": "s", "distance_m": [900.0, 900.0, 2500.0]}
    )
    access = floating_catchment(children, pd.Series({"s": 90.0}), trips, reach_m=900)
    assert access.to_dict() == {"east": 0.3, "far": 0.0, "west": 0.3}
    assert relative_access(access, children).round(3).to_dict() == {"east": 1.167, "far": 0.0, "west": 1.167}


def test_the_mean_of_relative_access_over_children_is_one() -> None:
    children = pd.Series([10.0, 70.0, 0.0, 5.0])
    access = pd.Series([0.1, 0.9, 3.0, 0.0])
    assert (relative_access(access, children) * children).sum() / children.sum() == pytest.approx(1.0)


def test_seats_without_children_and_no_seats_at_all() -> None:
    children = pd.DataFrame({"neighborhood_id": ["a"], "level": ["high"], "children": [0.0]})
    seats = pd.DataFrame({"school_id": ["s"], "level": ["high"], "quality_seats": [50.0]})
    trips = pd.DataFrame({"origin_id": ["a"], "destination_id": ["s"], "distance_m": [1.0]})
    row = seat_access(children, seats, trips, {"high": 10.0}).iloc[0]
    assert row["access_ratio"] == 0 and np.isnan(row["relative_access_ratio"]) and not row["is_poor_access"]
    assert seat_access(children, seats, trips, {}).empty
    none = seat_access(children.assign(children=9.0), seats.iloc[:0], trips, {"high": 10.0}).iloc[0]
    assert none["access_ratio"] == 0 and np.isnan(none["relative_access_ratio"]) and not none["is_poor_access"]


def test_where_no_child_reaches_a_seat_no_neighborhood_is_worse_off_than_another() -> None:
    children = pd.DataFrame({"neighborhood_id": ["a", "b"], "level": "high", "children": [5.0, 3.0]})
    seats = pd.DataFrame({"school_id": ["s"], "level": ["high"], "quality_seats": [50.0]})
    far = pd.DataFrame({"origin_id": ["a", "b"], "destination_id": "s", "distance_m": 99.0})
    for offered, where in ((seats, "within reach of any child"), (seats.iloc[:0], "anywhere")):
        ledger = Ledger()
        result = seat_access(children, offered, far, {"high": 10.0})
        record_access(result, children, offered, ledger)
        assert result["access_ratio"].tolist() == [0, 0]
        assert result["relative_access_ratio"].isna().all() and not result["is_poor_access"].any()
        assert f"no quality seat of this level {where}" in ledger.frame()["reason"].iloc[0]


def test_a_neighborhood_that_reaches_no_seat_is_poor_where_others_reach_one() -> None:
    children = pd.DataFrame({"neighborhood_id": ["a", "b", "c"], "level": "high", "children": [5.0, 3.0, 0.0]})
    seats = pd.DataFrame({"school_id": ["s"], "level": ["high"], "quality_seats": [50.0]})
    trips = pd.DataFrame({"origin_id": ["a"], "destination_id": ["s"], "distance_m": [9.0]})
    result = seat_access(children, seats, trips, {"high": 10.0})
    assert result["is_poor_access"].tolist() == [False, True, False]  # nobody lives in c


def test_an_unknown_number_of_children_is_not_taken_for_none() -> None:
    children = pd.DataFrame({"neighborhood_id": ["a", "b"], "level": "high", "children": [np.nan, 20.0]})
    seats = pd.DataFrame({"school_id": ["s"], "level": ["high"], "quality_seats": [10.0]})
    trips = pd.DataFrame({"origin_id": ["a", "b"], "destination_id": "s", "distance_m": 1.0})
    result = seat_access(children, seats, trips, {"elementary": 10.0, "high": 10.0})
    assert result["neighborhood_id"].tolist() == ["b"]
    assert result["access_ratio"].tolist() == [0.5]


def test_only_trips_of_neighborhoods_to_schools_count() -> None:
    reach = pd.DataFrame(
        {
            "origin_layer": ["neighborhood", "neighborhood", "zone high 2024"],
            "origin_id": ["a", "a", "a"],
            "destination_kind": ["school", "site", "school"],
            "destination_id": ["s", "t", "u"],
            "distance_m": [1.0, 2.0, 3.0],
        }
    )
    assert trips_to_schools(reach)["destination_id"].tolist() == ["s"]


def test_the_ledger_says_how_many_children_have_poor_access() -> None:
    children = pd.DataFrame({"neighborhood_id": ["a", "b"], "level": "high", "children": [30.0, 10.0]})
    access = pd.DataFrame(
        {
            "neighborhood_id": ["a", "b"],
            "level": "high",
            "access_ratio": [1.0, 0.0],
            "relative_access_ratio": [1.3, 0.0],
            "is_poor_access": [False, True],
        }
    )
    ledger = Ledger()
    record_access(access, children, pd.DataFrame({"level": ["high"]}), ledger)
    assert "10 of 40 children live where access is poor" in ledger.frame()["reason"].iloc[0]
