"""One partition of something larger than a district: its three layers in, its zone profile out.

A partition is a folder, such as ``state=06``, with three files whose columns are those of the
tables ``census_blocks``, ``census_areas`` and ``zones``. What is computed from it depends on
nothing else, and is written beside it or into a folder of its own, whole or not at all.
"""

from __future__ import annotations

import os
import threading
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pipeline.columns import BY_NAME, CHILD_COUNTS
from pipeline.errors import ContractError, Fault, MissingInput, PipelineError, refusal_of

if TYPE_CHECKING:
    import geopandas as gpd
    import pandas as pd

    from pipeline.analysis.rings import Rings

BLOCKS, AREAS, ZONES = "blocks.parquet", "areas.parquet", "zones.parquet"
PROFILE, LEDGER = "zone_profile.parquet", "ledger.parquet"
SAMPLE_SECONDS = 0.01
# Of the counts by block those that are there are used.
BLOCK_COUNTS = ("children_0_17", *CHILD_COUNTS, "homes")


@dataclass(frozen=True)
class Done:
    """What a partition tells when it is done; ``refusal`` says why it is not."""

    name: str
    blocks: int = 0
    areas: int = 0
    zones: int = 0
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
    from pipeline.analysis.sound_counts import require_parts, require_people
    from pipeline.ledger import Ledger
    from pipeline.tables import BY_TABLE, check

    ledger = Ledger()
    areas = _areas(folder / AREAS)
    outlines, blocks, crs = _layer(folder / BLOCKS, ("block_geoid", "population"), 1, BLOCK_COUNTS)
    grounds, zones, zone_crs = _layer(folder / ZONES, ("level", "fall_year", "zone_id", "is_approximate"), 3)
    if crs != zone_crs:
        fault = Fault(
            "E-CRS", f"blocks are in {crs.name}, zones in {zone_crs.name}", 1, ZONES, "Reproject one of them."
        )
        raise ContractError(str(folder), [fault])
    blocks["area_m2"] = outlines.areas()
    if not (blocks["area_m2"] > 0).all():
        first = blocks.loc[~(blocks["area_m2"] > 0), "block_geoid"]
        fault = Fault("E-GEOM-AREA", "block has no ground", len(first), first.iloc[0], "Join it to its neighbor.")
        raise ContractError(str(folder / BLOCKS), [fault])
    _require_sound(folder, outlines, blocks, "block_geoid", BLOCKS)
    require_people(blocks.assign(vintage="the partition"), ledger)
    require_parts(areas, ledger)
    _require_sound(folder, grounds, zones, "zone_id", ZONES)
    # all levels at once: the outlines of blocks are gone over one time
    block, zone, common_m2 = common_areas(outlines, grounds)
    links = []
    for (level, fall_year), rows in sorted(zones.groupby(["level", "fall_year"]).indices.items()):
        layer = f"zone {level} {fall_year}"
        of_layer = zones.iloc[rows]
        position = np.full(len(zones), -1)
        position[rows] = np.arange(len(rows))
        here = position[zone] >= 0
        shares = block_shares(block[here], position[zone[here]], common_m2[here], blocks, len(rows), layer)
        for (area_level, vintage), part in areas.groupby(["area_level", "vintage"], sort=True):
            kind, part = f"{area_level} {vintage}", part.reset_index(drop=True)
            links.append(
                block_crosswalk(blocks, shares, part, of_layer, source_layer=kind, target_layer=layer, ledger=ledger)
            )
    balances = ledger.frame().query("entry == 'balance'")
    empty = balances[(balances["total"] > 0) & (balances["inside"] == 0)]
    if len(empty):
        first = str(empty["subject_name"].iloc[0])
        what, remedy = "nobody of the census areas arrives in any zone", "Are zones and blocks of one place and CRS?"
        raise ContractError(str(folder / ZONES), [Fault("E-BESIDE", what, len(empty), first, remedy)])
    profile = zone_profile(areas, pd.concat(links, ignore_index=True), zones, ledger)
    tables = {LEDGER: ledger.frame(), PROFILE: check(BY_TABLE["zone_profile"], profile)}
    _write(out, tables)
    return {
        "blocks": len(blocks),
        "areas": len(areas),
        "zones": len(zones),
        "balances": tuple(balances[["subject_name", "total", "inside", "outside"]].itertuples(index=False, name=None)),
    }


def _areas(path: Path) -> pd.DataFrame:
    """Census areas without their shapes, held to the table's contract; counts that are not given are missing."""
    import numpy as np
    import pandas as pd
    from pyarrow import parquet

    from pipeline.columns import CENSUS_COUNTS
    from pipeline.tables import BY_TABLE, check

    table = BY_TABLE["area_counts"]
    try:
        given = [name for name in parquet.read_schema(path).names if name in table.names]
        frame = pd.read_parquet(path, columns=given)
    except FileNotFoundError as error:
        raise MissingInput(f"{path} is not there.") from error
    except (OSError, ValueError) as error:
        raise PipelineError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    lacking = [name for name in table.names if name not in given and name.removesuffix("_moe") in CENSUS_COUNTS]
    if frame.empty:
        fault = Fault("E-EMPTY", "list has no rows", 1, path.name, "Leave the partition out, or complete it.")
        raise ContractError(str(path), [fault])
    return check(table, frame.assign(**dict.fromkeys(lacking, np.nan)), str(path))


