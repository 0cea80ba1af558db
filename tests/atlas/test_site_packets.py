"""A packet for each listed site: whole, inert, the same bytes, and silent on what is hidden."""

from __future__ import annotations

import io
import re
import zipfile
from html import unescape
from typing import Any

import numpy as np
import pandas as pd
import pytest

from pipeline.atlas.same_rooms import elsewhere, promised
from pipeline.atlas.sheets import SHEETS
from pipeline.atlas.site_packets import anchor, archive, packets
from pipeline.atlas.site_pictures import sketch, utilization_chart
from tests.atlas.published import ABOUT, town


@pytest.fixture(scope="module")
def tables() -> dict[str, Any]:
    return town()


def section(page: str, site_id: str) -> str:
    found = re.search(rf'<section class="packet card" id="{anchor(site_id)}">(.*?)</section>', page, re.S)
    assert found
    return unescape(re.sub(r"<[^>]+>", " ", found[1]))


def test_every_listed_site_has_a_packet_and_a_file_and_no_other_has(tables: dict[str, Any]) -> None:
    page, singles = packets(tables, ABOUT, SHEETS)
    rows = tables["public_rfp"]
    wanted = rows.loc[rows["rfp_status"].isin(["listed", "one_definition"]), "site_id"]
    assert len(wanted) == 4
    assert sorted(re.findall(r'<section class="packet card" id="(.*?)"', page)) == sorted(map(anchor, wanted))
    with zipfile.ZipFile(io.BytesIO(archive(singles))) as files:
        names = files.namelist()
        texts = [files.read(name).decode() for name in names]
    assert names == ["001_s00.html", "002_s07.html", "003_s02.html", "004_s09.html"]
    assert all(text.count("<h1>") == 1 and "Content-Security-Policy" in text for text in texts)
    assert not any(re.search(r"<script|<link rel=.?style| src=|@import", text) for text in [page, *texts])


def test_packets_come_by_status_then_name_then_id(tables: dict[str, Any]) -> None:
    rows = tables["public_rfp"]
    some = rows.assign(
        rfp_status=["one_definition", "listed", "listed", "not_listed", "listed", "one_definition"] + ["not_listed"] * (len(rows) - 6),
        name=["Ash", "Oak", "Elm", "Fir", "Elm", "Ash"] + ["Yew"] * (len(rows) - 6),
        site_id=["s5", "s1", "s3", "s0", "s2", "s4", *rows["site_id"].iloc[6:]],
    )  # fmt: skip
    assert list(packets({**tables, "public_rfp": some}, ABOUT, SHEETS)[1]) == [f"{place:03d}_{site}.html" for place, site in enumerate(("s2", "s3", "s1", "s4", "s5"), start=1)]  # fmt: skip


def test_the_same_tables_give_the_same_bytes(tables: dict[str, Any]) -> None:
    assert packets(tables, ABOUT, SHEETS) == packets(tables, ABOUT, SHEETS)


def test_terms_capacity_and_neighbors_are_said_in_numbers(tables: dict[str, Any]) -> None:
    text = section(packets(tables, ABOUT, SHEETS)[0], "s00")
    for words in (
        "8 rooms, 220 seats",
        "9 today, 8 after 5 years",
        "8 rooms for 6 years, or 7 for 10",
        "2031-32",
        "500",
        "50%",
    ):
        assert words in text, words
    rooms = tables["public_rooms"]
    assert rooms.loc[rooms["site_id"] == "s00", "rooms"].sum() == 18 and re.search(r"All\s+18", text)
    assert len(re.findall(r"\d\.\d km\b", text)) >= 6


def test_a_site_whose_fullness_is_hidden_tells_none_of_it(tables: dict[str, Any]) -> None:
    hidden = tables["public_rfp"].copy()
    hidden.loc[hidden["site_id"] == "s00", "lease_offer"] = None
    blank = ["surplus_seats", "surplus_rooms", "surplus_rooms_now", "surplus_rooms_horizon", "longest_lease_years"]
    hidden.loc[hidden["site_id"] == "s00", blank] = np.nan
    hidden.loc[hidden["site_id"] == "s00", "rooms_needed_back_year"] = pd.NA
    use = tables["public_utilization"].copy()
    use.loc[use["site_id"] == "s00", "utilization_ratio"] = np.nan
    text = section(packets({**tables, "public_rfp": hidden, "public_utilization": use}, ABOUT, SHEETS)[0], "s00")
    assert text.count("not known, or not shown") >= 5
    assert "50%" not in text and "Seats in use  Not known, or not shown." in text


