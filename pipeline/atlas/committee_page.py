"""The committee's packet as one page of HTML that opens anywhere and prints a leaf to a page."""

from __future__ import annotations

import base64
import hashlib
from importlib.resources import files
from urllib.parse import quote

import numpy as np

from pipeline.atlas.committee_map import COLOR, GROUND, HEIGHT, LINE, RING, WIDTH, Outlines
from pipeline.atlas.committee_pdf import SIZES, size_of
from pipeline.atlas.escape import esc, fragment
from pipeline.atlas.leaves import Bars, Figure, Grid, Leaf, Lines, Packet
from pipeline.atlas.retold import in_other_languages

ASSETS = files("pipeline.atlas") / "assets"
FILES = (("packet.pdf", "the same as a PDF"), ("index.html", "the maps"))


def page(packet: Packet, drawn: Outlines, told: Packet | None = None) -> str:
    """All leaves on one page, which shows the first; opened with the id of a leaf (``packet.html#n-...``) that leaf alone.

    ``told`` is the packet in the language that the page will be told in: its texts decide how small letters are.
    Nothing is loaded from elsewhere, and the page's policy lets nothing be loaded.
    """
    style, script = _asset("packet.css"), _asset("packet.js")
    sizes = [size_of(leaf, (told or packet).foot) for leaf in (told or packet).leaves]
    names = "".join(
        f'<li><a href="#{anchor(leaf.key)}">{esc(leaf.title)}</a>{f" <span>{esc(leaf.said)}</span>" if leaf.said else ""}</li>'
        for leaf in packet.leaves
    )
    links = "".join(f'<a href="{name}">{text}</a>' for name, text in FILES)
    body = f"""<a class="skip" href="#main">Skip to the page</a>
<header class="band"><h1>The committee's packet: {esc(packet.title)}</h1><span>{esc(packet.under)}</span><nav aria-label="Other files">{links}</nav>{in_other_languages("packet.html")}</header>
<main id="main" tabindex="-1">
<div class="contents" id="contents"><h2>Pages</h2><p>A summary, and behind each name a page for that neighborhood. Printed from here, all pages come, each on one sheet of paper; printed from a neighborhood, that page alone.</p>
<p hidden><label>Find <input id="find" type="search" autocomplete="off" spellcheck="false"></label> <span id="found" role="status" data-found="found"></span></p>
<nav aria-label="Pages"><ul id="names">{names}</ul></nav></div>
<p class="all"><a href="#contents">All pages</a></p>
{_behind(drawn)}{"".join(_leaf(leaf, packet.foot, drawn, size) for leaf, size in zip(packet.leaves, sizes, strict=True))}</main>"""
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{_policy(script, style)}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<link rel="icon" href="data:,">\n'
        f"<title>The committee&#x27;s packet: {esc(packet.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n{body}\n"
        f"<script>{script}</script>\n</body>\n</html>\n"
    )


def anchor(key: str) -> str:
    """The place of a leaf on the page; the summary's key is empty, as no neighborhood's is.

    >>> anchor("N 01"), anchor("")
    ('n-N-20-01', 'summary')
    """
    return f"n-{fragment(key)}" if key else "summary"


def _asset(name: str) -> str:
    return (ASSETS / name).read_text(encoding="utf-8").replace("\r\n", "\n")


def _policy(script: str, style: str) -> str:
    """The policy of the sheets (`render.policy`), which draws maps and so would bring folium along."""
    runs, looks = (base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() for text in (script, style))
    return f"default-src 'none'; script-src 'sha256-{runs}'; style-src 'sha256-{looks}'; img-src data:; base-uri 'none'; form-action 'none'"


def _leaf(leaf: Leaf, foot: str, drawn: Outlines, size: float) -> str:
    step = SIZES.index(size)
    smaller = f" z{step}" if step else ""  # in print, half a point less than in the PDF
    warned = f'<p class="w">{esc(leaf.warning)}</p>' if leaf.warning else ""
    why = f'<div class="y"><div>{_bars(leaf.why)}</div>{_map(leaf, drawn)}</div>' if leaf.why else ""
    return (
        f'<section class="leaf{smaller}" id="{anchor(leaf.key)}"><h2>{esc(leaf.title)}</h2><p class="u">{esc(leaf.under)}{_to_map(leaf)}</p>{warned}'
        f'<div class="f">{"".join(map(_figure, leaf.figures))}</div>{why}'
        f'{"".join(map(_grid, leaf.grids))}{"".join(map(_lines, leaf.lines))}<p class="s">{esc(foot)}</p></section>\n'
    )


