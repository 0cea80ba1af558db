"""The sheet of siting: its answer, what is left before and after, and names in place of ids."""

from __future__ import annotations

import numpy as np
import pandas as pd

from pipeline.atlas import siting_frames, siting_words
from pipeline.atlas.frames import annex_frame, names_of, places_frame
from pipeline.atlas.siting_sheets import SITING, SITING_ANNEXES
from tests.atlas.published import ABOUT, nothing, town, whole

PLANS, _, ZONES = SITING_ANNEXES


def test_the_answer_names_the_best_site_what_it_adds_and_the_zone_that_is_short() -> None:
    tables = town()
    site = names_of(tables)["site"]["s00"]
    assert whole("siting", tables, ABOUT) == (
        f"Of 700 missing elementary school seats (the district's sum in tens), {site} would serve 210 more than today. "
        "With the best 2 sites together, elementary school seats served rise from 40 to 430. "
        "The sheets Sharing buildings and Request for proposals offer the same rooms for other uses. "
        "Of 1 common enrollment zone, 1 cannot seat every child: North zone (20 to 29 of some 120 left). "
        "Without the rooms on offer, these could not seat every child: North zone (50 to 59 of some 120 left)."
    )


def test_a_site_in_the_plans_of_two_levels_has_its_seats_once() -> None:
    tables = town()
    plans = tables["public_siting_plans"]
    middle = plans[plans["new_sites"] < 2].assign(level="middle")
    both = {**tables, "public_siting_plans": pd.concat([plans, middle], ignore_index=True)}
    site = names_of(tables)["site"]["s00"]
    sentence = f"What {site} would serve of several levels are the same seats, for one level only."
    assert sentence in whole("siting", both, ABOUT) and sentence not in whole("siting", tables, ABOUT)
    seats = tables["public_sites"].set_index("site_id").loc["s00", "surplus_seats"]
    once = f"; the {seats:,.0f} empty seats of {site} are counted at each level, and can serve one only."
    assert siting_words.answer(both, ABOUT).endswith(once) and once not in siting_words.answer(tables, ABOUT)
    other = tables["public_siting"].iloc[:1].assign(site_id=["s01"], covered_seats=[195.0])
    own = other.assign(site_id=["s00"], covered_seats=[204.0])
    choices = tables["public_siting_choices"].iloc[:1].assign(level="elementary", siting_model="coverage_with_room", site_id="s01")  # fmt: skip
    near = {**tables, "public_siting": pd.concat([own, other]), "public_siting_choices": choices}
    tie = f"; {names_of(tables)['site']['s01']} would serve nearly as many elementary school seats"
    assert tie in siting_words.answer(near, ABOUT)
    far = pd.concat([own, other.assign(covered_seats=[193.0])])
    assert tie not in siting_words.answer({**near, "public_siting": far}, ABOUT)
    blank = tables["public_sites"].assign(surplus_seats=np.nan)
    assert f"; the empty seats of {site} are" in siting_words.answer({**both, "public_sites": blank}, ABOUT)


def test_a_school_that_may_be_full_is_within_reach_and_serves_no_seat() -> None:
    tables = town()
    one = tables["public_siting_plans"].query("new_sites == 1")
    asked = [one.assign(siting_model=model) for model in ("coverage", "travel", "travel_with_room", "fewest")]
    frame = annex_frame(PLANS, {**tables, "public_siting_plans": pd.concat(asked)}, ABOUT).set_index("siting_model")
    assert frame["seated_seats"].dropna().to_dict() == {"travel_with_room": 250.0}
    assert frame["near_seats"].dropna().to_dict() == {"coverage": 250.0, "fewest": 250.0}
    assert np.isnan(frame.loc["travel", "more_seats"])


def test_the_sheet_says_why_other_sheets_tell_other_totals() -> None:
    told = dict(siting_words.reading(town(), ABOUT))["Other totals elsewhere"]
    assert "Overview and Seats" in told and "each neighborhood" in told


