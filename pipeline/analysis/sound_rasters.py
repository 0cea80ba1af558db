"""Whether a population raster counts the people whom the census counts on the same ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from pipeline.analysis.areas import source_layers
from pipeline.analysis.coverage import raster_sums
from pipeline.analysis.grids import Grid, on_grid
from pipeline.analysis.known_places import COMPLETE_SHARE
from pipeline.analysis.uncertainty import years_of
from pipeline.columns import AREA_LEVELS

if TYPE_CHECKING:
    import geopandas as gpd

    from pipeline.ledger import Ledger

# Rasters are made from the census and differ from it by some percent in all, by a few tens where a town
# grew in ten years. Twice or half as many are of other people, of other units or no people at all.
MOST_APART = 2.0
Raster = tuple[str, Grid, Mapping[str, Any]]


def fit_rasters(rasters: Sequence[Raster], areas: gpd.GeoDataFrame, ledger: Ledger) -> list[Raster]:
    """Rasters that are fit as evidence of where people live: those that have about as many as the census there.

    Each is held to the census areas of the vintage that ends closest to its own (the finest level that counts
    people), to those of them that lie under cells with data by at least `known_places.COMPLETE_SHARE`. A raster
    with more than twice or less than half of their people is left out, and so is a single age of its children that
    is that far from the census's. Where nothing can be compared a raster stays.

    Parameters
    ----------
    rasters : sequence of (vintage, Grid, bands)
        From `rasters.bands_of`.
    areas : GeoDataFrame
        Table ``census_areas`` in any CRS.
    ledger : Ledger
        Takes a loss for each raster and each age that is left out, with both numbers.

    Returns
    -------
    list of (vintage, Grid, bands)
        In the order given.

    Examples
    --------
    Of 10 people in a tract the one raster has 12, the other a code for no data:

    >>> import geopandas as gpd, shapely
    >>> from pipeline.ledger import Ledger
    >>> grid = Grid(0, 1, 1, 1, rows=1, columns=2, crs="EPSG:3310")
    >>> tract = gpd.GeoDataFrame({"area_level": ["tract"], "vintage": ["2020"], "area_geoid": ["a"], "population": [10.0]},
    ...                          geometry=[shapely.box(0, 0, 2, 1)], crs="EPSG:3310")
    >>> rasters = [(year, grid, {"population": np.array([people])}) for year, people in (("2020", [3.0, 9.0]), ("2015", [3.0, 999.0]))]
    >>> [vintage for vintage, _, _ in fit_rasters(rasters, tract, Ledger())]
    ['2020']
    """
    layers = {name: layer for name, layer in source_layers(areas).items() if layer["population"].notna().any()}
    fit: list[Raster] = []
    for vintage, grid, bands in rasters:
        unfit = _unfit(vintage, grid, bands, layers) if layers else {}
        for measure, why in unfit.items():
            what = "no evidence of where people live" if measure == "population" else "no evidence for this age"
            ledger.loss(f"raster {vintage}: {measure}", f"{why}: {what}", count=1, unit="rasters")
        if "population" not in unfit and len(unfit) < len(bands):
            fit.append((vintage, grid, {name: band for name, band in bands.items() if name not in unfit}))
    return fit


def _unfit(
    vintage: str, grid: Grid, bands: Mapping[str, Any], layers: Mapping[str, gpd.GeoDataFrame]
) -> dict[str, str]:
    """Measures of a raster that are far from the census's of the same ground, and how far."""
    name = min(layers, key=lambda layer: _distance(layer, vintage))
    layer = layers[name]
    sums, covered = raster_sums(on_grid(layer.geometry, grid), grid, np.stack(list(bands.values())))
    unfit = {}
    for band, measure in enumerate(bands):
        if measure not in layer:
            continue
        count = layer[measure].to_numpy(dtype="float64")
        known = (covered >= COMPLETE_SHARE) & ~np.isnan(count)
        drawn, counted = float(sums[known, band].sum()), float(count[known].sum())
        if drawn > MOST_APART * counted or counted > MOST_APART * drawn:
            told = f"{drawn:,.0f} in its cells, {counted:,.0f} by the census"
            unfit[measure] = f"{told} in the {known.sum():,} areas of {name} that it covers"
    return unfit


def _distance(layer: str, vintage: str) -> tuple[int, int]:
    """How far a layer's vintage is from a raster's, and how coarse its areas are."""
    level = layer.split()[0]
    return abs(years_of(layer)[1] - years_of(vintage)[1]), AREA_LEVELS.index(level)
