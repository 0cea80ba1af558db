"""Household incomes of zones, neighborhoods and the district: households by bracket that have travelled there."""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from pipeline.analysis.crosswalk import allocate
from pipeline.analysis.medians import median_from_brackets
from pipeline.analysis.uncertainty import moe_of_sum, reliability_class
from pipeline.columns import AREA_LEVELS
from pipeline.ledger import Ledger
from pipeline.tables import BY_TABLE, empty

_AREA = ["area_level", "vintage", "area_geoid"]
_TAG = "{:03d} ".format


def area_brackets(brackets: pd.DataFrame, areas: pd.DataFrame, ledger: Ledger) -> pd.DataFrame:
    """Table ``area_brackets``: households by bracket of the census areas that have a shape near the study.

    Parameters
    ----------
    brackets, areas : DataFrame
        Input table ``bracket_counts`` and table ``census_areas``.
    ledger : Ledger
        Takes a match line for each level and vintage.
    """
    known = pd.MultiIndex.from_frame(areas[_AREA])
    is_near = pd.MultiIndex.from_frame(brackets[_AREA]).isin(known)
    for (level, vintage), rows in brackets.assign(is_near=is_near).groupby(["area_level", "vintage"], sort=True):
        ids = rows.drop_duplicates("area_geoid")
        ledger.match(
            f"households by income of {level} {vintage} with a shape",
            total=len(ids),
            matched=int(ids["is_near"].sum()),
            unit="areas",
            reason="counts without a shape near the study lie outside it",
        )
    return brackets[is_near].reset_index(drop=True)


def layer_brackets(
    brackets: pd.DataFrame, areas: pd.DataFrame, crosswalk: pd.DataFrame, layer: str, ledger: Ledger
) -> pd.DataFrame:
    """Households by bracket of every target of one layer, for each vintage, with their margins.

    The finest census areas that publish brackets for the vintage are used. Each bracket travels as a
    count of its own (`allocate`).

    Parameters
    ----------
    brackets, areas, crosswalk : DataFrame
        Tables ``area_brackets``, ``census_areas`` (which areas nobody lives in) and ``crosswalk``.
    layer : str
        Target layer, such as 'neighborhood'.
    ledger : Ledger
        Takes a balance of the households of each vintage.

    Returns
    -------
    DataFrame
        ``target_id vintage bracket bracket_low_usd bracket_high_usd households households_moe``.
    """
    arriving = crosswalk[(crosswalk["target_layer"] == layer) & (crosswalk["carrier"] == "homes")]
    people = areas[[*_AREA, "population"]].rename(columns={"area_geoid": "source_id"})
    parts = []
    for vintage, of_vintage in brackets.groupby("vintage", sort=True):
        numbers = sorted(of_vintage["bracket"].unique())
        for level in AREA_LEVELS:
            own = of_vintage[(of_vintage["area_level"] == level) & of_vintage["households"].notna()]
            links = arriving[arriving["source_layer"] == f"{level} {vintage}"]
            if own.empty or links.empty:
                continue
            there = people[(people["area_level"] == level) & (people["vintage"] == vintage)]
            there = _by_bracket(there[there["source_id"].isin(links["source_id"])], ["source_id"], numbers)
            own = own.assign(source_id=own["bracket"].map(_TAG) + own["area_geoid"])
            source = there[["source_id", "population"]].merge(
                own[["source_id", "households", "households_moe"]], on="source_id", how="left", validate="1:1"
            )
            links = _by_bracket(links, ["source_id", "target_id"], numbers)
            arrived = allocate(links, source, ["households"])
            _balance(arrived, links, source, f"households by income, {layer} from {level} {vintage}", ledger)
            arrived["bracket"] = arrived["target_id"].str[: len(_TAG(0))].astype("int64")
            arrived["target_id"] = arrived["target_id"].str[len(_TAG(0)) :]
            parts.append(arrived.assign(vintage=vintage))
            break
    if not parts:
        return pd.DataFrame(columns=["target_id", "vintage", "bracket", "households", "households_moe"])
    bounds = brackets[["vintage", "bracket", "bracket_low_usd", "bracket_high_usd"]].drop_duplicates()
    return pd.concat(parts, ignore_index=True).merge(bounds, on=["vintage", "bracket"], how="left", validate="m:1")


def _by_bracket(frame: pd.DataFrame, ids: list[str], brackets: list[int]) -> pd.DataFrame:
    """Each row once for every bracket, the bracket's number before its ids: brackets do not mix."""
    repeated = frame.loc[frame.index.repeat(len(brackets))].reset_index(drop=True)
    tags = pd.Series([_TAG(number) for number in brackets] * len(frame), dtype="str")
    return repeated.assign(**{name: tags + repeated[name] for name in ids})


