"""Back-test: how wrong a forecast would have been on years that were hidden from it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis.calibration import held
from pipeline.analysis.choice import AUTO, NAIVE, best_methods, chosen_then, judged_by
from pipeline.analysis.hidden_years import tally
from pipeline.analysis.progression import Settings
from pipeline.analysis.tallies import BY_FORECAST, GROUPS, WIDTH, Tally

Array = np.ndarray

AS_CHOSEN = "as chosen then"  # the rule by which a study chooses, as if it were a method
_TEXT, _YEARS = ("method", "size_class"), ("horizon_years", "first_start", "last_start")
COLUMNS = [
    "method", "horizon_years", "size_class", "first_start", "last_start", "cases", "left_cases",
    "mean_absolute_error_share", "mean_error_change", "weighted_error_share", "median_error_share",
    "against_no_change_ratio", "against_last_change_ratio", "interval_share", "interval_cases", "is_chosen", "is_judged",
]  # fmt: skip
_METRICS = ("cases", "mean_absolute_error_share", "mean_error_change", "interval_share")


@dataclass(frozen=True)
class Tested:
    """What the back-test found: ``table`` (table ``backtest``), the counts behind it, and the method to use."""

    table: pd.DataFrame
    tally: Tally
    method: str
    last_fall: int


def backtest(pupils: Array, years: Array, settings: Settings, *, method: str = AUTO, workers: int = 1) -> Tested:
    """How far each method would have been off, 1, 3, 5 and 10 years ahead, from every feasible start.

    From each fall that has at least one fall before it, each method forecasts with later falls
    hidden, and what happened is compared with it: schools by size at the start, the district's
    total, and single grades of both. A school that did not report the start or the later fall
    is no case (``left_cases`` counts those that were gone); falls left out are neither start nor
    target. One row more, ``as chosen then``, is what the study's own rule would have forecast:
    at each start the method that had erred least by then (`choice.chosen_then`), so that nothing
    is chosen by the cases it is judged by. Of each method it is counted how often the 80%
    interval that it would have had then held what happened (`calibration.held`).

    Parameters
    ----------
    pupils, years
        See `rolls`.
    settings : Settings
        Handed to the methods.
    method : str
        Method the study names, or ``auto``.
    workers : int
        Threads; the result does not depend on it.

    Returns
    -------
    Tested
        Its table has the errors of what happened: mean absolute and signed, pupils off over pupils
        there (``weighted_error_share``), the median of |log(actual / forecast)|, and the mean
        absolute error over that of the two naive forecasts (but for classes of grades, which go by
        the forecast itself, so that methods do not share their cases). ``is_judged`` marks the
        errors by which the method was chosen: none, where the study names it or its past is too short.

    References
    ----------
    Smith, Tayman and Swanson (2013), A Practitioner's Guide to State and Local Population
    Projections, ch. 13 (mean absolute and mean algebraic percentage error); Tashman (2000),
    Out-of-sample tests of forecasting accuracy, International Journal of Forecasting 16.

    Examples
    --------
    >>> pupils = np.zeros((1, 16, 4))
    >>> pupils[0, 3] = [100.0, 110.0, 121.0, 121.0]
    >>> table = backtest(pupils, np.arange(2021, 2025), Settings()).table
    >>> table = table.set_index(["method", "horizon_years", "size_class"])
    >>> table.loc[("no change", 1, "under_200"), ["cases", "mean_absolute_error_share"]].tolist()
    [2.0, 0.045454545454545456]
    """
    found = tally(pupils, years, settings, workers=workers)
    last = int(years[-1]) if len(years) else 0
    chosen = best_methods(found, last)["all"] if method == AUTO else method
    judged = judged_by(found, last) if method == AUTO else set()
    return Tested(_table(found, chosen_then(found, method), chosen, judged), found, chosen, last)


def _table(found: Tally, then: Array, chosen: str, judged: set[tuple[str, int]]) -> pd.DataFrame:
    inside, tried = held(found)
    pair = np.arange(len(found.pairs))
    sums, inside, tried = (np.concatenate([layer, layer[then, pair][None]]) for layer in (found.sums, inside, tried))
    rows: list[dict[str, Any]] = []
    for horizon in np.unique(found.pairs[:, 1]):
        at = found.pairs[:, 1] == horizon
        for place, group in enumerate(GROUPS):
            cases = sums[:, at, place].sum(axis=1)
            covered, of = inside[:, at, place].sum(axis=1), tried[:, at, place].sum(axis=1)
            starts = found.pairs[at & (sums[:, :, place, 0] > 0).any(axis=0), 0]
            share = cases[:, 1] / np.maximum(cases[:, 0], 1)
            naive = [share[found.methods.index(name)] for name in NAIVE]
            counts = found.counts[:, at, place].sum(axis=1)
            counts = np.concatenate([counts, found.counts[then[at], pair[at], place].sum(axis=0)[None]])
            for row, name in enumerate((*found.methods, AS_CHOSEN)):
                if not cases[row, 0]:
                    continue
                number, _, signed, off, actual = cases[row]
                values = [
                    name, int(horizon), group, starts.min(), starts.max(), number, found.left[at, place].sum(),
                    share[row], signed / number, off / actual, _median(counts[row]),
                    *(share[row] / error if error > 0 and group not in BY_FORECAST else np.nan for error in naive),
                    covered[row] / of[row] if of[row] else np.nan, of[row], name in (chosen, AS_CHOSEN),
                    (group, int(horizon)) in judged,
                ]  # fmt: skip
                rows.append(dict(zip(COLUMNS, values, strict=True)))
    types = {c: "str" if c in _TEXT else "int64" if c in _YEARS else "float64" for c in COLUMNS}
    types |= {"is_chosen": "bool", "is_judged": "bool"}
    table = pd.DataFrame(rows, columns=COLUMNS).astype(types)
    return table.sort_values(COLUMNS[:3], kind="stable").reset_index(drop=True)


def _median(counts: Array) -> float:
    """Median of the errors counted, rounded up to a class."""
    return float(np.searchsorted(counts.cumsum(), (counts.sum() + 1) // 2) * WIDTH)


def metric(table: pd.DataFrame) -> Mapping[str, Any]:
    """The back-test by method, group and horizon, for `dvc metrics show` and `diff`.

    >>> row = dict.fromkeys(COLUMNS, 0.123456789) | {"method": "m", "size_class": "g", "horizon_years": 3, "cases": 4.0}
    >>> metric(pd.DataFrame([row]))["m"]["g"]["3"]["mean_absolute_error_share"]
    0.123457
    """
    found: dict[str, Any] = {}
    for row in table.to_dict("records"):
        of_group = found.setdefault(row["method"], {}).setdefault(row["size_class"], {})
        of_group[str(row["horizon_years"])] = {
            name: round(float(row[name]), 6) for name in _METRICS if pd.notna(row[name])
        }
    return found
