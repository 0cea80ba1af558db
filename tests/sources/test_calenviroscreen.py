"""CalEnviroScreen: shares become counts of 2010 people, without margins and with a note."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import geopandas as gpd
import pytest
from shapely.geometry import box

from pipeline.errors import ConfigError, SourceError
from pipeline.sources import Folder
from pipeline.sources.calenviroscreen import read_calenviroscreen
from tests.sources.agency import entry, folder, held, lines, write


def tracts(path: Path) -> str:
    squares = [box(-121.5 + 0.01 * n, 38.5, -121.49 + 0.01 * n, 38.51) for n in range(2)]
    gpd.GeoDataFrame(
        {"GEOID": ["06067000100", "06067000200"], "Population": [2000.0, 500.0]}, geometry=squares, crs="EPSG:4326"
    ).to_file(path / "tracts.gpkg")
    return "tracts.gpkg"


def read(path: Path, *rows: tuple[str, object], vintage: str = "2008-2012", **options: object):  # type: ignore[no-untyped-def]  # frame and folder
    write(path / "ces.csv", ["FIPS", "Poverty"], rows)
    where = folder(path)
    return read_calenviroscreen(
        entry("calenviroscreen", "area_counts", "ces.csv", tracts(path), vintage=vintage, options=options), where
    ), where


def test_share_times_people_is_a_count_without_a_margin(tmp_path: Path) -> None:
    frame, where = read(tmp_path, ("06067000100", 25.0), ("06067000200", ""), ("06061000100", 40.0))
    table = held("area_counts", frame)
    assert table["people_below_200_poverty"].tolist()[0] == 500 and table["poverty_universe"].tolist()[0] == 2000
    assert table.loc[1, ["people_below_200_poverty", "poverty_universe"]].isna().all()
    assert table["people_below_200_poverty_moe"].isna().all() and table["vintage"].unique().tolist() == ["2008-2012"]
    assert "no margin of error is published" in " ".join(lines(where, "note")["reason"])
    assert lines(where, "loss")["total"].tolist() == [1] and lines(where, "absence")["total"].tolist() == [1]


def test_shares_off_their_range_and_bad_vintages_are_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"percentage of 0 to 100.*row 2 \(Poverty='-999'\)"):
        read(tmp_path, ("06067000100", -999))
    with pytest.raises(SourceError, match="11 characters"):
        read(tmp_path, ("6067000100", 10))
    with pytest.raises(ConfigError, match="2008-2012 or 2011-2015"):
        read(tmp_path, ("06067000100", 10), vintage="2019-2023")


def test_real_tracts_of_both_versions(shared_data: Callable[[str], Path], tmp_path: Path) -> None:
    for source in (
        "ca-calenviroscreen/ces2_data_ca_tracts.csv",
        "ca-calenviroscreen/ces3_data_ca_tracts.csv",
        "ca-tracts/sacramento_tracts_2010_pop.geojson",
    ):
        shutil.copy(shared_data(source), tmp_path)
    where = Folder(tmp_path, "EPSG:3310", (-121.87, 38.01, -121.02, 38.74), folder(tmp_path).ledger)
    shares = []
    for version, vintage in ((2, "2008-2012"), (3, "2011-2015")):
        files = (f"ces{version}_data_ca_tracts.csv", "sacramento_tracts_2010_pop.geojson")
        frame = held(
            "area_counts",
            read_calenviroscreen(
                entry("calenviroscreen", "area_counts", *files, vintage=vintage, options={"county": "06067"}), where
            ),
        )
        assert len(frame) == 317
        shares.append(frame["people_below_200_poverty"].sum() / frame["poverty_universe"].sum())
    assert shares == pytest.approx([0.362, 0.383], abs=0.001)
