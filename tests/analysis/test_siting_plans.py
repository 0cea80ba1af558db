"""What each further site adds: by hand, where the best two do not contain the best one, and why a question has no answer."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.siting_plans import existing_room, siting_plans
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check

# Four neighborhoods in a row, a site between each pair and one in the middle: k -1- l -2- m -3- n; 2 reaches l and m, 1 k and l, 3 m and n.
UNMET = pd.DataFrame({"neighborhood_id": list("klmn"), "level": "middle", "unmet_seats": [100.0, 90.0, 90.0, 100.0]})
UNMET = pd.concat([UNMET, UNMET.assign(level="high", unmet_seats=0.0)], ignore_index=True)
HOSTS = pd.DataFrame(
    {
        "site_id": ["1", "2", "3", "4"],
        "surplus_seats": [500.0, 500.0, 500.0, None],
        "serves_middle": True,
        "serves_high": True,
    }
)
NONE = pd.DataFrame({"school_id": [], "level": [], "room_seats": []}).astype({"school_id": "str", "level": "str"})
REACH = {"middle": 1000.0, "high": 5000.0}


def trips(pairs: str, kind: str = "site", metres: float = 900.0) -> pd.DataFrame:
    found = [(pair[0], pair[1:]) for pair in pairs.split()]
    return pd.DataFrame(found, columns=["origin_id", "destination_id"]).assign(
        origin_layer="neighborhood", destination_kind=kind, distance_m=metres
    )


ROW = trips("k1 l1 l2 m2 m3 n3 k4 l4 m4 n4")


def plans(
    reach: pd.DataFrame = ROW, hosts: pd.DataFrame = HOSTS, existing: pd.DataFrame = NONE, unmet: pd.DataFrame = UNMET
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    found = siting_plans(unmet, hosts, existing, reach, reach_m=REACH, most_sites=2, beyond_m=8000.0, ledger=Ledger())
    for name, table in zip(("siting_plans", "siting_choices", "siting_coverage"), found, strict=True):
        check(BY_TABLE[name], table)
    return found


def of(table: pd.DataFrame, model: str) -> pd.DataFrame:
    return table[table["siting_model"] == model].reset_index(drop=True)


def test_each_number_of_sites_is_solved_by_itself_and_says_when_it_starts_anew() -> None:
    unmet = UNMET.assign(unmet_seats=[80.0, 90.0, 90.0, 80.0] + [0.0] * 4)
    found = of(plans(unmet=unmet)[0], "coverage_with_room")
    # site 2 is best alone, and in no best pair
    assert found["site_ids"].tolist() == ["", "2", "1; 3"]
    assert found["served_seats"].tolist() == [0.0, 180.0, 340.0]
    assert found["added_seats"].tolist()[1:] == [180.0, 160.0]
    assert found["is_nested"].tolist() == [True, True, False]
    assert "not those of one fewer" in found["finding"].iloc[2] and (found["optimum_gap_share"] == 0).all()


def test_a_site_of_unknown_size_counts_by_nearness_and_holds_nobody_for_sure() -> None:
    table, choices, _ = plans()
    assert "4" not in " ".join(of(table, "coverage_with_room")["site_ids"])
    near = of(table, "coverage")
    assert near["site_ids"].iloc[1] == "4" and near["served_seats"].iloc[1] == 380.0
    assert of(choices, "coverage_with_room")["held_seats"].max() <= 500.0


def test_no_site_serves_more_than_its_room_and_people_count_not_places() -> None:
    small = HOSTS.assign(surplus_seats=[60.0, 30.0, 60.0, None])
    table, choices, coverage = plans(hosts=small)
    found = of(table, "coverage_with_room")
    assert found["served_seats"].tolist() == [0.0, 60.0, 120.0]
    assert of(choices, "coverage_with_room")["held_seats"].tolist() == [60.0, 60.0, 60.0]
    assert coverage["served_after_seats"].sum() == pytest.approx(120.0) and coverage["unmet_seats"].sum() == 380.0


def test_what_existing_quality_schools_have_room_for_comes_before_any_site() -> None:
    school = pd.DataFrame({"school_id": ["s"], "level": ["middle"], "room_seats": [70.0]})
    reach = pd.concat([ROW, trips("ks", "school")], ignore_index=True)
    table, _, coverage = plans(reach, existing=school)
    assert of(table, "coverage_with_room")["served_seats"].iloc[0] == 70.0
    assert of(table, "coverage")["served_seats"].iloc[0] == 100.0
    assert coverage.set_index("neighborhood_id")["served_before_seats"].to_dict()["k"] == 70.0


def test_the_mean_distance_is_that_of_those_served_and_not_of_who_reaches_nothing() -> None:
    found = of(plans(trips("k1 l1"))[0], "travel")
    assert found["served_seats"].tolist() == [0.0, 190.0, 190.0]
    assert np.isnan(found["mean_travel_m"].iloc[0]) and found["mean_travel_m"].tolist()[1:] == pytest.approx(
        [900.0] * 2
    )
    assert found["finding"].tolist() == ["", "", "No further site adds anything."]
    # 120 of 380 find a seat, all of them 900 m away: who finds none is not in the mean
    small = HOSTS.assign(surplus_seats=[60.0, 30.0, 60.0, None])
    with_room = of(plans(hosts=small)[0], "travel_with_room")
    assert with_room["mean_travel_m"].tolist()[1:] == pytest.approx([900.0] * 2)


def test_the_fewest_sites_or_why_not_even_all_reach_everyone() -> None:
    fewest = of(plans()[0], "fewest").iloc[0]
    assert fewest["new_sites"] == 1.0 and fewest["site_ids"] == "4" and fewest["finding"] == ""
    # n is too far from everything; one site reaches all others, whatever may stand beside it
    far = trips("k1 l1 l2 m2 m3 k4 l4 m4")
    far = pd.concat([far, trips("n3", metres=1240.0)], ignore_index=True)
    never = of(plans(far)[0], "fewest").iloc[0]
    assert never["new_sites"] == 1.0 and never["site_ids"] == "4" and never["served_seats"] == 280.0
    assert (
        never["finding"]
        == "The smallest number that reaches all who can be reached within 1 km. 1 neighborhood is out of reach even of all 4 sites. With 2 sites the shortest travel limit at which all are covered is 1.3 km."
    )


def test_a_seat_that_a_school_gives_today_stays_when_a_site_opens() -> None:
    # k and l live equally far from school s; a new site reaches l and m
    school = pd.DataFrame({"school_id": ["s"], "level": ["middle"], "room_seats": [70.0]})
    reach = pd.concat([trips("l2 m2"), trips("ks ls", "school")], ignore_index=True)
    coverage = plans(reach, existing=school)[2].set_index("neighborhood_id")
    assert coverage["served_before_seats"].to_dict() == {"k": 70.0, "l": 0.0, "m": 0.0, "n": 0.0}
    assert coverage["served_after_seats"].to_dict() == {"k": 70.0, "l": 90.0, "m": 90.0, "n": 0.0}


def test_a_level_without_missing_seats_has_no_plan() -> None:
    assert set(plans()[0]["level"]) == {"middle"}
    nothing = siting_plans(
        UNMET.assign(unmet_seats=0.0), HOSTS, NONE, ROW, reach_m=REACH, most_sites=2, beyond_m=8000.0, ledger=Ledger()
    )
    assert [len(table) for table in nothing] == [0, 0, 0]
    for name, table in zip(("siting_plans", "siting_choices", "siting_coverage"), nothing, strict=True):
        check(BY_TABLE[name], table)


def test_a_school_gives_others_no_seat_that_its_own_zone_lacks() -> None:
    offered = pd.DataFrame(
        {"school_id": ["a", "b", "c"], "level": "high", "pupils": [10.0, 10.0, 30.0], "seats": [50.0, 50.0, 20.0]}
    )
    quality = pd.DataFrame({"school_id": ["a", "b", "c"], "is_quality": [True, True, True]})
    gap = pd.DataFrame({"level": "high", "zone_id": ["y", "z"], "service_gap_seats": [25.0, -90.0]})
    members = pd.DataFrame({"school_id": ["a", "b", "c"], "level": "high", "zone_id": ["y", "z", "z"]})
    # a: its zone lacks seats; b: its own 40 empty seats, not the zone's 90; c: overfull
    assert existing_room(offered, quality, gap, members)["room_seats"].tolist() == [0.0, 40.0, 0.0]
    assert np.isfinite(existing_room(offered, quality, gap.iloc[:0], members)["room_seats"]).all()
