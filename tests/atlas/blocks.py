"""The data block of a finished page read back as `payload.build` had it: the script's `unpack`, written apart from it."""

from __future__ import annotations

import json
import re
from typing import Any

from pipeline.atlas.borders import GRID
from pipeline.atlas.compact import COUNTED, HATCHED, LETTERS


def written(page: str) -> dict[str, Any]:
    """The data block as it stands in the page."""
    found = re.search(r'<script type="application/json" id="data">(.*?)</script>', page, re.S)
    assert found, "the page has no data block"
    data: dict[str, Any] = json.loads(found.group(1))
    return data


def block(page: str) -> dict[str, Any]:
    """The data block with rows, features and class numbers."""
    data = written(page)
    for view in data.get("views", []):
        table = data["tables"][view["table"]]
        letters = view["index"]
        view["index"] = [-1 if c == "-" else HATCHED.index(c) if c in HATCHED else int(c) for c in letters]
        view["weak"] = [row for row, c in enumerate(letters) if c in HATCHED]
        view.update({name: table[name] for name in ("noun", "points", "approximate")})
    for table in (*data.get("tables", {}).values(), *data["annexes"]):
        cells = []
        for column in table["columns"]:
            for name in ("pair", "explain", "group", "short"):
                column.setdefault(name, "")
            own = _list(column.pop("cells"))
            cells.append([list(pair) for pair in zip(own, _list(column.pop("seconds")), strict=True)] if column["pair"] else own)  # fmt: skip
        table["rows"] = [list(row) for row in zip(*cells, strict=True)]
        if table.get("bars"):
            for name in ("values", "most"):
                table["bars"][name] = [list(row) for row in zip(*map(_list, table["bars"][name]), strict=True)]
    for table in data.get("tables", {}).values():
        for made in table["counts"]:
            for name in COUNTED:
                if name in made:
                    first, other = made[name].get("like", (None, 0)) if isinstance(made[name], dict) else (None, 0)
                    made[name] = _list(made[name]) if first is None else table["counts"][first][COUNTED[other]]
        for fact in table["since"]:
            fact.update({name: _list(fact[name]) for name in ("from", "to", "evidence", "why")})
    data["shapes"] = {key: features(layer) for key, layer in data.get("shapes", {}).items()}
    for name in ("backdrop", "border"):
        if name in data:
            data[name] = features(data[name])
    for name in ("pockets", "lines", "dots"):
        if data.get(name) and data[name]["shapes"]:
            data[name]["shapes"] = features(data[name]["shapes"])
    return data


def _list(packed: Any) -> list[Any]:
    if isinstance(packed, dict) and "tens" in packed:
        wide, numbers = packed["wide"], []
        for start in range(0, len(packed["at"]), wide):
            code = 0
            for letter in packed["at"][start : start + wide]:
                code = 64 * code + LETTERS.index(letter)
            whole = code - 1 + packed["low"]
            numbers.append(None if code == 0 else whole / 10 ** packed["tens"] if packed["tens"] else whole)
        return numbers
    return packed if isinstance(packed, list) else [packed["of"][LETTERS.index(c)] for c in packed["at"]]


def features(layer: dict[str, Any]) -> dict[str, Any]:
    """A layer as a FeatureCollection in degrees."""
    return {
        "type": "FeatureCollection",
        "features": [
            {"type": "Feature", "id": row, "geometry": None if text is None else _geometry(text, layer)}
            for row, text in enumerate(layer["features"])
        ],
    }


def _geometry(text: str, layer: dict[str, Any]) -> dict[str, Any]:
    parts = [[_ring(ring, layer["origin"]) for ring in part.split(",")] for part in text.split(";")]
    if layer["areas"]:
        return {"type": "MultiPolygon", "coordinates": [[[*ring, ring[0]] for ring in rings] for rings in parts]}
    (line,) = parts[0]
    return {"type": "LineString", "coordinates": line} if len(line) > 1 else {"type": "Point", "coordinates": line[0]}


def _ring(text: str, origin: list[int]) -> list[list[float]]:
    numbers, value, shift = [], 0, 0
    for code in map(LETTERS.index, text):
        value |= (code & 31) << shift
        shift += 5
        if code < 32:
            numbers.append(-(value + 1) // 2 if value % 2 else value // 2)
            value = shift = 0
    x, y, out = *origin, []
    for dx, dy in zip(numbers[::2], numbers[1::2], strict=True):
        x, y = x + dx, y + dy
        out.append([x / GRID, y / GRID])
    return out
