"""Counts that cannot be true together are refused; what may be true is a line of the ledger."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.sound_counts import FAR_SHAPES, require_match, require_parts
from pipeline.analysis.sound_people import MOST_IN_BLOCK, require_people
from pipeline.errors import ContractError
from pipeline.ledger import Ledger
from tests.analysis.ground import blocks, grid, table

N = 100
IDS = [f"06067{n:06d}" for n in range(N)]


def reasons(ledger: Ledger) -> list[str]:
    return [str(reason) for reason in ledger.frame()["reason"]]


def counts(ids: list[str] = IDS, **columns: Any) -> pd.DataFrame:
    number = len(ids)
    return table(
        "area_counts",
        area_level=["tract"] * number,
        vintage=["2019-2023"] * number,
        area_geoid=ids,
        **{"population": [100.0] * number, **columns},
    )


def drawn(ids: list[str]) -> Any:
    number = len(ids)
    return table(
        "area_shapes",
        area_level=["tract"] * number,
        vintage=["2019-2023"] * number,
        area_geoid=ids,
        geometry=grid(number, 1),
    )


def test_blocks_in_which_nobody_lives_are_refused() -> None:
    with pytest.raises(ContractError, match=r"E-NO-PEOPLE.*no block of 2020 has people \(4 times"):
        require_people(blocks(grid(4, 1), [0] * 4, [0] * 4), Ledger())


def test_more_children_than_people_in_many_blocks_are_refused() -> None:
    """In two blocks of ten, though not in all together."""
    with pytest.raises(
        ContractError, match=r"E-CHILDREN-EXCEED.*\(2 times; first: block_geoid=0+: 60 children, 50 people"
    ):
        require_people(blocks(grid(10, 1), [60, 60, *[1] * 8], [50] * 10), Ledger())


def test_more_children_than_people_in_all_are_refused() -> None:
    with pytest.raises(ContractError, match=r"3,099 children and 1,000 people in all"):
        require_people(blocks(grid(100, 1), [3000, *[1] * 99], [10] * 100), Ledger())


def test_a_block_with_more_children_than_people_may_be_noise_and_is_noted() -> None:
    ledger = Ledger()
    require_people(blocks(grid(100, 1), [11, *[1] * 99], [10] * 100), ledger)
    assert reasons(ledger) == ["1 of 100 blocks have more children than people, as protected counts may"]


def test_blocks_whose_children_are_not_known_are_no_fault() -> None:
    ledger = Ledger()
    require_people(blocks(grid(4, 1), [np.nan] * 4, [1] * 4), ledger)
    assert reasons(ledger) == []


@pytest.mark.parametrize("column", ["population", "homes", "children_0_17", "children_5_9"])
@pytest.mark.parametrize(
    ("number", "told"), [(np.inf, "inf"), (MOST_IN_BLOCK + 1, "100001"), (60670001001000.0, "60670001001000")]
)
def test_a_number_that_no_block_has_is_refused_by_its_column(column: str, number: float, told: str) -> None:
    given = blocks(grid(4, 1), [1] * 4, [9] * 4)
    given[column] = [1.0, 1.0, number, 1.0]
    with pytest.raises(ContractError) as refused:
        require_people(given, Ledger())
    first = given["block_geoid"].iloc[2]
    says = f"E-IMPLAUSIBLE] {column} of a block of 2020 must be a number up to 100,000 (once; first: block_geoid={first}: {told})"
    assert says in str(refused.value)
    given[column] = MOST_IN_BLOCK
    with pytest.raises(ContractError) if "children" in column else nullcontext() as other:
        require_people(given, Ledger())
    assert other is None or "E-IMPLAUSIBLE" not in str(other.value)


def test_more_children_of_some_ages_than_in_all_are_refused() -> None:
    """Children of 5 to 9 alone, or with those of another age; an age that is not known adds nothing."""
    given = blocks(grid(4, 1), [10] * 4, [50] * 4).assign(
        children_0_4=[0, 6, np.nan, 4.0], children_5_9=[11, 5, 10, 6.0]
    )
    with pytest.raises(ContractError) as refused:
        require_people(given, Ledger())
    first = given["block_geoid"].iloc[0]
    assert (
        "E-PART-EXCEEDS] blocks of 2020 have more children of some ages than children in all (2 times; first: "
        f"block_geoid={first}: children_0_4 0, children_5_9 11, children_0_17 10)"
    ) in str(refused.value)
    require_people(given.iloc[2:], Ledger())


def test_a_part_larger_than_its_universe_is_refused_with_the_first_area() -> None:
    """The poor were read from a file of other places: twice as many as all whose poverty is known in ten tracts."""
    poor = [200.0] * 10 + [1.0] * 90
    with pytest.raises(
        ContractError,
        match=r"people_in_poverty exceeds poverty_universe.*\(10 times.*06067000000: people_in_poverty 200, poverty_universe 90",
    ):
        require_parts(counts(poverty_universe=[90.0] * N, people_in_poverty=poor), Ledger())


def test_all_parts_together_may_not_exceed_their_universes() -> None:
    with pytest.raises(ContractError, match="E-PART-EXCEEDS"):
        require_parts(counts(poverty_universe=[90.0] * N, people_in_poverty=[96.0] * N), Ledger())


def test_parts_that_exceed_by_their_margins_are_chance_and_a_few_more_are_noted() -> None:
    ledger = Ledger()
    poor = [95.0, 120.0, *[5.0] * 98]
    given = counts(
        poverty_universe=[90.0] * N,
        poverty_universe_moe=[4.0] * N,
        people_in_poverty=poor,
        people_in_poverty_moe=[4.0] * N,
    )
    require_parts(given, ledger)
    assert reasons(ledger) == ["exceeds poverty_universe by more than both margins in 1 of 100 areas"]


def test_counts_of_the_state_are_held_to_the_same_and_named() -> None:
    state = "the state (norm_area_counts)"
    poor = [200.0] * 10 + [1.0] * 90
    with pytest.raises(ContractError, match=r"counts of the state \(norm_area_counts\) cannot be used[\s\S]*10 times"):
        require_parts(counts(poverty_universe=[90.0] * N, people_in_poverty=poor), Ledger(), of=state)
    ledger = Ledger()
    require_parts(counts(poverty_universe=[90.0] * N, people_in_poverty=[120.0, *[5.0] * 99]), ledger, of=state)
    assert ledger.frame()["subject_name"].tolist() == [f"people_in_poverty of tract 2019-2023, {state}"]


def test_shapes_of_another_year_than_the_counts_are_refused() -> None:
    others = [*IDS[:90], *(f"06067{n:06d}" for n in range(500, 510))]
    with pytest.raises(
        ContractError,
        match=r"only 90 of 100 shapes of tract 2019-2023 have counts \(10 times; first: area_geoid=06067000500",
    ):
        require_match(drawn(others), counts(), Ledger())


def test_counts_of_another_county_are_refused() -> None:
    with pytest.raises(ContractError, match="only 0 of 100 shapes"):
        require_match(drawn(IDS), counts([i.replace("06067", "06061") for i in IDS]), Ledger())


def test_a_shape_or_two_without_counts_are_noted() -> None:
    ledger = Ledger()
    require_match(drawn(IDS), counts(IDS[2:]), ledger)
    assert reasons(ledger) == ["98 of 100 have counts: are they of the same year?"]


def test_half_of_the_shapes_is_refused_by_the_people_without_one() -> None:
    with pytest.raises(
        ContractError, match=r"E-NO-SHAPE.*5,000 of 10,000 people \(50 times; first: area_geoid=06067000050, 100 people"
    ):
        require_match(drawn(IDS[:50]), counts(), Ledger())


def test_counts_of_the_rest_of_the_state_need_no_shape() -> None:
    ledger = Ledger()
    require_match(drawn(IDS), pd.concat([counts(), counts([i.replace("06067", "06061") for i in IDS])]), ledger)
    assert reasons(ledger) == []


def test_where_far_shapes_were_left_out_their_counts_need_none() -> None:
    ledger = Ledger()
    ledger.loss("tl_2023_06_tract.shp", f"{FAR_SHAPES} left out", count=50, unit="shapes")
    require_match(drawn(IDS[:50]), counts(), ledger)
    assert len(reasons(ledger)) == 1