def test_a_packet_is_ready_to_attach_with_a_place_a_due_date_and_neighbors_by_name(tables: dict[str, Any]) -> None:
    page, _ = packets(tables, ABOUT, SHEETS)
    text = section(page, "s00")
    for words in ("12 Mill Street; neighborhood ", "elementary zone ", "Responses are due by", "Contact", "Visits"):
        assert words in text, words
    drawn = sketch(tables["public_sites"].geometry.iloc[0], tables["public_neighborhoods"], tables["public_schools"], tables["public_sites"])  # fmt: skip
    assert drawn.count(">Birch Campus</text>") == 1
    # where the screen is narrow every cell names its column, and no table is wider than the page
    assert 'data-head="Source"' in page and 'data-head="Straight line"' in page
    unknown = tables["public_rfp"].assign(address=None)
    assert "Street address not in the inventory" in section(packets({**tables, "public_rfp": unknown}, ABOUT, SHEETS)[0], "s00")  # fmt: skip


def test_a_lease_longer_than_the_forecast_was_tested_says_so(tables: dict[str, Any]) -> None:
    long = "The forecast was tested 5 years ahead and no further"
    assert long in section(packets(tables, ABOUT, SHEETS)[0], "s00")
    short = tables["public_rfp"].assign(lease_offer="8 rooms for 5 years")
    assert long not in section(packets({**tables, "public_rfp": short}, ABOUT, SHEETS)[0], "s00")
    untried = {**tables, "public_backtest": tables["public_backtest"].iloc[:0]}
    assert "was not tested on past years" in section(packets(untried, ABOUT, SHEETS)[0], "s00").replace("The", "the")


def test_how_sure_is_said_of_the_count_and_an_empty_site_is_not_without_bounds(tables: dict[str, Any]) -> None:
    rows = tables["public_rfp"].assign(lease_limit="no_host", lease_offer=None, longest_lease_years=np.nan)
    text = section(packets({**tables, "public_rfp": rows}, ABOUT, SHEETS)[0], "s00")
    assert "Certainty of the count, not fitness of the building" in text
    assert "for the district to set" in text and "not bounded" not in text
    assert "too few seats for elementary pupils alone" in text


