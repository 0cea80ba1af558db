"""The three layers of a partition, read and held to their contract."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline.columns import BY_NAME, CHILD_COUNTS
from pipeline.crs import crs_name, unfit_crs
from pipeline.errors import ContractError, Fault

if TYPE_CHECKING:
    import pandas as pd

    from pipeline.analysis.rings import Rings

BLOCKS, AREAS, ZONES = "blocks.parquet", "areas.parquet", "zones.parquet"
# Of the counts by block those that are there are used.
BLOCK_COUNTS = ("children_0_17", *CHILD_COUNTS, "homes")
# The census of blocks that do not say theirs.
BLOCK_VINTAGE = "2020"


def read_blocks(path: Path) -> tuple[Rings, pd.DataFrame, Any]:
    """Outlines (metres, equal-area CRS), attributes and CRS of a partition's blocks.

    Attributes are ``block_geoid``, ``vintage`` (2020 where the file has none), ``population``, the counts
    of `BLOCK_COUNTS` (missing where the file has none) and ``area_m2``.

    Raises
    ------
    ContractError
        For missing columns, an unfit CRS, doubled or malformed ids, numbers that cannot be, and shapes
        that are not valid or have no ground: each with how many and the first.
    """
    outlines, blocks, crs = _layer(path, ("block_geoid", "population"), 1, (*BLOCK_COUNTS, "vintage"))
    if blocks["vintage"].isna().all():
        blocks["vintage"] = BLOCK_VINTAGE
    blocks["area_m2"] = outlines.areas()
    if not (blocks["area_m2"] > 0).all():
        first = blocks.loc[~(blocks["area_m2"] > 0), "block_geoid"]
        fault = Fault("E-GEOM-AREA", "block has no ground", len(first), first.iloc[0], "Join it to its neighbor.")
        raise ContractError(str(path), [fault])
    _require_sound(path, outlines, blocks, "block_geoid")
    return outlines, blocks, crs


def read_zones(path: Path) -> tuple[Rings, pd.DataFrame, Any]:
    """Outlines, attributes (``level``, ``fall_year``, ``zone_id``, ``is_approximate``) and CRS of a partition's zones.

    Raises
    ------
    ContractError
        As `read_blocks`.
    """
    grounds, zones, crs = _layer(path, ("level", "fall_year", "zone_id", "is_approximate"), 3)
    _require_sound(path, grounds, zones, "zone_id")
    return grounds, zones, crs


def read_areas(path: Path) -> tuple[Rings, pd.DataFrame, Any]:
    """Outlines, rows of table ``area_counts`` and CRS of a partition's census areas, sorted by their key.

    Counts that are not given are missing.

    Raises
    ------
    ContractError
        As `read_blocks`, and for rows that break the table's contract.
    """
    import numpy as np
    import pandas as pd

    from pipeline.columns import CENSUS_COUNTS
    from pipeline.tables import BY_TABLE, check

    table = BY_TABLE["area_counts"]
    optional = tuple(name for name in table.names if name not in table.key)
    given = [name for name in _columns_of(path) if name in table.names]
    rings, frame, crs = _layer(path, table.key, len(table.key), tuple(name for name in optional if name in given))
    lacking = [name for name in optional if name not in given and name.removesuffix("_moe") in CENSUS_COUNTS]
    areas = check(table, frame.assign(**dict.fromkeys(lacking, np.nan)), str(path))
    key = list(table.key)
    position = pd.MultiIndex.from_frame(frame[key]).get_indexer(pd.MultiIndex.from_frame(areas[key]))
    rings = rings.take(position)
    _require_sound(path, rings, areas, "area_geoid")
    return rings, areas, crs


def require_same_crs(folder: Path, systems: dict[str, Any]) -> None:
    """Refuse layers in different systems; ``systems`` has the CRS of each by the layer's name, blocks first."""
    blocks = systems["blocks"]
    faults = [
        Fault(
            "E-CRS", f"blocks are in {crs_name(blocks)}, {name} in {crs_name(crs)}", 1, name, "Reproject one of them."
        )
        for name, crs in systems.items()
        if crs != blocks
    ]
    if faults:
        raise ContractError(str(folder), faults)


def _columns_of(path: Path) -> list[str]:
    from pyarrow import parquet

    try:
        return list(parquet.read_schema(path).names)
    except (OSError, ValueError):
        return []  # `read_rings` says what is wrong


def _layer(
    path: Path, columns: tuple[str, ...], key: int, optional: tuple[str, ...] = ()
) -> tuple[Rings, pd.DataFrame, Any]:
    """Polygons and attributes of a layer in an equal-area CRS; its first columns are a key."""
    import numpy as np

    from pipeline.geoarrow import read_rings

    given = _columns_of(path)
    if given and (lacking := [name for name in columns if name not in given]):
        what = f"column is missing: {', '.join(lacking)}"
        raise ContractError(str(path), [Fault("E-COLUMNS", what, len(lacking), lacking[0], "Add it.")])
    known = (*columns, *(name for name in optional if name in given))
    rings, frame, crs = read_rings(path, known)
    _require_kinds(path, frame, known)
    frame = frame.assign(**{name: np.nan for name in optional if name not in given})
    faults = []
    if frame.empty:
        faults.append(Fault("E-EMPTY", "layer has no rows", 1, path.name, "Leave the partition out, or complete it."))
    if unfit := unfit_crs(crs):
        what, remedy = (
            f"nothing can be measured in its CRS: {unfit}",
            "Reproject it to an equal-area CRS, such as EPSG:5070.",
        )
        faults.append(Fault("E-CRS", what, 1, crs_name(crs), remedy))
    names = list(columns[:key])
    doubled = frame.duplicated(names) | frame[names].isna().any(axis=1)
    if doubled.any():
        first = ", ".join(map(str, frame.loc[doubled, names].iloc[0]))
        what = f"row has the same {', '.join(names)} as another, or none"
        faults.append(Fault("E-KEY-DUP", what, int(doubled.sum()), first, "Give each its own."))
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


def _require_sound(path: Path, rings: Rings, frame: pd.DataFrame, key: str) -> None:
    """Refuse shapes whose outlines cross themselves (their area is not what they enclose) and impossible numbers."""
    import shapely

    shapes = rings.shapes()
    wrong = ~shapely.is_valid(shapes)
    faults = []
    if wrong.any():
        first = f"{frame.loc[wrong, key].iloc[0]}: {shapely.is_valid_reason(shapes[wrong][0])}"
        remedy = "Repair it, with a record."
        faults.append(Fault("E-GEOM-INVALID", "shape is not valid", int(wrong.sum()), first, remedy))
    for column in ("population", *BLOCK_COUNTS):
        if column in frame and (negative := frame[column] < 0).any():
            first = f"{frame.loc[negative, key].iloc[0]}: {frame.loc[negative, column].iloc[0]:g}"
            remedy = "Is it a code for a missing number? Then leave the cell empty."
            faults.append(Fault("E-NEGATIVE", f"{column} must not be negative", int(negative.sum()), first, remedy))
    if faults:
        raise ContractError(str(path), faults)
