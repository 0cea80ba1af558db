"""The outlook and its scenarios on Millbrook: no break read as a trend, what is declared, laws of the scenarios."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline import config, stages
from pipeline.columns import SCENARIOS
from pipeline.errors import ConfigError
from pipeline.tables import BY_TABLE, check, empty
from pipeline.town.write import town
from tests.stages.bare import run, study

Read = Callable[[str], Any]
KEY = ["unit_kind", "unit_id", "fall_year"]


@pytest.fixture(scope="module")
def district(millbrook: Read) -> pd.Series:
    """The district's pupils expected, by fall and grade."""
    table = millbrook("enrollment_outlook").query("unit_kind == 'district'")
    return table.set_index(["fall_year", "grade"])["pupils_projected"]


def test_first_graders_do_not_shrink_because_kindergarten_once_held_another_grade(
    millbrook: Read, district: pd.Series
) -> None:
    """895 first graders came out of 884 kindergartners. Read as they stand, the counts up to 2022 make it 813 in two years."""
    counts = millbrook("enrollment").query("student_group == 'all'").groupby(["fall_year", "grade"])["pupils"].sum()
    kept = counts[2024, "01"] / counts[2023, "KG"]
    assert district[2025, "01"] == pytest.approx(kept * counts[2024, "KG"], rel=0.03)
    for fall in range(2025, 2030):
        assert district[fall + 1, "01"] / district[fall, "KG"] == pytest.approx(kept, rel=0.03)
    marked = millbrook("enrollment_outlook").query("caution == 'definition_break' and unit_kind == 'district'")
    assert set(marked["grade"]) == {"KG", "01"}


def test_transitional_kindergarten_takes_twelve_months_of_birthdays_after_nine(
    millbrook: Read, district: pd.Series
) -> None:
    now = (
        millbrook("enrollment").query("student_group == 'all' and fall_year == 2024 and grade == 'TK'")["pupils"].sum()
    )
    assert district[2025, "TK"] / now == pytest.approx(12 / 9, rel=0.1)
    assert district[2026, "TK"] / district[2025, "TK"] == pytest.approx(1.0, abs=0.1)


def test_the_first_grades_of_next_year_are_what_the_towns_children_make_them(
    millbrook: Read, district: pd.Series
) -> None:
    """The town knows its children of 2025: four-, five- and six-year-olds, as many more or fewer than in 2024."""
    made = town()
    inside = made.zones.elementary >= 0
    counts = millbrook("enrollment").query("student_group == 'all' and fall_year == 2024")
    now = counts.groupby("grade")["pupils"].sum()
    for grade, age, wider, off in (("TK", 4, 12 / 9, 0.05), ("KG", 5, 1.0, 0.03), ("01", 6, 1.0, 0.03)):
        then, before = (made.people.at_age(age, year)[inside].sum() for year in (2025, 2024))
        assert district[2025, grade] == pytest.approx(now[grade] * then / before * wider, rel=off), grade


def test_kindergarten_is_by_births_as_long_as_they_are_counted(millbrook: Read) -> None:
    rows = millbrook("enrollment_outlook").query("unit_kind == 'district' and grade == 'KG'").set_index("fall_year")
    assert rows.loc[range(2025, 2030), "rule"].tolist() == ["births"] * 5
    assert rows.loc[range(2030, 2035), "rule"].tolist() == ["births_ahead"] * 5


def test_what_was_declared_is_told_apart_from_what_was_only_seen(millbrook: Read) -> None:
    changes = millbrook("school_changes").set_index(["school_id", "fall_year", "change_kind"])
    assert changes.loc[("99999996010164", 2020, "opened"), "is_declared"]
    assert changes.loc[("99999996010906", 2021, "closed"), "is_declared"]
    assert not changes.loc[("99999990134869", 2018, "opened"), "is_declared"]
    assert changes.index.get_level_values("change_kind").isin(["opened", "closed", "grades_gained"]).all()


def test_the_states_projection_by_hand(millbrook: Read) -> None:
    """Kindergarten with its transitional year: 947, 1,039, 1,175, 1,250 up to 2024."""
    table = millbrook("state_projection").set_index(["fall_year", "grade"])
    change = (1 * (1039 - 947) + 2 * (1175 - 1039) + 3 * (1250 - 1175)) / 6
    assert table.loc[(2025, "KG"), "pupils_projected"] == pytest.approx(1250 + change, abs=3)  # hidden cells are filled
    assert table.loc[(2029, "KG"), "pupils_projected"] == pytest.approx(1250 + 5 * change, abs=12)
    assert table.loc[2029, "pupils_of_homes"].sum() > 100
    assert "not confirmed: the weights" in " ".join(millbrook("ledger_outlook")["reason"])


