"""What a study knows of where people live within its census areas: blocks, lots, rasters and empty ground."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from pipeline.analysis import evidence as kinds
from pipeline.analysis.coverage import raster_sums
from pipeline.analysis.evidence import EmptyGround, Evidence, Floats, Integers
from pipeline.analysis.geometry import placed
from pipeline.analysis.grids import Grid, on_grid
from pipeline.analysis.ladder import block_amounts
from pipeline.analysis.measured import Measured
from pipeline.analysis.overlaps import overlaps
from pipeline.analysis.pieces import ground_across, ground_outside, ground_within
from pipeline.analysis.uncertainty import years_of

if TYPE_CHECKING:
    import geopandas as gpd

# Blocks (or cells with data) that cover less of a source than this say nothing about the rest of it.
COMPLETE_SHARE = 0.9
Raster = tuple[str, Grid, Mapping[str, Any]]


class KnownPlaces:
    """Blocks, lots, rasters and uninhabited ground of a study, asked for one pair of layers after the other.

    Parameters
    ----------
    blocks, lots, uninhabited : GeoDataFrame
        Tables ``census_blocks``, ``residential_lots`` and ``uninhabited_ground``; each may be empty.
    rasters : list of (vintage, Grid, bands)
        Population rasters (`rasters.bands_of`); may be empty.
    split_blocks : bool
        Whether a block that crosses a line is split by area, or goes whole to where its middle lies.
    """

    def __init__(
        self,
        blocks: gpd.GeoDataFrame,
        lots: gpd.GeoDataFrame,
        uninhabited: gpd.GeoDataFrame,
        rasters: Sequence[Raster] = (),
        *,
        split_blocks: bool = True,
    ) -> None:
        self.blocks, self.lots, self.uninhabited, self.rasters = blocks, lots, uninhabited, rasters
        self.split_blocks = split_blocks
        self._block_points = kinds.points_of(blocks.geometry.to_numpy())
        self._block_tree = shapely.STRtree(self._block_points)
        self._lot_tree = shapely.STRtree(lots.geometry.to_numpy())
        self._measured = Measured()

    @property
    def is_empty(self) -> bool:
        """Whether neither blocks nor lots are known."""
        return bool(self.blocks.empty and self.lots.empty)

    def pieces(self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame) -> pd.DataFrame:
        """Pairs of a source layer and a target layer that share ground (`overlaps`)."""
        return self._measured.once("pairs", lambda: overlaps(source, target), source, target)

    def outside(self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame) -> gpd.GeoSeries:
        """Ground of each source that lies in none of the targets (`pieces.ground_outside`)."""
        pieces = self.pieces(source, target)
        return self._measured.once("outside", lambda: ground_outside(source, target, pieces), source, target)

    def middles(self, source: gpd.GeoDataFrame) -> Any:
        """A point within each shape of a layer."""
        return self._measured.once("middles", lambda: kinds.points_of(source.geometry.to_numpy()), source)

    def evidence(self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, vintage_layer: str) -> dict[str, Evidence]:
        """All evidence there is, by the name of its kind; ``vintage_layer`` names the source layer."""
        ground_m2, outside_m2 = _m2(source.geometry), _m2(self.outside(source, target))
        found = {
            **self._by_block(source, target),
            **self._by_lot(source, target, vintage_layer),
            **self._by_raster(source, target, vintage_layer),
            **self._by_habitable_ground(source, target, ground_m2, outside_m2),
            "area": kinds.by_ground(self.pieces(source, target), ground_m2, outside_m2, (len(source), len(target))),
        }
        return {kind: evidence for kind, evidence in found.items() if np.nansum(evidence.held) > 0 or kind == "area"}

    def _by_block(self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame) -> dict[str, Evidence]:
        if self.blocks.empty:
            return {}
        shares, outside = self._block_shares(target)
        block_of = self._measured.once(
            "source of blocks", lambda: _positions(self._block_points, source, self._block_tree), source
        )
        covered = _covered(source, self.blocks, block_of)
        found = {}
        for kind, amounts in block_amounts(self.blocks).items():
            by_block = kinds.by_items(amounts, block_of, shares, outside, len(source))
            # blocks of a part cannot stand for the whole
            found[kind] = Evidence(by_block.weights, np.where(covered, by_block.held, np.nan), by_block.beyond)
        return found

    def _block_shares(self, target: gpd.GeoDataFrame) -> tuple[sparse.csr_array, Floats]:
        """Share of each block in each target, and in none of them."""
        if self.split_blocks:
            pieces, rest = self.pieces(self.blocks, target), self.outside(self.blocks, target)
            by_area = kinds.by_ground(pieces, _m2(self.blocks.geometry), _m2(rest), (len(self.blocks), len(target)))
        else:
            by_area = self._measured.once(
                "blocks by middle", lambda: kinds.by_point(self._block_points, target.geometry.to_numpy()), target
            )
        return by_area.weights, by_area.beyond

    def _by_lot(self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, vintage_layer: str) -> dict[str, Evidence]:
        if self.lots.empty:
            return {}
        points = self.lots.geometry.to_numpy()
        by_point = self._measured.once("lots", lambda: kinds.by_point(points, target.geometry.to_numpy()), target)
        lot_of = self._measured.once("source of lots", lambda: _positions(points, source, self._lot_tree), source)
        of_vintage = _nearest_vintage(self.lots["vintage"], vintage_layer)
        found = {}
        for kind, column in (("people_by_lot", "population"), ("homes_by_lot", "homes")):
            amounts = np.where(of_vintage, self.lots[column].to_numpy(dtype="float64"), np.nan)
            found[kind] = kinds.by_items(amounts, lot_of, by_point.weights, by_point.beyond, len(source))
        return found

    def _by_raster(self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, vintage_layer: str) -> dict[str, Evidence]:
        if not self.rasters:
            return {}
        vintages = pd.Series([vintage for vintage, _, _ in self.rasters])
        vintage, grid, bands = self.rasters[int(np.flatnonzero(_nearest_vintage(vintages, vintage_layer))[0])]
        stack, what = np.stack(list(bands.values())), f"people in raster {vintage}"
        pieces, outside = self.pieces(source, target), self.outside(source, target)

        def sums_over(shapes: gpd.GeoSeries) -> tuple[Floats, Floats]:
            return raster_sums(on_grid(shapes, grid), grid, stack)

        wholes, covered = self._measured.once(what, lambda: sums_over(source.geometry), source)
        across, beyond = self._measured.once(
            what,
            lambda: (sums_over(ground_across(source, target, pieces))[0], sums_over(outside)[0]),
            source,
            target,
        )
        on_pieces = wholes[pieces["source"]]
        on_pieces[~pieces["is_inside"].to_numpy()] = across
        found = {}
        for band, name in enumerate(bands):
            by_cell = kinds.by_raster(pieces, on_pieces[:, band], wholes[:, band], beyond[:, band], len(target))
            held = np.where(covered >= COMPLETE_SHARE, by_cell.held, np.nan)
            kind = "people_by_raster" if name == "population" else f"{name}_by_raster"
            found[kind] = Evidence(by_cell.weights, held, by_cell.beyond)
        return found

    def _by_habitable_ground(
        self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, ground_m2: Floats, outside_m2: Floats
    ) -> dict[str, Evidence]:
        if self.uninhabited.empty:
            return {}
        sources = len(source)
        part, part_of = self._measured.once("empty ground", lambda: ground_within(self.uninhabited, source), source)
        bare = self.pieces(part, target)
        bare = bare.assign(source=part_of[bare["source"]])
        bare = bare.groupby(["source", "target"], as_index=False)["area_m2"].sum()
        part_m2, out_m2 = (
            np.bincount(part_of, weights=_m2(shapes), minlength=sources).astype("float64")
            for shapes in (part.geometry, self.outside(part, target))
        )
        empty = EmptyGround(bare, part_m2, out_m2)
        shape = (sources, len(target))
        found = kinds.by_habitable_ground(self.pieces(source, target), ground_m2, outside_m2, empty, shape)
        return {"habitable_area": found}


def _covered(source: gpd.GeoDataFrame, blocks: gpd.GeoDataFrame, block_of: Integers) -> Any:
    """Whether the blocks cover (nearly) all of a source's ground, or of its land."""
    used = block_of >= 0
    ground, land = shapely.area(blocks.geometry.to_numpy()), blocks["land_m2"].to_numpy(dtype="float64")
    of_ground, of_land = (np.bincount(block_of[used], weights=m2[used], minlength=len(source)) for m2 in (ground, land))
    whole, dry = shapely.area(source.geometry.to_numpy()), source["land_m2"].to_numpy(dtype="float64")
    # files of blocks may leave out the water, so either will do; unknown land compares as false
    return np.asarray((of_ground >= COMPLETE_SHARE * whole) | (of_land >= COMPLETE_SHARE * dry))


def _nearest_vintage(vintages: pd.Series, layer: str) -> Any:
    """Lots of the vintage that ends closest to the layer's; the earlier of two equally close."""
    end = years_of(layer)[1]
    ends = {vintage: years_of(vintage)[1] for vintage in sorted(vintages.unique())}
    best = min(ends, key=lambda vintage: (abs(ends[vintage] - end), ends[vintage]), default="")
    return np.asarray(vintages == best, dtype=bool)


def _positions(points: Any, frame: gpd.GeoDataFrame, tree: shapely.STRtree) -> Integers:
    return placed(points, frame.geometry.to_numpy(), tree)[0]


def _m2(shapes: gpd.GeoSeries) -> Floats:
    return np.asarray(shapely.area(shapes.to_numpy()), dtype="float64")
