"""Many partitions: one that fails is named and stops no other; a district never loads the scheduler."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import dask
import distributed  # noqa: F401  its settings are known to dask once it is loaded
import geopandas as gpd
import pandas as pd
import pytest

from pipeline import country
from pipeline.country import partitions, profile_country, total
from pipeline.errors import ContractError, MissingInput, PipelineError
from pipeline.geoarrow import write_layer
from pipeline.partition_layers import AREAS, BLOCKS, ZONES
from pipeline.partition_results import PROFILE
from pipeline.partitions import Done, write_partition
from pipeline.stages import NAMES
from pipeline.town import country as town

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def root(tmp_path: Path) -> Path:
    for number in (0, 1):
        made = town.state(number, blocks=300)
        write_partition(tmp_path / f"state={town.STATES[number]}", made.blocks, made.areas, made.zones)
    (tmp_path / "notes").mkdir()
    return tmp_path


def test_partitions_are_the_folders_with_layers(root: Path) -> None:
    assert partitions(root) == ["state=01", "state=02"]
    with pytest.raises(MissingInput, match=rf"notes holds no partition\. Each .* {BLOCKS}"):
        partitions(root / "notes")
    with pytest.raises(MissingInput, match="nowhere holds no partition"):
        partitions(root / "nowhere")


def test_a_partition_that_fails_is_named_and_the_others_are_written(root: Path, tmp_path: Path) -> None:
    (root / "state=01" / BLOCKS).write_bytes(b"PAR1 no more")
    with pytest.raises(
        PipelineError, match=rf"1 of 2 partitions could not be used.*\n- state=01: .*{BLOCKS} cannot be"
    ):
        profile_country(root, tmp_path / "out", scheduler="synchronous")
    assert sorted(p.parent.name for p in (tmp_path / "out").rglob(PROFILE)) == ["state=02"]


def test_an_area_in_two_partitions_is_refused_before_anything_is_done(root: Path) -> None:
    (root / "state=02" / AREAS).write_bytes((root / "state=01" / AREAS).read_bytes())
    with pytest.raises(ContractError, match=r"stands in two partitions.*first: 01001\d+ in state=01 and state=02"):
        profile_country(root, scheduler="synchronous")
    assert not list(root.rglob(PROFILE))


def test_zones_in_two_partitions_are_told_with_the_first_and_both_rows_stay(
    root: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The first zone of the second state crosses into the first one."""
    layers = {name: gpd.read_parquet(root / name / ZONES) for name in ("state=01", "state=02")}
    shared = layers["state=02"].iloc[[0]]
    level, zone = shared[["level", "zone_id"]].iloc[0]
    both = pd.concat([layers["state=01"], shared], ignore_index=True)
    write_layer(root / "state=01" / ZONES, both)
    profile_country(root, scheduler="synchronous")
    told = capsys.readouterr().out.splitlines()
    assert told[0].startswith(
        f"zones that stand in several partitions: 1 (first: {level} 2024 {zone} in state=01 and state=02). Each row counts"
    )
    assert told[1].endswith(f"; zones without people, which have no profile: 1 (first: {level} 2024 {zone})")
    assert "no profile" not in told[2]


def test_totals_do_not_depend_on_the_order() -> None:
    numbers = (1e16, 1.0, 0.1, -1e16)
    done = [Done(str(n), balances=(("zones", value, value, 0.0),)) for n, value in enumerate(numbers)]
    assert total(done) == total(done[::-1]) == {"zones": (1.1, 1.1, 0.0)}


def dies(folder: str, out: str) -> Done:
    """A task that takes its process with it, as one that runs out of memory does."""
    if folder.endswith("state=01"):
        os.kill(os.getpid(), signal.SIGKILL)
    return Done(Path(folder).name)


def test_a_partition_that_kills_its_workers_is_named(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(country, "profile_partition", dies)
    with (
        dask.config.set({"distributed.scheduler.allowed-failures": 0}),
        pytest.raises(PipelineError, match=r"1 of 2 .*\n- state=01: its workers ended .* \(2GB each\)\. Raise compute"),
    ):
        profile_country(root, workers=2)


def test_a_scheduler_that_does_not_answer_is_refused(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(country, "PATIENCE", "1s")
    with pytest.raises(
        PipelineError, match=r"no dask scheduler answers at tcp://127\.0\.0\.1:9 \(compute\.scheduler\)"
    ):
        profile_country(root, scheduler="tcp://127.0.0.1:9")


def test_the_command_profiles_a_folder_and_a_district_never_loads_the_scheduler(root: Path) -> None:
    for name in ("state=02", "notes"):
        for path in (root / name).iterdir():
            path.unlink()
    script = (
        "import sys; from pipeline import stages; from pipeline.__main__ import main;"
        f"[stages.find(name) for name in {NAMES!r}];"
        f"code = main(['country', {str(root)!r}]);"
        "print([name for name in ('dask', 'distributed') if name in sys.modules]); sys.exit(code)"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert lines[0].startswith("state=01: ")
    assert lines[1].startswith("1 partitions: ")
    assert lines[-1] == "[]"
    assert (root / "state=01" / PROFILE).exists()
