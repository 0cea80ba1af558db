"""Millbrook, the fictional school district: demo, doctests, tests and, scaled up, benchmarks.

One seed makes one town: ground, people, census, zones, schools, facilities, in this order.
The same objects write the raw files and answer for the truth that the files only sample.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.town.facts import Truth

FOLDER = Path("data/raw/millbrook")


def write_town(size: int | None = None, folder: Path | None = None) -> Path:
    """Write the town's raw files, in the layouts their agencies publish.

    Parameters
    ----------
    size : int, optional
        About how many census blocks; empty for Millbrook itself. A town of another size has
        census and boundary files only, and lies in ``data/raw/town_<size>``.
    folder : Path, optional
        Where to write instead.

    Returns
    -------
    Path
        The folder written: ``census/``, ``boundaries/`` and, for Millbrook, ``schools/`` and
        ``facilities/``. The same call gives the same bytes.
    """
    from pipeline.town.write import write

    return write(size, folder or (FOLDER if size is None else Path(f"data/raw/town_{size}")))


def truth(size: int | None = None) -> Truth:
    """What is true of the town, against which the pipeline's estimates are tested."""
    from pipeline.town.facts import truth as facts

    return facts(size)


__all__ = ["FOLDER", "truth", "write_town"]
