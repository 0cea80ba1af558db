"""Sites that can take in others."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis import hosts

LEVEL = {"serves_elementary": True, "serves_middle": False, "serves_high": False}
SURPLUS = pd.DataFrame(
    {
        "site_id": ["1", "2", "3", "4"],
        "surplus_status": ["offered", "watch", "offered", "offered"],
        "surplus_seats": [100.0, 50.0, 80.0, None],
        "surplus_rooms": [4.0, 2.0, 3.0, None],
    }
)
AT = pd.DataFrame({"school_id": ["big", "small"], "site_id": ["1", "1"]})
SCHOOLS = pd.DataFrame({"school_id": ["big", "small"], "school_status": "open", **LEVEL})
PUPILS = pd.Series({"big": 300.0, "small": 90.0})


def test_the_host_is_the_largest_school_and_an_empty_site_suits_all() -> None:
    found = hosts.hosts(SURPLUS, AT, SCHOOLS, PUPILS).set_index("site_id")
    assert list(found.index) == ["1", "3", "4"]
    assert found.loc["1", "matched_school_id"] == "big"
    assert not found.loc["1", "serves_high"]
    assert found.loc["3", ["serves_elementary", "serves_middle", "serves_high"]].all()
    # how long rooms stay free hangs on how many are taken: no host tells it
    assert "longest_lease_years" not in found
    assert found["is_empty"].tolist() == [False, True, True]
    assert found["surplus_rooms"].dropna().tolist() == [4.0, 3.0]


def test_rooms_that_nobody_has_counted_are_marked_and_use_is_by_the_smallest_capacity() -> None:
    use = pd.DataFrame(
        {"site_id": ["1"] * 4, "capacity_definition": ["given", "functional", "given", "target"], "fall_year": [2024, 2024, 2029, 2024],
         "capacity_seats": [600.0, 500.0, 100.0, 50.0], "pupils": 390.0}
    )  # fmt: skip
    found = hosts.hosts(
        SURPLUS,
        AT,
        SCHOOLS,
        PUPILS,
        pd.DataFrame({"site_id": ["1"]}),
        use,
        fall_year=2024,
        judged_by=("given", "functional"),
    )
    assert found["is_rooms_derived"].tolist() == [False, True, True]
    assert found[["host_pupils", "host_capacity_seats"]].iloc[0].tolist() == [390.0, 500.0]
