"""Age bands of children: which published counts, and what share of each, make up a band."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

import pandas as pd

from pipeline.analysis.uncertainty import moe_of_weighted_sum

# Ages of the bands that the census publishes: from (inclusive) and to (exclusive).
AGES: Mapping[str, tuple[float, float]] = MappingProxyType(
    {"children_0_4": (0, 5), "children_5_9": (5, 10), "children_10_14": (10, 15), "children_15_17": (15, 18)}
)


def spread(low: float, high: float) -> dict[str, float]:
    """Share of each published band that is of the ages from ``low`` up to, and without, ``high``.

    Children are taken to be spread evenly over the years of a band: no source has single years for small areas.

    >>> spread(10, 14), spread(14, 18)
    ({'children_10_14': 0.8}, {'children_10_14': 0.2, 'children_15_17': 1.0})
    """
    shares = {band: max(0.0, min(high, end) - max(low, start)) / (end - start) for band, (start, end) in AGES.items()}
    return {band: share for band, share in shares.items() if share > 0}


# First age and the one after the last.
LIMITS: Mapping[str, tuple[int, int]] = MappingProxyType(
    {"0-4": (0, 5), "5-9": (5, 10), "10-13": (10, 14), "14-17": (14, 18), "5-17": (5, 18), "0-17": (0, 18)}
)
BANDS: Mapping[str, Mapping[str, float]] = MappingProxyType({band: spread(*ages) for band, ages in LIMITS.items()})


def band_basis(band: str) -> str:
    """Whether a band is published as it is, or rests on an even spread within a wider one.

    >>> band_basis("5-9"), band_basis("10-13")
    ('published', 'even_spread')
    """
    return "published" if set(BANDS[band].values()) == {1.0} else "even_spread"


def weighted_children(profile: pd.DataFrame, weights: Mapping[str, float]) -> pd.DataFrame:
    """Weighted sum of the published bands and its 90% margin, on the profile's index.

    Weights may be negative, as in a difference of two sums of the same counts. A sum with an unknown part is
    unknown. Among parts estimated at zero only the largest margin enters.

    >>> areas = pd.DataFrame({"children_5_9": [30.0], "children_5_9_moe": [3.0], "children_10_14": [20.0], "children_10_14_moe": [8.0]})
    >>> weighted_children(areas, {"children_5_9": 1.0, "children_10_14": -0.5}).to_dict("records")
    [{'children': 20.0, 'children_moe': 5.0}]
    """
    share = pd.Series(dict(weights), dtype="float64")
    values = profile[list(share.index)].to_numpy(dtype="float64")
    margins = profile[[f"{part}_moe" for part in share.index]].to_numpy(dtype="float64")
    sums = {
        "children": (values * share.to_numpy()).sum(axis=1),
        "children_moe": moe_of_weighted_sum(share, values, margins),
    }
    return pd.DataFrame(sums, index=profile.index)


def band_counts(profile: pd.DataFrame, band: str) -> pd.DataFrame:
    """Children of an age band and their 90% margin, from the bands of the profile.

    Returns ``children`` and ``children_moe`` on the profile's index. The margin is always made of published
    counts, each once: 10-13 and 14-17 share one of them, so theirs must not be added up.

    References
    ----------
    U.S. Census Bureau (2018), ACS General Handbook, ch. 8 (margins of sums; zero estimates).

    >>> areas = pd.DataFrame({"children_5_9": [30.0], "children_5_9_moe": [3.0], "children_10_14": [0.0], "children_10_14_moe": [4.0],
    ...                       "children_15_17": [0.0], "children_15_17_moe": [2.0]})
    >>> band_counts(areas, "5-17").round(6).to_dict("records")
    [{'children': 30.0, 'children_moe': 5.0}]
    """
    sums = weighted_children(profile, BANDS[band])
    if band != "0-17":
        return sums
    # a publisher may give all children and no bands
    published = profile[["children_0_17", "children_0_17_moe"]].astype("float64").set_axis(list(sums.columns), axis=1)
    return sums.where(sums["children"].notna(), published)
