"""The data block of a page in few bytes: tables by column, repeated values once, borders as steps on a grid.

The page's script reads it back (`assets/atlas.js`, `unpack`); every value is the published one, none is rounded here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pipeline.atlas.borders import GRID

if TYPE_CHECKING:
    import numpy.typing as npt

LETTERS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz-_"
HATCHED = "abcde"  # classes of a view whose place is hatched
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


def values(column: list[Any]) -> Any:
    """A column; where few values recur, they stand once and each row holds a letter for its own.

    >>> values(["not known", "low", "not known", "not known", "low", "not known", "not known", "low"])
    {'of': ['not known', 'low'], 'at': '01001001'}
    >>> values([1.5, 2, 3])
    [1.5, 2, 3]
    """
    kinds: dict[Any, int] = {value: place for place, value in enumerate(dict.fromkeys(column))}
    if len(kinds) > len(LETTERS):
        return column
    long = sum(len(str(value)) + 1 for value in column)
    if sum(len(str(value)) + 3 for value in kinds) + len(column) + 20 < long:
        return {"of": list(kinds), "at": "".join(LETTERS[kinds[value]] for value in column)}
    return column


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
        "bars": bars,
        "approximate": view["approximate"],
        "points": view["points"],
    }


def _view(view: dict[str, Any]) -> dict[str, Any]:
    """A view with one letter for each place: the digit of its class, a small letter where it is hatched."""
    weak = set(view["weak"])
    letters = "".join("-" if place < 0 else HATCHED[place] if row in weak else str(place) for row, place in enumerate(view["index"]))  # fmt: skip
    told = {name: value for name, value in view.items() if name not in ("weak", "approximate", "noun", "points")}
    return {**told, "index": letters}
