"""A state's dated rules of facilities: what a district owes charter schools, and by when."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pipeline.errors import ConfigError
from pipeline.origins import Strict, Texts
from pipeline.rules import rules_of_state


class Day(Strict):
    """One day of the calendar of a request."""

    step: int = Field(ge=1)
    month: int = Field(ge=1, le=12)
    day: int = Field(ge=1, le=31)
    years_later: int = Field(ge=0, le=1)
    event: str

    def date(self, request_fall: int) -> str:
        """The day of a request made in a fall, as 2024-11-01."""
        return f"{request_fall + self.years_later:04d}-{self.month:02d}-{self.day:02d}"


class Proposition39(Strict):
    """Facilities for charter schools, by the proposition of that number."""

    source: str
    first_fall: int
    last_fall: int
    smallest_ada: float = Field(ge=0)
    smallest_ada_source: str
    ratio_source: str
    space_source: str
    calendar_source: str
    calendar: Annotated[tuple[Day, ...], Field(strict=False, min_length=1)]
    charge_source: str
    not_confirmed: Texts = ()

    @model_validator(mode="after")
    def _in_order(self) -> Proposition39:
        days = [(day.step, day.date(2000)) for day in self.calendar]
        if days != sorted(days) or [step for step, _ in days] != list(range(1, len(days) + 1)):
            raise ValueError("calendar must name steps 1, 2, ... in the order of their days")
        return self

    def days(self, request_fall: int) -> list[dict[str, object]]:
        """The calendar of a request made in a fall: step, day and what is due."""
        return [{"step": day.step, "date_text": day.date(request_fall), "event": day.event} for day in self.calendar]

    def require(self, fall: int) -> None:
        """Refuse a fall for whose requests the rules were not looked at.

        Raises
        ------
        ConfigError
            Before the first fall the rules know, or after the last.
        """
        if not self.first_fall <= fall <= self.last_fall:
            raise ConfigError(
                f"matches.state_rules: what holds for requests in fall {fall} is not known; the rules are of falls {self.first_fall} to {self.last_fall} ({self.source})."
            )


class FacilityRules(Strict):
    """A state's rules of facilities."""

    name: str
    publisher: str
    proposition_39: Proposition39


def facility_rules(name: str) -> FacilityRules:
    """The rules of a state, by the name of their file in ``policy/facilities``.

    Raises
    ------
    ConfigError
        If there are none of that name, or the file is not valid.

    Examples
    --------
    >>> rules = facility_rules("california").proposition_39
    >>> rules.smallest_ada, rules.calendar[0].date(2024), rules.calendar[-1].date(2024)
    (80.0, '2024-11-01', '2025-05-01')
    >>> facility_rules("maryland")
    Traceback (most recent call last):
    ...
    pipeline.errors.ConfigError: matches.state_rules: there are no rules 'maryland'; there are california.
    """
    return rules_of_state(FacilityRules, "facilities", name, "matches.state_rules")
