"""Pages of a PDF with tagged text: what a screen reader hears is what is printed, in the same order.

reportlab writes pages and embeds fonts; it does not tag. The structure (ISO 32000-1, 14.7 and 14.8) is written here:
every text belongs to an element of the structure tree, everything else is marked as an artifact. The same calls give
the same bytes: dates are fixed, and the file's id is made of its content.
"""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from importlib.resources import files
from typing import Any

from reportlab import rl_config
from reportlab.lib.colors import HexColor
from reportlab.pdfbase import pdfdoc, pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.pdfgen.canvas import Canvas

from pipeline.atlas.committee_map import Rings

PLAIN, BOLD = "LiberationSans", "LiberationSans-Bold"
LETTER = (612.0, 792.0)
INK, SOFT = "#1c2733", "#4a5a6a"
UNKNOWN = "\u25a1"  # for a letter that the fonts lack


@cache
def _fonts() -> dict[str, frozenset[int]]:
    """Register the fonts that come with the atlas; the letters each has."""
    folder = files("pipeline.atlas") / "assets" / "liberation"
    manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))["files"]
    found = {}
    for name, file in ((PLAIN, "LiberationSans-Regular.ttf"), (BOLD, "LiberationSans-Bold.ttf")):
        data = (folder / file).read_bytes()
        if hashlib.sha256(data).hexdigest() != manifest[file]:
            raise ValueError(f"pipeline/atlas/assets/liberation/{file} differs from its manifest: restore it.")
        font = TTFont(name, io.BytesIO(data))
        pdfmetrics.registerFont(font)
        found[name] = frozenset(font.face.charToGlyph)
    return found


@cache
def writable(text: str, font: str = PLAIN) -> str:
    """A text in letters the font has; a square stands for each other one.

    >>> writable("Pe\u00f1a \u00b1 \u2212"), writable("\u5b66\u6821 A")
    ('Pe\u00f1a \u00b1 \u2212', '\u25a1\u25a1 A')
    """
    letters = _fonts()[font]
    return "".join(c if ord(c) in letters else UNKNOWN for c in text)


@cache
def width_of(text: str, font: str = PLAIN) -> float:
    """How wide a text is at a size of one point."""
    _fonts()
    return float(pdfmetrics.stringWidth(text, font, 1.0))


@cache
def wrapped(text: str, ems: float, font: str = PLAIN) -> tuple[str, ...]:
    """A text in lines of at most so many times the size of its letters; a longer word is broken.

    >>> wrapped("a bb ccc", 2.5)
    ('a bb', 'ccc')
    """
    lines: list[str] = []
    line = ""
    for word in writable(text, font).split(" "):
        longer = f"{line} {word}" if line else word
        if width_of(longer, font) <= ems:
            line = longer
            continue
        if line:
            lines.append(line)
        while word and width_of(word, font) > ems:
            cut = next((n for n in range(len(word) - 1, 0, -1) if width_of(word[:n], font) <= ems), 1)
            lines.append(word[:cut])
            word = word[cut:]
        line = word
    return (*lines, line) if line or not lines else tuple(lines)


class _Element(pdfdoc.PDFObject):  # type: ignore[misc]  # reportlab has no types
    """An element of the structure tree."""

    __RefOnly__ = 1

    def __init__(self, role: str, parent: Any, alt: str = "", scope: str = "") -> None:
        self.role, self.parent, self.alt, self.scope = role, parent, alt, scope
        self.kids: list[Any] = []
        self.page: Any = None

    def format(self, document: Any) -> bytes:
        def at(target: Any) -> bytes:
            return bytes(pdfdoc.format(document.Reference(target), document))

        kids = b" ".join(b"%d" % kid if isinstance(kid, int) else at(kid) for kid in self.kids)
        parts = [b"<</S/" + self.role.encode(), b"/P " + at(self.parent), b"/K[" + kids + b"]"]
        if self.page is not None:
            parts.append(b"/Pg " + bytes(pdfdoc.format(self.page, document)))
        if self.alt:
            parts.append(b"/Alt " + bytes(pdfdoc.PDFString(self.alt).format(document)))
        if self.scope:
            parts.append(b"/A<</O/Table/Scope/" + self.scope.encode() + b">>")
        return b"".join(parts) + b">>"


class _Root(pdfdoc.PDFObject):  # type: ignore[misc]
    """The root of the structure tree, and from each page's marks to their elements."""

    __RefOnly__ = 1

    def __init__(self) -> None:
        self.document = _Element("Document", self)
        self.pages: list[list[_Element]] = []

    def format(self, document: Any) -> bytes:
        def at(target: Any) -> bytes:
            return bytes(pdfdoc.format(document.Reference(target), document))

        nums = b"\n".join(b"%d [%s]" % (n, b" ".join(map(at, marks))) for n, marks in enumerate(self.pages))
        return b"<< /Type /StructTreeRoot /K [%s] /ParentTree << /Nums [%s] >> /ParentTreeNextKey %d >>" % (
            at(self.document),
            nums,
            len(self.pages),
        )


