"""A line to quote, and how its numbers are written: rounded as on the pages."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.columns import BY_NAME

MINUS = "\u2212"


@dataclass(frozen=True)
class Line:
    """A line: what is said, what it rests on and how far it carries; without a ``statement``, why it cannot be said."""

    topic: str
    statement: str = ""
    evidence: str = ""
    reliability: str = "not_known"
    reason: str = ""


def number(value: float) -> str:
    """A whole number, halves rounded up as on the pages.

    >>> number(12345.5)
    '12,346'
    """
    return f"{math.copysign(math.floor(abs(value) + 0.5 + 1e-9), value) + 0.0:,.0f}"


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


def percent(share: float) -> str:
    """A share in whole percent.

    >>> percent(0.344)
    '34%'
    """
    return f"{number(100 * share)}%"


def chance(share: float) -> str:
    """A probability, or a share that may lie near its ends, as percent: only all is 100%, and only none 0%.

    >>> chance(1.0), chance(0.0), chance(0.997), chance(0.001), chance(0.344)
    ('100%', '0%', 'over 99%', 'under 1%', '34%')
    """
    told = percent(share)
    if told == "100%" and share < 1:
        return "over 99%"
    return "under 1%" if told == "0%" and share > 0 else told


def school_year(fall: int) -> str:
    """A school year by its two calendar years."""
    return f"{fall}-{(fall + 1) % 100:02d}"


def count_of(amount: int, one: str, many: str) -> str:
    """An amount with its noun."""
    return f"{number(amount)} {one if amount == 1 else many}"


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
