"""Killed at any moment and run again, a stage leaves the bytes of an uninterrupted run."""

from __future__ import annotations

import hashlib
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from pipeline import stages, store

ROOT = Path(__file__).resolve().parent.parent


def digests(workspace: Path, name: str) -> dict[str, str]:
    stage = stages.find(name)
    paths = [store.path_of(output) for output in (*stage.writes, *stage.files)]
    return {path.name: hashlib.sha256((workspace / path).read_bytes()).hexdigest() for path in paths}


def run(workspace: Path, name: str) -> subprocess.Popen[bytes]:
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    return subprocess.Popen(
        [sys.executable, "-m", "pipeline", name],
        cwd=workspace,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )


@pytest.mark.parametrize("name", stages.NAMES)
def test_a_killed_stage_leaves_nothing_half_written(name: str, millbrook_workspace: Path, tmp_path: Path) -> None:
    workspace = tmp_path / "workspace"
    shutil.copytree(millbrook_workspace, workspace)
    wanted = digests(workspace, name)
    for path in map(store.path_of, (*stages.find(name).writes, *stages.find(name).files)):
        (workspace / path).unlink()
    started = time.monotonic()
    assert run(workspace, name).wait() == 0
    lasts = time.monotonic() - started
    assert digests(workspace, name) == wanted
    for moment in (0.6, 0.9, 0.97):
        process = run(workspace, name)
        time.sleep(lasts * moment)
        process.send_signal(signal.SIGKILL)
        process.wait()
        # each file is whole: either the old one or the new one, and these are equal
        assert digests(workspace, name) == wanted
    assert run(workspace, name).wait() == 0
    assert digests(workspace, name) == wanted
    assert list(workspace.rglob(".draft-*")) == []


def test_a_refused_table_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    from pipeline.errors import ContractError

    monkeypatch.chdir(tmp_path)
    good = pd.DataFrame({"year": [2020], "area_id": ["a"], "births": [3.0]})
    bad = pd.DataFrame(
        {"site_id": ["1", "1"], "room_type": ["classroom"] * 2, "is_portable": [False] * 2, "rooms": [1.0, -2.0]}
    )
    with pytest.raises(ContractError, match=r"(?s)table rooms.*rooms must not be negative \(once; first: row 2"):
        store.write({"births": good, "rooms": bad}, crs="EPSG:3310")
    assert list(tmp_path.rglob("*.parquet")) == []


def test_an_orphan_discards_its_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import pandas as pd

    from pipeline.errors import PipelineError

    monkeypatch.chdir(tmp_path)
    parents = iter((100, 1))
    monkeypatch.setattr(store.os, "getppid", lambda: next(parents))
    with pytest.raises(PipelineError, match="results are discarded"):
        store.write({"births": pd.DataFrame({"year": [2020], "area_id": ["a"], "births": [3.0]})}, crs="EPSG:3310")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
