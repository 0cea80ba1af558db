"""What is told of the inventory: nothing from which the pupils of a guarded site could be read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pandas as pd

from pipeline.analysis.publication_rfp import FULLNESS, inventory, scores
from pipeline.tables import BY_TABLE, check

Read = Callable[[str], Any]


def test_a_guarded_site_tells_nothing_of_how_full_it_is(millbrook: Read) -> None:
    table, sites, zones = (millbrook(name) for name in ("rfp_inventory", "site_facts", "public_zones"))
    guarded = table.loc[table["rfp_status"] == "listed", "site_id"].iloc[0]
    public, line = inventory(table, sites, zones, {guarded}, set())
    public = check(BY_TABLE["public_rfp"], public).set_index("site_id")
    assert public.loc[guarded, FULLNESS].isna().all()
    assert public.loc[guarded, ["reason", "confidence_rule"]].str.startswith("Not shown").all()
    assert table.set_index("site_id").loc[guarded, "lease_offer"] and pd.isna(public.loc[guarded, "lease_offer"])
    assert public["address"].notna().all()
    # 0 would be a finding: that none of the definitions says so
    assert pd.isna(public.loc[guarded, "definitions_under"]) and public.loc[guarded, "definition_codes"] == "none"
    others = public.drop(guarded)
    assert others.loc[others["rfp_status"] == "listed", "surplus_rooms"].notna().all()
    assert (line["shown_cells"], line["primary_hidden_cells"]) == (float(len(public) - 1), 1.0)


def test_missing_seats_are_those_published_of_the_zone(millbrook: Read) -> None:
    table, sites, zones = (millbrook(name) for name in ("rfp_inventory", "site_facts", "public_zones"))
    few = table.loc[table["surplus_seats"].notna(), "site_id"].iloc[0]
    public, _ = inventory(table, sites, zones, set(), {few})
    seats = table.set_index("site_id")["surplus_seats"].dropna()
    exact = public.set_index("site_id")["surplus_seats"].dropna()
    # in tens where a grade has few pupils, else as they are
    assert exact.to_dict() == {site: n // 10 * 10 if site == few else n for site, n in seats.items()}
    told = zones.set_index(["level", "zone_id"])["unmet_seats"]
    known = public.dropna(subset=["zone_id", "unmet_seats"])
    assert len(known) > 20
    assert [told[(r.gap_level, r.zone_id)] for r in known.itertuples()] == known["unmet_seats"].tolist()


def test_a_proposal_that_would_tell_a_hidden_number_shows_none(millbrook: Read) -> None:
    table, parts = millbrook("rfp_scores"), millbrook("rfp_score_parts")
    quality, schools = millbrook("school_quality"), millbrook("public_schools")
    few = table.assign(enrollment_in_hand=table["enrollment_in_hand"].mask(table["proposal_id"] == "P-03", 7.0))
    hushed = schools.assign(quality_class=schools["quality_class"].mask(schools["school_id"] == table.loc[0, "school_id"], "not_rated"))  # fmt: skip
    (shown, line), (pieces, _) = scores(few, parts, quality, hushed, {"S117"}, 11.0)
    blank = set(shown.loc[shown["needed_rooms"].isna(), "proposal_id"])
    assert blank == {"P-01", "P-03", "P-04", "P-05", "P-09"}  # P-09 is Lantern's too
    assert shown.loc[shown["proposal_id"].isin(blank), "reason"].str.startswith("Not shown").all()
    assert (
        pieces.loc[pieces["proposal_id"].isin(blank), ["part_share", "part_weight", "part_points"]].isna().all().all()
    )
    assert pieces.loc[pieces["proposal_id"].isin(blank), "evidence"].str.startswith("Not shown").all()
    assert pieces.loc[~pieces["proposal_id"].isin(blank), "part_points"].notna().all()
    assert "enrollment_in_hand" not in shown and line["primary_hidden_cells"] == 5.0


def test_a_proposer_whose_enrollment_is_hidden_elsewhere_is_hidden_here(millbrook: Read) -> None:
    table, parts = millbrook("rfp_scores"), millbrook("rfp_score_parts")
    quality, schools = millbrook("school_quality"), millbrook("public_schools")
    river = table.loc[table["proposal_id"] == "P-07", "school_id"].item()
    hushed = schools.assign(value_text=schools["value_text"].mask(schools["school_id"] == river, "*"))
    (shown, _), _ = scores(table, parts, quality, hushed, set(), 11.0)
    numbers = shown.set_index("proposal_id")["score_index"]
    assert numbers.isna()["P-07"] and numbers.notna()["P-08"]


def test_millbrooks_proposals_are_scored_and_the_impossible_ones_refused(millbrook: Read) -> None:
    table = millbrook("rfp_scores").set_index("proposal_id")
    assert set(table.index[table["proposal_status"] == "not_eligible"]) == {
        *("P-09", "P-10"),  # more rooms than there are, and a site not listed
        *("P-03", "P-05"),  # grades that no school at the site teaches
        *("P-02", "P-04", "P-06"),  # their pupils need more rooms than the site has
    }
    needs = table["needed_rooms"]
    assert (needs["P-06"], needs["P-04"], needs["P-02"], needs["P-07"]) == (
        17.0,
        11.0,
        9.0,
        9.0,
    )  # as on the sheet Sharing
    assert table.loc["P-07", "reason"] == "Scored, but its 186 pupils would need 9 rooms and it asks for 8."
    finds = millbrook("rfp_score_parts").set_index(["proposal_id", "rubric_part"])["part_share"]
    assert finds[("P-07", "enrollment_in_hand")] < 1.0
    points = millbrook("rfp_score_parts").groupby("proposal_id")["part_points"].sum()
    assert (points - table.loc[points.index, "score_index"]).abs().max() < 1e-9
    ranked = table[table["proposal_status"] == "scored"]
    assert (ranked.groupby("site_id")["first_share"].sum().round(9) == 1).all()
    assert ranked["score_rank"].between(ranked["score_rank_low"], ranked["score_rank_high"]).all()
