"""The published tables: what of the results may be shown, in the form it may be shown in.

Each function takes results that may hold small cells and returns the public table together
with a line for the disclosure report. Everything the public sees passes through here.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd

from pipeline.analysis import releases
from pipeline.analysis.disclosure import Published, as_text, blank, complements, exposed, in_tens, is_small
from pipeline.analysis.disclosure import report_line as _line
from pipeline.analysis.publication_gap import GAP_NUMBERS, Hidden, hidden_before, told_gap
from pipeline.analysis.publication_quality import told_quality
from pipeline.analysis.recommendations import NUMBERS
from pipeline.columns import AREA_LEVELS, HIDDEN
from pipeline.numerals import number

INCOMES = [
    *(
        "layer",
        "area_id",
        "name",
        "vintage",
        "dollars_year",
        "households",
        "median_income_usd",
        "median_income_usd_moe",
    ),
    *("is_bottom_coded", "is_top_coded", "reliability_class"),
]
CAPACITY = ["site_id", "capacity_definition", "capacity_seats", "rooms_counted", "capacity_status", "capacity_source"]
ACCESS = ["neighborhood_id", "level", "relative_access_ratio", "is_poor_access"]
SITES = [
    *("site_id", "name", "site_status", "condition_class", "surplus_status", "definitions_under", "definitions_known"),
    *("surplus_seats", "surplus_rooms", "reason", "geometry"),
]
NOT_SHOWN = "Not shown: few pupils."
GUARDED_SITES = "sites that few pupils use, or where a school with a hidden count lies"


def as_is(table: str, frame: pd.DataFrame, columns: list[str], reason: str) -> Published:
    """Publish columns as they are; ``reason`` says why they may be shown."""
    return frame[columns], _line(table, int(frame[columns].notna().sum().sum()), reason=reason)


def incomes(medians: pd.DataFrame) -> Published:
    """Median incomes as round as they are known: dollars to the nearest 100, margins up to the next, whole households."""
    shown = medians.assign(
        households=medians["households"].round(),
        median_income_usd=100 * (medians["median_income_usd"] / 100).round(),
        median_income_usd_moe=100 * np.ceil(medians["median_income_usd_moe"] / 100),
    )
    return as_is("public_incomes", shown, INCOMES, "census figures, already protected by the Census Bureau")


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


def enrollment(groups: pd.DataFrame, smallest: float, before: Hidden = frozenset()) -> Published:
    """School enrollment by year, small schools hidden and the next smallest with them.

    ``groups`` holds school x fall_year x student group; only the group "all" is published.
    Cells suppressed by the publisher stay hidden, and so do those that a release has hidden
    (``before``, from `releases.hidden_then`): shown now, they would give away what else it hid.
    """
    totals = groups[groups["student_group"] == "all"].reset_index(drop=True)
    # of what the publisher hid, only the least it can be is sure to protect the others
    counts = totals["pupils"].fillna(totals["pupils_low"])
    primary = is_small(counts, smallest) | (totals["value_status"] == "suppressed")
    primary |= hidden_before("all", totals["school_id"], totals["fall_year"], before)
    extra = complements(counts, primary, totals["fall_year"], smallest)
    hidden = primary | extra
    open_years = exposed(counts, hidden, totals["fall_year"], smallest)
    public = totals[["school_id", "fall_year"]].assign(
        value_text=as_text(totals["pupils"], hidden),
        value_status=totals["value_status"].mask(hidden, "suppressed"),
    )
    reason = f"counts of 1 to {number(smallest - 1)} pupils, and the next smallest of the year where a total would give them away"
    if open_years:
        reason += f"; in {open_years} years nothing is left to hide them with"
    return public, _line("public_enrollment", int((~hidden).sum()), int(primary.sum()), int(extra.sum()), reason)


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
    rated, few = told_quality(quality, smallest)
    public = directory.merge(latest, on="school_id", how="left", validate="1:1").merge(
        rated, on="school_id", how="left", validate="1:1"
    )
    public = public.assign(
        value_text=public["value_text"].fillna(""),
        value_status=public["value_status"].fillna("not_reported"),
        quality_class=public["quality_class"].fillna("not_rated"),
        is_quality=public["is_quality"].eq(True),
        growth_class=public["growth_class"].fillna("not_known"),
        path_status=public["path_status"].fillna("not_known"),
    )
    columns = [
        *("school_id", "name", "sector", "school_status", "grade_low", "grade_high", "is_virtual", "location_status"),
        *("fall_year", "value_text", "value_status", "quality_class", "class_probability_share", "is_quality"),
        *("growth_class", "path_status", "geometry"),
    ]
    hidden = int((public["value_text"] == HIDDEN).sum())
    reason = f"as public_enrollment; classes resting on fewer than {number(smallest)} tested pupils are not shown; "
    reason += "their chances in tenths, where enough pupils both met and missed the standard"
    return public[columns], _line("public_schools", len(public) - hidden, hidden + int(few.sum()), 0, reason)


def zones(
    shapes: pd.DataFrame,
    gap: pd.DataFrame,
    fall_year: int,
    smallest: float,
    pupils_fall: int = 0,
    before: Hidden = frozenset(),
) -> Published:
    """The zones in force (of ``fall_year``) with their service gap in ``pupils_fall``, as `told_gap` has it."""
    told, primary, extra = told_gap(gap, smallest, pupils_fall, before)
    safe = told.rename(columns={"is_approximate": "is_counted_so"})
    public = shapes[shapes["fall_year"] == fall_year].merge(safe, on=["level", "zone_id"], how="left", validate="1:1")
    public["method"] = public["method"].fillna("not computed")
    public["is_approximate"] |= public["is_counted_so"].eq(True)
    columns = [
        *("level", "fall_year", "zone_id", "name", "is_approximate", *GAP_NUMBERS),
        *("service_gap_rank", "method", "geometry"),
    ]
    reason = (
        f"zones with 1 to {number(smallest - 1)} resident pupils, and the next smallest of the level; seats in tens, "
    )
    reason += "without those of citywide schools where few of their pupils live"
    return public[columns], _line(
        "public_zones", int((~(primary | extra)).sum()), int(primary.sum()), int(extra.sum()), reason
    )


def guarded_sites(
    use: pd.DataFrame, school_sites: pd.DataFrame, public_enrollment: pd.DataFrame, fall_year: int, smallest: float
) -> set[str]:
    """Sites whose fullness would give away a hidden count.

    Those that few pupils use, and those where a school whose enrollment is hidden lies: capacity
    times utilization is the number of pupils at the site. A school's latest fall up to the study's counts: its pupils
    are taken for today's.
    """
    latest = public_enrollment[public_enrollment["fall_year"] <= fall_year].sort_values("fall_year", kind="stable")
    latest = latest.drop_duplicates("school_id", keep="last")
    hidden = set(latest.loc[latest["value_text"] == HIDDEN, "school_id"])
    few = use.loc[is_small(use["pupils"], smallest), "site_id"]
    return {*few, *school_sites.loc[school_sites["school_id"].isin(hidden), "site_id"]}


def few_in_a_grade(enrollment: pd.DataFrame, school_sites: pd.DataFrame, fall_year: int, smallest: float) -> set[str]:
    """Sites where a school has a grade of few pupils: seats by grade, told exactly, would tell how many.

    >>> counts = pd.DataFrame({"school_id": ["a", "a", "b"], "fall_year": 2024, "student_group": "all", "pupils": [190.0, 7.0, 90.0]})
    >>> few_in_a_grade(counts, pd.DataFrame({"school_id": ["a", "b"], "site_id": ["1", "2"]}), 2024, 11.0)
    {'1'}
    """
    rows = enrollment[(enrollment["student_group"] == "all") & (enrollment["fall_year"] <= fall_year)]
    latest = rows[rows["fall_year"] == rows.groupby("school_id")["fall_year"].transform("max")]
    few = latest.loc[is_small(latest["pupils"], smallest) | latest["pupils"].isna(), "school_id"]
    return set(school_sites.loc[school_sites["school_id"].isin(few), "site_id"])


def _told_capacity(table: pd.DataFrame, guarded: set[str], coarse: set[str]) -> pd.DataFrame:
    """Whole seats and rooms; seats by rule in tens where a grade has few pupils, none at ``guarded`` sites.

    Rules seat each grade by a number of its own, so that exact seats are a share of the grades.
    """
    by_rule = table["capacity_definition"] != "given"
    seats = np.floor(table["capacity_seats"].round(6))
    seats = seats.mask(by_rule & table["site_id"].isin(coarse), in_tens(seats))
    shown = table.assign(capacity_seats=seats)
    if "rooms_counted" in shown:
        shown = shown.assign(rooms_counted=np.floor(shown["rooms_counted"].round(6)))
    hidden = by_rule & table["site_id"].isin(guarded)
    return blank(shown, hidden, [c for c in ("capacity_seats", "rooms_counted") if c in shown])


def capacity(table: pd.DataFrame, guarded: set[str], coarse: set[str]) -> Published:
    """Capacity of each site by every definition, as round as it tells nothing of a few pupils' grades."""
    shown = _told_capacity(table, guarded, coarse)
    hidden = table["capacity_seats"].notna() & shown["capacity_seats"].isna()
    reason = f"{GUARDED_SITES}: no seats by rule; seats by rule in tens where a grade has few pupils"
    return shown[CAPACITY], _line("public_capacity", int((~hidden).sum()), int(hidden.sum()), 0, reason)


