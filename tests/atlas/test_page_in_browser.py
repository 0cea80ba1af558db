"""What a reader sees of the page itself: menu, legend, panel, tables, headings and the size of what is clicked."""

from __future__ import annotations

import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline.atlas.book import bind
from pipeline.atlas.sheets import SHEETS
from tests.atlas.conftest import write
from tests.atlas.published import ABOUT, nothing, town

pytestmark = pytest.mark.browser
ROWS = "#table tbody tr.row"
MAPPED = [sheet.key for sheet in SHEETS if sheet.places]
# everything that is clicked and does not stand within a sentence
SMALL = """() => Array.from(document.querySelectorAll("button, select, input, summary, nav a, .brand a, .leaflet-control-zoom a"))
    .map((node) => [node, node.getBoundingClientRect()])
    .filter(([node, box]) => box.width > 0 && (box.width < 24 || box.height < 23.99))
    .map(([node, box]) => `${node.tagName} ${node.textContent.trim().slice(0, 30)} ${box.width} x ${box.height}`)"""


@pytest.mark.parametrize("name", MAPPED)
def test_map_and_legend_are_seen_together_without_scrolling(millbrook_workspace: Path, visit: Any, name: str) -> None:
    page, wrong = visit(millbrook_workspace / f"maps/{name}.html", 1280, 900)
    for key in page.locator("#view option").evaluate_all("all => all.map(one => one.value)"):
        page.select_option("#view", key)
        legend, chart = page.locator("#legend").bounding_box(), page.locator("#map").bounding_box()
        assert chart["height"] >= 260 and legend["y"] + legend["height"] <= 900, key
    assert wrong == []


def test_a_legend_has_no_line_for_a_class_without_places(millbrook_workspace: Path, visit: Any) -> None:
    seen = 0
    for name in MAPPED:
        page, _ = visit(millbrook_workspace / f"maps/{name}.html")
        for key in page.locator("#view option").evaluate_all("all => all.map(one => one.value)"):
            page.select_option("#view", key)
            amounts = page.locator("#legend .amount").all_text_contents()
            seen += len(amounts)
            assert not [text for text in amounts if text == "(0)" or text.startswith("(0 ")], (name, key)
    assert seen > 100


@pytest.mark.parametrize("name", ["need", "growth", "seats"])
def test_the_first_view_shows_the_whole_and_so_does_the_picked_row(
    millbrook_workspace: Path, visit: Any, name: str
) -> None:
    page, wrong = visit(millbrook_workspace / f"maps/{name}.html", 1280, 900)
    page.wait_for_timeout(400)
    inside = f"""() => {{
        const frame = document.getElementById("map").getBoundingClientRect();
        const paths = Array.from(document.querySelectorAll(".leaflet-overlay-pane path.leaflet-interactive")).map((path) => path.getBoundingClientRect());
        const wide = Math.max(...paths.map((box) => box.right)) - Math.min(...paths.map((box) => box.left));
        const high = Math.max(...paths.map((box) => box.bottom)) - Math.min(...paths.map((box) => box.top));
        return [paths.every((box) => box.left >= frame.left && box.right <= frame.right && box.top >= frame.top && box.bottom <= frame.bottom),
                Math.max(wide / frame.width, high / frame.height), map_{name}.getZoom()];
    }}"""
    whole, filled, zoom = page.evaluate(inside)
    assert whole and filled > 0.7, "the map opens as a thumbnail, or cut"
    page.locator(f"{ROWS} button").nth(2).click()
    page.wait_for_timeout(400)
    assert page.evaluate(inside) == [whole, filled, zoom], "what lies around the picked place is lost"
    page.locator("#whole").click()
    page.wait_for_timeout(400)
    assert page.evaluate(inside)[2] == zoom
    assert wrong == []


