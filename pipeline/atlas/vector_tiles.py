"""Very many areas as vector tiles: Mapbox Vector Tiles in one PMTiles archive, which the page holds and reads itself.

A page of few areas holds each border once and draws all of it at every zoom. From some thousands of areas on that is
slow, so the borders are written once for each of three zooms, in tiles, and the page draws those it needs
(`assets/vector_tiles.js`).

References
----------
Mapbox Vector Tile Specification 2.1. PMTiles Version 3 Specification (Protomaps).
"""

from __future__ import annotations

import base64
import json
import math
import struct
from typing import TYPE_CHECKING, Any

import numpy as np
import shapely

from pipeline.atlas.borders import DETAIL, fitted, main_box, on_grid, simpler
from pipeline.atlas.escape import esc

if TYPE_CHECKING:
    from collections.abc import Mapping

    import geopandas as gpd
    import numpy.typing as npt

MOST_SHAPES = 5_000  # areas up to which a browser redraws shapes in the time of a glance; more become tiles
EXTENT = 4096  # units of a tile
PIXELS = 256  # of a tile at its own zoom
ZOOMS = 3  # the whole study, and two closer looks
ACROSS = 4  # tiles in which the whole study is seen at the first zoom, at most
WIDEST = 40  # tiles across at the last zoom, far islands counted: the root directory then holds every tile
ROOT = 16_384  # bytes at the head of an archive within which its root directory ends
BITS = 7  # of a number in a byte; the eighth says that more follow


def archive(frame: gpd.GeoDataFrame) -> bytes:
    """Areas as a PMTiles archive of vector tiles without compression; a feature's id is the number of its row.

    At each zoom the areas are simplified as a coverage, by less than a pixel, and set on the tiles' grid, so that neighbors
    share their borders. A tile holds whole every area that touches it, none cut at its edge: an area is drawn from
    whichever tile is at hand, and no edge of a tile is seen. A row without a shape has no feature.

    Raises
    ------
    ValueError
        Where the result is no valid coverage, or its directory too long; both are meant never to happen.
    """
    shapes = frame.geometry.to_numpy()
    there = np.flatnonzero(~(shapely.is_missing(shapes) | shapely.is_empty(shapes)))
    west, south, east, north = main_box(shapes[there])
    sound, closed = fitted(shapes[there], max(east - west, north - south) / DETAIL)
    series = type(frame.geometry)
    world = _world(series(sound, crs=frame.crs).to_crs(4326).to_numpy())
    first = first_zoom(world)
    extent = max(np.ptp(main_box(world).reshape(2, 2), axis=0))
    metres = max(east - west, north - south) / extent  # from side to side of the world, as the study measures
    tiles: dict[int, bytes] = {}
    # each zoom from the closer one: all that borders move by stays under a pixel, and it takes half the time
    for zoom in reversed(range(first, first + ZOOMS)):
        half = metres / (2 * PIXELS * 2**zoom)
        sound = simpler(sound, half, is_coverage=closed.is_coverage)
        drawn = _world(series(sound, crs=frame.crs).to_crs(4326).to_numpy())
        units = shapely.transform(drawn, lambda xy, zoom=zoom: xy * EXTENT * 2**zoom)
        tiles |= _tiles(on_grid(units, is_coverage=closed.is_coverage, grid=1), there, zoom)
    return _packed(tiles, shapely.total_bounds(world), (first, first + ZOOMS - 1), overlaps=not closed.is_coverage)


def first_zoom(world: Any) -> int:
    """The zoom at which a study is seen whole, given its areas on a world of side 1."""
    across = ACROSS / max(np.ptp(main_box(world).reshape(2, 2), axis=0))
    widest = WIDEST / 2 ** (ZOOMS - 1) / max(np.ptp(shapely.total_bounds(world).reshape(2, 2), axis=0))
    return max(0, math.floor(math.log2(min(across, widest))))


