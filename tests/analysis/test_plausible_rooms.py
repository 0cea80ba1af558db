"""Rooms and seats that a building cannot have."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import plausible_rooms
from pipeline.errors import ContractError
from pipeline.ledger import Ledger

SITES = pd.DataFrame(
    {
        "site_id": ["s3", "s1", "s2"], "site_status": ["open", "closed", "open"], "building_m2": [2824.0, 3000.0, np.nan],
        "given_capacity_seats": [500.0, 0.0, 0.0],
    }
)  # fmt: skip
AT = pd.DataFrame({"school_id": ["a", "b", "c"], "site_id": ["s1", "s2", "s3"]})
SCHOOLS = pd.DataFrame({"school_id": ["a", "b", "c"], "school_status": ["open", "closed", "open"]})


def rooms(**counts: float) -> pd.DataFrame:
    return pd.DataFrame(
        {"site_id": list(counts), "room_type": "classroom", "is_portable": False, "rooms": list(counts.values())}
    )


def test_rooms_of_other_sites_are_refused_when_they_are_most() -> None:
    with pytest.raises(
        ContractError, match=r"E-ROOMS-ELSEWHERE.*33 of 53 rooms.*2 times; first: site X1; sites of the"
    ) as refused:
        plausible_rooms.check_rooms_found(rooms(X1=13.0, X9=20.0, s3=20.0), SITES)
    assert "`prefix` of the source" in str(refused.value)
    plausible_rooms.check_rooms_found(rooms(X1=20.0, s3=20.0), SITES)  # half is told in the ledger, by its balance
    plausible_rooms.check_rooms_found(rooms(), SITES)
    plausible_rooms.check_rooms_found(rooms(X1=20.0), SITES[:0])  # a study without an inventory says so elsewhere


def test_a_thousand_rooms_in_a_small_building_are_refused() -> None:
    with pytest.raises(
        ContractError, match=r"E-ROOMS-TOO-MANY.*10 m2.*once; first: site s3: 999 rooms in building_m2 2,824"
    ):
        plausible_rooms.check_room_sizes(rooms(s3=999.0, s2=999.0), SITES, Ledger())


def test_portables_and_other_rooms_take_no_floor_of_the_building() -> None:
    ledger = Ledger()
    beside = pd.concat(
        [rooms(s3=600.0).assign(is_portable=True), rooms(s3=900.0).assign(room_type="other"), rooms(s3=20.0)]
    )
    sites = SITES.assign(given_capacity_seats=np.nan)
    plausible_rooms.check_room_sizes(beside, sites, ledger)
    assert ledger.frame().empty


@pytest.mark.parametrize(
    ("count", "seats", "told"),
    [
        (71.0, 1500.0, ["1 buildings have less than 40 m2 to each of their permanent rooms; first: 71 rooms in 2,824 m2"]),
        (70.0, 1500.0, []),
        (20.0, 1201.0, ["1 sites are given fewer than 4 or more than 60 seats to a room; first: 1,201 seats in 20 rooms"]),
        (20.0, 79.0, ["1 sites are given fewer than 4 or more than 60 seats to a room; first: 79 seats in 20 rooms"]),
        (20.0, 80.0, []),
        (20.0, np.nan, []),
    ],
)  # fmt: skip
def test_what_may_be_true_is_told(count: float, seats: float, told: list[str]) -> None:
    ledger = Ledger()
    plausible_rooms.check_room_sizes(rooms(s3=count), SITES[:1].assign(given_capacity_seats=seats), ledger)
    assert ledger.frame()["reason"].tolist() == told


def test_a_closed_site_with_an_open_school_is_told() -> None:
    ledger = Ledger()
    plausible_rooms.record_closed_in_use(SITES, AT, SCHOOLS, ledger)
    assert ledger.frame()["item"].tolist() == ["s1"]
    assert "first: school a at s1" in ledger.frame()["reason"].item()
    quiet = Ledger()
    plausible_rooms.record_closed_in_use(SITES, AT, SCHOOLS.assign(school_status="closed"), quiet)
    assert quiet.frame().empty


def test_no_seats_where_a_school_is_open_are_seats_not_given() -> None:
    ledger = Ledger()
    found = plausible_rooms.seats_given(SITES, AT, SCHOOLS, ledger)
    assert found["given_capacity_seats"].tolist()[::2] == [500.0, 0.0]  # the school of s2 is closed
    assert np.isnan(found.set_index("site_id").loc["s1", "given_capacity_seats"])
    assert ledger.frame()[["entry", "item", "total"]].to_numpy().tolist() == [["absence", "s1", 1.0]]
