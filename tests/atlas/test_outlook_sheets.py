"""The sheets of the outlook: numbers of the tables, intervals beside them, and how wrong such forecasts were."""

from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from pipeline.atlas import outlook_answers, outlook_reading
from pipeline.atlas.book import bind
from pipeline.atlas.error_picture import error_bars
from pipeline.atlas.outlook_frames import NAIVE
from pipeline.columns import LEVELS
from tests.atlas.blocks import block
from tests.atlas.outlook_tables import ERRORS, USED
from tests.atlas.published import ABOUT, nothing, whole
from tests.atlas.test_quality_sheets import annex


def test_zones_are_coloured_by_the_change_and_hatched_where_it_may_be_none(
    files: dict[str, Any], tables: dict[str, Any]
) -> None:
    page = block(files["maps/outlook.html"])
    assert [view["key"] for view in page["views"][:2]] == [
        "outlook_elementary:change|5",
        "outlook_elementary:change|10",
    ]
    changes = tables["public_outlook_change"].set_index(["unit_kind", "unit_id", "horizon_years"])
    for level in LEVELS:
        table = page["tables"][f"outlook_{level}"]
        keys = [column["key"] for column in table["columns"]]
        near, far = (
            next(view for view in page["views"] if view["key"] == f"outlook_{level}:change|{n}") for n in (5, 10)
        )
        for row, zone in enumerate(table["ids"]):
            cells = dict(zip(keys, table["rows"][row], strict=True))
            for years, view in ((5, near), (10, far)):
                told = changes.loc[("zone", f"{level} {zone}", years)]
                assert cells[f"change|{years}"] == told["expected_change"]
                assert cells[f"range|{years}"] == [told["expected_change_low"], told["expected_change_high"]]
                assert (row in view["weak"]) == (told["outlook_evidence"] != "beyond_chance")
        assert far["weak"] == list(range(len(table["ids"])))  # none was tested ten years ahead
    first = next(view for view in page["views"] if view["key"] == "outlook_elementary:change|5")
    assert len(first["weak"]) == len(first["index"]) - 1  # one zone alone grows beyond its interval


def test_schools_are_on_the_map_and_a_hidden_one_has_no_colour(files: dict[str, Any], tables: dict[str, Any]) -> None:
    page = block(files["maps/outlook.html"])
    table = page["tables"]["outlook_schools"]
    view = next(view for view in page["views"] if view["key"] == "outlook_schools:change|5")
    hidden = tables["public_outlook"].query("value_text == '*'")["unit_id"].unique().tolist()
    assert hidden and all(view["index"][table["ids"].index(school)] == -1 for school in hidden)
    rows = annex(files, "outlook", "outlook_schools")
    dark = [row for row in rows if row["in_5"] == "*"]
    assert len(dark) == 1 and dark[0]["in_1"] == dark[0]["in_10"] == "*" and dark[0]["range_5"] == [None, None]
    shown = next(row for row in rows if row["in_5"] != "*")
    assert shown["in_5"] - shown["homes_5"] == 30
    assert shown["rules"] == "by births; by its own ratio"
    assert shown["caution"] == "too new for a ratio of its own; too few years to test it"


def test_the_district_is_shown_by_year_and_by_grade_with_the_youngest_first(files: dict[str, Any]) -> None:
    years = annex(files, "outlook", "outlook_district")
    assert [row["year"] for row in years] == list(range(2025, 2035))
    assert years[4] | {"pupils": 14200, "range": [13800, 14600]} == years[4]
    assert [row["basis"] for row in years[4:6]] == [
        "errors of forecasts of this size",
        "errors grown beyond the years that could be tested",
    ]
    grades = annex(files, "outlook", "outlook_grades")
    assert [row["grade"] for row in grades] == ["TK", "K", "1"]
    assert (grades[1]["in_1"], grades[1]["in_5"], grades[1]["in_10"], grades[1]["rule"]) == (901, 905, 910, "By births")


