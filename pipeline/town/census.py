"""Census areas of Millbrook: block groups and tracts of 2020 and 2010, and their TIGER files."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.town import files
from pipeline.town.areas import Flags, Floats, Ints, districts, mend, tally
from pipeline.town.ground import Ground, shapes
from pipeline.town.people import BANDS, People, whole

STATE, COUNTY = "06", "999"


@dataclass(frozen=True)
class Census:
    """Which block group and tract each block lies in, and what they are called."""

    block_geoid: np.ndarray  # by block, 15 digits
    group_geoid: np.ndarray  # 2020 block group of each block, 12 digits
    old_group_geoid: np.ndarray  # 2010 block group of each block
    persons: pd.DataFrame  # by block: the 2020 count (population, homes, children by band and sex)

    def tract_geoid(self) -> np.ndarray:
        """2020 tract of each block."""
        return np.array([geoid[:11] for geoid in self.block_geoid])


def census(ground: Ground, people: People, rng: np.random.Generator) -> Census:
    """Draw block groups and tracts round the blocks, number them, and count the people of 2020."""
    blocks = ground.blocks
    size = np.bincount(ground.block, minlength=blocks)
    count = tally(ground.block, people.people[2020], blocks)
    middle = [
        tally(ground.block, w, blocks) / size
        for w in (ground.x, ground.y, 1500.0 * ground.is_east, 900.0 * ground.is_south)
    ]
    places = np.column_stack(middle)
    groups = round(62 * blocks / 1046)
    group, _ = districts(places, count + 0.5, groups, rng)
    group = _whole_blocks(ground, mend(group[ground.block], ground.pairs))
    centre = np.column_stack(
        [tally(group, count + 0.5, groups)] + [tally(group, (count + 0.5) * c, groups) for c in middle]
    )
    seats = np.flatnonzero(centre[:, 0] > 0)
    tract = np.full(groups, -1)
    tract[seats], _ = districts(
        centre[seats, 1:] / centre[seats, :1], centre[seats, 0], max(1, round(20 * blocks / 1046)), rng
    )
    park = tally(ground.block, ground.is_park, blocks) > 0
    group_of = np.where(park, groups, group)
    tract = np.append(tract, -1)
    is_edge = _mostly(people.is_growing[people.home_area], group_of[ground.block], groups + 1)
    twin = _twins(group_of[ground.block], tract, is_edge, ground.pairs)  # undivided in 2010
    tract_edge = _mostly(is_edge[group_of[ground.block]], tract[group_of[ground.block]] + 1, int(tract.max()) + 2)
    tract_twin = _twins(
        tract[group_of[ground.block]] + 1, np.zeros(len(tract_edge), dtype=np.int64), tract_edge, ground.pairs
    )
    codes, old_codes = _numbers(tract + 1, tract_twin, twin, group_of, middle)
    geoid = _block_numbers(codes[group_of], middle)
    return Census(geoid, codes[group_of], old_codes[group_of], _count(ground, people, rng))


def _whole_blocks(ground: Ground, cells: Ints) -> Ints:
    first = np.unique(ground.block, return_index=True)[1]
    return np.asarray(cells[first])


def _mostly(flag: Flags, label: Ints, number: int) -> Flags:
    """Areas of whose cells more than a third are flagged."""
    return np.asarray(tally(label, flag, number) > 0.34 * np.maximum(np.bincount(label, minlength=number), 1))


def _twins(cells: Ints, family: Ints, chosen: Flags, pairs: Ints) -> Ints:
    """Pair off chosen neighbors of one family; each area's number, or that of the lower of its pair."""
    touching = np.unique(np.sort(cells[pairs], axis=1), axis=0)
    low, high = touching.T
    fits = (low != high) & chosen[low] & chosen[high] & (family[low] == family[high]) & (family[low] >= 0)
    twin = np.arange(len(chosen))
    taken: set[int] = set()
    for first, second in touching[fits].tolist():
        if first not in taken and second not in taken:
            twin[second] = first
            taken |= {first, second}
    return twin


