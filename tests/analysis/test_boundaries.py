"""District, zones and neighborhoods from what a study has."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from pipeline.analysis.boundaries import census_neighborhoods, district_outline, outlines, without_shapes
from pipeline.errors import ContractError
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, check, empty
from tests.analysis.ground import CRS, areas, grid, shapes, square, table

BANDS = {"elementary": ("KG", "01", "02", "03", "04", "05"), "middle": ("06", "07", "08")}
DISTRICT = shapes(["d"], [square(0, 0, 3000)], key="district_id", name=["D"])
ZONE_SHAPES = table(
    "zone_shapes",
    level=["elementary"] * 3,
    fall_year=[2024] * 3,
    zone_id=["a", "b", "b"],
    name=["A", "B", "B"],
    geometry=[square(0, 0, 1500, 3000), square(1499.9, 0, 1500.1, 1500), square(1500, 1500, 1500, 1400)],
)


def study(**changes: Any) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame, gpd.GeoDataFrame, pd.DataFrame]:
    ledger = Ledger()
    given: dict[str, Any] = {
        "zone_shapes": ZONE_SHAPES,
        "neighborhood_shapes": empty("neighborhood_shapes", CRS),
        "district_shapes": DISTRICT,
        "census_areas": areas(grid(4, 4), [10] * 16),
        "directory": empty("directory", CRS),
        "zones_kind": "published",
        "fall_year": 2024,
        "levels": ("elementary", "middle"),
        "bands": BANDS,
        "neighborhoods_kind": "census_areas",
        "area_level": "tract",
        "vintage": "",
        "district_id": "d",
        "title": "Town",
        "sliver_m2": 500.0,
        "overlap_share": 0.001,
        "ledger": ledger,
    }
    zones, neighborhoods, district = outlines(**{**given, **changes})
    for name, frame in (("zones", zones), ("neighborhoods", neighborhoods), ("district", district)):
        check(BY_TABLE[name], frame)
    return zones, neighborhoods, district, ledger.frame()


def test_published_zones_are_joined_cut_and_every_repair_is_a_line() -> None:
    zones, neighborhoods, district, ledger = study()
    assert zones[["zone_id", "is_approximate"]].values.tolist() == [["a", False], ["b", False]]
    assert zones.geometry.area.tolist() == pytest.approx([4.5e6, 4.35e6])
    repair = ledger.query("entry == 'repair'").iloc[0]
    assert (
        repair["item"] == "b"
        and "sliver of overlap with a: given to a" in repair["reason"]
        and repair["total"] == pytest.approx(150)
    )
    gap = ledger.query("entry == 'loss' and subject_name == 'zone elementary 2024'").iloc[0]
    assert gap["total"] == pytest.approx(150_000) and gap["unit_name"] == "m2"
    assert len(neighborhoods) == 9 and district["district_id"].tolist() == ["d"]


def test_levels_without_zones_are_named_with_what_is_lost() -> None:
    *_, ledger = study()
    missing = ledger.query("entry == 'missing_input'")
    assert missing["subject_name"].tolist() == ["middle zones 2024"]
    assert "nothing is said by middle zone" in missing["reason"].iloc[0]


def test_nearest_school_zones_are_marked_and_said_to_be_approximate() -> None:
    directory = table(
        "directory",
        school_id=["s1", "s2"],
        name=["One", "Two"],
        sector=["district"] * 2,
        school_status=["open"] * 2,
        grade_low=["KG"] * 2,
        grade_high=["08"] * 2,
        is_virtual=[False] * 2,
        is_place=[True] * 2,
        is_citywide=[False] * 2,
        geometry=[shapely.Point(500, 1500), shapely.Point(2500, 1500)],
    )
    zones, _, _, ledger = study(zones_kind="nearest_school", directory=directory)
    assert zones[["level", "zone_id"]].values.tolist() == [
        ["elementary", "s1"],
        ["elementary", "s2"],
        ["middle", "s1"],
        ["middle", "s2"],
    ]
    assert zones["is_approximate"].all()
    assert ledger["reason"].str.contains("nearest school of the level, which is approximate").any()


def test_a_census_area_that_reaches_out_is_a_neighborhood_by_its_part_inside() -> None:
    """The district ends 300 m into the third column and 2 m into the fourth row."""
    ledger = Ledger()
    district = shapes(["d"], [shapely.box(0, 0, 2300, 3002)], key="district_id", name=["D"])
    found = census_neighborhoods(
        areas(grid(4, 4), [10] * 16), district, area_level="tract", vintage="2019-2023", ledger=ledger
    )
    assert len(found) == 9
    assert sorted(found.geometry.area.round()) == [300_000.0] * 3 + [1_000_000.0] * 6
    loss = ledger.frame().query("entry == 'loss'").iloc[0]
    assert loss["total"] == 3 and "less than 0.5%" in loss["reason"]
    assert sorted(found["inside_share"].round(9)) == [0.3] * 3 + [1.0] * 6
    assert (found["is_approximate"] == (found["inside_share"] < 1)).all()
    note = ledger.frame().query("entry == 'note'").iloc[0]
    assert "3 of 9 reach beyond" in note["reason"] and "approximate" in note["reason"] and "30%" in note["item"]


def test_published_neighborhoods_keep_their_ground_and_say_what_share_is_inside() -> None:
    """The district is 3 km square; the second neighborhood reaches 600 m beyond it."""
    drawn = table(
        "neighborhood_shapes", neighborhood_id=["n1", "n2"], name=["North", "East"],
        geometry=[square(0, 0, 1000, 1000), square(2600, 0, 1000, 1000)],
    )  # fmt: skip
    _, found, _, _ = study(neighborhoods_kind="published", neighborhood_shapes=drawn)
    assert found["inside_share"].round(9).tolist() == [1.0, 0.4] and not found["is_approximate"].any()
    assert found.geometry.area.tolist() == [1e6, 1e6]


def test_census_areas_without_a_name_of_their_own_are_called_by_their_tract() -> None:
    """One tract has a published name; two counties use the number 12; two block groups share the name 'Block Group 1'."""
    town = areas(grid(2, 3), [10] * 6).assign(
        area_geoid=["06037209103", "06037001200", "06059001200", "060590013001", "060590014021", "06059001500"],
        name=[None, None, None, "Block Group 1", "Block Group 1", "Harbor"],
    )
    _, neighborhoods, _, _ = study(census_areas=town)
    assert neighborhoods.set_index("neighborhood_id")["name"].to_dict() == {
        "06037001200": "Tract 12, county 037",
        "06037209103": "Tract 2091.03",
        "06059001200": "Tract 12, county 059",
        "060590013001": "Block group 1, tract 13",
        "060590014021": "Block group 1, tract 14.02",
        "06059001500": "Harbor",
    }


def test_published_neighborhoods_without_a_name_go_by_their_id() -> None:
    drawn = table("neighborhood_shapes", neighborhood_id=["n1", "n2"], name=["North", None], geometry=grid(2, 1))
    _, neighborhoods, _, _ = study(neighborhoods_kind="published", neighborhood_shapes=drawn)
    assert neighborhoods["name"].tolist() == ["North", "n2"]


def test_the_district_must_be_in_the_file() -> None:
    with pytest.raises(ContractError, match=r"E-DISTRICT.*district x is not in the file.*first: d\)"):
        district_outline(DISTRICT, {}, district_id="x", title="T", ledger=Ledger())


def test_zones_stand_for_a_district_without_outline() -> None:
    _, _, district, ledger = study(district_shapes=empty("district_shapes", CRS))
    assert district[["district_id", "name"]].values.tolist() == [["d", "Town"]]
    assert district.geometry.area.iloc[0] == pytest.approx(8.85e6)
    assert ledger["reason"].str.contains("union of the zones stands for it").any()


def test_a_study_with_nothing_has_empty_tables_and_says_what_is_missing() -> None:
    nothing = {
        "zone_shapes": empty("zone_shapes", CRS),
        "district_shapes": empty("district_shapes", CRS),
        "census_areas": empty("census_areas", CRS),
    }
    zones, neighborhoods, district, ledger = study(**nothing)
    assert zones.empty and neighborhoods.empty and district.empty
    assert set(ledger.query("entry == 'missing_input'")["subject_name"]) == {
        "district",
        "neighborhoods",
        "elementary zones 2024",
        "middle zones 2024",
    }


def test_names_are_plain_tables_of_the_zones_in_force() -> None:
    zones, neighborhoods, _, _ = study()
    assert check(BY_TABLE["zone_names"], without_shapes(zones, fall_year=2024))["zone_id"].tolist() == ["a", "b"]
    assert without_shapes(zones, fall_year=2023).empty
    assert type(without_shapes(neighborhoods)) is pd.DataFrame


def test_a_census_area_cut_by_two_drawings_of_one_line_stays_whole() -> None:
    """The district's outline runs 2 m inside the border of the tracts: 0.2% of their ground."""
    district = shapes(["d"], [shapely.box(2, 0, 1000, 1000)], key="district_id", name=["D"])
    found = census_neighborhoods(areas(grid(1, 1), [10]), district, area_level="tract", vintage="", ledger=Ledger())
    assert found.geometry.area.tolist() == [1_000_000.0]
