"""Indicators of the schools: each from a small table by hand, and blind to who runs a school."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.indicators import BY_INDICATOR
from pipeline.analysis.school_indicators import (
    below_standard,
    low_growth,
    one_less,
    poor_access,
    school_values,
    unduplicated,
)
from pipeline.ledger import Ledger
from pipeline.tables import empty

QUALITY = pd.DataFrame(
    {
        "school_id": ["a", "b", "c", "u"],
        "status_share": [0.2, 0.6, 1.0, np.nan],
        "status_low_share": [0.1, 0.5, 0.9, np.nan],
        "status_high_share": [0.3, 0.7, 1.0, np.nan],
        "growth_change": [-0.08, 0.0, 0.08, np.nan],
        "growth_change_moe": [0.0329, 0.329, 0.0, np.nan],
        "pupils_tested": [100.0, 100.0, 100.0, np.nan],
    }
)


def test_below_standard_is_one_less_the_status() -> None:
    found = below_standard(QUALITY)
    assert found["share"].tolist() == pytest.approx([0.8, 0.4, 0.0]) and found["share_moe"].tolist() == pytest.approx([0.1, 0.1, 0.05])  # fmt: skip


def test_a_low_growth_that_may_be_chance_is_near_one_half() -> None:
    found = low_growth(QUALITY).set_index("school_id")
    #  the middle pupil is at b (0): a is 4 standard errors below, b is the middle, c above without error
    assert found["share"].to_dict() == pytest.approx({"a": 0.99997, "b": 0.5, "c": 0.0}, abs=1e-4)
    assert found.loc["b", "share_moe"] == pytest.approx(1.645 * 0.5) and np.isnan(found.loc["c", "share_moe"])
    unsure = low_growth(QUALITY.assign(growth_change_moe=1.0)).set_index("school_id")["share"]
    assert unsure["a"] < 0.56 and low_growth(QUALITY.iloc[:0]).empty
    #  a school of most pupils is the middle, wherever it stands
    heavy = low_growth(QUALITY.assign(pupils_tested=[900.0, 1.0, 1.0, np.nan])).set_index("school_id")["share"]
    assert heavy["a"] == 0.5 and heavy["b"] < 0.5


def results(**changes: object) -> pd.DataFrame:
    table = pd.DataFrame(
        {
            "school_id": ["a", "b", "c", "d"],
            "fall_year": 2023,
            "subject": "attendance",
            "pupils_tested": [100.0, 0.0, np.nan, 80.0],
            "pupils_meeting": [75.0, 0.0, np.nan, np.nan],
            "points_share": [np.nan, np.nan, 0.9, np.nan],
            "value_status": ["reported", "reported", "reported", "suppressed"],
        }
    )
    return table.assign(**changes)


def test_absence_is_one_less_attendance_of_the_latest_year() -> None:
    both = pd.concat(
        [results(), results(fall_year=2022, pupils_meeting=1.0), results(fall_year=2026, pupils_meeting=1.0)]
    )
    found = one_less(both, "attendance", 2024)
    assert found["school_id"].tolist() == ["a", "c"] and found["share"].tolist() == pytest.approx([0.25, 0.1])
    assert 0.06 < found["share_moe"][0] < 0.08 and np.isnan(found["share_moe"][1])
    assert one_less(both, "stability", 2024).empty


def groups(**cells: tuple[float | None, float | None, float | None]) -> pd.DataFrame:
    rows = [("a", 2024, group, *bounds) for group, bounds in cells.items()]
    table = pd.DataFrame(
        rows, columns=["school_id", "fall_year", "student_group", "pupils", "pupils_low", "pupils_high"]
    )
    table[["pupils", "pupils_low", "pupils_high"]] = table[["pupils", "pupils_low", "pupils_high"]].astype("float64")
    return table.assign(value_status="reported")


def test_unduplicated_pupils_are_counted_where_published_and_bounded_by_the_groups_elsewhere() -> None:
    exact = {"all": (200.0, 200.0, 200.0), "low_income": (100.0, 100.0, 100.0), "english_learner": (60.0, 60.0, 60.0)}
    found = unduplicated(groups(**exact), 2024).iloc[0]
    assert (found["share"], found["share_moe"]) == (pytest.approx(0.65), pytest.approx(0.15))  # 100 to 160 of 200
    published = unduplicated(groups(**exact, unduplicated=(120.0, 120.0, 120.0)), 2024).iloc[0]
    assert (published["share"], published["share_moe"]) == (0.6, 0.0)
    hidden = unduplicated(groups(**exact, foster=(None, 1.0, 10.0)), 2024).iloc[0]
    assert (hidden["share"], hidden["share_moe"]) == (pytest.approx((100 + 170) / 400), pytest.approx(70 / 400))
    most = unduplicated(groups(**{**exact, "low_income": (180.0, 180.0, 180.0)}), 2024).iloc[0]
    assert most["share"] + most["share_moe"] == pytest.approx(1.0)  # never more than all


def test_without_bounds_of_a_large_group_nothing_is_said() -> None:
    cells = {"all": (200.0, 200.0, 200.0), "low_income": (100.0, 100.0, 100.0)}
    assert unduplicated(groups(**cells), 2024).empty
    assert unduplicated(groups(**cells, english_learner=(None, None, None)), 2024).empty
    assert unduplicated(groups(**cells, english_learner=(5.0, 5.0, 5.0)), 2023).empty
    assert unduplicated(empty("enrollment_groups", "EPSG:3310"), 2024).empty


def test_access_lacks_what_is_below_one_seat_a_child() -> None:
    access = pd.DataFrame(
        {
            "neighborhood_id": ["n1", "n1", "n2"],
            "level": ["elementary", "high", "high"],
            "access_ratio": [0.0, 5.0, np.nan],
        }
    )
    levels = pd.DataFrame({"neighborhood_id": ["n1", "n1", "n2"], "level": ["elementary", "high", "high"], "children": [30.0, 90.0, 5.0]})  # fmt: skip
    assert poor_access(access, levels)[["neighborhood_id", "indicator_share"]].to_numpy().tolist() == [["n1", 0.25]]


def everything(**facts: object) -> pd.DataFrame:
    homes = pd.DataFrame({"neighborhood_id": ["n1", "n1", "n2"], "level": "elementary", "school_id": ["a", "b", "c"], "pupils": [3.0, 1.0, 5.0]})  # fmt: skip
    levels = pd.DataFrame({"neighborhood_id": ["n1", "n2"], "level": "elementary", "children": 10.0})
    cells = {"all": (200.0, 200.0, 200.0), "low_income": (100.0, 100.0, 100.0), "english_learner": (60.0, 60.0, 60.0)}
    return school_values(
        homes,
        empty("reach", "EPSG:3310"),
        pd.DataFrame(
            {
                "school_id": list("abcu"),
                "serves_elementary": True,
                "serves_middle": False,
                "serves_high": False,
                **facts,
            }
        ),
        levels,
        Ledger(),
        quality=QUALITY,
        performance=pd.concat([results(), results(subject="stability")]),
        groups=groups(**cells),
        access=pd.DataFrame({"neighborhood_id": ["n1"], "level": "elementary", "access_ratio": 0.5}),
        now=2024,
    )


def test_all_six_are_shares_of_declared_indicators() -> None:
    values = everything()
    assert set(values["indicator"]) == {name for name, one in BY_INDICATOR.items() if one.source != "census"}
    assert values["indicator_share"].between(0, 1).all()
    shares = values.set_index(["indicator", "neighborhood_id"])["indicator_share"]
    assert shares["below_standard", "n1"] == pytest.approx((3 * 0.8 + 0.4) / 4) and shares["poor_access", "n1"] == 0.5
    assert shares["chronic_absence", "n1"] == pytest.approx(0.25)  # b has no value: a speaks for three of four pupils


def test_swapping_the_sectors_changes_no_value() -> None:
    one, other = (everything(sector=sectors) for sectors in (["district"] * 4, ["charter", "district"] * 2))
    pd.testing.assert_frame_equal(one, other)


def test_a_study_without_schools_has_none() -> None:
    none = [empty(name, "EPSG:3310") for name in ("reach", "school_facts")]
    homes = pd.DataFrame(columns=["neighborhood_id", "level", "school_id", "pupils"])
    levels = pd.DataFrame(columns=["neighborhood_id", "level", "children"])
    tables = {"quality": "school_quality", "performance": "performance", "groups": "enrollment_groups", "access": "seat_access"}  # fmt: skip
    given = {name: empty(table, "EPSG:3310") for name, table in tables.items()}
    ledger = Ledger()
    assert school_values(homes, *none, levels, ledger, **given, now=2024).empty and ledger.frame().empty
