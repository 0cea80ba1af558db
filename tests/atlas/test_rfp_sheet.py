"""The sheet of listed sites: its answer in words, whatever the study knows, and its tables."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from pipeline.atlas.facility_frames import rfp_words
from pipeline.atlas.frames import annex_frame, places_frame
from pipeline.atlas.reading import facilities
from pipeline.atlas.rfp_answers import reading, rfp
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.words import say
from pipeline.columns import RELIABILITY
from tests.atlas.published import ABOUT, nothing, town, whole

FACILITIES, RFP = (next(sheet for sheet in SHEETS if sheet.key == key) for key in ("facilities", "rfp"))


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return town()


def test_the_answer_counts_what_is_listed_apart_and_unknown(tables: dict[str, Any]) -> None:
    assert whole("rfp", tables, ABOUT) == (
        "Of 14 sites, 2 can go into a request for proposals with 16 rooms to offer: Birch Campus and Fir Campus. "
        "Where a school stays, all rooms told stay free for at least 6 years, fewer for longer. "
        "The same rooms are used on the sheets Sharing buildings (8 rooms at 1 site) and Siting (1 site): they can be given once. "
        "2 more would be listed if a second way of counting their capacity were known and agreed. "
        "Of 2 sites too little is known."
    )


def test_rooms_that_are_not_known_are_said_and_not_counted_as_none(tables: dict[str, Any]) -> None:
    rows = tables["public_rfp"].copy()
    rows.loc[rows["site_id"] == "s00", ["surplus_rooms", "longest_lease_years"]] = np.nan
    rows.loc[rows["site_id"] == "s00", "lease_limit"] = "no_host"
    said = whole("rfp", {**tables, "public_rfp": rows}, ABOUT)
    assert "with 8 rooms to offer (of 1 of them the rooms are not known)" in said
    assert "1 of the sites listed stands empty." in said


def test_a_study_without_capacities_says_so() -> None:
    assert rfp(nothing(), ABOUT) == "This study has no capacities of buildings, so that no site can be listed."
    assert len(reading(nothing(), ABOUT)) > 5


def test_codes_are_words_and_a_lease_without_years_says_why(tables: dict[str, Any]) -> None:
    rows = tables["public_rfp"].assign(lease_limit="no_host", longest_lease_years=np.nan)
    frame = places_frame(RFP.places[0], {**tables, "public_rfp": rows}, ABOUT).set_index("site_id")
    assert frame.loc["s00", "definition_codes"] == "functional capacity and capacity as given"
    assert frame.loc["s00", "poor_access_levels"] == "elementary school"
    assert frame.loc["s00", "lease_absent"] == "no host"


def test_every_reliability_is_said_in_the_same_words() -> None:
    """A pocket's change is as reliable as any number: "medium" is a code and no word of the pages."""
    for column in ("reliability_class", "pocket_reliability_class"):
        assert [say(column, code) for code in RELIABILITY] == ["Reliable", "Use with care", "Unreliable", "Not known"]


def test_the_ways_to_count_stand_with_their_sites_and_source(tables: dict[str, Any]) -> None:
    annex = next(one for one in FACILITIES.annexes if one.key == "capacity")
    frame = annex_frame(annex, tables, ABOUT).set_index("capacity_definition")
    assert frame.index.tolist() == ["given", "functional"]
    assert frame["sites_known"].tolist() == [12.0, 12.0] and frame["sites_listed"].tolist() == [14.0, 14.0]
    assert np.isnan(frame.loc["given", "rooms_counted"]) and frame.loc["functional", "rooms_counted"] == 22.0 * 12
    assert frame["is_deciding"].tolist() == [True, True]


def test_parts_stand_in_the_order_of_the_responses(tables: dict[str, Any]) -> None:
    scores, parts = (annex_frame(annex, tables, ABOUT) for annex in RFP.annexes)
    assert scores["proposal_id"].tolist() == ["P-1", "P-2", "P-3"]
    assert parts["proposal_id"].tolist() == ["P-1", "P-1", "P-2", "P-2"]
    assert set(parts["proposer_name"]) == {"Harbor Collective"}


def test_a_watched_site_shows_no_rooms_and_no_lease(tables: dict[str, Any]) -> None:
    rows = tables["public_rfp"]
    rows = rows.assign(rfp_status=rows["rfp_status"].mask(rows["site_id"] == "s00", "not_listed"))
    frame = places_frame(RFP.places[0], {**tables, "public_rfp": rows}, ABOUT).set_index("site_id")
    terms = [
        "surplus_rooms",
        "surplus_rooms_now",
        "surplus_rooms_horizon",
        "rooms_needed_back_year",
        "longest_lease_years",
    ]
    assert frame.loc["s00", terms].isna().all() and frame.loc["s07", "longest_lease_years"] == 10.0
    assert frame.loc["s00", "lease_absent"] == "not offered"


def test_the_guides_say_every_year_the_shared_inventory_and_what_sure_means(tables: dict[str, Any]) -> None:
    said = " ".join(text for _, text in facilities(tables, ABOUT))
    assert "in any year from today to" in said and "without taking it back" not in said
    assert "count the rooms of one inventory and err together" in said
    listing = " ".join(text for _, text in reading(tables, ABOUT))
    assert "Certainty of the count, not fitness of the building" in listing
    assert "The outlook was tested 5 years ahead" in listing
    assert "what one gives away, the others no longer have" in listing


def test_none_is_said_where_it_is_none_and_not_known_where_it_is_not(tables: dict[str, Any]) -> None:
    """A listed site without poor access nearby and with one offer of a lease has none; without access, or hidden, it is not known."""
    rows = (
        tables["public_rfp"]
        .iloc[:4]
        .assign(
            rfp_status=["listed", "listed", "listed", "not_listed"],
            reason=["9 rooms free.", "9 rooms free.", "Not shown: few pupils.", "In use."],
            poor_access_levels=["", "middle", None, ""],
            lease_offer=["", "7 rooms for 9 years, or 6 for 10", "", ""],
            relative_access_ratio=[0.9, 0.3, np.nan, 1.1],
        )
    )
    told = rfp_words(rows)
    assert told["poor_access_levels"].fillna("-").tolist() == ["none", "middle school", "-", "none"]
    assert told["lease_offer"].tolist() == ["none", "7 rooms for 9 years, or 6 for 10", "", ""]
