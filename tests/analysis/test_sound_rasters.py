"""Rasters that count other people than the census does are no evidence of where people live."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.areas import source_layers
from pipeline.analysis.grids import Grid
from pipeline.analysis.known_places import KnownPlaces
from pipeline.analysis.relations import all_crosswalks
from pipeline.analysis.sound_rasters import MOST_APART, fit_rasters
from pipeline.ledger import Ledger
from pipeline.tables import empty
from tests.analysis.ground import CRS, grid, shapes, square, table

# two tracts side by side, four cells of 500 m in each; most people live in the west of a tract
CELLS = Grid(0.0, 1000.0, 500.0, 500.0, rows=2, columns=4, crs=CRS)
PEOPLE = np.array([[30.0, 10.0, 20.0, 0.0], [30.0, 10.0, 20.0, 0.0]])


def tracts(people: list[float], vintage: str = "2019-2023", level: str = "tract", **more: Any) -> gpd.GeoDataFrame:
    number = len(people)
    return table(
        "census_areas",
        area_level=[level] * number,
        vintage=[vintage] * number,
        area_geoid=[f"a{n}" for n in range(number)],
        population=people,
        geometry=grid(number, 1),
        **more,
    )


def fit(*bands: Any, areas: gpd.GeoDataFrame, vintage: str = "2020", **more: Any) -> tuple[list[Any], pd.DataFrame]:
    ledger = Ledger()
    found = fit_rasters([(vintage, CELLS, {"population": band, **more}) for band in bands], areas, ledger)
    return found, ledger.frame()


@pytest.mark.parametrize("factor", [117.0, 2.01, 0.49, 0.0])
def test_a_raster_far_from_the_census_is_left_out_with_both_numbers(factor: float) -> None:
    found, ledger = fit(PEOPLE * factor, PEOPLE, areas=tracts([80.0, 40.0]))
    assert [bands["population"].sum() for _, _, bands in found] == [120.0]
    (line,) = ledger.to_dict("records")
    assert (line["entry"], line["subject_name"], line["unit_name"]) == ("loss", "raster 2020: population", "rasters")
    assert line["reason"] == (
        f"{120 * factor:,.0f} in its cells, 120 by the census in the 2 areas of tract 2019-2023 that it covers: "
        "no evidence of where people live"
    )


@pytest.mark.parametrize("factor", [MOST_APART, 1.0, 1 / MOST_APART])
def test_a_town_that_grew_is_no_fault(factor: float) -> None:
    found, ledger = fit(PEOPLE * factor, areas=tracts([80.0, 40.0]))
    assert len(found) == 1 and ledger.empty


def test_a_code_for_no_data_that_is_taken_for_people_is_found() -> None:
    assert fit(np.where(PEOPLE == 0, 999.0, PEOPLE), areas=tracts([80.0, 40.0]))[0] == []


def test_only_ground_under_data_and_areas_with_a_count_are_compared() -> None:
    """The eastern tract has no data, or no count: of the western one the raster has all."""
    bare = PEOPLE.copy()
    bare[:, 2:] = np.nan
    assert len(fit(bare, areas=tracts([80.0, 4000.0]))[0]) == 1
    assert len(fit(PEOPLE, areas=tracts([80.0, np.nan]))[0]) == 1
    assert fit(bare, areas=tracts([8.0, 112.0]))[0] == []
    # where nothing can be compared, nothing is said
    found, ledger = fit(PEOPLE, areas=tracts([np.nan, np.nan]))
    assert len(found) == 1 and ledger.empty


def test_the_closest_vintage_and_the_finest_areas_that_count_people_are_compared() -> None:
    right, wrong = [80.0, 40.0], [8.0, 4.0]
    areas = [
        tracts(wrong, "2010-2014"), tracts(wrong), tracts([np.nan] * 2, "2018-2020", "block_group"),
        tracts(right, level="block_group"),
    ]  # fmt: skip
    assert len(fit(PEOPLE, areas=gpd.GeoDataFrame(pd.concat(areas), crs=CRS))[0]) == 1
    assert fit(PEOPLE, vintage="2014", areas=gpd.GeoDataFrame(pd.concat(areas), crs=CRS))[0] == []


def test_an_age_that_is_far_from_the_census_is_left_out_alone() -> None:
    areas = tracts([80.0, 40.0], children_0_4=[6.0, 2.0], children_5_9=[8.0, 4.0])
    found, ledger = fit(PEOPLE, areas=areas, children_0_4=PEOPLE, children_5_9=PEOPLE / 10)
    assert [list(bands) for _, _, bands in found] == [["population", "children_5_9"]]
    assert ledger["subject_name"].tolist() == ["raster 2020: children_0_4"]
    assert ledger["reason"].str.endswith("no evidence for this age").all()


def test_weights_fall_back_to_the_next_evidence() -> None:
    """A zone takes the western half of the first tract: 60 of its 80 people by a sound raster, half of them by ground."""
    areas = tracts([80.0, 40.0])
    none = empty("census_blocks", CRS), empty("residential_lots", CRS), empty("uninhabited_ground", CRS)
    zones = {"zone high 2024": shapes(["w"], [square(0, 0, 500, 1000)])}
    for people, expected in ((PEOPLE, (0.75, "people_by_raster")), (PEOPLE * 117, (0.5, "area"))):
        places = KnownPlaces(*none, fit(people, areas=areas)[0])
        rows, _ = all_crosswalks(
            source_layers(areas), zones, places, evidence=["people_by_raster", "area"], now="2019-2023", ledger=Ledger()
        )
        (row,) = rows[rows["carrier"] == "people"].to_dict("records")
        assert (row["weight"], row["method"]) == (pytest.approx(expected[0]), expected[1])
