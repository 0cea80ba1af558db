"""Releases: the numbers that were told, frozen in ``releases/<study>/<name>.csv`` for the next one to be held against."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

from pipeline import config, store
from pipeline.analysis import releases
from pipeline.columns import BY_NAME, KINDS
from pipeline.errors import ConfigError, Fault, SourceError
from pipeline.tables import BY_TABLE, check

FOLDER = Path("releases")
TABLE = BY_TABLE["release_facts"]
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")
# What a release is made of.
PUBLIC = (
    *("public_neighborhoods", "public_access", "public_zones", "public_sectors", "public_quality_seats"),
    *("public_rfp", "public_enrollment"),
)


def read(study: str) -> pd.DataFrame:
    """The facts of all releases of a study, in the order they were made; empty where there is none.

    Raises
    ------
    SourceError
        If a file is not what `write` writes: names it.
    """
    parts = [_read(path) for path in sorted((FOLDER / study).glob("*.csv"))]
    if not parts:
        return pd.DataFrame({c: pd.Series(dtype=KINDS[BY_NAME[c].kind]) for c in TABLE.names})
    table = pd.concat(parts, ignore_index=True)
    numbers = table.drop_duplicates("release_id").groupby("release_number")["release_id"].agg(list)
    if (doubled := numbers[numbers.str.len() > 1]).size:
        first = " and ".join(doubled.iloc[0])
        what = "releases have the same number"
        fault = Fault("E-RELEASE", what, len(doubled), first, "Take one of the files away, or number it after the others.")  # fmt: skip
        raise SourceError(str(FOLDER / study), [fault])
    return check(TABLE, table, str(FOLDER / study))


def _read(path: Path) -> pd.DataFrame:
    text = {c: "str" for c in TABLE.names if KINDS[BY_NAME[c].kind] == "str"}
    try:
        frame = pd.read_csv(path, dtype=text, keep_default_na=False, na_values={c: [""] for c in releases.NUMBERS})
    except (ValueError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        fault = Fault("E-RELEASE", f"is no release: {reason}", 1, path.name, "Bring back the file as it was written.")
        raise SourceError(str(path), [fault]) from error
    if set(frame.get("release_id", ())) - {path.stem}:
        fault = Fault("E-RELEASE", "names another release than its file", 1, path.name, "Name the file as its release.")
        raise SourceError(str(path), [fault])
    return check(TABLE, frame, str(path))


def write(name: str) -> Path:
    """Freeze the published tables of the study in force as a release; one that is there stays as it is.

    Raises
    ------
    ConfigError
        If the name is no plain name or is taken.
    MissingInput
        If the study was not run.
    """
    study = config.load()
    place = FOLDER / study.study.name / f"{name}.csv"
    if not _NAME.fullmatch(name):
        raise ConfigError(f"{name!r} is no name for a release: letters, digits, dots and hyphens, such as 2024-25.")
    if place.exists():
        raise ConfigError(f"{place} is there already. A release stays as it was told: give this one a name of its own.")
    earlier = read(study.study.name)
    facts = releases.facts(
        {table: store.read(table) for table in PUBLIC},
        fall_year=study.study.fall_year,
        district_id=study.study.district_id,
    )
    table = facts.assign(
        release_id=name,
        release_number=int(earlier["release_number"].max() if len(earlier) else 0) + 1,
        fall_year=study.study.fall_year,
        method_number=releases.METHOD,
    )
    place.parent.mkdir(parents=True, exist_ok=True)
    draft = place.with_name(f".draft-{place.name}")
    try:
        check(TABLE, table[TABLE.names]).to_csv(draft, index=False, lineterminator="\n", float_format="%.10g")
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
    return place
