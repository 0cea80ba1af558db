"""Coordinates that are not where they say: refused with what would fit (hazards C01-C15)."""

from __future__ import annotations

import shutil
from pathlib import Path

import geopandas as gpd
import pyproj
import pytest
import shapely

from pipeline.errors import ConfigError, ContractError, SourceError
from pipeline.ledger import Ledger
from pipeline.sources import Folder
from pipeline.sources.files import read_shapes_file
from pipeline.sources.registry import gather
from pipeline.tables import BY_TABLE, check
from tests.sources.bad_files import BOX, CRS, feature, folder, geojson, lines, polygon, read_schools, read_zones, square

ZONE = shapely.Polygon(square())


def _layer(path: Path, crs: str, name: str = "zones.gpkg", shape: shapely.Polygon = ZONE) -> None:
    gpd.GeoDataFrame({"id": ["Z1"]}, geometry=[shape], crs="EPSG:4326").to_crs(crs).to_file(path / name)


def _shapefile(path: Path, crs: str) -> tuple[str, ...]:
    _layer(path, crs, "zones.shp")
    return ("zones.shx", "zones.dbf", "zones.prj")


def test_C01_layers_of_any_crs_meet_in_the_study_crs(tmp_path: Path) -> None:
    areas = []
    for crs in ("EPSG:4326", "EPSG:3857", "EPSG:26910", "EPSG:2226"):
        _layer(tmp_path, crs, "zones.gpkg")
        zones = read_zones(folder(tmp_path), "zones.gpkg")
        assert zones.crs == CRS
        areas.append(zones.area.iloc[0])
        (tmp_path / "zones.gpkg").unlink()
    assert max(areas) / min(areas) == pytest.approx(1.0, rel=2e-5)


def test_C02_file_that_declares_another_crs_than_the_study_is_refused(tmp_path: Path) -> None:
    _layer(tmp_path, "EPSG:4326")
    with pytest.raises(SourceError, match=r"(?s)zones\.gpkg.*E-CRS-TWICE.*WGS 84, EPSG:2226"):
        read_zones(folder(tmp_path), "zones.gpkg", options={"crs": "EPSG:2226"})


def test_C03_shapefile_without_prj_is_refused_with_candidates(tmp_path: Path) -> None:
    _shapefile(tmp_path, "EPSG:2226")
    (tmp_path / "zones.prj").unlink()
    with pytest.raises(SourceError, match=r"(?s)zones\.shp.*E-CRS-MISSING.*would fit .*EPSG:2226.*`crs: EPSG:"):
        read_zones(folder(tmp_path), "zones.shp", files=("zones.shx", "zones.dbf"))


def test_C03_study_may_say_the_crs_that_a_file_lacks(tmp_path: Path) -> None:
    sides = _shapefile(tmp_path, "EPSG:2226")
    known = read_zones(folder(tmp_path), "zones.shp", files=sides)
    (tmp_path / "zones.prj").unlink()
    told = read_zones(folder(tmp_path), "zones.shp", files=sides[:2], options={"crs": "EPSG:2226"})
    assert told.area.iloc[0] == pytest.approx(known.area.iloc[0], rel=1e-9)


def test_C03_wrong_crs_for_a_file_without_one_is_refused(tmp_path: Path) -> None:
    sides = _shapefile(tmp_path, "EPSG:2226")
    (tmp_path / "zones.prj").unlink()
    with pytest.raises(SourceError, match=r"(?s)E-CRS-WRONG.*box"):
        read_zones(folder(tmp_path), "zones.shp", files=sides[:2], options={"crs": "EPSG:3310"})