def test_plans_that_add_nothing_are_hidden_or_lacking_are_told_as_such() -> None:
    tables = town()
    plans = tables["public_siting_plans"]
    idle = plans[plans["new_sites"] < 2].assign(added_seats=[np.nan, 0.0])
    assert whole("siting", {**tables, "public_siting_plans": idle}, ABOUT).startswith(
        "No new site is known to serve missing elementary school seats."
    )
    levels = pd.concat([idle, idle.assign(level="middle"), idle.assign(level="high")], ignore_index=True)
    assert siting_words.answer({**tables, "public_siting_plans": levels}, ABOUT) == (
        "No new site is known to serve missing elementary, middle and high school seats."
    )
    mixed = pd.concat([plans, idle.assign(level="high")], ignore_index=True)
    assert siting_words.answer({**tables, "public_siting_plans": mixed}, ABOUT).endswith(
        "would serve 210 more than today; no new site is known to serve missing high school seats."
    )
    hidden = plans.assign(served_seats=np.nan)
    assert "no plan could be made" in whole("siting", {**tables, "public_siting_plans": hidden}, ABOUT)
    seated = tables["public_enrollment_zones"].assign(finding=siting_words.SEATED, offer_finding="")
    assert whole("siting", {**tables, "public_enrollment_zones": seated}, ABOUT).endswith(
        "Every child of 1 common enrollment zone can be seated."
    )
    assert whole("siting", nothing(), ABOUT).startswith("No missing quality seats")


def test_what_is_left_is_missing_less_served_and_none_elsewhere() -> None:
    frame = places_frame(SITING, town(), ABOUT).set_index("neighborhood_id")
    left = frame[["left_before_seats|elementary", "left_after_seats|elementary"]]
    assert left.loc["n00"].tolist() == [30.0, 30.0]
    assert left.loc["n01"].tolist() == [70.0, 0.0]
    # the table names no other neighborhoods: nothing is missing there
    assert left.loc["n20"].tolist() == [0.0, 0.0]


def test_what_is_hidden_after_stays_hidden_everywhere() -> None:
    tables = town()
    hidden = tables["public_siting_coverage"].assign(served_after_seats=np.nan)
    frame = places_frame(SITING, {**tables, "public_siting_coverage": hidden}, ABOUT)
    assert frame["left_after_seats|elementary"].isna().all() and frame["left_before_seats|elementary"].notna().all()


def test_tables_name_sites_zones_and_neighborhoods() -> None:
    tables = town()
    names = names_of(tables)
    plans = annex_frame(PLANS, tables, ABOUT)
    assert plans["site_names"].tolist()[2] == f"{names['site']['s00']}, {names['site']['s07']}"
    zones = annex_frame(ZONES, tables, ABOUT)
    assert zones["cut_names"].tolist() == [f"{names['neighborhood']['n00']}, {names['neighborhood']['n01']}", ""]
    assert zones["offer_names"].tolist() == [names["site"]["s00"]] * 2


def test_a_row_of_all_grades_tells_the_shortage_that_tens_by_grade_lose() -> None:
    tables = town()
    one = tables["public_enrollment_zones"]
    grades = pd.concat([one.assign(grade="08"), one.assign(grade="07")]).assign(
        short_seats=10.0, all_short_seats=30.0, all_firm_short_seats=60.0
    )
    zones = annex_frame(ZONES, {**tables, "public_enrollment_zones": grades}, ABOUT)
    assert zones["grade"].tolist() == ["07", "08", "All grades"]
    last = zones.iloc[-1]
    assert last["short_seats"] == 30.0 and last["finding"] == "30 to 39 children are left without a seat."
    assert last["offer_finding"] == "Without the rooms on offer, 60 to 69 children are left without a seat."
    # sums that would give a hidden grade away stay hidden
    hidden = annex_frame(ZONES, {**tables, "public_enrollment_zones": grades.assign(all_short_seats=np.nan)}, ABOUT)
    assert hidden["finding"].iloc[-1] == "Not shown: few pupils."


def test_a_site_of_unknown_size_says_so() -> None:
    site = {"site_status": "closed", "surplus_seats": float("nan")}
    assert siting_frames.room(site) == "Closed, empty seats not known"


def test_more_missing_pupils_than_children_are_told_with_caution_and_the_plan_by_its_sites() -> None:
    tables = town()
    frame = places_frame(SITING, tables, ABOUT)
    missing = frame[[name for name in frame if name.startswith("unmet_seats|")]].sum(axis=1)
    first = frame.loc[missing.idxmax(), "neighborhood_id"]
    places = tables["public_neighborhoods"]
    few = places.assign(children_0_17=places["children_0_17"].mask(places["neighborhood_id"] == first, 1.0), children_0_17_moe=0.0)  # fmt: skip
    told = places_frame(SITING, {**tables, "public_neighborhoods": few}, ABOUT).set_index("neighborhood_id")
    assert told.loc[first, "missing_caution"].startswith("More pupils are missing here")
    assert told["plan_text|elementary"].dropna().str.startswith("2 sites: ").all()
