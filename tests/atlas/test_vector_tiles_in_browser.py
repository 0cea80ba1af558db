"""A sheet of 5,050 areas in headless Chromium: one canvas of tiles, and all the rest as on a sheet of few areas."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pyogrio
import pytest

from pipeline.atlas import payload
from pipeline.atlas.drawings import draw
from pipeline.atlas.page import sheet_page
from pipeline.atlas.sheets import SHEETS
from tests.atlas.conftest import write
from tests.atlas.published import ABOUT, town

pytestmark = pytest.mark.browser
ROWS = "#table tbody tr.row"
PICKED = "#f2a900"
# the canvas of the areas copied, so that it can be read often, and the colour on it at a place
COPY = """const canvas = document.querySelector("canvas.leaflet-zoom-animated"), copy = document.createElement("canvas");
    copy.width = canvas.width; copy.height = canvas.height;
    const sheet = copy.getContext("2d", {willReadFrequently: true}); sheet.drawImage(canvas, 0, 0);
    const hex = (pixel) => "#" + Array.from(pixel.slice(0, 3), (part) => part.toString(16).padStart(2, "0")).join("");"""
COLOR = (
    "([lng, lat]) => {"
    + COPY
    + """
    const spot = window.chart.latLngToContainerPoint([lat, lng]), box = canvas.getBoundingClientRect(), scale = canvas.width / box.width;
    const frame = window.chart.getContainer().getBoundingClientRect();
    return hex(sheet.getImageData((frame.x + spot.x - box.x) * scale, (frame.y + spot.y - box.y) * scale, 1, 1).data);
}"""
)
AMOUNT = (
    "(color) => {"
    + COPY
    + """
    const all = sheet.getImageData(0, 0, copy.width, copy.height).data; let found = 0;
    for (let i = 0; i < all.length; i += 4) if (hex(all.slice(i, i + 3)) === color) found += 1;
    return found;
}"""
)
SPOT = "([lng, lat]) => { const p = window.chart.latLngToContainerPoint([lat, lng]), f = window.chart.getContainer().getBoundingClientRect(); return [f.x + p.x, f.y + p.y]; }"
PAINTED = "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(() => setTimeout(done, 50))))"


@pytest.fixture(scope="module")
def city() -> dict[str, Any]:
    """Three sheets of a town of 5,050 hexagons: pages, data blocks, and a place inside each neighborhood."""
    drawn, drawings = draw(town(columns=101, rows=50))
    made = {sheet.key: payload.build(sheet, drawn, ABOUT, drawings) for sheet in SHEETS if sheet.key in ("need", "growth", "schools")}  # fmt: skip
    files = {
        f"maps/{sheet.key}.html": sheet_page(sheet, SHEETS, ABOUT, "", made[sheet.key], (), [])
        for sheet in SHEETS
        if sheet.key in made
    }
    places = drawn["public_neighborhoods"].set_index("neighborhood_id").geometry.representative_point()
    return {"files": files, "pages": made, "places": {key: (spot.x, spot.y) for key, spot in places.items()}}


@pytest.fixture(scope="module")
def folder(city: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(city["files"], tmp_path_factory.mktemp("tiles"))


def test_counts_of_thousands_are_written_alike(folder: Path, visit: Any) -> None:
    page, _ = _open(visit, folder, "need")
    assert (page.locator("#caption").text_content() or "").endswith("(5,050)")
    amounts = []
    for place in range(page.locator("#view option").count()):
        page.select_option("#view", index=place)
        amounts += page.locator("#legend .amount").all_text_contents()[1:]
    assert any("," in text for text in amounts) and not [text for text in amounts if re.search(r"\d{4}", text)]


def _open(visit: Any, folder: Path, key: str, *size: int) -> tuple[Any, list[str]]:
    page, wrong = visit(folder / f"{key}.html", *size)
    page.evaluate(f"() => {{ window.chart = map_{key}; }}")  # the map itself is too much to hand over
    page.evaluate(PAINTED)
    return page, wrong


def _fills(city: dict[str, Any], view: int) -> dict[str, str]:
    """The colour of each area that is neither hatched nor hidden in a view of the need sheet."""
    page = city["pages"]["need"]
    shown, ids, weak = page["views"][view], page["tables"]["neighborhoods"]["ids"], set(page["views"][view]["weak"])
    return {
        ids[row]: shown["classes"][place]["color"]
        for row, place in enumerate(shown["index"])
        if place >= 0 and row not in weak
    }


def _bring_near(page: Any, spot: tuple[float, float], zoom: float) -> None:
    page.evaluate("([lng, lat, zoom]) => { window.chart.setView([lat, lng], zoom, {animate: false}); }", [*spot, zoom])
    page.evaluate(PAINTED)


def test_areas_have_the_colour_of_their_class_in_every_view_and_at_every_zoom(city: dict[str, Any], folder: Path, visit: Any) -> None:  # fmt: skip
    page, wrong = _open(visit, folder, "need")
    assert page.locator("canvas.leaflet-zoom-animated").count() == 1
    assert page.locator(".leaflet-overlay-pane path.leaflet-interactive").count() == 0, "an area is drawn as a shape"
    keys = page.locator("#view option").evaluate_all("all => all.map(one => one.value)")
    whole = page.evaluate("window.chart.getZoom()")
    seen = set()
    for view, key in enumerate(keys[:4]):
        page.select_option("#view", key)
        fills = _fills(city, view)
        for place in list(fills)[:: len(fills) // 5]:
            for zoom in (whole + 2, whole + 3.25, whole + 6):  # of each, the middle of an area is clear of its border
                _bring_near(page, city["places"][place], zoom)
                assert page.evaluate(COLOR, city["places"][place]) == fills[place], (key, place, zoom)
                seen.add(fills[place])
    assert len(seen) >= 4
    assert wrong == [] and page.evaluate("window.executed") == []


def test_what_is_unreliable_is_hatched(city: dict[str, Any], folder: Path, visit: Any) -> None:
    page, wrong = _open(visit, folder, "need")
    need = city["pages"]["need"]
    number = next(i for i, view in enumerate(need["views"]) if view["weak"])
    view, ids = need["views"][number], need["tables"]["neighborhoods"]["ids"]
    page.select_option("#view", view["key"])
    row = view["weak"][0]
    spot = city["places"][ids[row]]
    _bring_near(page, spot, page.evaluate("window.chart.getZoom()") + 6)
    around = [(spot[0] + dx * 2e-5, spot[1]) for dx in range(-20, 20)]
    colors = {page.evaluate(COLOR, place) for place in around}
    assert view["classes"][view["index"][row]]["color"] in colors and len(colors) > 1, "no stripes"
    assert wrong == []


def test_a_click_on_the_map_opens_the_area_and_shows_it_in_the_table(
    city: dict[str, Any], folder: Path, visit: Any
) -> None:
    page, wrong = _open(visit, folder, "need")
    table = city["pages"]["need"]["tables"]["neighborhoods"]
    whole = page.evaluate("window.chart.getZoom()")
    for row in range(40, len(table["ids"]), 630):
        spot = city["places"][table["ids"][row]]
        _bring_near(page, spot, whole + row % 4)
        x, y = page.evaluate(SPOT, spot)
        page.mouse.move(x + 1, y)
        page.mouse.move(x, y)
        assert page.locator(".tip strong").text_content() == table["names"][row]
        page.mouse.click(x, y)
        assert page.locator("#panel h2").text_content() == table["names"][row]
        assert page.locator("tr.picked").get_attribute("data-row") == str(row), "its row is not shown"
        assert page.locator(ROWS).count() <= 101, "thousands of rows are drawn for one"
    page.keyboard.press("Escape")
    assert page.locator("#panel").is_hidden()
    page.mouse.move(5, 5)
    page.locator(".tip").wait_for(state="detached")  # it fades
    assert wrong == []


def test_a_row_opens_its_area_which_is_framed_on_the_map(city: dict[str, Any], folder: Path, visit: Any) -> None:
    page, wrong = _open(visit, folder, "need")
    table = city["pages"]["need"]["tables"]["neighborhoods"]
    _bring_near(page, city["places"][table["ids"][0]], page.evaluate("window.chart.getZoom()") + 4)
    page.locator(f"{ROWS} button").nth(7).focus()
    page.keyboard.press("Enter")
    page.wait_for_timeout(600)  # the map moves to it
    page.evaluate(PAINTED)
    row = int(page.locator("tr.picked").get_attribute("data-row"))
    assert page.locator("#panel h2").text_content() == table["names"][row]
    x, y = page.evaluate(SPOT, city["places"][table["ids"][row]])
    box = page.locator("#map").bounding_box()
    assert box["x"] < x < box["x"] + box["width"] and box["y"] < y < box["y"] + box["height"]
    border = page.evaluate(AMOUNT, PICKED)
    assert border > 60, "the picked area has no border of its own"
    assert wrong == []


def test_search_makes_the_others_faint_and_names_stand_on_the_map(
    city: dict[str, Any], folder: Path, visit: Any
) -> None:
    page, wrong = _open(visit, folder, "need")
    table, fills = city["pages"]["need"]["tables"]["neighborhoods"], _fills(city, 0)
    middle = list(fills)[len(fills) // 2 :]  # amid others, not in the town's corner
    place = next(key for key in middle if not table["names"][table["ids"].index(key)].startswith("Alder"))
    _bring_near(page, city["places"][place], page.evaluate("window.chart.getZoom()") + 4)
    assert page.evaluate(COLOR, city["places"][place]) == fills[place]
    assert page.locator(".place-name").count() > 8
    page.fill("#find", "Alder")
    page.evaluate(PAINTED)
    assert page.evaluate(COLOR, city["places"][place]) != fills[place]
    page.fill("#find", "")
    page.evaluate(PAINTED)
    assert page.evaluate(COLOR, city["places"][place]) == fills[place]
    assert wrong == []


def test_the_map_follows_the_wheel_the_pointer_and_the_printer(
    city: dict[str, Any], folder: Path, visit: Any, screenshots: Path
) -> None:
    page, wrong = _open(visit, folder, "need", 1280, 900)
    page.screenshot(path=str(screenshots / "tiles-need.png"))
    fills = _fills(city, 0)
    box = page.locator("#map").bounding_box()
    middle = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    page.mouse.move(*middle)
    for _ in range(2):
        page.mouse.wheel(0, -200)
        page.wait_for_timeout(400)
    page.mouse.down()
    page.mouse.move(middle[0] + 60, middle[1] + 40, steps=6)
    page.mouse.up()
    page.wait_for_timeout(500)
    page.screenshot(path=str(screenshots / "tiles-need-near.png"))
    assert page.locator("#panel").is_hidden(), "a drag is taken for a click"
    shown = page.evaluate(
        "(() => { const b = window.chart.getBounds().pad(-0.1); return [b.getWest(), b.getSouth(), b.getEast(), b.getNorth()]; })()"
    )
    west, south, east, north = shown
    inside = [k for k, (x, y) in city["places"].items() if west < x < east and south < y < north and k in fills]
    assert inside
    assert all(page.evaluate(COLOR, city["places"][key]) == fills[key] for key in inside[:20])
    page.emulate_media(media="print")
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    some = list(fills)[::400]
    colors = [page.evaluate(COLOR, city["places"][key]) for key in some]
    assert sum(color == fills[key] for color, key in zip(colors, some, strict=True)) > len(some) / 2, "paper is blank"
    assert wrong == []


def test_pockets_and_schools_lie_over_the_tiles(city: dict[str, Any], folder: Path, visit: Any) -> None:
    page, wrong = _open(visit, folder, "growth")
    assert page.locator("canvas.leaflet-zoom-animated").count() == 1
    assert page.locator(".pocket-label").count() > 0 and wrong == []
    page, wrong = _open(visit, folder, "schools")
    assert page.locator("canvas.leaflet-zoom-animated").count() == 1
    assert page.evaluate(COLOR, city["places"]["n2525"]) in ("#fbfcfd", "#b4c0ca")
    dot = page.locator(".leaflet-overlay-pane path.leaflet-interactive").first
    dot.hover(force=True)
    dot.click(force=True)
    assert page.locator("#panel").is_visible()
    assert page.locator("#panel h2").text_content() in city["pages"]["schools"]["tables"]["schools"]["names"]
    assert wrong == []


def test_the_reader_in_the_page_sees_what_another_reader_sees(
    city: dict[str, Any], folder: Path, visit: Any, tmp_path: Path
) -> None:
    """At random places of the closest zoom GDAL and a click on the map name the same area."""
    import geopandas as gpd
    import numpy as np

    data = city["pages"]["need"]["archives"]["neighborhoods"]
    (tmp_path / "areas.pmtiles").write_bytes(data)
    read = pyogrio.read_dataframe(tmp_path / "areas.pmtiles", layer="areas", ZOOM_LEVEL=data[101], CLIP=False)
    pixel = 2 * 20037508.34 / 256 / 2 ** data[101]  # a pointer stands on whole pixels: it keeps clear of borders
    read = read.drop_duplicates("mvt_id").assign(geometry=lambda rows: rows.buffer(-2 * pixel)).to_crs(4326)
    west, south, east, north = read.total_bounds
    rng = np.random.default_rng(3)
    spots = gpd.GeoDataFrame(geometry=gpd.points_from_xy(rng.uniform(west, east, 40), rng.uniform(south, north, 40)), crs=4326)  # fmt: skip
    expected = gpd.sjoin(spots, read, predicate="within")["mvt_id"]
    page, wrong = _open(visit, folder, "need")
    table = city["pages"]["need"]["tables"]["neighborhoods"]
    assert len(expected) > 25
    for spot, row in zip(spots.geometry[expected.index], expected, strict=True):
        _bring_near(page, (spot.x, spot.y), float(data[101]))
        page.mouse.click(*page.evaluate(SPOT, [spot.x, spot.y]))
        assert page.locator("tr.picked").get_attribute("data-row") == str(row)
        assert page.locator("#panel h2").text_content() == table["names"][row]
        page.keyboard.press("Escape")
    assert wrong == []
