"""WorldPop rasters: cells as boxes, ages summed over sexes, and hostile rasters."""

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
) -> str:
    data = np.array(values, dtype="float32")
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
        dtype="float32",
        crs=crs,
        transform=transform,
        nodata=nodata,
    ) as out:
        out.write(data, 1)
    return name


def read(path: Path, *names: str, **options: object):  # type: ignore[no-untyped-def]  # frame and folder
    where = folder(path)
    return read_worldpop(entry("worldpop", "cell_counts", *names, vintage="2020", options=options), where), where


def test_only_cells_with_people_become_boxes_of_their_size(tmp_path: Path) -> None:
    # . 3      the first cell has no data, the last is zero
    # 5 0
    name = raster(tmp_path, "usa_ppp_2020.tif", [[-99999, 3], [5, 0]])
    frame, _ = read(tmp_path, name)
    table = held("cell_counts", frame)
    assert dict(zip(table["cell_id"], table["population"], strict=True)) == {"0 1": 3, "1 0": 5}
    assert table["children_0_4"].isna().all()
    west, _, _, north = frame[frame["cell_id"] == "0 1"].to_crs("EPSG:4326").total_bounds
    assert (west, north) == (pytest.approx(-121.5 + STEP), pytest.approx(38.6))
    west, _, _, north = frame[frame["cell_id"] == "1 0"].to_crs("EPSG:4326").total_bounds
    assert (west, north) == (pytest.approx(-121.5), pytest.approx(38.6 - STEP))
    assert frame.area.between(6_500, 7_000).all()


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
    assert frame["cell_id"].iloc[0] == "0 240" and len(frame) == 360


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
    ],
)
def test_rasters_that_cannot_be_trusted_are_refused(tmp_path: Path, kind: dict, told: str) -> None:  # type: ignore[type-arg]  # keywords of raster()
    values = kind.pop("values")
    name = raster(tmp_path, "bad_ppp_2020.tif", values, **kind)
    with pytest.raises(SourceError, match=told) as refused:
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


def test_real_raster_of_new_york_holds_what_its_publisher_says(shared_data: Callable[[str], Path]) -> None:
    path = shared_data("nyc-worldpop-tracts/NYC_ppp_2020_constrained.tif")
    where = Folder(path.parent, "EPSG:5070", (-74.26, 40.49, -73.70, 40.92), folder(path).ledger)
    frame = read_worldpop(entry("worldpop", "cell_counts", path.name, vintage="2020"), where)
    assert frame["population"].sum() == pytest.approx(10_990_407, abs=1) and frame["cell_id"].is_unique
