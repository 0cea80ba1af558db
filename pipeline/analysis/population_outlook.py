"""The population outlook as a table: every layer, with intervals and what they rest on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.analysis.age_bands import AGES, BANDS
from pipeline.analysis.cohort_ratios import BORROWED, CAPPED, SYNTHETIC, Births, Ratio, births_of, children_of
from pipeline.analysis.growth import ELSEWHERE, Layer
from pipeline.analysis.migration import years_between
from pipeline.analysis.population import BY_WOMEN, HELD, HORIZONS, SUMMED, middle_year, projected, step_reason
from pipeline.analysis.population_error import Z80, MethodError, method_error
from pipeline.analysis.uncertainty import Z90
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.numerals import number, percent, trimmed
from pipeline.tables import empty

# A projection this many times what is there and what the line leads to, or one part in so many, is of another place.
MOST_TIMES = 2.0
LAYERS = ("neighborhood", "zone ", "district")
_COLUMNS = [
    "layer", "area_id", "age_band", "year", "children_projected", "children_projected_low", "children_projected_high", "method",
    "error_basis",
]  # fmt: skip


def layer_outlook(
    layer: Layer,
    *,
    before: str,
    now: str,
    caps: tuple[float, float],
    error: MethodError,
    totals: Mapping[float, float],
    horizons: tuple[float, ...] = HORIZONS,
) -> pd.DataFrame:
    """Rows of ``population_outlook`` of one layer; numbers that rest on an unknown count are not in it.

    ``totals`` are children under 18 of the layer by horizon, where an independent projection gives them.
    """
    name, area, profile, factors = layer
    of_pair = profile[profile["vintage"].isin([before, now])]
    counted = of_pair.groupby(area)["vintage"].nunique()
    ids = pd.Index(sorted(counted.index[counted == 2]))
    then, today = (children_of(profile, area, v, ids, factors.get(v, 1.0)) for v in (before, now))
    years = years_between(before, now)
    births = births_of(_women(profile, area, (before, now), ids, factors), years)
    ahead, ratios = projected(
        then, today, years=years, horizons=horizons, smallest=caps[0], largest=caps[1], totals=totals, births=births
    )
    frames = []
    for horizon, children in ahead.items():
        for band in BANDS:
            value, deviation = children.of_band(band)
            half = np.hypot(Z80 * deviation, error.after(band, horizon) * value)
            frames.append(
                pd.DataFrame(
                    {
                        "layer": name,
                        "area_id": ids.to_numpy(),
                        "age_band": band,
                        "year": int(middle_year(now) + horizon),
                        "children_projected": value,
                        "children_projected_low": np.maximum(value - half, 0.0),
                        "children_projected_high": value + half,
                        "method": _methods(band, ratios, births, len(ids)),
                        "error_basis": np.where(np.isnan(half), "none", error.basis),
                    }
                )
            )
    table = pd.concat(frames, ignore_index=True)[_COLUMNS]
    return table.dropna(subset=["children_projected"]).reset_index(drop=True)


def _women(
    profile: pd.DataFrame, area: str, pair: tuple[str, str], ids: pd.Index, factors: Mapping[str, float]
) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Women of childbearing age now and who they will be, with standard errors, scaled as the children are."""
    found = {}
    for name, vintage, count in (
        ("then 10-39", pair[0], "women_10_39"),
        ("now 10-39", pair[1], "women_10_39"),
        ("now 15-44", pair[1], "women_15_44"),
    ):
        rows = (
            profile[profile["vintage"] == vintage].set_index(area).reindex(ids).reindex(columns=[count, f"{count}_moe"])
        )
        counts, moes = (rows[c].to_numpy(dtype="float64") * factors.get(vintage, 1.0) for c in rows)
        found[name] = (counts, moes / Z90)
    return found


def _methods(band: str, ratios: Mapping[str, Ratio | None], births: Births | None, size: int) -> np.ndarray:
    """The rule behind each area's number of a band; bands made of several published ones are sums."""
    parts = list(BANDS[band])
    if len(parts) > 1:
        return np.full(size, SUMMED, dtype=object)
    ratio = ratios[parts[0]]
    if ratio is None:
        return np.full(size, BY_WOMEN if births is not None and band == "0-4" else HELD, dtype=object)
    return ratio.method


