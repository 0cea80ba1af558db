"""What the enrollment outlook rests on, put together once: counts, settings, new homes, where pupils live."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import pandas as pd

from pipeline.analysis.change_checks import refuse_against_counts
from pipeline.analysis.changes import Event, Moves, closures, moves, touched, with_openings
from pipeline.analysis.choice import AUTO
from pipeline.analysis.entry import entry_bases
from pipeline.analysis.gaps import carried, gaps
from pipeline.analysis.housing import school_housing, zone_housing
from pipeline.analysis.outlook_counts import definitions_of, public_rolls, young_of
from pipeline.analysis.plausible import first_of
from pipeline.analysis.progression import Settings
from pipeline.analysis.residents import Links, live_attend
from pipeline.analysis.rolls import Rolls, rolls
from pipeline.ledger import Ledger

Array = np.ndarray
Tables = Mapping[str, pd.DataFrame]
READS = (
    "enrollment", "enrollment_groups", "school_facts", "births", "district_profile", "project_facts", "project_places",
    "membership", "flows",
)  # fmt: skip


@dataclass(frozen=True)
class Choices:
    """What a study decides about its outlook, as numbers.

    ``method`` is a name of `cohorts.METHODS`, or ``auto``: the one that erred least in the back-test.
    ``definitions`` are grades that held another's pupils, with the last fall of it; ``tk_months``
    months of birthdays that transitional kindergarten admits, by fall.
    """

    bands: Mapping[str, tuple[str, ...]]
    district_id: str
    fall_year: int
    years: int = 10
    first_year: int | None = None
    survival_years: int = 4
    leave_out: tuple[int, ...] = ()
    method: str = AUTO
    pupils_per_home: Mapping[str, float] = field(default_factory=dict)
    definitions: Mapping[str, int] = field(default_factory=dict)
    events: tuple[Event, ...] = ()
    cutoff_month: int | None = 9
    tk_months: Mapping[int, int] = field(default_factory=dict)
    state_weights: tuple[float, ...] = ()
    state_years: int = 5


@dataclass(frozen=True)
class Inputs:
    """Everything `outlook.project` needs.

    ``now`` are the pupils that the outlook starts from, school x grade: of the last fall, or the latest
    counts of a school that has no usable ones then (`gaps.gaps`); NaN for schools that are not ``there``.
    """

    found: Rolls
    now: Array
    there: Array
    settings: Settings
    events: tuple[Event, ...]
    moves: Moves | None
    homes: pd.DataFrame
    housing: Array
    links: Links | None
    falls: Array
    district_id: str


def public_counts(tables: Tables, choices: Choices, ledger: Ledger) -> Rolls:
    """Pupils of the public schools, school x grade x fall."""
    found = rolls(
        tables["enrollment"],
        tables["enrollment_groups"],
        first_year=choices.first_year,
        last_year=choices.fall_year,
        ledger=ledger,
    )
    return public_rolls(found, tables["school_facts"], ledger)


def assigned_homes(membership: pd.DataFrame) -> pd.DataFrame:
    """``level zone_id school_id`` of the schools that zones are assigned to."""
    own = membership[membership["match"] == "assigned"].dropna(subset=["zone_id"])
    return own[["level", "zone_id", "school_id"]].reset_index(drop=True)


def accounting_codes(schools: pd.DataFrame) -> frozenset[str]:
    """Schools of the directory that are no place but a code."""
    return frozenset(schools.loc[~schools["is_place"].astype(bool), "school_id"])


def assemble(found: Rolls, tables: Tables, choices: Choices, ledger: Ledger) -> Inputs:
    """Settings of the forecast, pupils of new homes and where pupils live.

    Parameters
    ----------
    found : Rolls
        `public_counts`, found `usable`.
    tables : mapping
        The tables of ``READS`` by name.
    choices : Choices
    """
    last = int(found.years[-1])
    schools = tables["school_facts"]
    events = (*choices.events, *closures(schools[schools["school_id"].isin(found.schools)], choices.events, last))
    mixed = definitions_of(found, choices.definitions, ledger)
    found = with_openings(found, events, last)
    past = tuple(e for e in events if e.fall_year <= last)
    births = {int(y): float(n) for y, n in tables["births"].groupby("year")["births"].sum().items()}
    young = young_of(tables["district_profile"])
    if not births:
        ledger.missing_input(
            "births",
            f"kindergarten follows {'children under five of the census' if young else 'the mean of its recent counts'}; births by year are to be had from the state's health department",
        )
    settings = Settings(
        survival_years=choices.survival_years,
        leave_out=choices.leave_out,
        births=births,
        cutoff_month=choices.cutoff_month,
        young=young,
        births_lag=_lag(births, last),
        young_lag=_lag((end for end, _, _ in young), last),
        tk_months=choices.tk_months,
        mixed=mixed,
        declared=touched(past, found.schools, found.years) if past else None,
        present=found.unusable,
    )
    _record_unused_births(found, settings, choices, ledger)
    now = carried(found.pupils, gaps(found.pupils, found.unusable))[:, :, -1]
    refuse_against_counts(choices.events, found.schools, now, last, accounting_codes(schools))
    there = ~np.isnan(now).any(axis=1)
    falls = np.arange(last + 1, last + 1 + choices.years)
    homes = zone_housing(
        tables["project_facts"],
        tables["project_places"],
        pupils_per_home=choices.pupils_per_home,
        grades_now=np.nansum(now, axis=0),
        bands=choices.bands,
        falls=falls,
        ledger=ledger,
    )
    housing = school_housing(
        homes, tables["membership"], schools, ids=found.schools, now=now, horizon=choices.years, ledger=ledger
    )
    links = live_attend(
        found,
        found.schools[there],
        now[there],
        tables["flows"],
        assigned_homes(tables["membership"]),
        choices.bands,
        fall_year=choices.fall_year,
        ledger=ledger,
    )
    ahead = moves(events, found.schools, last)
    return Inputs(found, now, there, settings, events, ahead, homes, housing, links, falls, choices.district_id)


def _lag(years: Iterable[int], last: int) -> int:
    """Years from the latest of some years to the last fall; 0 where there is none before it.

    >>> _lag([2019, 2023], 2025), _lag([2024], 2024), _lag([], 2024)
    (2, 0, 0)
    """
    return max(0, last - max(years, default=last))


def _record_unused_births(found: Rolls, settings: Settings, choices: Choices, ledger: Ledger) -> None:
    """Say so where births are given and in no fall ahead kindergarten is of children whose births were counted."""
    if not settings.births:
        return
    base = len(found.years) - 1
    moved = settings.steps(found.years, base)
    bases = entry_bases(found.years, base, choices.years, moved, settings)
    if "births" in bases:
        return
    instead = {
        "births_ahead": "the mean of the last births counted",
        "young_children": "children under five of the census",
        "recent_counts": "the mean of its recent counts",
    }
    followed = " or ".join(words for basis, words in instead.items() if basis in bases)
    ledger.missing_input(
        "births",
        f"births are known of {first_of(list(map(str, sorted(settings.births))))} alone, not of both the children now counted in kindergarten and those to come: it follows {followed}. Births of the years from {int(found.years[base]) - 7} on are to be had from the state's health department",
    )


def without_homes(inputs: Inputs) -> Inputs:
    """The same with no new home built."""
    return replace(inputs, homes=inputs.homes.iloc[:0], housing=np.zeros_like(inputs.housing))
