"""Pupils of schools and of one building with several schools, by the grades that rooms are loaded by."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import capacity
from pipeline.ledger import Ledger

BANDS = {"elementary": ("TK", "KG", "01"), "middle": ("06",), "high": ("09",)}


def sites(*ids: str) -> pd.DataFrame:
    return pd.DataFrame({"site_id": list(ids), "site_status": "open"})


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
    settings = {"fall_year": fall_year, "bands": BANDS}
    return capacity.pupils_now(counts, sums, schools, **settings, ledger=ledger or Ledger())


def test_pupils_of_a_school_preschool_and_levels() -> None:
    found = now(
        enrollment(("a", "PK", 20.0), ("a", "KG", 60.0), ("a", "06", 20.0)), totals(), facts(("a", "open", False))
    ).loc["a"]
    assert found[found != 0].to_dict() == {
        "pupils": 100.0,
        "preschool_share": 0.2,
        "elementary_pupils": 60.0,
        "secondary_pupils": 20.0,
        "grade_KG": 60.0,
        "grade_06": 20.0,
    }
    assert "grade_PK" not in found


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
    assert use.loc["1", ["grade_KG_share", "grade_06_share", "grade_07_share"]].tolist() == [0.75, 0.25, 0.0]


def test_a_school_that_stands_twice_at_sites_is_refused_and_never_summed_twice() -> None:
    twice = pd.DataFrame({"school_id": ["a", "a"], "site_id": ["1", "2"]})
    pupils = now(enrollment(("a", "KG", 60.0)), totals(), facts(("a", "open", False)))
    with pytest.raises(pd.errors.MergeError):
        capacity.site_use(twice, pupils, sites("1", "2"))


def test_pupils_of_all_sites_are_those_of_their_schools() -> None:
    at = pd.DataFrame({"school_id": ["a", "b", "c"], "site_id": ["1", "1", "2"]})
    counts = enrollment(("a", "KG", 60.0), ("b", "KG", 25.0), ("b", "06", 20.0), ("c", "09", 70.0), ("x", "KG", 11.0))
    schools = facts(*((name, "open", False) for name in "abcx"))
    pupils = now(counts, totals(), schools)
    use = capacity.site_use(at, pupils, sites("1", "2"))
    assert use["pupils"].sum() == pupils["pupils"].drop("x").sum() == 175.0
