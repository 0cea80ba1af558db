"""A committee session on Millbrook's finished pages, offline: switch, search, open, sort, compare, print; by pointer and by keyboard alone."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from pypdf import PdfReader

from pipeline.atlas.book import bind
from pipeline.atlas.sheets import SHEETS
from tests.atlas.conftest import write
from tests.atlas.published import ABOUT, town

pytestmark = pytest.mark.browser
ROWS = "#table tbody tr.row"


def open_growth(millbrook_workspace: Path, visit: Any) -> tuple[Any, list[str]]:
    page, wrong = visit(millbrook_workspace / "maps" / "growth.html")
    page.locator(ROWS).first.wait_for()
    return page, wrong


def printed(page: Any, folder: Path) -> str:
    """Text of the page on paper."""
    path = folder / "session.pdf"
    page.pdf(path=str(path), format="Letter")
    return "\n".join(sheet.extract_text() for sheet in PdfReader(path).pages)


def tab_to(page: Any, wanted: str, most: int = 40) -> None:
    """Press Tab until the wanted control has the focus."""
    for _ in range(most):
        page.keyboard.press("Tab")
        if page.evaluate("(wanted) => document.activeElement.matches(wanted)", wanted):
            return
    pytest.fail(f"{most} times Tab did not reach {wanted}")


def test_a_session_by_pointer(millbrook_workspace: Path, visit: Any, screenshots: Path, tmp_path: Path) -> None:
    page, wrong = open_growth(millbrook_workspace, visit)
    # the indicator is switched: legend and table follow
    before = page.locator("#legend").inner_text()
    page.select_option("#view", index=1)
    assert page.locator("#legend").inner_text() != before
    page.select_option("#view", index=0)
    # searched for: only what was meant is left
    page.fill("#find", "larkspur")
    shown = [name for name in page.locator(f"{ROWS} button").all_inner_texts() if name.strip()]
    assert any("Larkspur" in name for name in shown)
    page.locator(f"{ROWS}:visible button", has_text="Larkspur").first.click()
    panel = page.locator("#panel")
    assert panel.is_visible() and "Larkspur" in panel.inner_text() and "±" in panel.inner_text()
    page.screenshot(path=str(screenshots / "session-opened.png"))
    page.fill("#find", "")
    # sorted, and sorted the other way
    head = page.locator("#table thead button").first
    head.click()
    names = page.locator(f"{ROWS} button").all_inner_texts()
    head.click()
    assert page.locator(f"{ROWS} button").all_inner_texts() != names
    # two periods are compared: the map gets a legend about the difference
    page.select_option("#from", index=1)
    page.select_option("#to", index=1)
    assert page.locator("#legend").inner_text() != before
    page.screenshot(path=str(screenshots / "session-compared.png"))
    paper = printed(page, tmp_path)
    assert "Where is the number of children growing?" in paper and "2019-2023" in paper
    page.emulate_media(media="print")
    page.screenshot(path=str(screenshots / "session-print.png"), full_page=True)
    assert wrong == [] and page.evaluate("window.executed") == []


def test_a_session_by_keyboard(millbrook_workspace: Path, visit: Any, tmp_path: Path) -> None:
    page, wrong = open_growth(millbrook_workspace, visit)
    tab_to(page, "#view")
    before = page.locator("#legend").inner_text()
    page.keyboard.press("ArrowDown")
    assert page.locator("#legend").inner_text() != before
    page.keyboard.press("ArrowUp")
    tab_to(page, "#from")
    page.keyboard.press("ArrowDown")
    assert page.evaluate("document.getElementById('from').selectedIndex") == 1
    tab_to(page, "#to")
    page.keyboard.press("ArrowDown")
    compared = page.locator("#legend").inner_text()
    assert compared != before
    tab_to(page, "#find")
    page.keyboard.type("larkspur")
    tab_to(page, "#table thead button")
    order = page.locator("#table thead th").first.get_attribute("aria-sort")
    page.keyboard.press("Enter")
    assert page.locator("#table thead th").first.get_attribute("aria-sort") != order
    tab_to(page, "#table tbody button")
    page.keyboard.press("Enter")
    panel = page.locator("#panel")
    assert panel.is_visible() and "Larkspur" in panel.inner_text()
    # and back: what was opened closes, and the focus is where it was
    page.keyboard.press("Escape")
    assert not panel.is_visible()
    assert page.evaluate("document.activeElement.closest('#table') !== null")
    assert "Larkspur" in printed(page, tmp_path)
    assert wrong == [] and page.evaluate("window.executed") == []


def test_from_an_area_to_its_page_of_the_packet_and_back(millbrook_workspace: Path, visit: Any) -> None:
    maps = millbrook_workspace / "maps"
    page, wrong = visit(maps / "need.html")
    page.locator(f"{ROWS} button", has_text="Almond Acres").click()
    panel = page.locator("#panel")
    assert "There is no earlier release of this study to compare with." in panel.inner_text()
    page.locator("#panel .how summary").click()
    counts = page.locator("#panel .counts li").all_inner_texts()
    of_pupils = [line for line in counts if line.endswith(": counts of pupils are not published.")]
    counts = [line for line in counts if line not in of_pupils]
    assert len(counts) == 9 and all(re.search(r": [\d,]+ \u00b1 \d+ of [\d,]+ \u00b1 \d+\.$", line) for line in counts)
    assert len(of_pupils) == 3 and "may exceed it" in page.locator("#panel .how").inner_text()
    page.select_option("#view", label="Children in poverty")
    (own,) = page.locator("#panel .counts li").all_text_contents()
    assert own in counts and own.startswith("Children in poverty: ")
    # the packet opens at its page, which is the only one shown
    page.locator("#panel .leaf a").click()
    page.wait_for_url("**/packet.html#n-N07")
    leaf = page.locator(".leaf:visible")
    assert leaf.count() == 1 and leaf.locator("h2").inner_text() == "Almond Acres"
    assert "Since the last release" in leaf.inner_text()
    leaf.get_by_role("link", name="Open it on the map").click()
    page.wait_for_url("**/need.html#area=N07")
    assert page.locator("#panel h2").inner_text() == "Almond Acres"
    assert page.locator(f"{ROWS}.picked button").inner_text() == "Almond Acres"
    # the way to the packet is the only thing that was asked for
    assert all(line.endswith("/maps/packet.html") for line in wrong) and page.evaluate("window.executed") == []


def test_panels_say_what_their_number_is_made_of_or_why_not(millbrook_workspace: Path, visit: Any) -> None:
    said = {
        "growth": r": [\d,]+ \u00b1 \d+ before, [\d,]+ \u00b1 \d+ now\.$",
        "outlook": r": [\d,]+ now, [\d,]+ expected\.$",
        "siting": r": [\d,]+ missing seats, less [\d,]+ served\.$",
        "facilities": r"^Room: underutilized by \d of \d ways of counting seats\.$",
        "rfp": r"^On the list: underutilized by \d of \d ways of counting seats\.$",
        "schools": r"^Status: counts of pupils are not published\.$",
        "access": r": of seats and children within reach, only the ratio to the district\u2019s mean is published\.$",
    }
    for name, pattern in said.items():
        page, wrong = visit(millbrook_workspace / "maps" / f"{name}.html")
        page.locator(f"{ROWS} button").first.click()
        (line,) = page.locator("#panel .counts li").all_text_contents()
        assert re.search(pattern, line), (name, line)
        assert wrong == [] and "may exceed it" not in page.locator("#panel .how").text_content()


def test_an_address_that_names_no_area_opens_none(millbrook_workspace: Path, visit: Any) -> None:
    page, wrong = visit(millbrook_workspace / "maps" / "seats.html")
    for ending in ("#area=nowhere", "#area=%E0%A4%A", "#area=", "#table"):
        page.evaluate("(ending) => { location.hash = ending; }", ending)
        page.wait_for_timeout(50)
        assert page.locator("#panel").is_hidden()
    # of another level than the one shown: the level is shown
    other = page.evaluate(
        "Array.from(document.getElementById('view').options, (one) => one.value).find((key) => key.startsWith('zones_high'))"
    )
    zone = millbrook_zone(millbrook_workspace)
    page.evaluate("(zone) => { location.hash = '#area=' + zone; }", zone)
    page.wait_for_timeout(100)
    assert page.locator("#panel").is_visible() and page.input_value("#view") == other
    assert "quality seats for" in page.locator("#panel .counts").text_content()
    assert wrong == []


def millbrook_zone(workspace: Path) -> str:
    """A zone of the high schools whose id no other level has."""
    zones = pd.read_parquet(workspace / "data/processed/public_zones.parquet")
    other = set(zones.loc[zones["level"] != "high", "zone_id"])
    return str(next(zone for zone in zones.loc[zones["level"] == "high", "zone_id"] if zone not in other))


@pytest.mark.parametrize(("width", "height"), [(1280, 900), (390, 844)])
def test_the_menu_takes_one_line_and_every_sheet_can_be_reached_in_it(
    millbrook_workspace: Path, visit: Any, width: int, height: int
) -> None:
    for name in ("index", "need", "rfp", "quality_of_data"):
        page, wrong = visit(millbrook_workspace / "maps" / f"{name}.html", width, height)
        links = page.locator(".band nav ul a")
        many = links.count()
        assert many == len(SHEETS) + 1
        tops = {round(links.nth(place).bounding_box()["y"]) for place in range(many)}
        assert len(tops) == 1, name
        current = page.locator(".band nav [aria-current]").bounding_box()
        assert current["x"] >= 0 and current["x"] + current["width"] <= width
        last = links.nth(many - 1)
        last.focus()
        box = last.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= width
        assert page.evaluate("document.documentElement.scrollWidth") <= width
        assert wrong == []


def test_a_long_legend_stays_in_the_window_and_is_scrolled(millbrook_workspace: Path, visit: Any) -> None:
    page, _ = visit(millbrook_workspace / "maps" / "growth.html", 1280, 900)
    legend = page.locator("#legend")

    def below() -> float:
        box = legend.bounding_box()
        return float(box["y"] + box["height"])

    assert below() <= 900 and legend.get_attribute("tabindex") is None
    # an answer as long as a large city's, and as many lines as classes and marks can be
    page.evaluate(
        """() => {
            document.querySelector(".answer").textContent += " And so on, as long as in a large city.".repeat(12);
            const list = document.querySelector("#legend ul");
            for (let turn = 0; turn < 30; turn += 1) list.appendChild(list.firstChild.cloneNode(true));
            window.dispatchEvent(new Event("resize"));
        }"""
    )
    assert below() <= 900
    assert legend.get_attribute("tabindex") == "0" and legend.get_attribute("aria-label") == "Legend"
    assert legend.evaluate("(box) => box.scrollHeight > box.clientHeight")
    assert page.locator("#map").bounding_box()["height"] >= 260


def test_no_control_lies_over_the_map_on_a_phone_and_listed_sites_are_named_first(
    millbrook_workspace: Path, visit: Any
) -> None:
    phone, _ = visit(millbrook_workspace / "maps" / "need.html", 390, 844)
    over, frame = phone.locator(".over").bounding_box(), phone.locator("#map").bounding_box()
    assert over["y"] + over["height"] <= frame["y"]
    page, _ = visit(millbrook_workspace / "maps" / "rfp.html", 1280, 900)
    named = {re.sub(r"\s", "", text) for text in page.locator(".place-name").all_text_contents()}
    listed = [name for name, status in zip(page.locator(f"{ROWS} button").all_inner_texts(), page.locator(f"{ROWS} td.shown").all_inner_texts(), strict=True) if status == "Listed"]  # fmt: skip
    assert len(listed) == 6 and sum(re.sub(r"\s", "", name) in named for name in listed) >= 5
    for label in page.locator(".place-name span").all():
        box, controls = label.bounding_box(), page.locator(".over").bounding_box()
        assert box["y"] >= controls["y"] + controls["height"] or box["x"] + box["width"] <= controls["x"] + 150


def test_the_table_of_sharing_needs_no_scrolling_on_a_desk(millbrook_workspace: Path, visit: Any) -> None:
    page, _ = visit(millbrook_workspace / "maps" / "sharing.html", 1280, 900)
    assert page.evaluate(
        "(() => { const box = document.querySelector('.side .scroll'); return box.scrollWidth <= box.clientWidth + 1; })()"
    )


def test_a_panel_does_not_draw_an_arrow_between_numbers_made_in_two_ways(tmp_path: Path, visit: Any) -> None:
    tables = town()
    tables["public_changes"] = tables["public_changes"].assign(change_evidence="not_comparable")
    page, wrong = visit(write(bind(tables, ABOUT), tmp_path) / "need.html")
    page.locator(f"{ROWS} button", has_text="Alder Grove").first.click()
    (line,) = page.locator("#panel .since li").all_inner_texts()
    assert line == "Need rank: then 4, now 2. Made in two ways: not comparable. Newer data." and wrong == []


def test_a_panel_tells_what_changed_since_the_last_release(pages: Path, visit: Any) -> None:
    page, wrong = visit(pages / "need.html")
    panel = page.locator("#panel")
    page.locator(f"{ROWS} button", has_text="Alder Grove").first.click()
    assert panel.locator("h3", has_text="Since the release 2023-24").count() == 1
    (line,) = panel.locator(".since li").all_inner_texts()
    assert line == "Need rank: 4 \u2192 2. Within its margins: may be chance. Newer data."
    page.locator(f"{ROWS} button", has_text="Ash Hill").first.click()
    assert panel.locator("p.since").inner_text() == "Nothing that the release 2023-24 tells of it has changed."
    page.locator(f"{ROWS} button", has_text="Willow Grove").first.click()
    assert panel.locator("p.since").inner_text() == "The release 2023-24 has no numbers of it."
    page, more = visit(pages / "facilities.html")
    page.locator(f"{ROWS} button").first.click()
    assert page.locator("#panel p.since").inner_text() == "The release 2023-24 has no numbers of it."
    assert page.locator("#panel p.leaf").count() == 0
    assert wrong == more == []
