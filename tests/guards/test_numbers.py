"""Numbers in sentences are written by `pipeline.numerals` alone: a format specification rounds a half to even."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

from pipeline.numerals import number

ROOT = Path(__file__).resolve().parents[2]
SENTENCES = ("pipeline/analysis", "pipeline/atlas", "pipeline/stages")

SUPPLIERS = "messages on files, for who supplies them; in no published sentence"
CALLERS = "messages on arguments, for who calls the function"
DRAWING = "coordinates and lengths of a drawing"
SHORT_NUMBERS = "numbers of a data file, written with few digits"
# Places that may format numbers otherwise, and why.
ELSEWHERE = {
    "pipeline/analysis/catchments.py": CALLERS,
    "pipeline/analysis/grids.py": SUPPLIERS,
    "pipeline/analysis/matching.py: record": "the gap of the solver as a power of ten, in the ledger",
    "pipeline/analysis/plausible.py": SUPPLIERS,
    "pipeline/analysis/plausible_births.py": SUPPLIERS,
    "pipeline/analysis/plausible_rooms.py": SUPPLIERS,
    "pipeline/analysis/plausible_sites.py": SUPPLIERS,
    "pipeline/analysis/rasters.py": SUPPLIERS,
    "pipeline/analysis/sound_blocks.py": SUPPLIERS,
    "pipeline/analysis/sound_counts.py": SUPPLIERS,
    "pipeline/analysis/sound_people.py": SUPPLIERS,
    "pipeline/analysis/sound_rasters.py": SUPPLIERS,
    "pipeline/analysis/sound_shapes.py: require_box": "degrees, as the box stands in the settings",
    "pipeline/analysis/sound_vintages.py": SUPPLIERS,
    "pipeline/atlas/committee_page.py: _behind": DRAWING,
    "pipeline/atlas/committee_page.py: _map": DRAWING,
    "pipeline/atlas/compact.py": SHORT_NUMBERS,
    "pipeline/atlas/error_picture.py": DRAWING,
    "pipeline/atlas/payload.py": SHORT_NUMBERS,
    "pipeline/atlas/shapes.py": DRAWING,
    "pipeline/atlas/site_pictures.py": DRAWING,
}
# What rounds or sets thousands apart: `,`, `.1f`, `.0%`, `g`, `.2e`; not a width as `02d` or `<8`.
_SPEC = re.compile(r"[,%eEfFgGn]")
_IN_TEXT = re.compile(r"\{[^{}:]*:[^{}]*[,%eEfFgGn][^{}]*\}|%[-+ 0#]*\d*\.\d+[eEfFgG]")


def formats(tree: ast.AST) -> Iterator[tuple[int, str]]:
    """Line and specification of each number that is formatted: in an f-string, by ``format`` or by ``%``.

    >>> text = 'f"{a:,.0f} {b:02d} {c:.{n}f}"; "{:.1f}".format(a); format(a, ".2%"); "%.1f" % a; "%d" % a'
    >>> sorted(spec for _, spec in formats(ast.parse(text)))
    ['%.1f', ',.0f', '.2%', '.f', '{:.1f}']
    """
    for node in ast.walk(tree):
        if isinstance(node, ast.FormattedValue) and isinstance(node.format_spec, ast.JoinedStr):
            spec = "".join(str(part.value) for part in node.format_spec.values if isinstance(part, ast.Constant))
            if _SPEC.search(spec):
                yield node.lineno, spec
        elif isinstance(node, ast.Attribute) and node.attr == "format":
            yield from _texts(node.value)
        elif isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "format":
            for spec in (str(arg.value) for arg in node.args[1:] if isinstance(arg, ast.Constant)):
                if _SPEC.search(spec):
                    yield node.lineno, spec
        elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Mod):
            yield from _texts(node.left)


def _texts(node: ast.AST) -> Iterator[tuple[int, str]]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield from ((node.lineno, found) for found in _IN_TEXT.findall(node.value))


def places(path: Path) -> Iterator[tuple[str, str]]:
    """Each formatted number of a module, with the names under which it may be declared and how it is told."""
    name = path.relative_to(ROOT).as_posix()
    for part in ast.parse(path.read_text(encoding="utf-8")).body:
        for line, spec in formats(part):
            yield f"{name}: {getattr(part, 'name', '')}", f"{name}:{line}: {spec}"


def found() -> list[tuple[str, str]]:
    return [place for folder in SENTENCES for path in sorted((ROOT / folder).rglob("*.py")) for place in places(path)]


def test_numbers_are_written_in_one_place() -> None:
    others = [told for place, told in found() if place not in ELSEWHERE and place.split(":")[0] not in ELSEWHERE]
    assert others == [], "write these with pipeline.numerals, or declare the place and why"


def test_every_declared_place_still_formats_a_number() -> None:
    used = {name for place, _ in found() for name in (place, place.split(":")[0])}
    assert set(ELSEWHERE) <= used


def test_a_half_is_rounded_alike_in_sentence_and_table() -> None:
    assert [f"{value:,.0f}" for value in (0.5, 2.5)] == ["0", "2"]
    assert [number(value) for value in (0.5, 2.5, -2.5)] == ["1", "3", "-3"]
