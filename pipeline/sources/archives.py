"""Zip archives: refused when hostile or damaged, unpacked into a folder of their own."""

from __future__ import annotations

import stat
import zipfile
from pathlib import Path, PurePosixPath

from pipeline.sources.faults import Faults

MEMBERS = 1_000
MEMBER_BYTES = 2 * 1024**3
TOTAL_BYTES = 5 * 1024**3
RATIO = 200
# a small member of a real workbook may shrink more than 200 times; a bomb is large
RATIO_FROM_BYTES = 1024**2
_NESTED = (".zip", ".gz", ".tar", ".7z", ".rar", ".bz2", ".xz")


def check_archive(path: Path, subject: str, *, nested: bool = False) -> zipfile.ZipFile:
    """Open a zip after looking at its list of members, its size when unpacked and its checksums.

    Raises
    ------
    SourceError
        For members that would leave the folder, links, doubled names, archives in archives,
        too many or too large members, a compression ratio of a bomb, or a damaged member.
    """
    faults = Faults()
    try:
        archive = zipfile.ZipFile(path)
    except (zipfile.BadZipFile, OSError) as error:
        faults.add(
            "E-ZIP-BROKEN",
            f"the archive cannot be opened: {error}",
            [path.name],
            "Fetch the file again; it is truncated or not a zip.",
        )
        faults.raise_if_any(subject)
        raise  # not reached: raise_if_any always raises here
    members = archive.infolist()
    names = [m.filename for m in members]
    remedy = "Do not use this archive; get it from its publisher."
    faults.add("E-ZIP-PATH", "a member would be written outside its folder", [n for n in names if _escapes(n)], remedy)
    faults.add("E-ZIP-LINK", "a member is a link or a device", [m.filename for m in members if _is_special(m)], remedy)
    folded = [n.casefold() for n in names]
    faults.add(
        "E-ZIP-DOUBLE",
        "two members have one name",
        [n for n in names if folded.count(n.casefold()) > 1] if len(set(folded)) < len(folded) else [],
        remedy,
    )
    if not nested:
        faults.add(
            "E-ZIP-NESTED",
            "an archive lies in the archive",
            [n for n in names if n.lower().endswith(_NESTED)],
            "Unpack it by hand and name the inner file.",
        )
    faults.add(
        "E-ZIP-BOMB",
        f"more than {MEMBERS:,} members",
        [f"{len(names):,} members"] if len(names) > MEMBERS else [],
        remedy,
    )
    large = [
        m
        for m in members
        if m.file_size > MEMBER_BYTES
        or (m.file_size > RATIO_FROM_BYTES and m.file_size > RATIO * max(m.compress_size, 1))
    ]
    faults.add(
        "E-ZIP-BOMB",
        f"a member unpacks to more than {RATIO} times its size or to too much",
        [f"{m.filename}: {m.compress_size:,} to {m.file_size:,} bytes" for m in large],
        remedy,
    )
    total = sum(m.file_size for m in members)
    faults.add(
        "E-ZIP-BOMB", "the archive unpacks to too much", [f"{total:,} bytes"] if total > TOTAL_BYTES else [], remedy
    )
    if not faults:
        broken = _first_broken(archive)
        faults.add(
            "E-ZIP-CRC",
            "a member differs from its checksum",
            [broken] if broken else [],
            "Fetch the file again; it was damaged on its way.",
        )
    if faults:
        archive.close()
    faults.raise_if_any(subject)
    return archive


def _first_broken(archive: zipfile.ZipFile) -> str | None:
    import zlib

    try:
        return archive.testzip()
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError) as error:
        return str(error)


def unpack(path: Path, into: Path, subject: str) -> list[Path]:
    """Unpack an archive that passed ``check_archive`` and return the files, sorted."""
    with check_archive(path, subject) as archive:
        for member in archive.infolist():
            if not member.is_dir():
                archive.extract(member, into)
    return sorted(p for p in into.rglob("*") if p.is_file())


def _escapes(name: str) -> bool:
    parts = PurePosixPath(name).parts
    return name.startswith(("/", "\\")) or ".." in parts or "\\" in name or ":" in name or "\0" in name


def _is_special(member: zipfile.ZipInfo) -> bool:
    mode = member.external_attr >> 16
    return bool(mode) and stat.S_IFMT(mode) not in (0, stat.S_IFREG, stat.S_IFDIR)
