"""What the need stage of a district costs: a fresh Python, imports, every draw and the sensitivity."""

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
SECONDS = 3.0


def stage(small: bool, workspace: Path = ROOT) -> list[Result]:
    """Run stage need on the tables of the workspace's last run (`make maps`), each time in a process of its own.

    Full: the median of five runs; small: one. The error is the share of cells of table ``need`` that differ from
    what the last run wrote.
    """
    needed = {workspace / store.path_of(name) for name in stages.find("need").reads}
    if missing := sorted(path for path in needed if not path.is_file()):
        raise SystemExit(f"{missing[0]} and {len(missing) - 1} more are not there: run `make maps` first")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / store.PROCESSED).mkdir(parents=True)
        for path in needed:
            shutil.copy(path, folder / store.PROCESSED)
        for study in workspace.glob("*.yaml"):
            shutil.copy(study, folder)
        environment = {**os.environ, "PYTHONPATH": str(ROOT)}

        def run() -> None:
            command = [sys.executable, "-m", "pipeline", "need"]
            subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)

        spent = statistics.median(seconds(run)[0] for _ in range(1 if small else 5))
        again, before = (pd.read_parquet(home / store.path_of("need")) for home in (folder, workspace))
    same = (again.eq(before) | (again.isna() & before.isna())).to_numpy()
    size = f"{len(again)} neighborhoods"
    return [within("need: the stage, imports included", size, spent, SECONDS, max_error=float(1 - same.mean()))]
