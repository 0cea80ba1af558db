"""The outlook told in public: no small number in it, nor one that follows by taking tables from each other."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis import publication_outlook as public
from pipeline.analysis.hidden_outlook import hidden_of, hidden_units
from pipeline.tables import BY_TABLE, check

SMALLEST = 11.0
SCHOOLS = ("s0", "s1", "s2", "s3")


def totals(pupils: dict[str, list[float]], district: list[float] | None = None) -> pd.DataFrame:
    """The table ``outlook_totals`` from the numbers of each school, year by year, and of a district of their sum."""
    sums = district or [sum(year) for year in zip(*pupils.values(), strict=True)]
    rows = [
        {"unit_kind": kind, "unit_id": unit, "fall_year": 2025 + year, "pupils_projected": value}
        for kind, units in (("district", {"d": sums}), ("school", pupils))
        for unit, values in units.items()
        for year, value in enumerate(values)
    ]
    frame = pd.DataFrame(rows)
    return frame.assign(
        pupils_projected_low=frame["pupils_projected"] * 0.9,
        pupils_projected_high=frame["pupils_projected"] * 1.1,
        method="pooled cohort survival",
        interval_basis="own_size",
        caution=None,
        pupils_by_residence=np.nan,
    )


def in_scenarios(plan: pd.DataFrame, changes: dict[str, dict[str, float]]) -> pd.DataFrame:
    """The table ``scenario_outlook``: the plan, and each scenario with its changes of schools."""
    parts = [plan.assign(scenario="as_planned", pupils_projected_change=0.0)]
    for name, moved in changes.items():
        change = plan["unit_id"].map(moved).fillna(0.0)
        parts.append(
            plan.assign(
                scenario=name, pupils_projected=plan["pupils_projected"] + change, pupils_projected_change=change
            )
        )
    return pd.concat(parts, ignore_index=True)


def counted(hidden: tuple[str, ...] = ()) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "school_id": SCHOOLS,
            "fall_year": 2024,
            "value_text": ["*" if school in hidden else "120" for school in SCHOOLS],
            "value_status": "reported",
        }
    )


ZONES = pd.DataFrame({"level": ["middle"] * 3, "zone_id": ["1", "2", "3"], "resident_pupils": [np.nan, 200.0, 150.0]})
PLAN = {"s0": [120.0, 110.0], "s1": [300.0, 310.0], "s2": [250.0, 260.0], "s3": [90.0, 95.0]}


def quiet(plan: pd.DataFrame, scenarios: pd.DataFrame, known: pd.DataFrame) -> set[str]:
    found = hidden_units(plan, scenarios, known, ZONES, SMALLEST)
    return set(found.loc[found["is_primary"] | found["is_extra"], "unit_id"])


def test_a_school_small_in_one_year_or_scenario_is_hidden_in_all_with_the_next_smallest() -> None:
    plan = totals({**PLAN, "s1": [300.0, 9.0]})
    assert quiet(plan, in_scenarios(plan, {}), counted()) == {"s1", "s3"}
    plan = totals(PLAN)
    scenarios = in_scenarios(plan, {"lower_capture": {"s1": -295.0, "s2": 295.0}})
    hidden = hidden_units(plan, scenarios, counted(), ZONES, SMALLEST)
    assert quiet(plan, scenarios, counted()) == {"s1", "s3"}
    table, _ = public.scenarios(scenarios, hidden)
    dark = table[table["unit_id"].isin(["s1", "s3"])]
    assert len(dark) == 4 and dark[[*public.NUMBERS, "pupils_projected_change"]].isna().all(axis=None)


def test_a_hidden_count_of_today_hides_the_outlook() -> None:
    plan = totals(PLAN)
    hidden = hidden_units(plan, in_scenarios(plan, {}), counted(("s2",)), ZONES, SMALLEST)
    grades = plan.assign(grade="KG", rule="births")
    table, line = public.outlook(plan, grades, hidden, SMALLEST)
    check(BY_TABLE["public_outlook"], table)
    stars = table[table["value_text"] == "*"]
    assert set(stars["unit_id"]) == {"s2", "s3"}  # the smallest of the others goes with it
    assert stars[[*public.NUMBERS, "rules", "caution"]].isna().all(axis=None)
    assert (line["primary_hidden_cells"], line["complementary_hidden_cells"]) == (2.0, 2.0)


def test_what_the_district_expects_beyond_the_schools_listed_is_no_way_to_a_small_number() -> None:
    plan = totals(PLAN, district=[764.0, 800.0])  # four pupils of a school that is not listed
    assert quiet(plan, in_scenarios(plan, {}), counted()) == {"s3"}
    plan = totals(PLAN, district=[860.0, 900.0])
    assert quiet(plan, in_scenarios(plan, {}), counted()) == set()


@given(st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60), st.integers(0, 60)), min_size=2, max_size=7))
def test_no_column_tells_a_small_number_by_its_sum(rows: list[tuple[int, int, int]]) -> None:
    views = pd.DataFrame(rows, columns=["2025", "2026", "no homes"]).astype("float64")
    one = pd.Series("all", index=views.index)
    primary, extra = hidden_of(views, one, pd.Series(False, index=views.index), SMALLEST)
    hidden = primary | extra
    assert not ((views > 0) & (views < SMALLEST))[~hidden].any(axis=None)
    for column in views:
        secret = views.loc[hidden & (views[column] > 0), column]
        everyone_left = (views.loc[~hidden, column] > 0).sum() == 0  # nobody is left to hide behind
        assert secret.empty or everyone_left or (len(secret) >= 2 and secret.sum() >= SMALLEST)


def test_zones_whose_residents_are_hidden_show_nothing_and_take_another_with_them() -> None:
    rows = totals({f"middle {i}": [100.0 + 10 * i, 130.0] for i in (1, 2, 3)})
    rows["unit_kind"] = rows["unit_kind"].replace("school", "zone")
    assert quiet(rows, in_scenarios(rows, {}), counted()) == {"middle 1", "middle 2"}


def test_a_change_is_that_of_published_numbers_and_says_what_its_interval_holds() -> None:
    plan = totals({"s0": [120.0] * 10, "s1": [300.0] * 10, "s2": [250.0] * 10, "s3": [125.0] * 10})
    plan.loc[(plan["unit_id"] == "s2") & (plan["fall_year"] > 2029), "interval_basis"] = "beyond_tested"
    plan.loc[plan["unit_id"] == "s1", ["pupils_projected_low", "pupils_projected_high"]] = np.nan
    hidden = hidden_units(plan, in_scenarios(plan, {}), counted(), ZONES, SMALLEST)
    table, _ = public.changes(plan, hidden, counted(), ZONES)
    check(BY_TABLE["public_outlook_change"], table)
    rows = table.set_index(["unit_id", "horizon_years"])
    assert rows["outlook_evidence"].to_dict() == {
        ("s0", 5): "may_be_none",
        ("s0", 10): "may_be_none",
        ("s1", 5): "untested",
        ("s1", 10): "untested",
        ("s2", 5): "beyond_chance",
        ("s2", 10): "beyond_tested",
        ("s3", 5): "may_be_none",
        ("s3", 10): "may_be_none",
    }
    assert rows.loc[("s2", 5), ["expected_change", "expected_change_low", "expected_change_high"]].tolist() == [
        130,
        105,
        155,
    ]
    plan.loc[plan["unit_id"] == "s2", "interval_basis"] = "borrowed_from_schools"
    table, _ = public.changes(plan, hidden, counted(), ZONES)
    assert table.set_index("unit_id").loc["s2", "outlook_evidence"].tolist() == ["borrowed", "borrowed"]
    none = counted().assign(value_text="*")
    assert public.changes(plan, hidden, none, ZONES)[0].empty


def by_grade(sizes: dict[str, list[float]]) -> pd.DataFrame:
    rows = [(grade, 2025 + year, value) for grade, values in sizes.items() for year, value in enumerate(values)]
    frame = pd.DataFrame(rows, columns=["grade", "fall_year", "pupils_projected"])
    return frame.assign(
        unit_kind="district", unit_id="d", method="pooled cohort survival", interval_basis="own_size", rule="own_ratio"
    ).assign(
        caution=None, pupils_projected_low=frame["pupils_projected"], pupils_projected_high=frame["pupils_projected"]
    )


def test_a_small_grade_is_hidden_in_all_years_and_in_the_states_projection_with_the_next_of_its_level() -> None:
    rows = by_grade({"KG": [80.0, 90.0], "01": [85.0, 9.0], "06": [70.0, 72.0], "07": [60.0, 61.0]})
    form = rows[["fall_year", "grade"]].assign(pupils_projected=88.4, pupils_of_homes=20.0, pupils_with_homes=108.4)
    bands = {"elementary": ("KG", "01"), "middle": ("06", "07")}
    (table, _), (state, _) = public.grades(rows, form, bands, SMALLEST)
    check(BY_TABLE["public_outlook_grades"], table)
    check(BY_TABLE["public_state_projection"], state)
    assert set(table.loc[table["value_text"] == "*", "grade"]) == {"01", "KG"}
    dark = state["grade"].isin(["01", "KG"])
    assert state.loc[dark, ["pupils_projected", "pupils_with_homes"]].isna().all(axis=None)
    assert state.loc[~dark, "pupils_projected"].tolist() == [88.0] * 4


def test_few_pupils_of_homes_do_not_follow_from_the_sum() -> None:
    rows = by_grade({"KG": [80.0, 90.0], "01": [85.0, 95.0]})
    form = rows[["fall_year", "grade"]].assign(pupils_projected=88.0, pupils_of_homes=4.0, pupils_with_homes=92.0)
    _, (state, line) = public.grades(rows, form, {}, SMALLEST)
    assert state[["pupils_of_homes", "pupils_with_homes"]].isna().all(axis=None) and line["primary_hidden_cells"] == 4
    assert (state["pupils_projected"] == 88.0).all()


@given(st.floats(-30.0, 30.0), st.floats(40.0, 400.0))
def test_a_scenario_tells_a_change_to_the_nearest_ten_and_no_closer(change: float, pupils: float) -> None:
    plan = totals({"s0": [pupils], "s1": [300.0]})
    scenarios = in_scenarios(plan, {"lower_capture": {"s0": change}})
    nobody = pd.DataFrame({"unit_kind": ["school"], "unit_id": ["s0"], "is_primary": [False], "is_extra": [False]})
    table, _ = public.scenarios(scenarios, nobody)
    check(BY_TABLE["public_scenarios"], table)
    rows = table.set_index(["scenario", "unit_id"])
    told = rows.loc[("lower_capture", "s0"), "pupils_projected_change"]
    assert told % 10 == 0 and abs(told - change) <= 5 + 1e-9
    planned = rows.loc[("as_planned", "s0"), "pupils_projected"]
    assert rows.loc[("lower_capture", "s0"), "pupils_projected"] == planned + told
    assert (table["pupils_projected"] % 10 == 0).all()


def test_the_share_at_a_zones_own_school_tells_no_few_pupils() -> None:
    ratios = pd.DataFrame(
        {
            "level": "middle",
            "zone_id": ["1", "2", "3", "4", "5", "6"],
            "fall_year": 2024,
            "resident_pupils": [400.0, 400.0, 400.0, 60.0, 400.0, 400.0],
            "home_pupils": [300.0, 393.0, 7.0, 40.0, 301.0, 200.0],
        }
    )
    ratios["capture_ratio"] = ratios["home_pupils"] / ratios["resident_pupils"]
    ratios["capture_low_ratio"] = ratios["capture_ratio"] - [0, 0, 0, 0, 0, 0.1]
    ratios["capture_high_ratio"] = ratios["capture_ratio"]
    zones = ratios[["level", "zone_id"]].assign(resident_pupils=400.0)
    zones.loc[0, "resident_pupils"] = np.nan  # hidden
    table, line = public.capture(ratios, zones, SMALLEST)
    check(BY_TABLE["public_capture"], table)
    assert table["capture_ratio"].fillna(-1).tolist() == pytest.approx([-1, -1, -1, -1, 0.75, -1])
    assert line["primary_hidden_cells"] == 5


def test_a_study_without_an_outlook_publishes_empty_tables() -> None:
    plan, scenarios = totals(PLAN).iloc[:0], in_scenarios(totals(PLAN), {}).iloc[:0]
    hidden = hidden_units(plan, scenarios, counted(), ZONES, SMALLEST)
    assert public.outlook(plan, plan.assign(rule=""), hidden, SMALLEST)[0].empty
    assert public.changes(plan, hidden, counted(), ZONES)[0].empty
    assert public.scenarios(scenarios, hidden)[0].empty