def _layer(
    path: Path, columns: tuple[str, ...], key: int, optional: tuple[str, ...] = ()
) -> tuple[Rings, pd.DataFrame, Any]:
    """Polygons and attributes of a layer in an equal-area CRS; its first columns are a key."""
    import numpy as np
    from pyarrow import parquet

    from pipeline.crs import unfit_crs
    from pipeline.geoarrow import read_rings

    try:
        given = parquet.read_schema(path).names
    except (OSError, ValueError):
        given = []  # `read_rings` says what is wrong
    if given and (lacking := [name for name in columns if name not in given]):
        what = f"column is missing: {', '.join(lacking)}"
        raise ContractError(str(path), [Fault("E-COLUMNS", what, len(lacking), lacking[0], "Add it.")])
    rings, frame, crs = read_rings(path, (*columns, *(name for name in optional if name in given)))
    _require_kinds(path, frame, (*columns, *(name for name in optional if name in given)))
    frame = frame.assign(**{name: np.nan for name in optional if name not in given})
    faults = []
    if frame.empty:
        faults.append(Fault("E-EMPTY", "layer has no rows", 1, path.name, "Leave the partition out, or complete it."))
    if unfit := unfit_crs(crs):
        faults.append(
            Fault(
                "E-CRS",
                f"nothing can be measured in its CRS: {unfit}",
                1,
                str(crs),
                "Reproject it to an equal-area CRS, such as EPSG:5070.",
            )
        )
    names = list(columns[:key])
    doubled = frame.duplicated(names) | frame[names].isna().any(axis=1)
    if doubled.any():
        first = ", ".join(map(str, frame.loc[doubled, names].iloc[0]))
        faults.append(
            Fault(
                "E-KEY-DUP",
                f"row has the same {', '.join(names)} as another, or none",
                int(doubled.sum()),
                first,
                "Give each its own.",
            )
        )
    if faults:
        raise ContractError(str(path), faults)
    return rings, frame, crs


def _require_kinds(path: Path, frame: pd.DataFrame, names: tuple[str, ...]) -> None:
    """Refuse ids that are no text, of the wrong form or missing, and counts that are no finite numbers."""
    import numpy as np
    import pandas as pd

    faults = []
    for name in names:
        column, values = BY_NAME[name], frame[name]
        if column.kind in ("key", "category"):
            bad = ~pd.Series([isinstance(value, str) for value in values], index=values.index, dtype=bool)
            if column.pattern and not bad.any():
                bad = ~values.astype("str").str.fullmatch(column.pattern)
            code, what = "E-NOT-TEXT", f"{name} must be text" + (f" like {column.pattern}" if column.pattern else "")
        elif column.kind == "flag":
            bad = ~values.isin([True, False])
            code, what = "E-NOT-A-FLAG", f"{name} must be true or false"
        else:
            numbers = pd.to_numeric(values, errors="coerce")
            bad = (numbers.isna() & values.notna()) | np.isinf(numbers)
            code, what = "E-NOT-NUMBER", f"{name} must be a finite number"
            if not pd.api.types.is_numeric_dtype(values):
                bad |= True
        if bad.any():
            first = f"row {int(bad.to_numpy().argmax()) + 1}: {values[bad].iloc[0]!r}"
            faults.append(Fault(code, what, int(bad.sum()), first, "Write the column as the README says."))
    if faults:
        raise ContractError(str(path), faults)


def _require_sound(folder: Path, rings: Rings, frame: pd.DataFrame, key: str, name: str) -> None:
    """Refuse shapes whose outlines cross themselves (their area is not what they enclose) and impossible numbers."""
    import shapely

    shapes = rings.shapes()
    wrong = ~shapely.is_valid(shapes)
    faults = []
    if wrong.any():
        first = f"{frame.loc[wrong, key].iloc[0]}: {shapely.is_valid_reason(shapes[wrong][0])}"
        faults.append(
            Fault("E-GEOM-INVALID", "shape is not valid", int(wrong.sum()), first, "Repair it, with a record.")
        )
    for column in set(BLOCK_COUNTS) | {"population"}:
        if column in frame and (negative := frame[column] < 0).any():
            first = f"{frame.loc[negative, key].iloc[0]}: {frame.loc[negative, column].iloc[0]:g}"
            remedy = "Is it a code for a missing number? Then leave the cell empty."
            faults.append(Fault("E-NEGATIVE", f"{column} must not be negative", int(negative.sum()), first, remedy))
    if faults:
        raise ContractError(str(folder / name), faults)


def _write(out: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write all tables, then move each over its place, the profile last.

    Each draft has a name of its own: where a task is done twice at a time, neither touches the
    other's. What a killed run left is removed by the next run of the country (`sweep`).
    """
    from pyarrow import parquet

    pending = []
    try:
        out.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            draft = out / f".draft-{uuid.uuid4().hex}-{name}"
            pending.append((draft, out / name))
            table.to_parquet(draft, index=False, compression="zstd")
            with draft.open("rb") as file:
                os.fsync(file.fileno())
            rows = parquet.read_metadata(draft).num_rows
            if rows != len(table):
                raise PipelineError(f"{draft}: {rows} of {len(table)} rows arrived on disk. Is the disk full?")
        for draft, place in pending:
            draft.replace(place)
    finally:
        for draft, _ in pending:
            draft.unlink(missing_ok=True)


def sweep(out: Path) -> None:
    """Remove the drafts that a killed run left; call it before a run, never during one."""
    for draft in out.glob(".draft-*"):
        draft.unlink(missing_ok=True)


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
