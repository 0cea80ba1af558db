"""Small cells: what is hidden, and that it cannot be computed back."""

from __future__ import annotations

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.disclosure import as_text, complements, is_small
from pipeline.analysis.publication import enrollment

SMALLEST = 11.0


def groups(counts: list[float], statuses: list[str] | None = None) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "school_id": [f"s{i}" for i in range(len(counts))],
            "fall_year": 2024,
            "student_group": "all",
            "pupils": counts,
            "pupils_low": counts,
            "pupils_high": counts,
            "value_status": statuses or ["reported"] * len(counts),
        }
    )


def test_zero_is_nobody_and_may_be_shown() -> None:
    assert is_small(pd.Series([0.0, 1.0, 10.0, 11.0]), SMALLEST).tolist() == [False, True, True, False]


def test_a_single_hidden_school_takes_the_next_smallest_with_it() -> None:
    public, line = enrollment(groups([400.0, 7.0, 120.0, 0.0]), SMALLEST)
    assert public["value_text"].tolist() == ["400", "*", "*", "0"]
    assert (line["primary_hidden_cells"], line["complementary_hidden_cells"]) == (1, 1)


def test_what_the_publisher_suppressed_stays_hidden() -> None:
    frame = groups([400.0, np.nan, 10.0], ["reported", "suppressed", "reported"])
    public, _ = enrollment(frame.assign(pupils_low=[400.0, 1.0, 10.0], pupils_high=[400.0, 10.0, 10.0]), SMALLEST)
    assert public["value_text"].tolist() == ["400", "*", "*"]
    assert public["value_status"].tolist() == ["reported", "suppressed", "suppressed"]


def test_two_suppressed_schools_may_be_two_pupils_and_need_a_third() -> None:
    frame = groups([400.0, 120.0, np.nan, np.nan], ["reported", "reported", "suppressed", "suppressed"])
    low, high = [400.0, 120.0, 1.0, 1.0], [400.0, 120.0, 10.0, 10.0]
    public, line = enrollment(frame.assign(pupils_low=low, pupils_high=high), SMALLEST)
    assert public["value_text"].tolist() == ["400", "*", "*", "*"]
    assert line["complementary_hidden_cells"] == 1


def test_a_year_that_cannot_be_protected_is_reported() -> None:
    _, line = enrollment(groups([0.0, 4.0]), SMALLEST)
    assert "in 1 years nothing is left to hide them with" in line["reason"]


def test_one_token_for_every_reason() -> None:
    text = as_text(pd.Series([3.0, 250.0]), pd.Series([True, True]))
    assert text.tolist() == ["*", "*"]


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12))
def test_hidden_counts_of_a_group_are_never_one_nor_few(values: list[int]) -> None:
    counts = pd.Series(values, dtype="float64")
    primary = is_small(counts, SMALLEST)
    hidden = primary | complements(counts, primary, pd.Series("a", index=counts.index), SMALLEST)
    everything = int((counts > 0).sum())
    if primary.any():
        # a total gives away neither one count nor a small sum, unless there is nothing left to hide
        assert hidden.sum() >= 2 or everything == 1
        assert counts[hidden].sum() >= SMALLEST or int(hidden.sum()) == everything
    else:
        assert not hidden.any()


@given(st.lists(st.integers(0, 60), min_size=1, max_size=12), st.integers(5, 20), st.integers(0, 10))
def test_raising_the_bound_never_shows_a_small_cell(values: list[int], bound: int, more: int) -> None:
    counts = pd.Series(values, dtype="float64")
    assert (is_small(counts, bound) <= is_small(counts, bound + more)).all()
