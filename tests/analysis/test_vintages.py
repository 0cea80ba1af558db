"""Weights between the areas of two censuses."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.crosswalk import allocate
from pipeline.analysis.vintages import vintage_crosswalk
from pipeline.tables import empty
from tests.analysis.ground import CRS, table

EVIDENCE = ("children_by_block", "people_by_block", "homes_by_block", "area")


def relations(*parts: tuple[str, str, float, float], level: str = "tract", **more: list[float]) -> pd.DataFrame:
    """Parts of areas of 2010 in areas of 2020: ids, land and water."""
    then, now, land, water = (list(column) for column in zip(*parts, strict=True))
    return table(
        "area_relations",
        area_level=[level] * len(parts),
        geography_from=["2010"] * len(parts),
        area_geoid_from=then,
        geography_to=["2020"] * len(parts),
        area_geoid_to=now,
        land_m2=land,
        water_m2=water,
        **more,
    )


def block_relations(*parts: tuple[str, str, float]) -> pd.DataFrame:
    then, now, land = (list(column) for column in zip(*parts, strict=True))
    return table(
        "block_relations",
        geography_from=["2010"] * len(parts),
        block_geoid_from=then,
        geography_to=["2020"] * len(parts),
        block_geoid_to=now,
        land_m2=land,
        water_m2=[0.0] * len(parts),
    )


def blocks(children: dict[str, float], people: dict[str, float] | None = None, vintage: str = "2020") -> pd.DataFrame:
    people = people or {name: 3 * number for name, number in children.items()}
    return table(
        "census_blocks",
        block_geoid=list(children),
        vintage=[vintage] * len(children),
        population=[people[name] for name in children],
        children_0_17=list(children.values()),
    )


def weights(*given: Any, level: str = "tract", source: str = "2010", target: str = "2020") -> dict[str, Any]:
    parts, pairs, of_blocks = given
    found = vintage_crosswalk(parts, pairs, of_blocks, level=level, source=source, target=target, evidence=EVIDENCE)
    assert (found["source_layer"] == f"{level} {source}").all() and (found["target_layer"] == f"{level} {target}").all()
    return {
        f"{row.source_id}>{row.target_id}": (round(row.weight, 6), row.method) for row in found.itertuples(index=False)
    }


A, A1, A2, B = "06067000100", "06067000101", "06067000102", "06067000200"
NO_PAIRS, NO_BLOCKS = empty("block_relations", CRS), empty("census_blocks", CRS)


def test_land_divides_a_tract_of_which_nothing_else_is_known() -> None:
    """2010: |   A   | B |   2020: |A1|  A2  | B |, B as it was."""
    parts = relations((A, A1, 25.0, 900.0), (A, A2, 75.0, 0.0), (B, B, 10.0, 0.0))
    assert weights(parts, NO_PAIRS, NO_BLOCKS) == {
        f"{A}>{A1}": (0.25, "relationship_by_land"),
        f"{A}>{A2}": (0.75, "relationship_by_land"),
        f"{B}>{B}": (1.0, "inside"),
    }


def test_a_tract_without_land_is_divided_by_its_water_and_one_without_either_evenly() -> None:
    parts = relations((A, A1, 0.0, 30.0), (A, A2, 0.0, 10.0), (B, A1, 0.0, 0.0), (B, A2, 0.0, 0.0))
    assert {pair: weight for pair, (weight, _) in weights(parts, NO_PAIRS, NO_BLOCKS).items()} == {
        f"{A}>{A1}": 0.75,
        f"{A}>{A2}": 0.25,
        f"{B}>{A1}": 0.5,
        f"{B}>{A2}": 0.5,
    }


def test_a_divided_tract_is_divided_as_the_children_of_its_new_tracts_are() -> None:
    """A1 has a quarter of the land and nine in ten of the children that blocks of 2020 count."""
    parts = relations((A, A1, 25.0, 0.0), (A, A2, 75.0, 0.0))
    counted = blocks({f"{A1}1000": 50.0, f"{A1}1001": 40.0, f"{A2}1000": 10.0})
    assert weights(parts, NO_PAIRS, counted) == {
        f"{A}>{A1}": (0.9, "relationship_by_blocks"),
        f"{A}>{A2}": (0.1, "relationship_by_blocks"),
    }
    # counts of 2020 say nothing of where in a tract of 2010 people live: backwards, the tract is whole
    assert weights(parts, NO_PAIRS, counted, source="2020", target="2010") == {
        f"{A1}>{A}": (1.0, "inside"),
        f"{A2}>{A}": (1.0, "inside"),
    }


def test_a_new_tract_of_two_old_ones_gives_each_its_children_by_land() -> None:
    """A2 has 40 children and lies half in A and half in B: |  A1  |  A2  |  B  | over |    A    |    B    |."""
    parts = relations((A, A1, 30.0, 0.0), (A, A2, 20.0, 0.0), (B, A2, 20.0, 0.0), (B, B, 10.0, 0.0))
    counted = blocks({f"{A1}1000": 60.0, f"{A2}1000": 40.0, f"{B}1000": 100.0})
    found = weights(parts, NO_PAIRS, counted)
    assert found[f"{A}>{A1}"] == (0.75, "relationship_by_blocks")
    assert found[f"{B}>{A2}"] == (round(20 / 120, 6), "relationship_by_blocks")


def test_children_unknown_in_one_block_leave_it_to_the_people_and_those_to_the_file_and_the_land() -> None:
    parts = relations((A, A1, 25.0, 0.0), (A, A2, 75.0, 0.0), population=[60.0, 40.0], homes=[1.0, 1.0])
    people = {f"{A1}1000": 80.0, f"{A2}1000": 20.0}
    some = blocks({f"{A1}1000": 50.0, f"{A2}1000": np.nan}, people)
    assert weights(parts, NO_PAIRS, some)[f"{A}>{A1}"] == (0.8, "relationship_by_blocks")
    none = blocks({f"{A1}1000": 50.0})  # A2 lies beyond the blocks
    assert weights(parts, NO_PAIRS, none)[f"{A}>{A1}"] == (0.6, "relationship_by_people")
    assert weights(parts.assign(population=np.nan), NO_PAIRS, none)[f"{A}>{A1}"] == (0.5, "relationship_by_homes")
    empty = parts.assign(population=0.0, homes=np.nan)
    assert weights(empty, NO_PAIRS, none)[f"{A}>{A1}"] == (0.25, "relationship_by_land")


def test_blocks_bring_their_children_to_the_parts_of_both_censuses() -> None:
    """The border moved: the block c of 2020, with 40 children, lies half in A and half in B of 2010.

    2010: |  A    |   B  |
    2020: | A1 | c(A2)| B |     children: A1 60, c 40, B 100
    """
    a, b = f"{A}1000", f"{B}1000"
    a1, c, b2 = f"{A1}1000", f"{A2}1000", f"{B}1001"
    pairs = block_relations((a, a1, 30.0), (a, c, 20.0), (b, c, 20.0), (b, b2, 10.0))
    counted = blocks({a1: 60.0, c: 40.0, b2: 100.0})
    expected = {
        f"{A}>{A1}": (0.75, "relationship_by_blocks"),
        f"{A}>{A2}": (0.25, "relationship_by_blocks"),
        f"{B}>{A2}": (round(20 / 120, 6), "relationship_by_blocks"),
        f"{B}>{B}": (round(100 / 120, 6), "relationship_by_blocks"),
    }
    nothing = relations((A, A, 0.0, 0.0)).iloc[:0]
    assert weights(nothing, pairs, counted) == expected
    # the file of tracts gives the same parts; blocks are the better evidence all the same
    parts = relations((A, A1, 30.0, 0.0), (A, A2, 20.0, 0.0), (B, A2, 20.0, 0.0), (B, B, 10.0, 0.0))
    assert weights(parts, pairs, counted) == expected
    back = weights(nothing, pairs, counted, source="2020", target="2010")
    assert back[f"{A2}>{A}"] == (0.5, "relationship_by_blocks")
    # blocks of 2010 serve as well: a's 90 children lie 30 : 20 in A1 and A2
    old = weights(nothing, pairs, blocks({a: 90.0, b: 30.0}, vintage="2010"))
    assert old[f"{A}>{A1}"] == (0.6, "relationship_by_blocks")
    groups = weights(nothing, pairs, counted, level="block_group")
    assert groups[f"{A}1>{A1}1"] == (0.75, "relationship_by_blocks")


def test_T19_joined_by_id_children_are_lost_and_a_loss_looks_like_growth() -> None:
    """Three tracts of 600 children; two were divided, and 320 children are left ten years on.

    By id only tract 1 is in both censuses, where 100 became 110.
    """
    then = pd.DataFrame(
        {"source_id": ["06067000100", "06067000200", "06067000300"], "children_0_17": [100.0, 300.0, 200.0]}
    )
    now = pd.Series(
        {"06067000100": 110.0, "06067000201": 70.0, "06067000202": 50.0, "06067000301": 60.0, "06067000302": 30.0}
    )
    joined = then.merge(now.rename("now").rename_axis("source_id").reset_index(), on="source_id")
    assert joined["now"].sum() / joined["children_0_17"].sum() - 1 == pytest.approx(0.10)
    parts = relations(
        ("06067000100", "06067000100", 9.0, 0.0),
        ("06067000200", "06067000201", 5.0, 0.0),
        ("06067000200", "06067000202", 4.0, 0.0),
        ("06067000300", "06067000301", 5.0, 0.0),
        ("06067000300", "06067000302", 4.0, 0.0),
    )
    crosswalk = vintage_crosswalk(
        parts, NO_PAIRS, NO_BLOCKS, level="tract", source="2010", target="2020", evidence=EVIDENCE
    )
    carried = allocate(crosswalk, then, ["children_0_17"]).set_index("target_id")["children_0_17"]
    assert sorted(carried.index) == sorted(now.index)
    assert carried.sum() == pytest.approx(600.0, abs=1e-9)
    assert now.sum() / carried.sum() - 1 == pytest.approx(-0.467, abs=5e-4)


@st.composite
def any_relations(draw: st.DrawFn) -> pd.DataFrame:
    pairs = draw(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7)), min_size=1, max_size=20, unique=True))
    land = st.sampled_from([0.0, 1.0, 239.0, 9.8e6])
    rows = [(f"0606700000{a}", f"0606700010{b}", draw(land), draw(land)) for a, b in pairs]
    people = st.one_of(st.just(np.nan), st.sampled_from([0.0, 1.0, 900.0]))
    return relations(*rows, population=[draw(people) for _ in rows])


@settings(max_examples=50)
@given(any_relations(), st.lists(st.sampled_from([0.0, 3.0, np.nan]), min_size=8, max_size=8), st.booleans())
def test_law_15_weights_of_a_source_add_to_one_and_totals_are_kept(
    parts: pd.DataFrame, children: list[float], backwards: bool
) -> None:
    counted = blocks({f"0606700010{b}1000": number for b, number in enumerate(children)})
    source, target = ("2020", "2010") if backwards else ("2010", "2020")
    found = vintage_crosswalk(parts, NO_PAIRS, counted, level="tract", source=source, target=target, evidence=EVIDENCE)
    sources = parts["area_geoid_to" if backwards else "area_geoid_from"].unique()
    sums = found.groupby("source_id")["weight"].sum()
    assert sorted(sums.index) == sorted(sources)
    assert np.allclose(sums, 1.0, rtol=0, atol=1e-12)
    counts = pd.DataFrame({"source_id": sources, "population": np.arange(len(sources)) + 1.0})
    assert allocate(found, counts, ["population"])["population"].sum() == pytest.approx(counts["population"].sum())
    shuffled = vintage_crosswalk(
        parts.sample(frac=1.0, random_state=3),
        NO_PAIRS,
        counted,
        level="tract",
        source=source,
        target=target,
        evidence=EVIDENCE,
    )
    pd.testing.assert_frame_equal(found, shuffled)