def test_C04_prj_of_degrees_over_coordinates_in_feet_is_refused_with_candidates(tmp_path: Path) -> None:
    sides = _shapefile(tmp_path, "EPSG:2226")
    (tmp_path / "zones.prj").write_text(pyproj.CRS("EPSG:4326").to_wkt("WKT1_ESRI"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"(?s)E-CRS-WRONG.*no degrees.*EPSG:2226"):
        read_zones(folder(tmp_path), "zones.shp", files=sides)


def test_C04_prj_of_another_projection_is_refused_because_the_shapes_lie_elsewhere(tmp_path: Path) -> None:
    sides = _shapefile(tmp_path, "EPSG:26910")
    (tmp_path / "zones.prj").write_text(pyproj.CRS("EPSG:26918").to_wkt("WKT1_ESRI"), encoding="utf-8")
    with pytest.raises(SourceError, match=r"(?s)E-CRS-WRONG.*UTM zone 18N.*geography\.box"):
        read_zones(folder(tmp_path), "zones.shp", files=sides)


def test_C06_C07_areas_in_degrees_or_mercator_never_enter_a_table(tmp_path: Path) -> None:
    _layer(tmp_path, "EPSG:3857")
    zones = read_zones(folder(tmp_path), "zones.gpkg")
    mercator = zones.to_crs("EPSG:3857").area.iloc[0]
    assert mercator / zones.area.iloc[0] == pytest.approx(1 / 0.7649**2, rel=0.01)  # 1 / cos(40.1)^2
    with pytest.raises(ContractError, match=r"(?s)E-CRS.*areas in degrees are wrong"):
        check(BY_TABLE["zone_shapes"], zones.to_crs("EPSG:4326"), "zones")


@pytest.mark.parametrize(
    ("crs", "why"),
    [
        ("EPSG:4326", "it is in degrees, not in metres"),
        ("EPSG:3857", "does not keep areas"),
        ("EPSG:26910", "does not keep areas"),
        ("EPSG:2226", "US survey foot, not in metres"),
        ("EPSG:99999", "there is no such CRS"),
    ],
)
@pytest.mark.parametrize("feeds", ["zone_shapes", "site_list"])
def test_C07_study_whose_crs_does_not_keep_areas_is_refused_before_a_file_is_read(
    tmp_path: Path, crs: str, why: str, feeds: str
) -> None:
    with pytest.raises(ConfigError, match=f"geography.crs is {crs}: .*{why}.*EPSG:3310 for California"):
        gather([], feeds, Folder(tmp_path, crs, BOX, Ledger()))


def test_C08_datum_of_1927_is_refused_where_its_grids_are_absent(tmp_path: Path) -> None:
    if pyproj.transformer.TransformerGroup("EPSG:4267", CRS).best_available:
        pytest.skip("PROJ's grids are installed here")
    _layer(tmp_path, "EPSG:4267")
    with pytest.raises(SourceError, match=r"(?s)E-CRS-GRID.*1927.*NAD83"):
        read_zones(folder(tmp_path), "zones.gpkg")


def test_C09_us_survey_feet_become_metres(tmp_path: Path) -> None:
    _layer(tmp_path, "EPSG:2226")
    feet = gpd.read_file(tmp_path / "zones.gpkg").area.iloc[0]
    metres = read_zones(folder(tmp_path), "zones.gpkg").area.iloc[0]
    assert feet / metres == pytest.approx((3937 / 1200) ** 2, rel=1e-3)


def test_C10_latitude_first_in_a_geojson_is_refused(tmp_path: Path) -> None:
    geojson(
        tmp_path / "zones.geojson",
        feature(polygon([[y, x] for x, y in square()]), id="Z1"),
        feature(polygon(square()), id="Z2"),
    )
    with pytest.raises(SourceError, match=r"(?s)E-AXES-SWAPPED.*\(once; first: row 1 \(id=Z1\)"):
        read_zones(folder(tmp_path))


def test_C11_geojson_in_projected_coordinates_is_refused_with_candidates(tmp_path: Path) -> None:
    feet = gpd.GeoSeries([ZONE], crs="EPSG:4326").to_crs("EPSG:2226")
    geojson(tmp_path / "zones.geojson", feature(shapely.geometry.mapping(feet.iloc[0]), id="Z1"))
    with pytest.raises(SourceError, match=r"(?s)zones\.geojson.*E-CRS-WRONG.*EPSG:2226"):
        read_zones(folder(tmp_path))


def test_C13_unknown_code_is_refused_with_the_file(tmp_path: Path) -> None:
    _shapefile(tmp_path, "EPSG:2226")
    (tmp_path / "zones.prj").unlink()
    with pytest.raises(SourceError, match=r"(?s)zones\.shp.*E-CRS-UNKNOWN.*EPSG:99999"):
        read_zones(folder(tmp_path), "zones.shp", files=("zones.shx", "zones.dbf"), options={"crs": "EPSG:99999"})


def test_C13_unknown_code_of_a_point_is_refused_with_the_file(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"(?s)schools\.csv.*E-CRS-UNKNOWN.*EPSG:99999"):
        read_schools(
            folder(tmp_path),
            "id,name,x,y\n1,Oak,-122.2,40.1\n",
            options={"point": {"longitude": "x", "latitude": "y", "crs": "EPSG:99999"}},
        )


def test_study_in_a_crs_of_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"geography\.crs is EPSG:3035: it is made for Europe.*lies elsewhere"):
        gather([], "zone_shapes", Folder(tmp_path, "EPSG:3035", BOX, Ledger()))


