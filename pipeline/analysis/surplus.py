"""Surplus space: which sites can be put into a request for proposals, and why each other one cannot."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import pandas as pd

from pipeline.analysis.lease import Lease, Use, lease, uses_by_site
from pipeline.numerals import count_of, number, percent, trimmed

NAMES = {
    "given": "given capacity",
    "state_loading": "the state's pupils per room",
    "functional": "functional capacity",
    "target": "target class sizes",
    "ideal_homeroom": "ideal homerooms",
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
    "surplus_case",
    "surplus_rooms_now",
    "surplus_rooms_horizon",
    "rooms_needed_back_year",
    "longest_lease_years",
    "lease_limit",
]
_WORDS = ("site_id", "surplus_status", "reason", "surplus_case", "lease_limit")


def surplus_sites(
    sites: pd.DataFrame,
    utilization: pd.DataFrame,
    *,
    fall_year: int,
    horizon: int | None,
    judged_by: Sequence[str],
    under_ratio: float,
    definitions: int,
    smallest_rooms: float,
) -> pd.DataFrame:
    """Say of every site whether it is offered, watched or not, with the seats it has free and the reason.

    A site in use is *offered* when it is underutilized by at least ``definitions`` of the capacity
    definitions now and still at the horizon at the upper end of its interval, and at
    least ``smallest_rooms`` rooms are free. It is *watched* when it is underutilized now but one
    of the other conditions fails. Closed and surplus sites of the district are offered whole.
    Swing space is watched; leased sites and those the district does not own are not offered. Without pupils
    or a capacity nothing is known. Where fewer definitions can be computed than must agree, and all that can
    be hold every condition, the site is watched as a case of its own (``one_definition``).

    The seats are the fewest by any definition that says underutilized, in any year from now to the horizon
    (upper end): what can be given away without taking it back. The rooms likewise.

    Parameters
    ----------
    sites : DataFrame
        Table ``site_facts``.
    utilization : DataFrame
        Table ``utilization``, as far as the outlook reaches.
    fall_year : int
        The fall taken as today in ``utilization``.
    horizon : int, optional
        Last fall that decides (`utilization.horizon_year`); None without an outlook.
    judged_by : sequence of str
        Definitions that decide; the others stand in ``utilization`` beside them.
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
    >>> use = pd.DataFrame(rows).assign(pupils=200.0, utilization_ratio=[0.4, 0.5] * 2, utilization_high_ratio=[None, None, 0.45, 0.55], surplus_seats=[300.0, 200.0] * 2,
    ...     surplus_rooms=[12.0, 8.9] * 2, surplus_rooms_low=[None, None, 11.0, 8.0])
    >>> found = surplus_sites(sites, use, fall_year=2024, horizon=2029, judged_by=("given", "functional"), under_ratio=0.75, definitions=2, smallest_rooms=6.0)
    >>> found[["surplus_status", "surplus_seats", "surplus_rooms", "longest_lease_years", "lease_limit"]].to_dict("records")
    [{'surplus_status': 'offered', 'surplus_seats': 180.0, 'surplus_rooms': 8.0, 'longest_lease_years': 5.0, 'lease_limit': 'end_of_outlook'}]
    >>> found["reason"].item()
    'Underutilized by 2 of 2 capacity definitions in fall 2024 (functional capacity 50%, given capacity 40%) and still in fall 2029 at the upper end of the 80% interval (functional capacity 55%, given capacity 45%): 8 rooms free.'
    """
    counted = utilization[utilization["capacity_definition"].isin(list(judged_by))]
    by_site = uses_by_site(counted.dropna(subset=["utilization_ratio"]))
    settings: dict[str, Any] = {
        "fall_year": fall_year,
        "horizon": horizon,
        "under_ratio": under_ratio,
        "definitions": definitions,
        "smallest_rooms": smallest_rooms,
    }
    rows = [
        {
            "site_id": site.site_id,
            **_verdict(site.site_status, bool(site.is_district_owned), by_site.get(str(site.site_id), []), **settings),
        }
        for site in sites.sort_values("site_id", kind="stable").itertuples()
    ]
    table = pd.DataFrame(rows, columns=COLUMNS)
    types = {c: "str" if c in _WORDS else "float64" for c in COLUMNS} | {"rooms_needed_back_year": "Int64"}
    return table.astype(types)


def _verdict(
    status: str,
    is_owned: bool,
    use: list[Use],
    *,
    fall_year: int,
    horizon: int | None,
    under_ratio: float,
    definitions: int,
    smallest_rooms: float,
) -> dict[str, object]:
    now = [row for row in use if row.fall_year == fall_year]
    final = max((row.fall_year for row in use if fall_year < row.fall_year <= (horizon or fall_year)), default=None)
    last = [row for row in use if row.fall_year == final]
    under = [row.definition for row in now if row.ratio < under_ratio]
    counted = [row for row in use if row.definition in under]

    def terms(*, is_offered: bool) -> Lease:
        if not counted:
            return Lease()
        return lease(
            counted, fall_year=fall_year, horizon=horizon, smallest_rooms=smallest_rooms, is_offered=is_offered
        )

    def say(verdict: str, case: str, reason: str, found: Lease) -> dict[str, object]:
        return {
            "surplus_status": verdict,
            "definitions_under": float(len(under)),
            "definitions_known": float(len(now)),
            "surplus_seats": found.seats,
            "surplus_rooms": found.rooms,
            "reason": reason,
            "surplus_case": case,
            "surplus_rooms_now": found.rooms_now,
            "surplus_rooms_horizon": found.rooms_horizon,
            "rooms_needed_back_year": found.needed_back,
            "longest_lease_years": found.years,
            "lease_limit": found.limit,
        }

    away = Lease(limit="not_offered")
    if not is_owned:
        return say("not_offered", "not_owned", "The district does not own the site.", away)
    if status in EMPTY_STATUS and not any(row.pupils > 0 for row in now):
        return say("offered", "empty_site", *_empty_site(status, now, terms(is_offered=True)))
    if status == "leased":
        return say("not_offered", "leased", "The site is leased to others.", away)
    if status == "swing":
        reason = "Kept as swing space: it houses schools while their buildings are renovated."
        return say("watch", "swing", reason, away)
    if not now:
        return say("not_known", "no_numbers", "Its pupils or its capacity are not known.", Lease())
    shares = _percentages({row.definition: row.ratio for row in now})
    if not under:
        reason = f"In use: no capacity definition puts it below {percent(under_ratio)} in fall {fall_year} ({shares})."
        return say("not_offered", "in_use", reason, away)
    watched = terms(is_offered=False)
    start = f"Underutilized by {len(under)} of {len(now)} capacity {'definition' if len(now) == 1 else 'definitions'} in fall {fall_year} ({shares})"
    agree = min(definitions, len(now))  # where fewer are known, all of them must say so
    if len(under) < agree:
        return say("watch", "definitions_disagree", f"{start}: the study asks for {definitions} to agree.", watched)
    if not last:
        return say("watch", "no_outlook", f"{start}, but without an outlook nobody knows for how long.", watched)
    if horizon is not None and final is not None and final < horizon:
        reason = f"{start}, but its outlook ends in fall {final}, before fall {horizon}."
        return say("watch", "no_outlook", reason, watched)
    upper = {row.definition: row.upper for row in last}
    is_tested = not any(math.isnan(row.high_ratio) for row in last)
    by = "at the upper end of the 80% interval" if is_tested else "by the forecast alone, which has no tested interval"
    then = f"fall {final} {by} ({_percentages(upper)})"
    if sum(upper.get(name, math.inf) < under_ratio for name in under) < agree:
        return say("watch", "may_fill_up", f"{start}, but not surely so in {then}.", watched)
    found = terms(is_offered=True)
    if found.rooms is None or found.rooms < smallest_rooms:
        reason = f"{start} and still in {then}, but only {count_of(found.rooms or 0, 'room is', 'rooms are', '0')} free; the study asks for {trimmed(smallest_rooms)}."
        return say("watch", "few_rooms", reason, watched)
    if len(now) < definitions:
        reason = f"{start} and still in {then}, {count_of(found.rooms, 'room', 'rooms')} free: the study asks for {definitions} to agree; only {len(now)} can be computed."
        return say("watch", "one_definition", reason, found)
    return say(
        "offered", "surplus", f"{start} and still in {then}: {count_of(found.rooms, 'room', 'rooms')} free.", found
    )


def _empty_site(status: str, now: list[Use], found: Lease) -> tuple[str, Lease]:
    """Why an empty site is offered, and its rooms, which no host can need back."""
    free = Lease(found.seats, found.rooms, found.rooms_now, found.rooms_horizon, limit="no_host")
    what = "closed" if status == "closed" else "declared surplus"
    if free.seats is None or free.rooms is None:
        return f"The site is {what} and stands empty; its capacity is not known.", free
    own = NAMES[now[0].definition] if now else ""
    by = "the smallest capacity definition" if len(now) > 1 else own if own.startswith("the ") else f"its {own}"
    return (
        f"The site is {what} and stands empty: {number(free.seats)} seats, about {count_of(free.rooms, 'room', 'rooms', '0')}, by {by}.",
        free,
    )


def _percentages(ratios: Mapping[str, float]) -> str:
    return ", ".join(f"{NAMES[name]} {percent(ratio)}" for name, ratio in ratios.items())
