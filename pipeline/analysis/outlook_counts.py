"""What the counts are: of public schools, long enough to learn from, and what kindergarten held."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from pipeline.analysis.entry import TK
from pipeline.analysis.gaps import district_counts
from pipeline.analysis.progression import KG, steps
from pipeline.analysis.rolls import Rolls
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.numerals import number


def public_rolls(found: Rolls, schools: pd.DataFrame, ledger: Ledger) -> Rolls:
    """The rolls without private schools; schools that no directory lists stay and are counted."""
    sector = schools.set_index("school_id")["sector"].reindex(found.schools)
    kept = (sector != "private").to_numpy()
    if len(found.schools):
        listed = float(sector.notna().sum())
        reason = "schools with enrollment that the directory lists; the others count in the district's history"
        ledger.match(
            "schools of the enrollment", total=float(len(found.schools)), matched=listed, unit="schools", reason=reason
        )
    return found.of(kept)


def usable(found: Rolls, *, survival_years: int, leave_out: tuple[int, ...], ledger: Ledger) -> bool:
    """Whether there is a year-to-year step to learn from; if not, the ledger says what is missing or left out."""
    base = len(found.years) - 1
    if base >= 1 and len(steps(found.years, base, survival_years=survival_years, leave_out=leave_out)):
        return True
    falls = ", ".join(str(int(y)) for y in found.years) or "none"
    if base >= 1 and len(steps(found.years, base, survival_years=survival_years, leave_out=())):
        ledger.note(
            "enrollment_outlook",
            f"falls known: {falls}; outlook.leave_out ({', '.join(map(str, leave_out))}) excludes every step from one fall to the next, so that "
            "no enrollment outlook and no back-test are computed. Leave out fewer falls",
        )
        return False
    ledger.missing_input(
        "enrollment by grade of two falls in a row",
        f"falls known: {falls}; no enrollment outlook and no back-test are computed. Earlier years are to be had from the state's education department.",
    )
    return False


def definitions_of(found: Rolls, declared: Mapping[str, int], ledger: Ledger) -> Mapping[str, int]:
    """Grades that held another's pupils: those declared, and kindergarten where the counts show it.

    Where transitional kindergarten has no pupil up to a fall and some from the next one on, while
    kindergarten falls by at least a quarter of them, kindergarten is taken to have held it.

    Raises
    ------
    ConfigError
        If what is declared ends before the first fall or after the last one, or transitional kindergarten has
        pupils of its own in a fall up to its end.
    """
    district = district_counts(found.pupils, found.unusable)
    for until in declared.values():
        _refuse_definition(until, found.years, district[TK])
    if declared or len(found.years) < 2:
        return dict(declared)
    there = np.flatnonzero(district[TK] > 0)
    if not len(there) or there[0] == 0:
        return {}
    first = int(there[0])
    fewer = district[KG, first - 1] - district[KG, first]
    if fewer < district[TK, first] / 4:
        return {}
    until = int(found.years[first - 1])
    ledger.note(
        "enrollment",
        f"transitional kindergarten is counted apart from fall {until + 1} on, and kindergarten falls by {number(fewer)}: it is taken to have held "
        f"it up to fall {until}, and its steps and counts up to then are not used. Declare it (outlook.definitions) to make this certain",
    )
    return {"KG": until}


def _refuse_definition(until: int, falls: np.ndarray, apart: np.ndarray) -> None:
    first, last = int(falls[0]), int(falls[-1])
    if not first <= until <= last:
        raise ConfigError(
            f"outlook.definitions: until {until} lies outside the falls of the enrollment ({first} to {last}). Write the last fall in which "
            "kindergarten held transitional kindergarten; leave the entry out if no fall used is of that kind."
        )
    held = (falls <= until) & (np.nan_to_num(apart) > 0)
    if held.any():
        at = int(held.argmax())
        raise ConfigError(
            f"outlook.definitions: kindergarten is said to hold transitional kindergarten until {until}, but that has pupils of its own in "
            f"{int(held.sum())} falls up to then, {number(apart[at])} in fall {int(falls[at])} first. Write the last fall before them."
        )


def young_of(profile: pd.DataFrame) -> tuple[tuple[int, float, float], ...]:
    """Children under five of the district by census period: last year, middle, children.

    >>> young_of(pd.DataFrame({"vintage": ["2014-2018", "2020"], "children_0_4": [500.0, None]}))
    ((2018, 2016.0, 500.0),)
    """
    known = profile.dropna(subset=["children_0_4"]).sort_values("vintage")
    ends = [(int(v[:4]), int(v[-4:])) for v in known["vintage"]]
    return tuple(
        (last, (first + last) / 2, float(children))
        for (first, last), children in zip(ends, known["children_0_4"], strict=True)
    )
