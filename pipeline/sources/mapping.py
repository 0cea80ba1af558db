"""The mapping language: a district's own columns and codes to an input table of ours.

Everything is declared in the study; nothing is guessed. All unknown codes, unreadable numbers
and damaged ids of a file come in one message, and what is left out, repaired or absent is in
the ledger. ``docs/studies.md`` explains it to those who write a study.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pandas as pd

from pipeline.columns import ABSENCE, BY_NAME, KINDS
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.origins import SourceEntry
from pipeline.sources.faults import Faults
from pipeline.sources.values import parse_number, places, text_id
from pipeline.sources.words import NO, YES, dated_span, fall_of, grade_of, span_of, year_of_date
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
    "span": None,
    "unpivot": None,
    "year_of": "start",
    "otherwise": {},
    "sum_over": (),
    "repeats": None,
    "lookup": None,
}
_INTERVAL = ("pupils", "pupils_low", "pupils_high")
# The worst first: a sum is as absent as its worst part.
_WORST = ("suppressed", "unreliable", "not_reported", "not_applicable", "reported")


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
    used = fills | {*entry.codes, *options["pad"], *options["length"], *options["whole"], *options["scale"], *options["otherwise"], *options["separator"], *options["prefix"]}
    unknown = sorted(used - set(table.names))
    if unknown:
        wrong.append(f"{table.name} has no column {', '.join(unknown)}; it has {', '.join(table.names)}")
    derived = {"value_status", *_INTERVAL[1:], "geometry"}
    lacking = [c for c in table.names if c in table.required and c not in fills | derived]
    wrong += [f"nothing fills {c} ({BY_NAME[c].meaning}): name its column under `columns`, or give one value under `constants`" for c in lacking]
    if "geometry" in table.required and not has_shapes:
        wrong.append(f"{table.name} needs shapes: use the reader `shapes`, or `lookup` a file of shapes")
    twice = sorted({*entry.columns} & {*entry.constants} | {*entry.columns} & {*options["join"]} | {*entry.constants} & {*options["join"]})
    if twice:
        wrong.append(f"{', '.join(twice)} is filled twice")
    reasons = sorted(set(entry.absent) - (set(ABSENCE) - {"reported"}) - {"zero"})
    if reasons:
        wrong.append(f"`absent` has no reason {', '.join(reasons)}; there are suppressed, not_reported, not_applicable, unreliable and zero")
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
    faults.add("E-COLUMNS", f"the file has no column {', '.join(map(repr, lacking))}", [f"it has {has}"] if lacking else [], "Correct the names in the source's mapping, or check `header_row` and `delimiter`.")
    faults.raise_if_any(subject)


def theirs_of(entry: SourceEntry, options: Mapping[str, Any]) -> list[str]:
    """Every column of the file that the mapping speaks of."""
    unpivot = options["unpivot"] or {"columns": {}}
    span = [options["span"]["column"]] if options["span"] else []
    joined = [c for parts in options["join"].values() for c in parts]
    return [*entry.columns.values(), *joined, *unpivot["columns"], *span, *entry.keep, *entry.drop, *options["sum_over"]]


def filter_rows(rows: pd.DataFrame, entry: SourceEntry, subject: str, ledger: Ledger) -> pd.DataFrame:
    """Rows that ``keep`` and ``drop`` leave; what they take is counted in the ledger."""
    for column, tokens in (*entry.keep.items(), *entry.drop.items()):
        is_keep = column in entry.keep and tokens is entry.keep[column]
        named = rows[column].isin([t.strip() for t in tokens])
        for token in tokens:
            if not (rows[column] == token.strip()).any():
                ledger.note(subject, f"{'keep' if is_keep else 'drop'} names a value of {column} that no row has", item=token)
        gone = ~named if is_keep else named
        if gone.any():
            values = rows.loc[gone, column].value_counts().sort_index()
            listed = ", ".join(f"{v or '(empty)'} {n:,}" for v, n in values.head(8).items()) + (f" and {len(values) - 8} more" if len(values) > 8 else "")
            ledger.loss(subject, f"rows left out by {'keep' if is_keep else 'drop'}, {column}: {listed}", count=int(gone.sum()), unit="rows")
        rows = rows[~gone]
    if rows.empty:
        faults = Faults()
        faults.add("E-NO-ROWS", "`keep` and `drop` leave no row", [", ".join([*entry.keep, *entry.drop]) or "the table is empty"], "Check their values against the file.")
        faults.raise_if_any(subject)
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
    return pd.concat(parts, ignore_index=True).sort_values(["__row__", "__order__"], kind="stable").drop(columns="__order__").reset_index(drop=True)


def map_values(work: Mapped) -> pd.DataFrame:
    """Our columns from theirs, each by its kind; faults are collected in ``work.faults``."""
    out = pd.DataFrame(index=work.rows.index)
    out["__row__"] = work.rows["__row__"]
    if work.options["span"]:
        out["grade_low"], out["grade_high"] = _spans(work)
    for name in work.table.names:
        cells = _cells(work, name)
        if cells is not None:
            out[name] = _typed(work, name, cells)
    _absences(work, out)
    return out


def _cells(work: Mapped, name: str) -> pd.Series | None:
    """Text of one of our columns, codes translated; None where the mapping does not speak of it."""
    entry, options, rows = work.entry, work.options, work.rows
    unpivot = options["unpivot"] or {}
    if name in entry.constants:
        value = entry.constants[name]
        return pd.Series(str(value).lower() if isinstance(value, bool) else str(value), index=rows.index, dtype="str")
    if name in options["join"]:
        widths = options["pad"].get(name) or [0] * len(options["join"][name])
        parts = [rows[c].str.zfill(w) if w else rows[c] for c, w in zip(options["join"][name], widths, strict=True)]
        blank = pd.concat([rows[c] == "" for c in options["join"][name]], axis=1).any(axis=1)
        joined = parts[0]
        for part in parts[1:]:
            joined = joined + options["separator"].get(name, "") + part
        cells = joined.mask(blank, "")
    elif name == unpivot.get("into"):
        return rows["__into__"].astype("str")
    elif name == unpivot.get("value"):
        cells = rows["__value__"]
    elif name in entry.columns:
        cells = rows[entry.columns[name]]
    else:
        return None
    return _translate(work, name, cells)


def _translate(work: Mapped, name: str, cells: pd.Series) -> pd.Series:
    codes = {k.strip(): v for k, v in work.entry.codes.get(name, {}).items()}
    column = BY_NAME[name]
    if not codes and not column.values:
        return cells
    known = dict(codes)
    for cell in cells.unique():
        if cell in known:
            continue
        own = cell if cell in column.values else (grade_of(cell) if name in ("grade", "grade_low", "grade_high") else None)
        if own:
            known[cell] = own
        elif cell == "" and name not in work.table.required:
            known[cell] = ""
        elif name in work.options["otherwise"]:
            known[cell] = cell if work.options["otherwise"][name] == "as_is" else work.options["otherwise"][name]
    unknown = ~cells.isin(list(known))
    dated = unknown & cells.map(lambda c: dated_span(c) is not None) if name.startswith("grade") else unknown & False
    work.faults.add("E-GRADE-DATE", f"a spreadsheet has turned grades of {name} into dates", places(dated, cells, name, work.rows["__row__"]), "Correct the cells, or map them under `codes`.")
    rest = unknown & ~dated
    if rest.any():
        listed = ", ".join(repr(c) for c in sorted(cells[rest].unique()))
        known_words = f" (ours are {', '.join(column.values)})" if column.values else ""
        work.faults.add("E-CODE", f"{name} has codes that are not mapped: {listed}", places(rest, cells, name, work.rows["__row__"]), f"Map each under codes.{name} of the source{known_words}, or drop the rows.")
    return cells.map(lambda c: known.get(c, "")).astype("str")


def _typed(work: Mapped, name: str, cells: pd.Series) -> pd.Series:
    kind, rows, required = BY_NAME[name].kind, work.rows["__row__"], name in work.table.required
    if kind == "key":
        cells = _ids(work, name, cells)
    if KINDS[kind] == "str":
        if required:
            coded = set(BY_NAME[name].values)
            blank = (cells == "") & (not coded)
            work.faults.add("E-EMPTY-CELL", f"{name} is empty", places(blank, cells, name, rows), "Fill it, or leave the rows out with `drop` (an empty value is \"\").")
        return cells.where(cells != "", None).astype("str")
    if kind == "flag":
        return _flags(work, name, cells)
    if kind == "year":
        return _years(work, name, cells)
    return _numbers(work, name, cells)


def _ids(work: Mapped, name: str, cells: pd.Series) -> pd.Series:
    rows, options = work.rows["__row__"], work.options
    if name in options["whole"]:
        decimal = cells.str.fullmatch(r"\d+\.0+")
        if decimal.any():
            work.ledger.repair(work.subject, f"{name}: decimals taken from ids such as {cells[decimal].iloc[0]}", before=int(decimal.sum()), after=int(decimal.sum()), unit="ids")
            cells = cells.where(~decimal, cells.str.replace(r"\.0+$", "", regex=True))
    width = options["pad"].get(name)
    if isinstance(width, int):
        short = cells.str.fullmatch(r"\d+") & (cells.str.len() < width)
        if short.any():
            work.ledger.repair(work.subject, f"{name}: leading zeros restored to {width} digits, such as {cells[short].iloc[0]}", before=int(short.sum()), after=int(short.sum()), unit="ids")
            cells = cells.where(~short, cells.str.zfill(width))
    theirs = work.entry.columns.get(name, "")
    if theirs in work.mixed and width is None and name not in options["length"]:
        work.faults.add("E-ID-MIXED", f"{name} ({theirs}) is a number in some features and text in others, so that 0601 and 601 may be one zone or two", [work.mixed[theirs]], "Export it as text throughout, or declare `pad` or `length`.")
    ids = text_id(cells, length=options["length"].get(name), what=name, rows=rows, faults=work.faults)
    return (options["prefix"][name] + ids).where(ids != "", "") if name in options["prefix"] else ids


def _flags(work: Mapped, name: str, cells: pd.Series) -> pd.Series:
    lower = cells.str.lower()
    unknown = ~lower.isin(YES | NO)
    listed = ", ".join(repr(c) for c in sorted(cells[unknown].unique()))
    work.faults.add("E-CODE", f"{name} is neither yes nor no: {listed}", places(unknown, cells, name, work.rows["__row__"]), f'Map each under codes.{name} to "true" or "false".')
    return lower.isin(YES)


def _years(work: Mapped, name: str, cells: pd.Series) -> pd.Series:
    tokens = {t.strip() for ts in work.entry.absent.values() for t in ts}
    is_fall = name.endswith("_fall") or name == "fall_year"
    how = work.options["year_of"] if name == "fall_year" and name not in work.entry.constants else "as_is"
    read = {c: (fall_of(c, how) if is_fall else year_of_date(c)) for c in cells.unique()}
    absent = cells.isin(tokens | {""}) & (name not in work.table.required)
    unread = cells.map(lambda c: read[c] is None) & ~absent
    listed = ", ".join(repr(c) for c in sorted(cells[unread].unique())[:12])
    work.faults.add("E-YEAR", f"{name} is not a year: {listed}", places(unread, cells, name, work.rows["__row__"]), "Write 2024-25, 2024 or a date, or map each label under `codes`.")
    if name != "fall_year" and absent.any():
        work.ledger.absence(work.subject, f"{name} not reported", count=int(absent.sum()))
    return cells.map(lambda c: read[c]).astype("Int64")


def _numbers(work: Mapped, name: str, cells: pd.Series) -> pd.Series:
    rows, kind = work.rows["__row__"], BY_NAME[name].kind
    absent = {reason: tokens for reason, tokens in work.entry.absent.items() if reason != "zero"}
    zero = cells.isin([t.strip() for t in work.entry.absent.get("zero", ())])
    values, status = parse_number(cells.where(~zero, "0"), entry=work.entry, what=name, absent=absent, rows=rows, faults=work.faults)
    factor = work.options["scale"].get(name)
    if factor is not None:
        values = values * float(factor)
    if kind in ("count", "ratio", "margin", "measure"):
        negative = (values < 0).fillna(False).astype(bool)
        work.faults.add("E-NEGATIVE", f"{name} is negative", places(negative, cells, name, rows), "It is a code for a missing value: declare it under `absent`.")
    if kind == "share":
        beyond = ((values > 1 + 1e-9) | (values < 0)).fillna(False).astype(bool)
        work.faults.add("E-SHARE", f"{name} is a share, 0 to 1", places(beyond, cells, name, rows), f"If the file gives percent, declare `scale: {{{name}: 0.01}}`.")
    if name in work.table.required:
        missing = values.isna() & cells.isin([*work.entry.absent.get("suppressed", ()), "", *(t for ts in absent.values() for t in ts)])
        work.faults.add("E-EMPTY-CELL", f"{name} has no number", places(missing, cells, name, rows), "Fill it, leave the rows out with `drop`, or declare the token under absent.zero.")
    work.states[name] = status
    return values.astype("float64")


def _spans(work: Mapped) -> tuple[pd.Series, pd.Series]:
    word = work.options["span"]
    cells, rows = work.rows[word["column"]], work.rows["__row__"]
    codes, repair = word.get("codes", {}), bool(word.get("repair_dates", False))
    texts = {c: codes.get(c, c) for c in cells.unique()}
    dated = {c for c, text in texts.items() if dated_span(text) is not None}
    if repair and dated:
        for cell in sorted(dated):
            texts[cell] = dated_span(texts[cell]) or ""
            work.ledger.repair(work.subject, f"{word['column']}: {cell} was {texts[cell]} before a spreadsheet made a date of it", item=cell, before=int((cells == cell).sum()), after=int((cells == cell).sum()), unit="cells")
    elif dated:
        example = next(iter(sorted(dated)))
        work.faults.add("E-GRADE-DATE", f"a spreadsheet has turned grades into dates: {dated_span(texts[example])} was turned into {example}", places(cells.isin(dated), cells, word["column"], rows), "Correct the cells, or declare the repair with `repair_dates: true` under `span`.")
    read = {c: ("", "") if text == "" else span_of(text) for c, text in texts.items() if repair or c not in dated}
    unknown = cells.map(lambda c: c in read and read[c] is None)
    listed = ", ".join(repr(c) for c in sorted(cells[unknown].unique()))
    work.faults.add("E-CODE", f"{word['column']} has grade spans that are not understood: {listed}", places(unknown, cells, word["column"], rows), "Map each under span.codes, such as E: KG-05.")
    ends = cells.map(lambda c: read.get(c) or ("", ""))
    low, high = (ends.map(lambda pair, i=i: pair[i] or None).astype("str") for i in (0, 1))
    return low, high


def _absences(work: Mapped, out: pd.DataFrame) -> None:
    """Status and interval columns, and a ledger line for each reason a number is not there."""
    for name, status in work.states.items():
        for reason, count in status[status != "reported"].value_counts().sort_index().items():
            work.ledger.absence(work.subject, f"{name} {str(reason).replace('_', ' ')}", count=int(count))
    if "value_status" in work.table.names and "value_status" not in out.columns:
        out["value_status"] = worst(pd.DataFrame(work.states)) if work.states else pd.Series("not_reported", index=out.index, dtype="str")
    if "pupils_low" in work.table.names and "pupils" in out.columns:
        low, high = work.entry.suppressed_range or (0.0, float("nan"))
        hidden = out["value_status"] == "suppressed"
        for name, bound in (("pupils_low", low), ("pupils_high", high)):
            if name not in work.entry.columns:
                out[name] = out["pupils"].where(~hidden, bound)
        out["pupils"] = out["pupils"].where(~hidden)


def worst(states: pd.DataFrame) -> pd.Series:
    """The worst of several reasons, row by row.

    >>> worst(pd.DataFrame({"tested": ["reported", "reported"], "meeting": ["suppressed", "reported"]})).tolist()
    ['suppressed', 'reported']
    """
    ranks = states.apply(lambda s: s.map(_WORST.index))
    return ranks.min(axis=1).map(lambda rank: _WORST[int(rank)]).astype("str")


def reduce_rows(work: Mapped, out: pd.DataFrame) -> pd.DataFrame:
    """Rows that share a key, summed or reduced where the study declares it."""
    key = list(work.table.key)
    if not key or work.faults:
        return out
    if work.options["sum_over"]:
        return _sum(work, out, key)
    doubled = out.duplicated(key, keep=False)
    if not doubled.any():
        return out
    if work.options["repeats"] is None:
        shown = out[doubled].sort_values(key, kind="stable")
        where = [f"row {r} ({', '.join(f'{k}={v}' for k, v in zip(key, values, strict=True))})" for r, *values in shown[["__row__", *key]].itertuples(index=False)]
        work.faults.add("E-KEY-DUP", f"rows share the key ({', '.join(key)})", where, "Keep one of them (`keep`, `drop`), declare `sum_over` for what is to be summed, or `repeats: copies` where rows are identical.")
        return out
    content = out.drop(columns="__row__").copy()
    if "geometry" in content.columns:
        content["geometry"] = content["geometry"].map(lambda g: g.wkb_hex if g is not None else "")
    copies = content.duplicated(keep="first")
    if copies.any():
        work.ledger.loss(work.subject, "copies of rows left out", count=int(copies.sum()), unit="rows", item=f"row {out.loc[copies, '__row__'].iloc[0]}")
    out = out[~copies]
    if work.options["repeats"] == "parts" and "geometry" in out.columns:
        out = _dissolve(work, out, key)
    differing = out.duplicated(key, keep="first")
    if differing.any() and work.options["repeats"] == "first":
        work.ledger.loss(work.subject, f"rows that share the key ({', '.join(key)}) with an earlier row and differ from it left out", count=int(differing.sum()), unit="rows", item=f"row {out.loc[differing, '__row__'].iloc[0]}")
        out = out[~differing]
    elif differing.any():
        work.faults.add("E-KEY-DUP", f"rows share the key ({', '.join(key)}) and are no copies of each other", [f"row {r}" for r in out.loc[differing, "__row__"]], "Correct the file, or declare `repeats: first` to take the first of them.")
    return out


def _dissolve(work: Mapped, out: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Parts of one area put together; all their other columns must agree."""
    import shapely

    several = out.duplicated(key, keep=False)
    others = [c for c in out.columns if c not in (*key, "__row__", "geometry")]
    unlike = (out.groupby(key)[others].transform("nunique", dropna=False) > 1).any(axis=1) if others else several & False
    work.faults.add("E-PARTS", f"parts of one area ({', '.join(key)}) differ in {', '.join(others)}", [f"row {r}" for r in out.loc[unlike, "__row__"]], "Correct the file; parts of one area say the same of it.")
    if unlike.any() or not several.any():
        return out
    parts = out[several].groupby(key, sort=False)["geometry"].agg(lambda shapes: shapely.union_all(list(shapes)))
    first = out[several].drop_duplicates(key).drop(columns="geometry").merge(parts.reset_index(), on=key, validate="one_to_one")
    work.ledger.repair(work.subject, "rows that are parts of one area put together", before=int(several.sum()), after=len(first), unit="rows")
    return pd.concat([out[~several], first], ignore_index=True).sort_values("__row__", kind="stable")


