"""A finished page in another language: the same page, its texts retold by the catalogue."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from importlib.resources import files
from typing import Any

from pipeline.atlas.catalogue import LANGUAGES, Catalogue, messages
from pipeline.atlas.escape import data_block, esc, plain
from pipeline.atlas.leaves import Bars, Figure, Grid, Leaf, Lines, Packet
from pipeline.atlas.spec import About
from pipeline.columns import BY_NAME, LEVELS

_PIECE = re.compile(r"(<(script|style)\b.*?</\2>|<[^>]*>)|([^<]+)", re.DOTALL)
_BLOCK = re.compile(r'(<script type="application/json" id="data">)(.*?)(</script>)', re.DOTALL)
_SPOKEN = re.compile(r' (aria-label|placeholder|title|alt|data-head|data-found)="([^"]*)"')
_TAG = re.compile(r"<(/?)([a-z][a-z0-9]*)")
# of the data block: what is for the script and no text
_NO_TEXT = frozenset(
    [
        "key",
        "color",
        "form",
        "pair",
        "at",
        "field",
        "column",
        "table",
        "whole",
        "index",
        "features",
        "ids",
        "names",
        "sources",
        "sort",
        "address",
        "tiles",
        "bounds",
        "shapes",
        "letters",
        "level",
        "kinds",
        "unit",
    ]
)
_ASIDE = re.compile(r'href="((?:schoolshed|data_dictionary)[^"]*)"')  # files that are the same in every language
_LINK = re.compile(r'href="(\w+)/([^"]+)" hreflang="\1" lang="\1" translate="no">[^<]*')
_BARE = frozenset(("title", "option", "text", "tspan"))  # elements that hold plain text only


def catalogue(language: str, tables: Mapping[str, Any], about: About) -> Catalogue:
    """The catalogue of a language, with the names of a study, which no language changes."""
    names = {plain(about.title), plain(about.prepared_by)}
    names |= {plain(part) for source in about.sources for part in source}
    for table in tables.values():
        for name in table.columns:
            if name in ("name", "address") or getattr(BY_NAME.get(name), "kind", "") == "key" or name == "vintage":
                names |= {plain(value) for value in table[name].dropna().unique()}
    return Catalogue(messages(language), names - {"", *LEVELS})


def in_other_languages(file: str) -> str:
    """Links from an English page to the same page in every other language, each by its own name."""
    return "".join(
        f'<a class="language" href="{language}/{file}" hreflang="{language}" lang="{language}" translate="no">{name}</a>'
        for language, name in LANGUAGES.items()
    )


def retell(page: str, told: Catalogue, language: str) -> str:
    """A page in another language, with its data block; elements marked ``translate="no"`` stay as they are.

    A text that no message knows stays in English and is marked so, for those who listen to the page; how many
    there are stands at the page's root as ``data-english``.
    """
    written = []
    before = told.missing.total()
    kept = ""  # the element whose text stays
    inside = ""
    for found in _PIECE.finditer(page):
        tag, block, text = found.groups()
        if block:
            written.append(_BLOCK.sub(lambda one: one[1] + data_block(_block(json.loads(one[2]), told)) + one[3], tag))
        elif tag:
            named = _TAG.match(tag)
            if named and named[1] and named[2] == kept:
                kept = ""
            elif named and not kept and ' translate="no"' in tag:
                kept = named[2]
            inside = named[2] if named and not named[1] else ""
            written.append(tag if kept else _SPOKEN.sub(lambda one: f' {one[1]}="{_attribute(one[2], told)}"', tag))
        else:
            written.append(text if kept or not text.strip() else _node(text, told, is_bare=inside in _BARE))
    left = told.missing.total() - before
    other = "".join(written).replace('<html lang="en"', f'<html lang="{language}" data-english="{left}"', 1)
    other = _ASIDE.sub(lambda one: f'href="../{one[1]}"', other)
    return _LINK.sub(lambda one: f'href="../{one[2]}" hreflang="en" lang="en" translate="no">English', other, count=1)


def _attribute(text: str, told: Catalogue) -> str:
    return esc(told.tell(plain(html.unescape(text))))


def _node(text: str, told: Catalogue, *, is_bare: bool) -> str:
    core = text.strip()
    start = text[: len(text) - len(text.lstrip())]
    end = text[len(text.rstrip()) :]
    english = plain(html.unescape(core))
    other = told.find(english)
    if other is None:
        told.missing[english] += 1
        other = english if is_bare else None
    return f'{start}{esc(other) if other is not None else f"""<span lang="en">{core}</span>"""}{end}'


def _block(data: dict[str, Any], told: Catalogue) -> dict[str, Any]:
    """The data of a sheet, with the messages of its script."""
    return {**_data(data, told), "messages": told.of(script_words())}


@cache
def script_words() -> tuple[str, ...]:
    """Every text that stands between quotes in the sheets' script: its messages are among them."""
    script = (files("pipeline.atlas") / "assets" / "atlas.js").read_text(encoding="utf-8")
    return tuple(dict.fromkeys(json.loads(text) for text in re.findall(r'"(?:[^"\\\n]|\\.)*"', script)))


def _data(value: Any, told: Catalogue, where: str = "", *, is_name: bool = False) -> Any:
    if isinstance(value, str):
        return told.tell(value, where, is_name=is_name) if value else value
    if isinstance(value, list):
        return [_data(each, told, where, is_name=is_name) for each in value]
    if isinstance(value, dict):
        # a column's words and those of the legend drawn from it are told by one meaning
        place = value["key"] if "cells" in value else value.get("column", where)
        is_text = value.get("form") == "text"
        return {
            name: each
            if name in _NO_TEXT
            else _data(each, told, place, is_name=is_name or (is_text and name in ("cells", "seconds")))
            for name, each in value.items()
        }
    return value


def retold_packet(packet: Packet, told: Catalogue) -> Packet:
    """The committee's packet in another language, leaf by leaf."""

    def tell(texts: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(told.tell(text) for text in texts)

    def figure(one: Figure) -> Figure:
        return replace(one, head=told.tell(one.head), value=told.tell(one.value), span=told.tell(one.span), sure=told.tell(one.sure))  # fmt: skip

    def grid(one: Grid) -> Grid:
        rows = tuple(tuple(told.tell(text, is_name=True) for text in row) for row in one.rows)
        return replace(one, head=told.tell(one.head), heads=tell(one.heads), rows=rows, note=told.tell(one.note), empty=told.tell(one.empty))  # fmt: skip

    def bars(one: Bars) -> Bars:
        rows = tuple((told.tell(label), told.tell(value), told.tell(adds), length) for label, value, adds, length in one.rows)  # fmt: skip
        return replace(one, head=told.tell(one.head), rows=rows, note=told.tell(one.note), empty=told.tell(one.empty))

    def lines(one: Lines) -> Lines:
        return replace(one, head=told.tell(one.head), lines=tell(one.lines), empty=told.tell(one.empty))

    def leaf(one: Leaf) -> Leaf:
        return replace(
            one,
            under=told.tell(one.under),
            warning=told.tell(one.warning),
            figures=tuple(map(figure, one.figures)),
            why=bars(one.why) if one.why else None,
            grids=tuple(map(grid, one.grids)),
            lines=tuple(map(lines, one.lines)),
            said=told.tell(one.said),
            where=told.tell(one.where),
        )

    return replace(
        packet,
        under=told.tell(packet.under),
        foot=told.tell(packet.foot),
        leaves=tuple(map(leaf, packet.leaves)),
    )
