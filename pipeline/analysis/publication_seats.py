"""What may be told of the gap counted otherwise, of the quality cut moved, and of access.

Two ways of counting differ by something: by the seats of the few pupils of a zone who go to a
citywide school, or by the one school that a moved cut takes in. What is told here is cut to what
cannot be told apart in that way.
"""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.analysis.disclosure import Published, blank, complements, in_tens, is_small, report_line, told_seats
from pipeline.analysis.publication_quality import FEWEST_SCHOOLS, in_five_points
from pipeline.columns import LEVELS

KEY = ["level", "zone_id"]
_NUMBERS = ["resident_pupils", "resident_pupils_low", "resident_pupils_high", "quality_seats", "service_gap_seats"]
_SWEPT = ["cut_share", "quality_schools", "quality_seats", "unmet_seats", "rank_shift"]


def gap_variants(variants: pd.DataFrame, gap: pd.DataFrame, zones: pd.DataFrame, smallest: float) -> Published:
    """The gap by every way of counting, seats in tens; zones whose residents are hidden show no number.

    The study's seats, and those in five years, are told as in ``public_zones``: without seats of
    citywide schools where few of their pupils live. Without these few, ``citywide_out`` is the
    same number there, so that the difference of the two tells nothing of them. Gaps, unmet seats
    and ranks are computed from what is told. Bounds are told of the future alone: today they
    would say how many cells of residence are hidden.

    Parameters
    ----------
    variants, gap : the tables ``service_gap_variants`` and ``service_gap``.
    zones : the table ``public_zones``.
    smallest : the least count that may be shown.
    """
    own = gap[KEY].assign(told=told_seats(gap, smallest), local=gap["quality_seats"] - gap["citywide_seats"])
    hidden_zones = zones.loc[zones["resident_pupils"].isna(), KEY]
    rows = variants.merge(own, on=KEY, how="left", validate="m:1")
    is_future = rows["variant"].eq("in_five_years")
    seats = in_tens(rows["quality_seats"])
    # both are told from the one table, so that no rounding of two sums can part them
    seats = seats.mask(rows["variant"].eq("study") | is_future, rows["told"])
    seats = seats.mask(rows["variant"].eq("citywide_out"), in_tens(rows["local"]))
    short = rows["resident_pupils"].round() - seats
    rows = rows.assign(
        resident_pupils=rows["resident_pupils"].round(),
        resident_pupils_low=rows["resident_pupils_low"].round().where(is_future),
        resident_pupils_high=rows["resident_pupils_high"].round().where(is_future),
        quality_seats=seats,
        service_gap_seats=short,
        unmet_seats=short.clip(lower=0),
    )
    of_hidden = pd.MultiIndex.from_frame(rows[KEY]).isin(pd.MultiIndex.from_frame(hidden_zones))
    primary = rows["resident_pupils"].notna() & (is_small(rows["resident_pupils"], smallest) | of_hidden)
    extra = complements(rows["resident_pupils"], primary, rows["level"] + " " + rows["variant"], smallest)
    public = blank(rows, primary | extra, [*_NUMBERS, "unmet_seats"])
    place = public.groupby(["level", "variant"])["service_gap_seats"].rank(method="min", ascending=False)
    columns = [*KEY, "variant", "fall_year", *_NUMBERS, "unmet_seats", "service_gap_rank", "method"]
    reason = "as public_zones: seats in tens, those of citywide schools left out of every count where few of their pupils live"
    shown = int((~(primary | extra)).sum())
    return public.assign(service_gap_rank=place)[columns], report_line(
        "public_gap_variants", shown, int(primary.sum()), int(extra.sum()), reason
    )


