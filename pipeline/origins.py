"""Birth certificates: where each raw file comes from, and how its columns become ours."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """A frozen record that refuses unknown keys and does not guess types."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True)


# YAML has lists; strictness would ask for tuples
Texts = Annotated[tuple[str, ...], Field(strict=False)]


class RawFile(Strict):
    """One file under data/raw/<study>/<room>/ and where it is fetched from."""

    name: str = Field(
        description="File name in the study's raw folder; sidecar files (.dbf, .shx, .prj) are listed too"
    )
    origin: str | None = Field(None, description="Path under data_root, or a wheel's member, that fetch copies it from")
    sha256: str | None = Field(None, description="Pinned hash; a file that differs is refused")


class SourceEntry(Strict):
    """One source: a published file (or several of one layout), its maker and its mapping.

    Files of national and state agencies need ``reader`` and ``options`` only. A district's
    own files use the readers ``table`` and ``shapes`` with ``columns`` and ``codes``.
    """

    id: str = Field(description="Name of the source within the study", pattern=r"[a-z0-9_]+")
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


class Raw(Strict):
    """The study's sources by room."""

    census: tuple[SourceEntry, ...] = Field((), strict=False)
    boundaries: tuple[SourceEntry, ...] = Field((), strict=False)
    schools: tuple[SourceEntry, ...] = Field((), strict=False)
    facilities: tuple[SourceEntry, ...] = Field((), strict=False)


Room = Literal["census", "boundaries", "schools", "facilities"]
ROOMS: tuple[Room, ...] = ("census", "boundaries", "schools", "facilities")
