"""Shapes, counts and districts that are of another census than they are taken for."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest
import shapely

from pipeline.analysis.areas import census_areas
from pipeline.analysis.sound_vintages import require_same_census, require_same_ground
from pipeline.columns import census_of
from pipeline.errors import ContractError
from pipeline.ledger import Ledger
from pipeline.tables import empty
from tests.analysis.ground import CRS, grid, square, table
from tests.analysis.test_carried import counted, drawn

# a county of 100 tracts; tract 12 was divided after the census of 2010
OLD = [f"06067{n:04d}00" for n in range(1, 101)]
NEW = [*OLD[:11], "06067001201", "06067001202", *OLD[12:]]


@pytest.mark.parametrize(
    ("end", "census"), [("2009", "2000"), ("2010", "2010"), ("2019", "2010"), ("2020", "2020"), ("2024", "2020")]
)
def test_figures_are_published_on_the_areas_of_the_decade_they_end_in(end: str, census: str) -> None:
    assert census_of(f"{int(end) - 4}-{end}") == census_of(end) == census


def test_counts_of_2010_beside_shapes_of_2020_are_refused_though_98_in_100_ids_are_the_same() -> None:
    shapes, counts = drawn(*NEW, vintage="2014-2018"), counted(dict.fromkeys(OLD, 100.0))
    says = (
        r"E-GEOGRAPHY\] shapes and counts of tract 2014-2018 are of two censuses \(2 times; first: shape 06067001201 has no "
        r"counts, counts of 06067001200 have no shape\)\. Figures of 2014-2018 are published on the areas of 2010: .*relationship file"
    )
    with pytest.raises(ContractError, match=says):
        require_same_census(shapes, counts)
    with pytest.raises(ContractError, match=says):
        census_areas(shapes, counts, empty("block_shapes", CRS), Ledger())


def test_block_groups_are_known_by_their_tract_and_connecticut_is_named() -> None:
    ids = ["090010001001", "090010001002"]
    shapes = drawn(*ids).assign(area_level="block_group")
    counts = counted(dict.fromkeys([ids[0], "090010001003"], 10.0), "2019-2023").assign(area_level="block_group")
    with pytest.raises(ContractError, match=r"E-GEOGRAPHY.*Connecticut"):
        require_same_census(shapes, counts)


def test_shapes_without_counts_and_counts_of_other_tracts_are_no_sign_of_two_censuses() -> None:
    require_same_census(drawn(*OLD), counted(dict.fromkeys([*OLD[1:], "06067990000"], 1.0), "2019-2023"))
    require_same_census(drawn(*OLD), counted(dict.fromkeys(NEW, 1.0)))  # of another vintage


def districts(*polygons: Any) -> Any:
    number = len(polygons)
    return table(
        "area_shapes",
        area_level=["school_district"] * number,
        vintage=[f"{2011 + 5 * n}" for n in range(number)],
        area_geoid=["7"] * number,
        geometry=list(polygons),
    )


def test_a_school_district_that_grew_is_refused_and_one_drawn_more_finely_is_not() -> None:
    whole, finer = square(0, 0), shapely.segmentize(square(0, 0, 1002, 1000), 10)
    require_same_ground(districts(whole, whole, finer))
    with pytest.raises(ContractError, match=r"E-GROUND.*area_geoid=7: 4.8% of its ground in 2011 and 2016"):
        require_same_ground(districts(whole, square(0, 0, 1050, 1000)))
    tracts = pd.concat([drawn("1"), drawn("1", vintage="2014-2018").assign(geometry=grid(2, 1)[1:])])
    require_same_ground(tracts)
