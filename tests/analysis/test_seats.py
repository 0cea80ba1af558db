"""The service gap by hand: demand counted and estimated, capacity shared, nothing netted."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.seats import (
    quality_seats,
    rated_levels,
    record_gap,
    school_seats,
    seats_by_zone,
    service_gap,
    site_capacity,
)
from pipeline.columns import LEVELS
from pipeline.ledger import Ledger

BANDS = {
    "elementary": ("TK", "KG", "01", "02", "03", "04", "05"),
    "middle": ("06", "07", "08"),
    "high": ("09", "10", "11", "12"),
}


def facts(**changes: object) -> pd.DataFrame:
    """a and b share site 1, c (a charter) stands alone at site 2, w is citywide, p is private."""
    frame = pd.DataFrame(
        {
            "school_id": ["a", "b", "c", "p", "w"],
            "sector": ["district", "charter", "charter", "private", "district"],
            "school_status": "open",
            "is_place": True,
            "is_citywide": [False, False, False, False, True],
            "site_id": pd.Series([None, None, "2", None, None], dtype="str"),
        }
    )
    return frame.assign(**changes)


SITES = pd.DataFrame({"school_id": ["a", "b"], "site_id": ["1", "1"]})
UTILIZATION = pd.DataFrame(
    {
        "site_id": ["1", "1", "2"],
        "capacity_definition": ["given", "functional", "state_loading"],
        "fall_year": 2024,
        "capacity_seats": [600.0, 500.0, 200.0],
    }
)
RATED = pd.DataFrame(
    {"school_id": ["a", "b", "c", "w"], "is_quality": [True, False, True, True], "quality_class": "strong"}
)


def enrollment() -> pd.DataFrame:
    rows = [
        ("a", "KG", 200.0),
        ("a", "06", 100.0),
        ("b", "KG", 100.0),
        ("c", "09", 150.0),
        ("w", "KG", 80.0),
        ("p", "KG", 60.0),
    ]
    frame = pd.DataFrame(rows, columns=["school_id", "grade", "pupils"])
    return frame.assign(
        fall_year=2024,
        student_group="all",
        pupils_low=frame["pupils"],
        pupils_high=frame["pupils"],
        value_status="reported",
    )


def flows(*rows: tuple[str, str, str, float | None]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["level", "zone_id", "school_id", "pupils"]).astype(
        {"pupils": "float64", "level": "str", "zone_id": "str", "school_id": "str"}
    )
    status = np.where(frame["pupils"].isna(), "suppressed", "reported")
    return frame.assign(
        fall_year=2024,
        pupils_low=frame["pupils"].fillna(1.0),
        pupils_high=frame["pupils"].fillna(9.0),
        value_status=status,
    )


def zones() -> pd.DataFrame:
    return pd.DataFrame(
        {
            "level": ["elementary", "elementary", "high"],
            "fall_year": 2024,
            "zone_id": ["north", "south", "all"],
            "vintage": "2019-2023",
            "is_approximate": False,
            "children_0_4": [50.0, 100.0, 150.0],
            "children_5_9": [100.0, 200.0, 300.0],
            "children_10_14": [100.0, 200.0, 300.0],
            "children_15_17": [60.0, 90.0, 150.0],
            "children_0_17": [310.0, 590.0, 900.0],
        }
    )


def offered() -> pd.DataFrame:
    return school_seats(enrollment(), facts(), SITES, UTILIZATION, BANDS, 2024)


def test_a_sites_capacity_is_shared_by_pupils_and_never_grows() -> None:
    #  site 1: 600 seats given; a has 200 + 100 pupils, b 100  ->  300, 150, 150
    table = offered().set_index(["school_id", "level"])
    assert table["seats"].to_dict() == {
        ("a", "elementary"): 300,
        ("a", "middle"): 150,
        ("b", "elementary"): 150,
        ("c", "high"): 200,
        ("w", "elementary"): 80,
    }
    assert table["seats_method"].to_dict()[("a", "middle")] == "given"
    assert table["seats_method"].to_dict()[("c", "high")] == "state_loading"
    assert table["seats_method"].to_dict()[("w", "elementary")] == "enrolled"


def test_the_publishers_capacity_goes_before_a_computed_one_and_later_years_do_not_count() -> None:
    later = pd.concat(
        [
            UTILIZATION,
            UTILIZATION.assign(fall_year=2029, capacity_seats=9999.0),
            UTILIZATION.assign(fall_year=2020, capacity_seats=1.0),
        ]
    )
    assert site_capacity(later, 2024)["capacity_seats"].tolist() == [600, 200]


def test_private_and_closed_schools_offer_no_public_seats() -> None:
    assert "p" not in set(offered()["school_id"])
    closed = facts(school_status=["closed", "open", "open", "open", "open"])
    table = school_seats(enrollment(), closed, SITES, UTILIZATION, BANDS, 2024)
    assert "a" not in set(table["school_id"])


def test_codes_that_are_no_place_offer_no_seats() -> None:
    codes = facts(is_place=[True, True, False, True, True])
    table = school_seats(enrollment(), codes, SITES, UTILIZATION, BANDS, 2024)
    assert "c" not in set(table["school_id"])


def test_a_school_without_enrollment_has_no_known_seats() -> None:
    table = school_seats(enrollment()[lambda f: f["school_id"].ne("c")], facts(), SITES, UTILIZATION, BANDS, 2024)
    assert "c" not in set(table["school_id"])


def test_citywide_seats_go_where_their_pupils_live_or_are_kept_out_with_a_record() -> None:
    membership = pd.DataFrame(
        {
            "school_id": ["a", "a", "c", "w"],
            "level": ["elementary", "middle", "high", "elementary"],
            "zone_id": ["north", None, "all", "south"],
        }
    )
    good = quality_seats(offered(), RATED)
    spread = seats_by_zone(
        good,
        zones(),
        facts(),
        membership,
        flows(("elementary", "north", "w", 60), ("elementary", "south", "w", 20)),
        2024,
        Ledger(),
    )
    assert spread.set_index(["level", "zone_id"])["quality_seats"].to_dict() == {
        ("elementary", "north"): 360,
        ("elementary", "south"): 20,
        ("high", "all"): 200,
    }
    assert (
        spread.set_index(["level", "zone_id"])["seats_method"].to_dict()[("elementary", "north")]
        == "enrolled and given"
    )
    ledger = Ledger()
    without = seats_by_zone(good, zones(), facts(), membership, flows(), 2024, ledger)
    assert without.set_index("zone_id")["quality_seats"].to_dict() == {"north": 300, "all": 200}
    line = ledger.frame().set_index("subject_name").loc["quality seats, elementary"]
    assert (line["total"], line["inside"], line["outside"]) == (380, 300, 80)
    assert "citywide schools without flows: w" in line["reason"]


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=1, max_size=8))
def test_a_surplus_never_offsets_a_deficit(places: list[tuple[float, float]]) -> None:
    frame = pd.DataFrame({"level": "high", "zone_id": [f"z{i}" for i in range(len(places))], "is_approximate": False})
    demand = frame[["level", "zone_id"]].assign(
        resident_pupils=[d for d, _ in places], demand_method="residents counted"
    )
    supply = frame[["level", "zone_id"]].assign(quality_seats=[s for _, s in places], seats_method="given")
    gap = service_gap(frame, demand, supply, rated=LEVELS)
    assert gap["unmet_seats"].sum() == pytest.approx(sum(max(d - s, 0) for d, s in places))
    assert gap["unmet_seats"].sum() >= gap["service_gap_seats"].sum() - 1e-9
    ordered = gap.sort_values("service_gap_rank")["service_gap_seats"].tolist()
    assert ordered == sorted(ordered, reverse=True)
    assert gap["service_level_ratio"].isna().tolist() == [d == 0 for d, _ in places]


def test_no_seats_is_zero_where_schools_are_rated_and_unknown_where_none_is() -> None:
    demand = zones()[["level", "zone_id"]].assign(resident_pupils=10.0, demand_method="residents counted")
    none = pd.DataFrame(
        {
            "level": pd.Series(dtype="str"),
            "zone_id": pd.Series(dtype="str"),
            "quality_seats": [],
            "seats_method": pd.Series(dtype="str"),
        }
    )
    rated = service_gap(zones(), demand, none, rated=LEVELS)
    assert rated["quality_seats"].eq(0).all() and rated["unmet_seats"].eq(10).all()
    unknown = service_gap(zones(), demand, none, rated=())
    assert unknown[["quality_seats", "service_gap_seats", "unmet_seats", "service_gap_rank"]].isna().all(axis=None)
    assert unknown["method"].iloc[0] == "residents counted; seats: not known"
    ledger = Ledger()
    assert rated_levels(offered(), RATED.assign(quality_class="not_rated"), ledger) == ()
    assert ledger.frame()["entry"].iloc[0] == "missing_input"


def test_a_level_without_any_rated_school_is_unknown_beside_one_that_is_rated() -> None:
    ledger = Ledger()
    quality = RATED.assign(quality_class=["weak", "weak", "not_rated", "weak"])  # c is the only high school
    levels = rated_levels(offered(), quality, ledger)
    assert levels == ("elementary", "middle")
    assert ledger.frame()[["entry", "subject_name"]].to_numpy().tolist() == [["absence", "quality seats, high"]]


def test_approximate_zones_are_said_to_be() -> None:
    gap = service_gap(
        zones().assign(is_approximate=True),
        zones()[["level", "zone_id"]].assign(resident_pupils=1.0, demand_method="m"),
        zones()[["level", "zone_id"]].assign(quality_seats=3.0, seats_method="given"),
        rated=LEVELS,
    )
    ledger = Ledger()
    record_gap(gap, ledger)
    reasons = ledger.frame()["reason"].tolist()
    assert any("approximate" in reason for reason in reasons)
    assert "2 resident pupils, 6 quality seats, 0 unmet; 4 spare seats" in reasons[0]
