"""Net migration by residual: survival from a life table, cohorts followed by hand, laws."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.age_bands import AGES
from pipeline.analysis.migration import cohort, net_migration, survival
from pipeline.tables import BY_TABLE, check

DEATHS = [538.3, 36.4, 22.6, 18.4, 14.8, 12.5, 11.2, 10.5, 10.0, 10.2, 11.0, 12.5, 14.9, 18.7, 24.4, 32.5, 43.5, 57.0]
SETTINGS = {"layer": "neighborhood", "area": "neighborhood_id", "factors": {}, "high_cv": 0.12, "medium_cv": 0.4}


def profile(then: list[float], now: list[float], vintages: tuple[str, str], moe: float = 4.0) -> pd.DataFrame:
    frame = pd.DataFrame([then, now], columns=list(AGES), dtype="float64")
    frame = frame.assign(**{f"{band}_moe": moe for band in AGES}, occupied_homes=np.nan, occupied_homes_moe=np.nan)
    return frame.assign(neighborhood_id="n", vintage=list(vintages))


def moved(then: list[float], now: list[float], vintages: tuple[str, str], deaths: list[float] = DEATHS) -> pd.DataFrame:
    found = net_migration(profile(then, now, vintages), before=vintages[0], now=vintages[1], deaths=deaths, **SETTINGS)
    return check(BY_TABLE["net_migration"], found).set_index("age_band")


def test_survival_is_person_years_over_person_years() -> None:
    alive = [1.0]
    for deaths in DEATHS:
        alive.append(alive[-1] * (1 - deaths / 1e5))
    lived = [(a + b) / 2 for a, b in pairwise(alive)]
    lived[0] = 0.1 * alive[0] + 0.9 * alive[1]
    assert survival(DEATHS, 0, 5, 5) == pytest.approx(sum(lived[5:10]) / sum(lived[:5]), abs=1e-12)
    assert survival(DEATHS, 10, 13, 5) == pytest.approx(sum(lived[15:18]) / sum(lived[10:13]), abs=1e-12)
    assert 0.998 < survival(DEATHS, 0, 13, 5) < 1


def test_residuals_forward_and_reverse_are_averaged() -> None:
    found = moved([100.0, 90.0, 80.0, 45.0], [95.0, 120.0, 85.0, 50.0], ("2014-2018", "2019-2023"))
    stayed = survival(DEATHS, 0, 5, 5)
    forward, reverse = 120 - stayed * 100, 120 / stayed - 100
    assert found.loc["5-9", "migrants_change"] == pytest.approx((forward + reverse) / 2, abs=1e-9)
    assert found.loc["5-9", "migrants_change_moe"] == pytest.approx(np.hypot(4, 4 * stayed) * (1 + 1 / stayed) / 2)
    # ages 10-13 grew out of 5-8
    stayed = survival(DEATHS, 5, 9, 5)
    assert found.loc["10-13", "migrants_change"] == pytest.approx((0.8 * 85 - stayed * 0.8 * 90) * (1 + 1 / stayed) / 2)
    assert found["band_basis"].to_dict() == {
        "5-9": "published",
        "10-13": "even_spread",
        "14-17": "even_spread",
        "5-17": "published",
    }


def test_a_closed_town_has_no_migrants() -> None:
    """Cohorts that only grow older and die: the residual is nothing, whatever the births."""
    then = [150.0, 100.0, 80.0, 45.0]
    grown = [0.0, 150 * survival(DEATHS, 0, 5, 5), 100 * survival(DEATHS, 5, 10, 5), 48 * survival(DEATHS, 10, 13, 5)]
    found = moved(then, grown, ("2014-2018", "2019-2023"))
    assert found.loc["5-9", "migrants_change"] == pytest.approx(0, abs=1e-9)
    assert found["migrants_change"].abs().max() < 0.02


def test_over_seven_years_the_children_born_in_between_are_left_out() -> None:
    assert cohort(0, 5, 7) is None
    found = moved([100.0, 100.0, 100.0, 60.0], [500.0, 100.0, 100.0, 60.0], ("2012-2016", "2019-2023"), deaths=[])
    assert found["ages"].to_dict() == {"5-9": "7-9", "10-13": "10-13", "14-17": "14-17", "5-17": "7-17"}
    assert found["migrants_change"].abs().max() == pytest.approx(0, abs=1e-9)
    assert set(found["band_basis"]) == {"even_spread"}


def test_an_area_of_one_vintage_or_without_a_count_is_not_told_of() -> None:
    table = profile([100.0, np.nan, 80.0, 45.0], [95.0, 120.0, 85.0, 50.0], ("2014-2018", "2019-2023"))
    lone = table.iloc[:1].assign(neighborhood_id="lone")
    both = pd.concat([table, lone], ignore_index=True)
    found = net_migration(both, before="2014-2018", now="2019-2023", deaths=DEATHS, **SETTINGS)
    assert found[["area_id", "age_band"]].to_numpy().tolist() == [["n", "5-9"]]
