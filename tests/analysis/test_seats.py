"""The service gap by hand: demand counted and estimated, capacity shared, nothing netted."""

from __future__ import annotations

from typing import Any

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
    service_gap,
    site_capacity,
)
from pipeline.analysis.zone_seats import seats_by_zone
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


MEMBERSHIP = pd.DataFrame(
    {
        "school_id": ["a", "a", "c", "w"],
        "level": ["elementary", "middle", "high", "elementary"],
        "zone_id": ["north", None, "all", "south"],
    }
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


def counted(zone: pd.DataFrame, pupils: Any) -> pd.DataFrame:
    """Whole counts of resident pupils."""
    return zone[["level", "zone_id"]].assign(
        resident_pupils=pupils,
        resident_pupils_low=pupils,
        resident_pupils_high=pupils,
        reliability_class="high",
        demand_method="residents counted",
    )


def supplied(zone: pd.DataFrame, seats: Any) -> pd.DataFrame:
    return zone[["level", "zone_id"]].assign(
        quality_seats=seats, citywide_seats=0.0, citywide_pupils=0.0, seats_method="given"
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
    good = quality_seats(offered(), RATED)
    spread = seats_by_zone(
        good,
        zones(),
        facts(),
        MEMBERSHIP,
        flows(("elementary", "north", "w", 60), ("elementary", "south", "w", 20)),
        2024,
        Ledger(),
    )
    assert spread.set_index(["level", "zone_id"])["quality_seats"].to_dict() == {
        ("elementary", "north"): 360,
        ("elementary", "south"): 20,
        ("high", "all"): 200,
    }
    assert spread.set_index(["level", "zone_id"])["citywide_pupils"].tolist() == [60, 20, 0]
    assert (
        spread.set_index(["level", "zone_id"])["seats_method"].to_dict()[("elementary", "north")]
        == "enrolled and given"
    )
    ledger = Ledger()
    without = seats_by_zone(good, zones(), facts(), MEMBERSHIP, flows(), 2024, ledger)
    assert without.set_index("zone_id")["quality_seats"].to_dict() == {"north": 300, "all": 200}
    line = ledger.frame().set_index("subject_name").loc["quality seats, elementary"]
    assert (line["total"], line["inside"], line["outside"]) == (380, 300, 80)
    assert "citywide schools without flows: w" in line["reason"]


CELLS = st.one_of(st.just("unbounded"), st.none(), st.integers(0, 300).map(float))


def test_the_ledger_says_why_seats_are_in_no_zone() -> None:
    #  a lies in no middle zone; c, a high school, has an eighth grader; w is citywide
    seats = {"level": "middle", "quality_seats": [150.0, 1.0, 80.0], "seats_method": "given"}
    ledger = Ledger()
    seats_by_zone(
        pd.DataFrame({"school_id": ["a", "c", "w"], **seats}), zones(), facts(), MEMBERSHIP, flows(), 2024, ledger
    )
    line = ledger.frame().iloc[0]
    assert (line["total"], line["outside"]) == (231, 231)
    assert line["reason"] == (
        "seats of schools in no zone; citywide schools without flows: w; "
        "a few pupils out of grade in schools that do not serve the level: c"
    )


@given(st.lists(CELLS, max_size=4))
def test_no_seat_of_a_citywide_school_is_made_or_lost_whatever_its_cells_hold(cells: list[Any]) -> None:
    #  w has 100 seats; a cell is a count, hidden (1 to 9) or without any bound
    good = pd.DataFrame(
        {"school_id": ["w"], "level": ["elementary"], "quality_seats": [100.0], "seats_method": ["given"]}
    )
    town = pd.DataFrame({"level": "elementary", "zone_id": [f"z{i}" for i in range(4)]})
    lived = flows(*(("elementary", f"z{i}", "w", c if c != "unbounded" else None) for i, c in enumerate(cells)))
    unbounded = [i for i, c in enumerate(cells) if c == "unbounded"]
    lived.loc[unbounded, ["pupils_low", "pupils_high"]] = np.nan
    members = pd.DataFrame({"school_id": [], "level": [], "zone_id": []}, dtype="str")
    ledger = Ledger()
    table = seats_by_zone(good, town, facts(), members, lived, 2024, ledger)
    lines = ledger.frame().set_index("entry")
    known = [5.0 if c is None else c for c in cells if c != "unbounded"]
    line = lines.loc["balance"]
    assert line["total"] == pytest.approx(100) and line["outside"] == (100 if sum(known) == 0 else 0)
    assert table["quality_seats"].sum() == pytest.approx(line["inside"])
    assert table["citywide_pupils"].sum() == sum(known)
    assert ("absence" in lines.index) == bool(unbounded)


def test_a_cell_without_bounds_does_not_carry_the_whole_school() -> None:
    #  w: 80 seats; 30 pupils live north, nobody knows how many south
    good = quality_seats(offered(), RATED)[lambda f: f["school_id"].eq("w")]
    lived = flows(("elementary", "north", "w", 30), ("elementary", "south", "w", None))
    lived.loc[1, ["pupils_low", "pupils_high"]] = np.nan
    ledger = Ledger()
    table = seats_by_zone(good, zones(), facts(), MEMBERSHIP, lived, 2024, ledger)
    assert table[["zone_id", "quality_seats", "citywide_pupils"]].to_numpy().tolist() == [["north", 80.0, 30.0]]
    line = ledger.frame().set_index("entry").loc["balance"]
    assert (line["total"], line["inside"], line["outside"]) == (80, 80, 0)


def test_preschool_takes_no_seat_of_a_capacity_counted_from_rooms() -> None:
    #  400 seats in rooms of kindergarten and above; 300 pupils there, 100 in preschool
    pupils = enrollment().iloc[[0, 0]].assign(grade=["KG", "PK"], pupils=[300.0, 100.0])
    pupils = pupils.assign(pupils_low=pupils["pupils"], pupils_high=pupils["pupils"])
    one = SITES[SITES["school_id"].eq("a")]

    def seats(definition: str, bands: dict[str, tuple[str, ...]]) -> list[float]:
        use = UTILIZATION.iloc[:1].assign(capacity_definition=definition, capacity_seats=400.0)
        return school_seats(pupils, facts(), one, use, bands, 2024)["seats"].tolist()

    assert seats("state_loading", BANDS) == [400] and seats("functional", BANDS) == [400]
    assert seats("given", BANDS) == [300]  # the publisher's capacity seats preschool too
    with_preschool = {**BANDS, "elementary": ("PK", *BANDS["elementary"])}
    assert seats("state_loading", with_preschool) == [500] and seats("given", with_preschool) == [400]


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500)), min_size=1, max_size=8))
def test_a_surplus_never_offsets_a_deficit(places: list[tuple[float, float]]) -> None:
    frame = pd.DataFrame({"level": "high", "zone_id": [f"z{i}" for i in range(len(places))], "is_approximate": False})
    demand, supply = counted(frame, [d for d, _ in places]), supplied(frame, [s for _, s in places])
    gap = service_gap(frame, demand, supply, rated=LEVELS)
    assert gap["unmet_seats"].sum() == pytest.approx(sum(max(d - s, 0) for d, s in places))
    assert gap["unmet_seats"].sum() >= gap["service_gap_seats"].sum() - 1e-9
    ordered = gap.sort_values("service_gap_rank")["service_gap_seats"].tolist()
    assert ordered == sorted(ordered, reverse=True)
    assert gap["service_level_ratio"].isna().tolist() == [d == 0 for d, _ in places]


def test_no_seats_is_zero_where_schools_are_rated_and_unknown_where_none_is() -> None:
    demand, none = counted(zones(), 10.0), supplied(zones(), 0.0).iloc[:0]
    rated = service_gap(zones(), demand, none, rated=LEVELS)
    assert rated["quality_seats"].eq(0).all() and rated["unmet_seats"].eq(10).all()
    assert rated["citywide_pupils"].eq(0).all() and rated["reliability_class"].eq("high").all()
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
        counted(zones(), 1.0),
        supplied(zones(), 3.0),
        rated=LEVELS,
    )
    ledger = Ledger()
    record_gap(gap, ledger)
    reasons = ledger.frame()["reason"].tolist()
    assert any("approximate" in reason for reason in reasons)
    assert "2 resident pupils, 6 quality seats, 0 unmet; 4 spare seats" in reasons[0]
