"""A committee session on Millbrook's finished pages, offline: switch, search, open, sort, compare, print; by pointer and by keyboard alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from pypdf import PdfReader

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
