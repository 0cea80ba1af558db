"""WorldPop rasters: cells by row and column, ages summed over sexes, and hostile rasters."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import rasterio
from rasterio.transform import from_origin

from pipeline.errors import ConfigError, SourceError
from pipeline.sources import Folder
from pipeline.sources.worldpop import read_worldpop
from tests.sources.agency import entry, folder, held, lines

STEP = 1 / 1200


def raster(
    path: Path,
    name: str,
    values: list[list[float]],
    *,
    nodata: float | None = -99999.0,
    crs: str | None = "EPSG:4326",
    west: float = -121.5,
    turned: bool = False,
    dtype: str = "float32",
    unit: str | None = None,
    scale: float = 1.0,
    **profile: object,
) -> str:
    data = np.array(values).astype(dtype)
    transform = (
        from_origin(west, 38.6, STEP, STEP)
        if not turned
        else rasterio.Affine(STEP, STEP / 9, west, STEP / 9, -STEP, 38.6)
    )
    with rasterio.open(
        path / name,
        "w",
        driver="GTiff",
        height=data.shape[0],
        width=data.shape[1],
        count=1,
        dtype=dtype,
        crs=crs,
        transform=transform,
        nodata=nodata,
        **profile,
    ) as out:
        out.write(data, 1)
        if unit:
            out.set_band_unit(1, unit)
        if scale != 1:
            out.scales = [scale]
    return name


def read(path: Path, *names: str, **options: object):  # type: ignore[no-untyped-def]  # frame and folder
    where = folder(path)
    return read_worldpop(entry("worldpop", "cell_counts", *names, vintage="2020", options=options), where), where


def test_cells_with_data_are_told_by_row_and_column_on_the_whole_grid(tmp_path: Path) -> None:
    # . 3      the first cell has no data, the last holds nobody
    # 5 0
    name = raster(tmp_path, "usa_ppp_2020.tif", [[-99999, 3], [5, 0]])
    frame, _ = read(tmp_path, name)
    cells = held("cell_counts", frame)
    assert cells[["cell_row", "cell_column", "population"]].values.tolist() == [[0, 1, 3], [1, 0, 5], [1, 1, 0]]
    assert cells["children_0_4"].isna().all() and "geometry" not in cells.columns
    grid = cells[["grid_west", "grid_north", "grid_rows", "grid_columns", "grid_crs"]].drop_duplicates()
    assert grid.values.tolist() == [[-121.5, 38.6, 2, 2, "EPSG:4326"]]
    assert cells[["cell_width", "cell_height"]].iloc[0].tolist() == pytest.approx([STEP, STEP], rel=1e-12)


def test_girls_boys_and_infants_are_added_on_one_grid(tmp_path: Path) -> None:
    names = [
        raster(tmp_path, f"usa_{sex}_{age}_2020.tif", [[value]])
        for value, (sex, age) in enumerate(
            [("f", 0), ("m", 0), ("f", 1), ("m", 1), ("f", 5), ("m", 5), ("f", 15)], start=1
        )
    ]
    frame, where = read(tmp_path, *names)
    assert frame[["children_0_4", "children_5_9"]].to_numpy().tolist() == [[10, 11]]
    assert frame["children_10_14"].isna().all()
    assert "this band of ages is not used" in set(lines(where, "note")["reason"])


def test_a_cell_one_sex_lacks_is_empty_not_half(tmp_path: Path) -> None:
    people = raster(tmp_path, "x_ppp_2020.tif", [[9, 9]])
    girls, boys = raster(tmp_path, "x_f_5_2020.tif", [[1, 2]]), raster(tmp_path, "x_m_5_2020.tif", [[-99999, 2]])
    frame, _ = read(tmp_path, people, girls, boys)
    assert frame["children_5_9"].isna().tolist() == [True, False] and frame["children_5_9"].iloc[1] == 4


def test_more_children_than_people_are_refused(tmp_path: Path) -> None:
    # the raster of all people has been saved under the name of the girls of 5 to 9
    people = raster(tmp_path, "x_ppp_2020.tif", [[9, 9]])
    girls, boys = raster(tmp_path, "x_f_5_2020.tif", [[9, 9]]), raster(tmp_path, "x_m_5_2020.tif", [[1, 1]])
    with pytest.raises(SourceError, match=r"E-CHILDREN-EXCEED.*20 children but 18 people.*children_5_9: 20"):
        read(tmp_path, people, girls, boys)


def test_cells_outside_the_box_are_not_read(tmp_path: Path) -> None:
    name = raster(tmp_path, "wide_ppp_2020.tif", [[1.0] * 600], west=-121.8)
    frame, _ = read(tmp_path, name)
    # the study's box starts at 121.6 W, 240 cells from the raster's corner
    assert frame["cell_column"].tolist() == list(range(240, 600)) and set(frame["cell_row"]) == {0}
    assert (frame["grid_west"].iloc[0], frame["grid_columns"].iloc[0]) == (-121.8, 600)


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        ({"values": [[-99999, 3]], "nodata": None}, "a cell is negative"),
        ({"values": [[-0.5, 3]]}, "a cell is negative"),
        ({"values": [[3.4e38, 3]], "nodata": None}, "more than a million people"),
        ({"values": [[1, 3]], "crs": None}, "EPSG:4326"),
        ({"values": [[1, 3]], "crs": "EPSG:4269"}, "EPSG:4326"),
        ({"values": [[1, 3]], "turned": True}, "not turned"),
        ({"values": [[1, 3]], "west": 10.0}, "does not touch the study's box"),
        ({"values": [[1, np.nan]]}, r"E-NOT-A-NUMBER.*row 0, column 1: nan"),
        ({"values": [[1, np.inf]]}, "more than a million people"),
        ({"values": [[9999, 3]]}, r"E-SENTINEL.*stands for no data elsewhere.*row 0, column 0: 9999"),
        ({"values": [[65535, 3]], "dtype": "uint16", "nodata": None}, "stands for no data elsewhere"),
        ({"values": [[255, 3]], "dtype": "uint8", "nodata": None}, "stands for no data elsewhere"),
        ({"values": [[1, 3]], "unit": "people/km2"}, r"E-DENSITY.*people/km2.*\(ppp\)"),
        ({"values": [[1, 3]], "scale": 0.1}, r"E-SCALED.*scale 0\.1"),
    ],
)
def test_rasters_that_cannot_be_trusted_are_refused(tmp_path: Path, kind: dict, told: str) -> None:  # type: ignore[type-arg]  # keywords of raster()
    values = kind.pop("values")
    name = raster(tmp_path, "bad_ppp_2020.tif", values, **kind)
    with pytest.raises(SourceError, match=f"(?s){told}") as refused:
        read(tmp_path, name)
    assert "bad_ppp_2020.tif (source tried)" in str(refused.value)


def test_other_grids_names_and_files_are_refused(tmp_path: Path) -> None:
    first, second = (
        raster(tmp_path, "x_f_0_2020.tif", [[1, 2]]),
        raster(tmp_path, "x_m_0_2020.tif", [[1, 2]], west=-121.499),
    )
    with pytest.raises(SourceError, match="another grid"):
        read(tmp_path, first, second)
    with pytest.raises(ConfigError, match=r"say in the option columns what people\.tif holds"):
        read(tmp_path, raster(tmp_path, "people.tif", [[1]]))
    assert read(tmp_path, "people.tif", columns={"people.tif": "population"})[0]["population"].tolist() == [1]
    (tmp_path / "page_ppp_2020.tif").write_text("<!DOCTYPE html>")
    with pytest.raises(SourceError, match="no GeoTIFF"):
        read(tmp_path, "page_ppp_2020.tif")


def test_R02_a_nodata_value_of_zero_is_said(tmp_path: Path) -> None:
    frame, where = read(tmp_path, raster(tmp_path, "x_ppp_2020.tif", [[0, 7]], nodata=0.0))
    assert frame["population"].tolist() == [7]
    assert lines(where, "note")["reason"].str.contains("0 as its nodata value").any()


def test_R05_a_box_the_raster_covers_only_in_part_is_said(tmp_path: Path) -> None:
    """The box is 360 cells wide and high; both rasters lack its first 120 rows, one its last 60 columns too."""
    wide = raster(tmp_path, "wide_ppp_2020.tif", np.ones((480, 480)).tolist(), west=-121.7)
    part = raster(tmp_path, "part_ppp_2020.tif", np.ones((480, 300)).tolist(), west=-121.6)
    told = [lines(read(tmp_path, name)[1], "note")["reason"].tolist() for name in (wide, part)]
    assert [[note for note in notes if "study's box" in note and "lies under" in note] for notes in told] == [
        ["the raster lies under 67% of the study's box"],
        ["the raster lies under 56% of the study's box"],
    ]


def test_R08_a_raster_of_densities_is_refused_by_its_name(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"usa_pd_2020_1km\.tif is a raster of density.*ppp"):
        read(tmp_path, raster(tmp_path, "usa_pd_2020_1km.tif", [[5]]))


def test_R10_a_damaged_raster_is_refused_with_the_reason(tmp_path: Path) -> None:
    """A bit is flipped in the packed cells: GDAL's own sentence is told, not "see previous exception"."""
    values = np.random.default_rng(1).random((200, 200)).tolist()
    name = raster(tmp_path, "x_ppp_2020.tif", values, compress="deflate")
    packed = bytearray((tmp_path / name).read_bytes())
    packed[len(packed) // 2] ^= 0x10
    (tmp_path / name).write_bytes(packed)
    with pytest.raises(SourceError) as refused:
        read(tmp_path, name)
    assert "previous exception" not in str(refused.value)


def test_R11_a_small_file_of_one_enormous_block_is_refused_unread(tmp_path: Path) -> None:
    """A megabyte of packed zeros that would unpack to 400 MB, though two rows of it are wanted."""
    path = tmp_path / "x_ppp_2020.tif"
    profile = {"driver": "GTiff", "count": 1, "dtype": "float32", "crs": "EPSG:4326", "compress": "deflate"}
    with rasterio.open(
        path, "w", width=10_000, height=10_000, blockysize=10_000, transform=from_origin(-121.6, 38.7, 1e-5, 1e-5),
        sparse_ok=True, **profile,
    ):  # fmt: skip
        pass
    with pytest.raises(SourceError, match=r"(?s)E-SIZE.*a block of the raster unpacks.*400,000,000 bytes"):
        read(tmp_path, path.name)


def test_real_raster_of_new_york_holds_what_its_publisher_says(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("nyc-worldpop-tracts/NYC_ppp_2020_constrained.tif")
    where = Folder(path.parent, "EPSG:5070", (-74.26, 40.49, -73.70, 40.92), folder(path).ledger)
    frame = read_worldpop(entry("worldpop", "cell_counts", path.name, vintage="2020"), where)
    assert frame["population"].sum() == pytest.approx(10_990_407, abs=1)
    assert not frame.duplicated(["cell_row", "cell_column"]).any()
