"""A quick look whether a table on disk still holds its contract: no verdict, so that what looks wrong is checked in full."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pipeline.columns import BY_NAME, KINDS
from pipeline.tables import LONGEST_NAME, Table, geometry_faults

if TYPE_CHECKING:
    import pandas as pd


def looks_held(table: Table, frame: pd.DataFrame) -> bool:
    """Whether every rule of ``tables.check`` is kept, asked of whole columns at once.

    It says nothing of which row breaks a rule, and is several times as fast: a stage reads dozens of tables. False
    means that ``check`` must decide, as for a column of another type that can be turned into ours.

    Examples
    --------
    >>> import pandas as pd; from pipeline.tables import BY_TABLE
    >>> births = pd.DataFrame({"year": [2020, 2021], "area_id": ["a", "a"], "births": [3.0, 4.0]})
    >>> looks_held(BY_TABLE["births"], births), looks_held(BY_TABLE["births"], births.assign(births=-5.0))
    (True, False)
    """
    if list(frame.columns) != table.names:
        return False
    required = table.required
    arrows: dict[str, Any] = {}
    for name, values in frame.items():
        if name == "geometry":
            continue
        column = BY_NAME[str(name)]
        dtype = KINDS[column.kind]
        if column.kind == "year" and name not in required:
            dtype = "Int64"
        if values.dtype.name != dtype:
            return False
        if dtype == "float64":
            sound = _numbers_hold(values.to_numpy(), column.kind, is_required=name in required)
        elif dtype == "str":
            arrows[str(name)] = text = _arrow(values)
            sound = _texts_hold(text, str(name), is_required=name in required)
        else:
            sound = True
        if not sound:
            return False
    if table.is_spatial and geometry_faults(table, frame):
        return False
    return not table.key or _is_unique(frame, table.key, arrows)


def _arrow(values: Any) -> Any:
    import pyarrow

    return pyarrow.array(values.array, from_pandas=True)


def _numbers_hold(values: Any, kind: str, *, is_required: bool) -> bool:
    import numpy as np

    low, high = np.fmin.reduce(values, initial=np.inf), np.fmax.reduce(values, initial=-np.inf)  # NaN is passed over
    if low == -np.inf or high == np.inf or (is_required and np.isnan(values).any()):
        return False
    if kind == "share":
        return bool(low >= 0 and high <= 1 + 1e-9)
    return kind not in ("count", "margin", "ratio") or bool(low >= 0)


def _texts_hold(values: Any, name: str, *, is_required: bool) -> bool:
    import pyarrow.compute as compute

    column = BY_NAME[name]
    if is_required and values.null_count:
        return False
    if column.values or column.pattern:
        pattern = re.compile(column.pattern or "")
        for value in compute.unique(values).to_pylist():
            if value is None:
                continue
            if (column.values and value not in column.values) or (column.pattern and not pattern.fullmatch(value)):
                return False
    if name == "name":
        longest = compute.max(compute.utf8_length(values)).as_py()
        return longest is None or longest <= LONGEST_NAME
    return True


def _is_unique(frame: Any, key: tuple[str, ...], arrows: dict[str, Any]) -> bool:
    import pyarrow

    columns = {name: arrows[name] if name in arrows else _arrow(frame[name]) for name in key}
    keys = pyarrow.table(columns).group_by(list(key), use_threads=False).aggregate([])
    return int(keys.num_rows) == len(frame)
