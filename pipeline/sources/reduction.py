"""Rows that share a key: summed, put together or left out where the study declares it."""

from __future__ import annotations

import pandas as pd

from pipeline.columns import BY_NAME
from pipeline.sources.mapping import Mapped

# What does not apply takes nothing from a sum; all else that is absent makes it absent.
_WORST_OF_SUM = ("suppressed", "unreliable", "not_reported", "reported", "not_applicable")


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
        where = [
            f"row {r} ({', '.join(f'{k}={v}' for k, v in zip(key, values, strict=True))})"
            for r, *values in shown[["__row__", *key]].itertuples(index=False)
        ]
        work.faults.add(
            "E-KEY-DUP",
            f"rows share the key ({', '.join(key)})",
            where,
            "Keep one of them (`keep`, `drop`), declare `sum_over` for what is to be summed, or `repeats: copies` where rows are identical.",
        )
        return out
    content = pd.DataFrame(out.loc[doubled].drop(columns="__row__"))
    if "geometry" in content.columns:
        content["geometry"] = [g.wkb_hex if g is not None else "" for g in content["geometry"]]
    copies = content.duplicated(keep="first").reindex(out.index, fill_value=False)
    if copies.any():
        work.ledger.loss(
            work.subject,
            "copies of rows left out",
            count=int(copies.sum()),
            unit="rows",
            item=f"row {out.loc[copies, '__row__'].iloc[0]}",
        )
    out = out[~copies]
    if work.options["repeats"] == "parts" and "geometry" in out.columns:
        out = _dissolve(work, out, key)
    differing = out.duplicated(key, keep="first")
    if differing.any() and work.options["repeats"] == "first":
        work.ledger.loss(
            work.subject,
            f"rows that share the key ({', '.join(key)}) with an earlier row and differ from it left out",
            count=int(differing.sum()),
            unit="rows",
            item=f"row {out.loc[differing, '__row__'].iloc[0]}",
        )
        out = out[~differing]
    elif differing.any():
        work.faults.add(
            "E-KEY-DUP",
            f"rows share the key ({', '.join(key)}) and are no copies of each other",
            [f"row {r}" for r in out.loc[differing, "__row__"]],
            "Correct the file, or declare `repeats: first` to take the first of them.",
        )
    return out


def _dissolve(work: Mapped, out: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    """Parts of one area put together; all their other columns must agree."""
    import shapely

    several = out.duplicated(key, keep=False)
    others = [c for c in out.columns if c not in (*key, "__row__", "geometry")]
    unlike = (
        (out.groupby(key)[others].transform("nunique", dropna=False) > 1).any(axis=1) if others else several & False
    )
    work.faults.add(
        "E-PARTS",
        f"parts of one area ({', '.join(key)}) differ in {', '.join(others)}",
        [f"row {r}" for r in out.loc[unlike, "__row__"]],
        "Correct the file; parts of one area say the same of it.",
    )
    if unlike.any() or not several.any():
        return out
    parts = out[several].groupby(key, sort=False)["geometry"].agg(lambda shapes: shapely.union_all(list(shapes)))
    first = (
        out[several]
        .drop_duplicates(key)
        .drop(columns="geometry")
        .merge(parts.reset_index(), on=key, validate="one_to_one")
    )
    work.ledger.repair(
        work.subject,
        "rows that are parts of one area put together",
        before=int(several.sum()),
        after=len(first),
        unit="rows",
    )
    whole = pd.concat([out[~several], first], ignore_index=True).sort_values("__row__", kind="stable")
    for name in others:
        # the sum of a published file counts an area once for each part: the ledger explains the difference
        if BY_NAME[name].kind == "count" and out[name].sum() != whole[name].sum():
            work.ledger.repair(
                name,
                f"{work.subject}: each area counted once, not each of its parts",
                before=float(out[name].sum()),
                after=float(whole[name].sum()),
                unit=BY_NAME[name].unit,
            )
    return whole


def _sum(work: Mapped, out: pd.DataFrame, key: list[str]) -> pd.DataFrame:
    over = work.rows.loc[out.index, list(work.options["sum_over"])]
    doubled = pd.concat([out[key], over], axis=1).duplicated(keep=False)
    work.faults.add(
        "E-KEY-DUP",
        f"rows are equal in ({', '.join(key)}) and in all of sum_over ({', '.join(over.columns)})",
        [f"row {r}" for r in out.loc[doubled, "__row__"]],
        "These would be counted twice: correct the file, or name the column that tells them apart.",
    )
    counts = [c for c in out.columns if c not in ("__row__", "geometry") and BY_NAME[c].kind == "count"]
    others = [c for c in out.columns if c not in (*counts, *key, "__row__", "value_status", "geometry")]
    groups = out.groupby(key, sort=False, dropna=False)
    for name in others:
        unlike = groups[name].transform("nunique", dropna=False) > 1
        work.faults.add(
            "E-SUM",
            f"{name} differs between rows that are summed",
            [f"row {r}" for r in out.loc[unlike, "__row__"]],
            "Only counts can be summed: leave the column out, or keep one row.",
        )
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
        ranks = out["value_status"].map(_WORST_OF_SUM.index)
        summed["value_status"] = (
            ranks.groupby([out[k] for k in key], sort=False).min().map(lambda i: _WORST_OF_SUM[int(i)])
        )
    work.ledger.note(work.subject, f"{len(out):,} rows summed over {', '.join(over.columns)} to {len(summed):,}")
    return summed.reset_index()
