"""What is told of the inventory for a request for proposals."""

from __future__ import annotations

import pandas as pd

from pipeline.analysis.disclosure import Published, blank, is_small, report_line
from pipeline.analysis.publication import GUARDED_SITES, NOT_SHOWN, told_seats_of_sites
from pipeline.columns import HIDDEN
from pipeline.tables import BY_TABLE

# How full a site is, or was found to be: with its capacity, each of them tells how many pupils are there.
FULLNESS = [
    *("surplus_seats", "surplus_rooms", "surplus_rooms_now", "surplus_rooms_horizon", "rooms_needed_back_year"),
    "longest_lease_years",
]


def inventory(
    table: pd.DataFrame, sites: pd.DataFrame, zones: pd.DataFrame, guarded: set[str], coarse: set[str]
) -> Published:
    """The inventory with the sites' names and addresses; missing seats are those published of the zones.

    At ``guarded`` sites nothing is shown from which its fullness could be read: neither rooms nor the years of a
    lease, nor how many definitions agree, nor the reasons.

    Parameters
    ----------
    table : DataFrame
        Table ``rfp_inventory``.
    sites : DataFrame
        Tables with ``site_id``, ``name`` and ``address``.
    zones : DataFrame
        Table ``public_zones``.
    guarded, coarse : set of str
        `publication.guarded_sites`, and `publication.few_in_a_grade`: there free seats are in tens.
    """
    told = zones[["level", "zone_id", "unmet_seats", "service_gap_rank"]].rename(columns={"level": "gap_level"})
    named = table.drop(columns=["unmet_seats", "service_gap_rank"]).merge(
        sites[["site_id", "name", "address"]], on="site_id", how="left", validate="one_to_one"
    )
    named = named.merge(told, on=["gap_level", "zone_id"], how="left", validate="many_to_one")
    hidden = named["site_id"].isin(guarded)
    named["surplus_seats"] = told_seats_of_sites(named["surplus_seats"], named["site_id"], coarse)
    public = blank(named, hidden, FULLNESS).assign(
        reason=named["reason"].mask(hidden, NOT_SHOWN),
        lease_offer=named["lease_offer"].mask(hidden),
        confidence_rule=named["confidence_rule"].mask(hidden, NOT_SHOWN),
        definition_codes=named["definition_codes"].mask(hidden, "none"),
        definitions_under=named["definitions_under"].mask(hidden),
    )
    line = report_line(
        "public_rfp", int((~hidden).sum()), int(hidden.sum()), 0, f"{GUARDED_SITES}; missing seats as public_zones"
    )
    return public[BY_TABLE["public_rfp"].names], line


SCORED = ["needed_rooms", "score_index", "score_rank", "score_rank_low", "score_rank_high", "first_share"]
FINDS = ["part_share", "part_weight", "part_points"]


def scores(
    table: pd.DataFrame,
    parts: pd.DataFrame,
    quality: pd.DataFrame,
    schools: pd.DataFrame,
    guarded: set[str],
    smallest: float,
) -> tuple[Published, Published]:
    """Scores of proposals and their parts.

    No number is shown of a proposal for a ``guarded`` site, of one whose proposer names so few pupils that they must
    not be told, or whose school's class or enrollment is not published: its parts would tell it.

    Parameters
    ----------
    table, parts : DataFrame
        Tables ``rfp_scores`` and ``rfp_score_parts``.
    quality, schools : DataFrame
        Tables ``school_quality`` and ``public_schools``.
    guarded : set of str
        `publication.guarded_sites`.
    smallest : float
        The least count of pupils that may be shown.
    """
    rated = quality.set_index("school_id")["quality_class"]
    told = schools.set_index("school_id")["quality_class"]
    mine = table["school_id"].map(rated)
    secret = mine.notna() & (mine != "not_rated") & (table["school_id"].map(told) != mine)
    secret |= table["school_id"].map(schools.set_index("school_id")["value_text"]).eq(HIDDEN)
    hidden = table["site_id"].isin(guarded) | is_small(table["enrollment_in_hand"], smallest) | secret
    quiet = set(table.loc[hidden, "proposal_id"])
    public = blank(table, hidden, SCORED).assign(reason=table["reason"].mask(hidden, NOT_SHOWN))
    silent = parts["proposal_id"].isin(quiet)
    shown = blank(parts, silent, FINDS).assign(evidence=parts["evidence"].mask(silent, NOT_SHOWN))
    why = f"{GUARDED_SITES}; proposers with few pupils, or whose school's class or enrollment is not shown"
    return (
        (
            public[BY_TABLE["public_rfp_scores"].names],
            report_line("public_rfp_scores", int((~hidden).sum()), int(hidden.sum()), 0, why),
        ),
        (
            shown[BY_TABLE["public_rfp_score_parts"].names],
            report_line("public_rfp_score_parts", int((~silent).sum()), int(silent.sum()), 0, why),
        ),
    )
