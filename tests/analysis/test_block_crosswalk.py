"""Weights by way of blocks: drawn by hand, the same as a district's, and nothing lost on the way."""

from __future__ import annotations

from collections.abc import Callable

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from pipeline.analysis import best_evidence
from pipeline.analysis.areas import COUNT_COLUMNS
from pipeline.analysis.block_crosswalk import EVIDENCE, block_crosswalk, block_shares
from pipeline.analysis.common_area import common_areas
from pipeline.analysis.evidence import Evidence
from pipeline.analysis.known_places import KnownPlaces
from pipeline.analysis.relations import crosswalk_table
from pipeline.analysis.rings import Rings
from pipeline.columns import CHILD_COUNTS
from pipeline.errors import ContractError, LedgerError
from pipeline.ledger import Ledger
from pipeline.tables import empty as empty_table
from pipeline.town import country

LAYERS = {"source_layer": "block_group 2019-2023", "target_layer": "zone high 2024"}

# Two block groups of two blocks, 10 m x 10 m each; zones W and E meet at x = 15; x > 35 is in none.
#
#   0      10     20     30     40
#   |  A0  |  A1  |  B0  |  B1  |
#   |<--- W -->|<----- E --->|
#             15            35
SHAPES = np.array([shapely.box(x, 0, x + 10, 10) for x in (0, 10, 20, 30)])
ZONES = pd.DataFrame({"zone_id": ["E", "W"]})
ZONE_SHAPES = np.array([shapely.box(15, 0, 35, 10), shapely.box(0, 0, 15, 10)])
A, B = "060010001001", "060010001002"


def blocks(children: list[float], people: list[float]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "block_geoid": [f"{A}000", f"{A}001", f"{B}000", f"{B}001"],
            "children_0_17": children,
            "population": people,
            "area_m2": shapely.area(SHAPES),
        }
    ).reindex(columns=["block_geoid", "children_0_17", "population", "area_m2", "homes", *CHILD_COUNTS])


def areas(children: list[float]) -> pd.DataFrame:
    return pd.DataFrame({"area_geoid": [A, B], "children_0_17": children, "population": [100.0, 100.0]})


def shares(table: pd.DataFrame, zones: np.ndarray = ZONE_SHAPES, lost: int | None = None) -> Evidence:
    outlines, grounds = Rings.of(SHAPES), Rings.of(zones)
    pairs = common_areas(outlines, grounds)
    if lost is not None:
        pairs = tuple(np.delete(part, lost) for part in pairs)
    return block_shares(pairs, outlines, grounds, table["block_geoid"], "zone high 2024")


def weights(table: pd.DataFrame, ledger: Ledger | None = None) -> dict[tuple[str, str], tuple[float, str]]:
    rows = block_crosswalk(table, shares(table), areas([40.0, 20.0]), ZONES, **LAYERS, ledger=ledger or Ledger())
    assert set(rows["carrier"]) == {"children", "people"}
    own = rows[rows["carrier"] == "children"]
    return {(r.source_id, r.target_id): (r.weight, r.method) for r in own.itertuples()}


def test_children_go_where_the_blocks_say() -> None:
    ledger = Ledger()
    found = weights(blocks([30, 10, 0, 5], [60, 60, 60, 60]), ledger)
    assert found == {
        (A, "E"): (pytest.approx(5 / 40), "children_by_block"),
        (A, "W"): (pytest.approx(35 / 40), "children_by_block"),
        (B, "E"): (pytest.approx(0.5), "children_by_block"),
    }
    (line,) = ledger.frame().to_dict("records")
    assert (line["total"], line["inside"], line["outside"]) == pytest.approx((60.0, 50.0, 10.0))


def test_people_stand_in_for_children_and_ground_for_people() -> None:
    found = weights(blocks([0, 0, np.nan, np.nan], [10, 30, 0, 0]))
    assert found[A, "E"] == (pytest.approx(15 / 40), "people_by_block")
    assert found[B, "E"] == (pytest.approx(0.75), "area")


def test_a_block_that_rounding_pushes_over_a_line_stays_whole() -> None:
    table = blocks([30, 10, 0, 5], [60, 60, 60, 60])
    nudged = np.array([shapely.box(10 - 1e-10, 0, 35, 10), shapely.box(0, 0, 10 - 1e-10, 10)])
    assert shares(table, nudged).weights.toarray()[:2].tolist() == [[0.0, 1.0], [1.0, 0.0]]


def test_zones_that_overlap_are_refused_by_the_block_they_claim() -> None:
    table = blocks([30, 10, 0, 5], [60, 60, 60, 60])
    disputed = np.array([shapely.box(12, 0, 35, 10), shapely.box(0, 0, 15, 10)])
    with pytest.raises(ContractError, match=rf"zone high 2024(.|\n)*{A}001: its weights add to 1\.3000"):
        shares(table, disputed)


