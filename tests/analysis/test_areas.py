"""Shapes joined to counts, and block groups added up from blocks."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.areas import census_areas, source_layers, target_layers
from pipeline.errors import LedgerError
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.ground import CRS, grid, shapes, square, table


def lines(ledger: Ledger, entry: str) -> pd.DataFrame:
    frame = ledger.frame()
    return frame[frame["entry"] == entry].set_index("subject_name")


def test_shapes_and_counts_are_joined_one_to_one_and_every_line_is_counted() -> None:
    """Twenty shapes, counts of nineteen of them and of one in another county."""
    ids = [f"06067{n:06d}" for n in range(20)]
    drawn = table(
        "area_shapes", area_level=["tract"] * 20, vintage=["2019-2023"] * 20, area_geoid=ids, geometry=grid(20, 1)
    )
    counted = table(
        "area_counts",
        area_level=["tract"] * 20,
        vintage=["2019-2023"] * 20,
        area_geoid=[*ids[:19], "06061000009"],
        population=[10.0, 0.0, *[5.0] * 17, 700.0],
    )
    ledger = Ledger()
    found = check(BY_TABLE["census_areas"], census_areas(drawn, counted, empty("block_shapes", CRS), ledger))
    assert found["area_geoid"].tolist() == ids
    assert found["population"].fillna(-1).tolist() == [10.0, 0.0, *[5.0] * 17, -1.0]
    match = lines(ledger, "match")
    assert match.loc["shapes of tract 2019-2023 with counts", "inside"] == 19
    assert match.loc["counts of tract 2019-2023 with a shape", "outside"] == 1
    loss = lines(ledger, "loss").loc["shapes of tract 2019-2023"]
    assert loss["total"] == 1 and loss["item"] == ids[19]


def test_T19_counts_of_a_vintage_without_shapes_are_a_loss() -> None:
    counted = table("area_counts", area_level=["tract"], vintage=["2014-2018"], area_geoid=["1"], population=[10.0])
    ledger = Ledger()
    found = census_areas(empty("area_shapes", CRS), counted, empty("block_shapes", CRS), ledger)
    assert found.empty and found.crs == CRS
    assert lines(ledger, "loss").loc["counts of tract 2014-2018", "total"] == 1


def test_where_only_blocks_are_published_block_groups_are_added_up_from_them() -> None:
    """Four blocks in two block groups; one has no count of homes, so its group has none."""
    parts = table(
        "block_shapes",
        block_geoid=["060670001001000", "060670001001001", "060670001002000", "060670001002001"],
        vintage=["2020"] * 4,
        population=[10.0, 20.0, 30.0, 40.0],
        homes=[1.0, 2.0, np.nan, 4.0],
        children_0_17=[3.0, 4.0, 5.0, 6.0],
        geometry=grid(4, 1),
    )
    ledger = Ledger()
    found = check(
        BY_TABLE["census_areas"], census_areas(empty("area_shapes", CRS), empty("area_counts", CRS), parts, ledger)
    )
    assert found[["area_level", "area_geoid"]].values.tolist() == [
        ["block_group", "060670001001"],
        ["block_group", "060670001002"],
    ]
    assert found["population"].tolist() == [30.0, 70.0] and found["children_0_17"].tolist() == [7.0, 11.0]
    assert found["homes"].fillna(-1).tolist() == [3.0, -1.0]
    assert found["population_moe"].isna().all()
    assert found.geometry.area.tolist() == [2e6, 2e6]
    assert lines(ledger, "balance").loc["people of the blocks of 2020", "total"] == 100


def test_people_beside_a_block_without_a_number_have_no_place_and_a_lost_block_is_refused(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The second block group has 30 people in one block and an unknown number in the other."""
    parts = table(
        "block_shapes",
        block_geoid=["060670001001000", "060670001001001", "060670001002000", "060670001002001"],
        vintage=["2020"] * 4,
        population=[10.0, 20.0, 30.0, np.nan],
        geometry=grid(4, 1),
    )
    nothing = empty("area_shapes", CRS), empty("area_counts", CRS)
    ledger = Ledger()
    census_areas(*nothing, parts, ledger)
    line = lines(ledger, "balance").loc["people of the blocks of 2020"]
    assert line[["total", "inside", "unlocated"]].tolist() == [60, 30, 30]
    honest = pd.DataFrame.assign

    def lossy(frame: pd.DataFrame, **columns: Any) -> pd.DataFrame:
        return honest(frame.iloc[1:] if set(columns) == {"area_geoid"} else frame, **columns)

    monkeypatch.setattr(pd.DataFrame, "assign", lossy)
    with pytest.raises(LedgerError, match="people of the blocks of 2020"):
        census_areas(*nothing, parts, Ledger())


def test_a_study_without_a_census_has_an_empty_table() -> None:
    found = census_areas(empty("area_shapes", CRS), empty("area_counts", CRS), empty("block_shapes", CRS), Ledger())
    assert check(BY_TABLE["census_areas"], found).empty


def test_layers_are_named_by_level_and_vintage_and_sorted_by_id() -> None:
    drawn = table(
        "census_areas",
        area_level=["tract", "block_group", "tract"],
        vintage=["2019-2023", "2014-2018", "2019-2023"],
        area_geoid=["2", "1", "1"],
        geometry=grid(3, 1),
    )
    layers = source_layers(drawn)
    assert sorted(layers) == ["block_group 2014-2018", "tract 2019-2023"]
    assert layers["tract 2019-2023"]["source_id"].tolist() == ["1", "2"]
    zones = shapes(
        ["b", "a"], [square(0, 0), square(1000, 0)], key="zone_id", level=["high", "high"], fall_year=[2024, 2024]
    )
    targets = target_layers(empty("neighborhoods", CRS), shapes(["d"], [square(0, 0)], key="district_id"), zones)
    assert list(targets) == ["district", "zone high 2024"]
    assert targets["zone high 2024"]["area_id"].tolist() == ["a", "b"]
