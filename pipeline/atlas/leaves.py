"""What a printed page of the committee's packet holds, as plain declarations."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Figure:
    """One of the numbers at the head of a leaf, with its range and how sure it is."""

    head: str
    value: str
    span: str
    sure: str
    is_weak: bool = False  # no decision should rest on it alone


@dataclass(frozen=True)
class Grid:
    """A table of a leaf: its columns (those of ``right`` hold numbers), their widths as parts of one, a line below."""

    head: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    widths: tuple[float, ...]
    right: tuple[int, ...] = ()
    note: str = ""
    empty: str = ""  # said where there is no row


@dataclass(frozen=True)
class Bars:
    """What an index is made of: label, value, what it adds, and the bar's length from 0 to 1."""

    head: str
    rows: tuple[tuple[str, str, str, float], ...]
    note: str = ""
    empty: str = ""


@dataclass(frozen=True)
class Lines:
    """Sentences of a leaf."""

    head: str
    lines: tuple[str, ...]
    empty: str = ""


@dataclass(frozen=True)
class Leaf:
    """One printed page."""

    key: str  # its neighborhood's id; empty for the summary
    title: str
    under: str
    warning: str
    figures: tuple[Figure, ...]
    why: Bars | None
    grids: tuple[Grid, ...]
    lines: tuple[Lines, ...]
    said: str = ""  # in a word or two, for the contents
    place: int = -1  # of its neighborhood in the drawing
    where: str = ""  # what the drawing shows


@dataclass(frozen=True)
class Packet:
    """All leaves: the district's first, then the neighborhoods by name."""

    title: str
    under: str
    foot: str
    leaves: tuple[Leaf, ...]
    areas: Any = field(repr=False)  # the neighborhoods in order of their leaves, for the drawing

    @property
    def texts(self) -> list[str]:
        """Every text of every leaf."""
        return [text for leaf in self.leaves for text in texts_of(leaf)]


def texts_of(leaf: Leaf) -> list[str]:
    """The texts of a leaf in the order in which they are read.

    >>> texts_of(Leaf("n1", "Bay", "90 children", "", (Figure("Need", "Rank 1", "1 to 3", "Sure."),), None, (), ()))
    ['Bay', '90 children', 'Need', 'Rank 1', '1 to 3', 'Sure.']
    """
    found = [leaf.title, leaf.under, leaf.warning]
    for figure in leaf.figures:
        found += [figure.head, figure.value, figure.span, figure.sure]
    if leaf.why:
        found += [leaf.why.head, *(text for row in leaf.why.rows for text in row[:3])]
        found.append(leaf.why.note if leaf.why.rows else leaf.why.empty)
    for grid in leaf.grids:
        found += [grid.head, *(grid.heads if grid.rows else ()), *(text for row in grid.rows for text in row)]
        found += [grid.note] if grid.rows else [grid.empty, grid.note]
    for lines in leaf.lines:
        found += [lines.head, *(lines.lines or (lines.empty,))]
    return [text for text in found if text]