def test_a_place_too_small_to_be_seen_is_brought_nearer(tmp_path: Path, visit: Any) -> None:
    import shapely

    tables = town()
    places = tables["public_neighborhoods"]
    first = places.index[places["need_rank"] == 1][0]
    tables["public_neighborhoods"] = places.assign(
        geometry=[shape if row != first else shapely.box(*shape.bounds[:2], shape.bounds[0] + 40, shape.bounds[1] + 40) for row, shape in enumerate(places.geometry)]
    )  # fmt: skip
    page, wrong = visit(write(bind(tables, ABOUT), tmp_path) / "need.html")
    before = page.evaluate("map_need.getZoom()")
    page.locator(f"{ROWS} button").first.click()
    page.wait_for_timeout(500)
    assert page.evaluate("map_need.getZoom()") > before
    assert wrong == []


def test_the_menu_marks_sheets_without_figures_and_they_offer_nothing_to_attach(tmp_path: Path, visit: Any) -> None:
    folder = write(bind(nothing(), ABOUT), tmp_path)
    page, wrong = visit(folder / "rfp.html")
    bare = page.locator("nav li.bare a")
    assert bare.count() >= 8 and all("no figures" in text for text in bare.all_text_contents())
    assert page.locator("h2", has_text="To print and attach").count() == 0
    assert wrong == []


def test_the_menu_of_a_full_study_marks_none(pages: Path, visit: Any) -> None:
    page, _ = visit(pages / "need.html")
    assert page.locator("nav li").count() == len(SHEETS) + 1 and page.locator("nav li.bare").count() == 0


@pytest.mark.parametrize("name", [sheet.key for sheet in SHEETS] + ["index"])
@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_whatever_is_clicked_is_large_enough(pages: Path, visit: Any, name: str, width: int, height: int) -> None:
    page, _ = visit(pages / f"{name}.html", width, height)
    if page.locator(ROWS).count():
        page.locator(f"{ROWS} button").first.click()
    assert page.evaluate(SMALL) == []


@pytest.mark.parametrize("name", [sheet.key for sheet in SHEETS])
def test_every_table_stands_under_a_heading_and_headings_leave_no_level_out(pages: Path, visit: Any, name: str) -> None:
    page, _ = visit(pages / f"{name}.html")
    assert page.locator("table").count() == page.locator("table caption h2").count() > 0
    levels = page.locator("h1, h2, h3, h4").evaluate_all("all => all.map(one => Number(one.tagName[1]))")
    assert levels[0] == 1
    assert all(after <= before + 1 for before, after in pairwise(levels)), levels


def test_a_long_annex_shows_whole_rows_until_the_others_are_asked_for(pages: Path, visit: Any) -> None:
    page, wrong = visit(pages / "need.html")
    annex = page.locator("section.annex", has_text="The same town by four indices")
    assert annex.locator("tbody tr").count() == 15
    box = annex.locator(".wide")
    assert box.evaluate("it => it.scrollHeight <= it.clientHeight + 1"), "a row is cut"
    annex.locator(".more-rows").click()
    assert annex.locator("tbody tr").count() == 39 and not annex.locator(".more-rows").is_visible()
    assert wrong == []


def test_a_year_of_building_is_no_school_year_and_words_are_never_a_year(tmp_path: Path, visit: Any) -> None:
    tables = town()
    tables["public_rfp"] = tables["public_rfp"].assign(year_built=1931.0)
    page, wrong = visit(write(bind(tables, ABOUT), tmp_path) / "rfp.html")
    for row in range(page.locator(ROWS).count()):
        page.locator(f"{ROWS} button").nth(row).click()
        text = page.locator("#panel").inner_text()
        assert "1931" in text and "1931-32" not in text and "-aN" not in text
    assert wrong == []


