"""Population outlook: children by age band five and ten years on, by cohort change (Hamilton-Perry)."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd
from scipy.special import ndtri

from pipeline.analysis.growth import BANDS, ELSEWHERE, band_counts, control_factors
from pipeline.analysis.uncertainty import Z90, years_of
from pipeline.ledger import Ledger
from pipeline.tables import empty

Z80 = float(ndtri(0.9))
STEP_YEARS = 5
STEPS = 2
# band: (the band its children come from, share of that band's years that is in this one)
_FROM: Mapping[str, tuple[str, float]] = {"5-9": ("0-4", 1.0), "10-14": ("5-9", 1.0), "15-17": ("10-14", 0.6)}
_SINGLE = ("0-4", "5-9", "10-14", "15-17")
_COLUMNS = [
    "neighborhood_id",
    "age_band",
    "year",
    "children_projected",
    "children_projected_low",
    "children_projected_high",
    "method",
]


def step_reason(before: str | None, now: str) -> str:
    """Why cohort-change ratios cannot be had from two vintages; empty when they can.

    The bands are five years wide, so the middles of the two periods must lie five years apart.

    >>> step_reason("2014-2018", "2019-2023")
    ''
    >>> step_reason("2011", "2023")
    'the middles of 2011 and 2023 lie 12 years apart; five-year age bands need vintages five years apart'
    """
    if before is None:
        return "the study names no earlier vintage (vintages.before)"
    years = (sum(years_of(now)) - sum(years_of(before))) / 2
    if years == STEP_YEARS:
        return ""
    return f"the middles of {before} and {now} lie {years:g} years apart; five-year age bands need vintages five years apart"


def population_outlook(
    profile: pd.DataFrame,
    *,
    before: str,
    now: str,
    factors: Mapping[str, float],
    smallest_ratio: float,
    largest_ratio: float,
) -> pd.DataFrame:
    """How many children of each age band to expect in each neighborhood in five and in ten years.

    A band's *cohort-change ratio* is its children now over those of the next younger band five
    years before: it holds survival and migration together. Ratios are capped, the district's
    ratio stands in where an area had no children in the younger band, and the areas are scaled
    to the district's own projection by the same method. Children under 5 stay at today's number,
    for want of women by age. The 80% interval carries the survey's margins alone, not the error
    of assuming that the last five years come again.

    Parameters
    ----------
    profile : DataFrame
        Table ``neighborhood_profile``: counts ``children_*`` with margins, by vintage.
    before, now : str
        Vintages whose middles lie five years apart (`step_reason`).
    factors : mapping
        Control factors by vintage.
    smallest_ratio, largest_ratio : float
        Caps of a five-year ratio; for the three-year band 15-17 they apply to three fifths.

    Returns
    -------
    DataFrame
        Table ``population_outlook``; the year is the middle of the later vintage plus 5 and 10.
        ``method`` says which rule gave the ratio. Areas that lack a vintage are not in it, and
        a number that rests on an unknown count is not; the others are scaled without them.

    References
    ----------
    Hamilton and Perry (1962), Social Forces 41. Swanson, Schlottmann and Schmidt (2010),
    Population Research and Policy Review 29 (caps). Baker, Swanson and Tayman (2020)
    (control to totals lowers error and upward bias for small areas).

    Examples
    --------
    >>> bands = {"0_4": [50.0, 60.0], "5_9": [50.0, 55.0], "10_14": [50.0, 50.0], "15_17": [30.0, 30.0]}
    >>> profile = pd.DataFrame({"neighborhood_id": "n", "vintage": ["2018", "2023"], **{f"children_{b}": v for b, v in bands.items()}})
    >>> profile = profile.assign(**{f"children_{b}_moe": 5.0 for b in [*bands, "0_17"]}, children_0_17=180.0)
    >>> outlook = population_outlook(profile, before="2018", now="2023", factors={}, smallest_ratio=0.9, largest_ratio=1.3)
    >>> outlook[outlook["age_band"] == "5-9"][["year", "children_projected", "method"]].to_dict("records")[0]
    {'year': 2028, 'children_projected': 66.0, 'method': 'cohort change'}
    """
    then, today = (_side(profile, vintage, factors) for vintage in (before, now))
    ids = then.index.intersection(today.index).sort_values()
    then, today = then.loc[ids], today.loc[ids]
    ratios = {band: _ratio(then, today, band, smallest_ratio, largest_ratio) for band in _FROM}
    year = int(sum(years_of(now)) // 2)
    frames = []
    state = {band: (today[band].to_numpy(), today[f"{band} moe"].to_numpy() / Z90) for band in _SINGLE}
    for step in range(1, STEPS + 1):
        projected = {"0-4": state["0-4"]}
        methods = {"0-4": np.full(len(ids), "held at the latest count", dtype=object)}
        for band, (younger, _) in _FROM.items():
            ratio, error, district, methods[band] = ratios[band]
            children, children_error = state[younger]
            value = children * ratio
            deviation = np.hypot(children * error, ratio * children_error)
            known = ~np.isnan(value)  # the control is of the areas that have a number, not of their neighbors
            total = value[known].sum()
            scale = children[known].sum() * district / total if total > 0 else 1.0
            projected[band] = (value * scale, deviation * scale)
        state = projected
        for band, parts in BANDS.items():
            frames.append(
                _rows(ids, band, year + STEP_YEARS * step, [b for b in _SINGLE if _name(b) in parts], state, methods)
            )
    return pd.concat(frames, ignore_index=True)[_COLUMNS].dropna(subset=["children_projected"]).reset_index(drop=True)


def _name(band: str) -> str:
    return BANDS[band][0]


def _side(profile: pd.DataFrame, vintage: str, factors: Mapping[str, float]) -> pd.DataFrame:
    rows = profile[profile["vintage"] == vintage].set_index("neighborhood_id")
    columns = {}
    for band in _SINGLE:
        counts = band_counts(rows, band) * factors.get(vintage, 1.0)
        columns[band], columns[f"{band} moe"] = counts["children"], counts["children_moe"]
    return pd.DataFrame(columns)


def _ratio(
    then: pd.DataFrame, today: pd.DataFrame, band: str, smallest: float, largest: float
) -> tuple[np.ndarray, np.ndarray, float, np.ndarray]:
    """Capped ratio of each area, its standard error, the district's ratio and which rule gave it."""
    younger, years = _FROM[band]
    low, high = smallest * years, largest * years
    base, result = then[younger].to_numpy(), today[band].to_numpy()
    known = ~np.isnan(base) & ~np.isnan(result)
    total = base[known].sum()
    district = float(np.clip(result[known].sum() / total, low, high)) if total > 0 else years
    own = base > 0
    raw = np.divide(result, base, out=np.full(len(base), district), where=own)
    ratio = np.clip(raw, low, high)
    noise = np.hypot(today[f"{band} moe"].to_numpy(), ratio * then[f"{younger} moe"].to_numpy()) / Z90
    error = np.divide(noise, base, out=np.zeros(len(base)), where=own)
    # a ratio cannot be more uncertain than the width of the band it is held to
    error = np.minimum(error, (high - low) / 2)
    method = np.select(
        [~own, ratio != raw], ["ratio of the district", "cohort change, capped"], "cohort change"
    ).astype(object)
    return ratio, error, district, method


