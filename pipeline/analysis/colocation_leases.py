"""How long the rooms that a matching gives can stay given: by the rooms taken at a site, not by all it has free."""

from __future__ import annotations

import math
from collections.abc import Mapping

import pandas as pd

from pipeline.analysis.lease import lease_of
from pipeline.numerals import count_of, number

COLUMNS = ["rooms_needed_back_year", "longest_lease_years", "lease_text"]


def leases(parts: pd.DataFrame, free: Mapping[str, Mapping[int, float]], *, fall_year: int) -> pd.DataFrame:
    """The lease of each school that was given rooms: as long as all rooms given at its sites stay free.

    Rooms given to several schools at one site count together, for the host needs back whichever come first. Of
    a school over several sites the shortest lease counts. A site without a host, or whose future is
    not known, ends no lease.

    Parameters
    ----------
    parts : DataFrame
        ``school_id``, ``site_id`` and ``given`` (rooms): one row for each school and site.
    free : mapping
        By site with a host: rooms that stay free, by fall (`lease.free_rooms`).
    fall_year : int
        The fall taken as today.

    Returns
    -------
    DataFrame
        By ``school_id``: first year in which the host may need some of the rooms back, years of the lease and a
        sentence; empty where nothing is known.

    Examples
    --------
    >>> parts = pd.DataFrame({"school_id": ["a"], "site_id": ["1"], "given": [6.0]})
    >>> leases(parts, {"1": {2025: 7.4, 2026: 6.99, 2027: 5.2}}, fall_year=2024).loc["a", "lease_text"]
    'The host may need 1 of the 6 rooms given there back in fall 2027.'
    """
    taken = parts.groupby("site_id", sort=True)["given"].sum()
    found: dict[str, tuple[float, float, str]] = {}
    for row in parts.sort_values(["school_id", "site_id"], kind="stable").itertuples():
        rooms = float(taken[row.site_id])
        term = lease_of(free.get(row.site_id, {}), rooms, fall_year=fall_year)
        if term.years is None:
            continue
        years, back = term.years, math.nan
        count = count_of(rooms, "room", "rooms")
        text = f"The {count} given there stay free to the end of the outlook ({number(years)} years)."
        if term.needed_back is not None:
            back = float(term.needed_back)
            short = math.ceil(rooms - free[row.site_id][term.needed_back] - 1e-9)
            text = f"The host may need {number(short)} of the {count} given there back in fall {term.needed_back}."
        before = found.get(row.school_id)
        if before is None or years < before[1]:
            found[row.school_id] = back, years, text
    table = pd.DataFrame.from_dict(found, orient="index", columns=COLUMNS)
    return table.astype({"rooms_needed_back_year": "float64", "longest_lease_years": "float64", "lease_text": "str"})
