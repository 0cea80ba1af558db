"""Cells of a district's columns to values of ours, each by the kind of its column."""

from __future__ import annotations

import pandas as pd

from pipeline.columns import BY_NAME, KINDS
from pipeline.sources.mapping import Mapped
from pipeline.sources.values import parse_number, places, several_ids, text_id
from pipeline.sources.words import NO, YES, dated_span, fall_of, grade_of, span_of, year_of_date

# The worst first: a row is as absent as its worst number.
_WORST = ("suppressed", "unreliable", "not_reported", "not_applicable", "reported")


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
    for name, whole in work.options["complement"].items():
        out[name] = _rest(work, name, out[whole] - out[name])
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
        own = (
            cell
            if cell in column.values
            else (grade_of(cell) if name in ("grade", "grade_low", "grade_high") else None)
        )
        if own:
            known[cell] = own
        elif cell == "" and name not in work.table.required:
            known[cell] = ""
        elif name in work.options["otherwise"]:
            known[cell] = cell if work.options["otherwise"][name] == "as_is" else work.options["otherwise"][name]
    unknown = ~cells.isin(list(known))
    dated = unknown & cells.map(lambda c: dated_span(c) is not None) if name.startswith("grade") else unknown & False
    work.faults.add(
        "E-GRADE-DATE",
        f"a spreadsheet has turned grades of {name} into dates",
        places(dated, cells, name, work.rows["__row__"]),
        "Correct the cells, or map them under `codes`.",
    )
    rest = unknown & ~dated
    if rest.any():
        listed = ", ".join(repr(c) for c in sorted(cells[rest].unique()))
        known_words = f" (ours are {', '.join(column.values)})" if column.values else ""
        work.faults.add(
            "E-CODE",
            f"{name} has codes that are not mapped: {listed}",
            places(rest, cells, name, work.rows["__row__"]),
            f"Map each under codes.{name} of the source{known_words}, or drop the rows.",
        )
    return cells.map(lambda c: known.get(c, "")).astype("str")


def _typed(work: Mapped, name: str, cells: pd.Series) -> pd.Series:
    kind, rows, required = BY_NAME[name].kind, work.rows["__row__"], name in work.table.required
    if kind == "key":
        cells = _ids(work, name, cells)
    if name == "community_ids":
        cells = several_ids(cells)
    if KINDS[kind] == "str":
        if required:
            coded = set(BY_NAME[name].values)
            blank = (cells == "") & (not coded)
            work.faults.add(
                "E-EMPTY-CELL",
                f"{name} is empty",
                places(blank, cells, name, rows),
                'Fill it, or leave the rows out with `drop` (an empty value is "").',
            )
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
            work.ledger.repair(
                work.subject,
                f"{name}: decimals taken from ids such as {cells[decimal].iloc[0]}",
                before=int(decimal.sum()),
                after=int(decimal.sum()),
                unit="ids",
            )
            cells = cells.where(~decimal, cells.str.replace(r"\.0+$", "", regex=True))
    width = options["pad"].get(name)
    if isinstance(width, int):
        short = cells.str.fullmatch(r"\d+") & (cells.str.len() < width)
        if short.any():
            work.ledger.repair(
                work.subject,
                f"{name}: leading zeros restored to {width} digits, such as {cells[short].iloc[0]}",
                before=int(short.sum()),
                after=int(short.sum()),
                unit="ids",
            )
            cells = cells.where(~short, cells.str.zfill(width))
    theirs = work.entry.columns.get(name, "")
    if theirs in work.mixed and width is None and name not in options["length"]:
        work.faults.add(
            "E-ID-MIXED",
            f"{name} ({theirs}) is a number in some features and text in others, so that 0601 and 601 may be one zone or two",
            [work.mixed[theirs]],
            "Export it as text throughout, or declare `pad` or `length`.",
        )
    ids = text_id(cells, length=options["length"].get(name), what=name, rows=rows, faults=work.faults)
    return (options["prefix"][name] + ids).where(ids != "", "") if name in options["prefix"] else ids


def _flags(work: Mapped, name: str, cells: pd.Series) -> pd.Series:
    lower = cells.str.lower()
    unknown = ~lower.isin(YES | NO)
    listed = ", ".join(repr(c) for c in sorted(cells[unknown].unique()))
    work.faults.add(
        "E-CODE",
        f"{name} is neither yes nor no: {listed}",
        places(unknown, cells, name, work.rows["__row__"]),
        f'Map each under codes.{name} to "true" or "false".',
    )
    return lower.isin(YES)


def _years(work: Mapped, name: str, cells: pd.Series) -> pd.Series:
    tokens = {t.strip() for ts in work.entry.absent.values() for t in ts}
    is_fall = name.endswith("_fall") or name == "fall_year"
    how = work.options["year_of"] if name == "fall_year" and name not in work.entry.constants else "as_is"
    read = {c: (fall_of(c, how) if is_fall else year_of_date(c)) for c in cells.unique()}
    absent = cells.isin(tokens | {""}) & (name not in work.table.required)
    unread = cells.map(lambda c: read[c] is None) & ~absent
    listed = ", ".join(repr(c) for c in sorted(cells[unread].unique())[:12])
    work.faults.add(
        "E-YEAR",
        f"{name} is not a year: {listed}",
        places(unread, cells, name, work.rows["__row__"]),
        "Write 2024-25, 2024 or a date, or map each label under `codes`.",
    )
    if name != "fall_year" and absent.any():
        work.ledger.absence(work.subject, f"{name} not reported", count=int(absent.sum()))
    return cells.map(lambda c: read[c]).astype("Int64")


