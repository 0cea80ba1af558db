"""Puts a study in force and brings its official files into data/raw, each with its birth certificate."""

from __future__ import annotations

import json
import os
import re
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO, Any

from pipeline import config
from pipeline.errors import ConfigError, Fault, MissingInput, SourceError
from pipeline.origins import CERTIFICATES, ROOMS, RawFile, SourceEntry
from pipeline.wheels import download, opened, sha256_of

STUDIES = Path("studies")
RAW = Path("data/raw")
_WHEEL = re.compile(r"wheel:([A-Za-z0-9._-]+==[A-Za-z0-9._+-]+)!(.+)")


@dataclass(frozen=True)
class Listed:
    """A raw file of the study, the source it belongs to and where it goes."""

    room: str
    entry: SourceEntry
    file: RawFile
    place: Path


def use(name: str) -> None:
    """Put ``studies/<name>.yaml`` in force: its settings become params.yaml, its sources sources.yaml.

    Sections that the study leaves to their usual values are added at the end.

    Raises
    ------
    ConfigError
        If there is no such study (those that exist are named) or it is not valid.
    """
    path = STUDIES / f"{name}.yaml"
    if not re.fullmatch(r"[a-z0-9_]+", name) or not path.is_file():
        known = ", ".join(sorted(file.stem for file in STUDIES.glob("*.yaml"))) or "none"
        raise ConfigError(f"There is no study {name!r} in {STUDIES}/ (there are: {known}).")
    study = config.load(path)
    if study.study.name != name:
        raise ConfigError(f"{path}: study.name is {study.study.name!r}; it must be {name!r}, the name of the file.")
    listed(study)
    settings, sources = config.split(path.read_text(encoding="utf-8"))
    # DVC follows each section by name and stops at one that is not there
    absent = [section for section in config.Study.model_fields if section not in {*study.model_fields_set, "expected"}]
    if absent:
        lines = "".join(f"{section}: {{}}\n" for section in absent)
        settings = f"{settings.rstrip()}\n\n# Not in {path.name}: the usual values\n{lines}"
    _write_if_changed(config.SOURCES, sources.encode())
    _write_if_changed(config.PARAMS, settings.encode())
    is_whole = not _is_fetched(study) and all(getattr(study.raw, room) for room in ROOMS)
    first = "" if is_whole else "python -m pipeline fetch, then "
    print(f"{config.PARAMS} is now {path}: {study.study.title}. Next: {first}dvc repro.", flush=True)


def fetch() -> None:
    """Bring every raw file of the study in force into data/raw/<study>/<room>/, and say where each is from.

    A file is copied from its ``origin`` under SCHOOLSHED_DATA (or the study's ``data_root``), or
    taken out of a wheel that pip downloads; its bytes must have the pinned hash, and it appears
    whole or not at all. A file that is already there with the same bytes is left alone. Each room
    gets a ``SOURCES.json`` with the producer, title, address, licence and hash of every file. A
    study whose files all lie in the repository is only checked.

    Raises
    ------
    MissingInput
        Naming every required file that is not to be had, its publisher and address.
    SourceError
        Naming every file that differs from its pinned hash or cannot be read.
    """
    study = config.load()
    files, root = listed(study), data_root(study)
    _discard_drafts(RAW / study.study.name)
    faults: list[Fault] = []
    missing: list[tuple[Listed, str]] = []
    count = {"copied": 0, "kept": 0}
    for item in files:
        try:
            outcome, why = _bring(item, root, study.study.packages)
        except (OSError, zipfile.BadZipFile) as error:
            faults.append(
                Fault(
                    "E-FETCH",
                    "file cannot be read",
                    1,
                    f"{item.room}/{item.file.name}: {error}",
                    "Obtain it again from its publisher.",
                )
            )
            continue
        if outcome == "differs":
            remedy = "Obtain that edition again; if you mean to use another, change its sha256 in the study."
            faults.append(
                Fault("E-HASH", "bytes differ from the pinned hash", 1, f"{item.room}/{item.file.name}: {why}", remedy)
            )
        elif outcome == "missing":
            missing.append((item, why))
        else:
            count[outcome] += 1
    if faults:
        raise SourceError(f"The raw files of the study {study.study.name}", faults)
    required = [(item, why) for item, why in missing if item.entry.required]
    if required:
        raise MissingInput(_missing_message(study, required, root))
    _certify(study, files)
    for item, _ in missing:
        print(
            f"fetch: without {item.room}/{item.file.name} ({item.entry.title}; {item.entry.producer}, {item.entry.url})",
            flush=True,
        )
    print(
        f"fetch: {count['copied']} files copied, {count['kept']} already there, {len(missing)} optional ones not to be had",
        flush=True,
    )


