"""Common enrollment zones: the largest seating and its proof, held against Hall's condition."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.enrollment_zones import (
    enrollment_zones,
    latest_grades,
    pupils_by_grade,
    seat_all,
    seats_by_grade,
    shortest_limit,
    whole_parts,
)
from pipeline.analysis.rolls import rolls
from pipeline.errors import FaultyInput
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check

HOMES, SCHOOLS = 4, 3


@st.composite
def towns(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    children = draw(st.lists(st.integers(0, 9), min_size=HOMES, max_size=HOMES))
    seats = draw(st.lists(st.integers(0, 12), min_size=SCHOOLS, max_size=SCHOOLS))
    near = draw(st.lists(st.booleans(), min_size=HOMES * SCHOOLS, max_size=HOMES * SCHOOLS))
    return np.array(children), np.array(seats), np.array(near).reshape(HOMES, SCHOOLS)


def most_short(children: np.ndarray, seats: np.ndarray, near: np.ndarray) -> int:
    """Hall: over every set of homes, how many more children they have than the schools they reach have seats."""
    worst = 0
    for size in range(1, HOMES + 1):
        for some in combinations(range(HOMES), size):
            reached = near[list(some)].any(axis=0)
            worst = max(worst, int(children[list(some)].sum() - seats[reached].sum()))
    return worst


@given(towns())
def test_those_left_are_as_many_as_halls_condition_says_and_the_cut_proves_it(town: tuple[np.ndarray, ...]) -> None:
    children, seats, near = town
    found = seat_all(children, seats, *np.nonzero(near))
    short = int(children.sum()) - found.seated
    assert short == most_short(children, seats, near)
    if short:
        # the children of the cut reach no other school, and lack exactly those seats
        assert not near[found.homes][:, ~found.schools].any()
        assert children[found.homes].sum() - seats[found.schools].sum() == short


@given(st.lists(st.floats(0, 9), min_size=1, max_size=6), st.integers(0, 500))
def test_whole_parts_add_up_and_are_never_off_by_one(parts: list[float], total: int) -> None:
    given_parts = np.array(parts)
    found = whole_parts(given_parts, total)
    if given_parts.sum() > 0:
        assert found.sum() == total
        assert (np.abs(found - given_parts / given_parts.sum() * total) < 1 + 1e-6).all()


# two zones, a school in each; children of z live in n and m, those of y in m only
PUPILS = pd.DataFrame({"level": "middle", "zone_id": ["y", "z"], "grade": "07", "pupils": [40, 60]})
SEATS = pd.DataFrame({"level": "middle", "school_id": ["a", "b"], "grade": "07", "seats": [50, 60]})
SEATS = SEATS.assign(firm_seats=SEATS["seats"], offered_site_id="")
WEIGHTS = pd.DataFrame(
    {
        "source_layer": "zone middle 2024",
        "source_id": ["y", "z", "z"],
        "target_layer": "neighborhood",
        "target_id": ["m", "m", "n"],
        "carrier": "children",
        "weight": [1.0, 0.5, 0.5],
    }
)
MEMBERS = pd.DataFrame({"level": "middle", "school_id": ["a", "b"], "zone_id": ["y", "z"]})


def trips(*pairs: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(list(pairs), columns=["origin_id", "destination_id", "distance_m"]).assign(
        origin_layer="neighborhood", destination_kind="school"
    )


def zones(reach: pd.DataFrame, seats: pd.DataFrame = SEATS, names: tuple[str, ...] = ("y", "z")) -> pd.DataFrame:
    union = [{"name": "Both", "level": "middle", "zones": names}]
    return enrollment_zones(
        union, PUPILS, seats, WEIGHTS, MEMBERS, reach, reach_m={"middle": 3000.0}, fall_year=2024, ledger=Ledger()
    )


def test_a_union_seats_all_where_one_zone_alone_could_not() -> None:
    found = zones(trips(("m", "a", 900.0), ("m", "b", 900.0), ("n", "b", 900.0)))
    check(BY_TABLE["enrollment_zones"], found)
    assert found[["zone_pupils", "zone_seats", "seated_pupils", "short_seats"]].to_numpy().tolist() == [
        [100.0, 110.0, 100.0, 0.0]
    ]


def test_a_school_beyond_the_limit_seats_nobody_and_the_cut_says_who_is_left() -> None:
    # 70 children of m reach school a alone, which has 50 seats
    found = zones(trips(("m", "a", 900.0), ("m", "b", 3001.0), ("n", "b", 900.0)))
    line = found.iloc[0]
    check(BY_TABLE["enrollment_zones"], found)
    assert (line["seated_pupils"], line["short_seats"]) == (80.0, 20.0)
    assert (line["cut_neighborhood_ids"], line["cut_school_ids"]) == ("m", "a")
    assert (
        line["finding"]
        == "70 children of 1 neighborhood can reach only 1 school of this zone, with some 50 seats: 20 to 29 children are left without a seat. "
        "The smallest change: 20 to 29 more seats in this grade, or a travel limit of 3.1 km."
    )


def test_schools_outside_the_union_offer_no_seat() -> None:
    found = zones(trips(("m", "a", 900.0), ("n", "b", 900.0), ("m", "b", 900.0)), names=("y",))
    assert found["zone_seats"].tolist() == [50.0] and found["zone_pupils"].tolist() == [40.0]


def test_no_seat_at_all_is_told() -> None:
    found = zones(trips(("m", "a", 9000.0)))
    assert found["seated_pupils"].tolist() == [0.0]
    assert found["finding"].item().startswith("All 100 children can reach no school of this zone")


def test_too_few_seats_altogether_are_not_put_down_to_distance_and_no_limit_helps() -> None:
    small = SEATS.assign(seats=[50, 30], firm_seats=[50, 30])
    line = zones(trips(("m", "a", 900.0), ("m", "b", 900.0), ("n", "a", 900.0), ("n", "b", 900.0)), small).iloc[0]
    assert (
        line["finding"]
        == "Too few seats altogether, some 80 for 100 children: 20 to 29 children are left without a seat. The smallest change: 20 to 29 more seats in this grade; no travel limit helps by itself."
    )
    assert np.isnan(line["least_limit_m"]) and line["all_short_seats"] == 20.0


def test_without_the_rooms_on_offer_a_zone_that_seats_all_may_not() -> None:
    near = trips(("m", "a", 900.0), ("m", "b", 900.0), ("n", "b", 900.0))
    given = SEATS.assign(firm_seats=[20, 60], offered_site_id=["s1", ""])
    line = zones(near, given).iloc[0]
    assert (line["short_seats"], line["firm_short_seats"], line["zone_offered_seats"]) == (0.0, 20.0, 30.0)
    assert (line["offered_site_ids"], line["all_firm_short_seats"]) == ("s1", 20.0)
    assert line["offer_finding"] == "Without the rooms on offer, 20 to 29 children are left without a seat."
    assert zones(near).iloc[0]["offer_finding"] == ""


@given(towns(), st.lists(st.integers(0, 5), min_size=HOMES * SCHOOLS, max_size=HOMES * SCHOOLS))
def test_the_shortest_limit_seats_all_and_the_next_shorter_does_not(
    town: tuple[np.ndarray, ...], steps: list[int]
) -> None:
    children, seats, near = town
    metres = np.where(near, np.array(steps).reshape(HOMES, SCHOOLS) * 100.0, np.inf)
    limit = shortest_limit(children, seats, metres)
    seated = {at: seat_all(children, seats, *np.nonzero(metres <= at)).seated for at in np.unique(metres[near])}
    enough = [at for at, count in seated.items() if count == children.sum()]
    assert limit == (min(enough) if enough else None)


def test_a_zone_that_is_not_there_is_refused() -> None:
    with pytest.raises(
        FaultyInput,
        match=r"\(Both\) cannot be used:\n.*E-ZONE-UNKNOWN.*names middle zones that do not exist.*\(once; first: x\)",
    ):
        zones(trips(), names=("x", "y"))


def test_a_suppressed_grade_has_seats_and_children_as_the_rolls_fill_it() -> None:
    """30 and 30 pupils and a hidden eighth grade: a third of the zone's children and of the school's seats is in it."""
    cells = pd.DataFrame(
        {"school_id": "s", "fall_year": 2023, "grade": ["06", "07", "08"], "student_group": "all", "pupils": [30.0, 30.0, None],
         "pupils_low": [30.0, 30.0, 20.0], "pupils_high": [30.0, 30.0, 40.0], "value_status": ["reported", "reported", "suppressed"]}
    )  # fmt: skip
    totals = cells.iloc[:0].drop(columns="grade")
    grades = {"middle": ("06", "07", "08")}
    table = latest_grades(rolls(cells, totals, first_year=None, last_year=2024, ledger=Ledger()))
    assert table.loc["s", ["06", "07", "08"]].tolist() == [30.0, 30.0, 30.0]
    gap = pd.DataFrame({"level": ["middle"], "zone_id": ["z"], "resident_pupils": [90.0]})
    nowhere = pd.DataFrame(
        columns=["level", "zone_id", "school_id", "fall_year", "pupils", "pupils_low", "pupils_high"]
    )
    # the roll is a year older than the study's fall: it is the latest there is
    assert pupils_by_grade(gap, nowhere, table, grades, 2024)["pupils"].tolist() == [30, 30, 30]
    offered = pd.DataFrame({"school_id": ["s", "never counted"], "level": "middle", "seats": [120.0, 30.0]})
    assert seats_by_grade(offered, table, grades)["seats"].tolist() == [10, 10, 10, 40, 40, 40]
    # where no school has a pupil of the level, children have no grade: nothing is said of them
    assert pupils_by_grade(gap, nowhere, table * 0.0, grades, 2024).empty
