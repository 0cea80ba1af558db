"""The data block of a page in few bytes: tables by column, repeated values once, borders as steps on a grid.

The page's script reads it back (`assets/atlas.js`, `unpack`); every value is the published one, none is rounded here.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pipeline.atlas.borders import GRID

if TYPE_CHECKING:
    import numpy.typing as npt

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
HATCHED = "abcde"  # classes of a view whose place is hatched
COUNTED = ("count", "count_moe", "whole", "whole_moe")  # of what a share is made of
MOST_TENS = 9  # decimals of a number in letters
NEAR = 5  # bits of a letter; the sixth says that more follow


def layer(shapes: Any) -> dict[str, Any]:
    """Shapes in degrees as text, one for each row: rings joined by commas, parts by semicolons.

    A ring is the way from vertex to vertex in steps of the grid, without its closing one; one vertex is a point.
    """
    rows: list[str | None] = [None] * len(shapes)
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    parts, row = shapely.get_parts(shapes[there], return_index=True)
    if not len(parts):
        return {"areas": True, "origin": [0, 0], "features": rows}
    areas = bool((shapely.get_type_id(parts) == 3).all())
    lines, part = shapely.get_rings(parts, return_index=True) if areas else (parts, np.arange(len(parts)))
    vertices, line = shapely.get_coordinates(lines, return_index=True)
    steps = np.rint(vertices * GRID).astype("int64")
    if areas:  # the closing vertex
        last = np.append(line[1:] != line[:-1], True)
        steps, line = steps[~last], line[~last]
    origin = steps.min(axis=0)
    first = np.append(True, line[1:] != line[:-1])
    moves = np.where(first[:, None], steps - origin, np.diff(steps, axis=0, prepend=steps[:1]))
    ends = np.append(np.flatnonzero(first)[1:], len(first))
    texts = _letters(moves, ends)
    joined: list[list[str]] = [[] for _ in parts]
    for place, text in zip(part, texts, strict=True):
        joined[place].append(text)
    for place, text_of in zip(there[row], joined, strict=True):
        text = ",".join(text_of)
        rows[place] = text if rows[place] is None else f"{rows[place]};{text}"
    return {"areas": areas, "origin": [int(origin[0]), int(origin[1])], "features": rows}


def _letters(moves: npt.NDArray[np.int64], ends: npt.NDArray[np.int64]) -> list[str]:
    """Signed steps as letters, the least bits first; one text up to each end."""
    values = ((moves << 1) ^ (moves >> 63)).ravel()
    deep = max(1, -(-int(values.max()).bit_length() // NEAR))
    bits = values[:, None] >> (NEAR * np.arange(deep + 1))
    written = bits[:, :deep] > 0
    written[:, 0] = True
    codes = (bits[:, :deep] & 31) | np.where(bits[:, 1:] > 0, 32, 0)
    alphabet = np.frombuffer(LETTERS.encode(), dtype="uint8")
    text = alphabet[codes[written]].tobytes().decode()
    stops = np.cumsum(written.sum(axis=1))[2 * ends - 1].tolist()
    return [text[start:stop] for start, stop in zip([0, *stops[:-1]], stops, strict=True)]


def seven(value: float) -> int | float:
    """A published number as a page holds it: to seven digits, and whole where it is.

    >>> seven(0.123456789), seven(12.0)
    (0.1234568, 12)
    """
    short = float(f"{float(value):.7g}")
    return int(short) if short.is_integer() else short


def values(column: list[Any]) -> Any:
    """A column in the fewest letters: where few values recur, they stand once and each row holds a letter for its own.

    Numbers of few digits are steps above the least one, in tens of a power, each in as many letters (`_steps`).

    >>> values(["not known", "low", "not known", "not known", "low", "not known", "not known", "low"])
    {'of': ['not known', 'low'], 'at': '01001001'}
    >>> values([1.5, 2, 3])
    [1.5, 2, 3]
    >>> values([None, *(round(0.125 + place / 1000, 3) for place in range(70))])["at"][:12]
    '000102030405'
    """
    amount = Counter(column)
    if len(amount) > len(LETTERS):
        steps = _steps(column)
        return steps if steps and len(steps["at"]) + 40 < _length(amount) else column
    if sum(len(str(value)) + 3 for value in amount) + len(column) + 20 < _length(amount):
        kinds = {value: LETTERS[place] for place, value in enumerate(amount)}
        return {"of": list(amount), "at": "".join([kinds[value] for value in column])}
    return column


def _length(amount: Counter[Any]) -> int:
    """Letters of a column that is written out."""
    return sum((len(str(value)) + 1) * count for value, count in amount.items())


def _steps(column: list[Any]) -> dict[str, Any] | None:
    """Numbers as whole steps of ``1 / 10 ** tens`` above ``low``, and no number as none; nothing if they are not such.

    A reader divides whole numbers by a power of ten, which gives the written number to the last bit.

    >>> _steps([12.5, None, 0.25])
    {'tens': 2, 'low': 25, 'wide': 2, 'at': 'JA0001'}
    """
    if not set(map(type, column)) <= {int, float, type(None)}:
        return None
    numbers = np.array([np.nan if value is None else value for value in column], dtype="float64")
    known = np.isfinite(numbers)
    for tens in range(MOST_TENS + 1):
        whole = np.rint(numbers[known] * 10.0**tens)
        if len(whole) and (np.abs(whole) < 2**52).all() and (whole / 10.0**tens == numbers[known]).all():
            break
    else:
        return None
    low = int(whole.min())
    codes = np.zeros(len(numbers), dtype="int64")
    codes[known] = whole.astype("int64") - low + 1
    wide = max(1, -(-int(codes.max()).bit_length() // 6))
    digits = codes[:, None] >> (6 * np.arange(wide - 1, -1, -1)) & 63
    alphabet = np.frombuffer(LETTERS.encode(), dtype="uint8")
    return {"tens": tens, "low": low, "wide": wide, "at": alphabet[digits].tobytes().decode()}


def packed(page: dict[str, Any]) -> dict[str, Any]:
    """A page's data block as it is written into the page."""
    return {
        **page,
        "tables": {key: _table(table, page["views"], key) for key, table in page["tables"].items()},
        "views": [_view(view) for view in page["views"]],
        "annexes": [_columns(annex) for annex in page["annexes"]],
    }


