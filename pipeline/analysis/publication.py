"""The published tables: what of the results may be shown, in the form it may be shown in.

Each function takes results that may hold small cells and returns the public table together
with a line for the disclosure report. Everything the public sees passes through here.
"""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.analysis.areas import AREA_LEVELS
from pipeline.analysis.disclosure import as_text, blank, complements, exposed, is_small, told_seats
from pipeline.columns import HIDDEN

BACKTEST = ["method", "horizon_years", "size_class", "cases", "mean_absolute_error_share", "mean_error_change"]
_CHANGE = [
    "children_from",
    "children_from_moe",
    "children_to",
    "children_to_moe",
    "children_change",
    "children_change_moe",
]
GROWTH = ["layer", "area_id", "age_band", "vintage_from", "vintage_to", *_CHANGE, "is_significant", "reliability_class"]
POCKETS = [
    *("pocket_id", "pocket_kind", "pocket_areas", "area_ids", "age_band", "vintage_from", "vintage_to"),
    *("children_from", "children_to", "children_change", "children_change_moe", "reliability_class"),
]
INCOMES = [
    *("layer", "area_id", "vintage", "households", "median_income_usd", "median_income_usd_moe"),
    *("is_bottom_coded", "is_top_coded", "reliability_class"),
]
ACCESS = ["neighborhood_id", "level", "relative_access_ratio", "is_poor_access"]
SITES = [
    *("site_id", "name", "site_status", "condition_class", "surplus_status", "definitions_under", "definitions_known"),
    *("surplus_seats", "surplus_rooms", "reason", "geometry"),
]
NOT_SHOWN = "Not shown: few pupils."
GUARDED_SITES = "sites that few pupils use, or where a school with a hidden count lies"

Published = tuple[pd.DataFrame, dict[str, Any]]


def _line(
    table: str, shown: int, primary: int = 0, complementary: int = 0, reason: str = "no pupil counts"
) -> dict[str, Any]:
    return {
        "public_table": table,
        "shown_cells": float(shown),
        "primary_hidden_cells": float(primary),
        "complementary_hidden_cells": float(complementary),
        "reason": reason,
    }


def as_is(table: str, frame: pd.DataFrame, columns: list[str], reason: str) -> Published:
    """Publish columns as they are; ``reason`` says why they may be shown."""
    return frame[columns], _line(table, int(frame[columns].notna().sum().sum()), reason=reason)


def interpolation(spread: pd.DataFrame, now: str, zone_year: int) -> Published:
    """How much each area's children depend on the way they were carried there, by the finest census areas of now.

    Areas of a study without counts of children have their people instead; those whose census areas lie
    wholly within them are left out.
    """
    current = spread["target_layer"].eq("neighborhood") | spread["target_layer"].str.endswith(f" {zone_year}")
    of_now = spread[current & spread["source_layer"].str.endswith(f" {now}")]
    measure = "children_0_17" if of_now["measure"].eq("children_0_17").any() else "population"
    of_now = of_now[of_now["measure"] == measure]
    # finest first: what the profiles take too
    level = of_now["source_layer"].str.removesuffix(f" {now}").map(AREA_LEVELS.index)
    finest = of_now[level == level.min()]
    # where zone lines follow census lines there is nothing to compare
    finest = finest[finest["methods"] > 0]
    public = finest.rename(columns={"target_layer": "layer", "target_id": "area_id"}).drop(columns="source_layer")
    return as_is("public_interpolation", public, list(public.columns), "census figures, carried in several ways")


def enrollment(groups: pd.DataFrame, smallest: float) -> Published:
    """School enrollment by year, small schools hidden and the next smallest with them.

    ``groups`` holds school x fall_year x student group; only the group "all" is published.
    Cells suppressed by the publisher stay hidden.
    """
    totals = groups[groups["student_group"] == "all"].reset_index(drop=True)
    # of what the publisher hid, only the least it can be is sure to protect the others
    counts = totals["pupils"].fillna(totals["pupils_low"])
    primary = is_small(counts, smallest) | (totals["value_status"] == "suppressed")
    extra = complements(counts, primary, totals["fall_year"], smallest)
    hidden = primary | extra
    open_years = exposed(counts, hidden, totals["fall_year"], smallest)
    public = totals[["school_id", "fall_year"]].assign(
        value_text=as_text(totals["pupils"], hidden),
        value_status=totals["value_status"].mask(hidden, "suppressed"),
    )
    reason = f"counts of 1 to {smallest - 1:.0f} pupils, and the next smallest of the year where a total would give them away"
    if open_years:
        reason += f"; in {open_years} years nothing is left to hide them with"
    return public, _line("public_enrollment", int((~hidden).sum()), int(primary.sum()), int(extra.sum()), reason)


