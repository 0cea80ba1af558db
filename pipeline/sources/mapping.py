"""The mapping language: a district's own columns and codes to an input table of ours.

Everything is declared in the study; nothing is guessed. All unknown codes, unreadable numbers
and damaged ids of a file come in one message, and what is left out, repaired or absent is in
the ledger. ``docs/studies.md`` explains it to those who write a study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
from typing import Any

import pandas as pd

from pipeline.columns import ABSENCE, BY_NAME
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.origins import SourceEntry
from pipeline.sources.faults import Faults, refuse
from pipeline.tables import Table

# Options of both readers that say how values become ours.
VALUE_OPTIONS: dict[str, Any] = {
    "join": {},
    "separator": {},
    "prefix": {},
    "pad": {},
    "length": {},
    "whole": (),
    "scale": {},
    "round": (),
    "complement": {},
    "span": None,
    "unpivot": None,
    "year_of": "start",
    "otherwise": {},
    "sum_over": (),
    "repeats": None,
    "lookup": None,
}
INTERVAL = ("pupils", "pupils_low", "pupils_high")


@dataclass
class Mapped:
    """A file on its way to a table: its rows, the study's words for it, and what was found."""

    entry: SourceEntry
    table: Table
    options: Mapping[str, Any]
    subject: str
    rows: pd.DataFrame
    ledger: Ledger
    faults: Faults = field(default_factory=Faults)
    states: dict[str, pd.Series] = field(default_factory=dict)
    mixed: Mapping[str, str] = field(default_factory=dict)


def check_words(entry: SourceEntry, table: Table, options: Mapping[str, Any], *, has_shapes: bool) -> None:
    """Hold a source's mapping to the table it feeds before any file is opened.

    Raises
    ------
    ConfigError
        Naming every unknown column of ours, every required one that nothing fills, and every
        word the mapping language does not have.
    """
    wrong: list[str] = []
    named = {*entry.columns, *entry.constants, *options["join"]}
    spans = {"grade_low", "grade_high"} if options["span"] else set()
    melted = {options["unpivot"]["into"], options["unpivot"]["value"]} if options["unpivot"] else set()
    fills = named | spans | melted
    used = fills | {
        *entry.codes,
        *options["pad"],
        *options["length"],
        *options["whole"],
        *options["scale"],
        *options["round"],
        *options["complement"],
        *options["complement"].values(),
        *options["otherwise"],
        *options["separator"],
        *options["prefix"],
    }
    unknown = sorted(used - set(table.names))
    if unknown:
        wrong.append(f"{table.name} has no column {', '.join(unknown)}; it has {', '.join(table.names)}")
    derived = {"value_status", *INTERVAL[1:], "geometry"}
    lacking = [c for c in table.names if c in table.required and c not in fills | derived]
    wrong += [
        f"nothing fills {c} ({BY_NAME[c].meaning}): name its column under `columns`, or give one value under `constants`"
        for c in lacking
    ]
    if "geometry" in table.required and not has_shapes:
        wrong.append(f"{table.name} needs shapes: use the reader `shapes`, or `lookup` a file of shapes")
    twice = sorted(
        {*entry.columns} & {*entry.constants}
        | {*entry.columns} & {*options["join"]}
        | {*entry.constants} & {*options["join"]}
    )
    if twice:
        wrong.append(f"{', '.join(twice)} is filled twice")
    reasons = sorted(set(entry.absent) - (set(ABSENCE) - {"reported"}) - {"zero"})
    if reasons:
        wrong.append(
            f"`absent` has no reason {', '.join(reasons)}; there are suppressed, not_reported, not_applicable, unreliable and zero"
        )
    counts = [c for c in (*options["round"], *chain(*options["complement"].items())) if c in BY_NAME]
    uncounted = sorted(c for c in set(counts) if BY_NAME[c].kind != "count")
    if uncounted:
        wrong.append(f"`round` and `complement` are for counts, and not for {', '.join(uncounted)}")
    unfilled = sorted(set(chain(*options["complement"].items())) - fills)
    if unfilled:
        wrong.append(f"`complement` needs {', '.join(unfilled)}, which nothing fills")
    unfit = sorted(c for c, factor in options["scale"].items() if not isinstance(factor, int | float) or factor <= 0)
    if unfit:
        wrong.append(f"`scale` of {', '.join(unfit)} must be a number above 0")
    if options["sum_over"] and table.is_spatial:
        wrong.append("`sum_over` is for tables without shapes; parts of a zone are put together later")
    for name, allowed in (("year_of", ("start", "end", "as_is")), ("repeats", (None, "copies", "first", "parts"))):
        if options[name] not in allowed:
            wrong.append(f"`{name}` must be one of {', '.join(str(a) for a in allowed if a)}, not {options[name]!r}")
    if wrong:
        raise ConfigError(f"source {entry.id}:" + "".join(f"\n  - {w}" for w in wrong))


