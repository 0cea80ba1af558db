"""quality.json: everything that was lost, repaired, suppressed, missing or unreliable, in one place."""

from __future__ import annotations

import json
from typing import Any

import pandas as pd


def report(ledgers: dict[str, pd.DataFrame], disclosure: pd.DataFrame, reliability: dict[str, pd.DataFrame]) -> str:
    """The quality report of one run as JSON text.

    Parameters
    ----------
    ledgers : ledger tables by name (``ledger_<stage>``).
    disclosure : the disclosure report, one row per published table.
    reliability : results with a ``reliability_class``, by table name.

    Returns
    -------
    JSON with ``counts`` (lines by kind), ``balances`` (what went in, arrived, lies outside and
    has no place, by stage and subject), ``matches``, ``hidden_cells``, ``reliability`` (rows by
    class) and ``lines``: every ledger line in order. Numbers are rounded to 6 decimals.
    """
    lines = pd.concat(
        [ledger.assign(stage=name.removeprefix("ledger_")) for name, ledger in ledgers.items()], ignore_index=True
    )
    hidden = disclosure["primary_hidden_cells"] + disclosure["complementary_hidden_cells"]
    content = {
        "counts": {str(kind): int(number) for kind, number in lines["entry"].value_counts().sort_index().items()},
        "balances": _numbers(lines[lines["entry"] == "balance"], ["total", "inside", "outside", "unlocated"]),
        "matches": _numbers(lines[lines["entry"] == "match"], ["total", "inside", "outside"]),
        "hidden_cells": {table: int(count) for table, count in zip(disclosure["public_table"], hidden, strict=True)},
        "reliability": {
            name: {
                str(kind): int(number)
                for kind, number in frame["reliability_class"].value_counts().sort_index().items()
            }
            for name, frame in reliability.items()
        },
        "lines": [_plain(row) for row in lines.to_dict("records")],
    }
    return json.dumps(content, indent=1, ensure_ascii=False, allow_nan=False) + "\n"


def _numbers(lines: pd.DataFrame, columns: list[str]) -> dict[str, dict[str, dict[str, float]]]:
    found: dict[str, dict[str, dict[str, float]]] = {}
    for row in lines.to_dict("records"):
        found.setdefault(str(row["stage"]), {})[str(row["subject_name"])] = {
            c: round(float(row[c]), 6) for c in columns
        }
    return found


def _plain(row: dict[Any, Any]) -> dict[str, Any]:
    return {
        str(key): round(value, 6) if isinstance(value, float) else value
        for key, value in row.items()
        if not (pd.isna(value) or value == "")
    }
