"""A population raster by sex and age band, modelled as WorldPop models one."""

from __future__ import annotations

import numpy as np

from pipeline.town import files
from pipeline.town.areas import Floats
from pipeline.town.ground import Ground, cell_polygons
from pipeline.town.people import People

STEP = 1 / 1200  # 3 arc-seconds, WorldPop's "100 m": here 93 m by 71 m
AGES = {"0": (0, 1), "1": (1, 5), "5": (5, 10), "10": (10, 15), "15": (15, 18)}
FINE = 3


def write_rasters(ground: Ground, people: People, folder: files.Out, rng: np.random.Generator) -> None:
    """Ten rasters of children by sex and age band and one of all people, 2020; water has no data."""
    from rasterio import Affine
    from rasterio.features import rasterize

    west, south = np.floor(ground.nodes[ground.corners].reshape(-1, 2).min(axis=0) / STEP) * STEP
    east, north = np.ceil(ground.nodes[ground.corners].reshape(-1, 2).max(axis=0) / STEP) * STEP
    columns, rows = round((east - west) / STEP), round((north - south) / STEP)
    polygons = cell_polygons(ground, np.arange(len(ground.x)))
    index = rasterize(
        zip(polygons, range(1, len(polygons) + 1), strict=True), out_shape=(rows * FINE, columns * FINE),
        transform=Affine(STEP / FINE, 0, west, 0, -STEP / FINE, north), fill=0, dtype="int32",
    )  # fmt: skip
    pieces = np.maximum(np.bincount(index.ravel(), minlength=len(polygons) + 1), 1)
    land = _coarse(((index > 0) & ~np.append(True, ground.is_water)[index]).astype(float)) > 0
    error = np.exp(rng.normal(0, 0.10, (rows, columns)))

    def lay(by_cell: Floats) -> Floats:
        fine = (np.append(0.0, by_cell) / pieces)[index]
        modelled = _coarse(fine) * error
        return np.where(land, modelled * by_cell.sum() / modelled.sum(), -99999.0)

    at = 2020
    for sex, share in (("f", 0.488), ("m", 0.512)):
        for name, (low, high) in AGES.items():
            children = sum((people.at_age(age, at) for age in range(low, high)), np.zeros(len(ground.x)))
            teens = people.people[2020] * 0.024 if name == "15" else 0.0  # the band runs to 19
            folder.raster(f"mlb_{sex}_{name}_2020.tif", lay((children + teens) * share), west, north, STEP)
    folder.raster("mlb_ppp_2020.tif", lay(people.people[2020]), west, north, STEP)


def _coarse(fine: Floats) -> Floats:
    rows, columns = fine.shape
    return np.asarray(fine.reshape(rows // FINE, FINE, columns // FINE, FINE).sum(axis=(1, 3)))
