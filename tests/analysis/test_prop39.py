"""The worksheet of Proposition 39, by hand.

Two high-school areas, 401 (zones e1, e2) and 402 (zone e3). The charter's pupils: 60 of e1, 40 of e2, 50 of e3.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.prop39 import Law, projected_pupils, prop39, record, space_of_schools, without_preschool
from pipeline.analysis.prop39_pupils import charter_pupils
from pipeline.analysis.rolls import Rolls
from pipeline.analysis.schools import in_buildings
from pipeline.columns import GRADES
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.rules.facilities import Proposition39, facility_rules
from pipeline.tables import BY_TABLE, check

LAW = Law("Education Code 47614(b)(4)", 80.0)
HOMES = pd.DataFrame(
    {"elementary_zone_id": ["e1", "e2", "e3", "e3"], "middle_zone_id": None, "high_zone_id": ["401", "401", "402", "401"],
     "east_m": [0.0, 10.0, 20.0, 15.0], "north_m": 0.0, "population": 9.0, "children_0_17": [4.0, 4.0, 3.0, 1.0]}
)  # fmt: skip
PLACES = pd.DataFrame({"school_id": ["c", "d1", "d2", "d3"], "high_zone_id": ["402", "401", "401", "402"]})
SCHOOLS = pd.DataFrame(
    {"school_id": ["c", "d1", "d2", "d3", "high"], "sector": ["charter", *["district"] * 4], "school_status": "open",
     "is_place": True, "is_virtual": False, "serves_elementary": [True] * 4 + [False], "serves_middle": False,
     "serves_high": [False] * 4 + [True]}
)  # fmt: skip
PUPILS = pd.Series({"c": 160.0, "d1": 300.0, "d2": 200.0, "d3": 100.0})
AT = pd.DataFrame({"school_id": ["d1", "d2", "d3"], "site_id": ["1", "2", "3"]})
ROOMS = pd.DataFrame(
    {"site_id": ["1", "1", "1", "2", "2", "3", "1"], "is_portable": [False, True, False, False, False, False, False],
     "room_type": ["classroom", "classroom", "specialised", "classroom", "shared", "classroom", "preschool"],
     "rooms": [12.0, 2.0, 1.0, 10.0, 2.0, 9.0, 3.0]}
)  # fmt: skip


def flows(**pupils: float) -> pd.DataFrame:
    frame = pd.DataFrame({"level": "elementary", "zone_id": list(pupils), "school_id": "c", "fall_year": 2024})
    counts = pd.Series(list(pupils.values()), dtype="float64")
    return frame.assign(pupils=counts, pupils_low=counts, pupils_high=counts)


def sheet(
    lived: pd.DataFrame,
    homes: pd.DataFrame = HOMES,
    rooms: pd.DataFrame = ROOMS,
    attendance: float | None = 0.9,
    schools: pd.DataFrame = SCHOOLS,
    pupils: pd.Series = PUPILS,
    places: pd.DataFrame = PLACES,
    ahead: dict[str, float] | None = None,
) -> pd.Series:
    charters = in_buildings(schools, "charter")
    at_home = charter_pupils(charters, pupils, lived, homes, places, fall_year=2024)
    areas = places.set_index("school_id")["high_zone_id"]
    # one in ten more pupils at the charter next fall; d2 has no outlook
    told = ahead or {"c": 176.0, "d1": 320.0, "d3": 90.0}
    expected = projected_pupils(
        pd.DataFrame({"unit_kind": "school", "unit_id": list(told), "fall_year": 2025, "pupils_projected": list(told.values())}), 2025
    )  # fmt: skip
    space = space_of_schools(rooms, AT, PUPILS, schools)
    found = prop39(
        charters, at_home, schools, areas, pupils, expected, space, LAW, fall_year=2025, attendance_ratio=attendance
    )
    ledger = Ledger()
    record(found, ("one thing",), ledger)
    assert ledger.frame()["entry"].tolist() == ["match", "note"]
    return check(BY_TABLE["prop39"], found).iloc[0]


def test_the_comparison_group_is_where_most_of_its_pupils_live_and_the_ratio_is_theirs() -> None:
    found = sheet(flows(e1=60.0, e2=40.0, e3=50.0))
    # area 401: 60 + 40 + 50 / 4; its district schools of the same level: d1 (1 m) and d2 (11 m)
    assert found["comparison_area_id"] == "401"
    assert found["comparison_school_ids"] == "d1; d2"
    assert found["in_district_ada"] == pytest.approx(150 * 1.1 * 0.9)
    assert found["comparison_ada"] == pytest.approx((320 + 200) * 0.9)
    assert found["comparison_classrooms"] == 24.0  # portables count, preschool does not
    assert found["ada_per_classroom_ratio"] == pytest.approx(468 / 24)
    assert found["offered_classrooms"] == np.ceil(148.5 / 19.5) == 8
    assert found["offered_specialised_rooms"] == pytest.approx(0.3)  # 148.5 x 1 / 468
    assert found["offered_shared_rooms"] == pytest.approx(0.6)
    assert found["reason"].startswith(
        "148.5 in-district ADA / 19.50 ADA per classroom = 7.62, so 8 classrooms. The ratio is that of 2 district schools in the "
        "attendance area of high school zone 401, where most of its pupils live: 468.0 ADA in 24.0 classrooms."
    )


def test_each_level_of_the_charter_is_measured_by_the_schools_that_teach_it() -> None:
    # d1 becomes a middle school: 14 rooms for 320 pupils; d2 stays elementary: 10 rooms for 200
    schools = SCHOOLS.assign(
        serves_elementary=[True, False, True, True, False], serves_middle=[True, True, False, False, False]
    )
    middle = flows(e1=60.0).assign(level="middle", zone_id="m")
    homes = HOMES.assign(middle_zone_id=["m", "m", None, None])
    lived = pd.concat([flows(e1=60.0, e2=40.0), middle.assign(pupils=50.0, pupils_low=50.0, pupils_high=50.0)])
    found = sheet(lived, homes, schools=schools)
    assert found["comparison_school_ids"] == "d1; d2"
    # 148.5 ADA, two in three of them elementary
    assert found[["elementary_in_district_ada", "middle_in_district_ada"]].tolist() == pytest.approx([99.0, 49.5])
    assert found["elementary_ada_per_classroom_ratio"] == pytest.approx(200 * 0.9 / 10)
    assert found["middle_ada_per_classroom_ratio"] == pytest.approx(320 * 0.9 / 14)
    assert np.isnan(found["high_in_district_ada"])
    # 99 / 18 + 49.5 / 20.57 = 7.91, where all schools together would give 148.5 / 19.5 = 7.62
    assert found["ada_per_classroom_ratio"] == pytest.approx(148.5 / (99 / 18 + 49.5 / (288 / 14)))
    assert (
        "99.0 elementary / 18.00 ADA per classroom + 49.5 middle / 20.57 ADA per classroom = 7.91, so 8"
        in found["reason"]
    )
    # where nobody teaches a level, the others stand in
    alone = sheet(lived, homes, schools=schools.assign(serves_middle=[True, False, False, False, False]))
    assert alone["middle_ada_per_classroom_ratio"] == alone["elementary_ada_per_classroom_ratio"]


def test_pupils_by_level_come_from_the_rolls_where_homes_are_not_counted() -> None:
    rolls = pd.DataFrame({"elementary_pupils": [120.0], "middle_pupils": 40.0, "high_pupils": 0.0}, index=["c"])
    at = charter_pupils(
        in_buildings(SCHOOLS, "charter"), PUPILS, flows(), HOMES, PLACES, fall_year=2024, levels=rolls
    ).loc["c"]
    assert at[["elementary_pupils", "middle_pupils", "high_pupils"]].tolist() == [120.0, 40.0, 0.0]
    lived = charter_pupils(
        in_buildings(SCHOOLS, "charter"), PUPILS, flows(e1=100.0), HOMES, PLACES, fall_year=2024, levels=rolls
    )
    assert lived.loc["c", ["elementary_pupils", "middle_pupils"]].tolist() == [100.0, 0.0]


def test_homes_of_fewer_than_half_of_its_pupils_do_not_speak_for_it() -> None:
    """30 of 160 counted would be below the threshold of 80: the others are not known to live elsewhere."""
    found = sheet(flows(e1=30.0))
    assert found[["pupils_basis", "comparison_basis"]].tolist() == ["all_pupils", "present_place"]
    assert found["in_district_ada"] == pytest.approx(160 * 1.1 * 0.9)
    assert sheet(flows(e1=80.0))["pupils_basis"] == "homes"


def test_preschool_and_schools_without_pupils_are_no_measure() -> None:
    """d2 has 40 of its 200 pupils in preschool, whose rooms are not counted; nobody is left at d1."""
    counts = np.zeros((1, len(GRADES), 1))
    counts[0, [GRADES.index("PK"), GRADES.index("KG")], 0] = 40.0, 160.0
    rolls = Rolls(np.array(["d2"]), np.array([2024]), counts, np.zeros((1, 1)))
    pupils = without_preschool(PUPILS, rolls)
    assert pupils.to_dict() == {**PUPILS.to_dict(), "d2": 160.0}
    whole, part = sheet(flows(e1=150.0)), sheet(flows(e1=150.0), pupils=pupils)
    assert (whole["comparison_ada"], part["comparison_ada"]) == (pytest.approx(520 * 0.9), pytest.approx(480 * 0.9))
    alone = sheet(flows(e1=150.0), pupils=pupils, ahead={"c": 176.0, "d1": 0.0, "d3": 90.0})
    assert alone["comparison_school_ids"] == "d2" and alone["left_out_schools"] == 1.0
    nobody = sheet(flows(e1=150.0), pupils=PUPILS.replace(200.0, 0.0), ahead={"c": 176.0, "d1": 0.0, "d3": 90.0})
    assert nobody["worksheet_status"] == "rooms_not_known"


def test_what_the_law_leaves_open_is_said() -> None:
    doubts = " ".join(facility_rules("california").proposition_39.not_confirmed)
    assert "special-day" in doubts and "for each level" in doubts


def test_where_homes_are_not_counted_the_place_of_the_school_decides_and_is_told() -> None:
    found = sheet(flows())
    assert found[["comparison_basis", "comparison_area_id", "pupils_basis"]].tolist() == [
        "present_place",
        "402",
        "all_pupils",
    ]
    assert found["comparison_school_ids"] == "d3"
    assert "all its pupils taken as the district's" in found["reason"]
    assert "where the school is (where its pupils live is not counted)" in found["reason"]


def test_without_high_school_areas_the_whole_district_is_compared() -> None:
    nowhere = pd.Series([None] * 4, dtype="str")
    found = sheet(flows(e1=150.0), HOMES.assign(high_zone_id=nowhere), places=PLACES.assign(high_zone_id=nowhere))
    assert found["comparison_basis"] == "district"
    assert found["comparison_school_ids"] == "d1; d2; d3"


def test_fewer_than_80_ada_oblige_nobody_and_missing_inputs_are_typed() -> None:
    small = sheet(flows(e1=80.0))
    assert small["worksheet_status"] == "below_threshold"
    assert small["reason"] == "79.2 in-district ADA: fewer than 80 (Education Code 47614(b)(4))."
    bare = sheet(flows(e1=150.0), rooms=ROOMS[ROOMS["site_id"] == "3"])
    assert bare["worksheet_status"] == "rooms_not_known"
    assert bare["reason"].endswith("none of its 2 comparison schools has pupils and rooms on file.")
    part = sheet(flows(e1=150.0), rooms=ROOMS[ROOMS["site_id"] == "1"])
    assert part[["comparison_schools", "left_out_schools"]].tolist() == [1.0, 1.0]
    assert "1 more without pupils or rooms on file are left out" in part["reason"]
    told = sheet(flows(e1=150.0), attendance=None)
    assert "(projected pupils: the study gives no attendance)" in told["reason"]


@pytest.mark.filterwarnings("error")
def test_pupils_at_home_and_none_on_the_roll_are_not_known() -> None:
    found = sheet(flows(e1=150.0, e2=75.0), pupils=PUPILS.replace(160.0, 0.0))
    assert found["worksheet_status"] == "pupils_not_known"
    assert found["reason"] == "225 pupils are counted where they live and none on its roll: its pupils are not known."
    assert found[["in_district_ada", "offered_classrooms"]].isna().all()
    nobody = sheet(flows(), pupils=PUPILS.replace(160.0, 0.0))
    assert (nobody["worksheet_status"], nobody["in_district_ada"]) == ("below_threshold", 0.0)


def test_attendance_that_is_the_same_on_both_sides_leaves_the_rooms_as_they_are() -> None:
    rooms = {sheet(flows(e1=150.0), attendance=ratio)["offered_classrooms"] for ratio in (None, 0.97, 0.9)}
    assert rooms == {8.0}  # 165 / (520 / 24) = 7.6


def test_schools_of_one_site_share_its_rooms_by_their_pupils() -> None:
    shared = space_of_schools(ROOMS, AT.assign(site_id="1"), PUPILS, SCHOOLS)
    assert shared["classrooms"].sum() == pytest.approx(14.0)
    assert shared.loc["d1", "classrooms"] == pytest.approx(14 * 300 / 600)


def test_a_fall_that_the_rules_do_not_know_is_refused_and_the_calendar_is_in_order() -> None:
    law = facility_rules("california").proposition_39
    assert [day["date_text"] for day in law.days(2024)] == ["2024-11-01", "2024-12-01", "2025-01-02", "2025-02-01", "2025-03-01", "2025-04-01", "2025-05-01"]  # fmt: skip
    law.require(2024)
    for fall in (2007, 2040):
        with pytest.raises(ConfigError, match=f"requests in fall {fall} is not known; the rules are of falls 2008 to"):
            law.require(fall)
    with pytest.raises(ConfigError, match="there are no rules 'nevada'; there are california"):
        facility_rules("nevada")
    values = law.model_dump()
    values["calendar"] = values["calendar"][::-1]
    with pytest.raises(ValueError, match="in the order of their days"):
        Proposition39.model_validate(values)
