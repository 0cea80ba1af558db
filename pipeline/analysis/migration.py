"""Families that move: the change of a cohort of children beyond what death explains."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.analysis.age_bands import LIMITS, band_basis, spread, weighted_children
from pipeline.analysis.uncertainty import difference_z, reliability_class, years_of

# Share of its first year that an infant who dies in it lives, about: most die in the first weeks.
INFANT_YEARS = 0.1
# Bands that a cohort grows into; children under 5 were not yet born.
MOVED_BANDS = ("5-9", "10-13", "14-17", "5-17")
_COLUMNS = [
    "layer", "area_id", "age_band", "vintage_from", "vintage_to", "ages", "migrants_change", "migrants_change_moe", "migrants_z",
    "band_basis", "reliability_class",
]  # fmt: skip


def years_between(before: str, now: str) -> float:
    """Years from the middle of one period to the middle of another.

    >>> years_between("2014-2018", "2019-2023"), years_between("2012-2016", "2019-2023")
    (5.0, 7.0)
    """
    return (sum(years_of(now)) - sum(years_of(before))) / 2


def survival(deaths: Sequence[float], low: float, high: float, years: float) -> float:
    """Share of children of the ages from ``low`` to ``high`` (without) who are alive some years later.

    ``deaths`` are deaths per 100,000 alive at each exact age, from 0 on, before the next birthday. Person-years lived
    at the later ages over those at the earlier ones, as in a life table; without deaths it is 1.

    References
    ----------
    Preston, Heuveline and Guillot (2001), Demography, ch. 3 (survival ratios from a life table).

    >>> survival([], 0, 5, 5), round(survival([0.0, 1000.0, 0.0], 0, 1, 1), 3)
    (1.0, 0.995)
    """
    if not deaths:
        return 1.0
    share = 1 - np.asarray(deaths, dtype="float64") / 1e5
    alive = np.concatenate([[1.0], np.cumprod(share)])
    lived = (alive[:-1] + alive[1:]) / 2
    lived[0] = INFANT_YEARS * alive[0] + (1 - INFANT_YEARS) * alive[1]
    until = np.concatenate([[0.0], np.cumsum(lived)])
    later, earlier = (np.diff(np.interp([low + k, high + k], np.arange(len(until)), until))[0] for k in (years, 0.0))
    return float(later / earlier)


def cohort(low: float, high: float, years: float) -> tuple[float, float] | None:
    """The part of an age band whose children were already born ``years`` ago, by age now.

    >>> cohort(5, 10, 5), cohort(5, 10, 7), cohort(5, 10, 12)
    ((5, 10), (7, 10), None)
    """
    first = max(low, years)
    return (first, high) if first < high else None


def net_migration(
    profile: pd.DataFrame,
    *,
    layer: str,
    area: str,
    before: str,
    now: str,
    factors: Mapping[str, float],
    deaths: Sequence[float],
    high_cv: float,
    medium_cv: float,
) -> pd.DataFrame:
    """Children who moved in, less those who moved out, between two vintages, by area and age.

    What a cohort of children gained or lost beyond deaths: the mean of the forward residual (children now less the
    survivors of those then) and the reverse one (those then who must have been, less those who were). Where the
    vintages lie further apart than five years, children born in between are left out, and
    ``ages`` says who is told of.

    Parameters
    ----------
    profile : DataFrame
        Counts ``children_*`` with 90% margins, one row per area and vintage.
    layer, area : str
        Name of the layer for the result, and the profile's id column.
    before, now : str
        Vintages that share no year.
    factors : mapping
        Control factors by vintage.
    deaths : sequence of float
        Deaths per 100,000 at each age from 0 (`survival`); empty: deaths are among those who left.
    high_cv, medium_cv : float
        Bounds of the reliability classes.

    Returns
    -------
    DataFrame
        Table ``net_migration``; areas that lack a vintage or a count are not in it.

    References
    ----------
    Siegel and Swanson (2004), The Methods and Materials of Demography, ch. 19 (forward and reverse survival).

    Examples
    --------
    >>> counts = {"children_0_4": [50.0, 60.0], "children_5_9": [50.0, 62.0], "children_10_14": [50.0, 50.0], "children_15_17": [30.0, 30.0]}
    >>> profile = pd.DataFrame({"neighborhood_id": "n", "vintage": ["2018", "2023"], **counts, **{f"{c}_moe": 3.0 for c in counts}})
    >>> moved = net_migration(profile, layer="neighborhood", area="neighborhood_id", before="2018", now="2023", factors={}, deaths=[],
    ...                       high_cv=0.12, medium_cv=0.4)
    >>> moved[["age_band", "ages", "migrants_change"]].to_dict("records")[0]
    {'age_band': '5-9', 'ages': '5-9', 'migrants_change': 12.0}
    """
    years = years_between(before, now)
    then, today = (_rows(profile, area, vintage) for vintage in (before, now))
    ids = then.index.intersection(today.index).sort_values()
    frames = []
    for band in MOVED_BANDS:
        ages = cohort(*LIMITS[band], years)
        if ages is None:
            continue
        stayed = survival(deaths, ages[0] - years, ages[1] - years, years)
        base = (
            weighted_children(then.loc[ids], spread(ages[0] - years, ages[1] - years))
            * factors.get(before, 1.0)
            * stayed
        )
        found = weighted_children(today.loc[ids], spread(*ages)) * factors.get(now, 1.0)
        mean = (1 + 1 / stayed) / 2  # the reverse residual is the forward one over the survival
        moved = (found["children"] - base["children"]) * mean
        margin = np.hypot(found["children_moe"], base["children_moe"]) * mean
        frame = pd.DataFrame(
            {"layer": layer, "area_id": ids.to_numpy(), "age_band": band, "vintage_from": before, "vintage_to": now}
        )
        frame["ages"] = ages_text(*ages)
        frame["migrants_change"], frame["migrants_change_moe"] = moved.to_numpy(), margin.to_numpy()
        frame["migrants_z"] = difference_z(0.0, 0.0, frame["migrants_change"], frame["migrants_change_moe"])
        frame["band_basis"] = "published" if years == 5 and band_basis(band) == "published" else "even_spread"
        frame["reliability_class"] = reliability_class(
            frame["migrants_change"], frame["migrants_change_moe"], high_cv=high_cv, medium_cv=medium_cv
        )
        frames.append(frame[frame["migrants_change"].notna()])
    return pd.concat(frames, ignore_index=True)[_COLUMNS] if frames else pd.DataFrame(columns=_COLUMNS)


def ages_text(low: float, high: float) -> str:
    """First and last age in words.

    >>> ages_text(7, 18)
    '7-17'
    """
    return f"{int(low)}-{int(high) - 1}"


def _rows(profile: pd.DataFrame, area: str, vintage: str) -> pd.DataFrame:
    return profile[profile["vintage"] == vintage].set_index(area)
