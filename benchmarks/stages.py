"""What each stage costs on Millbrook: starting Python, imports, and the work itself."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from pipeline.stages import NAMES

ROOT = Path(__file__).resolve().parent.parent
RESULTS = ROOT / "build" / "stages.json"


def _seconds(command: list[str], folder: Path) -> float:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    started = time.perf_counter()
    subprocess.run(command, cwd=folder, env=environment, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - started


def measure() -> None:
    """Run every stage once in a scratch workspace; print and keep a table of seconds.

    ``start`` is a Python that imports nothing, ``imports`` what the stage's module adds,
    ``work`` the rest of its run. The sum is what `dvc repro` spends outside DVC itself.
    """
    rows = []
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copytree(ROOT / "data/raw/millbrook", folder / "data/raw/millbrook")
        shutil.copy(ROOT / "studies/millbrook.yaml", folder / "params.yaml")
        start = min(_seconds([sys.executable, "-c", "pass"], folder) for _ in range(3))
        for stage in NAMES:
            find = f"from pipeline import stages; stages.find({stage!r})"
            imports = min(_seconds([sys.executable, "-c", find], folder) for _ in range(3)) - start
            whole = _seconds([sys.executable, "-m", "pipeline", stage], folder)
            rows.append(
                {
                    "stage": stage,
                    "imports_s": round(imports, 3),
                    "work_s": round(whole - imports - start, 3),
                    "whole_s": round(whole, 3),
                }
            )
    print(
        f"\nStages of Millbrook (an empty Python starts in {start:.2f} s)\n{'stage':<16}{'imports':>9}{'work':>9}{'whole':>9}"
    )
    for row in rows:
        print(f"{row['stage']:<16}{row['imports_s']:>8.2f}s{row['work_s']:>8.2f}s{row['whole_s']:>8.2f}s")
    print(f"{'all':<16}{'':>18}{sum(float(row['whole_s']) for row in rows):>8.2f}s")
    RESULTS.parent.mkdir(exist_ok=True)
    RESULTS.write_text(json.dumps(rows, indent=1) + "\n")
