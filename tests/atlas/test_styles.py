"""Layers open styled: the table that QGIS reads, its QML and SLD, and a rule for every published word."""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as Xml

import pyogrio
import pytest

from pipeline.atlas.exports import LAYERS, POCKETS
from pipeline.atlas.styles import STYLES, Condition, Rule, Style, qml, sld
from pipeline.columns import BY_NAME
from pipeline.tables import BY_TABLE, POINTS

NAMES = {"se": "http://www.opengis.net/se", "ogc": "http://www.opengis.net/ogc", "sld": "http://www.opengis.net/sld"}
# as QGIS creates it in a GeoPackage (ogr provider, saveStyle)
LAYOUT = [
    ("id", "INTEGER"), ("f_table_catalog", "TEXT(256)"), ("f_table_schema", "TEXT(256)"), ("f_table_name", "TEXT(256)"),
    ("f_geometry_column", "TEXT(256)"), ("styleName", "TEXT(30)"), ("styleQML", "TEXT"), ("styleSLD", "TEXT"),
    ("useAsDefault", "BOOLEAN"), ("description", "TEXT"), ("owner", "TEXT(30)"), ("ui", "TEXT(30)"), ("update_time", "DATETIME"),
]  # fmt: skip


def parsed(text: str) -> Xml.Element:
    return Xml.fromstring(text.encode())  # noqa: S314 - written by this program


@pytest.fixture(scope="module")
def base(taken: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, sqlite3.Connection]]:
    place = tmp_path_factory.mktemp("styles") / "schoolshed.gpkg"
    place.write_bytes(taken["maps/schoolshed.gpkg"])
    connection = sqlite3.connect(place)
    yield place, connection
    connection.close()


def test_the_table_of_styles_has_the_layout_of_qgis(base: tuple[Path, sqlite3.Connection]) -> None:
    _, connection = base
    assert [(row[1], row[2]) for row in connection.execute("PRAGMA table_info(layer_styles)")] == LAYOUT
    assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
    listed = connection.execute("SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'").fetchone()
    assert listed == ("attributes",)


def test_every_layer_has_one_default_style_for_its_column_of_shapes(base: tuple[Path, sqlite3.Connection]) -> None:
    place, connection = base
    shapes = dict(connection.execute("SELECT table_name, column_name FROM gpkg_geometry_columns"))
    styled = connection.execute("SELECT f_table_catalog, f_table_schema, f_table_name, f_geometry_column, useAsDefault FROM layer_styles").fetchall()  # fmt: skip
    assert styled == [("", "", layer, shapes[layer], 1) for layer in (*LAYERS, POCKETS)]
    for layer in shapes:
        assert pyogrio.read_info(place, layer=layer)["features"] >= 0


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.layer)
def test_the_stored_qml_has_a_symbol_for_each_rule(style: Style, base: tuple[Path, sqlite3.Connection]) -> None:
    (stored,) = base[1].execute("SELECT styleQML FROM layer_styles WHERE f_table_name = ?", (style.layer,)).fetchone()
    assert stored == qml(style)
    root = parsed(stored.partition("\n")[2])
    renderer = root.find("renderer-v2")
    assert renderer is not None and renderer.get("type") == "RuleRenderer"
    rules, symbols = renderer.findall("rules/rule"), renderer.findall("symbols/symbol")
    assert [rule.get("symbol") for rule in rules] == [symbol.get("name") for symbol in symbols]
    assert [rule.get("label") for rule in rules] == [rule.label for rule in style.rules]
    assert {symbol.get("type") for symbol in symbols} == {"marker" if style.is_points else "fill"}
    for rule, symbol in zip(style.rules, symbols, strict=True):
        color = next(o.get("value") for o in symbol.iter("Option") if o.get("name") == "color")
        assert color == next(o.get("v") for o in symbol.iter("prop") if o.get("k") == "color")
        assert color == f"{int(rule.color[1:3], 16)},{int(rule.color[3:5], 16)},{int(rule.color[5:], 16)},255"


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.layer)
def test_the_sld_draws_what_is_on_at_first(style: Style) -> None:
    root = parsed(sld(style))
    rules = root.findall("sld:NamedLayer/sld:UserStyle/se:FeatureTypeStyle/se:Rule", NAMES)
    shown = [rule for rule in style.rules if rule.is_on]
    assert root.get("version") == "1.1.0" and len(rules) == len(shown)
    for written, rule in zip(rules, shown, strict=True):
        assert written.findtext("se:Description/se:Title", namespaces=NAMES) == rule.label
        columns = [name.text for name in written.iter(f"{{{NAMES['ogc']}}}PropertyName")]
        assert columns == [test.column for test in rule.tests]
        assert (written.find("se:PointSymbolizer", NAMES) is not None) == style.is_points


def passes(test: Condition, row: dict[str, Any]) -> bool:
    value = row[test.column]
    if test.sign == "null":
        return bool(value != value or value is None)
    if value is None or value != value:
        return False
    return bool(value == test.value if test.sign == "=" else value >= test.value if test.sign == ">=" else value < test.value)  # fmt: skip


@pytest.mark.parametrize("style", STYLES, ids=lambda style: style.layer)
def test_every_place_has_one_colour(style: Style, tables: dict[str, Any]) -> None:
    name = LAYERS.get(style.layer, "public_pockets")
    assert style.is_points == (BY_TABLE[name].geometry_types == POINTS)
    colours = [rule for rule in style.rules if not rule.is_hatch]
    for row in tables[name].drop(columns="geometry", errors="ignore").to_dict("records"):
        found = [rule for rule in colours if all(passes(test, row) for test in rule.tests)]
        assert len(found) == 1, row
    for column in {test.column for rule in colours for test in rule.tests if test.sign == "="}:
        words = {str(test.value) for rule in colours for test in rule.tests if test.column == column}
        assert words == set(BY_NAME[column].values), column
        assert column in BY_TABLE[name].names


def test_unreliable_places_are_hatched_over_their_colour() -> None:
    hatched = [rule for rule in STYLES[0].rules if rule.is_hatch]
    assert [rule.tests for rule in hatched] == [(Condition("reliability_class", "=", code),) for code in ("low", "not_known")]  # fmt: skip
    assert STYLES[0].rules.index(hatched[0]) == 4  # after the colours, so above them
    assert 'value="b_diagonal"' in qml(STYLES[0]) and "GraphicFill" in sld(STYLES[0])


def test_words_of_a_rule_cannot_break_out_of_the_xml() -> None:
    strange = Style("x", "geom", "", False, (Rule('<a> & "b"', (Condition("level", "=", "a<b"),), "#ffffff"),))
    for text in (qml(strange).partition("\n")[2], sld(strange).partition("\n")[2]):
        assert parsed(text) is not None and not re.search(r"<a>", text)
