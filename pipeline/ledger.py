"""The child ledger: everything lost, repaired, matched or absent, as rows of one table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from pipeline.errors import LedgerError

if TYPE_CHECKING:
    import pandas as pd

# Counts may differ from their parts by floating point only.
TOLERANCE = 1e-9


class Ledger:
    """Lines one stage writes about what did not simply pass through.

    >>> ledger = Ledger()
    >>> ledger.balance("children 2019-2023", total=100.0, inside=98.0, outside=2.0, unit="children")
    >>> ledger.frame()[["entry", "inside", "outside"]].to_dict("records")
    [{'entry': 'balance', 'inside': 98.0, 'outside': 2.0}]
    """

    def __init__(self) -> None:
        self._lines: list[dict[str, object]] = []

    def _add(self, entry: str, subject: str, reason: str, unit: str, item: str = "", **numbers: float | None) -> None:
        self._lines.append(
            {"entry": entry, "subject_name": subject, "item": item, "reason": reason, "unit_name": unit, **numbers}
        )

    def balance(
        self,
        subject: str,
        *,
        total: float,
        inside: float,
        outside: float = 0.0,
        unlocated: float = 0.0,
        unit: str,
        reason: str = "",
    ) -> None:
        """Record that ``inside + outside + unlocated`` is the total; refuse if it is not.

        Each part is counted by itself; a part taken as what is left of the total proves nothing.
        """
        _require_finite(subject, total=total, inside=inside, outside=outside, unlocated=unlocated)
        parts = inside + outside + unlocated
        slack = TOLERANCE * max(abs(total), 1.0)
        if abs(parts - total) > slack or min(inside, outside, unlocated) < -slack:
            raise LedgerError(
                f"{subject}: {total:,.6f} {unit} went in, but {inside:,.6f} arrived, {outside:,.6f} lie outside and "
                f"{unlocated:,.6f} have no place: {total - parts:,.6f} are lost. This is a fault of the pipeline: please report it."
            )
        # a part may fall below zero by floating point alone
        inside, outside, unlocated = max(inside, 0.0), max(outside, 0.0), max(unlocated, 0.0)
        self._add("balance", subject, reason, unit, total=total, inside=inside, outside=outside, unlocated=unlocated)

    def loss(self, subject: str, reason: str, *, count: float, unit: str, item: str = "") -> None:
        """Record what is left out, and why."""
        self._add("loss", subject, reason, unit, item, total=count)

    def repair(
        self,
        subject: str,
        reason: str,
        *,
        item: str = "",
        before: float | None = None,
        after: float | None = None,
        unit: str,
    ) -> None:
        """Record a declared repair with the amount before and after."""
        self._add("repair", subject, reason, unit, item, total=before, inside=after)

    def absence(self, subject: str, reason: str, *, count: float, unit: str = "cells", item: str = "") -> None:
        """Record cells that are empty for a reason (suppressed, not reported ...)."""
        self._add("absence", subject, reason, unit, item, total=count)

    def match(self, subject: str, *, total: float, matched: float, unit: str, reason: str = "") -> None:
        """Record how much of one thing was found in another (never more than there is)."""
        _require_finite(subject, total=total, matched=matched)
        rest = total - matched
        if rest < -TOLERANCE * max(abs(total), 1.0):
            raise LedgerError(f"{subject}: {matched:,} of {total:,} {unit} were matched. Please report it.")
        # a sum of parts may exceed the whole by floating point alone
        self._add("match", subject, reason, unit, total=total, inside=min(matched, total), outside=max(rest, 0.0))

    def note(self, subject: str, reason: str, *, item: str = "") -> None:
        """Record a fact a reader must know, such as approximate zones."""
        self._add("note", subject, reason, "", item)

    def missing_input(self, subject: str, reason: str) -> None:
        """Record an input the study has not got, what is lost by it and where it can be had."""
        self._add("missing_input", subject, reason, "")

    def frame(self) -> pd.DataFrame:
        """The lines, numbered, as the columns of a ``ledger_<stage>`` table."""
        import pandas as pd

        columns = [
            "line",
            "entry",
            "subject_name",
            "item",
            "reason",
            "total",
            "inside",
            "outside",
            "unlocated",
            "unit_name",
        ]
        frame = pd.DataFrame(self._lines, columns=columns)
        frame["line"] = range(1, len(frame) + 1)
        numbers = ["total", "inside", "outside", "unlocated"]
        frame[numbers] = frame[numbers].astype("float64")
        return frame


def _require_finite(subject: str, **numbers: float) -> None:
    wrong = ", ".join(f"{name} is {number}" for name, number in numbers.items() if not math.isfinite(number))
    if wrong:
        raise LedgerError(
            f"{subject}: {wrong}. What is unknown must be counted apart. This is a fault of the pipeline: please report it."
        )