def data_root(study: config.Study) -> Path | None:
    """The folder with the official files: SCHOOLSHED_DATA, else the study's ``data_root``, else none."""
    named = os.environ.get("SCHOOLSHED_DATA")
    if named and not Path(named).is_dir():
        raise MissingInput(f"SCHOOLSHED_DATA names {named}, which is not a folder. Correct it, or unset it.")
    folder = named or study.study.data_root
    return Path(folder) if folder else None


def listed(study: config.Study) -> list[Listed]:
    """Every raw file of a study once, in reading order.

    Raises
    ------
    ConfigError
        If an origin leaves the data folder, a wheel is not pinned or a file is listed twice with
        different origins; all such faults in one message.
    """
    faults: list[str] = []
    seen: dict[Path, RawFile] = {}
    items: list[Listed] = []
    for room in ROOMS:
        for entry in getattr(study.raw, room):
            for file in entry.files:
                place = RAW / study.study.name / room / file.name
                faults.extend(f"source {entry.id}: {fault}" for fault in _origin_faults(file, study.study.packages))
                if place not in seen:
                    items.append(Listed(room, entry, file, place))
                elif seen[place] != file:
                    faults.append(
                        f"source {entry.id}: {file.name} is listed twice in {room} with another origin or hash"
                    )
                seen[place] = file
    if faults:
        raise ConfigError(f"study {study.study.name}, section raw:" + "".join(f"\n  - {fault}" for fault in faults))
    return items


def _origins(file: RawFile) -> list[str]:
    """The places a file can be had, best first; ``a | b`` in a study means a, else b."""
    return [part.strip() for part in file.origin.split(" | ")] if file.origin else []


def _origin_faults(file: RawFile, packages: dict[str, str]) -> Iterator[str]:
    for origin in _origins(file):
        wheel = _WHEEL.fullmatch(origin)
        path = PurePosixPath(wheel[2] if wheel else origin)
        if path.is_absolute() or ".." in path.parts or "\\" in origin or (":" in origin and not wheel):
            yield f"the origin {origin!r} must be a path under the data folder, or wheel:package==version!member"
        if wheel and wheel[1] not in packages:
            yield f"the wheel {wheel[1]} has no sha256 under study.packages"


def _is_fetched(study: config.Study) -> bool:
    return any(file.origin for room in ROOMS for entry in getattr(study.raw, room) for file in entry.files)


def _bring(item: Listed, root: Path | None, packages: dict[str, str]) -> tuple[str, str]:
    """Put one file in its place: copied, kept, differs or missing, and why."""
    present = sha256_of(item.place) if item.place.is_file() else None
    if present and present == item.file.sha256:
        return "kept", ""
    whys = []
    for origin in _origins(item.file):
        wheel = _WHEEL.fullmatch(origin)
        source = download(wheel[1], packages[wheel[1]]) if wheel else _under(root, origin)
        if isinstance(source, str):
            whys.append(source)
            continue
        with opened(source, wheel[2] if wheel else None) as stream:
            return _copy(stream, item, present)
    if present:
        # put there by hand: nothing to copy it from, so only its hash can speak against it
        return ("differs", _hashes(item.file, present)) if item.file.sha256 else ("kept", "")
    return "missing", "; ".join(whys) or "the study gives no origin; `python -m pipeline town` writes Millbrook's files"


