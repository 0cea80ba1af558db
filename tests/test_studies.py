"""The runner of the real studies: its scratch copies, its ledger lines and the publishers' totals."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable
from pathlib import Path

import pandas as pd
import pytest

from pipeline import config, studies
from pipeline.errors import ConfigError
from pipeline.fetch import listed
from pipeline.ledger import Ledger
from pipeline.tables import TABLES
from pipeline.wheels import sha256_of

ROOT = Path(__file__).resolve().parent.parent


def _expected(**changes: object) -> config.Expected:
    fields = {
        "what": "pupils",
        "table": "enrollment_groups",
        "sum": "pupils",
        "where": {"fall_year": 2024},
        "value": 312.0,
        "source": "the state",
    }
    return config.Expected.model_validate({**fields, **changes})


# school 1 has a place, 2 is an accounting code, 3 closed: its pupils of 2024 are not known
TABLES_OF_TWO = {
    "enrollment_groups": pd.DataFrame(
        {
            "school_id": ["1", "2", "1", "3"],
            "fall_year": [2024, 2024, 2023, 2022],
            "student_group": "all",
            "pupils": [300.0, 12.0, 290.0, None],
        }
    ),
    "schools": pd.DataFrame(
        {
            "school_id": ["1", "2", "3"],
            "name": ["North", "Office", "South"],
            "is_place": [True, False, True],
            "sector": "district",
        }
    ),
}


@pytest.mark.parametrize(
    ("changes", "verdict", "says"),
    [
        ({}, "agrees", "pupils: 312, as the state says"),
        ({"value": 313.0}, "differs", "pupils: 312, but the state says 313"),
        ({"value": 313.0, "tolerance": 1.0}, "agrees", "pupils: 312, as the state says"),
        (
            {"joined": "schools", "where": {"fall_year": 2024, "is_place": True}, "value": 300.0},
            "agrees",
            "pupils: 300",
        ),
        ({"sum": None, "value": 2.0}, "agrees", "pupils: 2,"),
        ({"where": {"fall_year": 2019}, "value": 0.0}, "agrees", "pupils: 0,"),
    ],
    ids=["sum", "differs", "within tolerance", "joined", "rows", "no rows"],
)
def test_a_total_agrees_or_the_line_says_both_numbers(changes: dict[str, object], verdict: str, says: str) -> None:
    found, text = studies.check_total(_expected(**changes), TABLES_OF_TWO.__getitem__)
    assert found == verdict
    assert says in text


@pytest.mark.parametrize(("unknown", "verdict"), [(0, "differs"), (1, "agrees"), (2, "differs")])
def test_unknown_parts_are_no_zeros_and_must_be_as_many_as_expected(unknown: int, verdict: str) -> None:
    expected = _expected(where={"student_group": "all"}, value=602.0, unknown=unknown)
    found, text = studies.check_total(expected, TABLES_OF_TWO.__getitem__)
    assert found == verdict
    assert verdict == "agrees" or f"602 and 1 rows without a number, where {unknown} are expected" in text


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"sum": "children"}, "has no column children"),
        ({"where": {"is_place": True}}, "has no column is_place"),
    ],
)
def test_totals_of_what_is_not_there_are_refused(changes: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        studies.check_total(_expected(**changes), TABLES_OF_TWO.__getitem__)


def test_ledger_lines_say_what_went_in_and_what_became_of_it() -> None:
    ledger = Ledger()
    ledger.balance("pupils 2024", total=312.0, inside=300.0, unlocated=12.0, unit="pupils", reason="district office")
    ledger.match("schools in the directory", total=3, matched=2, unit="schools", reason="not there: 9")
    ledger.loss("zones.csv", "no number", count=4, unit="rows")
    ledger.missing_input("births", "no yield of births")
    ledger.absence("place of the school", "no coordinates", count=2, unit="schools")
    ledger.absence("results 2023", "suppressed", count=7)
    frames = {table.name: Ledger().frame() for table in TABLES if table.name.startswith("ledger_")}
    assert len(frames) > 10
    frames["ledger_schools"] = ledger.frame()
    assert list(studies.ledger_lines(frames.__getitem__)) == [
        "  schools         pupils 2024: 312 pupils in = 300 inside + 0 outside + 12 unlocated (district office)",
        "  schools         schools in the directory: 2 of 3 schools joined, 1 not (not there: 9)",
        "  schools         births: missing input (no yield of births)",
        "  schools         place of the school: absence 2 schools (no coordinates)",
        "  further lines in data/processed/quality.json: absence 1, loss 1",
    ]


def test_unknown_studies_are_refused_before_anything_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    Path("studies").mkdir()
    with pytest.raises(ConfigError, match="There is no study atlantis"):
        studies.run_studies(["atlantis"])
    assert not Path("build").exists()


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace with one study and a stand-in for the interpreter that plays pipeline and DVC."""
    monkeypatch.chdir(tmp_path)
    Path("pipeline").mkdir()
    Path("pipeline/marker.py").write_text("old = 1\n")
    Path("studies").mkdir()
    Path("dvc.yaml").write_text("stages: {}\n")
    text = (ROOT / "studies/sacramento.yaml").read_text(encoding="utf-8")
    Path("studies/sacramento.yaml").write_text(text, encoding="utf-8")
    monkeypatch.setenv("SCHOOLSHED_DATA", str(tmp_path))
    return tmp_path


