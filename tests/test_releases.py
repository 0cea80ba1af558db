"""The register of releases: written once, read whole, refused in one message."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from pipeline import config, releases, store
from pipeline.__main__ import main
from pipeline.errors import ConfigError, MissingInput, PipelineError, SourceError
from tests.analysis.test_releases import published
from tests.guards.dvc_yaml import ROOT

RANK = re.compile(r'(need_rank,"[^"]*",)\d+')  # and the period before it

CHILDREN = re.compile(r"(children_0_17,[0-9-]+,)[0-9.]+,")


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace of Millbrook in which the published tables are those of the tests."""
    for name in ("params.yaml", "sources.yaml"):
        (tmp_path / name).write_text((ROOT / name).read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    tables: dict[str, Any] = published()
    monkeypatch.setattr(store, "read", lambda name: tables[name])
    return tmp_path


def test_a_release_is_written_once_and_read_back(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert releases.read("millbrook").empty
    assert main(["release", "2024-25"]) == 0
    assert "releases/millbrook/2024-25.csv is written" in capsys.readouterr().out
    found = releases.read("millbrook")
    assert set(found["release_id"]) == {"2024-25"} and set(found["release_number"]) == {1}
    assert found.loc[found["fact"].eq("need_rank"), "fact_value_high"].tolist() == [3.0]
    first = (workspace / "releases/millbrook/2024-25.csv").read_bytes()
    with pytest.raises(ConfigError, match="is there already"):
        releases.write("2024-25")
    releases.write("2024-25b")
    assert set(releases.read("millbrook")["release_number"]) == {1, 2}
    assert (workspace / "releases/millbrook/2024-25.csv").read_bytes() == first
    assert releases.read("elsewhere").empty


@pytest.mark.parametrize("name", ["../2024", "a b", "", "x" * 41, "-1"])
def test_a_release_has_a_plain_name(workspace: Path, name: str) -> None:
    with pytest.raises(ConfigError, match="is no name for a release"):
        releases.write(name)
    assert not (workspace / "releases").exists()


def test_a_release_needs_a_run(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.undo()
    monkeypatch.chdir(workspace)
    with pytest.raises(MissingInput, match="dvc repro publish"):
        releases.write("2024-25")


@pytest.mark.parametrize(
    ("spoil", "message"),
    [
        (lambda text: text.replace("2024-25,1,", "2023-24,1,"), "names another release than its file"),
        (lambda text: text.replace("reported", "seen"), "value_status must be one of"),
        (lambda text: text.replace("fact_value,", "fact_sum,", 1), "column is missing: fact_value"),
        (lambda text: "", "is cut off"),
        (lambda text: "\n", "is no release"),
        (lambda text: text[:-9], "its last line has no end: the file is cut off"),
        (lambda text: RANK.sub(r"\1-5", text, count=1), "between 0 and 1,000,000,000"),
        (lambda text: RANK.sub(r"\g<1>1e300", text, count=1), "between 0 and 1,000,000,000"),
        (lambda text: CHILDREN.sub(r"\g<1>9000000,", text, count=1), "a number must lie within its interval"),
        (lambda text: text.replace(",reported,", ",suppressed,", 1), "what is hidden has no number"),
        (lambda text: text.replace("2024-25,1,", "2024-25,2,", 1), "rows of one release differ in its number"),
    ],
)
def test_a_spoiled_register_is_refused(workspace: Path, spoil: Any, message: str) -> None:
    place = releases.write("2024-25")
    place.write_text(spoil(place.read_text(encoding="utf-8")), encoding="utf-8")
    with pytest.raises(PipelineError, match=message) as found:
        releases.read("millbrook")
    assert "2024-25.csv" in str(found.value)


def test_a_release_of_a_later_fall_than_the_study_is_refused(workspace: Path) -> None:
    releases.write("2024-25")
    assert len(releases.read("millbrook", 2024))
    with pytest.raises(SourceError, match=r"of a fall after the study's \(2023\).*2024-25, 2024"):
        releases.read("millbrook", 2023)


def test_two_releases_of_one_number_are_refused(workspace: Path) -> None:
    place = releases.write("2024-25")
    text = place.read_text(encoding="utf-8").replace("2024-25,", "2025-26,")
    place.with_name("2025-26.csv").write_text(text, encoding="utf-8")
    with pytest.raises(SourceError, match="releases have the same number"):
        releases.read("millbrook")


def test_millbrook_has_an_earlier_release_that_can_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    found = releases.read("millbrook")
    assert set(found["release_id"]) == {"2023-24"} and set(found["fall_year"]) == {2023}
    assert config.load().study.fall_year == 2024
    counted = found[found["fact_value"].notna()].groupby("fact").size()
    assert counted["need_rank"] == 40 and counted["unmet_seats"] == 31 + 3
    assert pd.isna(found.loc[found["value_status"].eq("suppressed"), "fact_value"]).all()
