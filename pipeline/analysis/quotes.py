"""A line to quote, and names and ages within it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import pandas as pd

from pipeline.columns import BY_NAME
from pipeline.numerals import listed


@dataclass(frozen=True)
class Line:
    """A line: what is said, what it rests on and how far it carries; without a ``statement``, why it cannot be said."""

    topic: str
    statement: str = ""
    evidence: str = ""
    reliability: str = "not_known"
    reason: str = ""


def ages(band: str) -> str:
    """An age band within a sentence.

    >>> ages("5-17")
    '5 to 17'
    """
    return band.replace("-", " to ")


def named(rows: pd.DataFrame, names: Mapping[str, str]) -> str:
    """Names of the neighborhoods of some rows."""
    return listed([names.get(place, place) for place in rows["neighborhood_id"]], most=5)


def worst(rows: pd.DataFrame) -> str:
    """The least reliability class of some rows."""
    order: Callable[[str], int] = BY_NAME["reliability_class"].values.index
    return max(rows["reliability_class"], key=order, default="not_known")
