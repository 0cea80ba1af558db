"""Events and scenarios that cannot be are refused when the study is read, with their place."""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline import config

ROOT = Path(__file__).resolve().parent.parent
MILLBROOK = config.parse((ROOT / "studies/millbrook.yaml").read_text(encoding="utf-8"))
A, B, NEW = "99999996010010", "99999996010038", "99999996010171"


def event(kind: str, school: str, fall: int, grades: tuple[str, ...] = (), **shares: float) -> dict[str, Any]:
    """``to_b=0.5`` sends half to school B."""
    ids = {"a": A, "b": B, "new": NEW}
    values: dict[str, Any] = {
        "kind": kind,
        "school_id": school,
        "fall_year": fall,
        "grades": list(grades),
        "source": "x",
    }
    for name, share in shares.items():
        way, key = name.split("_")
        values.setdefault(f"pupils_{way}", {})[ids[key]] = share
    return values


def study(change: Callable[[dict[str, Any]], object]) -> config.Study:
    values = copy.deepcopy(MILLBROOK)
    change(values)
    return config.Study.model_validate(values)


def declared(*events: dict[str, Any]) -> Callable[[dict[str, Any]], object]:
    return lambda values: values["outlook"]["events"].extend(events)


@pytest.mark.parametrize(
    ("events", "message"),
    [
        ([event("boundary", A, 2026, to_b=0.1)] * 2, f"outlook.events: 'boundary' of '{A}' in fall 2026 and .* are the same"),
        ([event("closes", A, 2026), event("closes", A, 2028)], "close the same grades"),
        ([event("closes", A, 2026, ("KG",)), event("closes", A, 2028)], "close the same grades .KG first"),
        ([event("closes", A, 2026), event("opens", A, 2028, from_b=0.1)], "open a school that has closed"),
        ([event("opens", A, 2026, from_b=0.1), event("closes", A, 2026)], "open a school that has closed"),
        (
            [event("closes", A, 2026, to_b=1.0), event("opens", NEW, 2026, ("KG", "01"), from_a=0.4)],
            f"events of fall 2026 give away 140% of the pupils of '{A}' in grade KG, the first of 2 such grades",
        ),
    ],
)  # fmt: skip
def test_events_that_contradict_each_other_are_refused(events: list[dict[str, Any]], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        study(declared(*events))


def test_events_that_agree_pass_and_those_of_a_scenario_are_held_against_the_declared_ones() -> None:
    agreed = [event("boundary", A, 2026, ("KG",), to_b=0.6), event("boundary", A, 2026, ("01",), to_b=0.6)]
    assert len(study(declared(*agreed, event("closes", A, 2028))).outlook.events) == 5
    with pytest.raises(ValidationError, match=r"scenarios\.new_school\.events with outlook\.events: .*give away 115%"):
        study(declared(event("boundary", A, 2027, to_b=1.0)))


@pytest.mark.parametrize(
    ("one", "message"),
    [
        (event("boundary", A, 2026), f"boundary of {A} in fall 2026 moves nobody"),
        (event("regrades", A, 2026, ("06",)), "and either pupils_to"),
        (event("opens", NEW, 2026), f"outlook.events: 'opens' of '{NEW}' in fall 2026 brings it no pupils"),
        (event("closes", A, 2035), r"lies beyond the last fall of the outlook \(2034.* \(1 such events\)"),
    ],
)
def test_events_that_do_nothing_are_refused(one: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        study(declared(one))
    assert study(declared(event("closes", A, 2034)))
    with pytest.raises(ValidationError, match=r"scenarios\.new_school\.events"):
        study(lambda values: values["scenarios"]["new_school"]["events"].append(event("closes", A, 2035)))


@pytest.mark.parametrize(
    ("slot", "values", "message"),
    [
        ("as_planned", {"homes": "none"}, r"scenarios\.as_planned is the outlook itself.* homes are changed"),
        ("no_new_homes", {}, r"scenarios\.no_new_homes has no homes: write `homes: none`"),
        ("no_new_homes", {"homes": "none", "capture_change": 0.1}, "changes one thing.* leave out capture_change"),
        ("lower_capture", {"capture_change": 0.05}, r"lower_capture has a capture_change below 0, not 0\.05"),
        ("higher_capture", {}, "higher_capture has a capture_change above 0, not 0"),
        ("higher_capture", {"capture_change": 0.1, "homes": "none"}, "changes one thing.* leave out homes"),
        ("new_school", {"events": [event("boundary", A, 2026, to_b=0.1)]}, "opens a school in a fall from 2025 to 2034"),
        ("new_school", {"events": [event("opens", NEW, 2024, from_b=0.1)]}, "opens a school in a fall from 2025"),
    ],
)  # fmt: skip
def test_a_scenario_that_is_not_what_it_is_called_is_refused(slot: str, values: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        study(lambda all_: all_["scenarios"].update({slot: values}))
    assert set(study(lambda _: None).scenarios) == {"no_new_homes", "lower_capture", "higher_capture", "new_school"}
