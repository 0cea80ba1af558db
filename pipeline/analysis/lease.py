"""How long rooms of a site can be given away before its own school may need them back."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

import pandas as pd


class Use(NamedTuple):
    """A row of ``utilization``: one site, definition and year; NaN where it says nothing."""

    definition: str
    fall_year: int
    seats: float
    pupils: float
    ratio: float
    high_ratio: float
    rooms: float
    rooms_low: float

    @property
    def upper(self) -> float:
        """The upper end of the ratio where there is an interval, else the ratio."""
        return self.ratio if math.isnan(self.high_ratio) else self.high_ratio

    @property
    def free_seats(self) -> float:
        """Seats that stay free at the upper end of the forecast."""
        return self.seats * max(1.0 - self.upper, 0.0)

    @property
    def free_rooms(self) -> float:
        """Rooms that stay free at the upper end of the forecast."""
        return self.rooms if math.isnan(self.rooms_low) else self.rooms_low


@dataclass(frozen=True)
class Lease:
    """What can be said of a site's rooms over the years: whole rooms, years and what ends the lease."""

    seats: float | None = None
    rooms: float | None = None
    rooms_now: float | None = None
    rooms_horizon: float | None = None
    needed_back: int | None = None
    years: float | None = None
    limit: str = "not_known"


def fewest_free(use: Sequence[Use]) -> dict[int, tuple[float, float]]:
    """Seats and rooms that stay free at the upper end of the forecast, the fewest by any definition, by year.

    Where a year has no interval (today's count, an outlook nobody tested) the number itself counts.

    Parameters
    ----------
    use : sequence of Use
        Rows of one site, of the definitions that count.

    Returns
    -------
    dict
        By fall: seats and rooms, not rounded, in order of the falls.

    Examples
    --------
    >>> nan = float("nan")
    >>> today = [Use("given", 2024, 500.0, 250.0, 0.5, nan, 10.0, nan), Use("functional", 2024, 400.0, 200.0, 0.5, nan, 8.0, nan)]
    >>> fewest_free([*today, Use("functional", 2025, 400.0, 200.0, 0.5, 0.75, 8.0, 4.0)])
    {2024: (200.0, 8.0), 2025: (100.0, 4.0)}
    """
    found: dict[int, tuple[float, float]] = {}
    for row in sorted(use, key=lambda each: each.fall_year):
        seats, rooms = found.get(row.fall_year, (math.inf, math.inf))
        found[row.fall_year] = min(seats, row.free_seats), min(rooms, row.free_rooms)
    return found


def lease(use: Sequence[Use], *, fall_year: int, horizon: int | None, smallest_rooms: float, is_offered: bool) -> Lease:
    """Rooms of a site that can be offered, and the first year in which the host may need them back.

    The rooms are the fewest from today to the horizon. They are needed back in the first year, however far the
    outlook reaches, in which fewer stay free at the upper end of the forecast; where none are offered, in
    which fewer stay free than the smallest number a school can use. A lease begins with the next school year.

    Parameters
    ----------
    use : sequence of Use
        Rows of one site, of the definitions by which it is underutilized.
    fall_year : int
        The fall taken as today.
    horizon : int, optional
        Last fall that decides about room to offer.
    smallest_rooms : float
        Fewest rooms a school can use.
    is_offered : bool
        Whether the rooms are offered.

    Examples
    --------
    >>> nan = float("nan")
    >>> use = [Use("given", 2024 + n, 500.0, 250.0, 0.5, nan, rooms, nan) for n, rooms in enumerate((10.0, 10.0, 9.5, 6.0))]
    >>> found = lease(use, fall_year=2024, horizon=2026, smallest_rooms=6.0, is_offered=True)
    >>> found.rooms, found.needed_back, found.years, found.limit
    (9.0, 2027, 2.0, 'host_needs_rooms')
    """
    free = fewest_free(use)
    ahead = [fall for fall in free if fall > fall_year]
    last = [fall for fall in ahead if fall <= (horizon if horizon is not None else fall_year)]
    decided = [free[fall] for fall in free if fall <= (last[-1] if last else fall_year)]
    rooms = _whole([each for _, each in decided])
    known = Lease(
        _whole([each for each, _ in decided]),
        rooms,
        _whole([free[fall_year][1]] if fall_year in free else []),
        _whole([free[last[-1]][1]] if last else []),
    )
    wanted = rooms if is_offered and rooms is not None else smallest_rooms
    term = lease_of({fall: each for fall, (_, each) in free.items()}, wanted, fall_year=fall_year)
    return replace(known, needed_back=term.needed_back, years=term.years, limit=term.limit)


