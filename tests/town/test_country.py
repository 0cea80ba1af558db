"""States of the fictional country: complete, different from each other, and as awkward as real ones."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from pipeline.columns import CENSUS_COUNTS, CHILD_COUNTS
from pipeline.tables import BY_TABLE, check
from pipeline.town import country
from pipeline.town.country import State


@pytest.fixture(scope="module")
def state() -> State:
    return country.state(4, blocks=1400, town_blocks=700)


def test_there_are_fifty_states_and_the_capital() -> None:
    assert len(country.STATES) == len(set(country.STATES)) == 51
    assert (country.STATES[0], country.STATES[4], country.STATES[-1]) == ("01", "06", "56")
    assert "11" in country.STATES


def test_numbers_say_which_area_a_block_lies_in(state: State) -> None:
    blocks, areas = state.blocks, state.areas
    assert blocks["block_geoid"].is_unique
    assert blocks["block_geoid"].str.fullmatch(r"06\d{13}").all()
    assert set(blocks["block_geoid"].str[:12]) == set(areas["area_geoid"])
    assert set(areas["area_geoid"].str[:5]) == {"06001", "06003"}
    dissolved = blocks.dissolve(blocks["block_geoid"].str[:12]).geometry
    listed = areas.set_index("area_geoid").geometry
    gap = shapely.symmetric_difference(dissolved[listed.index].to_numpy(), listed.to_numpy())
    assert shapely.area(gap).max() < 1e-3


def test_layers_are_sound(state: State) -> None:
    for layer in (state.blocks, state.areas, *(part for _, part in state.zones.groupby("level"))):
        assert layer.crs == "EPSG:5070"
        assert layer.is_valid.all()
        assert shapely.coverage_is_valid(layer.geometry.to_numpy())
    check(BY_TABLE["zones"], state.zones.assign(name=pd.Series(dtype="str"), school_id=pd.Series(dtype="str")))


def test_zones_follow_neither_block_groups_nor_every_block(state: State) -> None:
    for layer, least in ((state.areas, 0.3 * len(state.areas)), (state.blocks, 1)):
        for _, zones in state.zones.groupby("level"):
            source, target = shapely.STRtree(layer.geometry.to_numpy()).query(zones.geometry.to_numpy())[::-1]
            shapes = layer.geometry.to_numpy()
            common = shapely.area(shapely.intersection(shapes[source], zones.geometry.to_numpy()[target]))
            share = common / shapely.area(shapes[source])
            cut = np.unique(source[(share > 0.01) & (share < 0.99)])
            assert len(cut) >= least


def test_children_are_counted_and_surveyed(state: State) -> None:
    blocks, areas = state.blocks, state.areas
    assert (blocks["children_0_17"] <= blocks["population"]).all()
    assert (areas["children_0_17"] == areas[list(CHILD_COUNTS)].sum(axis=1)).all()
    assert areas["children_0_17"].sum() == pytest.approx(blocks["children_0_17"].sum(), rel=0.1)
    given = [name for name in CENSUS_COUNTS if name in areas]
    assert len(given) >= 12
    for name in given:
        assert (areas[f"{name}_moe"] > 0).all()


def test_a_state_is_made_again_and_no_two_are_alike(state: State) -> None:
    again, other = (country.state(n, blocks=1400, town_blocks=700) for n in (4, 5))
    pd.testing.assert_frame_equal(state.areas.drop(columns="geometry"), again.areas.drop(columns="geometry"))
    assert shapely.equals_identical(state.blocks.geometry.to_numpy(), again.blocks.geometry.to_numpy()).all()
    assert state.blocks["children_0_17"].sum() != other.blocks["children_0_17"].sum()
    towns = [part["children_0_17"].to_numpy() for _, part in state.areas.groupby(state.areas["area_geoid"].str[:5])]
    assert len(towns) == 2
    assert not np.array_equal(towns[0], towns[1])


def box(layer: gpd.GeoDataFrame) -> shapely.Geometry:
    return shapely.box(*layer.total_bounds)


@pytest.mark.parametrize("other", [5, 13])
def test_states_and_towns_lie_side_by_side(state: State, other: int) -> None:
    assert box(state.blocks).disjoint(box(country.state(other, blocks=1400, town_blocks=700).blocks))
    towns = [box(part) for _, part in state.blocks.groupby(state.blocks["block_geoid"].str[:5])]
    assert towns[0].disjoint(towns[1])
