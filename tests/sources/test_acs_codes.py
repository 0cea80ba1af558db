"""The Bureau's codes: each has one meaning, in numbers and in signs."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.errors import SourceError
from pipeline.sources.acs_codes import ANNOTATIONS, Annotation, figures
from pipeline.sources.faults import Faults
from tests.sources.agency import entry

SOURCE = entry("acs_summary_file", "area_counts", "a.dat", vintage="2019-2023")


def read(part: str, *cells: str) -> tuple[list[float], list[str]]:
    frame, faults = pd.DataFrame({"E001": list(cells)}), Faults()
    values, status = figures(frame, part, entry=SOURCE, rows=pd.Series(range(2, len(cells) + 2)), faults=faults)  # type: ignore[arg-type]
    faults.raise_if_any("a.dat")
    return values["E001"].tolist(), status["E001"].tolist()


@pytest.mark.parametrize("annotation", ANNOTATIONS, ids=lambda a: f"{a.part} {a.sign}")
def test_a_code_and_its_sign_say_the_same(annotation: Annotation) -> None:
    written = [annotation.sign] if annotation.code is None else [annotation.sign, f"{annotation.code:.0f}"]
    values, status = read(annotation.part, *written, "7")
    assert status == [annotation.status] * len(written) + ["reported"]
    expected = 0.0 if annotation.status == "controlled" else np.nan
    assert np.array_equal(values, [expected] * len(written) + [7.0], equal_nan=True)


def test_the_table_of_codes_has_one_meaning_for_each() -> None:
    for key in ("code", "sign"):
        told = [(a.part, getattr(a, key)) for a in ANNOTATIONS if getattr(a, key) is not None]
        assert len(told) == len(set(told)) >= 8


def test_a_controlled_margin_is_zero_and_an_unknown_one_is_not() -> None:
    assert read("margin", "0", "*****", "**")[0][:2] == [0.0, 0.0]
    assert read("margin", "0", "*****", "**")[1] == ["reported", "controlled", "unreliable"]


def test_an_open_ended_figure_keeps_its_bound() -> None:
    assert read("estimate", "250,000+", "2,500-", "1939-", "-") == (
        pytest.approx([250_000.0, 2_500.0, 1_939.0, np.nan], nan_ok=True),
        ["at_least", "at_most", "at_most", "unreliable"],
    )


@pytest.mark.parametrize(
    ("part", "cell"),
    [
        ("estimate", "-1"),
        ("estimate", "-999"),
        ("estimate", "-555555555"),
        ("margin", "-666666666"),
        ("margin", "-777777777"),
    ],
)
def test_a_negative_number_that_is_no_code_of_this_part_is_refused(part: str, cell: str) -> None:
    with pytest.raises(
        SourceError, match=rf"E-NEGATIVE.*no code of the Bureau for an? {part}.*row 3 \(E001='{cell}'\)"
    ):
        read(part, "5", cell)


def test_other_signs_are_refused() -> None:
    with pytest.raises(SourceError, match=r"E-NOT-NUMBER.*'\*\*\*\*\*'"):
        read("estimate", "5", "*****")
