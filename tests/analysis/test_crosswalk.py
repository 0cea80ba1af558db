"""Counts that travel: hand-drawn cases, laws, oracles and refusals."""

from __future__ import annotations

import itertools
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.analysis.common_area import common_areas
from pipeline.analysis.crosswalk import allocate, require_no_overlap
from pipeline.analysis.overlaps import area_weights, overlaps, pieces_of
from pipeline.analysis.rings import Rings
from pipeline.analysis.uncertainty import moe_of_weighted_sum
from pipeline.columns import BY_NAME
from pipeline.errors import ContractError
from tests.analysis.ground import CRS, grid, shapes, square


def links(sources: gpd.GeoDataFrame, targets: gpd.GeoDataFrame) -> pd.DataFrame:
    """Crosswalk by area, ids as given."""
    weights = require_no_overlap(
        area_weights(overlaps(sources, targets), (len(sources), len(targets))), sources["area_id"], "zones"
    ).tocoo()
    row, column = weights.coords
    return pd.DataFrame(
        {
            "source_id": sources["area_id"].to_numpy()[row],
            "target_id": targets["area_id"].to_numpy()[column],
            "weight": weights.data,
        }
    )


def counts(ids: Any, **columns: Any) -> pd.DataFrame:
    return pd.DataFrame({"source_id": list(ids), **columns})


def test_children_outside_stay_outside() -> None:
    """The zone has all of the first square and half of the second: 100 + 40 / 2 = 120.

        +-----+-----+
        | 100 | 40  |
        |=====|==|  |     = zone
        +-----+-----+

    Normalising the weights (tobler's default) would say 140.
    """
    squares = shapes(["a", "b"], [square(0, 0), square(1000, 0)])
    zone = shapes(["z"], [square(0, 0, 1500, 1000)])
    arrived = allocate(links(squares, zone), counts("ab", children_0_17=[100.0, 40.0]), ["children_0_17"])
    assert arrived["children_0_17"].tolist() == [120.0]


def test_a_share_is_refused_because_it_cannot_travel() -> None:
    """Poverty of 10% and 40% in the same town: the zone has 0.167, an average of areas says 0.233."""
    squares = shapes(["a", "b"], [square(0, 0), square(1000, 0)])
    crosswalk = links(squares, shapes(["z"], [square(0, 0, 1500, 1000)]))
    table = counts(
        "ab", children_in_poverty=[10.0, 20.0], child_poverty_universe=[100.0, 40.0], coverage_share=[0.1, 0.5]
    )
    with pytest.raises(ContractError, match=r"coverage_share is of kind share, not count.*divide on arrival"):
        allocate(crosswalk, table, ["coverage_share"])
    with pytest.raises(ContractError, match="need_index is of kind index, not count"):
        allocate(crosswalk, table.assign(need_index=1.0), ["need_index"])
    arrived = allocate(crosswalk, table, ["children_in_poverty", "child_poverty_universe"])
    share = arrived["children_in_poverty"] / arrived["child_poverty_universe"]
    assert share[0] == pytest.approx(20 / 120)


def test_a_gap_between_zones_takes_its_children_from_no_one() -> None:
    squares = shapes(["a"], [square(0, 0)])
    zones = shapes(["w", "e"], [square(0, 0, 400, 1000), square(600, 0, 400, 1000)])
    arrived = allocate(links(squares, zones), counts("a", children_0_17=[1000.0]), ["children_0_17"])
    assert arrived["children_0_17"].sum() == pytest.approx(800)


def test_overlapping_targets_are_refused_not_averaged() -> None:
    squares = shapes(["a"], [square(0, 0)])
    zones = shapes(["w", "e"], [square(0, 0, 600, 1000), square(400, 0, 600, 1000)])
    with pytest.raises(ContractError, match=r"E-WEIGHTS.*a: its weights add to 1\.2000"):
        links(squares, zones)


def test_overlap_with_a_zone_that_holds_the_whole_source_is_seen_too() -> None:
    squares = shapes(["a"], [square(0, 0)])
    with pytest.raises(ContractError, match="E-WEIGHTS"):
        links(squares, shapes(["w", "e"], [square(-10, -10, 2000), square(400, 0, 600, 1000)]))


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857", "EPSG:2229"])
def test_degrees_web_mercator_and_feet_are_refused(crs: str) -> None:
    squares = shapes(["a"], [square(0, 0, 1)], crs=crs)
    with pytest.raises(ContractError, match="E-CRS"):
        overlaps(squares, squares)


