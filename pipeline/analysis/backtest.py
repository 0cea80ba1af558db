"""Back-test: how wrong a forecast would have been on years that were hidden from it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.cohorts import METHODS, forecast

HORIZONS = (1, 3, 5)
SMALLEST_CASES = 10  # quantiles of fewer forecasts say nothing about the tails
SHORTEST = 2  # falls a forecast must be able to look at
SIZES = ((0.0, "under_200"), (200.0, "200_to_499"), (500.0, "500_and_over"))
STAND_INS: Mapping[str, tuple[str, ...]] = {
    "district": ("district_grade",),
    "500_and_over": ("200_to_499", "under_200", "school_grade"),
    "200_to_499": ("under_200", "school_grade"),
    "under_200": ("school_grade",),
}
COLUMNS = [
    "method", "horizon_years", "size_class", "cases",
    "mean_absolute_error_share", "mean_error_change", "error_q10_change", "error_q90_change",
]  # fmt: skip

Array = np.ndarray


def size_class(pupils: Array) -> Array:
    """Size class of a school by its pupils.

    >>> size_class(np.array([12.0, 200.0, 800.0])).tolist()
    ['under_200', '200_to_499', '500_and_over']
    """
    bounds = np.array([bound for bound, _ in SIZES])
    names = np.array([name for _, name in SIZES], dtype=object)
    return np.asarray(names[np.searchsorted(bounds, np.nan_to_num(pupils), side="right") - 1])


def backtest(pupils: Array, years: Array, *, leave_out: tuple[int, ...] = (), **settings: Any) -> pd.DataFrame:
    """How far each method would have been off, one, three and five years ahead, from every feasible start.

    From each fall that has at least one fall before it, each method forecasts with later falls
    hidden, and what happened is compared with it: schools by size at the start, the district's
    total, and single grades of both. A school that did not report the start or the later fall
    is no case; falls left out are neither start nor target.

    Parameters
    ----------
    pupils, years
        See `rolls`.
    leave_out : tuple of int
        Falls not taken for a trend.
    **settings
        Handed to the methods.

    Returns
    -------
    DataFrame
        Table ``backtest``. Absolute and signed error are of what happened, the quantiles are of
        the forecast, so that ``forecast x (1 + quantile)`` is an end of the 80% interval.

    References
    ----------
    Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and Local Population
    Projections, ch. 13 (mean absolute and mean algebraic percentage error).

    Examples
    --------
    >>> from pipeline.columns import GRADES
    >>> pupils = np.zeros((1, len(GRADES), 4))
    >>> pupils[0, 3] = [100.0, 110.0, 121.0, 121.0]
    >>> table = backtest(pupils, np.arange(2021, 2025)).set_index(["method", "horizon_years", "size_class"])
    >>> table.loc[("no change", 1, "under_200"), ["cases", "mean_absolute_error_share"]].round(4).tolist()
    [2.0, 0.0455]
    """
    found: dict[tuple[str, int, str], list[tuple[Array, Array]]] = {}
    for base in range(SHORTEST - 1, len(years) - 1):
        ahead = [h for h in HORIZONS if base + h < len(years) and int(years[base + h]) not in leave_out]
        if int(years[base]) in leave_out or not ahead:
            continue
        for name in METHODS:
            schools, district = forecast(name, pupils, years, base, max(ahead), leave_out=leave_out, **settings)
            for horizon in ahead:
                cases = _cases(
                    schools[:, :, horizon - 1],
                    district[:, horizon - 1],
                    pupils[:, :, base + horizon],
                    pupils[:, :, base],
                )
                for group, pair in cases.items():
                    found.setdefault((name, horizon, group), []).append(pair)
    rows = []
    for (name, horizon, group), pairs in found.items():
        expected, happened = (np.concatenate(side) for side in zip(*pairs, strict=True))
        if len(expected):
            rows.append({"method": name, "horizon_years": horizon, "size_class": group, **_errors(expected, happened)})
    table = pd.DataFrame(rows, columns=COLUMNS).sort_values(COLUMNS[:3], kind="stable").reset_index(drop=True)
    return table.astype(
        {c: "str" if c in ("method", "size_class") else "int64" if c == "horizon_years" else "float64" for c in COLUMNS}
    )


def _cases(schools: Array, district: Array, happened: Array, start: Array) -> dict[str, tuple[Array, Array]]:
    """Forecast and outcome by size class; schools only where they are there at both ends."""
    everyone = np.nansum(happened, axis=0)
    there = ~np.isnan(schools).any(axis=1) & ~np.isnan(happened).any(axis=1)
    schools, happened, start = schools[there], happened[there], start[there]
    classes = size_class(start.sum(axis=1))
    cases = {name: (schools[classes == name].sum(axis=1), happened[classes == name].sum(axis=1)) for _, name in SIZES}
    cases["district"] = (district.sum(keepdims=True), everyone.sum(keepdims=True))
    cases["school_grade"] = (schools.ravel(), happened.ravel())
    cases["district_grade"] = (district, everyone)
    return {name: _comparable(*pair) for name, pair in cases.items()}


def _comparable(forecast: Array, happened: Array) -> tuple[Array, Array]:
    """Relative errors need pupils on both sides; grades that opened or closed are not errors of a rate."""
    both = (forecast > 0) & (happened > 0)
    return forecast[both], happened[both]


def _errors(forecast: Array, happened: Array) -> Mapping[str, float]:
    relative = (happened - forecast) / forecast
    low, high = np.quantile(relative, [0.1, 0.9])
    return {
        "cases": float(len(forecast)),
        "mean_absolute_error_share": float(np.mean(np.abs(happened - forecast) / happened)),
        "mean_error_change": float(np.mean((forecast - happened) / happened)),
        "error_q10_change": float(low),
        "error_q90_change": float(high),
    }


def interval_factors(table: pd.DataFrame, method: str, group: str, horizon: int) -> tuple[Array, Array]:
    """Lower and upper error of the 80% interval for each year ahead, from the tested horizons.

    Between tested horizons the errors are interpolated (none at horizon 0); beyond the last
    they grow with the square root of the horizon. A group with fewer than 10 forecasts at a
    horizon borrows the errors of ``STAND_INS``, which are larger. NaN where nothing could be
    tested.

    >>> table = pd.DataFrame({"method": "m", "horizon_years": [1, 3], "size_class": "g", "cases": 10.0, "error_q10_change": [-0.1, -0.3], "error_q90_change": [0.1, 0.2]})
    >>> low, high = interval_factors(table, "m", "g", 3)
    >>> low.round(2).tolist(), high.round(2).tolist()
    ([-0.1, -0.2, -0.3], [0.1, 0.15, 0.2])
    """
    tried = table[(table["method"] == method) & (table["cases"] >= SMALLEST_CASES)]
    groups = [group, *STAND_INS.get(group, ())]
    order = tried["size_class"].map({name: place for place, name in enumerate(groups)})
    rows = (
        tried.assign(order=order)
        .dropna(subset=["order"])
        .sort_values(["horizon_years", "order"], kind="stable")
        .drop_duplicates("horizon_years")
    )
    ahead = np.arange(1, horizon + 1, dtype="float64")
    if rows.empty:
        return np.full(horizon, np.nan), np.full(horizon, np.nan)
    tested = np.append(0.0, rows["horizon_years"].to_numpy(dtype="float64"))
    beyond = np.sqrt(np.maximum(ahead / tested[-1], 1.0))
    low, high = (
        np.interp(ahead, tested, np.append(0.0, rows[c].to_numpy())) * beyond
        for c in ("error_q10_change", "error_q90_change")
    )
    return low, high