def test_the_states_projection_stands_beside_kindergarten_with_its_transitional_year(files: dict[str, Any]) -> None:
    rows = annex(files, "outlook", "state_projection")
    assert rows[0] == {"grade": "K", "first": 1710, "last": 1750, "homes": 20, "with": 1770, "outlook": 2 * 905}
    assert rows[1]["outlook"] == 905
    assert "counts transitional kindergarten with kindergarten" in files["maps/outlook.html"]
    without = {"public_state_projection": nothing()["public_state_projection"]}
    assert "The state's own projection" not in dict(outlook_reading.outlook({**nothing(), **without}, ABOUT))


def test_scenarios_stand_side_by_side_and_only_units_that_differ_are_listed(
    files: dict[str, Any], tables: dict[str, Any]
) -> None:
    rows = annex(files, "outlook", "what_if")
    assert [row["scenario"] for row in rows] == ["As planned", "No new homes", "Fewer pupils at their zone's school"]
    assert [row["change_5"] for row in rows] == [0, -60, 0]
    assert rows[1]["in_5"] == rows[0]["in_5"] - 60
    units = annex(files, "outlook", "what_if_units")
    school = tables["public_schools"]["name"].iloc[2]
    assert [(row["name"], row["no_new_homes"] - row["as_planned"]) for row in units] == [(school, -60)]


def test_a_school_that_only_a_scenario_has_is_called_new(tables: dict[str, Any]) -> None:
    rows = tables["public_scenarios"]
    new = (
        rows.query("unit_kind == 'school' and scenario == 'as_planned'")
        .head(3)
        .assign(
            scenario="new_school", unit_id="9999999999999", pupils_projected=250.0, pupils_projected_change=float("nan")
        )
    )
    new["fall_year"] = [2025, 2029, 2034]
    files = bind({**tables, "public_scenarios": pd.concat([rows, new])}, ABOUT)
    units = annex(files, "outlook", "what_if_units")
    assert [(row["name"], row["new_school"], row["as_planned"]) for row in units if row["new_school"]] == [
        ("A new school", 250, None)
    ]


def test_what_the_study_knows_of_schools_and_zones_is_listed(files: dict[str, Any]) -> None:
    moved = annex(files, "outlook", "school_changes")
    assert [(row["year"], row["change"], row["grades"], row["declared"]) for row in moved] == [
        (2022, "Grades added", "6, 7", "No"),
        (2019, "Opened", None, "Yes"),
    ]
    assert [row["ratio"] for row in annex(files, "outlook", "capture")].count("*") == 1


def test_every_method_stands_beside_both_naive_forecasts(files: dict[str, Any], tables: dict[str, Any]) -> None:
    rows = annex(files, "how_wrong", "errors")
    assert [(row["size"], row["horizon"]) for row in rows[:4]] == [
        ("whole district", 1),
        ("whole district", 3),
        ("whole district", 5),
        ("200 pupils and over", 1),
    ]
    for row in rows:
        few = row["size"] in ("200 to 499 pupils", "500 pupils and over")
        expected = ["few cases"] * 3 if few else [pytest.approx(row["horizon"] * ERRORS[place]) for place in (0, 1, 3)]
        assert [row["no_change"], row["last_change"], row["shrunk"]] == expected
    full = annex(files, "how_wrong", "errors_in_full")
    assert len(full) == len(tables["public_backtest"])
    assert full[0]["method"] == "Shrunk cohort survival (used here)"
    used = annex(files, "how_wrong", "errors_in_force")
    assert {row["method"] for row in used} == {"Shrunk cohort survival (used here)", "As chosen then"}
    assert used[0]["held"] == 0.79 and used[0]["starts"] == "2015 to 2022"


def test_the_answer_names_both_years_their_intervals_and_how_wrong_it_was(tables: dict[str, Any]) -> None:
    answer = whole("outlook", tables, ABOUT)
    assert "14,200 in 2029-30 (13,800 to 14,600 eight times in ten)" in answer
    assert "14,400 in 2034-35 (14,000 to 14,800 eight times in ten)" in answer
    assert "5 years ahead its total was missed by 12.0% on average (3 past forecasts; no change by 15.0%" in answer
    assert "further ahead could not be tested" in answer
    zones = len(tables["public_zones"])
    assert f"Of {zones} attendance zones, 1 can expect more pupils and none fewer" in answer


