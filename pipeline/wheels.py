"""Wheels as archives: files that a publisher ships in a Python package, read and never installed."""

from __future__ import annotations

import hashlib
import importlib.util
import re
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

PACKAGES = Path("build/packages")
# A member may unpack to this size and no more: a small archive can hide a huge file.
LARGEST_MEMBER = 500_000_000
LARGEST_RATIO = 200


def download(package: str, sha256: str) -> Path | str:
    """The wheel of a package, downloaded with pip and held to its hash, or why it is not to be had.

    It is kept in ``build/packages``, so that it is downloaded once.
    """
    name, version = package.split("==")
    pattern = f"{re.sub(r'[-_.]+', '_', name).lower()}-{version}-*.whl"
    for wheel in PACKAGES.glob(pattern):
        if sha256_of(wheel) == sha256:
            return wheel
    if importlib.util.find_spec("pip") is None:
        return f"{package} is not downloaded, because this Python has no pip (`python -m ensurepip` adds it)"
    PACKAGES.mkdir(parents=True, exist_ok=True)
    wanted = PACKAGES / f"{name}.txt"
    wanted.write_text(f"{package} --hash=sha256:{sha256}\n", encoding="utf-8")
    print(f"fetch: downloading {package} with pip ...", flush=True)
    command = [
        sys.executable,
        "-m",
        "pip",
        "download",
        "--quiet",
        "--no-deps",
        "--require-hashes",
        "--only-binary=:all:",
        "--ignore-requires-python",
    ]
    done = subprocess.run(
        [*command, "--dest", str(PACKAGES), "--requirement", str(wanted)], capture_output=True, text=True, check=False
    )
    for wheel in PACKAGES.glob(pattern):
        if sha256_of(wheel) == sha256:
            return wheel
    lines = done.stderr.strip().splitlines() or [f"pip ended with {done.returncode}"]
    return f"pip could not download {package}: {lines[-1]}"


@contextmanager
def opened(source: Path, member: str | None) -> Iterator[IO[bytes]]:
    """A file, or a member of a wheel, open for reading.

    Raises
    ------
    OSError
        If the wheel has no such member, or it would swell beyond what is bearable.
    """
    if member is None:
        with source.open("rb") as stream:
            yield stream
        return
    with zipfile.ZipFile(source) as archive:
        try:
            entry = archive.getinfo(member)
        except KeyError as error:
            raise OSError(f"{source.name} has no member {member}") from error
        if entry.file_size > LARGEST_MEMBER or entry.file_size > LARGEST_RATIO * max(entry.compress_size, 1):
            raise OSError(f"{member} in {source.name} would unpack to {entry.file_size:,} bytes: refused")
        with archive.open(entry) as stream:
            yield stream


def sha256_of(path: Path) -> str:
    """The hash of a file, in hex."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
