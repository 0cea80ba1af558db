"""Folium draws the map; what it needs is inlined, and the page may fetch nothing."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Sequence
from functools import cache
from importlib.resources import files
from typing import Any

import folium
from branca.element import MacroElement
from folium.template import Template

ASSETS = files("pipeline.atlas") / "assets"


class Draw(MacroElement):
    """Asks the page's script to add one set of shapes of the data block to the map."""

    _template = Template(
        "{% macro script(this, kwargs) %}schoolshed.draw({{ this._parent.get_name() }}, {{ this.what|tojson }}, {{ this.key|tojson }});{% endmacro %}"
    )

    def __init__(self, what: str, key: str = "") -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # branca has no types here
        self._name = "Draw"
        self._id = f"{what}_{key}"  # folium's own ids are random: two renders would differ
        self.what = what
        self.key = key


def draw_map(key: str, page: dict[str, Any]) -> tuple[str, str]:
    """The map of a sheet: its place in the page and the script that fills it.

    No tiles: the backdrop is the study's own border. The page's script fits the map into its window, which
    folium's own, moving, fit would undo. Only Leaflet is used, of the ten assets
    folium loads by default.
    """
    (south, west), (north, east) = page["bounds"]
    chart = folium.Map(
        location=[(south + north) / 2, (west + east) / 2],
        tiles=None,
        control_scale=True,
        zoom_snap=0.25,
        zoom_delta=0.5,
        attribution_control=False,
    )
    chart._id = key
    chart.default_js, chart.default_css = [], []  # inlined by the page instead
    for what, keys in (
        ("backdrop", [""] if "backdrop" in page else []),
        ("places", list(page["shapes"])),
        ("border", [""] if "border" in page else []),
        ("pockets", [""] if page.get("pockets", {}).get("shapes") else []),
        ("lines", [""] if page.get("lines") else []),
        ("dots", [""] if page.get("dots") else []),
    ):
        for name in keys:
            chart.add_child(Draw(what, name))
    figure: Any = chart.get_root()
    figure.render()
    return figure.html.render(), figure.script.render()


@cache
def asset(name: str) -> str:
    """The text of a file that belongs to the pages; vendored ones are held to their checksum."""
    data = (ASSETS / name).read_bytes()
    folder, _, file = name.rpartition("/")
    if folder:
        manifest = json.loads((ASSETS / folder / "manifest.json").read_text(encoding="utf-8"))
        if hashlib.sha256(data).hexdigest() != manifest["files"][file]:
            raise ValueError(
                f"pipeline/atlas/assets/{name} differs from its manifest: restore it from {manifest['package']} {manifest['version']}."
            )
    # a browser reads CRLF as LF, and hashes what it reads
    text = data.decode("utf-8").replace("\r\n", "\n")
    if not folder and name.endswith(".js"):  # every page carries our script: without its comments and indents
        text = re.sub(r"(?m)^[ \t]*//.*\n|^[ \t]+", "", text)
    # pictures of controls that no sheet uses, and a pointer to a debug file, would be requests
    return (
        re.sub(r"url\([^)#]*\)", "none", text)
        if name.endswith(".css")
        else re.sub(r"//# sourceMappingURL=\S+", "", text)
    )


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def policy(scripts: Sequence[str], styles: Sequence[str], pictures: str = "") -> str:
    """A content security policy under which these very scripts and styles run and nothing else is loaded.

    ``pictures`` is the one origin from which a reader may ask for pictures under the map.

    >>> policy(["a()"], [])[:60]
    "default-src 'none'; script-src 'sha256-qVpDBgj7bpq5hMAcGp3AO"
    """
    runs = " ".join(map(_hash, scripts)) or "'none'"
    looks = " ".join(map(_hash, styles)) or "'none'"
    return f"default-src 'none'; script-src {runs}; style-src {looks}; img-src data:{pictures and f' {pictures}'}; base-uri 'none'; form-action 'none'"