def test_layers_in_different_systems_are_refused() -> None:
    with pytest.raises(ContractError, match="different systems"):
        overlaps(shapes(["a"], [square(0, 0)]), shapes(["a"], [square(0, 0)], crs="EPSG:5070"))


def test_a_missing_count_makes_the_target_missing_unless_nobody_lives_there() -> None:
    crosswalk = pd.DataFrame({"source_id": ["a", "b", "c"], "target_id": ["x", "x", "y"], "weight": [1.0, 0.5, 1.0]})
    table = counts("abc", population=[10.0, 20.0, 5.0], homes=[4.0, np.nan, 2.0], homes_moe=[3.0, np.nan, 4.0])
    arrived = allocate(crosswalk, table, ["homes"]).set_index("target_id")
    assert np.isnan(arrived.loc["x", "homes"]) and np.isnan(arrived.loc["x", "homes_moe"])
    assert arrived.loc["y", "homes"] == 2 and arrived.loc["y", "homes_moe"] == 4
    empty = table.assign(population=[10.0, 0.0, 5.0])
    arrived = allocate(crosswalk, empty, ["homes"]).set_index("target_id")
    assert arrived.loc["x", "homes"] == 4 and arrived.loc["x", "homes_moe"] == 3


def test_a_missing_margin_leaves_the_count_and_hides_the_margin() -> None:
    crosswalk = pd.DataFrame({"source_id": ["a", "b"], "target_id": ["x", "x"], "weight": [1.0, 1.0]})
    arrived = allocate(crosswalk, counts("ab", homes=[4.0, 0.0], homes_moe=[3.0, np.nan]), ["homes"])
    assert arrived["homes"].tolist() == [4.0] and np.isnan(arrived["homes_moe"][0])


def test_ids_that_do_not_meet_or_stand_twice_are_refused() -> None:
    crosswalk = pd.DataFrame({"source_id": ["a", "q"], "target_id": ["x", "x"], "weight": [1.0, 1.0]})
    with pytest.raises(ContractError, match=r"not in the table.*first: q"):
        allocate(crosswalk, counts("a", homes=[4.0]), ["homes"])
    with pytest.raises(ContractError, match=r"E-KEY-DUP.*first: a"):
        allocate(crosswalk, counts("aa", homes=[4.0, 5.0]), ["homes"])


# Laws. Sources: a 3 x 3 grid; targets: vertical strips cut at drawn places.

CUTS = st.lists(st.floats(100, 2900), min_size=1, max_size=4, unique_by=lambda x: round(x, 1)).map(sorted)
CHILDREN = st.lists(st.integers(0, 5000), min_size=9, max_size=9)


def strips(cuts: list[float], west: float = 0.0, east: float = 3000.0) -> gpd.GeoDataFrame:
    edges = [west, *cuts, east]
    boxes = [shapely.box(x0, 0, x1, 3000) for x0, x1 in itertools.pairwise(edges)]
    return shapes([f"z{i}" for i in range(len(boxes))], boxes)


TOWN = shapes([f"a{i}" for i in range(9)], grid(3, 3))
IDS = TOWN["area_id"].tolist()


FEW = settings(max_examples=25, deadline=None)


@given(CUTS, CHILDREN)
@FEW
def test_law_mass_is_kept_where_zones_cover_the_town(cuts: list[float], children: list[int]) -> None:
    arrived = allocate(
        links(TOWN, strips(cuts)), counts(IDS, children_0_17=np.array(children, dtype=float)), ["children_0_17"]
    )
    assert arrived["children_0_17"].sum() == pytest.approx(sum(children), rel=1e-9, abs=1e-9)


@given(CUTS)
@FEW
def test_law_weights_lie_in_0_1_and_add_to_at_most_1(cuts: list[float]) -> None:
    part = links(TOWN, strips(cuts, west=450.0 if cuts[0] > 450 else 0.0))
    assert part["weight"].between(0, 1 + 1e-9).all()
    assert (part.groupby("source_id")["weight"].sum() <= 1 + 1e-9).all()


@given(CHILDREN)
@FEW
def test_law_identity_areas_to_themselves_change_nothing(children: list[int]) -> None:
    values = np.array(children, dtype=float)
    arrived = allocate(
        links(TOWN, TOWN), counts(IDS, children_0_17=values, children_0_17_moe=values / 7), ["children_0_17"]
    )
    assert arrived["target_id"].tolist() == IDS
    assert (arrived["children_0_17"] == values).all()
    assert arrived["children_0_17_moe"].to_numpy() == pytest.approx(values / 7, rel=1e-15)