def _player(workspace: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    player = workspace / "player"
    player.write_text(f"#!/bin/sh\n{script}\n")
    player.chmod(player.stat().st_mode | stat.S_IXUSR)
    monkeypatch.setattr(studies.sys, "executable", str(player))


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_failed_study_is_shown_with_its_last_lines_and_fails_the_run(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _player(workspace, monkeypatch, 'case "$*" in *fetch*) echo "ERROR in fetch: 2 files are not there"; exit 1;; esac')
    assert studies.run_studies(["sacramento"]) == 1
    out = capsys.readouterr().out
    assert "sacramento | ERROR in fetch: 2 files are not there" in out
    assert "sacramento | FAILED" in out
    assert "== Sacramento City Unified School District ==\ndid not finish:" in out


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_scratch_copy_is_brought_up_to_date_and_keeps_its_data(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _player(workspace, monkeypatch, "exit 1")
    studies.run_studies(["sacramento"])
    home = workspace / "build/studies/sacramento"
    (home / "data/raw").mkdir(parents=True)
    (home / "pipeline/gone.py").write_text("left = 1\n")
    (workspace / "pipeline/marker.py").write_text("new = 2\n")
    studies.run_studies(["sacramento"])
    assert (home / "pipeline/marker.py").read_text() == "new = 2\n"
    assert not (home / "pipeline/gone.py").exists()
    assert (home / "data/raw").is_dir()
    assert "no_scm = true" in (home / ".dvc/config").read_text()


@pytest.mark.skipif(sys.platform == "win32", reason="the stand-in is a shell script")
def test_a_total_that_disagrees_fails_the_run(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    _player(workspace, monkeypatch, "exit 0")
    tables = {table.name: Ledger().frame() for table in TABLES if table.name.startswith("ledger_")} | TABLES_OF_TWO
    tables["public_lines"] = pd.DataFrame(
        {"line": [1], "topic": ["need"], "is_told": [True], "statement": ["2 of 9 are high need."]}
    )
    monkeypatch.setattr(studies, "_reader", lambda home, *, shapes=False: tables.__getitem__)
    assert studies.run_studies(["sacramento"]) == 1
    out = capsys.readouterr().out
    assert "  to quote: 1 of 5 lines\n    1. 2 of 9 are high need.\n" in out
    assert "DIFFERS               pupils of the district on Census Day 2024, in all rows: 312, but" in out


def test_every_ready_study_is_valid_and_named_after_its_file() -> None:
    files = sorted((ROOT / "studies").glob("*.yaml"))
    assert {file.stem for file in files} >= {"baltimore", "santa_rosa", "sacramento", "los_angeles", "new_york"}
    for file in files:
        study = config.load(file)
        assert study.study.name == file.stem
        assert listed(study)


REAL = ("baltimore", "santa_rosa", "sacramento", "los_angeles", "new_york")


@pytest.mark.parametrize("name", REAL)
def test_every_file_of_a_real_study_is_pinned_and_has_an_address(name: str) -> None:
    study = config.load(ROOT / f"studies/{name}.yaml")
    entries = [
        entry for room in ("census", "boundaries", "schools", "facilities") for entry in getattr(study.raw, room)
    ]
    assert entries
    for entry in entries:
        assert entry.url.startswith("https://"), entry.id
        assert entry.producer
        assert entry.licence
        for file in entry.files:
            assert file.origin, (entry.id, file.name)
            assert len(file.sha256 or "") == 64, (entry.id, file.name)
    assert study.expected


@pytest.mark.parametrize("name", REAL)
def test_the_real_files_are_the_pinned_editions(name: str, shared_data: Callable[[str], Path]) -> None:
    files = listed(config.load(ROOT / f"studies/{name}.yaml"))
    compared = 0
    for item in files:
        path = shared_data((item.file.origin or "").split(" | ")[0])
        assert sha256_of(path) == item.file.sha256, item.file.name
        compared += 1
    assert compared > 8
