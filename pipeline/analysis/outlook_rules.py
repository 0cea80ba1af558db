"""By which rule each number of the outlook was found, and what speaks against leaning on it; see docs/outlook.md."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.changes import touched
from pipeline.analysis.cohorts import projectors
from pipeline.analysis.entry import TK, entry_bases
from pipeline.analysis.gaps import gaps
from pipeline.analysis.methods import METHODS, Method
from pipeline.analysis.outlook_inputs import Inputs
from pipeline.analysis.progression import KG
from pipeline.analysis.projection import Projector
from pipeline.columns import GRADES

Array = np.ndarray
CHAIN = slice(KG + 1, GRADES.index("12") + 1)
CAUTIONS = (
    "new_school", "carried_count", "suppressed_cell", "pandemic_base", "definition_break", "declared_change", "untested",
)  # fmt: skip


def with_rules(
    inputs: Inputs, by_grade: pd.DataFrame, totals: pd.DataFrame, method: str
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tables with ``rule`` (by grade) and ``caution``; grades that emptied stand in it with zero pupils.

    Suppressed cells of the last fall widen the interval of their grade by half of what they leave
    open, where the school's total settles only their sum as well (`intervals.with_intervals` knows of
    the total alone).
    """
    by_grade = pd.concat([by_grade, _emptied(inputs, by_grade)], ignore_index=True)
    kinds = by_grade["unit_kind"].to_numpy()
    row = pd.Index(inputs.found.schools).get_indexer(by_grade["unit_id"].where(by_grade["unit_kind"] == "school"))
    grade = pd.Index(GRADES).get_indexer(by_grade["grade"])
    year = (by_grade["fall_year"] - inputs.falls[0]).to_numpy()
    of_schools, whole = projectors(inputs.found.pupils, inputs.found.years, inputs.settings, drawn=True)
    schools, district = (rules_of(each, inputs, METHODS[method]) for each in (of_schools, whole))
    rule = np.where(kinds == "school", schools[row, grade, year], district[0, grade, year])
    by_grade["rule"] = np.where(kinds == "zone", "with_the_district", rule)
    width, known = (widths[row, grade] * (row >= 0) for widths in cell_widths(inputs))
    more = np.maximum(width - known, 0.0)
    by_grade["pupils_projected_low"] = (by_grade["pupils_projected_low"] - more).clip(lower=0.0)
    by_grade["pupils_projected_high"] += more
    by_grade["caution"] = _words(cautions(inputs, by_grade, row, grade, width))
    key = ["unit_kind", "unit_id", "fall_year"]
    whole = by_grade.dropna(subset=["caution"]).groupby(key)["caution"].agg(lambda some: " ".join(some).split())
    ordered = whole.map(lambda found: " ".join(word for word in CAUTIONS if word in found))
    totals["caution"] = ordered.reindex(pd.MultiIndex.from_frame(totals[key])).to_numpy()
    untested = totals["pupils_projected_low"].isna()
    totals["caution"] = _joined(totals["caution"], untested)
    return by_grade, totals


def rules_of(projector: Projector, inputs: Inputs, method: Method) -> Array:
    """How each grade of the years ahead is found, unit x grade x year, as a method of `cohorts.forecast` does it."""
    found, settings = inputs.found, inputs.settings
    base, horizon = len(found.years) - 1, len(inputs.falls)
    moved = settings.steps(found.years, base)
    now = np.nan_to_num(projector.begins(base))
    chained = projector.chained_rules(base, method)
    names = np.full((*now.shape, horizon), "last_change" if method.trend else "held", dtype=object)
    if projector.survival_weight(method):
        names[:, KG] = np.array(entry_bases(found.years, base, horizon, moved, settings), dtype=object)
        if settings.tk_months:
            names[:, TK] = "phase_in"
    names[:, CHAIN] = chained[:, :, None]
    names[now <= 0] = "empty_grade"
    if inputs.moves is not None and not projector.is_district:
        taking = sorted({taker for e in inputs.events if e.fall_year > found.years[-1] for _, taker, _ in e.transfers})
        takes = np.isin(found.schools.astype(str), taking)
        names[takes[:, None] & (now <= 0)] = "moved_in"
    return names


