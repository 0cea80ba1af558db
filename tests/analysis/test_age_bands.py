"""Bands of school levels out of published five-year bands: they add up, and their margins are of published counts."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.age_bands import AGES, BANDS, LIMITS, band_counts, spread, weighted_children
from pipeline.columns import BY_NAME, CHILD_COUNTS


def areas(counts: list[list[float]], moes: list[list[float]]) -> pd.DataFrame:
    frame = pd.DataFrame(counts, columns=list(AGES), dtype="float64")
    frame[[f"{c}_moe" for c in AGES]] = np.asarray(moes, dtype="float64")
    return frame.assign(children_0_17=frame[list(AGES)].sum(axis=1), children_0_17_moe=1.0)


COUNTS = st.lists(st.lists(st.integers(0, 900).map(float), min_size=4, max_size=4), min_size=1, max_size=6)


@given(COUNTS)
def test_bands_of_school_levels_add_up_to_school_age_and_all_ages(counts: list[list[float]]) -> None:
    table = areas(counts, [[5.0] * 4] * len(counts))
    parts = sum(band_counts(table, band)["children"] for band in ("5-9", "10-13", "14-17"))
    np.testing.assert_allclose(parts, band_counts(table, "5-17")["children"], rtol=0, atol=1e-9)
    np.testing.assert_allclose(
        parts + band_counts(table, "0-4")["children"], band_counts(table, "0-17")["children"], rtol=0, atol=1e-9
    )


def test_the_margin_of_school_age_is_of_the_published_bands_not_of_bands_that_share_one() -> None:
    table = areas([[100.0] * 4], [[10.0, 10.0, 10.0, 10.0]])
    whole = band_counts(table, "5-17")["children_moe"].item()
    assert whole == pytest.approx(np.sqrt(300))
    shared = np.sqrt(sum(band_counts(table, band)["children_moe"].item() ** 2 for band in ("5-9", "10-13", "14-17")))
    assert shared < whole  # as if the two parts of 10-14 were asked apart
    assert band_counts(table, "14-17")["children_moe"].item() == pytest.approx(np.hypot(2.0, 10.0))


def test_a_difference_of_sums_of_the_same_counts_has_their_margin_once() -> None:
    table = areas([[0.0, 50.0, 0.0, 0.0]], [[0.0, 6.0, 0.0, 0.0]])
    assert weighted_children(table, {"children_5_9": 0.0})["children_moe"].item() == 0.0
    assert weighted_children(table, {"children_5_9": -0.5})["children_moe"].item() == 3.0


def test_every_band_is_a_band_of_the_dictionary_and_made_of_published_counts() -> None:
    assert tuple(BANDS) == tuple(LIMITS) == BY_NAME["age_band"].values
    assert tuple(AGES) == CHILD_COUNTS
    assert spread(0, 18) == dict.fromkeys(AGES, 1.0)
    assert spread(7, 9) == {"children_5_9": pytest.approx(0.4)}
