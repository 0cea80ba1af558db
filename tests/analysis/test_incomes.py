"""Households by income that travel, and the medians rebuilt where they arrive."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.crosswalk import allocate
from pipeline.analysis.incomes import area_brackets, layer_brackets, median_incomes
from pipeline.errors import ContractError, LedgerError
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check

VINTAGE = "2019-2023"
ENDS = [0.0, 20e3, 40e3, 60e3]


def brackets(counts: dict[str, list[float]], moe: float = 10.0) -> pd.DataFrame:
    """Three brackets of 20,000 dollars for some block groups."""
    rows = [
        ("block_group", VINTAGE, geoid, "household_income", n + 1, ENDS[n], ENDS[n + 1], number, moe)
        for geoid, numbers in counts.items()
        for n, number in enumerate(numbers)
    ]
    return pd.DataFrame(rows, columns=BY_TABLE["area_brackets"].names)


def areas(people: dict[str, float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "area_level": "block_group",
            "vintage": VINTAGE,
            "area_geoid": list(people),
            "population": list(people.values()),
        }
    )


def crosswalk(*links: tuple[str, str, str, float]) -> pd.DataFrame:
    frame = pd.DataFrame(links, columns=["source_id", "target_layer", "target_id", "weight"]).assign(carrier="homes")
    return frame.assign(source_layer=f"block_group {VINTAGE}", method="area")


# One block group earns little, the other much. Zone W has the first and half of the second.
#   +--------+--------+
#   | a      | b      |   a: 80 20  0     b: 0 20 80
#   |   W    W | E    |   W: a + b / 2 = 80 30 40     E: 0 10 40
#   +--------+--------+
COUNTS = {"a": [80.0, 20.0, 0.0], "b": [0.0, 20.0, 80.0]}
LINKS = (("a", "zone", "W", 1.0), ("b", "zone", "W", 0.5), ("b", "zone", "E", 0.5))
NAMES = {("zone", area): f"Zone {area}" for area in "WEX"}
PEOPLE = {"a": 250.0, "b": 250.0}
HOW = {"design_factor": None, "sample_share": 0.125, "high_cv": 0.12, "medium_cv": 0.4}


def medians(
    counts: dict[str, list[float]], links: tuple[tuple[str, str, str, float], ...], ledger: Ledger
) -> pd.DataFrame:
    frame = median_incomes(brackets(counts), areas(PEOPLE), crosswalk(*links), NAMES, ledger=ledger, **HOW)  # type: ignore[arg-type]
    return check(BY_TABLE["median_incomes"], frame).set_index("area_id")


def test_the_median_is_that_of_the_households_that_arrived_and_no_mean_of_medians() -> None:
    found = medians(COUNTS, LINKS, Ledger())
    assert found.loc["W", "households"] == 150
    assert found.loc["W", "median_income_usd"] == pytest.approx(20e3 * 75 / 80)
    assert found.loc["E", "median_income_usd"] == pytest.approx(40e3 + 20e3 * 15 / 40)
    # medians of a (12,500) and b (47,500), averaged by households, would say 24,167
    assert found.loc["W", "median_income_usd"] != pytest.approx((12_500 * 100 + 47_500 * 50) / 150, rel=0.1)


def test_every_median_says_whose_it_is_and_of_which_year_its_dollars_are() -> None:
    found = medians(COUNTS, LINKS, Ledger())
    assert found["name"].to_dict() == {"E": "Zone E", "W": "Zone W"}
    assert found["dollars_year"].tolist() == [2023, 2023]


def test_margins_travel_with_the_brackets() -> None:
    found = medians(COUNTS, LINKS, Ledger())
    carried = layer_brackets(brackets(COUNTS), areas(PEOPLE), crosswalk(*LINKS), "zone", Ledger())
    middle = carried.set_index(["target_id", "bracket"]).loc[("W", 2)]
    assert middle["households"] == 30 and middle["households_moe"] == pytest.approx(np.hypot(10, 5))
    assert found["median_income_usd_moe"].gt(0).all()
    assert set(found["reliability_class"]) <= {"high", "medium", "low"}


def test_households_are_balanced_once_for_each_layer_and_vintage() -> None:
    ledger = Ledger()
    medians(COUNTS, (("a", "zone", "W", 1.0), ("b", "zone", "W", 0.25)), ledger)
    lines = ledger.frame().query("entry == 'balance'")
    assert lines[["total", "inside", "outside", "unlocated"]].to_numpy().tolist() == [[200, 125, 75, 0]]
    assert lines["subject_name"].tolist() == [f"households by income, zone from block_group {VINTAGE}"]


def test_an_area_without_its_brackets_has_no_median_and_its_households_have_no_place() -> None:
    ledger = Ledger()
    found = medians({"a": [80.0, 20.0, 0.0], "b": [np.nan] * 3}, LINKS, ledger)
    assert found["median_income_usd"].isna().all() and (found["reliability_class"] == "not_known").all()
    assert ledger.frame().query("entry == 'balance'")["unlocated"].tolist() == [100]


def test_where_nobody_lives_no_brackets_are_missed() -> None:
    counts, links = {**COUNTS, "park": [np.nan] * 3}, (*LINKS, ("park", "zone", "E", 1.0))
    frame = median_incomes(
        brackets(counts),
        areas({**PEOPLE, "park": 0.0}),
        crosswalk(*links),
        NAMES,
        ledger=Ledger(),
        **HOW,  # type: ignore[arg-type]
    )
    assert frame.set_index("area_id").loc["E", "households"] == 50


def test_block_groups_go_before_tracts_and_are_not_counted_twice() -> None:
    fine, coarse = brackets(COUNTS), brackets({"t": [500.0, 500.0, 500.0]}).assign(area_level="tract")
    tract = pd.DataFrame({"area_level": ["tract"], "vintage": VINTAGE, "area_geoid": "t", "population": 500.0})
    links = pd.concat(
        [crosswalk(*LINKS), crosswalk(("t", "zone", "W", 1.0)).assign(source_layer=f"tract {VINTAGE}")],
        ignore_index=True,
    )
    carried = layer_brackets(pd.concat([fine, coarse]), pd.concat([areas(PEOPLE), tract]), links, "zone", Ledger())
    assert carried["households"].sum() == 200
    alone = layer_brackets(coarse, tract, links, "zone", Ledger())
    assert alone["households"].sum() == 1500


def test_a_median_in_the_open_bracket_is_told_as_a_bound() -> None:
    open_above = brackets({"a": [0.0, 0.0, 90.0], "b": [0.0, 30.0, 60.0]})
    open_above.loc[open_above["bracket"] == 3, "bracket_high_usd"] = np.nan
    ledger = Ledger()
    frame = median_incomes(open_above, areas(PEOPLE), crosswalk(*LINKS), NAMES, ledger=ledger, **HOW)  # type: ignore[arg-type]
    assert frame["is_top_coded"].all() and frame["median_income_usd"].eq(40e3).all()
    assert frame["median_income_usd_moe"].isna().all() and (frame["reliability_class"] == "not_known").all()
    absent = ledger.frame().query("entry == 'absence'")
    assert absent["total"].tolist() == [2] and "open above" in absent["reason"].iloc[0]


def test_a_median_cannot_travel_itself() -> None:
    table = pd.DataFrame({"source_id": ["a"], "median_income_usd": [50e3]})
    with pytest.raises(ContractError, match=r"E-KIND\] median_income_usd is of kind measure, not count"):
        allocate(crosswalk(("a", "zone", "W", 1.0)), table, ["median_income_usd"])


def test_a_crosswalk_that_counts_people_twice_is_found_out() -> None:
    with pytest.raises(LedgerError, match=r"households by income, zone .*-70.000000 lie outside"):
        medians(COUNTS, (*LINKS, ("b", "zone", "X", 0.7)), Ledger())


def test_a_study_without_brackets_has_no_medians_and_says_so_once() -> None:
    ledger = Ledger()
    frame = median_incomes(brackets({}), areas(PEOPLE), crosswalk(*LINKS), NAMES, ledger=ledger, **HOW)  # type: ignore[arg-type]
    assert check(BY_TABLE["median_incomes"], frame).empty
    assert ledger.frame()["entry"].tolist() == ["note"]


def test_brackets_of_areas_far_away_are_left_out_and_counted() -> None:
    ledger = Ledger()
    kept = area_brackets(brackets({**COUNTS, "far": [1.0, 2.0, 3.0]}), areas(PEOPLE), ledger)
    assert kept["area_geoid"].unique().tolist() == ["a", "b"] and len(kept) == 6
    assert ledger.frame()[["entry", "total", "inside"]].to_numpy().tolist() == [["match", 3, 2]]
