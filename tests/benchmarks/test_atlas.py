"""The comparison of the atlas in its small form: its page says the tables' numbers; how fast it is, is not asked."""

from __future__ import annotations

import pytest

from benchmarks import atlas

pytestmark = pytest.mark.browser


def test_small_form_says_the_numbers_of_the_tables_and_measures_both_peers() -> None:
    found = atlas.atlas(small=True)
    compared = [row for row in found if row["peer"]]
    assert {row["peer"] for row in compared} == {"folium.Choropleth", "folium.GeoJson"}
    assert {(row["name"], row["target"]) for row in compared} == {
        ("atlas: pages built", 20.0),
        ("atlas: megabytes written", 9.0),
    }
    assert all(row["max_error"] <= atlas.MOST_ERROR for row in compared)
    assert [(row["name"], row["target"]) for row in found if not row["peer"]] == [
        ("atlas: kilobytes beyond Leaflet", "<= 300 kB"),
        ("atlas: kilobytes beyond Leaflet, Español", "<= 300 kB"),
        ("atlas: first paint", "<= 1 s"),
        ("atlas: an indicator switched", "<= 0.1 s"),
        ("atlas: redrawn on zoom", "<= 0.12 s"),
    ]
    assert all(row["ours_s"] > 0 for row in found)


def test_small_form_of_tiles_measures_both_ways_to_draw_the_same_areas() -> None:
    found = atlas.tiles(small=True)
    assert [(row["name"], row["peer"], row["target"]) for row in found] == [
        ("atlas: tiles redrawn on zoom", "SVG shapes by Leaflet", 2.0),
        ("atlas: an indicator switched on tiles", "SVG shapes by Leaflet", 1.0),
        ("atlas: megabytes of borders as tiles", "GeoJSON in full", 4.0),
        ("atlas: first paint with tiles", "", "<= 1 s"),
    ]
    assert all(row["ours_s"] > 0 for row in found)


def test_a_number_that_is_wrong_is_an_error_too_large() -> None:
    tables = atlas.published(60, 3, 20)
    drawn, drawings = atlas.draw(tables)
    page = atlas.payload.build(atlas.NEED, drawn, atlas.ABOUT, drawings)
    assert atlas.error_of(tables, page) <= atlas.MOST_ERROR
    table = page["tables"]["neighborhoods"]
    place = next(i for i, column in enumerate(table["columns"]) if column["key"].startswith("indicator|"))
    table["rows"][5][place][0] += 0.01
    assert atlas.error_of(tables, page) == pytest.approx(0.01)
    table["columns"][place]["key"] = "gone"
    assert atlas.error_of(tables, page) == float("inf")
