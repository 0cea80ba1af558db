"""Births that cannot be true: more than the people, a year that came in part, other places."""

from __future__ import annotations

import pandas as pd
import pytest

from pipeline.analysis.plausible_births import check_births
from pipeline.errors import ContractError, LedgerError
from pipeline.ledger import Ledger

AREAS = pd.DataFrame(
    {"area_geoid": ["t1", "t1", "t2"], "population": [10.0, 20.0, 0.0], "population_moe": [None, 5.0, 12.0]}
)


def born(*rows: tuple[str, int, float]) -> pd.DataFrame:
    return pd.DataFrame(rows, columns=["area_id", "year", "births"])


def test_more_births_than_people_are_refused_and_the_margin_counts() -> None:
    check_births(born(("t1", 2020, 25.0), ("t2", 2020, 12.0)), AREAS, 2024, Ledger())
    with pytest.raises(ContractError, match=r"E-BIRTHS.*area t1 in 2020: 26 births, at most 25 people"):
        check_births(born(("t1", 2020, 26.0)), AREAS, 2024, Ledger())


def test_births_elsewhere_and_in_years_to_come_are_told() -> None:
    ledger = Ledger()
    given = born(("t1", 2020, 5.0), ("x", 2020, 8.0), ("t1", 2030, 4.0))
    kept = check_births(given, AREAS, 2024, ledger)
    assert kept.to_numpy().tolist() == [["t1", 2020, 5.0], ["t1", 2030, 4.0]]
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == (17, 9, 8)
    assert line["reason"] == "1 areas are no census area of the study: x"
    assert "4 births are of years after 2025" in " ".join(ledger.frame()["reason"])


TRACTS = [f"t{n}" for n in range(20)]
TOWN = pd.DataFrame({"area_geoid": TRACTS, "population": 900.0, "population_moe": 90.0})


def of_years(*years: int, births: float = 10.0, tracts: list[str] = TRACTS) -> pd.DataFrame:
    return born(*((tract, year, births) for year in years for tract in tracts))


@pytest.mark.parametrize("rest", [TRACTS[:0], TRACTS[3:]])
def test_a_year_that_came_in_part_is_refused_whether_the_rest_is_left_out_or_written_as_none(rest: list[str]) -> None:
    late = pd.concat([of_years(2024, tracts=TRACTS[:3]), of_years(2024, births=0.0, tracts=rest)])
    with pytest.raises(
        ContractError,
        match=r"E-BIRTHS-PART.*once; first: 2024: 30 births in 3 areas, and in 2023 200 in 20\)\. Get the whole year",
    ):
        check_births(pd.concat([of_years(2021, 2022, 2023), late]), TOWN, 2024, Ledger())


def test_years_with_fewer_areas_stay_where_the_births_are_there_or_most_of_the_areas_are() -> None:
    whole = of_years(2021, 2022)
    for other in (of_years(2020, tracts=TRACTS[:10]), of_years(2020, tracts=TRACTS[:5], births=20.0)):
        check_births(pd.concat([other, whole]), TOWN, 2024, Ledger())
    few = pd.concat([of_years(2021, births=2.0), of_years(2022, births=2.0, tracts=TRACTS[:3])])
    check_births(few, TOWN, 2024, Ledger())


def test_births_of_another_county_are_refused() -> None:
    others = [f"x{n}" for n in range(20)]
    other = of_years(2021, 2022, tracts=others)
    with pytest.raises(
        LedgerError,
        match=r"0 of 400 births .* 0 of its 20 areas .* First of 20 .*: x0, x1, x10, .* areas of the study: t0, .*`prefix`",
    ):
        check_births(other, TOWN, 2024, Ledger())
    with pytest.raises(LedgerError, match=r"10 of 410 births"):
        check_births(pd.concat([other, of_years(2021, tracts=["t3"])]), TOWN, 2024, Ledger())


def test_births_of_a_whole_state_hold_the_studys_areas_and_are_used_there_alone() -> None:
    state = of_years(2021, 2022, tracts=[*(f"x{n}" for n in range(90)), *TRACTS])
    ledger = Ledger()
    kept = check_births(state, TOWN, 2024, ledger)
    assert sorted(kept["area_id"].unique()) == sorted(TRACTS) and kept["births"].sum() == 400
    assert ledger.frame().loc[0, ["total", "inside"]].tolist() == [2200, 400]


def test_a_file_in_which_nobody_is_born_is_refused() -> None:
    with pytest.raises(ContractError, match=r"E-BIRTHS-NONE.*20 times; first: area t0 in 2021\)\. Map the column"):
        check_births(of_years(2021, births=0.0), TOWN, 2024, Ledger())


def test_years_without_births_in_between_are_told() -> None:
    ledger = Ledger()
    check_births(of_years(2015, 2018, 2020), TOWN, 2024, ledger)
    assert (
        ledger.frame()["reason"].iloc[-1].startswith("3 years between 2015 and 2020 have no births: 2016, 2017, 2019;")
    )
    whole = Ledger()
    check_births(of_years(2018, 2019, 2020), TOWN, 2024, whole)
    assert whole.frame()["entry"].tolist() == ["match"]