@given(CUTS, st.floats(0.1, 0.9), CHILDREN)
@FEW
def test_law_additivity_a_zone_split_in_two_has_the_same_children(
    cuts: list[float], at: float, children: list[int]
) -> None:
    table = counts(IDS, children_0_17=np.array(children, dtype=float))
    whole = strips(cuts)
    west, south, east, north = whole.geometry.iloc[0].bounds
    middle = west + at * (east - west)
    halves = [
        shapely.box(west, south, middle, north),
        shapely.box(middle, south, east, north),
        *whole.geometry.iloc[1:],
    ]
    split = shapes(["z0", "z0b", *whole["area_id"].iloc[1:]], halves)
    one = allocate(links(TOWN, whole), table, ["children_0_17"]).set_index("target_id")["children_0_17"]
    two = allocate(links(TOWN, split), table, ["children_0_17"]).set_index("target_id")["children_0_17"]
    assert two[["z0", "z0b"]].sum() == pytest.approx(one["z0"], rel=1e-9, abs=1e-9)


@given(CUTS, CHILDREN, st.permutations(range(9)))
@FEW
def test_law_the_order_of_rows_changes_no_byte(cuts: list[float], children: list[int], order: list[int]) -> None:
    table = counts(IDS, children_0_17=np.array(children, dtype=float), children_0_17_moe=np.sqrt(np.arange(9.0)))
    crosswalk = links(TOWN, strips(cuts))
    one = allocate(crosswalk, table, ["children_0_17"])
    two = allocate(crosswalk.iloc[::-1], table.iloc[list(order)], ["children_0_17"])
    pd.testing.assert_frame_equal(one, two, check_exact=True)


def drawn(sources: gpd.GeoDataFrame, targets: gpd.GeoDataFrame) -> np.ndarray:
    return area_weights(overlaps(sources, targets), (len(sources), len(targets))).toarray()


@given(CUTS, st.floats(-1e5, 1e5), st.floats(-1e5, 1e5), st.floats(0, 360))
@FEW
def test_law_moving_and_turning_the_town_changes_nothing(cuts: list[float], x: float, y: float, angle: float) -> None:
    zones = strips(cuts)
    moved = [frame.set_geometry(frame.geometry.rotate(angle, origin=(0, 0)).translate(x, y)) for frame in (TOWN, zones)]
    assert drawn(*moved) == pytest.approx(drawn(TOWN, zones), abs=1e-9)


@given(CUTS, st.floats(10, 400))
@FEW
def test_law_redundant_vertices_ring_order_heights_and_parts_change_nothing(cuts: list[float], step: float) -> None:
    zones = strips(cuts)
    redrawn = shapely.force_3d(shapely.reverse(shapely.segmentize(zones.geometry.to_numpy(), step)), 7.0)
    pair = [shapely.MultiPolygon([shape]) for shape in redrawn]
    assert drawn(TOWN, zones.set_geometry(pair, crs=CRS)) == pytest.approx(drawn(TOWN, zones), abs=1e-9)


def test_a_square_that_the_fast_overlay_loses_is_found() -> None:
    """A town turned by 53.3 degrees: GEOS 3.14 returns two points for a square inside a strip.

    The square and the strip share the line of two borders, in coordinates that are not
    exact; `intersection` alone would leave its 1,000 children nowhere.
    """
    pair = [frame.set_geometry(frame.geometry.rotate(53.30859375, origin=(0, 0))) for frame in (TOWN, strips([100.0]))]
    assert drawn(*pair).sum(axis=1) == pytest.approx(np.ones(9), abs=1e-9)


def slanted(crs: str, densify: bool) -> np.ndarray:
    """Weights of a 45 km town, drawn in EPSG:3310 with slanted zones, measured in another system."""
    town = shapes(IDS, grid(3, 3, 15_000))
    zones = shapes(
        ["w", "e"],
        [
            shapely.Polygon([(0, 0), (9_000, 0), (31_000, 45_000), (0, 45_000)]),
            shapely.Polygon([(9_000, 0), (45_000, 0), (45_000, 45_000), (31_000, 45_000)]),
        ],
    )
    moved = []
    for frame in (town, zones):
        lines = shapely.segmentize(frame.geometry.to_numpy(), 200.0) if densify else frame.geometry.to_numpy()
        moved.append(Rings.of(frame.set_geometry(lines, crs=CRS).to_crs(crs).geometry.to_numpy()))
    # `overlaps` refuses the controls' systems; this is what it would measure
    pieces = pieces_of(*common_areas(*moved), moved[0].areas())
    return area_weights(pieces, (9, 2)).toarray()