def _numbers(work: Mapped, name: str, cells: pd.Series) -> pd.Series:
    rows, kind = work.rows["__row__"], BY_NAME[name].kind
    absent = {reason: tokens for reason, tokens in work.entry.absent.items() if reason != "zero"}
    zero = cells.isin([t.strip() for t in work.entry.absent.get("zero", ())])
    values, status = parse_number(
        cells.where(~zero, "0"), entry=work.entry, what=name, absent=absent, rows=rows, faults=work.faults
    )
    factor = work.options["scale"].get(name)
    if factor is not None:
        values = values * float(factor)
    if name in work.options["round"]:
        broken = (values.round() != values) & values.notna()
        if broken.any():
            work.ledger.repair(
                work.subject,
                f"{name}: means over the year rounded to whole numbers",
                before=float(values.sum()),
                after=float(values.round().sum()),
                unit=BY_NAME[name].unit,
            )
        values = values.round()
    if kind in ("count", "ratio", "margin", "measure"):
        negative = (values < 0).fillna(False).astype(bool)
        work.faults.add(
            "E-NEGATIVE",
            f"{name} is negative",
            places(negative, cells, name, rows),
            "A negative count is a missing-value code or a typo: declare it under `absent`, or correct it.",
        )
    if kind == "share":
        beyond = ((values > 1 + 1e-9) | (values < 0)).fillna(False).astype(bool)
        work.faults.add(
            "E-SHARE",
            f"{name} is a share, 0 to 1",
            places(beyond, cells, name, rows),
            f"If the file gives percent, declare `scale: {{{name}: 0.01}}`.",
        )
    if name in work.table.required:
        missing = values.isna() & cells.isin(
            [*work.entry.absent.get("suppressed", ()), "", *(t for ts in absent.values() for t in ts)]
        )
        work.faults.add(
            "E-EMPTY-CELL",
            f"{name} has no number",
            places(missing, cells, name, rows),
            "Fill it, leave the rows out with `drop`, or declare the token under absent.zero.",
        )
    work.states[name] = status
    return values.astype("float64")


def _rest(work: Mapped, name: str, rest: pd.Series) -> pd.Series:
    """What remains of the whole, where the file counts those who are not meant."""
    whole = work.options["complement"][name]
    work.faults.add(
        "E-MORE-THAN-ALL",
        f"the file counts more pupils out of {name} than there are in {whole}",
        [f"row {row}" for row in work.rows.loc[rest < 0, "__row__"]],
        "A column has shifted, or the two count different pupils: compare the row with the publisher's file.",
    )
    return rest


def _spans(work: Mapped) -> tuple[pd.Series, pd.Series]:
    word = work.options["span"]
    cells, rows = work.rows[word["column"]], work.rows["__row__"]
    codes, repair = word.get("codes", {}), bool(word.get("repair_dates", False))
    texts = {c: codes.get(c, c) for c in cells.unique()}
    dated = {c for c, text in texts.items() if dated_span(text) is not None}
    if repair and dated:
        for cell in sorted(dated):
            texts[cell] = dated_span(texts[cell]) or ""
            work.ledger.repair(
                work.subject,
                f"{word['column']}: {cell} was {texts[cell]} before a spreadsheet made a date of it",
                item=cell,
                before=int((cells == cell).sum()),
                after=int((cells == cell).sum()),
                unit="cells",
            )
    elif dated:
        example = next(iter(sorted(dated)))
        work.faults.add(
            "E-GRADE-DATE",
            f"a spreadsheet has turned grades into dates: {dated_span(texts[example])} was turned into {example}",
            places(cells.isin(dated), cells, word["column"], rows),
            "Correct the cells, or declare the repair with `repair_dates: true` under `span`.",
        )
    read = {c: ("", "") if text == "" else span_of(text) for c, text in texts.items() if repair or c not in dated}
    unknown = cells.map(lambda c: c in read and read[c] is None)
    listed = ", ".join(repr(c) for c in sorted(cells[unknown].unique()))
    work.faults.add(
        "E-CODE",
        f"{word['column']} has grade spans that are not understood: {listed}",
        places(unknown, cells, word["column"], rows),
        "Map each under span.codes, such as E: KG-05.",
    )
    ends = cells.map(lambda c: read.get(c) or ("", ""))
    low, high = (ends.map(lambda pair, i=i: pair[i] or None).astype("str") for i in (0, 1))
    return low, high


def _absences(work: Mapped, out: pd.DataFrame) -> None:
    """Status and interval columns, and a ledger line for each reason a number is not there."""
    for name, status in work.states.items():
        for reason, count in status[status != "reported"].value_counts().sort_index().items():
            work.ledger.absence(work.subject, f"{name} {str(reason).replace('_', ' ')}", count=int(count))
    if "value_status" in work.table.names and "value_status" not in out.columns:
        out["value_status"] = (
            worst(pd.DataFrame(work.states)) if work.states else pd.Series("not_reported", index=out.index, dtype="str")
        )
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
