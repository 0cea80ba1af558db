"""A state's dated rules of enrollment: age of entry, transitional kindergarten, projection for state aid."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field, model_validator

from pipeline.errors import ConfigError
from pipeline.origins import Strict, Texts
from pipeline.rules import rules_of_state


class Kindergarten(Strict):
    """When a child may enter kindergarten."""

    source: str
    cutoff_month: int = Field(ge=2, le=12)


class TransitionalKindergarten(Strict):
    """Months of birthdays admitted, by fall; the last fall named stands for all later ones."""

    source: str
    months: dict[int, Annotated[int, Field(ge=1, le=12)]] = Field(min_length=1)

    @model_validator(mode="after")
    def _without_gaps(self) -> TransitionalKindergarten:
        falls = list(self.months)
        if falls != list(range(falls[0], falls[0] + len(falls))):
            raise ValueError("months must name every fall from the first to the last, in order")
        return self

    def admitted(self, fall: int) -> int:
        """Months admitted in a fall.

        Raises
        ------
        ConfigError
            For a fall before the first that the rule knows.
        """
        first, last = min(self.months), max(self.months)
        if fall < first:
            raise ConfigError(
                f"outlook.state_rules: transitional kindergarten of fall {fall} is not known; the rule begins with fall {first} ({self.source})."
            )
        return self.months[min(fall, last)]


class StateProjection(Strict):
    """How the state projects a district's enrollment."""

    source: str
    weights: Annotated[tuple[float, ...], Field(strict=False, min_length=1)]
    years: int = Field(ge=1, le=10)
    not_confirmed: Texts = ()


class EnrollmentRules(Strict):
    """A state's rules of enrollment."""

    name: str
    publisher: str
    kindergarten: Kindergarten
    transitional_kindergarten: TransitionalKindergarten
    state_projection: StateProjection


def enrollment_rules(name: str) -> EnrollmentRules:
    """The rules of a state, by the name of their file in ``policy/enrollment``.

    Raises
    ------
    ConfigError
        If there are none of that name, or the file is not valid.

    Examples
    --------
    >>> rules = enrollment_rules("california")
    >>> [rules.transitional_kindergarten.admitted(fall) for fall in (2021, 2024, 2030)]
    [3, 9, 12]
    >>> enrollment_rules("nevada")
    Traceback (most recent call last):
    ...
    pipeline.errors.ConfigError: outlook.state_rules: there are no rules 'nevada'; there are california.
    """
    return rules_of_state(EnrollmentRules, "enrollment", name, "outlook.state_rules")