def outlook_or_reason(
    layers: list[Layer],
    *,
    before: str | None,
    now: str,
    smallest_ratio: float,
    largest_ratio: float,
    method_error_share: float,
    control_projection: Mapping[int, float],
    ledger: Ledger,
) -> pd.DataFrame:
    """The population outlook where two vintages can be followed; else none, and the ledger says why.

    Each layer (neighborhoods, zones, district) is held to its children by an independent projection
    (``control_projection``: year to children under 18 of the neighborhoods together), or else to the straight line
    through its two vintages. Of a projection a layer gets the share of the neighborhoods' children that now live in its
    areas that can be followed: what belongs to areas without an earlier vintage is not put into the others. The 80%
    interval is of the survey's margins and of the method's error together; ``error_basis`` says where the latter comes from.

    Parameters
    ----------
    layers : list
        As `growth.compared_layers` gives them; neighborhoods first.
    before, now : str
        The study's vintages.
    smallest_ratio, largest_ratio : float
        Caps of a five-year ratio.
    method_error_share : float
        The method's error in five years, where it cannot be tested.
    control_projection : mapping
        Children under 18 by year.
    ledger : Ledger
        Takes the control, the rules used and what is missing.

    Raises
    ------
    ConfigError
        If a year of ``control_projection`` is none of those projected, or its total is less than half or more than
        twice of what the children now and the line through both vintages span.

    Returns
    -------
    DataFrame
        Table ``population_outlook``; the year is the middle of the later vintage plus 5 and 10.

    References
    ----------
    As in `population`.
    """
    years_ahead = [middle_year(now) + horizon for horizon in HORIZONS]
    unused = sorted(set(control_projection) - set(years_ahead))
    if unused:
        raise ConfigError(
            f"params.yaml, growth.control_projection: {', '.join(map(str, unused))} would not be used: children are projected for {' and '.join(map(str, years_ahead))}, 5 and 10 years after the middle of {now}. Give the projection of those years, or leave the year out."
        )
    profile = layers[0].profile
    reason = step_reason(before, now)
    if not reason and not {before, now} <= set(profile["vintage"]):
        reason = f"the profiles do not hold both {before} and {now}"
    if reason or before is None:
        ledger.missing_input(
            "children some years apart", f"{reason}: no population outlook is computed. To be had: {ELSEWHERE}."
        )
        return empty("population_outlook", "")
    caps, year = (smallest_ratio, largest_ratio), middle_year(now)
    known = profile.loc[profile["vintage"] == now, list(AGES)].notna().to_numpy().all(axis=1).any()
    if not known:
        ledger.missing_input(
            "children by age band",
            f"the vintages do not count children by age: no population outlook. To be had: {ELSEWHERE}.",
        )
        return empty("population_outlook", "")
    error = method_error(layers[0], before, now, caps, method_error_share, ledger)
    given: dict[float, float] = {h: control_projection[year + h] for h in HORIZONS if year + h in control_projection}
    base = _children_now(layers[0], [now])
    _require_near(layers[0], given, before, now)
    tables = []
    for layer in layers:
        if layer.name.startswith(LAYERS) and {before, now} <= set(layer.profile["vintage"]):
            own = _children_now(layer, [before, now])
            totals = {h: total * own / base for h, total in given.items()}
            tables.append(layer_outlook(layer, before=before, now=now, caps=caps, error=error, totals=totals))
    table = pd.concat(tables, ignore_index=True)
    _record(table[table["layer"] == "neighborhood"], given, year, years_between(before, now), ledger)
    followed = _children_now(layers[0], [before, now])
    if given and followed < base:
        ledger.note(
            "population_outlook",
            f"{percent(1 - followed / base, 1)} of the children live in neighborhoods without an earlier vintage: they are not projected, and "
            "the others are held to their own share of growth.control_projection",
        )
    return table


def _require_near(layer: Layer, given: Mapping[float, float], before: str, now: str) -> None:
    """Refuse totals far from the children now and from the line through both vintages."""
    _, area, profile, factors = layer
    both = profile.loc[profile["vintage"].isin([before, now])].groupby(area)["vintage"].nunique()
    ids = pd.Index(sorted(both.index[both == 2]))
    earlier, later = (children_of(profile, area, v, ids, factors.get(v, 1.0)).counts.sum(axis=1) for v in (before, now))
    known = ~np.isnan(earlier) & ~np.isnan(later)
    then, followed, whole = float(earlier[known].sum()), float(later[known].sum()), _children_now(layer, [now])
    if not followed:
        return
    for horizon, total in sorted(given.items()):
        line = whole * max(1 + (1 - then / followed) * horizon / years_between(before, now), 0.0)
        least, most = min(line, whole) / MOST_TIMES, max(line, whole) * MOST_TIMES
        if not least <= total <= most:
            raise ConfigError(
                f"params.yaml, growth.control_projection: {number(total)} children under 18 in {int(middle_year(now) + horizon)} cannot be of this study: {number(whole)} live here now, and the line through {before} and {now} leads to {number(line)}; expected is {number(least)} to {number(most)}. Give the children under 18 of all neighborhoods together, in children and not in thousands, or leave the year out."
            )


def _children_now(layer: Layer, vintages: Sequence[str]) -> float:
    """Children in the last of some vintages, of the areas whose bands are known in all of them."""
    _, area, profile, factors = layer
    rows = profile[profile["vintage"].isin(vintages)].set_index(area)
    known = rows[rows[list(AGES)].notna().all(axis=1)]
    in_all = known.groupby(level=0)["vintage"].nunique() == len(vintages)
    last = known[(known["vintage"] == vintages[-1]) & known.index.isin(in_all.index[in_all])]
    return float(last[list(AGES)].to_numpy(dtype="float64").sum()) * factors.get(vintages[-1], 1.0)


def _record(rows: pd.DataFrame, given: Mapping[float, float], year: int, years: float, ledger: Ledger) -> None:
    for horizon in HORIZONS:
        held = (
            "to the independent projection growth.control_projection"
            if horizon in given
            else "to a linear total: the line through both vintages"
        )
        ledger.note("population_outlook", f"{year + horizon}: all areas are held {held}")
    if years != 5:
        ledger.note(
            "population_outlook",
            f"approximate: bands of five years are followed over {trimmed(years)} years, spread evenly within a band",
        )
    count = rows["method"].value_counts()
    ledger.note(
        "population_outlook",
        f"of {number(len(rows))} numbers of neighborhoods, {number(count.get(CAPPED, 0))} rest on a ratio held to its cap, "
        f"{number(count.get(SYNTHETIC, 0))} mostly and {number(count.get(BORROWED, 0))} wholly on a synthetic one; children not yet born are "
        + (
            "as many per woman as now"
            if BY_WOMEN in count
            else "held at the latest count, as women by age are not known"
        ),
    )
