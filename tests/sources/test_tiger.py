"""TIGER shapes: ids as text, the Bureau's areas, children by block, and refusals."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box

from pipeline.errors import ConfigError, SourceError
from pipeline.sources import Folder
from pipeline.sources.tiger import read_tiger_areas, read_tiger_blocks, read_tiger_district
from tests.sources.agency import entry, folder, held, lines

HEADER = [*(f"P12_{n:03d}N" for n in range(1, 50)), "state", "county", "tract", "block"]


def shapes(
    path: Path, name: str, columns: dict[str, list[object]], crs: str = "EPSG:4269", west: float = -121.5
) -> str:
    """A shapefile of squares side by side, 0.01 degrees wide."""
    count = len(next(iter(columns.values())))
    squares = [box(west + 0.01 * n, 38.5, west + 0.01 * (n + 1), 38.51) for n in range(count)]
    gpd.GeoDataFrame(columns, geometry=squares, crs=crs).to_file(path / f"{name}.shp")
    return f"{name}.shp"


def p12(path: Path, blocks: list[str], children: int) -> str:
    rows = [[*("0" for _ in range(49)), b[:2], b[2:5], b[5:11], b[11:]] for b in blocks]
    for row in rows:
        row[1 - 1], row[3 - 1], row[30 - 1] = str(children + 5), str(children), "1"
    (path / "p12.json").write_text(json.dumps([HEADER, *rows]))
    return "p12.json"


def test_areas_come_with_text_ids_land_and_the_studys_crs(tmp_path: Path) -> None:
    name = shapes(
        tmp_path,
        "tl_2023_06_tract",
        {
            "GEOID": ["06067000100", "06067000200"],
            "NAMELSAD": ["Census Tract 1", ""],
            "ALAND": [1000, 2000],
            "AWATER": [0, 7],
        },
    )
    where = folder(tmp_path)
    frame = read_tiger_areas(
        entry("tiger_areas", "area_shapes", name, vintage="2019-2023", options={"area_level": "tract"}), where
    )
    table = held("area_shapes", frame)
    assert table["area_geoid"].tolist() == ["06067000100", "06067000200"]
    assert table["land_m2"].tolist() == [1000, 2000] and table["water_m2"].tolist() == [0, 7]
    assert table["name"].isna().tolist() == [False, True] and table["vintage"].unique().tolist() == ["2019-2023"]
    assert frame.crs == "EPSG:3310" and frame.area.between(900_000, 1_000_000).all()


def test_ids_of_another_level_are_refused(tmp_path: Path) -> None:
    name = shapes(tmp_path, "bg", {"GEOID": ["060670001001"], "ALAND": [1], "AWATER": [0]})
    with pytest.raises(SourceError, match=r"GEOID must have 11 characters.*060670001001"):
        read_tiger_areas(entry("tiger_areas", "area_shapes", name, options={"area_level": "tract"}), folder(tmp_path))
    with pytest.raises(ConfigError, match="area_level must be block_group or tract"):
        read_tiger_areas(entry("tiger_areas", "area_shapes", name), folder(tmp_path))
    with pytest.raises(SourceError, match=r"no column GEOID10.*GEOID, ALAND"):
        read_tiger_areas(
            entry("tiger_areas", "area_shapes", name, options={"area_level": "block_group", "id_field": "GEOID10"}),
            folder(tmp_path),
        )


@pytest.mark.parametrize(
    ("name", "vintage", "census"),
    [
        ("tl_2023_06_tract", "2014-2018", "2020"),
        ("tl_2018_06_tract", "2019-2023", "2010"),
        ("cb_2019_06_tract_500k", "2020", "2010"),
        ("tl_2020_06067_tract10", "2019-2023", "2010"),
        ("tl_2010_06_tract00", "2008-2012", "2000"),
    ],
)
def test_an_edition_of_another_census_than_its_figures_is_refused(
    tmp_path: Path, name: str, vintage: str, census: str
) -> None:
    file = shapes(tmp_path, name, {"GEOID": ["06067000100"], "ALAND": [1], "AWATER": [0]})
    with pytest.raises(
        SourceError,
        match=rf"E-GEOGRAPHY\] the areas are those of the census of {census}, but figures of {vintage} .*{name}.shp",
    ):
        read_tiger_areas(
            entry("tiger_areas", "area_shapes", file, vintage=vintage, options={"area_level": "tract"}),
            folder(tmp_path),
        )


@pytest.mark.parametrize(
    ("name", "vintage"),
    [
        ("tl_2018_06_tract", "2014-2018"),
        ("tl_2020_06067_tract10", "2012-2016"),
        ("cb_2021_06_tract_500k", "2019-2023"),
        ("tracts", "2014-2018"),
    ],
)
def test_an_edition_of_the_same_census_or_of_none_that_is_told_passes(tmp_path: Path, name: str, vintage: str) -> None:
    file = shapes(tmp_path, name, {"GEOID": ["06067000100"], "ALAND": [1], "AWATER": [0]})
    source = entry("tiger_areas", "area_shapes", file, vintage=vintage, options={"area_level": "tract"})
    assert len(read_tiger_areas(source, folder(tmp_path))) == 1


def test_areas_of_other_counties_are_left_out_and_counted(tmp_path: Path) -> None:
    name = shapes(
        tmp_path,
        "tract",
        {"GEOID": ["06067000100", "06061000100", "06061000200"], "ALAND": [1, 1, 1], "AWATER": [0, 0, 0]},
    )
    where = folder(tmp_path)
    frame = read_tiger_areas(
        entry("tiger_areas", "area_shapes", name, options={"area_level": "tract", "geoid_prefixes": ["06067"]}), where
    )
    assert frame["area_geoid"].tolist() == ["06067000100"]
    assert lines(where, "loss")["total"].tolist() == [2]


BLOCKS = ["060670001001000", "060670001001001", "060670001001002"]


def blocks_file(path: Path, people: list[object]) -> str:
    return shapes(
        path,
        "tl_2023_06_tabblock20",
        {"GEOID20": BLOCKS, "ALAND20": [5, 6, 7], "POP20": people, "HOUSING20": [4, 0, 2]},
    )


def test_children_of_blocks_join_by_number_and_add_up(tmp_path: Path) -> None:
    # P12 knows the first two blocks and one that has no shape: its 4 children have no place
    name = blocks_file(tmp_path, [10, 0, 0])
    children = p12(tmp_path, [BLOCKS[0], BLOCKS[1], "060670001001009"], 3)
    where = folder(tmp_path)
    frame = held(
        "block_shapes",
        read_tiger_blocks(
            entry("tiger_blocks", "block_shapes", name, children, options={"children_file": children}), where
        ),
    )
    assert frame["children_0_17"].tolist()[:2] == [4, 4] and frame["children_0_17"].isna().tolist() == [
        False,
        False,
        True,
    ]
    assert frame["population"].tolist() == [10, 0, 0] and frame["homes"].tolist() == [4, 0, 2]
    balance = lines(where, "balance").iloc[0]
    assert (balance["total"], balance["inside"], balance["unlocated"]) == (12, 8, 4)


def test_children_of_another_county_are_refused(tmp_path: Path) -> None:
    name = blocks_file(tmp_path, [10, 0, 5])
    children = p12(tmp_path, ["060610001001000", "060610001001001"], 3)
    with pytest.raises(
        SourceError, match=r"E-UNMATCHED-BLOCKS.*only 0 of 2 blocks.*060670001001000 is not.*geoid_prefixes"
    ):
        read_tiger_blocks(
            entry("tiger_blocks", "block_shapes", name, children, options={"children_file": children}), folder(tmp_path)
        )


def test_blocks_without_a_children_file_have_no_known_children(tmp_path: Path) -> None:
    frame = read_tiger_blocks(entry("tiger_blocks", "block_shapes", blocks_file(tmp_path, [1, 2, 3])), folder(tmp_path))
    assert frame["children_0_17"].isna().all()


def test_negative_people_and_doubled_blocks_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"POP20 must not be negative.*row 2"):
        read_tiger_blocks(entry("tiger_blocks", "block_shapes", blocks_file(tmp_path, [1, -9, 3])), folder(tmp_path))
    children = p12(tmp_path, [BLOCKS[0], BLOCKS[0]], 3)
    with pytest.raises(SourceError, match="block stands twice"):
        read_tiger_blocks(
            entry(
                "tiger_blocks",
                "block_shapes",
                blocks_file(tmp_path, [1, 1, 3]),
                children,
                options={"children_file": children},
            ),
            folder(tmp_path),
        )


def test_an_error_answer_of_the_data_api_is_refused(tmp_path: Path) -> None:
    (tmp_path / "p12.json").write_text('{"error": "missing key"}')
    with pytest.raises(SourceError, match="not an array of rows"):
        read_tiger_blocks(
            entry(
                "tiger_blocks",
                "block_shapes",
                blocks_file(tmp_path, [1, 1, 3]),
                "p12.json",
                options={"children_file": "p12.json"},
            ),
            folder(tmp_path),
        )
    (tmp_path / "p12.json").write_text(json.dumps([["P12_001N", "state"], ["1", "06"]]))
    with pytest.raises(SourceError, match=r"lacks P12_003N.*county, tract, block"):
        read_tiger_blocks(
            entry(
                "tiger_blocks",
                "block_shapes",
                blocks_file(tmp_path, [1, 1, 3]),
                "p12.json",
                options={"children_file": "p12.json"},
            ),
            folder(tmp_path),
        )


def test_one_district_of_the_states_file_is_taken(tmp_path: Path) -> None:
    name = shapes(
        tmp_path,
        "tl_2023_06_unsd",
        {"GEOID": ["0633840", "0639210"], "NAME": ["Sacramento City Unified", "Twin Rivers"]},
    )
    options = {"district": "0633840", "district_id": "3467439"}
    frame = held(
        "district_shapes",
        read_tiger_district(entry("tiger_district", "district_shapes", name, options=options), folder(tmp_path)),
    )
    assert frame[["district_id", "name"]].to_numpy().tolist() == [["3467439", "Sacramento City Unified"]]
    with pytest.raises(SourceError, match=r"no district '0699999'.*0633840"):
        read_tiger_district(
            entry("tiger_district", "district_shapes", name, options={"district": "0699999"}), folder(tmp_path)
        )


def test_real_tracts_of_sacramento_county(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("ca-tracts/ca_tracts_2010_pop.gpkg")
    where = Folder(path.parent, "EPSG:3310", (-121.87, 38.01, -121.02, 38.74), folder(path).ledger)
    frame = held(
        "area_shapes",
        read_tiger_areas(
            entry(
                "tiger_areas",
                "area_shapes",
                path.name,
                vintage="2014-2018",
                options={"area_level": "tract", "geoid_prefixes": ["06067"]},
            ),
            where,
        ),
    )
    assert len(frame) == 317 and frame["land_m2"].sum() == pytest.approx(2.499e9, rel=0.001)
