"""Which evidence decides where children live."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis import best_evidence, evidence, known_places, relations
from pipeline.analysis.areas import source_layers
from pipeline.analysis.crosswalk import allocate, with_sum_of_ages
from pipeline.analysis.grids import Grid
from pipeline.analysis.known_places import KnownPlaces
from pipeline.analysis.relations import all_crosswalks, crosswalk_table
from pipeline.errors import ContractError, LedgerError
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.ground import CRS, areas, blocks, grid, shapes, square, table

ORDER = ("children_by_block", "people_by_block", "people_by_lot", "homes_by_block", "area")
NO_BLOCKS = empty("census_blocks", CRS)
NO_LOTS = empty("residential_lots", CRS)
NO_GROUND = empty("uninhabited_ground", CRS)
HALF = {"zone": shapes(["w", "e"], [square(0, 0, 500, 1000), square(500, 0, 500, 1000)])}


def crosswalk(
    sources: gpd.GeoDataFrame,
    targets: dict[str, Any],
    parts: Any = NO_BLOCKS,
    lots: Any = NO_LOTS,
    order: tuple[str, ...] = ORDER,
) -> tuple[pd.DataFrame, Ledger]:
    """Weights of children, whatever else the layer counts."""
    found, _, ledger = relate(sources, targets, parts, lots, order)
    return found[found["carrier"] == "children"].drop(columns="carrier").reset_index(drop=True), ledger


def relate(
    sources: gpd.GeoDataFrame,
    targets: dict[str, Any],
    parts: Any = NO_BLOCKS,
    lots: Any = NO_LOTS,
    order: tuple[str, ...] = ORDER,
    empty_ground: Any = NO_GROUND,
    split_blocks: bool = True,
    rasters: Any = (),
) -> tuple[pd.DataFrame, pd.DataFrame, Ledger]:
    ledger = Ledger()
    places = KnownPlaces(parts, lots, empty_ground, rasters, split_blocks=split_blocks)
    found, spread = crosswalk_table(source_layers(sources), targets, places, evidence=order, ledger=ledger)
    return check(BY_TABLE["crosswalk"], found), check(BY_TABLE["interpolation_error"], spread), ledger


def weights(found: pd.DataFrame) -> dict[str, float]:
    return dict(zip(found["target_id"], found["weight"], strict=True))


def lots_at(points: list[tuple[float, float]], people: list[float], vintage: str = "2020") -> gpd.GeoDataFrame:
    return table(
        "residential_lots",
        vintage=[vintage] * len(points),
        lot_id=[f"l{i}" for i in range(len(points))],
        population=people,
        geometry=shapely.points(points),
    )


def test_children_live_where_their_blocks_are_and_not_where_the_ground_is() -> None:
    """Nine children of ten live in the two western blocks, on half of the ground.

    +--+--+--+--+
    |4 |5 |1 |0 |     zone w: the two blocks on the left
    +--+--+--+--+
    """
    parts = blocks([square(250 * i, 0, 250, 1000) for i in range(4)], [4, 5, 1, 0])
    found, _ = crosswalk(areas([square(0, 0)], [100]), HALF, parts)
    assert weights(found) == {"w": pytest.approx(0.9), "e": pytest.approx(0.1)}
    assert set(found["method"]) == {"children_by_block"}
    found, _ = crosswalk(areas([square(0, 0)], [100]), HALF)
    assert weights(found) == {"w": 0.5, "e": 0.5} and set(found["method"]) == {"area"}


def test_a_block_that_crosses_a_zone_line_is_split_by_area() -> None:
    found, _ = crosswalk(
        areas([square(0, 0)], [100]), HALF, blocks([square(0, 0, 750, 1000), square(750, 0, 250, 1000)], [9, 1])
    )
    assert weights(found) == {"w": pytest.approx(0.6), "e": pytest.approx(0.4)}


def test_each_source_without_children_falls_to_the_next_evidence() -> None:
    """Source a1 has blocks with people but no children, a2 has nobody at all."""
    town = areas([square(0, 0), square(1000, 0), square(2000, 0)], [100, 50, 0])
    zone = {"zone": shapes(["z"], [shapely.box(0, 0, 3000, 500)])}
    north_south = [shapely.box(1000 * i, 500 * j, 1000 * i + 1000, 500 * j + 500) for i in range(3) for j in range(2)]
    parts = blocks(north_south, children=[1, 3, 0, 0, 0, 0], people=[5, 5, 2, 8, 0, 0]).assign(homes=0.0)
    found, ledger = crosswalk(town, zone, parts)
    assert found[["source_id", "weight", "method"]].values.tolist() == [
        ["a0", 0.25, "children_by_block"],
        ["a1", 0.2, "people_by_block"],
        ["a2", 0.5, "area"],
    ]
    assert ledger.frame()["reason"].iloc[0] == "areas weighted: 1 by area, 1 by children_by_block, 1 by people_by_block"


def test_the_studys_order_of_evidence_is_kept() -> None:
    parts = blocks([square(0, 0, 500, 1000), square(500, 0, 500, 1000)], children=[1, 3], people=[9, 1])
    assert set(
        crosswalk(areas([square(0, 0)], [100]), HALF, parts, order=("people_by_block", "area"))[0]["method"]
    ) == {"people_by_block"}
    assert set(crosswalk(areas([square(0, 0)], [100]), HALF, parts, order=("area",))[0]["method"]) == {"area"}


def test_lots_decide_where_there_are_no_blocks_by_the_vintage_closest_to_the_source() -> None:
    lots = pd.concat(
        [lots_at([(100, 100), (900, 100)], [1, 3], "2011"), lots_at([(100, 200), (900, 200)], [9, 1], "2023")]
    )
    new, _ = crosswalk(areas([square(0, 0)], [100], vintage="2019-2023"), HALF, lots=lots)
    old, _ = crosswalk(areas([square(0, 0)], [100], vintage="2007-2011"), HALF, lots=lots)
    assert weights(new) == {"w": 0.9, "e": 0.1} and weights(old) == {"w": 0.25, "e": 0.75}
    assert set(new["method"]) == {"people_by_lot"}


def test_blocks_of_a_part_cannot_stand_for_the_whole_source() -> None:
    """Blocks are known for the western half only (the file stops at the city limit).

    By those blocks all children would be in zone w; the eastern half would count for nothing.
    """
    found, _ = crosswalk(areas([square(0, 0)], [100]), HALF, blocks([square(0, 0, 500, 1000)], [10]))
    assert weights(found) == {"w": 0.5, "e": 0.5}


def test_G22_people_of_a_source_without_land_go_where_its_point_lies() -> None:
    """A strip of water with houseboats, two thirds of it west of the line."""
    boats = areas([square(200, 0, 450, 1000)], [10]).assign(land_m2=0.0)
    found, _ = crosswalk(boats, HALF)
    assert found[["target_id", "weight", "method"]].values.tolist() == [["w", 1.0, "representative_point"]]


def test_a_source_inside_one_zone_has_weight_1_whatever_its_blocks_say() -> None:
    found, _ = crosswalk(areas([square(100, 100, 300)], [10]), HALF, blocks([square(0, 0, 501, 501)], [10]))
    assert found[["target_id", "weight", "method"]].values.tolist() == [["w", 1.0, "inside"]]


def test_the_same_areas_in_two_vintages_get_the_same_weights() -> None:
    town = pd.concat([areas(grid(3, 3), [5] * 9, vintage=vintage) for vintage in ("2014-2018", "2019-2023")])
    found, _ = crosswalk(town, {"zone": shapes(["z"], [shapely.box(0, 0, 1700, 2300)])})
    first, second = (
        part.drop(columns="source_layer").reset_index(drop=True) for _, part in found.groupby("source_layer")
    )
    pd.testing.assert_frame_equal(first, second)


def test_the_ledger_balances_children_in_and_outside() -> None:
    town = areas([square(0, 0), square(1000, 0), square(9000, 0)], [100, 40, 7])
    _, ledger = crosswalk(town, {"zone": shapes(["z"], [square(0, 0, 1500, 1000)])})
    line = ledger.frame().query("entry == 'balance'").iloc[0]
    assert (line["total"], line["inside"], line["outside"], line["unit_name"]) == (140, 120, 20, "children_0_17")


HALVED = 0.5


def halved(found: Any) -> Any:
    return replace(found, weights=HALVED * found.weights)


@pytest.mark.parametrize(
    ("step", "mutant"),
    [
        ("overlaps", lambda pieces: pieces.iloc[1:]),  # a lost pair
        ("_rows", lambda rows: rows.iloc[1:]),  # a lost row
        ("_rows", lambda rows: rows[rows["target_id"] != "e"]),  # a dropped target
        ("_rows", lambda rows: rows.assign(weight=rows["weight"].where(rows.index > 0, HALVED * rows["weight"]))),
        ("by_ground", halved),
        ("by_items", halved),
        ("_dry_points", halved),
        ("_chosen", halved),
        ("_without", lambda weights: 0 * weights),  # all sources left out
    ],
)
def test_mutation_a_lost_row_or_a_wrong_weight_is_refused(
    step: str, mutant: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """a0 by area, a1 by its blocks, a2 (no land) by a point; each zone takes a part of the ground.

    +----+----+----+
    | a0 | a1 | a2 |     zone w ends, and zone e begins, in the middle of a1
    +----+----+----+
    """
    town = areas([square(0, 0), square(1000, 0), square(2000, 0)], [100, 40, 7]).assign(land_m2=[1e6, 1e6, 0.0])
    zones = {"zone": shapes(["w", "e"], [square(100, 0, 1400, 1000), square(1500, 0, 1400, 1000)])}
    parts = blocks([square(1000, 0, 600, 1000), square(1600, 0, 400, 1000)], [12, 28])
    _, ledger = crosswalk(town, zones, parts)
    line = ledger.frame().query("entry == 'balance'").iloc[0]
    assert (line["total"], line["inside"], line["outside"]) == pytest.approx((147, 137, 10))
    assert line["reason"] == "areas weighted: 1 by area, 1 by children_by_block, 1 by representative_point"
    room: Any = next(module for module in (relations, best_evidence, evidence, known_places) if hasattr(module, step))
    honest = getattr(room, step)
    monkeypatch.setattr(room, step, lambda *given: mutant(honest(*given)))
    with pytest.raises(LedgerError, match=r"tract 2019-2023 to zone: 147\.000000 children_0_17 went in"):
        crosswalk(town, zones, parts)


@pytest.mark.parametrize("order", [("area",), ("people_by_block",), ("people_by_raster",), ("habitable_area",)])
@pytest.mark.parametrize("pair", range(4))
def test_mutation_a_pair_lost_by_the_overlay_is_refused_whatever_the_evidence(
    order: tuple[str, ...], pair: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fifth of each tract lies in no zone; half of a0 and a quarter of a1 are a park.

    +----+----+
    | a0 | a1 |     zone w is 0-700, zone e 700-1800, of the lower 800 m of both
    +----+----+
    """
    town = areas([square(0, 0), square(1000, 0)], [100, 40], vintage="2020")
    zones = {
        "zone": shapes(["w", "e", "x"], [square(0, 0, 700, 800), square(700, 0, 1100, 800), square(1800, 0, 100, 800)])
    }
    parts = blocks([square(500 * i, 0, 500, 1000) for i in range(4)], [12, 28, 9, 1], people=[30, 40, 20, 10])
    park = table("uninhabited_ground", ground_id=["p"], ground_use=["park"], geometry=[square(750, 100, 500, 500)])
    cells = Grid(0, 1000, 100, 100, rows=10, columns=20, crs="EPSG:3310")
    raster = ("2020", cells, {"population": np.arange(200.0).reshape(10, 20)})

    def run() -> Ledger:
        return relate(town, zones, parts, order=order, empty_ground=park, rasters=[raster])[2]

    line = run().frame().query("entry == 'balance'").iloc[0]
    assert line["total"] == 140 and 5 < line["outside"] < 50
    honest = known_places.overlaps
    monkeypatch.setattr(known_places, "overlaps", lambda *layers: honest(*layers).drop(index=pair, errors="ignore"))
    with pytest.raises(LedgerError, match=r"tract 2020 to zone"):
        run()