def test_every_zone_has_a_capture_ratio(millbrook: Read) -> None:
    ratios = millbrook("capture_ratios")
    assert len(ratios) == 31
    assert ratios["capture_ratio"].between(0.2, 1.0).all()
    by_residence = millbrook("outlook_totals").dropna(subset=["pupils_by_residence"])
    assert set(by_residence["unit_kind"]) == {"school"}
    off = (by_residence["pupils_by_residence"] / by_residence["pupils_projected"] - 1).abs()
    assert off.median() < 0.1


def test_zones_together_hold_what_the_flows_hold(millbrook: Read) -> None:
    sums = millbrook("outlook_totals").pivot_table(
        index="fall_year", columns="unit_kind", values="pupils_projected", aggfunc="sum"
    )
    share = sums["zone"] / sums["district"]
    assert share.between(0.9, 1.0 + 1e-9).all()
    assert share.max() - share.min() < 0.02


def test_the_plan_is_the_outlook_and_the_scenarios_keep_their_laws(millbrook: Read) -> None:
    plan = millbrook("outlook_totals")
    as_planned = millbrook("scenario_as_planned")
    pd.testing.assert_frame_equal(as_planned, plan[list(as_planned.columns)], check_exact=True)
    pupils = {slot: millbrook(f"scenario_{slot}").set_index(KEY)["pupils_projected"] for slot in SCENARIOS}
    assert (pupils["no_new_homes"] <= pupils["as_planned"] + 1e-9).all()
    for slot in ("lower_capture", "higher_capture", "new_school"):
        pd.testing.assert_series_equal(pupils[slot]["district"], pupils["as_planned"]["district"], check_exact=True)
        schools = pupils[slot]["school"].groupby("fall_year").sum()
        np.testing.assert_allclose(schools, pupils["as_planned"]["school"].groupby("fall_year").sum(), rtol=1e-9)
    assert pupils["new_school"]["school", "99999996010171"].index.min() == 2027
    side = millbrook("scenario_outlook")
    assert len(side) == sum(map(len, pupils.values()))


def test_without_data_scenarios_are_empty_and_the_comparison_says_why() -> None:
    stage = stages.find("scenarios")
    whole = study()
    tables = {name: empty(name, "") for name in stage.reads}
    for slot in SCENARIOS:
        (made,) = stage.run(config.only(whole, stage.name, stage.sections), tables, slot).items()
        assert made[0] == f"scenario_{slot}"
        assert check(BY_TABLE[made[0]], made[1]).empty
    outputs = run("comparison")
    assert outputs["scenario_outlook"].empty
    assert outputs["ledger_comparison"]["entry"].tolist() == ["missing_input"]


def test_a_scenario_that_the_study_does_not_describe_is_empty_and_the_plan_is_not(millbrook: Read) -> None:
    stage = stages.find("scenarios")
    bare = config.only(study(scenarios={}), stage.name, stage.sections)
    tables = {name: millbrook(name) for name in stage.reads}
    assert stage.run(bare, tables, "new_school")["scenario_new_school"].empty
    assert len(stage.run(bare, tables, "as_planned")["scenario_as_planned"])


def test_room_to_offer_does_not_hang_on_how_far_the_outlook_reaches(millbrook: Read) -> None:
    stage = stages.find("utilization")
    settings = config.only(study(), stage.name, stage.sections)
    tables = {name: millbrook(name) for name in stage.reads}
    near = {name: tables[name].query("fall_year <= 2029") for name in ("outlook_totals", "enrollment_outlook")}
    ten, five = stage.run(settings, tables), stage.run(settings, {**tables, **near})
    assert tables["outlook_totals"]["fall_year"].max() == 2034
    lease = ["rooms_needed_back_year", "longest_lease_years", "lease_limit"]
    far, close = (out["surplus_sites"].drop(columns=lease).reset_index(drop=True) for out in (ten, five))
    pd.testing.assert_frame_equal(far, close)
    assert ten["utilization"]["fall_year"].max() == 2034
    shared = ten["utilization"].query("fall_year <= 2029").reset_index(drop=True)
    pd.testing.assert_frame_equal(shared, five["utilization"].reset_index(drop=True))


@pytest.mark.parametrize(
    ("opens", "message"),
    [
        ({"pupils_from": {"no such school": 0.4}}, "names school 'no such school'"),
        ({"pupils_from": {"99999996010906": 0.4}}, "'99999996010906', which has no pupils in fall 2024"),
        ({"school_id": "99999996010038"}, "1 openings are of schools that have pupils already"),
    ],
)
def test_an_error_of_a_scenarios_event_names_the_scenario(millbrook: Read, opens: dict[str, Any], message: str) -> None:
    stage = stages.find("scenarios")
    described = study().scenarios["new_school"]
    events = (described.events[0].model_copy(update=opens),)
    changed = study(scenarios={"new_school": described.model_copy(update={"events": events})})
    tables = {name: millbrook(name) for name in stage.reads}
    with pytest.raises(ConfigError, match=rf"^scenarios\.new_school\.events: .*{message}"):
        stage.run(config.only(changed, stage.name, stage.sections), tables, "new_school")
