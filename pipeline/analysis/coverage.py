"""Raster cells added up over areas, by the exact share of each cell."""

from __future__ import annotations

import itertools
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from pipeline.analysis.cells import Cells, cells_of
from pipeline.analysis.grids import Grid

if TYPE_CHECKING:
    import geopandas as gpd
    from scipy import sparse

Floats = npt.NDArray[np.float64]
# Cells that are turned to float64 at once: the copy stays in the processor's cache.
BLOCK = 1 << 17


@dataclass(frozen=True)
class CellCoverage:
    """Which cells of a grid each of some zones covers, and how much of each.

    Made once for a layer, it serves every band and year of a raster.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> grid = Grid(0, 2, 1, 1, rows=2, columns=2, crs="EPSG:3310")
    >>> zone = gpd.GeoSeries([shapely.box(0.5, 0.5, 9, 2)], crs="EPSG:3310")
    >>> coverage = CellCoverage.of(zone, grid)
    >>> coverage.sums(np.array([[[8, 8], [8, 8]], [[1, np.nan], [0, 0]]])).tolist()
    [[18.0, 0.5]]
    >>> coverage.matrix().toarray().tolist()
    [[0.5, 1.0, 0.25, 0.5]]
    """

    grid: Grid
    cells: Cells

    @classmethod
    def of(cls, shapes: gpd.GeoSeries, grid: Grid) -> CellCoverage:
        """Coverage of the cells of a grid by polygons in the grid's own CRS (see `grids.on_grid`).

        Raises
        ------
        ContractError
            If the shapes are in another CRS: a border that is straight in one is none in the other.
        """
        grid.require_same_crs(shapes)
        return cls(grid, cells_of(np.asarray(shapes.array, dtype=object), grid))

    @property
    def zones(self) -> int:
        """How many zones there are."""
        return len(self.cells.zone_cells)

    def sums(self, bands: npt.NDArray[Any], *, nodata: float | None = None) -> Floats:
        """Sum of each band over each zone, cells by their share; no data (NaN or masked) adds nothing.

        Parameters
        ----------
        bands : array (bands, rows, columns)
            Counts, of any number type; added up in float64. A masked array's mask is no data.

        Returns
        -------
        array (zones, bands)
        """
        with ThreadPoolExecutor() as pool:
            columns = list(pool.map(lambda band: self._sums_of(band.reshape(-1), nodata), bands))
        return np.stack(columns, axis=1) if columns else np.empty((self.zones, 0))

    def _sums_of(self, flat: npt.NDArray[Any], nodata: float | None) -> Floats:
        """Sum of one band over each zone."""
        cells = self.cells
        values = _counted(flat[cells.cell], nodata) * cells.share
        on_outline = np.bincount(cells.zone, weights=values, minlength=self.zones)
        in_runs = np.bincount(cells.run_zone, weights=self._runs(flat, nodata), minlength=self.zones)
        # without cells, bincount counts in whole numbers
        return np.asarray(on_outline + in_runs, dtype="float64")

    def _runs(self, flat: npt.NDArray[Any], nodata: float | None) -> Floats:
        """Sum of a band over each run of whole cells."""
        start, stop = self.cells.run_start, self.cells.run_stop
        sums = np.empty(len(start))
        cells = max(BLOCK // self.grid.columns, 1) * self.grid.columns
        edges = np.searchsorted(start, np.arange(0, len(flat) + cells, cells))
        for block, (first, last) in enumerate(itertools.pairwise(edges)):
            if first < last:
                offset = block * cells
                # one cell more, for a run that ends with the block
                values = np.append(_counted(flat[offset : offset + cells], nodata), 0.0)
                bounds = np.stack((start[first:last], stop[first:last]), axis=1).ravel() - offset
                sums[first:last] = np.add.reduceat(values, bounds)[::2]
        return sums

    def covered_share(self, valid: npt.NDArray[np.bool_]) -> Floats:
        """Share of each zone that lies under cells with data; 1 only where all of it does.

        Off the grid there is no data. A zone without ground is covered by nothing: 0.

        Parameters
        ----------
        valid : array (rows, columns) of bool
            Which cells have data.
        """
        whole = self.cells.zone_cells
        bare = self.sums(~valid[None])[:, 0]
        length = self.cells.run_stop - self.cells.run_start
        on_outline = np.bincount(self.cells.zone, weights=self.cells.share, minlength=self.zones)
        on_grid = on_outline + np.bincount(self.cells.run_zone, weights=length, minlength=self.zones)
        bare += np.where(self.cells.is_within, 0.0, np.maximum(whole - on_grid, 0.0))
        return np.clip(1.0 - np.divide(bare, whole, out=np.ones(self.zones), where=whole > 0), 0.0, 1.0)

    def cell_shares(self) -> Floats:
        """Share of each cell that lies in any zone (rows, columns); more than 1 where zones overlap."""
        cells, size = self.cells, self.grid.rows * self.grid.columns
        begins = np.bincount(cells.run_start, minlength=size)
        runs = np.cumsum(begins - np.bincount(cells.run_stop, minlength=size + 1)[:size])
        outline = np.bincount(cells.cell, weights=cells.share, minlength=size)
        return np.asarray(runs + outline, dtype="float64").reshape(self.grid.rows, self.grid.columns)

    def matrix(self) -> sparse.csr_array:
        """Zones x cells (row by row), so that years and bands of ages are products with one matrix.

        Runs are written out: it takes 12 bytes for each cell of each zone.
        """
        from scipy import sparse

        cells = self.cells
        length = cells.run_stop - cells.run_start
        inside = np.arange(length.sum()) - np.repeat(np.cumsum(length) - length - cells.run_start, length)
        zone = np.r_[cells.zone, np.repeat(cells.run_zone, length)]
        share = np.r_[cells.share, np.ones(len(inside))]
        shape = (self.zones, self.grid.rows * self.grid.columns)
        return sparse.csr_array((share, (zone, np.r_[cells.cell, inside])), shape=shape)


def _counted(values: npt.NDArray[Any], nodata: float | None) -> Floats:
    """Values as float64, zero where there are none."""
    plain = np.ma.getdata(values)
    counted = plain.astype("float64")
    nothing = np.isnan(plain)
    if nodata is not None:
        nothing |= plain == nodata
    if np.ma.isMaskedArray(values):
        nothing |= np.ma.getmaskarray(values)
    np.copyto(counted, 0.0, where=nothing)
    return counted


def has_data(bands: npt.NDArray[Any], nodata: float | None = None) -> npt.NDArray[np.bool_]:
    """Where bands hold a number: not NaN, not masked and not the number that stands for no data.

    >>> has_data(np.array([1.0, np.nan, -99999.0]), -99999.0).tolist()
    [True, False, False]
    """
    plain = np.ma.getdata(bands)
    return np.asarray(~(np.isnan(plain) | np.ma.getmaskarray(bands) | (plain == nodata)), dtype=bool)


def raster_sums(
    shapes: gpd.GeoSeries, grid: Grid, bands: npt.NDArray[Any], *, nodata: float | None = None
) -> tuple[Floats, Floats]:
    """Sum of each band over each polygon, and the share of the polygon that lies under data.

    A cell that crosses a border gives each side the share of its ground that lies there, so
    the areas add up to the raster where they cover it. No cell is lost to a small area, and
    none is counted twice (a rule by cell centres does both).

    Parameters
    ----------
    shapes : GeoSeries of polygons
        Zones, or pieces of sources by zone, in the grid's own CRS (see `grids.on_grid`).
    grid : Grid
        Where the cells lie.
    bands : array (bands, rows, columns)
        Counts per cell, not densities; NaN, a mask or ``nodata`` is no data.

    Returns
    -------
    sums : array (shapes, bands)
        Sums over what has data; where ``covered_share`` is below 1 they say nothing about the rest.
    covered_share : array
        By cells in which every band has data.

    Raises
    ------
    ContractError
        If the shapes are in another CRS than the raster.

    References
    ----------
    Baston (exactextract): coverage fractions instead of cell centres.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> grid = Grid(0, 100, 100, 100, rows=1, columns=2, crs="EPSG:3310")
    >>> area = gpd.GeoSeries([shapely.box(50, 0, 250, 100)], crs="EPSG:3310")
    >>> sums, covered = raster_sums(area, grid, np.array([[[8.0, 4.0]]]))
    >>> sums.tolist(), covered.tolist()
    ([[8.0]], [0.75])
    """
    coverage = CellCoverage.of(shapes, grid)
    valid = np.asarray(has_data(bands, nodata).all(axis=0))
    return coverage.sums(bands, nodata=nodata), coverage.covered_share(valid)
