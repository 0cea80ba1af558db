"""The service gap of zones as it is told, and what a release has hidden."""

from __future__ import annotations

from collections.abc import Collection

import pandas as pd

from pipeline.analysis.disclosure import blank, complements, is_small, told_seats

Hidden = Collection[tuple[str, str, str]]  # level, id and period
GAP_NUMBERS = ["resident_pupils", "quality_seats", "service_level_ratio", "service_gap_seats", "unmet_seats"]


def hidden_before(level: pd.Series | str, ids: pd.Series, falls: pd.Series | int, before: Hidden) -> pd.Series:
    """Which rows are of a subject and a fall that a release has hidden.

    >>> hidden_before("all", pd.Series(["a", "b"]), pd.Series([2023, 2023]), {("all", "b", "2023")}).tolist()
    [False, True]
    """
    keys = pd.DataFrame({"level": level, "id": ids, "fall": falls}, index=ids.index).astype("str")
    return pd.Series([tuple(key) in before for key in keys.to_numpy()], index=ids.index, dtype="bool")


def told_gap(
    gap: pd.DataFrame, smallest: float, fall_year: int = 0, before: Hidden = frozenset()
) -> tuple[pd.DataFrame, pd.Series, pd.Series]:
    """The service gap as it is told, and the rows that are hidden: for few residents, and beside these.

    Seats of citywide schools are counted where their pupils live. Where fewer than ``smallest`` of
    these live in a zone, the zone's own seats are told without them; all seats are cut down
    to tens, residents are whole, and ratio and gap are computed from what is told. Small resident counts hide every number of the zone,
    and so does a release that hid it in this fall (``before``, from `releases.hidden_then`).
    """
    # what hides is the count itself: one just under the threshold is not rounded up to it
    residents = gap["resident_pupils"]
    primary = is_small(residents, smallest)
    primary |= hidden_before(gap["level"], gap["zone_id"], fall_year, before)
    extra = complements(residents, primary, gap["level"], smallest)
    seats, pupils = told_seats(gap, smallest), residents.round()
    short = pupils - seats
    gap = gap.assign(
        resident_pupils=pupils,
        quality_seats=seats,
        service_level_ratio=(seats / pupils.where(pupils > 0)).round(2),
        service_gap_seats=short,
        unmet_seats=short.clip(lower=0),
        service_gap_rank=short.groupby(gap["level"]).rank(method="min", ascending=False),
    )
    columns = ["level", "zone_id", "is_approximate", *GAP_NUMBERS, "service_gap_rank", "method"]
    return blank(gap, primary | extra, [*GAP_NUMBERS, "service_gap_rank"])[columns], primary, extra
