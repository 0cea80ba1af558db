"""One file under two names is found before it is read."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest

from pipeline.errors import SourceError
from pipeline.sources.registry import gather
from tests.sources.bad_files import entry, feature, folder, geojson, polygon, square

ZONES = {"columns": {"zone_id": "id"}}


def zones(source: str, name: str, level: str, year: int) -> object:
    return entry(
        "zone_shapes",
        "shapes",
        name,
        **ZONES,
        id=source,
        constants={"level": level, "fall_year": year},
        vintage=str(year),
    )


@pytest.mark.parametrize(("level", "year"), [("middle", 2024), ("elementary", 2023)])
def test_one_layer_under_two_names_is_refused(tmp_path: Path, level: str, year: int) -> None:
    """The middle zones, or last year's, have been copied over the elementary zones of this year."""
    geojson(tmp_path / "a.geojson", feature(polygon(square()), id="1"))
    shutil.copy(tmp_path / "a.geojson", tmp_path / "b.geojson")
    entries = [zones("first", "a.geojson", "elementary", 2024), zones("second", "b.geojson", level, year)]
    with pytest.raises(SourceError) as refused:
        gather(entries, "zone_shapes", folder(tmp_path))  # type: ignore[arg-type]  # entries
    message = str(refused.value)
    assert "[E-SAME-FILE]" in message and "source first" in message and "source second" in message
    assert f"a.geojson (2024), b.geojson ({year})" in message


def test_one_file_named_in_two_sources_serves_both(tmp_path: Path) -> None:
    geojson(tmp_path / "a.geojson", feature(polygon(square()), id="1"))
    entries = [zones("first", "a.geojson", "elementary", 2024), zones("second", "a.geojson", "elementary", 2023)]
    found = gather(entries, "zone_shapes", folder(tmp_path))  # type: ignore[arg-type]  # entries
    assert sorted(found["fall_year"]) == [2023, 2024]


def test_files_of_one_size_that_differ_are_two_files(tmp_path: Path) -> None:
    geojson(tmp_path / "a.geojson", feature(polygon(square()), id="1"))
    geojson(tmp_path / "b.geojson", feature(polygon(square()), id="2"))
    entries = [zones("first", "a.geojson", "elementary", 2024), zones("second", "b.geojson", "elementary", 2023)]
    assert len(gather(entries, "zone_shapes", folder(tmp_path))) == 2  # type: ignore[arg-type]  # entries