def told_seats_of_sites(seats: pd.Series, site_ids: pd.Series, coarse: set[str]) -> pd.Series:
    """Free seats of sites, in tens at ``coarse`` ones (`few_in_a_grade`): with the pupils there they tell the seats by rule."""
    return seats.mask(site_ids.isin(coarse), in_tens(seats))


def sites(shapes: pd.DataFrame, surplus: pd.DataFrame, guarded: set[str], coarse: set[str]) -> Published:
    """Sites with their room for others; one nothing was found about says so.

    At ``guarded`` sites the seats and the reason, which names how full they are, are not shown.
    """
    joined = shapes.merge(surplus, on="site_id", how="left", validate="1:1")
    hidden = joined["site_id"].isin(guarded)
    joined["surplus_seats"] = told_seats_of_sites(joined["surplus_seats"], joined["site_id"], coarse)
    table = blank(joined, hidden, ["surplus_seats", "surplus_rooms"]).assign(
        surplus_status=joined["surplus_status"].fillna("not_known"),
        definitions_under=joined["definitions_under"].fillna(0.0).mask(hidden),
        definitions_known=joined["definitions_known"].fillna(0.0),
        reason=joined["reason"].mask(hidden, NOT_SHOWN).fillna("No capacity is known for this site."),
    )
    return table[SITES], _line("public_sites", int((~hidden).sum()), int(hidden.sum()), 0, GUARDED_SITES)


