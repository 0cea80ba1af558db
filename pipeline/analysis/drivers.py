"""What drives a change of school-age children: births of earlier years, new homes, or families that move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import pandas as pd

from pipeline.analysis.age_bands import spread, weighted_children
from pipeline.analysis.migration import ages_text, survival, years_between
from pipeline.analysis.uncertainty import (
    moe_of_difference,
    moe_of_product,
    moe_of_ratio,
    moe_of_weighted_sum,
    reliability_class,
)

SCHOOL_AGE, GROWN = 5, 18
PARTS = ("births", "housing", "moving")
# The largest part must make at least this share of the change to be called what drives it.
MOST = 0.5
MEASURES = [name for part in PARTS for name in (f"{part}_change", f"{part}_change_moe")]
_COLUMNS = ["layer", "area_id", "vintage_from", "vintage_to", "ages", *MEASURES, "driver"]


def change_drivers(
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
    """The change of school-age children in each area, as three parts that add up to it.

    *Births*: the cohorts that grew into school age less those that grew out of it, as if nobody had moved. *Housing*: the
    children that came (or went) with the change of occupied homes, at the earlier number of children per home; never
    more than came (or went) in all, nor the other way. *Moving*: the other moves. Where the number of homes is
    not known all moves are *moving*. Where the vintages lie further apart than five years, children born in between
    are left out of the change, and ``ages`` says who is told of.

    Parameters and vintages as in `net_migration`; ``profile`` also holds ``occupied_homes``.

    Returns
    -------
    DataFrame
        Table ``change_drivers``. ``driver`` is the largest part in the direction of the change: ``births``,
        ``housing`` or ``moving``; ``mixed`` where it makes less than half of the change; ``not_known`` where its
        margin is too wide for it (reliability low), or unknown. Margins take children and homes as independent. What moved
        beyond new homes takes the earlier counts off twice, as survivors and as children per home: one weighted sum.

    References
    ----------
    Siegel and Swanson (2004), The Methods and Materials of Demography, ch. 19 (residual migration).

    Examples
    --------
    >>> counts = {"children_0_4": [80.0, 80.0], "children_5_9": [50.0, 90.0], "children_10_14": [50.0, 56.0], "children_15_17": [30.0, 33.0]}
    >>> profile = pd.DataFrame({"neighborhood_id": "n", "vintage": ["2018", "2023"], **counts, "occupied_homes": [100.0, 110.0]})
    >>> profile = profile.assign(**{f"{c}_moe": 4.0 for c in [*counts, "occupied_homes"]})
    >>> parts = change_drivers(profile, layer="n", area="neighborhood_id", before="2018", now="2023", factors={}, deaths=[],
    ...                        high_cv=0.12, medium_cv=0.4).iloc[0]
    >>> [round(float(parts[f"{part}_change"]), 6) for part in PARTS], parts["driver"]
    ([30.0, 13.0, 6.0], 'births')
    """
    years = years_between(before, now)
    first = max(float(SCHOOL_AGE), years)
    if first >= GROWN:
        return pd.DataFrame(columns=_COLUMNS)
    then, today = (profile[profile["vintage"] == vintage].set_index(area) for vintage in (before, now))
    ids = then.index.intersection(today.index).sort_values()
    then, today = then.loc[ids], today.loc[ids]
    stayed = survival(deaths, first - years, GROWN - years, years)
    were = spread(first, GROWN)
    grown = {band: share * stayed for band, share in spread(first - years, GROWN - years).items()}
    # one sum of the earlier counts: what grew in and what grew out share them, so their margins must not be added
    net = {band: grown.get(band, 0.0) - were.get(band, 0.0) for band in sorted({*grown, *were})}
    births = weighted_children(then, net) * factors.get(before, 1.0)
    survivors = weighted_children(then, grown) * factors.get(before, 1.0)
    found = weighted_children(today, were) * factors.get(now, 1.0)
    moved = found["children"] - survivors["children"]
    moved_moe = moe_of_difference(found["children_moe"], survivors["children_moe"])
    at_home = weighted_children(then, were) * factors.get(before, 1.0)
    growth, growth_moe = _of_homes(then, today)
    expected = at_home["children"] * growth
    housing = np.where(moved >= 0, expected.clip(0, moved.clip(lower=0)), expected.clip(moved.clip(upper=0), 0))
    housing_moe = moe_of_product(at_home["children"], at_home["children_moe"], growth, growth_moe)
    known = ~np.isnan(housing)
    # where housing is held to the moves, so is the growth of homes that it rests on
    held = np.divide(housing, at_home["children"], out=growth.to_numpy().copy(), where=at_home["children"] > 0)
    earlier_moe = _earlier_moe(then, grown, were, held) * factors.get(before, 1.0)
    moving_moe = moe_of_difference(np.hypot(found["children_moe"], earlier_moe), at_home["children"] * growth_moe)
    frame = pd.DataFrame(
        {
            "layer": layer,
            "area_id": ids.to_numpy(),
            "vintage_from": before,
            "vintage_to": now,
            "ages": ages_text(first, GROWN),
            "births_change": births["children"].to_numpy(),
            "births_change_moe": births["children_moe"].to_numpy(),
            "housing_change": housing,
            "housing_change_moe": np.where(known, housing_moe, np.nan),
            "moving_change": moved.to_numpy() - np.where(known, housing, 0.0),
            "moving_change_moe": np.where(known, moving_moe, moved_moe),
        }
    )
    frame = frame[frame["births_change"].notna() & frame["moving_change"].notna()].reset_index(drop=True)
    return frame.assign(driver=_driver(frame, high_cv, medium_cv))[_COLUMNS]


def _of_homes(then: pd.DataFrame, today: pd.DataFrame) -> tuple[pd.Series, np.ndarray]:
    """By what share the occupied homes grew, and the margin; missing where there were none."""
    homes, homes_moe = then["occupied_homes"].astype("float64"), then["occupied_homes_moe"]
    growth = today["occupied_homes"] / homes.where(homes > 0) - 1
    return growth, moe_of_ratio(today["occupied_homes"], today["occupied_homes_moe"], homes, homes_moe)


def _earlier_moe(
    then: pd.DataFrame, grown: Mapping[str, float], were: Mapping[str, float], growth: np.ndarray
) -> np.ndarray:
    """Margin of what the earlier counts take from *moving*: who grew in, and children per home times the homes' growth."""
    bands = sorted({*grown, *were})
    weights = np.column_stack([grown.get(band, 0.0) + growth * were.get(band, 0.0) for band in bands])
    margins = then[[f"{band}_moe" for band in bands]].to_numpy(dtype="float64")
    return moe_of_weighted_sum(weights, then[bands].to_numpy(dtype="float64"), margins)


def _driver(frame: pd.DataFrame, high_cv: float, medium_cv: float) -> np.ndarray:
    parts = frame[[f"{part}_change" for part in PARTS]].to_numpy(dtype="float64")
    total = np.nansum(parts, axis=1)
    forward = np.nan_to_num(parts) * np.sign(total)[:, None]
    at = forward.argmax(axis=1)
    row = np.arange(len(frame))
    margins = frame[[f"{part}_change_moe" for part in PARTS]].to_numpy(dtype="float64")
    classes = reliability_class(parts[row, at], margins[row, at], high_cv=high_cv, medium_cv=medium_cv)
    named = np.array(PARTS, dtype=object)[at]
    is_most = forward[row, at] >= MOST * np.abs(total)
    driver = np.where(is_most, np.where(np.isin(classes, ["low", "not_known"]), "not_known", named), "mixed")
    return np.where(total == 0, "not_known", driver)