def require_columns(rows: pd.DataFrame, theirs: Sequence[str], subject: str) -> None:
    """Refuse a file without a column that the mapping names."""
    lacking = [c for c in dict.fromkeys(theirs) if c not in rows.columns]
    faults = Faults()
    has = ", ".join(str(c) for c in rows.columns if not str(c).startswith("__") and c != "geometry")
    faults.add(
        "E-COLUMNS",
        f"the file has no column {', '.join(map(repr, lacking))}",
        [f"it has {has}"] if lacking else [],
        "Correct the names in the source's mapping, or check `header_row` and `delimiter`.",
    )
    faults.raise_if_any(subject)


def theirs_of(entry: SourceEntry, options: Mapping[str, Any]) -> list[str]:
    """Every column of the file that the mapping speaks of."""
    unpivot = options["unpivot"] or {"columns": {}}
    span = [options["span"]["column"]] if options["span"] else []
    joined = [c for parts in options["join"].values() for c in parts]
    return [
        *entry.columns.values(),
        *joined,
        *unpivot["columns"],
        *span,
        *entry.keep,
        *entry.drop,
        *options["sum_over"],
    ]


def filter_rows(rows: pd.DataFrame, entry: SourceEntry, subject: str, ledger: Ledger) -> pd.DataFrame:
    """Rows that ``keep`` and ``drop`` leave; what they take is counted in the ledger."""
    if rows.empty:
        raise refuse(
            subject,
            "E-NO-ROWS",
            "the file has no rows",
            "nothing below the header",
            "Fetch it again, or take it out of the source's `files`.",
        )
    words = [("keep", *item) for item in entry.keep.items()] + [("drop", *item) for item in entry.drop.items()]
    for word, column, tokens in words:
        values = [t.strip() for t in tokens]
        for token in values:
            if not (rows[column] == token).any():
                ledger.note(subject, f"{word} names a value of {column} that no row has", item=token)
        named = rows[column].isin(values)
        gone = ~named if word == "keep" else named
        if gone.any():
            numbers = rows.loc[gone, column].value_counts().sort_index()
            listed = ", ".join(f"{v or '(empty)'} {n:,}" for v, n in numbers.head(8).items()) + (
                f" and {len(numbers) - 8} more" if len(numbers) > 8 else ""
            )
            ledger.loss(subject, f"rows left out by {word}, {column}: {listed}", count=int(gone.sum()), unit="rows")
        rows = rows[~gone]
    if rows.empty:
        raise refuse(
            subject,
            "E-NO-ROWS",
            "`keep` and `drop` leave no row",
            ", ".join([*entry.keep, *entry.drop]),
            "Check their values against the file.",
        )
    return rows


def melt(rows: pd.DataFrame, unpivot: Mapping[str, Any] | None) -> pd.DataFrame:
    """Columns to rows: one row for each of ``unpivot.columns``, in file order."""
    if not unpivot:
        return rows
    others = [c for c in rows.columns if c not in unpivot["columns"]]
    parts = []
    for order, (theirs, ours) in enumerate(unpivot["columns"].items()):
        part = rows[others].copy()
        part["__into__"], part["__value__"], part["__order__"] = ours, rows[theirs], order
        parts.append(part)
    return (
        pd.concat(parts, ignore_index=True)
        .sort_values(["__row__", "__order__"], kind="stable")
        .drop(columns="__order__")
        .reset_index(drop=True)
    )
