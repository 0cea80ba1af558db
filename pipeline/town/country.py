"""A fictional country: states side by side, each of several towns, in the tables a state would deliver.

A state is made from its number alone, so that states can be made one by one or several at a
time, and again. Its towns are different ones: each has ground, people and answers of its own.
"""

from __future__ import annotations

from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import pandas as pd

from pipeline.columns import CENSUS_COUNTS, CHILD_COUNTS
from pipeline.town.areas import Floats, Ints, districts, mend, tally
from pipeline.town.ground import CELL_M, Ground, ground
from pipeline.town.outlines import Sides, outlines
from pipeline.town.people import People, people, whole
from pipeline.town.survey import counts_by_cell, margins, sampled

CRS = "EPSG:5070"  # equal-area, metres: the contiguous United States
# Federal numbers of the states and the District of Columbia.
STATES = tuple(f"{n:02d}" for n in range(1, 57) if n not in (3, 7, 14, 43, 52))
SEED = 20260115
BLOCKS = 157_000  # per state: the United States have 8 million in all
TOWN_BLOCKS = 13_000
BLOCKS_PER_GROUP = 33.4
ZONES = {"elementary": 5.8, "middle": 1.75, "high": 1.2}  # per 1,000 blocks
VINTAGE = "2019-2023"
FALL_YEAR = 2024
ROUNDS = 10
BENDS = 3  # vertices along each side of a street cell
ROW = 9  # states side by side
# How far inside a wide block a zone line may run: blocks of more cells than this are cut.
WIDE_CELLS = 9


@dataclass(frozen=True)
class State:
    """What one state delivers; the columns are those of Schoolshed's own tables."""

    blocks: gpd.GeoDataFrame  # block_geoid, population, children_0_17
    areas: gpd.GeoDataFrame  # area_level, vintage, area_geoid, counts with margins
    zones: gpd.GeoDataFrame  # level, fall_year, zone_id, is_approximate


