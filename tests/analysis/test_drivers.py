"""The change of school-age children in three parts that add up: births, housing, moving."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.age_bands import AGES, band_counts
from pipeline.analysis.drivers import MEASURES, change_drivers
from pipeline.tables import BY_TABLE, check
from tests.analysis.test_migration import DEATHS, SETTINGS, profile

PAIR = ("2014-2018", "2019-2023")
NUMBERS = st.integers(0, 400).map(float)
BANDS = st.lists(NUMBERS, min_size=4, max_size=4)


def drivers(then: list[float], now: list[float], homes: tuple[float, float] = (np.nan, np.nan), moe: float = 4.0, pair: tuple[str, str] = PAIR, deaths: list[float] = DEATHS) -> pd.Series:  # fmt: skip
    table = profile(then, now, pair, moe)
    table["occupied_homes"], table["occupied_homes_moe"] = list(homes), 5.0
    found = change_drivers(table, before=pair[0], now=pair[1], deaths=deaths, **SETTINGS)
    return check(BY_TABLE["change_drivers"], found).iloc[0]


@settings(max_examples=30)
@given(BANDS, BANDS, st.tuples(NUMBERS, NUMBERS))
def test_the_parts_add_up_to_the_change_and_housing_is_never_more_than_the_moves(
    then: list[float], now: list[float], homes: tuple[float, float]
) -> None:
    found = drivers(then, now, homes)
    parts = found[["births_change", "housing_change", "moving_change"]].astype(float)
    assert parts.sum() == pytest.approx(sum(now[1:]) - sum(then[1:]), abs=1e-9)
    moves = np.nansum(parts[["housing_change", "moving_change"]])
    housing = np.nan_to_num(parts["housing_change"])
    assert min(moves, 0) - 1e-9 <= housing <= max(moves, 0) + 1e-9


def test_births_and_homes_by_hand() -> None:
    found = drivers([80.0, 50.0, 50.0, 30.0], [80.0, 90.0, 56.0, 33.0], (100.0, 110.0), deaths=[])
    # grew in: 80 + 50 + 0.6 x 50 = 160 for 130; homes grew by a tenth of 130 children
    assert found[["births_change", "housing_change", "moving_change"]].tolist() == pytest.approx([30.0, 13.0, 6.0])
    # one sum of the earlier counts: 0-4 once, 5-9 not at all, 10-14 by 0.6 - 1, 15-17 by -1
    assert found["births_change_moe"] == pytest.approx(4 * np.sqrt(1 + 0.4**2 + 1))
    assert found["driver"] == "births"


def test_the_margin_of_other_moves_counts_the_earlier_children_once_by_hand() -> None:
    """As survivors and as children per home they are taken off twice, of the same counts: weights add before squares."""
    found = drivers([80.0, 80.0, 80.0, 48.0], [80.0, 200.0, 200.0, 120.0], (100.0, 150.0), deaths=[])
    assert found["housing_change"] == pytest.approx(104.0)  # half of 208, less than the 312 who came
    # 0-4 grew in; 5-9 grew in and lived in homes, of 10-14 0.6 grew in; 15-17 only lived in homes
    earlier = 4 * np.sqrt(1 + 1.5**2 + (0.6 + 0.5) ** 2 + 0.5**2)
    homes = 208 * np.hypot(5, 1.5 * 5) / 100
    assert found["moving_change_moe"] == pytest.approx(np.sqrt(3 * 16 + earlier**2 + homes**2))


@pytest.mark.parametrize("growth", [-0.4, 0.1, 0.3, 1.0])
def test_the_margin_of_other_moves_is_that_of_surveys_drawn_again(growth: float) -> None:
    """4,000 surveys of one area whose homes grow (or go) and whose children change more than the homes alone explain."""
    rng, size = np.random.default_rng(8), 4000
    true = np.array([800.0, 800.0, 800.0, 480.0])
    more = growth + (0.6 if growth > 0 else -0.4)
    table = pd.concat(
        [
            pd.DataFrame(counts * factor + rng.normal(0, 60 / 1.645, (size, 4)), columns=list(AGES)).assign(
                neighborhood_id=[f"{n:04d}" for n in range(size)], vintage=vintage, occupied_homes=homes
            )
            for counts, factor, vintage, homes in (
                (true, 1.0, PAIR[0], 1000.0),
                (true, 1 + more, PAIR[1], 1000 * (1 + growth)),
            )
        ]
    ).assign(**{f"{band}_moe": 60.0 for band in AGES}, occupied_homes_moe=0.0)
    found = change_drivers(table, before=PAIR[0], now=PAIR[1], deaths=[], **SETTINGS)
    moves = found["housing_change"] + found["moving_change"]
    assert (np.abs(found["housing_change"]) < np.abs(moves)).all()  # nothing is held: all draws follow one formula
    assert found["moving_change_moe"].mean() == pytest.approx(1.645 * found["moving_change"].std(), rel=0.04)


@pytest.mark.parametrize(
    ("then", "now", "homes", "moe", "driver"),
    [
        ([80.0, 80.0, 80.0, 48.0], [80.0, 120.0, 120.0, 72.0], (100.0, 148.0), 4.0, "housing"),
        ([80.0, 80.0, 80.0, 48.0], [80.0, 120.0, 120.0, 72.0], (100.0, 100.0), 4.0, "moving"),
        ([80.0, 80.0, 80.0, 48.0], [80.0, 120.0, 120.0, 72.0], (np.nan, np.nan), 4.0, "moving"),
        ([80.0, 80.0, 80.0, 48.0], [80.0, 120.0, 120.0, 72.0], (100.0, 100.0), 90.0, "not_known"),
        ([120.0, 80.0, 80.0, 48.0], [80.0, 140.0, 120.0, 60.0], (100.0, 117.0), 4.0, "mixed"),
        ([40.0, 80.0, 100.0, 60.0], [40.0, 40.0, 80.0, 60.0], (100.0, 100.0), 4.0, "births"),
    ],
)
def test_the_driver_is_the_largest_part_of_the_direction_if_it_is_half_and_sure(
    then: list[float], now: list[float], homes: tuple[float, float], moe: float, driver: str
) -> None:
    assert drivers(then, now, homes, moe)["driver"] == driver


def test_over_seven_years_the_change_of_those_whom_both_vintages_saw_is_told() -> None:
    found = drivers(
        [100.0, 100.0, 100.0, 60.0], [100.0, 150.0, 120.0, 60.0], pair=("2012-2016", "2019-2023"), deaths=[]
    )
    assert found["ages"] == "7-17"
    change = 0.6 * 150 + 120 + 60 - (0.6 * 100 + 100 + 60)
    assert np.nansum(found[MEASURES[::2]].astype(float)) == pytest.approx(change)


def test_scaling_both_vintages_to_control_totals_scales_the_parts() -> None:
    table = profile([80.0, 50.0, 50.0, 30.0], [80.0, 90.0, 56.0, 33.0], PAIR)
    table["occupied_homes"], table["occupied_homes_moe"] = [100.0, 110.0], 5.0
    plain, scaled = (
        change_drivers(table, before=PAIR[0], now=PAIR[1], deaths=DEATHS, **{**SETTINGS, "factors": factors}).iloc[0]
        for factors in ({}, dict.fromkeys(PAIR, 2.0))
    )
    for name in MEASURES[::2]:
        assert scaled[name] == pytest.approx(2 * plain[name])
    whole = [band_counts(table[table["vintage"] == v], "5-17")["children"].item() for v in PAIR]
    assert np.nansum(plain[MEASURES[::2]].astype(float)) == pytest.approx(whole[1] - whole[0])


def test_vintages_too_far_apart_tell_nothing() -> None:
    table = profile([80.0] * 4, [80.0] * 4, ("1999", "2023"))
    assert change_drivers(table, before="1999", now="2023", deaths=[], **SETTINGS).empty
