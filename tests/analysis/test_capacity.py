"""Capacity by hand, one building with several schools, and rooms that do not count."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis import capacity
from pipeline.columns import BY_NAME
from pipeline.ledger import Ledger

LOADINGS = {"elementary_loading": 25.0, "secondary_loading": 27.0, "use_ratio": 0.9}
BANDS = {"elementary": ("TK", "KG", "01"), "middle": ("06",), "high": ("09",)}


def sites(*ids: str, given_seats: float | None = None) -> pd.DataFrame:
    return pd.DataFrame({"site_id": list(ids), "site_status": "open", "given_capacity_seats": given_seats}).astype(
        {"given_capacity_seats": "float64"}
    )


def rooms(*rows: tuple[str, str, bool, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["site_id", "room_type", "is_portable", "rooms"])


def seats(
    site: pd.DataFrame,
    inventory: pd.DataFrame,
    elementary: float | None,
    lower: float | None = None,
    counts_portables: bool = False,
) -> dict[str, float]:
    """Seats where that share of the pupils is elementary by the bands, and by the rule (the same unless said)."""
    use = pd.DataFrame(
        {"elementary_share": elementary, "lower_grade_share": elementary if lower is None else lower},
        index=site["site_id"],
        dtype="float64",
    )
    loading = capacity.room_loading(use, **LOADINGS)
    found = capacity.capacities(
        site, inventory, loading, use["elementary_share"], special_day_loading=13.0, counts_portables=counts_portables
    )
    return found.set_index("capacity_definition")["capacity_seats"].to_dict()


SCHOOL = rooms(("s", "classroom", False, 20.0), ("s", "classroom", True, 4.0), ("s", "special_day", False, 2.0), ("s", "preschool", False, 3.0), ("s", "shared", False, 5.0), ("s", "other", False, 1.0), ("s", "specialised", False, 2.0))  # fmt: skip


def test_an_elementary_school_by_hand() -> None:
    assert seats(sites("s", given_seats=480.0), SCHOOL, 1.0) == {
        "given": 480.0,
        "state_loading": 20 * 25 + 2 * 13,
        "functional": pytest.approx(24 * 25 + 2 * 13),  # one class keeps its room all day
    }


def test_only_rooms_of_secondary_pupils_stand_empty_for_a_period() -> None:
    classrooms = rooms(("s", "classroom", False, 20.0))
    assert seats(sites("s"), classrooms, 1.0)["functional"] == 500.0
    assert seats(sites("s"), classrooms, 0.0)["functional"] == pytest.approx(20 * 27 * 0.9)
    assert seats(sites("s"), classrooms, 0.5)["functional"] == pytest.approx(20 * 26 * 0.95)


def test_the_loading_goes_by_grade_and_not_by_the_name_of_the_level() -> None:
    """Grades 6 to 8, a third each: grade 6 loads 25 by the law, and changes rooms like the others."""
    found = seats(sites("s"), rooms(("s", "classroom", False, 30.0)), 0.0, lower=1 / 3)
    assert found["state_loading"] == pytest.approx(10 * 25 + 20 * 27)
    assert found["functional"] == pytest.approx((10 * 25 + 20 * 27) * 0.9)


def test_specialised_rooms_count_for_secondary_pupils_only() -> None:
    assert seats(sites("s"), SCHOOL, 0.0)["state_loading"] == 20 * 27 + 2 * 13 + 2 * 27
    assert seats(sites("s"), SCHOOL, 0.5)["state_loading"] == 20 * 26 + 2 * 13 + 2 * 0.5 * 26


def test_portables_count_where_the_rule_counts_them() -> None:
    assert seats(sites("s"), SCHOOL, 1.0, counts_portables=True)["state_loading"] == 24 * 25 + 2 * 13


def test_a_site_without_an_inventory_has_no_room_capacity_and_one_without_classrooms_has_none_to_fill() -> None:
    assert seats(sites("other"), SCHOOL, 1.0) == {}
    assert seats(sites("s"), rooms(("s", "shared", False, 4.0)), 1.0) == {"functional": 0.0, "state_loading": 0.0}


def test_where_nobody_is_taught_the_lower_loading_counts() -> None:
    assert seats(sites("s"), rooms(("s", "classroom", False, 10.0)), None)["state_loading"] == 250.0


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(BY_NAME["room_type"].values), st.booleans(), st.floats(0, 1))
def test_one_more_room_never_lowers_a_capacity(room: str, portable: bool, share: float) -> None:
    more = pd.concat([SCHOOL, rooms(("s", room, portable, 1.0))], ignore_index=True)
    before, after = seats(sites("s"), SCHOOL, share), seats(sites("s"), more, share)
    assert all(after[name] >= before[name] - 1e-9 for name in before)
    if room in ("preschool", "shared", "other"):
        assert after == before


def enrollment(*rows: tuple[str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["school_id", "grade", "pupils"]).assign(
        fall_year=2024, student_group="all", value_status="reported"
    )
    return frame.assign(pupils_low=frame["pupils"], pupils_high=frame["pupils"])


def facts(*rows: tuple[str, str, bool]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["school_id", "school_status", "is_virtual"])


def totals(*rows: tuple[str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(list(rows), columns=["school_id", "pupils"]).assign(fall_year=2024, student_group="all")
    return frame.astype({"pupils": "float64"})


def now(
    counts: pd.DataFrame, sums: pd.DataFrame, schools: pd.DataFrame, fall_year: int = 2024, ledger: Ledger | None = None
) -> pd.DataFrame:
    settings = {"fall_year": fall_year, "bands": BANDS, "last_elementary_grade": "06"}
    return capacity.pupils_now(counts, sums, schools, **settings, ledger=ledger or Ledger())


def test_pupils_of_a_school_preschool_and_levels() -> None:
    found = now(
        enrollment(("a", "PK", 20.0), ("a", "KG", 60.0), ("a", "06", 20.0)), totals(), facts(("a", "open", False))
    ).loc["a"]
    assert found.drop("half_width").to_dict() == {
        "pupils": 100.0,
        "preschool_share": 0.2,
        "elementary_pupils": 60.0,
        "secondary_pupils": 20.0,
        "lower_grade_pupils": 80.0,
        "upper_grade_pupils": 0.0,
    }


def test_a_hidden_grade_that_is_filled_is_recorded() -> None:
    ledger = Ledger()
    counts = enrollment(("a", "KG", 60.0), ("a", "01", np.nan))
    counts.loc[1, ["pupils_low", "pupils_high", "value_status"]] = [1.0, 9.0, "suppressed"]
    assert now(counts, totals(("a", 64.0)), facts(("a", "open", False)), ledger=ledger).loc["a", "pupils"] == 64.0
    assert "filled from the school's total" in ledger.frame()["reason"].item()


def test_a_total_stands_in_for_unknown_grades_closed_schools_have_none_and_open_ones_are_not_known() -> None:
    found = now(
        enrollment(("a", "KG", 60.0)),
        totals(("b", 44.0)),
        facts(("a", "open", False), ("b", "open", False), ("c", "closed", False), ("d", "open", False)),
    )
    assert found["pupils"].to_dict() == pytest.approx({"a": 60.0, "b": 44.0, "c": 0.0, "d": np.nan}, nan_ok=True)


def test_an_online_school_fills_no_building() -> None:
    assert now(enrollment(("a", "KG", 60.0)), totals(), facts(("a", "open", True))).empty


def test_an_older_count_stands_for_now_and_is_noted() -> None:
    ledger = Ledger()
    found = now(enrollment(("a", "KG", 60.0)), totals(), facts(("a", "open", False)), fall_year=2025, ledger=ledger)
    assert found.loc["a", "pupils"] == 60.0
    assert "fall 2024, not 2025" in ledger.frame()["reason"].item()


def test_two_schools_of_one_building_are_summed_once() -> None:
    at = pd.DataFrame({"school_id": ["a", "b", "d"], "site_id": ["1", "1", "2"]})
    schools = facts(("a", "open", False), ("b", "open", False), ("d", "open", False))
    pupils = now(enrollment(("a", "KG", 60.0), ("b", "06", 20.0)), totals(), schools)
    use = capacity.site_use(at, pupils, sites("1", "2", "3"))
    assert use["pupils"].to_dict() == pytest.approx({"1": 80.0, "2": np.nan, "3": np.nan}, nan_ok=True)
    assert use.loc["1", "elementary_share"] == 0.75
    assert use.loc["1", "lower_grade_share"] == 1.0
