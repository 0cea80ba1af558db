"""The store: whole or not at all, the same bytes each time, nowhere but its two folders."""

from __future__ import annotations

import errno
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline import __main__, stages, store
from pipeline.errors import ContractError, MissingInput, PipelineError
from tests.test_tables import CRS, births, zones


@pytest.fixture(autouse=True)
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_what_is_written_is_read_back(workspace: Path) -> None:
    store.write({"births": births(), "zones": zones(), "maps/x.html": "<p>ü</p>"}, crs=CRS)
    assert store.read("births")["births"].tolist() == [3.0, 4.0]
    assert store.read("zones").crs == CRS
    assert store.read("zones", columns=["zone_id"])["zone_id"].tolist() == ["1", "2"]
    assert (workspace / "maps/x.html").read_text(encoding="utf-8") == "<p>ü</p>"


def test_bytes_do_not_depend_on_the_order_of_rows(workspace: Path) -> None:
    found = []
    for frame, shapes in ((births(), zones()), (births().iloc[::-1], zones().iloc[::-1])):
        store.write({"births": frame, "zones": shapes}, crs=CRS)
        found.append([store.path_of(name).read_bytes() for name in ("births", "zones")])
    assert found[0] == found[1]


def test_a_table_that_is_not_there_says_what_to_run() -> None:
    with pytest.raises(MissingInput, match=r"births\.parquet is not there yet: run `dvc repro census` first"):
        store.read("births")


@pytest.mark.parametrize("name", ["../evil.html", "maps/../../evil", "/etc/passwd", "data/raw/x.csv", "evil"])
def test_no_other_folder_can_be_written(name: str) -> None:
    with pytest.raises(PipelineError, match="neither a table nor a file"):
        store.write({name: "x"}, crs=CRS)


def test_a_table_in_another_crs_is_refused(workspace: Path) -> None:
    with pytest.raises(PipelineError, match="the study is in EPSG:5070"):
        store.write({"zones": zones()}, crs="EPSG:5070")
    assert not [path for path in workspace.rglob("*") if path.is_file()]


