"""How far the population outlook misses: a forecast of the latest vintage from the two before it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.special import ndtri

from pipeline.analysis.age_bands import BANDS
from pipeline.analysis.cohort_ratios import Children, children_of
from pipeline.analysis.growth import Layer
from pipeline.analysis.migration import years_between
from pipeline.analysis.population import projected, step_reason
from pipeline.ledger import Ledger
from pipeline.numerals import number, percent, trimmed

Z80 = float(ndtri(0.9))
SHARE = 0.8
# A share of the errors is told from at least so many areas.
FEWEST_AREAS = 20


@dataclass(frozen=True)
class MethodError:
    """How far forecasts missed beyond what the survey explains: share of the forecast by band, after some years."""

    share: Mapping[str, float]
    years: float
    basis: str

    def after(self, band: str, years: float) -> float:
        """The share after another number of years: errors grow with the root of the time."""
        return self.share[band] * float(np.sqrt(years / self.years))


def back_test(
    older: Children, then: Children, today: Children, years: tuple[float, float], caps: tuple[float, float]
) -> pd.DataFrame:
    """A forecast of ``today`` made with ``older`` and ``then`` alone, beside what came and beside no change.

    Parameters
    ----------
    older, then, today : Children
        The same areas in three vintages.
    years : (float, float)
        Years from the first to the second and from the second to the third.
    caps : (float, float)
        As in `population.cohort_ratios`.

    Returns
    -------
    DataFrame
        One row per band: ``areas``, ``error_share`` (mean absolute error over what came), ``no_change_share`` (the same of
        no change) and ``method_share``: the share of the forecast beyond the margins of both within which four in five
        errors lie.
    """
    ahead, _ = projected(older, then, years=years[0], horizons=[years[1]], smallest=caps[0], largest=caps[1])
    rows = []
    for band in BANDS:
        forecast, forecast_error = ahead[years[1]].of_band(band)
        came, came_error = today.of_band(band)
        same, _ = then.of_band(band)
        known = (forecast > 0) & (came > 0) & ~np.isnan(same)
        miss = np.abs(came - forecast)[known]
        survey = Z80 * np.hypot(np.nan_to_num(forecast_error), np.nan_to_num(came_error))[known]
        beyond = np.sort(np.sqrt(np.maximum(miss**2 - survey**2, 0.0)) / forecast[known])
        rank = int(np.ceil((len(beyond) + 1) * SHARE)) - 1
        rows.append(
            {
                "age_band": band,
                "areas": len(beyond),
                "error_share": float((miss / came[known]).mean()) if len(beyond) else np.nan,
                "no_change_share": float((np.abs(came - same)[known] / came[known]).mean()) if len(beyond) else np.nan,
                "method_share": float(beyond[min(rank, len(beyond) - 1)]) if len(beyond) else np.nan,
            }
        )
    return pd.DataFrame(rows)


def method_error(
    layer: Layer,
    before: str,
    now: str,
    caps: tuple[float, float],
    stated: float,
    ledger: Ledger,
) -> MethodError:
    """The method's error from a back-test, where a vintage before the two is known; else as the study states it.

    The third vintage is the latest that shares no year with ``before`` and lies far enough back. Fewer than 20 areas
    say too little.
    """
    _, area, profile, factors = layer
    older = [v for v in sorted(set(profile["vintage"]), reverse=True) if v < before and not step_reason(v, before)]
    older = [v for v in older if v.split("-")[-1] < before.split("-")[0]]
    if older:
        ids = pd.Index(sorted(set(profile[area])))
        first, then, today = (children_of(profile, area, v, ids, factors.get(v, 1.0)) for v in (older[0], before, now))
        years = (years_between(older[0], before), years_between(before, now))
        tested = back_test(first, then, today, years=years, caps=caps)
        if (tested["areas"] >= FEWEST_AREAS).all():
            school = tested.set_index("age_band").loc["5-17"]
            ledger.note(
                "population_outlook",
                f"back-test: {now} forecast from {older[0]} and {before}, {trimmed(years[1])} years on, {number(school['areas'])} areas, "
                f"children aged 5 to 17: mean error {percent(school['error_share'], 1)}, of no change {percent(school['no_change_share'], 1)}",
            )
            return MethodError(
                dict(zip(tested["age_band"], tested["method_share"], strict=True)), years[1], "back_test"
            )
    ledger.note(
        "population_outlook",
        f"no three vintages to test the method on: its error is taken as {percent(stated)} in five years (growth.method_error_share)",
    )
    return MethodError(dict.fromkeys(BANDS, stated), 5.0, "stated")