def utilization(table: pd.DataFrame, guarded: set[str], coarse: set[str]) -> Published:
    """Utilization by site and year; at ``guarded`` sites no number of it is shown.

    Ratios are whole percents, rooms cut down to tenths, and free seats to whole ones: at ``coarse`` sites to tens.
    """
    hidden = table["site_id"].isin(guarded)
    ratios = ["utilization_ratio", "utilization_low_ratio", "utilization_high_ratio"]
    rooms = ["surplus_rooms", "surplus_rooms_low", "surplus_rooms_high"]
    numbers = [*ratios, "surplus_seats", *rooms]
    seats = np.floor(table["surplus_seats"].round(6))
    told = _told_capacity(table, guarded, coarse).assign(
        **{c: table[c].round(2) for c in ratios},
        **{c: np.floor((10 * table[c]).round(6)) / 10 for c in rooms},
        surplus_seats=told_seats_of_sites(seats, table["site_id"], coarse),
    )
    public = blank(told, hidden, numbers)
    columns = ["site_id", "capacity_definition", "fall_year", "capacity_seats", *numbers]
    return public[columns], _line("public_utilization", int((~hidden).sum()), int(hidden.sum()), 0, GUARDED_SITES)


def recommendations(table: pd.DataFrame, guarded: set[str], quiet: set[str], zones: pd.DataFrame) -> Published:
    """Recommendations; evidence for and against a ``guarded`` site, or a school whose match is told without reason, is not shown.

    Nor are the numbers that the rule rests on. What is said of a school's results has no number of its match.
    Of a zone whose numbers ``zones`` (the table ``public_zones``) hides nothing is said.
    """
    dark = zones.loc[zones["resident_pupils"].isna(), ["level", "zone_id"]]
    of_dark = table["subject_kind"].eq("zone") & table["subject_id"].isin(dark["level"] + " " + dark["zone_id"])
    left_out, table = int(of_dark.sum()), table[~of_dark].reset_index(drop=True)
    of_rooms = table["rule_id"].eq("F-02")
    hidden = (table["subject_kind"] == "site") & table["subject_id"].isin(guarded)
    hidden |= of_rooms & table["subject_id"].isin(quiet)
    shown = blank(table, hidden, NUMBERS).assign(
        **{column: table[column].mask(hidden, NOT_SHOWN) for column in ("evidence", "counter_evidence")}
    )
    return shown, _line(
        "public_recommendations",
        int((~hidden).sum()),
        int(hidden.sum()) + left_out,
        0,
        f"{GUARDED_SITES}; hidden zones",
    )


def changes(told: dict[str, pd.DataFrame], before: pd.DataFrame, *, fall_year: int, district_id: str) -> Published:
    """What changed since the last release, by what both have published."""
    table = releases.changes(before, releases.facts(told, fall_year=fall_year, district_id=district_id))
    reason = "numbers of two releases that are published in both"
    return table, _line("public_changes", len(table), reason=reason)


def siting(table: pd.DataFrame, guarded: set[str], smallest: float) -> Published:
    """Siting options; small covered demand is not shown, nor that of a ``guarded`` site, which its free seats cap."""
    quiet = is_small(table["covered_seats"], smallest) | table["site_id"].isin(guarded)
    public = blank(table, quiet, ["covered_seats"]).assign(reason=table["reason"].mask(quiet, NOT_SHOWN))
    reason = f"1 to {number(smallest - 1)} pupils covered, and {GUARDED_SITES}"
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
