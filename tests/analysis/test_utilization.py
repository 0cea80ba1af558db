"""Utilization: surpluses never netted, intervals of several schools, preschool pupils."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import utilization
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty

AT = pd.DataFrame({"school_id": ["a", "b", "c"], "site_id": ["1", "1", "2"]})


def totals(*rows: tuple[str, float, float | None, float | None]) -> pd.DataFrame:
    frame = pd.DataFrame(
        list(rows), columns=["unit_id", "pupils_projected", "pupils_projected_low", "pupils_projected_high"]
    )
    return frame.assign(unit_kind="school", fall_year=2025, method="m").astype(
        dict.fromkeys(frame.columns[1:], "float64")
    )


def by_grade(*rows: tuple[str, str, float]) -> pd.DataFrame:
    return pd.DataFrame(list(rows), columns=["unit_id", "grade", "pupils_projected"]).assign(
        unit_kind="school", fall_year=2025
    )


def use(**pupils: float) -> pd.DataFrame:
    index = pd.Index([k.removeprefix("s") for k in pupils], name="site_id")
    return pd.DataFrame({"pupils": list(pupils.values())}, index=index)


def school_pupils(**pupils: float) -> pd.DataFrame:
    return pd.DataFrame({"pupils": pupils})


def test_schools_of_a_site_are_added_and_their_intervals_joined_as_independent() -> None:
    ahead = utilization.use_ahead(
        AT,
        totals(("a", 100.0, 97.0, 104.0), ("b", 50.0, 46.0, 53.0)),
        by_grade(("a", "PK", 10.0)),
        use(s1=150.0, s2=np.nan),
        school_pupils(a=100.0, b=50.0),
    )
    row = ahead.set_index("site_id").loc["1"]
    assert (row["pupils"], row["preschool_pupils"]) == (150.0, 10.0)
    assert (row["below"], row["above"]) == (pytest.approx(5.0), pytest.approx(5.0))
    assert "2" not in set(ahead["site_id"])


def test_a_site_with_a_school_that_has_no_outlook_has_none() -> None:
    ahead = utilization.use_ahead(
        AT, totals(("a", 100.0, 97.0, 104.0)), by_grade(), use(s1=150.0), school_pupils(a=100.0, b=50.0)
    )
    assert ahead.empty


def test_an_untested_outlook_gives_a_number_and_no_interval() -> None:
    ahead = utilization.use_ahead(AT, totals(("c", 100.0, None, None)), by_grade(), use(s2=90.0), school_pupils(c=90.0))
    found = utilization.utilization(
        pd.DataFrame(
            {"site_id": ["2"], "capacity_definition": "given", "capacity_seats": [200.0], "pupils_per_room": 25.0}
        ),
        ahead,
    )
    assert found["utilization_ratio"].tolist() == [0.5]
    assert found["utilization_high_ratio"].isna().all()


def test_an_empty_site_stays_empty() -> None:
    ahead = utilization.use_ahead(
        AT, totals(("c", 100.0, 90.0, 110.0)), by_grade(), use(s2=90.0, s9=0.0), school_pupils(c=90.0)
    )
    assert ahead.set_index("site_id").loc["9", ["pupils", "above"]].tolist() == [0.0, 0.0]


def test_free_seats_of_one_site_never_cancel_the_crowding_of_another() -> None:
    capacity = pd.DataFrame(
        {
            "site_id": ["1", "2"],
            "capacity_definition": "given",
            "capacity_seats": [400.0, 200.0],
            "pupils_per_room": 25.0,
        }
    )
    counts = pd.DataFrame(
        {
            "site_id": ["1", "2"],
            "fall_year": 2024,
            "pupils": [300.0, 290.0],
            "preschool_pupils": 0.0,
            "below": 0.0,
            "above": 0.0,
        }
    )
    found = check(BY_TABLE["utilization"], utilization.utilization(capacity, counts))
    assert found["surplus_seats"].tolist() == [100.0, 0.0]
    assert found["surplus_seats"].sum() != (capacity["capacity_seats"] - counts["pupils"]).sum()


def test_preschool_pupils_fill_given_seats_only_and_zero_capacity_has_no_ratio() -> None:
    capacity = pd.DataFrame(
        {
            "site_id": ["1", "1", "2"],
            "capacity_definition": ["given", "state_loading", "given"],
            "capacity_seats": [100.0, 100.0, 0.0],
            "pupils_per_room": 25.0,
        }
    )
    counts = pd.DataFrame(
        {
            "site_id": ["1", "2"],
            "fall_year": 2024,
            "pupils": [80.0, 5.0],
            "preschool_pupils": [20.0, 0.0],
            "below": 0.0,
            "above": 0.0,
        }
    )
    found = check(BY_TABLE["utilization"], utilization.utilization(capacity, counts))
    assert found["utilization_ratio"].tolist() == pytest.approx([0.8, 0.6, np.nan], nan_ok=True)


def test_suppressed_pupils_widen_the_present() -> None:
    counts = pd.DataFrame(
        {"site_id": ["1"], "fall_year": 2024, "pupils": [80.0], "preschool_pupils": 0.0, "below": 4.0, "above": 4.0}
    )
    found = utilization.utilization(
        pd.DataFrame(
            {"site_id": ["1"], "capacity_definition": "given", "capacity_seats": [100.0], "pupils_per_room": 25.0}
        ),
        counts,
    )
    assert found[["utilization_low_ratio", "utilization_high_ratio"]].to_numpy().tolist() == [
        [pytest.approx(0.76), pytest.approx(0.84)]
    ]
    # most pupils leave the fewest rooms: 16, 20 and 24 seats at 25 pupils each
    assert found[["surplus_rooms_low", "surplus_rooms", "surplus_rooms_high"]].to_numpy().tolist() == [
        pytest.approx([16 / 25, 20 / 25, 24 / 25])
    ]


def test_the_ledger_counts_pupils_without_a_building_and_sites_without_a_capacity() -> None:
    ledger = Ledger()
    sites = pd.DataFrame({"site_id": ["1", "2"]})
    capacity = pd.DataFrame(
        {
            "site_id": ["1", "2", "1", "2"],
            "capacity_definition": ["given", "given", "target", "target"],
            "capacity_seats": [10.0, np.nan, np.nan, np.nan],
            "capacity_status": ["known", "not_given", "other_grades", "no_rooms_known"],
        }
    )
    utilization.record(sites, AT, school_pupils(a=70.0, x=30.0), capacity, empty("surplus_sites", ""), ledger)
    lines = ledger.frame().set_index("entry")
    assert lines.loc["match", ["total", "inside", "outside"]].tolist() == [100.0, 70.0, 30.0]
    assert lines.loc["absence", "item"].tolist() == ["2", "2", "1"]
    assert "'target': no rooms are known" in lines.loc["absence", "reason"].iloc[1]


def test_the_horizon_is_so_many_years_into_the_outlook_however_far_it_reaches() -> None:
    assert utilization.horizon_year(pd.DataFrame({"fall_year": [2025, 2034]}), 5) == 2029
    assert utilization.horizon_year(pd.DataFrame({"fall_year": []}), 5) is None
