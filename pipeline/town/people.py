"""Who lives in Millbrook: people, homes and children by street cell, from births that grow up.

Children of a neighborhood follow its births and the families that move in or out. Two census
vintages, the 2020 count and eight years of enrollment are all read off this one history, so
that they agree as far as real ones do.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from pipeline.town.areas import Flags, Floats, Ints, districts, mend, tally
from pipeline.town.ground import Ground

PEOPLE_PER_BLOCK = 68.0
YEARS = tuple(range(2012, 2026))
BIRTH_YEARS = tuple(range(1992, 2026))
NOW, BEFORE = (2019, 2020, 2021, 2022, 2023), (2014, 2015, 2016, 2017, 2018)
BANDS = {"children_0_4": (0, 5), "children_5_9": (5, 10), "children_10_14": (10, 15), "children_15_17": (15, 18)}


@dataclass(frozen=True)
class People:
    """The town's people; cell arrays and neighborhood arrays."""

    neighborhood: Ints  # of each cell; -1 in the park and outside the district
    home_area: Ints  # of each cell: the neighborhood whose history it follows
    centres: Floats  # neighborhood x (x, y) metres
    deprivation: Floats  # neighborhood, 0 (well off) .. 1
    is_growing: Flags  # neighborhood: planted growth pocket
    is_shrinking: Flags
    is_needy: Flags  # planted neediest neighborhoods
    weight: Floats  # cell: share of its neighborhood's people
    by_age: Floats  # neighborhood x age 0-17 x YEARS: resident children
    births: Floats  # neighborhood x BIRTH_YEARS
    people: dict[int, Floats]  # middle year of a vintage: people by cell

    def children(self, band: str, years: tuple[int, ...]) -> Floats:
        """Children of a band by cell, mean of some years."""
        low, high = BANDS[band]
        at = [YEARS.index(year) for year in years]
        total = self.by_age[:, low:high][:, :, at].sum(axis=1).mean(axis=1)
        return np.asarray(total[self.home_area] * self.weight)

    def at_age(self, age: int, year: int) -> Floats:
        """Children of one age by cell."""
        return np.asarray(self.by_age[self.home_area, age, YEARS.index(year)] * self.weight)


def people(ground: Ground, size: int | None, rng: np.random.Generator, rounds: int = 60) -> People:
    """Settle the town; more ``rounds`` draw neighborhoods that are more alike in number of people."""
    u, v = ground.u, ground.v
    density = _density(ground, rng)
    number = round(40 * (size or 1000) / 1000)
    home, centres = _neighborhoods(ground, density, number, rng, rounds)
    shown = np.where(ground.in_district & ~ground.is_park, home, -1)
    mass = np.maximum(tally(home, density, number), 1e-9)
    cu, cv, south_share = (tally(home, density * part, number) / mass for part in (u, v, ground.is_south))
    south = south_share > 0.5
    old = np.hypot(cu - 0.08, cv + 0.02)
    growing = ((cu < -0.42) & (cv > 0.08)) | ((cu > 0.42) & (cv > 0.42))
    needy = south & (cu > 0.12)
    shrinking = (old < 0.33) & ~needy
    deprivation = (
        0.27 - 0.16 * cv - 0.06 * cu + 0.22 * np.exp(-((old / 0.3) ** 2)) + 0.10 * south + 0.42 * needy - 0.08 * growing
    )
    deprivation = np.clip(deprivation + rng.normal(0, 0.035, number), 0.03, 0.95)
    total = PEOPLE_PER_BLOCK * ground.blocks
    now = density * total / density.sum()
    in_area = tally(home, now, number)
    weight = now / np.maximum(in_area, 1e-9)[home]
    child_share = 0.205 + 0.11 * deprivation + 0.075 * growing - 0.035 * shrinking + rng.normal(0, 0.008, number)
    by_age, births = _history(child_share * in_area, growing, shrinking, needy, rng)
    middle = YEARS.index(2021)
    adults = in_area - by_age[:, :, middle].sum(axis=1)
    rate = np.where(growing, 0.105, np.where(shrinking, -0.008, 0.003))
    counts = {}
    for year in (2016, 2020, 2021):
        area = by_age[:, :, YEARS.index(year)].sum(axis=1) + adults * (1 + rate) ** (year - 2021)
        counts[year] = area[home] * weight
    return People(shown, home, centres, deprivation, growing, shrinking, needy, weight, by_age, births, counts)