def test_overlaps_measures_the_same_in_another_equal_area_system() -> None:
    """The law once more through the door that a district takes, with its gate."""
    town, zones = TOWN, strips([700.0, 1650.0])
    moved = [
        frame.set_geometry(shapely.segmentize(frame.geometry.to_numpy(), 50.0), crs=CRS).to_crs("EPSG:5070")
        for frame in (town, zones)
    ]
    assert drawn(*moved) == pytest.approx(drawn(town, zones), abs=2e-6)


@given(CUTS, st.floats(0.01, 3.3))
@FEW
def test_law_another_unit_of_length_changes_no_weight(cuts: list[float], unit: float) -> None:
    frames = [frame.set_geometry(frame.geometry.scale(unit, unit, origin=(0, 0))) for frame in (TOWN, strips(cuts))]
    assert drawn(*frames) == pytest.approx(drawn(TOWN, strips(cuts)), abs=1e-9)


COUNTED = st.lists(st.tuples(st.integers(1, 500), st.floats(0, 1)), min_size=9, max_size=9)


@given(CUTS, COUNTED)
@FEW
def test_law_a_rate_stays_within_those_of_the_areas_it_comes_from(
    cuts: list[float], counted: list[tuple[int, float]]
) -> None:
    """Numerator and universe travel by the same weights: no zone is poorer than its poorest tract."""
    universe = np.array([number for number, _ in counted], dtype=float)
    part = universe * np.array([share for _, share in counted])
    crosswalk = links(TOWN, strips(cuts))
    table = counts(IDS, children_in_poverty=part, child_poverty_universe=universe)
    arrived = allocate(crosswalk, table, ["children_in_poverty", "child_poverty_universe"]).set_index("target_id")
    rate = pd.Series(part / universe, index=IDS)
    reached = rate.reindex(crosswalk["source_id"]).groupby(crosswalk["target_id"].to_numpy())
    found = arrived["children_in_poverty"] / arrived["child_poverty_universe"]
    assert (found >= reached.min() - 1e-9).all() and (found <= reached.max() + 1e-9).all()


def test_a_part_and_its_universe_travel_together() -> None:
    """Else a rate could pass 1. An age among all people is the exception: children are not spread like people."""
    apart = {c.name for c in BY_NAME.values() if c.carrier and c.over and BY_NAME[c.over].carrier != c.carrier}
    of_people = {"children_0_4", "children_5_9", "children_10_14", "children_15_17", "children_0_17"}
    of_people |= {"adults_25_plus", "labor_force", "child_poverty_universe", "women_10_39", "women_15_44"}
    assert apart <= of_people


def test_law_another_equal_area_system_gives_the_same_weights() -> None:
    assert slanted("EPSG:5070", densify=True) == pytest.approx(slanted(CRS, densify=True), abs=2e-6)
    assert slanted("EPSG:5070", densify=False) == pytest.approx(slanted(CRS, densify=False), abs=1e-4)


@pytest.mark.parametrize("crs", ["EPSG:4326", "EPSG:3857"])
def test_control_degrees_and_web_mercator_break_that_law(crs: str) -> None:
    assert np.abs(slanted(crs, densify=True) - slanted(CRS, densify=True)).max() > 2e-5


# Oracles.


