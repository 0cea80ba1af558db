"""Runs the ready studies in scratch copies of the workspace and prints the ledger of each."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipeline import config, store
from pipeline.comparisons import AGREES, DIFFERS, compare
from pipeline.errors import ConfigError, MissingInput
from pipeline.fetch import STUDIES, data_root
from pipeline.tables import BY_TABLE, TABLES

if TYPE_CHECKING:
    import pandas as pd

SCRATCH = Path("build/studies")
# What a workspace needs besides the raw files: the code, the studies and what the DAG depends on.
FOLDERS = ("pipeline", "studies", "releases")
FILES = ("dvc.yaml", ".dvcignore", "requirements.lock")
# Ledger lines that are printed for a study; the others are counted.
PRINTED = ("balance", "match", "missing_input")
# Millbrook is the study in force by default and has its own command.
DEMO = "millbrook"
_PRINTED = threading.Lock()


def run_studies(names: Sequence[str] = ()) -> int:
    """Run studies from fetch to atlas, several at once, and hold their totals to the publishers' own.

    Each runs in ``build/studies/<name>/``, a copy of the workspace that is brought up to date and
    kept, so that a second run only redoes what changed. Without names, all of ``studies/`` but the
    demo town are run. Returns 1 if any failed or disagrees with a total of its publisher.

    Raises
    ------
    ConfigError
        If a name is not a study or a study is not valid, before anything runs.
    """
    known = sorted(path.stem for path in STUDIES.glob("*.yaml"))
    unknown = sorted(set(names) - set(known))
    if unknown:
        raise ConfigError(f"There is no study {', '.join(unknown)} in {STUDIES}/ (there are: {', '.join(known)}).")
    chosen = sorted(set(names)) or [name for name in known if name != DEMO]
    studies = {name: config.load(STUDIES / f"{name}.yaml") for name in chosen}
    width = max(map(len, chosen), default=0)
    with ThreadPoolExecutor(min(os.cpu_count() or 1, len(chosen)) or 1) as pool:
        ended = dict(zip(chosen, pool.map(lambda name: _run(name, studies[name], width), chosen), strict=True))
    agree = [_report(name, studies[name], ended[name]) for name in chosen]
    return 0 if all(agree) else 1


def _run(name: str, study: config.Study, width: int) -> str:
    """Use, fetch and reproduce one study; the last lines of its log if it failed, else nothing."""
    started = time.monotonic()
    home = SCRATCH / name
    _prepare(home, name)
    # the scratch copy lies elsewhere: a relative data folder is made absolute
    root = data_root(study)
    environment = {**os.environ, **({"SCHOOLSHED_DATA": str(root.resolve())} if root else {})}
    environment["PATH"] = os.pathsep.join([str(Path(sys.executable).parent), environment.get("PATH", "")])
    lines: list[str] = []
    for command in (["pipeline", "use", name], ["pipeline", "fetch"], ["dvc", "repro"]):
        process = subprocess.Popen(
            [sys.executable, "-m", *command],
            cwd=home,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            errors="replace",
        )
        for line in process.stdout or ():
            lines.append(line.rstrip())
            if _is_progress(line):
                _say(f"{name:<{width}} | {line.rstrip()}")
        if process.wait() != 0:
            _say(f"{name:<{width}} | FAILED after {time.monotonic() - started:.0f} s: {' '.join(command)}")
            return "\n".join([*lines[-40:], f"({' '.join(command)} ended with {process.returncode})"])
    _say(f"{name:<{width}} | finished in {time.monotonic() - started:.0f} s: {home / 'maps'}")
    return ""


def _prepare(home: Path, name: str) -> None:
    """Bring a scratch workspace up to date with this one; its data and results stay."""
    for folder in FOLDERS:
        shutil.rmtree(home / folder, ignore_errors=True)
        if Path(folder).is_dir():
            shutil.copytree(folder, home / folder, ignore=shutil.ignore_patterns("__pycache__"))
    for file in FILES:
        if Path(file).is_file():
            shutil.copy2(file, home / file)
    if name == DEMO:
        shutil.copytree(f"data/raw/{name}", home / "data/raw" / name, dirs_exist_ok=True)
    settings = home / ".dvc/config"
    settings.parent.mkdir(exist_ok=True)
    # no Git in the scratch copy, and no word to anyone about what is run
    settings.write_text(
        "[core]\n    no_scm = true\n    analytics = false\n    check_update = false\n", encoding="utf-8"
    )


def _is_progress(line: str) -> bool:
    """Our own lines and errors; not what DVC says about Git and lock files."""
    return ": " in line and not line.startswith(
        ("Running", "Updating", "To track", "Use `dvc", "Generating", "\t", ">", " ")
    )


def _say(text: str) -> None:
    with _PRINTED:
        print(text, flush=True)


def _report(name: str, study: config.Study, failure: str) -> bool:
    print(f"\n== {study.study.title} ==")
    if failure:
        print(f"did not finish:\n{failure}")
        return False
    reader = _reader(SCRATCH / name)
    for line in ledger_lines(reader):
        print(line)
    for line in quoted_lines(reader):
        print(line)
    shapes = _reader(SCRATCH / name, shapes=True)
    checks = [
        compare(expected, study, SCRATCH / name, shapes) if expected.against else check_total(expected, reader)
        for expected in study.expected
    ]
    for verdict, text in checks:
        print(f"  {verdict.upper() if verdict == DIFFERS else verdict:<20}  {text}")
    return all(verdict != DIFFERS for verdict, _ in checks)


def _reader(home: Path, *, shapes: bool = False) -> Callable[[str], pd.DataFrame]:
    """Read tables of a scratch workspace, with their shapes or without."""

    def read(name: str) -> pd.DataFrame:
        import pandas as pd

        path = home / store.path_of(name)
        if not path.is_file():
            raise MissingInput(f"{path} is not there: the study did not finish.")
        if shapes and BY_TABLE[name].is_spatial:
            import geopandas as gpd

            return gpd.read_parquet(path)
        columns = [column for column in BY_TABLE[name].names if column != "geometry"]
        return pd.read_parquet(path, columns=columns)

    return read


def ledger_lines(read: Callable[[str], pd.DataFrame]) -> Iterator[str]:
    """The ledger of a run, as lines to print: what went in, arrived, lies outside or has no place, and why.

    Balances, matches, missing inputs and schools without a place are printed; the other lines are
    counted, for quality.json has them all. ``read`` gives a processed table by its name.
    """
    others: dict[str, int] = {}
    for table in TABLES:
        if not table.name.startswith("ledger_"):
            continue
        for row in read(table.name).itertuples(index=False):
            if row.entry in PRINTED or (row.entry == "absence" and row.unit_name == "schools"):
                yield f"  {table.stage:<15} {_ledger_line(row)}"
            else:
                others[row.entry] = others.get(row.entry, 0) + 1
    counted = ", ".join(f"{entry} {count:,}" for entry, count in sorted(others.items())) or "none"
    yield f"  further lines in data/processed/quality.json: {counted}"


def quoted_lines(read: Callable[[str], pd.DataFrame]) -> Iterator[str]:
    """What a committee would quote from a study, as lines to print; where it can say less, why.

    ``read`` gives a processed table by its name.

    >>> import pandas as pd
    >>> lines = pd.DataFrame({"line": [1, 2], "topic": ["need", "gap"], "is_told": [True, False], "statement": ["None is high need.", "No zones."]})
    >>> list(quoted_lines({"public_lines": lines}.__getitem__))
    ['  to quote: 1 of 5 lines', '    1. None is high need.', '    not said (gap): No zones.']
    """
    rows = list(read("public_lines").sort_values("line").itertuples(index=False))
    yield f"  to quote: {sum(row.is_told for row in rows)} of 5 lines"
    for row in rows:
        yield f"    {f'{row.line}.' if row.is_told else f'not said ({row.topic}):'} {row.statement}"


def _ledger_line(row: Any) -> str:
    about = f"{row.subject_name} {row.item}".strip()
    why = f" ({row.reason})" if row.reason else ""
    if row.entry == "balance":
        return f"{about}: {row.total:,.0f} {row.unit_name} in = {row.inside:,.0f} inside + {row.outside:,.0f} outside + {row.unlocated:,.0f} unlocated{why}"
    if row.entry == "match":
        return f"{about}: {row.inside:,.0f} of {row.total:,.0f} {row.unit_name} joined, {row.outside:,.0f} not{why}"
    amount = "" if row.total != row.total else f" {row.total:,.0f} {row.unit_name}"
    return f"{about}: {row.entry.replace('_', ' ')}{amount}{why}"


def check_total(expected: config.Expected, read: Callable[[str], pd.DataFrame]) -> tuple[str, str]:
    """Whether a finished table agrees with a total of its publisher, and a line that says so.

    Rows of ``expected.table`` (joined to ``expected.joined`` by that table's key) with the given
    values are counted, or their column ``expected.sum`` is added up. A missing number is not a zero:
    there must be just as many of them as ``expected.unknown`` says.

    Raises
    ------
    ConfigError
        If a column is not there.

    >>> import pandas as pd
    >>> tables = {
    ...     "enrollment_groups": pd.DataFrame({"school_id": ["1", "2"], "fall_year": [2024, 2024], "pupils": [300.0, 12.0]}),
    ...     "schools": pd.DataFrame({"school_id": ["1", "2"], "is_place": [True, False]}),
    ... }
    >>> total = config.Expected(
    ...     what="pupils in schools", table="enrollment_groups", joined="schools", sum="pupils",
    ...     where={"fall_year": 2024, "is_place": True}, value=300.0, source="the state",
    ... )
    >>> check_total(total, tables.__getitem__)
    ('agrees', 'pupils in schools: 300, as the state says')
    """
    rows = read(expected.table)
    if expected.joined:
        rows = rows.merge(
            read(expected.joined),
            on=list(BY_TABLE[expected.joined].key),
            how="left",
            validate="m:1",
            suffixes=("", "_joined"),
        )
    lacking = sorted({*expected.where, *filter(None, [expected.sum])} - set(rows.columns))
    if lacking:
        raise ConfigError(f"expected {expected.what!r}: {expected.table} has no column {', '.join(lacking)}.")
    for column, value in expected.where.items():
        rows = rows[(rows[column] == value).fillna(False).astype(bool)]
    unknown = int(rows[expected.sum].isna().sum()) if expected.sum else 0
    found = float(rows[expected.sum].sum()) if expected.sum else float(len(rows))
    if unknown != expected.unknown:
        return (
            DIFFERS,
            f"{expected.what}: {found:,.0f} and {unknown} rows without a number, where {expected.unknown} are expected",
        )
    if expected.value is None:
        raise ConfigError(f"expected {expected.what!r} gives no total.")
    agrees = abs(found - expected.value) <= expected.tolerance
    said = f"as {expected.source} says" if agrees else f"but {expected.source} says {expected.value:,.0f}"
    return AGREES if agrees else DIFFERS, f"{expected.what}: {found:,.0f}, {said}"
