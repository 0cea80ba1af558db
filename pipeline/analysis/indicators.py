"""What the need index is made of: each indicator once, as data, and its values by neighborhood."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import pandas as pd

from pipeline.analysis.uncertainty import moe_of_proportion
from pipeline.columns import LEVELS
from pipeline.errors import ConfigError
from pipeline.ledger import Ledger


@dataclass(frozen=True)
class Indicator:
    """One indicator: a count over its universe; a high share means more need.

    ``numerator`` and ``universe`` are census counts of the data dictionary, or counts of
    pupils for an indicator of the schools (``from_schools``). ``where`` says who publishes it.
    """

    name: str
    title: str
    numerator: str
    universe: str
    why: str
    citation: str
    where: str
    from_schools: bool = False
    direction: str = "high is needier"


_SVI = "Flanagan et al. (2011), A Social Vulnerability Index for Disaster Management, JHSEM 8(1)"
_COI = "Noelke et al. (2024), Child Opportunity Index 3.0 technical documentation"
_TCAC = "California TCAC/HCD opportunity map methodology, education domain"


def _i(name: str, title: str, numerator: str, universe: str, why: str, citation: str, table: str) -> Indicator:
    return Indicator(name, title, numerator, universe, why, citation, f"American Community Survey, table {table}")


INDICATORS: tuple[Indicator, ...] = (
    _i("child_poverty", "Children in poverty", "children_in_poverty", "child_poverty_universe", "Poverty in childhood lowers achievement more than any other single circumstance", _COI, "B17001"),
    _i("poverty", "People in poverty", "people_in_poverty", "poverty_universe", "Families without means cannot buy their way to another school", _SVI, "B17001 or C17002"),
    _i("poverty_200", "People below twice the poverty line", "people_below_200_poverty", "poverty_universe", "Above the official line many families still cannot meet what a city costs", _COI, "C17002"),
    _i("limited_english", "Households with limited English", "limited_english_households", "households", "Choosing a school takes information that is mostly written in English", _SVI, "C16002"),
    _i("limited_english_people", "People with limited English", "people_limited_english", "people_5_plus", "Choosing a school takes information that is mostly written in English", _SVI, "B16001, C16001 or B16004"),
    _i("no_diploma", "Adults without a diploma", "adults_without_diploma", "adults_25_plus", "Parents' schooling predicts their children's", _SVI, "B15003"),
    _i("single_parent", "Single-parent families", "single_parent_families", "families_with_children", "One adult has half the hours and income to spend", _COI, "B11003"),
    _i("single_parent_households", "Single-parent households", "single_parent_households", "households", "One adult has half the hours and income to spend", _SVI, "B11003 or DP02"),
    _i("no_vehicle", "Homes without a vehicle", "homes_without_vehicle", "occupied_homes", "A school out of walking distance is no option", _SVI, "B08201"),
    _i("renters", "Homes lived in by renters", "renter_homes", "occupied_homes", "Renters move more often, and their children change schools", _COI, "B25003"),
    _i("crowding", "Crowded homes", "crowded_homes", "occupied_homes", "Children without a quiet place learn less at home", _SVI, "B25014"),
    _i("disability", "People with a disability", "people_with_disability", "civilians", "Care takes time and money from the family", _SVI, "B18101"),
    _i("unemployment", "Unemployment", "unemployed_people", "labor_force", "Loss of work unsettles a family", _SVI, "B23025"),
    _i("young_children", "Children under 5", "children_0_4", "population", "They will need seats within five years", _SVI, "B01001"),
    Indicator("below_standard", "Pupils below standard in the nearest schools", "pupils_below_standard", "pupils_tested", "What the schools in reach achieve is what a family without choice gets", _TCAC, "the state's assessment research files", from_schools=True),
)  # fmt: skip

BY_INDICATOR = {indicator.name: indicator for indicator in INDICATORS}
# TCAC averages over the three nearest schools; fewer would hang on one school's luck.
NEAREST_SCHOOLS = 3

# Weights are written with a few decimals: a third three times is not quite 1.
WEIGHT_TOLERANCE = 0.005

_LONG = ["neighborhood_id", "indicator", "indicator_share", "indicator_share_moe"]


def refuse_unknown(weights: Mapping[str, float]) -> None:
    """Refuse a weight for an indicator that does not exist.

    >>> refuse_unknown({"child_poverty": 1.0})
    >>> refuse_unknown({"child_povrety": 1.0})
    Traceback (most recent call last):
    ...
    pipeline.errors.ConfigError: params.yaml, need.weights: there is no indicator child_povrety. Known: ...
    """
    unknown = sorted(set(weights) - set(BY_INDICATOR))
    if unknown:
        known = ", ".join(BY_INDICATOR)
        raise ConfigError(f"params.yaml, need.weights: there is no indicator {', '.join(unknown)}. Known: {known}.")


def census_shares(profile: pd.DataFrame) -> pd.DataFrame:
    """Each census indicator by neighborhood, computed from counts that arrived there, with its margin.

    Parameters
    ----------
    profile
        Rows of ``neighborhood_profile`` of one vintage.

    Returns
    -------
    pandas.DataFrame
        ``neighborhood_id indicator indicator_share indicator_share_moe``. A share over an empty
        universe, or with an unknown count, has no row; a share of zero has one. Where the
        margin of the universe is not published, the margin of the share counts the
        numerator's only. For most shares that is too wide (the handbook's formula of a
        proportion takes the universe's margin off); for a share so near 1 that the formula of
        a ratio would be due, which adds it, that is too narrow.

    >>> profile = pd.DataFrame({"neighborhood_id": ["n1", "n2"], "children_in_poverty": [20.0, 0.0], "children_in_poverty_moe": [8.0, 3.0], "child_poverty_universe": [100.0, 0.0], "child_poverty_universe_moe": [10.0, 3.0]})
    >>> census_shares(profile).round(3).to_dict("records")
    [{'neighborhood_id': 'n1', 'indicator': 'child_poverty', 'indicator_share': 0.2, 'indicator_share_moe': 0.077}]
    """
    parts = [pd.DataFrame(columns=_LONG).astype({"indicator_share": "float64", "indicator_share_moe": "float64"})]
    for indicator in INDICATORS:
        top, over = indicator.numerator, indicator.universe
        if indicator.from_schools or not {top, over} <= set(profile.columns):
            continue
        universe = profile[over].where(profile[over] > 0)
        share = (profile[top] / universe).clip(upper=1.0)
        exact = profile[f"{over}_moe"].mask(profile[f"{over}_moe"].isna(), 0.0)
        moe = moe_of_proportion(profile[top], profile[f"{top}_moe"], universe, exact)
        part = pd.DataFrame(
            {
                "neighborhood_id": profile["neighborhood_id"],
                "indicator": indicator.name,
                "indicator_share": share,
                "indicator_share_moe": moe,
            }
        )
        parts.append(part[share.notna()])
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else parts[0]


def below_standard(reach: pd.DataFrame, quality: pd.DataFrame, facts: pd.DataFrame) -> pd.DataFrame:
    """Share of pupils below standard in the schools nearest to where children live.

    For each neighborhood and level the three nearest rated schools within the study's reach,
    weighted by pupils tested (equally, where a school's pupils are not counted); the levels
    are pooled. Schools of all sectors count alike. Virtual schools have no place and take no
    part. A neighborhood without a rated school in reach has no row.

    Parameters
    ----------
    reach
        The table ``reach``; rows from layer ``neighborhood`` to schools are used.
    quality, facts
        The tables ``school_quality`` and ``school_facts``.

    Returns
    -------
    pandas.DataFrame
        As `census_shares`. The margin comes from the schools' 90% intervals.

    References
    ----------
    California TCAC/HCD opportunity maps, education domain: enrollment-weighted average of the
    three schools nearest to the tract's centre.
    """
    trips = reach[reach["origin_layer"].eq("neighborhood") & reach["destination_kind"].eq("school")]
    trips = trips[["origin_id", "destination_id", "distance_m"]].rename(columns={"destination_id": "school_id"})
    rated = quality.loc[
        quality["status_share"].notna(),
        ["school_id", "status_share", "status_low_share", "status_high_share", "pupils_tested"],
    ]
    rated = rated.merge(facts[["school_id", *(f"serves_{level}" for level in LEVELS)]], on="school_id", validate="1:1")
    near = trips.merge(rated, on="school_id", validate="m:1").sort_values(["origin_id", "distance_m", "school_id"])
    chosen = pd.concat(
        [near[near[f"serves_{level}"].astype(bool)].groupby("origin_id").head(NEAREST_SCHOOLS) for level in LEVELS]
    )
    if chosen.empty:
        return pd.DataFrame(columns=_LONG).astype({"indicator_share": "float64", "indicator_share_moe": "float64"})
    counted = chosen["pupils_tested"].notna().groupby(chosen["origin_id"]).transform("all")
    weight = chosen["pupils_tested"].where(counted, 1.0)
    half = (chosen["status_high_share"] - chosen["status_low_share"]) / 2
    # A K-8 school may be among the nearest of two levels: its error is one error, so weights
    # of one school are added before they are squared.
    work = chosen.assign(weight=weight, below=weight * (1 - chosen["status_share"]), error=weight * half)
    school = work.groupby(["origin_id", "school_id"])[["weight", "below", "error"]].sum(min_count=1)
    total = school.groupby("origin_id")[["weight", "below"]].sum()
    squares = (school["error"] ** 2).groupby("origin_id").agg(lambda part: part.sum(skipna=False))
    return pd.DataFrame(
        {
            "neighborhood_id": total.index.astype("str"),
            "indicator": "below_standard",
            "indicator_share": (total["below"] / total["weight"]).to_numpy(),
            "indicator_share_moe": (np.sqrt(squares) / total["weight"]).to_numpy(),
        }
    )


def of_vintage(profile: pd.DataFrame, vintage: str, ledger: Ledger) -> pd.DataFrame:
    """The profile of one vintage; that there is none is recorded.

    >>> profile = pd.DataFrame({"neighborhood_id": ["a", "a"], "vintage": ["2014-2018", "2019-2023"]})
    >>> len(of_vintage(profile, "2019-2023", Ledger()))
    1
    """
    rows = profile[profile["vintage"].eq(vintage)].reset_index(drop=True)
    if rows.empty:
        ledger.missing_input(
            f"neighborhood counts {vintage}",
            "No census counts by neighborhood for this vintage: no need index and no access to seats. To be had from the American Community Survey.",
        )
    return rows


def indicator_values(
    profile: pd.DataFrame, reach: pd.DataFrame, quality: pd.DataFrame, facts: pd.DataFrame, ledger: Ledger
) -> pd.DataFrame:
    """All indicators that can be computed, of the census and of the schools, one row per value.

    Universes whose margin is not published are recorded.
    """
    parts = [census_shares(profile), below_standard(reach, quality, facts)]
    values = pd.concat([part for part in parts if len(part)] or parts[:1], ignore_index=True)
    present = set(values["indicator"])
    universes = [
        BY_INDICATOR[name].universe for name in BY_INDICATOR if name in present and not BY_INDICATOR[name].from_schools
    ]
    exact = [
        name for name in dict.fromkeys(universes) if profile.loc[profile[name].notna(), f"{name}_moe"].isna().any()
    ]
    if exact:
        ledger.note(
            "margins of shares",
            f"the margin of {', '.join(exact)} is not published: the margin of a share over it counts the numerator's only",
        )
    return values


def usable_weights(values: pd.DataFrame, weights: Mapping[str, float], ledger: Ledger) -> dict[str, float]:
    """Weights of the indicators the study has data for, scaled to sum to 1; the others are recorded.

    That the study's own weights do not sum to 1 is recorded too.

    An indicator that is the same everywhere stays in, though it tells no two neighborhoods
    apart; that is recorded too.

    Raises
    ------
    ConfigError
        For a weight of an indicator that does not exist.

    >>> values = pd.DataFrame({"indicator": ["poverty", "poverty"], "indicator_share": [0.1, 0.3]})
    >>> usable_weights(values, {"poverty": 2.0, "renters": 1.0}, Ledger())
    {'poverty': 1.0}
    """
    refuse_unknown(weights)
    wanted = {
        indicator.name: weights[indicator.name] for indicator in INDICATORS if weights.get(indicator.name, 0.0) > 0
    }
    present = values.groupby("indicator")["indicator_share"].nunique()
    used = {name: weight for name, weight in wanted.items() if name in present.index}
    total = sum(used.values())
    for name in wanted:
        indicator = BY_INDICATOR[name]
        if name not in used:
            ledger.missing_input(
                f"indicator {name}",
                f"{indicator.title}: the study has no {indicator.numerator} over {indicator.universe}; its weight goes to the other indicators. To be had from {indicator.where}.",
            )
        elif present[name] == 1:
            ledger.note(f"indicator {name}", "the same in all neighborhoods: it adds nothing to the ranking")
    given = sum(weights.values())
    is_scaled = abs(given - 1) > WEIGHT_TOLERANCE
    if is_scaled:
        ledger.note("need weights", f"the study's weights sum to {given:g}: they are scaled to sum to 1")
    if used and (is_scaled or len(used) < len(wanted)):
        ledger.note(
            "need weights",
            "weights in use: " + ", ".join(f"{name} {weight / total:.3f}" for name, weight in used.items()),
        )
    return {name: weight / total for name, weight in used.items()}
