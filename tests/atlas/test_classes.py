"""Legends: every shown place is in exactly one class, and its printed number is in that class's range."""

from __future__ import annotations

import re

import pandas as pd
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.atlas.classes import MOST, classify
from pipeline.atlas.spec import DIVERGING, Scheme
from pipeline.numerals import number

VALUES = st.lists(st.none() | st.floats(0, 5000), min_size=1, max_size=60)
SIGNED = st.lists(st.none() | st.floats(-3000, 3000), min_size=1, max_size=60)


def _range(label: str) -> tuple[float, float]:
    numbers = [float(n.replace(",", "")) for n in re.findall(r"[\d,]+", label)]
    if label.startswith("under"):
        return float("-inf"), numbers[0] - 1
    if label.endswith("over"):
        return numbers[0], float("inf")
    return numbers[0], numbers[-1]


@given(VALUES)
@example([0.0, 0.0, 0.0, 0.0, 0.0, 1.0])
def test_quantiles_hold_every_number_as_printed(values: list[float | None]) -> None:
    legend, index = classify(pd.Series(values, dtype="float64"), Scheme(), "whole")
    assert len(legend) <= MOST
    for value, place in zip(values, index, strict=True):
        if value is None:
            assert place == -1
            continue
        low, high = _range(legend[place].label)
        assert low <= float(number(value).replace(",", "")) <= high
    shown = [v for v in values if v is not None]
    assert all(place in index for place in range(len(legend))) or not shown, "a class of the legend is empty"


def test_quantiles_put_a_fifth_in_each_class() -> None:
    _, index = classify(pd.Series(range(1, 101), dtype="float64"), Scheme(), "whole")
    assert [index.count(place) for place in range(5)] == [20] * 5


@given(SIGNED)
def test_change_is_classed_by_its_sign(values: list[float | None]) -> None:
    legend, index = classify(pd.Series(values, dtype="float64"), Scheme("about_zero", colors=DIVERGING), "change")
    for value, place in zip(values, index, strict=True):
        if value is None:
            continue
        label = legend[place].label
        printed = float(number(value).replace(",", ""))
        numbers = [float(n.replace(",", "")) for n in re.findall(r"[\d,]+", label)]
        if label.startswith("rose"):
            assert printed >= numbers[0]
        elif label.startswith("fell"):
            assert -printed >= numbers[0]
        elif label.startswith("within"):
            assert abs(printed) <= numbers[0]
        else:
            assert printed == 0 or len(legend) == 1


def test_dark_can_stand_for_few() -> None:
    scheme = Scheme("cuts", (0.5, 1.0), dark_is_low=True)
    legend, index = classify(pd.Series([0.2, 0.7, 1.4]), scheme, "percent")
    assert [line.label for line in legend] == ["under 50%", "50 to 99%", "100% and over"]
    assert legend[0].color == scheme.colors[-1] and index == [0, 1, 2]


def test_words_that_do_not_occur_are_not_in_the_legend() -> None:
    scheme = Scheme(
        "words", words=(("high", "High", "#111111"), ("low", "Low", "#222222"), ("none", "None", "#333333"))
    )
    legend, index = classify(pd.Series(["low", None, "none", "low"]), scheme, "word")
    assert [line.label for line in legend] == ["Low", "None"]
    assert index == [0, -1, 1, 0]


@pytest.mark.parametrize("same", [0.0, 7.0])
def test_places_that_are_all_alike_are_one_class(same: float) -> None:
    legend, index = classify(pd.Series([same] * 9), Scheme(), "whole")
    assert [line.label for line in legend] == [number(same)] and set(index) == {0}


def test_none_is_a_class_of_its_own() -> None:
    legend, index = classify(pd.Series([0.0, 5, 10, 0.2, None, 20, 40]), Scheme(zero="none missing"), "whole")
    assert (legend[0].label, legend[0].color) == ("none missing", Scheme().colors[0])
    assert [index[0], index[3], index[4]] == [0, 0, -1]
    assert [legend[index[place]].label for place in (1, 2, 5, 6)] == ["5 to 9", "10 to 19", "20 to 39", "40"]
    assert len({line.color for line in legend}) == len(legend) == MOST


@given(VALUES)
def test_a_class_of_none_holds_exactly_those_printed_as_zero(values: list[float | None]) -> None:
    legend, index = classify(pd.Series(values, dtype="float64"), Scheme(zero="none"), "whole")
    assert len(legend) <= MOST
    for value, place in zip(values, index, strict=True):
        if legend and legend[0].label == "none" and value is not None:
            assert (place == 0) == (number(value) == "0")