def _under(root: Path | None, origin: str) -> Path | str:
    if root is None:
        return f"SCHOOLSHED_DATA is not set, so {origin} was not looked for"
    path = root / origin
    if not path.is_file():
        return f"{path} is not there"
    if not path.resolve().is_relative_to(root.resolve()):
        return f"{path} leads out of the data folder"
    return path


def _copy(stream: IO[bytes], item: Listed, present: str | None) -> tuple[str, str]:
    item.place.parent.mkdir(parents=True, exist_ok=True)
    # drafts lie outside the rooms, which DVC watches as whole folders
    draft = item.place.parent.parent / f".draft-{item.place.name}"
    try:
        with draft.open("wb") as file:
            shutil.copyfileobj(stream, file, 1 << 20)
            file.flush()
            os.fsync(file.fileno())
        found = sha256_of(draft)
        if item.file.sha256 not in (None, found):
            return "differs", _hashes(item.file, found)
        if found == present:
            return "kept", ""
        draft.replace(item.place)
    finally:
        draft.unlink(missing_ok=True)
    return "copied", ""


def _certify(study: config.Study, files: list[Listed]) -> None:
    """Write each room's SOURCES.json, so that every room is there for DVC to watch.

    A study that is not fetched keeps the rooms it has files for as they are.
    """
    for room in ROOMS:
        if getattr(study.raw, room) and not _is_fetched(study):
            continue
        sources: list[dict[str, Any]] = []
        for entry in getattr(study.raw, room):
            about = entry.model_dump(
                include={
                    "id",
                    "feeds",
                    "producer",
                    "title",
                    "citation",
                    "url",
                    "licence",
                    "vintage",
                    "accessed",
                    "required",
                }
            )
            about["files"] = [_certificate(RAW / study.study.name / room / file.name, entry) for file in entry.files]
            sources.append(about)
        text = json.dumps({"study": study.study.name, "room": room, "sources": sources}, indent=2, ensure_ascii=False)
        _write_if_changed(RAW / study.study.name / room / CERTIFICATES, f"{text}\n".encode())


def _certificate(place: Path, entry: SourceEntry) -> dict[str, Any]:
    if place.is_file():
        return {"name": place.name, "bytes": place.stat().st_size, "sha256": sha256_of(place)}
    return {"name": place.name, "missing": f"to be had from {entry.producer}: {entry.url}"}


def _missing_message(study: config.Study, missing: list[tuple[Listed, str]], root: Path | None) -> str:
    lines = "".join(
        f"\n  - {i.room}/{i.file.name}: {i.entry.title}, by {i.entry.producer}, {i.entry.url} ({why})"
        for i, why in missing
    )
    where = (
        f"under {root} (SCHOOLSHED_DATA, or the study's data_root)" if root else "in a folder named by SCHOOLSHED_DATA"
    )
    return (
        f"{len(missing)} files of the study {study.study.name} are not there:{lines}\n"
        f"Put them {where} at the paths of their origin, or straight into {RAW / study.study.name}/<room>/, and fetch again."
    )


def _hashes(file: RawFile, found: str) -> str:
    return f"sha256 {found[:12]}... instead of {str(file.sha256)[:12]}..."


def _write_if_changed(path: Path, content: bytes) -> None:
    if path.is_file() and path.read_bytes() == content:
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = (
        path.parent.parent / f".draft-{path.name}"
        if path.name == CERTIFICATES
        else path.with_name(f".draft-{path.name}")
    )
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _discard_drafts(folder: Path) -> None:
    """Remove what a killed fetch left behind."""
    for draft in folder.glob(".draft-*"):
        draft.unlink()
