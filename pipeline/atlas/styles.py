"""How QGIS and other programs draw the layers of the GeoPackage by themselves: styles as QML and SLD.

A GeoPackage may carry a table ``layer_styles`` (of QGIS) with a default style for each layer. QML is QGIS's own
format, SLD 1.1 with Symbology Encoding (OGC 05-077r4, 05-078r4) that of other programs. Both are written here from
the same rules, in the colours of the atlas.
"""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree as Xml

from pipeline.atlas.spec import SEQUENTIAL
from pipeline.atlas.words import LABELS, say
from pipeline.numerals import percent

GREY, INK = "#d5d8dc", "#4a5a6a"
CREATE = """CREATE TABLE layer_styles (id INTEGER PRIMARY KEY AUTOINCREMENT NOT NULL, f_table_catalog TEXT(256), f_table_schema TEXT(256), f_table_name TEXT(256), f_geometry_column TEXT(256), styleName TEXT(30), styleQML TEXT, styleSLD TEXT, useAsDefault BOOLEAN, description TEXT, owner TEXT(30), ui TEXT(30), update_time DATETIME DEFAULT CURRENT_TIMESTAMP)"""
OGC, SE = "http://www.opengis.net/ogc", "http://www.opengis.net/se"


@dataclass(frozen=True)
class Condition:
    """One condition on a column: ``=`` a word, ``>=`` or ``<`` a number, or ``null``."""

    column: str
    sign: str
    value: str | float = ""


@dataclass(frozen=True)
class Rule:
    """What places that pass all tests look like; ``is_on`` says whether they are drawn at first."""

    label: str
    tests: tuple[Condition, ...]
    color: str
    is_on: bool = True
    is_hatch: bool = False  # drawn over the colour, not instead of it


@dataclass(frozen=True)
class Style:
    """The rules of a layer, which hold points or areas."""

    layer: str
    column: str  # of the shapes
    about: str
    is_points: bool
    rules: tuple[Rule, ...]


def _words(column: str, **colors: str) -> tuple[Rule, ...]:
    return tuple(Rule(LABELS[column][code], (Condition(column, "=", code),), color) for code, color in colors.items())


def _service(level: str, is_on: bool) -> tuple[Rule, ...]:
    """The service level of one level's zones in the atlas's classes; dark means few seats."""
    cuts = (0.25, 0.5, 0.75, 1.0)
    here = Condition("level", "=", level)
    name = say("level", level)
    lows, highs = (None, *cuts), (*cuts, None)
    rules = [
        Rule(
            f"{name}: {f'under {percent(high)}' if low is None and high is not None else f'{percent(low or 0)} and more' if high is None else f'{percent(low or 0)} to {percent(high)}'}",
            (here, *([Condition("service_level_ratio", ">=", low)] if low is not None else []), *([Condition("service_level_ratio", "<", high)] if high is not None else [])),
            color,
            is_on,
        )
        for low, high, color in zip(lows, highs, reversed(SEQUENTIAL), strict=True)
    ]  # fmt: skip
    return (*rules, Rule(f"{name}: not known", (here, Condition("service_level_ratio", "null")), GREY, is_on))


STYLES = (
    Style(
        "neighborhoods",
        "geom",
        "What may be said of need; unreliable ones are hatched",
        False,
        (
            *_words("need_class", high=SEQUENTIAL[4], possible=SEQUENTIAL[2], not_high=SEQUENTIAL[0], not_ranked=GREY),
            *(
                Rule(f"Figures: {LABELS['reliability_class'][code].lower()}", (Condition("reliability_class", "=", code),), INK, is_hatch=True)
                for code in ("low", "not_known")
            ),
        ),
    ),
    Style(
        "zones",
        "geom",
        "Quality seats for each 100 resident pupils; elementary zones at first, the other levels can be ticked",
        False,
        tuple(rule for level in ("elementary", "middle", "high") for rule in _service(level, level == "elementary")),
    ),
    Style(
        "schools",
        "geom",
        "Class of the schools",
        True,
        _words("quality_class", strong="#e66101", middle="#fdb863", weak="#ffffff", not_rated="#8d96a0"),
    ),
    Style(
        "sites",
        "geom",
        "Room for other schools",
        True,
        _words("surplus_status", offered="#253494", watch="#41b6c4", not_offered="#ffffcc", not_known=GREY),
    ),
    Style("pockets", "geom", "Pockets of change", False, _words("pocket_kind", growing="#018571", shrinking="#a6611a")),
)  # fmt: skip


