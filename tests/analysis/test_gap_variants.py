"""The gap counted otherwise: citywide schools both ways, by access and in five years; nothing netted."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.gap_variants import RESIDENTS, gap_variants, pupils_ahead, record_variants
from pipeline.ledger import Ledger

KEY = ["level", "zone_id"]
NO_ACCESS = pd.DataFrame(columns=[*KEY, "reached_seats"])
NO_OUTLOOK = pd.DataFrame(columns=[*KEY, "fall_year", *RESIDENTS, "method"])
BANDS = {"elementary": ("KG",), "middle": ("06",), "high": ("09", "10")}


def gap(pupils: list[float], seats: list[float]) -> pd.DataFrame:
    zones = [f"z{i}" for i in range(len(pupils))]
    frame = pd.DataFrame({"level": "high", "zone_id": zones, "resident_pupils": pupils, "quality_seats": seats})
    return frame.assign(
        resident_pupils_low=pupils, resident_pupils_high=pupils, method="residents counted; seats: given"
    )


def placed(rows: list[tuple[str, str | None, float, bool]]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=["school_id", "zone_id", "quality_seats", "is_citywide"])
    return frame.assign(level="high", citywide_seats=frame["quality_seats"].where(frame["is_citywide"], 0.0))


def lies(**zone_of: str | None) -> pd.DataFrame:
    frame = pd.DataFrame({"school_id": list(zone_of), "level": "high", "zone_id": list(zone_of.values())})
    return frame.astype("str")


def unmet(table: pd.DataFrame) -> dict[str, list[float]]:
    return table.pivot_table(index="zone_id", columns="variant", values="unmet_seats").to_dict("list")


def test_a_citywide_school_counts_where_its_pupils_live_where_it_lies_or_not_at_all() -> None:
    #  w: 40 seats, stands in z0; 10 of its seats go to z0 and 30 to z1 by homes.  a: 90 seats in z0
    table = gap_variants(
        gap([120.0, 60.0], [100.0, 30.0]),
        placed([("a", "z0", 90.0, False), ("w", "z0", 10.0, True), ("w", "z1", 30.0, True)]),
        lies(a="z0", w="z0"),
        NO_ACCESS,
        NO_OUTLOOK,
        rated=["high"],
        now=2024,
    )
    assert unmet(table) == {"study": [20.0, 30.0], "contained": [0.0, 60.0], "citywide_out": [30.0, 60.0]}
    assert table["fall_year"].eq(2024).all()
    ledger = Ledger()
    record_variants(table, ledger)
    text = ledger.frame()["reason"].iloc[0]
    assert "the study's own count: 50 unmet" in text and "no seats of citywide schools: 90 unmet" in text


def test_a_citywide_school_without_flows_is_in_no_count_but_where_it_lies() -> None:
    table = gap_variants(
        gap([50.0], [0.0]),
        placed([("w", None, 40.0, True)]),
        lies(w="z0"),
        NO_ACCESS,
        NO_OUTLOOK,
        rated=["high"],
        now=2024,
    )
    assert unmet(table) == {"study": [50.0], "contained": [10.0], "citywide_out": [50.0]}


def test_access_takes_the_seats_that_are_reached_and_five_years_the_pupils_to_expect() -> None:
    reached = pd.DataFrame({"level": "high", "zone_id": ["z0", "z1"], "reached_seats": [25.0, 75.0]})
    ahead = (
        NO_OUTLOOK.astype(object)
        .reindex([0, 1])
        .assign(
            level="high",
            zone_id=["z0", "z1"],
            fall_year=2029,
            resident_pupils=[150.0, 40.0],
            method="outlook of the zone",
        )
    )
    table = gap_variants(
        gap([120.0, 60.0], [100.0, 0.0]),
        placed([("a", "z0", 100.0, False)]),
        lies(a="z0"),
        reached,
        ahead,
        rated=["high"],
        now=2024,
    ).set_index(["variant", "zone_id"])
    assert table.loc["by_access", "service_gap_seats"].tolist() == [95.0, -15.0]
    assert table.loc["by_access", "unmet_seats"].tolist() == [95.0, 0.0]
    assert table.loc["in_five_years", "service_gap_seats"].tolist() == [50.0, 40.0]
    assert table.loc["in_five_years", "fall_year"].tolist() == [2029, 2029]
    assert table.loc["in_five_years", "service_gap_rank"].tolist() == [1.0, 2.0]


def test_a_level_without_rated_schools_has_no_known_gap_in_any_variant() -> None:
    table = gap_variants(
        gap([50.0], [np.nan]),
        placed([]).astype({"school_id": "str", "zone_id": "str", "level": "str", "quality_seats": "float64"}),
        lies(),
        NO_ACCESS,
        NO_OUTLOOK,
        rated=[],
        now=2024,
    )
    assert table["variant"].tolist() == ["study", "contained", "citywide_out"]
    assert table[["quality_seats", "service_gap_seats", "unmet_seats", "service_gap_rank"]].isna().all(axis=None)


@given(st.lists(st.tuples(st.floats(0, 500), st.floats(0, 500), st.booleans()), min_size=1, max_size=6))
@settings(max_examples=25)
def test_in_no_variant_is_a_surplus_set_against_a_gap(zones: list[tuple[float, float, bool]]) -> None:
    pupils, seats = [p for p, _, _ in zones], [s for _, s, _ in zones]
    rows: Any = [(f"s{i}", f"z{i}", s, wide) for i, (_, s, wide) in enumerate(zones)]
    table = gap_variants(
        gap(pupils, seats),
        placed(rows),
        lies(**{f"s{i}": f"z{i}" for i in range(len(zones))}),
        NO_ACCESS,
        NO_OUTLOOK,
        rated=["high"],
        now=2024,
    )
    for variant, part in table.groupby("variant"):
        deficits = part.loc[part["service_gap_seats"] > 0, "service_gap_seats"].sum()
        assert part["unmet_seats"].sum() == pytest.approx(deficits), variant
    by = table.set_index("variant")["unmet_seats"].groupby("variant").sum()
    assert by["citywide_out"] >= by["study"] - 1e-9  # fewer seats never leave fewer pupils without one


def outlook() -> tuple[pd.DataFrame, pd.DataFrame]:
    totals = pd.DataFrame(
        {
            "unit_kind": "zone",
            "unit_id": "high z0",
            "fall_year": [2028, 2029, 2030],
            "pupils_projected": [1.0, 150.0, 999.0],
        }
    )
    totals = totals.assign(
        pupils_projected_low=totals["pupils_projected"] - 1, pupils_projected_high=totals["pupils_projected"] + 1
    )
    grades = pd.DataFrame(
        {
            "unit_kind": "district",
            "unit_id": "d",
            "fall_year": [2029, 2029, 2030, 2029],
            "grade": ["09", "10", "09", "KG"],
            "pupils_projected": [60.0, 60.0, 999.0, 7.0],
        }
    )
    return totals, grades


def enrollment() -> pd.DataFrame:
    frame = pd.DataFrame(
        {"school_id": ["a", "a", "p"], "fall_year": 2024, "grade": ["09", "10", "09"], "pupils": [50.0, 50.0, 400.0]}
    )
    return frame.assign(
        student_group="all", value_status="reported", pupils_low=frame["pupils"], pupils_high=frame["pupils"]
    )


FACTS = pd.DataFrame({"school_id": ["a", "p"], "sector": ["district", "private"]})


def test_a_zone_has_its_own_outlook_five_years_on_or_changes_as_the_district_does() -> None:
    #  the district's grades 09 and 10: 100 public pupils now, 120 in 2029; the private school's do not count
    ledger = Ledger()
    table = pupils_ahead(gap([120.0, 60.0], [0.0, 0.0]), *outlook(), enrollment(), FACTS, BANDS, 2024, ledger)
    assert table["fall_year"].tolist() == [2029, 2029]
    assert table["resident_pupils"].tolist() == [150.0, pytest.approx(72.0)]
    assert table["resident_pupils_low"].tolist()[0] == 149.0 and np.isnan(table["resident_pupils_low"].tolist()[1])
    assert "1 of 2 zones have an outlook of their own" in ledger.frame()["reason"].iloc[0]


def test_without_an_outlook_there_are_no_pupils_ahead_and_the_ledger_says_what_is_missing() -> None:
    totals, grades = outlook()
    ledger = Ledger()
    found = pupils_ahead(gap([1.0], [0.0]), totals, grades.iloc[:0], enrollment(), FACTS, BANDS, 2024, ledger)
    assert found.empty
    assert ledger.frame()[["entry", "subject_name"]].to_numpy().tolist() == [["missing_input", "outlook of pupils"]]
