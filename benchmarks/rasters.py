"""Zonal sums of a raster of counts: ours against exactextract, and against reading the raster at all."""

from __future__ import annotations

import tempfile
from concurrent.futures import ThreadPoolExecutor
from importlib.metadata import version
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from exactextract import exact_extract
from rasterio.transform import from_origin

from benchmarks.harness import Result, in_turns, result, seconds
from benchmarks.layers import coverage
from pipeline.analysis.coverage import CellCoverage
from pipeline.analysis.grids import Grid

CRS, CELL_M, NODATA, BANDS = "EPSG:5070", 100.0, -99999.0, 3
WEST, NORTH = 1_500_000.0, 2_500_000.0
STRATEGIES = ("feature-sequential", "raster-sequential")
MOST_ERROR = 1e-7
TURNS = 3
VERTICES = 660


def zones_over(cells: int, count: int) -> gpd.GeoDataFrame:
    """Zones with winding borders over most of a raster; they reach past its west edge."""
    side = 0.98 * cells * CELL_M
    corner = np.array([WEST - 0.02 * side, NORTH - 0.99 * cells * CELL_M])
    shapes = shapely.transform(coverage(count, VERTICES, 20, side), lambda xy: xy + corner)
    return gpd.GeoDataFrame({"zone_id": [f"{n:05d}" for n in range(len(shapes))]}, geometry=shapes, crs=CRS)


def write_raster(path: Path, cells: int, generator: np.random.Generator) -> None:
    """Three bands of float32 counts in deflated tiles; about a tenth of the cells have no data."""
    profile = {
        "driver": "GTiff", "dtype": "float32", "count": BANDS, "width": cells, "height": cells, "nodata": NODATA, "crs": CRS,
        "transform": from_origin(WEST, NORTH, CELL_M, CELL_M), "tiled": True, "compress": "deflate", "interleave": "band",
    }  # fmt: skip
    rows = 512
    with rasterio.open(path, "w", blockxsize=256, blockysize=256, **profile) as raster:
        for first in range(0, cells, rows):
            shape = (BANDS, min(rows, cells - first), cells)
            counts = generator.standard_exponential(shape, dtype="float32")
            water = np.kron(generator.random((shape[1] // 20 + 1, cells // 20 + 1)) < 0.1, np.ones((20, 20), bool))
            counts[:, water[: shape[1], :cells]] = NODATA
            raster.write(counts, window=((first, first + shape[1]), (0, cells)))


def read(path: Path) -> tuple[Grid, np.ndarray]:
    """Decode all bands as they are stored; cells without data keep the number that says so."""
    with rasterio.open(path) as raster:
        grid = Grid.from_transform(raster.transform, raster.height, raster.width, raster.crs.to_string())
        return grid, raster.read()


def ours(path: Path, zones: gpd.GeoDataFrame) -> np.ndarray:
    """Sums of all bands by zone. The raster is decoded on all cores; the shares need only the grid meanwhile."""
    with rasterio.open(path, num_threads="all_cpus") as raster, ThreadPoolExecutor(1) as reader:
        bands = reader.submit(raster.read)
        grid = Grid.from_transform(raster.transform, raster.height, raster.width, raster.crs.to_string())
        coverage = CellCoverage.of(zones.geometry, grid)
        return coverage.sums(bands.result(), nodata=raster.nodata)


def exactextracts(path: Path, zones: gpd.GeoDataFrame, strategy: str) -> np.ndarray:
    """The same sums by exactextract, in the order of the zones."""
    found = exact_extract(path, zones, "sum", output="pandas", strategy=strategy, include_cols=["zone_id"])
    return found.set_index("zone_id").loc[zones["zone_id"]].to_numpy(dtype="float64")


def zonal_sums(small: bool) -> list[Result]:
    """Time and error of sums over zones of a raster of three bands, from the file on disk.

    Ours, decoding alone, and exactextract with the faster of its strategies take turns on one
    input. Decoding is rasterio's, of all bands and without a mask, which is the least that any reader
    does. The error is the greatest difference of a zone's sum from exactextract's, relative to it.
    """
    cells, count = (500, 200) if small else (8_000, 11_000)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "counts.tif"
        write_raster(path, cells, np.random.default_rng(20_26))
        zones = zones_over(cells, count)
        ours(path, zones)  # the compiler's seconds come once in the life of a checkout
        tried = {name: seconds(exactextracts, path, zones, name)[0] for name in STRATEGIES}
        best = min(tried, key=lambda name: tried[name])
        runs = {
            "ours": lambda: ours(path, zones),
            "rasterio": lambda: read(path),
            "exactextract": lambda: exactextracts(path, zones, best),
        }
        spent, returned = in_turns(runs, TURNS)
    theirs = returned["exactextract"]
    error = float(np.max(np.abs(returned["ours"] - theirs) / np.maximum(np.abs(theirs), 1.0)))
    size = f"{BANDS} bands of {cells:,} x {cells:,}, {len(zones):,} zones"
    return [
        result(
            f"rasters: {name}", size, spent["ours"], peer, version(peer), spent[peer],
            target=target, max_error=error, most_error=MOST_ERROR,
        )
        for name, peer, target in (
            ("file to sums by zone", "exactextract", 10.0),
            ("file to sums by zone, against decoding alone (at most 1.3 times)", "rasterio", 1 / 1.3),
        )
    ]  # fmt: skip