def test_a_table_cut_short_on_disk_is_refused(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = pd.DataFrame.to_parquet
    monkeypatch.setattr(pd.DataFrame, "to_parquet", lambda frame, *a, **k: real(frame.head(1), *a, **k))
    with pytest.raises(PipelineError, match="1 of 2 rows arrived on disk"):
        store.write({"births": births()}, crs=CRS)
    assert not [path for path in workspace.rglob("*") if path.is_file()]


@pytest.mark.parametrize(("name", "stage"), [("births", "census"), ("zones", "boundaries")])
@pytest.mark.parametrize("kept", [0, 7, 900])
def test_a_damaged_table_says_what_to_run(name: str, stage: str, kept: int) -> None:
    store.write({"births": births(), "zones": zones()}, crs=CRS)
    path = store.path_of(name)
    path.write_bytes(path.read_bytes()[:kept])
    with pytest.raises(PipelineError, match=rf"(?s)^data/processed/{name}\.parquet .*Run `dvc repro {stage}` again"):
        store.read(name)


@pytest.mark.parametrize(
    ("name", "change", "fault"),
    [
        ("births", lambda frame: frame.drop(columns="births"), "column is missing: births"),
        ("births", lambda frame: frame.assign(secret_pupils=7.0), "not in the contract: secret_pupils"),
        ("births", lambda frame: frame.assign(births=-5.0), "births must not be negative"),
        ("births", lambda frame: frame.assign(births=[3.0, float("inf")]), "births must be finite"),
        ("births", lambda frame: frame.assign(births=[3.0, None]), "births must not be empty"),
        ("births", lambda frame: frame.assign(year=["2020-21", "2021-22"]), "year must be int64"),
        ("births", lambda frame: frame.assign(area_id=["a", None]), "area_id must not be empty"),
        ("births", lambda frame: pd.concat([frame, frame]), r"rows share the key \(year, area_id\)"),
        ("zones", lambda frame: frame.assign(level="nursery"), "level must be one of elementary"),
        ("zones", lambda frame: frame.assign(name=["A", "x" * 201]), "at most 200 letters"),
        ("zones", lambda frame: frame.to_crs("EPSG:4326"), r"E-CRS.*EPSG:4326"),
        ("zones", lambda frame: frame.assign(geometry=[frame.geometry[0], None]), "shape is missing"),
    ],
)
def test_a_table_changed_on_disk_is_refused_with_its_file(name: str, change: Callable[[Any], Any], fault: str) -> None:
    store.write({"births": births(), "zones": zones()}, crs=CRS)
    change(store.read(name)).to_parquet(store.path_of(name), index=False)
    with pytest.raises(ContractError, match=rf"(?s)^data/processed/{name}\.parquet \(.*dvc repro .*{fault}"):
        store.read(name)


def test_a_table_of_another_study_is_refused_by_its_crs() -> None:
    store.write({"zones": zones()}, crs=CRS)
    assert len(store.read("zones", crs=CRS)) == 2
    with pytest.raises(PipelineError, match=r"zones\.parquet .*in EPSG:3310.*, the study is in EPSG:5070"):
        store.read("zones", crs="EPSG:5070")


def test_a_column_that_is_as_good_in_another_type_is_read_as_ours() -> None:
    store.write({"births": births()}, crs=CRS)
    births(births=[3, 4]).to_parquet(store.path_of("births"))
    assert store.read("births")["births"].dtype == "float64"


def test_a_folder_in_the_place_of_a_table_is_named() -> None:
    store.path_of("births").mkdir(parents=True)
    with pytest.raises(PipelineError, match=r"births\.parquet is a folder, not a file: move it away"):
        store.read("births")
    with pytest.raises(PipelineError, match=r"births\.parquet cannot be written: Is a directory\. A folder stands"):
        store.write({"births": births()}, crs=CRS)


def test_a_file_in_the_place_of_a_folder_is_named(workspace: Path) -> None:
    (workspace / "maps").touch()
    with pytest.raises(PipelineError, match=r"maps/x\.html cannot be written: .*A file stands where a folder must be"):
        store.write({"maps/x.html": "<p></p>"}, crs=CRS)


@pytest.mark.parametrize(
    ("number", "remedy"),
    [(errno.ENOSPC, "Free some space"), (errno.EROFS, "can only be read"), (errno.EACCES, "yours")],
)
def test_what_the_system_refuses_to_write_is_said_with_the_file(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, number: int, remedy: str
) -> None:
    def refuse(_: int) -> None:
        raise OSError(number, "refused")

    monkeypatch.setattr(store.os, "fsync", refuse)
    with pytest.raises(PipelineError, match=rf"births\.parquet cannot be written: .*{remedy}"):
        store.write({"births": births()}, crs=CRS)
    assert not [path for path in workspace.rglob("*") if path.is_file()]


def test_what_the_system_refuses_to_read_ends_without_a_traceback(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def refuse(_: stages.Stage) -> None:
        raise PermissionError(errno.EACCES, "refused", "data/raw/millbrook/census/births.csv")

    monkeypatch.setattr(stages, "execute", refuse)
    monkeypatch.setattr(__main__, "_end_with_parent", lambda: None)
    assert __main__.main(["census"]) == 1
    assert capsys.readouterr().err.strip() == (
        "ERROR in census: data/raw/millbrook/census/births.csv: Permission denied. "
        "Make the file and its folder yours to read and write."
    )


def test_a_stage_removes_the_drafts_that_a_killed_run_left(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stage = stages.Stage(
        "x", "", (), ("births",), (), lambda study, tables: {"births": births(), "maps/x.html": ""}, ("maps/x.html",)
    )
    left = [workspace / "data/processed/.draft-births.parquet", workspace / "maps/.draft-x.html"]
    other = workspace / "maps/.draft-y.html"  # of a stage that may be running
    for draft in (*left, other):
        draft.parent.mkdir(parents=True, exist_ok=True)
        draft.touch()
    with pytest.raises(PipelineError, match="params"):
        stages.execute(stage)  # refused at once, and the drafts are gone
    assert not any(map(Path.exists, left))
    assert other.exists()
