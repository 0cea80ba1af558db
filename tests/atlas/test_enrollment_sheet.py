"""The sheet of who goes where: operators and zones, stars for what is not shown, and what changed since a release."""

from __future__ import annotations

from typing import Any

import pandas as pd

from pipeline.atlas import changes_frames, enrollment_words
from pipeline.atlas.enrollment_sheet import ENROLLMENT
from pipeline.atlas.frames import annex_frame, places_frame
from pipeline.atlas.payload import build
from pipeline.atlas.sheets import SHEETS
from tests.atlas.published import ABOUT, nothing, town, whole

YEARS, FLOWS, PRIVATE = ENROLLMENT.annexes


def test_the_answer_is_one_sentence_with_the_share_now_and_then() -> None:
    tables = town()
    said = enrollment_words.answer(tables, ABOUT)
    assert said.startswith(
        "Of 10,000 pupils counted at public schools in 2024-25, 1,200 (12%) attend charter schools (10% in 2022-23); of those who live in "
    )
    assert said.count(". ") == 0 and said.endswith(".")
    more = enrollment_words.more(tables, ABOUT)
    assert "4 private schools had 350 pupils in 2022-23; for 2024-25 no count is known." in more
    assert "1 school has a count that is not shown; its pupils are in none of these sums." in more


def with_falls(**falls: tuple[int, float | None, str]) -> dict[str, Any]:
    """The town with other pupils of charter schools in a fall: the fall, their pupils and the status."""
    tables = town()
    rows = tables["public_sectors"].copy()
    for fall, pupils, status in falls.values():
        here = rows["layer"].eq("district") & rows["fall_year"].eq(fall) & rows["run_by"].eq("charter")
        rows.loc[here, ["pupils", "value_status"]] = [float("nan") if pupils is None else pupils, status]
    return {**tables, "public_sectors": rows}


def test_now_and_then_are_falls_in_which_the_pupils_of_both_operators_are_told() -> None:
    for status in ("suppressed", "not_reported"):
        behind = enrollment_words.answer(with_falls(now=(2024, None, status)), ABOUT)
        assert behind.startswith(
            "Of 10,000 pupils counted at public schools in 2022-23, 1,000 (10%) attend charter schools;"
        )
        at_first = enrollment_words.answer(with_falls(then=(2022, None, status)), ABOUT)
        assert at_first.startswith(
            "Of 10,000 pupils counted at public schools in 2024-25, 1,200 (12%) attend charter schools;"
        )
    assert "(0% in 2022-23)" in enrollment_words.answer(with_falls(then=(2022, 0.0, "reported")), ABOUT)


def test_nobody_attends_an_operator_that_has_no_row_in_a_fall() -> None:
    tables = town()
    rows = tables["public_sectors"]
    first = rows["layer"].eq("district") & rows["fall_year"].eq(2022) & rows["run_by"].eq("charter")
    assert "(0% in 2022-23)" in enrollment_words.answer({**tables, "public_sectors": rows[~first]}, ABOUT)


def test_without_a_fall_that_tells_both_operators_no_part_is_told() -> None:
    rows = with_falls(then=(2022, None, "suppressed"))["public_sectors"]
    own = rows["layer"].eq("district") & rows["fall_year"].eq(2024) & rows["run_by"].eq("district")
    said = enrollment_words.answer({**town(), "public_sectors": rows.assign(pupils=rows["pupils"].mask(own))}, ABOUT)
    assert said.startswith("In no year are the pupils of the district's own schools and those of charter schools both")


def test_a_study_without_flows_private_or_charter_schools_says_so() -> None:
    tables = town()
    sectors = tables["public_sectors"]
    bare = sectors[sectors["layer"].eq("district") & sectors["run_by"].eq("district")]
    said = whole("enrollment", {**tables, "public_sectors": bare}, ABOUT)
    assert said.startswith(
        "All 8,800 pupils counted at public schools in 2024-25 attend schools that the district runs"
    )
    assert "this study has no file of pupils by home and school" in said
    assert "How many pupils private schools have is not known" in said
    assert enrollment_words.answer(nothing(), ABOUT).startswith("This study has no published enrollment by school")


def test_what_is_not_shown_has_a_star_and_no_class() -> None:
    tables = town()
    page = build(ENROLLMENT, tables, ABOUT)
    table = page["tables"]["residence_elementary"]
    share = [column["key"] for column in table["columns"]].index("share|charter")
    hidden = places_frame(ENROLLMENT.places[0], tables, ABOUT)["sector_share|charter"].isna()
    assert hidden.sum() == 1
    assert [row[share] == "*" for row in table["rows"]] == hidden.tolist()
    view = next(view for view in page["views"] if view["key"] == "residence_elementary:charter|charter")
    assert [place < 0 for place in view["index"]] == hidden.tolist()
    assert view["label"] == "Share at charter schools, elementary school zones"


def test_years_and_pairs_are_told_with_names() -> None:
    tables = town()
    years = annex_frame(YEARS, tables, ABOUT)
    assert years["fall_year"].tolist() == [2024, 2022]
    assert years["charter_share"].round(2).tolist() == [0.12, 0.1]
    assert pd.isna(years["private_pupils"][0]) and years["private_absent"][0] == "not counted"
    assert years["hidden"].tolist() == [1.0, 0.0]
    pairs = annex_frame(FLOWS, tables, ABOUT)
    assert len(pairs) == 3 and len(set(pairs["school_name"])) == 1 and pairs["zone_name"].str.len().gt(3).all()
    assert set(annex_frame(PRIVATE, tables, ABOUT)["sector"]) == {"private"}


def test_changes_are_told_in_the_unit_of_each_number() -> None:
    tables = town()
    annex = next(one for sheet in SHEETS for one in sheet.annexes if one.key == "changes")
    rows = annex_frame(annex, tables, ABOUT)[["subject_text", "fact_text", "from_text", "to_text"]].to_numpy().tolist()
    assert rows == [
        ["The district", "Share of pupils in quality seats", "33.5%", "34.4%"],
        [tables["public_neighborhoods"]["name"][0], "Need rank", "4 (2 to 9)", "2 (1 to 3)"],
    ]
    assert changes_frames.since(tables) == (
        "Since the release 2023-24, 2 of 3 numbers moved: 1 has no margin and of 1 with a margin none moved beyond it."
    )
    assert changes_frames.since(nothing()) == "There is no earlier release of this study to compare with."


def test_every_answer_is_one_sentence(tables: dict[str, Any]) -> None:
    """A full stop before a capital begins another sentence; names and abbreviations of this town have none."""
    for study in (tables, nothing()):
        for sheet in SHEETS:
            said = sheet.answer(study, ABOUT)
            assert said.endswith(".") and ". " not in said, (sheet.key, said)
            assert all(
                text.strip() == text and text.endswith(".") for text in (sheet.more(study, ABOUT) if sheet.more else ())
            )
