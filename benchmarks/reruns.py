"""What stages cost a district: run again on the tables of the workspace's last run, in one fresh Python, imports included."""

from __future__ import annotations

import os
import shutil
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.harness import Result, seconds, within
from pipeline import stages, store

ROOT = Path(__file__).resolve().parent.parent
ONE_AFTER_ANOTHER = (
    "import sys; from pipeline.__main__ import main; sys.exit(any(main([name]) for name in sys.argv[1:]))"
)
NEED_S, FACILITIES_S = 3.0, 5.0
# Capacity and utilization, the inventory and its responses, shared buildings, sites and enrollment zones.
FACILITIES = ("facilities", "utilization", "rfp", "matches", "siting")


def need(small: bool, workspace: Path = ROOT) -> list[Result]:
    """Every draw and the sensitivity of the need index. The error is the share of cells of table ``need`` that differ from the last run."""
    return [_again("need: the stage, imports included", ("need",), "need", NEED_S, small, workspace)]


def facilities(small: bool, workspace: Path = ROOT) -> list[Result]:
    """The stages of facilities together, from raw room counts to sites. The error is the share of cells of ``utilization`` that differ."""
    name = "facilities: five stages together, imports included"
    return [_again(name, FACILITIES, "utilization", FACILITIES_S, small, workspace)]


def _again(name: str, run: tuple[str, ...], compared: str, most_s: float, small: bool, workspace: Path) -> Result:
    """Full: the median of five runs; small: one."""
    found = [stages.find(stage) for stage in run]
    needed = {workspace / store.path_of(table) for stage in found for table in stage.reads}
    if missing := sorted(path for path in needed if not path.is_file()):
        raise SystemExit(f"{missing[0]} and {len(missing) - 1} more are not there: run `make maps` first")
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        (folder / store.PROCESSED).mkdir(parents=True)
        for path in needed:
            shutil.copy(path, folder / store.PROCESSED)
        (folder / "data" / "raw").symlink_to((workspace / "data" / "raw").resolve())
        for study in workspace.glob("*.yaml"):
            shutil.copy(study, folder)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}

        def all_of_them() -> None:
            command = [sys.executable, "-c", ONE_AFTER_ANOTHER, *run]
            subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)

        spent = statistics.median(seconds(all_of_them)[0] for _ in range(1 if small else 5))
        again, before = (pd.read_parquet(home / store.path_of(compared)) for home in (folder, workspace))
    same = (again.eq(before) | (again.isna() & before.isna())).to_numpy()
    return within(name, f"{len(again)} rows of {compared}", spent, most_s, max_error=float(1 - same.mean()))