def state(number: int, blocks: int = BLOCKS, town_blocks: int = TOWN_BLOCKS) -> State:
    """Make one state of about so many blocks.

    Parameters
    ----------
    number : int
        Which one, from 0; `STATES` has its federal number.
    blocks, town_blocks : int
        Size of the state, and of each of its towns.

    Returns
    -------
    State
        Layers in EPSG:5070. Zones of one level do not overlap; they leave out parks and the
        country around the towns, do not follow block groups, and cut through some wide blocks.

    Examples
    --------
    >>> tiny = state(4, blocks=300)
    >>> tiny.blocks["block_geoid"].str[:2].unique().tolist(), sorted(tiny.zones["level"].unique())
    (['06'], ['elementary', 'high', 'middle'])
    """
    towns = max(1, round(blocks / town_blocks))
    size = round(blocks / towns)
    width, height = _plot(size)
    columns = int(np.ceil(np.sqrt(towns * height / width)))
    rows = -(-towns // columns)
    west = (number % ROW - ROW / 2) * (columns * width + 5000)
    south = 1_700_000 + (2 - number // ROW) * (rows * height + 5000)
    parts = []
    for town in range(towns):
        corner = west + town % columns * width, south + town // columns * height
        parts.append(_town(number, town, size, (corner[0] + width / 2, corner[1] + height / 2)))
    layers = [
        gpd.GeoDataFrame(pd.concat(frames, ignore_index=True), geometry="geometry", crs=CRS)
        for frames in zip(*parts, strict=True)
    ]
    return State(*layers)


def _plot(size: int) -> tuple[float, float]:
    """Room that a town needs, however its streets are turned and bent."""
    scale = np.sqrt(size / 1000)
    wide, high = 84 * scale * CELL_M[0], 70 * scale * CELL_M[1]
    turn = np.deg2rad(11.0)
    return wide * np.cos(turn) + high * np.sin(turn) + 1500, high * np.cos(turn) + wide * np.sin(turn) + 1500


def _town(
    number: int, town: int, size: int, middle: tuple[float, float]
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """Blocks, block groups and zones of one town: a county of its own."""
    stream = np.random.default_rng([SEED, number, town]).spawn(5 + len(ZONES))
    land = ground(size, stream[0])
    persons = people(land, size, stream[1], ROUNDS)
    nodes = np.round(land.nodes_m - land.nodes_m.mean(axis=0) + middle, 2)
    sides = Sides.of(land.corners, nodes)
    county = f"{STATES[number]}{2 * town + 1:03d}"
    block = _count(land, persons, stream[2])
    group = _groups(land, block["population"].to_numpy(), stream[3])
    geoid = np.array([f"{county}{1 + n // 4:04d}00{1 + n % 4}" for n in range(int(group.max()) + 1)])
    block.insert(0, "block_geoid", _numbered(geoid[group]))
    block["geometry"] = outlines(sides, land.block, land.pairs, BENDS)[1]
    areas = _survey(land, persons, group, geoid, stream[4])
    areas["geometry"] = outlines(sides, group[land.block], land.pairs, BENDS)[1]
    zones = []
    for (level, share), chance in zip(ZONES.items(), stream[5:], strict=True):
        label = _zones(land, persons, max(2, round(share * size / 1000)), chance)
        drawn, shapes = outlines(sides, label, land.pairs, BENDS)
        names = np.array([f"{county}{n + 1:04d}" for n in drawn])
        zone = {"level": level, "fall_year": FALL_YEAR, "zone_id": names, "is_approximate": False, "geometry": shapes}
        zones.append(pd.DataFrame(zone))
    return block, areas, pd.concat(zones, ignore_index=True)


def _count(land: Ground, persons: People, rng: np.random.Generator) -> pd.DataFrame:
    """People and children of each block, as counted in 2020."""
    blocks = land.blocks
    children = sum(whole(tally(land.block, persons.children(band, (2020,)), blocks), rng) for band in CHILD_COUNTS)
    counted = whole(tally(land.block, persons.people[2020], blocks), rng)
    return pd.DataFrame({"population": np.maximum(counted, children), "children_0_17": children}).astype("float64")


def _groups(land: Ground, count: Floats, rng: np.random.Generator) -> Ints:
    """Block group of each block: compact, of about as many people each, in one piece."""
    number = max(2, round(land.blocks / BLOCKS_PER_GROUP))
    drawn = mend(districts(_middles(land), count + 0.5, number, rng, ROUNDS)[0][land.block], land.pairs)
    by_block = drawn[np.unique(land.block, return_index=True)[1]]
    return np.asarray(np.unique(by_block, return_inverse=True)[1], dtype=np.int64)


def _middles(land: Ground) -> Floats:
    """Middle of each block, with the river and the rail line as something to be avoided."""
    cells = np.bincount(land.block, minlength=land.blocks)
    ways = (land.x, land.y, 1500.0 * land.is_east, 900.0 * land.is_south)
    return np.column_stack([tally(land.block, way, land.blocks) / cells for way in ways])


def _numbered(group: np.ndarray) -> np.ndarray:
    """Numbers of blocks: that of their group and three digits more."""
    nth = pd.Series(group).groupby(group).cumcount().to_numpy()
    if nth.max() > 999:
        raise RuntimeError("a block group has more than 1,000 blocks: draw more groups")
    return np.char.add(group, np.char.zfill(nth.astype(str), 3))


def _survey(land: Ground, persons: People, group: Ints, geoid: np.ndarray, rng: np.random.Generator) -> pd.DataFrame:
    """Counts of the block groups with margins: what is true, seen through a sample."""
    cell = group[land.block]
    truth = {name: tally(cell, values, len(geoid)) for name, values in counts_by_cell(land, persons, 2021).items()}
    adults = sampled(np.maximum(truth["population"] - truth["children_0_17"], 0), rng)
    counts = {name: sampled(truth[name], rng) for name in truth if name not in ("population", "children_0_17")}
    counts["children_0_17"] = np.sum([counts[band] for band in CHILD_COUNTS], axis=0)
    counts["population"] = counts["children_0_17"] + adults
    table: dict[str, object] = {"area_level": "block_group", "vintage": VINTAGE, "area_geoid": geoid}
    for name in CENSUS_COUNTS:
        if name in counts:
            table[name] = counts[name].astype("float64")
            table[f"{name}_moe"] = margins(counts[name]).astype("float64")
    return pd.DataFrame(table)


def _zones(land: Ground, persons: People, number: int, rng: np.random.Generator) -> Ints:
    """Zone of each cell: drawn round children with no regard to block groups, -1 in parks and outside the towns."""
    children = np.sum([persons.children(band, (2020,)) for band in CHILD_COUNTS], axis=0)
    mass = tally(land.block, children * land.in_district, land.blocks) + 0.02
    by_block, centres = districts(_middles(land), mass, number, rng, ROUNDS)
    cells = mend(_cut_across(land, by_block[land.block], centres), land.pairs)
    return np.where(~land.in_district | land.is_park, -1, cells)


def _cut_across(land: Ground, cells: Ints, centres: Floats) -> Ints:
    """Wide blocks at a border between zones are divided: the half nearer to the other zone goes to it."""
    a, b = land.pairs.T
    wide = np.bincount(land.block)[land.block] > WIDE_CELLS
    seam = np.flatnonzero((cells[a] != cells[b]) & wide[a] & land.in_district[a])
    block, first = np.unique(land.block[a[seam]], return_index=True)
    other = np.full(land.blocks, -1)
    other[block] = cells[b[seam[first]]]
    within = np.flatnonzero(other[land.block] >= 0)
    owner = land.block[within]
    towards = centres[other[owner]]
    far = pd.Series(np.hypot(land.x[within] - towards[:, 0], land.y[within] - towards[:, 1]))
    cut = cells.copy()
    nearer = (far <= far.groupby(owner).transform("median")).to_numpy()
    cut[within[nearer]] = other[owner[nearer]]
    return cut
