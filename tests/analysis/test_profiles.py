"""Who lives in each zone and neighborhood."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis import profiles
from pipeline.analysis.crosswalk import allocate
from pipeline.analysis.profiles import (
    balance_layers,
    district_profile,
    layer_profile,
    neighborhood_profile,
    zone_profile,
)
from pipeline.columns import CARRIERS, CHILD_COUNTS
from pipeline.errors import LedgerError
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.ground import CRS, table


def links(*rows: tuple[str, str, str, str, float]) -> pd.DataFrame:
    columns = ["source_layer", "source_id", "target_layer", "target_id", "weight"]
    alike = pd.DataFrame(rows, columns=columns).assign(method="area")
    return alike.merge(pd.DataFrame({"carrier": CARRIERS}), how="cross")


AREAS = table(
    "census_areas",
    area_level=["block_group", "block_group", "tract"],
    vintage=["2019-2023"] * 3,
    area_geoid=["b1", "b2", "t1"],
    population=[100.0, 200.0, 310.0],
    children_0_17=[20.0, 60.0, 81.0],
    children_0_17_moe=[3.0, 8.0, 5.0],
    people_with_disability=[np.nan, np.nan, 30.0],
)
CROSSWALK = links(
    ("block_group 2019-2023", "b1", "neighborhood", "n", 1.0),
    ("block_group 2019-2023", "b2", "neighborhood", "n", 0.5),
    ("tract 2019-2023", "t1", "neighborhood", "n", 0.6),
)
NAMES = pd.DataFrame({"neighborhood_id": ["n", "m"], "name": ["N", "M"], "is_approximate": False, "inside_share": 1.0})


def test_each_count_comes_from_the_finest_areas_that_publish_it() -> None:
    """Children from block groups (20 + 60/2), disability from the tract (30 * 0.6)."""
    row = layer_profile(AREAS, CROSSWALK, "neighborhood").iloc[0]
    assert (row["children_0_17"], row["people_with_disability"], row["population"]) == (50, 18, 200)
    assert row["children_0_17_moe"] == 5
    assert np.isnan(row["homes"])


def test_a_neighborhood_out_of_reach_is_a_ledger_line_and_no_row() -> None:
    ledger = Ledger()
    found = check(BY_TABLE["neighborhood_profile"], neighborhood_profile(AREAS, CROSSWALK, NAMES, ledger))
    assert found["neighborhood_id"].tolist() == ["n"]
    assert ledger.frame().query("entry == 'loss'")["item"].tolist() == ["m"]


def test_what_arrived_is_held_against_the_census_areas() -> None:
    """Of 80 children 50 arrive and 30 (half of b2) lie outside; with b1 unknown, nothing arrives."""
    ledger = Ledger()
    layer_profile(AREAS, CROSSWALK, "neighborhood", ledger)
    unknown = AREAS.assign(children_0_17=[np.nan, 60.0, 81.0])
    layer_profile(unknown, CROSSWALK, "neighborhood", ledger)
    lines = ledger.frame()[["total", "inside", "outside", "unlocated"]].values.tolist()
    assert lines == [[80, 50, 30, 0], [60, 0, 30, 30]]


def test_a_sliver_without_a_count_is_passed_over_and_said() -> None:
    sliver = links(
        ("block_group 2019-2023", "b1", "neighborhood", "n", 1.0),
        ("block_group 2019-2023", "b2", "neighborhood", "n", 1e-6),
    )
    ledger = Ledger()
    row = layer_profile(AREAS.assign(children_0_17=[20.0, np.nan, 81.0]), sliver, "neighborhood", ledger).iloc[0]
    line = ledger.frame().query("entry == 'absence'").iloc[0]
    assert (row["children_0_17"], line["item"], line["total"]) == (20, "b2", 1)
    assert "0.1% of a place" in line["reason"]


@pytest.mark.parametrize(
    ("fault", "mutant"),
    [
        ("half of a count", lambda frame: frame.assign(children_0_17=frame["children_0_17"] / 2)),
        ("a target", lambda frame: frame.iloc[1:]),
        ("a count that is no child", lambda frame: frame.assign(people_in_poverty=frame["people_in_poverty"] + 1)),
    ],
)
def test_mutation_what_allocate_loses_or_adds_is_refused(
    fault: str, mutant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    areas = AREAS.assign(people_in_poverty=[5.0, 7.0, 12.0])
    layer_profile(areas, CROSSWALK, "neighborhood")
    monkeypatch.setattr(profiles, "allocate", lambda *given: mutant(allocate(*given)))
    with pytest.raises(LedgerError, match="neighborhood from block_group 2019-2023"):
        layer_profile(areas, CROSSWALK, "neighborhood")


def test_counts_of_an_area_that_the_layer_has_not_are_refused() -> None:
    with pytest.raises(LedgerError, match=r"arrived in 1 areas that the layer has not \(first: n\)"):
        neighborhood_profile(AREAS, CROSSWALK, NAMES[NAMES["neighborhood_id"] == "m"], Ledger())


def test_the_district_is_counted_from_census_areas_with_their_whole_margins() -> None:
    """b1 and b2 lie in the district; cut in two neighborhoods, b2's margin would seem smaller than it is."""
    cut = links(
        *(("block_group 2019-2023", area, "district", "d", 1.0) for area in ("b1", "b2")),
        *(("block_group 2019-2023", "b2", "neighborhood", name, 0.5) for name in ("n", "m")),
    )
    whole = check(BY_TABLE["district_profile"], district_profile(AREAS, cut)).iloc[0]
    assert (whole["district_id"], whole["children_0_17"]) == ("d", 80)
    assert whole["children_0_17_moe"] == pytest.approx(np.hypot(3, 8))
    parts = layer_profile(AREAS, cut, "neighborhood")
    assert (parts["children_0_17_moe"] ** 2).sum() ** 0.5 < 8