def test_study_in_a_crs_that_crosses_the_180th_meridian_is_taken(tmp_path: Path) -> None:
    for box in ((-150.2, 61.0, -149.6, 61.4), (172.7, 52.7, 173.3, 53.1)):  # Anchorage and Attu: Alaska Albers
        assert gather([], "zone_shapes", Folder(tmp_path, "EPSG:3338", box, Ledger())).empty
    with pytest.raises(ConfigError, match="Alaska"):
        gather([], "zone_shapes", Folder(tmp_path, "EPSG:3338", BOX, Ledger()))


def test_C15_one_point_at_null_island_moves_nothing_else(tmp_path: Path) -> None:
    rows = "".join(f"{i},School {i},-122.{i},40.1\n" for i in range(11, 30))
    with pytest.raises(SourceError, match=r"E-NULL-ISLAND.*once; first: row 21 \(school_id=99\)"):
        read_schools(folder(tmp_path), f"id,name,x,y\n{rows}99,Nowhere,0.0,0.0\n")


def test_one_zone_far_away_is_refused_with_its_id_and_place(tmp_path: Path) -> None:
    geojson(tmp_path / "zones.geojson", feature(polygon(square()), id="Z1"), feature(polygon(square(-80.0)), id="Z2"))
    with pytest.raises(SourceError, match=r"(?s)E-FAR-AWAY.*row 2 \(id=Z2\) at -80\.0000.*outside: drop"):
        read_zones(folder(tmp_path))


def test_one_zone_far_away_is_left_out_and_recorded_where_the_study_says_so(tmp_path: Path) -> None:
    where = folder(tmp_path)
    geojson(tmp_path / "zones.geojson", feature(polygon(square()), id="Z1"), feature(polygon(square(-80.0)), id="Z2"))
    assert read_zones(where, options={"outside": "drop"})["zone_id"].tolist() == ["Z1"]
    assert any("row 2 (id=Z2)" in line for line in lines(where, "loss"))


def test_planar_points_of_state_plane_are_placed(tmp_path: Path) -> None:
    x, y = pyproj.Transformer.from_crs("EPSG:4326", "EPSG:2226", always_xy=True).transform(-122.2, 40.1)
    schools = read_schools(
        folder(tmp_path),
        f"id,name,x,y\n1,Oak,{x},{y}\n",
        options={"point": {"longitude": "x", "latitude": "y", "crs": "EPSG:2226"}},
    )
    back = schools.to_crs("EPSG:4326").geometry.iloc[0]
    assert (back.x, back.y) == pytest.approx((-122.2, 40.1), abs=1e-7)


def test_reader_of_agencies_gives_the_same_shapes(tmp_path: Path) -> None:
    _layer(tmp_path, "EPSG:4269")
    frame = read_shapes_file(tmp_path / "zones.gpkg", entry_id="tiger", target_crs=CRS, box=BOX)
    assert frame["id"].tolist() == ["Z1"]
    assert frame["__row__"].tolist() == [1]
    assert frame["__repair__"].tolist() == [""]
    assert frame.crs == CRS


def test_zipped_shapefile_reads_like_its_parts(tmp_path: Path) -> None:
    (tmp_path / "parts").mkdir()
    _shapefile(tmp_path / "parts", "EPSG:2226")
    shutil.make_archive(str(tmp_path / "zones"), "zip", tmp_path / "parts")
    assert len(read_zones(folder(tmp_path), "zones.zip")) == 1
