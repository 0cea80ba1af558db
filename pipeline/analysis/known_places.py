"""What a study knows of where people live within its census areas: blocks, lots, rasters and empty ground."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import shapely
from scipy import sparse

from pipeline.analysis import evidence as kinds
from pipeline.analysis.coverage import raster_sums
from pipeline.analysis.evidence import Evidence, Floats, Integers
from pipeline.analysis.geometry import NOISE_M2, common_ground, placed, polygons_of
from pipeline.analysis.grids import Grid, on_grid
from pipeline.analysis.overlaps import NOISE_SHARE, area_weights, overlaps
from pipeline.analysis.uncertainty import years_of
from pipeline.columns import CHILD_COUNTS

if TYPE_CHECKING:
    import geopandas as gpd

# Blocks (or cells with data) that cover less of a source than this say nothing about the rest of it.
COMPLETE_SHARE = 0.9
Raster = tuple[str, Grid, Mapping[str, Any]]


def ladder(carrier: str, order: Iterable[str]) -> list[str]:
    """Ways to place the counts of a carrier, best first, by the study's order of evidence.

    The counted themselves come before whoever stands in for them: children of the age in question
    before all children, adults before people, homes (for what is counted by home) before people.

    >>> ladder("children_5_9", ["children_by_block", "people_by_block", "area"])
    ['children_5_9_by_block', 'children_by_block', 'people_by_block', 'area']
    >>> ladder("homes", ["children_by_block", "people_by_block", "homes_by_block", "area"])
    ['homes_by_block', 'people_by_block', 'area']
    """
    order = list(order)
    own = {
        "children_by_block": [f"{carrier}_by_block"] if carrier in CHILD_COUNTS else [],
        "people_by_block": ["adults_by_block"] if carrier == "adults" and "children_by_block" in order else [],
        "people_by_raster": [f"{carrier}_by_raster"] if carrier in CHILD_COUNTS else [],
    }
    is_child = carrier == "children" or carrier in CHILD_COUNTS
    steps = [
        step
        for kind in order
        for step in [*own.get(kind, []), *([kind] if is_child or kind != "children_by_block" else [])]
    ]
    if carrier == "homes":
        steps.sort(key=lambda step: not step.startswith("homes_"))
    return [*steps, *(["area"] if "area" not in steps else [])]


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
        self._seen = _Seen()

    @property
    def is_empty(self) -> bool:
        """Whether neither blocks nor lots are known."""
        return bool(self.blocks.empty and self.lots.empty)

    def pieces(self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, layer: str) -> pd.DataFrame:
        """Pairs of a source layer and the target ``layer`` that share ground (`overlaps`)."""
        return self._seen.once(source, f"ground in {layer}", lambda: overlaps(source, target))

    def middles(self, source: gpd.GeoDataFrame) -> Any:
        """A point within each shape of a layer."""
        return self._seen.once(source, "middles", lambda: kinds.points_of(source.geometry.to_numpy()))

    def evidence(
        self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, vintage_layer: str, layer: str
    ) -> dict[str, Evidence]:
        """All evidence there is, by the name of its kind; ``vintage_layer`` names the source layer."""
        shape = (len(source), len(target))
        pieces = self.pieces(source, target, layer)
        ground = shapely.area(source.geometry.to_numpy())
        found = {
            **self._by_block(source, target, layer),
            **self._by_lot(source, target, vintage_layer, layer),
            **self._by_raster(source, target, pieces, vintage_layer, layer),
            **self._by_habitable_ground(source, target, pieces, ground, layer),
            "area": kinds.by_ground(pieces, ground, shape),
        }
        return {kind: evidence for kind, evidence in found.items() if np.nansum(evidence.held) > 0 or kind == "area"}

    def _by_block(self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, layer: str) -> dict[str, Evidence]:
        if self.blocks.empty:
            return {}
        shares = self._seen.once(target, "shares of blocks", lambda: self._block_shares(target))
        block_of = self._seen.once(
            source, "source of blocks", lambda: _positions(self._block_points, source, self._block_tree)
        )
        covered = _covered(source, self.blocks, block_of)
        found = {}
        for kind, amounts in block_amounts(self.blocks).items():
            by_block = kinds.by_items(amounts, block_of, shares, len(source))
            # blocks of a part cannot stand for the whole
            found[kind] = Evidence(by_block.weights, np.where(covered, by_block.held, np.nan), by_block.beyond)
        return found

    def _block_shares(self, target: gpd.GeoDataFrame) -> sparse.csr_array:
        shape = (len(self.blocks), len(target))
        if self.split_blocks:
            return area_weights(overlaps(self.blocks, target), shape)
        return kinds.by_point(self._block_points, target.geometry.to_numpy()).weights

    def _by_lot(
        self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, vintage_layer: str, layer: str
    ) -> dict[str, Evidence]:
        if self.lots.empty:
            return {}
        points = self.lots.geometry.to_numpy()
        shares = self._seen.once(
            target, "shares of lots", lambda: kinds.by_point(points, target.geometry.to_numpy()).weights
        )
        lot_of = self._seen.once(source, "source of lots", lambda: _positions(points, source, self._lot_tree))
        of_vintage = _nearest_vintage(self.lots["vintage"], vintage_layer)
        return {
            kind: kinds.by_items(
                np.where(of_vintage, self.lots[column].to_numpy(dtype="float64"), np.nan), lot_of, shares, len(source)
            )
            for kind, column in (("people_by_lot", "population"), ("homes_by_lot", "homes"))
        }

    def _by_raster(
        self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, pieces: pd.DataFrame, vintage_layer: str, layer: str
    ) -> dict[str, Evidence]:
        if not self.rasters:
            return {}
        vintages = pd.Series([vintage for vintage, _, _ in self.rasters])
        vintage, grid, bands = self.rasters[int(np.flatnonzero(_nearest_vintage(vintages, vintage_layer))[0])]
        stack = np.stack(list(bands.values()))
        wholes, covered = self._seen.once(
            source, f"people in raster {vintage}", lambda: raster_sums(on_grid(source.geometry, grid), grid, stack)
        )
        parts = self._seen.once(
            source,
            f"people in raster {vintage} and {layer}",
            lambda: raster_sums(on_grid(_crossing(source, target, pieces), grid), grid, stack)[0],
        )
        on_pieces = wholes[pieces["source"]]
        on_pieces[~pieces["is_inside"].to_numpy()] = parts
        found = {}
        for band, name in enumerate(bands):
            by_cell = kinds.by_raster(pieces, on_pieces[:, band], wholes[:, band], len(target))
            held = np.where(covered >= COMPLETE_SHARE, by_cell.held, np.nan)
            kind = "people_by_raster" if name == "population" else f"{name}_by_raster"
            found[kind] = Evidence(by_cell.weights, held, by_cell.beyond)
        return found

    def _by_habitable_ground(
        self, source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, pieces: pd.DataFrame, ground: Floats, layer: str
    ) -> dict[str, Evidence]:
        if self.uninhabited.empty:
            return {}
        part, part_of = self._seen.once(source, "empty ground", lambda: _common_parts(self.uninhabited, source))
        empty = pd.DataFrame({"source": [], "target": [], "area_m2": []}).astype({"source": int, "target": int})
        if len(part):
            found = self._seen.once(part, f"ground in {layer}", lambda: overlaps(part, target))
            empty = found.assign(source=part_of[found["source"]])
            empty = empty.groupby(["source", "target"], as_index=False)["area_m2"].sum()
        part_m2 = shapely.area(part.geometry.to_numpy())
        empty_m2 = np.asarray(np.bincount(part_of, weights=part_m2, minlength=len(source)), dtype="float64")
        shape = (len(source), len(target))
        return {"habitable_area": kinds.by_habitable_ground(pieces, ground, empty, empty_m2, shape)}


def block_amounts(blocks: pd.DataFrame) -> dict[str, Floats]:
    """What each kind of evidence by block counts."""
    columns = {
        "children_by_block": blocks["children_0_17"],
        "adults_by_block": (blocks["population"] - blocks["children_0_17"]).clip(lower=0.0),
        "people_by_block": blocks["population"],
        "homes_by_block": blocks["homes"],
        **{f"{name}_by_block": blocks[name] for name in CHILD_COUNTS},
    }
    return {kind: amounts.to_numpy(dtype="float64") for kind, amounts in columns.items() if amounts.notna().any()}


def _crossing(source: gpd.GeoDataFrame, target: gpd.GeoDataFrame, pieces: pd.DataFrame) -> gpd.GeoSeries:
    """Common ground of the pairs in which the source lies in more than one target, or beyond them."""
    import geopandas as gpd

    crossing = pieces[~pieces["is_inside"]]
    mine = source.geometry.to_numpy()[crossing["source"]]
    other = target.geometry.to_numpy()[crossing["target"]]
    common = shapely.intersection(mine, other)
    # how much ground each has is known: what the fast overlay gets wrong is found again
    wrong = np.abs(shapely.area(common) - crossing["area_m2"]) > NOISE_SHARE * shapely.area(mine) + NOISE_M2
    common[wrong] = common_ground(mine[wrong], other[wrong])
    mixed = shapely.get_type_id(common) == shapely.GeometryType.GEOMETRYCOLLECTION
    common[mixed] = [polygons_of(shape) for shape in common[mixed]]
    common[shapely.get_dimensions(common) < 2] = shapely.Polygon()
    return gpd.GeoSeries(common, crs=source.crs)


def _common_parts(ground: gpd.GeoDataFrame, source: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, Integers]:
    """Pieces of ground within each source, none of them twice, and the source each lies in."""
    import geopandas as gpd

    # parks and lakes of two files overlap: together they are counted once
    merged = shapely.get_parts(shapely.union_all(ground.geometry.to_numpy()))
    shapes = source.geometry.to_numpy()
    first, second = shapely.STRtree(shapes).query(merged, predicate="intersects")
    common, part_of = shapely.get_parts(shapely.intersection(merged[first], shapes[second]), return_index=True)
    is_ground = shapely.area(common) > 0
    return gpd.GeoDataFrame(geometry=common[is_ground], crs=source.crs), second[part_of[is_ground]]


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


class _Seen:
    """Remembers what was measured on shapes, for vintages that are published on the same areas."""

    def __init__(self) -> None:
        self._known: list[tuple[Any, str, Any]] = []

    def once(self, frame: gpd.GeoDataFrame, what: str, measure: Callable[[], Any]) -> Any:
        """The result of ``measure()``, taken from memory where the same shapes were measured for the same."""
        shapes = frame.geometry.to_numpy()
        for known, name, result in self._known:
            if name == what and len(known) == len(shapes) and shapely.equals_identical(known, shapes).all():
                return result
        result = measure()
        self._known.append((shapes, what, result))
        return result
