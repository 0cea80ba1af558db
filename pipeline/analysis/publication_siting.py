"""What is told of siting: plans without the room of hidden schools, and zones in tens."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.disclosure import Published, blank, in_tens, is_small, report_line
from pipeline.analysis.enrollment_zones import ALL
from pipeline.analysis.siting_plans import EVEN_ALL
from pipeline.columns import parted
from pipeline.numerals import number

# Ways to ask in which what a site serves is cut by its empty seats.
WITH_ROOM = ("coverage_with_room", "travel_with_room")
NOT_SHOWN = "Not shown: few pupils."


def plans(table: pd.DataFrame, guarded: set[str], offered: set[str]) -> Published:
    """Plans; what one with a ``guarded`` site serves is not shown where room counts, nor what the next adds to it.

    Nor is what all ``offered`` sites together leave unserved, where a guarded one is among them.
    """
    with_room = table["siting_model"].isin(WITH_ROOM)
    hidden = with_room & _names_one_of(table["site_ids"], guarded)
    public = blank(table, hidden, ["served_seats", "added_seats", "mean_travel_m"])
    before = table.loc[hidden, ["level", "siting_model", "new_sites"]]
    before = pd.MultiIndex.from_frame(before.assign(new_sites=before["new_sites"] + 1))
    after = pd.MultiIndex.from_frame(table[["level", "siting_model", "new_sites"]]).isin(before)
    public["added_seats"] = public["added_seats"].mask(after)
    if guarded & offered:
        public["finding"] = [text.partition(EVEN_ALL)[0].strip() for text in public["finding"]]
    count = int((hidden | after).sum())
    return public, report_line(
        "public_siting_plans",
        len(table) - count,
        count,
        0,
        "plans with a site whose room tells how few pupils a school has",
    )


def choices(table: pd.DataFrame, guarded: set[str]) -> Published:
    """Seats each site serves in a plan; where room counts, not those of a ``guarded`` site."""
    hidden = table["siting_model"].isin(WITH_ROOM) & table["site_id"].isin(guarded)
    public = blank(table, hidden, ["held_seats"])
    count = int(hidden.sum())
    return public, report_line(
        "public_siting_choices", len(table) - count, count, 0, "sites whose room tells how few pupils a school has"
    )


def coverage(table: pd.DataFrame, told: pd.DataFrame) -> Published:
    """Neighborhoods before and after, in tens; after is not shown of a level whose plan is not."""
    last = told[told["siting_model"].eq(WITH_ROOM[0])].sort_values("new_sites").drop_duplicates("level", keep="last")
    hidden = table["level"].isin(last.loc[last["served_seats"].isna(), "level"])
    public = blank(table, hidden, ["served_after_seats"])
    count = int(hidden.sum())
    return public, report_line("public_siting_coverage", len(table) - count, count, 0, "levels whose plan is not shown")


FIRM = ["zone_offered_seats", "firm_short_seats", "all_firm_short_seats"]


def zones(table: pd.DataFrame, guarded: set[str], smallest: float) -> Published:
    """Common enrollment zones by grade, in tens; a grade of few pupils is not shown.

    Nor are sums over the grades of a zone with one such grade, which would give it away, nor what is left without the
    rooms on offer where one of them is at a ``guarded`` site: these tell how few pupils a school has.
    """
    hidden = is_small(table["zone_pupils"], smallest)
    numbers = [
        "zone_pupils",
        "zone_seats",
        "seated_pupils",
        "short_seats",
        "zone_offered_seats",
        "firm_short_seats",
        *ALL,
    ]
    public = table.drop(columns=["cut_pupils", "cut_seats", "least_limit_m"])
    public = public.assign(**{name: in_tens(public[name]) for name in numbers})
    public = blank(public, hidden, ["zone_pupils", "seated_pupils", "short_seats", "firm_short_seats"])
    one = hidden.groupby(table["enrollment_zone"]).transform("sum").eq(1)
    public = blank(public, one, ["all_pupils", "all_seated_pupils", "all_short_seats", "all_firm_short_seats"])
    # sums of a zone tell of every grade what one grade hides
    is_guarded = _names_one_of(table["offered_site_ids"], guarded)
    is_guarded = is_guarded.groupby(table["enrollment_zone"]).transform("any")
    public = blank(public, is_guarded, FIRM)
    public["finding"] = public["finding"].mask(hidden, NOT_SHOWN)
    public["offer_finding"] = public["offer_finding"].mask(hidden | is_guarded, "")
    for name in ("cut_neighborhood_ids", "cut_school_ids"):
        public[name] = public[name].mask(hidden, "")
    count = int(hidden.sum())
    return public, report_line(
        "public_enrollment_zones",
        len(table) - count,
        count,
        0,
        f"grades of 1 to {number(smallest - 1)} pupils; the others in tens",
    )


def _names_one_of(sites: pd.Series, guarded: set[str]) -> pd.Series:
    """Whether each cell names one of some sites."""
    return pd.Series([bool(guarded & set(parted(ids))) for ids in sites], index=sites.index, dtype="bool")
