"""The store: whole or not at all, the same bytes each time, nowhere but its two folders."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from pipeline import store
from pipeline.errors import MissingInput, PipelineError
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
