"""Co-location matched exactly: against every assignment tried one by one, and each reason."""

from __future__ import annotations

import itertools

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import matching
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty

ELEMENTARY = {"serves_elementary": True, "serves_middle": False, "serves_high": False}


def seeking(**needed: float) -> pd.DataFrame:
    return pd.DataFrame({"school_id": list(needed), "needed_seats": list(needed.values()), **ELEMENTARY})


def offered(**seats: float) -> pd.DataFrame:
    frame = pd.DataFrame(
        {"site_id": list(seats), "surplus_seats": list(seats.values()), "matched_school_id": None, **ELEMENTARY}
    )
    return frame.astype({"site_id": "str", "surplus_seats": "float64", "matched_school_id": "str"})


def trips(matrix: dict[str, dict[str, float]]) -> pd.DataFrame:
    return pd.DataFrame(
        [(s, t, d) for s, row in matrix.items() for t, d in row.items()], columns=["school_id", "site_id", "distance_m"]
    ).astype({"distance_m": "float64"})


def best_by_trying(needs: np.ndarray, seats: np.ndarray, distance: np.ndarray, limit: float) -> tuple[float, float]:
    """Most pupils seated, then fewest pupil-metres, over all assignments."""
    best = (0.0, 0.0)
    for choice in itertools.product(range(-1, len(seats)), repeat=len(needs)):
        load = np.zeros(len(seats))
        pupils = metres = 0.0
        for school, site in enumerate(choice):
            if site >= 0:
                load[site] += needs[school] if distance[school, site] <= limit else np.inf
                pupils += needs[school]
                metres += needs[school] * distance[school, site]
        if (load <= seats).all():
            best = max(best, (pupils, -metres))
    return best[0], -best[1]


@pytest.mark.parametrize("seed", range(12))
def test_the_matching_is_the_best_of_all(seed: int) -> None:
    rng = np.random.default_rng(seed)
    needs, seats = rng.integers(80, 300, 5).astype(float), rng.integers(100, 500, 3).astype(float)
    distance = rng.integers(200, 3000, (5, 3)).astype(float)
    schools, places = [f"c{n}" for n in range(5)], [f"s{n}" for n in range(3)]
    found = matching.colocation_matches(
        seeking(**dict(zip(schools, needs, strict=True))),
        offered(**dict(zip(places, seats, strict=True))),
        trips({s: dict(zip(places, distance[n], strict=True)) for n, s in enumerate(schools)}),
        travel_m=2500.0,
    )
    check(BY_TABLE["colocation_matches"], found)
    matched = found[found["match_status"] == "matched"]
    pupils, metres = best_by_trying(needs, seats, distance, 2500.0)
    assert matched["needed_seats"].sum() == pupils
    assert (matched["needed_seats"] * matched["travel_m"]).sum() == pytest.approx(metres)
    load = matched.groupby("site_id")["needed_seats"].sum()
    assert (load <= pd.Series(seats, index=places)[load.index]).all()


def reason(found: pd.DataFrame, school: str) -> str:
    return str(found.set_index("school_id").loc[school, "reason"])


def test_each_unmatched_school_learns_which_rule_binds() -> None:
    needs = seeking(big=400.0, far=100.0, loser=150.0, winner=200.0)
    places = offered(s1=210.0, s2=210.0)
    found = matching.colocation_matches(
        needs,
        places,
        trips({"big": {"s1": 100.0}, "far": {"s1": 9000.0}, "winner": {"s1": 500.0}, "loser": {"s1": 400.0}}),
        travel_m=2000.0,
    )
    assert found.set_index("school_id")["match_status"].to_dict() == {
        "big": "unmatched",
        "far": "unmatched",
        "loser": "unmatched",
        "winner": "matched",
    }
    assert "needs 400 seats; the largest suitable site within 2.0 km has 210 free" in reason(found, "big")
    assert "No offered site with a known number of free seats lies within 2.0 km" in reason(found, "far")
    assert "(s1) seat more pupils when given to winner" in reason(found, "loser")


def test_reasons_speak_of_schools_and_sites_by_name_and_by_id_only_where_there_is_none() -> None:
    places = offered(s1=200.0, s2=100.0).assign(matched_school_id=["host", None])
    found = matching.colocation_matches(
        seeking(loser=150.0, winner=200.0, other=90.0),
        places,
        trips({"winner": {"s1": 500.0}, "loser": {"s1": 400.0}, "other": {"s2": 300.0}}),
        travel_m=2000.0,
        schools={"winner": "Hill Charter", "host": "Oak School"},
        sites={"s1": "Oak campus"},
    )
    assert "beside Oak School, 0.5 km" in reason(found, "winner")
    assert (
        reason(found, "loser") == "The sites that would fit (Oak campus) seat more pupils when given to Hill Charter."
    )
    assert "at an empty site" in reason(found, "other")


