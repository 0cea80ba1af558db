"""What may not be in the repository, and what must be."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
# written in pieces, so that this file does not find itself
FORBIDDEN = re.compile(
    "|".join(
        (
            "py" + r"pi\.org",
            "python" + "hosted",
            "registry" + r"\.npmjs",
            "deb" + r"\.debian",
            r"[ \"'(]/(?:wo" + r"rk|ro" + r"ot|ho" + "me)/",
        )
    )
)
TEXT = {".py", ".md", ".yaml", ".yml", ".toml", ".lock", ".cff", ".ipynb", ".html", ".js", ".css", ".txt", ""}


def tracked() -> list[Path]:
    names = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, check=True).stdout.decode()
    return [ROOT / name for name in names.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="module")
def files() -> list[Path]:
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: nothing is tracked")
    return tracked()


def test_no_registry_host_and_no_machine_path(files: list[Path]) -> None:
    assert len(files) > 100
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in files
        if path.suffix in TEXT and "data/raw" not in path.as_posix()
        for match in FORBIDDEN.finditer(path.read_text(encoding="utf-8"))
    ]
    assert found == []


def test_the_lock_has_hashes_and_no_addresses() -> None:
    for name in ("requirements.lock", "requirements-uv.lock"):
        text = (ROOT / name).read_text()
        assert "--hash=sha256:" in text
        assert "://" not in text
    assert not (ROOT / "uv.lock").exists()


def test_raw_files_in_git_are_small_and_of_millbrook_only(files: list[Path]) -> None:
    raw = [path for path in files if "data/raw" in path.as_posix()]
    assert len(raw) > 20
    assert {path.relative_to(ROOT / "data/raw").parts[0] for path in raw} <= {"millbrook", ".gitignore", "README.md"}
    assert sum(path.stat().st_size for path in raw) <= 5_000_000


@pytest.mark.parametrize(
    "name",
    [
        "README.md",
        "ARCHITECTURE.md",
        "CHANGELOG.md",
        "LICENSE",
        "CITATION.cff",
        "Makefile",
        "dvc.yaml",
        "dvc.lock",
        "params.yaml",
        ".ci/run",
    ],
)
def test_what_a_reader_looks_for_is_there(name: str) -> None:
    assert (ROOT / name).stat().st_size > 0


def test_links_in_the_documents_lead_somewhere() -> None:
    documents = [
        ROOT / "README.md",
        ROOT / "ARCHITECTURE.md",
        ROOT / "CHANGELOG.md",
        *sorted((ROOT / "docs").glob("*.md")),
    ]
    broken = [
        f"{document.name}: {target}"
        for document in documents
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", document.read_text(encoding="utf-8"))
        if not (document.parent / target).exists()
    ]
    assert broken == []