def _numbers(
    tract: Ints, tract_twin: Ints, twin: Ints, group: Ints, middle: list[Floats]
) -> tuple[np.ndarray, np.ndarray]:
    """Numbers of the block groups of 2020 and 2010; tracts run from north to south.

    A tract divided since 2010 keeps its number and takes the suffixes 01 and 02.
    """
    north = tally(group, middle[1], len(tract)) / np.maximum(np.bincount(group, minlength=len(tract)), 1)
    base = tract_twin[tract]
    height = pd.Series(north).groupby(base).mean().sort_values(ascending=False)
    height = height.drop(index=0)  # the park has a number of its own
    rank = pd.Series(np.arange(1, len(height) + 1), index=height.index)
    divided = set(tract_twin[tract_twin != np.arange(len(tract_twin))].tolist())
    order = np.argsort(-north, kind="stable")
    now, before = np.empty(len(tract), dtype=object), np.empty(len(tract), dtype=object)
    used: dict[str, int] = {}
    for area in order.tolist():
        if tract[area] == 0:
            now[area] = before[area] = f"{STATE}{COUNTY}9800001"
            continue
        number = f"{STATE}{COUNTY}{int(rank[base[area]]):04d}"
        suffix = 0 if base[area] not in divided else 1 if tract[area] == base[area] else 2
        now[area] = _next(f"{number}{suffix:02d}", used)
    used = {}
    for area in order.tolist():
        if tract[area] and twin[area] == area:
            before[area] = _next(f"{STATE}{COUNTY}{int(rank[base[area]]):04d}00", used)
    return now, before[twin]


def _next(tract: str, used: dict[str, int]) -> str:
    """The next block group of a tract; a tenth one begins a tract of its own."""
    used[tract] = used.get(tract, 0) + 1
    further, digit = divmod(used[tract] - 1, 9)
    return f"{tract[:-2]}{int(tract[-2:]) + 10 * further:02d}{digit + 1}"


def _block_numbers(code: np.ndarray, middle: list[Floats]) -> np.ndarray:
    frame = pd.DataFrame({"code": code, "y": -middle[1], "x": middle[0]})
    order = frame.sort_values(["code", "y", "x"], kind="stable")
    number = order.groupby("code").cumcount()
    geoid = order["code"].str[:11] + order["code"].str[11] + number.map("{:03d}".format)
    return np.asarray(geoid.sort_index())


def _count(ground: Ground, people: People, rng: np.random.Generator) -> pd.DataFrame:
    """The 2020 count by block; a few people live on the river."""
    blocks = ground.blocks
    frame = pd.DataFrame({"people": tally(ground.block, people.people[2020], blocks)})
    for band in BANDS:
        children = whole(tally(ground.block, people.children(band, (2020,)), blocks), rng)
        frame[f"{band}_male"] = rng.binomial(children, 0.512)
        frame[f"{band}_female"] = children - frame[f"{band}_male"]
    young = frame.drop(columns="people").sum(axis=1)
    adults = whole(np.maximum(frame["people"].to_numpy() - young.to_numpy(), 0.0), rng)
    adults = np.where((young > 0) & (adults == 0), 1, adults)
    afloat = np.flatnonzero(tally(ground.block, ground.is_water, blocks) == np.bincount(ground.block, minlength=blocks))
    adults[afloat[:1]] = 4
    frame.loc[afloat[:1], "children_5_9_female"] = 2
    frame["adults"] = adults
    frame["people"] = adults + frame.filter(like="children").sum(axis=1)
    frame["homes"] = np.where(
        frame["people"] > 0, np.ceil(frame["people"] / 2.71 + rng.uniform(0, 1.2, blocks)), 0
    ).astype(int)
    return frame


def write_areas(ground: Ground, census: Census, folder: files.Out) -> None:
    """TIGER/Line-like shapefiles of blocks (2020), block groups and tracts (2018 and 2023 editions)."""
    water = tally(ground.block, ground.area_m2 * ground.is_water, ground.blocks)
    land = tally(ground.block, ground.area_m2 * ~ground.is_water, ground.blocks)
    for year, geoid in ((2018, census.old_group_geoid), (2023, census.group_geoid)):
        _write_level(ground, geoid, land, water, f"tl_{year}_06_bg", folder)
        _write_level(ground, np.array([g[:11] for g in geoid]), land, water, f"tl_{year}_06_tract", folder)
    _, polygons = shapes(ground, ground.block)
    geoid = census.block_geoid
    frame = pd.DataFrame(
        {
            "STATEFP20": STATE,
            "COUNTYFP20": COUNTY,
            "TRACTCE20": [g[5:11] for g in geoid],
            "BLOCKCE20": [g[11:] for g in geoid],
            "GEOID20": geoid,
            "NAME20": [f"Block {g[11:]}" for g in geoid],
            "MTFCC20": "G5040",
            "UR20": np.where(land < 150000, "U", "R"),
            "ALAND20": np.round(land).astype("int64"),
            "AWATER20": np.round(water).astype("int64"),
            "HOUSING20": census.persons["homes"].astype("int64"),
            "POP20": census.persons["people"].astype("int64"),
        }
    )
    folder.shapefile("tl_2023_06_tabblock20", frame, polygons, "EPSG:4269")


