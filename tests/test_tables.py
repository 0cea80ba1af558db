"""The contract check: all faults of a frame in one message; nothing passes that breaks it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from shapely import Point, Polygon, box

from pipeline.errors import ContractError
from pipeline.tables import BY_TABLE, TABLES, check, empty

CRS = "EPSG:3310"


def births(**change: object) -> pd.DataFrame:
    return pd.DataFrame({"year": [2020, 2021], "area_id": ["b", "a"], "births": [3.0, 4.0]}).assign(**change)


def zones(**change: object) -> gpd.GeoDataFrame:
    frame = gpd.GeoDataFrame(
        {
            "level": ["elementary"] * 2,
            "fall_year": [2024] * 2,
            "zone_id": ["1", "2"],
            "name": ["A", None],
            "school_id": [None, "7"],
            "is_approximate": [False, False],
        },
        geometry=[box(0, 0, 1, 1), box(1, 0, 2, 1)],
        crs=CRS,
    )
    return frame.assign(**change)


def test_a_good_frame_comes_back_sorted_and_typed() -> None:
    checked = check(BY_TABLE["births"], births(year=[2021, 2020]))
    assert checked["year"].tolist() == [2020, 2021]
    assert checked.dtypes.map(str).tolist() == ["int64", "str", "float64"]


def test_every_fault_of_a_frame_stands_in_one_message() -> None:
    bad = pd.DataFrame(
        {
            "site_id": ["1", "1", None],
            "room_type": ["classroom", "ballroom", "other"],
            "is_portable": [True, False, False],
            "rooms": [-1.0, np.inf, 2.0],
        }
    )
    with pytest.raises(ContractError) as refusal:
        check(BY_TABLE["rooms"], bad)
    message = str(refusal.value)
    for code in ("E-NULL", "E-CATEGORY", "E-NEGATIVE", "E-INFINITE"):
        assert code in message
    assert "room_type must be one of classroom" in message and "'ballroom'" in message


@pytest.mark.parametrize(
    ("change", "code", "words"),
    [
        ({"births": [3.0, -666666666.0]}, "E-NEGATIVE", "births must not be negative"),
        ({"births": [3.0, None]}, "E-NULL", "births must not be empty"),
        ({"births": [3.0, np.inf]}, "E-INFINITE", "births must be finite"),
        ({"area_id": [6067, 6068]}, "E-NOT-TEXT", "area_id must be text"),
        ({"year": ["2020-21", "2021-22"]}, "E-NOT-NUMBER", "year must be int64"),
        ({"year": [2020, 2020], "area_id": ["a", "a"]}, "E-KEY-DUP", "rows share the key (year, area_id)"),
        ({"district": ["x", "y"]}, "E-COLUMNS", "column is not in the contract: district"),
    ],
)
def test_each_fault_names_column_row_and_remedy(change: dict[str, object], code: str, words: str) -> None:
    with pytest.raises(ContractError) as refusal:
        check(BY_TABLE["births"], births(**change))
    message = str(refusal.value)
    assert code in message and words in message and "first:" in message


def test_a_name_too_long_for_any_page_is_refused_by_its_row() -> None:
    table = BY_TABLE["project_facts"]
    frame = pd.DataFrame({"project_id": ["a", "b"], "name": ["Ash", "x" * 201], "home_type": "single_family", "planned_homes": 3.0, "first_year": 2024, "last_year": 2025})  # fmt: skip
    with pytest.raises(ContractError, match=r"E-TEXT-LONG.*at most 200 letters.*project_id=b"):
        check(table, frame)
    assert len(check(table, frame.assign(name=["Ash", "x" * 200]))) == 2


def test_an_id_of_an_input_that_holds_what_stands_between_ids_is_refused_and_one_with_blanks_is_not() -> None:
    frame = pd.DataFrame({"school_id": ["a", "b; c"], "site_id": ["1", "Oak; Elm"]})
    with pytest.raises(ContractError, match=r"(?s)E-ID-APART.*school_id.*'b; c'.*E-ID-APART.*site_id.*'Oak; Elm'"):
        check(BY_TABLE["site_schools"], frame)
    assert len(check(BY_TABLE["site_schools"], frame.replace("; ", " ", regex=True))) == 2


def test_numbers_are_written_plainly() -> None:
    with pytest.raises(ContractError, match=r"first: row 2, year=2021, area_id=a: -7\)\. .* or a typo"):
        check(BY_TABLE["births"], births(births=[3.0, -7.0]))
    crowded = pd.DataFrame({"year": [2020, 2020], "area_id": ["a", "a"], "births": [1.5, -2.25]})
    with pytest.raises(ContractError, match=r"area_id=a: -2\.25\)"):
        check(BY_TABLE["births"], crowded)


def test_a_missing_column_is_named() -> None:
    with pytest.raises(ContractError, match="column is missing: births"):
        check(BY_TABLE["births"], births().drop(columns="births"))


def test_shapes_need_the_equal_area_crs() -> None:
    with pytest.raises(ContractError, match="E-CRS"):
        check(BY_TABLE["zones"], zones().to_crs(4326))
    with pytest.raises(ContractError, match="E-CRS"):
        check(BY_TABLE["zones"], zones().set_crs(None, allow_override=True))


@pytest.mark.parametrize(
    ("shape", "code"),
    [
        (Polygon([(0, 0), (1, 1), (1, 0), (0, 1)]), "E-GEOM-INVALID"),
        (None, "E-GEOM-EMPTY"),
        (Polygon(), "E-GEOM-EMPTY"),
        (Point(0, 0), "E-GEOM-TYPE"),
    ],
)
def test_shapes_are_valid_present_and_of_the_right_kind(shape: object, code: str) -> None:
    bad = zones()
    bad.loc[1, "geometry"] = shape
    with pytest.raises(ContractError, match=f"{code}.*zone_id=2"):
        check(BY_TABLE["zones"], bad)


def test_percent_in_a_share_is_refused() -> None:
    frame = pd.DataFrame(
        {
            "source_layer": ["a"],
            "source_id": ["1"],
            "target_layer": ["b"],
            "target_id": ["2"],
            "carrier": ["children"],
            "weight": [45.6],
            "method": ["area"],
        }
    )
    with pytest.raises(ContractError, match="Percent must be divided by 100"):
        check(BY_TABLE["crosswalk"], frame)


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.name)
def test_an_empty_table_meets_its_own_contract(table: object) -> None:
    frame = empty(table.name, CRS)  # type: ignore[attr-defined]
    assert check(table, frame).empty  # type: ignore[arg-type]
