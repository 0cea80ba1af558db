"""School-age growth: what changed between two vintages, with margins and a test."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import pandas as pd

from pipeline.analysis.age_bands import BANDS, band_basis, band_counts
from pipeline.analysis.clusters import benjamini_hochberg, two_sided_probability
from pipeline.analysis.uncertainty import (
    difference_z,
    moe_of_difference,
    overlap_reason,
    reliability_class,
    years_of,
)
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger
from pipeline.numerals import number
from pipeline.tables import empty

ELSEWHERE = "American Community Survey 5-year tables of an earlier period (B01001), from the summary file at www2.census.gov/programs-surveys/acs"
# No publisher scales a survey by more: a total further off counts other people, or other places.
MOST_SCALED = 2.0
_COLUMNS = [
    "layer", "area_id", "age_band", "vintage_from", "vintage_to", "children_from", "children_from_moe", "children_to", "children_to_moe",
    "children_change", "children_change_moe", "change_z", "is_significant", "reliability_class", "band_basis",
]  # fmt: skip


def control_factors(profile: pd.DataFrame, control: Mapping[str, float], count: str = "population") -> dict[str, float]:
    """By what each vintage's counts are multiplied so that its people (or children) sum to the control total.

    ``profile`` holds ``vintage`` and the count (``population`` or ``children_0_17``) of areas that
    together are the study's ground. A vintage without a control, or without a known count, is not in
    the result. Totals of people serve children only where all ages were scaled alike.

    >>> profile = pd.DataFrame({"vintage": ["2023", "2023"], "population": [40.0, 60.0]})
    >>> control_factors(profile, {"2023": 110.0, "2018": 90.0})
    {'2023': 1.1}
    """
    people = profile.groupby("vintage")[count].sum(min_count=1)
    return {v: float(total / people[v]) for v, total in sorted(control.items()) if v in people.index and people[v] > 0}


def school_age_change(
    profile: pd.DataFrame,
    *,
    layer: str,
    area: str,
    before: str,
    now: str,
    factors: Mapping[str, float],
    alpha: float,
    high_cv: float,
    medium_cv: float,
    bands: Iterable[str] = tuple(BANDS),
    untested: Collection[str] = (),
) -> pd.DataFrame:
    """How the number of children of each age band changed in each area, and whether that is more than noise.

    Parameters
    ----------
    profile : DataFrame
        One row per area and vintage with the counts ``children_*`` and their 90% margins.
    layer, area : str
        Name of the layer for the result, and the profile's id column.
    before, now : str
        Vintages; they must not share years (`overlap_reason`).
    factors : mapping
        Control factors by vintage (`control_factors`); a vintage that is not named stays as it is.
    alpha : float
        False-discovery rate among the areas of one layer and age band.
    high_cv, medium_cv : float
        Bounds of the reliability classes.
    bands : iterable of str
        Age bands to compare; all by default.
    untested : collection of str
        Areas that are not among the tests (`mostly_outside`): none of them is significant, and none of them counts
        in the correction of the others.

    Returns
    -------
    DataFrame
        Table ``school_age_change`` without what `change_evidence` adds. An area that only one vintage has keeps its
        count and has no change. Where a margin is unknown there is a change but no test. Bands that are spread
        evenly within published ones (``band_basis``) are as sure as those: 10-13 has the z-score of 10-14.

    References
    ----------
    U.S. Census Bureau (2018), ACS General Handbook, ch. 7 (test of a difference). Benjamini and
    Hochberg (1995), J. R. Statist. Soc. B 57 (false-discovery rate).

    Examples
    --------
    >>> bands = ("0_4", "5_9", "10_14", "15_17", "0_17")
    >>> counts = {f"children_{b}": [0.0, 0.0] for b in bands if b != "5_9"}
    >>> margins = {f"children_{b}_moe": [0.0, 0.0] for b in bands}
    >>> profile = pd.DataFrame({"neighborhood_id": ["n", "n"], "vintage": ["2018", "2023"], "children_5_9": [100.0, 160.0], **counts, **margins})
    >>> profile["children_5_9_moe"] = [30.0, 40.0]
    >>> change = school_age_change(profile, layer="neighborhood", area="neighborhood_id", before="2018", now="2023", factors={},
    ...                            alpha=0.1, high_cv=0.12, medium_cv=0.4).set_index("age_band").loc["5-9"]
    >>> change[["children_change", "children_change_moe", "is_significant"]].astype("str").tolist()
    ['60.0', '50.0', 'True']
    """
    frames = []
    for band in bands:
        sides = {}
        for side, vintage in (("from", before), ("to", now)):
            rows = profile[profile["vintage"] == vintage]
            sides[side] = (band_counts(rows, band) * factors.get(vintage, 1.0)).set_axis(rows[area].to_numpy(), axis=0)
        joined = (
            sides["from"].join(sides["to"], how="outer", suffixes=("_from", "_to"), validate="one_to_one").sort_index()
        )
        frame = pd.DataFrame(
            {
                "layer": layer,
                "area_id": joined.index.to_numpy(),
                "age_band": band,
                "vintage_from": before,
                "vintage_to": now,
                "children_from": joined["children_from"].to_numpy(),
                "children_from_moe": joined["children_moe_from"].to_numpy(),
                "children_to": joined["children_to"].to_numpy(),
                "children_to_moe": joined["children_moe_to"].to_numpy(),
            }
        )
        frame["children_change"] = frame["children_to"] - frame["children_from"]
        frame["children_change_moe"] = moe_of_difference(frame["children_from_moe"], frame["children_to_moe"])
        frame["children_change_moe"] = frame["children_change_moe"].where(frame["children_change"].notna())
        frame["change_z"] = difference_z(*(frame[f"children_{c}"] for c in ("from", "from_moe", "to", "to_moe")))
        is_untested = frame["area_id"].isin(set(untested)).to_numpy()
        probability = two_sided_probability(frame["change_z"].to_numpy(dtype="float64"))
        frame["is_significant"] = benjamini_hochberg(np.where(is_untested, np.nan, probability), alpha)
        classes = reliability_class(
            frame["children_change"], frame["children_change_moe"], high_cv=high_cv, medium_cv=medium_cv
        )
        frame["reliability_class"] = np.where(is_untested, "not_known", classes)
        frame["band_basis"] = band_basis(band)
        # a band that neither vintage has is not a row of unknowns: the stage says that it is missing
        frames.append(frame[frame["children_from"].notna() | frame["children_to"].notna()])
    return pd.concat(frames, ignore_index=True)[_COLUMNS]


def mostly_outside(profile: pd.DataFrame, smallest_inside_share: float) -> frozenset[str]:
    """Neighborhoods that lie mostly beyond the district: their changes keep their numbers but are not tested.

    ``profile`` is ``neighborhood_profile``. Their margins are of the census area, of which the neighborhood is the
    lesser part.

    >>> profile = pd.DataFrame({"neighborhood_id": ["a", "b"], "inside_share": [0.4, 1.0]})
    >>> sorted(mostly_outside(profile, 0.5))
    ['a']
    """
    return frozenset(profile.loc[profile["inside_share"] < smallest_inside_share, "neighborhood_id"])


class Layer(NamedTuple):
    """Areas whose vintages are compared: ``profile`` has their counts, ``factors`` scale those of a vintage."""

    name: str
    area: str  # id column of the profile
    profile: pd.DataFrame
    factors: dict[str, float]


def vintage_pairs(vintages: Iterable[str], before: str, now: str) -> list[tuple[str, str]]:
    """Pairs of vintages to compare, one after the other up to now; none of a pair share years.

    >>> vintage_pairs(["2007-2011", "2009-2013", "2012-2016", "2019-2023"], "2012-2016", "2019-2023")
    [('2007-2011', '2012-2016'), ('2012-2016', '2019-2023')]
    """
    chain = [before, now]
    for vintage in sorted(set(vintages), key=years_of, reverse=True):
        if years_of(vintage)[1] < years_of(chain[0])[0]:
            chain.insert(0, vintage)
    return list(pairwise(chain))


def changes(
    layers: list[Layer],
    *,
    before: str | None,
    now: str,
    alpha: float,
    high_cv: float,
    medium_cv: float,
    ledger: Ledger,
    untested: Collection[str] = (),
) -> pd.DataFrame:
    """Change of the number of children in neighborhoods, zones and the district, with what could not be compared.

    Compared are the study's two vintages and, before them, each earlier one with the next that
    shares no year with it. Without an earlier vintage, or with one that shares years with the later, nothing is
    compared and the ledger says why. Margins are the census's own: the weights by which counts
    came to neighborhoods and zones are taken as exact, in the tests and in their correction.

    Parameters
    ----------
    layers : list of Layer
        `compared_layers`.
    before, now : str
        The study's vintages.
    alpha, high_cv, medium_cv : float
        As in `school_age_change`.
    ledger : Ledger
        Takes changes that are not tested and what is missing.
    untested : collection of str
        Neighborhoods whose changes are not tested (`mostly_outside`).

    Returns
    -------
    DataFrame
        Table ``school_age_change``.
    """
    neighborhoods = layers[0].profile
    reason = overlap_reason(before, now) or _absent(neighborhoods, before, now)
    if reason or before is None:
        ledger.missing_input(
            "children of two vintages",
            f"{reason}: no change of school-age children is computed. To be had: {ELSEWHERE}.",
        )
        return empty("school_age_change", "")
    found = [
        school_age_change(
            rows,
            layer=name,
            area=area,
            before=earlier,
            now=later,
            factors=factors,
            alpha=alpha,
            high_cv=high_cv,
            medium_cv=medium_cv,
            untested=untested if name == "neighborhood" else (),
        )
        for name, area, rows, factors in layers
        for earlier, later in vintage_pairs(neighborhoods["vintage"], before, now)
        if {earlier, later} <= set(rows["vintage"])
    ]
    table = pd.concat(found, ignore_index=True)
    marginless = int((table["children_change"].notna() & table["children_change_moe"].isna()).sum())
    if marginless:
        ledger.absence(
            "school_age_change", "changes without a margin of error: not tested for significance", count=marginless
        )
    single = int(table["children_change"].isna().sum())
    if single:
        ledger.absence("school_age_change", "counts that only one vintage of a pair has: no change", count=single)
    if untested and len(table):
        reason = (
            "less of their ground in the district than the study's smallest_inside_share: their changes are not tested"
        )
        ledger.note("school_age_change", f"{len(untested)} neighborhoods: {reason}", item=min(untested))
    if table.empty:
        ledger.missing_input(
            "children by age band",
            f"neither vintage counts children by age: no change is computed. To be had: {ELSEWHERE}.",
        )
    return table


def compared_layers(
    neighborhoods: pd.DataFrame,
    zones: pd.DataFrame,
    district: pd.DataFrame,
    areas: pd.DataFrame,
    *,
    control: Mapping[str, float],
    control_count: str,
    ledger: Ledger,
) -> list[Layer]:
    """Every layer whose vintages are compared, neighborhoods first.

    Zones are those the profiles hold, a layer for each level and school year; school districts are taken as the
    census gives them (the only census areas whose ids mean the same ground in every vintage). Each vintage that has
    a control total is scaled to it, by one factor from all neighborhoods (the district and the census's districts by
    their own people).

    Parameters
    ----------
    neighborhoods, zones, district, areas : DataFrame
        Tables ``neighborhood_profile``, ``zone_profile``, ``district_profile`` and ``area_facts``.
    control, control_count : mapping, str
        Totals by vintage, and what they count: ``population`` or ``children_0_17``.
    ledger : Ledger
        Takes each scaling to a control total.

    Raises
    ------
    ConfigError
        If a total is less than half or more than twice of what the neighborhoods count.
    """
    districts = areas[areas["area_level"] == "school_district"]
    factors = recorded_factors(neighborhoods, control, "neighborhoods", ledger, control_count)
    _require_near(factors, control, control_count)
    layers = [Layer("neighborhood", "neighborhood_id", neighborhoods, factors)]
    for (level, fall), rows in zones.groupby(["level", "fall_year"], sort=True):
        layers.append(Layer(f"zone {level} {fall}", "zone_id", rows, factors))
    if len(district):
        whole = recorded_factors(district, control, "district", ledger, control_count)
        layers.append(Layer("district", "district_id", district, whole))
    if len(districts):
        own = recorded_factors(districts, control, "school districts", ledger, control_count)
        layers.append(Layer("school_district", "area_geoid", districts, own))
    return layers


def _require_near(factors: Mapping[str, float], control: Mapping[str, float], count: str) -> None:
    """Refuse control totals less than half or more than twice of what the neighborhoods count."""
    far = [vintage for vintage, factor in factors.items() if not 1 / MOST_SCALED <= factor <= MOST_SCALED]
    if far:
        unit = "people" if count == "population" else "children under 18"
        total, factor = control[far[0]], factors[far[0]]
        raise ConfigError(
            f"params.yaml, vintages.control: {len(far)} totals are less than half or more than twice of what the neighborhoods count (first: {far[0]}, {number(total)} for {number(total / factor)} {unit}). Give the totals of all neighborhoods together, as {unit} (vintages.control_count: {count}), or leave them out."
        )


def recorded_factors(
    profile: pd.DataFrame,
    control: Mapping[str, float],
    layer: str,
    ledger: Ledger,
    count: str = "population",
) -> dict[str, float]:
    """Control factors of the vintages (`control_factors`), each scaling recorded with its totals."""
    factors = control_factors(profile, control, count)
    unit = "people" if count == "population" else "children"
    for vintage, factor in factors.items():
        total = control[vintage]
        ledger.repair(
            f"{unit} {vintage}, {layer}",
            f"scaled to the control total by {number(factor, 6)}",
            before=total / factor,
            after=total,
            unit=unit,
        )
    for vintage in sorted(set(control) - set(factors)):
        ledger.note(
            f"{unit} {vintage}, {layer}",
            f"the study gives a control total, but no {unit} of this vintage are known: not scaled",
        )
    return factors


def _absent(profile: pd.DataFrame, before: str | None, now: str) -> str:
    lacking = [str(v) for v in (before, now) if v not in set(profile["vintage"])]
    return f"the profiles do not hold {' and '.join(lacking)}" if lacking else ""
