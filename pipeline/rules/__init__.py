"""Dated policies of states, as data: each in one YAML file of ``policy``, typed and refused where unknown.

A state's numbers change from year to year and by indicator, so they are never written into code.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, Field, ValidationError, model_validator

from pipeline.analysis.colors import CHANGE_LEVELS, COLORS, STATUS_LEVELS, ColorGrid, ColorTable
from pipeline.columns import GRADES
from pipeline.config import parse
from pipeline.errors import ConfigError
from pipeline.origins import Strict, Texts

POLICY = Path(__file__).parent / "policy"
Model = TypeVar("Model", bound=BaseModel)
# Fewest pupils, this year and the year before, of whom a state gives a color.
FEWEST = 30


def policy_names(folder: str = "") -> list[str]:
    """The policies of a folder of ``policy``, by the names of their files."""
    return sorted(path.stem for path in (POLICY / folder).glob("*.yaml"))


def read_policy(folder: str, name: str) -> dict[str, Any]:
    """A policy file as it stands."""
    values: dict[str, Any] = parse((POLICY / folder / f"{name}.yaml").read_text(encoding="utf-8"))
    return values


def typed(model: type[Model], values: Any, name: str, what: str) -> Model:
    """The values of a policy file as a model.

    Raises
    ------
    ConfigError
        Naming the file and every fault in it; ``what`` says what it should hold.
    """
    try:
        return model.model_validate(values)
    except ValidationError as error:
        faults = "".join(f"\n  - {'.'.join(map(str, f['loc']))}: {f['msg']}" for f in error.errors())
        raise ConfigError(f"{name}.yaml holds no valid {what}:{faults}") from error


def rules_of_state(model: type[Model], folder: str, name: str, key: str) -> Model:
    """A state's rules, by the name of their file in a folder of ``policy``.

    Raises
    ------
    ConfigError
        If there are none of that name, named by the ``key`` of the study that asks for them; or the file is not valid.
    """
    known = policy_names(folder)
    if name not in known:
        raise ConfigError(f"{key}: there are no rules {name!r}; there are {', '.join(known)}.")
    return typed(model, read_policy(folder, name), name, f"rules of {folder}")


class Grid(Strict):
    """One indicator's levels of status and change, and the color of each pair of them."""

    source: str
    secondary: bool
    subject: Literal["ela", "math", "graduation", "attendance"]
    measure: Literal["distance", "share", "absence"]
    levels: Texts = ()
    standards: dict[str, float] = Field(default_factory=dict, strict=False)
    status: dict[str, float] = Field(strict=False)
    change: dict[str, float] = Field(strict=False)
    colors: dict[str, Texts]
    small_pupils: int = 0
    small: Literal["three_levels", "none"] = "none"

    @model_validator(mode="after")
    def _is_whole(self) -> Grid:
        for bounds, names in ((self.status, STATUS_LEVELS), (self.change, CHANGE_LEVELS)):
            values = list(bounds.values())
            if tuple(bounds) != names[1:] or values != sorted(values):
                raise ValueError(f"bounds must rise and name {', '.join(names[1:])}, in this order")
        if sorted(self.colors) != sorted(STATUS_LEVELS) or any(len(row) != 5 for row in self.colors.values()):
            raise ValueError(f"colors must have five for each of {', '.join(STATUS_LEVELS)}")
        if stray := sorted({color for row in self.colors.values() for color in row} - {*COLORS, "none"}):
            raise ValueError(f"there is no color {', '.join(stray)}")
        if (self.measure == "distance") != bool(self.standards) or set(self.standards) - set(GRADES):
            raise ValueError("standards by grade belong to the distance from standard, and to nothing else")
        return self


class Year(Strict):
    """Which grids were in force."""

    effective: str
    grids: Texts


class Colors(Strict):
    """A state's color tables of all years."""

    name: str
    publisher: str
    rounding: str
    without_colors: dict[int, str]
    left_out: dict[str, str]
    grids: dict[str, Grid]
    years: dict[int, Year]


def color_table(wanted: str) -> ColorTable:
    """The color table of a state and year, such as ``california_dashboard 2023``.

    Parameters
    ----------
    wanted
        Name of a policy file and a year, with a space between.

    Raises
    ------
    ConfigError
        If there is no such table, or none of that year (a year without colors says why), or the
        policy file is not valid. The known ones are named.

    Examples
    --------
    >>> color_table("california_dashboard 2023").year
    2023
    >>> color_table("california_dashboard 2022")
    Traceback (most recent call last):
    ...
    pipeline.errors.ConfigError: quality.colors: california_dashboard has no colors of 2022: the Dashboard had status levels only, no change and no colors (Assembly Bill 130). There are those of 2018, 2019, 2023.
    """
    words = re.fullmatch(r"(\w+) (\d{4})", wanted)
    known = policy_names()
    if not words or words[1] not in known:
        raise ConfigError(
            f"quality.colors: there is no color table {wanted!r}. Write a name and a year, such as '{known[0]} 2023'; there are {', '.join(known)}."
        )
    name, year = words[1], int(words[2])
    policy = _read(name)
    if year not in policy.years:
        why = policy.without_colors.get(year, "they are not entered")
        years = ", ".join(map(str, sorted(policy.years)))
        raise ConfigError(f"quality.colors: {name} has no colors of {year}: {why}. There are those of {years}.")
    return ColorTable(name, year, tuple(_grid(rule, policy.grids[rule]) for rule in policy.years[year].grids))


def _grid(rule: str, grid: Grid) -> ColorGrid:
    return ColorGrid(
        rule=rule,
        subject=grid.subject,
        measure=grid.measure,
        levels=grid.levels,
        standards=grid.standards,
        status=tuple(grid.status.values()),
        change=tuple(grid.change.values()),
        colors=tuple(grid.colors[level] for level in STATUS_LEVELS),
        fewest=FEWEST,
        small_pupils=grid.small_pupils,
        small_takes_three=grid.small == "three_levels",
        is_secondary=grid.secondary,
        source=grid.source,
    )


def _read(name: str) -> Colors:
    values = read_policy("", name)
    grids = values.get("grids", {})
    for rule, grid in grids.items():
        if "like" in grid:
            grids[rule] = {**grids[grid["like"]], **{key: value for key, value in grid.items() if key != "like"}}
    return typed(Colors, values, name, "color table")