def qml(style: Style) -> str:
    """A style as QGIS saves it: a rule for each class."""
    root = Xml.Element("qgis", {"version": "3.22.0", "styleCategories": "Symbology"})
    renderer = Xml.SubElement(root, "renderer-v2", {"type": "RuleRenderer", "symbollevels": "0", "enableorderby": "0", "forceraster": "0"})  # fmt: skip
    rules = Xml.SubElement(renderer, "rules", {"key": f"{style.layer}-rules"})
    symbols = Xml.SubElement(renderer, "symbols")
    for number, rule in enumerate(style.rules):
        given = {"key": f"{style.layer}-{number}", "filter": _expression(rule), "label": rule.label, "symbol": str(number)}  # fmt: skip
        Xml.SubElement(rules, "rule", given | ({} if rule.is_on else {"checkstate": "0"}))
        kind = "marker" if style.is_points else "fill"
        symbol = Xml.SubElement(symbols, "symbol", {"type": kind, "name": str(number), "alpha": "1", "clip_to_extent": "1", "force_rhr": "0"})  # fmt: skip
        layer = Xml.SubElement(symbol, "layer", {"class": "SimpleMarker" if style.is_points else "SimpleFill", "enabled": "1", "locked": "0", "pass": "0"})  # fmt: skip
        options = Xml.SubElement(layer, "Option", {"type": "Map"})
        look = _look(style, rule)
        for name, value in look.items():
            Xml.SubElement(options, "Option", {"name": name, "type": "QString", "value": value})
        for name, value in look.items():  # as QGIS before 3.20 reads it
            Xml.SubElement(layer, "prop", {"k": name, "v": value})
    Xml.SubElement(root, "layerGeometryType").text = "0" if style.is_points else "2"
    Xml.indent(root)
    return f"<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n{Xml.tostring(root, encoding='unicode')}\n"


def _rgba(color: str) -> str:
    return ",".join(str(int(color[at : at + 2], 16)) for at in (1, 3, 5)) + ",255"


def _look(style: Style, rule: Rule) -> dict[str, str]:
    drawn = {"color": _rgba(rule.color), "outline_color": _rgba(INK), "outline_style": "solid", "outline_width": "0.2", "outline_width_unit": "MM"}  # fmt: skip
    if style.is_points:
        return drawn | {"name": "circle", "size": "2.6", "size_unit": "MM"}
    if rule.is_hatch:
        return drawn | {"style": "b_diagonal", "outline_style": "no"}
    return drawn | {"style": "solid"}


def _expression(rule: Rule) -> str:
    """The tests of a rule as an expression of QGIS.

    >>> _expression(Rule("x", (Condition("level", "=", "high"), Condition("service_level_ratio", "<", 0.25)), "#ffffff"))
    '"level" = \\'high\\' AND "service_level_ratio" < 0.25'
    """
    return " AND ".join(
        f'"{test.column}" IS NULL' if test.sign == "null" else f'"{test.column}" {test.sign} {_literal(test.value)}'
        for test in rule.tests
    )


def _literal(value: str | float) -> str:
    return f"'{value}'" if isinstance(value, str) else repr(value)