@pytest.mark.parametrize(("width", "tracts"), [(1020, 1), (2020, 2)])
def test_a_park_over_whole_inhabited_tracts_is_not_believed_and_named(width: float, tracts: int) -> None:
    park = table("uninhabited_ground", ground_id=["p"], ground_use=["park"], geometry=[square(-10, -10, width, 1020)])
    town = areas([square(0, 0), square(1000, 0)], [100, 40])
    zones = {"zone": shapes(["w", "e"], [square(0, 0, 500, 1000), square(500, 0, 1500, 1000)])}
    found, _, ledger = relate(town, zones, order=("habitable_area", "area"), empty_ground=park)
    assert set(found.query("source_id == 'a0'")["method"]) == {"area"}
    line = ledger.frame().query("entry == 'absence'").iloc[0]
    assert (line["item"], line["total"]) == ("a0", tracts) and "not believed" in line["reason"]


def test_a_source_without_counts_is_an_absence_and_not_a_zero() -> None:
    _, ledger = crosswalk(
        areas([square(0, 0), square(1000, 0)], [100, np.nan]), {"zone": shapes(["z"], [square(0, 0, 2000, 1000)])}
    )
    absence = ledger.frame().query("entry == 'absence'").iloc[0]
    assert absence["total"] == 1 and "children_0_17" in absence["reason"]


