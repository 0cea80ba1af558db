"""Enrollment outlook: pupils to expect at each school, in each zone and in the district."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.backtest import backtest
from pipeline.analysis.capture import capture_ratios
from pipeline.analysis.expected import Projection, project
from pipeline.analysis.gaps import gaps
from pipeline.analysis.intervals import with_intervals
from pipeline.analysis.new_homes import yielded
from pipeline.analysis.observed_changes import school_changes
from pipeline.analysis.outlook_counts import usable
from pipeline.analysis.outlook_inputs import (
    Choices,
    Inputs,
    Tables,
    accounting_codes,
    assemble,
    assigned_homes,
    public_counts,
)
from pipeline.analysis.outlook_rules import with_rules
from pipeline.analysis.rolls import Rolls
from pipeline.analysis.state_projection import state_projection
from pipeline.ledger import Ledger
from pipeline.tables import empty

Array = np.ndarray
WRITES = ("enrollment_outlook", "outlook_totals", "backtest", "school_changes", "state_projection", "capture_ratios")


def outlook(tables: Tables, choices: Choices, ledger: Ledger) -> dict[str, pd.DataFrame]:
    """What enrollment to expect, year by year, and how wrong the method was on history.

    Accounting codes that are no place count in the district and have no outlook of their own, nor
    have schools before the fall in which they open or from the one in which they close.

    Parameters
    ----------
    tables : mapping
        The tables of ``outlook_inputs.READS`` by name.
    choices : Choices

    Returns
    -------
    dict
        The tables of ``WRITES``. Without two falls in a row all but ``capture_ratios`` and
        ``school_changes`` are empty, and the ledger says so.
    """
    found, schools = public_counts(tables, choices, ledger), tables["school_facts"]
    written = {name: empty(name, "") for name in WRITES}
    public = frozenset(schools.loc[schools["sector"] != "private", "school_id"])
    homes = assigned_homes(tables["membership"])
    written["capture_ratios"] = capture_ratios(
        tables["flows"], homes, public, fall_year=choices.fall_year, ledger=ledger
    )
    if choices.state_weights:
        written["state_projection"] = _as_the_state(found, tables["project_facts"], choices, ledger)
    if not usable(found, survival_years=choices.survival_years, leave_out=choices.leave_out, ledger=ledger):
        return written
    _remarks(found, choices.fall_year, choices.leave_out, ledger)
    inputs = assemble(found, tables, choices, ledger)
    of_places = found.of(~np.isin(found.schools.astype(str), list(accounting_codes(schools))))
    written["school_changes"] = school_changes(of_places, inputs.events, inputs.settings.mixed, ledger)
    tested = backtest(inputs.found.pupils, inputs.found.years, inputs.settings, method=choices.method)
    projected = project(inputs, tested.method)
    by_grade, totals = with_intervals(projected.units, tested, first_fall=int(inputs.falls[0]))
    if tested.table.empty:
        ledger.note(
            "enrollment_outlook", "too few falls to test the method on hidden years: the outlook has no interval"
        )
    by_grade, totals = with_rules(inputs, by_grade, totals, tested.method)
    totals["pupils_by_residence"] = _residence(projected, totals, inputs.falls, ledger)
    written |= {
        "backtest": tested.table,
        "enrollment_outlook": with_a_place(by_grade, schools, inputs),
        "outlook_totals": with_a_place(totals, schools, inputs),
    }
    return written


def _as_the_state(found: Rolls, projects: pd.DataFrame, choices: Choices, ledger: Ledger) -> pd.DataFrame:
    """Table ``state_projection``, with the pupils of all homes planned up to its last year."""
    pupils = 0.0
    if len(found.years) and len(projects):
        falls = found.years[-1] + 1 + np.arange(choices.state_years)
        pupils = float(yielded(projects, choices.pupils_per_home, falls)[:, -1].sum())
    return state_projection(
        found, pupils_of_homes=pupils, weights=choices.state_weights, years=choices.state_years, ledger=ledger
    )


def _residence(projected: Projection, totals: pd.DataFrame, falls: Array, ledger: Ledger) -> pd.Series:
    """For schools, the total if their pupils come through the zones; NaN for all else."""
    none = pd.Series(np.nan, index=totals.index)
    if projected.by_residence is None:
        return none
    sums = projected.by_residence.sum(axis=1)
    row = pd.Index(projected.schools.ids).get_indexer(totals["unit_id"].where(totals["unit_kind"] == "school"))
    year = totals["fall_year"].to_numpy() - falls[0]
    first = projected.schools.pupils.sum(axis=1)
    ledger.match(
        "outlook by residence",
        total=float(first.sum()),
        matched=float(np.minimum(first, sums).sum()),
        unit="pupil-years",
        reason="pupil-years that a school's own cohorts and the cohorts of its pupils' zones agree on; where pupils live is known for one fall, so that the second way is untested and stands beside the first",
    )
    return none.where(row < 0, pd.Series(sums[row, year], index=totals.index))


def _remarks(found: Rolls, fall_year: int, leave_out: tuple[int, ...], ledger: Ledger) -> None:
    last = int(found.years[-1])
    if last < fall_year:
        ledger.note(
            "enrollment_outlook",
            f"the latest enrollment by grade is of fall {last}, not {fall_year}: the outlook starts there",
        )
    if leave_out:
        ledger.note(
            "enrollment_outlook",
            f"falls {', '.join(map(str, leave_out))} are not taken for a trend: no step into or out of them is used or tested",
        )
    totals = found.totals
    kept = gaps(found.pupils, found.unusable)[:, -1]
    gone = int((np.isnan(totals[:, -1]) & ~np.isnan(totals).all(axis=1) & ~kept).sum())
    new = int((~np.isnan(totals[:, -1]) & np.isnan(totals[:, :-1]).all(axis=1)).sum())
    if kept.any():
        ledger.note(
            "enrollment_outlook",
            f"{int(kept.sum())} schools have no usable counts by grade in fall {last}: their outlook starts from their latest counts",
            item=str(found.schools[kept.argmax()]),
        )
    if gone:
        ledger.loss(
            "enrollment_outlook",
            f"schools without pupils in fall {last}: no outlook of their own",
            count=float(gone),
            unit="schools",
        )
    if new:
        ledger.note(
            "enrollment_outlook",
            f"{new} schools report their first fall: they take the ratios of the district's schools",
        )


def with_a_place(table: pd.DataFrame, schools: pd.DataFrame, inputs: Inputs) -> pd.DataFrame:
    """Rows of units other than codes without a place, and of schools only from their opening until they close."""
    is_school = table["unit_kind"] == "school"
    first = {e.school_id: e.fall_year for e in inputs.events if e.kind == "opens"}
    last = {e.school_id: e.fall_year for e in inputs.events if e.kind == "closes" and not e.grades}
    codes = accounting_codes(schools)
    early = table["fall_year"] < table["unit_id"].map(first).fillna(0)
    late = table["fall_year"] >= table["unit_id"].map(last).fillna(9999)
    return table[~(is_school & (table["unit_id"].isin(codes) | early | late))].reset_index(drop=True)
