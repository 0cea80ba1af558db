"""The address of a page names what is open: Back, a copied link and the other language lead to it again."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from pipeline.atlas.sheets import SHEETS

pytestmark = pytest.mark.browser
ROWS = "#table tbody tr.row"
# the controls that lie over something drawn, looked at along every outline
COVERED = """() => [".over", ".leaflet-control-zoom"].filter((name) => {
    const control = document.querySelector(name).getBoundingClientRect();
    return Array.from(document.querySelectorAll(".leaflet-overlay-pane path")).some((path) => {
        const matrix = path.getScreenCTM(), length = path.getTotalLength();
        for (let at = 0; at < length; at += 3) {
            const spot = path.getPointAtLength(at).matrixTransform(matrix);
            if (spot.x > control.left && spot.x < control.right && spot.y > control.top && spot.y < control.bottom) return true;
        }
        return false;
    });
})"""


def test_the_other_language_opens_the_same_place_and_view(millbrook_workspace: Path, visit: Any) -> None:
    page, wrong = visit(millbrook_workspace / "maps/need.html")
    before = page.evaluate("history.length")
    page.select_option("#view", index=3)
    shown = page.input_value("#view")
    named = f"view={quote(shown)}"
    page.locator(f"{ROWS} button").nth(4).click()
    name, address = page.locator("#panel h2").inner_text(), page.url.partition("#")[2]
    assert address.startswith("area=") and address.endswith(f"&{named}")
    assert page.evaluate("history.length") == before and wrong == []
    for language in ("es", "en"):
        page.locator(".band .language").click()
        page.wait_for_url(f"**/need.html#{address}")
        assert page.locator("html").get_attribute("lang") == language
        assert page.locator("#panel h2").inner_text() == name and page.input_value("#view") == shown
    page.keyboard.press("Escape")
    assert page.url.endswith(f"#{named}")
    page.select_option("#view", index=0)
    assert page.url.endswith("/need.html") and page.evaluate("window.executed") == []


def test_two_that_are_compared_stay_so_in_the_other_language_and_their_difference_comes_first(
    millbrook_workspace: Path, visit: Any
) -> None:
    page, wrong = visit(millbrook_workspace / "maps/growth.html")
    page.select_option("#from", index=1)
    page.select_option("#to", index=1)
    page.locator(f"{ROWS} button").first.click()
    first = page.locator("#panel > :not(.top, .warn)")
    assert first.nth(0).evaluate("node => node.tagName") == "H3" and "against" in first.nth(0).inner_text()
    told = first.nth(1).locator("dt").all_inner_texts()
    assert told[0] == "Difference" and len(told) == 3
    assert page.locator("#panel dt", has_text="Difference").count() == 1
    value = first.nth(1).locator("dd").all_inner_texts()
    assert value[0].split(" ")[0] == page.locator(f"{ROWS}.picked td").first.inner_text().split(" ")[0] and wrong == []
    page.locator(".band .language").click()
    page.wait_for_url("**/es/growth.html#area=*")
    assert page.locator("#panel .difference dd").all_inner_texts() == value


def test_back_from_the_packet_finds_the_place_open(millbrook_workspace: Path, visit: Any) -> None:
    page, _ = visit(millbrook_workspace / "maps/need.html")
    page.locator(f"{ROWS} button").nth(2).click()
    name = page.locator("#panel h2").inner_text()
    page.locator("#panel .leaf a").click()
    page.wait_for_url("**/packet.html#n-*")
    leaf = page.url.partition("#")[2]
    page.locator(".band .language").click()
    page.wait_for_url(f"**/es/packet.html#{leaf}")
    assert page.locator(".leaf:visible h2").inner_text() == name
    page.go_back()
    page.go_back()
    page.wait_for_url("**/need.html#area=*")
    assert page.locator("#panel h2").inner_text() == name
    assert page.locator(f"{ROWS}.picked button").inner_text() == name


@pytest.mark.parametrize("row", [0, 7, 12])
def test_a_clicked_row_is_seen_beside_its_panel(millbrook_workspace: Path, visit: Any, row: int) -> None:
    page, wrong = visit(millbrook_workspace / "maps/need.html", 1280, 900)
    page.locator(f"{ROWS} button").nth(row).click()
    box, head, own = (
        page.locator(place).bounding_box() for place in (".side .scroll", "#table thead", f"{ROWS}.picked")
    )
    assert head["y"] + head["height"] <= own["y"] + 1 and own["y"] + own["height"] <= box["y"] + box["height"] + 1
    assert wrong == []


@pytest.mark.parametrize("name", [f"{folder}{sheet.key}" for folder in ("", "es/") for sheet in SHEETS if sheet.places])
def test_no_control_lies_over_the_drawn_area(millbrook_workspace: Path, visit: Any, name: str) -> None:
    page, wrong = visit(millbrook_workspace / f"maps/{name}.html", 1280, 900)
    page.wait_for_timeout(100)
    assert page.evaluate(COVERED) == [] and wrong == []