def outlook(totals: pd.DataFrame, public_enrollment: pd.DataFrame, smallest: float) -> Published:
    """Expected pupils by unit and year; hidden where few are expected or the school's own count is hidden."""
    numbers = ["pupils_projected", "pupils_projected_low", "pupils_projected_high"]
    guarded = set(public_enrollment.loc[public_enrollment["value_text"] == HIDDEN, "school_id"])
    few = is_small(totals["pupils_projected"], smallest)
    hidden = few | ((totals["unit_kind"] == "school") & totals["unit_id"].isin(guarded))
    public = blank(totals.assign(value_text=as_text(totals["pupils_projected"], hidden)), hidden, numbers)
    columns = ["unit_kind", "unit_id", "fall_year", "value_text", *numbers, "method"]
    reason = f"fewer than {smallest:.0f} pupils expected, or the school's present count is hidden"
    return public[columns], _line("public_outlook", int((~hidden).sum()), int(hidden.sum()), 0, reason)


def schools(
    directory: pd.DataFrame, quality: pd.DataFrame, public_enrollment: pd.DataFrame, fall_year: int, smallest: float
) -> Published:
    """One row per school: who runs it, its latest enrollment and its quality class, never its raw results."""
    latest = (
        public_enrollment[public_enrollment["fall_year"] <= fall_year]
        .sort_values("fall_year", kind="stable")
        .groupby("school_id")
        .tail(1)
    )
    classes = ["school_id", "quality_class", "is_quality", "path_status"]
    few = is_small(quality["pupils_tested"], smallest)
    rated = quality[classes].assign(
        quality_class=quality["quality_class"].mask(few, "not_rated"),
        is_quality=quality["is_quality"] & ~few,
        path_status=quality["path_status"].mask(few, "not_known"),
    )
    public = directory.merge(latest, on="school_id", how="left", validate="1:1").merge(
        rated, on="school_id", how="left", validate="1:1"
    )
    public = public.assign(
        value_text=public["value_text"].fillna(""),
        value_status=public["value_status"].fillna("not_reported"),
        quality_class=public["quality_class"].fillna("not_rated"),
        is_quality=public["is_quality"].eq(True),
        path_status=public["path_status"].fillna("not_known"),
    )
    columns = [
        *("school_id", "name", "sector", "school_status", "grade_low", "grade_high", "is_virtual", "location_status"),
        *("fall_year", "value_text", "value_status", "quality_class", "is_quality", "path_status", "geometry"),
    ]
    hidden = int((public["value_text"] == HIDDEN).sum())
    reason = f"as public_enrollment; classes resting on fewer than {smallest:.0f} tested pupils are not shown"
    return public[columns], _line("public_schools", len(public) - hidden, hidden + int(few.sum()), 0, reason)


