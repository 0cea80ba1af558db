"""Pictures under the maps: none unless the study names a server, and then only when a reader asks for them."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

from pipeline.atlas.book import FILES, bind
from pipeline.config import Atlas
from tests.atlas.conftest import write
from tests.atlas.published import ABOUT, town

TILES = replace(ABOUT, tiles="https://tiles.example.org/{z}/{x}/{y}.png", tiles_credit="Example, <b>open</b> data")
PAGES = [name for name in FILES if name.endswith(".html")]


def _images(page: str) -> str:
    found = re.search(r"img-src ([^;]*);", page)
    assert found
    return found.group(1)


def test_by_default_no_page_may_load_a_picture(files: dict[str, Any]) -> None:
    for name in PAGES:
        assert _images(files[name]) == "data:" and 'id="tiles"' not in files[name], name


def test_a_study_that_names_a_server_allows_it_on_its_maps_alone() -> None:
    files = bind(town(), TILES)
    assert _images(str(files["maps/need.html"])) == "data: https://tiles.example.org"
    assert "Streets, loaded from tiles.example.org" in str(files["maps/need.html"])
    for name in ("maps/index.html", "maps/how_wrong.html", "maps/rfp_packets.html"):
        assert _images(str(files[name])) == "data:", name


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"tiles": "https://x.org/{z}/{x}.png", "tiles_credit": "X"}, "lacks one of {z}, {x} and {y}"),
        ({"tiles": "https://x.org/{z}/{x}/{y}.png"}, "without tiles_credit"),
        ({"tiles": "http://x.org/{z}/{x}/{y}.png", "tiles_credit": "X"}, "String should match pattern"),
        ({"tiles": "https://x.org/{z}/{x}/{y}; script-src *", "tiles_credit": "X"}, "String should match pattern"),
        ({"tiles": "https://x.org'/{z}/{x}/{y}", "tiles_credit": "X"}, "String should match pattern"),
    ],
)
def test_an_address_that_would_widen_the_policy_or_name_nobody_is_refused(given: dict[str, str], said: str) -> None:
    with pytest.raises(ValidationError) as refused:
        Atlas(**given)  # type: ignore[arg-type]
    assert said in str(refused.value)
    Atlas(tiles="https://tile.example.org:8443/osm/{z}/{x}/{y}.png", tiles_credit="X")


@pytest.mark.browser
def test_pictures_are_asked_for_only_after_a_click_and_their_publisher_is_named(tmp_path: Path, visit: Any) -> None:
    page, wrong = visit(write(bind(town(), TILES), tmp_path) / "need.html")
    page.wait_for_timeout(400)
    assert wrong == [] and page.locator("#tiles-credit").is_hidden() and not page.locator("#tiles").is_checked()
    page.locator("#tiles").check()
    page.wait_for_timeout(400)
    asked = [text for text in wrong if text.startswith("request: ")]
    assert asked and all(text.startswith("request: https://tiles.example.org/") for text in asked)
    assert page.locator("#tiles-credit").inner_text() == "Streets: Example, <b>open</b> data"
    assert page.evaluate("window.executed") == [], "the policy forbids what it is to allow"
    page.locator("#tiles").uncheck()
    assert page.locator("#tiles-credit").is_hidden() and page.locator(".leaflet-tile-pane img").count() == 0
