"""Every page against the rules of axe-core, wide and on a phone, with an area opened."""

from __future__ import annotations

from importlib.resources import files as packaged
from pathlib import Path
from typing import Any

import pytest

from pipeline.atlas.book import FILES

pytestmark = pytest.mark.browser
PAGES = [name.removeprefix("maps/") for name in FILES if name.endswith(".html")]


@pytest.fixture(scope="session")
def axe() -> str:
    return (packaged("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")


def findings(page: Any, axe: str) -> list[str]:
    """What axe-core finds: rule, how grave, how often, the first place."""
    page.evaluate(axe)
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{rule['id']} ({rule['impact']}): {len(rule['nodes'])} times, first {rule['nodes'][0]['html'][:160]}"
        for rule in found["violations"]
    ]


# a twin in another language has the same elements: it is looked at once
SIZES = {"": ((1280, 800), (390, 844)), "es": ((1280, 800),)}


@pytest.mark.parametrize(
    ("name", "width", "height"),
    [(name, *size) for name in PAGES for size in SIZES["es" if name.startswith("es/") else ""]],
)
def test_axe_finds_nothing(pages: Path, visit: Any, axe: str, name: str, width: int, height: int) -> None:
    page, _ = visit(pages / name, width, height)
    rows = page.locator("#table tbody button")
    if rows.count():
        rows.first.click()
    assert findings(page, axe) == []


def test_axe_finds_what_is_wrong(pages: Path, visit: Any, axe: str) -> None:
    page, _ = visit(pages / "need.html")
    page.evaluate(
        """() => {
            document.documentElement.removeAttribute("lang");
            document.querySelector("main").append(document.createElement("button"));
        }"""
    )
    found = " ".join(findings(page, axe))
    assert "html-has-lang (serious)" in found and "button-name (critical)" in found