def sld(style: Style) -> str:
    """A style as SLD 1.1: what is drawn at first, since a rule cannot be off there."""
    Xml.register_namespace("", "http://www.opengis.net/sld")
    Xml.register_namespace("se", SE)
    Xml.register_namespace("ogc", OGC)
    root = Xml.Element("{http://www.opengis.net/sld}StyledLayerDescriptor", {"version": "1.1.0"})
    named = Xml.SubElement(root, "{http://www.opengis.net/sld}NamedLayer")
    Xml.SubElement(named, f"{{{SE}}}Name").text = style.layer
    user = Xml.SubElement(named, "{http://www.opengis.net/sld}UserStyle")
    Xml.SubElement(user, f"{{{SE}}}Name").text = style.layer
    feature = Xml.SubElement(user, f"{{{SE}}}FeatureTypeStyle")
    for number, rule in enumerate(rule for rule in style.rules if rule.is_on):
        part = Xml.SubElement(feature, f"{{{SE}}}Rule")
        Xml.SubElement(part, f"{{{SE}}}Name").text = f"{style.layer}-{number}"
        title = Xml.SubElement(Xml.SubElement(part, f"{{{SE}}}Description"), f"{{{SE}}}Title")
        title.text = rule.label
        _filter(Xml.SubElement(part, f"{{{OGC}}}Filter"), rule)
        if style.is_points:
            graphic = Xml.SubElement(Xml.SubElement(part, f"{{{SE}}}PointSymbolizer"), f"{{{SE}}}Graphic")
            mark = Xml.SubElement(graphic, f"{{{SE}}}Mark")
            Xml.SubElement(mark, f"{{{SE}}}WellKnownName").text = "circle"
            _fill(mark, rule.color)
            _stroke(mark)
            Xml.SubElement(graphic, f"{{{SE}}}Size").text = "9"
            continue
        areas = Xml.SubElement(part, f"{{{SE}}}PolygonSymbolizer")
        if rule.is_hatch:
            fill = Xml.SubElement(Xml.SubElement(areas, f"{{{SE}}}Fill"), f"{{{SE}}}GraphicFill")
            graphic = Xml.SubElement(fill, f"{{{SE}}}Graphic")
            mark = Xml.SubElement(graphic, f"{{{SE}}}Mark")
            Xml.SubElement(mark, f"{{{SE}}}WellKnownName").text = "slash"
            _stroke(mark)
            Xml.SubElement(graphic, f"{{{SE}}}Size").text = "6"
        else:
            _fill(areas, rule.color)
            _stroke(areas)
    Xml.indent(root)
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{Xml.tostring(root, encoding="unicode")}\n'


def _filter(place: Xml.Element, rule: Rule) -> None:
    into = Xml.SubElement(place, f"{{{OGC}}}And") if len(rule.tests) > 1 else place
    names = {"=": "PropertyIsEqualTo", ">=": "PropertyIsGreaterThanOrEqualTo", "<": "PropertyIsLessThan", "null": "PropertyIsNull"}  # fmt: skip
    for test in rule.tests:
        condition = Xml.SubElement(into, f"{{{OGC}}}{names[test.sign]}")
        Xml.SubElement(condition, f"{{{OGC}}}PropertyName").text = test.column
        if test.sign != "null":
            Xml.SubElement(condition, f"{{{OGC}}}Literal").text = str(test.value)


def _fill(place: Xml.Element, color: str) -> None:
    Xml.SubElement(Xml.SubElement(place, f"{{{SE}}}Fill"), f"{{{SE}}}SvgParameter", {"name": "fill"}).text = color


def _stroke(place: Xml.Element) -> None:
    stroke = Xml.SubElement(place, f"{{{SE}}}Stroke")
    for name, value in (("stroke", INK), ("stroke-width", "0.7")):
        Xml.SubElement(stroke, f"{{{SE}}}SvgParameter", {"name": name}).text = value


def add_styles(place: Path, when: str) -> None:
    """Put the default style of each layer into a finished GeoPackage; ``when`` is the date they carry."""
    base = sqlite3.connect(place)
    try:
        with base:
            base.execute(CREATE)
            for style in STYLES:
                base.execute(
                    "INSERT INTO layer_styles (f_table_catalog, f_table_schema, f_table_name, f_geometry_column, styleName, styleQML, styleSLD, useAsDefault, description, owner, ui, update_time) VALUES ('', '', ?, ?, ?, ?, ?, 1, ?, '', NULL, ?)",
                    (style.layer, style.column, style.layer, qml(style), sld(style), style.about, when),
                )
            base.execute(
                "INSERT INTO gpkg_contents (table_name, data_type, identifier, description, last_change) VALUES ('layer_styles', 'attributes', 'layer_styles', 'Default styles for QGIS and others', ?)",
                (when,),
            )
    finally:
        base.close()
