"""Millbrook's own files taken for one another: the stage that reads them refuses."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest

from pipeline import config, stages
from pipeline.errors import FaultyInput
from tests.stages import bare

Change = Callable[[Path], None]
ZONES = "boundaries/attendance_zones_2024_25_{}.shp"
BLOCKS, DISTRICT = "census/tl_2023_06_tabblock20.shp", "boundaries/tl_2023_06_unsd.shp"


def over(source: str, target: str) -> Change:
    """Copy a file, with all that belongs to a shapefile, over another."""

    def change(raw: Path) -> None:
        for part in raw.glob(f"{source.removesuffix('.shp')}.*" if source.endswith(".shp") else source):
            shutil.copy(part, (raw / target).with_suffix(part.suffix))

    return change


def lines_of(source: str, target: str) -> Change:
    """Write the lines of a file in another order over another file: the same, though not byte by byte."""

    def change(raw: Path) -> None:
        header, *lines = (raw / source).read_text().splitlines()
        (raw / target).write_text("\n".join([header, *reversed(lines)]) + "\n")

    return change


def drawn(name: str, how: Callable[[gpd.GeoDataFrame], gpd.GeoDataFrame]) -> Change:
    """Change a shapefile and save it again."""

    def change(raw: Path) -> None:
        path = raw / name
        frame, declared = gpd.read_file(path), path.with_suffix(".prj").read_bytes()
        how(frame).to_file(path, encoding="utf-8")
        path.with_suffix(".prj").write_bytes(declared)

    return change


def western_half(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    west, south, east, north = frame.total_bounds
    return frame.assign(geometry=frame.clip_by_rect(west, south, (west + east) / 2, north))


def of_another_county(raw: Path) -> None:
    path = raw / "census/dhc2020_p12_block.json"
    path.write_text(path.read_text().replace('"999"', '"998"'))


def neighborhoods(how: Callable[[list[Any]], None]) -> Change:
    def change(raw: Path) -> None:
        path = raw / "boundaries/neighborhoods.geojson"
        layer = json.loads(path.read_text())
        how(layer["features"])
        path.write_text(json.dumps(layer))

    return change


def resaved(source: str, target: str) -> Change:
    def change(raw: Path) -> None:
        over(source, target)(raw)
        drawn(target, lambda frame: frame.iloc[::-1])(raw)

    return change


CASES = {
    "middle zones for elementary": ("boundaries", over(ZONES.format("middle"), ZONES.format("elementary")), "E-SAME-FILE"),
    "middle zones saved again": ("boundaries", resaved(ZONES.format("middle"), ZONES.format("elementary")), r"E-ZONE-LEVEL.*5 of 5 elementary zones"),
    "last year's zones": ("boundaries", over("boundaries/attendance_zones_2023_24_elementary.shp", ZONES.format("elementary")), "E-SAME-FILE"),
    "half of the district": ("boundaries", drawn(DISTRICT, western_half), r"E-OUTSIDE-DISTRICT.*zone high 2024"),
    "a record for an id": ("boundaries", neighborhoods(lambda rows: rows[0]["properties"].update(nbhd_id="{'a': 1}")), "E-ID-STRANGE"),
    "two ids for one": ("boundaries", neighborhoods(lambda rows: rows[0]["properties"].update(nbhd_id="Mill End; Canton")), r"neighborhoods\.geojson.*E-ID-APART.*neighborhood_id=Mill End; Canton"),
    "a neighborhood twice": ("boundaries", neighborhoods(lambda rows: rows.append(rows[3])), "E-KEY-DUP.*same shape stands twice"),
    "children of another county": ("census", of_another_county, "E-UNMATCHED-BLOCKS.*only 0 of"),
    "nobody in the blocks": ("census", drawn(BLOCKS, lambda frame: frame.assign(POP20=0, HOUSING20=0)), "E-NO-PEOPLE"),
    "people of 2018": ("census", over("census/acsdt5y2018-b01001.dat", "census/acsdt5y2023-b01001.dat"), "E-SAME-FILE"),
    "one table of 2018": ("census", lines_of("census/acsdt5y2018-b17001.dat", "census/acsdt5y2023-b17001.dat"), "E-TABLE-AREAS.*B17001"),
    "shapes of 2018": ("census", resaved("census/tl_2018_06_bg.shp", "census/tl_2023_06_bg.shp"), "E-GEOGRAPHY.*only 54 of 58 shapes of block_group 2019-2023"),
    "two shapes": ("census", drawn("census/tl_2023_06_bg.shp", lambda frame: frame.iloc[:2]), "E-NO-SHAPE.*block_group 2019-2023"),
    "all people for girls": ("census", over("census/mlb_ppp_2020.tif", "census/mlb_f_5_2020.tif"), "E-SAME-FILE"),
}  # fmt: skip


@pytest.mark.parametrize("case", CASES)
def test_files_taken_for_one_another_are_refused(
    case: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, millbrook: Any
) -> None:
    stage, change, told = CASES[case]
    raw = tmp_path / "data/raw/millbrook"
    shutil.copytree(bare.ROOT / "data/raw/millbrook", raw)
    change(raw)
    declared, study = stages.find(stage), config.load(bare.ROOT / "studies/millbrook.yaml")
    tables = {name: millbrook(name) for name in declared.reads}
    monkeypatch.chdir(tmp_path)
    with pytest.raises(FaultyInput, match=f"(?s){told}"):
        declared.run(config.only(study, stage, declared.sections), tables)


def test_a_box_beside_the_district_is_refused(monkeypatch: pytest.MonkeyPatch, millbrook: Any) -> None:
    declared, study = stages.find("boundaries"), config.load(bare.ROOT / "studies/millbrook.yaml")
    beside = study.geography.model_copy(update={"box": (-122.30, 40.05, -122.24, 40.08)})
    study = study.model_copy(update={"geography": beside})
    tables = {name: millbrook(name) for name in declared.reads}
    monkeypatch.chdir(bare.ROOT)
    with pytest.raises(FaultyInput, match=r"E-BOX.*Set geography.box to hold the whole district"):
        declared.run(config.only(study, "boundaries", declared.sections), tables)
