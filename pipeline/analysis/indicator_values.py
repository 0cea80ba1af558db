"""Values of the census indicators by neighborhood, and the weights that a study can use."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.analysis.indicators import BY_INDICATOR, INDICATORS, refuse_unknown
from pipeline.analysis.uncertainty import moe_of_proportion
from pipeline.ledger import Ledger
from pipeline.numerals import number, trimmed

# Weights are written with a few decimals: a third three times is not quite 1.
WEIGHT_TOLERANCE = 0.005

LONG = ["neighborhood_id", "indicator", "indicator_share", "indicator_share_moe"]


def no_values() -> pd.DataFrame:
    """The table of values without a row."""
    return pd.DataFrame(columns=LONG).astype({"indicator_share": "float64", "indicator_share_moe": "float64"})


def together(*parts: pd.DataFrame) -> pd.DataFrame:
    """Several tables of values as one."""
    filled = [part for part in parts if len(part)]
    return pd.concat(filled, ignore_index=True) if filled else no_values()


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
    parts = []
    for indicator in INDICATORS:
        top, over = indicator.numerator, indicator.universe
        if indicator.source != "census" or not {top, over} <= set(profile.columns):
            continue
        universe = profile[over].where(profile[over] > 0)
        # two counts of a sample err apart, and may have travelled by different carriers
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
    return together(*parts)


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


def of_state(norm_counts: pd.DataFrame, vintage: str, ledger: Ledger) -> pd.DataFrame:
    """The state's areas of one vintage, tracts where there are any; that there are none is recorded.

    >>> areas = pd.DataFrame({"area_level": ["tract", "block_group"], "vintage": "2019-2023", "area_geoid": ["1", "12"]})
    >>> of_state(areas, "2019-2023", Ledger())["area_geoid"].tolist()
    ['1']
    """
    rows = norm_counts[norm_counts["vintage"].eq(vintage)]
    rows = rows[rows["area_level"].eq("tract" if rows["area_level"].eq("tract").any() else rows["area_level"].min())]
    if rows.empty:
        ledger.missing_input(
            f"counts of the state's areas {vintage}",
            "Neighborhoods are held against each other only, not against the state. To be had from the American Community Survey or the Social Vulnerability Index, for all tracts of the state.",
        )
    return rows.sort_values("area_geoid").reset_index(drop=True)


def census_values(profile: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """The census indicators that can be computed (`census_shares`).

    Universes whose margin is not published are recorded, and parts larger than their whole.
    """
    values = census_shares(profile)
    _note_parts_above_wholes(profile, ledger)
    present = set(values["indicator"])
    universes = [BY_INDICATOR[name].universe for name in BY_INDICATOR if name in present]
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

    Indicators without a weight are recorded, by whether there is data of them.

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
    _note_without_weight(set(present.index), set(wanted), ledger)
    given = sum(weights.values())
    is_scaled = abs(given - 1) > WEIGHT_TOLERANCE
    if is_scaled:
        ledger.note("need weights", f"the study's weights sum to {trimmed(given)}: they are scaled to sum to 1")
    if used and (is_scaled or len(used) < len(wanted)):
        ledger.note(
            "need weights",
            "weights in use: " + ", ".join(f"{name} {number(weight / total, 3)}" for name, weight in used.items()),
        )
    return {name: weight / total for name, weight in used.items()}


def _note_without_weight(present: set[str], wanted: set[str], ledger: Ledger) -> None:
    """Which indicators the study could use and which it could not, of those it gives no weight."""
    others = [name for name in BY_INDICATOR if name not in wanted]
    for had, text in ((True, "there is data, and the study gives no weight"), (False, "no data, and no weight")):
        names = [name for name in others if (name in present) is had]
        if names:
            ledger.note("indicators not used", f"{text}: {', '.join(names)}")


def _note_parts_above_wholes(profile: pd.DataFrame, ledger: Ledger) -> None:
    for indicator in INDICATORS:
        if indicator.source != "census" or not {indicator.numerator, indicator.universe} <= set(profile.columns):
            continue
        part, whole = profile[indicator.numerator], profile[indicator.universe]
        above = (whole > 0) & (part > whole * (1 + 1e-9))
        if above.any():
            worst = (part / whole).where(above).idxmax()
            ledger.repair(
                f"share of {indicator.name}",
                f"{int(above.sum())} neighborhoods count more in part than in all: the share is taken as 1 (the worst is named)",
                unit=indicator.numerator,
                item=str(profile.loc[worst, "neighborhood_id"]),
                before=float(part[worst]),
                after=float(whole[worst]),
            )
