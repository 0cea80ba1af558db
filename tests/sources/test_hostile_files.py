"""Damaged, mislabelled and hostile files: none is read by half, none is followed (hazards F01-F15, S02-S17, R01-R11)."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import shutil
import stat
import zipfile
from pathlib import Path

import geopandas as gpd
import numpy as np
import openpyxl
import pandas as pd
import pytest
import rasterio
import shapely
from pydantic import ValidationError
from rasterio.transform import from_origin

from pipeline.errors import ConfigError, MissingInput, PipelineError, SourceError
from pipeline.origins import RawFile
from pipeline.sources import archives
from pipeline.sources.archives import unpack
from pipeline.sources.files import read_parquet_rows, read_rows, read_shapes_file
from pipeline.sources.registry import find, gather
from tests.sources.bad_files import (
    BOX,
    CRS,
    entry,
    feature,
    folder,
    geojson,
    lines,
    polygon,
    read_births,
    read_zones,
    square,
)

ZONES = gpd.GeoDataFrame(
    {"id": [f"Z{i}" for i in range(50)]},
    geometry=[shapely.Polygon(square(-122.2 + i / 1000, size=0.001)) for i in range(50)],
    crs="EPSG:4269",
)
SIDES = ("zones.shx", "zones.dbf", "zones.prj")
HEAD = "tract,year,births\n"


@pytest.fixture
def shapefile(tmp_path: Path) -> Path:
    ZONES.to_file(tmp_path / "zones.shp")
    return tmp_path / "zones.shp"


# shapefiles


@pytest.mark.parametrize("part", ["shx", "dbf"], ids=["F01_shx", "F02_dbf"])
def test_F01_F02_shapefile_without_a_part_is_refused_by_name(shapefile: Path, part: str) -> None:
    shapefile.with_suffix(f".{part}").unlink()
    with pytest.raises(SourceError, match=rf"(?s)zones\.shp.*E-SIDECAR.*lacks \.{part}.*\.shp, \.shx, \.dbf and \.prj"):
        read_zones(folder(shapefile.parent), "zones.shp")


def test_F01_part_listed_by_the_study_that_is_absent_is_named(shapefile: Path) -> None:
    shapefile.with_suffix(".shx").unlink()
    with pytest.raises(MissingInput, match=r"zones\.shx is not there.*fetch"):
        read_zones(folder(shapefile.parent), "zones.shp", files=SIDES)


@pytest.mark.parametrize("part", ["shp", "shx", "dbf"])
def test_F03_truncated_part_of_a_shapefile_is_refused_with_its_length(shapefile: Path, part: str) -> None:
    file = shapefile.with_suffix(f".{part}")
    file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
    with pytest.raises(SourceError, match=rf"(?s)zones\.shp.*E-SHP-LENGTH.*\.{part} is cut short"):
        read_zones(folder(shapefile.parent), "zones.shp")


def test_F04_attributes_of_another_export_are_refused_by_their_count(shapefile: Path) -> None:
    other = shapefile.parent / "other"
    other.mkdir()
    ZONES.iloc[:49].to_file(other / "zones.shp")
    shutil.copy(other / "zones.dbf", shapefile.with_suffix(".dbf"))
    with pytest.raises(SourceError, match=r"(?s)E-SHP-RECORDS.*50 shapes \(\.shx\), 49 rows \(\.dbf\).*together"):
        read_zones(folder(shapefile.parent), "zones.shp")


# archives


def test_F05_truncated_zip_is_refused(shapefile: Path) -> None:
    packed = _zip(shapefile.parent)
    packed.write_bytes(packed.read_bytes()[:-200])
    with pytest.raises(SourceError, match=r"(?s)zones\.zip.*E-ZIP-BROKEN.*truncated"):
        read_zones(folder(shapefile.parent), "zones.zip")


def test_F05_flipped_bit_in_a_zip_is_refused_with_the_member(shapefile: Path) -> None:
    packed = _zip(shapefile.parent, zipfile.ZIP_STORED)
    content = bytearray(packed.read_bytes())
    at = content.index(shapefile.read_bytes()[200:260])
    content[at + 10] ^= 1
    packed.write_bytes(content)
    with pytest.raises(SourceError, match=r"(?s)zones\.zip.*E-ZIP-CRC.*zones\.shp"):
        read_zones(folder(shapefile.parent), "zones.zip")


def test_F05_zip_with_two_shapefiles_is_refused_with_both_named(shapefile: Path) -> None:
    ZONES.iloc[:3].to_file(shapefile.parent / "older.shp")
    _zip(shapefile.parent)
    with pytest.raises(SourceError, match=r"(?s)E-LAYER.*older\.shp, zones\.shp.*`layer`"):
        read_zones(folder(shapefile.parent), "zones.zip")
    assert len(read_zones(folder(shapefile.parent), "zones.zip", options={"layer": "older"})) == 3


@pytest.mark.parametrize("name", ["../evil.shp", "/tmp/evil.shp", "a/../../evil.shp", "C:evil.shp", "..\\evil.shp"])
def test_S04_member_that_leaves_its_folder_is_refused_and_not_written(tmp_path: Path, name: str) -> None:
    with zipfile.ZipFile(tmp_path / "zones.zip", "w") as archive:
        archive.writestr(name, b"x")
    with pytest.raises(SourceError, match=r"(?s)zones\.zip.*E-ZIP-PATH.*evil"):
        unpack(tmp_path / "zones.zip", tmp_path / "out", "zones.zip")
    assert not (tmp_path / "out").exists()
    assert not (tmp_path / "evil.shp").exists()


def test_S04_link_in_an_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "zones.zip", "w") as archive:
        link = zipfile.ZipInfo("zones.shp")
        link.external_attr = (stat.S_IFLNK | 0o777) << 16
        archive.writestr(link, "/etc/hostname")
    with pytest.raises(SourceError, match=r"(?s)E-ZIP-LINK.*zones\.shp"):
        unpack(tmp_path / "zones.zip", tmp_path / "out", "zones.zip")


def test_S04_archive_in_an_archive_is_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "zones.zip", "w") as archive:
        archive.writestr("inner.zip", b"PK")
    with pytest.raises(SourceError, match=r"(?s)E-ZIP-NESTED.*inner\.zip"):
        unpack(tmp_path / "zones.zip", tmp_path / "out", "zones.zip")


def test_S04_names_that_differ_by_case_only_are_refused(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "zones.zip", "w") as archive:
        archive.writestr("zones.shp", b"a")
        archive.writestr("Zones.shp", b"b")
    with pytest.raises(SourceError, match=r"(?s)E-ZIP-DOUBLE"):
        unpack(tmp_path / "zones.zip", tmp_path / "out", "zones.zip")


def test_S05_zip_bomb_is_refused_before_it_is_unpacked(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "zones.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zones.geojson", b"0" * 20_000_000)
    with pytest.raises(SourceError, match=r"(?s)E-ZIP-BOMB.*zones\.geojson: .* to 20,000,000 bytes"):
        unpack(tmp_path / "zones.zip", tmp_path / "out", "zones.zip")


def test_S05_archive_of_too_many_members_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(archives, "MEMBERS", 3)
    with zipfile.ZipFile(tmp_path / "zones.zip", "w") as archive:
        for i in range(4):
            archive.writestr(f"{i}.txt", b"x")
    with pytest.raises(SourceError, match=r"E-ZIP-BOMB.*more than 3 members"):
        unpack(tmp_path / "zones.zip", tmp_path / "out", "zones.zip")


def test_S05_workbook_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    openpyxl.Workbook().save(tmp_path / "births.xlsx")
    with zipfile.ZipFile(tmp_path / "births.xlsx", "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/large.bin", b"0" * 20_000_000)
    with pytest.raises(SourceError, match=r"(?s)births\.xlsx.*E-ZIP-BOMB"):
        read_births(folder(tmp_path), (tmp_path / "births.xlsx").read_bytes(), "births.xlsx")


# GeoPackage, GeoParquet, GeoJSON


def test_F06_truncated_geopackage_is_refused(tmp_path: Path) -> None:
    ZONES.to_file(tmp_path / "zones.gpkg")
    content = (tmp_path / "zones.gpkg").read_bytes()
    (tmp_path / "zones.gpkg").write_bytes(content[: len(content) // 2])
    with pytest.raises(SourceError, match=r"(?s)zones\.gpkg.*E-GPKG.*damaged"):
        read_zones(folder(tmp_path), "zones.gpkg")


def test_F06_layer_is_never_picked_silently(tmp_path: Path) -> None:
    for layer in ("2024", "2025"):
        ZONES.to_file(tmp_path / "zones.gpkg", layer=layer)
    with pytest.raises(SourceError, match=r"(?s)E-LAYER.*2 layers.*2024, 2025.*`layer`"):
        read_zones(folder(tmp_path), "zones.gpkg")
    with pytest.raises(SourceError, match=r"(?s)E-LAYER.*no layer '2026'.*2024, 2025"):
        read_zones(folder(tmp_path), "zones.gpkg", options={"layer": "2026"})
    assert len(read_zones(folder(tmp_path), "zones.gpkg", options={"layer": "2025"})) == 50


def test_F06_truncated_geojson_is_refused(tmp_path: Path) -> None:
    path = geojson(tmp_path / "zones.geojson", feature(polygon(square()), id="a"), feature(polygon(square()), id="b"))
    path.write_bytes(path.read_bytes()[:-120])
    with pytest.raises(SourceError, match=r"(?s)zones\.geojson.*E-JSON.*cut short"):
        read_zones(folder(tmp_path))


def test_F07_flipped_byte_in_a_geoparquet_with_checksums_is_refused(tmp_path: Path) -> None:
    ZONES.to_parquet(tmp_path / "zones.parquet", write_page_checksum=True, compression=None)
    content = bytearray((tmp_path / "zones.parquet").read_bytes())
    content[content.index(b"Z17")] ^= 4
    (tmp_path / "zones.parquet").write_bytes(content)
    with pytest.raises(SourceError, match=r"(?s)zones\.parquet.*E-PARQUET.*damaged"):
        read_zones(folder(tmp_path), "zones.parquet")


def test_F07_truncated_parquet_table_is_refused(tmp_path: Path) -> None:
    ZONES.drop(columns="geometry").to_parquet(tmp_path / "t.parquet")
    content = (tmp_path / "t.parquet").read_bytes()
    (tmp_path / "t.parquet").write_bytes(content[:-50])
    with pytest.raises(SourceError, match=r"(?s)t\.parquet.*E-PARQUET"):
        read_parquet_rows(tmp_path / "t.parquet", ["id"])


def test_F07_column_absent_from_a_parquet_is_refused_with_those_that_are(tmp_path: Path) -> None:
    ZONES.drop(columns="geometry").to_parquet(tmp_path / "t.parquet")
    with pytest.raises(SourceError, match=r"(?s)E-COLUMNS.*no column zone.*it has id"):
        read_parquet_rows(tmp_path / "t.parquet", ["zone"])


def test_F08_ids_that_are_numbers_here_and_text_there_are_refused(tmp_path: Path) -> None:
    geojson(
        tmp_path / "zones.geojson", feature(polygon(square()), id="0601"), feature(polygon(square(-122.15)), id=601)
    )
    with pytest.raises(SourceError, match=r"(?s)E-ID-MIXED.*row 2 is a number, row 1 is text.*`pad`"):
        read_zones(folder(tmp_path))
    assert read_zones(folder(tmp_path), options={"pad": {"zone_id": 4}})["zone_id"].tolist() == ["0601", "0601"]


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("births.xls", b"<html><table></table></html>", "web page"),
        ("births.xls", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "old .xls"),
        ("births.xlsx", b"tract,year,births\n", "not a workbook"),
        ("births.csv", b"PK\x03\x04\x14\x00", "zip archive or workbook"),
        ("births.csv", b"PAR1\x00\x00", "Parquet"),
        ("births.dbf", b"\x03\x00\x00\x00", "no file with rows"),
        ("births.sav", b"$FL2", "cannot be read from .sav"),
    ],
    ids=["html_as_xls", "xls", "csv_as_xlsx", "xlsx_as_csv", "parquet_as_csv", "dbf", "spss"],
)
def test_F12_file_that_is_not_what_its_name_says_is_refused_and_named(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    with pytest.raises(PipelineError) as caught:
        read_births(folder(tmp_path), content, name)
    assert says in str(caught.value)


@pytest.mark.parametrize("suffix", ["geojson", "gpkg", "shp", "parquet", "zip"])
def test_F12_shapes_that_are_not_what_their_name_says_are_refused(tmp_path: Path, suffix: str) -> None:
    (tmp_path / f"zones.{suffix}").write_bytes(b"id,name\n1,Oak\n" * 20)
    with pytest.raises(SourceError, match=rf"zones\.{suffix}"):
        read_zones(folder(tmp_path), f"zones.{suffix}")


def test_F13_attribute_named_fid_is_an_attribute(tmp_path: Path) -> None:
    geojson(
        tmp_path / "zones.geojson",
        feature(polygon(square()), id="a", fid="x"),
        feature(polygon(square(-122.15)), id="b", fid="x"),
    )
    assert read_zones(folder(tmp_path), columns={"zone_id": "id", "name": "fid"})["name"].tolist() == ["x", "x"]


def test_F12_empty_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)births\.csv.*E-EMPTY"):
        read_births(folder(tmp_path), "")


# pinned hashes and files that are not there


def test_R10_S14_file_that_differs_from_its_pinned_hash_is_refused_with_both(tmp_path: Path) -> None:
    (tmp_path / "births.csv").write_text(HEAD + "06999000100,2020,3\n", encoding="utf-8")
    true = hashlib.sha256((tmp_path / "births.csv").read_bytes()).hexdigest()
    mapping = {"columns": {"area_id": "tract", "year": "year", "births": "births"}}
    pinned = entry("birth_counts", "table", "births.csv", **mapping).model_copy(
        update={"files": (RawFile(name="births.csv", sha256=true),)}
    )
    assert len(gather([pinned], "birth_counts", folder(tmp_path))) == 1
    (tmp_path / "births.csv").write_text(HEAD + "06999000100,2020,4\n", encoding="utf-8")
    with pytest.raises(
        SourceError, match=rf"(?s)births\.csv \(source raw\).*E-HASH.*sha256 [0-9a-f]{{64}}, pinned {true}"
    ):
        gather([pinned], "birth_counts", folder(tmp_path))


def test_required_file_that_is_absent_says_where_to_get_and_put_it(tmp_path: Path) -> None:
    with pytest.raises(MissingInput) as caught:
        gather([entry("birth_counts", "table", "births.csv")], "birth_counts", folder(tmp_path))
    for part in (
        "births.csv is not there",
        str(tmp_path),
        "python -m pipeline fetch",
        "Millbrook Unified",
        "https://example.org/file",
    ):
        assert part in str(caught.value)


def test_optional_file_that_is_absent_leaves_an_empty_table_and_a_line(tmp_path: Path) -> None:
    where = folder(tmp_path)
    zones = gather([entry("zone_shapes", "shapes", "zones.gpkg", required=False)], "zone_shapes", where)
    assert zones.empty
    assert zones.crs == CRS
    (line,) = lines(where, "missing_input")
    assert "zones.gpkg" in line
    assert "https://example.org/file" in line


def test_no_source_at_all_is_an_empty_table(tmp_path: Path) -> None:
    births = gather([], "birth_counts", folder(tmp_path))
    assert births.empty
    assert births.columns.tolist() == ["year", "area_id", "births"]


@pytest.mark.parametrize("what", ["folder", "pipe", "lost link"])
@pytest.mark.parametrize("required", [True, False])
def test_what_stands_in_a_files_place_is_named(tmp_path: Path, what: str, required: bool) -> None:
    place = tmp_path / "births.csv"
    {"folder": place.mkdir, "pipe": lambda: os.mkfifo(place), "lost link": lambda: place.symlink_to("nowhere")}[what]()
    said = {"folder": "a folder", "pipe": "a pipe", "lost link": "a link that leads nowhere"}[what]
    with pytest.raises(SourceError, match=rf"births\.csv \(source raw\).*\n.*E-NOT-A-FILE\] it is {said}"):
        gather([entry("birth_counts", "table", "births.csv", required=required)], "birth_counts", folder(tmp_path))


def test_table_without_rows_says_so(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"births\.csv.*\n.*E-NO-ROWS\] the file has no rows") as caught:
        read_births(folder(tmp_path), HEAD)
    assert "keep" not in str(caught.value)


def test_workbook_without_rows_says_so(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["tract", "year", "births"])
    book.save(tmp_path / "births.xlsx")
    with pytest.raises(SourceError, match=r"births\.xlsx.*\n.*E-NO-ROWS\] the file has no rows"):
        read_births(folder(tmp_path), (tmp_path / "births.xlsx").read_bytes(), "births.xlsx")


# what a hostile supplier would try


def test_link_that_leaves_the_raw_folder_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    (tmp_path / "secret.csv").write_text(HEAD + "06999000100,2020,3\n", encoding="utf-8")
    (tmp_path / "room/births.csv").symlink_to("../secret.csv")
    births = entry(
        "birth_counts", "table", "births.csv", columns={"area_id": "tract", "year": "year", "births": "births"}
    )
    with pytest.raises(SourceError, match=r"E-PATH\] the file is a link that leaves the study's raw folder"):
        gather([births], "birth_counts", folder(tmp_path / "room"))
    with pytest.raises(SourceError, match="E-PATH"):
        read_rows(tmp_path / "room/births.csv", entry_id="raw")


def test_part_of_a_shapefile_that_is_a_link_out_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "room").mkdir()
    ZONES.to_file(tmp_path / "room/zones.shp")
    (tmp_path / "room/zones.dbf").rename(tmp_path / "zones.dbf")
    (tmp_path / "room/zones.dbf").symlink_to("../zones.dbf")
    with pytest.raises(SourceError, match="E-PATH"):
        read_zones(folder(tmp_path / "room"), "zones.shp")


def test_whole_room_may_be_a_link(tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "room").symlink_to("elsewhere")
    assert len(read_births(folder(tmp_path / "room"), HEAD + "06999000100,2020,3\n")) == 1


VRT = '<OGRVRTDataSource><OGRVRTLayer name="zones"><SrcDataSource>{source}</SrcDataSource></OGRVRTLayer></OGRVRTDataSource>'


@pytest.mark.parametrize("suffix", ["geojson", "json", "gpkg", "shp", "parquet", "zip", "vrt", "kml", "gml"])
def test_S07_virtual_file_under_any_name_is_refused_and_not_followed(tmp_path: Path, suffix: str) -> None:
    geojson(tmp_path / "secret.geojson", feature(polygon(square()), id="secret"))
    (tmp_path / f"zones.{suffix}").write_text(VRT.format(source=tmp_path / "secret.geojson"), encoding="utf-8")
    with pytest.raises(SourceError, match=rf"zones\.{suffix} \(source raw\) cannot be used"):
        read_zones(folder(tmp_path), f"zones.{suffix}")


def test_S07_virtual_file_as_a_table_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)births\.csv.*web page or XML"):
        read_births(folder(tmp_path), VRT.format(source="/etc/hostname"))


def test_S08_gdal_is_told_to_follow_no_address() -> None:
    assert os.environ["CPL_VSIL_CURL_ALLOWED_EXTENSIONS"] == "none"
    assert "OGR_VRT" in os.environ["OGR_SKIP"]


@pytest.mark.parametrize(
    "name",
    [
        "/vsicurl/http://127.0.0.1/zones.geojson",
        "../zones.geojson",
        "/etc/hostname",
        "a/../../zones.geojson",
        "C:zones.geojson",
        "..\\zones.geojson",
    ],
)
def test_S10_S17_name_that_leaves_the_raw_folder_is_refused(tmp_path: Path, name: str) -> None:
    (tmp_path / "study").mkdir()
    geojson(tmp_path / "zones.geojson", feature(polygon(square()), id="a"))
    with pytest.raises(ValidationError, match="is not a plain file name"):
        read_zones(folder(tmp_path / "study"), name)


@pytest.mark.parametrize(
    "name", ["/vsicurl/http://127.0.0.1/x.csv", "http://127.0.0.1/x.csv", "data/../x.csv", "PG:dbname=x.csv"]
)
def test_S17_readers_themselves_refuse_virtual_paths(name: str) -> None:
    with pytest.raises(SourceError, match="E-PATH"):
        read_rows(Path(name), entry_id="x")
    with pytest.raises(SourceError, match="E-PATH"):
        read_shapes_file(Path(name).with_suffix(".geojson"), entry_id="x", target_crs=CRS, box=BOX)


def test_S06_workbook_with_entities_is_refused(tmp_path: Path) -> None:
    book = openpyxl.Workbook()
    book.active.append(["tract", "year", "births"])
    stream = io.BytesIO()
    book.save(stream)
    with zipfile.ZipFile(stream) as source, zipfile.ZipFile(tmp_path / "births.xlsx", "w") as archive:
        for member in source.infolist():
            content = source.read(member)
            if member.filename.endswith("sheet1.xml"):
                content = b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/hostname">]>' + content
            archive.writestr(member.filename, content)
    with pytest.raises(SourceError, match=r"(?s)births\.xlsx.*E-XML.*sheet1\.xml"):
        read_births(folder(tmp_path), (tmp_path / "births.xlsx").read_bytes(), "births.xlsx")


def test_S09_pickle_is_never_loaded(tmp_path: Path) -> None:
    class Trap:
        def __reduce__(self) -> tuple:
            return (Path.touch, (tmp_path / "sprung",))

    for name in ("births.csv", "births.parquet", "births.xlsx", "births.json"):
        with pytest.raises(SourceError):
            read_births(folder(tmp_path), pickle.dumps(Trap()), name)
    assert not (tmp_path / "sprung").exists()


def test_S02_template_signs_in_a_name_stay_text(tmp_path: Path) -> None:
    name = "{{ 7*7 }}<img src=x onerror=alert(1)>=1+1"
    geojson(tmp_path / "zones.geojson", feature(polygon(square()), id="a", label=name))
    assert read_zones(folder(tmp_path), columns={"zone_id": "id", "name": "label"})["name"].tolist() == [name]


def test_unknown_reader_and_wrong_table_are_refused_with_what_there_is() -> None:
    with pytest.raises(ConfigError, match=r"no reader 'shape'.*shapes"):
        find(entry("zone_shapes", "shape", "z.gpkg"))
    with pytest.raises(ConfigError, match=r"worldpop does not fill zone_shapes; it fills cell_counts"):
        find(entry("zone_shapes", "worldpop", "z.tif"))


# rasters, where their reader is concerned


def _raster(
    path: Path,
    values: np.ndarray,
    *,
    crs: str | None = "EPSG:4326",
    nodata: float | None = -99999.0,
    transform: rasterio.Affine | None = None,
) -> Path:
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        height=values.shape[0],
        width=values.shape[1],
        count=1,
        dtype="float32",
        crs=crs,
        nodata=nodata,
        transform=transform or from_origin(-122.3, 40.2, 0.01, 0.01),
    ) as raster:
        raster.write(values.astype("float32"), 1)
    return path


def _read_raster(path: Path, name: str = "mlb_ppp_2020.tif") -> pd.DataFrame:
    return gather([entry("cell_counts", "worldpop", name, vintage="2020")], "cell_counts", folder(path))


def test_R01_declared_nodata_is_left_out_of_the_sum(tmp_path: Path) -> None:
    values = np.full((15, 20), 2.0)
    values[3, 4] = -99999
    _raster(tmp_path / "mlb_ppp_2020.tif", values)
    assert _read_raster(tmp_path)["population"].sum() == 2 * (15 * 20 - 1)


def test_R01_undeclared_nodata_is_refused_with_its_cell(tmp_path: Path) -> None:
    values = np.full((15, 20), 2.0)
    values[3, 4] = -99999
    _raster(tmp_path / "mlb_ppp_2020.tif", values, nodata=None)
    with pytest.raises(SourceError, match=r"(?s)mlb_ppp_2020\.tif.*E-NEGATIVE.*row 3, column 4: -99999.*nodata"):
        _read_raster(tmp_path)


def test_R02_nodata_of_zero_hides_nobody(tmp_path: Path) -> None:
    values = np.full((15, 20), 2.0)
    values[:5] = 0
    for number, nodata in enumerate((0.0, None)):
        (tmp_path / str(number)).mkdir()
        _raster(tmp_path / str(number) / "mlb_ppp_2020.tif", values, nodata=nodata)
    found = [_read_raster(tmp_path / str(number))["population"].sum() for number in (0, 1)]
    assert found == [values.sum()] * 2


def test_R03_impossible_count_is_refused_with_its_cell(tmp_path: Path) -> None:
    values = np.full((15, 20), 2.0)
    values[3, 4] = 3.4e38
    _raster(tmp_path / "mlb_ppp_2020.tif", values)
    with pytest.raises(SourceError, match=r"(?s)E-SENTINEL.*row 3, column 4"):
        _read_raster(tmp_path)


@pytest.mark.parametrize("crs", [None, "EPSG:3857"], ids=["none", "mercator"])
def test_R04_raster_in_another_crs_is_refused(tmp_path: Path, crs: str | None) -> None:
    _raster(tmp_path / "mlb_ppp_2020.tif", np.ones((15, 20)), crs=crs)
    with pytest.raises(SourceError, match=r"(?s)E-CRS-(MISSING|WRONG).*EPSG:4326.*no longer counts"):
        _read_raster(tmp_path)


def test_R05_raster_beside_the_study_is_refused(tmp_path: Path) -> None:
    _raster(tmp_path / "mlb_ppp_2020.tif", np.ones((15, 20)), transform=from_origin(10, 50, 0.01, 0.01))
    with pytest.raises(SourceError, match=r"(?s)E-BESIDE.*box"):
        _read_raster(tmp_path)


@pytest.mark.parametrize(
    "transform",
    [rasterio.Affine(0.01, 0, -122.3, 0, 0.01, 40.05), rasterio.Affine(0.01, 0.001, -122.3, 0.001, -0.01, 40.2)],
    ids=["south_up", "turned"],
)
def test_R09_raster_that_is_not_north_up_is_refused(tmp_path: Path, transform: rasterio.Affine) -> None:
    _raster(tmp_path / "mlb_ppp_2020.tif", np.ones((15, 20)), transform=transform)
    with pytest.raises(SourceError, match=r"(?s)E-TURNED.*north-up"):
        _read_raster(tmp_path)


def test_R10_truncated_raster_is_refused(tmp_path: Path) -> None:
    path = _raster(
        tmp_path / "mlb_ppp_2020.tif",
        np.random.default_rng(1).random((400, 400)),
        transform=from_origin(-122.3, 40.2, 0.0005, 0.0005),
    )
    path.write_bytes(path.read_bytes()[:300_000])
    with pytest.raises(SourceError, match=r"(?s)mlb_ppp_2020\.tif.*E-RASTER.*cut short"):
        _read_raster(tmp_path)


def test_R11_S07_virtual_raster_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mlb_ppp_2020.tif").write_text(
        '<VRTDataset rasterXSize="1" rasterYSize="1"></VRTDataset>', encoding="utf-8"
    )
    with pytest.raises(SourceError, match=r"(?s)E-NOT-A-RASTER"):
        _read_raster(tmp_path)


def _zip(path: Path, how: int = zipfile.ZIP_DEFLATED) -> Path:
    packed = path / "zones.zip"
    with zipfile.ZipFile(packed, "w", how) as archive:
        for file in sorted(path.iterdir()):
            if file.suffix in (".shp", ".shx", ".dbf", ".prj", ".cpg"):
                archive.write(file, file.name)
    return packed
