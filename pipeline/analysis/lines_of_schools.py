"""Lines to quote of schools and children: seats missing, access, pupils in quality seats, growth."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.quotes import Line
from pipeline.analysis.recommendations import least_sure
from pipeline.analysis.sweep import sure_by_cut
from pipeline.columns import LEVELS, PER_CHILD
from pipeline.numerals import chance, count_of, listed, number, percent, points_apart, school_year

_ZONE = ["level", "zone_id"]


def gap(service_gap: pd.DataFrame, zones: pd.DataFrame, told_sweep: pd.DataFrame) -> Line:
    """In which level most seats in quality schools are missing, where most, and what a moved quality cut makes of it.

    Numbers and names are those of ``zones``, the table ``public_zones``: what it hides is in no sum.
    """
    known = service_gap[service_gap["resident_pupils"].notna() & service_gap["quality_seats"].notna()]
    if known.empty:
        return Line("gap", reason="Zones, resident pupils or quality seats are not known.")
    basis = ["is_approximate", "reliability_class", "method", "resident_pupils_low"]
    known = known[[*_ZONE, *basis]].merge(zones[[*_ZONE, "name", "unmet_seats"]], on=_ZONE, how="left", validate="1:1")
    left_out = known["unmet_seats"].isna() | known["reliability_class"].eq("low")
    rows = known[~left_out]
    if rows.empty:
        return Line("gap", reason="No zone has numbers that may be shown and are reliable enough.")
    by_level = rows.groupby("level")["unmet_seats"].sum().reindex(LEVELS).dropna()
    level = str(by_level.idxmax())
    of_level = rows[rows["level"] == level].sort_values(["unmet_seats", "zone_id"], ascending=[False, True])
    first = of_level.iloc[0]
    drawn = " Zones are approximate: drawn by the nearest school." if of_level["is_approximate"].all() else ""
    left = int(left_out[known["level"] == level].sum())
    others = ", ".join(f"{number(value)} in {name} school" for name, value in by_level.items() if name != level)
    if by_level[level] <= 0:
        return Line("gap", f"No zone lacks seats in quality schools for the pupils who live there.{drawn}", f"{count_of(len(rows), 'zone', 'zones')} of all levels.", "medium")  # fmt: skip
    guessed = "an estimated " if of_level["method"].str.contains(PER_CHILD, regex=False).any() else ""
    margin = " and no margin is known" if of_level["resident_pupils_low"].isna().all() else ""
    estimate = f" Resident pupils are estimated from children{margin}." if guessed else ""
    place = first["name"] if isinstance(first["name"], str) else first["zone_id"]
    out = count_of(left, "zone is", "zones are")
    return Line(
        "gap",
        f"In {level} school {guessed}{number(by_level[level])} resident pupils have no seat in a quality school of their zone, {number(first['unmet_seats'])} of them in {place}.",
        f"Seats in tens; surpluses elsewhere are not set against it.{_moved_cut(told_sweep, level)}{f' Other levels: {others}.' if others else ''}"
        f"{f' {out} left out: few pupils, or unreliable.' if left else ''}{drawn}{estimate}",
        # zones drawn by the nearest school, and estimates without a margin, are no surer than that
        least_sure(sure_by_cut(told_sweep, level), *of_level["reliability_class"], "medium" if drawn else "high"),
    )


def _moved_cut(told: pd.DataFrame, level: str) -> str:
    """What the nearest cut told on either side of the study's own makes of the seats missing.

    >>> sweep = pd.DataFrame({"level": "high", "cut_change": [-0.1, 0.0, 0.05], "unmet_seats": [150.0, 200.0, None]})
    >>> _moved_cut(sweep, "high")
    " With the quality cut 10 points lower it would be 50 fewer (from 200, the district's sum in tens)."
    """
    rows = told[(told["level"] == level) & told["unmet_seats"].notna()].set_index("cut_change")["unmet_seats"]
    own = rows[rows.index == 0]
    sides = (rows[rows.index < 0].sort_index().tail(1), rows[rows.index > 0].sort_index().head(1))
    moved = pd.concat(sides) - own.sum() if len(own) else own
    ways = [
        f"{points_apart(change)} it would be "
        + (f"{number(abs(seats))} {'more' if seats > 0 else 'fewer'}" if seats else "the same")
        for change, seats in moved.items()
    ]
    return (
        f" With the quality cut {' and '.join(ways)} (from {number(own.sum())}, the district's sum in tens)."
        if ways
        else ""
    )


# Where children of a level outnumber the district's resident pupils so far, other districts teach many of them.
MOST_OTHERS = 1.5


def access(groups: pd.DataFrame, service_gap: pd.DataFrame) -> Line:
    """How many children, and how many of those in poverty, live where access to quality seats is poor.

    Levels in which other districts teach many of the children are not told: the schools that they go to are unknown here.
    """
    children = groups[groups["measure"] == "children"].set_index("level")["group_count"]
    residents = service_gap.groupby("level")["resident_pupils"].sum(min_count=1).reindex(children.index)
    shared = children.index[children > MOST_OTHERS * residents]
    groups = groups[~groups["level"].isin(shared)]
    if groups.empty and len(shared):
        return Line(
            "access", reason="Other districts teach many of the children who live here, in schools that are not known."
        )
    shares = groups.pivot_table(index="level", columns="measure", values="poor_share", aggfunc="first").round(2)
    if "children" not in shares or shares["children"].isna().all():
        return Line("access", reason="Access to quality seats could not be computed.")
    level = str(shares["children"].reindex(LEVELS).idxmax())
    every = shares.loc[level, "children"]
    poor = shares.loc[level].get("children_in_poverty", float("nan"))
    others = ", ".join(f"{percent(shares.loc[name, 'children'])} in {name} school" for name in LEVELS if name in shares.index and name != level and shares.loc[name, "children"] == shares.loc[name, "children"])  # fmt: skip
    compared = f", and {percent(poor)} of children in poverty" if poor == poor else ""
    return Line(
        "access",
        f"In {level} school {percent(every)} of children live where access to quality seats is poor{compared}.",
        f"Seats within reach for each child, other children's demand counted.{f' Other levels: {others}.' if others else ''}"
        f"{f' Not told in {listed(list(shared))} school, where other districts teach many of the children.' if len(shared) else ''}",
    )


def quality(enrolled: pd.DataFrame) -> Line:
    """What share of the pupils sits in quality schools, and what it was in the first year."""
    rows = enrolled[
        (enrolled["layer"] == "district") & (enrolled["run_by"] == "all") & (enrolled["student_group"] == "all")
    ]
    rows = rows[rows["pupils"].gt(0) & rows["quality_pupils"].notna()].sort_values("fall_year")
    if rows.empty or len(rows["area_id"].unique()) > 1:
        return Line("quality", reason="Pupils in quality seats are not known for the district as a whole.")
    shares = rows["quality_pupils"] / rows["pupils"]
    years = [school_year(int(year)) for year in rows["fall_year"]]
    since = f", {chance(shares.iloc[0])} in {years[0]}" if len(rows) > 1 else ""
    rated = "" if rows["results_fall"].iloc[-1] == rows["fall_year"].iloc[-1] else f" Ratings are of {school_year(int(rows['results_fall'].iloc[-1]))}."  # fmt: skip
    return Line(
        "quality",
        f"{chance(shares.iloc[-1])} of pupils were in quality schools in {years[-1]}{since}.",
        f"All years by the latest quality cut.{rated}",
        "medium",
    )


def growth(change: pd.DataFrame, vintage: str, before: str | None) -> Line:
    """How the number of children of school age changed in the district."""
    rows = change[
        (change["layer"] == "district")
        & (change["vintage_to"] == vintage)
        & (change["vintage_from"] == (before or ""))
        & (change["age_band"] == "5-17")
    ]
    if len(rows) != 1 or pd.isna(rows["children_change"].iloc[0]):
        return Line("growth", reason="Two survey periods of the whole district cannot be compared.")
    row = rows.iloc[0]
    if row["reliability_class"] == "low" or not row["is_significant"]:
        return Line("growth", reason="The district's number of children did not change beyond chance.")
    more = "more" if row["children_change"] > 0 else "fewer"
    margin = f" \u00b1 {number(row['children_change_moe'])}" if pd.notna(row["children_change_moe"]) else ""
    return Line(
        "growth",
        f"The district has {number(abs(row['children_change']))}{margin} {more} children aged 5 to 17 than in {row['vintage_from']}.",
        f"{number(row['children_from'])} then, {number(row['children_to'])} in {row['vintage_to']}.",
        row["reliability_class"],
    )
