"""Enrollment outlook: pupils to expect at each school, in each zone and in the district."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.backtest import backtest
from pipeline.analysis.cohorts import CHAIN, COHORTS, SMALLEST_COHORT, forecast, steps
from pipeline.analysis.housing import WITH_HOUSING, school_housing, zone_housing
from pipeline.analysis.intervals import Expected, with_intervals
from pipeline.analysis.residents import expected_zones
from pipeline.analysis.rolls import Rolls, rolls
from pipeline.ledger import Ledger
from pipeline.tables import empty

Array = np.ndarray
DISTRICT_RATIOS = f"{COHORTS}, ratios of the district"


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
    return Rolls(found.schools[kept], found.years, found.pupils[kept], found.half_width[kept])


def usable(found: Rolls, *, survival_years: int, leave_out: tuple[int, ...], ledger: Ledger) -> bool:
    """Whether there is a year-to-year step to learn from; if not, the ledger says what is missing."""
    base = len(found.years) - 1
    if base >= 1 and len(steps(found.years, base, survival_years=survival_years, leave_out=leave_out)):
        return True
    falls = ", ".join(str(int(y)) for y in found.years) or "none"
    ledger.missing_input(
        "enrollment by grade of two falls in a row",
        f"falls known: {falls}; no enrollment outlook and no back-test are computed. Earlier years are to be had from the state's education department.",
    )
    return False


def expected_schools(
    found: Rolls,
    housing: Array,
    *,
    horizon: int,
    survival_years: int,
    leave_out: tuple[int, ...],
    births: Mapping[int, float],
    district_id: str,
) -> tuple[Expected, Expected]:
    """Expected pupils of every school that reported the last fall, and of the district.

    Pupils of new homes are added where they exceed what the trend already brings: per grade,
    ``max(0, pupils of homes - years x growth of one year beyond moving up)``.

    Parameters
    ----------
    found : Rolls
        Public schools.
    housing : array, school x grade x year ahead
        Pupils of new homes (`housing_pupils`).
    births : mapping
        Births by calendar year; empty where unknown.

    References
    ----------
    California Code of Regulations, title 2, section 1859.42.1 (housing supplement): pupils of
    new homes count only beyond the growth that the projection already holds.
    """
    base = len(found.years) - 1
    settings = {"survival_years": survival_years, "leave_out": leave_out, "births": births}
    schools, district = forecast(COHORTS, found.pupils, found.years, base, horizon, **settings)
    now = found.pupils[:, :, base]
    added = beyond_trend(now, schools, housing)
    there = ~np.isnan(now).any(axis=1)
    moved = steps(found.years, base, survival_years=survival_years, leave_out=leave_out)
    own = (~np.isnan(found.totals[:, moved]) & ~np.isnan(found.totals[:, moved + 1])).any(axis=1)
    method = np.where(own, COHORTS, DISTRICT_RATIOS).astype(object)
    method = np.where((added > 0).any(axis=(1, 2)), method + WITH_HOUSING, method)
    of_schools = Expected(
        "school",
        found.schools[there],
        now[there],
        (schools + added)[there],
        found.half_width[there, base],
        method[there],
    )
    whole = np.array([COHORTS + (WITH_HOUSING if (added > 0).any() else "")], dtype=object)
    together = (district + np.nansum(added, axis=0))[None]
    half_width = np.array([np.nansum(found.half_width[:, base])])
    of_district = Expected(
        "district", np.array([district_id], dtype=object), np.nansum(now, axis=0)[None], together, half_width, whole
    )
    return of_schools, of_district


def beyond_trend(now: Array, schools: Array, housing: Array) -> Array:
    """Pupils of new homes beyond the growth that the trend already holds, school x grade x year.

    >>> now, trend = np.array([[10.0, 10.0]]), np.array([[[10.0, 10.0], [12.0, 12.0]]])
    >>> beyond_trend(now, trend, np.array([[[3.0, 6.0], [1.0, 6.0]]])).tolist()
    [[[3.0, 6.0], [0.0, 2.0]]]
    """
    below = np.concatenate([now[:, :1], now[:, :-1]], axis=1)
    from_below = np.isin(np.arange(now.shape[1]), CHAIN) & (below >= SMALLEST_COHORT)
    growth = np.maximum(schools[:, :, 0] - np.where(from_below, below, now), 0.0)
    years = np.arange(1, housing.shape[2] + 1)
    return np.asarray(np.nan_to_num(np.maximum(housing - growth[:, :, None] * years, 0.0)))


def outlook(
    enrollment: pd.DataFrame,
    totals: pd.DataFrame,
    schools: pd.DataFrame,
    *,
    births: pd.DataFrame,
    projects: pd.DataFrame,
    places: pd.DataFrame,
    membership: pd.DataFrame,
    flows: pd.DataFrame,
    bands: Mapping[str, tuple[str, ...]],
    pupils_per_home: Mapping[str, float],
    district_id: str,
    fall_year: int,
    years: int,
    first_year: int | None,
    survival_years: int,
    leave_out: tuple[int, ...],
    ledger: Ledger,
) -> tuple[pd.DataFrame, pd.DataFrame, pd.DataFrame]:
    """What enrollment to expect, year by year, and how wrong the method was on history.

    Cohort survival (`cohorts.cohort_survival`) from the last fall known, the schools held to the
    district's own forecast; pupils of new homes where the study declares yields; zones where
    it is known where pupils live. Accounting codes that are no place count in the district
    and have no outlook of their own, nor have schools from the fall in which they are to close.

    Parameters
    ----------
    enrollment, totals, schools, births, projects, places, membership, flows : DataFrame
        Tables ``enrollment``, ``enrollment_groups``, ``school_facts``, ``births``,
        ``project_facts``, ``project_places``, ``membership`` and ``flows``.
    bands : mapping
        Grades of each level.
    years : int
        Years ahead of the last fall.
    first_year, fall_year : int
        Falls used, from and to.

    Returns
    -------
    enrollment_outlook, outlook_totals, backtest : DataFrame
        Without two falls in a row all three are empty, and the ledger says so.
    """
    found = public_rolls(
        rolls(enrollment, totals, first_year=first_year, last_year=fall_year, ledger=ledger), schools, ledger
    )
    if not usable(found, survival_years=survival_years, leave_out=leave_out, ledger=ledger):
        return empty("enrollment_outlook", ""), empty("outlook_totals", ""), empty("backtest", "")
    _remarks(found, fall_year, leave_out, ledger)
    falls = np.arange(found.years[-1] + 1, found.years[-1] + 1 + years)
    base = len(found.years) - 1
    born = {int(year): float(count) for year, count in births.groupby("year")["births"].sum().items()}
    if not born:
        ledger.missing_input(
            "births",
            "kindergarten is the mean of its recent counts; births by year are to be had from the state's health department",
        )
    grades_now = np.nansum(found.pupils[:, :, base], axis=0)
    homes = zone_housing(
        projects,
        places,
        pupils_per_home=pupils_per_home,
        grades_now=grades_now,
        bands=bands,
        falls=falls,
        ledger=ledger,
    )
    housing = school_housing(
        homes, membership, schools, ids=found.schools, now=found.pupils[:, :, base], horizon=years, ledger=ledger
    )
    settings: dict[str, Any] = {"survival_years": survival_years, "leave_out": leave_out, "births": born}
    of_schools, of_district = expected_schools(found, housing, horizon=years, district_id=district_id, **settings)
    without, _ = expected_schools(found, np.zeros_like(housing), horizon=years, district_id=district_id, **settings)
    of_zones = expected_zones(found, without, homes, flows, bands, fall_year=fall_year, ledger=ledger)
    tested = backtest(found.pupils, found.years, **settings)
    by_grade, sums = with_intervals((of_schools, of_zones, of_district), tested, first_fall=int(falls[0]))
    if tested.empty:
        ledger.note(
            "enrollment_outlook", "too few falls to test the method on hidden years: the outlook has no interval"
        )
    return _with_a_place(by_grade, schools), _with_a_place(sums, schools), tested


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
    gone = int((np.isnan(totals[:, -1]) & ~np.isnan(totals).all(axis=1)).sum())
    new = int((~np.isnan(totals[:, -1]) & np.isnan(totals[:, :-1]).all(axis=1)).sum())
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


def _with_a_place(table: pd.DataFrame, schools: pd.DataFrame) -> pd.DataFrame:
    """Rows of units other than codes without a place, and of schools only until they close."""
    closes = table["unit_id"].map(schools.set_index("school_id")["closed_fall"].astype("Float64"))
    codes = set(schools.loc[~schools["is_place"].astype(bool), "school_id"])
    left = (table["unit_kind"] == "school") & (
        table["unit_id"].isin(codes) | (closes <= table["fall_year"]).fillna(False)
    )
    return table[~left].reset_index(drop=True)
