"""The ground Millbrook stands on: street cells between river and rail, and the blocks they form.

The town is a warped lattice of street cells about 120 m wide. A river follows one column of
it, a rail line runs across (cells it crosses are cut in two), and every larger area, from the
census block to the high-school zone, is a set of cells. Borders that should agree therefore
agree to the last digit, and the truth of any area is the sum over its cells.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import numpy.typing as npt
import pyproj
import shapely

from pipeline.town.areas import borders, mend, neighbors, pieces, regions, tally

CRS = "EPSG:3310"
CENTRE = (-122.2, 40.125)
CELL_M = (125.0, 118.0)
BLOCKS = 1000
CELLS_PER_BLOCK = 5.4

Ints = npt.NDArray[np.int64]
Floats = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]


@dataclass(frozen=True)
class Ground:
    """Street cells and the blocks made of them; arrays run over cells unless named for blocks."""

    corners: Ints  # cell x 4 lattice nodes (a triangle repeats its last)
    nodes_m: Floats  # node x (x, y) metres
    x: Floats  # metres
    y: Floats
    u: Floats  # place in the town: -1 west edge .. 1 east edge
    v: Floats
    area_m2: Floats
    is_water: Flags
    is_park: Flags
    in_district: Flags
    is_east: Flags
    is_south: Flags  # of the rail line
    pairs: Ints  # neighboring cells, two columns
    block: Ints  # block number of each cell

    @property
    def blocks(self) -> int:
        """How many blocks there are."""
        return int(self.block.max()) + 1

    @cached_property
    def nodes(self) -> Floats:
        """Node x (longitude, latitude), rounded as TIGER rounds."""
        to_degrees = pyproj.Transformer.from_crs(CRS, "EPSG:4269", always_xy=True)
        return np.round(np.column_stack(to_degrees.transform(self.nodes_m[:, 0], self.nodes_m[:, 1])), 6)


def ground(size: int | None, rng: np.random.Generator) -> Ground:
    """Lay out a town of about ``size`` blocks (Millbrook itself: about 1,000)."""
    scale = np.sqrt((size or BLOCKS) / BLOCKS)
    columns, rows = round(84 * scale), round(70 * scale)
    river = round(columns * 0.60)
    rail = _rail(columns, rows, river)
    nodes_m = _nodes(columns, rows, river, rail, rng)
    corners, column, row, south = _cells(columns, rows, rail)
    u, v = 2 * (column + 0.5) / columns - 1, 2 * (row + 0.5) / rows - 1
    edge = _edge(u, v)
    keep = edge < 1.13
    corners, column, south, u, v = corners[keep], column[keep], south[keep], u[keep], v[keep]
    in_district = edge[keep] < 1.0
    x, y = nodes_m[corners, 0].mean(axis=1), nodes_m[corners, 1].mean(axis=1)
    is_water = column == river
    is_park = (u > -0.04) & (u < 0.17) & (v > 0.36) & (v < 0.60) & ~is_water
    pairs = neighbors(corners)
    east = column > river
    block = _blocks(u, v, x, y, is_water, is_park, in_district, east, south, pairs, rng)
    nodes_m = _rounded_corners(nodes_m, corners, block)
    x, y = nodes_m[corners, 0].mean(axis=1), nodes_m[corners, 1].mean(axis=1)
    area = _areas(nodes_m[corners])
    return Ground(corners, nodes_m, x, y, u, v, area, is_water, is_park, in_district, east, south, pairs, block)


def _areas(ring: Floats) -> Floats:
    """Signed areas of rings of corners, positive when counter-clockwise."""
    x, y = ring[..., 0], ring[..., 1]
    corners = ring.shape[1]
    twice = np.zeros(len(ring))
    for k in range(corners):
        following = (k + 1) % corners
        twice += x[:, k] * y[:, following] - x[:, following] * y[:, k]
    return np.asarray(0.5 * twice)


def _rounded_corners(nodes: Floats, corners: Ints, block: Ints) -> Floats:
    """Street corners pulled towards their neighbors where only two sides of blocks meet: roads bend, they do not jag."""
    border = borders(corners, block)
    on_border = _both_ways(border)
    inner = _both_ways(borders(corners, np.arange(len(corners))))  # every side
    degree = np.bincount(on_border[:, 0], minlength=len(nodes))
    moved = nodes
    for _ in range(4):
        bent, eased = _mean_of_neighbors(moved, on_border), _mean_of_neighbors(moved, inner)
        moved = np.where(
            (degree == 2)[:, None], 0.5 * moved + 0.5 * bent, np.where((degree == 0)[:, None], eased, moved)
        )
    # a cell must keep its shape: where it would fold, its corners go back towards where they were
    for turn in range(12):
        ring = moved[corners]
        turns = np.stack(
            [_areas(np.stack([ring[:, k - 1], ring[:, k], ring[:, (k + 1) % 4]], axis=1)) for k in range(4)]
        )
        folded = (turns < -200).any(axis=0) | (_areas(ring) < 900)
        if not folded.any():
            break
        still = np.unique(corners[folded])
        moved = moved.copy()
        moved[still] = nodes[still] if turn > 6 else 0.5 * (moved[still] + nodes[still])
    return moved


def _both_ways(sides: Ints) -> Ints:
    return np.concatenate([sides, sides[:, ::-1]])


def _mean_of_neighbors(nodes: Floats, sides: Ints) -> Floats:
    """Mean place of the corners at the other end of the sides that start at each corner."""
    number = len(nodes)
    degree = np.maximum(np.bincount(sides[:, 0], minlength=number), 1)
    total = [tally(sides[:, 0], nodes[sides[:, 1], k], number) for k in (0, 1)]
    return np.column_stack(total) / degree[:, None]


def shapes(ground: Ground, label: Ints, keep: Flags | None = None) -> tuple[Ints, npt.NDArray[np.object_]]:
    """Dissolve cells into areas: the labels from 0 up that occur, and one shape for each."""
    chosen = label >= 0 if keep is None else (label >= 0) & keep
    order = np.flatnonzero(chosen)
    order = order[np.argsort(label[order], kind="stable")]
    polygons = cell_polygons(ground, order)
    values, starts = np.unique(label[order], return_index=True)
    parts = np.split(polygons, starts[1:])
    merged = [part[0] if len(part) == 1 else shapely.coverage_union_all(part) for part in parts]
    return values, shapely.orient_polygons(np.array(merged, dtype=object))


def cell_polygons(ground: Ground, cells: Ints) -> npt.NDArray[np.object_]:
    """Polygons of some cells, in degrees."""
    rings = ground.nodes[np.concatenate([ground.corners[cells], ground.corners[cells, :1]], axis=1)]
    polygons: npt.NDArray[np.object_] = shapely.polygons(rings)
    triangles = ground.corners[cells, 2] == ground.corners[cells, 3]
    polygons[triangles] = shapely.polygons(rings[triangles][:, [0, 1, 2, 4]])
    return polygons


def _rail(columns: int, rows: int, river: int) -> Floats:
    """Height of the rail line (in lattice rows) at each column of nodes; level across the river."""
    along = 2 * np.arange(columns + 1) / columns - 1
    height = rows * (0.5 + 0.5 * (-0.30 + 0.26 * along + 0.07 * np.sin(3.1 * along + 0.6)))
    height[river + 1] = height[river]
    return height


def _nodes(columns: int, rows: int, river: int, rail: Floats, rng: np.random.Generator) -> Floats:
    """Street corners in metres: a lattice bent by long waves, by chance, and along the rail line."""
    across = np.arange(columns + 1, dtype=float)
    across[river + 1 :] -= 0.45  # the river is narrower than a street cell
    i, j = np.meshgrid(across - columns / 2, np.arange(rows + 1) - rows / 2, indexing="ij")
    track = np.round(rail)
    bend = (rail - track)[:, None] * np.exp(-(((np.arange(rows + 1)[None, :] - track[:, None]) / 2.5) ** 2))
    x, y = i * CELL_M[0], (j + bend) * CELL_M[1]
    wave = rng.uniform(0, 2 * np.pi, 10)
    px, py = x / 1000, y / 1000
    dx = (
        300 * np.sin(0.75 * py + wave[0])
        + 100 * np.sin(1.8 * py + 0.7 * px + wave[1])
        + 45 * np.sin(2.7 * py - 1.6 * px + wave[2])
    )
    dy = (
        280 * np.sin(0.7 * px + wave[3])
        + 95 * np.sin(1.6 * px - 0.8 * py + wave[4])
        + 40 * np.sin(2.8 * px + 1.8 * py + wave[5])
    )
    jitter = rng.normal(0, 1, (2, *x.shape))
    loose = 5 + 13 * np.clip(np.hypot(i / columns, j / rows) * 2 - 0.2, 0, 1)
    on_bank = np.zeros_like(x)
    on_bank[river : river + 2] = 1
    loose = loose * (1 - 0.7 * on_bank)
    turn = np.deg2rad(-11.0)
    x, y = x + dx + loose * jitter[0], y + dy + loose * jitter[1]
    origin = pyproj.Transformer.from_crs("EPSG:4269", CRS, always_xy=True).transform(*CENTRE)
    return np.column_stack(
        [
            (x * np.cos(turn) - y * np.sin(turn)).ravel() + origin[0],
            (x * np.sin(turn) + y * np.cos(turn)).ravel() + origin[1],
        ]
    )


def _cells(columns: int, rows: int, rail: Floats) -> tuple[Ints, Ints, Ints, Flags]:
    """Corner nodes, column, row and side of the rail of each cell; cells under the rail are cut in two."""
    i, j = (a.ravel() for a in np.meshgrid(np.arange(columns), np.arange(rows), indexing="ij"))
    a = i * (rows + 1) + j
    quad = np.column_stack([a, a + rows + 1, a + rows + 2, a + 1])  # counter-clockwise from south-west
    track = np.round(rail).astype(int)
    west, east = track[i], track[i + 1]
    rising = (east == west + 1) & (j == west)
    falling = (east == west - 1) & (j == east)
    south = j + 1 <= np.minimum(west, east)
    whole = ~(rising | falling)
    sw, se, ne, nw = quad.T
    pieces = [quad[whole]]
    pieces.append(np.column_stack([nw, sw, ne, ne])[rising])  # above a rising line
    pieces.append(np.column_stack([sw, se, ne, ne])[rising])  # below it
    pieces.append(np.column_stack([se, ne, nw, nw])[falling])
    pieces.append(np.column_stack([sw, se, nw, nw])[falling])
    picks = [whole, rising, rising, falling, falling]
    sides = [
        south[whole],
        *(np.full(int(p.sum()), below) for p, below in zip(picks[1:], (False, True, False, True), strict=True)),
    ]
    column, row = np.concatenate([i[p] for p in picks]), np.concatenate([j[p] for p in picks])
    return np.concatenate(pieces), column, row, np.concatenate(sides)


def _edge(u: Floats, v: Floats) -> Floats:
    """Distance from the middle as a share of the way to the district's border."""
    angle = np.arctan2(v, u)
    reach = 0.84 * (1 + 0.055 * np.sin(3 * angle + 1.0) + 0.04 * np.sin(5 * angle + 0.4) + 0.025 * np.sin(11 * angle))
    return np.asarray((np.abs(u) ** 2.6 + np.abs(v) ** 2.6) ** (1 / 2.6) / reach)


