"""Children to zones by area: from two files to weights, against the libraries that do the same."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from scipy import sparse
from tobler.area_weighted import area_interpolate

from benchmarks.harness import Result, in_turns, result
from benchmarks.layers import coverage
from pipeline.analysis.common_area import common_areas
from pipeline.analysis.overlaps import area_weights, pieces_of
from pipeline.geoarrow import read_rings, write_layer

CRS = "EPSG:5070"
# (sources, targets): a city, and a state
# as many points as give so many cells within the square
SIZES = ((10_900, 1_110), (108_000, 11_600))
MOST_ERROR = 1e-9
MOST_LOST = 1e-12
AGREES = 1e-6  # tobler keeps its shares as 32-bit numbers

_READ = "import geopandas as gpd; s, t = gpd.read_parquet(r'{folder}/sources.parquet'), gpd.read_parquet(r'{folder}/targets.parquet'); "
_OURS = (
    "from pipeline.analysis.overlaps import area_weights, overlaps; w = area_weights(overlaps(s, t), (len(s), len(t)))"
)
_SHAPELY = (
    "import shapely; from scipy import sparse; a, b = s.geometry.to_numpy(), t.geometry.to_numpy(); "
    "j, i = shapely.STRtree(a).query(b, predicate='intersects'); "
    "share = shapely.area(shapely.intersection(a[i], b[j])) / shapely.area(a)[i]; "
    "w = sparse.csr_array((share, (i, j)), shape=(len(a), len(b)))"
)


def write(folder: Path, sources: int, targets: int) -> None:
    """Two coverages of one square, each as GeoParquet with GeoArrow coordinates and, for the peers, as they write it."""
    for name, number, vertices, seed in (("sources", sources, 93, 1), ("targets", targets, 660, 2)):
        shapes = coverage(number, vertices, seed)
        frame = gpd.GeoDataFrame(
            {"area_id": [f"{n:07d}" for n in range(len(shapes))], "children_0_17": 100.0}, geometry=shapes, crs=CRS
        )
        write_layer(folder / f"{name}.arrow.parquet", frame)
        order = np.argsort(frame.hilbert_distance().to_numpy(), kind="stable")
        frame.iloc[order].to_parquet(folder / f"{name}.parquet", compression="zstd", index=False)


def ours(folder: Path) -> sparse.csr_array:
    """Weights from the files' coordinates, without a geometry."""
    (sources, _, _), (targets, _, _) = (
        read_rings(folder / f"{name}.arrow.parquet", ["area_id"]) for name in ("sources", "targets")
    )
    pieces = pieces_of(*common_areas(sources, targets), sources.areas())
    return area_weights(pieces, (len(sources), len(targets)))


def exactly(folder: Path) -> sparse.csr_array:
    """The same shares before slivers of rounding are put to the largest piece."""
    (sources, _, _), (targets, _, _) = (read_rings(folder / f"{name}.arrow.parquet") for name in ("sources", "targets"))
    source, target, common = common_areas(sources, targets)
    return sparse.csr_array((common / sources.areas()[source], (source, target)), shape=(len(sources), len(targets)))


def _layers(folder: Path) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    sources, targets = (gpd.read_parquet(folder / f"{name}.parquet") for name in ("sources", "targets"))
    return sources, targets


def by_shapely(folder: Path) -> sparse.csr_array:
    """Weights by vectorised shapely."""
    sources, targets = (layer.geometry.to_numpy() for layer in _layers(folder))
    target, source = shapely.STRtree(sources).query(targets, predicate="intersects")
    share = shapely.area(shapely.intersection(sources[source], targets[target])) / shapely.area(sources)[source]
    return sparse.csr_array((share, (source, target)), shape=(len(sources), len(targets)))


def by_tobler(folder: Path) -> Any:
    """Children of the targets by tobler, without its renormalising."""
    sources, targets = _layers(folder)
    return area_interpolate(sources, targets, extensive_variables=["children_0_17"], allocate_total=False)


def by_overlay(folder: Path) -> Any:
    """Children of the targets by `geopandas.overlay` and a sum."""
    sources, targets = _layers(folder)
    sources["ground"] = sources.area
    pieces = gpd.overlay(sources, targets[["area_id", "geometry"]], how="intersection")
    return (pieces["children_0_17"] * pieces.area / pieces["ground"]).groupby(pieces["area_id_2"]).sum()


def file_to_weights(small: bool) -> list[Result]:
    """From files to weights at two sizes, against tobler, `geopandas.overlay` and vectorised shapely.

    The error is that of the worst pair, over its source's area, against GEOS. It is set to 1 if the weights of a
    source do not add to 1 within 1e-12, or if the zones' children are not those of tobler and overlay to a millionth.
    """
    found = []
    for number, zones in ((400, 45),) if small else SIZES:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            write(folder, number, zones)
            ours(folder)  # the compiler's ten seconds are told apart: they come once in the life of a checkout
            runs = {"ours": ours, "tobler": by_tobler, "geopandas": by_overlay, "shapely": by_shapely}
            spent, returned = in_turns({peer: partial(run, folder) for peer, run in runs.items()}, 1 if small else 3)
            raw = exactly(folder)
            _, named, _ = read_rings(folder / "targets.arrow.parquet", ["area_id"])
        weights = returned["ours"]
        error = float(np.abs((raw - returned["shapely"]).tocoo().data).max(initial=0.0))
        children = weights.T @ np.full(weights.shape[0], 100.0)
        for theirs in (
            returned["tobler"]["children_0_17"].to_numpy(),
            returned["geopandas"].reindex(named["area_id"]).to_numpy(),
        ):
            if (np.abs(theirs - children) > AGREES * children).any():
                error = 1.0
        lost = float(np.abs(np.asarray(weights.sum(axis=1)) - 1.0).max())
        if lost > MOST_LOST:
            error = max(error, 1.0)
        size = f"{weights.shape[0]:,} x {weights.shape[1]:,}"
        large = number == SIZES[-1][0]
        found += [
            result(
                "areas: file to weights", size, spent["ours"], peer, version(peer), spent[peer],
                target=target if large else 1.0, max_error=error, most_error=MOST_ERROR,
            )
            for peer, target in (("tobler", 8.0), ("geopandas", 10.0), ("shapely", 1.0))
        ]  # fmt: skip
    return found


def district(small: bool) -> list[Result]:
    """A district in a fresh process, imports included: no slower than vectorised shapely, and no compiler."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write(folder, 562, 54)
        read = _READ.format(folder=folder)
        runs = {
            "ours": lambda: subprocess.run([sys.executable, "-c", read + _OURS], check=True),
            "shapely": lambda: subprocess.run([sys.executable, "-c", read + _SHAPELY], check=True),
        }
        spent, _ = in_turns(runs, 1 if small else 9)
        from pipeline.analysis.overlaps import overlaps

        sources, targets = _layers(folder)
        own = area_weights(overlaps(sources, targets), (len(sources), len(targets)))
        error = float(np.abs((own - by_shapely(folder)).tocoo().data).max(initial=0.0))
    size = f"{len(sources):,} x {len(targets):,}"
    return [
        result(
            "areas: a district in a fresh process", size, spent["ours"], "shapely", version("shapely"), spent["shapely"],
            target=1.0, max_error=error, most_error=MOST_ERROR,
        )
    ]  # fmt: skip
