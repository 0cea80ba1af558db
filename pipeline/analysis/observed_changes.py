"""Openings, closures and other grades as the counts show them, told apart from declared ones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
import pandas as pd

from pipeline.analysis.changes import Event
from pipeline.analysis.rolls import Rolls
from pipeline.columns import GRADES
from pipeline.ledger import Ledger

COLUMNS = ["school_id", "fall_year", "change_kind", "grade_codes", "is_declared", "reason"]


def school_changes(
    found: Rolls, events: Sequence[Event], definitions: Mapping[str, int], ledger: Ledger
) -> pd.DataFrame:
    """Table ``school_changes``: what the counts show of openings, closures and other grades, and what is declared.

    A grade counts as there when it has a pupil. The fall after the last in which kindergarten held
    transitional kindergarten is no change of schools, and ungraded pupils are no grade. A school that
    stands in a fall without usable counts has not closed, nor opens after it.

    Parameters
    ----------
    found : Rolls
    events : sequence of Event
    definitions : mapping
        Grade that held another -> last fall of it (`progression.Settings.mixed`).
    """
    rows = []
    declared = {(e.school_id, e.fall_year, e.change_kind): e for e in events}
    reported = ~np.isnan(found.pupils[:, 0, :])
    graded = [g for g in range(len(GRADES)) if GRADES[g] != "UG"]
    for row, school in enumerate(found.schools):
        falls = np.flatnonzero(reported[row] & (np.nansum(found.pupils[row], axis=0) > 0))
        if not len(falls):
            continue
        there = falls if found.unusable is None else np.union1d(falls, np.flatnonzero(found.unusable[row]))
        if there[0] > 0:
            rows.append((school, int(found.years[there[0]]), "opened", ""))
        for then, now in pairwise(falls):
            has, had = (found.pupils[row, graded, t] > 0 for t in (now, then))
            year = int(found.years[now])
            quiet = {"TK", "KG"} if definitions.get("KG") in (year - 1, int(found.years[then])) else set()
            for kind, change in (("grades_gained", has & ~had), ("grades_lost", had & ~has)):
                if codes := [GRADES[graded[g]] for g in np.flatnonzero(change) if GRADES[graded[g]] not in quiet]:
                    rows.append((school, year, kind, " ".join(codes)))
        if there[-1] < len(found.years) - 1:
            rows.append((school, int(found.years[there[-1]]) + 1, "closed", ""))
    seen = {row[:3] for row in rows}
    rows += [(*key, " ".join(e.grades)) for key, e in declared.items() if key not in seen]
    table = pd.DataFrame(rows, columns=COLUMNS[:4])
    keys = list(zip(table["school_id"], table["fall_year"], table["change_kind"], strict=True))
    table["is_declared"] = np.array([key in declared for key in keys], dtype=bool)
    table["reason"] = [declared[key].source if key in declared else "seen in the counts alone" for key in keys]
    table = table.sort_values(COLUMNS[:3], kind="stable").reset_index(drop=True)
    open_ = table[~table["is_declared"]]
    if len(open_):
        first = open_.iloc[0]
        ledger.note(
            "school_changes",
            f"{len(open_)} changes of schools are seen in the counts and declared nowhere (outlook.events): their steps count like any other",
            item=f"{first['school_id']} {first['change_kind']} {first['fall_year']}",
        )
    return table.astype({"school_id": "str", "change_kind": "str", "grade_codes": "str", "reason": "str"})
