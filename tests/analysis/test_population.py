"""Hamilton-Perry: cohorts followed by hand, caps, borrowed ratios, control to the district."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import population
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check

BANDS = ("0_4", "5_9", "10_14", "15_17")
CAPS = {"smallest_ratio": 0.904, "largest_ratio": 1.276}


def profile(areas: dict[str, tuple[list[float], list[float]]], moe: float = 0.0) -> pd.DataFrame:
    rows = [{"neighborhood_id": n, "vintage": v, **dict(zip((f"children_{b}" for b in BANDS), counts, strict=True))}
            for n, sides in areas.items() for v, counts in zip(("2014-2018", "2019-2023"), sides, strict=True)]  # fmt: skip
    frame = pd.DataFrame(rows)
    frame["population"] = 1000.0
    frame["children_0_17"] = frame[[f"children_{b}" for b in BANDS]].sum(axis=1)
    return frame.assign(**{f"children_{b}_moe": moe for b in (*BANDS, "0_17")})


def outlook(table: pd.DataFrame) -> pd.Series:
    found = population.population_outlook(table, before="2014-2018", now="2019-2023", factors={}, **CAPS)
    check(BY_TABLE["population_outlook"], found)
    return found.set_index(["neighborhood_id", "age_band", "year"])


def test_a_cohort_is_followed_by_hand() -> None:
    found = outlook(profile({"n": ([100.0, 100.0, 100.0, 60.0], [120.0, 110.0, 100.0, 60.0])}))["children_projected"]
    # ratios: 5-9 110/100, 10-14 100/100, 15-17 60/100; middle of 2019-2023 is 2021
    assert found["n", "5-9", 2026] == pytest.approx(120 * 1.1)
    assert found["n", "10-14", 2026] == pytest.approx(110.0)
    assert found["n", "15-17", 2026] == pytest.approx(60.0)
    assert found["n", "10-14", 2031] == pytest.approx(120 * 1.1)
    assert found["n", "0-4", 2031] == 120.0
    assert found["n", "5-17", 2026] == pytest.approx(120 * 1.1 + 110 + 60)


def test_a_wild_ratio_is_capped_and_says_so() -> None:
    found = outlook(profile({"n": ([10.0, 10.0, 10.0, 6.0], [10.0, 40.0, 10.0, 6.0])}))
    assert found.loc[("n", "5-9", 2026), "children_projected"] == pytest.approx(10 * 1.276)
    assert found.loc[("n", "5-9", 2026), "method"] == "cohort change, capped"


def test_an_area_without_younger_children_takes_the_ratio_of_the_district() -> None:
    found = outlook(
        profile(
            {
                "n": ([0.0, 50.0, 50.0, 30.0], [20.0, 5.0, 50.0, 30.0]),
                "m": ([100.0, 100.0, 100.0, 60.0], [100.0, 115.0, 100.0, 60.0]),
            }
        )
    )
    assert found.loc[("n", "5-9", 2026), "method"] == "ratio of the district"


def test_an_unknown_count_of_one_area_moves_no_children_to_another() -> None:
    """Two areas alike (60 children under 5, ratio 1.1), of which b's 5-9 are not known now."""
    alike = ([50.0, 50.0, 50.0, 30.0], [60.0, 55.0, 50.0, 30.0])
    found = outlook(profile({"a": alike, "b": (alike[0], [60.0, np.nan, 50.0, 30.0])}))["children_projected"]
    assert found["a", "5-9", 2026] == pytest.approx(66.0)
    assert found["a", "10-14", 2031] == pytest.approx(66.0)
    assert ("b", "5-9", 2026) not in found.index


def test_areas_sum_to_the_projection_of_the_district_as_one() -> None:
    areas = {
        "n": ([50.0, 60.0, 70.0, 40.0], [80.0, 90.0, 60.0, 41.0]),
        "m": ([100.0, 90.0, 80.0, 60.0], [90.0, 100.0, 100.0, 45.0]),
    }
    parts = outlook(profile(areas))["children_projected"].groupby(["age_band", "year"]).sum()
    whole = {"d": tuple([sum(x) for x in zip(*(side[k] for side in areas.values()), strict=True)] for k in (0, 1))}
    one = outlook(profile(whole))["children_projected"].droplevel(0)
    pd.testing.assert_series_equal(parts.sort_index(), one.sort_index(), check_names=False)


def test_the_interval_widens_with_the_margins_and_holds_the_number() -> None:
    areas = {"n": ([100.0, 100.0, 100.0, 60.0], [120.0, 110.0, 100.0, 60.0])}
    narrow, wide = (outlook(profile(areas, moe)) for moe in (5.0, 20.0))
    for found in (narrow, wide):
        assert (found["children_projected_low"] <= found["children_projected"]).all()
        assert (found["children_projected"] <= found["children_projected_high"]).all()
    width = (wide["children_projected_high"] - wide["children_projected_low"]) - (
        narrow["children_projected_high"] - narrow["children_projected_low"]
    )
    assert (width > 0).all()


def test_without_margins_there_is_a_number_and_no_interval() -> None:
    found = outlook(profile({"n": ([100.0, 100.0, 100.0, 60.0], [120.0, 110.0, 100.0, 60.0])}, np.nan))
    assert found["children_projected"].notna().all()
    assert found["children_projected_low"].isna().all()


def test_vintages_that_are_not_five_years_apart_give_none_and_a_reason() -> None:
    ledger = Ledger()
    table = profile({"n": ([1.0] * 4, [1.0] * 4)})
    found = population.outlook_or_reason(table, before="2011", now="2023", control={}, **CAPS, ledger=ledger)
    assert check(BY_TABLE["population_outlook"], found).empty
    assert "12 years apart" in ledger.frame()["reason"].item()
