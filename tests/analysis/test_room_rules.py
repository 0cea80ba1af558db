"""Capacity by hand, by five definitions, and rooms that do not count."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.room_rules import RoomRule, capacity_definitions
from pipeline.columns import BY_NAME
from pipeline.rules.capacity import capacity_rules
from pipeline.tables import BY_TABLE, check

CALIFORNIA = capacity_rules(["california 2024"])
EVERY = capacity_rules(["california 2024", "chicago 2012", "new_york 2019 target"])


def sites(*ids: str, given_seats: float | None = None) -> pd.DataFrame:
    return pd.DataFrame({"site_id": list(ids), "given_capacity_seats": given_seats}).astype(
        {"given_capacity_seats": "float64"}
    )


def rooms(*rows: tuple[str, str, bool, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["site_id", "room_type", "is_portable", "rooms"])


def table(
    site: pd.DataFrame, inventory: pd.DataFrame, grades: dict[str, float], rules: tuple[RoomRule, ...] = EVERY
) -> pd.DataFrame:
    """Every definition for sites with those shares of pupils by grade; grades to 05 are elementary."""
    named = {f"grade_{grade}_share": share for grade, share in grades.items()} or {"grade_KG_share": np.nan}
    elementary = sum(share for grade, share in grades.items() if grade in ("KG", "01", "05")) if grades else np.nan
    use = pd.DataFrame({"elementary_share": elementary, **named}, index=site["site_id"], dtype="float64")
    found = capacity_definitions(site, inventory, use, rules, given_source="the district")
    return check(BY_TABLE["capacity_definitions"], found).set_index("capacity_definition")


def seats(*args: Any, **other: Any) -> dict[str, float]:
    return table(*args, **other)["capacity_seats"].dropna().to_dict()


SCHOOL = rooms(("s", "classroom", False, 20.0), ("s", "classroom", True, 4.0), ("s", "special_day", False, 2.0), ("s", "special_day_severe", False, 1.0), ("s", "preschool", False, 3.0), ("s", "shared", False, 5.0), ("s", "other", False, 1.0), ("s", "specialised", False, 2.0))  # fmt: skip


def test_an_elementary_school_by_hand_by_all_five() -> None:
    found = table(sites("s", given_seats=480.0), SCHOOL, {"KG": 0.5, "05": 0.5})
    assert found["capacity_seats"].to_dict() == {
        "given": 480.0,
        "state_loading": 20 * 25 + 2 * 13 + 9,
        "functional": 24 * 25 + 2 * 13 + 9,  # one class keeps its room all day
        "ideal_homeroom": 19 * 30.0,  # 76.9% of 25 permanent rooms, whichever their use: 19 homerooms
        "target": 20 * 24 + 3 * 12,  # half of the pupils are in classes of 20, half in classes of 28
    }
    assert found["rooms_counted"].dropna().to_dict() == {
        "state_loading": 23.0, "functional": 27.0, "ideal_homeroom": 25.0, "target": 23.0,
    }  # fmt: skip
    assert found["capacity_source"].str.contains("17071.25").to_dict()["state_loading"]
    assert (found["capacity_status"] == "known").all()


def test_only_rooms_of_secondary_pupils_stand_empty_for_a_period() -> None:
    classrooms = rooms(("s", "classroom", False, 20.0))
    assert seats(sites("s"), classrooms, {"KG": 1.0})["functional"] == 500.0
    assert seats(sites("s"), classrooms, {"09": 1.0})["functional"] == pytest.approx(20 * 27 * 0.85)
    assert seats(sites("s"), classrooms, {"KG": 0.5, "09": 0.5})["functional"] == pytest.approx(20 * 26 * 0.925)


def test_the_loading_goes_by_grade_and_not_by_the_name_of_the_level() -> None:
    """Grades 6 to 8, a third each: grade 6 loads 25 by the law, and changes rooms like the others."""
    found = seats(sites("s"), rooms(("s", "classroom", False, 30.0)), dict.fromkeys(("06", "07", "08"), 1 / 3))
    assert found["state_loading"] == pytest.approx(10 * 25 + 20 * 27)
    assert found["functional"] == pytest.approx((10 * 25 + 20 * 27) * 0.85)


def test_specialised_rooms_count_for_secondary_pupils_only() -> None:
    assert seats(sites("s"), SCHOOL, {"09": 1.0})["state_loading"] == 20 * 27 + 2 * 13 + 9 + 2 * 27
    assert seats(sites("s"), SCHOOL, {"KG": 0.5, "09": 0.5})["state_loading"] == 20 * 26 + 2 * 13 + 9 + 26


def test_a_rule_for_elementary_schools_says_nothing_of_a_high_school() -> None:
    found = table(sites("s"), SCHOOL, {"08": 0.9, "09": 0.1})
    assert found.loc["ideal_homeroom", "capacity_status"] == "other_grades"
    assert np.isnan(found.loc["ideal_homeroom", "capacity_seats"])


def test_where_only_a_capacity_is_given_the_others_are_absent_and_say_why() -> None:
    found = table(sites("s", given_seats=400.0), rooms(("other", "classroom", False, 9.0)), {"KG": 1.0})
    assert found["capacity_status"].to_dict() == {
        "given": "known", **dict.fromkeys(("functional", "ideal_homeroom", "state_loading", "target"), "no_rooms_known"),
    }  # fmt: skip
    assert found["rooms_counted"].isna().all()
    assert found.loc["given", "pupils_per_room"] == 25.0


def test_a_site_whose_rooms_seat_nobody_has_no_seats_and_is_known() -> None:
    found = table(sites("s"), rooms(("s", "shared", False, 4.0)), {"KG": 1.0}, CALIFORNIA)
    assert found["capacity_seats"].dropna().to_dict() == {"functional": 0.0, "state_loading": 0.0}
    assert found.loc["given", "capacity_status"] == "not_given"


def test_where_nobody_is_taught_the_lowest_loading_counts() -> None:
    assert seats(sites("s"), rooms(("s", "classroom", False, 10.0)), {}) == {
        "state_loading": 250.0, "functional": pytest.approx(212.5), "ideal_homeroom": 210.0, "target": 200.0,
    }  # fmt: skip


def test_homerooms_are_whole_rooms() -> None:
    for number, homerooms in ((13, 9), (14, 10), (26, 19)):
        found = seats(sites("s"), rooms(("s", "classroom", False, float(number))), {"01": 1.0})
        assert found["ideal_homeroom"] == homerooms * 30


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(BY_NAME["room_type"].values), st.booleans(), st.floats(0, 1))
def test_one_more_room_never_lowers_a_capacity(room: str, portable: bool, share: float) -> None:
    more = pd.concat([SCHOOL, rooms(("s", room, portable, 1.0))], ignore_index=True)
    grades = {"KG": share, "08": 1 - share}
    before, after = seats(sites("s"), SCHOOL, grades), seats(sites("s"), more, grades)
    assert len(before) == 4
    assert all(after[name] >= before[name] - 1e-9 for name in before)
    if room in ("preschool", "shared", "other"):
        assert after == before