def test_who_else_counts_the_same_rooms_is_named(tables: dict[str, Any]) -> None:
    nobody = {name: tables[name].iloc[:0] for name in ("public_matches", "public_siting_choices", "public_siting_plans", "public_siting", "public_enrollment_zones")}  # fmt: skip
    assert elsewhere("s00", "z0", "elementary", nobody) == "" and promised({**tables, **nobody}) == ""
    matches = tables["public_matches"].assign(match_status="matched", site_id="s00", further_site_ids=None, name="Lantern", needed_rooms=6.0).iloc[:1]  # fmt: skip
    plans = pd.DataFrame({"level": ["high", "middle", "high"], "siting_model": ["travel_with_room", "coverage_with_room", "travel"], "site_id": ["s00", "s00", "s99"]})  # fmt: skip
    zones = pd.DataFrame({"level": ["elementary"], "enrollment_zone": ["West"], "zone_ids": ["z 0; z0; z1"]})
    all_three = {
        **tables,
        **nobody,
        "public_matches": matches,
        "public_siting_choices": plans,
        "public_enrollment_zones": zones,
    }
    assert elsewhere("s00", "z0", "elementary", all_three) == (
        "Sharing buildings gives them to Lantern (6 rooms); Siting puts a new school there for middle and high pupils (the same seats, "
        "for one level only); the seats of its schools count in full for West. The rooms can be given once."
    )
    assert "in full for West" in elsewhere("s00", "z 0", "elementary", {**nobody, "public_enrollment_zones": zones})
    further = {**nobody, "public_matches": matches.assign(site_id="s01", further_site_ids="s 00; s02")}
    assert (
        "Lantern" in elsewhere("s 00", "z", "elementary", further)
        and elsewhere("s00", "z", "elementary", further) == ""
    )
    assert elsewhere("s00", "z", "elementary", {**nobody, "public_enrollment_zones": zones}) == ""
    by_itself = {**nobody, "public_siting": tables["public_siting"].iloc[:1].assign(site_id="s00"), "public_siting_plans": pd.DataFrame({"siting_model": ["fewest", "coverage", "coverage"], "site_ids": ["s1; s00", "s00", "s001"]})}  # fmt: skip
    assert elsewhere("s00", "z", "high", by_itself) == (
        "Siting names it under Most children near a quality school, Fewest sites near to all who can be reached and Each site by itself. "
        "The rooms can be given once."
    )
    assert "Sharing buildings (6 rooms at 1 site) and Siting (1 site)" in promised(all_three)
    listed = {**tables, **nobody, "public_rfp": pd.DataFrame({"site_id": ["s00", "s01"], "rfp_status": "listed"})}
    row = matches.to_dict("records")[0]
    for guests, said in (
        # of rooms at two sites, one off the list, nobody knows how many are on it
        ([{"site_id": "s99", "further_site_ids": "s00"}], "Sharing buildings (1 site)"),
        ([{}, {"site_id": "s99", "further_site_ids": "s01"}], "Sharing buildings (at least 6 rooms at 2 sites)"),
        ([{"further_site_ids": "s01"}], "Sharing buildings (6 rooms at 2 sites)"),
        ([{"needed_rooms": np.nan}], "Sharing buildings (1 site)"),
        ([{}, {"site_id": "s01", "needed_rooms": np.nan}], "Sharing buildings (at least 6 rooms at 2 sites)"),
    ):
        found = {**listed, "public_matches": pd.DataFrame([row | guest for guest in guests])}
        assert said in promised(found)
        here = [site for site in ("s00", "s01") if elsewhere(site, "z0", "elementary", found)]
        assert f" {len(here)} site" in said or f"({len(here)} site" in said


def test_names_that_would_be_markup_are_text() -> None:
    evil = "<img src=x onerror=alert(1)>"
    tables = town([evil])
    page, singles = packets(tables, ABOUT, SHEETS)
    assert evil not in page and evil not in "".join(singles.values())
    assert evil in section(page, "s00")
    strange = tables["public_rfp"].copy()
    strange.loc[0, "site_id"] = "../../x"
    with zipfile.ZipFile(io.BytesIO(archive(packets({**tables, "public_rfp": strange}, ABOUT, SHEETS)[1]))) as files:
        assert not any("/" in name or ".." in name for name in files.namelist())


def test_a_study_without_listed_sites_says_so(tables: dict[str, Any]) -> None:
    page, singles = packets({**tables, "public_rfp": tables["public_rfp"].iloc[:0]}, ABOUT, SHEETS)
    assert "No site of this study can be listed" in page
    with zipfile.ZipFile(io.BytesIO(archive(singles))) as files:
        assert files.namelist() == []


def test_the_chart_draws_the_threshold_the_line_and_the_band_to_scale() -> None:
    rows = pd.DataFrame(
        {
            "capacity_definition": "given", "fall_year": [2024, 2025], "utilization_ratio": [0.5, 1.0],
            "utilization_low_ratio": [np.nan, 0.5], "utilization_high_ratio": [np.nan, 1.0],
        }
    )  # fmt: skip
    drawn = utilization_chart(rows, 0.75, 2024)
    # 158 units of height are 100%: half is at 89, the top at 10, three quarters at 49.5
    assert 'd="M30.0 89.0L304.0 10.0" fill="none" stroke="#253494"' in drawn
    assert 'd="M30.0 89.0L304.0 10.0L304.0 89.0L30.0 89.0Z"' in drawn
    assert "M30 49.5H304" in drawn
    assert utilization_chart(rows.assign(utilization_ratio=np.nan), 0.75, 2024) == ""


def test_a_site_without_a_place_has_no_sketch(tables: dict[str, Any]) -> None:
    layers = (tables["public_neighborhoods"], tables["public_schools"], tables["public_sites"])
    assert sketch(None, *layers) == ""
    drawn = sketch(tables["public_sites"].geometry.iloc[0], *layers)
    assert drawn.count('fill="#253494"') == 1 and 'aria-label="Sketch' in drawn