def _blocks(
    u: Floats,
    v: Floats,
    x: Floats,
    y: Floats,
    water: Flags,
    park: Flags,
    inside: Flags,
    east: Flags,
    south: Flags,
    pairs: Ints,
    rng: np.random.Generator,
) -> Ints:
    """Group cells into blocks: small in the old centre, wide at the edge, never across river or rail."""
    centre = np.hypot(u - 0.08, v + 0.02)
    cells = 1.0 + 3.4 * np.clip((centre - 0.16) / 0.3, 0, 1) + 22 * np.clip((centre - 0.72) / 0.35, 0, 1) ** 1.4
    cells = np.where(inside, cells, 34) * (CELLS_PER_BLOCK / 5.4)
    # what a block may not cross: a different code is a different side
    side = 1 * east + 2 * south + 4 * inside + 8 * park
    side = np.where(water, 100 + np.digitize(v, [-0.6, -0.1, 0.4, 0.62]), side)
    seed = (rng.random(len(u)) < 1 / cells) & ~water & ~park
    block = regions(np.column_stack([x, y]), seed, side, rng)
    rural_river = water & ((v < -0.6) | (v > 0.62))
    # upstream and downstream the river is part of the blocks beside it
    block = mend(pieces(block, pairs), pairs, forget=rural_river)
    return np.unique(block, return_inverse=True)[1].astype(np.int64)