def test_where_most_children_were_placed_by_plain_area_the_numbers_are_approximate() -> None:
    """b1 has 20 children, b2 60: n has all of b1 by blocks and half of b2 by area (20 of 50), m the other half (30 of 30)."""
    crosswalk = links(
        ("block_group 2019-2023", "b1", "neighborhood", "n", 1.0),
        ("block_group 2019-2023", "b2", "neighborhood", "n", 1 / 3),
        ("block_group 2019-2023", "b2", "neighborhood", "m", 2 / 3),
    )
    crosswalk.loc[crosswalk["source_id"] == "b1", "method"] = "children_by_block"
    ledger = Ledger()
    found = check(BY_TABLE["neighborhood_profile"], neighborhood_profile(AREAS, crosswalk, NAMES, ledger))
    assert found.set_index("neighborhood_id")["is_approximate"].to_dict() == {"n": False, "m": True}
    note = ledger.frame().query("entry == 'note'").iloc[0]
    assert note["reason"].startswith("1 of 2: more than half of the children") and note["item"] == "m"
    by_ground = crosswalk.assign(method="habitable_area")
    assert not neighborhood_profile(AREAS, by_ground, NAMES, Ledger())["is_approximate"].any()
    marked = NAMES.assign(is_approximate=[True, False])
    assert neighborhood_profile(AREAS, crosswalk, marked, Ledger())["is_approximate"].all()


def test_zones_of_all_school_years_are_profiled_and_stay_marked() -> None:
    zones = table(
        "zone_names", level=["high", "high"], fall_year=[2023, 2024], zone_id=["z", "z"], is_approximate=[False, True]
    )
    crosswalk = links(*(("block_group 2019-2023", "b1", f"zone high {year}", "z", 1.0) for year in (2023, 2024)))
    crosswalk["method"] = "inside"
    found = check(BY_TABLE["zone_profile"], zone_profile(AREAS, crosswalk, zones, Ledger()))
    assert found[["fall_year", "is_approximate", "children_0_17"]].values.tolist() == [
        [2023, False, 20.0],
        [2024, True, 20.0],
    ]


