"""A line to quote, and how its numbers are written: rounded as on the pages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.columns import BY_NAME
from pipeline.numerals import number

MINUS = "\u2212"


@dataclass(frozen=True)
class Line:
    """A line: what is said, what it rests on and how far it carries; without a ``statement``, why it cannot be said."""

    topic: str
    statement: str = ""
    evidence: str = ""
    reliability: str = "not_known"
    reason: str = ""


def signed(value: float) -> str:
    """A change as a whole number with its sign, which is a minus and no hyphen.

    >>> signed(829.2), signed(-250.0), signed(0.2)
    ('+829', '\u2212250', '0')
    """
    told = number(abs(value))
    return told if told == "0" else f"{'+' if value > 0 else MINUS}{told}"


def ages(band: str) -> str:
    """An age band within a sentence.

    >>> ages("5-17")
    '5 to 17'
    """
    return band.replace("-", " to ")


def count_of(amount: float, one: str, many: str) -> str:
    """An amount with its noun.

    >>> count_of(1.0, "room", "rooms"), count_of(2.4, "room", "rooms")
    ('1 room', '2 rooms')
    """
    return f"{number(amount)} {one if number(amount) == '1' else many}"


def listed(words: list[str], most: int = 5) -> str:
    """Names in a row, beyond the first few counted."""
    if len(words) > most + 1:
        return f"{', '.join(words[:most])} and {len(words) - most} others"
    return "".join(words) if len(words) < 2 else f"{', '.join(words[:-1])} and {words[-1]}"


def named(rows: pd.DataFrame, names: Mapping[str, str]) -> str:
    """Names of the neighborhoods of some rows."""
    return listed([names.get(place, place) for place in rows["neighborhood_id"]])


def worst(rows: pd.DataFrame) -> str:
    """The least reliability class of some rows."""
    order: Callable[[str], int] = BY_NAME["reliability_class"].values.index
    return max(rows["reliability_class"], key=order, default="not_known")
