"""What stands in several partitions: census areas must not, zones may."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from pipeline.errors import ContractError, Fault
from pipeline.partition_layers import AREAS, ZONES

if TYPE_CHECKING:
    import pandas as pd


def require_separate(root: Path, names: list[str]) -> None:
    """Refuse census areas that stand in two partitions: their children would be counted twice.

    Parameters
    ----------
    root : Path
        Folder of the partitions.
    names : list of str
        Their names; a layer that cannot be read is left to its partition's own task.

    Raises
    ------
    ContractError
        How many areas, the first and the partitions it stands in.
    """
    twice = _in_several(root, names, AREAS, ["area_level", "vintage", "area_geoid"])
    if len(twice):
        what = "census area stands in two partitions: its children would be counted twice"
        remedy = "Give each area, with its blocks, to one partition; zones may stand in several."
        first = f"{twice.index[0][-1]} in {twice.iloc[0]}"
        raise ContractError(str(root), [Fault("E-KEY-DUP", what, len(twice), first, remedy)])


def shared_zones(root: Path, names: list[str]) -> str:
    """How many zones stand in several partitions, with the first, as a line of text; empty if none does.

    Each of their rows counts the part of one partition. Rows are not added up, since two districts may
    give one id to two zones. Parameters as `require_separate`.
    """
    shared = _in_several(root, names, ZONES, ["level", "fall_year", "zone_id"])
    if shared.empty:
        return ""
    first = f"{' '.join(map(str, shared.index[0]))} in {shared.iloc[0]}"
    return (
        f"zones that stand in several partitions: {len(shared):,} (first: {first}). Each row counts the part in its own "
        "partition: add the rows up, or give ids of their own to what are different zones."
    )


def _in_several(root: Path, names: list[str], layer: str, key: list[str]) -> pd.Series:
    """Names of the partitions, joined by 'and', by the key of each row that stands in several."""
    import pandas as pd

    listed = []
    for name in names:
        try:
            frame = pd.read_parquet(root / name / layer, columns=key, page_checksum_verification=True)
        except (OSError, ValueError):
            continue
        listed.append(frame.drop_duplicates().assign(partition=name))
    if not listed:
        return pd.Series(dtype="str")
    rows = pd.concat(listed, ignore_index=True)
    several = rows[rows.duplicated(key, keep=False)]
    return several.groupby(key)["partition"].agg(" and ".join) if len(several) else pd.Series(dtype="str")