def test_without_zones_or_crosswalk_the_tables_are_empty() -> None:
    ledger = Ledger()
    assert check(BY_TABLE["zone_profile"], zone_profile(AREAS, CROSSWALK, empty("zone_names", CRS), ledger)).empty
    assert ledger.frame()["entry"].tolist() == ["missing_input"]
    nothing = empty("crosswalk", CRS)
    assert check(BY_TABLE["neighborhood_profile"], neighborhood_profile(AREAS, nothing, NAMES, Ledger())).empty
    assert check(BY_TABLE["district_profile"], district_profile(AREAS, nothing)).empty
    balance_layers(AREAS, nothing, fall_year=2024, outside_share=0.02, ledger=ledger)


DISTRICT = links(
    ("block_group 2019-2023", "b1", "district", "d", 1.0),
    ("block_group 2019-2023", "b2", "district", "d", 0.5),
    ("block_group 2019-2023", "b1", "zone high 2024", "z", 1.0),
    ("block_group 2019-2023", "b2", "zone high 2024", "z", 0.4),
)


def test_children_in_no_zone_are_counted_against_the_district() -> None:
    """The district has 20 + 30 children; 6 of them live in a gap between zones."""
    ledger = Ledger()
    balance_layers(AREAS, DISTRICT, fall_year=2024, outside_share=0.2, ledger=ledger)
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == pytest.approx((50, 44, 6))


def test_too_many_children_in_no_zone_are_refused_with_the_place_they_live() -> None:
    with pytest.raises(
        LedgerError, match=r"zone high 2024: 6 of 50 \(12\.0%\) by 2019-2023, most of them in block_group b2 \(6\)"
    ) as refusal:
        balance_layers(AREAS, DISTRICT, fall_year=2024, outside_share=0.02, ledger=Ledger())
    assert "geography.outside_share" in str(refusal.value)
    balance_layers(
        AREAS, DISTRICT, fall_year=2025, outside_share=0.02, ledger=Ledger()
    )  # last year's zones are only recorded


def test_a_zone_that_reaches_beyond_the_district_makes_up_for_no_gap_elsewhere() -> None:
    """b1: half in the district, whole in the zone; b2: whole in the district, half in the zone."""
    crosswalk = links(
        ("block_group 2019-2023", "b1", "district", "d", 0.5),
        ("block_group 2019-2023", "b2", "district", "d", 1.0),
        ("block_group 2019-2023", "b1", "zone high 2024", "z", 1.0),
        ("block_group 2019-2023", "b2", "zone high 2024", "z", 0.5),
    )
    ledger = Ledger()
    balance_layers(AREAS, crosswalk, fall_year=2024, outside_share=0.5, ledger=ledger)
    line = ledger.frame().iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == (70, 40, 30)


def test_ages_and_all_children_agree_though_each_age_has_its_own_weights() -> None:
    """Infants live in the west, teenagers in the east: by their ages 20 + 5 of 50 are in n; by all children 0.4 x 50 = 20."""
    ages = {"children_0_4": [20.0], "children_5_9": [10.0], "children_10_14": [0.0], "children_15_17": [20.0]}
    area = table(
        "census_areas", area_level=["tract"], vintage=["2020"], area_geoid=["t"], population=[100.0], **ages,
        children_0_17=[50.0], children_0_17_moe=[10.0],
    )  # fmt: skip
    weight = {"children_0_4": 1.0, "children_5_9": 0.5, "children_10_14": 0.5, "children": 0.4, "people": 0.5}
    crosswalk = pd.DataFrame(
        [("tract 2020", "t", "neighborhood", "n", carrier, share, "area") for carrier, share in weight.items()]
        + [("tract 2020", "t", "neighborhood", "m", carrier, 1 - share, "area") for carrier, share in weight.items()]
        + [("tract 2020", "t", "neighborhood", "m", "children_15_17", 1.0, "area")],
        columns=["source_layer", "source_id", "target_layer", "target_id", "carrier", "weight", "method"],
    )
    found = layer_profile(area, crosswalk[crosswalk["weight"] > 0], "neighborhood", Ledger()).set_index("target_id")
    assert found.loc["n", [*CHILD_COUNTS, "children_0_17"]].tolist() == [20, 5, 0, 0, 25]
    assert found.loc["m", "children_0_17"] == 25 and found["children_0_17_moe"].tolist() == [6, 4]
