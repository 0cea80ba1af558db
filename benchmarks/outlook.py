"""The enrollment outlook: seconds for many schools, all methods, with back-tests."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from benchmarks.harness import Result, seconds
from benchmarks.plain_outlook import plain_forecast
from pipeline.analysis.backtest import Tested, backtest
from pipeline.analysis.cohorts import forecast, forecasts
from pipeline.analysis.intervals import Expected, with_intervals
from pipeline.analysis.methods import METHODS
from pipeline.analysis.progression import Settings
from pipeline.columns import GRADES

FALLS, AHEAD = 23, 10
SECONDS_OF_A_DISTRICT, SECONDS_OF_A_COUNTRY = 2.0, 120.0
SETTINGS = Settings(leave_out=(2020,))


def outlook(small: bool) -> list[Result]:
    """Measure the outlook of a district of 1,000 schools, and of 100,000 schools on two threads.

    Each school has kindergarten to grade 12 over 23 falls. Timed are the back-test from every
    start 1, 3, 5 and 10 years ahead and the forecast of ten years by every method; of the
    district also its tables with intervals. Small: 60 and 240 schools in chunks of 100. The
    error is the largest relative difference of any method's forecast from that of a plain loop
    (100 schools, small: 12); of the country it is infinite where two threads change a byte of
    the small form of one.
    """
    few, many, checked = (60, 240, 12) if small else (1_000, 100_000, 100)
    pupils, years = city(few)
    backtest(*city(20), SETTINGS)
    spent, _ = seconds(of_district, pupils, years)
    wrong = against_a_loop(checked)
    rows = [_row("outlook: district", few, spent, SECONDS_OF_A_DISTRICT, wrong)]
    pupils, years = city(many)
    spent, _ = seconds(of_country, pupils, years, 2)
    apart = 0.0 if same_bytes(min(many, 2_500)) else np.inf
    return [*rows, _row("outlook: country, two threads", many, spent, SECONDS_OF_A_COUNTRY, max(wrong, apart))]


def of_district(pupils: Any, years: Any) -> Any:
    """Back-test, forecasts by all methods, and the tables of the method that is chosen."""
    tested = backtest(pupils, years, SETTINGS)
    base = len(years) - 1
    found = forecasts(list(METHODS), pupils, years, base, AHEAD, SETTINGS)
    schools, district = found[tested.method]
    return with_intervals(
        _expected(pupils[:, :, base], schools, district, tested), tested, first_fall=int(years[-1]) + 1
    )


def of_country(pupils: Any, years: Any, workers: int) -> Any:
    """Back-test, and forecasts by all methods."""
    tested = backtest(pupils, years, SETTINGS, workers=workers)
    return tested, forecasts(list(METHODS), pupils, years, len(years) - 1, AHEAD, SETTINGS)


def against_a_loop(schools: int) -> float:
    """Largest relative difference from a plain loop, over methods, schools, grades and years ahead."""
    pupils, years = city(schools)
    worst = 0.0
    for name in METHODS:
        ours = forecast(name, pupils, years, FALLS - 1, AHEAD, SETTINGS)
        plain = plain_forecast(name, pupils, years, FALLS - 1, AHEAD, SETTINGS.survival_years, SETTINGS.leave_out)
        for found, expected in zip(ours, plain, strict=True):
            if not np.array_equal(np.isnan(found), np.isnan(expected)):
                return float("inf")
            worst = max(worst, float(np.nanmax(np.abs(found - expected) / np.maximum(np.abs(expected), 1.0))))
    return worst


def same_bytes(schools: int) -> bool:
    """Whether one thread and two count the same, to the byte."""
    pupils, years = city(schools)
    one, two = (backtest(pupils, years, SETTINGS, workers=n) for n in (1, 2))
    same = (
        one.tally.sums.tobytes() == two.tally.sums.tobytes()
        and one.tally.counts.tobytes() == two.tally.counts.tobytes()
    )
    return same and bool(one.table.equals(two.table))


def city(schools: int) -> tuple[Any, Any]:
    """Elementary, middle and high schools that grow and shrink; a tenth open or close on the way."""
    rng = np.random.default_rng(5)
    pupils = np.zeros((schools, len(GRADES), FALLS))
    kind = rng.choice(3, schools, p=(0.6, 0.2, 0.2))
    for place, (low, high, size) in enumerate((("KG", "05", 55.0), ("06", "08", 150.0), ("09", "12", 220.0))):
        own = np.flatnonzero(kind == place)
        grades = np.arange(GRADES.index(low), GRADES.index(high) + 1)
        level = (
            size
            * rng.lognormal(0, 0.5, (len(own), 1, 1))
            * np.exp(rng.normal(0, 0.05, (len(own), 1, FALLS)).cumsum(axis=2))
        )
        pupils[own[:, None], grades] = rng.poisson(np.broadcast_to(level, (len(own), len(grades), FALLS)))
    for change in (slice(None, 8), slice(-6, None)):
        pupils[rng.random(schools) < 0.05, :, change] = np.nan
    return pupils, np.arange(2025 - FALLS, 2025)


def _expected(now: Any, schools: Any, district: Any, tested: Tested) -> tuple[Expected, Expected]:
    there = ~np.isnan(now).any(axis=1)
    ids = np.array([f"{n:06d}" for n in np.flatnonzero(there)], dtype=object)
    label = np.full(len(ids), tested.method, dtype=object)
    of_schools = Expected("school", ids, now[there], schools[there], np.zeros(len(ids)), label)
    whole = Expected("district", ids[:1], np.nansum(now, axis=0)[None], district[None], np.zeros(1), label[:1])
    return of_schools, replace(whole, ids=np.array(["d"], dtype=object))


def _row(name: str, schools: int, spent: float, most: float, wrong: float) -> Result:
    return {
        "name": name,
        "size": f"{schools:,} schools x 13 grades x {FALLS} falls, {AHEAD} years ahead, {len(METHODS)} methods with back-tests",
        "ours_s": round(spent, 3),
        "peer": "",
        "peer_version": "",
        "peer_s": None,
        "ratio": None,
        "target": f"<= {most:g} s",
        "met": bool(spent <= most and wrong <= 1e-9),
        "max_error": wrong,
    }
