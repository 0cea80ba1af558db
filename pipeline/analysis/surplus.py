"""Surplus space: which sites can be put into a request for proposals, and why each other one cannot."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

_NAMES = {
    "given": "given capacity",
    "state_loading": "the state's pupils per room",
    "functional": "functional capacity",
}
EMPTY_STATUS = ("closed", "surplus")
COLUMNS = [
    "site_id",
    "surplus_status",
    "definitions_under",
    "definitions_known",
    "surplus_seats",
    "surplus_rooms",
    "reason",
]


def surplus_sites(
    sites: pd.DataFrame,
    utilization: pd.DataFrame,
    loading: pd.DataFrame,
    *,
    fall_year: int,
    under_ratio: float,
    definitions: int,
    smallest_rooms: float,
) -> pd.DataFrame:
    """Say of every site whether it is offered, watched or not, with the seats it has free and the reason.

    A site in use is *offered* when it is underutilized by at least ``definitions`` of the capacity
    definitions now and still at the end of the outlook at the upper end of its interval, and at
    least ``smallest_rooms`` rooms are free. It is *watched* when it is underutilized now but one
    of the other conditions fails. Closed and surplus sites of the district are offered whole.
    Swing space is watched; leased sites and those the district does not own are not offered. Without pupils
    or a capacity nothing is known.

    The seats are the fewest by any definition that says underutilized, now or (upper end) at the
    end of the outlook: what can be given away without taking it back. The rooms likewise, each
    definition's seats over its pupils per room.

    Parameters
    ----------
    sites : DataFrame
        Table ``site_facts``.
    utilization : DataFrame
        Table ``utilization``.
    loading : DataFrame
        By site: pupils per room by each capacity definition (`capacity.room_loading`).
    fall_year : int
        The fall taken as today in ``utilization``.
    under_ratio : float
        Utilization below which a site is underutilized.
    definitions : int
        Definitions that must agree.
    smallest_rooms : float
        Rooms a site must have free.

    Returns
    -------
    DataFrame
        Table ``surplus_sites``: one row for every site.

    Examples
    --------
    >>> sites = pd.DataFrame({"site_id": ["1"], "site_status": ["open"], "is_district_owned": [True]})
    >>> rows = {"site_id": "1", "capacity_definition": ["given", "functional"] * 2, "fall_year": [2024, 2024, 2029, 2029], "capacity_seats": [500.0, 400.0] * 2}
    >>> use = pd.DataFrame(rows).assign(pupils=200.0, utilization_ratio=[0.4, 0.5] * 2, utilization_high_ratio=[None, None, 0.45, 0.55], surplus_seats=[300.0, 200.0] * 2)
    >>> loading = pd.DataFrame({"given": [25.0], "functional": [22.5]}, index=["1"])
    >>> found = surplus_sites(sites, use, loading, fall_year=2024, under_ratio=0.75, definitions=2, smallest_rooms=6.0)
    >>> found[["surplus_status", "surplus_seats", "surplus_rooms"]].to_dict("records")
    [{'surplus_status': 'offered', 'surplus_seats': 180.0, 'surplus_rooms': 8.0}]
    >>> found["reason"].item()
    'Underutilized by 2 of 2 capacity definitions in fall 2024 (functional capacity 50%, given capacity 40%) and still in fall 2029 at the upper end of the 80% interval (functional capacity 55%, given capacity 45%): 8 rooms free.'
    """
    by_site = dict(tuple(utilization.dropna(subset=["utilization_ratio"]).groupby("site_id")))
    none = utilization.iloc[:0]
    settings: dict[str, Any] = {
        "fall_year": fall_year,
        "under_ratio": under_ratio,
        "definitions": definitions,
        "smallest_rooms": smallest_rooms,
    }
    rows = [
        {
            "site_id": site.site_id,
            **_verdict(
                site.site_status,
                bool(site.is_district_owned),
                by_site.get(site.site_id, none),
                loading.loc[site.site_id],
                **settings,
            ),
        }
        for site in sites.sort_values("site_id", kind="stable").itertuples()
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    numbers = COLUMNS[2:6]
    return table.astype({c: "float64" if c in numbers else "str" for c in COLUMNS})


def _verdict(
    status: str,
    is_owned: bool,
    use: pd.DataFrame,
    loading: pd.Series,
    *,
    fall_year: int,
    under_ratio: float,
    definitions: int,
    smallest_rooms: float,
) -> dict[str, object]:
    now = use[use["fall_year"] == fall_year].set_index("capacity_definition").sort_index()
    last = use[use["fall_year"] > fall_year]
    last = last[last["fall_year"] == last["fall_year"].max()].set_index("capacity_definition").sort_index()
    under = now.index[now["utilization_ratio"] < under_ratio]
    # the upper end where there is an interval, else the number itself
    upper = last["utilization_high_ratio"].where(last["utilization_high_ratio"].notna(), last["utilization_ratio"])
    free_then = last["capacity_seats"] * (1 - upper).clip(lower=0.0)
    free = pd.concat([now.loc[under, "surplus_seats"], free_then.reindex(under)]).dropna()
    seats, rooms = _fewest(free), _fewest(free / loading.reindex(free.index))
    found = {
        "definitions_under": float(len(under)),
        "definitions_known": float(len(now)),
        "surplus_seats": seats,
        "surplus_rooms": rooms,
    }

    def say(verdict: str, reason: str, **other: object) -> dict[str, object]:
        return {**found, "surplus_status": verdict, "reason": reason, **other}

    if not is_owned:
        return say("not_offered", "The district does not own the site.", surplus_seats=None, surplus_rooms=None)
    if status in EMPTY_STATUS and not (now["pupils"] > 0).any():
        what = "closed" if status == "closed" else "declared surplus"
        if seats is None:
            return say("offered", f"The site is {what} and stands empty; its capacity is not known.")
        by = "the smallest capacity definition" if len(now) > 1 else f"its {_NAMES[str(now.index[0])]}"
        return say(
            "offered", f"The site is {what} and stands empty: {seats:,.0f} seats, about {rooms:,.0f} rooms, by {by}."
        )
    if status == "leased":
        return say("not_offered", "The site is leased to others.", surplus_seats=None, surplus_rooms=None)
    if status == "swing":
        reason = "Kept as swing space: it houses schools while their buildings are renovated."
        return say("watch", reason, surplus_seats=None, surplus_rooms=None)
    if now.empty:
        return say("not_known", "Its pupils or its capacity are not known.")
    shares = _percentages(now["utilization_ratio"])
    if not len(under):
        return say(
            "not_offered",
            f"In use: no capacity definition puts it below {under_ratio:.0%} in fall {fall_year} ({shares}).",
        )
    start = f"Underutilized by {len(under)} of {len(now)} capacity {'definition' if len(now) == 1 else 'definitions'} in fall {fall_year} ({shares})"
    if len(under) < definitions:
        known = f"; only {len(now)} can be computed" if len(now) < definitions else ""
        return say("watch", f"{start}: the study asks for {definitions} to agree{known}.")
    if last.empty:
        return say("watch", f"{start}, but without an outlook nobody knows for how long.")
    then = f"fall {int(last['fall_year'].iloc[0])} at the upper end of the 80% interval ({_percentages(upper)})"
    still = int((upper.reindex(under) < under_ratio).sum())
    if still < definitions:
        return say("watch", f"{start}, but not surely so in {then}.")
    if rooms is None or rooms < smallest_rooms:
        return say(
            "watch",
            f"{start} and still in {then}, but only {rooms or 0:,.0f} rooms are free; the study asks for {smallest_rooms:g}.",
        )
    return say("offered", f"{start} and still in {then}: {rooms:,.0f} rooms free.")


def _fewest(numbers: pd.Series) -> float | None:
    """The smallest, in whole seats or rooms."""
    return float(np.floor(numbers.min() + 1e-9)) if len(numbers) else None


def _percentages(ratios: pd.Series) -> str:
    return ", ".join(f"{_NAMES[name]} {ratio:.0%}" for name, ratio in ratios.items())
