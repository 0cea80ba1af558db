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
OF_ALL = ("release_number", "method_number", "fall_year")  # one for all rows of a release
AS_WRITTEN = "Bring back the file as it was written."
MOST = 1e9  # no fact of a district is a larger number


def read(study: str, fall_year: int | None = None) -> pd.DataFrame:
    """The facts of all releases of a study, in the order they were made; empty where there is none.

    With ``fall_year``, the study's own, releases of a later one are refused.

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
    table = check(TABLE, table, str(FOLDER / study))
    if fall_year is not None and (late := table[table["fall_year"] > fall_year]).size:
        first = f"{late['release_id'].iloc[0]}, {late['fall_year'].iloc[0]}"
        what = f"releases are of a fall after the study's ({fall_year})"
        fault = Fault("E-RELEASE", what, late["release_id"].nunique(), first, "Correct study.fall_year, or take the release away.")  # fmt: skip
        raise SourceError(str(FOLDER / study), [fault])
    return table


def _read(path: Path) -> pd.DataFrame:
    if not path.read_bytes().endswith(b"\n"):
        fault = Fault("E-RELEASE", "its last line has no end: the file is cut off", 1, path.name, AS_WRITTEN)
        raise SourceError(str(path), [fault])
    text = {c: "str" for c in TABLE.names if KINDS[BY_NAME[c].kind] == "str"}
    try:
        frame = pd.read_csv(path, dtype=text, keep_default_na=False, na_values={c: [""] for c in releases.NUMBERS})
    except (ValueError, UnicodeDecodeError) as error:
        reason = str(error).splitlines()[0]
        fault = Fault("E-RELEASE", f"is no release: {reason}", 1, path.name, AS_WRITTEN)
        raise SourceError(str(path), [fault]) from error
    if set(frame.get("release_id", ())) - {path.stem}:
        fault = Fault("E-RELEASE", "names another release than its file", 1, path.name, "Name the file as its release.")
        raise SourceError(str(path), [fault])
    checked = check(TABLE, frame, str(path))
    if faults := _unsound(checked):
        raise SourceError(str(path), faults)
    return checked


def _unsound(facts: pd.DataFrame) -> list[Fault]:
    """What no release says: numbers below zero or beyond any district, out of their interval, or hidden and told."""
    value, low, high = (facts[name] for name in releases.NUMBERS)
    numbers = facts[releases.NUMBERS]
    # a rank is of the estimates and its interval of draws, which may pass it by
    outside = (low > high) | (facts["fact"].ne("need_rank") & ((value < low) | (value > high)))
    share, hidden = facts["fact"].str.endswith("_share"), facts["value_status"].ne("reported")
    rules = (
        (f"a number must lie between 0 and {MOST:,.0f}", ((numbers < 0) | (numbers > MOST)).any(axis=1)),
        ("a share must lie between 0 and 1", share & (numbers > 1).any(axis=1)),
        ("a number must lie within its interval", outside),
        ("what is hidden has no number", hidden & numbers.notna().any(axis=1)),
        ("a number is missing", ~hidden & value.isna()),
        ("numbers of a release and its method count from 1", (facts[list(OF_ALL[:2])] < 1).any(axis=1)),
        ("rows of one release differ in its number, fall or method", (facts[list(OF_ALL)] != facts[list(OF_ALL)].head(1).squeeze()).any(axis=1)),
    )  # fmt: skip
    return [
        Fault("E-RELEASE", what, int(broken.sum()), _fact(facts[broken].iloc[0]), AS_WRITTEN)
        for what, broken in rules
        if broken.any()
    ]


def _fact(row: pd.Series) -> str:
    parts = [*releases.KEY, "period", "fact_value"]
    return " ".join(str(row[part]) for part in parts)


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
    earlier = read(study.study.name, study.study.fall_year)
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
