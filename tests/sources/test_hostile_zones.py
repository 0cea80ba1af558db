"""Zones that overlap, gape or are drawn badly, from the raw file to the school in its zone (hazards G03-G25)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.analysis.boundaries import outlines
from pipeline.analysis.crosswalk import allocate, require_no_overlap
from pipeline.analysis.membership import membership
from pipeline.analysis.overlaps import area_weights, overlaps
from pipeline.analysis.schools import school_facts
from pipeline.errors import ContractError, PipelineError
from pipeline.sources import Folder
from pipeline.sources.registry import gather
from pipeline.tables import empty
from tests.sources.bad_files import (
    CRS,
    entry,
    feature,
    folder,
    geojson,
    lines,
    polygon,
    read_schools,
    read_zones,
    square,
)

BANDS = {"elementary": ("KG", "01", "02", "03", "04", "05"), "middle": ("06", "07", "08")}
# About 850 m wide and 1,110 m high.
WEST, EAST = square(-122.2), square(-122.19)
METRE = 1 / 85_000  # a metre of longitude at 40.1 north, in degrees, nearly


def _ring(west: float, east: float, south: float = 40.1, north: float = 40.11) -> dict[str, Any]:
    return polygon([[west, south], [east, south], [east, north], [west, north], [west, south]])


def _boundaries(where: Folder, district: Any = None, **words: Any) -> Any:
    """The zones as the stage makes them, from the raw file."""
    nothing = {
        name: empty(name, CRS) for name in ("neighborhood_shapes", "district_shapes", "census_areas", "directory")
    }
    zones, _, _ = outlines(
        read_zones(where, **words),
        nothing["neighborhood_shapes"],
        nothing["district_shapes"] if district is None else district,
        nothing["census_areas"],
        nothing["directory"],
        zones_kind="published",
        fall_year=2024,
        levels=("elementary", "middle"),
        bands=BANDS,
        neighborhoods_kind="census_areas",
        area_level="tract",
        vintage="",
        district_id="0699999",
        title="Millbrook",
        sliver_m2=500.0,
        overlap_share=0.001,
        ledger=where.ledger,
    )
    return zones


def _members(where: Folder, zones: Any, text: str, crs: str = "EPSG:4326") -> pd.DataFrame:
    directory = read_schools(
        where, text, options={"span": {"column": "span"}, "point": {"longitude": "x", "latitude": "y", "crs": crs}}
    )
    located = directory.assign(location_status=np.where(directory.geometry.notna(), "located", "no_coordinates"))
    facts = school_facts(located, empty("enrollment", CRS), {**BANDS, "high": ()})
    return membership(
        located, zones, empty("neighborhoods", CRS), facts=facts, fall_year=2024, ledger=where.ledger
    ).set_index(["school_id", "level"])


def test_G03_overlapping_zones_are_refused_with_the_pair_and_its_area(tmp_path: Path) -> None:
    geojson(tmp_path / "zones.geojson", feature(polygon(WEST), id="A"), feature(_ring(-122.195, -122.18), id="B"))
    with pytest.raises(ContractError, match=r"(?s)E-ZONE-OVERLAP.*A and B: \d{3},\d{3} m2, .*Correct the file"):
        _boundaries(folder(tmp_path))


def test_G04_weights_that_add_to_more_than_one_are_refused_not_normalised(tmp_path: Path) -> None:
    geojson(tmp_path / "zones.geojson", feature(polygon(WEST), id="A"), feature(_ring(-122.195, -122.18), id="B"))
    zones = read_zones(folder(tmp_path))
    pieces = overlaps(zones.iloc[:1], zones)
    with pytest.raises(PipelineError, match=r"(?s)counted more than once.*A: its weights add to 1\.5"):
        require_no_overlap(area_weights(pieces, (1, 2)), ["A"], "zones")


def test_G05_gap_stays_open_and_is_counted(tmp_path: Path) -> None:
    where = folder(tmp_path)
    geojson(tmp_path / "zones.geojson", feature(polygon(WEST), id="A"), feature(_ring(-122.18, -122.17), id="B"))
    geojson(tmp_path / "district.geojson", feature(_ring(-122.2, -122.17), id="0699999"))
    made = entry(
        "district_shapes", "shapes", "district.geojson", columns={"district_id": "id"}, constants={"name": "Millbrook"}
    )
    zones = _boundaries(where, district=gather([made], "district_shapes", where))
    assert zones["zone_id"].tolist() == ["A", "B"]
    (gap,) = where.ledger.frame().query("entry == 'loss'").to_dict("records")
    assert "1 places of more than 500 m2 in no zone: they stay outside" in gap["reason"]
    assert gap["total"] == pytest.approx(zones.area.iloc[0], rel=1e-3)


def test_G05_children_of_a_gap_are_in_no_zone_and_not_shared_out(tmp_path: Path) -> None:
    geojson(
        tmp_path / "zones.geojson", feature(_ring(-122.2, -122.196), id="A"), feature(_ring(-122.194, -122.19), id="B")
    )
    zones = read_zones(folder(tmp_path))
    geojson(tmp_path / "blocks.geojson", feature(polygon(WEST), id="060999001001001", pop=1000))
    made = entry(
        "block_shapes",
        "shapes",
        "blocks.geojson",
        columns={"block_geoid": "id", "population": "pop"},
        constants={"vintage": "2020"},
    )
    blocks = gather([made], "block_shapes", folder(tmp_path))
    weights = area_weights(overlaps(blocks, zones), (1, 2)).toarray()[0]
    crosswalk = pd.DataFrame({"source_id": ["b", "b"], "target_id": ["A", "B"], "weight": weights})
    counts = allocate(crosswalk, pd.DataFrame({"source_id": ["b"], "population": [1000.0]}), ["population"])
    assert np.asarray(counts["population"], dtype=float) == pytest.approx([400.0, 400.0], rel=1e-5)


def test_G06_slivers_of_drawing_are_repaired_with_a_record(tmp_path: Path) -> None:
    where = folder(tmp_path)
    hair = 0.003 * METRE
    geojson(
        tmp_path / "zones.geojson",
        feature(_ring(-122.2, -122.19 + hair), id="A"),
        feature(_ring(-122.19, -122.18), id="B"),
    )
    zones = _boundaries(where).set_index("zone_id")
    assert zones.geometry["A"].intersection(zones.geometry["B"]).area < 1e-6
    assert any("sliver" in line for line in lines(where, "repair"))


def test_G08_zone_in_several_rows_is_one_zone(tmp_path: Path) -> None:
    geojson(
        tmp_path / "zones.geojson",
        feature(polygon(WEST), id="A", name="Oak"),
        feature(polygon(square(-122.15)), id="A", name="Oak"),
    )
    zones = _boundaries(folder(tmp_path), columns={"zone_id": "id", "name": "name"})
    assert zones["zone_id"].tolist() == ["A"]
    assert zones.geom_type.tolist() == ["MultiPolygon"]


def test_G08_parts_of_a_zone_that_name_two_schools_are_refused(tmp_path: Path) -> None:
    geojson(
        tmp_path / "zones.geojson",
        feature(polygon(WEST), id="A", school="1"),
        feature(polygon(square(-122.15)), id="A", school="2"),
    )
    with pytest.raises(ContractError, match=r"(?s)E-PARTS.*differ in school_id.*zone_id=A: '1', '2'"):
        _boundaries(folder(tmp_path), columns={"zone_id": "id", "school_id": "school"})


@pytest.fixture
def two_zones(tmp_path: Path) -> tuple[Folder, Any]:
    geojson(
        tmp_path / "zones.geojson",
        feature(polygon(WEST), id="A", kind="ES"),
        feature(polygon(EAST), id="B", kind="ES"),
        feature(_ring(-122.2, -122.18), id="M", kind="MS"),
    )
    where = folder(tmp_path)
    mapping = {
        "columns": {"zone_id": "id", "level": "kind"},
        "codes": {"level": {"ES": "elementary", "MS": "middle"}},
        "constants": {"fall_year": 2024},
    }
    return where, _boundaries(where, **mapping)


def test_G13_school_on_a_common_border_is_in_one_zone_the_lower_id(two_zones: tuple[Folder, Any]) -> None:
    where, zones = two_zones
    border = zones.set_index("zone_id").geometry["A"].intersection(zones.set_index("zone_id").geometry["B"])
    on_it = border.interpolate(0.5, normalized=True)
    found = _members(where, zones, f"id,name,x,y,span\n1,Oak,{on_it.x},{on_it.y},K-5\n", CRS)
    assert found[["zone_id", "match"]].to_numpy().tolist() == [["A", "on_border"]]


def test_G14_school_outside_all_zones_stays_and_is_counted_with_its_distance(two_zones: tuple[Folder, Any]) -> None:
    where, zones = two_zones
    found = _members(where, zones, "id,name,x,y,span\n1,Oak,-122.195,40.105,K-5\n2,Far,-122.15,40.105,K-5\n")
    far = found.loc[("2", "elementary")]
    assert pd.isna(far["zone_id"])
    assert far["match"] == "outside"
    assert far["border_distance_m"] == pytest.approx(0.03 / METRE, rel=0.01)
    balance = where.ledger.frame().query("entry == 'balance' and subject_name == 'schools in elementary zones'").iloc[0]
    assert (balance["total"], balance["inside"], balance["outside"]) == (2, 1, 1)


def test_G15_layers_of_two_levels_in_one_file_count_a_school_once_per_level(two_zones: tuple[Folder, Any]) -> None:
    where, zones = two_zones
    found = _members(where, zones, "id,name,x,y,span\n1,Oak,-122.195,40.105,K-8\n")
    assert found["zone_id"].to_dict() == {("1", "elementary"): "A", ("1", "middle"): "M"}


def test_G16_school_without_coordinates_is_not_located_and_stays_in_the_total(two_zones: tuple[Folder, Any]) -> None:
    where, zones = two_zones
    found = _members(where, zones, "id,name,x,y,span\n1,Oak,-122.195,40.105,K-5\n2,Online,,,K-5\n")
    assert found.loc[("2", "elementary"), "match"] == "not_located"
    balance = where.ledger.frame().query("entry == 'balance' and subject_name == 'schools in elementary zones'").iloc[0]
    assert (balance["total"], balance["unlocated"]) == (2, 1)


def test_G24_elementary_school_does_not_join_a_middle_zone_and_ten_is_above_nine(two_zones: tuple[Folder, Any]) -> None:
    where, zones = two_zones
    found = _members(
        where,
        zones,
        "id,name,x,y,span\n1,Oak,-122.195,40.105,K-5\n2,Creek,-122.195,40.105,6-8\n3,Late,-122.195,40.105,9-10\n",
    )
    assert found.index.tolist() == [("1", "elementary"), ("2", "middle")]
    assert any(
        "their grades are not known or belong to no level" in line and " 3 1" in line for line in lines(where, "loss")
    )


def test_G25_school_a_metre_from_a_border_is_noted(two_zones: tuple[Folder, Any]) -> None:
    where, zones = two_zones
    found = _members(where, zones, f"id,name,x,y,span\n1,Oak,{-122.19 - METRE},40.105,K-5\n")
    assert found["zone_id"].tolist() == ["A"]
    (note,) = [line for line in lines(where, "note") if "from the border" in line]
    assert "stands 1.0 m from the border of elementary zone A" in note