def scattered(seed: int) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Voronoi cells of random points: 60 sources, 7 targets, not lined up with each other."""
    generator = np.random.default_rng(seed)
    frame = square(0, 0, 10_000)

    def cells(number: int) -> Any:
        cloud = shapely.multipoints(generator.uniform(0, 10_000, (number, 2)))
        return shapely.intersection(shapely.get_parts(shapely.voronoi_polygons(cloud, extend_to=frame)), frame)

    sources, targets = cells(60), cells(7)
    return shapes([f"s{i:02d}" for i in range(60)], sources), shapes([f"t{i}" for i in range(7)], targets)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_oracle_a_naive_loop(seed: int) -> None:
    sources, targets = scattered(seed)
    naive = [[s.intersection(t).area / s.area for t in targets.geometry] for s in sources.geometry]
    assert drawn(sources, targets) == pytest.approx(np.array(naive), abs=1e-9)


def test_oracle_tobler_without_normalising() -> None:
    tobler = pytest.importorskip("tobler.area_weighted")
    sources, targets = scattered(4)
    values = np.random.default_rng(5).uniform(0, 900, len(sources))
    theirs = tobler.area_interpolate(
        sources.assign(children_0_17=values), targets, extensive_variables=["children_0_17"], allocate_total=False
    )
    ours = allocate(links(sources, targets), counts(sources["area_id"], children_0_17=values), ["children_0_17"])
    assert ours["children_0_17"].to_numpy() == pytest.approx(theirs["children_0_17"].to_numpy(), rel=1e-7)


@given(
    st.lists(
        st.tuples(st.sampled_from("xy"), st.floats(0, 1), st.integers(0, 5), st.floats(0, 50)), min_size=1, max_size=12
    )
)
def test_oracle_margins_of_a_loop_over_targets(rows: list[tuple[str, float, int, float]]) -> None:
    target, weight, value, moe = (np.array(column) for column in zip(*rows, strict=True))
    ids = [f"s{i}" for i in range(len(rows))]
    crosswalk = pd.DataFrame({"source_id": ids, "target_id": target, "weight": weight})
    arrived = allocate(crosswalk, counts(ids, homes=value.astype(float), homes_moe=moe), ["homes"]).set_index(
        "target_id"
    )
    for name in set(target):
        of = target == name
        assert arrived.loc[name, "homes"] == pytest.approx((weight * value)[of].sum(), abs=1e-9)
        assert arrived.loc[name, "homes_moe"] == pytest.approx(
            float(moe_of_weighted_sum(weight[of], value[of], moe[of])), abs=1e-9
        )


@pytest.mark.parametrize(("sliver", "arrives"), [(1e-6, True), (0.002, True), (0.0021, False), (1.0, False)])
def test_a_sliver_without_a_count_does_not_empty_a_neighborhood(sliver: float, arrives: bool) -> None:
    """Zone x has two whole tracts and a sliver of c, which publishes no homes; zone y is that sliver alone."""
    crosswalk = pd.DataFrame({"source_id": list("abcc"), "target_id": list("xxxy"), "weight": [1.0, 1.0, sliver, 1e-6]})
    table = counts("abc", homes=[4.0, 2.0, np.nan], homes_moe=[3.0, 4.0, np.nan])
    x, y = allocate(crosswalk, table, ["homes"])[["homes", "homes_moe"]].to_numpy()
    assert x.tolist() == ([6.0, 5.0] if arrives else pytest.approx([np.nan, np.nan], nan_ok=True))
    assert np.isnan(y).all()


def test_each_count_travels_by_its_own_carrier() -> None:
    """Zone x has 9 of 10 young children, half of the homes and nobody of 15 to 17; zone y has the rest.

    What no weight of its carrier reaches is none, and nobody knows by how much that errs.
    """
    crosswalk = pd.DataFrame(
        {
            "source_id": ["a"] * 5,
            "target_id": ["x", "y", "x", "y", "y"],
            "carrier": ["children_5_9", "children_5_9", "homes", "homes", "children_15_17"],
            "weight": [0.9, 0.1, 0.5, 0.5, 1.0],
        }
    )
    table = counts("a", children_5_9=[100.0], children_5_9_moe=[10.0], renter_homes=[40.0], children_15_17=[30.0])
    table["children_15_17_moe"] = 6.0
    arrived = allocate(crosswalk, table, ["renter_homes", "children_5_9", "children_15_17"]).set_index("target_id")
    assert arrived.columns.tolist() == [
        "renter_homes",
        "children_5_9",
        "children_5_9_moe",
        "children_15_17",
        "children_15_17_moe",
    ]
    assert arrived.loc["x"].tolist() == pytest.approx([20, 90, 9, 0, np.nan], nan_ok=True)
    assert arrived.loc["y"].tolist() == pytest.approx([20, 10, 1, 30, 6])


def test_a_count_whose_carrier_has_no_weights_is_refused_and_not_zero() -> None:
    crosswalk = pd.DataFrame({"source_id": ["a"], "target_id": ["x"], "carrier": ["homes"], "weight": [1.0]})
    with pytest.raises(ContractError, match=r"E-CARRIER\] there are no weights for children_5_9.*first: homes"):
        allocate(crosswalk, counts("a", children_5_9=[1.0]), ["children_5_9"])
