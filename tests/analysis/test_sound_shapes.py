"""Outlines that cannot be of one district are refused; what may be true is a line of the ledger."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely

from pipeline.analysis.sound_shapes import require_box, require_cover, require_inside, require_levels
from pipeline.errors import ContractError
from pipeline.ledger import Ledger
from pipeline.tables import empty
from tests.analysis.ground import CRS, areas, blocks, grid, shapes, square, table

BANDS = {
    "elementary": ("KG", "01", "02", "03", "04", "05"),
    "middle": ("06", "07", "08"),
    "high": ("09", "10", "11", "12"),
}
TOWN = shapes(["d"], [square(0, 0, 10_000)], key="district_id", name=["Town"])


def reasons(ledger: Ledger) -> list[str]:
    return [str(reason) for reason in ledger.frame()["reason"]]


def degrees(shape: Any) -> tuple[float, float, float, float]:
    return tuple(gpd.GeoSeries([shape], crs=CRS).to_crs("EPSG:4326").total_bounds)  # type: ignore[return-value]  # four


def test_a_box_that_does_not_hold_the_districts_middle_is_refused() -> None:
    with pytest.raises(
        ContractError,
        match=r"E-BOX.*outside geography.box.*longitude -1\d\d\.\d+.*Set geography.box to hold the whole district: \[",
    ):
        require_box(TOWN, degrees(square(0, 0, 2_000)), Ledger())


def test_a_district_that_reaches_beyond_the_box_is_noted() -> None:
    ledger = Ledger()
    require_box(TOWN, degrees(square(1_000, 1_000, 6_000)), ledger)
    assert len(reasons(ledger)) == 1 and reasons(ledger)[0].startswith("reaches beyond geography.box")
    require_box(TOWN, degrees(square(-1_000, -1_000, 12_000)), ledger)
    assert len(reasons(ledger)) == 1


def test_zones_mostly_outside_a_tiny_district_are_refused_with_their_share() -> None:
    """The outline is a corner of 2 km in a town of 10 km: 96% lies outside."""
    corner = shapes(["d"], [square(0, 0, 2_000)], key="district_id")
    layer = shapes(["a", "b"], [square(0, 0, 5_000, 10_000), square(5_000, 0, 5_000, 10_000)])
    with pytest.raises(
        ContractError,
        match=r"E-OUTSIDE-DISTRICT.*96.0% of the ground of layer zone elementary 2024.*\(2 times; first: b, 100.0% outside",
    ):
        require_inside({"zone elementary 2024": layer}, corner, Ledger())


def test_zones_of_a_whole_district_over_half_of_its_outline_are_refused() -> None:
    """Six tenths of the town are in the outline: 40% of the zones lie outside, of the neighborhoods too many are noted."""
    part = shapes(["d"], [square(0, 0, 6_000, 10_000)], key="district_id")
    layer = shapes(["a", "b"], [square(0, 0, 5_000, 10_000), square(5_000, 0, 5_000, 10_000)])
    with pytest.raises(ContractError, match=r"40.0% of the ground of layer zone high 2024"):
        require_inside({"zone high 2024": layer}, part, Ledger())
    ledger = Ledger()
    require_inside({"neighborhood": layer}, part, ledger)
    assert reasons(ledger) == ["40.0% of its ground lies outside the district", "80.0% of it lies outside the district"]


def test_a_single_neighborhood_outside_is_noted_by_its_id() -> None:
    ledger = Ledger()
    layer = shapes(["a", "b"], [square(0, 0, 8_000), square(20_000, 0, 1_000)])
    require_inside({"neighborhood": layer}, TOWN, ledger)
    line = ledger.frame().iloc[0]
    assert (line["item"], line["reason"]) == ("b", "100.0% of it lies outside the district")


def zones(level: str, schools: list[str | None], year: int = 2024) -> Any:
    number = len(schools)
    return table(
        "zones",
        level=[level] * number,
        fall_year=[year] * number,
        zone_id=[f"z{n}" for n in range(number)],
        school_id=schools,
        is_approximate=[False] * number,
        geometry=grid(number, 1),
    )


DIRECTORY = pd.DataFrame(
    {
        "school_id": ["k5", "k6", "k8", "k2", "m1", "m2", "unknown"],
        "grade_low": ["KG", "KG", "KG", "KG", "06", "07", None],
        "grade_high": ["05", "06", "08", "02", "08", "12", None],
    }
)


def levels(layer: Any, fall_year: int = 2024) -> list[str]:
    ledger = Ledger()
    require_levels(layer, DIRECTORY, bands=BANDS, fall_year=fall_year, ledger=ledger)
    return reasons(ledger)


def test_middle_zones_in_the_place_of_elementary_zones_are_refused() -> None:
    with pytest.raises(
        ContractError,
        match=r"E-ZONE-LEVEL.*2 of 3 elementary zones of 2024.*first: zone_id=z0: school m1, grades 06 to 08",
    ):
        levels(zones("elementary", ["m1", "m2", "k5", "unknown", None, "elsewhere"]))


def test_elementary_zones_in_the_place_of_middle_zones_are_refused() -> None:
    """A sixth grade alone makes no middle school."""
    with pytest.raises(ContractError, match="3 of 3 middle zones of 2024"):
        levels(zones("middle", ["k5", "k6", "k2"]))


def test_primary_and_whole_schools_are_of_the_level_and_one_other_is_noted() -> None:
    assert levels(zones("elementary", ["k2", "k8", "k6", "k5"])) == []
    assert levels(zones("elementary", ["k2", "k8", "k6", "m1"]))[0].startswith("1 of 4 zones name schools")


def test_zones_of_other_years_than_the_one_in_force_are_noted() -> None:
    assert len(levels(zones("middle", ["k5", "k5"], year=2026))) == 1


def test_half_of_the_block_groups_is_refused_by_the_ground_they_cover() -> None:
    whole = areas(grid(10, 10), [1] * 100, vintage="2014-2018")
    half = areas(grid(5, 10), [1] * 50, vintage="2019-2023")
    with pytest.raises(
        ContractError,
        match=r"E-COVER.*tract 2019-2023 covers 50.0% of the district, another layer 100.0%.*area_geoid=a0",
    ):
        require_cover(pd.concat([whole, half]), TOWN, empty("census_blocks", CRS), Ledger())


def test_areas_added_up_from_blocks_of_a_part_are_noted() -> None:
    ledger = Ledger()
    whole = areas(grid(10, 10), [1] * 100, vintage="2014-2018")
    part = areas(grid(2, 2), [1] * 4, vintage="2020")
    require_cover(pd.concat([whole, part]), TOWN, blocks(grid(2, 2), [1] * 4), ledger)
    assert reasons(ledger) == ["covers 4.0% of the district, another layer 100.0%"]


def test_the_sea_in_the_outline_is_no_fault() -> None:
    ledger = Ledger()
    land = [square(0, 0, 6_000, 10_000)]
    both = [areas(land, [1], vintage=vintage) for vintage in ("2014-2018", "2019-2023")]
    require_cover(pd.concat(both), TOWN, empty("census_blocks", CRS), ledger)
    assert reasons(ledger) == []


def test_without_a_district_nothing_is_said() -> None:
    ledger, nothing = Ledger(), empty("district", CRS)
    require_box(nothing, (0, 0, 1, 1), ledger)
    require_inside({"neighborhood": shapes(["a"], [shapely.box(0, 0, 1, 1)])}, nothing, ledger)
    require_cover(areas(grid(1, 1), [1]), nothing, empty("census_blocks", CRS), ledger)
    assert reasons(ledger) == []