def _to_map(leaf: Leaf) -> str:
    """The way to the neighborhood's panel on the sheet Need; paper has none."""
    if leaf.place < 0:
        return ""
    return f' <a class="o" href="need.html#area={quote(leaf.key, safe="")}">Open it on the map</a>'


def _figure(figure: Figure) -> str:
    span = f"<p>{esc(figure.span)}</p>" if figure.span else ""
    return f"<div{' class=q' if figure.is_weak else ''}><h3>{esc(figure.head)}</h3><b>{esc(figure.value)}</b>{span}<p>{esc(figure.sure)}</p></div>"


def _bars(bars: Bars) -> str:
    if not bars.rows:
        return f"<h3>{esc(bars.head)}</h3><p>{esc(bars.empty)}</p>"
    rows = "".join(
        f'<tr><th scope="row" width="60%">{esc(label)}</th><td class="r" width="18%">{esc(value)}</td><td class="r" width="8%">{esc(adds)}</td>'
        f'<td><svg viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true"><rect width="100" height="8" fill="#e8edf1"/><rect width="{round(100 * length)}" height="8" fill="#2c7fb8"/></svg></td></tr>'
        for label, value, adds, length in bars.rows
    )
    return f'<h3>{esc(bars.head)}</h3><table class="k"><tbody>{rows}</tbody></table><p class="n">{esc(bars.note)}</p>'


def _grid(grid: Grid) -> str:
    note = f'<p class="n">{esc(grid.note)}</p>' if grid.note else ""
    if not grid.rows:
        return f"<h3>{esc(grid.head)}</h3><p>{esc(grid.empty)}</p>{note}"
    right = set(grid.right)
    heads = "".join(
        f'<th scope="col" width="{round(100 * width)}%"{" class=r" if n in right else ""}>{esc(head)}</th>'
        for n, (head, width) in enumerate(zip(grid.heads, grid.widths, strict=True))
    )
    rows = "".join(
        "<tr>" + "".join(f"<td{' class=r' if n in right else ''}>{esc(text)}</td>" for n, text in enumerate(row)) + "</tr>"
        for row in grid.rows
    )  # fmt: skip
    return f'<h3>{esc(grid.head)}</h3><div class="x"><table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table></div>{note}'


def _lines(lines: Lines) -> str:
    items = "".join(f"<li>{esc(line)}</li>" for line in lines.lines)
    return f"<h3>{esc(lines.head)}</h3>{f'<ul>{items}</ul>' if items else f'<p>{esc(lines.empty)}</p>'}"


def _behind(drawn: Outlines) -> str:
    """What stands behind every map, once for the whole page."""
    return f'<svg width="0" height="0" aria-hidden="true" focusable="false"><symbol id="all" viewBox="0 0 {10 * WIDTH:.0f} {10 * HEIGHT:.0f}" overflow="visible"><path d="{_path(drawn.behind)}" fill="{GROUND}" stroke="{LINE}" stroke-width="5"/></symbol></svg>\n'


def _map(leaf: Leaf, drawn: Outlines) -> str:
    if leaf.place < 0 or not drawn.areas[leaf.place]:
        return ""
    spot = drawn.mark(leaf.place)
    ring = f'<circle cx="{spot[0]}" cy="{round(10 * HEIGHT) - spot[1]}" r="60" fill="none" stroke="{RING}" stroke-width="15"/>' if spot else ""  # fmt: skip
    box = f"0 0 {10 * WIDTH:.0f} {10 * HEIGHT:.0f}"
    return f'<svg viewBox="{box}" role="img" aria-label="{esc(leaf.where)}"><use href="#all" width="{10 * WIDTH:.0f}" height="{10 * HEIGHT:.0f}"/><path d="{_path(drawn.areas[leaf.place])}" fill="{COLOR}" fill-rule="evenodd"/>{ring}</svg>'


def _path(rings: list[np.ndarray]) -> str:
    """Rings as a path with relative steps; y downwards."""
    pieces = []
    for ring in rings:
        flipped = ring * (1, -1) + (0, round(10 * HEIGHT))
        steps = np.diff(flipped, axis=0)[:-1]
        pieces.append(f"M{flipped[0, 0]} {flipped[0, 1]}l" + " ".join(f"{x} {y}" for x, y in steps.tolist()) + "z")
    return "".join(pieces)