def median_incomes(
    brackets: pd.DataFrame,
    areas: pd.DataFrame,
    crosswalk: pd.DataFrame,
    names: Mapping[tuple[str, str], str],
    *,
    design_factor: float | None,
    sample_share: float,
    high_cv: float,
    medium_cv: float,
    ledger: Ledger,
) -> pd.DataFrame:
    """Median household income of every zone, neighborhood and the district, for each vintage.

    Only counts travel: households by bracket are carried to each layer and the median is rebuilt there
    (`medians.median_from_brackets`). Medians of different vintages are in dollars of different years.

    Parameters
    ----------
    brackets, areas, crosswalk : DataFrame
        Tables ``area_brackets``, ``census_areas`` and ``crosswalk``.
    names : mapping
        (layer, area id): name, of every area (`area_names`).
    design_factor, sample_share : float
        How the margin of a median is found; without a design factor, from the margins of the brackets.
    high_cv, medium_cv : float
        Bounds of the reliability classes.

    Returns
    -------
    DataFrame
        Table ``median_incomes``; empty if the study has no households by bracket. An area whose
        households are not known in every bracket has no median. All brackets travel by the weights of the
    crosswalk, and the sample is taken to be as large as the households that arrived: where an area is
    a part of one census area, its margin is of the sample only and not of how incomes differ inside.
    """
    parts = []
    for layer in sorted(set(crosswalk["target_layer"])) if len(brackets) else ():
        arrived = layer_brackets(brackets, areas, crosswalk, layer, ledger)
        for vintage, rows in arrived.groupby("vintage", sort=True):
            rows = rows.sort_values(["target_id", "bracket"], kind="stable")
            bounds = rows.drop_duplicates("bracket")
            counts, moes = (
                rows[name].to_numpy(dtype="float64").reshape(-1, len(bounds))
                for name in ("households", "households_moe")
            )
            found = median_from_brackets(
                counts,
                bounds["bracket_low_usd"],
                bounds["bracket_high_usd"],
                moes=moes,
                design_factor=design_factor,
                sample_share=sample_share,
            )
            parts.append(
                pd.DataFrame(
                    {
                        "layer": layer,
                        "area_id": rows["target_id"].unique(),
                        "name": [names[layer, area] for area in rows["target_id"].unique()],
                        "vintage": vintage,
                        "dollars_year": int(vintage[-4:]),
                        "households": counts.sum(axis=1),
                        "households_moe": moe_of_sum(counts, moes),
                        "median_income_usd": found.median,
                        "median_income_usd_moe": found.moe,
                        "is_bottom_coded": found.is_bottom_coded,
                        "is_top_coded": found.is_top_coded,
                        "reliability_class": reliability_class(
                            found.median, found.moe, high_cv=high_cv, medium_cv=medium_cv
                        ),
                    }
                )
            )
    if not parts:
        ledger.note("median_incomes", "the study has no households by income (ACS table B19001): no medians")
        return empty("median_incomes", "")
    table = pd.concat(parts, ignore_index=True)[BY_TABLE["median_incomes"].names]
    for flag, side in (("is_bottom_coded", "below"), ("is_top_coded", "above")):
        if table[flag].any():
            reason = f"the median lies in the bracket that is open {side}: only its bound is known"
            ledger.absence("median_incomes", reason, count=int(table[flag].sum()), unit="medians")
    return table


def area_names(zones: pd.DataFrame, neighborhoods: pd.DataFrame, district: pd.DataFrame) -> dict[tuple[str, str], str]:
    """Name of every area by its layer and id; a zone without one goes by its id.

    >>> zones = pd.DataFrame({"level": ["high"], "fall_year": [2024], "zone_id": ["7"], "name": [None]})
    >>> others = [pd.DataFrame({key: ["1"], "name": ["Mill"]}) for key in ("neighborhood_id", "district_id")]
    >>> area_names(zones, *others)
    {('neighborhood', '1'): 'Mill', ('district', '1'): 'Mill', ('zone high 2024', '7'): '7'}
    """
    zone_names = zones["name"].where(zones["name"].notna(), zones["zone_id"])
    keys = zip(zones["level"], zones["fall_year"], zones["zone_id"], strict=True)
    return {
        **{
            ("neighborhood", i): n for i, n in zip(neighborhoods["neighborhood_id"], neighborhoods["name"], strict=True)
        },
        **{("district", i): n for i, n in zip(district["district_id"], district["name"], strict=True)},
        **{(f"zone {level} {year}", i): n for (level, year, i), n in zip(keys, zone_names, strict=True)},
    }


def _balance(arrived: pd.DataFrame, links: pd.DataFrame, source: pd.DataFrame, subject: str, ledger: Ledger) -> None:
    """Hold the households that arrived, lie outside or have no place against those of the census areas."""
    counts = source.set_index("source_id")["households"]
    weight = links.groupby("source_id")["weight"].sum().reindex(counts.index)
    known = counts.notna()
    carried = (links["weight"] * counts.reindex(links["source_id"]).to_numpy()).groupby(links["target_id"]).sum()
    ledger.balance(
        subject,
        total=float(counts[known].sum()),
        inside=float(arrived["households"].sum()),
        outside=float((counts * (1.0 - weight))[known].sum()),
        unlocated=float(carried.reindex(arrived.loc[arrived["households"].isna(), "target_id"]).sum()),
        unit="households",
    )
