"""Rule Z-01: the zones of each level that lack the most quality seats, however these are counted."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.recommendations import Advice, Names, least_sure, sentences, span
from pipeline.analysis.sweep import sure_by_cut
from pipeline.columns import PER_CHILD
from pipeline.numerals import listed, number, points_apart

KEY = ["level", "zone_id"]
# What a count other than the study's does, within a sentence.
OTHERWISE = {
    "contained": "with every school's seats in the zone it lies in",
    "citywide_out": "without seats of citywide schools",
    "by_access": "with seats shared by all children who reach them",
}
AHEAD = "in_five_years"
MOST = 3  # zones of each level


def largest_gaps(
    gap: pd.DataFrame,
    told: pd.DataFrame,
    variants: pd.DataFrame,
    sweep: pd.DataFrame,
    names: Names,
    *,
    seats: float,
    age: str = "",
) -> list[Advice]:
    """Rule Z-01: the three largest gaps of each level, from ``seats`` missing seats on.

    Every number is one that is published (seats in tens); a zone whose numbers are hidden is not
    spoken of, nor is one drawn by the nearest school. The interval runs over today's ways to count
    seats. High is said where every way leaves at least ``seats`` missing; where the zone's own
    residents could be so few that none would be, reliability is low. It is medium at most where a
    lower quality cut leaves less than half of the level's missing seats, or cannot be told.

    Parameters
    ----------
    gap
        The table ``service_gap``, for how sure its residents are.
    told
        `publication.told_gap`: the gap as it is published.
    variants, sweep
        The tables ``public_gap_variants`` and ``public_cut_sweep``.
    names
        By level and zone.
    age
        That the survey is old (`recommendations.survey_age`): said where residents are estimated from its children.
    """
    least = gap["resident_pupils_low"].fillna(gap["resident_pupils"]) - gap["quality_seats"]
    sure = gap[[*KEY, "reliability_class"]].assign(is_short=least >= seats)
    rows = told.merge(sure, on=KEY, how="left", validate="1:1")
    rows = rows[(rows["unmet_seats"] >= seats) & (rows["service_gap_rank"] <= MOST) & ~rows["is_approximate"]]
    zones = told[told["service_gap_rank"].notna()].groupby("level").size()
    return [
        _advice(
            r,
            variants[(variants["level"] == r.level) & (variants["zone_id"] == r.zone_id)],
            _moved(sweep, str(r.level)),
            sure_by_cut(sweep, str(r.level)),
            age if PER_CHILD in r.method else "",
            names,
            zones=int(zones[r.level]),
            seats=seats,
        )
        for r in rows.sort_values(["level", "service_gap_rank", "zone_id"]).itertuples()
    ]


def _advice(
    r: object, counted: pd.DataFrame, moved: str, by_cut: str, age: str, names: Names, *, zones: int, seats: float
) -> Advice:
    level, zone_id = str(getattr(r, "level", "")), str(getattr(r, "zone_id", ""))
    unmet, rank = float(getattr(r, "unmet_seats", 0)), float(getattr(r, "service_gap_rank", 0))
    missing = {each.variant: float(each.unmet_seats) for each in counted.itertuples() if each.unmet_seats >= 0}
    today = [missing[way] for way in OTHERWISE if way in missing]
    low, high = min([unmet, *today]), max([unmet, *today])
    reliability = least_sure(
        str(getattr(r, "reliability_class", "not_known")),
        "high" if today and low >= seats else "medium",
        "high" if getattr(r, "is_short", False) else "low",
        by_cut,
    )
    named = names.get((level, zone_id), zone_id)
    ways = f"; by {len(today) + 1} ways of counting {span(low, high)}" if today else ""
    return Advice(
        "Z-01",
        "zone",
        f"{level} {zone_id}",
        f"Add quality {_adjective(level)} seats for the zone {named}: {number(unmet)} more resident pupils than quality seats in it.",
        "unmet_seats",
        unmet,
        low,
        high,
        seats,
        f"{number(getattr(r, 'resident_pupils', 0))} resident pupils, {number(getattr(r, 'quality_seats', 0))} quality seats (in tens): "
        f"{number(unmet)} missing{ways} (at least {number(seats)} are asked); rank {number(rank)} of {number(zones)} in {level} school.",
        reliability,
        sentences(age, _otherwise(missing, unmet), moved, "Pupils may attend quality schools outside their zone."),
    )


def _adjective(level: str) -> str:
    return level if level == "elementary" else f"{level}-school"


def _otherwise(missing: dict[str, float], unmet: float) -> str:
    """Which counts make less of it, and what is to be expected in five years."""
    less = [
        f"{number(missing[way])} {words}"
        for way, words in OTHERWISE.items()
        if round(missing.get(way, unmet)) < round(unmet)
    ]
    ahead = (
        f"In five years {number(missing[AHEAD])} would be missing, by the pupils to expect."
        if AHEAD in missing and number(missing[AHEAD]) != number(unmet)
        else ""
    )
    return sentences(f"Fewer are missing if counted otherwise: {listed(less)}." if less else "", ahead)


def _moved(sweep: pd.DataFrame, level: str) -> str:
    """What the level's missing seats become where the quality cut is moved to the nearest cut told below the study's."""
    rows = sweep[(sweep["level"] == level) & sweep["unmet_seats"].notna()]
    own, lower = rows[rows["cut_change"] == 0], rows[rows["cut_change"] < 0].sort_values("cut_change")
    if own.empty or lower.empty:
        return "A lower quality cut would leave fewer missing; by how many cannot be told without telling of single schools."
    nearest = lower.iloc[-1]
    return (
        f"With the quality cut {points_apart(nearest['cut_change'])}, all {level} zones together would lack "
        f"{number(nearest['unmet_seats'])} seats instead of {number(own['unmet_seats'].iloc[0])}."
    )
