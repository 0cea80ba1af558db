"""Siting: demand brought down to neighborhoods and gathered within reach."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.analysis import siting
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty

GAP = pd.DataFrame(
    {"level": ["middle", "middle", "high"], "zone_id": ["z", "y", "z"], "unmet_seats": [100.0, 0.0, None]}
)
WEIGHTS = pd.DataFrame(
    {
        "source_layer": "zone middle 2024",
        "source_id": "z",
        "target_layer": ["neighborhood", "neighborhood", "district"],
        "target_id": ["n", "m", "d"],
        "carrier": "children",
        "weight": [0.6, 0.3, 1.0],
    }
)
MEMBERS = pd.DataFrame({"level": "middle", "zone_id": "z", "neighborhood_id": ["k", "l", "k"]})


def test_unmet_seats_go_where_the_zones_children_live_and_the_rest_is_outside() -> None:
    ledger = Ledger()
    found = siting.unmet_by_neighborhood(GAP, WEIGHTS, MEMBERS, fall_year=2024, ledger=ledger)
    assert found.to_numpy().tolist() == [["m", "middle", 30.0], ["n", "middle", 60.0]]
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == (100.0, 90.0, pytest.approx(10.0))


def test_without_a_crosswalk_they_are_spread_over_the_neighborhoods_of_the_zones_schools_and_noted() -> None:
    ledger = Ledger()
    found = siting.unmet_by_neighborhood(GAP, WEIGHTS, MEMBERS, fall_year=2023, ledger=ledger)
    assert found.to_numpy().tolist() == [["k", "middle", 50.0], ["l", "middle", 50.0]]
    assert "spread evenly" in ledger.frame()["reason"].iloc[0]


def trips(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["origin_id", "destination_id", "distance_m"]).assign(
        origin_layer="neighborhood", destination_kind="site"
    )


UNMET = pd.DataFrame(
    {"neighborhood_id": ["n", "m", "n"], "level": ["middle", "middle", "elementary"], "unmet_seats": [60.0, 30.0, 20.0]}
)
HOSTS = pd.DataFrame(
    {
        "site_id": ["1", "2", "4", "5"],
        "surplus_seats": [100.0, None, 40.0, 0.0],
        "serves_elementary": [True, True, True, True],
        "serves_middle": [True, True, True, True],
        "serves_high": [False, True, False, True],
    }
)
SITES = pd.DataFrame({"site_id": ["1", "2", "4", "5"], "site_status": ["open", "closed", "surplus", "open"]})
REACH = {"elementary": 1000.0, "middle": 3000.0, "high": 5000.0}


def options(table: pd.DataFrame, most: int = 5, hosts: pd.DataFrame = HOSTS) -> pd.DataFrame:
    return siting.siting_options(UNMET, hosts, SITES, table, reach_m=REACH, options=most)


def test_only_offered_sites_with_demand_in_reach_of_its_level_are_ranked() -> None:
    found = options(
        trips(("n", "1", 2000.0), ("m", "1", 2000.0), ("n", "2", 900.0), ("n", "3", 10.0), ("n", "4", 3500.0))
    )
    check(BY_TABLE["siting_options"], found)
    # site 1: both middle demands, not the elementary one (2 km > 1 km); site 2: both demands of n; 3 is not offered, 4 too far
    assert found[["site_id", "option_rank"]].to_numpy().tolist() == [["1", 1.0], ["2", 2.0]]
    assert found["covered_seats"].iloc[0] == 90.0 and pd.isna(found["covered_seats"].iloc[1])
    assert "How many the closed site could hold is not known" in found["reason"].iloc[1]
    assert "elementary 20 within 1 km, middle 60 within 3 km" in found["reason"].iloc[1]


def test_a_site_holds_no_more_than_its_free_seats_and_none_without() -> None:
    found = options(trips(("n", "4", 10.0), ("m", "4", 10.0), ("n", "5", 10.0)))
    assert found[["site_id", "covered_seats"]].to_numpy().tolist() == [["4", 40.0]]
    assert "has 40 seats free: it could hold 40 of the 110" in found["reason"].item()


def test_missing_seats_are_told_in_tens() -> None:
    few = UNMET.assign(unmet_seats=[58.0, 33.0, 9.0])
    found = siting.siting_options(few, HOSTS, SITES, trips(("n", "1", 900.0)), reach_m=REACH, options=5)
    assert found["covered_seats"].tolist() == [50.0]
    assert "within reach: middle 50 within 3 km, 0.9 km away" in found["reason"].item()


def test_an_elementary_campus_is_not_credited_with_the_seats_of_other_levels() -> None:
    campus = HOSTS.assign(serves_middle=False, serves_high=False)
    found = options(trips(("n", "1", 900.0), ("m", "1", 900.0)), hosts=campus)
    assert found["covered_seats"].tolist() == [20.0]
    assert "middle" not in found["reason"].item()


def test_a_site_of_unknown_size_stands_after_those_that_are_known() -> None:
    found = options(trips(("n", "2", 900.0), ("m", "2", 900.0), ("m", "4", 900.0)))
    assert found["site_id"].tolist() == ["4", "2"]
    assert found["covered_seats"].iloc[0] == 30.0 and pd.isna(found["covered_seats"].iloc[1])
    assert "elementary 20 within 1 km, middle 90 within 3 km" in found["reason"].iloc[1]


def test_equal_demand_is_ranked_by_distance_and_the_list_is_cut() -> None:
    found = options(trips(("m", "1", 2000.0), ("m", "4", 1500.0)), most=1)
    assert found["site_id"].tolist() == ["4"]


def test_no_demand_gives_no_option_and_two_reasons() -> None:
    none = siting.unmet_by_neighborhood(
        empty("service_gap", ""), empty("crosswalk", ""), empty("membership", ""), fall_year=2024, ledger=Ledger()
    )
    assert siting.siting_options(none, HOSTS, SITES, trips(("m", "1", 1.0)), reach_m=REACH, options=5).empty
    ledger = Ledger()
    siting.record_unmet(empty("service_gap", ""), ledger)
    siting.record_offered(empty("surplus_sites", ""), ledger)
    assert ledger.frame()["entry"].tolist() == ["missing_input", "missing_input"]
