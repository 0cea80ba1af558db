"""Rules of capacity: every file is whole and sourced; unknown names, years and clashes are refused."""

from __future__ import annotations

import pytest
from pydantic import ValidationError

from pipeline.config import parse
from pipeline.errors import ConfigError
from pipeline.rules import POLICY
from pipeline.rules.capacity import CapacityRules, Definition, capacity_rules, require_enough

FILES = sorted((POLICY / "capacity").glob("*.yaml"))


def test_every_file_of_rules_is_valid_and_names_its_sources() -> None:
    assert len(FILES) >= 5
    for path in FILES:
        rules = CapacityRules.model_validate(parse(path.read_text(encoding="utf-8")))
        assert rules.name == path.stem
        for year in rules.years.values():
            assert all(len(definition.source) > 40 for definition in year.definitions.values())


def test_the_numbers_of_the_law() -> None:
    california, functional = capacity_rules(["california 2024"])
    assert california.rooms == {"classroom": "by_grade", "special_day": 13.0, "special_day_severe": 9.0, "specialised": "secondary"}  # fmt: skip
    assert {california.pupils_per_room[grade] for grade in ("TK", "KG", "06")} == {25.0}
    assert {california.pupils_per_room[grade] for grade in ("07", "12")} == {27.0}
    assert (california.counts_portables, functional.counts_portables) == (False, True)
    (chicago,) = capacity_rules(["chicago 2012"])
    assert (chicago.homeroom_share, chicago.pupils_per_room["08"]) == (0.769, 30.0)


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        (["nevada 2024"], "no rules 'nevada 2024'. Write a name and a year, such as 'california 2024'"),
        (["california"], "no rules 'california'"),
        (["maryland 1999"], "no rules 'maryland' of 1999; there are those of 2021"),
        (["california 2024 target"], "no definition 'target'; it has state_loading, functional"),
        (["california 2024", "maryland 2021"], "'california 2024' and 'maryland 2021' both count by state_loading"),
    ],
)
def test_rules_that_are_not_there_or_clash_are_refused(wanted: list[str], message: str) -> None:
    with pytest.raises(ConfigError, match=r"capacity\.rules") as refused:
        capacity_rules(wanted)
    assert message in str(refused.value)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"pupils_per_room": [{"grades": ["PK"], "pupils": 20.0}]}, "no grade that a room is loaded by: PK"),
        ({"pupils_per_room": [{"grades": ["01", "01"], "pupils": 20.0}]}, "these grades twice: 01"),
        ({"rooms": {"classroom": "by_grade"}}, "rooms must say of each of classroom, special_day"),
        ({"rooms": {"preschool": 20.0}}, "preschool must be none"),
    ],
)
def test_a_rule_must_say_all_once(change: dict[str, object], message: str) -> None:
    text = parse((POLICY / "capacity/california.yaml").read_text(encoding="utf-8"))
    whole = text["years"][2024]["definitions"]["state_loading"]
    if change.get("rooms") == {"preschool": 20.0}:
        change = {"rooms": {**whole["rooms"], "preschool": 20.0}}
    with pytest.raises(ValidationError, match=message):
        Definition.model_validate({**whole, **change})


def test_more_definitions_than_the_rules_count_by_are_refused_by_name() -> None:
    rules = capacity_rules(["california 2024"])
    with pytest.raises(
        ConfigError, match=r"no rule of capacity\.rules counts by target, ideal_homeroom: no site can reach 2"
    ):
        require_enough(rules, ["given", "target", "ideal_homeroom"], 2)
    require_enough(rules, ["given", "target", "ideal_homeroom"], 1)
    require_enough(rules, ["given", "target", "functional"], 2)