def test_levels_must_meet() -> None:
    high = offered(s1=500.0).assign(serves_elementary=False, serves_high=True)
    found = matching.colocation_matches(seeking(a=100.0), high, trips({"a": {"s1": 100.0}}), travel_m=2000.0)
    assert "teaches a level" in reason(found, "a")


def test_without_offered_sites_nobody_is_matched() -> None:
    found = check(
        BY_TABLE["colocation_matches"],
        matching.colocation_matches(seeking(a=100.0), offered(), trips({}), travel_m=2000.0),
    )
    assert reason(found, "a") == "No site with a known number of free seats is offered."


def test_a_near_site_of_unknown_size_is_matched_with_nobody_but_told() -> None:
    places = offered(s1=150.0, s2=float("nan"))
    found = matching.colocation_matches(
        seeking(a=200.0, b=90.0), places, trips({"a": {"s1": 100.0, "s2": 100.0}, "b": {"s2": 50.0}}), travel_m=2000.0
    )
    assert found["match_status"].tolist() == ["unmatched", "unmatched"]
    assert "has 150 free (1 more within 2.0 km, but their free seats are not known)" in reason(found, "a")
    assert "No offered site with a known number of free seats lies within 2.0 km" in reason(found, "b")


def test_ties_go_to_the_first_site_by_id() -> None:
    found = matching.colocation_matches(
        seeking(a=100.0), offered(s2=100.0, s1=100.0), trips({"a": {"s1": 100.0, "s2": 100.0}}), travel_m=2000.0
    )
    assert found["site_id"].tolist() == ["s1"]


def schools() -> pd.DataFrame:
    rows = [("housed", "charter", "open", True, False), ("asks", "charter", "open", True, False), ("small", "charter", "open", True, False),
            ("online", "charter", "open", True, True), ("shut", "charter", "closed", True, False), ("own", "district", "open", True, False),
            ("rents", "charter", "open", True, False)]  # fmt: skip
    return pd.DataFrame(rows, columns=["school_id", "sector", "school_status", "is_place", "is_virtual"]).assign(
        **ELEMENTARY
    )


AT = pd.DataFrame({"school_id": ["housed", "own", "rents"], "site_id": ["1", "1", "2"]})
SITES = pd.DataFrame({"site_id": ["1", "2"], "is_district_owned": [True, False]})
PUPILS = pd.Series(
    {"housed": 200.0, "asks": 120.5, "small": 40.0, "online": 300.0, "shut": 0.0, "own": 300.0, "rents": 90.0}
)


def test_only_open_charter_schools_of_size_outside_district_buildings_ask() -> None:
    found = matching.seekers(schools(), AT, SITES, PUPILS, smallest_school=80.0)
    assert found[["school_id", "needed_seats"]].to_numpy().tolist() == [["asks", 121.0], ["rents", 90.0]]


def test_the_host_is_the_largest_school_and_an_empty_site_suits_all() -> None:
    surplus = pd.DataFrame(
        {
            "site_id": ["1", "2", "3", "4"],
            "surplus_status": ["offered", "watch", "offered", "offered"],
            "surplus_seats": [100.0, 50.0, 80.0, None],
        }
    )
    found = matching.hosts(surplus, AT, schools(), PUPILS).set_index("site_id")
    assert list(found.index) == ["1", "3", "4"]
    assert found.loc["1", "matched_school_id"] == "own"
    assert not found.loc["1", "serves_high"]
    assert found.loc["3", ["serves_elementary", "serves_middle", "serves_high"]].all()


def test_the_ledger_says_how_many_pupils_were_placed() -> None:
    ledger = Ledger()
    matching.record(
        matching.colocation_matches(
            seeking(a=100.0, b=300.0), offered(s=150.0), trips({"a": {"s": 1.0}, "b": {"s": 1.0}}), travel_m=9.0
        ),
        ledger,
    )
    assert ledger.frame()[["total", "inside", "outside"]].to_numpy().tolist() == [[400.0, 100.0, 300.0]]
    matching.record(empty("colocation_matches", ""), ledger)
    assert ledger.frame()["entry"].tolist() == ["match", "note"]
