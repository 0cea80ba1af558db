"""The town's files: the same bytes each time, small enough for git, and all of them in the study."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest

from pipeline import config
from pipeline.origins import ROOMS
from pipeline.town import write_town

ROOT = Path(__file__).resolve().parents[2]
COMMITTED = ROOT / "data/raw/millbrook"


def hashes(folder: Path) -> dict[str, str]:
    return {
        p.relative_to(folder).as_posix(): hashlib.sha256(p.read_bytes()).hexdigest()
        for p in sorted(folder.rglob("*"))
        if p.is_file()
    }


@pytest.fixture(scope="module")
def written(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_town(folder=tmp_path_factory.mktemp("town"))


def test_the_committed_files_are_written_again_byte_for_byte(written: Path) -> None:
    ours, theirs = hashes(written), hashes(COMMITTED)
    assert sorted(ours) == sorted(theirs)
    assert [name for name in ours if ours[name] != theirs[name]] == []


def test_another_town_in_between_changes_nothing(written: Path, tmp_path: Path) -> None:
    write_town(300, tmp_path / "small")
    assert hashes(write_town(folder=tmp_path / "again")) == hashes(written)


def test_all_files_together_fit_into_git() -> None:
    assert sum(p.stat().st_size for p in COMMITTED.rglob("*") if p.is_file()) <= 5_000_000


def test_the_study_names_every_file_and_no_other() -> None:
    study = config.load(ROOT / "studies/millbrook.yaml")
    for room in ROOMS:
        named = {file.name for entry in getattr(study.raw, room) for file in entry.files}
        assert named == {p.name for p in (COMMITTED / room).iterdir()}, room


def test_every_source_has_a_birth_certificate() -> None:
    study = config.load(ROOT / "studies/millbrook.yaml")
    entries = [entry for room in ROOMS for entry in getattr(study.raw, room)]
    assert len(entries) > 20
    for entry in entries:
        assert entry.producer == "Schoolshed demonstration generator", entry.id
        assert entry.url == "python -m pipeline town", entry.id
        assert entry.citation is not None, entry.id
        assert entry.accessed == "2026-11-01", entry.id


def test_shapefile_tables_carry_a_fixed_date(written: Path) -> None:
    tables = sorted(written.rglob("*.dbf"))
    assert len(tables) >= 10
    for table in tables:
        assert table.read_bytes()[1:4] == bytes((126, 11, 1)), table.name


def test_readme_says_that_the_data_are_fictional(written: Path) -> None:
    assert "fictional" in (written / "README.md").read_text(encoding="utf-8")


def test_a_town_of_another_size_has_census_and_boundaries_only(tmp_path: Path) -> None:
    import geopandas

    folder = write_town(400, tmp_path / "town")
    assert sorted(p.name for p in folder.iterdir()) == ["README.md", "boundaries", "census"]
    blocks = geopandas.read_file(folder / "census/tl_2023_06_tabblock20.shp", ignore_geometry=True)
    assert 300 < len(blocks) < 520
    assert blocks["GEOID20"].is_unique
    assert 60 < blocks["POP20"].sum() / len(blocks) < 76


def test_size_decides_the_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert write_town(250) == Path("data/raw/town_250")
    assert not Path("data/raw/millbrook").exists()
