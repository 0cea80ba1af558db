"""What if: the outlook with other inputs, and all of them side by side."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from pipeline.analysis.backtest import AS_CHOSEN
from pipeline.analysis.changes import Event
from pipeline.analysis.choice import AUTO, DEFAULT
from pipeline.analysis.expected import project
from pipeline.analysis.intervals import Expected
from pipeline.analysis.outlook import with_a_place
from pipeline.analysis.outlook_counts import usable
from pipeline.analysis.outlook_inputs import Choices, Tables, assemble, public_counts, without_homes
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, empty

KEY = ["unit_kind", "unit_id", "fall_year"]
NUMBERS = ["pupils_projected", "pupils_projected_low", "pupils_projected_high"]


@dataclass(frozen=True)
class WhatIf:
    """What a scenario changes: homes built or not, the share at the zone's own school, changes of schools."""

    homes: bool = True
    capture_change: float = 0.0
    events: tuple[Event, ...] = ()


def method_in_force(tested: pd.DataFrame, named: str) -> str:
    """The method the outlook used: the one that is named, or chosen in table ``backtest``, or the default.

    >>> method_in_force(pd.DataFrame({"method": ["as chosen then", "no change"], "is_chosen": [True, True]}), "auto")
    'no change'
    """
    if named != AUTO:
        return named
    chosen = tested.loc[tested["is_chosen"].astype(bool) & (tested["method"] != AS_CHOSEN), "method"]
    return str(chosen.iloc[0]) if len(chosen) else DEFAULT


def scenario(
    slot: str, tables: Tables, choices: Choices, what_if: WhatIf, plan: pd.DataFrame, method: str
) -> pd.DataFrame:
    """Table ``scenario_<slot>``: totals of schools, zones and the district under a scenario.

    The method and its intervals are those of the outlook: the interval of a changed number is as
    wide, relative to it, as that of the number as planned. A scenario is no forecast: nobody says
    how likely it is.

    Parameters
    ----------
    slot : str
    tables : mapping
        The tables of ``outlook_inputs.READS``.
    choices : Choices
        Those of the outlook.
    what_if : WhatIf
    plan : DataFrame
        Table ``outlook_totals``.
    method : str
        The outlook's (`method_in_force`): no scenario chooses anew.

    Returns
    -------
    DataFrame
        Empty without an outlook, and where the share at zones' own schools changes but nobody knows
        where pupils live.
    """
    quiet = Ledger()  # stage outlook has said it all
    name = f"scenario_{slot}"
    found = public_counts(tables, choices, quiet)
    if not usable(found, survival_years=choices.survival_years, leave_out=choices.leave_out, ledger=quiet):
        return empty(name, "")
    inputs = assemble(found, tables, replace(choices, events=(*choices.events, *what_if.events)), quiet)
    if what_if.capture_change and inputs.links is None:
        return empty(name, "")
    if not what_if.homes:
        inputs = without_homes(inputs)
    projected = project(inputs, method, capture_change=what_if.capture_change)
    table = pd.concat([_totals(unit, inputs.falls) for unit in projected.units], ignore_index=True)
    table = with_a_place(table, tables["school_facts"], inputs)
    return _with_intervals(table, plan)[BY_TABLE[name].names]


def _totals(unit: Expected, falls: np.ndarray) -> pd.DataFrame:
    count, horizon = len(unit.ids), len(falls)
    return pd.DataFrame(
        {
            "unit_kind": unit.kind,
            "unit_id": np.repeat(unit.ids, horizon),
            "fall_year": np.tile(falls, count),
            "pupils_projected": unit.pupils.sum(axis=1).ravel(),
            "method": np.repeat(unit.method, horizon),
        }
    ).astype({"unit_kind": "str", "unit_id": "str", "method": "str"})


def _with_intervals(table: pd.DataFrame, plan: pd.DataFrame) -> pd.DataFrame:
    """Ends as far from the number as those of the plan, relative to it; none for units that the plan has not."""
    ends = plan[[*KEY, *NUMBERS]].rename(columns={"pupils_projected": "planned"})
    table = table.merge(ends, on=KEY, how="left", validate="1:1")
    same = table["pupils_projected"] == table["planned"]
    ratio = (table["pupils_projected"] / table["planned"]).where(table["planned"] > 0)
    for end in NUMBERS[1:]:
        table[end] = table[end].where(same, table[end] * ratio)
    return table.drop(columns="planned")


def compared(scenarios: Mapping[str, pd.DataFrame], ledger: Ledger) -> pd.DataFrame:
    """Table ``scenario_outlook``: every scenario beside the plan, unit by unit and fall by fall.

    Parameters
    ----------
    scenarios : mapping
        Slot -> table; ``as_planned`` among them.

    Returns
    -------
    DataFrame
        ``pupils_projected_change`` is empty for units that the plan has not, such as a new school.
    """
    plan = scenarios["as_planned"].set_index(KEY)["pupils_projected"]
    parts = []
    for slot, table in scenarios.items():
        if table.empty and not plan.empty:
            ledger.note(
                "scenario_outlook",
                "the scenario is not computed: the study does not describe it, or lacks what it needs",
                item=slot,
            )
        part = table[[*KEY, *NUMBERS]].assign(scenario=slot)
        planned = plan.reindex(pd.MultiIndex.from_frame(part[KEY])).to_numpy()
        part["pupils_projected_change"] = part["pupils_projected"].to_numpy(dtype="float64") - planned
        parts.append(part)
    if plan.empty:
        ledger.missing_input("enrollment_outlook", "there is no outlook, so there are no scenarios")
    return pd.concat(parts, ignore_index=True)[BY_TABLE["scenario_outlook"].names]