def test_the_verdict_on_the_method_follows_the_numbers(tables: dict[str, Any]) -> None:
    answer = whole("how_wrong", tables, ABOUT)
    assert f"({USED}) missed schools of 200 pupils and over 1 year ahead by 2.4% (no change 3.0%" in answer
    assert "better than both naive forecasts at every horizon" in answer
    assert "held in 79% of 34 cases 1 year ahead" in answer
    worse = tables["public_backtest"].copy()
    own = worse["method"].eq(USED)
    worse.loc[own & worse["horizon_years"].eq(3), "mean_absolute_error_share"] *= 2
    told = whole("how_wrong", {**tables, "public_backtest": worse}, ABOUT)
    assert "better than both naive forecasts 1 and 5 years ahead, not at the other horizons" in told
    worse.loc[own, "mean_absolute_error_share"] = 0.5
    told = whole("how_wrong", {**tables, "public_backtest": worse}, ABOUT)
    assert "better than both naive forecasts at no horizon" in told


def test_without_a_naive_forecast_none_is_spoken_of(tables: dict[str, Any]) -> None:
    tested = tables["public_backtest"]
    bare = {**tables, "public_backtest": tested[~tested["method"].isin(NAIVE)]}
    told = whole("how_wrong", bare, ABOUT)
    assert "1 year ahead by 2.4%, 3 years" in told and "()" not in told and "( " not in told
    assert "No naive forecast could be tried beside it." in told and "better than" not in told
    told = whole("outlook", bare, ABOUT)
    assert "missed by 12.0% on average (3 past forecasts)" in told and "; )" not in told


def test_intervals_that_held_nearly_always_did_not_hold_always(tables: dict[str, Any]) -> None:
    tested = tables["public_backtest"].assign(interval_share=0.997)
    told = whole("how_wrong", {**tables, "public_backtest": tested}, ABOUT)
    assert "held in over 99% of 34 cases 1 year ahead" in told


def test_the_bars_are_as_high_as_the_errors(tables: dict[str, Any]) -> None:
    drawn = error_bars(tables)
    heights = [float(part.split('"')[0]) for part in drawn.split('height="')[1:]]
    bars = [height for height in heights if height != 8.0]  # the legend's squares
    errors = [years * ERRORS[place] for years in (1, 3, 5) for place in (0, 1, 3)]
    assert len(bars) == 9
    assert [bar / bars[0] for bar in bars] == pytest.approx([error / errors[0] for error in errors], rel=0.02)
    assert error_bars({"public_backtest": tables["public_backtest"].iloc[:0]}) == ""


def test_the_overview_has_both_questions_with_their_answers(files: dict[str, Any]) -> None:
    index = files["maps/index.html"]
    assert '<a href="outlook.html">' in index and '<a href="how_wrong.html">' in index
    assert "How wrong were such forecasts in the past?" in index and "14,200 in 2029-30" in index


def test_a_study_without_an_outlook_says_so() -> None:
    bare = bind(nothing(), ABOUT)
    assert "No pupils can be forecast" in str(bare["maps/outlook.html"])
    assert "how wrong the outlook may be is not known" in str(bare["maps/how_wrong.html"])
    assert all(not annex["rows"] for annex in block(str(bare["maps/how_wrong.html"]))["annexes"])


def test_the_guides_say_which_years_ahead_decided_on_the_method(tables: dict[str, Any]) -> None:
    """Errors of too few past falls decide nothing, and where none decided the method did not err least."""
    told = "Of errors 1, 3 and 5 years ahead, only those at 1 and 3 decided here: at 5 there were too few cases."
    for guide in (outlook_reading.outlook, outlook_reading.how_wrong):
        assert told in str(guide(tables, ABOUT))
    tested = tables["public_backtest"]
    whole_past = {**tables, "public_backtest": tested.assign(is_judged=True)}
    assert "decided here" not in str(outlook_reading.how_wrong(whole_past, ABOUT))
    assert "erred least on this study's own past. It moves" in str(outlook_reading.outlook(whole_past, ABOUT))
    none = {**tables, "public_backtest": tested.assign(is_judged=False)}
    assert "the study names it, or its past is too short" in str(outlook_reading.outlook(none, ABOUT))
    assert "erred least" not in str(outlook_reading.outlook(none, ABOUT))