def write_empty_ground(ground: Ground, folder: files.Out) -> None:
    """The river and the park as a city's layer of ground on which nobody lives."""
    names = ["Mill River", "Lindley Park"]
    label = np.where(ground.is_water, 0, np.where(ground.is_park, 1, -1))
    kinds, polygons = shapes(ground, label.astype(np.int64))
    frame = pd.DataFrame(
        {"feature": [f"G{kind + 1}" for kind in kinds], "use": [("river", "city park")[kind] for kind in kinds]}
    )
    folder.geojson("water_and_parks.geojson", frame.assign(label=[names[kind] for kind in kinds]), polygons)


def _write_level(
    ground: Ground, geoid_of_block: np.ndarray, land: Floats, water: Floats, name: str, folder: files.Out
) -> None:
    geoid, label = np.unique(geoid_of_block, return_inverse=True)
    _, polygons = shapes(ground, label[ground.block])
    tract = name.endswith("tract")
    plain = [f"{int(g[5:9])}" if g[9:11] == "00" else f"{int(g[5:9])}.{g[9:11]}" for g in geoid]
    frame = pd.DataFrame({"STATEFP": STATE, "COUNTYFP": COUNTY, "TRACTCE": [g[5:11] for g in geoid]})
    if tract:
        frame = frame.assign(GEOID=geoid, NAME=plain, NAMELSAD=[f"Census Tract {p}" for p in plain], MTFCC="G5020")
    else:
        digit = [g[11] for g in geoid]
        frame = frame.assign(BLKGRPCE=digit, GEOID=geoid, NAMELSAD=[f"Block Group {d}" for d in digit], MTFCC="G5030")
    frame["FUNCSTAT"] = "S"
    frame["ALAND"] = np.round(np.bincount(label, land)).astype("int64")
    frame["AWATER"] = np.round(np.bincount(label, water)).astype("int64")
    folder.shapefile(name, frame, polygons, "EPSG:4269")


def write_count(census: Census, folder: files.Out, rng: np.random.Generator) -> None:
    """Table P12 (sex by age) of the 2020 count, by block, as the Census API answers."""
    persons = census.persons
    columns = {f"P12_{number:03d}N": np.zeros(len(persons), dtype=np.int64) for number in range(1, 50)}
    shares = np.array([2, 2.2, 1.1, 1.1, 3.4, 7.5, 7.6, 7.2, 6.9, 6.4, 6.2, 6.3, 2.4, 3.4, 2.1, 2.7, 3.6, 2.2, 1.9])
    grown = rng.multinomial(
        persons["adults"].to_numpy(), np.concatenate([shares, shares * 1.05]) / (2.05 * shares.sum())
    )
    for offset, sex, part in ((2, "male", grown[:, :19]), (26, "female", grown[:, 19:])):
        for number, band in enumerate(BANDS):
            columns[f"P12_{offset + 1 + number:03d}N"] += persons[f"{band}_{sex}"].to_numpy()
        for number in range(19):
            columns[f"P12_{offset + 5 + number:03d}N"] += part[:, number]
        columns[f"P12_{offset:03d}N"] = np.sum([columns[f"P12_{offset + 1 + n:03d}N"] for n in range(23)], axis=0)
    columns["P12_001N"] = columns["P12_002N"] + columns["P12_026N"]
    frame = pd.DataFrame(columns).astype(str)
    geoid = pd.Series(census.block_geoid)
    frame = frame.assign(state=geoid.str[:2], county=geoid.str[2:5], tract=geoid.str[5:11], block=geoid.str[11:])
    folder.api("dhc2020_p12_block.json", frame)


def write_births(ground: Ground, people: People, census: Census, folder: files.Out, rng: np.random.Generator) -> None:
    """Births to residents by tract and year, as a county health office lists them."""
    tract, label = np.unique(census.tract_geoid(), return_inverse=True)
    cell = label[ground.block]
    rows = []
    for year in range(2010, 2025):
        expected = tally(cell, people.births[people.home_area, year - 1992] * people.weight, len(tract))
        rows.append(pd.DataFrame({"year": year, "tract": tract, "births": rng.poisson(expected * 1.01)}))
    folder.text("births_by_tract.csv", pd.concat(rows))