def _columns(table: dict[str, Any]) -> dict[str, Any]:
    """Rows by column, each with its cells; what a column leaves open is not written."""
    cells = list(zip(*table["rows"], strict=True)) or [()] * len(table["columns"])
    columns = []
    for column, own in zip(table["columns"], cells, strict=True):
        written = {name: value for name, value in column.items() if value not in ("", False, [])}
        if column["pair"]:
            written["cells"], written["seconds"] = (values([cell[i] for cell in own]) for i in (0, 1))
        else:
            written["cells"] = values(list(own))
        columns.append(written)
    return {**{name: value for name, value in table.items() if name != "rows"}, "columns": columns, "size": len(table["rows"])}  # fmt: skip


def _table(table: dict[str, Any], views: list[dict[str, Any]], key: str) -> dict[str, Any]:
    view = next(view for view in views if view["table"] == key)
    bars = table["bars"]
    if bars:
        spread = {name: [values(list(part)) for part in zip(*bars[name], strict=True)] for name in ("values", "most")}
        bars = {**bars, **spread}
    series = [
        {
            **one,
            "steps": [
                {name: values(value) if isinstance(value, list) else value for name, value in step.items()}
                for step in one["steps"]
            ],
        }
        for one in table.get("series", [])
    ]
    return {
        **_columns(table),
        "series": series,
        "counts": _counts(table["counts"]),
        "since": [
            {name: values(own) if isinstance(own, list) else own for name, own in fact.items()}
            for fact in table["since"]
        ],
        "bars": bars,
        "approximate": view["approximate"],
        "points": view["points"],
    }


def _counts(counts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What shares are made of; a column that stands there already is named by the place of the first, and of its name."""
    known: dict[tuple[Any, ...], list[int]] = {}
    written = []
    for place, made in enumerate(counts):
        own: dict[str, Any] = {}
        for name, value in made.items():
            if name in COUNTED:
                here = [place, COUNTED.index(name)]
                first = known.setdefault(tuple(value), here)
                own[name] = values(value) if first == here else {"like": first}
            else:
                own[name] = value
        written.append(own)
    return written


def _view(view: dict[str, Any]) -> dict[str, Any]:
    """A view with one letter for each place: the digit of its class, a small letter where it is hatched."""
    weak = set(view["weak"])
    letters = "".join("-" if place < 0 else HATCHED[place] if row in weak else str(place) for row, place in enumerate(view["index"]))  # fmt: skip
    told = {name: value for name, value in view.items() if name not in ("weak", "approximate", "noun", "points")}
    return {**told, "index": letters}
