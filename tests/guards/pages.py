"""``python -m tests.guards.pages FOLDER ...``: open every page of finished atlases offline, wide and on a phone; fail on anything wrong, or unlike its twin in another language."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from importlib.resources import files as packaged
from pathlib import Path
from typing import Any

from playwright.sync_api import sync_playwright

from pipeline.atlas.catalogue import LANGUAGES
from tests.atlas.conftest import CHROMIUM, QUIET
from tests.atlas.twins import unlike

SIZES = ((1280, 800), (390, 844))


def wrong_with(context: Any, path: Path, width: int, axe: str) -> Iterator[str]:
    """What a page does that it must not: ask for anything, report an error, run wider than the screen, or fail axe-core."""
    page, found = context.new_page(), []
    page.on("console", lambda message: found.append(f"console {message.type}: {message.text}"))
    page.on("pageerror", lambda error: found.append(f"error: {error}"))
    page.on(
        "request", lambda asked: None if asked.url == path.as_uri() else found.append(f"asks for {asked.url[:120]}")
    )
    page.goto(path.as_uri())
    page.wait_for_timeout(200)
    rows = page.locator("#table tbody button")
    if rows.count():
        rows.first.click()
    yield from found
    twin = path.parent.parent / path.name
    if path.parent.name in LANGUAGES:
        yield from unlike(twin.read_text(encoding="utf-8"), path.read_text(encoding="utf-8"))
    if (wide := page.evaluate("document.documentElement.scrollWidth")) > width:
        yield f"{wide} pixels wide on a screen of {width}"
    if axe:
        page.evaluate(axe)
        for rule in page.evaluate("axe.run(document, {resultTypes: ['violations']})")["violations"]:
            if rule["impact"] in ("serious", "critical"):
                first = rule["nodes"][0]["html"][:120]
                yield f"axe {rule['id']} ({rule['impact']}), {len(rule['nodes'])} times, first {first}"
    page.close()


def main(folders: list[str]) -> int:
    """Open the pages; print what is wrong, and how many were opened."""
    pages = [page for folder in folders for page in sorted(Path(folder).resolve().rglob("*.html"))]
    if empty := [folder for folder in folders if not list(Path(folder).glob("*.html"))]:
        print(f"no page in {', '.join(empty)}: run `make maps` or `make studies` first", file=sys.stderr)
        return 2
    axe = (packaged("axe_playwright_python") / "axe.min.js").read_text(encoding="utf-8")
    wrong = 0
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        for width, height in SIZES:
            context = browser.new_context(viewport={"width": width, "height": height}, offline=True)
            for page in pages:
                # the rules are the same at each width and for each twin, and take most of the time
                rules = axe if width == SIZES[0][0] and page.parent.name not in LANGUAGES else ""
                for line in wrong_with(context, page, width, rules):
                    wrong += 1
                    print(f"{page.relative_to(page.parents[2])} at {width}: {line}")
        browser.close()
    print(f"{len(pages)} pages opened at {len(SIZES)} widths, {wrong} things wrong")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