def test_a_block_of_an_area_that_is_not_listed_is_refused() -> None:
    table = blocks([30, 10, 0, 5], [60, 60, 60, 60])
    with pytest.raises(ContractError, match=rf"its 5 children would be lost \(2 times; first: {B}000\)"):
        block_crosswalk(table, shares(table), areas([40.0, 20.0])[:1], ZONES, **LAYERS, ledger=Ledger())


def test_an_area_with_people_and_no_block_is_refused() -> None:
    table = blocks([30, 10, 0, 5], [60, 60, 60, 60])
    more = pd.concat([areas([40.0, 20.0]), pd.DataFrame({"area_geoid": ["060010001003"], "children_0_17": [7.0], "population": [9.0]})], ignore_index=True)  # fmt: skip
    with pytest.raises(ContractError, match=r"its 7 children would have no place \(once; first: 060010001003\)"):
        block_crosswalk(table, shares(table), more, ZONES, **LAYERS, ledger=Ledger())


def test_only_areas_that_blocks_name_can_be_used() -> None:
    table = blocks([30, 10, 0, 5], [60, 60, 60, 60])
    layers = LAYERS | {"source_layer": "neighborhood 2019-2023"}
    with pytest.raises(ContractError, match="neighborhood is no level that the number of a block names"):
        block_crosswalk(table, shares(table), areas([40.0, 20.0]), ZONES, **layers, ledger=Ledger())


def _loses(real: Callable[..., pd.DataFrame]) -> Callable[..., pd.DataFrame]:
    return lambda *given: real(*given).iloc[1:]


def test_the_ledger_refuses_a_lost_child(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(best_evidence, "_rows", _loses(best_evidence._rows))
    with pytest.raises(LedgerError, match=r"60\.000000 children_0_17 went in, but 45\.000000 arrived"):
        weights(blocks([30, 10, 0, 5], [60, 60, 60, 60]))


@pytest.mark.parametrize("pair", range(4))
def test_the_ledger_refuses_a_pair_lost_by_the_overlay(pair: int) -> None:
    table = blocks([30, 10, 6, 5], [60, 60, 60, 60])
    ground = shares(table, lost=pair)
    with pytest.raises(LedgerError, match=r"60\.000000 children_0_17 went in"):
        block_crosswalk(table, ground, areas([40.0, 20.0]), ZONES, **LAYERS, ledger=Ledger())


def test_the_weights_are_those_of_a_district() -> None:
    """Oracle: the district's own way, which looks shapes up on the map and overlays them by GEOS."""
    state = country.state(2, blocks=400)
    zones = state.zones[state.zones["level"] == "elementary"].reset_index(drop=True)
    given = state.blocks.assign(area_m2=state.blocks.area, land_m2=state.blocks.area, vintage="2020")
    given = given.reindex(columns=[*given, "homes", *CHILD_COUNTS])
    outlines, grounds = Rings.of(given.geometry.to_numpy()), Rings.of(zones.geometry.to_numpy())
    pairs = common_areas(outlines, grounds)
    ours = block_crosswalk(
        given.drop(columns="geometry"),
        block_shares(pairs, outlines, grounds, given["block_geoid"], "zones"),
        state.areas.drop(columns="geometry"),
        zones.drop(columns="geometry"),
        source_layer="block_group 2019-2023",
        target_layer="zone elementary 2024",
        ledger=Ledger(),
    )
    sources = state.areas.rename(columns={"area_geoid": "source_id"}).assign(land_m2=state.areas.area)
    sources = sources.reindex(columns=["source_id", "land_m2", *COUNT_COLUMNS, "geometry"])
    lots, empty = empty_table("residential_lots", country.CRS), empty_table("uninhabited_ground", country.CRS)
    theirs, _ = crosswalk_table(
        {"block_group 2019-2023": gpd.GeoDataFrame(sources, crs=country.CRS)},
        {"zone elementary 2024": zones.rename(columns={"zone_id": "area_id"})[["area_id", "geometry"]]},
        KnownPlaces(given, lots, empty),
        evidence=EVIDENCE,
        ledger=Ledger(),
    )
    both = ours.merge(
        theirs, on=["carrier", "source_id", "target_id"], how="outer", suffixes=("", "_of_district"), validate="1:1"
    ).fillna({"weight": 0.0, "weight_of_district": 0.0})
    assert set(theirs["carrier"]) == set(ours["carrier"]) >= {"children", "people", "homes"}
    assert (theirs["method"] == "children_by_block").sum() > 5
    np.testing.assert_allclose(both["weight"], both["weight_of_district"], rtol=0, atol=1e-9)