class Paper:
    """A PDF in the making: text in places, with the structure it belongs to."""

    def __init__(self, title: str, author: str, subject: str, language: str = "en-US") -> None:
        _fonts()
        rl_config.useA85 = 0  # streams as bytes, not as letters: a fifth smaller
        self._out = io.BytesIO()
        self.canvas = Canvas(self._out, pagesize=LETTER, invariant=1, pageCompression=1, lang=language)
        self.canvas.setTitle(title)
        self.canvas.setAuthor(author)
        self.canvas.setSubject(subject)
        self.canvas.setCreator("Schoolshed")
        self.canvas.setViewerPreference("DisplayDocTitle", "true")
        self._root = _Root()
        self._within = [self._root.document]
        self._root.pages.append([])

    @contextmanager
    def part(self, role: str) -> Iterator[None]:
        """What is written inside belongs to one element: a Sect, a Table, a TR, an L."""
        element = _Element(role, self._within[-1])
        self._within[-1].kids.append(element)
        self._within.append(element)
        try:
            yield
        finally:
            self._within.pop()

    @contextmanager
    def mark(self, role: str, *, alt: str = "", scope: str = "") -> Iterator[None]:
        """What is drawn inside is the content of one element: a P, an H2, a TD, a Figure."""
        marks = self._root.pages[-1]
        element = _Element(role, self._within[-1], alt, scope)
        element.kids.append(len(marks))
        element.page = self.canvas._doc.thisPageRef()
        self._within[-1].kids.append(element)
        self.canvas._code.append(f"/{role} <</MCID {len(marks)}>> BDC")
        marks.append(element)
        try:
            yield
        finally:
            self.canvas._code.append("EMC")

    @contextmanager
    def artifact(self) -> Iterator[None]:
        """What is drawn inside carries no meaning of its own."""
        self.canvas._code.append("/Artifact BMC")
        try:
            yield
        finally:
            self.canvas._code.append("EMC")

    def lines(self, texts: tuple[str, ...], x: float, y: float, size: float, font: str = PLAIN, color: str = INK, lead: float = 1.22, right: float | None = None) -> None:  # fmt: skip
        """Lines of text from ``y`` (the first baseline) down; flush right at ``right`` where that is given."""
        self.canvas.setFont(font, size)
        self.canvas.setFillColor(HexColor(color))
        for n, text in enumerate(texts):
            at = x if right is None else right - width_of(text, font) * size
            self.canvas.drawString(at, y - n * lead * size, text)

    def rule(self, x: float, y: float, width: float, color: str, weight: float = 0.5) -> None:
        """A horizontal line."""
        with self.artifact():
            self.canvas.setStrokeColor(HexColor(color))
            self.canvas.setLineWidth(weight)
            self.canvas.line(x, y, x + width, y)

    def block(self, x: float, y: float, width: float, height: float, color: str) -> None:
        """A filled rectangle from its lower left corner."""
        with self.artifact():
            self.canvas.setFillColor(HexColor(color))
            self.canvas.rect(x, y, width, height, stroke=0, fill=1)

    def shape(self, rings: Rings, paint: str) -> None:
        """Draw rings of whole tenths of a point; ``paint`` is the operator that strokes or fills them."""
        code = ["q 0.1 0 0 0.1 0 0 cm"]
        for ring in rings:
            (x, y), *rest = ring.tolist()
            code.append(f"{x} {y} m " + " ".join(f"{a} {b} l" for a, b in rest[:-1]) + " h")
        self.canvas._code.append(" ".join([*code, paint, "Q"]))

    def bookmark(self, title: str, key: str) -> None:
        """An entry of the outline that leads to this page."""
        self.canvas.bookmarkPage(key)
        self.canvas.addOutlineEntry(title, key, 0)

    def end_page(self) -> None:
        """Close the page and begin another."""
        number = len(self._root.pages) - 1
        self.canvas.showPage()
        page = self.canvas._doc.Pages.pages[-1]
        # entries that reportlab does not know
        page.__NoDefault__ = [*page.__NoDefault__, "StructParents", "Tabs"]
        page.StructParents, page.Tabs = number, pdfdoc.PDFName("S")
        self._root.pages.append([])

    def save(self) -> bytes:
        """The finished file."""
        self._root.pages.pop()
        catalog = self.canvas._doc.Catalog
        catalog.StructTreeRoot = self.canvas._doc.Reference(self._root)
        catalog.MarkInfo = pdfdoc.PDFDictionary({"Marked": "true"})
        self.canvas.save()
        return self._out.getvalue()
