"""What can be offered of a site: many rooms for a while, or fewer for longer."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pipeline.analysis.lease import Term, lease_of
from pipeline.numerals import count_of, number


def lease_steps(free: Mapping[int, float], most: float, *, smallest_rooms: float, fall_year: int) -> list[Term]:
    """What can be offered of a site: all its rooms, and each smaller number that stays free longer.

    Parameters
    ----------
    free : mapping
        By fall: rooms that stay free (`free_rooms`, of one site).
    most : float
        Rooms to offer, whole.
    smallest_rooms : float
        Fewest rooms a school can use; fewer are never a step.
    fall_year : int
        The fall taken as today.

    Examples
    --------
    >>> steps = lease_steps({2025: 9.4, 2026: 9.1, 2027: 8.97, 2028: 8.65}, 9.0, smallest_rooms=6.0, fall_year=2024)
    >>> [(step.rooms, step.years) for step in steps]
    [(9.0, 2.0), (8.0, 4.0)]
    """
    steps: list[Term] = []
    rooms = most
    while rooms >= max(smallest_rooms, 1.0) or rooms == most:
        term = lease_of(free, rooms, fall_year=fall_year)
        if not steps or (term.years or 0.0) > (steps[-1].years or 0.0):
            steps.append(term)
        rooms -= 1.0
    return steps


def lease_words(steps: Sequence[Term]) -> str:
    """Steps of an offer in words; empty where no year is known.

    >>> lease_words([Term(9.0, 2031, 6.0, "host_needs_rooms"), Term(8.0, None, 10.0, "end_of_outlook")])
    '9 rooms for 6 years, or 8 for 10'
    >>> lease_words([Term(7.0, 2026, 1.0, "host_needs_rooms")])
    '7 rooms for 1 year'
    """
    known = [(step.rooms, step.years) for step in steps if step.years is not None]
    if not known:
        return ""
    (rooms, years), *rest = known
    start = f"{count_of(rooms, 'room', 'rooms', '0')} for {count_of(years, 'year', 'years', '0')}"
    return ", or ".join([start, *(f"{number(rooms)} for {number(years)}" for rooms, years in rest)])