def town_with_a_park(lots_in: tuple[int, ...]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Two inhabited tracts and a park without a published count, whose ground lies in both zones.

    +----+----+----+
    | a0 | a1 | a2 |     a2: the park; zone w ends, and zone e begins, in its middle
    +----+----+----+
    """
    zones = {"zone": shapes(["w", "e"], [square(0, 0, 2500, 1000), square(2500, 0, 2500, 1000)])}
    town = areas([square(0, 0), square(1000, 0), square(2000, 0)], [100, 40, np.nan])
    lots = lots_at([(1000 * i + 500, 500) for i in lots_in], [90.0] * len(lots_in)) if lots_in else NO_LOTS
    found, ledger = crosswalk(town, zones, lots=lots)
    return found, ledger.frame()


def test_a_park_without_a_count_or_a_lot_is_uninhabited_and_said_to_be() -> None:
    found, ledger = town_with_a_park((0, 1))
    assert found[["source_id", "target_id", "weight"]].values.tolist() == [["a0", "w", 1.0], ["a1", "w", 1.0]]
    line = ledger.query("entry == 'absence'").iloc[0]
    assert (line["item"], line["total"]) == ("a2", 1) and "taken as uninhabited" in line["reason"]
    assert ledger.query("entry == 'balance'")[["total", "inside", "outside"]].values.tolist() == [[140, 140, 0]]


@pytest.mark.parametrize("lots_in", [(0, 1, 2), (0,), ()])
def test_a_count_stays_unknown_where_somebody_lives_or_the_lots_do_not_know_the_town(lots_in: tuple[int, ...]) -> None:
    """A lot in the park; no lots in a1, where two of seven live; no lots at all."""
    found, ledger = town_with_a_park(lots_in)
    assert "a2" in set(found["source_id"])
    assert ledger.query("entry == 'absence'")["reason"].tolist() == ["areas without a published children_0_17"]


def test_spreading_by_area_alone_is_said() -> None:
    _, ledger = crosswalk(areas([square(0, 0)], [10]), HALF)
    assert ledger.frame()["entry"].tolist() == ["missing_input", "balance"]
    _, ledger = crosswalk(areas([square(0, 0)], [10]), HALF, blocks([square(0, 0)], [10]))
    assert ledger.frame()["entry"].tolist() == ["balance"]


def test_overlapping_zones_are_refused() -> None:
    with pytest.raises(ContractError, match="E-WEIGHTS"):
        crosswalk(areas([square(0, 0)], [10]), {"zone": shapes(["a", "b"], [square(0, 0), square(500, 0)])})


def test_studies_without_areas_or_zones_have_an_empty_crosswalk() -> None:
    assert crosswalk(areas([square(0, 0)], [10]), {})[0].empty
    assert crosswalk(empty("census_areas", CRS), HALF)[0].empty


@given(st.lists(st.integers(0, 30), min_size=36, max_size=36), st.floats(300, 2700), st.permutations(range(36)))
@settings(max_examples=15, deadline=None)
def test_laws_weights_add_up_and_the_order_of_blocks_does_not_matter(
    children: list[int], cut: float, order: list[int]
) -> None:
    town, parts = areas(grid(3, 3), [10] * 9), blocks(grid(6, 6, 500), children)
    zones = {"zone": shapes(["w", "e"], [shapely.box(0, 0, cut, 3000), shapely.box(cut, 0, 3000, 3000)])}
    found, _ = crosswalk(town, zones, parts)
    assert found.groupby("source_id")["weight"].sum().to_numpy() == pytest.approx(np.ones(9), abs=1e-9)
    shuffled, _ = crosswalk(town, zones, parts.iloc[list(order)].reset_index(drop=True))
    pd.testing.assert_frame_equal(found, shuffled, rtol=1e-12)


def test_zones_are_brought_down_to_neighborhoods_and_to_nothing_else() -> None:
    parts = blocks([square(250 * i, 0, 250, 1000) for i in range(4)], [4, 5, 1, 0])
    layers = {
        "zone high 2024": shapes(["z"], [square(0, 0)]),
        "neighborhood": HALF["zone"],
        "district": shapes(["d"], [square(0, 0)]),
    }
    places = KnownPlaces(parts, NO_LOTS, NO_GROUND)
    found, _ = all_crosswalks(
        source_layers(areas([square(0, 0)], [10])), layers, places, evidence=ORDER, now="2019-2023", ledger=Ledger()
    )
    zones = found[found["source_layer"] == "zone high 2024"]
    assert set(zones["target_layer"]) == {"neighborhood"}
    assert weights(zones) == {"w": pytest.approx(0.9), "e": pytest.approx(0.1)}
    assert set(found["target_layer"]) == set(layers)


@given(
    st.lists(st.integers(0, 900), min_size=9, max_size=9),
    st.floats(100, 2900),
    st.floats(100, 2900),
    st.lists(st.tuples(st.floats(1, 2999), st.floats(1, 2999), st.integers(1, 90)), max_size=30),
)
@settings(max_examples=25, deadline=None)
def test_without_counts_of_children_in_blocks_the_children_of_zones_are_those_of_their_neighborhoods(
    children: list[int], cut: float, edge: float, homes: list[tuple[float, float, int]]
) -> None:
    """Of nine tracts the district holds a part; zones cross them, and tracts are cut to it for neighborhoods; lots count people."""
    lots = lots_at([(x, y) for x, y, _ in homes], [people for *_, people in homes]) if homes else NO_LOTS
    town = areas(grid(3, 3), children)
    own = [shapely.intersection(tract, shapely.box(0, 0, edge, 3000)) for tract in grid(3, 3)]
    inside = [tract for tract in own if tract.area > 0]
    halves = [shapely.box(0, 0, edge, cut), shapely.box(0, cut, edge, 3000)]
    layers = {
        "neighborhood": shapes([f"n{i}" for i in range(len(inside))], inside),
        "zone high 2024": shapes(["s", "n"], halves),
    }
    found, _ = all_crosswalks(
        source_layers(town), layers, KnownPlaces(NO_BLOCKS, lots, NO_GROUND), evidence=ORDER, now="2019-2023", ledger=Ledger()
    )  # fmt: skip
    facts = source_layers(town)["tract 2019-2023"]
    of_layer = {
        layer: allocate(found[found["target_layer"].eq(layer) & found["source_layer"].eq("tract 2019-2023")], facts, ["children_0_17"]).set_index("target_id")["children_0_17"]
        for layer in layers
    }  # fmt: skip
    down = found[found["source_layer"] == "zone high 2024"]
    carried = (down["weight"] * down["source_id"].map(of_layer["zone high 2024"])).groupby(down["target_id"]).sum()
    own_children = of_layer["neighborhood"]
    np.testing.assert_allclose(carried.reindex(own_children.index).fillna(0.0), own_children, atol=1e-3)


def test_blocks_that_leave_out_the_water_still_cover_the_land() -> None:
    """Half of the source is a lake that no block covers; its land is covered whole."""
    shore = areas([square(0, 0)], [100]).assign(land_m2=500_000.0)
    parts = blocks([square(250, 0, 500, 1000)], [10]).assign(land_m2=500_000.0)
    assert set(crosswalk(shore, HALF, parts)[0]["method"]) == {"children_by_block"}
    assert set(crosswalk(shore.assign(land_m2=np.nan), HALF, parts)[0]["method"]) == {"area"}


AGED = ("children_0_4", "children_5_9", "children_10_14", "children_15_17")


def test_children_of_each_age_go_where_children_of_that_age_live() -> None:
    """All infants live in the west, all teenagers in the east; homes are spread 1 to 3.

    The tract counts 30 of each; blocks know the ages, and of children of 10 to 14 only that there are none, so
    that these go by all children.
    """
    town = areas([square(0, 0)], [90]).assign(**dict.fromkeys(AGED, 30.0), households=[80.0])
    parts = blocks([square(0, 0, 500, 1000), square(500, 0, 500, 1000)], children=[40, 60], people=[90, 110])
    ages = {"children_0_4": [40, 0], "children_5_9": [20, 20], "children_10_14": [0, 0], "children_15_17": [0, 60]}
    found, _, _ = relate(town, HALF, parts.assign(**ages, homes=[1.0, 3.0]))
    west = found[found["target_id"] == "w"].set_index("carrier")[["weight", "method"]]
    assert west.loc["children_0_4"].tolist() == [1.0, "children_0_4_by_block"]
    assert west.loc["children_5_9"].tolist() == [0.5, "children_5_9_by_block"]
    assert west.loc["children_10_14"].tolist() == [0.4, "children_by_block"]
    assert "children_15_17" not in west.index
    assert west.loc["people"].tolist() == [0.45, "people_by_block"]
    assert west.loc["homes"].tolist() == [0.25, "homes_by_block"]
    assert set(found["carrier"]) == {*AGED, "children", "people", "homes"}  # no adults are counted here


def test_a_study_may_give_whole_blocks_to_where_their_middle_lies() -> None:
    parts = blocks([square(0, 0, 750, 1000), square(750, 0, 250, 1000)], [9, 1])
    split, _, _ = relate(areas([square(0, 0)], [100]), HALF, parts)
    whole, _, _ = relate(areas([square(0, 0)], [100]), HALF, parts, split_blocks=False)
    assert weights(split[split["carrier"] == "children"]) == {"w": pytest.approx(0.6), "e": pytest.approx(0.4)}
    assert weights(whole[whole["carrier"] == "children"]) == {"w": pytest.approx(0.9), "e": pytest.approx(0.1)}


def test_without_blocks_children_are_not_put_into_the_lake() -> None:
    """A lake and a park, which overlap, take 400 of the western 500 m: four fifths of the people are in the east."""
    ground = table(
        "uninhabited_ground",
        ground_id=["lake", "park"],
        ground_use=["water", "park"],
        geometry=[square(0, 0, 300, 1000), square(200, 0, 200, 1000)],
    )
    order = (*ORDER[:-1], "habitable_area", "area")
    found, _, ledger = relate(areas([square(0, 0)], [100]), HALF, order=order, empty_ground=ground)
    assert weights(found[found["carrier"] == "children"]) == {"w": pytest.approx(1 / 6), "e": pytest.approx(5 / 6)}
    assert set(found["method"]) == {"habitable_area"}
    assert ledger.frame().query("entry == 'balance'")["inside"].tolist() == [pytest.approx(100)]


def test_the_spread_between_ways_is_reported_apart_from_the_margin() -> None:
    """Children 9 to 1, people 8 to 12, homes even, ground 3 to 1 (the zone line lies at 750 m), the middle is in w."""
    zones = {"zone": shapes(["w", "e"], [square(0, 0, 750, 1000), square(750, 0, 250, 1000)])}
    parts = blocks([square(0, 0, 750, 1000), square(750, 0, 250, 1000)], children=[9, 1], people=[8, 12])
    _, spread, _ = relate(areas([square(0, 0)], [100]), zones, parts)
    row = spread[(spread["measure"] == "children_0_17") & (spread["target_id"] == "w")].iloc[0]
    assert row["allocated_count"] == pytest.approx(90) and row["allocated_count_moe"] == pytest.approx(0.9 * 12)
    assert (row["next_method"], row["next_count"]) == ("people_by_block", pytest.approx(40))
    assert (row["lowest_method"], row["lowest_count"]) == ("people_by_block", pytest.approx(40))
    assert (row["highest_method"], row["highest_count"]) == ("centre", pytest.approx(100))
    assert row["method"] == "children_by_block"
    assert row["methods"] == 5 and row["spread_ratio"] == pytest.approx(60 / 90)


def test_where_zones_follow_the_census_areas_all_ways_agree() -> None:
    zones = {"zone": shapes(["w", "e"], [square(0, 0), square(1000, 0)])}
    _, spread, _ = relate(areas([square(0, 0), square(1000, 0)], [10, 20]), zones)
    assert spread["methods"].tolist() == [0.0] * 4  # two zones, children and people
    assert spread["spread_ratio"].isna().all() and set(spread["next_method"]) == {""}


def test_a_way_is_named_only_where_it_says_something() -> None:
    """Blocks are known of the western tract only; the eastern one goes by ground and by its middle.

    +-----+-----+
    |  w  :  e  |     zone lines halve each tract: n above, s below
    +-----+-----+
    """
    town = areas([square(0, 0), square(1000, 0)], [100, 100])
    lines = [square(1000 * i, 500 * j, 1000, 500) for i in (0, 1) for j in (0, 1)]
    zones = {"zone": shapes(["ws", "wn", "es", "en"], lines)}
    parts = blocks([square(0, 0, 1000, 500), square(0, 500, 1000, 500)], children=[30, 10], people=[50, 50])
    _, spread, _ = relate(town, zones, parts)
    rows = spread[spread["measure"] == "children_0_17"].set_index("target_id")
    assert rows.loc["ws", ["method", "next_method", "methods"]].tolist() == ["children_by_block", "people_by_block", 5]
    assert rows.loc["es", ["method", "next_method", "methods"]].tolist() == ["area", "centre", 2]


def test_the_spread_speaks_of_the_number_that_is_mapped() -> None:
    """Ages have weights of their own: all children are their sum, and other ways differ from that."""
    town = areas([square(0, 0)], [60]).assign(**dict.fromkeys(AGED, 15.0))
    parts = blocks([square(0, 0, 500, 1000), square(500, 0, 500, 1000)], children=[40, 60], people=[90, 110])
    ages = {"children_0_4": [40, 0], "children_5_9": [20, 20], "children_10_14": [30, 10], "children_15_17": [0, 60]}
    found, spread, _ = relate(town, HALF, parts.assign(**ages))
    carried = with_sum_of_ages(allocate(found, source_layers(town)["tract 2019-2023"], [*AGED, "children_0_17"]))
    row = spread[(spread["measure"] == "children_0_17") & (spread["target_id"] == "w")].iloc[0]
    assert row["allocated_count"] == carried.set_index("target_id").loc["w", "children_0_17"] == pytest.approx(33.75)
    assert row["lowest_count"] <= row["allocated_count"] <= row["highest_count"]


# Two rows of four cells of 250 m x 500 m, in the system of the tract: children aged 5 to 9 and all people.
GRID = Grid(0, 1000, 250, 500, rows=2, columns=4, crs=CRS)
PEOPLE = np.array([[1.0, 1, 1, 1], [1, 1, 1, 9]])
YOUNG = np.array([[3.0, 3, 1, 1], [0, 0, 0, 0]])


def test_a_raster_places_each_age_by_its_own_band() -> None:
    """Of the children of 5 to 9 six of eight are in the west, of all people four of sixteen."""
    town = areas([square(0, 0)], [90]).assign(children_5_9=30.0, children_15_17=30.0)
    raster = ("2020", GRID, {"population": PEOPLE, "children_5_9": YOUNG})
    found, _, _ = relate(town, HALF, order=("people_by_raster", "area"), rasters=[raster])
    west = found[found["target_id"] == "w"].set_index("carrier")[["weight", "method"]]
    assert west.loc["children_5_9"].tolist() == [pytest.approx(0.75), "children_5_9_by_raster"]
    assert west.loc["children_15_17"].tolist() == [pytest.approx(0.25), "people_by_raster"]


def test_a_raster_that_covers_less_than_nine_tenths_of_a_tract_says_nothing_of_it() -> None:
    bare = PEOPLE.copy()
    bare[1, 3] = np.nan
    found, _, _ = relate(
        areas([square(0, 0)], [90]),
        HALF,
        order=("people_by_raster", "area"),
        rasters=[("2020", GRID, {"population": bare})],
    )
    assert set(found["method"]) == {"area"}


def test_the_raster_of_the_vintage_closest_to_the_tracts_is_used() -> None:
    rasters = [("2010", GRID, {"population": YOUNG}), ("2020", GRID, {"population": PEOPLE})]
    for vintage, west in (("2006-2010", 0.75), ("2019-2023", 0.25)):
        found, _, _ = relate(
            areas([square(0, 0)], [9], vintage=vintage), HALF, order=("people_by_raster",), rasters=rasters
        )
        assert weights(found[found["carrier"] == "people"])["w"] == pytest.approx(west)