def _sum(work: Mapped, out: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    over = work.rows.loc[out.index, list(work.options["sum_over"])]
    doubled = pd.concat([out[key], over], axis=1).duplicated(keep=False)
    work.faults.add("E-KEY-DUP", f"rows are equal in ({', '.join(key)}) and in all of sum_over ({', '.join(over.columns)})", [f"row {r}" for r in out.loc[doubled, "__row__"]], "These would be counted twice: correct the file, or name the column that tells them apart.")
    counts = [c for c in out.columns if c not in ("__row__", "geometry") and BY_NAME[c].kind == "count"]
    others = [c for c in out.columns if c not in (*counts, *key, "__row__", "value_status", "geometry")]
    groups = out.groupby(key, sort=False, dropna=False)
    for name in others:
        unlike = groups[name].transform("nunique", dropna=False) > 1
        work.faults.add("E-SUM", f"{name} differs between rows that are summed", [f"row {r}" for r in out.loc[unlike, "__row__"]], "Only counts can be summed: leave the column out, or keep one row.")
    if work.faults:
        return out
    states = pd.DataFrame({c: work.states[c].loc[out.index] for c in counts if c in work.states})
    summed = groups[["__row__", *others]].first()
    for name in counts:
        partner = name if name in states else "pupils"
        applies = states[partner] != "not_applicable" if partner in states else out[name].notna() | True
        values = out[name].where(applies, 0.0)
        total = values.groupby([out[k] for k in key], sort=False).agg(lambda v: v.sum(skipna=False))
        summed[name] = total
    if not states.empty:
        for name in states:
            none = (states[name] == "not_applicable").groupby([out[k] for k in key], sort=False).all()
            summed[name] = summed[name].mask(none)
    if "value_status" in out.columns:
        ranks = out["value_status"].map({s: i for i, s in enumerate(("suppressed", "unreliable", "not_reported", "reported", "not_applicable"))})
        summed["value_status"] = ranks.groupby([out[k] for k in key], sort=False).min().map(lambda i: ("suppressed", "unreliable", "not_reported", "reported", "not_applicable")[int(i)])
    work.ledger.note(work.subject, f"{len(out):,} rows summed over {', '.join(over.columns)} to {len(summed):,}")
    return summed.reset_index()
