"""Values as at most five classes, made of the rounded numbers a reader sees."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.atlas.spec import Form, Scheme
from pipeline.numerals import MINUS, number

if TYPE_CHECKING:
    import numpy.typing as npt
    import pandas as pd

MOST = 5


@dataclass(frozen=True)
class Class:
    """One line of a legend."""

    label: str
    color: str


def classify(values: pd.Series, scheme: Scheme, form: Form, most: int = MOST) -> tuple[list[Class], list[int]]:
    """Classes of a layer and the class of each place; -1 is not shown.

    Numbers are classed as they are printed (whole numbers, whole percents), so that no place
    whose number reads 25 stands in the class 26 to 40.

    >>> import pandas as pd
    >>> legend, index = classify(pd.Series([0.101, 0.244, 0.249, None]), Scheme("cuts", (0.25,)), "percent")
    >>> [c.label for c in legend], index
    (['under 25%', '25% and over'], [0, 0, 1, -1])
    """
    if scheme.kind == "words":
        return _by_word(values, scheme)
    shown = values.notna().to_numpy()
    fine = form == "index" and bool((values[shown] % 1 != 0).any())  # hundredths, as the page prints them
    scale = 100 if fine or form in ("percent", "chance", "share_change") else 1
    numbers = values.astype("float64").to_numpy() * scale
    rounded = np.where(shown, np.copysign(np.floor(np.abs(numbers) + 0.5 + 1e-9), numbers), np.nan)
    present = rounded[shown]
    if scheme.zero and (present == 0).any() and (present > 0).any():
        return _with_none(values, rounded, scheme, form)
    cuts = (
        [round(cut * scale) for cut in scheme.cuts]
        if scheme.kind == "cuts"
        else _about_zero(present)
        if scheme.kind == "about_zero"
        else _quantiles(present, most)
    )
    index = np.where(shown, np.searchsorted(np.array(cuts, dtype="float64"), rounded, side="right"), -1)
    colors = _spread(scheme.colors, len(cuts) + 1)
    if scheme.dark_is_low:
        colors = colors[::-1]
    write = _hundredths if fine else _percent if scale == 100 else number
    legend = [Class(label, color) for label, color in zip(_ranges(cuts, write, scheme, present), colors, strict=True)]
    return legend, [int(i) for i in index]


def _by_word(values: pd.Series, scheme: Scheme) -> tuple[list[Class], list[int]]:
    order = {word: place for place, (word, _, _) in enumerate(scheme.words)}
    index = [order.get(str(value), -1) if value is not None and value == value else -1 for value in values]
    used = sorted(set(index) - {-1})
    renumbered = {old: new for new, old in enumerate(used)}
    return [Class(scheme.words[i][1], scheme.words[i][2]) for i in used], [renumbered.get(i, -1) for i in index]


def _with_none(
    values: pd.Series, rounded: npt.NDArray[np.float64], scheme: Scheme, form: Form
) -> tuple[list[Class], list[int]]:
    """Places that have none as a class of their own, the others in at most four."""
    some = replace(scheme, zero="", colors=scheme.colors[1:])
    legend, index = classify(values.where(rounded != 0), some, form, MOST - 1)
    none = Class(scheme.zero, scheme.colors[0])
    return [none, *legend], [
        0 if value == 0 else -1 if place < 0 else place + 1 for value, place in zip(rounded, index, strict=True)
    ]


def _quantiles(values: npt.NDArray[np.float64], most: int) -> list[float]:
    if not len(values):
        return []
    inner = np.quantile(values, np.arange(1, most) / most, method="higher")
    # a cut belongs to the class above it; the least value must not be a cut, or the first class is empty
    cuts = {float(cut) for cut in inner if cut > values.min()}
    above = values[values > values.min()]
    # where nearly all are alike the few others are a class, or their numbers would stand in none
    return sorted(cuts) if cuts or not len(above) else [float(above.min())]


def _about_zero(values: npt.NDArray[np.float64]) -> list[float]:
    sizes = np.sort(np.abs(values[values != 0]))
    if not len(sizes):
        return []
    small, large = _nice(float(np.quantile(sizes, 0.3))), _nice(float(np.quantile(sizes, 0.75)))
    if large <= small:
        large = 2 * small
    return [-large + 1, -small + 1, small, large]


def _nice(value: float) -> float:
    """The nearest of 1, 2, 5, 10, 20, 50 ..., at least 1."""
    if value <= 1:
        return 1.0
    power = 10.0 ** math.floor(math.log10(value))
    return float(min((1, 2, 5, 10), key=lambda m: abs(m * power - value)) * power)


def _spread(colors: tuple[str, ...], amount: int) -> list[str]:
    """Colours for fewer than five classes, ends kept apart."""
    if amount == 1:
        return [colors[len(colors) // 2]]
    return [colors[round(i * (len(colors) - 1) / (amount - 1))] for i in range(amount)]


def _percent(value: float) -> str:
    return f"{number(value)}%"


def _hundredths(value: float) -> str:
    """Hundredths as the page prints them: whole ones whole.

    >>> _hundredths(35), _hundredths(200)
    ('0.35', '2')
    """
    return number(value / 100, 2 if value % 100 else 0).replace("-", MINUS)


def _ranges(
    cuts: list[Any], write: Callable[[float], str], scheme: Scheme, present: npt.NDArray[np.float64]
) -> list[str]:
    if scheme.kind == "about_zero" and cuts:
        small, large = cuts[2], cuts[3]
        middle = f"within \u00b1{number(small - 1)}" if small > 1 else "no change"
        some = _span(small, large - 1, number)
        return [
            f"{scheme.less} {number(large)} or more",
            f"{scheme.less} {some}",
            middle,
            f"{scheme.more} {some}",
            f"{scheme.more} {number(large)} or more",
        ]
    if not cuts:
        return [write(float(present[0])) if len(present) else "all"]
    first, last = cuts[0], cuts[-1]
    if scheme.kind == "cuts":
        low, high = f"under {write(first)}", f"{write(last)} and over"
    else:
        low = _span(float(present.min()), first - 1, write)
        high = _span(last, float(present.max()), write)
    return [low, *(_span(a, b - 1, write) for a, b in pairwise(cuts)), high]


def _span(low: float, high: float, write: Callable[[float], str]) -> str:
    # a percent sign stands once
    return write(low) if low >= high else f"{write(low).removesuffix('%')} to {write(high)}"