def _rows(
    ids: pd.Index,
    band: str,
    year: int,
    parts: list[str],
    state: Mapping[str, tuple[np.ndarray, np.ndarray]],
    methods: Mapping[str, np.ndarray],
) -> pd.DataFrame:
    value = np.sum([state[part][0] for part in parts], axis=0)
    deviation = np.sqrt(np.sum([state[part][1] ** 2 for part in parts], axis=0))
    return pd.DataFrame(
        {
            "neighborhood_id": ids.to_numpy(),
            "age_band": band,
            "year": year,
            "children_projected": value,
            "children_projected_low": np.maximum(value - Z80 * deviation, 0.0),
            "children_projected_high": value + Z80 * deviation,
            "method": methods[parts[0]] if len(parts) == 1 else "sum of its age bands",
        }
    )


def outlook_or_reason(
    profile: pd.DataFrame,
    *,
    before: str | None,
    now: str,
    control: Mapping[str, float],
    control_count: str = "population",
    smallest_ratio: float,
    largest_ratio: float,
    ledger: Ledger,
) -> pd.DataFrame:
    """The population outlook where two vintages five years apart are known; else none, and the ledger says why."""
    reason = step_reason(before, now)
    if not reason and not {before, now} <= set(profile["vintage"]):
        reason = f"the profiles do not hold both {before} and {now}"
    if reason or before is None:
        ledger.missing_input(
            "children five years apart", f"{reason}: no population outlook is computed. To be had: {ELSEWHERE}."
        )
        return empty("population_outlook", "")
    table = population_outlook(
        profile,
        before=before,
        now=now,
        factors=control_factors(profile, control, control_count),
        smallest_ratio=smallest_ratio,
        largest_ratio=largest_ratio,
    )
    capped = int((table["method"] == "cohort change, capped").sum())
    borrowed = int((table["method"] == "ratio of the district").sum())
    if table.empty:
        ledger.missing_input(
            "children by age band",
            f"the vintages do not count children by age: no population outlook. To be had: {ELSEWHERE}.",
        )
    if capped or borrowed:
        ledger.note(
            "population_outlook",
            f"of {len(table):,} numbers, {capped:,} rest on a ratio held to its cap and {borrowed:,} on the district's ratio; "
            "children under 5 are held at the latest count",
        )
    return table
