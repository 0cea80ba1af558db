"""Shared fixtures: the demo town's processed tables and the folder of real files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

# A busy machine is no fault of the code: examples have no deadline, and are the same each time.
settings.register_profile("schoolshed", deadline=None, derandomize=True)
settings.load_profile("schoolshed")

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture(scope="session")
def shared_data() -> Callable[[str], Path]:
    """A folder or file of the real data; the test says so and is skipped where they are absent."""

    def find(name: str) -> Path:
        root = os.environ.get("SCHOOLSHED_DATA")
        if not root:
            pytest.skip("SCHOOLSHED_DATA is not set: the real files are not here")
        path = Path(root) / name
        if not path.exists():
            pytest.skip(f"{name} is not in SCHOOLSHED_DATA")
        return path

    return find


@pytest.fixture(scope="session")
def millbrook_workspace(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Path:
    """A scratch workspace in which every stage of Millbrook has run once (shared by all test workers)."""
    base = tmp_path_factory.getbasetemp()
    home = (base if worker_id == "master" else base.parent) / "millbrook"
    done = home / ".done"
    lock = home.with_suffix(".lock")
    try:
        lock.touch(exist_ok=False)
    except FileExistsError:
        import time

        while not done.exists():
            time.sleep(0.2)
        return home
    home.mkdir()
    shutil.copytree(ROOT / "data/raw/millbrook", home / "data/raw/millbrook")
    shutil.copy(ROOT / "studies/millbrook.yaml", home / "params.yaml")
    from pipeline.stages import NAMES

    script = "import sys; from pipeline.__main__ import main; sys.exit(any(main([n]) for n in sys.argv[1:]))"
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    try:
        subprocess.run([sys.executable, "-c", script, *NAMES], cwd=home, env=environment, check=True)
    finally:
        done.touch()
    return home


@pytest.fixture(scope="session")
def millbrook(millbrook_workspace: Path) -> Callable[[str], Any]:
    """Processed tables of the demo town by name."""
    import geopandas
    import pandas as pd

    from pipeline.tables import BY_TABLE

    def read(name: str) -> Any:
        path = millbrook_workspace / f"data/processed/{name}.parquet"
        return geopandas.read_parquet(path) if BY_TABLE[name].is_spatial else pd.read_parquet(path)

    return read


class _LazyTables:
    """Gives doctests the name ``millbrook`` without running the pipeline for those that do not use it."""

    def __init__(self, request: pytest.FixtureRequest) -> None:
        self._request = request

    def __call__(self, name: str) -> Any:
        return self._request.getfixturevalue("millbrook")(name)


@pytest.fixture(autouse=True)
def _doctest_names(request: pytest.FixtureRequest, doctest_namespace: dict[str, Any]) -> None:
    doctest_namespace["millbrook"] = _LazyTables(request)
