"""The hexagon town, bound once, and a browser that may reach nothing."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.atlas.book import bind
from pipeline.atlas.take import take
from tests.atlas.published import ABOUT, town

CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync"
)


def write(files: dict[str, str | bytes], folder: Path) -> Path:
    """Put bound files under a folder; return the folder of the pages."""
    for name, content in files.items():
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content.encode("utf-8") if isinstance(content, str) else content)
    return folder / "maps"


@pytest.fixture(scope="session")
def tables() -> dict[str, Any]:
    return town()


@pytest.fixture(scope="session")
def files(tables: dict[str, Any]) -> dict[str, str | bytes]:
    return bind(tables, ABOUT)


@pytest.fixture(scope="session")
def taken(tables: dict[str, Any]) -> dict[str, str | bytes]:
    """The files of the stage packet."""
    return take(tables, ABOUT)


@pytest.fixture(scope="session")
def pages(files: dict[str, str | bytes], tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write(files, tmp_path_factory.mktemp("atlas"))


@pytest.fixture(scope="session")
def screenshots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where pictures of the pages are put to be looked at: SCHOOLSHED_SCREENSHOTS, or a scratch folder."""
    folder = Path(os.environ.get("SCHOOLSHED_SCREENSHOTS") or tmp_path_factory.mktemp("screenshots"))
    folder.mkdir(parents=True, exist_ok=True)
    return folder


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Headless Chromium; a missing one fails these tests, it does not skip them."""
    from playwright.sync_api import sync_playwright

    if not Path(CHROMIUM).exists():
        pytest.fail(
            f"{CHROMIUM} is not there: install it (Debian: apt-get install chromium) or set CHROMIUM to its path."
        )
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=CHROMIUM, args=QUIET.split())
        yield browser
        browser.close()


@pytest.fixture
def visit(chromium: Any) -> Iterator[Any]:
    """Open a page offline and watch it: ``visit(path, width, height)`` returns (page, what went wrong)."""
    contexts = []

    def go(path: Path, width: int = 1280, height: int = 800) -> tuple[Any, list[str]]:
        context = chromium.new_context(viewport={"width": width, "height": height}, offline=True)
        contexts.append(context)
        page = context.new_page()
        wrong: list[str] = []
        page.add_init_script(
            "window.executed = []; document.addEventListener('securitypolicyviolation', e => window.executed.push('policy ' + e.violatedDirective));"
        )
        page.on("console", lambda message: wrong.append(f"console {message.type}: {message.text}"))
        page.on("pageerror", lambda error: wrong.append(f"error: {error}"))
        page.on("dialog", lambda dialog: (wrong.append(f"dialog: {dialog.message}"), dialog.dismiss()))
        page.on(
            "request",
            lambda request: None if request.url == path.as_uri() else wrong.append(f"request: {request.url[:200]}"),
        )
        page.goto(path.as_uri())
        return page, wrong

    yield go
    for context in contexts:
        context.close()