def cut_sweep(sweep: pd.DataFrame, quality: pd.DataFrame, facts: pd.DataFrame, gap: pd.DataFrame) -> Published:
    """What follows from a moved cut, where it tells no single school's result.

    From the study's own cut outwards, a cut is told where at least three schools lie above it,
    at least three below, and where no school or at least three lie between it and the last cut
    told. Of a level with fewer than three zones no unmet seats are told: the exact residents of
    a zone would give its seats. Seats are in tens, cuts in steps of five points, since the
    quarter of a few schools is the result of one.

    Parameters
    ----------
    sweep : the table ``cut_sweep``.
    quality, facts : the tables ``school_quality`` and ``school_facts``, for the number of rated schools.
    gap : the table ``service_gap``, for the number of zones.
    """
    rated = facts["school_id"].isin(quality.loc[quality["quality_class"].ne("not_rated"), "school_id"])
    schools = {level: int((rated & facts[f"serves_{level}"]).sum()) for level in LEVELS}
    zones = gap.groupby("level")["zone_id"].nunique()
    told = pd.Series(False, index=sweep.index)
    for level, rows in sweep.groupby("level", sort=True):
        told.loc[_told_cuts(rows, schools.get(str(level), 0))] = True
    few_zones = sweep["level"].map(zones).fillna(0) < FEWEST_SCHOOLS
    shown = sweep.assign(
        cut_share=in_five_points(sweep["cut_share"]),
        quality_seats=in_tens(sweep["quality_seats"]),
        unmet_seats=in_tens(sweep["unmet_seats"]).mask(few_zones),
        rank_shift=sweep["rank_shift"].round(1),
    )
    public = blank(shown, ~told, _SWEPT)[["level", "cut_change", *_SWEPT]]
    reason = f"seats in tens; a cut is left out where fewer than {FEWEST_SCHOOLS} schools lie above it, below it, or between it and the next"
    return public, report_line("public_cut_sweep", int(told.sum()), int((~told).sum()), 0, reason)


def _told_cuts(rows: pd.DataFrame, schools: int) -> list[int]:
    """Rows of one level that may be told: the study's own cut, and others that differ by no or three schools.

    >>> rows = pd.DataFrame({"cut_change": [-0.1, -0.05, 0.0, 0.05, 0.1], "quality_schools": [9.0, 7.0, 6.0, 3.0, 0.0]})
    >>> _told_cuts(rows, 15)
    [0, 2, 3]
    """
    ordered = rows.sort_values("cut_change")
    own = int(np.abs(ordered["cut_change"].to_numpy()).argmin())
    counts = ordered["quality_schools"].tolist()
    found = [own]
    for way in (range(own - 1, -1, -1), range(own + 1, len(ordered))):
        last = counts[own]
        for place in way:
            between, above, below = abs(counts[place] - last), counts[place], schools - counts[place]
            if min(above, below) >= FEWEST_SCHOOLS and (between == 0 or between >= FEWEST_SCHOOLS):
                found.append(place)
                last = counts[place]
    return [int(ordered.index[place]) for place in sorted(found)]


def access_methods(table: pd.DataFrame) -> Published:
    """Access by all methods, as whole percent of the district's mean."""
    public = table[["neighborhood_id", "level", "access_method", "is_poor_access"]].assign(
        relative_access_ratio=table["relative_access_ratio"].round(2)
    )
    columns = ["neighborhood_id", "level", "access_method", "relative_access_ratio", "is_poor_access"]
    line = report_line(
        "public_access_methods",
        int(public["relative_access_ratio"].notna().sum()),
        reason="ratios of seats to children",
    )
    return public[columns], line


def access_groups(table: pd.DataFrame) -> Published:
    """How many of each group live where access is poor: census figures, counts in tens, shares in whole percent."""
    public = table[["level", "measure"]].assign(
        group_count=(table["group_count"] / 10).round() * 10,
        mean_relative_access_ratio=table["mean_relative_access_ratio"].round(2),
        poor_share=table["poor_share"].round(2),
    )
    line = report_line(
        "public_access_groups",
        int(public["poor_share"].notna().sum()),
        reason="census figures of groups, spread by where children live; counts in tens",
    )
    return public, line
