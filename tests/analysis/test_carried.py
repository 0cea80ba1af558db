"""Counts of a vintage without shapes on the areas of another census."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.areas import census_areas
from pipeline.analysis.carried import carried_counts
from pipeline.errors import ContractError
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.ground import CRS, grid, table
from tests.analysis.test_vintages import A1, A2, EVIDENCE, NO_BLOCKS, NO_PAIRS, A, B, block_relations, relations

FAR = "06067000900"

# 2010: A, B and, beyond the drawn map, FAR; 2020: A1, A2 and B, of which a tenth was FAR's and B gave FAR a fifth
PARTS = relations(
    (A, A1, 25.0, 0.0), (A, A2, 75.0, 0.0), (B, B, 80.0, 0.0), (B, FAR, 20.0, 0.0), (FAR, FAR, 90.0, 0.0), (FAR, B, 10.0, 0.0)
)  # fmt: skip


def drawn(*ids: str, vintage: str = "2019-2023") -> Any:
    number = len(ids)
    return table(
        "area_shapes",
        area_level=["tract"] * number,
        vintage=[vintage] * number,
        area_geoid=list(ids),
        name=[f"Tract {i}" for i in ids],
        geometry=grid(number, 1),
    )


def counted(children: dict[str, float], vintage: str = "2014-2018") -> pd.DataFrame:
    number = len(children)
    return table(
        "area_counts",
        area_level=["tract"] * number,
        vintage=[vintage] * number,
        area_geoid=list(children),
        population=[2 * value for value in children.values()],
        children_0_17=list(children.values()),
        children_0_17_moe=[8.0] * number,
    )


def carried(shapes: Any, counts: pd.DataFrame, parts: Any = PARTS) -> tuple[Any, pd.DataFrame, pd.DataFrame, Ledger]:
    ledger = Ledger()
    found = carried_counts(shapes, counts, parts, NO_PAIRS, NO_BLOCKS, evidence=EVIDENCE, ledger=ledger)
    check(BY_TABLE["vintage_crosswalk"], found[2])
    return *found, ledger


def test_counts_and_margins_stand_on_the_areas_of_the_other_census_and_the_ledger_adds_up() -> None:
    given = pd.concat([counted({A: 100.0, B: 50.0, FAR: 30.0}), counted({A1: 20.0, A2: 60.0, B: 44.0}, "2019-2023")])
    shapes, counts, _, ledger = carried(drawn(A1, A2, B), given)
    areas = check(BY_TABLE["census_areas"], census_areas(shapes, counts, empty("block_shapes", CRS), ledger))
    found = areas[areas["vintage"] == "2014-2018"].set_index("area_geoid")
    assert found["children_0_17"].to_dict() == {A1: 25.0, A2: 75.0, B: 43.0}
    assert found["children_0_17_moe"].tolist() == pytest.approx([2.0, 6.0, np.hypot(0.8 * 8, 0.1 * 8)])
    assert found["population"].to_dict() == {A1: 50.0, A2: 150.0, B: 86.0}
    assert areas[areas["vintage"] == "2019-2023"]["children_0_17"].tolist() == [20.0, 60.0, 44.0]
    lines = ledger.frame().set_index("subject_name")
    balance = lines.loc["tract 2014-2018 to the areas of 2020"]
    assert balance[["total", "inside", "outside", "unlocated"]].tolist() == [180.0, 143.0, 37.0, 0.0]
    told = lines.loc["shapes of tract 2014-2018"]
    assert told["entry"] == "missing_input" and "carried to the areas of 2020" in told["reason"]
    assert "(3 relationship_by_land)" in told["reason"]
    assert lines.loc["areas that reach into the drawn areas of 2020 have counts of tract 2014-2018", "inside"] == 3


def test_the_nearest_vintage_of_the_other_census_lends_its_shapes() -> None:
    shapes = pd.concat(
        [drawn(A1, A2, B, vintage="2020-2024"), drawn(A1, A2, B, vintage="2017-2021").assign(name="nearer")]
    )
    found, *_ = carried(shapes.set_crs(CRS), counted({A: 100.0, B: 50.0, FAR: 30.0}))
    assert set(found.loc[found["vintage"] == "2014-2018", "name"]) == {"nearer"}


def test_newer_counts_are_carried_back_onto_older_areas() -> None:
    _, counts, crosswalk, _ = carried(
        drawn(A, B, vintage="2014-2018"), counted({A1: 25.0, A2: 60.0, B: 45.0, FAR: 99.0}, "2019-2023")
    )
    assert counts.set_index("area_geoid")["children_0_17"].round(6).to_dict() == {
        A: 85.0,
        B: round(45 * 80 / 90 + 99 * 20 / 110, 6),
    }
    assert set(crosswalk["source_layer"]) == {"tract 2010", "tract 2020"}


def test_shapes_of_its_own_vintage_or_census_leave_counts_where_they_are() -> None:
    for vintage in ("2014-2018", "2013-2017"):
        given = counted({A: 100.0, B: 50.0, FAR: 30.0})
        _, counts, _, ledger = carried(drawn(A, B, FAR, vintage=vintage), given)
        pd.testing.assert_frame_equal(counts, given)
        assert set(ledger.frame()["entry"]) == {"match"}
    given = counted({A: 100.0})
    assert carried(drawn(A1, A2), given, empty("area_relations", CRS))[1] is given


def test_an_area_that_lacks_a_count_leaves_its_parts_unknown_and_what_came_to_them_has_no_place() -> None:
    """B of 2020 is made of B, with a count, and FAR, without."""
    _, counts, _, ledger = carried(drawn(A1, A2, B), counted({A: 100.0, B: 50.0, FAR: np.nan}))
    assert counts.set_index("area_geoid")["children_0_17"].fillna(-1).to_dict() == {A1: 25.0, A2: 75.0, B: -1.0}
    balance = ledger.frame().query("entry == 'balance'").iloc[0]
    assert balance[["total", "inside", "outside", "unlocated"]].tolist() == [150.0, 100.0, 10.0, 40.0]


def test_counts_of_other_areas_than_the_relationship_file_are_refused_with_the_first() -> None:
    with pytest.raises(
        ContractError,
        match=r"only 2 of 3 counts of tract 2014-2018 are areas of 2010 .*once; first: area_geoid=06067000101",
    ):
        carried(drawn(A1, A2, B), counted({A1: 100.0, B: 50.0, FAR: 30.0}))
    with pytest.raises(
        ContractError, match=r"shapes of tract 2014-2018 are areas of 2010 .*first: area_geoid=06067000101"
    ):
        carried(drawn(A1, A2, B, vintage="2014-2018"), counted({A: 100.0, B: 50.0, FAR: 30.0}))


def test_areas_that_take_part_and_have_no_row_of_counts_are_refused() -> None:
    with pytest.raises(
        ContractError,
        match=r"only 2 of 3 areas that reach into the drawn areas of 2020 have counts of tract 2014-2018 .*06067000900",
    ):
        carried(drawn(A1, A2, B), counted({A: 100.0, B: 50.0}))


def moved(parts: pd.DataFrame, county: str) -> pd.DataFrame:
    """Relations of areas or blocks as if they were of another county."""
    ends = [name for name in parts if name.endswith(("geoid_from", "geoid_to"))]
    return parts.assign(**{end: county + parts[end].str[5:] for end in ends})


def test_a_relationship_file_of_another_state_is_refused() -> None:
    """Without counts to carry it would fill the crosswalk of vintages all the same."""
    given = counted({A1: 20.0, A2: 60.0, B: 44.0}, "2019-2023")
    says = (
        r"E-ELSEWHERE\] the relationship file of tracts of 2010 and 2020 has no county in common with the study "
        r"\(6 times; first: 32031000100 in the file, 06067000101 in the study\)"
    )
    with pytest.raises(ContractError, match=says):
        carried(drawn(A1, A2, B), given, moved(PARTS, "32031"))
    pairs = moved(block_relations((f"{A}1000", f"{A1}1000", 9.0)), "32031")
    with pytest.raises(
        ContractError, match=r"file of blocks of 2010 and 2020 has no county .*first: 320310001001000 in"
    ):
        carried_counts(drawn(A1, A2, B), given, PARTS, pairs, NO_BLOCKS, evidence=EVIDENCE, ledger=Ledger())
    # a study of neither tracts nor block groups has nothing to compare
    none = empty("area_shapes", CRS), empty("area_counts", CRS)
    assert len(carried(*none, moved(PARTS, "32031"))[2]) == len(PARTS)


def test_a_file_that_does_not_know_the_drawn_areas_is_refused() -> None:
    """It has one county of the study's, and not that of the drawn areas."""
    elsewhere = moved(PARTS, "06061")
    with pytest.raises(
        ContractError, match=r"only 0 of 3 drawn areas of 2020 are in the relationship file .*area_geoid=06067000101"
    ):
        carried(
            drawn(A1, A2, B),
            counted({f"06061{A[5:]}": 100.0, f"06061{B[5:]}": 50.0, f"06061{FAR[5:]}": 30.0}),
            elsewhere,
        )


def test_one_in_a_thousand_may_be_missing_from_the_file() -> None:
    ids = [f"06067{n:06d}" for n in range(1000)]
    parts = relations(*[(i, i, 1.0, 0.0) for i in ids])
    given = counted(dict.fromkeys([*ids, "06067999999"], 5.0))
    *_, ledger = carried(drawn(*ids), given, parts)
    line = ledger.frame().set_index("subject_name").loc["counts of tract 2014-2018 in the relationship file of 2010"]
    assert line[["total", "inside"]].tolist() == [1001.0, 1000.0]