def test_a_study_without_zones_speaks_of_its_schools(tables: dict[str, Any]) -> None:
    changes: pd.DataFrame = tables["public_outlook_change"].query("unit_kind == 'school'")
    rows = tables["public_outlook"].query("unit_kind != 'zone'")
    bare = {**tables, "public_outlook_change": changes, "public_outlook": rows}
    assert "Of 3 schools, none can expect more pupils" in whole("outlook", bare, ABOUT)
    page = block(str(bind(bare, ABOUT)["maps/outlook.html"]))
    assert {view["table"] for view in page["views"]} == {"outlook_schools"}


def test_zones_are_told_with_the_schools_intervals_and_how_often_these_held(tables: dict[str, Any]) -> None:
    """Where a zone's interval is that of schools it is hatched, and the answer says whose it is and what it was worth."""
    changes = tables["public_outlook_change"]
    zones = changes["unit_kind"] == "zone"
    was = changes["outlook_evidence"].isin(["beyond_chance", "beyond_tested"])
    borrowed = changes.assign(outlook_evidence=changes["outlook_evidence"].mask(zones & was, "borrowed"))
    page = block(bind({**tables, "public_outlook_change": borrowed}, ABOUT)["maps/outlook.html"])
    for view in page["views"]:
        if "schools" not in view["key"]:
            assert view["weak"] == [row for row, place in enumerate(view["index"]) if place >= 0]
    # a change that zero is no part of is not called beyond its own interval
    assert "Zero lies outside an interval borrowed from schools" in str(page["tables"])
    answer = whole("outlook", {**tables, "public_outlook_change": borrowed}, ABOUT)
    grown = int((zones & was & changes["horizon_years"].eq(5)).sum())
    assert f"{grown if grown > 1 else ''}" in answer and "their intervals are borrowed from schools" in answer
    size, rows = outlook_answers.judged(tables)
    assert size == "200_and_over"
    assert f"held {rows['interval_share'].iloc[0]:.0%} of cases 1 year ahead" in answer and "where 80% should" in answer


def test_an_interval_that_held_less_than_it_says_is_warned_of_in_the_open(tables: dict[str, Any]) -> None:
    tested, rows = tables["public_backtest"], tables["public_outlook"]
    own = tested["method"].eq(USED) & tested["size_class"].eq("200_and_over")
    near, far = own & tested["horizon_years"].eq(1), own & tested["horizon_years"].eq(5)
    share = tested["interval_share"].mask(own, 0.79).mask(far, 0.5)
    worse = tested.assign(interval_share=share, interval_cases=tested["interval_cases"].mask(own, 20.0))
    lent = rows.assign(interval_basis="borrowed_from_schools")
    warning = "; in tests such intervals of schools of 200 pupils and over held less often: 50% of cases 5 years ahead."
    answer = outlook_answers.outlook({**tables, "public_outlook": lent, "public_backtest": worse}, ABOUT)
    assert near.any() and answer.endswith(warning)
    # what is tested itself needs no such warning, nor does what held as it should, nor what may be luck
    theirs = rows.assign(interval_basis="own_size")
    assert "held less" not in outlook_answers.outlook(
        {**tables, "public_outlook": theirs, "public_backtest": worse}, ABOUT
    )
    few = worse.assign(interval_cases=worse["interval_cases"].mask(own, 2.0))
    held = worse.assign(interval_share=worse["interval_share"].mask(own, 0.8))
    for good in (few, held):
        assert "held less" not in outlook_answers.outlook(
            {**tables, "public_outlook": lent, "public_backtest": good}, ABOUT
        )


def test_pupils_whom_a_law_brings_are_no_growth(tables: dict[str, Any]) -> None:
    grades = tables["public_outlook_grades"]
    assert "transitional kindergarten" not in whole("outlook", tables, ABOUT)
    opened = grades.assign(rule=grades["rule"].mask(grades["grade"] == "TK", "phase_in"))
    answer = whole("outlook", {**tables, "public_outlook_grades": opened}, ABOUT)
    then = opened.query("grade == 'TK' and fall_year == 2029")["pupils_projected"].iloc[0]
    assert (
        f"{then:,.0f} of those in 2029-30 are in transitional kindergarten, which the law opens to more birthdays"
        in answer
    )