def _world(degrees: Any) -> Any:
    """Shapes in degrees on the Web Mercator world: a square of side 1, its origin north-west."""

    def flat(xy: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
        north = np.arcsinh(np.tan(np.radians(xy[:, 1])))
        return np.column_stack([xy[:, 0] / 360 + 0.5, 0.5 - north / (2 * np.pi)])

    return shapely.transform(degrees, flat)


def _tiles(units: Any, rows: npt.NDArray[np.int64], zoom: int) -> dict[int, bytes]:
    """The tiles of a zoom by their number in the archive; ``units`` are areas on the tiles' grid."""
    drawn = np.flatnonzero(~shapely.is_empty(units))
    shapes, rows = units[drawn], rows[drawn]
    starts, bodies = _geometry(shapes)
    west, north, east, south = (shapely.total_bounds(shapes) // EXTENT).astype("int64").tolist()
    x, y = (side.ravel() for side in np.meshgrid(np.arange(west, east + 1), np.arange(north, south + 1)))
    frames = shapely.box(x * EXTENT, y * EXTENT, (x + 1) * EXTENT, (y + 1) * EXTENT)
    tile, shape = shapely.STRtree(shapes).query(frames, predicate="intersects")
    found: dict[int, list[bytes]] = {}
    for place, own in sorted(zip(tile.tolist(), shape.tolist(), strict=True)):
        across, down = _zigzag(starts[own] - (x[place] * EXTENT, y[place] * EXTENT)).tolist()
        geometry = b"\x09" + _varint(across) + _varint(down) + bodies[own]
        feature = b"\x08" + _varint(int(rows[own])) + b"\x18\x03\x22" + _sized(geometry)
        found.setdefault(place, []).append(b"\x12" + _sized(feature))
    head, tail = b"\x0a" + _sized(b"areas"), b"\x28" + _varint(EXTENT) + b"\x78\x02"
    return {
        number_of(zoom, int(x[place]), int(y[place])): b"\x1a" + _sized(head + b"".join(features) + tail)
        for place, features in found.items()
    }


def _geometry(shapes: Any) -> tuple[npt.NDArray[np.int64], list[bytes]]:
    """The first vertex of each area, and the bytes of its geometry from there on, which are the same in every tile."""
    # the specification wants outer rings clockwise on the screen, where y runs down
    parts, area = shapely.get_parts(shapely.orient_polygons(shapes), return_index=True)
    rings, part = shapely.get_rings(parts, return_index=True)
    vertices, ring = shapely.get_coordinates(rings, return_index=True)
    last = np.append(ring[1:] != ring[:-1], True)  # the closing vertex is not written
    steps, ring = np.rint(vertices[~last]).astype("int64"), ring[~last]
    sizes = np.bincount(ring)
    head = np.cumsum(sizes) - sizes  # the first vertex of each ring
    moves = _zigzag(np.diff(steps, axis=0, prepend=steps[:1]))
    # a ring is: move to, x, y; line to so many, x, y, x, y ...; close
    offset = np.cumsum(2 * sizes + 3) - (2 * sizes + 3)
    values = np.zeros(int((2 * sizes + 3).sum()), dtype="int64")
    within = np.arange(len(steps)) - head[ring]
    place = offset[ring] + np.where(within == 0, 1, 2 + 2 * within)
    values[place], values[place + 1] = moves[:, 0], moves[:, 1]
    values[offset], values[offset + 3], values[offset + 2 * sizes + 2] = 9, 2 | (sizes - 1) << 3, 15
    owner = area[part]
    start = np.flatnonzero(np.append(True, owner[1:] != owner[:-1]))  # the first ring of each area
    stop = np.append(offset[start][1:], len(values))
    data, ends = _varints(values), np.append(0, np.cumsum(_lengths(values)))
    bodies = [data[a:b] for a, b in zip(ends[offset[start] + 3].tolist(), ends[stop].tolist(), strict=True)]
    return steps[head[start]], bodies


def _zigzag(moves: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    return (moves << 1) ^ (moves >> 63)


def _lengths(values: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Bytes that each number takes."""
    deep = max(1, -(-int(values.max(initial=0)).bit_length() // BITS))
    return np.ones_like(values) + sum((values >> (BITS * more) > 0).astype("int64") for more in range(1, deep))


def _varints(values: npt.NDArray[np.int64]) -> bytes:
    """Numbers of zero and more, the least bits first."""
    lengths = _lengths(values)
    byte = np.arange(int(lengths.max(initial=1)))
    codes = (values[:, None] >> (BITS * byte)) & 127 | np.where(byte + 1 < lengths[:, None], 128, 0)
    return codes[byte < lengths[:, None]].astype("uint8").tobytes()


def _varint(value: int) -> bytes:
    out = b""
    while value > 127:
        out, value = out + bytes([value & 127 | 128]), value >> BITS
    return out + bytes([value])


def _sized(data: bytes) -> bytes:
    return _varint(len(data)) + data


def number_of(zoom: int, x: int, y: int) -> int:
    """The number of a tile in an archive: along a Hilbert curve, after all tiles of lower zooms.

    >>> [number_of(0, 0, 0), number_of(1, 0, 0), number_of(1, 0, 1), number_of(1, 1, 1), number_of(1, 1, 0)]
    [0, 1, 2, 3, 4]
    """
    number, side = (1 << 2 * zoom) // 3, (1 << zoom) // 2
    while side:
        right, low, x, y = x // side, y // side, x % side, y % side
        number += side * side * ((3 * right) ^ low)
        if not low:
            if right:
                x, y = side - 1 - x, side - 1 - y
            x, y = y, x
        side //= 2
    return number


def _packed(
    tiles: dict[int, bytes], world: npt.NDArray[np.float64], zooms: tuple[int, int], *, overlaps: bool
) -> bytes:
    """An archive of tiles: header, root directory, metadata, and the tiles in the order of their numbers."""
    numbers = np.array(sorted(tiles), dtype="int64")
    sizes = np.array([len(tiles[number]) for number in numbers.tolist()], dtype="int64")
    ones, follows = np.ones_like(numbers), np.append(1, np.zeros(len(numbers) - 1, dtype="int64"))
    columns = (np.diff(numbers, prepend=0), ones, sizes, follows)
    root = _varint(len(numbers)) + b"".join(map(_varints, columns))
    layers = [{"id": "areas", "fields": {}, "minzoom": zooms[0], "maxzoom": zooms[1]}]
    metadata = json.dumps({"vector_layers": layers, "overlaps": overlaps}, separators=(",", ":")).encode()
    starts = np.cumsum([127, len(root), len(metadata)]).tolist()
    if starts[1] > ROOT:
        raise ValueError(f"The directory of {len(numbers)} tiles takes {len(root)} bytes, more than an archive may have.")  # fmt: skip
    box = [round(1e7 * side) for side in _degrees(world)]
    middle = [(box[0] + box[2]) // 2, (box[1] + box[3]) // 2]
    header = struct.pack(
        "<7sB11Q6B4iB2i",
        b"PMTiles", 3,
        starts[0], len(root), starts[1], len(metadata), starts[2], 0, starts[2], int(sizes.sum()),
        len(numbers), len(numbers), len(numbers),
        1, 1, 1, 1, *zooms,  # in order, neither directory nor tiles compressed, vector tiles
        *box, zooms[0], *middle,
    )  # fmt: skip
    return b"".join([header, root, metadata, *(tiles[number] for number in numbers.tolist())])


def _degrees(world: npt.NDArray[np.float64]) -> tuple[float, float, float, float]:
    """West, south, east and north of a box of the world."""
    west, north, east, south = world.tolist()
    low, high = (math.degrees(math.atan(math.sinh(math.pi * (1 - 2 * y)))) for y in (south, north))
    return 360 * (west - 0.5), low, 360 * (east - 0.5), high


def corners(degrees: Any) -> Any:
    """A line from the south-west to the north-east corner of each shape, by which a page finds it; none for none."""
    boxes = shapely.bounds(degrees)
    out = np.full(len(degrees), None, dtype=object)
    there = np.isfinite(boxes).all(axis=1)
    out[there] = shapely.linestrings(boxes[there].reshape(-1, 2, 2))
    return out


def blocks(archives: Mapping[str, bytes]) -> str:
    """Archives as blocks of a page, by the sets of areas they hold; one that holds several stands once."""
    sets: dict[bytes, list[str]] = {}
    for name, data in archives.items():
        sets.setdefault(data, []).append(name)
    return "".join(
        f'\n<script type="application/vnd.pmtiles" id="areas-{place}" data-areas="{esc(" ".join(names))}">{base64.b64encode(data).decode()}</script>'
        for place, (data, names) in enumerate(sets.items())
    )