def cell_widths(inputs: Inputs) -> tuple[Array, Array]:
    """Half of what suppressed cells of the last fall leave open, school x grade; and what the school's total says of it."""
    now = np.nan_to_num(inputs.now)
    cells = inputs.found.cell_half_width
    own = np.zeros(now.shape) if cells is None else np.nan_to_num(cells[:, :, -1])
    size = now.sum(axis=1, keepdims=True)
    part = np.divide(now, size, out=np.zeros_like(now), where=size > 0)
    return own, part * np.nan_to_num(inputs.found.half_width[:, -1:])


def cautions(inputs: Inputs, by_grade: pd.DataFrame, row: Array, grade: Array, width: Array) -> dict[str, Array]:
    """For each of ``CAUTIONS``, the rows it applies to."""
    found, settings = inputs.found, inputs.settings
    base = len(found.years) - 1
    moved = settings.steps(found.years, base)
    is_school = row >= 0
    own = (~np.isnan(found.totals[:, moved]) & ~np.isnan(found.totals[:, moved + 1])).any(axis=1)
    until = settings.mixed.get("KG", 0)
    broken = len(moved) > 0 and int(found.years[moved].min()) <= until < int(found.years[-1])
    changed = touched(inputs.events, found.schools, np.append(found.years[moved + 1], inputs.falls))
    begins = np.where(changed[:, : len(moved)].any(axis=1), 0, 9999)
    ahead = changed[:, len(moved) :]
    first_ahead = np.where(ahead.any(axis=1), inputs.falls[ahead.argmax(axis=1)], 9999)
    begins = np.minimum(begins, first_ahead)
    return {
        "new_school": is_school & ~own[row],
        "carried_count": is_school & gaps(found.pupils, found.unusable)[:, -1][row],
        "suppressed_cell": width > 0,
        "pandemic_base": np.full(len(by_grade), int(found.years[-1]) in settings.leave_out),
        "definition_break": broken & np.isin(grade, [KG, KG + 1]),
        "declared_change": is_school & (by_grade["fall_year"].to_numpy() >= begins[row]),
        "untested": (by_grade["interval_basis"] == "untested").to_numpy()
        & (by_grade["rule"] != "empty_grade").to_numpy(),
    }


def _words(marks: dict[str, Array]) -> pd.Series:
    text = np.array([""] * len(next(iter(marks.values()))), dtype=object)
    for word in CAUTIONS:
        text = np.where(marks[word], text + " " + word, text)
    words = pd.Series(text).str.strip()
    return words.where(words != "")


def _joined(caution: pd.Series, untested: pd.Series) -> pd.Series:
    lacks = untested & ~caution.fillna("").str.contains("untested")
    words = (caution.fillna("") + np.where(lacks, " untested", "")).str.strip()
    return words.where(words != "")


def _emptied(inputs: Inputs, by_grade: pd.DataFrame) -> pd.DataFrame:
    """Rows of grades that a school had in an earlier fall and has no more: nobody is expected in them."""
    had = np.nan_to_num(inputs.found.pupils).max(axis=2) > 0
    has = inputs.now > 0
    school, grade = np.nonzero(inputs.there[:, None] & had & ~has)
    known = set(zip(by_grade["unit_id"], by_grade["grade"], strict=True))
    pairs = [(s, g) for s, g in zip(school, grade, strict=True) if (inputs.found.schools[s], GRADES[g]) not in known]
    rows = [(inputs.found.schools[s], int(fall), GRADES[g]) for s, g in pairs for fall in inputs.falls]
    frame = pd.DataFrame(rows, columns=["unit_id", "fall_year", "grade"]).astype({"fall_year": "int64"})
    zero = dict.fromkeys(["pupils_projected", "pupils_projected_low", "pupils_projected_high"], 0.0)
    words = {"unit_kind": "school", "method": "no pupils at the last count", "interval_basis": "untested"}
    return frame.assign(**words, **zero).reindex(columns=by_grade.columns)