def zones(shapes: pd.DataFrame, gap: pd.DataFrame, fall_year: int, smallest: float) -> Published:
    """The zones in force with their service gap; small resident counts hide every number of the zone.

    Seats of citywide schools are counted where their pupils live. Where fewer than ``smallest`` of
    these live in a zone, the zone's own seats are published without them; all seats are cut down
    to tens, and the gap is computed from what is published.
    """
    seats = told_seats(gap, smallest)
    short = gap["resident_pupils"] - seats
    gap = gap.assign(
        quality_seats=seats,
        service_level_ratio=(seats / gap["resident_pupils"].where(gap["resident_pupils"] > 0)).round(2),
        service_gap_seats=short,
        unmet_seats=short.clip(lower=0),
        service_gap_rank=short.groupby(gap["level"]).rank(method="min", ascending=False),
    )
    numbers = ["resident_pupils", "quality_seats", "service_level_ratio", "service_gap_seats", "unmet_seats"]
    primary = is_small(gap["resident_pupils"], smallest)
    extra = complements(gap["resident_pupils"], primary, gap["level"], smallest)
    safe = blank(gap, primary | extra, [*numbers, "service_gap_rank"]).drop(columns="is_approximate")
    public = shapes[shapes["fall_year"] == fall_year].merge(safe, on=["level", "zone_id"], how="left", validate="1:1")
    public["method"] = public["method"].fillna("not computed")
    columns = [
        *("level", "fall_year", "zone_id", "name", "is_approximate", *numbers),
        *("service_gap_rank", "method", "geometry"),
    ]
    reason = f"zones with 1 to {smallest - 1:.0f} resident pupils, and the next smallest of the level; seats in tens, "
    reason += "without those of citywide schools where few of their pupils live"
    return public[columns], _line(
        "public_zones", int((~(primary | extra)).sum()), int(primary.sum()), int(extra.sum()), reason
    )


def neighborhoods(shapes: pd.DataFrame, need: pd.DataFrame, profile: pd.DataFrame, vintage: str) -> Published:
    """Neighborhoods with their need index and children; census figures are protected by the Census Bureau."""
    children = profile.loc[profile["vintage"] == vintage, ["neighborhood_id", "children_0_17", "children_0_17_moe"]]
    public = shapes.merge(need, on="neighborhood_id", how="left", validate="1:1").merge(
        children, on="neighborhood_id", how="left", validate="1:1"
    )
    public = public.assign(
        vintage=public["vintage"].fillna(vintage),
        need_class=public["need_class"].fillna("not_ranked"),
        hot_spot_class=public["hot_spot_class"].fillna("too_few_to_test"),
        reliability_class=public["reliability_class"].fillna("not_known"),
    )
    columns = [
        *(
            "neighborhood_id",
            "name",
            "is_approximate",
            "vintage",
            "need_index",
            "need_rank",
            "need_rank_low",
            "need_rank_high",
        ),
        *(
            "high_need_probability_share",
            "need_class",
            "hot_spot_class",
            "reliability_class",
            "children_0_17",
            "children_0_17_moe",
            "geometry",
        ),
    ]
    return public[columns], _line(
        "public_neighborhoods", int(public["need_index"].notna().sum()), reason="census figures, already protected"
    )


def contributions(parts: pd.DataFrame) -> Published:
    """What makes each neighborhood's index; shares of pupils are shown in steps of five points, without a margin."""
    of_pupils = parts["indicator"] == "below_standard"
    in_steps = (parts["indicator_share"] * 20).round() / 20
    shown = parts.assign(
        indicator_share=parts["indicator_share"].mask(of_pupils, in_steps),
        indicator_share_moe=parts["indicator_share_moe"].mask(of_pupils),
    )
    return shown, _line(
        "public_contributions",
        int(shown["indicator_share"].notna().sum()),
        reason="shares of areas; shares of pupils in steps of five points",
    )


def guarded_sites(
    use: pd.DataFrame, school_sites: pd.DataFrame, public_enrollment: pd.DataFrame, fall_year: int, smallest: float
) -> set[str]:
    """Sites whose fullness would give away a hidden count.

    Those that few pupils use, and those where a school whose enrollment is hidden lies: capacity
    times utilization is the number of pupils at the site.
    """
    now = public_enrollment[public_enrollment["fall_year"] == fall_year]
    hidden = set(now.loc[now["value_text"] == HIDDEN, "school_id"])
    few = use.loc[is_small(use["pupils"], smallest), "site_id"]
    return {*few, *school_sites.loc[school_sites["school_id"].isin(hidden), "site_id"]}


