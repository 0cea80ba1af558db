"""Access from places: children spread within their neighborhood, three methods, distances or times."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.access_places import Travel, children_at, place_access
from pipeline.columns import ACCESS_METHODS

BANDS: Any = {"elementary": ("KG", "01", "02", "03", "04"), "middle": ("06",), "high": ("09",)}
NO_TIMES = pd.DataFrame(columns=["origin_id", "destination_id", "minutes"])
AGES = ["children_0_4", "children_5_9", "children_10_14", "children_15_17", "children_0_17"]


def travel(minutes: pd.DataFrame = NO_TIMES, detour: float = 1.0, **reach: float) -> Travel:
    return Travel(reach, (1.0, 0.68, 0.22), detour, minutes)


def places(*rows: tuple[str, float, float], **ages: list[float | None]) -> pd.DataFrame:
    """Neighborhood, coordinate to the east, people."""
    frame = pd.DataFrame(rows, columns=["neighborhood_id", "east_m", "population"]).assign(
        north_m=0.0, place_kind="block"
    )
    frame = frame.assign(place_id=[f"b{i}" for i in range(len(rows))], **dict.fromkeys(AGES))
    return frame.assign(**ages)


def children(**of: float) -> pd.DataFrame:
    return pd.DataFrame({"neighborhood_id": list(of), "level": "high", "children": list(of.values())})


def good(**seats: float) -> pd.DataFrame:
    return pd.DataFrame({"school_id": list(seats), "level": "high", "quality_seats": list(seats.values())})


def at(**east: float) -> pd.DataFrame:
    return pd.DataFrame({"school_id": list(east), "east_m": list(east.values()), "north_m": 0.0})


def ratios(access: pd.DataFrame, method: str = "2sfca") -> list[float]:
    return access.loc[access["access_method"].eq(method), "access_ratio"].tolist()


def test_children_are_spread_by_their_ages_then_by_people_then_evenly() -> None:
    #  n counts children of 5 to 9; m counts none of them, but people; o counts nothing
    town = places(
        ("n", 0, 1),
        ("n", 1, 99),
        ("m", 2, 30),
        ("m", 3, 10),
        ("o", 4, 0),
        ("o", 5, 0),
        children_5_9=[3.0, 1.0, 0.0, 0.0, None, None],
    )
    asked = pd.DataFrame({"neighborhood_id": ["n", "m", "o"], "level": "elementary", "children": [40.0, 8.0, 6.0]})
    table = children_at(town, asked, BANDS)
    assert table["children"].tolist() == [30, 10, 6, 2, 3, 3]
    assert children_at(town, asked.assign(children=[np.nan, 8.0, 6.0]), BANDS)["neighborhood_id"].tolist() == [
        "m",
        "m",
        "o",
        "o",
    ]


def test_a_place_whose_children_are_not_known_is_not_one_without_children() -> None:
    town = places(("n", 0, 30), ("n", 1, 10), children_5_9=[6.0, None])
    asked = pd.DataFrame({"neighborhood_id": ["n"], "level": "elementary", "children": [40.0]})
    assert children_at(town, asked, BANDS)["children"].tolist() == [30, 10]


def test_the_three_methods_in_a_row_of_two_blocks() -> None:
    #  b0 (100 children) --300 m-- s (60 seats) --900 m-- b1 (100 children); reach 900 m of road
    living = children_at(places(("n", 0, 1), ("n", 1200, 1)), children(n=200.0), BANDS)
    town = places(("n", 0, 1), ("n", 1200, 1))
    access = place_access(living, town, good(s=60.0), at(s=300.0), travel(high=900.0))
    assert ratios(access) == [0.3, 0.3]
    near, far = 1.0, 0.22
    share = 60 / (100 * near + 100 * far)
    assert ratios(access, "e2sfca") == pytest.approx([share * near, share * far])
    near, far = (np.exp(-(d**2) / (2 * 450.0**2)) for d in (300.0, 900.0))
    share = 60 / (100 * near + 100 * far)
    assert ratios(access, "gaussian") == pytest.approx([share * near, share * far])
    assert access.loc[access["access_method"].eq("2sfca"), "relative_access_ratio"].tolist() == [1.0, 1.0]
    detour = place_access(living, town, good(s=60.0), at(s=300.0), travel(high=900.0, detour=1.1), ("2sfca",))
    assert ratios(detour) == [0.6, 0.0]  # 990 m of road are out of reach


def test_supplied_times_replace_distances_and_may_be_of_neighborhoods() -> None:
    town = places(("n", 0, 1), ("n", 10, 1), ("m", 20, 1))
    living = children_at(town, children(n=20.0, m=10.0), BANDS)
    minutes = pd.DataFrame({"origin_id": ["n", "b2"], "destination_id": "s", "minutes": [5.0, 40.0]})
    access = place_access(living, town, good(s=10.0), at(s=0.0), travel(minutes, high=30.0), ("2sfca",))
    assert ratios(access) == [0.5, 0.5, 0.0]
    own = pd.concat([minutes, pd.DataFrame({"origin_id": ["b1"], "destination_id": ["s"], "minutes": [31.0]})])
    access = place_access(living, town, good(s=10.0), at(s=0.0), travel(own, high=30.0), ("2sfca",))
    assert ratios(access) == [1.0, 0.0, 0.0]  # a place's own time goes before its neighborhood's
    # ... for that trip: to a school that it gives no time for, its neighborhood's holds
    more = pd.concat([own, pd.DataFrame({"origin_id": ["n"], "destination_id": ["r"], "minutes": [9.0]})])
    access = place_access(living, town, good(s=10.0, r=20.0), at(s=0.0, r=0.0), travel(more, high=30.0), ("2sfca",))
    assert ratios(access) == [2.0, 1.0, 0.0]


def test_no_seats_no_reach_and_a_school_that_stands_nowhere() -> None:
    town = places(("n", 0, 1))
    living = children_at(town, children(n=20.0), BANDS)
    for offered, where in ((good(), at()), (good(s=9.0), at()), (good(s=9.0), at(s=5000.0))):
        access = place_access(
            living,
            town,
            offered.astype({"school_id": "str", "quality_seats": "float64"}),
            where.astype({"school_id": "str"}),
            travel(high=900.0),
        )
        assert access["access_ratio"].eq(0).all() and access["relative_access_ratio"].isna().all()
    assert place_access(living, town, good(s=9.0), at(s=0.0), travel()).empty


@given(
    st.lists(st.tuples(st.sampled_from("nmo"), st.floats(-3000, 3000), st.floats(0, 50)), min_size=1, max_size=6),
    st.lists(st.tuples(st.floats(-3000, 3000), st.floats(0, 500)), min_size=1, max_size=4),
    st.floats(50, 4000),
)
@settings(max_examples=40)
def test_children_times_access_are_the_seats_a_child_can_reach_by_every_method(
    blocks: list[tuple[str, float, float]], schools: list[tuple[float, float]], reach: float
) -> None:
    town = places(*blocks)
    living = children_at(town, children(n=30.0, m=0.0, o=7.0), BANDS)
    seats = good(**{f"s{i}": amount for i, (_, amount) in enumerate(schools)})
    there = at(**{f"s{i}": east for i, (east, _) in enumerate(schools)})
    access = place_access(living, town, seats, there, travel(high=reach))
    lived = living.assign(east=town["east_m"].to_numpy()[living["place"].to_numpy()])[lambda f: f["children"] > 0]
    reached = sum(amount for east, amount in schools if any(abs(lived["east"] - east) <= reach))
    for method in ACCESS_METHODS:
        rows = access[access["access_method"].eq(method)]
        assert (rows["access_ratio"] * rows["children"]).sum() == pytest.approx(reached, rel=1e-9, abs=1e-9)


@given(st.permutations(range(4)))
@settings(max_examples=12)
def test_the_order_of_places_and_schools_moves_no_access(order: list[int]) -> None:
    town = places(("n", 0, 5), ("m", 400, 7), ("n", 900, 2), ("m", 1500, 1))
    seats, there = good(s=50.0, t=20.0, u=9.0, v=1.0), at(s=100.0, t=800.0, u=1600.0, v=0.0)
    asked = children(n=30.0, m=12.0)

    def run(rows: list[int]) -> pd.DataFrame:
        turned = town.iloc[rows].reset_index(drop=True)
        living = children_at(turned, asked, BANDS)
        access = place_access(living, turned, seats.iloc[rows], there.iloc[rows], travel(high=1000.0))
        access["place_id"] = turned["place_id"].to_numpy()[access["place"].to_numpy(dtype="int64")]
        return access.set_index(["access_method", "place_id"])["access_ratio"].sort_index()

    pd.testing.assert_series_equal(run(list(range(4))), run(order), rtol=1e-12)