def test_the_day_of_printing_and_all_sources_stand_on_paper(pages: Path, visit: Any, tmp_path: Path) -> None:
    page, wrong = visit(pages / "need.html")
    assert page.locator(".printed").is_hidden() and page.locator(".sources li").count() == 1
    assert not page.locator(".sources li").is_visible()
    page.pdf(path=str(tmp_path / "need.pdf"))
    assert not page.locator(".sources li").is_visible(), "what was opened for paper stays open after"
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    today = page.evaluate("new Date().toLocaleDateString('en-US', {year: 'numeric', month: 'long', day: 'numeric'})")
    told = page.locator("footer").inner_text()
    assert f"Printed on {today}." in told and "census figures of 2019-2023 and 2014-2018" in told
    assert ABOUT.sources[0][1] in told, "the list of sources is folded away"
    assert not page.locator(".more-rows").first.is_visible()
    assert page.locator("section.annex", has_text="The same town by four indices").locator("tbody tr").count() == 39
    assert wrong == []


def test_labels_of_pockets_never_lie_over_each_other(tmp_path: Path, visit: Any) -> None:
    tables = town()
    pockets = tables["public_pockets"]
    several = [pockets.assign(pocket_id=f"p{i}", area_ids=f"n{i // 3:02d}") for i in range(6)]
    tables["public_pockets"] = pd.concat(several, ignore_index=True)
    page, wrong = visit(write(bind(tables, ABOUT), tmp_path) / "growth.html", 390, 844)
    page.wait_for_timeout(300)
    shown = page.locator(".pocket-label:visible")
    boxes = [shown.nth(i).bounding_box() for i in range(shown.count())]
    assert 1 <= len(boxes) < 6
    for i, a in enumerate(boxes):
        for b in boxes[i + 1 :]:
            assert a["x"] + a["width"] <= b["x"] or b["x"] + b["width"] <= a["x"] or a["y"] + a["height"] <= b["y"] or b["y"] + b["height"] <= a["y"]  # fmt: skip
    assert wrong == []


def test_only_all_draws_are_called_all_on_the_page_as_in_the_packet(visit: Any, tmp_path: Path) -> None:
    said = {1.0: "100%", 0.997: "over 99%", 0.995: "over 99%", 0.994: "99%", 0.001: "under 1%", 0.0: "0%"}
    tables = town()
    places = tables["public_neighborhoods"].sort_values("neighborhood_id").reset_index(drop=True)
    shares = [list(said)[row % len(said)] for row in range(len(places))]
    files = bind({**tables, "public_neighborhoods": places.assign(high_need_probability_share=shares)}, ABOUT)
    page, wrong = visit(write({"maps/need.html": files["maps/need.html"]}, tmp_path) / "need.html")
    heads = [text.strip() for text in page.locator("#table thead th").all_text_contents()]
    column = next(place for place, text in enumerate(heads) if text.startswith("Chance of high need"))
    shown = page.locator(ROWS).evaluate_all(
        "(rows, column) => rows.map((row) => row.children[column].textContent.trim())", column
    )
    assert sorted(shown) == sorted(said[share] for share in shares)
    assert wrong == []


def test_a_change_that_rounds_to_nothing_has_no_sign(visit: Any, tmp_path: Path) -> None:
    tables = town()
    moved = tables["public_cut_sweep"]["cut_change"].replace({-0.05: 0.004})
    errors = tables["public_backtest"]["horizon_years"].map({1: 0.0004, 3: -0.0004, 5: 0.0006})
    tables |= {
        "public_cut_sweep": tables["public_cut_sweep"].assign(cut_change=moved),
        "public_backtest": tables["public_backtest"].assign(mean_error_change=errors),
    }
    files = bind(tables, ABOUT)
    folder = write({name: files[name] for name in ("maps/how_wrong.html", "maps/seats.html")}, tmp_path)
    page, _ = visit(folder / "how_wrong.html")
    told = page.locator("section.annex", has_text="The whole table of the test").locator("tbody").inner_text()
    assert "+0.1%" in told and re.search(r"[^.\d]0\.0%", told) and not re.search(r"[+\u2212]0\.0%", told)
    page, _ = visit(folder / "seats.html")
    told = page.locator("section.annex", has_text="as the quality cut moves").locator("tbody").inner_text()
    assert "+5 points" in told and re.search(r"\b0 points", told) and not re.search(r"[+\u2212]0 points", told)
