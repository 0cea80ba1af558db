"""The committee's packet as a PDF: each leaf a page of letter paper, tagged, with its fonts inside."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reportlab.lib.colors import HexColor

from pipeline.atlas.committee_map import COLOR, GROUND, HEIGHT, LINE, RING, WIDTH, Outlines
from pipeline.atlas.leaves import Bars, Figure, Grid, Leaf, Lines, Packet
from pipeline.atlas.paper import BOLD, LETTER, PLAIN, SOFT, Paper, wrapped, writable

LEFT, RIGHT, TOP, BOTTOM = 42.0, LETTER[0] - 42.0, LETTER[1] - 40.0, 34.0
WIDE = RIGHT - LEFT
MANY = 301  # pages: beyond it the structure alone would be half of the file
SIZES = (10.0, 9.5, 9.0, 8.5, 8.0, 7.5, 7.0, 6.5, 6.0)  # of the text: the largest that fits is taken
LEAD = 1.22
DARK, WARM, BAR, EMPTY = "#17324d", "#c98a00", "#2c7fb8", "#e8edf1"
WEAK = "#7b8894"


@dataclass
class _Pen:
    """Where the next thing is drawn; without paper it only measures."""

    paper: Paper | None
    y: float
    size: float
    by_cells: bool = True  # tables are told cell by cell; row by row in a file of very many pages

    def text(self, role: str, text: str, x: float, width: float, scale: float = 1.0, font: str = PLAIN, color: str = "#1c2733") -> None:  # fmt: skip
        """A paragraph at the pen; the pen goes below it."""
        size = self.size * scale
        lines = wrapped(text, round(width / size, 2), font)
        if self.paper:
            with self.paper.mark(role):
                self.paper.lines(lines, x, self.y - 0.8 * size, size, font, color, LEAD)
        self.y -= len(lines) * LEAD * size

    def down(self, part: float) -> None:
        """Leave so much of a line's height."""
        self.y -= part * self.size


def pdf(
    packet: Packet, drawn: Outlines, author: str = "", tell: Callable[[str], str] = str, language: str = "en-US"
) -> bytes:
    """All leaves, each on a page of its own: a page whose text is long gets smaller letters.

    ``tell`` gives the few words that are not in the packet itself in its language.

    Raises
    ------
    ValueError
        If a leaf does not fit on a page in the smallest letters; names it.
    """
    paper = Paper(tell(f"The committee's packet: {packet.title}"), author, packet.under, language)
    _behind(paper, drawn)
    for number, leaf in enumerate(packet.leaves, start=1):
        with paper.part("Sect"):
            paper.bookmark(writable(leaf.title), f"leaf{number}")
            foot = f"{packet.foot} {tell(f'Page {number} of {len(packet.leaves)}.')}"
            _leaf(leaf, _Pen(paper, TOP, size_of(leaf, foot), len(packet.leaves) <= MANY), foot, drawn)
        paper.end_page()
    return paper.save()


def size_of(leaf: Leaf, foot: str) -> float:
    """The largest letters in which a leaf is one page, by the widths of the fonts of the PDF.

    Raises
    ------
    ValueError
        If it does not fit in the smallest.
    """
    for size in SIZES:
        pen = _Pen(None, TOP, size)
        _leaf(leaf, pen, foot, None)
        if pen.y >= BOTTOM:
            return size
    raise ValueError(f"The page of {leaf.title!r} does not fit on letter paper in letters of {SIZES[-1]} points.")


def _leaf(leaf: Leaf, pen: _Pen, foot: str, drawn: Outlines | None) -> None:
    pen.text("H1", leaf.title, LEFT, WIDE, 1.9, BOLD)
    pen.text("P", leaf.under, LEFT, WIDE, 1.05, PLAIN, SOFT)
    if leaf.warning:
        pen.down(0.4)
        above = pen.y
        pen.text("P", leaf.warning, LEFT + 8, WIDE - 8)
        if pen.paper:
            pen.paper.block(LEFT, pen.y + 2, 3, above - pen.y, WARM)
    pen.down(0.7)
    _figures(leaf.figures, pen)
    if leaf.why:
        above = pen.y
        _bars(leaf.why, pen, WIDE - WIDTH - 14)
        if pen.paper and drawn and drawn.areas[leaf.place]:
            _map(leaf, pen.paper, drawn, RIGHT - WIDTH, above - HEIGHT - 6)
        pen.y = min(pen.y, above - HEIGHT - 8)
    for grid in leaf.grids:
        _grid(grid, pen)
    for lines in leaf.lines:
        _lines(lines, pen)
    pen.down(0.8)
    if pen.paper:
        pen.paper.rule(LEFT, pen.y, WIDE, "#d6dde4")
    pen.down(0.3)
    pen.text("P", foot, LEFT, WIDE, 0.85, PLAIN, SOFT)


def _figures(figures: tuple[Figure, ...], pen: _Pen) -> None:
    gap = 8.0
    width = (WIDE - gap * (len(figures) - 1)) / len(figures)
    above, lowest = pen.y, pen.y
    for n, figure in enumerate(figures):
        x = LEFT + n * (width + gap)
        pen.y = above - 5
        color = WEAK if figure.is_weak else DARK
        pen.text("H2", figure.head, x + 5, width - 10, 0.95, BOLD)
        pen.text("P", figure.value, x + 5, width - 10, 1.65, BOLD, SOFT if figure.is_weak else "#1c2733")
        for text in (figure.span, figure.sure):
            if text:
                pen.text("P", text, x + 5, width - 10, 0.93)
        lowest = min(lowest, pen.y)
        if pen.paper:
            with pen.paper.artifact():
                canvas = pen.paper.canvas
                canvas.setStrokeColor(HexColor(color))
                canvas.setLineWidth(3)
                canvas.setDash(*((4, 3) if figure.is_weak else (1, 0)))
                canvas.line(x, above, x + width, above)
                canvas.setDash(1, 0)
    pen.y = lowest - 2
    if pen.paper:
        for n in range(len(figures)):
            x = LEFT + n * (width + gap)
            with pen.paper.artifact():
                pen.paper.canvas.setStrokeColor(HexColor("#b9c5d0"))
                pen.paper.canvas.setLineWidth(0.5)
                pen.paper.canvas.rect(x, pen.y, width, above - pen.y, stroke=1, fill=0)


