"""The sheet of sharing buildings: hosts, lines from schools to sites, who finds none and why."""

from __future__ import annotations

from typing import Any

import pytest

from pipeline.atlas import sharing_words
from pipeline.atlas.answers import facilities_more
from pipeline.atlas.book import bind
from pipeline.atlas.catalogue import Catalogue, messages
from pipeline.atlas.overlays import match_lines
from pipeline.atlas.sheets import SHEETS
from tests.atlas.blocks import block, features
from tests.atlas.published import ABOUT, nothing, whole

SHARING = next(sheet for sheet in SHEETS if sheet.key == "sharing")


def test_the_answer_says_who_finds_a_place_and_what_keeps_the_others_out(tables: dict[str, Any]) -> None:
    said = whole("sharing", tables, ABOUT)
    assert said.startswith(
        "Of 2 schools looking for a place, 1 finds one among the 2 sites on offer: Aspen School at Birch Campus."
    )
    assert "2 of 4 pairs of a school and a site are possible." in said
    assert "1 school finds none; what stands in the way: too few rooms at any one site (1)." in said
    assert "Nearest to a place is Cedar School: 8 more rooms at Fir Campus would take it." in said
    assert (
        "By the worksheets of Proposition 39, 1 charter school could ask for 9 classrooms; all sites on offer have"
        in said
    )
    assert "Of the 1 placed school with a worksheet, 1 gets fewer rooms than it says: Aspen School 8 of 9." in said
    enough = tables["public_prop39"].assign(offered_classrooms=[8.0, None])
    assert "None of the 1 placed school with a worksheet gets fewer rooms" in whole(
        "sharing", {**tables, "public_prop39": enough}, ABOUT
    )
    assert said.endswith("on that of siting: each counts them whole, and they can be given once.")
    shut = {**tables, "public_sites": tables["public_sites"].assign(surplus_status="not_offered")}
    waiting = tables["public_matches"].assign(match_status="unmatched", binding_rule="no_site_offered")
    unserved = {**shut, "public_matches": waiting, "public_pairs": tables["public_pairs"].iloc[:0]}
    assert whole("sharing", unserved, ABOUT) == "None of 2 schools looking for a place finds one: no site is on offer."
    none = {**tables, "public_matches": tables["public_matches"].iloc[:0]}
    assert (
        whole("sharing", none, ABOUT)
        == "No school of this study is known to look for a place; 2 sites could be offered."
    )


def test_schools_that_nobody_knows_to_have_asked_are_said_to_be_taken_to_ask(tables: dict[str, Any]) -> None:
    taken = {**tables, "public_matches": tables["public_matches"].assign(is_taken_to_ask=True)}
    said = (
        "Of 2 charter schools taken to ask for a place, 1 finds one among the 2 sites on offer: Aspen School at Birch Campus. "
        "The study has no list of requests."
    )
    assert sharing_words.answer(taken, ABOUT) == said
    assert facilities_more(taken, ABOUT) == (
        "Of 2 charter schools taken to ask for a place, 1 could be placed. The study has no list of requests.",
    )
    told = Catalogue(messages("es"), ["Aspen School", "Birch Campus"])
    assert "se supone" in told.tell(said) and not told.missing
    shut = {**taken, "public_sites": tables["public_sites"].assign(surplus_status="not_offered")}
    assert sharing_words.answer(shut, ABOUT).startswith("None of 2 charter schools taken to ask for a place finds one")
    assert "looking for a place" in sharing_words.answer(tables, ABOUT)


def test_a_line_leads_from_each_placed_school_to_its_site_and_the_others_stand_alone(tables: dict[str, Any]) -> None:
    drawn = match_lines(tables)
    assert drawn is not None
    assert drawn["kinds"] == ["line", "placed", "waiting"]
    assert drawn["names"] == ["Aspen School", "Aspen School", "Cedar School"]
    line, school = (features(drawn["shapes"])["features"][n]["geometry"]["coordinates"] for n in (0, 1))
    assert line[0] == school
    split = tables["public_matches"].assign(further_site_ids=["s07", None])
    assert match_lines({**tables, "public_matches": split})["kinds"].count("line") == 2  # type: ignore[index]
    assert match_lines({**tables, "public_matches": split.iloc[:0]}) is None


def test_hosts_are_the_offered_sites_with_their_guests_before_and_after(files: dict[str, Any]) -> None:
    page = block(files["maps/sharing.html"])
    table = page["tables"]["hosts"]
    assert table["ids"] == ["s00", "s07"]
    keys = [column["key"] for column in table["columns"]]
    cells = [dict(zip(keys, row, strict=True)) for row in table["rows"]]
    assert [row["guests"] for row in cells] == ["Aspen School", "nobody"]
    assert [(row["before"], row["after"]) for row in cells] == [(0.5, 0.86), (0.5, 0.5)]
    # one more room at Birch Campus would seat nobody; eight more would take the school that waits
    assert [row["next"] for row in cells] == [None, "8 more: Cedar School, 400 pupils"]
    assert [annex["key"] for annex in page["annexes"]] == ["matches", "pairs", "prop39", "prop39_calendar"]
    assert page["lines"]["kinds"] == ["line", "placed", "waiting"]


def test_the_text_speaks_of_the_law_only_where_the_study_has_its_worksheet(tables: dict[str, Any]) -> None:
    terms = [term for term, _ in sharing_words.reading(tables, ABOUT)]
    assert "Proposition 39" in terms
    without = {**tables, "public_prop39": tables["public_prop39"].iloc[:0]}
    assert "Proposition 39" not in [term for term, _ in sharing_words.reading(without, ABOUT)]


def test_without_any_table_the_page_still_stands() -> None:
    page = str(bind(nothing(), ABOUT)["maps/sharing.html"])
    assert "No school of this study is known to look for a place" in page


@pytest.mark.parametrize("table", ["public_matches", "public_pairs", "public_room_values", "public_prop39"])
def test_its_credits_name_what_it_shows(table: str) -> None:
    assert table in SHARING.tables
