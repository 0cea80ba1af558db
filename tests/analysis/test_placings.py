"""Counts of neighborhoods by evidence that the crosswalk did not use."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.analysis.areas import source_layers
from pipeline.analysis.crosswalk import allocate
from pipeline.analysis.known_places import KnownPlaces
from pipeline.analysis.placings import placing_crosswalk
from pipeline.analysis.profiles import neighborhood_placings
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.ground import CRS, areas, blocks, shapes, square

NOW = "2019-2023"
ORDER = ("children_by_block", "people_by_block", "area")
HALVES = {"neighborhood": shapes(["w", "e"], [square(0, 0, 500, 1000), square(500, 0, 500, 1000)])}


def placed(sources: Any, parts: Any, targets: Any = HALVES, order: tuple[str, ...] = ORDER) -> tuple[pd.DataFrame, str]:
    ledger = Ledger()
    nothing = (empty("residential_lots", CRS), empty("uninhabited_ground", CRS))
    found = placing_crosswalk(
        source_layers(sources), targets, KnownPlaces(parts, *nothing), vintage=NOW, evidence=order, ledger=ledger
    )
    lines = ledger.frame()
    return check(BY_TABLE["placing_crosswalk"], found), " ".join(lines["reason"])


def weights(found: pd.DataFrame, placing: str, carrier: str = "children") -> dict[str, float]:
    rows = found[found["placing"].eq(placing) & found["carrier"].eq(carrier)]
    return dict(zip(rows["target_id"], rows["weight"], strict=True))


def two_blocks() -> Any:
    """West: 9 of 10 children, but 6 of 10 people."""
    return blocks([square(0, 0, 500, 1000), square(500, 0, 500, 1000)], children=[9, 1], people=[18, 12])


def test_the_second_best_evidence_and_area_place_children_elsewhere() -> None:
    found, said = placed(areas([square(0, 0)], [100]), two_blocks())
    # by children's blocks (the crosswalk's own way) the west has nine tenths
    assert weights(found, "second") == {"w": pytest.approx(0.6), "e": pytest.approx(0.4)}
    assert weights(found, "area") == {"w": 0.5, "e": 0.5}
    assert "second, area" in said


def test_each_carrier_leaves_out_its_own_best() -> None:
    found, _ = placed(areas([square(0, 0)], [100]), two_blocks())
    # people go by people's blocks, so that their second best is the ground
    assert weights(found, "second", "people") == {"w": 0.5, "e": 0.5}


def test_a_way_that_says_what_another_says_is_not_written_again() -> None:
    found, said = placed(areas([square(0, 0)], [100]), two_blocks(), order=("children_by_block", "area"))
    assert set(found["placing"]) == {"second"} and said.endswith("placed by: second")
    assert weights(found, "second") == {"w": 0.5, "e": 0.5}


def test_neighborhoods_of_whole_census_areas_have_no_other_placing() -> None:
    whole = areas([square(0, 0, 500, 1000), square(500, 0, 500, 1000)], [90, 10])
    found, said = placed(whole, two_blocks())
    assert found.empty and "all evidence places the counts alike" in said
    assert neighborhood_placings(whole, found).empty


def test_only_areas_of_the_vintage_in_use_are_placed_again() -> None:
    old = areas([square(0, 0)], [100], vintage="2014-2018")
    found, said = placed(old, two_blocks())
    assert found.empty and not said


def test_nobody_is_lost_by_another_placing_and_each_has_its_profile() -> None:
    town = areas([square(0, 0)], [100], moe=[10])
    found, _ = placed(town, two_blocks())
    profile = check(BY_TABLE["neighborhood_placings"], neighborhood_placings(town, found))
    children = profile.set_index(["placing", "neighborhood_id"])["children_0_17"]
    assert children.groupby("placing").sum().to_dict() == {"area": pytest.approx(100), "second": pytest.approx(100)}
    assert children["second", "w"] == pytest.approx(60)
    assert profile.set_index(["placing", "neighborhood_id"]).loc[("second", "w"), "children_0_17_moe"] == pytest.approx(
        6
    )
    rows = found[found["placing"].eq("area")]
    again = allocate(rows, town.rename(columns={"area_geoid": "source_id"}), ["children_0_17"])
    assert again["children_0_17"].tolist() == pytest.approx([50, 50])
