"""Births that can be read and cannot be true: of a year that came in part, of other places, of more than the people."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.plausible import MOST_LOST_SHARE, YEARS_AHEAD, first_of
from pipeline.errors import ContractError, Fault, LedgerError
from pipeline.ledger import Ledger

# Below so many births in the fullest year, chance alone can leave half of its areas without any.
FEWEST_BIRTHS = 50.0


def check_births(births: pd.DataFrame, areas: pd.DataFrame, now: int, ledger: Ledger) -> pd.DataFrame:
    """The births in census areas of the study; what lies elsewhere or in years to come is recorded.

    Parameters
    ----------
    births
        Input table ``birth_counts``.
    areas
        ``area_geoid``, ``population`` and its margin, of all vintages: the largest counts.
    now
        The study's fall.

    Returns
    -------
    DataFrame
        Rows of ``births`` whose area is a census area of the study, of any vintage.

    Raises
    ------
    LedgerError
        If fewer than half of the births, and of the study's areas, are found: the births are of other places.
        A file of a whole state holds more births elsewhere, and the study's areas all the same.
    ContractError
        If more children are born in an area in a year than people live there, the margin added, or a year
        was delivered in part: it has fewer than half of the areas and of the births of the fullest year; or if
        there is no birth at all.
    """
    if births.empty:
        return births
    _require_some(births)
    most = (areas["population"] + areas["population_moe"].fillna(0.0)).groupby(areas["area_geoid"]).max()
    people = births["area_id"].map(most).astype("float64")
    over = births.assign(people=people)[births["births"] > people].sort_values(["area_id", "year"])
    if len(over):
        row = over.iloc[0]
        first = (
            f"area {row['area_id']} in {row['year']}: {row['births']:,.0f} births, at most {row['people']:,.0f} people"
        )
        remedy = "A column has shifted, or the counts are of larger areas: compare with the publisher's file."
        what = "more children are born in a year than people live in the area"
        raise ContractError("birth_counts", [Fault("E-BIRTHS", what, len(over), first, remedy)])
    known = births["area_id"].isin(areas["area_geoid"])
    unknown = sorted(births.loc[~known, "area_id"].unique())
    _require_same_places(births, known, areas, unknown)
    _require_whole_years(births[known])
    ledger.match(
        "births in census areas of the study",
        total=float(births["births"].sum()),
        matched=float(births.loc[known, "births"].sum()),
        unit="births",
        reason=f"{len(unknown)} areas are no census area of the study: {first_of(unknown)}" if unknown else "",
    )
    later = births[births["year"] > now + YEARS_AHEAD].sort_values(["year", "area_id"])
    if len(later):
        ledger.note(
            "births: years",
            f"{later['births'].sum():,.0f} births are of years after {now + YEARS_AHEAD}, and the study's fall is {now}; first: {later['year'].iloc[0]}",
            item=str(later["area_id"].iloc[0]),
        )
    _record_gaps(births[known & ~births.index.isin(later.index)], ledger)
    return births[known].reset_index(drop=True)


def _require_some(births: pd.DataFrame) -> None:
    """Refuse a file in which nobody is born."""
    if births["births"].gt(0).any():
        return
    row = births.sort_values(["year", "area_id"]).iloc[0]
    fault = Fault(
        "E-BIRTHS-NONE",
        "no child is born in any year and area",
        len(births),
        f"area {row['area_id']} in {row['year']}",
        "Map the column of the births under `columns`, or leave the source out: births that are not known are no zeros.",
    )
    raise ContractError("birth_counts", [fault])


def _record_gaps(births: pd.DataFrame, ledger: Ledger) -> None:
    """Note years without a row between the first and the last; no cohort born in part in them is known."""
    years = {int(year) for year in births["year"]}
    lacking = [year for year in range(min(years), max(years)) if year not in years] if years else []
    if lacking:
        ledger.note(
            "births: years",
            f"{len(lacking)} years between {min(years)} and {max(years)} have no births: {first_of(list(map(str, lacking)))}; the kindergarten of children born in them cannot be told from births",
        )


def _require_same_places(births: pd.DataFrame, known: pd.Series, areas: pd.DataFrame, unknown: list[str]) -> None:
    """Refuse births of which most are elsewhere, unless they name most of the study's areas of their kind."""
    total, inside = float(births["births"].sum()), float(births.loc[known, "births"].sum())
    kinds = births["area_id"].str.len().unique()
    ours = sorted(areas.loc[areas["area_geoid"].str.len().isin(kinds), "area_geoid"].unique())
    named = births.loc[known, "area_id"].nunique()
    if not unknown or inside >= MOST_LOST_SHARE * total or named > MOST_LOST_SHARE * len(ours):
        return
    raise LedgerError(
        f"birth_counts: {inside:,.0f} of {total:,.0f} births are in census areas of the study, and {named} of its {len(ours)} areas "
        f"with ids as long are named. First of {len(unknown)} areas that are none of the study: {first_of(unknown)}; areas of the study: "
        f"{first_of(ours or sorted(areas['area_geoid'].unique()))}. Give the births of the study's county by census tract or block group, or write their ids as the census does "
        "(`codes`, `pad` or `prefix` of the source)."
    )


def _require_whole_years(births: pd.DataFrame) -> None:
    """Refuse years with fewer than half of the areas, and of the births, of the year with the most areas."""
    by_year = births[births["births"] > 0].groupby("year")["births"].agg(["size", "sum"])
    by_year = by_year.reindex(sorted(births["year"].unique()), fill_value=0)
    full = by_year.loc[by_year.sort_values(["size", "sum"]).index[-1]]
    if full["sum"] < FEWEST_BIRTHS:
        return
    part = by_year[
        (by_year["size"] < MOST_LOST_SHARE * full["size"]) & (by_year["sum"] < MOST_LOST_SHARE * full["sum"])
    ]
    if len(part):
        row = part.iloc[0]
        fault = Fault(
            "E-BIRTHS-PART",
            f"a year has births in fewer than half of the areas that have some in {full.name}, and fewer than half as many",
            len(part),
            f"{part.index[0]}: {row['sum']:,.0f} births in {row['size']:.0f} areas, and in {full.name} {full['sum']:,.0f} in {full['size']:.0f}",
            "Get the whole year from the publisher, or leave its rows out with `drop`.",
        )
        raise ContractError("birth_counts", [fault])
