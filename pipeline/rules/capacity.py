"""Dated rules of how many pupils a room seats, by state and district; unknown years are refused."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import Field, model_validator

from pipeline.analysis.room_rules import RoomRule
from pipeline.columns import BY_NAME, GRADES
from pipeline.errors import ConfigError
from pipeline.origins import Strict, Texts
from pipeline.rules import policy_names, read_policy, typed

ROOM_TYPES = BY_NAME["room_type"].values
# One class of one room is never larger than this, by any rule.
MOST_PUPILS = 100.0

RoomUse = Literal["by_grade", "secondary", "none"] | Annotated[float, Field(gt=0, le=MOST_PUPILS)]
Share = Annotated[float, Field(gt=0, le=1)]


class Group(Strict):
    """Pupils in a room of some grades."""

    grades: Texts
    pupils: float = Field(gt=0, le=MOST_PUPILS)


class Scheduled(Strict):
    """Share of the day in which a room is used."""

    elementary: Share = 1.0
    secondary: Share = 1.0


class Definition(Strict):
    """One way to count capacity: which rooms, and how many pupils each."""

    source: str
    pupils_per_room: Annotated[tuple[Group, ...], Field(strict=False, min_length=1)]
    rooms: dict[str, RoomUse]
    portables: Literal["counted", "none"]
    scheduled_share: Scheduled = Scheduled()
    homeroom_share: Share | None = None
    not_confirmed: Texts = ()

    @model_validator(mode="after")
    def _says_all_once(self) -> Definition:
        grades = [grade for group in self.pupils_per_room for grade in group.grades]
        if stray := sorted({*grades} - {*GRADES} | ({*grades} & {"PK", "UG"})):
            raise ValueError(f"pupils_per_room names no grade that a room is loaded by: {', '.join(stray)}")
        if twice := sorted({grade for grade in grades if grades.count(grade) > 1}):
            raise ValueError(f"pupils_per_room names these grades twice: {', '.join(twice)}")
        if sorted(self.rooms) != sorted(ROOM_TYPES):
            raise ValueError(f"rooms must say of each of {', '.join(ROOM_TYPES)} how it counts")
        if self.rooms["preschool"] != "none":
            raise ValueError("rooms: preschool must be none, as its pupils are set against no capacity by rooms")
        return self


class Year(Strict):
    """What was in force."""

    effective: str
    definitions: dict[Literal["state_loading", "functional", "ideal_homeroom", "target"], Definition]


class CapacityRules(Strict):
    """A state's or district's rules of all years that are entered."""

    name: str
    publisher: str
    years: dict[int, Year]


def capacity_rules(wanted: Sequence[str]) -> tuple[RoomRule, ...]:
    """The ways to count capacity that a study chose, such as ``california 2024``, in its order.

    Parameters
    ----------
    wanted
        Name of a file in ``policy/capacity`` and a year, with a space between; a third word takes one definition
        alone.

    Raises
    ------
    ConfigError
        If there are no such rules, none of that year, or two of them count by one definition; or a
        file is not valid.

    Examples
    --------
    >>> [rule.definition for rule in capacity_rules(["california 2024", "chicago 2012"])]
    ['state_loading', 'functional', 'ideal_homeroom']
    >>> [rule.definition for rule in capacity_rules(["new_york 2019 target"])]
    ['target']
    >>> capacity_rules(["california 1999"])
    Traceback (most recent call last):
    ...
    pipeline.errors.ConfigError: capacity.rules: there are no rules 'california' of 1999; there are those of 2024.
    """
    found: dict[str, tuple[str, RoomRule]] = {}
    for name in wanted:
        for rule in _rules_of(name):
            if rule.definition in found:
                raise ConfigError(
                    f"capacity.rules: {found[rule.definition][0]!r} and {name!r} both count by {rule.definition}; a definition is counted one way in a study. Leave one of them out."
                )
            found[rule.definition] = (name, rule)
    return tuple(rule for _, rule in found.values())


def require_enough(rules: Sequence[RoomRule], judged_by: Sequence[str], definitions: int) -> None:
    """Refuse a study that asks more definitions to agree than its rules count by.

    Parameters
    ----------
    rules
        `capacity_rules`. A given capacity needs no rule.
    judged_by, definitions
        Of the section ``utilization``.

    Raises
    ------
    ConfigError
        Naming the definitions that no rule counts by.

    Examples
    --------
    >>> require_enough(capacity_rules(["california 2024"]), ["given", "target", "ideal_homeroom"], 2)
    Traceback (most recent call last):
    ...
    pipeline.errors.ConfigError: utilization.definitions asks for 2 to agree, and of utilization.judged_by no rule of capacity.rules counts by target, ideal_homeroom: no site can reach 2. Add rules that do, judge by state_loading, functional, or lower utilization.definitions.
    """
    counted = [rule.definition for rule in rules]
    lacking = [definition for definition in judged_by if definition not in ("given", *counted)]
    if len(set(judged_by) - set(lacking)) < definitions:
        raise ConfigError(
            f"utilization.definitions asks for {definitions} to agree, and of utilization.judged_by no rule of capacity.rules counts by "
            f"{', '.join(lacking)}: no site can reach {definitions}. Add rules that do, judge by {', '.join(counted)}, or lower utilization.definitions."
        )


def _rules_of(wanted: str) -> list[RoomRule]:
    known = policy_names("capacity")
    words = re.fullmatch(r"(\w+) (\d{4})(?: (\w+))?", wanted)
    if not words or words[1] not in known:
        raise ConfigError(
            f"capacity.rules: there are no rules {wanted!r}. Write a name and a year, such as '{known[0]} 2024'; there are {', '.join(known)}."
        )
    name, year = words[1], int(words[2])
    rules = typed(CapacityRules, read_policy("capacity", name), name, "rules of capacity")
    if year not in rules.years:
        years = ", ".join(map(str, sorted(rules.years)))
        raise ConfigError(f"capacity.rules: there are no rules {name!r} of {year}; there are those of {years}.")
    in_force = rules.years[year]
    if words[3] and words[3] not in in_force.definitions:
        raise ConfigError(
            f"capacity.rules: {name} {year} has no definition {words[3]!r}; it has {', '.join(in_force.definitions)}."
        )
    return [
        RoomRule(
            definition=definition,
            source=f"{text.source} ({in_force.effective})",
            pupils_per_room={grade: group.pupils for group in text.pupils_per_room for grade in group.grades},
            rooms={kind: use for kind, use in text.rooms.items() if use != "none"},
            counts_portables=text.portables == "counted",
            elementary_share=text.scheduled_share.elementary,
            secondary_share=text.scheduled_share.secondary,
            homeroom_share=text.homeroom_share,
        )
        for definition, text in in_force.definitions.items()
        if words[3] in (None, definition)
    ]