class Term(NamedTuple):
    """How long so many rooms of a site can be given away."""

    rooms: float
    needed_back: int | None
    years: float | None
    limit: str


def free_rooms(
    utilization: pd.DataFrame, *, fall_year: int, judged_by: Sequence[str], under_ratio: float
) -> dict[str, dict[int, float]]:
    """By site and fall: rooms that stay free at the upper end of the forecast, the fewest by any definition that says underutilized today.

    Parameters
    ----------
    utilization : DataFrame
        Table ``utilization``.
    fall_year : int
        The fall taken as today.
    judged_by : sequence of str
        Definitions that decide.
    under_ratio : float
        Utilization below which a site is underutilized.

    Returns
    -------
    dict
        By ``site_id`` and fall: rooms, not rounded. A site that no deciding definition puts below the threshold today
        is not named.

    Examples
    --------
    >>> use = pd.DataFrame({"site_id": "1", "capacity_definition": ["given", "functional"] * 2, "fall_year": [2024, 2024, 2025, 2025], "capacity_seats": 500.0,
    ...     "pupils": 250.0, "utilization_ratio": 0.5, "utilization_high_ratio": [None, None, 0.6, 0.6], "surplus_rooms": [10.0, 9.0] * 2, "surplus_rooms_low": [None, None, 8.9, 8.5]})
    >>> free_rooms(use, fall_year=2024, judged_by=("given",), under_ratio=0.75)
    {'1': {2024: 10.0, 2025: 8.9}}
    """
    counted = utilization[utilization["capacity_definition"].isin(list(judged_by))]
    found = {}
    for site, use in uses_by_site(counted.dropna(subset=["utilization_ratio"])).items():
        under = {row.definition for row in use if row.fall_year == fall_year and row.ratio < under_ratio}
        free = fewest_free([row for row in use if row.definition in under])
        if free:
            found[site] = {fall: rooms for fall, (_, rooms) in free.items()}
    return found


def uses_by_site(utilization: pd.DataFrame) -> dict[str, list[Use]]:
    """The rows of each site in order of definition and year, as plain numbers: hundreds of sites are judged one by one."""
    numbers = [
        *("capacity_seats", "pupils", "utilization_ratio", "utilization_high_ratio", "surplus_rooms"),
        "surplus_rooms_low",
    ]
    rows = utilization.sort_values(["site_id", "capacity_definition", "fall_year"], kind="stable")
    columns = [rows["capacity_definition"], rows["fall_year"], *(rows[name].astype("float64") for name in numbers)]
    found: dict[str, list[Use]] = {}
    for site, *values in zip(rows["site_id"], *(column.tolist() for column in columns), strict=True):
        found.setdefault(str(site), []).append(Use(*values))
    return found


def lease_of(free: Mapping[int, float], rooms: float, *, fall_year: int) -> Term:
    """How long a number of rooms can be given away: the fewer are taken, the longer they stay free.

    A lease begins with the next school year. The rooms are needed back in the first later year in which fewer stay
    free; where there is none, the outlook ends the lease.

    Parameters
    ----------
    free : mapping
        By fall: rooms that stay free (`free_rooms`, of one site); years up to ``fall_year`` do not count.
    rooms : float
        Rooms taken.
    fall_year : int
        The fall taken as today.

    Examples
    --------
    >>> free = {2024: 9.0, 2025: 9.4, 2026: 9.1, 2027: 8.97, 2028: 8.65}
    >>> lease_of(free, 9.0, fall_year=2024)
    Term(rooms=9.0, needed_back=2027, years=2.0, limit='host_needs_rooms')
    >>> lease_of(free, 8.0, fall_year=2024)
    Term(rooms=8.0, needed_back=None, years=4.0, limit='end_of_outlook')
    """
    ahead = sorted(fall for fall in free if fall > fall_year)
    if not ahead:
        return Term(rooms, None, None, "not_known")
    short = [fall for fall in ahead if free[fall] < rooms - 1e-9]
    if short:
        return Term(rooms, short[0], float(short[0] - fall_year - 1), "host_needs_rooms")
    return Term(rooms, None, float(ahead[-1] - fall_year), "end_of_outlook")


def _whole(numbers: Sequence[float]) -> float | None:
    """The fewest, in whole seats or rooms: never more than there are."""
    return float(math.floor(min(numbers) + 1e-9)) if numbers else None
