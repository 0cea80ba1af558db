"""Scenarios: the plan is the outlook, homes only add, a new school and another share make no pupil."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.changes import Event
from pipeline.analysis.outlook import outlook
from pipeline.analysis.scenarios import KEY, NUMBERS, WhatIf, compared, scenario
from pipeline.columns import SCENARIOS
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check
from tests.analysis.test_outlook import COHORTS, MEMBERS, PLACES, PROJECT, enrollment, facts, flows_of, inputs_of

NEW = Event("opens", "n", 2026, pupils_from={"a": 0.4})
WHAT_IFS = {
    "as_planned": WhatIf(),
    "no_new_homes": WhatIf(homes=False),
    "lower_capture": WhatIf(capture_change=-0.1),
    "higher_capture": WhatIf(capture_change=0.1),
    "new_school": WhatIf(events=(NEW,)),
}


@pytest.fixture(scope="module")
def study() -> tuple[dict[str, pd.DataFrame], Any]:
    rng = np.random.default_rng(5)
    counts = {s: {g: list(rng.integers(60, 90, 8).astype(float)) for g in ("KG", "01", "02")} for s in ("a", "b", "c")}
    now = {s: sum(grades[g][-1] for g in grades) for s, grades in counts.items()}
    flows = flows_of(
        ("z", "a", 0.9 * now["a"], 0, 0),
        ("z", "b", 0.5 * now["b"], 0, 0),
        ("z", "c", 20.0, 0, 0),
        ("y", "a", 9.0, 0, 0),
    )
    return inputs_of(
        enrollment(counts), facts("a", "b", "c"), projects=PROJECT, places=PLACES, membership=MEMBERS, flows=flows,
        pupils_per_home={"apartment": 0.3},
    )  # fmt: skip


@pytest.fixture(scope="module")
def made(study: tuple[dict[str, pd.DataFrame], Any]) -> dict[str, pd.DataFrame]:
    plan = outlook(*study, Ledger())["outlook_totals"]
    tables = {
        slot: check(BY_TABLE[f"scenario_{slot}"], scenario(slot, *study, what_if, plan, COHORTS))
        for slot, what_if in WHAT_IFS.items()
    }
    return {**tables, "plan": check(BY_TABLE["outlook_totals"], plan)}


def pupils(table: pd.DataFrame) -> pd.Series:
    return table.set_index(KEY)["pupils_projected"]


def test_the_plan_is_the_outlook_to_the_last_digit(made: dict[str, pd.DataFrame]) -> None:
    shared = list(made["as_planned"].columns)
    pd.testing.assert_frame_equal(made["as_planned"], made["plan"][shared], check_exact=True)


def test_without_new_homes_nobody_has_more_pupils(made: dict[str, pd.DataFrame]) -> None:
    change = pupils(made["no_new_homes"]) - pupils(made["as_planned"])
    assert (change <= 1e-9).all()
    assert change["district"].min() < -1


def test_a_new_school_and_another_share_leave_the_district_as_it_is(made: dict[str, pd.DataFrame]) -> None:
    planned = pupils(made["as_planned"])
    for slot in ("lower_capture", "higher_capture", "new_school"):
        found = pupils(made[slot])
        pd.testing.assert_series_equal(found["district"], planned["district"], check_exact=True)
        sums = found["school"].groupby("fall_year").sum()
        np.testing.assert_allclose(sums, planned["school"].groupby("fall_year").sum(), rtol=0, atol=1e-9)
        assert not np.allclose(found["school"]["a"], planned["school"]["a"])
    assert (pupils(made["lower_capture"])["school"]["a"] < planned["school"]["a"]).all()
    assert (pupils(made["higher_capture"])["school"]["a"] > planned["school"]["a"]).all()
    assert made["new_school"].query("unit_id == 'n'")["fall_year"].min() == 2026


def test_a_closure_and_another_share_at_once_lose_nobody(study: tuple[dict[str, pd.DataFrame], Any]) -> None:
    tables, choices = study
    choices = replace(choices, events=(Event("closes", "c", 2027, pupils_to={"a": 0.5, "b": 0.5}),))
    plan = outlook(tables, choices, Ledger())["outlook_totals"]
    found = scenario("lower_capture", tables, choices, WHAT_IFS["lower_capture"], plan, COHORTS)
    sums, planned = (pupils(table)["school"].groupby("fall_year").sum() for table in (found, plan))
    np.testing.assert_allclose(sums, planned, rtol=0, atol=1e-9)
    assert "c" not in set(found[found["fall_year"] >= 2027]["unit_id"])
    by_residence = plan[plan["unit_kind"] == "school"].groupby("fall_year")["pupils_by_residence"].sum()
    assert by_residence[2027] == pytest.approx(by_residence[2026], rel=0.2)


def test_intervals_are_as_wide_as_those_of_the_plan(made: dict[str, pd.DataFrame]) -> None:
    table, plan = (made[name].set_index(KEY) for name in ("lower_capture", "plan"))
    for end in NUMBERS[1:]:
        np.testing.assert_allclose(table[end] / table["pupils_projected"], plan[end] / plan["pupils_projected"])
    new = made["new_school"].query("unit_id == 'n'")
    assert new["pupils_projected_low"].isna().all()  # no history, no interval


def test_all_side_by_side(made: dict[str, pd.DataFrame]) -> None:
    ledger = Ledger()
    table = check(BY_TABLE["scenario_outlook"], compared({slot: made[slot] for slot in SCENARIOS}, ledger))
    assert set(table["scenario"]) == set(SCENARIOS)
    assert table.loc[table["scenario"] == "as_planned", "pupils_projected_change"].abs().max() == 0.0
    row = table.query("scenario == 'no_new_homes' and unit_kind == 'district' and fall_year == 2026").iloc[0]
    planned = pupils(made["as_planned"])["district", "d", 2026]
    assert row["pupils_projected_change"] == pytest.approx(row["pupils_projected"] - planned)
    assert ledger.frame().empty


def test_without_flows_another_share_is_not_computed_and_said_so(study: tuple[dict[str, pd.DataFrame], Any]) -> None:
    tables, choices = study
    tables = {**tables, "flows": tables["flows"].iloc[:0]}
    plan = outlook(tables, choices, Ledger())["outlook_totals"]
    lower = scenario("lower_capture", tables, choices, WHAT_IFS["lower_capture"], plan, COHORTS)
    assert lower.empty
    ledger = Ledger()
    planned = scenario("as_planned", tables, choices, WhatIf(), plan, COHORTS)
    compared({"as_planned": planned, "lower_capture": lower}, ledger)
    assert ledger.frame()["item"].tolist() == ["lower_capture"]
