"""What stands on paper when a sheet is printed: the whole map, every fold opened, heads and words whole."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pipeline.atlas.sheets import SHEETS

pytestmark = pytest.mark.browser
ROWS = "#table tbody tr.row"
# the page as it is laid out for paper, seen while it is printed: only then has it paper's width
SEEN = """() => matchMedia("print").addEventListener("change", (event) => {
    if (!event.matches) return;
    const frame = document.getElementById("map").getBoundingClientRect();
    const drawn = Array.from(document.querySelectorAll(".leaflet-overlay-pane path")).map((path) => path.getBoundingClientRect()).filter((box) => box.width);
    const least = (side) => Math.min(...drawn.map((box) => box[side])), most = (side) => Math.max(...drawn.map((box) => box[side]));
    window.paper = {
        whole: least("left") >= frame.left && most("right") <= frame.right && least("top") >= frame.top && most("bottom") <= frame.bottom,
        filled: Math.max((most("right") - least("left")) / frame.width, (most("bottom") - least("top")) / frame.height),
        off: Math.abs((least("left") + most("right")) / 2 - (frame.left + frame.right) / 2) / frame.width,
        fold: Array.from(document.querySelectorAll("#panel .how li")).map((line) => line.getBoundingClientRect().height),
    };
})"""
LOOK = "() => { const map = Object.values(window).find(one => one instanceof L.Map); return [map.getZoom(), map.getSize(), map.getCenter().lat.toFixed(3), map.getCenter().lng.toFixed(3)]; }"


@pytest.mark.parametrize("width", [390, 1280, 1600])
@pytest.mark.parametrize("name", ["need", "facilities", "es/need"])
def test_the_whole_map_is_printed_and_the_screen_is_as_before(
    millbrook_workspace: Path, visit: Any, tmp_path: Path, name: str, width: int
) -> None:
    page, wrong = visit(millbrook_workspace / f"maps/{name}.html", width, 900)
    answer = page.locator(".question > .more-rows")
    if answer.count():  # paper has it whole, and it stays so
        answer.click()
    page.locator(f"{ROWS} button").nth(3).click()
    page.wait_for_timeout(400)
    before = page.evaluate(LOOK)
    page.evaluate(SEEN)
    for paper in ("Letter", "A4"):
        page.pdf(path=str(tmp_path / "printed.pdf"), format=paper)
        seen = page.evaluate("window.paper")
        assert seen["whole"] and seen["filled"] > 0.7 and seen["off"] < 0.05, (paper, seen)
        if name != "facilities":
            assert len(seen["fold"]) > 5 and min(seen["fold"]) > 0, "how it was computed is folded away on paper"
    page.wait_for_timeout(100)
    after = page.evaluate(LOOK)
    assert after == before and wrong == []


@pytest.mark.parametrize("name", [f"{folder}{sheet.key}" for folder in ("", "es/") for sheet in SHEETS])
def test_on_paper_no_table_is_cut_and_no_word_or_number_broken(
    millbrook_workspace: Path, visit: Any, name: str
) -> None:
    page, wrong = visit(millbrook_workspace / f"maps/{name}.html", 687, 1000)  # a page of A4 within its margins
    page.evaluate("window.dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    cells = page.locator("table th, table td")
    assert set(cells.evaluate_all("all => all.map(one => getComputedStyle(one).overflowWrap)")) <= {"normal"}
    assert set(cells.evaluate_all("all => all.map(one => getComputedStyle(one).hyphens)")) <= {"manual"}
    # nor does a head lie beyond its cell: a browser repeats heads of words on further pages, but not those of buttons
    assert set(page.locator("thead button").evaluate_all("all => all.map(one => getComputedStyle(one).display)")) <= {"contents"}  # fmt: skip
    wide = page.locator("table").evaluate_all(
        "all => all.filter(one => one.getBoundingClientRect().right > document.documentElement.clientWidth + 1).map(one => one.textContent.slice(0, 80))"
    )
    assert wide == [] and wrong == []