def _head(text: str, pen: _Pen, width: float = WIDE) -> None:
    pen.down(0.75)
    pen.text("H2", text, LEFT, width, 1.08, BOLD, DARK)
    pen.down(0.12)


def _bars(bars: Bars, pen: _Pen, width: float) -> None:
    _head(bars.head, pen, width)
    if not bars.rows:
        pen.text("P", bars.empty, LEFT, width)
        return
    paper, size = pen.paper, pen.size
    cells = (0.6 * width, 0.76 * width, 0.86 * width)
    with paper.part("L") if paper else _nothing():
        for label, value, adds, length in bars.rows:
            lines = wrapped(label, round(cells[0] / size, 2))
            if paper:
                at = pen.y - 0.8 * size
                with paper.part("LI"), paper.mark("LBody"):
                    paper.lines(lines, LEFT, at, size)
                    for text, right in ((value, cells[1]), (adds, cells[2])):
                        paper.lines((writable(text),), 0, at, size, right=LEFT + right)
                start, whole = LEFT + 0.88 * width, 0.12 * width
                paper.block(start, pen.y - 0.95 * size, whole, 0.75 * size, EMPTY)
                paper.block(start, pen.y - 0.95 * size, whole * length, 0.75 * size, BAR)
            pen.y -= len(lines) * LEAD * size + 0.15 * size
    pen.text("P", bars.note, LEFT, width, 0.9, PLAIN, SOFT)


def _grid(grid: Grid, pen: _Pen) -> None:
    _head(grid.head, pen)
    if grid.rows:
        with pen.paper.part("Table" if pen.by_cells else "Div") if pen.paper else _nothing():
            _row(grid.heads, grid, pen, "TH", BOLD)
            for row in grid.rows:
                _row(row, grid, pen, "TD", PLAIN)
    else:
        pen.text("P", grid.empty, LEFT, WIDE)
    if grid.note:
        pen.down(0.15)
        pen.text("P", grid.note, LEFT, WIDE, 0.9, PLAIN, SOFT)


def _row(texts: tuple[str, ...], grid: Grid, pen: _Pen, role: str, font: str) -> None:
    size, gap, x = pen.size * 0.96, 6.0, LEFT
    cells = []
    for n, (text, part) in enumerate(zip(texts, grid.widths, strict=True)):
        width = part * WIDE
        cells.append((wrapped(text, round((width - gap) / size, 2), font), x + (gap if n - 1 in grid.right and n not in grid.right else 0), x + width if n in grid.right else None))  # fmt: skip
        x += width
    tall = max(len(lines) for lines, _, _ in cells)
    if pen.paper and not pen.by_cells:
        with pen.paper.mark("P"):
            for lines, left, right in cells:
                pen.paper.lines(lines, left, pen.y - 0.85 * size, size, font, right=right)
    elif pen.paper:
        with pen.paper.part("TR"):
            for lines, left, right in cells:
                with pen.paper.mark(role, scope="Column" if role == "TH" else ""):
                    pen.paper.lines(lines, left, pen.y - 0.85 * size, size, font, right=right)
    pen.y -= tall * LEAD * size + 0.18 * size
    if pen.paper:
        pen.paper.rule(LEFT, pen.y + 0.05 * size, WIDE, "#8d96a0" if role == "TH" else "#e3e8ed")


def _lines(lines: Lines, pen: _Pen) -> None:
    _head(lines.head, pen)
    if not lines.lines:
        pen.text("P", lines.empty, LEFT, WIDE)
        return
    with pen.paper.part("L") if pen.paper else _nothing():
        for line in lines.lines:
            if pen.paper:
                with pen.paper.artifact():
                    pen.paper.lines(("\u2022",), LEFT, pen.y - 0.8 * pen.size, pen.size)
            with pen.paper.part("LI") if pen.paper else _nothing():
                pen.text("LBody", line, LEFT + 9, WIDE - 9, 0.97)


class _nothing:  # noqa: N801 - stands where a part of the structure would
    def __enter__(self) -> None: ...

    def __exit__(self, *_: object) -> None: ...


def _behind(paper: Paper, drawn: Outlines) -> None:
    """What stands behind every map, once for the whole file."""
    canvas = paper.canvas
    canvas.beginForm("behind", 0, 0, WIDTH, HEIGHT)
    canvas.setFillColor(HexColor(GROUND))
    canvas.setStrokeColor(HexColor(LINE))
    canvas.setLineWidth(5)  # of the tenths
    paper.shape(drawn.behind, "B")
    canvas.endForm()


def _map(leaf: Leaf, paper: Paper, drawn: Outlines, x: float, y: float) -> None:
    canvas = paper.canvas
    with paper.mark("Figure", alt=writable(leaf.where)):
        canvas.saveState()
        canvas.translate(x, y)
        canvas.doForm("behind")
        canvas.setFillColor(HexColor(COLOR))
        paper.shape(drawn.areas[leaf.place], "f*")
        if spot := drawn.mark(leaf.place):
            canvas.setStrokeColor(HexColor(RING))
            canvas.setLineWidth(1.5)
            canvas.circle(spot[0] / 10, spot[1] / 10, 6, stroke=1, fill=0)
        canvas.restoreState()
