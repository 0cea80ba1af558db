"""One partition of something larger than a district: its three layers in, its zone profile out.

A partition is a folder, such as ``state=06``, with three files whose columns are those of the
tables ``census_blocks``, ``census_areas`` and ``zones``. What is computed from it depends on
nothing else, and is written beside it or into a folder of its own, whole or not at all.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pipeline.errors import ContractError, Fault, PipelineError, refusal_of
from pipeline.partition_layers import AREAS, BLOCKS, ZONES, read_areas, read_blocks, read_zones, require_same_crs
from pipeline.partition_results import LEDGER, PROFILE, write_results

if TYPE_CHECKING:
    import geopandas as gpd

SAMPLE_SECONDS = 0.01
_ZONE = ["level", "fall_year", "zone_id"]


@dataclass(frozen=True)
class Done:
    """What a partition tells when it is done; ``refusal`` says why it is not."""

    name: str
    blocks: int = 0
    areas: int = 0
    zones: int = 0
    bare_zones: tuple[str, ...] = ()  # level, school year and id of those in which no block with people lies
    balances: tuple[tuple[str, float, float, float], ...] = ()  # of each layer: children in all, in zones, outside
    seconds: float = 0.0
    processor_seconds: float = 0.0
    peak_bytes: int = 0  # of memory in the process that did it
    refusal: str = ""


def write_partition(folder: Path, blocks: gpd.GeoDataFrame, areas: gpd.GeoDataFrame, zones: gpd.GeoDataFrame) -> None:
    """Write the three layers of a partition, along a Hilbert curve and with GeoArrow coordinates."""
    from pipeline.geoarrow import write_layer

    for name, layer in ((BLOCKS, blocks), (AREAS, areas), (ZONES, zones)):
        write_layer(folder / name, layer)


def profile_partition(folder: str, out: str) -> Done:
    """Count who lives in each zone of one partition, and write table ``zone_profile`` and its ledger.

    Takes and returns nothing large, writes only its own two files and keeps nothing: it may run
    on another machine, twice, or again after it was killed, and its files have the same bytes.

    Parameters
    ----------
    folder : str
        Partition with ``blocks.parquet``, ``areas.parquet`` and ``zones.parquet``.
    out : str
        Folder for ``zone_profile.parquet`` and ``ledger.parquet``.

    Returns
    -------
    Done
        With ``refusal`` where the partition cannot be used: an error that names it travels
        between processes as text.
    """
    name, started, worked = Path(folder).name, time.perf_counter(), time.process_time()
    try:
        with _Memory() as memory:
            told = _profile(Path(folder), Path(out))
    except PipelineError as error:
        return Done(name, refusal=str(error))
    except OSError as error:
        return Done(name, refusal=refusal_of(error))
    except Exception as error:  # noqa: BLE001
        # a fault that no check foresaw ends this partition only
        return Done(name, refusal=f"{type(error).__name__}: {str(error).splitlines()[0] if str(error) else ''}")
    seconds, worked = time.perf_counter() - started, time.process_time() - worked
    return Done(name, **told, seconds=seconds, processor_seconds=worked, peak_bytes=memory.peak_bytes)


def _profile(folder: Path, out: Path) -> dict[str, Any]:
    import numpy as np
    import pandas as pd

    from pipeline.analysis.block_crosswalk import block_crosswalk, block_shares
    from pipeline.analysis.common_area import common_areas
    from pipeline.analysis.profiles import zone_profile
    from pipeline.analysis.sound_blocks import require_covered, require_disjoint, require_one_census
    from pipeline.analysis.sound_counts import require_parts
    from pipeline.analysis.sound_people import require_people
    from pipeline.ledger import Ledger
    from pipeline.tables import BY_TABLE, check

    ledger = Ledger()
    plots, areas, area_crs = read_areas(folder / AREAS)
    outlines, blocks, crs = read_blocks(folder / BLOCKS)
    grounds, zones, zone_crs = read_zones(folder / ZONES)
    require_same_crs(folder, {"blocks": crs, "areas": area_crs, "zones": zone_crs})
    require_one_census(blocks["vintage"], areas)
    require_people(blocks.assign(vintage="the partition"), ledger)
    require_parts(areas, ledger)
    require_disjoint(outlines, blocks["block_geoid"])
    # all levels at once: the outlines of blocks are gone over one time
    block, zone, common_m2 = common_areas(outlines, grounds)
    links = []
    for (level, fall_year), rows in sorted(zones.groupby(["level", "fall_year"]).indices.items()):
        layer = f"zone {level} {fall_year}"
        of_layer = zones.iloc[rows]
        position = np.full(len(zones), -1)
        position[rows] = np.arange(len(rows))
        here = position[zone] >= 0
        pairs = block[here], position[zone[here]], common_m2[here]
        ground = block_shares(pairs, outlines, grounds.take(rows), blocks["block_geoid"], layer)
        for (area_level, vintage), part in areas.groupby(["area_level", "vintage"], sort=True):
            kind, part = f"{area_level} {vintage}", part.reset_index(drop=True)
            links.append(
                block_crosswalk(blocks, ground, part, of_layer, source_layer=kind, target_layer=layer, ledger=ledger)
            )
    require_covered(outlines, blocks["block_geoid"], plots, areas)
    balances = ledger.frame().query("entry == 'balance'")
    empty = balances[(balances["total"] > 0) & (balances["inside"] == 0)]
    if len(empty):
        first = str(empty["subject_name"].iloc[0])
        what, remedy = "nobody of the census areas arrives in any zone", "Are zones and blocks of one place and CRS?"
        raise ContractError(str(folder / ZONES), [Fault("E-BESIDE", what, len(empty), first, remedy)])
    profile = zone_profile(areas, pd.concat(links, ignore_index=True), zones, ledger)
    reached = pd.MultiIndex.from_frame(profile[_ZONE])
    bare = zones[~pd.MultiIndex.from_frame(zones[_ZONE]).isin(reached)].sort_values(_ZONE)
    write_results(out, {LEDGER: ledger.frame(), PROFILE: check(BY_TABLE["zone_profile"], profile)})
    return {
        "blocks": len(blocks),
        "areas": len(areas),
        "zones": len(zones),
        "bare_zones": tuple(" ".join(map(str, zone)) for zone in bare[_ZONE].itertuples(index=False, name=None)),
        "balances": tuple(balances[["subject_name", "total", "inside", "outside"]].itertuples(index=False, name=None)),
    }


class _Memory:
    """Watches the memory of this process while something is done, every hundredth of a second.

    What the system keeps as a process's highest use is no help: a worker inherits it from the
    process that started it.
    """

    def __init__(self) -> None:
        import psutil

        self._process = psutil.Process()
        self._is_over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)
        self.peak_bytes = 0

    def _look(self) -> None:
        while not self._is_over.wait(SAMPLE_SECONDS):
            self._sample()

    def _sample(self) -> None:
        self.peak_bytes = max(self.peak_bytes, int(self._process.memory_info().rss))

    def __enter__(self) -> Self:
        self._sample()
        self._watch.start()
        return self

    def __exit__(self, *what: object) -> None:
        self._sample()
        self._is_over.set()
        self._watch.join()