def sites(shapes: pd.DataFrame, surplus: pd.DataFrame, guarded: set[str]) -> Published:
    """Sites with their room for others; one nothing was found about says so.

    At ``guarded`` sites the seats and the reason, which names how full they are, are not shown.
    """
    joined = shapes.merge(surplus, on="site_id", how="left", validate="1:1")
    hidden = joined["site_id"].isin(guarded)
    table = blank(joined, hidden, ["surplus_seats", "surplus_rooms"]).assign(
        surplus_status=joined["surplus_status"].fillna("not_known"),
        definitions_under=joined["definitions_under"].fillna(0.0),
        definitions_known=joined["definitions_known"].fillna(0.0),
        reason=joined["reason"].mask(hidden, NOT_SHOWN).fillna("No capacity is known for this site."),
    )
    return table[SITES], _line("public_sites", int((~hidden).sum()), int(hidden.sum()), 0, GUARDED_SITES)


def utilization(table: pd.DataFrame, guarded: set[str]) -> Published:
    """Utilization by site and year; at ``guarded`` sites no number of it is shown."""
    hidden = table["site_id"].isin(guarded)
    numbers = ["utilization_ratio", "utilization_low_ratio", "utilization_high_ratio", "surplus_seats"]
    public = blank(table, hidden, numbers)
    columns = ["site_id", "capacity_definition", "fall_year", "capacity_seats", *numbers]
    return public[columns], _line("public_utilization", int((~hidden).sum()), int(hidden.sum()), 0, GUARDED_SITES)


def recommendations(table: pd.DataFrame, guarded: set[str]) -> Published:
    """Recommendations; the evidence for a ``guarded`` site is not shown."""
    hidden = (table["subject_kind"] == "site") & table["subject_id"].isin(guarded)
    shown = table.assign(evidence=table["evidence"].mask(hidden, NOT_SHOWN))
    return shown, _line("public_recommendations", int((~hidden).sum()), int(hidden.sum()), 0, GUARDED_SITES)


def matches(table: pd.DataFrame, guarded: set[str], smallest: float) -> Published:
    """Co-location matches; small schools show no number, and reasons never tell how full a ``guarded`` site is."""
    few = is_small(table["needed_seats"], smallest)
    quiet = few | table["site_id"].isin(guarded)
    public = blank(table, few, ["needed_seats"]).assign(reason=table["reason"].mask(quiet, NOT_SHOWN))
    columns = ["school_id", "match_status", "site_id", "matched_school_id", "needed_seats", "travel_m", "reason"]
    reason = f"schools with 1 to {smallest - 1:.0f} pupils, and {GUARDED_SITES}"
    return public[columns], _line("public_matches", int((~quiet).sum()), int(quiet.sum()), 0, reason)


def siting(table: pd.DataFrame, guarded: set[str], smallest: float) -> Published:
    """Siting options; small covered demand is not shown, nor that of a ``guarded`` site, which its free seats cap."""
    quiet = is_small(table["covered_seats"], smallest) | table["site_id"].isin(guarded)
    public = blank(table, quiet, ["covered_seats"]).assign(reason=table["reason"].mask(quiet, NOT_SHOWN))
    reason = f"1 to {smallest - 1:.0f} pupils covered, and {GUARDED_SITES}"
    return public, _line("public_siting", int((~quiet).sum()), int(quiet.sum()), 0, reason)


def missing(ledgers: dict[str, pd.DataFrame]) -> Published:
    """What the study has not got and where it can be had, and what must be known of its boundaries.

    Other ledger lines stay inside: their texts may name small counts.
    """
    lines = pd.concat(
        [lines.assign(stage=name.removeprefix("ledger_")) for name, lines in ledgers.items()], ignore_index=True
    )
    told = lines[(lines["entry"] == "missing_input") | ((lines["entry"] == "note") & (lines["stage"] == "boundaries"))]
    public = told[["stage", "entry", "subject_name", "reason"]].assign(line=range(1, len(told) + 1))
    return public, _line("public_missing", len(public), reason="names of inputs and boundaries, no pupil counts")


def report(lines: list[dict[str, Any]]) -> pd.DataFrame:
    """The disclosure report: cells shown and hidden by published table; no hidden value in it."""
    return pd.DataFrame(lines)


def hidden_cells(disclosure: pd.DataFrame) -> list[tuple[str, float]]:
    """Hidden cells by published table, where there are any."""
    cells = disclosure["primary_hidden_cells"] + disclosure["complementary_hidden_cells"]
    return [(table, float(count)) for table, count in zip(disclosure["public_table"], cells, strict=True) if count]
