"""Recommendations: rules that print their numbers, their reliability and what speaks against them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import pandas as pd

from pipeline.analysis.disclosure import told_seats
from pipeline.columns import LEVELS

COLUMNS = [
    "recommendation_id",
    "rule_id",
    "subject_kind",
    "subject_id",
    "statement",
    "evidence",
    "reliability_class",
    "counter_evidence",
]
Row = dict[str, str]
Names = dict[Any, str]


def high_need_poor_access(need: pd.DataFrame, access: pd.DataFrame, names: Names, *, poor_ratio: float) -> list[Row]:
    """Rule N-01: bring quality seats to a neighborhood of high need with poor access to them.

    Said only of neighborhoods whose need class is "high": the draws agree.
    Neighborhoods whose indicators are unreliable are left out, and so are levels whose access
    could not be computed. Access is poor below ``poor_ratio`` of the district's mean.
    """
    known = access[access["is_poor_access"] & access["relative_access_ratio"].notna()]
    poor = known.groupby("neighborhood_id")["level"].agg(lambda levels: _and(sorted(levels, key=LEVELS.index)))
    chosen = need[
        (need["need_class"] == "high") & (need["reliability_class"] != "low") & need["neighborhood_id"].isin(poor.index)
    ]
    return [
        _row(
            "N-01",
            "neighborhood",
            r.neighborhood_id,
            f"Bring quality seats within reach of {names.get(r.neighborhood_id, r.neighborhood_id)}: need is high and access to "
            f"quality seats is poor in {poor[r.neighborhood_id]} school.",
            f"Need rank {r.need_rank:.0f} ({r.need_rank_low:.0f} to {r.need_rank_high:.0f}); among the neediest in "
            f"{r.high_need_probability_share:.0%} of all draws; access below {poor_ratio:.0%} of the district's mean.",
            r.reliability_class,
            "Access counts distance and seats, not programs or safety on the way; the rank rests on the study's weights.",
        )
        for r in chosen.sort_values("need_rank").itertuples()
    ]


def largest_gaps(gap: pd.DataFrame, names: Names, *, seats: float, most: int, smallest: float) -> list[Row]:
    """Rule Z-01: the zones with the largest service gap of each level, from ``seats`` unmet seats on.

    Approximate zones (drawn by nearest school) never give rise to a recommendation. Seats are
    told in tens, as they are published.
    """
    told = told_seats(gap, smallest)
    gap = gap.assign(quality_seats=told, unmet_seats=(gap["resident_pupils"] - told).clip(lower=0))
    chosen = gap[(gap["unmet_seats"] >= seats) & (gap["service_gap_rank"] <= most) & ~gap["is_approximate"]]
    return [
        _row(
            "Z-01",
            "zone",
            f"{r.level} {r.zone_id}",
            f"Add quality {r.level} seats for {names.get((r.level, r.zone_id), r.zone_id)}: {r.unmet_seats:,.0f} more resident "
            f"pupils than quality seats in the zone.",
            f"{r.resident_pupils:,.0f} resident pupils, {r.quality_seats:,.0f} quality seats (in tens); rank "
            f"{r.service_gap_rank:.0f} of the gaps in {r.level} school.",
            "medium",
            "Pupils may attend quality schools outside their zone; the gap moves with the quality cut.",
        )
        for r in chosen.sort_values(["level", "service_gap_rank", "zone_id"]).itertuples()
    ]


def growing_pockets(pockets: pd.DataFrame, names: Names) -> list[Row]:
    """Rules G-01 and G-02: plan seats where children grow in number; expect rooms where they fall."""
    rows = []
    for r in pockets[pockets["reliability_class"] != "low"].sort_values("pocket_id").itertuples():
        growing = r.pocket_kind == "growing"
        areas = [names.get(area, area) for area in r.area_ids.split(" ")]
        where = _and(areas)
        rows.append(
            _row(
                "G-01" if growing else "G-02",
                "neighborhood",
                r.area_ids.split(" ")[0],
                f"{'Plan seats' if growing else 'Expect free rooms'} in {where}, unless schools have been opened or closed for it: {r.children_change:+,.0f} children aged "
                f"{r.age_band}.",
                f"{r.children_from:,.0f} in {r.vintage_from}, {r.children_to:,.0f} in {r.vintage_to}; margin of the change "
                f"±{r.children_change_moe:,.0f} (90%); beyond chance, after correcting for the number of comparisons",
                r.reliability_class,
                "A change between survey periods, not a forecast: schools opened since and projects built or dropped alter it. The outlook of "
                "a zone follows the district's cohorts and cannot tell it.",
            )
        )
    return rows


def growth_and_need(crossed: pd.DataFrame, names: Names) -> list[Row]:
    """Rule G-03: plan good seats where children grow in number and need is high.

    Neighborhoods of table ``growth_need`` where both are high; those whose change is unreliable are left out.
    """
    both = crossed[(crossed["cross_class"] == "both_high") & (crossed["reliability_class"] != "low")]
    return [
        _row(
            "G-03",
            "neighborhood",
            r.neighborhood_id,
            f"Plan quality seats in {names.get(r.neighborhood_id, r.neighborhood_id)}: need is high and the number of "
            f"children grows, by {r.children_change:,.0f} aged {r.age_band}.",
            f"Need rank {r.need_rank:.0f}, high in nearly all draws; margin of the change "
            f"±{r.children_change_moe:,.0f} (90%), from {r.vintage_from} to {r.vintage_to}",
            r.reliability_class,
            "A change between survey periods, not a forecast; the rank rests on the study's weights.",
        )
        for r in both.sort_values(["need_rank", "neighborhood_id"]).itertuples()
    ]


def offered_sites(inventory: pd.DataFrame, names: Names) -> list[Row]:
    """Rule F-01: consider underutilized and surplus sites for the request for proposals; as sure as the inventory is of their room."""
    return [
        _row(
            "F-01",
            "site",
            r.site_id,
            f"Consider {names.get(r.site_id, r.site_id)} for the request for proposals: it has room.",
            r.reason,
            r.confidence_class,
            _against_offering(str(r.surplus_case), str(r.confidence_rule), str(r.constraint_notes)),
        )
        for r in inventory[inventory["rfp_status"] == "listed"].sort_values("site_id").itertuples()
    ]


def _against_offering(case: str, doubt: str, constraints: str) -> str:
    """What speaks against offering a site: of an empty one not the plans of a host, for it has none."""
    lacking = (
        "What it costs to open the building again, and other plans for it, are not in the data."
        if case == "empty_site"
        else "Programs that need more room than the loading allows, and plans of the host school, are not in the data."
    )
    way = f" In the way: {constraints}." if constraints else ""
    return f"How sure is said of the count, not of the building ({doubt}).{way} {lacking}"


def co_locations(matches: pd.DataFrame, sites: Names, schools: Names) -> list[Row]:
    """Rule F-02: talk about sharing a site where a school and a site were matched."""
    return [
        _row(
            "F-02",
            "school",
            r.school_id,
            f"Offer {schools.get(r.school_id, r.school_id)} space at {sites.get(r.site_id, r.site_id)}.",
            r.reason,
            "medium",
            "The match counts rooms and weighs distance, grades, load and move; shared spaces, schedules and consent are still to be settled.",
        )
        for r in matches[matches["match_status"] == "matched"].sort_values("school_id").itertuples()
    ]


def _and(words: list[str]) -> str:
    return words[0] if len(words) == 1 else f"{', '.join(words[:-1])} and {words[-1]}"


def _row(rule: str, kind: str, subject: str, statement: str, evidence: str, reliability: str, counter: str) -> Row:
    values = (f"{rule} {subject}", rule, kind, subject, statement, evidence, reliability, counter)
    return dict(zip(COLUMNS, values, strict=True))


def table(*rules: Iterable[Row]) -> pd.DataFrame:
    """The recommendations of all rules as one table, one row each."""
    frame = pd.DataFrame([row for rule in rules for row in rule], columns=COLUMNS).astype("str")
    again = frame.groupby("recommendation_id").cumcount()
    frame["recommendation_id"] = frame["recommendation_id"].where(
        again == 0, frame["recommendation_id"] + " " + (again + 1).astype("str")
    )
    return frame


def names_by_id(frame: pd.DataFrame, *ids: str) -> Names:
    """Names by id (or tuple of ids); rows without a name keep their id.

    Examples
    --------
    >>> names_by_id(pd.DataFrame({"site_id": ["7"], "name": ["Mill Street"]}), "site_id")
    {'7': 'Mill Street'}
    """
    keys = (
        frame[ids[0]]
        if len(ids) == 1
        else pd.Series(list(zip(*(frame[i] for i in ids), strict=True)), index=frame.index)
    )
    names = frame["name"].where(frame["name"].notna(), frame[ids[-1]])
    return dict(zip(keys, names, strict=True))


def count_by_rule(recommendations: pd.DataFrame) -> list[tuple[str, int]]:
    """How many recommendations each rule gave, by rule."""
    counts = recommendations["rule_id"].value_counts().sort_index()
    return [(str(rule), int(number)) for rule, number in counts.items()]