def whole(values: Floats, rng: np.random.Generator) -> Ints:
    """Whole people: round up or down by chance, so that the total stays."""
    low = np.floor(values)
    return (low + (rng.random(values.shape) < values - low)).astype(np.int64)


def _density(ground: Ground, rng: np.random.Generator) -> Floats:
    """People per cell, relative."""
    u, v = ground.u, ground.v
    old = np.hypot(u - 0.08, v + 0.02)
    density = 0.55 + 1.5 * np.exp(-((old / 0.24) ** 2)) + 0.5 * np.exp(-((np.hypot(u - 0.4, v + 0.42) / 0.25) ** 2))
    rim = np.clip((np.hypot(u * 0.92, v) - 0.60) / 0.28, 0, 1)
    density = density * (1 - 0.93 * rim**1.3)
    edge = ((u < -0.38) & (u > -0.78) & (v > 0.05) & (v < 0.62)) | ((u > 0.36) & (u < 0.62) & (v > 0.38) & (v < 0.66))
    density = np.where(edge, np.maximum(density, 0.92), density)
    by_block = np.exp(rng.normal(0, 0.35, ground.blocks))
    shops = rng.random(ground.blocks) < 0.06
    flats = rng.random(ground.blocks) < 0.03
    by_block = by_block * np.where(shops, 0, 1) * np.where(flats, 3.0, 1)
    density = density * by_block[ground.block] * (ground.area_m2 / 14000)
    yards = ground.is_south & (u > -0.55) & (u < 0.02) & (v > -0.52) & (v < -0.30)  # rail yards and works
    density = np.where(yards, density * 0.02, density)
    density = np.where(ground.in_district, density, density * 0.10)
    return np.asarray(np.where(ground.is_water | ground.is_park, 0.0, density))


def _neighborhoods(
    ground: Ground, density: Floats, number: int, rng: np.random.Generator, rounds: int
) -> tuple[Ints, Floats]:
    """Neighborhoods follow blocks, the river and the rail line, and ask for room as well as people."""
    blocks = ground.blocks
    mass = (
        tally(ground.block, density, blocks)
        + 0.03 * np.bincount(ground.block, minlength=blocks) * ground.in_district.mean()
    )
    size = np.bincount(ground.block, minlength=blocks)
    places = np.column_stack(
        [
            tally(ground.block, w, blocks) / size
            for w in (ground.x, ground.y, 1100.0 * ground.is_east, 800.0 * ground.is_south)
        ]
    )
    area, centres = districts(places, mass, number, rng, rounds)
    cells = mend(area[ground.block], ground.pairs)
    # a block stays whole: it takes the area of most of its cells
    first = np.unique(ground.block, return_index=True)[1]
    cells = cells[first][ground.block]
    # ... but the river is divided between its banks
    return mend(cells, ground.pairs, forget=ground.is_water), centres[:, :2]


def _history(
    children: Floats, growing: Flags, shrinking: Flags, needy: Flags, rng: np.random.Generator
) -> tuple[Floats, Floats]:
    """Births by neighborhood and year, and the children that grow out of them."""
    number = len(children)
    years = np.array(BIRTH_YEARS)
    trend = np.where(growing, 0.075, np.where(shrinking, -0.022, -0.010)) + rng.normal(0, 0.003, number)
    births = np.exp(trend[:, None] * (years - 2012)[None, :] + rng.normal(0, 0.04, (number, len(years))))
    births[:, years == 2020] *= 0.94
    move = np.where(growing, 0.080, np.where(shrinking, -0.016, np.where(needy, -0.004, 0.002))) + rng.normal(
        0, 0.002, number
    )
    by_age = np.zeros((number, 18, len(YEARS)))
    for at, year in enumerate(YEARS):
        for age in range(18):
            since = np.clip(np.minimum(age, year - 2012), 0, None)  # the edge began to be built in 2012
            by_age[:, age, at] = births[:, BIRTH_YEARS.index(year - age)] * (1 + move) ** since * 0.995**age
    middle = [YEARS.index(year) for year in NOW]
    factor = children / by_age[:, :, middle].sum(axis=1).mean(axis=1)
    return by_age * factor[:, None, None], births * factor[:, None]
